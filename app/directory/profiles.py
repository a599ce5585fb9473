"""Creating and editing organisations: their fields, whatever table holds them. Their lists are in `rows`."""

from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import now
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.text import slugify
from app.core.web import Actor
from app.directory import history, notes
from app.directory.curation import arriving
from app.directory.details import DETAILS, details_of, save_details
from app.directory.fields import COLLECTIONS, FIELDS
from app.directory.history import Place
from app.directory.profile_fields import Values, checked, checked_mandate
from app.directory.rows import DIRECTIONS, sync_codes
from app.directory.writing import derived, locked_for, show

CREATED_PER_HOUR = 60
RESERVED_SLUGS = frozenset({"new", "invitations"})


class ChangedMeanwhile(Conflict):
    """Somebody else saved the profile after this person had opened it; `row` is as it is now."""

    message = N_(
        "Somebody else changed this profile meanwhile. What you typed is still here: please compare and save again."
    )

    def __init__(self, row: Values) -> None:
        super().__init__()
        self.row = row


class Saved(msgspec.Struct, frozen=True):
    """What a create or an edit came to."""

    id: UUID
    slug: str
    version: int
    changed: tuple[str, ...]


async def create_organisation(actor: Actor, values: Values, mandate: Values | None = None) -> Saved:
    """A new organisation whose owner is the actor. Not idempotent: twice makes two.

    Locks the handing out of addresses and the list's version; enqueues connections.refresh. Raises Invalid, TooMany.
    """
    person = actor.person_id
    found = checked({"name": "", "kinds": [], **values})
    wanted = checked_mandate(mandate) if mandate else None
    await hit("organisation.create", person, CREATED_PER_HOUR, 3600)
    await arriving.require_patience(actor, found["kinds"])
    organisation = new_id()
    async with db.tx():
        slug = await free_slug(found["name"])
        await insert(organisation, slug, found)
        await arriving.hide_until_looked_at(actor, organisation)
        if wanted:
            await _save_mandate(organisation, wanted)
        await db.execute(
            "INSERT INTO membership (id, organisation, person, role, started_at) VALUES ($1, $2, $3, 'owner', now())",
            *(new_id(), organisation, person),
        )
        said = [name for name in values if name in FIELDS and found.get(name) != FIELDS[name].empty]
        await notes.note(organisation, person, said)
        await notes.mark_source(organisation, said, found)
        await history.record(organisation, person, "created", place=Place(version=1))
        await show(organisation)
    return Saved(organisation, slug, 1, tuple(values))


async def edit_organisation(
    actor: Actor,
    organisation: UUID,
    values: Values,
    *,
    version: int | None = None,
    mandate: Values | None = None,
    undoes: int | None = None,
) -> Saved:
    """Change the given fields, and with `mandate` the first of its mandates. Writing what stands there changes nothing.

    Locks the organisation. With a `version` it is refused (ChangedMeanwhile) when somebody changed one of the same
    fields since; what others changed beside them stays. A new name gives a new address, the old one leads on. Enqueues
    connections.refresh. Raises Invalid, NotAllowed, NotFound.
    """
    wanted = checked_mandate(mandate) if mandate is not None else None
    async with db.tx():
        row = await locked_for(actor, organisation)
        await history.require_newest(organisation, undoes)
        if not DETAILS.isdisjoint(values) or "raising_round" in values:
            row |= await details_of(organisation)
        whole = checked({**_kept_beside(row, values), **values})
        found = {name: value for name, value in whole.items() if name in values or value != row.get(name)}
        changes = {name: (row[name], value) for name, value in found.items() if row[name] != value}
        stored = await mandate_of(organisation) if wanted is not None else None
        if wanted is not None:
            changes |= {
                f"mandate.{name}": ((stored or {}).get(name), value)
                for name, value in wanted.items()
                if (stored or {}).get(name) != value and (value or (stored or {}).get(name))
            }
        if not changes:
            return Saved(organisation, row["slug"], row["version"], ())
        if version is not None and not 1 <= version <= row["version"]:
            raise ChangedMeanwhile(row)
        if version is not None and await history.changed_since(organisation, version, list(changes)):
            raise ChangedMeanwhile(row)
        slug = row["slug"]
        if "name" in changes:
            slug = await _rename(organisation, slug, found["name"])
        await _write(row, {name: value for name, (_old, value) in changes.items() if "." not in name}, slug)
        if wanted is not None:
            await _save_mandate(organisation, wanted, stored)
        await _told(actor, {**row, **found}, list(changes))
        place = Place(version=row["version"] + 1, undoes=undoes)
        await history.record(organisation, actor.id, "edited", changes, place)
        await show(organisation)
    return Saved(organisation, slug, row["version"] + 1, tuple(changes))


async def _told(actor: Actor, row: Values, changed: list[str]) -> None:
    """Provenance of what was changed: of fields each by itself, of lists the list."""
    said = {name.partition(".")[0] for name in changed} & (FIELDS.keys() | COLLECTIONS.keys())
    if not DIRECTIONS.keys().isdisjoint(changed):
        said.add("need_offer")
    await notes.note(row["id"], actor.id, said)
    await notes.mark_source(row["id"], said, row)


