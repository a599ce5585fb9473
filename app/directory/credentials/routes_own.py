"""Pages of those who hold credentials: for everybody what is verified; for owners stating, correcting, withdrawing."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import db
from app.core.errors import Conflict, Invalid
from app.core.files.keeping import Draft, FileRefused, draft_from
from app.core.files.uploads import DOCUMENT_BODY, upload_form
from app.core.forms import Form, filled
from app.core.i18n import _
from app.core.web import Actor, done, page, public, signed_in
from app.directory import access
from app.directory.credentials import forms, reading, rules, stating
from app.directory.credentials.evidence import EVIDENCE, evidence_url
from app.directory.credentials.holders import Holder, holder_of
from app.directory.vocabulary import CREDENTIAL_TYPES
from app.directory.vocabulary.profiles import REGIMES, SIZE_CLASSES

AnyRequest = Request[Any, Any, Any]

OF_ORGANISATION, OF_PERSON = "/organisations/{slug:str}/credentials", "/account/credentials"


def choices(*, person: bool) -> dict[str, Any]:
    """What the fields of the form are chosen from."""
    return {
        "types": rules.types_for(person=person),
        "regimes": REGIMES.options(),
        "sizes": SIZE_CLASSES.options(),
        "labels": {name: phrase.text() for name, phrase in rules.LABELS.items()},
    }


async def _organisation(actor: Actor, slug: str) -> Holder:
    seen = await access.editable_organisation_for(actor, slug)
    return Holder(id=seen.id, name=seen.name, slug=seen.slug)


async def _person(actor: Actor) -> Holder:
    return await holder_of({"organisation": None, "person": actor.person_id})


# --- lists --------------------------------------------------------------------------------------------------------


@get(OF_ORGANISATION, opt=public)
async def of_organisation(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """What is verified, and how; members also see what waits, was sent back, revoked or has run out."""
    seen = await access.organisation_for(actor, slug)
    return page(
        request,
        "directory/credentials/list.html",
        holder=Holder(id=seen.id, name=seen.name, slug=seen.slug),
        credentials=await reading.credentials_of(seen.id, seen.viewer),
        inside=seen.member or seen.viewer.staff,
        may_edit=seen.may_edit and seen.row["ended_at"] is None,
        sample=seen.row["sample"],
        type_label=CREDENTIAL_TYPES.label,
    )


@get(OF_PERSON, guards=[signed_in])
async def of_person(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    holder = await _person(actor)
    return page(
        request,
        "directory/credentials/list.html",
        holder=holder,
        credentials=await reading.credentials_of_person(holder.id, own=True),
        inside=True,
        may_edit=True,
        sample=False,
        type_label=CREDENTIAL_TYPES.label,
    )


# --- stating ------------------------------------------------------------------------------------------------------


def _form_page(
    request: AnyRequest, holder: Holder, form: Form[Any], *, draft: Draft | None = None, status: int = 200, **more: Any
) -> Response[Any]:
    return page(
        request,
        "directory/credentials/form.html",
        status=status,
        holder=holder,
        form=form,
        draft=draft,
        **{"row": None, "current": None, **choices(person=holder.person), **more},
    )


async def _state(request: AnyRequest, actor: Actor, holder: Holder) -> Response[Any]:
    async with upload_form(request, forms.Stating, {"evidence": EVIDENCE.most_bytes}) as (form, files):
        draft, status = None, 422
        try:
            draft = await draft_from(actor, form, files, "evidence", EVIDENCE.name)
        except FileRefused as refusal:
            form.take(refusal)
        if form.value is not None:
            try:
                await stating.state_credential(actor, holder, form.value.stated(), draft)
            except Invalid as error:
                form.take(error)
            except Conflict as error:
                form.add_error("", error.phrase)
                status = 409
            else:
                return done(request, to=holder.home, message=_("Thank you. The department checks it."))
        return _form_page(request, holder, form, draft=draft, status=status)


async def _current(row: Any) -> dict[str, str] | None:
    """The file that is there now, as the form's field shows it."""
    file = await db.fetchrow(
        "SELECT id, name, kind, variants[array_length(variants, 1)] AS variant FROM stored_file"
        " WHERE id = $1 AND erased_at IS NULL",
        row["evidence_file"],
    )
    return {"url": evidence_url(dict(file)), "name": file["name"]} if file else None


