"""The history of a profile for its members: who changed what and when, and taking a change back."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.directory import access, history, undoing, views

AnyRequest = Request[Any, Any, Any]
PAGE = 50


@get("/organisations/{slug:str}/history", guards=[signed_in])
async def history_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Who changed what and when, for members; strangers do not find the page."""
    return await _drawn(request, await access.member_organisation_for(actor, slug))


@post("/organisations/{slug:str}/history/{change_id:int}/undo", guards=[signed_in], status_code=200)
async def undo(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], change_id: FromPath[int]
) -> Response[Any]:
    """Take one change back; what was changed again since is left, and said."""
    seen = await access.editable_organisation_for(actor, slug)
    try:
        await undoing.undo(actor, seen.id, change_id)
    except Conflict as error:
        return await _drawn(request, seen, refusal=error.text(), status=409)
    now_at = await access.organisation_by_id_for(actor, seen.id)
    return done(request, to=f"/organisations/{now_at.slug}/history", message=_("Taken back."))


async def _drawn(request: AnyRequest, seen: access.Seen, *, refusal: str = "", status: int = 200) -> Response[Any]:
    before = request.query_params.get("before", "")
    field = request.query_params.get("field", "")[:80]
    found = await history.changes_of(
        seen.id,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None,
        field=field,
        limit=PAGE + 1,
    )
    further = f"/organisations/{seen.slug}/history?before={found[PAGE - 1]['id']}" if len(found) > PAGE else None
    return page(
        request,
        "directory/history.html",
        status=status,
        seen=seen,
        changes=[views.change_of(change) for change in found[:PAGE]],
        field=views.field_label(field) if field else "",
        refusal=refusal,
        next_url=f"{further}&field={field}" if further and field else further,
    )


handlers = [history_page, undo]
