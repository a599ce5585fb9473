"""How strong a match is, in words: the score above that of a pair of whom nothing is known. No false precision."""

import math
from typing import Literal

from app.core.i18n import N_, Phrase

Strength = Literal["very_strong", "strong", "fair", "possible"]

LABELS: dict[Strength, Phrase] = {
    "very_strong": N_("Very strong match"),
    "strong": N_("Strong match"),
    "fair": N_("Fair match"),
    "possible": N_("Possible match"),
}
_FROM: tuple[tuple[float, Strength], ...] = ((4.0, "very_strong"), (2.5, "strong"), (1.2, "fair"))
_FULL = 6.0


def strength_of(score: float, base: float) -> Strength:
    """The word for a score: each step means that the odds are several times those of an unknown pair."""
    above = score - base
    return next((word for least, word in _FROM if above >= least), "possible")


def share_of(score: float, base: float) -> float:
    """The same on a line from 0 to 1, in tenths: finer differences mean nothing."""
    above = max(0.0, score - base) / _FULL
    return math.ceil(min(above, 1.0) * 10) / 10
