"""What the engine said when somebody asked: both halves of its reasons, the place on the list, the model's version.

Kept with the request, so that its page says what was true then and the engine can be judged on the answer.
"""

from typing import Any
from uuid import UUID

from app.connections import discretion, lists, reasons
from app.core import db
from app.directory.access import Seen

LONGEST = 1000
"""Longer than any list."""
WORTH_SAYING = 0.05
TOP = 4


async def of(asker: Seen, receiver: UUID) -> dict[str, Any]:
    """Where the receiver stands on the asker's lists and why, as columns of an introduction; empty when nowhere."""
    kind = await db.fetchval(
        "SELECT kind FROM suggestion WHERE organisation = $1 AND candidate = $2 ORDER BY rank LIMIT 1",
        *(asker.id, receiver),
    )
    found = [row for row in await lists.suggested(asker.id, kind, LONGEST) if row["id"] == receiver] if kind else []
    if not found:
        return {
            "list_kind": None, "rank": None, "model_version": None, "explored": None, "propensity": None, "reasons": {}
        }  # fmt: skip
    stored = await db.fetchrow(
        "SELECT rank, model_version, explored, propensity FROM suggestion WHERE organisation = $1 AND candidate = $2"
        " AND kind = $3",
        *(asker.id, receiver, kind),
    )
    told = [dict(reason) for reason in found[0]["reasons"]]
    turned = [{**reason, "for": "them" if reason["for"] == "you" else "you"} for reason in told]
    # the receiver reads what is told of the asker: nothing that the asker keeps from members by now
    turned = discretion.told(turned, asker.row, "investor" if kind == "startup" else "startup")
    return {"list_kind": kind, **dict(stored or {}), "reasons": {"asker": told, "receiver": turned}}


async def said(row: dict[str, Any], side: str) -> tuple[list[reasons.Said], list[reasons.Said]]:
    """The kept reasons in the language of the request, strongest first: why they suit this side, and why it them."""
    kept = (row["reasons"] or {}).get(side) or []
    if not kept or row["list_kind"] is None:
        return [], []
    role = reasons.reader_of(row["list_kind"])
    if side == "receiver":
        role = "seeker" if role == "company" else "company"
    names = await lists.names_of([{"reasons": kept}])
    lines = [reasons.say(one, role, names) for one in kept if reasons.telling(one, role)]
    worth = sorted((line for line in lines if line.contribution >= WORTH_SAYING), key=lambda line: -line.contribution)
    return [line for line in worth if line.audience == "you"][:TOP], [
        line for line in worth if line.audience == "them"
    ][:TOP]
