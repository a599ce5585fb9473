"""What every queue of the department has: filters as tabs, pages by number of rows, addresses of its neighbours."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request

from app.core.i18n import Phrase

MOST_ROWS = 100_000


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A state of a queue, from its address."""

    path: str
    shown: str
    offset: int = 0
    q: str = ""

    def url(self, **changed: Any) -> str:
        state = msgspec.structs.replace(self, **{"offset": 0, **changed})
        pairs = {"show": state.shown}
        if state.q:
            pairs["q"] = state.q
        if state.offset:
            pairs["from"] = str(state.offset)
        return f"{state.path}?{urlencode(pairs)}"


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a queue as templates show it."""

    asked: Asked
    rows: list[dict[str, Any]]
    tabs: list[dict[str, Any]]
    previous: str | None
    next: str | None

    @property
    def shown(self) -> str:
        return self.asked.shown


def asked(request: Request[Any, Any, Any], shown: Mapping[str, Phrase]) -> Asked:
    """The state that the address means; what means nothing is the beginning."""
    wanted = request.query_params.get("show", "")
    start = request.query_params.get("from", "")
    return Asked(
        path=request.scope["path"],
        shown=wanted if wanted in shown else next(iter(shown)),
        offset=min(int(start), MOST_ROWS) if start.isascii() and start.isdigit() and len(start) < 9 else 0,
        q=request.query_params.get("q", "")[:120].strip(),
    )


def cut(state: Asked, rows: list[dict[str, Any]], most: int, shown: Mapping[str, Phrase]) -> Queue:
    """`rows`, of which one more than a page may be there, with the way to the pages beside."""
    return Queue(
        asked=state,
        rows=rows[:most],
        tabs=[
            {"label": phrase.text(), "href": state.url(shown=name), "current": name == state.shown}
            for name, phrase in shown.items()
        ],
        previous=state.url(offset=max(state.offset - most, 0)) if state.offset else None,
        next=state.url(offset=state.offset + most) if len(rows) > most else None,
    )
