"""Timetables around absences: slot by slot the best assignment, then exact programs over a few slots at a time.

Every step keeps the rest as it stands and never makes the plan worth less. Work is counted in variables, not in
seconds, so the same problem gives the same plan on every machine.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp

from matching.timetable.choice import Choice, Demand

ENOUGH = 2e-4
"""A plan this near to its bound (a share of it) is not improved further."""

WORK = 15_000
"""Variables that all programs of one plan may have together; twice as many far from the bound."""

_WIDEST = 4
"""Slots that one program has at most: programs over more take long and gain little."""

_WINDOW = 1_200
"""Variables that one program has, about: those of the pairs with the best prices."""


@dataclass
class Draft:
    """A plan in the making.

    Attributes
    ----------
    demand : Demand
        Pairs, limits and minimum.
    free : ndarray of bool, shape (n people, slots)
    room : ndarray of int, shape (slots,)
        Tables in each slot.
    slot_of : ndarray of int, shape (n pairs,)
        Slot of each pair, -1 while it does not meet.
    n_left : int
        People before this number stand on the left of a two-sided demand.
    """

    demand: Demand
    free: np.ndarray
    room: np.ndarray
    slot_of: np.ndarray
    n_left: int
    _table: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        people = len(self.demand.most)
        self._table = np.full((people, people - self.n_left), -1)
        if self.demand.two_sided:
            self._table[self.demand.ends[:, 0], self.demand.ends[:, 1] - self.n_left] = np.arange(len(self.slot_of))

    def taken(self, but: np.ndarray | None = None) -> np.ndarray:
        """Return how many meetings each person has, not counting the slots marked in ``but``."""
        placed = self.slot_of >= 0
        if but is not None:
            placed &= ~but[self.slot_of]
        return np.bincount(self.demand.ends[placed].ravel(), minlength=len(self.demand.most))

    def worth(self) -> float:
        """Return the value of the meetings, plus the rewards of those that bring people to the minimum."""
        demand = self.demand
        met = np.minimum(self.taken(), demand.least)
        depth = int(demand.least.max(initial=0))
        rewards = demand.reward * (met * depth - met * (met - 1) / 2)
        return float(demand.values[self.slot_of >= 0].sum() + rewards.sum())

    def people_for(self, slot: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return who could sit in a slot when it is planned afresh: left, right, and everybody's other meetings."""
        but = np.zeros(self.free.shape[1], dtype=bool)
        but[slot] = True
        others = self.taken(but)
        able = np.flatnonzero(self.free[:, slot] & (others < self.demand.most))
        return able[able < self.n_left], able[able >= self.n_left], others


def assign_slot(draft: Draft, slot: int, credit: np.ndarray | None = None) -> None:
    """Plan one slot of a two-sided draft afresh, in the best way there is while the others stay.

    With ``credit``, bringing a person nearer to the minimum counts that much instead of the whole reward: at the first
    sweep the slots to come can still do it.

    An assignment problem (Kuhn 1955; scipy's solver: Crouse 2016). Where people outnumber the tables, phantoms who must
    sit with somebody take the surplus off.
    """
    demand = draft.demand
    left, right, others = draft.people_for(slot)
    draft.slot_of[draft.slot_of == slot] = -1
    if not len(left) or not len(right) or not draft.room[slot] or not len(draft.slot_of):
        return
    pairs = draft._table[np.ix_(left, right - draft.n_left)]
    open_pairs = (pairs >= 0) & (draft.slot_of[pairs] < 0)
    depth = int(demand.least.max(initial=0))
    each = demand.reward * (depth - others) if credit is None else credit
    reward = np.where(others < demand.least, each, 0.0)
    worth = np.where(open_pairs, demand.values[pairs] + reward[left][:, None] + reward[right], 0.0)
    surplus = max(0, min(worth.shape) - int(draft.room[slot]))
    phantom = 2 * float(worth.max()) + 1.0
    if len(right) <= len(left):
        rows, columns = linear_sum_assignment(
            np.vstack([worth, np.full((surplus, len(right)), phantom)]), maximize=True
        )
    else:
        rows, columns = linear_sum_assignment(np.hstack([worth, np.full((len(left), surplus), phantom)]), maximize=True)
    real = (rows < len(left)) & (columns < len(right))
    rows, columns = rows[real], columns[real]
    draft.slot_of[pairs[rows, columns][worth[rows, columns] > 0]] = slot


