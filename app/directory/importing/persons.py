"""Persons of a file. A list makes no account and no public profile, and nobody gets mail: what it says of somebody
waits as a proposal for whoever proves the address, see `app.directory.persons.proposals`.

Who is listed already is compared with what she shows; what differs is proposed to her, never written.
Whether somebody who is not listed has an account here is told to nobody.
"""

import hashlib
import json
from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Invalid
from app.core.forms import REQUIRED, is_email
from app.core.i18n import N_
from app.core.ids import new_id
from app.directory.fields import PERSON_FIELDS
from app.directory.importing.differences import Difference
from app.directory.importing.judging import Judged, Plan, plain
from app.directory.importing.lists import same
from app.directory.importing.recognising import BY_NUMBER, NO_SUCH_NUMBER, Keys, Known
from app.directory.importing.stored import Row
from app.directory.importing.subjects import EXPERTISE, PROFILE
from app.directory.importing.values import Fault, Said, Values, fault
from app.directory.persons.access import COLUMNS, JOINS, LISTED, row_of
from app.directory.persons.profile import checked
from app.people.accounts import email_key

NO_ADDRESS = N_("Without an e-mail address nobody could ever agree to this. Please add it.")
BY_ADDRESS = N_("by the e-mail address")
EMAIL = "contact_email"
KEPT_DAYS = 180
"""How long a proposal waits for somebody; then nothing of it is left."""

_LISTED = f"""
    SELECT {COLUMNS}, p.email_key, ARRAY(SELECT jsonb_build_array(e.code, e.level, e.years) FROM expertise e
        WHERE e.person = pp.person AND e.ended_at IS NULL ORDER BY e.position, e.id) AS expertise
    FROM {JOINS} WHERE (p.email_key = ANY($1) OR pp.person = ANY($2) OR pp.slug = ANY($3)) AND {LISTED}
"""  # noqa: S608  constants only
_PROPOSED = """
    SELECT DISTINCT ON (email_key) id, email_key, name, "values", digest, state FROM person_proposal
    WHERE email_key = ANY($1) ORDER BY email_key, state = 'waiting' DESC, created_at DESC
"""


async def judge(rows: list[Said], plan: Plan, *, lock: bool = False) -> list[Judged]:
    """The fate of each row. Two reads for any number; writing is one import at a time, so nothing is locked."""
    keys = [email_key(str(said.values.get(EMAIL) or "")) for said in rows]
    numbers = [said.profile for said in rows if said.profile]
    found = await db.fetch(
        _LISTED, [key for key in keys if key], [one for text in numbers if (one := _uuid(text))], numbers
    )
    listed = [_listed(row) for row in found]
    by_number = {text: row for row in listed for text in (str(row["person"]), row["slug"])}
    by_key = {row["email_key"]: row for row in listed}
    keys = [
        by_number[said.profile]["email_key"] if said.profile in by_number else key
        for said, key in zip(rows, keys, strict=True)
    ]
    waiting = {row["email_key"]: dict(row) for row in await db.fetch(_PROPOSED, keys)}
    return [
        _judged(said, key, by_number.get(said.profile) if said.profile else by_key.get(key), waiting.get(key), plan)
        for said, key in zip(rows, keys, strict=True)
    ]


async def judge_again(said: list[Said], _rows: list[dict[str, Any]], plan: Plan) -> list[Judged]:
    return await judge(said, plan)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _listed(found: Any) -> Row:
    row = row_of(found)
    row[EXPERTISE] = [json.loads(entry) if isinstance(entry, str) else entry for entry in row[EXPERTISE]]
    return row


def _judged(said: Said, key: str, profile: Row | None, proposal: Row | None, plan: Plan) -> Judged:
    faults = list(said.faults)
    keys = Keys(said.profile, "", "", "", "", "", "")
    why = BY_NUMBER if said.profile else BY_ADDRESS
    result = Judged(said.number, said, keys, Known(why=why), "faulty", Difference({}, {}), {}, faults)
    if said.profile and profile is None:
        faults.append(fault(plan.title(PROFILE), PROFILE, said.profile, NO_SUCH_NUMBER))
    elif not is_email(key):
        faults.append(fault(plan.title(EMAIL), EMAIL, "", NO_ADDRESS))
    elif profile is None and not said.values.get("name") and not faults:
        faults.append(fault(plan.title("name"), "name", "", REQUIRED))
    if faults:
        return result
    result.values = _checked(said, faults, plan)
    if faults:
        return result
    result.same = (f"address {key}",)
    result.target = proposal["id"] if proposal and proposal["state"] == "waiting" else None
    _compare(result, profile, proposal)
    return result


def _checked(said: Said, faults: list[Fault], plan: Plan) -> Values:
    """What is proposed: without the address, by which a person is known and which is hers to give."""
    values = {name: value for name, value in said.values.items() if name != EMAIL or said.profile}
    experience = values.pop(EXPERTISE, None)
    try:
        values = checked(values)
    except Invalid as error:
        for name, phrase in error.fields.items():
            params = {**error.params, **getattr(phrase, "bound", {})}
            faults.append(fault(plan.title(name), name, str(said.values.get(name) or ""), phrase, **params))
    return values if experience is None else {**values, EXPERTISE: experience}


