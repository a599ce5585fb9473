"""Deciding on guests out of turn, and everybody as CSV at once; the list itself is in guests/."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from app.core.errors import Conflict, Invalid
from app.core.forms import read_form
from app.core.i18n import gettext, ngettext
from app.core.web import Actor, done, local_path, signed_in
from events import changing, listing, review, rights, waitlist
from events.access import managed_event_for
from events.forms import DecisionForm
from events.seats import deciding

PAIR = 2


@post("/events/{slug:str}/guests/decide", guards=[signed_in])
async def decide(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Approve, refuse or cancel the ticked registrations of this event."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, DecisionForm)
    to = local_path(form.raw.get("next"), f"/events/{slug}/guests")
    if form.value is None or not form.value.ids:
        return done(request, to=to, message=gettext("Tick at least one person first."))
    ids = form.value.ids[: review.MOST]
    if form.value.act == "refuse":
        decided = await review.refuse(actor, event.id, ids, form.value.reason)
    elif form.value.act == "cancel":
        count = await waitlist.cancel_all(actor, event.id, ids, form.value.reason)
        said = ngettext("%(num)s registration cancelled.", "%(num)s registrations cancelled.", count)
        return done(request, to=to, message=said)
    elif form.value.act not in ("approve", "approve_waitlist"):
        return done(request, to=to, message=await _out_of_turn(actor, event.id, form.value.act, ids, form.value.reason))
    else:
        full = "waitlist" if form.value.act == "approve_waitlist" else "leave"
        try:
            decided = await review.approve(actor, event.id, ids, when_full=full)  # type: ignore[arg-type]
        except review.TooLate as error:
            return done(request, to=to, message=error.text())
    return done(request, to=to, message=_said(decided))


async def _out_of_turn(actor: Actor, event: UUID, act: str, ids: list[UUID], reason: str) -> str:
    """What organizers decide beside the rules; what they read of it."""
    try:
        if act == "merge":
            if len(ids) != PAIR:
                return gettext("Tick exactly two people: the one that is higher in the list stays.")
            await changing.merge(actor, event, ids[0], ids[1])
            return gettext("The two registrations are one now.")
        if act == "overbook":
            count = await deciding.overbook(actor, event, ids, reason)
        elif act == "seat_now":
            count = await deciding.seat_now(actor, event, ids, reason)
        else:
            count = await deciding.prefer(actor, event, ids, 1 if act == "prefer" else 0)
            return ngettext("%(num)s place in line changed.", "%(num)s places in line changed.", count)
    except Invalid as error:
        return next((phrase.text(None, **error.params) for phrase in error.fields.values()), error.text())
    except Conflict as error:
        return error.text()
    return ngettext("%(num)s confirmed.", "%(num)s confirmed.", count)


def _said(decided: review.Decided) -> str:
    parts = []
    if decided.confirmed:
        parts.append(ngettext("%(num)s confirmed.", "%(num)s confirmed.", decided.confirmed))
    if decided.unpaid:
        parts.append(
            ngettext(
                "For %(num)s of them the place is kept until it is paid.",
                "For %(num)s of them the places are kept until they are paid.",
                decided.unpaid,
            )
        )
    if decided.waitlisted:
        parts.append(
            ngettext("%(num)s put on the waiting list.", "%(num)s put on the waiting list.", decided.waitlisted)
        )
    if decided.refused:
        parts.append(ngettext("%(num)s refused.", "%(num)s refused.", decided.refused))
    if decided.left:
        parts.append(
            ngettext(
                "%(num)s left waiting: there is no place for them.",
                "%(num)s left waiting: there is no place for them.",
                decided.left,
            )
        )
    return " ".join(parts) or gettext("None of these was waiting for approval.")


@get("/events/{slug:str}/guests.csv", guards=[signed_in])
async def export(actor: NamedDependency[Actor], slug: FromPath[str]) -> Stream:
    """Everybody as CSV, streamed, with cells that no spreadsheet runs."""
    event = await managed_event_for(actor, slug)
    await rights.all_seen_by(actor, event)
    return Stream(
        listing.guests_csv(event.id),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{event.slug}.csv"'},
    )


handlers = [decide, export]
