"""Loads the demo, subject by subject; a second run changes nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from app.core.errors import Busy
from app.core.settings import get_settings
from app.demo.connections import load as load_suggestions
from app.demo.credentials import load as load_credentials
from app.demo.dealflow import load as load_deals
from app.demo.directory import load as load_directory
from app.demo.door import load as load_doors
from app.demo.events import load as load_events
from app.demo.events_asked import load as load_asked
from app.demo.ground import load as load_ground
from app.demo.introductions import load as load_introductions
from app.demo.lists import load as load_lists
from app.demo.mentoring import load as load_mentoring
from app.demo.mentors import load as load_mentors
from app.demo.people import load as load_people
from app.demo.places import load as load_places
from app.demo.proposals import load as load_proposals
from app.demo.rights import load as load_rights

Report = Callable[[str, float], Awaitable[None]]
"""Told a label and how much of that part is done, from 0 to 1."""

PARTS = (
    load_people,
    load_directory,
    load_lists,
    load_mentors,
    load_proposals,
    load_credentials,
    load_events,
    load_ground,
    load_places,
    load_asked,
    load_doors,
    load_suggestions,
    load_mentoring,
    load_introductions,
    load_deals,
    load_rights,
)


ATTEMPTS = 5


class NoDemo(Exception):
    """The demo is not loaded where real people's data may be."""


async def run(report: Report) -> float:
    """Load everything; the seconds it took. Needs the pool and a migrated database.

    Raises NoDemo in production or with DEMO=0.
    """
    settings = get_settings()
    if settings.production or not settings.demo:
        raise NoDemo("DEMO=0 or ENVIRONMENT=production: sample data is not loaded here")
    begun = time.monotonic()
    for load in PARTS:
        await _load(load, report)
    return time.monotonic() - begun


async def _load(load: Callable[[Report], Awaitable[None]], report: Report) -> None:
    """One part; again where the machine was too busy for it. What a part has made it does not make twice."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await load(report)
            return
        except Busy:
            if attempt == ATTEMPTS:
                raise
            await asyncio.sleep(attempt)
