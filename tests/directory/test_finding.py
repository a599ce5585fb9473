"""The search: what it finds, in which order, what stands beside the facets, and how pages follow each other."""

import asyncio

import asyncpg
import msgspec
import pytest

from app.core import db as database
from app.core.db import count_queries
from app.core.i18n import in_language
from app.directory import facets, finding, hits, profiles
from app.directory.asking import Asked
from app.directory.finding import find
from app.directory.listing import current_version
from tests.directory.conftest import Cast
from tests.directory.make import organisation, round_of
from tests.factories import make_person


async def names(**asked: object) -> list[str]:
    return [row["name"] for row in (await find(Asked(**asked))).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed",
    [
        "nguyen duc",
        "Nguyễn Đức",
        "NGUYEN DUC",
        "nguye\u0302\u0303n đu\u031b\u0301c"[:7],
        "nguyễn đức robot",
        "duc rob",
        "nguyenduc",
        "nguyen dcu robot",
        "nguyn duc",
        "ngyuen duc",
    ],
)
async def test_a_name_is_found_without_accents_by_its_beginning_and_with_a_typing_error(cast: Cast, typed: str) -> None:
    await organisation(cast.owner, "Đất Lành")

    assert await names(q=typed) == ["Nguyễn Đức Robot"]


async def test_the_exact_name_comes_first_then_beginnings_then_words_then_mentions(cast: Cast) -> None:
    owner = cast.owner
    await organisation(owner, "Sao Mai", summary_vi="Bán trà sen cho khách xa")
    await organisation(owner, "Nhà Trà Sen")
    await organisation(owner, "Trà Sen Tây Hồ")
    await organisation(owner, "Trà Sen")

    assert await names(q="tra sen") == ["Trà Sen", "Trà Sen Tây Hồ", "Nhà Trà Sen", "Sao Mai"]


async def test_equally_good_hits_are_ordered_by_what_is_recorded(cast: Cast) -> None:
    small = await organisation(cast.owner, "Cửu Long Một", ("investor",))
    large = await organisation(cast.owner, "Cửu Long Hai", ("investor",))
    await round_of(cast.id, "2012-01-01", (large.id,))
    await round_of(cast.id, "2012-02-01", (large.id, small.id))

    assert await names(q="cuu long") == ["Cửu Long Hai", "Cửu Long Một"]


async def test_sectors_are_found_by_their_words_in_either_language(cast: Cast) -> None:
    await organisation(cast.owner, "Vàng Số", sectors=["fin"])

    for typed in ("fintech", "tài chính", "tai chinh", "insurtech"):
        assert await names(q=typed) == ["Vàng Số"]


async def test_a_mistyped_sector_is_put_right_and_said_so(cast: Cast) -> None:
    await organisation(cast.owner, "Lúa Xanh", sectors=["agri"])

    found = await find(Asked(q="nong ngiep"))

    assert [row["name"] for row in found.rows] == ["Lúa Xanh"]
    assert (found.corrected, found.alike) == ("nong nghiep", False)


async def test_names_that_look_alike_are_said_to_be_only_that(cast: Cast) -> None:
    found = await find(Asked(q="nguyen duk robot"))

    assert [row["name"] for row in found.rows] == ["Nguyễn Đức Robot"]
    assert found.alike


@pytest.mark.parametrize("typed", ["zzzz qqqq", "!!!", "'; --", "' | & ! ( ) :*", "\u0301", "\\", "%", "a" * 500])
async def test_what_is_not_there_is_not_found_and_nothing_breaks(cast: Cast, typed: str) -> None:
    assert (await find(Asked(q=typed))).total == 0


async def test_ended_organisations_are_in_no_list(cast: Cast) -> None:
    await organisation(cast.owner, "Còn Lại")
    await database.execute(
        "UPDATE organisation SET ended_at = now(), ended_reason = 'x', listing_version = 0 WHERE id = $1", cast.id
    )
    facets.forget()
    hits.forget()

    found = await find(Asked())

    assert ([row["name"] for row in found.rows], found.total) == (["Còn Lại"], 1)
    assert await names(q="nguyen duc") == []


