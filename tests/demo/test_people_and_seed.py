"""The demo's accounts, and how its parts are loaded: once, in order, never where real people's data may be."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from app.core import db as database
from app.core.errors import Busy
from app.demo import people, seed
from app.launch.console import DEMO_ACCOUNTS
from app.people.accounts import AddressTaken, create_person

Told = list[tuple[str, float]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def report(told: Told) -> Callable[[str, float], Awaitable[None]]:
    async def note(label: str, share: float) -> None:
        told.append((label, share))

    return note


def _with(monkeypatch: pytest.MonkeyPatch, module: Any, settings: Any, **changes: Any) -> None:
    changed = msgspec.structs.replace(settings, **changes)
    monkeypatch.setattr(module, "get_settings", lambda: changed)


# --- accounts -------------------------------------------------------------------------------------------------


async def test_every_part_that_somebody_may_want_to_play_has_an_account(
    db: asyncpg.Connection, report: Any, told: Told
) -> None:
    await people.load(report)
    rows = await database.fetch(
        "SELECT p.*, array_remove(array_agg(r.role), NULL) AS roles FROM person p"
        " LEFT JOIN person_role r ON r.person = p.id AND r.ended_at IS NULL GROUP BY p.id"
    )
    assert {row["email"].removesuffix("@demo.example"): set(row["roles"]) for row in rows} == {
        "startup": set(),
        "investor": set(),
        "mentor": set(),
        "organizer": {"organizer"},
        "checkin": {"desk"},
        "admin": {"admin"},
    }
    assert all(row["sample"] and row["email_confirmed_at"] and row["name"].endswith("(mẫu)") for row in rows)
    assert [label for label, _share in told] == ["people"] * 6
    assert [share for _label, share in told] == sorted(share for _label, share in told)
    assert told[-1] == ("people", 1.0)


def test_the_accounts_are_those_that_the_start_names() -> None:
    assert tuple(email.removesuffix("@demo.example") for email, _name, _roles in people.ACCOUNTS) == DEMO_ACCOUNTS


async def test_loading_again_changes_nothing_and_gives_nobody_a_role_back(db: asyncpg.Connection, report: Any) -> None:
    await people.load(report)
    await db.execute("UPDATE person SET name = 'Tên mới' WHERE email = 'admin@demo.example'")
    await db.execute("UPDATE person_role SET ended_at = now(), ended_reason = 'gone'")
    kept = "SELECT p.*, r.* FROM person p LEFT JOIN person_role r ON r.person = p.id ORDER BY p.id"
    before = await database.fetch(kept)
    await people.load(report)
    assert await database.fetch(kept) == before


async def test_only_what_is_missing_is_made(db: asyncpg.Connection, report: Any) -> None:
    await create_person(email="startup@demo.example", name="Có sẵn", confirmed=True)
    await people.load(report)
    assert await database.fetchval("SELECT count(*) FROM person") == len(people.ACCOUNTS)
    assert await database.fetchval("SELECT name FROM person WHERE email = 'startup@demo.example'") == "Có sẵn"


async def test_two_starts_at_once_make_one_account_each(
    db: asyncpg.Connection, report: Any, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other start was faster between the look and the writing: the rest is made all the same."""
    real = people.create_person

    async def taken(*, email: str, **more: Any) -> Any:
        if email.startswith("mentor"):
            raise AddressTaken
        return await real(email=email, **more)

    monkeypatch.setattr(people, "create_person", taken)
    await people.load(report)
    emails = {row["email"] for row in await database.fetch("SELECT email FROM person")}
    assert emails == {email for email, _name, _roles in people.ACCOUNTS} - {"mentor@demo.example"}
    assert told[-1] == ("people", 1.0)


