"""One market run: prices, shortlist, climb, lists, and what they are worth; the one path behind every entry."""

import time
from dataclasses import dataclass, replace

import numpy as np

from matching.data import DataError
from matching.market.bound import upper_bound
from matching.market.examination import Name, looked_at
from matching.market.expected import Outcome, expected
from matching.market.factors import Factors
from matching.market.limits import within
from matching.market.pairs import Crowd, Pairs, Shortlist, crowd, probabilities
from matching.market.prices import Prices
from matching.market.rerank import Aim, Climb
from matching.market.sources import FactorMarket, PairMarket, Source, Tables

DEPTH = 3
"""Candidates for each place of a list, and never fewer than `LEAST` in all."""

LEAST = 30
SWEEPS = 3
LARGEST = 30_000_000
"""Pairs that a shortlist may hold; a market beyond it has to say how long its lists are."""


@dataclass(frozen=True, slots=True)
class MarketOptions:
    """How a market is run.

    Attributes
    ----------
    lists : int or None
        Places of a list; None shows everybody.
    examination : {"inv", "exp", "log2"}
        How far down people look.
    fairness : float
        0 counts matches; 1 and more weigh the matches of those on the left who have fewest.
    seed : int
        Same seed, same lists.
    bound : bool
        Whether to compute what no lists whatever can exceed.
    """

    lists: int | None = 10
    examination: Name = "inv"
    fairness: float = 0.0
    seed: int = 0
    bound: bool = False

    def checked(self) -> "MarketOptions":
        """Return the options, or raise DataError if one makes no sense."""
        looked_at(self.examination, 1)
        if self.lists is not None and self.lists < 1:
            raise DataError(f"lists: {self.lists} places, at least 1 is needed")
        if not 0 <= self.fairness <= 8:
            raise DataError(f"fairness: {self.fairness} is not between 0 and 8")
        return self


@dataclass(frozen=True, slots=True)
class MarketResult:
    """What a market run gives.

    Attributes
    ----------
    lists : ndarray of int32, shape (n_left, n_places)
        Who on the right is shown to each on the left, in order; -1 where a list ends.
    prices : Prices
        With which a new person on the left is ranked until the next run.
    expected_matches : float
    left_matches, right_matches : ndarray of float, shapes (n_left,) and (n_right,)
        Expected matches of each person.
    coverage, gini : float
        Share of the right that some list shows; Gini index of the matches over the right.
    upper_bound : float or None
        No lists can be expected to give more matches; where it was asked for.
    seconds : float
    unfair : float or None
        Expected matches without fairness; where fairness was asked for.
    """

    lists: np.ndarray
    prices: Prices
    expected_matches: float
    left_matches: np.ndarray
    right_matches: np.ndarray
    coverage: float
    gini: float
    upper_bound: float | None
    seconds: float
    unfair: float | None


def run_market(
    p: np.ndarray, q: np.ndarray, *, options: MarketOptions | None = None, people: Crowd | None = None
) -> MarketResult:
    """Make the lists of a market whose probabilities are all known.

    Parameters
    ----------
    p : ndarray, shape (n_left, n_right)
        Probability that the left one would ask the right one.
    q : ndarray, shape (n_left, n_right)
        Probability that the right one would say yes to the left one.
    options : MarketOptions
    people : Crowd, optional
        Ids for ties, capacities, lengths of lists; see `crowd`.

    Raises
    ------
    DataError
        If the shapes do not match or a value is no probability.
    """
    started = time.perf_counter()
    if p.ndim != 2 or p.shape != q.shape:
        raise DataError(f"p {p.shape} and q {q.shape} are not two tables of the same shape")
    source = Tables(probabilities("p", p), probabilities("q", q), _people(people, p.shape))
    return _run(source, options, started)


def run_market_sparse(pairs: Pairs, *, options: MarketOptions | None = None) -> MarketResult:
    """Make the lists of a market of candidate pairs; only they can be shown. See `run_market`."""
    return _run(PairMarket(pairs), options, time.perf_counter())


def run_market_factors(
    factors: Factors, *, options: MarketOptions | None = None, people: Crowd | None = None
) -> MarketResult:
    """Make the lists of a market whose probabilities are sigmoids of inner products. See `run_market`."""
    started = time.perf_counter()
    return _run(FactorMarket(factors, _people(people, (len(factors.u), len(factors.v)))), options, started)


def _run(source: Source, options: MarketOptions | None, started: float) -> MarketResult:
    options, people = (options or MarketOptions()).checked(), source.people
    n_places = people.n_right if options.lists is None else min(options.lists, people.n_right)
    keep = min(people.n_right, max(LEAST, DEPTH * n_places))
    if keep * people.n_left > LARGEST:
        raise DataError(f"lists: {n_places} places for {people.n_left} people are too many, say fewer")
    found = source.prices()
    short = source.shortlist(found, keep)
    at, outcome, unfair = best_lists(short, min(n_places, short.who.shape[1]), options)
    lists = np.full((people.n_left, n_places), -1, dtype=np.int32)
    lists[:, : at.shape[1]] = short.people(at)
    bound = upper_bound(source, short, at, options.examination) if options.bound else None
    return MarketResult(
        lists=lists,
        prices=found,
        expected_matches=outcome.total,
        left_matches=outcome.left,
        right_matches=outcome.right,
        coverage=outcome.coverage,
        gini=outcome.gini,
        upper_bound=bound,
        seconds=time.perf_counter() - started,
        unfair=unfair,
    )


def best_lists(short: Shortlist, n_places: int, options: MarketOptions) -> tuple[np.ndarray, Outcome, float | None]:
    """Return lists (positions in the shortlist), what they are worth, and the matches without fairness if asked."""
    if not short.who.size or not n_places:
        empty = np.empty((len(short.who), 0), dtype=np.int64)
        return empty, _judged(short, empty, options.examination), 0.0 if options.fairness else None
    climb = Climb.of(short, options.examination, n_places, options.seed)
    start = climb.answer(np.zeros(short.who.shape, climb.market.kind))
    lists = within(climb, climb.up(start), SWEEPS)
    outcome = _judged(short, lists, options.examination)
    if not options.fairness:
        return lists, outcome, None
    floor = 1e-3 * max(outcome.total / max(1, len(short.who)), 1e-9)
    fair = replace(climb, aim=Aim(options.fairness, floor))
    lists = within(fair, fair.up(fair.shown(lists)), SWEEPS)
    return lists, _judged(short, lists, options.examination), outcome.total


def _judged(short: Shortlist, lists: np.ndarray, examination: Name) -> Outcome:
    p, q = short.listed(lists)
    return expected(short.people(lists), p, q, short.crowd, examination)


def _people(given: Crowd | None, shape: tuple[int, int]) -> Crowd:
    people = crowd(*shape) if given is None else given
    if (people.n_left, people.n_right) != shape:
        raise DataError(f"{people.n_left} left and {people.n_right} right people for a market of shape {shape}")
    return people
