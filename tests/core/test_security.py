"""Hosts, origins, headers: each rule alone, as a table; tests/core/test_csrf.py asks the whole application."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.security import CONTENT_SECURITY_POLICY, CrossSite, came_from_us, headers_for, host_is_ours
from app.core.settings import Settings

HERE = Settings(public_url="https://ketnoi.example", environment="production", allowed_hosts=("www.ketnoi.example",))
DEMO = Settings(public_url="", host="127.0.0.1", port=8000)


@pytest.mark.parametrize(
    ("host", "in_production", "in_the_demo"),
    [
        ("ketnoi.example", True, False),
        ("KETNOI.example", True, False),
        ("ketnoi.example:443", True, False),
        ("www.ketnoi.example", True, False),
        ("www.ketnoi.example:8443", True, False),
        ("evil.ketnoi.example", False, False),
        ("ketnoi.example.evil.example", False, False),
        ("ketnoi.example.", False, False),
        ("127.0.0.1", False, True),
        ("127.0.0.1:8000", False, True),
        ("localhost:9999", False, True),
        ("a.localhost", False, True),
        ("localhost.evil.example", False, False),
        ("notlocalhost", False, False),
        ("[::1]:8000", False, True),
        ("192.168.1.20", False, True),
        ("0x7f000001", False, False),
        ("127.1", False, False),
        ("", False, False),
        (" ", False, False),
        ("a b", False, False),
        ("ketnoi.example\t", False, False),
        ("ketnoi.example@evil.example", False, False),
        ("evil.example@ketnoi.example", False, False),
        ("ketnoi.example/x", False, False),
        ("[", False, False),
        ("[::1", False, False),
        ("[::1]]", False, False),
        ("[nonsense]", False, False),
        ("]", False, False),
        (":80", False, False),
        ("xn--", False, False),
        ("ketnoi.example:", True, False),
        ("ketnoi.example:x", False, False),
        ("127.0.0.1/x", False, False),
        ("ｋｅｔｎｏｉ.example", False, False),
    ],
)
def test_which_hosts_are_ours(host: str, in_production: bool, in_the_demo: bool) -> None:
    assert (host_is_ours(HERE, host), host_is_ours(DEMO, host)) == (in_production, in_the_demo)


@given(st.text(st.characters(max_codepoint=255)))
def test_no_host_header_breaks_the_look_at_it(host: str) -> None:
    for settings in (HERE, DEMO):
        if host_is_ours(settings, host):
            assert re.fullmatch(r"[a-zA-Z0-9.:\[\]_-]+", host)


ORIGINS = [
    # origin, host, in production, in the demo
    ("https://ketnoi.example", "ketnoi.example", True, True),
    ("https://ketnoi.example", "www.ketnoi.example", True, False),
    ("http://ketnoi.example", "ketnoi.example", False, True),
    ("https://ketnoi.example:444", "ketnoi.example", False, False),
    ("https://KETNOI.example", "ketnoi.example", False, False),
    ("https://ketnoi.example/", "ketnoi.example", False, False),
    ("https://www.ketnoi.example", "www.ketnoi.example", False, True),
    ("null", "ketnoi.example", False, False),
    ("", "ketnoi.example", False, False),
    ("https://ketnoi.example.evil.example", "ketnoi.example", False, False),
    ("https://evil.example", "ketnoi.example", False, False),
    ("file://", "ketnoi.example", False, False),
    ("http://", "", False, False),
    ("https://", "", False, False),
    ("http://127.0.0.1:8000", "127.0.0.1:8000", False, True),
    ("http://127.0.0.1:8000", "127.0.0.1:8001", False, True),
    ("http://127.0.0.1:8001", "127.0.0.1:8000", False, False),
]


@pytest.mark.parametrize(("origin", "host", "in_production", "in_the_demo"), ORIGINS)
def test_whose_origin_it_is(origin: str, host: str, in_production: bool, in_the_demo: bool) -> None:
    headers = {b"origin": origin.encode("latin-1"), b"host": host.encode()}
    assert (came_from_us(HERE, headers), came_from_us(DEMO, headers)) == (in_production, in_the_demo)


@pytest.mark.parametrize(
    ("site", "ours"),
    [
        (b"same-origin", True),
        (b"none", True),
        (b"same-site", False),
        (b"cross-site", False),
        (b"SAME-ORIGIN", False),
        (b"same-origin, cross-site", False),
        (b"", False),
    ],
)
def test_the_browsers_own_word_goes_before_the_origin(site: bytes, ours: bool) -> None:
    """A page that is not ours may carry our Origin only by a fault of the browser; its own word then decides."""
    for origin in ({}, {b"origin": b"https://ketnoi.example"}, {b"origin": b"https://evil.example"}):
        assert came_from_us(HERE, {b"sec-fetch-site": site, **origin}) is ours


def test_a_client_that_says_nothing_is_left_to_the_token() -> None:
    assert came_from_us(HERE, {b"host": b"ketnoi.example"}) is None
    assert came_from_us(DEMO, {}) is None


def _directives() -> dict[str, list[str]]:
    parts = [part.split() for part in CONTENT_SECURITY_POLICY.split("; ")]
    return {name: values for name, *values in parts}


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    found = _directives()
    assert found.pop("default-src") == ["'none'"]
    assert {value for values in found.values() for value in values} == {"'self'", "'none'", "data:", "blob:"}
    assert found["script-src"] == found["style-src"] == found["connect-src"] == found["form-action"] == ["'self'"]
    for closed in ("base-uri", "frame-ancestors", "object-src"):
        assert found[closed] == ["'none'"]


@pytest.mark.parametrize(
    ("address", "hsts"),
    [("https://ketnoi.example", True), ("http://ketnoi.example", False), ("", False)],
)
def test_only_a_site_behind_tls_promises_tls(address: str, hsts: bool) -> None:
    headers = dict(headers_for(Settings(public_url=address)))
    assert (b"strict-transport-security" in headers) is hsts
    if hsts:
        assert int(headers[b"strict-transport-security"].split(b";")[0].partition(b"=")[2]) >= 31_536_000
    assert set(headers) >= {
        b"content-security-policy", b"x-content-type-options", b"referrer-policy", b"cross-origin-opener-policy",
        b"cross-origin-resource-policy", b"permissions-policy", b"x-frame-options",
    }  # fmt: skip
    assert all(name == name.lower() for name in headers)


def test_the_refusal_of_another_site_says_so_in_both_languages() -> None:
    refusal: Any = CrossSite()
    assert (refusal.status, refusal.code) == (403, "cross_site")
    assert refusal.text("vi").startswith("Yêu cầu này đến từ một trang khác")
    assert refusal.text("en").startswith("This request came from another site")
