"""Pages for planners of an agenda: the board of a day, sessions, speakers, releases, schedule files."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.uploads import upload_form
from app.core.forms import REQUIRED, Form, filled, read_form
from app.core.i18n import gettext, ngettext
from app.core.web import Actor, done, page, signed_in, wants_fragment
from events.access import EventSeen, managed_event_for
from events.agenda import drafts, frab, grid, importing, listing, planning, releasing, rooms, speakers, words
from events.agenda.forms import FileForm, MoveForm, PublishForm, RulesForm, SessionForm, SpeakerForm
from events.agenda.planning import Move, SessionPlan
from events.agenda.speakers import SpeakerPlan

AnyRequest = Request[Any, Any, Any]


@get("/events/{slug:str}/agenda/plan", guards=[signed_in])
async def board(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], day: FromQuery[str] = ""
) -> Response[str]:
    """A day on the grid, what has no time yet, what clashes, what a release would change."""
    return await _board(request, await managed_event_for(actor, slug), day)


async def _board(
    request: AnyRequest, event: EventSeen, day: str, status: int = 200, **forms: Form[Any]
) -> Response[str]:
    plan = await drafts.sessions(event.id)
    clashes = drafts.clashes_in(event.row, plan)
    days = grid.days_of(event, [one["starts_at"] for one in plan if one["starts_at"]])
    chosen = listing.read_day(day)
    chosen = chosen if chosen in days else days[0]
    places = await rooms.rooms_of(event.id)
    return page(
        request,
        "events/agenda/board.html",
        fragment="board",
        status=status,
        event=event,
        table=grid.grid(chosen, places, plan),
        today=grid.on(chosen, plan),
        rooms=places,
        unplaced=[one for one in plan if one["starts_at"] is None],
        total=len(plan),
        days=days,
        chosen=chosen,
        clashes=clashes,
        clashing={number for clash in clashes for number in clash.sessions},
        changes=[releasing.in_words(msgspec.to_builtins(one)) for one in await releasing.pending(event.id, plan)],
        rules=await drafts.agenda_of(event.id),
        forms=forms,
        blank=filled({}),
        filled=filled,
        words=words,
    )


@get("/events/{slug:str}/agenda/plan/new", guards=[signed_in])
async def new_form(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    zone: FromQuery[str] = "",
    starts_at: FromQuery[str] = "",
) -> Response[str]:
    event = await managed_event_for(actor, slug)
    return await _session_form(
        request, event, None, filled({"zone": zone, "starts_at": starts_at[:16], "minutes": 60, "kind": "talk"})
    )


@post("/events/{slug:str}/agenda/plan/new", guards=[signed_in])
async def new(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, SessionForm)
    if form.value is None:
        return await _session_form(request, event, None, form)
    try:
        await planning.add(actor, event.id, _plan(form.value))
    except Invalid as error:
        return await _session_form(request, event, None, form.take(error))
    return done(request, to=_day_of(event, form.value), message=gettext("Session added to the plan."))


def _plan(value: SessionForm) -> SessionPlan:
    texts = msgspec.structs.asdict(value)
    texts.pop("version")
    tags = tuple(dict.fromkeys(tag.strip()[:40] for tag in texts.pop("tags").split(",") if tag.strip()))[:20]
    names = tuple(line.strip() for line in texts.pop("speakers").splitlines() if line.strip())
    return SessionPlan(**texts, tags=tags, speakers=names)


def _day_of(event: EventSeen, value: SessionForm) -> str:
    day = f"?day={listing.day_of(value.starts_at)}" if value.starts_at else ""
    return f"/events/{event.slug}/agenda/plan{day}"


async def _session_form(
    request: AnyRequest, event: EventSeen, session: dict[str, Any] | None, form: Form[Any]
) -> Response[str]:
    plan = await drafts.sessions(event.id)
    clashes = drafts.clashes_in(event.row, plan) if session else []
    return page(
        request,
        "events/agenda/session_form.html",
        status=422 if form.phrases else 200,
        event=event,
        session=session,
        form=form,
        rooms=await rooms.choices(event.id),
        clashes=[clash for clash in clashes if session and session["id"] in clash.sessions],
        tracks=sorted({one["track"] for one in plan if one["track"]}),
        speakers=await speakers.speakers_of(event.id),
        words=words,
    )


async def _session(event: EventSeen, number: UUID) -> dict[str, Any]:
    found = await drafts.sessions(event.id, number)
    if not found:
        raise NotFound
    return found[0]


@get("/events/{slug:str}/agenda/plan/{session:uuid}", guards=[signed_in])
async def edit_form(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], session: FromPath[UUID]
) -> Response[str]:
    event = await managed_event_for(actor, slug)
    found = await _session(event, session)
    minutes = int((found["ends_at"] - found["starts_at"]).total_seconds() // 60) if found["starts_at"] else None
    names = [field.name for field in msgspec.structs.fields(SessionForm) if field.name not in ("speakers", "minutes")]
    values = {name: found[name] for name in names}
    values |= {"tags": ", ".join(found["tags"]), "minutes": minutes}
    values["speakers"] = "\n".join(one["name"] for one in found["speakers"])
    return await _session_form(request, event, found, filled(values))


@post("/events/{slug:str}/agenda/plan/{session:uuid}", guards=[signed_in])
async def edit(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], session: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    found = await _session(event, session)
    form = await read_form(request, SessionForm)
    if form.value is None:
        return await _session_form(request, event, found, form)
    plan = msgspec.structs.replace(_plan(form.value), kind_text=found["kind_text"])
    if plan.kind != found["kind"]:
        plan = msgspec.structs.replace(plan, kind_text="")
    try:
        await planning.edit(actor, event.id, session, plan, version=form.value.version)
    except Invalid as error:
        return await _session_form(request, event, found, form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _session_form(request, event, found, form)
    clashes = [one for one in drafts.clashes_in(event.row, await drafts.sessions(event.id)) if session in one.sessions]
    said = gettext("Saved.") if not clashes else f"{gettext('Saved.')} {clashes[0].text}"
    return done(request, to=_day_of(event, form.value), message=said)


@post("/events/{slug:str}/agenda/plan/{session:uuid}/move", guards=[signed_in])
async def move(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], session: FromPath[UUID]
) -> Response[Any]:
    """What dragging on the grid sends; the board comes back with what clashes now."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, MoveForm)
    if form.value is None:
        return await _board(request, event, form.raw.get("day", ""), 422, move=form)
    value = form.value
    try:
        await planning.move(
            actor,
            event.id,
            session,
            Move(zone=value.zone, starts_at=value.starts_at, minutes=value.minutes, version=value.version),
        )
    except (Invalid, planning.Changed) as error:
        form.add_error("", error.phrase)
        return await _board(request, event, value.day, 422, move=form)
    if wants_fragment(request):
        return await _board(request, event, value.day)
    return done(request, to=f"/events/{slug}/agenda/plan?day={value.day}", message=gettext("Saved."))


