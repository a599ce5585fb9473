"""Pages of acts over many: asking for one, how far it is, what happened to each, stopping and taking back."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core import clock
from app.core.errors import Conflict, Invalid
from app.core.forms import Line, Text, read_form
from app.core.i18n import gettext
from app.core.web import Actor, done, local_path, page, signed_in
from events import rights, words
from events.access import managed_event_for
from events.guests import acting, asking, wording

AnyRequest = Request[Any, Any, Any]
FATES = 100


class ActForm(msgspec.Struct, kw_only=True):
    act: Literal["approve", "approve_waitlist", "refuse", "cancel", "resend", "tag", "untag", "certify"]
    ids: list[UUID] = []
    everybody: bool = False
    query: str = ""
    reason: Text = ""
    tag: Line = ""


@post("/events/{slug:str}/guests/acts", guards=[signed_in])
async def ask(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Do something to the ticked ones, or to everybody whom the list's question finds."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, ActForm)
    asked = asking.read_text(form.raw.get("query", ""))
    back = local_path(form.raw.get("next"), f"/events/{slug}/guests?{asked.query}")
    value = form.value
    if value is None:
        return done(request, to=back, message=gettext("Please choose what is to be done."))
    if not value.everybody and not value.ids:
        return done(request, to=back, message=acting.NobodyTicked().text())
    wanted = acting.Asking(
        act=value.act, ids=[] if value.everybody else value.ids, asked=asked, reason=value.reason, tag=value.tag
    )
    try:
        number = await acting.ask(actor, event.id, wanted)
    except Invalid:
        return done(request, to=back, message=gettext("Please write the tag first."))
    except acting.NobodyTicked as error:
        return done(request, to=back, message=error.text())
    return done(request, to=f"/events/{slug}/guests/acts/{number}")


@get("/events/{slug:str}/guests/acts", guards=[signed_in])
async def index(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """What was done to many, the newest first."""
    event = await managed_event_for(actor, slug)
    return page(
        request, "events/guests/acts.html", event=event, acts=await acting.acts_of(event.id), wording=wording,
        states=STATES,
    )  # fmt: skip


@get("/events/{slug:str}/guests/acts/{number:uuid}", guards=[signed_in])
async def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[UUID],
    fate: FromQuery[str] = "",
    after: FromQuery[int] = 0,
) -> Response[Any]:
    """How far an act is, then what happened to each."""
    event = await managed_event_for(actor, slug)
    act = await acting.act_for(event.id, number)
    here = f"/events/{slug}/guests/acts/{number}"
    busy = act["state"] in ("waiting", "running")
    if request.headers.get("hx-target") == "progress" and not busy:
        return Response(None, status_code=204, headers={"HX-Redirect": here})
    fate = fate if fate in wording.FATES else ""
    rows = await acting.fates_of(number, fate, max(after, 0), FATES)
    await rights.seen_by(actor, event, rights.GUEST_LIST, rows[:FATES])
    return page(
        request,
        "events/guests/act.html",
        fragment="progress" if busy else None,
        event=event,
        act=act,
        busy=busy,
        waits=max(0, round((act["begins_at"] - clock.now()).total_seconds())) if act["state"] == "waiting" else 0,
        can_undo=busy or (act["state"] == "done" and act["act"] in acting.UNDOES),
        fates=rows[:FATES],
        counts=await acting.fate_counts(number),
        more=rows[FATES - 1]["place"] if len(rows) > FATES else None,
        fate=fate,
        here=here,
        back=f"/events/{slug}/guests?{act['asked'].get('query', '')}",
        wording=wording,
        words=words,
        states=STATES,
    )


STATES = wording.ACT_STATES


@post("/events/{slug:str}/guests/acts/{number:uuid}/undo", guards=[signed_in])
async def undo(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    """Stop what waits or runs; take back what can be."""
    event = await managed_event_for(actor, slug)
    try:
        state = await acting.undo(actor, event.id, number)
    except Conflict as error:
        said = error.text()
    else:
        said = gettext("It was stopped.") if state == "stopped" else gettext("It was taken back.")
    return done(request, to=f"/events/{slug}/guests/acts/{number}", message=said)


handlers = [ask, index, show, undo]
