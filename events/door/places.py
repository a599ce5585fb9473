"""What organizers say of doors and the places behind them: hours, directions, caps, coming back, questions asked."""

import re
from datetime import datetime, time
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.text import slugify
from app.core.web import Actor
from events.planning import EARLIEST_YEAR, LATEST_YEAR, insert_checkpoint
from events.setup import MOST_PLACES

DIRECTIONS: dict[str, Phrase] = {
    "both": N_("Entry and exit"),
    "in": N_("Entry only"),
    "out": N_("Exit only"),
}
RE_ENTRY: dict[str, Phrase] = {
    "after_exit": N_("Again after going out"),
    "any": N_("As often as they like, also without an exit"),
    "daily": N_("Once a day"),
    "once": N_("Once, and never again"),
}
KINDS: dict[str, Phrase] = {
    "venue": N_("Venue"),
    "hall": N_("Hall"),
    "stage": N_("Speaking stage"),
    "room": N_("Room"),
    "gate": N_("Gate: leads straight into the place around it"),
    "village": N_("Village"),
    "booth": N_("Booth"),
}
GROUND = frozenset({"village", "booth"})
"""What these are called, and that they are such, is said on the festival's ground."""
QUESTION_KINDS: dict[str, Phrase] = {
    "yes_no": N_("Yes or no"),
    "choice": N_("One of several answers"),
    "text": N_("Words of their own"),
}
MOST_QUESTIONS = 10
MOST_OPTIONS = 12
MOST_MINUTES = 240
_HOUR = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:00)?", re.ASCII)
_FILL_IN = N_("Please fill this in.")
_CHOOSE = N_("Please choose one of the options.")


class TooManyQuestions(Conflict):
    message = N_("Ten questions are the most that a door can ask.")


class DoorPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a door works. `zone` is the place it leads into; hours of the day are Vietnam's."""

    name_vi: str
    name_en: str = ""
    zone: UUID
    direction: str = "both"
    types: list[str] = []
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    opens_daily: time | None = None
    closes_daily: time | None = None
    session: UUID | None = None
    walk_in_minutes: int = 5


class PlacePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What holds in a place. `parent`: the place around it. `empties_at` is said of the outermost one only."""

    name_vi: str = ""
    name_en: str = ""
    kind: str = "hall"
    parent: UUID | None = None
    cap: int | None = None
    re_entry: str = "after_exit"
    empties_at: time | None = None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is asked at a door. `options`: a line each, Vietnamese and English apart by a bar."""

    text_vi: str
    text_en: str = ""
    kind: str = "yes_no"
    options: str = ""
    required: bool = True


def hour(text: str, field: str) -> time | None:
    """An hour of the day as a form has it; nothing for nothing. Raises Invalid."""
    found = _HOUR.fullmatch(text.strip())
    if text.strip() and found is None:
        raise Invalid(fields={field: N_("Please enter a time such as 08:30.")})
    return time(int(found[1]), int(found[2])) if found else None


# --- reading -------------------------------------------------------------------------------------------------------

_PLACES = """
SELECT z.*, cardinality(z.path) - 1 AS depth, n.inside, n.admitted FROM zone z
JOIN (SELECT zone, sum(inside)::integer AS inside, sum(admitted)::integer AS admitted FROM zone_count GROUP BY zone) n
  ON n.zone = z.id
WHERE z.event = $1 AND z.ended_at IS NULL AND (z.kind <> 'booth' OR EXISTS (
    SELECT FROM checkpoint c WHERE c.zone = z.id AND c.ended_at IS NULL))
ORDER BY (SELECT array_agg(lpad(o.place::text, 6, '0') || o.id::text ORDER BY cardinality(o.path)) FROM zone o
          WHERE o.id = ANY (z.path))
"""
_DOORS = """
SELECT c.*, w.facts AS session_facts, w.starts_at AS session_at FROM checkpoint c
LEFT JOIN agenda_shown w ON w.session = c.session
WHERE c.event = $1 AND c.ended_at IS NULL ORDER BY c.place, c.created_at
"""


