"""Doors: which persons staff may see, one by id or page by page. Unseen and absent are the same."""

import re
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import NotFound
from app.core.text import fold
from app.core.web import Actor

PAGE = 25

_LIST = """
SELECT p.id, p.name, p.email, p.sample, p.created_at, p.email_confirmed_at, p.ended_at,
       ARRAY(SELECT r.role FROM person_role r WHERE r.person = p.id AND r.ended_at IS NULL ORDER BY r.role) AS roles
FROM person p
WHERE p.erased_at IS NULL AND ($1 = '' OR p.search_text LIKE '%' || $1 || '%')
  AND ($2 = '' OR EXISTS (SELECT FROM person_role r WHERE r.person = p.id AND r.ended_at IS NULL AND r.role = $2))
  AND ($3::uuid IS NULL OR p.id < $3)
ORDER BY p.id DESC LIMIT $4
"""


class Persons(msgspec.Struct, frozen=True):
    """A page of a list, newest account first; `older` is where the next one begins."""

    rows: Sequence[asyncpg.Record]
    older: UUID | None


async def persons_for(actor: Actor, *, q: str = "", role: str = "", before: UUID | None = None) -> Persons:
    """The persons that fit, for admins; in one query. Everybody else finds nothing here."""
    if not actor.has("admin"):
        raise NotFound
    words = re.sub(r"([\\%_])", r"\\\1", fold(q))[:200]
    rows = await db.fetch(_LIST, words, role, before, PAGE + 1)
    return Persons(rows[:PAGE], rows[PAGE - 1]["id"] if len(rows) > PAGE else None)


async def person_for(actor: Actor, person: UUID) -> asyncpg.Record:
    """One person, for admins. Raises NotFound."""
    row = None
    if actor.has("admin"):
        row = await db.fetchrow(
            "SELECT id, name, email, locale, sample, created_at, email_confirmed_at, ended_at, ended_reason,"
            " EXISTS (SELECT FROM second_step t WHERE t.person = person.id AND t.ended_at IS NULL"
            " AND t.confirmed_at IS NOT NULL) AS two_step FROM person WHERE id = $1 AND erased_at IS NULL",
            person,
        )
    if row is None:
        raise NotFound
    return row


async def roles_of(person: UUID) -> list[asyncpg.Record]:
    """Every role that a person has or had, the current ones first."""
    return await db.fetch(
        "SELECT r.role, r.granted_at, r.reason, r.ended_at, r.ended_reason, g.name AS granted_by, e.name AS ended_by"
        " FROM person_role r LEFT JOIN person g ON g.id = r.granted_by LEFT JOIN person e ON e.id = r.ended_by"
        " WHERE r.person = $1 ORDER BY r.ended_at IS NOT NULL, r.granted_at DESC, r.id DESC LIMIT 50",
        person,
    )
