"""Pages of introductions: the boxes, asking, one introduction and its answers. Threads and results have their own."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.connections.access import candidate_for, own_organisations
from app.connections.introductions import (
    access,
    answering,
    asking,
    blocking,
    drawing,
    forms,
    inbox,
    offers,
    outcomes,
    routes_own,
    routes_propose,
    routes_results,
    routes_staff,
    routes_thread,
    snapshots,
    thread,
)
from app.connections.introductions.asking import Wish
from app.connections.introductions.vocabulary import PURPOSES, REPORTS
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import Form, filled, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, remember_waiting, signed_in
from app.directory.access import Seen, organisation_for

AnyRequest = Request[Any, Any, Any]


@get("/introductions", guards=[signed_in])
async def boxes(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    box: FromQuery[str] = "",
    organisation: FromQuery[str] = "",
    start: FromQuery[str] = "",
) -> Response[str]:
    """One box of all the person's organisations, or of one of them."""
    own = await own_organisations(actor)
    chosen = next((one for one in own if one.slug == organisation), None)
    counts = await inbox.counts(actor.person_id, chosen.id if chosen else None)
    name = box if box in inbox.BOXES else next((key for key in inbox.BOXES if counts.get(key)), "received")
    offset = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 0
    found = await inbox.box(actor.person_id, name, chosen.id if chosen else None, offset)
    return page(
        request,
        "introductions/boxes.html",
        own=own,
        chosen=chosen,
        box=name,
        counts=counts,
        labels={key: label.text() for key, label in inbox.BOXES.items()},
        rows=found[: inbox.PAGE],
        offset=offset,
        older=offset + inbox.PAGE if len(found) > inbox.PAGE else None,
        unread=await thread.unread_of(actor.person_id),
        asked=await outcomes.asked_of(actor.person_id),
        **drawing.words(),
    )


