"""The register of requests about personal data: what people ask for, by when it has to be done, what came of it.

A request comes from the account's page, or is written down by staff when it came on paper, by mail or by phone. Every
step is kept with who did it. Answers go to the person by mail.
"""

from contextlib import suppress
from datetime import date
from typing import IO, Literal
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.text import clean, clean_line
from app.core.web import Actor
from app.people.accounts import email_key
from app.people.rights import due, seen
from app.people.rights.copying import write_zip
from app.people.rights.erasure import Erased, erase_here, require_admin, tell
from app.people.rights.subject import subject_of, subjects_at

Kind = Literal["access", "correction", "deletion", "withdrawal", "objection"]
Channel = Literal["web", "api", "desk", "paper", "mail", "phone"]

OPEN = ("received", "answered")
A_DAY = 10

STATES = {
    "received": N_("Received"),
    "answered": N_("Being worked on"),
    "done": N_("Done"),
    "refused": N_("Refused"),
    "taken_back": N_("Taken back"),
}
CHANNELS = {
    "web": N_("On this site"),
    "api": N_("By a program"),
    "desk": N_("At a desk"),
    "paper": N_("On paper"),
    "mail": N_("By e-mail"),
    "phone": N_("By phone"),
}
STEPS = {
    "received": N_("The request arrived"),
    "confirmed": N_("The erasure was confirmed by the person"),
    "answered": N_("The person was told how it goes on"),
    "extended": N_("The time was extended once"),
    "done": N_("It was done"),
    "refused": N_("It was refused"),
    "taken_back": N_("The person took it back"),
    "erased": N_("The data was erased"),
    "copied": N_("A copy of everything was made to be handed over"),
}


class Closed(Conflict):
    message = N_("This request is closed already.")


class ExtendedAlready(Conflict):
    message = N_("The time can be extended once only.")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, as it arrived. `email` and `name`: of somebody who is not signed in."""

    kind: Kind
    said: str = ""
    channel: Channel = "web"
    name: str = ""
    email: str = ""
    received_on: date | None = None
    others_involved: bool = False


async def ask(actor: Actor, kind: Kind, said: str, *, confirmed: bool = False) -> UUID:
    """Ask for something about one's own data; the request's number. Raises TooMany after ten in a day.

    `confirmed`: an erasure that its owner confirmed and that is done as soon as nothing is in its way; asking again
    while it waits gives the same request. A receipt goes by mail.
    """
    await hit("people.request", actor.person_id, A_DAY, 86_400)
    async with db.tx():
        row = await db.fetchrow(
            "SELECT name, email, locale FROM person WHERE id = $1 FOR NO KEY UPDATE", actor.person_id
        )
        if row is None:
            raise NotFound
        if confirmed:
            waiting: UUID | None = await db.fetchval(
                "SELECT id FROM rights_request WHERE person = $1 AND confirmed_at IS NOT NULL AND state = ANY ($2)",
                *(actor.person_id, list(OPEN)),
            )
            if waiting is not None:
                return waiting
        wish = Wish(kind=kind, said=said, channel="api" if actor.via == "token" else "web")
        number = await _write(wish, actor.person_id, row["name"], row["email"])
        if confirmed:
            await db.execute("UPDATE rights_request SET confirmed_at = now() WHERE id = $1", number)
            await _step(number, "confirmed", actor.person_id)
        await _mail(number, "received", row["locale"])
    return number


async def register(actor: Actor, wish: Wish) -> UUID:
    """Write down a request that came another way; its number. Raises NotAllowed, Invalid.

    An account with that address is found and shown with it. A receipt goes to the address, where one is given.
    """
    require_admin(actor)
    fields = {name: REQUIRED for name, value in (("name", wish.name), ("said", wish.said)) if not value.strip()}
    today = clock.now().astimezone(clock.VIETNAM).date()
    if wish.received_on is not None and wish.received_on > today:
        fields["received_on"] = N_("This day is still to come.")
    if fields:
        raise Invalid(fields=fields)
    async with db.tx():
        found = await subjects_at(wish.email) if wish.email else []
        number = await _write(wish, found[0].person if found else None, wish.name, wish.email, actor.person_id)
        if wish.email:
            await _mail(number, "received")
    return number


async def _write(wish: Wish, person: UUID | None, name: str, email: str, by: UUID | None = None) -> UUID:
    number = new_id()
    day = wish.received_on or clock.now().astimezone(clock.VIETNAM).date()
    await db.execute(
        "INSERT INTO rights_request (id, kind, person, name, email, email_key, channel, said, others_involved,"
        " received_at, respond_by, act_by, registered_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
        " CASE WHEN $10::date IS NULL THEN now() ELSE $10::date + time '12:00' END, $11, $12, $13)",
        *(number, wish.kind, person, clean_line(name), email, email_key(email) if email else "", wish.channel),
        *(clean(wish.said), wish.others_involved, wish.received_on, due.respond_by(day)),
        *(due.act_by(wish.kind, day, others_involved=wish.others_involved), by),
    )
    await _step(number, "received", by or person)
    return number


async def _step(request: UUID, act: str, actor: UUID | None, note: str = "") -> None:
    await db.execute(
        "INSERT INTO rights_step (request, at, actor, act, note) VALUES ($1, clock_timestamp(), $2, $3, $4)",
        *(request, actor, act, clean(note)),
    )


async def _mail(request: UUID, kind: str, locale: str | None = None, answer: str = "") -> None:
    """Write to the person, in the account's language; nothing where no address is known."""
    row = await db.fetchrow(
        "SELECT r.number, r.kind, r.name, r.email, r.act_by, p.locale, p.email AS account_email FROM rights_request r"
        " LEFT JOIN person p ON p.id = r.person AND p.ended_at IS NULL WHERE r.id = $1",
        request,
    )
    to = (row["account_email"] or row["email"]) if row else ""
    if not row or not to:
        return
    await send_mail(
        to=to,
        template="people/mail/request.txt",
        message_key=f"rights:{request}:{kind}:{new_id() if kind in ('answered', 'extended') else ''}",
        locale=locale or row["locale"] or "vi",
        context={
            "what": kind,
            "label": due.RIGHTS[row["kind"]].label,
            "number": row["number"],
            "name": row["name"],
            "until": row["act_by"],
            "answer": answer,
        },
    )


