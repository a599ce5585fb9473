"""Who may do what with an event: every route of the subject, asked by everybody it could concern.

The list of routes comes from the application, so a route that is new has to be given a line here.
"""

import re
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db
from app.core.ids import new_id
from app.core.web import NOBODY, Actor
from app.people.tokens import create_for_email
from events import api, routes, setup
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan
from tests.factories import make_person

CAST = ("guest", "stranger", "registrant", "other_desk", "other_owner", "desk", "organizer", "owner", "admin")

# What each of the cast gets, in the order of CAST. "in" is to the sign-in page, "ok" a page or a move to one.
EVERYBODY = "ok ok ok ok ok ok ok ok ok"
SIGNED_IN = "in ok ok ok ok ok ok ok ok"
PLANNERS = "in 403 403 403 ok 403 403 ok ok"
"""By role of the account, not of the event: the other event's owner is an organizer, this event's helper is not."""
MANAGERS = "in 403 403 403 403 403 ok ok ok"
OWNERS = "in 403 403 403 403 403 403 ok ok"
TEAM = "in 403 403 403 403 ok ok ok ok"

PAGES = {
    "GET /events": EVERYBODY,
    "GET /events/{slug}": EVERYBODY,
    "GET /events/{slug}/register": EVERYBODY,
    "POST /events/{slug}/register": EVERYBODY,
    "GET /events/{slug}/registered": EVERYBODY,
    "GET /tickets/{secret}": EVERYBODY,
    "GET /tickets/{secret}/qr.svg": EVERYBODY,
    "GET /tickets/{secret}/ticket.pdf": EVERYBODY,
    "GET /tickets/{secret}/event.ics": EVERYBODY,
    "POST /tickets/{secret}/cancel": EVERYBODY,
    "POST /tickets/{secret}/accept": EVERYBODY,
    "GET /tickets/{secret}/pay.svg": "404 404 404 404 404 404 404 404 404",
    "GET /tickets/{secret}/edit": EVERYBODY,
    "POST /tickets/{secret}/edit": EVERYBODY,
    "POST /tickets/{secret}/kind": "422 422 422 422 422 422 422 422 422",
    "POST /tickets/{secret}/transfer": EVERYBODY,
    "POST /tickets/{secret}/resend": EVERYBODY,
    "GET /events/manage": SIGNED_IN,
    "GET /events/new": PLANNERS,
    "POST /events/new": PLANNERS,
    "GET /events/{slug}/edit": MANAGERS,
    "POST /events/{slug}/edit": MANAGERS,
    "GET /events/{slug}/setup": MANAGERS,
    "POST /events/{slug}/status/{act}": MANAGERS,
    "POST /events/{slug}/types": MANAGERS,
    "POST /events/{slug}/types/{type_id}": MANAGERS,
    "POST /events/{slug}/checkpoints": MANAGERS,
    "POST /events/{slug}/checkpoints/{checkpoint}/end": MANAGERS,
    "POST /events/{slug}/guests/decide": MANAGERS,
    "GET /events/{slug}/guests.csv": MANAGERS,
    "POST /events/{slug}/team": OWNERS,
    "POST /events/{slug}/team/{staff}/end": OWNERS,
    "POST /events/{slug}/new-codes": OWNERS,
    "POST /events/{slug}/new-codes/end": OWNERS,
    "GET /events/{slug}/desk": TEAM,
    "POST /events/{slug}/desk/scan": TEAM,
    "POST /events/{slug}/desk/undo": TEAM,
    "GET /events/{slug}/desk/count": TEAM,
}
CALLS = {
    "POST /api/v1/events": "401 403 403 403 ok 403 403 ok ok",
    "POST /api/v1/events/{slug}/publish": "401 403 403 403 403 403 ok ok ok",
    "POST /api/v1/events/{slug}/registrations": EVERYBODY,
    "GET /api/v1/events/{slug}/registrations/{registration_id}": "404 404 ok 404 404 404 ok ok ok",
    "DELETE /api/v1/events/{slug}/registrations/{registration_id}": "404 404 ok 404 404 404 ok ok ok",
    "GET /api/v1/events/{slug}/checkpoints": "401 403 403 403 403 ok ok ok ok",
    "POST /api/v1/checkin/scan": "401 404 404 404 404 ok ok ok ok",
    "POST /api/v1/checkin/sync": SIGNED_IN.replace("in", "401"),
}


def routes_of(*routers: Any) -> set[str]:
    """METHOD and path of every handler, with plain names of its parameters."""
    found = set()
    for router in routers:
        for route in router.routes:
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            found |= {
                f"{m} {path}" for h in route.route_handlers for m in h.http_methods if m not in ("OPTIONS", "HEAD")
            }
    return found


def test_every_route_of_events_has_its_line_here() -> None:
    assert routes_of(routes.router, api.router) == {*PAGES, *CALLS}


class Scene:
    """An event with its people, and what a request needs to name them."""

    world: World
    cast: dict[str, Actor]
    values: dict[str, str]
    mine: Any


