"""The ledger of cases: what happened at doors that somebody has to look at, with both sides, and who decided what."""

from typing import Any
from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.text import clean_line
from app.core.web import Actor

KINDS: dict[str, Phrase] = {
    "twice": N_("Let in twice"),
    "refused": N_("Let in, though it should not have been"),
    "times": N_("Times that cannot be"),
    "device": N_("Scanned by a device taken out of service"),
}
DECISIONS: dict[str, Phrase] = {"stands": N_("It stands"), "undone": N_("The second scan was taken back")}
PAGE = 50

_CASES = """
SELECT c.*, r.full_name, r.organisation, r.code, z.name_vi AS zone_vi, z.name_en AS zone_en, p.name AS decided_name
FROM door_case c LEFT JOIN registration r ON r.id = c.registration LEFT JOIN zone z ON z.id = c.zone
LEFT JOIN person p ON p.id = c.decided_by
WHERE c.event = $1 AND c.cleared_at IS NULL AND (c.decided_at IS NULL) = $2
  AND ($3::uuid IS NULL OR c.id < $3)
ORDER BY c.id DESC LIMIT $4
"""
_SCANS = """
SELECT s.id, s.device_name, s.direction, s.at, s.scanned_at, s.received_at, s.clock_ms, s.offline, s.snapshot,
       s.outcome, s.reason, c.name_vi, c.name_en, EXISTS (SELECT FROM scan v WHERE v.void_of = s.id) AS undone
FROM scan s JOIN checkpoint c ON c.id = s.checkpoint WHERE s.id = ANY ($1) ORDER BY s.at, s.id
"""


class Decided(Conflict):
    message = N_("This case was decided already.")


async def cases_of(event: UUID, *, still_open: bool, before: UUID | None = None) -> list[dict[str, Any]]:
    """A page of cases, newest first and one more, each with its scans in the order in which they happened."""
    rows = await db.fetch(_CASES, event, still_open, before, PAGE + 1)
    wanted = [scan for row in rows for scan in row["scans"]]
    scans = {scan["id"]: scan for scan in await db.fetch(_SCANS, wanted)} if wanted else {}
    found = []
    for row in rows:
        own = sorted((scans[n] for n in row["scans"] if n in scans), key=lambda scan: (scan["at"], scan["id"]))
        found.append({**row, "seen": own})
    return found


async def open_cases(event: UUID) -> int:
    """How many wait for a decision."""
    count: int = await db.fetchval(
        "SELECT count(*) FROM door_case WHERE event = $1 AND decided_at IS NULL AND cleared_at IS NULL", event
    )
    return count


async def decide(actor: Actor, event: UUID, case: UUID, decision: str, reason: str) -> None:
    """Settle a case with a name and a reason; `undone` takes its last scan back in the same act.

    Locks the case, then what undoing locks. Raises Invalid, NotFound, Decided.
    """
    reason, fields = clean_line(reason), {}
    if decision not in DECISIONS:
        fields["decision"] = N_("Please choose one of the options.")
    if not reason:
        fields["reason"] = N_("Please say why.")
    if fields:
        raise Invalid(fields=fields)
    async with db.tx():
        row = await db.fetchrow("SELECT * FROM door_case WHERE id = $1 AND event = $2 FOR NO KEY UPDATE", case, event)
        if row is None:
            raise NotFound
        if row["decided_at"] is not None:
            raise Decided
        await db.execute(
            "UPDATE door_case SET decision = $2, decided_at = now(), decided_by = $3, decided_reason = $4"
            " WHERE id = $1",
            *(case, decision, actor.person_id, reason[:500]),
        )
        if decision == "undone":
            await _take_back(actor, row, reason)


async def _take_back(actor: Actor, case: asyncpg.Record, reason: str) -> None:
    """Undo the newest scan of a case that still counts; a case about a scan that counted nothing has none."""
    scan = await db.fetchval(
        "SELECT s.id FROM scan s WHERE s.id = ANY ($1) AND s.counts AND s.registration IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM scan v WHERE v.void_of = s.id) ORDER BY s.at DESC, s.id DESC LIMIT 1",
        case["scans"],
    )
    if scan is not None:
        await db.fetchval(
            "SELECT door_undo($1, $2, $3, $4, $5, NULL, $6)",
            *(scan, new_id(), f"{actor.person_id}:ledger", actor.name, actor.person_id, reason[:500]),
        )
