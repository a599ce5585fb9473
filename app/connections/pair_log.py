"""Answers to lists without a learned engine (mentors, technologies, supporters): written where somebody gives one.

What the list looked like is written by a job (`pair_looking`). Page views are not recorded anywhere. Answers to lists
of investors and companies are in `answered`.
"""

from datetime import date
from typing import Any, Literal
from uuid import UUID

import msgspec

from app.connections.profiles import INVESTOR_KINDS, SUPPORT_KINDS
from app.core import db
from app.core.clock import VIETNAM
from app.core.ids import new_id
from app.core.outbox import enqueue

Source = Literal["booking", "introduction", "choice", "pairing_choice"]
First = Literal["asked", "saved", "hidden", "accepted", "declined", "met"]
Later = Literal["accepted", "declined", "met"]

AFTER: dict[str, tuple[str, ...]] = {"accepted": ("asked",), "declined": ("asked",), "met": ("asked", "accepted")}
"""What an answer may follow: never back from further on."""

REPLIES = {"accepted": True, "declined": False}

MOST = 20_000
AT_ONCE = 500
"""Rows in memory as they come from the database: each has a list."""

_ON_SUPPORT = """
SELECT s.kind FROM suggestion s JOIN organisation c ON c.id = s.candidate
WHERE s.organisation = $1 AND s.candidate = $2 AND s.kind = ANY($3::text[]) AND NOT c.kinds && $4::text[]
ORDER BY s.rank LIMIT 1
"""
"""The list of supporters on which somebody stands highest. Investors are `answered`'s, whatever else they are."""

_TECHNOLOGIES = """
SELECT i.asker, i.receiver, NOT r.kinds && $2::text[] AND (
    EXISTS (SELECT FROM technology_need n WHERE n.organisation = i.asker AND n.ended_at IS NULL)
        AND EXISTS (SELECT FROM technology_offer f WHERE f.organisation = i.receiver AND f.ended_at IS NULL)
    OR EXISTS (SELECT FROM technology_offer f WHERE f.organisation = i.asker AND f.ended_at IS NULL)
        AND EXISTS (SELECT FROM technology_need n WHERE n.organisation = i.receiver AND n.ended_at IS NULL)
) AS technologies
FROM introduction i JOIN organisation r ON r.id = i.receiver WHERE i.id = $1
"""


async def asked(
    kind: str, organisation: UUID, candidate: UUID, source: Source, source_id: UUID, answer: First = "asked"
) -> None:
    """In the open transaction: somebody on a list of an organisation was asked, kept or put away by the act `source`.

    Idempotent by kind and act. Outbox: a job looks at the list as it stands.
    """
    number = await db.fetchval(
        "INSERT INTO pairing_answer (id, kind, organisation, candidate, source, source_id, answer, replied, replied_at,"
        " shown, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $8::boolean IS NOT NULL THEN now() END,"
        " '[]', now()) ON CONFLICT (kind, source_id) DO NOTHING RETURNING id",
        *(new_id(), kind, organisation, candidate, source, source_id, answer, REPLIES.get(answer)),
    )
    if number is not None:
        await enqueue("connections.pair_asked", {"id": str(number)})


async def answered(source_id: UUID, answer: Later) -> None:
    """In the open transaction: what became of the act. Only forward; nothing happens where no list was answered.

    Who accepts or declines has replied, for the first and last time. Who is met without having been asked has not.
    """
    await db.execute(
        "UPDATE pairing_answer SET answer = $2, answered_at = now(), replied = coalesce(replied, $4),"
        " replied_at = CASE WHEN $4::boolean IS NULL THEN replied_at ELSE coalesce(replied_at, now()) END"
        " WHERE source_id = $1 AND answer = ANY($3::text[])",
        *(source_id, answer, list(AFTER[answer]), REPLIES.get(answer)),
    )


async def chosen(organisation: UUID, candidate: UUID, choice: UUID, answer: Literal["saved", "hidden"]) -> None:
    """In the open transaction: an organisation was kept or put away. Kept here where it stands as a supporter."""
    kind = await _support_list(organisation, candidate)
    if kind is not None:
        await asked(kind, organisation, candidate, "choice", choice, answer)


async def requested(introduction: UUID) -> None:
    """In the open transaction: one organisation asked for another. Outbox, where the two state technologies that may
    suit each other: a job looks which of them stands on the asker's list."""
    row = await db.fetchrow(_TECHNOLOGIES, introduction, list(INVESTOR_KINDS))
    if row is None:
        return
    kind = await _support_list(row["asker"], row["receiver"])
    if kind is not None:
        await asked(kind, row["asker"], row["receiver"], "introduction", introduction)
    if row["technologies"]:
        await enqueue("connections.pair_requested", {"introduction": str(introduction)})


async def _support_list(organisation: UUID, candidate: UUID) -> str | None:
    kind: str | None = await db.fetchval(
        _ON_SUPPORT, organisation, candidate, list(SUPPORT_KINDS), list(INVESTOR_KINDS)
    )
    return kind


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the list. `parts`: of the documented prior; `lot`: the chance with which the place was drawn by lot,
    where it was."""

    rank: int
    parts: dict[str, float]
    lot: float | None = None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer; `shown` has first whom it is about, then others of the list. `replied`: whether they said yes."""

    kind: str
    asked_at: date
    rank: int
    answer: First
    replied: bool | None = None
    replied_at: date | None = None
    shown: list[Place]


_READ = """
SELECT * FROM (
    SELECT DISTINCT ON (a.source, a.organisation, coalesce(a.candidate, a.id))
        a.kind, a.asked_at, a.rank, a.answer, a.replied, a.replied_at, a.shown, a.id
    FROM pairing_answer a JOIN organisation o ON o.id = a.organisation
    LEFT JOIN introduction i ON a.source = 'introduction' AND i.id = a.source_id
    WHERE a.kind = $1 AND a.looked_at IS NOT NULL AND a.rank IS NOT NULL AND o.ended_at IS NULL
        AND (a.source <> 'choice'
            OR EXISTS (SELECT FROM suggestion_choice k WHERE k.id = a.source_id AND k.ended_at IS NULL))
        AND (a.source <> 'pairing_choice'
            OR EXISTS (SELECT FROM pairing_choice k WHERE k.id = a.source_id AND k.ended_at IS NULL))
        AND (i.state IS DISTINCT FROM 'declined' OR a.answer = 'declined')
        AND (i.state IS DISTINCT FROM 'blocked' OR i.accepted_at IS NULL)
    ORDER BY a.source, a.organisation, coalesce(a.candidate, a.id), a.asked_at, a.id
) one ORDER BY one.asked_at DESC, one.id LIMIT $2
"""
"""Of several requests of one pair the first: the tenth session with a mentor is no tenth answer to a list, and what
came later was not known then. As in `answered`, a refusal for a reason that is not of the pair takes the request with
it, as a block does."""


async def read(kind: str) -> list[Answered]:
    """The latest `MOST` answers to lists of a kind, without choices that were taken back. One query, row by row."""
    async with db.tx(statement_timeout="60s") as con:
        return [_answer(row) async for row in con.cursor(_READ, kind, MOST, prefetch=AT_ONCE)]


def _answer(row: Any) -> Answered:
    return Answered(
        kind=row["kind"],
        asked_at=row["asked_at"].astimezone(VIETNAM).date(),
        rank=row["rank"],
        answer=row["answer"],
        replied=row["replied"],
        replied_at=None if row["replied_at"] is None else row["replied_at"].astimezone(VIETNAM).date(),
        shown=msgspec.convert(row["shown"], list[Place]),
    )
