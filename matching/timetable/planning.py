"""From a problem to a plan: choose pairs, give them slots, give them tables, and say how good the plan can be."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matching.timetable.agreed import Agreed, agree
from matching.timetable.choice import Choice, Demand, choose
from matching.timetable.colouring import colour, level, place
from matching.timetable.grid import Grid
from matching.timetable.improvement import Draft, assign_slot, improve
from matching.timetable.moving import move_what_pays
from matching.timetable.problem import Problem
from matching.timetable.tables import seat

_SAME = 1e-9
"""Value and bound that differ by less than this share are the same number but for rounding."""


@dataclass(frozen=True)
class Plan:
    """A timetable and its certificate.

    Attributes
    ----------
    meetings : tuple of (int, int, int)
        Pair, slot and table of each meeting, by slot and table.
    value : float
        Sum of the meetings' values.
    bound : float
        No plan that keeps what is agreed can be worth more, whatever the minimum.
    price : float
        Share of ``bound`` that the minimum costs at least; 0 without a minimum.
    below_minimum : tuple of int
        People on the left who have fewer meetings than the minimum.
    moved, dropped : tuple of int
        Agreed pairs that got another slot, or none.
    """

    meetings: tuple[tuple[int, int, int], ...]
    value: float
    bound: float
    price: float
    below_minimum: tuple[int, ...]
    moved: tuple[int, ...]
    dropped: tuple[int, ...]

    @property
    def gap(self) -> float:
        """How far the value lies under the bound, as a share of the bound."""
        return 1 - self.value / self.bound if self.bound > self.value else 0.0

    def document(self, problem: Problem) -> dict[str, Any]:
        """Return the plan in the form that ``schedule`` writes."""
        ids, ends = problem.ids, problem.pairs.tolist()
        tables = [
            {"left": ids[ends[pair][0]], "right": ids[ends[pair][1]], "slot": slot, "table": table}
            for pair, slot, table in self.meetings
        ]
        named = {
            name: [{"left": ids[ends[pair][0]], "right": ids[ends[pair][1]]} for pair in pairs]
            for name, pairs in (("moved", self.moved), ("dropped", self.dropped))
        }
        return {
            "meetings": tables,
            "value": self.value,
            "bound": self.bound,
            "gap": self.gap,
            "below_minimum": [ids[person] for person in self.below_minimum],
            "price_of_minimum": self.price,
            **named,
        }


def plan(problem: Problem) -> Plan:
    """Make the timetable.

    Exact, with gap 0, where two sides meet and nobody has absences (of different times). Otherwise near to the bound,
    which is told. Deterministic: the same problem in any order gives the same plan.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Plan
    """
    agreed = agree(problem)
    open_pairs = _open_pairs(problem, agreed)
    scale = float(problem.values.max(initial=0.0)) or 1.0
    demand = _demand(problem, agreed, open_pairs, scale)
    best = choose(demand)
    least = np.zeros(len(problem.ids), dtype=np.int64)
    least[: problem.n_left] = np.maximum(0, problem.minimum - agreed.taken[: problem.n_left])
    wanted = replace(demand, least=np.minimum(least, demand.most))
    choice = choose(wanted) if wanted.least.any() else best
    draft = _draft(problem, agreed, wanted, choice)
    if not problem.one_group and math.isfinite(problem.move_cost):
        agreed, draft = move_what_pays(replace(problem, move_cost=problem.move_cost / scale), agreed, draft)
    slot_of = np.full(len(problem.values), -1)
    slot_of[open_pairs] = draft.slot_of
    for kept in agreed.placed:
        slot_of[kept.pair] = kept.slot
    met = np.flatnonzero(slot_of >= 0)
    value = math.fsum(problem.values[met])
    bound = math.fsum([best.bound * scale, *(problem.values[kept.pair] for kept in agreed.placed)])
    bound = value if bound - value <= _SAME * bound else bound
    counts = np.bincount(problem.pairs[met].ravel(), minlength=len(problem.ids))
    lost = scale * float(demand.values[best.pairs].sum() - demand.values[choice.pairs].sum())
    return Plan(
        meetings=_seated(problem, agreed, slot_of),
        value=value,
        bound=bound,
        price=lost / bound if lost > _SAME * bound else 0.0,
        below_minimum=tuple(np.flatnonzero(counts[: problem.n_left] < problem.minimum).tolist()),
        moved=agreed.moved,
        dropped=agreed.dropped,
    )


def _able(problem: Problem, agreed: Agreed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who could come when, who of them sits in agreed meetings there, and the tables.

    Where agreed meetings may move for a price, the slots in which they stand now count as open, and as many are taken.
    """
    if problem.one_group or math.isinf(problem.move_cost):
        return agreed.free & (agreed.room > 0), np.zeros(len(problem.ids), dtype=np.int64), agreed.room
    coming = [kept.pair for kept in agreed.placed if kept.slot >= problem.from_slot]
    room = np.where(np.arange(problem.slots) < problem.from_slot, 0, problem.tables)
    sitting = np.bincount(problem.pairs[coming].ravel(), minlength=len(problem.ids))
    return problem.free & (room > 0), sitting, room


