"""The question a timetable answers, read from its JSON document and checked; people and pairs in an order of their own.

Everything after this module works on arrays: people are numbered, left side first, and pairs refer to those numbers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from matching.data import DataError

Id = str | int

FIELDS = frozenset(
    {"slots", "tables", "left", "right", "pairs", "minimum_left", "keep", "from_slot", "move_cost", "same_group"}
)
_LARGEST = {"slots": 1_000, "tables": 100_000}
"""More than this is a mistake of units."""

_MOST_WORTH = 1e15
"""Larger values cannot be added without losing what small ones say."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A meeting that is agreed already: which pair, when, and at which table (None: not said)."""

    pair: int
    slot: int
    table: int | None


@dataclass(frozen=True)
class Problem:
    """People, their times, and what a meeting of each pair is worth.

    Attributes
    ----------
    ids : tuple of str or int
        People by number; the left side first, each side sorted, so that the order of the input does not matter.
    n_left : int
        How many stand on the left. With one group everybody does.
    one_group : bool
        Whether both ends of a pair come from the same people.
    pairs : ndarray of int, shape (n pairs, 2)
        Numbers of the two people, as given (left, right); sorted.
    values : ndarray, shape (n pairs,)
        What each meeting is worth, at least 0, in the caller's unit.
    free : ndarray of bool, shape (n people, slots)
        Who can come when.
    most : ndarray of int, shape (n people,)
        Meetings a person takes at most.
    minimum : int
        Meetings that everybody on the left should have.
    slots, tables : int
    kept : tuple of Kept
        Agreed meetings.
    from_slot : int
        Slots before it have passed: nothing new is planned there.
    move_cost : float
        What moving an agreed meeting to another slot costs; infinite: only when it has to.
    """

    ids: tuple[Id, ...]
    n_left: int
    one_group: bool
    pairs: np.ndarray
    values: np.ndarray
    free: np.ndarray
    most: np.ndarray
    minimum: int
    slots: int
    tables: int
    kept: tuple[Kept, ...] = ()
    from_slot: int = 0
    move_cost: float = math.inf


def read_problem(document: object) -> Problem:
    """Check a document of the form that ``schedule`` takes and number its people and pairs.

    Raises
    ------
    DataError
        One line that says where and what: unknown or repeated ids, slots outside the timetable, values that are no
        numbers or below 0, fields that do not exist.
    """
    if not isinstance(document, Mapping):
        raise DataError("the problem must be an object with slots, tables, left, right and pairs")
    _no_slips(document)
    slots, tables = (_whole(document.get(name), name, largest) for name, largest in _LARGEST.items())
    one_group = bool(document.get("same_group")) or document.get("right") is None
    left = _people(document.get("left"), "left", slots)
    right = _people(document.get("right"), "right", slots) if document.get("right") is not None else {}
    if one_group:
        left, right = _merged(left, right), {}
    people = [*left.values(), *right.values()]
    sides = (dict(zip(left, range(len(left)), strict=True)),) * 2
    if not one_group:
        sides = (sides[0], {identifier: len(left) + k for k, identifier in enumerate(right)})
    pairs, values = _pairs(document.get("pairs", []), sides)
    free = np.ones((len(people), slots), dtype=bool)
    most = np.full(len(people), slots)
    for k, (away, limit) in enumerate(people):
        free[k, away] = False
        most[k] = slots if limit is None else min(limit, slots)
    from_slot = _said(document, "from_slot")
    cost = document.get("move_cost")
    return Problem(
        ids=(*left, *right),
        n_left=len(left),
        one_group=one_group,
        pairs=pairs,
        values=values,
        free=free,
        most=most,
        minimum=_said(document, "minimum_left"),
        slots=slots,
        tables=tables,
        kept=_kept(document.get("keep") or [], sides, pairs, slots),
        from_slot=min(from_slot, slots),
        move_cost=math.inf if cost is None else _number(cost, "move_cost"),
    )


def _no_slips(document: Mapping[str, Any]) -> None:
    """Other fields may stand there for others to read; one that looks like ours with a slip of the pen is refused."""
    for name in sorted(map(str, set(document) - FIELDS)):
        if meant := get_close_matches(name, sorted(FIELDS), 1, 0.7):
            raise DataError(f"{name}: there is no such field; is {meant[0]} meant?")


def _whole(value: object, where: str, largest: int | None = None) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise DataError(f"{where}: a whole number is needed" + ("" if value is None else f", not {_shown(value)}"))
    if value < 0:
        raise DataError(f"{where}: {value} is below 0")
    if largest is not None and value > largest:
        raise DataError(f"{where}: {value} is more than {largest}")
    return value


def _said(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name)
    return 0 if value is None else _whole(value, name)


