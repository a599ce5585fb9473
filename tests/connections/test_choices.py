"""Keeping and putting away: what stays away, what comes back, who is told nothing."""

import asyncio
import re

import asyncpg
import pytest

from app.connections import choices, filters, lists, refresh
from app.core import db as database
from app.core.i18n import in_language
from tests.connections import make
from tests.factories import make_person


async def shown(organisation, kind="investor") -> list[str]:
    return [row["name"] for row in await lists.suggested(organisation, kind, 50)]


async def test_what_was_put_away_stays_away(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)

    await choices.choose(me, fund, "hidden", "too_early")
    assert "Fund agri-VN" not in await shown(me)

    await make.change(me, summary_vi="Mới")
    await refresh.refresh(me)
    assert "Fund agri-VN" not in await shown(me)
    assert [one["name"] for one in await choices.hidden_of(me)] == ["Fund agri-VN"]


async def test_taking_back_brings_it_back(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)
    await choices.choose(me, fund, "hidden", "other")

    await choices.take_back(me, fund)
    await choices.take_back(me, fund)

    assert (await shown(me))[0] == "Fund agri-VN"


async def test_a_block_is_silent_and_holds_for_both(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)
    await refresh.refresh(fund)

    await choices.choose(fund, me, "hidden", "block")

    assert "Fund agri-VN" not in await shown(me)
    assert "Startup agri-VN" not in await shown(fund, "startup")
    assert await choices.hidden_of(me) == []


async def test_other_reasons_hold_for_one_side(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)

    await choices.choose(fund, me, "hidden", "sector")

    assert "Fund agri-VN" in await shown(me)


async def test_an_investment_made_since_is_not_suggested(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)

    await make.investment(me, fund)

    assert "Fund agri-VN" not in await shown(me)


async def test_the_same_choice_again_changes_nothing(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)

    for choice, reason in (("saved", None), ("saved", "sector"), ("hidden", "sector"), ("hidden", "sector")):
        await choices.choose(me, fund, choice, reason)

    rows = await database.fetch(
        "SELECT choice, reason, rank, ended_at IS NULL AS open FROM suggestion_choice ORDER BY created_at, id"
    )
    assert [tuple(row) for row in rows] == [("saved", None, 1, False), ("hidden", "sector", 1, True)]


@pytest.mark.parametrize("reason", [None, "", "whatever"])
async def test_a_reason_is_needed(market, reason):
    with pytest.raises(choices.ReasonMissing):
        await choices.choose(market["startup-agri-VN"], market["fund-agri-VN"], "hidden", reason)

    assert await database.fetchval("SELECT count(*) FROM suggestion_choice") == 0


@pytest.mark.parametrize("code", choices.REASONS)
def test_every_reason_has_a_label(code):
    assert choices.reason_label(code) != code


async def test_first_choices_at_once_leave_one(committed):
    async with database.tx():
        me, fund = await make.startup(), await make.investor()

    await asyncio.gather(*(choices.choose(me, fund, "saved") for _ in range(10)))

    assert await database.fetchval("SELECT count(*) FROM suggestion_choice") == 1


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["startup"], ("investor", "incubator", "institute", "support")),
        (["project"], ("investor", "incubator", "institute", "support")),
        (["investor"], ("startup",)),
        (["incubator"], ("startup",)),
        (["company"], ("investor", "startup", "incubator", "institute", "support")),
        (["startup", "investor"], ("investor", "startup", "incubator", "institute", "support")),
        ([], ()),
    ],
)
def test_the_lists_of_an_organisation(kinds, expected):
    assert filters.lists_of(kinds) == expected


# --- two people, twice, and what is written down ------------------------------------------------------------------


async def opened() -> list[tuple[str, str | None]]:
    rows = await database.fetch("SELECT choice, reason FROM suggestion_choice WHERE ended_at IS NULL ORDER BY id")
    return [(row["choice"], row["reason"]) for row in rows]


