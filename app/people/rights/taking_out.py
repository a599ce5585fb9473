"""Taking an address or a name out of texts that stay: histories, snapshots, files read in, whatever the schema has."""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

import asyncpg

from app.core import db
from app.people.rights.subject import Subject, erases

BLANK = "…"
LETTERS = 5
"""A name is looked for when it has two words and this many letters: shorter ones are part of other words."""

_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type, c.is_nullable = 'YES' AS nullable FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
  AND (c.data_type IN ('text', 'jsonb') OR c.udt_name = '_text') AND ($1::text[] IS NULL OR c.table_name = ANY ($1))
ORDER BY c.table_name, c.ordinal_position
"""
_FORMS = {
    "text": "replace({name}, $1, $2)",
    "jsonb": "replace({name}::text, $1, $2)::jsonb",
    "ARRAY": "string_to_array(replace(array_to_string({name}, E'\\x1f'), $1, $2), E'\\x1f')",
}
_READ = {"text": "{name}", "jsonb": "{name}::text", "ARRAY": "array_to_string({name}, E'\\x1f')"}
UNTOUCHED = frozenset({"person", "migration", "outbox"})
"""The account's row has an eraser of its own; an address there belongs to another account."""


def names_of(subject: Subject) -> list[str]:
    """The name, when it can be told from other words."""
    return [subject.name] if len(subject.name) >= LETTERS and " " in subject.name else []


def addresses_of(subject: Subject) -> list[str]:
    """The address as it was typed and as it is compared."""
    return list(dict.fromkeys(word for word in (subject.email, subject.key) if word))


async def take_out(tables: Iterable[str] | None, words: list[str]) -> int:
    """Put a dash in the place of each word in every text, list of texts and JSON of these tables (of all: None)."""
    if not words:
        return 0
    columns = await db.fetch(_COLUMNS, None if tables is None else sorted(tables))
    count = 0
    for table, found in groupby(columns, key=lambda column: str(column["table_name"])):
        if table in UNTOUCHED:
            continue
        statement = _statement(table, list(found))
        for word in words:
            count += await db.execute(statement, word, BLANK)
    return count


async def blank(table: str, person: UUID, *, keep: frozenset[str]) -> int:
    """Empty every text of a person's own rows, also in columns that the table gets later; `keep` are the codes."""
    columns = await db.fetch(_COLUMNS, [table])
    empty = {"text": "''", "jsonb": "'{}'", "ARRAY": "'{}'"}
    new = ", ".join(
        f"{_quoted(column['column_name'])} = {'NULL' if column['nullable'] else empty[column['data_type']]}"
        for column in columns
        if column["column_name"] not in keep
    )
    statement = f"UPDATE {_quoted(table)} SET {new} WHERE person = $1"  # noqa: S608  from the catalogue, quoted
    return await db.execute(statement, person)


def _statement(table: str, columns: list[asyncpg.Record]) -> str:
    """One UPDATE of a table: names come from the catalogue and are quoted."""
    new, old = [], []
    for column in columns:
        name = _quoted(column["column_name"])
        new.append(f"{name} = {_FORMS[column['data_type']].format(name=name)}")
        old.append(_READ[column["data_type"]].format(name=name))
    where = " OR ".join(f"strpos({text}, $1) > 0" for text in old)
    return f"UPDATE {_quoted(table)} SET {', '.join(new)} WHERE {where}"  # noqa: S608  see above


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@erases("zz_everywhere")
async def everywhere(subject: Subject) -> int:
    """After all others: the address, which is nobody else's, is taken out of every text that the schema has."""
    return await take_out(None, addresses_of(subject))
