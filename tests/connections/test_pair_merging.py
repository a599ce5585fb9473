"""Of two organisations one: what was put away and answered goes with it, but for what is about itself; and back."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.connections import pair_choices, pair_log
from app.core import db as database
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.curation import merging
from tests.connections import make
from tests.connections.test_pairing import guide, row
from tests.factories import make_person

OFFER, NEED = "technology_offer", "technology_need"
CHOICES = "SELECT organisation, kind, candidate, ended_at IS NULL AS open FROM pairing_choice ORDER BY id"
ANSWERS = "SELECT organisation, kind, candidate FROM pairing_answer ORDER BY id"


async def read(query: str) -> list[tuple[Any, ...]]:
    return [tuple(one) for one in await database.fetch(query)]


@pytest.fixture
async def moderator(db: asyncpg.Connection) -> Actor:
    return await make_person(roles=("moderator",))


@pytest.fixture
async def labs(db: asyncpg.Connection) -> tuple[UUID, UUID, UUID]:
    """One that stays, one that goes into it, and another."""
    one, other, third = [await make.organisation(name, ["institute"]) for name in ("Viện", "Viện Cũ", "Viện Khác")]
    return one, other, third


async def test_technologies_of_the_two_are_put_away_no_more_and_again_once_they_are_two(
    moderator: Actor, labs: tuple[UUID, UUID, UUID]
) -> None:
    kept, merged, third = labs
    theirs, back, own, foreign = [await row(OFFER, owner, "Cảm biến") for owner in (merged, merged, kept, third)]
    challenge = await row(NEED, merged, "Đo độ mặn")
    for organisation, kind, candidate in (
        (kept, OFFER, theirs),
        (kept, OFFER, back),
        (kept, NEED, challenge),
        (merged, OFFER, own),
        (merged, OFFER, foreign),
        (third, OFFER, theirs),
    ):
        await pair_choices.put_away(organisation, kind, candidate, "other", None)
    await pair_choices.take_back(kept, OFFER, back)
    before = await read(CHOICES)

    merge = await merging.merge_organisations(moderator, kept, merged, {})

    assert await read(CHOICES) == [
        (kept, OFFER, theirs, False),
        (kept, OFFER, back, False),
        (kept, NEED, challenge, False),
        (kept, OFFER, own, False),
        (kept, OFFER, foreign, True),
        (third, OFFER, theirs, True),
    ]
    assert [one.id for one in await pair_choices.hidden_of(kept, OFFER)] == [foreign]
    await merging.undo_merge(moderator, merge)
    assert await read(CHOICES) == before


async def test_what_was_put_away_anew_or_is_one_s_own_still_is_not_opened_again(
    moderator: Actor, labs: tuple[UUID, UUID, UUID]
) -> None:
    """One technology went elsewhere and was put away anew while the two were one; the other one stays with them."""
    kept, merged, third = labs
    gone, stays = [await row(OFFER, merged, f"Cảm biến {number}") for number in range(2)]
    for candidate in (gone, stays):
        await pair_choices.put_away(kept, OFFER, candidate, "other", None)
    merge = await merging.merge_organisations(moderator, kept, merged, {})
    await database.execute("UPDATE technology_offer SET organisation = $2 WHERE id = $1", gone, third)
    await pair_choices.put_away(kept, OFFER, gone, "sector", None)
    await database.execute(
        "UPDATE organisation_merge SET snapshot = jsonb_set(snapshot, '{moved}', (SELECT coalesce(jsonb_agg(m), '[]')"
        " FROM jsonb_array_elements(snapshot->'moved') m WHERE m->>'table' <> 'technology_offer'))"
    )

    await merging.undo_merge(moderator, merge)

    assert [(candidate, is_open) for _organisation, _kind, candidate, is_open in await read(CHOICES)] == [
        (gone, False),
        (stays, False),
        (gone, True),
    ]


async def test_who_was_answered_to_is_the_one_that_stays_and_nobody_answers_to_themselves(
    moderator: Actor, labs: tuple[UUID, UUID, UUID]
) -> None:
    kept, merged, third = labs
    mentor = (await guide()).person_id
    sensor = await row(OFFER, merged, "Cảm biến")
    for kind, organisation, candidate in (
        ("incubator", third, merged),
        ("support", third, kept),
        ("institute", merged, third),
        ("institute", merged, kept),
        ("institute", kept, merged),
        ("mentor", merged, mentor),
        (OFFER, third, sensor),
    ):
        async with database.tx():
            await pair_log.asked(kind, organisation, candidate, "introduction", new_id())
    before = await read(ANSWERS)

    merge = await merging.merge_organisations(moderator, kept, merged, {})

    assert await read(ANSWERS) == [
        (third, "incubator", kept),
        (third, "support", kept),
        (kept, "institute", third),
        (merged, "institute", kept),
        (kept, "institute", merged),
        (kept, "mentor", mentor),
        (third, OFFER, sensor),
    ]
    await merging.undo_merge(moderator, merge)
    assert await read(ANSWERS) == before
