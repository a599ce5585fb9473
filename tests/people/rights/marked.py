"""A person whose every trace is marked: a row in each table that the schema leads to, with marks in each text of it.

What a table needs is read from the catalogue, so that a table made later is filled, erased and searched too.
"""

import json
import re
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import now
from app.core.ids import new_id

NAME = "Kanari Thị Xóa"
EMAIL = "kanari.xoa@kanari.example"
MARK = "kanari"
"""In every mark, however it is folded or cased; what a search finds is somebody's."""

OTHERS = {
    "organisation": "what an organisation says about itself is its own",
    "startup_details": "an organisation's",
    "investor_details": "an organisation's",
    "support_details": "an organisation's",
    "institute_details": "an organisation's",
    "event": "what an event says is its organisers'",
    "ticket_type": "an event's",
    "agenda_session": "an event's, like its title",
    "village": "an event's, like its title",
    "badge_design": "an event's",
    "badge_run": "an event's",
    "event_form": "an event's",
    "event_question": "an event's",
    "checkpoint": "an event's",
    "zone": "an event's",
    "payment_account": "an event's",
    "term_change": "the vocabulary's",
    "data_access": "an event's name",
    "external_reference": "a source's",
    "import_key": "a source's",
    "event_key": "why a key was revoked",
    "guest_view": "an event's, like its title",
    "event_message": "an event's, what it said to its guests",
}
"""Tables whose texts are somebody else's, whoever wrote them: the address has to go from them, a name may stand."""

NAMED = {
    *("mentoring_goal", "mentoring_log", "mentoring_action", "mentoring_contradiction", "mentoring_programme"),
    *("introduction", "introduction_meeting", "introduction_message", "introduction_report"),
    *("outcome", "information_question", "information_answer"),
    *("organisation_change", "organisation_merge", "profile_review", "import_row", "import_run", "export_run"),
    *("term_suggestion", "duplicate_pair", "event_staff", "suggestion_choice", "matching_preference"),
    *("credential_act", "pipeline", "pipeline_stage", "deal_card", "deal_note", "deal_file", "deal_change"),
    *("pass_letter", "deck"),
    *("agenda_shown", "agenda_release", "exhibitor", "village_nomination", "floor_plan"),
}
"""Tables of what others wrote or read in, where the name and the address have to go and the rest may stand."""

CODES = re.compile(
    r"(^|_)(kind|kinds|code|codes|state|status|channel|role|roles|locale|topic|act|field|source|outcome|method"
    r"|vocabulary|country|time_zone|media_type|variants|owner_kind|scopes|regime|level|ground|format|digest"
    r"|visibility|direction|nonce|query|path|sha256|key|table_name|name_key|signals_off|waits_for|accepts"
    r"|credential_type|text_version|viewer_role|route|caller|terms_version|choice|fate|why|counts|choices|synonym"
    r"|replacement|parent|giver_becomes|token_hash|size_class|reason_code|decision|undone|tiers|fingerprint|model_version)$"
)
"""Columns that hold words of the program, by name; nobody types into them."""

_COLUMNS = """
SELECT c.column_name AS name, CASE c.data_type WHEN 'ARRAY' THEN c.udt_name ELSE c.data_type END AS type,
       c.is_nullable = 'YES' AS nullable, c.column_default AS "default", c.is_generated <> 'NEVER' AS generated,
       c.is_identity = 'YES' AS identity,
       (SELECT f.confrelid::regclass::text FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid
        AND a.attnum = f.conkey[1] WHERE f.conrelid = $2::regclass AND f.contype = 'f' AND array_length(f.conkey, 1) = 1
        AND a.attname = c.column_name) AS refers,
       (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY array_length(k.conkey, 1), k.conname)
        FROM pg_constraint k JOIN pg_attribute a
        ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) WHERE k.conrelid = $2::regclass AND k.contype = 'c'
        AND a.attname = c.column_name) AS checks
FROM information_schema.columns c WHERE c.table_schema = 'public' AND c.table_name = $1 ORDER BY c.ordinal_position
"""
GIVEN: dict[tuple[str, str], Any] = {
    ("outcome", "other"): None,
    ("introduction_followup", "days"): 30,
    ("introduction_meeting", "ends_at"): now() + timedelta(hours=2),
    ("introduction_meeting", "starts_at"): now() + timedelta(hours=1),
    ("introduction_transition", "why"): "consent",
    ("introduction", "words"): f"{NAME} – {MARK}",
    ("introduction", "note"): f"{NAME} – {MARK}",
    ("introduction_message", "body"): f"{NAME} – {MARK}",
    ("introduction", "reasons"): {},
    ("event", "ends_at"): now() + timedelta(days=3),
    ("door_case", "decision"): "",
    ("door_case", "key"): "twice door:1 n",
    ("door_case", "reason"): "already_inside",
    ("door_device", "cards_version"): "1",
    ("organisation", "kinds"): ["startup"],
    ("mail_link", "sign_up"): None,
    ("market_run", "temperature"): 1.0,
    ("market_run", "figures"): {},
    ("pairing_choice", "reason"): "sector",
    ("mentor_role", "vetted_by"): None,
    ("field_note", "organisation"): None,
    ("credential", "organisation"): None,
    ("credential", "state"): "draft",
    ("claim", "reason"): None,
    ("consent", "purpose"): "profile",
    ("person_grant", "ended_reason"): None,
    ("ticket_type", "capacity"): 1,
    ("ticket_type", "sold"): 1,
    ("saved_search", "path"): "/directory",
    ("mentoring_weekly", "ends"): 60,
    ("mentoring_booking", "ends_at"): now() + timedelta(hours=1),
    ("mentoring_time", "ends_at"): now() + timedelta(hours=1),
    ("mentoring_feedback", "rating"): 3,
    ("mentoring_member", "organisation"): None,
    ("mentoring_member", "matched_to"): None,
    ("registration", "overbooked_by"): None,
    ("event_voucher", "email_key"): EMAIL,
    ("person_proposal", "email_key"): EMAIL,
    ("guest_fate", "before"): "confirmed",
    ("deck_link", "expires_at"): now() + timedelta(days=3),
    ("deck_link", "email_key"): EMAIL,
    ("deck_link", "key"): "k1",
}
"""Where the schema's checks compare columns."""

