"""Likely duplicates named while somebody types, and the department's pages on which two profiles become one."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.forms import read_form
from app.core.i18n import N_, _, ngettext
from app.core.web import Actor, done, page, role, signed_in
from app.directory import places
from app.directory import vocabulary as terms
from app.directory.curation import duplicates, forms, merging, paging, sides, standing

AnyRequest = Request[Any, Any, Any]

SHOWN = {"found": N_("To be decided"), "different": N_("Different"), "merged": N_("Merged")}


@get("/organisations/alike", guards=[signed_in])
async def alike(request: AnyRequest) -> Response[Any]:
    """What of the directory looks like what is being typed; a part of the page for a new organisation."""
    asked = request.query_params
    found = await duplicates.likely(
        asked.get("name", "")[:200],
        website=asked.get("website", "")[:300],
        enterprise_code=asked.get("enterprise_code", "")[:40],
    )
    return page(
        request,
        "directory/curation/alike.html",
        fragment="alike",
        likely=found,
        terms=terms,
        place_label=places.place_label,
    )


@get("/staff/duplicates", guards=[role("moderator")])
async def queue(request: AnyRequest) -> Response[Any]:
    asked = paging.asked(request, SHOWN)
    return page(
        request,
        "directory/curation/queue_duplicates.html",
        queue=paging.cut(
            asked, await duplicates.pairs_queue(asked.shown, asked.offset, asked.q), duplicates.PAGE, SHOWN
        ),
        reasons=terms.DUPLICATE_REASONS,
        kinds=terms.KINDS,
    )


@post("/staff/duplicates", guards=[role("moderator")], status_code=200)
async def different(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """The ticked pairs are no duplicates."""
    form = await read_form(request, forms.Different)
    pairs = [found for text in form.raw_list("pairs") if (found := _uuid(text))]
    try:
        count = await duplicates.say_different(actor, pairs, form.value.words if form.value else "")
    except Conflict as error:
        return done(request, to="/staff/duplicates", message=error.text())
    message = ngettext("%(num)s pair will not be shown again.", "%(num)s pairs will not be shown again.", count)
    return done(request, to="/staff/duplicates", message=message if pairs else _("Nothing was ticked."))


@post("/staff/duplicates/{pair:uuid}/again", guards=[role("moderator")], status_code=200)
async def again(request: AnyRequest, actor: NamedDependency[Actor], pair: FromPath[UUID]) -> Response[Any]:
    await duplicates.look_again(actor, pair)
    return done(request, to="/staff/duplicates?show=different", message=_("The pair is in the queue again."))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# --- side by side ---------------------------------------------------------------------------------------------


async def _sides(request: AnyRequest, first: UUID, second: UUID, *, problem: str = "", status: int = 200) -> Any:
    one, other = await sides.profile_row(first), await sides.profile_row(second)
    lines = sides.lines(one, other)
    return page(
        request,
        "directory/curation/merge.html",
        status=status,
        kept=one,
        merged=other,
        owners=(await standing.owners_of(first), await standing.owners_of(second)),
        lines=[line for line in lines if not line.same],
        same=[line for line in lines if line.same],
        days=merging.UNDO_DAYS,
        problem=problem,
    )


@get("/staff/merge/{kept:uuid}/{merged:uuid}", guards=[role("moderator")])
async def side_by_side(request: AnyRequest, kept: FromPath[UUID], merged: FromPath[UUID]) -> Response[Any]:
    """Two profiles, field by field; the first stays. The link to swap them leads to the other order."""
    if kept == merged:
        raise NotFound
    found: Response[Any] = await _sides(request, kept, merged)
    return found


@post("/staff/merge/{kept:uuid}/{merged:uuid}", guards=[role("moderator")], status_code=200)
async def merge(
    request: AnyRequest, actor: NamedDependency[Actor], kept: FromPath[UUID], merged: FromPath[UUID]
) -> Response[Any]:
    data = await request.form()
    choices = {str(name)[6:]: str(value) for name, value in data.multi_items() if str(name).startswith("field.")}
    words = str(data.get("words") or "")[:2000]
    try:
        await db.retrying(lambda: merging.merge_organisations(actor, kept, merged, choices, words))
    except Conflict as error:
        found: Response[Any] = await _sides(request, kept, merged, problem=error.text(), status=409)
        return found
    row = await sides.profile_row(kept)
    return done(
        request,
        to=f"/organisations/{row['slug']}",
        message=_("The two profiles are one now. You can undo this for 30 days under Merges."),
    )


@get("/staff/merges", guards=[role("moderator")])
async def merges(request: AnyRequest) -> Response[Any]:
    asked = paging.asked(request, {"standing": N_("Merged"), "undone": N_("Undone")})
    return page(
        request,
        "directory/curation/queue_merges.html",
        queue=paging.cut(
            asked,
            await merging.merges_of(asked.shown, asked.offset),
            merging.PAGE,
            {"standing": N_("Merged"), "undone": N_("Undone")},
        ),
    )


@post("/staff/merges/{merge_id:uuid}/undo", guards=[role("moderator")], status_code=200)
async def undo(request: AnyRequest, actor: NamedDependency[Actor], merge_id: FromPath[UUID]) -> Response[Any]:
    try:
        slug = await db.retrying(lambda: merging.undo_merge(actor, merge_id))
    except Conflict as error:
        return done(request, to="/staff/merges", message=error.text())
    return done(request, to=f"/organisations/{slug}", message=_("The two profiles stand by themselves again."))


handlers = [alike, queue, different, again, side_by_side, merge, merges, undo]
