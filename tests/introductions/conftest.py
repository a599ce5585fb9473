"""Two organisations with people, and how they are introduced."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

import app.connections.introductions.jobs  # noqa: F401  registers the jobs
from app.connections.introductions import access, answering, asking
from app.connections.introductions.access import Held
from app.connections.introductions.asking import Wish
from app.core import db as database
from app.core.web import Actor
from app.directory.access import Seen, organisation_by_id_for
from tests.connections import make
from tests.factories import make_person

WORDS = "Chúng tôi muốn giới thiệu giải pháp tưới tiết kiệm nước."
WISH = Wish(purpose="capital", words=WORDS)


class Pair(msgspec.Struct):
    """A startup and a fund, each with an owner; `third` knows both."""

    startup: UUID
    fund: UUID
    founder: Actor
    partner: Actor

    async def seen(self, actor: Actor, organisation: UUID) -> Seen:
        return await organisation_by_id_for(actor, organisation)

    async def asks(self, wish: Wish = WISH) -> UUID:
        return await asking.ask(self.founder, await self.seen(self.founder, self.startup), self.fund, wish)

    async def asks_back(self, wish: Wish = WISH) -> UUID:
        return await asking.ask(self.partner, await self.seen(self.partner, self.fund), self.startup, wish)

    async def held(self, actor: Actor, introduction: UUID) -> Held:
        return await access.introduction_for(actor, introduction)

    async def accepts(self, introduction: UUID) -> None:
        await answering.accept(self.partner, await self.held(self.partner, introduction))

    async def connected(self) -> UUID:
        introduction = await self.asks()
        await self.accepts(introduction)
        return introduction


async def make_pair(startup: str = "Lúa Thử", fund: str = "Quỹ Thử") -> Pair:
    one, other = await make.startup(startup, needs=["capital"]), await make.investor(fund)
    founder, partner = await make_person("Nhà sáng lập"), await make_person("Giám đốc quỹ", locale="en")
    await make.member(founder, one)
    await make.member(partner, other)
    return Pair(one, other, founder, partner)


@pytest.fixture
async def pair(db: asyncpg.Connection) -> Pair:
    """In a transaction that is rolled back."""
    return await make_pair()


@pytest.fixture
async def committed_pair(committed: asyncpg.Pool, fresh_queue: None) -> Pair:
    """With real commits, for what runs on several connections."""
    return await make_pair()


async def state_of(introduction: UUID) -> str:
    return str(await database.fetchval("SELECT state FROM introduction WHERE id = $1", introduction))


async def wishes(organisation: UUID, **values: Any) -> None:
    """How an organisation takes requests, straight into the table."""
    row = {"accepts": "open", "requests_per_month": None, **values}
    await database.execute(
        "INSERT INTO matching_preference (organisation, accepts, requests_per_month, signals_off, updated_at)"
        " VALUES ($1, $2, $3, '{}', now()) ON CONFLICT (organisation) DO UPDATE SET accepts = $2,"
        " requests_per_month = $3",
        *(organisation, row["accepts"], row["requests_per_month"]),
    )


async def age(introduction: UUID, **by: float) -> None:
    """Let time pass for one introduction: everything that has a time lies further back."""
    await database.execute(
        "UPDATE introduction SET created_at = created_at - $2::interval, asked_at = asked_at - $2::interval,"
        " expires_at = expires_at - $2::interval, accepted_at = accepted_at - $2::interval,"
        " quiet_until = quiet_until - $2::interval WHERE id = $1",
        *(introduction, timedelta(**by)),
    )
