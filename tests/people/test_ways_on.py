"""Where somebody is led after signing in: to a page of ours, whatever stands in `next`."""

from urllib.parse import quote, unquote, urljoin, urlsplit

import asyncpg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.web import local_path
from app.people.routes_parts import quoted
from tests.conftest import BASE_URL, MakeClient
from tests.factories import make_person
from tests.people.steps import cookie_of

PIECES = st.sampled_from(
    [
        *("/", "//", "\\", "/\\", ":", "@", "?", "#", "..", ".", "evil.example", "http:", "https://", "javascript:"),
        *("\t", "\n", "\r", "\x00", "\x0b", "\u2028", "\u00a0", "\u3000", "%2f", "%5c", "%09", "%0d%0aSet-Cookie:a=b"),
        *("\ud800", "\u200b", "\u202e", "／", "＼", "ế", "account", "next=", "127.0.0.1:8000", "user@", "[::1]", ";"),
    ]
)
WILD = st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=40) | st.text(max_size=30).map(lambda t: "/" + t)


def as_a_browser_reads(to: str) -> str:
    """WHATWG: blanks around and tabs and line breaks within are dropped, a backslash is a slash."""
    to = to.strip("".join(map(chr, range(0x21)))).replace("\t", "").replace("\n", "").replace("\r", "")
    head, mark, tail = to.partition("?")
    return head.replace("\\", "/") + mark + tail


@given(WILD)
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("\t//evil.example")
@example("/%09/evil.example")
@example("/.//evil.example")
@example("/..//evil.example")
@settings(max_examples=600, deadline=None)
def test_no_text_leads_away(text: str) -> None:
    to = local_path(text, "/account")
    target = urlsplit(urljoin(f"{BASE_URL}/sign-in", as_a_browser_reads(to)))
    assert (target.scheme, target.netloc) == tuple(urlsplit(BASE_URL)[:2])
    assert to in (text, "/account")
    assert not any(ord(c) < 0x21 for c in to)


@given(
    st.text(alphabet=st.characters(min_codepoint=0x21, exclude_characters="\\", exclude_categories=["Cs"]), max_size=50)
)
@settings(max_examples=300, deadline=None)
def test_every_path_of_ours_is_kept(rest: str) -> None:
    path = "/" + rest.lstrip("/")
    assert local_path(path) == path


@given(WILD)
@settings(max_examples=300, deadline=None)
def test_a_way_on_inside_a_way_on_stays_one_value(text: str) -> None:
    """`next` inside `next`: what is quoted holds no sign that ends the value."""
    inner = local_path(text, "/account")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in inner):
        return
    outer = f"/account/confirm?next={quoted(inner)}"
    assert not any(sign in quoted(inner) for sign in "?&#+= ;")
    assert quote(inner, safe="/") == quoted(inner)
    assert local_path(outer) == outer


HOSTILE = [
    *("//evil.example", "/\\evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)"),
    *(
        "/\t/evil.example",
        "/x\r\nSet-Cookie: a=b",
        "\\\\evil.example",
        "/\x00",
        "evil.example",
        " /account",
        "/" * 2001,
    ),
]


@pytest.mark.parametrize("to", HOSTILE)
async def test_every_page_that_leads_on_falls_back_to_one_of_ours(
    db: asyncpg.Connection, make_client: MakeClient, to: str
) -> None:
    client = await cookie_of(make_client(), await make_person())
    for path, fallback in (("/sign-in", "/"), ("/account/confirm", "/account")):
        answer = await client.get(path, params={"next": to})
        assert (answer.status_code, answer.headers["location"]) == (303, fallback)
    page = (await make_client().get("/sign-in", params={"next": to})).text
    assert page.count('name="next" value="/"') == 1
    half = await cookie_of(make_client(), await make_person(), waiting=True)
    page = (await half.get("/sign-in/code", params={"next": to})).text
    assert page.count('name="next" value="/"') == 1
    page = (await client.get("/account/two-step", params={"next": to})).text
    assert page.count('name="next" value="/account"') == 1


