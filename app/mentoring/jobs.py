"""Jobs of mentoring: mails in each reader's language, reminders, sweeps. What they say was decided by a verb."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock, db
from app.core.i18n import in_language
from app.core.mail import Attachment, send_mail
from app.core.outbox import every, job
from app.core.settings import get_settings
from app.mentoring import changing, free, paper, settling, states, times
from app.mentoring.access import BOOKING

Row = dict[str, Any]

BOTH = ("mentor", "mentee")
HEARS: dict[str, tuple[str, ...]] = {
    "book": BOTH,
    "request": ("mentor",),
    "offer": ("mentee",),
    "accept": BOTH,
    "accept_and_request": ("mentor",),
    "expire": ("mentee",),
    "confirm": BOTH,
    "decline": ("mentee",),
    "move": BOTH,
    "move_and_request": ("mentor",),
    "cancel": BOTH,
    "dispute": BOTH,
    "resolve_held": BOTH,
    "resolve_no_show": BOTH,
}
"""Who is told of which transition; the others tell nobody."""
WITH_ENTRY = ("book", "accept", "confirm", "move", "cancel", "move_and_request", "decline")


async def session_of(booking: UUID) -> Row | None:
    row = await db.fetchrow(f"{BOOKING} WHERE b.id = $1", booking)
    return dict(row) if row else None


async def reader_of(person: UUID) -> Row | None:
    """Where a person reads mails; nobody who is gone."""
    row = await db.fetchrow(
        "SELECT p.id, p.email, p.name, p.locale, h.time_zone FROM person p"
        " LEFT JOIN mentoring_hours h ON h.person = p.id WHERE p.id = $1 AND p.ended_at IS NULL",
        person,
    )
    return dict(row) if row else None


@job("mentoring.tell")
async def tell(payload: dict[str, Any]) -> None:
    """Mail whoever hears of a transition. Running twice sends one mail to each: the key names transition and side."""
    change = await db.fetchrow("SELECT * FROM mentoring_change WHERE id = $1", payload["change"])
    if change is None:
        return
    row = await session_of(change["booking"])
    if row is None:
        return
    quiet_offer = change["act"] in ("cancel", "expire") and change["from_status"] == states.OFFERED
    for side in HEARS.get(change["act"], ()):
        if not (quiet_offer and side == "mentor"):
            await _mail(row, side, change["act"], dict(change))


async def _mail(row: Row, side: str, kind: str, change: Row) -> None:
    reader = await reader_of(row[side])
    if reader is None:
        return
    with in_language(reader["locale"]):
        entry = (
            (Attachment("session.ics", "text/calendar", paper.calendar([row], row[side], alone=True)),)
            if kind in WITH_ENTRY and not (change["from_status"] == states.REQUESTED and kind != "confirm")
            else ()
        )
        async with db.tx():
            await send_mail(
                to=reader["email"],
                template="mentoring/mail/session.txt",
                locale=reader["locale"],
                message_key=f"mentoring:{change['id']}:{side}",
                context=_context(row, side, reader) | {"kind": kind, "change": change},
                attachments=entry,
            )


def _context(row: Row, side: str, reader: Row) -> Row:
    zone = reader["time_zone"] or times.VIETNAM
    moment = times.when(row["starts_at"], zone, row["mentor_zone"])
    shows_link = side == "mentor" or row["status"] == states.CONFIRMED
    return {
        "side": side,
        "name": reader["name"],
        "other": row["organisation_name"] if side == "mentor" else row["mentor_name"],
        "who": row["mentee_name"] if side == "mentor" else row["mentor_name"],
        "when": moment,
        "zone": times.zone_label(zone, row["starts_at"]),
        "mentor_zone": times.zone_label(row["mentor_zone"], row["starts_at"]),
        "row": row,
        "where": ", ".join(part for part in (row["place"], row["link"] if shows_link else "") if part),
        "link": f"{get_settings().origin}/mentoring/sessions/{row['id']}",
    }


@job("mentoring.remind")
async def remind(payload: dict[str, Any]) -> None:
    """A reminder of a session that stands as it stood; a move has made its own. Once for each side by its key."""
    row = await session_of(UUID(payload["booking"]))
    if row is None or row["sequence"] != payload["sequence"] or row["status"] != states.CONFIRMED:
        return
    what = payload["what"]
    # a worker that was away for hours says nothing about what has begun already
    if what != "met" and row["starts_at"] <= clock.now():
        return
    for side in BOTH:
        reader = await reader_of(row[side])
        if reader is None or (what == "met" and row[f"{side}_said"] is not None):
            continue
        with in_language(reader["locale"]):
            async with db.tx():
                await send_mail(
                    to=reader["email"],
                    template="mentoring/mail/reminder.txt",
                    locale=reader["locale"],
                    message_key=f"mentoring:{row['id']}:{row['sequence']}:{what}:{side}",
                    context=_context(row, side, reader) | {"what": what},
                )


@job("mentoring.tell_strike")
async def tell_strike(payload: dict[str, Any]) -> None:
    """A strike, or what the staff decided about the appeal against it."""
    row = await db.fetchrow(
        "SELECT s.*, b.starts_at, o.name AS organisation_name FROM mentoring_strike s"
        " JOIN mentoring_booking b ON b.id = s.booking JOIN organisation o ON o.id = b.organisation WHERE s.id = $1",
        UUID(payload["strike"]),
    )
    reader = await reader_of(row["person"]) if row else None
    if row is None or reader is None:
        return
    with in_language(reader["locale"]):
        async with db.tx():
            await send_mail(
                to=reader["email"],
                template="mentoring/mail/strike.txt",
                locale=reader["locale"],
                message_key=f"mentoring:strike:{row['id']}:{row['decision']}",
                context={
                    "name": reader["name"],
                    "strike": dict(row),
                    "when": times.when(row["starts_at"], reader["time_zone"] or times.VIETNAM, times.VIETNAM),
                    "link": f"{get_settings().origin}/mentoring/strikes",
                },
            )


@job("mentoring.tell_member")
async def tell_member(payload: dict[str, Any]) -> None:
    """Somebody is asked into a programme: the mentor, or the owners of the startup."""
    row = await db.fetchrow(
        "SELECT m.*, p.name, o.name AS host, mine.name AS mine FROM mentoring_member m"
        " JOIN mentoring_programme p ON p.id = m.programme JOIN organisation o ON o.id = p.organisation"
        " LEFT JOIN organisation mine ON mine.id = m.organisation"
        " WHERE m.id = $1 AND m.ended_at IS NULL AND m.joined_at IS NULL",
        UUID(payload["member"]),
    )
    if row is None:
        return
    people = [row["person"]]
    if row["organisation"] is not None:
        owners = await db.fetch(
            "SELECT person FROM membership WHERE organisation = $1 AND role = 'owner' AND ended_at IS NULL"
            " ORDER BY started_at, id LIMIT 5",
            row["organisation"],
        )
        people = [one["person"] for one in owners]
    for person in people:
        await _mail_programme(person, f"mentoring:member:{row['id']}:{person}", dict(row), "asked")


@job("mentoring.tell_nudge")
async def tell_nudge(payload: dict[str, Any]) -> None:
    row = await db.fetchrow(
        "SELECT n.*, p.name, o.name AS host, NULL AS mine FROM mentoring_nudge n"
        " JOIN mentoring_programme p ON p.id = n.programme JOIN organisation o ON o.id = p.organisation"
        " WHERE n.id = $1",
        UUID(payload["nudge"]),
    )
    if row is not None:
        await _mail_programme(row["person"], f"mentoring:nudge:{row['id']}", dict(row), "nudge")


async def _mail_programme(person: UUID, key: str, row: Row, kind: str) -> None:
    reader = await reader_of(person)
    if reader is None:
        return
    with in_language(reader["locale"]):
        async with db.tx():
            await send_mail(
                to=reader["email"],
                template="mentoring/mail/programme.txt",
                locale=reader["locale"],
                message_key=key,
                context={
                    "kind": kind, "name": reader["name"], "programme": row["name"], "host": row["host"],
                    "mine": row["mine"], "link": f"{get_settings().origin}/mentoring"
                    + ("/programmes" if kind == "asked" else ""),
                },
            )  # fmt: skip


@job("mentoring.free")
async def keep_free(payload: dict[str, Any]) -> None:
    await free.keep([UUID(payload["mentor"])])


@every(60, "mentoring.expire")
async def expire() -> None:
    """Requests nobody answered, offers nobody took."""
    await changing.expire_due()


@every(300, "mentoring.settle")
async def settle() -> None:
    """Sessions that are over, by what both said."""
    await settling.settle_due()


@every(600, "mentoring.keep_free")
async def sweep_free() -> None:
    """Beginnings kept for lists that have become old."""
    await free.keep_fresh()


KEPT_UNANSWERED = timedelta(days=400)


@every(86_400, "mentoring.forget")
async def forget() -> None:
    """Lines that nobody stands in any more are personal data without a use."""
    await db.execute(
        "DELETE FROM mentoring_wait WHERE status <> 'offered' AND starts_at < $1 AND offer IS NULL",
        clock.now() - KEPT_UNANSWERED,
    )
