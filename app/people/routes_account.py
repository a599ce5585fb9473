"""Pages of one's own account: profile, password, e-mail address, its end, and typing the password again."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from app.core.errors import Conflict, Invalid, NotSignedIn, TooMany
from app.core.forms import Form, filled, read_form
from app.core.i18n import _
from app.core.settings import get_settings
from app.core.web import LANGUAGE_COOKIE, Actor, done, local_path, own_account, page
from app.people import (
    accounts,
    ending,
    forms,
    new_email,
    new_password,
    record,
    roles,
    sessions,
    signing_in,
    tokens,
    two_step,
    vocabulary,
)
from app.people.routes_parts import attempt_of, too_many
from app.people.where import origin_of

AnyRequest = Request[Any, Any, Any]
YEAR_SECONDS = 31_536_000
STAFF = ("admin", "moderator", "organizer", "desk")


@get("/account", guards=[own_account])
async def account(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _account(request, actor, filled({"name": actor.name, "locale": actor.locale or "vi"}))


async def _account(request: AnyRequest, actor: Actor, form: Form[Any], status: int = 200) -> Response[Any]:
    before = request.query_params.get("before", "")
    rows = await record.events_of(actor.person_id, int(before) if before.isdecimal() and len(before) < 18 else None)
    two_step_on, codes_left = await two_step.state_of(actor)
    return page(
        request,
        "people/account.html",
        form=form,
        status=status,
        events=rows[: record.PAGE],
        older=f"/account?before={rows[record.PAGE - 1]['id']}#events" if len(rows) > record.PAGE else None,
        words=vocabulary.EVENTS,
        role_words=roles.LABELS,
        two_step_on=two_step_on,
        codes_left=codes_left,
        ask_two_step=not two_step_on and not actor.roles.isdisjoint(STAFF),
        session_count=len(await sessions.sessions_of(actor)),
        token_count=len(await tokens.tokens_of(actor)),
    )


@post("/account", guards=[own_account], status_code=200)
async def save_profile(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Profile)
    if form.value is None:
        return await _account(request, actor, form, 422)
    try:
        await accounts.change_profile(actor, form.value.name, form.value.locale, origin_of(request))
    except Invalid as error:
        return await _account(request, actor, form.take(error), 422)
    response = done(request, to="/account", message=_("Saved."))
    response.set_cookie(
        LANGUAGE_COOKIE, form.value.locale, max_age=YEAR_SECONDS, samesite="lax", secure=get_settings().secure
    )
    return response


# --- password ---------------------------------------------------------------------------------------------------


@get("/account/password", guards=[own_account])
async def password_page(request: AnyRequest) -> Response[Any]:
    return page(request, "people/password.html", form=Form())


@post("/account/password", guards=[own_account], status_code=200)
async def change_password(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.ChangePassword)
    if form.value is not None:
        try:
            opened = await new_password.change_password(actor, form.value.current, form.value.new, attempt_of(request))
        except TooMany as error:
            form.forget("current", "new")
            return too_many(page(request, "people/password.html", form=form, status=429, busy=True), error)
        except Invalid as error:
            form.take(error)
        else:
            response = done(
                request, to="/account", message=_("Your password is changed. Other browsers are signed out.")
            )
            return sessions.give_cookie(response, opened) if opened else response
    return page(request, "people/password.html", form=form.forget("current", "new"), status=422)


# --- e-mail address ---------------------------------------------------------------------------------------------


@get("/account/email", guards=[own_account])
async def email_page(request: AnyRequest) -> Response[Any]:
    return page(request, "people/email.html", form=Form())


@post("/account/email", guards=[own_account], status_code=200)
async def change_email(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.ChangeEmail)
    if form.value is not None:
        try:
            await new_email.ask_for_new_email(actor, form.value.email, form.value.password, attempt_of(request))
        except TooMany as error:
            form.forget("password")
            return too_many(page(request, "people/email.html", form=form, status=429, busy=True), error)
        except Invalid as error:
            form.take(error)
        else:
            message = _("We have written to the new address. The change takes effect when you confirm it there.")
            return done(request, to="/account", message=message)
    return page(request, "people/email.html", form=form.forget("password"), status=422)


# --- the end of an account -----------------------------------------------------------------------------------------


@get("/account/end", guards=[own_account])
async def end_page(request: AnyRequest) -> Response[Any]:
    return page(request, "people/end.html", form=Form())


@post("/account/end", guards=[own_account], status_code=200)
async def end_account(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.EndOwn)
    status = 422
    if form.value is not None:
        try:
            await ending.end_own_account(actor, form.value.password, form.value.reason, attempt_of(request))
        except TooMany as error:
            form.forget("password")
            return too_many(page(request, "people/end.html", form=form, status=429, busy=True), error)
        except Conflict as error:
            form.add_error("", error.phrase, **error.params)
            status = 409
        except Invalid as error:
            form.take(error)
        else:
            return sessions.take_cookie(done(request, to="/", message=_("Your account is ended. Goodbye.")))
    return page(request, "people/end.html", form=form.forget("password"), status=status)


# --- typing the password again ---------------------------------------------------------------------------------------


@get("/account/confirm", guards=[own_account])
async def identity_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    to = local_path(request.query_params.get("next"), "/account")
    if actor.confirmed_recently:
        return done(request, to=to)
    return page(
        request,
        "people/identity.html",
        form=Form(),
        next=to,
        busy=False,
        two_step_on=await signing_in.has_two_step(actor.person_id),
    )


@post("/account/confirm", guards=[own_account], status_code=200)
async def confirm_identity(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Identity)
    to = local_path(form.raw.get("next"), "/account")
    status, error_of_time = 422, None
    if form.value is not None:
        try:
            opened = await signing_in.confirm_identity(actor, form.value.password, form.value.code, attempt_of(request))
            return sessions.give_cookie(done(request, to=to), opened)
        except TooMany as error:
            status, error_of_time = 429, error
        except Invalid as error:
            form.take(error)
        except NotSignedIn:
            return done(request, to="/sign-in")
    response = page(
        request,
        "people/identity.html",
        form=form.forget("password", "code"),
        next=to,
        two_step_on=await signing_in.has_two_step(actor.person_id),
        status=status,
        busy=error_of_time is not None,
    )
    return too_many(response, error_of_time) if error_of_time else response


HANDLERS = (
    *(account, save_profile, password_page, change_password, email_page, change_email),
    *(end_page, end_account, identity_page, confirm_identity),
)
