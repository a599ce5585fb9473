"""Pages of decks as pictures: drawn once by a job, kept beside the file, marked with the reader's name when served."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from PIL import Image, ImageDraw, ImageFont

from app.core import db
from app.core.errors import NotFound
from app.core.files.opening import CannotOpen, open_pages
from app.core.files.storage import Missing, key_of
from app.core.files.where import incoming_folder, storage
from app.core.i18n import ROOT
from app.core.settings import get_settings

log = structlog.get_logger()

BATCH = 8
FONT = ROOT / "app" / "static" / "vendor" / "pdf-fonts" / "BeVietnamPro-SemiBold.ttf"
_lanes: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}

Row = dict[str, Any]


def name_of(page: int) -> str:
    return f"p{page}.webp"


# --- drawing ------------------------------------------------------------------------------------------------------


async def draw(deck: UUID, file: UUID) -> None:
    """Draw what is missing of a deck's file, a few pages at a time, the first one by itself so that it is there soon.

    Goes on where it stopped; a file that was replaced or taken away meanwhile is left.
    """
    row = await _to_draw(deck, file)
    if row is None:
        return
    async with _workshop() as folder:
        source = folder / "file.pdf"
        await _fetched(file, source)
        while row is not None:
            first, count = row["drawn"] + 1, 1 if row["drawn"] == 0 else BATCH
            shapes = await _shapes(source, folder, first, min(count, row["pages"] - row["drawn"]))
            await _keep(deck, file, first, shapes, folder)
            row = await _to_draw(deck, file)


async def _to_draw(deck: UUID, file: UUID) -> Row | None:
    row = await db.fetchrow(
        "SELECT drawn, pages FROM deck WHERE id = $1 AND file = $2 AND ended_at IS NULL AND drawn < pages", deck, file
    )
    return dict(row) if row else None


async def _shapes(source: Path, folder: Path, first: int, count: int) -> list[tuple[int, int]]:
    """Widths and heights of the drawn pages; where one of several cannot be drawn, each by itself, and that one 0."""
    try:
        found = await open_pages(source, folder, first, count)
    except CannotOpen:
        if count == 1:
            return [(0, 0)]
        return [shape for page in range(first, first + count) for shape in await _shapes(source, folder, page, 1)]
    return found + [(0, 0)] * (count - len(found))


async def _keep(deck: UUID, file: UUID, first: int, shapes: list[tuple[int, int]], folder: Path) -> None:
    """The names first and the bytes after them: bytes that no row knows of would never be deleted with the file."""
    drawn = [first + place for place, shape in enumerate(shapes) if shape[0]]
    kept = await db.execute(
        "UPDATE stored_file SET variants = (SELECT array_agg(DISTINCT name) FROM unnest(variants || $2::text[]) name)"
        " WHERE id = $1 AND erased_at IS NULL",
        *(file, [name_of(page) for page in drawn]),
    )
    if not kept:
        return
    for page in drawn:
        await storage().put(key_of(file, name_of(page)), folder / name_of(page))
        (folder / name_of(page)).unlink()
    still = await db.execute(
        "UPDATE deck SET drawn = drawn + $3, shapes = shapes || $4::int[] WHERE id = $1 AND file = $2 AND drawn = $5",
        *(deck, file, len(shapes), [side for shape in shapes for side in shape], first - 1),
    )
    if not still:  # it was replaced or taken away meanwhile, and its bytes were deleted before these came
        for page in drawn:
            await storage().delete(key_of(file, name_of(page)))


@asynccontextmanager
async def _workshop() -> AsyncIterator[Path]:
    parent = incoming_folder(get_settings())
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


async def _fetched(file: UUID, target: Path) -> None:
    with target.open("wb") as out:
        async with aclosing(storage().read(key_of(file, "file.pdf"))) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                await asyncio.to_thread(out.write, piece)


# --- serving ------------------------------------------------------------------------------------------------------


async def plain(deck: Row, page: int) -> bytes:
    """A drawn page as it is, for the startup's own people. Raises NotFound."""
    if not 1 <= page <= deck["drawn"] or not deck["shapes"][2 * page - 2]:
        raise NotFound
    try:
        async with aclosing(storage().read(key_of(deck["file"], name_of(page)))) as pieces:  # type: ignore[type-var]
            return b"".join([piece async for piece in pieces])
    except Missing as error:
        log.error("a drawn page has no bytes", deck=str(deck["file"]), page=page)
        raise NotFound from error


async def marked(deck: Row, page: int, words: str, form: str = "WEBP") -> bytes:
    """A drawn page with `words` drawn into it, all over and readable; two at once in a process."""
    body = await plain(deck, page)
    lane = _lanes.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(2))
    async with lane:
        return await asyncio.to_thread(_marked, body, words, form)


def _marked(body: bytes, words: str, form: str) -> bytes:
    with Image.open(io.BytesIO(body)) as picture:
        page = picture.convert("RGB")
    mask = _mask(page.size, words)
    page.paste((120, 120, 120), (0, 0), mask)
    out = io.BytesIO()
    page.save(out, form, quality=78, **({"method": 0} if form == "WEBP" else {}))
    return out.getvalue()


@lru_cache(16)
def _mask(size: tuple[int, int], words: str) -> Image.Image:
    """How strongly grey covers each point: the words again and again across the page, and once in full at its foot."""
    longest = max(size)
    font = ImageFont.truetype(FONT, max(14, longest // 48))
    small = ImageFont.truetype(FONT, max(11, longest // 90))
    text = words if len(words) <= 60 else words[:59] + "…"
    width = int(font.getlength(text)) + longest // 12
    field = Image.new("L", (longest * 3 // 2, longest * 3 // 2), 0)
    pen = ImageDraw.Draw(field)
    for line, y in enumerate(range(0, field.height, longest // 6)):
        for x in range(-(line % 2) * width // 2, field.width, width):
            pen.text((x, y), text, fill=46, font=font)
    field = field.rotate(24, resample=Image.Resampling.BILINEAR)
    left, top = (field.width - size[0]) // 2, (field.height - size[1]) // 2
    mask = field.crop((left, top, left + size[0], top + size[1]))
    foot = ImageDraw.Draw(mask)
    foot.text((size[0] // 60, size[1] - longest // 45), words[:140], fill=190, font=small)
    return mask
