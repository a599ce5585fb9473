"""Booths: made in bulk by codes, placed on a plan, given to exhibitors. A booth is a zone of its own as well."""

import math
import re
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.keeping import Draft, end_file, keep
from app.core.files.purposes import SCAN, Purpose, Stored, register
from app.core.forms import REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean_line, fold
from app.core.web import Actor
from events.floor import passes

MOST = 2000
"""Booths of one event."""
_RANGE = re.compile(r"([^\d.]*)(\d{1,4})\s*(?:\.\.|…|–)\s*([^\d.]*)(\d{1,4})")
_CODE = re.compile(r"[\w][\w ./-]{0,19}")


async def _may_see(actor: Actor, file: Stored) -> bool:
    """A plan is seen where its event is."""
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM floor_plan p JOIN event e ON e.id = p.event WHERE p.id = $1"
            " AND p.ended_at IS NULL AND (e.status <> 'draft' OR EXISTS (SELECT FROM event_staff s"
            " WHERE s.event = e.id AND s.person = $2 AND s.ended_at IS NULL)))",
            *(file.owner_id, actor.id),
        )
    )


PLAN_FILE = register(Purpose(name="floor_plan", pictures=SCAN, lasting=False, may_see=_may_see))


class CodesTaken(Conflict):
    message = N_("These codes are booths already: %(codes)s.")


class BoothTaken(Conflict):
    message = N_("This booth belongs to another exhibitor already.")


class Line(msgspec.Struct, frozen=True):
    """A booth to be made: its code, and the village's slug where one was named."""

    code: str
    village: str = ""


def read_codes(text: str) -> list[Line]:
    """Codes between commas or on lines, "A1..A40" for many; behind a semicolon the village. Raises Invalid."""
    found: dict[str, Line] = {}
    for number, line in enumerate(text.splitlines() or [""], start=1):
        codes, _semicolon, village = line.partition(";")
        for part in codes.split(","):
            for code in _codes(clean_line(part), number):
                if fold(code) in found:
                    raise _wrong(number, N_("Line %(line)s: the code “%(what)s” stands here twice."), code)
                found[fold(code)] = Line(code, clean_line(village))
        if len(found) > MOST:
            raise _wrong(number, N_("Line %(line)s: more than %(what)s booths."), str(MOST))
    if not found:
        raise Invalid(fields={"codes": REQUIRED})
    return list(found.values())


def _codes(part: str, number: int) -> list[str]:
    if not part:
        return []
    several = _RANGE.fullmatch(part)
    if several is not None:
        first, last = int(several[2]), int(several[4])
        if several[3] not in ("", several[1]) or not first <= last or last - first >= MOST:
            raise _wrong(number, N_("Line %(line)s: “%(what)s” is no row of codes. Write it like A1..A40."), part)
        width = len(several[2]) if several[2].startswith("0") else 0
        return [f"{several[1]}{one:0{width}d}" for one in range(first, last + 1)]
    if _CODE.fullmatch(part) is None:
        raise _wrong(number, N_("Line %(line)s: “%(what)s” is no code: letters, digits, at most 20."), part)
    return [part]


def _wrong(number: int, phrase: Any, what: str) -> Invalid:
    return Invalid(fields={"codes": phrase}, line=number, what=what[:60])


