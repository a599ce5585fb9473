"""What must hold for every day: more freedom is never worth less, sides and slots have no names, days go on."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.timetable import Plan, plan, read_problem, verify
from tests.matching.timetable.days import Document, day, group

SEEDS = st.integers(0, 10**6)


def made(document: Document) -> Plan:
    problem = read_problem(document)
    result = plan(problem)
    assert verify(result.document(problem), document) == []
    return result


def freer(document: Document, how: str) -> Document:
    """The same day with one thing that people could do with more of."""
    more = deepcopy(document)
    if how == "table":
        more["tables"] += 1
    elif how == "slot":
        more["slots"] += 1
    elif how == "presence":
        for row in more["left"]:
            row["unavailable"] = row["unavailable"][1:]
    elif how == "maximum":
        for row in more["right"]:
            row["max"] += 1
    elif how == "pair":
        more["pairs"].append({"left": "s0", "right": "new", "value": 0.7})
        more["right"].append({"id": "new", "max": 2})
    return more


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from(["table", "slot", "presence", "maximum", "pair"]), st.sampled_from([0.0, 0.3]))
def test_more_freedom_never_lowers_the_bound(seed: int, how: str, away: float) -> None:
    document = day(8, 5, 4, 3, away=away, seed=seed)
    for row in document["right"]:
        row["max"] = 2

    before, after = made(document), made(freer(document, how))

    assert after.bound >= before.bound - 1e-9
    if away == 0.0 and how != "slot":  # both are exact, so what is reached grows as well
        assert after.value >= before.value - 1e-9


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from([0.0, 0.3]))
def test_sides_have_no_names(seed: int, away: float) -> None:
    document = day(7, 6, 4, 3, away=away, seed=seed)
    mirrored = {
        **document,
        "left": document["right"],
        "right": document["left"],
        "pairs": [{"left": p["right"], "right": p["left"], "value": p["value"]} for p in document["pairs"]],
    }

    one, other = made(document), made(mirrored)

    assert one.bound == pytest.approx(other.bound)
    if away == 0.0:
        assert one.value == pytest.approx(other.value)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_slots_have_no_names(seed: int) -> None:
    document = day(7, 6, 5, 3, away=0.3, seed=seed)
    order = np.random.default_rng(seed).permutation(5).tolist()
    renamed = deepcopy(document)
    for row in [*renamed["left"], *renamed["right"]]:
        row["unavailable"] = [order[slot] for slot in row["unavailable"]]

    one, other = made(document), made(renamed)

    assert one.bound == pytest.approx(other.bound)
    assert min(one.value, other.value) >= 0.9 * max(one.value, other.value)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_people_without_wishes_change_nothing(seed: int) -> None:
    document = day(6, 5, 4, 3, away=0.2, seed=seed)
    joined = deepcopy(document)
    joined["left"].append({"id": "zz alone"})
    joined["right"].append({"id": "zz bystander", "unavailable": [0]})

    one, other = made(document), made(joined)

    assert (one.value, one.bound) == (pytest.approx(other.value), pytest.approx(other.bound))


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(1, 3), st.sampled_from([0.0, 0.25]))
def test_a_minimum_costs_value_and_never_the_bound(seed: int, minimum: int, away: float) -> None:
    document = day(8, 5, 4, 4, away=away, kind="famous", seed=seed)

    free, wanted = made(document), made({**document, "minimum_left": minimum})

    assert wanted.bound == pytest.approx(free.bound)
    assert 0.0 <= wanted.price <= 1.0
    assert wanted.gap >= wanted.price - 1e-9
    if away == 0.0:
        assert wanted.value <= free.value + 1e-9


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 3))
def test_a_minimum_takes_from_those_who_have_most(seed: int, minimum: int) -> None:
    """Fewer people without any meeting, and no more meetings missing in all, than without a minimum."""
    document = day(9, 4, 4, 4, kind="famous", seed=seed)
    problem = read_problem(document)
    counts = []
    for result in (plan(problem), made({**document, "minimum_left": minimum})):
        met = problem.pairs[[pair for pair, *_ in result.meetings], 0]
        counts.append(np.bincount(met, minlength=9))
    without, wanted = counts

    assert (wanted == 0).sum() <= (without == 0).sum()
    assert np.minimum(wanted, minimum).sum() >= np.minimum(without, minimum).sum()


@pytest.mark.parametrize("away", [0.0, 0.2])
def test_a_group_that_is_two_sides_is_planned_as_well(away: float) -> None:
    """Pairs only across: the same problem, told as one group. Its bound knows less of who could fill the tables."""
    document = day(9, 7, 4, 5, away=away, seed=2)
    together = {**document, "left": [*document["left"], *document["right"]]}
    del together["right"]

    apart, one = made(document), made(together)

    assert one.bound >= apart.bound - 1e-9
    assert one.value >= 0.95 * apart.value


@pytest.mark.parametrize("seed", range(4))
def test_a_day_goes_on_while_people_drop_out(seed: int) -> None:
    """Slot by slot: what took place stays, what is agreed stays unless somebody left, and the plan always stands."""
    random = np.random.default_rng(seed)
    document = day(20, 8, 6, 6, away=0.1, kind="taste", seed=seed, minimum_left=1)
    problem = read_problem(document)
    current = plan(problem).document(problem)
    for now in range(1, 6):
        left = document["left"][int(random.integers(20))]
        left["unavailable"] = sorted({*left["unavailable"], *range(now, 6)})
        document |= {"keep": current["meetings"], "from_slot": now}
        problem = read_problem(document)

        following = plan(problem).document(problem)

        assert verify(following, document) == []
        past = [row for row in current["meetings"] if row["slot"] < now]
        assert [row for row in following["meetings"] if row["slot"] < now] == past
        untouched = [row for row in current["meetings"] if row["left"] != left["id"]]
        assert [row for row in untouched if row not in following["meetings"]] == []
        assert following["moved"] == []
        current = following


def test_seats_of_who_left_are_given_to_others() -> None:
    document = day(12, 4, 4, 4, seed=5)
    problem = read_problem(document)
    first = plan(problem).document(problem)
    gone = document["left"][0]["id"]
    document["left"][0]["unavailable"] = [0, 1, 2, 3]

    problem = read_problem({**document, "keep": first["meetings"]})
    again = plan(problem).document(problem)

    assert again["dropped"] == [
        {"left": gone, "right": row["right"]}
        for row in sorted(first["meetings"], key=lambda row: row["right"])
        if row["left"] == gone
    ]
    assert len(again["meetings"]) == len(first["meetings"]) == 16


IDS: list[list[Any]] = [
    [1, 2, 10],
    ["1", "2", "10"],
    ["Nguyễn Thị Ánh", "Trần Đức", "Lê Văn Đạt"],
    ["a" * 500, "b\nc", "🙂"],
    [-5, 0, 10**30],
]


@pytest.mark.parametrize("ids", IDS, ids=["numbers", "digits", "vietnamese", "odd", "large"])
def test_ids_come_back_as_they_were_given(ids: list[Any]) -> None:
    document = {
        "slots": 2,
        "tables": 3,
        "left": [{"id": each} for each in ids],
        "right": [{"id": each} for each in ids],
        "pairs": [{"left": one, "right": other, "value": 1} for one in ids for other in ids],
        "minimum_left": 2,
    }
    problem = read_problem(document)
    written = plan(problem).document(problem)
    assert verify(written, document) == []
    assert {repr(row["left"]) for row in written["meetings"]} == {repr(each) for each in ids}
    assert written["gap"] == 0.0


@pytest.mark.parametrize("build", [lambda: day(25, 10, 6, 7, away=0.2), lambda: group(14, 5, 5, away=0.2)])
def test_values_far_apart_do_not_blind_the_plan(build: Any) -> None:
    """A few meetings worth a million beside many worth one: the large ones take place, the small ones still count."""
    document = build()
    for pair in document["pairs"][::9]:
        pair["value"] *= 1e6
    large = sum(sorted((pair["value"] for pair in document["pairs"]), reverse=True)[:3])

    result = made(document)

    assert result.value >= 0.99 * result.bound
    assert result.value > large / 3
    assert len(result.meetings) > 0.8 * len(made(build()).meetings)
