"""Who is told what by mail: requests, answers, messages. Texts of threads never stand in a mail, nor in a payload."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.connections.introductions import calendars, habits
from app.connections.introductions.access import SELECT
from app.connections.introductions.states import CONNECTED, WAITING, other_side, shown_state
from app.connections.introductions.vocabulary import PURPOSES, kindly
from app.core import clock, db
from app.core.mail import Attachment, send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.directory.access import EDITORS
from app.directory.vocabulary import DECLINE_REASONS

Row = dict[str, Any]

WINDOW = 15 * 60
"""Seconds in which a thread sends a reader one mail at most."""
READERS = 50

VALID = {
    "asked": ("pending_b",),
    "held": ("coordinator_hold",),
    "proposed": ("pending_a",),
    "accepted": CONNECTED,
    "declined": ("declined",),
}
"""The states, as the side is told them, in which a mail is still true; what is over meanwhile is not mailed."""


async def tell(introduction: UUID, side: str, what: str) -> None:
    """Have the people of a side told, in the open transaction: `what` is asked, held, proposed, accepted, declined."""
    payload = {"introduction": str(introduction), "side": side, "what": what}
    await enqueue("introductions.tell", payload, dedupe_key=f"introductions.tell:{introduction}:{side}:{what}")


async def people_of(row: Row, side: str) -> list[Row]:
    """Who speaks for a side and wants mails: owners and editors; for the coordinators those of the site."""
    if side == "coordinator":
        rows = await db.fetch(
            "SELECT DISTINCT p.id, p.name, p.email, p.locale FROM person_role r JOIN person p ON p.id = r.person"
            " WHERE r.role IN ('organizer', 'moderator') AND r.ended_at IS NULL AND p.ended_at IS NULL"
            " AND p.email_confirmed_at IS NOT NULL ORDER BY p.id LIMIT $1",
            READERS,
        )
    else:
        rows = await db.fetch(
            "SELECT p.id, p.name, p.email, p.locale FROM membership m JOIN person p ON p.id = m.person"
            " WHERE m.organisation = $1 AND m.ended_at IS NULL AND m.role = ANY($2) AND p.ended_at IS NULL"
            " AND p.email_confirmed_at IS NOT NULL ORDER BY p.id LIMIT $3",
            *(row[side], list(EDITORS), READERS),
        )
    return [dict(one) for one in rows]


async def send_told(introduction: UUID, side: str, what: str) -> None:
    """One mail to each of a side's people; running twice sends no second one. Night is waited for, by a later job."""
    async with db.tx():
        row = await db.fetchrow(f"{SELECT} WHERE i.id = $1", introduction)
        if row is None or _stale(dict(row), side, what):
            return
        for person in await people_of(dict(row), side):
            stated = await habits.habits_of(person["id"])
            if stated.mails == "off":
                continue
            moment = habits.next_moment(habits.Habits(quiet_from=stated.quiet_from, quiet_until=stated.quiet_until),
                                        clock.now())  # fmt: skip
            wait = (moment - clock.now()).total_seconds()
            payload = {"introduction": str(introduction), "side": side, "what": what, "person": str(person["id"])}
            if wait > 60:
                await enqueue(
                    "introductions.tell_one", payload, delay=int(wait),
                    dedupe_key=f"introductions.tell_one:{introduction}:{side}:{what}:{person['id']}",
                )  # fmt: skip
            else:
                await _mail(dict(row), side, what, person)


async def send_told_one(introduction: UUID, side: str, what: str, person: UUID) -> None:
    """The same to one of them, when the night is over; not to who no longer speaks for the side, or wants no mails."""
    async with db.tx():
        row = await db.fetchrow(f"{SELECT} WHERE i.id = $1", introduction)
        if row is None or _stale(dict(row), side, what):
            return
        for one in await people_of(dict(row), side):
            if one["id"] == person and (await habits.habits_of(person)).mails != "off":
                await _mail(dict(row), side, what, one)


def _stale(row: Row, side: str, what: str) -> bool:
    """Whether the introduction has moved on since: ended, answered, or run out."""
    now = clock.now()
    own = row.get(f"{side}_answer")
    state = shown_state({**row, "own_answer": own}, side, now)
    over = state in WAITING and row["expires_at"] is not None and row["expires_at"] <= now
    return state not in VALID[what] or over or (what == "proposed" and own is not None)


