"""JSON of events under /api/v1: planning, registering, doors. The door's own calls are in api_door.py."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import FromPath, FromQuery, HeaderParameter

from app.core import db
from app.core.bodies import takes
from app.core.clock import VIETNAM
from app.core.errors import Invalid
from app.core.forms import read_json
from app.core.i18n import N_, pick
from app.core.web import Actor, public, role, signed_in
from app.people.where import origin_of
from events import idempotency, planning, registration, setup, throttles, tickets, turns, waitlist
from events.access import EventSeen, desk_event_for, event_for, managed_event_for, registration_for
from events.api_door import scan, sync
from events.inviting import opening
from events.planning import EventPlan, TypePlan
from events.registration import Filing, Registered, Wish


class Bilingual(msgspec.Struct, kw_only=True):
    vi: str = ""
    en: str = ""


class TypeIn(msgspec.Struct, kw_only=True):
    code: str
    title: Bilingual | str = ""
    capacity: int
    needs_approval: bool = False
    opens_at: datetime | None = None
    closes_at: datetime | None = None


class EventIn(msgspec.Struct, kw_only=True):
    title: Bilingual | str
    description: Bilingual | str = ""
    starts_at: datetime
    ends_at: datetime
    venue: str = ""
    address: str = ""
    ticket_types: list[TypeIn] = []


class EventMade(msgspec.Struct):
    id: UUID
    slug: str
    status: str


class PersonIn(msgspec.Struct, kw_only=True):
    full_name: str
    email: str
    phone: str | None = ""
    organisation: str | None = ""


class RegistrationIn(msgspec.Struct, kw_only=True):
    ticket_type: str
    person: PersonIn
    answers: dict[str, Any] | None = {}
    party: int = 1
    """How many people come on this registration."""
    also: list[str] = []
    """Codes of further ticket types that are taken as well, where the wished one is full."""
    access_code: str = ""
    """What opens a hidden type, or a voucher."""


class TicketOut(msgspec.Struct):
    """`code` is what the QR holds; `short_code` what a person can read out; `page_url` the guest's own page."""

    code: str
    qr_svg_url: str
    short_code: str
    page_url: str


class RegistrationOut(msgspec.Struct, kw_only=True):
    """`ticket` and `self_url` are shown to the guest, to who registered and to who plans the event.

    An address that was registered before gets its first registration back (`new` false). When somebody else than the
    caller registered it, both are null and the ticket goes to that address by mail: the id alone opens nothing.
    `self_url` is this registration's address with its secret: GET shows it and DELETE cancels it without an account.
    """

    id: UUID
    status: str
    position: int | None
    ticket: TicketOut | None
    self_url: str | None
    ticket_type: str
    new: bool


class Cancelled(msgspec.Struct):
    id: UUID
    status: str


class CheckpointOut(msgspec.Struct):
    id: UUID
    name: str
    capacity: int | None
    inside: int
    admitted: int


class Checkpoints(msgspec.Struct):
    items: list[CheckpointOut]


LONGEST_ANSWERS = 20_000
MOST_ALSO = 50


@post("/events", guards=[role("organizer")], tags=["events"], operation_class=takes(EventIn))
async def create(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> EventMade:
    """Plan an event; it stays a draft until it is published. It gets a first checkpoint of its own."""
    body = read_json(await request.body(), EventIn)
    title, description = _both(body.title), _both(body.description)
    plan = EventPlan(
        title_vi=title.vi or title.en,
        title_en=title.en,
        description_vi=description.vi,
        description_en=description.en,
        starts_at=_aware(body.starts_at),
        ends_at=_aware(body.ends_at),
        venue=body.venue,
        address=body.address,
    )
    _check_lengths(plan)
    types = [_type(kind) for kind in body.ticket_types]
    if len({kind.code for kind in types}) < len(types):
        raise Invalid(fields={"ticket_types": N_("Each ticket type needs a code of its own.")})
    for kind in types:
        setup.check_type(kind)
    row = await planning.create_event(actor, plan, types)
    return EventMade(row["id"], row["slug"], "draft")


def _both(text: Bilingual | str) -> Bilingual:
    return Bilingual(vi=text) if isinstance(text, str) else text


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)


def _check_lengths(plan: EventPlan) -> None:
    limits = {"title": (plan.title_vi, plan.title_en), "venue": (plan.venue, plan.address)}
    fields = {
        name: N_("This is too long.") for name, texts in limits.items() if max(map(len, texts)) > planning.TITLE_LENGTH
    }
    if max(len(plan.description_vi), len(plan.description_en)) > planning.TEXT_LENGTH:
        fields["description"] = N_("This is too long.")
    if fields:
        raise Invalid(fields=fields)


def _type(kind: TypeIn) -> TypePlan:
    title = _both(kind.title)
    return TypePlan(
        code=kind.code,
        title_vi=(title.vi or title.en or kind.code)[: planning.TITLE_LENGTH],
        title_en=title.en[: planning.TITLE_LENGTH],
        capacity=kind.capacity,
        needs_approval=kind.needs_approval,
        opens_at=_aware(kind.opens_at) if kind.opens_at else None,
        closes_at=_aware(kind.closes_at) if kind.closes_at else None,
    )


@post("/events/{slug:str}/publish", guards=[signed_in], status_code=200, tags=["events"])
async def publish(actor: NamedDependency[Actor], slug: FromPath[str]) -> EventMade:
    """Open a draft to everybody. Repeating it changes nothing."""
    event = await managed_event_for(actor, slug)
    await planning.publish(actor, event.id)
    return EventMade(event.id, event.slug, "published")


