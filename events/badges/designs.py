"""What the badges of an event look like, and a guest's badge after that design."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from app.core import db
from app.core.forms import Line
from app.core.i18n import gettext, pick
from app.core.web import Actor
from events.badges.drawing import Badge
from events.badges.sizes import PARTS, SIZES, Size, colour_of

LONGEST_LINE = 120
EXAMPLES = (
    "Lê An",
    "Nguyễn Thị Minh Khai",
    "Tôn Nữ Hoàng Thị Phương Quỳnh Nguyễn Phúc Bảo Trâm Khuyên",
)
"""Names that a design has to bear: the shortest, a usual one, one of over fifty letters."""
NOBODYS_CODE = ("KETNOI" * 27)[:162]
"""As long as a ticket's code; no key has signed it."""


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """A design as it is used. `line` is a text of the event's own, on every badge."""

    size: str = "a6"
    language: str = "both"
    parts: tuple[str, ...] = ("organisation", "role", "event", "qr", "code")
    line: str = ""
    version: int = 0

    @property
    def paper(self) -> Size:
        return SIZES[self.size]


class DesignForm(msgspec.Struct, kw_only=True):
    """The designer's form. Nothing ticked is a badge with the name alone."""

    size: Literal["a6", "a4_4", "a4_8", "a4_10", "label_100", "label_90"]
    language: Literal["both", "vi", "en"] = "both"
    parts: list[str] = []
    line: Annotated[str, msgspec.Meta(max_length=LONGEST_LINE)] = ""
    name: Line = ""
    """For whom the preview is drawn; not kept."""

    @property
    def design(self) -> Design:
        return Design(
            size=self.size, language=self.language, parts=tuple(p for p in PARTS if p in self.parts), line=self.line
        )


async def design_of(event: UUID) -> Design:
    row = await db.fetchrow("SELECT size, language, parts, line, version FROM badge_design WHERE event = $1", event)
    return Design(**{**row, "parts": tuple(row["parts"])}) if row else Design()


async def save_design(actor: Actor, event: UUID, design: Design) -> None:
    """Keep a design for all badges that are printed from now on; the last one who saves decides."""
    await db.execute(
        "INSERT INTO badge_design (event, size, language, parts, line, version, changed_at, changed_by)"
        " VALUES ($1, $2, $3, $4, $5, 1, now(), $6) ON CONFLICT (event) DO UPDATE SET size = $2, language = $3,"
        " parts = $4, line = $5, version = badge_design.version + 1, changed_at = now(), changed_by = $6",
        *(event, design.size, design.language, list(design.parts), design.line, actor.person_id),
    )


def _both(design: Design, vi: str, en: str) -> str:
    """A text in the design's language; where it asks for both, each once."""
    if design.language == "vi" or not en:
        return vi
    if design.language == "en" or vi == en:
        return en
    return f"{vi} · {en}"


def badge_of(design: Design, row: Any, code: str, photo: bytes | None = None) -> Badge:
    """A guest's badge. `row` has what `printing.GUEST` selects; `code` is the text of the QR code."""
    shown = design.parts
    return Badge(
        name=row["full_name"],
        organisation=row["organisation"] if "organisation" in shown else "",
        role=_both(design, row["type_vi"], row["type_en"]) if "role" in shown else "",
        colour=colour_of(row),
        event=_both(design, row["title_vi"], row["title_en"]) if "event" in shown else "",
        line=design.line,
        qr=code if "qr" in shown else "",
        code=row["code"] if "code" in shown and "qr" in shown else "",
        photo=photo if "photo" in shown else None,
    )


async def example_of(event: Any, design: Design, name: str) -> Badge:
    """The design on somebody made up, with the first ticket type of the event; its QR code opens no door."""
    row = await db.fetchrow(
        "SELECT t.title_vi AS type_vi, t.title_en AS type_en, t.colour, t.role FROM ticket_type t WHERE t.event = $1"
        " ORDER BY t.place, t.id LIMIT 1",
        event.id,
    )
    kind = dict(row) if row else {"type_vi": "", "type_en": "", "colour": "", "role": ""}
    made_up = {
        "full_name": name,
        "organisation": gettext("Sample organisation with a name of usual length"),
        "title_vi": event.title_vi,
        "title_en": event.title_en,
        "code": "MAUTHU22",
    }
    return badge_of(design, {**made_up, **kind}, NOBODYS_CODE)


def title_of(event: Any) -> str:
    return gettext("Badges: %(title)s", title=pick(event["title_vi"], event["title_en"]))