# --- what staff do ----------------------------------------------------------------------------------------------------


async def respond(actor: Actor, request: UUID, answer: str) -> None:
    """Tell the person how the request goes on; the first of the law's two dates is met. Raises Closed, Invalid."""
    await _move(actor, request, "answered", answer, to="answered")


async def finish(actor: Actor, request: UUID, answer: str, *, refused: bool = False) -> None:
    """Close a request with an answer: it was done, or it was refused and why. Raises Closed, Invalid."""
    state = "refused" if refused else "done"
    await _move(actor, request, state, answer, to=state)


async def _move(actor: Actor, request: UUID, act: str, answer: str, *, to: str) -> None:
    require_admin(actor)
    if not answer.strip():
        raise Invalid(fields={"answer": REQUIRED})
    async with db.tx():
        await _lock_open(request)
        await db.execute(
            "UPDATE rights_request SET state = $2, responded_at = coalesce(responded_at, now()), answer = $3,"
            " decided_at = CASE WHEN $4 THEN now() END, decided_by = CASE WHEN $4 THEN $5::uuid END WHERE id = $1",
            *(request, to, clean(answer), to not in OPEN, actor.person_id),
        )
        await _step(request, act, actor.person_id, answer)
        await _mail(request, act, answer=clean(answer))


async def extend(actor: Actor, request: UUID, why: str) -> None:
    """Extend the time once; the person is told why. Raises ExtendedAlready, Closed, Invalid."""
    require_admin(actor)
    if not why.strip():
        raise Invalid(fields={"answer": REQUIRED})
    async with db.tx():
        row = await _lock_open(request)
        if row["extended_at"] is not None:
            raise ExtendedAlready
        until = due.act_by(row["kind"], _day(row), others_involved=row["others_involved"], extended=True)
        await db.execute("UPDATE rights_request SET act_by = $2, extended_at = now() WHERE id = $1", request, until)
        await _step(request, "extended", actor.person_id, why)
        await _mail(request, "extended", answer=clean(why))


