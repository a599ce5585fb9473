"""Roles that work only with two-step sign-in: where they wait, who is led where, and what goes on without them."""

import re
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pyotp
import pytest

from app.core import db as database
from app.core.errors import NotAllowed, SecondStepFirst
from app.core.settings import load_settings
from app.core.web import Actor
from app.people import two_step
from app.people.roles import grant_role
from app.people.tables import ROLES
from app.people.tokens import create_for_email, create_token
from tests import event_factories
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import ORIGIN, confirmed_step, cookie_of, kinds, settings_with

REQUIRED = {"STAFF_TOTP": "required"}
ENROL = "/account/two-step?next="
HTMX = {"HX-Request": "true"}
PROGRAM = {"Accept": "application/json"}
SENTENCE = {"vi": "nên chỉ dùng được khi đã bật đăng nhập hai bước", "en": "it works only with two-step sign-in"}
NOT_OURS = ("/static", "/api/v1/openapi", "/metrics")
"""The framework's own routes and those of machines."""
DEVICES = ("/api/v1/door/", "/api/v1/leads/latest")
"""Paired devices have no account."""
MADE_UP = {"uuid": lambda: str(uuid4()), "int": lambda: "7", "str": lambda: "nobody-knows-this"}


def guarded() -> list[tuple[str, str]]:
    """(method, path with made-up values) of every route of the whole application that is not public."""
    from app.main import create_litestar

    found = []
    for route in create_litestar().routes:
        if route.path.startswith(NOT_OURS) or route.path in ("/api/v1", "/api/v1/{path:str}"):
            continue
        for handler in route.route_handlers:  # type: ignore[union-attr]
            if handler.opt.get("public"):
                continue
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                found.append((method, re.sub(r"\{[^:}]+:([a-z]+)\}", lambda match: MADE_UP[match[1]](), route.path)))
    return found


_OWN = re.compile(
    r"/account(/(password|email|end|confirm|sessions|tokens|two-step|data)(/.*)?)?"
    r"|/api/v1/me(/(consents|requests|seen-by|copies)(/.*)?)?"
)
"""What belongs to the account itself; a public profile, which others see, is not part of it."""


def is_own_account(path: str) -> bool:
    return _OWN.fullmatch(path) is not None


# --- the setting ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "required"),
    [
        ({}, False),
        ({"DEMO": "0"}, False),
        ({"ENVIRONMENT": "production"}, True),
        ({"ENVIRONMENT": "production", "STAFF_TOTP": "offered"}, False),
        ({"ENVIRONMENT": "production", "STAFF_TOTP": ""}, True),
        ({"STAFF_TOTP": "required"}, True),
        ({"STAFF_TOTP": "offered"}, False),
    ],
)
def test_required_in_production_and_offered_in_the_demo(env: dict[str, str], required: bool) -> None:
    assert load_settings(env).staff_totp_required is required


def test_what_works_for_an_actor() -> None:
    waiting = Actor(id=uuid4(), roles=frozenset({"organizer"}), second_step_missing=True)
    assert not waiting.has("organizer")
    with pytest.raises(SecondStepFirst):
        waiting.require("organizer", "desk")
    with pytest.raises(NotAllowed) as refused:
        waiting.require("admin")
    assert type(refused.value) is NotAllowed, "the second step would not help"
    Actor(id=uuid4(), roles=frozenset({"admin"})).require("desk")


# --- who is led to it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("setting", "enrolled", "status"), [("required", False, 303), ("required", True, 200), ("offered", False, 200)]
)
async def test_the_staff_door(
    db: asyncpg.Connection, make_client: MakeClient, role: str, setting: str, enrolled: bool, status: int
) -> None:
    actor = await make_person(roles=(role,))
    if enrolled:
        await confirmed_step(actor)
    client = await cookie_of(make_client(), actor)
    with settings_with(STAFF_TOTP=setting):
        answer = await client.get("/staff")
    assert (answer.status_code, answer.headers.get("location")) == (status, f"{ENROL}/staff" if status == 303 else None)


