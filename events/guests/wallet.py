"""The ticket as a picture: it fills a phone's screen, and is found among the photos when there is no network."""

from typing import Any

from fpdf import FPDF

from app.core.i18n import current_locale, gettext, pick
from app.core.templating import format_datetime
from events import paper
from events.badges.drawing import Look, picture, text_in
from events.paper import FONTS, GREEN, INK, MUTED, OCHRE, draw_qr

WIDTH = 1080
"""Pixels; a phone's screen is nine by sixteen."""
CARD_WIDTH, CARD_HEIGHT, EDGE = 90.0, 160.0, 7.0
QR_SIDE, QR_TOP = 62.0, 75.0
_BAND = 32.0
_WHITE, _PALE = (255, 255, 255), (196, 221, 213)


def ticket_png(row: Any, code: str) -> bytes:
    """The ticket drawn as PNG in the current language: who and what above, the code large below. Slow."""
    return picture(card_pdf(row, code), WIDTH)


def card_pdf(row: Any, code: str) -> bytes:
    """The same as one page of a phone's proportions. White stays around the code, as scanners want it."""
    pdf = FPDF(unit="mm", format=(CARD_WIDTH, CARD_HEIGHT))
    pdf.set_auto_page_break(False)
    for style, name in (("", "Regular"), ("B", "Bold")):
        pdf.add_font("Be Vietnam Pro", style, FONTS / f"BeVietnamPro-{name}.ttf")
    pdf.set_text_shaping(True)
    pdf.set_lang(current_locale())
    pdf.set_creation_date(row["registered_at"])
    pdf.add_page()
    pdf.set_fill_color(*GREEN)
    pdf.rect(0, 0, CARD_WIDTH, _BAND, style="F")
    pdf.set_fill_color(*OCHRE)
    pdf.rect(0, _BAND, CARD_WIDTH, 1.2, style="F")
    inner = CARD_WIDTH - 2 * EDGE
    for text, top, height, look in (
        ("Kết Nối", 4.0, 4.5, Look(sizes=(9, 9), color=_PALE, bold=False, lines=1)),
        (pick(row["title_vi"], row["title_en"]), 9.0, 20.5, Look(sizes=(17, 9), color=_WHITE, lines=3, middle=True)),
        (_when(row), 35.0, 5.0, Look(sizes=(10, 7), color=INK, bold=False, lines=1)),
        (paper.place_of(row), 40.0, 6.5, Look(sizes=(9, 6), color=MUTED, bold=False, lines=2)),
        (row["full_name"], 47.5, 13.0, Look(sizes=(20, 8), color=INK, lines=2, middle=True)),
        (row["organisation"], 60.5, 4.5, Look(sizes=(9, 6), color=MUTED, bold=False, lines=1)),
        (_kind(row), 65.0, 5.0, Look(sizes=(11, 7), color=GREEN, lines=1)),
        (f"{row['code'][:4]} {row['code'][4:]}", QR_TOP + QR_SIDE + 5, 9.0, Look(sizes=(20, 12), color=INK, lines=1)),
        (gettext("Show this code at the door."), QR_TOP + QR_SIDE + 14.5, 6, Look(sizes=(9, 7), bold=False, lines=1)),
    ):
        if text:
            text_in(pdf, text, (EDGE, top, inner, height), look)
    draw_qr(pdf, code, (CARD_WIDTH - QR_SIDE) / 2, QR_TOP, QR_SIDE)
    return bytes(pdf.output())


def _when(row: Any) -> str:
    return f"{format_datetime(row['starts_at'])} – {format_datetime(row['ends_at'])}"


def _kind(row: Any) -> str:
    kind = pick(row["type_vi"], row["type_en"])
    return f"{kind} × {row['party']}" if row["party"] > 1 else kind
