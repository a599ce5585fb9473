"""The life of a booking: every state, the one table of transitions, and what two reports together say. Pure."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from app.core.errors import Conflict
from app.core.i18n import N_

Role = Literal["mentor", "mentee", "staff", "system"]

OFFERED, REQUESTED, CONFIRMED = "offered", "requested", "confirmed"
TAKES_TIME = (OFFERED, REQUESTED, CONFIRMED)
"""In these states the time of both is taken."""
CLOSED = ("declined", "cancelled", "expired", "held", "no_show")
STATES = (*TAKES_TIME, "disputed", "lapsed", *CLOSED)

ANSWER_HOURS = 48
"""So long a request waits for the mentor, at most until the session would begin."""
OFFER_HOURS = 12
"""So long a slot that became free is kept for who waited for it."""
LATE_HOURS = 24
"""Who cancels later than this before the beginning gets a strike."""
SILENCE_HOURS = 72
"""After so long the one side that said something is believed."""
LAPSE_DAYS = 14
EARLY_MINUTES = 10
"""So early before the beginning one can say "I am here"."""


class Move(msgspec.Struct, frozen=True):
    """Where an act leads, and who may do it."""

    to: str
    who: frozenset[str]


def _by(to: str, *who: Role) -> Move:
    return Move(to, frozenset(who))


TRANSITIONS: dict[tuple[str | None, str], Move] = {
    (None, "book"): _by(CONFIRMED, "mentee"),
    (None, "request"): _by(REQUESTED, "mentee"),
    (None, "offer"): _by(OFFERED, "system"),
    (OFFERED, "accept"): _by(CONFIRMED, "mentee"),
    (OFFERED, "accept_and_request"): _by(REQUESTED, "mentee"),
    (OFFERED, "pass"): _by("declined", "mentee"),
    (OFFERED, "expire"): _by("expired", "system"),
    (OFFERED, "cancel"): _by("cancelled", "mentor", "staff", "system"),
    (REQUESTED, "confirm"): _by(CONFIRMED, "mentor"),
    (REQUESTED, "decline"): _by("declined", "mentor"),
    (REQUESTED, "cancel"): _by("cancelled", "mentee", "staff", "system"),
    (REQUESTED, "move"): _by(REQUESTED, "mentee"),
    (REQUESTED, "expire"): _by("expired", "system"),
    (CONFIRMED, "move"): _by(CONFIRMED, "mentor", "mentee"),
    (CONFIRMED, "move_and_request"): _by(REQUESTED, "mentee"),
    (CONFIRMED, "cancel"): _by("cancelled", "mentor", "mentee", "staff", "system"),
    (CONFIRMED, "settle_held"): _by("held", "mentor", "mentee", "system"),
    (CONFIRMED, "settle_no_show"): _by("no_show", "mentor", "mentee", "system"),
    (CONFIRMED, "dispute"): _by("disputed", "mentor", "mentee", "system"),
    (CONFIRMED, "lapse"): _by("lapsed", "system"),
    ("lapsed", "settle_held"): _by("held", "mentor", "mentee", "system"),
    ("lapsed", "settle_no_show"): _by("no_show", "mentor", "mentee", "system"),
    ("lapsed", "dispute"): _by("disputed", "mentor", "mentee", "system"),
    ("disputed", "resolve_held"): _by("held", "staff"),
    ("disputed", "resolve_no_show"): _by("no_show", "staff"),
}
"""The only way from one state to another. What is not here does not happen."""


class NotNow(Conflict):
    message = N_("This is not possible any more: the session has changed meanwhile. Please look at it again.")


def lead(status: str | None, act: str, role: str) -> str:
    """The state that `act` leads to. Raises NotNow where it does not, or not for this role."""
    move = TRANSITIONS.get((status, act))
    if move is None or role not in move.who:
        raise NotNow
    return move.to


def allowed(status: str, act: str, role: str) -> bool:
    move = TRANSITIONS.get((status, act))
    return move is not None and role in move.who


class Reports(msgspec.Struct, frozen=True, kw_only=True):
    """What both sides said about a session, when, and who said "I am here" while it ran."""

    mentor_said: str | None = None
    mentor_said_at: datetime | None = None
    mentor_here: bool = False
    mentee_said: str | None = None
    mentee_said_at: datetime | None = None
    mentee_here: bool = False


HELD, MENTOR_ABSENT, MENTEE_ABSENT = "held", "mentor_absent", "mentee_absent"
SAYINGS = (HELD, MENTOR_ABSENT, MENTEE_ABSENT)
_ABSENT = {MENTOR_ABSENT: "mentor", MENTEE_ABSENT: "mentee"}


class Verdict(msgspec.Struct, frozen=True):
    """What follows: an act of the table, and who was absent."""

    act: str
    absent: str | None = None


def weigh(reports: Reports, ends_at: datetime, now: datetime) -> Verdict | None:
    """What the reports say together; None while it is too early to tell.

    Both say the same: so it was. They contradict, or somebody is called absent who said "I am here": disputed. Who says
    of themselves that they were absent is believed at once. One alone is believed when the other said "I am here", or
    has been silent for three days. Nothing from anybody for two weeks: lapsed.
    """
    said = (reports.mentor_said, reports.mentee_said)
    if said[0] and said[1]:
        return _verdict(said[0]) if said[0] == said[1] else Verdict("dispute")
    if said[0] or said[1]:
        return _of_one(reports, now)
    if reports.mentor_here and reports.mentee_here:
        return Verdict("settle_held") if now >= ends_at else None
    return Verdict("lapse") if now >= ends_at + timedelta(days=LAPSE_DAYS) else None


def _of_one(reports: Reports, now: datetime) -> Verdict | None:
    by_mentor = reports.mentor_said is not None
    word = (reports.mentor_said if by_mentor else reports.mentee_said) or HELD
    at = reports.mentor_said_at if by_mentor else reports.mentee_said_at
    other_here = reports.mentee_here if by_mentor else reports.mentor_here
    if _ABSENT.get(word) == ("mentor" if by_mentor else "mentee"):
        return _verdict(word)
    if other_here:
        return _verdict(word) if word == HELD else Verdict("dispute")
    silent = at is not None and now >= at + timedelta(hours=SILENCE_HOURS)
    return _verdict(word) if silent else None


def _verdict(word: str) -> Verdict:
    return Verdict("settle_held") if word == HELD else Verdict("settle_no_show", _ABSENT[word])
