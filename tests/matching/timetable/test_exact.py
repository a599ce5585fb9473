"""Two sides without absences: the plan is the optimum, and says so."""

import numpy as np
import pytest
from hypothesis import given, settings

from matching.timetable import plan, read_problem, verify
from matching.timetable.choice import Demand, choose
from tests.matching.timetable.days import Document, best_by_trying, day, shuffled, tiny

SHAPES = [
    (200, 50, 16, 40),
    (60, 60, 10, 25),
    (5, 40, 8, 6),
    (30, 30, 30, 30),
    (40, 3, 12, 2),
    (1, 9, 4, 4),
]


@pytest.mark.parametrize("kind", ["plain", "taste", "famous", "ties"])
@pytest.mark.parametrize("shape", SHAPES)
def test_gap_is_exactly_zero_without_absences(shape: tuple[int, int, int, int], kind: str) -> None:
    document = day(*shape, kind=kind)
    problem = read_problem(document)

    made = plan(problem)

    assert verify(made.document(problem), document) == []
    assert made.gap == 0.0
    assert made.value == made.bound


def test_thousand_people_meet_at_the_optimum() -> None:
    document = day(1000, 200, 24, 150)
    problem = read_problem(document)

    made = plan(problem)

    assert verify(made.document(problem), document) == []
    assert (len(made.meetings), made.gap) == (3600, 0.0)


@settings(max_examples=25, deadline=None)
@given(tiny(absences=False))
def test_tiny_days_reach_the_best_of_all_plans(document: Document) -> None:
    problem = read_problem(document)

    made = plan(problem)

    assert verify(made.document(problem), document) == []
    assert made.value == pytest.approx(best_by_trying(document))
    assert made.gap == 0.0


def test_taking_the_best_pair_first_is_worse_than_the_plan() -> None:
    """The negative control: the optimum is not what anybody would get by going down the list."""
    pairs = [("a", "x", 10.0), ("a", "y", 9.0), ("b", "x", 9.0), ("b", "y", 1.0)]
    document = {
        "slots": 1,
        "tables": 2,
        "left": [{"id": "a"}, {"id": "b"}],
        "right": [{"id": "x"}, {"id": "y"}],
        "pairs": [{"left": left, "right": right, "value": value} for left, right, value in pairs],
    }

    assert plan(read_problem(document)).value == 18.0  # the list from its top: 10 + 1


@pytest.mark.parametrize("away", [0.0, 0.3])
def test_order_of_the_input_changes_nothing(away: float) -> None:
    document = day(40, 15, 8, 10, away=away, kind="ties", minimum_left=1)
    problem = read_problem(document)
    again = read_problem(shuffled(document))

    assert plan(problem).document(problem) == plan(again).document(again)


@pytest.mark.parametrize("factor", [1e-9, 1e-3, 1e9])
def test_unit_of_the_values_changes_no_meeting(factor: float) -> None:
    document = day(30, 12, 6, 8, away=0.2)
    scaled = {**document, "pairs": [{**pair, "value": pair["value"] * factor} for pair in document["pairs"]]}
    made, other = plan(read_problem(document)), plan(read_problem(scaled))

    assert made.meetings == other.meetings
    assert other.value == pytest.approx(made.value * factor)
    assert other.gap == pytest.approx(made.gap, abs=1e-9)


def test_maximum_of_a_person_holds_and_the_plan_stays_optimal() -> None:
    document = day(30, 10, 12, 10, kind="famous")
    for row in document["right"][:3]:
        row["max"] = 2
    document["left"][0]["max"] = 0
    problem = read_problem(document)

    made = plan(problem)

    counts = np.bincount(problem.pairs[[pair for pair, _slot, _table in made.meetings]].ravel(), minlength=40)
    assert verify(made.document(problem), document) == []
    assert [int(counts[problem.ids.index(who)]) for who in ("i0", "i1", "i2", "s0")] == [2, 2, 2, 0]
    assert made.gap == 0.0


def test_every_slot_has_as_many_meetings_as_tables_when_there_is_demand() -> None:
    made = plan(read_problem(day(80, 40, 10, 12)))

    loads = np.bincount([slot for _pair, slot, _table in made.meetings], minlength=10)

    assert loads.tolist() == [12] * 10


@pytest.mark.parametrize("slots", [0, 1])
@pytest.mark.parametrize("tables", [0, 1])
def test_days_without_slots_or_tables_are_empty_plans(slots: int, tables: int) -> None:
    document = day(3, 2, slots, tables, minimum_left=1)
    problem = read_problem(document)

    made = plan(problem)

    assert verify(made.document(problem), document) == []
    assert len(made.meetings) == slots * tables
    assert len(made.below_minimum) == 3 - slots * tables


