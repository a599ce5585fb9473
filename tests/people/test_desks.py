"""What waits for the staff: counted by each subject, shown on the start page to those who may work on it."""

from typing import Any

import asyncpg
import pytest

from app.core.clock import now
from app.core.i18n import N_
from app.core.web import Actor
from app.people import desks
from tests.conftest import MakeClient
from tests.factories import make_person

WORK = N_("Moderator")


@pytest.fixture
def one_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    async def read(actor: Actor) -> list[desks.Queue]:
        if not actor.has("moderator"):
            return []
        return [desks.Queue(title=WORK, text=WORK, href="/staff/work", waiting=2, oldest_at=now(), elsewhere=1)]

    monkeypatch.setattr(desks, "_readers", [read])


@pytest.mark.parametrize(
    ("role", "shown"), [("moderator", True), ("admin", True), ("organizer", False), ("desk", False)]
)
async def test_the_start_page_shows_the_queues_of_ones_own_role(
    db: asyncpg.Connection, make_client: MakeClient, one_queue: None, role: str, shown: bool
) -> None:
    answer = await make_client(await make_person(roles=(role,))).get("/staff")

    assert answer.status_code == 200
    assert ('href="/staff/work"' in answer.text) == shown
    assert ("2 việc đang chờ" in answer.text) == shown
    assert ("1 việc chờ phía bên kia" in answer.text) == shown


async def test_registering_twice_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "_readers", [])

    async def read(_actor: Actor) -> list[Any]:
        return [1]

    desks.staff_queues(read)
    desks.staff_queues(read)

    assert await desks.queues_for(Actor()) == [1]