@get("/introductions/count", guards=[signed_in])
async def count(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[str]:
    """How much waits for the person, at their picture and in the menu; known to the browser for a while after."""
    waiting = await thread.waiting_for(actor.person_id)
    response = page(request, "introductions/count.html", waiting=waiting)
    remember_waiting(response, actor, waiting)
    return response


@get("/organisations/{slug:str}/introduce-button", guards=[signed_in])
async def button(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """What the person's organisations may ask this one; a part of its page."""
    seen = await organisation_for(actor, slug)
    own = [] if seen.member else [one for one in await own_organisations(actor) if one.may_edit]
    own = [one for one in own if one.slug == request.query_params.get("for")] or own
    found = [(one, (await offers.offers(one, [seen.id])).get(seen.id)) for one in own[:5]]
    return page(request, "introductions/button.html", seen=seen, found=[(one, what) for one, what in found if what])


@get("/organisations/{slug:str}/introduce", guards=[signed_in])
async def ask_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """The form: for which of one's organisations, what for, and why; with the engine's reasons beside it."""
    seen = await organisation_for(actor, slug)
    return await _ask_drawn(request, actor, seen, None)


@post("/organisations/{slug:str}/introduce", guards=[signed_in], status_code=200)
async def ask(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Send a request, or keep it as a draft."""
    seen = await organisation_for(actor, slug)
    form = await read_form(request, forms.Asking)
    if form.value is None:
        return await _ask_drawn(request, actor, seen, form, status=422)
    asker = next((one for one in await own_organisations(actor) if one.slug == form.value.asker and one.may_edit), None)
    if asker is None:
        raise NotFound
    receiver = await candidate_for(asker, slug)
    wish = Wish(purpose=form.value.purpose, words=form.value.words)
    try:
        verb = asking.draft if form.value.act == "draft" else asking.ask
        introduction = await verb(actor, asker, receiver["id"], wish)
    except Invalid as error:
        return await _ask_drawn(request, actor, seen, form.take(error), status=422)
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _ask_drawn(request, actor, seen, form, status=409)
    message = _("Kept as a draft.") if form.value.act == "draft" else _("Sent. You hear as soon as they answer.")
    return done(request, to=f"/introductions/{introduction}", message=message)


async def _ask_drawn(
    request: AnyRequest, actor: Actor, seen: Seen, form: Form[Any] | None, *, status: int = 200
) -> Response[Any]:
    mine = [one for one in await own_organisations(actor) if one.may_edit and one.id != seen.id]
    wanted = form.raw.get("asker") if form else request.query_params.get("for")
    asker = next((one for one in mine if one.slug == wanted), mine[0] if mine else None)
    offer = (await offers.offers(asker, [seen.id])).get(seen.id) if asker else None
    kept = await asking.kept_draft(asker.id, seen.id) if asker else None
    reasons = await snapshots.of(asker, seen.id) if asker else None
    for_you, for_them = await snapshots.said(reasons, "asker") if reasons else ([], [])
    draft = {"purpose": kept["purpose"], "words": kept["words"]} if kept else {}
    return page(
        request,
        "introductions/ask.html",
        status=status,
        seen=seen,
        mine=mine,
        asker=asker,
        offer=offer,
        form=form or filled({"asker": asker.slug if asker else "", **draft}),
        for_you=for_you,
        for_them=for_them,
        purposes=[(term.code, term.label()) for term in PURPOSES],
        shortest=asking.SHORTEST,
        longest=asking.LONGEST,
    )


@get("/introductions/{introduction_id:uuid}", guards=[signed_in])
async def show(
    request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID], before: FromQuery[str] = ""
) -> Response[Any]:
    """One introduction: why, how it stands, and the thread once both have said yes."""
    held = await access.introduction_for(actor, introduction_id)
    return await drawing.drawn(request, actor, held, before=before)


@post("/introductions/{introduction_id:uuid}/accept", guards=[signed_in])
async def accept(request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]) -> Response[Any]:
    """Say yes."""
    held = await access.decided_for(actor, introduction_id)
    await answering.accept(actor, held)
    again = await access.introduction_for(actor, introduction_id)
    message = _("You are connected. Write the first message.") if again.connected else _("Thank you. You hear from us.")
    return done(request, to=held.path, message=message)


@post("/introductions/{introduction_id:uuid}/decline", guards=[signed_in], status_code=200)
async def decline(request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]) -> Response[Any]:
    """Say no, with a reason."""
    held = await access.decided_for(actor, introduction_id)
    form = await read_form(request, forms.Declining)
    if form.value is None:
        return await drawing.drawn(request, actor, held, declining=form, status=422)
    try:
        await answering.decline(actor, held, form.value.reason, form.value.note)
    except Invalid as error:
        return await drawing.drawn(request, actor, held, declining=form.take(error), status=422)
    return done(request, to="/introductions?box=received", message=_("Answered: %(name)s", name=held.other_name))


_ACTS: dict[str, Any] = {
    "withdraw": answering.withdraw,
    "close": answering.close,
    "met": answering.met,
    "block": blocking.block,
}


@post("/introductions/{introduction_id:uuid}/{act:str}", guards=[signed_in])
async def act(
    request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID], act: FromPath[str]
) -> Response[Any]:
    """Withdraw, close, say that one has met, block: one press each."""
    held = await access.decided_for(actor, introduction_id)
    if act not in _ACTS:
        raise NotFound
    await _ACTS[act](actor, held)
    messages = {
        "withdraw": _("The draft is thrown away.") if held.state == "draft" else _("The request is withdrawn."),
        "close": _("Closed. What was said can still be read."),
        "met": _("Noted: you have met."),
        "block": _("Blocked. They are not told."),
    }
    to = "/introductions?box=past" if act in ("withdraw", "block") else held.path
    return done(request, to=to, message=messages[act])


@get("/introductions/{introduction_id:uuid}/report", guards=[signed_in])
async def report_page(
    request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]
) -> Response[Any]:
    held = await access.decided_for(actor, introduction_id)
    return _report_drawn(request, held, filled({}))


@post("/introductions/{introduction_id:uuid}/report", guards=[signed_in], status_code=200)
async def report(request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]) -> Response[Any]:
    """Tell the department that something is wrong with the other side."""
    held = await access.decided_for(actor, introduction_id)
    form = await read_form(request, forms.Reporting)
    if form.value is None:
        return _report_drawn(request, held, form, status=422)
    try:
        said = form.value
        await blocking.report(actor, held, said.kind, said.words, shows_thread=said.shows_thread)
    except Invalid as error:
        return _report_drawn(request, held, form.take(error), status=422)
    return done(request, to=held.path, message=_("Thank you. The department looks at it; they are not told."))


def _report_drawn(request: AnyRequest, held: access.Held, form: Form[Any], *, status: int = 200) -> Response[Any]:
    if not held.party:
        raise NotFound
    kinds = [(term.code, term.label()) for term in REPORTS]
    return page(request, "introductions/report.html", status=status, held=held, form=form, kinds=kinds)


router = Router(
    "/",
    route_handlers=[
        boxes,
        count,
        button,
        ask_page,
        ask,
        show,
        accept,
        decline,
        act,
        report_page,
        report,
        *routes_thread.handlers,
        *routes_results.handlers,
        *routes_own.handlers,
        *routes_propose.handlers,
        *routes_staff.handlers,
    ],
    include_in_schema=False,
)
