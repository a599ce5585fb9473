"""What a verdict at the door says, to staff and to the guest, in both languages; made from its facts alone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.core import clock
from app.core.i18n import Phrase
from events.door import reasons
from events.door.reasons import GUEST, LEFT
from events.door.scanning import Verdict


class Occupancy(msgspec.Struct, frozen=True):
    inside: int
    capacity: int | None


class FirstScan(msgspec.Struct, frozen=True):
    """When and where a ticket came in first. `checkpoint` is the door's first name, in Vietnamese."""

    at: str
    device: str
    checkpoint: str
    checkpoint_vi: str
    checkpoint_en: str
    by_this_device: bool


class PersonShown(msgspec.Struct, frozen=True):
    """Whose ticket it is. `people`: how many come on it; all of them are counted, and need a place."""

    name: str
    organisation: str
    role: str
    role_vi: str
    role_en: str
    colour: str
    vip: bool
    attention: bool
    note: str
    people: int


class GroupMember(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    status: str
    reason: str


class Group(msgspec.Struct, frozen=True):
    """A delegation that came with one code, and who of it is where."""

    id: UUID
    name: str
    members: list[GroupMember]


class ScanAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON of a scan. `replayed` stands last: an answer given again differs in nothing else."""

    status: str
    reason: str
    message_vi: str
    message_en: str
    next_vi: str
    next_en: str
    guest_vi: str
    guest_en: str
    scan_id: UUID | None
    person: PersonShown | None
    first_scan: FirstScan | None
    occupancy: Occupancy | None
    zone: str | None
    questions: list[dict[str, Any]]
    group: Group | None
    overridden: bool
    clock_ms: int
    skewed: bool
    replayed: bool


SKEWED_MS = 120_000
"""A clock that is further off is told to whoever holds the device."""


def answer(verdict: Verdict) -> ScanAnswer:
    """What the API says about a verdict, made from its facts alone."""
    facts = verdict.facts
    action, guest = next_step(verdict), guest_sentence(verdict)
    clock_ms = facts.get("clock_ms", 0)
    return ScanAnswer(
        status=verdict.outcome,
        reason=verdict.reason,
        message_vi=message(verdict, "vi"),
        message_en=message(verdict, "en"),
        next_vi=action.text("vi") if action else "",
        next_en=action.text("en") if action else "",
        guest_vi=guest.text("vi"),
        guest_en=guest.text("en"),
        scan_id=verdict.id,
        person=_person(facts) if "name" in facts else None,
        first_scan=_first(facts) if facts.get("first") else None,
        occupancy=Occupancy(facts["inside"], facts["capacity"]) if "inside" in facts else None,
        zone=facts.get("zone"),
        questions=facts.get("questions", []),
        group=msgspec.convert(facts["group"], Group) if "group" in facts else None,
        overridden="overridden" in facts,
        clock_ms=clock_ms,
        skewed=abs(clock_ms) > SKEWED_MS,
        replayed=verdict.replayed,
    )


def _person(facts: dict[str, Any]) -> PersonShown:
    return PersonShown(
        name=facts["name"],
        organisation=facts["organisation"],
        role=facts["type"],
        role_vi=facts["type_vi"],
        role_en=facts["type_en"],
        colour=facts.get("colour", ""),
        vip=facts.get("vip", False),
        attention=facts.get("attention", False),
        note=facts.get("note", ""),
        people=facts.get("people", 1),
    )


def guest_sentence(verdict: Verdict) -> Phrase:
    """What the guest reads, on the screen of a kiosk for example: nothing about anybody else."""
    if verdict.outcome in ("ok", "conflict"):
        return LEFT if verdict.direction == "out" else GUEST[""]
    return GUEST[verdict.reason]


def _first(facts: dict[str, Any]) -> FirstScan:
    first, vi = facts["first"], facts["checkpoint_vi"]
    return FirstScan(first["at"], first["device"], vi, vi, facts["checkpoint_en"] or vi, first["own"])


def _just_now(verdict: Verdict) -> bool:
    """Whether this device let the ticket in a moment ago: a second reading, nothing to worry about."""
    first = verdict.facts.get("first")
    return bool(first and verdict.reason == "already_inside" and first["own"] and 0 <= first["seconds"] < 60)


def next_step(verdict: Verdict) -> Phrase | None:
    """What the person at the desk does about it."""
    return None if _just_now(verdict) else reasons.NEXT.get(verdict.reason)


def title(verdict: Verdict) -> Phrase:
    """The few words of a verdict."""
    if verdict.outcome == "ok" and verdict.direction == "out":
        return reasons.TITLES["out"]
    if verdict.outcome == "ok" and verdict.facts.get("again"):
        return reasons.TITLES["again"]
    if verdict.reason == "already_outside":
        return reasons.TITLES["outside"]
    return reasons.TITLES[verdict.outcome]


def message(verdict: Verdict, locale: str | None = None) -> str:
    """One sentence for the person at the desk: welcome, in since when and where, or why not."""
    facts = verdict.facts
    if verdict.outcome == "ok":
        return title(verdict).text(locale)
    first = facts.get("first")
    if first and verdict.reason == "already_inside":
        seconds = int(first["seconds"])
        if _just_now(verdict):
            return reasons.ALREADY_BY_YOU.text(locale, seconds=seconds)
        checkpoint = facts["checkpoint_en"] if locale == "en" and facts["checkpoint_en"] else facts["checkpoint_vi"]
        at = datetime.fromisoformat(first["at"]).astimezone(clock.VIETNAM)
        same_day = at.date() == (at + timedelta(seconds=seconds)).date()
        moment = f"{at:%H:%M}" if same_day else f"{at:%H:%M %d/%m}"
        return reasons.ALREADY_SINCE.text(locale, time=moment, checkpoint=checkpoint, device=first["device"] or "–")
    return reasons.REASONS[verdict.reason].text(locale)
