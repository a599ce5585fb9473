"""How often may be registered, so that one script cannot fill an event. Who runs events is not counted."""

from app.core import limits
from app.core.web import Actor
from events.access import EventSeen

WINDOW = 600
GUESTS = 3_000
"""Without an account, of one network at one event in a window: a whole venue may stand behind one address."""
OF_ONE_ACCOUNT = 120


async def registering(actor: Actor, event: EventSeen, network: str) -> None:
    """Count one new registration before it is written. Not counted: organizers, admins, and the team of this event.

    Repeated requests and addresses that are registered already do not come here. Raises TooMany.
    """
    if actor.has("organizer") or event.at_desk:
        return
    if actor.id is None:
        await limits.hit("events.guest", f"{event.id}:{network}", GUESTS, WINDOW)
    else:
        await limits.hit("events.account", actor.id, OF_ONE_ACCOUNT, WINDOW)


SCANS_A_MINUTE = 600
SYNCS_A_MINUTE = 120
CALLS_A_MINUTE = 240
PAIRINGS = 600


def scanning(device: bytes) -> None:
    """Count a scan of a device: ten a second for a minute is more than any hand does. Raises TooMany."""
    limits.hit_here("door.scan", device.hex(), SCANS_A_MINUTE, 60)


async def syncing(device: bytes) -> None:
    """Count a batch of a device. Raises TooMany."""
    await limits.hit("door.sync", device.hex(), SYNCS_A_MINUTE, 60)


async def asking(device: bytes) -> None:
    """Count whatever else a device asks: heartbeats, rules, cards, names. Raises TooMany."""
    await limits.hit("door.ask", device.hex(), CALLS_A_MINUTE, 60)


async def pairing(network: str) -> None:
    """Count attempts to pair; a venue's devices share one address, so many are let through. Raises TooMany."""
    await limits.hit("door.pair", network, PAIRINGS, WINDOW)
