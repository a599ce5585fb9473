"""A day of sessions as a table: a row for each step of time, a column for each room, a session over several rows.

Sessions at the same time in one room stand side by side in lanes, so that a clash is seen and nothing is hidden.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.core.clock import VIETNAM

STEP = 30
"""Minutes of a row; sessions begin and end on its steps or between them."""
FIRST_HOUR, LAST_HOUR = 8, 18
"""What an empty day shows."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the table: a session over `rows` rows, or a free step. `starts_at` is where a session would land."""

    zone: UUID | None
    starts_at: datetime
    rows: int = 1
    session: dict[str, Any] | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    starts_at: datetime
    cells: list[Cell]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    room: Any
    lanes: int


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    columns: list[Column]
    rows: list[Row]


def days_of(event: Any, moments: Sequence[datetime]) -> list[date]:
    """The days of the event, and every other day on which something takes place."""
    first, last = event.starts_at.astimezone(VIETNAM).date(), event.ends_at.astimezone(VIETNAM).date()
    days = {first + timedelta(days=number) for number in range(min((last - first).days + 1, 60))}
    return sorted(days | {moment.astimezone(VIETNAM).date() for moment in moments})


def on(day: date, sessions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in sessions if one["starts_at"] and one["starts_at"].astimezone(VIETNAM).date() == day]


def grid(day: date, rooms: Sequence[Any], sessions: Sequence[dict[str, Any]]) -> Grid:
    """The table of a day. Sessions are those of that day; rooms those that have a column, also without a session."""
    today = on(day, sessions)
    begins, count = _span(day, today)
    by_room: dict[UUID | None, list[dict[str, Any]]] = {room["id"]: [] for room in rooms}
    for one in today:
        by_room.setdefault(one["zone"] if one["zone"] in by_room else None, []).append(one)
    columns, lanes = [], []
    for zone, group in by_room.items():
        room = next((room for room in rooms if room["id"] == zone), None)
        if room is None and not group:
            continue
        found = _lanes(begins, count, group)
        columns.append(Column(room=room, lanes=len(found)))
        lanes += [(zone, lane) for lane in found]
    rows = []
    for number in range(count):
        moment = begins + timedelta(minutes=STEP * number)
        cells = [cell for zone, lane in lanes if (cell := _cell(zone, lane, number, moment)) is not None]
        rows.append(Row(starts_at=moment, cells=cells))
    return Grid(columns=columns, rows=rows)


def _span(day: date, today: Sequence[dict[str, Any]]) -> tuple[datetime, int]:
    """The first step and how many there are, from the earliest session of the day to the latest."""
    start = datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
    first, last = FIRST_HOUR * 60, LAST_HOUR * 60
    for one in today:
        first = min(first, int((one["starts_at"] - start).total_seconds() // 60))
        last = max(last, int((one["ends_at"] - start).total_seconds() // 60))
    first -= first % STEP
    return start + timedelta(minutes=first), min(-(-(last - first) // STEP), 24 * 60 // STEP)


_Lane = dict[int, tuple[dict[str, Any] | None, int]]


def _lanes(begins: datetime, count: int, group: Sequence[dict[str, Any]]) -> list[_Lane]:
    """Sessions of a room put beside each other where they share a row: for each lane, what begins in which row."""
    lanes: list[_Lane] = [{}]
    ends: list[int] = [0]
    for one in sorted(group, key=lambda session: (session["starts_at"], session["ends_at"], str(session["id"]))):
        row = int((one["starts_at"] - begins).total_seconds() // 60) // STEP
        after = -(-int((one["ends_at"] - begins).total_seconds() // 60) // STEP)
        place = next((number for number, end in enumerate(ends) if end <= row), len(lanes))
        if place == len(lanes):
            lanes.append({})
            ends.append(0)
        rows = max(1, min(after, count) - row)
        lanes[place][row] = (one, rows)
        ends[place] = row + rows
        for covered in range(row + 1, row + rows):
            lanes[place][covered] = (None, 0)
    return lanes


def _cell(zone: UUID | None, lane: _Lane, number: int, moment: datetime) -> Cell | None:
    """What stands in this row of a lane; None where a session from above reaches down."""
    if number not in lane:
        return Cell(zone=zone, starts_at=moment)
    session, rows = lane[number]
    return None if session is None else Cell(zone=zone, starts_at=moment, rows=rows, session=session)
