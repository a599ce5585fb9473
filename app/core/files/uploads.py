"""Forms with files: the body streams to a temporary file on this machine; nothing large is ever in memory.

A file over its limit is read to its end and thrown away, so that the form can say so beside the field and keep what was
typed. Over the route's own `request_max_body_size` the answer is 413 at once.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import IO, Any, TypeVar
from uuid import uuid4

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from app.core.errors import Busy
from app.core.files.names import stem_of
from app.core.files.purposes import DOCUMENT_BYTES, IMAGE_BYTES
from app.core.files.storage import PIECE
from app.core.files.where import incoming_folder
from app.core.forms import Form, parse
from app.core.settings import get_settings

T = TypeVar("T", bound=msgspec.Struct)

PICTURE_BODY = 4 * IMAGE_BYTES
"""`request_max_body_size` of routes that take pictures: what phones send is refused in words, not by a broken line."""
DOCUMENT_BODY = DOCUMENT_BYTES + PICTURE_BODY
MOST_PARTS = 300
MOST_TEXT = 256_000

_Event = tuple[str, str | None] | bytes | None
"""A part begins (its name, its file's name), goes on, ends."""


class Upload(msgspec.Struct, kw_only=True):
    """One file as it came: on the disk until the form's block ends. `too_large`: only its size is known."""

    stem: str
    path: Path
    size: int = 0
    sha256: str = ""
    head: bytes = b""
    too_large: bool = False


@asynccontextmanager
async def upload_form(
    request: Request[Any, Any, Any], struct: type[T], limits: Mapping[str, int]
) -> AsyncIterator[tuple[Form[T], dict[str, Upload]]]:
    """The form as `struct`, and for each name in `limits` (most bytes) the file that came, if one did.

    The files are gone when the block ends. Files under other names are thrown away unread.
    """
    folder = incoming_folder(get_settings())
    raw: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}
    opened: list[Path] = []
    try:
        sink = _Sink(folder, limits, raw, files, opened)
        try:
            async with aclosing(_events(request)) as events:
                async for event in events:
                    await sink.take(event)
        finally:
            await sink.close()
        yield parse(raw, struct), files
    finally:
        for path in opened:
            path.unlink(missing_ok=True)


class _Sink:
    """Takes the parts one after the other: texts to `raw`, the bytes of files to the disk."""

    def __init__(
        self,
        folder: Path,
        limits: Mapping[str, int],
        raw: dict[str, list[str]],
        files: dict[str, Upload],
        opened: list[Path],
    ) -> None:
        self.folder, self.limits, self.raw, self.files, self.opened = folder, limits, raw, files, opened
        self.name = ""
        self.text: bytearray | None = None
        self.upload: Upload | None = None
        self.file: IO[bytes] | None = None
        self.waiting = bytearray()
        self.hash = hashlib.sha256()
        self.texts = 0

    async def take(self, event: _Event) -> None:
        if isinstance(event, tuple):
            await self._begin(*event)
        elif event is None:
            await self._end()
        elif self.text is not None:
            self.texts += len(event)
            if self.texts > MOST_TEXT:
                raise RequestEntityTooLarge
            self.text += event
        elif self.upload is not None:
            await self._more(self.upload, event)

    async def _begin(self, name: str, filename: str | None) -> None:
        self.name, self.text, self.upload = name, None, None
        if filename is None:
            self.text = bytearray()
            return
        if not filename or name not in self.limits or name in self.files:
            return
        path = self.folder / uuid4().hex
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.file = await asyncio.to_thread(path.open, "xb")
        except OSError as error:
            raise Busy from error
        self.opened.append(path)
        self.hash = hashlib.sha256()
        self.upload = Upload(stem=stem_of(filename), path=path)

    async def _more(self, upload: Upload, piece: bytes) -> None:
        upload.size += len(piece)
        if upload.size > self.limits[self.name]:
            upload.too_large = True
            self.waiting.clear()
            return
        if len(upload.head) < 64:
            upload.head = (upload.head + piece)[:64]
        self.waiting += piece
        if len(self.waiting) >= PIECE:
            await self._write()

    async def _write(self) -> None:
        if self.file is None or not self.waiting:
            return
        piece, self.waiting = bytes(self.waiting), bytearray()
        self.hash.update(piece)
        try:
            await asyncio.to_thread(self.file.write, piece)
        except OSError as error:
            raise Busy from error

    async def _end(self) -> None:
        if self.text is not None:
            self.raw.setdefault(self.name, []).append(self.text.decode("utf-8", "replace"))
        elif self.upload is not None:
            await self._write()
            self.upload.sha256 = self.hash.hexdigest()
            self.files[self.name] = self.upload
            await self.close()
        self.text, self.upload = None, None

    async def close(self) -> None:
        if self.file is not None:
            file, self.file = self.file, None
            try:
                await asyncio.to_thread(file.close)
            except OSError as error:
                raise Busy from error


async def _events(request: Request[Any, Any, Any]) -> AsyncGenerator[_Event, None]:
    kind, options = request.content_type
    if kind != "multipart/form-data" or request.scope.get("csrf_pending"):
        # a form without files; or a client that names no origin: its token was read by the guard, and all else with it
        async for event in _of_read_form(request):
            yield event
        return
    try:
        boundary = options.get("boundary", "").encode("latin-1")
        with PushMultipartParser(boundary, max_segment_count=MOST_PARTS) as parser:
            async for piece in request.stream():
                if not piece or parser.closed:
                    continue
                for found in parser.parse(piece):
                    if isinstance(found, MultipartSegment):
                        yield (found.name, found.filename)
                    else:
                        yield bytes(found) if found is not None else None
    except ParserLimitReached:
        raise RequestEntityTooLarge from None
    except (MultipartError, UnicodeError):
        raise ClientException("the body is no multipart form") from None


async def _of_read_form(request: Request[Any, Any, Any]) -> AsyncIterator[_Event]:
    form = await request.form()
    try:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                yield (name, value.filename)
                while piece := await value.read(PIECE):
                    yield piece
            else:
                yield (name, None)
                yield str(value).encode("utf-8", "surrogatepass")
            yield None
    finally:
        await form.close()
