"""Whether moving an agreed meeting to another slot pays: what the two slots gain against the cost of the move."""

from dataclasses import replace

import numpy as np

from matching.timetable.agreed import Agreed
from matching.timetable.improvement import Draft, assign_slot
from matching.timetable.problem import Kept, Problem


def move_what_pays(problem: Problem, agreed: Agreed, draft: Draft) -> tuple[Agreed, Draft]:
    """Move agreed meetings one at a time, each to its best slot, while that gains more than ``move_cost``.

    Meetings of passed slots never move. Each trial plans the two slots concerned afresh and leaves the rest.

    Parameters
    ----------
    problem : Problem
        Two-sided, with a finite ``move_cost``.
    agreed : Agreed
        What stands now.
    draft : Draft
        What is planned around it.

    Returns
    -------
    Agreed, Draft
        With the moves made.
    """
    for kept in agreed.placed:
        if kept.slot < problem.from_slot or kept.pair in agreed.moved:
            continue
        people = problem.pairs[kept.pair]
        able = np.flatnonzero(agreed.free[people].all(axis=0) & (agreed.room > 0))
        trials = [_moved(problem, agreed, draft, kept, int(slot)) for slot in able]
        best = max(trials, key=lambda trial: trial[1].worth(), default=None)
        if best is not None and best[1].worth() - draft.worth() > problem.move_cost + 1e-9:
            agreed, draft = best
    return agreed, draft


def _moved(problem: Problem, agreed: Agreed, draft: Draft, kept: Kept, slot: int) -> tuple[Agreed, Draft]:
    people = problem.pairs[kept.pair]
    free, room = agreed.free.copy(), agreed.room.copy()
    free[people, kept.slot], free[people, slot] = problem.free[people, kept.slot], False
    room[kept.slot] += 1
    room[slot] -= 1
    trial = replace(draft, free=free, room=room, slot_of=draft.slot_of.copy())
    assign_slot(trial, slot)
    assign_slot(trial, kept.slot)
    placed = tuple(replace(kept, slot=slot, table=None) if each is kept else each for each in agreed.placed)
    moved = tuple(sorted({*agreed.moved, kept.pair}))
    return replace(agreed, free=free, room=room, placed=placed, moved=moved), trial
