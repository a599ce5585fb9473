"""Whether a plan keeps what its problem asks: counted from the two documents alone, without a line of the solver."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

_ROUNDING = 1e-6


def verify(plan: Mapping[str, Any], problem: Mapping[str, Any]) -> list[str]:
    """Name every breach of a plan.

    Parameters
    ----------
    plan : mapping
        What ``schedule`` wrote.
    problem : mapping
        What it read.

    Returns
    -------
    list of str
        Empty when the plan stands: everybody is where they can be, once at a time, no more than their maximum, at
        tables that exist and are not shared; agreed meetings are kept or named; and the figures are true. That the
        bound cannot be beaten is the solver's claim; only that it is not below the value is seen from outside.
    """
    one_group = bool(problem.get("same_group")) or problem.get("right") is None
    sides = {"left": problem["left"], "right": problem["left"] if problem.get("right") is None else problem["right"]}
    away: dict[Any, set[int]] = {}
    most: dict[Any, int] = {}
    for side, rows in sides.items():
        for row in rows:
            who = _who(side, row["id"], one_group)
            away.setdefault(who, set()).update(row.get("unavailable") or [])
            if row.get("max") is not None:
                most[who] = min(row["max"], most.get(who, row["max"]))
    worth = {_pair(row, one_group): row["value"] for row in problem.get("pairs", [])}
    past = problem.get("from_slot") or 0
    kept = {_pair(row, one_group): row["slot"] for row in problem.get("keep") or []}
    meetings = plan["meetings"]
    facts = {pair for pair, slot in kept.items() if slot < past}
    return [
        *_places(meetings, problem),
        *_people(meetings, (away, most), one_group, facts),
        *_pairs(meetings, worth, one_group),
        *_agreed(plan, kept, past, one_group),
        *_figures(plan, problem, worth, one_group),
    ]


def _who(side: str, identifier: Any, one_group: bool) -> Any:
    return (identifier,) if one_group else (side, identifier)


def _pair(row: Mapping[str, Any], one_group: bool) -> Any:
    ends = [_who(side, row[side], one_group) for side in ("left", "right")]
    return frozenset(ends) if one_group else tuple(ends)


def _places(meetings: list[dict[str, Any]], problem: Mapping[str, Any]) -> list[str]:
    found = [
        f"slot {row['slot']} or table {row['table']} does not exist"
        for row in meetings
        if not (0 <= row["slot"] < problem["slots"] and 0 <= row["table"] < problem["tables"])
    ]
    shared = Counter((row["slot"], row["table"]) for row in meetings)
    return found + [f"table {table} is shared in slot {slot}" for (slot, table), n in shared.items() if n > 1]


def _people(
    meetings: list[dict[str, Any]],
    limits: tuple[dict[Any, set[int]], dict[Any, int]],
    one_group: bool,
    facts: set[Any],
) -> list[str]:
    away, most = limits
    found = []
    seats: Counter[Any] = Counter()
    counts: Counter[Any] = Counter()
    for row in meetings:
        for side in ("left", "right"):
            who = _who(side, row[side], one_group)
            seats[who, row["slot"]] += 1
            counts[who] += 1
            if row["slot"] in away.get(who, ()) and _pair(row, one_group) not in facts:
                found.append(f"{who} is away in slot {row['slot']}")
    found += [f"{who} sits twice in slot {slot}" for (who, slot), n in seats.items() if n > 1]
    past = Counter(who for pair in facts for who in pair)
    return found + [f"{who} has {n} meetings" for who, n in counts.items() if n > max(most.get(who, n), past[who])]


def _pairs(meetings: list[dict[str, Any]], worth: Mapping[Any, float], one_group: bool) -> list[str]:
    met = Counter(_pair(row, one_group) for row in meetings)
    return [f"{pair} is not asked for" for pair in met if pair not in worth] + [
        f"{pair} meets {n} times" for pair, n in met.items() if n > 1
    ]


def _agreed(plan: Mapping[str, Any], kept: Mapping[Any, int], past: int, one_group: bool) -> list[str]:
    now = {_pair(row, one_group): row["slot"] for row in plan["meetings"]}
    moved, dropped = ({_pair(row, one_group) for row in plan[name]} for name in ("moved", "dropped"))
    found = [
        f"{pair}: new in slot {slot}, which has passed"
        for pair, slot in now.items()
        if slot < past and pair not in kept
    ]
    for pair, slot in kept.items():
        if pair in dropped:
            stands = pair not in now and slot >= past
        elif pair in moved:
            stands = now.get(pair, slot) != slot and slot >= past
        else:
            stands = now.get(pair) == slot
        if not stands:
            found.append(f"{pair}: what became of the agreed meeting is not said")
    return found


def _figures(
    plan: Mapping[str, Any], problem: Mapping[str, Any], worth: Mapping[Any, float], one_group: bool
) -> list[str]:
    value, bound, gap = plan["value"], plan["bound"], plan["gap"]
    total = math.fsum(worth.get(_pair(row, one_group), 0.0) for row in plan["meetings"])
    close = _ROUNDING * max(1.0, abs(total))
    found = [] if abs(value - total) <= close else [f"the meetings are worth {total}, not {value}"]
    if bound < value:
        found.append(f"the bound {bound} lies below the value {value}")
    if abs(gap - (1 - value / bound if bound > value else 0.0)) > _ROUNDING:
        found.append(f"the gap is not {gap}")
    counts: Counter[Any] = Counter()
    for row in plan["meetings"]:
        counts[row["left"]] += 1
        if one_group:
            counts[row["right"]] += 1
    everybody = {row["id"] for row in problem["left"]}
    if one_group:
        everybody |= {row["id"] for row in problem.get("right") or []}
    below = {who for who in everybody if counts[who] < (problem.get("minimum_left") or 0)}
    if below != set(plan["below_minimum"]):
        found.append(f"below the minimum are {sorted(map(str, below))}")
    return found
