"""The two languages of a person's texts: which half is the original, which one is behind the other."""

from collections.abc import Iterable
from uuid import UUID

from app.core import db
from app.directory.fields import PERSON_FIELDS
from app.directory.notes import Note, older_half
from app.directory.persons.access import Row

STEMS = tuple(dict.fromkeys(field.pair for field in PERSON_FIELDS.values() if field.pair))


async def mark_source(person: UUID, changed: Iterable[str], row: Row) -> None:
    """The half that was written while the other was empty is the one that is translated. In the open transaction,
    after the fields were noted as said."""
    for stem in {PERSON_FIELDS[name].pair for name in changed if PERSON_FIELDS[name].pair}:
        halves = [half for half in ("vi", "en") if row.get(f"{stem}_{half}")]
        if len(halves) == 1:
            await db.execute(
                "UPDATE field_note SET is_source = (field = $3) WHERE person = $1 AND field = ANY($2)",
                *(person, [f"{stem}_vi", f"{stem}_en"], f"{stem}_{halves[0]}"),
            )


async def standing_of(person: UUID, row: Row) -> dict[str, str]:
    """Of each half that there is something to say of: "original" or "behind", by its field's name. One query."""
    notes = {
        found["field"]: Note(source=found["source"], said_at=found["said_at"], is_source=found["is_source"])
        for found in await db.fetch(
            "SELECT field, source, said_at, is_source FROM field_note WHERE person = $1 AND field = ANY($2)",
            *(person, [f"{stem}_{half}" for stem in STEMS for half in ("vi", "en")]),
        )
    }
    found = {name: "original" for name, note in notes.items() if note.is_source and row.get(name)}
    late = {stem: older_half(stem, row, notes) for stem in STEMS}
    return found | {f"{stem}_{half}": "behind" for stem, half in late.items() if half}
