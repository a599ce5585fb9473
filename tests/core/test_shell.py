"""Every answer carries its headers; every refusal speaks the reader's language and repeats nothing of the request."""

import asyncio
import json
import logging
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import db
from app.core.shell import Shell
from app.core.web import Actor, csrf_token

Make = Any

SIGNED_IN = Actor(id=UUID(int=7), name="Lan", csrf_secret="s", via="session")

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
    client = odd()
    async with AsyncExitStack() as taken:
        monkeypatch.setattr(db, "ACQUIRE_SECONDS", 30)
        for _n in range(pool.get_max_size()):
            await taken.enter_async_context(db.connection())
        monkeypatch.setattr(db, "ACQUIRE_SECONDS", 0.1)
        answer = await client.get("/try/slow")
        health = await client.get("/healthz")
    assert (answer.status_code, answer.headers["retry-after"], health.status_code) == (503, "2", 200)
    monkeypatch.setattr(db, "ACQUIRE_SECONDS", 30)
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


# --- whatever else arrives ------------------------------------------------------------------------------------

HERE = {"Origin": "http://127.0.0.1:8000"}


@pytest.mark.parametrize("path", ["/try/private", "/try/absent", "/try/broken", "/nowhere", "/static/nowhere.css"])
async def test_head_has_the_headers_of_get_whatever_the_status(odd: Make, path: str) -> None:
    client = odd()
    head, get = await client.head(path), await client.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    differing = {"x-request-id", "content-length", "date"}
    assert {n: v for n, v in head.headers.items() if n not in differing} == {
        n: v for n, v in get.headers.items() if n not in differing
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "LÀM"])
async def test_methods_that_a_page_does_not_know_are_refused(odd: Make, method: str) -> None:
    answer = await odd().request(method.encode().decode("latin-1"), "/about", headers=HERE)
    assert answer.status_code == 405
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Thao tác này không dùng được ở đây" in answer.text


async def test_options_name_the_methods_and_carry_the_headers(odd: Make) -> None:
    answer = await odd().options("/try/form")
    assert answer.status_code == 204
    assert "POST" in answer.headers["allow"]
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abcdefgh", True),
        ("a" * 64, True),
        ("A-b_c.1234", True),
        ("short", False),
        ("a" * 65, False),
        ("abcdefgh\xe9", False),
        ("abc defgh", False),
        ("abcdefgh;evil=1", False),
        ("", False),
    ],
)
async def test_a_request_id_is_kept_where_it_is_one(odd: Make, given: str, kept: bool) -> None:
    client = odd()
    answer = await client.get("/healthz", headers=[(b"X-Request-Id", given.encode("latin-1"))])
    assert (answer.headers["x-request-id"] == given) is kept
    assert kept or len(answer.headers["x-request-id"]) == 32


async def test_each_request_has_an_id_of_its_own_and_its_log_line_too(
    odd: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec

    from app.core import logs
    from app.core.settings import get_settings

    client = odd()
    logs.configure(msgspec.structs.replace(get_settings(), log_level="info"))
    logging.getLogger().addHandler(caplog.handler)
    try:
        answers = await asyncio.gather(*(client.get(path) for path in ("/nowhere", "/try/private", "/healthz")))
        said = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
        lines = [line for line in said if line["event"] == "request"]
    finally:
        logging.getLogger().removeHandler(caplog.handler)
        logs.configure(get_settings())
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == 3
    assert {line["request_id"]: (line["route"], line["status"]) for line in lines} == {
        ids[0]: ("-", 404),
        ids[1]: ("/try/private", 303),
    }


async def test_an_answer_that_breaks_in_the_middle_is_logged_and_not_mended(
    odd: Make, caplog: pytest.LogCaptureFixture
) -> None:
    client = odd()
    logging.getLogger().addHandler(caplog.handler)
    with pytest.raises(Exception):  # noqa: B017  the server ends the connection, whatever it is called
        await client.get("/try/half")
    logging.getLogger().removeHandler(caplog.handler)
    said = {record.msg["event"] for record in caplog.records if record.levelname == "ERROR"}  # type: ignore[index]
    assert said == {"unhandled exception after the answer began"}


async def test_what_is_no_request_goes_through_untouched(settings: Any) -> None:
    seen: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    async def authenticate(_request: Any) -> Actor:
        raise AssertionError("nobody asks")

    for kind in ("lifespan", "websocket"):
        await Shell(inner, settings, authenticate)({"type": kind}, "receive", "send")
    assert seen == [({"type": "lifespan"}, "receive", "send"), ({"type": "websocket"}, "receive", "send")]


async def test_trouble_in_telling_who_asks_is_an_answer_too(settings: Any, odd_application: Any) -> None:
    async def authenticate(_request: Any) -> Actor:
        raise TimeoutError

    shell = Shell(odd_application, settings, authenticate)
    transport = httpx.ASGITransport(app=shell)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        answer = await client.get("/try/private")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/static/app.css")).status_code == 200


@pytest.mark.parametrize("host", ["[", "[::1", "]", "127.0.0.1:x", "127.0.0.1/evil", "a:b:c", "%00", "127.0.0.1,evil"])
async def test_a_host_that_is_no_host_is_the_browsers_fault(
    odd: Make, caplog: pytest.LogCaptureFixture, host: str
) -> None:
    client = odd()
    logging.getLogger().addHandler(caplog.handler)
    answer = await client.get("/about", headers={"Host": host})
    logging.getLogger().removeHandler(caplog.handler)
    assert answer.status_code == 400
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_what_a_proxy_says_of_the_host_is_not_believed(odd: Make) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Original-URL": "/try/private"}
    answer = await odd().get("/about", headers=forged)
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


# --- bodies ---------------------------------------------------------------------------------------------------


async def test_a_thousand_and_one_parts_are_too_many(odd: Make) -> None:
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\n1\r\n' for n in range(1001))
    answer = await odd().post(
        "/try/form", content=parts + "--x--\r\n", headers={**HERE, "Content-Type": "multipart/form-data; boundary=x"}
    )
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 400),
        ("multipart/form-data", b"--x--", 400),
        ("multipart/form-data; boundary=x", b"", 303),
        ("application/x-www-form-urlencoded", b"%ff%fe=%00&name=%zz", 303),
        ("application/x-www-form-urlencoded", b"&&&===&;;", 303),
        ("application/x-www-form-urlencoded; charset=nowhere", b"name=a", 303),
        ("text/plain", b"name=a", 303),
        ("application/json", b'{"name": "a"}', 303),
        ("", b"\x00\xff", 303),
    ],
)
async def test_bodies_that_are_no_forms_break_nothing(odd: Make, kind: str, body: bytes, status: int) -> None:
    answer = await odd().post("/try/form", content=body, headers={**HERE, "Content-Type": kind})
    assert answer.status_code == status


