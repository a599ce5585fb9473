"""Writing of many organisations at once: the same number of statements for one row as for two hundred."""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from app.core import db
from app.core.clock import now
from app.core.outbox import nudge
from app.core.text import slugify
from app.directory.fields import DETAIL_TABLES, FIELDS
from app.directory.fields.values import domain_of
from app.directory.importing.stored import Row, columns_of, to_json
from app.directory.listing import next_version
from app.directory.profiles import RESERVED_SLUGS
from app.directory.search_text import name_folded, search_text

REFRESH_SECONDS = 0.05
"""What the refreshing of one organisation's suggestions takes a worker, at most."""

_SLUG_TRIES = 12
_FOLLOWING = ("name_folded", "search_text", "domain", "raising_since")
_NEW = ("id", "slug", "source", *_FOLLOWING)


def _json(rows: Iterable[Row]) -> str:
    return json.dumps([{name: to_json(value) for name, value in row.items()} for row in rows], ensure_ascii=False)


def _following(row: Row) -> Row:
    """The columns that follow from the fields."""
    return {
        "name_folded": name_folded(row["name"]),
        "search_text": search_text(row),
        "domain": domain_of(row["website"]),
    }


async def insert_organisations(rows: Sequence[Row], source: str) -> None:
    """Rows with `id`, `slug` and every field; their details too."""
    if not rows:
        return
    columns = columns_of("organisation")
    names = ", ".join([*columns, *_NEW])
    today = now().date()
    full = [
        {**row, "source": source, "raising_since": today if row["raising_round"] else None, **_following(row)}
        for row in rows
    ]
    await db.execute(
        f"INSERT INTO organisation ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::organisation, $1)",  # noqa: S608
        _json({name: row[name] for name in (*columns, *_NEW)} for row in full),
    )
    await _write_details(rows)


async def update_organisations(rows: Sequence[Row], changed: Sequence[set[str]]) -> None:
    """Locked rows as they are from now on, each with the names of the fields that changed. Their versions rise."""
    if not rows:
        return
    names = [*columns_of("organisation"), *_FOLLOWING]
    sets = ", ".join(f"{name} = new.{name}" for name in names)
    full = []
    for row, fields in zip(rows, changed, strict=True):
        since = row["raising_since"]
        if fields & {"raising_round", "raising_amount"}:
            since = now().date() if row["raising_round"] else None
        full.append({**row, **_following(row), "raising_since": since})
    await db.execute(
        f"UPDATE organisation o SET {sets}, version = o.version + 1, updated_at = now()"  # noqa: S608
        " FROM jsonb_populate_recordset(NULL::organisation, $1) new WHERE o.id = new.id",
        _json({name: row[name] for name in ("id", *names)} for row in full),
    )
    detailed = {name for table in DETAIL_TABLES for name in columns_of(table)}
    await _write_details([row for row, fields in zip(rows, changed, strict=True) if fields & detailed])


async def _write_details(rows: Sequence[Row]) -> None:
    """What only some kinds have: a row of details exists from the first value that somebody gives."""
    for table in DETAIL_TABLES:
        columns = columns_of(table)
        filled = [row for row in rows if any(row[name] != FIELDS[name].empty for name in columns)]
        if not filled:
            continue
        names = ", ".join(columns)
        sets = ", ".join(f"{name} = excluded.{name}" for name in columns)
        await db.execute(
            f"INSERT INTO {table} (id, organisation, {names})"  # noqa: S608
            f" SELECT gen_random_uuid(), organisation, {names} FROM jsonb_populate_recordset(NULL::{table}, $1)"
            f" ON CONFLICT (organisation) DO UPDATE SET {sets}",
            _json({"organisation": row["id"], **{name: row[name] for name in columns}} for row in filled),
        )


async def add_needs(added: Sequence[tuple[UUID, str, str]]) -> None:
    """Needs and offers by organisation, direction and code, at the end of each list."""
    if added:
        await db.execute(
            "INSERT INTO need_offer (id, organisation, direction, code, position, created_at, updated_at)"
            " SELECT gen_random_uuid(), organisation, direction, code, 100 + place, now(), now()"
            " FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY"
            " AS given(organisation, direction, code, place)"
            " WHERE NOT EXISTS (SELECT FROM need_offer n WHERE n.organisation = given.organisation"
            " AND n.direction = given.direction AND n.code = given.code AND n.ended_at IS NULL)",
            *(list(column) for column in zip(*added, strict=True)),
        )


async def end_needs(ended: Sequence[tuple[UUID, str, str]], reason: str) -> None:
    if ended:
        await db.execute(
            "UPDATE need_offer n SET ended_at = now(), ended_reason = $4"
            " FROM unnest($1::uuid[], $2::text[], $3::text[]) AS given(organisation, direction, code)"
            " WHERE n.organisation = given.organisation AND n.direction = given.direction AND n.code = given.code"
            " AND n.ended_at IS NULL",
            *(list(column) for column in zip(*ended, strict=True)),
            reason,
        )


