"""Days on which people have times when they cannot: near the bound, never beyond it, never against the facts."""

import numpy as np
import pytest
from hypothesis import given, settings

from matching.timetable import plan, read_problem, verify
from matching.timetable.choice import Demand, choose
from matching.timetable.improvement import Draft, assign_slot, improve
from tests.matching.timetable.days import Document, best_by_trying, day, group, shuffled, tiny


@pytest.mark.parametrize("kind", ["plain", "taste", "famous", "ties"])
@pytest.mark.parametrize("density", [1.0, 0.08])
def test_three_tenths_away_still_within_two_thousandths_of_the_bound(kind: str, density: float) -> None:
    document = day(200, 50, 16, 40, away=0.3, kind=kind, density=density)
    problem = read_problem(document)

    made = plan(problem)

    assert verify(made.document(problem), document) == []
    assert made.value >= 0.998 * made.bound


@pytest.mark.parametrize("shape", [(60, 60, 16, 30), (30, 80, 12, 20), (1000, 200, 24, 150)])
def test_other_shapes_come_as_near(shape: tuple[int, int, int, int]) -> None:
    document = day(*shape, away=0.3)
    problem = read_problem(document)

    made = plan(problem)

    assert verify(made.document(problem), document) == []
    assert made.value >= 0.998 * made.bound


@settings(max_examples=25, deadline=None)
@given(tiny(absences=True))
def test_no_plan_of_a_tiny_day_beats_the_bound(document: Document) -> None:
    problem = read_problem(document)

    made = plan(problem)

    best = best_by_trying(document)
    assert verify(made.document(problem), document) == []
    assert made.value <= best + 1e-9
    assert best <= made.bound + 1e-9


def test_first_come_first_served_is_clearly_worse() -> None:
    """The negative control: pairs by value, each into its first common slot, leaves more on the table."""
    document = day(200, 50, 16, 40, away=0.3, kind="taste", density=0.08)
    problem = read_problem(document)
    free, load, greedy = problem.free.copy(), np.zeros(16, dtype=int), 0.0
    for pair in np.argsort(-problem.values):
        one, other = problem.pairs[pair]
        shared = np.flatnonzero(free[one] & free[other] & (load < 40))
        if len(shared):
            free[[one, other], shared[0]] = False
            load[shared[0]] += 1
            greedy += problem.values[pair]

    made = plan(problem)

    assert made.bound - greedy > 5 * (made.bound - made.value)


def test_minimum_around_absences_leaves_nobody_below() -> None:
    document = day(120, 40, 16, 30, away=0.3, kind="taste", minimum_left=2)
    problem = read_problem(document)

    made = plan(problem)

    assert verify(made.document(problem), document) == []
    assert made.below_minimum == ()
    assert made.gap <= made.price + 0.005


def test_who_is_never_there_is_below_the_minimum_and_nobody_else() -> None:
    document = day(20, 10, 6, 8, away=0.1, minimum_left=1)
    document["left"][4]["unavailable"] = list(range(6))
    problem = read_problem(document)

    assert plan(problem).document(problem)["below_minimum"] == ["s4"]


def test_two_who_are_never_there_together_do_not_meet() -> None:
    document = {
        "slots": 2,
        "tables": 1,
        "left": [{"id": "a", "unavailable": [0]}],
        "right": [{"id": "x", "unavailable": [1]}],
        "pairs": [{"left": "a", "right": "x", "value": 1.0}],
    }
    made = plan(read_problem(document))
    assert (made.meetings, made.bound, made.gap) == ((), 0.0, 0.0)


def _draft(document: Document) -> tuple[Draft, Demand]:
    problem = read_problem(document)
    demand = Demand(
        problem.pairs,
        problem.values,
        problem.most,
        np.minimum(np.where(np.arange(len(problem.ids)) < problem.n_left, problem.minimum, 0), problem.most),
        problem.slots * problem.tables,
        True,
    )
    room = np.full(problem.slots, problem.tables)
    return Draft(demand, problem.free, room, np.full(len(problem.values), -1), problem.n_left), demand


