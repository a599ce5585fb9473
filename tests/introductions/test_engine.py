"""What the engine is told of requests: how far each came, with its place, and nothing of who was put off otherwise."""

from typing import Any

import pytest

from app.connections import answered
from app.connections.introductions import answering, outcomes, proposing
from app.connections.introductions.outcomes import Came, Parties
from app.core import clock
from app.core import db as database
from tests.factories import make_person
from tests.introductions.conftest import Pair, wishes


async def suggested(pair: Pair, rank: int = 4, **more: Any) -> None:
    await database.execute(
        "INSERT INTO suggestion (organisation, candidate, kind, rank, score, base, p, q, model_version, reasons,"
        " explored, propensity) VALUES ($1, $2, 'investor', $3, 1, 0, 0.1, 0.1, 'm-7', $4, $5, $6)",
        *(pair.startup, pair.fund, rank, more.get("reasons", []), more.get("explored", True), 0.25),
    )


async def far(pair: Pair, how: str) -> None:
    """A request that comes as far as `how`."""
    introduction = await pair.asks()
    if how.startswith("declined"):
        held = await pair.held(pair.partner, introduction)
        await answering.decline(pair.partner, held, how.partition(":")[2])
    if how in ("accepted", "met", "outcome"):
        await pair.accepts(introduction)
    if how == "met":
        await answering.met(pair.founder, await pair.held(pair.founder, introduction))
    if how == "outcome":
        came = Came(kind="investment", happened_on=clock.now().date())
        parties = Parties(organisation=pair.fund, other=pair.startup, introduction=introduction)
        await outcomes.answer(pair.founder, await outcomes.record(pair.partner, parties, came), yes=True)
    if how == "withdrawn":
        await answering.withdraw(pair.founder, await pair.held(pair.founder, introduction))


@pytest.mark.parametrize(
    ("how", "kinds"),
    [
        ("asked", ["asked"]),
        ("accepted", ["accepted"]),
        ("met", ["met"]),
        ("outcome", ["outcome"]),
        ("withdrawn", ["asked"]),
        ("declined:sector", ["hidden"]),
        ("declined:no_capacity", []),
    ],
)
async def test_how_far_a_request_came(pair: Pair, how: str, kinds: list[str]) -> None:
    await suggested(pair)
    await far(pair, how)
    found = await answered.answers()
    assert [one.kind for one in found] == kinds
    assert {(one.rank, one.explored, one.propensity) for one in found} <= {(4, True, 0.25)}
    assert {(one.company_id, one.investor_id) for one in found} <= {(str(pair.startup), str(pair.fund))}


@pytest.mark.parametrize(("whose", "kinds"), [("coordinator", []), ("receiver", ["hidden"])])
async def test_what_a_coordinator_turned_down_is_no_refusal_by_the_receiver(
    pair: Pair, whose: str, kinds: list[str]
) -> None:
    await suggested(pair)
    await wishes(pair.fund, accepts="programme")
    introduction, organizer = await pair.asks(), await make_person(roles=("organizer",))
    if whose == "coordinator":
        await proposing.turn_down(organizer, introduction, "sector")
    else:
        await proposing.pass_on(organizer, introduction)
        await answering.decline(pair.partner, await pair.held(pair.partner, introduction), "sector")
    assert [one.kind for one in await answered.answers()] == kinds


async def test_a_request_from_the_directory_is_no_answer_to_a_list(pair: Pair) -> None:
    await far(pair, "accepted")
    assert await answered.answers() == []


async def test_both_halves_of_the_reasons_are_kept_as_they_were(pair: Pair) -> None:
    """With the place and the model; a list made anew afterwards changes nothing of it."""
    said = [
        {"code": "sector", "for": "you", "contribution": 0.7, "params": {"sectors": ["agri"]}},
        {"code": "place", "for": "them", "contribution": 0.4, "params": {}},
    ]
    await suggested(pair, reasons=said)
    introduction = await pair.asks()
    await database.execute("DELETE FROM suggestion")
    row = await database.fetchrow("SELECT * FROM introduction WHERE id = $1", introduction)
    assert row is not None
    assert (row["rank"], row["model_version"], row["list_kind"]) == (4, "m-7", "investor")
    told = {side: [(one["code"], one["for"]) for one in row["reasons"][side]] for side in ("asker", "receiver")}
    assert told == {
        "asker": [("sector", "you"), ("place", "them")],
        "receiver": [("sector", "them"), ("place", "you")],
    }


async def test_whoever_is_in_touch_is_suggested_no_more(pair: Pair) -> None:
    from app.connections import lists

    await suggested(pair)
    assert [row["id"] for row in await lists.suggested(pair.startup, "investor", 10)] == [pair.fund]
    await pair.connected()
    assert await lists.suggested(pair.startup, "investor", 10) == []