@pytest.mark.parametrize(
    "document",
    [
        {"slots": 3, "tables": 2, "left": [], "right": [], "pairs": []},
        {"slots": 3, "tables": 2, "left": [{"id": "a"}], "right": [], "pairs": []},
        {"slots": 3, "tables": 2, "left": [{"id": "a"}], "pairs": []},
        {"slots": 3, "tables": 2, "left": [{"id": "a"}], "right": [{"id": "x"}]},
        {"slots": 0, "tables": 0, "left": [], "right": [], "pairs": []},
    ],
)
def test_nobody_one_person_and_no_pairs_are_empty_plans(document: Document) -> None:
    problem = read_problem(document)

    made = plan(problem).document(problem)

    assert (made["meetings"], made["value"], made["bound"], made["gap"]) == ([], 0, 0, 0.0)


def test_worthless_pairs_meet_only_where_the_minimum_asks_for_it() -> None:
    document = day(2, 2, 2, 2)
    for pair in document["pairs"]:
        pair["value"] = 0.0

    assert plan(read_problem(document)).meetings == ()
    wanted = plan(read_problem({**document, "minimum_left": 1}))
    assert (len(wanted.meetings) >= 2, wanted.below_minimum, wanted.value, wanted.gap) == (True, (), 0.0, 0.0)


@pytest.mark.parametrize("minimum", [1, 2, 3])
def test_minimum_is_met_exactly_and_its_price_told(minimum: int) -> None:
    document = day(60, 20, 12, 16, kind="famous", minimum_left=minimum)
    problem = read_problem(document)

    made = plan(problem)

    assert verify(made.document(problem), document) == []
    assert made.below_minimum == ()
    assert made.gap == pytest.approx(made.price, abs=1e-9)
    free = plan(read_problem({**document, "minimum_left": 0}))
    assert free.value == pytest.approx(made.bound)
    assert free.below_minimum == ()  # without a minimum nobody is below it
    assert len(set(problem.pairs[[pair for pair, *_ in free.meetings], 0].tolist())) < 60  # some met nobody


def test_two_meetings_for_four_hundred_cost_little() -> None:
    problem = read_problem(day(400, 100, 20, 100, kind="taste", minimum_left=2))

    made = plan(problem)

    assert made.below_minimum == ()
    assert 0.0 < made.price <= 0.03
    assert made.gap == pytest.approx(made.price, abs=1e-9)


def test_price_grows_with_the_minimum() -> None:
    prices = [
        plan(read_problem(day(60, 20, 12, 16, kind="famous", minimum_left=minimum))).price for minimum in range(4)
    ]
    assert prices == sorted(prices)
    assert prices[0] == 0.0 < prices[1]


def test_impossible_minimum_brings_everybody_to_one_first() -> None:
    """Six seats for four people who should have two: nobody has two while somebody has none."""
    document = day(4, 3, 2, 3, kind="famous", minimum_left=2)
    problem = read_problem(document)

    made = plan(problem)

    counts = np.bincount(problem.pairs[[pair for pair, *_ in made.meetings], 0], minlength=4)
    assert sorted(counts.tolist()) == [1, 1, 2, 2]
    assert len(made.below_minimum) == 2


def test_who_has_no_pairs_is_listed_below_the_minimum() -> None:
    document = day(5, 4, 4, 4, minimum_left=1)
    document["pairs"] = [pair for pair in document["pairs"] if pair["left"] != "s3"]
    problem = read_problem(document)

    assert plan(problem).document(problem)["below_minimum"] == ["s3"]


def test_prices_prove_the_choice() -> None:
    """Weak duality by hand: limits at their prices and what pairs are worth beyond them add up to the bound."""
    random = np.random.default_rng(3)
    ends = np.argwhere(np.ones((12, 7), dtype=bool)) + np.array([0, 12])
    demand = Demand(ends, random.random(84), np.full(19, 3), np.zeros(19, dtype=np.int64), 17, True)

    choice = choose(demand)

    assert len(choice.pairs) == 17
    assert (choice.prices >= 0).all()
    beyond = np.maximum(demand.values - choice.prices[ends].sum(axis=1) - choice.prices[-1], 0).sum()
    assert choice.prices[:-1].sum() * 3 + choice.prices[-1] * 17 + beyond == pytest.approx(choice.bound)
    assert demand.values[choice.pairs].sum() == pytest.approx(choice.bound)


@pytest.mark.parametrize("limit", [1, 4, 40])
def test_pairs_brought_in_by_prices_give_the_same_optimum_as_all_at_once(limit: int) -> None:
    """Everybody's favourites are the same few, so the first guess is as bad as it can be."""
    random = np.random.default_rng(5)
    worth = np.linspace(1, 0.2, 30)[None] * np.ones((50, 1)) + 0.01 * random.random((50, 30))
    ends = np.argwhere(np.ones((50, 30), dtype=bool)) + np.array([0, 50])
    most = np.concatenate([np.full(50, 2), np.full(30, limit)])

    choice = choose(Demand(ends, worth.ravel(), most, np.zeros(80, dtype=np.int64), 10_000, True))

    counts = np.bincount(ends[choice.pairs].ravel(), minlength=80)
    assert (counts <= most).all()
    assert worth.ravel()[choice.pairs].sum() == pytest.approx(choice.bound)
    assert counts.sum() == 2 * min(100, 30 * limit)
