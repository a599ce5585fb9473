"""The page "how your profile is used" of a mentor: only one's own, so its address names nobody. Routed by `routes`."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from app.connections import mentor_signals, mentor_use
from app.core.errors import NotFound
from app.core.forms import Form, filled, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.directory.persons.access import Seen

AnyRequest = Request[Any, Any, Any]

HERE = "/mentoring/use"


@get(HERE, guards=[signed_in])
async def use_of_mentor(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[str]:
    """Whether one is suggested as a mentor, what counts, what is missing, the switches; who is none learns how to be
    one."""
    seen = await mentor_use.mentor_of(actor)
    if seen is None:
        return page(request, "connections/mentor_use.html", use=None, gave_up_at=await mentor_use.gave_up_at(actor))
    return await _drawn(request, seen)


@post(HERE, guards=[signed_in])
async def change_use_of_mentor(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Say what may count; every list of mentors follows at once."""
    seen = await mentor_use.mentor_of(actor)
    if seen is None:
        raise NotFound
    form = await read_form(request, mentor_signals.Counts)
    if form.value is None:
        return await _drawn(request, seen, form, status=422)
    changed = await mentor_signals.state(seen.id, form.value)
    message = _("Saved. It holds on every list from now on.") if changed else _("Nothing has changed.")
    return done(request, to=HERE, message=message)


async def _drawn(request: AnyRequest, seen: Seen, form: Form[Any] | None = None, *, status: int = 200) -> Response[Any]:
    use = await mentor_use.use_of(seen)
    return page(
        request,
        "connections/mentor_use.html",
        status=status,
        use=use,
        seen=seen,
        form=form or filled({"counts": [code for code in mentor_signals.SIGNALS if code not in use.off]}),
        signals=[(code, signal.label.text(), signal.hint.text()) for code, signal in mentor_signals.SIGNALS.items()],
    )
