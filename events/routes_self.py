"""What a guest does alone on the ticket page: takes an offer, pays, corrects details, passes it on."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import Form, filled, read_form
from app.core.i18n import gettext
from app.core.outbox import enqueue
from app.core.web import Actor, done, page, public
from events import changing, tickets
from events.access import ticket_for
from events.forms import KindForm, PassOnForm, SelfForm
from events.paying import transferring
from events.registration import RESEND_MINUTES, Wish
from events.routes_tickets import PRIVATE
from events.seats import offering

AnyRequest = Request[Any, Any, Any]


@post("/tickets/{secret:str}/accept", opt=public)
async def accept(request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str]) -> Response[Any]:
    """Take an offered place. Following a link never does it: mail programs open links by themselves."""
    row = await ticket_for(secret)
    try:
        status = await offering.accept(actor, row["id"])
    except offering.OfferGone as error:
        return done(request, to=f"/tickets/{secret}", message=error.text())
    said = (
        gettext("The place is yours.") if status == "confirmed" else gettext("The place is kept for you. Please pay.")
    )
    return done(request, to=f"/tickets/{secret}", message=said)


@get("/tickets/{secret:str}/pay.svg", opt=public)
async def pay_code(secret: FromPath[str]) -> Response[str]:
    """The code that a banking app reads, while there is something to pay."""
    asked = await transferring.asked(await ticket_for(secret))
    if asked is None:
        raise NotFound
    return Response(tickets.qr_svg(asked.code), media_type="image/svg+xml", headers=PRIVATE)


@get("/tickets/{secret:str}/edit", opt=public)
async def edit_form(request: AnyRequest, secret: FromPath[str]) -> Response[str]:
    row = await ticket_for(secret)
    values = {name: row[name] for name in ("full_name", "phone", "organisation")}
    return await _page(request, row, details=filled(values))


async def _page(request: AnyRequest, row: Any, **forms: Form[Any]) -> Response[str]:
    """The page of changes with the forms that were refused: details, kind, other."""
    response = page(
        request,
        "events/change.html",
        status=422 if any(form.phrases for form in forms.values()) else 200,
        ticket=row,
        kinds=await changing.kinds_for(row) if row["status"] in ("confirmed", "waitlisted") else [],
        over=row["ends_at"] <= clock.now(),
        forms={"details": filled({n: row[n] for n in ("full_name", "phone", "organisation")}), **forms},
        blank=filled({}),
    )
    response.headers.update(PRIVATE)
    return response


@post("/tickets/{secret:str}/edit", opt=public)
async def edit(request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str]) -> Response[Any]:
    """Correct name, phone and organisation: the code stays."""
    row = await ticket_for(secret)
    form = await read_form(request, SelfForm)
    if form.value is None:
        return await _page(request, row, details=form)
    value = form.value
    wish = Wish(ticket_type="", full_name=value.full_name, email="", phone=value.phone, organisation=value.organisation)
    try:
        await changing.edit(actor, row["id"], wish)
    except Invalid as error:
        return await _page(request, row, details=form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _page(request, row, details=form)
    return done(request, to=f"/tickets/{secret}", message=gettext("Saved."))


@post("/tickets/{secret:str}/kind", opt=public)
async def change_kind(request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str]) -> Response[Any]:
    """Change to another ticket type, where the organisers allow it and a place is left."""
    row = await ticket_for(secret)
    form = await read_form(request, KindForm)
    if form.value is None:
        return await _page(request, row, kind=form)
    try:
        await changing.change_kind(actor, row["id"], form.value.ticket_type)
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _page(request, row, kind=form)
    return done(request, to=f"/tickets/{secret}", message=gettext("You are on the other ticket now."))


@post("/tickets/{secret:str}/transfer", opt=public)
async def transfer(request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str]) -> Response[Any]:
    """Pass the ticket on to somebody else: the code shown here ends with it."""
    row = await ticket_for(secret)
    form = await read_form(request, PassOnForm)
    if form.value is None:
        return await _page(request, row, other=form)
    value = form.value
    wish = Wish(
        ticket_type="", full_name=value.full_name, email=value.email, phone=value.phone, organisation=value.organisation
    )
    try:
        found = await changing.transfer(actor, row["id"], wish)
    except Invalid as error:
        return await _page(request, row, other=form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _page(request, row, other=form)
    if found.status == "pending_review":
        said = gettext("%(name)s has to be approved by the organisers first and was told so.", name=value.full_name)
    elif found.status == "waitlisted":
        said = gettext("%(name)s has your place in line now and was told so by mail.", name=value.full_name)
    else:
        said = gettext("The ticket belongs to %(name)s now and was sent there by mail.", name=value.full_name)
    return done(request, to=f"/tickets/{secret}", message=said)


@post("/tickets/{secret:str}/resend", opt=public)
async def resend(request: AnyRequest, secret: FromPath[str]) -> Response[Any]:
    """Send the ticket's mail to its own address once more, a few times an hour at most."""
    row = await ticket_for(secret)
    window = int(clock.now().timestamp()) // (RESEND_MINUTES * 60)
    async with db.tx():
        await enqueue(
            "events.tell_guest",
            {"registration_id": str(row["id"]), "kind": "again", "mark": str(window)},
            dedupe_key=f"events.again:{row['id']}:{window}",
        )
    return done(request, to=f"/tickets/{secret}", message=gettext("The mail is on its way once more."))


handlers = [accept, pay_code, edit_form, edit, change_kind, transfer, resend]
