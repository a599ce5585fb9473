"""Every route of the application, tried by everybody: no forgotten door, and nothing breaks on strangers."""

import re
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from app.core.web import Actor, csrf_token
from tests.factories import make_person

VALUES = {"uuid": lambda: str(uuid4()), "int": lambda: "7", "str": lambda: "nobody-knows-this"}
STATIC = ("/static", "/api/v1/openapi", "/metrics")


def _routes() -> list[tuple[str, str, bool]]:
    """(method, path with made-up values, whether it is public) of every route."""
    from app.main import create_litestar

    found = []
    for route in create_litestar().routes:
        if route.path.startswith(STATIC) or route.path in ("/api/v1", "/api/v1/{path:str}"):
            continue
        for handler in route.route_handlers:  # type: ignore[union-attr]
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                path = re.sub(r"\{[^:}]+:([a-z]+)\}", lambda match: VALUES[match[1]](), route.path)
                found.append((method, path, bool(handler.opt.get("public"))))
    return found


async def _status(client: httpx.AsyncClient, method: str, path: str) -> int:
    if path.startswith("/api/"):
        body = {} if method == "GET" else {"json": {}}
    else:
        body = {} if method == "GET" else {"data": {}}
    return (await client.request(method, path, **body)).status_code  # type: ignore[arg-type]


def test_routes_that_settle_whose_token_it_is_are_the_ones_with_that_guard() -> None:
    """A path that were declared and no longer exists, or has another guard, would refuse every token."""
    from app.main import create_litestar
    from app.people import token_shown

    guarded = [
        route.path
        for route in create_litestar().routes
        for handler in getattr(route, "route_handlers", [])
        if token_shown.signed_in_or_token_shown in handler.resolve_guards()
    ]
    assert sorted(guarded) == sorted(token_shown.paths) != []


async def test_nobody_comes_in_by_a_guarded_door(client: httpx.AsyncClient) -> None:
    api = {"Accept": "application/json"}
    wrong = []
    for method, path, public in _routes():
        answer = await client.request(method, path, headers=api if path.startswith("/api/") else {})
        refused = answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in?next=")
        if not public and not refused:
            wrong.append(f"{method} {path}: {answer.status_code}")
        if answer.status_code >= 500:
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("roles", [(), ("desk",), ("organizer",), ("admin",)])
async def test_strangers_values_break_nothing(make_client: Any, db: asyncpg.Connection, roles: tuple[str, ...]) -> None:
    client = make_client(await make_person(roles=roles))
    tried = {f"{method} {path}": await _status(client, method, path) for method, path, _public in _routes()}
    assert {name: status for name, status in tried.items() if status >= 500} == {}


async def test_staff_pages_are_for_staff(make_client: Any, db: asyncpg.Connection) -> None:
    client = make_client(await make_person())
    staff = [(method, path) for method, path, _public in _routes() if path.startswith(("/staff", "/events/new"))]
    assert staff
    statuses = {f"{method} {path}": await _status(client, method, path) for method, path in staff}
    assert {name: status for name, status in statuses.items() if status not in (403, 404)} == {}


async def test_what_strangers_may_not_see_is_not_found_rather_than_forbidden(
    make_client: Any, db: asyncpg.Connection
) -> None:
    client = make_client(await make_person())
    for path in (
        "/organisations/nobody-knows-this/edit",
        "/events/nobody-knows-this/desk",
        f"/api/v1/organisations/{uuid4()}",
    ):
        assert await _status(client, "GET", path) == 404, path


def test_an_actor_without_a_session_has_no_rights() -> None:
    assert not Actor().signed_in
    assert not Actor().has("admin")


# --- every route, asked in odd ways ---------------------------------------------------------------------------

HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}


def _guarded_pages() -> list[tuple[str, str]]:
    return [(method, path) for method, path, public in _routes() if not public and not path.startswith("/api/")]


async def test_a_part_of_a_guarded_page_leads_the_whole_page_to_sign_in(client: httpx.AsyncClient) -> None:
    wrong = []
    for method, path in _guarded_pages():
        answer = await client.request(method, path, headers=HTMX)
        if answer.status_code != 401 or not answer.headers.get("hx-redirect", "").startswith("/sign-in?next="):
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []


async def test_a_program_at_a_guarded_page_is_told_in_json(client: httpx.AsyncClient) -> None:
    wrong = []
    for method, path in _guarded_pages():
        answer = await client.request(method, path, headers=JSON)
        if answer.status_code != 401 or answer.json()["error"]["code"] != "not_signed_in":
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []


async def test_the_way_to_sign_in_leads_back_to_where_one_was(client: httpx.AsyncClient) -> None:
    from urllib.parse import parse_qs, urlsplit

    for method, path in _guarded_pages():
        answer = await client.request(method, path + "?q=%C4%91")
        (to,) = parse_qs(urlsplit(answer.headers["location"]).query)["next"]
        assert to == (f"{path}?q=%C4%91" if method == "GET" else "/?q=%C4%91"), path


@pytest.mark.parametrize("who", ["nobody", "person", "admin"])
async def test_no_route_writes_for_another_site(make_client: Any, db: asyncpg.Connection, who: str) -> None:
    """Signed in or not, whatever the route: refused before anything is looked at."""
    actor = None if who == "nobody" else await make_person(roles=("admin",) if who == "admin" else ())
    client = make_client(actor)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    before = await _rows(db)
    wrong = []
    for method, path, _public in _routes():
        if method == "GET":
            continue
        answer = await client.request(method, path, headers={**foreign, **JSON}, json={})
        if answer.status_code != 403 or answer.json()["error"]["code"] != "cross_site":
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []
    assert await _rows(db) == before


