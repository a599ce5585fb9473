"""Mentors and technologies that were put away for an organisation, with a reason; what was put away can be taken back.

`pairing` leaves them out when it reads a list; the prior is not touched. Choices of organisations are in `choices`.
"""

from typing import Any
from uuid import UUID

import msgspec

from app.connections import choices, pair_log
from app.core import db
from app.core.errors import NotFound
from app.core.i18n import pick
from app.core.ids import new_id
from app.directory.fields import COLLECTIONS
from app.directory.persons.access import JOINS, LISTED
from app.directory.seeing import THE_ENGINE, shown_rows
from app.people.rights.consent import consented

REASONS = tuple(code for code in choices.REASONS if code not in ("block", "ticket"))
"""Why a mentor or a technology was put away. No `block`: these lists could not hold it for the other side, who reads
lists of organisations. No `ticket`: neither puts money in."""

reason_label = choices.reason_label
ReasonMissing = choices.ReasonMissing

SHOWN = 50

_TECHNOLOGIES = ("technology_offer", "technology_need")

_SUGGESTED = (
    f"r.conduct_accepted_at IS NOT NULL AND cardinality(r.roles) > 0 AND {consented('pp.person', 'suggestions')}"
)
"""A mentor whom the engine may weigh. One who is full or away since the page was opened may still be put away."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A mentor or a technology by name. `offered`: it may be suggested at all; `reason`: why it was put away."""

    id: UUID
    title: str
    path: str
    owner: str = ""
    offered: bool = True
    reason: str = ""

    @property
    def named(self) -> str:
        """As a sentence names it: a person by name, a technology by its title in quotation marks."""
        return f"“{self.title}”" if self.owner else self.title


async def put_away(organisation_id: UUID, kind: str, candidate: UUID, reason: str | None, by: UUID | None) -> UUID:
    """Put a mentor or a technology away for an organisation; the id of the row that says so.

    Idempotent: the same reason again changes nothing and gives the same id, another one ends the former row. NotFound
    for who may not be suggested. Locks the organisation. Lists are filtered when they are read; where the reason is of
    the two together the outbox has a look at the list, to learn from it.
    """
    if reason not in REASONS:
        raise ReasonMissing(fields={"reason": ReasonMissing.message})
    async with db.tx():
        # The organisation's row is the lock: two first choices at once must not both find nothing.
        await db.fetchval("SELECT id FROM organisation WHERE id = $1 FOR NO KEY UPDATE", organisation_id)
        if not (await candidate_for(organisation_id, kind, candidate)).offered:
            raise NotFound
        present = await db.fetchrow(
            "SELECT id, reason FROM pairing_choice WHERE organisation = $1 AND kind = $2 AND candidate = $3"
            " AND ended_at IS NULL",
            *(organisation_id, kind, candidate),
        )
        if present and present["reason"] == reason:
            return UUID(str(present["id"]))
        await _end(organisation_id, kind, candidate)
        made = new_id()
        await db.execute(
            "INSERT INTO pairing_choice (id, organisation, kind, candidate, reason, person, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, now())",
            *(made, organisation_id, kind, candidate, reason, by),
        )
        if reason in choices.ABOUT_THE_PAIR:
            await pair_log.asked(kind, organisation_id, candidate, "pairing_choice", made, "hidden")
    return made


async def take_back(organisation_id: UUID, kind: str, candidate: UUID) -> None:
    """End the open choice, so that the candidate may come back. Idempotent."""
    async with db.tx():
        await _end(organisation_id, kind, candidate)


async def _end(organisation_id: UUID, kind: str, candidate: UUID) -> None:
    await db.execute(
        "UPDATE pairing_choice SET ended_at = now() WHERE organisation = $1 AND kind = $2 AND candidate = $3"
        " AND ended_at IS NULL",
        *(organisation_id, kind, candidate),
    )


async def hidden_ids(organisation_id: UUID, kind: str) -> frozenset[UUID]:
    """Who was put away and is left out of a list."""
    rows = await db.fetch(
        "SELECT candidate FROM pairing_choice WHERE organisation = $1 AND kind = $2 AND ended_at IS NULL",
        *(organisation_id, kind),
    )
    return frozenset(row["candidate"] for row in rows)


