"""The forms of mentoring, as they are typed."""

from datetime import date
from typing import Annotated

import msgspec

from app.core.forms import Line

Link = Annotated[str, msgspec.Meta(max_length=500)]
Short = Annotated[str, msgspec.Meta(max_length=2000, extra={"lines": True})]


class Hours(msgspec.Struct, kw_only=True):
    time_zone: Line
    session_minutes: Annotated[int, msgspec.Meta(ge=15, le=240)]
    buffer_minutes: Annotated[int, msgspec.Meta(ge=0, le=120)]
    approves: bool = False
    mode: Line
    place: Line = ""
    link: Link = ""
    version: int = 0


class Part(msgspec.Struct, kw_only=True):
    weekday: list[int] = []
    starts: Line
    ends: Line


class Day(msgspec.Struct, kw_only=True):
    day: date
    kind: Line
    starts: Line = ""
    ends: Line = ""


class Booking(msgspec.Struct, kw_only=True):
    starts_at: Line
    organisation: Line
    goal: Line = ""
    question: Short = ""


class Reason(msgspec.Struct, kw_only=True):
    reason: Short = ""


class Move(msgspec.Struct, kw_only=True):
    starts_at: Line
    reason: Short = ""


class Log(msgspec.Struct, kw_only=True):
    topic: Annotated[str, msgspec.Meta(max_length=300)]
    advice: Annotated[str, msgspec.Meta(max_length=6000, extra={"lines": True})] = ""
    next_step: Annotated[str, msgspec.Meta(max_length=3000, extra={"lines": True})] = ""
    version: int = 0


class Action(msgspec.Struct, kw_only=True):
    text: Annotated[str, msgspec.Meta(max_length=300)]
    owner: Line
    due_on: date


class Feedback(msgspec.Struct, kw_only=True):
    rating: int
    feedback: Annotated[str, msgspec.Meta(max_length=3000, extra={"lines": True})] = ""


class Thanks(msgspec.Struct, kw_only=True):
    thanks: Annotated[str, msgspec.Meta(max_length=600, extra={"lines": True})]
    agree: bool = False


class Goal(msgspec.Struct, kw_only=True):
    organisation: Line
    title: Line
    need: Line
    measure: Short = ""
    due_on: date | None = None
    shared: bool = False


class Closing(msgspec.Struct, kw_only=True):
    state: Line
    result: Annotated[str, msgspec.Meta(max_length=4000, extra={"lines": True})]


class Contradiction(msgspec.Struct, kw_only=True):
    first: Line
    second: Line
    note: Short = ""


class Decision(msgspec.Struct, kw_only=True):
    decision: Short = ""
    reason: Short = ""


class Resolution(msgspec.Struct, kw_only=True):
    outcome: Line
    reason: Short = ""


class Appeal(msgspec.Struct, kw_only=True):
    appeal: Short


class Programme(msgspec.Struct, kw_only=True):
    organisation: Line
    name: Line
    starts_on: date | None = None
    ends_on: date | None = None


class Invitation(msgspec.Struct, kw_only=True):
    side: Line
    slug: Link


class Match(msgspec.Struct, kw_only=True):
    mentor: Line = ""
