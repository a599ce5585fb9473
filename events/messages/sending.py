"""Messages: written, tried on oneself, scheduled, sent batch by batch through the outbox, stopped.

Who gets one is decided when sending begins. A mail and the fate of its person are written in one transaction, and the
key of the mail names both: however often a job runs, each person gets a message once.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import Line, Text
from app.core.i18n import N_, in_language, pick
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.outbox import enqueue, every, job
from app.core.settings import get_settings
from app.core.web import Actor
from events import paper
from events.guests.asking import Where, read_text
from events.states import ACTIVE

STEP_SECONDS = 10
TESTS_PER_HOUR = 20


class Draft(msgspec.Struct, kw_only=True):
    """What is written in the form."""

    subject_vi: Line
    body_vi: Text
    subject_en: Line = ""
    body_en: Text = ""
    query: str = ""
    promotion: bool = False
    before_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] | None = None
    send_at: datetime | None = None
    per_minute: Annotated[int, msgspec.Meta(ge=6, le=6000)] = 600


class NotNow(Conflict):
    message = N_("This message was sent or stopped already. Write a new one.")


async def save(actor: Actor, event: UUID, draft: Draft, number: UUID | None = None) -> UUID:
    """Keep a draft; a scheduled one becomes a draft again. Raises Invalid, NotFound, NotNow."""
    if bool(draft.subject_en) != bool(draft.body_en):
        missing = "body_en" if draft.subject_en else "subject_en"
        raise Invalid(fields={missing: N_("Please write both parts in English, or none.")})
    values = msgspec.structs.asdict(draft) | {"query": read_text(draft.query).query}
    names = list(values)
    async with db.tx():
        if number is None:
            number = new_id()
            marks = ", ".join(f"${place}" for place in range(4, 4 + len(names)))
            await db.execute(
                f"INSERT INTO event_message (id, event, created_by, created_at, state, {', '.join(names)})"  # noqa: S608
                f" VALUES ($1, $2, $3, now(), 'draft', {marks})",
                *(number, event, actor.person_id, *values.values()),
            )
            return number
        await _open(event, number)
        sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, 2))
        await db.execute(f"UPDATE event_message SET state = 'draft', {sets} WHERE id = $1", number, *values.values())  # noqa: S608
    return number


async def _open(event: UUID, number: UUID) -> asyncpg.Record:
    row = await db.fetchrow("SELECT * FROM event_message WHERE id = $1 AND event = $2 FOR UPDATE", number, event)
    if row is None:
        raise NotFound
    if row["state"] not in ("draft", "scheduled"):
        raise NotNow
    return row


async def message_for(event: UUID, number: UUID) -> asyncpg.Record:
    """A message of this event. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT m.*, p.name AS by_name FROM event_message m JOIN person p ON p.id = m.created_by"
        " WHERE m.id = $1 AND m.event = $2",
        *(number, event),
    )
    if row is None:
        raise NotFound
    return row


async def messages_of(event: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT m.*, p.name AS by_name FROM event_message m JOIN person p ON p.id = m.created_by WHERE m.event = $1"
        " ORDER BY m.created_at DESC, m.id LIMIT 100",
        event,
    )


def _where(message: Any) -> Where:
    """The segment; who gave up or was refused only where the filter asks for that state."""
    asked = read_text(message["query"])
    where = Where(message["event"], asked)
    if not asked.status:
        where.parts.append(f"r.status = ANY ({where.put(list(ACTIVE))})")
    return where


async def reach(message: Any) -> dict[str, int]:
    """How many a message would go to now, and how many of the segment it would not, by why."""
    where = _where(message)
    row = await db.fetchrow(
        "SELECT count(*) AS people, count(*) FILTER (WHERE r.sample) AS sample,"  # noqa: S608
        " count(*) FILTER (WHERE r.email = '' AND NOT r.sample) AS no_address,"
        " count(*) FILTER (WHERE r.email <> '' AND NOT r.sample AND r.news_consent_at IS NULL) AS no_consent"
        f" FROM registration r WHERE {where}",
        *where.args,
    )
    found = dict(row or {})
    if not message["promotion"]:
        found["no_consent"] = 0
    found["gets"] = found["people"] - found["sample"] - found["no_address"] - found["no_consent"]
    return found