def improve(draft: Draft, choice: Choice, bound: float) -> None:
    """Plan several slots at once afresh, until the bound is near or the work is spent.

    Parameters
    ----------
    draft : Draft
        Improved in place.
    choice : Choice
        Its prices tell which pairs are in no good plan.
    bound : float
        What `Draft.worth` cannot exceed.
    """
    slots, work = draft.free.shape[1], WORK
    width = 2 if draft.demand.two_sided else 1
    surplus = choice.surplus(draft.demand)
    near = ENOUGH * float(draft.demand.values[draft.slot_of >= 0].sum())
    while width <= min(slots, _WIDEST):
        better_once = False
        for window in _windows(slots, width):
            gap = bound - draft.worth()
            if gap <= near or (work <= 0 and gap <= 5 * near) or work <= -WORK:
                return
            spent, better = _replan(draft, window, surplus, bound)
            work -= spent if draft.demand.two_sided else 3 * spent
            better_once |= better
        width += 0 if better_once else width


def _windows(slots: int, width: int) -> list[np.ndarray]:
    """Slots far from each other, then neighbours; every slot in both kinds."""
    step = max(1, slots // width)
    apart = [np.unique((start + np.arange(width) * step) % slots) for start in range(step)]
    beside = [np.unique((start + np.arange(width)) % slots) for start in range(0, slots, width)]
    return [*apart, *beside] if step > 1 else apart


def _replan(draft: Draft, window: np.ndarray, surplus: np.ndarray, bound: float) -> tuple[int, bool]:
    demand, before = draft.demand, draft.worth()
    marked = np.zeros(draft.free.shape[1], dtype=bool)
    marked[window] = True
    others = draft.taken(marked)
    loose = np.flatnonzero((draft.slot_of < 0) | marked[draft.slot_of])
    mine = draft.slot_of[loose] >= 0
    loose = loose[(surplus[loose] >= before - bound) | mine]
    loose = loose[np.lexsort((loose, -surplus[loose], draft.slot_of[loose] < 0))]
    can = (draft.free[demand.ends[loose, 0]] & draft.free[demand.ends[loose, 1]])[:, window] & (draft.room[window] > 0)
    can = can[: max(int(mine.sum()), int(np.searchsorted(np.cumsum(can.sum(axis=1)), _WINDOW)))]
    rows, columns = np.nonzero(can)
    solution = _program(draft, loose[rows], columns, window, others)
    if solution is None:
        return len(rows), False
    previous = draft.slot_of.copy()
    draft.slot_of[loose] = -1
    draft.slot_of[loose[rows[solution]]] = window[columns[solution]]
    if draft.worth() <= before * (1 + 1e-12):
        draft.slot_of[:] = previous
        return len(rows), False
    return len(rows), True


def _program(
    draft: Draft, pairs: np.ndarray, columns: np.ndarray, window: np.ndarray, others: np.ndarray
) -> np.ndarray | None:
    """Solve one window exactly; returns which (pair, slot) meet, None when the solver found nothing."""
    demand, count, people = draft.demand, len(pairs), len(draft.demand.most)
    if not count:
        return None
    _, number = np.unique(pairs, return_inverse=True)
    width = len(window)
    seats = [demand.ends[pairs, side] * width + columns for side in (0, 1)]
    start = people * width
    blocks = [
        *seats,
        start + columns,
        start + width + number,
        *(start + width + number.max() + 1 + demand.ends[pairs].T),
    ]
    height = start + width + int(number.max()) + 1 + people
    limits = np.concatenate([np.ones(start), draft.room[window], np.ones(number.max() + 1), demand.most - others])
    missed, rewards = demand.tiers()
    tier = np.concatenate([np.arange(1, n + 1) for n in np.bincount(missed, minlength=people)])
    order = np.argsort(missed, kind="stable")
    lacking = order[tier > others[missed[order]]] if len(missed) else order
    who, extra = missed[lacking], len(lacking)
    need = np.maximum(0, demand.least - others)
    rows = np.concatenate([*blocks, height + demand.ends[pairs, 0], height + demand.ends[pairs, 1], height + who])
    where = np.concatenate([np.tile(np.arange(count), 8), count + np.arange(extra)])
    signs = np.concatenate([np.ones(6 * count), np.full(2 * count + extra, -1.0)])
    matrix = sparse.csr_array((signs, (rows, where)), shape=(height + people, count + extra))
    upper = np.concatenate([limits, -need])
    used = np.flatnonzero(np.diff(matrix.indptr))
    solved = milp(
        np.concatenate([-demand.values[pairs], rewards[lacking]]),
        constraints=LinearConstraint(matrix[used], ub=upper[used]),
        integrality=np.concatenate([np.ones(count), np.zeros(extra)]),
        bounds=Bounds(0, 1),
        options={"node_limit": 5, "mip_rel_gap": 1e-5},
    )
    return None if solved.x is None else solved.x[:count] > 0.5
