"""Moving cards between stages and within one, and passing with a reason. Who comes too late is told."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, TOO_LONG
from app.core.i18n import N_, pick
from app.core.text import clean
from app.core.web import Actor
from app.dealflow import cards, letters, pipelines, ranks, trail
from app.dealflow.words import PASS_REASONS, PASSED

MOVES = ("moved", "passed", "reopened", "stage_ended", "added")
NOTE_LETTERS = 5_000


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a card goes: before another one of the stage, after one, or, with neither, to its top."""

    stage: UUID
    before: UUID | None = None
    after: UUID | None = None


class MovedMeanwhile(Conflict):
    """Somebody else moved the card since it was drawn. What was wanted can be repeated with `moves`."""

    message = N_(
        "%(who)s has just moved %(name)s to “%(stage)s”. Nothing was lost: repeat your move if it still applies."
    )

    def __init__(self, *, card: UUID, moves: int, at: datetime, **params: object) -> None:
        super().__init__(**params)
        self.card, self.moves, self.at = card, moves, at


class ReasonFirst(Invalid):
    """A card comes among the passed ones with a reason only."""

    message = N_("Please say why you pass. The startup is not told unless you choose to.")


async def move(actor: Actor, pipeline: UUID, card: UUID, to: Place, moves: int) -> None:
    """Put a card into its place. `moves`: the number that the mover saw on it.

    Locks the pipeline, so two moves come one after the other. A card that stands there already stays. Raises
    MovedMeanwhile when somebody moved it since, ReasonFirst for the stage of what was passed, NotFound.
    """
    stage = to.stage
    async with db.tx():
        await pipelines.lock(pipeline)
        row = await cards.locked(pipeline, card)
        kind = await _kind(pipeline, stage)
        if row["moves"] != moves:
            if row["stage"] == stage and to.before is None and to.after is None:
                return
            raise await _moved_meanwhile(row)
        if kind == PASSED and row["state"] != PASSED:
            raise ReasonFirst
        rank = await ranks.between(stage, await _next_to(to, card), card)
        await db.execute(
            "UPDATE deal_card SET stage = $2, rank = $3, state = $4, moves = moves + 1, changed_at = now(),"
            " pass_reason = CASE WHEN $4 = 'passed' THEN pass_reason END WHERE id = $1",
            *(card, stage, rank, kind),
        )
        if stage != row["stage"]:
            act = "reopened" if row["state"] == PASSED else "moved"
            await trail.record(pipeline, card, actor.person_id, act, **{"from": row["stage"], "to": stage})


class Passing(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody passes. `note` stays with the team; with `tell` the startup reads the reason and `words`."""

    reason: str
    note: str = ""
    tell: bool = False
    words: str = ""


async def pass_on(actor: Actor, pipeline: UUID, card: UUID, given: Passing) -> None:
    """Pass: the card goes among the passed ones with a coded reason; nobody outside is told without `tell`. Again
    with another reason changes the reason; what was told once is not told twice. Locks the pipeline. Raises Invalid.
    """
    reason, note, words = given.reason, clean(given.note), clean(given.words)
    if reason not in PASS_REASONS:
        raise Invalid(fields={"reason": NOT_A_CHOICE})
    if len(note) > NOTE_LETTERS:
        raise Invalid(fields={"note": TOO_LONG}, max=NOTE_LETTERS)
    if len(words) > letters.LETTERS:
        raise Invalid(fields={"words": TOO_LONG}, max=letters.LETTERS)
    async with db.tx():
        home = await pipelines.lock(pipeline)
        row = await cards.locked(pipeline, card)
        if (row["state"], row["pass_reason"]) != (PASSED, reason):
            stage = await db.fetchval(
                "SELECT id FROM pipeline_stage WHERE pipeline = $1 AND kind = 'passed' AND ended_at IS NULL", pipeline
            )
            rank = row["rank"] if row["stage"] == stage else await ranks.last(stage) + ranks.GAP
            await db.execute(
                "UPDATE deal_card SET stage = $2, rank = $3, state = 'passed', pass_reason = $4, moves = moves + 1,"
                " changed_at = now() WHERE id = $1",
                *(card, stage, rank, reason),
            )
            detail = {"from": row["stage"], "to": stage, "reason": reason}
            await trail.record(pipeline, card, actor.person_id, "passed", **detail)
        if note:
            await db.execute(
                "INSERT INTO deal_note (id, card, author, text, created_at)"
                " VALUES (gen_random_uuid(), $1, $2, $3, now())",
                *(card, actor.person_id, note),
            )
            await trail.record(pipeline, card, actor.person_id, "noted")
        if given.tell and await letters.send(actor, card, home["organisation"], (row["organisation"], reason, words)):
            await trail.record(pipeline, card, actor.person_id, "told")


async def _next_to(to: Place, card: UUID) -> UUID | None:
    """The card above which this place is; None for the end of the stage."""
    if to.before is not None:
        return to.before
    rank = -(2**62)
    if to.after is not None:
        found = await db.fetchval(
            "SELECT rank FROM deal_card WHERE id = $1 AND stage = $2 AND ended_at IS NULL", to.after, to.stage
        )
        rank = found if found is not None else rank
    found_id: UUID | None = await db.fetchval(
        "SELECT id FROM deal_card WHERE stage = $1 AND ended_at IS NULL AND rank > $2 AND id <> $3"
        " ORDER BY rank LIMIT 1",
        *(to.stage, rank, card),
    )
    return found_id


async def _kind(pipeline: UUID, stage: UUID) -> str:
    kind: str | None = await db.fetchval(
        "SELECT kind FROM pipeline_stage WHERE id = $1 AND pipeline = $2 AND ended_at IS NULL", stage, pipeline
    )
    if kind is None:
        raise NotFound
    return kind


async def _moved_meanwhile(row: cards.Row) -> MovedMeanwhile:
    found = await db.fetchrow(
        "SELECT o.name, s.name_vi, s.name_en FROM organisation o, pipeline_stage s WHERE o.id = $1 AND s.id = $2",
        *(row["organisation"], row["stage"]),
    )
    assert found is not None  # noqa: S101  both are referred to
    return MovedMeanwhile(
        card=row["id"],
        moves=row["moves"],
        at=row["changed_at"],
        who=await cards.last_hand(row["id"], MOVES),
        name=found["name"],
        stage=pick(found["name_vi"], found["name_en"]),
    )
