"""A new password, by the old one or by a link: other browsers are out, links die, the owner is told."""

import asyncio

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.people import links, new_password
from app.people.accounts import create_person
from app.people.links import LinkOver
from app.people.new_password import ask_for_reset, reset_password
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import ORIGIN, PASSWORD, kinds, link_in_mail, live_sessions, mails, open_for, sign_in, signed_in

NEW = "cây cầu dây văng"


async def test_change(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client, other = make_client(), make_client()
    actor = await signed_in(client)
    other.cookies.set("sid", (await open_for(actor)).token)
    before = client.cookies["sid"]
    answer = await client.post("/account/password", data={"current": PASSWORD, "new": NEW})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert client.cookies["sid"] != before
    assert (await client.get("/account")).status_code == 200
    assert (await other.get("/account")).status_code == 303
    other.cookies.set("sid", before)
    assert (await other.get("/account")).status_code == 303
    assert (await sign_in(make_client(), actor.email)).status_code == 422
    assert (await sign_in(make_client(), actor.email, NEW)).status_code == 303
    [mail] = await mails()
    assert mail["to_address"] == actor.email
    assert "password.changed" in await kinds(actor.id)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"current": "sai mật khẩu", "new": NEW}, "current"),
        ({"current": PASSWORD, "new": "ngắn"}, "new"),
        ({"current": PASSWORD, "new": PASSWORD}, "new"),
        ({"current": PASSWORD, "new": "12345678"}, "new"),
        ({"new": NEW}, "current"),
    ],
)
async def test_what_is_not_changed(
    db: asyncpg.Connection, client: httpx.AsyncClient, fields: dict[str, str], field: str
) -> None:
    actor = await signed_in(client)
    answer = await client.post("/account/password", data=fields)
    assert answer.status_code == 422
    assert f'id="error-f-{field}"' in answer.text
    assert NEW not in answer.text
    assert (await sign_in(client, actor.email)).status_code == 303


