"""API tokens: shown once, for the API only, no more than they were made for, over at once."""

import asyncio
import re

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.errors import NotFound
from app.core.web import Actor
from app.people import tokens
from app.people.sessions import bearer
from app.people.tokens import EnoughTokens, NoSuchAccount, create_for_email, create_token, end_token
from app.people.two_step import ConfirmFirst
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import ORIGIN, kinds, signed_in

FORM = {"name": "Máy chấm công", "scope": "read", "days": "30"}


def with_token(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_made_on_the_page_and_shown_once(
    db: asyncpg.Connection, make_client: MakeClient, client: httpx.AsyncClient
) -> None:
    actor = await signed_in(client, roles=("organizer",))
    answer = await client.post("/account/tokens", data=FORM)
    assert answer.status_code == 201
    found = re.search(r'value="(kn_[A-Za-z0-9_-]{43})"', answer.text)
    assert found is not None
    page = (await client.get("/account/tokens")).text
    assert found[1] not in page
    assert found[1][:9] in page
    row = await database.fetchrow("SELECT * FROM api_token")
    assert row is not None
    assert found[1] not in repr(dict(row))
    program = make_client()
    answer = await program.get("/api/v1/me", headers=with_token(found[1]))
    assert (answer.status_code, answer.json()["via"], answer.json()["roles"]) == (200, "token", ["organizer"])
    assert (await kinds(actor.id))[-1] == "token.made"
    await client.post(f"/account/tokens/{row['id']}/end")
    answer = await program.get("/api/v1/me", headers=with_token(found[1]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")
    assert (await client.post(f"/account/tokens/{row['id']}/end")).status_code == 404


async def test_one_query_and_its_use_noted_once_a_minute(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person()
    headers = with_token(await create_for_email(actor.email.upper()))
    client = make_client()
    with database.count_queries() as queries:
        for _n in range(2):
            assert (await client.get("/api/v1/me", headers=headers)).status_code == 200
    assert [query.split()[0] for query in queries] == ["SELECT", "UPDATE", "SELECT"]


@pytest.mark.parametrize("token", ["", "x", "kn_", "kn_" + "A" * 43, "kn_" + "A" * 5000, "other_" + "A" * 43, "kn_é"])
async def test_a_token_that_fits_nothing_is_refused(
    db: asyncpg.Connection, make_client: MakeClient, token: str
) -> None:
    answer = await make_client().get("/api/v1/me", headers={b"Authorization": b"Bearer " + token.encode()})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")


async def test_beside_a_token_the_cookie_does_not_count(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    """The origin of a request with a token is not checked, so its cookie must not count."""
    actor = await signed_in(client)
    token = await create_for_email(actor.email)
    evil = {"Origin": "https://evil.example"}
    form = {"name": "Bị đổi", "locale": "vi"}
    for header in (with_token("x"), with_token(token)):
        answer = await client.post("/account", data=form, headers={**evil, **header})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/")
    assert (await client.get("/api/v1/me", headers=with_token("x"))).status_code == 401
    assert (await client.get("/api/v1/me")).json()["name"] == actor.name


async def test_a_token_for_reading_does_not_write(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person()
    client = make_client()
    for scope, status in (("read", 403), ("write", 405)):
        token = await create_token(actor, scope, scope, 30, ORIGIN)  # type: ignore[arg-type]
        headers = with_token(token)
        assert (await client.get("/api/v1/me", headers=headers)).status_code == 200
        assert (await client.post("/api/v1/me", headers=headers)).status_code == status


async def test_time_account_and_role_count(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person(roles=("desk",))
    client = make_client()
    headers = with_token(await create_for_email(actor.email))
    await database.execute("UPDATE person_role SET ended_at = now() WHERE person = $1", actor.id)
    assert (await client.get("/api/v1/me", headers=headers)).json()["roles"] == []
    await database.execute("UPDATE api_token SET expires_at = now()")
    assert (await client.get("/api/v1/me", headers=headers)).status_code == 401
    await database.execute("UPDATE api_token SET expires_at = NULL")
    assert (await client.get("/api/v1/me", headers=headers)).status_code == 200
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", actor.id)
    assert (await client.get("/api/v1/me", headers=headers)).status_code == 401


async def test_other_peoples_tokens_are_not_found(db: asyncpg.Connection) -> None:
    mine, theirs = await make_person(), await make_person()
    await create_for_email(theirs.email)
    token = await database.fetchval("SELECT id FROM api_token")
    with pytest.raises(NotFound):
        await end_token(mine, token, ORIGIN)
    assert len(await tokens.tokens_of(theirs)) == 1
    assert await tokens.tokens_of(mine) == []


async def test_there_is_an_end_to_tokens(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await signed_in(client)
    for _n in range(tokens.AT_MOST):
        await create_for_email(actor.email)
    assert (await client.post("/account/tokens", data=FORM)).status_code == 409
    with pytest.raises(EnoughTokens):
        await create_token(await make_actor(actor), "x", "read", 30, ORIGIN)


async def make_actor(actor: Actor) -> Actor:
    return Actor(id=actor.id, email=actor.email, via="session", confirmed_recently=True)


async def test_who_may_make_one(db: asyncpg.Connection) -> None:
    with pytest.raises(NoSuchAccount):
        await create_for_email("nobody@test.example")
    with pytest.raises(ConfirmFirst):
        await create_token(Actor(id=(await make_person()).id), "x", "read", 30, ORIGIN)


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"scope": "admin"}, {"scope": ""}, {"days": "36500"}, {"days": "-1"}, {"days": "x"}]
)
async def test_what_is_not_made(db: asyncpg.Connection, client: httpx.AsyncClient, change: dict[str, str]) -> None:
    await signed_in(client)
    answer = await client.post("/account/tokens", data={**FORM, **change})
    assert answer.status_code == 422
    assert await database.fetchval("SELECT count(*) FROM api_token") == 0


async def test_the_list_costs_the_same_for_one_and_three(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await signed_in(client)
    counts = []
    for _n in range(3):
        await create_for_email(actor.email)
        with database.count_queries() as queries:
            page = await client.get("/account/tokens")
        counts.append((len(queries), page.text.count('/end"')))
    assert counts == [(2, 1), (2, 2), (2, 3)]


async def test_one_kind_of_token_per_prefix() -> None:
    assert bearer(tokens.PREFIX)(tokens.by_token) is tokens.by_token

    async def other(_request: object, _credential: str) -> None:
        return None

    with pytest.raises(RuntimeError, match="two kinds"):
        bearer(tokens.PREFIX)(other)  # type: ignore[arg-type]


# --- how a token is shown, and how not ------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER  {}", "Bearer {} "])
async def test_spellings_of_the_header(db: asyncpg.Connection, make_client: MakeClient, header: str) -> None:
    token = await create_for_email((await make_person()).email)
    answer = await make_client().get("/api/v1/me", headers={"Authorization": header.format(token)})
    assert (answer.status_code, answer.json().get("via")) == (200, "token")


@pytest.mark.parametrize(
    "header", ["{}", "Basic {}", "Token {}", "Bearer", "Bearer x {}", "Bearer {},{}", "Bearer {}A"]
)
async def test_anything_else_is_nobody(db: asyncpg.Connection, make_client: MakeClient, header: str) -> None:
    token = await create_for_email((await make_person()).email)
    answer = await make_client().get("/api/v1/me", headers={"Authorization": header.replace("{}", token)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")


async def test_a_token_counts_in_the_header_alone(db: asyncpg.Connection, make_client: MakeClient) -> None:
    """Addresses land in logs and histories; a cookie with a token in it is no session."""
    token = await create_for_email((await make_person()).email)
    for query in (f"access_token={token}", f"token={token}", f"bearer={token}"):
        assert (await make_client().get(f"/api/v1/me?{query}")).status_code == 401
    for cookie in (f"sid={token}", f"token={token}", f"sid={token.removeprefix(tokens.PREFIX)}"):
        assert (await make_client(Cookie=cookie).get("/api/v1/me")).status_code == 401
    answer = await make_client().get("/account/tokens", headers=with_token(token))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/account/tokens")


@pytest.mark.parametrize("days", [30, 90, 365])
async def test_it_lasts_to_the_second(db: asyncpg.Connection, make_client: MakeClient, days: int) -> None:
    actor = await make_person()
    headers = with_token(await create_token(actor, "x", "read", days, ORIGIN))
    client = make_client()
    lasts = await database.fetchval("SELECT extract(epoch FROM expires_at - created_at) FROM api_token")
    assert abs(float(lasts) - days * 86_400) < 60
    for left, status in (("1 second", 200), ("0 seconds", 401), ("-1 second", 401)):
        await database.execute(f"UPDATE api_token SET expires_at = now() + interval '{left}'")
        assert (await client.get("/api/v1/me", headers=headers)).status_code == status
    assert [row["over"] for row in await tokens.tokens_of(actor)] == [True]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_reading_is_all_that_a_token_for_reading_does(
    db: asyncpg.Connection, make_client: MakeClient, method: str
) -> None:
    headers = with_token(await create_token(await make_person(), "x", "read", 30, ORIGIN))
    for path in ("/api/v1/organisations", "/api/v1/events", "/api/v1/nowhere"):
        answer = await make_client().request(method, path, headers=headers, json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "read_only_token"), path
    for path in ("/api/v1/me", "/api/v1/organisations?limit=1"):
        assert (await make_client().request("HEAD", path, headers=headers)).status_code == 200


async def test_ended_while_it_is_in_use_it_stays_ended(committed: asyncpg.Pool, make_client: MakeClient) -> None:
    """Noting the last use never brings a token back; the next request is refused."""
    actor = await make_person()
    client = make_client()
    for _round in range(10):
        headers = with_token(await create_for_email(actor.email))
        token = await database.fetchval("SELECT id FROM api_token WHERE ended_at IS NULL")
        uses = [client.get("/api/v1/me", headers=headers) for _n in range(4)]
        await asyncio.gather(*uses[:2], end_token(actor, token, ORIGIN), *uses[2:])
        assert (await client.get("/api/v1/me", headers=headers)).status_code == 401
    assert await database.fetchval("SELECT count(*) FROM api_token WHERE ended_at IS NULL") == 0


async def test_the_last_place_is_given_once(committed: asyncpg.Pool) -> None:
    actor = await make_person()
    for _n in range(tokens.AT_MOST - 1):
        await create_for_email(actor.email)
    outcomes = await asyncio.gather(
        *(create_token(actor, "x", "read", 30, ORIGIN) for _n in range(5)), return_exceptions=True
    )
    assert sum(isinstance(outcome, EnoughTokens) for outcome in outcomes) == 4
    assert len(await tokens.tokens_of(actor)) == tokens.AT_MOST


async def test_a_place_is_free_again_when_a_token_is_over(db: asyncpg.Connection) -> None:
    actor = await make_person()
    for _n in range(tokens.AT_MOST):
        await create_for_email(actor.email)
    await database.execute(
        "UPDATE api_token SET expires_at = now() WHERE id = (SELECT min(id::text)::uuid FROM api_token)"
    )
    assert (await create_token(actor, "x", "read", 30, ORIGIN)).startswith(tokens.PREFIX)
    with pytest.raises(EnoughTokens):
        await create_token(actor, "x", "read", 30, ORIGIN)


async def test_what_its_owner_called_it(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    """The name is text on the page and in the log, and the token is in neither."""
    actor = await signed_in(client)
    answer = await client.post("/account/tokens", data={**FORM, "name": "<b>Cổng</b>  soát vé\n1"})
    token = re.findall(r'value="(kn_[A-Za-z0-9_-]{43})"', answer.text)[0]
    for path in ("/account/tokens", "/account"):
        page = (await client.get(path)).text
        assert ("&lt;b&gt;Cổng&lt;/b&gt; soát vé 1" in page, "<b>Cổng" in page, token in page) == (True, False, False)
    row = await database.fetchrow("SELECT name, prefix, scopes FROM api_token WHERE person = $1", actor.id)
    assert tuple(row or ()) == ("<b>Cổng</b> soát vé 1", token[:9], ["read"])
    stored = await database.fetch("SELECT row_to_json(e)::text AS all FROM account_event e")
    assert not any(token in line["all"] for line in stored)
