"""Keeping files: prepared outside the transaction, kept inside that of the verb that needs them, ended, erased.

Who may do it is for the subjects to say; here a draft belongs to the person who brought it.
"""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog

from app.core import db, limits
from app.core.errors import Busy, Invalid, NotFound
from app.core.files.opening import WORDS, CannotOpen, Opened, open_document, open_picture
from app.core.files.purposes import IMAGE_BYTES, Kind, Purpose, known
from app.core.files.storage import key_of
from app.core.files.uploads import Upload
from app.core.files.where import incoming_folder, storage
from app.core.forms import Form
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.core.web import Actor

log = structlog.get_logger()

PREVIEW = 192
UPLOADS = 120
UPLOADS_SECONDS = 3600
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
ENDINGS = {"application/pdf": ".pdf", "image/webp": ".webp"}


class FileRefused(Invalid):
    """The file cannot be taken; the phrase says why, under the field's name."""


class Draft(msgspec.Struct, frozen=True):
    """A file whose bytes are stored and which no verb has kept yet. Drafts that nobody keeps are gone after a day."""

    id: UUID
    purpose: str
    kind: Kind
    name: str
    variants: tuple[str, ...]

    @property
    def best(self) -> str:
        """The variant that shows most."""
        return max(self.variants, key=lambda name: (int(name.partition(".")[0]) if self.kind == "image" else 0, name))

    @property
    def url(self) -> str:
        """Where its bringer sees it: a picture in a size for a form."""
        widths = {int(name.partition(".")[0]): name for name in self.variants if self.kind == "image"}
        fits = min((width for width in widths if width >= PREVIEW), default=max(widths, default=0))
        return f"/files/{self.id}/{widths.get(fits) or self.variants[0]}"


async def prepare(actor: Actor, upload: Upload, purpose: str, *, field: str = "file", near: str = "") -> Draft:
    """Check the upload by its content, draw it anew where it is a picture, and store its bytes as a draft.

    `near` is what uploads are counted by where nobody is signed in: something secret that opened the page.

    Slow (a process is started): call it before the verb's transaction. Raises FileRefused with a phrase for `field`.
    """
    if db.in_transaction():
        raise RuntimeError("a file is prepared before the transaction, which must not wait for it")
    wanted = known(purpose)
    if wanted is None:
        raise RuntimeError(f"nobody registered the purpose {purpose}")
    person = actor.id if near else actor.person_id
    await limits.hit("files.prepare", person or near, UPLOADS, UPLOADS_SECONDS)
    try:
        kind = _kind(upload, wanted)
        async with _workshop() as folder:
            opened = await _opened(upload, wanted, kind, folder)
            return await _stored(upload, wanted, kind, (opened, folder), person)
    except CannotOpen as refusal:
        most = IMAGE_BYTES if _is_picture(upload, wanted) else wanted.most_bytes
        raise FileRefused(fields={field: WORDS[refusal.code]}, megabytes=most // 1_000_000) from None


def _is_picture(upload: Upload, purpose: Purpose) -> bool:
    """Whether the upload is to be a picture; what begins like a PDF file is one where those are taken."""
    return not purpose.data and not (purpose.documents and upload.head.startswith(b"%PDF-"))


def _kind(upload: Upload, purpose: Purpose) -> Kind:
    picture = _is_picture(upload, purpose)
    if upload.too_large or (picture and upload.size > IMAGE_BYTES):
        raise CannotOpen("too_large")
    if upload.size == 0:
        raise CannotOpen("empty")
    if picture and purpose.pictures is None:
        raise CannotOpen("no_pdf")
    return "data" if purpose.data else "image" if picture else "document"


@asynccontextmanager
async def _workshop() -> AsyncIterator[Path]:
    """A folder for what is drawn, on the disk of the data and gone afterwards."""
    parent = incoming_folder(get_settings())
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=parent))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _opened(upload: Upload, purpose: Purpose, kind: Kind, folder: Path) -> Opened:
    if kind == "document":
        return await open_document(upload.path)
    if kind == "data" or purpose.pictures is None:
        return Opened("application/octet-stream", None, None, None, {"file.bin": upload.size})
    try:
        return await open_picture(upload.path, folder, purpose.pictures)
    except CannotOpen as refusal:
        if refusal.code == "no_picture" and purpose.documents:
            raise CannotOpen("no_paper") from None
        raise


async def _stored(
    upload: Upload, purpose: Purpose, kind: Kind, found: tuple[Opened, Path], person: UUID | None
) -> Draft:
    """The row first and the bytes after it: bytes that no row knows of would never be found again."""
    opened, folder = found
    name = upload.stem + ENDINGS.get(opened.media_type, "")
    draft = Draft(new_id(), purpose.name, kind, name, tuple(opened.variants))
    await db.execute(
        "INSERT INTO stored_file (id, purpose, kind, name, media_type, variants, size, width, height, pages, sha256,"
        " tier, owner_kind, created_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', $13, now())",
        *(draft.id, draft.purpose, kind, draft.name, opened.media_type, list(opened.variants)),
        *(sum(opened.variants.values()), opened.width, opened.height, opened.pages, upload.sha256),
        *(purpose.tier, person),
    )
    try:
        for variant in opened.variants:
            await storage().put(key_of(draft.id, variant), folder / variant if kind == "image" else upload.path)
    except OSError as error:
        log.error("bytes of a file could not be stored", error=repr(error))
        raise Busy from error
    return draft


