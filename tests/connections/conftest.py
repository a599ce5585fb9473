"""A small market with an engine fitted on it."""

from collections.abc import Iterator
from uuid import UUID

import asyncpg
import pytest

import app.connections.jobs  # noqa: F401  registers the jobs
from app.connections import fitting, ranking
from app.core import db as database
from app.core.web import Actor
from tests.connections import make
from tests.factories import make_person


class Market:
    """Two sectors, two countries; investors that say what they look for."""

    ids: dict[str, UUID]

    def __getitem__(self, name: str) -> UUID:
        return self.ids[name]


@pytest.fixture(scope="session", autouse=True)
def _engine_process() -> Iterator[None]:
    yield
    ranking.close()


async def _build() -> Market:
    """Startups and investors of agriculture and finance in Vietnam and Singapore, with the prior in use."""
    found = Market()
    found.ids = {}
    for sector, country in (("agri", "VN"), ("fin", "VN"), ("agri", "SG"), ("fin", "SG")):
        name = f"{sector}-{country}"
        found.ids[f"startup-{name}"] = await make.startup(f"Startup {name}", sectors=[sector], country=country)
        fund = await make.investor(f"Fund {name}", sectors=[sector], country=country)
        await make.mandate(fund, sectors=[sector], geographies=[country], rounds=["seed"])
        found.ids[f"fund-{name}"] = fund
    found.ids["incubator"] = await make.organisation(
        "Vườn ươm", ["incubator"], sectors=["agri"], country="VN", offers=["mentoring"]
    )
    assert await fitting.fit_now(prior=True) == "active"
    return found


@pytest.fixture
async def market(db: asyncpg.Connection) -> Market:
    """The market in a transaction that is rolled back."""
    return await _build()


@pytest.fixture
async def committed_market(committed: asyncpg.Pool) -> Market:
    """The market with real commits, for what runs on several connections; the outbox is empty."""
    found = await _build()
    await database.execute("DELETE FROM outbox")
    return found


@pytest.fixture
async def person(db: asyncpg.Connection) -> Actor:
    """Somebody with an account who belongs to nothing yet."""
    return await make_person(name="Người dùng")
