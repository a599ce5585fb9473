"""Registering: one event, one place or a place in line. Giving places back is in waitlist.py, many at once in
delegations/. What opens hidden types is in inviting/."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_AN_EMAIL, email_address, is_email
from app.core.i18n import N_, Phrase, current_locale
from app.core.ids import new_id
from app.core.outbox import enqueue, nudge
from app.core.text import clean_line, fold
from app.core.web import Actor
from app.people.accounts import email_key
from events import tickets
from events.asking import asked
from events.inviting import opening
from events.seats import book, holds, promoting

TERMS = "2026-11"
"""Version of the consent text on the form, kept with each registration."""
RESEND_MINUTES = 12
"""A ticket goes to its address once more at most every so often: five times an hour, whoever asks."""
LONGEST_NAME = 200
MOST_OF_ONE = 1000
"""People on one registration; each type says how many of them it takes."""

T = TypeVar("T")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to come, and on which ticket. `source`: page, api, desk or demo."""

    ticket_type: str
    full_name: str
    email: str
    phone: str = ""
    organisation: str = ""
    answers: dict[str, Any] = {}
    news: bool = False
    source: Literal["page", "api", "desk", "demo", "delegation", "transfer"] = "page"
    sample: bool = False
    party: int = 1
    also: tuple[str, ...] = ()
    """Codes of further ticket types that are taken as well, where the wished one is full."""
    access_code: str = ""
    """What opens a hidden type, or a voucher."""
    delegation: UUID | None = None
    mail: bool = True


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """What came of registering: a new row, or the first one (`new` False). `own`: the caller may see the ticket."""

    id: UUID
    status: str
    position: int | None
    code: str
    secret: str
    signing_key: int
    new: bool
    own: bool
    ticket_type: str
    answer: str | None = None
    """What was filed for a repeatable request."""


class NotOpen(Conflict):
    message = N_("Registration for this event is not open.")


class NotOpenYet(Conflict):
    message = N_("Registration for this ticket opens at %(time)s.")


class NoLongerOpen(Conflict):
    message = N_("Registration for this ticket has ended.")


_LOOK = """
SELECT e.id AS event, e.status, e.starts_at, e.ends_at, t.id AS type, t.needs_approval, t.opens_at, t.closes_at,
       t.visibility, t.access_code, t.price, t.hold_hours, t.max_party,
       coalesce(l.party_policy = 'hold' OR l.paused_at IS NOT NULL, false) AS careful,
       (SELECT k.id FROM event_key k WHERE k.event = e.id AND k.revoked_at IS NULL AND k.valid_until IS NULL
        ORDER BY k.created_at DESC LIMIT 1) AS key,
       (SELECT max(f.number) FROM event_form f WHERE f.event = e.id) AS form, r.id AS first
FROM event e
LEFT JOIN line_rule l ON l.event = e.id
LEFT JOIN ticket_type t ON t.event = e.id AND t.code = $2
LEFT JOIN registration r ON r.event = e.id AND r.email_key = $3
      AND r.status IN ('confirmed', 'waitlisted', 'pending_review', 'offered', 'started')
WHERE e.id = $1
"""

# The counters come last: their rows are held from here to the commit, nothing is asked in between. Where the state was
# not decided before, take_seats() decides; the rest writes it down, also into the answer kept for a repeatable request.
_WRITE = """
WITH decision AS MATERIALIZED (
    SELECT CASE WHEN $17::text IS NOT NULL THEN $17 WHEN take_seats($3, $25) THEN $24::text
           ELSE 'waitlisted' END AS status
), placed AS MATERIALIZED (
    SELECT status, CASE WHEN status = 'waitlisted'
        THEN line_place($2, array_prepend($3::uuid, $28::uuid[]), $29, NULL) + 1 END AS position FROM decision
), made AS (
    INSERT INTO registration (id, event, ticket_type, signing_key, status, status_at, full_name, email, email_key,
        phone, organisation, answers, search_text, locale, person, registered_by, source, code, secret, news_consent_at,
        terms_version, sample, registered_at, party, price, deadline_at, also_types, priority, voucher, seat_hold,
        delegation)
    SELECT $1, $2, $3, $4, status, now(), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $18, $19, $20, $21,
        now(), $25, $26, CASE WHEN status = 'started' THEN $27::timestamptz END, $28, $29, $30, $31, $32
    FROM placed RETURNING id, status
), noted AS (
    INSERT INTO registration_change (registration, from_status, to_status, by, reason, changed_at)
    SELECT id, NULL, status, $14, '', now() FROM made
), answered AS (
    UPDATE event_request SET status = 201, answer = replace(replace($22::text, '@status@', placed.status),
        '"position":0', '"position":' || coalesce(placed.position::text, 'null'))
    FROM placed WHERE event_request.id = $23::bigint RETURNING answer
), told AS (
    INSERT INTO outbox (topic, payload, available_at) SELECT 'events.tell_guest',
        jsonb_build_object('registration_id', id, 'kind', 'registered'), now() FROM made WHERE $33
)
SELECT status, position, (SELECT answer FROM answered) AS answer FROM placed
"""


