"""A mentor's hours: how they take bookings, the week, changed days. Verbs; each has the kept beginnings made anew."""

from datetime import date
from typing import Any
from uuid import UUID

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, NOT_A_DATE, REQUIRED, TOO_LARGE, TOO_SMALL
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.vocabulary.profiles import MODES
from app.mentoring import access, free
from app.mentoring.slots import WHOLE_DAY, zone_names, zone_of

Row = dict[str, Any]

MOST_PARTS = 30
MOST_DAYS = 120
BAD_LINK = N_("Please give a link that begins with https://.")
NO_TIME = N_("Please give a time such as 09:30.")
ENDS_FIRST = N_("The end must be later than the beginning. For midnight write 24:00.")
OVERLAPS = N_("This overlaps with a part that is there already.")
PLACE_OR_LINK = N_("Where do people find you? Please give a place, a link, or both.")


class ChangedMeanwhile(Conflict):
    message = N_("These hours were changed in another window meanwhile. Please look at them again.")


class TooManyParts(Conflict):
    message = N_("That is more than we keep. Please remove something first.")


def minutes_of(text: str) -> int | None:
    """Minutes since midnight of "9:30" or "24:00"; None for anything else."""
    hours, colon, rest = text.strip().partition(":")
    if not colon or not (hours.isascii() and hours.isdigit() and rest.isascii() and rest.isdigit()):
        return None
    if len(hours) > 2 or len(rest) != 2 or int(rest) > 59:
        return None
    found = int(hours) * 60 + int(rest)
    return found if found <= WHOLE_DAY else None


def clock_of(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


async def hours_of(person: UUID) -> Row | None:
    row = await db.fetchrow("SELECT * FROM mentoring_hours WHERE person = $1", person)
    return dict(row) if row else None


async def parts_of(person: UUID) -> list[Row]:
    rows = await db.fetch(
        "SELECT id, weekday, starts, ends FROM mentoring_weekly WHERE mentor = $1 AND ended_at IS NULL"
        " ORDER BY weekday, starts",
        person,
    )
    return [dict(row) for row in rows]


async def days_of(person: UUID) -> list[Row]:
    """Changed days that are not over."""
    rows = await db.fetch(
        "SELECT id, day, kind, starts, ends FROM mentoring_day WHERE mentor = $1 AND ended_at IS NULL"
        " AND day >= (now() AT TIME ZONE 'UTC')::date - 1 ORDER BY day, starts",
        person,
    )
    return [dict(row) for row in rows]


async def put_hours(actor: Actor, values: Row, version: int) -> None:
    """Say how bookings are taken. Sessions that are booked stay as they are. Raises Invalid, ChangedMeanwhile."""
    seen = await access.own_mentor(actor)
    _check(values)
    async with db.tx():
        stored = await db.fetchval("SELECT version FROM mentoring_hours WHERE person = $1 FOR UPDATE", seen.id)
        if (stored or 0) != version:
            raise ChangedMeanwhile
        names = ("time_zone", "session_minutes", "buffer_minutes", "approves", "mode", "place", "link")
        await db.execute(
            f"INSERT INTO mentoring_hours (person, {', '.join(names)}, free_at, version, created_at, updated_at)"  # noqa: S608
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '{}', 1, now(), now()) ON CONFLICT (person) DO UPDATE SET"
            f" {', '.join(f'{name} = excluded.{name}' for name in names)}, version = mentoring_hours.version + 1,"
            " updated_at = now()",
            *(seen.id, *(values[name] for name in names)),
        )
        await free.ask_for_refresh(seen.id)


def _check(values: Row) -> None:
    wrong: dict[str, Phrase] = {}
    if values["time_zone"] not in zone_names():
        wrong["time_zone"] = NOT_A_CHOICE
    if values["mode"] not in MODES:
        wrong["mode"] = NOT_A_CHOICE
    if values["link"] and not values["link"].startswith("https://"):
        wrong["link"] = BAD_LINK
    if not values["link"] and not values["place"]:
        wrong["link"] = PLACE_OR_LINK
    if wrong:
        raise Invalid(fields=wrong)
    for name, least, most in (("session_minutes", 15, 240), ("buffer_minutes", 0, 120)):
        if not least <= values[name] <= most:
            raise Invalid(fields={name: TOO_SMALL if values[name] < least else TOO_LARGE}, min=least, max=most)


async def close(actor: Actor, closed: bool) -> None:
    """Take no bookings for now, or again. What is booked stays. Idempotent."""
    async with db.tx():
        hours = await _locked(actor)
        await db.execute(
            "UPDATE mentoring_hours SET closed_at = CASE WHEN $2 THEN coalesce(closed_at, now()) END,"
            " updated_at = now() WHERE person = $1",
            *(hours["person"], closed),
        )
        await free.ask_for_refresh(hours["person"])


