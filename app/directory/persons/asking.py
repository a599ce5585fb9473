"""What somebody asks of the list of mentors: words and filters from an address, and the addresses of its neighbours."""

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from app.core.i18n import N_, Phrase
from app.core.text import clean_line
from app.directory import places
from app.directory.vocabulary import MENTOR_EXPERTISE, SECTORS, STAGES, Vocabulary
from app.directory.vocabulary.persons import FEE_POLICIES, LANGUAGES, PARTICIPATION
from app.directory.vocabulary.profiles import MODES

PATH = "/mentors"
MOST_LETTERS = 120
MOST_VALUES = 20

VOCABULARIES: dict[str, Vocabulary] = {
    "expertise": MENTOR_EXPERTISE,
    "sector": SECTORS,
    "stage": STAGES,
    "role": PARTICIPATION,
    "language": LANGUAGES,
    "mode": MODES,
    "fee": FEE_POLICIES,
}
FACETS = ("room", "expertise", "sector", "stage", "role", "language", "province", "mode", "fee", "vetted")
TITLES: dict[str, Phrase] = {
    "room": N_("Takes people on"),
    "expertise": N_("Expertise"),
    "sector": N_("Industry"),
    "stage": N_("Startup's stage"),
    "role": N_("Available as"),
    "language": N_("Language"),
    "province": N_("Province or city"),
    "mode": N_("How to meet"),
    "fee": N_("Fees"),
    "vetted": N_("References checked"),
}
_YES = {"room": N_("Takes people on now"), "vetted": N_("Checked by the department")}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One state of the list; equal states have equal addresses."""

    q: str = ""
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cursor: str = ""

    def values(self, facet: str) -> tuple[str, ...]:
        return dict(self.chosen).get(facet, ())

    @property
    def count(self) -> int:
        return sum(len(values) for _facet, values in self.chosen)

    def url(self, cursor: str = "", chosen: Mapping[str, tuple[str, ...]] | None = None) -> str:
        """The address of this state, with other values where `chosen` names some; without the cursor unless given."""
        chosen = {**dict(self.chosen), **(chosen or {})}
        pairs = [("q", self.q)] if self.q else []
        pairs += [(facet, value) for facet in FACETS for value in chosen.get(facet, ())]
        if cursor:
            pairs.append(("cursor", cursor))
        return f"{PATH}?{urlencode(pairs)}" if pairs else PATH

    def without(self, facet: str, value: str) -> str:
        return self.url(chosen={facet: tuple(other for other in self.values(facet) if other != value)})

    def without_filters(self) -> str:
        return self.url(chosen={facet: () for facet, _values in self.chosen})


def asked_from(query: Mapping[str, list[str]]) -> tuple[Asked, list[str]]:
    """The state that an address means, and the values in it that mean nothing here.

    A value may also be written as a label or synonym of its vocabulary ("sales", "Hà Nội").
    """
    chosen: list[tuple[str, tuple[str, ...]]] = []
    unknown: list[str] = []
    for facet in FACETS:
        found: set[str] = set()
        for text in query.get(facet, [])[:MOST_VALUES]:
            for part in text.split(","):
                asked = part.strip()[:MOST_LETTERS]
                code = _code(facet, asked) if asked else None
                if code:
                    found.add(code)
                elif asked:
                    unknown.append(clean_line(asked)[:40])
        if found:
            chosen.append((facet, tuple(sorted(found))))
    q = clean_line((query.get("q") or [""])[0])[:MOST_LETTERS].strip()
    return Asked(q=q, chosen=tuple(chosen), cursor=(query.get("cursor") or [""])[0][:300]), unknown


def _code(facet: str, text: str) -> str | None:
    if facet in _YES:
        return "yes" if text in ("yes", "1", "on", "true") else None
    if facet == "province":
        return text if text in places.provinces() else places.resolve_province(text)
    vocabulary = VOCABULARIES[facet]
    return text if text in vocabulary else vocabulary.resolve(text)


def label_of(facet: str, value: str) -> str:
    """The name of a filter's value in the current language."""
    if facet in _YES:
        return _YES[facet].text()
    if facet == "province":
        return places.provinces()[value].short_name if value in places.provinces() else value
    return VOCABULARIES[facet].label(value)
