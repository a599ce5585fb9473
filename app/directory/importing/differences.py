"""What a row of a file would change of an organisation, and where it disagrees with what people wrote or checked."""

from typing import Any

import msgspec

from app.core.i18n import N_
from app.core.text import fold
from app.directory.fields import FIELDS
from app.directory.importing.stored import ALONGSIDE, Row
from app.directory.importing.values import Values

CHECKED = N_("somebody checked this value")
WRITTEN = N_("people of the organisation wrote this value")

UNORDERED = ("codes", "countries", "regions")
_PRECISIONS = ("year", "month", "day")

Change = tuple[Any, Any]


class Difference(msgspec.Struct):
    """`changes`: before and after by field. `conflicts`: stored, said, and why it is left as it is."""

    changes: dict[str, Change] = {}
    conflicts: dict[str, tuple[Any, Any, str]] = {}

    @property
    def fate(self) -> str:
        return "changed" if self.changes else "conflict" if self.conflicts else "unchanged"


def difference(stored: Row, values: Values, *, take: bool) -> Difference:
    """Compare `values` with what is stored. `take`: the file wins also over what people wrote or checked."""
    found = Difference({}, {})
    for name, said in values.items():
        if name in ALONGSIDE:
            continue
        before = stored.get(name)
        if _same(name, before, said, stored, values):
            continue
        why = "" if take else _kept_because(stored, name, before)
        if why:
            found.conflicts[name] = (before, said, why)
        else:
            found.changes[name] = (before, said)
    if "founded_on" in found.changes:
        found.changes["founded_precision"] = (stored.get("founded_precision"), values.get("founded_precision", "year"))
    for name in ("needs", "offers"):
        added = [code for code in values.get(name, ()) if code not in stored[name]]
        if added:
            found.changes[name] = (stored[name], [*stored[name], *added])
    return found


def _same(name: str, before: Any, said: Any, stored: Row, values: Values) -> bool:
    field = FIELDS[name]
    if before == said:
        return True
    if field.type in UNORDERED:
        return set(before or ()) == set(said or ())
    if name == "name":
        return _same_name(str(before), str(said))
    if name == "founded_on" and before is not None:
        return _as_exact(before, stored.get("founded_precision"), said, values.get("founded_precision"))
    return not before and before is not False and not said and said is not False


def _same_name(before: str, said: str) -> bool:
    """A list in capitals renames nobody; accents that were missing are taken."""
    if before.casefold() == said.casefold():
        return True
    return fold(before) == fold(said) and _accents(said) <= _accents(before)


def _accents(text: str) -> int:
    return sum(not letter.isascii() for letter in text)


def _as_exact(before: Any, known: str | None, said: Any, precision: str | None) -> bool:
    """The same year says nothing new to whoever knows the day."""
    if _PRECISIONS.index(precision or "year") > _PRECISIONS.index(known or "year"):
        return False
    if precision == "year":
        return bool(before.year == said.year)
    return (before.year, before.month) == (said.year, said.month) if precision == "month" else before == said


def _kept_because(stored: Row, name: str, before: Any) -> str:
    if before in (None, "", []):
        return ""
    note = stored["notes"].get(name)
    if note is None:
        return WRITTEN if stored["source"] == "self" else ""
    if note["level"] > 0:
        return CHECKED
    return WRITTEN if note["source"] in ("self", "department") else ""