@post("/events/{slug:str}/agenda/plan/{session:uuid}/end", guards=[signed_in])
async def take_off(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], session: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await planning.take_off(actor, event.id, session)
    return done(
        request,
        to=f"/events/{slug}/agenda/plan",
        message=gettext("Taken out of the plan. The public page has it until you publish the next version."),
    )


@post("/events/{slug:str}/agenda/publish", guards=[signed_in])
async def publish(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Make the plan public; clashes are refused unless somebody says why they may stay."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, PublishForm)
    try:
        number = await releasing.publish(actor, event.id, reason=form.value.reason if form.value else "")
    except Conflict as error:
        form.add_error("reason" if isinstance(error, releasing.Clashing) else "", error.phrase)
        return await _board(request, event, "", error.status, publish=form)
    return done(
        request,
        to=f"/events/{slug}/agenda",
        message=gettext("Version %(number)s is public. Whoever booked a session that moved is told.", number=number),
    )


@post("/events/{slug:str}/agenda/rules", guards=[signed_in])
async def rules(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, RulesForm)
    if form.value is None:
        return await _board(request, event, "", 422, rules=form)
    try:
        await planning.set_rules(
            actor, event.id, overlap=form.value.overlap, walk_in_minutes=form.value.walk_in_minutes
        )
    except Invalid as error:
        return await _board(request, event, "", 422, rules=form.take(error))
    return done(request, to=f"/events/{slug}/agenda/plan", message=gettext("Saved."))


# --- speakers -----------------------------------------------------------------------------------------------------


@get("/events/{slug:str}/agenda/speakers", guards=[signed_in])
async def speaker_list(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    event = await managed_event_for(actor, slug)
    return page(request, "events/agenda/speakers.html", event=event, speakers=await speakers.speakers_of(event.id))


@get("/events/{slug:str}/agenda/speakers/{speaker:uuid}", guards=[signed_in])
async def speaker_form(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], speaker: FromPath[UUID]
) -> Response[str]:
    event = await managed_event_for(actor, slug)
    row = await speakers.speaker_of(event.id, speaker)
    values = {name: row[name] for name in ("name", "role_vi", "role_en", "bio_vi", "bio_en")}
    profile = f"/people/{row['profile']}" if row["profile"] else ""
    return _speaker_form(request, event, row, filled({**values, "profile": profile}))


def _speaker_form(request: AnyRequest, event: EventSeen, row: Any, form: Form[Any]) -> Response[str]:
    return page(
        request,
        "events/agenda/speaker_form.html",
        status=422 if form.phrases else 200,
        event=event,
        speaker=row,
        form=form,
    )


@post("/events/{slug:str}/agenda/speakers/{speaker:uuid}", guards=[signed_in])
async def edit_speaker(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], speaker: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    row = await speakers.speaker_of(event.id, speaker)
    form = await read_form(request, SpeakerForm)
    if form.value is None:
        return _speaker_form(request, event, row, form)
    try:
        await speakers.edit(actor, event.id, speaker, SpeakerPlan(**msgspec.structs.asdict(form.value)))
    except Invalid as error:
        return _speaker_form(request, event, row, form.take(error))
    return done(request, to=f"/events/{slug}/agenda/speakers", message=gettext("Saved."))


# --- schedule files -----------------------------------------------------------------------------------------------


@get("/events/{slug:str}/agenda/import", guards=[signed_in])
async def import_form(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    return _import_form(request, await managed_event_for(actor, slug), Form())


def _import_form(request: AnyRequest, event: EventSeen, form: Form[Any]) -> Response[str]:
    status = 422 if form.phrases else 200
    return page(request, "events/agenda/import.html", status=status, event=event, form=form)


@post("/events/{slug:str}/agenda/import", guards=[signed_in], request_max_body_size=3 * frab.MOST_BYTES)
async def send_file(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Read a file and show what it would do; nothing is changed yet."""
    event = await managed_event_for(actor, slug)
    async with upload_form(request, FileForm, {"file": frab.MOST_BYTES}) as (form, files):
        upload = files.get("file")
        if upload is None or not (upload.size or upload.too_large):
            form.add_error("file", REQUIRED)
            return _import_form(request, event, form)
        if upload.too_large:
            form.add_error("file", frab.TOO_LARGE)
            return _import_form(request, event, form)
        try:
            talks = frab.read(upload.path.read_bytes())
        except Invalid as error:
            return _import_form(request, event, form.take(error))
        number = await importing.keep_file(actor, event.id, upload.stem, talks)
    return done(request, to=f"/events/{slug}/agenda/import/{number}")


@get("/events/{slug:str}/agenda/import/{number:uuid}", guards=[signed_in])
async def import_shown(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[str]:
    """The file beside the plan: what is new, moved, changed, the same, and what only the plan has."""
    event = await managed_event_for(actor, slug)
    name, talks = await importing.file_for(event.id, number)
    found = await importing.comparison(event.id, talks)
    return page(
        request, "events/agenda/import_shown.html", event=event, number=number, name=name, found=found, words=words
    )


@post("/events/{slug:str}/agenda/import/{number:uuid}", guards=[signed_in])
async def take_over(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    found = await importing.apply(actor, event.id, number)
    done_count = len(found.fates) - found.count("same")
    said = ngettext(
        "%(num)s session taken over from the file.", "%(num)s sessions taken over from the file.", done_count
    )
    return done(request, to=f"/events/{slug}/agenda/plan", message=said)


handlers = [
    board, new_form, new, edit_form, edit, move, take_off, publish, rules, speaker_list, speaker_form, edit_speaker,
    import_form, send_file, import_shown, take_over,
]  # fmt: skip
