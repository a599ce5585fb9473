"""Pages for everybody: events, one event, registering. The other pages have modules of their own."""

from functools import partial
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core import db
from app.core.clock import now
from app.core.errors import Busy, DomainError, Invalid, TooMany
from app.core.forms import Form, filled, raw_form, read_form
from app.core.i18n import N_, gettext
from app.core.web import Actor, done, page, public
from app.directory.places import provinces
from app.people.where import origin_of
from events import (
    idempotency,
    listing,
    paper,
    registration,
    routes_desk,
    routes_guests,
    routes_plan,
    routes_self,
    routes_tickets,
    setup,
    throttles,
    tickets,
    turns,
    words,
)
from events.access import EventSeen, event_for
from events.asking import asked
from events.figures import publishing
from events.forms import RegistrationForm
from events.inviting import opening
from events.registration import Filing, Registered, Wish


@get("/events", opt=public)
async def index(request: Request[Any, Any, Any], before: FromQuery[str] = "") -> Response[str]:
    """What is ahead, soonest first, then what is over; a `before` that is no place in the list is ignored."""
    mark = listing.Mark.read(before)
    over = await listing.past(mark)
    last = over[listing.PAGE - 1] if len(over) > listing.PAGE else None
    return page(
        request,
        "events/index.html",
        fragment="past",
        upcoming=await listing.upcoming() if mark is None else [],
        past=over[: listing.PAGE],
        older=str(listing.Mark(last["starts_at"], last["id"])) if last else None,
        first_page=mark is None,
        provinces=provinces(),
        words=words,
    )


