"""Every question to the index is answered by its indexes, with the planner's own choice, on some thousand rows."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.directory import hits
from app.directory.search import everywhere, forgiving, news
from app.directory.search.spelling import Lexicon
from bench import population
from tests.directory.library import AWAY
from tests.directory.make import nothing_remembered

NAMED, ANYWHERE = "'robot' & 'minh':*", "('robot' & 'minh':*) | 'zqrobotminh':*"
RARE = "'quantri':*"


@pytest.fixture(scope="module")
async def rows(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    nothing_remembered()
    await pool.execute(AWAY)
    async with pool.acquire() as con:
        await population.copy(con, "organisation", population.organisations(6_000))
        await population.copy(con, "findable", population.people(4_000))
    await pool.execute("ANALYZE organisation, findable")
    yield pool
    await pool.execute(AWAY)
    nothing_remembered()


async def plan(pool: asyncpg.Pool, statement: str, *arguments: object) -> str:
    return "\n".join(row[0] for row in await pool.fetch(f"EXPLAIN {statement}", *arguments))


async def test_names_and_mentions_of_organisations(rows: asyncpg.Pool) -> None:
    found = await plan(rows, hits._HITS, "robot minh", NAMED, ANYWHERE, "robot")

    assert "findable_organisation_names" in found
    assert "findable_organisation_words" in found
    assert "Seq Scan on findable" not in found
    assert "Seq Scan on organisation" not in found


async def test_names_with_errors(rows: asyncpg.Pool) -> None:
    asked = "('robot' | 'robotic') & ('minh' | 'ninh' | 'mini')"
    for scope, index in (
        (forgiving.ORGANISATIONS, "findable_organisation_names"),
        (forgiving.OTHERS, "findable_other_names"),
    ):
        found = await plan(rows, forgiving._LIKE.format(scope=scope, most=200), asked, 0)
        assert index in found
        assert "Seq Scan" not in found


async def test_everything_at_once(rows: asyncpg.Pool) -> None:
    found = await plan(rows, everywhere._BY_KIND, "robot minh", NAMED, ANYWHERE, 0, "", 0, 5)

    for index in ("organisation_names", "organisation_words", "other_names", "other_words"):
        assert f"findable_{index}" in found
    assert "Seq Scan on findable" not in found


async def test_suggestions(rows: asyncpg.Pool) -> None:
    begins = await plan(rows, everywhere._BEGINNING, "quantri", "quantrj", 0)
    named = await plan(rows, everywhere._NAMES, "quantri", RARE, 0, "quantrj")

    assert "findable_known_beginning" in begins
    assert "findable_beginning" in begins
    assert "findable_organisation_names" in named
    assert "findable_other_names" in named
    assert "Seq Scan on findable" not in begins + named


async def test_what_is_new(rows: asyncpg.Pool) -> None:
    found = await plan(
        rows,
        news._NEW,
        [""],
        ["organisation"],
        [news.BEGINNING.replace(year=2025)],
        0,
        news.BEGINNING.replace(year=2027),
    )

    assert "findable_newest" in found


async def test_a_plan_without_the_index_is_seen(rows: asyncpg.Pool) -> None:
    """The negative control: the same question over a column without an index reads the table."""
    found = await plan(
        rows, "SELECT id FROM findable WHERE to_tsvector('simple', url) @@ to_tsquery('simple', $1)", RARE
    )

    assert "Seq Scan on findable" in found


def test_a_lexicon_of_fifteen_thousand_words_answers_exactly() -> None:
    """What the arrays find is what comparing each pair of words letter by letter finds."""
    words = {name for row in population.people(300) for name in str(row["title_folded"]).split()}
    words |= {str(row["name_folded"]).split()[0] for row in population.organisations(300)}
    known = Lexicon(words, set())

    for typed in ("nguyen", "ngyuen", "trna", "hoag", "robto", "xx", "quantr", "thaoo", "vnih"):
        errors = 1 if len(typed) < 5 else 2
        expected = {word: apart for word in words if (apart := _apart(typed, word)) <= errors}
        assert known.near(typed) == expected


def _apart(a: str, b: str) -> int:
    """Letters more, less, other, or two neighbours swapped: the table written out."""
    table = [[max(i, j) if not i * j else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            same = a[i - 1] == b[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


async def test_rows_are_short_whatever_their_texts(rows: asyncpg.Pool) -> None:
    """A common word is in thousands of rows: with texts and vectors inside, a page of the table holds four of them."""
    block_bytes = await rows.fetchval("SELECT current_setting('block_size')::int")
    on_a_page = await rows.fetchval(
        "SELECT count(*)::float / count(DISTINCT (ctid::text::point)[0]) FROM findable WHERE kind = 'organisation'"
    )
    with_texts = await rows.fetchval(
        "SELECT avg(length(text) + length(names) + pg_column_size(vector)) FROM findable WHERE kind = 'organisation'"
    )

    assert on_a_page > 15 > 2 * block_bytes / float(with_texts)
