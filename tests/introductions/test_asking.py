"""Asking, answering, and what is refused: by the verbs, as the database stands afterwards."""

import pytest

from app.connections import choices
from app.connections.introductions import asking, between, proposing, rights, states
from app.core import db as database
from app.core.i18n import in_language
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.introductions.conftest import WISH, Pair, make_pair, state_of, wishes


async def test_smoke(pair: Pair) -> None:
    introduction = await pair.asks()
    assert await state_of(introduction) == "pending_b"
    assert await pair.asks() == introduction
    await pair.accepts(introduction)
    assert await state_of(introduction) == "accepted"
    found = await between.between(pair.fund, pair.startup)
    assert found is not None
    assert (found.state, found.side) == ("accepted", "receiver")


@pytest.mark.parametrize("drafted", [False, True])
async def test_a_block_is_not_told_by_where_the_request_lies(
    make_client: MakeClient, pair: Pair, drafted: bool
) -> None:
    """Through the coordinators, too: blocked or not, an asker is shown the same, and no full month stops either."""
    await wishes(pair.fund, accepts="programme", requests_per_month=1)
    other = await make_pair("Công ty khác", "Quỹ khác")
    async with database.tx():
        await choices.note(pair.fund, other.startup, "hidden", "block", pair.partner.person_id)
    with in_language("vi"):
        tip = states.tip("coordinator_hold")
    found = []
    for who, startup in ((pair.founder, pair.startup), (other.founder, other.startup)):
        seen = await pair.seen(who, startup)
        if drafted:
            await asking.draft(who, seen, pair.fund, WISH)
        introduction = await asking.ask(who, seen, pair.fund, WISH)
        client = make_client(who)
        pages = [
            (await client.get(path)).text for path in (f"/introductions/{introduction}", "/introductions?box=sent")
        ]
        told = (await client.get(f"/api/v1/introductions/{introduction}")).json()["state"]
        kept = await between.between(startup, pair.fund)
        copied = await database.fetch(rights.SHEETS["requests"], who.person_id)
        acts = [row["act"] for row in await database.fetch(rights.SHEETS["steps"], who.person_id)][-1:]
        own = (told, kept and kept.state, [row["state"] for row in copied], acts, [tip in page for page in pages])
        found.append(own)
        if await state_of(introduction) == "coordinator_hold":
            await proposing.pass_on(await make_person(roles=("organizer",)), introduction)  # the month is full now
    assert found[0] == found[1]
    assert found[0][:2] == ("coordinator_hold", "coordinator_hold")
    assert found[0][2:] == (["coordinator_hold"], ["held"], [True, True])
    assert await state_of(introduction) == "blocked"