async def _mail(row: Row, side: str, what: str, person: Row) -> None:
    origin = get_settings().origin
    locale = person["locale"]
    third = row["connector_name"] if row["origin"] == "connector" else ""
    party = side in ("asker", "receiver")
    path = f"/introductions/{row['id']}" if party else "/staff/introductions"
    await send_mail(
        to=person["email"],
        template="introductions/mail/told.txt",
        message_key=f"introduction-{what}:{row['id']}:{side}:{person['id']}",
        locale=locale,
        context={
            "what": what,
            "name": person["name"],
            "own": row[f"{side}_name"] if party else "",
            "other": row[f"{other_side(side)}_name"] if party else row["asker_name"],
            "receiver": row["receiver_name"],
            "third": third,
            "proposed": row["origin"] != "request",
            "purpose": PURPOSES.label(row["purpose"], locale),
            "reason": DECLINE_REASONS.label(row["reason"], locale),
            "kindly": kindly(row["reason"] or "other", locale),
            "until": row["expires_at"],
            "link": f"{origin}{path}",
            "end_link": f"{origin}{habits.end_path(person['id'])}",
        },
        unsubscribe_url=f"{origin}{habits.end_path(person['id'])}",
    )


async def announce(introduction: UUID, side: str) -> None:
    """A message was written by `side`: have the readers of the other side told, in the open transaction.

    All messages of a quarter of an hour are one job, and so one mail.
    """
    window = int(clock.now().timestamp()) // WINDOW
    await enqueue(
        "introductions.notify",
        {"introduction": str(introduction), "side": other_side(side)},
        delay=60,
        dedupe_key=f"introductions.notify:{introduction}:{side}:{window}",
    )


async def send_notified(introduction: UUID, side: str, only: UUID | None = None) -> None:
    """One mail to each reader of a side who has something new to read; none to who has read it. Idempotent."""
    async with db.tx():
        row = await db.fetchrow(f"{SELECT} WHERE i.id = $1", introduction)
        if row is None:
            return
        for person in await people_of(dict(row), side):
            if only is not None and person["id"] != only:
                continue
            stated = await habits.habits_of(person["id"])
            moment = habits.next_moment(stated, clock.now())
            if stated.mails != "off":
                await _notify(dict(row), side, person, moment)


async def _notify(row: Row, side: str, person: Row, moment: datetime) -> None:
    await db.execute(
        "INSERT INTO introduction_reading (id, introduction, person) VALUES (gen_random_uuid(), $1, $2)"
        " ON CONFLICT DO NOTHING",
        *(row["id"], person["id"]),
    )
    read = await db.fetchrow(
        "SELECT read_to, mailed_to FROM introduction_reading WHERE introduction = $1 AND person = $2 FOR UPDATE",
        *(row["id"], person["id"]),
    )
    assert read is not None  # noqa: S101  written above
    new = await db.fetchrow(
        "SELECT count(*) AS n, max(id) AS last FROM introduction_message"
        " WHERE introduction = $1 AND side <> $2 AND id > $3",
        *(row["id"], side, max(read["read_to"], read["mailed_to"])),
    )
    if new is None or not new["n"]:
        return
    wait = (moment - clock.now()).total_seconds()
    if wait > 60:
        payload = {"introduction": str(row["id"]), "side": side, "person": str(person["id"])}
        key = f"introductions.notify_one:{row['id']}:{person['id']}:{moment.isoformat()}"
        await enqueue("introductions.notify", payload, delay=int(wait), dedupe_key=key)
        return
    await db.execute(
        "UPDATE introduction_reading SET mailed_to = $3 WHERE introduction = $1 AND person = $2",
        *(row["id"], person["id"], new["last"]),
    )
    origin = get_settings().origin
    end = f"{origin}{habits.end_path(person['id'])}"
    await send_mail(
        to=person["email"],
        template="introductions/mail/messages.txt",
        message_key=f"introduction-messages:{row['id']}:{person['id']}:{new['last']}",
        locale=person["locale"],
        context={
            "name": person["name"],
            "other": row[f"{other_side(side)}_name"],
            "count": new["n"],
            "link": f"{origin}/introductions/{row['id']}#reply",
            "end_link": end,
        },
        attachments=await _calendars(row, side, read["mailed_to"], person["locale"]),
        unsubscribe_url=end,
    )


async def _calendars(row: Row, side: str, after: int, locale: str) -> tuple[Attachment, ...]:
    found = await calendars.news_for(row["id"], side, after)
    return tuple(
        Attachment(filename="meeting.ics", media_type="text/calendar", content=calendars.calendar(one, row, locale))
        for one in found
    )
