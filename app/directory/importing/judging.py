"""The fate of rows, a batch at a time: what they say, whom they are about, what they would change. Nothing is written.

The same few reads for any number of rows, and again the same judgement when a batch is written: what changed meanwhile
counts then.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from app.core.errors import Invalid
from app.core.i18n import N_
from app.directory.fields import FIELDS, Field, fields_for
from app.directory.importing.columns import PROFILE, Column, title_of
from app.directory.importing.differences import Difference, difference
from app.directory.importing.recognising import NO_SUCH_NUMBER, Keys, Known, keys_of, recognised
from app.directory.importing.stored import ALONGSIDE, Row, locked_rows, stored_rows, to_json
from app.directory.importing.subjects import EXPERTISE, ORGANISATIONS, Subject, subjects
from app.directory.importing.tabular import Row as Line
from app.directory.importing.values import Fault, Memory, Said, Values, fault, said_by
from app.directory.profile_fields import checked

NO_CURRENCY = N_("Please say in which currency: in the cell, in the title, or in a column.")
NOT_OF_KIND = N_("Organisations of this kind have no such field: %(kinds)s.")
REPEATED = N_("Row %(row)s of this file is about the same organisation.")
REPEATED_ENTRY = N_("Row %(row)s of this file is about the same entry.")
REPEATED_PERSON = N_("Row %(row)s of this file is about the same person.")
NO_NAME_OR_NUMBER = N_("The row names no organisation.")

_TOGETHER = ("country", "province_code", "ward_code", "state", "raising_round", "raising_amount", "raising_currency")


class Judged(msgspec.Struct):
    """One row and its fate. Of lists and persons `target` is the stored row, `same` by what a second row repeats it."""

    number: int
    said: Said
    keys: Keys
    known: Known
    fate: str
    difference: Difference
    values: Values
    faults: list[Fault]
    target: UUID | None = None
    same: tuple[str, ...] = ()

    @property
    def organisation(self) -> UUID | None:
        return self.known.organisation


class Plan(msgspec.Struct, frozen=True):
    """How the rows of an import are judged: its columns, its list, and whether the file wins over people."""

    columns: tuple[Column, ...]
    list_name: str = ""
    take: bool = False
    subject: str = ORGANISATIONS
    run: UUID | None = None

    @property
    def kind(self) -> Subject:
        return subjects()[self.subject]

    def title(self, field: str) -> str:
        here = next((column.title for column in self.columns if column.field == field), "")
        return here or title_of(field, subject=self.kind)


def read(lines: list[Line], plan: Plan) -> list[Said]:
    """What the rows say; no database, so it may run in a thread."""
    columns, memory = list(plan.columns), Memory()
    subject = plan.kind
    return [said_by(number, cells, columns, memory, subject) for number, cells in lines]


async def judge(rows: list[Said], plan: Plan, *, lock: bool = False) -> list[Judged]:
    """The fate of each row; `lock` holds the organisations that they are about until the commit."""
    keys = [keys_of(said) for said in rows]
    known = await recognised(keys, plan.list_name)
    wanted = [one.organisation for one in known if one.organisation is not None]
    stored = await (locked_rows if lock else stored_rows)(wanted)
    return [_judged(said, key, one, stored, plan) for said, key, one in zip(rows, keys, known, strict=True)]


def _judged(said: Said, keys: Keys, known: Known, stored: dict[UUID, Row], plan: Plan) -> Judged:
    faults = list(said.faults)
    if known.organisation is None and not known.certain:
        faults.append(fault(plan.title(PROFILE), PROFILE, said.profile, NO_SUCH_NUMBER))
    before = stored.get(known.organisation) if known.organisation and known.certain else None
    values = _whole(said, before, faults, plan)
    result = Judged(said.number, said, keys, known, "faulty", Difference({}, {}), values, faults)
    if faults:
        return result
    if known.organisation is not None and not known.certain:
        result.fate = "possible"
    elif before is None:
        result.fate = "new"
    else:
        result.difference = difference(before, values, take=plan.take)
        result.fate = result.difference.fate
    return result


def decided(judged: Judged, stored: Row | None, plan: Plan) -> Judged:
    """The same row after a person said whom it is about: this organisation, or (None) nobody we know."""
    faults: list[Fault] = []
    values = _whole(judged.said, stored, faults, plan)
    known = Known(stored["id"] if stored else None)
    found = Judged(judged.number, judged.said, judged.keys, known, "new", Difference({}, {}), values, faults)
    if faults:
        found.fate = "faulty"
    elif stored is not None:
        found.difference = difference(stored, values, take=plan.take)
        found.fate = found.difference.fate
    return found


def _whole(said: Said, before: Row | None, faults: list[Fault], plan: Plan) -> Values:
    """The row's values with what belongs together checked together; what is wrong goes to `faults`."""
    values = dict(said.values)
    for direction, codes in said.needs.items():
        values["needs" if direction == "need" else "offers"] = codes
    if faults:
        return values
    base: Values = {name: before[name] for name in _TOGETHER if before[name] is not None} if before else {}
    if before is None:
        base = {"name": "", "kinds": []}
        if not said.name:
            faults.append(fault(plan.title("name"), "name", "", NO_NAME_OR_NUMBER))
            return values
        values.setdefault("name", said.name)
    elif "country" in values and values["country"] != before["country"]:
        base = {name: base[name] for name in base if name.startswith("raising")}
    elif "province_code" in values and values["province_code"] != before["province_code"]:
        base.pop("ward_code", None)
    try:
        taken = checked({**base, **values})
    except Invalid as error:
        for name, phrase in error.fields.items():
            params = {**error.params, **getattr(phrase, "bound", {})}
            shown = str(values.get(name) or "")
            faults.append(fault(plan.title(name) if name in FIELDS else name, name, shown, phrase, **params))
        return values
    _of_its_kind(values, taken.get("kinds") or (before or {}).get("kinds") or [], faults, plan)
    _with_currency(values, {**(before or {}), **taken}, faults, plan)
    changed = {name for name in taken if name in values or (before is not None and taken[name] != before.get(name))}
    return {name: value for name, value in taken.items() if before is None or name in changed}


def _of_its_kind(values: Values, kinds: list[str], faults: list[Fault], plan: Plan) -> None:
    if not kinds:
        return
    fitting = {field.name for field in fields_for(kinds)}
    vocabulary = FIELDS["kinds"].vocabulary
    for name, value in values.items():
        if name in FIELDS and name not in fitting:
            labels = ", ".join(vocabulary.labels(kinds)) if vocabulary else ""
            faults.append(fault(plan.title(name), name, str(value), NOT_OF_KIND, kinds=labels))


def _with_currency(values: Values, whole: Row, faults: list[Fault], plan: Plan) -> None:
    for name, value in values.items():
        field = FIELDS.get(name)
        if field is not None and field.currency and value is not None and not whole.get(field.currency):
            faults.append(fault(plan.title(name), name, str(value), NO_CURRENCY))


def plain(values: dict[str, Any], fields: Mapping[str, Field] = FIELDS) -> dict[str, Any]:
    """Values, or pairs of them, as JSON for the row of an import."""
    return {
        name: [to_json(part) for part in value] if isinstance(value, tuple) else to_json(value)
        for name, value in values.items()
        if name in fields or name in ALONGSIDE or name == EXPERTISE
    }
