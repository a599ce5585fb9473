"""What the pages of an event and of a ticket lead to: agenda, answers, delegation, statistics, a code."""

import asyncpg

from app.core import db as database
from events.asking import building
from events.figures import publishing
from tests.conftest import MakeClient
from tests.event_factories import make_event, make_registration


async def test_a_ticket_leads_to_its_agenda_and_to_questions_that_came_later(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    world = await make_event()
    guest = await make_registration(world)
    found = []
    async with make_client() as client:
        for asked in (False, True):
            if asked:
                question = building.QuestionForm(kind="line", vi="Món ăn")
                await building.add_question(world.owner, world.event, question)
                await building.publish(world.owner, world.event)
            text = (await client.get(f"/tickets/{guest.secret}")).text
            found.append([f'/tickets/{guest.secret}/{name}"' in text for name in ("agenda", "answers")])
    assert found == [[True, False], [True, True]]


async def test_an_event_leads_to_delegation_statistics_and_a_code(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    world = await make_event()
    found = []
    async with make_client() as client:
        for change in ("", "public", "hidden"):
            if change == "public":
                await publishing.show_to_all(world.owner, world.event)
            if change == "hidden":
                await database.execute("UPDATE ticket_type SET visibility = 'invited' WHERE event = $1", world.event)
            text = (await client.get(f"/events/{world.slug}")).text
            links = ("delegation", "statistics", "register")
            found.append([f'/events/{world.slug}/{name}"' in text for name in links])
    assert found == [[True, False, True], [True, True, True], [False, True, True]]
