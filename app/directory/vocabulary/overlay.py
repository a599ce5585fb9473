"""What staff changed of the vocabularies, laid over those of the code in every process, a second after it was decided.

A process reads the changes at its start and asks for their version each second; no page asks for them. The process in
which something was decided has it at once.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog

from app.core import db
from app.directory.vocabulary.terms import Change, Vocabulary

log = structlog.get_logger()

EVERY_SECONDS = 1.0

_known = 0
_listeners: list[Callable[[], object]] = []


def on_change(function: Callable[[], Any]) -> Callable[[], Any]:
    """Register what must be forgotten when terms change: whatever a process works out from vocabularies and keeps."""
    if function not in _listeners:
        _listeners.append(function)
    return function


def lay_over(vocabularies: tuple[Vocabulary, ...], changes: dict[str, list[Change]]) -> None:
    for vocabulary in vocabularies:
        vocabulary.lay_over(changes.get(vocabulary.name, ()))
    for function in _listeners:
        function()


async def refresh() -> bool:
    """Take over what was changed since this process last looked; whether anything was."""
    from app.directory.vocabulary import ALL  # noqa: PLC0415  the package names the overlay's vocabularies

    global _known  # noqa: PLW0603  one state per process
    version = await db.fetchval("SELECT version FROM term_state WHERE id = 1")
    if version is None or version == _known:
        return False
    rows = await db.fetch(
        "SELECT vocabulary, act, code, vi, en, parent, synonym, replacement FROM term_change WHERE ended_at IS NULL"
        " ORDER BY array_position(ARRAY['added', 'labelled', 'synonym', 'retired'], act), made_at, id"
    )
    changes: dict[str, list[Change]] = {}
    for row in rows:
        values = dict(row)
        changes.setdefault(values.pop("vocabulary"), []).append(Change(**values))
    lay_over(ALL, changes)
    _known = version
    return True


@asynccontextmanager
async def kept_fresh() -> AsyncIterator[None]:
    """While the block runs, what other processes decide about terms holds here too. Needs the pool."""
    await refresh()
    watcher = asyncio.create_task(_watch())
    try:
        yield
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher


async def _watch() -> None:
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await refresh()
        except Exception as error:  # noqa: BLE001  the database may be away for a while; the terms of before hold
            log.warning("changes of terms could not be read", error=repr(error))


def forget() -> None:
    """Start afresh, as a new process would."""
    from app.directory.vocabulary import ALL  # noqa: PLC0415

    global _known  # noqa: PLW0603
    _known = 0
    lay_over(ALL, {})
