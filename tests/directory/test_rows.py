"""Lists of a profile: adding, changing, ordering, ending; what else each of these does; one query for all lists."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.core import db as database
from app.core.clock import now
from app.core.db import count_queries
from app.core.errors import Invalid, NotAllowed, NotFound
from app.directory import history, profiles, rows
from app.directory.fields import COLLECTIONS
from tests.directory.conftest import Cast
from tests.directory.test_visibility import a_row
from tests.factories import make_person

NEED = {"direction": "need", "code": "capital", "strength": "must"}


async def listed(cast: Cast, name: str) -> list[rows.Row]:
    return (await rows.rows_of(cast.id, [name]))[name]


@pytest.mark.parametrize("name", COLLECTIONS)
async def test_a_row_of_every_list_comes_back_as_it_was_said(cast: Cast, name: str) -> None:
    kind = COLLECTIONS[name]
    said = a_row(kind) | ({"year": 2024} if name == "yearly_update" else {})

    row_id = await rows.add_row(cast.owner, cast.id, name, said)

    [row] = await listed(cast, name)
    assert row["id"] == row_id
    for field in kind.fields:
        if field.type not in ("ward", "state", "url", "lines"):
            assert (row[field.name], type(row[field.name])) == (said[field.name], type(said[field.name])), field.name


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("need_offer", {"direction": "need", "strength": "must"}, "code"),
        ("need_offer", {**NEED, "direction": "sideways"}, "direction"),
        ("mandate", {"ticket_min": Decimal(9), "ticket_max": Decimal(3), "ticket_currency": "VND"}, "ticket_min"),
        ("mandate", {"ticket_max": Decimal(3)}, "ticket_currency"),
        ("mandate", {"ticket_max": Decimal(0), "ticket_currency": "VND"}, "ticket_max"),
        ("traction", {"metric_vi": "Khách", "value": Decimal(1)}, "measured_on"),
        ("programme", {"programme_type": "training"}, "name_vi"),
        (
            "programme",
            {
                "programme_type": "training",
                "name_vi": "A",
                "apply_from": date(2026, 5, 2),
                "apply_until": date(2026, 5, 1),
            },
            "apply_until",
        ),
        ("programme", {"programme_type": "training", "name_vi": "A", "fee": Decimal(5)}, "currency"),
        (
            "address",
            {"address_type": "branch", "line": "1 Sen", "country": "VN", "ward_code": "00004", "province_code": "79"},
            "ward_code",
        ),
    ],
)
async def test_a_row_that_does_not_hold_together(cast: Cast, name: str, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await rows.add_row(cast.owner, cast.id, name, values)

    assert field in refused.value.fields
    assert await listed(cast, name) == []


async def test_needs_and_offers_feed_the_filters(cast: Cast) -> None:
    await rows.add_row(cast.owner, cast.id, "need_offer", NEED)
    offer = await rows.add_row(cast.owner, cast.id, "need_offer", {**NEED, "direction": "offer", "code": "training"})
    over = now().date() - timedelta(days=1)
    await rows.add_row(cast.owner, cast.id, "need_offer", {**NEED, "code": "legal", "valid_until": over})
    codes = "SELECT needs, offers FROM organisation WHERE id = $1"
    assert tuple(await database.fetchrow(codes, cast.id) or ()) == (["capital"], ["training"])

    await rows.end_row(cast.owner, cast.id, "need_offer", offer)

    assert tuple(await database.fetchrow(codes, cast.id) or ()) == (["capital"], [])


async def test_codes_that_a_file_or_the_api_gives_become_rows(cast: Cast) -> None:
    await rows.add_row(cast.owner, cast.id, "need_offer", {**NEED, "text_vi": "Vốn cho kho mới"})

    await profiles.edit_organisation(cast.owner, cast.id, {"needs": ["capital", "talent"]})
    found = await listed(cast, "need_offer")
    assert [(row["code"], row["text_vi"]) for row in found] == [("capital", "Vốn cho kho mới"), ("talent", "")]

    await profiles.edit_organisation(cast.owner, cast.id, {"needs": []})
    assert await listed(cast, "need_offer") == []


async def test_changing_a_row_says_what_changed(cast: Cast) -> None:
    row = await rows.add_row(cast.owner, cast.id, "need_offer", NEED)

    assert await rows.edit_row(cast.editor, cast.id, "need_offer", row, {"strength": "must"}) == ()
    assert await rows.edit_row(cast.editor, cast.id, "need_offer", row, {"strength": "prefer"}) == ("strength",)

    last = (await history.changes_of(cast.id, limit=1))[0]
    told = (last["act"], last["field"], last["before"], last["after"], last["row"], last["person"])
    assert told == ("row_edited", "need_offer.strength", "must", "prefer", row, "Người biên tập")


async def test_rows_are_put_into_order(cast: Cast) -> None:
    ids = [
        await rows.add_row(cast.owner, cast.id, "need_offer", {**NEED, "code": code}) for code in ("ip", "pr", "legal")
    ]

    await rows.order_rows(cast.owner, cast.id, "need_offer", [ids[2], uuid4(), ids[0]])

    assert [row["id"] for row in await listed(cast, "need_offer")] == [ids[2], ids[0], ids[1]]


async def test_a_year_has_its_figures_once(cast: Cast) -> None:
    first = await rows.add_row(cast.owner, cast.id, "yearly_update", {"year": 2024, "headcount": 3})
    with pytest.raises(Invalid):
        await rows.add_row(cast.owner, cast.id, "yearly_update", {"year": 2024})

    await rows.end_row(cast.owner, cast.id, "yearly_update", first)
    await rows.add_row(cast.owner, cast.id, "yearly_update", {"year": 2024, "headcount": 4})
    with pytest.raises(Invalid):
        await rows.bring_back(cast.owner, cast.id, "yearly_update", first)


async def test_a_full_list_takes_no_more(cast: Cast) -> None:
    for number in range(COLLECTIONS["mandate"].most):
        last = await rows.add_row(cast.owner, cast.id, "mandate", {"name_vi": f"Quỹ {number}"})

    with pytest.raises(rows.TooManyRows):
        await rows.add_row(cast.owner, cast.id, "mandate", {"name_vi": "Thêm"})
    await rows.end_row(cast.owner, cast.id, "mandate", last)
    await rows.add_row(cast.owner, cast.id, "mandate", {"name_vi": "Thêm"})
    with pytest.raises(rows.TooManyRows):
        await rows.bring_back(cast.owner, cast.id, "mandate", last)


async def test_ending_twice_is_as_good_as_once(cast: Cast) -> None:
    row = await rows.add_row(cast.owner, cast.id, "need_offer", NEED)
    await rows.end_row(cast.owner, cast.id, "need_offer", row)
    count = await database.fetchval("SELECT count(*) FROM organisation_change")

    await rows.end_row(cast.owner, cast.id, "need_offer", row)

    assert await database.fetchval("SELECT count(*) FROM organisation_change") == count


async def test_who_may_write_lists(cast: Cast) -> None:
    row = await rows.add_row(cast.owner, cast.id, "need_offer", NEED)
    for who in (cast.viewer, cast.stranger):
        with pytest.raises(NotAllowed):
            await rows.add_row(who, cast.id, "need_offer", NEED)
        with pytest.raises(NotAllowed):
            await rows.edit_row(who, cast.id, "need_offer", row, {"strength": "prefer"})
        with pytest.raises(NotAllowed):
            await rows.end_row(who, cast.id, "need_offer", row)
    with pytest.raises(NotFound):
        await rows.add_row(cast.owner, cast.id, "person", {})


async def test_a_row_of_somebody_else_is_not_found(cast: Cast) -> None:
    row = await rows.add_row(cast.owner, cast.id, "need_offer", NEED)
    other = await profiles.create_organisation(cast.stranger, {"name": "Nơi Khác", "kinds": ["startup"]})

    with pytest.raises(NotFound):
        await rows.edit_row(cast.stranger, other.id, "need_offer", row, {"strength": "prefer"})
    with pytest.raises(NotFound):
        await rows.end_row(cast.stranger, other.id, "need_offer", row)
    assert [one["strength"] for one in await listed(cast, "need_offer")] == ["must"]


async def test_all_lists_are_one_query_however_long(cast: Cast) -> None:
    await rows.add_row(cast.owner, cast.id, "need_offer", NEED)
    with count_queries() as one:
        await rows.rows_of(cast.id)
    for code in ("ip", "pr"):
        await rows.add_row(cast.owner, cast.id, "need_offer", {**NEED, "code": code})
    with count_queries() as three:
        found = await rows.rows_of(cast.id)

    assert (len(one), len(three), len(found["need_offer"])) == (1, 1, 3)


async def test_two_who_fill_the_last_place_at_once(committed: asyncpg.Pool) -> None:
    """The lock of the organisation keeps the count; without it both would find a place."""
    owner = await make_person("Chủ")
    saved = await profiles.create_organisation(owner, {"name": "Quỹ Sen", "kinds": ["investor"]})
    for number in range(COLLECTIONS["mandate"].most - 1):
        await rows.add_row(owner, saved.id, "mandate", {"name_vi": f"Quỹ {number}"})

    results = await asyncio.gather(
        *(rows.add_row(owner, saved.id, "mandate", {"name_vi": f"Cuối {n}"}) for n in range(5)), return_exceptions=True
    )

    assert sum(isinstance(result, rows.TooManyRows) for result in results) == 4
    assert (
        await committed.fetchval("SELECT count(*) FROM mandate WHERE ended_at IS NULL") == COLLECTIONS["mandate"].most
    )
