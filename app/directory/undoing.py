"""Taking back one change of a profile: what stood there before is written again, and the history says so."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_
from app.core.web import Actor
from app.directory import notes, pictures, profiles, rows
from app.directory.fields import COLLECTIONS, FIELDS, Field

UNDONE_BY_ACT = (
    "edited",
    "row_edited",
    "row_added",
    "row_ended",
    "row_brought_back",
    "shown_to",
    "imported",
    "row_imported",
    "row_import_edited",
    "picture_changed",
)
"""Acts that can be taken back; joining, claiming and the like have ways of their own."""


class CannotBeUndone(Conflict):
    message = N_("This cannot be taken back here.")


def may_be_undone(change: dict[str, Any]) -> bool:
    """Whether a change is of a kind that can be taken back; not whether something newer stands in the way."""
    if change["act"] in ("edited", "imported"):
        return change["field"] in FIELDS
    return change["act"] in UNDONE_BY_ACT and bool(change["field"])


async def undo(actor: Actor, organisation: UUID, change_id: int) -> None:
    """Write again what stood there before this change.

    Not idempotent in the history: taking back what was taken back is a change of its own. Locks the organisation; the
    verbs ask behind the lock whether something newer would be lost (history.ChangedSince).
    """
    change = await _change(organisation, change_id)
    field, row = change["field"], change["row"]
    if not may_be_undone(change):
        raise CannotBeUndone
    if change["act"] in ("row_added", "row_imported"):
        await rows.end_row(actor, organisation, field.partition(".")[0], row, reason="undone", undoes=change_id)
    elif change["act"] in ("row_ended", "row_brought_back"):
        act = rows.bring_back if change["act"] == "row_ended" else rows.end_row
        await act(actor, organisation, field, row, undoes=change_id)
    elif change["act"] in ("row_edited", "row_import_edited"):
        collection, _dot, name = field.partition(".")
        before = typed(COLLECTIONS[collection].field(name), change["before"])
        await rows.edit_row(actor, organisation, collection, row, {name: before}, rows.Basis(undoes=change_id))
    elif change["act"] == "picture_changed":
        before = typed(FIELDS[field], change["before"])
        if not await pictures.put_back(actor, organisation, field, before, undoes=change_id):
            raise CannotBeUndone
    elif change["act"] == "shown_to":
        await notes.set_tiers(actor, organisation, {field: change["before"]}, undoes=change_id)
    else:
        values = {field: typed(FIELDS[field], change["before"])}
        await profiles.edit_organisation(actor, organisation, values, undoes=change_id)


async def _change(organisation: UUID, change_id: int) -> dict[str, Any]:
    found = await db.fetchrow(
        "SELECT id, act, field, before, after, row FROM organisation_change WHERE id = $1 AND organisation = $2",
        *(change_id, organisation),
    )
    if found is None:
        raise NotFound
    return dict(found)


def typed(field: Field, value: Any) -> Any:
    """A value as the history keeps it, as the field takes it."""
    if value is None:
        return field.empty
    if field.type in ("money", "amount", "percent"):
        return Decimal(value)
    if field.type in ("date", "year"):
        return date.fromisoformat(value)
    if field.type in ("file", "organisation"):
        return UUID(value)
    return value
