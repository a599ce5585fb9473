"""Who holds an event, and of which series it is an edition."""

from uuid import UUID

import asyncpg

from app.core import clock, db
from app.core.errors import Invalid, NotFound
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.text import slugify
from app.core.web import NOBODY, Actor
from events.access import MANAGERS
from events.floor.access import EDITORS
from events.floor.words import HOST


async def add_host(actor: Actor, event: UUID, organisation: str, role: str) -> None:
    """Name an organisation, by the address of its profile, as one that holds the event. Twice changes the role.

    It is public once an editor of the organisation agrees, to this role; at once where the actor is one. The editors
    are asked by mail (outbox) as soon as they can see the event, a few times a week at most.
    """
    if role not in HOST:
        raise Invalid(fields={"role": NOT_A_CHOICE})
    async with db.tx():
        found = await db.fetchval(
            "SELECT id FROM organisation WHERE slug = $1 AND ended_at IS NULL AND hidden_at IS NULL",
            organisation.strip().rstrip("/").rpartition("/")[2],
        )
        if found is None:
            raise Invalid(
                fields={"organisation": N_("There is no such profile. Paste its address from the directory.")}
            )
        host = await db.fetchval(
            "INSERT INTO event_host AS h (id, event, organisation, role, place, accepted_at) SELECT $1, $2, $3, $4,"
            " count(*), CASE WHEN $5 THEN now() END FROM event_host WHERE event = $2"
            " ON CONFLICT (event, organisation) WHERE ended_at IS NULL DO UPDATE SET role = excluded.role,"
            " accepted_at = CASE WHEN h.role = excluded.role THEN coalesce(h.accepted_at, excluded.accepted_at)"
            " ELSE excluded.accepted_at END,"
            " asked_at = CASE WHEN h.role = excluded.role THEN h.asked_at END RETURNING h.id",
            *(new_id(), event, found, role, await _edits(actor, found)),
        )
        await enqueue("floor.ask_host", {"host_id": str(host)})


async def _edits(actor: Actor, organisation: UUID) -> bool:
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM membership WHERE organisation = $1 AND person = $2 AND role = ANY ($3)"
            " AND ended_at IS NULL)",
            *(organisation, actor.id, list(EDITORS)),
        )
    )


async def answer(actor: Actor, event: UUID, host: UUID, *, agrees: bool) -> None:
    """An editor of the organisation agrees that it holds the event, or does not (any more); the event's organizers
    hear of it by mail (outbox). Raises NotFound."""
    async with db.tx():
        row = await db.fetchrow(
            "SELECT organisation, accepted_at FROM event_host WHERE id = $1 AND event = $2 AND ended_at IS NULL"
            " FOR NO KEY UPDATE",
            *(host, event),
        )
        if row is None or not await _edits(actor, row["organisation"]):
            raise NotFound
        if not agrees or row["accepted_at"] is None:
            await enqueue(
                "floor.host_answered", {"host_id": str(host), "agrees": agrees, "at": clock.now().isoformat()}
            )
        await db.execute(
            "UPDATE event_host SET accepted_at = coalesce(accepted_at, now()) WHERE id = $1"
            if agrees
            else "UPDATE event_host SET ended_at = now() WHERE id = $1",
            host,
        )


async def end_host(actor: Actor, event: UUID, host: UUID) -> None:
    done = await db.execute(
        "UPDATE event_host SET ended_at = coalesce(ended_at, now()) WHERE id = $1 AND event = $2", host, event
    )
    if not done:
        raise NotFound


async def hosts_of(event: UUID, actor: Actor = NOBODY, *, waiting: bool = False) -> list[asyncpg.Record]:
    """Hosts first, then the others, in the order in which they were named: those that agreed, and what the actor may
    answer for (`own`); with `waiting` all."""
    return await db.fetch(
        "SELECT h.id, h.role, o.name, o.slug, o.logo_file, h.accepted_at, m.id IS NOT NULL AS own FROM event_host h"
        " JOIN organisation o ON o.id = h.organisation AND o.ended_at IS NULL AND o.hidden_at IS NULL"
        " LEFT JOIN membership m ON m.organisation = o.id AND m.person = $2 AND m.role = ANY ($3)"
        " AND m.ended_at IS NULL WHERE h.event = $1 AND h.ended_at IS NULL"
        " AND ($4 OR h.accepted_at IS NOT NULL OR m.id IS NOT NULL)"
        " ORDER BY array_position(ARRAY['host', 'co_host', 'partner', 'sponsor'], h.role), h.place, h.id",
        *(event, actor.id, list(EDITORS), waiting),
    )


async def set_edition(actor: Actor, event: UUID, name_vi: str, name_en: str, label: str) -> None:
    """Let the event belong to a series; an empty name takes it out.

    A name joins only a series in which the actor runs an event. Whoever else uses the same name has another series.
    """
    async with db.tx():
        series = await _series(actor, event, name_vi.strip(), name_en.strip()) if name_vi.strip() else None
        await db.execute(
            "INSERT INTO event_edition (event, series, label, rehearsal) VALUES ($1, $2, $3, false)"
            " ON CONFLICT (event) DO UPDATE SET series = $2, label = $3",
            *(event, series, label.strip()[:80]),
        )


_RUN = """
SELECT s.id, s.name_vi FROM event_series s JOIN event_edition d ON d.series = s.id
WHERE (s.slug = $1 OR s.slug LIKE $1 || '-%') AND ($4 OR EXISTS (SELECT FROM event_staff f
  WHERE f.event = d.event AND f.person = $2 AND f.role = ANY ($3) AND f.ended_at IS NULL))
ORDER BY d.event <> $5, s.created_at, s.id
"""


async def _series(actor: Actor, event: UUID, name_vi: str, name_en: str) -> UUID:
    """The series of this name that the actor may add to, the event's own first; where there is none, a new one."""
    slug = slugify(name_vi, "chuoi")
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('event_series'))")
    for row in await db.fetch(_RUN, slug, actor.id, list(MANAGERS), actor.has("admin"), event):
        if slugify(row["name_vi"], "chuoi") == slug:
            if name_en:
                await db.execute("UPDATE event_series SET name_en = $2 WHERE id = $1", row["id"], name_en)
            found: UUID = row["id"]
            return found
    number = new_id()
    taken = await db.fetchval("SELECT EXISTS (SELECT FROM event_series WHERE slug = $1)", slug)
    await db.execute(
        "INSERT INTO event_series (id, slug, name_vi, name_en, created_at) VALUES ($1, $2, $3, $4, now())",
        *(number, f"{slug}-{number.hex[-12:]}" if taken else slug, name_vi, name_en),
    )
    return number


async def edition_of(event: UUID) -> asyncpg.Record | None:
    return await db.fetchrow(
        "SELECT d.label, d.rehearsal, s.id AS series, s.name_vi, s.name_en, f.slug AS from_slug, f.title_vi AS from_vi,"
        " f.title_en AS from_en FROM event_edition d LEFT JOIN event_series s ON s.id = d.series"
        " LEFT JOIN event f ON f.id = d.copied_from WHERE d.event = $1",
        event,
    )


async def other_editions(event: UUID) -> list[asyncpg.Record]:
    """The public events of the same series, latest first."""
    return await db.fetch(
        "SELECT e.slug, e.title_vi, e.title_en, e.starts_at, o.label FROM event_edition d JOIN event_edition o"
        " ON o.series = d.series AND o.event <> d.event AND NOT o.rehearsal JOIN event e ON e.id = o.event"
        " AND e.status IN ('published', 'closed') WHERE d.event = $1 ORDER BY e.starts_at DESC LIMIT 20",
        event,
    )
