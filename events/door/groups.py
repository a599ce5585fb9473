"""A delegation at the door: one code for all, ticked are those who stand here; each of them is let in once."""

from typing import Literal
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Invalid
from app.core.forms import NOT_VALID
from events import tickets
from events.door import scanning
from events.door.scanning import Scanner, ScanRequest, Verdict

MOST = 200


async def scan_group(scanner: Scanner, request: ScanRequest) -> Verdict | None:
    """Let in the members of `present`, each with a scan of their own whose nonce follows from this one's.

    None for a door that is not this scanner's. Raises Invalid for a code that is no group's, and for strangers to it;
    a stranger who was let in already, without a network, is a case of the ledger instead, and the others are let in.
    """
    scanning.check(request)
    shown = await tickets.read(request.code)
    wanted = list(dict.fromkeys(request.present))
    if len(wanted) > MOST or len(request.nonce) > 90:
        raise Invalid(fields={"present": NOT_VALID})
    rows = await db.fetch(
        "SELECT r.id, k.revoked_at IS NOT NULL OR coalesce(k.valid_until <= now(), false) AS ended"
        " FROM registration r LEFT JOIN event_key k ON k.id = $2"
        " WHERE r.delegation = $1 AND r.event = $3",
        *(shown.ticket, shown.key, shown.event),
    )
    own = {row["id"] for row in rows}
    if not rows or not (set(wanted) <= own or request.offline):
        raise Invalid(fields={"present": NOT_VALID})
    problem: Literal["revoked"] | None = "revoked" if rows[0]["ended"] else None
    one = msgspec.structs.replace(request, present=[])
    verdicts = await scanning.decide(
        scanner,
        [
            (
                msgspec.structs.replace(one, nonce=f"{request.nonce}/{member.hex}"),
                tickets.Shown(f"{shown.text} {member}", event=shown.event, ticket=member, problem=problem)
                if member in own
                else tickets.Shown(f"{shown.text} {member}", problem="unknown_code"),
            )
            for member in wanted
        ],
    )
    return _together(shown.ticket, list(zip(wanted, verdicts, strict=True)))


async def with_names(verdict: Verdict | None) -> Verdict | None:
    """The verdict on a group's code with the names of its members, which are not kept with the scan."""
    if verdict is None or "group" not in verdict.facts:
        return verdict
    group = verdict.facts["group"]
    names = {
        str(row["id"]): row["full_name"]
        for row in await db.fetch("SELECT id, full_name FROM registration WHERE delegation = $1", UUID(group["id"]))
    }
    members = [{**member, "name": names.get(member["id"], "")} for member in group["members"]]
    called = await db.fetchval("SELECT name FROM delegation WHERE id = $1", UUID(group["id"])) or ""
    facts = {**verdict.facts, "group": {**group, "name": called, "members": members}}
    return msgspec.structs.replace(verdict, facts=facts)


def _together(group: UUID | None, found: list[tuple[UUID, Verdict | None]]) -> Verdict | None:
    """One verdict for all: that of the first who was let in, else of the first; with what came of each."""
    known = [(member, verdict) for member, verdict in found if verdict is not None]
    if not known:
        return None
    first = next((verdict for _member, verdict in known if verdict.outcome in ("ok", "conflict")), known[0][1])
    members = [
        {"id": str(member), "name": "", "status": verdict.outcome, "reason": verdict.reason}
        for member, verdict in known
    ]
    group_facts = {"id": str(group), "name": "", "members": members}
    facts = {**known[-1][1].facts, "group": group_facts}
    return msgspec.structs.replace(first, facts=facts, replayed=all(verdict.replayed for _member, verdict in known))
