"""The page of mentors and technologies that suit an organisation, and the same as JSON (in `routes` and `api`)."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.connections import access, filters, meeting, pairing, pairing_words
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.web import Actor, page, signed_in
from app.directory.access import Seen
from app.directory.vocabulary import KINDS as ORGANISATION_KINDS

SHOWN = 10
MOST = 50


class NoSuchPairing(Invalid):
    message = N_("This organisation has no list of mentors or technologies of that kind.")


class PairReason(msgspec.Struct, rename={"audience": "for"}):
    """An exact part of the score, with its sentence in both languages."""

    code: str
    audience: str
    text_vi: str
    text_en: str
    contribution: float


class PairOut(msgspec.Struct):
    """A mentor, or a technology of somebody (`owner`) that answers one of one's own rows (`about`)."""

    title: str
    path: str
    owner: str
    about: str
    score: float
    reasons: list[PairReason]


class Pairings(msgspec.Struct):
    items: list[PairOut]


async def tabs_of(seen: Seen, current: str) -> list[dict[str, Any]]:
    """All lists of an organisation: those of organisations, then mentors and technologies."""
    organisations = [
        {
            "href": f"/suggestions?organisation={seen.slug}&kind={name}",
            "label": ORGANISATION_KINDS.label(name),
            "current": name == current,
        }
        for name in filters.lists_of(seen.row["kinds"])
    ]
    others = [
        {
            "href": f"/suggestions/{seen.slug}/others?kind={name}",
            "label": pairing_words.LABELS[name].text(),
            "current": name == current,
        }
        for name in await pairing.kinds_for(seen.id, seen.row["kinds"])
    ]
    return organisations + others


@get("/suggestions/{slug:str}/others", guards=[signed_in])
async def others(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], kind: FromQuery[str] = ""
) -> Response[str]:
    """Mentors, or technologies on offer or looked for, that suit one of the person's organisations."""
    seen = await access.listed_organisation_for(actor, slug)
    kinds = await pairing.kinds_for(seen.id, seen.row["kinds"])
    if not kinds:
        raise NotFound
    kind = kind if kind in kinds else kinds[0]
    found = await pairing.paired(seen.id, kind, SHOWN)
    return page(
        request,
        "connections/others.html",
        organisation=seen,
        kind=kind,
        label=pairing_words.LABELS[kind].text(),
        tabs=await tabs_of(seen, kind),
        cards=[pairing_words.card_of(one) for one in found],
    )


@get("/events/{slug:str}/whom-to-meet", guards=[signed_in])
async def whom_to_meet(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[str]:
    """Those on one's lists who come to an event as well; a part of its page, empty for who does not come."""
    there = await meeting.comes(actor.person_id, slug)
    cards = await meeting.whom(actor.person_id, slug) if there else []
    return page(request, "connections/here.html", comes=there, cards=cards)


@get("/organisations/{organisation_id:uuid}/pairings", guards=[signed_in], tags=["suggestions"])
async def organisation_pairings(
    actor: NamedDependency[Actor],
    organisation_id: FromPath[UUID],
    kind: FromQuery[str] = "",
    limit: FromQuery[int] = 20,
) -> Pairings:
    """Mentors (`kind=mentor`), or technologies on offer or looked for (`technology_offer`, `technology_need`) that suit
    this organisation, best first, with reasons. For its members and admins."""
    seen = await access.listed_organisation_by_id_for(actor, organisation_id)
    kinds = await pairing.kinds_for(seen.id, seen.row["kinds"])
    kind = kind or (kinds[0] if kinds else "")
    if kind not in kinds:
        raise NoSuchPairing(fields={"kind": NoSuchPairing.message})
    found = await pairing.paired(seen.id, kind, max(1, min(limit, MOST)))
    return Pairings([_out(one) for one in found])


def _out(one: pairing.Paired) -> PairOut:
    said = zip(one.found.contributions, *(pairing_words.texts_of(one, locale) for locale in ("vi", "en")), strict=True)
    reasons = [PairReason(part.code, part.audience, vi, en, round(part.contribution, 4)) for part, vi, en in said]
    return PairOut(one.title, one.path, one.owner, one.about, round(one.found.score, 4), reasons)
