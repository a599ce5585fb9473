"""Signing in: one no for everybody, a new token every time, throttles that never lock anybody out for good."""

import asyncio
import threading

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher

from app.core import db as database
from app.core import limits, outbox
from app.core.errors import Busy, TooMany
from app.people import passwords, throttles
from app.people.accounts import create_person
from app.people.secret import digest, make_token
from app.people.signing_in import WrongPassword
from app.people.signing_in import sign_in as sign_in_verb
from tests.conftest import BASE_URL, MakeClient
from tests.factories import make_person
from tests.people.steps import ATTEMPT, PASSWORD, kinds, live_sessions, settings_with, sign_in, signed_in


async def test_in_and_out(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await make_person("Lan", password=PASSWORD)
    assert (await client.get("/account")).status_code == 303
    answer = await sign_in(client, actor.email.upper())
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("sid="))
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"path=/", "httponly", "samesite=lax"}
    page = await client.get("/account")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "private, no-store"
    answer = await client.post("/sign-out")
    assert answer.status_code == 303
    assert (await client.get("/account")).status_code == 303
    assert await kinds(actor.id) == ["account.made", "sign_in.done", "sign_out.done"]


async def test_with_https_the_cookie_is_bound_to_the_host(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person(password=PASSWORD)
    with settings_with(PUBLIC_URL="https://ketnoi.test.example"):
        client = make_client(Origin="https://ketnoi.test.example", Host="ketnoi.test.example")
        answer = await sign_in(client, actor.email, stay="1")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("__Host-sid="))
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"path=/", "httponly", "samesite=lax", "secure", "max-age=1209600"}
    assert "domain" not in cookie.lower()


async def test_a_planted_token_is_not_taken_over(db: asyncpg.Connection, make_client: MakeClient) -> None:
    """Fixation: the attacker sets a cookie before the victim signs in."""
    planted = make_token()
    victim, attacker = make_client(), make_client()
    victim.cookies.set("sid", planted)
    attacker.cookies.set("sid", planted)
    actor = await make_person(password=PASSWORD)
    answer = await sign_in(victim, actor.email)
    assert f"sid={planted}" not in answer.headers["set-cookie"]
    assert (await attacker.get("/account")).status_code == 303
    assert await database.fetchval("SELECT count(*) FROM session WHERE token_hash = $1", digest(planted)) == 0