async def _rows(db: asyncpg.Connection) -> dict[str, int]:
    names = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return {row[0]: await db.fetchval(f'SELECT count(*) FROM "{row[0]}"') for row in names}


async def test_a_session_that_names_no_origin_writes_nowhere_without_its_token(
    make_client: Any, db: asyncpg.Connection
) -> None:
    import msgspec

    actor = msgspec.structs.replace(await make_person(roles=("admin",)), csrf_secret="secret")
    client = make_client(actor)
    del client.headers["Origin"]
    wrong = []
    for method, path, _public in _routes():
        if method == "GET":
            continue
        bare = await client.request(method, path, headers=JSON)
        shown = await client.request(method, path, headers={**JSON, "X-CSRF-Token": csrf_token(actor)})
        if bare.json()["error"]["code"] != "cross_site":
            wrong.append(f"{method} {path} without: {bare.status_code}")
        if shown.status_code == 403 and shown.json()["error"]["code"] == "cross_site":
            wrong.append(f"{method} {path} with: {shown.status_code}")
    assert wrong == []


async def test_a_token_of_the_api_is_no_session(make_client: Any, db: asyncpg.Connection) -> None:
    """Where a program may come in it needs no origin; where only people may, it is refused and nothing breaks."""
    import msgspec

    actor = msgspec.structs.replace(await make_person(), via="token", csrf_secret="")
    client = make_client(actor, Authorization="Bearer x")
    del client.headers["Origin"]
    answers = {f"{method} {path}": await _status(client, method, path) for method, path, _public in _routes()}
    assert {name: status for name, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize(
    "value",
    [
        "%00",
        "%ff%fe",
        "..%2f..%2fetc%2fpasswd",
        "%3Cscript%3E",
        "9" * 4999,
        "-1",
        "'%20OR%201=1--",
        "%E1%BB%85" * 300,
        "{{7*7}}",
    ],
    ids=lambda value: value[:12],
)
async def test_odd_values_in_an_address_are_not_found(
    make_client: Any, committed: asyncpg.Pool, litestar: Any, value: str
) -> None:
    """On the pool, as in life: a NUL that reaches PostgreSQL spoils one statement and nothing after it."""
    client = make_client(await make_person(roles=("admin",)))
    wrong = []
    for route in litestar.routes:
        if "{" not in route.path or route.path.startswith(("/static", "/api/v1/{")):
            continue
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                path = re.sub(r"\{[^}]+\}", lambda _match: value, route.path)
                status = (await client.request(method, path, headers=JSON)).status_code
                if not 300 <= status < 500:
                    wrong.append(f"{method} {route.path}: {status}")
    assert wrong == []


@pytest.mark.parametrize(
    "query",
    [
        "%00",
        "%ff",
        "q=%00&kind=%00&cursor=%00&limit=%00&before=%00",
        "limit=-1&cursor=x",
        "limit=99999999999999999999&q=" + "a" * 3000,
        "q=%27%22%3C%3E&sector[]=x&sector=x&sector=y",
        "limit=1e3&page=٣",
    ],
    ids=lambda query: query[:12],
)
async def test_odd_questions_break_no_page(make_client: Any, committed: asyncpg.Pool, query: str) -> None:
    client = make_client(await make_person(roles=("admin",)))
    wrong = {}
    for method, path, _public in _routes():
        if method == "GET":
            status = (await client.get(f"{path}?{query}")).status_code
            if status >= 500 and path != "/readyz":
                wrong[path] = status
    assert wrong == {}


async def test_every_page_answers_to_head_and_no_page_to_made_up_methods(client: httpx.AsyncClient) -> None:
    wrong = []
    for method, path, _public in _routes():
        if method != "GET":
            continue
        get, head = await client.get(path), await client.head(path)
        if (head.status_code, head.content) != (get.status_code, b""):
            wrong.append(f"HEAD {path}: {head.status_code} instead of {get.status_code}")
        if (made_up := (await client.request("BREW", path)).status_code) != 405:
            wrong.append(f"BREW {path}: {made_up}")
    assert wrong == []


THE_SAME_FOR_EVERYBODY = ("/robots.txt", "/sitemap.xml")
"""What crawlers read, whoever asks: it may be kept for others, and does not differ."""
SHELL = ("/door", "/door/manifest.webmanifest", "/door/reader.js", "/door/sw.js")
"""The scanner's shell: nothing personal in it, asked for anew each time and kept by the browser for doors offline."""


async def test_every_answer_of_every_route_carries_the_headers(client: httpx.AsyncClient) -> None:
    lacking = []
    for method, path, _public in _routes():
        answer = await client.request(method, path)
        for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "x-request-id", "vary"):
            if name not in answer.headers and not (name == "vary" and path in THE_SAME_FOR_EVERYBODY):
                lacking.append(f"{method} {path} {answer.status_code}: {name}")
        if "cache-control" not in answer.headers:
            lacking.append(f"{method} {path}: cache-control")
    assert lacking == []


async def test_what_somebody_signed_in_gets_is_kept_nowhere(make_client: Any, db: asyncpg.Connection) -> None:
    client = make_client(await make_person(roles=("admin",)))
    wrong = {}
    for method, path, _public in _routes():
        if method == "GET" and path not in ("/healthz", "/readyz", *THE_SAME_FOR_EVERYBODY, *SHELL):
            kept = (await client.get(path)).headers["cache-control"]
            if "no-store" not in kept:
                wrong[path] = kept
    assert wrong == {}
