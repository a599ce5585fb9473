"""The drawn list: results and facets of one state as HTML, the same for everybody who reads the same language.

Drawings of the last moments are kept in the process under the version of the list, so that a change of any
organisation shows at the next request, and the states that many people look at cost one small query.
"""

from collections import OrderedDict
from typing import Any

import msgspec
from markupsafe import Markup

from app.core import templating
from app.core.i18n import current_locale
from app.directory import views
from app.directory.asking import FACETS, Asked, label_of, understood
from app.directory.finding import Found, find
from app.directory.listing import current_version

KEPT = 160
OPTIONS_SHOWN = 30
MORE_OPTIONS = 300


class Drawn(msgspec.Struct, frozen=True):
    results: Markup
    facets: Markup
    chosen: int


_kept: OrderedDict[tuple[object, ...], Drawn] = OrderedDict()


async def draw(asked: Asked, *, more: str = "", unknown: tuple[str, ...] = ()) -> Drawn:
    """The list of this state in the current language; `more` names the facet that is shown whole."""
    version = await current_version()
    key = (version, current_locale(), asked, more, unknown)
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    drawn = _drawn(asked, await find(asked, version=version), more, unknown)
    _kept[key] = drawn
    if len(_kept) > KEPT:
        _kept.popitem(last=False)
    return drawn


def _drawn(asked: Asked, found: Found, more: str, unknown: tuple[str, ...]) -> Drawn:
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
            "cards": [views.card_of(row) for row in found.rows],
            "chips": chips,
            "meant": []
            if asked.filtered
            else [(facet, code, label_of(facet, code)) for facet, code in understood(asked.q)],
            "crunchbase": views.any_from_crunchbase(found.rows),
        },
    )
    return Drawn(Markup(results), Markup(_facets(asked, found, more)), len(chips))  # noqa: S704  our own templates


def _facets(asked: Asked, found: Found, more: str) -> str:
    shown: dict[str, list[tuple[str, str, str]]] = {}
    cut: dict[str, str] = {}
    for facet, options in found.facets.items():
        most = MORE_OPTIONS if facet == more else OPTIONS_SHOWN
        shown[facet] = [(option.value, option.label, views.number(option.count)) for option in options[:most]]
        if len(options) > most:
            url = asked.url()
            cut[facet] = f"{url}{'&' if '?' in url else '?'}more={facet}"
    context: dict[str, Any] = {"asked": asked, "facets": shown, "cut": cut}
    return templating.render("directory/facets.html", context)


def forget() -> None:
    """Start afresh, as a new process would."""
    _kept.clear()
