"""The demo's proposal: every cell of its list is understood, it waits once, and a decision stands."""

import asyncpg

from app.core import db as database
from app.core.web import Actor
from app.demo import mentors, people
from app.demo import proposals as demo
from app.directory.persons import proposals
from app.people.accounts import person_by_email


async def silently(_label: str, _share: float) -> None:
    return None


async def test_what_a_list_says_waits_for_the_mentor_once_and_is_not_brought_back(db: asyncpg.Connection) -> None:
    await people.load(silently)
    await mentors.load(silently)
    for _start in range(2):
        await demo.load(silently)
    runs = await database.fetch("SELECT counts->'fates' AS fates, list_name FROM import_run")
    account = await person_by_email(demo.MENTOR)
    assert account is not None
    mentor = Actor(id=account["id"], name=account["name"], email=account["email"], via="session")
    found = await proposals.proposal_to(mentor)
    assert found is not None
    await proposals.decline(mentor)
    await demo.load(silently)

    assert [(row["fates"], row["list_name"].endswith("(mẫu)")) for row in runs] == [({"changed": 1}, True)]
    assert found.values["expertise"] == [["sales", "managed", 5]]
    assert {"headline_vi", "sectors", "markets", "hours_per_month"} < set(found.values)
    assert await proposals.proposal_to(mentor) is None
