"""Saved views: a filter with its columns, by name, for everybody who plans the event."""

from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean_line
from app.core.web import Actor
from events.guests.asking import Asked

MOST = 50
LONGEST = 80


class Enough(Conflict):
    message = N_("There are 50 saved views already. Please remove one first.")


async def save(actor: Actor, event: UUID, name: str, asked: Asked) -> None:
    """Keep a view by its name; the same name again is replaced. Raises Invalid, Enough."""
    name = clean_line(name)[:LONGEST]
    if not name:
        raise Invalid(fields={"name": REQUIRED})
    async with db.tx():
        count = await db.fetchval(
            "SELECT count(*) FROM guest_view WHERE event = $1 AND lower(name) <> lower($2)", event, name
        )
        if count >= MOST:
            raise Enough
        await db.execute(
            "INSERT INTO guest_view (id, event, name, query, made_by, made_at) VALUES ($1, $2, $3, $4, $5, now())"
            " ON CONFLICT (event, lower(name)) DO UPDATE SET name = excluded.name, query = excluded.query,"
            " made_by = excluded.made_by, made_at = excluded.made_at",
            *(new_id(), event, name, asked.query, actor.person_id),
        )


async def end(event: UUID, view: UUID) -> None:
    """Remove a view; whoever looks through it by its address still can. Raises NotFound."""
    if not await db.execute("DELETE FROM guest_view WHERE id = $1 AND event = $2", view, event):
        raise NotFound


async def of(event: UUID) -> list[asyncpg.Record]:
    return await db.fetch("SELECT id, name, query FROM guest_view WHERE event = $1 ORDER BY lower(name)", event)
