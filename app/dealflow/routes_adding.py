"""Into a pipeline from anywhere: a part that other pages load, and what a startup was told by those who passed."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import db
from app.core.errors import NotFound
from app.core.forms import Line, read_form
from app.core.i18n import gettext
from app.core.web import Actor, done, local_path, page, public, signed_in, wants_fragment
from app.dealflow import access, cards, letters, pipelines
from app.dealflow.words import ORIGINS
from app.directory.access import organisation_for

AnyRequest = Request[Any, Any, Any]


class Add(msgspec.Struct, kw_only=True):
    pipeline: UUID
    origin: Line = "profile"
    next: Line = ""


_IN = "SELECT pipeline, id FROM deal_card WHERE organisation = $1 AND pipeline = ANY($2) AND ended_at IS NULL"


async def _drawn(request: AnyRequest, actor: Actor, slug: str, origin: str) -> Response[Any]:
    """Where this organisation can go, and where it is already; nothing for whoever has no pipeline."""
    target = await organisation_for(actor, slug)
    mine = [row for row in await pipelines.pipelines_of(actor, editing=True) if row["organisation_id"] != target.id]
    if target.row["ended_at"] is not None or target.row["hidden_at"] is not None:
        mine = []
    rows = await db.fetch(_IN, target.id, [row["id"] for row in mine]) if mine else []
    there = {row["pipeline"]: row["id"] for row in rows}
    return page(
        request,
        "dealflow/add.html",
        fragment="add",
        target=target,
        pipelines=mine,
        cards=there,
        several=len({row["organisation_id"] for row in mine}) > 1,
        origin=origin if origin in ORIGINS else "profile",
    )


@get("/deals/add/{slug:str}", opt=public)
async def choose(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """A part of other subjects' pages. Whoever is not signed in or has no pipeline gets nothing, not an error."""
    if not actor.signed_in or actor.second_step_missing:
        if wants_fragment(request):
            return Response("", media_type="text/html")
        raise NotFound
    return await _drawn(request, actor, slug, request.query_params.get("from", ""))


@post("/deals/add/{slug:str}", guards=[signed_in], status_code=200)
async def add(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """One click: the card is there, or was there before."""
    form = await read_form(request, Add)
    if form.value is None:
        return await _drawn(request, actor, slug, form.raw.get("origin", ""))
    target = await organisation_for(actor, slug)
    if target.row["ended_at"] is not None or target.row["hidden_at"] is not None:
        raise NotFound
    seen = await access.editable_pipeline_for(actor, form.value.pipeline)
    added = await cards.add(actor, seen.id, target.id, form.value.origin)
    if wants_fragment(request):
        return await _drawn(request, actor, slug, form.value.origin)
    said = gettext("It is in “%(name)s” now.", name=seen.name)
    return done(
        request,
        to=local_path(form.value.next, f"{seen.url}/cards/{added.card}"),
        message=said if added.new else gettext("It was in “%(name)s” already.", name=seen.name),
    )


@get("/organisations/{slug:str}/answers", guards=[signed_in])
async def answers(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """What investors told this startup when they passed, for its members."""
    seen = await access.team_organisation_for(actor, slug)
    return page(
        request,
        "dealflow/answers.html",
        fragment="letters",
        organisation=seen,
        letters=await letters.of_startup(seen.id),
    )


handlers = [choose, add, answers]
