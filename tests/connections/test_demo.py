"""The demo's first lists: at once, by the prior, ranked where they were fitted; a second run changes nothing."""

from app.connections import engine_process, ranking, versions
from app.core import db as database
from app.demo import connections
from tests.connections import make


async def test_the_demo_has_lists_at_once_and_asks_for_the_fit(market, person):
    await database.execute("DELETE FROM engine_model")
    await make.member(person, market["startup-agri-VN"])
    await make.member(person, market["fund-fin-SG"])
    told = []

    async def report(label, part):
        told.append((label, part))

    await connections.load(report)

    assert (await make.listed(market["startup-agri-VN"], "investor"))[0] == "Fund agri-VN"
    assert (await make.listed(market["startup-agri-VN"], "incubator")) == ["Vườn ươm"]
    assert (await make.listed(market["fund-fin-SG"], "startup"))[0] == "Startup fin-SG"
    assert told == [("suggestions", part) for part in (0.0, 0.5, 0.75, 1.0, 1.0)]
    assert (await versions.active()).prior is True
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.fit'") == 1
    assert (engine_process._loaded, ranking._here) == ({}, False)


async def test_loading_it_again_changes_nothing(market, person):
    await make.member(person, market["startup-agri-VN"])

    async def report(_label, _part):
        return None

    await connections.load(report)
    before = await database.fetch("SELECT * FROM suggestion ORDER BY id")
    await connections.load(report)

    assert await database.fetch("SELECT * FROM suggestion ORDER BY id") == before
    assert await database.fetchval("SELECT count(*) FROM engine_model") == 1


async def test_who_changed_since_the_fit_is_ranked_as_now_in_this_process_too(market, person):
    await database.execute("DELETE FROM engine_model")
    await make.member(person, market["startup-agri-VN"])
    late = []

    async def report(_label, part):
        if part == 0.5:
            late.append(await make.investor("Quỹ vừa đến", sectors=["agri"], country="VN"))

    await connections.load(report)

    assert "Quỹ vừa đến" in await make.listed(market["startup-agri-VN"], "investor")
