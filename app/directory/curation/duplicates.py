"""Profiles that may be one: found by shared keys, scored with reasons, decided by the department.

A job lays every organisation that changed under its keys (`names.keys_of`) and looks only at those that lie under the
same one, so that 100,000 organisations are not compared each with each. A key under which many lie says nothing.
"""

import asyncio
from typing import Any
from uuid import UUID

from app.core import db
from app.core.text import clean
from app.core.web import Actor
from app.directory.curation.deciding import AlreadyDecided
from app.directory.curation.domains import host_of, is_shared
from app.directory.curation.names import code_of, core_of, keys_of
from app.directory.curation.standing import Row
from app.directory.vocabulary import words

AT_ONCE = 40_000
"""Organisations that are laid under their keys and compared in one transaction: each turn reads every shared key."""
IN_MEMORY = 5_000
PATIENCE = 120
"""Seconds for comparing a whole turn on a machine that has much else to do."""
MANY = 2_000
"""After so many new rows the planner has to know of them before it compares."""
MOST_UNDER_A_KEY = 25
LEAST_SCORE = 0.5
PAGE = 25

_CHANGED = """
    SELECT o.id, o.number, o.name, o.name_en, o.enterprise_code, o.domain, o.listing_version
    FROM organisation o LEFT JOIN duplicate_trait t ON t.organisation = o.id
    WHERE o.ended_at IS NULL AND (t.organisation IS NULL OR t.listing_version < o.listing_version) AND o.number > $2
    ORDER BY o.number LIMIT $1
"""

_PAIRS = f"""
    WITH mine AS MATERIALIZED (SELECT organisation, key FROM duplicate_key WHERE organisation = ANY($1::uuid[])),
    shared AS MATERIALIZED (
        SELECT k.key FROM duplicate_key k WHERE k.key IN (SELECT key FROM mine)
        GROUP BY k.key HAVING count(*) BETWEEN 2 AND {MOST_UNDER_A_KEY}
    ), met AS (
        SELECT least(m.organisation, k.organisation) AS first, greatest(m.organisation, k.organisation) AS second,
            array_agg(DISTINCT left(m.key, 1)) AS by
        FROM mine m JOIN shared s ON s.key = m.key
        JOIN duplicate_key k ON k.key = m.key AND k.organisation <> m.organisation
        GROUP BY 1, 2
    ), compared AS MATERIALIZED (
        SELECT met.first, met.second, met.by && ARRAY['n', 's'] AS named, 'h' = ANY(met.by) AS domain,
            'i' = ANY(met.by) AS initials,
            CASE WHEN met.by && ARRAY['n', 's'] THEN 1
                ELSE greatest(similarity(ta.compact, tb.compact), similarity(ta.core, tb.core)) END AS likeness,
            a.enterprise_code <> '' AND a.enterprise_code = b.enterprise_code AS code,
            'c' = ANY(met.by) AND a.enterprise_code <> b.enterprise_code AS branch,
            a.province_code = b.province_code AS province, a.sectors && b.sectors AS sector,
            a.enterprise_code <> '' AND b.enterprise_code <> ''
                AND left(a.enterprise_code, 10) <> left(b.enterprise_code, 10) AS other_code,
            a.domain <> '' AND b.domain <> '' AND a.domain <> b.domain AS other_domain,
            coalesce(a.country <> b.country, false) AS other_country
        FROM met JOIN organisation a ON a.id = met.first AND a.ended_at IS NULL
        JOIN organisation b ON b.id = met.second AND b.ended_at IS NULL
        JOIN duplicate_trait ta ON ta.organisation = a.id JOIN duplicate_trait tb ON tb.organisation = b.id
    ), scored AS (
        SELECT first, second, (1 - (1 - CASE WHEN code THEN 0.95 WHEN branch THEN 0.6 ELSE 0 END)
            * (1 - CASE WHEN domain THEN 0.7 ELSE 0 END)
            * (1 - CASE WHEN named THEN 0.7 WHEN likeness >= 0.5 THEN 0.3 + (likeness - 0.5) * 0.8 ELSE 0 END)
            * (1 - CASE WHEN initials AND NOT named THEN 0.15 ELSE 0 END)
            * (1 - CASE WHEN province THEN 0.2 ELSE 0 END) * (1 - CASE WHEN sector THEN 0.1 ELSE 0 END))
            * CASE WHEN other_code THEN 0.35 ELSE 1 END * CASE WHEN other_domain THEN 0.8 ELSE 1 END
            * CASE WHEN other_country THEN 0.4 ELSE 1 END AS score,
            array_remove(ARRAY[CASE WHEN code THEN 'code' WHEN branch THEN 'branch' END,
                CASE WHEN domain THEN 'domain' END,
                CASE WHEN named THEN 'name' WHEN likeness >= 0.5 THEN 'similar' END,
                CASE WHEN initials AND NOT named THEN 'initials' END, CASE WHEN province THEN 'province' END,
                CASE WHEN sector THEN 'sector' END, CASE WHEN other_code THEN 'other_code' END,
                CASE WHEN other_domain THEN 'other_domain' END, CASE WHEN other_country THEN 'other_country' END
            ], NULL) AS reasons
        FROM compared WHERE code OR branch OR domain OR named OR likeness >= 0.5
    )
    INSERT INTO duplicate_pair (id, first, second, score, reasons, state, found_at)
    SELECT gen_random_uuid(), first, second, score, reasons, 'found', now() FROM scored WHERE score >= {LEAST_SCORE}
    ON CONFLICT (first, second) DO UPDATE SET score = excluded.score, reasons = excluded.reasons, state = 'found'
        WHERE duplicate_pair.state IN ('found', 'gone')
"""  # noqa: S608  constants only
"""Weights are of evidence, combined as chances that all of it is mere accident; what speaks against it divides."""


