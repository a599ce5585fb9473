"""A guest's own page, opened by the link in the mail: state, code, calendar, PDF, giving the place back."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.clock import now
from app.core.errors import NotFound
from app.core.i18n import gettext
from app.core.web import Actor, done, page, public
from events import paper, tickets, waitlist, words
from events.access import ticket_for
from events.asking import asked, filing
from events.paying import transferring
from events.registration import position_of
from events.states import ENDED

PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


@get("/tickets/{secret:str}", opt=public)
async def show(request: Request[Any, Any, Any], secret: FromPath[str]) -> Response[str]:
    """The ticket; its state is drawn again every few seconds while the page is open."""
    row = await ticket_for(secret)
    schema = await asked.schema_of(row["event"])
    response = page(
        request,
        "events/ticket.html",
        fragment="state",
        ticket=row,
        position=await position_of(row),
        where=paper.place_of(row),
        over=row["ends_at"] <= now(),
        pay=await transferring.asked(row),
        asked=any(not q.types or row["type_code"] in q.types for q in schema.questions),
        missing=filing.missing(schema, row) if row["status"] not in ENDED else [],
        words=words,
    )
    response.headers.update(PRIVATE)
    return response


@get("/tickets/{secret:str}/qr.svg", opt=public)
async def qr(secret: FromPath[str]) -> Response[str]:
    """The code as a picture. It names no person, and opens a door only while the registration is confirmed."""
    row = await ticket_for(secret)
    code = await tickets.code_of(row["id"], row["event"], row["signing_key"])
    return Response(tickets.qr_svg(code), media_type="image/svg+xml", headers=PRIVATE)


@get("/tickets/{secret:str}/ticket.pdf", opt=public)
async def pdf(secret: FromPath[str]) -> Response[bytes]:
    """The ticket on paper, for who has a place."""
    row = await ticket_for(secret)
    if row["status"] != "confirmed":
        raise NotFound
    code = await tickets.code_of(row["id"], row["event"], row["signing_key"])
    content = await asyncio.to_thread(paper.ticket_pdf, row, code)
    return _file(content, "application/pdf", f"ticket-{row['code']}.pdf")


@get("/tickets/{secret:str}/event.ics", opt=public)
async def ics(secret: FromPath[str]) -> Response[bytes]:
    """The calendar entry; after a cancellation the one that takes it away again."""
    row = await ticket_for(secret)
    gone = row["status"] in ENDED or row["event_status"] == "cancelled"
    return _file(paper.calendar(row, cancelled=gone), "text/calendar", "event.ics")


def _file(content: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


@post("/tickets/{secret:str}/cancel", opt=public)
async def cancel(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], secret: FromPath[str]
) -> Response[Any]:
    """Give the place back. Following a link never does it: mail programs open links by themselves."""
    row = await ticket_for(secret)
    said = gettext("Your registration is cancelled. Thank you for telling us.")
    try:
        await waitlist.cancel(actor, row["id"], by_guest=True)
    except waitlist.AlreadyIn as error:
        said = error.text()
    return done(request, to=f"/tickets/{secret}", message=said)


handlers = [show, qr, pdf, ics, cancel]
