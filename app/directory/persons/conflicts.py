"""Conflicts of interest: organisations with which somebody is not to be brought together. Seen by their owner only.

The engine takes them as a hard limit; what somebody belongs to counts as one without being written down.
"""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.persons import history, writing
from app.directory.vocabulary.persons import CONFLICT_GROUNDS
from app.directory.vocabulary.terms import words

SHOWN = 8
MOST = 60
NO_SUCH_ORGANISATION = N_("We do not know this organisation. Please choose one of the list.")
TOO_MANY = N_("At most 60 organisations.")


async def conflicts_of(actor: Actor) -> list[dict[str, Any]]:
    """One's own, by name."""
    rows = await db.fetch(
        "SELECT c.id, c.ground, c.created_at, o.name, o.slug FROM conflict_of_interest c"
        " JOIN organisation o ON o.id = c.organisation WHERE c.person = $1 AND c.ended_at IS NULL"
        " ORDER BY o.name_folded, o.number",
        actor.person_id,
    )
    return [dict(row) for row in rows]


async def organisations_named(text: str) -> list[dict[str, Any]]:
    """Organisations whose name begins with or has these words, the exact name first: to choose one of."""
    asked = words(text)
    if len(asked) < 2:
        return []
    rows = await db.fetch(
        "SELECT id, name, slug, city FROM organisation WHERE ended_at IS NULL AND hidden_at IS NULL"
        " AND (name_folded LIKE '%' || $1 || '%' OR slug = $2)"
        " ORDER BY (name_folded = $1) DESC, name_folded LIKE $1 || '%' DESC, links DESC, number LIMIT $3",
        *(asked, text.strip().rpartition("/")[2], SHOWN),
    )
    return [dict(row) for row in rows]


async def put_conflict(actor: Actor, organisation: UUID, ground: str) -> None:
    """Name a conflict, or its ground anew. Idempotent. Raises Invalid."""
    if ground not in CONFLICT_GROUNDS:
        raise Invalid(fields={"ground": NOT_A_CHOICE})
    async with db.tx():
        row = await writing.locked_own(actor)
        if not await db.fetchval("SELECT true FROM organisation WHERE id = $1 AND ended_at IS NULL", organisation):
            raise Invalid(fields={"organisation": NO_SUCH_ORGANISATION})
        count = await db.fetchval(
            "SELECT count(*) FROM conflict_of_interest WHERE person = $1 AND ended_at IS NULL AND organisation <> $2",
            *(row["person"], organisation),
        )
        if count >= MOST:
            raise Invalid(fields={"organisation": TOO_MANY})
        await db.execute(
            "INSERT INTO conflict_of_interest (id, person, organisation, ground, created_at)"
            " VALUES ($1, $2, $3, $4, now()) ON CONFLICT (person, organisation) WHERE ended_at IS NULL"
            " DO UPDATE SET ground = excluded.ground",
            *(new_id(), row["person"], organisation, ground),
        )
        await history.record(row["person"], actor.id, "conflict_named")


async def end_conflict(actor: Actor, conflict: UUID) -> None:
    """Take a conflict back. Idempotent; NotFound for somebody else's."""
    async with db.tx():
        row = await writing.locked_own(actor)
        found = await db.fetchrow(
            "SELECT ended_at FROM conflict_of_interest WHERE id = $1 AND person = $2", conflict, row["person"]
        )
        if found is None:
            raise NotFound
        if found["ended_at"] is None:
            await db.execute(
                "UPDATE conflict_of_interest SET ended_at = now(), ended_reason = 'taken back' WHERE id = $1", conflict
            )
            await history.record(row["person"], actor.id, "conflict_ended")
