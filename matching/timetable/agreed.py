"""Meetings that are agreed already: which stay as they are, which have to move, and what is left for others."""

from dataclasses import dataclass, replace

import numpy as np

from matching.data import DataError
from matching.timetable.problem import Kept, Problem


@dataclass(frozen=True)
class Agreed:
    """What stands before anything new is planned.

    Attributes
    ----------
    free : ndarray of bool, shape (n people, slots)
        Who can still be given a meeting when.
    room : ndarray of int, shape (slots,)
        Tables that are still empty.
    taken : ndarray of int, shape (n people,)
        Agreed meetings of each person.
    placed : tuple of Kept
        Agreed meetings with the slot they have now.
    moved, dropped : tuple of int
        Pairs that got another slot, and pairs for which there is none.
    """

    free: np.ndarray
    room: np.ndarray
    taken: np.ndarray
    placed: tuple[Kept, ...]
    moved: tuple[int, ...]
    dropped: tuple[int, ...]


class _Book:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.free = problem.free.copy()
        self.room = np.full(problem.slots, problem.tables)
        self.taken = np.zeros(len(problem.ids), dtype=np.int64)
        self.at_table: set[tuple[int, int]] = set()
        self.placed: list[Kept] = []

    def enter(self, kept: Kept, slot: int) -> None:
        people = self.problem.pairs[kept.pair]
        self.free[people, slot] = False
        self.taken[people] += 1
        self.room[slot] -= 1
        table = kept.table
        if table is not None and (slot != kept.slot or table >= self.problem.tables or (slot, table) in self.at_table):
            table = None
        if table is not None:
            self.at_table.add((slot, table))
        self.placed.append(replace(kept, slot=slot, table=table))

    def fits(self, kept: Kept, slot: int) -> bool:
        people = self.problem.pairs[kept.pair]
        return bool(
            self.room[slot] > 0
            and self.free[people, slot].all()
            and (self.taken[people] < self.problem.most[people]).all()
        )


def agree(problem: Problem) -> Agreed:
    """Keep every agreed meeting where it is; one that cannot stay goes to the nearest slot that suits both.

    Passed slots are facts: what took place there stays, whoever is said to be away now. A table that was agreed stays
    the meeting's own while it keeps its slot.

    Raises
    ------
    DataError
        Two agreed meetings of a passed slot with one person, or more than there are tables.
    """
    book = _Book(problem)
    _enter_past(book)
    book.free[:, : problem.from_slot] = False
    book.room[: problem.from_slot] = 0
    coming = sorted((k for k in problem.kept if k.slot >= problem.from_slot), key=lambda k: (k.slot, k.pair))
    displaced = [kept for kept in coming if not _stay(book, kept)]
    moved, dropped = [], []
    for kept in displaced:
        nearest = sorted(range(problem.slots), key=lambda slot: (abs(slot - kept.slot), slot))
        slot = next((slot for slot in nearest if book.fits(kept, slot)), None)
        if slot is None:
            dropped.append(kept.pair)
        else:
            book.enter(kept, slot)
            moved.append(kept.pair)
    return Agreed(book.free, book.room, book.taken, tuple(book.placed), tuple(sorted(moved)), tuple(sorted(dropped)))


def _stay(book: _Book, kept: Kept) -> bool:
    if not book.fits(kept, kept.slot):
        return False
    book.enter(kept, kept.slot)
    return True


def _enter_past(book: _Book) -> None:
    problem = book.problem
    seen: set[tuple[int, int]] = set()
    for kept in problem.kept:
        if kept.slot >= problem.from_slot:
            continue
        for person in problem.pairs[kept.pair].tolist():
            if (person, kept.slot) in seen:
                raise DataError(f"keep: {problem.ids[person]!r} sits twice in slot {kept.slot}, which has passed")
            seen.add((person, kept.slot))
        if not book.room[kept.slot]:
            raise DataError(f"keep: more meetings in slot {kept.slot}, which has passed, than tables")
        book.enter(kept, kept.slot)
