"""The department's queue of claims, and the page on which one is decided."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid
from app.core.forms import REQUIRED, Form, read_form
from app.core.i18n import N_, _
from app.core.web import Actor, done, page, role
from app.directory import vocabulary as terms
from app.directory.curation import deciding, forms, paging

AnyRequest = Request[Any, Any, Any]

SHOWN = {
    "waiting": N_("Waiting for us"),
    "competing": N_("Competing"),
    "claimant": N_("Waiting for the claimant"),
    "decided": N_("Decided"),
}
FOR_APPROVAL = ("proved", "known", "other")


@get("/staff/claims", guards=[role("moderator")])
async def queue(request: AnyRequest) -> Response[Any]:
    asked = paging.asked(request, SHOWN)
    return page(
        request,
        "directory/curation/queue_claims.html",
        queue=paging.cut(asked, await deciding.claims_queue(asked.shown, asked.offset, asked.q), deciding.PAGE, SHOWN),
        methods=terms.CLAIM_METHODS,
        states=terms.CLAIM_STATES,
        reasons=terms.CLAIM_REASONS,
    )


async def _page(request: AnyRequest, claim_id: UUID, form: Form[Any], status: int = 200) -> Response[Any]:
    return page(
        request,
        "directory/curation/queue_claim.html",
        status=status,
        claim=await deciding.claim_for(claim_id),
        form=form,
        methods=terms.CLAIM_METHODS,
        states=terms.CLAIM_STATES,
        reasons=terms.CLAIM_REASONS,
        for_approval=[(code, terms.CLAIM_REASONS.label(code)) for code in FOR_APPROVAL],
        for_refusal=[option for option in terms.CLAIM_REASONS.options() if option[0] not in ("proved", "known")],
    )


@get("/staff/claims/{claim_id:uuid}", guards=[role("moderator")])
async def one(request: AnyRequest, claim_id: FromPath[UUID]) -> Response[Any]:
    return await _page(request, claim_id, Form())


@post("/staff/claims/{claim_id:uuid}", guards=[role("moderator")], status_code=200)
async def decide(request: AnyRequest, actor: NamedDependency[Actor], claim_id: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Deciding)
    if form.value is not None and not form.value.reason:
        form.add_error("reason", REQUIRED)
    if form.value is None:
        return await _page(request, claim_id, form, 422)
    given = form.value
    try:
        await deciding.decide_claim(
            actor,
            claim_id,
            approve=given.decision == "approve",
            reason=given.reason,
            words=given.words,
            instead=given.instead,
        )
    except (Conflict, Invalid) as error:
        if isinstance(error, Invalid):
            form.take(error)
        else:
            form.add_error("", error.phrase)
        return await _page(request, claim_id, form, error.status)
    return done(request, to="/staff/claims", message=_("Decided. The claimant hears by mail."))


handlers = [queue, one, decide]
