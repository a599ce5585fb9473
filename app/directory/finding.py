"""One page of any state of the directory, its total, and the counts beside the facets. What words find is in `hits`."""

import base64
import binascii
from datetime import datetime
from typing import Any

import msgspec

from app.core import db
from app.directory.asking import FACETS, Asked, label_of
from app.directory.credentials.badges import HELD
from app.directory.facets import FacetSets, facet_sets, kept
from app.directory.hits import CARD, PAGE, Hits, hits_of
from app.directory.listing import current_version
from app.directory.places import VIETNAM
from app.directory.vocabulary import words

Row = dict[str, Any]


class Option(msgspec.Struct, frozen=True):
    value: str
    label: str
    count: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the directory."""

    version: int
    """The state of the list that is shown."""
    rows: list[Row]
    total: int
    facets: dict[str, list[Option]]
    next_cursor: str | None
    alike: bool
    corrected: str


async def find(asked: Asked, *, limit: int = PAGE, facets: bool = True) -> Found:
    """The page of this state, its total, and the counts beside the facets.

    The first page of a search is one query, two with filters; where a word was mistyped, two more. Any page of the
    list without words is one query.
    """
    hits: Hits | None = None
    if words(asked.q):
        hits = await hits_of(asked.q)
        sets = await facet_sets(hits.version)
        version, matching = hits.version, sets.matching(asked, hits=hits.members)
        rows, cursor = await _page_of_hits(asked, hits, matching, limit)
    elif asked.q:
        version = await current_version()
        sets, hits = await facet_sets(version), Hits(version, [], 0, {})
        rows, cursor, matching = [], None, 0
    else:
        version, rows, cursor = await _page_in_order(asked, limit)
        sets = await facet_sets(version)
        matching = sets.matching(asked)
    return Found(
        version=version,
        rows=rows,
        total=matching.bit_count(),
        facets=_options(asked, sets, hits.members if hits else None) if facets else {},
        next_cursor=cursor,
        alike=bool(hits and hits.alike),
        corrected=hits.corrected if hits else "",
    )


async def members_of(asked: Asked) -> tuple[FacetSets, int | None]:
    """The sets of the list as it is, and the set of what the words find; None without words."""
    if not asked.q:
        return await facet_sets(await current_version()), None
    if not words(asked.q):
        return await facet_sets(await current_version()), 0
    hits = await hits_of(asked.q)
    return await facet_sets(hits.version), hits.members


def _options(asked: Asked, sets: FacetSets, members: int | None) -> dict[str, list[Option]]:
    """Each facet's values with their counts, the chosen and the most frequent first."""
    found: dict[str, list[Option]] = {}
    for facet in FACETS:
        counted = sets.counts(asked, facet, hits=members)
        chosen = asked.values(facet)
        options = [Option(code, label_of(facet, code), count) for code, count in counted.items()]
        options.sort(key=lambda option: (option.value not in chosen, -option.count, option.label))
        found[facet] = options
    return found


# --- pages ----------------------------------------------------------------------------------------------------


async def _page_of_hits(asked: Asked, hits: Hits, matching: int, limit: int) -> tuple[list[Row], str | None]:
    """By relevance: after the hit that the cursor names, wherever it stands now."""
    fitting = kept(hits.numbers, matching) if asked.filtered else hits.numbers
    start = _after(fitting, asked.cursor)
    wanted = fitting[start : start + limit]
    by_number = hits.first
    if not all(number in by_number for number in wanted):
        rows = await db.fetch(f"SELECT {CARD} FROM organisation o WHERE o.number = ANY($1)", wanted)  # noqa: S608
        by_number = {row["number"]: dict(row) for row in rows}
    shown = [by_number[number] for number in wanted if number in by_number]
    more = start + limit < len(fitting)
    return shown, _pack([start + limit, wanted[-1]]) if more else None


