"""Jobs of introductions: mails, what runs out, what is asked later. Importing the module registers them."""

from typing import Any
from uuid import UUID

from app.connections.introductions import expiring, followups, notices, outcome_notices
from app.core.outbox import every, job


@job("introductions.tell")
async def tell(payload: dict[str, Any]) -> None:
    introduction, side, what = UUID(payload["introduction"]), payload["side"], payload["what"]
    if what.startswith("outcome:"):
        await outcome_notices.send(UUID(what.partition(":")[2]), side)
    else:
        await notices.send_told(introduction, side, what)


@job("introductions.outcome")
async def outcome(payload: dict[str, Any]) -> None:
    """Somebody outside introductions is asked to confirm what came of it."""
    await outcome_notices.send_alone(UUID(payload["outcome"]))


@job("introductions.tell_one")
async def tell_one(payload: dict[str, Any]) -> None:
    """After the quiet hours of one reader."""
    await notices.send_told_one(
        UUID(payload["introduction"]), payload["side"], payload["what"], UUID(payload["person"])
    )


@job("introductions.notify")
async def notify(payload: dict[str, Any]) -> None:
    """Somebody wrote: one mail for what is new, if it is still unread."""
    only = UUID(payload["person"]) if "person" in payload else None
    await notices.send_notified(UUID(payload["introduction"]), payload["side"], only)


@job("introductions.follow_up")
async def follow_up(payload: dict[str, Any]) -> None:
    await followups.send(UUID(payload["followup"]))


@every(300, "introductions.run_out")
async def run_out() -> None:
    while await expiring.run_out() == expiring.AT_ONCE:
        pass
    await expiring.close_ended()


@every(3600, "introductions.ask_what_came_of_it")
async def ask_what_came_of_it() -> None:
    while await followups.find_due() == followups.AT_ONCE:
        pass