def _number(value: object, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise DataError(f"{where}: a number is needed, not {_shown(value)}")
    if value < 0:
        raise DataError(f"{where}: {_shown(value)} is below 0")
    if not value <= _MOST_WORTH:
        raise DataError(f"{where}: {_shown(value)} is no number to count with")
    return float(value)


def _identifier(value: object, where: str) -> Id:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise DataError(f"{where}: an id is a text or a whole number, not {_shown(value)}")
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _order(identifier: Id) -> tuple[str, str]:
    return str(identifier), type(identifier).__name__


def _rows(value: object, name: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise DataError(f"{name}: a list is needed")
    for k, row in enumerate(value):
        if not isinstance(row, Mapping):
            raise DataError(f"{name}[{k}]: an object is needed, not {_shown(row)}")
    return value


def _people(value: object, name: str, slots: int) -> dict[Id, tuple[list[int], int | None]]:
    found: dict[Id, tuple[list[int], int | None]] = {}
    for k, row in enumerate(_rows(value, name)):
        where = f"{name}[{k}]"
        identifier = _identifier(row.get("id"), where)
        if identifier in found:
            raise DataError(f"{where}: {_shown(identifier)} stands there twice")
        away = row.get("unavailable") or []
        if not isinstance(away, list):
            raise DataError(f"{where}.unavailable: a list of slots is needed")
        limit = row.get("max")
        found[identifier] = (
            [_slot(slot, f"{where}.unavailable", slots) for slot in away],
            None if limit is None else _whole(limit, f"{where}.max"),
        )
    return {identifier: found[identifier] for identifier in sorted(found, key=_order)}


def _slot(value: object, where: str, slots: int) -> int:
    slot = _whole(value, where)
    if slot >= slots:
        raise DataError(f"{where}: slot {slot}, but the last of {slots} is {slots - 1}")
    return slot


def _merged(
    left: dict[Id, tuple[list[int], int | None]], right: dict[Id, tuple[list[int], int | None]]
) -> dict[Id, tuple[list[int], int | None]]:
    """One group: who stands on both sides is away when either says so, and takes the smaller number of meetings."""
    both = dict(left)
    for identifier, (away, limit) in right.items():
        other_away, other_limit = both.get(identifier, ([], None))
        limits = [each for each in (limit, other_limit) if each is not None]
        both[identifier] = ([*away, *other_away], min(limits, default=None))
    return {identifier: both[identifier] for identifier in sorted(both, key=_order)}


def _pairs(value: object, sides: tuple[dict[Id, int], dict[Id, int]]) -> tuple[np.ndarray, np.ndarray]:
    rows = _rows(value, "pairs")
    found = [_ends(row, f"pairs[{k}]", sides) for k, row in enumerate(rows)]
    ends = np.array(found, dtype=np.int64).reshape(-1, 2)
    values = np.array([_number(row.get("value"), f"pairs[{k}].value") for k, row in enumerate(rows)], dtype=float)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    low, high = np.sort(ends, axis=1).T
    _, first = np.unique(low * (high.max(initial=0) + 1) + high, return_index=True)
    if len(first) < len(rows):
        k = int(np.setdiff1d(np.arange(len(rows)), first)[0])
        raise DataError(f"pairs[{k}]: {_shown(rows[k]['left'])} and {_shown(rows[k]['right'])} stand there twice")
    return ends[order], values[order]


def _ends(row: Mapping[str, Any], where: str, sides: tuple[dict[Id, int], dict[Id, int]]) -> tuple[int, int]:
    one, other = _number_of(row, "left", where, sides[0]), _number_of(row, "right", where, sides[1])
    if one == other:
        raise DataError(f"{where}: {_shown(row['left'])} cannot meet alone")
    return one, other


def _number_of(row: Mapping[str, Any], name: str, where: str, side: dict[Id, int]) -> int:
    given: Any = row.get(name)
    number = side.get(given) if type(given) in (str, int) else None
    if number is None:
        raise DataError(f"{where}.{name}: nobody has the id {_shown(given)}")
    return number


def _kept(value: object, sides: tuple[dict[Id, int], dict[Id, int]], pairs: np.ndarray, slots: int) -> tuple[Kept, ...]:
    numbers = {tuple(sorted(ends)): k for k, ends in enumerate(pairs.tolist())}
    found: dict[int, Kept] = {}
    for k, row in enumerate(_rows(value, "keep")):
        pair = numbers.get(tuple(sorted(_ends(row, f"keep[{k}]", sides))))
        if pair is None:
            raise DataError(f"keep[{k}]: {_shown(row['left'])} and {_shown(row['right'])} are not among the pairs")
        if pair in found:
            raise DataError(f"keep[{k}]: {_shown(row['left'])} and {_shown(row['right'])} are kept twice")
        table = row.get("table")
        found[pair] = Kept(
            pair,
            _slot(row.get("slot"), f"keep[{k}].slot", slots),
            None if table is None else _whole(table, f"keep[{k}].table"),
        )
    return tuple(found[pair] for pair in sorted(found))
