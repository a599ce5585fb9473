"""Badges as PDF. Slow work: only jobs, downloads and the preview call it, each in a thread of its own."""

import io
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec
import pypdfium2
from fpdf import FPDF

from events.badges.fitting import LINE, fitted
from events.badges.sizes import Size, letters_on
from events.paper import FONTS, draw_qr

FONT = "Be Vietnam Pro"
QR_SIDE = 27.0
"""Millimetres of a QR code: doors read it from 25 on."""
EDGE = 4.5
BAND = 15.0
_INK, _MUTED, _CUT = (16, 32, 28), (75, 92, 87), (205, 212, 210)

_pdfium = threading.Lock()
"""The library that turns PDF into pixels takes one caller at a time."""


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on one badge; an empty text takes no room. `photo` is a picture's bytes."""

    name: str
    organisation: str = ""
    role: str = ""
    colour: tuple[int, int, int] = (11, 79, 67)
    event: str = ""
    line: str = ""
    qr: str = ""
    code: str = ""
    photo: bytes | None = None


def badges_pdf(
    badges: Sequence[Badge], size: Size, title: str, made_at: datetime, tell: Callable[[int], None] | None = None
) -> bytes:
    """All badges, as many on a page as the paper takes; `tell` hears after each page how many are drawn."""
    pdf = FPDF(unit="mm", format=size.page)
    pdf.set_auto_page_break(False)
    for style, name in (("", "Regular"), ("B", "Bold")):
        pdf.add_font(FONT, style, FONTS / f"BeVietnamPro-{name}.ttf")
    pdf.set_text_shaping(True)
    pdf.set_title(title)
    pdf.set_creation_date(made_at)
    for start in range(0, len(badges), size.on_a_page):
        pdf.add_page()
        for place, badge in enumerate(badges[start : start + size.on_a_page]):
            left, top = size.corner(place)
            if size.on_a_page > 1:
                pdf.set_draw_color(*_CUT)
                pdf.set_line_width(0.1)
                pdf.rect(left, top, size.width, size.height)
            _badge(pdf, badge, (left, top, size.width, size.height))
        if tell:
            tell(min(len(badges), start + size.on_a_page))
    return bytes(pdf.output())


def picture(pdf: bytes, width: int) -> bytes:
    """The first page as PNG, `width` pixels wide."""
    with _pdfium, pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        drawn = page.render(scale=width / page.get_size()[0]).to_pil().convert("RGB")
        page.close()
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return out.getvalue()


Box = tuple[float, float, float, float]
"""Left, top, width and height in millimetres."""


def _badge(pdf: FPDF, badge: Badge, box: Box) -> None:
    """The role's band above, the name large in the middle, QR code and the small print below."""
    left, top, width, height = box
    tall = height > width
    inner = width - 2 * EDGE
    here = top + EDGE
    if badge.event:
        used = text_in(pdf, badge.event, (left + EDGE, here, inner, 9 if tall else 5), Look(sizes=(12, 7), bold=False))
        here += used + (3 if tall else 1)
    if badge.photo and tall:
        side = 30.0
        pdf.image(io.BytesIO(badge.photo), left + (width - side) / 2, here, side, side, keep_aspect_ratio=True)
        here += side + 3
    band = (BAND if tall else 9.0) if badge.role else 0.0
    side = QR_SIDE if badge.qr else 0.0
    if badge.role:
        pdf.set_fill_color(*badge.colour)
        pdf.rect(left, top + height - band, width, band, style="F")
        role = (left + EDGE, top + height - band, inner, band)
        color = letters_on(badge.colour)
        text_in(pdf, badge.role, role, Look(sizes=(22 if tall else 15, 8), color=color, lines=1, middle=True))
    bottom = top + height - band - 2
    if tall:
        _tall(pdf, badge, (left + EDGE, here, inner, bottom - here), side)
    else:
        _wide(pdf, badge, (left + EDGE, here, inner, bottom - here), side)


