"""What somebody asks of the directory: words and filters from an address, and the addresses of neighbouring states."""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from app.core.text import clean_line
from app.directory import places
from app.directory.vocabulary import CREDENTIAL_TYPES, KINDS, SECTORS, STAGES

FACETS = ("kind", "sector", "country", "region", "stage", "credential")
MOST_LETTERS = 120
MOST_VALUES = 30

Order = Literal["name", "updated"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One state of the directory; equal states are equal values, so they can be keys."""

    q: str = ""
    kind: tuple[str, ...] = ()
    sector: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    credential: tuple[str, ...] = ()
    """Types of which a verified and valid one is held."""
    order: Order = "updated"
    cursor: str = ""

    def values(self, facet: str) -> tuple[str, ...]:
        found: tuple[str, ...] = getattr(self, facet)
        return found

    @property
    def filtered(self) -> bool:
        return any(self.values(facet) for facet in FACETS)

    def url(self, path: str = "/directory", **changed: Any) -> str:
        """The address of this state with `changed`; always without the cursor unless it is given."""
        state = msgspec.structs.replace(self, **{"cursor": "", **changed})
        pairs = [("q", state.q)] if state.q else []
        for facet in FACETS:
            pairs += [(facet, value) for value in state.values(facet)]
        if state.order != "updated":
            pairs.append(("order", state.order))
        if state.cursor:
            pairs.append(("cursor", state.cursor))
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def without(self, facet: str, value: str) -> str:
        changed: dict[str, Any] = {facet: tuple(other for other in self.values(facet) if other != value)}
        return self.url(**changed)


def is_value(facet: str, value: str) -> bool:
    """Whether a filter takes this value; others are ignored, so that an old address shows something."""
    if facet == "kind":
        return value in KINDS
    if facet == "sector":
        return value in SECTORS
    if facet == "stage":
        return value in STAGES
    if facet == "credential":
        return value in CREDENTIAL_TYPES
    if facet == "country":
        return places.is_country(value)
    return places.is_region(value)


def label_of(facet: str, value: str) -> str:
    """The name of a filter's value in the current language."""
    if facet == "kind":
        return KINDS.label(value)
    if facet == "sector":
        return SECTORS.label(value)
    if facet == "stage":
        return STAGES.label(value)
    if facet == "credential":
        return CREDENTIAL_TYPES.label(value)
    return places.country_label(value) if facet == "country" else places.region_label(value)


def asked_from(query: Mapping[str, list[str]]) -> tuple[Asked, list[str]]:
    """The state that an address means, and the values in it that mean nothing here.

    A value may also be written as a label or synonym of its vocabulary ("fintech", "Viet Nam").
    """
    found: dict[str, tuple[str, ...]] = {}
    unknown: list[str] = []
    for facet in FACETS:
        values: list[str] = []
        for text in query.get(facet, [])[:MOST_VALUES]:
            for part in text.split(","):
                code = _code(facet, part.strip()[:MOST_LETTERS])
                if code:
                    values.append(code)
                elif part.strip():
                    unknown.append(clean_line(part)[:40])
        found[facet] = tuple(sorted(set(values)))
    order: Order = "name" if query.get("order", [""])[0] == "name" else "updated"
    asked = Asked(
        q=clean_line(query.get("q", [""])[0])[:MOST_LETTERS].strip(),
        order=order,
        cursor=query.get("cursor", [""])[0][:300],
        kind=found["kind"],
        sector=found["sector"],
        country=found["country"],
        region=found["region"],
        stage=found["stage"],
        credential=found["credential"],
    )
    return asked, unknown


_VOCABULARIES = {"kind": KINDS, "sector": SECTORS, "stage": STAGES, "credential": CREDENTIAL_TYPES}


def _code(facet: str, text: str) -> str | None:
    if not text:
        return None
    if is_value(facet, text):
        return text
    if facet in _VOCABULARIES:
        return _VOCABULARIES[facet].resolve(text)
    if facet == "country":
        return places.resolve_country(text)
    province = places.resolve_province(text)
    return f"{places.VIETNAM}-{province}" if province else None


def understood(q: str) -> list[tuple[str, str]]:
    """(facet, value) of the terms that the whole of `q` names: offered as filters beside the results."""
    found = []
    for facet in ("kind", "sector", "country", "region"):
        code = _code(facet, q) if q else None
        if code:
            found.append((facet, code))
    return found
