"""What is done in a thread: messages with a file, meetings with their calendar files, questions. Routed by `routes`."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.connections.introductions import access, calendars, drawing, forms, information, meetings, thread
from app.connections.introductions.meetings import Plan
from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.keeping import FileRefused, draft_from
from app.core.files.uploads import DOCUMENT_BODY, upload_form
from app.core.forms import read_form
from app.core.i18n import _, current_locale
from app.core.web import Actor, done, signed_in

AnyRequest = Request[Any, Any, Any]


@post("/introductions/{introduction_id:uuid}/messages", guards=[signed_in], request_max_body_size=DOCUMENT_BODY)
async def send(request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]) -> Response[Any]:
    """Write a message, with or without a file."""
    held = await access.written_for(actor, introduction_id)
    async with upload_form(request, forms.Message, {"file": thread.FILE.most_bytes}) as (form, files):
        draft = None
        try:
            draft = await draft_from(actor, form, files, "file", "introduction")
        except FileRefused as refusal:
            form.take(refusal)
        if form.value is None:
            return await drawing.drawn(request, actor, held, message=form, draft=draft, status=422)
        try:
            await thread.send(actor, held, form.value.body, form.value.nonce, draft)
        except Invalid as error:
            return await drawing.drawn(request, actor, held, message=form.take(error), draft=draft, status=422)
    return done(request, to=f"{held.path}#reply")


@post("/introductions/{introduction_id:uuid}/meetings", guards=[signed_in], status_code=200)
async def propose(request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]) -> Response[Any]:
    """Propose a meeting."""
    return await _planned(request, actor, introduction_id, None)


@post("/introductions/{introduction_id:uuid}/meetings/{meeting_id:uuid}/move", guards=[signed_in], status_code=200)
async def move(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    introduction_id: FromPath[UUID],
    meeting_id: FromPath[UUID],
) -> Response[Any]:
    """Propose another time."""
    return await _planned(request, actor, introduction_id, meeting_id)


async def _planned(request: AnyRequest, actor: Actor, introduction_id: UUID, meeting: UUID | None) -> Response[Any]:
    held = await access.written_for(actor, introduction_id)
    form = await read_form(request, forms.Planning)
    if form.value is None:
        return await drawing.drawn(request, actor, held, planning=form, moving=meeting, status=422)
    said = form.value
    plan = Plan(starts_at=said.starts_at, minutes=said.minutes, place=said.place, link=said.link)
    try:
        if meeting is None:
            await meetings.propose(actor, held, plan, said.nonce)
        else:
            await meetings.move(actor, held, meeting, plan, said.nonce)
    except Invalid as error:
        return await drawing.drawn(request, actor, held, planning=form.take(error), moving=meeting, status=422)
    return done(request, to=f"{held.path}#meetings", message=_("Proposed. They are told."))


@post("/introductions/{introduction_id:uuid}/meetings/{meeting_id:uuid}/{said:str}", guards=[signed_in])
async def answer_meeting(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    introduction_id: FromPath[UUID],
    meeting_id: FromPath[UUID],
    said: FromPath[str],
) -> Response[Any]:
    """Agree to a meeting, or call it off."""
    held = await access.written_for(actor, introduction_id)
    verbs = {"agree": meetings.agree, "cancel": meetings.cancel}
    if said not in verbs:
        raise NotFound
    await verbs[said](actor, held, meeting_id)
    message = _("Agreed. The calendar file is here.") if said == "agree" else _("Called off. They are told.")
    return done(request, to=f"{held.path}#meetings", message=message)


@get("/introductions/{introduction_id:uuid}/meetings/{meeting_id:uuid}/meeting.ics", guards=[signed_in])
async def calendar_file(
    actor: NamedDependency[Actor], introduction_id: FromPath[UUID], meeting_id: FromPath[UUID]
) -> Response[bytes]:
    """The meeting for a calendar."""
    held = await access.thread_for(actor, introduction_id)
    content = calendars.calendar(await meetings.meeting_of(held, meeting_id), held.row, current_locale())
    headers = {"Content-Disposition": 'attachment; filename="meeting.ics"', "Cache-Control": "private, no-store"}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


@post("/introductions/{introduction_id:uuid}/questions", guards=[signed_in], status_code=200)
async def question(
    request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]
) -> Response[Any]:
    """Ask the other side for information."""
    held = await access.written_for(actor, introduction_id)
    form = await read_form(request, forms.Question)
    if form.value is None:
        return await drawing.drawn(request, actor, held, asking=form, status=422)
    try:
        await information.ask(actor, held, form.value.topic, form.value.words)
    except Invalid as error:
        return await drawing.drawn(request, actor, held, asking=form.take(error), status=422)
    except Conflict as error:
        form.add_error("", error.phrase)
        return await drawing.drawn(request, actor, held, asking=form, status=409)
    return done(request, to=f"{held.path}#questions", message=_("Asked. They are told."))


handlers = [send, propose, move, answer_meeting, calendar_file, question]
