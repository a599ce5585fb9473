"""Settings of a pipeline: name and lead, stages, the weekly mail, closing it."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import Form, Line, filled, read_form
from app.core.i18n import gettext, ngettext
from app.core.web import Actor, done, page, signed_in
from app.dealflow import access, digest, pipelines
from app.dealflow.access import PipelineSeen
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES

AnyRequest = Request[Any, Any, Any]

SETTINGS = "/deals/{pipeline:uuid}/settings"


class Named(msgspec.Struct, kw_only=True):
    name: Line
    lead: UUID | None = None


class Stage(msgspec.Struct, kw_only=True):
    name_vi: Line = ""
    name_en: Line = ""


class NewStage(msgspec.Struct, kw_only=True):
    stage_name: Line


class Weekly(msgspec.Struct, kw_only=True):
    weekly: bool = False
    consents: bool = False


@get(SETTINGS, guards=[signed_in])
async def settings(request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> Response[Any]:
    """For everybody of the team the weekly mail; for owners and the lead the rest too."""
    return await _settings(request, actor, await access.pipeline_for(actor, pipeline))


async def _settings(
    request: AnyRequest, actor: Actor, seen: PipelineSeen, wrong: dict[str, Form[Any]] | None = None
) -> Response[Any]:
    """The page again, with what was typed in the form that could not be taken."""
    team = await pipelines.team_of(seen.organisation)
    wrong = wrong or {}
    return page(
        request,
        "dealflow/settings.html",
        status=422 if wrong else 200,
        pipeline=seen,
        stages=await pipelines.stages_of(seen.id),
        team=[(str(row["id"]), row["name"]) for row in team if row["role"] != "viewer"],
        form=wrong.get("name") or filled({"name": seen.name, "lead": seen.row["lead"]}),
        stage_form=wrong.get("stage") or Form[Any](),
        stage_forms={key: form for key, form in wrong.items() if key not in ("name", "stage", "mail")},
        filled=filled,
        mail_form=wrong.get("mail") or filled({"weekly": await digest.wanted_by(actor, seen.id)}),
        agreed=await consent.has_consent(actor.person_id, "digests"),
        purpose=PURPOSES["digests"],
    )


@post(SETTINGS, guards=[signed_in], status_code=200)
async def change(request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> Response[Any]:
    seen = await access.managed_pipeline_for(actor, pipeline)
    form = await read_form(request, Named)
    if form.value is not None:
        try:
            await pipelines.change(seen.id, form.value.name, form.value.lead)
        except Invalid as error:
            form.take(error)
        else:
            return done(request, to=f"{seen.url}/settings", message=gettext("Saved."))
    return await _settings(request, actor, seen, {"name": form})


@post(f"{SETTINGS}/mail", guards=[signed_in], status_code=200)
async def mail(request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> Response[Any]:
    """One's own weekly mail."""
    seen = await access.pipeline_for(actor, pipeline)
    form = await read_form(request, Weekly)
    if form.value is not None:
        try:
            await digest.want(actor, seen.id, weekly=form.value.weekly, consents=form.value.consents)
        except Invalid as error:
            form.take(error)
        else:
            return done(request, to=f"{seen.url}/settings", message=gettext("Saved."))
    return await _settings(request, actor, seen, {"mail": form})


@post(f"{SETTINGS}/stages", guards=[signed_in], status_code=200)
async def add_stage(request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> Response[Any]:
    seen = await access.managed_pipeline_for(actor, pipeline)
    form = await read_form(request, NewStage)
    if form.value is not None:
        try:
            await pipelines.add_stage(seen.id, form.value.stage_name)
        except (Invalid, Conflict) as error:
            said = next(iter(error.fields.values())) if isinstance(error, Invalid) and error.fields else error.phrase
            form.add_error("stage_name", said, **error.params)
        else:
            return done(request, to=f"{seen.url}/settings#stages", message=gettext("The stage is there."))
    return await _settings(request, actor, seen, {"stage": form})


@post(f"{SETTINGS}/stages/{{stage:uuid}}", guards=[signed_in], status_code=200)
async def rename_stage(
    request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID], stage: FromPath[UUID]
) -> Response[Any]:
    seen = await access.managed_pipeline_for(actor, pipeline)
    form = await read_form(request, Stage)
    if form.value is not None:
        try:
            await pipelines.rename_stage(seen.id, stage, form.value.name_vi, form.value.name_en)
        except Invalid as error:
            form.take(error)
        else:
            return done(request, to=f"{seen.url}/settings#stages", message=gettext("Saved."))
    return await _settings(request, actor, seen, {str(stage): form})


@post(f"{SETTINGS}/stages/{{stage:uuid}}/{{act:str}}", guards=[signed_in], status_code=200)
async def shift_stage(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    pipeline: FromPath[UUID],
    stage: FromPath[UUID],
    act: FromPath[str],
) -> Response[Any]:
    """Earlier, later, or closed."""
    seen = await access.managed_pipeline_for(actor, pipeline)
    message = None
    if act in ("earlier", "later"):
        await pipelines.shift_stage(seen.id, stage, later=act == "later")
    elif act == "end":
        count = await pipelines.end_stage(actor, seen.id, stage)
        message = ngettext(
            "The stage is closed; %(num)s card went to the one beside it.",
            "The stage is closed; %(num)s cards went to the one beside it.",
            count,
        )
    else:
        raise NotFound
    return done(request, to=f"{seen.url}/settings#stages", message=message)


@post(f"{SETTINGS}/end", guards=[signed_in])
async def end(request: AnyRequest, actor: NamedDependency[Actor], pipeline: FromPath[UUID]) -> Response[Any]:
    seen = await access.managed_pipeline_for(actor, pipeline)
    await pipelines.end(seen.id)
    return done(request, to="/deals", message=gettext("The pipeline is closed."))


handlers = [settings, change, mail, add_stage, rename_stage, shift_stage, end]