async def test_a_body_without_a_length_is_cut_off_at_the_limit(odd: Make) -> None:
    async def endless() -> Any:
        for _piece in range(40):
            yield b"a=" + b"x" * 50_000 + b"&"

    answer = await odd().post(
        "/try/form", content=endless(), headers={**HERE, "Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 413
    assert "Quá lớn" in answer.text


JSON = {"Authorization": "Bearer x", "Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        b"[" * 600 + b"]" * 600,
        b'{"name": "a", "answers": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
        b'{"name": NaN}',
        b'{"name": "a", "answers": {"n": 1e400}}',
        b'{"name": Infinity}',
        b'{"name": "\\ud800"}',
        b'{"name": 1}',
        b'{"name": null}',
        b'{"nam": "a"}',
        b'"name"',
        b"null",
        b'{"name": "a", "answers": []}',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
async def test_json_that_cannot_be_taken_is_told_in_both_languages(odd: Make, body: bytes) -> None:
    bearer = Actor(id=SIGNED_IN.id, via="token")
    answer = await odd(bearer).post("/api/v1/try/json", content=body, headers=JSON)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "invalid")
    assert error["message_vi"] != error["message_en"]


async def test_json_is_taken_and_cleaned(odd: Make) -> None:
    bearer = Actor(id=SIGNED_IN.id, via="token")
    body = {"name": " Nguye\u0302\u0303n\x00 ", "answers": {"a": ["\u202ex", 1, None, {"b": "\r\n"}]}}
    answer = await odd(bearer).post("/api/v1/try/json", content=json.dumps(body), headers=JSON)
    assert answer.json() == {"name": "Nguyễn", "answers": {"a": ["x", 1, None, {"b": ""}]}}


# --- where people are sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("/events", "/events"),
        ("/directory?q=nguy%E1%BB%85n#top", "/directory?q=nguy%E1%BB%85n#top"),
        ("/directory?q=nguyễn", "/directory?q=nguy%E1%BB%85n"),
        ("/tổ-chức", "/t%E1%BB%95-ch%E1%BB%A9c"),
        ("//evil.example", "/home"),
        ("/\\evil.example", "/home"),
        ("https://evil.example", "/home"),
        ("javascript:alert(1)", "/home"),
        ("/a\r\nSet-Cookie: x=1", "/home"),
        ("", "/home"),
    ],
)
async def test_people_are_sent_only_within_this_site(odd: Make, to: str, location: str) -> None:
    form = {"name": "x", "next": to}
    read = await odd().post("/try/go", data=form, headers=HERE)
    assert (read.status_code, read.headers["location"]) == (303, location)
    moved = await odd().post("/try/go", data=form, headers={**HERE, "HX-Request": "true"})
    assert (moved.status_code, moved.headers["hx-redirect"]) == (204, location)
    assert location.isascii()


async def test_staff_pages_say_who_they_are_for(odd: Make) -> None:
    desk = Actor(id=SIGNED_IN.id, roles=frozenset({"desk"}), via="session")
    assert (await odd().get("/try/staff")).status_code == 303
    assert (await odd(SIGNED_IN).get("/try/staff")).status_code == 403
    assert (await odd(desk).get("/try/staff")).status_code == 200


# --- files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/static/../core/settings.py",
        "/static/..%2fcore%2fsettings.py",
        "/static/%2e%2e/main.py",
        "/static//etc/passwd",
        "/static/vendor/..%5c..%5cmain.py",
        "/static/app.css%00.html",
        "/static/",
        "/static/vendor",
        "/static/" + "a" * 5000,
    ],
)
async def test_nothing_but_the_front_ends_files_is_served(odd: Make, path: str) -> None:
    answer = await odd().get(path)
    assert answer.status_code in (400, 404, 405)
    assert "SECRET" not in answer.text


async def test_a_file_that_the_browser_has_is_not_sent_again(odd: Make) -> None:
    client = odd()
    first = await client.get("/static/app.css")
    again = await client.get("/static/app.css", headers={"If-None-Match": first.headers.get("etag", "none")})
    assert again.status_code in (200, 304)
    assert first.headers["content-type"].startswith("text/css")
    assert first.headers["x-content-type-options"] == "nosniff"


async def test_a_page_is_compressed_for_whoever_takes_it(odd: Make) -> None:
    plain = await odd().get("/about", headers={"Accept-Encoding": "identity"})
    packed = await odd().get("/about", headers={"Accept-Encoding": "gzip"})
    assert ("content-encoding" in plain.headers, packed.headers["content-encoding"]) == (False, "gzip")
    assert int(packed.headers["content-length"]) * 2 < int(plain.headers["content-length"])
    assert "Accept-Encoding" in packed.headers["vary"]