_BELONGS_TOGETHER = (
    "country", "state", "province_code", "ward_code", "raising_round", "raising_amount", "raising_currency",
    "raising_min", "valuation",
)  # fmt: skip


def _kept_beside(row: Values, values: Values) -> Values:
    """What is stored and belongs to what is written: the amount alone keeps its round, another country no province.

    Another province keeps no ward."""
    moved = "country" in values and values["country"] != row["country"]
    kept = _BELONGS_TOGETHER[4:] if moved else _BELONGS_TOGETHER
    found: Values = {name: row[name] for name in kept if row.get(name) is not None}
    if row["ward_code"] and values.get("province_code", row["province_code"]) != row["province_code"]:
        found["ward_code"] = None
    return found


_BESIDE = frozenset({"needs", "offers", "founded_precision", "region", "raising_since"})
"""Columns that are written with an organisation and have no field of their own."""

COLUMNS_WRITTEN = frozenset(field.name for field in FIELDS.values() if field.table == "organisation") | _BESIDE


async def free_slug(name: str) -> str:
    """An address that no organisation has or had. One transaction at a time hands out addresses."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('organisation.slug'))")
    wanted = slugify(name, fallback="to-chuc")
    taken = {
        row["slug"]
        for row in await db.fetch(
            "SELECT slug FROM organisation WHERE slug = $1 OR slug LIKE $2"
            " UNION ALL SELECT slug FROM organisation_former_slug WHERE slug = $1 OR slug LIKE $2",
            *(wanted, f"{wanted}-%"),
        )
    } | RESERVED_SLUGS
    slug, n = wanted, 1
    while slug in taken:
        n += 1
        slug = f"{wanted}-{n}"
    return slug


async def _rename(organisation: UUID, slug: str, name: str) -> str:
    """The address after a rename; the old one is kept, so that links and bookmarks lead on."""
    if slugify(name, fallback="to-chuc") == slug:
        return slug
    mine = await db.fetchval(
        "DELETE FROM organisation_former_slug WHERE organisation = $1 AND slug = $2 RETURNING slug",
        *(organisation, slugify(name, fallback="to-chuc")),
    )
    found: str = mine or await free_slug(name)
    await db.execute(
        "INSERT INTO organisation_former_slug (slug, organisation, ended_at) VALUES ($1, $2, now())",
        *(slug, organisation),
    )
    return found


async def insert(organisation: UUID, slug: str, values: Values, **origin: object) -> None:
    """Write a new row with what follows from its fields; `origin` says where it comes from, if not from its owner."""
    row: Values = {name: values[name] for name in COLUMNS_WRITTEN if name in values}
    if row.get("raising_round"):
        row["raising_since"] = now().date()
    row |= {"id": organisation, "slug": slug, **derived(row), "confirmed_at": None if origin else now(), **origin}
    names = list(row)
    places_ = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    await db.execute(f"INSERT INTO organisation ({', '.join(names)}) VALUES ({places_})", *row.values())  # noqa: S608
    await save_details(organisation, {name: values[name] for name in DETAILS if name in values})
    for column, direction in DIRECTIONS.items():
        if row.get(column):
            await sync_codes(organisation, direction, row[column])


async def _write(row: Values, changes: Values, slug: str) -> None:
    """Store changed fields, each in its table, with what follows from them."""
    full = {**row, **changes}
    await save_details(row["id"], {name: value for name, value in changes.items() if name in DETAILS})
    own = {name: value for name, value in changes.items() if name not in DETAILS}
    if "raising_round" in own or "raising_amount" in own:
        own["raising_since"] = now().date() if full["raising_round"] else None
    own |= {"slug": slug, **derived(full), "version": row["version"] + 1, "updated_at": now(), "confirmed_at": now()}
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(own, start=2))
    await db.execute(f"UPDATE organisation SET {sets} WHERE id = $1", row["id"], *own.values())  # noqa: S608
    for column, direction in DIRECTIONS.items():
        if column in own:
            await sync_codes(row["id"], direction, own[column])


async def mandate_of(organisation: UUID) -> Values | None:
    """What an investor looks for; the first mandate where there are several."""
    row = await db.fetchrow(
        "SELECT * FROM mandate WHERE organisation = $1 AND ended_at IS NULL ORDER BY position, id LIMIT 1", organisation
    )
    return dict(row) if row else None


async def _save_mandate(organisation: UUID, wanted: Values, stored: Values | None = None) -> None:
    """The one mandate that the API writes: the organisation's first."""
    names = list(wanted)
    if stored:
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(names, start=2))
        await db.execute(
            f"UPDATE mandate SET {sets}, updated_at = now() WHERE id = $1",  # noqa: S608
            *(stored["id"], *wanted.values()),
        )
        return
    places_ = ", ".join(f"${n}" for n in range(3, len(names) + 3))
    await db.execute(
        f"INSERT INTO mandate (id, organisation, {', '.join(names)}) VALUES ($1, $2, {places_})",  # noqa: S608
        *(new_id(), organisation, *wanted.values()),
    )
