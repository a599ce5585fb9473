"""When chosen pairs meet: colouring of edges by alternating paths, then levelling of the slots by swapping chains.

Without times when people cannot come, two-sided choices always fit: a bipartite graph in which nobody has more than S
meetings can be coloured with S colours (König 1916), and chains of two colours level their sizes (de Werra 1971).
"""

import numpy as np

from matching.timetable.grid import Grid


def colour(grid: Grid, pairs: np.ndarray) -> list[int]:
    """Put pairs into the grid, moving others along alternating paths where that makes place.

    Parameters
    ----------
    grid : Grid
        Changed in place.
    pairs : ndarray of int
        Pairs to place, the most important first.

    Returns
    -------
    list of int
        Pairs that found no slot; empty for two sides without absences.
    """
    return [pair for pair in pairs.tolist() if not place(grid, pair)]


def place(grid: Grid, pair: int, *, seated: bool = False) -> bool:
    """Place one pair in the emptiest slot that suits both, or by one alternating path; returns whether it stands.

    With ``seated`` only where that leaves no slot with more meetings than tables.
    """
    one, other = grid.ends[pair]
    open_one, open_other = grid.open_slots(one), grid.open_slots(other)
    if shared := open_one & open_other:
        emptiest = min(shared, key=lambda slot: (grid.load[slot] - grid.room[slot], slot))
        if not seated or grid.load[emptiest] < grid.room[emptiest]:
            grid.put(pair, emptiest)
            return True
    for mine in sorted(open_one):
        for theirs in sorted(open_other - {mine}):
            if _make_place(grid, pair, (other, one), (mine, theirs), seated):
                return True
            if _make_place(grid, pair, (one, other), (theirs, mine), seated):
                return True
    return False


def _make_place(grid: Grid, pair: int, people: tuple[int, int], slots: tuple[int, int], seated: bool) -> bool:
    """Empty the first slot for the first person along a chain, when nobody on it is away, and put the pair there."""
    who, partner = people
    wanted, instead = slots
    chain = chain_from(grid, who, wanted, instead)
    if not chain or grid.ends_at(chain, partner) or not grid.may_swap(chain, wanted, instead):
        return False  # the first is away then, the path comes back, or somebody on it is away
    fuller = instead if len(chain) % 2 else wanted
    if seated and grid.load[fuller] >= grid.room[fuller]:
        return False
    grid.swap(chain, wanted, instead)
    grid.put(pair, wanted)
    return True


def chain_from(grid: Grid, person: int, first: int, second: int) -> list[int]:
    """Return the pairs on the path that leaves a person by slot ``first`` and goes on by ``second``, ``first``, ..."""
    chain: list[int] = []
    slot, at = first, person
    while (pair := grid.meeting[at][slot]) >= 0 and (not chain or pair != chain[0]):
        chain.append(pair)
        one, other = grid.ends[pair]
        at = other if at == one else one
        slot = second if slot == first else first
    return chain


def level(grid: Grid) -> None:
    """Swap chains between the fullest and emptier slots until no slot holds more than its tables, or no chain helps.

    Taking one meeting from a slot that has two more than another is always possible without absences, since in some
    chain of the two slots the fuller one has the extra pair.
    """
    while True:
        over = [slot for slot in range(len(grid.load)) if grid.load[slot] > grid.room[slot]]
        if not any(_relieve(grid, slot) for slot in over):
            return


def _relieve(grid: Grid, full: int) -> bool:
    spare = sorted(range(len(grid.load)), key=lambda slot: (grid.load[slot] - grid.room[slot], slot))
    for slot in spare:
        if grid.load[slot] >= grid.room[slot]:
            return False
        for chain in _odd_chains(grid, full, slot):
            if grid.may_swap(chain, full, slot):
                grid.swap(chain, full, slot)
                return True
    return False


def _odd_chains(grid: Grid, full: int, slot: int) -> list[list[int]]:
    """Return chains that begin and end in ``full``: swapping one takes a single meeting out of it."""
    found = []
    for pair in grid.in_slot(full):
        for end in grid.ends[pair]:
            if grid.meeting[end][slot] < 0:
                chain = chain_from(grid, end, full, slot)
                if len(chain) % 2:
                    found.append(chain)
    return found
