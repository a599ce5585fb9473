"""From a shortlist to lists: a climb over fractional lists, then best answers of groups of people, within limits."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.market.congestion import LARGE, Congestion, State
from matching.market.examination import Name, looked_at
from matching.market.hashing import hashed, tie
from matching.market.pairs import Shortlist

STEPS, STEPS_OF_LARGE = 20, 12
GROUPS, GROUPS_OF_HUGE = 10, 20
"""People answer in this many groups, one after the other; where many are alike, larger groups all run to the same."""

HUGE = 500_000

ENOUGH = 5e-5
"""The climb ends when no lists could promise more than this share of the objective; sweeps when they gain less."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be raised: the sum over people on the left of an increasing function of their expected matches.

    Attributes
    ----------
    fairness : float
        0: matches count alike for everybody. 1: the sum of logarithms (Nash). More: whoever has least counts more.
    floor : float
        Added to the matches of a person before the function, so that nobody's weight is infinite.
    """

    fairness: float = 0.0
    floor: float = 0.0

    def worth(self, matches: np.ndarray) -> float:
        """Return the objective."""
        if not self.fairness:
            return float(matches.sum())
        held = matches + self.floor
        if self.fairness == 1:
            return float(np.log(held).sum())
        return float((held ** (1 - self.fairness)).sum() / (1 - self.fairness))

    def weight(self, matches: np.ndarray) -> np.ndarray | None:
        """Return what one more match of each person adds to the objective; None if the same for all."""
        if not self.fairness:
            return None
        weight: np.ndarray = (matches + self.floor) ** -self.fairness
        return weight


@dataclass(slots=True)
class Climb:
    """A market on its way up.

    Attributes
    ----------
    market : Congestion
    short : Shortlist
    places : ndarray of float, shape (n_left, n_places)
        Chance that each place of each person's list is looked at; 0 behind the end of a list.
    aim : Aim
    seed : int
    closed : ndarray of bool, shape (n_left, k)
        Candidates that must not be shown.
    """

    market: Congestion
    short: Shortlist
    places: np.ndarray
    aim: Aim
    seed: int
    closed: np.ndarray

    @classmethod
    def of(cls, short: Shortlist, examination: Name, n_places: int, seed: int) -> "Climb":
        """Return a climb that counts everybody alike."""
        market = Congestion(short, examination)
        shown = np.arange(n_places) < short.crowd.lengths[:, None]
        places = (looked_at(examination, n_places) * shown).astype(market.kind)
        return cls(market, short, places, Aim(), seed, short.who < 0)

    def up(self, x: np.ndarray) -> np.ndarray:
        """Climb over fractional lists (Frank, Wolfe 1956) from ``x``; returns the best found.

        All ways to show a list to one person are the corners of a permutohedron, so the best direction is a sort of
        the slope. The step is that of the parabola through the value, its slope, and the value at the far end.
        """
        here, worth = self._look(x)
        best, best_worth = x, worth
        for _ in range(STEPS if x.size < LARGE else STEPS_OF_LARGE):
            far = self.answer(here.slope)
            promised = float(np.vdot(here.slope, far - x))
            if promised <= ENOUGH * self._scale(here):
                break
            bend = self.aim.worth(self.market.at(far, slope=False).matches) - worth - promised
            x = x + self.market.kind(1.0 if bend >= -promised / 2 else -promised / (2 * bend)) * (far - x)
            here, worth = self._look(x)
            if worth > best_worth:
                best, best_worth = x, worth
        return best

    def sweeps(self, x: np.ndarray, times: int) -> np.ndarray:
        """Let groups of people take their best lists in turn, where the market gains by it; ``x`` must be lists."""
        here, worth = self._look(x)
        for sweep in range(times):
            before = worth
            for group in self._groups(sweep):
                changed = x.copy()
                changed[group] = self.answer(here.slope[group], group)
                there, reached = self._look(changed)
                if reached > worth:
                    x, here, worth = changed, there, reached
            if worth - before <= ENOUGH * self._scale(here):
                break
        return x

    def answer(self, slope: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the best lists for a slope, as attention; equal slopes keep the order of the shortlist."""
        x = np.zeros_like(slope)
        order = np.argsort(np.where(self.closed[rows], np.inf, -slope), axis=1, kind="stable")
        np.put_along_axis(x, order[:, : self.places.shape[1]], self.places[rows], axis=1)
        x[self.closed[rows]] = 0
        return x

    def lists(self, x: np.ndarray) -> np.ndarray:
        """Return lists as positions in the shortlist, most attention first, -1 where a list ends."""
        n_places = self.places.shape[1]
        order = np.argsort(np.where(self.closed, np.inf, -x), axis=1, kind="stable")[:, :n_places]
        open_ = (~self.closed).sum(axis=1)
        wanted = np.minimum(open_, self.short.crowd.lengths)
        return np.where(np.arange(n_places) < wanted[:, None], order, -1)

    def shown(self, lists: np.ndarray) -> np.ndarray:
        """Return the attention that lists give."""
        x = np.zeros(self.short.who.shape, self.market.kind)
        rows, places = np.nonzero(lists >= 0)
        x[rows, lists[rows, places]] = self.places[rows, places]
        return x

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Return what a little more attention is worth to each pair, shape of ``x``."""
        return self._look(x)[0].slope

    def _look(self, x: np.ndarray) -> tuple[State, float]:
        if not self.aim.fairness:
            state = self.market.at(x)
            return state, self.aim.worth(state.matches)
        matches = self.market.at(x, slope=False).matches
        return self.market.at(x, self.aim.weight(matches)), self.aim.worth(matches)

    def _scale(self, here: State) -> float:
        weight = self.aim.weight(here.matches)
        return float(here.matches.sum() if weight is None else weight @ here.matches)

    def _groups(self, sweep: int) -> Iterator[np.ndarray]:
        crowd = self.short.crowd
        groups = GROUPS if self.short.who.size < HUGE else GROUPS_OF_HUGE
        keys = tie(crowd.left, hashed(np.array([sweep])), self.seed)
        return iter(np.array_split(np.argsort(keys, kind="stable"), min(groups, max(1, crowd.n_left))))