def letter(message: Any, guest: Any) -> dict[str, Any]:
    """What stands in the mail to somebody, in the current language."""
    origin = get_settings().origin
    secret = guest["secret"]
    return {
        "subject": pick(message["subject_vi"], message["subject_en"]),
        "body": pick(message["body_vi"], message["body_en"]),
        "name": guest["full_name"],
        "title": pick(guest["title_vi"], guest["title_en"]),
        "starts_at": guest["starts_at"],
        "where": paper.place_of(guest),
        "link": f"{origin}/tickets/{secret}" if secret else "",
        "end": f"{origin}/tickets/{secret}/no-news" if message["promotion"] and secret else "",
        "reminder": message["before_hours"] is not None,
    }


_GUEST = """
SELECT r.id, r.full_name, r.email, r.locale, r.secret, r.sample, r.news_consent_at, e.title_vi, e.title_en, e.starts_at,
       e.venue, e.address, e.province_code FROM registration r JOIN event e ON e.id = r.event
"""


async def try_out(actor: Actor, event: UUID, number: UUID) -> None:
    """The message to oneself, in both languages that it has; not counted. Raises NotFound, TooMany."""
    message = await message_for(event, number)
    await hit("messages.test", actor.person_id, TESTS_PER_HOUR, 3600)
    row = await db.fetchrow(
        "SELECT title_vi, title_en, starts_at, venue, address, province_code FROM event WHERE id = $1", event
    )
    guest = {**dict(row or {}), "full_name": actor.name, "secret": ""}
    for locale in ("vi", "en") if message["subject_en"] else ("vi",):
        with in_language(locale):
            async with db.tx():
                await send_mail(
                    to=actor.email,
                    template="events/messages/mail.txt",
                    locale=locale,
                    context={**letter(message, guest), "trial": True},
                    message_key=f"message-test:{number}:{new_id()}",
                )


async def schedule(actor: Actor, event: UUID, number: UUID) -> None:
    """Let a message go at its time, or at once. Enqueues messages.begin. Raises NotFound, NotNow."""
    async with db.tx():
        await _open(event, number)
        await db.execute("UPDATE event_message SET state = 'scheduled' WHERE id = $1", number)
        await enqueue("messages.begin", {"message": str(number)})


async def stop(event: UUID, number: UUID) -> None:
    """Nobody gets it from now on; who got it keeps it. Raises NotFound, NotNow."""
    async with db.tx():
        row = await db.fetchrow(
            "SELECT state FROM event_message WHERE id = $1 AND event = $2 FOR UPDATE", number, event
        )
        if row is None:
            raise NotFound
        if row["state"] not in ("scheduled", "sending"):
            raise NotNow
        await db.execute("UPDATE event_message_to SET fate = 'stopped' WHERE message = $1 AND fate = 'waiting'", number)
        await db.execute("UPDATE event_message SET state = 'stopped', finished_at = now() WHERE id = $1", number)


_DUE = """
SELECT m.id FROM event_message m JOIN event e ON e.id = m.event WHERE m.state = 'scheduled' AND e.status <> 'cancelled'
AND CASE WHEN m.before_hours IS NULL THEN coalesce(m.send_at, $1) <= $1
    ELSE e.starts_at - make_interval(hours => m.before_hours) <= $1 AND e.starts_at > $1 END
"""


@every(30, "messages.due")
async def begin_due() -> None:
    """Begin what is due."""
    for row in await db.fetch(_DUE, clock.now()):
        await _begin(row["id"])


@job("messages.begin")
async def begin(payload: dict[str, Any]) -> None:
    """Begin one message if its time has come; else the sweep does later."""
    number = UUID(payload["message"])
    if await db.fetchval(f"{_DUE} AND m.id = $2", clock.now(), number):
        await _begin(number)


