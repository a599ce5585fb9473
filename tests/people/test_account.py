"""The account's own pages: profile and language, what happened, and the end."""

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.web import NOBODY
from app.people import ending, record
from app.people.accounts import choose_language, person_by_email
from app.people.ending import before_end
from app.people.tokens import create_for_email
from app.people.vocabulary import EVENTS
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import PASSWORD, kinds, live_sessions, mails, sign_in, signed_in


async def test_name_and_language(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client()
    actor = await signed_in(client, name="Lan")
    assert 'lang="vi"' in (await client.get("/account")).text
    answer = await client.post(
        "/account", data={"name": "Lan  Ánh", "locale": "en", "roles": "admin", "email": "x@y.z"}
    )
    assert answer.status_code == 303
    page = (await client.get("/account")).text
    assert 'lang="en"' in page
    assert "Lan Ánh" in page
    row = await database.fetchrow("SELECT name, locale, email, search_text FROM person WHERE id = $1", actor.id)
    assert row is not None
    assert tuple(row) == ("Lan Ánh", "en", actor.email, f"lan anh {actor.email}")
    other = make_client(**{"Accept-Language": "vi"})
    await sign_in(other, actor.email)
    assert 'lang="en"' in (await other.get("/account")).text


@pytest.mark.parametrize("fields", [{"name": "", "locale": "vi"}, {"name": "Lan", "locale": "fr"}, {"name": "Lan"}])
async def test_what_is_not_saved(db: asyncpg.Connection, client: httpx.AsyncClient, fields: dict[str, str]) -> None:
    actor = await signed_in(client, name="Trước")
    assert (await client.post("/account", data=fields)).status_code == 422
    assert await database.fetchval("SELECT name FROM person WHERE id = $1", actor.id) == "Trước"


async def test_names_are_shown_as_text(db: asyncpg.Connection, make_client: MakeClient) -> None:
    evil = '<img src=x onerror="alert(1)">{{7*7}}\r\nBcc: a@b.c'
    client = make_client(await make_person(evil, roles=("admin",)))
    for path in ("/account", "/staff/people"):
        page = (await client.get(path)).text
        assert "<img src=x" not in page
        assert "{{7*7}}" in page


async def test_the_language_of_an_account(db: asyncpg.Connection) -> None:
    actor = await make_person()
    await choose_language(actor, "en")
    await choose_language(actor, "fr")
    await choose_language(NOBODY, "en")
    assert await database.fetchval("SELECT locale FROM person WHERE id = $1", actor.id) == "en"


async def test_what_happened_is_shown_page_by_page(
    db: asyncpg.Connection, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "PAGE", 5)
    actor, other = await make_person(), await make_person()
    for number in range(7):
        await record.note(actor.id, "token.made", detail={"name": f"mã số {number}"})
    await record.note(other.id, "token.made", detail={"name": "của người khác"})
    client = make_client(actor)
    first = (await client.get("/account")).text
    assert [f"mã số {n}" in first for n in range(7)] == [False, False, True, True, True, True, True]
    assert "của người khác" not in first
    older = first.split('href="/account?before=')[1].split('"')[0]
    second = (await client.get(f"/account?before={older}")).text
    assert [f"mã số {n}" in second for n in range(7)] == [True, True] + [False] * 5
    for nonsense in ("x", "-1", "9" * 30, "٣"):
        assert (await client.get("/account", params={"before": nonsense})).status_code == 200


async def test_the_page_costs_the_same_for_one_and_three_events(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    actor = await make_person()
    client = make_client(actor)
    counts = []
    for _n in range(3):
        with database.count_queries() as queries:
            await client.get("/account")
        counts.append(len(queries))
        await record.note(actor.id, "sign_in.done")
    assert counts == [4, 4, 4]


async def test_every_kind_of_event_has_words(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await signed_in(client)
    for kind in EVENTS:
        await record.note(actor.id, kind)
    assert set(await kinds(actor.id)) <= set(EVENTS)
    assert (await client.get("/account")).status_code == 200


async def test_pages_for_everybody_signed_in(db: asyncpg.Connection, make_client: MakeClient) -> None:
    for locale in ("vi", "en"):
        client = make_client(await make_person(locale=locale))
        for path in ("", "/password", "/email", "/sessions", "/tokens", "/two-step", "/end"):
            answer = await client.get(f"/account{path}")
            assert (answer.status_code, f'lang="{locale}"' in answer.text) == (200, True)


# --- the end ------------------------------------------------------------------------------------------------------


async def test_the_end(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client()
    actor = await signed_in(client, roles=("desk",), email="lan@test.example")
    token = await create_for_email(actor.email)
    assert (await client.post("/account/end", data={"password": "sai mật khẩu"})).status_code == 422
    assert (await client.post("/account/end", data={})).status_code == 422
    answer = await client.post("/account/end", data={"password": PASSWORD, "reason": "Chuyển việc"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    row = await database.fetchrow("SELECT ended_at, ended_reason, ended_by FROM person WHERE id = $1", actor.id)
    assert row is not None
    assert (row["ended_at"] is not None, row["ended_reason"], row["ended_by"]) == (True, "Chuyển việc", actor.id)
    assert await live_sessions(actor.id) == 0
    assert await database.fetchval("SELECT count(*) FROM person_role WHERE ended_at IS NULL") == 0
    program = make_client(Authorization=f"Bearer {token}")
    assert (await program.get("/api/v1/me")).status_code == 401
    assert (await sign_in(make_client(), actor.email)).status_code == 422
    assert [mail["to_address"] for mail in await mails()] == [actor.email]
    again = await make_person(email=actor.email)
    found = await person_by_email(actor.email)
    assert found is not None
    assert found["id"] == again.id


class StillNeeded(Conflict):
    message = N_("Something went wrong.")


async def test_what_hangs_on_the_account_may_object(
    db: asyncpg.Connection, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "_objections", [])
    asked = []

    async def object_to(person: object) -> None:
        asked.append(person)
        raise StillNeeded

    assert before_end(object_to) is before_end(object_to)
    actor = await signed_in(client)
    answer = await client.post("/account/end", data={"password": PASSWORD})
    assert answer.status_code == 409
    assert asked == [actor.id]
    assert (await client.get("/account")).status_code == 200


async def test_guessing_at_the_end_waits(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await signed_in(client)
    statuses = [(await client.post("/account/end", data={"password": f"đoán {n}"})).status_code for n in range(11)]
    assert statuses == [422] * 10 + [429]