async def register(actor: Actor, event: UUID, wish: Wish) -> Registered:
    """Take a place, or a place in line, or ask for approval. The same e-mail twice gets the first registration back.

    Locks the places of the type and of its pools, last. Puts the mail with the ticket into the outbox. Raises NotFound,
    Invalid, NotOpen.
    """

    async def attempt() -> Registered:
        async with db.tx():
            return await register_here(actor, event, wish)

    return await patiently(attempt)


async def patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Run `attempt`, which opens a transaction, again when the same e-mail was faster by a moment elsewhere."""
    for _round in range(3):
        try:
            return await attempt()
        except asyncpg.UniqueViolationError as error:
            # the next round finds that row; a short code drawn twice is drawn again
            if error.constraint_name not in ("registration_once", "registration_code_key"):
                raise
    raise Conflict


async def look_at(event: UUID, kind: str, key: str) -> asyncpg.Record:
    """What registering has to know: event, ticket type, key of the codes, who stands there under this address."""
    look = await db.fetchrow(_LOOK, event, kind, key)
    if look is None:
        raise NotFound
    return look


def checked(wish: Wish, *, needs_address: bool = True) -> Wish:
    """The wish as it is stored. Raises Invalid by field. In a delegation not everybody has an address."""
    name, organisation, phone = clean_line(wish.full_name), clean_line(wish.organisation), clean_line(wish.phone)
    fields: dict[str, Phrase] = {}
    if not fold(name):
        fields["full_name"] = N_("Please fill this in.")
    if len(name) > LONGEST_NAME:
        fields["full_name"] = N_("This is too long.")
    if len(organisation) > LONGEST_NAME:
        fields["organisation"] = N_("This is too long.")
    if not 1 <= wish.party <= MOST_OF_ONE:
        fields["party"] = N_("Please enter how many people come.")
    if phone and (len(phone) > 40 or sum(c.isdecimal() for c in phone) < 6):
        fields["phone"] = N_("This does not look like a phone number.")
    email = wish.email.strip()
    if (email or needs_address) and not is_email(email):
        fields["email"] = NOT_AN_EMAIL
    if fields:
        raise Invalid(fields=fields)
    email = email_address(email) if email else ""
    return msgspec.structs.replace(wish, full_name=name, email=email, phone=phone, organisation=organisation)


class Filing(msgspec.Struct, frozen=True):
    """Where the answer to a repeatable request is kept, and how it is written before status and position are known.

    A draft says "@status@" and `"position":0`; the statement that decides fills both in.
    """

    number: int
    draft: Callable[[Registered], Awaitable[str]]


async def register_here(
    actor: Actor,
    event: UUID,
    wish: Wish,
    filing: Filing | None = None,
    admit: Callable[[], Awaitable[None]] | None = None,
) -> Registered:
    """`register` inside an open transaction. A UniqueViolationError means: roll back and look again.

    `admit` is asked before a new registration only, and may raise: an address that is known is never turned away.
    """
    wish = checked(wish)
    key = email_key(wish.email)
    look = await look_at(event, wish.ticket_type, key)
    own = actor.id is not None and email_key(actor.email) == key
    if look["first"] is not None:
        return await _first_one(actor, look["first"], own)
    voucher = await opening.check(actor, event, look, wish)
    if look["type"] is None:
        raise Invalid(fields={"ticket_type": N_("Please choose one of the ticket types.")})
    if wish.source not in ("demo", "desk", "delegation", "transfer"):
        check_open(look)
    if look["form"]:
        answers = await asked.kept(event, look["form"], wish)
        wish = msgspec.structs.replace(wish, answers=answers)
    elif wish.source == "page":
        wish = msgspec.structs.replace(wish, answers={})
    if admit is not None:
        await admit()
    pending = look["needs_approval"] and not (voucher and voucher["skips_approval"])
    if pending:
        decided = Decided(status="pending_review")
    elif look["careful"] or wish.also or (voucher and voucher["hold"]):
        decided = await _decided(await book.locked(event), look, wish, voucher)
    else:
        decided = Decided()
    if decided.kind:
        wish = msgspec.structs.replace(wish, ticket_type=decided.kind)
        look = await look_at(event, decided.kind, key)
    decided = msgspec.structs.replace(decided, voucher=voucher)
    return await write_down(actor, look, wish, decided, filing, own=own)


class Decided(msgspec.Struct, frozen=True):
    """What was decided before the row is written. `status` None: the database decides while it takes the place."""

    status: str | None = None
    also: list[UUID] = []
    kind: str = ""
    """Another type than the wished one, which had room where that one was full."""
    hold: UUID | None = None
    voucher: asyncpg.Record | None = None


async def _decided(held: book.Book, look: asyncpg.Record, wish: Wish, voucher: asyncpg.Record | None) -> Decided:
    """Under the book's lock: a place of one of the types, of those kept for the voucher first, or a place in line.

    Whoever stands in line already comes first; where places are kept for a party in front, nobody passes it.
    """
    also = [number for number, kind in held.types.items() if kind["code"] in wish.also and _to_be_had(kind, wish)]
    also = [number for number in also if number != look["type"]]
    if voucher and voucher["hold"] and await holds.use(voucher["hold"], wish.party):
        return Decided(status=_seated(look, voucher), hold=voucher["hold"])
    await promoting.promote(held)
    kept = await promoting.kept_for_others(held)
    for number in (look["type"], *also):
        if not held.short(number, wish.party) and not kept.intersection(held.chains[number]):
            held.take(number, wish.party)
            await book.write(held)
            kind = held.types[number]
            return Decided(status=_seated(kind, voucher), kind=kind["code"] if number != look["type"] else "")
    return Decided(status="waitlisted", also=also)


def _to_be_had(kind: asyncpg.Record, wish: Wish) -> bool:
    """Whether a further type may be taken as well: by everybody, now, for so many people."""
    closed = kind["closes_at"] is not None and kind["closes_at"] <= clock.now()
    open_to_all = kind["visibility"] == "public" and not kind["needs_approval"]
    return open_to_all and not closed and promoting.takes(kind, wish.party)


def _seated(look: asyncpg.Record, voucher: asyncpg.Record | None) -> str:
    return "started" if _price(look, voucher, 1) else "confirmed"


def _price(look: asyncpg.Record, voucher: asyncpg.Record | None, party: int) -> int:
    return 0 if voucher and voucher["free"] else int(look["price"]) * party


async def write_down(
    actor: Actor, look: asyncpg.Record, wish: Wish, decided: Decided, filing: Filing | None = None, *, own: bool = False
) -> Registered:
    """The row, its history, the mail and the kept answer, in the open transaction. Takes the place if none is yet."""
    number, code, secret = new_id(), tickets.new_code(), tickets.new_secret()
    voucher = decided.voucher
    tell = wish.mail and not wish.sample
    found = Registered(
        id=number,
        status="@status@",
        position=0,
        code=code,
        secret=secret,
        signing_key=look["key"],
        new=True,
        own=True,
        ticket_type=wish.ticket_type,
    )
    key = email_key(wish.email) if wish.email else f"delegate:{number}"
    price = _price(look, voucher, wish.party)
    row = await db.fetchrow(
        _WRITE,
        *(number, look["event"], look["type"], look["key"], wish.full_name, wish.email, key, wish.phone),
        *(wish.organisation, wish.answers, fold(f"{wish.full_name} {wish.organisation} {wish.email}")),
        *(current_locale(), actor.id if own else None, actor.id, wish.source, code, decided.status, secret),
        *(clock.now() if wish.news else None, TERMS, wish.sample),
        *(await filing.draft(found), filing.number) if filing else (None, None),
        *("started" if price else "confirmed", wish.party, price),
        promoting.pay_until(clock.now(), look["ends_at"], look["hold_hours"]),
        *(decided.also, voucher["priority"] if voucher else 0, voucher["id"] if voucher else None),
        *(decided.hold, wish.delegation, tell),
    )
    if tell:
        db.after_commit(nudge)
    assert row is not None  # noqa: S101  RETURNING of one INSERT
    return msgspec.structs.replace(found, status=row["status"], position=row["position"], answer=row["answer"])


def check_open(look: asyncpg.Record) -> None:
    now: datetime = clock.now()
    if look["status"] != "published" or look["ends_at"] <= now:
        raise NotOpen
    if look["opens_at"] is not None and look["opens_at"] > now:
        raise NotOpenYet(time=f"{look['opens_at'].astimezone(clock.VIETNAM):%H:%M %d/%m/%Y}")
    if look["closes_at"] is not None and look["closes_at"] <= now:
        raise NoLongerOpen


async def _first_one(actor: Actor, first: UUID, own: bool) -> Registered:
    """The registration that stands already; its ticket goes to its own address once more, see RESEND_MINUTES."""
    row = await db.fetchrow(
        "SELECT r.*, t.code AS type_code FROM registration r JOIN ticket_type t ON t.id = r.ticket_type"
        " WHERE r.id = $1",
        first,
    )
    assert row is not None  # noqa: S101  found in this transaction
    known = own or (actor.id is not None and actor.id in (row["person"], row["registered_by"]))
    if not known:
        window = int(clock.now().timestamp()) // (RESEND_MINUTES * 60)
        await enqueue(
            "events.tell_guest",
            {"registration_id": str(first), "kind": "again", "mark": str(window)},
            dedupe_key=f"events.again:{first}:{window}",
        )
    position = await position_of(row)
    return Registered(
        id=row["id"],
        status=row["status"],
        position=position,
        code=row["code"],
        secret=row["secret"],
        signing_key=row["signing_key"],
        new=False,
        own=known,
        ticket_type=row["type_code"],
    )


async def position_of(registration: asyncpg.Record) -> int | None:
    """The place in line of somebody waiting; None for everybody else."""
    if registration["status"] != "waitlisted":
        return None
    place: int = await db.fetchval(
        "SELECT line_place($1, $2, $3, $4)",
        *(registration["event"], [registration["ticket_type"], *registration["also_types"]]),
        *(registration["priority"], registration["queue_number"]),
    )
    return place
