"""Taking a deck along, where a link allows it: its pages as a PDF of pictures, the reader's name on each.

The startup sees that it happened; whoever presses the button is told so beside it.
"""

import asyncio
import io
from typing import Any

from fpdf import FPDF

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_
from app.core.limits import hit
from app.dealflow import leaves
from app.dealflow.links import LinkOver

PER_HOUR = 6
POINTS = 0.48
"""Of a drawn page's points: some 150 to the inch, as projectors show it."""

Row = dict[str, Any]


class StillDrawn(Conflict):
    message = N_("The pages are still being prepared. Please try again in a minute.")


async def take(link: Row, words: str) -> bytes:
    """The deck's pages as one file, `words` on each. Counted on the link before anything is given out.

    Raises NotFound where the link does not allow it, StillDrawn, TooMany, LinkOver when it was taken back meanwhile.
    """
    if not link["may_download"]:
        raise NotFound
    if link["drawn"] < link["pages"]:
        raise StillDrawn
    await hit("dealflow.download", link["id"], PER_HOUR, 3600)
    pages = [
        await leaves.marked(link, number, words, "JPEG")
        for number in range(1, link["pages"] + 1)
        if link["shapes"][2 * number - 2]
    ]
    counted = await db.execute(
        "UPDATE deck_link SET downloads = downloads + 1, downloaded_at = now()"
        " WHERE id = $1 AND ended_at IS NULL AND expires_at > now() AND may_download",
        link["id"],
    )
    if not counted:
        raise LinkOver
    shapes = [
        (link["shapes"][place], link["shapes"][place + 1])
        for place in range(0, len(link["shapes"]), 2)
        if link["shapes"][place]
    ]
    return await asyncio.to_thread(_bound, link["title"], pages, shapes)


def _bound(title: str, pages: list[bytes], shapes: list[tuple[int, int]]) -> bytes:
    paper = FPDF(unit="pt")
    paper.set_auto_page_break(False)
    paper.set_title(title)
    for page, (width, height) in zip(pages, shapes, strict=True):
        size = (width * POINTS, height * POINTS)
        paper.add_page(format=size)
        paper.image(io.BytesIO(page), x=0, y=0, w=size[0], h=size[1])
    return bytes(paper.output())