# --- facets ---------------------------------------------------------------------------------------------------


async def a_few(cast: Cast) -> None:
    owner = cast.owner
    await organisation(
        owner, "A", ("startup",), sectors=["agri", "ai"], country="VN", province_code="01", stage="early"
    )
    await organisation(owner, "B", ("startup", "investor"), sectors=["ai"], country="US", state="CA", stage="growth")
    await organisation(owner, "C", ("investor",), sectors=["fin"], country="US", state="NY")


def shown(found: finding.Found, facet: str) -> dict[str, int]:
    return {option.value: option.count for option in found.facets[facet]}


async def test_each_facet_is_counted_with_the_others_applied(cast: Cast) -> None:
    await a_few(cast)

    everything = await find(Asked())
    assert everything.total == 4
    assert shown(everything, "kind") == {"startup": 3, "investor": 2}
    assert shown(everything, "sector") == {"ai": 2, "agri": 1, "fin": 1, "hard": 1}
    assert shown(everything, "country") == {"VN": 2, "US": 2}
    assert shown(everything, "region") == {"VN-01": 2, "US-CA": 1, "US-NY": 1}
    assert shown(everything, "stage") == {"early": 1, "growth": 1}

    investors = await find(Asked(kind=("investor",)))
    assert investors.total == 2
    assert shown(investors, "kind") == {"startup": 3, "investor": 2}
    assert shown(investors, "sector") == {"ai": 1, "fin": 1}
    assert shown(investors, "country") == {"US": 2}

    narrow = await find(Asked(kind=("investor",), sector=("ai",)))
    assert (narrow.total, [row["name"] for row in narrow.rows]) == (1, ["B"])
    assert shown(narrow, "kind") == {"startup": 2, "investor": 1}


async def test_several_values_of_a_facet_are_either_or(cast: Cast) -> None:
    await a_few(cast)

    found = await find(Asked(sector=("agri", "fin"), order="name"))

    assert [row["name"] for row in found.rows] == ["A", "C"]
    assert [option.value for option in found.facets["sector"]][:2] == ["agri", "fin"]


async def test_regions_of_two_countries_together(cast: Cast) -> None:
    await a_few(cast)

    assert await names(region=("VN-01", "US-NY"), order="name") == ["A", "C", "Nguyễn Đức Robot"]


async def test_facets_count_only_the_hits_of_a_search(cast: Cast) -> None:
    await a_few(cast)

    found = await find(Asked(q="nguyen duc"))

    assert shown(found, "sector") == {"hard": 1}
    assert found.total == 1


async def test_a_search_with_filters_finds_what_fits_both(cast: Cast) -> None:
    await organisation(cast.owner, "Nguyễn Đức Quỹ", ("investor",))

    assert await names(q="nguyen duc", kind=("investor",)) == ["Nguyễn Đức Quỹ"]


async def test_a_chosen_value_that_fits_nothing_is_still_shown(cast: Cast) -> None:
    found = await find(Asked(sector=("space",), kind=("startup",)))

    assert (found.total, shown(found, "sector")) == (0, {"space": 0, "hard": 1})


async def test_labels_of_facets_follow_the_reader(cast: Cast) -> None:
    with in_language("en"):
        found = await find(Asked())
    assert found.facets["sector"][0].label == "Hardware, robotics, IoT"


async def test_a_change_shows_in_the_counts_at_once(cast: Cast) -> None:
    assert shown(await find(Asked()), "sector") == {"hard": 1}

    await profiles.edit_organisation(cast.owner, cast.id, {"sectors": ["agri"]})

    assert shown(await find(Asked()), "sector") == {"agri": 1}


