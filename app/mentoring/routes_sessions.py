"""The pages of one's sessions: the list, one session with what was before and what came of it, and each act on it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import clock
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import REQUIRED, Form, filled, read_form
from app.core.i18n import N_, Phrase, _
from app.core.web import Actor, done, page, signed_in
from app.mentoring import (
    access,
    changing,
    forms,
    free,
    listing,
    notes,
    pack,
    paper,
    programmes,
    settling,
    states,
    strikes,
    times,
    voices,
    waiting,
    words,
)
from app.mentoring.access import Session
from app.mentoring.hours import hours_of

AnyRequest = Request[Any, Any, Any]
HERE = "/mentoring/sessions"
Row = dict[str, Any]


@get("/mentoring", guards=[signed_in])
async def index(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Everything of the person's mentoring that asks for something, then what is ahead and what was."""
    zone = times.asked_zone(request)
    found = await listing.sessions_of(actor)
    hours = await hours_of(actor.person_id)
    return times.remember(request, page(
        request,
        "mentoring/index.html",
        found=found,
        said={
            row["id"]: times.when(row["starts_at"], zone, row["mentor_zone"])
            for part in (found.offers, found.requests, found.ahead, found.unsaid, found.past) for row in part
        },
        hours=hours,
        mentor=await _is_mentor(actor),
        organisations=await access.my_organisations(actor),
        actions=await notes.my_open_actions(actor.person_id),
        today=notes.today(),
        waits=[
            (row, times.when(row["starts_at"], zone, times.VIETNAM)) for row in await waiting.waits_of(actor.person_id)
        ],
        mentorships=await listing.mentorships_of(actor),
        memberships=await programmes.memberships_of(actor),
        runs=bool(await access.supporting_organisations(actor)),
        thanks=await voices.thanks_to_agree(actor.person_id),
        strikes=len(await strikes.strikes_of(actor.person_id)),
        zone_label=times.zone_label(zone),
        statuses=words.STATUSES,
        badges=words.BADGES,
    ))  # fmt: skip


async def _is_mentor(actor: Actor) -> bool:
    try:
        await access.own_mentor(actor)
    except NotFound:
        return False
    return True


