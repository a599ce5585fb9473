"""The page "how your profile is used": what counts, what is missing, and the switches. Routed by `routes`."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.connections import access, profiles, usage, wishes
from app.connections.signals import SIGNALS
from app.core.errors import NotFound
from app.core.forms import Form, filled, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.directory.access import Seen, editable_organisation_for


@get("/suggestions/{slug:str}/use", guards=[signed_in])
async def use(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """What of a profile counts and how much, for its members; its editors see the switches. Routed by `routes`."""
    seen = await access.listed_organisation_for(actor, slug)
    stated = await wishes.wishes_of(seen.id)
    form = filled({"accepts": stated.accepts, "requests_per_month": stated.requests_per_month, "counts": stated.counts})
    return await _drawn(request, seen, form)


@post("/suggestions/{slug:str}/use", guards=[signed_in])
async def change_use(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """Change how the organisation is suggested; its lists are made anew at once."""
    seen = await editable_organisation_for(actor, slug)
    form = await read_form(request, wishes.Wishes)
    if form.value is None:
        return await _drawn(request, seen, form, status=422)
    before = await wishes.wishes_of(seen.id)
    changed = await wishes.state(seen.id, form.value, by=actor.person_id)
    message = _told(before, form.value) if changed else _("Nothing has changed.")
    return done(request, to=f"/suggestions/{seen.slug}/use", message=message)


def _told(before: wishes.Wishes, now: wishes.Wishes) -> str:
    """Whoever takes requests again is on others' lists as these are made anew, which may take until the next night."""
    message = _("Saved. Your suggestions are being made anew.")
    if before.accepts == "closed" and now.accepts != "closed":
        message += " " + _("Others see you on their lists again within a day.")
    return message


async def _drawn(request: Request[Any, Any, Any], seen: Seen, form: Form[Any], *, status: int = 200) -> Response[Any]:
    profile = await profiles.profile_of(seen.id)
    if profile is None:
        raise NotFound
    return page(
        request,
        "connections/use.html",
        status=status,
        organisation=seen,
        form=form,
        usage=await usage.usage_of(seen.id, profile),
        takes=wishes.ACCEPTS[profile["accepts"] or "open"].text(),
        monthly=profile["requests_per_month"],
        ticked=[signal.label.text() for code, signal in SIGNALS.items() if code not in (profile["signals_off"] or ())],
        accepts=[(code, phrase.text()) for code, phrase in wishes.ACCEPTS.items()],
        signals=[(code, signal.label.text(), signal.hint.text()) for code, signal in SIGNALS.items()],
    )
