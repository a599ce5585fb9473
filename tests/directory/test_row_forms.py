"""Forms of rows and of who sees what: two open at once, a row that went meanwhile, no choice; nothing is lost."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from app.core import db as database
from app.core.clock import now
from app.core.forms import NOT_A_CHOICE
from app.directory import jobs, notes, rows
from tests.conftest import MakeClient
from tests.directory.conftest import Cast

NEED = {"direction": "need", "code": "capital", "strength": "must", "text_vi": "Vốn hạt giống"}
AS_OF = re.compile(r'name="as_of" value="([^"]+)"')


async def a_need(cast: Cast) -> tuple[UUID, str]:
    row = await rows.add_row(cast.owner, cast.id, "need_offer", NEED)
    return row, f"/organisations/{cast.slug}/edit/lists/need_offer/{row}"


async def stored(cast: Cast) -> list[tuple[str, str]]:
    found = (await rows.rows_of(cast.id, ["need_offer"]))["need_offer"]
    return [(row["text_vi"], row["strength"]) for row in found]


async def test_the_second_of_two_open_forms_sees_both_and_loses_nothing(cast: Cast, make_client: MakeClient) -> None:
    _row, url = await a_need(cast)
    owner, editor = make_client(cast.owner), make_client(cast.editor)
    forms = [{**NEED, "as_of": AS_OF.findall((await client.get(url)).text)[0]} for client in (owner, editor)]

    first = await owner.post(url, data={**forms[0], "strength": "prefer"})
    second = await editor.post(url, data={**forms[1], "text_vi": "Vốn của người biên tập"})

    assert (first.status_code, second.status_code) == (303, 409)
    assert await stored(cast) == [("Vốn hạt giống", "prefer")]
    assert rows.RowChangedMeanwhile({}, ()).text("vi") in second.text
    assert "Vốn của người biên tập" in second.text
    assert "<li>Mô tả (tiếng Việt): Vốn hạt giống</li>" in second.text

    [newer] = AS_OF.findall(second.text)
    again = await editor.post(url, data={**forms[1], "text_vi": "Vốn của người biên tập", "as_of": newer})
    assert (again.status_code, await stored(cast)) == (303, [("Vốn của người biên tập", "must")])


@pytest.mark.parametrize("as_of", ["x", "9" * 5000, "2026-01-01T00:00:00", "2026-01-01", "0001-01-01T00:00:00+23:00"])
async def test_a_moment_that_is_not_ours_is_an_older_form(cast: Cast, make_client: MakeClient, as_of: str) -> None:
    _row, url = await a_need(cast)

    response = await make_client(cast.owner).post(url, data={**NEED, "strength": "prefer", "as_of": as_of})

    assert (response.status_code, await stored(cast)) == (409, [("Vốn hạt giống", "must")])


async def test_a_row_that_went_meanwhile_can_be_brought_back_with_what_was_typed(
    cast: Cast, make_client: MakeClient
) -> None:
    row, url = await a_need(cast)
    client = make_client(cast.editor)
    form = {**NEED, "text_vi": "Vốn mới", "as_of": AS_OF.findall((await client.get(url)).text)[0]}
    await rows.end_row(cast.owner, cast.id, "need_offer", row)

    refused = await client.post(url, data=form)
    assert (refused.status_code, await stored(cast)) == (409, [])
    assert rows.RowRemoved().text("vi") in refused.text
    assert "Vốn mới" in refused.text
    assert 'name="act" value="revive"' in refused.text

    assert (await client.post(url, data={**form, "act": "revive"})).status_code == 303
    assert await stored(cast) == [("Vốn mới", "must")]


async def test_one_who_brings_back_what_another_brought_back_and_changed_is_told(
    cast: Cast, make_client: MakeClient
) -> None:
    row, url = await a_need(cast)
    client = make_client(cast.editor)
    form = {**NEED, "text_vi": "Vốn mới", "as_of": AS_OF.findall((await client.get(url)).text)[0]}
    await rows.end_row(cast.owner, cast.id, "need_offer", row)
    await rows.bring_back(cast.owner, cast.id, "need_offer", row)
    await rows.edit_row(cast.owner, cast.id, "need_offer", row, {"text_vi": "Vốn của chủ"})

    assert (await client.post(url, data={**form, "act": "revive"})).status_code == 409
    assert await stored(cast) == [("Vốn của chủ", "must")]


@pytest.mark.parametrize("text", ["4", "9", "-1", "", "x", "٣", "1.0", "9" * 5000])
async def test_who_sees_a_field_is_one_of_the_choices(cast: Cast, make_client: MakeClient, text: str) -> None:
    response = await make_client(cast.owner).post(
        f"/organisations/{cast.slug}/visibility", data={"website": text, "headcount": "3"}
    )

    assert response.status_code == 422
    assert 'href="#f-website"' in response.text
    assert NOT_A_CHOICE.text("vi") in response.text
    assert re.findall(r'id="f-headcount".*?<option value="(.)" selected', response.text) == ["3"]
    assert await database.fetchval("SELECT tiers FROM organisation WHERE id = $1", cast.id) == {}


async def test_a_need_leaves_page_and_filters_when_its_day_has_passed(cast: Cast, make_client: MakeClient) -> None:
    await notes.set_tiers(cast.owner, cast.id, {"need_offer": 0})
    today = now().date()
    holds = {"run": today - timedelta(days=1), "last day": today, "open": None}
    for text, code in zip(holds, ("capital", "talent", "legal"), strict=True):
        await rows.add_row(cast.owner, cast.id, "need_offer", {**NEED, "code": code, "text_vi": f"Cần {text}"})
    for text, until in holds.items():
        await database.execute("UPDATE need_offer SET valid_until = $2 WHERE text_vi = $1", f"Cần {text}", until)
    codes = "SELECT needs FROM organisation WHERE id = $1"
    before = await database.fetchval(codes, cast.id)
    listed = await database.fetchval("SELECT listing_version FROM organisation WHERE id = $1", cast.id)

    page = (await make_client(None).get(f"/organisations/{cast.slug}")).text
    told = (await make_client(None).get(f"/api/v1/organisations/{cast.id}")).json()["lists"]["need_offer"]
    await jobs.run_out()

    assert [row["text_vi"] for row in told] == ["Cần last day", "Cần open"]
    assert [f"Cần {text}" in page for text in holds] == [False, True, True]
    assert (before, await database.fetchval(codes, cast.id)) == (["capital", "legal", "talent"], ["legal", "talent"])
    assert await database.fetchval("SELECT listing_version FROM organisation WHERE id = $1", cast.id) > listed
    assert await rows.let_run_out() == 0
    assert "Cần run" in (await make_client(cast.owner).get(f"/organisations/{cast.slug}/edit")).text
