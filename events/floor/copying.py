"""An event made from another one: types, pools, places, doors, villages, booths, agenda, questions, vouchers that
name nobody, the account for payments. Never people.

A rehearsal is such a copy that stays a draft for good, so that search, lists, statistics and mails never meet it; the
database marks everybody who registers for it as made up (trigger `rehearsal_guest`).
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.core import clock, db
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.web import Actor
from events import planning, registration, tickets
from events.inviting import vouchers
from events.inviting.vouchers import VoucherPlan
from events.planning import EventPlan
from events.registration import Wish
from events.seats import book

MOST_GUESTS = 300
"""Made-up visitors at once."""

_TIMES = ("opens_at", "closes_at", "starts_at", "ends_at", "valid_from", "valid_until")
_TEXTS = ("title_vi", "title_en", "description_vi", "description_en", "venue", "address", "province_code")


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """What the copy is called, when it begins, and what comes along."""

    title_vi: str
    title_en: str = ""
    starts_at: datetime
    agenda: bool = True
    villages: bool = True
    rehearsal: bool = False


class OnlyRehearsals(Invalid):
    message = N_("Made-up visitors are for rehearsals only.")


async def copy(actor: Actor, event: UUID, wish: Copy) -> str:
    """Make a draft like the event; its address. The actor owns it. Not idempotent: each call makes one."""
    old = await db.fetchrow("SELECT * FROM event WHERE id = $1", event)
    if old is None:
        raise NotFound
    texts = {name: old[name] for name in _TEXTS}
    shift = wish.starts_at - old["starts_at"]
    plan = EventPlan(
        **{**texts, "title_vi": wish.title_vi, "title_en": wish.title_en},
        starts_at=wish.starts_at,
        ends_at=old["ends_at"] + shift,
    )
    row = await planning.create_event(actor, plan, sample=old["sample"] or wish.rehearsal)
    async with db.tx(statement_timeout="60s"):
        await _fill(event, row["id"], shift, wish)
        await _rules(event, row["id"], account=not wish.rehearsal)
        await _codes(actor, event, row["id"], shift)
        await _days(row["id"], _day(wish.starts_at) - _day(old["starts_at"]))
    slug: str = row["slug"]
    return slug


async def _fill(event: UUID, new: UUID, shift: timedelta, wish: Copy) -> None:
    """Everything that hangs on an event, with new ids, in the order in which it refers to each other."""
    await db.execute("DELETE FROM checkpoint WHERE event = $1", new)
    await db.execute("DELETE FROM zone WHERE event = $1", new)
    ids: dict[UUID, UUID] = {event: new}
    await _rows("ticket_type", "event = $1", event, ids, {"sold": 0, "excess": 0, "access_code": ""}, shift=shift)
    await _rows("seat_pool", "event = $1", event, ids, {"used": 0, "excess": 0}, order="depth")
    await _rows(
        "ticket_type_pool", "ticket_type IN (SELECT id FROM ticket_type WHERE event = $1)", event, ids, {}, serial=True
    )
    skipped = "" if wish.villages else " AND kind NOT IN ('village', 'booth')"
    await _rows(
        "zone", f"event = $1 AND ended_at IS NULL{skipped}", event, ids, {}, order="coalesce(array_length(path, 1), 0)"
    )
    if wish.agenda:
        await db.execute(
            "INSERT INTO agenda (event, overlap, walk_in_minutes, release, numbers, updated_at)"
            " SELECT $2, overlap, walk_in_minutes, 0, numbers, now() FROM agenda WHERE event = $1",
            *(event, new),
        )
        await _rows("agenda_session", "event = $1 AND ended_at IS NULL", event, ids, {"version": 1}, shift=shift)
        await db.execute("UPDATE agenda_session SET guid = id::text WHERE event = $1", new)
    await _rows("checkpoint", "event = $1 AND ended_at IS NULL", event, ids, {}, shift=shift)
    if wish.villages:
        await _rows("village", "event = $1 AND ended_at IS NULL", event, ids, {})
        await db.execute(
            "UPDATE seat_pool p SET subject = x.new FROM unnest($2::uuid[], $3::uuid[]) AS x (old, new)"
            " WHERE p.event = $1 AND p.subject = x.old",
            *(new, list(ids), list(ids.values())),
        )
        await _rows("booth", "event = $1 AND ended_at IS NULL", event, ids, {"exhibitor": None, "plan": None, "x": None,
                                                                              "y": None})  # fmt: skip
        await db.execute(
            "INSERT INTO floor_ground (event, applications, closes_at, passes_each, pass_type, updated_at)"
            " SELECT $2, false, NULL, passes_each, $3, now() FROM floor_ground WHERE event = $1",
            *(event, new, await _pass_type(event, ids)),
        )
    await _rows("event_host", "event = $1 AND ended_at IS NULL", event, ids, {"accepted_at": None, "asked_at": None})
    await db.execute(
        "INSERT INTO event_edition (event, series, label, copied_from, rehearsal)"
        " SELECT $2, (SELECT series FROM event_edition WHERE event = $1), '', $1, $3",
        *(event, new, wish.rehearsal),
    )


async def _rules(event: UUID, new: UUID, *, account: bool) -> None:
    """How places are handed on, what badges look like, and the questions of the form, not yet published; with `account`
    also where money is paid to."""
    await db.execute(
        "INSERT INTO line_rule (event, promotion, party_policy, after_expiry, offer_hours)"
        " SELECT $2, promotion, party_policy, after_expiry, offer_hours FROM line_rule WHERE event = $1",
        *(event, new),
    )
    await db.execute(
        "INSERT INTO badge_design (event, size, language, parts, line, version, changed_at)"
        " SELECT $2, size, language, parts, line, 1, now() FROM badge_design WHERE event = $1",
        *(event, new),
    )
    await _rows("event_question", "event = $1 AND ended_at IS NULL", event, {event: new}, {"changed_by": None})
    if account:
        await db.execute(
            "INSERT INTO payment_account (event, bank, number, holder, updated_at)"
            " SELECT $2, bank, number, holder, now() FROM payment_account WHERE event = $1",
            *(event, new),
        )


async def _codes(actor: Actor, event: UUID, new: UUID, shift: timedelta) -> None:
    """What opens hidden types: codes of their own again, and the vouchers that name nobody, unused. All codes are new,
    so that none that was given out opens anything here. Vouchers that would have ended before now stay behind."""
    for row in await db.fetch("SELECT id FROM ticket_type WHERE event = $1 AND visibility = 'code'", new):
        await db.execute("UPDATE ticket_type SET access_code = $2 WHERE id = $1", row["id"], tickets.new_code())
    kinds = {row["code"]: row["id"] for row in await db.fetch("SELECT id, code FROM ticket_type WHERE event = $1", new)}
    rows = await db.fetch(
        "SELECT v.*, t.code AS kind, h.size AS keeps FROM event_voucher v JOIN ticket_type t ON t.id = v.ticket_type"
        " LEFT JOIN seat_hold h ON h.id = v.hold WHERE v.event = $1 AND v.email = '' AND v.ended_at IS NULL"
        " ORDER BY v.id LIMIT 500",
        event,
    )
    held = await book.locked(new)
    for row in rows:
        ends_at = row["ends_at"] + shift if row["ends_at"] else None
        if ends_at is not None and ends_at <= clock.now():
            continue
        plan = VoucherPlan(
            ticket_type=kinds[row["kind"]],
            label=row["label"],
            uses_most=row["uses_most"],
            keeps=max(min(row["keeps"] or 0, held.left(kinds[row["kind"]])), 0) if ends_at else 0,
            ends_at=ends_at,
            skips_approval=row["skips_approval"],
            free=row["free"],
            priority=row["priority"],
        )
        await vouchers.insert(actor, held, plan, tickets.new_code())


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.VIETNAM).date()


async def _days(new: UUID, shift: timedelta) -> None:
    """The days on which each kind of ticket opens the doors, as far from the event's first day as they were."""
    for row in await db.fetch("SELECT id, days FROM ticket_type WHERE event = $1 AND days IS NOT NULL", new):
        await db.execute(
            "UPDATE ticket_type SET days = $2 WHERE id = $1", row["id"], [day + shift for day in row["days"]]
        )


