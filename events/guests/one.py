"""Everything that an event knows of one registration, for who plans the event."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import NotFound
from app.core.i18n import N_, Phrase, gettext, pick
from app.core.templating import format_datetime
from events import words
from events.asking import asked as forms
from events.asking import filing
from events.asking.schema import in_words
from events.door.reasons import REASONS
from events.guests import certificates, wording

MOST = 200
OUTCOMES: dict[str, Phrase] = {
    "ok": N_("let through"),
    "already": N_("was in already"),
    "refused": N_("not let in"),
    "conflict": N_("a case to be settled"),
    "undone": N_("taken back"),
    "needs_input": N_("asked for something first"),
}
BOOKING: dict[str, Phrase] = {
    "booked": N_("booked"),
    "waiting": N_("in line"),
    "noted": N_("noted"),
    "given_up": N_("given up"),
    "ended": N_("ended"),
}
MAIL_STATE: dict[str, Phrase] = {
    "queued": N_("on its way"),
    "handing_over": N_("being handed over"),
    "sent": N_("sent"),
    "kept": N_("kept here: no mail server"),
    "failed": N_("could not be delivered"),
}


class Everything(msgspec.Struct, frozen=True):
    """One registration with all that hangs on it."""

    row: asyncpg.Record
    answers: list[tuple[str, str]]
    files: list[tuple[str, str, str]]
    history: list[dict[str, Any]]
    mails: list[asyncpg.Record]
    scans: list[asyncpg.Record]
    sessions: list[asyncpg.Record]
    prints: list[asyncpg.Record]
    acts: list[asyncpg.Record]
    tags: list[str]
    certificates: list[asyncpg.Record]


_ROW = """
SELECT r.*, t.code AS type_code, t.title_vi AS type_vi, t.title_en AS type_en, t.role, d.name AS delegation_name,
       v.code AS voucher_code, m.name AS made_by_name, o.name AS overbooked_name,
       (SELECT n.full_name FROM registration n WHERE n.id = r.replaced_by AND n.event = r.event) AS replaced_name
FROM registration r JOIN ticket_type t ON t.id = r.ticket_type LEFT JOIN delegation d ON d.id = r.delegation
LEFT JOIN event_voucher v ON v.id = r.voucher LEFT JOIN person m ON m.id = r.registered_by
LEFT JOIN person o ON o.id = r.overbooked_by WHERE r.id = $1 AND r.event = $2
"""
_SCANS = """
SELECT s.received_at, s.at, s.direction, s.outcome, s.reason, s.device_name, s.offline, c.name_vi, c.name_en
FROM scan s LEFT JOIN checkpoint c ON c.id = s.checkpoint WHERE s.registration = $1
ORDER BY s.received_at DESC LIMIT 200
"""
_SESSIONS = """
SELECT b.status, b.made_at, s.title_vi, s.title_en, s.starts_at, b.clash IS NOT NULL AS clashes FROM agenda_booking b
JOIN agenda_session s ON s.id = b.session WHERE b.registration = $1 ORDER BY s.starts_at NULLS LAST, b.id LIMIT 200
"""
_MAILS = """
SELECT id, subject, state, created_at, sent_at, to_address FROM mail
WHERE (message_key >= $1 AND message_key < $2) OR (message_key >= $3 AND message_key < $4)
ORDER BY created_at DESC LIMIT 200
"""
_ACTS = """
SELECT a.id, a.act, a.created_at, f.fate, p.name AS by_name FROM guest_fate f JOIN guest_act a ON a.id = f.act
JOIN person p ON p.id = a.created_by WHERE f.registration = $1 ORDER BY a.created_at DESC LIMIT 50
"""
_PRINTS = """
SELECT b.printed_at, b.place, b.reason, p.name AS by_name FROM badge_print b LEFT JOIN person p ON p.id = b.by
WHERE b.registration = $1 ORDER BY b.printed_at DESC LIMIT 50
"""


async def everything(event: UUID, registration: UUID) -> Everything:
    """All that is known, in as many questions whatever there is. Raises NotFound."""
    row = await db.fetchrow(_ROW, registration, event)
    if row is None:
        raise NotFound
    tags = await db.fetch("SELECT tag FROM guest_tag WHERE registration = $1 ORDER BY tag", registration)
    questions = await forms.columns(event)
    return Everything(
        row=row,
        answers=[
            (question.label, in_words(question, row["answers"].get(question.code)))
            for question in questions
            if question.code in row["answers"] and question.kind != "file"
        ],
        files=filing.links(questions, row["answers"]),
        history=await _history(registration),
        mails=await db.fetch(
            _MAILS, *(f"{kind}:{registration}{end}" for kind in ("events", "message") for end in (":", ";"))
        ),
        scans=await db.fetch(_SCANS, registration),
        sessions=await db.fetch(_SESSIONS, registration),
        prints=await db.fetch(_PRINTS, registration),
        acts=await db.fetch(_ACTS, registration),
        tags=[tag["tag"] for tag in tags],
        certificates=await certificates.of(registration),
    )


async def _history(registration: UUID) -> list[dict[str, Any]]:
    rows = await db.fetch(
        "SELECT c.from_status, c.to_status, c.reason, c.changed_at, p.name FROM registration_change c"
        " LEFT JOIN person p ON p.id = c.by WHERE c.registration = $1 ORDER BY c.id DESC LIMIT 200",
        registration,
    )
    return [
        {
            "title": _step(row["from_status"], row["to_status"]),
            "at": format_datetime(row["changed_at"]),
            "text": " · ".join(
                part for part in (row["name"] or gettext("the system or the guest"), row["reason"]) if part
            ),
        }
        for row in rows
    ]


def _step(before: str | None, after: str) -> str:
    now = words.REGISTRATION_STATUS[after].text()
    if before in (None, after):
        return now
    return f"{words.REGISTRATION_STATUS[before].text()} → {now}"


def outcome(row: asyncpg.Record) -> str:
    """What came of a scan, with its reason as the door says it."""
    said = OUTCOMES[row["outcome"]].text() if row["outcome"] in OUTCOMES else str(row["outcome"])
    return f"{said}: {REASONS[row['reason']].text()}" if row["reason"] in REASONS else said


def facts(row: asyncpg.Record) -> list[tuple[str, str]]:
    """The registration's own columns in words, where something stands in them."""
    known = [
        (gettext("E-mail"), row["email"]),
        (gettext("Phone"), row["phone"]),
        (gettext("Organisation"), row["organisation"]),
        (gettext("Ticket"), pick(row["type_vi"], row["type_en"])),
        (gettext("People on it"), str(row["party"]) if row["party"] > 1 else ""),
        (gettext("Registered"), format_datetime(row["registered_at"])),
        (gettext("Registered through"), wording.source_label(row["source"])),
        (gettext("Registered by"), row["made_by_name"] or ""),
        (gettext("Delegation"), row["delegation_name"] or ""),
        (gettext("Invitation"), row["voucher_code"] or ""),
        (gettext("Paid"), format_datetime(row["paid_at"]) if row["paid_at"] else ""),
        (gettext("Let in beyond the places"), row["overbooked_name"] or ""),
        (gettext("Replaced by"), row["replaced_name"] or ""),
        (gettext("Language"), wording.LANGUAGES[row["locale"]].text() if row["locale"] in wording.LANGUAGES else ""),
        (gettext("Wants news"), gettext("Yes") if row["news_consent_at"] else gettext("No")),
    ]
    return [(label, value) for label, value in known if value]
