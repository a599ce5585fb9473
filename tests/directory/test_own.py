"""The page of one's organisations: how complete each is, what the department thinks, as many queries for three."""

from uuid import UUID

import pytest

from app.core import db as database
from app.core.db import count_queries
from app.core.ids import new_id
from app.core.web import Actor
from app.directory import editing, own, profiles, rows
from app.directory.details import details_of
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import organisation


async def review(cast: Cast, decision: str) -> None:
    await database.execute(
        "INSERT INTO profile_review (id, organisation, version, decision, decided_at, decided_by)"
        " SELECT $1, id, version, $3, now(), $4 FROM organisation WHERE id = $2",
        *(new_id(), cast.id, decision, cast.admin.id),
    )


async def standing_of(actor: Actor) -> str:
    (found,) = await own.own_of(actor)
    return found.standing


async def test_what_the_department_thinks_follows_what_it_and_the_owner_do(cast: Cast) -> None:
    assert await standing_of(cast.owner) == "waiting"
    await review(cast, "change_asked")
    assert await standing_of(cast.owner) == "change_asked"
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Đã sửa"})
    assert await standing_of(cast.owner) == "waiting", "what was asked for was done"

    await database.execute("UPDATE organisation SET reviewed_version = version WHERE id = $1", cast.id)
    assert await standing_of(cast.owner) == "checked"
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Sửa nữa"})
    assert await standing_of(cast.owner) == "changed"
    await database.execute(
        "UPDATE organisation SET hidden_at = now(), hidden_reason = 'incomplete' WHERE id = $1", cast.id
    )
    assert await standing_of(cast.owner) == "hidden"


async def test_completeness_is_that_of_the_edit_page(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"problem_vi": "Kho thiếu người", "sectors": ["agri"]})
    await rows.add_row(cast.owner, cast.id, "need_offer", {"direction": "need", "code": "capital", "strength": "must"})

    (found,) = await own.own_of(cast.owner)

    whole = {**found.seen.row, **await details_of(cast.id)}
    assert found.percent == editing.completeness(whole, await rows.rows_of(cast.id), "").percent
    assert 0 < found.percent < 100


async def test_three_ask_as_much_as_one(cast: Cast) -> None:
    with count_queries() as one:
        await own.own_of(cast.owner)
    for name in ("Hai", "Ba"):
        await organisation(cast.owner, name)
    with count_queries() as three:
        found = await own.own_of(cast.owner)

    assert (len(found), len(one)) == (3, len(three))


@pytest.mark.parametrize("who", ["owner", "viewer"])
async def test_the_page_shows_both_to_who_can_act(cast: Cast, make_client: MakeClient, who: str) -> None:
    await review(cast, "change_asked")

    page = (await make_client(getattr(cast, who)).get("/organisations")).text

    assert own.STANDINGS["change_asked"][0].text("vi") in page
    assert ("<progress" in page) == (who == "owner")
    assert (await own.own_of(cast.stranger)) == []


# --- who sees what, folded; addresses by their days -----------------------------------------------------------------


async def test_choices_are_folded_by_section_and_one_that_is_wrong_is_open(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.owner)
    url = f"/organisations/{cast.slug}/visibility"
    page = (await client.get(url)).text
    assert page.count('<details class="fold"') >= 4
    assert "<details" in page
    assert " open>" not in page.partition('<div class="folds">')[2]

    await client.post(url, data={"legal_name": "2"})
    assert "1 mục đã đổi" in (await client.get(url)).text
    wrong = await client.post(url, data={"legal_name": "9"})
    assert wrong.status_code == 422
    assert '<details class="fold" id="identity" open>' in wrong.text


async def address(cast: Cast, line: str, **days: str) -> UUID:
    values = {"address_type": "head_office", "line": line, "country": "VN", "province_code": "01"}
    row = await rows.add_row(cast.owner, cast.id, "address", values)
    for name, day in days.items():
        await database.execute(f"UPDATE address SET {name} = current_date + $2::int WHERE id = $1", row, int(day))
    return row


async def test_addresses_stand_by_their_days(cast: Cast, make_client: MakeClient) -> None:
    await address(cast, "1 Phố Cũ", valid_until="-3")
    await address(cast, "2 Phố Này", valid_until="3")
    await address(cast, "3 Phố Mới", valid_from="30")

    page = (await make_client().get(f"/organisations/{cast.slug}")).text
    present, _fold, former = page.partition("Địa chỉ cũ")

    assert [line in present for line in ("1 Phố Cũ", "2 Phố Này", "3 Phố Mới")] == [False, True, True]
    assert "1 Phố Cũ" in former