@get("/events/{slug:str}", opt=public)
async def show(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """One event: when, where, what it is, and which tickets there are."""
    event = await event_for(actor, slug)
    return page(
        request,
        "events/show.html",
        event=event,
        types=[_offer(kind, event) for kind in await setup.types_of(event.id) if kind["visibility"] == "public"],
        where=paper.place_of(event.row),
        over=event.ends_at <= now(),
        figures=event.status != "draft" and await publishing.public_since(event.id) is not None,
        mine=await _mine(actor, event),
        words=words,
    )


def _offer(kind: dict[str, Any], event: EventSeen) -> dict[str, Any]:
    """A ticket type with the one word that says whether it can be had now."""
    moment = now()
    if event.status != "published" or event.ends_at <= moment or (kind["closes_at"] and kind["closes_at"] <= moment):
        state = "closed"
    elif kind["opens_at"] and kind["opens_at"] > moment:
        state = "later"
    else:
        state = "full" if kind["left"] <= 0 and not kind["needs_approval"] else "open"
    return {**kind, "state": state}


async def _mine(actor: Actor, event: EventSeen) -> Any:
    """The active registration of somebody signed in."""
    if actor.id is None:
        return None
    return await db.fetchrow(
        "SELECT secret, status FROM registration WHERE event = $1 AND person = $2 AND status = ANY ($3) LIMIT 1",
        *(event.id, actor.id, list(words.ACTIVE)),
    )


@get("/events/{slug:str}/register", opt=public)
async def register_form(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    ticket: FromQuery[str] = "",
    code: FromQuery[str] = "",
) -> Response[str]:
    """The form; for somebody signed in with what the account knows. A code shows the types that it opens."""
    event = await event_for(actor, slug)
    values = {"full_name": actor.name, "email": actor.email, "ticket_type": ticket, "key": tickets.new_secret()}
    if code:
        await opening.guard(event.id, code, origin_of(request).network)
        values |= {"code": code[:60], **await opening.named(event.id, code)}
    schema = await asked.schema_of(event.id)
    values |= asked.form_of(schema, await asked.known_of(actor, schema))
    return await _drawn(request, event, filled(values))


async def _drawn(
    request: Request[Any, Any, Any], event: EventSeen, form: Form[Any], refused: int = 422
) -> Response[str]:
    opened, wait = [], 0
    try:
        opened = await opening.known_from(event.id, form.raw.get("code", ""), origin_of(request).network)
    except TooMany as error:
        form.add_error("code", error.phrase)
        refused, wait = error.status, error.retry_after
    offers = [
        _offer(kind, event)
        for kind in await setup.types_of(event.id)
        if kind["visibility"] == "public" or kind["id"] in opened
    ]
    if form.raw.get("code") and not opened and not form.phrases:
        form.add_error("code", opening.UNKNOWN)
    response = page(
        request,
        "events/register.html",
        status=refused if form.phrases else 200,
        event=event,
        offers=[offer for offer in offers if offer["state"] in ("open", "full")],
        where=paper.place_of(event.row),
        form=form,
        questions=(await asked.schema_of(event.id)).questions,
    )
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


@post("/events/{slug:str}/register", opt=public)
async def register(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """Register; the own address goes to the ticket, every other one to "we have sent a mail", whoever it belongs to."""
    form = await read_form(request, RegistrationForm)
    given = asked.given_in(await raw_form(request))
    if form.value is None:
        if "terms" in form.phrases:
            form.add_error("terms", N_("Please tick this: without it we may not keep your details."))
        event = await event_for(actor, slug)
        return await _drawn(request, event, asked.also_checked(form, await asked.schema_of(event.id), given))
    value = form.value
    try:
        found = await _registered(actor, slug, value, given, origin_of(request).network)
    except (TooMany, Busy) as error:
        form.add_error("", error.phrase)
        response = await _drawn(request, await event_for(actor, slug), form, error.status)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    except DomainError as error:
        if not isinstance(error, Invalid) and error.status != 409:
            raise
        if isinstance(error, Invalid):
            form.take(error)
            if "access_code" in form.phrases:
                form.phrases["code"] = form.phrases.pop("access_code")
        else:
            form.add_error("", error.phrase, **error.params)
        return await _drawn(request, await event_for(actor, slug), form)
    if found["own"] and actor.signed_in:
        said = (
            gettext("You are registered.")
            if found["new"]
            else gettext("You were registered already: here is your ticket.")
        )
        return done(request, to=f"/tickets/{found['secret']}", message=said)
    return done(
        request,
        to=f"/events/{slug}/registered",
        message=gettext("We have sent a mail to %(email)s.", email=value.email),
    )


async def _registered(
    actor: Actor, slug: str, value: RegistrationForm, answers: dict[str, Any], network: str
) -> dict[str, Any]:
    """Register once per form shown: pressing twice sends one mail. Another text in the same form is another request."""
    wish = Wish(
        ticket_type=value.ticket_type,
        full_name=value.full_name,
        email=value.email,
        phone=value.phone,
        organisation=value.organisation,
        news=value.news,
        party=value.party,
        also=tuple(value.also),
        access_code=value.code,
        answers=answers,
    )
    body = msgspec.json.encode(wish)

    async def draft(found: Registered) -> str:
        answer = {"own": found.own and actor.signed_in, "new": found.new, "secret": found.secret if found.own else ""}
        return msgspec.json.encode(answer).decode()

    async def act(event: EventSeen, number: int) -> idempotency.Answer:
        admit = partial(throttles.registering, actor, event, network)
        found = await registration.register_here(actor, event.id, wish, Filing(number, draft), admit)
        return idempotency.Answer(201, found.answer or await draft(found), filed=found.answer is not None)

    async def attempt(left: turns.Left) -> idempotency.Answer:
        async with db.tx(wait=left()):
            event = await event_for(actor, slug)
            await opening.guard(event.id, value.code, network)
            key = f"{value.key or tickets.new_secret()}.{tickets.hashed(body.decode()).hex()}"
            return await idempotency.once(actor, f"form:{event.id}", key, body, partial(act, event))

    async with turns.turn() as left:
        found = await registration.patiently(partial(attempt, left))
    answer: dict[str, Any] = msgspec.json.decode(found.body)
    return answer


@get("/events/{slug:str}/registered", opt=public)
async def registered(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[str]:
    """What a guest sees after registering: the same for a new address and for one that was registered before."""
    return page(request, "events/registered.html", event=await event_for(actor, slug))


router = Router(
    "/",
    route_handlers=[
        index,
        show,
        register_form,
        register,
        registered,
        *routes_tickets.handlers,
        *routes_self.handlers,
        *routes_plan.handlers,
        *routes_guests.handlers,
        *routes_desk.handlers,
    ],
    include_in_schema=False,
)
