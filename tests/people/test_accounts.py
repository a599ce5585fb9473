"""Accounts: made once per address, found in any spelling of its case."""

import asyncpg
import pytest

from app.core import db as database
from app.people.accounts import AddressTaken, create_person, email_key, person_by_email
from app.people.jobs import forget
from tests.factories import make_person


async def test_one_account_per_address(db: asyncpg.Connection) -> None:
    actor = await make_person("Lan", "Lan@Test.example", roles=("organizer", "desk"))
    with pytest.raises(AddressTaken):
        await create_person(email="lan@test.EXAMPLE", name="Lan khác")
    found = await person_by_email("LAN@test.example")
    assert found is not None
    assert (found["id"], found["email"], found["name"]) == (actor.id, "Lan@Test.example", "Lan")
    roles = await database.fetch("SELECT role FROM person_role WHERE person = $1 ORDER BY role", actor.id)
    assert [row["role"] for row in roles] == ["desk", "organizer"]


async def test_an_unknown_role_is_a_mistake(db: asyncpg.Connection) -> None:
    with pytest.raises(ValueError, match="no such role: boss"):
        await create_person(email="a@test.example", name="A", roles=("boss",))


async def test_an_ended_account_frees_its_address(db: asyncpg.Connection) -> None:
    first = await make_person(email="again@test.example")
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", first.id)
    second = await make_person(email="again@test.example")
    assert second.id != first.id


async def test_the_log_cannot_be_rewritten(db: asyncpg.Connection) -> None:
    actor = await make_person()
    for statement in (
        "UPDATE account_event SET kind = 'x' WHERE person = $1",
        "DELETE FROM account_event WHERE person = $1",
    ):
        savepoint = db.transaction()
        await savepoint.start()
        with pytest.raises(asyncpg.RestrictViolationError):
            await database.execute(statement, actor.id)
        await savepoint.rollback()
    assert await database.fetchval("SELECT count(*) FROM account_event WHERE person = $1", actor.id) == 1


async def test_only_old_notes_about_nobody_go(db: asyncpg.Connection) -> None:
    actor = await make_person()
    for person in (actor.id, None):
        for days in (0, 31):
            await database.execute(
                "INSERT INTO account_event (person, kind, at, device, network, detail)"
                " VALUES ($1, 'sign_in.failed', now() - make_interval(days => $2), '', '', '{}')",
                *(person, days),
            )
    await forget()
    rows = await database.fetch("SELECT person FROM account_event WHERE kind = 'sign_in.failed' ORDER BY id")
    assert [row["person"] for row in rows] == [actor.id, actor.id, None]


def test_addresses_are_compared_without_case_but_with_their_letters() -> None:
    assert email_key(" Ánh@Test.Example ") == email_key("ánh@test.example")
    assert email_key("duc@test.example") != email_key("đức@test.example")
    assert email_key("аdmin@test.example") != email_key("admin@test.example")  # Cyrillic а
