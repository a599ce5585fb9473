"""Where lists stand: every combination of "made", "asked for", "stale", "failed" and engine, and what the page does."""

from datetime import timedelta
from typing import Any

import pytest

from app.connections import access, asking, lists, refresh, versions
from app.core import clock
from app.core import db as database
from tests.connections import make

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
RECENT, LONG_AGO = 5 * SECOND, 5 * 60 * SECOND


async def set_run(organisation: Any, **values: Any) -> None:
    """The run's row with only these columns; a timedelta is so long ago."""
    values = {name: clock.now() - value if isinstance(value, timedelta) else value for name, value in values.items()}
    await database.execute("DELETE FROM suggestion_run WHERE organisation = $1", organisation)
    names = ", ".join(["organisation", *values])
    places = ", ".join(f"${place}" for place in range(1, len(values) + 2))
    await database.execute(f"INSERT INTO suggestion_run ({names}) VALUES ({places})", organisation, *values.values())


async def standing_of(person: Any, organisation: Any) -> lists.Standing:
    return await lists.standing(await access.listed_organisation_by_id_for(person, organisation))


@pytest.fixture
async def mine(market, person):
    await make.member(person, market["startup-agri-VN"])
    return market["startup-agri-VN"]


@pytest.mark.parametrize(
    ("run", "state", "wanted"),
    [
        ({}, "waiting", True),
        ({"requested_at": RECENT}, "waiting", False),
        ({"requested_at": 40 * SECOND}, "waiting", True),
        ({"requested_at": LONG_AGO}, "failed", False),
        ({"failed_at": RECENT}, "failed", False),
        ({"failed_at": RECENT, "requested_at": RECENT}, "failed", False),
    ],
)
async def test_before_there_are_lists(person, mine, run, state, wanted):
    await set_run(mine, **run)

    standing = await standing_of(person, mine)

    assert (standing.state, standing.wanted, standing.computed_at) == (state, wanted, None)
    assert standing.pending is (state == "waiting")


async def test_before_anybody_asked(person, mine):
    standing = await standing_of(person, mine)

    assert (standing.state, standing.wanted) == ("waiting", True)


@pytest.mark.parametrize(
    ("run", "state", "wanted"),
    [
        ({}, "ready", False),
        ({"requested_at": RECENT}, "renewing", False),
        ({"requested_at": 40 * SECOND}, "renewing", True),
        ({"requested_at": LONG_AGO}, "ready", True),
        ({"stale_at": RECENT}, "renewing", True),
        ({"stale_at": RECENT, "requested_at": RECENT}, "renewing", False),
        ({"stale_at": RECENT, "failed_at": RECENT}, "ready", True),
        ({"profile_version": 0}, "renewing", True),
        ({"model_version": "older"}, "renewing", True),
        ({"computed_at": 25 * HOUR}, "renewing", True),
        ({"computed_at": 23 * HOUR}, "ready", False),
        ({"failed_at": RECENT}, "ready", False),
    ],
)
async def test_with_lists(person, mine, run, state, wanted):
    version = (await versions.active()).version
    await set_run(mine, **{"computed_at": HOUR, "profile_version": 1, "model_version": version, **run})

    standing = await standing_of(person, mine)

    assert (standing.state, standing.wanted) == (state, wanted)
    assert standing.computed_at is not None


@pytest.mark.parametrize(
    ("run", "state"),
    [({}, "no_engine"), ({"requested_at": LONG_AGO}, "no_engine"), ({"failed_at": RECENT}, "no_engine")],
)
async def test_without_an_engine_nobody_is_to_blame(person, mine, run, state):
    await set_run(mine, **run)
    await database.execute("DELETE FROM engine_model")

    standing = await standing_of(person, mine)

    assert (standing.state, standing.wanted, standing.pending) == (state, False, False)