@pytest.mark.parametrize("change", [{"demo": False}, {"environment": "production"}])
async def test_outside_the_demo_there_are_no_accounts(
    db: asyncpg.Connection, report: Any, told: Told, settings: Any, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    _with(monkeypatch, people, settings, **change)
    await people.load(report)
    assert (await database.fetchval("SELECT count(*) FROM person"), told) == (0, [])


async def test_the_one_password_of_the_demo_opens_every_account(
    make_client: Any, db: asyncpg.Connection, report: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "ACCOUNTS", (people.ACCOUNTS[0], people.ACCOUNTS[5]))
    _with(monkeypatch, people, settings, demo_password="con mèo ăn cá chép")
    await people.load(report)
    for email, _name, _roles in people.ACCOUNTS:
        client: httpx.AsyncClient = make_client()
        wrong = await client.post("/sign-in", data={"email": email, "password": "con mèo ăn cá"})
        right = await client.post("/sign-in", data={"email": email, "password": "con mèo ăn cá chép"})
        assert (wrong.status_code >= 400, right.status_code) == (True, 303), email


async def test_without_a_password_nobody_signs_in_by_guessing_an_empty_one(
    make_client: Any, db: asyncpg.Connection, report: Any
) -> None:
    await people.load(report)
    assert await database.fetchval("SELECT count(*) FROM person WHERE password_hash IS NOT NULL") == 0
    for password in ("", " ", "None"):
        answer = await make_client().post("/sign-in", data={"email": "admin@demo.example", "password": password})
        assert answer.status_code >= 400


# --- the parts ------------------------------------------------------------------------------------------------


def _part(notes: list[str], name: str, error: Exception | None = None) -> Callable[[Any], Awaitable[None]]:
    async def load(report: Any) -> None:
        notes.append(name)
        await report(name, 1.0)
        if error:
            raise error

    return load


async def test_the_parts_are_loaded_in_order_and_the_time_is_told(
    report: Any, told: Told, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(seed, "PARTS", tuple(_part(notes, name) for name in ("people", "directory", "events")))
    seconds = await seed.run(report)
    assert notes == ["people", "directory", "events"]
    assert told == [("people", 1.0), ("directory", 1.0), ("events", 1.0)]
    assert seconds >= 0


def test_people_come_before_what_belongs_to_them() -> None:
    assert [part.__module__ for part in seed.PARTS] == [
        f"app.demo.{name}"
        for name in (
            *("people", "directory", "lists", "mentors", "proposals", "credentials", "events", "ground", "places"),
            *("events_asked", "door", "connections", "mentoring", "introductions", "dealflow", "rights"),
        )
    ]


async def test_a_part_that_fails_is_not_hidden(report: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    broken = _part(notes, "directory", ValueError("no file"))
    monkeypatch.setattr(seed, "PARTS", (_part(notes, "people"), broken, _part(notes, "events")))
    with pytest.raises(ValueError, match="no file"):
        await seed.run(report)
    assert notes == ["people", "directory"]


async def test_a_part_for_which_the_machine_was_too_busy_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, settings: Any, report: Any
) -> None:
    tried: list[int] = []

    async def crowded(_report: seed.Report) -> None:
        tried.append(len(tried))
        if len(tried) <= busy:
            raise Busy

    async def at_once(_seconds: float) -> None:
        return None

    monkeypatch.setattr(seed, "PARTS", (crowded,))
    monkeypatch.setattr(seed.asyncio, "sleep", at_once)
    busy = 2
    await seed.run(report)
    assert len(tried) == 3
    tried.clear()
    busy = seed.ATTEMPTS
    with pytest.raises(Busy):
        await seed.run(report)
    assert len(tried) == seed.ATTEMPTS


@pytest.mark.parametrize(
    "change",
    [{"demo": False}, {"environment": "production"}, {"demo": False, "environment": "production"}],
)
async def test_sample_data_is_not_loaded_among_real_peoples(
    report: Any, told: Told, settings: Any, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(seed, "PARTS", (_part(notes, "people"),))
    _with(monkeypatch, seed, settings, **change)
    with pytest.raises(seed.NoDemo, match="sample data is not loaded here"):
        await seed.run(report)
    assert (notes, told) == ([], [])
