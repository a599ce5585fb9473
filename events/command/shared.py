"""One count for all viewers: an event is counted at most every three seconds in this process, however many look."""

import asyncio
import hashlib
import time
from uuid import UUID

import msgspec

from events.command.counting import Snapshot, snapshot

FRESH_SECONDS = 3.0
"""Screens draw themselves again every five seconds: forty of them are two counts in that time, not forty."""
MOST_EVENTS = 100

_held: dict[UUID, tuple[float, Snapshot]] = {}
_counting: dict[UUID, asyncio.Lock] = {}


async def now_of(event: UUID) -> Snapshot:
    """The event as it was at most three seconds ago. Who comes while it is being counted waits for that one count."""
    held = _held.get(event)
    if held is not None and time.monotonic() - held[0] < FRESH_SECONDS:
        return held[1]
    lock = _counting.setdefault(event, asyncio.Lock())
    async with lock:
        held = _held.get(event)
        if held is None or time.monotonic() - held[0] >= FRESH_SECONDS:
            held = (time.monotonic(), await snapshot(event))
            _keep(event, held)
    return held[1]


def forget(event: UUID) -> None:
    """The next who looks counts."""
    _held.pop(event, None)


def _keep(event: UUID, held: tuple[float, Snapshot]) -> None:
    _held[event] = held
    if len(_held) > MOST_EVENTS:
        oldest = min(_held, key=lambda one: _held[one][0])
        del _held[oldest]
        if oldest in _counting and not _counting[oldest].locked():
            del _counting[oldest]


def tag_of(seen: Snapshot, *shown: object) -> str:
    """An ETag that changes when a figure does, or what else the page is made of; not with every look."""
    counted = msgspec.structs.replace(seen, taken_at=seen.since)
    return f'"{hashlib.sha256(msgspec.json.encode([counted, [str(one) for one in shown]])).hexdigest()[:20]}"'