async def make(actor: Actor, event: UUID, lines: list[Line]) -> int:
    """Make booths with their zones, all or none; how many. Four statements, however many there are.

    Locks the event's row. Raises CodesTaken, Invalid for a village that is none of the event.
    """
    async with db.tx(statement_timeout="30s"):
        await db.execute("SELECT 1 FROM event WHERE id = $1 FOR NO KEY UPDATE", event)
        known = {
            word: row
            for row in await db.fetch("SELECT id, zone, slug, name_vi FROM village WHERE event = $1", event)
            for word in (fold(row["slug"]), fold(row["name_vi"]))
        }
        unknown = [line.village for line in lines if line.village and fold(line.village) not in known]
        if unknown:
            raise Invalid(fields={"codes": N_("There is no village “%(what)s”.")}, what=unknown[0])
        taken = await db.fetch(
            "SELECT code FROM booth WHERE event = $1 AND ended_at IS NULL AND lower(code) = ANY ($2) ORDER BY code",
            *(event, [line.code.lower() for line in lines]),
        )
        if taken:
            raise CodesTaken(codes=", ".join(row["code"] for row in taken[:10]))
        ids = [new_id() for _line in lines]
        villages = [known.get(fold(line.village)) for line in lines]
        codes = [line.code for line in lines]
        await db.execute(
            "INSERT INTO zone (id, event, parent, kind, code, name_vi, name_en, place, created_at)"
            " SELECT x.id, $1, x.parent, 'booth', x.code, x.code, '', x.n, now()"
            " FROM unnest($2::uuid[], $3::uuid[], $4::text[]) WITH ORDINALITY AS x (id, parent, code, n)",
            *(event, ids, [row["zone"] if row else None for row in villages], codes),
        )
        await db.execute(
            "INSERT INTO booth (id, event, code, village, created_at)"
            " SELECT x.id, $1, x.code, x.village, now() FROM unnest($2::uuid[], $3::uuid[], $4::text[])"
            " AS x (id, village, code)",
            *(event, ids, [row["id"] if row else None for row in villages], codes),
        )
    return len(lines)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a booth stands: thousandths of a plan, or nowhere."""

    plan: UUID | None = None
    x: int | None = None
    y: int | None = None


async def place(actor: Actor, event: UUID, booth: UUID, where: Place) -> None:
    """Put a booth on a plan, or take it off."""
    if (where.x is None) != (where.y is None) or not all(v is None or 0 <= v <= 1000 for v in (where.x, where.y)):
        raise Invalid(fields={"x": N_("Both between 0 and 1000, or both empty.")})
    async with db.tx():
        known = where.plan is None or await db.fetchval(
            "SELECT EXISTS (SELECT FROM floor_plan WHERE id = $1 AND event = $2 AND ended_at IS NULL)",
            where.plan,
            event,
        )
        done = known and await db.execute(
            "UPDATE booth SET plan = $3, x = $4, y = $5 WHERE id = $1 AND event = $2 AND ended_at IS NULL",
            *(booth, event, where.plan if where.x is not None else None, where.x, where.y),
        )
        if not done:
            raise NotFound


async def arrange(actor: Actor, event: UUID, plan: UUID) -> int:
    """Put every booth that stands nowhere on the plan, in rows by their codes; how many. To be dragged from there."""
    async with db.tx():
        if not await db.fetchval("SELECT EXISTS (SELECT FROM floor_plan WHERE id = $1 AND event = $2)", plan, event):
            raise NotFound
        rows = await db.fetch(
            "SELECT id, code FROM booth WHERE event = $1 AND ended_at IS NULL AND x IS NULL FOR NO KEY UPDATE", event
        )
        rows = sorted(rows, key=lambda row: code_order(row["code"]))
        columns = max(1, math.ceil(math.sqrt(len(rows) * 1.8)))
        lines = max(1, math.ceil(len(rows) / columns))
        spots = [
            (25 + 950 * (n % columns) // max(columns - 1, 1), 40 + 920 * (n // columns) // max(lines - 1, 1))
            for n in range(len(rows))
        ]
        await db.execute(
            "UPDATE booth b SET plan = $1, x = p.x, y = p.y FROM unnest($2::uuid[], $3::int[], $4::int[])"
            " AS p (id, x, y) WHERE b.id = p.id",
            *(plan, [row["id"] for row in rows], [x for x, _y in spots], [y for _x, y in spots]),
        )
    return len(rows)


def code_order(code: str) -> list[tuple[int, str, int]]:
    """A2 before A10."""
    parts = re.findall(r"\d+|\D+", fold(code))
    return [(0, "", int(part)) if part.isdigit() else (1, part, 0) for part in parts]


async def give(actor: Actor, event: UUID, booth: UUID, exhibitor: UUID | None) -> None:
    """Give a booth to an accepted exhibitor, or take it back: one without any booth loses its staff passes (case 17).

    Locks the exhibitor that has it, then the booth. Raises BoothTaken, NotFound.
    """
    async with db.tx():
        await _lock_exhibitor(booth)
        row = await db.fetchrow(
            "SELECT exhibitor FROM booth WHERE id = $1 AND event = $2 AND ended_at IS NULL FOR NO KEY UPDATE",
            *(booth, event),
        )
        if row is None:
            raise NotFound
        if exhibitor is not None:
            if row["exhibitor"] not in (None, exhibitor):
                raise BoothTaken
            if not await db.fetchval(
                "SELECT EXISTS (SELECT FROM exhibitor WHERE id = $1 AND event = $2 AND status = 'accepted')",
                *(exhibitor, event),
            ):
                raise NotFound
        await db.execute("UPDATE booth SET exhibitor = $2 WHERE id = $1", booth, exhibitor)
        left = row["exhibitor"] if exhibitor is None else None
        if left is not None:
            await passes.end_without_booth(left)
    if left is not None:
        await passes.revoke(actor, left)


async def _lock_exhibitor(booth: UUID) -> None:
    """So that no pass is given while the booth goes; before the booth's own lock, as decisions take them."""
    await db.execute(
        "SELECT 1 FROM exhibitor WHERE id = (SELECT exhibitor FROM booth WHERE id = $1) FOR NO KEY UPDATE", booth
    )


