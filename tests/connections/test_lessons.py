"""Answers about mentors, technologies and supporters change how much points count; mentors have prices."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.connections import fitting, learning, lessons, pair_choices, pair_log, pairing, prior_markets, refresh
from app.connections import market as stored
from app.core import clock
from app.core import db as database
from app.core.web import Actor
from app.people.rights.subject import erasers, subject_of
from matching.adjusted import Learned
from matching.adjusting import FEWEST
from matching.suggestions import DRAWN_FROM
from tests.connections import make
from tests.connections.test_pairing import agreed
from tests.directory.persons.make import mentor
from tests.factories import make_person

JUDGED = {"loss": 1.0, "mrr": 0.4, "p": {"calibration_error": 0.01, "brier": 0.08, "reliability": []}}
SKILLED, NEAR = {"skills": 2.5}, {"sectors": 1.5, "near": 0.7}


async def answers(kind: str, organisation: UUID, number: int, liked: dict[str, float], other: dict[str, float]) -> None:
    """So many times somebody was asked who stood second, behind somebody with other points; one day after another."""
    shown = [
        {"rank": 2, "parts": liked},
        *({"rank": rank, "parts": other} for rank in (1, 3, 4)),
    ]
    await database.execute(
        "INSERT INTO pairing_answer (id, kind, organisation, candidate, source, source_id, rank, shown, answer,"
        " asked_at, looked_at) SELECT gen_random_uuid(), $1, $2, gen_random_uuid(), 'booking', gen_random_uuid(), 2,"
        " $3, 'asked', now() - make_interval(days => n), now() FROM generate_series(1, $4) n",
        *(kind, organisation, shown, number),
    )


async def ready(name: str, *expertise: str, **values: Any) -> Actor:
    actor = await make_person(name)
    await mentor(actor, *expertise, **values)
    await agreed(actor)
    return actor


@pytest.fixture
async def startup(db: asyncpg.Connection) -> UUID:
    return await make.startup("Sổ tay bệnh viện", needs=["pilot_customer"], sectors=["health"], stage="early")


@pytest.fixture
async def two(db: asyncpg.Connection) -> tuple[Actor, Actor]:
    """One who knows what is needed and works elsewhere, and one of the same sector who knows something else."""
    seller = await ready("Bùi Lan", "sales", sectors=["agri"], stages=[], headline_vi="Nông sản", headline_en="Farms")
    insider = await ready("Võ Kim", "accounting_tax", sectors=["health"], stages=["early"])
    return seller, insider


async def names(startup: UUID) -> list[str]:
    return [one.title for one in await pairing.paired(startup, "mentor", 10)]


async def test_what_people_answer_changes_the_order_and_the_reasons_still_sum_up(
    two: tuple[Actor, Actor], startup: UUID
) -> None:
    before = await names(startup)
    liked, other = (NEAR, SKILLED) if before[0] == "Bùi Lan" else (SKILLED, NEAR)
    await answers("mentor", startup, 200, liked, other)

    assert await learning.learn_all() == {"mentor": "active"}

    assert await names(startup) == before[::-1]
    for one in await pairing.paired(startup, "mentor", 10):
        parts = sum(reason.contribution for reason in one.found.contributions)
        assert one.found.score == pytest.approx(one.found.base + parts)
        assert one.prior.score != one.found.score


async def test_the_same_answers_again_change_nothing_and_new_ones_retire_the_old(startup: UUID) -> None:
    await answers("mentor", startup, FEWEST + 60, SKILLED, NEAR)
    assert await learning.learn_all() == {"mentor": "active"}
    assert await learning.learn_all() == {}
    await answers("mentor", startup, 30, SKILLED, NEAR)
    assert await learning.learn_all() == {"mentor": "active"}
    states = [row["status"] for row in await database.fetch("SELECT status FROM pairing_weights ORDER BY made_at, id")]
    assert states == ["retired", "active"]


async def test_where_too_few_answers_are_left_the_published_weights_stand_again(startup: UUID) -> None:
    await answers("mentor", startup, FEWEST + 60, SKILLED, NEAR)
    await learning.learn_all()
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", startup)
    assert await learning.learn_all() == {"mentor": "retired"}
    assert (await lessons.in_use("mentor"), await learning.learn_all()) == (None, {})
    await database.execute("UPDATE organisation SET ended_at = NULL, ended_reason = NULL WHERE id = $1", startup)
    assert await learning.learn_all() == {"mentor": "active"}


async def test_a_kind_that_cannot_be_read_does_not_stop_the_others(startup: UUID) -> None:
    await answers("mentor", startup, FEWEST + 60, SKILLED, NEAR)
    await answers("technology_offer", startup, 1, SKILLED, NEAR)
    await database.execute("UPDATE pairing_answer SET shown = '[{\"rank\": \"x\"}]' WHERE kind = 'technology_offer'")
    assert await learning.learn_all() == {"mentor": "active", "technology_offer": "failed"}


async def test_few_answers_and_those_of_another_kind_leave_the_published_weights(startup: UUID) -> None:
    await answers("mentor", startup, FEWEST - 1, SKILLED, NEAR)
    await answers("technology_offer", startup, FEWEST + 60, SKILLED, NEAR)
    assert await learning.learn_all() == {"technology_offer": "active"}
    assert await lessons.in_use("mentor") is None
    assert list(await lessons.all_in_use()) == ["technology_offer"]


async def test_a_lesson_that_tells_the_latest_answers_worse_is_kept_for_the_staff_and_not_used(
    startup: UUID, make_client: Any
) -> None:
    """The oldest three quarters liked one thing, the latest the other."""
    await answers("mentor", startup, 300, SKILLED, NEAR)
    turned = [{"rank": 2, "parts": NEAR}, {"rank": 1, "parts": SKILLED}]
    await database.execute(
        "UPDATE pairing_answer SET shown = $1 WHERE asked_at > now() - interval '75 days'",
        turned,
    )
    card = {"choices": 100, "later": 25, "gain": 0.1, "error": 0.02, "prior": JUDGED, "fit": JUDGED}
    await lessons.put_in_use("mentor", Learned({"skills": 2.0}), card)

    assert await learning.learn_all() == {"mentor": "refused"}

    assert await lessons.in_use("mentor") == Learned({"skills": 2.0})  # the old one stays
    page = (await make_client(await make_person("Quản trị", roles=("admin",))).get("/staff/engine")).text
    assert "Học từ phản hồi" in page
    assert "Bị từ chối" in page


async def test_supporters_are_weighed_too_and_what_is_stored_keeps_the_published_part(market: dict[str, UUID]) -> None:
    me = market["startup-agri-VN"]
    await refresh.refresh(me)
    before = await reasons(me)
    await lessons.put_in_use("incubator", Learned(dict.fromkeys(before, 2.0)), {})

    await database.execute("UPDATE suggestion_run SET stale_at = now()")
    await refresh.refresh(me)

    after = await reasons(me)
    assert {code: one["prior"] for code, one in after.items()} == pytest.approx(
        {code: one["contribution"] for code, one in before.items()}, abs=1e-4
    )
    assert all(one["contribution"] == pytest.approx(2 * one["prior"], abs=2e-4) for one in after.values())


async def reasons(organisation: UUID) -> dict[str, dict[str, Any]]:
    """Of the incubator that suits best."""
    found = await database.fetchval(
        "SELECT reasons FROM suggestion WHERE organisation = $1 AND kind = 'incubator' ORDER BY rank LIMIT 1",
        organisation,
    )
    return {reason["code"]: reason for reason in found}


# --- prices of mentors ------------------------------------------------------------------------------------------------


@pytest.fixture
async def crowd(db: asyncpg.Connection) -> dict[str, UUID]:
    """Twenty-four startups that need to sell, one mentor who knows how, eleven who know it less."""
    for number in range(24):
        await make.startup(f"S{number}", needs=["pilot_customer"], sectors=["health"], stage="early", sample=True)
    star = await ready("Ngôi Sao", "sales", "market_fit", sectors=["health"])
    others = [await ready(f"Cố vấn {number:02}", "sales", sectors=["agri"]) for number in range(11)]
    return {"star": star.person_id, **{str(n): one.person_id for n, one in enumerate(others)}}


async def run() -> dict[UUID, stored.Price]:
    cleared = await prior_markets.clear("mentor", "v1")
    assert cleared is not None
    await stored.put_in_use(cleared)
    return await stored.prices_of_mentors()


async def test_who_is_sought_by_all_is_dearer_and_a_price_moves_slowly(crowd: dict[str, UUID]) -> None:
    first = await run()
    second = await run()

    assert set(first) == set(crowd.values())
    assert first[crowd["star"]].price == max(one.price for one in first.values()) > 0
    assert all(abs(second[one].price - first[one].price) <= 0.02 + 1e-6 for one in first)
    runs = await database.fetch("SELECT ended_at IS NULL AS used FROM market_run WHERE kind = 'mentor'")
    assert sorted(row["used"] for row in runs) == [False, True]
    assert await database.fetchval("SELECT count(*) FROM market_list") == 0


async def test_a_price_lowers_a_place_and_never_a_score(crowd: dict[str, UUID]) -> None:
    startup = await make.startup("Mới", needs=["pilot_customer"], sectors=["health"], stage="early")
    before = {one.title: one for one in await pairing.paired(startup, "mentor", 50)}
    assert all(one.worth == one.found.score for one in before.values())
    await run()
    await database.execute("UPDATE mentor_price SET price = 0.15 WHERE person = $1", crowd["star"])

    after = {one.title: one for one in await pairing.paired(startup, "mentor", 50)}

    assert after["Ngôi Sao"].found.score == before["Ngôi Sao"].found.score
    assert after["Ngôi Sao"].worth == pytest.approx(before["Ngôi Sao"].worth - 0.15 / stored.SLOPE)


async def test_one_of_ten_places_is_drawn_by_lot_and_says_so(
    crowd: dict[str, UUID], make_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ready("Cố vấn cuối", "team", sectors=["health"])
    startup = await make.startup("Mới", needs=["pilot_customer"], sectors=["health"], stage="early")
    owner = await make_person("Chủ")
    await make.member(owner, startup)

    first, again = [await pairing.paired(startup, "mentor", 10) for _ in range(2)]

    assert [one.title for one in first] == [one.title for one in again]
    [place] = [number for number, one in enumerate(first) if one.explored]
    assert place >= DRAWN_FROM - 1
    assert 0 < first[place].lot <= 1
    everybody = await pairing.paired(startup, "mentor", 50)
    assert len({one.found.candidate_id for one in everybody}) == len(everybody) == 13
    shown = (await make_client(owner).get(f"/suggestions/{await make.slug_of(startup)}/others?kind=mentor")).text
    assert shown.count("Lấy từ phía dưới danh sách") == 1


async def test_another_day_somebody_else_is_drawn(crowd: dict[str, UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        await ready(f"Cố vấn cuối {number}", "team", sectors=["health"])
    startup = await make.startup("Mới", needs=["pilot_customer"], sectors=["health"], stage="early")
    today, drawn = clock.now(), set()
    for days in range(12):
        monkeypatch.setattr(clock, "now", lambda days=days: today + timedelta(days=days))
        drawn |= {one.title for one in await pairing.paired(startup, "mentor", 10) if one.explored}
    assert len(drawn) > 1


async def test_without_mentors_or_without_companies_no_run_is_in_use(crowd: dict[str, UUID]) -> None:
    await run()
    await database.execute("UPDATE mentor_role SET paused_at = now()")
    assert await prior_markets.clear("mentor", "v1") is None
    await fitting._see_to_priors()
    assert await stored.prices_of_mentors() == {}


async def test_a_mentor_who_goes_has_no_price_any_more(crowd: dict[str, UUID]) -> None:
    await run()
    await erasers["connections"](await subject_of(crowd["star"]))
    assert set(await stored.prices_of_mentors()) == set(crowd.values()) - {crowd["star"]}


async def test_a_market_in_which_nobody_takes_requests_does_not_stop_the_others(market: dict[str, UUID]) -> None:
    await database.execute("UPDATE organisation SET sample = true")
    await database.execute(
        "INSERT INTO matching_preference (organisation, accepts) SELECT id, 'closed' FROM organisation"
        " WHERE kinds @> ARRAY['incubator']"
    )
    await fitting._see_to_priors()
    run = (await stored.in_use())["incubator"]
    assert await stored.prices_of(run, [row["id"] for row in await database.fetch("SELECT id FROM organisation")]) == {}


async def test_whom_somebody_has_put_away_is_not_priced_by_them(crowd: dict[str, UUID]) -> None:
    before = (await run())[crowd["star"]]
    owner = await make_person("Chủ")
    for row in await database.fetch("SELECT id FROM organisation WHERE kinds @> ARRAY['startup']"):
        await pair_choices.put_away(row["id"], "mentor", crowd["star"], "sector", owner.person_id)
    after = (await run())[crowd["star"]]
    assert (before.lists > 0, after.lists) == (True, 0)


async def test_one_that_fails_leaves_the_other(crowd: dict[str, UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_kind: str) -> None:
        raise ValueError("no")

    monkeypatch.setattr(pair_log, "read", broken)
    await fitting._see_to_priors()
    assert len(await stored.prices_of_mentors()) == 12


async def test_supporters_have_prices_too_and_lists_are_made_with_them(market: dict[str, UUID]) -> None:
    for number in range(20):
        await make.startup(f"S{number}", sectors=["agri"], country="VN", needs=["mentoring"], sample=True)
    for number in range(5):
        await make.organisation(f"Vườn {number}", ["incubator"], sectors=["agri"], country="VN" if number else "SG")
    await database.execute("UPDATE organisation SET sample = true")
    await fitting._see_to_priors()
    run = (await stored.in_use())["incubator"]

    prices = await stored.prices_of(run, [row["id"] for row in await database.fetch("SELECT id FROM organisation")])
    await refresh.refresh(market["startup-agri-VN"])

    assert len(prices) == 6
    assert "institute" not in await stored.in_use()
    listed = await database.fetch(
        "SELECT candidate FROM suggestion WHERE organisation = $1 AND kind = 'incubator' ORDER BY rank",
        market["startup-agri-VN"],
    )
    assert {row["candidate"] for row in listed} <= set(prices)
    assert len(await stored.listed_for(run, market["startup-agri-VN"])) == 6
