"""Throttles: by account, network and in all; each has an end, and none is for good."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from app.core import db as database
from app.core import limits, outbox
from app.core.errors import TooMany
from app.people import throttles
from app.people.secret import make_token
from app.people.signing_in import Attempt, finish_sign_in
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import ATTEMPT, PASSWORD, confirmed_step, cookie_of, open_for, sign_in

HOUR = 3600
Try = Callable[[int], Awaitable[None]]

LIMITS: list[tuple[str, Try, int, int]] = [
    ("sign-in", lambda _n: throttles.sign_in("lan@test.example", "10.0.0.0/24", False), 10, 300),
    ("sign-in of a browser that was here", lambda _n: throttles.sign_in("lan@test.example", "n", True), 10, 300),
    ("second step", lambda _n: throttles.second_step("person"), 5, 300),
    ("mails to one address", lambda _n: throttles.mail_to("reset", "lan@test.example", "n"), 5, 6 * HOUR),
    ("a password tried on a link", lambda _n: throttles.link(b"hash"), 10, HOUR),
    ("sign-in from one network", lambda n: throttles.sign_in(f"a{n}@test.example", "10.0.0.0/24", False), 300, 300),
    ("mails from one network", lambda n: throttles.mail_to("reset", f"a{n}@test.example", "10.0.0.0/24"), 200, HOUR),
]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in this process: what Valkey does is tested with the limits themselves."""

    async def gone() -> object:
        raise ConnectionError

    monkeypatch.setattr(limits, "queue", gone)