def _tall(pdf: FPDF, badge: Badge, box: Box, side: float) -> None:
    left, top, width, height = box
    if side:
        foot = 6.0 if badge.code else 1.0
        draw_qr(pdf, badge.qr, left + (width - side) / 2, top + height - side - foot, side)
        _code(pdf, badge, (left, top + height - foot + 0.5, width, foot))
        height -= side + foot + 3
    _words(pdf, badge, (left, top, width, height), largest=38)


def _wide(pdf: FPDF, badge: Badge, box: Box, side: float) -> None:
    left, top, width, height = box
    side = min(side, height - (4.5 if badge.code else 0))
    if side > 0:
        at = left + width - side
        draw_qr(pdf, badge.qr, at, top + height - side - (4.5 if badge.code else 0), side)
        _code(pdf, badge, (at - 3, top + height - 4.2, side + 6, 4.2))
        width -= side + 3
    if badge.photo:
        side = min(22.0, height)
        pdf.image(io.BytesIO(badge.photo), left, top + (height - side) / 2, side, side, keep_aspect_ratio=True)
        left, width = left + side + 2.5, width - side - 2.5
    _words(pdf, badge, (left, top, width, height), largest=30)


def _words(pdf: FPDF, badge: Badge, box: Box, largest: int) -> None:
    """Name, organisation and the event's own line, one below the other in the middle of their box."""
    left, top, width, height = box
    below = [text for text in (badge.organisation, badge.line) if text]
    share = height * (0.62 if below else 1.0)
    parts = [(*_fit(pdf, badge.name, (width, share), (largest, 9), 3, bold=True), True, _INK)]
    for text in below:
        room = (height - share) / len(below)
        parts.append((*_fit(pdf, text, (width, room), (15, 7), 2, bold=False), False, _MUTED))
    whole = sum(len(lines) * size * LINE for size, lines, _bold, _color in parts) + 1.6 * len(below)
    here = top + max(0.0, (height - whole) / 2)
    for size, lines, bold, color in parts:
        here = _lines(pdf, lines, (left, here, width), size, (bold, color)) + 1.6


def _code(pdf: FPDF, badge: Badge, box: Box) -> None:
    if badge.code:
        text_in(pdf, f"{badge.code[:4]} {badge.code[4:]}", box, Look(sizes=(10, 7), lines=1, middle=True))


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How a text is set: its largest and smallest size in points, and on how many lines at most."""

    sizes: tuple[int, int]
    color: tuple[int, int, int] = _MUTED
    bold: bool = True
    lines: int = 2
    middle: bool = False


def text_in(pdf: FPDF, text: str, box: Box, look: Look) -> float:
    """A text in its box, centred from left to right; returns the height it took."""
    left, top, width, height = box
    size, found = _fit(pdf, text, (width, height), look.sizes, look.lines, bold=look.bold)
    used = len(found) * size * LINE
    start = top + (height - used) / 2 if look.middle else top
    _lines(pdf, found, (left, start, width), size, (look.bold, look.color))
    return used


def _fit(
    pdf: FPDF, text: str, box: tuple[float, float], sizes: tuple[int, int], lines: int, *, bold: bool
) -> tuple[float, list[str]]:
    def measure(part: str, size: float) -> float:
        pdf.set_font(FONT, "B" if bold else "", size)
        return float(pdf.get_string_width(part))

    return fitted(text, measure, (box[0] - 2 * float(pdf.c_margin), box[1]), sizes, lines)


def _lines(
    pdf: FPDF,
    lines: Iterable[str],
    place: tuple[float, float, float],
    size: float,
    look: tuple[bool, tuple[int, int, int]],
) -> float:
    left, top, width = place
    bold, color = look
    pdf.set_font(FONT, "B" if bold else "", size)
    pdf.set_text_color(*color)
    for line in lines:
        pdf.set_xy(left, top)
        pdf.cell(width, size * LINE, line, align="C")
        top += size * LINE
    return top
