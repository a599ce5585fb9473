"""What a guest carries: the ticket as PDF and the calendar entry. Slow work, so only jobs and downloads call it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from fpdf import FPDF
from icalendar import Calendar, Event

from app.core.clock import now
from app.core.i18n import ROOT, current_locale, gettext, pick
from app.core.settings import get_settings
from app.core.templating import format_datetime
from app.directory.places import provinces
from events import tickets

FONTS = ROOT / "app" / "static" / "vendor" / "pdf-fonts"
WIDTH, HEIGHT, MARGIN = 148, 210, 14
QR_SIZE = 66
BAND = 34
INK, MUTED, GREEN, OCHRE = (16, 32, 28), (75, 92, 87), (11, 79, 67), (229, 163, 25)


def place_of(row: Any) -> str:
    """Venue, street and province in one line."""
    province = provinces().get(row["province_code"] or "")
    return ", ".join(part for part in (row["venue"], row["address"], province.short_name if province else "") if part)


def ticket_pdf(row: asyncpg.Record, code: str) -> bytes:
    """The ticket as one A5 page in the current language. Long names wrap; letters are shaped, so accents sit right."""
    pdf = FPDF(format=(WIDTH, HEIGHT))
    pdf.set_margins(MARGIN, MARGIN, MARGIN)
    pdf.set_auto_page_break(False)
    for style, name in (("", "Regular"), ("B", "Bold")):
        pdf.add_font("Be Vietnam Pro", style, FONTS / f"BeVietnamPro-{name}.ttf")
    pdf.set_text_shaping(True)
    title = pick(row["title_vi"], row["title_en"])
    pdf.set_title(f"{title} – {row['code']}")
    pdf.set_lang(current_locale())
    pdf.set_creation_date(row["registered_at"])
    pdf.add_page()
    pdf.set_fill_color(*GREEN)
    pdf.rect(0, 0, WIDTH, BAND, style="F")
    pdf.set_fill_color(*OCHRE)
    pdf.rect(0, BAND, WIDTH, 1.4, style="F")
    pdf.set_xy(MARGIN, 9)
    _text(pdf, "Kết Nối", 10, color=(196, 221, 213))
    _text(pdf, _shortened(title, 90), 15 if len(title) < 60 else 12, bold=True, color=(255, 255, 255))
    pdf.set_xy(MARGIN, BAND + 8)
    _text(pdf, f"{format_datetime(row['starts_at'])} – {format_datetime(row['ends_at'])}", 10)
    _text(pdf, _shortened(place_of(row), 160), 10, color=MUTED)
    pdf.ln(4)
    name = _shortened(row["full_name"], 120)
    _text(pdf, name, 20 if len(name) <= 40 else 14, bold=True)
    _text(pdf, _shortened(row["organisation"], 120), 11)
    _text(pdf, pick(row["type_vi"], row["type_en"]), 11, color=GREEN, bold=True)
    top = HEIGHT - MARGIN - QR_SIZE - 22
    draw_qr(pdf, code, (WIDTH - QR_SIZE) / 2, top, QR_SIZE)
    pdf.set_xy(MARGIN, top + QR_SIZE + 4)
    _text(pdf, f"{row['code'][:4]} {row['code'][4:]}", 18, bold=True, align="C")
    _text(pdf, gettext("Show this code at the door, on paper or on your phone."), 9, color=MUTED, align="C")
    return bytes(pdf.output())


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _text(
    pdf: FPDF, text: str, size: float, *, bold: bool = False, color: tuple[int, int, int] = INK, align: str = "L"
) -> None:
    if not text:
        return
    pdf.set_font("Be Vietnam Pro", "B" if bold else "", size)
    pdf.set_text_color(*color)
    pdf.multi_cell(0, size * 0.52, text, align=align, new_x="LMARGIN", new_y="NEXT")


def draw_qr(pdf: FPDF, code: str, left: float, top: float, size: float) -> None:
    """The code as squares, sharp at any size, one rectangle per run of dark modules."""
    rows = tickets.qr_matrix(code)
    side = size / len(rows)
    pdf.set_fill_color(0, 0, 0)
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = x
            while run < len(row) and row[run]:
                run += 1
            if run > x:
                pdf.rect(left + x * side, top + y * side, (run - x) * side, side + 0.02, style="F")
            x = run + 1


def calendar(row: asyncpg.Record, *, cancelled: bool = False) -> bytes:
    """The calendar entry of a registration: one UID for ever, a higher SEQUENCE after each change."""
    entry = Event()
    entry.add("uid", f"{row['id']}@{urlsplit(get_settings().origin).hostname}")
    entry.add("sequence", row["revision"] + (1 if cancelled else 0))
    entry.add("dtstamp", now())
    entry.add("dtstart", _utc(row["starts_at"]))
    entry.add("dtend", _utc(row["ends_at"]))
    entry.add("summary", pick(row["title_vi"], row["title_en"]))
    if place_of(row):
        entry.add("location", place_of(row))
    entry.add("url", f"{get_settings().origin}/events/{row['slug']}")
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    found = Calendar()
    found.add("prodid", "-//Ket Noi//events//VI")
    found.add("version", "2.0")
    found.add("method", "CANCEL" if cancelled else "PUBLISH")
    found.add_component(entry)
    return bytes(found.to_ical())


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
