"""Readers while others write, with real commits: pages lose and repeat nothing, what was saved shows at once."""

import asyncio
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.errors import Busy
from app.core.web import Actor
from app.directory import drawing, facets, finding, hits, profiles
from app.directory.asking import Asked
from app.directory.finding import find
from app.directory.listing import covers, current_version
from tests.directory.conftest import Cast
from tests.directory.make import nothing_remembered, organisation
from tests.factories import make_person


async def page_by_page(asked: Asked, limit: int, between: Any) -> list[str]:
    """Every name, with something done between one page and the next."""
    found: list[str] = []
    cursor = ""
    for number in range(60):
        state = Asked(q=asked.q, order=asked.order, kind=asked.kind, cursor=cursor)
        page = await find(state, limit=limit)
        found += [row["name"] for row in page.rows]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor
        await between(number)
    raise AssertionError("the pages do not end")


STATES = [Asked(order="name"), Asked(order="updated"), Asked(q="kho"), Asked(kind=("company",)), Asked(q="kho bac")]


@pytest.mark.parametrize("asked", STATES, ids=lambda asked: asked.url())
@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_what_was_there_comes_once_while_others_are_added(cast: Cast, asked: Asked, limit: int) -> None:
    old = {f"Kho Bắc {letter}" for letter in "BDFHJL"}
    for name in sorted(old):
        await organisation(cast.owner, name, ("company",))

    async def between(number: int) -> None:
        if number < 12:
            await organisation(cast.owner, f"Kho Bắc {'ACEGIKMNOPQR'[number]}", ("company",))

    found = await page_by_page(asked, limit, between)

    assert [name for name in sorted(found) if name in old] == sorted(old)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("asked", STATES, ids=lambda asked: asked.url())
async def test_what_stays_comes_once_while_others_end(cast: Cast, asked: Asked) -> None:
    made = [await organisation(cast.owner, f"Kho Bắc {letter}", ("company",)) for letter in "ABCDEFGHIJ"]

    async def between(number: int) -> None:
        """What the reader has seen already ends."""
        if number < 3:
            await database.execute(
                "UPDATE organisation SET ended_at = now(), ended_reason = 'x' WHERE id = $1", made[number].id
            )
            nothing_remembered()

    found = await page_by_page(asked, 2, between)

    stay = {f"Kho Bắc {letter}" for letter in "DEFGHIJ"}
    assert stay <= set(found)
    assert len(found) == len(set(found))


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    names=st.lists(st.text(alphabet="abcđêu ", min_size=1, max_size=6), min_size=1, max_size=12),
    limit=st.integers(1, 5),
    order=st.sampled_from(["name", "updated"]),
)
async def test_equal_and_nearly_equal_names_are_all_listed(
    db: asyncpg.Connection, names: list[str], limit: int, order: str
) -> None:
    async with db.transaction():
        await db.execute("DELETE FROM organisation")
        await db.executemany(
            "INSERT INTO organisation (id, slug, name, name_folded, kinds) VALUES"
            " (gen_random_uuid(), gen_random_uuid()::text, $1, $1, '{company}')",
            [(name,) for name in names],
        )
        nothing_remembered()

        async def nothing(_number: int) -> None:
            return None

        found = await page_by_page(Asked(order=order), limit, nothing)  # type: ignore[arg-type]
        assert sorted(found) == sorted(names)


async def test_what_was_saved_shows_at_the_next_request_in_every_process(committed: asyncpg.Pool) -> None:
    """Nothing that a process remembers outlives a commit: page, counts, search and drawing."""
    owner = await make_person()
    saved = await organisation(owner, "Trà Sen", sectors=["food"])
    states = (Asked(), Asked(q="sen"), Asked(sector=("food",)), Asked(q="agritech"), Asked(kind=("investor",)))

    async def seen() -> list[tuple[int, list[str], dict[str, int]]]:
        found = []
        for asked in states:
            await drawing.draw(asked)
            page = await find(asked)
            counts = {option.value: option.count for option in page.facets["sector"] if option.count}
            found.append((page.total, [row["name"] for row in page.rows], counts))
        return found

    assert await seen() == [
        (1, ["Trà Sen"], {"food": 1}), (1, ["Trà Sen"], {"food": 1}), (1, ["Trà Sen"], {"food": 1}), (0, [], {}),
        (0, [], {}),
    ]  # fmt: skip
    await profiles.edit_organisation(owner, saved.id, {"sectors": ["agri"], "name": "Sen Vàng", "kinds": ["investor"]})

    assert await seen() == [
        (1, ["Sen Vàng"], {"agri": 1}), (1, ["Sen Vàng"], {"agri": 1}), (0, [], {"agri": 1}),
        (1, ["Sen Vàng"], {"agri": 1}), (1, ["Sen Vàng"], {"agri": 1}),
    ]  # fmt: skip


async def test_a_drawing_is_kept_until_the_list_changes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = await drawing.draw(Asked(q="robot"))
    again = await drawing.draw(Asked(q="robot"))
    assert again is drawn

    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Máy kho"})
    changed = await drawing.draw(Asked(q="robot"))

    assert changed is not drawn
    assert "Máy kho" in changed.results
    assert "Máy kho" not in drawn.results


