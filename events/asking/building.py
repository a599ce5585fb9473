"""Building a form: questions added, changed, moved, ended; a version published. People see published versions only."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import REQUIRED, Line
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.text import slugify
from app.core.web import Actor
from events.asking.schema import KINDS, WITH_OPTIONS, Condition, Option, Question

MOST_QUESTIONS = 60
MOST_OPTIONS = 60
_ASKED_ANYWAY = ("full-name", "email", "phone", "organisation", "ticket-type", "terms", "news", "key")


class NothingNew(Conflict):
    message = N_("Nothing has changed since the form was published last.")


class QuestionForm(msgspec.Struct, kw_only=True):
    """The form of one question. `options`: one to a line, Vietnamese, then after a bar English."""

    kind: str
    vi: Annotated[str, msgspec.Meta(max_length=500)]
    en: Annotated[str, msgspec.Meta(max_length=500)] = ""
    help_vi: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    help_en: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    options: Annotated[str, msgspec.Meta(max_length=10_000, extra={"lines": True})] = ""
    required: bool = False
    types: list[str] = []
    if_question: Line = ""
    if_answers: list[str] = []
    least: float | None = None
    most: float | None = None


async def drafted(event: UUID) -> list[tuple[UUID, Question]]:
    """The questions as organizers are editing them, in order."""
    rows = await db.fetch(
        "SELECT id, code, kind, about, required FROM event_question WHERE event = $1 AND ended_at IS NULL"
        " ORDER BY place, id",
        event,
    )
    return [(row["id"], _question(row)) for row in rows]


def _question(row: asyncpg.Record) -> Question:
    return msgspec.convert(
        {**row["about"], "code": row["code"], "kind": row["kind"], "required": row["required"]}, Question
    )


async def versions(event: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT f.number, f.published_at, jsonb_array_length(f.questions) AS questions, p.name AS by_name"
        " FROM event_form f LEFT JOIN person p ON p.id = f.published_by WHERE f.event = $1"
        " ORDER BY f.number DESC LIMIT 20",
        event,
    )


async def unpublished(event: UUID, questions: Sequence[Question]) -> bool:
    """Whether what organizers are editing differs from what people are asked."""
    newest = await db.fetchval("SELECT questions FROM event_form WHERE event = $1 ORDER BY number DESC LIMIT 1", event)
    return msgspec.convert(newest or [], tuple[Question, ...]) != tuple(questions)


async def add_question(actor: Actor, event: UUID, form: QuestionForm) -> UUID:
    """Put a question at the end. Locks the event's questions. Raises Invalid."""
    async with db.tx():
        there = await _locked(event)
        if len(there) >= MOST_QUESTIONS:
            raise Invalid(fields={"vi": N_("A form has at most sixty questions.")})
        codes = set(await _every_code(event))
        question = _made(form, [one for _id, one in there], _code(form, codes))
        number = new_id()
        await db.execute(
            "INSERT INTO event_question (id, event, code, kind, about, required, place, changed_by, created_at,"
            " changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now(), now())",
            *(number, event, question.code, question.kind, _about(question), question.required, len(there)),
            actor.person_id,
        )
        return number


async def change_question(actor: Actor, event: UUID, number: UUID, form: QuestionForm) -> None:
    """Change a question; its code stays, so that answers keep their question. Raises NotFound, Invalid."""
    async with db.tx():
        there = await _locked(event)
        place = _place_of(there, number)
        old = there[place][1]
        if form.kind != old.kind and await _was_published(event, old.code):
            raise Invalid(fields={"kind": N_("This question was published: end it and add another one instead.")})
        question = _made(form, [one for _id, one in there[:place]], old.code, old.options)
        _no_orphans([*[one for _id, one in there[:place]], question, *[one for _id, one in there[place + 1 :]]])
        await db.execute(
            "UPDATE event_question SET kind = $2, about = $3, required = $4, changed_at = now(), changed_by = $5"
            " WHERE id = $1",
            *(number, question.kind, _about(question), question.required, actor.person_id),
        )


async def move_question(event: UUID, number: UUID, to: int) -> None:
    """Put a question at another place, 0 for the first. Raises NotFound, or Invalid where a condition forbids it."""
    async with db.tx():
        there = await _locked(event)
        moved = there.pop(_place_of(there, number))
        there.insert(max(0, min(to, len(there))), moved)
        _no_orphans([question for _id, question in there])
        for place, (one, _question) in enumerate(there):
            await db.execute("UPDATE event_question SET place = $2 WHERE id = $1 AND place <> $2", one, place)


async def end_question(event: UUID, number: UUID) -> None:
    """Ask it no more; answers stay. Raises NotFound, or Invalid where another question hangs on it."""
    async with db.tx():
        there = await _locked(event)
        there.pop(_place_of(there, number))
        _no_orphans([question for _id, question in there])
        await db.execute("UPDATE event_question SET ended_at = now() WHERE id = $1", number)
        for place, (one, _question) in enumerate(there):
            await db.execute("UPDATE event_question SET place = $2 WHERE id = $1 AND place <> $2", one, place)


async def publish(actor: Actor, event: UUID) -> int:
    """Ask the questions as they are now, from now on; returns the version. Raises NothingNew."""
    async with db.tx():
        questions = [question for _id, question in await _locked(event)]
        if not await unpublished(event, questions):
            raise NothingNew
        number: int = await db.fetchval(
            "INSERT INTO event_form (id, event, number, questions, published_at, published_by) SELECT $1, $2,"
            " coalesce(max(number), 0) + 1, $3, now(), $4 FROM event_form WHERE event = $2 RETURNING number",
            *(new_id(), event, msgspec.to_builtins(questions), actor.person_id),
        )
        return number