@pytest.mark.parametrize(("attempt", "allowed", "seconds"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
async def test_each_has_its_measure_and_its_end(here: None, attempt: Try, allowed: int, seconds: int) -> None:
    for number in range(allowed):
        await attempt(number)
    for number in range(3):
        with pytest.raises(TooMany) as refused:
            await attempt(allowed + number)
        assert 0 < refused.value.retry_after <= seconds


@pytest.mark.parametrize(("attempt", "allowed", "seconds"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
async def test_knocking_on_does_not_lengthen_the_wait(
    here: None, monkeypatch: pytest.MonkeyPatch, attempt: Try, allowed: int, seconds: int
) -> None:
    """Else whoever knocks for ever keeps the owner out for ever."""
    at = 1000.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: at)
    for number in range(allowed):
        await attempt(number)
    waits = []
    for number, passed in enumerate((0, seconds // 2, seconds - 1)):
        at = 1000.0 + passed
        with pytest.raises(TooMany) as refused:
            await attempt(allowed + number)
        waits.append(refused.value.retry_after)
    assert waits == [seconds, seconds - seconds // 2, 1]
    at = 1000.0 + seconds
    await attempt(allowed + 9)


@pytest.mark.parametrize(
    ("scope", "limit", "attempt"),
    [
        ("sign-in-all", 3000, throttles.sign_in("neu@test.example", "192.0.2.0/24", True)),
        ("mail-all", 5000, throttles.mail_to("reset", "neu@test.example", "192.0.2.0/24")),
        ("second-step-hour", 20, throttles.second_step("person")),
        ("second-step-day", 50, throttles.second_step("person")),
        ("sign-in-hour", 40, throttles.sign_in("neu@test.example", "192.0.2.0/24", False)),
    ],
)
async def test_the_long_and_the_common_counts(
    fresh_queue: None, scope: str, limit: int, attempt: Awaitable[None]
) -> None:
    """Set to the brim in Valkey, as if many others had been here; there is an end to it too."""
    subject = {"sign-in-all": "", "mail-all": "", "sign-in-hour": "neu@test.example"}.get(scope, "person")
    queue = await outbox.queue()
    await queue.set(f"limit:{scope}:{limits._digest(subject)}", limit, px=60_000)
    with pytest.raises(TooMany) as refused:
        await attempt
    assert 0 < refused.value.retry_after <= 60


async def test_every_count_in_valkey_runs_out(fresh_queue: None) -> None:
    await throttles.sign_in("lan@test.example", "10.0.0.0/24", False)
    await throttles.second_step("person")
    await throttles.mail_to("reset", "lan@test.example", "10.0.0.0/24")
    await throttles.link(b"hash")
    queue = await outbox.queue()
    keys = [key.decode() for key in await queue.keys("limit:*")]
    assert sorted(key.split(":")[1] for key in keys) == [
        *("link", "mail-all", "mail-network", "mail-reset", "second-step", "second-step-day", "second-step-hour"),
        *("sign-in", "sign-in-all", "sign-in-hour", "sign-in-network"),
    ]
    assert all([0 < await queue.pttl(key) <= 86_400_000 for key in keys])
    assert not any("lan" in key or "10.0" in key or "person" in key for key in keys), "no personal data"


async def test_one_account_does_not_slow_another(here: None) -> None:
    for _n in range(10):
        await throttles.sign_in("lan@test.example", "10.0.0.0/24", False)
    await throttles.sign_in("hoa@test.example", "10.0.0.0/24", False)
    await throttles.sign_in("lan@test.example", "10.0.0.0/24", True)
    for purpose in ("reset", "sign-up", "again", "new-email"):
        for _n in range(5):
            await throttles.mail_to(purpose, "lan@test.example", purpose)


async def test_the_right_password_forgets_the_account_and_not_the_network(fresh_queue: None) -> None:
    for _n in range(10):
        await throttles.sign_in("lan@test.example", "10.0.0.0/24", False)
    await throttles.password_was_right("LAN@test.example")
    for _n in range(10):
        await throttles.sign_in("lan@test.example", "10.0.0.0/24", False)
    queue = await outbox.queue()
    assert int(await queue.get(f"limit:sign-in-network:{limits._digest('10.0.0.0/24')}") or 0) == 20
    assert int(await queue.get(f"limit:sign-in-hour:{limits._digest('lan@test.example')}") or 0) == 10


async def test_a_stranger_with_the_password_cannot_guess_codes_by_opening_new_browsers(
    db: asyncpg.Connection, fresh_queue: None
) -> None:
    """Each browser has a session half way of its own; the count is the person's."""
    actor = await make_person()
    await confirmed_step(actor)
    outcomes = []
    for number in range(7):
        half = await open_for(actor, waiting=True)
        try:
            await finish_sign_in(half.token, f"{number:06}", Attempt(network=f"10.0.{number}.0/24"))
        except Exception as error:  # noqa: BLE001  the kind is what is tested
            outcomes.append(type(error).__name__)
    assert outcomes == ["WrongCode"] * 5 + ["TooMany"] * 2
    assert await database.fetchval("SELECT count(*) FROM session WHERE NOT waiting") == 0


async def test_nothing_waiting_counts_nothing(db: asyncpg.Connection, fresh_queue: None) -> None:
    for token in (None, make_token()):
        with pytest.raises(Exception, match="sign in first"):
            await finish_sign_in(token, "123456", ATTEMPT)
    assert await (await outbox.queue()).keys("limit:second-step*") == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/account/password", {"current": "sai", "new": "cây cầu dây văng"}),
        ("/account/email", {"email": "moi@test.example", "password": "sai"}),
        ("/account/end", {"password": "sai"}),
        ("/account/confirm", {"password": "sai"}),
    ],
)
async def test_one_count_for_every_place_that_asks_for_the_password(
    db: asyncpg.Connection,
    make_client: MakeClient,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    fields: dict[str, str],
) -> None:
    """Ten tries in all, not ten in each form; the page keeps what was typed, but no password."""

    async def quickly(_stored: str | None, _password: str) -> bool:
        return False

    monkeypatch.setattr("app.people.signing_in.password_fits", quickly)
    actor = await make_person(password=PASSWORD)
    client = await cookie_of(make_client(), actor)
    for _n in range(10):
        assert (await client.post("/account/end", data={"password": "đoán mò"})).status_code == 422
    answer = await client.post(path, data=fields)
    assert (answer.status_code, 0 < int(answer.headers["retry-after"]) <= 300) == (429, True)
    assert 'value="sai"' not in answer.text
    assert (await client.get("/account")).status_code == 200, "the session goes on"
    stranger = make_client()
    assert (await sign_in(stranger, actor.email)).status_code == 422, "a count of its own for other browsers"
