"""Runs the market for everybody with a fitted model. Belongs into the process that fits; nothing is stored here.

Whom the engine would show everybody, what each of them costs in demand, and whom the market shows instead.
"""

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from app.connections import appeal
from app.connections.filters import LISTS_PER_REQUEST
from app.connections.market import SLOPE, Cleared
from app.connections.placing import SHOWN
from app.core import clock
from matching import Model
from matching.everybody import Pairs as Candidates
from matching.market import Crowd, MarketOptions, MarketResult, Pairs, Prices, crowd, expected, run_market_sparse

CANDIDATES = 50
"""Candidates that the engine names for everybody."""
FAIRNESS = 0.2
"""Some weight to those with few matches; what it costs is on the engine's card (1 would cost a fifth)."""
PRICE_COUNTS = 0.1
"""So much of a price: on the time split 2012-07-01 a tenth costs 2 % of nDCG@10, a fifth 5 %, a half 14 %."""
MOST_PRICE = 0.15
"""In units of the chance that both want it."""
MOST_CHANGE = 0.02
"""A price moves by so much in a night at most, so that lists do not jump."""
NEVER = 1_000.0
BUSY, SELDOM = 0.9, 0.1
"""Shares of the prices from which somebody may be called busy, and up to which seldom suggested."""
TIMES = 2
"""So many times the usual number of lists is many, and so many times fewer is few."""
MANY_LISTS, FEW_LISTS = 10, 2
"""Only who is on more lists than the first is busy, and only who is on no more than the second seldom suggested."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What of the database a run needs, by id."""

    capacities: Mapping[str, int | None] = {}
    before: Mapping[str, float] = {}
    """Prices in use."""


def clear(model: Model, kind: str, given: Given) -> Cleared | None:
    """Run the market for lists of organisations; None where there is nobody on one side. Blocks for seconds."""
    began = time.perf_counter()
    data = model.history_.store.data
    left, right = (data.companies, data.investors) if kind == "investor" else (data.investors, data.companies)
    if not left or not right:
        return None
    tonight = in_log_odds([row.id for row in right], given)
    named = model.pairs("companies" if kind == "investor" else "investors", top=CANDIDATES, price=tonight)
    return clear_among(named, kind, model.version, given, began)


def clear_among(named: Candidates, kind: str, model_version: str, given: Given, began: float) -> Cleared:
    """Run the market among candidates that are named already. `began`: when that was begun (`time.perf_counter`)."""
    started_at = clock.now()
    left_ids, right_ids = list(named.rows), list(named.columns)
    capacity = _capacity(right_ids, given.capacities)
    people = crowd(len(left_ids), len(right_ids), ids=(left_ids, right_ids), capacity=capacity)
    pairs, theirs = _pairs(named, people)
    found = run_market_sparse(pairs, options=MarketOptions(lists=SHOWN, fairness=FAIRNESS))
    prices = priced(found.prices, right_ids, given.before)
    shown = np.bincount(found.lists[found.lists >= 0], minlength=len(right_ids))
    return Cleared(
        kind=kind,
        model_version=model_version,
        temperature=found.prices.temperature,
        started_at=started_at,
        seconds=round(time.perf_counter() - began, 2),
        figures=_figures(found, pairs, prices),
        prices=_rows(right_ids, prices, theirs, shown),
        lists=[
            (UUID(left_ids[at]), [UUID(right_ids[who]) for who in row if who >= 0])
            for at, row in enumerate(found.lists.tolist())
        ],
    )


def _pairs(named: Candidates, people: Crowd) -> tuple[Pairs, np.ndarray]:
    """The engine's candidates with the chances of a market, and the offset of each candidate's log odds."""
    rows = np.repeat(np.arange(people.n_left), np.diff(named.indptr))
    asked, theirs = appeal.logits(named.p), appeal.logits(named.q)
    asked = asked + appeal.offsets(asked, rows, people.n_left)[rows]
    offsets = appeal.offsets(theirs, named.indices, people.n_right)
    chances = appeal.chances(asked), appeal.answers(asked, theirs + offsets[named.indices])
    return Pairs.of((named.indptr, named.indices), *chances, people), offsets


def _capacity(ids: list[str], stated: Mapping[str, int | None]) -> np.ndarray:
    requests = (stated.get(one) for one in ids)
    return np.array([np.inf if number is None else number * LISTS_PER_REQUEST for number in requests], dtype=float)