def _after(fitting: list[int], cursor: str) -> int:
    """Where a page begins: after the hit that ended the last one; were it gone, at the place where it stood."""
    unpacked = _unpack(cursor)
    if not isinstance(unpacked, list) or len(unpacked) != 2 or not all(isinstance(part, int) for part in unpacked):
        return 0
    place, number = unpacked
    if 0 < place <= len(fitting) and fitting[place - 1] == number:
        return int(place)
    return fitting.index(number) + 1 if number in fitting else min(max(int(place) - 1, 0), len(fitting))


async def _page_in_order(asked: Asked, limit: int) -> tuple[int, list[Row], str | None]:
    """By name, or by what was changed last: everything after the cursor's row, straight from an index.

    With the version of the list that was read."""
    conditions = ["o.ended_at IS NULL AND o.hidden_at IS NULL"]
    arguments: list[object] = []
    _filter(asked, conditions, arguments)
    key = _unpack(asked.cursor)
    after = _after_row(asked, key, arguments)
    if after:
        conditions.append(after)
    order = "o.name_folded, o.number" if asked.order == "name" else "o.updated_at DESC, o.number DESC"
    rows = await db.fetch(
        "SELECT state.listed, o.* FROM (SELECT coalesce(max(version), 0) AS listed FROM listing_state) state"  # noqa: S608
        f" LEFT JOIN LATERAL (SELECT {CARD} FROM organisation o WHERE {' AND '.join(conditions)}"
        f" ORDER BY {order} LIMIT {limit + 1}) o ON true ORDER BY {order}",
        *arguments,
    )
    shown = [dict(row) for row in rows[:limit] if row["number"] is not None]
    cursor = None
    if len(rows) > limit:
        last = shown[-1]
        place = last["updated_at"].isoformat() if asked.order == "updated" else last["name_folded"]
        cursor = _pack([place, last["number"]])
    return rows[0]["listed"], shown, cursor


def _filter(asked: Asked, conditions: list[str], arguments: list[object]) -> None:
    columns = {"kind": "o.kinds && ${}::text[]", "sector": "o.sectors && ${}::text[]"}
    columns |= {"stage": "o.stage = ANY(${}::text[])", "country": "o.country = ANY(${}::text[])"}
    columns |= {"credential": f"EXISTS (SELECT {HELD} AND c.credential_type = ANY(${{}}::text[]))"}
    for facet, condition in columns.items():
        if asked.values(facet):
            arguments.append(list(asked.values(facet)))
            conditions.append(condition.format(len(arguments)))
    if asked.region:
        conditions.append(_in_regions(asked.region, arguments))


def _in_regions(regions: tuple[str, ...], arguments: list[object]) -> str:
    """One index condition per country: its subdivisions are provinces in Vietnam and states elsewhere."""
    by_country: dict[str, list[str]] = {}
    for region in regions:
        country, _dash, part = region.partition("-")
        by_country.setdefault(country, []).append(part)
    found = []
    for country, parts in by_country.items():
        column = "o.province_code" if country == VIETNAM else "o.state"
        arguments += [country, parts]
        found.append(f"(o.country = ${len(arguments) - 1} AND {column} = ANY(${len(arguments)}::text[]))")
    return f"({' OR '.join(found)})"


def _after_row(asked: Asked, key: Any, arguments: list[object]) -> str:
    if not isinstance(key, list) or len(key) != 2 or not isinstance(key[0], str) or not isinstance(key[1], int):
        return ""
    if not -(2**62) < key[1] < 2**62 or "\x00" in key[0]:
        return ""
    if asked.order == "updated" and not _is_moment(key[0]):
        return ""
    arguments += key
    n = len(arguments)
    if asked.order == "updated":
        return f"(o.updated_at, o.number) < (${n - 1}::text::timestamptz, ${n}::bigint)"
    return f"(o.name_folded, o.number) > (${n - 1}::text, ${n}::bigint)"


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _pack(key: list[object]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def _unpack(cursor: str) -> Any:
    """What a cursor of ours holds; None for anything else."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, msgspec.DecodeError, ValueError):
        return None
