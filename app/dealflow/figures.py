"""What a startup sees of its links: who opened what and for how long, of those who agreed; of others nothing."""

from typing import Any
from uuid import UUID

import msgspec

from app.core import clock, db
from app.dealflow.links import path_of

Row = dict[str, Any]


class PageTime(msgspec.Struct, frozen=True):
    page: int
    seconds: int
    share: float


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """One reader who agreed."""

    name: str
    opened_at: Any
    seen_at: Any
    pages: list[PageTime]

    @property
    def seconds(self) -> int:
        return sum(page.seconds for page in self.pages)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A link with its readers. `state`: open, over or revoked; `url` while it is open."""

    id: UUID
    recipient: str
    email: str
    member: bool
    state: str
    url: str
    created_at: Any
    expires_at: Any
    may_download: bool
    downloads: int
    """How often the pages were taken along; whoever does so is told that it is seen."""
    downloaded_at: Any
    readers: list[Read]


async def of_deck(deck: UUID) -> list[Shown]:
    """Every link of a deck, open ones first; three queries however many."""
    rows = await db.fetch(
        "SELECT id, recipient_name, email, viewer, key, created_at, expires_at, ended_at,"
        " may_download, downloads, downloaded_at FROM deck_link"
        " WHERE deck = $1 ORDER BY ended_at IS NOT NULL OR expires_at <= now(), created_at DESC, id LIMIT 300",
        deck,
    )
    readers = await db.fetch(
        "SELECT r.id, r.link, coalesce(nullif(r.name, ''), l.recipient_name) AS name, r.opened_at, r.seen_at"
        " FROM deck_reader r JOIN deck_link l ON l.id = r.link"
        " WHERE l.deck = $1 AND r.answer = 'given' AND r.opened_at IS NOT NULL ORDER BY r.seen_at DESC, r.id",
        deck,
    )
    times: dict[UUID, list[Row]] = {}
    for row in await db.fetch(
        "SELECT v.reader, v.page, sum(v.seconds)::int AS seconds FROM deck_page_view v"
        " WHERE v.reader = ANY($1) GROUP BY v.reader, v.page ORDER BY v.page",
        [row["id"] for row in readers],
    ):
        times.setdefault(row["reader"], []).append(dict(row))
    by_link: dict[UUID, list[Read]] = {}
    for row in readers:
        longest = max((one["seconds"] for one in times.get(row["id"], [])), default=0) or 1
        pages = [PageTime(one["page"], one["seconds"], one["seconds"] / longest) for one in times.get(row["id"], [])]
        read = Read(name=row["name"], opened_at=row["opened_at"], seen_at=row["seen_at"], pages=pages)
        by_link.setdefault(row["link"], []).append(read)
    return [_shown(row, by_link.get(row["id"], [])) for row in rows]


def _shown(row: Any, readers: list[Read]) -> Shown:
    state = "revoked" if row["ended_at"] else "over" if row["expires_at"] <= clock.now() else "open"
    return Shown(
        id=row["id"],
        recipient=row["recipient_name"],
        email=row["email"],
        member=row["viewer"] is not None,
        state=state,
        url=path_of(row["id"], row["key"]) if state == "open" else "",
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        may_download=row["may_download"],
        downloads=row["downloads"],
        downloaded_at=row["downloaded_at"],
        readers=readers,
    )
