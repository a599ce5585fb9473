"""Pages for organisers: the list of everybody, saved views, one person, files. Acts over many: routes_acts.py."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.names import disposition
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.core.forms import Form, Line, read_form
from app.core.i18n import current_locale, gettext
from app.core.web import Actor, done, page, signed_in
from app.directory.importing.tables_out import MEDIA
from events import rights, words
from events.access import EventSeen, managed_event_for
from events.guests import asking, exporting, listing, one, routes_acts, routes_certificates, views, wording
from events.guests.asking import Asked

AnyRequest = Request[Any, Any, Any]
PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


class ViewForm(msgspec.Struct, kw_only=True):
    name: Line
    query: str = ""


class FileForm(msgspec.Struct, kw_only=True):
    format: Literal["csv", "xlsx"] = "csv"
    query: str = ""


@get("/events/{slug:str}/guests", guards=[signed_in])
async def index(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], after: FromQuery[str] = ""
) -> Response[str]:
    """Everybody who registered, as the address asks for them."""
    event = await managed_event_for(actor, slug)
    asked = asking.read(request.query_params, request.query_params.getall("columns", []))
    return await draw(request, actor, event, asked, after=_uuid(after))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


async def draw(  # noqa: PLR0913  what the list is made of, by name
    request: AnyRequest,
    actor: Actor,
    event: EventSeen,
    asked: Asked,
    *,
    after: UUID | None = None,
    form: Form[Any] | None = None,
    status: int = 200,
) -> Response[str]:
    """The list, with what was wrong about a form on it."""
    found = await listing.rows(event.id, asked, after)
    rows = found[: listing.PAGE]
    await rights.seen_by(actor, event, rights.GUEST_LIST, rows)
    offered = await listing.choices(event.id)
    questions = {question.code: question for question in offered.questions}
    columns = wording.known_columns(asked.columns, offered.questions)
    base = f"/events/{event.slug}/guests"
    return page(
        request,
        "events/guests/index.html",
        fragment="guests",
        status=status,
        event=event,
        base=base,
        asked=asked,
        guests=[(row, [wording.cell(column, row, questions) for column in columns]) for row in rows],
        columns=columns,
        titles=wording.titles(columns, offered.questions),
        all_columns=[(code, phrase.text()) for code, phrase in wording.COLUMNS.items()]
        + [(f"{wording.ANSWER}{question.code}", question.label) for question in offered.questions],
        counts=await listing.counts(event.id, asked),
        offered=offered,
        chips=listing.chips(asked, offered, base),
        saved=await views.of(event.id),
        after=after,
        older=f"{base}?{asked.query}&after={rows[-1]['id']}" if len(found) > listing.PAGE else None,
        orders=[(code, phrase.text()) for code, phrase in asking.ORDERS.items()],
        sources=[(code, phrase.text()) for code, phrase in asking.SOURCES.items()],
        form=form or Form(),
        words=words,
        acts=wording.ACTS,
    )


@post("/events/{slug:str}/guests/views", guards=[signed_in], status_code=200)
async def save_view(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, ViewForm)
    asked = asking.read_text(form.raw.get("query", ""))
    if form.value is not None:
        try:
            await views.save(actor, event.id, form.value.name, asked)
        except Invalid as error:
            return await draw(request, actor, event, asked, form=form.take(error), status=422)
        except Conflict as error:
            form.add_error("name", error.phrase)
            return await draw(request, actor, event, asked, form=form, status=422)
        return done(request, to=f"/events/{slug}/guests?{asked.query}", message=gettext("The view is saved."))
    return await draw(request, actor, event, asked, form=form, status=422)


@post("/events/{slug:str}/guests/views/{view:uuid}/end", guards=[signed_in])
async def end_view(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], view: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await views.end(event.id, view)
    return done(request, to=f"/events/{slug}/guests", message=gettext("The view is removed."))


@get("/events/{slug:str}/guests/{registration:uuid}", guards=[signed_in])
async def person(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], registration: FromPath[UUID]
) -> Response[str]:
    """Everything about one registration."""
    event = await managed_event_for(actor, slug)
    return await draw_person(request, actor, event, registration)


async def draw_person(
    request: AnyRequest,
    actor: Actor,
    event: EventSeen,
    registration: UUID,
    form: Form[Any] | None = None,
) -> Response[str]:
    found = await one.everything(event.id, registration)
    await rights.seen_by(actor, event, rights.GUEST_LIST, [found.row])
    response = page(
        request,
        "events/guests/one.html",
        status=422 if form and form.errors else 200,
        event=event,
        found=found,
        guest=found.row,
        facts=one.facts(found.row),
        one=one,
        words=words,
        wording=wording,
        form=form or Form(),
    )
    response.headers.update(PRIVATE)
    return response


# --- files ------------------------------------------------------------------------------------------------------


@post("/events/{slug:str}/guests/files", guards=[signed_in], status_code=200)
async def ask_file(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Ask for a file of whom the list shows."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, FileForm)
    asked = asking.read_text(form.raw.get("query", ""))
    if form.value is None:
        return await draw(request, actor, event, asked, form=form, status=422)
    number = await exporting.ask(actor, event.id, asked, form.value.format, current_locale())
    return done(request, to=f"/events/{slug}/guests/files/{number}")


@get("/events/{slug:str}/guests/files/{number:uuid}", guards=[signed_in])
async def file_page(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    """How far a file is, then the way to it."""
    event = await managed_event_for(actor, slug)
    row = await exporting.file_for(actor, event.id, number)
    here = f"/events/{slug}/guests/files/{number}"
    busy = row["state"] == "asked"
    if request.headers.get("hx-target") == "progress" and not busy:
        return Response(None, status_code=204, headers={"HX-Redirect": here})
    asked = asking.read_text(row["asked"]["query"])
    return page(
        request,
        "events/guests/file.html",
        fragment="progress" if busy else None,
        event=event,
        file=row,
        busy=busy,
        here=here,
        back=f"/events/{slug}/guests?{asked.query}",
        chips=listing.chips(asked, await listing.choices(event.id), ""),
        kept_days=exporting.KEPT_DAYS,
    )


@get("/events/{slug:str}/guests/files/{number:uuid}/table", guards=[signed_in])
async def file(actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]) -> Stream:
    event = await managed_event_for(actor, slug)
    row = await exporting.file_for(actor, event.id, number)
    key = key_of(number, exporting.FILE)
    if row["state"] != "written" or not await storage().exists(key):
        raise NotFound
    await rights.all_seen_by(actor, event)
    name = f"{event.slug}.{row['format']}"
    headers = {**PRIVATE, "Content-Disposition": disposition(name, inline=False)}
    return Stream(storage().read(key), media_type=MEDIA[row["format"]], headers=headers)


router = Router(
    "/",
    route_handlers=[
        index, save_view, end_view, person, ask_file, file_page, file,
        *routes_acts.handlers, *routes_certificates.handlers,
    ],
    include_in_schema=False,
)  # fmt: skip
