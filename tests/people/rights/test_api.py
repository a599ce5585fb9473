"""One's own data over the API: the same acts as the pages, by token or by session."""

import io
import zipfile

import asyncpg
import msgspec

import app.worker  # noqa: F401  every subject's sheets and jobs
from app.core import db as database
from app.core import outbox
from app.people.rights.purposes import PURPOSES
from tests.conftest import MakeClient
from tests.factories import make_person

NOW = PURPOSES["profile"].text.version


async def test_consents_are_read_and_decided(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = msgspec.structs.replace(await make_person(), via="token")
    client = make_client(actor)
    items = (await client.get("/api/v1/me/consents")).json()["items"]
    assert [(item["purpose"], item["holds"]) for item in items] == [
        (code, code == "desk_search") for code, purpose in PURPOSES.items() if purpose.offered
    ]
    given = await client.put("/api/v1/me/consents/profile", json={"given": True, "text_version": NOW})
    assert (given.status_code, given.json()["holds"]) == (200, True)
    assert await database.fetchval("SELECT channel FROM consent WHERE person = $1", actor.id) == "api"
    withdrawn = await client.put("/api/v1/me/consents/profile", json={"given": False})
    assert (withdrawn.status_code, withdrawn.json()["holds"]) == (200, False)
    stale = await client.put("/api/v1/me/consents/profile", json={"given": True, "text_version": "1999-01-01"})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "text_changed")
    assert (await client.put("/api/v1/me/consents/nonsense", json={"given": False})).status_code == 404
    assert (await client.put("/api/v1/me/consents/profile", json={"given": "yes"})).status_code == 422


async def test_a_request_is_asked_and_read(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client(await make_person())
    made = await client.post("/api/v1/me/requests", json={"kind": "objection", "said": "Đừng dùng vào việc này."})
    assert (made.status_code, made.json()["state"]) == (201, "received")
    assert (await client.get("/api/v1/me/requests")).json()["items"] == [made.json()]
    assert (await client.post("/api/v1/me/requests", json={"kind": "nonsense", "said": ""})).status_code == 422
    assert (await client.get("/api/v1/me/seen-by")).json() == {"items": []}


async def test_a_copy_is_made_and_fetched(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = msgspec.structs.replace(await make_person(), via="token", confirmed_recently=False)
    client = make_client(actor)
    asked = await client.post("/api/v1/me/copies")
    path = f"/api/v1/me/copies/{asked.json()['id']}/file"
    assert (asked.status_code, asked.json()["state"]) == (202, "asked")
    assert (await client.get(path)).json()["error"]["code"] == "not_ready"
    await outbox.drain()
    assert [copy["state"] for copy in (await client.get("/api/v1/me/copies")).json()["items"]] == ["ready"]
    assert "people/account.json" in zipfile.ZipFile(io.BytesIO((await client.get(path)).content)).namelist()
    browser = make_client(msgspec.structs.replace(actor, via="session"))
    for answer in (await browser.post("/api/v1/me/copies"), await browser.get(path)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "confirm_first")
