"""Reasons in words. The engine gives codes, parts of the score and numbers; each has a sentence in both languages.

A sentence depends on who reads (a company that looks for support, or somebody who looks for companies) and on whether
the part speaks for the match or against it. Codes and their parameters are listed in `matching.explain`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from app.connections.details import Details
from app.connections.wording import WORDING
from app.core.i18n import N_, in_language

Role = Literal["company", "seeker"]
"""Who reads: a company, or somebody who looks for companies (an investor, an incubator ...)."""

OWN = {"company": "company", "seeker": "activity"}
"""What speaks about the reader alone: part of the score, but the same for everybody on the list, so no reason."""

FROM_DEALS = frozenset(
    {"sector", "technology", "place", "focus", "round", "amount", "entry", "similar", "network", "text", "activity"}
)
"""What was learned from past deals. Without any deals it says nothing about the other side, so it is no caveat."""

ALL_DEALS = frozenset({"similar", "activity"})
"""Codes whose parameter `deals` counts everything that the other side has announced."""
NO_DEALS = N_("They have announced no investments so far")

FOR = N_("Other signs of the engine speak for it")
AGAINST = N_("Other signs of the engine speak against it")


class Said(msgspec.Struct, frozen=True):
    """A reason as it is shown."""

    code: str
    audience: str
    contribution: float
    text: str


def reader_of(kind: str) -> Role:
    """Who reads a list: on a list of startups it is somebody who looks for companies."""
    return "seeker" if kind == "startup" else "company"


def say(reason: Mapping[str, Any], role: Role, names: Mapping[str, str]) -> Said:
    """A stored reason in the language of the request. `names` are of the organisations that it may speak of, by id."""
    return Said(reason["code"], reason["for"], reason["contribution"], _text(reason, role, names))


def telling(reason: Mapping[str, Any], role: Role) -> bool:
    """Whether a part of the score is worth showing as a reason to this reader."""
    code = reason["code"]
    if code == OWN[role]:
        return False
    silent = role == "seeker" and not reason["params"].get("deals")
    return not (reason["contribution"] < 0 and code in FROM_DEALS and silent)


def sentence(reason: Mapping[str, Any], role: Role, names: Mapping[str, str], locale: str) -> str:
    """The same as plain text in a language."""
    [found] = sentences([reason], role, names, locale)
    return found


def sentences(reasons: Iterable[Mapping[str, Any]], role: Role, names: Mapping[str, str], locale: str) -> list[str]:
    """Many at once: changing the language for each of a few hundred would cost as much as the words."""
    with in_language(locale):
        return [_text(reason, role, names) for reason in reasons]


def _text(reason: Mapping[str, Any], role: Role, names: Mapping[str, str]) -> str:
    good = reason["contribution"] >= 0
    if not good and role == "company" and reason["code"] in ALL_DEALS and reason["params"].get("deals") == 0:
        return NO_DEALS.text()
    wording = WORDING.get(reason["code"])
    if wording is None:
        return (FOR if good else AGAINST).text()
    return wording.text(role, good, Details(reason["params"], names))
