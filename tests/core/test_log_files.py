"""Log files are begun anew in time, while processes write to them, so that no line grows older than was promised."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core.log_files import turn_over

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def aged(path: Path, days: float) -> None:
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))


def test_a_log_is_begun_anew_after_half_the_days_and_what_it_had_goes_after_all(tmp_path: Path) -> None:
    log, before = tmp_path / "web.log", tmp_path / "web.log.1"
    log.write_text("first\n")
    assert turn_over(tmp_path, 30, NOW) == [], "its age is not known yet"
    aged(before, 14)
    assert turn_over(tmp_path, 30, NOW) == []
    aged(before, 16)

    with log.open("ab", buffering=0) as process:
        assert turn_over(tmp_path, 30, NOW) == ["web.log"]
        process.write(b"second\n")
    assert (log.read_text(), before.read_text()) == ("second\n", "first\n")

    aged(before, 16)
    turn_over(tmp_path, 30, NOW)
    assert "first" not in log.read_text() + before.read_text()


def test_where_there_are_no_log_files_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert turn_over(tmp_path / "logs", 30, NOW) == []
