"""Jobs of deal flow: pages of decks are drawn, and on Mondays everybody who asked is told who is new and fits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import db
from app.core.outbox import every, job
from app.dealflow import digest, leaves


@job("dealflow.draw")
async def draw(payload: dict[str, Any]) -> None:
    """Draw a deck's pages; running twice draws none twice."""
    await leaves.draw(UUID(payload["deck"]), UUID(payload["file"]))


@every(900, "dealflow.digests")
async def find_due() -> None:
    await digest.find_due()


@job("dealflow.digest")
async def send_digest(payload: dict[str, Any]) -> None:
    """One mail of one pipeline to one person; running twice sends one."""
    await digest.send(UUID(payload["watch"]), datetime.fromisoformat(payload["due"]))


@every(3600, "dealflow.forget")
async def forget() -> None:
    """Codes that nobody typed go after a day, and what was counted of readers half a year after their link ended."""
    await db.execute("DELETE FROM deck_reader WHERE let_in_at IS NULL AND created_at < now() - interval '1 day'")
    await db.execute(
        "DELETE FROM deck_reader r USING deck_link l WHERE l.id = r.link"
        " AND least(l.expires_at, coalesce(l.ended_at, l.expires_at)) < now() - interval '180 days'"
    )
