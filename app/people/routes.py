"""Pages by which people come in: sign-up, sign-in, sign-out, links from mails. The account's own pages are beside."""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import i18n
from app.core.errors import Invalid, NotSignedIn, TooMany
from app.core.forms import Form, filled, read_form
from app.core.i18n import _
from app.core.settings import get_settings
from app.core.web import Actor, done, local_path, page, public
from app.people import (
    forms,
    links,
    new_email,
    new_password,
    record,
    routes_account,
    routes_safety,
    routes_staff,
    sessions,
    signing_in,
    signing_up,
    throttles,
)
from app.people.accounts import AddressTaken
from app.people.rights import routes_data, routes_requests
from app.people.routes_parts import attempt_of, quoted, too_many
from app.people.vocabulary import FIRST_PAGES
from app.people.where import origin_of

AnyRequest = Request[Any, Any, Any]
BROWSER_COOKIE = "sign-up"


# --- sign-up --------------------------------------------------------------------------------------------------


@get("/sign-up", opt=public)
async def sign_up_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """The form; it remembers what somebody comes as, chosen on the landing page."""
    comes_as = request.query_params.get("as", "")
    if actor.signed_in:
        return done(request, to=FIRST_PAGES.get(comes_as, "/account"))
    return _sign_up(request, filled({"as": comes_as}))


def _sign_up(request: AnyRequest, form: Form[Any], **more: Any) -> Response[Any]:
    return page(request, "people/sign_up.html", form=form.forget("password"), first_pages=FIRST_PAGES, **more)


@post("/sign-up", opt=public, status_code=200)
async def sign_up(request: AnyRequest) -> Response[Any]:
    form = await read_form(request, forms.SignUp)
    if form.value is not None:
        wish = form.value
        try:
            browser = await signing_up.ask_for_account(
                email=wish.email,
                name=wish.name,
                password=wish.password,
                locale=i18n.current_locale(),
                origin=origin_of(request),
                comes_as=wish.comes_as,
            )
            return _known_browser(done(request, to="/sign-up/sent"), browser)
        except Invalid as error:
            form.take(error)
        except TooMany as error:
            return too_many(_sign_up(request, form, status=429, busy=True), error)
    return _sign_up(request, form, status=422)


def _known_browser(response: Response[Any], secret: str) -> Response[Any]:
    cookie = Cookie(
        BROWSER_COOKIE, value=secret, max_age=86_400, httponly=True, samesite="lax", secure=get_settings().secure
    )
    response.set_cookie(cookie)
    return response


@get("/sign-up/sent", opt=public)
async def sign_up_sent(request: AnyRequest) -> Response[Any]:
    return page(request, "people/sent.html", what="sign-up", form=Form())


@post("/sign-up/again", opt=public, status_code=200)
async def sign_up_again(request: AnyRequest) -> Response[Any]:
    """Ask for the confirmation once more; the answer is the same for every address."""
    form = await read_form(request, forms.Address)
    if form.value is None:
        return page(request, "people/sent.html", what="sign-up", form=form, status=422)
    try:
        await signing_up.ask_again(form.value.email, i18n.current_locale(), origin_of(request))
    except TooMany as error:
        return too_many(page(request, "people/sent.html", what="sign-up", form=form, status=429, busy=True), error)
    return done(
        request,
        to="/sign-up/sent",
        message=_("If that address is waiting for a confirmation, a new mail is on its way."),
    )


# --- links from mails ------------------------------------------------------------------------------------------


