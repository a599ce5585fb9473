"""How the tests are shared out: what must stay together does, and some tests alone need no second process."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests import sharing


def asked(keyword: str = "", *args: str) -> Any:
    """What pytest was called with."""
    return SimpleNamespace(option=SimpleNamespace(keyword=keyword), args=list(args))


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/people/test_codes.py::test_a[x::y/z.py]", "tests/people/test_codes.py"),
        ("tests/e2e/test_journeys.py::test_a", "tests/e2e"),
        ("tests/e2e/test_every_page.py::test_b[1]", "tests/e2e"),
    ],
)
def test_a_file_stays_whole_and_all_that_looks_at_the_demo_together(nodeid: str, group: str) -> None:
    assert sharing.group(nodeid) == group


@pytest.mark.parametrize(
    ("cores", "arguments", "processes"),
    [
        (1, ("", "tests"), 2),
        (2, ("", "tests"), 3),
        (2, ("", "tests/people", "tests/core"), 3),
        (64, ("", "tests"), sharing.AT_MOST),
        (8, ("codes", "tests"), 0),
        (8, ("", "tests/people/test_codes.py"), 0),
        (8, ("", "tests/people/test_codes.py::test_a"), 0),
    ],
)
def test_one_process_more_than_cores_where_many_tests_run(
    monkeypatch: pytest.MonkeyPatch, cores: int, arguments: tuple[str, ...], processes: int
) -> None:
    monkeypatch.setattr(sharing, "cores", lambda: cores)
    assert sharing.pytest_xdist_auto_num_workers(asked(*arguments)) == processes


def test_what_takes_long_begins_first_and_a_subject_keeps_its_order() -> None:
    names = [
        "tests/core/b.py::x",
        "tests/launch/a.py::y",
        "tests/core/a.py::z",
        "tests/e2e/a.py::w",
        "tests/core/b.py::a",
    ]
    items: Any = [SimpleNamespace(nodeid=name) for name in names]
    sharing.pytest_collection_modifyitems(items)
    assert [item.nodeid for item in items] == [names[k] for k in (3, 1, 0, 2, 4)]