async def close(actor: Actor, event: UUID, booth: UUID) -> None:
    """End a booth with its zone. An exhibitor without any booth loses its staff passes (case 17). Twice: no change."""
    async with db.tx():
        await _lock_exhibitor(booth)
        row = await db.fetchrow(
            "SELECT exhibitor, ended_at FROM booth WHERE id = $1 AND event = $2 FOR NO KEY UPDATE", booth, event
        )
        if row is None:
            raise NotFound
        if row["ended_at"] is not None:
            return
        await db.execute("UPDATE booth SET ended_at = now(), exhibitor = NULL WHERE id = $1", booth)
        await db.execute("UPDATE zone SET ended_at = now() WHERE id = $1 AND ended_at IS NULL", booth)
        if row["exhibitor"] is not None:
            await passes.end_without_booth(row["exhibitor"])
    if row["exhibitor"] is not None:
        await passes.revoke(actor, row["exhibitor"])


async def add_plan(actor: Actor, event: UUID, name_vi: str, name_en: str, draft: Draft | None) -> UUID:
    """A further plan, with its drawing where there is one."""
    if not name_vi.strip():
        raise Invalid(fields={"name_vi": REQUIRED})
    number = new_id()
    async with db.tx():
        file = await keep(actor, draft, "floor_plan", number) if draft else None
        await db.execute(
            "INSERT INTO floor_plan (id, event, name_vi, name_en, file, place, created_at)"
            " SELECT $1, $2, $3, $4, $5, count(*), now() FROM floor_plan WHERE event = $2",
            *(number, event, name_vi, name_en, file),
        )
    return number


async def end_plan(actor: Actor, event: UUID, plan: UUID) -> None:
    """Take a plan away; its booths stand nowhere then."""
    async with db.tx():
        row = await db.fetchrow("SELECT file FROM floor_plan WHERE id = $1 AND event = $2", plan, event)
        if row is None:
            raise NotFound
        await db.execute("UPDATE floor_plan SET ended_at = coalesce(ended_at, now()) WHERE id = $1", plan)
        await db.execute("UPDATE booth SET plan = NULL, x = NULL, y = NULL WHERE plan = $1", plan)
        await end_file(row["file"], "replaced")


_BOOTHS = """
SELECT b.id, b.code, b.x, b.y, b.plan, b.village, b.exhibitor, v.name_vi AS village_vi, v.name_en AS village_en,
       v.slug AS village_slug, o.name AS organisation, o.slug AS organisation_slug, o.logo_file, x.shows_vi, x.shows_en
FROM booth b LEFT JOIN village v ON v.id = b.village LEFT JOIN exhibitor x ON x.id = b.exhibitor
LEFT JOIN organisation o ON o.id = x.organisation AND o.ended_at IS NULL AND o.hidden_at IS NULL
WHERE b.event = $1 AND b.ended_at IS NULL AND ($2::uuid IS NULL OR b.village = $2)
"""


async def booths_of(event: UUID, village: UUID | None = None) -> list[dict[str, Any]]:
    """Booths by their codes, with whoever stands there: one question, however many there are."""
    rows = await db.fetch(_BOOTHS, event, village)
    return sorted((dict(row) for row in rows), key=lambda row: code_order(row["code"]))


async def plans_of(event: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT p.id, p.name_vi, p.name_en, p.file, coalesce(f.width, 1600) AS width, coalesce(f.height, 900) AS height"
        " FROM floor_plan p LEFT JOIN stored_file f ON f.id = p.file WHERE p.event = $1 AND p.ended_at IS NULL"
        " ORDER BY p.place, p.created_at",
        event,
    )
