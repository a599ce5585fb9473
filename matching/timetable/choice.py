"""Which pairs meet, not yet when: the b-matching of the largest value, with a certificate that nothing is worth more.

The matrix of the two-sided problem is that of a flow (totally unimodular: Hoffman and Kruskal 1956), so the linear
program answers in whole meetings. Pairs enter the program only as prices call for them, which is what makes it fast.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

_PRICED = 1e-9
"""A pair worth this much more than its prices, relative to the largest value, enters the program."""


@dataclass(frozen=True)
class Demand:
    """What may be chosen: pairs, and how many meetings each person and the room can take.

    Attributes
    ----------
    ends : ndarray of int, shape (n pairs, 2)
        The two people of each pair.
    values : ndarray, shape (n pairs,)
        At least 0.
    most, least : ndarray of int, shape (n people,)
        Meetings a person takes at most, and should have (missed only where it cannot be met).
    room : int
        Meetings that the tables take in all slots together.
    two_sided : bool
        Whether the pairs go between two groups; else any two people may pair up.
    """

    ends: np.ndarray
    values: np.ndarray
    most: np.ndarray
    least: np.ndarray
    room: int
    two_sided: bool

    @property
    def reward(self) -> float:
        """Worth of one missing meeting of somebody below the minimum: more than any detour over other pairs."""
        return float(self.values.max(initial=1.0) + 1e-12) * (len(self.most) + 1)

    def tiers(self) -> tuple[np.ndarray, np.ndarray]:
        """Return who misses a meeting in each tier, and its reward: the first meeting counts more than the second."""
        depth = int(self.least.max(initial=0))
        people = [np.flatnonzero(self.least > tier) for tier in range(depth)]
        rewards = [np.full(len(who), self.reward * (depth - tier)) for tier, who in enumerate(people)]
        return np.concatenate([*people, []]).astype(np.int64), np.concatenate([*rewards, []])


@dataclass(frozen=True)
class Choice:
    """Chosen pairs, and the prices that prove them.

    Attributes
    ----------
    pairs : ndarray of int
        Rows of the demand, sorted.
    bound : float
        No choice is worth more (values alone when the demand sets no minimum).
    prices : ndarray, shape (n people + 1,)
        What one meeting of each person costs, and one table (last). Below 0 for who is brought to the minimum.
    """

    pairs: np.ndarray
    bound: float
    prices: np.ndarray

    def surplus(self, demand: Demand) -> np.ndarray:
        """Return what each pair of the demand is worth beyond its prices."""
        return np.asarray(demand.values - self.prices[demand.ends].sum(axis=1) - self.prices[-1])


def choose(demand: Demand) -> Choice:
    """Choose the pairs of the largest total value.

    Two-sided demands are solved exactly. With one group the program with whole numbers is solved (HiGHS, branch and
    cut), whose proven bound is reported; odd circles make its linear relaxation too hopeful.

    Parameters
    ----------
    demand : Demand

    Returns
    -------
    Choice
    """
    if not len(demand.values) or demand.room < 1:
        dear = np.append(np.zeros(len(demand.most)), demand.values.max(initial=0.0))
        return Choice(np.zeros(0, dtype=np.int64), 0.0, dear)
    active = _first_guess(demand)
    while True:
        choice = _relaxed(demand, active)
        surplus = choice.surplus(demand)
        surplus[active] = 0.0
        missing = np.flatnonzero(surplus > _PRICED * max(1.0, float(demand.values.max())))
        if not len(missing):
            return choice if demand.two_sided else _whole_choice(demand, active, choice)
        worst = missing[np.argsort(-surplus[missing], kind="stable")[:5000]]
        active = np.union1d(active, worst)


def _first_guess(demand: Demand) -> np.ndarray:
    """The best pairs of each person, about one and a half times what the person can take, in numbers."""
    chosen = np.zeros(len(demand.values), dtype=bool)
    by_value = np.argsort(-demand.values, kind="stable")
    for side in (0, 1):
        who = demand.ends[by_value, side]
        order = by_value[np.argsort(who, kind="stable")]
        people = demand.ends[order, side]
        rank = np.arange(len(order)) - np.searchsorted(people, people, side="left")
        chosen[order[rank < np.minimum(1.5 * demand.most[people] + 2, 4 if side == 0 else np.inf)]] = True
    chosen[by_value[: 2 * demand.room if demand.room < len(by_value) // 8 else 0]] = True
    return np.flatnonzero(chosen)


def _rows(demand: Demand, active: np.ndarray) -> tuple[Any, np.ndarray]:
    """People's limits, the room, then what people below the minimum miss (columns: pairs, then misses)."""
    people, count = len(demand.most), len(active)
    at = np.concatenate([demand.ends[active].T.ravel(), np.full(count, people)])
    missed, _rewards = demand.tiers()
    below = np.flatnonzero(demand.least)
    row_of = np.full(people, -1)
    row_of[below] = people + 1 + np.arange(len(below))
    extra_rows, extra_columns = [], []
    for side in (0, 1):
        rows = row_of[demand.ends[active, side]]
        extra_rows.append(rows[rows >= 0])
        extra_columns.append(np.flatnonzero(rows >= 0))
    rows = np.concatenate([at, *extra_rows, row_of[missed]])
    columns = np.concatenate([np.tile(np.arange(count), 3), *extra_columns, count + np.arange(len(missed))])
    signs = np.concatenate([np.ones(3 * count), np.full(len(rows) - 3 * count, -1.0)])
    matrix = sparse.csr_array((signs, (rows, columns)), shape=(people + 1 + len(below), count + len(missed)))
    return matrix, np.concatenate([demand.most, [demand.room], -demand.least[below]]).astype(float)


