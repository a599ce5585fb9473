"""Two steps: nobody is in before the second, and every code counts once."""

import asyncio
import re
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.errors import Invalid
from app.core.web import Actor
from app.people import two_step
from app.people.secret import plain_code
from app.people.two_step import AlreadyOn, ConfirmFirst, code_fits
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import (
    ORIGIN,
    PASSWORD,
    Clock,
    as_session,
    kinds,
    live_sessions,
    mails,
    open_for,
    settings_with,
    sign_in,
    signed_in,
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def enrolled(clock: Clock, **kw: Any) -> tuple[Actor, str, list[str]]:
    actor = await as_session(await make_person(password=PASSWORD, **kw))
    secret = await two_step.begin(actor)
    codes, opened = await two_step.finish(actor, clock.code(secret), ORIGIN)
    assert opened is not None
    clock.at += 30
    return actor, secret, codes


async def test_enrol_on_the_page(db: asyncpg.Connection, make_client: MakeClient, clock: Clock) -> None:
    client, other = make_client(), make_client()
    actor = await signed_in(client, roles=("organizer",))
    other.cookies.set("sid", (await open_for(actor)).token)
    assert "/account/two-step" in (await client.get("/staff")).text
    assert (await client.post("/account/two-step/begin")).status_code == 303
    page = (await client.get("/account/two-step")).text
    assert 'src="data:image/svg+xml' in page
    secret = re.search(r'id="secret" value="([A-Z2-7]{32})"', page)
    assert secret is not None
    assert (await client.post("/account/two-step", data={"code": "000000"})).status_code == 422
    before = client.cookies["sid"]
    done = await client.post("/account/two-step", data={"code": clock.code(secret[1])})
    assert done.status_code == 200
    assert len(set(re.findall(r"<code>([a-z0-9-]{19})</code>", done.text))) == 10
    assert client.cookies["sid"] != before
    assert (await other.get("/account")).status_code == 303
    page = (await client.get("/account/two-step")).text
    assert secret[1] not in page
    assert "<code>" not in page
    assert "two_step.on" in await kinds(actor.id)
    assert len(await mails()) == 1
    assert "alert-warn" not in (await client.get("/staff")).text


async def test_the_password_alone_lets_nobody_in(db: asyncpg.Connection, make_client: MakeClient, clock: Clock) -> None:
    actor, secret, _codes = await enrolled(clock)
    client = make_client()
    answer = await sign_in(client, actor.email, next="/account/tokens", stay="1")
    assert answer.headers["location"] == "/sign-in/code?next=/account/tokens"
    waiting = client.cookies["sid"]
    assert (await client.get("/account")).status_code == 303
    assert (await client.get("/api/v1/me")).status_code == 401
    assert (await client.get("/sign-in/code")).status_code == 200
    assert (await client.post("/sign-in/code", data={"code": "000000"})).status_code == 422
    assert (await client.post("/sign-in/code", data={})).status_code == 422
    answer = await client.post("/sign-in/code", data={"code": clock.code(secret), "next": "//evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.cookies["sid"] != waiting
    assert (await client.get("/account")).status_code == 200
    client.cookies.clear()
    client.cookies.set("sid", waiting)
    assert (await client.get("/account")).status_code == 303
    assert (await kinds(actor.id))[-3:] == ["sign_in.half", "sign_in.wrong_code", "sign_in.done"]


async def test_a_code_counts_once(db: asyncpg.Connection, clock: Clock) -> None:
    actor, secret, _codes = await enrolled(clock)
    code = clock.code(secret)
    assert [await code_fits(actor.person_id, code) for _n in range(2)] == ["phone", None]
    clock.at += 30
    assert await code_fits(actor.person_id, code) is None
    assert await code_fits(actor.person_id, clock.code(secret)) == "phone"
    clock.at -= 30
    assert await code_fits(actor.person_id, clock.code(secret)) is None


async def test_clocks_may_differ_by_a_period(db: asyncpg.Connection, clock: Clock) -> None:
    actor, secret, _codes = await enrolled(clock)
    clock.at += 300
    early = clock.code(secret)
    clock.at += 60
    assert await code_fits(actor.person_id, early) is None
    late = clock.code(secret)
    clock.at += 30
    assert await code_fits(actor.person_id, f" {late[:3]} {late[3:]}") == "phone"


async def test_of_one_code_used_at_once_one_counts(committed: asyncpg.Pool, clock: Clock) -> None:
    actor, secret, codes = await enrolled(clock)

    async def use(code: str) -> str | None:
        async with database.tx():
            return await code_fits(actor.person_id, code)

    outcomes = await asyncio.gather(*(use(clock.code(secret)) for _n in range(8)))
    assert (outcomes.count("phone"), outcomes.count(None)) == (1, 7)
    outcomes = await asyncio.gather(*(use(codes[0]) for _n in range(8)))
    assert (outcomes.count("paper"), outcomes.count(None)) == (1, 7)


async def test_a_recovery_code_counts_once_however_it_is_typed(
    db: asyncpg.Connection, make_client: MakeClient, clock: Clock
) -> None:
    actor, _secret, codes = await enrolled(clock)
    for code, status in ((codes[0], 303), (codes[0], 422), (codes[1].upper().replace("-", " "), 303)):
        client = make_client()
        await sign_in(client, actor.email)
        assert (await client.post("/sign-in/code", data={"code": code})).status_code == status
    assert await two_step.state_of(actor) == (True, 8)
    stored = await database.fetch("SELECT code_hash FROM recovery_code")
    assert not any(codes[2].encode() in row["code_hash"] for row in stored)


async def test_guessing_codes_ends_soon(db: asyncpg.Connection, make_client: MakeClient, clock: Clock) -> None:
    actor, secret, _codes = await enrolled(clock)
    client = make_client()
    await sign_in(client, actor.email)
    statuses = [(await client.post("/sign-in/code", data={"code": f"{n:06}"})).status_code for n in range(6)]
    assert statuses == [422] * 5 + [429]
    assert (await client.post("/sign-in/code", data={"code": clock.code(secret)})).status_code == 429


async def test_the_wait_for_the_code_ends(db: asyncpg.Connection, make_client: MakeClient, clock: Clock) -> None:
    actor, secret, _codes = await enrolled(clock)
    client = make_client()
    assert (await client.post("/sign-in/code", data={"code": "123456"})).headers["location"] == "/sign-in"
    await sign_in(client, actor.email)
    await database.execute("UPDATE session SET expires_at = now() WHERE waiting")
    answer = await client.post("/sign-in/code", data={"code": clock.code(secret)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert (await client.get("/sign-in/code")).headers["location"] == "/sign-in"


async def test_a_changed_key_leaves_the_paper(db: asyncpg.Connection, clock: Clock) -> None:
    actor, secret, codes = await enrolled(clock)
    stored = await database.fetchval("SELECT secret FROM second_step")
    assert secret not in stored
    with settings_with(SECRET_KEY="quite another key, long enough for it too"):
        assert await code_fits(actor.person_id, clock.code(secret)) is None
        assert await code_fits(actor.person_id, codes[0]) == "paper"


async def test_turning_it_off(db: asyncpg.Connection, clock: Clock) -> None:
    actor, secret, codes = await enrolled(clock)
    await open_for(actor)
    assert await two_step.end(actor, ORIGIN) is not None
    assert await two_step.end(actor, ORIGIN) is None
    assert await live_sessions(actor.id) == 1
    assert await two_step.state_of(actor) == (False, 0)
    assert [await code_fits(actor.person_id, code) for code in (clock.code(secret), codes[0])] == [None, None]
    assert [mail["to_address"] for mail in await mails()] == [actor.email] * 2


async def test_beginning_again_drops_the_waiting_secret(db: asyncpg.Connection, clock: Clock) -> None:
    actor = await as_session(await make_person())
    first = await two_step.begin(actor)
    second = await two_step.begin(actor)
    assert await two_step.waiting_secret(actor) == second
    with pytest.raises(Invalid):
        await two_step.finish(actor, clock.code(first), ORIGIN)
    await two_step.finish(actor, clock.code(second), ORIGIN)
    assert await two_step.waiting_secret(actor) is None
    with pytest.raises(AlreadyOn):
        await two_step.begin(actor)
    with pytest.raises(Invalid):
        await two_step.finish(actor, clock.code(second), ORIGIN)


async def test_only_shortly_after_the_password(db: asyncpg.Connection) -> None:
    actor = Actor(id=(await make_person()).id, via="session")
    for act in (two_step.begin(actor), two_step.finish(actor, "1", ORIGIN), two_step.end(actor, ORIGIN)):
        with pytest.raises(ConfirmFirst):
            await act


# --- typing the password again ------------------------------------------------------------------------------------


async def test_asked_again_after_a_quarter_of_an_hour(
    db: asyncpg.Connection, client: httpx.AsyncClient, clock: Clock
) -> None:
    actor = await signed_in(client)
    assert (await client.get("/account/confirm?next=/account/tokens")).headers["location"] == "/account/tokens"
    await database.execute("UPDATE session SET confirmed_at = now() - interval '15 minutes 1 second'")
    for path in ("/account/two-step/begin", "/account/two-step", "/account/two-step/end", "/account/tokens"):
        answer = await client.post(path, data={"name": "x", "scope": "read", "days": "30"})
        assert answer.headers["location"].startswith("/account/confirm?next=/account/")
    assert (await client.get("/account/confirm?next=//evil.example")).text.count('name="next" value="/account"') == 1
    assert (await client.post("/account/confirm", data={"password": "sai mật khẩu"})).status_code == 422
    assert (await client.post("/account/confirm", data={})).status_code == 422
    before = client.cookies["sid"]
    answer = await client.post("/account/confirm", data={"password": PASSWORD, "next": "/account/two-step"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/two-step")
    assert client.cookies["sid"] != before
    assert (await client.post("/account/two-step/begin")).headers["location"] == "/account/two-step"
    assert (await kinds(actor.id))[-2:] == ["password.wrong", "identity.confirmed"]


async def test_with_two_steps_a_code_is_asked_too(
    db: asyncpg.Connection, make_client: MakeClient, clock: Clock
) -> None:
    actor, secret, _codes = await enrolled(clock)
    client = make_client()
    await sign_in(client, actor.email)
    await client.post("/sign-in/code", data={"code": clock.code(secret)})
    clock.at += 30
    await database.execute("UPDATE session SET confirmed_at = now() - interval '1 hour'")
    assert 'name="code"' in (await client.get("/account/confirm")).text
    assert (await client.post("/account/confirm", data={"password": PASSWORD})).status_code == 422
    fields = {"password": PASSWORD, "code": clock.code(secret)}
    assert (await client.post("/account/confirm", data=fields)).status_code == 303
    statuses = [(await client.post("/account/confirm", data=fields)).status_code for _n in range(4)]
    assert statuses == [422, 422, 429, 429]


async def test_a_session_ended_meanwhile_is_not_confirmed(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person(password=PASSWORD)
    client = make_client(actor)
    answer = await client.post("/account/confirm", data={"password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_codes_on_paper_forgive_how_they_are_typed() -> None:
    assert plain_code(" ABCD efgh-jkmn  pqrs ") == "abcd-efgh-jkmn-pqrs"
    assert plain_code("") == ""


async def test_off_and_on_through_the_pages(db: asyncpg.Connection, make_client: MakeClient, clock: Clock) -> None:
    actor, secret, _codes = await enrolled(clock)
    client = make_client()
    await sign_in(client, actor.email)
    await client.post("/sign-in/code", data={"code": clock.code(secret)})
    page = (await client.get("/account/two-step")).text
    assert "/account/two-step/end" in page
    assert (await client.post("/account/two-step/begin")).status_code == 409
    assert (await client.post("/account/two-step", data={})).status_code == 422
    before = client.cookies["sid"]
    for _twice in range(2):
        answer = await client.post("/account/two-step/end")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/two-step")
    assert client.cookies["sid"] != before
    assert "/account/two-step/begin" in (await client.get("/account/two-step")).text
    assert (await sign_in(make_client(), actor.email)).headers["location"] == "/"