@pytest.mark.parametrize("tables", [1, 3, 5, 20])
@pytest.mark.parametrize(("left", "right"), [(12, 5), (5, 12), (8, 8)])
def test_a_slot_takes_the_best_that_its_tables_hold(left: int, right: int, tables: int) -> None:
    draft, demand = _draft(day(left, right, 1, tables))

    assign_slot(draft, 0)

    met = np.flatnonzero(draft.slot_of == 0)
    best = choose(Demand(demand.ends, demand.values, np.ones(left + right, dtype=int), demand.least, tables, True))
    assert len(met) == min(left, right, tables)
    assert demand.values[met].sum() == pytest.approx(best.bound)


def test_planning_a_slot_again_keeps_the_others_and_never_loses() -> None:
    draft, _demand = _draft(day(30, 20, 5, 9, away=0.2, minimum_left=2))
    for slot in range(5):
        assign_slot(draft, slot)
    for slot in (3, 0, 4):
        before, others = draft.worth(), draft.slot_of[draft.slot_of != slot].copy()
        assign_slot(draft, slot)
        assert draft.worth() >= before - 1e-9
        assert np.isin(others[others >= 0], draft.slot_of).all()


def test_improving_never_loses_and_helps_a_poor_start() -> None:
    document = day(40, 40, 6, 12, away=0.3, kind="taste")
    draft, demand = _draft(document)
    choice = choose(demand)
    start = draft.worth()

    improve(draft, choice, choice.bound)

    assert start == 0.0
    assert draft.worth() > 0.9 * choice.bound
    again = draft.slot_of.copy()
    improve(draft, choice, draft.worth())  # nothing can be gained: nothing changes
    assert (draft.slot_of == again).all()


@pytest.mark.parametrize("away", [0.0, 0.25])
@pytest.mark.parametrize("people", [2, 3, 9, 40])
def test_one_group_meets_within_itself(people: int, away: float) -> None:
    document = group(people, 6, max(1, people // 3), away=away, minimum_left=1)
    problem = read_problem(document)

    made = plan(problem)

    assert verify(made.document(problem), document) == []
    assert made.gap <= made.price + (0.0 if away == 0.0 and people > 9 else 0.1)


@settings(max_examples=25, deadline=None)
@given(tiny(absences=True, one_group=True))
def test_no_plan_of_a_tiny_group_beats_the_bound(document: Document) -> None:
    problem = read_problem(document)

    made = plan(problem)

    best = best_by_trying(document)
    assert verify(made.document(problem), document) == []
    assert made.value <= best + 1e-9
    assert best <= made.bound + 1e-9


def test_odd_circles_are_bounded_by_whole_meetings() -> None:
    """Two circles of three, one slot: one and a half meetings in each for a linear program, one in truth."""
    document = group(6, 1, 3)
    circles = [{"p0", "p1", "p2"}, {"p3", "p4", "p5"}]
    document["pairs"] = [
        {**pair, "value": 1.0} for pair in document["pairs"] if any({pair["left"], pair["right"]} <= c for c in circles)
    ]
    made = plan(read_problem(document))
    assert (made.value, made.bound, made.gap) == (2.0, 2.0, 0.0)


def test_group_in_any_order_gives_the_same_plan() -> None:
    document = group(15, 5, 5, away=0.3)
    problem, again = read_problem(document), read_problem(shuffled(document))
    assert plan(problem).document(problem) == plan(again).document(again)


def test_who_stands_on_both_sides_is_one_person_where_the_group_is_one() -> None:
    document = {
        "slots": 2,
        "tables": 2,
        "same_group": True,
        "left": [{"id": "a", "unavailable": [0]}, {"id": "b"}],
        "right": [{"id": "a", "max": 1}, {"id": "c"}],
        "pairs": [{"left": "a", "right": "c", "value": 1}, {"left": "b", "right": "a", "value": 2}],
    }
    problem = read_problem(document)

    made = plan(problem)

    assert verify(made.document(problem), document) == []
    assert made.document(problem)["meetings"] == [{"left": "b", "right": "a", "slot": 1, "table": 0}]
    apart = plan(read_problem({**document, "same_group": False}))
    assert apart.value == 3.0  # two people who share an id
