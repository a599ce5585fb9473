"""What every change of a profile does besides its own: come in by the lock, derive, tell lists and engine."""

from uuid import UUID

from app.core import db
from app.core.errors import NotAllowed, NotFound
from app.core.outbox import enqueue
from app.core.web import Actor
from app.directory.access import COLUMNS, EDITORS
from app.directory.fields.values import domain_of
from app.directory.listing import relist
from app.directory.profile_fields import Values
from app.directory.search.offers import keep_findable
from app.directory.search_text import name_folded, search_text
from app.directory.seeing import EVERYBODY, shown


async def locked_for(actor: Actor, organisation: UUID) -> Values:
    """The organisation, locked, if the actor may edit it at this moment. Raises NotFound, NotAllowed."""
    found = await db.fetchrow(f"SELECT {COLUMNS} FROM organisation o WHERE o.id = $1 FOR UPDATE", organisation)  # noqa: S608
    if found is None or found["ended_at"] is not None:
        raise NotFound
    role = await db.fetchval(
        "SELECT role FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
        *(organisation, actor.person_id),
    )
    if role not in EDITORS and not actor.has("admin"):
        raise NotAllowed
    return dict(found)


def derived(row: Values) -> Values:
    """What follows from the fields of an organisation and is stored beside them; the search finds what all may see."""
    return {
        "name_folded": name_folded(row["name"]),
        "search_text": search_text(shown(row, EVERYBODY)),
        "domain": domain_of(row.get("website") or ""),
    }


async def show(organisation: UUID) -> None:
    """Let the list, the counts and the suggestions know; last in a transaction, for it locks the list's version."""
    await keep_findable(organisation)
    await enqueue("connections.refresh", {"organisation_id": str(organisation)})
    await relist(organisation)
