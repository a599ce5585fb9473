"""Rows of one file that are about the same organisation: the first counts, the others are faults that name it.

What was seen lies in a table, so that a file of any length takes the same memory.
"""

import hashlib
from uuid import UUID

from app.core import db
from app.directory.importing.judging import Judged
from app.directory.importing.recognising import compatible


async def repeated(run: UUID, judged: list[Judged]) -> dict[int, int]:
    """The rows that repeat an earlier one, by number: the number of that one. Notes the others. Two statements."""
    named = {one.number: _digests(one) for one in judged if one.fate != "faulty"}
    seen: dict[int, list[tuple[int, str]]] = {}
    asked = [key for keys in named.values() for key, _place in keys]
    for row in await db.fetch("SELECT key, number, place FROM import_key WHERE run = $1 AND key = ANY($2)", run, asked):
        seen.setdefault(row["key"], []).append((row["number"], row["place"]))
    found: dict[int, int] = {}
    fresh: list[tuple[int, int, str]] = []
    for number, keys in named.items():
        first = next(
            (before for key, place in keys for before, other in seen.get(key, ()) if compatible(place, other)), None
        )
        if first is not None:
            found[number] = first
            continue
        for key, place in keys:
            seen.setdefault(key, []).append((number, place))
            fresh.append((key, number, place))
    await db.execute(
        "INSERT INTO import_key (run, key, number, place)"
        " SELECT $1, key, number, place FROM unnest($2::bigint[], $3::int[], $4::text[]) AS given(key, number, place)",
        run,
        *([row[column] for row in fresh] for column in range(3)),
    )
    return found


def _digests(one: Judged) -> list[tuple[int, str]]:
    """By what the row names its organisation, as numbers; names go with their place."""
    if one.same:
        return [(_digest(text), "") for text in one.same]
    keys = one.keys
    # of a possible duplicate a person says who it is
    named = keys.name and not keys.code and one.fate != "possible"
    found = [(f"name {keys.name}", keys.place)] if named else []
    found += [(f"{kind} {text}", "") for kind, text in (
        ("code", keys.code), ("profile", keys.profile), ("external", keys.external),
        ("organisation", str(one.organisation or "") if one.known.certain else ""),
    ) if text]  # fmt: skip
    return [(_digest(text), place) for text, place in found]


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)
