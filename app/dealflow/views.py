"""Filters that somebody keeps for a pipeline under a name. They are that person's own."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.web import Actor
from app.dealflow.asking import Asked
from app.dealflow.pipelines import checked_name

MOST = 20

Row = dict[str, Any]


class TooManyViews(Conflict):
    message = N_("You keep twenty filters here already. Take one away first.")


async def keep(actor: Actor, pipeline: UUID, name: str, asked: Asked) -> None:
    """Keep a filter; the same filter again gets the new name. Raises Invalid, TooManyViews."""
    name = checked_name(name)
    async with db.tx():
        await db.execute("SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", actor.person_id)
        query = asked.query()
        count = await db.fetchval(
            "SELECT count(*) FROM pipeline_view WHERE pipeline = $1 AND person = $2 AND query <> $3",
            *(pipeline, actor.person_id, query),
        )
        if count >= MOST:
            raise TooManyViews
        await db.execute(
            "INSERT INTO pipeline_view (id, pipeline, person, name, query, created_at)"
            " VALUES ($1, $2, $3, $4, $5, now())"
            " ON CONFLICT (pipeline, person, query) DO UPDATE SET name = excluded.name",
            *(new_id(), pipeline, actor.person_id, name, query),
        )


async def drop(actor: Actor, pipeline: UUID, view: UUID) -> None:
    """Keep a filter no longer. Twice changes nothing."""
    await db.execute(
        "DELETE FROM pipeline_view WHERE id = $1 AND pipeline = $2 AND person = $3", view, pipeline, actor.person_id
    )


async def kept_by(actor: Actor, pipeline: UUID) -> list[Row]:
    rows = await db.fetch(
        "SELECT id, name, query FROM pipeline_view WHERE pipeline = $1 AND person = $2 ORDER BY lower(name), id",
        *(pipeline, actor.person_id),
    )
    return [dict(row) for row in rows]
