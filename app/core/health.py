"""Whether the process lives, whether it can serve, and its figures. No account is needed and none is told."""

import asyncio
import hmac
from typing import Any

import structlog
from litestar import Request, Response, Router, get

from app.core import db, metrics
from app.core.errors import NotFound
from app.core.outbox import queue
from app.core.settings import get_settings
from app.core.web import public

log = structlog.get_logger()

CHECK_SECONDS = 2.0


@get(["/healthz"], opt=public, sync_to_thread=False, include_in_schema=False)
def healthz() -> dict[str, str]:
    """200 while the process lives, whatever its neighbours do."""
    return {"status": "ok"}


@get("/readyz", opt=public, include_in_schema=False)
async def readyz() -> Response[dict[str, Any]]:
    """200 when the database and the queue answer, else 503 and which of them does not."""
    checks = {"database": await _database_answers(), "queue": await _queue_answers()}
    ready = all(checks.values())
    return Response(
        {"status": "ok" if ready else "not ready", **{name: "ok" if ok else "down" for name, ok in checks.items()}},
        status_code=200 if ready else 503,
    )


@get("/metrics", opt=public, include_in_schema=False)
async def figures(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus' figures, for whoever has the token; without a token set, for this machine only."""
    token = get_settings().metrics_token
    if token:
        allowed = hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())
    else:
        allowed = request.client is not None and request.client.host in ("127.0.0.1", "::1")
    if not allowed:
        raise NotFound
    await _count_rows()
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


_ROWS = """
SELECT count(*) FILTER (WHERE dead_at IS NULL AND available_at <= now()) AS due,
       count(*) FILTER (WHERE dead_at IS NULL AND available_at > now()) AS later,
       count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead
FROM outbox WHERE done_at IS NULL
"""
_MAILS = "SELECT state, count(*) AS count FROM mail WHERE created_at > now() - interval '1 day' GROUP BY state"


async def _count_rows() -> None:
    """Workers serve no figures of their own; what waits for them stands in the tables."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            for state, count in dict(await db.fetchrow(_ROWS) or {}).items():
                metrics.OUTBOX.labels(state).set(count)
            for row in await db.fetch(_MAILS):
                metrics.MAIL_ROWS.labels(row["state"]).set(row["count"])
    except Exception as error:  # noqa: BLE001  figures of this process are shown all the same
        log.warning("rows could not be counted", error=repr(error))


async def _database_answers() -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return bool(await db.fetchval("SELECT 1"))
    except Exception as error:  # noqa: BLE001  any trouble means: not ready
        log.warning("database does not answer", error=repr(error))
        return False


async def _queue_answers() -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return bool(await (await queue()).ping())
    except Exception as error:  # noqa: BLE001
        log.warning("queue does not answer", error=repr(error))
        return False


router = Router("/", route_handlers=[healthz, readyz, figures])
