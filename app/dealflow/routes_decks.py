"""Pages of a startup's decks: uploading, newer versions, links for named recipients, who opened what."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import db
from app.core.errors import Conflict, Invalid
from app.core.files.keeping import Draft, FileRefused, draft_from
from app.core.files.uploads import DOCUMENT_BODY, upload_form
from app.core.forms import Form, Line, read_form
from app.core.i18n import N_, gettext
from app.core.settings import get_settings
from app.core.web import Actor, done, page, signed_in
from app.dealflow import access, decks, figures, leaves, links
from app.directory.access import Seen

AnyRequest = Request[Any, Any, Any]

DECK = "/decks/{deck:uuid}"
NO_SUCH = N_("Nobody in the directory has this address. Please choose from the list, or send it to a person.")


class NewDeck(msgspec.Struct, kw_only=True):
    title: Line = ""
    kind: Line = "deck"


class NoFields(msgspec.Struct, kw_only=True):
    pass


class NewLink(msgspec.Struct, kw_only=True):
    to: Line = "person"
    recipient_name: Line = ""
    email: Line = ""
    viewer: Line = ""
    days: Line = "14"
    send: bool = False
    may_download: bool = False


@get("/organisations/{slug:str}/decks", guards=[signed_in])
async def of_organisation(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Decks and one-pagers of one's organisation."""
    return await _list(request, await access.team_organisation_for(actor, slug), Form())


async def _list(
    request: AnyRequest, seen: Seen, form: Form[Any], draft: Draft | None = None, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "dealflow/decks.html",
        status=status,
        organisation=seen,
        decks=await decks.of_organisation(seen.id),
        received=await decks.shown_to_team(seen.id),
        may_edit=seen.role in ("owner", "editor"),
        kinds=[(code, label.text()) for code, label in decks.KINDS.items()],
        form=form,
        draft=draft,
        megabytes=decks.DECK.most_bytes // 1_000_000,
    )


