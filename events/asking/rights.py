"""People's rights over forms: what they are asked is the event's; a name or an address in it goes."""

from app.people.rights.subject import Subject, erases
from app.people.rights.taking_out import addresses_of, names_of, take_out

TEXTS = ("event_form", "event_question")


@erases("asking")
async def empty(subject: Subject) -> int:
    """Answers go with the registration that they belong to, see events/rights.py."""
    return await take_out(TEXTS, addresses_of(subject) + names_of(subject))
