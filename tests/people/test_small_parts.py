"""Small parts: passwords that are not taken, where a request comes from, the demo's accounts."""

import unicodedata
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.demo import people as demo
from app.people import passwords
from app.people.passwords import TOO_COMMON, TOO_LONG, TOO_SHORT, hash_password, outdated, password_fits, refused
from app.people.secret import looks_like_token, make_code, make_token
from app.people.where import device_of, network_of, origin_of
from tests.people.steps import settings_with, sign_in


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", TOO_SHORT),
        ("bảy chữ", TOO_SHORT),
        ("x" * 257, TOO_LONG),
        ("password", TOO_COMMON),
        ("Password1!", TOO_COMMON),
        ("Mật Khẩu 2026", TOO_COMMON),
        ("123456789", TOO_COMMON),
        ("aaaaaaaaaa", TOO_COMMON),
        ("abababab", TOO_COMMON),
        ("Lan.Nguyen@test.example", TOO_COMMON),
        ("lan.nguyen99", TOO_COMMON),
        ("nguyen thi lan", TOO_COMMON),
        ("quả khế chua", None),
        ("correct horse battery", None),
        ("        ", TOO_COMMON),
        (" hai dấu cách ", None),
        ("1" * 5 + "đường về nhà", None),
        ("👩‍🚀 bay lên trăng", None),
    ],
)
def test_what_is_taken(password: str, why: str | None) -> None:
    assert refused(password, "lan.nguyen@test.example", "Nguyễn Thị Lan") == why


def test_the_list_is_short_and_folded() -> None:
    words = passwords._common()
    assert 300 < len(words) < 3000
    assert all(passwords.fold(word) == word for word in words)


async def test_exactly_as_typed() -> None:
    for password in (" trước và sau ", "a\x00bcdefgh", "ế" * 9, "e\u0302\u0301" * 9, "\ud800" * 9):
        stored = await hash_password(password)
        assert await password_fits(stored, password)
        assert not await password_fits(stored, password.strip() + "x")


@pytest.mark.parametrize("spelled", ["ế" * 8, "e\u0302\u0301" * 8, "\u00ea\u0301" * 8])
async def test_one_password_however_the_keyboard_spells_its_letters(spelled: str) -> None:
    stored = await hash_password("ế" * 8)
    assert await password_fits(stored, spelled)


@pytest.mark.parametrize("other", ["Ế" * 8, "ê" * 8, "ế" * 8 + " ", " " + "ế" * 8, "ế" * 7, "é" * 8])
async def test_accents_case_and_blanks_of_a_password_count(other: str) -> None:
    assert not await password_fits(await hash_password("ế" * 8), other)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("e\u0302\u0301" * 7, TOO_SHORT),
        ("e\u0302\u0301 mưa rơi", None),
        ("mưa rơi ngoài hiên vắng " * 12, TOO_LONG),
        (unicodedata.normalize("NFD", "đường về nhà rất xa " * 12)[:300], None),
        ("\u200b" * 8, TOO_COMMON),
        ("\u202e\u202d" * 8, TOO_COMMON),
        ("\x00" * 8, TOO_COMMON),
        ("MẬT KHẨU", TOO_COMMON),
        ("!!mậtkhẩu!!", TOO_COMMON),
        ("１２３４５６７８", TOO_COMMON),
    ],
)
def test_letters_are_counted_and_not_how_they_are_sent(password: str, why: str | None) -> None:
    assert refused(password) == why


async def test_nobody_fits_the_dummy_or_nonsense(full_hashing: None) -> None:
    assert not await password_fits(None, "")
    assert not await password_fits("not a hash", "not a hash")
    assert outdated("not a hash")
    assert not outdated(passwords._NOBODYS)
    assert passwords._NOBODYS.startswith("$argon2id$v=19$m=47104,t=2,p=1$")


def test_secrets() -> None:
    assert len({make_token() for _n in range(100)}) == 100
    assert looks_like_token(make_token())
    assert not looks_like_token(make_token() + "\n")
    assert len(make_code()) == 19


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 (KHTML) Chrome/140 Safari/537 Edg/140", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537 Chrome/140 Mobile Safari/537", "Chrome · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19 like Mac OS X) Version/19 Safari/604", "Safari · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140) Gecko/20100101 Firefox/140", "Firefox · Linux"),
        ("curl/8.11", "curl"),
        ("<script>", ""),
        ("", ""),
    ],
)
def test_devices(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device


def test_without_a_client_there_is_no_network() -> None:
    connection: Any = SimpleNamespace(client=None, headers={})
    assert (origin_of(connection).network, origin_of(connection).device) == ("", "")


# --- the demo's accounts ------------------------------------------------------------------------------------------


async def report(_label: str, share: float) -> None:
    assert 0 < share <= 1


async def test_the_demo_has_six_accounts_once(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    with settings_with(DEMO_PASSWORD="mật khẩu của bản mẫu"):
        for _twice in range(2):
            await demo.load(report)
    rows = await database.fetch(
        "SELECT p.email, p.sample, array_agg(r.role) AS roles FROM person p LEFT JOIN person_role r ON r.person = p.id"
        " GROUP BY p.id, p.email, p.sample ORDER BY p.email"
    )
    assert [(row["email"], row["sample"], row["roles"]) for row in rows] == [
        ("admin@demo.example", True, ["admin"]),
        ("checkin@demo.example", True, ["desk"]),
        ("investor@demo.example", True, [None]),
        ("mentor@demo.example", True, [None]),
        ("organizer@demo.example", True, ["organizer"]),
        ("startup@demo.example", True, [None]),
    ]
    assert (await sign_in(client, "startup@demo.example", "mật khẩu của bản mẫu")).status_code == 303


async def test_outside_the_demo_there_are_none(db: asyncpg.Connection) -> None:
    with settings_with(DEMO="0"):
        await demo.load(report)
    assert await database.fetchval("SELECT count(*) FROM person") == 0


async def test_without_a_password_nobody_gets_in(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await demo.load(report)
    assert (await sign_in(client, "admin@demo.example", "")).status_code == 422
    assert await database.fetchval("SELECT count(password_hash) FROM person") == 0
