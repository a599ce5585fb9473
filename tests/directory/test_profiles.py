"""Creating and editing organisations: what is stored, what is refused, who is told, what the history says."""

from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound, NotSignedIn, TooMany
from app.core.ids import new_id
from app.core.web import NOBODY
from app.directory import access, history, notes, profiles
from app.directory.profile_fields import checked
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import organisation


async def stored(slug: str) -> dict[str, Any]:
    row = await database.fetchrow("SELECT * FROM organisation WHERE slug = $1", slug)
    assert row is not None
    return dict(row)


async def refreshed(organisation_id: object) -> int:
    return int(
        await database.fetchval(
            "SELECT count(*) FROM outbox WHERE topic = 'connections.refresh' AND payload->>'organisation_id' = $1",
            str(organisation_id),
        )
    )


async def test_a_new_organisation_belongs_to_who_made_it_and_can_be_found(cast: Cast) -> None:
    saved = await organisation(cast.stranger, "  Trà\u0300 Sen  ", sectors=["food"], country="VN", province_code="01")

    row = await stored("tra-sen")
    assert (saved.slug, row["name"], row["version"], row["source"]) == ("tra-sen", "Trà\u0300 Sen", 1, "self")
    assert row["name_folded"] == "tra sen"
    assert row["created_at"] == row["updated_at"]
    assert row["confirmed_at"] is not None
    assert [seen.slug for seen in await access.organisations_of(cast.stranger)] == ["tra-sen"]
    assert (await access.organisation_for(cast.stranger, "tra-sen")).role == "owner"
    assert [change["act"] for change in await history.changes_of(saved.id)] == ["created"]
    assert await refreshed(saved.id) == 1


async def test_equal_names_get_different_addresses(cast: Cast) -> None:
    slugs = [(await organisation(cast.owner, name)).slug for name in ("Mặt Trời", "Mat troi", "mặt trời!", "New")]

    assert slugs == ["mat-troi", "mat-troi-2", "mat-troi-3", "new-2"]


async def test_nobody_makes_nothing(cast: Cast) -> None:
    with pytest.raises(NotSignedIn):
        await organisation(NOBODY, "Trà Sen")


