"""Sessions: one query, two ends of time, and none that comes back after it was ended."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.errors import NotFound
from app.core.web import Actor
from app.people import sessions
from app.people.jobs import forget
from app.people.secret import digest
from app.people.sessions import end_other_sessions, end_session, seen, sessions_of, sign_out
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import as_session, kinds, live_sessions, open_for, signed_in

OLD = "UPDATE session SET last_seen_at = now() - interval '2 minutes'"


async def test_who_asks_is_one_indexed_query(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await signed_in(client, name="Lan", roles=("desk", "organizer"))
    with database.count_queries() as queries:
        answer = await client.get("/api/v1/me")
    assert len(queries) == 1
    assert answer.json() == {
        "id": str(actor.id),
        "name": "Lan",
        "email": actor.email,
        "locale": "vi",
        "roles": ["desk", "organizer"],
        "second_step_missing": False,
        "via": "session",
    }
    await database.execute("SET LOCAL enable_seqscan = off")
    plan = await database.fetch("EXPLAIN " + sessions._FIND, b"x", timedelta(hours=12))
    assert "Seq Scan" not in "\n".join(row[0] for row in plan)


@pytest.mark.parametrize("cookie", ["", "null", "x" * 8000, "A" * 43, "A" * 43 + "; sid=" + "B" * 43, "\"'<>", "%00"])
async def test_a_cookie_that_fits_nothing_is_nobody(
    db: asyncpg.Connection, make_client: MakeClient, cookie: str
) -> None:
    client = make_client(Cookie=f"sid={cookie}")
    answer = await client.get("/sign-in")
    assert answer.status_code == 200
    assert "sid=" not in answer.headers.get("set-cookie", "")
    assert await database.fetchval("SELECT count(*) FROM session") == 0


async def test_idle_for_half_a_day_is_over_unless_one_stays(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person()
    for stays, left in ((False, 303), (True, 200)):
        client = make_client()
        client.cookies.set("sid", (await open_for(actor, stays=stays)).token)
        assert (await client.get("/account")).status_code == 200
        await database.execute("UPDATE session SET last_seen_at = now() - interval '12 hours 1 second'")
        assert (await client.get("/account")).status_code == left


async def test_two_weeks_are_the_end(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person()
    client = make_client()
    client.cookies.set("sid", (await open_for(actor, stays=True)).token)
    assert await database.fetchval("SELECT expires_at - created_at FROM session") == timedelta(days=14)
    await database.execute("UPDATE session SET expires_at = now()")
    assert (await client.get("/account")).status_code == 303


async def test_last_seen_is_written_once_a_minute(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await signed_in(client)
    with database.count_queries() as queries:
        await client.get("/account/password")
    assert len(queries) == 1
    await database.execute(OLD)
    with database.count_queries() as queries:
        await client.get("/account/password")
        await client.get("/account/password")
    assert [query.split()[0] for query in queries] == ["SELECT", "UPDATE", "SELECT"]


async def test_an_ended_account_is_out_at_once(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await signed_in(client)
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", actor.id)
    assert (await client.get("/account")).status_code == 303


async def test_a_role_counts_at_the_next_request(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await signed_in(client, roles=("admin",))
    assert (await client.get("/staff/people")).status_code == 200
    await database.execute("UPDATE person_role SET ended_at = now() WHERE person = $1", actor.id)
    assert (await client.get("/staff/people")).status_code == 403


async def test_the_token_is_not_in_the_database(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await signed_in(client)
    row = await database.fetchrow("SELECT * FROM session")
    assert row is not None
    assert client.cookies["sid"] not in repr(dict(row))
    assert row["token_hash"] == digest(client.cookies["sid"])


# --- nothing comes back -----------------------------------------------------------------------------------------


async def _race(token: str, write: Any) -> bool:
    """A request in flight writes while the browser signs out; whether the session is alive afterwards."""
    await asyncio.gather(write(digest(token)), sign_out(token), write(digest(token)))
    return bool(await database.fetchval("SELECT ended_at IS NULL FROM session WHERE token_hash = $1", digest(token)))


async def _upsert(hashed: bytes) -> None:
    """What must not be done: a write that does not mind whether the session has ended."""
    await database.execute("UPDATE session SET last_seen_at = now(), ended_at = NULL WHERE token_hash = $1", hashed)


async def test_no_request_in_flight_brings_a_session_back(committed: asyncpg.Pool) -> None:
    actor = await make_person()
    tokens = [(await open_for(actor)).token for _n in range(200)]
    await database.execute(OLD)
    assert [await _race(token, seen) for token in tokens] == [False] * 200


async def test_the_race_can_be_lost(committed: asyncpg.Pool) -> None:
    """The negative control: with a write that forgets the condition, sessions do come back."""
    actor = await make_person()
    tokens = [(await open_for(actor)).token for _n in range(50)]
    assert any([await _race(token, _upsert) for token in tokens])


async def test_signing_out_among_open_pages_stays(committed: asyncpg.Pool, make_client: MakeClient) -> None:
    actor = await make_person()
    client = make_client()
    for _round in range(40):
        client.cookies.set("sid", (await open_for(actor)).token)
        await database.execute(OLD)
        token = client.cookies["sid"]
        pages = [client.get("/account/password") for _n in range(4)]
        *_pages, out = await asyncio.gather(*pages, client.post("/sign-out"))
        assert out.status_code == 303
        client.cookies.clear()
        client.cookies.set("sid", token)
        assert (await client.get("/account/password")).status_code == 303
        client.cookies.clear()
    assert await live_sessions(actor.id) == 0


async def test_renewing_an_ended_session_gives_nothing(db: asyncpg.Connection) -> None:
    actor = await as_session(await make_person())
    await database.execute("UPDATE session SET ended_at = now()")
    async with database.tx():
        assert await sessions.renew(actor) is None
    assert await live_sessions(actor.id) == 0


async def test_signing_out_twice_or_as_nobody_is_fine(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    assert (await client.post("/sign-out")).status_code == 303
    await sign_out("A" * 43)
    await sign_out(None)


# --- the list -------------------------------------------------------------------------------------------------


async def test_list_and_end(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client, phone = make_client(), make_client(**{"User-Agent": "Mozilla/5.0 (Android) Firefox/140"})
    actor = await signed_in(client)
    phone.cookies.set("sid", (await open_for(actor)).token)
    page = (await client.get("/account/sessions")).text
    assert "Firefox · Linux" in page
    assert page.count('/end"') == 1
    session = page.split("/account/sessions/")[1].split("/end")[0]
    assert (await client.post(f"/account/sessions/{session}/end")).status_code == 303
    assert (await phone.get("/account")).status_code == 303
    assert (await client.get("/account")).status_code == 200
    assert (await client.post(f"/account/sessions/{session}/end")).status_code == 404
    assert (await kinds(actor.id))[-1] == "session.ended"


async def test_other_peoples_sessions_are_not_found(db: asyncpg.Connection) -> None:
    mine, theirs = await as_session(await make_person()), await as_session(await make_person())
    assert theirs.session_id is not None
    with pytest.raises(NotFound):
        await end_session(mine, theirs.session_id)
    assert await live_sessions(theirs.id) == 1


async def test_end_all_others(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await signed_in(client)
    other = await as_session(await make_person())
    for _n in range(3):
        await open_for(actor)
    assert await live_sessions(actor.id) == 4
    for _twice in range(2):
        assert (await client.post("/account/sessions/end-others")).status_code == 303
        assert await live_sessions(actor.id) == 1
    assert await live_sessions(other.id) == 1
    assert (await client.get("/account")).status_code == 200
    assert await end_other_sessions(other) == 0


async def test_the_list_costs_the_same_for_one_and_three(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await signed_in(client)
    with database.count_queries() as one:
        await client.get("/account/sessions")
    for _n in range(2):
        await open_for(actor)
    with database.count_queries() as three:
        page = await client.get("/account/sessions")
    assert len(one) == len(three) == 2
    assert page.text.count('/end"') == 2


async def test_waiting_and_ended_sessions_are_not_listed(db: asyncpg.Connection) -> None:
    actor = await as_session(await make_person())
    await open_for(actor, waiting=True)
    await sign_out((await open_for(actor)).token)
    assert [row["this"] for row in await sessions_of(actor)] == [True]
    nobody = Actor(id=actor.id, via="token")
    assert [row["this"] for row in await sessions_of(nobody)] == [False]


async def test_old_sessions_are_forgotten(db: asyncpg.Connection) -> None:
    actor = await make_person()
    await open_for(actor)
    await sign_out((await open_for(actor)).token)
    await forget()
    assert await database.fetchval("SELECT count(*) FROM session") == 2
    await database.execute("UPDATE session SET ended_at = now() - interval '31 days' WHERE ended_at IS NOT NULL")
    await forget()
    assert await database.fetchval("SELECT count(*) FROM session") == 1
