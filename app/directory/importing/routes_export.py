"""Exports: ask for a file of the directory, wait for it, fetch it; one organisation at once. Pages and JSON."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from app.core.bodies import takes
from app.core.errors import Invalid, NotFound
from app.core.files.names import disposition
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.core.forms import Form, read_form, read_json
from app.core.i18n import current_locale
from app.core.web import Actor, done, page, public, signed_in
from app.directory import access
from app.directory.importing import exporting, forms
from app.directory.importing.files import drafted
from app.directory.importing.subjects import ORGANISATIONS, PERSONS, Subject, subject_named, subjects
from app.directory.importing.tables_out import MEDIA

AnyRequest = Request[Any, Any, Any]

FORMATS = (("xlsx", "XLSX (Excel, LibreOffice)"), ("csv", "CSV (UTF-8)"))


@get("/exports", guards=[signed_in])
async def index(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """One's own exports, and the form for another; the directory's filter comes along in the address."""
    return await _index(request, actor, Form())


async def _index(request: AnyRequest, actor: Actor, form: Form[Any], status: int = 200) -> Response[Any]:
    staff = actor.has(exporting.STAFF)
    query = form.raw.get("query", "") or request.scope.get("query_string", b"").decode("latin-1")
    return page(
        request,
        "directory/importing/exports.html",
        exports=await exporting.exports_of(actor),
        query=query[:2000],
        summary=exporting.summary_of(query),
        formats=FORMATS,
        subjects=[(one.name, one.label()) for one in subjects().values() if staff or one.name != PERSONS],
        staff=staff,
        chosen=request.query_params.get("what", ORGANISATIONS),
        labels={one.name: one.label() for one in subjects().values()},
        form=form,
        kept_days=exporting.KEPT_DAYS,
        status=status,
    )


@post("/exports", guards=[signed_in], status_code=200)
async def ask(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Wanted)
    if form.value is None:
        return await _index(request, actor, form, 422)
    try:
        run = await exporting.ask(actor, form.value.query, form.value.format, current_locale(), form.value.subject)
    except Invalid as error:
        return await _index(request, actor, form.take(error), 422)
    return done(request, to=f"/exports/{run}")


@get("/exports/{run:uuid}", guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor], run: FromPath[UUID]) -> Response[Any]:
    """The progress of an export, then the way to its file."""
    found = await exporting.export_for(actor, run)
    busy = found["state"] == "asked"
    if request.headers.get("hx-target") == "progress" and not busy:
        return Response(None, status_code=204, headers={"HX-Redirect": f"/exports/{run}"})
    return page(
        request,
        "directory/importing/export.html",
        fragment="progress" if busy else None,
        run=found,
        busy=busy,
        here=f"/exports/{run}",
        summary=exporting.summary_of(found["asked"]["query"]),
        subject=_subject(found),
    )


@get("/exports/{run:uuid}/file", guards=[signed_in])
async def file(actor: NamedDependency[Actor], run: FromPath[UUID]) -> Response[Any]:
    """The file, for the person who asked for it."""
    return await _file(actor, run)


async def _file(actor: Actor, run: UUID) -> Response[Any]:
    found = await exporting.export_for(actor, run)
    key = key_of(run, exporting.FILE)
    if found["state"] != "written" or not await storage().exists(key):
        raise NotFound
    name = f"{_subject(found).label()} {found['created_at']:%Y-%m-%d}.{found['format']}"
    headers = {"Content-Disposition": disposition(name, inline=False), "Cache-Control": "private, no-store"}
    return Stream(storage().read(key), media_type=MEDIA[found["format"]], headers=headers)


def _subject(found: dict[str, Any]) -> Subject:
    return subject_named(found["asked"].get("subject", ORGANISATIONS))


@get("/organisations/{slug:str}/export/{form:str}", opt=public)
async def one(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], form: FromPath[str]
) -> Response[bytes]:
    """One organisation as a table of one row, or one of its lists: members see all of it, everybody else what the page
    shows them. `what` names the list."""
    what = request.query_params.get("what", ORGANISATIONS)
    seen = await access.organisation_for(actor, slug)
    if form not in MEDIA or what == PERSONS:
        raise NotFound
    async with drafted() as path:
        await exporting.write_one(seen, path, form, what)
        body = path.read_bytes()
    headers = {"Content-Disposition": disposition(f"{seen.slug}.{form}", inline=False), "Cache-Control": "no-store"}
    return Response(body, media_type=MEDIA[form], headers=headers)


class ExportIn(msgspec.Struct, forbid_unknown_fields=True):
    """What is wanted: the directory's query as in its address, e.g. "kind=startup&sector=agri", and what of it.

    `subject`: organisations, the name of one of their lists (mandate, programme, ...), or for moderators persons.
    """

    format: str = "csv"
    query: str = ""
    subject: str = ORGANISATIONS


class ExportOut(msgspec.Struct, kw_only=True):
    """`state`: asked, written or failed; `done` of `total` rows."""

    id: UUID
    state: str
    format: str
    done: int
    total: int
    size: int


def _out(found: dict[str, Any]) -> ExportOut:
    return ExportOut(**{name: found[name] for name in ExportOut.__struct_fields__})


@post("/exports", guards=[signed_in], operation_id="askForExport", operation_class=takes(ExportIn))
async def api_ask(request: AnyRequest, actor: NamedDependency[Actor]) -> ExportOut:
    """Have the organisations of a query written into a file, with what you may see of each."""
    wanted = read_json(await request.body(), ExportIn)
    run = await exporting.ask(actor, wanted.query, wanted.format, current_locale(), wanted.subject)
    return _out(await exporting.export_for(actor, run))


@get("/exports/{run:uuid}", guards=[signed_in], operation_id="getExport")
async def api_show(actor: NamedDependency[Actor], run: FromPath[UUID]) -> ExportOut:
    """How far an export of yours is."""
    return _out(await exporting.export_for(actor, run))


@get("/exports/{run:uuid}/file", guards=[signed_in], operation_id="fetchExport", include_in_schema=False)
async def api_file(actor: NamedDependency[Actor], run: FromPath[UUID]) -> Response[Any]:
    """The file of an export of yours."""
    return await _file(actor, run)


api = Router("/api/v1", route_handlers=[api_ask, api_show, api_file], tags=["exports"])
pages = [index, ask, show, file, one]
