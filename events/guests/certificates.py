"""Certificates of attendance: only for who was let in by a door, checked by a link, revoked with a reason."""

import secrets
from typing import Any
from uuid import UUID

import asyncpg
from fpdf import FPDF

from app.core import db
from app.core.clock import VIETNAM
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import REQUIRED
from app.core.i18n import N_, current_locale, gettext, pick
from app.core.settings import get_settings
from app.core.templating import format_date
from app.core.text import clean_line
from app.core.web import Actor
from events.paper import FONTS, GREEN, INK, MUTED, OCHRE, draw_qr

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 20
TAKEN_BACK = "–"
WIDTH, HEIGHT, MARGIN = 297, 210, 24
QR_SIZE = 34


class NotThere(Conflict):
    message = N_("No door has let this ticket in: without a check-in there is no certificate.")


async def issue(actor: Actor, registration: UUID) -> str:
    """The code of a guest's certificate, a new one where there is none. Raises NotThere."""
    fates = await issue_many(actor, [registration])
    if fates.get(registration) == "not_came":
        raise NotThere
    code: str = await db.fetchval(
        "SELECT code FROM event_certificate WHERE registration = $1 AND revoked_at IS NULL", registration
    )
    return code


_CAME = """
SELECT r.id, r.full_name, (SELECT min(a.admitted_at) FROM admission a WHERE a.registration = r.id
    AND a.voided_at IS NULL) AS came_at FROM registration r WHERE r.id = ANY ($1)
"""


async def issue_many(actor: Actor, registrations: list[UUID]) -> dict[UUID, str]:
    """Issue to whoever came and has none; what became of each: certified, not_came, unchanged. Twice issues once."""
    rows = await db.fetch(_CAME, registrations)
    came = [row for row in rows if row["came_at"] and row["full_name"]]
    made = await db.fetch(
        "INSERT INTO event_certificate (id, registration, code, name, came_at, issued_at, issued_by)"
        " SELECT gen_random_uuid(), given.r, given.code, given.name, given.came, now(), $5"
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS given(r, code, name, came)"
        " ON CONFLICT (registration) WHERE revoked_at IS NULL DO NOTHING RETURNING registration",
        [row["id"] for row in came],
        ["".join(secrets.choice(LETTERS) for _n in range(LENGTH)) for _row in came],
        [row["full_name"] for row in came],
        [row["came_at"] for row in came],
        actor.id,
    )
    fates = {row["id"]: "unchanged" if row["came_at"] else "not_came" for row in rows}
    return fates | {row["registration"]: "certified" for row in made}


async def take_back(actor: Actor, act: UUID, registrations: list[UUID]) -> None:
    """Undo issuing: nobody has the links yet, or they say from now on that the certificate does not hold."""
    await db.execute(
        "UPDATE event_certificate c SET revoked_at = now(), revoked_by = $3, revoked_reason = $4 FROM guest_act a"
        " WHERE a.id = $1 AND c.registration = ANY ($2) AND c.revoked_at IS NULL AND c.issued_at >= a.created_at",
        *(act, registrations, actor.person_id, TAKEN_BACK),
    )


async def revoke(actor: Actor, event: UUID, registration: UUID, reason: str) -> None:
    """A certificate holds no more; its link says so. Raises Invalid without a reason, NotFound without one."""
    reason = clean_line(reason)[:300]
    if not reason:
        raise Invalid(fields={"reason": REQUIRED})
    changed = await db.execute(
        "UPDATE event_certificate c SET revoked_at = now(), revoked_by = $3, revoked_reason = $4 FROM registration r"
        " WHERE c.registration = $1 AND r.id = c.registration AND r.event = $2 AND c.revoked_at IS NULL",
        *(registration, event, actor.person_id, reason),
    )
    if not changed:
        raise NotFound