async def test_taking_over_changes_comes_to_the_same_as_counting_afresh(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_few(cast)
    await find(Asked())
    monkeypatch.setattr(facets, "REBUILD_BELOW", 3)
    await profiles.edit_organisation(cast.owner, cast.id, {"sectors": ["agri"], "stage": "scale"})
    await organisation(cast.owner, "D", ("institute",), country="FR")

    with count_queries() as log:
        merged = await facets.facet_sets(await current_version())
    facets.forget()
    afresh = await facets.facet_sets(await current_version())

    assert len(log) == 3
    assert {f: {c: b for c, b in codes.items() if b} for f, codes in merged.sets.items()} == afresh.sets


def test_sets_are_exact() -> None:
    numbers = [1, 2, 63, 64, 65, 1000]

    assert facets.bits(numbers) == sum(1 << number for number in numbers)
    assert facets.bits([]) == facets.bits(None) == 0
    assert facets.kept([1000, 5, 64, 4000], facets.bits(numbers)) == [1000, 64]


# --- pages ----------------------------------------------------------------------------------------------------


async def walk(asked: Asked, limit: int) -> list[str]:
    """Every name, page by page."""
    found: list[str] = []
    for _page in range(50):
        page = await find(asked, limit=limit)
        found += [row["name"] for row in page.rows]
        if page.next_cursor is None:
            return found
        asked = Asked(q=asked.q, order=asked.order, kind=asked.kind, cursor=page.next_cursor)
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize(
    "asked", [Asked(order="name"), Asked(order="updated"), Asked(q="kho"), Asked(kind=("startup",))]
)
@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_pages_have_neither_gaps_nor_duplicates(cast: Cast, asked: Asked, limit: int) -> None:
    for number in range(7):
        await organisation(cast.owner, f"Kho {number % 4}")

    found = await walk(asked, limit)

    assert sorted(found) == sorted(await walk(asked, 100))
    assert len(found) == (7 if asked.q else 8)


async def test_the_order_by_name_and_by_change(cast: Cast) -> None:
    for name in ("Ban Mai", "Đại Dương", "Âu Lạc"):
        await organisation(cast.owner, name)
    await database.execute("UPDATE organisation SET updated_at = now() + interval '1 hour' WHERE name = 'Ban Mai'")

    assert await names(order="name") == ["Âu Lạc", "Ban Mai", "Đại Dương", "Nguyễn Đức Robot"]
    assert (await names(order="updated"))[0] == "Ban Mai"


async def test_something_new_before_the_page_repeats_nothing(cast: Cast) -> None:
    for number in range(4):
        await organisation(cast.owner, f"Kho {number}")
    first = await find(Asked(q="kho"), limit=2)

    await organisation(cast.owner, "Kho")
    rest = await find(Asked(q="kho", cursor=first.next_cursor or ""), limit=10)

    assert [row["name"] for row in first.rows] == ["Kho 0", "Kho 1"]
    assert [row["name"] for row in rest.rows] == ["Kho 2", "Kho 3"]


@pytest.mark.parametrize(
    "cursor",
    ["x", "====", "bnVsbA", "WzEsMl0", "WyJhIiwgMV0", "WyJhIiwiYiJd", "W10", "WyIyMDI2IiwxXQ", "Wy0xLDk5OTldIA", "é"],
)
@pytest.mark.parametrize("order", ["name", "updated"])
@pytest.mark.parametrize("q", ["", "robot"])
async def test_a_cursor_that_is_not_ours_breaks_nothing(cast: Cast, cursor: str, order: str, q: str) -> None:
    found = await find(Asked(cursor=cursor, order=order, q=q))  # type: ignore[arg-type]

    assert found.total == 1


async def test_after_a_hit_that_is_gone_the_page_goes_on_where_it_stood() -> None:
    cursor = finding._pack([2, 20])

    assert finding._after([10, 20, 30], cursor) == 2
    assert finding._after([5, 10, 20, 30], cursor) == 3
    assert finding._after([10, 30], cursor) == 1


# --- cost -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "queries"),
    [(Asked(), 1), (Asked(kind=("startup",), country=("VN",)), 1), (Asked(q="robot"), 1), (Asked(q="rbot"), 5)],
)
async def test_the_number_of_queries_does_not_grow_with_the_list(cast: Cast, asked: Asked, queries: int) -> None:
    await find(asked)
    hits.forget()
    with count_queries() as one:
        await find(asked)
    for number in range(2):
        await organisation(cast.owner, f"Robot {number}", sectors=["hard"], country="VN")
    await find(asked)
    hits.forget()
    with count_queries() as three:
        await find(asked)

    assert len(one) == queries
    assert len(three) <= queries