async def draft_from(
    actor: Actor, form: Form[Any], files: Mapping[str, Upload], field: str, purpose: str
) -> Draft | None:
    """The draft of a form's field: of the file that came with it, or the one that came with it before.

    A form that has to be drawn again carries the draft's id in `<field>_draft` (ui.file_field does it). None when there
    is no file. Raises FileRefused.
    """
    if field in files:
        return await prepare(actor, files[field], purpose, field=field)
    text = form.raw.get(f"{field}_draft", "")
    return await draft_of(actor, UUID(text), purpose) if _ID.fullmatch(text) else None


async def draft_of(actor: Actor, file_id: UUID | None, purpose: str) -> Draft | None:
    """The draft that the actor brought earlier, when its form came back for another field; None when it is gone."""
    row = await db.fetchrow(
        "SELECT id, purpose, kind, name, variants FROM stored_file"
        " WHERE id = $1 AND purpose = $2 AND created_by = $3 AND kept_at IS NULL",
        file_id,
        purpose,
        actor.id,
    )
    return Draft(**{**row, "variants": tuple(row["variants"])}) if row else None


async def keep(actor: Actor, draft: Draft, owner_kind: str, owner_id: UUID, *, tier: int | None = None) -> UUID:
    """Keep the draft for its owner, in the open transaction of the verb that puts its id where it belongs.

    Rolled back with it: then it is a draft again. Raises NotFound when it was kept already or its day is over.
    """
    _inside()
    kept = await db.execute(
        "UPDATE stored_file SET kept_at = now(), owner_kind = $3, owner_id = $4, tier = coalesce($5, tier)"
        " WHERE id = $1 AND created_by IS NOT DISTINCT FROM $2 AND kept_at IS NULL",
        draft.id,
        actor.id,
        owner_kind,
        owner_id,
        tier,
    )
    if not kept:
        raise NotFound
    return draft.id


async def end_file(file_id: UUID | None, reason: str) -> None:
    """Serve the file to nobody any more, in the open transaction; its bytes stay until it is erased. None: nothing."""
    _inside()
    await db.execute(
        "UPDATE stored_file SET ended_at = now(), end_reason = $2 WHERE id = $1 AND ended_at IS NULL", file_id, reason
    )


async def reopen_file(file_id: UUID | None) -> bool:
    """Take back an end, for an undo; False when the file was erased meanwhile."""
    _inside()
    rows = await db.execute(
        "UPDATE stored_file SET ended_at = NULL, end_reason = NULL WHERE id = $1 AND erased_at IS NULL", file_id
    )
    return rows == 1


async def set_tier(file_id: UUID | None, tier: int) -> None:
    """Say anew who may see the file, in the open transaction."""
    _inside()
    await db.execute("UPDATE stored_file SET tier = $2 WHERE id = $1", file_id, tier)


_ERASE = """
WITH gone AS (SELECT id, variants FROM stored_file WHERE {which} AND erased_at IS NULL FOR UPDATE)
UPDATE stored_file SET name = '', sha256 = '', created_by = NULL, owner_id = NULL, variants = '{{}}',
  ended_at = coalesce(ended_at, now()), end_reason = coalesce(end_reason, 'erased'), erased_at = now()
FROM gone WHERE stored_file.id = gone.id RETURNING gone.id, gone.variants
"""


async def erase_file(file_id: UUID | None) -> int:
    """Blank the row in the open transaction and have a job delete the bytes after the commit; the number of files."""
    return await _erased("id = $1", file_id)


async def erase_files_of(owner_kind: str, owner_id: UUID) -> int:
    """The same for every file that an owner has, ended ones too."""
    return await _erased("owner_kind = $1 AND owner_id = $2", owner_kind, owner_id)


async def forget_person(person: UUID) -> int:
    """Erase a person's own files and drafts, and take their name off the files that they brought for others."""
    erased = await _erased("(owner_kind = 'person' AND owner_id = $1) OR (created_by = $1 AND kept_at IS NULL)", person)
    await db.execute("UPDATE stored_file SET created_by = NULL WHERE created_by = $1", person)
    return erased


async def _erased(which: str, *args: object) -> int:
    _inside()
    rows = await db.fetch(_ERASE.format(which=f"({which})"), *args)
    for row in rows:
        await enqueue("core.files.remove", {"id": str(row["id"]), "names": list(row["variants"])})
    return len(rows)


def _inside() -> None:
    if not db.in_transaction():
        raise RuntimeError("files change in the transaction of the verb that they belong to")
