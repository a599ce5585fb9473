"""Nobody learns who has an account: by text, by status, by cookies, by what it costs, or by being told to wait."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.people import passwords
from app.people.accounts import create_person
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import PASSWORD, confirmed_step, cookie_of, mails

NAME = "Nguyễn Thị Lan"
WRONG = "mật khẩu sai"


async def nobody(_email: str) -> None:
    return None


async def confirmed(email: str) -> None:
    await make_person(email=email, password=PASSWORD)


async def unconfirmed(email: str) -> None:
    await create_person(email=email, name="Chưa xác nhận", password=PASSWORD)


async def invited(email: str) -> None:
    """An account that somebody made for this address: no password yet."""
    await create_person(email=email, name="Được mời")


async def ended(email: str) -> None:
    actor = await make_person(email=email, password=PASSWORD)
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", actor.id)


async def guarded(email: str) -> None:
    await confirmed_step(await make_person(email=email, password=PASSWORD))


async def staff(email: str) -> None:
    await make_person(email=email, password=PASSWORD, roles=("admin",))


async def wished(email: str) -> None:
    """Signed up, the link not pressed yet."""
    await database.execute(
        "INSERT INTO sign_up (id, email, email_key, name, password_hash, browser_hash) VALUES"
        " (gen_random_uuid(), $1, $1, 'Đang chờ', 'x', 'x')",
        email,
    )


STATES: dict[str, Callable[[str], Awaitable[None]]] = {
    state.__name__: state for state in (nobody, confirmed, unconfirmed, invited, ended, guarded, staff, wished)
}


class Work:
    """How many passwords were hashed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hashes = 0
        before = passwords._in_pool

        async def counted(*args: object) -> object:
            self.hashes += 1
            return await before(*args)

        monkeypatch.setattr(passwords, "_in_pool", counted)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


def cookies(answer: httpx.Response) -> list[str]:
    """Which cookies are set and how, whatever random value they have."""
    return sorted(re.sub(r"=[^;]*", "=", line, count=1) for line in answer.headers.get_list("set-cookie"))


async def seen(client: httpx.AsyncClient, work: Work, path: str, fields: dict[str, str]) -> tuple[Any, ...]:
    """Everything that the one who asks can tell."""
    email = fields["email"]
    hashes = work.hashes
    with database.count_queries() as queries:
        answer = await client.post(path, data=fields)
    shown = answer
    if answer.status_code == 303:
        shown = await client.get(answer.headers["location"])
    headers = {name for name in answer.headers if name != "x-request-id"}
    text = shown.text.replace(email, "E").replace(email.partition("@")[0], "E")
    told = (answer.status_code, answer.headers.get("location"), text, sorted(headers), cookies(answer))
    return (*told, work.hashes - hashes, tuple(queries))


ASKED: dict[str, dict[str, str]] = {
    "/sign-in": {"password": WRONG},
    "/sign-up": {"name": NAME, "password": PASSWORD},
    "/sign-up/again": {},
    "/reset": {},
}


@pytest.mark.parametrize("path", ASKED)
async def test_every_address_gets_the_same_answer_for_the_same_work(
    db: asyncpg.Connection, make_client: MakeClient, work: Work, path: str
) -> None:
    answers = {}
    for state, make in STATES.items():
        email = f"{state}@test.example"
        await make(email)
        answers[state] = await seen(make_client(), work, path, {**ASKED[path], "email": email})
    different = {state: answer for state, answer in answers.items() if answer != answers["nobody"]}
    assert different == {}
    assert answers["nobody"][0] == (422 if path == "/sign-in" else 303)
    assert answers["nobody"][5] == (1 if "password" in ASKED[path] else 0)


@pytest.mark.parametrize(("path", "allowed"), [("/sign-in", 10), ("/sign-up", 5), ("/sign-up/again", 5), ("/reset", 5)])
async def test_being_told_to_wait_comes_at_the_same_time(
    db: asyncpg.Connection, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, path: str, allowed: int
) -> None:
    async def quickly(function: object, *args: object) -> object:
        return False if function is passwords._verify else "hash"

    monkeypatch.setattr(passwords, "_in_pool", quickly)
    runs = []
    for state in ("nobody", "confirmed", "ended"):
        email = f"{state}@test.example"
        await STATES[state](email)
        client = make_client()
        run = [await client.post(path, data={**ASKED[path], "email": email}) for _n in range(allowed + 2)]
        assert all(0 < int(answer.headers["retry-after"]) <= 21_600 for answer in run[allowed:])
        runs.append([(answer.status_code, answer.text.replace(email, "E"), cookies(answer)) for answer in run])
    assert runs[1:] == [runs[0]] * 2
    assert [status for status, _text, _cookies in runs[0]] == [422 if path == "/sign-in" else 303] * allowed + [429] * 2


