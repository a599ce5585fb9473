"""Pages for organizers: where the money goes, statements read first and taken in then, who has not paid yet."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import db
from app.core.errors import Conflict, Invalid
from app.core.files.uploads import upload_form
from app.core.forms import Form, Line, filled, read_form
from app.core.i18n import N_, gettext, ngettext
from app.core.web import Actor, done, page, signed_in
from events.access import EventSeen, managed_event_for
from events.forms import ReasonForm
from events.paying import reconciling, statement, vietqr

AnyRequest = Request[Any, Any, Any]
BODY = statement.MOST_BYTES + 1_000_000
SHOWN = 300


class AccountForm(msgspec.Struct, kw_only=True):
    bank: Line
    number: Line
    holder: Line


class FileForm(msgspec.Struct):
    """A file comes beside it."""


class TakeForm(msgspec.Struct, kw_only=True):
    act: Literal["take", "discard"]
    mark: str = ""


@get("/events/{slug:str}/payments", guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """The account, a statement that waits, who has not paid yet, what was imported."""
    return await _page(request, await managed_event_for(actor, slug))


async def _draft(event: UUID) -> list[statement.Line]:
    kept = await db.fetchval("SELECT draft FROM payment_account WHERE event = $1", event)
    return msgspec.convert(kept, list[statement.Line]) if kept else []


async def _page(request: AnyRequest, event: EventSeen, **forms: Form[Any]) -> Response[str]:
    account = await reconciling.account_of(event.id)
    draft = await _draft(event.id)
    fated = await reconciling.fates(event.id, draft)
    return page(
        request,
        "events/paying/payments.html",
        status=422 if any(form.phrases for form in forms.values()) else 200,
        event=event,
        account=account,
        account_form=forms.get("account") or filled(msgspec.structs.asdict(account) if account else {}),
        banks=list(vietqr.BANKS.items()),
        fated=fated[:SHOWN],
        mark=reconciling.mark_of(draft),
        counts={fate: sum(one.fate == fate for one in fated) for fate in reconciling.FATES},
        fates=reconciling.FATES,
        settles=reconciling.SETTLES,
        unpaid=await reconciling.unpaid(event.id),
        lines=await reconciling.lines_of(event.id),
        forms=forms,
        blank=filled({}),
        reference=vietqr.reference,
    )


@post("/events/{slug:str}/payments/account", guards=[signed_in])
async def set_account(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, AccountForm)
    if form.value is None:
        return await _page(request, event, account=form)
    try:
        await reconciling.set_account(actor, event.id, vietqr.Account(**msgspec.structs.asdict(form.value)))
    except Invalid as error:
        return await _page(request, event, account=form.take(error))
    return done(request, to=f"/events/{slug}/payments", message=gettext("Saved."))


@post("/events/{slug:str}/payments/statement", guards=[signed_in], request_max_body_size=BODY)
async def read_statement(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Read a bank statement and show what each line would mean; nothing is marked as paid by it."""
    event = await managed_event_for(actor, slug)
    async with upload_form(request, FileForm, {"file": statement.MOST_BYTES}) as (form, files):
        upload = files.get("file")
        if upload is None or not (upload.size or upload.too_large):
            form.add_error("file", N_("Please choose a file."))
        elif upload.too_large:
            form.add_error("file", N_("The file is larger than %(max)s MB. Please divide it."), max=5)
        if upload is None or form.value is None:
            return await _page(request, event, file=form)
        try:
            lines = statement.read(upload.path)
        except Invalid as error:
            form.add_error("file", error.phrase, **error.params)
            return await _page(request, event, file=form)
    async with db.tx():
        await db.execute(
            "UPDATE payment_account SET draft = $2 WHERE event = $1", event.id, [msgspec.to_builtins(o) for o in lines]
        )
    return done(request, to=f"/events/{slug}/payments")


@post("/events/{slug:str}/payments/take", guards=[signed_in])
async def take(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Take in the statement that was looked through, or throw it away."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, TakeForm)
    if form.value is None:
        return await _page(request, event, take=form)
    takes = form.value.act == "take"
    try:
        found = await reconciling.settle_draft(actor, event.id, form.value.mark, take_in=takes)
    except Conflict as error:
        return done(request, to=f"/events/{slug}/payments", message=error.text())
    said = gettext("The statement was thrown away.")
    if takes:
        paid = sum(one.fate in reconciling.SETTLES for one in found)
        said = ngettext("%(num)s ticket is paid.", "%(num)s tickets are paid.", paid)
    return done(request, to=f"/events/{slug}/payments", message=said)


@post("/events/{slug:str}/payments/{registration:uuid}/paid", guards=[signed_in])
async def mark_paid(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], registration: FromPath[UUID]
) -> Response[Any]:
    """Say that somebody has paid, however it came."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, ReasonForm)
    if form.value is None:
        return await _page(request, event, **{f"paid-{registration}": form})
    try:
        await reconciling.mark_paid(actor, event.id, registration, form.value.reason)
    except Invalid as error:
        return await _page(request, event, **{f"paid-{registration}": form.take(error)})
    except Conflict as error:
        return done(request, to=f"/events/{slug}/payments", message=error.text())
    return done(request, to=f"/events/{slug}/payments", message=gettext("Marked as paid."))


router = Router("/", route_handlers=[show, set_account, read_statement, take, mark_paid], include_in_schema=False)
