"""Provenance: who said a field and when, who checked it, which half of a text is older, whether it is still true."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.core import db as database
from app.core.clock import now
from app.core.errors import Invalid, NotAllowed
from app.directory import history, notes, profiles, rows
from app.directory.fields import FIELDS
from tests.directory.conftest import Cast
from tests.factories import make_person


async def said_on(cast: Cast, field: str, days_ago: int) -> None:
    await database.execute(
        "UPDATE field_note SET said_at = now() - make_interval(days => $3) WHERE organisation = $1 AND field = $2",
        *(cast.id, field, days_ago),
    )


async def test_what_is_written_is_noted_with_its_writer(cast: Cast) -> None:
    await profiles.edit_organisation(cast.editor, cast.id, {"summary_vi": "Robot", "headcount": 12})
    await rows.add_row(cast.owner, cast.id, "need_offer", {"direction": "need", "code": "ip", "strength": "must"})

    found = await notes.notes_of(cast.id)
    by = await database.fetchval("SELECT said_by FROM field_note WHERE field = 'headcount'")

    assert {"summary_vi", "headcount", "need_offer", "name"} <= set(found)
    assert (found["headcount"].source, found["headcount"].verified_level, by) == ("self", 0, cast.editor.id)
    assert found["headcount"].confirm_due_on == now().date() + timedelta(days=notes.CONFIRM_DAYS)


async def test_fields_that_nobody_said_have_no_note(cast: Cast) -> None:
    assert "headcount" not in await notes.notes_of(cast.id)


async def test_a_check_holds_until_the_value_changes(cast: Cast) -> None:
    moderator = await make_person("Chuyên viên", roles=("moderator",))
    await profiles.edit_organisation(cast.owner, cast.id, {"enterprise_code": "0101234567", "headcount": 12})
    await notes.verify(moderator, cast.id, "enterprise_code", level=3, how="Cổng đăng ký doanh nghiệp")
    await notes.verify(moderator, cast.id, "headcount", level=2, how="Bảng lương")

    await profiles.edit_organisation(cast.owner, cast.id, {"headcount": 40})

    found = await notes.notes_of(cast.id)
    code, heads = found["enterprise_code"], found["headcount"]
    assert (code.verified_level, code.verified_how, code.verified_at is not None) == (
        3,
        "Cổng đăng ký doanh nghiệp",
        True,
    )
    assert (heads.verified_level, heads.verified_how, heads.verified_at) == (0, "", None)


async def test_only_the_department_checks(cast: Cast) -> None:
    for who in (cast.owner, cast.stranger):
        with pytest.raises(NotAllowed):
            await notes.verify(who, cast.id, "headcount", level=2, how="")
    for field, level in (("nothing", 2), ("headcount", 1), ("headcount", 9)):
        with pytest.raises(Invalid):
            await notes.verify(cast.admin, cast.id, field, level=level, how="")


async def test_a_check_of_what_was_never_noted_and_taken_back(cast: Cast) -> None:
    await notes.verify(cast.admin, cast.id, "website", level=2, how="Đã gọi điện")
    assert (await notes.notes_of(cast.id))["website"].verified_level == 2

    await notes.verify(cast.admin, cast.id, "website", level=0, how="")

    assert (await notes.notes_of(cast.id))["website"].verified_at is None


async def test_still_true_moves_the_day_and_keeps_the_value(cast: Cast) -> None:
    await database.execute("UPDATE field_note SET confirm_due_on = now()::date - 3 WHERE organisation = $1", cast.id)
    assert (await notes.notes_of(cast.id))["name"].stale

    await notes.confirm(cast.editor, cast.id, ["name"])

    found = await notes.notes_of(cast.id)
    assert [found[name].stale for name in ("name", "sectors")] == [False, True]
    assert found["name"].verified_level == 1
    last = (await history.changes_of(cast.id, limit=1))[0]
    assert (last["act"], last["field"]) == ("confirmed", "name")
    with pytest.raises(NotAllowed):
        await notes.confirm(cast.viewer, cast.id)


@pytest.mark.parametrize(
    ("first", "second", "older"),
    [("summary_vi", "summary_en", "vi"), ("summary_en", "summary_vi", "en")],
)
async def test_the_half_that_was_not_written_anew_is_older(cast: Cast, first: str, second: str, older: str) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {first: "Robot kho vận", second: "Kho"})
    row = {"summary_vi": "x", "summary_en": "y"}
    assert notes.older_half("summary", row, await notes.notes_of(cast.id)) == ""

    await said_on(cast, first, 30)

    assert notes.older_half("summary", row, await notes.notes_of(cast.id)) == older
    assert notes.older_half("summary", {**row, "summary_en": ""}, await notes.notes_of(cast.id)) == ""


async def test_the_language_that_came_first_is_the_source(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"description_en": "Warehouse robots"})
    await profiles.edit_organisation(cast.owner, cast.id, {"description_vi": "Robot kho vận"})

    found = await notes.notes_of(cast.id)

    assert (found["description_en"].is_source, found["description_vi"].is_source) == (True, False)


async def test_choices_of_who_sees_are_kept_only_where_they_differ(cast: Cast) -> None:
    await notes.set_tiers(cast.owner, cast.id, {"headcount": 3, "technologies": int(FIELDS["technologies"].tier)})
    assert await database.fetchval("SELECT tiers FROM organisation WHERE id = $1", cast.id) == {"headcount": 3}

    await notes.set_tiers(cast.owner, cast.id, {"headcount": int(FIELDS["headcount"].tier)})
    assert await database.fetchval("SELECT tiers FROM organisation WHERE id = $1", cast.id) == {}


@pytest.mark.parametrize("wanted", [{"headcount": 4}, {"headcount": -1}, {"nothing": 1}, {"name": 1}])
async def test_choices_that_are_none(cast: Cast, wanted: dict[str, int]) -> None:
    with pytest.raises((Invalid, NotAllowed)):
        await notes.set_tiers(cast.owner, cast.id, wanted)


async def test_who_chooses_who_sees(cast: Cast) -> None:
    for who in (cast.viewer, cast.stranger):
        with pytest.raises(NotAllowed):
            await notes.set_tiers(who, cast.id, {"headcount": 0})
    assert await notes.notes_of(uuid4()) == {}
