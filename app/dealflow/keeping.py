"""What the team keeps with a card: private notes and files. Nobody outside the pipeline's organisation reads them."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.files.keeping import Draft, end_file, keep
from app.core.files.purposes import SCAN, Purpose, Stored, register
from app.core.forms import REQUIRED, TOO_LONG
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean
from app.core.web import Actor
from app.dealflow import cards, trail

NOTE_LETTERS = 5_000
MOST_FILES = 50

Row = dict[str, Any]


class TooManyFiles(Conflict):
    message = N_("There are fifty files with this card already. Take one away first.")


class NotYours(NotAllowed):
    message = N_("Only whoever wrote a note takes it away, or an owner of the organisation.")


_MAY_SEE = """
SELECT EXISTS (SELECT FROM deal_file f JOIN deal_card c ON c.id = f.card JOIN pipeline p ON p.id = c.pipeline
    JOIN organisation o ON o.id = p.organisation AND o.ended_at IS NULL
    JOIN membership m ON m.organisation = o.id AND m.person = $2 AND m.ended_at IS NULL
    WHERE f.file = $1 AND f.ended_at IS NULL AND p.ended_at IS NULL)
"""


async def may_see(actor: Actor, file: Stored) -> bool:
    """The team alone."""
    return actor.signed_in and bool(await db.fetchval(_MAY_SEE, file.id, actor.id))


DEAL_FILE = register(Purpose(name="deal", pictures=SCAN, documents=True, tier=4, lasting=False, may_see=may_see))


async def write_note(actor: Actor, pipeline: UUID, card: UUID, text: str) -> UUID:
    """Add a note to a card. Raises Invalid, NotFound."""
    text = clean(text)
    if not text:
        raise Invalid(fields={"text": REQUIRED})
    if len(text) > NOTE_LETTERS:
        raise Invalid(fields={"text": TOO_LONG}, max=NOTE_LETTERS)
    async with db.tx():
        await cards.locked(pipeline, card)
        note = new_id()
        await db.execute(
            "INSERT INTO deal_note (id, card, author, text, created_at) VALUES ($1, $2, $3, $4, now())",
            *(note, card, actor.person_id, text),
        )
        await trail.record(pipeline, card, actor.person_id, "noted")
    return note


async def end_note(actor: Actor, pipeline: UUID, card: UUID, note: UUID, *, owner: bool) -> None:
    """Take a note away: one's own, an owner of the organisation any. Twice changes nothing."""
    async with db.tx():
        await cards.locked(pipeline, card)
        row = await db.fetchrow("SELECT author, ended_at FROM deal_note WHERE id = $1 AND card = $2", note, card)
        if row is None:
            raise NotFound
        if row["author"] != actor.id and not owner:
            raise NotYours
        if row["ended_at"] is None:
            await db.execute("UPDATE deal_note SET ended_at = now() WHERE id = $1", note)
            await trail.record(pipeline, card, actor.person_id, "note_ended")


async def add_file(actor: Actor, pipeline: UUID, card: UUID, draft: Draft) -> None:
    """Keep a file with a card. Raises TooManyFiles, NotFound."""
    async with db.tx():
        await cards.locked(pipeline, card)
        if await db.fetchval("SELECT count(*) FROM deal_file WHERE card = $1 AND ended_at IS NULL", card) >= MOST_FILES:
            raise TooManyFiles
        file = await keep(actor, draft, "deal_card", card)
        await db.execute(
            "INSERT INTO deal_file (id, card, file, name, added_by, created_at) VALUES ($1, $2, $3, $4, $5, now())",
            *(new_id(), card, file, draft.name, actor.person_id),
        )
        await trail.record(pipeline, card, actor.person_id, "filed")


async def end_file_of(actor: Actor, pipeline: UUID, card: UUID, row_id: UUID) -> None:
    """Take a file away; it is served to nobody from the commit on. Twice changes nothing."""
    async with db.tx():
        await cards.locked(pipeline, card)
        file = await db.fetchval(
            "UPDATE deal_file SET ended_at = now() WHERE id = $1 AND card = $2 AND ended_at IS NULL RETURNING file",
            *(row_id, card),
        )
        if file:
            await end_file(file, "taken_away")
            await trail.record(pipeline, card, actor.person_id, "file_ended")


async def notes_of(card: UUID) -> list[Row]:
    rows = await db.fetch(
        "SELECT n.id, n.text, n.created_at, n.author, p.name FROM deal_note n LEFT JOIN person p ON p.id = n.author"
        " WHERE n.card = $1 AND n.ended_at IS NULL ORDER BY n.created_at DESC, n.id DESC LIMIT 200",
        card,
    )
    return [dict(row) for row in rows]


async def files_of(card: UUID) -> list[Row]:
    rows = await db.fetch(
        "SELECT f.id, f.name, f.file, f.created_at, p.name AS who, s.size, s.kind,"
        " s.variants[array_length(s.variants, 1)] AS variant"
        " FROM deal_file f JOIN stored_file s ON s.id = f.file AND s.ended_at IS NULL"
        " LEFT JOIN person p ON p.id = f.added_by WHERE f.card = $1 AND f.ended_at IS NULL"
        " ORDER BY f.created_at DESC, f.id DESC",
        card,
    )
    return [dict(row) for row in rows]
