"""Signing up: the mail decides, looking at a link changes nothing, and nobody learns who has an account."""

import asyncio
import re

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.web import NOBODY
from app.people import passwords
from app.people.accounts import AddressTaken, create_person, person_by_email
from app.people.jobs import forget
from app.people.links import LinkOver
from app.people.signing_up import ask_for_account, confirm, send_sign_up_mail
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import ATTEMPT, ORIGIN, PASSWORD, kinds, link_in_mail, mails, sign_in

FORM = {"name": "Nguyễn Thị Lan", "email": "Lan@Test.example", "password": PASSWORD}


async def test_from_the_form_to_the_account(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    answer = await client.post("/sign-up", data=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-up/sent")
    assert await person_by_email(FORM["email"]) is None
    [mail] = await mails()
    assert (mail["to_address"], mail["locale"]) == ("Lan@test.example", "vi")
    assert "Lan" not in mail["text"].replace("Lan@", ""), "what a stranger typed as a name is not sent to anybody"
    link = await link_in_mail("confirm")
    for _look in range(3):
        page = await client.get(link)
        assert page.status_code == 200
        assert "Lan@test.example" in page.text
        assert 'name="password"' not in page.text
    assert await person_by_email(FORM["email"]) is None
    answer = await client.post(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    person = await person_by_email(FORM["email"])
    assert person is not None
    assert (person["name"], person["locale"], person["email_confirmed_at"] is not None) == (FORM["name"], "vi", True)
    page = await client.get("/account")
    assert page.status_code == 200
    assert FORM["name"] in page.text
    assert await kinds(person["id"]) == ["account.made", "email.confirmed", "sign_in.done"]


@pytest.mark.parametrize(
    ("comes_as", "to"),
    [
        ("startup", "/organisations/new?kind=startup"),
        ("investor", "/organisations/new?kind=investor"),
        ("mentor", "/account"),
        ("organizer", "/account"),
    ],
)
async def test_what_somebody_comes_as_decides_the_first_page(
    db: asyncpg.Connection, client: httpx.AsyncClient, comes_as: str, to: str
) -> None:
    page = await client.get(f"/sign-up?as={comes_as}")
    kept = f'<input type="hidden" name="as" value="{comes_as}">'
    assert page.text.count(kept) == 1
    again = await client.post("/sign-up", data={**FORM, "as": comes_as, "name": ""})
    assert (again.status_code, again.text.count(kept)) == (422, 1)
    await client.post("/sign-up", data={**FORM, "as": comes_as})
    answer = await client.post(await link_in_mail("confirm"))
    assert (answer.status_code, answer.headers["location"]) == (303, to)
    assert (await client.get(to)).status_code == 200
    assert (await client.get(f"/sign-up?as={comes_as}")).headers["location"] == to, "for who has an account already"


async def test_the_kind_is_ticked_on_the_first_page(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await client.post("/sign-up", data={**FORM, "as": "investor"})
    answer = await client.post(await link_in_mail("confirm"))
    html = (await client.get(answer.headers["location"])).text
    ticked = re.findall(r'name="kinds" value="(\w+)"[^>]* checked', html)
    assert ticked == ["investor"]


async def test_what_somebody_comes_as_outlives_a_second_mail_and_another_browser(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    client, phone = make_client(), make_client()
    await client.post("/sign-up", data={**FORM, "as": "startup"})
    first = await link_in_mail("confirm")
    await client.post("/sign-up/again", data={"email": FORM["email"]})
    second = await link_in_mail("confirm")
    assert first != second
    answer = await phone.post(second, data={"password": PASSWORD})
    assert answer.headers["location"] == "/organisations/new?kind=startup"


@pytest.mark.parametrize("comes_as", ["", "admin", "//evil.example", '"><b>', "startup " * 99])
async def test_nobody_comes_as_something_else(db: asyncpg.Connection, client: httpx.AsyncClient, comes_as: str) -> None:
    page = await client.get("/sign-up", params={"as": comes_as})
    assert (page.status_code, 'name="as"' in page.text) == (200, False)
    assert (await client.post("/sign-up", data={**FORM, "as": comes_as})).headers["location"] == "/sign-up/sent"
    assert await database.fetchval("SELECT comes_as FROM sign_up") == ""
    answer = await client.post(await link_in_mail("confirm"))
    assert answer.headers["location"] == "/account"


async def test_a_link_works_once(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await client.post("/sign-up", data=FORM)
    link = await link_in_mail("confirm")
    assert (await client.post(link)).status_code == 303
    assert (await client.post(link)).status_code == 404
    assert (await client.get(link)).status_code == 404


async def test_a_link_is_over_after_a_day(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await client.post("/sign-up", data=FORM)
    link = await link_in_mail("confirm")
    lasts = await database.fetchval("SELECT expires_at - created_at FROM mail_link")
    assert lasts.total_seconds() == 24 * 3600
    await database.execute("UPDATE mail_link SET expires_at = now()")
    assert (await client.get(link)).status_code == 404
    assert (await client.post(link)).status_code == 404
    assert await person_by_email(FORM["email"]) is None


async def test_another_browser_has_to_know_the_password(db: asyncpg.Connection, make_client: MakeClient) -> None:
    """A stranger prepares an account for somebody's address: its owner's click does not make it the stranger's."""
    stranger, owner = make_client(), make_client()
    await stranger.post("/sign-up", data=FORM)
    link = await link_in_mail("confirm")
    assert 'name="password"' in (await owner.get(link)).text
    for guess in ({}, {"password": "mật khẩu khác"}):
        assert (await owner.post(link, data=guess)).status_code == 422
    assert await person_by_email(FORM["email"]) is None
    assert (await owner.post(link, data={"password": PASSWORD})).status_code == 303
    assert (await owner.get("/account")).status_code == 200


async def test_guessing_on_a_link_ends(db: asyncpg.Connection, make_client: MakeClient) -> None:
    await make_client().post("/sign-up", data=FORM)
    link = await link_in_mail("confirm")
    owner = make_client()
    statuses = [(await owner.post(link, data={"password": "x" * 10})).status_code for _n in range(11)]
    assert statuses == [422] * 10 + [429]


async def test_the_link_is_stored_as_a_hash_only(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await client.post("/sign-up", data=FORM)
    token = (await link_in_mail("confirm")).rpartition("/")[2]
    row = await database.fetchrow("SELECT * FROM mail_link")
    assert row is not None
    assert token not in repr(dict(row))
    assert len(row["token_hash"]) == 32


async def test_nobody_learns_who_has_an_account(
    db: asyncpg.Connection, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same status, words, hashes and statements for an address with and without an account."""
    await make_person(email="has@test.example", password=PASSWORD)
    hashes = 0
    before = passwords._in_pool

    async def counted(*args: object) -> object:
        nonlocal hashes
        hashes += 1
        return await before(*args)

    monkeypatch.setattr(passwords, "_in_pool", counted)
    seen = []
    for email in ("has@test.example", "new@test.example"):
        client = make_client()
        for path, fields in (
            ("/sign-up", {**FORM, "email": email}),
            ("/sign-up/again", {"email": email}),
            ("/reset", {"email": email}),
        ):
            hashes = 0
            with database.count_queries() as queries:
                answer = await client.post(path, data=fields)
            shown = await client.get(answer.headers["location"])
            seen.append(
                (email, path, answer.status_code, answer.headers["location"], shown.text, hashes, list(queries))
            )
    known = [entry[1:] for entry in seen if entry[0].startswith("has")]
    unknown = [entry[1:] for entry in seen if entry[0].startswith("new")]
    assert known == unknown
    assert [entry[4] for entry in known] == [1, 0, 0]


async def test_an_account_is_told_by_mail(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await make_person(email="lan@test.example", password=PASSWORD)
    await client.post("/sign-up", data=FORM)
    await client.post("/sign-up/again", data={"email": FORM["email"]})
    texts = [mail["text"] for mail in await mails()]
    assert len(texts) == 2
    assert all("/sign-in" in text and "/reset" in text and "/confirm/" not in text for text in texts)


async def test_the_mail_can_be_had_again(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await client.post("/sign-up", data=FORM)
    first = await link_in_mail("confirm")
    await client.post("/sign-up/again", data={"email": "LAN@test.example"})
    second = await link_in_mail("confirm")
    assert first != second
    assert (await client.post(second)).status_code == 303
    assert (await client.post(first)).status_code == 404
    await client.post("/sign-up/again", data={"email": "nobody@test.example"})
    assert len(await mails()) == 2


async def test_running_the_job_twice_sends_one_mail(db: asyncpg.Connection) -> None:
    await ask_for_account(email="a@test.example", name="A", password=PASSWORD, locale="en", origin=ORIGIN)
    await mails()
    sign_up = await database.fetchval("SELECT id FROM sign_up")
    await send_sign_up_mail(sign_up)
    await database.execute("UPDATE sign_up SET done_at = now()")
    await send_sign_up_mail(sign_up)
    assert [mail["locale"] for mail in await mails()] == ["en"]


async def test_the_first_confirmation_wins(db: asyncpg.Connection, make_client: MakeClient) -> None:
    one, two = make_client(), make_client()
    await one.post("/sign-up", data=FORM)
    first = await link_in_mail("confirm")
    await two.post("/sign-up", data={**FORM, "name": "Lan hai"})
    second = await link_in_mail("confirm")
    assert (await two.post(second)).status_code == 303
    answer = await one.post(first)
    assert answer.status_code == 409
    assert "/sign-in" in answer.text
    person = await person_by_email(FORM["email"])
    assert person is not None
    assert person["name"] == "Lan hai"


async def test_an_unconfirmed_account_is_taken_over(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    prepared = await create_person(email=FORM["email"], name="Được mời")
    await client.post("/sign-up", data=FORM)
    await client.post(await link_in_mail("confirm"))
    person = await person_by_email(FORM["email"])
    assert person is not None
    assert (person["id"], person["name"], person["search_text"]) == (
        prepared,
        FORM["name"],
        "nguyen thi lan lan@test.example",
    )
    assert (await sign_in(client, FORM["email"])).status_code == 303


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "không phải"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "x" * 250 + "@test.example"}, "email"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "Matkhau123"}, "password"),
        ({"password": "lan@test.example"}, "password"),
        ({"password": "x" * 257}, "password"),
    ],
)
async def test_what_is_not_taken(
    db: asyncpg.Connection, client: httpx.AsyncClient, change: dict[str, str], field: str
) -> None:
    answer = await client.post("/sign-up", data={**FORM, **change})
    assert answer.status_code == 422
    assert f'id="error-f-{field}"' in answer.text
    assert FORM["password"] not in answer.text
    assert await database.fetchval("SELECT count(*) FROM sign_up") == 0


async def test_an_address_gets_few_mails(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    statuses = [(await client.post("/sign-up/again", data={"email": "a@test.example"})).status_code for _n in range(6)]
    assert statuses == [303] * 5 + [429]
    assert (await client.post("/sign-up/again", data={"email": "x"})).status_code == 422
    for _n in range(5):
        assert (await client.post("/sign-up", data=FORM)).status_code == 303
    answer = await client.post("/sign-up", data=FORM)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert FORM["name"] in answer.text


async def test_of_two_confirmations_at_once_one_counts(committed: asyncpg.Pool) -> None:
    browser = await ask_for_account(email="a@test.example", name="A", password=PASSWORD, locale="vi", origin=ORIGIN)
    token = (await link_in_mail("confirm")).rpartition("/")[2]
    outcomes = await asyncio.gather(
        *(confirm(token, browser=browser, password="", attempt=ATTEMPT) for _n in range(8)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, LinkOver | AddressTaken)]
    assert len(refused) == 7
    assert await database.fetchval("SELECT count(*) FROM person") == 1
    assert await database.fetchval("SELECT count(*) FROM session") == 1


async def test_somebody_signed_in_is_led_on(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client(await make_person())
    answer = await client.get("/sign-up")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert not NOBODY.signed_in


async def test_old_wishes_are_forgotten(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await client.post("/sign-up", data=FORM)
    await mails()
    await forget()
    assert await database.fetchval("SELECT count(*) FROM mail_link") == 1
    await database.execute("UPDATE sign_up SET created_at = now() - interval '8 days'")
    await forget()
    assert await database.fetchval("SELECT count(*) FROM mail_link") == 0
