"""Planning an event: made, edited, published, closed, cancelled. Ticket types, doors and team are in setup.py."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.clock import now
from app.core.errors import Conflict, Invalid
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.text import slugify
from app.core.web import Actor
from events import tickets, words
from events.found import keep_findable
from events.inviting.opening import plain
from events.seats import book, promoting

RESERVED = frozenset({"new", "manage"})

"""Rows of a checkpoint's counter: two scans at once wait for each other once in sixteen times."""
EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
TITLE_LENGTH = 200
TEXT_LENGTH = 10_000
SHORTEST_CODE = 8
MOST_MONEY = 500_000_000
MOST_HOURS = 720
MOST_TOGETHER = 100
LONGEST_KEPT = timedelta(days=90)


class EventPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an organizer says about an event."""

    title_vi: str
    title_en: str = ""
    description_vi: str = ""
    description_en: str = ""
    starts_at: datetime
    ends_at: datetime
    venue: str = ""
    address: str = ""
    province_code: str | None = None


class TypePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an organizer says about a kind of ticket."""

    code: str
    title_vi: str
    title_en: str = ""
    capacity: int
    needs_approval: bool = False
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    role: str = "visitor"
    visibility: str = "public"
    access_code: str = ""
    price: int = 0
    """In VND, for each person."""
    hold_hours: int = 48
    max_party: int = 1
    self_change: bool = True
    days: list[date] = []
    """On which days of the event it opens doors; none: on all."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    colour: str = ""
    """As #rrggbb: on badges and scanners, beside the words."""


class NothingToRegisterFor(Conflict):
    message = N_("Add at least one ticket type before you publish.")


class StaysARehearsal(Conflict):
    message = N_("A rehearsal is never published: it stays with its team.")


class NotInThisState(Conflict):
    message = N_("The event is not in a state in which that is possible. Please look at it again.")


class ChangedMeanwhile(Conflict):
    message = N_("Somebody changed this event while you were editing. Please look at the newest version and repeat.")


def check_plan(plan: EventPlan) -> None:
    """Raises Invalid where dates or texts cannot be."""
    fields = {}
    if not plan.title_vi.strip():
        fields["title_vi"] = N_("Please fill this in.")
    if plan.ends_at <= plan.starts_at:
        fields["ends_at"] = N_("The end must be after the start.")
    if not EARLIEST_YEAR <= plan.starts_at.year <= LATEST_YEAR:
        fields["starts_at"] = N_("Please enter a date and time that exist.")
    if not EARLIEST_YEAR <= plan.ends_at.year <= LATEST_YEAR:
        fields["ends_at"] = N_("Please enter a date and time that exist.")
    if fields:
        raise Invalid(fields=fields)


def check_terms(kind: TypePlan, code_before: str = "") -> dict[str, Phrase]:
    """What is wrong with who may have a ticket type and what it costs, by field. A short code may stay as it was."""
    fields: dict[str, Phrase] = {}
    if kind.role not in words.ROLES:
        fields["role"] = N_("Please choose one of the options.")
    if kind.visibility not in words.VISIBILITY:
        fields["visibility"] = N_("Please choose one of the options.")
    code = plain(kind.access_code)
    if kind.visibility == "code" and len(code) < SHORTEST_CODE and (not code or code != plain(code_before)):
        fields["access_code"] = N_("Please give at least eight letters or digits.")
    if not 0 <= kind.price <= MOST_MONEY:
        fields["price"] = N_("Please enter an amount in VND, or nothing.")
    if not 1 <= kind.hold_hours <= MOST_HOURS:
        fields["hold_hours"] = N_("Please enter hours between 1 and 720.")
    if not 1 <= kind.max_party <= MOST_TOGETHER:
        fields["max_party"] = N_("Please enter a number between 1 and 100.")
    return fields


async def create_event(
    actor: Actor, plan: EventPlan, types: list[TypePlan] | None = None, *, sample: bool = False
) -> asyncpg.Record:
    """Make a draft with its signing key, its first door and `actor` as owner; the event's id and slug.

    Not idempotent: each call makes an event.
    """
    check_plan(plan)
    event = new_id()
    async with db.tx():
        slug = await _free_slug(plan.title_vi or plan.title_en)
        row = await db.fetchrow(
            "INSERT INTO event (id, slug, title_vi, title_en, description_vi, description_en, starts_at,"
            " ends_at, venue,"
            " address, province_code, status, status_reason, status_at, status_by, revision, version, sample,"
            " created_at,"
            " updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'draft', '', now(), $12, 0, 1,"
            " $13, now(),"
            " now()) RETURNING id, slug",
            *(event, slug, plan.title_vi, plan.title_en, plan.description_vi, plan.description_en, plan.starts_at),
            *(plan.ends_at, plan.venue, plan.address, plan.province_code, actor.person_id, sample),
        )
        await _add_staff(event, actor.person_id, "owner", actor)
        await _add_key(event)
        await insert_checkpoint(event, name_vi="Cửa chính", name_en="Main door")
        for place, kind in enumerate(types or []):
            await insert_type(event, kind, place)
    assert row is not None  # noqa: S101  RETURNING of one INSERT
    return row


