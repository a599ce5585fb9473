"""Exhibitors: organisations ask for a booth, organizers or the village's lead decide with a reason."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.clock import now
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.text import fold
from app.core.web import Actor
from events.floor import passes
from events.floor.access import EDITORS
from events.planning import TypePlan, insert_type

MOST_PASSES = 200


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation says when it asks for a booth; who it is stands in its profile."""

    organisation: UUID
    village: UUID | None = None
    shows_vi: str
    shows_en: str = ""
    wishes: str = ""
    sample: bool = False


class NotTaken(Conflict):
    message = N_("Applications for booths are closed.")


class AppliedAlready(Conflict):
    message = N_("This organisation has applied already.")


class Decided(Conflict):
    message = N_("This application was decided or withdrawn meanwhile. Please look at it again.")


class BoothsUsed(Conflict):
    message = N_("All %(quota)s booths of the village are given.")


async def ground_of(event: UUID) -> dict[str, Any]:
    """The rules for exhibitors of an event, as they are before anybody set them."""
    row = await db.fetchrow("SELECT * FROM floor_ground WHERE event = $1", event)
    if row is None:
        return {"event": event, "applications": False, "closes_at": None, "passes_each": 4, "pass_type": None}
    return dict(row)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    applications: bool = False
    closes_at: datetime | None = None
    passes_each: int = 4
    pass_type: UUID | None = None


async def set_rules(actor: Actor, event: UUID, rules: Rules) -> None:
    """Open or close applications; without a ticket type for passes one is made, for staff by invitation."""
    if not 0 <= rules.passes_each <= MOST_PASSES:
        raise Invalid(fields={"passes_each": N_("This must be between 0 and 200.")})
    async with db.tx():
        await db.execute("SELECT 1 FROM event WHERE id = $1 FOR NO KEY UPDATE", event)
        kind = rules.pass_type
        if kind is not None:
            if not await db.fetchval(
                "SELECT EXISTS (SELECT FROM ticket_type WHERE id = $1 AND event = $2)", kind, event
            ):
                raise Invalid(fields={"pass_type": NOT_A_CHOICE})
        elif rules.applications:
            kind = await _pass_type(event)
        await db.execute(
            "INSERT INTO floor_ground (event, applications, closes_at, passes_each, pass_type, updated_at)"
            " VALUES ($1, $2, $3, $4, $5, now()) ON CONFLICT (event) DO UPDATE SET applications = $2, closes_at = $3,"
            " passes_each = $4, pass_type = $5, updated_at = now()",
            *(event, rules.applications, rules.closes_at, rules.passes_each, kind),
        )


async def _pass_type(event: UUID) -> UUID:
    found: UUID | None = await db.fetchval(
        "SELECT id FROM ticket_type WHERE event = $1 AND role = 'exhibitor' ORDER BY place LIMIT 1", event
    )
    if found is not None:
        return found
    plan = TypePlan(
        code="gian-hang",
        title_vi="Nhân sự gian hàng",
        title_en="Exhibitor staff",
        capacity=10_000,
        role="exhibitor",
        visibility="invited",
    )
    place = await db.fetchval("SELECT count(*) FROM ticket_type WHERE event = $1", event)
    return await insert_type(event, plan, place)


async def apply(actor: Actor, event: UUID, wish: Application) -> UUID:
    """Ask for a booth for an organisation that the actor may speak for. Raises NotTaken, AppliedAlready, Invalid."""
    if not fold(wish.shows_vi):
        raise Invalid(fields={"shows_vi": REQUIRED})
    number = new_id()
    async with db.tx():
        ground = await ground_of(event)
        closed = ground["closes_at"] is not None and ground["closes_at"] <= now()
        if not ground["applications"] or closed:
            raise NotTaken
        if not await db.fetchval(
            "SELECT EXISTS (SELECT FROM membership WHERE organisation = $1 AND person = $2 AND role = ANY ($3)"
            " AND ended_at IS NULL)",
            *(wish.organisation, actor.person_id, list(EDITORS)),
        ):
            raise Invalid(fields={"organisation": NOT_A_CHOICE})
        if wish.village is not None and not await db.fetchval(
            "SELECT EXISTS (SELECT FROM village WHERE id = $1 AND event = $2 AND ended_at IS NULL)", wish.village, event
        ):
            raise Invalid(fields={"village": NOT_A_CHOICE})
        made = await db.execute(
            "INSERT INTO exhibitor (id, event, organisation, village, status, shows_vi, shows_en, wishes, pass_quota,"
            " reason, sent_by, sent_at, sample) VALUES ($1, $2, $3, $4, 'sent', $5, $6, $7, $8, '', $9, now(), $10)"
            " ON CONFLICT (event, organisation) WHERE status IN ('sent', 'accepted') DO NOTHING",
            *(number, event, wish.organisation, wish.village, wish.shows_vi, wish.shows_en, wish.wishes),
            *(ground["passes_each"], actor.person_id, wish.sample),
        )
        if not made:
            raise AppliedAlready
    return number


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """`status`: accepted (with a booth where one is named), declined or removed (with a reason)."""

    status: str
    reason: str = ""
    booth: UUID | None = None
    pass_quota: int | None = None


