"""Pages of suggestions: an organisation's lists, what people make of them, the panel on profiles, the engine's card."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.connections import (
    access,
    asking,
    card_words,
    cards,
    choices,
    filters,
    gaps,
    gate,
    lessons,
    lists,
    market,
    notices,
    pairing_words,
    profiles,
    versions,
)
from app.connections.routes_mails import change_mails, mails
from app.connections.routes_mentor_use import change_use_of_mentor, use_of_mentor
from app.connections.routes_pairs import hide_pairing, others, restore_pairing, tabs_of, whom_to_meet
from app.connections.routes_use import change_use, use
from app.core.forms import Form, filled, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, role, signed_in, wants_fragment
from app.directory.access import Seen, editable_organisation_for
from app.directory.vocabulary import KINDS

ALL = 50
PANEL = 3
POLLS = 20
"""Times that a waiting page asks again, once a second, before it says that it takes longer."""


class Hiding(msgspec.Struct):
    """The form behind "not relevant"."""

    reason: str = ""


class _View(msgspec.Struct, frozen=True, kw_only=True):
    """What of an organisation's lists is asked for."""

    kind: str
    saved: bool = False
    every: bool = False
    waited: int = 0


@get("/suggestions", guards=[signed_in])
async def suggestions(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], organisation: FromQuery[str] = ""
) -> Response[str]:
    """The lists of one of the person's organisations. Where they are missing or old, new ones are asked for."""
    own = await access.own_organisations(actor)
    if not organisation and not own:
        return page(request, "connections/none.html")
    seen = next((one for one in own if one.slug == organisation), None)
    if seen is None:
        seen = await access.listed_organisation_for(actor, organisation) if organisation else own[0]
    context = await _context(seen, _asked(request))
    switch = own if seen in own else [*own, seen]
    return page(request, "connections/suggestions.html", fragment="lists", switch=switch, **context)