@post("/events/{slug:str}/registrations", opt=public, tags=["events"], operation_class=takes(RegistrationIn))
async def register(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    idempotency_key: Annotated[
        str | None, HeaderParameter(name="Idempotency-Key", examples=[Example(value="3f9c2a7e")])
    ] = None,
) -> Response[RegistrationOut]:
    """Take a place, with or without an account. An address that is registered already gets its first registration back.

    `status`: "confirmed"; "started", a place that waits for its payment until a deadline and has no open door before;
    "waitlisted", with its `position`; "pending_review", until the organisers have decided.
    With an Idempotency-Key (1 to 128 visible ASCII characters) a repeated request gets the first answer, word for word.
    """
    raw = await request.body()
    body = read_json(raw, RegistrationIn)
    if len(msgspec.json.encode(body.answers)) > LONGEST_ANSWERS:
        raise Invalid(fields={"answers": N_("This is too long.")})
    person, network = body.person, origin_of(request).network
    wish = Wish(
        ticket_type=body.ticket_type,
        full_name=person.full_name,
        email=person.email,
        phone=person.phone or "",
        organisation=person.organisation or "",
        answers=body.answers or {},
        source="api",
        party=body.party,
        also=tuple(body.also[:MOST_ALSO]),
        access_code=body.access_code[: opening.CODE_LENGTH],
    )

    async def act(event: EventSeen, number: int | None) -> idempotency.Answer:
        async def draft(found: Registered) -> str:
            answer = await _answer(found, event, shown=found.own or event.managed)
            return msgspec.json.encode(answer).decode()

        filing = Filing(number, draft) if number is not None else None
        admit = partial(throttles.registering, actor, event, network)
        found = await registration.register_here(actor, event.id, wish, filing, admit)
        return idempotency.Answer(201, found.answer or await draft(found), filed=found.answer is not None)

    async def attempt(left: turns.Left) -> idempotency.Answer:
        async with db.tx(wait=left()):
            event = await event_for(actor, slug)
            await opening.guard(event.id, wish.access_code, network)
            if idempotency_key is None:
                return await act(event, None)
            route = idempotency.route_of(actor, event.id, person.email, idempotency_key, network)
            return await idempotency.once(actor, route, idempotency_key, raw, partial(act, event))

    try:
        async with turns.turn() as left:
            answer = await registration.patiently(partial(attempt, left))
    except Invalid:
        await opening.known_from((await event_for(actor, slug)).id, wish.access_code, network)
        raise
    return Response(answer.body.encode(), status_code=answer.status, media_type="application/json")  # type: ignore[arg-type]


async def _answer(found: Registered, event: EventSeen, *, shown: bool) -> RegistrationOut:
    ticket = await _ticket(found.id, event.id, found.signing_key, found.code, found.secret) if shown else None
    return RegistrationOut(
        id=found.id,
        status=found.status,
        position=found.position,
        ticket=ticket,
        self_url=_self_url(event, found.id, found.secret) if shown else None,
        ticket_type=found.ticket_type,
        new=found.new,
    )


def _self_url(event: EventSeen, number: UUID, secret: str) -> str:
    return f"/api/v1/events/{event.slug}/registrations/{number}?secret={secret}"


async def _ticket(registration_id: UUID, event: UUID, key: int, short: str, secret: str) -> TicketOut:
    code = await tickets.code_of(registration_id, event, key)
    return TicketOut(code, f"/tickets/{secret}/qr.svg", short, f"/tickets/{secret}")


@get("/events/{slug:str}/registrations/{registration_id:uuid}", opt=public, tags=["events"])
async def show(
    actor: NamedDependency[Actor], slug: FromPath[str], registration_id: FromPath[UUID], secret: FromQuery[str] = ""
) -> RegistrationOut:
    """The state of a registration, for its guest, for who registered and for who plans the event.

    Without an account the ticket link's own `secret` opens it.
    """
    event = await event_for(actor, slug)
    row = await registration_for(actor, event, registration_id, secret)
    return RegistrationOut(
        id=row["id"],
        status=row["status"],
        position=await registration.position_of(row),
        ticket=await _ticket(row["id"], event.id, row["signing_key"], row["code"], row["secret"]),
        self_url=_self_url(event, row["id"], row["secret"]),
        ticket_type=row["type_code"],
        new=False,
    )


@delete("/events/{slug:str}/registrations/{registration_id:uuid}", opt=public, status_code=200, tags=["events"])
async def cancel(
    actor: NamedDependency[Actor], slug: FromPath[str], registration_id: FromPath[UUID], secret: FromQuery[str] = ""
) -> Cancelled:
    """Give the place back; the next in line is promoted at once. Repeating it changes nothing.

    After check-in a guest gets 409 "already_in"; who plans the event may still cancel.
    """
    event = await event_for(actor, slug)
    row = await registration_for(actor, event, registration_id, secret)
    before = await waitlist.cancel(actor, row["id"], by_guest=not event.managed)
    return Cancelled(row["id"], "refused" if before == "refused" else "cancelled")


@get("/events/{slug:str}/checkpoints", guards=[signed_in], tags=["check-in"])
async def checkpoints(actor: NamedDependency[Actor], slug: FromPath[str]) -> Checkpoints:
    """The doors of an event with how many are inside, for those who work there."""
    event = await desk_event_for(actor, slug)
    return Checkpoints(
        [
            CheckpointOut(
                row["id"], pick(row["name_vi"], row["name_en"]), row["capacity"], row["inside"], row["admitted"]
            )
            for row in await setup.checkpoints_of(event.id)
        ]
    )


router = Router("/api/v1", route_handlers=[create, publish, register, show, cancel, checkpoints, scan, sync])
