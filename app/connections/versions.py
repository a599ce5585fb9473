"""Versions of the fitted engine: which one is in use, which were refused, where their files lie. No fitting here."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.core import clock, db
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.settings import get_settings

FIT_LOCK = 5_026_112_101
"""Key of the advisory lock that the process which fits holds: its death lets go of it."""
KEPT_FILES = 2

STATUSES: dict[str, Phrase] = {
    "fitting": N_("Being fitted"),
    "active": N_("In use"),
    "refused": N_("Refused"),
    "retired": N_("Retired"),
    "failed": N_("Failed"),
}


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """The engine in use."""

    id: UUID
    version: str
    path: str
    prior: bool
    fingerprint: str
    read_at: datetime
    """When its data were read: profiles that changed later are handed to it as they are now."""

    @property
    def file(self) -> Path:
        return folder() / self.path


def folder() -> Path:
    """Where models lie; made when it is missing."""
    path = get_settings().data_path / "models"
    path.mkdir(parents=True, exist_ok=True)
    return path


async def active() -> Fitted | None:
    """The engine in use; None before the first fit, and where its file is gone (another machine, a restored copy)."""
    row = await db.fetchrow(
        "SELECT id, version, path, prior, fingerprint, started_at FROM engine_model WHERE status = 'active'"
    )
    if row is None:
        return None
    found = Fitted(
        id=row["id"],
        version=row["version"],
        path=row["path"],
        prior=row["prior"],
        fingerprint=row["fingerprint"],
        read_at=row["started_at"],
    )
    return found if found.file.is_file() else None


async def begin() -> UUID:
    """Write down that a fit has begun. The caller holds the lock, so older fits under way are dead ones."""
    model_id = new_id()
    async with db.tx():
        await _bury()
        await db.execute(
            "INSERT INTO engine_model (id, status, started_at) VALUES ($1, 'fitting', $2)", model_id, clock.now()
        )
    return model_id


async def _bury() -> int:
    return await db.execute(
        "UPDATE engine_model SET status = 'failed', ended_at = now(), note = 'the process ended before the fit did'"
        " WHERE status = 'fitting'"
    )


async def activate(model_id: UUID, found: dict[str, Any]) -> None:
    """Put a fit into use and retire the one before; both or neither.

    Locks the active row. The organisations that have members are asked for anew: outbox `connections.renew`.
    """
    async with db.tx():
        await db.fetch("SELECT id FROM engine_model WHERE status = 'active' FOR UPDATE")
        await db.execute("UPDATE engine_model SET status = 'retired', ended_at = now() WHERE status = 'active'")
        await _finish(model_id, "active", found)
        await enqueue("connections.renew", {})
    _forget_files(await _kept())


async def refuse(model_id: UUID, found: dict[str, Any], note: str) -> None:
    """Write down that the gate refused a fit; the one in use stays."""
    async with db.tx():
        await _finish(model_id, "refused", {**found, "path": None}, note)


async def fail(model_id: UUID, note: str) -> None:
    """Write down that a fit broke."""
    async with db.tx():
        await _finish(model_id, "failed", {}, note)


async def drop(model_id: UUID) -> None:
    """Forget a fit that turned out to be of no need: the data had not changed."""
    async with db.tx():
        await db.execute("DELETE FROM engine_model WHERE id = $1 AND status = 'fitting'", model_id)


async def _finish(model_id: UUID, status: str, found: dict[str, Any], note: str = "") -> None:
    await db.execute(
        "UPDATE engine_model SET status = $2, note = $3, version = $4, path = $5, prior = $6, fingerprint = $7,"
        " card = $8, seconds = $9, peak_mb = $10, fitted_at = now(),"
        " ended_at = CASE WHEN $2 = 'active' THEN NULL ELSE now() END WHERE id = $1",
        model_id,
        status,
        note[:1000],
        found.get("version"),
        found.get("path"),
        found.get("prior", False),
        found.get("fingerprint", ""),
        found.get("card", {}),
        found.get("seconds"),
        found.get("peak_mb"),
    )


async def _kept() -> set[str]:
    rows = await db.fetch(
        "SELECT path FROM engine_model WHERE path IS NOT NULL AND status IN ('active', 'retired')"
        " ORDER BY status = 'active' DESC, started_at DESC LIMIT $1",
        KEPT_FILES,
    )
    return {row["path"] for row in rows}


def _forget_files(kept: set[str]) -> None:
    for file in folder().glob("*.model"):
        if file.name not in kept:
            file.unlink(missing_ok=True)


async def rescue() -> bool:
    """Whether a fit died half-way: its row is closed, and the fit is asked for again."""
    async with db.tx():
        if not await db.fetchval("SELECT EXISTS (SELECT 1 FROM engine_model WHERE status = 'fitting')"):
            return False
        if not await db.fetchval("SELECT pg_try_advisory_xact_lock($1)", FIT_LOCK):
            return False
        await _bury()
        await enqueue("connections.fit", {})
    return True


async def history(limit: int = 20) -> list[dict[str, Any]]:
    """The latest fits, newest first."""
    rows = await db.fetch(
        "SELECT id, version, status, prior, card, note, seconds, peak_mb, started_at, fitted_at FROM engine_model"
        " ORDER BY started_at DESC LIMIT $1",
        limit,
    )
    return [dict(row) for row in rows]


async def ask_for_fit() -> None:
    """Ask for a fit as soon as a worker is free. Outbox `connections.fit`; on unchanged data the fit is left out."""
    async with db.tx():
        await enqueue("connections.fit", {})
