"""The list of mentors: filters with counts, words, pages, and nothing found by what one may not see."""

import unicodedata
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.web import NOBODY, Actor
from app.directory.fields import Tier
from app.directory.persons import access, asking, conflicts, mentors, profile, role
from app.directory.persons.asking import Asked, asked_from
from app.directory.seeing import ANY_MEMBER, EVERYBODY, Viewer
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES
from tests.conftest import MakeClient
from tests.directory.make import organisation
from tests.directory.persons.make import joined, listed, mentor, verified_member
from tests.factories import make_person


@pytest.fixture
async def three(db: asyncpg.Connection) -> dict[str, Actor]:
    """Sales in Hanoi who speaks English; patents in Đà Nẵng; sales on a break, in Singapore."""
    people = {name: await make_person(name) for name in ("Bùi Lan", "Đỗ Nam", "Võ Kim")}
    await mentor(people["Bùi Lan"], "sales", sectors=["fin", "health"], mentees_most=3, mentees_now=1)
    await mentor(
        people["Đỗ Nam"], "patents", sectors=["bio"], languages=["vi"], province_code="48", mode="on_site",
        fee_policy="paid", stages=["growth"],
    )  # fmt: skip
    await mentor(
        people["Võ Kim"], "sales", "export", sectors=["fin"], country="SG", province_code=None, roles=["judge"]
    )
    await role.pause(people["Võ Kim"], True)
    return people


async def names(query: dict[str, list[str]], viewer: Viewer = EVERYBODY) -> list[str]:
    asked, _unknown = asked_from(query)
    return [row["name"] for row in (await mentors.find(asked, viewer)).rows]


FILTERS: dict[str, tuple[dict[str, list[str]], list[str]]] = {
    "everybody, those on a break last": ({}, ["Bùi Lan", "Đỗ Nam", "Võ Kim"]),
    "expertise": ({"expertise": ["sales"]}, ["Bùi Lan", "Võ Kim"]),
    "one of two": ({"expertise": ["export", "patents"]}, ["Đỗ Nam", "Võ Kim"]),
    "two facets": ({"expertise": ["sales"], "language": ["en"], "room": ["yes"]}, ["Bùi Lan"]),
    "industry": ({"sector": ["bio"]}, ["Đỗ Nam"]),
    "stage": ({"stage": ["growth"]}, ["Đỗ Nam"]),
    "role": ({"role": ["judge"]}, ["Võ Kim"]),
    "province": ({"province": ["01"]}, ["Bùi Lan"]),
    "province by name": ({"province": ["da nang"]}, ["Đỗ Nam"]),
    "mode": ({"mode": ["online"]}, ["Bùi Lan", "Võ Kim"]),
    "free": ({"fee": ["free"]}, ["Bùi Lan", "Võ Kim"]),
    "room": ({"room": ["yes"]}, ["Bùi Lan", "Đỗ Nam"]),
    "a label for a code": ({"expertise": ["Bán hàng"]}, ["Bùi Lan", "Võ Kim"]),
    "words without accents": ({"q": ["do nam"]}, ["Đỗ Nam"]),
    "words in NFD": ({"q": [unicodedata.normalize("NFD", "Đỗ Nam")]}, ["Đỗ Nam"]),
    "the word of a vocabulary": ({"q": ["fintech"]}, ["Bùi Lan", "Võ Kim"]),
    "the other language's": ({"q": ["sales"]}, ["Bùi Lan", "Võ Kim"]),
    "nobody": ({"expertise": ["esg"]}, []),
    "signs only": ({"q": ["%_"]}, []),
    "checked": ({"vetted": ["yes"]}, []),
}


@pytest.mark.parametrize(("query", "expected"), FILTERS.values(), ids=FILTERS.keys())
async def test_filters_find_whom_they_say(
    three: dict[str, Actor], query: dict[str, list[str]], expected: list[str]
) -> None:
    assert await names(query) == expected