@post("/organisations/{slug:str}/decks", guards=[signed_in], status_code=200, request_max_body_size=DOCUMENT_BODY)
async def add(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Upload one; its pages are drawn in a moment."""
    seen = await access.editing_organisation_for(actor, slug)
    async with upload_form(request, NewDeck, {"file": decks.DECK.most_bytes}) as (form, files):
        draft = None
        try:
            draft = await draft_from(actor, form, files, "file", decks.DECK.name)
            if draft is None:
                raise Invalid(fields={"file": decks.CHOOSE})
            if form.value is not None:
                title = form.value.title or draft.name.removesuffix(".pdf")[:80]
                deck = await decks.add(actor, seen.id, (title, form.value.kind), draft)
                return done(request, to=f"/decks/{deck}", message=gettext("The document is there."))
        except (FileRefused, Invalid) as error:
            form.take(error)
        except Conflict as error:
            form.add_error("", error.phrase, **error.params)
        return await _list(request, seen, form, draft, 422)


@get(DECK, guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor], deck: FromPath[UUID]) -> Response[Any]:
    """One deck: its links, and who opened what."""
    row, seen = await access.deck_for(actor, deck)
    return await _show(request, row, seen, Form())


async def _show(
    request: AnyRequest, row: dict[str, Any], seen: Seen, form: Form[Any], file_form: Form[Any] | None = None
) -> Response[Any]:
    return page(
        request,
        "dealflow/deck.html",
        fragment="drawing" if request.headers.get("hx-target") == "drawing" else None,
        status=422 if form.errors or file_form else 200,
        deck=row,
        organisation=seen,
        may_edit=seen.role in ("owner", "editor"),
        shown=await figures.of_deck(row["id"]),
        days=[(code, label.text()) for code, label in links.DAYS.items()],
        partners=await _partners(seen.id),
        kind=decks.KINDS[row["kind"]].text(),
        origin_address=get_settings().origin,
        form=form,
        file_form=file_form or Form[Any](),
        megabytes=decks.DECK.most_bytes // 1_000_000,
    )


async def _partners(startup: UUID) -> list[tuple[str, str]]:
    """Organisations that this one has to do with: those suggested to it and those that it showed a deck to before."""
    rows = await db.fetch(
        "SELECT DISTINCT o.slug, o.name, o.name_folded FROM organisation o WHERE o.ended_at IS NULL"
        " AND o.hidden_at IS NULL AND o.id <> $1 AND (o.id IN (SELECT candidate FROM suggestion WHERE organisation = $1"
        " ORDER BY rank LIMIT 100) OR o.id IN (SELECT l.viewer FROM deck_link l JOIN deck d ON d.id = l.deck"
        " WHERE d.organisation = $1)) ORDER BY o.name_folded LIMIT 120",
        startup,
    )
    return [(row["slug"], row["name"]) for row in rows]


@post(f"{DECK}/file", guards=[signed_in], status_code=200, request_max_body_size=DOCUMENT_BODY)
async def replace(request: AnyRequest, actor: NamedDependency[Actor], deck: FromPath[UUID]) -> Response[Any]:
    """A newer version of the same deck; links stay."""
    row, seen = await access.deck_for(actor, deck, editing=True)
    async with upload_form(request, NoFields, {"file": decks.DECK.most_bytes}) as (form, files):
        try:
            draft = await draft_from(actor, form, files, "file", decks.DECK.name)
            if draft is None:
                raise Invalid(fields={"file": decks.CHOOSE})
            await decks.replace(actor, row["id"], draft)
        except (FileRefused, Invalid) as error:
            form.take(error)
            return await _show(request, row, seen, Form(), form)
    return done(request, to=f"/decks/{deck}", message=gettext("The newer version is there; every open link shows it."))


@post(f"{DECK}/end", guards=[signed_in])
async def end(request: AnyRequest, actor: NamedDependency[Actor], deck: FromPath[UUID]) -> Response[Any]:
    row, seen = await access.deck_for(actor, deck, editing=True)
    await decks.end(row["id"])
    message = gettext("The document is taken away; its links open nothing any more.")
    return done(request, to=f"/organisations/{seen.slug}/decks", message=message)


@post(f"{DECK}/links", guards=[signed_in], status_code=200)
async def make_link(request: AnyRequest, actor: NamedDependency[Actor], deck: FromPath[UUID]) -> Response[Any]:
    """A link for a person by mail, or for the people of an organisation."""
    row, seen = await access.deck_for(actor, deck, editing=True)
    form = await read_form(request, NewLink)
    if form.value is not None:
        given = form.value
        try:
            viewer = await _viewer(given.viewer, seen.id) if given.to == "organisation" else None
            await links.make(
                actor,
                row["id"],
                (given.recipient_name, given.email, viewer),
                given.days,
                send=given.send,
                may_download=given.may_download,
            )
        except Invalid as error:
            form.take(error)
        except Conflict as error:
            form.add_error("", error.phrase, **error.params)
        else:
            sent = given.send and viewer is None
            said = gettext("The link is made and sent.") if sent else gettext("The link is made.")
            return done(request, to=f"/decks/{deck}#links", message=said)
    return await _show(request, row, seen, form)


async def _viewer(text: str, startup: UUID) -> UUID:
    """An organisation by its address or its exact name. Raises Invalid."""
    found: UUID | None = await db.fetchval(
        "SELECT id FROM organisation WHERE (slug = $1 OR lower(name) = lower($1)) AND id <> $2 AND ended_at IS NULL"
        " AND hidden_at IS NULL ORDER BY slug = $1 DESC, number LIMIT 1",
        *(text, startup),
    )
    if found is None:
        raise Invalid(fields={"viewer": NO_SUCH})
    return found


@post(f"{DECK}/links/{{link:uuid}}/revoke", guards=[signed_in])
async def revoke(
    request: AnyRequest, actor: NamedDependency[Actor], deck: FromPath[UUID], link: FromPath[UUID]
) -> Response[Any]:
    row, _seen = await access.deck_for(actor, deck, editing=True)
    await links.revoke(actor, row["id"], link)
    return done(request, to=f"/decks/{deck}#links", message=gettext("Taken back: the link opens nothing any more."))


@get(f"{DECK}/pages/{{number:int}}", guards=[signed_in])
async def preview(actor: NamedDependency[Actor], deck: FromPath[UUID], number: FromPath[int]) -> Response[bytes]:
    """A page for the startup's own people, without anybody's name on it."""
    row, _seen = await access.deck_for(actor, deck)
    return Response(
        await leaves.plain(row, number),
        media_type="image/webp",
        headers={"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"},
    )


handlers = [of_organisation, add, show, replace, end, make_link, revoke, preview]
