"""The page of mentors and technologies that suit an organisation, putting them away and taking that back, and the list
as JSON (in `routes` and `api`)."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.connections import access, filters, meeting, pair_choices, pairing, pairing_words
from app.core.errors import Invalid, NotFound
from app.core.forms import Form, filled, read_form
from app.core.i18n import N_, _
from app.core.web import Actor, done, page, signed_in, wants_fragment
from app.directory.access import Seen, editable_organisation_for
from app.directory.vocabulary import KINDS as ORGANISATION_KINDS

SHOWN = 10
MOST = 50


class Hiding(msgspec.Struct):
    """The form behind "not relevant"."""

    reason: str = ""


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
    context = await _context(seen, kind if kind in kinds else kinds[0])
    return page(request, "connections/others.html", fragment="lists", **context)


@post("/suggestions/{slug:str}/others/{kind:str}/{candidate:uuid}/hide", guards=[signed_in])
async def hide_pairing(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    kind: FromPath[str],
    candidate: FromPath[UUID],
) -> Response[Any]:
    """Put away with a reason; without one the page says what is missing."""
    seen = await _deciding(actor, slug, kind)
    found = await pair_choices.candidate_for(seen.id, kind, candidate)
    form = await read_form(request, Hiding)
    try:
        await pair_choices.put_away(seen.id, kind, candidate, form.raw.get("reason"), actor.person_id)
    except pair_choices.ReasonMissing as missing:
        context = await _context(seen, kind, form=form.take(missing))
        return page(request, "connections/others.html", fragment="lists", status=422, **context)
    return await _after(request, seen, kind, _("%(name)s will not be suggested again.", name=found.named), found)


@post("/suggestions/{slug:str}/others/{kind:str}/{candidate:uuid}/restore", guards=[signed_in])
async def restore_pairing(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    kind: FromPath[str],
    candidate: FromPath[UUID],
) -> Response[Any]:
    """Take back that somebody or something was put away."""
    seen = await _deciding(actor, slug, kind)
    found = await pair_choices.candidate_for(seen.id, kind, candidate)
    await pair_choices.take_back(seen.id, kind, candidate)
    return await _after(request, seen, kind, _("Taken back: %(name)s.", name=found.named))


async def _deciding(actor: Actor, slug: str, kind: str) -> Seen:
    """An organisation for which the person may decide, and which has a list of this kind."""
    seen = await editable_organisation_for(actor, slug)
    if kind not in await pairing.kinds_for(seen.id, seen.row["kinds"]):
        raise NotFound
    return seen


async def _after(
    request: Request[Any, Any, Any],
    seen: Seen,
    kind: str,
    message: str,
    put_away: pair_choices.Candidate | None = None,
) -> Response[Any]:
    to = f"/suggestions/{seen.slug}/others?kind={kind}"
    if not wants_fragment(request):
        return done(request, to=to, message=message)
    context = await _context(seen, kind, put_away=put_away)
    return done(
        request,
        to=to,
        message=None if put_away else message,  # the drawn block says it beside "undo"
        draw=lambda: page(request, "connections/others.html", fragment="lists", **context),
    )


async def _context(seen: Seen, kind: str, **more: Any) -> dict[str, Any]:
    found = await pairing.paired(seen.id, kind, SHOWN)
    form: Form[Any] = more.pop("form", None) or filled({})
    return {
        "organisation": seen,
        "kind": kind,
        "label": pairing_words.LABELS[kind].text(),
        "tabs": await tabs_of(seen, kind),
        "cards": [pairing_words.card_of(one) for one in found],
        "hidden": await pair_choices.hidden_of(seen.id, kind),
        "hide_reasons": [(code, pair_choices.reason_label(code)) for code in pair_choices.REASONS],
        "reason_label": pair_choices.reason_label,
        "put_away": None,
        "form": form,
        **more,
    }


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
