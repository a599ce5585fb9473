"""JSON of mentoring, under /api/v1/mentoring: a mentor's free times, and one's own bookings. No notes, no feedback."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core import clock
from app.core.bodies import takes
from app.core.errors import Invalid
from app.core.forms import NOT_A_DATE, read_json
from app.core.web import Actor, signed_in
from app.mentoring import access, booking, changing, free, listing
from app.mentoring.booking import Wanted

MOST = 200


class Slot(msgspec.Struct):
    """A beginning that can be booked now, in UTC."""

    starts_at: datetime
    minutes: int


class Slots(msgspec.Struct, kw_only=True):
    """`time_zone`: the mentor's; `approves`: a booking is a request until the mentor has confirmed it."""

    mentor: str
    time_zone: str
    approves: bool
    items: list[Slot]


class BookingIn(msgspec.Struct, kw_only=True):
    """`mentor` and `organisation`: the last part of the address of their pages."""

    mentor: str
    organisation: str
    starts_at: datetime
    goal: UUID | None = None
    question: str = ""


class BookingOut(msgspec.Struct, kw_only=True):
    """`role`: the caller's side, `mentor` or `mentee`."""

    id: UUID
    status: str
    role: str
    mentor: str
    organisation: str
    starts_at: datetime
    ends_at: datetime
    sequence: int


class Bookings(msgspec.Struct):
    items: list[BookingOut]


@get("/mentoring/mentors/{slug:str}/slots", guards=[signed_in], tags=["mentoring"])
async def slots(
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Slots:
    """The free times of a mentor in the next four weeks, between `since` and `until`."""
    if any(at is not None and at.tzinfo is None for at in (since, until)):
        raise Invalid(fields={"since": NOT_A_DATE})
    seen = await access.mentor_for(actor, slug)
    facts = (await free.facts_of([seen.id])).get(seen.id)
    if facts is None:
        return Slots(mentor=seen.slug, time_zone="", approves=False, items=[])
    open_at = [at for at in facts.free(clock.now()) if (since is None or at >= since) and (until is None or at < until)]
    return Slots(
        mentor=seen.slug,
        time_zone=facts.terms.zone,
        approves=facts.hours["approves"],
        items=[Slot(at, facts.terms.minutes) for at in open_at[:MOST]],
    )


@get("/mentoring/bookings", guards=[signed_in], tags=["mentoring"])
async def bookings(actor: NamedDependency[Actor]) -> Bookings:
    """One's own sessions of the last half year and ahead, and those of the organisations one acts for."""
    found = await listing.sessions_of(actor)
    rows = [*found.offers, *found.requests, *found.ahead, *found.unsaid, *found.past]
    return Bookings([_out(row, row["side"]) for row in rows])


@post("/mentoring/bookings", guards=[signed_in], tags=["mentoring"], operation_class=takes(BookingIn))
async def book(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> BookingOut:
    """Book a free time. The same one again gives the first booking. 409 `slot_taken` when somebody was faster."""
    given = read_json(await request.body(), BookingIn)
    if given.starts_at.tzinfo is None:
        raise Invalid(fields={"starts_at": NOT_A_DATE})
    seen = await access.mentor_for(actor, given.mentor)
    organisation = await access.organisation_for(actor, given.organisation)
    wanted = Wanted(starts_at=given.starts_at, goal=given.goal, question=given.question)
    number = await booking.book(actor, seen.id, organisation, wanted)
    session = await access.session_for(actor, number)
    return _out(session.row, session.side)


@delete("/mentoring/bookings/{number:uuid}", guards=[signed_in], status_code=200, tags=["mentoring"])
async def cancel(actor: NamedDependency[Actor], number: FromPath[UUID], reason: FromQuery[str] = "") -> BookingOut:
    """Call a session off, with a reason that the other side reads."""
    await changing.cancel(actor, number, reason)
    session = await access.session_for(actor, number)
    return _out(session.row, session.side)


def _out(row: dict[str, Any], side: str) -> BookingOut:
    return BookingOut(
        id=row["id"],
        status=row["status"],
        role=side,
        mentor=row["mentor_slug"] or "",
        organisation=row["organisation_slug"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        sequence=row["sequence"],
    )


router = Router("/api/v1", route_handlers=[slots, bookings, book, cancel])
