"""The demo's suggestions: the documented prior at once; what is learned from past deals follows in a job."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from app.connections import fitting, ranking, refresh, versions
from app.core import db

Report = Callable[[str, float], Awaitable[None]]

LABEL = "suggestions"


async def load(report: Report) -> None:
    """Put an engine into use and make the lists of organisations that have members. A second run changes nothing.

    The fit that learns from past deals takes longer than a first start may: a worker makes it right afterwards.
    """
    await report(LABEL, 0.0)
    await fitting.fit_now(prior=True, stay=True)
    await report(LABEL, 0.5)
    waiting = await _with_members()
    try:
        for done, organisation_id in enumerate(waiting, start=1):
            await refresh.refresh(organisation_id)
            await report(LABEL, 0.5 + 0.5 * done / len(waiting))
    finally:
        ranking.close()
    current = await versions.active()
    if current and current.prior:
        await versions.ask_for_fit()
    await report(LABEL, 1.0)


async def _with_members() -> list[UUID]:
    rows = await db.fetch(
        "SELECT DISTINCT o.id FROM organisation o JOIN membership m ON m.organisation = o.id AND m.ended_at IS NULL"
        " WHERE o.ended_at IS NULL ORDER BY o.id"
    )
    return [row["id"] for row in rows]
