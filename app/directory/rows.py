"""The lists of a profile: adding, changing, ordering and ending rows, and reading all lists in one query."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import now
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.web import Actor
from app.directory import history, notes
from app.directory.fields import COLLECTIONS, Collection
from app.directory.history import Place
from app.directory.profile_fields import Values, checked_row
from app.directory.writing import locked_for, show

Row = dict[str, Any]

DIRECTIONS = {"needs": "need", "offers": "offer"}


class TooManyRows(Conflict):
    message = N_("This list is full. Please remove an entry first.")


class YearTaken(Conflict):
    message = N_("This year has its figures already. Please change those.")


class RowRemoved(Conflict):
    message = N_("This entry was removed meanwhile. It can be brought back.")


class RowChangedMeanwhile(Conflict):
    """Somebody else saved the row after this person had opened it: the row as it is now, and what would change."""

    message = N_(
        "Somebody else changed this entry meanwhile. What you typed is still here: please compare and save again."
    )

    def __init__(self, row: Row, differ: tuple[str, ...]) -> None:
        super().__init__()
        self.row, self.differ = row, differ


class Basis(msgspec.Struct, frozen=True):
    """What a change of a row stands on: the `updated_at` that its form was opened with, the change it takes back."""

    opened_at: datetime | None = None
    undoes: int | None = None


async def add_row(actor: Actor, organisation: UUID, collection: str, values: Values) -> UUID:
    """A new row at the end of a list. Not idempotent. Locks the organisation; raises Invalid, TooManyRows."""
    kind = collection_named(collection)
    found = checked_row(collection, values)
    async with db.tx():
        row = await locked_for(actor, organisation)
        count, last = await _extent(kind, organisation)
        if count >= kind.most:
            raise TooManyRows
        await _no_second_year(organisation, kind, found)
        id_ = new_id()
        names = list(found)
        places = ", ".join(f"${n}" for n in range(4, len(names) + 4))
        await db.execute(
            f"INSERT INTO {kind.name} (id, organisation, position, {', '.join(names)}) VALUES ($1, $2, $3, {places})",  # noqa: S608
            *(id_, organisation, last + 1, *found.values()),
        )
        after = {f"{kind.name}.{name}": (None, value) for name, value in found.items() if value not in (None, "", [])}
        await _written(actor, row, kind, "row_added", after, Place(row=id_))
    return id_


async def edit_row(
    actor: Actor,
    organisation: UUID,
    collection: str,
    row_id: UUID,
    values: Values,
    basis: Basis = Basis(),  # noqa: B008
) -> tuple[str, ...]:
    """Change a row; fields that are not given stay. Gives the names of those that changed. Locks the organisation.

    Raises Invalid, NotFound, RowRemoved; with the moment at which it was opened RowChangedMeanwhile where somebody
    changed it since.
    """
    kind = collection_named(collection)
    async with db.tx():
        row = await locked_for(actor, organisation)
        await history.require_newest(organisation, basis.undoes)
        stored = await _stored(kind, organisation, row_id)
        if stored["ended_at"] is not None:
            raise RowRemoved
        found = checked_row(collection, {**{field.name: stored[field.name] for field in kind.fields}, **values})
        changes = {name: (stored[name], value) for name, value in found.items() if stored[name] != value}
        if not changes:
            return ()
        if basis.opened_at not in (None, stored["updated_at"]):
            raise RowChangedMeanwhile(stored, tuple(changes))
        if "year" in changes:
            await _no_second_year(organisation, kind, found)
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(changes, start=2))
        await db.execute(
            f"UPDATE {kind.name} SET {sets}, updated_at = clock_timestamp() WHERE id = $1",  # noqa: S608
            *(row_id, *(after for _before, after in changes.values())),
        )
        told = {f"{kind.name}.{name}": change for name, change in changes.items()}
        await _written(actor, row, kind, "row_edited", told, Place(row=row_id, undoes=basis.undoes))
    return tuple(changes)


async def end_row(
    actor: Actor,
    organisation: UUID,
    collection: str,
    row_id: UUID,
    *,
    reason: str = "removed",
    undoes: int | None = None,
) -> None:
    """Take a row off the list; it is kept with its end and can be brought back. Twice is as good as once."""
    kind = collection_named(collection)
    async with db.tx():
        row = await locked_for(actor, organisation)
        await history.require_newest(organisation, undoes)
        stored = await _stored(kind, organisation, row_id)
        if stored["ended_at"] is not None:
            return
        await db.execute(
            f"UPDATE {kind.name} SET ended_at = now(), ended_reason = $2, updated_at = clock_timestamp() WHERE id = $1",  # noqa: S608
            *(row_id, reason),
        )
        told = {kind.name: (title_of(kind, stored), None)}
        await _written(actor, row, kind, "row_ended", told, Place(row=row_id, undoes=undoes))


async def bring_back(
    actor: Actor, organisation: UUID, collection: str, row_id: UUID, *, undoes: int | None = None
) -> datetime | None:
    """Undo the end of a row; gives its `updated_at`, None where it had not ended. Raises TooManyRows, Invalid."""
    kind = collection_named(collection)
    async with db.tx():
        row = await locked_for(actor, organisation)
        await history.require_newest(organisation, undoes)
        stored = await _stored(kind, organisation, row_id)
        if stored["ended_at"] is None:
            return None
        if (await _extent(kind, organisation))[0] >= kind.most:
            raise TooManyRows
        await _no_second_year(organisation, kind, stored)
        moment: datetime = await db.fetchval(
            f"UPDATE {kind.name} SET ended_at = NULL, ended_reason = NULL, updated_at = clock_timestamp()"  # noqa: S608
            " WHERE id = $1 RETURNING updated_at",
            row_id,
        )
        told = {kind.name: (None, title_of(kind, stored))}
        await _written(actor, row, kind, "row_brought_back", told, Place(row=row_id, undoes=undoes))
    return moment


async def order_rows(actor: Actor, organisation: UUID, collection: str, ids: list[UUID]) -> None:
    """Put the rows of a list into this order; rows that are not named follow in the order that they had."""
    kind = collection_named(collection)
    async with db.tx():
        row = await locked_for(actor, organisation)
        await db.execute(
            f"UPDATE {kind.name} r SET position = wanted.place FROM ("  # noqa: S608
            f" SELECT id, row_number() OVER (ORDER BY array_position($2::uuid[], id) NULLS LAST, position, id) AS place"
            f" FROM {kind.name} WHERE organisation = $1 AND ended_at IS NULL) wanted WHERE wanted.id = r.id",
            *(organisation, ids),
        )
        await _written(actor, row, kind, "rows_ordered", {}, Place())


async def rows_of(organisation: UUID, names: Iterable[str] = tuple(COLLECTIONS)) -> dict[str, list[Row]]:
    """The rows of these lists, each list in its order, all in one query."""
    asked = list(names)
    parts = [
        f"SELECT '{name}' AS list, to_jsonb(r)::text AS row FROM {name} r"  # noqa: S608  names of the registry
        " WHERE r.organisation = $1 AND r.ended_at IS NULL"
        for name in asked
    ]
    found: dict[str, list[Row]] = {name: [] for name in asked}
    for listed in await db.fetch(" UNION ALL ".join(parts), organisation):
        found[listed["list"]].append(_decoded(COLLECTIONS[listed["list"]], listed["row"]))
    for rows in found.values():
        rows.sort(key=lambda row: (row["position"], row["id"]))
    return found


def title_of(collection: Collection, row: Row) -> str:
    """What a row is called, in the language of the request where it is written in it."""
    for name in collection.title:
        if value := row.get(name):
            field = collection.field(name)
            return field.vocabulary.label(value) if field.vocabulary else str(value)
    return ""


def collection_named(name: str) -> Collection:
    """The list of this name, or NotFound."""
    if name not in COLLECTIONS:
        raise NotFound
    return COLLECTIONS[name]


async def sync_codes(organisation: UUID, direction: str, codes: list[str]) -> None:
    """Make the rows of needs or offers those of these codes: others end, missing ones are added. In the open
    transaction, after the organisation was locked."""
    await db.execute(
        "UPDATE need_offer SET ended_at = now(), ended_reason = 'removed', updated_at = now()"
        " WHERE organisation = $1 AND direction = $2 AND ended_at IS NULL AND NOT code = ANY($3)",
        *(organisation, direction, codes),
    )
    await db.execute(
        "INSERT INTO need_offer (id, organisation, direction, code, position)"
        " SELECT gen_random_uuid(), $1, $2, code, place FROM unnest($3::text[]) WITH ORDINALITY AS listed(code, place)"
        " WHERE NOT EXISTS (SELECT FROM need_offer n WHERE n.organisation = $1 AND n.direction = $2"
        " AND n.code = listed.code AND n.ended_at IS NULL)",
        *(organisation, direction, codes),
    )


def in_force(rows: Iterable[Row]) -> list[Row]:
    """The needs and offers that have not run out by today."""
    today = now().date()
    return [row for row in rows if row["valid_until"] is None or row["valid_until"] >= today]


async def let_run_out() -> int:
    """Take the codes of needs and offers whose day has passed out of filters and engine; the rows stay, to be renewed.

    Gives how many organisations it touched; safe to repeat. Locks each in turn.
    """
    due = await db.fetch(
        "SELECT DISTINCT o.id FROM need_offer n JOIN organisation o ON o.id = n.organisation AND o.ended_at IS NULL"
        " WHERE n.ended_at IS NULL AND n.valid_until < $1"
        " AND n.code = ANY(CASE n.direction WHEN 'need' THEN o.needs ELSE o.offers END)"
        " AND NOT EXISTS (SELECT FROM need_offer other WHERE other.organisation = o.id AND other.ended_at IS NULL"
        " AND other.direction = n.direction AND other.code = n.code"
        " AND (other.valid_until IS NULL OR other.valid_until >= $1))",
        now().date(),
    )
    for found in due:
        async with db.tx():
            await db.execute("SELECT FROM organisation WHERE id = $1 FOR UPDATE", found["id"])
            await recount([found["id"]])
            await show(found["id"])
    return len(due)


# --- how ---------------------------------------------------------------------------------------------------------


async def _extent(kind: Collection, organisation: UUID) -> tuple[int, int]:
    """How many rows a list has, and the place of the last."""
    [found] = await db.fetch(
        f"SELECT count(*) AS count, coalesce(max(position), 0) AS last FROM {kind.name}"  # noqa: S608
        " WHERE organisation = $1 AND ended_at IS NULL",
        organisation,
    )
    return found["count"], found["last"]


async def _stored(kind: Collection, organisation: UUID, row_id: UUID) -> Row:
    found = await db.fetchrow(
        f"SELECT * FROM {kind.name} WHERE id = $1 AND organisation = $2",  # noqa: S608
        *(row_id, organisation),
    )
    if found is None:
        raise NotFound
    return dict(found)


async def _no_second_year(organisation: UUID, kind: Collection, values: Values) -> None:
    if kind.name != "yearly_update":
        return
    taken = await db.fetchval(
        "SELECT EXISTS (SELECT FROM yearly_update WHERE organisation = $1 AND year = $2 AND ended_at IS NULL)",
        *(organisation, values["year"]),
    )
    if taken:
        raise Invalid(fields={"year": YearTaken.message})


async def recount(organisations: Sequence[UUID]) -> None:
    """The codes of needs and offers, for filters and engine: of the rows that still hold today. In the open
    transaction, after the organisations were locked."""
    await db.execute(
        "UPDATE organisation o SET (needs, offers) = ("
        " SELECT coalesce(array_agg(DISTINCT code) FILTER (WHERE direction = 'need'), '{}'),"
        " coalesce(array_agg(DISTINCT code) FILTER (WHERE direction = 'offer'), '{}')"
        " FROM need_offer n WHERE n.organisation = o.id AND n.ended_at IS NULL"
        " AND (n.valid_until IS NULL OR n.valid_until >= $2)) WHERE o.id = ANY($1)",
        *(list(organisations), now().date()),
    )


async def _written(
    actor: Actor, row: Row, kind: Collection, act: str, changes: dict[str, tuple[Any, Any]], place: Place
) -> None:
    """What follows a change of a list: codes for filters, provenance, version, history, the listing."""
    organisation = row["id"]
    if kind.name == "need_offer":
        await recount([organisation])
    await db.execute(
        "UPDATE organisation SET version = version + 1, updated_at = now(), confirmed_at = now() WHERE id = $1",
        organisation,
    )
    await notes.note(organisation, actor.id, [kind.name])
    await history.record(
        organisation, actor.id, act, changes, msgspec.structs.replace(place, version=row["version"] + 1)
    )
    await show(organisation)


_FROM_JSON = {
    "date": date.fromisoformat,
    "money": Decimal,
    "amount": Decimal,
    "percent": Decimal,
}


def _decoded(kind: Collection, text: str) -> Row:
    """A row that came as JSON, with the types that its columns have."""
    row: Row = json.loads(text, parse_float=Decimal)
    for field in kind.fields:
        if field.type in _FROM_JSON and row[field.name] is not None:
            row[field.name] = _FROM_JSON[field.type](row[field.name])  # type: ignore[operator]
    row["id"], row["organisation"] = UUID(row["id"]), UUID(row["organisation"])
    for name in ("created_at", "updated_at"):
        row[name] = datetime.fromisoformat(row[name])
    return row
