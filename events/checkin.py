"""At the desk: taking a check-in back, searching by name, what happened last. A scan itself is in door/scanning.py."""

from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import fold
from app.core.web import Actor
from app.people.rights.consent import consented
from events.door.scanning import Scanner, person_scanning

SHORTEST_SEARCH = 3
MOST_HITS = 10


class Undone(Conflict):
    message = N_("This check-in was undone already.")


async def undo(actor: Actor, event: UUID, scan_id: UUID, reason: str) -> None:
    """`undo_by` for a person at their own desk."""
    await undo_by(person_scanning(actor, "undo", actor.name), event, scan_id, reason)


async def undo_by(by: Scanner, event: UUID, scan_id: UUID, reason: str) -> None:
    """Take a check-in back: the ticket may come in again, and both acts stay on record with the reason.

    Locks the registration, then counters. Raises Invalid, NotFound, and Undone the second time.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": N_("Please say why.")})
    async with db.tx():
        if not await db.fetchval(
            "SELECT EXISTS (SELECT FROM scan s JOIN checkpoint c ON c.id = s.checkpoint WHERE s.id = $1"
            " AND c.event = $2)",
            *(scan_id, event),
        ):
            raise NotFound
        said = await db.fetchval(
            "SELECT door_undo($1, $2, $3, $4, $5, $6, $7)",
            *(scan_id, new_id(), by.device, by.name, by.person, by.door, reason.strip()[:500]),
        )
    if said == "absent":
        raise NotFound
    if said == "undone":
        raise Undone


_FOUND_BY_NAME = consented(
    "coalesce(r.person, (SELECT p.id FROM person p WHERE p.email_key = r.email_key AND p.ended_at IS NULL))",
    "desk_search",
)
"""Who objected to being found by name is let in by code only, also with a registration made without the account."""
_SEARCH = f"""
SELECT r.id, r.person, r.full_name, r.organisation, r.status, r.code, t.title_vi AS type_vi, t.title_en AS type_en,
       a.admitted_at, a.inside
FROM registration r JOIN ticket_type t ON t.id = r.ticket_type
LEFT JOIN checkpoint c ON c.id = $3
LEFT JOIN admission a ON a.registration = r.id AND a.zone = c.zone AND a.voided_at IS NULL
WHERE r.event = $1 AND r.search_text LIKE ALL ($2) AND r.status NOT IN ('cancelled', 'refused') AND {_FOUND_BY_NAME}
ORDER BY r.search_text, r.id LIMIT $4
"""  # noqa: S608  constants


async def search(event: UUID, checkpoint: UUID, text: str) -> list[asyncpg.Record]:
    """At most ten registrations with every word of `text` in name, organisation or address; three letters at least."""
    folded = fold(text)
    if len(folded.replace(" ", "")) < SHORTEST_SEARCH:
        return []
    patterns = [f"%{word.translate(_LIKE)}%" for word in folded.split()[:6]]
    return await db.fetch(
        _SEARCH,
        *(event, patterns, checkpoint, MOST_HITS),
    )


_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


async def latest(event: UUID, checkpoint: UUID, count: int = 8) -> list[asyncpg.Record]:
    """The last scans at a door, newest first, with what can still be undone."""
    return await db.fetch(
        "SELECT s.id, s.outcome, s.reason, s.direction, s.received_at, s.device_name, s.facts->>'name' AS name,"
        " s.counts AND s.direction = 'in' AND NOT EXISTS (SELECT FROM scan v WHERE v.void_of = s.id) AS can_undo"
        " FROM scan s JOIN checkpoint c ON c.id = s.checkpoint AND c.event = $1 WHERE s.checkpoint = $2"
        " ORDER BY s.received_at DESC, s.id DESC LIMIT $3",
        *(event, checkpoint, count),
    )
