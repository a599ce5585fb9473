"""Codes from the phone and on paper: each once, near its time, in any spelling, for its own person."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import asyncpg
import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.clock import now
from app.core.errors import Invalid
from app.core.web import Actor
from app.people import signing_in, two_step
from app.people.secret import digest, make_code, plain_code
from app.people.signing_in import WrongCode, confirm_identity, finish_sign_in
from app.people.two_step import code_fits
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import (
    ATTEMPT,
    ORIGIN,
    PASSWORD,
    Clock,
    Unlocked,
    as_session,
    confirmed_step,
    cookie_of,
    kinds,
    live_sessions,
    mails,
    open_for,
    settings_with,
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def enrolled(clock: Clock, **kw: Any) -> tuple[Actor, str, list[str]]:
    """Somebody whose second step is on since a period ago, with the secret and the recovery codes."""
    actor = await as_session(await make_person(**kw))
    secret = await two_step.begin(actor)
    codes, _opened = await two_step.finish(actor, clock.code(secret), ORIGIN)
    clock.at += 90
    return actor, secret, codes


# --- from the phone -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("periods", "fits"), [(-10, None), (-2, None), (-1, "phone"), (0, "phone"), (1, "phone"), (2, None), (10, None)]
)
async def test_how_far_the_phones_clock_may_be_off(
    db: asyncpg.Connection, clock: Clock, periods: int, fits: str | None
) -> None:
    actor, secret, _codes = await enrolled(clock)
    assert await code_fits(actor.person_id, clock.code(secret, periods)) == fits


@pytest.mark.parametrize("within", [0, 1, 29])
async def test_a_code_holds_through_its_whole_period(db: asyncpg.Connection, clock: Clock, within: int) -> None:
    actor, secret, _codes = await enrolled(clock)
    clock.at = Clock.START + 300
    code = clock.code(secret)
    clock.at += 30 + within
    assert await code_fits(actor.person_id, code) == "phone"
    clock.at = Clock.START + 300 + 60
    assert await code_fits(actor.person_id, code) is None


async def test_after_an_early_code_the_present_one_is_past(db: asyncpg.Connection, clock: Clock) -> None:
    """A phone whose clock is fast: its codes go on, an older one never counts again, also when our clock goes back."""
    actor, secret, _codes = await enrolled(clock)
    early = clock.code(secret, 1)
    assert await code_fits(actor.person_id, early) == "phone"
    for periods in (1, 0, -1):
        assert await code_fits(actor.person_id, clock.code(secret, periods)) is None
    clock.at -= 3600
    assert await code_fits(actor.person_id, clock.code(secret)) is None
    clock.at += 3600 + 30
    assert await code_fits(actor.person_id, clock.code(secret, 1)) == "phone"


async def test_the_code_that_turned_it_on_does_not_sign_in(db: asyncpg.Connection, clock: Clock) -> None:
    actor = await as_session(await make_person())
    secret = await two_step.begin(actor)
    code = clock.code(secret)
    await two_step.finish(actor, code, ORIGIN)
    assert await code_fits(actor.person_id, code) is None


async def test_a_code_used_to_confirm_does_not_sign_in(db: asyncpg.Connection, clock: Clock, fresh_queue: None) -> None:
    """Whoever looked over the shoulder at one page cannot use what they saw at another."""
    actor, secret, _codes = await enrolled(clock, password=PASSWORD)
    code = clock.code(secret)
    actor = Actor(**{f: getattr(actor, f) for f in actor.__struct_fields__})
    assert (await confirm_identity(actor, PASSWORD, code, ATTEMPT)).person == actor.id
    half = await open_for(actor, waiting=True)
    with pytest.raises(WrongCode):
        await finish_sign_in(half.token, code, ATTEMPT)
    assert await live_sessions(actor.id) == 2, "the one confirmed, and the one still half way"


@pytest.mark.parametrize(
    ("spell", "fits"),
    [
        (lambda code: f" {code} ", True),
        (lambda code: f"{code[:3]} {code[3:]}", True),
        (lambda code: f"{code[:3]}-{code[3:]}", True),
        (lambda code: f"{code}\n", True),
        (lambda code: f"{code[:3]}\u00a0{code[3:]}", True),
        (lambda code: code + "0", False),
        (lambda code: code[:-1], False),
        (lambda code: "0" + code, False),
        (lambda code: f"{code[:3]}.{code[3:]}", False),
        (lambda code: "+" + code, False),
        (lambda code: code.translate({48 + n: 0xFF10 + n for n in range(10)}), False),
        (lambda code: code.translate({48 + n: 0x0660 + n for n in range(10)}), False),
        (lambda code: code + "\x00", False),
        (lambda code: code * 1000, False),
        (lambda _code: "", False),
        (lambda _code: "không có", False),
        (lambda _code: "'; DROP TABLE recovery_code; --", False),
        (lambda _code: "\ud800" * 6, False),
    ],
)
async def test_spellings_of_a_code(
    db: asyncpg.Connection, clock: Clock, spell: Callable[[str], str], fits: bool
) -> None:
    actor, secret, _codes = await enrolled(clock)
    assert await code_fits(actor.person_id, spell(clock.code(secret))) == ("phone" if fits else None)


async def test_a_code_is_its_persons(db: asyncpg.Connection, clock: Clock) -> None:
    mine, secret, codes = await enrolled(clock)
    theirs, _secret, _codes = await enrolled(clock)
    without = await make_person()
    for code in (clock.code(secret), codes[0]):
        assert await code_fits(theirs.person_id, code) is None
        assert await code_fits(without.person_id, code) is None
    assert await code_fits(mine.person_id, clock.code(secret)) == "phone"
    assert await code_fits(mine.person_id, codes[0]) == "paper"


async def test_a_secret_is_made_anew_each_time_and_stored_sealed(db: asyncpg.Connection, clock: Clock) -> None:
    actor = await as_session(await make_person())
    secrets = [await two_step.begin(actor) for _n in range(3)]
    assert len(set(secrets)) == 3
    stored = await database.fetch("SELECT secret, ended_at FROM second_step ORDER BY id")
    assert [row["ended_at"] is None for row in stored] == [False, False, True]
    assert not any(secret in row["secret"] for secret in secrets for row in stored)
    assert {len(secret) for secret in secrets} == {32}, "160 bits"


async def test_the_picture_says_what_the_phone_needs(db: asyncpg.Connection) -> None:
    actor = await make_person(email="lan+hội@test.example")
    text = pyotp.TOTP("A" * 32).provisioning_uri(name=actor.email, issuer_name=two_step.ISSUER)
    parsed = pyotp.parse_uri(text)
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.name, parsed.issuer, parsed.digits, parsed.interval) == (actor.email, "Ket Noi", 6, 30)
    assert two_step.qr_uri(actor, "A" * 32).startswith("data:image/svg+xml")


async def test_a_waiting_secret_opens_nothing(db: asyncpg.Connection, clock: Clock) -> None:
    actor = await as_session(await make_person())
    secret = await two_step.begin(actor)
    assert await code_fits(actor.person_id, clock.code(secret)) is None
    assert await two_step.state_of(actor) == (False, 0)
    with pytest.raises(Invalid) as refused:
        await two_step.finish(actor, "000000" if clock.code(secret) != "000000" else "111111", ORIGIN)
    assert set(refused.value.fields) == {"code"}
    assert await database.fetchval("SELECT count(*) FROM recovery_code") == 0
    assert await mails() == []


async def test_a_key_that_was_changed_while_it_waited(db: asyncpg.Connection, clock: Clock) -> None:
    """Nothing can be read of the waiting secret: the page offers to begin again instead of breaking."""
    actor = await as_session(await make_person())
    secret = await two_step.begin(actor)
    with settings_with(SECRET_KEY="quite another key, long enough for it too"):
        assert await two_step.waiting_secret(actor) is None
        with pytest.raises(Invalid):
            await two_step.finish(actor, clock.code(secret), ORIGIN)
        again = await two_step.begin(actor)
        codes, _opened = await two_step.finish(actor, clock.code(again), ORIGIN)
    assert len(codes) == 10


# --- on paper ---------------------------------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_however_a_recovery_code_is_copied(data: st.DataObject) -> None:
    code = make_code()
    between = st.sampled_from(["", " ", "-", "  ", "–", ".", "\n", "\t"])
    typed = "".join(
        data.draw(st.sampled_from([letter, letter.upper()])) + data.draw(between) for letter in code if letter != "-"
    )
    assert plain_code(typed) == code


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_what_is_typed_becomes_groups_of_four_plain_letters(typed: str) -> None:
    assert re.fullmatch(r"([a-z0-9]{4}(-[a-z0-9]{4}){0,7}(-[a-z0-9]{1,3})?|[a-z0-9]{0,3})", plain_code(typed))


def test_letters_that_look_alike_are_not_used() -> None:
    used = set("".join(make_code() for _n in range(300))) - {"-"}
    assert used == set("abcdefghjkmnpqrstuvwxyz23456789")
    assert len({make_code() for _n in range(1000)}) == 1000


async def test_each_of_the_ten_counts_once_and_the_page_counts_them(
    db: asyncpg.Connection, make_client: MakeClient, clock: Clock
) -> None:
    actor, _secret, codes = await enrolled(clock)
    client = await cookie_of(make_client(), actor)
    for left, code in zip(range(9, -1, -1), codes, strict=True):
        assert [await code_fits(actor.person_id, code) for _n in range(2)] == ["paper", None]
        assert await two_step.state_of(actor) == (True, left)
    assert "Còn 0 mã khôi phục" in (await client.get("/account/two-step")).text
    used = await database.fetchval("SELECT count(*) FROM recovery_code WHERE used_at IS NOT NULL")
    assert used == 10


async def test_recovery_codes_go_with_their_second_step(db: asyncpg.Connection, clock: Clock) -> None:
    actor, _secret, old = await enrolled(clock)
    await two_step.end(actor, ORIGIN)
    assert await code_fits(actor.person_id, old[0]) is None
    secret = await two_step.begin(actor)
    new, _opened = await two_step.finish(actor, clock.code(secret), ORIGIN)
    assert await code_fits(actor.person_id, old[0]) is None
    assert await code_fits(actor.person_id, new[0]) == "paper"
    assert not set(old) & set(new)


async def test_only_their_hashes_are_stored(db: asyncpg.Connection, clock: Clock) -> None:
    _actor, _secret, codes = await enrolled(clock)
    rows = await database.fetch("SELECT * FROM recovery_code")
    assert {row["code_hash"] for row in rows} == {digest(code) for code in codes}
    assert not any(code in repr(dict(row)) for code in codes for row in rows)


async def test_what_was_used_stands_in_the_log(db: asyncpg.Connection, clock: Clock, fresh_queue: None) -> None:
    actor, secret, codes = await enrolled(clock)
    for code in (clock.code(secret), codes[0]):
        half = await open_for(actor, waiting=True)
        await finish_sign_in(half.token, code, ATTEMPT)
    rows = await database.fetch("SELECT detail FROM account_event WHERE kind = 'sign_in.done' ORDER BY id")
    assert [row["detail"] for row in rows] == [{"with": "phone"}, {"with": "paper"}]


# --- at once ------------------------------------------------------------------------------------------------------


async def _fits_unguarded(person: object, code: str) -> str | None:
    """What must not be done: look first, note later."""
    row = await database.fetchrow("SELECT id, secret, last_step FROM second_step WHERE person = $1", person)
    assert row is not None
    step = two_step._step_of(row["secret"], code)
    if step is None or step <= row["last_step"]:
        return None
    await asyncio.sleep(0.05)
    await database.execute("UPDATE second_step SET last_step = $2 WHERE id = $1", row["id"], step)
    return "phone"


async def _let_in_at_once() -> int:
    """How many of four browsers, each half way, come in with the same code."""
    actor = await make_person()
    secret = await confirmed_step(actor)
    halves = [await open_for(actor, waiting=True) for _n in range(4)]
    code = pyotp.TOTP(secret).at(int(now().timestamp()))
    outcomes = await asyncio.gather(
        *(finish_sign_in(half.token, code, ATTEMPT) for half in halves), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert {type(outcome) for outcome in refused} <= {WrongCode}
    return len(outcomes) - len(refused)


async def test_one_code_lets_one_browser_in(committed: asyncpg.Pool, fresh_queue: None) -> None:
    assert await _let_in_at_once() == 1


async def test_without_the_guard_it_would_let_in_more(
    committed: asyncpg.Pool, fresh_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: neither the guarded statement nor the lock on the person."""
    monkeypatch.setattr(signing_in, "db", Unlocked())
    monkeypatch.setattr(signing_in, "code_fits", _fits_unguarded)
    assert await _let_in_at_once() > 1


async def test_turning_it_on_twice_at_once_gives_one_set_of_codes(committed: asyncpg.Pool) -> None:
    actor = await as_session(await make_person())
    secret = await two_step.begin(actor)
    code = pyotp.TOTP(secret).now()
    outcomes = await asyncio.gather(*(two_step.finish(actor, code, ORIGIN) for _n in range(4)), return_exceptions=True)
    assert sum(isinstance(outcome, Invalid) for outcome in outcomes) == 3
    assert await database.fetchval("SELECT count(*) FROM recovery_code") == 10
    assert (await kinds(actor.id)).count("two_step.on") == 1
