"""Who may do what: every route of this subject, tried by everybody. A new route has to be entered here."""

import re
from collections.abc import Awaitable, Callable

import pytest

from app.connections import api, pair_choices, refresh, routes
from app.core import db as database
from app.core.web import Actor
from tests.connections import make
from tests.connections.test_pairing import guide
from tests.event_factories import make_event
from tests.factories import make_person

PEOPLE = (
    "nobody",
    "stranger",
    "other's owner",
    "former owner",
    "viewer",
    "editor",
    "owner",
    "desk",
    "organizer",
    "admin",
    "owner by token",
)
OWN = ("viewer", "editor", "owner", "admin", "owner by token")
"""Who may read an organisation's lists."""
DECIDING = ("editor", "owner", "admin", "owner by token")

READ = {name: 200 if name in OWN else 404 for name in PEOPLE}
DECIDE = {name: 303 if name in DECIDING else 403 if name == "viewer" else 404 for name in PEOPLE}
STAFF = {name: 200 if name == "admin" else 403 for name in PEOPLE}

EXPECTED: dict[tuple[str, str], dict[str, int]] = {
    ("GET", "/suggestions"): READ,
    ("GET", "/organisations/{slug:str}/suggestions-panel"): READ,
    ("POST", "/suggestions/{slug:str}/refresh"): {name: 303 if name in OWN else 404 for name in PEOPLE},
    ("POST", "/suggestions/{slug:str}/{candidate:str}/save"): DECIDE,
    ("POST", "/suggestions/{slug:str}/{candidate:str}/hide"): DECIDE,
    ("POST", "/suggestions/{slug:str}/{candidate:str}/restore"): DECIDE,
    ("GET", "/suggestions/{slug:str}/use"): READ,
    ("POST", "/suggestions/{slug:str}/use"): {
        name: 303 if name in DECIDING else 403 if name == "viewer" else 404 for name in PEOPLE
    },
    ("GET", "/suggestions/{slug:str}/mails"): {**READ, "admin": 404},
    ("POST", "/suggestions/{slug:str}/mails"): {
        name: 303 if name in OWN and name != "admin" else 404 for name in PEOPLE
    },
    ("GET", "/mentoring/use"): dict.fromkeys(PEOPLE, 200),
    ("POST", "/mentoring/use"): dict.fromkeys(PEOPLE, 404),  # nobody of them is a mentor
    ("GET", "/staff/engine"): STAFF,
    ("POST", "/staff/engine/fit"): {name: 303 if name == "admin" else 403 for name in PEOPLE},
    ("GET", "/api/v1/organisations/{organisation_id:uuid}/suggestions"): READ,
    ("GET", "/suggestions/{slug:str}/others"): READ,
    ("POST", "/suggestions/{slug:str}/others/{kind:str}/{candidate:uuid}/hide"): DECIDE,
    ("POST", "/suggestions/{slug:str}/others/{kind:str}/{candidate:uuid}/restore"): DECIDE,
    ("GET", "/api/v1/organisations/{organisation_id:uuid}/pairings"): READ,
    ("GET", "/events/{slug:str}/whom-to-meet"): dict.fromkeys(PEOPLE, 200),
}
NOBODY = {True: 401, False: 303}
"""What somebody who is not signed in gets, by whether it is the API."""


def all_routes() -> set[tuple[str, str]]:
    return {
        (method, route.path)
        for router in (routes.router, api.router)
        for route in router.routes
        for handler in route.route_handlers  # type: ignore[union-attr]
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }


def test_every_route_is_in_the_table() -> None:
    assert all_routes() == set(EXPECTED)


@pytest.fixture
async def cast(market) -> Callable[[str], Awaitable[Actor | None]]:
    """Somebody by the name in the table; the organisation in question is the startup of farming in Vietnam."""
    mine, other = market["startup-agri-VN"], market["fund-fin-SG"]
    await refresh.refresh(mine)

    async def found(name: str) -> Actor | None:
        if name == "nobody":
            return None
        person = await make_person(roles=[name] if name in ("desk", "organizer", "admin") else [])
        if name in ("viewer", "editor", "owner"):
            await make.member(person, mine, name)
        elif name == "other's owner":
            await make.member(person, other)
        elif name == "former owner":
            await make.member(person, mine)
            await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", person.id)
        elif name == "owner by token":
            await make.member(person, mine)
            return Actor(id=person.id, name=person.name, email=person.email, locale="vi", via="token")
        return person

    return found


@pytest.mark.parametrize("name", PEOPLE)
async def test_who_may_do_what(make_client, market, cast, name):
    slug, fund = await make.slug_of(market["startup-agri-VN"]), await make.slug_of(market["fund-agri-VN"])
    client = make_client(await cast(name))
    values = {"slug": slug, "candidate": fund, "organisation_id": str(market["startup-agri-VN"])}

    found = {}
    event = (await make_event()).slug
    adviser = await guide()
    for method, path in EXPECTED:
        said = values | {"slug": event} if path.startswith("/events/") else values
        if "/others/" in path:
            said = values | {"kind": "mentor", "candidate": str(adviser.id)}
        address = re.sub(r"\{(\w+):\w+\}", lambda match, said=said: said[match[1]], path)
        if path == "/suggestions":
            address += f"?organisation={slug}"
        body = {"data": {"reason": "sector"}} if method == "POST" else {}
        found[method, path] = (await client.request(method, address, **body)).status_code

    expected = {
        route: NOBODY[route[1].startswith("/api/")] if name == "nobody" else by_name[name]
        for route, by_name in EXPECTED.items()
    }
    assert found == expected


