"""The department's page of introductions: what waits for a coordinator, reports, outcomes to check, and numbers."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.connections.introductions import (
    access,
    blocking,
    drawing,
    figures,
    forms,
    inbox,
    outcomes,
    proposing,
    reports,
    vocabulary,
)
from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.forms import read_form
from app.core.i18n import N_, _
from app.core.settings import get_settings
from app.core.web import Actor, done, page, role
from app.directory.vocabulary import DECLINE_REASONS
from app.people.desks import Queue, staff_queues

AnyRequest = Request[Any, Any, Any]
coordinators = role(*access.COORDINATORS)


@staff_queues
async def queues(actor: Actor) -> list[Queue]:
    """What of introductions waits for the staff."""
    if not actor.has(*access.COORDINATORS):
        return []
    row = await db.fetchrow(
        "SELECT (SELECT count(*) FROM introduction WHERE state = 'coordinator_hold') AS held,"
        " (SELECT min(asked_at) FROM introduction WHERE state = 'coordinator_hold') AS oldest,"
        " (SELECT count(*) FROM introduction_report WHERE state = 'made') AS reports,"
        " (SELECT min(made_at) FROM introduction_report WHERE state = 'made') AS first"
    )
    found = dict(row or {})
    held = Queue(
        title=N_("Introductions"),
        text=N_("Requests that go through coordinators, and outcomes to check"),
        href="/staff/introductions",
        waiting=found["held"],
        oldest_at=found["oldest"],
    )
    reported = Queue(
        title=N_("Reports about introductions"),
        text=N_("Somebody says that something is wrong with the other side"),
        href="/staff/introductions#reports",
        waiting=found["reports"],
        oldest_at=found["first"],
    )
    return [held, reported] if actor.has("moderator") else [held]


@get("/staff/introductions", guards=[coordinators])
async def desk(request: AnyRequest, actor: NamedDependency[Actor], start: FromQuery[str] = "") -> Response[Any]:
    """What waits, and the numbers of a year."""
    offset = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 0
    return await _drawn(request, actor, offset=offset)


@post("/staff/introductions/{introduction_id:uuid}/pass-on", guards=[coordinators])
async def pass_on(request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]) -> Response[Any]:
    """Let a request through."""
    await access.held_for(actor, introduction_id)
    await proposing.pass_on(actor, introduction_id)
    return done(request, to="/staff/introductions", message=_("Passed on."))


@post("/staff/introductions/{introduction_id:uuid}/turn-down", guards=[coordinators], status_code=200)
async def turn_down(
    request: AnyRequest, actor: NamedDependency[Actor], introduction_id: FromPath[UUID]
) -> Response[Any]:
    """Do not let a request through; the asker is told why."""
    await access.held_for(actor, introduction_id)
    form = await read_form(request, forms.Declining)
    try:
        await proposing.turn_down(actor, introduction_id, form.raw.get("reason", ""))
    except Invalid as error:
        return await _drawn(request, actor, wrong=error.text(), status=422)
    return done(request, to="/staff/introductions", message=_("Not passed on. The asker is told why."))


@post("/staff/introductions/reports/{report_id:uuid}/{decision:str}", guards=[role("moderator")])
async def decide(
    request: AnyRequest, actor: NamedDependency[Actor], report_id: FromPath[UUID], decision: FromPath[str]
) -> Response[Any]:
    """A report is dealt with, or nothing was wrong."""
    if decision not in ("done", "refused"):
        raise NotFound
    await blocking.decide_report(actor, report_id, decision)
    return done(request, to="/staff/introductions#reports", message=_("Noted."))


@get("/staff/introductions/reports/{report_id:uuid}", guards=[role("moderator")])
async def report(request: AnyRequest, actor: NamedDependency[Actor], report_id: FromPath[UUID]) -> Response[Any]:
    """One report; with the thread only where the one who reported lets it be read."""
    found = await reports.report_for(actor, report_id)
    return page(request, "introductions/staff_report.html", report=found, kind_label=vocabulary.REPORTS.label)


@post("/staff/introductions/outcomes/{outcome_id:uuid}", guards=[coordinators])
async def check(request: AnyRequest, actor: NamedDependency[Actor], outcome_id: FromPath[UUID]) -> Response[Any]:
    """The department has seen the evidence."""
    await outcomes.check(actor, outcome_id)
    return done(request, to="/staff/introductions#outcomes", message=_("Checked."))


async def _drawn(
    request: AnyRequest, actor: Actor, *, offset: int = 0, wrong: str = "", status: int = 200
) -> Response[Any]:
    samples = get_settings().demo
    held = await inbox.held_requests(offset)
    return page(
        request,
        "introductions/staff.html",
        status=status,
        held=held[: inbox.PAGE],
        older=offset + inbox.PAGE if len(held) > inbox.PAGE else None,
        reports=await reports.waiting() if actor.has("moderator") else [],
        report_kind=vocabulary.REPORTS.label,
        to_check=await outcomes.to_check(),
        funnel=await figures.funnel(samples=samples),
        declines=await figures.declines(samples=samples),
        results=await figures.results(samples=samples),
        fewest=figures.FEWEST,
        reasons=[(term.code, term.label()) for term in DECLINE_REASONS],
        wrong=wrong,
        **drawing.words(),
    )


handlers = [desk, pass_on, turn_down, decide, report, check]
