"""Cards: adding an organisation to a pipeline, saying who is responsible and what comes next, taking it out."""

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, TOO_LONG
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean_line
from app.core.web import Actor
from app.dealflow import fitting, pipelines, ranks, trail
from app.dealflow.words import OPEN, ORIGINS

MOST_CARDS = 5_000
STEP_LETTERS = 200

Row = dict[str, Any]


class PipelineFull(Conflict):
    message = N_("This pipeline holds 5,000 cards already. Take some out, or begin another one.")


class ChangedMeanwhile(Conflict):
    """Somebody else changed the card's fields since the form was opened; the form is shown again with both."""

    message = N_(
        "%(who)s changed this card while you had it open. Please look at what stands there now, and save again."
    )


class Added(msgspec.Struct, frozen=True):
    """A card for an organisation; `new` False: it was in the pipeline already."""

    card: UUID
    new: bool


async def add(actor: Actor, pipeline: UUID, candidate: UUID, origin: str) -> Added:
    """Put an organisation at the top of a pipeline's first stage, with what the engine says of it now.

    Idempotent: what is in the pipeline stays where it is. Locks the pipeline. Raises NotFound, PipelineFull.
    """
    async with db.tx():
        row = await pipelines.lock(pipeline)
        if row["organisation"] == candidate:
            raise NotFound
        present = await db.fetchval(
            "SELECT id FROM deal_card WHERE pipeline = $1 AND organisation = $2 AND ended_at IS NULL",
            *(pipeline, candidate),
        )
        if present:
            return Added(present, new=False)
        if await db.fetchval("SELECT count(*) FROM deal_card WHERE pipeline = $1 AND ended_at IS NULL", pipeline) >= (
            MOST_CARDS
        ):
            raise PipelineFull
        stage = await db.fetchval(
            "SELECT id FROM pipeline_stage WHERE pipeline = $1 AND kind = 'open' AND ended_at IS NULL"
            " ORDER BY place, id LIMIT 1",
            pipeline,
        )
        first = await db.fetchval(
            "SELECT id FROM deal_card WHERE stage = $1 AND ended_at IS NULL ORDER BY rank LIMIT 1", stage
        )
        fit, value = await fitting.snapshot(row["organisation"], candidate)
        card = new_id()
        await db.execute(
            "INSERT INTO deal_card (id, pipeline, stage, organisation, rank, owner, origin, fit, fit_value, added_by,"
            " added_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $6, now(), now())",
            *(card, pipeline, stage, candidate, await ranks.between(stage, first, card), actor.person_id),
            *(origin if origin in ORIGINS else "profile", fit, value),
        )
        await trail.record(pipeline, card, actor.person_id, "added", to=stage)
    return Added(card, new=True)


