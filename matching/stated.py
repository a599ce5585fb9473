"""The prior: documented, monotone weights for what both sides state. It works without any history.

What was learned from links lives in scorer.py; both are logits and add up.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from matching.data import Company, Investor
from matching.encode import compressed, tidy

WEIGHTS = {
    "stated_sector": 2.0,
    "stated_technology": 0.8,
    "stated_stage": 0.8,
    "stated_round": 1.0,
    "stated_ticket": 1.2,
    "stated_place": 0.8,
    "home": 1.0,
    "languages": 0.3,
    "needs": 0.8,
    "words": 1.5,
    "meaning": 1.5,
}
"""Logit for a full agreement on each point. Agreement runs from -0.5 (both sides state it, and nothing fits) to 1.

========================  ========================================================================================
stated_sector             share of the company's sectors that the investor names
stated_technology         share of the company's technologies that the investor names
stated_stage              the company's stage is among those the investor names
stated_round              the round asked is among those the investor names
stated_ticket             the amount asked against the ticket, on a log scale (see `ticket_agreement`)
stated_place              the company's country, state, region or city is among the places the investor names
home                      same country .4, same state or region .7, same city 1; never negative
languages                 a shared language
needs                     share of the company's needs that the investor offers; never negative
words                     cosine of the folded words of both texts; never negative
meaning                   cosine of both texts' sentence vectors, where an embedder is configured; never negative
========================  ========================================================================================

``home`` and ``words`` are left to the learned part once there is one. A statement about sectors, places, stages and
rounds fades as deals speak for themselves: with n recent deals it counts 3 / (3 + n).
"""

BASE = -4.0
"""Logit of a pair of whom nothing is known, without history."""

COLUMN = {name: column for column, name in enumerate(WEIGHTS)}
DISAGREE = -0.5
FADING = frozenset({"stated_sector", "stated_technology", "stated_stage", "stated_round", "stated_place"})
LEARNED_INSTEAD = frozenset({"home", "words"})
_BUCKETS = 1 << 16


@dataclass(frozen=True)
class Statements:
    """What profiles state, hashed: one 0/1 matrix (n, 65536) per point, and tickets or amounts in log10 dollars.

    ``meaning`` are unit vectors of the texts (n, d), or None without an embedder.
    """

    points: dict[str, sparse.csr_array]
    low: np.ndarray
    high: np.ndarray
    meaning: np.ndarray | None = None

    @classmethod
    def of_companies(cls, rows: Sequence[Company], meaning: np.ndarray | None = None) -> "Statements":
        """Read companies; ``low`` and ``high`` are both the amount asked."""
        points = _shared_points(rows)
        points["stated_stage"] = _hashed((row.stage,) for row in rows)
        points["stated_round"] = _hashed((row.round_type,) for row in rows)
        points["stated_place"] = _hashed((row.country, row.state, row.region, row.city) for row in rows)
        points["needs"] = _hashed(row.needs for row in rows)
        amounts = _logs(row.amount_usd for row in rows)
        return cls(points, amounts, amounts, meaning)

    @classmethod
    def of_investors(cls, rows: Sequence[Investor], meaning: np.ndarray | None = None) -> "Statements":
        """Read investors; ``low`` and ``high`` are the ends of the ticket."""
        points = _shared_points(rows)
        points["stated_stage"] = _hashed(row.stages for row in rows)
        points["stated_round"] = _hashed(row.rounds for row in rows)
        points["stated_place"] = _hashed(row.places for row in rows)
        points["needs"] = _hashed(row.offers for row in rows)
        low, high = _logs(row.ticket_min_usd for row in rows), _logs(row.ticket_max_usd for row in rows)
        return cls(points, low, high, meaning)

    def part(self, rows: np.ndarray) -> "Statements":
        """Return some of the rows."""
        meaning = None if self.meaning is None else self.meaning[rows]
        points = {name: said[rows] for name, said in self.points.items()}
        return Statements(points, self.low[rows], self.high[rows], meaning)


def has_mandate(row: Investor) -> bool:
    """Tell whether an investor states what it looks for."""
    return bool(row.stages or row.rounds or row.places or row.ticket_min_usd or row.ticket_max_usd or row.sectors)


def ticket_agreement(amount: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Compare amounts asked with tickets.

    Parameters
    ----------
    amount, low, high : ndarray of float
        log10 US dollars, broadcast against each other; nan where not stated.

    Returns
    -------
    ndarray
        1 where one ticket is between a twentieth of the round and the whole of it, falling by 1 for each factor of
        ten beyond, at least -0.5; nan where the amount or both ends are missing.
    """
    too_big = np.nan_to_num(low - amount, nan=0.0)
    too_small = np.nan_to_num(amount - np.log10(20.0) - high, nan=0.0)
    agreement = np.maximum(1.0 - np.maximum(np.maximum(too_big, too_small), 0.0), DISAGREE)
    silent = np.isnan(amount) | (np.isnan(low) & np.isnan(high))
    return np.where(silent, np.nan, agreement)