async def test_making_very_many_is_slowed_down(cast: Cast, fresh_queue: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "CREATED_PER_HOUR", 1)
    await organisation(cast.stranger, "Một")

    with pytest.raises(TooMany):
        await organisation(cast.stranger, "Hai")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "!!!"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["fish"]}, "kinds"),
        ({"sectors": ["steam"]}, "sectors"),
        ({"sectors": ["agri", "ai", "fin", "edu", "bio", "food", "city", "sec", "env"]}, "sectors"),
        ({"stage": "teenage"}, "stage"),
        ({"country": "XX"}, "country"),
        ({"country": "VN", "province_code": "99"}, "province_code"),
        ({"country": "VN", "province_code": "79", "ward_code": "00004"}, "ward_code"),
        ({"country": "US", "state": "ZZ"}, "state"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "https://user:pw@example.com"}, "website"),
        ({"website": "https://[::1"}, "website"),
        ({"website": 'https://a.com/"><script>'}, "website"),
        ({"contact_email": "not an address"}, "contact_email"),
        ({"founded_on": date(2190, 1, 1), "founded_precision": "year"}, "founded_on"),
        ({"trl": 12}, "trl"),
        ({"raising_round": "seed", "raising_amount": Decimal(0), "raising_currency": "VND"}, "raising_amount"),
        ({"raising_round": "seed", "raising_amount": Decimal("NaN"), "raising_currency": "VND"}, "raising_amount"),
        ({"raising_round": "seed", "raising_amount": Decimal("1e30"), "raising_currency": "VND"}, "raising_amount"),
        ({"raising_round": "seed", "raising_amount": Decimal(5)}, "raising_currency"),
        ({"raising_round": "seed", "raising_amount": Decimal(5), "raising_currency": "QQQ"}, "raising_currency"),
        ({"raising_amount": Decimal(5), "raising_currency": "VND"}, "raising_round"),
        ({"summary_vi": "x" * 281}, "summary_vi"),
        ({"description_en": "x" * 5001}, "description_en"),
    ],
)
async def test_what_cannot_be_is_refused_by_field(cast: Cast, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await profiles.edit_organisation(cast.owner, cast.id, values)

    assert set(refused.value.fields) == {field}
    assert refused.value.text("vi") != ""
    assert all(phrase.text("en", **refused.value.params) for phrase in refused.value.fields.values())


def test_what_is_taken_is_made_uniform() -> None:
    found = checked({"name": " A  b ", "kinds": ["startup", "startup"], "website": "example.com/x", "stage": ""})

    assert found == {"name": "A b", "kinds": ["startup"], "website": "https://example.com/x", "stage": None}


def test_leaving_vietnam_drops_province_and_ward() -> None:
    found = checked({"country": "US", "state": "CA", "province_code": "01", "ward_code": "00004"})

    assert found == {"country": "US", "state": "CA", "province_code": None, "ward_code": None}
    assert checked({"country": "VN", "state": "CA"}) == {"country": "VN", "state": None}


async def test_an_edit_is_stored_counted_and_told(cast: Cast) -> None:
    before = await refreshed(cast.id)
    saved = await profiles.edit_organisation(
        cast.editor, cast.id, {"sectors": ["ai"], "summary_vi": "Robot kho", "name": "Nguyễn Đức Robot"}, version=1
    )

    row = await stored(cast.slug)
    assert (saved.version, row["version"], row["sectors"], row["summary_vi"]) == (2, 2, ["ai"], "Robot kho")
    assert set(saved.changed) == {"sectors", "summary_vi"}
    assert "tri tue nhan tao" in row["search_text"]
    changes = [c for c in await history.changes_of(cast.id) if c["act"] == "edited"]
    assert {(c["field"], str(c["before"]), str(c["after"]), c["person"]) for c in changes} == {
        ("sectors", "['hard']", "['ai']", "Người biên tập"),
        ("summary_vi", "", "Robot kho", "Người biên tập"),
    }
    assert await refreshed(cast.id) == before + 1


async def test_writing_what_stands_there_changes_nothing(cast: Cast) -> None:
    before = (await stored(cast.slug), await refreshed(cast.id))

    saved = await profiles.edit_organisation(cast.owner, cast.id, {"sectors": ["hard"], "country": "VN"}, version=1)

    assert saved.changed == ()
    assert (await stored(cast.slug), await refreshed(cast.id)) == before


async def test_the_second_writer_is_told_and_writes_nothing(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Của chủ"}, version=1)

    with pytest.raises(profiles.ChangedMeanwhile) as clash:
        await profiles.edit_organisation(cast.editor, cast.id, {"summary_vi": "Của người khác"}, version=1)

    assert clash.value.row["summary_vi"] == "Của chủ"
    assert (await stored(cast.slug))["summary_vi"] == "Của chủ"


async def test_without_a_version_the_last_writer_wins(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Một"}, version=1)
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Hai"})

    assert (await stored(cast.slug))["summary_vi"] == "Hai"


async def test_a_new_name_gives_a_new_address_and_the_old_ones_lead_on(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"name": "Đức Robot"})
    await profiles.edit_organisation(cast.owner, cast.id, {"name": "Robot Sao"})

    assert [await access.moved_to(slug) for slug in (cast.slug, "duc-robot", "robot-sao")] == [
        "robot-sao",
        "robot-sao",
        None,
    ]
    assert (await organisation(cast.stranger, "Đức Robot")).slug == "duc-robot-2"


async def test_the_old_address_of_a_profile_that_was_taken_down_leads_nowhere(
    cast: Cast, make_client: MakeClient
) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"name": "Đức Robot"})
    client = make_client(cast.stranger)
    before = await client.get(f"/organisations/{cast.slug}", follow_redirects=False)
    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'abuse' WHERE id = $1", cast.id)
    after = await client.get(f"/organisations/{cast.slug}", follow_redirects=False)

    assert (before.status_code, after.status_code) == (301, 404)
    assert (await access.moved_to(cast.slug), "location" in after.headers) == (None, False)


async def test_going_back_to_an_old_name_takes_its_address_back(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"name": "Đức Robot"})
    await profiles.edit_organisation(cast.owner, cast.id, {"name": "Nguyễn Đức Robot"})

    assert (await stored(cast.slug))["id"] == cast.id
    assert await access.moved_to("duc-robot") == cast.slug


async def test_a_change_of_letters_only_keeps_the_address(cast: Cast) -> None:
    saved = await profiles.edit_organisation(cast.owner, cast.id, {"name": "NGUYỄN ĐỨC ROBOT"})

    assert (saved.slug, await access.moved_to(cast.slug)) == (cast.slug, None)


async def test_what_is_being_raised_is_dated_and_can_be_ended(cast: Cast) -> None:
    ask = {"raising_round": "seed", "raising_amount": Decimal(8 * 10**9), "raising_currency": "VND"}
    await profiles.edit_organisation(cast.owner, cast.id, ask)
    row = await stored(cast.slug)
    assert (row["raising_round"], row["raising_amount"]) == ("seed", Decimal(8 * 10**9))
    assert row["raising_since"] is not None

    await profiles.edit_organisation(cast.owner, cast.id, {"raising_amount": Decimal(9 * 10**9)})
    assert (await stored(cast.slug))["raising_amount"] == Decimal(9 * 10**9)

    await profiles.edit_organisation(cast.owner, cast.id, {"raising_round": None})
    row = await stored(cast.slug)
    assert [row[name] for name in (*ask, "raising_since")] == [None] * 4


