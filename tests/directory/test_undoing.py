"""Taking changes back: fields, rows of lists, who sees what; never over something newer."""

import asyncio
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import NotAllowed, NotFound
from app.directory import history, notes, profiles, rows, undoing
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.factories import make_person

NEED = {"direction": "need", "code": "capital", "strength": "must", "text_vi": "Vốn hạt giống"}


async def newest(cast: Cast, field: str) -> int:
    found: int = await database.fetchval(
        "SELECT max(id) FROM organisation_change WHERE organisation = $1 AND field = $2", cast.id, field
    )
    return found


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("summary_vi", "Một câu", "Câu khác"),
        ("sectors", ["ai", "hard"], ["agri"]),
        ("stage", "early", None),
        ("headcount", 12, 40),
        ("problem_vi", "Kho thiếu người", ""),
    ],
)
async def test_a_field_gets_its_value_back(cast: Cast, field: str, before: Any, after: Any) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {field: before})
    await profiles.edit_organisation(cast.editor, cast.id, {field: after})

    change = await newest(cast, field)
    await undoing.undo(cast.owner, cast.id, change)

    last = (await history.changes_of(cast.id, field=field, limit=1))[0]
    assert (last["after"], last["undoes"], last["person"]) == (before, change, "Chủ hồ sơ")


async def test_an_amount_comes_back_with_its_currency(cast: Cast) -> None:
    ask = {"raising_round": "seed", "raising_amount": Decimal(8 * 10**9), "raising_currency": "VND"}
    await profiles.edit_organisation(cast.owner, cast.id, ask)
    await profiles.edit_organisation(cast.owner, cast.id, {"raising_amount": Decimal(9 * 10**9)})

    await undoing.undo(cast.owner, cast.id, await newest(cast, "raising_amount"))

    found = await database.fetchrow("SELECT raising_amount, raising_currency FROM organisation WHERE id = $1", cast.id)
    assert tuple(found or ()) == (Decimal(8 * 10**9), "VND")


