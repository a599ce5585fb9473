"""The life of a link from a mail: looked at as often as programs like, used once by its owner, over in time."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.ids import new_id
from app.people import links
from app.people.accounts import email_key
from app.people.links import LinkOver
from app.people.passwords import _NOBODYS
from app.people.routes import BROWSER_COOKIE
from app.people.secret import digest, looks_like_token, make_token
from app.people.signing_up import confirm
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import ATTEMPT, cookie_of, live_sessions, mails

PURPOSES = ("sign_up", "email", "reset")
OVER = {"vi": "Liên kết này đã được dùng", "en": "This link has been used already"}
NEW = {"password": "cây cầu dây văng"}


class Made:
    """A link of one purpose, ready to be pressed by a browser that may press it."""

    def __init__(self, path: str, token: str, browser: str, person: UUID | None) -> None:
        self.path, self.token, self.browser, self.person = path, token, browser, person

    def known(self, client: httpx.AsyncClient) -> httpx.AsyncClient:
        client.cookies.set(BROWSER_COOKIE, self.browser)
        return client


async def made(purpose: str, address: str = "moi@test.example") -> Made:
    """Without hashing: the password of a wish is nobody's."""
    browser, person, wish = make_token(), None, None
    if purpose == "sign_up":
        wish = new_id()
        await database.execute(
            "INSERT INTO sign_up (id, email, email_key, name, locale, password_hash, browser_hash, created_at)"
            " VALUES ($1, $2, $3, 'Lan', 'vi', $4, $5, now())",
            *(wish, address, email_key(address), _NOBODYS, digest(browser)),
        )
    else:
        actor = await make_person()
        person = actor.id
        address = actor.email if purpose == "reset" else address
    async with database.tx():
        token = await links.make_link(purpose, address, person=person, sign_up=wish)
    return Made(f"/{'reset' if purpose == 'reset' else 'confirm'}/{token}", token, browser, person)


async def unused() -> int:
    return int(await database.fetchval("SELECT count(*) FROM mail_link WHERE used_at IS NULL"))


async def traces() -> tuple[Any, ...]:
    """What pressing any link would change."""
    return tuple(
        await database.fetchrow(
            "SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM session), (SELECT count(*) FROM outbox),"
            " (SELECT count(*) FROM account_event), (SELECT count(*) FROM mail_link WHERE used_at IS NOT NULL),"
            " (SELECT string_agg(email || coalesce(password_hash, ''), ',' ORDER BY id) FROM person)"
        )
        or ()
    )


# --- looking ----------------------------------------------------------------------------------------------------