@pytest.fixture
async def scene(db: asyncpg.Connection) -> Scene:
    found = Scene()
    owner = await make_person("Chủ sự kiện", roles=("organizer",))
    found.world = await make_event(owner=owner)
    await setup.add_checkpoint(owner, found.world.event, name_vi="Cửa sau", types=[])  # one door may be closed
    other = await make_event(title_vi="Sự kiện khác")
    people = {name: await make_person(name) for name in ("stranger", "registrant", "other_desk", "desk", "organizer")}
    await setup.add_staff(owner, found.world.event, people["desk"].email, "desk")
    await setup.add_staff(owner, found.world.event, people["organizer"].email, "organizer")
    await setup.add_staff(other.owner, other.event, people["other_desk"].email, "desk")
    found.cast = {
        "guest": NOBODY,
        **people,
        "owner": owner,
        "other_owner": other.owner,
        "admin": await make_person("Quản trị", roles=("admin",)),
    }
    found.mine = await make_registration(found.world, people["registrant"], email=people["registrant"].email)
    came = await make_registration(found.world, full_name="Người đã vào")
    first = await scan(found.world, came.code)
    staff = next(row for row in await setup.staff_of(found.world.event) if row["email"] == people["desk"].email)
    found.values = {
        "slug": found.world.slug,
        "secret": found.mine.secret,
        "act": "close",
        "type_id": str(found.world.type_id),
        "checkpoint": str(found.world.checkpoint),
        "staff": str(staff["id"]),
        "registration_id": str(found.mine.id),
        "scan": str(first.id),
        "code": came.code,
    }
    return found


def form_of(route: str, scene: Scene) -> dict[str, str]:
    """A form that a person with the right would send."""
    values = scene.values
    forms = {
        "/register": {"ticket_type": "visitor", "full_name": "Mới", "email": "moi@test.example", "terms": "1"},
        "{secret}/edit": {"full_name": "Tên mới"},
        "/kind": {"ticket_type": "visitor"},
        "/transfer": {"full_name": "Người khác", "email": "khac@test.example"},
        "/new": {"title_vi": "Hội", "starts_at": "2027-01-01T08:00", "ends_at": "2027-01-01T09:00"},
        "/edit": {"title_vi": "Hội", "starts_at": "2027-01-01T08:00", "ends_at": "2027-01-01T09:00", "version": "2"},
        "/types": {"code": "vip", "title_vi": "Khách mời", "capacity": "5"},
        "/{type_id}": {"code": "visitor", "title_vi": "Khách", "capacity": "500"},
        "/checkpoints": {"name_vi": "Cửa sau"},
        "/guests/decide": {"act": "cancel", "ids": values["registration_id"]},
        "/team": {"email": "ai@test.example", "role": "desk"},
        "/new-codes": {"reason": "lộ mã"},
        "/desk/scan": {"checkpoint": values["checkpoint"], "nonce": "n", "text": values["code"]},
        "/desk/undo": {"checkpoint": values["checkpoint"], "scan": values["scan"], "reason": "nhầm"},
    }
    return next((form for end, form in forms.items() if route.endswith(end)), {})


def body_of(route: str, scene: Scene) -> Any:
    act = {"nonce": "n1", "checkpoint_id": scene.values["checkpoint"], "code": scene.values["code"]}
    bodies = {
        "/events": {
            "title": "Hội",
            "starts_at": "2027-01-01T08:00:00Z",
            "ends_at": "2027-01-01T09:00:00Z",
            "ticket_types": [{"code": "a", "capacity": 1}],
        },
        "/registrations": {"ticket_type": "visitor", "person": {"full_name": "Mới", "email": "moi@test.example"}},
        "/scan": act,
        "/sync": {"device_id": "d", "scans": [act]},
    }
    return next((body for end, body in bodies.items() if route.endswith(end)), None)


async def ask(client: httpx.AsyncClient, route: str, scene: Scene) -> httpx.Response:
    method, _space, path = route.partition(" ")
    address = re.sub(r"\{(\w+)\}", lambda name: scene.values[name[1]], path)
    if path.startswith("/api/"):
        return await client.request(method, address, json=body_of(route, scene))
    query = {"checkpoint": scene.values["checkpoint"]} if path.endswith("/count") else None
    return await client.request(method, address, params=query, data=form_of(route, scene) if method == "POST" else None)


def said(answer: httpx.Response) -> str:
    if answer.headers.get("location", "").startswith("/sign-in"):
        return "in"
    return "ok" if answer.status_code < 400 else str(answer.status_code)


@pytest.mark.parametrize("who", CAST)
async def test_who_may_do_what_on_every_route(who: str, scene: Scene, make_client: MakeClient) -> None:
    client = make_client(scene.cast[who])
    wanted, found = {}, {}
    for route, line in {**PAGES, **CALLS}.items():
        wanted[route] = line.split()[CAST.index(who)]
        await db.execute("SAVEPOINT before")
        found[route] = said(await ask(client, route, scene))
        await db.execute("ROLLBACK TO SAVEPOINT before")
    assert found == wanted