async def card_for(pipeline: UUID, card: UUID) -> Row:
    """A card of a pipeline that somebody came into, with its stage and organisation. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT c.*, s.name_vi, s.name_en, s.kind AS stage_kind, o.name, o.slug, o.kinds, o.sectors, o.summary_vi,"
        " o.summary_en, o.logo_file, o.country, o.state AS region_code, o.province_code, o.ward_code, o.region, o.city,"
        " o.sample, o.tiers, o.ended_at IS NULL AND o.hidden_at IS NULL AS there, w.name AS owner_name,"
        " a.name AS added_by_name FROM deal_card c JOIN pipeline_stage s ON s.id = c.stage"
        " JOIN organisation o ON o.id = c.organisation"
        " LEFT JOIN person w ON w.id = c.owner LEFT JOIN person a ON a.id = c.added_by"
        " WHERE c.id = $1 AND c.pipeline = $2 AND c.ended_at IS NULL",
        *(card, pipeline),
    )
    if row is None:
        raise NotFound
    return dict(row)


async def edit(
    actor: Actor, pipeline: UUID, card: UUID, version: int, values: tuple[UUID | None, str, date | None]
) -> None:
    """Say who is responsible, the next step and its day. Locks the card. Raises ChangedMeanwhile, Invalid, NotFound.

    The same values again change nothing; an older `version` is refused, so that nobody's words are lost.
    """
    owner, step, day = values[0], clean_line(values[1]), values[2]
    if len(step) > STEP_LETTERS:
        raise Invalid(fields={"next_step": TOO_LONG}, max=STEP_LETTERS)
    async with db.tx():
        row = await locked(pipeline, card)
        if (row["owner"], row["next_step"], row["next_on"]) == (owner, step, day):
            return
        if row["version"] != version:
            raise ChangedMeanwhile(who=await last_hand(card))
        if owner is not None and owner != row["owner"]:
            home = await db.fetchval("SELECT organisation FROM pipeline WHERE id = $1", pipeline)
            if owner not in await pipelines.editors_of(home):
                raise Invalid(fields={"owner": NOT_A_CHOICE})
        await db.execute(
            "UPDATE deal_card SET owner = $2, next_step = $3, next_on = $4, version = version + 1, changed_at = now()"
            " WHERE id = $1",
            *(card, owner, step, day),
        )
        if owner != row["owner"]:
            await trail.record(pipeline, card, actor.person_id, "owner" if owner else "no_owner", owner=owner)
        if (step, day) != (row["next_step"], row["next_on"]):
            await trail.record(pipeline, card, actor.person_id, "next", day=day)


async def end(actor: Actor, pipeline: UUID, card: UUID) -> None:
    """Take a card out of the pipeline; its notes and history stay with it. Twice changes nothing."""
    async with db.tx():
        ended = await db.execute(
            "UPDATE deal_card SET ended_at = now(), ended_reason = 'taken_out', changed_at = now()"
            " WHERE id = $1 AND pipeline = $2 AND ended_at IS NULL",
            *(card, pipeline),
        )
        if ended:
            await trail.record(pipeline, card, actor.person_id, "ended")


async def restore(actor: Actor, pipeline: UUID, card: UUID) -> None:
    """Put a card back that was taken out, at the end of its stage, or of the first one if that has closed.

    Idempotent. Raises NotFound when another card of the same organisation took its place.
    """
    async with db.tx():
        await pipelines.lock(pipeline)
        row = await db.fetchrow("SELECT * FROM deal_card WHERE id = $1 AND pipeline = $2", card, pipeline)
        if row is None:
            raise NotFound
        if row["ended_at"] is None:
            return
        stages = await pipelines.stages_of(pipeline)
        kept = [stage for stage in stages if stage["id"] == row["stage"]]
        stage = (kept or [stage for stage in stages if stage["kind"] == OPEN])[0]
        try:
            await db.execute(
                "UPDATE deal_card SET ended_at = NULL, ended_reason = NULL, stage = $2, rank = $3, moves = moves + 1,"
                " changed_at = now() WHERE id = $1",
                *(card, stage["id"], await ranks.last(stage["id"]) + ranks.GAP),
            )
        except asyncpg.UniqueViolationError:
            raise NotFound from None
        await trail.record(pipeline, card, actor.person_id, "reopened", to=stage["id"])


async def locked(pipeline: UUID, card: UUID) -> Row:
    """Hold a card in the open transaction. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT * FROM deal_card WHERE id = $1 AND pipeline = $2 AND ended_at IS NULL FOR NO KEY UPDATE", card, pipeline
    )
    if row is None:
        raise NotFound
    return dict(row)


async def last_hand(card: UUID, acts: tuple[str, ...] = ("owner", "no_owner", "next")) -> str:
    """Who last did one of these to a card."""
    name: str | None = await db.fetchval(
        "SELECT p.name FROM deal_change d JOIN person p ON p.id = d.person WHERE d.card = $1 AND d.act = ANY($2)"
        " ORDER BY d.id DESC LIMIT 1",
        *(card, list(acts)),
    )
    return name or "…"


async def gone_card_for(pipeline: UUID, card: UUID) -> Row:
    """A card that was taken out, with the name it had if its organisation is still there. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT c.id, o.name, o.ended_at IS NULL AND o.hidden_at IS NULL AS there FROM deal_card c"
        " JOIN organisation o ON o.id = c.organisation"
        " WHERE c.id = $1 AND c.pipeline = $2 AND c.ended_at IS NOT NULL",
        *(card, pipeline),
    )
    if row is None:
        raise NotFound
    return dict(row)
