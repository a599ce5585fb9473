"""Draws pages of a PDF file as pictures, so that they can be shown without giving the file away.

Runs in a process of its own (see confined.py) and knows nothing of the application.
"""

from pathlib import Path
from typing import Any

import pypdfium2

from app.core.files.pictures import Refused

LONGEST = 1600
"""Pixels of a page's longer side: sharp on a phone and on a screen, some hundred thousand bytes."""
QUALITY = 82
_LEAST, _MOST_SCALE = 8, 8.0


def draw(source: Path, folder: Path, first: int, count: int) -> dict[str, Any]:
    """Write p<number>.webp for each page; raises Refused when the file or one of these pages cannot be drawn."""
    try:
        with pypdfium2.PdfDocument(source) as document:
            numbers = range(first, min(first + count, len(document) + 1))
            sizes = [_drawn(document[number - 1], folder / f"p{number}.webp") for number in numbers]
    except pypdfium2.PdfiumError as error:
        raise Refused("damaged") from error
    except (MemoryError, OverflowError) as error:
        raise Refused("too_hard") from error
    return {"sizes": sizes}


def _drawn(page: Any, path: Path) -> tuple[int, int]:
    width, height = page.get_size()
    if min(width, height) < _LEAST:
        raise Refused("damaged")
    scale = min(LONGEST / max(width, height), _MOST_SCALE)
    picture = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    picture.thumbnail((LONGEST, LONGEST))
    picture.save(path, "WEBP", quality=QUALITY, method=2)
    page.close()
    return int(picture.width), int(picture.height)
