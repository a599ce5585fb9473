"""Profiles follow the vocabularies: retired codes become their replacements, texts that the search reads are made anew.

Which columns hold the codes of a vocabulary is read from the registry of fields, so that a new field is mapped too.
"""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.outbox import enqueue
from app.directory import history
from app.directory.curation.sides import profile_row
from app.directory.fields import COLLECTIONS, FIELDS, PERSON_FIELDS
from app.directory.listing import next_version
from app.directory.vocabulary import ALL, MENTOR_EXPERTISE, NEEDS, Vocabulary, overlay
from app.directory.writing import derived

AT_ONCE = 300

Place = tuple[str, str, bool]
"""A table, its column, and whether it holds several codes."""


def places_of(vocabulary: Vocabulary) -> list[Place]:
    """Every column that holds codes of this vocabulary."""
    found = [
        (field.table, field.name, field.several)
        for field in (*FIELDS.values(), *PERSON_FIELDS.values())
        if field.vocabulary is vocabulary
    ]
    for collection in COLLECTIONS.values():
        found += [
            (collection.name, field.name, field.several)
            for field in collection.fields
            if field.vocabulary is vocabulary
        ]
    if vocabulary is NEEDS:
        found += [("organisation", "needs", True), ("organisation", "offers", True)]
    if vocabulary is MENTOR_EXPERTISE:
        found.append(("expertise", "code", False))
    return list(dict.fromkeys(found))


async def map_terms(name: str, code: str) -> int:
    """Let every profile that has `code` say what stands for it now; how many rows were touched. Idempotent.

    In batches of one transaction each; a change of an organisation's own fields is in its history.
    """
    await overlay.refresh()
    vocabulary = next(one for one in ALL if one.name == name)
    now = vocabulary.current(code)
    touched = 0
    for place in places_of(vocabulary):
        if place[0] == "organisation":
            touched += await _organisations(vocabulary, place, code, now)
        elif now != code:
            touched += await _rows(place, code, now)
    return touched


def _replaced(place: Place) -> str:
    """The column with the replacement in place of the code, each code once and in its order."""
    table, column, several = place
    if not several:
        return f"{column} = $2"
    return (
        f"{column} = ARRAY(SELECT code FROM unnest(array_replace({table}.{column}, $1, $2))"  # noqa: S608
        " WITH ORDINALITY AS one(code, place) GROUP BY code ORDER BY min(place))"
    )


def _has(place: Place) -> str:
    return f"{place[1]} @> ARRAY[$1]::text[]" if place[2] else f"{place[1]} = $1"


async def _rows(place: Place, code: str, now: str) -> int:
    table = place[0]
    if table == "expertise":
        beside = (
            " AND NOT EXISTS (SELECT FROM expertise b WHERE b.person = expertise.person AND b.code = $2"
            " AND b.ended_at IS NULL)"
        )
    else:
        beside = ""
    touched = 0
    while True:
        async with db.tx():
            count = await db.execute(
                f"UPDATE {table} SET {_replaced(place)} WHERE id IN"  # noqa: S608
                f" (SELECT id FROM {table} WHERE {_has(place)}{beside} LIMIT {AT_ONCE})",
                *(code, now),
            )
        touched += count
        if count < AT_ONCE:
            return touched


async def _organisations(vocabulary: Vocabulary, place: Place, code: str, now: str) -> int:
    """Organisations with the code, or with what stands for it: their text of the search has the words of today."""
    touched = 0
    after = UUID(int=0)
    wanted = list(dict.fromkeys([*vocabulary.family(now), code]))
    column = place[1]
    condition = f"o.{column} && $1::text[]" if place[2] else f"o.{column} = ANY($1::text[])"
    while True:
        async with db.tx():
            rows = await db.fetch(
                f"SELECT o.id, o.{column} AS value FROM organisation o WHERE {condition} AND o.id > $2"  # noqa: S608
                f" AND o.ended_at IS NULL ORDER BY o.id LIMIT {AT_ONCE} FOR UPDATE",
                *(wanted, after),
            )
            for row in rows:
                await _organisation(row, place, code, now)
            if rows:
                await db.execute(
                    "UPDATE organisation SET listing_version = $2 WHERE id = ANY($1::uuid[])",
                    *([row["id"] for row in rows], await next_version()),
                )
        touched += len(rows)
        if len(rows) < AT_ONCE:
            return touched
        after = rows[-1]["id"]


async def _organisation(row: Any, place: Place, code: str, now: str) -> None:
    before = row["value"]
    if code != now and (code in before if place[2] else code == before):
        after = await db.fetchval(
            f"UPDATE organisation SET {_replaced(place)} WHERE id = $3 RETURNING {place[1]}",  # noqa: S608
            *(code, now, row["id"]),
        )
        await history.record(row["id"], None, "mapped", {place[1]: (before, after)})
        await enqueue("connections.refresh", {"organisation_id": str(row["id"])})
    follows = derived(await profile_row(row["id"]))
    await db.execute("UPDATE organisation SET search_text = $2 WHERE id = $1", *(row["id"], follows["search_text"]))