LOOKS: tuple[tuple[str, dict[str, str]], ...] = (
    ("GET", {}),
    ("HEAD", {}),
    ("OPTIONS", {}),
    ("GET", {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender"}),
    ("GET", {"HX-Request": "true"}),
    ("GET", {"HX-Request": "true", "HX-Boosted": "true"}),
    ("GET", {"Accept": "application/json"}),
    ("GET", {"User-Agent": "SafeLinks/1.0", "Origin": "https://scanner.example", "Sec-Fetch-Site": "cross-site"}),
)


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_no_way_of_looking_uses_a_link_up(db: asyncpg.Connection, make_client: MakeClient, purpose: str) -> None:
    link = await made(purpose)
    before = await traces()
    for method, headers in LOOKS:
        answer = await make_client().request(method, link.path, headers=headers)
        assert answer.status_code < 300, (method, headers)
        assert "set-cookie" not in answer.headers, (method, headers)
    assert await traces() == before
    assert (await link.known(make_client()).post(link.path, data=NEW)).status_code == 303


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_are_not_taken(
    db: asyncpg.Connection, client: httpx.AsyncClient, purpose: str, method: str
) -> None:
    link = await made(purpose)
    assert (await client.request(method, link.path)).status_code == 405
    assert await unused() == 1


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_page_of_another_site_cannot_press_it(
    db: asyncpg.Connection, make_client: MakeClient, purpose: str
) -> None:
    link = await made(purpose)
    before = await traces()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = await link.known(make_client()).post(link.path, data=NEW, headers=headers)
        assert answer.status_code == 403
    assert await traces() == before


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_its_page_tells_nobody_the_address_of_the_link(
    db: asyncpg.Connection, client: httpx.AsyncClient, purpose: str
) -> None:
    """The link is a secret in the address bar: no cache keeps the page and no other site learns where one came from."""
    link = await made(purpose)
    answer = await client.get(link.path)
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "no-" in answer.headers["cache-control"]
    assert "http" not in "".join(line for line in answer.text.splitlines() if link.token in line)


# --- over ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_every_way_of_being_over_looks_the_same(
    db: asyncpg.Connection, make_client: MakeClient, purpose: str, locale: str
) -> None:
    """Unknown, misspelled, used, out of time, of another purpose: nobody learns which."""
    client = make_client(**{"Accept-Language": locale})
    used, late, other = await made(purpose), await made(purpose, "b@test.example"), await made("reset")
    await database.execute("UPDATE mail_link SET used_at = now() WHERE token_hash = $1", digest(used.token))
    await database.execute("UPDATE mail_link SET expires_at = now() WHERE token_hash = $1", digest(late.token))
    door = used.path.rpartition("/")[0]
    other_door = "/confirm" if door == "/reset" else "/reset"
    link = await made(purpose, "c@test.example")
    addresses = [
        *(used.path, late.path, f"{door}/{make_token()}", f"{other_door}/{link.token}", f"{door}/{link.token[:-1]}"),
        *(f"{door}/{link.token}A", f"{door}/{link.token.swapcase()}", f"{door}/x", f"{door}/%00", f"{door}/ế"),
    ]
    if purpose != "reset":
        addresses.append(f"{door}/{other.token}")
    before = await traces()
    seen = set()
    for address in addresses:
        for method in ("GET", "POST"):
            answer = await client.request(method, address, data=NEW if method == "POST" else None)
            shown = answer.text.partition("<main")[2].partition("</main>")[0]
            seen.add((answer.status_code, shown, answer.headers.get("set-cookie")))
    assert len(seen) == 1
    [(status, shown, cookie)] = seen
    assert (status, OVER[locale] in shown, cookie) == (404, True, None)
    assert await traces() == before


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_the_second_press_changes_nothing(db: asyncpg.Connection, make_client: MakeClient, purpose: str) -> None:
    link = await made(purpose)
    client = link.known(make_client())
    assert (await client.post(link.path, data=NEW)).status_code == 303
    before = await traces()
    for again in (client, link.known(make_client())):
        assert (await again.post(link.path, data={"password": "kẻ đến sau cùng"})).status_code == 404
    assert await traces() == before


@pytest.mark.parametrize(("purpose", "seconds"), [("sign_up", 86_400), ("email", 86_400), ("reset", 1_800)])
async def test_each_lasts_its_time_to_the_second(
    db: asyncpg.Connection, client: httpx.AsyncClient, purpose: str, seconds: int
) -> None:
    link = await made(purpose)
    for passed, status in ((seconds - 1, 200), (seconds, 404), (seconds + 1, 404)):
        await database.execute(
            "UPDATE mail_link SET expires_at = created_at + $1 * interval '1 second' - $2 * interval '1 second'",
            *(seconds, passed),
        )
        assert (await client.get(link.path)).status_code == status, passed


@pytest.mark.parametrize("purpose", ["email", "reset"])
async def test_ending_the_account_ends_its_links(db: asyncpg.Connection, make_client: MakeClient, purpose: str) -> None:
    link = await made(purpose)
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", link.person)
    before = await traces()
    for method in ("GET", "POST"):
        assert (await make_client().request(method, link.path, data=NEW)).status_code == 404
    assert await traces() == before
    assert await live_sessions(link.person) == 0


@pytest.mark.parametrize("purpose", ["email", "reset"])
async def test_a_new_address_makes_links_to_the_older_one_useless(
    db: asyncpg.Connection, make_client: MakeClient, purpose: str
) -> None:
    first = await made("email")
    async with database.tx():
        older = await links.make_link(purpose, "cu@test.example", person=first.person)
    stranger = await made("reset")
    assert (await make_client().post(first.path)).status_code == 303
    assert (await make_client().get(f"/{'reset' if purpose == 'reset' else 'confirm'}/{older}")).status_code == 404
    assert (await make_client().get(stranger.path)).status_code == 200, "only those of this account"


async def test_links_of_one_person_do_not_cross(db: asyncpg.Connection, make_client: MakeClient) -> None:
    """Somebody signed in presses a link of somebody else's account: it acts on the link's account alone."""
    link = await made("email")
    mine = await make_person(email="toi@test.example")
    client = await cookie_of(make_client(), mine)
    before = client.cookies["sid"]
    assert (await client.post(link.path)).headers["location"] == "/sign-in"
    assert client.cookies["sid"] == before
    rows = await database.fetch("SELECT id, email FROM person WHERE id = ANY ($1)", [link.person, mine.id])
    assert {row["id"]: row["email"] for row in rows} == {link.person: "moi@test.example", mine.id: "toi@test.example"}


async def test_a_sign_up_that_is_done_takes_its_other_links_along(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    link = await made("sign_up")
    wish = await database.fetchval("SELECT id FROM sign_up")
    async with database.tx():
        second = await links.make_link("sign_up", "moi@test.example", sign_up=wish)
    assert (await link.known(make_client()).post(link.path)).status_code == 303
    for method in ("GET", "POST"):
        assert (await link.known(make_client()).request(method, f"/confirm/{second}")).status_code == 404
    assert await database.fetchval("SELECT count(*) FROM person WHERE email = 'moi@test.example'") == 1


async def test_a_sign_up_done_between_look_and_use(db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its other link, at the same moment: the wish itself counts once."""
    link = await made("sign_up")
    before = links.look_at

    async def then_done(token: str, *purposes: str) -> asyncpg.Record:
        seen = await before(token, *purposes)
        await database.execute("UPDATE sign_up SET done_at = now()")
        return seen

    monkeypatch.setattr(links, "look_at", then_done)
    with pytest.raises(LinkOver):
        await confirm(link.token, browser=link.browser, password="", attempt=ATTEMPT)
    assert await unused() == 1, "the refusal took back that the link was used"
    assert await database.fetchval("SELECT count(*) FROM person") == 0


@pytest.mark.parametrize("text", ["", "x", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "\n", "é" * 43, "\x00" * 43])
async def test_nonsense_is_over_too(db: asyncpg.Connection, text: str) -> None:
    for look in (links.look_at(text, *PURPOSES), links.use(text, *PURPOSES)):
        with pytest.raises(LinkOver):
            await look


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_only_what_we_make_looks_like_a_token(text: str) -> None:
    plain = len(text) == 43 and all(c.isascii() and (c.isalnum() or c in "-_") for c in text)
    assert looks_like_token(text) is plain
    assert len(digest(text)) == 32


async def test_mails_show_a_link_to_our_own_address_alone(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    actor = await make_person()
    await client.post("/reset", data={"email": actor.email}, headers={"X-Forwarded-Host": "evil.example"})
    [mail] = await mails()
    found = [word for word in mail["text"].split() if "://" in word]
    assert [word.rpartition("/")[0] for word in found] == ["http://127.0.0.1:8000/reset"] * len(found)
    assert found