async def test_signing_in_again_ends_the_browsers_old_session(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client, thief = make_client(), make_client()
    actor = await signed_in(client)
    thief.cookies.set("sid", client.cookies["sid"])
    other = await make_person(password=PASSWORD)
    assert (await sign_in(client, other.email)).status_code == 303
    assert (await thief.get("/account")).status_code == 303
    assert await live_sessions(actor.id) == 0
    assert await live_sessions(other.id) == 1


async def test_every_no_is_the_same(
    db: asyncpg.Connection, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, wrong, unconfirmed, without a password, ended: same status, words, hashes and statements."""
    await make_person(email="right@test.example", password=PASSWORD)
    await create_person(email="unconfirmed@test.example", name="U", password=PASSWORD)
    await make_person(email="without@test.example")
    ended = await make_person(email="ended@test.example", password=PASSWORD)
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", ended.id)
    hashes = 0
    before = passwords._in_pool

    async def counted(*args: object) -> object:
        nonlocal hashes
        hashes += 1
        return await before(*args)

    monkeypatch.setattr(passwords, "_in_pool", counted)
    seen = []
    for email, password in (
        ("nobody@test.example", PASSWORD),
        ("right@test.example", "mật khẩu sai"),
        ("unconfirmed@test.example", PASSWORD),
        ("without@test.example", PASSWORD),
        ("ended@test.example", PASSWORD),
    ):
        hashes = 0
        with database.count_queries() as queries:
            answer = await sign_in(make_client(), email, password)
        seen.append((answer.status_code, answer.text.replace(email, "E"), hashes, list(queries)))
    assert seen[0][0] == 422
    assert seen[0][2] == 1
    assert seen == [seen[0]] * len(seen)


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "/\t/evil.example",
        "evil",
        "",
    ],
)
async def test_no_open_redirect(db: asyncpg.Connection, client: httpx.AsyncClient, to: str) -> None:
    page = await client.get("/sign-in", params={"next": to})
    assert 'name="next" value="/"' in page.text
    actor = await make_person(password=PASSWORD)
    answer = await sign_in(client, actor.email, next=to)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "a=b" not in answer.headers["set-cookie"]
    answer = await client.get("/sign-in", params={"next": to})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_back_to_where_one_wanted_to_go(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await make_person(password=PASSWORD)
    answer = await client.get("/account/sessions")
    assert answer.headers["location"] == "/sign-in?next=/account/sessions"
    page = await client.get(answer.headers["location"])
    assert 'name="next" value="/account/sessions"' in page.text
    answer = await sign_in(client, actor.email, "sai mật khẩu", next="/account/sessions")
    assert (answer.status_code, 'value="/account/sessions"' in answer.text) == (422, True)
    answer = await sign_in(client, actor.email, next="/account/sessions")
    assert answer.headers["location"] == "/account/sessions"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": BASE_URL + ".evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_signs_nobody_in_or_out(
    db: asyncpg.Connection, make_client: MakeClient, headers: dict[str, str]
) -> None:
    actor = await make_person(password=PASSWORD)
    client = make_client()
    answer = await client.post("/sign-in", data={"email": actor.email, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert await live_sessions(actor.id) == 0
    await sign_in(client, actor.email)
    assert (await client.post("/sign-out", headers=headers)).status_code == 403
    assert (await client.get("/account")).status_code == 200


async def test_without_origin_the_sessions_own_token_is_needed(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client, other = make_client(), make_client()
    await signed_in(client)
    await signed_in(other)
    for browser in (client, other):
        del browser.headers["origin"]
    page = (await client.get("/account")).text
    token = page.split('name="_csrf" value="')[1].split('"')[0]
    form = {"name": "Tên mới", "locale": "vi"}
    assert (await client.post("/account", data=form)).status_code == 403
    assert (await other.post("/account", data={**form, "_csrf": token})).status_code == 403
    assert (await client.post("/account", data={**form, "_csrf": token})).status_code == 303


async def test_a_link_to_sign_out_signs_nobody_out(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    assert (await client.get("/sign-out")).headers["location"] == "/"
    await signed_in(client)
    assert (await client.get("/sign-out")).status_code == 200
    assert (await client.get("/account")).status_code == 200


async def test_old_hashes_are_made_anew(full_hashing: None, db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await make_person()
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await database.execute("UPDATE person SET password_hash = $2 WHERE id = $1", actor.id, weak)
    assert (await sign_in(client, actor.email)).status_code == 303
    stored = await database.fetchval("SELECT password_hash FROM person WHERE id = $1", actor.id)
    assert stored.startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    assert (await sign_in(client, actor.email)).status_code == 303


@pytest.mark.parametrize("password", ["x" * 257, "a\x00b" * 4, "", "\ud800" * 8])
async def test_strange_passwords_are_a_plain_no(
    db: asyncpg.Connection, client: httpx.AsyncClient, password: str
) -> None:
    actor = await make_person(password=PASSWORD)
    body = b"email=" + actor.email.encode() + b"&password=" + password.encode("utf-8", "surrogatepass")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await client.post("/sign-in", content=body, headers=headers)).status_code == 422


async def test_a_huge_password_is_refused_unread(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    answer = await sign_in(client, "a@test.example", "x" * 1_500_000)
    assert answer.status_code == 413


# --- throttles ------------------------------------------------------------------------------------------------


async def test_the_eleventh_attempt_waits_and_the_right_password_works_after(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    for email in ("known@test.example", "unknown@test.example"):
        if email.startswith("known"):
            await make_person(email=email, password=PASSWORD)
        client = make_client()
        answers = [await sign_in(client, email, f"sai mật khẩu {n}") for n in range(11)]
        assert [answer.status_code for answer in answers] == [422] * 10 + [429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 300
        assert "/reset" in answers[-1].text
        assert (await sign_in(client, email)).status_code == 429
    queue = await outbox.queue()
    for key in await queue.keys("limit:sign-in:*"):
        await queue.delete(key)  # five minutes pass
    client = make_client()
    assert (await sign_in(client, "known@test.example")).status_code == 303
    await client.post("/sign-out")
    answers = [await sign_in(client, "known@test.example", "sai mật khẩu") for _n in range(5)]
    assert {answer.status_code for answer in answers} == {422}


async def test_strangers_do_not_keep_the_owner_out(db: asyncpg.Connection, make_client: MakeClient) -> None:
    owner, stranger = make_client(), make_client()
    actor = await signed_in(owner)
    await owner.post("/sign-out")
    for _n in range(12):
        await sign_in(stranger, actor.email, "đoán mò thôi mà")
    assert (await sign_in(stranger, actor.email)).status_code == 429
    stranger.cookies.set("known", ".".join(["0" * 64] * 4))
    assert (await sign_in(stranger, actor.email)).status_code == 429
    stranger.cookies.set("known", owner.cookies["known"][:-1] + "x")
    assert (await sign_in(stranger, actor.email)).status_code == 429
    assert (await sign_in(owner, actor.email)).status_code == 303


async def test_a_browser_remembers_four_addresses(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actors = [await signed_in(client) for _n in range(5)]
    assert len(client.cookies["known"].split(".")) == 4
    assert actors[0].email not in client.cookies["known"]


async def test_a_throttle_counts_however_the_address_is_spelled(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    actor = await make_person(email="lan@test.example", password=PASSWORD)
    client = make_client()
    for n in range(10):
        await sign_in(client, "LAN@test.example" if n % 2 else "lan@TEST.example", "sai mật khẩu")
    assert (await sign_in(client, actor.email)).status_code == 429


async def test_forged_addresses_do_not_dodge_the_network_limit(
    db: asyncpg.Connection, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []

    async def hit(scope: str, subject: object, _limit: int, _seconds: int) -> None:
        counted.append(f"{scope}={subject}")

    monkeypatch.setattr(limits, "hit", hit)
    for n in range(3):
        client = make_client(**{"X-Forwarded-For": f"203.0.{n}.1"})
        await sign_in(client, f"a{n}@test.example", "sai mật khẩu")
    assert {line for line in counted if line.startswith("sign-in-network")} == {"sign-in-network=127.0.0.0/24"}


async def test_with_valkey_down_people_sign_in_and_the_process_counts(
    db: asyncpg.Connection, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = await make_person(password=PASSWORD)

    async def gone() -> object:
        raise ConnectionError

    monkeypatch.setattr(limits, "queue", gone)
    client = make_client()
    assert (await sign_in(client, actor.email)).status_code == 303
    client = make_client()
    statuses = [(await sign_in(client, actor.email, "sai mật khẩu")).status_code for _n in range(11)]
    assert statuses == [422] * 10 + [429]


async def test_guessing_in_parallel_is_counted_too(committed: asyncpg.Pool, fresh_queue: None) -> None:
    await make_person(email="lan@test.example", password=PASSWORD)

    async def guess(n: int) -> str:
        try:
            await sign_in_verb("lan@test.example", f"đoán lần {n}", ATTEMPT)
        except (WrongPassword, TooMany) as error:
            return type(error).__name__
        return "in"

    outcomes = await asyncio.gather(*(guess(n) for n in range(30)))
    assert (outcomes.count("WrongPassword"), outcomes.count("TooMany")) == (10, 20)


async def test_a_password_changed_meanwhile_lets_nobody_in(
    db: asyncpg.Connection, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = await make_person(password=PASSWORD)

    async def changed(_email: str) -> None:
        await database.execute("UPDATE person SET password_hash = 'another' WHERE id = $1", actor.id)

    monkeypatch.setattr(throttles, "password_was_right", changed)
    assert (await sign_in(make_client(), actor.email)).status_code == 422
    assert await live_sessions(actor.id) == 0


# --- hashing --------------------------------------------------------------------------------------------------


async def test_two_hashes_at_a_time_and_not_on_the_loop(full_hashing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = most = 0
    lock = threading.Lock()
    before = passwords._hasher.hash

    def watched(*args: object) -> str:
        nonlocal now, most
        assert threading.current_thread() is not threading.main_thread()
        with lock:
            now += 1
            most = max(most, now)
        try:
            return before(*args)  # type: ignore[arg-type]
        finally:
            with lock:
                now -= 1

    class Watched:
        hash = staticmethod(watched)

    monkeypatch.setattr(passwords, "_hasher", Watched)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await asyncio.gather(*(passwords.hash_password("mật khẩu") for _n in range(6)))
    ticking.cancel()
    assert most == 2
    assert ticks >= 5, "the loop went on meanwhile"


async def test_a_crowd_at_the_door_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MAX_WAITING", 3)
    outcomes = await asyncio.gather(*(passwords.hash_password("mật khẩu") for _n in range(5)), return_exceptions=True)
    assert [isinstance(outcome, Busy) for outcome in outcomes] == [False, False, False, True, True]
    assert passwords._waiting == 0
