"""What waits for the staff: each subject registers what it counts, the start page of the staff shows all of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from app.core.i18n import Phrase
from app.core.web import Actor


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of work: how much of it waits for the staff, since when, and how much waits for the other side."""

    title: Phrase
    text: Phrase
    href: str
    waiting: int = 0
    oldest_at: datetime | None = None
    elsewhere: int = 0


Reader = Callable[[Actor], Awaitable[list[Queue]]]
_readers: list[Reader] = []


def staff_queues(function: Reader) -> Reader:
    """Register what counts a subject's queues; it gives none to people who may not work on them."""
    if function not in _readers:
        _readers.append(function)
    return function


async def queues_for(actor: Actor) -> list[Queue]:
    """Every queue that the actor may work on, in the order in which subjects were named."""
    return [queue for reader in _readers for queue in await reader(actor)]