async def look_for_duplicates(most: int | None = None) -> int:
    """Look at every organisation that changed since it was last looked at; how many those were. Idempotent.

    In turns of one transaction each: a worker that is killed goes on where it stopped. Decisions of the department
    stay: a pair that is different is not found again.
    """
    looked_at = 0
    async with db.tx():
        await db.execute(
            "DELETE FROM duplicate_key k USING organisation o WHERE o.id = k.organisation AND o.ended_at IS NOT NULL"
        )
        await db.execute(
            "DELETE FROM duplicate_trait t USING organisation o WHERE o.id = t.organisation AND o.ended_at IS NOT NULL"
        )
        await db.execute(
            "UPDATE duplicate_pair p SET state = 'gone' FROM organisation o WHERE o.id IN (p.first, p.second)"
            " AND o.ended_at IS NOT NULL AND p.state = 'found'"
        )
    while most is None or looked_at < most:
        wanted = AT_ONCE if most is None else min(AT_ONCE, most - looked_at)
        async with db.tx(statement_timeout=f"{PATIENCE}s"):
            found = await _look_at(wanted)
        looked_at += found
        if found < wanted:
            break
    return looked_at


async def _look_at(most: int) -> int:
    """Lay the next that changed under their keys, all of them, and then compare once; how many those were."""
    changed: list[UUID] = []
    after = -1
    while len(changed) < most:
        wanted = min(IN_MEMORY, most - len(changed))
        rows = await db.fetch(_CHANGED, wanted, after)
        if rows:
            await _lay_under_keys(rows)
            changed += [row["id"] for row in rows]
            after = rows[-1]["number"]
        if len(rows) < wanted:
            break
    if not changed:
        return 0
    if len(changed) > MANY:
        await db.execute("ANALYZE duplicate_key, duplicate_trait")
        await db.execute("SET LOCAL work_mem = '64MB'")
    for side in ("first", "second"):
        await db.execute(
            f"UPDATE duplicate_pair SET state = 'gone' WHERE state = 'found' AND {side} = ANY($1::uuid[])",  # noqa: S608  ours
            changed,
        )
    async with db.connection() as con:
        await con.execute(_PAIRS, changed, timeout=PATIENCE)
    return len(changed)


async def _lay_under_keys(rows: list[Any]) -> None:
    ids = [row["id"] for row in rows]
    await db.execute("DELETE FROM duplicate_key WHERE organisation = ANY($1::uuid[])", ids)
    await db.execute("DELETE FROM duplicate_trait WHERE organisation = ANY($1::uuid[])", ids)
    keys, traits = await asyncio.to_thread(_keys_and_traits, rows)
    async with db.connection() as con:
        await con.copy_records_to_table("duplicate_key", records=keys, columns=("organisation", "key"))
        await con.copy_records_to_table(
            "duplicate_trait", records=traits, columns=("organisation", "core", "compact", "listing_version")
        )


