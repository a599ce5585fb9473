"""What words find in the directory: numbers of organisations, best first. How they are shown is in `finding`.

Order of hits: the exact name, another name of it, names that begin so, names with all the words, mentions elsewhere,
and, where little was found, names that look alike. Equal hits: the one with more recorded rounds and investments first.
"""

import asyncio
from collections import OrderedDict
from typing import Any

import msgspec

from app.core import db
from app.core.errors import Busy
from app.directory.credentials.badges import BADGES
from app.directory.facets import bits
from app.directory.listing import covers, current_version
from app.directory.search import forgiving, spelling
from app.directory.search.lines import asked_words

Row = dict[str, Any]

PAGE = 24
FEW = 5
"""With fewer hits than this, names that look alike are added."""
MOST_NAMES, MOST_MENTIONS, MOST_ALIKE = 3_000, 12_000, 60
_REMEMBERED = 200

CARD = f"""o.number, o.id, o.slug, o.name, o.name_en, o.name_folded, o.kinds, o.sectors, o.stage, o.country, o.state,
    o.region, o.city, o.province_code, o.ward_code, o.summary_vi, o.summary_en, o.source, o.sample, o.links,
    o.raising_round, o.raising_amount, o.raising_currency, o.updated_at, o.tiers, o.logo_file,
    {BADGES}"""
"""What lists show of an organisation."""

_HITS = f"""
    WITH named AS MATERIALIZED (
        SELECT number, title_folded, weight,
            CASE WHEN title_folded = $1 THEN 0
                WHEN strpos(names, E'\\n' || $1 || E'\\n') > 0
                    OR strpos(names, E'\\nzq' || replace($1, ' ', '') || E'\\n') > 0 THEN 1
                WHEN strpos(names, E'\\n' || $1) > 0 THEN 2 ELSE 3 END AS class
        FROM findable
        WHERE listed AND kind = 'organisation' AND title_vector @@ to_tsquery('simple', $2) LIMIT {MOST_NAMES}
    ), mentioned AS MATERIALIZED (
        SELECT number, weight, names
        FROM findable WHERE listed AND kind = 'organisation' AND vector @@ to_tsquery('simple', $3)
        LIMIT {MOST_MENTIONS}
    ), best AS (
        SELECT number, title_folded, weight, class FROM named
        UNION ALL
        SELECT m.number, NULL, m.weight,
            CASE WHEN strpos(m.names, E'\\nzq' || replace($1, ' ', '') || E'\\n') > 0 THEN 1
                WHEN strpos(m.names, $4) > 0 THEN 4 ELSE 5 END
        FROM mentioned m WHERE NOT EXISTS (SELECT FROM named n WHERE n.number = m.number)
    ), found AS MATERIALIZED (
        SELECT
            coalesce(array_agg(number ORDER BY class, weight DESC, title_folded COLLATE "C", number), '{{}}')
                AS numbers,
            count(*) FILTER (WHERE class < 4) AS names FROM best
    )
    SELECT coalesce((SELECT version FROM listing_state WHERE id = 1), 0) AS listed, f.names,
        CASE WHEN first.place IS NULL OR first.place = 1 THEN f.numbers END AS numbers, {CARD}
    FROM found f LEFT JOIN LATERAL unnest(f.numbers[1:{PAGE}]) WITH ORDINALITY AS first (number, place) ON true
    LEFT JOIN organisation o ON o.number = first.number
    ORDER BY first.place
"""  # noqa: S608  constants only
"""The hits, and of the first page also the rows and the version of the list, all of one moment, in one round trip.

A mention in whose name the first of the words stands comes before those that only have the words elsewhere."""

_ALIKE = f"""
    SELECT {CARD} FROM unnest($1::bigint[]) WITH ORDINALITY AS near (number, place)
    JOIN organisation o ON o.number = near.number ORDER BY near.place
"""  # noqa: S608  constants only


