"""Which sessions, links and tokens a change of credentials ends: one table, and what a refusal leaves as it was."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import DomainError
from app.core.web import Actor
from app.people import ending, links, new_email, new_password, roles, sessions, two_step
from app.people.secret import digest
from app.people.sessions import Opened
from app.people.signing_in import confirm_identity
from app.people.tokens import create_for_email
from tests.conftest import MakeClient
from tests.directory import make
from tests.factories import make_person
from tests.people.steps import ATTEMPT, ORIGIN, PASSWORD, Clock, cookie_of, kinds, live_sessions, mails, open_for

NEW = "cây cầu dây văng"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


class Cast:
    """Somebody with two browsers, one half way, a token and an open link; an admin; somebody who is not concerned."""

    def __init__(self, actor: Actor, admin: Actor, clock: Clock) -> None:
        self.actor, self.admin, self.clock = actor, admin, clock
        self.opened: Opened | None = None


Act = Callable[[Cast], Awaitable[None]]


async def password(cast: Cast) -> None:
    cast.opened = await new_password.change_password(cast.actor, PASSWORD, NEW, ATTEMPT)


async def reset(cast: Cast) -> None:
    async with database.tx():
        token = await links.make_link("reset", cast.actor.email, person=cast.actor.person_id)
    await new_password.reset_password(token, NEW, ORIGIN)


async def address(cast: Cast) -> None:
    async with database.tx():
        token = await links.make_link("email", "moi@test.example", person=cast.actor.person_id)
    cast.opened = await new_email.confirm_new_email(token, cast.actor, ORIGIN)


async def second_step_on(cast: Cast) -> None:
    secret = await two_step.begin(cast.actor)
    _codes, cast.opened = await two_step.finish(cast.actor, cast.clock.code(secret), ORIGIN)


async def second_step_off(cast: Cast) -> None:
    await database.execute(
        "INSERT INTO second_step (id, person, secret, confirmed_at) VALUES (gen_random_uuid(), $1, 'x', now())",
        cast.actor.id,
    )
    cast.opened = await two_step.end(cast.actor, ORIGIN)


async def second_step_off_by_admin(cast: Cast) -> None:
    await database.execute(
        "INSERT INTO second_step (id, person, secret, confirmed_at) VALUES (gen_random_uuid(), $1, 'x', now())",
        cast.actor.id,
    )
    assert await two_step.end_for(cast.admin, cast.actor.person_id, "mất điện thoại", ORIGIN)


async def identity(cast: Cast) -> None:
    cast.opened = await confirm_identity(cast.actor, PASSWORD, "", ATTEMPT)


async def role_given(cast: Cast) -> None:
    await roles.grant_role(cast.admin, cast.actor.person_id, "desk", "lễ tân", ORIGIN)


async def account(cast: Cast) -> None:
    await ending.end_own_account(cast.actor, PASSWORD, "", ATTEMPT)


async def account_by_admin(cast: Cast) -> None:
    await ending.end_account(cast.admin, cast.actor.person_id, "lừa đảo", ORIGIN)


async def others(cast: Cast) -> None:
    await sessions.end_other_sessions(cast.actor)


async def cast_of(clock: Clock) -> Cast:
    person = await make_person("Lan", password=PASSWORD)
    mine = await open_for(person)
    session = await database.fetchval("SELECT id FROM session WHERE token_hash = $1", digest(mine.token))
    actor = Actor(**{**{f: getattr(person, f) for f in person.__struct_fields__}, "session_id": session})
    await open_for(person)
    await open_for(person, waiting=True)
    async with database.tx():
        await links.make_link("reset", person.email, person=person.person_id)
    await create_for_email(person.email)
    return Cast(actor, await make_person(roles=("admin",)), clock)


@pytest.mark.parametrize(
    ("act", "alive", "renewed", "links_left", "tokens_left", "told", "noted"),
    [
        (password, 1, True, 0, 1, 1, "password.changed"),
        (reset, 0, False, 0, 1, 1, "password.reset"),
        (address, 1, True, 0, 1, 1, "email.changed"),
        (second_step_on, 1, True, 1, 1, 1, "two_step.on"),
        (second_step_off, 1, True, 1, 1, 1, "two_step.off"),
        (second_step_off_by_admin, 0, False, 1, 1, 1, "two_step.off"),
        (identity, 3, True, 1, 1, 0, "identity.confirmed"),
        (role_given, 0, False, 1, 1, 0, "role.granted"),
        (account, 0, False, 0, 0, 1, "account.ended"),
        (account_by_admin, 0, False, 0, 0, 1, "account.ended"),
        (others, 1, False, 1, 1, 0, "token.made"),
    ],
)
async def test_what_each_change_ends(  # noqa: PLR0917  a table has columns
    db: asyncpg.Connection,
    fresh_queue: None,
    clock: Clock,
    act: Act,
    alive: int,
    renewed: bool,
    links_left: int,
    tokens_left: int,
    told: int,
    noted: str,
) -> None:
    cast = await cast_of(clock)
    bystander = await make_person()
    await open_for(bystander)
    before = await database.fetchval("SELECT token_hash FROM session WHERE id = $1", cast.actor.session_id)
    await act(cast)
    person = cast.actor.id
    assert await live_sessions(person) == alive
    assert (cast.opened is not None) is renewed
    after = await database.fetchval("SELECT token_hash FROM session WHERE id = $1", cast.actor.session_id)
    assert after == (digest(cast.opened.token) if cast.opened else before)
    left = "SELECT count(*) FROM mail_link WHERE person = $1 AND used_at IS NULL"
    assert await database.fetchval(left, person) == links_left
    assert await database.fetchval("SELECT count(*) FROM api_token WHERE ended_at IS NULL") == tokens_left
    assert [mail["to_address"] for mail in await mails()] == [cast.actor.email] * told
    assert (await kinds(person))[-1] == noted
    assert await live_sessions(bystander.id) == 1


@pytest.mark.parametrize("act", [password, second_step_on, identity, account])
async def test_a_refusal_leaves_everything_as_it_was(
    db: asyncpg.Connection, fresh_queue: None, clock: Clock, act: Act
) -> None:
    """The password was changed in another browser meanwhile, or the code is old: no session, link or token is lost."""
    cast = await cast_of(clock)
    await database.execute("UPDATE person SET password_hash = NULL WHERE id = $1", cast.actor.id)
    clock.code = lambda _secret, _periods=0: "000000"  # type: ignore[method-assign]
    state = "SELECT array_agg((id, token_hash, ended_at)::text ORDER BY id) FROM session"
    before = await database.fetchval(state)
    with pytest.raises(DomainError):
        await act(cast)
    assert await database.fetchval(state) == before
    assert await database.fetchval("SELECT count(*) FROM mail_link WHERE used_at IS NULL") == 1
    assert await database.fetchval("SELECT count(*) FROM api_token WHERE ended_at IS NULL") == 1
    assert await mails() == []


async def test_a_renewed_session_keeps_its_age_and_how_long_it_stays(db: asyncpg.Connection, clock: Clock) -> None:
    """A new token is not a longer life: else a thief would renew for ever."""
    person = await make_person()
    await open_for(person, stays=True)
    await database.execute("UPDATE session SET expires_at = now() + interval '1 hour', confirmed_at = '2026-01-01'")
    session = await database.fetchval("SELECT id FROM session")
    async with database.tx():
        opened = await sessions.renew(Actor(id=person.id, session_id=session))
    row = await database.fetchrow("SELECT expires_at - now() AS left, stays, confirmed_at FROM session")
    assert opened is not None
    assert row is not None
    assert (opened.stays, row["left"], row["stays"], row["confirmed_at"].year) == (True, timedelta(hours=1), True, 2026)
    assert row["confirmed_at"].month == 1, "a new token does not count as typing the password"


@pytest.mark.parametrize(
    ("locale", "words"),
    [("vi", "Tài khoản này là chủ hồ sơ cuối cùng của"), ("en", "This account is the last owner of")],
)
async def test_the_last_owner_is_told_what_to_hand_over(
    db: asyncpg.Connection, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, locale: str, words: str
) -> None:
    async def right(_stored: str | None, _password: str) -> bool:
        return True

    monkeypatch.setattr("app.people.signing_in.password_fits", right)
    owner = await make_person(locale=locale)
    await database.execute("UPDATE person SET password_hash = 'x' WHERE id = $1", owner.id)
    saved = await make.organisation(owner, "Sao Mai Robot")
    client = await cookie_of(make_client(), owner)
    boss = make_client(await make_person(roles=("admin",), locale=locale))
    for asked, path, fields in (
        (client, "/account/end", {"password": "x"}),
        (boss, f"/staff/people/{owner.id}/end", {"reason": "theo yêu cầu"}),
    ):
        answer = await asked.post(path, data=fields)
        assert (answer.status_code, f"{words} Sao Mai Robot" in answer.text) == (409, True)
    assert await live_sessions(owner.id) == 1
    assert await mails() == []
    await make.join(saved.id, await make_person(), "owner")
    assert (await client.post("/account/end", data={"password": "x"})).status_code == 303
    assert await live_sessions(owner.id) == 0
