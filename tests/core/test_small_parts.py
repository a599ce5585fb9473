"""The small parts: identifiers, the clock, how bodies are described, what every template relies on."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, UndefinedError
from litestar import Request

from app.core import templating, web
from app.core.bodies import takes
from app.core.clock import VIETNAM, now
from app.core.i18n import in_language
from app.core.ids import new_id
from app.core.web import Actor, done, frame, local_path, page, read_flash, wants_fragment, wants_json


def _request(path: str = "/x", cookie: str = "", **headers: str) -> Request[Any, Any, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    if cookie:
        pairs.append((b"cookie", cookie.encode()))
    scope = {"type": "http", "method": "GET", "path": path, "headers": pairs, "query_string": b"a=1", "state": {}}
    return Request(scope)  # type: ignore[arg-type]


def test_identifiers_are_unique_and_rise() -> None:
    made = [new_id() for _n in range(1000)]
    assert len(set(made)) == 1000
    assert made == sorted(made)
    assert {identifier.version for identifier in made} == {7}


def test_the_clock_is_aware_and_in_utc() -> None:
    assert now().utcoffset() == timedelta(0)
    assert datetime(2026, 1, 1, tzinfo=VIETNAM).utcoffset() == timedelta(hours=7)


# --- bodies in the API's description --------------------------------------------------------------------------


class Inner(msgspec.Struct):
    code: Annotated[str, msgspec.Meta(max_length=40)]


class Outer(msgspec.Struct):
    title: str
    parts: list[Inner] = []
    other: Inner | None = None


def test_a_body_is_described_without_references() -> None:
    described: Any = takes(Outer)()
    schema = described.request_body.content["application/json"].schema
    inner = schema["properties"]["parts"]["items"]
    assert described.request_body.required is True
    assert inner["properties"]["code"] == {"type": "string", "maxLength": 40}
    assert schema["required"] == ["title"]
    assert "$ref" not in str(schema)
    assert "$defs" not in schema


# --- who asks for what ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "accept", "json"),
    [
        ("/api/v1/x", "", True),
        ("/api/v1/x", "text/html", True),
        ("/api", "", False),
        ("/x", "application/json", True),
        ("/x", "application/json, text/plain", True),
        ("/x", "text/html,application/json", False),
        ("/x", "*/*", False),
        ("/x", "", False),
    ],
)
def test_who_gets_json(path: str, accept: str, json: bool) -> None:
    assert wants_json({"path": path, "headers": [(b"accept", accept.encode())]}) is json


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({}, False),
        ({"hx_request": "true"}, True),
        ({"hx_request": "True"}, False),
        ({"hx_request": "true", "hx_boosted": "true"}, False),
        ({"hx_request": "true", "hx_history_restore_request": "true"}, False),
        ({"hx_target": "list"}, False),
    ],
)
def test_who_gets_a_fragment(headers: dict[str, str], fragment: bool) -> None:
    assert wants_fragment(_request(**headers)) is fragment


@given(st.text(max_size=60))
def test_a_local_path_never_leaves_this_site(path: str) -> None:
    from urllib.parse import urlsplit

    kept = local_path(path, "/home")
    assert kept in (path, "/home")
    assert kept.startswith("/")
    assert not kept.startswith(("//", "/\\"))
    assert not re.search(r"[\x00-\x20\\]", kept)
    assert urlsplit(kept).netloc == ""


@pytest.mark.parametrize("length", [2000, 2001])
def test_an_endless_path_is_not_gone_to(length: int) -> None:
    assert (local_path("/" + "x" * (length - 1)) == "/") is (length > 2000)


@pytest.mark.parametrize(
    ("cookie", "theme"), [("theme=dark", "dark"), ("theme=light", "light"), ("theme=<script>", ""), ("", "")]
)
def test_the_theme_is_one_of_two(cookie: str, theme: str, settings: Any) -> None:
    assert frame(_request(cookie=cookie))["theme"] == theme


def test_every_template_may_rely_on_the_frame(settings: Any) -> None:
    given_ = frame(_request("/đường"))
    assert set(given_) == {
        "actor",
        "locale",
        "csrf_token",
        "current_path",
        "current_query",
        "origin",
        "theme",
        "request_id",
        "waits_for_you",
    }
    assert (given_["current_path"], given_["current_query"], given_["actor"]) == ("/đường", "a=1", web.NOBODY)


# --- roles ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "asked", "may"),
    [
        ((), ("desk",), False),
        (("desk",), ("desk",), True),
        (("desk",), ("organizer",), False),
        (("desk",), ("organizer", "desk"), True),
        (("admin",), ("organizer",), True),
        (("admin",), (), True),
        (("desk",), (), False),
    ],
)
def test_an_admin_has_every_role(held: tuple[str, ...], asked: tuple[str, ...], may: bool) -> None:
    assert Actor(id=UUID(int=1), roles=frozenset(held)).has(*asked) is may


# --- messages shown once --------------------------------------------------------------------------------------


def _flash(message: str) -> str:
    (cookie,) = done(_request(), to="/", message=message).cookies
    assert (cookie.httponly, cookie.samesite, cookie.max_age, cookie.secure) == (True, "lax", 60, False)
    return str(cookie.value)


@pytest.mark.parametrize("message", ["Đã lưu", "a;b=c, d\"e'", "<b>x</b>", "dòng 1\ndòng 2", "🎉" * 150, ""])
def test_a_message_comes_back_as_it_was(message: str, settings: Any) -> None:
    if not message:
        assert done(_request(), to="/", message=message).cookies == []
        return
    value = _flash(message)
    assert re.fullmatch(r"[A-Za-z0-9_=.-]+", value)
    assert read_flash(_request(cookie=f"flash={value}")) == message


def test_a_long_message_is_cut_so_that_the_cookie_fits(settings: Any) -> None:
    value = _flash("ộ" * 5000)
    assert len(value) < 3000
    assert read_flash(_request(cookie=f"flash={value}")) == "ộ" * 600


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=';,"\\='), max_size=50))
def test_nobody_else_writes_messages(value: str) -> None:
    assert read_flash(_request(cookie=f"flash={value}")) is None


def test_a_message_is_bound_to_the_sites_key(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    value = _flash("Đã lưu")
    text, _dot, signature = value.partition(".")
    for forged in (text, f"{text}.", f".{signature}", f"{text}.{signature[:-1]}", f"{text}x.{signature}"):
        assert read_flash(_request(cookie=f"flash={forged}")) is None
    changed = msgspec.structs.replace(settings, secret_key="another key, as long as the first one was")
    monkeypatch.setattr(web, "get_settings", lambda: changed)
    assert read_flash(_request(cookie=f"flash={value}")) is None


def test_a_site_behind_tls_sets_secure_cookies(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    behind_tls = msgspec.structs.replace(settings, public_url="https://ketnoi.example")
    monkeypatch.setattr(web, "get_settings", lambda: behind_tls)
    (cookie,) = done(_request(), to="/", message="x").cookies
    assert cookie.secure is True


# --- templates ------------------------------------------------------------------------------------------------


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Any]:
    """Draw a text as a template: `drawn("{{ x }}", x=1)`, or as one with another name or block."""

    def draw(text: str, name: str = "try.html", block: str | None = None, **values: Any) -> str:
        overlay = templating.environment.__wrapped__().overlay(loader=DictLoader({name: text}))
        monkeypatch.setattr(templating, "environment", lambda: overlay)
        try:
            return templating.render(name, values, block)
        finally:
            monkeypatch.undo()

    return draw


def test_pages_are_escaped_and_plain_mails_are_not(drawn: Any) -> None:
    assert drawn("{{ x }}", x="<b>'\"&") == "&lt;b&gt;&#39;&#34;&amp;"
    assert drawn("{{ x }}", name="try.txt", x="<b>'\"&") == "<b>'\"&"


@pytest.mark.parametrize("text", ["{{7*7}}", "{% raw %}", "${7*7}", "{{ actor }}", "{# x #}", "%(name)s"])
def test_what_people_type_is_no_template(drawn: Any, text: str) -> None:
    assert html.unescape(drawn("{{ x }}", x=text)) == text
    assert html.unescape(drawn("{% trans %}Hello {{ x }}{% endtrans %}", x=text)) == f"Hello {text}"


def test_what_is_missing_is_an_error(drawn: Any) -> None:
    for text in ("{{ nobody }}", "{{ x.nothing }}", "{% if nobody %}{% endif %}", "{% for a in nobody %}{% endfor %}"):
        with pytest.raises(UndefinedError):
            drawn(text, x={})


def test_a_block_is_drawn_alone_with_what_it_inherits(drawn: Any) -> None:
    text = "{% set y = 2 %}a{% block one %}{{ x }}{{ self.two() }}{% endblock %}{% block two %}b{% endblock %}"
    assert drawn(text, block="one", x=1) == "1b"
    assert drawn(text, x=1) == "a1bb"


MOMENT = datetime(2026, 12, 31, 18, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "vi", "en"),
    [
        (lambda: templating.format_date(date(2026, 2, 3)), "3 thg 2, 2026", "Feb 3, 2026"),
        (lambda: templating.format_date(date(2026, 2, 3), "short"), "03/02/2026", "03/02/2026"),
        (lambda: templating.format_date(MOMENT, "long"), "1 tháng 1, 2027", "January 1, 2027"),
        (lambda: templating.format_datetime(MOMENT), "01:05, 1 thg 1, 2027", "01:05, Jan 1, 2027"),
        (lambda: templating.format_datetime(MOMENT, "time"), "01:05", "01:05"),
        (lambda: templating.format_datetime(MOMENT, "seconds"), "01:05:09", "01:05:09"),
        (lambda: templating.format_number(0), "0", "0"),
        (lambda: templating.format_number(-1234.5), "-1.234,5", "-1,234.5"),
        (lambda: templating.format_number(Decimal("1000000.25")), "1.000.000,25", "1,000,000.25"),
        (lambda: templating.format_compact(999), "999", "999"),
        (lambda: templating.format_compact(17_726), "17,7 N", "17.7K"),
        (lambda: templating.format_compact(17_726, "long"), "17,7 nghìn", "17.7 thousand"),
        (lambda: templating.format_compact(2_500_000_000), "2,5 T", "2.5B"),
        (lambda: templating.format_money(0, "VND"), "0 ₫", "₫0"),
        (lambda: templating.format_money(Decimal("1999.99"), "USD"), "2.000 US$", "$2,000"),
        (lambda: templating.format_money(5, "XYZ"), "5 XYZ", "XYZ5"),
        (lambda: templating.timeago(now() - timedelta(days=3)), "3 ngày trước", "3 days ago"),
        (lambda: templating.timeago(now() + timedelta(hours=2, minutes=1)), "sau 2 giờ nữa", "in 2 hours"),
    ],
)
def test_how_figures_and_moments_are_shown(shown: Any, vi: str, en: str) -> None:
    assert re.sub(r"[\u00a0\u202f]", " ", shown()) == vi
    with in_language("en"):
        assert re.sub(r"[\u00a0\u202f]", " ", shown()) == en


def test_a_page_tells_its_status(settings: Any) -> None:
    response = page(_request(), "design.html", status=418)
    assert (response.status_code, response.media_type) == (418, "text/html")
    assert re.search(r"<title>[^<]*Kết Nối</title>", response.content)


async def test_a_message_is_shown_on_whole_pages_only_and_then_gone(odd: Any) -> None:
    value = _flash("Đã lưu 1")
    part = await odd().get("/try/page", headers={"Cookie": f"flash={value}", "HX-Request": "true"})
    whole = await odd().get("/try/page", headers={"Cookie": f"flash={value}"})
    assert "Đã lưu 1" in whole.text
    assert whole.headers["set-cookie"].startswith("flash=")
    assert "Max-Age=0" in whole.headers["set-cookie"] or "expires=" in whole.headers["set-cookie"].lower()
    assert ("<html" in part.text, "Đã lưu 1" in part.text, "set-cookie" in part.headers) == (False, False, False)
