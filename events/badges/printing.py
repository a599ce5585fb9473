"""Printing badges: one at a desk, many by a job; each print on record, a second one only with a reason."""

import asyncio
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.storage import Missing, key_of
from app.core.files.where import storage
from app.core.i18n import N_, in_language
from app.core.ids import new_id
from app.core.outbox import enqueue, every, job
from app.core.text import clean_line
from app.core.web import Actor
from app.directory.importing.files import drafted
from events import tickets
from events.badges.designs import Design, badge_of, design_of, title_of
from events.badges.drawing import Badge, badges_pdf

MOST_AT_ONCE = 2_000
"""Badges in one file: a printer takes no more sheets without being filled."""
KEPT_DAYS = 3
FILE = "badges.pdf"
LONGEST_REASON = 300

GUEST = """
SELECT r.id, r.event, r.signing_key, r.full_name, r.organisation, r.code, r.status, r.person, r.sample, t.colour,
       t.role, t.title_vi AS type_vi, t.title_en AS type_en, e.title_vi, e.title_en, e.slug,
       (SELECT max(b.printed_at) FROM badge_print b WHERE b.registration = r.id) AS printed_at,
       f.id AS photo, f.variants AS photo_variants
FROM registration r JOIN ticket_type t ON t.id = r.ticket_type JOIN event e ON e.id = r.event
LEFT JOIN person_profile p ON p.person = r.person AND p.listed_at IS NOT NULL AND p.hidden_at IS NULL
     AND p.ended_at IS NULL AND NOT (p.tiers ? 'photo_file')
LEFT JOIN stored_file f ON f.id = p.photo_file AND f.ended_at IS NULL AND f.kept_at IS NOT NULL
"""
"""Photos only from profiles that show them to everybody."""


class NoTicket(Conflict):
    message = N_("Only who has a confirmed place gets a badge.")


class TooMany(Conflict):
    message = N_("These are more badges than one file may hold. Please choose one ticket type, or only new ones.")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Whose badges are asked for. `which`: new (never printed), came (were let in), all."""

    which: Literal["new", "came", "all"] = "new"
    ticket_type: str = ""
    reason: str = ""


async def guest_for(event: UUID, registration: UUID) -> asyncpg.Record:
    """A registration of this event. Raises NotFound."""
    row = await db.fetchrow(f"{GUEST} WHERE r.event = $1 AND r.id = $2", event, registration)
    if row is None:
        raise NotFound
    return row


async def prints_of(registration: UUID) -> list[asyncpg.Record]:
    """When and where a badge was printed, the newest first."""
    return await db.fetch(
        "SELECT b.id, b.printed_at, b.place, b.reason, b.again, b.name, p.name AS by_name FROM badge_print b"
        " LEFT JOIN person p ON p.id = b.by WHERE b.registration = $1 ORDER BY b.printed_at DESC, b.id DESC LIMIT 50",
        registration,
    )


async def print_one(
    actor: Actor, event: UUID, registration: UUID, *, nonce: str, place: str = "", reason: str = ""
) -> UUID:
    """Put one print on record and return its number. The same nonce again returns the first one.

    Locks the registration: of two desks that press at once one prints, the other is asked why. Raises NotFound,
    NoTicket, Invalid.
    """
    async with db.tx():
        row = await db.fetchrow(
            "SELECT status, full_name FROM registration WHERE event = $1 AND id = $2 FOR UPDATE", event, registration
        )
        if row is None:
            raise NotFound
        mark = f"{registration}:{nonce}"
        first: UUID | None = await db.fetchval("SELECT id FROM badge_print WHERE nonce = $1", mark)
        if first is not None:
            return first
        if row["status"] != "confirmed":
            raise NoTicket
        again = await db.fetchval("SELECT EXISTS (SELECT 1 FROM badge_print WHERE registration = $1)", registration)
        reason = clean_line(reason)[:LONGEST_REASON]
        if again and not reason:
            raise Invalid(fields={"reason": N_("This badge was printed already. Please say why it is needed again.")})
        number = new_id()
        await db.execute(
            "INSERT INTO badge_print (id, registration, nonce, again, reason, place, name, by, printed_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())",
            *(number, registration, mark, again, reason if again else "", clean_line(place)[:80], row["full_name"]),
            actor.person_id,
        )
        return number


async def printed_pdf(event: UUID, number: UUID) -> tuple[asyncpg.Record, bytes]:
    """The paper of a print that is on record, as the guest and the design are now. Raises NotFound, NoTicket."""
    registration = await db.fetchval("SELECT registration FROM badge_print WHERE id = $1", number)
    if registration is None:
        raise NotFound
    row = await guest_for(event, registration)
    if row["status"] != "confirmed":
        raise NoTicket
    design = await design_of(event)
    badge = await _badge(design, row)
    return row, await asyncio.to_thread(badges_pdf, [badge], design.paper, title_of(row), clock.now())


async def _badge(design: Design, row: asyncpg.Record) -> Badge:
    code = await tickets.code_of(row["id"], row["event"], row["signing_key"])
    photo = await _photo(row) if "photo" in design.parts and row["photo"] else None
    return badge_of(design, row, code, photo)


async def _photo(row: asyncpg.Record) -> bytes | None:
    try:
        return b"".join([piece async for piece in storage().read(key_of(row["photo"], row["photo_variants"][0]))])
    except Missing:
        return None


# --- many at once ----------------------------------------------------------------------------------------------


_WHICH = """
 WHERE r.event = $1 AND r.status = 'confirmed' AND ($2 = '' OR t.code = $2)
   AND ($3 <> 'new' OR NOT EXISTS (SELECT 1 FROM badge_print b WHERE b.registration = r.id))
   AND ($3 <> 'came' OR EXISTS (SELECT 1 FROM admission a WHERE a.registration = r.id AND a.voided_at IS NULL))
