"""The lists of profiles and the list of mentors and experts as tables in the shape that the import reads."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import UUID

from app.core import db
from app.core.i18n import N_
from app.core.web import Actor
from app.directory.access import Seen
from app.directory.fields import PERSON_FIELDS, Collection
from app.directory.importing.cells_out import cell_of
from app.directory.importing.columns import NOT_IN_FILES
from app.directory.importing.experience import as_cell
from app.directory.importing.subjects import CODE, EXPERTISE, ORGANISATION, PERSONS, PROFILE, ROW
from app.directory.importing.tables_out import Value
from app.directory.persons.access import COLUMNS, JOINS, LISTED, is_mentor, row_of
from app.directory.seeing import Viewer, shown, shown_person, shown_rows
from app.people.rights import seen as looks

MENTORS_EXPORTED = looks.kind(
    "directory.exported", N_("Your public profile in a table"), N_("Exporting the list of mentors and experts")
)

Rows = list[list[Value]]


def columns_of_list(collection: Collection, sees: Callable[[int], bool], code_tier: int) -> list[str]:
    """The columns of a list for somebody who sees these tiers: whose each entry is and which one, then its fields."""
    named = [ROW, PROFILE, ORGANISATION, *([CODE] if sees(code_tier) else [])]
    return named + [field.name for field in collection.fields if sees(field.tier)]


async def entries_of(collection: Collection, seen: Sequence[Seen], columns: list[str]) -> Rows:
    """The entries of these organisations, each as far as the reader sees it. One query."""
    stored = await db.fetch(
        f"SELECT * FROM {collection.name} WHERE organisation = ANY($1) AND ended_at IS NULL"  # noqa: S608
        " ORDER BY organisation, position, id",
        [one.id for one in seen],
    )
    by_organisation: dict[UUID, list[dict[str, Any]]] = {}
    for row in stored:
        by_organisation.setdefault(row["organisation"], []).append(dict(row))
    found: Rows = []
    for one in seen:
        if not collection.fits(one.row["kinds"]):
            continue
        code = shown(one.row, one.viewer)[CODE]
        own = {PROFILE: str(one.id), ORGANISATION: one.name, CODE: code}
        entries = shown_rows(collection, by_organisation.get(one.id, []), one.viewer, one.row["tiers"] or {})
        for entry in entries:
            named = {**own, ROW: str(entry["id"])}
            found.append([named[name] if name in named else cell_of(collection.field(name), entry) for name in columns])
    return found


_LISTED = f"""
    SELECT {COLUMNS}, ARRAY(SELECT jsonb_build_array(e.code, e.level, e.years) FROM expertise e
        WHERE e.person = pp.person AND e.ended_at IS NULL ORDER BY e.position, e.id) AS expertise
    FROM {JOINS} WHERE {LISTED} AND pp.person > $1 ORDER BY pp.person LIMIT $2
"""  # noqa: S608  constants only


def columns_of_persons(viewer: Viewer) -> list[str]:
    fields = [field for field in PERSON_FIELDS.values() if field.type not in NOT_IN_FILES and viewer.sees(field.tier)]
    return [PROFILE, *(field.name for field in fields), EXPERTISE]


async def persons_of(actor: Actor, viewer: Viewer, columns: list[str], batch: int) -> AsyncIterator[Rows]:
    """Everybody who is listed, batch by batch, as far as the reader sees them; each is told who looked."""
    after = UUID(int=0)
    while rows := await db.fetch(_LISTED, after, batch):
        after = rows[-1]["person"]
        await looks.note(actor, [row["person"] for row in rows], MENTORS_EXPORTED, place=PERSONS)
        yield [_person(row_of(row), viewer, columns) for row in rows]


def _person(row: dict[str, Any], viewer: Viewer, columns: list[str]) -> list[Value]:
    seen = shown_person(row, viewer)
    known = as_cell(row[EXPERTISE]) if is_mentor(row) else ""
    own: dict[str, Value] = {PROFILE: str(row["person"]), EXPERTISE: known or None}
    return [own[name] if name in own else cell_of(PERSON_FIELDS[name], seen) for name in columns]
