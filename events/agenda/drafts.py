"""The plan as it is now, read: sessions with rooms and speakers, and what clashes in it."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.i18n import pick
from events.agenda.clashes import Clash, Slot, clashes

_SESSIONS = """
SELECT s.*, z.name_vi AS room_vi, z.name_en AS room_en, z.cap AS room_cap, z.parent AS room_parent,
       z.ended_at IS NOT NULL AS room_closed, coalesce(w.booked, 0) AS booked,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', k.id, 'slug', k.slug, 'name', k.name, 'role_vi', k.role_vi,
           'role_en', k.role_en) ORDER BY p.place) FROM agenda_part p JOIN agenda_speaker k ON k.id = p.speaker
           WHERE p.session = s.id), '[]') AS speakers
FROM agenda_session s LEFT JOIN zone z ON z.id = s.zone LEFT JOIN agenda_shown w ON w.session = s.id
WHERE s.event = $1 AND s.ended_at IS NULL AND ($2::uuid IS NULL OR s.id = $2)
ORDER BY s.starts_at NULLS LAST, z.place NULLS FIRST, s.number
"""


async def sessions(event: UUID, only: UUID | None = None) -> list[dict[str, Any]]:
    """Sessions of the plan in the order of time, those without one last."""
    return [dict(row) for row in await db.fetch(_SESSIONS, event, only)]


async def agenda_of(event: UUID) -> dict[str, Any]:
    """The rules of the event's agenda, as they are before anybody touched them."""
    row = await db.fetchrow("SELECT * FROM agenda WHERE event = $1", event)
    return dict(row) if row else {"event": event, "overlap": "refused", "walk_in_minutes": 10, "release": 0}


def slot(session: dict[str, Any]) -> Slot:
    return Slot(
        id=session["id"],
        title=pick(session["title_vi"], session["title_en"]),
        starts_at=session["starts_at"],
        ends_at=session["ends_at"],
        zone=session["zone"],
        room=pick(session["room_vi"], session["room_en"]),
        room_cap=session["room_cap"],
        room_closed=bool(session["room_closed"]),
        capacity=session["capacity"],
        booked=session["booked"],
        speakers=tuple((one["id"], one["name"]) for one in session["speakers"]),
    )


def clashes_in(event: Any, plan: list[dict[str, Any]]) -> list[Clash]:
    """What clashes among the sessions that have a time. `event` has the times it must lie within."""
    return clashes([slot(one) for one in plan if one["starts_at"]], event["starts_at"], event["ends_at"])


FACTS = (
    "number", "guid", "kind", "kind_text", "title_vi", "title_en", "abstract_vi", "abstract_en", "description_vi",
    "description_en", "language", "track", "tags", "capacity", "booking", "room_vi", "room_en", "speakers",
)  # fmt: skip


def facts(session: dict[str, Any]) -> dict[str, Any]:
    """What a release keeps of a session."""
    found = {name: session[name] for name in FACTS}
    return {**found, "room_vi": found["room_vi"] or "", "room_en": found["room_en"] or ""}