def _day(row: asyncpg.Record) -> date:
    day: date = row["received_at"].astimezone(clock.VIETNAM).date()
    return day


async def carry_out(actor: Actor, request: UUID, identity_checked: str) -> Erased:
    """Erase whoever a request for deletion is about, and close it. `identity_checked` says how we made sure who asks.

    Every account that has or had the address, and what is kept under the address alone. Raises Hindered, Closed,
    Invalid. One transaction; the last mail names nobody.
    """
    require_admin(actor)
    if not identity_checked.strip():
        raise Invalid(fields={"identity": REQUIRED})
    return await db.retrying(lambda: _carry_out(request, actor.person_id, clean_line(identity_checked)))


async def copy_to_hand_over(actor: Actor, request: UUID, identity_checked: str, file: IO[bytes]) -> None:
    """Write the copy that a request for access is about, for somebody without an account; it is kept nowhere.

    `identity_checked` says how staff made sure who asks; it stands with the step. Raises Closed, NotFound, Invalid.
    """
    require_admin(actor)
    if not identity_checked.strip():
        raise Invalid(fields={"identity": REQUIRED})
    row = await db.fetchrow("SELECT kind, person, email, state FROM rights_request WHERE id = $1", request)
    if row is None or row["kind"] != "access":
        raise NotFound
    if row["state"] not in OPEN:
        raise Closed
    own = await subject_of(row["person"]) if row["person"] else None
    people = [own] if own else await subjects_at(row["email"]) if row["email"] else []
    if not people:
        raise NotFound
    await write_zip(file, people[0])
    async with db.tx():
        await seen.note(actor, [people[0].person], "request")
        await _step(request, "copied", actor.person_id, clean_line(identity_checked))


async def _carry_out(request: UUID, by: UUID | None, checked: str) -> Erased:
    done: Erased | None = None
    async with db.tx(statement_timeout="60s"):
        row = await _lock_open(request)
        if row["kind"] != "deletion":
            raise NotFound
        people = await subjects_at(row["email"]) if row["email"] else []
        if row["person"] is not None and row["person"] not in {subject.person for subject in people}:
            own = await subject_of(row["person"])
            people = [*([own] if own else []), *people]
        if not people:
            raise NotFound
        await _step(request, "erased", by)
        await db.execute(
            "UPDATE rights_request SET state = 'done', responded_at = coalesce(responded_at, now()),"
            " decided_at = now(), decided_by = $2 WHERE id = $1",
            *(request, by),
        )
        told = next((subject for subject in people if subject.email), None)
        for subject in people:
            done = await erase_here(subject, by=by, channel=row["channel"], request=request)
        # after the erasers, which empty every step: how the identity was checked names the paper, not the person
        await _step(request, "done", by, checked)
        assert done is not None  # noqa: S101  people was not empty
        if told is not None:
            await tell(told, done)
    return done


async def carry_out_confirmed() -> int:
    """Erase whoever confirmed it while something was in the way, and nothing is any more; how many."""
    rows = await db.fetch(
        "SELECT id, person FROM rights_request WHERE kind = 'deletion' AND confirmed_at IS NOT NULL"
        " AND state = ANY ($1) ORDER BY number",
        list(OPEN),
    )
    count = 0
    for row in rows:
        with suppress(Conflict, NotFound):
            await _carry_out(row["id"], row["person"], "")
            count += 1
    return count


async def take_back(actor: Actor, request: UUID) -> None:
    """Take back one's own request while it is open. Raises NotFound, Closed."""
    async with db.tx():
        if not await db.fetchval(
            "SELECT true FROM rights_request WHERE id = $1 AND person = $2", *(request, actor.person_id)
        ):
            raise NotFound
        await _lock_open(request)
        await db.execute(
            "UPDATE rights_request SET state = 'taken_back', confirmed_at = NULL, decided_at = now() WHERE id = $1",
            request,
        )
        await _step(request, "taken_back", actor.person_id)


async def _lock_open(request: UUID) -> asyncpg.Record:
    row = await db.fetchrow("SELECT * FROM rights_request WHERE id = $1 FOR NO KEY UPDATE", request)
    if row is None:
        raise NotFound
    if row["state"] not in OPEN:
        raise Closed
    return row
