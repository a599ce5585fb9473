"""Strikes: who did not come or cancelled late, what follows, and the appeal to the staff."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.text import clean
from app.core.web import Actor
from app.mentoring import free

COUNTS_DAYS = 90
"""So long a strike counts."""
MOST = 3
"""With so many one pauses."""
PAUSE_DAYS = 14

COUNTS = f"""decision IS DISTINCT FROM 'lifted' AND (appealed_at IS NULL OR decision IS NOT NULL)
    AND at > now() - interval '{COUNTS_DAYS} days'"""
"""SQL: a strike that counts now: not lifted, no appeal waits, not old."""


class Suspended(Conflict):
    message = N_("After several missed sessions you can book again from %(day)s. You can appeal against each of them.")


class AlreadyAppealed(Conflict):
    message = N_("There was an appeal against this one already.")


async def strike(person: UUID, booking: UUID, kind: str) -> None:
    """In the open transaction: note it, once for a booking, and tell the person."""
    number = new_id()
    written = await db.execute(
        "INSERT INTO mentoring_strike (id, person, booking, kind, at) VALUES ($1, $2, $3, $4, now())"
        " ON CONFLICT (person, booking) DO NOTHING",
        *(number, person, booking, kind),
    )
    if written:
        await enqueue("mentoring.tell_strike", {"strike": str(number)}, dedupe_key=f"mentoring.strike:{number}")
        await free.ask_for_refresh(person)


async def suspended_until(person: UUID) -> datetime | None:
    """Until when somebody neither books nor is booked; None for almost everybody."""
    row = await db.fetchrow(
        f"SELECT count(*) AS n, max(at) AS last FROM mentoring_strike WHERE person = $1 AND {COUNTS}",  # noqa: S608
        person,
    )
    if row is None or row["n"] < MOST:
        return None
    until: datetime = row["last"] + timedelta(days=PAUSE_DAYS)
    return until if await db.fetchval("SELECT $1 > now()", until) else None


async def strikes_of(person: UUID) -> list[dict[str, Any]]:
    """One's own, newest first."""
    rows = await db.fetch(
        f"SELECT s.*, b.starts_at, o.name AS organisation_name, {COUNTS} AS counts FROM mentoring_strike s"  # noqa: S608
        " JOIN mentoring_booking b ON b.id = s.booking JOIN organisation o ON o.id = b.organisation"
        " WHERE s.person = $1 ORDER BY s.at DESC, s.id DESC",
        person,
    )
    return [dict(row) for row in rows]


async def appeal(actor: Actor, number: UUID, text: str) -> None:
    """Ask the staff to look at it. Until they have it does not count. Raises Invalid, AlreadyAppealed, NotFound."""
    said = clean(text)
    if not said:
        raise Invalid(fields={"appeal": REQUIRED})
    async with db.tx():
        row = await db.fetchrow(
            "SELECT appealed_at FROM mentoring_strike WHERE id = $1 AND person = $2 FOR UPDATE",
            *(number, actor.person_id),
        )
        if row is None:
            raise NotFound
        if row["appealed_at"] is not None:
            raise AlreadyAppealed
        await db.execute(
            "UPDATE mentoring_strike SET appeal = $2, appealed_at = now() WHERE id = $1", number, said[:2000]
        )


async def decide(actor: Actor, number: UUID, decision: str, reason: str) -> None:
    """The staff uphold or lift a strike that was appealed against. Idempotent for the same decision."""
    actor.require("moderator")
    if decision not in ("upheld", "lifted"):
        raise Invalid(fields={"decision": NOT_A_CHOICE})
    if not clean(reason):
        raise Invalid(fields={"reason": REQUIRED})
    async with db.tx():
        row = await db.fetchrow(
            "SELECT person, decision, appealed_at FROM mentoring_strike WHERE id = $1 FOR UPDATE", number
        )
        if row is None or row["appealed_at"] is None or row["person"] == actor.person_id:
            raise NotFound
        if row["decision"] is not None:
            raise AlreadyAppealed
        await db.execute(
            "UPDATE mentoring_strike SET decision = $2, decided_by = $3, decided_at = now(), decided_reason = $4"
            " WHERE id = $1",
            *(number, decision, actor.person_id, clean(reason)[:2000]),
        )
        await enqueue("mentoring.tell_strike", {"strike": str(number)}, dedupe_key=f"mentoring.strike:{number}:decided")
