"""Two at one moment, on real commits: one erasure of two, one request, one copy under way; and pages' costs."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import app.worker  # noqa: F401  every subject's erasers
from app.core import db as database
from app.core.errors import NotFound
from app.people.rights import consent, copying, erasure, requests, seen
from app.people.rights.subject import Subject, subject_of
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import ORIGIN


async def both(*acts: Any) -> list[Any]:
    return await asyncio.gather(*acts, return_exceptions=True)


async def somebody() -> Subject:
    subject = await subject_of((await make_person("Người hai lần")).person_id)
    assert subject is not None
    return subject


async def test_of_two_erasures_at_once_one_is_done(committed: asyncpg.Pool) -> None:
    subject = await somebody()
    answers = await both(*(erasure.erase(subject, by=None) for _n in range(2)))
    assert sorted(type(answer).__name__ for answer in answers) == ["Erased", "NotFound"]
    assert await database.fetchval("SELECT count(*) FROM erasure") == 1


async def test_without_the_lock_both_would_be(committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: each looked while neither had written."""
    meeting = asyncio.Barrier(2)

    async def unlocked(_subject: Subject) -> None:
        await meeting.wait()

    monkeypatch.setattr(erasure, "_lock", unlocked)
    subject = await somebody()
    answers = await both(*(erasure.erase(subject, by=None) for _n in range(2)))
    assert [type(answer).__name__ for answer in answers] == ["Erased", "Erased"]
    assert await database.fetchval("SELECT count(*) FROM erasure") == 2


async def test_confirming_twice_at_once_makes_one_request_and_asking_twice_one_copy(committed: asyncpg.Pool) -> None:
    actor = await make_person()
    numbers = await both(*(requests.ask(actor, "deletion", "", confirmed=True) for _n in range(3)))
    assert len(set(numbers)) == 1
    copies = await both(*(copying.ask(actor, ORIGIN) for _n in range(3)))
    assert len(set(copies)) == 1
    assert isinstance(copies[0], UUID)


async def test_a_consent_given_twice_at_once_is_one_row(committed: asyncpg.Pool) -> None:
    actor = await make_person()
    version = consent.PURPOSES["profile"].text.version
    answers = await both(*(consent.decide(actor.person_id, "profile", True, text_version=version) for _n in range(3)))
    assert sorted(answers) == [False, False, True]


async def test_nobody_decides_for_somebody_who_is_being_erased(committed: asyncpg.Pool) -> None:
    subject = await somebody()
    assert subject.person is not None
    await erasure.erase(subject, by=None)
    with pytest.raises(NotFound):
        await consent.decide(subject.person, "profile", True, text_version=consent.PURPOSES["profile"].text.version)
    assert await database.fetchval("SELECT count(*) FROM consent WHERE given") == 0


@pytest.mark.parametrize("path", ["/account/data", "/account/data/seen", "/account/data/export"])
async def test_pages_cost_the_same_for_one_and_three(
    db: asyncpg.Connection, make_client: MakeClient, path: str
) -> None:
    actor, viewer = await make_person(), await make_person(roles=("admin",))
    client = make_client(actor)
    counts = []
    for number in (1, 3):
        while await database.fetchval("SELECT count(*) FROM rights_request") < number:
            place = f"chỗ {await database.fetchval('SELECT count(*) FROM rights_request')}"
            await requests.ask(actor, "access", place)
            await seen.note(viewer, [actor.id], "account", place=place)
            await copying.make({"export": str(await copying.ask(actor, ORIGIN))})
        with database.count_queries() as queries:
            page = (await client.get(path)).text
        counts.append((len(queries), page.count("chỗ ") or page.count(">Tải về<")))
    assert counts[0][0] == counts[1][0] <= 4
    assert (counts[0][1], counts[1][1]) == (1, 3)