@get("/organisations/{slug:str}/suggestions-panel", guards=[signed_in])
async def panel(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """The best three for members, a part of their organisation's profile page."""
    seen = await access.listed_organisation_for(actor, slug)
    return page(request, "connections/panel.html", **await _context(seen, _asked(request), panel=True))


@post("/suggestions/{slug:str}/refresh", guards=[signed_in])
async def again(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Ask for new lists by hand."""
    seen = await access.listed_organisation_for(actor, slug)
    await asking.ask(seen.id)
    return done(request, to=f"/suggestions?organisation={seen.slug}")


@post("/suggestions/{slug:str}/{candidate:str}/save", guards=[signed_in])
async def save(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], candidate: FromPath[str]
) -> Response[Any]:
    seen = await editable_organisation_for(actor, slug)
    found = await access.candidate_for(seen, candidate)
    await choices.choose(seen.id, found["id"], "saved", by=actor.person_id)
    return await _after(request, seen, _("%(name)s is kept.", name=found["name"]))


@post("/suggestions/{slug:str}/{candidate:str}/hide", guards=[signed_in])
async def hide(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], candidate: FromPath[str]
) -> Response[Any]:
    """Put away with a reason; without one the page says what is missing."""
    seen = await editable_organisation_for(actor, slug)
    found = await access.candidate_for(seen, candidate)
    form = await read_form(request, Hiding)
    try:
        await choices.choose(seen.id, found["id"], "hidden", form.raw.get("reason"), by=actor.person_id)
    except choices.ReasonMissing as missing:
        context = await _context(seen, _asked(request), form=form.take(missing))
        return page(request, "connections/suggestions.html", fragment="lists", status=422, switch=[], **context)
    return await _after(request, seen, _("%(name)s will not be suggested again.", name=found["name"]), found)


@post("/suggestions/{slug:str}/{candidate:str}/restore", guards=[signed_in])
async def restore(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], candidate: FromPath[str]
) -> Response[Any]:
    """Take back whatever was chosen."""
    seen = await editable_organisation_for(actor, slug)
    found = await access.candidate_for(seen, candidate)
    await choices.take_back(seen.id, found["id"])
    return await _after(request, seen, _("Taken back: %(name)s.", name=found["name"]))


@get("/staff/engine", guards=[role("admin")])
async def staff_engine(request: Request[Any, Any, Any]) -> Response[str]:
    """How good the engine in use is, beside its baselines, and what became of the latest fits."""
    fits = await versions.history()
    current = next((fit for fit in fits if fit["status"] == "active"), None)
    model, baselines = gate.figures(current["card"]) if current else ({}, {})
    return page(
        request,
        "connections/engine.html",
        fits=fits,
        current=current,
        model=model,
        baselines=baselines,
        drift=notices.told(current["card"]) if current else [],
        told=card_words.told(current["card"]) if current else None,
        measures=card_words.MEASURES,
        statuses=versions.STATUSES,
        markets=await market.figures(),
        list_labels=_list_label,
        lessons=await lessons.history(),
    )


def _list_label(kind: str) -> str:
    return pairing_words.LABELS[kind].text() if kind in pairing_words.LABELS else KINDS.label(kind)


@post("/staff/engine/fit", guards=[role("admin")])
async def fit_again(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask for a fit now."""
    await versions.ask_for_fit()
    return done(request, to="/staff/engine", message=_("A new fit has been asked for. It takes about a minute."))


def _asked(request: Request[Any, Any, Any]) -> _View:
    query = request.query_params
    waited = str(query.get("waited", ""))
    return _View(
        kind=str(query.get("kind", "")),
        saved=query.get("saved") == "true",
        every=query.get("every") == "true",
        waited=min(int(waited), POLLS) if waited.isascii() and waited.isdigit() and len(waited) < 9 else 0,
    )


async def _after(
    request: Request[Any, Any, Any], seen: Seen, message: str, put_away: dict[str, Any] | None = None
) -> Response[Any]:
    view = _asked(request)
    context = await _context(seen, view, put_away=put_away)
    to = f"/suggestions?organisation={seen.slug}&kind={context['kind']}{'&saved=true' if view.saved else ''}"
    return done(
        request,
        to=to,
        message=None if put_away and wants_fragment(request) else message,  # the drawn block says it beside "undo"
        draw=lambda: page(request, "connections/suggestions.html", fragment="lists", switch=[], **context),
    )


async def _context(seen: Seen, view: _View, *, panel: bool = False, **more: Any) -> dict[str, Any]:
    names = filters.lists_of(seen.row["kinds"])
    kind = view.kind if view.kind in names else (names[0] if names else "")
    standing = await lists.standing(seen)
    if standing.wanted:
        await asking.ask(seen.id)
    shown = PANEL if panel else ALL if view.every or view.saved else lists.FIRST
    found = await cards.cards_of(seen.id, kind, shown + 1, saved=view.saved) if kind else []
    profile = None if panel else await profiles.profile_of(seen.id)
    form: Form[Any] = more.pop("form", None) or filled({})
    return {
        "organisation": seen,
        "kind": kind,
        "tabs": [] if panel else await tabs_of(seen, kind),
        "saved": view.saved,
        "waited": view.waited,
        "polls": POLLS,
        "standing": standing,
        "cards": found[:shown],
        "more": len(found) > shown and shown < ALL,
        "gaps": gaps.gaps_of(profile) if profile else [],
        "closed": bool(profile and profile["accepts"] == "closed"),
        "thin": bool(profile and gaps.thin(profile)),
        "hidden": [] if panel else await choices.hidden_of(seen.id),
        "hide_reasons": [(code, choices.reason_label(code)) for code in choices.REASONS],
        "reason_label": choices.reason_label,
        "put_away": None,
        "form": form,
        **more,
    }


router = Router(
    "/",
    route_handlers=[
        suggestions,
        panel,
        again,
        save,
        hide,
        restore,
        use,
        change_use,
        use_of_mentor,
        change_use_of_mentor,
        mails,
        change_mails,
        others,
        hide_pairing,
        restore_pairing,
        whom_to_meet,
        staff_engine,
        fit_again,
    ],
    include_in_schema=False,
)
