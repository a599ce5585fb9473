"""Mentors and technologies that suit: who is shown to whom, on the page and as JSON."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.connections import pairing
from app.core import clock, db
from app.core.ids import new_id
from app.core.web import Actor
from app.demo import mentors as demo_mentors
from app.directory.persons import conflicts
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES
from tests.connections import make
from tests.directory.persons.make import mentor
from tests.factories import make_person


async def row(name: str, organisation: UUID, title: str, **values: Any) -> UUID:
    given = {"id": new_id(), "organisation": organisation, "title_vi": title, **values}
    places = ", ".join(f"${place}" for place in range(1, len(given) + 1))
    empty = (
        ["sectors", "technologies", "open_to"] if name == "technology_need" else ["sectors", "technologies", "forms"]
    )
    given = {**{one: [] for one in empty}, **given}
    places = ", ".join(f"${place}" for place in range(1, len(given) + 1))
    await db.execute(f"INSERT INTO {name} ({', '.join(given)}) VALUES ({places})", *given.values())
    return UUID(str(given["id"]))


async def agreed(actor: Actor, given: bool = True) -> None:
    version = PURPOSES["suggestions"].text.version if given else ""
    await consent.decide(actor.person_id, "suggestions", given, text_version=version)


async def guide(name: str = "Bùi Lan", skill: str = "sales") -> Actor:
    """A mentor who may be suggested: who knows something, in health, for early startups."""
    actor = await make_person(name)
    await mentor(actor, skill)
    await agreed(actor)
    return actor


async def titles(organisation: UUID, kind: str) -> list[str]:
    return [one.title for one in await pairing.paired(organisation, kind, 10)]


@pytest.fixture
async def seller(db: asyncpg.Connection) -> Actor:
    return await guide()


@pytest.fixture
async def startup(db: asyncpg.Connection) -> UUID:
    return await make.startup("Sổ tay bệnh viện", needs=["pilot_customer"], sectors=["health"], stage="early")


async def test_a_mentor_who_knows_what_is_needed_is_found_with_reasons_for_both(seller: Actor, startup: UUID) -> None:
    other = await make_person("Võ Kim")
    await mentor(other, "accounting_tax", sectors=["agri"], headline_vi="Kế toán", headline_en="Accounts")
    await agreed(other)
    found = await pairing.paired(startup, "mentor", 10)
    assert found[0].title == "Bùi Lan"
    assert {reason.code for reason in found[0].found.contributions} >= {"skills", "sectors", "stage"}


async def test_whoever_withdraws_is_paused_by_capacity_or_conflicted_is_gone_at_once(
    seller: Actor, startup: UUID
) -> None:
    rival = await make.startup("Đối thủ", needs=["pilot_customer"], sectors=["health"])
    await conflicts.put_conflict(seller, rival, "competitor")
    assert (await titles(startup, "mentor"), await titles(rival, "mentor")) == (["Bùi Lan"], [])
    await db.execute("UPDATE mentor_role SET mentees_most = 2, mentees_now = 2")
    assert await titles(startup, "mentor") == []
    await db.execute("UPDATE mentor_role SET mentees_now = 1")
    assert await titles(startup, "mentor") == ["Bùi Lan"]
    await agreed(seller, False)
    assert await titles(startup, "mentor") == []


async def test_technologies_meet_challenges_and_hard_limits_hold(db: asyncpg.Connection) -> None:
    factory, lab = await make.organisation("Nhà máy", ["company"]), await make.organisation("Viện", ["institute"])
    hidden = await make.organisation("Đã ẩn", ["institute"], hidden_at=clock.now(), hidden_reason="test")
    need = await row("technology_need", factory, "Đo độ mặn ao nuôi tôm", technologies=["iot"])
    for owner in (lab, hidden, factory):
        await row("technology_offer", owner, "Cảm biến độ mặn cho ao tôm", technologies=["iot"], trl=7)
    assert await titles(factory, "technology_offer") == ["Cảm biến độ mặn cho ao tôm"]
    assert await titles(lab, "technology_need") == ["Đo độ mặn ao nuôi tôm"]
    for column, value in (("open_to", ["startup"]), ("deadline", clock.now().date() - timedelta(days=2))):
        before = await db.fetchval(f"SELECT {column} FROM technology_need WHERE id = $1", need)
        await db.execute(f"UPDATE technology_need SET {column} = $2 WHERE id = $1", need, value)
        assert await titles(lab, "technology_need") == []
        await db.execute(f"UPDATE technology_need SET {column} = $2 WHERE id = $1", need, before)
    await db.execute("UPDATE organisation SET tiers = '{\"technology_need\": 4}' WHERE id = $1", factory)
    assert await titles(lab, "technology_need") == []


async def test_one_technology_that_answers_two_needs_is_shown_once_for_the_better(db: asyncpg.Connection) -> None:
    factory, lab = await make.organisation("Nhà máy", ["company"]), await make.organisation("Viện", ["institute"])
    await row("technology_need", factory, "Tự động hoá kho", technologies=["robotics"])
    await row("technology_need", factory, "Đo độ mặn", technologies=["iot"])
    await row("technology_offer", lab, "Cảm biến đo độ mặn", technologies=["iot"])
    [one] = await pairing.paired(factory, "technology_offer", 10)
    assert (one.title, one.owner, one.about) == ("Cảm biến đo độ mặn", "Viện", "Đo độ mặn")


async def test_which_lists_there_are_follows_from_the_kind_and_from_what_is_stated(db: asyncpg.Connection) -> None:
    lab, fund, startup = (
        await make.organisation("Viện", ["institute"]),
        await make.investor(),
        await make.startup(),
    )
    await row("technology_offer", lab, "Cảm biến")
    found = [
        await pairing.kinds_for(one, kinds)
        for one, kinds in ((lab, ["institute"]), (fund, ["investor"]), (startup, ["startup"]))
    ]
    assert found == [["technology_need"], [], ["mentor"]]


async def test_the_page_and_the_api_tell_the_same_in_both_languages(
    seller: Actor, startup: UUID, make_client: Any
) -> None:
    owner = await make_person("Chủ")
    await make.member(owner, startup)
    client = make_client(owner)
    slug = await make.slug_of(startup)
    shown = (await client.get(f"/suggestions/{slug}/others?kind=mentor")).text
    assert "Bùi Lan" in shown
    assert "Họ am hiểu điều bạn cần: Bán hàng" in shown
    [mentor_page] = re.findall(r'href="(/mentoring/mentors/[^"?]+)\?organisation=' + slug, shown)
    assert (await client.get(f"{mentor_page}?organisation={slug}")).status_code == 200
    answer = (await client.get(f"/api/v1/organisations/{startup}/pairings?kind=mentor")).json()
    assert [one["title"] for one in answer["items"]] == ["Bùi Lan"]
    texts = {one["code"]: one["text_en"] for one in answer["items"][0]["reasons"]}
    assert texts["skills"] == "They know what you need: Sales"
    wrong = await client.get(f"/api/v1/organisations/{startup}/pairings?kind=technology_need")
    assert wrong.status_code == 422
    assert f"/suggestions/{slug}/others?kind=mentor" in (await client.get(f"/suggestions?organisation={slug}")).text


async def test_nobody_else_reads_the_list_and_an_empty_one_says_what_to_do(startup: UUID, make_client: Any) -> None:
    owner, stranger = await make_person("Chủ"), await make_person("Lạ")
    await make.member(owner, startup)
    address = f"/suggestions/{await make.slug_of(startup)}/others"
    assert (await make_client(stranger).get(address)).status_code == 404
    assert (await make_client().get(address)).status_code in (302, 303, 401)
    assert "Hiện chưa có cố vấn để gợi ý" in (await make_client(owner).get(address)).text
    fund = await make.investor()
    await make.member(owner, fund)
    assert (await make_client(owner).get(f"/suggestions/{await make.slug_of(fund)}/others")).status_code == 404


async def test_the_mentors_of_the_demo_are_suggested(db: asyncpg.Connection, startup: UUID) -> None:
    async def unheard(_label: str, _share: float) -> None: ...

    await demo_mentors.load(unheard)
    assert len(await titles(startup, "mentor")) >= 5
