"""What cannot be at the same time, against the plainest possible count."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from events.agenda.clashes import Slot, clashes

DAY = datetime(2026, 12, 12, 1, tzinfo=UTC)


def room(number: int) -> UUID:
    return UUID(int=1000 + number)


def slot(number: int, start: int, minutes: int = 60, **kw: object) -> Slot:
    starts = DAY + timedelta(minutes=start)
    return Slot(id=UUID(int=number), title=f"Phiên {number}", starts_at=starts,
                ends_at=starts + timedelta(minutes=minutes), **kw)  # type: ignore[arg-type]  # fmt: skip


slots = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 12), st.integers(0, 3), st.sets(st.integers(0, 4), max_size=3)),
    max_size=14,
)


@settings(max_examples=60)
@given(slots)
def test_every_pair_that_overlaps_is_found_once_and_no_other(drawn: list[tuple[int, int, int, set[int]]]) -> None:
    made = [
        slot(number, 5 * start, 5 * steps, zone=room(where) if where else None,
             speakers=tuple((str(one), f"Diễn giả {one}") for one in sorted(people)))
        for number, (start, steps, where, people) in enumerate(drawn, start=1)
    ]  # fmt: skip
    wanted = []
    for one, other in combinations(made, 2):
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at:
            if one.zone is not None and one.zone == other.zone:
                wanted.append(("room", frozenset({one.id, other.id}), ""))
            wanted += [("speaker", frozenset({one.id, other.id}), name)
                       for _key, name in set(one.speakers) & set(other.speakers)]  # fmt: skip
    found = [(clash.kind, clash.sessions, clash.where) for clash in clashes(made)]
    assert sorted(found, key=str) == sorted(wanted, key=str)


def test_sessions_that_follow_each_other_do_not_clash() -> None:
    assert clashes([slot(1, 0, zone=room(1)), slot(2, 60, zone=room(1))]) == []


def test_what_is_said_of_each_clash() -> None:
    speaker = (("a", "Nguyễn Thị Khánh Vân"),)
    found = clashes(
        [
            slot(1, 0, zone=room(1), room="Hội trường A", speakers=speaker),
            slot(2, 30, zone=room(1), room="Hội trường A", speakers=speaker),
            slot(3, 300, zone=room(2), room="Phòng 2", room_cap=10, capacity=20, booked=21, room_closed=True),
            slot(4, 500),
        ],
        DAY,
        DAY + timedelta(minutes=520),
    )
    assert [(clash.kind, clash.hard, clash.text) for clash in found] == [
        ("room", False, "“Phiên 1” và “Phiên 2” trùng giờ tại Hội trường A."),
        ("speaker", False, "Nguyễn Thị Khánh Vân phát biểu ở “Phiên 1” và “Phiên 2” cùng một lúc."),
        ("closed", False, "“Phiên 3” ở một phòng đã đóng: Phòng 2."),
        ("small", False, "“Phiên 3” có nhiều chỗ hơn sức chứa của Phòng 2."),
        ("taken", True, "“Phiên 3” có ít chỗ hơn số đã được đặt."),
        ("outside", False, "“Phiên 4” nằm ngoài thời gian của sự kiện."),
    ]


def test_a_session_without_a_room_clashes_with_nobody() -> None:
    assert clashes([slot(1, 0), slot(2, 0)]) == []