def _relaxed(demand: Demand, active: np.ndarray) -> Choice:
    matrix, limits = _rows(demand, active)
    _missed, rewards = demand.tiers()
    cost = np.concatenate([-demand.values[active], rewards])
    solved: Any = linprog(cost, A_ub=matrix, b_ub=limits, bounds=(0, 1), method="highs-ds")
    prices = np.maximum(0.0, -np.asarray(solved.ineqlin.marginals))
    people = len(demand.most)
    net = prices[: people + 1].copy()
    net[np.flatnonzero(demand.least)] -= prices[people + 1 :]
    choice = Choice(active[solved.x[: len(active)] > 0.5], np.inf, net)
    if demand.least.any():
        return choice
    # weak duality: limits at their prices, plus what pairs are worth beyond them, bounds every choice
    limits_paid = float(np.append(demand.most, demand.room) @ net)
    return replace(choice, bound=limits_paid + float(np.maximum(0.0, choice.surplus(demand)).sum()))


def _whole_choice(demand: Demand, active: np.ndarray, relaxed: Choice) -> Choice:
    """Branch and cut over the pairs in the program, then over all that could still improve on what was found."""
    pairs, _proven = _branched(demand, active)
    found = float(demand.values[pairs].sum())
    if not np.isfinite(relaxed.bound) or relaxed.bound - found <= _PRICED * relaxed.bound:
        return Choice(pairs, relaxed.bound, relaxed.prices)
    slack = relaxed.bound - found
    able = np.flatnonzero(relaxed.surplus(demand) >= -slack * (1 + 1e-9))
    pairs, proven = _branched(demand, np.union1d(able, active))
    return Choice(pairs, min(relaxed.bound, max(proven, float(demand.values[pairs].sum()))), relaxed.prices)


def _branched(demand: Demand, active: np.ndarray) -> tuple[np.ndarray, float]:
    matrix, limits = _rows(demand, active)
    _missed, rewards = demand.tiers()
    solved = milp(
        np.concatenate([-demand.values[active], rewards]),
        constraints=LinearConstraint(matrix, ub=limits),
        integrality=np.concatenate([np.ones(len(active)), np.zeros(len(rewards))]),
        bounds=Bounds(0, 1),
        options={"node_limit": 2000, "mip_rel_gap": 0.0},
    )
    if solved.x is None or solved.mip_dual_bound is None:  # out of nodes before a first answer
        return np.zeros(0, dtype=np.int64), np.inf
    return active[solved.x[: len(active)] > 0.5], -float(solved.mip_dual_bound)
