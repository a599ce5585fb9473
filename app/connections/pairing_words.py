"""The sentences of reasons for mentors and technologies, and their cards. Codes are listed in `matching.pairings`."""

from collections.abc import Mapping
from typing import Any

import msgspec

from app.connections import cards, strength
from app.connections.pairing import Paired
from app.connections.reasons import Said
from app.core.i18n import N_, Phrase, _, in_language
from app.directory.vocabulary import MENTOR_EXPERTISE, SECTORS, TECHNOLOGIES

LABELS: dict[str, Phrase] = {
    "mentor": N_("Mentors"),
    "technology_offer": N_("Technologies for your needs"),
    "technology_need": N_("Challenges you may solve"),
}

_IF_PUBLIC = frozenset({"sectors"})
"""Of a person these are named only if everybody may see them; expertise is public with the profile."""

_NAMED = {
    "skills": (MENTOR_EXPERTISE, N_("They know what you need: %(what)s")),
    "technologies": (TECHNOLOGIES, N_("The same technology: %(what)s")),
    "sectors": (SECTORS, N_("The same sector: %(what)s")),
}
_PLAIN: dict[str, tuple[Phrase, Phrase]] = {
    "skills": (N_("They know what you need help with"), N_("They know what you need help with")),
    "technologies": (N_("The same technology"), N_("Another technology")),
    "sectors": (N_("The same sector"), N_("Another sector")),
    "stage": (N_("They take on startups at your stage"), N_("They usually take on startups at another stage")),
    "near": (N_("You are in the same country"), N_("You are in the same country")),
    "words": (N_("Your texts speak of much the same"), N_("Your texts speak of different things")),
    "checked": (N_("The department has checked who they are"), N_("The department has checked who they are")),
}


class PairCard(msgspec.Struct, frozen=True, kw_only=True):
    """One as it is drawn. `id`: the mentor's, or that of the technology's row."""

    id: str
    title: str
    path: str
    owner: str
    about: str
    sample: bool
    strength: str
    share: float
    for_you: list[Said]
    for_them: list[Said]
    caveat: Said | None
    market: str
    """One line on how sought after they are, or why they stand here, or nothing."""
    strongest: float


def card_of(one: Paired) -> PairCard:
    """One who may suit as a card, in the language of the request."""
    said = [
        Said(
            reason.code,
            reason.audience,
            reason.contribution,
            _text(reason.code, reason.contribution > 0, reason.params, one),
        )
        for reason in one.found.contributions
    ]
    good = [line for line in said if line.contribution > 0]
    fit = sum(line.contribution for line in said)
    return PairCard(
        id=one.found.candidate_id,
        title=one.title,
        path=one.path,
        owner=one.owner,
        about=one.about,
        sample=one.sample,
        strength=strength.LABELS[strength.strength_of(fit)].text(),
        share=strength.share_of(fit),
        for_you=[line for line in good if line.audience == "you"][:3],
        for_them=[line for line in good if line.audience == "them"][:3],
        caveat=next((line for line in said if line.contribution < 0), None),
        market=_market_line(one),
        strongest=max((line.contribution for line in good), default=1.0),
    )


def _market_line(one: Paired) -> str:
    for holds, phrase in (
        (one.level == "busy", cards.BUSY),
        (one.explored, cards.EXPLORED),
        (one.level == "seldom", cards.SELDOM),
    ):
        if holds:
            return phrase.text()
    return ""


def texts_of(one: Paired, locale: str) -> list[str]:
    """The sentence of each reason in a language, in the order of the reasons."""
    with in_language(locale):
        return [_text(reason.code, reason.contribution > 0, reason.params, one) for reason in one.found.contributions]


def _text(code: str, good: bool, params: Mapping[str, Any], one: Paired) -> str:
    if code == "ready":
        return _("Technology readiness: level %(level)s of 9", level=params["level"])
    if code == "near" and params["same"] == "state":
        return _("You are in the same province or state")
    if good and code in _NAMED and (one.public is None or code not in _IF_PUBLIC or code in one.public):
        vocabulary, phrase = _NAMED[code]
        what = vocabulary.labels([name for name in params[code] if name in vocabulary][:3])
        if what:
            return phrase.text(what=", ".join(what))
    return _PLAIN[code][0 if good else 1].text()
