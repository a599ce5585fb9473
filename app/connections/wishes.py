"""How an organisation wants to be suggested: whether it takes requests, how many, which signals count. The verb."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from app.connections import asking
from app.connections.signals import SIGNALS, Code
from app.core import db
from app.core.i18n import N_, Phrase

Accepts = Literal["open", "ask_first", "programme", "closed"]

ACCEPTS: dict[Accepts, Phrase] = {
    "open": N_("Yes, gladly"),
    "ask_first": N_("Yes, but ask us before you introduce anybody"),
    "programme": N_("Only through the coordinators of a programme"),
    "closed": N_("Not at the moment: suggest us to nobody"),
}

MOST_REQUESTS = 1000


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What is stated; the defaults are what holds for everybody who says nothing."""

    accepts: Accepts = "open"
    requests_per_month: Annotated[int, msgspec.Meta(ge=1, le=MOST_REQUESTS)] | None = None
    counts: list[Code] = msgspec.field(default_factory=lambda: list(SIGNALS))
    """The signals that count. A form always says which: none ticked is none."""

    @property
    def signals_off(self) -> list[str]:
        return [code for code in SIGNALS if code not in self.counts]


async def wishes_of(organisation_id: UUID) -> Wishes:
    """What an organisation has stated, or the defaults."""
    row: Any = await db.fetchrow(
        "SELECT accepts, requests_per_month, signals_off FROM matching_preference WHERE organisation = $1",
        organisation_id,
    )
    off = row["signals_off"] if row else []
    return Wishes(
        accepts=row["accepts"] if row else "open",
        requests_per_month=row["requests_per_month"] if row else None,
        counts=[code for code in SIGNALS if code not in off],
    )


async def state(organisation_id: UUID, wishes: Wishes, by: UUID | None = None) -> bool:
    """Write down how an organisation wants to be suggested; whether that changed anything.

    Idempotent. Whether requests are taken holds at once, because lists are filtered when they are read; for the
    signals the organisation's own lists are made anew and those that name it become stale. Locks the organisation's
    row; outbox `connections.refresh`.
    """
    async with db.tx():
        await db.fetchval("SELECT id FROM organisation WHERE id = $1 FOR NO KEY UPDATE", organisation_id)
        if await wishes_of(organisation_id) == wishes:
            return False
        await db.execute(
            "INSERT INTO matching_preference"
            " (organisation, accepts, requests_per_month, signals_off, person, updated_at)"
            " VALUES ($1, $2, $3, $4, $5, clock_timestamp()) ON CONFLICT (organisation) DO UPDATE"
            " SET accepts = excluded.accepts, requests_per_month = excluded.requests_per_month,"
            " signals_off = excluded.signals_off, person = excluded.person, updated_at = excluded.updated_at",
            organisation_id,
            wishes.accepts,
            wishes.requests_per_month,
            wishes.signals_off,
            by,
        )
        await asking.request(organisation_id)
        await asking.mark_stale(organisation_id)
    return True