async def test_lists_outlive_their_engine(make_client, person, mine):
    """The file of the model is gone (another machine, a restored copy): what was made is still shown."""
    await refresh.refresh(mine)
    (await versions.active()).file.unlink()

    standing = await standing_of(person, mine)
    page = await make_client(person).get("/suggestions")

    assert (standing.state, standing.wanted) == ("ready", False)
    assert "Fund agri-VN" in page.text


@pytest.mark.parametrize(
    ("run", "words", "asked"),
    [
        ({}, "Đang tìm những bên phù hợp với bạn", 1),
        ({"requested_at": RECENT}, "Đang tìm những bên phù hợp với bạn", 0),
        ({"failed_at": RECENT}, "Chưa lập được gợi ý", 0),
        ({"requested_at": LONG_AGO}, "Chưa lập được gợi ý", 0),
    ],
)
async def test_the_page_and_the_panel_say_the_same(make_client, person, mine, run, words, asked):
    await set_run(mine, **run)
    client = make_client(person)

    page = await client.get("/suggestions")
    panel = await client.get(f"/organisations/{await make.slug_of(mine)}/suggestions-panel")

    assert words in page.text
    assert words in panel.text
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'") == asked


@pytest.mark.parametrize(
    ("run", "pending"), [({"requested_at": RECENT}, True), ({"failed_at": RECENT}, True), (None, True)]
)
async def test_the_api_says_pending_until_there_are_lists(make_client, person, mine, run, pending):
    if run:
        await set_run(mine, **run)

    body = (await make_client(person).get(f"/api/v1/organisations/{mine}/suggestions")).json()

    assert (body["items"], body["pending"], body["computed_at"]) == ([], pending, None)


async def test_after_a_failure_asking_by_hand_begins_anew(make_client, person, mine):
    await set_run(mine, failed_at=RECENT)
    slug = await make.slug_of(mine)

    await make_client(person).post(f"/suggestions/{slug}/refresh")

    assert (await standing_of(person, mine)).state == "waiting"
    await refresh.refresh(mine)
    assert (await standing_of(person, mine)).state == "ready"


async def test_asking_again_within_half_a_minute_costs_nothing(make_client, person, mine):
    client, slug = make_client(person), await make.slug_of(mine)

    for _ in range(5):
        await client.post(f"/suggestions/{slug}/refresh")
        await client.get("/suggestions")

    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'") == 1


async def test_an_unanswered_request_may_be_made_again(mine):
    await set_run(mine, requested_at=timedelta(seconds=asking.ASKING_AGAIN + 1))

    assert await asking.ask(mine) is True


async def test_nothing_is_asked_for_where_no_list_can_be(make_client, person, market):
    """An organisation of a kind without lists waits for nothing and asks for nothing twice."""
    strange = await make.organisation("Khác", ["other"])
    await make.member(person, strange)
    await refresh.refresh(strange)
    await database.execute("DELETE FROM outbox")

    page = await make_client(person).get(f"/suggestions?organisation={await make.slug_of(strange)}")

    assert "Loại tổ chức này không có danh sách gợi ý" in page.text
    assert 'hx-trigger="load' not in page.text.partition("<main")[2]
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'") == 0


async def test_an_empty_market_says_so(make_client, db, person):
    """One startup and nobody else: an answer, not an error, and a way on."""
    from app.connections import fitting

    alone = await make.startup("Một mình", sectors=["agri"], country="VN")
    await make.member(person, alone)
    assert await fitting.fit_now(prior=True) == "active"
    await refresh.refresh(alone)
    client = make_client(person)

    page = await client.get("/suggestions")
    panel = await client.get(f"/organisations/{await make.slug_of(alone)}/suggestions-panel")
    api = await client.get(f"/api/v1/organisations/{alone}/suggestions")

    assert "Hiện chưa có ai để gợi ý" in page.text
    assert 'href="/directory"' in page.text
    assert "Hiện chưa có ai để gợi ý" in panel.text
    assert (api.json()["items"], api.json()["pending"]) == ([], False)
