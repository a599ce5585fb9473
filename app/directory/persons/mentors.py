"""The list of mentors and experts: a page of it, its total, the counts beside its filters; and what the engine reads.

Each reader asks the columns of their own tier, so nothing can be found by what one may not see.
"""

import base64
import binascii
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.directory.fields import PERSON_FIELDS, Tier
from app.directory.persons.access import COLUMNS, CONSENTED, JOINS, LISTED, Row, row_of
from app.directory.persons.asking import FACETS, Asked, label_of
from app.directory.seeing import EVERYBODY, THE_ENGINE, Viewer, shown_person, tier_of
from app.directory.vocabulary.terms import words
from app.people.rights.consent import consented

PAGE = 24
MOST_WORDS = 8


class Option(msgspec.Struct, frozen=True):
    """One value of a filter and how many it leaves."""

    value: str
    label: str
    count: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the list. `rows` are cut to what the reader may see; `expertise` is theirs, best known first."""

    rows: list[Row]
    total: int
    facets: dict[str, list[Option]]
    next_cursor: str | None


async def find(asked: Asked, viewer: Viewer, *, limit: int = PAGE) -> Found:
    """The page of this state, its total and the counts. Two queries."""
    where, arguments = _where(asked, viewer)
    rows, cursor = await _page(asked, viewer, where, list(arguments), limit)
    total, counts = await _counts(asked, viewer, where, list(arguments))
    return Found(rows=rows, total=total, facets=_options(asked, counts), next_cursor=cursor)


def _column(viewer: Viewer) -> int:
    return int(Tier.VERIFIED if viewer.staff else min(viewer.tier, Tier.VERIFIED))


def _where(asked: Asked, viewer: Viewer) -> tuple[dict[str, str], list[object]]:
    """A condition per facet, and the words' under "q"."""
    tier = _column(viewer)
    where: dict[str, str] = {}
    arguments: list[object] = []
    for facet, values in asked.chosen:
        arguments.append([f"{facet}:{value}" for value in values])
        where[facet] = f"l.tokens_{tier} && ${len(arguments)}::text[]"
    parts = []
    for word in words(asked.q).split()[:MOST_WORDS]:
        arguments.append(f"% {word}%")
        parts.append(f"' ' || l.text_{tier} LIKE ${len(arguments)}")
    if parts:
        where["q"] = " AND ".join(parts)
    elif asked.q:
        where["q"] = "false"
    return where, arguments


def _all(where: dict[str, str], but: str = "") -> str:
    return " AND ".join(f"({condition})" for facet, condition in where.items() if facet != but) or "true"


async def _page(
    asked: Asked, viewer: Viewer, where: dict[str, str], arguments: list[object], limit: int
) -> tuple[list[Row], str | None]:
    condition = _all(where)
    key = _unpack(asked.cursor)
    if key:
        arguments += key
        n = len(arguments)
        condition += f" AND (l.place, l.name_folded, l.person) > (${n - 2}, ${n - 1}, ${n}::uuid)"
    rows = await db.fetch(
        f"""
        WITH page AS (SELECT l.person, l.place, l.name_folded FROM mentor_listing l WHERE {condition}
            ORDER BY l.place, l.name_folded, l.person LIMIT {limit + 1})
        SELECT {COLUMNS}, page.place AS list_place, ARRAY(SELECT e.code FROM expertise e WHERE e.person = pp.person
            AND e.ended_at IS NULL ORDER BY array_position(ARRAY['hands_on', 'managed', 'advised'], e.level),
            e.years DESC NULLS LAST, e.position) AS expertise
        FROM page JOIN {JOINS.replace("person_profile pp", "person_profile pp ON pp.person = page.person", 1)}
        WHERE {CONSENTED} ORDER BY page.place, page.name_folded, page.person
        """,  # noqa: S608  constants and numbered arguments
        *arguments,
    )
    cursor = None
    if len(rows) > limit:
        last = rows[limit - 1]
        cursor = _pack([last["list_place"], last["name_folded"], str(last["person"])])
    return [shown_person(row_of(row), viewer) for row in rows[:limit]], cursor


async def _counts(
    asked: Asked, viewer: Viewer, where: dict[str, str], arguments: list[object]
) -> tuple[int, dict[str, int]]:
    """How many there are, and how many each value would leave: a chosen facet is counted without itself."""
    tokens = f"tokens_{_column(viewer)}"
    chosen = [facet for facet, _values in asked.chosen]
    prefixes = "".join(f" AND token NOT LIKE '{facet}:%'" for facet in chosen)
    parts = [
        f"SELECT '' AS token, count(*) AS n FROM mentor_listing l WHERE {_all(where)}",  # noqa: S608
        f"SELECT token, count(*) FROM mentor_listing l, unnest(l.{tokens}) token WHERE {_all(where)}{prefixes}"  # noqa: S608
        " GROUP BY token",
    ]
    parts += [
        f"SELECT token, count(*) FROM mentor_listing l, unnest(l.{tokens}) token WHERE {_all(where, facet)}"  # noqa: S608
        f" AND token LIKE '{facet}:%' GROUP BY token"
        for facet in chosen
    ]
    used = arguments if where else []
    rows = await db.fetch(" UNION ALL ".join(parts), *used)
    found = {row["token"]: row["n"] for row in rows}
    return found.pop("", 0), found


