"""Orders one list: by what suits both sides less its price, with several sectors, and one place to learn from.

Plain values in and out; prices come from `market`, what is known of the candidates from the engine. On the time split
2012-07-01 (300 new companies that ask) all of it takes nDCG@10 from .251 to .244, with the place to learn from to .239,
and the share of investors on some list of ten from 33 % to 43 % and 48 %.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from app.connections import appeal
from app.connections.market import SELDOM_WEIGHS
from matching.suggestions import DRAWN_FROM, SEEN

SHOWN = SEEN
"""Places that people see at once; the order behind them is by score alone."""
LOSS = 0.03
"""What a place may lose for the market or another sector: three in a hundred of the chance that both want it."""
EXPLORED_FROM = DRAWN_FROM - 1
"""The place to learn from is one of the lower ones."""


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate, as the order needs it. The defaults are those of somebody whom no market has priced yet."""

    p: float
    q: float
    price: float = 0.0
    offset: float | None = None
    """Added to the log odds of `q`; None: like the others on this list."""
    seldom: bool = False
    sectors: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True):
    """One place of a list: which candidate, and how likely it was to stand there."""

    at: int
    explored: bool = False
    propensity: float = 1.0


def worth(candidates: Sequence[Priced]) -> np.ndarray:
    """Return for each candidate the mean chance that both want it, less its price; shape (n,)."""
    if not candidates:
        return np.zeros(0)
    asked = appeal.on_one_scale(appeal.logits(np.array([one.p for one in candidates])))
    theirs = appeal.logits(np.array([one.q for one in candidates]))
    known = [one.offset for one in candidates if one.offset is not None]
    if known:
        usual = float(np.median(known))
        theirs = theirs + [usual if one.offset is None else one.offset for one in candidates]
    else:
        theirs = appeal.on_one_scale(theirs)
    both = (appeal.chances(asked) + appeal.answers(asked, theirs)) / 2
    return np.asarray(both - [one.price for one in candidates])


def arrange(candidates: Sequence[Priced], values: np.ndarray, first: Sequence[int], seed: str) -> list[Place]:
    """Return the places of a list.

    `values` orders (larger is better). Among those who are worth about the same, whom the last market run chose (the
    positions `first`) comes before others, then who brings another sector. Behind the first ten the order is by value
    alone. `seed` decides who is explored, and where.
    """
    order = [int(at) for at in np.argsort(-values, kind="stable")]
    mixed = _mixed(order, candidates, values, frozenset(first))
    places = [Place(at) for at in mixed]
    if len(mixed) <= SHOWN:
        return places
    return _explored(places, candidates, seed)


def _mixed(order: list[int], candidates: Sequence[Priced], values: np.ndarray, chosen: frozenset[int]) -> list[int]:
    """The first ten: the market's choice, then sectors not there yet, come first where that costs `LOSS` at most."""
    left, seen, taken = list(order), dict[str, int](), list[int]()
    while left and len(taken) < SHOWN:
        near = [at for at in left[: 2 * SHOWN] if values[at] >= values[left[0]] - LOSS]
        best = min(near, key=lambda at: (at not in chosen, _repeats(candidates[at].sectors, seen)))
        left.remove(best)
        taken.append(best)
        for sector in candidates[best].sectors:
            seen[sector] = seen.get(sector, 0) + 1
    return taken + left


def _repeats(sectors: tuple[str, ...], seen: Mapping[str, int]) -> float:
    """How much of these sectors the list has already; the rarest of a candidate's counts, none counts as one."""
    return min((seen.get(sector, 0) for sector in sectors), default=1)


def _explored(places: list[Place], candidates: Sequence[Priced], seed: str) -> list[Place]:
    """One of the lower places for somebody from further down: an answer there tells what the order cannot."""
    drawn = np.random.default_rng(int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=8).digest()))
    behind = places[SHOWN:]
    weights = np.array([SELDOM_WEIGHS if candidates[one.at].seldom else 1.0 for one in behind])
    weights /= weights.sum()
    where = int(drawn.integers(EXPLORED_FROM, SHOWN))
    picked = int(drawn.choice(len(behind), p=weights))
    explored = Place(behind[picked].at, explored=True, propensity=float(weights[picked]))
    return [*places[:where], explored, *places[where:SHOWN], *behind[:picked], *behind[picked + 1 :]]


def seed_of(organisation: Any, kind: str, day: Any) -> str:
    """The same list all day long, another place to learn from on the next."""
    return f"{organisation}/{kind}/{day}"
