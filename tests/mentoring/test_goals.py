"""Goals: what is stated of one that was met, and taken back with it; acts that there are not."""

import asyncpg
import pytest

from app.connections.introductions import outcomes
from app.core import db as database
from app.mentoring import goals
from tests.conftest import MakeClient
from tests.mentoring import make

GOAL = {"title": "Đăng ký sáng chế", "need": "ip", "shared": False, "due_on": None}


async def stated(here: make.World) -> list[str]:
    return [row["state"] for row in await outcomes.of_organisation(here.startup)]


@pytest.mark.parametrize(("yes", "kept"), [(None, []), (False, []), (True, ["confirmed"])])
async def test_a_goal_opened_again_was_not_met(db: asyncpg.Connection, yes: bool | None, kept: list[str]) -> None:
    """What nobody has confirmed is taken back; what the mentor has stays, and is not stated twice."""
    here = await make.world()
    goal = await goals.open_goal(here.owner, await here.seen(), GOAL)
    await make.held(here, goal=goal)
    await goals.close(here.owner, goal, "met", "Đã nộp đơn")
    if yes is not None:
        outcome = await database.fetchval("SELECT id FROM outcome WHERE context_id = $1", goal)
        await outcomes.answer(here.mentor, outcome, yes=yes)
    await goals.reopen(here.owner, goal)
    assert await stated(here) == kept
    await goals.close(here.owner, goal, "met", "Đã được cấp bằng")
    assert await stated(here) == (kept or ["stated"])


async def test_an_act_that_there_is_not_is_not_found(make_client: MakeClient, db: asyncpg.Connection) -> None:
    here = await make.world()
    goal = await goals.open_goal(here.owner, await here.seen(), {**GOAL, "shared": True})
    client = make_client(here.owner)
    assert (await client.post(f"/mentoring/goals/{goal}/delete")).status_code == 404
    shared = "SELECT shared_at IS NOT NULL FROM mentoring_goal WHERE id = $1"
    assert await database.fetchval(shared, goal) is True
    assert (await client.post(f"/mentoring/goals/{goal}/unshare")).status_code == 303
    assert await database.fetchval(shared, goal) is False
