"""What the list says beside a plain recount in SQL, for whatever is chosen: totals, counts, rows, order, pages."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.clock import now
from app.directory import facets, finding, hits
from app.directory.asking import FACETS, Asked, asked_from, is_value
from app.directory.finding import find
from app.directory.listing import current_version, next_version
from app.directory.vocabulary import KINDS, SECTORS, STAGES, words
from tests.directory.library import shelf
from tests.directory.make import nothing_remembered

COUNTRIES = ("VN", "US", "SG")
REGIONS = {"VN": ("01", "79"), "US": ("CA", "NY"), "SG": (None,)}


def further(number: int) -> dict[str, Any]:
    """An organisation like many others: its kinds, sectors, stage and place follow from its number."""
    country = COUNTRIES[number % 3]
    part = REGIONS[country][number % len(REGIONS[country])]
    return {
        "name": f"Mẫu {number % 17} {('Xanh', 'Đỏ', 'Sao')[number % 3]}",
        "kinds": [KINDS.codes[number % 4], *([KINDS.codes[(number + 1) % 4]] if number % 5 == 0 else [])],
        "sectors": list(dict.fromkeys([SECTORS.codes[number % 7], SECTORS.codes[number % 11]])) if number % 6 else [],
        "stage": STAGES.codes[number % 5] if number % 4 else None,
        "country": country if number % 9 else None,
        **({"province_code": part} if country == "VN" and number % 9 else {}),
        **({"state": part} if country == "US" and number % 9 else {}),
    }


@pytest.fixture(scope="module", autouse=True)
async def books(pool: asyncpg.Pool) -> AsyncIterator[list[dict[str, Any]]]:
    async for found in shelf(pool, *(further(number) for number in range(90))):
        ended = "UPDATE organisation SET ended_at = now(), ended_reason = 'x' WHERE number % 13 = 0"
        await pool.execute(ended)
        yield found


def chosen(codes: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(codes), max_size=3, unique=True).map(lambda found: tuple(sorted(found)))


WORDS = ("", "", "", "mau", "xanh", "mẫu 3", "robot", "mua 5", "quy", "ha noi", "sequioa", "dduwcs", "agritech", "!!!")
STATES = st.builds(
    Asked,
    q=st.sampled_from(WORDS),
    kind=chosen(KINDS.codes[:5]),
    sector=chosen(SECTORS.codes[:12]),
    stage=chosen(STAGES.codes[:5]),
    country=chosen((*COUNTRIES, "FR", "LA")),
    region=chosen(("VN-01", "VN-79", "US-CA", "US-NY", "VN-48")),
    order=st.sampled_from(["name", "updated"]),
)

FITS = {
    "kind": "kinds && $1",
    "sector": "sectors && $1",
    "stage": "stage = ANY($1)",
    "country": "country = ANY($1)",
    "region": "(country || '-' || coalesce(province_code, state)) = ANY($1)",
    "credential": "id IN (SELECT organisation FROM credential WHERE state = 'valid' AND credential_type = ANY($1))",
}
VALUES = {
    "kind": "unnest(kinds)",
    "sector": "unnest(sectors)",
    "stage": "stage",
    "country": "country",
    "region": "country || '-' || coalesce(province_code, state)",
    "credential": "unnest(ARRAY(SELECT DISTINCT credential_type FROM credential c WHERE c.organisation ="
    " organisation.id AND c.state = 'valid'))",
}


async def fitting(asked: Asked, pool: asyncpg.Pool, *, but: str = "") -> set[int]:
    """The numbers of what fits, one plain question per filter; for words, what the search says it found."""
    found = {row["number"] for row in await pool.fetch("SELECT number FROM organisation WHERE ended_at IS NULL")}
    for facet in FACETS:
        if asked.values(facet) and facet != but:
            rows = await pool.fetch(f"SELECT number FROM organisation WHERE {FITS[facet]}", list(asked.values(facet)))
            found &= {row["number"] for row in rows}
    if asked.q:
        found &= set((await hits.hits_of(asked.q)).numbers) if words(asked.q) else set()
    return found


async def recounted(asked: Asked, facet: str, pool: asyncpg.Pool) -> dict[str, int]:
    among = await fitting(asked, pool, but=facet)
    rows = await pool.fetch(
        f"SELECT code, count(*) AS n FROM (SELECT {VALUES[facet]} AS code FROM organisation WHERE number = ANY($1)) v"
        " WHERE code IS NOT NULL GROUP BY code",
        list(among),
    )
    return dict.fromkeys(asked.values(facet), 0) | {row["code"]: row["n"] for row in rows}


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=70, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(asked=STATES)
async def test_total_and_counts_are_those_of_a_recount(pool: asyncpg.Pool, asked: Asked) -> None:
    found = await find(asked)

    assert found.total == len(await fitting(asked, pool))
    for facet in FACETS:
        counted = {option.value: option.count for option in found.facets[facet]}
        assert counted == await recounted(asked, facet, pool)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(asked=STATES, limit=st.integers(1, 40))
async def test_page_by_page_everything_that_fits_comes_once_and_in_order(
    pool: asyncpg.Pool, asked: Asked, limit: int
) -> None:
    numbers: list[int] = []
    state = asked
    for _page in range(200):
        found = await find(state, limit=limit)
        assert len(found.rows) == limit or found.next_cursor is None
        numbers += [row["number"] for row in found.rows]
        if found.next_cursor is None:
            break
        state = asked_from({**_query(asked), "cursor": [found.next_cursor]})[0]

    fits = await fitting(asked, pool)
    if asked.q:
        best_first = (await hits.hits_of(asked.q)).numbers if words(asked.q) else []
        assert numbers == [number for number in best_first if number in fits]
    else:
        order = "name_folded, number" if asked.order == "name" else "updated_at DESC, number DESC"
        rows = await pool.fetch(f"SELECT number FROM organisation WHERE number = ANY($1) ORDER BY {order}", list(fits))
        assert numbers == [row["number"] for row in rows]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(asked=STATES)
async def test_the_chosen_values_stand_first_then_the_most_frequent(pool: asyncpg.Pool, asked: Asked) -> None:
    found = await find(asked)

    for facet in FACETS:
        options = found.facets[facet]
        ranks = [(option.value not in asked.values(facet), -option.count) for option in options]
        assert ranks == sorted(ranks)
        assert all(option.count or option.value in asked.values(facet) for option in options)
        assert all(option.label and option.label != option.value for option in options if facet != "country")


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(asked=STATES)
async def test_each_count_is_the_total_of_the_state_it_leads_to(asked: Asked) -> None:
    """What stands beside a value is what choosing it alone would show."""
    found = await find(asked)

    for facet in FACETS:
        for option in found.facets[facet][:2]:
            state = Asked(**{**_values(asked), facet: (option.value,)})
            assert (await find(state, facets=False)).total == option.count


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(asked=STATES)
async def test_what_is_remembered_is_what_a_new_process_finds(asked: Asked) -> None:
    first = await find(asked)
    again = await find(asked)
    nothing_remembered()
    afresh = await find(asked)

    assert _shown(first) == _shown(again) == _shown(afresh)


def _shown(found: finding.Found) -> tuple[object, ...]:
    numbers = [row["number"] for row in found.rows]
    return found.version, numbers, found.total, found.facets, found.next_cursor, found.alike, found.corrected


def _values(asked: Asked) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in ("q", "order", *FACETS)}


def _query(asked: Asked) -> dict[str, list[str]]:
    found = {facet: list(asked.values(facet)) for facet in FACETS}
    return {**found, "q": [asked.q], "order": [asked.order]}


# --- sets in memory ---------------------------------------------------------------------------------------------------

NUMBERS = st.lists(st.integers(0, 3_000), max_size=80)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(numbers=NUMBERS, members=NUMBERS)
def test_sets_of_bits_are_sets_of_numbers(numbers: list[int], members: list[int]) -> None:
    both = facets.bits(numbers) & facets.bits(members)

    assert both.bit_count() == len(set(numbers) & set(members))
    assert facets.kept(numbers, facets.bits(members)) == [number for number in numbers if number in set(members)]


CODES = st.dictionaries(st.sampled_from("abcd"), NUMBERS, max_size=4)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(kinds=CODES, sectors=CODES, kind=chosen(("a", "b", "x")), sector=chosen(("a", "c", "y")), found=NUMBERS)
def test_filters_are_unions_within_a_facet_and_cuts_between_them(
    kinds: dict[str, list[int]],
    sectors: dict[str, list[int]],
    kind: tuple[str, ...],
    sector: tuple[str, ...],
    found: list[int],
) -> None:
    everything = set().union(*kinds.values(), *sectors.values(), found)
    sets = facets.FacetSets(
        1,
        {
            "all": {"": facets.bits(everything)},
            "kind": {code: facets.bits(numbers) for code, numbers in kinds.items()},
            "sector": {code: facets.bits(numbers) for code, numbers in sectors.items()},
        },
    )
    asked = Asked(kind=kind, sector=sector)
    of_kind = set().union(*(kinds.get(code, []) for code in kind)) if kind else everything
    of_sector = set().union(*(sectors.get(code, []) for code in sector)) if sector else everything
    wanted = set(found) & of_kind & of_sector

    assert sets.matching(asked, hits=facets.bits(found)) == facets.bits(wanted)
    assert sets.matching(asked) == facets.bits(everything & of_kind & of_sector)
    assert sets.counts(asked, "kind", hits=facets.bits(found)) == {
        **dict.fromkeys(kind, 0),
        **{
            code: len(set(numbers) & set(found) & of_sector)
            for code, numbers in kinds.items()
            if set(numbers) & set(found) & of_sector
        },
    }


# --- changes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
async def test_taking_over_changes_comes_to_the_same_as_counting_afresh(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Rows change their facets, end and begin again; the sets in memory follow."""
    monkeypatch.setattr(facets, "REBUILD_BELOW", 40)
    await facets.facet_sets(await current_version())
    for step in range(4):
        number = 1 + (seed * 7 + step * 5) % 90
        column, value = [
            ("sectors", ["agri", "ai"][: 1 + step % 2]),
            ("country", ("LA", None)[seed % 2]),
            ("stage", STAGES.codes[(seed + step) % 5]),
            ("kinds", [KINDS.codes[(seed + step) % 6]]),
        ][step]
        await pool.execute(f"UPDATE organisation SET {column} = $2 WHERE number = $1", number, value)
        await pool.execute(
            "UPDATE organisation SET ended_at = CASE WHEN ended_at IS NULL THEN $2::timestamptz END,"
            " ended_reason = CASE WHEN ended_at IS NULL THEN 'x' END WHERE number = $1",
            *(number + step, now()),
        )
        version = await next_version()
        await pool.execute(
            "UPDATE organisation SET listing_version = $2 WHERE number = ANY($1)", [number, number + step], version
        )
    with database.count_queries() as asked:
        taken_over = await facets.facet_sets(await current_version())
    facets.forget()
    afresh = await facets.facet_sets(await current_version())

    assert len(asked) == 3
    assert {f: {c: b for c, b in codes.items() if b} for f, codes in taken_over.sets.items()} == afresh.sets


@pytest.mark.parametrize(
    ("facet", "value", "fits"),
    [
        ("kind", "startup", True), ("kind", "Startup", False), ("kind", "", False), ("sector", "agri", True),
        ("sector", "steam", False), ("stage", "early", True), ("stage", "teenage", False), ("country", "VN", True),
        ("country", "vn", False), ("country", "XX", False), ("country", "EU", False), ("region", "VN-01", True),
        ("region", "VN-99", False), ("region", "US-CA", True), ("region", "US-ZZ", False), ("region", "FR-75", False),
        ("region", "VN", False), ("region", "-", False),
    ],
)  # fmt: skip
def test_values_of_filters(facet: str, value: str, fits: bool) -> None:
    assert is_value(facet, value) is fits