async def test_what_was_decided_where_and_by_which_engine_is_written_down(market, person):
    me, fund = market["startup-agri-VN"], market["fund-agri-SG"]
    await refresh.refresh(me)

    await choices.choose(me, fund, "saved", by=person.id)

    written = await database.fetchrow("SELECT * FROM suggestion_choice")
    stood = await database.fetchrow("SELECT rank, model_version FROM suggestion WHERE candidate = $1", fund)
    assert (written["rank"], written["model_version"]) == tuple(stood)
    assert (written["person"], written["choice"], written["reason"]) == (person.id, "saved", None)


async def test_somebody_never_suggested_may_be_kept(market):
    me, other = market["startup-agri-VN"], market["startup-fin-SG"]
    await refresh.refresh(me)

    await choices.choose(me, other, "saved")

    written = await database.fetchrow("SELECT rank, model_version FROM suggestion_choice")
    assert tuple(written) == (None, None)
    assert "Startup fin-SG" not in await shown(me)


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        (["saved", "saved"], [("saved", None)]),
        (["saved", "sector"], [("hidden", "sector")]),
        (["sector", "saved"], [("saved", None)]),
        (["sector", "ticket"], [("hidden", "ticket")]),
        (["block", "other"], [("hidden", "other")]),
        (["saved", "back"], []),
        (["sector", "back", "back"], []),
        (["back"], []),
        (["sector", "back", "sector"], [("hidden", "sector")]),
    ],
)
async def test_the_last_word_counts(market, steps, left):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]

    for step in steps:
        if step == "back":
            await choices.take_back(me, fund)
        else:
            await choices.choose(me, fund, "saved" if step == "saved" else "hidden", None if step == "saved" else step)

    assert await opened() == left


async def test_what_was_ended_is_kept_with_its_time(market):
    """Nothing is deleted: a choice taken back is history that engines can be judged on."""
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await choices.choose(me, fund, "hidden", "sector")
    await choices.take_back(me, fund)
    await choices.choose(me, fund, "saved")

    rows = await database.fetch("SELECT choice, ended_at IS NULL AS open FROM suggestion_choice ORDER BY id")
    assert [tuple(row) for row in rows] == [("hidden", False), ("saved", True)]


async def test_two_people_of_one_organisation_share_their_choices(make_client, market, person):
    colleague = await make_person(name="Đồng nghiệp")
    me = market["startup-agri-VN"]
    for one in (person, colleague):
        await make.member(one, me, "editor")
    await refresh.refresh(me)
    slug, fund = await make.slug_of(me), await make.slug_of(market["fund-agri-VN"])

    first = await make_client(person).post(f"/suggestions/{slug}/{fund}/hide", data={"reason": "known"})
    second = await make_client(colleague).post(f"/suggestions/{slug}/{fund}/hide", data={"reason": "known"})
    page = await make_client(colleague).get("/suggestions")

    assert (first.status_code, second.status_code) == (303, 303)
    assert f'id="s-{fund}"' not in page.text
    assert "Hai bên đã biết nhau</span>" in page.text
    assert await database.fetchval("SELECT count(*) FROM suggestion_choice") == 1
    assert await database.fetchval("SELECT person FROM suggestion_choice") == person.id


async def test_two_organisations_choose_for_themselves(market):
    one, other, fund = market["startup-agri-VN"], market["startup-fin-VN"], market["fund-agri-VN"]
    for me in (one, other):
        await refresh.refresh(me)

    await choices.choose(one, fund, "hidden", "sector")

    assert ("Fund agri-VN" in await shown(one), "Fund agri-VN" in await shown(other)) == (False, True)


async def test_opposite_choices_at_once_leave_one_of_them(committed):
    async with database.tx():
        me, fund = await make.startup(), await make.investor()

    await asyncio.gather(
        *(choices.choose(me, fund, *choice) for choice in [("saved",), ("hidden", "sector"), ("hidden", "block")] * 4)
    )

    assert await database.fetchval("SELECT count(*) FROM suggestion_choice WHERE ended_at IS NULL") == 1


