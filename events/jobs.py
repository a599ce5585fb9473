"""Jobs of events: mails to guests with ticket and calendar entry, and the nightly recount. No decision is made here."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from prometheus_client import Gauge

from app.core import db
from app.core.i18n import in_language, pick
from app.core.mail import Attachment, send_mail
from app.core.outbox import enqueue, every, job
from app.core.settings import get_settings
from events import found, idempotency, paper, planning, tickets, words
from events.access import ticket_for
from events.delegations import registering
from events.inviting import vouchers
from events.paying import transferring
from events.registration import position_of
from events.seats import offering, recounting

log = structlog.get_logger()

DRIFT = Gauge("ketnoi_event_drift", "Rows whose stored count differs from a recount", ["what"], multiprocess_mode="max")

STALE = {
    "registered": words.ACTIVE,
    "promoted": ("confirmed", "offered", "started"),
    "accepted": ("confirmed", "started"),
    "approved": ("confirmed", "waitlisted", "started"),
    "paid": ("confirmed", "waitlisted"),
    "offer_expired": ("waitlisted", "expired"),
    "not_paid": ("expired",),
    "kind_changed": words.ACTIVE,
    "merged": words.ACTIVE,
    "again": words.ACTIVE,
}
"""A mail that is overtaken by a later change is not sent: the later change sends its own."""


@job("events.tell_guest")
async def tell_guest(payload: dict[str, Any]) -> None:
    """Mail one guest what happened to the registration; nobody reads the mails of made-up guests, so they get none.

    Running twice sends one mail: the key names the act.
    """
    kind, mark = payload["kind"], payload.get("mark", "")
    secret = await db.fetchval("SELECT secret FROM registration WHERE id = $1", UUID(payload["registration_id"]))
    if secret is None:
        return
    row = await ticket_for(secret)
    to = row["email"] or await _lead_of(row)
    if row["sample"] or not to or row["status"] not in STALE.get(kind, (row["status"],)):
        return
    with in_language(row["locale"]):
        attachments = await _attachments(row, kind)
        context = {
            "kind": kind,
            "guest": dict(row),
            "title": pick(row["title_vi"], row["title_en"]),
            "type_title": pick(row["type_vi"], row["type_en"]),
            "where": paper.place_of(row),
            "position": await position_of(row),
            "reason": await _reason(row, kind),
            "link": f"{get_settings().origin}/tickets/{row['secret']}",
            "pay": await transferring.asked(row),
            "old_codes_until": await planning.old_codes_until(row["event"]) if kind == "new_code" else None,
        }
        async with db.tx():
            await send_mail(
                to=to,
                template="events/mail.txt",
                locale=row["locale"],
                context=context,
                message_key=f"events:{row['id']}:{kind}:{mark}",
                attachments=attachments,
            )


async def _lead_of(row: asyncpg.Record) -> str:
    """Where the mails of somebody without an address go: to who registered the delegation."""
    return await db.fetchval("SELECT lead_email FROM delegation WHERE id = $1", row["delegation"]) or ""


async def _reason(row: asyncpg.Record, kind: str) -> str:
    """What the organizers said, for mails that bring bad news."""
    if kind == "event_cancelled":
        return str(row["event_reason"])
    if kind not in ("refused", "cancelled"):
        return ""
    return (
        await db.fetchval(
            "SELECT reason FROM registration_change WHERE registration = $1 AND to_status = $2 ORDER BY id DESC"
            " LIMIT 1",
            *(row["id"], row["status"]),
        )
        or ""
    )


async def _attachments(row: asyncpg.Record, kind: str) -> tuple[Attachment, ...]:
    """Ticket and calendar entry for who has a place; the entry's cancellation for who has none any more."""
    if kind in ("cancelled", "event_cancelled", "transferred"):
        return (Attachment("event.ics", "text/calendar", paper.calendar(row, cancelled=True)),)
    if row["status"] != "confirmed":
        return ()
    code = await tickets.code_of(row["id"], row["event"], row["signing_key"])
    # drawn beside the event loop, in this job's language
    pdf = await asyncio.to_thread(paper.ticket_pdf, row, code)
    return (
        Attachment(f"ticket-{row['code']}.pdf", "application/pdf", pdf),
        Attachment("event.ics", "text/calendar", paper.calendar(row)),
    )


