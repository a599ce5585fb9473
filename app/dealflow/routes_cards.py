"""Pages and acts of one card: moving, what comes next, passing, notes and files, taking it out."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Invalid
from app.core.files.keeping import Draft, FileRefused, draft_from
from app.core.files.uploads import DOCUMENT_BODY, upload_form
from app.core.forms import Form, Line, Text, filled, read_form
from app.core.i18n import gettext, pick
from app.core.web import Actor, done, page, signed_in
from app.dealflow import access, board, cards, decks, fitting, introduced, keeping, letters, moving, pipelines, trail
from app.dealflow.access import PipelineSeen
from app.dealflow.asking import asked_from
from app.dealflow.board_page import Look, Wanted, drawn, stage_options
from app.dealflow.words import KIND_WORDS, ORIGINS, PASS_REASONS, PASSED, reason_label
from app.directory.places import place_label
from app.directory.vocabulary import KINDS, SECTORS

AnyRequest = Request[Any, Any, Any]

CARD = "/deals/{pipeline:uuid}/cards/{card:uuid}"


class Move(msgspec.Struct, kw_only=True):
    """`moves` is the number on the card as it was drawn; it was dropped before or after another one."""

    stage: UUID
    moves: int
    before: UUID | None = None
    after: UUID | None = None
    back: Line = ""
    shown: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    """How many cards of which stage are on the board that is drawn again."""


class Edit(msgspec.Struct, kw_only=True):
    version: int
    owner: UUID | None = None
    next_step: Line = ""
    next_on: date | None = None


class Pass(msgspec.Struct, kw_only=True):
    reason: Line
    note: Text = ""
    tell: bool = False
    words: Text = ""


class Note(msgspec.Struct, kw_only=True):
    text: Text


class NoFields(msgspec.Struct, kw_only=True):
    pass


@get("/deals/{pipeline:uuid}/stages/{stage:uuid}", guards=[signed_in])
async def more(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], stage: FromPath[UUID]
) -> Response[Any]:
    """The next cards of a column; without JavaScript a page of them."""
    seen = await access.pipeline_for(actor, pipeline)
    text = request.query_params.get("after", "")
    after = int(text) if text.lstrip("-").isdecimal() and len(text) < 19 else -(2**62)
    asked = asked_from(request.query_params)
    found, rest = await board.more_of(seen.id, stage, after, asked)
    return page(
        request,
        "dealflow/more.html",
        fragment="more",
        pipeline=seen,
        stage=stage,
        cards=found,
        rest=rest,
        after=found[-1].rank if found else 0,
        query=asked.query(),
    )


@post(f"{CARD}/move", guards=[signed_in], status_code=200)
async def move(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> Response[Any]:
    """Move a card. Who came too late sees where it is now, who moved it, and repeats it with one press."""
    seen = await access.editable_pipeline_for(actor, pipeline)
    form = await read_form(request, Move)
    asked = asked_from(request.query_params)
    here = f"{seen.url}?{asked.query()}" if asked.query() else seen.url
    wanted = form.value
    if wanted is None:
        return await drawn(request, actor, seen, asked)
    look = Look(shown=board.shown_from(wanted.shown))
    if wanted.back == "card":
        here = f"{seen.url}/cards/{card}"
    try:
        place = moving.Place(stage=wanted.stage, before=wanted.before, after=wanted.after)
        await moving.move(actor, seen.id, card, place, wanted.moves)
    except moving.ReasonFirst:
        return done(request, to=f"{seen.url}/cards/{card}/pass")
    except moving.MovedMeanwhile as error:
        late = Wanted(
            error=error, stage=str(wanted.stage), before=str(wanted.before or ""), after=str(wanted.after or "")
        )
        return await drawn(request, actor, seen, asked, late, look)
    if request.headers.get("hx-target") == "board":
        return await drawn(request, actor, seen, asked, look=look)
    return done(request, to=here)


@get(CARD, guards=[signed_in])
async def show(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> Response[Any]:
    """Everything that the team knows of a card."""
    seen = await access.pipeline_for(actor, pipeline)
    return await _card(request, seen, await cards.card_for(seen.id, card))


class Forms(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed into one of the page's forms and could not be taken; `meanwhile` says who was faster."""

    edit: Form[Any] | None = None
    note: Form[Any] | None = None
    file: Form[Any] | None = None
    draft: Draft | None = None
    meanwhile: str = ""


