"""Health pages answer without an account, and name what is down; figures are for whoever may see them."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from app.core import db as database
from app.core import health, metrics, outbox
from app.core.errors import Busy

FIGURES = "a token for the figures"


@pytest.fixture
async def gone_queue(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Valkey is away."""
    gone = msgspec.structs.replace(settings, redis_url="unix:///nowhere/valkey.sock")
    await outbox.close()
    monkeypatch.setattr(outbox, "get_settings", lambda: gone)
    yield
    await outbox.close()


@pytest.fixture
def gone_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL is away."""

    async def away(*_given: Any) -> Any:
        raise Busy

    for name in ("fetchval", "fetchrow", "fetch"):
        monkeypatch.setattr(database, name, away)


async def test_health_and_readiness(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok", "queue": "ok"})


async def test_a_queue_that_is_down_is_named_and_the_process_lives(client: httpx.AsyncClient, gone_queue: None) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "database": "ok", "queue": "down"})
    assert (await client.get("/healthz")).status_code == 200


async def test_a_database_that_is_down_is_named_and_the_process_lives(
    client: httpx.AsyncClient, gone_database: None
) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "database": "down", "queue": "ok"})
    assert (await client.get("/healthz")).status_code == 200


async def test_both_can_be_down(client: httpx.AsyncClient, gone_database: None, gone_queue: None) -> None:
    answer = await client.get("/readyz")
    assert answer.json() == {"status": "not ready", "database": "down", "queue": "down"}


async def test_a_database_that_hangs_is_down_after_a_moment(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.05)

    async def hangs(_query: str) -> None:
        await asyncio.sleep(30)

    monkeypatch.setattr(database, "fetchval", hangs)
    assert (await client.get("/readyz")).json()["database"] == "down"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_monitors_come_by_any_name_and_without_an_account(client: httpx.AsyncClient, path: str) -> None:
    """A load balancer asks by number or by a name of its own, and a broken cookie is none of its business."""
    answer = await client.get(path, headers={"Host": "10.1.2.3:9", "Cookie": "sid=x", "Accept-Language": "fr"})
    assert answer.status_code == 200
    assert (await client.head(path)).status_code == 200
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_not_found_is_a_page_with_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere/<img src=x onerror=alert(1)>")
    assert answer.status_code == 404
    assert "onerror" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


# --- figures --------------------------------------------------------------------------------------------------


@pytest.fixture
def with_token(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = msgspec.structs.replace(settings, metrics_token=FIGURES)
    monkeypatch.setattr(health, "get_settings", lambda: guarded)


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {FIGURES}", 200),
        ("Bearer another token of the same length", 404),
        (f"bearer {FIGURES}", 404),
        (FIGURES, 404),
        ("Bearer x", 404),
        ("", 404),
    ],
)
async def test_figures_are_for_whoever_has_the_token(
    client: httpx.AsyncClient, with_token: None, authorization: str, status: int
) -> None:
    answer = await client.get("/metrics", headers={"Authorization": authorization} if authorization else {})
    assert (answer.status_code, "http_requests_total" in answer.text) == (status, status == 200)


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("::1", 200), ("10.0.0.8", 404), ("127.0.0.2", 404), ("", 404)],
)
async def test_without_a_token_figures_are_for_this_machine(
    litestar: Any, settings: Any, db: asyncpg.Connection, address: str, status: int
) -> None:
    from app.core.shell import Shell
    from app.core.web import NOBODY

    async def authenticate(_request: Any) -> Any:
        return NOBODY

    shell = Shell(litestar, settings, authenticate)
    transport = httpx.ASGITransport(app=shell, client=(address, 5000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as asking:
        answer = await asking.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    assert answer.status_code == status


async def test_figures_of_the_process_are_shown_when_the_database_is_away(
    client: httpx.AsyncClient, gone_database: None
) -> None:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert "http_requests_total" in answer.text


async def test_mails_of_the_last_day_are_counted_by_their_state(client: httpx.AsyncClient) -> None:
    for number, (state, hours) in enumerate([("sent", 1), ("sent", 2), ("failed", 3), ("sent", 30)]):
        await database.execute(
            "INSERT INTO mail (id, message_key, to_address, locale, subject, text, html, state, created_at)"
            " VALUES (gen_random_uuid(), $1, 'a@example.com', 'vi', 's', 't', 'h', $2, now() - $3 * interval '1 hour')",
            *(f"k{number}", state, hours),
        )
    text = (await client.get("/metrics")).text
    assert 'mail_rows{state="sent"} 2.0' in text
    assert 'mail_rows{state="failed"} 1.0' in text


async def test_what_waits_and_what_is_due_later_are_told_apart(client: httpx.AsyncClient) -> None:
    await database.execute(
        "INSERT INTO outbox (topic, available_at, done_at, dead_at) VALUES ('a', now(), NULL, NULL),"
        " ('b', now() + interval '1 hour', NULL, NULL), ('c', now() + interval '1 hour', NULL, NULL),"
        " ('d', now(), now(), NULL), ('e', now(), NULL, now())"
    )
    text = (await client.get("/metrics")).text
    found = dict(re.findall(r'outbox_rows\{state="(\w+)"\} (\d)', text))
    assert found == {"due": "1", "later": "2", "dead": "1"}


async def test_no_label_names_a_person_or_an_address(client: httpx.AsyncClient) -> None:
    await client.get("/organisations/lan-nguyen-123?q=lan@example.com")
    await client.get("/tickets/LANSECRET")
    await client.get("/nowhere/lan@example.com")
    text = (await client.get("/metrics")).text
    assert not re.search(r"lan-nguyen|LANSECRET|lan@example", text)


async def test_a_method_that_nobody_knows_makes_no_new_series(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await client.request(f"ODD{number}", "/healthz")
    text = (await client.get("/metrics")).text
    assert ("ODD" in text, 'http_requests_total{method="other"' in text) == (False, True)


def test_figures_of_several_processes_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from app.core import metrics\nmetrics.LIMITER_DOWN.inc(2)\nmetrics.OUTBOX.labels('due').set(7)\n"
        "print(metrics.exposition().decode())"
    )
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    said = [
        subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
        for _process in range(2)
    ]
    assert "limiter_fallbacks_total 2.0" in said[0]
    assert "limiter_fallbacks_total 4.0" in said[1]
    assert 'outbox_rows{state="due"} 7.0' in said[1]
    assert b"limiter_fallbacks_total" in metrics.exposition()