class Hits(msgspec.Struct, frozen=True):
    """What a search found: numbers, best first, and as a set; the rows of the first page are there already."""

    version: int
    """The state of the list that was searched."""
    numbers: list[int]
    members: int
    first: dict[int, Row]
    alike: bool = False
    """Nothing had all the words: these are the nearest names."""
    corrected: str = ""
    """The words that were searched for instead, where those typed were in no profile."""


_remembered: OrderedDict[str, asyncio.Future[Hits]] = OrderedDict()


async def hits_of(q: str) -> Hits:
    """What `q` finds in the list as it is now. Searches of the last moments are remembered; the same search asked by
    many at once is carried out once."""
    asked = asked_words(q)
    known = await _known(asked)
    if known is not None:
        return known
    future: asyncio.Future[Hits] = asyncio.get_running_loop().create_future()
    _remembered[asked] = future
    _remembered.move_to_end(asked)
    if len(_remembered) > _REMEMBERED:
        _remembered.popitem(last=False)
    try:
        future.set_result(await _search(asked))
    except BaseException as error:
        if _remembered.get(asked) is future:
            del _remembered[asked]
        future.set_exception(error if isinstance(error, Exception) else Busy())
        future.exception()  # whoever waits gets it; nobody waiting is no mistake
        raise
    return future.result()


async def _known(asked: str) -> Hits | None:
    """What was found before, or is being found, if the list has not changed since."""
    looked_at: asyncio.Future[Hits] | None = None
    while (running := _remembered.get(asked)) is not None and running is not looked_at:
        if running.get_loop() is not asyncio.get_running_loop():
            return None
        version = await current_version()
        hits = await asyncio.shield(running)
        if covers(hits.version, version):
            return hits
        looked_at = running
    return None


async def _search(asked: str) -> Hits:
    found, names = await _with_all_words(asked)
    corrected = ""
    if not found.numbers and (meant := spelling.as_if_typed_in_telex(asked)):
        # Telex is no guess: a name so found stands first and needs none beside it
        found, names = await _with_all_words(meant)
        corrected = meant if found.numbers else ""
    guessed = False
    if not found.numbers and (meant := spelling.corrected(asked, await spelling.lexicon())):
        found, names = await _with_all_words(meant)
        corrected, guessed = meant, bool(found.numbers)
    if (names or len(found.numbers) >= FEW) and not guessed:
        return msgspec.structs.replace(found, corrected=corrected)
    nearest = await _alike(asked, found)
    if not found.numbers and not nearest and (meant := spelling.as_if_typed_in_telex(asked)):
        nearest = await _alike(meant, found)
    rows = await db.fetch(_ALIKE, nearest[:PAGE]) if nearest else []
    everything = [*nearest, *found.numbers] if corrected else [*found.numbers, *nearest]
    return Hits(
        found.version,
        everything,
        bits(everything),
        found.first | {row["number"]: dict(row) for row in rows},
        alike=bool(nearest) and not found.numbers,
        corrected=corrected if found.numbers else "",
    )


async def _alike(asked: str, found: Hits) -> list[int]:
    """Numbers of organisations whose names look like it, without those that were found already."""
    known = set(found.numbers)
    near = await forgiving.alike(await spelling.lexicon(), asked, most=MOST_ALIKE, every_word=bool(known))
    return [one.number for one in near if one.number is not None and one.number not in known]


async def _with_all_words(asked: str) -> tuple[Hits, int]:
    """The hits, and how many of them have the words in their names."""
    terms = forgiving.terms_of(asked)
    known = await spelling.lexicon(fresh=False)
    rows = await db.fetch(_HITS, asked, forgiving.all_words(known, terms), forgiving.anywhere(known, terms), terms[0])
    if not rows[0]["numbers"] and (begins := forgiving.beginnings(known, terms)):
        rows = await db.fetch(_HITS, asked, begins, forgiving.anywhere(known, terms), terms[0])
    numbers: list[int] = rows[0]["numbers"]
    first = {row["number"]: dict(row) for row in rows if row["number"] is not None}
    return Hits(rows[0]["listed"], numbers, bits(numbers), first), rows[0]["names"]


def forget() -> None:
    """Start afresh, as a new process would."""
    _remembered.clear()