async def test_a_mandate_is_kept_with_its_history(cast: Cast) -> None:
    wanted = {
        "rounds": ["seed"], "sectors": ["ai"], "geographies": ["VN", "VN-01"],
        "ticket_min": Decimal(100), "ticket_max": Decimal(200), "ticket_currency": "USD",
    }  # fmt: skip
    await profiles.edit_organisation(cast.owner, cast.id, {"kinds": ["startup", "investor"]}, mandate=wanted)
    again = await profiles.edit_organisation(cast.owner, cast.id, {}, mandate=wanted)
    await profiles.edit_organisation(cast.owner, cast.id, {}, mandate={**wanted, "ticket_max": Decimal(300)})

    mandate = await profiles.mandate_of(cast.id)
    assert mandate is not None
    assert (mandate["ticket_max"], mandate["rounds"], mandate["geographies"]) == (300, ["seed"], ["VN", "VN-01"])
    assert again.changed == ()
    fields = [c["field"] for c in await history.changes_of(cast.id)]
    assert fields[0] == "mandate.ticket_max"
    assert await database.fetchval("SELECT count(*) FROM mandate") == 1


@pytest.mark.parametrize(
    ("mandate", "field"),
    [
        ({"ticket_min": Decimal(5), "ticket_max": Decimal(1), "ticket_currency": "VND"}, "ticket_min"),
        ({"ticket_min": Decimal(5)}, "ticket_currency"),
        ({"ticket_min": Decimal(-5), "ticket_currency": "VND"}, "ticket_min"),
        ({"geographies": ["XX"]}, "geographies"),
        ({"rounds": ["series_z"]}, "rounds"),
    ],
)
async def test_impossible_mandates_are_refused(cast: Cast, mandate: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await profiles.edit_organisation(cast.owner, cast.id, {}, mandate=mandate)

    assert set(refused.value.fields) == {field}


async def test_an_investor_is_made_with_its_mandate(cast: Cast) -> None:
    saved = await profiles.create_organisation(
        cast.owner, {"name": "Quỹ Sen", "kinds": ["investor"]}, {"rounds": ["seed"], "sectors": ["agri"]}
    )

    mandate = await profiles.mandate_of(saved.id)
    assert mandate is not None
    assert (mandate["rounds"], mandate["sectors"], mandate["ticket_min"]) == (["seed"], ["agri"], None)


@pytest.mark.parametrize(
    ("who", "error"),
    [("owner", None), ("editor", None), ("admin", None), ("viewer", NotAllowed), ("stranger", NotAllowed)],
)
async def test_who_may_edit(cast: Cast, who: str, error: type[Exception] | None) -> None:
    act = profiles.edit_organisation(getattr(cast, who), cast.id, {"summary_en": "Robots"})
    if error is None:
        assert (await act).changed == ("summary_en",)
    else:
        with pytest.raises(error):
            await act


async def test_what_is_gone_cannot_be_edited(cast: Cast) -> None:
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'x' WHERE id = $1", cast.id)

    for organisation_id in (cast.id, new_id()):
        with pytest.raises(NotFound):
            await profiles.edit_organisation(cast.owner, organisation_id, {"summary_en": "Robots"})


async def test_still_true_is_noted(cast: Cast) -> None:
    await database.execute("UPDATE organisation SET confirmed_at = NULL WHERE id = $1", cast.id)

    await notes.confirm(cast.editor, cast.id)

    row = await stored(cast.slug)
    assert row["confirmed_at"] is not None
    assert row["version"] == 1
    with pytest.raises(NotAllowed):
        await notes.confirm(cast.viewer, cast.id)


async def test_two_edits_at_once_are_both_kept_or_one_is_told(committed: asyncpg.Pool) -> None:
    import asyncio

    from tests.factories import make_person

    owner = await make_person()
    saved = await organisation(owner, "Hai Tay")
    results = await asyncio.gather(
        *(profiles.edit_organisation(owner, saved.id, {"summary_vi": f"Bản {n}"}, version=1) for n in range(6)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, profiles.Saved) for result in results) == 1
    assert sum(isinstance(result, profiles.ChangedMeanwhile) for result in results) == 5
    assert await database.fetchval("SELECT version FROM organisation WHERE id = $1", saved.id) == 2


async def test_equal_names_at_once_get_different_addresses(committed: asyncpg.Pool) -> None:
    import asyncio

    from tests.factories import make_person

    owner = await make_person()
    saved = await asyncio.gather(*(organisation(owner, "Cùng Tên") for _ in range(8)))

    assert sorted(one.slug for one in saved) == sorted(["cung-ten", *(f"cung-ten-{n}" for n in range(2, 9))])