async def _edit_page(request: AnyRequest, actor: Actor, holder: Holder, credential: UUID) -> Response[Any]:
    row = await stating.own_credential(actor, holder, credential)
    form = filled({name: row[name] for name in (*stating.STATED, "version")})
    return _form_page(request, holder, form, row=row, current=await _current(row))


async def _edit(request: AnyRequest, actor: Actor, holder: Holder, credential: UUID) -> Response[Any]:
    row = await stating.own_credential(actor, holder, credential)
    async with upload_form(request, forms.Stating, {"evidence": EVIDENCE.most_bytes}) as (form, files):
        draft, status = None, 422
        try:
            draft = await draft_from(actor, form, files, "evidence", EVIDENCE.name)
        except FileRefused as refusal:
            form.take(refusal)
        if form.value is not None:
            given = form.value
            try:
                await stating.edit_credential(
                    actor,
                    credential,
                    given.stated(),
                    version=seen_version(given.version),
                    evidence=draft,
                    drop=given.remove_evidence,
                )
            except Invalid as error:
                form.take(error)
            except Conflict as error:
                form.add_error("", error.phrase)
                status = 409
            else:
                return done(request, to=holder.home, message=_("Saved. The department checks it."))
        current = await _current(row)
        return _form_page(request, holder, form, draft=draft, status=status, row=row, current=current)


def seen_version(text: str) -> int:
    """The version that a form was opened at; 0, which never is, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


@get(f"{OF_ORGANISATION}/new", guards=[signed_in])
async def new_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    return _form_page(request, await _organisation(actor, slug), Form())


@post(f"{OF_ORGANISATION}/new", guards=[signed_in], status_code=200, request_max_body_size=DOCUMENT_BODY)
async def state(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    return await _state(request, actor, await _organisation(actor, slug))


@get(f"{OF_ORGANISATION}/{{credential:uuid}}/edit", guards=[signed_in])
async def edit_page(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], credential: FromPath[UUID]
) -> Response[Any]:
    return await _edit_page(request, actor, await _organisation(actor, slug), credential)


@post(
    f"{OF_ORGANISATION}/{{credential:uuid}}/edit",
    guards=[signed_in],
    status_code=200,
    request_max_body_size=DOCUMENT_BODY,
)
async def edit(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], credential: FromPath[UUID]
) -> Response[Any]:
    return await _edit(request, actor, await _organisation(actor, slug), credential)


@post(f"{OF_ORGANISATION}/{{credential:uuid}}/withdraw", guards=[signed_in], status_code=200)
async def withdraw(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], credential: FromPath[UUID]
) -> Response[Any]:
    holder = await _organisation(actor, slug)
    await stating.own_credential(actor, holder, credential)
    await stating.withdraw_credential(actor, credential)
    return done(request, to=holder.home, message=_("It is withdrawn."))


@get(f"{OF_PERSON}/new", guards=[signed_in])
async def my_new_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return _form_page(request, await _person(actor), Form())


@post(f"{OF_PERSON}/new", guards=[signed_in], status_code=200, request_max_body_size=DOCUMENT_BODY)
async def state_mine(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _state(request, actor, await _person(actor))


@get(f"{OF_PERSON}/{{credential:uuid}}/edit", guards=[signed_in])
async def my_edit_page(request: AnyRequest, actor: NamedDependency[Actor], credential: FromPath[UUID]) -> Response[Any]:
    return await _edit_page(request, actor, await _person(actor), credential)


@post(f"{OF_PERSON}/{{credential:uuid}}/edit", guards=[signed_in], status_code=200, request_max_body_size=DOCUMENT_BODY)
async def edit_mine(request: AnyRequest, actor: NamedDependency[Actor], credential: FromPath[UUID]) -> Response[Any]:
    return await _edit(request, actor, await _person(actor), credential)


@post(f"{OF_PERSON}/{{credential:uuid}}/withdraw", guards=[signed_in], status_code=200)
async def withdraw_mine(
    request: AnyRequest, actor: NamedDependency[Actor], credential: FromPath[UUID]
) -> Response[Any]:
    holder = await _person(actor)
    await stating.own_credential(actor, holder, credential)
    await stating.withdraw_credential(actor, credential)
    return done(request, to=holder.home, message=_("It is withdrawn."))


handlers = [
    *(of_organisation, of_person, new_page, state, edit_page, edit, withdraw),
    *(my_new_page, state_mine, my_edit_page, edit_mine, withdraw_mine),
]
