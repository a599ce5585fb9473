"""What the pages of introductions read: typed forms, errors in words."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from app.core.forms import Line, Text

Code = Annotated[str, msgspec.Meta(max_length=40)]
Words = Annotated[str, msgspec.Meta(max_length=5000, extra={"lines": True})]


class Asking(msgspec.Struct):
    asker: Line
    purpose: Code = ""
    words: Words = ""
    act: Code = "ask"


class Declining(msgspec.Struct):
    reason: Code = ""
    note: Words = ""


class Reporting(msgspec.Struct):
    kind: Code = ""
    words: Words = ""
    shows_thread: bool = False


class Message(msgspec.Struct):
    nonce: Annotated[str, msgspec.Meta(min_length=8, max_length=80)]
    body: Text = ""


class Planning(msgspec.Struct):
    nonce: Annotated[str, msgspec.Meta(min_length=8, max_length=80)]
    starts_at: datetime
    minutes: Annotated[int, msgspec.Meta(ge=15, le=480)] = 45
    place: Line = ""
    link: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Question(msgspec.Struct):
    topic: Code = ""
    words: Words = ""


class Answer(msgspec.Struct):
    words: Words = ""
    kept: Code = ""


class Result(msgspec.Struct):
    kind: Code
    happened_on: date
    value: Annotated[Decimal, msgspec.Meta(ge=0, le=10**15)] | None = None
    currency: Code = "VND"
    words: Words = ""
    evidence_url: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Proposal(msgspec.Struct):
    connector: Line = ""
    one: Line = ""
    other: Line = ""
    purpose: Code = ""
    words: Words = ""


class Habit(msgspec.Struct):
    mails: Code = "soon"
    quiet_from: Annotated[int, msgspec.Meta(ge=0, le=23)] = 21
    quiet_until: Annotated[int, msgspec.Meta(ge=0, le=23)] = 7
