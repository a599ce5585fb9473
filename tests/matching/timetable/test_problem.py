"""What a problem may say: every wrong word gets one clear line, and the command ends with 2."""

import json
import math
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matching
from matching import DataError
from matching.__main__ import main
from matching.timetable import plan, read_problem, verify

FINE: dict[str, Any] = {
    "slots": 3,
    "tables": 2,
    "left": [{"id": "a"}, {"id": "b", "unavailable": [1], "max": 2}],
    "right": [{"id": "x"}, {"id": 7}],
    "pairs": [
        {"left": "a", "right": "x", "value": 1.5},
        {"left": "b", "right": 7, "value": 2},
        {"left": "b", "right": "x", "value": 0},
    ],
    "minimum_left": 1,
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good problem with one place of it replaced; ``value`` ... takes it away."""
    document = deepcopy(FINE)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = document
    for part in way:
        place = place[part]
    if value is ...:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value
    return document


WRONG = [
    ("slots", ..., "slots: a whole number is needed"),
    ("slots", -1, "slots: -1 is below 0"),
    ("slots", 2.5, "slots: a whole number is needed, not 2.5"),
    ("slots", True, "slots: a whole number is needed, not True"),
    ("slots", "3", "slots: a whole number is needed, not '3'"),
    ("slots", 1_001, "slots: 1001 is more than 1000"),
    ("slots", math.nan, "slots: a whole number is needed, not nan"),
    ("slots", math.inf, "slots: a whole number is needed, not inf"),
    ("tables", -4, "tables: -4 is below 0"),
    ("tables", None, "tables: a whole number is needed"),
    ("minimum_left", -1, "minimum_left: -1 is below 0"),
    ("minimum_left", "two", "minimum_left: a whole number is needed, not 'two'"),
    ("left", ..., "left: a list is needed"),
    ("left", {}, "left: a list is needed"),
    ("left.0", "a", "left[0]: an object is needed, not 'a'"),
    ("left.0.id", ..., "left[0]: an id is a text or a whole number, not None"),
    ("left.0.id", "", "left[0]: an id is a text or a whole number, not ''"),
    ("left.0.id", 1.5, "left[0]: an id is a text or a whole number, not 1.5"),
    ("left.0.id", True, "left[0]: an id is a text or a whole number, not True"),
    ("left.0.id", "b", "left[1]: 'b' stands there twice"),
    ("left.1.unavailable", 1, "left[1].unavailable: a list of slots is needed"),
    ("left.1.unavailable", [-1], "left[1].unavailable: -1 is below 0"),
    ("left.1.unavailable", [3], "left[1].unavailable: slot 3, but the last of 3 is 2"),
    ("left.1.unavailable", ["noon"], "left[1].unavailable: a whole number is needed, not 'noon'"),
    ("left.1.max", -2, "left[1].max: -2 is below 0"),
    ("left.1.max", "x" * 60, f"left[1].max: a whole number is needed, not 'x{'x' * 35}..."),
    ("right", "all", "right: a list is needed"),
    ("right.1.id", "x", "right[1]: 'x' stands there twice"),
    ("pairs", {}, "pairs: a list is needed"),
    ("pairs.1", None, "pairs[1]: an object is needed, not None"),
    ("pairs.0.left", "c", "pairs[0].left: nobody has the id 'c'"),
    ("pairs.0.left", "x", "pairs[0].left: nobody has the id 'x'"),
    ("pairs.0.right", "7", "pairs[0].right: nobody has the id '7'"),
    ("pairs.0.right", ..., "pairs[0].right: nobody has the id None"),
    ("pairs.0.right", ["x"], "pairs[0].right: nobody has the id ['x']"),
    ("pairs.0.right", True, "pairs[0].right: nobody has the id True"),
    ("pairs.0.value", -0.5, "pairs[0].value: -0.5 is below 0"),
    ("pairs.0.value", math.nan, "pairs[0].value: nan is no number to count with"),
    ("pairs.0.value", math.inf, "pairs[0].value: inf is no number to count with"),
    ("pairs.0.value", -math.inf, "pairs[0].value: -inf is below 0"),
    ("pairs.0.value", 1e200, "pairs[0].value: 1e+200 is no number to count with"),
    ("pairs.0.value", 10**400, f"pairs[0].value: {str(10**400)[:37]}... is no number to count with"),
    ("pairs.0.value", None, "pairs[0].value: a number is needed, not None"),
    ("pairs.0.value", "1", "pairs[0].value: a number is needed, not '1'"),
    ("pairs.3", {"left": "a", "right": "x", "value": 9}, "pairs[3]: 'a' and 'x' stand there twice"),
    ("keep", "all", "keep: a list is needed"),
    ("keep", [{"left": "a", "right": "x"}], "keep[0].slot: a whole number is needed"),
    ("keep", [{"left": "a", "right": "x", "slot": 3}], "keep[0].slot: slot 3, but the last of 3 is 2"),
    ("keep", [{"left": "a", "right": 7, "slot": 0}], "keep[0]: 'a' and 7 are not among the pairs"),
    ("keep", [{"left": "q", "right": 7, "slot": 0}], "keep[0].left: nobody has the id 'q'"),
    ("keep", [{"left": "a", "right": "x", "slot": 0}] * 2, "keep[1]: 'a' and 'x' are kept twice"),
    ("keep", [{"left": "a", "right": "x", "slot": 0, "table": -1}], "keep[0].table: -1 is below 0"),
    ("from_slot", -1, "from_slot: -1 is below 0"),
    ("move_cost", math.nan, "move_cost: nan is no number to count with"),
    ("move_cost", -1, "move_cost: -1 is below 0"),
    ("lefts", [], "lefts: there is no such field; is left meant?"),
    ("minimum_right", 2, "minimum_right: there is no such field; is minimum_left meant?"),
]


@pytest.mark.parametrize(
    ("path", "value", "said"), WRONG, ids=[f"{path}={str(value)[:20]}" for path, value, _ in WRONG]
)
def test_what_is_wrong_is_named_in_one_line(path: str, value: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read_problem(changed(path, value))
    assert str(caught.value) == said


@pytest.mark.parametrize("document", [None, [], "meetings", 3])
def test_a_problem_is_an_object(document: object) -> None:
    with pytest.raises(DataError, match="must be an object"):
        read_problem(document)


def test_one_group_needs_two_people_to_meet() -> None:
    document = {"slots": 1, "tables": 1, "left": [{"id": "a"}], "pairs": [{"left": "a", "right": "a", "value": 1}]}
    with pytest.raises(DataError, match=r"pairs\[0\]: 'a' cannot meet alone"):
        read_problem(document)


def test_one_group_has_each_pair_once_whichever_way_round() -> None:
    pairs = [{"left": "a", "right": "b", "value": 1}, {"left": "b", "right": "a", "value": 2}]
    with pytest.raises(DataError, match=r"pairs\[1\]: 'b' and 'a' stand there twice"):
        read_problem({"slots": 1, "tables": 1, "left": [{"id": "a"}, {"id": "b"}], "pairs": pairs})


def test_good_problem_is_read_as_written() -> None:
    problem = read_problem(FINE)

    assert (problem.ids, problem.n_left, problem.one_group) == (("a", "b", 7, "x"), 2, False)
    assert problem.pairs.tolist() == [[0, 3], [1, 2], [1, 3]]
    assert problem.values.tolist() == [1.5, 2.0, 0.0]
    assert problem.free[1].tolist() == [True, False, True]
    assert problem.most.tolist() == [3, 2, 3, 3]
    assert (problem.minimum, problem.slots, problem.tables, problem.kept) == (1, 3, 2, ())


@pytest.mark.parametrize("whole", [3, 3.0])
def test_whole_numbers_may_be_written_with_a_point(whole: float) -> None:
    assert read_problem(changed("slots", whole)).slots == 3


@pytest.mark.parametrize("nothing", [None, []])
def test_absent_and_empty_lists_mean_the_same(nothing: object) -> None:
    document = changed("left.1.unavailable", nothing)
    assert read_problem({**document, "keep": nothing}).free.all()


@pytest.mark.parametrize("name", ["minimum_left", "from_slot", "keep", "move_cost"])
def test_null_means_not_said(name: str) -> None:
    without = {field: value for field, value in FINE.items() if field != name}
    problem, same = read_problem(changed(name, None)), read_problem(without)
    assert plan(problem).document(problem) == plan(same).document(same)


def test_fields_of_others_are_passed_over() -> None:
    problem = read_problem({**FINE, "event": "Ngày hội", "seed": 3})
    assert plan(problem).document(problem)["value"] == 3.5


def test_minimum_beyond_the_day_gives_what_there_is_and_names_everybody() -> None:
    document = {
        "slots": 2,
        "tables": 2,
        "minimum_left": 99,
        "left": [{"id": "a"}, {"id": "b"}],
        "right": [{"id": "x"}, {"id": "y"}],
        "pairs": [{"left": left, "right": right, "value": 1} for left in "ab" for right in "xy"],
    }
    problem = read_problem(document)
    assert len(plan(problem).meetings) == 4
    assert plan(problem).document(problem)["below_minimum"] == ["a", "b"]


def test_ids_of_both_sides_may_be_alike() -> None:
    document = {
        "slots": 1,
        "tables": 2,
        "left": [{"id": 0}, {"id": 1}],
        "right": [{"id": 0}, {"id": 1}],
        "pairs": [{"left": 0, "right": 0, "value": 1}, {"left": 1, "right": 1, "value": 1}],
    }
    problem = read_problem(document)
    made = plan(problem).document(problem)
    assert verify(made, document) == []
    assert made["value"] == 2


def test_numbers_and_texts_are_different_ids() -> None:
    document = {**FINE, "left": [{"id": 7}, {"id": "7"}], "pairs": [{"left": "7", "right": "x", "value": 1}]}
    problem = read_problem(document)
    assert plan(problem).document(problem)["meetings"][0]["left"] == "7"


PLAIN = st.none() | st.booleans() | st.integers(-3, 4) | st.floats() | st.sampled_from(["a", "x", ""])
NESTED = st.lists(PLAIN, max_size=3) | st.dictionaries(st.sampled_from(["id", "left", "slot"]), PLAIN, max_size=3)
JSON = PLAIN | NESTED | st.lists(NESTED, max_size=2)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([path for path, *_ in WRONG if path != "pairs.3"]), JSON)
def test_whatever_stands_there_it_is_read_or_refused(path: str, value: object) -> None:
    document = changed(path, value)
    refused, problem = None, None
    try:
        problem = read_problem(document)
    except DataError as error:
        refused = str(error)
    if problem is None:
        assert refused
        assert "\n" not in refused
    else:
        assert verify(plan(problem).document(problem), document) == []


def test_command_writes_the_plan_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "gặp gỡ.json", tmp_path / "kế hoạch.json"
    source.write_text(json.dumps(FINE), encoding="utf-8")

    code = main(["schedule", "--in", str(source), "--out", str(target)])

    written = json.loads(target.read_text(encoding="utf-8"))
    assert code == 0
    assert verify(written, FINE) == []
    assert (written["value"], written["bound"], written["gap"], written["below_minimum"]) == (3.5, 3.5, 0.0, [])
    assert json.loads(capsys.readouterr().out) == {
        "value": 3.5,
        "bound": 3.5,
        "gap": 0.0,
        "price_of_minimum": 0.0,
        "meetings": 2,
        "below_minimum": 0,
        "moved": 0,
        "dropped": 0,
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no JSON (line 1, column 1: Expecting value)"),
        (b'{"slots": 3,', "is no JSON (line 1, column 13: Expecting property name enclosed in double quotes)"),
        (b'{"slots": "\xff"}', "is not UTF-8 text"),
        (b"[" * 100_000, "is JSON that cannot be read (nested too deeply, or a number too long)"),
        (b'{"slots": ' + b"9" * 5000 + b"}", "is JSON that cannot be read (nested too deeply, or a number too long)"),
        (b'\xef\xbb\xbf{"slots": -3}', None),
        (None, "cannot be read (No such file or directory)"),
    ],
)
def test_unreadable_files_end_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, said: str | None
) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    if content is not None:
        source.write_bytes(content)

    code = main(["schedule", "--in", str(source), "--out", str(target)])

    expected = f"matching: {source}: {said}\n" if said else "matching: tables: a whole number is needed\n"
    assert (code, target.exists()) == (2, False)
    assert capsys.readouterr().err == expected.replace("tables: a whole number is needed", "slots: -3 is below 0")


def test_target_that_cannot_be_written_ends_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.json"
    source.write_text(json.dumps(FINE))
    assert main(["schedule", "--in", str(source), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"matching: {tmp_path}: cannot be written (Is a directory)\n"


def test_timetables_start_without_the_learner() -> None:
    """What takes longest to load is not loaded for a command that does not learn; it comes when it is asked for."""
    script = (
        "import sys, matching, matching.timetable.command; early = 'sklearn' in sys.modules; matching.fit; "
        "print(early, 'sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'predict'"):
        _ = matching.predict