async def test_guessing_the_current_password_waits(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    """A stolen session is no place to guess in."""
    await signed_in(client)
    statuses = [
        (await client.post("/account/password", data={"current": f"đoán {n} lần", "new": NEW})).status_code
        for n in range(11)
    ]
    assert statuses == [422] * 10 + [429]


async def test_by_link(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client, old = make_client(), make_client()
    actor = await signed_in(old)
    answer = await client.post("/reset", data={"email": actor.email.upper()})
    assert (answer.status_code, answer.headers["location"]) == (303, "/reset/sent")
    link = await link_in_mail("reset")
    assert await database.fetchval("SELECT expires_at - created_at = interval '30 minutes' FROM mail_link")
    for _look in range(3):
        page = await client.get(link)
        assert (page.status_code, actor.email in page.text) == (200, True)
    assert (await client.post(link, data={"password": "ngắn"})).status_code == 422
    assert (await client.post(link, data={})).status_code == 422
    assert (await old.get("/account")).status_code == 200
    answer = await client.post(link, data={"password": NEW})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert (await old.get("/account")).status_code == 303
    assert await live_sessions(actor.id) == 0
    assert (await client.post(link, data={"password": "lần thứ hai"})).status_code == 404
    assert (await client.get(link)).status_code == 404
    assert (await sign_in(client, actor.email, NEW)).status_code == 303
    assert (await kinds(actor.id))[-3:] == ["password.reset_asked", "password.reset", "sign_in.done"]


async def test_the_link_is_the_way_out_of_a_throttle(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client()
    actor = await make_person(password=PASSWORD)
    for _n in range(11):
        answer = await sign_in(client, actor.email, "sai mật khẩu")
    assert answer.status_code == 429
    await client.post("/reset", data={"email": actor.email})
    await client.post(await link_in_mail("reset"), data={"password": NEW})
    assert (await sign_in(client, actor.email, NEW)).status_code == 303


async def test_the_link_goes_to_the_stored_address_from_our_own_origin(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    actor = await make_person(email="lan@test.example", password=PASSWORD)
    client = make_client(**{"X-Forwarded-Host": "evil.example"})
    await client.post("/reset", data={"email": "LAN@test.example"})
    [mail] = await mails()
    assert mail["to_address"] == actor.email
    assert "http://127.0.0.1:8000/reset/" in mail["text"]
    assert "evil" not in mail["text"]
    await client.post("/reset", data={"email": "ai@test.example"}, headers={"Host": "evil.example"})
    assert len(await mails()) == 1


async def test_only_accounts_get_a_link(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    assert (await client.post("/reset", data={"email": "nobody@test.example"})).status_code == 303
    assert (await client.post("/reset", data={"email": "nobody"})).status_code == 422
    assert await mails() == []
    statuses = [(await client.post("/reset", data={"email": "lan@test.example"})).status_code for _n in range(6)]
    assert statuses == [303] * 5 + [429]


async def test_a_link_dies_with_a_change_and_with_time(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client()
    actor = await signed_in(client)
    await client.post("/reset", data={"email": actor.email})
    link = await link_in_mail("reset")
    await client.post("/account/password", data={"current": PASSWORD, "new": NEW})
    assert (await client.post(link, data={"password": "kẻ trộm đặt lại"})).status_code == 404
    await client.post("/reset", data={"email": actor.email})
    link = await link_in_mail("reset")
    await database.execute("UPDATE mail_link SET expires_at = now() WHERE used_at IS NULL")
    assert (await client.get(link)).status_code == 404
    assert (await client.post(link, data={"password": "muộn một giây"})).status_code == 404
    assert (await sign_in(client, actor.email, NEW)).status_code == 303


async def test_a_link_for_one_thing_does_not_do_another(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await make_person(password=PASSWORD)
    await client.post("/reset", data={"email": actor.email})
    token = (await link_in_mail("reset")).rpartition("/")[2]
    assert (await client.get(f"/confirm/{token}")).status_code == 404
    assert (await client.post(f"/confirm/{token}")).status_code == 404
    assert (await client.get(f"/reset/{token}")).status_code == 200
    assert (await client.get(f"/reset/{token}x")).status_code == 404
    assert (await client.post("/reset/%00", data={"password": NEW})).status_code == 404


async def test_the_mailbox_confirms_the_address(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await create_person(email="moi@test.example", name="Được mời")
    await client.post("/reset", data={"email": "moi@test.example"})
    await client.post(await link_in_mail("reset"), data={"password": NEW})
    assert (await sign_in(client, "moi@test.example", NEW)).status_code == 303


async def test_an_ended_account_gets_nothing(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await make_person(password=PASSWORD)
    await client.post("/reset", data={"email": actor.email})
    link = await link_in_mail("reset")
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", actor.id)
    assert (await client.get(link)).status_code == 404
    assert (await client.post(link, data={"password": NEW})).status_code == 404


async def test_of_two_at_once_one_sets_it(committed: asyncpg.Pool, fresh_queue: None) -> None:
    actor = await make_person(password=PASSWORD)
    await ask_for_reset(actor.email, "vi", ORIGIN)
    token = (await link_in_mail("reset")).rpartition("/")[2]
    outcomes = await asyncio.gather(
        *(reset_password(token, f"mật khẩu thứ {n}", ORIGIN) for n in range(6)), return_exceptions=True
    )
    assert sum(isinstance(outcome, LinkOver) for outcome in outcomes) == 5
    assert outcomes.count(actor.email) == 1


async def test_an_account_ended_between_look_and_use(
    db: asyncpg.Connection, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = await make_person(password=PASSWORD)
    await client.post("/reset", data={"email": actor.email})
    link = await link_in_mail("reset")

    async def hash_slowly(_password: str) -> str:
        await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", actor.id)
        return "hash"

    monkeypatch.setattr(new_password, "hash_password", hash_slowly)
    assert (await client.post(link, data={"password": NEW})).status_code == 404
    assert await database.fetchval("SELECT password_hash FROM person WHERE id = $1", actor.id) != "hash"


@pytest.mark.parametrize(
    "password", ["12345678", "lan.nguyen", "LAN.NGUYEN@test.example", "aaaaaaaaaaaa", "mật khẩu 1"]
)
async def test_by_link_no_password_that_is_guessed_first_either(
    db: asyncpg.Connection, client: httpx.AsyncClient, password: str
) -> None:
    """The refusal says why at the field, keeps nothing of what was typed, and the link is still good."""
    actor = await make_person(email="lan.nguyen@test.example")
    async with database.tx():
        token = await links.make_link("reset", actor.email, person=actor.person_id)
    answer = await client.post(f"/reset/{token}", data={"password": password})
    assert (answer.status_code, answer.text.count('id="error-f-password"')) == (422, 1)
    assert "Nhiều người dùng mật khẩu này" in answer.text
    assert f'value="{password}"' not in answer.text
    assert await database.fetchval("SELECT password_hash FROM person WHERE id = $1", actor.id) is None
    assert (await client.get(f"/reset/{token}")).status_code == 200


async def test_the_page_to_ask_on(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    for path in ("/reset", "/reset/sent"):
        assert (await client.get(path)).status_code == 200
