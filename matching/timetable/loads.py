"""Who mentors, judges or reviews what: everything gets as many people as it needs, people get fair loads.

The time of day plays no part here; timetables are made in planning.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.data import DataError
from matching.timetable.choice import Choice, Demand, choose


class NotPossible(DataError):
    """No assignment meets every need within the loads; the message and ``short`` say where it fails.

    Attributes
    ----------
    items : tuple of int
        Items that get fewer people than they need, in the assignment that misses least.
    people : tuple of int
        People who stay below their smallest load in it.
    """

    def __init__(self, message: str, items: tuple[int, ...], people: tuple[int, ...]) -> None:
        super().__init__(message)
        self.items = items
        self.people = people


@dataclass(frozen=True)
class Assignment:
    """Who takes what.

    Attributes
    ----------
    chosen : ndarray of bool, shape (n items, n people)
    value : float
        Sum of the chosen values.
    bound : float
        No assignment within needs, loads and conflicts (and, with ``fair``, at the same threshold) is worth more.
    worst : float
        Smallest value that was chosen; nan when nothing was.
    """

    chosen: np.ndarray
    value: float
    bound: float
    worst: float


@dataclass(frozen=True)
class Duties:
    """What has to be assigned.

    Attributes
    ----------
    values : ndarray, shape (n items, n people)
        What it is worth that a person takes an item; any finite unit.
    needs : ndarray of int, shape (n items,)
        People that each item needs, exactly.
    least, most : ndarray of int, shape (n people,)
        Items that each person takes.
    conflicts : ndarray of bool, shape (n items, n people)
        Pairs that must not be: conflicts of interest.
    """

    values: np.ndarray
    needs: np.ndarray
    least: np.ndarray
    most: np.ndarray
    conflicts: np.ndarray

    @classmethod
    def of(
        cls,
        values: np.ndarray,
        needs: int | Sequence[int] | np.ndarray,
        loads: tuple[int | Sequence[int] | np.ndarray, int | Sequence[int] | np.ndarray],
        conflicts: np.ndarray | None = None,
    ) -> "Duties":
        """Check and complete what a caller has: single numbers hold for everybody.

        Raises
        ------
        DataError
            Shapes that do not fit, values that are no numbers, numbers below 0, a least load above the most.
        """
        worth = np.asarray(values, dtype=float)
        if worth.ndim != 2:
            raise DataError("values: a matrix is needed, a row for each item and a column for each person")
        items, people = worth.shape
        barred = np.zeros(worth.shape, dtype=bool) if conflicts is None else np.asarray(conflicts, dtype=bool)
        if barred.shape != worth.shape:
            raise DataError(f"conflicts: {barred.shape} does not fit the values' {worth.shape}")
        if not np.isfinite(worth[~barred]).all():
            raise DataError("values: nan or infinite where there is no conflict")
        least, most = _counts(loads[0], people, "least load"), _counts(loads[1], people, "most load")
        if (above := np.flatnonzero(least > most)).size:
            raise DataError(f"person {above[0]}: the least load {least[above[0]]} is above the most, {most[above[0]]}")
        return cls(np.where(barred, 0.0, worth), _counts(needs, items, "needs"), least, most, barred)


def _counts(given: int | Sequence[int] | np.ndarray, length: int, name: str) -> np.ndarray:
    counts = np.asarray(given)
    if counts.ndim > 1 or (counts.ndim == 1 and len(counts) != length):
        raise DataError(f"{name}: {length} numbers are needed")
    if counts.size and (not np.isfinite(counts.astype(float)).all() or (counts != np.floor(counts)).any()):
        raise DataError(f"{name}: whole numbers are needed")
    if counts.size and counts.min() < 0:
        raise DataError(f"{name}: {counts.min()} is below 0")
    return np.broadcast_to(counts.astype(np.int64), (length,)).copy()


def assign(duties: Duties, *, fair: bool = False) -> Assignment:
    """Assign people to items for the largest total value.

    The program is a transportation problem, totally unimodular, so its linear form answers in whole numbers: the result
    is the optimum. With ``fair``, first the smallest chosen value is made as large as it can be (bisection over the
    values, as in bottleneck assignment: Gross 1959), then the total is maximised among assignments that good.

    Parameters
    ----------
    duties : Duties
    fair : bool

    Returns
    -------
    Assignment

    Raises
    ------
    NotPossible
        Needs, loads and conflicts cannot all be met; says which.
    """
    allowed = ~duties.conflicts
    demand, choice = _solved(duties, allowed)
    _check(duties, demand, choice)
    if fair:
        allowed = _threshold(duties, allowed)
        demand, choice = _solved(duties, allowed)
    chosen = np.zeros(duties.values.shape, dtype=bool)
    chosen[tuple((demand.ends[choice.pairs] - [0, len(duties.needs)]).T)] = True
    value = float(duties.values[chosen].sum())
    bound = _bound(duties, demand, choice)
    near = abs(bound - value) <= 1e-9 * max(1.0, abs(value))
    return Assignment(
        chosen,
        value,
        value if near else max(bound, value),
        float(duties.values[chosen].min(initial=np.inf)) if chosen.any() else float("nan"),
    )


def _solved(duties: Duties, allowed: np.ndarray) -> tuple[Demand, Choice]:
    items, people = np.nonzero(allowed)
    low, high = _range(duties)
    demand = Demand(
        ends=np.column_stack([items, people + len(duties.needs)]),
        values=(duties.values[allowed] - low) / (high - low),
        most=np.concatenate([duties.needs, duties.most]),
        least=np.concatenate([duties.needs, duties.least]),
        room=int(duties.needs.sum()),
        two_sided=True,
    )
    return demand, choose(demand)


def _range(duties: Duties) -> tuple[float, float]:
    """Values are counted from the smallest: every assignment has the same number of pairs, so nothing else changes."""
    found = duties.values[~duties.conflicts]
    low, high = float(found.min(initial=np.inf)), float(found.max(initial=-np.inf))
    return (low, high) if low < high else (low if np.isfinite(low) else 0.0, (low if np.isfinite(low) else 0.0) + 1.0)


def _missed(demand: Demand, choice: Choice) -> np.ndarray:
    met = np.bincount(demand.ends[choice.pairs].ravel(), minlength=len(demand.least))
    return np.asarray(demand.least - met)


def _check(duties: Duties, demand: Demand, choice: Choice) -> None:
    missed = _missed(demand, choice)
    items, people = (np.flatnonzero(part > 0) for part in np.split(missed, [len(duties.needs)]))
    if not len(items) and not len(people):
        return
    able = (~duties.conflicts & (duties.most > 0)).sum(axis=1)
    reasons = [
        f"item {item} needs {duties.needs[item]}, and {able[item]} without a conflict can take it"
        for item in np.flatnonzero(able < duties.needs)
    ]
    total, room = int(duties.needs.sum()), int(duties.most.sum())
    if total > room:
        reasons.append(f"{total} places are to be filled, and people take {room} at most")
    if int(duties.least.sum()) > total:
        reasons.append(f"people are to take {duties.least.sum()} at least, and there are {total} places")
    reasons += [f"item {item} stays {missed[item]} short" for item in items]
    reasons += [f"person {who} stays {missed[len(duties.needs) + who]} below the least load" for who in people]
    raise NotPossible("; ".join(reasons[:3]), tuple(items.tolist()), tuple(people.tolist()))


def _threshold(duties: Duties, allowed: np.ndarray) -> np.ndarray:
    """Bisect over the values for the largest one at which pairs below it can all be left out."""
    levels = np.unique(duties.values[allowed])
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high + 1) // 2
        kept = allowed & (duties.values >= levels[middle])
        if (_missed(*_solved(duties, kept)) > 0).any():
            high = middle - 1
        else:
            low = middle
    return allowed & (duties.values >= levels[low]) if len(levels) else allowed


def _bound(duties: Duties, demand: Demand, choice: Choice) -> float:
    """Weak duality: at the choice's prices no loads within the limits pay less, and pairs beyond them add the rest."""
    low, high = _range(duties)
    prices = choice.prices[:-1]
    items, people = np.split(prices, [len(duties.needs)])
    paid = items @ duties.needs + np.maximum(people * duties.most, people * duties.least).sum()
    beyond = np.maximum(0.0, choice.surplus(demand)).sum() + choice.prices[-1] * demand.room
    return float((paid + beyond) * (high - low) + low * demand.room)
