"""Villages: made by the organizers, run by their leads within quotas; nominations of teams for the competition."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import slugify
from app.core.web import Actor
from app.people.accounts import email_key
from events.floor import quotas


class VillagePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What organizers say of a village; its lead may change name and texts, never the quotas."""

    name_vi: str
    name_en: str = ""
    about_vi: str = ""
    about_en: str = ""
    booth_quota: int | None = None
    nomination_quota: int | None = None
    heat_minimum: int = 10
    places: int | None = None
    """Registrations that the village hands out by itself."""


class QuotaReached(Conflict):
    message = N_("The village has used its quota of %(quota)s. Ask the organisers for more.")


class AlreadyNominated(Conflict):
    message = N_("This team is nominated by the village already.")


class NominationEnded(Conflict):
    message = N_("This nomination was declined or withdrawn. Nominate the team again.")


OPEN = ("nominated", "accepted")
"""Nominations that stand, and count against the quota."""


class NoSuchAccount(Invalid):
    message = N_("There is no account with this address yet. Ask them to sign up first.")

    def __init__(self) -> None:
        super().__init__(fields={"email": self.message})


def check(plan: VillagePlan) -> None:
    if not plan.name_vi.strip():
        raise Invalid(fields={"name_vi": REQUIRED})


async def make(actor: Actor, event: UUID, plan: VillagePlan) -> str:
    """A further village with its zone, and with places of its own if it gets some; its address. Locks the event's row.

    Raises Invalid.
    """
    async with db.tx():
        await db.execute("SELECT 1 FROM event WHERE id = $1 FOR NO KEY UPDATE", event)
        return (await insert(event, plan))[1]


async def insert(event: UUID, plan: VillagePlan) -> tuple[UUID, str]:
    """The same in an open transaction that has locked the event's row; the village's id and address."""
    check(plan)
    zone, number = await _land(event, plan), new_id()
    slug = await _free_slug(event, plan.name_vi)
    await db.execute(
        "INSERT INTO village (id, event, zone, slug, name_vi, name_en, about_vi, about_en, booth_quota,"
        " nomination_quota, heat_minimum, place, created_at) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
        " count(*), now() FROM village WHERE event = $2",
        *(number, event, zone, slug, plan.name_vi, plan.name_en, plan.about_vi, plan.about_en, plan.booth_quota),
        *(plan.nomination_quota, plan.heat_minimum),
    )
    await quotas.set_places(event, await _row(number), plan.places)
    return number, slug


async def _land(event: UUID, plan: VillagePlan) -> UUID:
    """Where the village is: the place of this name, where a door was set up before the village, else a new one.

    Only what may be a village: never the whole venue, a booth, a gate or a room.
    """
    there: UUID | None = await db.fetchval(
        "UPDATE zone SET kind = 'village', name_en = coalesce(nullif($3, ''), name_en) WHERE id = ("
        "SELECT z.id FROM zone z WHERE z.event = $1 AND lower(z.name_vi) = lower($2)"
        " AND z.kind IN ('village', 'hall', 'stage') AND z.ended_at IS NULL"
        " AND NOT EXISTS (SELECT FROM village v WHERE v.zone = z.id) ORDER BY z.place, z.id LIMIT 1) RETURNING id",
        *(event, plan.name_vi.strip(), plan.name_en.strip()),
    )
    if there is not None:
        return there
    zone: UUID = await db.fetchval(
        "INSERT INTO zone (id, event, kind, code, name_vi, name_en, place, created_at)"
        " SELECT $1, $2, 'village', '', $3, $4, count(*), now() FROM zone WHERE event = $2 RETURNING id",
        *(new_id(), event, plan.name_vi, plan.name_en),
    )
    return zone


async def _row(village: UUID) -> asyncpg.Record:
    row = await db.fetchrow("SELECT * FROM village WHERE id = $1 FOR NO KEY UPDATE", village)
    assert row is not None  # noqa: S101  villages end, their rows stay
    return row


async def _free_slug(event: UUID, name: str) -> str:
    wish = slugify(name, "lang")[:60].strip("-")
    rows = await db.fetch("SELECT slug FROM village WHERE event = $1 AND slug LIKE $2 || '%'", event, wish)
    taken = {row["slug"] for row in rows}
    return wish if wish not in taken else next(s for n in range(2, 10_000) if (s := f"{wish}-{n}") not in taken)


