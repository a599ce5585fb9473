"""What only some kinds of organisations have: reading and writing the rows beside the organisation's own.

`details_of` gives every such field, empty where nothing was said, so that callers need not know which table holds it.
"""

from collections.abc import Sequence
from uuid import UUID

from app.core import db
from app.core.ids import new_id
from app.directory.fields import DETAIL_TABLES, FIELDS
from app.directory.profile_fields import Values

NAMES: dict[str, tuple[str, ...]] = {
    table: tuple(field.name for field in FIELDS.values() if field.table == table) for table in DETAIL_TABLES
}
DETAILS = frozenset(name for names in NAMES.values() for name in names)
_EMPTY: Values = {name: FIELDS[name].empty for name in DETAILS}

_COLUMNS = ", ".join(f"{table}.{name}" for table, names in NAMES.items() for name in names)
_JOINS = " ".join(f"LEFT JOIN {table} ON {table}.organisation = o.id" for table in DETAIL_TABLES)
_HAS = ", ".join(f"{table}.id IS NOT NULL AS has_{table}" for table in DETAIL_TABLES)


async def details_of(organisation: UUID) -> Values:
    """Every field outside the organisation's own row, in one query."""
    return (await details_of_each([organisation])).get(organisation, dict(_EMPTY))


async def details_of_each(organisations: Sequence[UUID]) -> dict[UUID, Values]:
    """The same of several organisations, in one query."""
    found: dict[UUID, Values] = {}
    for row in await db.fetch(
        f"SELECT o.id, {_COLUMNS}, {_HAS} FROM organisation o {_JOINS} WHERE o.id = ANY($1)",  # noqa: S608  constants only
        list(organisations),
    ):
        found[row["id"]] = dict(_EMPTY)
        for table, names in NAMES.items():
            if row[f"has_{table}"]:
                found[row["id"]] |= {name: row[name] for name in names}
    return found


async def save_details(organisation: UUID, values: Values) -> None:
    """Write these fields, each into its table; a table gets its row with the first value."""
    for table, names in NAMES.items():
        given = [name for name in names if name in values]
        if not given:
            continue
        columns = ", ".join(given)
        places = ", ".join(f"${n}" for n in range(3, len(given) + 3))
        sets = ", ".join(f"{name} = excluded.{name}" for name in given)
        await db.execute(
            f"INSERT INTO {table} (id, organisation, {columns}) VALUES ($1, $2, {places})"  # noqa: S608
            f" ON CONFLICT (organisation) DO UPDATE SET {sets}",
            *(new_id(), organisation, *(values[name] for name in given)),
        )
