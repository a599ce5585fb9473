"""Every answer carries its headers; every refusal speaks the reader's language and repeats nothing of the request."""

import asyncio
import logging
from typing import Any

import httpx
import pytest

from app.core import db
from app.core.web import Actor

Make = Any

SIGNED_IN = Actor(id=__import__("uuid").uuid4(), name="Lan", csrf_secret="s", via="session")

STATUSES = [
    ("GET", "/healthz", 200),
    ("POST", "/try/form", 303),
    ("GET", "/try/private", 303),
    ("GET", "/nowhere", 404),
    ("DELETE", "/try/broken", 405),
    ("GET", "/try/conflict", 409),
    ("GET", "/try/invalid", 422),
    ("GET", "/try/many", 429),
    ("GET", "/try/broken", 500),
    ("GET", "/try/busy", 503),
    ("GET", "/try/echo/a?page=abc", 400),
]


@pytest.mark.parametrize(("method", "path", "status"), STATUSES)
async def test_security_headers_on_every_status(odd: Make, method: str, path: str, status: int) -> None:
    answer = await odd().request(method, path)
    assert answer.status_code == status
    for name, value in {
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "x-frame-options": "DENY",
    }.items():
        assert answer.headers[name] == value
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize(("method", "path", "status"), STATUSES[3:])
async def test_json_errors_have_both_languages(odd: Make, method: str, path: str, status: int) -> None:
    answer = await odd(Accept="application/json").request(method, path)
    error = answer.json()["error"]
    assert answer.status_code == status
    assert set(error) == {"code", "message_vi", "message_en", "fields"}
    assert error["message_vi"] != error["message_en"]


async def test_field_errors_have_both_languages(odd: Make) -> None:
    error = (await odd(Accept="application/json").get("/try/invalid")).json()["error"]
    assert error["fields"] == {"name": {"message_vi": "Vui lòng điền mục này.", "message_en": "Please fill this in."}}


@pytest.mark.parametrize(
    "path",
    [
        "/try/echo/%3Cimg%20src=x%20onerror=alert(1)%3E?page=abc",
        "/nowhere/%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/try/echo/a?page=%3Cimg%20src=x%20onerror=alert(1)%3E",
    ],
)
async def test_error_pages_repeat_nothing_of_the_request(odd: Make, path: str) -> None:
    answer = await odd().get(path)
    assert answer.status_code in (400, 404)
    assert "onerror" not in answer.text


async def test_an_unhandled_exception_is_one_error_line_with_the_requests_id(
    odd: Make, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger().addHandler(caplog.handler)
    answer = await odd().get("/try/broken", headers={"X-Request-Id": "abcdefgh-1"})
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    logging.getLogger().removeHandler(caplog.handler)
    assert len({id(record) for record in errors}) == 1
    assert "abcdefgh-1" in str(errors[0].msg)
    assert "secret detail" not in answer.text
    assert answer.headers["x-request-id"] == "abcdefgh-1"


async def test_a_forged_request_id_is_replaced(odd: Make) -> None:
    answer = await odd().get("/healthz", headers={"X-Request-Id": "x y\tz"})
    assert len(answer.headers["x-request-id"]) == 32


async def test_retry_after(odd: Make) -> None:
    client = odd()
    assert (await client.get("/try/many")).headers["retry-after"] == "7"
    assert (await client.get("/try/busy")).headers["retry-after"] == "2"


async def test_an_exhausted_pool_is_503_and_health_stays_green(
    odd: Make, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "ACQUIRE_SECONDS", 0.1)
    client = odd()
    slow = [asyncio.create_task(client.get("/try/slow")) for _n in range(pool.get_max_size())]
    await asyncio.sleep(0.3)
    answer = await client.get("/try/slow")
    health = await client.get("/healthz")
    assert (answer.status_code, answer.headers["retry-after"], health.status_code) == (503, "2", 200)
    assert [(await task).status_code for task in slow] == [200] * pool.get_max_size()
    assert (await client.get("/try/slow")).status_code == 200


async def test_nobody_is_led_to_sign_in_and_back(odd: Make) -> None:
    answer = await odd().get("/try/private?a=1&b=%20x")
    assert answer.headers["location"] == "/sign-in?next=/try/private%3Fa%3D1%26b%3D%2520x"
    htmx = await odd().get("/try/private", headers={"HX-Request": "true"})
    assert (htmx.status_code, htmx.headers["hx-redirect"]) == (401, "/sign-in?next=/try/private")
    api = await odd(Accept="application/json").get("/try/private")
    assert (api.status_code, api.json()["error"]["code"]) == (401, "not_signed_in")
    assert (await odd(SIGNED_IN).get("/try/private")).status_code == 200


async def test_private_pages_are_not_stored(odd: Make) -> None:
    assert (await odd(SIGNED_IN).get("/try/private")).headers["cache-control"] == "private, no-store"
    answer = await odd().get("/nowhere")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "HX-Request" in answer.headers["vary"]


OK_OR_NOT = [
    ({"Sec-Fetch-Site": "same-origin"}, 303),
    ({"Sec-Fetch-Site": "none"}, 303),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, 403),
    ({"Sec-Fetch-Site": ""}, 403),
    ({"Origin": "http://127.0.0.1:8000"}, 303),
    ({"Origin": "null"}, 403),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "http://127.0.0.1:8000.evil.example"}, 403),
    ({"Origin": "http://127.0.0.1:8001"}, 403),
    ({}, 403),
]