def parts_of(
    companies: Statements, investors: Statements, alike: np.ndarray, experience: np.ndarray, learned: bool
) -> dict[int, np.ndarray]:
    """Return the prior's logit of all pairs by point: those points only of which both sides speak.

    Parameters are those of `prior`.

    Returns
    -------
    dict of int to ndarray of float32, shapes (n, m)
        By the point's place in `WEIGHTS`.
    """
    shape = len(companies.low), len(investors.low)
    return {
        COLUMN[name]: np.broadcast_to(values, shape).astype(np.float32)
        for name, values in _points(companies, investors, alike, experience, learned)
    }


def prior(
    companies: Statements, investors: Statements, alike: np.ndarray, experience: np.ndarray, learned: bool
) -> np.ndarray:
    """Return the prior's logit of all pairs, point by point.

    Parameters
    ----------
    companies, investors : Statements
        n and m rows.
    alike : ndarray, shape (n, m)
        Cosine of the two texts.
    experience : ndarray, shape (m,)
        Recent deals of each investor.
    learned : bool
        Whether a learned part speaks for places and words.

    Returns
    -------
    ndarray, shape (n, m, len(WEIGHTS))
        Parts in the order of `WEIGHTS`; 0 where a side is silent.
    """
    parts = np.zeros((len(companies.low), len(investors.low), len(WEIGHTS)), dtype=np.float32)
    for column, values in parts_of(companies, investors, alike, experience, learned).items():
        parts[:, :, column] = values
    return parts


def prior_total(
    companies: Statements, investors: Statements, alike: np.ndarray | None, experience: np.ndarray, learned: bool
) -> np.ndarray:
    """Return the sum of the prior's parts, shape (n, m); parameters as in `prior`, ``alike`` only if not learned."""
    total = np.zeros((len(companies.low), len(investors.low)))
    for _, values in _points(companies, investors, alike, experience, learned):
        total += values
    return total


def _points(
    companies: Statements, investors: Statements, alike: np.ndarray | None, experience: np.ndarray, learned: bool
) -> Iterator[tuple[str, np.ndarray]]:
    fade = 3.0 / (3.0 + experience)
    for name, weight in WEIGHTS.items():
        if learned and name in LEARNED_INSTEAD:
            continue
        if name == "stated_ticket":
            if np.isnan(companies.low).all() or (np.isnan(investors.low).all() and np.isnan(investors.high).all()):
                continue
            agreement = ticket_agreement(companies.low[:, None], investors.low, investors.high)
        elif name == "home":
            agreement = _home(companies, investors)
        elif name == "words":
            agreement = np.zeros((1, 1)) if alike is None else alike
        elif name == "meaning":
            if companies.meaning is None or investors.meaning is None:
                continue
            agreement = np.maximum(companies.meaning @ investors.meaning.T, 0.0)
        elif not (companies.points[name].nnz and investors.points[name].nnz):
            continue
        else:
            agreement = _overlap(companies.points[name], investors.points[name], name)
        values = weight * np.nan_to_num(agreement)
        yield name, values * fade if name in FADING else values


def _overlap(left: sparse.csr_array, right: sparse.csr_array, name: str) -> np.ndarray:
    said_left, said_right = np.diff(left.indptr), np.diff(right.indptr)
    full = np.ones_like(said_left) if name in ("stated_place", "languages") else said_left
    share = np.minimum(_shared(left, right) / np.maximum(full, 1)[:, None], 1.0)
    if name != "needs":
        share[share == 0] = DISAGREE
    share[(said_left == 0)[:, None] | (said_right == 0)] = np.nan
    return share


def _shared(left: sparse.csr_array, right: sparse.csr_array) -> np.ndarray:
    # One profile against many is asked most: a dense row spares the transposed table of all.
    if left.shape[0] == 1:
        one: np.ndarray = (right @ left.toarray()[0])[None]
        return one
    if right.shape[0] == 1:
        return (left @ right.toarray()[0])[:, None]
    return (left @ right.T).toarray()


def _home(companies: Statements, investors: Statements) -> np.ndarray:
    found = np.zeros((len(companies.low), len(investors.low)))
    for level, value in (("home_country", 0.4), ("home_state", 0.7), ("home_city", 1.0)):
        same = _shared(companies.points[level], investors.points[level]) > 0
        found = np.maximum(found, value * same)
    return found


def _shared_points(rows: Sequence[Company] | Sequence[Investor]) -> dict[str, sparse.csr_array]:
    return {
        "stated_sector": _hashed(row.sectors for row in rows),
        "stated_technology": _hashed(row.technologies for row in rows),
        "languages": _hashed(row.languages for row in rows),
        "home_country": _hashed((row.country,) for row in rows),
        "home_state": _hashed(
            (tidy(row.state) and f"s:{row.state}", tidy(row.region) and f"r:{row.region}") for row in rows
        ),
        "home_city": _hashed((row.city,) for row in rows),
    }


def _hashed(values: Iterable[Iterable[str]]) -> sparse.csr_array:
    indptr, indices = [0], list[int]()
    for row in values:
        indices += sorted({zlib.crc32(folded.encode()) % _BUCKETS for folded in map(tidy, row) if folded})
        indptr.append(len(indices))
    return compressed(np.ones(len(indices)), indices, indptr, _BUCKETS)


def _logs(values: Iterable[float | None]) -> np.ndarray:
    return np.log10(np.array([value if value and value > 0 else np.nan for value in values], dtype=float))
