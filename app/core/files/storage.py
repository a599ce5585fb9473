"""What a place for bytes can do. Folder and Bucket are the two there are; where.py says which one the settings name.

A key is <two letters>/<two letters>/<file's id>/<name>. Nothing here knows who may see what.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol
from uuid import UUID

PIECE = 256 * 1024
"""Bytes that are in memory at once while a file comes or goes."""


class Missing(Exception):
    """There are no bytes under the key."""


class Storage(Protocol):
    async def put(self, key: str, source: Path) -> None:
        """Keep the bytes of a file of this machine, all of them or none. The same key again replaces them."""

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and without `end`, in pieces. Raises Missing before the first of them."""

    async def delete(self, key: str) -> None:
        """Forget the bytes; those that are not there are forgotten already."""

    async def exists(self, key: str) -> bool: ...


def key_of(file_id: UUID, name: str) -> str:
    """Ids of version 7 begin with the time: the end of one spreads them over the folders."""
    text = file_id.hex
    return f"{text[-2:]}/{text[-4:-2]}/{file_id}/{name}"