async def test_no_more_is_kept_than_the_latest(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "KEPT", 3)
    monkeypatch.setattr(hits, "_REMEMBERED", 2)
    for number in range(6):
        await drawing.draw(Asked(q=f"robot {number}"))
    await drawing.draw(Asked(q="robot 4"))

    assert [state[2].q for state in drawing._kept] == ["robot 3", "robot 5", "robot 4"]  # type: ignore[attr-defined]
    assert list(hits._remembered) == ["robot 4", "robot 5"]


@pytest.mark.parametrize(
    ("known", "version", "fresh"),
    [(5, 5, True), (6, 5, True), (5, 6, False), (0, 0, True), (5, 0, False), (0, 5, False), (-1, 0, False)],
)
def test_what_is_known_covers_what_it_was_read_after(known: int, version: int, fresh: bool) -> None:
    assert covers(known, version) is fresh


async def test_sets_that_are_newer_than_asked_for_are_not_built_again(cast: Cast) -> None:
    """A request that began before a change does not throw away what a later one has loaded."""
    before = await current_version()
    await profiles.edit_organisation(cast.owner, cast.id, {"stage": "early"})
    newer = await facets.facet_sets(await current_version())

    assert await facets.facet_sets(before) is newer


async def test_a_search_that_is_broken_off_leaves_nothing_behind(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    started = asyncio.Event()

    async def endless(_asked: str) -> hits.Hits:
        started.set()
        await asyncio.sleep(3600)
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(hits, "_search", endless)
        task = asyncio.create_task(hits.hits_of("robot"))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert "robot" not in hits._remembered
    assert len((await hits.hits_of("robot")).numbers) == 1


async def test_who_waits_for_a_search_that_is_broken_off_is_told_to_come_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Event()

    async def endless(_asked: str) -> hits.Hits:
        started.set()
        await asyncio.sleep(3600)
        raise AssertionError

    monkeypatch.setattr(hits, "_search", endless)
    first = asyncio.create_task(hits.hits_of("robot"))
    await started.wait()
    second = asyncio.create_task(hits.hits_of("robot"))
    await asyncio.sleep(0.05)
    first.cancel()
    results = await asyncio.gather(first, second, return_exceptions=True)

    assert [type(result) for result in results] == [asyncio.CancelledError, Busy]


async def test_the_one_who_stops_waiting_does_not_stop_the_search(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    search, go_on = hits._search, asyncio.Event()

    async def slow(asked: str) -> hits.Hits:
        await go_on.wait()
        return await search(asked)

    monkeypatch.setattr(hits, "_search", slow)
    first = asyncio.create_task(hits.hits_of("robot"))
    await asyncio.sleep(0)
    second = asyncio.create_task(hits.hits_of("robot"))
    await asyncio.sleep(0.05)
    second.cancel()
    go_on.set()

    assert len((await first).numbers) == 1


async def _writers_and_readers(owner: Actor, organisations: list[profiles.Saved]) -> list[finding.Found]:
    """Edits that move organisations between two sectors, and pages read meanwhile."""
    found: list[finding.Found] = []

    async def write(number: int) -> None:
        for step in range(6):
            sector = ("agri", "fin")[(number + step) % 2]
            await profiles.edit_organisation(owner, organisations[number].id, {"sectors": [sector]})

    async def read(state: Asked) -> None:
        for _again in range(8):
            found.append(await find(state))
            await asyncio.sleep(0)

    states = (Asked(), Asked(q="kho"), Asked(kind=("startup",)), Asked(q="kho", order="name"))
    await asyncio.gather(*(write(number) for number in range(len(organisations))), *(read(state) for state in states))
    return found


async def test_counts_and_totals_agree_while_others_write(committed: asyncpg.Pool, fresh_queue: None) -> None:
    """Each organisation has one sector at every moment, so the counts add up to the total on every page."""
    owner = await make_person()
    organisations = [await organisation(owner, f"Kho {number}", sectors=["agri"]) for number in range(4)]

    for page in await _writers_and_readers(owner, organisations):
        counts = {option.value: option.count for option in page.facets["sector"]}
        assert sum(counts.values()) == page.total == 4
        assert len(page.rows) == 4
    last = await find(Asked())
    plain = await committed.fetch("SELECT sectors[1] AS code, count(*) AS n FROM organisation GROUP BY 1")
    assert {option.value: option.count for option in last.facets["sector"]} == {row["code"]: row["n"] for row in plain}


async def test_without_versions_the_pages_would_be_old(
    committed: asyncpg.Pool, fresh_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: what is remembered is stale when nobody looks at the version."""
    owner = await make_person()
    saved = await organisation(owner, "Kho", sectors=["agri"])
    await find(Asked(q="kho"))
    await profiles.edit_organisation(owner, saved.id, {"sectors": ["fin"]})
    monkeypatch.setattr(hits, "covers", lambda _known, _version: True)
    monkeypatch.setattr(facets, "covers", lambda _known, _version: True)

    page = await find(Asked(q="kho"))

    assert page.rows[0]["sectors"] == ["agri"]
    assert [option.value for option in page.facets["sector"]] == ["agri"]