async def test_no_guarded_door_of_the_whole_house_opens_but_the_own_account(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    client = await cookie_of(make_client(), await make_person(roles=("admin",)))
    wrong = []
    doors = [(method, path) for method, path in guarded() if not path.startswith(DEVICES)]
    assert len(doors) > 60
    with settings_with(**REQUIRED):
        for method, path in doors:
            body: dict[str, Any] = {} if method == "GET" else {"json": {}} if path.startswith("/api/") else {"data": {}}
            answer = await client.request(method, path, **body)
            led = answer.headers.get("location", "").startswith(ENROL) or '"second_step_first"' in answer.text
            if led == is_own_account(path) or answer.status_code >= 500:
                wrong.append(f"{method} {path}: {answer.status_code} {answer.headers.get('location')}")
    assert wrong == []


@pytest.mark.parametrize("public", ["/", "/directory", "/events", "/about", "/sign-out", "/healthz"])
async def test_public_pages_stay_open(db: asyncpg.Connection, make_client: MakeClient, public: str) -> None:
    client = await cookie_of(make_client(), await make_person(roles=("admin",)))
    with settings_with(**REQUIRED):
        assert (await client.get(public)).status_code == 200


async def test_signing_out_is_possible(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person(roles=("desk",))
    client = await cookie_of(make_client(), actor)
    with settings_with(**REQUIRED):
        assert (await client.post("/sign-out")).headers["location"] == "/"
        assert (await client.get("/account")).headers["location"] == "/sign-in?next=/account"
    assert (await kinds(actor.id))[-1] == "sign_out.done"


@pytest.mark.parametrize(
    ("asked", "headers", "status", "to"),
    [
        ("GET /staff/people?q=lan&only=desk", {}, 303, "/staff/people%3Fq%3Dlan%26only%3Ddesk"),
        ("HEAD /staff/people", {}, 303, "/staff/people"),
        ("GET /staff/people", HTMX, 403, "/staff/people"),
        ("GET /staff/people", {**HTMX, "HX-Boosted": "true"}, 303, "/staff/people"),
        ("POST /staff/people/{id}/end", {}, 303, "/"),
        ("POST /staff/people/{id}/end", HTMX, 403, "/"),
    ],
)
async def test_where_pages_lead(
    db: asyncpg.Connection, make_client: MakeClient, asked: str, headers: dict[str, str], status: int, to: str
) -> None:
    target = await make_person()
    client = await cookie_of(make_client(), await make_person(roles=("admin",)))
    method, _space, path = asked.partition(" ")
    with settings_with(**REQUIRED):
        data = {"reason": "vì thế"} if method == "POST" else None
        answer = await client.request(method, path.format(id=target.id), headers=headers, data=data)
    header = "location" if status == 303 else "hx-redirect"
    assert (answer.status_code, answer.headers[header]) == (status, ENROL + to)
    assert await database.fetchval("SELECT ended_at FROM person WHERE id = $1", target.id) is None


@pytest.mark.parametrize("path", ["/staff", "/events/manage"])
async def test_programs_get_a_code_and_both_languages(
    db: asyncpg.Connection, make_client: MakeClient, path: str
) -> None:
    client = await cookie_of(make_client(), await make_person(roles=("organizer",)))
    with settings_with(**REQUIRED):
        answer = await client.get(path, headers=PROGRAM)
    assert (answer.status_code, answer.json()["error"]) == (
        403,
        {
            "code": "second_step_first",
            "message_vi": "Vai trò của bạn chỉ dùng được khi đã bật đăng nhập hai bước. Vui lòng bật trước, chỉ mất "
            "một phút.",
            "message_en": "Your role works only with two-step sign-in. Please turn it on first; it takes a minute.",
            "fields": {},
        },
    )


async def test_a_role_that_would_not_open_the_door_anyway_is_a_plain_no(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    client = await cookie_of(make_client(), await make_person(roles=("desk",)))
    with settings_with(**REQUIRED):
        answer = await client.get("/staff/people", headers=PROGRAM)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")


async def test_people_without_a_role_are_not_asked(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person()
    client = await cookie_of(make_client(), actor)
    with settings_with(**REQUIRED):
        assert (await client.get("/suggestions")).status_code == 200
        assert (await client.get("/staff")).status_code == 403
        page = (await client.get("/account/two-step")).text
        assert SENTENCE["vi"] not in page
        assert "/account/two-step/begin" in page


async def test_the_rule_follows_the_role_at_the_next_request(db: asyncpg.Connection, make_client: MakeClient) -> None:
    admin, actor = await make_person(roles=("admin",)), await make_person()
    with settings_with(**REQUIRED):
        await grant_role(admin, actor.person_id, "desk", "lễ tân", ORIGIN)
        client = await cookie_of(make_client(), actor)
        assert (await client.get("/suggestions")).headers["location"] == f"{ENROL}/suggestions"
        await database.execute("UPDATE person_role SET ended_at = now() WHERE person = $1", actor.id)
        assert (await client.get("/suggestions")).status_code == 200


async def test_it_costs_no_further_query(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person(roles=("desk",))
    client = await cookie_of(make_client(), actor)
    program = make_client(Authorization=f"Bearer {await create_for_email(actor.email)}")
    with settings_with(**REQUIRED):
        await program.get("/api/v1/me")
        for asked in (client, program):
            with database.count_queries() as queries:
                assert (await asked.get("/api/v1/me")).json()["second_step_missing"] is True
            assert len(queries) == 1


# --- turning it on, and on to where one was going -------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_from_the_closed_door_through_it(db: asyncpg.Connection, make_client: MakeClient, locale: str) -> None:
    actor = await make_person(roles=("admin",), locale=locale)
    client = await cookie_of(make_client(), actor)
    to = "/staff/people?q=lan"
    with settings_with(**REQUIRED):
        led = (await client.get(to)).headers["location"]
        page = (await client.get(led)).text
        assert (SENTENCE[locale] in page, page.count('name="next" value="/staff/people?q=lan"')) == (True, 1)
        begun = await client.post("/account/two-step/begin", data={"next": to})
        assert (begun.status_code, begun.headers["location"]) == (303, led)
        page = (await client.get(led)).text
        secret = re.search(r'id="secret" value="([A-Z2-7]{32})"', page)
        assert secret is not None
        assert page.count('name="next" value="/staff/people?q=lan"') == 1
        wrong = await client.post("/account/two-step", data={"code": "000", "next": to})
        assert (wrong.status_code, wrong.text.count('name="next" value="/staff/people?q=lan"')) == (422, 1)
        on = await client.post("/account/two-step", data={"code": pyotp.TOTP(secret[1]).now(), "next": to})
        assert (on.status_code, on.text.count('href="/staff/people?q=lan"')) == (200, 1)
        assert SENTENCE[locale] not in on.text
        assert (await client.get(to)).status_code == 200


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil", "javascript:alert(1)", "", "/x\n"])
async def test_the_way_on_stays_here(db: asyncpg.Connection, make_client: MakeClient, to: str) -> None:
    actor = await make_person(roles=("desk",))
    client = await cookie_of(make_client(), actor)
    page = (await client.get("/account/two-step", params={"next": to})).text
    assert page.count('name="next" value="/account"') == 1
    begun = await client.post("/account/two-step/begin", data={"next": to})
    assert begun.headers["location"] == "/account/two-step"
    secret = await two_step.waiting_secret(actor)
    assert secret is not None
    on = await client.post("/account/two-step", data={"code": pyotp.TOTP(secret).now(), "next": to})
    main = on.text.partition("<main")[2].partition("</main>")[0]
    assert re.findall(r'href="([^"]*)"', main.partition("<code>")[2]) == ["/account"]


async def test_the_way_on_survives_typing_the_password_again(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = await cookie_of(make_client(), await make_person(roles=("desk",)))
    await database.execute("UPDATE session SET confirmed_at = now() - interval '1 hour'")
    for path, fields in (("/account/two-step/begin", {}), ("/account/two-step", {"code": "123456"})):
        answer = await client.post(path, data={**fields, "next": "/staff"})
        assert answer.headers["location"] == "/account/confirm?next=/account/two-step%3Fnext%3D/staff"
        page = (await client.get(answer.headers["location"])).text
        assert 'name="next" value="/account/two-step?next=/staff"' in page


@pytest.mark.parametrize(("locale", "words"), [("vi", "khi tính năng này đang bật"), ("en", "only while it is on")])
async def test_turned_off_the_role_waits_again(
    db: asyncpg.Connection, make_client: MakeClient, locale: str, words: str
) -> None:
    actor = await make_person(roles=("organizer",), locale=locale)
    await confirmed_step(actor)
    client = await cookie_of(make_client(), actor)
    with settings_with(**REQUIRED):
        assert (await client.get("/staff")).status_code == 200
        assert words in (await client.get("/account/two-step")).text
        assert (await client.post("/account/two-step/end")).headers["location"] == "/account/two-step"
        assert (await client.get("/staff")).headers["location"] == f"{ENROL}/staff"
        assert SENTENCE[locale] in (await client.get("/account")).text
    assert words not in (await client.get("/account/two-step")).text


async def test_a_step_that_is_only_begun_is_not_one(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person(roles=("admin",))
    await two_step.begin(actor)
    client = await cookie_of(make_client(), actor)
    with settings_with(**REQUIRED):
        assert (await client.get("/staff")).headers["location"] == f"{ENROL}/staff"


# --- programs, and rights that no role of the site grants ------------------------------------------------------------


async def test_tokens_of_who_must_turn_it_on_open_no_staff_door(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    actor = await make_person(roles=("organizer",))
    program = make_client(Authorization=f"Bearer {await create_for_email(actor.email)}")
    with settings_with(**REQUIRED):
        refused = await program.post("/api/v1/events", json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "second_step_first")
        me = (await program.get("/api/v1/me")).json()
        assert (me["roles"], me["second_step_missing"]) == (["organizer"], True)
        assert (await program.get("/api/v1/organisations?limit=1")).status_code == 200
        await confirmed_step(actor)
        assert (await program.post("/api/v1/events", json={})).status_code == 422
        assert (await program.get("/api/v1/me")).json()["second_step_missing"] is False


async def test_an_admins_token_sees_no_more_than_anybodys_until_then(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    """Doors that ask for the role inside, not at the guard: somebody else's draft is as if it were not there."""
    owner = await make_person(roles=("organizer",))
    draft = await event_factories.make_event(owner=owner, published=False)
    admin = await make_person(roles=("admin",))
    program = make_client(Authorization=f"Bearer {await create_for_email(admin.email)}")
    path = f"/api/v1/events/{draft.slug}/checkpoints"
    with settings_with(**REQUIRED):
        assert (await program.get(path)).status_code == 404
        await confirmed_step(admin)
        assert (await program.get(path)).status_code == 200


async def test_no_token_is_made_meanwhile(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person(roles=("admin",))
    client = await cookie_of(make_client(), actor)
    form = {"name": "Lén lút", "scope": "write", "days": "365"}
    with settings_with(**REQUIRED):
        answer = await client.post("/account/tokens", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ENROL}/")
        waiting = Actor(id=actor.id, roles=actor.roles, confirmed_recently=True, second_step_missing=True)
        with pytest.raises(SecondStepFirst):
            await create_token(waiting, "x", "read", 30, ORIGIN)
    assert await database.fetchval("SELECT count(*) FROM api_token") == 0


async def test_a_volunteer_of_one_events_team_needs_no_second_step(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    """The event's owner let them in, no role of the site did; an admin of the site without it does not pass."""
    owner = await make_person(roles=("organizer",))
    event = await event_factories.make_event(owner=owner)
    volunteer, admin = await make_person(), await make_person(roles=("admin",))
    await database.execute(
        "INSERT INTO event_staff (id, event, person, role, granted_at, granted_by) VALUES ($1, $2, $3, 'desk', now(),"
        " $4)",
        *(uuid4(), event.event, volunteer.id, owner.id),
    )
    desk = f"/events/{event.slug}/desk"
    with settings_with(**REQUIRED):
        helper: httpx.AsyncClient = await cookie_of(make_client(), volunteer)
        assert (await helper.get(desk)).status_code == 200
        boss = await cookie_of(make_client(), admin)
        assert (await boss.get(desk)).headers["location"] == f"{ENROL}{desk}"