async def _card(
    request: AnyRequest,
    seen: PipelineSeen,
    row: cards.Row,
    forms: Forms | None = None,
    status: int = 200,
) -> Response[Any]:
    forms = forms or Forms()
    team = await pipelines.team_of(seen.organisation)
    return page(
        request,
        "dealflow/card.html",
        status=status,
        pipeline=seen,
        card=row,
        place=place_label({**row, "state": row["region_code"]}),
        sectors=SECTORS.labels(row["sectors"] or ()),
        kinds=KINDS.labels(row["kinds"]),
        stage=pick(row["name_vi"], row["name_en"]),
        stages=await stage_options(seen),
        origin=ORIGINS[row["origin"]].text(),
        fit=await fitting.told(row["fit"], row["organisation"]),
        reason=reason_label(row["pass_reason"]) if row["pass_reason"] else "",
        team=[(str(one["id"]), one["name"]) for one in team if one["role"] != "viewer"],
        form=forms.edit or filled({name: row[name] for name in ("version", "owner", "next_step", "next_on")}),
        note_form=forms.note or Form[Any](),
        file_form=forms.file or Form[Any](),
        draft=forms.draft,
        meanwhile=forms.meanwhile,
        notes=await keeping.notes_of(row["id"]),
        files=await keeping.files_of(row["id"]),
        letter=await letters.letter_of(row["id"]),
        shown=await decks.shown_to(seen.organisation, row["organisation"]),
        history=await trail.of_card(row["id"]),
        introductions=await introduced.accepted_between(seen.organisation, row["organisation"]),
        person=seen.person,
    )


