"""Decks as JSON, for the startup that shows them: their links, and who opened what of those who agreed."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.bodies import takes
from app.core.forms import read_json
from app.core.settings import get_settings
from app.core.web import Actor, signed_in
from app.dealflow import access, decks, figures, links
from app.dealflow import api_types as types

AnyRequest = Request[Any, Any, Any]

LINKS = "/decks/{deck:uuid}/links"
TAGS = ["decks"]


@get("/organisations/{organisation_id:uuid}/decks", guards=[signed_in], tags=TAGS)
async def of_organisation(actor: NamedDependency[Actor], organisation_id: FromPath[UUID]) -> types.Decks:
    """The decks and one-pagers of an organisation that the caller belongs to."""
    seen = await access.team_organisation_by_id_for(actor, organisation_id)
    return types.Decks(
        [
            types.DeckOut(
                open_links=row["open"],
                **{
                    name: row[name]
                    for name in ("id", "title", "kind", "version", "pages", "drawn", "readers", "changed_at")
                },
            )
            for row in await decks.of_organisation(seen.id)
        ]
    )


@get(LINKS, guards=[signed_in], tags=TAGS)
async def links_of(actor: NamedDependency[Actor], deck: FromPath[UUID]) -> types.Links:
    """Every link of a deck, open ones first, with who opened what: those who agreed, and nobody else."""
    row, _seen = await access.deck_for(actor, deck)
    return await _links(row["id"])


async def _links(deck: UUID) -> types.Links:
    return types.Links([_link(one) for one in await figures.of_deck(deck)])


def _link(one: figures.Shown) -> types.LinkOut:
    return types.LinkOut(
        id=one.id,
        recipient=one.recipient,
        email=one.email,
        for_organisation=one.member,
        state=one.state,
        url=f"{get_settings().origin}{one.url}" if one.url else None,
        created_at=one.created_at,
        expires_at=one.expires_at,
        may_download=one.may_download,
        downloads=one.downloads,
        downloaded_at=one.downloaded_at,
        readers=[
            types.ReaderOut(
                read.name,
                read.opened_at,
                read.seen_at,
                read.seconds,
                [types.PageSeconds(page.page, page.seconds) for page in read.pages],
            )
            for read in one.readers
        ],
    )


@post(LINKS, guards=[signed_in], tags=TAGS, operation_class=takes(types.LinkBody))
async def make(request: AnyRequest, actor: NamedDependency[Actor], deck: FromPath[UUID]) -> types.LinkOut:
    """Show a deck to a person by mail, or to the people of an organisation."""
    row, _seen = await access.deck_for(actor, deck, editing=True)
    body = read_json(await request.body(), types.LinkBody)
    viewer = (await access.listed_for(actor, body.viewer)).id if body.viewer else None
    link = await links.make(
        actor,
        row["id"],
        (body.recipient_name, body.email, viewer),
        str(body.days),
        send=body.send,
        may_download=body.may_download,
    )
    return next(one for one in (await _links(row["id"])).items if one.id == link)


@post(f"{LINKS}/{{link:uuid}}/revoke", guards=[signed_in], status_code=200, tags=TAGS)
async def revoke(actor: NamedDependency[Actor], deck: FromPath[UUID], link: FromPath[UUID]) -> types.Links:
    """Take a link back; from then on it opens nothing."""
    row, _seen = await access.deck_for(actor, deck, editing=True)
    await links.revoke(actor, row["id"], link)
    return await _links(row["id"])


handlers = [of_organisation, links_of, make, revoke]
