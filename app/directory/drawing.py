"""The drawn list: results and facets of one state as HTML, the same for all who read alike and are signed in alike.

Drawings of the last moments are kept in the process with the version of the list, so that a change of any
organisation shows at the next request, and the states that many people look at cost one small query.
"""

from collections import OrderedDict
from functools import lru_cache
from typing import Any

import msgspec
from markupsafe import Markup

from app.core import templating
from app.core.i18n import current_locale
from app.directory import views
from app.directory.asking import FACETS, Asked, label_of, understood
from app.directory.finding import Found, Option, find
from app.directory.listing import covers, current_version
from app.directory.seeing import EVERYBODY, Viewer

KEPT = 160
OPTIONS_SHOWN = 30
MORE_OPTIONS = 300
AT_FIRST = 9
"""So many options of a facet are seen before it is opened."""


class Drawn(msgspec.Struct, frozen=True):
    version: int
    results: Markup
    facets: Markup
    chosen: int


_kept: OrderedDict[tuple[object, ...], Drawn] = OrderedDict()


async def draw(asked: Asked, *, viewer: Viewer = EVERYBODY, more: str = "", unknown: tuple[str, ...] = ()) -> Drawn:
    """The list of this state in the current language; `more` names the facet that is shown whole.

    `viewer` is everybody or any member: how far somebody sees beyond that differs from profile to profile.
    """
    state = (current_locale(), viewer.tier, asked, more, unknown)
    drawn = _kept.get(state)
    if drawn is not None and covers(drawn.version, await current_version()):
        if state in _kept:
            _kept.move_to_end(state)
        return drawn
    drawn = _drawn(asked, await find(asked), viewer, more, unknown)
    _kept[state] = drawn
    _kept.move_to_end(state)
    if len(_kept) > KEPT:
        _kept.popitem(last=False)
    return drawn


def _drawn(asked: Asked, found: Found, viewer: Viewer, more: str, unknown: tuple[str, ...]) -> Drawn:
    chips = [
        {"label": label_of(facet, value), "remove_url": asked.without(facet, value)}
        for facet in FACETS
        for value in asked.values(facet)
    ]
    results = templating.render(
        "directory/results.html",
        {
            "asked": asked,
            "unknown": unknown,
            "found": found,
            "cards": [views.card_of(row, viewer) for row in found.rows],
            "member": viewer.tier != EVERYBODY.tier,
            "chips": chips,
            "meant": []
            if asked.filtered
            else [(facet, code, label_of(facet, code)) for facet, code in understood(asked.q)],
            "crunchbase": views.any_from_crunchbase(found.rows),
        },
    )
    return Drawn(found.version, Markup(results), Markup(_facets(asked, found, more)), len(chips))  # noqa: S704  our own templates


def _facets(asked: Asked, found: Found, more: str) -> str:
    shown: dict[str, tuple[list[Markup], list[Markup]]] = {}
    cut: dict[str, str] = {}
    locale = current_locale()
    for facet, options in found.facets.items():
        most = MORE_OPTIONS if facet == more else OPTIONS_SHOWN
        chosen = asked.values(facet)
        lines = [_line(facet, option, option.value in chosen, locale) for option in options[:most]]
        # a tenth alone needs no fold
        first = AT_FIRST if len(lines) > AT_FIRST + 1 else len(lines)
        shown[facet] = (lines[:first], lines[first:])
        if len(options) > most:
            url = asked.url()
            cut[facet] = f"{url}{'&' if '?' in url else '?'}more={facet}"
    context: dict[str, Any] = {"asked": asked, "facets": shown, "cut": cut}
    return templating.render("directory/facets.html", context)


@lru_cache(8192)
def _line(facet: str, option: Option, chosen: bool, _locale: str) -> Markup:
    """A value with its count. A list has a hundred of them, and most of them have been drawn for another search."""
    context = {
        "facet": facet,
        "value": option.value,
        "label": option.label,
        "count": views.number(option.count),
        "chosen": chosen,
    }
    return Markup(templating.render("directory/facet_option.html", context))  # noqa: S704  our own template


def forget() -> None:
    """Start afresh, as a new process would."""
    _kept.clear()
