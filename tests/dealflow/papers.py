"""PDF files for these tests, and decks: one as it was uploaded, one whose pages are drawn."""

import hashlib
import tempfile
from functools import cache
from pathlib import Path
from uuid import UUID

from fpdf import FPDF

from app.core import db
from app.core.files.keeping import Draft, prepare
from app.core.files.leaves import draw
from app.core.files.storage import key_of
from app.core.files.uploads import Upload
from app.core.files.where import storage
from app.core.ids import new_id
from app.core.web import Actor
from app.dealflow import decks


@cache
def paper(pages: int) -> bytes:
    """A PDF file with so many different pages."""
    file = FPDF(orientation="L", format=(90, 160))
    file.set_font("helvetica", size=30)
    for number in range(1, pages + 1):
        file.add_page()
        file.set_xy(10, 30)
        file.cell(text=f"Page {number}")
    return bytes(file.output())


@cache
def _folder() -> tuple[Path, list[int]]:
    """Three pages, drawn once for all tests of the process, and their shapes."""
    folder = Path(tempfile.mkdtemp())
    (folder / "file.pdf").write_bytes(paper(3))
    found = draw(folder / "file.pdf", folder, 1, 3)
    return folder, [side for shape in found["sizes"] for side in shape]


async def uploaded(founder: Actor, organisation: UUID, folder: Path, pages: int) -> UUID:
    """A deck as the form leaves it: looked through, kept, nothing drawn yet."""
    draft = await draft_of(founder, folder, pages)
    return await decks.add(founder, organisation, ("Bộ giới thiệu", "deck"), draft)


async def draft_of(founder: Actor, folder: Path, pages: int, purpose: str = decks.DECK.name) -> Draft:
    """A file that was looked through and is not kept yet."""
    path = folder / f"{pages}.pdf"
    path.write_bytes(paper(pages))
    upload = Upload(stem="Bộ giới thiệu", path=path, size=path.stat().st_size, head=paper(pages)[:64])
    upload.sha256 = hashlib.sha256(paper(pages)).hexdigest()
    return await prepare(founder, upload, purpose)


async def deck_of(founder: Actor, organisation: UUID) -> UUID:
    """A deck of three pages that are drawn already, written straight into tables and storage."""
    folder, shapes = _folder()
    deck, file = new_id(), new_id()
    variants = ["file.pdf", "p1.webp", "p2.webp", "p3.webp"]
    await db.execute(
        "INSERT INTO stored_file (id, purpose, kind, name, media_type, variants, size, pages, sha256, tier, owner_kind,"
        " owner_id, created_by, kept_at) VALUES ($1, 'deck', 'document', 'Bộ giới thiệu.pdf', 'application/pdf', $2,"
        " $3, 3, '', 4, 'deck', $4, $5, now())",
        *(file, variants, len(paper(3)), deck, founder.id),
    )
    for name in variants:
        await storage().put(key_of(file, name), folder / name)
    await db.execute(
        "INSERT INTO deck (id, organisation, title, kind, file, pages, drawn, shapes) VALUES ($1, $2, 'Bộ giới thiệu',"
        " 'deck', $3, 3, 3, $4)",
        *(deck, organisation, file, shapes),
    )
    return deck


async def row_of(deck: UUID) -> dict[str, object]:
    row = await db.fetchrow("SELECT * FROM deck WHERE id = $1", deck)
    assert row is not None
    return dict(row)
