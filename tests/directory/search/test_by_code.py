"""An enterprise code typed whole finds its organisation for whoever may see the code there, and for nobody else."""

import pytest

from app.core import db as database
from app.core.db import count_queries
from app.core.web import NOBODY, Actor
from app.directory import notes, profiles
from app.directory.search import index
from app.directory.search.by_code import with_code
from tests.conftest import MakeClient
from tests.directory.conftest import Cast

CODE = "0101234567"


async def found(actor: Actor, typed: str) -> list[str]:
    return [hit.title for hit in await with_code(actor, typed)]


@pytest.fixture
async def coded(cast: Cast) -> Cast:
    await profiles.edit_organisation(cast.owner, cast.id, {"enterprise_code": CODE})
    return cast


@pytest.mark.parametrize(
    ("tier", "everybody", "member"), [(0, True, True), (1, False, True), (2, False, False), (3, False, False)]
)
async def test_it_goes_by_who_may_see_the_code(coded: Cast, tier: int, everybody: bool, member: bool) -> None:
    await notes.set_tiers(coded.owner, coded.id, {"enterprise_code": tier})

    seen = [bool(await found(actor, CODE)) for actor in (NOBODY, coded.stranger, coded.viewer, coded.admin)]

    assert seen == [everybody, member, True, True]


@pytest.mark.parametrize(
    ("typed", "finds"),
    [(f" {CODE} ", True), ("0101 234 567", True), ("010123456", False), ("01012345678", False), (f"{CODE}-001", False),
     (f"{CODE}001", False), ("%%%%%%%%%%", False), ("٠١٠١٢٣٤٥٦٧", False)],
)  # fmt: skip
async def test_only_the_whole_code_does(coded: Cast, typed: str, finds: bool) -> None:
    assert bool(await found(coded.stranger, typed)) == finds


@pytest.mark.parametrize("gone", ["ended", "hidden"])
async def test_what_is_not_there_is_not_found(coded: Cast, gone: str) -> None:
    await database.execute(f"UPDATE organisation SET {gone}_at = now(), {gone}_reason = 'x' WHERE id = $1", coded.id)

    assert await found(coded.stranger, CODE) == []


async def test_words_cost_no_query(coded: Cast) -> None:
    with count_queries() as log:
        await with_code(coded.stranger, "robot")

    assert log == []


async def test_the_search_and_its_suggestions_show_it_first(coded: Cast, make_client: MakeClient) -> None:
    for path in (f"/search?q={CODE}", f"/search/suggestions?q={CODE}"):
        assert f"/organisations/{coded.slug}" in (await make_client(coded.stranger).get(path)).text
        assert f"/organisations/{coded.slug}" not in (await make_client().get(path)).text


async def test_a_feed_of_every_event(cast: Cast, make_client: MakeClient) -> None:
    for number, subject in enumerate((cast.id, cast.owner.person_id)):
        title = f"Ngày hội {number}"
        await index.put(index.Entry(kind="event", subject=subject, title=title, url=f"/events/hoi-{number}"))

    feed = await make_client().get("/events/feed")

    assert feed.headers["content-type"].startswith("application/atom+xml")
    assert [f"Ngày hội {number}" in feed.text for number in range(2)] == [True, True]
    assert cast.slug not in feed.text