async def test_what_the_wrong_password_meets_does_not_depend_on_the_right_ones_second_step(
    db: asyncpg.Connection, make_client: MakeClient, work: Work
) -> None:
    """Only who knows the password learns that a code is asked for."""
    await guarded("guarded@test.example")
    await confirmed("confirmed@test.example")
    wrong = [
        await seen(make_client(), work, "/sign-in", {"email": f"{state}@test.example", "password": WRONG})
        for state in ("guarded", "confirmed")
    ]
    assert wrong[0] == wrong[1]
    right = await make_client().post("/sign-in", data={"email": "guarded@test.example", "password": PASSWORD})
    assert right.headers["location"] == "/sign-in/code?next=/"


@pytest.mark.parametrize("state", [state for state in STATES if state != "wished"])
async def test_a_new_address_is_asked_for_the_same_way_whoever_has_it(
    db: asyncpg.Connection, make_client: MakeClient, work: Work, state: str
) -> None:
    answers = []
    for asked, make in (("nobody", nobody), (state, STATES[state])):
        email = f"{asked}-moi@test.example"
        await make(email)
        client = await cookie_of(
            make_client(), await make_person("Người hỏi", f"hoi-{asked}-{len(answers)}@test.example")
        )
        await database.execute(
            "UPDATE person SET password_hash = $1 WHERE email LIKE 'hoi-%'", await passwords.hash_password(PASSWORD)
        )
        work.hashes = 0
        with database.count_queries() as queries:
            answer = await client.post("/account/email", data={"email": email, "password": PASSWORD})
        answers.append((answer.status_code, answer.headers["location"], cookies(answer), work.hashes, list(queries)))
    assert answers[0] == answers[1]
    assert answers[0][:2] == (303, "/account")


@pytest.mark.parametrize(
    ("state", "subject_of"),
    [
        ("nobody", "/confirm/"),
        ("confirmed", "/sign-in"),
        ("unconfirmed", "/confirm/"),
        ("invited", "/confirm/"),
        ("ended", "/confirm/"),
        ("guarded", "/sign-in"),
    ],
)
async def test_only_the_mailbox_is_told(
    db: asyncpg.Connection, make_client: MakeClient, state: str, subject_of: str
) -> None:
    email = f"{state}@test.example"
    await STATES[state](email)
    await make_client().post("/sign-up", data={"name": NAME, "password": PASSWORD, "email": email})
    found = await mails()
    assert [mail["to_address"] for mail in found] == [email]
    assert subject_of in found[0]["text"]
    assert NAME not in found[0]["text"], "what a stranger typed is not sent to anybody"


@pytest.mark.parametrize(("state", "mailed"), [("nobody", 0), ("confirmed", 1), ("unconfirmed", 1), ("ended", 0)])
async def test_a_reset_is_for_accounts(
    db: asyncpg.Connection, make_client: MakeClient, state: str, mailed: int
) -> None:
    email = f"{state}@test.example"
    await STATES[state](email)
    await make_client().post("/reset", data={"email": email.upper()})
    assert [mail["to_address"] for mail in await mails()] == [email] * mailed


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/sign-up/again", "/reset"])
@pytest.mark.parametrize("email", ["", "x", "a@b", "a b@test.example", "đức@test.example"])
async def test_what_is_no_address_is_the_same_no_before_anybody_looks(
    db: asyncpg.Connection, client: httpx.AsyncClient, path: str, email: str
) -> None:
    with database.count_queries() as queries:
        answer = await client.post(path, data={**ASKED[path], "email": email})
    assert (answer.status_code, answer.text.count('id="error-f-email"'), list(queries)) == (422, 1, [])


async def test_the_page_for_a_code_without_a_sign_in_is_nobodys(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    """Whatever cookie is shown: unknown, of a whole session, of somebody who ended."""
    actor = await make_person()
    whole = await cookie_of(make_client(), actor)
    gone = await make_person()
    half = await cookie_of(make_client(), gone, waiting=True)
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", gone.id)
    for client in (make_client(), make_client(Cookie="sid=" + "A" * 43), whole, half):
        assert (await client.get("/sign-in/code")).headers["location"] == "/sign-in"
        answer = await client.post("/sign-in/code", data={"code": "123456"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert (await whole.get("/account")).status_code == 200