async def _pass_type(event: UUID, ids: dict[UUID, UUID]) -> UUID | None:
    old: UUID | None = await db.fetchval("SELECT pass_type FROM floor_ground WHERE event = $1", event)
    return ids.get(old) if old else None


async def _rows(  # noqa: PLR0913  what one table needs, most of it by name
    table: str,
    where: str,
    event: UUID,
    ids: dict[UUID, UUID],
    fresh: dict[str, Any],
    *,
    shift: timedelta = timedelta(),
    order: str = "1",
    serial: bool = False,
) -> None:
    """Copy the rows of a table: ids and whatever refers to copied rows are new, times are shifted, the rest stays.

    What refers to something that is not copied (a room that was left out) refers to nothing.
    """
    rows = await db.fetch(f"SELECT * FROM {table} WHERE {where} ORDER BY {order}, id", event)  # noqa: S608  ours
    for row in rows:
        values = {**dict(row), **fresh}
        if serial:
            values.pop("id")
        else:
            ids[row["id"]] = values["id"] = ids.get(row["id"]) or new_id()
        for name, value in values.items():
            if name in ("parent", "zone", "village", "session", "event", "ticket_type", "pool") and value is not None:
                values[name] = ids.get(value)
            elif name in _TIMES and value is not None:
                values[name] = value + shift
        names = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        await db.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *values.values())  # noqa: S608  ours


async def is_rehearsal(event: UUID) -> bool:
    return bool(await db.fetchval("SELECT rehearsal FROM event_edition WHERE event = $1", event))


async def made_up_visitors(actor: Actor, event: UUID, count: int) -> int:
    """Register so many made-up visitors for a rehearsal, each kind of ticket in turn; how many were new.

    They carry the mark of sample data, no name of a person and an address at which nobody reads.
    """
    if not await is_rehearsal(event):
        raise OnlyRehearsals
    count = max(1, min(count, MOST_GUESTS))
    codes = [
        row["code"]
        for row in await db.fetch("SELECT code FROM ticket_type WHERE event = $1 ORDER BY place, code", event)
    ]
    if not codes:
        return 0
    known = await db.fetchval("SELECT count(*) FROM registration WHERE event = $1", event)
    new = 0
    for number in range(known + 1, known + count + 1):
        wish = Wish(
            ticket_type=codes[number % len(codes)],
            full_name=f"Khách diễn tập {number}",
            email=f"dien-tap.{number}@rehearsal.example",
            organisation="Đơn vị diễn tập",
            source="demo",
            sample=True,
        )
        new += (await registration.register(actor, event, wish)).new
    return new
