"""Introducing two others to each other: the form of a connector, and of the department's coordinators."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from app.connections.access import own_organisations
from app.connections.introductions import access, asking, forms, proposing
from app.connections.introductions.asking import Wish
from app.connections.introductions.vocabulary import PURPOSES
from app.core import db
from app.core.errors import Conflict, Invalid
from app.core.forms import NOT_VALID, Form, filled, read_form
from app.core.i18n import N_, _
from app.core.web import Actor, done, page, signed_in
from app.directory.access import Seen

AnyRequest = Request[Any, Any, Any]
NOT_FOUND = N_("No organisation has this name or address. Please choose one from the directory.")


@get("/introductions/propose", guards=[signed_in])
async def propose_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """The form; `one` and `other` may come from a page of the directory."""
    query = request.query_params
    form = filled({name: str(query.get(name, "")) for name in ("one", "other")})
    return await _drawn(request, actor, form)


@post("/introductions/propose", guards=[signed_in], status_code=200)
async def propose(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Ask both, each separately."""
    form = await read_form(request, forms.Proposal)
    if form.value is None:
        return await _drawn(request, actor, form, status=422)
    said = form.value
    mine = await _mine(actor)
    connector = next((one for one in mine if one.slug == said.connector), None)
    one, other = await _named(said.one), await _named(said.other)
    for field, found in (("one", one), ("other", other)):
        if found is None:
            form.add_error(field, NOT_FOUND)
    if connector is None and not actor.has(*access.COORDINATORS):
        form.add_error("connector", NOT_VALID)
    if one is None or other is None or form.errors:
        return await _drawn(request, actor, form, status=422)
    try:
        introduction = await proposing.propose(
            actor, connector, (one["id"], other["id"]), Wish(purpose=said.purpose, words=said.words)
        )
    except Invalid as error:
        return await _drawn(request, actor, form.take(error), status=422)
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _drawn(request, actor, form, status=409)
    message = _("Both are asked, each for themselves. You hear when both have said yes.")
    return done(request, to=f"/introductions/{introduction}", message=message)


async def _mine(actor: Actor) -> list[Seen]:
    return [one for one in await own_organisations(actor) if one.may_edit and one.member]


async def _named(text: str) -> dict[str, Any] | None:
    """An organisation by the last part of its address, or by its name where only one has it."""
    slug = text.rstrip("/").rsplit("/", 1)[-1]
    rows = await db.fetch(
        "SELECT id, name, slug FROM organisation WHERE (slug = $1 OR lower(name) = lower($2)) AND ended_at IS NULL"
        " AND hidden_at IS NULL ORDER BY slug = $1 DESC LIMIT 2",
        *(slug, text),
    )
    if len(rows) == 2 and rows[0]["slug"] != slug:
        return None
    return dict(rows[0]) if rows else None


async def _drawn(request: AnyRequest, actor: Actor, form: Form[Any], *, status: int = 200) -> Response[Any]:
    return page(
        request,
        "introductions/propose.html",
        status=status,
        form=form,
        mine=await _mine(actor),
        coordinator=actor.has(*access.COORDINATORS),
        purposes=[(term.code, term.label()) for term in PURPOSES],
        shortest=asking.SHORTEST,
        longest=asking.LONGEST,
    )


handlers = [propose_page, propose]
