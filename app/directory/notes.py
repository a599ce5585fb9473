"""What is known about fields beside their values: who said it and when, who checked it, until when it holds.

Fields without a note are as old as the profile and come from where it comes from.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import now
from app.core.errors import Invalid, NotAllowed
from app.core.forms import NOT_A_CHOICE
from app.core.web import Actor
from app.directory import history
from app.directory.fields import COLLECTIONS, FIELDS, Collection, Field, Tier
from app.directory.history import Place
from app.directory.seeing import tier_of
from app.directory.writing import derived, locked_for, show

CHOOSABLE: dict[str, Field | Collection] = {
    **{name: field for name, field in FIELDS.items() if not field.fixed},
    **{name: kind for name, kind in COLLECTIONS.items() if kind.tier != Tier.DEPARTMENT},
}
"""What an owner may show to more or fewer people."""

CONFIRM_DAYS = 365
"""After a year somebody is asked whether a field is still true."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Where a field's value comes from and how far it was checked."""

    source: str
    said_at: datetime
    verified_level: int = 0
    verified_at: datetime | None = None
    verified_how: str = ""
    confirm_due_on: date | None = None
    is_source: bool = False

    @property
    def stale(self) -> bool:
        return self.confirm_due_on is not None and self.confirm_due_on < now().date()


async def note(organisation: UUID, person: UUID | None, fields: Iterable[str], *, source: str = "self") -> None:
    """These fields were said anew: earlier checks of them no longer count. In the open transaction."""
    names = sorted(fields)
    if not names:
        return
    await db.execute(
        """
        INSERT INTO field_note (organisation, field, source, said_at, said_by, confirm_due_on)
        SELECT $1, field, $3, now(), $4, $5 FROM unnest($2::text[]) AS field
        ON CONFLICT (organisation, field) WHERE organisation IS NOT NULL DO UPDATE SET
            source = excluded.source, said_at = excluded.said_at, said_by = excluded.said_by,
            confirm_due_on = excluded.confirm_due_on,
            verified_level = 0, verified_at = NULL, verified_by = NULL, verified_how = ''
        """,
        *(organisation, names, source, person, now().date() + timedelta(days=CONFIRM_DAYS)),
    )


async def notes_of(organisation: UUID) -> dict[str, Note]:
    """The notes of an organisation's fields and lists, by field."""
    rows = await db.fetch(
        "SELECT field, source, said_at, verified_level, verified_at, verified_how, confirm_due_on, is_source"
        " FROM field_note WHERE organisation = $1",
        organisation,
    )
    return {row["field"]: Note(**{key: value for key, value in row.items() if key != "field"}) for row in rows}


def older_half(stem: str, row: dict[str, Any], notes: dict[str, Note]) -> str:
    """Which half of a text pair is behind: "en" where the Vietnamese was written anew since, "vi", or ""."""
    first, second = notes.get(f"{stem}_vi"), notes.get(f"{stem}_en")
    if not row.get(f"{stem}_vi") or not row.get(f"{stem}_en") or first is None or second is None:
        return ""
    if abs(first.said_at - second.said_at) < timedelta(minutes=5):
        return ""
    return "en" if first.said_at > second.said_at else "vi"


async def mark_source(organisation: UUID, changed: Iterable[str], row: dict[str, Any]) -> None:
    """The half of a text that was written while the other was empty is the one that is translated. In the open
    transaction, after `note`."""
    stems = {FIELDS[name].pair for name in changed if name in FIELDS and FIELDS[name].pair}
    for stem in sorted(stems):
        halves = [half for half in ("vi", "en") if row.get(f"{stem}_{half}")]
        if len(halves) != 1:
            continue
        await db.execute(
            "UPDATE field_note SET is_source = (field = $3) WHERE organisation = $1 AND field = ANY($2)",
            *(organisation, [f"{stem}_vi", f"{stem}_en"], f"{stem}_{halves[0]}"),
        )


async def confirm(actor: Actor, organisation: UUID, fields: list[str] | None = None) -> None:
    """Say that the profile, or these fields of it, are still true today. Idempotent but for the time."""
    async with db.tx():
        await locked_for(actor, organisation)
        due = now().date() + timedelta(days=CONFIRM_DAYS)
        await db.execute(
            "UPDATE field_note SET confirm_due_on = $2, verified_level = greatest(verified_level, 1)"
            " WHERE organisation = $1 AND ($3::text[] IS NULL OR field = ANY($3))",
            *(organisation, due, fields),
        )
        if fields is None:
            await db.execute("UPDATE organisation SET confirmed_at = now() WHERE id = $1", organisation)
        await history.record(organisation, actor.id, "confirmed", dict.fromkeys(fields or (), (None, None)))


async def verify(actor: Actor, organisation: UUID, field: str, *, level: int, how: str) -> None:
    """The department has checked a field, against a document (2) or a register (3); 0 takes it back."""
    actor.require("moderator")
    if field not in FIELDS and field not in COLLECTIONS:
        raise Invalid(fields={"field": NOT_A_CHOICE})
    if level not in (0, 2, 3):
        raise Invalid(fields={"level": NOT_A_CHOICE})
    async with db.tx():
        await db.execute(
            """
            INSERT INTO field_note (organisation, field, source, said_at, verified_level, verified_at, verified_by,
                verified_how)
            SELECT o.id, $2, o.source, o.updated_at, $3::int, CASE WHEN $3::int > 0 THEN now() END, $4, $5
            FROM organisation o WHERE o.id = $1
            ON CONFLICT (organisation, field) WHERE organisation IS NOT NULL DO UPDATE SET
                verified_level = excluded.verified_level, verified_at = excluded.verified_at,
                verified_by = excluded.verified_by, verified_how = excluded.verified_how
            """,
            *(organisation, field, level, actor.person_id, how.strip()[:300]),
        )
        await history.record(organisation, actor.id, "verified", {field: (None, level)})


async def set_tiers(actor: Actor, organisation: UUID, wanted: dict[str, int], *, undoes: int | None = None) -> None:
    """Show these fields or lists to more or fewer people than the registry says.

    Raises NotAllowed for what everybody, or only the department, may see; Invalid for what does not exist. Locks the
    organisation; the search and the engine learn of it.
    """
    for name, tier in wanted.items():
        if name not in CHOOSABLE or tier not in (0, 1, 2, 3):
            raise NotAllowed if name in FIELDS or name in COLLECTIONS else Invalid(fields={name: NOT_A_CHOICE})
    async with db.tx():
        row = await locked_for(actor, organisation)
        await history.require_newest(organisation, undoes)
        tiers = dict(row["tiers"])
        for name, tier in wanted.items():
            tiers.pop(name, None)
            if tier != CHOOSABLE[name].tier:
                tiers[name] = tier
        if tiers == row["tiers"]:
            return
        version = row["version"] + 1
        await db.execute(
            "UPDATE organisation SET tiers = $2, search_text = $3, version = $4, updated_at = now() WHERE id = $1",
            *(organisation, tiers, derived({**row, "tiers": tiers})["search_text"], version),
        )
        told = {
            name: (int(tier_of(CHOOSABLE[name], row["tiers"])), int(tier_of(CHOOSABLE[name], tiers))) for name in wanted
        }
        changes = {name: (before, after) for name, (before, after) in told.items() if before != after}
        await history.record(organisation, actor.id, "shown_to", changes, Place(version=version, undoes=undoes))
        await show(organisation)