async def _free_slug(title: str) -> str:
    """An address nobody has, under a lock on the wished name, so that two drafts of one title both get one."""
    wish = slugify(title, "su-kien")
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 11))", wish)
    taken = {
        row["slug"] for row in await db.fetch("SELECT slug FROM event WHERE slug = $1 OR slug LIKE $1 || '-%'", wish)
    }
    taken |= RESERVED
    return wish if wish not in taken else next(s for n in range(2, 10_000) if (s := f"{wish}-{n}") not in taken)


async def _add_staff(event: UUID, person: UUID, role: str, by: Actor) -> None:
    await db.execute(
        "INSERT INTO event_staff (id, event, person, role, granted_at, granted_by) VALUES ($1, $2, $3, $4, now(), $5)",
        *(new_id(), event, person, role, by.person_id),
    )


async def _add_key(event: UUID) -> int:
    private, public = tickets.new_key()
    number = tickets.new_key_id()
    await db.execute(
        "INSERT INTO event_key (id, event, private_key, public_key, created_at, revoked_reason)"
        " VALUES ($1, $2, $3, $4, now(), '')",
        *(number, event, private, public),
    )
    return number


async def insert_type(event: UUID, kind: TypePlan, place: int) -> UUID:
    """A kind of ticket, in the open transaction."""
    number = new_id()
    await db.execute(
        "INSERT INTO ticket_type (id, event, code, title_vi, title_en, capacity, sold, excess, needs_approval,"
        " opens_at, closes_at, place, role, visibility, access_code, price, hold_hours, max_party, self_change,"
        " days, valid_from, valid_until, colour, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,"
        " $21, now())",
        *(number, event, kind.code, kind.title_vi, kind.title_en, kind.capacity, kind.needs_approval),
        *(kind.opens_at, kind.closes_at, place, kind.role, kind.visibility, kind.access_code, kind.price),
        *(kind.hold_hours, kind.max_party, kind.self_change, kind.days or None, kind.valid_from, kind.valid_until),
        kind.colour,
    )
    return number


async def insert_checkpoint(
    event: UUID, *, name_vi: str, name_en: str = "", capacity: int | None = None, types: list[str] | None = None
) -> UUID:
    """A door with a zone of its own behind it, in the open transaction."""
    number = new_id()
    await db.execute(
        "INSERT INTO zone (id, event, kind, name_vi, name_en, cap, place, created_at)"
        " SELECT $1, $2, 'hall', $3, $4, $5, count(*), now() FROM zone WHERE event = $2",
        *(number, event, name_vi, name_en, capacity),
    )
    await db.execute(
        "INSERT INTO checkpoint (id, event, zone, name_vi, name_en, ticket_types, place, created_at)"
        " SELECT $1, $2, $1, $3, $4, $5, count(*), now() FROM checkpoint WHERE event = $2",
        *(number, event, name_vi, name_en, types or None),
    )
    return number


async def edit_event(actor: Actor, event: UUID, plan: EventPlan, *, version: int | None = None) -> None:
    """Change what is said about an event. Guests of a published one hear of a new time or place (outbox).

    Locks the event's row. Raises ChangedMeanwhile when `version` is not the newest.
    """
    check_plan(plan)
    async with db.tx():
        old = await db.fetchrow("SELECT * FROM event WHERE id = $1 FOR NO KEY UPDATE", event)
        if old is None or old["status"] == "cancelled":
            raise NotInThisState
        if version is not None and old["version"] != version:
            raise ChangedMeanwhile
        matters = any(old[name] != getattr(plan, name) for name in ("starts_at", "ends_at", "venue", "address"))
        await db.execute(
            "UPDATE event SET title_vi = $2, title_en = $3, description_vi = $4, description_en = $5, starts_at = $6,"
            " ends_at = $7, venue = $8, address = $9, province_code = $10, version = version + 1, updated_at = now(),"
            " revision = revision + $11 WHERE id = $1",
            *(event, plan.title_vi, plan.title_en, plan.description_vi, plan.description_en, plan.starts_at),
            *(plan.ends_at, plan.venue, plan.address, plan.province_code, int(matters)),
        )
        await keep_findable(event)
        if matters and old["status"] in ("published", "closed"):
            await _tell_guests(event, "changed", old["revision"] + 1)
            await promoting.promote(await book.locked(event))  # an event that was over may go on now


async def _tell_guests(event: UUID, kind: str, revision: int) -> None:
    await enqueue(
        "events.tell_guests",
        {"event_id": str(event), "kind": kind, "mark": str(revision)},
        dedupe_key=f"events.tell_guests:{event}:{kind}:{revision}",
    )


