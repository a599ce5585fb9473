"""Meetings that one side of an introduction proposes: agreed, moved, cancelled; one calendar entry for ever."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec

from app.connections.introductions import thread
from app.connections.introductions.access import Held
from app.connections.introductions.states import CONNECTED, NotNow
from app.core import clock, db
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.forms import TOO_LONG, Line
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.web import Actor

IN_THE_PAST = N_("This lies in the past. Please choose a later time.")
TOO_FAR = N_("This is more than a year away.")
NOT_A_LINK = N_("Please enter an address that begins with https://.")
MOST_PLACE = 200

Row = dict[str, Any]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """When, for how long, where."""

    starts_at: datetime
    minutes: Annotated[int, msgspec.Meta(ge=15, le=480)] = 45
    place: Line = ""
    link: Line = ""


def _checked(plan: Plan) -> None:
    if plan.starts_at <= clock.now():
        raise Invalid(fields={"starts_at": IN_THE_PAST})
    if plan.starts_at > clock.now() + timedelta(days=366):
        raise Invalid(fields={"starts_at": TOO_FAR})
    if plan.link and not plan.link.startswith("https://"):
        raise Invalid(fields={"link": NOT_A_LINK})
    if len(plan.place) > MOST_PLACE:
        raise Invalid(fields={"place": TOO_LONG}, max=MOST_PLACE)


async def propose(actor: Actor, held: Held, plan: Plan, nonce: str) -> UUID:
    """Propose a meeting; the same nonce again gives the first. The other side agrees or proposes another time."""
    _checked(plan)
    async with db.tx():
        await _open(held)
        first = await db.fetchval(
            "SELECT meeting FROM introduction_message WHERE introduction = $1 AND nonce = $2", held.id, nonce
        )
        if first is not None:
            return UUID(str(first))
        meeting = new_id()
        await db.execute(
            "INSERT INTO introduction_meeting (id, introduction, side, starts_at, ends_at, place, link, person)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            *(meeting, held.id, held.side, plan.starts_at, plan.starts_at + timedelta(minutes=plan.minutes)),
            *(plan.place, plan.link, actor.person_id),
        )
        await thread.written(held.id, held.side, (actor.person_id, nonce), "", None, meeting)
        return meeting


async def move(actor: Actor, held: Held, meeting: UUID, plan: Plan, nonce: str) -> None:
    """Propose another time for a meeting: it waits for the other side's yes again."""
    _checked(plan)
    async with db.tx():
        await _open(held)
        row = await _locked(held, meeting)
        if row["state"] == "cancelled":
            raise NotNow
        await db.execute(
            "UPDATE introduction_meeting SET state = 'proposed', side = $2, starts_at = $3, ends_at = $4, place = $5,"
            " link = $6, sequence = sequence + 1, person = $7, updated_at = now() WHERE id = $1",
            *(meeting, held.side, plan.starts_at, plan.starts_at + timedelta(minutes=plan.minutes)),
            *(plan.place, plan.link, actor.person_id),
        )
        await thread.written(held.id, held.side, (actor.person_id, nonce), "", None, meeting)


async def agree(actor: Actor, held: Held, meeting: UUID) -> None:
    """Say yes to a meeting that the other side proposed. Idempotent. Raises NotAllowed for one's own, NotNow."""
    async with db.tx():
        await _open(held)
        row = await _locked(held, meeting)
        if row["state"] == "agreed":
            return
        if row["side"] == held.side:
            raise NotAllowed
        await _changed(actor, held, row, "agreed")


async def cancel(actor: Actor, held: Held, meeting: UUID) -> None:
    """Call a meeting off, from either side. Idempotent."""
    async with db.tx():
        row = await _locked(held, meeting)
        if row["state"] != "cancelled":
            await _open(held)
            await _changed(actor, held, row, "cancelled")


async def _changed(actor: Actor, held: Held, row: Row, state: str) -> None:
    if row["state"] == "cancelled":
        raise NotNow
    await db.execute(
        "UPDATE introduction_meeting SET state = $2, sequence = sequence + 1, updated_at = now() WHERE id = $1",
        *(row["id"], state),
    )
    nonce = f"{state}:{row['id']}:{row['sequence'] + 1}"
    await thread.written(held.id, held.side, (actor.person_id, nonce), "", None, row["id"])


async def _open(held: Held) -> None:
    if await db.fetchval("SELECT state FROM introduction WHERE id = $1 FOR SHARE", held.id) not in CONNECTED:
        raise NotNow


async def _locked(held: Held, meeting: UUID) -> Row:
    row = await db.fetchrow(
        "SELECT * FROM introduction_meeting WHERE id = $1 AND introduction = $2 FOR UPDATE", meeting, held.id
    )
    if row is None:
        raise NotFound
    return dict(row)


async def meetings_of(introduction: UUID) -> list[Row]:
    """All meetings of an introduction, the next first."""
    rows = await db.fetch(
        "SELECT * FROM introduction_meeting WHERE introduction = $1 ORDER BY state = 'cancelled', starts_at, id",
        introduction,
    )
    return [dict(row) for row in rows]


async def meeting_of(held: Held, meeting: UUID) -> Row:
    row = await db.fetchrow("SELECT * FROM introduction_meeting WHERE id = $1 AND introduction = $2", meeting, held.id)
    if row is None:
        raise NotFound
    return dict(row)
