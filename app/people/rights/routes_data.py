"""Pages of one's own data: consents, a copy of everything, who has seen it, requests, and erasing it."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from app.core.clock import VIETNAM
from app.core.errors import Conflict, NotFound, TooMany
from app.core.forms import Form, read_form
from app.core.i18n import N_, _
from app.core.web import Actor, done, own_account, page
from app.people import sessions
from app.people.rights import consent, copying, due, erasure, forms, register, requests, seen
from app.people.rights.purposes import PURPOSES
from app.people.routes_parts import confirm_first, too_many
from app.people.where import origin_of

AnyRequest = Request[Any, Any, Any]

WORDS = ("XÓA", "XOÁ", "ERASE")
"""What is typed before an erasure, in either language; both ways of placing the accent."""
NOT_THE_WORD = N_("Please type the word exactly as it stands there.")


@get("/account/data", guards=[own_account])
async def data(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _data(request, actor, Form())


async def _data(request: AnyRequest, actor: Actor, form: Form[Any], status: int = 200) -> Response[Any]:
    return page(
        request,
        "people/data/index.html",
        form=form,
        status=status,
        standings=await consent.standing_of(actor.person_id),
        history=await consent.history_of(actor.person_id),
        purposes=PURPOSES,
        requests=await register.own_requests(actor),
        rights=due.RIGHTS,
        states=requests.STATES,
        channels=requests.CHANNELS,
    )


@post("/account/data/consents/{purpose:str}", guards=[own_account], status_code=200)
async def choose(request: AnyRequest, actor: NamedDependency[Actor], purpose: FromPath[str]) -> Response[Any]:
    """Agree or withdraw. The form names the text that stood above its button."""
    form = await read_form(request, forms.Choice)
    if form.value is None or purpose not in PURPOSES:
        raise NotFound
    given = form.value.given == "1"
    try:
        await consent.decide(actor.person_id, purpose, given, text_version=form.value.version, actor=actor.person_id)
    except consent.TextChanged as error:
        return done(request, to=f"/account/data#{purpose}", message=error.text())
    label = PURPOSES[purpose].label
    said = _("Agreed: %(what)s.", what=label) if given else _("Stopped: %(what)s.", what=label)
    return done(request, to=f"/account/data#{purpose}", message=said)


# --- requests -----------------------------------------------------------------------------------------------------


@post("/account/data/requests", guards=[own_account], status_code=200)
async def ask(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Ask)
    if form.value is None:
        return await _data(request, actor, form, 422)
    try:
        await requests.ask(actor, form.value.kind, form.value.said)
    except TooMany as error:
        form.add_error("", error.phrase)
        return too_many(await _data(request, actor, form, 429), error)
    return done(request, to="/account/data#requests", message=_("Your request is registered. A receipt goes to you."))


@post("/account/data/requests/{number:uuid}/take-back", guards=[own_account], status_code=200)
async def take_back(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    said = _("You have taken your request back.")
    try:
        await requests.take_back(actor, number)
    except requests.Closed as error:
        said = error.text()
    return done(request, to="/account/data#requests", message=said)


# --- who has seen it ----------------------------------------------------------------------------------------------


@get("/account/data/seen", guards=[own_account])
async def seen_by(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    before = request.query_params.get("before", "")
    rows = await seen.seen_of(actor.person_id, int(before) if before.isdecimal() and len(before) < 18 else None)
    older = f"/account/data/seen?before={rows[seen.PAGE - 1]['id']}" if len(rows) > seen.PAGE else None
    return page(
        request,
        "people/data/seen.html",
        rows=rows[: seen.PAGE],
        older=older,
        kinds=seen.KINDS,
        roles=seen.ROLES,
        days=seen.KEPT_DAYS,
    )


# --- a copy of everything -----------------------------------------------------------------------------------------


@get("/account/data/export", guards=[own_account])
async def copies(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _copies(request, actor)


async def _copies(request: AnyRequest, actor: Actor, status: int = 200) -> Response[Any]:
    return page(
        request,
        "people/data/export.html",
        status=status,
        busy=status == 429,
        copies=await copying.copies_of(actor.person_id),
        days=copying.DAYS,
    )


@post("/account/data/export", guards=[own_account], status_code=200)
async def ask_for_copy(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    first = confirm_first(request, actor, "/account/data/export")
    if first is not None:
        return first
    try:
        await copying.ask(actor, origin_of(request))
    except TooMany as error:
        return too_many(await _copies(request, actor, 429), error)
    said = _("Your copy is being made. We write to you as soon as it is ready.")
    return done(request, to="/account/data/export", message=said)


@get("/account/data/export/{number:uuid}", guards=[own_account])
async def fetch_copy(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    """The file, streamed, for its owner alone and only shortly after the password was typed."""
    first = confirm_first(request, actor, "/account/data/export")
    if first is not None:
        return first
    row = await copying.copy_for(actor, number)
    await copying.fetched(actor, number, origin_of(request))
    name = f"ket-noi-{row['made_at'].astimezone(VIETNAM):%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(row["size"])}
    return Stream(copying.pieces(number), media_type="application/zip", headers=headers)


# --- erasing ------------------------------------------------------------------------------------------------------


@get("/account/data/erase", guards=[own_account])
async def erase_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _erase(request, actor, Form())


async def _erase(request: AnyRequest, actor: Actor, form: Form[Any], status: int = 200) -> Response[Any]:
    return page(
        request,
        "people/data/erase.html",
        status=status,
        form=form,
        obstacles=await erasure.obstacles_for(actor),
        word=_("ERASE"),
    )


@post("/account/data/erase", guards=[own_account], status_code=200)
async def erase(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Erase at once; where something stands in the way, register the confirmed request and say by when."""
    first = confirm_first(request, actor, "/account/data/erase")
    if first is not None:
        return first
    form = await read_form(request, forms.Erase)
    if form.value is None or form.value.word.upper() not in WORDS:
        form.add_error("word", NOT_THE_WORD)
        return await _erase(request, actor, form, 422)
    try:
        await erasure.erase_self(actor)
    except erasure.Hindered:
        await requests.ask(actor, "deletion", "", confirmed=True)
        said = _("Your request is registered. You are erased as soon as nothing stands in the way.")
        return done(request, to="/account/data#requests", message=said)
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _erase(request, actor, form, 409)
    return sessions.take_cookie(done(request, to="/", message=_("You are erased. Goodbye.")))


HANDLERS = (data, choose, ask, take_back, seen_by, copies, ask_for_copy, fetch_copy, erase_page, erase)