async def edit(actor: Actor, village: UUID, plan: VillagePlan, *, limits: bool) -> None:
    """Change what is said of a village; with `limits` also how much it may. Raises Invalid, PlacesTaken."""
    check(plan)
    async with db.tx():
        before = await _row(village)
        await db.execute(
            "UPDATE village SET name_vi = $2, name_en = $3, about_vi = $4, about_en = $5 WHERE id = $1",
            *(village, plan.name_vi, plan.name_en, plan.about_vi, plan.about_en),
        )
        await db.execute(
            "UPDATE zone SET name_vi = $2, name_en = $3 WHERE id = (SELECT zone FROM village WHERE id = $1)",
            *(village, plan.name_vi, plan.name_en),
        )
        if limits:
            await db.execute(
                "UPDATE village SET booth_quota = $2, nomination_quota = $3, heat_minimum = $4 WHERE id = $1",
                *(village, plan.booth_quota, plan.nomination_quota, plan.heat_minimum),
            )
            await quotas.set_places(before["event"], await _row(village), plan.places)
        if (before["name_vi"], before["name_en"]) != (plan.name_vi, plan.name_en):
            await quotas.rename(await _row(village))


async def add_lead(actor: Actor, village: UUID, email: str) -> None:
    """Let somebody with an account run the village. Twice changes nothing. Raises NoSuchAccount."""
    async with db.tx():
        await insert_lead(actor, village, email)


async def insert_lead(actor: Actor, village: UUID, email: str) -> None:
    """The same in the open transaction."""
    person = await db.fetchval("SELECT id FROM person WHERE email_key = $1 AND ended_at IS NULL", email_key(email))
    if person is None:
        raise NoSuchAccount
    await db.execute(
        "INSERT INTO village_lead (id, village, person, granted_at, granted_by) VALUES ($1, $2, $3, now(), $4)"
        " ON CONFLICT (village, person) WHERE ended_at IS NULL DO NOTHING",
        *(new_id(), village, person, actor.person_id),
    )


async def end_lead(actor: Actor, village: UUID, lead: UUID) -> None:
    """With effect from the next request."""
    done = await db.execute(
        "UPDATE village_lead SET ended_at = coalesce(ended_at, now()) WHERE id = $1 AND village = $2", lead, village
    )
    if not done:
        raise NotFound


# --- nominations --------------------------------------------------------------------------------------------------


async def nominate(actor: Actor, village: UUID, organisation: str, note: str = "") -> None:
    """Name a team by the address of its profile, within the quota. Locks the village; raises QuotaReached."""
    async with db.tx():
        row = await db.fetchrow("SELECT nomination_quota FROM village WHERE id = $1 FOR NO KEY UPDATE", village)
        if row is None:
            raise NotFound
        team = await db.fetchval(
            "SELECT id FROM organisation WHERE slug = $1 AND ended_at IS NULL AND hidden_at IS NULL",
            organisation.strip().rstrip("/").rpartition("/")[2],
        )
        if team is None:
            raise Invalid(
                fields={"organisation": N_("There is no such profile. Paste its address from the directory.")}
            )
        used = await db.fetchval(
            "SELECT count(*) FROM village_nomination WHERE village = $1 AND status IN ('nominated', 'accepted')",
            village,
        )
        if row["nomination_quota"] is not None and used >= row["nomination_quota"]:
            raise QuotaReached(quota=row["nomination_quota"])
        made = await db.execute(
            "INSERT INTO village_nomination (id, village, organisation, status, note, reason, nominated_by,"
            " nominated_at) VALUES ($1, $2, $3, 'nominated', $4, '', $5, now())"
            " ON CONFLICT (village, organisation) WHERE status IN ('nominated', 'accepted') DO NOTHING",
            *(new_id(), village, team, note[:500], actor.person_id),
        )
        if not made:
            raise AlreadyNominated


async def decide(actor: Actor, village: UUID, nomination: UUID, status: str, reason: str = "") -> None:
    """Accept, decline or withdraw a nomination that is open; declining takes a reason. The same again changes nothing.

    Locks the village. Raises NominationEnded for one that was declined or withdrawn before: the team is nominated anew,
    within the quota.
    """
    if status == "declined" and not reason.strip():
        raise Invalid(fields={"reason": N_("Please say why: the village will read it.")})
    async with db.tx():
        quota = await db.fetchval("SELECT nomination_quota FROM village WHERE id = $1 FOR NO KEY UPDATE", village)
        before = await db.fetchval(
            "SELECT status FROM village_nomination WHERE id = $1 AND village = $2", nomination, village
        )
        if before is None:
            raise NotFound
        if before == status:
            return
        if before not in OPEN:
            raise NominationEnded
        used = await db.fetchval(
            "SELECT count(*) FROM village_nomination WHERE village = $1 AND status = ANY ($2)", village, list(OPEN)
        )
        if status == "accepted" and quota is not None and used > quota:
            raise QuotaReached(quota=quota)
        await db.execute(
            "UPDATE village_nomination SET status = $2, reason = $3, decided_by = $4, decided_at = now() WHERE id = $1",
            *(nomination, status, reason.strip()[:500], actor.person_id),
        )


