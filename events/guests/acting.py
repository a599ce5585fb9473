"""Things done to many at once: asked for, held back for some seconds, done in batches, the fate of each written down.

What writes to people cannot be taken back once it is done, so it waits: until it begins it can be stopped whole, while
it runs the rest can be. Tags and certificates can be taken back afterwards as well. Running twice changes nothing: the
verbs decide on nobody twice, and a fate is told from the state before and now.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.outbox import enqueue, job
from app.core.text import clean_line
from app.core.web import Actor
from events import review, waitlist
from events.guests import certificates
from events.guests.asking import Asked, Where
from events.states import ACTIVE

HOLD_SECONDS = 15
BATCH = 200
AT_ONCE = 100
"""So many that need no holding back are done while their organiser waits."""
LONGEST_TAG = 40
LONGEST_REASON = 500
TELLS = frozenset({"approve", "approve_waitlist", "refuse", "cancel", "resend"})
"""Acts of which people get a mail."""
UNDOES = {"tag": "tagged", "untag": "untagged", "certify": "certified"}


class NobodyTicked(Conflict):
    message = N_("Tick at least one person first.")


class TooLateToUndo(Conflict):
    message = N_("This is done and people were written to: it cannot be taken back as a whole.")


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done. `ids`, or everybody whom `asked` finds where there are none."""

    act: str
    ids: list[UUID] = []
    asked: Asked = Asked()
    reason: str = ""
    tag: str = ""


async def ask(actor: Actor, event: UUID, wanted: Asking) -> UUID:
    """Write down what is to be done and to whom. Enqueues guests.act. Raises Invalid, NobodyTicked."""
    tag = clean_line(wanted.tag)[:LONGEST_TAG].strip()
    if wanted.act in ("tag", "untag") and not tag:
        raise Invalid(fields={"tag": REQUIRED})
    number, hold = new_id(), HOLD_SECONDS if wanted.act in TELLS else 0
    asked = {"reason": clean_line(wanted.reason)[:LONGEST_REASON], "tag": tag, "query": wanted.asked.query}
    async with db.tx(statement_timeout="30s"):
        await db.execute(
            "INSERT INTO guest_act (id, event, act, asked, state, begins_at, created_at, created_by)"
            " VALUES ($1, $2, $3, $4, 'waiting', $5, now(), $6)",
            *(number, event, wanted.act, asked, clock.now() + timedelta(seconds=hold), actor.person_id),
        )
        total = await _write_down(number, event, wanted)
        if not total:
            raise NobodyTicked
        await db.execute("UPDATE guest_act SET total = $2 WHERE id = $1", number, total)
        await enqueue("guests.act", {"act": str(number)}, delay=hold)
    if not hold and total <= AT_ONCE:
        await run(number)
    return number


async def _write_down(number: UUID, event: UUID, wanted: Asking) -> int:
    """Everybody concerned, in the order in which they registered: who came first is decided on first."""
    where = Where(event, Asked() if wanted.ids else wanted.asked)
    if wanted.ids:
        where.parts.append(f"r.id = ANY ({where.put(wanted.ids)})")
    return await db.execute(
        "INSERT INTO guest_fate (act, registration, place, before, fate)"  # noqa: S608
        f" SELECT {where.put(number)}::uuid, r.id, row_number() OVER (ORDER BY r.queue_number), r.status, 'waiting'"
        f" FROM registration r WHERE {where}",
        *where.args,
    )


@job("guests.act")
async def act_on_many(payload: dict[str, Any]) -> None:
    """Do what was asked for, unless it was stopped meanwhile."""
    await run(UUID(payload["act"]))


async def run(number: UUID) -> None:
    """Do an act batch by batch. Done already or stopped, nothing happens."""
    act = await db.fetchrow("SELECT * FROM guest_act WHERE id = $1", number)
    if act is None:
        return
    while await db.execute(
        "UPDATE guest_act SET state = 'running' WHERE id = $1 AND state IN ('waiting', 'running')", number
    ):
        fates = await db.fetch(
            "SELECT registration, before FROM guest_fate WHERE act = $1 AND fate = 'waiting' ORDER BY place LIMIT $2",
            *(number, BATCH),
        )
        if not fates:
            await db.execute(
                "UPDATE guest_act SET state = 'done', finished_at = now() WHERE id = $1 AND state = 'running'", number
            )
            return
        came_of_it = await _VERBS[act["act"]](act, {row["registration"]: row["before"] for row in fates})
        await _tell(number, came_of_it)


