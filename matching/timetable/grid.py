"""A timetable under construction: who meets whom in which slot, kept consistent under put, take and swap."""

from collections.abc import Iterable

import numpy as np


class Grid:
    """Meetings by person and slot.

    Attributes
    ----------
    ends : list of (int, int)
        The two people of each pair.
    meeting : list of list of int, shape (n people, slots)
        Pair in which a person sits in a slot, -1 for none.
    slot_of : list of int, shape (n pairs,)
        Slot of each pair, -1 while it does not meet.
    load, room : list of int, shape (slots,)
        Meetings in each slot, and how many its tables take.
    """

    def __init__(self, ends: np.ndarray, free: np.ndarray, room: Iterable[int]) -> None:
        people, slots = free.shape
        self.ends: list[tuple[int, int]] = [(int(one), int(other)) for one, other in ends]
        self.free: list[list[bool]] = free.tolist()
        self.meeting = [[-1] * slots for _ in range(people)]
        self.slot_of = [-1] * len(self.ends)
        self.load = [0] * slots
        self.room = [int(tables) for tables in room]
        self._open = [{slot for slot in range(slots) if row[slot] and self.room[slot]} for row in self.free]

    def open_slots(self, person: int) -> set[int]:
        """Return the slots in which a person can come and sits nowhere yet."""
        return self._open[person]

    def in_slot(self, slot: int) -> list[int]:
        """Return the pairs that meet in a slot, sorted."""
        return sorted({row[slot] for row in self.meeting} - {-1})

    def placed(self) -> list[int]:
        """Return the pairs that meet, sorted."""
        return [pair for pair, slot in enumerate(self.slot_of) if slot >= 0]

    def put(self, pair: int, slot: int) -> None:
        """Let a pair meet in a slot in which both are open."""
        for person in self.ends[pair]:
            self.meeting[person][slot] = pair
            self._open[person].discard(slot)
        self.slot_of[pair] = slot
        self.load[slot] += 1

    def take(self, pair: int) -> int:
        """Take a pair out; returns the slot it had."""
        slot = self.slot_of[pair]
        for person in self.ends[pair]:
            self.meeting[person][slot] = -1
            if self.free[person][slot]:
                self._open[person].add(slot)
        self.slot_of[pair] = -1
        self.load[slot] -= 1
        return slot

    def ends_at(self, chain: list[int], person: int) -> bool:
        """Tell whether a person sits in one of a chain's pairs."""
        return any(person in self.ends[pair] for pair in chain)

    def may_swap(self, chain: list[int], first: int, second: int) -> bool:
        """Tell whether everybody in a chain can come in both of its slots."""
        return all(
            self.free[person][first] and self.free[person][second] for pair in chain for person in self.ends[pair]
        )

    def swap(self, chain: list[int], first: int, second: int) -> None:
        """Exchange the two slots along a chain."""
        slots = [self.take(pair) for pair in chain]
        for pair, slot in zip(chain, slots, strict=True):
            self.put(pair, second if slot == first else first)
