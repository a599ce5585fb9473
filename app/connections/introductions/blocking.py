"""Blocks and reports. A block is silent: whoever is blocked sees what silence looks like, and suggestions end."""

from typing import Any
from uuid import UUID

from app.connections import choices
from app.connections.introductions import steps
from app.connections.introductions.access import Held
from app.connections.introductions.states import CONNECTED
from app.connections.introductions.vocabulary import REPORTS
from app.core import db
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED, TOO_LONG
from app.core.ids import new_id
from app.core.limits import hit
from app.core.text import clean
from app.core.web import Actor
from app.directory.access import Seen

LONGEST = 2000
REPORTS_PER_DAY = 20


async def block(actor: Actor, held: Held) -> None:
    """Never again with this organisation: ends what is open, unseen by them; neither is suggested to the other.

    Idempotent. Raises NotAllowed.
    """
    if not held.party or not held.may_decide:
        raise NotAllowed
    async with db.tx():
        row = await steps.lock(held.id)
        await choices.note(held.own, row[held.other], "hidden", "block", actor.person_id)
        reached = row["state"] in CONNECTED or row["state"] == "pending_a"
        if reached or (row["state"] == "pending_b" and held.side == "receiver"):
            await db.execute("UPDATE introduction SET blocked_by = $2 WHERE id = $1", row["id"], held.own)
            await steps.step(row, "blocked", held.side, actor.person_id, "block")
        elif row["state"] in ("pending_b", "coordinator_hold"):
            await steps.step(row, "withdrawn", "asker", actor.person_id, "block")


async def lift(actor: Actor, own: Seen, other: UUID) -> None:
    """Take a block back: both may ask and be suggested again. What was ended stays ended. Idempotent."""
    async with db.tx():
        await db.execute(
            "UPDATE suggestion_choice SET ended_at = now() WHERE organisation = $1 AND candidate = $2"
            " AND choice = 'hidden' AND reason = 'block' AND ended_at IS NULL",
            *(own.id, other),
        )


async def blocked_by(organisation: UUID) -> list[dict[str, Any]]:
    """Whom an organisation has blocked, for its members."""
    rows = await db.fetch(
        "SELECT o.id, o.name, o.slug, k.created_at FROM suggestion_choice k JOIN organisation o ON o.id = k.candidate"
        " WHERE k.organisation = $1 AND k.choice = 'hidden' AND k.reason = 'block' AND k.ended_at IS NULL"
        " ORDER BY k.created_at DESC, k.id LIMIT 200",
        organisation,
    )
    return [dict(row) for row in rows]


async def report(actor: Actor, held: Held, kind: str, words: str, *, shows_thread: bool = False) -> None:
    """Tell the department that something is wrong with the other side. They are not told. Raises Invalid, TooMany."""
    said = clean(words)
    wrong = {}
    if kind not in REPORTS:
        wrong["kind"] = NOT_A_CHOICE if kind else REQUIRED
    if not said:
        wrong["words"] = REQUIRED
    if wrong:
        raise Invalid(fields=wrong)
    if len(said) > LONGEST:
        raise Invalid(fields={"words": TOO_LONG}, max=LONGEST)
    if not held.party or not held.may_decide:
        raise NotAllowed
    await hit("introductions.report", actor.person_id, REPORTS_PER_DAY, 86_400)
    async with db.tx():
        await db.execute(
            "INSERT INTO introduction_report (id, introduction, side, kind, words, shows_thread, person)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            *(new_id(), held.id, held.side, kind, said, shows_thread, actor.person_id),
        )


async def decide_report(actor: Actor, report_id: UUID, state: str, answer: str = "") -> None:
    """The department has looked: done, or nothing wrong. Raises Invalid, NotAllowed, NotFound."""
    actor.require("moderator")
    if state not in ("done", "refused"):
        raise Invalid(fields={"state": NOT_A_CHOICE})
    async with db.tx():
        rows = await db.execute(
            "UPDATE introduction_report SET state = $2, answer = $3, decided_by = $4, decided_at = now()"
            " WHERE id = $1 AND state = 'made'",
            *(report_id, state, clean(answer)[:LONGEST], actor.person_id),
        )
        if not rows:
            raise NotFound
