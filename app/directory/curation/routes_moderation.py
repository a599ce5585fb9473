"""Visitors report what is wrong; the department looks at new and changed profiles and at reports."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid
from app.core.forms import Form, read_form
from app.core.i18n import N_, _, ngettext
from app.core.web import Actor, done, page, public, role
from app.directory import access, views
from app.directory import vocabulary as terms
from app.directory.curation import forms, moderation, paging, reports
from app.people.where import origin_of

AnyRequest = Request[Any, Any, Any]

SHOWN = {
    "open": N_("To look at"),
    "new": N_("New"),
    "changed": N_("Changed"),
    "asked": N_("Waiting for the owners"),
    "hidden": N_("Hidden"),
}
SHOWN_REPORTS = {"open": N_("To look at"), "decided": N_("Decided")}
DECISIONS = {
    "approved": N_("Approved"),
    "change_asked": N_("Change asked for"),
    "hidden": N_("Hidden"),
    "shown": N_("Shown again"),
}


@get("/staff/profiles", guards=[role("moderator")])
async def queue(request: AnyRequest) -> Response[Any]:
    asked = paging.asked(request, SHOWN)
    return page(
        request,
        "directory/curation/queue_profiles.html",
        queue=paging.cut(
            asked, await moderation.profiles_queue(asked.shown, asked.offset, asked.q), moderation.PAGE, SHOWN
        ),
        kinds=terms.KINDS,
        reasons=terms.CHANGE_REASONS,
        decisions=DECISIONS,
        field_label=views.field_label,
    )


@post("/staff/profiles", guards=[role("moderator")], status_code=200)
async def approve_all(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """The ticked profiles are fine, each as it was seen."""
    form = await read_form(request, forms.Approving)
    seen = []
    for text in form.raw_list("profiles")[: moderation.PAGE * 4]:
        organisation, _dot, version = text.partition(".")
        try:
            seen.append((UUID(organisation), int(version)))
        except ValueError:
            continue
    count = await moderation.approve_all(actor, seen) if seen else 0
    message = ngettext("%(num)s profile is approved.", "%(num)s profiles are approved.", count)
    return done(request, to="/staff/profiles", message=message if seen else _("Nothing was ticked."))


async def _page(request: AnyRequest, organisation: UUID, form: Form[Any], status: int = 200) -> Response[Any]:
    return page(
        request,
        "directory/curation/queue_profile.html",
        status=status,
        found=await moderation.profile_for(organisation),
        form=form,
        kinds=terms.KINDS,
        reasons=terms.CHANGE_REASONS,
        ask_reasons=[option for option in terms.CHANGE_REASONS.options() if option[0] != "unchecked"],
        decisions=DECISIONS,
        field_label=views.field_label,
    )


@get("/staff/profiles/{organisation:uuid}", guards=[role("moderator")])
async def one(request: AnyRequest, organisation: FromPath[UUID]) -> Response[Any]:
    return await _page(request, organisation, Form())


@post("/staff/profiles/{organisation:uuid}", guards=[role("moderator")], status_code=200)
async def decide(request: AnyRequest, actor: NamedDependency[Actor], organisation: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Reviewing)
    if form.value is None:
        return await _page(request, organisation, form, 422)
    given = form.value
    text = given.version
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    try:
        await moderation.decide_profile(
            actor, organisation, given.decision, version=version, reason=given.reason, words=given.words
        )
    except Invalid as error:
        return await _page(request, organisation, form.take(error), 422)
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _page(request, organisation, form, 409)
    return done(request, to="/staff/profiles", message=_("Decided."))


# --- reports --------------------------------------------------------------------------------------------------


async def _report_page(
    request: AnyRequest, actor: Actor, seen: access.Seen, form: Form[Any], status: int = 200
) -> Response[Any]:
    return page(
        request,
        "directory/curation/report.html",
        status=status,
        seen=seen,
        form=form,
        kinds=terms.REPORT_KINDS.options(),
        account=actor.email,
    )


@get("/organisations/{slug:str}/report", opt=public)
async def report_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """ "Something is wrong here", also without an account."""
    return await _report_page(request, actor, await access.organisation_for(actor, slug), Form())


@post("/organisations/{slug:str}/report", opt=public, status_code=200)
async def report(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    seen = await access.organisation_for(actor, slug)
    form = await read_form(request, forms.Reporting)
    if form.value is None:
        return await _report_page(request, actor, seen, form, 422)
    told = reports.Told(kind=form.value.kind, words=form.value.words, email=form.value.email)
    try:
        await reports.make_report(actor, seen.id, told, origin_of(request).network)
    except Invalid as error:
        return await _report_page(request, actor, seen, form.take(error), 422)
    return done(request, to=f"/organisations/{seen.slug}", message=_("Thank you. The department looks at it."))


@get("/staff/reports", guards=[role("moderator")])
async def reports_queue(request: AnyRequest) -> Response[Any]:
    asked = paging.asked(request, SHOWN_REPORTS)
    return page(
        request,
        "directory/curation/queue_reports.html",
        queue=paging.cut(asked, await reports.reports_queue(asked.shown, asked.offset), reports.PAGE, SHOWN_REPORTS),
        kinds=terms.REPORT_KINDS,
    )


@post("/staff/reports/{report_id:uuid}", guards=[role("moderator")], status_code=200)
async def decide_report(request: AnyRequest, actor: NamedDependency[Actor], report_id: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Answered)
    try:
        given = form.value
        await reports.decide_report(actor, report_id, given.decision if given else "", given.answer if given else "")
    except (Conflict, Invalid) as error:
        return done(request, to="/staff/reports", message=error.text())
    return done(request, to="/staff/reports", message=_("Decided."))


handlers = [queue, approve_all, one, decide, report_page, report, reports_queue, decide_report]
