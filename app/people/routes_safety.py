"""Pages of what lets somebody in: browsers that are signed in, API tokens, two-step sign-in."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid
from app.core.forms import Form, read_form
from app.core.i18n import _, ngettext
from app.core.settings import get_settings
from app.core.web import Actor, done, local_path, own_account, page
from app.people import forms, record, sessions, tokens, two_step
from app.people.routes_parts import confirm_first, quoted
from app.people.where import origin_of

AnyRequest = Request[Any, Any, Any]


# --- browsers -------------------------------------------------------------------------------------------------


@get("/account/sessions", guards=[own_account])
async def sessions_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(request, "people/sessions.html", sessions=await sessions.sessions_of(actor))


@post("/account/sessions/{session_id:uuid}/end", guards=[own_account], status_code=200)
async def end_session(request: AnyRequest, actor: NamedDependency[Actor], session_id: FromPath[UUID]) -> Response[Any]:
    await sessions.end_session(actor, session_id)
    await record.note(actor.person_id, "session.ended", origin_of(request))
    return done(request, to="/account/sessions", message=_("That browser is signed out."))


@post("/account/sessions/end-others", guards=[own_account], status_code=200)
async def end_other_sessions(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    ended = await sessions.end_other_sessions(actor)
    if ended:
        await record.note(actor.person_id, "session.ended", origin_of(request))
    message = ngettext("%(num)s browser is signed out.", "%(num)s browsers are signed out.", ended)
    return done(request, to="/account/sessions", message=message)


# --- API tokens -----------------------------------------------------------------------------------------------


@get("/account/tokens", guards=[own_account])
async def tokens_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _tokens(request, actor, Form())


async def _tokens(
    request: AnyRequest, actor: Actor, form: Form[Any], status: int = 200, token: str | None = None
) -> Response[Any]:
    return page(
        request, "people/tokens.html", tokens=await tokens.tokens_of(actor), form=form, new_token=token, status=status
    )


@post("/account/tokens", guards=[own_account], status_code=200)
async def create_token(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """The answer shows the token, once: it is not stored, so there is nothing to lead on to."""
    ask = confirm_first(request, actor, "/account/tokens")
    if ask is not None:
        return ask
    form = await read_form(request, forms.NewToken)
    if form.value is None:
        return await _tokens(request, actor, form, 422)
    wish = form.value
    try:
        token = await tokens.create_token(actor, wish.name, wish.scope, wish.days, origin_of(request))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _tokens(request, actor, form, 409)
    return await _tokens(request, actor, Form(), 201, token)


@post("/account/tokens/{token_id:uuid}/end", guards=[own_account], status_code=200)
async def end_token(request: AnyRequest, actor: NamedDependency[Actor], token_id: FromPath[UUID]) -> Response[Any]:
    await tokens.end_token(actor, token_id, origin_of(request))
    return done(request, to="/account/tokens", message=_("The token is ended."))


# --- two-step sign-in -------------------------------------------------------------------------------------------


@get("/account/two-step", guards=[own_account])
async def two_step_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Also the page that staff are led to who have to turn it on; `next` is where they wanted to go."""
    return await _two_step(request, actor, Form(), local_path(request.query_params.get("next"), "/account"))


async def _two_step(request: AnyRequest, actor: Actor, form: Form[Any], to: str, status: int = 200) -> Response[Any]:
    is_on, codes_left = await two_step.state_of(actor)
    secret = None
    if not is_on and actor.confirmed_recently:
        secret = await two_step.waiting_secret(actor)
    return page(
        request,
        "people/two_step.html",
        form=form,
        next=to,
        needed=_needed(actor),
        two_step_on=is_on,
        codes_left=codes_left,
        secret=secret,
        qr=two_step.qr_uri(actor, secret) if secret else None,
        codes=None,
        status=status,
    )


def _needed(actor: Actor) -> bool:
    return bool(actor.roles) and get_settings().staff_totp_required


def _two_step_to(to: str) -> str:
    """The page's own address with the way on, where there is one."""
    return "/account/two-step" if to == "/account" else f"/account/two-step?next={quoted(to)}"


@post("/account/two-step/begin", guards=[own_account], status_code=200)
async def begin_two_step(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Onward)
    here = _two_step_to(local_path(form.raw.get("next"), "/account"))
    ask = confirm_first(request, actor, here)
    if ask is not None:
        return ask
    await two_step.begin(actor)
    return done(request, to=here)


@post("/account/two-step", guards=[own_account], status_code=200)
async def finish_two_step(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """The answer shows the recovery codes, once, and the way on."""
    form = await read_form(request, forms.OneCode)
    to = local_path(form.raw.get("next"), "/account")
    ask = confirm_first(request, actor, _two_step_to(to))
    if ask is not None:
        return ask
    if form.value is not None:
        try:
            codes, opened = await two_step.finish(actor, form.value.code, origin_of(request))
        except Invalid as error:
            form.take(error)
        else:
            response = page(
                request,
                "people/two_step.html",
                form=Form(),
                next=to,
                needed=_needed(actor),
                two_step_on=True,
                codes_left=len(codes),
                secret=None,
                qr=None,
                codes=codes,
            )
            return sessions.give_cookie(response, opened) if opened else response
    return await _two_step(request, actor, form.forget("code"), to, 422)


@post("/account/two-step/end", guards=[own_account], status_code=200)
async def end_two_step(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    ask = confirm_first(request, actor, "/account/two-step")
    if ask is not None:
        return ask
    opened = await two_step.end(actor, origin_of(request))
    response = done(request, to="/account/two-step", message=_("Two-step sign-in is off."))
    return sessions.give_cookie(response, opened) if opened else response


HANDLERS = (
    *(sessions_page, end_session, end_other_sessions, tokens_page, create_token, end_token),
    *(two_step_page, begin_two_step, finish_two_step, end_two_step),
)
