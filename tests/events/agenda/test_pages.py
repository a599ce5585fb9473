"""The pages of the agenda: who may open and send what, what they show, how many questions they ask."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core import db as database
from app.core.ids import new_id
from app.core.web import NOBODY, Actor
from events import setup
from events.agenda import frab, importing, planning, routes, speakers
from events.agenda.planning import SessionPlan
from tests.conftest import MakeClient
from tests.event_factories import make_registration
from tests.events.agenda.making import World, begins, make_event, make_room, make_session, publish
from tests.events.agenda.test_importing import HEAD, a_schedule
from tests.factories import make_person

CAST = ("guest", "stranger", "registrant", "desk", "other_owner", "organizer", "owner", "admin")
EVERYBODY = "ok ok ok ok ok ok ok ok"
SIGNED_IN = "in ok ok ok ok ok ok ok"
MANAGERS = "in 403 403 403 403 ok ok ok"

ROUTES = {
    "GET /events/{slug}/agenda": EVERYBODY,
    "GET /events/{slug}/agenda/changes": EVERYBODY,
    "GET /events/{slug}/agenda.ics": EVERYBODY,
    "GET /events/{slug}/agenda/schedule.json": EVERYBODY,
    "GET /events/{slug}/agenda/schedule.xml": EVERYBODY,
    "GET /events/{slug}/sessions/{session_slug}": EVERYBODY,
    "GET /events/{slug}/speakers/{speaker_slug}": EVERYBODY,
    "GET /events/{slug}/agenda/mine": SIGNED_IN,
    "GET /tickets/{secret}/agenda": EVERYBODY,
    "GET /tickets/{secret}/agenda.ics": EVERYBODY,
    "POST /tickets/{secret}/agenda/{session}": EVERYBODY,
    "GET /events/{slug}/agenda/plan": MANAGERS,
    "GET /events/{slug}/agenda/plan/new": MANAGERS,
    "POST /events/{slug}/agenda/plan/new": MANAGERS,
    "GET /events/{slug}/agenda/plan/{session}": MANAGERS,
    "POST /events/{slug}/agenda/plan/{session}": MANAGERS,
    "POST /events/{slug}/agenda/plan/{session}/move": MANAGERS,
    "POST /events/{slug}/agenda/plan/{session}/end": MANAGERS,
    "POST /events/{slug}/agenda/publish": MANAGERS,
    "POST /events/{slug}/agenda/rules": MANAGERS,
    "GET /events/{slug}/agenda/speakers": MANAGERS,
    "GET /events/{slug}/agenda/speakers/{speaker}": MANAGERS,
    "POST /events/{slug}/agenda/speakers/{speaker}": MANAGERS,
    "GET /events/{slug}/agenda/import": MANAGERS,
    "POST /events/{slug}/agenda/import": MANAGERS,
    "GET /events/{slug}/agenda/import/{number}": MANAGERS,
    "POST /events/{slug}/agenda/import/{number}": MANAGERS,
}
BY_SECRET = [route for route in ROUTES if "{secret}" in route]


def test_every_route_has_its_line() -> None:
    """The list is the router's: a route that is new has to be given a line here."""
    found = {
        f"{method} {re.sub('{[a-z]+:[a-z]+}', '{x}', route.path)}"
        for route in routes.router.routes
        for method in route.methods
        if method in ("GET", "POST")
    }
    assert found == {re.sub("{[a-z_]+}", "{x}", route) for route in ROUTES}


@pytest.fixture
async def scene(db: Any) -> tuple[World, dict[str, Actor], dict[str, str]]:
    world = await make_event()
    people = {who: await make_person(name=who) for who in ("stranger", "registrant", "desk", "organizer")}
    people |= {"guest": NOBODY, "owner": world.owner, "admin": await make_person(roles=("admin",))}
    people["other_owner"] = (await make_event()).owner
    for who in ("desk", "organizer"):
        await setup.add_staff(world.owner, world.event, people[who].email, who)
    session = await make_session(world, zone=await make_room(world), speakers=("An",), booking=True, capacity=5)
    await publish(world)
    await planning.edit(
        world.owner, world.event, session,
        SessionPlan(title_vi="Sửa", starts_at=await begins(world), minutes=30, booking=True, speakers=("An",)),
    )  # fmt: skip
    ticket = await make_registration(world, people["registrant"], email=people["registrant"].email)
    number = await importing.keep_file(world.owner, world.event, "x", a_schedule(1))
    (speaker,) = await speakers.speakers_of(world.event)
    values = {
        "slug": world.slug, "session": str(session), "session_slug": "goi-von-vong-dau", "speaker": str(speaker["id"]),
        "speaker_slug": "an", "secret": ticket.secret, "number": str(number),
    }  # fmt: skip
    return world, people, values


