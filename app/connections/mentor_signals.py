"""What mentors take out of the comparison: the parts, who said so, and the verb. Of organisations: `signals`, `wishes`.

Lists of mentors are made as they are read, so that a switch acts on all of them with the next look.
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from app.connections.signals import Signal
from app.core import db
from app.core.errors import NotFound
from app.core.i18n import N_
from app.directory.persons.mentors import MentorFacts, mentors_for_engine

Code = Literal["text", "place"]

SIGNALS: dict[Code, Signal] = {
    "text": Signal(
        N_("Your words"),
        N_("The line about you and your biography, compared with what startups write"),
        ("text_vi", "text_en"),
    ),
    "place": Signal(
        N_("Your place"),
        N_("Country and province: startups near you come a little earlier"),
        ("country", "province_code"),
    ),
}

_EMPTY: Mapping[str, Any] = {"text_vi": "", "text_en": "", "country": None, "province_code": None}


class Counts(msgspec.Struct, frozen=True):
    """The signals that count. A form always says which: none ticked is none."""

    counts: list[Code] = msgspec.field(default_factory=lambda: list(SIGNALS))

    @property
    def off(self) -> list[Code]:
        return [code for code in SIGNALS if code not in self.counts]


async def mentors_who_count(also: UUID | None = None) -> list[MentorFacts]:
    """Everybody who may be suggested now, without what each has taken out of the comparison. Two queries.

    `also`: as in `mentors_for_engine`.
    """
    rows = await db.fetch("SELECT person, signals_off FROM mentor_preference WHERE signals_off <> '{}'")
    off = {row["person"]: row["signals_off"] for row in rows}
    return [counted(one, off.get(one.person, ())) for one in await mentors_for_engine(also)]


def counted(facts: MentorFacts, off: Collection[str]) -> MentorFacts:
    """A mentor without what they have taken out of the comparison."""
    if not off:
        return facts
    return msgspec.structs.replace(
        facts, **{name: _EMPTY[name] for code, signal in SIGNALS.items() if code in off for name in signal.fields}
    )


async def off_of(person: UUID) -> list[str]:
    """What somebody has taken out of the comparison."""
    return await db.fetchval("SELECT signals_off FROM mentor_preference WHERE person = $1", person) or []


async def state(person: UUID, counts: Counts) -> bool:
    """Write down what of a mentor's profile counts; whether that changed anything.

    Idempotent. It holds on every list from the next look on; prices follow at night. Locks the account; NotFound for
    one that has ended.
    """
    async with db.tx():
        if not await db.fetchval(
            "SELECT true FROM person WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", person
        ):
            raise NotFound
        if await off_of(person) == counts.off:
            return False
        await db.execute(
            "INSERT INTO mentor_preference (person, signals_off, updated_at) VALUES ($1, $2, clock_timestamp())"
            " ON CONFLICT (person) DO UPDATE SET signals_off = excluded.signals_off, updated_at = excluded.updated_at",
            *(person, counts.off),
        )
    return True
