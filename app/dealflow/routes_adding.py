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


MOST = 60
"""So many organisations a list asks about at once."""

_IN = """
SELECT pipeline, organisation, id FROM deal_card
WHERE organisation = ANY($1) AND pipeline = ANY($2) AND ended_at IS NULL
"""
_THERE = "SELECT id, slug FROM organisation WHERE slug = ANY($1) AND ended_at IS NULL AND hidden_at IS NULL"


def _origin(text: str) -> str:
    return text if text in ORIGINS else "profile"


async def _standing(actor: Actor, targets: list[UUID]) -> tuple[list[dict[str, Any]], dict[UUID, dict[UUID, UUID]]]:
    """The pipelines that the person may add to, and each organisation's cards in them by pipeline; two queries."""
    mine = await pipelines.pipelines_of(actor, editing=True)
    cards_of: dict[UUID, dict[UUID, UUID]] = {target: {} for target in targets}
    if mine:
        for row in await db.fetch(_IN, targets, [row["id"] for row in mine]):
            cards_of[row["organisation"]][row["pipeline"]] = row["id"]
    return mine, cards_of


async def _drawn(request: AnyRequest, actor: Actor, slug: str, origin: str) -> Response[Any]:
    """Where this organisation can go, and where it is already; nothing for whoever has no pipeline."""
    target = await organisation_for(actor, slug)
    mine, found = await _standing(actor, [target.id])
    mine = [row for row in mine if row["organisation_id"] != target.id]
    if target.row["ended_at"] is not None or target.row["hidden_at"] is not None:
        mine = []
    bare = request.query_params.get("bare") == "1"
    return page(
        request,
        "dealflow/add.html",
        fragment="many" if bare else "add",
        target=target,
        pipelines=mine,
        cards=found[target.id],
        many=[{"id": target.id, "slug": target.slug, "cards": found[target.id]}] if bare else [],
        swapping=False,
        several=_several(mine),
        origin=_origin(origin),
    )


def _several(mine: list[dict[str, Any]]) -> bool:
    return len({row["organisation_id"] for row in mine}) > 1


@get("/deals/add", opt=public)
async def choose_many(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """The same for a whole list in one request: each part finds its place by itself. Only a part, never a page."""
    if not wants_fragment(request):
        raise NotFound
    slugs = list(dict.fromkeys(request.query_params.getall("o", [])))[:MOST]
    if not actor.signed_in or actor.second_step_missing or not slugs:
        return Response("", media_type="text/html")
    rows = await db.fetch(_THERE, slugs)
    mine, found = await _standing(actor, [row["id"] for row in rows])
    if not mine:
        return Response("", media_type="text/html")
    return page(
        request,
        "dealflow/add.html",
        fragment="many",
        many=[{"id": row["id"], "slug": row["slug"], "cards": found[row["id"]]} for row in rows],
        swapping=True,
        pipelines=mine,
        several=_several(mine),
        origin=_origin(request.query_params.get("from", "")),
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


handlers = [choose_many, choose, add, answers]
