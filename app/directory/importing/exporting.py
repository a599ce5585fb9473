"""Organisations as a table in the shape that the import reads: by filter, with what this person may see of each.

Written by a job, page by page in constant memory, into a file that its person may fetch for a week.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import in_language
from app.core.ids import new_id
from app.core.limits import hit
from app.core.outbox import enqueue
from app.core.web import Actor
from app.directory.access import IS_VERIFIED, Seen, organisations_by_id_for
from app.directory.asking import FACETS, Asked, asked_from, label_of
from app.directory.fields import FIELDS, Tier
from app.directory.finding import find
from app.directory.importing.cells_out import cells_of, exported_fields
from app.directory.importing.columns import title_of
from app.directory.importing.exporting_lists import columns_of_list, columns_of_persons, entries_of, persons_of
from app.directory.importing.files import drafted
from app.directory.importing.stored import stored_rows
from app.directory.importing.subjects import CODE, ORGANISATIONS, PERSONS, Subject, subject_named, subjects
from app.directory.importing.tables_out import MEDIA, TableOut
from app.directory.persons.access import viewer_of
from app.directory.seeing import Viewer, shown, tier_of

BATCH = 500
KEPT_DAYS = 7
PER_HOUR = 30
FILE = "table"
STAFF = "moderator"

_OWN = f"person = $1 AND state <> 'ended' AND ($2 OR asked->>'subject' IS DISTINCT FROM '{PERSONS}')"


async def ask(actor: Actor, query: str, form: str, locale: str, subject: str = ORGANISATIONS) -> UUID:
    """Have the organisations of a filter, one of their lists, or the mentors and experts written into a file.

    Persons are for moderators: one file of all of them is more than a page of each. Not idempotent. Enqueues
    importing.export. `query` is the directory's, as in its address. Raises Invalid, TooMany, NotAllowed.
    """
    if form not in MEDIA:
        raise Invalid(fields={"format": NOT_A_CHOICE})
    if subject not in subjects():
        raise Invalid(fields={"subject": NOT_A_CHOICE})
    if subject == PERSONS:
        actor.require(STAFF)
    await hit("export", actor.person_id, PER_HOUR, 3600)
    run = new_id()
    asked = {"query": query[:2000], "staff": actor.has(STAFF), "subject": subject}
    async with db.tx():
        await db.execute(
            "INSERT INTO export_run (id, person, locale, format, asked, created_at) VALUES ($1, $2, $3, $4, $5, now())",
            *(run, actor.person_id, locale, form, asked),
        )
        await enqueue("importing.export", {"run": str(run)})
    return run


def summary_of(query: str) -> str:
    """The filter in words."""
    asked, _unknown = asked_from(parse_qs(query))
    parts = [f"“{asked.q}”"] if asked.q else []
    return ", ".join(parts + [label_of(facet, value) for facet in FACETS for value in asked.values(facet)])


async def export_for(actor: Actor, run: UUID) -> dict[str, Any]:
    """An export of one's own that has not expired. Raises NotFound."""
    row = await db.fetchrow(
        f"SELECT * FROM export_run WHERE {_OWN} AND id = $3",  # noqa: S608  a constant
        *(actor.person_id, actor.has(STAFF), run),
    )
    if row is None:
        raise NotFound
    return dict(row)


async def exports_of(actor: Actor) -> list[dict[str, Any]]:
    rows = await db.fetch(
        f"SELECT * FROM export_run WHERE {_OWN} ORDER BY created_at DESC LIMIT 20",  # noqa: S608  a constant
        *(actor.person_id, actor.has(STAFF)),
    )
    return [dict(row) for row in rows]


async def write_export(run: UUID) -> None:
    """Write the file of an export; written already, nothing happens. What its person may see counts at this moment."""
    row = await db.fetchrow("SELECT * FROM export_run WHERE id = $1 AND state = 'asked'", run)
    if row is None:
        return
    actor = await _actor(row)
    if row["asked"].get("subject") == PERSONS and not actor.has(STAFF):
        await db.execute("UPDATE export_run SET state = 'ended' WHERE id = $1", run)
        return
    asked = _asked(row["asked"]["query"])
    with in_language(row["locale"]):
        async with drafted() as path:
            subject = subject_named(row["asked"].get("subject", ORGANISATIONS))
            rows = await _write(_Export(run, actor, asked, subject), path, row["format"])
            size = path.stat().st_size
            await storage().put(key_of(run, FILE), path)
    written = await db.execute(
        "UPDATE export_run SET state = 'written', size = $2, written_at = now(), done = $4, total = $4,"
        " expires_at = now() + make_interval(days => $3) WHERE id = $1 AND state = 'asked'",
        *(run, size, KEPT_DAYS, rows),
    )
    if not written:
        # it was ended while it was being written: somebody in it was erased
        await storage().delete(key_of(run, FILE))


