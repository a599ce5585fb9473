"""What was on its way when credentials changed: it comes too late, whichever of the two is faster."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pyotp
import pytest

from app.core import db as database
from app.core import outbox
from app.core.errors import Invalid
from app.core.web import Actor
from app.people import links, new_email, new_password, signing_in, throttles, two_step
from app.people.ending import end_own_account
from app.people.new_email import ask_for_new_email, send_new_email_link
from app.people.new_password import change_password, reset_password
from app.people.signing_in import WrongCode, finish_sign_in
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import (
    ATTEMPT,
    ORIGIN,
    PASSWORD,
    Unlocked,
    as_session,
    confirmed_step,
    live_sessions,
    mails,
    open_for,
    sign_in,
)

NEW = "cây cầu dây văng"


async def blocked() -> None:
    """Wait until a statement of the tests' database waits for a lock."""
    async with asyncio.timeout(10):
        while not await database.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)


# --- a sign-in by password alone, and the second step turned on ------------------------------------------------------


async def test_a_second_step_turned_on_meanwhile_is_asked_for(
    db: asyncpg.Connection, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = await make_person(password=PASSWORD)

    async def turned_on(_email: str) -> None:
        await confirmed_step(actor)

    monkeypatch.setattr(throttles, "password_was_right", turned_on)
    client = make_client()
    assert (await sign_in(client, actor.email)).headers["location"] == "/sign-in/code?next=/"
    assert (await client.get("/account")).status_code == 303


async def test_turning_it_on_waits_for_a_sign_in_and_ends_its_session(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = await as_session(await make_person(password=PASSWORD))
    secret = await two_step.begin(actor)
    reached, go_on = asyncio.Event(), asyncio.Event()
    before = signing_in.open_session

    async def slowly(*args: Any, **kw: Any) -> Any:
        opened = await before(*args, **kw)
        reached.set()
        await go_on.wait()
        return opened

    monkeypatch.setattr(signing_in, "open_session", slowly)
    entering = asyncio.create_task(signing_in.sign_in(actor.email, PASSWORD, ATTEMPT))
    await reached.wait()
    enrolling = asyncio.create_task(two_step.finish(actor, pyotp.TOTP(secret).now(), ORIGIN))
    await blocked()
    go_on.set()
    opened, (_codes, renewed) = await asyncio.gather(entering, enrolling)
    assert not opened.waiting
    assert renewed is not None
    assert await live_sessions(actor.id) == 1, "the one that turned it on"


# --- the second step, and a new password by link ---------------------------------------------------------------------


async def _code_and_reset(monkeypatch: pytest.MonkeyPatch) -> tuple[Actor, list[Any]]:
    """Somebody who knows password and code comes in while the owner resets the password: sessions alive afterwards."""
    actor = await make_person(password=PASSWORD)
    secret = await confirmed_step(actor)
    waiting = await open_for(actor, waiting=True)
    async with database.tx():
        token = await links.make_link("reset", actor.email, person=actor.person_id)
    reached, go_on = asyncio.Event(), asyncio.Event()
    before: Callable[..., Awaitable[Any]] = signing_in.open_session

    async def slowly(*args: Any, **kw: Any) -> Any:
        opened = await before(*args, **kw)
        reached.set()
        await go_on.wait()
        return opened

    monkeypatch.setattr(signing_in, "open_session", slowly)
    entering = asyncio.create_task(finish_sign_in(waiting.token, pyotp.TOTP(secret).now(), ATTEMPT))
    await reached.wait()
    resetting = asyncio.create_task(reset_password(token, NEW, ORIGIN))
    await blocked()
    go_on.set()
    return actor, await asyncio.gather(entering, resetting, return_exceptions=True)


async def test_a_new_password_ends_the_session_that_is_just_being_opened(
    committed: asyncpg.Pool, fresh_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, outcomes = await _code_and_reset(monkeypatch)
    assert outcomes[1] == actor.email
    assert await live_sessions(actor.id) == 0


async def test_without_the_lock_it_would_stay_open(
    committed: asyncpg.Pool, fresh_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(signing_in, "db", Unlocked())
    actor, outcomes = await _code_and_reset(monkeypatch)
    assert outcomes[1] == actor.email
    assert await live_sessions(actor.id) == 1


async def test_a_password_reset_first_leaves_nothing_to_finish(db: asyncpg.Connection, fresh_queue: None) -> None:
    actor = await make_person(password=PASSWORD)
    secret = await confirmed_step(actor)
    waiting = await open_for(actor, waiting=True)
    async with database.tx():
        token = await links.make_link("reset", actor.email, person=actor.person_id)
    await reset_password(token, NEW, ORIGIN)
    assert await signing_in.waiting_session(waiting.token) is None
    await database.execute("UPDATE session SET ended_at = NULL WHERE person = $1", actor.id)
    with pytest.MonkeyPatch.context() as patch:

        async def ended_meanwhile(_person: object) -> None:
            await database.execute("UPDATE session SET ended_at = now() WHERE person = $1", actor.id)

        patch.setattr(throttles, "second_step", ended_meanwhile)
        with pytest.raises(WrongCode):
            await finish_sign_in(waiting.token, pyotp.TOTP(secret).now(), ATTEMPT)
    assert await live_sessions(actor.id) == 0


# --- a new address asked for, and a new password ---------------------------------------------------------------------


async def _asked(actor: Actor) -> None:
    await ask_for_new_email(actor, "ke.trom@test.example", PASSWORD, ATTEMPT)


async def _new_password(actor: Actor) -> None:
    await change_password(actor, PASSWORD, NEW, ATTEMPT)


async def _reset(actor: Actor) -> None:
    async with database.tx():
        token = await links.make_link("reset", actor.email, person=actor.person_id)
    await reset_password(token, NEW, ORIGIN)


async def _new_address(actor: Actor) -> None:
    async with database.tx():
        token = await links.make_link("email", "khac@test.example", person=actor.person_id)
    await new_email.confirm_new_email(token, actor, ORIGIN)


@pytest.mark.parametrize("change", [_new_password, _reset, _new_address])
async def test_a_wish_for_another_address_from_before_is_void(
    db: asyncpg.Connection, fresh_queue: None, change: Callable[[Actor], Awaitable[None]]
) -> None:
    """Who stole password and session asked for an address of theirs; the owner was faster than the queue."""
    actor = await as_session(await make_person(password=PASSWORD))
    await database.execute("UPDATE person SET password_changed_at = now() - interval '1 day'")  # a test is one moment
    await _asked(actor)
    await change(actor)
    assert "ke.trom@test.example" not in [mail["to_address"] for mail in await mails()]
    assert await database.fetchval("SELECT count(*) FROM mail_link WHERE email = 'ke.trom@test.example'") == 0


async def test_without_a_change_the_link_is_sent(db: asyncpg.Connection, fresh_queue: None) -> None:
    """The control: nothing else keeps the link back."""
    actor = await as_session(await make_person(password=PASSWORD))
    await _asked(actor)
    assert [mail["to_address"] for mail in await mails()] == ["ke.trom@test.example"]


@pytest.mark.parametrize("state", [None, "", "another state"])
async def test_a_wish_that_says_no_state_or_another_is_void(db: asyncpg.Connection, state: str | None) -> None:
    actor = await make_person()
    await send_new_email_link(actor.person_id, "moi@test.example", state, "r")
    assert await mails() == []


async def test_an_ended_account_has_no_state_that_fits(db: asyncpg.Connection) -> None:
    actor = await make_person()
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", actor.id)
    await send_new_email_link(actor.person_id, "moi@test.example", await new_email._state_of(actor.person_id), "r")
    assert await mails() == []


# --- a password that was right when it was checked ------------------------------------------------------------------


async def _end(actor: Actor) -> None:
    await end_own_account(actor, PASSWORD, "", ATTEMPT)


@pytest.mark.parametrize(("act", "field"), [(_new_password, "current"), (_asked, "password"), (_end, "password")])
async def test_what_began_with_the_old_password_ends_with_the_owners_reset(
    db: asyncpg.Connection,
    fresh_queue: None,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[Actor], Awaitable[None]],
    field: str,
) -> None:
    """A thief who knows the password is being hashed for while its owner sets another one by link."""
    actor = await as_session(await make_person(password=PASSWORD))

    async def owner_is_faster(_email: str) -> None:
        await database.execute("UPDATE person SET password_hash = 'of its owner' WHERE id = $1", actor.id)

    monkeypatch.setattr(throttles, "password_was_right", owner_is_faster)
    with pytest.raises(Invalid) as refused:
        await act(actor)
    assert set(refused.value.fields) == {field}
    row = await database.fetchrow("SELECT password_hash, ended_at, email FROM person WHERE id = $1", actor.id)
    assert tuple(row or ()) == ("of its owner", None, actor.email)
    assert await mails() == []
    assert await live_sessions(actor.id) == 1


async def _reset_and_change(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A reset by link and a change by the old password, each in the middle of its transaction."""
    actor = await as_session(await make_person(password=PASSWORD))
    async with database.tx():
        token = await links.make_link("reset", actor.email, person=actor.person_id)
    reached, go_on = asyncio.Event(), asyncio.Event()
    before = links.use

    async def slowly(*args: str) -> asyncpg.Record:
        used = await before(*args)
        reached.set()
        await go_on.wait()
        return used

    monkeypatch.setattr(links, "use", slowly)
    resetting = asyncio.create_task(reset_password(token, NEW, ORIGIN))
    await reached.wait()
    changing = asyncio.create_task(change_password(actor, PASSWORD, "một mật khẩu khác", ATTEMPT))
    await blocked()
    go_on.set()
    return [type(outcome) for outcome in await asyncio.gather(resetting, changing, return_exceptions=True)]


async def test_a_reset_and_a_change_at_once_do_not_wait_for_each_other(
    committed: asyncpg.Pool, fresh_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await _reset_and_change(monkeypatch) == [str, Invalid]


async def test_in_another_order_of_locks_they_would(
    committed: asyncpg.Pool, fresh_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the link locked before its account, one of the two is the victim of a deadlock."""
    monkeypatch.setattr(links, "db", Unlocked())
    outcomes = await _reset_and_change(monkeypatch)
    assert [outcome for outcome in outcomes if outcome is asyncpg.DeadlockDetectedError] == [
        asyncpg.DeadlockDetectedError
    ]


# --- jobs that come late ----------------------------------------------------------------------------------------


async def test_a_link_for_a_new_password_goes_to_who_has_the_address_when_it_is_made(
    db: asyncpg.Connection, fresh_queue: None
) -> None:
    actor = await as_session(await make_person(email="cu@test.example"))
    await new_password.ask_for_reset("cu@test.example", "vi", ORIGIN)
    async with database.tx():
        token = await links.make_link("email", "moi@test.example", person=actor.person_id)
    await new_email.confirm_new_email(token, actor, ORIGIN)
    assert [mail["subject"] for mail in await mails() if "/reset/" in mail["text"]] == []


async def test_a_job_run_twice_sends_one_mail_each(db: asyncpg.Connection, fresh_queue: None) -> None:
    actor = await as_session(await make_person(password=PASSWORD))
    await _asked(actor)
    await new_password.ask_for_reset(actor.email, "vi", ORIGIN)
    await mails()
    await database.execute("UPDATE outbox SET done_at = NULL WHERE topic LIKE 'people.%'")
    await outbox.drain()
    assert sorted(mail["to_address"] for mail in await mails()) == sorted([actor.email, "ke.trom@test.example"])
