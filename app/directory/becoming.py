"""A project becomes an enterprise: one that is here already, or a new one that begins with what the project said.

Also the organisation that hosts a project. Both profiles lead to each other; the project stays, with its day.
"""

from datetime import date
from typing import Any
from uuid import UUID

from app.core import db
from app.core.clock import now
from app.core.errors import Conflict, Invalid
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.web import Actor
from app.directory import history, notes
from app.directory.access import EDITORS
from app.directory.curation import arriving, standing
from app.directory.details import details_of, save_details
from app.directory.fields import COLLECTIONS, FIELDS
from app.directory.history import Place
from app.directory.profile_fields import Values
from app.directory.profiles import COLUMNS_WRITTEN, free_slug, insert
from app.directory.search_text import name_folded
from app.directory.writing import locked_for, show

Row = dict[str, Any]

NOT_COPIED = {"needs", "offers", "host", "became", "became_on"} | {
    field.name for field in FIELDS.values() if field.type == "file"
}
"""Needs and offers come with their rows; pictures belong to the profile that they were brought for."""


class NoProject(Conflict):
    message = N_("Only a project can become an enterprise.")


class BecameAlready(Conflict):
    message = N_("This project has become an enterprise already.")


class NotYet(Conflict):
    message = N_("Please choose a day that has come.")


async def become(actor: Actor, project: UUID, *, enterprise: UUID | None, name: str, on: date) -> UUID:
    """Say that a project became this enterprise, or make the enterprise with its fields, lists and members.

    Once: raises BecameAlready. Locks both; raises Invalid, NoProject, NotAllowed, NotFound. Gives the enterprise.
    """
    if on > now().date() or on < date(1990, 1, 1):
        raise Invalid(fields={"became_on": NotYet.message})
    if enterprise == project:
        raise Invalid(fields={"enterprise": NOT_A_CHOICE})
    async with db.tx():
        await standing.locked(project, *([enterprise] if enterprise else []))
        row = await locked_for(actor, project) | await details_of(project)
        if "project" not in row["kinds"]:
            raise NoProject
        if row["became"] is not None:
            raise BecameAlready
        if enterprise is None:
            enterprise = await _made_of(actor, row, name)
        else:
            await _joined(actor, project, enterprise)
        await save_details(project, {"became": enterprise, "became_on": on})
        await db.execute(
            "UPDATE organisation SET version = version + 1, updated_at = now(), confirmed_at = now() WHERE id = $1",
            project,
        )
        await notes.note(project, actor.id, ["became", "became_on"])
        changes = {"became": (None, enterprise), "became_on": (None, on)}
        await history.record(project, actor.id, "became_enterprise", changes, Place(version=row["version"] + 1))
        await show(project)
    return enterprise


async def _joined(actor: Actor, project: UUID, enterprise: UUID) -> None:
    """An enterprise that is here: only its own people may say that it grew out of the project."""
    row = await locked_for(actor, enterprise)
    if row["predecessor"] not in (None, project):
        raise Invalid(fields={"enterprise": NOT_A_CHOICE})
    version = row["version"] + 1
    await db.execute(
        "UPDATE organisation SET predecessor = $2, version = $3, updated_at = now() WHERE id = $1",
        *(enterprise, project, version),
    )
    await history.record(enterprise, actor.id, "grew_out_of", None, Place(version=version))
    await show(enterprise)


async def _made_of(actor: Actor, row: Values, name: str) -> UUID:
    """A new startup with what the project said, its lists and its members; whoever asks is an owner."""
    kinds = list(dict.fromkeys("startup" if kind == "project" else kind for kind in row["kinds"]))
    await arriving.require_patience(actor, kinds)
    kept = {one: row[one] for one in (*COLUMNS_WRITTEN, *FIELDS) if one in row and one not in NOT_COPIED}
    values: Values = {**kept, "name": name.strip() or row["name"], "kinds": kinds}
    enterprise = new_id()
    slug = await free_slug(values["name"])
    await insert(enterprise, slug, values, predecessor=row["id"], sample=row["sample"], confirmed_at=now())
    await arriving.hide_until_looked_at(actor, enterprise)
    for kind in COLLECTIONS.values():
        columns = ", ".join(field.name for field in kind.fields)
        await db.execute(
            f"INSERT INTO {kind.name} (id, organisation, position, {columns})"  # noqa: S608  names of the registry
            f" SELECT gen_random_uuid(), $2, position, {columns} FROM {kind.name}"
            " WHERE organisation = $1 AND ended_at IS NULL",
            *(row["id"], enterprise),
        )
    await db.execute(
        "UPDATE organisation SET needs = $2, offers = $3, tiers = $4 WHERE id = $1",
        *(enterprise, row["needs"], row["offers"], row["tiers"]),
    )
    await db.execute(
        "INSERT INTO membership (id, organisation, person, role, title, is_founder, started_at)"
        " SELECT gen_random_uuid(), $2, person, CASE WHEN person = $3 THEN 'owner' ELSE role END, title, is_founder,"
        " now() FROM membership WHERE organisation = $1 AND ended_at IS NULL",
        *(row["id"], enterprise, actor.id),
    )
    said = [field for field in values if field in FIELDS and values[field] not in (None, "", [], False)]
    await notes.note(enterprise, actor.id, said)
    await history.record(enterprise, actor.id, "created", place=Place(version=1))
    await show(enterprise)
    return enterprise


async def hosts_called(text: str, project: UUID) -> list[Row]:
    """Organisations at this address or of this name; of names that begin so where none is called that."""
    folded = name_folded(text)
    rows = await db.fetch(
        "SELECT id, slug, name, city, slug = $1 OR name_folded = $2 AS exact FROM organisation"
        " WHERE (slug = $1 OR name_folded LIKE $3) AND id <> $4 AND ended_at IS NULL AND hidden_at IS NULL"
        " ORDER BY exact DESC, links DESC, name_folded, number LIMIT 6",
        *(text.strip().lower(), folded, folded.replace("\\", "").replace("%", "").replace("_", "") + "%", project),
    )
    found = [dict(row) for row in rows] if folded else []
    exact = [row for row in found if row["exact"]]
    return exact if len(exact) == 1 else found


async def linked_to(row: Values) -> dict[str, Row]:
    """The organisations that a profile leads to: "host", "became" and "predecessor", where they are to be seen."""
    wanted = {name: row[name] for name in ("host", "became", "predecessor") if row.get(name) is not None}
    if not wanted:
        return {}
    rows = await db.fetch(
        "SELECT id, slug, name FROM organisation WHERE id = ANY($1) AND ended_at IS NULL AND hidden_at IS NULL",
        list(set(wanted.values())),
    )
    known = {one["id"]: dict(one) for one in rows}
    return {name: known[id_] for name, id_ in wanted.items() if id_ in known}


async def owned_by(actor: Actor, project: UUID) -> list[tuple[str, str]]:
    """The enterprises that the actor may name as what the project became: address and name."""
    rows = await db.fetch(
        "SELECT o.slug, o.name FROM membership m JOIN organisation o ON o.id = m.organisation AND o.ended_at IS NULL"
        " WHERE m.person = $1 AND m.ended_at IS NULL AND m.role = ANY($3) AND o.id <> $2 AND o.predecessor IS NULL"
        " AND NOT o.kinds = ARRAY['project'] ORDER BY o.name_folded, o.number",
        *(actor.id, project, list(EDITORS)),
    )
    return [(row["slug"], row["name"]) for row in rows]