@pytest.mark.parametrize(("headers", "status"), OK_OR_NOT)
async def test_a_session_is_used_by_our_pages_only(odd: Make, headers: dict[str, str], status: int) -> None:
    answer = await odd(SIGNED_IN).post("/try/form", data={"name": "x"}, headers=headers)
    assert answer.status_code == status


async def test_without_any_origin_the_sessions_token_decides(odd: Make) -> None:
    from app.core.web import csrf_token

    client = odd(SIGNED_IN)
    good, other = csrf_token(SIGNED_IN), csrf_token(Actor(id=SIGNED_IN.id, csrf_secret="other", via="session"))
    assert good != csrf_token(SIGNED_IN), "the token is masked anew on every page"
    assert (await client.post("/try/form", data={"name": "x", "_csrf": good})).status_code == 303
    assert (await client.post("/try/form", headers={"X-CSRF-Token": good})).status_code == 303
    for token in (other, "", "x", '"><script>', good[:-1] + "g"):
        assert (await client.post("/try/form", data={"_csrf": token})).status_code == 403
    assert (
        await client.post("/try/form", content=f"_csrf={good}", headers={"Content-Type": "text/plain"})
    ).status_code == 403


async def test_a_token_of_the_api_needs_no_origin(odd: Make) -> None:
    bearer = Actor(id=SIGNED_IN.id, via="token")
    assert (await odd(bearer, Authorization="Bearer x").post("/try/form")).status_code == 303


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 404),
        ("localhost", 404),
        ("[::1]:80", 404),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("a b", 400),
        ("x@127.0.0.1", 400),
        ("", 400),
    ],
)
async def test_only_our_hosts_are_answered(odd: Make, host: str, status: int) -> None:
    assert (await odd().get("/nowhere", headers={"Host": host})).status_code == status


async def test_the_language_follows_account_cookie_browser(odd: Make) -> None:
    async def title(client: httpx.AsyncClient, **headers: str) -> str:
        return (await client.get("/nowhere", headers=headers)).text

    assert "Không tìm thấy" in await title(odd())
    assert "Không tìm thấy" in await title(odd(), **{"Accept-Language": "fr"})
    english = {"Accept-Language": "en"}
    assert "Not found" in await title(odd(), **english)
    assert "Không tìm thấy" in await title(odd(), Cookie="lang=vi", **english)
    assert "Not found" in await title(odd(Actor(id=SIGNED_IN.id, locale="en", via="session")), Cookie="lang=vi")


async def test_too_large_a_body_is_refused(odd: Make) -> None:
    answer = await odd().post("/try/form", data={"name": "x" * 1_100_000}, headers={"Origin": "http://127.0.0.1:8000"})
    assert answer.status_code == 413


async def test_strange_cookies_do_not_break_a_page(odd: Make) -> None:
    for cookie in (
        "sid=null",
        "sid=",
        "sid=" + "x" * 8000,
        "sid=a; sid=b",
        "lang=<script>; flash=a.b; theme=x",
        ";;;=",
    ):
        assert (await odd().get("/nowhere", headers={"Cookie": cookie})).status_code == 404


async def test_a_message_survives_one_redirect_and_cannot_be_forged(odd: Make) -> None:
    client = odd()
    answer = await client.post("/try/form", data={"name": "<b>Đã lưu</b>"}, headers={"Origin": "http://127.0.0.1:8000"})
    assert answer.status_code == 303
    shown = await client.get("/about")
    assert "&lt;b&gt;Đã lưu&lt;/b&gt;" in shown.text
    assert "&lt;b&gt;" not in (await client.get("/about")).text
    forged = await odd().get("/about", headers={"Cookie": "flash=aGVsbG8=.0123456789abcdef0123456789abcdef"})
    assert "hello" not in forged.text


async def test_metrics_count_routes_not_addresses(odd: Make) -> None:
    client = odd()
    await client.get("/try/private")
    text = (await client.get("/metrics")).text
    assert 'route="/try/private"' in text
    assert "nowhere" not in text


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/about", 200), ("/nowhere", 404)])
async def test_head_is_answered_like_get_without_a_body(odd: Make, path: str, status: int) -> None:
    client = odd()
    head, get = await client.head(path), await client.get(path)
    assert (head.status_code, get.status_code, head.content) == (status, status, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


async def test_head_does_not_write(odd: Make) -> None:
    assert (await odd().head("/try/form")).status_code == 405


async def test_static_files_last_only_under_the_address_of_their_content(odd: Make) -> None:
    from app.assets import asset

    client = odd()
    right = await client.get(asset("app.css"))
    assert (right.status_code, right.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    for address in ("/static/app.css?v=old", "/static/app.css", "/static/nowhere.css?v=0"):
        assert (await client.get(address)).headers["cache-control"] == "public, max-age=60"


async def test_metrics_tell_what_waits_for_the_workers(odd: Make, db: Any) -> None:
    await db.execute("INSERT INTO outbox (topic, dead_at) VALUES ('a', NULL), ('b', now())")
    text = (await odd().get("/metrics")).text
    assert 'outbox_rows{state="due"} 1.0' in text
    assert 'outbox_rows{state="dead"} 1.0' in text
