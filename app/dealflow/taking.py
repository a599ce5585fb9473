"""Taking a deck along, where a link allows it: its pages as a PDF of pictures, the reader's name on each.

The startup sees that it happened; whoever presses the button is told so beside it.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fpdf import FPDF

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_
from app.core.limits import hit
from app.dealflow import leaves
from app.dealflow.links import LinkOver

PER_HOUR = 6
MOST = 150
"""Pages in a file, which lies in the memory of a web process while it is made. What comes after is read on the page."""
PATIENCE = 20.0
"""Seconds that somebody waits for another one's file before they are told to come again."""
POINTS = 0.48
"""Of a drawn page's points: some 150 to the inch, as projectors show it."""

_lanes: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}

Row = dict[str, Any]


class StillDrawn(Conflict):
    message = N_("The pages are still being prepared. Please try again in a minute.")


class AnotherFirst(Conflict):
    message = N_("Another document is being put together. Please try again in a minute.")


@asynccontextmanager
async def alone() -> AsyncIterator[None]:
    """One file at a time in a process, whoever wants it. Raises AnotherFirst."""
    lane = _lanes.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    try:
        async with asyncio.timeout(PATIENCE):
            await lane.acquire()
    except TimeoutError:
        raise AnotherFirst from None
    try:
        yield
    finally:
        lane.release()


async def take(link: Row, words: str) -> bytes:
    """The deck's first pages as one file, `words` on each. Counted on the link before anything is given out.

    Raises NotFound where the link does not allow it, StillDrawn, TooMany, AnotherFirst, LinkOver when it was taken back
    meanwhile.
    """
    if not link["may_download"]:
        raise NotFound
    if link["drawn"] < link["pages"]:
        raise StillDrawn
    await hit("dealflow.download", link["id"], PER_HOUR, 3600)
    async with alone():
        paper = FPDF(unit="pt")
        paper.set_auto_page_break(False)
        paper.set_title(link["title"])
        for number in range(1, min(link["pages"], MOST) + 1):
            width, height = link["shapes"][2 * number - 2 : 2 * number]
            if width:
                page = await leaves.marked(link, number, words, "JPEG")
                await asyncio.to_thread(_laid, paper, page, (width * POINTS, height * POINTS))
        counted = await db.execute(
            "UPDATE deck_link SET downloads = downloads + 1, downloaded_at = now()"
            " WHERE id = $1 AND ended_at IS NULL AND expires_at > now() AND may_download",
            link["id"],
        )
        if not counted:
            raise LinkOver
        return await asyncio.to_thread(lambda: bytes(paper.output()))


def _laid(paper: FPDF, page: bytes, size: tuple[float, float]) -> None:
    paper.add_page(format=size)
    paper.image(io.BytesIO(page), x=0, y=0, w=size[0], h=size[1])
