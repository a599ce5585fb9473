"""Entries of the lists of profiles in a file: whose they are, which one each is, what it would change. Nothing is
written. The same few reads for any number of rows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Invalid
from app.core.i18n import N_, Phrase
from app.core.text import fold
from app.directory.fields import FIELDS, Collection, Field
from app.directory.importing.differences import CHECKED, UNORDERED, WRITTEN, Difference
from app.directory.importing.judging import NO_CURRENCY, NO_NAME_OR_NUMBER, Judged, Plan
from app.directory.importing.recognising import NO_SUCH_NUMBER, Keys, Known, recognised
from app.directory.importing.stored import Row
from app.directory.importing.subjects import ORGANISATION, PROFILE
from app.directory.importing.subjects import ROW as ENTRY
from app.directory.importing.values import Fault, Said, Values, fault
from app.directory.profile_fields import CURRENCY_MISSING, checked_row
from app.directory.rows import TooManyRows
from app.directory.search_text import name_folded

NO_SUCH_ORGANISATION = N_("We know no organisation of this name or code. Please import it first, or mend the name.")
NO_SUCH_ENTRY = N_("We know no entry with this number in this list; it may have been removed.")
OF_ANOTHER = N_("The entry with this number belongs to another organisation.")
SEVERAL_ENTRIES = N_("Several entries are called this. Please give the entry's number, as our export has it.")

NO_SUCH_LIST = N_("Organisations of this kind have no such list: %(kinds)s.")

ACTS = ("row_imported", "row_import_edited", "import_taken_back")
"""Acts of imports in the history: what they wrote, an import may write anew."""
FIXED: dict[str, tuple[str, ...]] = {
    "need_offer": ("direction", "code"),
    "service": ("code",),
    "facility": ("facility_type",),
    "traction": ("measured_on",),
    "ip_asset": ("ip_type",),
    "mention": ("mention_type", "mentioned_on"),
    "address": ("address_type",),
    "yearly_update": ("year",),
}
"""What tells entries of one name apart, besides their names."""
DEFAULTS: dict[str, Values] = {"need_offer": {"strength": "prefer"}}
"""What a new entry holds where its row does not say it."""

_STORED = """
    SELECT o.id AS of_organisation, o.name AS organisation_name, o.kinds AS held_by, o.source AS source_of,
        coalesce(n.verified_level, 0) AS checked, r.* FROM organisation o
    LEFT JOIN {table} r ON r.organisation = o.id AND r.ended_at IS NULL
    LEFT JOIN field_note n ON n.organisation = o.id AND n.field = $2
    WHERE o.id = ANY($1) AND o.ended_at IS NULL ORDER BY o.id, r.position, r.id
"""
_SAID_BEFORE = """
    SELECT DISTINCT ON (row, field) row, field, act FROM organisation_change
    WHERE organisation = ANY($1) AND row = ANY($2) ORDER BY row, field, id DESC
