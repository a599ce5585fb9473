"""What the door should know about a guest: welcome with honours, or look twice; who said so, when, and until when."""

from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import fold
from app.core.web import Actor

LONGEST_NOTE = 200
SHOWN = 50
SHORTEST_SEARCH = 3
_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})

_GUEST = """
SELECT r.id, r.full_name, r.organisation, r.code, r.person, t.title_vi AS type_vi, t.title_en AS type_en,
       f.vip, f.attention, f.note, f.set_at, p.name AS set_by_name
FROM registration r JOIN ticket_type t ON t.id = r.ticket_type
LEFT JOIN door_flag f ON f.registration = r.id AND f.ended_at IS NULL
LEFT JOIN person p ON p.id = f.set_by
WHERE r.event = $1 AND r.status NOT IN ('cancelled', 'refused')
"""


async def flagged(event: UUID, text: str = "") -> list[asyncpg.Record]:
    """Whom the door is told something about; with a text of three letters or more, everybody whose name has it."""
    folded = fold(text)
    if not folded.strip():
        return await db.fetch(f"{_GUEST} AND f.id IS NOT NULL ORDER BY r.search_text, r.id LIMIT $2", event, SHOWN)
    if len(folded.replace(" ", "")) < SHORTEST_SEARCH:
        return []
    patterns = [f"%{word.translate(_LIKE)}%" for word in folded.split()[:6]]
    return await db.fetch(
        f"{_GUEST} AND r.search_text LIKE ALL ($2) ORDER BY r.search_text, r.id LIMIT $3", event, patterns, SHOWN
    )


async def guest_of(event: UUID, registration: UUID) -> asyncpg.Record:
    """A guest with what the door is told of them now. Raises NotFound."""
    row = await db.fetchrow(f"{_GUEST} AND r.id = $2", event, registration)
    if row is None:
        raise NotFound
    return row


async def earlier(registration: UUID) -> list[asyncpg.Record]:
    """What the door was told before, newest first."""
    return await db.fetch(
        "SELECT f.vip, f.attention, f.note, f.set_at, f.ended_at, p.name AS set_by_name FROM door_flag f"
        " LEFT JOIN person p ON p.id = f.set_by WHERE f.registration = $1 AND f.ended_at IS NOT NULL"
        " ORDER BY f.set_at DESC, f.id DESC LIMIT 20",
        registration,
    )


async def set_flag(
    actor: Actor, event: UUID, registration: UUID, *, vip: bool, attention: bool, note: str = ""
) -> None:
    """Tell the door something of a guest, in place of what it was told; nothing at all ends it.

    What was said before stays on record. The same again changes nothing. Locks the registration. Raises Invalid,
    NotFound.
    """
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(fields={"note": N_("This is too long: at most 200 characters.")})
    if attention and not note:
        raise Invalid(fields={"note": N_("Please say what the door should look at.")})
    async with db.tx():
        await db.execute("SELECT FROM registration WHERE id = $1 FOR NO KEY UPDATE", registration)
        old = await guest_of(event, registration)
        if (old["vip"] or False, old["attention"] or False, old["note"] or "") == (vip, attention, note):
            return
        await db.execute(
            "UPDATE door_flag SET ended_at = clock_timestamp() WHERE registration = $1 AND ended_at IS NULL",
            registration,
        )
        if vip or attention or note:
            await db.execute(
                "INSERT INTO door_flag (id, registration, vip, attention, note, set_by, set_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())",
                *(new_id(), registration, vip, attention, note, actor.person_id),
            )