# --- read ---------------------------------------------------------------------------------------------------------

_FIGURES = """
SELECT v.*, p.size AS places, p.used AS places_used, t.access_code AS places_code,
  (SELECT count(*) FROM registration r WHERE r.ticket_type = v.ticket_type AND r.status = 'waitlisted') AS places_line,
  (SELECT count(*) FROM booth b WHERE b.village = v.id AND b.ended_at IS NULL) AS booths,
  (SELECT count(*) FROM booth b WHERE b.village = v.id AND b.ended_at IS NULL AND b.exhibitor IS NOT NULL) AS given,
  (SELECT count(*) FROM exhibitor x WHERE x.village = v.id AND x.status = 'accepted') AS exhibitors,
  (SELECT count(*) FROM exhibitor x WHERE x.village = v.id AND x.status = 'sent') AS waiting,
  (SELECT count(*) FROM village_nomination n WHERE n.village = v.id AND n.status IN ('nominated', 'accepted')) AS teams,
  (SELECT count(*) FROM village_nomination n WHERE n.village = v.id AND n.status = 'accepted') AS accepted,
  (SELECT count(*) FROM agenda_session s JOIN zone z ON z.id = s.zone WHERE s.ended_at IS NULL
     AND (z.id = v.zone OR v.zone = ANY (z.path))) AS sessions,
  (SELECT coalesce(sum(r.party), 0) FROM registration r WHERE r.id IN (SELECT a.registration FROM admission a
     JOIN checkpoint c ON c.id = a.checkpoint JOIN zone z ON z.id = c.zone
     WHERE a.voided_at IS NULL AND (z.id = v.zone OR v.zone = ANY (z.path)))) AS visitors
FROM village v LEFT JOIN seat_pool p ON p.event = v.event AND p.subject = v.id
LEFT JOIN ticket_type t ON t.id = v.ticket_type AND p.id IS NOT NULL
WHERE v.event = $1 AND v.ended_at IS NULL AND ($2::uuid IS NULL OR v.id = $2)
ORDER BY v.place, v.created_at
"""


async def villages_of(event: UUID, only: UUID | None = None) -> list[dict[str, Any]]:
    """Villages in order, each with its report: booths, exhibitors, teams, sessions, people who came."""
    rows = await db.fetch(_FIGURES, event, only)
    return [{**row, "heat": row["teams"] >= row["heat_minimum"]} for row in rows]


async def leads_of(village: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT l.id, p.name, p.email FROM village_lead l JOIN person p ON p.id = l.person"
        " WHERE l.village = $1 AND l.ended_at IS NULL ORDER BY l.granted_at",
        village,
    )


async def nominations_of(village: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT n.id, n.status, n.note, n.reason, n.nominated_at, o.slug, o.name FROM village_nomination n"
        " JOIN organisation o ON o.id = n.organisation WHERE n.village = $1"
        " ORDER BY n.nominated_at DESC, n.id LIMIT 500",
        village,
    )


async def zones_of(village: UUID) -> list[asyncpg.Record]:
    """The places of a village in which it may hold sessions: itself and what lies within."""
    return await db.fetch(
        "SELECT z.id, z.name_vi, z.name_en FROM zone z JOIN village v ON v.id = $1 WHERE z.ended_at IS NULL"
        " AND (z.id = v.zone OR v.zone = ANY (z.path)) AND z.kind IN ('village', 'hall', 'stage', 'room')"
        " ORDER BY z.place, z.name_vi",
        village,
    )


async def sessions_of(village: UUID) -> list[asyncpg.Record]:
    """The village's own programme, as it is planned."""
    return await db.fetch(
        "SELECT s.id, s.title_vi, s.title_en, s.starts_at, s.ends_at, w.session IS NOT NULL AND w.ended_at IS NULL"
        " AS public FROM agenda_session s JOIN zone z ON z.id = s.zone JOIN village v ON v.id = $1"
        " LEFT JOIN agenda_shown w ON w.session = s.id"
        " WHERE s.ended_at IS NULL AND (z.id = v.zone OR v.zone = ANY (z.path)) ORDER BY s.starts_at, s.number",
        village,
    )
