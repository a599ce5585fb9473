"""Owners hear once what was last confirmed a year ago, at most weekly, and not of made-up or hidden profiles."""

import pytest

from app.core import db as database
from app.directory import profiles, reminding
from tests.directory.conftest import Cast


@pytest.fixture
async def due(cast: Cast) -> Cast:
    """A profile whose description became due yesterday."""
    await profiles.edit_organisation(cast.owner, cast.id, {"description_vi": "Robot", "website": "https://a.example"})
    await database.execute("UPDATE field_note SET confirm_due_on = current_date + 300")
    await database.execute("UPDATE field_note SET confirm_due_on = current_date - 2 WHERE field = 'description_vi'")
    return cast


async def test_one_mail_names_what_is_due_however_often_the_job_runs(due: Cast) -> None:
    written = [await reminding.remind_of_what_is_due() for _day in range(3)]

    mail = await database.fetchrow("SELECT subject, text FROM mail")
    assert written == [1, 0, 0]
    assert mail is not None
    assert "Nguyễn Đức Robot" in mail["subject"]
    assert "- Mô tả (tiếng Việt)" in mail["text"]
    assert f"/organisations/{due.slug}" in mail["text"]
    assert "Trang web" not in mail["text"]


@pytest.mark.parametrize(
    "quiet",
    [
        "UPDATE organisation SET sample = true",
        "UPDATE organisation SET hidden_at = now(), hidden_reason = 'other'",
        "UPDATE field_note SET confirm_due_on = current_date + 1",
        "UPDATE field_note SET confirm_due_on = current_date - 30",
    ],
)
async def test_nobody_is_reminded_of_what_is_not_due_or_was_told_before(due: Cast, quiet: str) -> None:
    await database.execute(quiet)

    assert await reminding.remind_of_what_is_due() == 0