@pytest.mark.parametrize(("after", "times"), [(0, 1), (1, 2)])
async def test_the_same_search_asked_by_many_at_once_is_carried_out_once_for_each_state_of_the_list(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, after: int, times: int
) -> None:
    """Five ask while the first is under way; with `after`, the list has changed since it began."""
    carried_out = 0
    search = hits._search
    version = await current_version()

    async def counted(asked: str) -> hits.Hits:
        nonlocal carried_out
        carried_out += 1
        await asyncio.sleep(0.01)
        return msgspec.structs.replace(await search(asked), version=version + (after if carried_out > 1 else 0))

    async def changed() -> int:
        return version + after

    monkeypatch.setattr(hits, "_search", counted)
    monkeypatch.setattr(hits, "current_version", changed)
    results = await asyncio.gather(*(hits.hits_of("robot") for _ in range(6)))

    assert carried_out == times
    assert [result.version - version for result in results] == [0] + [after] * 5
    assert {tuple(result.numbers) for result in results} == {tuple(results[0].numbers)}


async def test_a_search_that_fails_is_not_remembered(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_asked: str) -> hits.Hits:
        raise RuntimeError("no")

    with monkeypatch.context() as patched:
        patched.setattr(hits, "_search", broken)
        with pytest.raises(RuntimeError):
            await find(Asked(q="robot"))

    assert (await find(Asked(q="robot"))).total == 1


async def test_plans_use_the_indexes(db: asyncpg.Connection) -> None:
    """With enough rows for the planner to care."""
    owner = await make_person()
    await db.execute(
        "INSERT INTO organisation (id, slug, name, name_folded, kinds, sectors, country, search_text)"
        " SELECT gen_random_uuid(), 'o' || n, 'Org ' || n, 'org ' || md5(n::text), ARRAY['startup'],"
        " ARRAY[CASE WHEN n % 500 = 0 THEN 'space' ELSE 'soft' END], CASE WHEN n % 500 = 0 THEN 'VN' ELSE 'US' END,"
        " 'org ' || md5(n::text) FROM generate_series(1, 6000) n"
    )
    await organisation(owner, "Nguyễn Đức")
    await db.execute("ANALYZE organisation, findable")

    async def plan(sql: str, *arguments: object) -> str:
        return "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {sql}", *arguments))

    by_name = "SELECT id FROM organisation o WHERE o.ended_at IS NULL AND (o.name_folded, o.number) > ('m', 1)"
    assert "organisation_by_name" in await plan(by_name + " ORDER BY o.name_folded, o.number LIMIT 25")
    assert "organisation_sectors" in await plan(
        "SELECT id FROM organisation o WHERE o.ended_at IS NULL AND o.sectors && ARRAY['space']"
    )
    assert "organisation_by_country" in await plan(
        "SELECT id FROM organisation o WHERE o.ended_at IS NULL AND o.country = ANY(ARRAY['VN'])"
    )
    found = await plan(hits._HITS, "nguyen duc", "'nguyen':* & 'duc':*", "'nguyen':* & 'duc'", "nguyen")
    assert "findable_organisation_names" in found
    assert "findable_organisation_words" in found
