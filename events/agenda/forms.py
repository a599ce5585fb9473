"""What the forms of the agenda send."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from app.core.forms import Line, Text

Minutes = Annotated[int, msgspec.Meta(ge=1, le=1440)]


class SessionForm(msgspec.Struct, frozen=True, kw_only=True):
    """`speakers`: a name on each line; `tags`: words between commas."""

    title_vi: Line = ""
    title_en: Line = ""
    kind: Line = "talk"
    language: Line = "vi"
    abstract_vi: Text = ""
    abstract_en: Text = ""
    description_vi: Text = ""
    description_en: Text = ""
    track: Annotated[str, msgspec.Meta(max_length=80)] = ""
    tags: Line = ""
    zone: UUID | None = None
    starts_at: datetime | None = None
    minutes: Minutes | None = None
    capacity: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    booking: bool = False
    speakers: Text = ""
    version: int | None = None


class MoveForm(msgspec.Struct, frozen=True, kw_only=True):
    zone: UUID | None = None
    starts_at: datetime | None = None
    minutes: Minutes | None = None
    version: int | None = None
    day: Line = ""


class PublishForm(msgspec.Struct, frozen=True, kw_only=True):
    reason: Line = ""


class RulesForm(msgspec.Struct, frozen=True, kw_only=True):
    overlap: Line = "refused"
    walk_in_minutes: Annotated[int, msgspec.Meta(ge=0, le=240)] = 10


class SpeakerForm(msgspec.Struct, frozen=True, kw_only=True):
    name: Line
    role_vi: Line = ""
    role_en: Line = ""
    bio_vi: Text = ""
    bio_en: Text = ""
    profile: Line = ""


class FileForm(msgspec.Struct, frozen=True, kw_only=True):
    pass


class SeatForm(msgspec.Struct, frozen=True, kw_only=True):
    act: Line = "book"
