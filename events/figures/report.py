"""The report after an event: every number with its definition, as a page and as PDF."""

from datetime import datetime
from typing import Any

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from app.core.i18n import N_, current_locale, gettext, pick
from app.core.templating import format_date, format_datetime, format_number
from events.figures import asking
from events.figures.sheets import Definition, Sheet
from events.paper import FONTS, GREEN, INK, MUTED, place_of

DEFINITIONS = (
    Definition(
        N_("Have registered"),
        N_("Registrations that were ever made, whatever became of them. A delegation's members count one each."),
    ),
    Definition(
        N_("Confirmed"),
        N_("People with a place now: each registration counts as many as its party says."),
    ),
    Definition(
        N_("Have come"),
        N_("People let in at any door: each ticket counts as many as its party says, once for the whole event."),
    ),
    Definition(
        N_("Visits"),
        N_("Times that somebody went in through any door, again and again. Scans taken back do not count."),
    ),
    Definition(
        N_("Outcomes"),
        N_("What people concerned said came of meetings here; confirmed are those that both sides agree on."),
    ),
)

_WRAP = 74
"""Letters of a cell that are printed; a table is no place for more."""


async def sheets(event: Any) -> list[Sheet]:
    """All tables of the report that say anything, in reading order."""
    found = [
        await asking.by_type(event["id"]),
        await asking.by_zone(event["id"]),
        await asking.villages(event["id"]),
        await asking.arrivals(event["id"]),
        await asking.sessions(event["id"]),
        await asking.by_province(event["id"]),
        await asking.by_source(event["id"]),
        await asking.outcomes(event["id"]),
    ]
    return [sheet for sheet in found if sheet.rows]


def report_pdf(event: Any, head: dict[str, int], tables: list[Sheet], made_at: datetime) -> bytes:
    """The report on A4 in the current language. Slow work: called in a thread."""
    pdf = FPDF(format="A4")
    pdf.set_margins(18, 18, 18)
    pdf.set_auto_page_break(True, 18)
    for style, name in (("", "Regular"), ("B", "Bold")):
        pdf.add_font("Be Vietnam Pro", style, FONTS / f"BeVietnamPro-{name}.ttf")
    pdf.set_text_shaping(True)
    title = pick(event["title_vi"], event["title_en"])
    pdf.set_title(f"{gettext('Event report')}: {title}")
    pdf.set_lang(current_locale())
    pdf.set_creation_date(made_at)
    pdf.add_page()
    _line(pdf, gettext("Event report"), 11, MUTED)
    _line(pdf, title, 20, GREEN, bold=True)
    _line(pdf, f"{format_date(event['starts_at'])} – {format_date(event['ends_at'])}", 11, INK)
    _line(pdf, place_of(event), 11, INK)
    pdf.ln(4)
    for label, value in headline(head):
        _line(pdf, f"{label}: {format_number(value)}", 12, INK, bold=True)
    for table in tables:
        _table(pdf, table)
    pdf.ln(4)
    _line(pdf, gettext("What the numbers mean"), 13, GREEN, bold=True)
    for definition in DEFINITIONS:
        _line(pdf, f"{definition.term.text()}: {definition.meaning.text()}", 9.5, INK)
    pdf.ln(3)
    _line(pdf, gettext("Counted on %(time)s.", time=format_datetime(made_at)), 9, MUTED)
    return bytes(pdf.output())


def headline(head: dict[str, int]) -> list[tuple[str, int]]:
    return [
        (gettext("Have registered"), head["registrations"]),
        (gettext("Confirmed"), head["confirmed"]),
        (gettext("Have come"), head["people"]),
        (gettext("Visits"), head["visits"]),
    ]


def _line(pdf: FPDF, text: str, size: float, color: tuple[int, int, int], *, bold: bool = False) -> None:
    if text:
        pdf.set_font("Be Vietnam Pro", "B" if bold else "", size)
        pdf.set_text_color(*color)
        pdf.multi_cell(0, size * 0.55, text, new_x="LMARGIN", new_y="NEXT")


def _table(pdf: FPDF, sheet: Sheet) -> None:
    pdf.ln(5)
    _line(pdf, sheet.title, 13, GREEN, bold=True)
    pdf.ln(1)
    pdf.set_font("Be Vietnam Pro", "", 9)
    pdf.set_text_color(*INK)
    wide = 3.0 if len(sheet.columns) > 2 else 2.0
    with pdf.table(
        col_widths=(wide, *(1.0 for _column in sheet.columns[1:])),
        text_align=("LEFT", *("RIGHT" for _column in sheet.columns[1:])),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD", color=INK),
        line_height=5,
        padding=0.6,
    ) as table:
        table.row([column.title for column in sheet.columns])
        for row in sheet.rows:
            table.row([_cell(cell) for cell in row])
    if sheet.note:
        _line(pdf, sheet.note, 8.5, MUTED)


def _cell(cell: str | int | None) -> str:
    if cell is None:
        return "–"
    return format_number(cell) if isinstance(cell, int) else cell[:_WRAP]
