"""Where the parts of a profile come from, as its page tells it: who said them, who checked them, what may be old."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from app.directory.fields import COLLECTIONS, SECTIONS, fields_of
from app.directory.notes import Note
from app.directory.vocabulary.profiles import SOURCES

CHECKED = 2
"""From this level on somebody beside the organisation has looked."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Of one section or list: the newest word and whose it is, what was checked, the oldest word that is due."""

    name: str
    source: str
    said_at: datetime
    checked_at: datetime | None
    checked: list[str]
    stale_since: datetime | None


def origins_of(row: Mapping[str, Any], lists: Mapping[str, list[Any]], notes: Mapping[str, Note]) -> dict[str, Origin]:
    """By section and by list, of what the reader sees; parts of which nothing is known are left out."""
    found = {}
    for section in SECTIONS:
        said = [field for field in fields_of(section) if row.get(field.name) not in (None, "", [], False)]
        if origin := _origin(section, {field.label(): notes[field.name] for field in said if field.name in notes}):
            found[section] = origin
    for name, rows in lists.items():
        if rows and name in notes and (origin := _origin(name, {COLLECTIONS[name].label(): notes[name]})):
            found[name] = origin
    return found


def _origin(name: str, notes: Mapping[str, Note]) -> Origin | None:
    if not notes:
        return None
    newest = max(notes.values(), key=lambda note: note.said_at)
    checked = {label: note for label, note in notes.items() if note.verified_level >= CHECKED}
    return Origin(
        name=name,
        source=SOURCES.label(newest.source),
        said_at=newest.said_at,
        checked_at=max((note.verified_at for note in checked.values() if note.verified_at), default=None),
        checked=list(checked),
        stale_since=min((note.said_at for note in notes.values() if note.stale), default=None),
    )


def fields_behind(name: str) -> list[str]:
    """What "still true" of this section or list is said of; nothing for a name that is neither."""
    if name in SECTIONS:
        return [field.name for field in fields_of(name)]
    return [name] if name in COLLECTIONS else []


def due(notes: Mapping[str, Note], names: Iterable[str]) -> list[str]:
    """Those of these fields and lists whose word is older than a year and was not confirmed since."""
    return [name for name in names if name in notes and notes[name].stale]
