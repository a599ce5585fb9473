"""Pages of certificates: issued and revoked by organisers, fetched by guests, looked at by whoever has the link.

Also the ticket as a picture for a phone's photos.
"""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.clock import now
from app.core.errors import NotFound
from app.core.forms import Line, read_form
from app.core.i18n import gettext
from app.core.limits import hit
from app.core.web import Actor, done, page, public, signed_in
from app.people.where import origin_of
from events import tickets
from events.access import managed_event_for, registration_for, ticket_for
from events.guests import certificates, wallet

AnyRequest = Request[Any, Any, Any]
PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
MISSES = 600
"""Codes that are none, of one network in ten minutes. Who has a link is never counted: a venue shares one address."""
PAPERS = 60
"""A minute, of one certificate: each is drawn anew."""


class ReasonForm(msgspec.Struct, kw_only=True):
    reason: Line = ""


@post("/events/{slug:str}/guests/{registration:uuid}/certificate", guards=[signed_in])
async def issue(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], registration: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await registration_for(actor, event, registration)
    said = gettext("The certificate is issued.")
    try:
        await certificates.issue(actor, registration)
    except certificates.NotThere as error:
        said = error.text()
    return done(request, to=f"/events/{slug}/guests/{registration}", message=said)


@post("/events/{slug:str}/guests/{registration:uuid}/certificate/revoke", guards=[signed_in])
async def revoke(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], registration: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await registration_for(actor, event, registration)
    form = await read_form(request, ReasonForm)
    reason = form.value.reason if form.value else ""
    if not reason:
        said = gettext("Please say why the certificate holds no more.")
    else:
        await certificates.revoke(actor, event.id, registration, reason)
        said = gettext("The certificate is revoked. Its link says so from now on.")
    return done(request, to=f"/events/{slug}/guests/{registration}", message=said)


@get("/certificates/{code:str}", opt=public)
async def show(request: AnyRequest, code: FromPath[str]) -> Response[str]:
    """Whether a certificate holds: name, event and day for whoever has the link, nothing else."""
    row = await _shown(request, code)
    response = page(request, "events/guests/certificate.html", row=row, days=certificates.days(row))
    response.headers.update(PRIVATE)
    return response


@get("/certificates/{code:str}/certificate.pdf", opt=public)
async def pdf(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """The certificate on paper, while it holds."""
    row = await _shown(request, code)
    if row["revoked_at"]:
        raise NotFound
    await hit("certificates.paper", row["code"], PAPERS, 60)
    content = await asyncio.to_thread(certificates.certificate_pdf, row)
    headers = {**PRIVATE, "Content-Disposition": 'inline; filename="certificate.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


async def _shown(request: AnyRequest, code: str) -> asyncpg.Record:
    """The certificate of a link; nobody tries codes in numbers. Raises NotFound, TooMany."""
    try:
        return await certificates.shown(code)
    except NotFound:
        await hit("certificates", origin_of(request).network, MISSES, 600)
        raise


@post("/tickets/{secret:str}/certificate", opt=public)
async def own(request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str]) -> Response[Any]:
    """A guest fetches the own certificate, once the event is over."""
    row = await ticket_for(secret)
    if row["ends_at"] > now():
        return done(request, to=f"/tickets/{secret}", message=gettext("Certificates are there when the event is over."))
    earlier = await certificates.of(row["id"])
    if earlier and all(one["revoked_at"] for one in earlier):
        return done(request, to=f"/certificates/{earlier[0]['code']}")
    try:
        code = await certificates.issue(actor, row["id"])
    except certificates.NotThere as error:
        return done(request, to=f"/tickets/{secret}", message=error.text())
    return done(request, to=f"/certificates/{code}")


@get("/tickets/{secret:str}/ticket.png", opt=public)
async def picture(secret: FromPath[str]) -> Response[bytes]:
    """The ticket as a picture of a phone's size, for who has a place."""
    row = await ticket_for(secret)
    if row["status"] != "confirmed":
        raise NotFound
    code = await tickets.code_of(row["id"], row["event"], row["signing_key"])
    content = await asyncio.to_thread(wallet.ticket_png, row, code)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="ticket-{row["code"]}.png"'}
    return Response(content, media_type="image/png", headers=headers)


handlers = [issue, revoke, show, pdf, own, picture]