async def shown(code: str) -> asyncpg.Record:
    """What a certificate's link shows, of a revoked one too: name, event, day. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT c.code, c.name, c.came_at, c.issued_at, c.revoked_at, e.slug, e.title_vi, e.title_en, e.starts_at,"
        " e.ends_at, e.venue, e.sample OR r.sample AS sample FROM event_certificate c"
        " JOIN registration r ON r.id = c.registration JOIN event e ON e.id = r.event WHERE c.code = $1",
        code[:100].upper(),
    )
    if row is None or not row["name"]:
        raise NotFound
    return row


async def of(registration: UUID) -> list[asyncpg.Record]:
    """All that were issued to a guest, the newest first."""
    return await db.fetch(
        "SELECT code, name, issued_at, revoked_at, revoked_reason FROM event_certificate WHERE registration = $1"
        " ORDER BY issued_at DESC, id",
        registration,
    )


def link(code: str) -> str:
    return f"{get_settings().origin}/certificates/{code}"


def days(row: Any) -> str:
    """The days of the event in words; one where it begins and ends on the same."""
    first, last = (row[name].astimezone(VIETNAM).date() for name in ("starts_at", "ends_at"))
    return format_date(first) if first == last else f"{format_date(first)} – {format_date(last)}"


def certificate_pdf(row: Any) -> bytes:
    """The certificate as one A4 page in the current language; slow, so beside the event loop."""
    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_margins(MARGIN, MARGIN, MARGIN)
    pdf.set_auto_page_break(False)
    for style, name in (("", "Regular"), ("B", "Bold")):
        pdf.add_font("Be Vietnam Pro", style, FONTS / f"BeVietnamPro-{name}.ttf")
    pdf.set_text_shaping(True)
    title = pick(row["title_vi"], row["title_en"])
    pdf.set_title(gettext("Certificate of attendance: %(title)s", title=title))
    pdf.set_lang(current_locale())
    pdf.set_creation_date(row["issued_at"])
    pdf.add_page()
    for inset, colour, line in ((9, GREEN, 1.2), (12, OCHRE, 0.5)):
        pdf.set_draw_color(*colour)
        pdf.set_line_width(line)
        pdf.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)
    pdf.set_y(34)
    _line(pdf, gettext("Certificate of attendance"), 26, GREEN, bold=True)
    pdf.ln(7)
    _line(pdf, gettext("This is to certify that"), 13, MUTED)
    pdf.ln(3)
    name = row["name"]
    _line(pdf, name, 30 if len(name) <= 34 else 22 if len(name) <= 60 else 15, INK, bold=True)
    pdf.ln(3)
    _line(pdf, gettext("attended"), 13, MUTED)
    pdf.ln(3)
    _line(pdf, title, 20 if len(title) <= 60 else 14, INK, bold=True)
    _line(pdf, " · ".join(part for part in (days(row), row["venue"]) if part), 13, INK)
    if row["sample"]:
        _line(pdf, gettext("Sample data"), 12, OCHRE, bold=True)
    draw_qr(pdf, link(row["code"]), WIDTH - MARGIN - QR_SIZE, HEIGHT - MARGIN - QR_SIZE, QR_SIZE)
    pdf.set_xy(MARGIN, HEIGHT - MARGIN - 20)
    _line(pdf, gettext("Whether it holds can be seen at any time at"), 10, MUTED, align="L")
    _line(pdf, link(row["code"]), 10, INK, bold=True, align="L")
    _line(
        pdf,
        gettext("Issued on %(day)s", day=format_date(row["issued_at"].astimezone(VIETNAM).date())),
        10,
        MUTED,
        align="L",
    )
    return bytes(pdf.output())


def _line(
    pdf: FPDF, text: str, size: float, colour: tuple[int, int, int], *, bold: bool = False, align: str = "C"
) -> None:
    pdf.set_font("Be Vietnam Pro", "B" if bold else "", size)
    pdf.set_text_color(*colour)
    width = 0 if align == "C" else WIDTH - 2 * MARGIN - QR_SIZE - 6
    pdf.multi_cell(width, size * 0.5, text, align=align, new_x="LMARGIN", new_y="NEXT")