"""


class Owner(msgspec.Struct):
    """An organisation with its entries in one list; `room`: how many more it may have."""

    id: UUID
    name: str
    kinds: list[str]
    source: str
    checked: bool
    room: int
    entries: list[Row]


class Shelf(msgspec.Struct):
    """What is stored of one list for the organisations of some rows, and by which act each field was written."""

    collection: Collection
    owners: dict[UUID, Owner]
    acts: dict[tuple[UUID, str], str]
    of_entry: dict[UUID, UUID]


async def judge(rows: list[Said], plan: Plan, *, lock: bool = False) -> list[Judged]:
    """The fate of each row; `lock` holds the organisations that they are about until the commit."""
    collection = plan.kind.collection
    if collection is None:
        raise TypeError(plan.subject)
    keys = [Keys(said.profile, "", said.code, "", _folded(said.organisation), "", "") for said in rows]
    known = await recognised(keys, "")
    of_entry = await _owners_of(collection, [entry for said in rows if (entry := _uuid(said.row))])
    known = [_by_entry(said, key, one, of_entry) for said, key, one in zip(rows, keys, known, strict=True)]
    shelf = await stored(collection, {one.organisation for one in known if one.organisation}, lock=lock)
    shelf.of_entry = of_entry
    if not lock and plan.run:
        await _less_room(plan.run, shelf)
    return [_judged(said, key, one, shelf, plan) for said, key, one in zip(rows, keys, known, strict=True)]


async def judge_again(said: list[Said], rows: list[dict[str, Any]], plan: Plan) -> list[Judged]:
    """The rows judged once more on what is stored now; a person may have said whose an entry is."""
    same = {row["number"]: row["organisation"] for row in rows if row["decision"] == "same"}
    for one in said:
        if one.number in same:
            one.profile = str(same[one.number])
    return await judge(said, plan, lock=True)


def _folded(name: str) -> str:
    return name_folded(name) if name else ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _owners_of(collection: Collection, entries: list[UUID]) -> dict[UUID, UUID]:
    rows = await db.fetch(
        f"SELECT id, organisation FROM {collection.name} WHERE id = ANY($1) AND ended_at IS NULL",  # noqa: S608
        entries,
    )
    return {row["id"]: row["organisation"] for row in rows}


def _by_entry(said: Said, key: Keys, known: Known, of_entry: dict[UUID, UUID]) -> Known:
    """Who gives the number of an entry needs to name nobody."""
    entry = _uuid(said.row)
    if entry in of_entry and not (key.profile or key.code):
        return Known(of_entry[entry])
    return known


async def stored(collection: Collection, organisations: Iterable[UUID], *, lock: bool) -> Shelf:
    """The entries of these organisations in one list, in order."""
    ids = sorted(set(organisations))
    if lock:
        await db.execute("SELECT FROM organisation WHERE id = ANY($1) ORDER BY id FOR UPDATE", ids)
    shelf = Shelf(collection, {}, {}, {})
    for found in await db.fetch(_STORED.format(table=collection.name), ids, collection.name):
        owner = shelf.owners.setdefault(
            found["of_organisation"],
            Owner(found["of_organisation"], found["organisation_name"], found["held_by"], found["source_of"],
                  found["checked"] > 0, collection.most, []),
        )  # fmt: skip
        if found["id"] is not None:
            owner.entries.append(dict(found))
            owner.room -= 1
    entries = [row["id"] for owner in shelf.owners.values() for row in owner.entries]
    for said in await db.fetch(_SAID_BEFORE, ids, entries):
        shelf.acts[said["row"], said["field"]] = said["act"]
    return shelf


async def _less_room(run: UUID, shelf: Shelf) -> None:
    """Earlier rows of the same file take their places too."""
    for row in await db.fetch(
        "SELECT organisation, count(*) FROM import_row WHERE run = $1 AND fate = 'new' AND organisation = ANY($2)"
        " GROUP BY organisation",
        *(run, list(shelf.owners)),
    ):
        shelf.owners[row["organisation"]].room -= row["count"]


def _judged(said: Said, keys: Keys, known: Known, shelf: Shelf, plan: Plan) -> Judged:
    faults = list(said.faults)
    result = Judged(said.number, said, keys, known, "faulty", Difference({}, {}), {}, faults)
    owner = shelf.owners.get(known.organisation) if known.organisation else None
    if owner is None:
        if not faults:
            faults.append(_nobody(said, known, plan))
        return result
    said.organisation = said.organisation or owner.name
    if not known.certain:
        result.fate = "faulty" if faults else "possible"
        return result
    if not shelf.collection.fits(owner.kinds):
        vocabulary = FIELDS["kinds"].vocabulary
        kinds = ", ".join(vocabulary.labels(owner.kinds)) if vocabulary else ""
        faults.append(fault(plan.title(ORGANISATION), ORGANISATION, owner.name, NO_SUCH_LIST, kinds=kinds))
    entry = None if faults else _entry(said, owner, shelf, faults, plan)
    if not faults:
        result.values = _whole(said, entry, faults, plan)
    if faults:
        return result
    result.target = entry["id"] if entry else None
    result.same = _sameness(said, owner, entry, shelf.collection)
    if entry is None:
        _new(result, owner, plan)
    else:
        result.difference = _difference(entry, result.values, owner, shelf, plan)
        result.fate = result.difference.fate
    return result


def _new(result: Judged, owner: Owner, plan: Plan) -> None:
    if owner.room <= 0:
        result.faults.append(fault(plan.title(ORGANISATION), ORGANISATION, owner.name, TooManyRows.message))
        return
    owner.room -= 1
    result.fate = "new"


def _nobody(said: Said, known: Known, plan: Plan) -> Fault:
    if not known.certain:
        return fault(plan.title(PROFILE), PROFILE, said.profile, NO_SUCH_NUMBER)
    if said.row:
        return fault(plan.title(ENTRY), ENTRY, said.row, NO_SUCH_ENTRY)
    named = said.organisation or said.code
    return fault(plan.title(ORGANISATION), ORGANISATION, named, NO_SUCH_ORGANISATION if named else NO_NAME_OR_NUMBER)


def _entry(said: Said, owner: Owner, shelf: Shelf, faults: list[Fault], plan: Plan) -> Row | None:
    """The stored entry that a row is about, None for a new one."""
    if said.row:
        number = _uuid(said.row)
        found = next((row for row in owner.entries if row["id"] == number), None)
        if found is None:
            why = OF_ANOTHER if number in shelf.of_entry else NO_SUCH_ENTRY
            faults.append(fault(plan.title(ENTRY), ENTRY, said.row, why))
        return found
    alike = [row for row in owner.entries if _alike(row, said.values, shelf.collection)]
    if len(alike) < 2:
        return alike[0] if alike else None
    exact = [row for row in alike if all(same(plan.kind.fields[name], row[name], said.values[name])
                                         for name in said.values if name in plan.kind.fields)]  # fmt: skip
    if not exact:
        faults.append(fault(plan.title(ENTRY), ENTRY, said.name, SEVERAL_ENTRIES))
    return exact[0] if exact else None


def names_in(collection: Collection) -> list[str]:
    """The fields by which an entry is called, one of which is enough to know it again."""
    return [name for name in collection.title if collection.field(name).type in ("line", "text")]


def _names(values: Row, collection: Collection) -> dict[str, str]:
    return {name: fold(str(values[name])) for name in names_in(collection) if values.get(name)}


def _alike(entry: Row, values: Values, collection: Collection) -> bool:
    if any(entry[name] != values.get(name) for name in FIXED.get(collection.name, ())):
        return False
    stood, says = _names(entry, collection), _names(values, collection)
    return any(stood.get(name) == text for name, text in says.items()) or not (stood or says)


def _sameness(said: Said, owner: Owner, entry: Row | None, collection: Collection) -> tuple[str, ...]:
    """By what a second row of the file repeats this one."""
    if said.row:
        return (f"entry {said.row.lower()}",)
    fixed = " ".join(str(said.values.get(name)) for name in FIXED.get(collection.name, ()))
    names = _names(said.values, collection) or {"": ""}
    found = [f"{owner.id} {fixed} {name} {text}" for name, text in names.items()]
    return (*found, f"entry {entry['id']}") if entry else tuple(found)


def _whole(said: Said, entry: Row | None, faults: list[Fault], plan: Plan) -> Values:
    """The whole entry as it would be, what belongs together checked together; what is wrong goes to `faults`."""
    fields = plan.kind.fields
    base: Values = {name: entry[name] for name in fields} if entry else DEFAULTS.get(plan.subject, {})
    if entry and "ward_code" in base and said.values.get("province_code") not in (None, base["province_code"]):
        base["ward_code"] = None
    try:
        return checked_row(plan.subject, {**base, **said.values})
    except Invalid as error:
        for name, phrase in error.fields.items():
            params = {**error.params, **getattr(phrase, "bound", {})}
            why: Phrase = NO_CURRENCY if phrase == CURRENCY_MISSING else phrase
            faults.append(fault(plan.title(name), name, str(said.values.get(name) or ""), why, **params))
        return {}


def _difference(entry: Row, values: Values, owner: Owner, shelf: Shelf, plan: Plan) -> Difference:
    found = Difference({}, {})
    for name, field in plan.kind.fields.items():
        before, after = entry[name], values[name]
        if same(field, before, after):
            continue
        why = "" if plan.take else _kept_because(entry, name, owner, shelf)
        if why:
            found.conflicts[name] = (before, after, why)
        else:
            found.changes[name] = (before, after)
    return found


def same(field: Field, before: Any, after: Any) -> bool:
    """Whether a stored value and one of a file say the same."""
    if field.type in UNORDERED:
        return set(before or ()) == set(after or ())
    return before == after or (before in (None, "") and after in (None, ""))


def _kept_because(entry: Row, name: str, owner: Owner, shelf: Shelf) -> str:
    if entry[name] in (None, "", []):
        return ""
    if owner.checked:
        return CHECKED
    key: UUID = entry["id"]
    act = shelf.acts.get((key, f"{shelf.collection.name}.{name}")) or shelf.acts.get((key, shelf.collection.name))
    if act is None:
        # a value that nobody's history names came with the entry itself
        brought = any(row == key and said in ACTS for (row, _field), said in shelf.acts.items())
        return "" if brought or owner.source != "self" else WRITTEN
    return "" if act in ACTS else WRITTEN
