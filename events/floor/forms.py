"""What the forms of the festival ground send."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from app.core.forms import Email, Line, Text

Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Thousandth = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class VillageForm(msgspec.Struct, frozen=True, kw_only=True):
    name_vi: Line
    name_en: Line = ""
    about_vi: Text = ""
    about_en: Text = ""
    booth_quota: Count | None = None
    nomination_quota: Count | None = None
    heat_minimum: Count = 10
    places: Count | None = None


class VillageListForm(msgspec.Struct, frozen=True, kw_only=True):
    villages: Annotated[str, msgspec.Meta(max_length=100_000, extra={"lines": True})] = ""


class LeadForm(msgspec.Struct, frozen=True, kw_only=True):
    email: Email


class NominationForm(msgspec.Struct, frozen=True, kw_only=True):
    organisation: Line
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class NominationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    status: Line
    reason: Line = ""


class ProgrammeForm(msgspec.Struct, frozen=True, kw_only=True):
    title_vi: Line
    title_en: Line = ""
    zone: UUID
    starts_at: datetime
    minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)]
    speakers: Text = ""


class HostForm(msgspec.Struct, frozen=True, kw_only=True):
    organisation: Line
    role: Line = "host"


class HostAnswer(msgspec.Struct, frozen=True, kw_only=True):
    answer: Literal["yes", "no"]


class EditionForm(msgspec.Struct, frozen=True, kw_only=True):
    name_vi: Line = ""
    name_en: Line = ""
    label: Line = ""


class GroundForm(msgspec.Struct, frozen=True, kw_only=True):
    applications: bool = False
    closes_at: datetime | None = None
    passes_each: Annotated[int, msgspec.Meta(ge=0, le=200)] = 4
    pass_type: UUID | None = None


class ApplyForm(msgspec.Struct, frozen=True, kw_only=True):
    organisation: UUID
    village: UUID | None = None
    shows_vi: Annotated[str, msgspec.Meta(max_length=2000)]
    shows_en: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    wishes: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class DecisionForm(msgspec.Struct, frozen=True, kw_only=True):
    status: Line
    reason: Line = ""
    booth: UUID | None = None
    pass_quota: Annotated[int, msgspec.Meta(ge=0, le=200)] | None = None


class PassForm(msgspec.Struct, frozen=True, kw_only=True):
    full_name: Line
    email: Email


class CodesForm(msgspec.Struct, frozen=True, kw_only=True):
    codes: Annotated[str, msgspec.Meta(max_length=100_000, extra={"lines": True})]


class BoothForm(msgspec.Struct, frozen=True, kw_only=True):
    plan: UUID | None = None
    x: Thousandth | None = None
    y: Thousandth | None = None


class GiveForm(msgspec.Struct, frozen=True, kw_only=True):
    exhibitor: UUID | None = None


class PlanForm(msgspec.Struct, frozen=True, kw_only=True):
    name_vi: Line
    name_en: Line = ""


class CopyForm(msgspec.Struct, frozen=True, kw_only=True):
    title_vi: Line
    title_en: Line = ""
    starts_at: datetime
    agenda: bool = False
    villages: bool = False
    rehearsal: bool = False


class TemplateForm(msgspec.Struct, frozen=True, kw_only=True):
    title_vi: Line
    title_en: Line = ""
    starts_at: datetime
    venue: Line = ""


class VisitorsForm(msgspec.Struct, frozen=True, kw_only=True):
    count: Annotated[int, msgspec.Meta(ge=1, le=300)] = 50