def _compare(result: Judged, profile: Row | None, proposal: Row | None) -> None:
    """Against what she shows herself, or against what waits for her already."""
    waits = proposal["values"] if proposal and result.target else {}
    says = plain(result.values, PERSON_FIELDS)
    if profile is not None:
        news = {name: value for name, value in result.values.items() if not _same(name, profile[name], value)}
        if EXPERTISE in news:
            # a list adds to what somebody knows, it takes nothing away
            known = {entry[0] for entry in profile[EXPERTISE]}
            news[EXPERTISE] = [entry for entry in news[EXPERTISE] if entry[0] not in known]
        result.difference.changes = {name: (profile[name], value) for name, value in news.items()}
        result.values = news
        says = plain(news, PERSON_FIELDS)
    elif result.target:
        result.difference.changes = {name: (waits.get(name), value) for name, value in says.items()
                                     if waits.get(name) != value}  # fmt: skip
    if all(waits.get(name, _NOTHING) == value for name, value in says.items()) or _decided(proposal, says):
        result.fate, result.difference.changes = "unchanged", {}
    else:
        result.fate = "changed" if profile is not None or result.target else "new"


_NOTHING = object()


def _decided(proposal: Row | None, says: Values) -> bool:
    """Whether she declined, or took the same over before and perhaps changed it since. It is told as what waits
    unchanged is: that somebody has decided would say that she has an account."""
    if proposal is None:
        return False
    return proposal["state"] == "declined" or (proposal["state"] == "taken" and proposal["digest"] == digest(says))


def _same(name: str, stored: Any, said: Any) -> bool:
    if name == EXPERTISE:
        return {entry[0] for entry in said} <= {entry[0] for entry in stored}
    return same(PERSON_FIELDS[name], stored, said)


def digest(values: Values) -> str:
    """What tells whether a later list says the same again, when the values themselves are forgotten."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


async def write(judged: list[Judged], run: Any, plan: Plan) -> list[dict[str, Any]]:
    """Keep what is proposed; one waits for each address. What of an earlier list is not said again stays."""
    kept = [one for one in judged if one.fate in ("new", "changed")]
    fresh = {one.number for one in kept if one.target is None}
    waiting = {
        row["id"]: row["values"]
        for row in await db.fetch(
            'SELECT id, "values" FROM person_proposal WHERE id = ANY($1)', [one.target for one in kept if one.target]
        )
    }
    before: dict[int, dict[str, Any]] = {}
    rows = []
    for one in kept:
        says = plain(one.values, PERSON_FIELDS)
        stood = waiting.get(one.target, {}) if one.target else {}
        before[one.number] = {name: [stood.get(name), value] for name, value in says.items()}
        one.target = one.target or new_id()
        rows.append({
            "id": str(one.target), "email_key": one.same[0].removeprefix("address "), "digest": digest(says),
            "name": one.said.name, "values": {**stood, **says},
        })  # fmt: skip
    await db.execute(
        'INSERT INTO person_proposal (id, email_key, name, "values", digest, list_name, run, created_at, updated_at,'
        " expires_at) SELECT id, email_key, name, given.says, digest, $2, $3, now(), now(),"
        " now() + make_interval(days => $4) FROM jsonb_to_recordset($1)"
        " AS given(id uuid, email_key text, name text, says jsonb, digest text)"
        ' ON CONFLICT (id) DO UPDATE SET "values" = excluded."values", digest = excluded.digest,'
        " list_name = excluded.list_name, updated_at = now(), version = person_proposal.version + 1,"
        " expires_at = excluded.expires_at WHERE person_proposal.state = 'waiting'",
        *([{**row, "says": row.pop("values")} for row in rows], plan.list_name or run["name"], run["id"], KEPT_DAYS),
    )
    return [_outcome(one, one.number in fresh, before.get(one.number)) for one in judged]


def _outcome(one: Judged, fresh: bool, changes: Any) -> dict[str, Any]:
    """A list that changes a listed profile has brought a proposal: the profile is as it was."""
    said = "created" if fresh else "changed"
    return {
        "number": one.number,
        "outcome": said if one.fate in ("new", "changed") else "unchanged" if one.fate == "unchanged" else "left",
        "organisation": None,
        "version": None,
        "changes": changes,
        "target": str(one.target) if one.target else None,
    }


async def take_back(waiting: list[dict[str, Any]], _run: Any) -> dict[int, str]:
    """Proposals that the import brought go unless somebody decided on them or a later list wrote in them."""
    found = {
        row["id"]: row
        for row in await db.fetch(
            "SELECT id, \"values\", version, run FROM person_proposal WHERE id = ANY($1) AND state = 'waiting'"
            " ORDER BY id FOR UPDATE",
            [row["target"] for row in waiting],
        )
    }
    outcomes = {row["number"]: "kept" for row in waiting}
    gone = [row["target"] for row in waiting if row["outcome"] == "created" and row["target"] in found
            and found[row["target"]]["version"] == 1]  # fmt: skip
    await db.execute("DELETE FROM person_proposal WHERE id = ANY($1)", gone)
    restored = []
    for row in waiting:
        if row["target"] in gone:
            outcomes[row["number"]] = "ended"
        elif row["outcome"] == "changed" and row["target"] in found:
            values = dict(found[row["target"]]["values"])
            back = {name: before for name, (before, after) in row["changes"].items() if values.get(name) == after}
            values = {
                name: back.get(name, value) for name, value in values.items() if back.get(name, value) is not None
            }
            outcomes[row["number"]] = "restored" if len(back) == len(row["changes"]) else "kept"
            restored.append({"id": str(row["target"]), "says": values, "digest": digest(values)})
    await db.execute(
        'UPDATE person_proposal p SET "values" = given.says, digest = given.digest, updated_at = now(),'
        " version = p.version + 1 FROM jsonb_to_recordset($1) AS given(id uuid, says jsonb, digest text)"
        " WHERE p.id = given.id",
        restored,
    )
    return outcomes