@pytest.mark.parametrize("to", ['/x?a="><script>alert(1)</script>', "/x?q={{7*7}}"])
async def test_a_way_on_is_shown_as_text(db: asyncpg.Connection, make_client: MakeClient, to: str) -> None:
    page = (await make_client().get("/sign-in", params={"next": to})).text
    assert "<script>alert" not in page
    assert "49" not in page.partition('name="next"')[2].partition(">")[0]


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("/account/tokens", "/sign-in?next=/account/tokens"),
        (
            "/staff/people?q=Nguy%E1%BB%85n&only=desk",
            "/sign-in?next=/staff/people%3Fq%3DNguy%25E1%25BB%2585n%26only%3Ddesk",
        ),
        ("/account?before=1#events", "/sign-in?next=/account%3Fbefore%3D1"),
    ],
)
async def test_the_way_to_the_sign_in_remembers_the_page(
    db: asyncpg.Connection, make_client: MakeClient, asked: str, to: str
) -> None:
    assert (await make_client().get(asked)).headers["location"] == to


@pytest.mark.parametrize("to", ["/organisations/công-ty-đức", "/events/ngày-hội?q=Nguyễn", "/x?q=%E1%BA%BF", "/ж#ế"])
async def test_a_way_on_with_vietnamese_letters(db: asyncpg.Connection, make_client: MakeClient, to: str) -> None:
    client = await cookie_of(make_client(), await make_person())
    for path in ("/sign-in", "/account/confirm"):
        answer = await client.get(path, params={"next": to})
        assert (answer.status_code, unquote(answer.headers["location"])) == (303, unquote(to))
        assert answer.headers["location"].isascii()
    answer = await client.get("/sign-in", params={"next": to}, headers={"HX-Request": "true"})
    assert (answer.status_code, unquote(answer.headers["hx-redirect"])) == (204, unquote(to))
    assert answer.headers["hx-redirect"].isascii(), "scripts read headers as Latin-1"


async def test_letters_that_are_none_lead_nowhere_and_break_nothing(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    client = await cookie_of(make_client(), await make_person())
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for raw in (b"/\xed\xa0\x80", b"/%ED%A0%80", b"/%FF", b"/\xff"):
        assert (await client.get("/sign-in?next=" + quote(raw))).status_code == 303
        body = b"next=" + raw
        answer = await client.post("/account/two-step/begin", content=body, headers=kind)
        assert answer.status_code in (303, 400)
        await database.execute("UPDATE second_step SET ended_at = now() WHERE ended_at IS NULL")


@pytest.mark.parametrize(
    ("around", "to"),
    [
        ("http://127.0.0.1:8000/events/ngay-hoi/desk?checkpoint=1", "/events/ngay-hoi/desk%3Fcheckpoint%3D1"),
        ("http://127.0.0.1:8000/organisations/c%C3%B4ng-ty", "/organisations/c%25C3%25B4ng-ty"),
        ("https://evil.example/account", "/account"),
        ("http://127.0.0.1:8000//evil.example", "/account/sessions"),
        ("javascript:alert(1)", "/account/sessions"),
        ("http://[", "/account/sessions"),
        ("", "/account/sessions"),
    ],
)
async def test_a_part_of_a_page_leads_back_to_its_page(
    db: asyncpg.Connection, make_client: MakeClient, around: str, to: str
) -> None:
    """A count that is asked for every five seconds when the session ends: its page comes after the sign-in."""
    part = {"HX-Request": "true", "HX-Current-URL": around}
    answer = await make_client().get("/account/sessions", headers=part)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, f"/sign-in?next={to}")
    posted = await make_client().post("/account/sessions/end-others", headers=part)
    assert posted.headers["hx-redirect"] == f"/sign-in?next={to if to != '/account/sessions' else '/'}"
    boosted = await make_client().get("/account/sessions", headers={**part, "HX-Boosted": "true"})
    assert (boosted.status_code, boosted.headers["location"]) == (303, "/sign-in?next=/account/sessions")
