"""Jobs of the agenda: whoever has a seat hears that it moved, was taken off, or has become theirs. No decision here."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.i18n import in_language, pick
from app.core.mail import Attachment, send_mail
from app.core.outbox import enqueue, every, job
from app.core.settings import get_settings
from events.agenda.calendar import calendar
from events.agenda.releasing import in_words

_BOOKING = """
SELECT b.id, b.status, b.session, r.full_name, r.email, r.locale, r.secret, r.sample, r.status AS ticket,
       e.slug AS event_slug, e.title_vi AS event_vi, e.title_en AS event_en, e.sample AS event_sample,
       w.slug, w.starts_at, w.ends_at, w.sequence, w.facts, c.facts AS clash
FROM agenda_booking b JOIN registration r ON r.id = b.registration JOIN agenda_shown w ON w.session = b.session
JOIN event e ON e.id = w.event LEFT JOIN agenda_shown c ON c.session = b.clash WHERE b.id = $1
"""


@job("agenda.tell_changes")
async def tell_changes(payload: dict[str, Any]) -> None:
    """Put a mail for everybody whose session the release moved or took off into the outbox; twice adds nothing."""
    event, number = UUID(payload["event_id"]), int(payload["release"])
    changes = await db.fetchval("SELECT changes FROM agenda_release WHERE event = $1 AND number = $2", event, number)
    published_at = await db.fetchval(
        "SELECT published_at FROM agenda_release WHERE event = $1 AND number = $2", event, number
    )
    kinds = {UUID(one["session"]): one["kind"] for one in changes or [] if one["kind"] in ("time", "room", "removed")}
    rows = await db.fetch(
        "SELECT id, session FROM agenda_booking WHERE session = ANY ($1) AND (status IN ('booked', 'waiting', 'noted')"
        " OR (status = 'ended' AND status_at = $2)) ORDER BY id",
        *(list(kinds), published_at),
    )
    async with db.tx(statement_timeout="60s"):
        for row in rows:
            kind = "removed" if kinds[row["session"]] == "removed" else "moved"
            await enqueue(
                "agenda.tell",
                {"booking": row["id"], "kind": kind, "release": number},
                dedupe_key=f"agenda.tell:{row['id']}:{kind}:{number}",
            )


@job("agenda.tell")
async def tell(payload: dict[str, Any]) -> None:
    """Mail one guest what became of one session; running twice sends one mail. Made-up guests get none."""
    kind, number = payload["kind"], int(payload.get("release", 0))
    row = await db.fetchrow(_BOOKING, int(payload["booking"]))
    if row is None or row["sample"] or row["event_sample"] or not row["email"] or row["ticket"] != "confirmed":
        return
    if kind == "promoted" and row["status"] != "booked":
        return
    changes: list[dict[str, Any]] = (
        await db.fetchval(
            "SELECT r.changes FROM agenda_release r JOIN agenda_session s ON s.event = r.event"
            " WHERE s.id = $1 AND r.number = $2",
            *(row["session"], number),
        )
        or []
    )
    session = {**row["facts"], **{name: row[name] for name in ("slug", "starts_at", "ends_at", "sequence")}}
    session["id"] = row["session"]
    with in_language(row["locale"]):
        clash = row["clash"]
        context = {
            "kind": kind,
            "guest": row["full_name"],
            "title": pick(session["title_vi"], session["title_en"]),
            "event": pick(row["event_vi"], row["event_en"]),
            "session": session,
            "changes": [
                in_words(one)
                for one in changes
                if one["session"] == str(row["session"]) and one["kind"] in ("time", "room")
            ],
            "clash": pick(clash["title_vi"], clash["title_en"]) if clash else "",
            "link": f"{get_settings().origin}/tickets/{row['secret']}/agenda",
        }
        ics = calendar(context["title"], row["event_slug"], [session], cancelled=kind == "removed")
    async with db.tx():
        await send_mail(
            to=row["email"],
            template="events/agenda/mail.txt",
            locale=row["locale"],
            context=context,
            message_key=f"agenda:{row['id']}:{kind}:{number}",
            attachments=(Attachment("session.ics", "text/calendar", ics),),
        )


@every(86_400, "agenda.forget_files")
async def forget_files() -> None:
    """Schedule files that nobody took over within a day are emptied: they may name people."""
    await db.execute(
        "UPDATE agenda_file SET talks = NULL WHERE talks IS NOT NULL AND read_at < now() - interval '1 day'"
    )
