"""How strong a match is, in words: what the engine's score says about these two and not about either alone."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from app.core.i18n import N_, Phrase

Strength = Literal["very_strong", "strong", "fair", "possible"]

LABELS: dict[Strength, Phrase] = {
    "very_strong": N_("Very strong match"),
    "strong": N_("Strong match"),
    "fair": N_("Fair match"),
    "possible": N_("Possible match"),
}
ABOUT_ONE = frozenset({"activity", "company"})
"""Parts about one side alone: how much somebody invests anyway, how likely somebody raises anyway."""

_FROM: tuple[tuple[float, Strength], ...] = ((4.0, "very_strong"), (2.2, "strong"), (1.0, "fair"))
_FULL = 6.0


def fit_of(reasons: Iterable[Mapping[str, Any]]) -> float:
    """The part of a score that is about the pair (a logit)."""
    return float(sum(reason["contribution"] for reason in reasons if reason["code"] not in ABOUT_ONE))


def strength_of(fit: float) -> Strength:
    """The word for it: each step means odds several times those of a pair of whom nothing is known."""
    return next((word for least, word in _FROM if fit >= least), "possible")


def share_of(fit: float) -> float:
    """The same on a line from 0 to 1, in tenths: finer differences mean nothing."""
    return math.ceil(min(max(fit, 0.0) / _FULL, 1.0) * 10) / 10