async def decide(
    actor: Actor, event: UUID, exhibitor: UUID, decision: Decision, *, village: UUID | None = None
) -> None:
    """Accept, decline or take back; the organisation hears of it (outbox). `village`: a lead decides for its own only.

    Locks the village, the exhibitor, the booth. Taking back frees the booths and revokes the passes.
    """
    if decision.status in ("declined", "removed") and not decision.reason.strip():
        raise Invalid(fields={"reason": N_("Please say why: the organisation will read it.")})
    if decision.pass_quota is not None and not 0 <= decision.pass_quota <= MOST_PASSES:
        raise Invalid(fields={"pass_quota": N_("This must be between 0 and 200.")})
    async with db.tx():
        row = await db.fetchrow(
            "SELECT status, village FROM exhibitor WHERE id = $1 AND event = $2 FOR NO KEY UPDATE", exhibitor, event
        )
        if row is None or (village is not None and row["village"] != village):
            raise NotFound
        if row["status"] != ("accepted" if decision.status == "removed" else "sent"):
            raise Decided
        await db.execute(
            "UPDATE exhibitor SET status = $2, reason = $3, decided_by = $4, decided_at = now(),"
            " pass_quota = coalesce($5, pass_quota) WHERE id = $1",
            *(exhibitor, decision.status, decision.reason.strip()[:500], actor.person_id, decision.pass_quota),
        )
        if decision.status == "accepted" and decision.booth is not None:
            await _take_booth(event, exhibitor, decision.booth, row["village"])
        if decision.status == "removed":
            await _free(exhibitor)
        await enqueue("floor.tell_exhibitor", {"exhibitor_id": str(exhibitor), "status": decision.status})
    if decision.status == "removed":
        await passes.revoke(actor, exhibitor)


async def _take_booth(event: UUID, exhibitor: UUID, booth: UUID, village: UUID | None) -> None:
    if village is not None:
        quota = await db.fetchval("SELECT booth_quota FROM village WHERE id = $1 FOR NO KEY UPDATE", village)
        used = await db.fetchval(
            "SELECT count(*) FROM booth b JOIN exhibitor x ON x.id = b.exhibitor WHERE x.village = $1"
            " AND b.ended_at IS NULL",
            village,
        )
        if quota is not None and used >= quota:
            raise BoothsUsed(quota=quota)
    taken = await db.execute(
        "UPDATE booth SET exhibitor = $2 WHERE id = $1 AND event = $3 AND exhibitor IS NULL AND ended_at IS NULL",
        *(booth, exhibitor, event),
    )
    if not taken:
        raise Invalid(fields={"booth": N_("This booth is taken or closed. Please choose another one.")})


async def _free(exhibitor: UUID) -> None:
    await db.execute("UPDATE booth SET exhibitor = NULL WHERE exhibitor = $1", exhibitor)
    await passes.end_without_booth(exhibitor)


async def withdraw(actor: Actor, exhibitor: UUID) -> None:
    """The organisation does not come: its booths are free and its passes are revoked. Twice changes nothing."""
    async with db.tx():
        await db.execute("SELECT 1 FROM exhibitor WHERE id = $1 FOR NO KEY UPDATE", exhibitor)
        await db.execute(
            "UPDATE exhibitor SET status = 'withdrawn', decided_at = now() WHERE id = $1 AND status IN ('sent',"
            " 'accepted')",
            exhibitor,
        )
        await _free(exhibitor)
    await passes.revoke(actor, exhibitor)


# --- read ---------------------------------------------------------------------------------------------------------


async def queue(event: UUID, *, status: str = "", village: UUID | None = None) -> list[asyncpg.Record]:
    """Applications in the order in which they came, with the booths they have."""
    return await db.fetch(
        "SELECT x.id, x.status, x.shows_vi, x.shows_en, x.wishes, x.reason, x.sent_at, x.pass_quota, x.village,"
        " x.sample, v.name_vi AS village_vi, v.name_en AS village_en, o.name, o.slug, o.logo_file,"
        " o.verified_at IS NOT NULL AS verified, array(SELECT b.code FROM booth b WHERE b.exhibitor = x.id"
        " AND b.ended_at IS NULL ORDER BY b.code) AS booths FROM exhibitor x"
        " JOIN organisation o ON o.id = x.organisation"
        " LEFT JOIN village v ON v.id = x.village WHERE x.event = $1 AND ($2 = '' OR x.status = $2)"
        " AND ($3::uuid IS NULL OR x.village = $3) ORDER BY x.status <> 'sent', x.sent_at, x.id LIMIT 1000",
        *(event, status, village),
    )


async def counts(event: UUID) -> dict[str, int]:
    rows = await db.fetch("SELECT status, count(*) AS n FROM exhibitor WHERE event = $1 GROUP BY status", event)
    return {row["status"]: row["n"] for row in rows}


async def own(actor: Actor, event: UUID) -> list[asyncpg.Record]:
    """The applications of organisations to which this person belongs."""
    return await db.fetch(
        "SELECT x.id, x.status, o.name FROM exhibitor x JOIN organisation o ON o.id = x.organisation"
        " JOIN membership m ON m.organisation = x.organisation AND m.person = $2 AND m.ended_at IS NULL"
        " WHERE x.event = $1 ORDER BY x.sent_at DESC LIMIT 50",
        *(event, actor.person_id),
    )
