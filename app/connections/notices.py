"""What a fit noticed that broke the assumptions of the one before, in words for staff. Codes are `matching.card`'s."""

from collections.abc import Mapping
from typing import Any

from app.core.i18n import N_, Phrase

Card = Mapping[str, Any]

NOTICES: dict[str, Phrase] = {
    "missing": N_("Share of %(whose)s without %(what)s"),
    "mix": N_("Distance of the mix of %(what)s from before"),
    "rate": N_("Number of %(what)s"),
    "calibration": N_("Calibration error of what is shown"),
}

WHOSE: dict[str, Phrase] = {
    "company": N_("companies"),
    "investor": N_("investors"),
    "link": N_("announced investments"),
}
"""What a missing field belongs to: the part of its name before the point."""

MISSING: dict[str, Phrase] = {
    "description": N_("a description"),
    "category": N_("a category"),
    "sectors": N_("sectors"),
    "country": N_("a country"),
    "state": N_("a province or state"),
    "city": N_("a city"),
    "founded_at": N_("a founding date"),
    "round_type": N_("a kind of round"),
    "type": N_("a type"),
    "stages": N_("stages"),
    "places": N_("places where they look"),
    "amount_usd": N_("an amount"),
}
"""The field itself: the part after the point."""

MIXES: dict[str, Phrase] = {
    "category": N_("categories"),
    "country": N_("countries"),
    "round_type": N_("kinds of round"),
}

RATES: dict[str, Phrase] = {
    "links_half_year": N_("investments in the last half-year"),
    "companies": N_("companies"),
    "investors": N_("investors"),
}


def told(card: Card) -> list[tuple[str, float, float]]:
    """What the fit noticed: (what, before, now), in the language of the request. Unknown codes are left out."""
    found = [(sentence(one["code"], one["subject"]), one["before"], one["now"]) for one in card.get("drift") or ()]
    return [notice for notice in found if notice[0]]


def sentence(code: str, subject: str) -> str:
    """One notice in words; nothing where there are no words for it."""
    if code == "calibration":
        return NOTICES[code].text()
    if code == "missing":
        whose, _point, what = subject.partition(".")
        if whose not in WHOSE or what not in MISSING:
            return ""
        return NOTICES[code].text(whose=WHOSE[whose].text(), what=MISSING[what].text())
    named = {"mix": MIXES, "rate": RATES}.get(code, {}).get(subject)
    return NOTICES[code].text(what=named.text()) if named else ""
