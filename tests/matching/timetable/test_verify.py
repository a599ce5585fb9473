"""The verifier sees every breach: each test spoils a good plan in one way."""

from copy import deepcopy
from typing import Any

import pytest

from matching.timetable import plan, read_problem, verify
from tests.matching.timetable.days import Document

PROBLEM: Document = {
    "slots": 3,
    "tables": 2,
    "left": [{"id": "a", "unavailable": [2]}, {"id": "b", "max": 2}, {"id": "c"}],
    "right": [{"id": "x"}, {"id": "y"}],
    "pairs": [
        {"left": "a", "right": "x", "value": 5.0},
        {"left": "a", "right": "y", "value": 3.0},
        {"left": "b", "right": "x", "value": 2.0},
        {"left": "b", "right": "y", "value": 4.0},
    ],
    "minimum_left": 1,
    "keep": [{"left": "b", "right": "y", "slot": 0}],
    "from_slot": 0,
}


def good() -> Document:
    problem = read_problem(PROBLEM)
    return plan(problem).document(problem)


def row(document: Document, left: str, right: str) -> dict[str, Any]:
    return next(m for m in document["meetings"] if (m["left"], m["right"]) == (left, right))


def test_good_plan_has_no_breach() -> None:
    made = good()
    assert verify(made, PROBLEM) == []
    assert made["below_minimum"] == ["c"]


def spoil_table(made: Document) -> None:
    row(made, "a", "x")["table"] = 2


def spoil_slot(made: Document) -> None:
    row(made, "b", "x")["slot"] = 3


def spoil_shared(made: Document) -> None:
    other = next(m for m in made["meetings"] if m["slot"] == 0 and m["left"] != "b")
    other["table"] = row(made, "b", "y")["table"]


def spoil_away(made: Document) -> None:
    row(made, "a", "y").update(slot=2, table=0)
    row(made, "b", "x").update(slot=1, table=1)


def spoil_twice(made: Document) -> None:
    row(made, "a", "y").update(slot=row(made, "a", "x")["slot"], table=1 - row(made, "a", "x")["table"])


def spoil_unknown(made: Document) -> None:
    made["meetings"].append({"left": "c", "right": "x", "slot": 2, "table": 1})


def spoil_repeated(made: Document) -> None:
    made["meetings"].append({**row(made, "b", "y"), "slot": 1, "table": 1})


def spoil_value(made: Document) -> None:
    made["value"] += 1


def spoil_bound(made: Document) -> None:
    made["bound"] = made["value"] - 1


def spoil_gap(made: Document) -> None:
    made["gap"] = 0.1


def spoil_below(made: Document) -> None:
    made["below_minimum"] = []


def spoil_moved(made: Document) -> None:
    made["moved"] = [{"left": "b", "right": "y"}]


def spoil_dropped(made: Document) -> None:
    made["dropped"] = [{"left": "b", "right": "y"}]


def spoil_silent_move(made: Document) -> None:
    mine, other = row(made, "b", "y"), row(made, "b", "x")
    mine["slot"], other["slot"] = other["slot"], mine["slot"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_table, "slot 0 or table 2 does not exist"),
        (spoil_slot, "slot 3 or table 0 does not exist"),
        (spoil_shared, "is shared in slot 0"),
        (spoil_away, "('left', 'a') is away in slot 2"),
        (spoil_twice, "('left', 'a') sits twice in slot"),
        (spoil_unknown, "(('left', 'c'), ('right', 'x')) is not asked for"),
        (spoil_repeated, "(('left', 'b'), ('right', 'y')) meets 2 times"),
        (spoil_value, "the meetings are worth 14.0, not 15.0"),
        (spoil_bound, "the bound 13.0 lies below the value 14.0"),
        (spoil_gap, "the gap is not 0.1"),
        (spoil_below, "below the minimum are ['c']"),
        (spoil_moved, "what became of the agreed meeting is not said"),
        (spoil_dropped, "what became of the agreed meeting is not said"),
        (spoil_silent_move, "what became of the agreed meeting is not said"),
    ],
)
def test_each_breach_is_named(spoil: Any, said: str) -> None:
    made = deepcopy(good())
    spoil(made)
    assert any(said in breach for breach in verify(made, PROBLEM))


def test_maximum_of_a_person_is_counted() -> None:
    lowered = deepcopy(PROBLEM)
    lowered["left"][1]["max"] = 1
    assert "('left', 'b') has 2 meetings" in verify(good(), lowered)


def test_new_meetings_in_passed_slots_are_named() -> None:
    breaches = verify(good(), {**PROBLEM, "from_slot": 1})
    assert [breach for breach in breaches if "new in slot 0, which has passed" in breach]


def test_one_group_counts_both_ends() -> None:
    problem = {
        "slots": 1,
        "tables": 2,
        "left": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
        "pairs": [{"left": "a", "right": "b", "value": 1}, {"left": "b", "right": "c", "value": 1}],
        "minimum_left": 1,
    }
    meetings = [{**pair, "slot": 0, "table": k} for k, pair in enumerate(problem["pairs"])]
    made = {"meetings": meetings, "value": 2, "bound": 2, "gap": 0, "below_minimum": [], "moved": [], "dropped": []}
    assert verify(made, problem) == ["('b',) sits twice in slot 0"]
