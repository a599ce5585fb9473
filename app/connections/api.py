"""JSON of this subject, under /api/v1."""

from datetime import datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.connections import access, asking, filters, lists, reasons
from app.connections.routes_pairs import organisation_pairings
from app.core.errors import Invalid
from app.core.i18n import N_, pick
from app.core.web import Actor, signed_in

MOST = 50


class NoSuchList(Invalid):
    message = N_("This organisation has no list of that kind.")


class LimitOutOfRange(Invalid):
    message = N_("The limit must be between 1 and %(most)s.")


class Candidate(msgspec.Struct):
    """An organisation, as lists of the directory show it."""

    id: UUID
    slug: str
    name: str
    kinds: list[str]
    sectors: list[str]
    country: str | None
    summary: str


class ReasonOut(msgspec.Struct, rename={"audience": "for"}):
    """An exact part of the score, with its sentence in both languages."""

    code: str
    audience: str
    text_vi: str
    text_en: str
    contribution: float


class SuggestionOut(msgspec.Struct):
    """A place on a list, with what to know before asking."""

    organisation: Candidate
    score: float
    reasons: list[ReasonOut]
    accepts: str
    """`open`; `ask_first`: they want to be asked before anybody introduces them; `programme`: through coordinators."""
    level: str | None
    """`busy`: already suggested to many; `seldom`: to few so far; else null."""
    explored: bool
    """Taken from further down the list, to learn from the answer."""


class Suggestions(msgspec.Struct):
    """`computed_at` is null and `pending` true until the lists have been made for the first time."""

    items: list[SuggestionOut]
    model_version: str | None
    computed_at: datetime | None
    pending: bool


@get("/organisations/{organisation_id:uuid}/suggestions", guards=[signed_in], tags=["suggestions"])
async def organisation_suggestions(
    actor: NamedDependency[Actor],
    organisation_id: FromPath[UUID],
    kind: FromQuery[str] = "",
    limit: FromQuery[int] = 20,
) -> Suggestions:
    """Who suits this organisation, best first, with reasons. For its members and admins."""
    seen = await access.listed_organisation_by_id_for(actor, organisation_id)
    names = filters.lists_of(seen.row["kinds"])
    kind = kind or (names[0] if names else "")
    if kind not in names:
        raise NoSuchList(fields={"kind": NoSuchList.message})
    if not 1 <= limit <= MOST:
        raise LimitOutOfRange(fields={"limit": LimitOutOfRange.message}, most=MOST)
    standing = await lists.standing(seen)
    if standing.wanted:
        await asking.ask(seen.id)
    rows = await lists.suggested(seen.id, kind, limit)
    return Suggestions(
        items=_items(rows, reasons.reader_of(kind), await lists.names_of(rows)),
        model_version=standing.model_version,
        computed_at=standing.computed_at,
        pending=standing.pending or standing.computed_at is None,
    )


def _items(rows: list[dict[str, Any]], role: reasons.Role, names: dict[str, str]) -> list[SuggestionOut]:
    parts = [reason for row in rows for reason in row["reasons"]]
    said = zip(parts, *(reasons.sentences(parts, role, names, locale) for locale in ("vi", "en")), strict=True)
    told = [ReasonOut(part["code"], part["for"], vi, en, part["contribution"]) for part, vi, en in said]
    ends = accumulate(len(row["reasons"]) for row in rows)
    return [
        SuggestionOut(
            organisation=_candidate(row),
            score=round(row["score"], 4),
            reasons=told[end - len(row["reasons"]) : end],
            accepts=row["accepts"] or "open",
            level=row["level"] or None,
            explored=row["explored"],
        )
        for row, end in zip(rows, ends, strict=True)
    ]


def _candidate(row: dict[str, Any]) -> Candidate:
    return Candidate(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        kinds=row["kinds"],
        sectors=row["sectors"] or [],
        country=row["country"],
        summary=pick(row["summary_vi"], row["summary_en"]),
    )


router = Router("/api/v1", route_handlers=[organisation_suggestions, organisation_pairings])
