"""Looks through an uploaded PDF file: whole, open, not too long, and with nothing in it that acts by itself.

The file is kept to the byte, because a digital signature on it would not survive being written anew. Runs in a process
of its own (see confined.py) and knows nothing of the application.
"""

from pathlib import Path
from typing import Any

import pikepdf

from app.core.files.pictures import Refused

MOST_PAGES = 500
MOST_OBJECTS = 300_000
_ACTING = frozenset(
    {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition", "/Movie", "/GoTo3DView", "/RichMediaExecute"}
)
"""Actions that run something, start a program or send something away."""
_PLAYING = frozenset({"/RichMedia", "/3D", "/Screen", "/Movie", "/Sound"})
"""Annotations that bring a player with them."""
_ENDS_WITHIN = 2048


def look_through(source: Path) -> dict[str, Any]:
    """What the PDF file is; raises Refused with the code of the first thing that speaks against it."""
    with source.open("rb") as file:
        if not file.read(5).startswith(b"%PDF-"):
            raise Refused("no_pdf")
        file.seek(max(0, source.stat().st_size - _ENDS_WITHIN))
        if b"%%EOF" not in file.read():
            raise Refused("damaged")
    try:
        with pikepdf.open(source, attempt_recovery=False, suppress_warnings=True) as pdf:
            return _looked_through(pdf, source.stat().st_size)
    except pikepdf.PasswordError as error:
        raise Refused("locked") from error
    except (MemoryError, RecursionError) as error:
        raise Refused("too_hard") from error
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise Refused("damaged") from error


def _looked_through(pdf: pikepdf.Pdf, size: int) -> dict[str, Any]:
    if pdf.is_encrypted:
        raise Refused("locked")
    if len(pdf.objects) > MOST_OBJECTS:
        raise Refused("too_hard")
    for found in pdf.objects:
        _judge(found)
    pages = len(pdf.pages)
    if pages == 0:
        raise Refused("damaged")
    if pages > MOST_PAGES:
        raise Refused("too_many_pages")
    return {
        "media_type": "application/pdf",
        "width": None,
        "height": None,
        "pages": pages,
        "variants": {"file.pdf": size},
    }


def _judge(top: pikepdf.Object) -> None:
    """One object with everything that lies directly in it; what it points to is in the list by itself."""
    waiting = [top]
    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.Array):
            waiting.extend(item for item in one if isinstance(item, pikepdf.Object) and not item.is_indirect)
            continue
        if not isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            continue
        keys = set(one.keys())
        if "/JS" in keys or _name(one, "/S") in _ACTING or "/XFA" in keys or _name(one, "/Subtype") in _PLAYING:
            raise Refused("acting")
        if "/EF" in keys or "/EmbeddedFiles" in keys or _name(one, "/Type") == "/EmbeddedFile":
            raise Refused("carrying")
        for key in keys:
            inner = one.get(key)
            if isinstance(inner, pikepdf.Object) and not inner.is_indirect:
                waiting.append(inner)


def _name(one: pikepdf.Object, key: str) -> str:
    value = one.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""
