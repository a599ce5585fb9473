"""Writing one's own profile: fields, photo, who sees what, "still true", taking a change back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.files.keeping import Draft, end_file, keep
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_, Phrase
from app.core.web import Actor
from app.directory import places
from app.directory.fields import PERSON_FIELDS, Tier
from app.directory.fields.values import Wrong, checked_value
from app.directory.persons import history, listing, pairs, writing
from app.directory.persons.access import PROFILE, ROLE, Row
from app.directory.persons.history import Place
from app.directory.profile_fields import NO_NAME, bound
from app.directory.seeing import tier_of

Values = dict[str, Any]

OFFERED_TIERS = (Tier.PUBLIC, Tier.MEMBERS, Tier.VERIFIED, Tier.GRANTED)
NOT_HERE = N_("Please choose the province only for Vietnam.")


class ChangedMeanwhile(Conflict):
    """The same field was saved from another window after this form had been opened."""

    message = N_(
        "This part was changed in another window meanwhile. What you typed is still here: compare and save again."
    )


class Saved(msgspec.Struct, frozen=True):
    """What an edit came to."""

    slug: str
    version: int
    changed: tuple[str, ...]


async def edit_profile(actor: Actor, values: Values, *, version: int | None = None, undoes: int | None = None) -> Saved:
    """Change the given fields of one's own profile; the first edit begins it. What stands there already is left.

    Locks the account; with a `version` it is refused (ChangedMeanwhile) when one of the fields was written since. A
    new name gives a new address, the old one leads on. With `undoes` it is refused (ChangedSince) when the field was
    written after that change. Raises Invalid.
    """
    found = checked(values)
    async with db.tx():
        row = await writing.locked_own(actor)
        await history.require_newest(row["person"], undoes)
        found |= _beside(row, found)
        changes = {name: (row[name], value) for name, value in found.items() if row[name] != value}
        if not changes:
            return Saved(row["slug"], row["version"], ())
        if version is not None and await history.changed_since(row["person"], version, list(changes)):
            raise ChangedMeanwhile
        return await _write(actor, row, changes, undoes)


async def _write(actor: Actor, row: Row, changes: dict[str, tuple[Any, Any]], undoes: int | None) -> Saved:
    """In the open transaction, with the profile locked."""
    person: UUID = row["person"]
    after = {name: value for name, (_before, value) in changes.items()}
    slug = row["slug"]
    if "name" in after:
        slug = await writing.slug_after(person, slug, after["name"])
    version = row["version"] + 1
    mine = {name: value for name, value in after.items() if name in PROFILE}
    mine |= {"slug": slug, "name_folded": writing.name_folded(after.get("name") or row["name"]), "version": version}
    await _update("person_profile", person, mine, ", confirmed_at = now()")
    role = {name: value for name, value in after.items() if name in ROLE}
    if role:
        await writing.begin_role(person)
        await _update("mentor_role", person, role)
    await history.record(person, actor.id, "edited", changes, Place(version, undoes))
    await writing.note(person, changes)
    await pairs.mark_source(person, changes, {**row, **after})
    await listing.relist(person)
    return Saved(slug, version, tuple(changes))


async def _update(table: str, person: UUID, values: Values, more: str = "") -> None:
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, start=2))
    await db.execute(
        f"UPDATE {table} SET {sets}, updated_at = now(){more} WHERE person = $1",  # noqa: S608  names of the registry
        *(person, *values.values()),
    )


def checked(values: Values) -> Values:
    """Fields of a person made fit to be stored. Raises Invalid with a phrase per field; files come by `keep_photo`."""
    found: Values = {}
    wrong: dict[str, Phrase] = {}
    for name, value in values.items():
        field = PERSON_FIELDS.get(name)
        if field is None or field.type == "file":
            wrong[name] = NOT_A_CHOICE
            continue
        try:
            found[name] = checked_value(field, value)
        except Wrong as error:
            wrong[name] = bound(error)
    if found.get("name") and not any(character.isalnum() for character in found["name"]):
        wrong["name"] = NO_NAME
    if found.get("province_code") and found.get("country", places.VIETNAM) not in (None, places.VIETNAM):
        wrong["province_code"] = NOT_HERE
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _beside(row: Row, found: Values) -> Values:
    """What belongs to what is written: a province lies in Vietnam, another country has none of its provinces."""
    if found.get("province_code") and not found.get("country"):
        return {"country": places.VIETNAM}
    if "country" in found and found["country"] != places.VIETNAM and row["province_code"]:
        return {"province_code": None} if "province_code" not in found else {}
    return {}


async def keep_photo(actor: Actor, draft: Draft | None) -> None:
    """Put a photo on the profile in the place of the one that is there; None takes it off. Locks the account."""
    async with db.tx():
        row = await writing.locked_own(actor)
        photo = await keep(actor, draft, "person", row["person"]) if draft else None
        if photo == row["photo_file"]:
            return
        await end_file(row["photo_file"], "replaced" if photo else "removed")
        await _write(actor, row, {"photo_file": (row["photo_file"], photo)}, None)


async def set_tiers(actor: Actor, wanted: Mapping[str, int | None], *, undoes: int | None = None) -> None:
    """Who sees which field from now on; None is what the registry says. Locks the account.

    Raises Invalid for what cannot be chosen, NotAllowed for fields that everybody may see.
    """
    for name, tier in wanted.items():
        field = PERSON_FIELDS.get(name)
        if field is None or (tier is not None and tier not in OFFERED_TIERS):
            raise Invalid(fields={name: NOT_A_CHOICE})
        if field.fixed:
            raise NotAllowed
    async with db.tx():
        row = await writing.locked_own(actor)
        await history.require_newest(row["person"], undoes)
        tiers = {name: tier for name, tier in row["tiers"].items() if name not in wanted}
        tiers |= {name: tier for name, tier in wanted.items() if tier not in (None, PERSON_FIELDS[name].tier)}
        changes = {
            name: (int(tier_of(field, row["tiers"])), int(tier_of(field, tiers)))
            for name, field in PERSON_FIELDS.items()
            if tier_of(field, row["tiers"]) != tier_of(field, tiers)
        }
        if not changes:
            return
        await db.execute(
            "UPDATE person_profile SET tiers = $2, updated_at = now() WHERE person = $1",
            *(row["person"], msgspec.json.encode(tiers).decode()),
        )
        await history.record(row["person"], actor.id, "shown_to", changes, Place(undoes=undoes))
        await listing.relist(row["person"])


async def confirm(actor: Actor) -> None:
    """Say that the profile is still true today. Idempotent but for the time."""
    async with db.tx():
        row = await writing.locked_own(actor)
        await db.execute("UPDATE person_profile SET confirmed_at = now() WHERE person = $1", row["person"])
        await db.execute(
            "UPDATE field_note SET verified_level = greatest(verified_level, 1),"
            " confirm_due_on = current_date + $2::int WHERE person = $1",
            *(row["person"], writing.CONFIRM_DAYS),
        )
        await history.record(row["person"], actor.id, "confirmed")


async def undo(actor: Actor, change: int) -> Saved:
    """Put a field back to what it was before a change of one's own. Raises NotFound for what cannot be put back.

    The verbs ask behind the lock whether something newer would be lost (ChangedSince).
    """
    found = await history.change_of(actor.person_id, change)
    if found is None or found["act"] not in ("edited", "shown_to") or found["field"] not in PERSON_FIELDS:
        raise NotFound
    field = PERSON_FIELDS[found["field"]]
    if field.type == "file":
        raise NotFound
    if found["act"] == "shown_to":
        await set_tiers(actor, {field.name: found["before"]}, undoes=change)
        return Saved("", 0, (field.name,))
    return await edit_profile(actor, {field.name: found["before"]}, undoes=change)
