"""Who wants mails of new suggestions for which organisation, and what is new on its lists. Sending is in `mailing`."""

from uuid import UUID

import msgspec

from app.connections import cards, filters, lists
from app.connections.cards import Card
from app.core import db
from app.core.errors import Invalid, NotAllowed
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.access import Seen
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES

DIGESTS: dict[str, Phrase] = {
    "never": N_("No mail"),
    "daily": N_("Every day, if something is new"),
    "weekly": N_("Every week, if something is new"),
}


class New(msgspec.Struct, frozen=True, kw_only=True):
    """What is new on one list."""

    kind: str
    cards: list[Card]


async def digest_of(actor: Actor, organisation: UUID) -> str:
    """How often the person hears of this organisation's suggestions."""
    found: str | None = await db.fetchval(
        "SELECT digest FROM suggestion_digest WHERE person = $1 AND organisation = $2", actor.person_id, organisation
    )
    return found or "never"


async def choose(actor: Actor, seen: Seen, digest: str, *, consents: bool = False) -> None:
    """Say how often to be written to about these lists; the first time needs `consents` to news by e-mail.

    What stands on the lists now counts as told. Locks the account. Raises Invalid, NotAllowed for who is no member.
    """
    if not seen.member:
        raise NotAllowed
    if digest not in DIGESTS:
        raise Invalid(fields={"digest": NOT_A_CHOICE})
    async with db.tx():
        await db.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", actor.person_id)
        if digest != "never" and not await consent.has_consent(actor.person_id, "digests"):
            if not consents:
                raise Invalid(fields={"consents": N_("Please agree to news by e-mail, or choose no mail.")})
            await consent.write(actor.person_id, PURPOSES["digests"], given=True)
        told = [card.id for new in await news_of(seen.id, seen.row["kinds"], set()) for card in new.cards]
        await db.execute(
            "INSERT INTO suggestion_digest AS d (id, person, organisation, digest, agreed_at, digested_until, told)"
            " SELECT $1, $2, $3, $4, moment, moment, $5"
            " FROM (SELECT CASE WHEN $4 = 'never' THEN NULL ELSE now() END AS moment) chosen"
            " ON CONFLICT (person, organisation) DO UPDATE SET digest = excluded.digest,"
            " agreed_at = CASE WHEN $4 = 'never' THEN NULL ELSE coalesce(d.agreed_at, now()) END,"
            " digested_until = CASE WHEN $4 = 'never' THEN NULL ELSE coalesce(d.digested_until, now()) END,"
            " told = CASE WHEN d.digest = 'never' THEN excluded.told ELSE d.told END",
            *(new_id(), actor.person_id, seen.id, digest, told),
        )


async def news_of(organisation: UUID, kinds: list[str], told: set[UUID]) -> list[New]:
    """What each list of the organisation's page begins with, without those who were told of; empty lists left out."""
    found = []
    for kind in filters.lists_of(kinds):
        shown = await cards.cards_of(organisation, kind, lists.FIRST)
        new = [card for card in shown if card.id not in told]
        if new:
            found.append(New(kind=kind, cards=new))
    return found


async def end(person: UUID) -> None:
    """No more of these mails to this person, in the open transaction."""
    await db.execute(
        "UPDATE suggestion_digest SET digest = 'never', agreed_at = NULL, digested_until = NULL"
        " WHERE person = $1 AND digest <> 'never'",
        person,
    )
