"""A day as a table: every session stands in it once, whole, and lanes keep clashes beside each other."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.clock import VIETNAM
from events.agenda.grid import STEP, days_of, grid

DAY = date(2026, 12, 12)
MIDNIGHT = datetime(2026, 12, 12, tzinfo=VIETNAM)
ROOMS = [{"id": UUID(int=number)} for number in (1, 2)]


def session(number: int, start: int, minutes: int, room: int) -> dict[str, Any]:
    starts = (MIDNIGHT + timedelta(minutes=start)).astimezone(UTC)
    return {"id": UUID(int=number), "starts_at": starts, "ends_at": starts + timedelta(minutes=minutes),
            "zone": UUID(int=room) if room else None}  # fmt: skip


drawn = st.lists(st.tuples(st.integers(0, 280), st.integers(1, 60), st.integers(0, 3)), max_size=10)


@settings(max_examples=60)
@given(drawn)
def test_every_session_stands_in_the_table_once_and_every_row_is_full(made: list[tuple[int, int, int]]) -> None:
    sessions = [session(100 + n, 5 * a, 5 * b, room) for n, (a, b, room) in enumerate(made)]
    found = grid(DAY, ROOMS, sessions)
    shown = [cell.session["id"] for row in found.rows for cell in row.cells if cell.session]
    assert sorted(shown, key=str) == sorted((one["id"] for one in sessions), key=str)
    width = sum(column.lanes for column in found.columns)
    covered = [0] * (len(found.rows) + 50)
    for number, row in enumerate(found.rows):
        for cell in row.cells:
            for down in range(cell.rows):
                covered[number + down] += 1
    assert covered[: len(found.rows)] == [width] * len(found.rows)
    assert sum(covered[len(found.rows) :]) == 0


def test_a_session_begins_in_its_row_and_reaches_over_its_time() -> None:
    found = grid(DAY, ROOMS, [session(9, 9 * 60, 90, 1)])
    row = next(row for row in found.rows if any(cell.session for cell in row.cells))
    assert row.starts_at.astimezone(VIETNAM).hour == 9
    assert [cell.rows for cell in row.cells if cell.session] == [90 // STEP]


def test_an_empty_day_has_a_row_for_each_step_and_a_column_for_each_room() -> None:
    found = grid(DAY, ROOMS, [])
    assert (len(found.rows), [column.lanes for column in found.columns]) == (20, [1, 1])


class Times(msgspec.Struct):
    starts_at: datetime
    ends_at: datetime


def test_days_are_those_of_the_event_and_those_with_sessions() -> None:
    event = Times(MIDNIGHT, MIDNIGHT + timedelta(hours=30))
    assert days_of(event, [MIDNIGHT + timedelta(days=4)]) == [DAY + timedelta(days=n) for n in (0, 1, 4)]