async def test_counts_beside_a_facet_leave_itself_out(three: dict[str, Actor]) -> None:
    asked, _unknown = asked_from({"expertise": ["patents"]})
    found = await mentors.find(asked, EVERYBODY)

    options = {facet: {option.value: option.count for option in found.facets[facet]} for facet in asking.FACETS}
    assert found.total == 1
    assert options["expertise"] == {"patents": 1, "sales": 2, "export": 1}
    assert options["province"] == {"48": 1}
    assert found.facets["expertise"][0].value == "patents"
    everybody = await mentors.find(Asked(), EVERYBODY)
    for facet in ("expertise", "sector", "language", "fee", "room"):
        for option in everybody.facets[facet]:
            narrowed = await mentors.find(Asked(chosen=((facet, (option.value,)),)), EVERYBODY)
            assert narrowed.total == option.count, (facet, option.value)


async def test_a_full_mentor_has_no_room_for_those_who_may_know(three: dict[str, Actor]) -> None:
    """The number is for members: for the public the filter goes by what the public knows."""
    await profile.edit_profile(three["Bùi Lan"], {"mentees_now": 3})

    assert await names({"room": ["yes"]}, ANY_MEMBER) == ["Đỗ Nam"]
    assert await names({"room": ["yes"]}) == ["Bùi Lan", "Đỗ Nam"]


async def test_what_is_for_members_is_found_by_members_only(three: dict[str, Actor]) -> None:
    await profile.set_tiers(three["Bùi Lan"], {"languages": 1, "bio_vi": 2})
    await profile.edit_profile(three["Bùi Lan"], {"bio_vi": "Kinh nghiệm blockchain", "languages": ["ja"]})

    assert await names({"language": ["ja"]}) == []
    assert await names({"language": ["ja"]}, ANY_MEMBER) == ["Bùi Lan"]
    assert await names({"q": ["blockchain"]}, ANY_MEMBER) == []
    facets = (await mentors.find(Asked(), EVERYBODY)).facets["language"]
    assert "ja" not in [option.value for option in facets]


async def test_who_is_listed_without_a_role_or_conduct_is_no_mentor(db: asyncpg.Connection) -> None:
    without = await make_person("Không vai trò")
    await listed(without)
    await profile.edit_profile(without, {"roles": ["mentor"]})
    assert await names({}) == []

    other = await make_person("Thôi cố vấn")
    await mentor(other, "sales")
    await role.give_up(other)
    assert await names({}) == []
    await profile.edit_profile(other, {"bio_vi": "Vẫn ở đây"})
    assert await names({}) == []


@pytest.mark.parametrize("count", [1, 3])
async def test_the_page_asks_as_many_queries_for_one_as_for_three(
    db: asyncpg.Connection, make_client: MakeClient, count: int
) -> None:
    for number in range(count):
        await mentor(await make_person(f"Người {number}"), "sales", "export")
    with database.count_queries() as log:
        answer = await make_client().get("/mentors?expertise=sales")
    assert answer.text.count('class="card card-link person-card"') == count
    assert len(log) == 2
    member = await make_person("Thành viên")
    with database.count_queries() as log:
        await make_client(member).get("/people/nguoi-0")
    assert len(log) <= 8


async def test_pages_follow_each_other_without_gaps_or_repeats(db: asyncpg.Connection) -> None:
    for number in range(7):
        actor = await make_person(f"Người {number % 3}")
        await mentor(actor, "sales")
        if number == 2:
            await role.pause(actor, True)
    seen: list[str] = []
    asked = Asked()
    for _page in range(4):
        found = await mentors.find(asked, EVERYBODY, limit=2)
        seen += [row["slug"] for row in found.rows]
        if found.next_cursor is None:
            break
        asked = Asked(cursor=found.next_cursor)

    assert seen == [row["slug"] for row in (await mentors.find(Asked(), EVERYBODY, limit=9)).rows]
    assert (len(seen), len(set(seen)), seen[-1]) == (7, 7, "nguoi-2")


@pytest.mark.parametrize("cursor", ["x", "=", "WzEsMl0", "W10", mentors._pack([1, "\x00", str(UUID(int=1))]), "ữ" * 40])
async def test_a_place_that_is_none_is_the_beginning(three: dict[str, Actor], cursor: str) -> None:
    assert len((await mentors.find(Asked(cursor=cursor), EVERYBODY)).rows) == 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*asking.FACETS, "q", "cursor"]), st.lists(st.text(max_size=20), max_size=4)))
def test_any_address_means_something_and_leads_back_to_itself(query: dict[str, list[str]]) -> None:
    asked, _unknown = asked_from(query)
    again, unknown = asked_from(_query_of(asked.url()))
    assert (again.q, again.chosen, unknown) == (asked.q, asked.chosen, [])