async def _tell(number: UUID, fates: dict[UUID, str]) -> None:
    """What happened is written down even where the act was stopped meanwhile."""
    async with db.tx():
        changed = await db.execute(
            "UPDATE guest_fate f SET fate = given.fate FROM unnest($2::uuid[], $3::text[]) AS given(id, fate)"
            " WHERE f.act = $1 AND f.registration = given.id AND f.fate IN ('waiting', 'stopped')",
            *(number, list(fates), list(fates.values())),
        )
        await db.execute("UPDATE guest_act SET done = least(done + $2, total) WHERE id = $1", number, changed)


Before = dict[UUID, str]


async def _states(ids: Before) -> dict[UUID, asyncpg.Record]:
    found = await db.fetch(
        "SELECT r.id, r.status, r.sample, r.email, d.lead_email FROM registration r"
        " LEFT JOIN delegation d ON d.id = r.delegation WHERE r.id = ANY ($1)",
        list(ids),
    )
    return {row["id"]: row for row in found}


def _actor(act: asyncpg.Record) -> Actor:
    return Actor(id=act["created_by"], via="session")


async def _decided(act: asyncpg.Record, ids: Before, fates: dict[str, str], from_states: tuple[str, ...]) -> Before:
    now = await _states(ids)
    return {
        number: fates.get(now[number]["status"], "unchanged") if before in from_states else "unchanged"
        for number, before in ids.items()
    }


async def _approve(act: asyncpg.Record, ids: Before) -> Before:
    full = "waitlist" if act["act"] == "approve_waitlist" else "leave"
    try:
        await review.approve(_actor(act), act["event"], list(ids), when_full=full)  # type: ignore[arg-type]
    except review.TooLate:
        return dict.fromkeys(ids, "too_late")
    fates = {"confirmed": "confirmed", "started": "unpaid", "waitlisted": "waitlisted", "pending_review": "full"}
    return await _decided(act, ids, fates, ("pending_review",))


async def _refuse(act: asyncpg.Record, ids: Before) -> Before:
    await review.refuse(_actor(act), act["event"], list(ids), act["asked"]["reason"])
    return await _decided(act, ids, {"refused": "refused"}, ("pending_review",))


async def _cancel(act: asyncpg.Record, ids: Before) -> Before:
    await waitlist.cancel_all(_actor(act), act["event"], list(ids), act["asked"]["reason"])
    return await _decided(act, ids, {"cancelled": "cancelled"}, ACTIVE)


async def _resend(act: asyncpg.Record, ids: Before) -> Before:
    """Who waits or comes gets the mail of the registration once more; once for each act."""
    fates: Before = {}
    async with db.tx():
        for number, row in (await _states(ids)).items():
            fates[number] = _mailed(row)
            if fates[number] == "sent":
                mark = str(act["id"])
                await enqueue(
                    "events.tell_guest",
                    {"registration_id": str(number), "kind": "again", "mark": mark},
                    dedupe_key=f"guests.resend:{number}:{mark}",
                )
    return fates


def _mailed(row: asyncpg.Record) -> str:
    if row["status"] not in ACTIVE:
        return "unchanged"
    if row["sample"]:
        return "sample"
    return "sent" if row["email"] or row["lead_email"] else "no_address"


async def _tag(act: asyncpg.Record, ids: Before) -> Before:
    done = await db.fetch(
        "INSERT INTO guest_tag (event, registration, tag, by, at) SELECT $1, unnest($2::uuid[]), $3, $4, now()"
        " ON CONFLICT (registration, tag) DO NOTHING RETURNING registration",
        *(act["event"], list(ids), act["asked"]["tag"], act["created_by"]),
    )
    return dict.fromkeys(ids, "unchanged") | {row["registration"]: "tagged" for row in done}