def _options(asked: Asked, counts: dict[str, int]) -> dict[str, list[Option]]:
    """Each facet's values with their counts, the chosen and the most frequent first."""
    found: dict[str, list[Option]] = {}
    for facet in FACETS:
        chosen = asked.values(facet)
        values = {token.partition(":")[2]: n for token, n in counts.items() if token.startswith(f"{facet}:")}
        values |= {value: values.get(value, 0) for value in chosen}
        options = [Option(value, label_of(facet, value), n) for value, n in values.items()]
        options.sort(key=lambda option: (option.value not in chosen, -option.count, option.label))
        found[facet] = options
    return found


def _pack(key: list[object]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def _unpack(cursor: str) -> list[object]:
    """What a cursor of ours holds; nothing for anything else."""
    try:
        place, name, person = msgspec.convert(
            msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))), tuple[int, str, UUID]
        )
    except (binascii.Error, msgspec.DecodeError, msgspec.ValidationError, ValueError):
        return []
    return [] if not 0 <= place < 100 or "\x00" in name else [place, name, person]


# --- for the engine -----------------------------------------------------------------------------------------------


class MentorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A mentor as the engine weighs them: plain values, only what the engine may weigh (see `seeing`).

    `capacity`: places left, None where nobody named a number. `never_with`: organisations they belong to, or named as a
    conflict; a hard limit. `public`: the fields that everybody may see, the only ones that reasons may name.
    """

    person: UUID
    slug: str
    name: str
    roles: tuple[str, ...]
    help_kinds: tuple[str, ...]
    sectors: tuple[str, ...]
    stages: tuple[str, ...]
    markets: tuple[str, ...]
    languages: tuple[str, ...]
    expertise: tuple[tuple[str, str, int | None], ...]
    country: str | None
    province_code: str | None
    mode: str | None
    fee_policy: str | None
    capacity: int | None
    vetted: bool
    text_vi: str
    text_en: str
    never_with: frozenset[UUID]
    public: frozenset[str]
    sample: bool


_FACTS = f"""
    SELECT {COLUMNS}, known.expertise, known.levels, known.years, coalesce(kept.apart, '{{}}') AS never
    FROM {JOINS}
    LEFT JOIN (SELECT person, array_agg(code ORDER BY position, id) AS expertise,
            array_agg(level ORDER BY position, id) AS levels, array_agg(years ORDER BY position, id) AS years
        FROM expertise WHERE ended_at IS NULL GROUP BY person) known ON known.person = pp.person
    LEFT JOIN (SELECT person, array_agg(DISTINCT organisation) AS apart FROM (
            SELECT person, organisation FROM conflict_of_interest WHERE ended_at IS NULL
            UNION ALL SELECT person, organisation FROM membership WHERE ended_at IS NULL) both_ways
        GROUP BY person) kept ON kept.person = pp.person
"""  # noqa: S608  constants only
_FOR_ENGINE = f"""{_FACTS}
    WHERE {LISTED} AND {consented("pp.person", "suggestions")} AND r.paused_at IS NULL
        AND r.conduct_accepted_at IS NOT NULL AND cardinality(r.roles) > 0
        AND (r.mentees_most IS NULL OR coalesce(r.mentees_now, 0) < r.mentees_most OR pp.person = $1)
    ORDER BY pp.person
"""


async def mentors_for_engine(also: UUID | None = None) -> list[MentorFacts]:
    """Everybody who may be suggested now: listed, agreed to suggestions, not paused, with room left. One query.

    `also`: somebody who may have no room left, for who looks back at a list.
    """
    return [_facts(row_of(found)) for found in await db.fetch(_FOR_ENGINE, also)]


async def facts_of(person: UUID) -> MentorFacts | None:
    """Somebody as the engine would weigh them, also while they may not be suggested: for themselves. One query."""
    found = await db.fetchrow(f"{_FACTS} WHERE pp.person = $1", person)
    return _facts(row_of(found)) if found is not None else None


def _facts(row: Row) -> MentorFacts:
    shown = shown_person(row, THE_ENGINE)
    most = row["mentees_most"]
    lists = {name: tuple(shown[name]) for name in _LISTS}
    single = {name: shown[name] for name in _SINGLE}
    facts: dict[str, Any] = {**lists, **single}
    return MentorFacts(
        **facts,
        person=row["person"],
        expertise=tuple(zip(row["expertise"] or (), row["levels"] or (), row["years"] or (), strict=True)),
        capacity=None if most is None else most - (row["mentees_now"] or 0),
        vetted=row["vetted_at"] is not None,
        text_vi=" ".join(text for text in (shown["headline_vi"], shown["bio_vi"]) if text),
        text_en=" ".join(text for text in (shown["headline_en"], shown["bio_en"]) if text),
        never_with=frozenset(row["never"]),
        public=_public(row["tiers"]) if row["tiers"] else _usually_public(),
    )


def _public(tiers: Mapping[str, int]) -> frozenset[str]:
    return frozenset(name for name, field in PERSON_FIELDS.items() if EVERYBODY.sees(tier_of(field, tiers)))


@cache
def _usually_public() -> frozenset[str]:
    """Of who chose nothing: the same for nearly everybody, and asked for hundreds at once."""
    return _public({})


_LISTS = ("roles", "help_kinds", "sectors", "stages", "markets", "languages")
_SINGLE = ("slug", "name", "country", "province_code", "mode", "fee_policy", "sample")
