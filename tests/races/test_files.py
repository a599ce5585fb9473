"""A draft that two verbs want at once belongs to one of them; the sweep takes none that a verb is keeping."""

import asyncio
import contextvars
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.core import db
from app.core.errors import NotFound
from app.core.files import jobs
from app.core.files.keeping import Draft, keep
from app.core.web import Actor

LAN = Actor(id=UUID(int=5), name="Lan", via="session")


async def a_draft(pool: asyncpg.Pool, age: str = "1 hour") -> Draft:
    draft = Draft(uuid4(), "logo", "image", "a.webp", ("96.webp",))
    await pool.execute(
        "INSERT INTO stored_file (id, purpose, kind, name, media_type, variants, size, sha256, tier, owner_kind,"
        " created_by, created_at) VALUES ($1, 'logo', 'image', 'a.webp', 'image/webp', '{96.webp}', 1, '', 0, '', $2,"
        " now() - $3::text::interval)",
        draft.id,
        LAN.id,
        age,
    )
    return draft


async def kept_by_the_guard(draft: Draft, owner: UUID) -> bool:
    try:
        async with db.tx():
            await keep(LAN, draft, "organisation", owner)
    except NotFound:
        return False
    return True


async def kept_without_it(draft: Draft, owner: UUID) -> bool:
    """Looks first and writes afterwards, as one would without thinking of the others."""
    async with db.tx():
        if await db.fetchval("SELECT kept_at FROM stored_file WHERE id = $1", draft.id) is not None:
            return False
        await asyncio.sleep(0.02)
        await db.execute("UPDATE stored_file SET kept_at = now(), owner_id = $2 WHERE id = $1", draft.id, owner)
    return True


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "negative-control"])
async def test_a_draft_is_kept_once(guarded: bool, committed: asyncpg.Pool) -> None:
    draft = await a_draft(committed)
    verb: Any = kept_by_the_guard if guarded else kept_without_it
    kept = sum(await asyncio.gather(*(verb(draft, uuid4()) for _n in range(8))))
    assert (kept == 1) is guarded


async def test_the_sweep_waits_for_nobody_and_takes_nothing_that_is_being_kept(committed: asyncpg.Pool) -> None:
    held, free = await a_draft(committed, "2 days"), await a_draft(committed, "2 days")
    async with db.tx():
        await keep(LAN, held, "organisation", uuid4())
        await asyncio.create_task(jobs.sweep(), context=_outside())
    rows = await committed.fetch("SELECT id FROM stored_file")
    assert [row["id"] for row in rows] == [held.id]
    assert await committed.fetchval("SELECT payload->>'id' FROM outbox WHERE topic = 'core.files.remove'") == str(
        free.id
    )


def _outside() -> Any:
    """The context of another worker: none of this transaction."""
    return contextvars.Context()
