"""The model card: what a fit was made from, how far its probabilities hold, who is shown, and what changed since.

The figures of lists against answers are in evaluate.py; the gate that reads a card belongs to the application.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from matching.data import Dataset
from matching.encode import tidy

BINS = 10
MOST_COMMON = 12
"""Values of a classification that the card names; the others are "other"."""

HALF_YEAR = 182

COMPANY_FIELDS = ("description", "category", "sectors", "country", "state", "city", "founded_at", "round_type")
INVESTOR_FIELDS = ("description", "type", "category", "sectors", "country", "state", "stages", "places")

MISSING_MOVED = 0.15
"""A field that is missing this much more or less often (share of profiles) is worth a notice."""

MIX_MOVED = 0.15
"""So is a mix of categories or countries that differs by this much (half the sum of differences of shares)."""

RATE_MOVED = 2.0
"""So is a number of links in half a year that is this many times larger or smaller, or a company count."""

ERROR_MOVED = 0.03
"""So is an expected calibration error of what is shown that is larger by this much."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One assumption that the newer data break.

    Attributes
    ----------
    code : str
        ``missing``, ``mix``, ``rate`` or ``calibration``.
    subject : str
        The field, classification or count in question.
    before, now : float
        Shares for ``missing``; 0 and the distance for ``mix``; counts for ``rate``; errors for ``calibration``.
    """

    code: str
    subject: str
    before: float
    now: float


def facts(data: Dataset, version: str, as_of: date | None) -> dict[str, Any]:
    """Return what a card says of the data: counts, period, missing fields, mixes, links of the last half year."""
    dated = [link.funded_at for link in data.links if link.funded_at]
    edge = (as_of or max(dated, default=date.min)) - timedelta(days=HALF_YEAR) if dated else None
    return {
        "version": version,
        "as_of": as_of.isoformat() if as_of else None,
        "companies": len(data.companies),
        "investors": len(data.investors),
        "links": sum(1 for link in data.links if link.investor_id),
        "period": [min(dated).isoformat(), max(dated).isoformat()] if dated else None,
        "links_half_year": sum(1 for day in dated if edge and day > edge),
        "missing": {
            **{f"company.{name}": _missing(data.companies, name) for name in COMPANY_FIELDS},
            **{f"investor.{name}": _missing(data.investors, name) for name in INVESTOR_FIELDS},
            "link.round_type": _missing(data.links, "round_type"),
            "link.amount_usd": _missing(data.links, "amount_usd"),
        },
        "mix": {
            "category": mix(company.category for company in data.companies),
            "country": mix(company.country for company in data.companies),
            "round_type": mix(link.round_type for link in data.links),
        },
    }


def mix(values: Iterable[str]) -> dict[str, float]:
    """Return the share of each of the most common values among those that are known; the rest is ``other``."""
    counts = Counter(folded for folded in map(tidy, values) if folded)
    total = sum(counts.values())
    if not total:
        return {}
    named = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_COMMON]
    shares = {name: count / total for name, count in named}
    rest = 1.0 - sum(shares.values())
    return {**shares, "other": rest} if rest > 1e-9 else shares


def calibration(probability: np.ndarray, happened: np.ndarray, weight: np.ndarray) -> dict[str, Any]:
    """Return how far probabilities hold.

    Parameters
    ----------
    probability : ndarray of float, shape (n,)
    happened : ndarray of bool, shape (n,)
    weight : ndarray of float, shape (n,)
        How many pairs each stands for.

    Returns
    -------
    dict
        ``calibration_error`` (expected calibration error: |said - happened| over `BINS` bins of equally many rows),
        ``brier`` (mean squared error), ``reliability`` (for each bin that is not empty: said, was, share).
    """
    if not len(probability):
        return {"calibration_error": 0.0, "brier": 0.0, "reliability": []}
    edges = np.quantile(probability, np.linspace(0, 1, BINS + 1))
    place = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, BINS - 1)
    mass = np.bincount(place, weight, BINS)
    said = np.bincount(place, weight * probability, BINS)
    was = np.bincount(place, weight * happened, BINS)
    total = max(float(mass.sum()), 1e-9)
    bins = [
        {"said": float(said[k] / mass[k]), "was": float(was[k] / mass[k]), "share": float(mass[k] / total)}
        for k in range(BINS)
        if mass[k] > 0
    ]
    return {
        "calibration_error": float(np.abs(said - was).sum() / total),
        "brier": float(weight @ np.square(probability - happened) / total),
        "reliability": bins,
    }


def exposure(lists: Sequence[Sequence[str]], data: Dataset, n_deals: np.ndarray) -> dict[str, dict[str, float]]:
    """Return who stands in the lists, beside how many of them there are.

    Parameters
    ----------
    lists : sequence of sequence of str
        Ids of investors that are shown.
    data : Dataset
    n_deals : ndarray, shape (n investors,)
        Deals of each so far.

    Returns
    -------
    dict
        For ``size``, ``country`` and ``language``: the share of all places by group, groups without places at 0.
    """
    shown = Counter(name for row in lists for name in row)
    total = max(sum(shown.values()), 1)
    found: dict[str, dict[str, float]] = {"size": {}, "country": {}, "language": {}}
    for investor, deals in zip(data.investors, n_deals.tolist(), strict=True):
        share = shown.get(investor.id, 0) / total
        size = "none" if deals < 1 else "1-4" if deals < 5 else "5-19" if deals < 20 else "20+"
        groups = [("size", size), ("country", tidy(investor.country) or "unknown")]
        groups += [("language", tidy(code) or "unknown") for code in investor.languages or ("",)]
        for kind, group in groups:
            found[kind][group] = found[kind].get(group, 0.0) + share
    found["country"] = _largest(found["country"])
    return found


def gini(values: Iterable[float]) -> float:
    """Return the Gini coefficient of non-negative values; 0 for none or all zero."""
    ordered = np.sort(np.fromiter(values, dtype=float))
    total = ordered.sum()
    if not total:
        return 0.0
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))


def drift(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Notice]:
    """Compare two cards: which assumptions of the older one the newer data break.

    Parameters
    ----------
    before, now : mapping
        Cards as `facts` and the fit write them; what either lacks is not compared.

    Returns
    -------
    list of Notice
        In the order of missing fields, mixes, rates, calibration; empty where nothing moved much.
    """
    old, new = (card.get("missing") or {} for card in (before, now))
    both = [name for name in old if name in new]
    found = [
        Notice("missing", name, old[name], new[name]) for name in both if abs(new[name] - old[name]) > MISSING_MOVED
    ]
    old, new = (card.get("mix") or {} for card in (before, now))
    distances = {name: _distance(old[name], new[name]) for name in old if old[name] and new.get(name)}
    found += [Notice("mix", name, 0.0, moved) for name, moved in distances.items() if moved > MIX_MOVED]
    for name in ("links_half_year", "companies", "investors"):
        one, other = before.get(name), now.get(name)
        if one is not None and other is not None and max(one, other) > RATE_MOVED * max(min(one, other), 1):
            found.append(Notice("rate", name, float(one), float(other)))
    was, now_is = ((card.get("shown") or {}).get("calibration_error") for card in (before, now))
    if was is not None and now_is is not None and now_is > was + ERROR_MOVED:
        found.append(Notice("calibration", "shown", was, now_is))
    return found


def _missing(rows: Sequence[Any], name: str) -> float:
    return sum(1 for row in rows if not getattr(row, name)) / max(len(rows), 1)


def _distance(old: Mapping[str, float], new: Mapping[str, float]) -> float:
    # A value that one card alone names may stand in the other's "other": as much of it as can is taken to be there.
    named = (set(old) & set(new)) - {"other"}
    left = [1 - sum(card[name] for name in named) for card in (old, new)]
    hidden = min(*left, old.get("other", 0.0) + new.get("other", 0.0))
    return 1 - sum(min(old[name], new[name]) for name in named) - hidden


def _largest(shares: Mapping[str, float]) -> dict[str, float]:
    named = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    kept = dict(named[:MOST_COMMON])
    rest = sum(share for _, share in named[MOST_COMMON:])
    return {**kept, "other": rest} if len(named) > MOST_COMMON else kept
