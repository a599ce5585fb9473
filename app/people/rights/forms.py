"""What the forms about one's data and about requests take."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from app.core.forms import Email, Line

Said = Annotated[str, msgspec.Meta(max_length=4000, extra={"lines": True})]
Name = Annotated[str, msgspec.Meta(max_length=120)]


class Choice(msgspec.Struct, kw_only=True):
    given: Literal["1", "0"]
    version: Annotated[str, msgspec.Meta(max_length=20)] = ""


class Ask(msgspec.Struct, kw_only=True):
    kind: Literal["access", "correction", "deletion", "withdrawal", "objection"]
    said: Said


class Erase(msgspec.Struct, kw_only=True):
    word: Line


class Register(msgspec.Struct, kw_only=True):
    kind: Literal["access", "correction", "deletion", "withdrawal", "objection"]
    channel: Literal["desk", "paper", "mail", "phone"]
    name: Name
    email: Email = ""
    received_on: date | None = None
    said: Said
    others_involved: bool = False


class Answer(msgspec.Struct, kw_only=True):
    act: Literal["answered", "extended", "done", "refused"]
    answer: Said


class CarryOut(msgspec.Struct, kw_only=True):
    identity: Line