WRITES = [route for route in {**PAGES, **CALLS} if not route.startswith("GET")]


async def books(scene: Scene) -> list[Any]:
    """Everything of the event that a request could change."""
    counts = [
        await db.fetchrow(f"SELECT count(*) AS n, max(t::text) AS last FROM {table} t")
        for table in ("event", "ticket_type", "checkpoint", "event_staff", "event_key", "registration", "scan")
    ]
    return [*counts, await db.fetchval("SELECT count(*) FROM outbox"), await db.fetchval("SELECT count(*) FROM mail")]


@pytest.mark.parametrize("who", ["guest", "stranger", "other_desk", "other_owner"])
async def test_a_refusal_leaves_everything_as_it_was(who: str, scene: Scene, make_client: MakeClient) -> None:
    client = make_client(scene.cast[who])
    before = await books(scene)
    changed = []
    for route in WRITES:
        line = {**PAGES, **CALLS}[route].split()[CAST.index(who)]
        if line == "ok":
            continue
        await ask(client, route, scene)
        if await books(scene) != before:
            changed.append(route)
    assert changed == []


async def test_who_belongs_to_another_event_has_nothing_synced_here(scene: Scene, make_client: MakeClient) -> None:
    answer = await ask(make_client(scene.cast["other_owner"]), "POST /api/v1/checkin/sync", scene)
    assert [(r["status"], r["reason"]) for r in answer.json()["results"]] == [("refused", "not_found")]


@pytest.mark.parametrize("route", [*CALLS])
async def test_a_token_that_was_ended_opens_nothing_any_more(route: str, scene: Scene, make_client: MakeClient) -> None:
    client = make_client(Authorization=f"Bearer {await create_for_email(scene.cast['owner'].email)}")
    await db.execute("SAVEPOINT before")
    assert said(await ask(client, route, scene)) == "ok"
    await db.execute("ROLLBACK TO SAVEPOINT before")
    await db.execute("UPDATE api_token SET ended_at = now()")
    assert said(await ask(client, route, scene)) == "401"


@pytest.mark.parametrize("route", [route for route in PAGES if "{slug}" in route and "POST" in route])
async def test_a_token_opens_no_page(route: str, scene: Scene, make_client: MakeClient) -> None:
    client = make_client(Authorization=f"Bearer {await create_for_email(scene.cast['owner'].email)}")
    wanted = "ok" if route == "POST /events/{slug}/register" else "in"
    assert said(await ask(client, route, scene)) == wanted


@pytest.mark.parametrize("route", [r for r in {**PAGES, **CALLS} if "{slug}" in r and r.split()[1] != "/events/{slug}"])
async def test_a_draft_is_absent_for_everybody_but_its_organizers(
    route: str, scene: Scene, make_client: MakeClient
) -> None:
    await db.execute("UPDATE event SET status = 'draft' WHERE id = $1", scene.world.event)
    found = {
        who: said(await ask(make_client(scene.cast[who]), route, scene)) for who in ("stranger", "desk", "registrant")
    }
    assert found == dict.fromkeys(found, "404")


CARRIED = [
    "POST /events/{slug}/types/{type_id}",
    "POST /events/{slug}/checkpoints/{checkpoint}/end",
    "POST /events/{slug}/team/{staff}/end",
    "POST /events/{slug}/guests/decide",
    "GET /api/v1/events/{slug}/registrations/{registration_id}",
    "DELETE /api/v1/events/{slug}/registrations/{registration_id}",
    "POST /events/{slug}/desk/scan",
    "POST /events/{slug}/desk/undo",
    "GET /events/{slug}/desk/count",
]


@pytest.mark.parametrize("route", CARRIED)
async def test_an_owner_reaches_nothing_of_another_event_through_the_own_address(
    route: str, scene: Scene, make_client: MakeClient
) -> None:
    """The address names the own event, what it carries is the other's: type, door, colleague, guest, scan."""
    own = await make_event(owner=scene.cast["other_owner"])
    before = await books(scene)
    scene.values["slug"] = own.slug
    answer = await ask(make_client(scene.cast["other_owner"]), route, scene)
    assert (await books(scene) == before, answer.status_code in (200, 303, 404)) == (True, True)
    assert "Người đã vào" not in answer.text


async def test_ids_that_nobody_has_are_not_found(scene: Scene, make_client: MakeClient) -> None:
    client = make_client(scene.cast["owner"])
    for name in ("type_id", "staff", "registration_id"):
        scene.values[name] = str(new_id())
    for route in (
        "POST /events/{slug}/types/{type_id}",
        "POST /events/{slug}/team/{staff}/end",
        "GET /api/v1/events/{slug}/registrations/{registration_id}",
        "DELETE /api/v1/events/{slug}/registrations/{registration_id}",
    ):
        assert said(await ask(client, route, scene)) == "404", route