async def publish(actor: Actor, event: UUID) -> None:
    """Open a draft or closed event to everybody. Publishing twice changes nothing. Locks the event's row."""
    async with db.tx():
        status = await db.fetchval("SELECT status FROM event WHERE id = $1 FOR NO KEY UPDATE", event)
        if status == "published":
            return
        if status == "cancelled":
            raise NotInThisState
        if not await db.fetchval("SELECT EXISTS (SELECT 1 FROM ticket_type WHERE event = $1)", event):
            raise NothingToRegisterFor
        if await db.fetchval("SELECT rehearsal FROM event_edition WHERE event = $1", event):
            raise StaysARehearsal
        await _set_status(actor, event, "published", "")
        await promoting.promote(await book.locked(event))


async def close(actor: Actor, event: UUID) -> None:
    """Take no more registrations; the event itself goes on. Closing twice changes nothing. Locks the event's row."""
    async with db.tx():
        status = await db.fetchval("SELECT status FROM event WHERE id = $1 FOR NO KEY UPDATE", event)
        if status == "closed":
            return
        if status != "published":
            raise NotInThisState
        await _set_status(actor, event, "closed", "")


async def cancel_event(actor: Actor, event: UUID, reason: str) -> None:
    """Call an event off for good; everybody registered is told with the reason (outbox). Twice changes nothing."""
    if not reason.strip():
        raise Invalid(fields={"reason": N_("Please say why: the guests will read it.")})
    async with db.tx():
        row = await db.fetchrow("SELECT status, revision FROM event WHERE id = $1 FOR NO KEY UPDATE", event)
        if row is None or row["status"] == "cancelled":
            return
        await db.execute("UPDATE event SET revision = revision + 1 WHERE id = $1", event)
        await _set_status(actor, event, "cancelled", reason.strip()[:500])
        await _tell_guests(event, "event_cancelled", row["revision"] + 1)


async def _set_status(actor: Actor, event: UUID, status: str, reason: str) -> None:
    await db.execute(
        "UPDATE event SET status = $2, status_reason = $3, status_at = now(), status_by = $4, version = version + 1,"
        " updated_at = now() WHERE id = $1",
        *(event, status, reason, actor.person_id),
    )
    await keep_findable(event)


async def rotate_key(actor: Actor, event: UUID, reason: str, *, keep_until: datetime | None = None) -> int:
    """Give every ticket a code of a new key; everybody confirmed gets it by mail (outbox).

    The codes that were sent out open doors until `keep_until`, or no more. Locks the event's ticket types, as
    everything does that changes registrations; who registers in the same moment is moved to the new key by the job
    (`renew_codes`). Raises Invalid.
    """
    if keep_until is not None and not now() < keep_until <= now() + LONGEST_KEPT:
        raise Invalid(fields={"keep_until": N_("Please choose a moment within the next 90 days.")})
    async with db.tx(statement_timeout="60s"):
        await db.execute("SELECT 1 FROM ticket_type WHERE event = $1 ORDER BY id FOR NO KEY UPDATE", event)
        await db.execute(
            "UPDATE event_key SET revoked_at = CASE WHEN $4::timestamptz IS NULL THEN now() END,"
            " valid_until = least(valid_until, $4), revoked_by = $2, revoked_reason = $3"
            " WHERE event = $1 AND revoked_at IS NULL",
            *(event, actor.person_id, reason[:500], keep_until),
        )
        number = await _add_key(event)
        await db.execute("UPDATE registration SET signing_key = $2 WHERE event = $1", event, number)
        await _tell_guests(event, "new_code", number)
    return number


async def end_old_keys(actor: Actor, event: UUID) -> None:
    """Codes that were replaced and still open doors open none from now on. Twice changes nothing."""
    await db.execute(
        "UPDATE event_key SET revoked_at = now(), revoked_by = $2"
        " WHERE event = $1 AND revoked_at IS NULL AND valid_until > now()",
        *(event, actor.person_id),
    )


async def old_codes_until(event: UUID) -> datetime | None:
    """Until when codes that were replaced open doors all the same; None where they do not."""
    found: datetime | None = await db.fetchval(
        "SELECT max(valid_until) FROM event_key WHERE event = $1 AND revoked_at IS NULL AND valid_until > now()", event
    )
    return found


async def renew_codes(event: UUID) -> None:
    """Move registrations that still stand on a replaced key to the newest one. Repeating it changes nothing."""
    async with db.tx(statement_timeout="60s"):
        await db.execute("SELECT 1 FROM ticket_type WHERE event = $1 ORDER BY id FOR NO KEY UPDATE", event)
        await db.execute(
            "UPDATE registration r SET signing_key = k.id FROM (SELECT id FROM event_key WHERE event = $1"
            " AND revoked_at IS NULL AND valid_until IS NULL ORDER BY created_at DESC LIMIT 1) k"
            " WHERE r.event = $1 AND r.signing_key <> k.id",
            event,
        )
