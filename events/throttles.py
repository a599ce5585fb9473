"""How often may be registered, so that one script cannot fill an event. Who runs events is not counted."""

from app.core import limits
from app.core.web import Actor
from events.access import event_for

WINDOW = 600
GUESTS = 300
"""Without an account, of one network in a window: a venue, a company or a school shares an address."""
OF_ONE_ACCOUNT = 120


async def registering(actor: Actor, slug: str, network: str) -> None:
    """Count one registration before it is tried. Not counted: organizers, admins, and the team of this event.

    Raises TooMany, and NotFound for an event that this actor does not see.
    """
    if actor.has("organizer"):
        return
    if actor.id is None:
        await limits.hit("events.guest", network, GUESTS, WINDOW)
    elif not (await event_for(actor, slug)).at_desk:
        await limits.hit("events.account", actor.id, OF_ONE_ACCOUNT, WINDOW)
