"""Pages of badges: the designer with its preview, one badge at a desk, sheets of many, the record of prints."""

import asyncio
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from app.core import clock
from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.names import disposition
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.core.forms import Form, Line, filled, parse, read_form
from app.core.i18n import Phrase, current_locale, gettext, pick
from app.core.ids import new_id
from app.core.web import Actor, done, page, signed_in
from events import rights, setup, words
from events.access import EventSeen, desk_event_for, managed_event_for
from events.badges import designs, printing
from events.badges.designs import DesignForm
from events.badges.drawing import badges_pdf, picture
from events.badges.printing import Wanted
from events.badges.sizes import LANGUAGES, PARTS, SIZES

AnyRequest = Request[Any, Any, Any]
PREVIEW_WIDTH = 520
LOG = 50
PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
Reason = Annotated[str, msgspec.Meta(max_length=printing.LONGEST_REASON)]


class PrintForm(msgspec.Struct, kw_only=True):
    nonce: Line
    place: Line = ""
    reason: Reason = ""


class ManyForm(msgspec.Struct, kw_only=True):
    which: Literal["new", "came", "all"] = "new"
    ticket_type: Line = ""
    reason: Reason = ""


@get("/events/{slug:str}/badges", guards=[signed_in])
async def index(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """The designer. What the address says of a design is shown and not kept: the preview works without scripts."""
    event = await managed_event_for(actor, slug)
    asked = _asked(request)
    form = asked if asked.value or asked.errors else filled(msgspec.structs.asdict(await designs.design_of(event.id)))
    return await _index(request, event, form)


def _asked(request: AnyRequest) -> Form[DesignForm]:
    query = {key: request.query_params.getall(key) for key in request.query_params}
    return parse(query, DesignForm) if "size" in query else Form()


async def _index(
    request: AnyRequest, event: EventSeen, form: Form[Any], many: Form[Any] | None = None, status: int = 200
) -> Response[str]:
    design = form.value.design if isinstance(form.value, DesignForm) else await designs.design_of(event.id)
    name = form.raw.get("name") or designs.EXAMPLES[1]
    shown = {"size": design.size, "language": design.language, "parts": design.parts, "line": design.line, "name": name}
    types = await setup.types_of(event.id)
    return page(
        request,
        "events/badges/index.html",
        fragment="preview",
        status=status,
        event=event,
        form=form,
        many=many or Form(),
        design=design,
        name=name,
        picture=f"/events/{event.slug}/badges/preview.png?{urlencode(shown, doseq=True)}",
        papers=_options({code: size.label for code, size in SIZES.items()}),
        parts=_options(PARTS),
        languages=_options(LANGUAGES),
        types=[(kind["code"], pick(kind["title_vi"], kind["title_en"])) for kind in types],
        counts=await printing.counts(event.id),
        runs=await printing.runs_of(event.id),
        kept_days=printing.KEPT_DAYS,
    )


def _options(phrases: dict[str, Phrase]) -> list[tuple[str, str]]:
    return [(code, phrase.text()) for code, phrase in phrases.items()]


@post("/events/{slug:str}/badges", guards=[signed_in], status_code=200)
async def save(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, DesignForm)
    if form.value is None:
        return await _index(request, event, form, status=422)
    await designs.save_design(actor, event.id, form.value.design)
    return done(request, to=f"/events/{slug}/badges", message=gettext("The badge is saved."))


@get("/events/{slug:str}/badges/preview.png", guards=[signed_in])
async def preview(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[bytes]:
    """One badge of the design in the address, drawn by what prints them all."""
    event = await managed_event_for(actor, slug)
    form = _asked(request)
    if form.value is None:
        raise NotFound
    design = form.value.design
    badge = await designs.example_of(event, design, form.value.name or designs.EXAMPLES[1])
    single = msgspec.structs.replace(design.paper, page=(design.paper.width, design.paper.height), columns=1, rows=1)
    pdf = await asyncio.to_thread(badges_pdf, [badge], single, "", clock.now())
    drawn = await asyncio.to_thread(picture, pdf, PREVIEW_WIDTH)
    return Response(drawn, media_type="image/png", headers=PRIVATE)


@post("/events/{slug:str}/badges/files", guards=[signed_in], status_code=200)
async def many(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Ask for a file of many badges."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, ManyForm)
    problem: Invalid | None = None
    if form.value is not None:
        try:
            wanted = Wanted(**msgspec.structs.asdict(form.value))
            run = await printing.ask_for_many(actor, event.id, wanted, current_locale())
        except Invalid as error:
            problem = error
        except Conflict as error:
            problem = Invalid(fields={"which": error.message})
        else:
            return done(request, to=f"/events/{slug}/badges/files/{run}")
    saved = filled(msgspec.structs.asdict(await designs.design_of(event.id)))
    return await _index(request, event, saved, form.take(problem) if problem else form, status=422)


@get("/events/{slug:str}/badges/files/{number:uuid}", guards=[signed_in])
async def file_page(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    """How far a file of badges is, then the way to it."""
    event = await managed_event_for(actor, slug)
    run = await printing.run_for(event.id, number)
    here = f"/events/{slug}/badges/files/{number}"
    if request.headers.get("hx-target") == "progress" and run["state"] != "asked":
        return Response(None, status_code=204, headers={"HX-Redirect": here})
    busy = run["state"] == "asked"
    return page(
        request, "events/badges/file.html", fragment="progress" if busy else None, event=event, run=run, busy=busy,
        here=here, kept_days=printing.KEPT_DAYS,
    )  # fmt: skip


@get("/events/{slug:str}/badges/files/{number:uuid}/badges.pdf", guards=[signed_in])
async def file(actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]) -> Stream:
    event = await managed_event_for(actor, slug)
    run = await printing.run_for(event.id, number)
    key = key_of(number, printing.FILE)
    if run["state"] != "drawn" or not await storage().exists(key):
        raise NotFound
    await rights.all_seen_by(actor, event)
    headers = {**PRIVATE, "Content-Disposition": disposition(f"{event.slug}-badges.pdf", inline=True)}
    return Stream(storage().read(key), media_type="application/pdf", headers=headers)


@get("/events/{slug:str}/badges/log", guards=[signed_in])
async def log(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], before: FromQuery[UUID | None] = None
) -> Response[str]:
    event = await managed_event_for(actor, slug)
    rows = await printing.log_of(event.id, before, LOG)
    older = rows[LOG - 1]["id"] if len(rows) > LOG else None
    return page(request, "events/badges/log.html", event=event, prints=rows[:LOG], older=older)


@get("/events/{slug:str}/badges/of/{registration:uuid}", guards=[signed_in])
async def one(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], registration: FromPath[UUID]
) -> Response[str]:
    """One guest's badge at a desk: print it, or say why once more."""
    event = await desk_event_for(actor, slug)
    return await _one(request, actor, event, registration, Form())


async def _one(
    request: AnyRequest, actor: Actor, event: EventSeen, registration: UUID, form: Form[Any], status: int = 200
) -> Response[str]:
    guest = await printing.guest_for(event.id, registration)
    await rights.seen_by(actor, event, rights.DESK_SEARCH, [guest])
    return page(
        request,
        "events/badges/one.html",
        status=status,
        event=event,
        guest=guest,
        prints=await printing.prints_of(registration),
        form=form,
        nonce=new_id().hex,
        words=words,
    )


@post("/events/{slug:str}/badges/of/{registration:uuid}", guards=[signed_in], status_code=200)
async def print_it(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], registration: FromPath[UUID]
) -> Response[Any]:
    """Put the print on record, then show the paper; the browser prints it on whatever printer it knows."""
    event = await desk_event_for(actor, slug)
    form = await read_form(request, PrintForm)
    if form.value is not None:
        try:
            number = await printing.print_one(actor, event.id, registration, **msgspec.structs.asdict(form.value))
        except Invalid as error:
            return await _one(request, actor, event, registration, form.take(error), 422)
        return done(request, to=f"/events/{slug}/badges/prints/{number}.pdf")
    return await _one(request, actor, event, registration, form, 422)


@get("/events/{slug:str}/badges/prints/{number:str}", guards=[signed_in])
async def paper(actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[str]) -> Response[bytes]:
    """The paper of one print, as `<number>.pdf`."""
    event = await desk_event_for(actor, slug)
    try:
        wanted = UUID(number.removesuffix(".pdf"))
    except ValueError:
        raise NotFound from None
    row, content = await printing.printed_pdf(event.id, wanted)
    await rights.seen_by(actor, event, rights.DESK_SEARCH, [row])
    headers = {**PRIVATE, "Content-Disposition": disposition(f"badge-{row['code']}.pdf", inline=True)}
    return Response(content, media_type="application/pdf", headers=headers)


router = Router(
    "/",
    route_handlers=[index, save, preview, many, file_page, file, log, one, print_it, paper],
    include_in_schema=False,
)
