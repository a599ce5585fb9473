"""Pages on which people claim a profile, follow their claims, and hand an organisation over."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotAllowed
from app.core.files.keeping import Draft, FileRefused, draft_from
from app.core.files.uploads import DOCUMENT_BODY, upload_form
from app.core.forms import Form, filled, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.directory import access
from app.directory import vocabulary as terms
from app.directory.curation import claims, forms, standing, transfers
from app.directory.curation.domains import host_of, is_shared
from app.directory.curation.evidence import EVIDENCE

AnyRequest = Request[Any, Any, Any]


async def _claim_page(
    request: AnyRequest, seen: access.Seen, form: Form[Any], status: int = 200, draft: Draft | None = None
) -> Response[Any]:
    host = host_of(seen.row["website"])
    return page(
        request,
        "directory/curation/claim.html",
        status=status,
        seen=seen,
        form=form,
        host=host,
        by_mail=bool(host) and not is_shared(host),
        owned=bool(await standing.owners_of(seen.id)),
        methods=terms.CLAIM_METHODS,
        draft=draft,
        megabytes=EVIDENCE.most_bytes // 1_000_000,
    )


@get("/organisations/{slug:str}/claim", guards=[signed_in])
async def claim_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """ "Is this your organisation?" and the ways to show it."""
    return await _claim_page(request, await access.organisation_for(actor, slug), filled({"email": actor.email}))


@post("/organisations/{slug:str}/claim", guards=[signed_in], status_code=200, request_max_body_size=DOCUMENT_BODY)
async def claim(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """A claim with what the claimant says and brings; a document that came once is kept while the form is mended."""
    seen = await access.organisation_for(actor, slug)
    async with upload_form(request, forms.Claiming, {"evidence": EVIDENCE.most_bytes}) as (form, files):
        draft = None
        try:
            draft = await draft_from(actor, form, files, "evidence", EVIDENCE.name)
        except FileRefused as refusal:
            form.take(refusal)
        return await _claimed(request, actor, seen, form, draft)


async def _claimed(
    request: AnyRequest, actor: Actor, seen: access.Seen, form: Form[forms.Claiming], draft: Draft | None
) -> Response[Any]:
    if form.value is not None:
        given = form.value
        wanted = claims.Wanted(method=given.method, email=given.email, message=given.message, evidence=draft)
        try:
            made = await claims.make_claim(actor, seen.id, wanted)
        except Invalid as error:
            form.take(error)
        except Conflict as error:
            form.add_error("", error.phrase)
            return await _claim_page(request, seen, form, 409, draft)
        else:
            if made.waits_for == "claimant":
                message = _("We have sent a link to %(email)s. Please open it within two days.", email=given.email)
            else:
                message = _("The department has your claim. You will hear by mail.")
            return done(request, to="/claims", message=message)
    return await _claim_page(request, seen, form, 422, draft)


@get("/claims", guards=[signed_in])
async def my_claims(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(
        request,
        "directory/curation/claims.html",
        claims=await claims.claims_of(actor),
        methods=terms.CLAIM_METHODS,
        states=terms.CLAIM_STATES,
        reasons=terms.CLAIM_REASONS,
    )


@post("/claims/{claim_id:uuid}/withdraw", guards=[signed_in], status_code=200)
async def withdraw(request: AnyRequest, actor: NamedDependency[Actor], claim_id: FromPath[UUID]) -> Response[Any]:
    await claims.withdraw_claim(actor, claim_id)
    return done(request, to="/claims", message=_("The claim is withdrawn."))


@get("/claims/{token:str}", guards=[signed_in])
async def link_page(request: AnyRequest, actor: NamedDependency[Actor], token: FromPath[str]) -> Response[Any]:
    """Where the link in the mail leads: it shows the claim and asks; only the button uses it."""
    found = await claims.claim_by_token(token)
    claims.require_claimant(actor, found)
    return page(request, "directory/curation/claim_link.html", found=found, token=token)


@post("/claims/{token:str}", guards=[signed_in], status_code=200)
async def prove(request: AnyRequest, actor: NamedDependency[Actor], token: FromPath[str]) -> Response[Any]:
    found = await claims.claim_by_token(token)
    made = await claims.prove_claim(actor, token)
    if made.state == "approved":
        message = _("The profile is yours now. Please check what it says.")
        return done(request, to=f"/organisations/{found['slug']}/edit", message=message)
    message = _(
        "Thank you. Somebody else speaks for it too, or many people have such addresses: the department decides."
    )
    return done(request, to="/claims", message=message)


# --- handing over ---------------------------------------------------------------------------------------------


async def _transfer_page(request: AnyRequest, seen: access.Seen, form: Form[Any], status: int = 200) -> Response[Any]:
    return page(
        request,
        "directory/curation/transfer.html",
        status=status,
        seen=seen,
        form=form,
        offered=await transfers.open_transfer_of(seen.id),
        becomes=[(code, phrase.text()) for code, phrase in transfers.BECOMES.items()],
    )


async def _owned(actor: Actor, slug: str) -> access.Seen:
    seen = await access.member_organisation_for(actor, slug)
    if seen.role != "owner":
        raise NotAllowed
    return seen


@get("/organisations/{slug:str}/transfer", guards=[signed_in])
async def transfer_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """An owner hands the organisation over; strangers do not find the page."""
    return await _transfer_page(request, await _owned(actor, slug), Form())


@post("/organisations/{slug:str}/transfer", guards=[signed_in], status_code=200)
async def offer(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    seen = await _owned(actor, slug)
    form = await read_form(request, forms.Transferring)
    if form.value is not None:
        try:
            await transfers.offer_transfer(actor, seen.id, form.value.email, form.value.giver_becomes)
        except Invalid as error:
            form.take(error)
        else:
            message = _("The offer is on its way. You go on owning it until it is accepted.")
            return done(request, to=f"/organisations/{seen.slug}/transfer", message=message)
    return await _transfer_page(request, seen, form, 422)


@post("/organisations/{slug:str}/transfer/withdraw", guards=[signed_in], status_code=200)
async def withdraw_offer(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    seen = await _owned(actor, slug)
    await transfers.withdraw_transfer(actor, seen.id)
    return done(request, to=f"/organisations/{seen.slug}/transfer", message=_("The offer is withdrawn."))


@get("/transfers/{token:str}", guards=[signed_in])
async def transfer_link(request: AnyRequest, actor: NamedDependency[Actor], token: FromPath[str]) -> Response[Any]:
    found = await transfers.transfer_by_token(actor, token)
    return page(request, "directory/curation/transfer_link.html", found=found, token=token)


@post("/transfers/{token:str}", guards=[signed_in], status_code=200)
async def answer(request: AnyRequest, actor: NamedDependency[Actor], token: FromPath[str]) -> Response[Any]:
    form = await read_form(request, forms.Answering)
    if form.value is not None and form.value.answer == "yes":
        slug = await transfers.accept_transfer(actor, token)
        return done(request, to=f"/organisations/{slug}", message=_("You own this organisation now."))
    await transfers.refuse_transfer(actor, token)
    return done(request, to="/organisations", message=_("You have declined. Nothing has changed."))


handlers = [
    claim_page,
    claim,
    my_claims,
    withdraw,
    link_page,
    prove,
    transfer_page,
    offer,
    withdraw_offer,
    transfer_link,
    answer,
]
