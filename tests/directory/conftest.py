"""Organisations for tests, made by the verbs that people use."""

from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.web import Actor
from tests.directory.make import join, nothing_remembered, organisation
from tests.factories import make_person


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What a process keeps of the list starts afresh."""
    nothing_remembered()


class Cast:
    """A startup with an owner, an editor and a viewer, and people who do not belong to it."""

    owner: Actor
    editor: Actor
    viewer: Actor
    stranger: Actor
    admin: Actor
    id: UUID
    slug: str


@pytest.fixture
async def cast(db: asyncpg.Connection) -> Cast:
    found = Cast()
    found.owner = await make_person("Chủ hồ sơ")
    found.editor = await make_person("Người biên tập")
    found.viewer = await make_person("Người xem")
    found.stranger = await make_person("Người lạ")
    found.admin = await make_person("Quản trị", roles=("admin",))
    await database.execute("UPDATE person SET created_at = now() - interval '30 days'")
    saved = await organisation(found.owner, "Nguyễn Đức Robot", sectors=["hard"], country="VN", province_code="01")
    found.id, found.slug = saved.id, saved.slug
    await join(found.id, found.editor, "editor")
    await join(found.id, found.viewer, "viewer")
    return found