async def _untag(act: asyncpg.Record, ids: Before) -> Before:
    done = await db.fetch(
        "DELETE FROM guest_tag WHERE registration = ANY ($1) AND tag = $2 RETURNING registration",
        *(list(ids), act["asked"]["tag"]),
    )
    return dict.fromkeys(ids, "unchanged") | {row["registration"]: "untagged" for row in done}


async def _certify(act: asyncpg.Record, ids: Before) -> Before:
    return await certificates.issue_many(_actor(act), list(ids))


_VERBS: dict[str, Callable[[asyncpg.Record, Before], Awaitable[Before]]] = {
    "approve": _approve,
    "approve_waitlist": _approve,
    "refuse": _refuse,
    "cancel": _cancel,
    "resend": _resend,
    "tag": _tag,
    "untag": _untag,
    "certify": _certify,
}


async def undo(actor: Actor, event: UUID, number: UUID) -> str:
    """Stop an act, or take back what can be taken back; the state it is in then. Raises NotFound, TooLateToUndo.

    Twice changes nothing. Locks the act.
    """
    async with db.tx(statement_timeout="30s"):
        act = await db.fetchrow("SELECT * FROM guest_act WHERE id = $1 AND event = $2 FOR UPDATE", number, event)
        if act is None:
            raise NotFound
        state: str = act["state"]
        if state in ("stopped", "undone"):
            return state
        if state == "done" and act["act"] not in UNDOES:
            raise TooLateToUndo
        after = "undone" if act["act"] in UNDOES else "stopped"
        await db.execute("UPDATE guest_fate SET fate = 'stopped' WHERE act = $1 AND fate = 'waiting'", number)
        if act["act"] in UNDOES:
            await _take_back(actor, act)
        await db.execute(
            "UPDATE guest_act SET state = $2, undone_by = $3, finished_at = now() WHERE id = $1",
            *(number, after, actor.person_id),
        )
    return after


async def _take_back(actor: Actor, act: asyncpg.Record) -> None:
    rows = await db.fetch(
        "UPDATE guest_fate SET fate = 'undone' WHERE act = $1 AND fate = $2 RETURNING registration",
        *(act["id"], UNDOES[act["act"]]),
    )
    ids = dict.fromkeys((row["registration"] for row in rows), "")
    if act["act"] == "tag":
        await _untag(act, ids)
    elif act["act"] == "untag":
        await _tag(act, ids)
    else:
        await certificates.take_back(actor, act["id"], list(ids))


async def act_for(event: UUID, number: UUID) -> asyncpg.Record:
    """An act of this event. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT a.*, p.name AS by_name FROM guest_act a JOIN person p ON p.id = a.created_by"
        " WHERE a.id = $1 AND a.event = $2",
        *(number, event),
    )
    if row is None:
        raise NotFound
    return row


async def acts_of(event: UUID, count: int = 50) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT a.*, p.name AS by_name FROM guest_act a JOIN person p ON p.id = a.created_by WHERE a.event = $1"
        " ORDER BY a.created_at DESC, a.id DESC LIMIT $2",
        *(event, count),
    )


async def fates_of(number: UUID, fate: str, after: int, count: int) -> list[asyncpg.Record]:
    """What happened to each, in the order of the act; one more than `count`."""
    return await db.fetch(
        "SELECT f.place, f.fate, f.before, r.id, r.person, r.full_name, r.organisation, r.email, r.status, r.code"
        " FROM guest_fate f JOIN registration r ON r.id = f.registration"
        " WHERE f.act = $1 AND ($2 = '' OR f.fate = $2) AND f.place > $3 ORDER BY f.place LIMIT $4",
        *(number, fate, after, count + 1),
    )


async def fate_counts(number: UUID) -> dict[str, int]:
    rows = await db.fetch(
        "SELECT fate, count(*) AS n FROM guest_fate WHERE act = $1 GROUP BY 1 ORDER BY 2 DESC", number
    )
    return {row["fate"]: row["n"] for row in rows}
