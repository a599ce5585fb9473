"""What an organisation may ask of others now: the button on a card or page, or kindly why there is none."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from app.connections.introductions import between
from app.connections.introductions.asking import need_key
from app.core import db
from app.core.i18n import N_, Phrase, _
from app.core.templating import format_date
from app.directory.access import Seen


class Offer(msgspec.Struct, frozen=True):
    """One line: `path` leads to the form, or to what is there; without one there is nothing to press."""

    code: str
    text: str
    path: str = ""

    @property
    def asks(self) -> bool:
        return self.code in ("ask", "ask_coordinator")


TEXTS: dict[str, Phrase] = {
    "ask": N_("Ask for an introduction"),
    "ask_coordinator": N_("Ask through the coordinator"),
    "closed": N_("They take no requests at the moment"),
    "too_many": N_("As many of your requests as may wait are waiting for an answer"),
}

_STANDING = """
SELECT o.id, o.slug, coalesce(w.accepts, 'open') AS accepts, m.asked >= w.requests_per_month AS full,
    (SELECT max(i.quiet_until) FROM introduction i WHERE i.asker = $1 AND i.receiver = o.id AND i.need_key = $3
        AND i.origin = 'request' AND i.asked_at IS NOT NULL AND i.quiet_until > now()) AS quiet_until,
    coalesce((SELECT l.in_flight >= CASE WHEN own.verified_at IS NULL THEN 6 ELSE 12 END FROM introduction_load l
        JOIN organisation own ON own.id = l.organisation WHERE l.organisation = $1), false) AS loaded
FROM organisation o LEFT JOIN matching_preference w ON w.organisation = o.id
LEFT JOIN introduction_month m ON m.organisation = o.id
    AND m.month = date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
WHERE o.id = ANY ($2::uuid[]) AND o.ended_at IS NULL AND o.hidden_at IS NULL
"""


async def offers(asker: Seen, others: Iterable[UUID]) -> dict[UUID, Offer]:
    """For each of the others what the asker may do; two queries, however many."""
    wanted = list(others)
    if not wanted:
        return {}
    standing = await between.with_each(asker.id, wanted)
    rows = await db.fetch(_STANDING, asker.id, wanted, need_key(asker.row))
    return {row["id"]: _offer(asker, dict(row), standing.get(row["id"])) for row in rows}


def _offer(asker: Seen, row: dict[str, Any], present: between.Between | None) -> Offer:
    if present is not None and present.connected:
        return Offer("connected", present.label, present.path)
    if present is not None and present.waiting:
        if present.side == "receiver" or present.state == "pending_a":
            return Offer("answer", _("They would like to meet you"), present.path)
        return Offer("waiting", present.label, present.path)
    if row["accepts"] == "closed":
        return Offer("closed", TEXTS["closed"].text())
    if row["quiet_until"] is not None:
        return Offer("cooling", _("Asked before; you can ask again from %(day)s", day=format_date(row["quiet_until"])))
    if row["full"]:
        return Offer("month_full", _("They have as many requests this month as they can answer"))
    if row["loaded"]:
        return Offer("too_many", TEXTS["too_many"].text(), "/introductions?box=sent")
    code = "ask_coordinator" if row["accepts"] == "programme" else "ask"
    return Offer(code, TEXTS[code].text(), between.ask_path(row["slug"], asker.slug))
