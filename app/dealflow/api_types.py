"""What the JSON of deal flow looks like: what is sent and what may be sent."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec


class Whose(msgspec.Struct):
    """An organisation."""

    id: UUID
    slug: str
    name: str


class Somebody(msgspec.Struct):
    id: UUID
    name: str


class PipelineOut(msgspec.Struct, kw_only=True):
    """`role`: the caller's in the organisation that it belongs to. `open`, `late`: cards, and those overdue."""

    id: UUID
    name: str
    organisation: Whose
    role: str
    open: int
    late: int


class Pipelines(msgspec.Struct):
    items: list[PipelineOut]


class StageOut(msgspec.Struct, kw_only=True):
    """`kind`: open, won or passed; a card comes to the passed ones with a reason only."""

    id: UUID
    name_vi: str
    name_en: str
    kind: str
    cards: int


class PipelineFull(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    organisation: Whose
    role: str
    may_edit: bool
    stages: list[StageOut]
    team: list[Somebody]
    """Who can be responsible for a card."""


class CardOut(msgspec.Struct, kw_only=True):
    """`organisation` is null once it has left the pages. `moves` and `version` are sent back with a move and a change,
    so that nobody overwrites what somebody else did meanwhile. `fit`: how well it suits, a logit; `strength` its word.
    """

    id: UUID
    organisation: Whose | None
    stage: UUID
    state: str
    moves: int
    version: int
    owner: Somebody | None
    next_step: str
    next_on: date | None
    pass_reason: str | None
    fit: float | None
    strength: str | None
    origin: str
    added_at: datetime
    changed_at: datetime


class Cards(msgspec.Struct):
    items: list[CardOut]
    total: int
    next_cursor: str | None


class CardReason(msgspec.Struct, rename={"audience": "for"}):
    """A part of the fit that may still be told, with its sentence in both languages."""

    code: str
    audience: str
    text_vi: str
    text_en: str
    contribution: float


class NoteOut(msgspec.Struct):
    id: UUID
    author: str | None
    text: str
    created_at: datetime


class FileOut(msgspec.Struct):
    """`url`: for a browser that is signed in."""

    id: UUID
    name: str
    size: int
    url: str
    created_at: datetime


class DeckShown(msgspec.Struct):
    """A deck that the card's organisation shows to the team; `url` opens its pages for its members."""

    title: str
    pages: int
    url: str
    expires_at: datetime


class ChangeOut(msgspec.Struct):
    """What happened to the card, in the language of the request."""

    text: str
    at: datetime


class CardFull(CardOut, kw_only=True):
    """Everything that the team knows of a card. `model_version`, `fit_as_of`: the engine's, when it was added."""

    reasons: list[CardReason]
    model_version: str | None
    fit_as_of: str | None
    notes: list[NoteOut]
    files: list[FileOut]
    decks: list[DeckShown]
    told_the_startup_at: datetime | None
    history: list[ChangeOut]


class AddBody(msgspec.Struct, forbid_unknown_fields=True):
    """`origin`: directory, profile, suggestion, event, introduction or digest."""

    organisation: UUID
    origin: str = "directory"


class EditBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`version` as the card was read; what is not sent stays."""

    version: int
    owner: UUID | msgspec.UnsetType | None = msgspec.UNSET
    next_step: str | msgspec.UnsetType = msgspec.UNSET
    next_on: date | msgspec.UnsetType | None = msgspec.UNSET


class MoveBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`moves` as the card was read; before another card of the stage, after one, or, with neither, to its top."""

    stage: UUID
    moves: int
    before: UUID | None = None
    after: UUID | None = None


class PassBody(msgspec.Struct, forbid_unknown_fields=True):
    """`note` stays with the team; with `tell` the startup reads the reason, kindly put, and `words`."""

    reason: str
    note: str = ""
    tell: bool = False
    words: str = ""


class NoteBody(msgspec.Struct, forbid_unknown_fields=True):
    text: str


class DeckOut(msgspec.Struct, kw_only=True):
    """`open_links`: that open now; `readers`: who agreed to be counted."""

    id: UUID
    title: str
    kind: str
    version: int
    pages: int
    drawn: int
    open_links: int
    readers: int
    changed_at: datetime


class Decks(msgspec.Struct):
    items: list[DeckOut]


class PageSeconds(msgspec.Struct):
    page: int
    seconds: int


class ReaderOut(msgspec.Struct):
    """Somebody who agreed to be counted; of others there is nothing."""

    name: str
    opened_at: datetime
    seen_at: datetime | None
    seconds: int
    pages: list[PageSeconds]


class LinkOut(msgspec.Struct, kw_only=True):
    """`state`: open, over or revoked; `url` while it is open."""

    id: UUID
    recipient: str
    email: str
    for_organisation: bool
    state: str
    url: str | None
    created_at: datetime
    expires_at: datetime
    may_download: bool
    downloads: int
    downloaded_at: datetime | None
    readers: list[ReaderOut]


class Links(msgspec.Struct):
    items: list[LinkOut]


class LinkBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """For a person (`recipient_name` and `email`) or for the members of an organisation (`viewer`).

    `days`: 7, 14, 30 or 90. `send` mails the link to the person.
    """

    recipient_name: str = ""
    email: str = ""
    viewer: UUID | None = None
    days: int = 14
    send: bool = False
    may_download: bool = False


Row = dict[str, Any]
