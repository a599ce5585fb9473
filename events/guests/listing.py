"""The list of everybody who registered: a page of it, how many there are, what can be filtered by."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.i18n import pick
from events import words
from events.asking import asked as forms
from events.asking.schema import Question
from events.guests.asking import Asked, Where
from events.guests.wording import answer_label, came_label, days_label, source_label

PAGE = 50

ROW = """
SELECT r.id, r.person, r.full_name, r.email, r.phone, r.organisation, r.status, r.status_at, r.code, r.registered_at,
       r.sample, r.source, r.party, r.locale, r.price, r.paid_at, r.news_consent_at, r.answers, r.deadline_at,
       r.delegation, t.code AS type_code, t.title_vi AS type_vi, t.title_en AS type_en, t.role,
       d.name AS delegation_name,
       (SELECT min(a.admitted_at) FROM admission a WHERE a.registration = r.id AND a.voided_at IS NULL) AS came_at,
       (SELECT array_agg(g.tag ORDER BY g.tag) FROM guest_tag g WHERE g.registration = r.id) AS tags
FROM registration r JOIN ticket_type t ON t.id = r.ticket_type LEFT JOIN delegation d ON d.id = r.delegation
"""
_ORDER = {"new": "r.id DESC", "old": "r.id", "name": "r.search_text, r.id"}
_BEYOND = {
    "new": "r.id < {last}",
    "old": "r.id > {last}",
    "name": "(r.search_text, r.id) > (SELECT l.search_text, l.id FROM registration l WHERE l.id = {last})",
}


def statement(event: UUID, asked: Asked, after: UUID | None, count: int) -> tuple[str, list[object]]:
    """The statement that asks for a page, with its arguments."""
    where = Where(event, asked)
    if after:
        where.parts.append(_BEYOND[asked.order].format(last=where.put(after)))
    return f"{ROW} WHERE {where} ORDER BY {_ORDER[asked.order]} LIMIT {where.put(count)}", where.args


async def rows(event: UUID, asked: Asked, after: UUID | None = None, count: int = PAGE + 1) -> list[asyncpg.Record]:
    """Registrations that fit, beginning behind `after`; one more than a page holds."""
    query, args = statement(event, asked, after, count)
    return await db.fetch(query, *args)


class Counts(msgspec.Struct, frozen=True):
    """How many fit: by status whatever status was asked for, and those that came."""

    by_status: dict[str, int]
    came: int
    total: int
    """Of the status that was asked for."""

    @property
    def all(self) -> int:
        return sum(self.by_status.values())


async def counts(event: UUID, asked: Asked) -> Counts:
    where = Where(event, asked.but(status=""))
    found = await db.fetch(f"SELECT r.status, count(*) AS n FROM registration r WHERE {where} GROUP BY 1", *where.args)  # noqa: S608
    by_status: dict[str, int] = {row["status"]: row["n"] for row in found}
    here = Where(event, asked)
    came = await db.fetchval(
        "SELECT count(DISTINCT r.id) FROM registration r JOIN admission b ON b.registration = r.id"  # noqa: S608
        f" AND b.voided_at IS NULL WHERE {here}",
        *here.args,
    )
    total = by_status.get(asked.status, 0) if asked.status else sum(by_status.values())
    return Counts(by_status, came, total)


async def batches(event: UUID, asked: Asked, size: int) -> AsyncIterator[list[asyncpg.Record]]:
    """Everybody who fits, a batch at a time, in constant memory."""
    last: UUID | None = None
    while found := await rows(event, asked, last, size):
        yield found
        last = found[-1]["id"]


class Choices(msgspec.Struct, frozen=True):
    """What the filters of an event offer: code and words."""

    types: list[tuple[str, str]]
    pools: list[tuple[str, str]]
    delegations: list[tuple[str, str]]
    tags: list[tuple[str, str]]
    questions: list[Question]


_CHOICES = """
SELECT 'type' AS what, t.code AS code, t.title_vi AS vi, t.title_en AS en, t.place AS place, '' AS kind
FROM ticket_type t WHERE t.event = $1
UNION ALL
SELECT 'pool', p.id::text, p.name_vi, p.name_en, p.place, p.kind FROM seat_pool p WHERE p.event = $1
UNION ALL
(SELECT 'delegation', d.id::text, d.name, '', 0, '' FROM delegation d WHERE d.event = $1 ORDER BY d.name LIMIT 300)
UNION ALL
(SELECT 'tag', g.tag, g.tag, '', -count(*)::integer, count(*)::text FROM guest_tag g WHERE g.event = $1
 GROUP BY g.tag ORDER BY count(*) DESC LIMIT 100)
ORDER BY what, place, vi
"""


async def choices(event: UUID) -> Choices:
    found: dict[str, list[tuple[str, str]]] = {"type": [], "pool": [], "delegation": [], "tag": []}
    for row in await db.fetch(_CHOICES, event):
        label = pick(row["vi"], row["en"])
        if row["what"] == "pool":
            label = f"{words.POOL_KIND[row['kind']].text()}: {label}"
        found[row["what"]].append((row["code"], label))
    return Choices(found["type"], found["pool"], found["delegation"], found["tag"], await forms.columns(event))


def chips(asked: Asked, offered: Choices, base: str) -> list[dict[str, Any]]:
    """The filters in use in words, each with the address without it."""
    labels: list[tuple[str, str]] = []
    for name, known in (
        ("type", offered.types), ("pool", offered.pools), ("delegation", offered.delegations), ("tag", offered.tags),
    ):  # fmt: skip
        value = getattr(asked, name)
        if value:
            labels.append((name, dict(known).get(str(value), str(value))))
    labels += plain_labels(asked, offered.questions)
    found = []
    for name, label in labels:
        without = asked.but(**{name: None if name in ("pool", "delegation", "since", "until") else ""})
        if name == "ask":
            without = without.but(answer="")
        found.append({"label": label, "remove_url": f"{base}?{without.query}"})
    return found


def plain_labels(asked: Asked, questions: list[Question]) -> list[tuple[str, str]]:
    """The filters that need no look into the database."""
    found = [("q", f"“{asked.q}”")] if asked.q else []
    found += [("came", came_label(asked.came))] if asked.came else []
    found += [("source", source_label(asked.source))] if asked.source else []
    found += [(name, label) for name, label in days_label(asked)]
    found += [("ask", answer_label(asked, questions))] if asked.ask else []
    return found