@get(f"{HERE}/{{number:uuid}}", guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    return times.remember(request, await _draw(request, actor, number))


async def _draw(
    request: AnyRequest, actor: Actor, number: UUID, *, section: str = "", form: Form[Any] | None = None,
    status: int = 200,
) -> Response[Any]:  # fmt: skip
    session = await access.session_for(actor, number)
    row, zone = session.row, times.asked_zone(request)
    log = await notes.log_of(number)
    written: dict[str, Form[Any]] = {
        name: Form() for name in ("cancel", "decline", "move", "actions", "feedback", "thanks")
    }
    written["log"] = filled(log or {"version": 0})
    written["feedback"] = filled({"rating": f["rating"], "feedback": f["text"]}) if (
        f := await voices.own_feedback(actor, number)
    ) else Form()  # fmt: skip
    if form is not None:
        written[section] = form
    mine = session.side
    return page(
        request,
        "mentoring/session.html",
        status=status,
        session=session,
        row=row,
        side=mine,
        can=_can(session),
        when=times.when(row["starts_at"], zone, row["mentor_zone"]),
        ends=times.when(row["ends_at"], zone, row["mentor_zone"]),
        zone_label=times.zone_label(zone),
        there_label=times.zone_label(row["mentor_zone"]),
        forms=written,
        log=log,
        pack=await pack.pack_for(actor, session),
        actions=await notes.actions_of(number),
        today=notes.today(),
        history=[(one, times.when(one["at"], zone, row["mentor_zone"])) for one in await listing.history_of(number)],
        thanks=await voices.own_thanks(actor, number) if mine == "mentee" else None,
        free=[times.when(at, zone, row["mentor_zone"]) for at in (await free.free_of(row["mentor"]))[:40]]
        if _can(session)["move"] else [],
        words=words,
        expires_at=times.when(row["expires_at"], zone, zone) if row["expires_at"] else None,
        sayings=[(term.code, term.label()) for term in words.SAYINGS],
        owners=[("mentor", row["mentor_name"]), ("mentee", row["mentee_name"])],
        ratings=[(term.code, term.label()) for term in words.RATINGS],
    )  # fmt: skip


def _can(session: Session) -> dict[str, bool]:
    """What the reader may do now: what the page offers. The verbs decide."""
    row, side, now = session.row, session.side, clock.now()
    status, begun, over = row["status"], row["starts_at"] <= now, row["ends_at"] <= now
    alive = status in states.TAKES_TIME and not begun
    opens = row["starts_at"] - timedelta(minutes=states.EARLY_MINUTES)
    late = row["starts_at"] - now < timedelta(hours=states.LATE_HOURS)
    return {
        "confirm": alive and states.allowed(status, "confirm", session.role),
        "decline": alive and states.allowed(status, "decline", session.role),
        "accept": alive and session.role == "mentee" and states.allowed(status, "accept", "mentee"),
        "cancel": alive and status != "offered" and states.allowed(status, "cancel", side),
        "late": late and status == states.CONFIRMED,
        "move": alive and states.allowed(status, "move", side)
        and not (side == "mentee" and late and status == states.CONFIRMED),
        "here": status == states.CONFIRMED and opens <= now < row["ends_at"] and row[f"{side}_here_at"] is None,
        "report": begun and status in (states.CONFIRMED, "lapsed"),
        "log": begun and status in notes.WRITTEN_IN,
        "feedback": over and status in voices.RATED,
        "thank": status == "held" and side == "mentee",
        "calendar": status not in ("offered", "requested"),
        "link": side == "mentor" or status not in ("offered", "requested"),
    }  # fmt: skip


# --- acts that are one button -----------------------------------------------------------------------------------------

Verb = Callable[[Actor, UUID], Awaitable[Any]]
BUTTONS: dict[str, tuple[Verb, Phrase]] = {
    "confirm": (changing.confirm, N_("Confirmed. The startup gets a mail with the calendar entry.")),
    "accept": (changing.accept, N_("The slot is yours. You get a mail.")),
    "pass": (changing.pass_on, N_("Thank you for saying so: the next in line is asked.")),
    "here": (settling.here, N_("Noted: you are here.")),
}


@post(f"{HERE}/{{number:uuid}}/{{act:str}}", guards=[signed_in], status_code=200)
async def press(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID], act: FromPath[str]
) -> Response[Any]:
    """Confirm, accept an offer, pass it on, say that one is here."""
    await access.session_for(actor, number)
    if act not in BUTTONS:
        raise NotFound
    verb, said = BUTTONS[act]
    to = "/mentoring" if act == "pass" else f"{HERE}/{number}"
    try:
        await verb(actor, number)
    except Conflict as error:
        return done(request, to=f"{HERE}/{number}", message=error.text())
    return done(request, to=to, message=said.text())


# --- acts with words --------------------------------------------------------------------------------------------------


async def _refused(
    request: AnyRequest, actor: Actor, number: UUID, section: str, form: Form[Any], error: Conflict | Invalid
) -> Response[Any]:
    if isinstance(error, Invalid):
        return await _draw(request, actor, number, section=section, form=form.take(error), status=422)
    form.add_error("", error.phrase, **error.params)
    return await _draw(request, actor, number, section=section, form=form, status=409)


@post(f"{HERE}/{{number:uuid}}/cancel", guards=[signed_in], status_code=200)
async def cancel(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Reason)
    try:
        await changing.cancel(actor, number, form.value.reason if form.value else "")
    except (Conflict, Invalid) as error:
        return await _refused(request, actor, number, "cancel", form, error)
    return done(request, to=f"{HERE}/{number}", message=_("Cancelled. The other side gets a mail."))


@post(f"{HERE}/{{number:uuid}}/decline", guards=[signed_in], status_code=200)
async def decline(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Reason)
    try:
        await changing.decline(actor, number, form.value.reason if form.value else "")
    except (Conflict, Invalid) as error:
        return await _refused(request, actor, number, "decline", form, error)
    return done(request, to="/mentoring", message=_("Declined. The startup gets a mail with your words."))


