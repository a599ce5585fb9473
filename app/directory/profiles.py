"""Creating and editing organisations. Who belongs to them is in `members`, what fields may hold in `profile_fields`."""

from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import now
from app.core.errors import Conflict, NotAllowed, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.outbox import enqueue
from app.core.text import slugify
from app.core.web import Actor
from app.directory import history
from app.directory.access import COLUMNS, EDITORS
from app.directory.listing import next_version
from app.directory.profile_fields import Values, checked, checked_mandate
from app.directory.search_text import name_folded, search_text

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
    organisation = new_id()
    async with db.tx():
        slug = await free_slug(found["name"])
        await insert(organisation, slug, found)
        if wanted:
            await _save_mandate(organisation, wanted)
        await db.execute(
            "INSERT INTO membership (id, organisation, person, role, started_at) VALUES ($1, $2, $3, 'owner', now())",
            *(new_id(), organisation, person),
        )
        await history.record(organisation, person, "created")
        await _show(organisation)
    return Saved(organisation, slug, 1, tuple(values))


async def edit_organisation(
    actor: Actor, organisation: UUID, values: Values, *, version: int | None = None, mandate: Values | None = None
) -> Saved:
    """Change the given fields. Writing what stands there already changes nothing.

    Locks the organisation; with a `version` it is refused (ChangedMeanwhile) when somebody saved since. A new name
    gives a new address, the old one leads on. Enqueues connections.refresh. Raises Invalid, NotAllowed, NotFound.
    """
    wanted = checked_mandate(mandate) if mandate is not None else None
    async with db.tx():
        row = await _locked_for(actor, organisation)
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
        if version is not None and version != row["version"]:
            raise ChangedMeanwhile(row)
        if wanted is not None:
            await _save_mandate(organisation, wanted)
        slug = row["slug"]
        if "name" in changes:
            slug = await _rename(organisation, slug, found["name"])
        await _update(row, {name: value for name, (_old, value) in changes.items() if "." not in name}, slug)
        await history.record(organisation, actor.id, "edited", changes)
        await _show(organisation)
    return Saved(organisation, slug, row["version"] + 1, tuple(changes))


async def confirm_organisation(actor: Actor, organisation: UUID) -> None:
    """Note that the profile is still true today. Idempotent but for the time."""
    async with db.tx():
        await _locked_for(actor, organisation)
        await db.execute("UPDATE organisation SET confirmed_at = now() WHERE id = $1", organisation)
        await history.record(organisation, actor.id, "confirmed")


_BELONGS_TOGETHER = (
    "country", "state", "province_code", "ward_code", "raising_round", "raising_amount", "raising_currency",
)  # fmt: skip


def _kept_beside(row: Values, values: Values) -> Values:
    """What is stored and belongs to what is written: the amount alone keeps its round, another country no province.

    Another province keeps no ward."""
    moved = "country" in values and values["country"] != row["country"]
    kept = _BELONGS_TOGETHER[4:] if moved else _BELONGS_TOGETHER
    found: Values = {name: row[name] for name in kept if row[name] is not None}
    if row["ward_code"] and values.get("province_code", row["province_code"]) != row["province_code"]:
        found["ward_code"] = None
    return found


_LIST_COLUMNS = frozenset(
    {
        "kinds", "sectors", "technologies", "business_models", "customers", "investor_types", "support_types",
        "needs", "offers",
    }
)  # fmt: skip
_PLAIN_COLUMNS = frozenset(
    {
        "name", "name_en", "stage", "product_stage", "trl", "country", "state", "region", "city", "province_code",
        "ward_code", "summary_vi", "summary_en", "description_vi", "description_en", "website", "contact_email",
        "contact_phone", "founded_on", "founded_precision", "raising_round", "raising_amount", "raising_currency",
        "raising_since",
    }
)  # fmt: skip
EDITABLE = _LIST_COLUMNS | _PLAIN_COLUMNS


async def _locked_for(actor: Actor, organisation: UUID) -> Values:
    """The organisation, locked, if the actor may edit it at this moment."""
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
    row: Values = {name: values[name] for name in EDITABLE if name in values}
    if row.get("raising_round"):
        row["raising_since"] = now().date()
    row |= {
        "id": organisation,
        "slug": slug,
        "name_folded": name_folded(row["name"]),
        "search_text": search_text(row),
        "confirmed_at": None if origin else now(),
        **origin,
    }
    names = list(row)
    places_ = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    await db.execute(f"INSERT INTO organisation ({', '.join(names)}) VALUES ({places_})", *row.values())  # noqa: S608


async def _update(row: Values, changes: Values, slug: str) -> None:
    full = {**row, **changes}
    if "raising_round" in changes or "raising_amount" in changes:
        changes["raising_since"] = now().date() if full["raising_round"] else None
    changes |= {"slug": slug, "name_folded": name_folded(full["name"]), "search_text": search_text(full)}
    changes |= {"version": row["version"] + 1, "updated_at": now(), "confirmed_at": now()}
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(changes, start=2))
    await db.execute(f"UPDATE organisation SET {sets} WHERE id = $1", row["id"], *changes.values())  # noqa: S608


async def mandate_of(organisation: UUID) -> Values | None:
    """What an investor looks for; the first mandate where there are several."""
    row = await db.fetchrow("SELECT * FROM mandate WHERE organisation = $1 ORDER BY id LIMIT 1", organisation)
    return dict(row) if row else None


_MANDATE = (
    "rounds", "stages", "sectors", "technologies", "geographies", "ticket_min", "ticket_max", "ticket_currency",
    "thesis_vi", "thesis_en",
)  # fmt: skip


async def _save_mandate(organisation: UUID, wanted: Values) -> None:
    """The one mandate that the form edits: the organisation's first."""
    values = [wanted.get(name, [] if name in _MANDATE[:5] else ("" if "thesis" in name else None)) for name in _MANDATE]
    stored = await mandate_of(organisation)
    if stored:
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(_MANDATE, start=2))
        await db.execute(f"UPDATE mandate SET {sets}, updated_at = now() WHERE id = $1", stored["id"], *values)  # noqa: S608
        return
    await db.execute(
        f"INSERT INTO mandate (id, organisation, {', '.join(_MANDATE)}, updated_at)"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now())",
        *(new_id(), organisation, *values),
    )


async def _show(organisation: UUID) -> None:
    """Let the list, the counts and the suggestions know; last in a transaction, for it locks the list's version."""
    await enqueue("connections.refresh", {"organisation_id": str(organisation)})
    await db.execute("UPDATE organisation SET listing_version = $2 WHERE id = $1", organisation, await next_version())
