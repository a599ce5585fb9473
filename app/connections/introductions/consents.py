"""What each side of a third party's proposal says. Neither learns the other's answer before its own, nor of a no."""

from typing import Any

from app.connections.introductions import connecting, notices, steps
from app.connections.introductions.states import NotNow, Side, other_side
from app.core import clock, db
from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE
from app.core.web import Actor
from app.directory.vocabulary import DECLINE_REASONS

Row = dict[str, Any]


async def ask_both(introduction: Any, asker: Any, receiver: Any) -> None:
    """Ask the sides, in the open transaction: at once; but who wants to be asked first is, the other after a yes."""
    rows = await db.fetch(
        "SELECT organisation FROM matching_preference WHERE organisation = ANY($1) AND accepts = 'ask_first'",
        [asker, receiver],
    )
    careful = {row["organisation"] for row in rows}
    first = "asker" if asker in careful else "receiver" if receiver in careful else ""
    for side in ("asker", "receiver"):
        turn = not first or side == first
        await db.execute(
            "INSERT INTO introduction_consent (id, introduction, side, asked_at)"
            " VALUES (gen_random_uuid(), $1, $2, CASE WHEN $3 THEN now() END)",
            *(introduction, side, turn),
        )
        if turn:
            await notices.tell(introduction, side, "proposed")


async def say(actor: Actor, row: Row, side: Side, answer: str, reason: str | None = None) -> None:
    """Yes or no of one side to a proposal whose row is locked. Idempotent.

    A no ends it, silently: the other side is still asked and sees its own answer, as if none had come from here.
    Outbox: after both yes everybody is told. Raises NotNow when its time is over, Invalid.
    """
    if answer == "no" and reason not in DECLINE_REASONS:
        raise Invalid(fields={"reason": NOT_A_CHOICE})
    said = {one["side"]: one for one in await db.fetch(
        "SELECT * FROM introduction_consent WHERE introduction = $1 ORDER BY side FOR UPDATE", row["id"]
    )}  # fmt: skip
    if side not in said or said[side]["answer"] == answer:
        return
    silent = row["state"] in ("declined", "blocked") and row["accepted_at"] is None
    over = row["expires_at"] is not None and row["expires_at"] <= clock.now()
    if said[side]["answer"] is not None or over or not (silent or row["state"] == "pending_a"):
        raise NotNow
    await db.execute(
        "UPDATE introduction_consent SET answer = $3, reason = $4, person = $5, answered_at = now(),"
        " asked_at = coalesce(asked_at, now()) WHERE introduction = $1 AND side = $2",
        *(row["id"], side, answer, reason if answer == "no" else None, actor.person_id),
    )
    if silent:
        return
    other = said[other_side(side)]
    if answer == "no":
        await db.execute("UPDATE introduction SET reason = $2 WHERE id = $1", row["id"], reason)
        await steps.step(row, "declined", side, actor.person_id, str(reason))
    elif other["answer"] == "yes":
        await steps.step(row, "agreed", side, actor.person_id, "both_agreed")
        await connecting.connected(row, actor)
    elif other["asked_at"] is None:
        await db.execute("UPDATE introduction_consent SET asked_at = now() WHERE id = $1", other["id"])
        await notices.tell(row["id"], other["side"], "proposed")
