"""What words find in the directory: numbers of organisations, best first. How they are shown is in `finding`.

Order of hits: the exact name, names that begin so, names with all the words, mentions elsewhere, and, where little
was found, names that look alike. Equal hits: the one with more recorded rounds and investments first.
"""

import asyncio
import re
from collections import OrderedDict
from typing import Any

import msgspec

from app.core import db
from app.core.errors import Busy
from app.directory.facets import bits
from app.directory.listing import covers, current_version
from app.directory.vocabulary import ROUNDS, SECTORS, words

Row = dict[str, Any]

PAGE = 24
FEW = 5
"""With fewer hits than this, names that look alike are added."""
MOST_NAMES, MOST_MENTIONS, MOST_ALIKE = 3_000, 12_000, 60
MOST_TERMS = 8
_REMEMBERED = 200

CARD = """o.number, o.id, o.slug, o.name, o.name_en, o.name_folded, o.kinds, o.sectors, o.stage, o.country, o.state,
    o.region, o.city, o.province_code, o.ward_code, o.summary_vi, o.summary_en, o.source, o.sample, o.links,
    o.raising_round, o.raising_amount, o.raising_currency, o.updated_at"""
"""What lists show of an organisation."""

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
    ), found AS MATERIALIZED (
        SELECT coalesce(array_agg(number ORDER BY class, links DESC, name_folded, number), '{{}}') AS numbers,
            count(*) FILTER (WHERE class < 3) AS names FROM best
    )
    SELECT coalesce((SELECT version FROM listing_state WHERE id = 1), 0) AS listed, f.names,
        CASE WHEN first.place IS NULL OR first.place = 1 THEN f.numbers END AS numbers, {CARD}
    FROM found f LEFT JOIN LATERAL unnest(f.numbers[1:{PAGE}]) WITH ORDINALITY AS first (number, place) ON true
    LEFT JOIN organisation o ON o.number = first.number
    ORDER BY first.place
"""  # noqa: S608  constants only
"""The hits, and of the first page also the rows and the version of the list, all of one moment, in one round trip."""

_ALIKE = f"""
    SELECT like_it.found, {CARD}
    FROM directory_similar_names($1, $2) WITH ORDINALITY AS like_it (found, likeness, place)
    LEFT JOIN organisation o ON o.number = like_it.found AND like_it.place <= {PAGE}
    ORDER BY like_it.place
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
    asked = words(q)
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
    if not found.numbers and (meant := as_if_typed_in_telex(asked)):
        # Telex is no guess: a name so found stands first and needs none beside it
        found, names = await _with_all_words(meant)
        corrected = meant if found.numbers else ""
    if not found.numbers and (meant := _corrected(asked)):
        found, _names = await _with_all_words(meant)
        corrected = meant
    if names or len(found.numbers) >= FEW:
        return msgspec.structs.replace(found, corrected=corrected)
    alike = await db.fetch(_ALIKE, asked, MOST_ALIKE)
    nearest = [row["found"] for row in alike if row["found"] not in found.first]
    everything = [*nearest, *found.numbers] if corrected else [*found.numbers, *nearest]
    return Hits(
        found.version,
        everything,
        bits(everything),
        found.first | {row["number"]: dict(row) for row in alike if row["number"] is not None},
        alike=bool(nearest) and not found.numbers,
        corrected=corrected if found.numbers else "",
    )


async def _with_all_words(asked: str) -> tuple[Hits, int]:
    """The hits, and how many of them have the words in their names."""
    terms = [term[:60] for term in asked.split()[:MOST_TERMS]]
    named = " & ".join(f"'{term}':*" for term in terms)
    anywhere = named
    together = "".join(terms)[:60]
    if len(terms) > 1 and len(together) >= 5:
        anywhere = f"({anywhere}) | '{together}':*"
    rows = await db.fetch(_HITS, asked, named, anywhere)
    numbers: list[int] = rows[0]["numbers"]
    first = {row["number"]: dict(row) for row in rows if row["number"] is not None}
    return Hits(rows[0]["listed"], numbers, bits(numbers), first), rows[0]["names"]


_TELEX = re.compile(
    r"(ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|dd|[bcdghklmnpqrstvx])?"
    r"([aeiouyw]{1,8})[sfrxj]?(ng|nh|ch|[cmnpt])?[sfrxj]?"
)
_TELEX_MARK = re.compile(r"dd|aa|ee|oo|w|[sfrxj]$|[aeiouyw][sfrxj]")


def as_if_typed_in_telex(asked: str) -> str:
    """`asked` with each syllable that the keyboard left in Telex ("dduwcs") as it was meant ("duc"); "" if none is."""
    found = []
    for word in asked.split()[:MOST_TERMS]:
        syllable = _TELEX.fullmatch(word) if _TELEX_MARK.search(word) else None
        if syllable:
            onset, vowels, coda = (part or "" for part in syllable.groups())
            vowels = re.sub(r"([aeo])\1", r"\1", re.sub(r"^w", "u", vowels).replace("w", ""))
            word = onset.replace("dd", "d") + vowels + coda  # noqa: PLW2901
        found.append(word)
    text = " ".join(found)
    return text if text != asked else ""


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
