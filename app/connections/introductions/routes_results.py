"""Pages of what came of an introduction: stating and confirming, the questions by mail, mails. Routed by `routes`."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.connections.introductions import access, followups, forms, habits, outcomes
from app.connections.introductions.outcomes import Came, Parties
from app.connections.introductions.vocabulary import OUTCOMES
from app.core.errors import Invalid, NotFound
from app.core.files.keeping import Draft, FileRefused, draft_from
from app.core.files.uploads import DOCUMENT_BODY, upload_form
from app.core.forms import NOT_A_CHOICE, Form, filled, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, public, signed_in
from app.directory.fields.values import CURRENCIES

AnyRequest = Request[Any, Any, Any]


@get("/introductions/{introduction_id:uuid}/outcome", guards=[signed_in])
async def state_page(
    request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]
) -> Response[Any]:
    held = await access.written_for(actor, introduction_id)
    return _state_drawn(request, held, filled({"kind": request.query_params.get("kind", "meeting")}))


@post(
    "/introductions/{introduction_id:uuid}/outcome",
    guards=[signed_in],
    status_code=200,
    request_max_body_size=DOCUMENT_BODY,
)
async def state(request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]) -> Response[Any]:
    """Say what came of it; the other side is asked to confirm."""
    held = await access.written_for(actor, introduction_id)
    async with upload_form(request, forms.Result, {"evidence": outcomes.FILE.most_bytes}) as (form, files):
        draft = None
        try:
            draft = await draft_from(actor, form, files, "evidence", outcomes.FILE.name)
        except FileRefused as refusal:
            form.take(refusal)
        if form.value is None:
            return _state_drawn(request, held, form, draft, status=422)
        came = Came(**msgspec.structs.asdict(form.value))
        parties = Parties(organisation=held.own, other=held.row[held.other], introduction=held.id)
        try:
            await outcomes.record(actor, parties, came, draft)
        except Invalid as error:
            return _state_drawn(request, held, form.take(error), draft, status=422)
    return done(request, to=f"{held.path}#outcomes", message=_("Noted. The other side is asked to confirm it."))


def _state_drawn(
    request: AnyRequest, held: access.Held, form: Form[Any], draft: Draft | None = None, *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "introductions/outcome.html",
        status=status,
        held=held,
        form=form,
        draft=draft,
        megabytes=outcomes.FILE.most_bytes // 1_000_000,
        kinds=[(term.code, term.label()) for term in OUTCOMES],
        currencies=[(code, code) for code in CURRENCIES],
    )


@post("/outcomes/{outcome_id:uuid}/{said:str}", guards=[signed_in])
async def answer(
    request: AnyRequest, actor: NamedDependency[Actor], outcome_id: FromPath[UUID], said: FromPath[str]
) -> Response[Any]:
    """Confirm, do not confirm, or take back what one stated."""
    if said == "withdraw":
        await outcomes.withdraw(actor, outcome_id)
        message = _("The result is withdrawn.")
    elif said in ("confirm", "dispute"):
        await outcomes.answer(actor, outcome_id, yes=said == "confirm")
        message = _("Confirmed by both.") if said == "confirm" else _("Noted: not confirmed.")
    else:
        raise NotFound
    introduction = await outcomes.introduction_of(outcome_id)
    to = f"/introductions/{introduction}#outcomes" if introduction else "/introductions#to-confirm"
    return done(request, to=to, message=message)


@get("/introductions/follow-up/{followup_id:uuid}/{person_id:uuid}/{token:str}", opt=public)
async def follow_up_page(
    request: AnyRequest, followup_id: FromPath[UUID], person_id: FromPath[UUID], token: FromPath[str]
) -> Response[Any]:
    """The question of a mail. Opening it answers nothing: mail programs open links by themselves."""
    asked = await followups.asked_for(followup_id, person_id, token)
    return _follow_up_drawn(request, asked)


@post("/introductions/follow-up/{followup_id:uuid}/{person_id:uuid}/{token:str}", opt=public, status_code=200)
async def follow_up(
    request: AnyRequest, followup_id: FromPath[UUID], person_id: FromPath[UUID], token: FromPath[str]
) -> Response[Any]:
    """One press answers, without signing in."""
    asked = await followups.asked_for(followup_id, person_id, token)
    said = str((await request.form()).get("answer", ""))
    try:
        await followups.answer(followup_id, person_id, said)
    except Invalid:
        return _follow_up_drawn(request, asked, wrong=NOT_A_CHOICE.text(), status=422)
    return _follow_up_drawn(request, {**asked, "answer": said}, thanked=True)


def _follow_up_drawn(
    request: AnyRequest, asked: dict[str, Any], *, wrong: str = "", thanked: bool = False, status: int = 200
) -> Response[Any]:
    answers = [(code, label.text()) for code, label in followups.ANSWERS.items()]
    return page(request, "introductions/follow_up.html", status=status, asked=asked, answers=answers, wrong=wrong,
                thanked=thanked)  # fmt: skip


@get("/introductions/settings", guards=[signed_in])
async def settings_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    stated = await habits.habits_of(actor.person_id)
    return _settings_drawn(request, filled(msgspec.structs.asdict(stated)))


@post("/introductions/settings", guards=[signed_in], status_code=200)
async def settings(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """How the person wants to hear of messages."""
    form = await read_form(request, forms.Habit)
    if form.value is not None and form.value.mails not in habits.MAILS:
        form.add_error("mails", NOT_A_CHOICE)
    if form.value is None:
        return _settings_drawn(request, form, status=422)
    await habits.state(actor.person_id, msgspec.convert(msgspec.structs.asdict(form.value), habits.Habits))
    return done(request, to="/introductions/settings", message=_("Saved."))


def _settings_drawn(request: AnyRequest, form: Form[Any], *, status: int = 200) -> Response[Any]:
    mails = [(code, label.text()) for code, label in habits.MAILS.items()]
    hours = [(hour, f"{hour:02}:00") for hour in range(24)]
    return page(request, "introductions/settings.html", status=status, form=form, mails=mails, hours=hours)


@get("/introductions/mails/{person_id:uuid}/{token:str}", opt=public)
async def end_mails_page(request: AnyRequest, person_id: FromPath[UUID], token: FromPath[str]) -> Response[Any]:
    """Asks before it ends the mails."""
    if not habits.fits(token, "mails", person_id):
        raise NotFound
    return page(request, "introductions/end_mails.html", ended=False)


@post("/introductions/mails/{person_id:uuid}/{token:str}", opt=public, status_code=200)
async def end_mails(request: AnyRequest, person_id: FromPath[UUID], token: FromPath[str]) -> Response[Any]:
    """End mails about messages, from the mail program or by the button."""
    if not habits.fits(token, "mails", person_id):
        raise NotFound
    await habits.end_mails(person_id)
    return page(request, "introductions/end_mails.html", ended=True)


handlers = [
    state_page,
    state,
    answer,
    follow_up_page,
    follow_up,
    settings_page,
    settings,
    end_mails_page,
    end_mails,
]
