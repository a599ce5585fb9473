"""Named questions for lists: events for everybody, events somebody runs, the guests of an event."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.clock import VIETNAM
from app.core.i18n import gettext, pick
from app.core.text import fold
from app.core.web import Actor
from events import words

UPCOMING = 100
PAGE = 20
GUESTS = 50
_BATCH = 1000
_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})

_CARD = (
    "SELECT e.id, e.slug, e.title_vi, e.title_en, e.starts_at, e.ends_at, e.venue, e.province_code, e.status, e.sample,"
    " (SELECT greatest(0, least(coalesce(sum(greatest(t.capacity - t.sold, 0)), 0), (SELECT min(p.size - p.used)"
    " FROM seat_pool p WHERE p.event = e.id AND p.kind = 'total'))) FROM ticket_type t"
    " WHERE t.event = e.id AND t.visibility = 'public') AS left FROM event e"
)


async def upcoming() -> list[asyncpg.Record]:
    """What is ahead or going on, soonest first."""
    return await db.fetch(
        f"{_CARD} WHERE e.status <> 'draft' AND e.ends_at > now() ORDER BY e.starts_at, e.id LIMIT $1", UPCOMING
    )


class Mark(msgspec.Struct, frozen=True):
    """Where a page of past events ended, by its last event. In an address "2026-11-21T01:00:00Z_<id>"."""

    starts_at: datetime
    id: UUID = UUID(int=0)

    @classmethod
    def read(cls, text: str) -> "Mark | None":
        """None for a text that is no mark. A moment alone will do; without an offset it is Vietnam's time."""
        moment, _line, number = text[:100].partition("_")
        try:
            starts_at, last = datetime.fromisoformat(moment), UUID(number) if number else UUID(int=0)
        except ValueError:
            return None
        if not 1900 <= starts_at.year <= 2200:
            return None
        return cls(starts_at if starts_at.tzinfo else starts_at.replace(tzinfo=VIETNAM), last)

    def __str__(self) -> str:
        return f"{self.starts_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}_{self.id}"


async def past(before: Mark | None) -> list[asyncpg.Record]:
    """What is over, latest first, one more than a page holds; `before` is the end of the page before."""
    return await db.fetch(
        f"{_CARD} WHERE e.status IN ('published', 'closed') AND e.ends_at <= now()"
        " AND ($1::timestamptz IS NULL OR (e.starts_at, e.id) < ($1, $2::uuid)) ORDER BY e.starts_at DESC, e.id DESC"
        " LIMIT $3",
        *(before and before.starts_at, before and before.id, PAGE + 1),
    )


async def run_by(actor: Actor) -> list[asyncpg.Record]:
    """The events this person works for (admins: all), latest first, with their counts."""
    return await db.fetch(
        "SELECT e.id, e.slug, e.title_vi, e.title_en, e.starts_at, e.ends_at, e.venue, e.status, e.sample,"
        " s.role, e.ends_at <= now() AS over,"
        " (SELECT coalesce(sum(t.sold), 0) FROM ticket_type t WHERE t.event = e.id) AS sold,"
        " (SELECT coalesce(sum(t.capacity), 0) FROM ticket_type t WHERE t.event = e.id) AS capacity,"
        " (SELECT count(*) FROM registration r WHERE r.event = e.id AND r.status = 'pending_review') AS pending"
        " FROM event e LEFT JOIN event_staff s ON s.event = e.id AND s.person = $1 AND s.ended_at IS NULL"
        " WHERE s.id IS NOT NULL OR $2 ORDER BY e.starts_at DESC, e.id LIMIT 200",
        *(actor.person_id, actor.has("admin")),
    )


_GUESTS = """
SELECT r.id, r.person, r.full_name, r.email, r.phone, r.organisation, r.status, r.code, r.registered_at, r.sample,
       r.news_consent_at, r.queue_number, t.code AS type_code, t.title_vi AS type_vi, t.title_en AS type_en,
       (SELECT min(a.admitted_at) FROM admission a WHERE a.registration = r.id AND a.voided_at IS NULL) AS came_at
FROM registration r JOIN ticket_type t ON t.id = r.ticket_type
WHERE r.event = $1 AND ($2::uuid IS NULL OR r.id < $2) AND ($3 = '' OR r.status = $3) AND ($4 = '' OR t.code = $4)
  AND r.search_text LIKE ALL ($5)
ORDER BY r.id DESC LIMIT $6
"""


async def guests(
    event: UUID,
    *,
    text: str = "",
    status: str = "",
    kind: str = "",
    before: UUID | None = None,
    count: int = GUESTS + 1,
) -> list[asyncpg.Record]:
    """Registrations of an event, newest first, one more than a page holds."""
    patterns = [f"%{word.translate(_LIKE)}%" for word in fold(text)[:200].split()[:6]] or ["%"]
    return await db.fetch(_GUESTS, event, before, status, kind, patterns, count)


def harmless(cell: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return (
        f"'{text}"
        if text.lstrip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠") or text[:1] in ("\t", "\r")
        else text
    )


async def guests_csv(event: UUID) -> AsyncIterator[bytes]:
    """Every registration as CSV, a batch at a time; begins with a BOM, so that spreadsheets read the accents."""
    head = [
        gettext(h)
        for h in ("Name", "E-mail", "Phone", "Organisation", "Ticket", "Status", "Code", "Registered", "Came")
    ]
    yield ("\ufeff" + _lines([head])).encode()
    before = None
    while True:
        rows = await guests(event, before=before, count=_BATCH)
        if not rows:
            return
        yield _lines([_cells(row) for row in rows]).encode()
        before = rows[-1]["id"]


def _cells(row: asyncpg.Record) -> list[Any]:
    kind, status = pick(row["type_vi"], row["type_en"]), words.REGISTRATION_STATUS[row["status"]].text()
    person = (row["full_name"], row["email"], row["phone"], row["organisation"])
    return [*person, kind, status, row["code"], _moment(row["registered_at"]), _moment(row["came_at"])]


def _moment(value: datetime | None) -> str:
    return f"{value.astimezone(VIETNAM):%Y-%m-%d %H:%M}" if value else ""


def _lines(rows: list[list[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()
