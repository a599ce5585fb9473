"""When somebody is free, as a function of plain values: clocks that change, changed days, what is taken, limits."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as of
from hypothesis import strategies as st

from app.mentoring import slots
from app.mentoring.slots import Changed, Taken, Terms, Week

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
MONDAY = Week(0, 9 * 60, 12 * 60)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def at(text: str, zone: str = "Asia/Ho_Chi_Minh") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def said(found: list[datetime], zone: str = "Asia/Ho_Chi_Minh", most: int = 6) -> list[str]:
    return [f"{one.astimezone(ZoneInfo(zone)):%m-%d %H:%M}" for one in found[:most]]


def test_a_week_is_cut_into_sessions_with_a_pause_between_them() -> None:
    found = slots.free(Terms(), [MONDAY], [], [], NOW)
    assert said(found, most=3) == ["11-23 09:00", "11-23 10:00", "11-23 11:00"]
    assert len(found) == 4 * 3
    assert said(slots.free(Terms(pause=0), [MONDAY], [], [], NOW), most=4)[3] == "11-23 11:15"


def test_nothing_sooner_than_the_notice_nor_later_than_four_weeks() -> None:
    found = slots.free(Terms(notice_hours=24 * 7 + 19), [MONDAY], [], [], NOW)
    assert said(found, most=1) == ["11-30 10:00"]
    assert found[-1] <= NOW + timedelta(days=28)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (Changed(date(2026, 11, 23), False), ["11-30 09:00"]),
        (Changed(date(2026, 11, 23), False, 9 * 60, 10 * 60), ["11-23 10:00", "11-23 11:00"]),
        (Changed(date(2026, 11, 23), False, 10 * 60, 11 * 60), ["11-23 09:00", "11-23 11:00"]),
        (
            Changed(date(2026, 11, 24), True, 20 * 60, 21 * 60),
            ["11-23 09:00", "11-23 10:00", "11-23 11:00", "11-24 20:00"],
        ),
        (
            Changed(date(2026, 11, 23), True, 11 * 60 + 30, 13 * 60),
            ["11-23 09:00", "11-23 10:00", "11-23 11:00", "11-23 12:00"],
        ),
    ],
)
def test_a_changed_day_is_closed_or_open_besides(changed: Changed, expected: list[str]) -> None:
    found = said(slots.free(Terms(), [MONDAY], [changed], [], NOW), most=20)
    assert found[: len(expected)] == expected


def test_a_day_that_is_closed_may_still_have_hours_besides() -> None:
    day = date(2026, 11, 23)
    changed = [Changed(day, False), Changed(day, True, 14 * 60, 15 * 60)]
    assert said(slots.free(Terms(), [MONDAY], changed, [], NOW), most=2) == ["11-23 14:00", "11-30 09:00"]


def test_what_is_taken_keeps_the_pause_on_both_sides() -> None:
    taken = [Taken(at("2026-11-23T10:00"), at("2026-11-23T11:00"), 45)]
    assert said(slots.free(Terms(), [MONDAY], [], taken, NOW), most=2) == ["11-23 09:00", "11-23 11:00"]
    odd = [Taken(at("2026-11-23T09:50"), at("2026-11-23T10:50"), 45)]
    assert said(slots.free(Terms(), [MONDAY], [], odd, NOW), most=2) == ["11-23 10:50", "11-30 09:00"]


def test_hours_over_midnight_are_one_stretch() -> None:
    week = [Week(0, 23 * 60, 1440), Week(1, 0, 60)]
    assert said(slots.free(Terms(minutes=60, pause=0), week, [], [], NOW), most=2) == ["11-23 23:00", "11-24 00:00"]
    assert said(slots.free(Terms(minutes=90, pause=0), week, [], [], NOW), most=1) == ["11-23 23:00"]


# --- clocks that change -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "minute", "utc"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 120, "2026-03-29T01:00"),  # does not exist: the moment of the change
        ("Europe/Berlin", date(2026, 3, 29), 150, "2026-03-29T01:00"),
        ("Europe/Berlin", date(2026, 3, 29), 180, "2026-03-29T01:00"),
        ("Europe/Berlin", date(2026, 3, 29), 119, "2026-03-29T00:59"),
        ("Europe/Berlin", date(2026, 10, 25), 150, "2026-10-25T00:30"),  # twice: the first of the two
        ("Europe/Berlin", date(2026, 10, 25), 180, "2026-10-25T02:00"),
        ("America/New_York", date(2026, 3, 8), 150, "2026-03-08T07:00"),
        ("America/New_York", date(2026, 11, 1), 90, "2026-11-01T05:30"),
        ("Australia/Lord_Howe", date(2026, 10, 4), 135, "2026-10-03T15:30"),  # half an hour only
        ("Asia/Ho_Chi_Minh", date(2026, 3, 29), 150, "2026-03-28T19:30"),
        ("Europe/Berlin", date(2026, 3, 28), 1440, "2026-03-28T23:00"),
    ],
)
def test_a_local_time_is_one_moment_also_where_the_clock_leaves_it_out(
    zone: str, day: date, minute: int, utc: str
) -> None:
    assert slots.moment(day, minute, ZoneInfo(zone)) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_the_same_local_hours_before_and_after_the_clocks_change() -> None:
    sunday = [Week(6, 9 * 60, 10 * 60)]
    now = datetime(2026, 10, 16, tzinfo=UTC)
    found = slots.free(Terms(zone="Europe/Berlin"), sunday, [], [], now)
    assert [f"{one:%m-%d %H:%M}" for one in found] == ["10-18 07:00", "10-25 08:00", "11-01 08:00", "11-08 08:00"]
    assert said(found, "Europe/Berlin") == ["10-18 09:00", "10-25 09:00", "11-01 09:00", "11-08 09:00"]


def test_a_night_with_an_hour_less_has_a_session_less_and_one_with_an_hour_more_has_more() -> None:
    night = [Week(6, 60, 4 * 60)]
    terms = Terms(zone="America/New_York", minutes=60, pause=0)
    spring = slots.free(terms, night, [], [], datetime(2026, 3, 7, tzinfo=UTC))
    autumn = slots.free(terms, night, [], [], datetime(2026, 10, 31, tzinfo=UTC))
    assert said(spring, "America/New_York", 3) == ["03-08 01:00", "03-08 03:00", "03-15 01:00"]
    assert [one.date() for one in autumn[:4]] == [date(2026, 11, 1)] * 4
    assert all(later - earlier == timedelta(hours=1) for earlier, later in pairwise(autumn[:4]))


def test_names_of_zones_are_places_and_an_unknown_one_is_vietnams() -> None:
    assert {"Asia/Ho_Chi_Minh", "Europe/Berlin"} <= slots.zone_names()
    assert not {"Etc/GMT+7", "EST", "UTC"} & slots.zone_names()
    assert slots.zone_of("Nowhere/At_All") == HANOI


# --- limits -------------------------------------------------------------------------------------------------------


def test_a_full_week_and_a_full_month_by_the_mentors_calendar() -> None:
    daily = [Week(day, 540, 1020) for day in range(7)]
    in_week = [
        Taken(at("2026-11-24T20:00"), at("2026-11-24T21:00"), 45),
        Taken(at("2026-11-26T20:00"), at("2026-11-26T21:00"), 45),
    ]
    now = at("2026-11-23T06:00")
    found = slots.free(Terms(sessions_per_week=2), daily, [], in_week, now)
    assert said(found, most=1) == ["11-30 09:00"]
    assert said(slots.free(Terms(hours_per_month=2), daily, [], in_week, now), most=1) == ["12-01 09:00"]
    mentee = [Taken(one.starts_at, one.ends_at, 0) for one in in_week]  # as somebody else's mentee it costs no hours
    assert said(slots.free(Terms(sessions_per_week=2), daily, [], mentee, now), most=1) == ["11-23 09:00"]


weeks = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 600)).map(
        lambda part: Week(part[0], part[1], min(part[1] + part[2], 1440))
    ),
    max_size=6,
)
changes = st.lists(
    st.builds(
        lambda ahead, extra, starts, long: Changed(
            date(2026, 3, 1) + timedelta(days=ahead), extra, starts, min(starts + long, 1440)
        ),
        st.integers(0, 30), st.booleans(), st.integers(0, 1439), st.integers(1, 1440),
    ),
    max_size=5,
)  # fmt: skip
spans = st.lists(
    st.builds(
        lambda minutes, long: Taken(
            datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes),
            datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes + long),
            long,
        ),
        st.integers(0, 40_000), st.integers(15, 240),
    ),
    max_size=8,
)  # fmt: skip


@of(max_examples=60)
@given(
    weeks, changes, spans,
    st.sampled_from(["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.integers(15, 120), st.integers(0, 60), st.integers(0, 72),
)  # fmt: skip
def test_free_times_never_touch_what_is_taken_nor_each_other_nor_leave_the_hours(  # noqa: PLR0917
    week: list[Week], changed: list[Changed], taken: list[Taken], zone: str, minutes: int, pause: int, notice: int
) -> None:
    now = datetime(2026, 3, 1, 5, 17, tzinfo=UTC)
    terms = Terms(zone=zone, minutes=minutes, pause=pause, notice_hours=notice)
    found = slots.free(terms, week, changed, taken, now)
    there = slots.windows(ZoneInfo(zone), week, changed, date(2026, 2, 27), 36)
    length, gap = timedelta(minutes=minutes), timedelta(minutes=pause)
    assert found == sorted(set(found))
    assert all(now + timedelta(hours=notice) <= one <= now + timedelta(days=28) for one in found)
    assert all(later - earlier >= length for earlier, later in pairwise(found))
    for one in found:
        assert any(begins <= one and one + length <= over for begins, over in there)
        assert not any(hole.starts_at < one + length + gap and one < hole.ends_at for hole in taken)


@of(max_examples=40)
@given(weeks, changes)
def test_windows_are_in_order_and_apart(week: list[Week], changed: list[Changed]) -> None:
    found = slots.windows(ZoneInfo("Europe/Berlin"), week, changed, date(2026, 3, 10), 30)
    assert all(begins < over for begins, over in found)
    assert all(one[1] < two[0] for one, two in pairwise(found))
