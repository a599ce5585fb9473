"""The two places for bytes do the same: a folder of this machine, and a bucket asked over real HTTP."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.core.errors import Busy
from app.core.files import where
from app.core.files.bucket import Bucket
from app.core.files.folder import Folder
from app.core.files.storage import Missing, Storage, key_of
from app.core.settings import Settings, SettingsInvalid, load_settings
from tests.files.s3 import ACCESS, Shelf, bucket_server

KEY = key_of(UUID("01a20199-414d-7003-8626-67791733e7b6"), "file.pdf")


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    with bucket_server() as server:
        yield server


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path, shelf: Shelf) -> Storage:
    if request.param == "folder":
        return Folder(tmp_path / "kho tệp")
    shelf.content.clear()
    return Bucket("try-bucket", shelf.url, "hn-1", ACCESS, "secret")


def source(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "source"
    path.write_bytes(content)
    return path


async def read(place: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in place.read(key, start, end)])


def test_keys_are_spread_over_folders() -> None:
    assert KEY == "b6/e7/01a20199-414d-7003-8626-67791733e7b6/file.pdf"


async def test_what_is_put_is_read_whole_and_in_parts_and_deleted(place: Storage, tmp_path: Path) -> None:
    content = os.urandom(700_000)
    assert await place.exists(KEY) is False
    await place.put(KEY, source(tmp_path, content))
    assert await place.exists(KEY) is True
    assert await read(place, KEY) == content
    for start, end in ((0, 1), (0, 700_000), (699_999, 700_000), (262_144, 262_145), (100, None), (10, 600_000)):
        assert await read(place, KEY, start, end) == content[start:end]
    await place.put(KEY, source(tmp_path, b"new"))
    assert await read(place, KEY) == b"new"
    await place.delete(KEY)
    await place.delete(KEY)
    assert await place.exists(KEY) is False
    with pytest.raises(Missing):
        await read(place, KEY)


async def test_a_large_file_goes_to_the_bucket_in_parts(tmp_path: Path, shelf: Shelf) -> None:
    content = os.urandom(12_000_000)
    place = Bucket("try-bucket", shelf.url, "", ACCESS, "secret")
    shelf.log.clear()
    await place.put(KEY, source(tmp_path, content))
    assert shelf.content[KEY] == content
    assert len([line for line in shelf.log if line.startswith("PUT")]) > 1


async def test_a_bucket_that_stumbles_is_asked_again_and_one_that_fails_is_busy(tmp_path: Path, shelf: Shelf) -> None:
    shelf.content.clear()
    shelf.fails = 1
    await Bucket("try-bucket", shelf.url, "", ACCESS, "secret").put(KEY, source(tmp_path, b"a"))
    assert shelf.content == {KEY: b"a"}
    stranger = Bucket("try-bucket", shelf.url, "", "SOMEBODY", "secret")
    for act in (stranger.put(KEY, source(tmp_path, b"b")), stranger.exists(KEY), stranger.delete(KEY)):
        with pytest.raises(Busy):
            await act
    with pytest.raises(Busy):
        await read(stranger, KEY)
    assert shelf.content == {KEY: b"a"}


async def test_a_folder_holds_a_file_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Folder(tmp_path / "kept")
    await place.put(KEY, source(tmp_path, b"old"))

    def broken(_number: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", broken)
        with pytest.raises(OSError, match="No space"):
            await place.put(KEY, source(tmp_path, b"new"))
    assert await read(place, KEY) == b"old"
    assert [path.name for path in (place.root / KEY).parent.iterdir()] == ["file.pdf"]
    await place.delete(KEY)
    assert list((place.root / "b6" / "e7").iterdir()) == []


async def test_a_reader_who_stops_holds_no_file_open(tmp_path: Path) -> None:
    place = Folder(tmp_path / "kept")
    await place.put(KEY, source(tmp_path, bytes(900_000)))
    before = len(os.listdir("/dev/fd"))
    async with aclosing(place.read(KEY)) as pieces:  # type: ignore[type-var]
        async for _piece in pieces:
            break
    assert len(os.listdir("/dev/fd")) == before


async def test_many_put_and_delete_beside_each_other(tmp_path: Path) -> None:
    """Keys that share folders: letting go of one never takes a folder away under another."""
    place = Folder(tmp_path / "kept")
    content = source(tmp_path, b"x")
    keys = [key_of(UUID(int=number << 16), "a") for number in range(40)]
    assert len({key[:5] for key in keys}) == 1

    async def live(key: str) -> None:
        for _round in range(5):
            await place.put(key, content)
            await place.delete(key)
        await place.put(key, content)

    await asyncio.gather(*(live(key) for key in keys))
    assert [await place.exists(key) for key in keys] == [True] * 40


def test_the_settings_name_the_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plain: Any = Settings(data_dir=str(tmp_path))
    monkeypatch.setattr(where, "get_settings", lambda: plain)
    found = where.storage()
    assert isinstance(found, Folder)
    assert found.root == tmp_path / "files" / "kept"
    bucket: Any = Settings(s3_bucket="b", s3_endpoint="https://s3.example", s3_access_key="a", s3_secret_key="c")
    monkeypatch.setattr(where, "get_settings", lambda: bucket)
    assert isinstance(where.storage(), Bucket)
    assert where.storage() is where.storage()


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"S3_BUCKET": "b", "S3_ENDPOINT": "s3.example"}, "S3_ENDPOINT: expected an address"),
        ({"S3_ENDPOINT": "https://s3.example"}, "S3_BUCKET: expected the bucket's name"),
        ({"S3_ACCESS_KEY": "a"}, "S3_BUCKET: expected the bucket's name"),
    ],
)
def test_half_a_bucket_is_said_at_the_start(env: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        load_settings(env)
    assert load_settings({"S3_BUCKET": "b"}).s3_bucket == "b"
