"""Every route of people, tried by everybody who might: one table, held complete against the router."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.web import Actor
from app.people import api, routes
from app.people.tokens import create_for_email, create_token
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import ORIGIN, cookie_of, live_sessions, open_for

PUBLIC = """
GET /sign-up            POST /sign-up          GET /sign-up/sent   POST /sign-up/again
GET /confirm/{token}    POST /confirm/{token}
GET /sign-in            POST /sign-in          GET /sign-in/code   POST /sign-in/code
GET /sign-out           POST /sign-out
GET /reset              POST /reset            GET /reset/sent     GET /reset/{token}   POST /reset/{token}
"""
OWN = """
GET /account            POST /account
GET /account/password   POST /account/password
GET /account/email      POST /account/email
GET /account/end        POST /account/end
GET /account/confirm    POST /account/confirm
GET /account/sessions   POST /account/sessions/{session_id}/end   POST /account/sessions/end-others
GET /account/tokens     POST /account/tokens                      POST /account/tokens/{token_id}/end
GET /account/two-step   POST /account/two-step   POST /account/two-step/begin   POST /account/two-step/end
GET /account/data       POST /account/data/consents/{purpose}
POST /account/data/requests   POST /account/data/requests/{number}/take-back
GET /account/data/seen  GET /account/data/erase       POST /account/data/erase
GET /account/data/export      POST /account/data/export      GET /account/data/export/{number}
GET /api/v1/me
GET /api/v1/me/consents   GET /api/v1/me/requests   GET /api/v1/me/seen-by   GET /api/v1/me/copies
GET /api/v1/me/copies/{number}/file   POST /api/v1/me/copies   POST /api/v1/me/requests
PUT /api/v1/me/consents/{purpose}
"""
STAFF = "GET /staff"
ADMIN = """
GET /staff/people   GET /staff/people/{person_id}
POST /staff/people/{person_id}/roles   POST /staff/people/{person_id}/roles/{role_name}/end
POST /staff/people/{person_id}/two-step/end   POST /staff/people/{person_id}/end
GET /staff/requests   POST /staff/requests   GET /staff/requests/{number}   POST /staff/requests/{number}
POST /staff/requests/{number}/erase   POST /staff/requests/{number}/copy
"""


def listed(text: str) -> list[str]:
    return [f"{method} {path}" for method, path in re.findall(r"(GET|POST|PUT) (\S+)", text)]


GROUPS = dict.fromkeys(listed(PUBLIC), "public")
GROUPS |= dict.fromkeys(listed(OWN), "own")
GROUPS |= dict.fromkeys(listed(STAFF), "staff")
GROUPS |= dict.fromkeys(listed(ADMIN), "admin")


def test_the_table_names_every_route_once() -> None:
    found = []
    for router in (routes.router, api.router):
        for route in router.routes:
            path = re.sub(r":[a-z]+\}", "}", route.path)
            for handler in route.route_handlers:  # type: ignore[union-attr]
                found += [f"{method} {path}" for method in handler.http_methods - {"OPTIONS", "HEAD"}]
    assert sorted(found) == sorted(GROUPS)
    assert len(found) == len(set(found))


# --- who asks -------------------------------------------------------------------------------------------------


Come = Callable[[httpx.AsyncClient], Awaitable[Actor | None]]


async def stranger(_client: httpx.AsyncClient) -> None:
    return None


def somebody(*roles: str) -> Come:
    async def come(client: httpx.AsyncClient) -> Actor:
        actor = await make_person(roles=roles)
        await cookie_of(client, actor)
        return actor

    return come


def spoiled(sql: str) -> Come:
    """Somebody with every role whose session or account is not good any more."""

    async def come(client: httpx.AsyncClient) -> Actor:
        actor = await make_person(roles=("admin", "organizer", "desk"))
        await cookie_of(client, actor)
        await database.execute(sql, actor.id)
        return actor

    return come


async def with_a_token(client: httpx.AsyncClient) -> Actor:
    actor = await make_person(roles=("admin",))
    client.headers["Authorization"] = f"Bearer {await create_for_email(actor.email)}"
    return actor


async def with_a_reading_token(client: httpx.AsyncClient) -> Actor:
    actor = await make_person(roles=("admin",))
    client.headers["Authorization"] = f"Bearer {await create_token(actor, 'x', 'read', 30, ORIGIN)}"
    return actor


async def half_way(client: httpx.AsyncClient) -> Actor:
    """The password was right, the second step is not done."""
    actor = await make_person(roles=("admin",))
    await cookie_of(client, actor, waiting=True)
    return actor


EVERYBODY: dict[str, tuple[Come, str]] = {
    "a stranger": (stranger, "public"),
    "a person": (somebody(), "public own"),
    "desk staff": (somebody("desk"), "public own staff"),
    "an organizer": (somebody("organizer"), "public own staff"),
    "an admin": (somebody("admin"), "public own staff admin"),
    "an ended account": (spoiled("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1"), "public"),
    "an ended session": (spoiled("UPDATE session SET ended_at = now() WHERE person = $1"), "public"),
    "an expired session": (spoiled("UPDATE session SET expires_at = now() WHERE person = $1"), "public"),
    "an idle session": (
        spoiled("UPDATE session SET last_seen_at = now() - interval '13 h' WHERE person = $1"),
        "public",
    ),
    "a session half way": (half_way, "public"),
    "an admin's token": (with_a_token, "public api"),
    "an admin's token for reading": (with_a_reading_token, "public api"),
}


def judged(answer: httpx.Response) -> str:
    """What an answer means: sign in first, not allowed, or the door opened (whatever was behind it)."""
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in?next="):
        return "sign in"
    return "refused" if answer.status_code == 403 else "open"


@pytest.mark.parametrize("who", EVERYBODY)
async def test_everybody_at_every_door(db: asyncpg.Connection, make_client: MakeClient, who: str) -> None:
    come, opens = EVERYBODY[who]
    target = await make_person("Người khác", roles=("desk",), email="khac@test.example")
    await open_for(target)
    wrong = []
    for name, group in GROUPS.items():
        client = make_client()
        actor = await come(client)
        method, _space, path = name.partition(" ")
        values = {"token": "A" * 43, "role_name": "desk", "person_id": target.id}
        path = path.format(**values, session_id=uuid4(), token_id=uuid4(), number=uuid4(), purpose="profile")
        answer = await client.request(method, path, data={} if method == "POST" else None)
        expected = "open" if group in opens.split() else "refused"
        if expected == "refused" and "own" not in opens:
            expected = "open" if path.startswith("/api/") and "api" in opens else "sign in"
        if expected == "open" and who.endswith("for reading") and path.startswith("/api/") and method != "GET":
            expected = "refused"
        if judged(answer) != expected or answer.status_code >= 500:
            wrong.append(f"{name}: {answer.status_code}, expected {expected}")
        if actor is not None and actor.name in answer.text and expected == "sign in":
            wrong.append(f"{name}: shows who asked")
    assert wrong == []
    row = await database.fetchrow("SELECT ended_at, email, name FROM person WHERE id = $1", target.id)
    assert tuple(row or ()) == (None, "khac@test.example", "Người khác")
    assert await live_sessions(target.id) == 1
    roles = await database.fetch("SELECT role FROM person_role WHERE person = $1 AND ended_at IS NULL", target.id)
    assert [role["role"] for role in roles] == ["desk"]


# --- what is somebody else's ------------------------------------------------------------------------------------


async def _ids(person: UUID | None) -> dict[str, UUID]:
    session = await database.fetchval("SELECT id FROM session WHERE person = $1 AND ended_at IS NULL", person)
    token = await database.fetchval("SELECT id FROM api_token WHERE person = $1", person)
    return {"session": session, "token": token}


@pytest.mark.parametrize("roles", [(), ("organizer",), ("admin",)])
async def test_sessions_and_tokens_of_others_are_not_found(
    db: asyncpg.Connection, make_client: MakeClient, roles: tuple[str, ...]
) -> None:
    """Not even for an admin: the same answer as for an id that nobody has, and nothing changes."""
    victim = await make_person()
    await create_for_email(victim.email)
    await open_for(victim)
    theirs = await _ids(victim.id)
    client = await cookie_of(make_client(), await make_person(roles=roles))
    for kind in ("session", "token"):
        answers = [
            await client.post(f"/account/{kind}s/{wanted}/end", headers={"Accept": "application/json"})
            for wanted in (theirs[kind], uuid4(), theirs[kind])
        ]
        assert [answer.status_code for answer in answers] == [404] * 3
        assert len({answer.text for answer in answers}) == 1
    assert await live_sessions(victim.id) == 1
    assert await database.fetchval("SELECT count(*) FROM api_token WHERE ended_at IS NULL") == 1


async def test_a_session_is_not_ended_as_a_token_nor_the_other_way_round(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    actor = await make_person()
    await create_for_email(actor.email)
    client = await cookie_of(make_client(), actor)
    mine = await _ids(actor.id)
    assert (await client.post(f"/account/sessions/{mine['token']}/end")).status_code == 404
    assert (await client.post(f"/account/tokens/{mine['session']}/end")).status_code == 404
    assert (await client.post(f"/account/tokens/{mine['token']}/end")).status_code == 303
    assert (await client.post(f"/account/sessions/{mine['session']}/end")).status_code == 303
    assert (await client.get("/account")).headers["location"] == "/sign-in?next=/account"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/account", {"name": "Lan", "locale": "en", "id": "x", "person_id": "x", "roles": "admin", "sample": "1"}),
        ("/account", {"name": "Lan", "locale": "en", "email_confirmed_at": "2030-01-01", "ended_at": "2030-01-01"}),
        ("/account/sessions/end-others", {"person": "x", "person_id": "x"}),
        ("/account/two-step/end", {"person": "x"}),
    ],
)
async def test_fields_that_no_form_has_are_not_read(
    db: asyncpg.Connection, make_client: MakeClient, path: str, fields: dict[str, str]
) -> None:
    victim = await make_person("Nạn nhân")
    await open_for(victim)
    fields = {name: str(victim.id) if value == "x" else value for name, value in fields.items()}
    actor = await make_person("Lan")
    client = await cookie_of(make_client(), actor)
    assert (await client.post(path, data=fields)).status_code == 303
    rows = await database.fetch("SELECT name, locale, sample, ended_at FROM person ORDER BY name")
    locale = "en" if path == "/account" else "vi"
    assert [tuple(row) for row in rows] == [("Lan", locale, False, None), ("Nạn nhân", "vi", False, None)]
    assert await database.fetchval("SELECT count(*) FROM person_role") == 0
    assert await live_sessions(victim.id) == 1


async def test_an_ended_account_gives_back_nothing_to_whoever_takes_its_address(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    before = await make_person("Chủ cũ", "chung@test.example", roles=("admin",))
    token = await create_for_email(before.email)
    old = await cookie_of(make_client(), before)
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", before.id)
    after = await make_person("Chủ mới", "chung@test.example")
    client = await cookie_of(make_client(), after)
    assert (await client.get("/api/v1/me")).json()["roles"] == []
    assert "Chủ cũ" not in (await client.get("/account")).text
    assert (await client.get("/account/tokens")).text.count('/end"') == 0
    assert (await old.get("/account")).status_code == 303
    program: Any = make_client(Authorization=f"Bearer {token}")
    assert (await program.get("/api/v1/me")).status_code == 401
