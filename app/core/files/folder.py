"""The bytes of files in a folder, which several machines may share."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

from app.core.files.storage import PIECE, Missing


class Folder:
    """A storage as storage.py describes it. Bytes are written beside their place, synced, then moved there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def put(self, key: str, source: Path) -> None:
        await asyncio.to_thread(_put, self.root / key, source)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread((self.root / key).open, "rb")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Missing(key) from error
        try:
            await asyncio.to_thread(file.seek, start)
            left = None if end is None else end - start
            while left is None or left > 0:
                piece = await asyncio.to_thread(file.read, PIECE if left is None else min(PIECE, left))
                if not piece:
                    return
                if left is not None:
                    left -= len(piece)
                yield piece
        finally:
            file.close()

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(_delete, self.root / key)

    async def exists(self, key: str) -> bool:
        return await asyncio.to_thread((self.root / key).is_file)


def _put(target: Path, source: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.parent / f".{uuid4().hex}"
    try:
        with source.open("rb") as come, draft.open("xb") as written:
            shutil.copyfileobj(come, written, PIECE)
            written.flush()
            os.fsync(written.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    number = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(number)  # the name of a new file is on the disk when its folder is
    finally:
        os.close(number)


def _delete(target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        target.parent.rmdir()  # the last of a file's bytes takes the file's own folder along, never a shared one
    except OSError:
        return