def form_of(route: str) -> dict[str, str]:
    ends = {
        "/plan/new": {"title_vi": "Mới", "kind": "talk", "language": "vi"},
        "/plan/{session}": {"title_vi": "Mới", "kind": "talk", "language": "vi"},
        "/rules": {"overlap": "refused", "walk_in_minutes": "5"},
        "/speakers/{speaker}": {"name": "An"},
    }
    return next((form for end, form in ends.items() if route.endswith(end)), {"act": "book"})


async def ask(client: Any, route: str, values: dict[str, str]) -> Any:
    method, _space, path = route.partition(" ")
    address = re.sub(r"\{(\w+)\}", lambda name: values[name[1]], path)
    if route == "POST /events/{slug}/agenda/import":
        content = frab.write_json(HEAD, a_schedule(2))
        return await client.post(address, files={"file": ("schedule.json", io.BytesIO(content), "application/json")})
    return await client.request(method, address, data=form_of(route) if method == "POST" else None)


def said(answer: Any) -> str:
    if answer.headers.get("location", "").startswith("/sign-in"):
        return "in"
    return "ok" if answer.status_code < 400 else str(answer.status_code)


@pytest.mark.parametrize("who", CAST)
async def test_who_may_do_what_on_every_route(who: str, scene: Any, make_client: MakeClient) -> None:
    _world, people, values = scene
    client = make_client(people[who])
    wanted, found = {}, {}
    for route, line in ROUTES.items():
        wanted[route] = line.split()[CAST.index(who)]
        await database.execute("SAVEPOINT before")
        found[route] = said(await ask(client, route, values))
        await database.execute("ROLLBACK TO SAVEPOINT before")
    assert found == wanted


async def test_a_draft_is_absent_for_strangers_and_an_own_event_opens_no_other(
    scene: Any, make_client: MakeClient
) -> None:
    world, people, values = scene
    other = await database.fetchval("SELECT slug FROM event WHERE id <> $1", world.event)
    client = make_client(people["other_owner"])
    for route in ROUTES:
        carried = any(f"{{{name}}}" in route for name in ("session", "speaker", "number"))
        if carried and "{secret}" not in route:
            assert said(await ask(client, route, {**values, "slug": other})) == "404", route
    await database.execute("UPDATE event SET status = 'draft' WHERE id = $1", world.event)
    stranger = make_client(people["stranger"])
    for route in ROUTES:
        if "{slug}" in route:
            assert said(await ask(stranger, route, values)) == "404", route


async def test_a_wrong_secret_opens_nothing(scene: Any, make_client: MakeClient) -> None:
    _world, _people, values = scene
    client = make_client()
    found = {route: said(await ask(client, route, {**values, "secret": "khong-co"})) for route in BY_SECRET}
    assert found == dict.fromkeys(BY_SECRET, "404")


async def count(client: Any, path: str) -> int:
    with database.count_queries() as asked:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text[:300]
    return len(asked)


async def test_pages_ask_the_same_with_one_session_and_with_three(db: Any, make_client: MakeClient) -> None:
    world = await make_event()
    room = await make_room(world)
    await make_session(world, zone=room, speakers=("An",))
    await publish(world)
    client = make_client(world.owner)
    ticket = await make_registration(world)
    base = f"/events/{world.slug}/agenda"
    paths = [base, f"{base}?view=grid", f"{base}/plan", f"{base}/changes", f"{base}.ics", f"{base}/schedule.json",
             f"{base}/speakers", f"/tickets/{ticket.secret}/agenda", f"/events/{world.slug}/speakers/an"]  # fmt: skip
    before = [await count(client, path) for path in paths]
    for at in (60, 120):
        await make_session(world, f"Phiên {at}", at=at, zone=room, speakers=("An", f"Bình {at}"))
    await publish(world)
    assert [await count(client, path) for path in paths] == before