async def test_what_was_changed_again_is_not_overwritten(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Một"})
    first = await newest(cast, "summary_vi")
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Hai"})

    with pytest.raises(history.ChangedSince):
        await undoing.undo(cast.owner, cast.id, first)

    await undoing.undo(cast.owner, cast.id, await newest(cast, "summary_vi"))
    assert await database.fetchval("SELECT summary_vi FROM organisation WHERE id = $1", cast.id) == "Một"


async def test_other_fields_do_not_stand_in_the_way(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Một"})
    first = await newest(cast, "summary_vi")
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_en": "One"})

    await undoing.undo(cast.owner, cast.id, first)

    assert await database.fetchval("SELECT summary_vi FROM organisation WHERE id = $1", cast.id) == ""


async def test_rows_go_and_come_back(cast: Cast) -> None:
    row = await rows.add_row(cast.owner, cast.id, "need_offer", NEED)
    await rows.edit_row(cast.owner, cast.id, "need_offer", row, {"strength": "prefer"})
    await undoing.undo(cast.owner, cast.id, await newest(cast, "need_offer.strength"))
    stored = (await rows.rows_of(cast.id, ["need_offer"]))["need_offer"]
    assert stored[0]["strength"] == "must"

    await rows.end_row(cast.owner, cast.id, "need_offer", row)
    assert (await rows.rows_of(cast.id, ["need_offer"]))["need_offer"] == []
    await undoing.undo(cast.owner, cast.id, await newest(cast, "need_offer"))
    assert [one["id"] for one in (await rows.rows_of(cast.id, ["need_offer"]))["need_offer"]] == [row]


async def test_who_sees_a_field_is_put_back(cast: Cast) -> None:
    await notes.set_tiers(cast.owner, cast.id, {"headcount": 3})

    await undoing.undo(cast.owner, cast.id, await newest(cast, "headcount"))

    assert await database.fetchval("SELECT tiers FROM organisation WHERE id = $1", cast.id) == {}


async def test_who_may_take_back(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Một"})
    change = await newest(cast, "summary_vi")

    for who in (cast.viewer, cast.stranger):
        with pytest.raises(NotAllowed):
            await undoing.undo(who, cast.id, change)
    with pytest.raises(NotFound):
        await undoing.undo(cast.owner, cast.id, change + 1000)
    with pytest.raises(undoing.CannotBeUndone):
        await undoing.undo(cast.owner, cast.id, await database.fetchval("SELECT min(id) FROM organisation_change"))


async def test_the_page_says_it_in_words_and_takes_back(cast: Cast, make_client: MakeClient) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"sectors": ["agri"], "raising_round": "seed"})
    client = make_client(cast.owner)
    url = f"/organisations/{cast.slug}/history"

    page = await client.get(url)
    assert "Nông nghiệp công nghệ cao" in page.text
    assert "Vòng gọi vốn" in page.text
    change = await newest(cast, "sectors")
    assert f'action="{url}/{change}/undo"' in page.text

    assert (await client.post(f"{url}/{change}/undo")).status_code == 303
    again = await client.post(f"{url}/{change}/undo")
    assert again.status_code == 409
    assert history.ChangedSince().text("vi") in again.text
    assert "undo" not in (await make_client(cast.viewer).get(url)).text.partition("<table")[2]


async def test_previews_show_what_others_see(cast: Cast, make_client: MakeClient) -> None:
    values = {"market_vi": "Thị trường kho vận", "problem_vi": "Kho thiếu người", "contact_phone": "024 1234"}
    await profiles.edit_organisation(cast.owner, cast.id, values)
    client = make_client(cast.owner)

    seen = {}
    for name in ("everybody", "members", "verified", "granted"):
        page = (await client.get(f"/organisations/{cast.slug}?as={name}")).text
        seen[name] = [text in page for text in ("Kho thiếu người", "Thị trường kho vận", "024 1234")]
    assert seen == {
        "everybody": [False, False, False],
        "members": [True, False, False],
        "verified": [True, True, False],
        "granted": [True, True, True],
    }
    stranger = (await make_client(cast.stranger).get(f"/organisations/{cast.slug}?as=granted")).text
    assert "024 1234" not in stranger


async def test_a_row_that_was_taken_back_says_so_and_one_that_is_gone_is_not_changed(cast: Cast) -> None:
    row = await rows.add_row(cast.owner, cast.id, "need_offer", NEED)
    await rows.edit_row(cast.owner, cast.id, "need_offer", row, {"strength": "prefer"})
    change = await newest(cast, "need_offer.strength")
    await rows.end_row(cast.editor, cast.id, "need_offer", row)

    with pytest.raises(rows.RowRemoved):
        await undoing.undo(cast.owner, cast.id, change)
    ended = await newest(cast, "need_offer")
    await undoing.undo(cast.owner, cast.id, ended)
    await undoing.undo(cast.owner, cast.id, change)

    undone = [one["undoes"] for one in await history.changes_of(cast.id, limit=2)]
    assert undone == [change, ended]


KINDS_OF_UNDO = ("field", "tier", "row", "row's end")


@pytest.mark.parametrize("behind_the_lock", [True, False], ids=["asked behind the lock", "asked before it"])
@pytest.mark.parametrize("what", KINDS_OF_UNDO)
async def test_what_lands_while_an_undo_waits_is_not_lost(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, what: str, behind_the_lock: bool
) -> None:
    """Somebody's newer change is committed while the undo waits for the profile. Asked before the lock, the question
    comes too early and the newer change is lost: the negative control."""
    owner = await make_person("Chủ")
    saved = await profiles.create_organisation(owner, {"name": "Kho Sen", "kinds": ["startup"]})
    row = await rows.add_row(owner, saved.id, "need_offer", NEED)
    if what == "field":
        await profiles.edit_organisation(owner, saved.id, {"website": "https://a.example"})
    elif what == "tier":
        await notes.set_tiers(owner, saved.id, {"headcount": 3})
    elif what == "row":
        await rows.edit_row(owner, saved.id, "need_offer", row, {"strength": "prefer"})
    else:
        await rows.end_row(owner, saved.id, "need_offer", row)
    change, act, field, of = await committed.fetchrow(
        "SELECT id, act, field, row FROM organisation_change ORDER BY id DESC LIMIT 1"
    )
    if not behind_the_lock:
        await history.require_newest(saved.id, change)
        monkeypatch.setattr(history, "require_newest", lambda *_of: asyncio.sleep(0))

    async with committed.acquire() as other, other.transaction():
        await other.execute("SELECT FROM organisation WHERE id = $1 FOR UPDATE", saved.id)
        undoing_it = asyncio.create_task(undoing.undo(owner, saved.id, change))
        waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple'))"
        while not await committed.fetchval(waits):
            await asyncio.sleep(0.01)
        await other.execute(
            "INSERT INTO organisation_change (organisation, person, act, field, at, row)"
            " VALUES ($1, $2, $3, $4, now(), $5)",
            *(saved.id, owner.person_id, act, field, of),
        )
    [result] = await asyncio.gather(undoing_it, return_exceptions=True)

    taken_back = await committed.fetchval("SELECT count(*) FROM organisation_change WHERE undoes = $1", change)
    assert (type(result), taken_back) == ((history.ChangedSince, 0) if behind_the_lock else (type(None), 1))
