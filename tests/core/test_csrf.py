"""Cross-site writes: every method, every way to say where one comes from, every kind of visitor."""

from itertools import product
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.web import Actor, csrf_token, csrf_token_fits

HERE = "http://127.0.0.1:8000"
LAN = Actor(id=UUID(int=1), name="Lan", csrf_secret="lan", via="session")
MINH = Actor(id=UUID(int=2), name="Minh", csrf_secret="minh", via="session")
SCRIPT = Actor(id=UUID(int=1), name="Lan", via="token")
NOBODY = Actor()
METHODS = ("POST", "PUT", "PATCH", "DELETE")

OURS = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": HERE},
    {"Sec-Fetch-Site": "none"},
    {"Origin": HERE},
]
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
    {"Sec-Fetch-Site": "same-site", "Origin": HERE},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://127.0.0.1:8000.evil.example"},
    {"Origin": "http://127.0.0.1:8001"},
    {"Origin": ""},
]


async def _status(client: httpx.AsyncClient, method: str, headers: dict[str, str]) -> int:
    return (await client.request(method, "/try/any", headers=headers)).status_code


@pytest.mark.parametrize("method", METHODS)
async def test_a_browser_on_our_pages_may_write(odd: Any, method: str) -> None:
    for actor, headers in product((LAN, NOBODY), OURS):
        assert await _status(odd(actor), method, headers) == 200, (actor.name, headers)


@pytest.mark.parametrize("method", METHODS)
async def test_a_browser_on_other_pages_may_not(odd: Any, method: str) -> None:
    """Nobody in particular is protected too: a foreign page must not sign people in, or up."""
    for actor, headers in product((LAN, NOBODY), FOREIGN):
        assert await _status(odd(actor), method, headers) == 403, (actor.name, headers)


@pytest.mark.parametrize("method", METHODS)
async def test_a_client_that_names_no_origin_needs_the_sessions_token(odd: Any, method: str) -> None:
    assert await _status(odd(LAN), method, {}) == 403
    assert await _status(odd(LAN), method, {"X-CSRF-Token": csrf_token(LAN)}) == 200
    assert await _status(odd(LAN), method, {"X-CSRF-Token": csrf_token(MINH)}) == 403
    assert await _status(odd(NOBODY), method, {}) == 200


@pytest.mark.parametrize("method", METHODS)
async def test_a_token_of_the_api_is_asked_for_no_origin(odd: Any, method: str) -> None:
    """A foreign page cannot set Authorization without asking first, and is never told yes."""
    for headers in (*OURS, *FOREIGN, {}):
        bearer = {"Authorization": "Bearer abc", **headers}
        assert await _status(odd(SCRIPT), method, bearer) == 200, headers


async def test_another_kind_of_authorization_is_no_way_round(odd: Any) -> None:
    for value in ("Basic bGFuOng=", "bearer", "Bearerabc", ""):
        headers = {"Authorization": value, "Sec-Fetch-Site": "cross-site"}
        assert await _status(odd(LAN), "POST", headers) == 403, value


@pytest.mark.parametrize("headers", [{}, *OURS, *FOREIGN])
async def test_reading_is_open_from_everywhere(odd: Any, headers: dict[str, str]) -> None:
    for method in ("GET", "HEAD"):
        assert (await odd(LAN).request(method, "/try/private", headers=headers)).status_code == 200


async def test_nobody_is_told_yes_when_a_foreign_page_asks_first(odd: Any) -> None:
    asked = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = await odd(LAN).options("/try/any", headers=asked)
    assert [name for name in answer.headers if name.startswith("access-control-")] == []
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_the_token_is_read_from_forms(odd: Any, kind: str) -> None:
    token = csrf_token(LAN)
    body = f"_csrf={token}"
    if kind.startswith("multipart"):
        body = f'--x\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n{token}\r\n--x--\r\n'
    for text, status in ((body, 200), (body.replace(token, token[::-1]), 403), ("", 403)):
        answer = await odd(LAN).post("/try/any", content=text, headers={"Content-Type": kind})
        assert answer.status_code == status


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "text/html", "application/x-www-form-urlencodedx", ""]
)
async def test_the_token_is_not_read_from_what_is_no_form(odd: Any, kind: str) -> None:
    token = csrf_token(LAN)
    body = f'{{"_csrf": "{token}"}}' if kind == "application/json" else f"_csrf={token}"
    if kind == "application/x-www-form-urlencodedx":
        body = "_csrf=" + csrf_token(MINH)
    answer = await odd(LAN).post("/try/any", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 403


async def test_a_header_that_does_not_fit_is_not_saved_by_the_form(odd: Any) -> None:
    token = csrf_token(LAN)
    answer = await odd(LAN).post("/try/any", data={"_csrf": token}, headers={"X-CSRF-Token": "x"})
    assert answer.status_code == 403


async def test_the_refusal_is_a_page_a_fragment_or_json(odd: Any) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    page = await odd(LAN).post("/try/any", headers=foreign)
    assert (page.status_code, "<html" in page.text, "đến từ một trang khác" in page.text) == (403, True, True)
    part = await odd(LAN).post("/try/any", headers={**foreign, "HX-Request": "true"})
    assert (part.status_code, "<html" in part.text, "đến từ một trang khác" in part.text) == (403, False, True)
    told = await odd(LAN).post("/try/any", headers={**foreign, "Accept": "application/json"})
    assert (told.status_code, told.json()["error"]["code"]) == (403, "cross_site")


# --- the token itself -----------------------------------------------------------------------------------------


def test_the_token_belongs_to_one_session() -> None:
    token = csrf_token(LAN)
    assert csrf_token_fits(LAN, token)
    assert not csrf_token_fits(MINH, token)
    assert not csrf_token_fits(NOBODY, token)
    assert csrf_token(NOBODY) == csrf_token(SCRIPT) == ""
    assert not csrf_token_fits(NOBODY, "")


def test_the_token_differs_on_every_page() -> None:
    assert len({csrf_token(LAN) for _page in range(20)}) == 20


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: "0" + token,
        lambda token: token.replace(".", ""),
        lambda token: token.replace(".", ".."),
        lambda token: token.partition(".")[0] + ".",
        lambda token: "." + token.partition(".")[2],
        lambda token: token.upper() + "X",
        lambda token: token + "\ud800",
    ],
)
def test_no_part_of_the_token_can_be_changed(change: Any) -> None:
    token = csrf_token(LAN)
    assert not csrf_token_fits(LAN, change(token))


async def test_a_token_dies_with_the_sites_key(odd: Any, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    import msgspec

    from app.core import web

    token = csrf_token(LAN)
    changed = msgspec.structs.replace(settings, secret_key="another key, as long as the first one was")
    monkeypatch.setattr(web, "get_settings", lambda: changed)
    assert not csrf_token_fits(LAN, token)
    assert await _status(odd(LAN), "POST", {"X-CSRF-Token": token}) == 403
    assert await _status(odd(LAN), "POST", {"X-CSRF-Token": csrf_token(LAN)}) == 200
