"""Planning again: what is agreed stays, what has passed is a fact, and moving has its price."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import DataError
from matching.timetable import plan, read_problem, verify
from tests.matching.timetable.days import Document, day, group, shuffled


def planned(document: Document) -> Document:
    problem = read_problem(document)
    made = plan(problem).document(problem)
    assert verify(made, document) == []
    return made


def small(keep: list[dict[str, Any]], **more: Any) -> Document:
    """Two by two over three slots at two tables."""
    worth = {("a", "x"): 5.0, ("a", "y"): 3.0, ("b", "x"): 2.0, ("b", "y"): 4.0}
    return {
        "slots": 3,
        "tables": 2,
        "left": [{"id": "a"}, {"id": "b"}],
        "right": [{"id": "x"}, {"id": "y"}],
        "pairs": [{"left": left, "right": right, "value": value} for (left, right), value in worth.items()],
        "keep": keep,
        **more,
    }


def kept(left: str, right: str, slot: int, **more: int) -> dict[str, Any]:
    return {"left": left, "right": right, "slot": slot, **more}


@pytest.mark.parametrize("away", [0.0, 0.2])
def test_planning_again_with_everything_agreed_changes_nothing(away: float) -> None:
    document = day(40, 20, 8, 15, away=away)
    first = planned(document)

    again = planned({**document, "keep": first["meetings"]})

    assert again["meetings"] == first["meetings"]
    assert (again["moved"], again["dropped"]) == ([], [])


def test_agreed_meeting_keeps_slot_and_table() -> None:
    made = planned(small([kept("b", "x", 2, table=1)]))
    assert kept("b", "x", 2, table=1) in made["meetings"]
    assert made["value"] == made["bound"] == 14.0


def test_table_of_an_agreed_meeting_is_not_given_to_others() -> None:
    made = planned(small([kept("b", "x", 0, table=0), kept("a", "y", 0)]))
    assert {(row["left"], row["table"]) for row in made["meetings"] if row["slot"] == 0} == {("a", 1), ("b", 0)}


def test_two_agreed_at_one_table_sit_at_two() -> None:
    made = planned(small([kept("b", "x", 1, table=1), kept("a", "y", 1, table=1)]))
    assert sorted(row["table"] for row in made["meetings"] if row["slot"] == 1) == [0, 1]


def test_table_that_is_gone_is_replaced() -> None:
    made = planned(small([kept("b", "x", 1, table=9)]))
    assert [row["slot"] for row in made["meetings"] if (row["left"], row["right"]) == ("b", "x")] == [1]


def test_who_cannot_come_any_more_moves_to_the_nearest_slot() -> None:
    document = small([kept("a", "x", 1)])
    document["left"][0]["unavailable"] = [1]

    made = planned(document)

    assert made["moved"] == [{"left": "a", "right": "x"}]
    assert [row["slot"] for row in made["meetings"] if (row["left"], row["right"]) == ("a", "x")] == [0]


def test_who_never_comes_again_is_dropped_by_name() -> None:
    document = small([kept("a", "x", 1)])
    document["left"][0]["unavailable"] = [0, 1, 2]

    made = planned(document)

    assert made["dropped"] == [{"left": "a", "right": "x"}]
    assert {row["left"] for row in made["meetings"]} == {"b"}


def test_two_agreed_meetings_of_one_person_at_once_are_parted() -> None:
    made = planned(small([kept("a", "x", 0), kept("a", "y", 0)]))
    slots = {row["right"]: row["slot"] for row in made["meetings"] if row["left"] == "a"}
    assert slots == {"x": 0, "y": 1}
    assert made["moved"] == [{"left": "a", "right": "y"}]


def test_fewer_tables_move_agreed_meetings_and_say_so() -> None:
    made = planned(small([kept("a", "x", 0), kept("b", "y", 0)], tables=1))
    assert made["moved"] == [{"left": "b", "right": "y"}]


def test_maximum_lowered_below_what_is_agreed_drops_the_later_ones() -> None:
    document = small([kept("a", "x", 0), kept("a", "y", 1)])
    document["left"][0]["max"] = 1
    assert planned(document)["dropped"] == [{"left": "a", "right": "y"}]


@pytest.mark.parametrize("from_slot", [0, 1, 2, 3])
def test_nothing_new_is_planned_in_slots_that_have_passed(from_slot: int) -> None:
    made = planned(small([], from_slot=from_slot))
    assert all(row["slot"] >= from_slot for row in made["meetings"])
    assert len(made["meetings"]) == {0: 4, 1: 4, 2: 2, 3: 0}[from_slot]
    assert made["gap"] == 0.0


def test_what_took_place_stays_whoever_is_away_now() -> None:
    document = small([kept("b", "x", 0)], from_slot=1)
    document["right"][0]["unavailable"] = [0, 1, 2]

    made = planned(document)

    assert [row for row in made["meetings"] if row["right"] == "x"] == [kept("b", "x", 0, table=0)]


def test_meetings_that_took_place_count_towards_the_minimum_and_the_maximum() -> None:
    document = small([kept("a", "y", 0)], from_slot=1, minimum_left=1)
    document["left"][0]["max"] = 1

    made = planned(document)

    assert [row["right"] for row in made["meetings"] if row["left"] == "a"] == ["y"]
    assert made["below_minimum"] == []


@pytest.mark.parametrize(
    ("keep", "tables", "said"),
    [
        ([kept("a", "x", 0), kept("a", "y", 0)], 2, "keep: 'a' sits twice in slot 0, which has passed"),
        ([kept("a", "x", 0), kept("b", "y", 0)], 1, "keep: more meetings in slot 0, which has passed, than tables"),
    ],
)
def test_a_past_that_cannot_have_been_is_refused(keep: list[dict[str, Any]], tables: int, said: str) -> None:
    with pytest.raises(DataError) as caught:
        plan(read_problem(small(keep, tables=tables, from_slot=1)))
    assert str(caught.value) == said


def blocked(move_cost: float | None) -> Document:
    """Agreed b-y at noon keeps a-y (9) from the only slot in which a is there."""
    document = small([kept("b", "y", 1)], slots=3)
    document["left"][0]["unavailable"] = [0, 2]
    document["pairs"][1]["value"] = 9.0
    return {**document, "move_cost": move_cost}


@pytest.mark.parametrize(("cost", "moves"), [(None, 0), (100, 0), (4.5, 0), (3.5, 1), (0, 1)])
def test_agreed_meeting_moves_where_that_gains_more_than_it_costs(cost: float | None, moves: int) -> None:
    """Moving gains a-y (9) and loses a-x (5): four."""
    made = planned(blocked(cost))
    assert len(made["moved"]) == moves
    assert made["value"] == (5.0 + 4.0 + 2.0 if not moves else 9.0 + 4.0 + 2.0)


@pytest.mark.parametrize(("cost", "value"), [(None, 5.0), (10, 5.0), (0.5, 6.0)])
def test_agreed_meetings_that_fill_a_slot_make_way_where_it_pays(cost: float | None, value: float) -> None:
    """Both tables of the first slot are taken; a could meet x and y if one of the two meetings went later."""
    worth = {("a", "x"): 2.0, ("a", "y"): 1.0, ("c", "z"): 1.0, ("d", "w"): 2.0}
    document = {
        "slots": 2,
        "tables": 2,
        "left": [{"id": name} for name in "acd"],
        "right": [{"id": name} for name in "xyzw"],
        "pairs": [{"left": left, "right": right, "value": each} for (left, right), each in worth.items()],
        "keep": [kept("c", "z", 0), kept("d", "w", 0)],
        "move_cost": cost,
    }
    made = planned(document)
    assert made["value"] == value
    assert made["bound"] == (5.0 if cost is None else 6.0)
    assert len(made["moved"]) == (1 if value == 6.0 else 0)


def test_moving_never_touches_what_has_passed() -> None:
    made = planned({**blocked(0), "from_slot": 2})
    assert (made["moved"], [row["slot"] for row in made["meetings"] if row["right"] == "y"]) == ([], [1])


def test_bound_takes_what_is_agreed_for_granted() -> None:
    """One slot, one table: the agreed meeting is worth less than what it keeps out, and no plan may throw it out."""
    made = planned(small([kept("b", "x", 0)], slots=1, tables=1))
    assert (made["value"], made["bound"], made["gap"]) == (2.0, 2.0, 0.0)


def test_agreed_meetings_of_one_group_stay() -> None:
    document = group(9, 4, 3, away=0.1)
    first = planned(document)["meetings"]
    again = planned({**document, "keep": first[:4]})
    assert [row for row in again["meetings"] if row in first[:4]] == first[:4]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 4), st.sampled_from([None, 0, 0.3]))
def test_whatever_is_agreed_the_plan_stands_and_the_order_does_not_matter(
    seed: int, from_slot: int, cost: float | None
) -> None:
    document = day(7, 5, 4, 3, away=0.3, seed=seed, density=0.8)
    first = planned(document)["meetings"]
    changed = day(7, 5, 4, 3, away=0.3, seed=seed, density=0.8, minimum_left=1, keep=first, from_slot=from_slot)
    changed["move_cost"] = cost
    for row in changed["right"][:2]:
        row["unavailable"] = [slot for slot in range(4) if slot not in row["unavailable"]]

    assert planned(changed) == planned(shuffled(changed, seed))
