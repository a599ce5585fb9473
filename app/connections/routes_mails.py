"""The page on which a member chooses mails of new suggestions. Routed by `routes`."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.connections import access
from app.connections import mails as choice
from app.core.errors import Invalid, NotFound
from app.core.forms import Form, Line, filled, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.directory.access import Seen
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES


class Mails(msgspec.Struct, kw_only=True):
    digest: Line = "never"
    consents: bool = False


@get("/suggestions/{slug:str}/mails", guards=[signed_in])
async def mails(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """How often to be written to about these lists, for each member by themselves."""
    seen = await _member_of(actor, slug)
    return await _drawn(request, actor, seen, filled({"digest": await choice.digest_of(actor, seen.id)}))


@post("/suggestions/{slug:str}/mails", guards=[signed_in])
async def change_mails(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    seen = await _member_of(actor, slug)
    form = await read_form(request, Mails)
    if form.value is not None:
        try:
            await choice.choose(actor, seen, form.value.digest, consents=form.value.consents)
        except Invalid as error:
            form.take(error)
    if form.value is None or form.errors:
        return await _drawn(request, actor, seen, form, status=422)
    return done(request, to=f"/suggestions/{seen.slug}/mails", message=_("Saved."))


async def _member_of(actor: Actor, slug: str) -> Seen:
    """Mails go to members only: an administrator who looks in is none."""
    seen = await access.listed_organisation_for(actor, slug)
    if not seen.member:
        raise NotFound
    return seen


async def _drawn(
    request: Request[Any, Any, Any], actor: Actor, seen: Seen, form: Form[Any], *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "connections/mails.html",
        status=status,
        organisation=seen,
        form=form,
        digests=[(code, label.text()) for code, label in choice.DIGESTS.items()],
        agreed=await consent.has_consent(actor.person_id, "digests"),
        purpose=PURPOSES["digests"],
    )
