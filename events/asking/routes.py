"""Pages of forms: organizers build one, guests change their answers; the form as JSON for other systems."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core.errors import Conflict, Invalid
from app.core.files.uploads import DOCUMENT_BODY, upload_form
from app.core.forms import Form, filled, parse, raw_form, read_form
from app.core.i18n import gettext, pick
from app.core.web import Actor, done, page, public, signed_in
from events import setup
from events.access import EventSeen, event_for, managed_event_for, ticket_for
from events.asking import asked, building, filing, profile
from events.asking.building import QuestionForm
from events.asking.filing import ANSWER_FILE
from events.asking.schema import KINDS, WITH_BOUNDS, WITH_OPTIONS, Question, Schema
from events.routes_tickets import PRIVATE

AnyRequest = Request[Any, Any, Any]


class MoveForm(msgspec.Struct, kw_only=True):
    to: Annotated[int, msgspec.Meta(ge=-1, le=1000)]


@get("/events/{slug:str}/form", guards=[signed_in])
async def builder(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """The questions as they are being edited, what people are asked now, and a preview of both languages."""
    event = await managed_event_for(actor, slug)
    return await _builder(request, event)


async def _builder(
    request: AnyRequest, event: EventSeen, forms: dict[str, Form[Any]] | None = None, problem: str = ""
) -> Response[str]:
    drafted = await building.drafted(event.id)
    types = await setup.types_of(event.id)
    return page(
        request,
        "events/asking/builder.html",
        status=422 if forms or problem else 200,
        event=event,
        questions=[
            {"id": number, "question": question, "form": (forms or {}).get(str(number)) or _form_of(question)}
            for number, question in drafted
        ],
        new=(forms or {}).get("new") or Form(),
        problem=problem,
        kinds=[(code, phrase.text()) for code, phrase in KINDS.items()],
        kind_words={code: phrase.text() for code, phrase in KINDS.items()},
        with_options=WITH_OPTIONS,
        with_bounds=WITH_BOUNDS,
        types=[(kind["code"], pick(kind["title_vi"], kind["title_en"])) for kind in types],
        conditions=[
            (question.code, question.label, list(building.answers_of(question).items()))
            for _number, question in drafted
            if building.answers_of(question)
        ],
        changed=await building.unpublished(event.id, [question for _number, question in drafted]),
        versions=await building.versions(event.id),
    )


def _form_of(question: Question) -> Form[Any]:
    """A question as its form shows it."""
    values = {**msgspec.structs.asdict(question), "options": building.lines_of(question.options)}
    if question.shown_if:
        values |= {"if_question": question.shown_if.question, "if_answers": list(question.shown_if.answers)}
    return filled({key: value for key, value in values.items() if key != "shown_if"})


@post("/events/{slug:str}/form/questions", guards=[signed_in], status_code=200)
async def add(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, QuestionForm)
    if form.value is not None:
        try:
            number = await building.add_question(actor, event.id, form.value)
        except Invalid as error:
            form.take(error)
        else:
            return done(request, to=f"/events/{slug}/form#q{number}", message=gettext("The question is in the draft."))
    return await _builder(request, event, {"new": form})


@post("/events/{slug:str}/form/questions/{number:uuid}", guards=[signed_in], status_code=200)
async def change(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, QuestionForm)
    if form.value is not None:
        try:
            await building.change_question(actor, event.id, number, form.value)
        except Invalid as error:
            form.take(error)
        else:
            return done(request, to=f"/events/{slug}/form#q{number}", message=gettext("The question is in the draft."))
    return await _builder(request, event, {str(number): form})


@post("/events/{slug:str}/form/questions/{number:uuid}/move", guards=[signed_in], status_code=200)
async def move(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, MoveForm)
    try:
        if form.value is not None:
            await building.move_question(event.id, number, form.value.to)
    except Invalid as error:
        return await _builder(request, event, problem=error.text())
    return done(request, to=f"/events/{slug}/form#q{number}")


@post("/events/{slug:str}/form/questions/{number:uuid}/end", guards=[signed_in], status_code=200)
async def end(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    try:
        await building.end_question(event.id, number)
    except Invalid as error:
        return await _builder(request, event, problem=error.text())
    return done(request, to=f"/events/{slug}/form", message=gettext("It is asked no more; answers stay."))


@post("/events/{slug:str}/form/publish", guards=[signed_in], status_code=200)
async def publish(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    try:
        await building.publish(actor, event.id)
    except Conflict as error:
        return await _builder(request, event, problem=error.text())
    return done(request, to=f"/events/{slug}/form", message=gettext("Whoever registers from now on is asked this."))


@get("/events/{slug:str}/form/preview", guards=[signed_in])
async def preview(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], ticket: FromQuery[str] = ""
) -> Response[str]:
    """The draft as somebody with this ticket meets it; what is typed here goes nowhere."""
    event = await managed_event_for(actor, slug)
    schema = Schema(0, tuple(question for _number, question in await building.drafted(event.id)))
    types = await setup.types_of(event.id)
    ticket = ticket or (types[0]["code"] if types else "")
    return page(
        request,
        "events/asking/preview.html",
        event=event,
        form=Form(),
        questions=schema.questions,
        ticket=ticket,
        types=[(kind["code"], pick(kind["title_vi"], kind["title_en"])) for kind in types],
    )


# --- a guest's own answers ---------------------------------------------------------------------------------------


@get("/tickets/{secret:str}/answers", opt=public)
async def answers(request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str]) -> Response[str]:
    """What a guest answered, to be changed as long as the registration stands."""
    row = await ticket_for(secret)
    schema = await asked.schema_of(row["event"])
    form = filled(asked.form_of(schema, row["answers"]))
    return _answers(request, row, schema, form, differing=await profile.differing(actor, schema, row))


def _answers(
    request: AnyRequest,
    row: Any,
    schema: Schema,
    form: Form[Any],
    refused: dict[str, Form[Any]] | None = None,
    differing: list[tuple[Question, str]] | None = None,
) -> Response[str]:
    response = page(
        request,
        "events/asking/answers.html",
        status=422 if form.phrases or refused else 200,
        ticket=row,
        form=form,
        questions=schema.questions,
        asked=[
            question
            for question in schema.questions
            if question.kind != "file" and (not question.types or row["type_code"] in question.types)
        ],
        files=filing.wanted(schema, row),
        refused=refused or {},
        differing=differing or [],
        blank=Form(),
        files_most=ANSWER_FILE.most_bytes // 1_000_000,
        open=row["status"] not in ("cancelled", "refused", "expired"),
    )
    response.headers.update(PRIVATE)
    return response


@post("/tickets/{secret:str}/answers", opt=public, status_code=200)
async def change_answers(request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str]) -> Response[Any]:
    """Change them; who has a profile that says otherwise is asked about it next."""
    row = await ticket_for(secret)
    schema = await asked.schema_of(row["event"])
    raw = await raw_form(request)
    try:
        await asked.change_answers(row["id"], row["event"], row["type_code"], asked.raw_from(raw, schema))
    except Invalid as error:
        return _answers(request, row, schema, parse(raw, _Nothing).take(error))
    more = await profile.differing(actor, schema, await ticket_for(secret))
    here = f"/tickets/{secret}/answers" if more else f"/tickets/{secret}"
    return done(request, to=here, message=gettext("Your answers are changed."))


@post("/tickets/{secret:str}/answers-to-profile", guards=[signed_in])
async def to_profile(request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str]) -> Response[Any]:
    """Answers of somebody signed in, into the own profile."""
    row = await ticket_for(secret)
    await profile.take_over(actor, await asked.schema_of(row["event"]), row)
    return done(request, to=f"/tickets/{secret}", message=gettext("Your profile says so now."))


@post("/tickets/{secret:str}/answers/{code:str}", opt=public, status_code=200, request_max_body_size=DOCUMENT_BODY)
async def send_file(
    request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str], code: FromPath[str]
) -> Response[Any]:
    """A file as an answer, or taking it away again."""
    row = await ticket_for(secret)
    async with upload_form(request, FileForm, {"file": ANSWER_FILE.most_bytes}) as (form, files):
        try:
            if form.value is not None and form.value.act == "remove":
                await filing.take_away(row, code)
            else:
                await filing.send(actor, row, code, files.get("file"))
        except Invalid as error:
            schema = await asked.schema_of(row["event"])
            shown = filled(asked.form_of(schema, row["answers"]))
            return _answers(request, row, schema, shown, {code: form.take(error)})
    return done(request, to=f"/tickets/{secret}/answers", message=gettext("Saved."))


class FileForm(msgspec.Struct):
    act: str = ""


class _Nothing(msgspec.Struct):
    """A form whose fields are only known from the event's questions."""


