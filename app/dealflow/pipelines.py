"""Pipelines and their stages: making, naming, ordering, ending. Cards are in `cards` and `moving`."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED, TOO_LONG
from app.core.i18n import N_, current_locale
from app.core.ids import new_id
from app.core.text import clean_line
from app.core.web import Actor
from app.dealflow import ranks, trail
from app.dealflow.asking import TODAY
from app.dealflow.words import FIRST_STAGES, OPEN
from app.directory.access import MEMBERS

MOST_PIPELINES = 20
MOST_STAGES = 12
NAME_LETTERS = 80

Row = dict[str, Any]


class TooManyPipelines(Conflict):
    message = N_("Your organisation has twenty pipelines already. End one that you no longer need first.")


class TooManyStages(Conflict):
    message = N_("A pipeline has twelve stages at most: more are hard to tell apart.")


class LastStage(Conflict):
    message = N_("A pipeline needs at least one open stage.")


class StageStays(Conflict):
    message = N_("Every pipeline keeps a stage for what was invested in and one for what was passed.")


async def create(actor: Actor, organisation: UUID, name: str) -> UUID:
    """A new pipeline with the first stages. Locks the organisation against a twenty-first. Raises Invalid."""
    name = checked_name(name)
    async with db.tx():
        await db.execute("SELECT FROM organisation WHERE id = $1 FOR NO KEY UPDATE", organisation)
        count = await db.fetchval(
            "SELECT count(*) FROM pipeline WHERE organisation = $1 AND ended_at IS NULL", organisation
        )
        if count >= MOST_PIPELINES:
            raise TooManyPipelines
        pipeline = new_id()
        await db.execute(
            "INSERT INTO pipeline (id, organisation, name, created_by, lead, created_at)"
            " VALUES ($1, $2, $3, $4, $4, now())",
            *(pipeline, organisation, name, actor.person_id),
        )
        for place, step in enumerate(FIRST_STAGES):
            await db.execute(
                "INSERT INTO pipeline_stage (id, pipeline, name_vi, name_en, kind, place, created_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, now())",
                *(new_id(), pipeline, step.vi, step.en, step.kind, place),
            )
    return pipeline


async def change(pipeline: UUID, name: str, lead: UUID | None) -> None:
    """Name a pipeline and who leads it: a member of its organisation who may edit. Raises Invalid."""
    name = checked_name(name)
    async with db.tx():
        row = await lock(pipeline)
        if lead is not None and lead not in await editors_of(row["organisation"]):
            raise Invalid(fields={"lead": NOT_A_CHOICE})
        await db.execute("UPDATE pipeline SET name = $2, lead = $3 WHERE id = $1", pipeline, name, lead)


async def end(pipeline: UUID) -> None:
    """Close a pipeline with everything in it; its history stays. Ending twice changes nothing."""
    async with db.tx():
        await lock(pipeline)
        await db.execute(
            "UPDATE pipeline SET ended_at = now(), ended_reason = 'ended' WHERE id = $1 AND ended_at IS NULL", pipeline
        )


async def add_stage(pipeline: UUID, name: str) -> UUID:
    """A further open stage, before what was invested in. Raises Invalid, TooManyStages."""
    name = checked_name(name)
    async with db.tx():
        await lock(pipeline)
        stages = await stages_of(pipeline)
        if len(stages) >= MOST_STAGES:
            raise TooManyStages
        stage = new_id()
        vi, en = (name, "") if current_locale() == "vi" else ("", name)
        await db.execute(
            "INSERT INTO pipeline_stage (id, pipeline, name_vi, name_en, kind, place, created_at)"
            " VALUES ($1, $2, $3, $4, 'open', 0, now())",
            *(stage, pipeline, vi, en),
        )
        order = [row["id"] for row in stages if row["kind"] == OPEN] + [stage]
        await _put_in_order(order + [row["id"] for row in stages if row["kind"] != OPEN])
    return stage


async def rename_stage(pipeline: UUID, stage: UUID, name_vi: str, name_en: str) -> None:
    """Name a stage in one language or both. Raises Invalid, NotFound."""
    names = [_short(clean_line(text)) for text in (name_vi, name_en)]
    if not any(names):
        raise Invalid(fields={"name_vi": REQUIRED})
    async with db.tx():
        await lock(pipeline)
        rows = await db.execute(
            "UPDATE pipeline_stage SET name_vi = $3, name_en = $4 WHERE id = $1 AND pipeline = $2 AND ended_at IS NULL",
            *(stage, pipeline, *names),
        )
        if not rows:
            raise NotFound


async def shift_stage(pipeline: UUID, stage: UUID, *, later: bool) -> None:
    """Swap a stage with its neighbour; at the edge nothing happens. Open stages stay before the others."""
    async with db.tx():
        await lock(pipeline)
        stages = await stages_of(pipeline)
        place = _place_of(stages, stage)
        other = place + 1 if later else place - 1
        if 0 <= other < len(stages) and (stages[place]["kind"] == OPEN) == (stages[other]["kind"] == OPEN):
            stages[place], stages[other] = stages[other], stages[place]
            await _put_in_order([row["id"] for row in stages])


async def end_stage(actor: Actor, pipeline: UUID, stage: UUID) -> int:
    """Close an open stage; its cards go to the one before it, or after it, each with a line in its history.

    Locks the pipeline, so no card comes in meanwhile. Gives the number of cards. Raises LastStage, StageStays.
    """
    async with db.tx():
        await lock(pipeline)
        stages = await stages_of(pipeline)
        place = _place_of(stages, stage)
        if stages[place]["kind"] != OPEN:
            raise StageStays
        open_ones = [row["id"] for row in stages if row["kind"] == OPEN]
        if len(open_ones) == 1:
            raise LastStage
        target = open_ones[max(open_ones.index(stage) - 1, 0)] if open_ones.index(stage) else open_ones[1]
        cards = await db.fetch("SELECT id FROM deal_card WHERE stage = $1 AND ended_at IS NULL ORDER BY rank", stage)
        rank = await ranks.last(target)
        for card in cards:
            rank += ranks.GAP
            await db.execute(
                "UPDATE deal_card SET stage = $2, rank = $3, moves = moves + 1, changed_at = now() WHERE id = $1",
                *(card["id"], target, rank),
            )
            detail = {"from": stage, "to": target}
            await trail.record(pipeline, card["id"], actor.person_id, "stage_ended", **detail)
        await db.execute(
            "UPDATE pipeline_stage SET ended_at = now(), ended_reason = 'ended' WHERE id = $1 AND ended_at IS NULL",
            stage,
        )
    return len(cards)


# --- reading ------------------------------------------------------------------------------------------------------


async def stages_of(pipeline: UUID) -> list[Row]:
    rows = await db.fetch(
        "SELECT id, name_vi, name_en, kind, place FROM pipeline_stage WHERE pipeline = $1 AND ended_at IS NULL"
        " ORDER BY place, id",
        pipeline,
    )
    return [dict(row) for row in rows]


async def pipelines_of(actor: Actor, *, editing: bool = False) -> list[Row]:
    """The pipelines of all organisations that the person belongs to, each with how much is open in it; one query."""
    rows = await db.fetch(
        "SELECT p.id, p.name, o.name AS organisation, o.slug, o.id AS organisation_id, o.sample, m.role,"  # noqa: S608
        " (SELECT count(*) FROM deal_card c WHERE c.pipeline = p.id AND c.ended_at IS NULL AND c.state = 'open')"
        " AS open,"
        " (SELECT count(*) FROM deal_card c WHERE c.pipeline = p.id AND c.ended_at IS NULL AND c.state = 'open'"
        f"  AND c.next_on < {TODAY}) AS late"
        " FROM membership m JOIN organisation o ON o.id = m.organisation AND o.ended_at IS NULL"
        " JOIN pipeline p ON p.organisation = o.id AND p.ended_at IS NULL"
        " WHERE m.person = $1 AND m.ended_at IS NULL AND m.role = ANY($2)"
        " ORDER BY o.name_folded, o.number, p.created_at, p.id",
        *(actor.person_id, ["owner", "editor"] if editing else list(MEMBERS)),
    )
    return [dict(row) for row in rows]


async def team_of(organisation: UUID) -> list[Row]:
    """Everybody who belongs to the organisation now, by name."""
    rows = await db.fetch(
        "SELECT p.id, p.name, m.role FROM membership m JOIN person p ON p.id = m.person AND p.ended_at IS NULL"
        " WHERE m.organisation = $1 AND m.ended_at IS NULL ORDER BY lower(p.name), p.id",
        organisation,
    )
    return [dict(row) for row in rows]


async def editors_of(organisation: UUID) -> set[UUID]:
    return {row["id"] for row in await team_of(organisation) if row["role"] != "viewer"}


# --- parts --------------------------------------------------------------------------------------------------------


async def lock(pipeline: UUID) -> Row:
    """Hold the pipeline: whoever changes an order in it comes one after the other. Raises NotFound once it ended."""
    row = await db.fetchrow(
        "SELECT id, organisation FROM pipeline WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", pipeline
    )
    if row is None:
        raise NotFound
    return dict(row)


def checked_name(name: str, field: str = "name") -> str:
    name = clean_line(name)
    if not name:
        raise Invalid(fields={field: REQUIRED})
    if len(name) > NAME_LETTERS:
        raise Invalid(fields={field: TOO_LONG}, max=NAME_LETTERS)
    return name


def _short(name: str) -> str:
    if len(name) > NAME_LETTERS:
        raise Invalid(fields={"name_vi": TOO_LONG}, max=NAME_LETTERS)
    return name


def _place_of(stages: list[Row], stage: UUID) -> int:
    for place, row in enumerate(stages):
        if row["id"] == stage:
            return place
    raise NotFound


async def _put_in_order(stages: list[UUID]) -> None:
    await db.execute(
        "UPDATE pipeline_stage s SET place = wanted.place FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)"
        " WHERE s.id = wanted.id",
        stages,
    )
