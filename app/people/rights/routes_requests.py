"""The staff's pages of requests about personal data: the register, one request, writing one down."""

import tempfile
from collections.abc import AsyncIterator
from typing import IO, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import Form, read_form
from app.core.i18n import N_, _
from app.core.web import Actor, done, page, role
from app.people.rights import due, erasure, forms, register, requests, seen
from app.people.rights.copying import PIECE
from app.people.rights.requests import Wish
from app.people.rights.subject import subject_of, subjects_at, what_hinders

AnyRequest = Request[Any, Any, Any]
HERE = "/staff/requests"
CONFIRM = N_("Your password was typed too long ago. Please confirm it in a new tab, then send this again.")


def stale(form: Form[Any]) -> Form[Any]:
    """The form drawn again with what was typed: going away to confirm the password would lose a long answer."""
    form.add_error("", CONFIRM)
    return form


@get(HERE, guards=[role("admin")])
async def index(
    request: AnyRequest, actor: NamedDependency[Actor], only: FromQuery[str] = "", page_number: FromQuery[int] = 1
) -> Response[Any]:
    return await _index(request, actor, Form(), closed=only == "closed", number=page_number)


async def _index(
    request: AnyRequest, actor: Actor, form: Form[Any], *, closed: bool = False, number: int = 1, status: int = 200
) -> Response[Any]:
    number = min(max(1, number), 10_000)
    rows = await register.requests_for(actor, closed=closed, page=number)
    kept = "only=closed&" if closed else ""
    more = len(rows) > register.PAGE
    return page(
        request,
        "people/data/requests.html",
        status=status,
        form=form,
        rows=rows[: register.PAGE],
        closed=closed,
        waiting=await register.waiting(),
        rights=due.RIGHTS,
        states=requests.STATES,
        channels=requests.CHANNELS,
        newer=f"{HERE}?{kept}page_number={number - 1}" if number > 1 else None,
        older=f"{HERE}?{kept}page_number={number + 1}" if more else None,
    )


@post(HERE, guards=[role("admin")], status_code=200)
async def write_down(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Register a request that came on paper, by mail, by phone or at a desk."""
    form = await read_form(request, forms.Register)
    if not actor.confirmed_recently:
        return await _index(request, actor, stale(form), status=403)
    if form.value is None:
        return await _index(request, actor, form, status=422)
    value = form.value
    wish = Wish(
        kind=value.kind,
        said=value.said,
        channel=value.channel,
        name=value.name,
        email=value.email,
        received_on=value.received_on,
        others_involved=value.others_involved,
    )
    try:
        number = await requests.register(actor, wish)
    except Invalid as error:
        return await _index(request, actor, form.take(error), status=422)
    return done(request, to=f"{HERE}/{number}", message=_("The request is registered."))


@get(f"{HERE}/{{number:uuid}}", guards=[role("admin")])
async def one(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    return await _one(request, actor, number, Form())


async def _one(request: AnyRequest, actor: Actor, number: UUID, form: Form[Any], status: int = 200) -> Response[Any]:
    row = await register.request_for(actor, number)
    await seen.note(actor, [row["person"]], "request")
    hindered = []
    if row["kind"] == "deletion" and row["open"]:
        own = await subject_of(row["person"]) if row["person"] else None
        people = [own] if own else await subjects_at(row["email"]) if row["email"] else []
        hindered = [obstacle for subject in people for obstacle in await what_hinders(subject)]
    return page(
        request,
        "people/data/request.html",
        status=status,
        form=form,
        row=row,
        steps=await register.steps_of(number),
        obstacles=hindered,
        rights=due.RIGHTS,
        states=requests.STATES,
        channels=requests.CHANNELS,
        step_words=requests.STEPS,
    )


@post(f"{HERE}/{{number:uuid}}", guards=[role("admin")], status_code=200)
async def act(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    """Answer, extend, close."""
    here = f"{HERE}/{number}"
    form = await read_form(request, forms.Answer)
    if not actor.confirmed_recently:
        return await _one(request, actor, number, stale(form), 403)
    if form.value is None:
        return await _one(request, actor, number, form, 422)
    value = form.value
    try:
        if value.act == "answered":
            await requests.respond(actor, number, value.answer)
        elif value.act == "extended":
            await requests.extend(actor, number, value.answer)
        else:
            await requests.finish(actor, number, value.answer, refused=value.act == "refused")
    except Invalid as error:
        return await _one(request, actor, number, form.take(error), 422)
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _one(request, actor, number, form, 409)
    return done(request, to=here, message=_("Saved. The person is told."))


@post(f"{HERE}/{{number:uuid}}/erase", guards=[role("admin")], status_code=200)
async def carry_out(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    """Erase whoever the request is about."""
    here = f"{HERE}/{number}"
    form = await read_form(request, forms.CarryOut)
    if not actor.confirmed_recently:
        return await _one(request, actor, number, stale(form), 403)
    if form.value is None:
        return await _one(request, actor, number, form, 422)
    try:
        await requests.carry_out(actor, number, form.value.identity)
    except erasure.Hindered as error:
        form.add_error("", error.phrase)
        return await _one(request, actor, number, form, 409)
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _one(request, actor, number, form, 409)
    except Invalid as error:
        return await _one(request, actor, number, form.take(error), 422)
    return done(request, to=here, message=_("Everything about this person is erased."))


@post(f"{HERE}/{{number:uuid}}/copy", guards=[role("admin")], status_code=200)
async def copy(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    """The copy of everything for somebody without an account, to be handed over; nothing of it is kept here."""
    form = await read_form(request, forms.CarryOut)
    if not actor.confirmed_recently:
        return await _one(request, actor, number, stale(form), 403)
    if form.value is None:
        return await _one(request, actor, number, form, 422)
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed when the last piece is sent
    try:
        await requests.copy_to_hand_over(actor, number, form.value.identity, file)
    except (Conflict, Invalid, NotFound) as error:
        file.close()
        if isinstance(error, Conflict):
            form.add_error("", error.phrase)
            return await _one(request, actor, number, form, 409)
        raise
    headers = {"Content-Disposition": f'attachment; filename="ket-noi-{number}.zip"'}
    return Stream(_pieces(file), media_type="application/zip", headers=headers)


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


HANDLERS = (index, write_down, one, act, carry_out, copy)
