"""`python -m app grant EMAIL ROLE`: how a new house gets its first administrator."""

import asyncpg
import pytest

from app.__main__ import main
from app.core import db as database
from app.people.accounts import NoSuchAccount, create_person
from app.people.roles import AddressUnproved, grant_by_email
from tests.factories import make_person
from tests.people.steps import kinds, live_sessions, open_for


async def test_the_first_admin_is_made_once_and_it_is_on_record(db: asyncpg.Connection) -> None:
    person = await make_person(name="Trần Thị Quản Trị", email="quan.tri@example.vn")

    assert await grant_by_email("Quan.Tri@Example.VN", "admin") is True
    assert await grant_by_email("quan.tri@example.vn", "admin") is False

    rows = await database.fetch(
        "SELECT role, granted_by, reason, ended_at FROM person_role WHERE person = $1", person.id
    )
    assert [tuple(row) for row in rows] == [("admin", None, "python -m app grant", None)]
    assert (await kinds(person.id)).count("role.granted") == 1


async def test_sessions_from_before_do_not_carry_the_role(db: asyncpg.Connection) -> None:
    person = await make_person(email="quan.tri@example.vn")
    await open_for(person)
    assert await live_sessions(person.id) == 1

    await grant_by_email("quan.tri@example.vn", "organizer")

    assert await live_sessions(person.id) == 0


async def test_an_address_that_nobody_proved_gets_no_role(db: asyncpg.Connection) -> None:
    person = await create_person(email="ai.do@example.vn", name="Ai Đó", password="mat khau du dai", confirmed=False)

    with pytest.raises(AddressUnproved):
        await grant_by_email("ai.do@example.vn", "admin")

    assert await database.fetchval("SELECT count(*) FROM person_role WHERE person = $1", person) == 0


async def test_who_has_no_account_is_named_as_such(db: asyncpg.Connection) -> None:
    with pytest.raises(NoSuchAccount) as refused:
        await grant_by_email("khong.co@example.vn", "admin")
    assert refused.value.text("en") == "No account has this e-mail address."
    assert await database.fetchval("SELECT count(*) FROM person_role") == 0


async def test_an_ended_account_gets_no_role(db: asyncpg.Connection) -> None:
    person = await make_person(email="da.nghi@example.vn")
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'own wish' WHERE id = $1", person.id)

    with pytest.raises(NoSuchAccount):
        await grant_by_email("da.nghi@example.vn", "admin")


@pytest.mark.parametrize("argv", [["grant"], ["grant", "a@b.vn"], ["grant", "a@b.vn", "king"]])
def test_wrong_use_is_refused_before_anything_starts(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert "usage: python -m app grant" in capsys.readouterr().err
