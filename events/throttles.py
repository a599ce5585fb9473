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