async def hidden_of(organisation_id: UUID, kind: str, limit: int = SHOWN) -> list[Candidate]:
    """What was put away and may still be seen, newest first, so that it can be taken back. Nothing of one's own."""
    id_column, owner, columns, tables, condition = _sources(kind)
    rows = await db.fetch(
        f"SELECT {columns}, k.reason AS put_away_for FROM {tables} JOIN pairing_choice k ON k.candidate = {id_column}"  # noqa: S608
        f" WHERE k.organisation = $1 AND k.kind = $2 AND k.ended_at IS NULL AND {condition}"
        f" AND {owner} IS DISTINCT FROM $1 ORDER BY k.created_at DESC, k.id DESC LIMIT $3",
        *(organisation_id, kind, limit),
    )
    return [one for row in rows for one in _candidates(kind, row)]


async def candidate_for(organisation_id: UUID, kind: str, candidate: UUID) -> Candidate:
    """The door to somebody or something that is decided about. Absent, unseen and one's own are NotFound."""
    id_column, owner, columns, tables, condition = _sources(kind)
    row = await db.fetchrow(
        f"SELECT {columns} FROM {tables} WHERE {id_column} = $2 AND {condition} AND {owner} IS DISTINCT FROM $1",  # noqa: S608
        *(organisation_id, candidate),
    )
    found = [] if row is None else _candidates(kind, row)
    if not found:
        raise NotFound
    return found[0]


def chosen_by(kind: str) -> str:
    """SQL: every choice of a person ($1) about candidates of a kind ($2), oldest first, each with the columns that
    `title_of` reads."""
    id_column, _owner, columns, tables, condition = _sources(kind)
    return (
        "SELECT s.*, o.name AS chosen_for, k.reason AS put_away_for, k.created_at AS put_away_at,"  # noqa: S608
        " k.ended_at AS taken_back_at FROM pairing_choice k JOIN organisation o ON o.id = k.organisation"
        f" LEFT JOIN (SELECT {columns}, {id_column} AS found FROM {tables} WHERE {condition}) s"
        " ON s.found = k.candidate WHERE k.person = $1 AND k.kind = $2 ORDER BY k.created_at, k.id"
    )


def title_of(kind: str, row: Any) -> str:
    """What a row of `chosen_by` is about, by the name that its owner shows today; empty once it may not be seen."""
    found = [] if row["found"] is None else _candidates(kind, row)
    return found[0].title if found else ""


def _sources(kind: str) -> tuple[str, str, str, str, str]:
    """Where candidates of a kind stand: the columns of their id and of whose they are, what is read, from which tables,
    who may be seen."""
    if kind == "mentor":
        columns = f"pp.person, pp.name, pp.slug, coalesce({_SUGGESTED}, false) AS offered"
        return "pp.person", "NULL::uuid", columns, JOINS, LISTED
    if kind not in _TECHNOLOGIES:
        raise NotFound
    tables = f"{kind} r JOIN organisation c ON c.id = r.organisation"
    seen = "r.ended_at IS NULL AND c.ended_at IS NULL AND c.hidden_at IS NULL"
    return "r.id", "r.organisation", "r.*, c.slug, c.name, c.tiers", tables, seen


def _candidates(kind: str, row: Any) -> list[Candidate]:
    """The row as a candidate; none where its owner shows the list to fewer than every member."""
    reason = row.get("put_away_for") or ""
    if kind == "mentor":
        path = f"/people/{row['slug']}"
        return [Candidate(id=row["person"], title=row["name"], path=path, offered=row["offered"], reason=reason)]
    return [
        Candidate(
            id=one["id"],
            title=pick(one["title_vi"], one["title_en"]),
            path=f"/organisations/{one['slug']}",
            owner=one["name"],
            reason=reason,
        )
        for one in shown_rows(COLLECTIONS[kind], [row], THE_ENGINE, row["tiers"] or {})
    ]
