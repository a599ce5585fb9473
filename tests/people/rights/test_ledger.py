"""A restored backup brings nobody back: the ledger in the data folder erases again whoever it knows."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

import app.worker  # noqa: F401  every subject's erasers
from app.core import db as database
from app.core.settings import Settings, get_settings
from app.launch import erasures
from app.people.rights import erasure, jobs, ledger
from app.people.rights.replay import replay
from app.people.rights.subject import Subject, subject_of
from tests.event_factories import make_event, make_registration
from tests.factories import make_person
from tests.people.rights.marked import EMAIL, MARK, NAME, traces
from tests.people.steps import settings_with


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A data folder with a ledger of its own."""
    with settings_with(DATA_DIR=str(tmp_path)):
        yield tmp_path


async def erased() -> Subject:
    subject = await subject_of((await make_person(NAME, EMAIL)).person_id)
    assert subject is not None
    await erasure.erase(subject, by=subject.person)
    return subject


async def brought_back(person: UUID | None) -> None:
    """What a restored backup from before the erasure looks like: the name is there, the database's ledger is not."""
    await database.execute(
        "UPDATE person SET name = $2, email = $3, email_key = $3, search_text = 'kanari', erased_at = NULL,"
        " ended_at = NULL, ended_reason = NULL WHERE id = $1",
        *(person, NAME, EMAIL),
    )
    await database.execute("DELETE FROM erasure")
    await database.execute("DELETE FROM mail")


async def test_an_erasure_stands_in_the_file_and_names_nobody(db: asyncpg.Connection, folder: Path) -> None:
    subject = await erased()
    text = (folder / ledger.FILE).read_text()
    assert (str(subject.person) in text, MARK in text.lower()) == (True, False)
    assert (folder / ledger.FILE).stat().st_mode & 0o777 == 0o600
    await ledger.copy_to_file()
    assert len(ledger.read(folder / ledger.FILE)) == 1
    assert erasures.FILE == ledger.FILE
    assert erasures.known(get_settings())


async def test_who_was_brought_back_is_erased_again_once(db: asyncpg.Connection, folder: Path) -> None:
    subject = await erased()
    await brought_back(subject.person)
    assert set(await traces()) == {"person"}
    await jobs.erase_again()
    assert await traces() == {}
    row = await database.fetchrow("SELECT ended_reason, erased_at FROM person WHERE id = $1", subject.person)
    assert (row and row["ended_reason"], row and row["erased_at"] is not None) == ("erased", True)
    assert await database.fetchval("SELECT replayed_at IS NOT NULL FROM erasure") is True
    assert await replay() == 0
    assert await database.fetchval("SELECT count(*) FROM erasure") == 1


async def test_without_the_file_nobody_would_be(db: asyncpg.Connection, folder: Path) -> None:
    """The control: what erases again is the file, not the restored database."""
    subject = await erased()
    await brought_back(subject.person)
    (folder / ledger.FILE).unlink()
    assert await replay() == 0
    assert set(await traces()) == {"person"}


async def test_the_databases_own_ledger_does_as_well(db: asyncpg.Connection, folder: Path) -> None:
    """A backup of the erasure's day, whose dump began before the erasure and whose ledger was written after it."""
    subject = await erased()
    row = await database.fetchrow("SELECT * FROM erasure")
    assert row is not None
    await brought_back(subject.person)
    await database.execute(
        "INSERT INTO erasure (id, person, salt, address_hashes, erased_at, channel, counts)"
        " VALUES ($1, $2, $3, $4, $5, 'web', '{}')",
        *(row["id"], row["person"], row["salt"], row["address_hashes"], row["erased_at"]),
    )
    (folder / ledger.FILE).unlink()
    assert await replay() == 1
    assert await traces() == {}


async def test_a_guest_without_an_account_is_known_by_the_hash_of_the_address(
    db: asyncpg.Connection, folder: Path
) -> None:
    world = await make_event()
    guest = await make_registration(world, full_name=NAME, email=EMAIL)
    other = await make_registration(world, full_name="Người khác")
    await erasure.erase(Subject(None, EMAIL, EMAIL), by=None)
    await database.execute(
        "UPDATE registration SET full_name = $2, email = $3, email_key = $3 WHERE id = $1", *(guest.id, NAME, EMAIL)
    )
    await database.execute("DELETE FROM erasure")
    await database.execute("DELETE FROM mail")
    assert await replay() == 1
    assert await traces() == {}
    assert await database.fetchval("SELECT full_name FROM registration WHERE id = $1", other.id) == "Người khác"


async def test_nothing_hinders_what_was_settled_already(db: asyncpg.Connection, folder: Path) -> None:
    """In the backup the erased one was still the last administrator and owner of an event to come."""
    subject = await erased()
    await brought_back(subject.person)
    await database.execute(
        "INSERT INTO person_role (id, person, role) VALUES (gen_random_uuid(), $1, 'admin')", subject.person
    )
    assert await replay() == 1
    assert await traces() == {}


def test_a_line_that_was_cut_off_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "erasures.jsonl"
    whole = ledger.Entry(UUID(int=1), UUID(int=2), "00", ["11"], datetime(2026, 11, 22, 5, tzinfo=UTC))
    assert ledger.append(file, [whole]) == 1
    with file.open("ab") as out:
        out.write(b'{"id": "cut o')
    assert ledger.read(file) == [whole]
    assert ledger.read(tmp_path / "absent") == []
    assert ledger.append(file, []) == 0


async def test_before_a_database_is_replaced_its_ledger_goes_into_the_file(
    committed: asyncpg.Pool, folder: Path
) -> None:
    """`restore --force` over a database that knows erasures which the dump does not."""
    await committed.execute(
        "INSERT INTO erasure (id, person, salt, address_hashes, erased_at, channel, counts)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), $1, '{}', now(), 'web', '{}')",
        b"salt",
    )
    for added in (1, 0):
        assert await erasures.saved(get_settings()) == added
    assert len(await asyncio.to_thread(ledger.read, folder / ledger.FILE)) == 1