def _keys_and_traits(rows: list[Any]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    keys: list[tuple[Any, ...]] = []
    traits: list[tuple[Any, ...]] = []
    for row in rows:
        core = core_of(row["name"])
        traits.append((row["id"], " ".join(sorted(core.split())), core.replace(" ", ""), row["listing_version"]))
        keys += [(row["id"], key) for key in keys_of(row)]
    return keys, traits


# --- the queue ------------------------------------------------------------------------------------------------

_SIDE = "{0}.name AS {1}_name, {0}.slug AS {1}_slug, {0}.kinds AS {1}_kinds, {0}.source AS {1}_source,"
_SIDE += " {0}.province_code AS {1}_province, {0}.country AS {1}_country, {0}.city AS {1}_city, {0}.state AS {1}_state,"
_SIDE += " {0}.region AS {1}_region, {0}.ward_code AS {1}_ward, {0}.website AS {1}_website, {0}.links AS {1}_links,"
_SIDE += " EXISTS (SELECT FROM membership m WHERE m.organisation = {0}.id AND m.ended_at IS NULL) AS {1}_owned,"
_SIDE += " {0}.enterprise_code AS {1}_code"

_QUEUE = f"""
    SELECT p.id, p.first, p.second, p.score, p.reasons, p.state, p.found_at, p.decided_at, p.words,
        d.name AS decided_by,
        {_SIDE.format("a", "first")}, {_SIDE.format("b", "second")}
    FROM duplicate_pair p JOIN organisation a ON a.id = p.first JOIN organisation b ON b.id = p.second
    LEFT JOIN person d ON d.id = p.decided_by
"""  # noqa: S608  constants only


async def pairs_queue(shown: str, offset: int = 0, q: str = "") -> list[Row]:
    """A page of pairs in one query, the surest first; one more than a page."""
    states = {"found": ["found"], "different": ["different"], "merged": ["merged"]}[shown]
    order = "p.score DESC, p.id" if shown == "found" else "p.decided_at DESC, p.id"
    rows = await db.fetch(
        f"{_QUEUE} WHERE p.state = ANY($1) AND (a.name_folded LIKE $3 OR b.name_folded LIKE $3)"
        f" ORDER BY {order} LIMIT {PAGE + 1} OFFSET $2",
        *(states, offset, f"%{words(q)}%"),
    )
    return [dict(row) for row in rows]


async def say_different(actor: Actor, pairs: list[UUID], words: str = "") -> int:
    """These are not duplicates: they are not shown again. Idempotent; how many were decided now.

    Raises AlreadyDecided when none of them is open any more, NotAllowed.
    """
    actor.require("moderator")
    async with db.tx():
        decided = await db.execute(
            "UPDATE duplicate_pair SET state = 'different', decided_at = now(), decided_by = $2, words = $3"
            " WHERE id = ANY($1::uuid[]) AND state IN ('found', 'gone')",
            *(pairs, actor.person_id, clean(words)),
        )
    if pairs and not decided:
        raise AlreadyDecided
    return decided


async def look_again(actor: Actor, pair: UUID) -> None:
    """Put a pair that was called different back into the queue. Idempotent. Raises NotAllowed."""
    actor.require("moderator")
    async with db.tx():
        await db.execute(
            "UPDATE duplicate_pair SET state = 'found', decided_at = NULL, decided_by = NULL WHERE id = $1"
            " AND state = 'different'",
            pair,
        )


# --- while typing ---------------------------------------------------------------------------------------------

MOST_LIKELY = 5
_CARD = """o.id, o.slug, o.name, o.kinds, o.country, o.state, o.region, o.city, o.province_code, o.ward_code, o.website,
    o.enterprise_code, o.domain, o.name_folded"""

_LIKELY = f"""
    WITH met AS (
        SELECT id AS found, 1.0 AS likeness FROM organisation WHERE name_folded = $1 AND ended_at IS NULL
        UNION ALL SELECT id, 1.2 FROM organisation WHERE domain = $2 AND $2 <> '' AND ended_at IS NULL
        UNION ALL SELECT id, 1.5 FROM organisation
            WHERE enterprise_code LIKE $3 || '%' AND $3 <> '' AND ended_at IS NULL
        UNION ALL (SELECT organisation, 0.9 FROM duplicate_key WHERE key = ANY($4) LIMIT 20)
        UNION ALL SELECT found, likeness FROM curation_alike($5, 10) WHERE $5 <> ''
    ), best AS (SELECT found, max(likeness) AS likeness FROM met GROUP BY found ORDER BY 2 DESC LIMIT {MOST_LIKELY})
    SELECT {_CARD}, best.likeness FROM best JOIN organisation o ON o.id = best.found
    WHERE o.ended_at IS NULL AND o.hidden_at IS NULL ORDER BY best.likeness DESC, o.number
"""  # noqa: S608  constants only


async def likely(name: str, *, website: str = "", enterprise_code: str = "") -> list[Row]:
    """Organisations of the directory that somebody may be about to enter once more, the surest first; one query."""
    folded, host = words(name), host_of(website)
    compact = core_of(name).replace(" ", "") if folded else ""
    keys = [key for key in keys_of({"name": name}) if key[0] in "ns"] if len(compact) > 2 else []
    rows = await db.fetch(
        _LIKELY,
        *(folded, "" if is_shared(host) else host, code_of(enterprise_code), keys, compact if len(compact) > 3 else ""),
    )
    return [dict(row) for row in rows]