async def add_part(actor: Actor, weekdays: list[int], starts: str, ends: str) -> None:
    """Be free in this part of every week, on each of the days. Locks the hours. Raises Invalid, TooManyParts."""
    if not weekdays or any(not 0 <= day <= 6 for day in weekdays):
        raise Invalid(fields={"weekday": REQUIRED if not weekdays else NOT_A_CHOICE})
    begin, end = _range(starts, ends)
    async with db.tx():
        hours = await _locked(actor)
        there = await parts_of(hours["person"])
        if len(there) + len(set(weekdays)) > MOST_PARTS:
            raise TooManyParts
        if any(one["weekday"] in weekdays and one["starts"] < end and begin < one["ends"] for one in there):
            raise Invalid(fields={"starts": OVERLAPS})
        for day in sorted(set(weekdays)):
            await db.execute(
                "INSERT INTO mentoring_weekly (id, mentor, weekday, starts, ends, created_at)"
                " VALUES ($1, $2, $3, $4, $5, now())",
                *(new_id(), hours["person"], day, begin, end),
            )
        await free.ask_for_refresh(hours["person"])


async def change_day(actor: Actor, day: date, kind: str, starts: str = "", ends: str = "") -> int:
    """Be away on a day or in a part of it, or there besides; how many booked sessions lie in what was closed.

    Booked sessions stay: the mentor moves or cancels them one by one. Raises Invalid, TooManyParts.
    """
    if kind not in ("closed", "extra"):
        raise Invalid(fields={"kind": NOT_A_CHOICE})
    begin, end = (0, WHOLE_DAY) if kind == "closed" and not starts and not ends else _range(starts, ends)
    async with db.tx():
        hours = await _locked(actor)
        today = clock.now().astimezone(zone_of(hours["time_zone"])).date()
        if not 0 <= (day - today).days <= 730:
            raise Invalid(fields={"day": NOT_A_DATE})
        if len(await days_of(hours["person"])) >= MOST_DAYS:
            raise TooManyParts
        await db.execute(
            "INSERT INTO mentoring_day (id, mentor, day, kind, starts, ends, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, now())",
            *(new_id(), hours["person"], day, kind, begin, end),
        )
        await free.ask_for_refresh(hours["person"])
        return await _booked_in(hours, day, begin, end) if kind == "closed" else 0


async def _booked_in(hours: Row, day: date, starts: int, ends: int) -> int:
    found: int = await db.fetchval(
        "SELECT count(*) FROM mentoring_booking WHERE mentor = $1 AND status IN ('requested', 'confirmed')"
        " AND (starts_at AT TIME ZONE $2)::date = $3"
        " AND extract(hour FROM starts_at AT TIME ZONE $2) * 60 + extract(minute FROM starts_at AT TIME ZONE $2) < $5"
        " AND extract(hour FROM ends_at AT TIME ZONE $2) * 60 + extract(minute FROM ends_at AT TIME ZONE $2) > $4",
        *(hours["person"], hours["time_zone"], day, starts, ends),
    )
    return found


async def end_part(actor: Actor, part: UUID) -> None:
    await _end(actor, "mentoring_weekly", part)


async def end_day(actor: Actor, changed: UUID) -> None:
    await _end(actor, "mentoring_day", changed)


async def _end(actor: Actor, table: str, number: UUID) -> None:
    """Take it off. Idempotent; NotFound for somebody else's."""
    async with db.tx():
        hours = await _locked(actor)
        touched = await db.execute(
            f"UPDATE {table} SET ended_at = coalesce(ended_at, now()) WHERE id = $1 AND mentor = $2",  # noqa: S608
            *(number, hours["person"]),
        )
        if not touched:
            raise NotFound
        await free.ask_for_refresh(hours["person"])


def _range(starts: str, ends: str) -> tuple[int, int]:
    begin, end = minutes_of(starts), minutes_of(ends)
    wrong: dict[str, Phrase] = {}
    if begin is None:
        wrong["starts"] = NO_TIME
    if end is None:
        wrong["ends"] = NO_TIME
    if begin is not None and end is not None and begin >= end:
        wrong["ends"] = ENDS_FIRST
    if wrong or begin is None or end is None:
        raise Invalid(fields=wrong)
    return begin, end


async def _locked(actor: Actor) -> Row:
    """One's own hours, locked. NotFound for who has none."""
    row = await db.fetchrow("SELECT * FROM mentoring_hours WHERE person = $1 FOR UPDATE", actor.person_id)
    if row is None:
        raise NotFound
    return dict(row)