def _query_of(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query, keep_blank_values=True)


async def test_addresses_of_neighbours_take_one_filter_away(three: dict[str, Actor]) -> None:
    asked, unknown = asked_from({"q": ["kim"], "fee": ["free", "nonsense"], "expertise": ["sales,export"]})
    assert unknown == ["nonsense"]
    assert asked.without("expertise", "sales") == "/mentors?q=kim&expertise=export&fee=free"
    assert asked.without_filters() == "/mentors?q=kim"


# --- the API --------------------------------------------------------------------------------------------------------


async def test_the_api_lists_pages_and_says_what_is_wrong(three: dict[str, Actor], make_client: MakeClient) -> None:
    client = make_client()
    first = (await client.get("/api/v1/mentors?limit=2")).json()
    rest = (await client.get(f"/api/v1/mentors?limit=2&cursor={first['next_cursor']}")).json()

    assert [item["name"] for item in first["items"] + rest["items"]] == ["Bùi Lan", "Đỗ Nam", "Võ Kim"]
    assert (first["total"], rest["next_cursor"], rest["items"][0]["paused"]) == (3, None, True)
    assert first["items"][0]["expertise"] == ["sales"]
    for wrong, field in (("fee=zzz", "fee"), ("limit=0", "limit"), ("limit=x", "limit"), ("limit=101", "limit")):
        answer = await client.get(f"/api/v1/mentors?{wrong}")
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])
    assert (await client.get(f"/api/v1/people/{UUID(int=1)}")).status_code == 404


# --- the engine -----------------------------------------------------------------------------------------------------


async def agree_to_suggestions(actor: Actor) -> None:
    await consent.decide(actor.person_id, "suggestions", True, text_version=PURPOSES["suggestions"].text.version)


async def suggested() -> set[str]:
    return {facts.name for facts in await mentors.mentors_for_engine()}


async def test_the_engine_gets_only_who_agreed_is_listed_works_and_has_room(three: dict[str, Actor]) -> None:
    assert await suggested() == set()
    for actor in three.values():
        await agree_to_suggestions(actor)
    assert await suggested() == {"Bùi Lan", "Đỗ Nam"}

    await profile.edit_profile(three["Bùi Lan"], {"mentees_now": 3})
    assert await suggested() == {"Đỗ Nam"}
    await consent.decide(three["Đỗ Nam"].person_id, "suggestions", False)
    assert await suggested() == set()
    await role.pause(three["Võ Kim"], False)
    assert await suggested() == {"Võ Kim"}
    await consent.decide(three["Võ Kim"].person_id, "profile", False)
    assert await suggested() == set()


async def test_the_engine_learns_capacity_and_whom_never_to_bring_together(three: dict[str, Actor]) -> None:
    lan = three["Bùi Lan"]
    await agree_to_suggestions(lan)
    owner = await make_person("Chủ")
    own, rival, other = [(await organisation(owner, name)).id for name in ("Nhà mình", "Đối thủ", "Khác")]
    await joined(lan, own)
    await conflicts.put_conflict(lan, rival, "competitor")

    (facts,) = await mentors.mentors_for_engine()

    assert (facts.capacity, facts.expertise, facts.never_with) == (
        2,
        (("sales", "hands_on", 5),),
        frozenset({own, rival}),
    )
    assert other not in facts.never_with
    assert ("mentees_most" in facts.public, "sectors" in facts.public) == (False, True)


async def test_an_empty_list_says_what_to_do(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client()
    empty, none = (await client.get("/mentors")).text, (await client.get("/mentors?fee=free&q=zz")).text
    assert "Chưa có ai ở đây" in empty
    assert "Không ai hợp tất cả điều kiện này" in none
    part = await client.get("/mentors?fee=free", headers={"HX-Request": "true"})
    assert part.headers["HX-Push-Url"] == "/mentors?fee=free"
    assert part.text.count('id="facets"') == 1


async def test_nobody_in_particular_sees_as_the_public(db: asyncpg.Connection) -> None:
    assert await access.viewer_of(NOBODY) == EVERYBODY
    assert await access.viewer_of(await verified_member()) == Viewer(tier=Tier.VERIFIED)