@pytest.mark.parametrize("name", [name for name in PEOPLE if name not in DECIDING])
async def test_who_may_not_decide_changes_nothing(make_client, market, cast, name):
    slug, fund = await make.slug_of(market["startup-agri-VN"]), await make.slug_of(market["fund-agri-VN"])
    client = make_client(await cast(name))
    await database.execute(
        "INSERT INTO suggestion_choice (id, organisation, candidate, choice)"
        " VALUES (gen_random_uuid(), $1, $2, 'saved')",
        *(market["startup-agri-VN"], market["fund-agri-VN"]),
    )
    adviser, other = await guide(), await guide("Võ Kim")
    await pair_choices.put_away(market["startup-agri-VN"], "mentor", other.person_id, "known", None)
    before = [await database.fetch(f"SELECT * FROM {table}") for table in ("suggestion_choice", "pairing_choice")]

    for verb in ("save", "hide", "restore"):
        await client.post(f"/suggestions/{slug}/{fund}/{verb}", data={"reason": "block"})
    for whom, verb in ((adviser, "hide"), (other, "hide"), (other, "restore")):
        await client.post(f"/suggestions/{slug}/others/mentor/{whom.id}/{verb}", data={"reason": "other"})

    after = [await database.fetch(f"SELECT * FROM {table}") for table in ("suggestion_choice", "pairing_choice")]
    assert after == before


@pytest.mark.parametrize("name", [name for name in PEOPLE if name not in OWN])
async def test_who_may_not_read_asks_for_no_work(make_client, market, cast, name):
    await database.execute("DELETE FROM suggestion_run")
    await database.execute("DELETE FROM outbox")
    slug, client = await make.slug_of(market["startup-agri-VN"]), make_client(await cast(name))

    await client.get(f"/suggestions?organisation={slug}")
    await client.get(f"/organisations/{slug}/suggestions-panel")
    await client.get(f"/api/v1/organisations/{market['startup-agri-VN']}/suggestions")
    await client.post(f"/suggestions/{slug}/refresh")

    assert await database.fetchval("SELECT count(*) FROM suggestion_run") == 0
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic LIKE 'connections.%'") == 0


async def test_the_refusal_of_a_decision_is_told_in_both_languages(make_client, market, cast):
    viewer = await cast("viewer")
    slug, fund = await make.slug_of(market["startup-agri-VN"]), await make.slug_of(market["fund-agri-VN"])

    answer = await make_client(viewer, Accept="application/json").post(f"/suggestions/{slug}/{fund}/save")

    assert (answer.status_code, answer.json()["error"]) == (
        403,
        {
            "code": "not_allowed",
            "message_vi": "Bạn không có quyền thực hiện việc này.",
            "message_en": "You may not do that here.",
            "fields": {},
        },
    )


@pytest.mark.parametrize("state", ["ended", "unknown"])
async def test_ended_and_unknown_look_the_same(make_client, market, cast, state):
    """Even to its members: an organisation that has ended is shown no lists and takes no decisions."""
    owner = await cast("owner")
    slug = await make.slug_of(market["startup-agri-VN"])
    if state == "ended":
        await database.execute(
            "UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE slug = $1", slug
        )
    else:
        slug = "khong-co-ai"
    client = make_client(owner)

    pages = [
        await client.get(f"/suggestions?organisation={slug}"),
        await client.get(f"/organisations/{slug}/suggestions-panel"),
        await client.post(f"/suggestions/{slug}/refresh"),
    ]

    assert [page.status_code for page in pages] == [404, 404, 404]
    decision = await client.post(f"/suggestions/{slug}/{await make.slug_of(market['fund-agri-VN'])}/save")
    assert decision.status_code == (403 if state == "ended" else 404)
    assert await database.fetchval("SELECT count(*) FROM suggestion_choice") == 0


async def test_the_door_to_a_candidate_never_opens_on_oneself_or_on_who_has_ended(make_client, market, cast):
    owner = await cast("owner")
    slug = await make.slug_of(market["startup-agri-VN"])
    gone = await make.investor("Quỹ đã đóng")
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", gone)
    client = make_client(owner)

    for candidate in (slug, await make.slug_of(gone), "khong-co", "a" * 500, "%F0%9F%8C%B1"):
        for verb in ("save", "hide", "restore"):
            answer = await client.post(f"/suggestions/{slug}/{candidate}/{verb}", data={"reason": "other"})
            assert answer.status_code in (400, 404), (candidate, verb)
            assert "Quỹ đã đóng" not in answer.text + answer.headers.get("set-cookie", "")

    assert await database.fetchval("SELECT count(*) FROM suggestion_choice") == 0


async def test_a_candidate_that_was_renamed_meanwhile_is_found(make_client, market, cast):
    owner, fund = await cast("owner"), market["fund-agri-VN"]
    slug, former = await make.slug_of(market["startup-agri-VN"]), await make.slug_of(fund)
    await database.execute("UPDATE organisation SET slug = 'ten-moi' WHERE id = $1", fund)
    await database.execute("INSERT INTO organisation_former_slug (slug, organisation) VALUES ($1, $2)", former, fund)

    answer = await make_client(owner).post(f"/suggestions/{slug}/{former}/save")

    assert answer.status_code == 303
    assert await database.fetchval("SELECT candidate FROM suggestion_choice") == fund


async def test_a_name_that_no_text_can_have_is_no_failure(make_client, market, cast):
    slug = await make.slug_of(market["startup-agri-VN"])

    answer = await make_client(await cast("owner")).post(f"/suggestions/{slug}/%00/save")

    assert answer.status_code == 400
