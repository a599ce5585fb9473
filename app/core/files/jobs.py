"""Jobs of stored files: bytes of erased files are deleted, drafts that nobody kept go after a day."""

import asyncio
import time
from typing import Any
from uuid import UUID

from app.core import db
from app.core.files.storage import key_of
from app.core.files.where import incoming_folder, storage
from app.core.outbox import enqueue, every, job
from app.core.settings import get_settings

DRAFT_SECONDS = 86_400
MOST_AT_ONCE = 500


@job("core.files.remove")
async def remove_bytes(payload: dict[str, Any]) -> None:
    """Delete the bytes of a file, each variant; those that are gone are gone."""
    for name in payload["names"]:
        await storage().delete(key_of(UUID(payload["id"]), name))


@every(3600, "core.files.sweep")
async def sweep() -> None:
    """Let go of drafts whose verb never came to its end, and of what a killed process left of an upload."""
    async with db.tx():
        rows = await db.fetch(
            "DELETE FROM stored_file WHERE id IN (SELECT id FROM stored_file WHERE kept_at IS NULL"
            " AND created_at < now() - make_interval(secs => $1) ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
            " RETURNING id, variants",
            float(DRAFT_SECONDS),
            MOST_AT_ONCE,
        )
        for row in rows:
            await enqueue("core.files.remove", {"id": str(row["id"]), "names": list(row["variants"])})
    await asyncio.to_thread(_sweep_incoming)


def _sweep_incoming() -> None:
    folder = incoming_folder(get_settings())
    if not folder.is_dir():
        return
    before = time.time() - DRAFT_SECONDS
    for path in folder.iterdir():
        if path.stat().st_mtime >= before:
            continue
        if path.is_dir():
            for inner in path.iterdir():
                inner.unlink(missing_ok=True)
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
