"""Two members of staff at one instant, with real commits. Without the lock each of these goes wrong."""

import asyncio
from collections.abc import Awaitable
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import DomainError
from app.core.web import Actor
from app.directory.credentials import acts, deciding, reminding, rules, stating
from app.directory.credentials.holders import Holder
from tests.directory.credentials.make import BY_DOCUMENT, holder, in_days, log_of, paper, row_of, stated, verified
from tests.factories import make_person


@pytest.fixture
async def moderator(committed: asyncpg.Pool) -> Actor:
    return await make_person("Người kiểm duyệt", roles=("moderator",))


async def outcomes(*doing: Awaitable[Any]) -> list[str]:
    """What each came to: "done", or the code of its refusal."""
    found = await asyncio.gather(*doing, return_exceptions=True)
    return sorted(one.code if isinstance(one, DomainError) else "done" for one in found)


async def unlocked(*credentials: UUID) -> dict[UUID, acts.Row]:
    """What `locked` reads, without holding anything; both are there before either goes on."""
    rows = await database.fetch("SELECT * FROM credential WHERE id = ANY($1::uuid[])", list(credentials))
    await asyncio.sleep(0.5)
    return {row["id"]: dict(row) for row in rows}


async def two_decisions(moderator: Actor) -> tuple[UUID, list[str]]:
    owner, whose = await holder()
    found = await stated(owner, whose)
    return found, await outcomes(
        deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1),
        deciding.refuse_credential(moderator, found, "Mờ", version=1),
    )


async def test_of_two_decisions_at_one_instant_one_counts(moderator: Actor) -> None:
    found, made = await two_decisions(moderator)

    log = [act for act, _who in await log_of(found)]
    assert (made, log) in (
        (["already_decided", "done"], ["stated", "verified"]),
        (["changed_since", "done"], ["stated", "refused"]),
    )


async def test_without_the_lock_both_decisions_would_count(moderator: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "locked", unlocked)

    _found, made = await two_decisions(moderator)

    assert made == ["done", "done"]


async def verified_twice(moderator: Actor) -> tuple[list[str], int]:
    owner, whose = await holder()
    found = await stated(owner, whose)
    made = await outcomes(*(deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1) for _n in range(2)))
    return made, [act for act, _who in await log_of(found)].count("verified")


async def test_one_is_verified_once(moderator: Actor) -> None:
    assert await verified_twice(moderator) == (["already_decided", "done"], 1)


async def test_without_the_lock_it_would_be_verified_twice(moderator: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "locked", unlocked)

    assert await verified_twice(moderator) == (["done", "done"], 2)


async def test_an_owner_who_corrects_and_a_moderator_who_verifies(moderator: Actor) -> None:
    owner, whose = await holder()
    found = await stated(owner, whose)

    made = await outcomes(
        deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1),
        stating.edit_credential(owner, found, paper(number="mới"), version=1),
    )

    row = await row_of(found)
    assert made in (["already_checked", "done"], ["changed_since", "done"])
    assert (row["state"], row["number"]) in (("valid", "15/QĐ"), ("draft", "mới"))


async def enter_twice(moderator: Actor, whose: Holder, old: UUID | None, numbers: tuple[str, str]) -> list[str]:
    return await outcomes(
        *(verified(moderator, whose, "ste_2025", old, number=number, issued_on=date(2026, 2, 1)) for number in numbers)
    )


async def test_one_is_replaced_by_one(moderator: Actor) -> None:
    _owner, whose = await holder()
    old = await verified(moderator, whose, "ste_2019", issued_on=date(2022, 1, 1))

    assert await enter_twice(moderator, whose, old, ("1", "2")) == ["already_decided", "done"]
    assert await database.fetchval("SELECT count(*) FROM credential WHERE supersedes = $1", old) == 1


async def test_the_same_paper_entered_twice_at_one_instant_counts_once(moderator: Actor) -> None:
    _owner, whose = await holder()

    assert await enter_twice(moderator, whose, None, ("9", "9")) == ["done", "same_number"]
    assert await database.fetchval("SELECT count(*) FROM credential") == 1


async def test_without_its_lock_the_same_paper_would_count_twice(
    moderator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looks_only(row: acts.Row) -> None:
        await asyncio.sleep(0.5)

    monkeypatch.setattr(deciding, "_not_twice", looks_only)
    _owner, whose = await holder()

    assert await enter_twice(moderator, whose, None, ("9", "9")) == ["done", "done"]


async def test_two_workers_remind_once(moderator: Actor) -> None:
    _owner, whose = await holder()
    await verified(moderator, whose, valid_until=in_days(20))

    told = await asyncio.gather(reminding.remind(), reminding.remind())

    assert sum(told) == 1
    assert await database.fetchval("SELECT count(*) FROM mail WHERE subject LIKE 'Còn%'") == 1


async def an_editor_and_a_moderator(pool: asyncpg.Pool, moderator: Actor) -> list[str]:
    """Somebody holds the organisation, as merging and editing do, and goes on to its credential; meanwhile a moderator
    decides about that credential. What came to each."""
    owner, whose = await holder()
    found = await stated(owner, whose)
    async with pool.acquire() as con, con.transaction():
        await con.execute("SET LOCAL deadlock_timeout = '50ms'")
        await con.execute("SELECT FROM organisation WHERE id = $1 FOR UPDATE", whose.id)
        deciding_now = asyncio.create_task(deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1))
        while not await con.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            await asyncio.sleep(0.005)
        try:
            async with con.transaction():
                await con.execute("UPDATE credential SET updated_at = now() WHERE id = $1", found)
            editor = "done"
        except asyncpg.DeadlockDetectedError:
            editor = "deadlock"
    [moderators] = await asyncio.gather(deciding_now, return_exceptions=True)
    return [editor, "deadlock" if isinstance(moderators, asyncpg.DeadlockDetectedError) else str(moderators or "done")]


async def test_whose_a_credential_is_gets_locked_before_the_credential(
    committed: asyncpg.Pool, moderator: Actor
) -> None:
    assert await an_editor_and_a_moderator(committed, moderator) == ["done", "done"]


async def test_in_the_other_order_they_would_lock_each_other_out(
    committed: asyncpg.Pool, moderator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def as_before(holders: set[UUID]) -> set[UUID]:
        return holders

    monkeypatch.setattr(acts, "lock_holders", as_before)

    assert "deadlock" in await an_editor_and_a_moderator(committed, moderator)


async def test_lists_look_again_behind_whoever_edits_an_organisation(committed: asyncpg.Pool, moderator: Actor) -> None:
    """The version of the list is locked last, by everybody."""
    _owner, whose = await holder()
    await verified(moderator, whose, issued_on=rules.today())
    async with committed.acquire() as con, con.transaction():
        await con.execute("SELECT FROM organisation WHERE id = $1 FOR UPDATE", whose.id)
        looking = asyncio.create_task(reminding.look_again())
        while not await con.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            await asyncio.sleep(0.005)
        await con.execute("SET LOCAL lock_timeout = '1s'")
        await con.execute("UPDATE listing_state SET version = version + 1 WHERE id = 1")

    assert await looking == 1
