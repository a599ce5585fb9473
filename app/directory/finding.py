"""The search of the directory: which organisations `q` finds and in which order, and one page of any state.

Order of hits: the exact name, names that begin so, names with all the words, mentions elsewhere, and, where little
was found, names that look alike. Equal hits: the one with more recorded rounds and investments first.
"""

import asyncio
import base64
import binascii
from collections import OrderedDict
from datetime import datetime
from typing import Any

import msgspec

from app.core import db
from app.core.errors import Busy
from app.directory.asking import FACETS, Asked, label_of
from app.directory.facets import FacetSets, bits, facet_sets, kept
from app.directory.listing import current_version
from app.directory.places import VIETNAM
from app.directory.vocabulary import ROUNDS, SECTORS, words

Row = dict[str, Any]

PAGE = 24
FEW = 5
"""With fewer hits than this, names that look alike are added."""
MOST_NAMES, MOST_MENTIONS, MOST_ALIKE = 3_000, 12_000, 60
MOST_TERMS = 8
_REMEMBERED = 200

_CARD = """o.number, o.id, o.slug, o.name, o.name_en, o.name_folded, o.kinds, o.sectors, o.stage, o.country, o.state,
    o.region, o.city, o.province_code, o.ward_code, o.summary_vi, o.summary_en, o.source, o.sample, o.links,
    o.raising_round, o.raising_amount, o.raising_currency, o.updated_at"""

_HITS = f"""
    WITH named AS MATERIALIZED (
        SELECT number, name_folded, links,
            CASE WHEN name_folded = $1 OR replace(name_folded, ' ', '') = replace($1, ' ', '') THEN 0
                WHEN starts_with(name_folded, $1) THEN 1 ELSE 2 END AS class
        FROM organisation
        WHERE to_tsvector('simple', name_folded) @@ to_tsquery('simple', $2) AND ended_at IS NULL LIMIT {MOST_NAMES}
    ), mentioned AS MATERIALIZED (
        SELECT number, name_folded, links, 3 AS class
        FROM organisation WHERE search_vector @@ to_tsquery('simple', $3) AND ended_at IS NULL LIMIT {MOST_MENTIONS}
    ), best AS (
        SELECT number, name_folded, links, class FROM named
        UNION ALL
        SELECT m.number, m.name_folded, m.links,
            CASE WHEN replace(m.name_folded, ' ', '') = replace($1, ' ', '') THEN 0 ELSE 3 END
        FROM mentioned m WHERE NOT EXISTS (SELECT FROM named n WHERE n.number = m.number)
    )
    SELECT array_agg(number ORDER BY class, links DESC, name_folded, number) AS numbers,
        count(*) FILTER (WHERE class < 3) AS names FROM best
"""  # noqa: S608  constants only


class Hits(msgspec.Struct, frozen=True):
    """What a search found: numbers, best first, and as a set."""

    numbers: list[int]
    members: int
    alike: bool = False
    """Nothing had all the words: these are the nearest names."""
    corrected: str = ""
    """The words that were searched for instead, where those typed were in no profile."""


class Option(msgspec.Struct, frozen=True):
    value: str
    label: str
    count: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the directory."""

    rows: list[Row]
    total: int
    facets: dict[str, list[Option]]
    next_cursor: str | None
    alike: bool
    corrected: str


async def find(asked: Asked, *, limit: int = PAGE, facets: bool = True, version: int | None = None) -> Found:
    """The page of this state, its total, and the counts beside the facets. At most five queries, whatever is asked.

    `version` is the list's, where the caller has asked for it already.
    """
    if version is None:
        version = await current_version()
    sets = await facet_sets(version)
    hits = await _hits(asked.q, version) if words(asked.q) else None
    members = hits.members if hits else None
    matching = sets.matching(asked, hits=members)
    if hits:
        rows, cursor = await _page_of_hits(asked, hits, matching, limit)
    elif asked.q:
        rows, cursor, matching = [], None, 0
    else:
        rows, cursor = await _page_in_order(asked, limit)
    return Found(
        rows=rows,
        total=matching.bit_count(),
        facets=_options(asked, sets, members) if facets else {},
        next_cursor=cursor,
        alike=bool(hits and hits.alike),
        corrected=hits.corrected if hits else "",
    )


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
    rows = await db.fetch(f"SELECT {_CARD} FROM organisation o WHERE o.number = ANY($1)", wanted)  # noqa: S608
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


async def _page_in_order(asked: Asked, limit: int) -> tuple[list[Row], str | None]:
    """By name, or by what was changed last: everything after the cursor's row, straight from an index."""
    conditions = ["o.ended_at IS NULL"]
    arguments: list[object] = []
    _filter(asked, conditions, arguments)
    key = _unpack(asked.cursor)
    after = _after_row(asked, key, arguments)
    if after:
        conditions.append(after)
    order = "o.name_folded, o.number" if asked.order == "name" else "o.updated_at DESC, o.number DESC"
    sql = f"SELECT {_CARD} FROM organisation o WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {limit + 1}"  # noqa: S608
    rows = [dict(row) for row in await db.fetch(sql, *arguments)]
    shown = rows[:limit]
    if len(rows) <= limit:
        return shown, None
    last = shown[-1]
    if asked.order == "updated":
        return shown, _pack([last["updated_at"].isoformat(), last["number"]])
    return shown, _pack([last["name_folded"], last["number"]])


