"""What opens behind a link to a deck: who are you, may we count, and the pages with the reader's name in them.

No page of it is found by a search engine, tells others where it was, or can be kept by a browser.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import clock
from app.core.clock import VIETNAM
from app.core.errors import NotAllowed
from app.core.files.names import disposition
from app.core.forms import Form, Line, read_form
from app.core.i18n import current_locale, gettext
from app.core.limits import hit
from app.core.settings import get_settings
from app.core.web import Actor, done, page, public
from app.dealflow import leaves, links, reading, taking
from app.dealflow.links import path_of
from app.dealflow.reading import Reader

AnyRequest = Request[Any, Any, Any]

COOKIE = "shown"
OPENED_PER_HOUR = 3_000
SHOWN = "/shown/{link:uuid}/{token:str}"
QUIET = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


class Code(msgspec.Struct, kw_only=True):
    code: Line


class Answer(msgspec.Struct, kw_only=True):
    answer: Line


class Looked(msgspec.Struct, kw_only=True):
    page: int
    seconds: int


async def _opened(request: AnyRequest, actor: Actor, link: UUID, token: str) -> tuple[dict[str, Any], Reader | None]:
    """The link and who reads it here; counted per link, so that nobody tries or copies it by the thousand."""
    await hit("dealflow.shown", link, OPENED_PER_HOUR, 3600)
    row = await links.open_link(link, token)
    return row, await reading.reader_of(actor, row, request.cookies.get(COOKIE, ""))


def _quiet(response: Response[Any]) -> Response[Any]:
    for name, value in QUIET.items():
        response.set_header(name, value)
    return response


@get(SHOWN, opt=public)
async def show(
    request: AnyRequest, actor: NamedDependency[Actor], link: FromPath[UUID], token: FromPath[str]
) -> Response[Any]:
    """The pages for whoever may read them; for everybody else how to show that the link is theirs."""
    try:
        row, reader = await _opened(request, actor, link, token)
    except links.LinkOver:
        return _quiet(page(request, "dealflow/link_over.html", status=404))
    return _page(request, row, reader)


def _page(
    request: AnyRequest,
    row: dict[str, Any],
    reader: Reader | None,
    form: Form[Any] | None = None,
    *,
    sent: bool = False,
) -> Response[Any]:
    here = path_of(row["id"], row["key"])
    if reader is None:
        email = row["email"]
        hint = f"{email[:1]}…@{email.partition('@')[2]}" if email else ""
        status = 422 if form is not None and form.errors else 200
        shown = page(
            request,
            "dealflow/who.html",
            status=status,
            link=row,
            link_path=here,
            hint=hint,
            form=form or Form(),
            sent=sent,
        )
        return _quiet(shown)
    text = request.query_params.get("after", "")
    after = int(text) if text.isdecimal() and len(text) < 5 else 0
    shapes = row["shapes"]
    found = [(number, shapes[2 * number - 2], shapes[2 * number - 1]) for number in range(after + 1, row["drawn"] + 1)]
    return _quiet(
        page(
            request,
            "dealflow/shown.html",
            fragment="rest" if request.headers.get("hx-target") == "rest" else None,
            link=row,
            link_path=here,
            reader=reader,
            pages=found,
            counted=reader.answer == "given",
            most=taking.MOST,
        )
    )


@post(f"{SHOWN}/code", opt=public, status_code=200)
async def send_code(
    request: AnyRequest, actor: NamedDependency[Actor], link: FromPath[UUID], token: FromPath[str]
) -> Response[Any]:
    """Mail the recipient a code."""
    row, reader = await _opened(request, actor, link, token)
    if reader is not None or row["viewer"] is not None:
        return _quiet(done(request, to=path_of(row["id"], row["key"])))
    await reading.send_code(row, current_locale())
    return _page(request, row, None, sent=True)


@post(f"{SHOWN}/enter", opt=public, status_code=200)
async def enter(
    request: AnyRequest, actor: NamedDependency[Actor], link: FromPath[UUID], token: FromPath[str]
) -> Response[Any]:
    """The code from the mail; right, this browser may read until the link ends."""
    row, reader = await _opened(request, actor, link, token)
    here = path_of(row["id"], row["key"])
    if reader is not None or row["viewer"] is not None:
        return _quiet(done(request, to=here))
    form = await read_form(request, Code)
    if form.value is None:
        return _page(request, row, None, form, sent=True)
    try:
        word = await reading.let_in(row, form.value.code)
    except reading.WrongCode as error:
        return _page(request, row, None, form.take(error), sent=True)
    response = done(request, to=here)
    left = max(60, int((row["expires_at"] - clock.now()).total_seconds()))
    response.set_cookie(
        Cookie(
            COOKIE,
            value=word,
            path=f"/shown/{row['id']}",
            max_age=left,
            httponly=True,
            samesite="lax",
            secure=get_settings().secure,
        )
    )
    return _quiet(response)


@post(f"{SHOWN}/answer", opt=public, status_code=200)
async def answer(
    request: AnyRequest, actor: NamedDependency[Actor], link: FromPath[UUID], token: FromPath[str]
) -> Response[Any]:
    """Yes or no to being counted; a no deletes what was counted before."""
    row, reader = await _opened(request, actor, link, token)
    if reader is None:
        raise NotAllowed
    form = await read_form(request, Answer)
    if form.value is not None and form.value.answer in ("yes", "no"):
        await reading.answer(actor, row, reader, yes=form.value.answer == "yes")
    said = gettext("Thank you. You can change this at any time.") if form.value else None
    return _quiet(done(request, to=path_of(row["id"], row["key"]), message=said))


@post(f"{SHOWN}/looked", opt=public, status_code=204)
async def looked(
    request: AnyRequest, actor: NamedDependency[Actor], link: FromPath[UUID], token: FromPath[str]
) -> Response[None]:
    """So many seconds on a page: kept for readers who said yes, forgotten for all others."""
    row, reader = await _opened(request, actor, link, token)
    form = await read_form(request, Looked)
    if reader is not None and form.value is not None:
        await reading.count(row, reader, form.value.page, form.value.seconds)
    return Response(None, status_code=204, headers=QUIET)


@get(f"{SHOWN}/pages/{{number:int}}", opt=public)
async def leaf(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    link: FromPath[UUID],
    token: FromPath[str],
    number: FromPath[int],
) -> Response[bytes]:
    """One page as a picture with the reader's name drawn into it. There is no way to the file itself."""
    row, reader = await _opened(request, actor, link, token)
    if reader is None:
        raise NotAllowed
    body = await leaves.marked(row, number, _mark(row, reader))
    return Response(body, media_type="image/webp", headers={**QUIET, "Content-Disposition": "inline"})


def _mark(row: dict[str, Any], reader: Reader) -> str:
    """What stands on every page: who it was shown to, and when."""
    day = clock.now().astimezone(VIETNAM)
    return " · ".join(part for part in (reader.name, row["email"], f"{day:%d/%m/%Y}") if part)


@post(f"{SHOWN}/file", opt=public, status_code=200)
async def take(
    request: AnyRequest, actor: NamedDependency[Actor], link: FromPath[UUID], token: FromPath[str]
) -> Response[bytes]:
    """The pages as a file, where the link allows it. Pressed, never followed: the startup sees that it was taken."""
    row, reader = await _opened(request, actor, link, token)
    if reader is None:
        raise NotAllowed
    body = await taking.take(row, _mark(row, reader))
    named = disposition(f"{row['title']}.pdf", inline=False)
    return Response(body, media_type="application/pdf", headers={**QUIET, "Content-Disposition": named})


handlers = [show, send_code, enter, answer, looked, leaf, take]
