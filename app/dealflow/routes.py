"""Pages of pipelines: one's own, the board, what changed, a file for spreadsheets, kept filters, the weekly mail."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.clock import now
from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.names import disposition
from app.core.forms import Form, Line, read_form
from app.core.i18n import gettext, pick
from app.core.limits import hit
from app.core.web import Actor, done, page, signed_in
from app.dealflow import (
    access,
    exporting,
    pipelines,
    routes_adding,
    routes_cards,
    routes_decks,
    routes_settings,
    routes_shown,
    trail,
    views,
)
from app.dealflow.asking import asked_from
from app.dealflow.board_page import Look, drawn
from app.dealflow.words import NAMES
from app.directory.access import EDITORS, organisations_of
from app.directory.importing.files import drafted
from app.directory.importing.tables_out import MEDIA

AnyRequest = Request[Any, Any, Any]

EXPORTS_PER_HOUR = 60


class New(msgspec.Struct, kw_only=True):
    organisation: Line
    name: Line


class Keep(msgspec.Struct, kw_only=True):
    name: Line


class Looked(msgspec.Struct, kw_only=True):
    change: int


@get("/deals", guards=[signed_in])
async def index(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """The pipelines of one's organisations, and the form for another."""
    return await _index(request, actor, Form())


async def _index(request: AnyRequest, actor: Actor, form: Form[Any], status: int = 200) -> Response[Any]:
    own = [one for one in await organisations_of(actor) if one.member]
    return page(
        request,
        "dealflow/index.html",
        status=status,
        pipelines=await pipelines.pipelines_of(actor),
        organisations=[(one.slug, one.name) for one in own if one.role in EDITORS],
        belongs=bool(own),
        names=[pick(step.vi, step.en) for step in NAMES],
        form=form,
    )


@post("/deals", guards=[signed_in], status_code=200)
async def create(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, New)
    if form.value is not None:
        seen = await access.editing_organisation_for(actor, form.value.organisation)
        try:
            pipeline = await pipelines.create(actor, seen.id, form.value.name)
        except Invalid as error:
            form.take(error)
        except Conflict as error:
            form.add_error("", error.phrase, **error.params)
        else:
            return done(request, to=f"/deals/{pipeline}", message=gettext("The pipeline is there."))
    return await _index(request, actor, form, 422)


@get("/deals/{pipeline:uuid}", guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> Response[Any]:
    """The board, or the same as a table."""
    seen = await access.pipeline_for(actor, pipeline)
    text = request.query_params.get("page", "")
    number = int(text) if text.isdecimal() and len(text) < 5 else 0
    return await drawn(request, actor, seen, asked_from(request.query_params), look=Look(page=number))


@get("/deals/{pipeline:uuid}/changes", guards=[signed_in])
async def changes(request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> Response[Any]:
    """What others of the team did since one last said that one has seen it."""
    seen = await access.pipeline_for(actor, pipeline)
    change, looked_at, _new, newest = await trail.last_looked(seen.id, seen.person)
    return page(
        request,
        "dealflow/changes.html",
        pipeline=seen,
        changes=await trail.since(seen.id, seen.person, change),
        looked_at=looked_at,
        newest=newest,
    )


@post("/deals/{pipeline:uuid}/changes", guards=[signed_in])
async def mark_seen(request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> Response[Any]:
    """Everything up to a change is seen; what came while one read stays new."""
    seen = await access.pipeline_for(actor, pipeline)
    form = await read_form(request, Looked)
    if form.value is not None:
        await trail.looked(seen.id, seen.person, min(max(form.value.change, 0), 2**62))
    return done(request, to=seen.url)


@get("/deals/{pipeline:uuid}/export/{form:str}", guards=[signed_in])
async def export(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], form: FromPath[str]
) -> Response[bytes]:
    """The cards of this state of the board, for a spreadsheet."""
    seen = await access.pipeline_for(actor, pipeline)
    if form not in MEDIA:
        raise NotFound
    await hit("dealflow.export", actor.person_id, EXPORTS_PER_HOUR, 3600)
    async with drafted() as path:
        await exporting.write(seen, asked_from(request.query_params), path, form)
        body = path.read_bytes()
    name = exporting.name_of(seen, form, now())
    headers = {"Content-Disposition": disposition(name, inline=False), "Cache-Control": "private, no-store"}
    return Response(body, media_type=MEDIA[form], headers=headers)


@post("/deals/{pipeline:uuid}/views", guards=[signed_in], status_code=200)
async def keep_view(request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> Response[Any]:
    """Keep the filter that one stands before; only one's own."""
    seen = await access.pipeline_for(actor, pipeline)
    form = await read_form(request, Keep)
    asked = asked_from(request.query_params)
    if form.value is None:
        return page(request, "dealflow/keep.html", status=422, pipeline=seen, form=form, query=asked.query())
    await views.keep(actor, seen.id, form.value.name, asked)
    return done(request, to=_at(seen.url, asked.query()), message=gettext("The filter is kept."))


@post("/deals/{pipeline:uuid}/views/{view:uuid}/end", guards=[signed_in])
async def drop_view(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], view: FromPath[UUID]
) -> Response[Any]:
    seen = await access.pipeline_for(actor, pipeline)
    await views.drop(actor, seen.id, view)
    return done(request, to=seen.url, message=gettext("The filter is no longer kept."))


def _at(url: str, query: str) -> str:
    return f"{url}?{query}" if query else url


router = Router(
    "/",
    route_handlers=[
        *(index, create, show, changes, mark_seen, export, keep_view, drop_view),
        *routes_cards.handlers,
        *routes_adding.handlers,
        *routes_settings.handlers,
        *routes_decks.handlers,
        *routes_shown.handlers,
    ],
    include_in_schema=False,
)
