"""Draws the page of a pipeline: board or table, after a look, a move, or a move that came too late."""

from typing import Any

import msgspec
from litestar import Request, Response

from app.core.forms import Form
from app.core.i18n import pick
from app.core.web import Actor, page, wants_fragment
from app.dealflow import asking, board, pipelines, trail, views
from app.dealflow.access import PipelineSeen
from app.dealflow.asking import Asked
from app.dealflow.moving import MovedMeanwhile

AnyRequest = Request[Any, Any, Any]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A move that came too late, so that it can be repeated as it was meant."""

    error: MovedMeanwhile
    stage: str
    before: str
    after: str


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Which part is drawn: a page of the table, or so many cards of some stages of the board."""

    page: int = 0
    shown: dict[str, int] = {}


FIRST = Look()


async def drawn(
    request: AnyRequest,
    actor: Actor,
    seen: PipelineSeen,
    asked: Asked,
    late: Wanted | None = None,
    look: Look = FIRST,
) -> Response[Any]:
    """The page; with `late` it says who was faster and offers the move again. Nine queries, however many cards; six
    for the board alone."""
    as_table = asked.view == "table"
    rows, total = await board.table_of(seen.id, asked, look.page) if as_table else ([], 0)
    columns = [] if as_table else await board.columns_of(seen.id, asked, look.shown)
    _change, looked_at, new, _newest = await trail.last_looked(seen.id, seen.person)
    # HTMX swaps no 409; the words are the same
    status = 200 if late is None else 422 if wants_fragment(request) else 409
    return page(
        request,
        "dealflow/board.html",
        fragment="board",
        status=status,
        pipeline=seen,
        asked=asked,
        query=asked.query(),
        columns=columns,
        rows=rows,
        total=total if as_table else sum(column.total for column in columns),
        number=look.page,
        pages=(total + board.ROWS - 1) // board.ROWS,
        stages=await stage_options(seen),
        new=new,
        looked_at=looked_at,
        late=late,
        **({} if wants_fragment(request) else await _around(actor, seen)),
    )


async def _around(actor: Actor, seen: PipelineSeen) -> dict[str, Any]:
    """What stands around the board and is not drawn again with it: the choices of the filters, and kept ones."""
    return {
        "team": [(str(row["id"]), row["name"]) for row in await pipelines.team_of(seen.organisation)],
        "sectors": await board.sectors_of(seen.id),
        "due": [(code, label.text()) for code, label in asking.DUE.items()],
        "fits": [(code, label.text()) for code, label in asking.FIT.items()],
        "orders": [(code, label.text()) for code, label in asking.ORDERS.items()],
        "kept": await views.kept_by(actor, seen.id),
        "blank": Form[Any](),
    }


async def stage_options(seen: PipelineSeen) -> list[tuple[str, str]]:
    """The stages as a choice."""
    return [(str(row["id"]), pick(row["name_vi"], row["name_en"])) for row in await pipelines.stages_of(seen.id)]