_PLAIN = {
    "boolean": False,
    "bytea": b"\x01",
    "date": "2026-01-01",
    "jsonb": {},
    "real": 1.0,
    "double precision": 1.0,
    "_text": [],
    "_uuid": [],
    "_int4": [],
    "_bytea": [],
}
_numbers = count(1)


class Marked(msgspec.Struct):
    """Who is marked, and the rows that were made."""

    person: UUID
    rows: dict[str, Any] = {}


async def tables_of_people() -> list[str]:
    """Tables that refer to a person, and those that refer to such a row of a person's own."""
    found = await db.fetch(
        "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint WHERE contype = 'f'"
        " AND confrelid = 'person'::regclass ORDER BY 1"
    )
    direct = [row["name"] for row in found if row["name"] != "person"]
    found = await db.fetch(
        "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint WHERE contype = 'f'"
        " AND confrelid::regclass::text = ANY ($1) ORDER BY 1",
        ["registration", "import_run", "second_step", "rights_request", "data_export", "sign_up", "mail"],
    )
    return list(dict.fromkeys([*direct, *(row["name"] for row in found)]))


async def mark(marked: Marked, table: str) -> Any:
    """Make one row of a table about the person, and of whatever it needs first; its number."""
    if table in marked.rows:
        return marked.rows[table]
    marked.rows[table] = await _insert(marked, table)
    return marked.rows[table]


async def _insert(marked: Marked, table: str) -> Any:
    values: dict[str, Any] = {}
    referred: set[str] = set()
    for column in await db.fetch(_COLUMNS, table, table):
        if column["generated"] or column["identity"] or "nextval" in (column["default"] or ""):
            continue
        if column["refers"] in referred - {"person", None}:
            marked.rows.pop(column["refers"], None)  # of two organisations in a row each is another one
        referred.add(column["refers"])
        value = await _value(marked, table, column)
        if value is not ...:
            values[column["name"]] = value
    names = ", ".join(f'"{name}"' for name in values)
    gaps = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    key = await db.fetchval(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
        " WHERE i.indrelid = $1::regclass AND i.indisprimary",
        table,
    )
    return await db.fetchval(f'INSERT INTO "{table}" ({names}) VALUES ({gaps}) RETURNING "{key}"', *values.values())


async def _value(marked: Marked, table: str, column: Any) -> Any:
    name, kind = column["name"], column["type"]
    if (table, name) in GIVEN:
        return GIVEN[table, name]
    if column["refers"] == "person":
        return marked.person
    if column["refers"]:
        cyclic = column["refers"] == table
        return None if cyclic and column["nullable"] else await mark(marked, column["refers"])
    if kind == "uuid":
        if name in ("id",) or not column["nullable"]:
            return new_id() if name == "id" else marked.person
        return marked.person if name in ("created_by", "by", "owner_id", "subject") else ...
    if name == "device":
        return f"{marked.person}:phone"
    if kind in ("text", "jsonb", "_text"):
        return _text(table, name, kind, column)
    if column["nullable"] or column["default"] is not None:
        return ...
    if kind == "timestamp with time zone":
        return now() + timedelta(minutes=next(_numbers))  # what ends, ends after it began
    return _PLAIN.get(kind, 1)


def _text(table: str, name: str, kind: str, column: Any) -> Any:
    """A mark where people write; a word that the table's checks allow, or nothing, where the program does."""
    if column["checks"]:
        allowed = re.search(r"'([^']+)'::text", column["checks"])
        if column["nullable"] or not allowed or "~" in column["checks"]:
            return ...
        return [allowed[1]] if kind == "_text" else allowed[1]
    if CODES.search(name) and name != "key":
        if column["nullable"] or (column["default"] is not None and kind != "text"):
            return ...
        return f"c{next(_numbers)}" if kind == "text" else _PLAIN[kind]
    if name in ("email", "email_key", "to_address", "contact_email"):
        return EMAIL
    if name == "slug":
        return f"{MARK}-{next(_numbers)}" if table not in OTHERS else f"c{next(_numbers)}"
    said = f"{NAME} – {EMAIL}" if table in NAMED else f"{NAME} – {EMAIL} – {MARK}{next(_numbers)}"
    said = f"Liên hệ {EMAIL}" if table in OTHERS else said
    if kind == "_text":
        return [said]
    return json.dumps({"said": [said]}, ensure_ascii=False) if kind == "jsonb" else said


async def traces() -> dict[str, int]:
    """How many rows of each table still hold a mark, in any column: texts as they are, bytes as their hex."""
    wanted = "|".join([MARK, *(word.encode().hex() for word in ("kanari", "Kanari", "KANARI"))])
    tables = await db.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    counts = {
        row["name"]: await db.fetchval(f'SELECT count(*) FROM "{row["name"]}" t WHERE t::text ~* $1', wanted)
        for row in tables
    }
    return {name: number for name, number in counts.items() if number}
