"""Opens an uploaded file in a confined process and says what came of it, or why it cannot be taken.

At most two at once in this process, each with little memory and time; whoever waits too long is told that it is busy.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec
import structlog

from app.core.errors import Busy
from app.core.files.purposes import Shape
from app.core.i18n import N_, ROOT, Phrase

log = structlog.get_logger()

AT_ONCE = 2
WAIT_SECONDS = 20.0
OPEN_SECONDS = 30.0

_lanes: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}

WORDS: dict[str, Phrase] = {
    "empty": N_("This file is empty."),
    "too_large": N_("This file is larger than %(megabytes)s MB. Please choose a smaller one."),
    "no_picture": N_("This is not a picture that we can read. Please choose a PNG, JPEG or WebP file."),
    "no_pdf": N_("This is not a PDF file."),
    "no_paper": N_("Please choose a PDF file, or a picture as PNG, JPEG or WebP."),
    "drawing": N_("This is an SVG drawing, which may carry programs. Please save it as PNG and choose that."),
    "phone_format": N_("This picture is in a format of phones (HEIC or AVIF). Please save it as JPEG and choose that."),
    "moving": N_("This picture moves. Please choose a still one."),
    "too_many_pixels": N_("This picture has too many pixels: at most 40 million, for example 8,000 × 5,000."),
    "too_few_pixels": N_("This picture is too small: at least 32 × 32 pixels."),
    "damaged": N_("This file is damaged or incomplete. Please save it anew and try again."),
    "too_hard": N_("We could not open this file in time. Please save it in a simpler form and try again."),
    "locked": N_("This PDF file is protected with a password or against changes. Please save it without protection."),
    "acting": N_("This PDF file carries programs, forms that act or films. Please print it to a new PDF file."),
    "carrying": N_("This PDF file has other files inside. Please save it without attachments."),
    "too_many_pages": N_("This PDF file has more than 500 pages. Please choose a shorter one."),
}
"""What is said for each code of a refusal."""


class CannotOpen(Exception):
    """The file cannot be taken; `code` is one of WORDS."""

    def __init__(self, code: str) -> None:
        self.code = code if code in WORDS else "damaged"
        super().__init__(self.code)


class Opened(msgspec.Struct, frozen=True):
    """What a file turned out to be; `variants` are its names with their bytes, smallest first."""

    media_type: str
    width: int | None
    height: int | None
    pages: int | None
    variants: dict[str, int]


async def open_picture(source: Path, folder: Path, shape: Shape) -> Opened:
    """Draw the picture in `source` into `folder`; raises CannotOpen."""
    order = {"kind": "image", "folder": str(folder), "fit": shape.fit, "sizes": shape.sizes}
    return await _carried_out({**order, "source": str(source)})


async def open_document(source: Path) -> Opened:
    """Look through the PDF file in `source`; raises CannotOpen."""
    return await _carried_out({"kind": "document", "source": str(source)})


async def open_pages(source: Path, folder: Path, first: int, count: int) -> list[tuple[int, int]]:
    """Draw so many pages of the PDF file, from page `first` (1 is the first) on, as `folder`/p<number>.webp.

    Gives their widths and heights; raises CannotOpen when one of them cannot be drawn in time.
    """
    said = await _said({"kind": "pages", "source": str(source), "folder": str(folder), "first": first, "count": count})
    return [(width, height) for width, height in said["sizes"]]


async def _carried_out(order: dict[str, Any]) -> Opened:
    return msgspec.convert(await _said(order), Opened)


async def _said(order: dict[str, Any]) -> dict[str, Any]:
    lane = _lanes.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    try:
        await asyncio.wait_for(lane.acquire(), WAIT_SECONDS)
    except TimeoutError as error:
        raise Busy from error
    try:
        said = await _asked(json.dumps(order))
    finally:
        lane.release()
    if "refused" in said:
        raise CannotOpen(str(said["refused"]))
    return said


async def _asked(order: str) -> dict[str, Any]:
    """Run the process; it gets our code and the order, and no variable of ours."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.core.files.confined", order),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={"PYTHONUTF8": "1", "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            out, errors = await child.communicate()
    except TimeoutError:
        raise CannotOpen("too_hard") from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode == 0:
        return dict(json.loads(out))
    hard = child.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
    log.warning("a file could not be opened", status=child.returncode, said=errors.decode(errors="replace")[-500:])
    raise CannotOpen("too_hard" if hard else "damaged")