async def note_source(said: Sequence[tuple[UUID, str]], person: UUID | None, source: str) -> None:
    """Who said each of these fields, from now on; what somebody checked before was another value."""
    if said:
        await db.execute(
            "INSERT INTO field_note (organisation, field, source, said_at, said_by)"
            " SELECT organisation, field, $4, now(), $3"
            " FROM unnest($1::uuid[], $2::text[]) AS given(organisation, field)"
            " ON CONFLICT (organisation, field) WHERE organisation IS NOT NULL DO UPDATE SET source = excluded.source,"
            " said_at = excluded.said_at, said_by = excluded.said_by, verified_level = 0, verified_at = NULL,"
            " verified_by = NULL, verified_how = '', confirm_due_on = NULL",
            [organisation for organisation, _field in said],
            [field for _organisation, field in said],
            person,
            source,
        )


async def mark_originals(rows: Sequence[tuple[Row, Iterable[str]]]) -> None:
    """Of rows as they are now with the names of fields that changed: a text in one language only is the original."""
    found = []
    for row, changed in rows:
        for stem in {FIELDS[name].pair for name in changed if name in FIELDS and FIELDS[name].pair}:
            halves = [half for half in ("vi", "en") if row.get(f"{stem}_{half}")]
            if len(halves) == 1:
                found.append((row["id"], stem, halves[0]))
    if found:
        await db.execute(
            "UPDATE field_note n SET is_source = (n.field = given.stem || '_' || given.half)"
            " FROM unnest($1::uuid[], $2::text[], $3::text[]) AS given(organisation, stem, half)"
            " WHERE n.organisation = given.organisation AND n.field IN (given.stem || '_vi', given.stem || '_en')",
            *(list(column) for column in zip(*found, strict=True)),
        )


History = tuple[Any, ...]
"""Organisation, act, field, before, after, version afterwards; of an entry of a list also its number."""


async def record(person: UUID | None, rows: Sequence[History]) -> None:
    """History of many organisations, in one statement."""
    if rows:
        await db.execute(
            "INSERT INTO organisation_change (organisation, person, act, field, before, after, version, row,"
            " at) SELECT organisation, $2, act, field, before, after, version, row, now()"
            " FROM jsonb_to_recordset($1) AS given(organisation uuid, act text, field text, before jsonb, after jsonb,"
            " version integer, row uuid)",
            _json(
                dict(zip(("organisation", "act", "field", "before", "after", "version", "row"), row, strict=False))
                for row in rows
            ),
            person,
        )


async def tell(organisations: Sequence[UUID], before: int = 0) -> None:
    """Let the list, the counts and the suggestions know; last in a transaction, for it locks the list's version.

    `before`: how many of the same import went before. Refreshing is spread over time, so that somebody's mail does
    not wait behind ten thousand suggestions.
    """
    if organisations:
        await db.execute(
            "INSERT INTO outbox (topic, payload, available_at)"
            " SELECT 'connections.refresh', jsonb_build_object('organisation_id', given.organisation),"
            " now() + make_interval(secs => ($2 + given.place - 1) * $3::float8)"
            " FROM unnest($1::uuid[]) WITH ORDINALITY AS given(organisation, place)",
            *(list(organisations), before, REFRESH_SECONDS),
        )
        db.after_commit(nudge)
        await db.execute(
            "UPDATE organisation SET listing_version = $2 WHERE id = ANY($1)", list(organisations), await next_version()
        )


async def free_slugs(named: Sequence[tuple[UUID, str]]) -> dict[UUID, str]:
    """Addresses for new organisations that none has or had. One transaction at a time hands out addresses."""
    if not named:
        return {}
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('organisation.slug'))")
    wanted = {organisation: slugify(name, fallback="to-chuc") for organisation, name in named}
    tries = [_numbered(slug, n) for slug in set(wanted.values()) for n in range(1, _SLUG_TRIES)]
    taken = {
        row["slug"]
        for row in await db.fetch(
            "SELECT slug FROM organisation WHERE slug = ANY($1)"
            " UNION ALL SELECT slug FROM organisation_former_slug WHERE slug = ANY($1)",
            tries,
        )
    } | RESERVED_SLUGS
    found: dict[UUID, str] = {}
    for organisation, slug in wanted.items():
        free = (text for n in range(1, _SLUG_TRIES) if (text := _numbered(slug, n)) not in taken)
        # a name that a dozen share gets a part of its id, which nobody else has
        found[organisation] = next(free, f"{slug}-{organisation.hex[-8:]}")
        taken.add(found[organisation])
    return found


def _numbered(slug: str, n: int) -> str:
    return slug if n == 1 else f"{slug}-{n}"


def blank() -> Row:
    """An organisation of which nothing is said."""
    return {
        **{field.name: field.empty for field in FIELDS.values() if field.type != "file"},
        "needs": [],
        "offers": [],
        "founded_precision": None,
        "status": "active",
    }