@post(f"{HERE}/{{number:uuid}}/move", guards=[signed_in], status_code=200)
async def move(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Move)
    starts_at = times.read_moment(form.raw.get("starts_at", ""))
    await access.session_for(actor, number)
    if form.value is None or starts_at is None:
        form.add_error("starts_at", REQUIRED)
        return await _draw(request, actor, number, section="move", form=form, status=422)
    try:
        await changing.move(actor, number, starts_at, form.raw.get("reason", ""))
    except (Conflict, Invalid) as error:
        return await _refused(request, actor, number, "move", form, error)
    return done(request, to=f"{HERE}/{number}", message=_("Moved. You both get the new calendar entry."))


@post(f"{HERE}/{{number:uuid}}/report", guards=[signed_in], status_code=200)
async def report(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    """Say whether it took place."""
    said = (await request.form()).get("said", "")
    await access.session_for(actor, number)
    try:
        await settling.report(actor, number, str(said))
    except (Conflict, Invalid) as error:
        return done(request, to=f"{HERE}/{number}", message=error.text())
    return done(request, to=f"{HERE}/{number}#log", message=_("Thank you."))


@post(f"{HERE}/{{number:uuid}}/log", guards=[signed_in], status_code=200)
async def write_log(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    await access.session_for(actor, number)
    form = await read_form(request, forms.Log)
    if form.value is None:
        return await _draw(request, actor, number, section="log", form=form, status=422)
    given = form.value
    values = {name: getattr(given, name) for name in notes.FIELDS}
    try:
        await notes.write_log(actor, number, values, given.version)
    except (Conflict, Invalid) as error:
        return await _refused(request, actor, number, "log", form, error)
    return done(request, to=f"{HERE}/{number}#log", message=_("Saved."))


@post(f"{HERE}/{{number:uuid}}/actions", guards=[signed_in], status_code=200)
async def add_action(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    await access.session_for(actor, number)
    form = await read_form(request, forms.Action)
    if form.value is None:
        return await _draw(request, actor, number, section="actions", form=form, status=422)
    try:
        await notes.add_action(actor, number, form.value.text, form.value.owner, form.value.due_on)
    except (Conflict, Invalid) as error:
        return await _refused(request, actor, number, "actions", form, error)
    return done(request, to=f"{HERE}/{number}#actions", message=_("Saved."))


@post("/mentoring/actions/{action:uuid}/{act:str}", guards=[signed_in], status_code=200)
async def mark_action(
    request: AnyRequest, actor: NamedDependency[Actor], action: FromPath[UUID], act: FromPath[str]
) -> Response[Any]:
    """Done, open again, or removed."""
    number = await notes.mark_action(actor, action, act)
    return done(request, to=f"{HERE}/{number}#actions", message=_("Saved."))


@post(f"{HERE}/{{number:uuid}}/feedback", guards=[signed_in], status_code=200)
async def feedback(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    await access.session_for(actor, number)
    form = await read_form(request, forms.Feedback)
    if form.value is None:
        return await _draw(request, actor, number, section="feedback", form=form, status=422)
    try:
        await voices.give_feedback(actor, number, form.value.rating, form.value.feedback)
    except (Conflict, Invalid) as error:
        return await _refused(request, actor, number, "feedback", form, error)
    return done(request, to=f"{HERE}/{number}#feedback", message=_("Thank you. Only the staff read this."))


@post(f"{HERE}/{{number:uuid}}/thanks", guards=[signed_in], status_code=200)
async def thank(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    await access.session_for(actor, number)
    form = await read_form(request, forms.Thanks)
    if form.value is None:
        return await _draw(request, actor, number, section="thanks", form=form, status=422)
    try:
        await voices.thank(actor, number, form.value.thanks, form.value.agree)
    except (Conflict, Invalid) as error:
        return await _refused(request, actor, number, "thanks", form, error)
    return done(
        request, to=f"{HERE}/{number}#thanks", message=_("Thank you. It is shown once the staff and the mentor agree.")
    )


@get(f"{HERE}/{{number:uuid}}/session.ics", guards=[signed_in])
async def entry(actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[bytes]:
    session = await access.session_for(actor, number)
    if session.row["status"] == "offered":
        raise NotFound
    return Response(
        paper.calendar([session.row], session.row[session.side], alone=True),
        media_type="text/calendar",
        headers={"Content-Disposition": 'attachment; filename="mentoring.ics"'},
    )


handlers = [
    index, show, cancel, decline, move, report, write_log, add_action, mark_action, feedback, thank, entry, press,
]  # fmt: skip
