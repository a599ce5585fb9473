"""The pages of the festival ground: who may open and send what, how many questions they ask, what comes back."""

import io
import re
from typing import Any

import pytest
from PIL import Image

from app.core import db as database
from app.core.web import NOBODY, Actor
from events import setup
from events.floor import booths, copying, exhibitors, hosting, passes, routes, villages
from events.floor.copying import Copy
from events.floor.exhibitors import Application, Decision
from tests.conftest import MakeClient
from tests.events.agenda.making import begins, make_session
from tests.events.floor.making import (
    World,
    accepted,
    make_booths,
    make_event,
    make_organisation,
    make_village,
    open_ground,
)
from tests.factories import make_person

CAST = ("guest", "stranger", "lead", "other_lead", "exhibitor", "viewer", "desk", "other_owner", "organizer", "owner")
EVERYBODY = "ok ok ok ok ok ok ok ok ok ok"
SIGNED_IN = "in ok ok ok ok ok ok ok ok ok"
MANAGERS = "in 403 403 403 403 403 403 403 ok ok"
LEADS = "in 403 ok 403 403 403 403 403 ok ok"
OWN = "in 404 404 404 ok ok 404 404 ok ok"
OWN_EDITORS = "in 404 404 404 ok 403 404 404 ok ok"
PLANNERS = "in 403 403 403 403 403 403 ok 403 ok"
"""By role of the account, not of the event."""
VILLAGE = "/events/{slug}/villages/{village}"
GROUND = "/events/{slug}/ground"
EXHIBIT = "/events/{slug}/exhibit"

ROUTES = {
    "GET /events/{slug}/exhibitors": EVERYBODY,
    "GET /events/{slug}/villages": EVERYBODY,
    f"GET {VILLAGE}": EVERYBODY,
    f"GET {VILLAGE}/run": LEADS,
    f"POST {VILLAGE}/run": LEADS,
    f"POST {VILLAGE}/leads": MANAGERS,
    f"POST {VILLAGE}/leads/{{lead}}/end": MANAGERS,
    f"POST {VILLAGE}/nominations": LEADS,
    f"POST {VILLAGE}/nominations/{{nomination}}": LEADS,
    f"POST {VILLAGE}/exhibitors/{{waiting}}": LEADS,
    f"POST {VILLAGE}/sessions": LEADS,
    f"POST {VILLAGE}/sessions/{{session}}/end": LEADS,
    f"GET {EXHIBIT}": SIGNED_IN,
    f"POST {EXHIBIT}": SIGNED_IN,
    f"GET {EXHIBIT}/{{exhibitor}}": OWN,
    f"POST {EXHIBIT}/{{exhibitor}}/passes": OWN_EDITORS,
    f"POST {EXHIBIT}/{{exhibitor}}/passes/{{number}}/end": OWN_EDITORS,
    f"POST {EXHIBIT}/{{exhibitor}}/withdraw": OWN_EDITORS,
    "POST /events/{slug}/hosts/{host}": "in 404 404 404 ok 404 404 404 404 404",
    f"GET {GROUND}": MANAGERS,
    f"POST {GROUND}/hosts": MANAGERS,
    f"POST {GROUND}/hosts/{{host}}/end": MANAGERS,
    f"POST {GROUND}/edition": MANAGERS,
    f"POST {GROUND}/rules": MANAGERS,
    f"POST {GROUND}/villages": MANAGERS,
    f"POST {GROUND}/villages/list": MANAGERS,
    f"GET {GROUND}/exhibitors": MANAGERS,
    f"POST {GROUND}/exhibitors/{{waiting}}": MANAGERS,
    f"GET {GROUND}/booths": MANAGERS,
    f"POST {GROUND}/booths": MANAGERS,
    f"POST {GROUND}/booths/{{booth}}/place": MANAGERS,
    f"POST {GROUND}/booths/{{booth}}/give": MANAGERS,
    f"POST {GROUND}/booths/{{booth}}/end": MANAGERS,
    f"POST {GROUND}/plans": MANAGERS,
    f"POST {GROUND}/plans/{{plan}}/{{act}}": MANAGERS,
    "GET /events/{slug}/copy": MANAGERS,
    "POST /events/{slug}/copy": MANAGERS,
    "GET /events/new/from": PLANNERS,
    "GET /events/new/from/{template}": PLANNERS,
    "POST /events/new/from/{template}": PLANNERS,
}
REFUSED_WHOLE = {"POST /events/{slug}/rehearse": "in 403 403 403 403 403 403 403 422 422"}
"""A real event is not rehearsed, whoever asks."""


