"""A worker killed in the middle of delivering mails: each arrives, and those that may have arrived twice say so."""

import asyncio
import contextlib
import os
import sys
from collections import Counter
from typing import Any

import asyncpg
import pytest

from app.core import db
from app.core.i18n import ROOT
from app.core.ids import new_id
from app.core.outbox import enqueue
from tests.core.test_mail import Postbox

MAILS = 120


async def _write_mails() -> None:
    async with db.tx():
        for number in range(MAILS):
            mail_id = new_id()
            await db.execute(
                "INSERT INTO mail (id, message_key, to_address, locale, subject, text, html, state, created_at)"
                " VALUES ($1, $2, $3, 'vi', $4, 'x', 'x', 'queued', now())",
                *(mail_id, f"k{number}", f"p{number}@example.com", f"Thư {number}"),
            )
            await enqueue("mail.deliver", {"mail_id": str(mail_id)})


async def _worker(box: Postbox) -> asyncio.subprocess.Process:
    env = {**os.environ, "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(box.port), "SMTP_TLS": "none"}
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "app", "worker", cwd=ROOT, env=env)


async def _until(box: Postbox, count: int) -> None:
    async with asyncio.timeout(40):
        while len({mail["Message-ID"] for mail in box.mails}) < count:
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_kill_minus_nine(committed: asyncpg.Pool, fresh_queue: None, settings: Any) -> None:
    box = Postbox()
    server = await asyncio.start_server(box.talk, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    await _write_mails()
    workers = [await _worker(box)]
    try:
        await _until(box, MAILS // 3)
        workers[0].kill()
        await workers[0].wait()
        assert len(box.mails) < MAILS, "the worker was killed in the middle"
        await db.execute("UPDATE outbox SET claimed_until = now()")  # half a minute passes
        workers.append(await _worker(box))
        await _until(box, MAILS)
        async with asyncio.timeout(20):
            while await db.fetchval("SELECT count(*) FROM outbox WHERE done_at IS NULL"):
                await asyncio.sleep(0.05)
    finally:
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                worker.terminate()
            await worker.wait()
        server.close()
        await server.wait_closed()
    arrived = Counter(mail["Message-ID"].split("@")[0][1:] for mail in box.mails)
    flagged = {str(row["id"]) for row in await db.fetch("SELECT id FROM mail WHERE maybe_twice_at IS NOT NULL")}
    assert len(arrived) == MAILS
    assert {mail for mail, times in arrived.items() if times > 1} <= flagged
    assert await db.fetchval("SELECT count(*) FROM mail WHERE state = 'sent'") == MAILS