def in_log_odds(ids: list[str], given: Given) -> np.ndarray:
    """Last night's prices as the engine takes them: they count before anybody's candidates are cut to fifty."""
    taken = np.array([given.before.get(one, 0.0) for one in ids], dtype=float) / SLOPE
    return np.where(_capacity(ids, given.capacities) > 0, taken, NEVER)


def priced(found: Prices, ids: list[str], before: Mapping[str, float]) -> np.ndarray:
    """Return what each candidate costs, shape (n,), in units of the chance that both want it; inf: not to be had."""
    cost = np.clip(PRICE_COUNTS * found.price * found.temperature, 0.0, MOST_PRICE)
    cost[~np.isfinite(found.price)] = np.inf
    previous = Prices(np.array([before.get(one, np.nan) for one in ids], dtype=float), found.temperature)
    return Prices(cost, found.temperature).clamped_to(previous, MOST_CHANGE).price


def _rows(
    ids: list[str], price: np.ndarray, offsets: np.ndarray, shown: np.ndarray
) -> list[tuple[UUID, float, float | None, int, str]]:
    """One row for each candidate that can be shown; who takes no requests has no price."""
    there = np.flatnonzero(np.isfinite(price))
    levels = levels_of(price[there], shown[there])
    return [
        (UUID(ids[at]), float(price[at]), float(offsets[at]), int(shown[at]), level)
        for at, level in zip(there.tolist(), levels, strict=True)
    ]


def levels_of(price: np.ndarray, shown: np.ndarray) -> list[str]:
    """Return what a card says of each: busy, seldom or nothing; nothing at all where prices do not differ.

    A dear one is busy only on more than `MANY_LISTS` lists and twice as many as usual, a cheap one seldom suggested
    only on `FEW_LISTS` at most and half as many as usual: the card speaks of lists, not of prices.
    """
    if not len(price) or np.ptp(price) < 1e-9:
        return [""] * len(price)
    low, high = np.quantile(price, (SELDOM, BUSY))
    usual = float(np.median(shown))
    busy = (price >= high) & (price > low) & (shown > MANY_LISTS) & (shown >= TIMES * usual)
    seldom = (price <= low) & (shown <= FEW_LISTS) & (usual >= TIMES * np.maximum(shown, 1))
    return np.where(busy, "busy", np.where(seldom, "seldom", "")).tolist()


def _figures(found: MarketResult, pairs: Pairs, prices: np.ndarray) -> dict[str, Any]:
    """What the run is worth, beside the lists that everybody would get for themselves, judged in the same way."""
    lists, p, q = _plain(pairs)
    alone = expected(lists, p, q, pairs.crowd, "inv")
    return {
        "left": pairs.crowd.n_left,
        "right": pairs.crowd.n_right,
        "expected_matches": round(found.expected_matches, 1),
        "expected_alone": round(alone.total, 1),
        "without_fairness": None if found.unfair is None else round(found.unfair, 1),
        "coverage": round(found.coverage, 4),
        "coverage_alone": round(alone.coverage, 4),
        "gini": round(found.gini, 4),
        "gini_alone": round(alone.gini, 4),
        "least_left": round(float(np.quantile(found.left_matches, 0.05)), 4),
        "least_left_alone": round(float(np.quantile(alone.left, 0.05)), 4),
        "dear": _share_of_dear(prices[np.isfinite(prices)]),
    }


def _share_of_dear(prices: np.ndarray) -> float:
    """Nobody takes requests: nobody is dear."""
    return round(float((prices >= MOST_PRICE / 2).mean()), 4) if len(prices) else 0.0


def _plain(pairs: Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The ten best of each by what both want, without a market: (who, p, q), -1 and 0 where there are fewer."""
    order = np.lexsort((-(pairs.p + pairs.q), pairs.rows))
    place = np.arange(len(order)) - pairs.indptr[pairs.rows[order]]
    top = order[place < SHOWN]
    at = (pairs.rows[top], place[place < SHOWN])
    who = np.full((pairs.crowd.n_left, SHOWN), -1, dtype=np.int32)
    p, q = np.zeros(who.shape), np.zeros(who.shape)
    who[at], p[at], q[at] = pairs.indices[top], pairs.p[top], pairs.q[top]
    return who, p, q
