"""What every change of a credential does besides its own: the lock, the line of its log, the history, mails."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.web import Actor
from app.directory import history
from app.directory.credentials.holders import holder_of, readers_of
from app.directory.listing import relist
from app.directory.persons import history as person_history
from app.directory.vocabulary import CREDENTIAL_TYPES
from app.directory.vocabulary.profiles import REGIMES

Row = dict[str, Any]

COLUMNS = """c.id, c.organisation, c.person, c.credential_type, c.regime, c.number, c.issuer, c.title_vi, c.title_en,
    c.issued_on, c.valid_until, c.state, c.revoked_on, c.revoked_ground, c.size_class, c.evidence_file, c.evidence_url,
    c.verified_at, c.verified_by, c.verified_how, c.verified_note, c.refused_at, c.refused_reason, c.supersedes,
    c.superseded_on, c.version, c.created_by, c.created_at, c.updated_at, c.ended_at"""

ACTS: dict[str, Phrase] = {
    "stated": N_("stated"),
    "edited": N_("changed"),
    "withdrawn": N_("withdrawn"),
    "verified": N_("checked and found true"),
    "entered": N_("entered by the department"),
    "refused": N_("sent back"),
    "revoked": N_("revoked"),
    "superseded": N_("replaced"),
}
"""What the log of a credential says that became of it."""


class ChangedSince(Conflict):
    message = N_("This was changed or decided meanwhile. Please look at what it says now.")


async def locked(*credentials: UUID) -> dict[UUID, Row]:
    """The credentials, locked in the order of their ids, behind whose they are: who merges or edits an organisation
    locks in this order too. Raises NotFound when one is not there or was withdrawn, ChangedSince when a merge has just
    made it somebody else's."""
    owners = await lock_holders(await holders_of(credentials))
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM credential c WHERE c.id = ANY($1::uuid[]) ORDER BY c.id FOR UPDATE",  # noqa: S608
        list(credentials),
    )
    found = {row["id"]: dict(row) for row in rows if row["ended_at"] is None}
    if set(found) != set(credentials):
        raise NotFound
    if not {row["organisation"] or row["person"] for row in found.values()} <= owners:
        raise ChangedSince
    return found


async def holders_of(credentials: Iterable[UUID]) -> set[UUID]:
    """The organisations and persons whose these are."""
    rows = await db.fetch(
        "SELECT coalesce(organisation, person) AS holder FROM credential WHERE id = ANY($1::uuid[])", list(credentials)
    )
    return {row["holder"] for row in rows}


async def lock_holders(holders: set[UUID]) -> set[UUID]:
    """Lock organisations and persons, each in the order of their ids; the same set again."""
    for table in ("organisation", "person"):
        await db.execute(
            f"SELECT FROM {table} WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE",
            list(holders),
        )
    return holders


async def note(actor: Actor, row: Row, act: str, words: str = "") -> None:
    """Write into the credential's log and the holder's history, in the open transaction; lists show what is held."""
    await db.execute(
        "INSERT INTO credential_act (id, credential, act, person, at, words) VALUES ($1, $2, $3, $4, now(), $5)",
        *(new_id(), row["id"], act, actor.person_id, words),
    )
    if row["person"] is not None:
        await person_history.record(row["person"], actor.id, f"credential_{act}")
        return
    changes = {"credential": (None, row["credential_type"])}
    await history.record(row["organisation"], actor.id, f"credential_{act}", changes, history.Place(row=row["id"]))
    await relist(row["organisation"])


async def tell(row: Row, what: str, words: str = "", *, key: str = "", days: int = 0) -> None:
    """Write to those whose credential it is, in their languages, what became of it."""
    holder = await holder_of(row)
    for reader in await readers_of(row):
        await send_mail(
            to=reader["email"],
            template="directory/credentials/mail/told.txt",
            message_key=f"credential-{what}:{row['id']}:{key or new_id()}:{reader['id']}",
            locale=reader["locale"],
            context={
                "what": what,
                "name": reader["name"],
                "holder": "" if holder.person else holder.name,
                "kind": CREDENTIAL_TYPES.label(row["credential_type"], reader["locale"]),
                "basis": REGIMES.label(row["regime"], reader["locale"]),
                "number": row["number"],
                "until": row["valid_until"],
                "days": days,
                "words": words,
                "link": f"{get_settings().origin}{holder.home}",
            },
        )