@job("events.tell_lead")
async def tell_lead(payload: dict[str, Any]) -> None:
    """Mail the lead of a delegation the link to its page, and how it stands. Running twice sends one mail."""
    row = await db.fetchrow(
        "SELECT d.*, e.title_vi, e.title_en, e.starts_at FROM delegation d JOIN event e ON e.id = d.event"
        " WHERE d.id = $1 AND d.lead_email <> ''",
        UUID(payload["delegation_id"]),
    )
    if row is None:
        return
    people = await registering.people_of(row["id"])
    with in_language(row["locale"]):
        context = {
            "name": row["lead_name"],
            "delegation": row["name"],
            "title": pick(row["title_vi"], row["title_en"]),
            "starts_at": row["starts_at"],
            "people": [(one["full_name"], words.REGISTRATION_STATUS[one["status"]].text()) for one in people],
            "link": f"{get_settings().origin}/delegations/{row['secret']}",
        }
        async with db.tx():
            await send_mail(
                to=row["lead_email"],
                template="events/lead.txt",
                locale=row["locale"],
                context=context,
                message_key=f"events:lead:{row['id']}:{payload['kind']}:{payload.get('mark', '')}",
            )


@job("events.invite")
async def invite(payload: dict[str, Any]) -> None:
    """Mail an invitation; running twice sends one mail."""
    await vouchers.send(UUID(payload["voucher_id"]))


@job("events.tell_guests")
async def tell_guests(payload: dict[str, Any]) -> None:
    """Put a mail for every guest who counts on coming into the outbox; running twice adds nothing."""
    event, kind = UUID(payload["event_id"]), payload["kind"]
    if kind == "new_code":
        await planning.renew_codes(event)
    revision = await db.fetchval("SELECT revision FROM event WHERE id = $1", event)
    rows = await db.fetch(
        "SELECT id FROM registration WHERE event = $1 AND status = ANY ($2) ORDER BY id", event, list(words.ACTIVE)
    )
    mark = f"{revision}:{payload.get('mark', '')}"
    async with db.tx(statement_timeout="60s"):
        for row in rows:
            await enqueue(
                "events.tell_guest",
                {"registration_id": str(row["id"]), "kind": kind, "mark": mark},
                dedupe_key=f"events.tell:{row['id']}:{kind}:{mark}",
            )


_DOORS = """
SELECT n.zone AS id, n.inside AS stored, n.counted FROM (
    SELECT c.zone, c.inside, c.admitted, coalesce(a.inside, 0) AS counted, coalesce(a.ever, 0) AS ever
    FROM (SELECT zone, sum(inside) AS inside, sum(admitted) AS admitted FROM zone_count GROUP BY zone) c
    LEFT JOIN (SELECT m.zone, sum(r.party) FILTER (WHERE m.inside) AS inside, sum(r.party) AS ever FROM admission m
               JOIN registration r ON r.id = m.registration WHERE m.voided_at IS NULL GROUP BY 1) a ON a.zone = c.zone
) n WHERE n.inside <> n.counted OR n.admitted <> n.ever
"""


@every(86_400, "events.recount")
async def recount() -> None:
    """Count places and people inside anew; where a stored count differs, say so in the log and the metrics."""

    for what, query in (("places", recounting.TYPES), ("pools", recounting.POOLS), ("doors", _DOORS)):
        rows = await db.fetch(query)
        for row in rows:
            log.error(
                "a count does not add up", what=what, id=str(row["id"]), stored=row["stored"], counted=row["counted"]
            )
        DRIFT.labels(what).set(len(rows))


@every(30, "events.expire")
async def expire() -> None:
    """End offers, unpaid places and kept places whose time has passed; the next in line get them at once."""
    for event in await offering.due():
        try:
            await offering.expire(event)
        except Exception as error:  # whatever is wrong with one event, the others' places go on
            log.error("deadlines of an event could not be ended", event_id=str(event), exc_info=error)


forget_requests = idempotency.forget
"""Registered by its import; named here so that the worker's list of tasks can be read in one place."""


@every(86_400, "events.keep_findable")
async def keep_findable() -> None:
    """Events that the search lacks, because they were there before it was, are put in."""
    for row in await db.fetch(
        "SELECT e.id FROM event e LEFT JOIN findable f ON f.kind = 'event' AND f.subject = e.id"
        " WHERE f.id IS NULL AND e.status = ANY($1) ORDER BY e.id LIMIT 2000",
        list(found.LISTED),
    ):
        async with db.tx():
            await found.keep_findable(row["id"])
