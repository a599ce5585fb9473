"""Serving stored files: by permission, never as a page, pictures inline and everything else as a download."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from app.core import db
from app.core.errors import NotFound
from app.core.files.names import disposition
from app.core.files.purposes import Stored, known, sees
from app.core.files.storage import Missing, key_of
from app.core.files.where import storage
from app.core.web import NOBODY, Actor, public

log = structlog.get_logger()

CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""Even a file that a browser takes for a page may do nothing and belongs to no site."""
LASTING = "public, max-age=31536000, immutable"
ASKED_AGAIN = "private, no-cache"
NOT_KEPT = "private, no-store"
_VARIANT = re.compile(r"[a-z0-9]{1,20}\.[a-z]{1,5}", re.ASCII)
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})", re.ASCII)

_FILE = """
SELECT id, purpose, kind, name, media_type, tier, owner_kind, owner_id, created_by, kept_at IS NULL AS draft, size
FROM stored_file WHERE id = $1 AND $2 = ANY(variants) AND ended_at IS NULL AND erased_at IS NULL
"""


class Found(msgspec.Struct, frozen=True):
    """A file that the actor may have, in one of its variants, and how long others may keep it."""

    id: UUID
    kind: str
    name: str
    media_type: str
    size: int
    variant: str
    caching: str

    @property
    def drawn(self) -> bool:
        """A picture of ours: each form of an uploaded one, and pages that were drawn from a document."""
        return self.kind == "image" or self.variant.endswith(".webp")

    @property
    def etag(self) -> str:
        return f'"{self.id.hex}-{self.variant}"'


async def file_for(actor: Actor, file_id: UUID, variant: str) -> Found:
    """The door: absent, ended and not to be seen are one answer."""
    row = await db.fetchrow(_FILE, file_id, variant) if _VARIANT.fullmatch(variant) else None
    if row is None:
        raise NotFound
    facts = {name: row[name] for name in Stored.__struct_fields__}
    file = Stored(**facts)
    if row["draft"]:
        if actor.id is None or actor.id != file.created_by:
            raise NotFound
        caching = NOT_KEPT
    elif file.tier == 0 and await sees(NOBODY, file):
        purpose = known(file.purpose)
        caching = LASTING if purpose and purpose.lasting else ASKED_AGAIN
    elif await sees(actor, file):
        caching = NOT_KEPT
    else:
        raise NotFound
    return Found(row["id"], row["kind"], row["name"], row["media_type"], row["size"], variant, caching)


@get("/files/{file_id:uuid}/{variant:str}", opt=public)
async def serve(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], file_id: FromPath[UUID], variant: FromPath[str]
) -> Response[Any]:
    file = await file_for(actor, file_id, variant)
    headers = {
        "Content-Disposition": disposition(file.name, inline=file.drawn),
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cache-Control": file.caching,
        "ETag": file.etag,
    }
    if file.caching != NOT_KEPT and file.etag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    if file.drawn:
        return Response(await _whole(file), media_type="image/webp", headers=headers)
    return await _part(request, file, headers)


async def _whole(file: Found) -> bytes:
    async with aclosing(_pieces(file, 0, None)) as pieces:
        return b"".join([piece async for piece in pieces])


async def _part(request: Request[Any, Any, Any], file: Found, headers: dict[str, str]) -> Response[Any]:
    """The whole file, or the one range that was asked for; several ranges at once are answered with the whole."""
    headers["Accept-Ranges"] = "bytes"
    start, end, status = 0, file.size, 200
    asked = request.headers.get("range", "")
    if asked and request.headers.get("if-range", file.etag) == file.etag:
        found = _range(asked, file.size)
        if found == ():
            return Response(None, status_code=416, headers={**headers, "Content-Range": f"bytes */{file.size}"})
        if found:
            (start, end), status = found, 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    if not await storage().exists(key_of(file.id, file.variant)):
        _tell(file)
        raise NotFound
    headers["Content-Length"] = str(end - start)
    return Stream(_pieces(file, start, end), media_type=file.media_type, headers=headers, status_code=status)


def _range(text: str, size: int) -> tuple[int, int] | tuple[()] | None:
    """First byte and the one behind the last; () for a range outside the file, None for what we do not answer."""
    match = _RANGE.fullmatch(text.replace(" ", ""))
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        return (max(0, size - int(last)), size) if int(last) else ()
    start, end = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    return (start, end) if start < size else ()


async def _pieces(file: Found, start: int, end: int | None) -> AsyncGenerator[bytes]:
    try:
        async for piece in storage().read(key_of(file.id, file.variant), start, end):
            yield piece
    except Missing as error:
        _tell(file)
        raise NotFound from error


def _tell(file: Found) -> None:
    log.error("a stored file has no bytes", file=str(file.id), variant=file.variant)


router = Router("/", route_handlers=[serve], include_in_schema=False)
