"""What is likely at the doors in the next minutes, from how fast people come and how long one of them takes."""

import math

import msgspec

from events.command.counting import Door, Snapshot

ASSUMED_SECONDS = 8.0
"""What one guest takes at a station while nothing was measured."""
AHEAD_MINUTES = 15
MOST_A_MINUTE = 1000.0
MOST_SECONDS = 300.0


class Assumption(msgspec.Struct, frozen=True):
    """What the reader wants to reckon with; None: as measured."""

    a_minute: float | None = None
    seconds: float | None = None


class Outlook(msgspec.Struct, frozen=True):
    """One door: arrivals a minute x seconds / 60 stations are busy all the time; with fewer a queue grows."""

    door: Door
    a_minute: float
    needed: int
    queue: int
    """So many will stand there in `AHEAD_MINUTES`, if people come at this pace and stations stay as many."""

    @property
    def short(self) -> int:
        return max(0, self.needed - self.door.stations)


def seconds_of(seen: Snapshot, assumed: Assumption) -> tuple[float, str]:
    """How long one guest takes, and how that is known: chosen, measured or assumed."""
    if assumed.seconds is not None:
        return assumed.seconds, "chosen"
    return (seen.seconds, "measured") if seen.seconds else (ASSUMED_SECONDS, "assumed")


def stations(a_minute: float, seconds: float) -> int:
    """Stations that are needed so that the queue does not grow."""
    return math.ceil(round(a_minute * seconds / 60, 6))


def outlook(seen: Snapshot, assumed: Assumption) -> list[Outlook]:
    """Every door; what the reader assumes of all arrivals is spread as people come now, evenly if nobody does."""
    seconds, _known = seconds_of(seen, assumed)
    rates = [door.rate for door in seen.doors]
    if assumed.a_minute is not None and rates:
        whole = sum(rates)
        rates = [assumed.a_minute * (rate / whole if whole else 1 / len(rates)) for rate in rates]
    found = []
    for door, rate in zip(seen.doors, rates, strict=True):
        served = door.stations * 60 / seconds * seen.per_ticket
        queue = round(max(0.0, rate - served) * AHEAD_MINUTES)
        found.append(Outlook(door, rate, stations(rate / seen.per_ticket, seconds), queue))
    return found
