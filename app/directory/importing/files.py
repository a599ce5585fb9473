"""The bytes of an import or export on this machine for as long as a job needs them."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from app.core.files.storage import key_of
from app.core.files.where import incoming_folder, storage
from app.core.settings import get_settings


@asynccontextmanager
async def fetched(of: UUID, name: str) -> AsyncIterator[Path]:
    """The stored bytes as a file, gone when the block ends. Raises Missing where there are none."""
    folder = incoming_folder(get_settings())
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="table-") as file:
        async for piece in storage().read(key_of(of, name)):
            await asyncio.to_thread(file.write, piece)
        file.flush()
        yield Path(file.name)


@asynccontextmanager
async def drafted() -> AsyncIterator[Path]:
    """A place for a file that is being written, gone when the block ends."""
    folder = incoming_folder(get_settings())
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="table-") as place:
        yield Path(place) / "table"