async def tree_of(event: UUID) -> list[dict[str, Any]]:
    """The places in use from the outermost inwards, each with its depth, its counts and its doors."""
    doors: dict[UUID, list[asyncpg.Record]] = {}
    for row in await db.fetch(_DOORS, event):
        doors.setdefault(row["zone"], []).append(row)
    return [{**row, "doors": doors.get(row["id"], [])} for row in await db.fetch(_PLACES, event)]


async def door_of(event: UUID, checkpoint: UUID) -> asyncpg.Record:
    """A door in use. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT * FROM checkpoint WHERE id = $1 AND event = $2 AND ended_at IS NULL", checkpoint, event
    )
    if row is None:
        raise NotFound
    return row


async def place_of(event: UUID, zone: UUID) -> asyncpg.Record:
    """A place in use. Raises NotFound."""
    row = await db.fetchrow("SELECT * FROM zone WHERE id = $1 AND event = $2 AND ended_at IS NULL", zone, event)
    if row is None:
        raise NotFound
    return row


async def sessions_of(event: UUID) -> list[asyncpg.Record]:
    """Published sessions whose seats are booked: the ones that a door can be the door of."""
    return await db.fetch(
        "SELECT session AS id, starts_at, facts FROM agenda_shown WHERE event = $1 AND booking AND ended_at IS NULL"
        " ORDER BY starts_at, session",
        event,
    )


# --- writing -------------------------------------------------------------------------------------------------------


async def add_door(actor: Actor, event: UUID, *, name_vi: str, name_en: str = "", zone: UUID | None = None) -> UUID:
    """A further door, into a place that is there or one of its own. Raises Invalid."""
    if not name_vi.strip():
        raise Invalid(fields={"name_vi": _FILL_IN})
    async with db.tx():
        if zone is None:
            return await insert_checkpoint(event, name_vi=name_vi, name_en=name_en)
        await _known(event, zone, "zone")
        number = new_id()
        await db.execute(
            "INSERT INTO checkpoint (id, event, zone, name_vi, name_en, place, created_at)"
            " SELECT $1, $2, $3, $4, $5, count(*), now() FROM checkpoint WHERE event = $2",
            *(number, event, zone, name_vi, name_en),
        )
        return number


async def _known(event: UUID, zone: UUID, field: str) -> None:
    try:
        await place_of(event, zone)
    except NotFound:
        raise Invalid(fields={field: _CHOOSE}) from None


async def edit_door(actor: Actor, event: UUID, checkpoint: UUID, plan: DoorPlan) -> None:
    """Change how a door works. Scanners hear of it within half a minute. Locks it. Raises Invalid, NotFound."""
    fields = _door_problems(plan)
    types = [row["code"] for row in await db.fetch("SELECT code FROM ticket_type WHERE event = $1", event)]
    if not set(plan.types) <= set(types):
        fields["types"] = _CHOOSE
    if plan.session is not None and plan.session not in {row["id"] for row in await sessions_of(event)}:
        fields["session"] = _CHOOSE
    async with db.tx():
        old = await db.fetchrow(
            "SELECT zone FROM checkpoint WHERE id = $1 AND event = $2 AND ended_at IS NULL FOR NO KEY UPDATE",
            *(checkpoint, event),
        )
        if old is None:
            raise NotFound
        if plan.zone != old["zone"]:
            if await db.fetchval("SELECT EXISTS (SELECT FROM scan WHERE checkpoint = $1 AND counts)", checkpoint):
                fields["zone"] = N_("People went through this door already: where it leads stays. Add another door.")
            elif not await db.fetchval(
                "SELECT EXISTS (SELECT FROM zone WHERE id = $1 AND event = $2 AND ended_at IS NULL)", plan.zone, event
            ):
                fields["zone"] = _CHOOSE
        if fields:
            raise Invalid(fields=fields)
        await db.execute(
            "UPDATE checkpoint SET name_vi = $2, name_en = $3, zone = $4, direction = $5, ticket_types = $6,"
            " opens_at = $7, closes_at = $8, opens_daily = $9, closes_daily = $10, session = $11, walk_in_minutes = $12"
            " WHERE id = $1",
            *(checkpoint, plan.name_vi, plan.name_en, plan.zone, plan.direction, plan.types or None, plan.opens_at),
            *(plan.closes_at, plan.opens_daily, plan.closes_daily, plan.session, plan.walk_in_minutes),
        )


def _door_problems(plan: DoorPlan) -> dict[str, Phrase]:
    fields: dict[str, Phrase] = {}
    if not plan.name_vi.strip():
        fields["name_vi"] = _FILL_IN
    if plan.direction not in DIRECTIONS:
        fields["direction"] = _CHOOSE
    for name, moment in (("opens_at", plan.opens_at), ("closes_at", plan.closes_at)):
        if moment is not None and not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            fields[name] = N_("Please enter a date and time that exist.")
    if plan.opens_at and plan.closes_at and plan.closes_at <= plan.opens_at:
        fields["closes_at"] = N_("The end must be after the start.")
    if plan.opens_daily and plan.closes_daily and plan.closes_daily <= plan.opens_daily:
        fields["closes_daily"] = N_("The hours of a door end on the day on which they begin.")
    if not 0 <= plan.walk_in_minutes <= MOST_MINUTES:
        fields["walk_in_minutes"] = N_("Please enter minutes between 0 and 240.")
    return fields


async def edit_place(actor: Actor, event: UUID, zone: UUID, plan: PlacePlan) -> None:
    """Change what holds in a place. A cap below those inside sends nobody out. Raises Invalid, NotFound.

    Locks the places of the event: two that are put into each other at once do not both succeed.
    """
    async with db.tx():
        await db.execute("SELECT FROM zone WHERE event = $1 ORDER BY id FOR NO KEY UPDATE", event)
        old = await place_of(event, zone)
        named = old["kind"] in GROUND
        kind = old["kind"] if named else plan.kind
        fields = _place_problems(plan, kind, named)
        if plan.parent is not None:
            outer = await db.fetchrow(
                "SELECT kind, path FROM zone WHERE id = $1 AND event = $2 AND ended_at IS NULL", plan.parent, event
            )
            if outer is None or outer["kind"] == "gate" or zone in outer["path"]:
                fields["parent"] = N_("A place cannot lie in itself, in what lies in it, or in a gate.")
        if plan.parent != old["parent"] or (kind == "gate") != (old["kind"] == "gate"):
            counted = "SELECT EXISTS (SELECT FROM admission a JOIN zone z ON z.id = a.zone WHERE $1 = ANY (z.path))"
            if await db.fetchval(counted, zone):
                fields["parent"] = N_("People were counted here already: where it lies stays as it is.")
        if fields:
            raise Invalid(fields=fields)
        await db.execute(
            "UPDATE zone SET name_vi = $2, name_en = $3, kind = $4, cap = $5, re_entry = $6, empties_at = $7"
            " WHERE id = $1",
            *(zone, old["name_vi"] if named else plan.name_vi, old["name_en"] if named else plan.name_en, kind),
            *(plan.cap, plan.re_entry, plan.empties_at),
        )
        if plan.parent != old["parent"]:
            await db.execute("UPDATE zone SET parent = $2 WHERE id = $1", zone, plan.parent)


def _place_problems(plan: PlacePlan, kind: str, named: bool) -> dict[str, Phrase]:
    fields: dict[str, Phrase] = {}
    if not named and not plan.name_vi.strip():
        fields["name_vi"] = _FILL_IN
    if kind not in KINDS or (not named and kind in GROUND):
        fields["kind"] = _CHOOSE
    if plan.re_entry not in RE_ENTRY:
        fields["re_entry"] = _CHOOSE
    if plan.cap is not None and not 0 < plan.cap <= MOST_PLACES:
        fields["cap"] = N_("This must be a number of places between 1 and 1,000,000, or nothing.")
    if plan.empties_at is not None and plan.parent is not None:
        fields["empties_at"] = N_("Only the outermost place is emptied: say it there, it holds for all in it.")
    if kind == "gate" and plan.parent is None:
        fields["parent"] = N_("A gate leads into the place around it: choose that.")
    if kind == "gate" and plan.cap is not None:
        fields["cap"] = N_("Nobody stays in a gate: the place around it may have a limit.")
    return fields


async def save_question(actor: Actor, event: UUID, checkpoint: UUID, code: str, asked: Question) -> None:
    """Ask one more thing at a door (no code), or change what is asked. Raises Invalid, NotFound, TooManyQuestions."""
    options = _options(asked)
    if asked.kind not in QUESTION_KINDS:
        raise Invalid(fields={"kind": _CHOOSE})
    if not asked.text_vi.strip():
        raise Invalid(fields={"text_vi": _FILL_IN})
    async with db.tx():
        questions = await _locked_questions(event, checkpoint)
        codes = [one["code"] for one in questions]
        if code and code not in codes:
            raise NotFound
        if not code and len(questions) >= MOST_QUESTIONS:
            raise TooManyQuestions
        made = {
            "code": code or _free(slugify(asked.text_vi, "hoi")[:30], codes),
            "text_vi": asked.text_vi.strip(),
            "text_en": asked.text_en.strip(),
            "kind": asked.kind,
            "options": options,
            "required": asked.required,
        }
        kept = [made if one["code"] == code else one for one in questions] if code else [*questions, made]
        await _write_questions(checkpoint, kept)


async def remove_question(actor: Actor, event: UUID, checkpoint: UUID, code: str) -> None:
    """Ask this no more; answers that were given stay with their scans. Twice changes nothing."""
    async with db.tx():
        questions = await _locked_questions(event, checkpoint)
        await _write_questions(checkpoint, [one for one in questions if one["code"] != code])


async def _locked_questions(event: UUID, checkpoint: UUID) -> list[dict[str, Any]]:
    row = await db.fetchrow(
        "SELECT questions FROM checkpoint WHERE id = $1 AND event = $2 AND ended_at IS NULL FOR NO KEY UPDATE",
        *(checkpoint, event),
    )
    if row is None:
        raise NotFound
    return list(row["questions"])


async def _write_questions(checkpoint: UUID, questions: list[dict[str, Any]]) -> None:
    await db.execute("UPDATE checkpoint SET questions = $2 WHERE id = $1", checkpoint, questions)


def _options(asked: Question) -> list[dict[str, str]]:
    """The answers to choose from: "Có | Yes" a line. Raises Invalid."""
    if asked.kind != "choice":
        return []
    found: list[dict[str, str]] = []
    for line in asked.options.splitlines():
        vi, _bar, en = (part.strip() for part in line.partition("|"))
        if vi or en:
            code = _free(slugify(vi or en, "chon")[:30], [one["code"] for one in found])
            found.append({"code": code, "text_vi": vi or en, "text_en": en})
    if not 2 <= len(found) <= MOST_OPTIONS:
        raise Invalid(fields={"options": N_("Please give between two and twelve answers, each on a line of its own.")})
    return found


def _free(wish: str, taken: list[str]) -> str:
    return wish if wish not in taken else next(c for n in range(2, 99) if (c := f"{wish}-{n}") not in taken)


def options_text(question: dict[str, Any]) -> str:
    """The answers of a question as the form has them."""
    return "\n".join(
        f"{one['text_vi']} | {one['text_en']}" if one["text_en"] else one["text_vi"] for one in question["options"]
    )