async def _begin(number: UUID) -> None:
    """Write down who gets it, once. Locks the message; enqueues messages.send."""
    async with db.tx(statement_timeout="30s"):
        message = await db.fetchrow("SELECT * FROM event_message WHERE id = $1 FOR UPDATE", number)
        if message is None or message["state"] != "scheduled":
            return
        where = _where(message)
        total = await db.execute(
            "INSERT INTO event_message_to (message, registration, fate)"  # noqa: S608
            f" SELECT {where.put(number)}::uuid, r.id, 'waiting' FROM registration r WHERE {where} ORDER BY r.id",
            *where.args,
        )
        await db.execute(
            "UPDATE event_message SET state = 'sending', total = $2, started_at = now() WHERE id = $1", number, total
        )
        await enqueue("messages.send", {"message": str(number)})


@job("messages.send")
async def send(payload: dict[str, Any]) -> None:
    """A few seconds' worth of mails, then the next in its turn: the rate is kept whatever else there is to do."""
    number = UUID(payload["message"])
    async with db.tx(statement_timeout="60s"):
        message = await db.fetchrow("SELECT * FROM event_message WHERE id = $1 FOR UPDATE", number)
        if message is None or message["state"] != "sending":
            return
        count = max(1, message["per_minute"] * STEP_SECONDS // 60)
        rows = await db.fetch(
            f"{_GUEST} JOIN event_message_to o ON o.registration = r.id WHERE o.message = $1 AND o.fate = 'waiting'"
            " ORDER BY o.id LIMIT $2",
            *(number, count),
        )
        fates = [await _send_one(message, row) for row in rows]
        await db.execute(
            "UPDATE event_message_to o SET fate = given.fate, at = now() FROM unnest($2::uuid[], $3::text[])"
            " AS given(id, fate) WHERE o.message = $1 AND o.registration = given.id",
            *(number, [row["id"] for row in rows], fates),
        )
        over = len(rows) < count
        await db.execute(
            "UPDATE event_message SET done = done + $2, state = CASE WHEN $3 THEN 'sent' ELSE state END,"
            " finished_at = CASE WHEN $3 THEN now() END WHERE id = $1",
            *(number, len(rows), over),
        )
        if not over:
            await enqueue("messages.send", {"message": str(number)}, delay=STEP_SECONDS)


async def _send_one(message: asyncpg.Record, guest: asyncpg.Record) -> str:
    """One mail, or why there is none."""
    if guest["sample"]:
        return "sample"
    if not guest["email"]:
        return "no_address"
    if message["promotion"] and guest["news_consent_at"] is None:
        return "no_consent"
    with in_language(guest["locale"]):
        said = letter(message, guest)
        await send_mail(
            to=guest["email"],
            template="events/messages/mail.txt",
            locale=guest["locale"],
            context={**said, "trial": False},
            message_key=f"message:{guest['id']}:{message['id']}",
            unsubscribe_url=said["end"],
        )
    return "sent"


async def fate_counts(number: UUID) -> dict[str, int]:
    rows = await db.fetch("SELECT fate, count(*) AS n FROM event_message_to WHERE message = $1 GROUP BY 1", number)
    return {row["fate"]: row["n"] for row in rows}


async def log_of(number: UUID, fate: str, after: int, count: int) -> list[asyncpg.Record]:
    """What became of it for each, one more than `count`."""
    return await db.fetch(
        "SELECT o.id AS place, o.fate, o.at, r.id, r.person, r.full_name, r.email FROM event_message_to o"
        " JOIN registration r ON r.id = o.registration WHERE o.message = $1 AND ($2 = '' OR o.fate = $2) AND o.id > $3"
        " ORDER BY o.id LIMIT $4",
        *(number, fate, after, count + 1),
    )


async def no_news(registration: UUID) -> None:
    """Whoever has this address gets no promotion from any event's organisers any more."""
    await db.execute(
        "UPDATE registration SET news_consent_at = NULL WHERE news_consent_at IS NOT NULL AND email_key ="
        " (SELECT email_key FROM registration WHERE id = $1)",
        registration,
    )


def when(message: Any, starts_at: datetime) -> datetime | None:
    """When it goes; None for at once."""
    if message["before_hours"] is not None:
        return starts_at - timedelta(hours=message["before_hours"])
    moment: datetime | None = message["send_at"]
    return moment
