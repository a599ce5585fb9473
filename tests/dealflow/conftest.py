"""A fund with its team, a startup with its founder, and a pipeline with a few cards."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

import app.dealflow.jobs
import app.rights  # noqa: F401  with the jobs: everything that the subject registers
from app.core import db as database
from app.core.web import Actor
from app.dealflow import access, cards, pipelines
from app.dealflow.access import PipelineSeen
from tests.connections import make
from tests.factories import make_person

LONG = "Công ty Cổ phần Giải pháp Nông nghiệp Thông minh và Truy xuất nguồn gốc Đồng bằng Sông Cửu Long"


class Team:
    """Who is there, by name, and what they work on."""

    owner: Actor
    editor: Actor
    viewer: Actor
    founder: Actor
    stranger: Actor
    fund: UUID
    startup: UUID
    pipeline: UUID
    stages: dict[str, UUID]

    async def seen(self, actor: Actor | None = None) -> PipelineSeen:
        return await access.pipeline_for(actor or self.owner, self.pipeline)

    async def card(self, name: str = "", **values: Any) -> UUID:
        """A card of a new startup at the top of the first stage."""
        company = await make.startup(name or "Doanh nghiệp thử", **values)
        return (await cards.add(self.editor, self.pipeline, company, "profile")).card


async def build() -> Team:
    team = Team()
    team.fund = await make.investor("Quỹ Sao Mai", verified_at=None)
    team.startup = await make.startup(LONG, sectors=["agri"], country="VN")
    for name, role in (("owner", "owner"), ("editor", "editor"), ("viewer", "viewer")):
        person = await make_person(f"{name.title()} Quỹ")
        await make.member(person, team.fund, role)
        setattr(team, name, person)
    team.founder = await make_person("Nhà sáng lập")
    await make.member(team.founder, team.startup, "owner")
    team.stranger = await make_person("Người lạ")
    team.pipeline = await pipelines.create(team.owner, team.fund, "Thương vụ")
    rows = await pipelines.stages_of(team.pipeline)
    team.stages = {row["name_en"]: row["id"] for row in rows}
    return team


@pytest.fixture
async def team(db: asyncpg.Connection, fresh_queue: None) -> Team:
    return await build()


@pytest.fixture
async def committed_team(committed: asyncpg.Pool, fresh_queue: None) -> Team:
    found = await build()
    await database.execute("DELETE FROM outbox")
    return found


async def order_of(stage: UUID) -> list[str]:
    """The names of a stage's cards, from the top."""
    rows = await database.fetch(
        "SELECT o.name FROM deal_card c JOIN organisation o ON o.id = c.organisation"
        " WHERE c.stage = $1 AND c.ended_at IS NULL ORDER BY c.rank",
        stage,
    )
    return [row["name"] for row in rows]