async def _locked(event: UUID) -> list[tuple[UUID, Question]]:
    """The draft, with the event locked: two organizers who edit at once come one after the other."""
    if await db.fetchval("SELECT id FROM event WHERE id = $1 FOR NO KEY UPDATE", event) is None:
        raise NotFound
    return await drafted(event)


def _place_of(there: list[tuple[UUID, Question]], number: UUID) -> int:
    for place, (one, _question) in enumerate(there):
        if one == number:
            return place
    raise NotFound


async def _every_code(event: UUID) -> list[str]:
    rows = await db.fetch("SELECT code FROM event_question WHERE event = $1", event)
    return [row["code"] for row in rows]


async def _was_published(event: UUID, code: str) -> bool:
    asked: bool = await db.fetchval(
        "SELECT EXISTS (SELECT 1 FROM event_form f, jsonb_array_elements(f.questions) q WHERE f.event = $1"
        " AND q ->> 'code' = $2)",
        *(event, code),
    )
    return asked


def _code(form: QuestionForm, taken: set[str]) -> str:
    """A short name for files and other systems, made of the question; "province" for the first of that kind."""
    plain = form.kind if form.kind in ("province", "country") else slugify(form.en or form.vi)
    if plain in _ASKED_ANYWAY:
        plain = f"{plain}-2"
    return _free(plain, taken)


def _about(question: Question) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(question)
    return {key: value for key, value in found.items() if key not in ("code", "kind", "required")}


def _made(form: QuestionForm, before: list[Question], code: str, old: Sequence[Option] = ()) -> Question:
    """The question that a form describes, among those that stand before it. Raises Invalid."""
    problems: dict[str, Phrase] = {}
    if form.kind not in KINDS:
        problems["kind"] = N_("Please choose one of the options.")
    if not form.vi:
        problems["vi"] = REQUIRED
    options = _options(form.options, old) if form.kind in WITH_OPTIONS else ()
    if form.kind in WITH_OPTIONS and len(options) < 2:
        problems["options"] = N_("Please give at least two answers, one to a line.")
    if len(options) > MOST_OPTIONS:
        problems["options"] = N_("At most sixty answers.")
    if form.least is not None and form.most is not None and form.least > form.most:
        problems["most"] = N_("This must not be less than the smallest number.")
    condition = None
    if form.if_question:
        condition = Condition(form.if_question, tuple(form.if_answers))
        if form.if_question not in {question.code for question in before} or not form.if_answers:
            problems["if_question"] = N_("Choose an earlier question and at least one of its answers.")
    if problems:
        raise Invalid(fields=problems)
    numbers = form.kind == "number"
    return Question(
        code=code, kind=form.kind, vi=form.vi, en=form.en, help_vi=form.help_vi, help_en=form.help_en, options=options,
        required=form.required, types=tuple(form.types), shown_if=condition, least=form.least if numbers else None,
        most=form.most if numbers else None,
    )  # fmt: skip


def _options(text: str, old: Sequence[Option] = ()) -> tuple[Option, ...]:
    """Answers from lines. Words may change and codes stay: an answer is known by its words, or else by its line."""
    lines = [[part.strip()[:200] for part in line.partition("|")[::2]] for line in text.splitlines()]
    lines = [line for line in lines if line[0]]
    codes = [next((one.code for one in old if one.vi == vi or (en and one.en == en)), "") for vi, en in lines]
    if len(lines) == len(old):
        codes = [code or ("" if one.code in codes else one.code) for code, one in zip(codes, old, strict=True)]
    taken = {one.code for one in old}
    found: list[Option] = []
    for (vi, en), known in zip(lines, codes, strict=True):
        code = known if known and all(one.code != known for one in found) else _free(slugify(en or vi), taken)
        taken.add(code)
        found.append(Option(code, vi, en))
    return tuple(found)


def _free(plain: str, taken: set[str]) -> str:
    """A code that nothing has yet."""
    plain = plain[:40].strip("-")
    code, number = plain, 2
    while code in taken:
        code, number = f"{plain}-{number}", number + 1
    return code


def lines_of(options: Sequence[Option]) -> str:
    """Options as the form shows them."""
    return "\n".join(f"{option.vi} | {option.en}" if option.en else option.vi for option in options)


def _no_orphans(questions: Sequence[Question]) -> None:
    """Every condition names a question that stands before it, and answers that it has. Raises Invalid."""
    before: dict[str, Question] = {}
    for question in questions:
        condition = question.shown_if
        if condition is not None:
            asked = before.get(condition.question)
            if asked is None or not set(condition.answers) <= set(answers_of(asked)):
                raise Invalid(N_("“%(question)s” hangs on a question or an answer that would be missing."),
                              question=question.vi)  # fmt: skip
        before[question.code] = question


def answers_of(question: Question) -> dict[str, str]:
    """The answers on which another question may hang, with their words."""
    if question.kind in ("yes_no", "consent"):
        return {"yes": "✓", "no": "✗"} if question.kind == "yes_no" else {"yes": "✓"}
    return {option.code: option.label for option in question.options} if question.kind in WITH_OPTIONS else {}
