"""JSON of the lists of a profile under /api/v1: adding, changing and ending rows. A profile shows them itself."""

from typing import Any
from uuid import UUID

from litestar import Request, Router, delete, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.forms import read_json
from app.core.web import Actor, signed_in
from app.directory import access, rows
from app.directory.api_types import ROWS_IN, values_sent

AnyRequest = Request[Any, Any, Any]

PATH = "/organisations/{organisation_id:uuid}/lists/{collection:str}"


async def _values(request: AnyRequest, collection: str) -> dict[str, Any]:
    rows.collection_named(collection)
    return values_sent(read_json(await request.body(), ROWS_IN[collection]))


@post(PATH, guards=[signed_in], operation_id="addRow")
async def add(
    request: AnyRequest, actor: NamedDependency[Actor], organisation_id: FromPath[UUID], collection: FromPath[str]
) -> dict[str, Any]:
    """A new row at the end of a list, with the fields that a profile shows of its rows; gives its id."""
    seen = await access.editable_organisation_by_id_for(actor, organisation_id)
    return {"id": await rows.add_row(actor, seen.id, collection, await _values(request, collection))}


@patch(f"{PATH}/{{row_id:uuid}}", guards=[signed_in], operation_id="changeRow")
async def change(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    organisation_id: FromPath[UUID],
    collection: FromPath[str],
    row_id: FromPath[UUID],
) -> dict[str, Any]:
    """Change some fields of a row; those not sent stay. Gives the names of those that changed."""
    seen = await access.editable_organisation_by_id_for(actor, organisation_id)
    values = await _values(request, collection)
    return {"id": row_id, "changed": list(await rows.edit_row(actor, seen.id, collection, row_id, values))}


@delete(f"{PATH}/{{row_id:uuid}}", guards=[signed_in], operation_id="endRow")
async def end(
    actor: NamedDependency[Actor], organisation_id: FromPath[UUID], collection: FromPath[str], row_id: FromPath[UUID]
) -> None:
    """Take a row off its list; it can be brought back from the history."""
    seen = await access.editable_organisation_by_id_for(actor, organisation_id)
    await rows.end_row(actor, seen.id, collection, row_id)


router = Router("/api/v1", route_handlers=[add, change, end], tags=["organisations"])
