"""The card of a fit as staff read it: measures by kind of question, calibration, who is shown."""

from collections.abc import Mapping
from typing import Any

import msgspec

from app.core.i18n import N_, Phrase, _
from app.directory.places import country_label
from app.directory.vocabulary.persons import LANGUAGES

Card = Mapping[str, Any]

QUESTIONS: dict[str, Phrase] = {
    "new company, asked": N_("Companies without an investor that say what they raise"),
    "new company": N_("Companies without an investor"),
    "any company, asked": N_("All companies, with what they raise"),
    "any company": N_("All companies"),
    "further investors, asked": N_("Companies with investors, more of them"),
    "investor, companies raising": N_("Investors, companies that raise"),
}
"""Kinds of questions, by their names on the card (`matching.evaluate.tasks`)."""

MEASURES = ("recall@10", "ndcg@10", "mrr")

SIZES: dict[str, Phrase] = {
    "none": N_("No deal yet"),
    "1-4": N_("1 to 4 deals"),
    "5-19": N_("5 to 19 deals"),
    "20+": N_("20 deals and more"),
}
MOST = 8
"""Countries and languages named; the others are one line."""


class Share(msgspec.Struct, frozen=True):
    label: str
    share: float


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on a card besides the figures of the split."""

    period: tuple[str, str] | None
    questions: list[tuple[str, list[float | None]]]
    error: float | None
    brier: float | None
    reliability: list[tuple[float, float, float]]
    """Said, was, and the share of pairs: of those that are on lists."""
    coverage: float | None
    gini: float | None
    exposure: list[tuple[str, list[Share]]]


def told(card: Card) -> Told:
    """A card in the language of the request; what an older one does not have is empty."""
    shown: Mapping[str, Any] = card.get("shown") or {}
    period, kinds = card.get("period"), card.get("kinds") or {}
    return Told(
        period=(period[0], period[1]) if period else None,
        questions=[
            (QUESTIONS[name].text(), [figures.get(measure) for measure in MEASURES])
            for name, figures in kinds.items()
            if name in QUESTIONS
        ],
        error=shown.get("calibration_error"),
        brier=shown.get("brier"),
        reliability=[(one["said"], one["was"], one["share"]) for one in shown.get("reliability") or ()],
        coverage=card.get("coverage"),
        gini=card.get("gini"),
        exposure=_exposure(card.get("exposure") or {}),
    )


def _exposure(card: Mapping[str, Mapping[str, float]]) -> list[tuple[str, list[Share]]]:
    sizes, countries, languages = (card.get(name) or {} for name in ("size", "country", "language"))
    found = [
        (
            _("By deals so far"),
            [Share(phrase.text(), sizes.get(code, 0.0)) for code, phrase in SIZES.items()] if sizes else [],
        ),
        (_("By country"), _largest({_country(code): share for code, share in countries.items()})),
        (_("By language"), _largest({_language(code): share for code, share in languages.items()})),
    ]
    return [(title, shares) for title, shares in found if shares]


def _country(code: str) -> str:
    return {"unknown": _("Not stated"), "other": _("Others")}.get(code) or country_label(code.upper()) or code.upper()


def _language(code: str) -> str:
    return _("Not stated") if code == "unknown" else LANGUAGES.label(code) if code in LANGUAGES else code


def _largest(shares: Mapping[str, float]) -> list[Share]:
    ordered = sorted(shares.items(), key=lambda one: (-one[1], one[0]))
    rest = sum(share for _label, share in ordered[MOST:])
    return [Share(label, share) for label, share in ordered[:MOST]] + ([Share(_("Others"), rest)] if rest > 0 else [])
