"""A moderator, an owner with an organisation."""

import asyncpg
import pytest

from app.core.web import Actor
from app.directory.credentials.holders import Holder
from tests.directory.credentials.make import holder
from tests.factories import make_person


@pytest.fixture(autouse=True)
def _no_limits(fresh_queue: None) -> None:
    """An empty Valkey: nobody was refused before."""


@pytest.fixture
async def moderator(db: asyncpg.Connection) -> Actor:
    return await make_person("Người kiểm duyệt", roles=("moderator",))


@pytest.fixture
async def robot(db: asyncpg.Connection) -> tuple[Actor, Holder]:
    return await holder()


@pytest.fixture
def owner(robot: tuple[Actor, Holder]) -> Actor:
    return robot[0]


@pytest.fixture
def whose(robot: tuple[Actor, Holder]) -> Holder:
    return robot[1]