@get("/confirm/{token:str}", opt=public)
async def confirm_page(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """What pressing the button will do. Looking uses nothing up: mail programs look at links by themselves."""
    try:
        link = await links.look_at(token, "sign_up", "email")
    except links.LinkOver as error:
        return _over(request, error)
    return _confirm(request, link, Form())


def _confirm(request: AnyRequest, link: Any, form: Form[Any], status: int = 200) -> Response[Any]:
    same = link["purpose"] == "email" or signing_up.same_browser(
        link["browser_hash"], request.cookies.get(BROWSER_COOKIE, "")
    )
    return page(request, "people/confirm.html", link=link, ask_password=not same, form=form, status=status)


def _over(request: AnyRequest, error: links.LinkOver | AddressTaken) -> Response[Any]:
    return page(request, "people/link_over.html", message=error.text(), status=error.status)


@post("/confirm/{token:str}", opt=public, status_code=200)
async def confirm(request: AnyRequest, token: FromPath[str], actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Confirmation)
    password = form.value.password if form.value else ""
    try:
        link = await links.look_at(token, "sign_up", "email")
        if link["purpose"] == "email":
            renewed = await new_email.confirm_new_email(token, actor, origin_of(request))
            to = "/account" if renewed else "/sign-in"
            response = done(request, to=to, message=_("Your e-mail address is changed."))
            return sessions.give_cookie(response, renewed) if renewed else response
        opened = await signing_up.confirm(
            token,
            browser=request.cookies.get(BROWSER_COOKIE, ""),
            password=password,
            attempt=attempt_of(request),
        )
    except (links.LinkOver, AddressTaken) as error:
        return _over(request, error)
    except Invalid as error:
        return _confirm(request, link, form.take(error).forget("password"), 422)
    to = FIRST_PAGES.get(link["comes_as"], "/account")
    response = done(request, to=to, message=_("Welcome. Your account is ready."))
    response.delete_cookie(BROWSER_COOKIE)
    throttles.remember(request, response, link["email"])
    return sessions.give_cookie(response, opened)


# --- sign-in and sign-out ----------------------------------------------------------------------------------------


@get("/sign-in", opt=public)
async def sign_in_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    to = local_path(request.query_params.get("next"))
    if actor.signed_in:
        return done(request, to=to)
    return page(request, "people/sign_in.html", form=Form(), next=to)


@post("/sign-in", opt=public, status_code=200)
async def sign_in(request: AnyRequest) -> Response[Any]:
    form = await read_form(request, forms.SignIn)
    to = local_path(form.raw.get("next"))
    if form.value is not None:
        email = form.value.email
        try:
            opened = await signing_in.sign_in(
                email, form.value.password, attempt_of(request, stays=form.value.stay, email=email)
            )
        except TooMany as error:
            form.forget("password")
            return too_many(page(request, "people/sign_in.html", form=form, next=to, status=429, busy=True), error)
        except Invalid as error:
            form.take(error)
        else:
            response = done(request, to=f"/sign-in/code?next={quoted(to)}" if opened.waiting else to)
            throttles.remember(request, response, email)
            return sessions.give_cookie(response, opened)
    return page(request, "people/sign_in.html", form=form.forget("password"), next=to, status=422)


@get("/sign-in/code", opt=public)
async def code_page(request: AnyRequest) -> Response[Any]:
    if await signing_in.waiting_session(sessions.token_of(request)) is None:
        return done(request, to="/sign-in")
    return page(request, "people/code.html", form=Form(), next=local_path(request.query_params.get("next")))


@post("/sign-in/code", opt=public, status_code=200)
async def code(request: AnyRequest) -> Response[Any]:
    form = await read_form(request, forms.OneCode)
    to = local_path(form.raw.get("next"))
    if form.value is not None:
        try:
            opened = await signing_in.finish_sign_in(sessions.token_of(request), form.value.code, attempt_of(request))
        except NotSignedIn:
            return done(request, to="/sign-in", message=_("That took too long. Please sign in again."))
        except TooMany as error:
            form.forget("code")
            return too_many(page(request, "people/code.html", form=form, next=to, status=429, busy=True), error)
        except Invalid as error:
            form.add_error("code", error.phrase)
        else:
            return sessions.give_cookie(done(request, to=to), opened)
    return page(request, "people/code.html", form=form.forget("code"), next=to, status=422)


@get("/sign-out", opt=public)
async def sign_out_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """A link here signs nobody out: it takes the button."""
    if not actor.signed_in:
        return done(request, to="/")
    return page(request, "people/sign_out.html")


@post("/sign-out", opt=public, status_code=200)
async def sign_out(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await sessions.sign_out(sessions.token_of(request))
    if actor.signed_in:
        await record.note(actor.person_id, "sign_out.done", origin_of(request))
    return sessions.take_cookie(done(request, to="/", message=_("You are signed out.")))


# --- a forgotten password ---------------------------------------------------------------------------------------


@get("/reset", opt=public)
async def reset_page(request: AnyRequest) -> Response[Any]:
    return page(request, "people/reset.html", form=Form())


@post("/reset", opt=public, status_code=200)
async def ask_for_reset(request: AnyRequest) -> Response[Any]:
    form = await read_form(request, forms.Address)
    if form.value is None:
        return page(request, "people/reset.html", form=form, status=422)
    try:
        await new_password.ask_for_reset(form.value.email, i18n.current_locale(), origin_of(request))
    except TooMany as error:
        return too_many(page(request, "people/reset.html", form=form, status=429, busy=True), error)
    return done(request, to="/reset/sent")


@get("/reset/sent", opt=public)
async def reset_sent(request: AnyRequest) -> Response[Any]:
    return page(request, "people/sent.html", what="reset", form=Form())


@get("/reset/{token:str}", opt=public)
async def new_password_page(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    try:
        link = await links.look_at(token, "reset")
    except links.LinkOver as error:
        return _over(request, error)
    return page(request, "people/new_password.html", link=link, form=Form())


@post("/reset/{token:str}", opt=public, status_code=200)
async def set_new_password(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    form = await read_form(request, forms.NewPassword)
    try:
        link = await links.look_at(token, "reset")
        if form.value is not None:
            email = await new_password.reset_password(token, form.value.password, origin_of(request))
            response = done(request, to="/sign-in", message=_("Your new password is set. Please sign in with it."))
            throttles.remember(request, response, email)
            return sessions.take_cookie(response)
    except links.LinkOver as error:
        return _over(request, error)
    except Invalid as error:
        form.take(error)
    return page(request, "people/new_password.html", link=link, form=form.forget("password"), status=422)


router = Router(
    "/",
    route_handlers=[
        *(sign_up_page, sign_up, sign_up_sent, sign_up_again, confirm_page, confirm),
        *(sign_in_page, sign_in, code_page, code, sign_out_page, sign_out),
        *(reset_page, ask_for_reset, reset_sent, new_password_page, set_new_password),
        *routes_account.HANDLERS,
        *routes_safety.HANDLERS,
        *routes_staff.HANDLERS,
        *routes_data.HANDLERS,
        *routes_requests.HANDLERS,
    ],
    include_in_schema=False,
)
