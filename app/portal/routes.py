"""Pages that belong to no subject: landing, about, language, components, and the demo's mails."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery

from app.core import db
from app.core.errors import NotFound
from app.core.forms import read_form
from app.core.settings import get_settings
from app.core.web import LANGUAGE_COOKIE, actor_of, done, local_path, page, public
from app.people.accounts import choose_language
from app.portal import crawlers, figures
from app.portal.forms import LanguageChoice

YEAR_SECONDS = 31_536_000
MAILS_SHOWN = 50


@get("/", opt=public)
async def home(request: Request[Any, Any, Any]) -> Response[str]:
    """What this is, with numbers counted from the database."""
    return page(
        request,
        "portal/home.html",
        stats=await figures.headline(),
        events=await figures.next_events(),
        sample=get_settings().demo,
    )


@get("/about", opt=public)
async def about(request: Request[Any, Any, Any]) -> Response[str]:
    return page(request, "portal/about.html")


@get("/design", opt=public)
async def design(request: Request[Any, Any, Any]) -> Response[str]:
    """Every component on one page."""
    return page(request, "design.html")


@post("/language", opt=public)
async def language(request: Request[Any, Any, Any]) -> Response[Any]:
    """Remember the language: in a cookie, and with the account of somebody signed in."""
    form = await read_form(request, LanguageChoice)
    to = local_path(form.raw.get("next"))
    response = done(request, to=to)
    if form.value is not None:
        await choose_language(actor_of(request), form.value.lang)
        response.set_cookie(
            LANGUAGE_COOKIE, form.value.lang, max_age=YEAR_SECONDS, samesite="lax", secure=get_settings().secure
        )
    return response


@get("/demo/mail", opt=public)
async def mails(request: Request[Any, Any, Any], before: FromQuery[UUID | None] = None) -> Response[str]:
    """Every mail of the demo, newest first; outside the demo the page does not exist."""
    _only_in_the_demo()
    rows = await db.fetch(
        "SELECT id, to_address, subject, locale, state, created_at FROM mail"
        " WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",
        before,
        MAILS_SHOWN + 1,
    )
    older = f"/demo/mail?before={rows[MAILS_SHOWN - 1]['id']}" if len(rows) > MAILS_SHOWN else None
    return page(request, "portal/mails.html", mails=rows[:MAILS_SHOWN], older=older)


@get("/demo/mail/{mail_id:uuid}", opt=public)
async def mail(request: Request[Any, Any, Any], mail_id: FromPath[UUID]) -> Response[str]:
    _only_in_the_demo()
    row = await db.fetchrow("SELECT * FROM mail WHERE id = $1", mail_id)
    if row is None:
        raise NotFound
    parts = await db.fetch(
        "SELECT place, filename, media_type, length(content) AS bytes FROM mail_attachment"
        " WHERE mail = $1 ORDER BY place",
        mail_id,
    )
    return page(request, "portal/mail.html", mail=row, parts=parts)


@get("/demo/mail/{mail_id:uuid}/{place:int}", opt=public)
async def attachment(mail_id: FromPath[UUID], place: FromPath[int]) -> Response[bytes]:
    _only_in_the_demo()
    row = await db.fetchrow("SELECT * FROM mail_attachment WHERE mail = $1 AND place = $2", mail_id, place % 1000)
    if row is None:
        raise NotFound
    ending = "pdf" if row["media_type"] == "application/pdf" else "ics" if "calendar" in row["media_type"] else "bin"
    return Response(
        row["content"],
        media_type=row["media_type"],
        headers={"Content-Disposition": f'attachment; filename="attachment-{place}.{ending}"'},
    )


def _only_in_the_demo() -> None:
    settings = get_settings()
    if not settings.demo or settings.production:
        raise NotFound


router = Router(
    "/",
    route_handlers=[home, about, design, language, mails, mail, attachment, *crawlers.handlers],
    include_in_schema=False,
)
