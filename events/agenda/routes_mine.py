"""A guest's own agenda, by the ticket's link: seats booked and given up, as a calendar to subscribe to."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import db, limits
from app.core.clock import now
from app.core.errors import Conflict
from app.core.forms import Form, read_form
from app.core.i18n import gettext, pick
from app.core.settings import get_settings
from app.core.web import Actor, done, page, public, signed_in
from events.access import event_for, ticket_for
from events.agenda import booking, calendar, drafts, listing, words
from events.agenda.forms import SeatForm

PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
ACTS, WINDOW = 120, 600
"""So often a ticket's agenda may be changed in ten minutes."""

AnyRequest = Request[Any, Any, Any]


@get("/tickets/{secret:str}/agenda", opt=public)
async def mine(request: AnyRequest, secret: FromPath[str]) -> Response[str]:
    return await _drawn(request, await ticket_for(secret), Form())


async def _drawn(request: AnyRequest, ticket: Any, form: Form[Any], status: int = 200) -> Response[str]:
    own = await booking.mine(ticket["id"])
    held = {one["session"] for one in own}
    shown = [one for one in await listing.shown(ticket["event"]) if one["ends_at"] > now()]
    response = page(
        request,
        "events/agenda/mine.html",
        status=status,
        ticket=ticket,
        own=listing.by_day([{**one["facts"], **one} for one in own]),
        others=listing.by_day([one for one in shown if one["id"] not in held]),
        rules=await drafts.agenda_of(ticket["event"]),
        form=form,
        words=words,
        feed=f"{get_settings().origin}/tickets/{ticket['secret']}/agenda.ics",
    )
    response.headers.update(PRIVATE)
    return response


@get("/tickets/{secret:str}/agenda.ics", opt=public)
async def my_feed(secret: FromPath[str]) -> Response[bytes]:
    ticket = await ticket_for(secret)
    sessions = [{**one["facts"], **one, "id": one["session"]} for one in await booking.mine(ticket["id"])
                if one["status"] != "waiting"]  # fmt: skip
    name = gettext("My agenda: %(title)s", title=pick(ticket["title_vi"], ticket["title_en"]))
    return Response(
        calendar.calendar(name, ticket["slug"], sessions), media_type="text/calendar; charset=utf-8", headers=PRIVATE
    )


@post("/tickets/{secret:str}/agenda/{session:uuid}", opt=public)
async def seat(request: AnyRequest, secret: FromPath[str], session: FromPath[UUID]) -> Response[Any]:
    """Book a session or give it up. A refusal is told above the list, which stays as it was."""
    ticket = await ticket_for(secret)
    await limits.hit("agenda.seat", ticket["id"], ACTS, WINDOW)
    form = await read_form(request, SeatForm)
    act = form.value.act if form.value else "book"
    to = f"/tickets/{ticket['secret']}/agenda"
    if act == "give_up":
        await booking.give_up(ticket["id"], ticket["event"], session)
        return done(request, to=to, message=gettext("Taken out of your agenda."))
    try:
        status = await booking.book(ticket["id"], ticket["event"], session)
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _drawn(request, ticket, form, error.status)
    said = {
        "booked": gettext("Your seat is booked."),
        "waiting": gettext("All seats are taken: you are in line, and we write as soon as one is yours."),
        "noted": gettext("The session is in your agenda."),
    }
    return done(request, to=to, message=said[status])


@get("/events/{slug:str}/agenda/mine", guards=[signed_in])
async def to_mine(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """From the event to one's own agenda, or to registering."""
    event = await event_for(actor, slug)
    secret = await db.fetchval(
        "SELECT secret FROM registration WHERE event = $1 AND person = $2 AND status = 'confirmed' LIMIT 1",
        *(event.id, actor.id),
    )
    if secret is None:
        return done(
            request, to=f"/events/{event.slug}", message=gettext("Register first: your agenda belongs to your ticket.")
        )
    return done(request, to=f"/tickets/{secret}/agenda")


handlers = [mine, my_feed, seat, to_mine]