"""


async def counts(event: UUID) -> dict[str, int]:
    """How many badges there are to print, and how many were: confirmed, printed, prints, again."""
    row = await db.fetchrow(
        "SELECT count(*) FILTER (WHERE r.status = 'confirmed') AS confirmed,"
        " count(*) FILTER (WHERE r.status = 'confirmed' AND b.n > 0) AS printed, coalesce(sum(b.n), 0) AS prints,"
        " coalesce(sum(b.again), 0) AS again FROM registration r"
        " LEFT JOIN (SELECT p.registration, count(*) AS n, count(*) FILTER (WHERE p.again) AS again FROM badge_print p"
        "   JOIN registration s ON s.id = p.registration WHERE s.event = $1 GROUP BY 1) b ON b.registration = r.id"
        " WHERE r.event = $1",
        event,
    )
    return {key: int(value) for key, value in dict(row or {}).items()}


async def ask_for_many(actor: Actor, event: UUID, wanted: Wanted, locale: str) -> UUID:
    """Have a file of badges made. Enqueues badges.draw. Raises Invalid, TooMany.

    Who has a badge already gets another one only where a reason is given; "new" needs none.
    """
    reason = clean_line(wanted.reason)[:LONGEST_REASON]
    total = await db.fetchval(
        "SELECT count(*) FROM registration r JOIN ticket_type t ON t.id = r.ticket_type" + _WHICH,  # noqa: S608
        *(event, wanted.ticket_type, wanted.which),
    )
    if not total:
        raise Invalid(fields={"which": N_("There is nobody to print a badge for.")})
    if total > MOST_AT_ONCE:
        raise TooMany
    if wanted.which != "new" and not reason:
        raise Invalid(fields={"reason": N_("Some of these have a badge already. Please say why it is needed again.")})
    run = new_id()
    asked = {"which": wanted.which, "type": wanted.ticket_type, "reason": reason, "locale": locale}
    async with db.tx():
        await db.execute(
            "INSERT INTO badge_run (id, event, asked, state, total, created_at, created_by)"
            " VALUES ($1, $2, $3, 'asked', $4, now(), $5)",
            *(run, event, asked, total, actor.person_id),
        )
        await enqueue("badges.draw", {"run": str(run)})
    return run


@job("badges.draw")
async def draw_many(payload: dict[str, Any]) -> None:
    """Draw a file of badges and put each on record. Drawn already, nothing happens; in two workers at once, once."""
    number = UUID(payload["run"])
    run = await db.fetchrow("SELECT * FROM badge_run WHERE id = $1 AND state = 'asked'", number)
    if run is None:
        return
    asked = run["asked"]
    design = await design_of(run["event"])
    rows = await db.fetch(
        f"{GUEST}{_WHICH} ORDER BY t.place, r.search_text, r.id LIMIT {MOST_AT_ONCE}",
        *(run["event"], asked["type"], asked["which"]),
    )
    with in_language(asked["locale"]):
        badges = [await _badge(design, row) for row in rows]
        title = title_of(rows[0]) if rows else ""
        content = await _drawn(number, badges, design, title)
    await _keep(number, content)
    async with db.tx():
        written = await db.fetchval(
            "UPDATE badge_run SET state = 'drawn', done = $2, total = $2, finished_at = now() WHERE id = $1"
            " AND state = 'asked' RETURNING id",
            *(number, len(rows)),
        )
        if written:
            await db.execute(
                "INSERT INTO badge_print (id, registration, run, nonce, again, reason, place, name, by, printed_at)"
                " SELECT gen_random_uuid(), r.id, $1, r.id || ':' || $1::uuid, p.again, CASE WHEN p.again THEN $3"
                " ELSE '' END, '', r.full_name, $4, now() FROM registration r CROSS JOIN LATERAL"
                " (SELECT EXISTS (SELECT 1 FROM badge_print b WHERE b.registration = r.id) AS again) p"
                " WHERE r.id = ANY($2) AND (NOT p.again OR $3 <> '')",
                *(number, [row["id"] for row in rows], asked["reason"], run["created_by"]),
            )


async def _drawn(number: UUID, badges: list[Badge], design: Design, title: str) -> bytes:
    """The file, drawn in a thread; how far it is can be read by who waits."""
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done = count

    drawing = asyncio.create_task(asyncio.to_thread(badges_pdf, badges, design.paper, title, clock.now(), tell))
    while not drawing.done():
        await asyncio.wait([drawing], timeout=1)
        await db.execute("UPDATE badge_run SET done = $2 WHERE id = $1 AND state = 'asked'", number, done)
    return drawing.result()


async def _keep(number: UUID, content: bytes) -> None:
    async with drafted() as path:
        await asyncio.to_thread(path.write_bytes, content)
        await storage().put(key_of(number, FILE), path)


async def run_for(event: UUID, number: UUID) -> asyncpg.Record:
    """A file of badges of this event. Raises NotFound."""
    row = await db.fetchrow("SELECT * FROM badge_run WHERE id = $1 AND event = $2 AND state <> 'ended'", number, event)
    if row is None:
        raise NotFound
    return row


async def runs_of(event: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT b.*, p.name AS by_name FROM badge_run b JOIN person p ON p.id = b.created_by"
        " WHERE b.event = $1 AND b.state <> 'ended' ORDER BY b.created_at DESC LIMIT 10",
        event,
    )


async def log_of(event: UUID, before: UUID | None, count: int) -> list[asyncpg.Record]:
    """Every print of an event, the newest first, one more than `count`."""
    return await db.fetch(
        "SELECT b.id, b.registration, b.printed_at, b.place, b.reason, b.again, b.name, b.run, r.full_name, r.code,"
        " p.name AS by_name FROM badge_print b JOIN registration r ON r.id = b.registration"
        " LEFT JOIN person p ON p.id = b.by WHERE r.event = $1 AND ($2::uuid IS NULL OR (b.printed_at, b.id) <"
        "   (SELECT printed_at, id FROM badge_print WHERE id = $2)) ORDER BY b.printed_at DESC, b.id DESC LIMIT $3",
        *(event, before, count + 1),
    )


@every(3600, "badges.end_old_files")
async def end_old_files() -> None:
    """Files of badges go after some days; that they were printed stays."""
    async with db.tx():
        rows = await db.fetch(
            "UPDATE badge_run SET state = 'ended' WHERE state = 'drawn' AND finished_at < $1 RETURNING id",
            clock.now() - timedelta(days=KEPT_DAYS),
        )
        for row in rows:
            await enqueue("badges.remove", {"run": str(row["id"])})


@job("badges.remove")
async def remove_file(payload: dict[str, Any]) -> None:
    """Forget the bytes of a file that has ended; those that are gone already are fine."""
    await storage().delete(key_of(UUID(payload["run"]), FILE))