def _open_pairs(problem: Problem, agreed: Agreed) -> np.ndarray:
    """Pairs that are not agreed and have a slot in which both can come."""
    able = _able(problem, agreed)[0].astype(np.float32)
    first = 0 if problem.one_group else problem.n_left
    together = (able[: problem.n_left] @ able[first:].T)[problem.pairs[:, 0], problem.pairs[:, 1] - first] > 0
    together[[*(kept.pair for kept in agreed.placed), *agreed.dropped]] = False
    return np.flatnonzero(together)


def _demand(problem: Problem, agreed: Agreed, open_pairs: np.ndarray, scale: float) -> Demand:
    able, sitting, room = _able(problem, agreed)
    wished = np.zeros(len(problem.ids), dtype=bool)
    wished[problem.pairs[open_pairs]] = True
    wished |= sitting > 0
    able = able & wished[:, None]
    if problem.one_group:
        seats = able.sum(axis=0) // 2
    else:
        seats = np.minimum(able[: problem.n_left].sum(axis=0), able[problem.n_left :].sum(axis=0))
    return Demand(
        ends=problem.pairs[open_pairs],
        values=problem.values[open_pairs] / scale,
        most=np.clip(np.minimum(problem.most - agreed.taken, able.sum(axis=1) - sitting), 0, None),
        least=np.zeros(len(problem.ids), dtype=np.int64),
        room=max(0, int(np.minimum(room, seats).sum() - sitting.sum() // 2)),
        two_sided=not problem.one_group,
    )


def _draft(problem: Problem, agreed: Agreed, demand: Demand, choice: Choice) -> Draft:
    draft = Draft(demand, agreed.free, agreed.room, np.full(len(demand.values), -1), problem.n_left)
    involved = np.unique(demand.ends[choice.pairs])
    open_slots = agreed.room > 0
    alike = not len(involved) or bool(
        (agreed.free[involved][:, open_slots] == agreed.free[involved[0], open_slots]).all()
    )
    level_rooms = len(np.unique(agreed.room[open_slots])) <= 1
    if demand.two_sided and not (alike and level_rooms):
        _assign(draft, choice)
        return draft
    grid = Grid(demand.ends, agreed.free, agreed.room)
    by_value = choice.pairs[np.argsort(-demand.values[choice.pairs], kind="stable")]
    waiting = colour(grid, by_value)
    level(grid)
    if not demand.two_sided:
        _fit(grid, demand, waiting)
    draft.slot_of[:] = grid.slot_of
    if not demand.two_sided:
        improve(draft, choice, _target(demand, choice))
    elif waiting:  # the choice counts on agreed meetings that move
        draft.slot_of[:] = -1
        _assign(draft, choice)
    return draft


def _assign(draft: Draft, choice: Choice) -> None:
    """Slot by slot, first with what the minimum is worth to the choice, then with all it is worth; then better."""
    owed = np.maximum(0.0, -choice.prices[:-1])
    for credit in (owed, None):
        for slot in np.flatnonzero(draft.room > 0).tolist():
            assign_slot(draft, slot, credit)
    improve(draft, choice, _target(draft.demand, choice))


def _target(demand: Demand, choice: Choice) -> float:
    """What a draft's worth cannot exceed: the choice's own, as if everything it chose fitted."""
    counts = np.bincount(demand.ends[choice.pairs].ravel(), minlength=len(demand.most))
    depth = int(demand.least.max(initial=0))
    met = np.minimum(counts, demand.least)
    rewards = float((demand.reward * (met * depth - met * (met - 1) / 2)).sum())
    return rewards + max(float(demand.values[choice.pairs].sum()), choice.bound if not depth else 0.0)


def _fit(grid: Grid, demand: Demand, waiting: list[int]) -> None:
    """Take the least valuable meetings out of slots that are too full, then place whatever still fits, best first."""
    for slot, room in enumerate(grid.room):
        surplus = max(0, grid.load[slot] - room)
        for pair in sorted(grid.in_slot(slot), key=lambda pair: (demand.values[pair], pair))[:surplus]:
            grid.take(pair)
    counts = [sum(pair >= 0 for pair in row) for row in grid.meeting]
    rest = np.setdiff1d(np.arange(len(demand.values)), grid.placed())
    by_value = rest[np.argsort(-demand.values[rest], kind="stable")].tolist()
    for pair in [*waiting, *by_value]:
        one, other = grid.ends[pair]
        spare = all(counts[person] < demand.most[person] for person in (one, other))
        if spare and grid.slot_of[pair] < 0 and place(grid, pair, seated=True):
            counts[one] += 1
            counts[other] += 1


def _seated(problem: Problem, agreed: Agreed, slot_of: np.ndarray) -> tuple[tuple[int, int, int], ...]:
    met = np.flatnonzero(slot_of >= 0)
    hosts = np.zeros(len(problem.ids), dtype=bool)
    hosts[0 if problem.one_group else problem.n_left :] = True
    fixed = np.full(len(problem.values), -1)
    for kept in agreed.placed:
        fixed[kept.pair] = -1 if kept.table is None else kept.table
    table = seat(problem.pairs[met], slot_of[met], fixed[met], problem.tables, hosts)
    rows = sorted(zip(slot_of[met].tolist(), table.tolist(), met.tolist(), strict=True))
    return tuple((pair, slot, at) for slot, at, pair in rows)