async def test_without_the_lock_first_choices_would_collide(committed):
    """The negative control: both find nothing open and both insert; the index refuses one of them."""
    async with database.tx():
        me, fund = await make.startup(), await make.investor()
    looked = asyncio.Barrier(2)

    async def choose_carelessly() -> None:
        async with database.tx() as con:
            await con.fetchrow("SELECT 1 FROM suggestion_choice WHERE organisation = $1 AND ended_at IS NULL", me)
            await looked.wait()
            await con.execute(
                "INSERT INTO suggestion_choice (id, organisation, candidate, choice)"
                " VALUES (gen_random_uuid(), $1, $2, 'saved')",
                *(me, fund),
            )

    found = await asyncio.gather(choose_carelessly(), choose_carelessly(), return_exceptions=True)

    assert [type(one) for one in found if one] == [asyncpg.UniqueViolationError]


async def test_what_was_put_away_is_listed_newest_first_and_not_without_end(market):
    me = market["startup-agri-VN"]
    for number in range(4):
        await choices.choose(me, await make.investor(f"Quỹ {number}"), "hidden", "other")
        await database.execute("UPDATE suggestion_choice SET created_at = created_at - interval '1 minute'")

    assert [one["name"] for one in await choices.hidden_of(me, limit=3)] == ["Quỹ 3", "Quỹ 2", "Quỹ 1"]


async def test_who_ended_since_is_not_listed_among_the_put_away(market):
    """Its page is gone, so there is nothing to take back."""
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await choices.choose(me, fund, "hidden", "sector")
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", fund)

    assert await choices.hidden_of(me) == []


async def test_the_next_one_moves_up_without_a_new_ranking(make_client, market, person):
    """Ten are shown of those that are stored; putting one away shows the eleventh, and nothing is asked for."""
    me = market["startup-agri-VN"]
    await make.member(person, me)
    for number in range(8):
        await make.investor(f"Quỹ thứ {number}", sectors=["agri"], country="VN")
    await refresh.refresh(me)
    await database.execute("DELETE FROM outbox")
    client, slug = make_client(person), await make.slug_of(me)
    order = [await make.slug_of(row["id"]) for row in await lists.suggested(me, "investor", 50)]

    drawn = await client.post(
        f"/suggestions/{slug}/{order[2]}/hide",
        data={"reason": "ticket"},
        headers={"HX-Request": "true", "HX-Target": "lists"},
    )

    assert re.findall(r'id="s-([^"]+)"', drawn.text) == [*order[:2], *order[3:11]]
    assert await database.fetchval("SELECT count(*) FROM outbox") == 0


@pytest.mark.parametrize(
    ("reason", "vi", "en"),
    [
        ("known", "Hai bên đã biết nhau", "We know each other already"),
        ("block", "Không bao giờ gợi ý hai bên cho nhau", "Never suggest us to each other"),
        ("geography", "Ngoài địa bàn", "Geography"),
    ],
)
def test_reasons_in_both_languages(reason, vi, en):
    assert choices.reason_label(reason) == vi
    with in_language("en"):
        assert choices.reason_label(reason) == en


@pytest.mark.parametrize("data", [{}, {"reason": ""}, {"reason": "x" * 5000}, {"reason": ["", ""]}, {"other": "1"}])
async def test_putting_away_without_a_known_reason_changes_nothing(make_client, market, person, data):
    me = market["startup-agri-VN"]
    await make.member(person, me)
    await refresh.refresh(me)
    slug, fund = await make.slug_of(me), await make.slug_of(market["fund-agri-VN"])

    answer = await make_client(person).post(f"/suggestions/{slug}/{fund}/hide", data=data)

    assert answer.status_code == 422
    assert await opened() == []
