"""What opens a ticket type that is not public: its access code, or a voucher. A wrong code tells nothing."""

import hmac
from uuid import UUID

import asyncpg

from app.core import clock, db, limits
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.text import fold
from app.core.web import Actor
from app.people.accounts import email_key
from events.seats import book

CODE_LENGTH = 60
WRONG_CODES, WINDOW = 60, 600
"""Wrong codes of one network at one event in a window of seconds; then the right one opens nothing there either."""
UNKNOWN = N_("This code is not valid, or no longer.")


def plain(code: str) -> str:
    """A code as it is compared: plain capital letters and digits, without blanks and hyphens."""
    return "".join(c for c in fold(code).upper() if c.isalnum())[:CODE_LENGTH]


async def check(_actor: Actor, event: UUID, look: asyncpg.Record, wish: "object") -> asyncpg.Record | None:
    """The voucher that is used, its use counted in the open transaction; None where none is needed or given.

    Raises Invalid: for a hidden type without its code the same as for a type that is not there.
    """
    code = plain(getattr(wish, "access_code", ""))
    source, party = getattr(wish, "source", ""), getattr(wish, "party", 1)
    if look["type"] is None:
        return None
    if party > look["max_party"] and source not in ("desk", "demo"):
        raise Invalid(
            fields={"party": N_("At most %(most)s people may come on one registration.")}, most=look["max_party"]
        )
    if source in ("desk", "demo", "delegation", "transfer") and not code:
        return None
    voucher = await _use(event, look["type"], code, email_key(getattr(wish, "email", ""))) if code else None
    if voucher is not None or look["visibility"] == "public":
        if code and voucher is None and not _fits(look, code):
            raise Invalid(fields={"access_code": UNKNOWN})
        return voucher
    if look["visibility"] == "code" and code and _fits(look, code):
        return None
    raise Invalid(fields={"ticket_type": N_("Please choose one of the ticket types.")})


def _fits(look: asyncpg.Record, code: str) -> bool:
    wanted = plain(look["access_code"])
    return bool(wanted) and hmac.compare_digest(wanted.encode(), code.encode())


async def _use(event: UUID, kind: UUID, code: str, address: str) -> asyncpg.Record | None:
    """Count a use with a guarded statement; None for a code that is not there, used up, ended or somebody else's.

    Locks the book before the voucher, as everything does that makes or ends one.
    """
    if not await db.fetchval("SELECT EXISTS (SELECT FROM event_voucher WHERE event = $1 AND code = $2)", event, code):
        return None
    await book.locked(event)
    return await db.fetchrow(
        "UPDATE event_voucher SET uses = uses + 1 WHERE event = $1 AND code = $2 AND ticket_type = $3"
        " AND uses < uses_most AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $4)"
        " AND (email_key = '' OR email_key = $5) RETURNING *",
        *(event, code, kind, clock.now(), address),
    )


async def known(event: UUID, code: str) -> list[UUID]:
    """The ticket types that a code opens, without using it up."""
    code = plain(code)
    if not code:
        return []
    rows = await db.fetch(
        "SELECT t.id, t.access_code, t.visibility = 'code' AS by_code, v.id AS voucher FROM ticket_type t"
        " LEFT JOIN event_voucher v ON v.event = t.event AND v.ticket_type = t.id AND v.code = $2"
        " AND v.uses < v.uses_most AND v.ended_at IS NULL AND (v.ends_at IS NULL OR v.ends_at > $3)"
        " WHERE t.event = $1 ORDER BY t.place, t.created_at",
        *(event, code, clock.now()),
    )
    return [row["id"] for row in rows if row["voucher"] or (row["by_code"] and _fits(row, code))]


async def guard(event: UUID, code: str, network: str) -> None:
    """Before a code is looked at. Raises TooMany where this network has tried too many wrong ones."""
    if plain(code):
        await limits.check("events.code", f"{event}:{network}", WRONG_CODES)


async def known_from(event: UUID, code: str, network: str) -> list[UUID]:
    """`known` for somebody who tries: a wrong code is counted. Raises TooMany."""
    await guard(event, code, network)
    found = await known(event, code)
    if plain(code) and not found:
        await limits.hit("events.code", f"{event}:{network}", WRONG_CODES, WINDOW)
    return found


async def named(event: UUID, code: str) -> dict[str, str]:
    """What the form may say already to somebody with an invitation of their own: the link came to their address."""
    row = await db.fetchrow(
        "SELECT v.full_name, v.email, t.code AS ticket_type FROM event_voucher v JOIN ticket_type t"
        " ON t.id = v.ticket_type WHERE v.event = $1 AND v.code = $2 AND v.email <> '' AND v.ended_at IS NULL"
        " AND v.uses < v.uses_most AND (v.ends_at IS NULL OR v.ends_at > $3)",
        *(event, plain(code), clock.now()),
    )
    return dict(row) if row else {}