async def test_a_guest_books_from_the_ticket_and_reads_why_not(db: Any, make_client: MakeClient) -> None:
    world = await make_event()
    one = await make_session(world, "Một", booking=True, capacity=1)
    over = await make_session(world, "Đè", at=30, booking=True)
    await publish(world)
    ticket = await make_registration(world)
    client = make_client()
    base = f"/tickets/{ticket.secret}/agenda"
    answer = await client.post(f"{base}/{one}", data={"act": "book"})
    assert (answer.status_code, answer.headers["location"]) == (303, base)
    refused = await client.post(f"{base}/{over}", data={"act": "book"})
    assert (refused.status_code, "Bạn đã giữ chỗ “Một” vào giờ này." in refused.text) == (409, True)
    assert "Đã giữ chỗ" in (await client.get(base)).text
    assert "BEGIN:VEVENT" in (await client.get(f"{base}.ics")).text
    await client.post(f"{base}/{one}", data={"act": "give_up"})
    assert "BEGIN:VEVENT" not in (await client.get(f"{base}.ics")).text


async def test_days_rooms_tracks_and_words_choose_from_the_agenda(db: Any, make_client: MakeClient) -> None:
    world = await make_event(ends_at=clock.now() + timedelta(days=9))
    rooms = [await make_room(world, name) for name in ("Phòng Một", "Phòng Hai")]
    await make_session(world, "Nông nghiệp", zone=rooms[0], track="Làng xanh", speakers=("Đức",))
    await make_session(world, "Trí tuệ", at=1440, zone=rooms[1], track="Làng AI")
    await publish(world)
    client = make_client()
    base = f"/events/{world.slug}/agenda"
    day = f"{(await begins(world)) + timedelta(days=1, hours=7):%Y-%m-%d}"

    async def titles(query: str) -> list[str]:
        return re.findall(r'sessions/[a-z-]+">([^<]+)<', (await client.get(f"{base}?{query}")).text)

    assert await titles("") == ["Nông nghiệp", "Trí tuệ"]
    assert await titles(f"room={rooms[0]}") == ["Nông nghiệp"]
    assert await titles("track=L%C3%A0ng+AI") == ["Trí tuệ"]
    assert await titles("q=duc+nong") == ["Nông nghiệp"]
    assert await titles("q=zzz") == []
    assert await titles("day=hom-nay&room=x'") == []
    assert len(await titles(f"day={day}")) == 1


async def test_a_bad_file_keeps_the_page_and_says_what_is_wrong(db: Any, make_client: MakeClient) -> None:
    world = await make_event()
    client = make_client(world.owner)
    path = f"/events/{world.slug}/agenda/import"
    for name, content, words in (
        ("a.json", b"{", "dòng 1, cột 2"),
        ("a.xml", b"<!DOCTYPE x><schedule/>", "Tệp khai báo thực thể"),
        ("a.json", b"", "Vui lòng điền"),
    ):
        answer = await client.post(path, files={"file": (name, content, "application/octet-stream")})
        assert (answer.status_code, words in answer.text) == (422, True), (name, answer.text[-1500:])


async def test_a_move_by_the_grid_brings_the_board_with_its_clashes(db: Any, make_client: MakeClient) -> None:
    world = await make_event()
    room = await make_room(world)
    one = await make_session(world, "Một", zone=room)
    two = await make_session(world, "Hai", at=120, zone=room)
    client = make_client(world.owner, **{"HX-Request": "true", "HX-Target": "board"})
    local = (await begins(world)) + timedelta(hours=7, minutes=30)
    path = f"/events/{world.slug}/agenda/plan/{two}/move"
    values = {"zone": str(room), "starts_at": f"{local:%Y-%m-%dT%H:%M}", "version": "1", "day": f"{local:%Y-%m-%d}"}
    answer = await client.post(path, data=values)
    assert answer.text.lstrip().startswith('<div id="board"')
    assert "“Một” và “Hai” trùng giờ tại Hội trường A." in answer.text
    again = await client.post(path, data=values)
    assert (again.status_code, "Có người vừa sửa phiên này" in again.text) == (422, True)
    assert one != two


async def test_what_was_typed_comes_back(db: Any, make_client: MakeClient) -> None:
    world = await make_event()
    client = make_client(world.owner)
    values = {
        "title_vi": "Một phiên rất dài",
        "kind": "talk",
        "minutes": "x",
        "zone": str(new_id()),
        "speakers": "An\nB",
    }
    answer = await client.post(f"/events/{world.slug}/agenda/plan/new", data=values)
    assert answer.status_code == 422
    assert 'value="Một phiên rất dài"' in answer.text
    assert "An\nB</textarea>" in answer.text
