"""Two at one instant, with real commits: claims, transfers, merges. Without the lock each of these goes wrong."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import DomainError
from app.core.web import Actor
from app.directory.curation import claims, deciding, merging
from app.directory.curation.claims import Wanted
from tests.directory.curation.conftest import latest_link, owners, unowned
from tests.factories import make_person


@pytest.fixture
async def moderator(committed: asyncpg.Pool) -> Actor:
    return await make_person("Người kiểm duyệt", roles=("moderator",))


async def outcomes(*acts: Awaitable[Any]) -> list[Any]:
    """What each came to: its answer, or the name of its refusal."""
    found = await asyncio.gather(*acts, return_exceptions=True)
    return [one.code if isinstance(one, DomainError) else one for one in found]


def unlocked(sides: int = 2) -> Callable[..., Awaitable[dict[UUID, dict[str, Any]]]]:
    """What `locked` reads, without holding anything; all sides have read before one of them goes on."""
    reads, all_here = itertools.count(1), asyncio.Event()

    async def read(*organisations: UUID) -> dict[UUID, dict[str, Any]]:
        rows = await database.fetch("SELECT * FROM organisation WHERE id = ANY($1::uuid[])", list(organisations))
        if next(reads) >= sides:
            all_here.set()
        await asyncio.wait_for(all_here.wait(), 20)
        return {row["id"]: dict(row) for row in rows}

    return read


async def two_claims(before_proving: Callable[[], None] = lambda: None) -> tuple[UUID, list[Any]]:
    robot = await unowned()
    people = [await make_person(f"Người {n}") for n in (1, 2)]
    for n, person in enumerate(people):
        await claims.make_claim(person, robot, Wanted(method="email", email=f"a{n}@robot.example"))
    tokens = [await latest_link(f"a{n}@robot.example") for n in (0, 1)]
    before_proving()
    made = await outcomes(*(claims.prove_claim(person, token) for person, token in zip(people, tokens, strict=True)))
    return robot, made


async def test_of_two_claims_at_one_instant_one_makes_an_owner_the_other_waits(committed: asyncpg.Pool) -> None:
    robot, made = await two_claims()

    assert sorted((one.state, one.waits_for) for one in made) == [("approved", None), ("made", "department")]
    assert len(await owners(robot)) == 1
    assert [row["competing"] for row in await deciding.claims_queue("competing")] == [True]


async def test_without_the_lock_both_claims_would_make_owners(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot, _made = await two_claims(lambda: monkeypatch.setattr(claims, "locked", unlocked()))

    assert len(await owners(robot)) == 2


async def test_one_decision_of_two_counts(moderator: Actor) -> None:
    robot, lan = await unowned(), await make_person("Lan")
    claim = await claims.make_claim(lan, robot, Wanted(method="department", message="x"))

    found = await outcomes(
        deciding.decide_claim(moderator, claim.id, approve=True, reason="known"),
        deciding.decide_claim(moderator, claim.id, approve=False, reason="not_shown"),
    )

    state = await database.fetchval("SELECT state FROM claim")
    assert sorted(map(str, found)) == ["None", "already_decided"]
    assert len(await owners(robot)) == (1 if state == "approved" else 0)


async def merged_both_ways(moderator: Actor) -> tuple[list[Any], int]:
    one, other = await unowned("Alpha", website=""), await unowned("Alpha JSC", website="")
    found = await outcomes(
        merging.merge_organisations(moderator, one, other, {}), merging.merge_organisations(moderator, other, one, {})
    )
    standing = await database.fetchval("SELECT count(*) FROM organisation WHERE ended_at IS NULL")
    return found, standing


async def test_two_merges_against_each_other_leave_one_profile(moderator: Actor) -> None:
    found, standing = await merged_both_ways(moderator)

    assert (found.count("merged_already"), standing) == (1, 1)


async def test_without_the_lock_both_profiles_would_be_gone(moderator: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "_locked", unlocked())

    found, standing = await merged_both_ways(moderator)

    assert (found.count("merged_already"), standing) == (0, 0)


async def test_of_two_who_undo_a_merge_one_does(moderator: Actor) -> None:
    one, other = await unowned("Alpha", website=""), await unowned("Alpha JSC", website="")
    merge = await merging.merge_organisations(moderator, one, other, {})

    found = await outcomes(merging.undo_merge(moderator, merge), merging.undo_merge(moderator, merge))

    assert sorted(found) == ["alpha-jsc", "cannot_undo"]
    assert await database.fetchval("SELECT count(*) FROM organisation WHERE ended_at IS NULL") == 2
