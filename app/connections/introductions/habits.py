"""How somebody wants to hear of introductions: soon, once a day, or not by mail; and the hours without mails."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import VIETNAM
from app.core.i18n import N_, Phrase
from app.core.settings import get_settings

Mails = Literal["soon", "daily", "off"]
Hour = Annotated[int, msgspec.Meta(ge=0, le=23)]

MAILS: dict[Mails, Phrase] = {
    "soon": N_("Soon: one mail for each conversation, at most every 15 minutes"),
    "daily": N_("Once a day, in the morning"),
    "off": N_("No mails; I look here myself"),
}
MORNING = 8


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """What is stated, or what holds without a word."""

    mails: Mails = "soon"
    quiet_from: Hour = 21
    quiet_until: Hour = 7


async def habits_of(person: UUID) -> Habits:
    row = await db.fetchrow("SELECT mails, quiet_from, quiet_until FROM introduction_habit WHERE person = $1", person)
    return Habits(**dict(row)) if row else Habits()


async def state(person: UUID, habits: Habits) -> None:
    """Write down how somebody wants to hear. Idempotent."""
    async with db.tx():
        await db.execute(
            "INSERT INTO introduction_habit (person, mails, quiet_from, quiet_until, updated_at)"
            " VALUES ($1, $2, $3, $4, now()) ON CONFLICT (person) DO UPDATE SET mails = excluded.mails,"
            " quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, updated_at = now()",
            *(person, habits.mails, habits.quiet_from, habits.quiet_until),
        )


async def end_mails(person: UUID) -> None:
    """No more mails about messages, by the link in one. Idempotent."""
    async with db.tx():
        await db.execute(
            "INSERT INTO introduction_habit (person, mails) SELECT id, 'off' FROM person WHERE id = $1"
            " ON CONFLICT (person) DO UPDATE SET mails = 'off', updated_at = now()",
            person,
        )


def next_moment(habits: Habits, at: datetime) -> datetime:
    """When a mail that could go at `at` may go: then, or when the quiet hours are over, or in the morning."""
    here = at.astimezone(VIETNAM)
    if habits.mails == "daily":
        morning = here.replace(hour=max(MORNING, habits.quiet_until), minute=0, second=0, microsecond=0)
        return at if _same_hour(here, morning) else morning + timedelta(days=morning < here)
    if not quiet(habits, here.hour):
        return at
    end = here.replace(hour=habits.quiet_until, minute=0, second=0, microsecond=0)
    return end + timedelta(days=end <= here)


def _same_hour(one: datetime, other: datetime) -> bool:
    return other <= one < other + timedelta(hours=1)


def quiet(habits: Habits, hour: int) -> bool:
    """Whether this hour, in Vietnam, is a quiet one; the same hour twice means none is."""
    start, end = habits.quiet_from, habits.quiet_until
    return start <= hour < end if start <= end else hour >= start or hour < end


def sign(purpose: str, *parts: object) -> str:
    """What makes a link of ours hard to guess."""
    text = ":".join(("introductions", purpose, *map(str, parts)))
    return hmac.new(get_settings().secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def fits(token: str, purpose: str, *parts: object) -> bool:
    return hmac.compare_digest(token.encode("utf-8", "replace"), sign(purpose, *parts).encode())


def end_path(person: UUID) -> str:
    """Where one press ends the mails of this person."""
    return f"/introductions/mails/{person}/{sign('mails', person)}"
