"""What owners do with their credentials: state one, correct it while nobody has checked it, withdraw it."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.files.keeping import Draft, end_file, keep
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.credentials import acts
from app.directory.credentials.holders import Holder, require_speaker
from app.directory.credentials.rules import Stated, checked

MOST = 60

STATED = (
    *("credential_type", "regime", "number", "issuer", "title_vi", "title_en", "issued_on", "valid_until"),
    *("size_class", "evidence_url"),
)


class AlreadyChecked(Conflict):
    message = N_("This was checked already and cannot be changed any more.")


class TooManyStated(Conflict):
    message = N_("There are too many certificates here already.")


async def state_credential(actor: Actor, holder: Holder, stated: Stated, evidence: Draft | None = None) -> UUID:
    """A new credential that waits for the department. Not idempotent. Raises Invalid, NotAllowed, TooManyStated."""
    values = checked(stated, person=holder.person)
    async with db.tx():
        await require_speaker(actor, **_of(holder))
        waiting = await db.fetchval(
            "SELECT count(*) FROM credential WHERE (organisation = $1 OR person = $1) AND state = 'draft'"
            " AND ended_at IS NULL",
            holder.id,
        )
        if waiting >= MOST:
            raise TooManyStated
        row = await insert(actor, holder, values, evidence)
        await acts.note(actor, row, "stated")
    found: UUID = row["id"]
    return found


async def insert(actor: Actor, holder: Holder, values: dict[str, Any], evidence: Draft | None) -> acts.Row:
    """The row of a draft, in the open transaction. Locks the holder."""
    await acts.lock_holders({holder.id})
    found = new_id()
    file = await keep(actor, evidence, _owner(holder), holder.id, tier=4) if evidence else None
    columns = ", ".join(STATED)
    marks = ", ".join(f"${number}" for number in range(6, 6 + len(STATED)))
    await db.execute(
        f"INSERT INTO credential (id, organisation, person, created_by, evidence_file, {columns}, created_at,"  # noqa: S608
        f" updated_at) VALUES ($1, $2, $3, $4, $5, {marks}, now(), now())",
        *(found, *_of(holder).values(), actor.person_id, file, *(values[name] for name in STATED)),
    )
    return (await acts.locked(found))[found]


async def edit_credential(
    actor: Actor, credential: UUID, stated: Stated, *, version: int, evidence: Draft | None = None, drop: bool = False
) -> None:
    """Correct what nobody has checked yet; what was sent back waits for the department again.

    `drop` removes the file of evidence. Refused (ChangedSince) when it is newer than `version`. Locks the credential.
    Raises AlreadyChecked, Invalid, NotAllowed, NotFound.
    """
    async with db.tx():
        row = await _own_draft(actor, credential)
        values = checked(stated, person=row["person"] is not None)
        if row["version"] != version:
            raise acts.ChangedSince
        file = row["evidence_file"]
        if evidence is not None or drop:
            await end_file(file, "replaced")
            owner = "person" if row["person"] else "organisation"
            holder = row["person"] or row["organisation"]
            file = await keep(actor, evidence, owner, holder, tier=4) if evidence else None
        sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(STATED, start=3))
        await db.execute(
            f"UPDATE credential SET evidence_file = $2, {sets}, version = version + 1, refused_at = NULL,"  # noqa: S608
            " refused_reason = '', updated_at = now() WHERE id = $1",
            *(credential, file, *(values[name] for name in STATED)),
        )
        await acts.note(actor, row | values, "edited")


async def withdraw_credential(actor: Actor, credential: UUID) -> None:
    """Take back what nobody has checked. Locks the credential. Raises AlreadyChecked, NotAllowed, NotFound."""
    async with db.tx():
        row = await _own_draft(actor, credential)
        await db.execute(
            "UPDATE credential SET ended_at = now(), ended_reason = 'withdrawn', updated_at = now() WHERE id = $1",
            credential,
        )
        await end_file(row["evidence_file"], "withdrawn")
        await acts.note(actor, row, "withdrawn")


async def own_credential(actor: Actor, holder: Holder, credential: UUID) -> acts.Row:
    """One of the holder's, to be corrected. Raises AlreadyChecked, NotFound."""
    row = await db.fetchrow(
        f"SELECT {acts.COLUMNS} FROM credential c WHERE c.id = $1 AND coalesce(c.organisation, c.person) = $2"  # noqa: S608
        " AND c.ended_at IS NULL",
        *(credential, holder.id),
    )
    if row is None:
        raise NotFound
    await require_speaker(actor, **_of(holder))
    if row["state"] != "draft":
        raise AlreadyChecked
    return dict(row)


async def _own_draft(actor: Actor, credential: UUID) -> acts.Row:
    row = (await acts.locked(credential))[credential]
    await require_speaker(actor, organisation=row["organisation"], person=row["person"])
    if row["state"] != "draft":
        raise AlreadyChecked
    return row


def _of(holder: Holder) -> dict[str, UUID | None]:
    return {"organisation": None if holder.person else holder.id, "person": holder.id if holder.person else None}


def _owner(holder: Holder) -> str:
    return "person" if holder.person else "organisation"