async def _actor(row: Any) -> Actor:
    """Whoever asked, with the role only if it is still theirs."""
    roles = await db.fetch("SELECT role FROM person_role WHERE person = $1 AND ended_at IS NULL", row["person"])
    held = frozenset(found["role"] for found in roles) if row["asked"].get("staff") else frozenset()
    return Actor(id=row["person"], roles=held, via="session")


def _asked(query: str) -> Asked:
    asked, _unknown = asked_from(parse_qs(query))
    return msgspec.structs.replace(asked, order="name", cursor="")


class _Export(msgspec.Struct, frozen=True):
    """What is written for whom."""

    run: UUID
    actor: Actor
    asked: Asked
    subject: Subject

    def table(self, path: Path, form: Any, columns: list[str]) -> TableOut:
        return TableOut(path, form, [title_of(name, subject=self.subject) for name in columns], self.subject.label())


async def _write(export: _Export, path: Path, form: Any) -> int:
    """Write the table; how many rows it has."""
    if export.subject.name == PERSONS:
        return await _write_persons(export, path, form)
    columns = _columns(export.subject, await _broadly(export.actor))
    count = 0
    with export.table(path, form, columns) as table:
        asked = export.asked
        while True:
            found = await find(asked, limit=BATCH, facets=False)
            ids = [row["id"] for row in found.rows]
            rows = await _rows(export, ids, columns)
            count += len(rows)
            await asyncio.to_thread(table.write_all, rows)
            await db.execute(
                "UPDATE export_run SET done = done + $2, total = $3 WHERE id = $1", export.run, len(ids), found.total
            )
            if found.next_cursor is None:
                return count
            asked = msgspec.structs.replace(asked, cursor=found.next_cursor)


async def _write_persons(export: _Export, path: Path, form: Any) -> int:
    viewer = await viewer_of(export.actor)
    columns = columns_of_persons(viewer)
    count = 0
    with export.table(path, form, columns) as table:
        async for rows in persons_of(export.actor, viewer, columns, BATCH):
            count += len(rows)
            await asyncio.to_thread(table.write_all, rows)
            await db.execute("UPDATE export_run SET done = $2 WHERE id = $1", export.run, count)
    return count


def _columns(subject: Subject, viewer: Viewer, tiers: Mapping[str, int] | None = None) -> list[str]:
    if subject.collection is None:
        return exported_fields(viewer.sees, tiers)
    return columns_of_list(subject.collection, viewer.sees, tier_of(FIELDS[CODE], tiers or {}))


async def _rows(export: _Export, ids: list[UUID], columns: list[str]) -> list[list[Any]]:
    """The rows of these organisations, in their order, as far as this person sees each."""
    seen = await organisations_by_id_for(export.actor, ids)
    there = [seen[key] for key in ids if key in seen]
    if export.subject.collection is not None:
        return await entries_of(export.subject.collection, there, columns)
    stored = await stored_rows(ids)
    return [cells_of(shown(_with_tiers(stored[one.id], one), one.viewer), columns) for one in there if one.id in stored]


def _with_tiers(row: dict[str, Any], seen: Seen) -> dict[str, Any]:
    return {**row, "tiers": seen.row["tiers"]}


async def _broadly(actor: Actor) -> Viewer:
    """How far this person sees into profiles of others: the columns that make sense for them."""
    if actor.has(STAFF):
        return Viewer(tier=Tier.DEPARTMENT, staff=True)
    verified = await db.fetchval(f"SELECT {IS_VERIFIED.format(viewer='$1')}", actor.id)
    return Viewer(tier=Tier.VERIFIED if verified else Tier.MEMBERS)


async def write_one(seen: Seen, path: Path, form: Any, subject: str = ORGANISATIONS) -> None:
    """One organisation as a table of one row, or one of its lists, as far as this person sees it."""
    what = subject_named(subject)
    columns = _columns(what, seen.viewer, seen.row["tiers"])
    with TableOut(path, form, [title_of(name, subject=what) for name in columns], seen.name) as table:
        if what.collection is not None:
            table.write_all(await entries_of(what.collection, [seen], columns))
            return
        row = (await stored_rows([seen.id]))[seen.id]
        table.write(cells_of(shown(_with_tiers(row, seen), seen.viewer), columns))


async def forget_expired() -> None:
    """Files of exports go after a week."""
    for row in await db.fetch("SELECT id FROM export_run WHERE state = 'written' AND expires_at < now() LIMIT 200"):
        await storage().delete(key_of(row["id"], FILE))
        await db.execute("UPDATE export_run SET state = 'ended' WHERE id = $1", row["id"])
