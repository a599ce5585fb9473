"""What cannot be at the same time: rooms and speakers of sessions, found by one sweep over time. No database here.

A time is from its start until just before its end, so sessions that follow each other do not clash.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

import msgspec

from app.core.i18n import Phrase
from events.agenda.words import CLASH, HARD, NO_ROOM


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """What of a session can clash. `speakers`: those who speak, by id and name."""

    id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: UUID | None = None
    room: str = ""
    room_cap: int | None = None
    room_closed: bool = False
    capacity: int | None = None
    booked: int = 0
    speakers: tuple[tuple[str, str], ...] = ()


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not fit: `kind` of CLASH, the one session or the two."""

    kind: str
    one: UUID
    one_title: str
    other: UUID | None = None
    other_title: str = ""
    where: str = ""

    @property
    def hard(self) -> bool:
        return self.kind in HARD

    @property
    def sessions(self) -> frozenset[UUID]:
        return frozenset({self.one} if self.other is None else {self.one, self.other})

    @property
    def text(self) -> str:
        phrase: Phrase = CLASH[self.kind]
        return phrase.text(one=self.one_title, other=self.other_title, where=self.where or NO_ROOM.text())


def overlap(one: Slot, other: Slot) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def clashes(slots: Iterable[Slot], begins: datetime | None = None, ends: datetime | None = None) -> list[Clash]:
    """Everything that does not fit, in the order of time. `begins` and `ends` are those of the event."""
    slots = sorted(slots, key=lambda slot: (slot.starts_at, slot.ends_at, slot.id))
    rooms: dict[UUID, list[Slot]] = defaultdict(list)
    people: dict[tuple[str, str], list[Slot]] = defaultdict(list)
    for slot in slots:
        if slot.zone is not None:
            rooms[slot.zone].append(slot)
        for speaker in dict.fromkeys(slot.speakers):
            people[speaker].append(slot)
    found = [_clash("room", one, other, one.room) for group in rooms.values() for one, other in _pairs(group)]
    found += [
        _clash("speaker", one, other, name) for (_key, name), group in people.items() for one, other in _pairs(group)
    ]
    for slot in slots:
        found += _alone(slot, begins, ends)
    order = {slot.id: place for place, slot in enumerate(slots)}
    return sorted(found, key=lambda clash: (order[clash.one], clash.kind, order.get(clash.other or clash.one, 0)))


def _clash(kind: str, one: Slot, other: Slot, where: str) -> Clash:
    return Clash(kind=kind, one=one.id, one_title=one.title, other=other.id, other_title=other.title, where=where)


def _pairs(group: list[Slot]) -> Iterator[tuple[Slot, Slot]]:
    """Overlapping pairs of slots sorted by start: each is compared with those that still go on."""
    running: list[Slot] = []
    for slot in group:
        running = [earlier for earlier in running if earlier.ends_at > slot.starts_at]
        yield from ((earlier, slot) for earlier in running if overlap(earlier, slot))
        running.append(slot)


def _alone(slot: Slot, begins: datetime | None, ends: datetime | None) -> Iterator[Clash]:
    def of(kind: str) -> Clash:
        return Clash(kind=kind, one=slot.id, one_title=slot.title, where=slot.room)

    if (begins is not None and slot.starts_at < begins) or (ends is not None and slot.ends_at > ends):
        yield of("outside")
    if slot.room_cap is not None and slot.capacity is not None and slot.capacity > slot.room_cap:
        yield of("small")
    if slot.room_closed:
        yield of("closed")
    if slot.capacity is not None and slot.capacity < slot.booked:
        yield of("taken")