def _filter(asked: Asked, conditions: list[str], arguments: list[object]) -> None:
    columns = {"kind": "o.kinds && ${}::text[]", "sector": "o.sectors && ${}::text[]"}
    columns |= {"stage": "o.stage = ANY(${}::text[])", "country": "o.country = ANY(${}::text[])"}
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


# --- hits -----------------------------------------------------------------------------------------------------

_remembered: OrderedDict[tuple[int, str], asyncio.Future[Hits]] = OrderedDict()


async def _hits(q: str, version: int) -> Hits:
    """What `q` finds in this version of the list. Searches of the last moments are remembered; the same search asked
    by many at once is carried out once."""
    asked = words(q)
    key = (version, asked)
    running = _remembered.get(key)
    if running is not None and running.get_loop() is asyncio.get_running_loop():
        _remembered.move_to_end(key)
        return await asyncio.shield(running)
    future: asyncio.Future[Hits] = asyncio.get_running_loop().create_future()
    _remembered[key] = future
    if len(_remembered) > _REMEMBERED:
        _remembered.popitem(last=False)
    try:
        future.set_result(await _search(asked))
    except BaseException as error:
        _remembered.pop(key, None)
        future.set_exception(error if isinstance(error, Exception) else Busy())
        future.exception()  # whoever waits gets it; nobody waiting is no mistake
        raise
    return future.result()


async def _search(asked: str) -> Hits:
    numbers, names = await _with_all_words(asked)
    corrected = ""
    if not numbers:
        corrected = _corrected(asked)
        if corrected:
            numbers, _names = await _with_all_words(corrected)
    if names or len(numbers) >= FEW:
        return Hits(numbers, bits(numbers), corrected=corrected)
    alike = await db.fetch("SELECT found AS number FROM directory_similar_names($1, $2)", asked, MOST_ALIKE)
    nearest = [row["number"] for row in alike if row["number"] not in set(numbers)]
    everything = [*nearest, *numbers] if corrected else [*numbers, *nearest]
    return Hits(
        everything, bits(everything), alike=bool(nearest) and not numbers, corrected=corrected if numbers else ""
    )


async def _with_all_words(asked: str) -> tuple[list[int], int]:
    terms = [term[:60] for term in asked.split()[:MOST_TERMS]]
    named = " & ".join(f"'{term}':*" for term in terms)
    anywhere = named
    together = "".join(terms)[:60]
    if len(terms) > 1 and len(together) >= 5:
        anywhere = f"({anywhere}) | '{together}':*"
    row = await db.fetchrow(_HITS, asked, named, anywhere)
    return (row["numbers"] or [], row["names"]) if row else ([], 0)


_lexicon: set[str] = set()


def _corrected(asked: str) -> str:
    """`asked` with each word that is one typing error away from a word of the vocabularies put right; "" if none is."""
    if not _lexicon:
        _lexicon.update(SECTORS.every_word() | ROUNDS.every_word())
    found = [word if word in _lexicon else next(iter(_near(word)), word) for word in asked.split()[:MOST_TERMS]]
    text = " ".join(found)
    return text if text != asked else ""


def _near(word: str) -> list[str]:
    """Words of the vocabularies that differ from `word` by one letter more, less, other, or two swapped."""
    if len(word) < 4:
        return []
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    candidates = {a + b[1:] for a, b in splits if b}
    candidates |= {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
    candidates |= {a + c + b[1:] for a, b in splits if b for c in letters}
    candidates |= {a + c + b for a, b in splits for c in letters}
    return sorted(candidates & _lexicon)


def forget() -> None:
    """Start afresh, as a new process would."""
    _remembered.clear()
