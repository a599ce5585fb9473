"""Another address: nothing changes before the new one is confirmed, and the old one is told."""

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.people.accounts import create_person
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import PASSWORD, link_in_mail, live_sessions, mails, open_for, sign_in, signed_in

ASK = {"email": "moi@test.example", "password": PASSWORD}


async def test_change(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client, other = make_client(), make_client()
    actor = await signed_in(client, email="cu@test.example", name="Lan")
    other.cookies.set("sid", (await open_for(actor)).token)
    assert (await client.post("/account/email", data=ASK)).status_code == 303
    [mail] = await mails()
    assert mail["to_address"] == "moi@test.example"
    assert (await sign_in(make_client(), "moi@test.example")).status_code == 422
    link = await link_in_mail("confirm")
    for _look in range(2):
        assert "moi@test.example" in (await client.get(link)).text
    assert (await client.get("/api/v1/me")).json()["email"] == "cu@test.example"
    before = client.cookies["sid"]
    assert (await client.post(link)).headers["location"] == "/account"
    assert client.cookies["sid"] != before
    assert (await client.get("/api/v1/me")).json()["email"] == "moi@test.example"
    assert (await other.get("/account")).status_code == 303
    assert [mail["to_address"] for mail in await mails()] == ["moi@test.example", "cu@test.example"]
    assert (await sign_in(make_client(), "cu@test.example")).status_code == 422
    assert (await sign_in(make_client(), "moi@test.example")).status_code == 303
    assert await database.fetchval("SELECT search_text FROM person WHERE id = $1", actor.id) == "lan moi@test.example"
    assert (await client.post(link)).status_code == 404


async def test_confirmed_in_another_browser_everything_is_signed_out(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    client, phone = make_client(), make_client()
    actor = await signed_in(client)
    stranger = await signed_in(phone)
    await client.post("/account/email", data=ASK)
    answer = await phone.post(await link_in_mail("confirm"))
    assert answer.headers["location"] == "/sign-in"
    assert await live_sessions(actor.id) == 0
    assert await live_sessions(stranger.id) == 1
    assert (await phone.get("/api/v1/me")).json()["email"] == stranger.email


async def test_a_taken_address_is_not_told_apart(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await signed_in(client)
    await make_person(email="moi@test.example")
    pages = []
    for email in ("moi@test.example", "trong@test.example"):
        with database.count_queries() as queries:
            answer = await client.post("/account/email", data={**ASK, "email": email})
        pages.append((answer.status_code, answer.headers["location"], list(queries)))
    assert pages[0] == pages[1]
    texts = {mail["to_address"]: mail["text"] for mail in await mails()}
    assert "/sign-in" in texts["moi@test.example"]
    assert "/confirm/" in texts["trong@test.example"]


async def test_taken_meanwhile(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await signed_in(client)
    await client.post("/account/email", data=ASK)
    link = await link_in_mail("confirm")
    await create_person(email="MOI@test.example", name="Nhanh hơn", confirmed=True)
    assert (await client.post(link)).status_code == 409
    assert (await client.get("/api/v1/me")).json()["email"] == actor.email


async def test_open_reset_links_die(db: asyncpg.Connection, make_client: MakeClient) -> None:
    """Who still reads the old mailbox cannot take the account back with a link from before."""
    client = make_client()
    actor = await signed_in(client)
    await client.post("/reset", data={"email": actor.email})
    reset = await link_in_mail("reset")
    await client.post("/account/email", data=ASK)
    await client.post(await link_in_mail("confirm"))
    assert (await client.get(reset)).status_code == 404


async def test_an_account_that_ended_meanwhile(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await signed_in(client)
    await client.post("/account/email", data=ASK)
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", actor.id)
    assert await mails() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [({"password": "sai mật khẩu"}, "password"), ({"email": "CU@test.example"}, "email"), ({"email": "x"}, "email")],
)
async def test_what_is_not_taken(
    db: asyncpg.Connection, client: httpx.AsyncClient, change: dict[str, str], field: str
) -> None:
    await signed_in(client, email="cu@test.example")
    answer = await client.post("/account/email", data={**ASK, **change})
    assert answer.status_code == 422
    assert f'id="error-f-{field}"' in answer.text
    assert await mails() == []


async def test_few_mails(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await signed_in(client)
    statuses = [(await client.post("/account/email", data=ASK)).status_code for _n in range(6)]
    assert statuses == [303] * 5 + [429]
