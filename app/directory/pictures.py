"""Logo and cover of an organisation: what the files are kept for, who may have them, putting them there and back."""

from uuid import UUID

from app.core import db
from app.core.errors import NotFound
from app.core.files.keeping import Draft, end_file, keep, reopen_file
from app.core.files.purposes import COVER, LOGO, Purpose, Stored, register
from app.core.web import Actor
from app.directory import history, notes
from app.directory.access import organisation_by_id_for
from app.directory.fields import FIELDS
from app.directory.history import Place
from app.directory.profile_fields import Values
from app.directory.seeing import tier_of
from app.directory.writing import locked_for, show

COLUMNS = {"logo": "logo_file", "cover": "cover_file"}
"""Where the files of the form's fields stand."""


async def seen_with_the_profile(actor: Actor, file: Stored) -> bool:
    """Whether the actor sees the picture on the profile now: hidden and ended profiles keep theirs to themselves."""
    if file.owner_kind != "organisation" or file.owner_id is None or file.purpose not in COLUMNS:
        return False
    try:
        seen = await organisation_by_id_for(actor, file.owner_id)
    except NotFound:
        return False
    column = COLUMNS[file.purpose]
    return seen.row[column] == file.id and seen.viewer.sees(tier_of(FIELDS[column], seen.row["tiers"]))


PURPOSES = {
    "logo": register(Purpose(name="logo", pictures=LOGO, may_see=seen_with_the_profile)),
    "cover": register(Purpose(name="cover", pictures=COVER, may_see=seen_with_the_profile)),
}


async def change_pictures(actor: Actor, organisation: UUID, given: dict[str, Draft | None]) -> tuple[str, ...]:
    """Put these pictures where "logo" and "cover" stand; None takes one off. Gives the columns that changed.

    Locks the organisation; what was there is served to nobody any more and can be put back from the history.
    """
    async with db.tx():
        row = await locked_for(actor, organisation)
        changes = {}
        for name, draft in given.items():
            column = COLUMNS[name]
            picture = await keep(actor, draft, "organisation", organisation) if draft else None
            if picture != row[column]:
                await end_file(row[column], "replaced" if picture else "removed")
                changes[column] = (row[column], picture)
        await _write(actor, row, changes)
    return tuple(changes)


async def put_back(actor: Actor, organisation: UUID, column: str, picture: UUID | None, *, undoes: int) -> bool:
    """Show again what was there before; False when that file was erased meanwhile. Locks the organisation."""
    async with db.tx():
        row = await locked_for(actor, organisation)
        await history.require_newest(organisation, undoes)
        if row[column] == picture:
            return True
        if picture is not None and not await reopen_file(picture):
            return False
        await end_file(row[column], "undone")
        await _write(actor, row, {column: (row[column], picture)}, undoes)
    return True


async def _write(
    actor: Actor, row: Values, changes: dict[str, tuple[UUID | None, UUID | None]], undoes: int | None = None
) -> None:
    if not changes:
        return
    sets = ", ".join(f"{column} = ${n}" for n, column in enumerate(changes, start=3))
    version = row["version"] + 1
    await db.execute(
        f"UPDATE organisation SET version = $2, updated_at = now(), {sets} WHERE id = $1",  # noqa: S608
        *(row["id"], version, *(after for _before, after in changes.values())),
    )
    await notes.note(row["id"], actor.id, changes)
    await history.record(row["id"], actor.id, "picture_changed", changes, Place(version=version, undoes=undoes))
    await show(row["id"])
