"""What the tests of people do again and again: signing in through the page, reading the mail that came."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pyotp
import pytest

import app.people.jobs  # noqa: F401  registers the jobs
from app.core import db, outbox
from app.core.settings import get_settings
from app.core.web import Actor
from app.people import sessions, two_step
from app.people.record import Origin
from app.people.sessions import Opened
from app.people.signing_in import Attempt
from tests.factories import make_person

PASSWORD = "quả khế chua ngọt"
ORIGIN = Origin(device="Firefox · Linux", network="10.0.0.0/24")
ATTEMPT = Attempt(device="Firefox · Linux", network="10.0.0.0/24")


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
    return await client.post("/sign-in", data={"email": email, "password": password, **fields})


async def signed_in(client: httpx.AsyncClient, **kw: Any) -> Actor:
    """A new person, signed in with `client` through the page."""
    actor = await make_person(password=PASSWORD, **kw)
    answer = await sign_in(client, actor.email)
    assert answer.status_code == 303, answer.text
    return actor


async def open_for(actor: Actor, **kw: Any) -> Opened:
    """A session of `actor` without going through the page."""
    async with db.tx():
        return await sessions.open_session(actor.person_id, ORIGIN, stays=kw.pop("stays", False), **kw)


async def as_session(actor: Actor) -> Actor:
    """`actor` with a session in the database behind."""
    await open_for(actor)
    session = await db.fetchval("SELECT id FROM session WHERE person = $1 ORDER BY id DESC LIMIT 1", actor.id)
    return Actor(**{**{f: getattr(actor, f) for f in actor.__struct_fields__}, "session_id": session})


async def mails() -> list[Any]:
    """Run the jobs, one by one on the test's one connection, and read every mail, oldest first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "AT_ONCE", 1)
        await outbox.drain()
    return await db.fetch("SELECT to_address, subject, text, locale FROM mail ORDER BY id")


async def link_in_mail(kind: str) -> str:
    """The path of the newest link of a kind: /confirm/... or /reset/..."""
    found = [re.search(rf"(/{kind}/[A-Za-z0-9_-]{{43}})", mail["text"]) for mail in await mails()]
    return [match[1] for match in found if match][-1]


async def live_sessions(person: UUID | None) -> int:
    return int(await db.fetchval("SELECT count(*) FROM session WHERE person = $1 AND ended_at IS NULL", person))


async def kinds(person: UUID | None) -> list[str]:
    """What was noted about an account, oldest first."""
    rows = await db.fetch("SELECT kind FROM account_event WHERE person = $1 ORDER BY id", person)
    return [row["kind"] for row in rows]


@contextmanager
def settings_with(**values: str) -> Iterator[None]:
    """Other settings inside; not with the test's own monkeypatch, which holds the test's transaction."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        get_settings.cache_clear()
        try:
            yield
        finally:
            patch.undo()
            get_settings.cache_clear()


async def cookie_of(client: httpx.AsyncClient, actor: Actor, **kw: Any) -> httpx.AsyncClient:
    """`client` with a session of `actor`, without going through the page: hashing takes a tenth of a second."""
    client.cookies.set("sid", (await open_for(actor, **kw)).token)
    return client


async def confirmed_step(actor: Actor) -> str:
    """Two-step sign-in of `actor`, on, without going through the page; its secret."""
    secret = await two_step.begin(actor)
    await db.execute("UPDATE second_step SET confirmed_at = now() WHERE person = $1 AND ended_at IS NULL", actor.id)
    return secret


class Clock:
    """The time that codes are made for."""

    START = 1_800_000_000

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = self.START
        monkeypatch.setattr(two_step, "now", lambda: self)

    def timestamp(self) -> float:
        return float(self.at)

    def code(self, secret: str, periods: int = 0) -> str:
        return pyotp.TOTP(secret).at(self.at + 30 * periods)


class Unlocked:
    """The database without waiting for anybody: for negative controls, to show what a lock is there for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(db, name)

    async def execute(self, sql: str, *args: Any) -> int:
        return 0 if "FOR NO KEY UPDATE" in sql else await db.execute(sql, *args)