router = Router(
    "/",
    route_handlers=[builder, add, change, move, end, publish, preview, answers, change_answers, send_file, to_profile],
    include_in_schema=False,
)


# --- for other systems -------------------------------------------------------------------------------------------


class OptionOut(msgspec.Struct):
    code: str
    label_vi: str
    label_en: str


class ConditionOut(msgspec.Struct):
    question: str
    answers: list[str]


class QuestionOut(msgspec.Struct, kw_only=True):
    """A question as `answers` of a registration names it: {"code": value}."""

    code: str
    kind: str
    label_vi: str
    label_en: str
    help_vi: str
    help_en: str
    required: bool
    ticket_types: list[str]
    options: list[OptionOut]
    shown_if: ConditionOut | None
    minimum: float | None
    maximum: float | None


class FormOut(msgspec.Struct):
    version: int
    questions: list[QuestionOut]


@get("/events/{slug:str}/form", opt=public, tags=["events"])
async def form_json(actor: NamedDependency[Actor], slug: FromPath[str]) -> FormOut:
    """What whoever registers is asked now. Version 0: nothing but name and address, and any `answers` are kept."""
    event = await event_for(actor, slug)
    schema = await asked.schema_of(event.id)
    return FormOut(schema.number, [_out(question) for question in schema.questions])


def _out(question: Question) -> QuestionOut:
    condition = question.shown_if
    return QuestionOut(
        code=question.code,
        kind=question.kind,
        label_vi=question.vi,
        label_en=question.en,
        help_vi=question.help_vi,
        help_en=question.help_en,
        required=question.required,
        ticket_types=list(question.types),
        options=[OptionOut(option.code, option.vi, option.en) for option in question.options],
        shown_if=ConditionOut(condition.question, list(condition.answers)) if condition else None,
        minimum=question.least,
        maximum=question.most,
    )


api = Router("/api/v1", route_handlers=[form_json])
