"""What the forms of this subject take."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from app.core.forms import Email, Line, Text

Capacity = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class EventForm(msgspec.Struct, kw_only=True):
    title_vi: Line
    title_en: Line = ""
    description_vi: Text = ""
    description_en: Text = ""
    starts_at: datetime
    ends_at: datetime
    venue: Line = ""
    address: Line = ""
    province_code: Line = ""
    version: int = 0


class TypeForm(msgspec.Struct, kw_only=True):
    code: Code
    title_vi: Line
    title_en: Line = ""
    capacity: Capacity
    needs_approval: bool = False
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    role: Line = "visitor"
    visibility: Line = "public"
    access_code: Line = ""
    price: Annotated[int, msgspec.Meta(ge=0, le=500_000_000)] = 0
    hold_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 48
    max_party: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    self_change: bool = False
    days: list[date] = []
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    colour: Line = ""
    below_taken: bool = False


class CheckpointForm(msgspec.Struct, kw_only=True):
    name_vi: Line
    name_en: Line = ""
    capacity: Capacity | None = None
    types: list[str] = []


class StaffForm(msgspec.Struct, kw_only=True):
    email: Email
    role: Literal["organizer", "desk"]


class ReasonForm(msgspec.Struct, kw_only=True):
    reason: Annotated[str, msgspec.Meta(max_length=500)]


class CodesForm(msgspec.Struct, kw_only=True):
    reason: Annotated[str, msgspec.Meta(max_length=500)]
    old: Literal["end", "until"] = "end"
    keep_until: datetime | None = None


class RegistrationForm(msgspec.Struct, kw_only=True):
    ticket_type: Code
    full_name: Line
    email: Email
    phone: Line = ""
    organisation: Line = ""
    terms: Literal["1"]
    news: bool = False
    party: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    also: list[Code] = []
    code: Line = ""
    key: Annotated[str, msgspec.Meta(max_length=100)] = ""


class DecisionForm(msgspec.Struct, kw_only=True):
    act: Literal["approve", "approve_waitlist", "refuse", "cancel", "overbook", "seat_now", "prefer", "normal", "merge"]
    ids: list[UUID]
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class ScanForm(msgspec.Struct, kw_only=True):
    checkpoint: UUID
    nonce: Line
    text: Annotated[str, msgspec.Meta(max_length=4096)]
    direction: Literal["in", "out"] = "in"


class UndoForm(msgspec.Struct, kw_only=True):
    checkpoint: UUID
    scan: UUID
    reason: Annotated[str, msgspec.Meta(max_length=500)]
    direction: Literal["in", "out"] = "in"


class SelfForm(msgspec.Struct, kw_only=True):
    full_name: Line
    phone: Line = ""
    organisation: Line = ""


class KindForm(msgspec.Struct, kw_only=True):
    ticket_type: Code


class PassOnForm(msgspec.Struct, kw_only=True):
    full_name: Line
    email: Email
    phone: Line = ""
    organisation: Line = ""
