"""Pages of saved searches: keep, rename, mails, feeds, and the page behind the link that ends the mails."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Invalid
from app.core.forms import Form, Line, filled, read_form
from app.core.i18n import gettext
from app.core.web import Actor, done, page, public, signed_in
from app.directory.asking import FACETS, label_of
from app.directory.search import saving
from app.directory.search.news import State, state_from
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES

AnyRequest = Request[Any, Any, Any]


class Keep(msgspec.Struct, kw_only=True):
    name: Line
    path: Line = "/search"
    query: str = ""


class Change(msgspec.Struct, kw_only=True):
    name: Line
    digest: Line = "never"
    consents: bool = False


def _state(path: str, query: str) -> State:
    return state_from("/directory" if path == "/directory" else "/search", query[:2000])


def suggested_name(state: State) -> str:
    """A name to begin with: the words, then what is filtered."""
    asked = state.asked
    parts = [asked.q] if asked.q else []
    if state.path == "/directory":
        parts += [label_of(facet, value) for facet in FACETS for value in asked.values(facet)]
    return ", ".join(parts)[: saving.NAME_LETTERS] or gettext("The whole directory")


@get("/saved", guards=[signed_in])
async def saved(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[str]:
    """The person's searches, each with what is new."""
    return await _list(request, actor)


async def _list(
    request: AnyRequest, actor: Actor, wrong: tuple[UUID, Form[Any]] | None = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "directory/search/saved.html",
        status=status,
        saved=await saving.saved_of(actor),
        agreed=await consent.has_consent(actor.person_id, "digests"),
        purpose=PURPOSES["digests"],
        digests=[(code, label.text()) for code, label in saving.DIGESTS.items()],
        wrong=wrong,
        blank=Form[Any](),
    )


@get("/saved/new", guards=[signed_in])
async def keep_page(request: AnyRequest) -> Response[str]:
    """A name for the search that somebody stands before."""
    state = _state(request.query_params.get("path", ""), request.query_params.get("query", ""))
    return page(request, "directory/search/keep.html", form=filled({"name": suggested_name(state)}), state=state)


@post("/saved", guards=[signed_in])
async def keep(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, Keep)
    state = _state(form.raw.get("path", ""), form.raw.get("query", ""))
    if form.value is not None:
        try:
            await saving.save(actor, form.value.name, state)
        except Invalid as error:
            form.take(error)
    if form.value is None or form.errors:
        return page(request, "directory/search/keep.html", status=422, form=form, state=state)
    return done(request, to="/saved", message=gettext("The search is saved."))


@get("/saved/{saved_id:uuid}", guards=[signed_in])
async def look(actor: NamedDependency[Actor], saved_id: FromPath[UUID]) -> Response[Any]:
    """To the search itself; from now on what comes later is new."""
    state = await saving.open_saved(actor, saved_id)
    return Response(None, status_code=303, headers={"Location": state.url})


@post("/saved/{saved_id:uuid}", guards=[signed_in])
async def change(request: AnyRequest, actor: NamedDependency[Actor], saved_id: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, Change)
    if form.value is not None:
        try:
            await saving.change(actor, saved_id, form.value.name, form.value.digest, consents=form.value.consents)
        except Invalid as error:
            form.take(error)
    if form.value is None or form.errors:
        return await _list(request, actor, (saved_id, form), 422)
    return done(request, to="/saved", message=gettext("Saved."))


@post("/saved/{saved_id:uuid}/end", guards=[signed_in])
async def end(request: AnyRequest, actor: NamedDependency[Actor], saved_id: FromPath[UUID]) -> Response[Any]:
    await saving.end(actor, saved_id)
    return done(request, to="/saved", message=gettext("The search is no longer kept."))


@post("/saved/{saved_id:uuid}/key", guards=[signed_in])
async def renew_key(request: AnyRequest, actor: NamedDependency[Actor], saved_id: FromPath[UUID]) -> Response[Any]:
    await saving.renew_key(actor, saved_id)
    return done(request, to="/saved", message=gettext("The feed has a new address; the old one no longer works."))


@get("/saved/mails/{person_id:uuid}/{token:str}", opt=public)
async def end_mails_page(request: AnyRequest, person_id: FromPath[UUID], token: FromPath[str]) -> Response[str]:
    """Asks before anything ends: mail programs look at links by themselves."""
    fits = saving.fits("mails", person_id, "", token)
    return page(
        request,
        "directory/search/end_mails.html",
        status=200 if fits else 404,
        fits=fits,
        ended=False,
        path=f"/saved/mails/{person_id}/{token}",
    )


@post("/saved/mails/{person_id:uuid}/{token:str}", opt=public)
async def end_mails(request: AnyRequest, person_id: FromPath[UUID], token: FromPath[str]) -> Response[str]:
    """One click, also by a mail program without a session (RFC 8058)."""
    await saving.unsubscribe(person_id, token)
    return page(request, "directory/search/end_mails.html", fits=True, ended=True, path="")


handlers = [saved, keep_page, keep, look, change, end, renew_key, end_mails_page, end_mails]