@post(CARD, guards=[signed_in], status_code=200)
async def edit(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> Response[Any]:
    seen = await access.editable_pipeline_for(actor, pipeline)
    form = await read_form(request, Edit)
    meanwhile = ""
    if form.value is not None:
        given = form.value
        try:
            await cards.edit(actor, seen.id, card, given.version, (given.owner, given.next_step, given.next_on))
        except Invalid as error:
            form.take(error)
        except cards.ChangedMeanwhile as error:
            meanwhile = error.text()
        else:
            return done(request, to=f"{seen.url}/cards/{card}", message=gettext("Saved."))
    row = await cards.card_for(seen.id, card)
    return await _card(request, seen, row, Forms(edit=form, meanwhile=meanwhile), 409 if meanwhile else 422)


@get(f"{CARD}/pass", guards=[signed_in])
async def pass_page(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> Response[Any]:
    seen = await access.editable_pipeline_for(actor, pipeline)
    row = await cards.card_for(seen.id, card)
    return await _pass(request, seen, row, filled({"reason": row["pass_reason"]}))


async def _pass(
    request: AnyRequest, seen: PipelineSeen, row: cards.Row, form: Form[Any], status: int = 200
) -> Response[Any]:
    return page(
        request,
        "dealflow/pass.html",
        status=status,
        pipeline=seen,
        card=row,
        form=form,
        reasons=[(code, reason_label(code), KIND_WORDS[code].text()) for code in PASS_REASONS],
        reasons_options=[(code, reason_label(code)) for code in PASS_REASONS],
        letter=await letters.letter_of(row["id"]),
        passed=row["state"] == PASSED,
        most=letters.LETTERS,
    )


@post(f"{CARD}/pass", guards=[signed_in], status_code=200)
async def pass_on(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> Response[Any]:
    """Pass with a reason; the startup is told only where the box is ticked."""
    seen = await access.editable_pipeline_for(actor, pipeline)
    row = await cards.card_for(seen.id, card)
    form = await read_form(request, Pass)
    if form.value is not None:
        given = form.value
        try:
            passing = moving.Passing(reason=given.reason, note=given.note, tell=given.tell, words=given.words)
            await moving.pass_on(actor, seen.id, card, passing)
        except Invalid as error:
            form.take(error)
        else:
            told = gettext("Passed; the startup is told why.") if given.tell else gettext("Passed. Nobody was told.")
            return done(request, to=seen.url, message=told)
    return await _pass(request, seen, row, form, 422)


@post(f"{CARD}/end", guards=[signed_in])
async def end(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> Response[Any]:
    """Take the card out; the page behind offers the way back."""
    seen = await access.editable_pipeline_for(actor, pipeline)
    await cards.end(actor, seen.id, card)
    return done(request, to=f"{seen.url}/cards/{card}/gone")


@get(f"{CARD}/gone", guards=[signed_in])
async def gone(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> Response[Any]:
    seen = await access.editable_pipeline_for(actor, pipeline)
    return page(request, "dealflow/gone.html", pipeline=seen, card=await cards.gone_card_for(seen.id, card))


@post(f"{CARD}/restore", guards=[signed_in])
async def restore(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> Response[Any]:
    seen = await access.editable_pipeline_for(actor, pipeline)
    await cards.restore(actor, seen.id, card)
    return done(request, to=f"{seen.url}/cards/{card}", message=gettext("It is back in the pipeline."))


@post(f"{CARD}/notes", guards=[signed_in], status_code=200)
async def write_note(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> Response[Any]:
    seen = await access.editable_pipeline_for(actor, pipeline)
    form = await read_form(request, Note)
    if form.value is not None:
        try:
            await keeping.write_note(actor, seen.id, card, form.value.text)
        except Invalid as error:
            form.take(error)
        else:
            return done(request, to=f"{seen.url}/cards/{card}#notes", message=gettext("The note is kept."))
    return await _card(request, seen, await cards.card_for(seen.id, card), Forms(note=form), 422)


@post(f"{CARD}/notes/{{note:uuid}}/end", guards=[signed_in])
async def end_note(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    pipeline: FromPath[UUID],
    card: FromPath[UUID],
    note: FromPath[UUID],
) -> Response[Any]:
    seen = await access.editable_pipeline_for(actor, pipeline)
    await keeping.end_note(actor, seen.id, card, note, owner=seen.role == "owner")
    return done(request, to=f"{seen.url}/cards/{card}#notes", message=gettext("The note is taken away."))


@post(f"{CARD}/files", guards=[signed_in], status_code=200, request_max_body_size=DOCUMENT_BODY)
async def add_file(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], card: FromPath[UUID]
) -> Response[Any]:
    seen = await access.editable_pipeline_for(actor, pipeline)
    async with upload_form(request, NoFields, {"file": keeping.DEAL_FILE.most_bytes}) as (form, files):
        try:
            draft = await draft_from(actor, form, files, "file", keeping.DEAL_FILE.name)
            if draft is None:
                raise Invalid(fields={"file": decks.CHOOSE})
            await keeping.add_file(actor, seen.id, card, draft)
        except (FileRefused, Invalid) as error:
            form.take(error)
            return await _card(request, seen, await cards.card_for(seen.id, card), Forms(file=form), 422)
    return done(request, to=f"{seen.url}/cards/{card}#files", message=gettext("The file is kept."))


@post(f"{CARD}/files/{{file:uuid}}/end", guards=[signed_in])
async def end_file(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    pipeline: FromPath[UUID],
    card: FromPath[UUID],
    file: FromPath[UUID],
) -> Response[Any]:
    seen = await access.editable_pipeline_for(actor, pipeline)
    await keeping.end_file_of(actor, seen.id, card, file)
    return done(request, to=f"{seen.url}/cards/{card}#files", message=gettext("The file is taken away."))


handlers = [more, move, show, edit, pass_page, pass_on, end, gone, restore, write_note, end_note, add_file, end_file]
