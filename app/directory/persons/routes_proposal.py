"""The page on which somebody looks at what a list says of them: take over what is right, or have it forgotten."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from app.core.errors import Invalid
from app.core.forms import Form, raw_form
from app.core.i18n import N_, _
from app.core.web import Actor, done, page, signed_in
from app.directory.fields import PERSON_FIELDS
from app.directory.persons import proposals, views
from app.directory.persons.role import expertise_of
from app.directory.persons.routes_own import HERE, own

AnyRequest = Request[Any, Any, Any]

NOTHING_CHOSEN = N_("Please tick what you want to take over, or throw it away.")


@get(f"{HERE}/proposal", guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _show(request, actor, Form())


async def _show(request: AnyRequest, actor: Actor, form: Form[Any], status: int = 200) -> Response[Any]:
    found = await proposals.proposal_to(actor)
    profile = await own(actor)
    mine = profile.row
    known = await expertise_of(actor.person_id)
    said = [] if found is None else [_field(name, value, mine, known) for name, value in found.values.items()]
    return page(
        request, "directory/persons/proposal.html", status=status, proposal=found, said=[one for one in said if one],
        form=form, here=f"{HERE}/proposal", listed=profile.listed,
    )  # fmt: skip


def _field(name: str, value: Any, mine: dict[str, Any], known: list[dict[str, Any]]) -> dict[str, Any] | None:
    """One field: what the list says, what the profile says now; ticked where the profile says nothing yet."""
    if name == proposals.EXPERTISE:
        said = "; ".join(views.value_text(None, {"code": code}) for code, _level, _years in value)
        stands = "; ".join(views.value_text(None, entry) for entry in known)
        return {"name": name, "label": _("What I know"), "said": said, "mine": stands, "ticked": not stands}
    field = PERSON_FIELDS.get(name)
    if field is None:
        return None
    said, stands = views.value_text(field, value), views.value_text(field, mine[name])
    return {"name": name, "label": field.label(), "said": said, "mine": stands, "ticked": not stands}


@post(f"{HERE}/proposal", guards=[signed_in], status_code=200)
async def take(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    fields = (await raw_form(request)).get("fields", [])
    form = Form[Any]({"fields": fields})
    if not fields:
        form.add_error("fields", NOTHING_CHOSEN)
        return await _show(request, actor, form, 422)
    try:
        await proposals.take(actor, fields)
    except Invalid as error:
        return await _show(request, actor, form.take(error), 422)
    if (await own(actor)).listed:
        message = _("Taken over into your profile. It is listed, so others see this from now on.")
    else:
        message = _("Taken over into your profile. Nobody else sees it until you list it.")
    return done(request, to=HERE, message=message)


@post(f"{HERE}/proposal/decline", guards=[signed_in], status_code=200)
async def decline(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await proposals.decline(actor)
    return done(request, to=HERE, message=_("Thrown away. The next list does not ask you again."))


handlers = [show, take, decline]
