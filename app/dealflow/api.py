"""Deal flow as JSON: pipelines, stages, cards, moving, passing, notes. The same doors and verbs as the pages."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.connections import strength
from app.core.bodies import takes
from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE, read_json
from app.core.i18n import N_
from app.core.settings import get_settings
from app.core.web import Actor, signed_in
from app.dealflow import access, api_decks, board, cards, decks, fitting, keeping, letters, moving, pipelines, trail
from app.dealflow import api_types as types
from app.dealflow.access import PipelineSeen
from app.dealflow.asking import Asked, asked_from
from app.dealflow.words import ORIGINS

AnyRequest = Request[Any, Any, Any]

MOST = 100
LIMIT_RANGE = N_("Please ask for 1 to 100.")
PIPELINE = "/deals/pipelines/{pipeline:uuid}"
CARD = f"{PIPELINE}/cards/{{card:uuid}}"
TAGS = ["deals"]


@get("/deals/pipelines", guards=[signed_in], tags=TAGS)
async def listed(actor: NamedDependency[Actor]) -> types.Pipelines:
    """The pipelines of the organisations that the caller belongs to."""
    return types.Pipelines(
        [
            types.PipelineOut(
                id=row["id"],
                name=row["name"],
                organisation=types.Whose(row["organisation_id"], row["slug"], row["organisation"]),
                role=row["role"],
                open=row["open"],
                late=row["late"],
            )
            for row in await pipelines.pipelines_of(actor)
        ]
    )


@get(PIPELINE, guards=[signed_in], tags=TAGS)
async def one(actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> types.PipelineFull:
    """A pipeline with its stages and how many cards are in each."""
    seen = await access.pipeline_for(actor, pipeline)
    team = await pipelines.team_of(seen.organisation)
    return types.PipelineFull(
        id=seen.id,
        name=seen.name,
        organisation=types.Whose(seen.organisation, seen.row["slug"], seen.row["organisation_name"]),
        role=seen.role,
        may_edit=seen.may_edit,
        stages=[types.StageOut(**row) for row in await board.stages_and_totals(seen.id)],
        team=[types.Somebody(row["id"], row["name"]) for row in team if row["role"] != "viewer"],
    )


@get(f"{PIPELINE}/cards", guards=[signed_in], tags=TAGS)
async def cards_of(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    pipeline: FromPath[UUID],
    stage: FromQuery[UUID | None] = None,
    limit: FromQuery[int] = 50,
    cursor: FromQuery[str] = "",
) -> types.Cards:
    """Cards in the order of the board (or `order`: next, fit, changed), as the board's filters leave them.

    Filters in the address: `q`, part of a name; `owner`, somebody's id or `none`; `due`: late, week or none; `fit`:
    strong or fair; `sector`, a code.
    """
    seen = await access.pipeline_for(actor, pipeline)
    if not 1 <= limit <= MOST:
        raise Invalid(fields={"limit": LIMIT_RANGE})
    asked = _asked(request)
    offset = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 6 else 0
    rows, total = await board.plain_rows(seen.id, asked, stage, limit, offset)
    after = str(offset + limit) if offset + limit < total else None
    return types.Cards([types.CardOut(**_card(row)) for row in rows], total, after)


def _asked(request: AnyRequest) -> Asked:
    """A program that asks for what does not exist is told so; a page leaves it out."""
    asked = asked_from(request.query_params)
    given = {name: request.query_params.get(name, "") for name in ("owner", "due", "fit", "sector", "order")}
    wrong = {name: NOT_A_CHOICE for name, text in given.items() if text and getattr(asked, name) != text.lower()}
    if wrong:
        raise Invalid(fields=wrong)
    return asked


def _card(row: types.Row) -> dict[str, Any]:
    value = row["fit_value"]
    same = ("id", "stage", "state", "moves", "version", "next_step", "next_on", "pass_reason", "origin", "added_at",
            "changed_at")  # fmt: skip
    return {
        **{name: row[name] for name in same},
        "organisation": types.Whose(row["organisation"], row["slug"], row["name"]) if row["there"] else None,
        "owner": types.Somebody(row["owner"], row["owner_name"]) if row["owner"] else None,
        "fit": None if value is None else round(value, 4),
        "strength": None if value is None else strength.strength_of(value),
    }


@post(f"{PIPELINE}/cards", guards=[signed_in], tags=TAGS, operation_class=takes(types.AddBody))
async def add(request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> types.CardFull:
    """Put an organisation at the top of the first stage. One that is in the pipeline already stays where it is."""
    seen = await access.editable_pipeline_for(actor, pipeline)
    body = read_json(await request.body(), types.AddBody)
    if body.origin not in ORIGINS:
        raise Invalid(fields={"origin": NOT_A_CHOICE})
    target = await access.listed_for(actor, body.organisation)
    added = await cards.add(actor, seen.id, target.id, body.origin)
    return await _full(seen, added.card)


@get(CARD, guards=[signed_in], tags=TAGS)
async def card_of(actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]) -> types.CardFull:
    """Everything that the team knows of a card: fit with reasons, notes, files, decks shown to the team, history."""
    return await _full(await access.pipeline_for(actor, pipeline), card)


async def _full(seen: PipelineSeen, card: UUID) -> types.CardFull:
    row = await cards.card_for(seen.id, card)
    letter = await letters.letter_of(row["id"])
    origin = get_settings().origin
    return types.CardFull(
        **_card(row),
        reasons=[
            types.CardReason(part["code"], part["for"], vi, en, part["contribution"])
            for part, vi, en in await fitting.told_in_both(row["fit"], row["organisation"])
        ],
        model_version=row["fit"].get("model_version"),
        fit_as_of=row["fit"].get("as_of"),
        notes=[
            types.NoteOut(note["id"], note["name"], note["text"], note["created_at"])
            for note in await keeping.notes_of(row["id"])
        ],
        files=[
            types.FileOut(
                file["id"], file["name"], file["size"], f"{origin}/files/{file['file']}/{file['variant']}",
                file["created_at"],
            )
            for file in await keeping.files_of(row["id"])
        ],
        decks=[
            types.DeckShown(deck["title"], deck["pages"], f"{origin}{deck['url']}", deck["expires_at"])
            for deck in await decks.shown_to(seen.organisation, row["organisation"])
        ],
        told_the_startup_at=letter["sent_at"] if letter else None,
        history=[types.ChangeOut(change.text, change.at) for change in await trail.of_card(row["id"])],
    )  # fmt: skip


@patch(CARD, guards=[signed_in], tags=TAGS, operation_class=takes(types.EditBody))
async def edit(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> types.CardFull:
    """Say who is responsible, the next step and its day. 409 `changed_meanwhile` when somebody was faster."""
    seen = await access.editable_pipeline_for(actor, pipeline)
    row = await cards.card_for(seen.id, card)
    body = read_json(await request.body(), types.EditBody)
    owner = row["owner"] if body.owner is msgspec.UNSET else body.owner
    step = row["next_step"] if body.next_step is msgspec.UNSET else body.next_step
    day = row["next_on"] if body.next_on is msgspec.UNSET else body.next_on
    await cards.edit(actor, seen.id, card, body.version, (owner, step, day))
    return await _full(seen, card)


@post(f"{CARD}/move", guards=[signed_in], status_code=200, tags=TAGS, operation_class=takes(types.MoveBody))
async def move(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> types.CardFull:
    """Move a card. 409 `moved_meanwhile` when somebody moved it since it was read; the stage of what was passed takes
    cards by `pass` only."""
    seen = await access.editable_pipeline_for(actor, pipeline)
    body = read_json(await request.body(), types.MoveBody)
    place = moving.Place(stage=body.stage, before=body.before, after=body.after)
    await moving.move(actor, seen.id, card, place, body.moves)
    return await _full(seen, card)


@post(f"{CARD}/pass", guards=[signed_in], status_code=200, tags=TAGS, operation_class=takes(types.PassBody))
async def pass_on(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> types.CardFull:
    """Pass, with a code of the reasons for declining. Nobody outside the team is told without `tell`."""
    seen = await access.editable_pipeline_for(actor, pipeline)
    body = read_json(await request.body(), types.PassBody)
    passing = moving.Passing(reason=body.reason, note=body.note, tell=body.tell, words=body.words)
    await moving.pass_on(actor, seen.id, card, passing)
    return await _full(seen, card)


@delete(CARD, guards=[signed_in], status_code=204, tags=TAGS)
async def end(actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]) -> None:
    """Take a card out of the pipeline; its notes and history stay with it."""
    seen = await access.editable_pipeline_for(actor, pipeline)
    await cards.end(actor, seen.id, card)


@post(f"{CARD}/notes", guards=[signed_in], tags=TAGS, operation_class=takes(types.NoteBody))
async def write_note(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> types.CardFull:
    """Write a note that only the team reads."""
    seen = await access.editable_pipeline_for(actor, pipeline)
    body = read_json(await request.body(), types.NoteBody)
    await keeping.write_note(actor, seen.id, card, body.text)
    return await _full(seen, card)


@delete(f"{CARD}/notes/{{note:uuid}}", guards=[signed_in], status_code=204, tags=TAGS)
async def end_note(
    actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID], note: FromPath[UUID]
) -> None:
    """Take a note away: one's own; an owner of the organisation any."""
    seen = await access.editable_pipeline_for(actor, pipeline)
    await keeping.end_note(actor, seen.id, card, note, owner=seen.role == "owner")


router = Router(
    "/api/v1",
    route_handlers=[
        *(listed, one, cards_of, add, card_of, edit, move, pass_on, end, write_note, end_note),
        *api_decks.handlers,
    ],
)
