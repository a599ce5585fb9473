"""Health pages answer without an account, and name what is down."""

import httpx


async def test_health_and_readiness(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok", "queue": "ok"})


async def test_not_found_is_a_page_with_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere/<img src=x onerror=alert(1)>")
    assert answer.status_code == 404
    assert "onerror" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
