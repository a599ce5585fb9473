"""Moves at once: nothing is lost, the second is told, the order stays whole; with controls that can fail."""

import asyncio
import random
from collections import Counter

import pytest

from app.core import db as database
from app.core.errors import DomainError
from app.dealflow import cards, moving, pipelines, ranks, trail
from app.dealflow.moving import MovedMeanwhile, Place
from tests.connections import make
from tests.dealflow.conftest import Team, order_of


async def test_of_two_who_move_one_card_the_second_is_told(committed_team: Team) -> None:
    team = committed_team
    card = await team.card("Một")
    to = [team.stages["Met"], team.stages["Due diligence"]]

    found = await asyncio.gather(
        *(moving.move(who, team.pipeline, card, Place(stage=stage), 0) for who, stage in
          zip((team.owner, team.editor), to, strict=True)),
        return_exceptions=True,
    )  # fmt: skip

    late = [one for one in found if isinstance(one, MovedMeanwhile)]
    row = await database.fetchrow("SELECT stage, moves FROM deal_card WHERE id = $1", card)
    assert row is not None
    assert (len(late), row["moves"]) == (1, 1)
    first = found.index(None)
    assert row["stage"] == to[first]
    assert ("Owner Quỹ", "Editor Quỹ")[first] in late[0].text("en")
    # repeated with what the refusal said, it goes through, and the history has both
    await moving.move(team.editor, team.pipeline, card, Place(stage=to[1 - first]), late[0].moves)
    moved = [change for change in await trail.of_card(card) if "“Mới” sang" in change.text or "từ" in change.text]
    assert len(moved) == 2


async def test_control_without_the_number_the_first_move_is_lost(committed_team: Team) -> None:
    """The same two moves written without looking at the number: both succeed, and nobody learns of the first."""
    team = committed_team
    card = await team.card("Một")

    async def careless(stage: str) -> None:
        async with database.tx():
            await database.execute("UPDATE deal_card SET stage = $2, rank = 1 WHERE id = $1", card, team.stages[stage])

    found = await asyncio.gather(careless("Met"), careless("Due diligence"), return_exceptions=True)

    assert found == [None, None]
    assert await database.fetchval("SELECT moves FROM deal_card WHERE id = $1", card) == 0


async def test_thirty_moves_of_different_cards_keep_every_card_once(committed_team: Team) -> None:
    team = committed_team
    ids = [await team.card(f"Số {number}") for number in range(10)]
    dice = random.Random(7)
    stages = [team.stages[name] for name in ("New", "Met", "Due diligence")]

    async def walk(card: object, steps: list[tuple[object, object]]) -> int:
        moves = 0
        for stage, before in steps:
            await moving.move(team.editor, team.pipeline, card, Place(stage=stage, before=before), moves)  # type: ignore[arg-type]
            moves += 1
        return moves

    walks = [[(dice.choice(stages), dice.choice(ids)) for _step in range(3)] for _card in ids]
    assert await asyncio.gather(*(walk(card, steps) for card, steps in zip(ids, walks, strict=True))) == [3] * 10

    names = [name for stage in stages for name in await order_of(stage)]
    assert Counter(names) == Counter(f"Số {number}" for number in range(10))


async def test_two_clicks_on_add_make_one_card(committed_team: Team) -> None:
    team = committed_team

    found = await asyncio.gather(
        *(
            cards.add(who, team.pipeline, team.startup, "profile")
            for who in (team.owner, team.editor)
            for _n in range(3)
        )
    )

    assert (len({one.card for one in found}), sum(one.new for one in found)) == (1, 1)


async def test_a_stage_that_closes_while_a_card_comes_in_loses_no_card(committed_team: Team) -> None:
    team = committed_team
    ids = [await team.card(f"Số {number}") for number in range(4)]

    found = await asyncio.gather(
        *(moving.move(team.editor, team.pipeline, card, Place(stage=team.stages["Met"]), 0) for card in ids),
        pipelines.end_stage(team.owner, team.pipeline, team.stages["Met"]),
        return_exceptions=True,
    )

    refused = [one for one in found if isinstance(one, BaseException)]
    assert all(isinstance(one, DomainError) for one in refused)
    lost = await database.fetchval(
        "SELECT count(*) FROM deal_card c JOIN pipeline_stage s ON s.id = c.stage WHERE s.ended_at IS NOT NULL"
    )
    assert lost == 0
    assert len(await order_of(team.stages["Looking into it"])) + len(await order_of(team.stages["New"])) == 4


async def test_room_between_two_cards_never_runs_out(team: Team) -> None:
    """Sixty times between the same two: halves of a million are used up after twenty, then the stage is spread."""
    top, bottom = await team.card("Trên"), await team.card("Dưới")
    stage = team.stages["New"]
    await moving.move(team.editor, team.pipeline, top, Place(stage=stage), 0)
    assert await order_of(stage) == ["Trên", "Dưới"]
    for number in range(60):
        company = await make.startup(f"{number:02d}")
        card = (await cards.add(team.editor, team.pipeline, company, "profile")).card
        await moving.move(team.editor, team.pipeline, card, Place(stage=stage, before=bottom), 0)

    assert await order_of(stage) == ["Trên", *(f"{number:02d}" for number in range(60)), "Dưới"]


@pytest.mark.parametrize("way", ["before", "after", "top"])
async def test_a_card_lands_where_it_was_dropped(team: Team, way: str) -> None:
    stage = team.stages["New"]
    ids = {name: await team.card(name) for name in ("d", "c", "b", "a")}
    place = {
        "before": Place(stage=stage, before=ids["b"]),
        "after": Place(stage=stage, after=ids["b"]),
        "top": Place(stage=stage),
    }[way]

    await moving.move(team.editor, team.pipeline, ids["d"], place, 0)

    assert await order_of(stage) == {"before": list("adbc"), "after": list("abdc"), "top": list("dabc")}[way]
    assert ranks.GAP > 2**19
