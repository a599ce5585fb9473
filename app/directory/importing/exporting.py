"""Organisations as a table in the shape that the import reads: by filter, with what this person may see of each.

Written by a job, page by page in constant memory, into a file that its person may fetch for a week.
"""

import asyncio
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
from app.core.i18n import gettext, in_language
from app.core.ids import new_id
from app.core.limits import hit
from app.core.outbox import enqueue
from app.core.web import Actor
from app.directory.access import IS_VERIFIED, Seen, organisations_by_id_for
from app.directory.asking import FACETS, Asked, asked_from, label_of
from app.directory.fields import Tier
from app.directory.finding import find
from app.directory.importing.cells_out import cells_of, exported_fields
from app.directory.importing.columns import title_of
from app.directory.importing.files import drafted
from app.directory.importing.stored import stored_rows
from app.directory.importing.tables_out import MEDIA, TableOut
from app.directory.seeing import Viewer, shown

BATCH = 500
KEPT_DAYS = 7
PER_HOUR = 30
FILE = "table"
STAFF = "moderator"


async def ask(actor: Actor, query: str, form: str, locale: str) -> UUID:
    """Have the organisations of a filter written into a file. Not idempotent. Enqueues importing.export.

    `query` is the directory's, as in its address. Raises Invalid, TooMany.
    """
    if form not in MEDIA:
        raise Invalid(fields={"format": NOT_A_CHOICE})
    await hit("export", actor.person_id, PER_HOUR, 3600)
    run = new_id()
    asked = {"query": query[:2000], "staff": actor.has(STAFF)}
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
        "SELECT * FROM export_run WHERE id = $1 AND person = $2 AND state <> 'ended'", run, actor.person_id
    )
    if row is None:
        raise NotFound
    return dict(row)


async def exports_of(actor: Actor) -> list[dict[str, Any]]:
    rows = await db.fetch(
        "SELECT * FROM export_run WHERE person = $1 AND state <> 'ended' ORDER BY created_at DESC LIMIT 20",
        actor.person_id,
    )
    return [dict(row) for row in rows]


async def write_export(run: UUID) -> None:
    """Write the file of an export; written already, nothing happens. What its person may see counts at this moment."""
    row = await db.fetchrow("SELECT * FROM export_run WHERE id = $1 AND state = 'asked'", run)
    if row is None:
        return
    actor = await _actor(row)
    asked = _asked(row["asked"]["query"])
    with in_language(row["locale"]):
        async with drafted() as path:
            await _write(run, actor, asked, path, row["format"])
            size = path.stat().st_size
            await storage().put(key_of(run, FILE), path)
    written = await db.execute(
        "UPDATE export_run SET state = 'written', size = $2, written_at = now(), done = total,"
        " expires_at = now() + make_interval(days => $3) WHERE id = $1 AND state = 'asked'",
        *(run, size, KEPT_DAYS),
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


async def _write(run: UUID, actor: Actor, asked: Asked, path: Path, form: Any) -> None:
    columns = exported_fields((await _broadly(actor)).sees)
    with TableOut(path, form, [title_of(name) for name in columns], gettext("Organisations")) as table:
        while True:
            found = await find(asked, limit=BATCH, facets=False)
            ids = [row["id"] for row in found.rows]
            seen = await organisations_by_id_for(actor, ids)
            stored = await stored_rows(ids)
            rows = [
                cells_of(shown(_with_tiers(stored[key], seen[key]), seen[key].viewer), columns)
                for key in ids
                if key in seen and key in stored
            ]
            await asyncio.to_thread(table.write_all, rows)
            await db.execute(
                "UPDATE export_run SET done = done + $2, total = $3 WHERE id = $1", run, len(ids), found.total
            )
            if found.next_cursor is None:
                return
            asked = msgspec.structs.replace(asked, cursor=found.next_cursor)


def _with_tiers(row: dict[str, Any], seen: Seen) -> dict[str, Any]:
    return {**row, "tiers": seen.row["tiers"]}


async def _broadly(actor: Actor) -> Viewer:
    """How far this person sees into profiles of others: the columns that make sense for them."""
    if actor.has(STAFF):
        return Viewer(tier=Tier.DEPARTMENT, staff=True)
    verified = await db.fetchval(f"SELECT {IS_VERIFIED.format(viewer='$1')}", actor.id)
    return Viewer(tier=Tier.VERIFIED if verified else Tier.MEMBERS)


async def write_one(seen: Seen, path: Path, form: Any) -> None:
    """One organisation as a table of one row, as far as this person sees it."""
    row = (await stored_rows([seen.id]))[seen.id]
    columns = exported_fields(seen.viewer.sees)
    with TableOut(path, form, [title_of(name) for name in columns], seen.name) as table:
        table.write(cells_of(shown(_with_tiers(row, seen), seen.viewer), columns))


async def forget_expired() -> None:
    """Files of exports go after a week."""
    for row in await db.fetch("SELECT id FROM export_run WHERE state = 'written' AND expires_at < now() LIMIT 200"):
        await storage().delete(key_of(row["id"], FILE))
        await db.execute("UPDATE export_run SET state = 'ended' WHERE id = $1", row["id"])
