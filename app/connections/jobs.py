"""Jobs of this subject: lists made anew, the engine fitted again. Importing the module registers them."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from app.connections import asking, fit_process, mailing, pair_looking, refresh, versions
from app.core import clock, db
from app.core.clock import VIETNAM
from app.core.outbox import Later, enqueue, every, job

log = structlog.get_logger()

NIGHT = 2
"""The hour in Vietnam after which the nightly fit runs."""
SETTLED_SECONDS = 60
"""No first fit while an import is still writing organisations."""

_fitting: set[asyncio.Task[None]] = set()


@job("connections.refresh")
async def refresh_lists(payload: dict[str, Any]) -> None:
    """A profile has changed or somebody waits: make that organisation's lists, and no other's."""
    organisation_id = UUID(payload["organisation_id"])
    try:
        await refresh.refresh(organisation_id)
    except refresh.NoEngine:
        return  # the first engine in use renews the lists of everybody who has members
    except Later:
        raise
    except Exception:
        await refresh.note_failure(organisation_id)
        raise


@job("connections.renew")
async def renew_lists(_payload: dict[str, Any]) -> None:
    """A new engine is in use: the lists of organisations with members are made with it, a batch at once."""
    await asking.renew()


@job("connections.fit")
async def fit_engine(_payload: dict[str, Any]) -> None:
    """Start a fit in a process of its own; it goes on after this job is done. Comes later while one is running."""
    if _fitting:
        raise Later("a fit is running")
    task = asyncio.create_task(_fit())
    _fitting.add(task)
    task.add_done_callback(_fitting.discard)


async def _fit() -> None:
    try:
        code = await fit_process.fit_apart()
    except TimeoutError:
        log.error("fit took too long and was ended")
        return
    if code == fit_process.BUSY:
        async with db.tx():
            await enqueue("connections.fit", {}, delay=60)
    elif code:
        log.error("fit failed", exit_code=code)


@every(60, "connections.keep_current")
async def keep_current() -> None:
    """Lists that are missing, old or stale are asked for, a batch at a time; a fit that died is begun again."""
    await versions.rescue()
    await asking.renew()


@every(300, "connections.fit_when_due")
async def fit_when_due() -> None:
    """Ask for a fit each night, and as soon as there is data but no engine."""
    async with db.tx():
        if await fit_due():
            await enqueue("connections.fit", {})


async def fit_due() -> bool:
    """Whether the engine should be fitted now."""
    last = await db.fetchval("SELECT max(started_at) FROM engine_model")
    now = clock.now()
    if await versions.active() is None:
        if last and last > now - timedelta(hours=1):
            return False
        newest = await db.fetchval("SELECT max(created_at) FROM organisation")
        return bool(newest and newest < now - timedelta(seconds=SETTLED_SECONDS))
    return now.astimezone(VIETNAM).hour == NIGHT and (last is None or last < now - timedelta(hours=20))


@every(900, "connections.mails")
async def find_mails_due() -> None:
    """Who wants to hear of new suggestions has a mail made for, once for each morning."""
    await mailing.find_due()


@job("connections.mail")
async def send_mail_of_suggestions(payload: dict[str, Any]) -> None:
    await mailing.send(UUID(payload["person"]), datetime.fromisoformat(payload["until"]))


@job("connections.pair_asked")
async def look_at_the_list(payload: dict[str, Any]) -> None:
    """Somebody on a list with a documented prior was asked, kept or put away: what did the list look like?"""
    await pair_looking.look(UUID(payload["id"]))


@job("connections.pair_requested")
async def look_for_technologies(payload: dict[str, Any]) -> None:
    """One organisation asked for another that states technologies: which of them was it about?"""
    await pair_looking.look_for_technologies(UUID(payload["introduction"]))
