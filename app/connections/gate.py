"""Whether a fit may go into use, from its card alone. A fit that learned less than counting deals does is refused."""

import math
from collections.abc import Mapping
from typing import Any, Literal

Card = Mapping[str, Any]

MEASURES = ("ndcg@10", "recall@10", "recall@50", "mrr")
"""What is compared, where the card has it."""
SLACK = 0.9
"""A fit may be a tenth worse than the one before: the held-out deals are others each time."""


def verdict(card: Card, before: Card | None = None) -> tuple[bool, str]:
    """Whether to take the fit, and why not.

    On the card's own time split the model must reach each baseline on every measure, and must not fall far behind
    the engine in use. A card without a split is only taken when it says that there was no history to split.
    """
    model, baselines = figures(card)
    if not model:
        return (True, "") if not card.get("links") else (False, "no figures of a time split on the card")
    for measure in MEASURES:
        if measure not in model:
            continue
        value = model[measure]
        if math.isnan(value):
            return False, f"{measure} is not a number"
        for name, others in sorted(baselines.items()):
            if value < others.get(measure, 0.0):
                return False, f"{measure} {value:.3f} is below {others[measure]:.3f} of {name}"
    earlier, _baselines = figures(before or {})
    for measure in MEASURES:
        if measure in model and model[measure] < SLACK * earlier.get(measure, 0.0):
            return False, f"{measure} {model[measure]:.3f} is far below {earlier[measure]:.3f} of the engine in use"
    return True, ""


def figures(card: Card) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """The model's measures on the time split, and each baseline's by name; empty without a split."""
    metrics: Any = card.get("metrics") or {}
    model = {name: float(value) for name, value in (metrics.get("model") or {}).items() if _number(value)}
    baselines: dict[str, dict[str, float]] = {
        name: {measure: float(value) for measure, value in values.items() if _number(value)}
        for name, values in (metrics.get("baselines") or {}).items()
    }
    return model, baselines


def _number(value: object) -> Literal[True, False]:
    return isinstance(value, int | float) and not isinstance(value, bool)