def test_every_route_has_its_line() -> None:
    found = {
        f"{method} {re.sub('{[a-z]+:[a-z]+}', '{x}', route.path)}"
        for route in routes.router.routes
        for method in route.methods
        if method in ("GET", "POST")
    }
    assert found == {re.sub("{[a-z_]+}", "{x}", route) for route in {**ROUTES, **REFUSED_WHOLE}}


@pytest.fixture
async def scene(db: Any) -> tuple[World, dict[str, Actor], dict[str, str]]:
    world = await make_event()
    await open_ground(world)
    people = {
        who: await make_person(name=who) for who in ("stranger", "lead", "other_lead", "viewer", "desk", "organizer")
    }
    people |= {"guest": NOBODY, "owner": world.owner, "other_owner": (await make_event()).owner}
    for who in ("desk", "organizer"):
        await setup.add_staff(world.owner, world.event, people[who].email, who)
    village, other = await make_village(world), await make_village(world, "Làng xanh")
    await villages.add_lead(world.owner, village["id"], people["lead"].email)
    await villages.add_lead(world.owner, other["id"], people["other_lead"].email)
    made = await make_booths(world)
    people["exhibitor"], exhibitor = await accepted(world, made["A1"], village["id"])
    await passes.give(people["exhibitor"], exhibitor, "Nhân viên", "staff@test.example")
    await database.execute(
        "INSERT INTO membership (id, organisation, person, role, started_at) SELECT gen_random_uuid(), organisation,"
        " $2, 'viewer', now() FROM exhibitor WHERE id = $1",
        *(exhibitor, people["viewer"].id),
    )
    asking = await make_person()
    waiting = await exhibitors.apply(
        asking,
        world.event,
        Application(organisation=await make_organisation(asking), village=village["id"], shows_vi="Máy bay"),
    )
    team = await database.fetchval("SELECT slug FROM organisation o JOIN exhibitor x ON x.organisation = o.id"
                                   " WHERE x.id = $1", exhibitor)  # fmt: skip
    await villages.nominate(world.owner, village["id"], team)
    await hosting.add_host(world.owner, world.event, team, "host")
    values: dict[str, Any] = {
        "slug": world.slug, "village": village["slug"], "exhibitor": exhibitor, "waiting": waiting, "booth": made["A2"],
        "plan": await booths.add_plan(world.owner, world.event, "Phố", "", None), "act": "arrange",
        "session": await make_session(world, zone=village["zone"]), "template": "seminar", "zone": village["zone"],
        "lead": (await villages.leads_of(village["id"]))[0]["id"],
        "number": (await passes.passes_of(exhibitor))[0]["id"],
        "nomination": (await villages.nominations_of(village["id"]))[0]["id"], "team": team,
        "host": (await hosting.hosts_of(world.event, waiting=True))[0]["id"],
        "starts": f"{await begins(world):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    return world, people, {name: str(value) for name, value in values.items()}


def form_of(route: str, values: dict[str, str]) -> dict[str, str]:
    forms = {
        f"POST {VILLAGE}/run": {"name_vi": "Làng"},
        f"POST {VILLAGE}/leads": {"email": "x@test.example"},
        f"POST {VILLAGE}/nominations": {"organisation": values["team"]},
        f"POST {VILLAGE}/nominations/{{nomination}}": {"status": "withdrawn"},
        f"POST {VILLAGE}/sessions": {
            "title_vi": "x",
            "zone": values["zone"],
            "starts_at": values["starts"],
            "minutes": "30",
        },
        f"POST {EXHIBIT}/{{exhibitor}}/passes": {"full_name": "Mới", "email": "moi@test.example"},
        f"POST {GROUND}/hosts": {"organisation": values["team"], "role": "host"},
        "POST /events/{slug}/hosts/{host}": {"answer": "yes"},
        f"POST {GROUND}/rules": {"passes_each": "3"},
        f"POST {GROUND}/villages": {"name_vi": "Làng"},
        f"POST {GROUND}/villages/list": {"villages": "Làng A; ; 3"},
        f"POST {GROUND}/booths": {"codes": "Z1"},
        "POST /events/{slug}/copy": {"title_vi": "x", "starts_at": values["starts"]},
        "POST /events/new/from/{template}": {"title_vi": "x", "starts_at": values["starts"]},
        "POST /events/{slug}/rehearse": {"count": "2"},
    }
    if "{waiting}" in route:
        return {"status": "accepted"}
    return forms.get(route, {})


USUAL_REFUSALS = {f"POST {EXHIBIT}": 422, f"POST {VILLAGE}/leads": 422, f"POST {VILLAGE}/nominations": 422,
                  f"POST {GROUND}/plans": 422}  # fmt: skip
"""What these say to somebody who may: the form of this test is not a full one."""


async def ask(client: Any, route: str, values: dict[str, str]) -> Any:
    method, _space, path = route.partition(" ")
    address = re.sub(r"\{(\w+)\}", lambda name: values[name[1]], path)
    return await client.request(method, address, data=form_of(route, values) if method == "POST" else None)


def said(answer: Any, route: str) -> str:
    if answer.headers.get("location", "").startswith("/sign-in"):
        return "in"
    return (
        "ok" if answer.status_code < 400 or answer.status_code == USUAL_REFUSALS.get(route) else str(answer.status_code)
    )


@pytest.mark.parametrize("who", CAST)
async def test_who_may_do_what_on_every_route(who: str, scene: Any, make_client: MakeClient) -> None:
    _world, people, values = scene
    client = make_client(people[who])
    wanted, found = {}, {}
    for route, line in {**ROUTES, **REFUSED_WHOLE}.items():
        wanted[route] = line.split()[CAST.index(who)]
        await database.execute("SAVEPOINT before")
        found[route] = said(await ask(client, route, values), route)
        await database.execute("ROLLBACK TO SAVEPOINT before")
    assert found == wanted


async def test_nothing_of_one_event_is_reached_through_another(scene: Any, make_client: MakeClient) -> None:
    world, people, values = scene
    other = await make_event(owner=people["other_owner"])
    client = make_client(people["other_owner"])
    before = await database.fetchval("SELECT count(*) FROM outbox")
    ids = ("exhibitor", "waiting", "booth", "plan", "host")
    for route in ROUTES:
        if any(f"{{{name}}}" in route for name in ids) and "villages" not in route:
            assert said(await ask(client, route, {**values, "slug": other.slug}), route) == "404", route
    assert await database.fetchval("SELECT count(*) FROM outbox") == before
    assert world.slug != other.slug


async def test_a_lead_works_on_the_village_before_the_event_is_public(scene: Any, make_client: MakeClient) -> None:
    world, people, values = scene
    await database.execute("UPDATE event SET status = 'draft' WHERE id = $1", world.event)
    run = f"/events/{world.slug}/villages/{values['village']}/run"
    assert (await make_client(people["lead"]).get(run)).status_code == 200
    assert (await make_client(people["other_lead"]).get(run)).status_code == 404
    assert (await make_client(people["lead"]).get(f"/events/{world.slug}/ground")).status_code == 404


async def test_a_lead_changes_texts_but_never_quotas_and_decides_for_the_own_village(
    scene: Any, make_client: Any
) -> None:
    world, people, values = scene
    client = make_client(people["lead"])
    base = f"/events/{world.slug}/villages/{values['village']}"
    await client.post(f"{base}/run", data={"name_vi": "Tên mới", "booth_quota": "99"})
    row = await database.fetchrow("SELECT name_vi, booth_quota FROM village WHERE slug = $1", values["village"])
    assert row is not None
    assert tuple(row) == ("Tên mới", None)
    answer = await client.post(f"{base}/nominations/{values['nomination']}", data={"status": "accepted"})
    assert answer.status_code == 403
    wrong = await client.post(
        f"{base}/exhibitors/{values['waiting']}", data={"status": "accepted", "booth": values["booth"]}
    )
    assert wrong.status_code == 422, "the booth is none of the village's"
    other = make_client(people["other_lead"])
    theirs = base.replace(values["village"], "lang-xanh")
    answer = await other.post(f"{theirs}/exhibitors/{values['waiting']}", data={"status": "accepted"})
    assert answer.status_code == 404


async def count(client: Any, path: str) -> int:
    with database.count_queries() as asked:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text[:300]
    return len(asked)


async def test_pages_ask_the_same_with_one_and_with_three(scene: Any, make_client: MakeClient) -> None:
    world, _people, values = scene
    base = f"/events/{world.slug}"
    run = f"{base}/villages/{values['village']}"
    paths = [f"{base}/exhibitors", f"{base}/exhibitors?q=rob", f"{base}/villages", run, f"{run}/run", f"{base}/ground",
             f"{base}/ground/exhibitors", f"{base}/ground/booths", f"{base}/exhibit"]  # fmt: skip
    client = make_client(world.owner)
    before = [await count(client, path) for path in paths]
    village = await database.fetchval("SELECT id FROM village WHERE slug = $1", values["village"])
    made = await make_booths(world, f"C1..C3; {values['village']}")
    for code in ("C1", "C2"):
        await accepted(world, made[code], village)
        await make_village(world, f"Làng {code}")
        await make_session(world, code, zone=values["zone"], at=200)
    assert [await count(client, path) for path in paths] == before


async def test_exhibitors_are_found_by_name_topic_and_booth_and_marked_on_the_plan(db: Any, make_client: Any) -> None:
    world = await make_event()
    await open_ground(world)
    made = await make_booths(world, "A1..A2")
    plan = await booths.add_plan(world.owner, world.event, "Phố đi bộ", "", None)
    await booths.arrange(world.owner, world.event, plan)
    await accepted(world, made["A1"])
    client = make_client()

    async def found(q: str) -> tuple[int, int]:
        text = (await client.get(f"/events/{world.slug}/exhibitors", params={"q": q})).text
        return text.count("Gian A1<"), text.count("floor-marked")

    assert [await found(q) for q in ("", "ro-bot thu hoach", "a1", "zzz")] == [(1, 0), (1, 1), (1, 1), (0, 0)]


async def test_a_plan_is_uploaded_and_seen_with_its_event_only(db: Any, make_client: Any) -> None:
    world = await make_event(published=False)
    content = io.BytesIO()
    Image.new("RGB", (800, 400), "white").save(content, "PNG")
    path = f"/events/{world.slug}/ground/plans"
    files = {"drawing": ("plan.png", content.getvalue(), "image/png")}
    client = make_client(world.owner)
    answer = await client.post(path, data={"name_vi": "Hội trường"}, files=files)
    assert answer.status_code == 303, answer.text[-800:]
    (plan,) = await booths.plans_of(world.event)
    assert (plan["width"] / plan["height"], plan["name_vi"]) == (2, "Hội trường")
    address = f"/files/{plan['file']}/2000.webp"
    assert (await client.get(address)).status_code == 200
    assert (await make_client(await make_person()).get(address)).status_code == 404
    await database.execute("UPDATE event SET status = 'published' WHERE id = $1", world.event)
    assert (await make_client(await make_person()).get(address)).status_code == 200
    broken = await client.post(path, data={"name_vi": "x"}, files={"drawing": ("plan.png", b"no picture", "image/png")})
    assert (broken.status_code, 'value="x"' in broken.text) == (422, True)


async def test_a_rehearsal_is_seen_by_its_whole_team_and_nobody_else(db: Any, make_client: MakeClient) -> None:
    from app.core import clock

    world = await make_event()
    slug = await copying.copy(
        world.owner, world.event, Copy(title_vi="Diễn tập", starts_at=clock.now(), rehearsal=True)
    )
    event = await database.fetchval("SELECT id FROM event WHERE slug = $1", slug)
    desk = await make_person()
    await setup.add_staff(world.owner, event, desk.email, "desk")
    seen = {}
    for name, who in (("owner", world.owner), ("desk", desk), ("stranger", await make_person())):
        seen[name] = (await make_client(who).get(f"/events/{slug}")).status_code
    assert seen == {"owner": 200, "desk": 200, "stranger": 404}
    assert f"/events/{slug}" not in (await make_client().get("/events")).text


async def test_a_decision_without_a_reason_comes_back_in_words(scene: Any, make_client: MakeClient) -> None:
    world, _people, values = scene
    path = f"/events/{world.slug}/ground/exhibitors/{values['waiting']}"
    answer = await make_client(world.owner).post(path, data={"status": "declined"})
    assert (answer.status_code, "Vui lòng nêu lý do: đơn vị sẽ đọc." in answer.text) == (422, True)
    assert Decision(status="accepted").booth is None
