"""The bytes of files in a bucket of S3 or of what speaks like it (MinIO, Ceph, a provider in Vietnam)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from obstore import delete_async, get_async, head_async, put_async
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.core.errors import Busy
from app.core.files.storage import PIECE, Missing

_TRIES = 3
_SECONDS = 30


class Bucket:
    """A storage as storage.py describes it. What the bucket cannot do now is Busy: nothing was written."""

    def __init__(self, name: str, endpoint: str, region: str, access_key: str, secret_key: str) -> None:
        self._store = S3Store(
            name,
            endpoint=endpoint or None,
            region=region or "us-east-1",
            access_key_id=access_key or None,
            secret_access_key=secret_key or None,
            virtual_hosted_style_request=False,
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": timedelta(seconds=_SECONDS)},
            retry_config={"max_retries": _TRIES, "retry_timeout": timedelta(seconds=_SECONDS)},
        )

    async def put(self, key: str, source: Path) -> None:
        try:
            await put_async(self._store, key, source)
        except BaseError as error:
            raise Busy from error

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        try:
            if end is not None:
                found = await get_async(self._store, key, options={"range": (start, end)})
            else:
                found = await get_async(self._store, key, options={"range": {"offset": start}} if start else None)
        except FileNotFoundError as error:
            raise Missing(key) from error
        except BaseError as error:
            raise Busy from error
        async for piece in found.stream(min_chunk_size=PIECE):
            yield bytes(piece)

    async def delete(self, key: str) -> None:
        try:
            await delete_async(self._store, key)
        except FileNotFoundError:
            return
        except BaseError as error:
            raise Busy from error

    async def exists(self, key: str) -> bool:
        try:
            await head_async(self._store, key)
        except FileNotFoundError:
            return False
        except BaseError as error:
            raise Busy from error
        return True
