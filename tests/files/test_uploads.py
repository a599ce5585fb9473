"""Forms with files: streamed to the disk, limited without losing what was typed, gone afterwards."""

import re
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar

from app.core.errors import Busy
from app.core.files import uploads
from app.core.files.uploads import DOCUMENT_BODY, PICTURE_BODY, upload_form
from app.core.files.where import incoming_folder
from app.core.i18n import ROOT
from app.core.settings import get_settings
from app.core.web import Actor, csrf_token
from tests.files.conftest import Named, picture


def left_over() -> list[Path]:
    folder = incoming_folder(get_settings())
    return list(folder.iterdir()) if folder.exists() else []


class Sent:
    """As much of a request as the reader asks for."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self.content_type = ("multipart/form-data", {"boundary": "x"})
        self.scope: dict[str, Any] = {}
        self.stream = lambda: pieces


async def read(parts: AsyncIterator[bytes] | bytes, limits: dict[str, int]) -> Any:
    """What the reader makes of a body, straight, without an application around it."""
    sent: Any = Sent(parts if not isinstance(parts, bytes) else _one(parts))
    async with upload_form(sent, Named, limits) as (form, files):
        seen = {name: (file.stem, file.size, file.path.read_bytes()) for name, file in files.items()}
        return form, files, seen


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content


def body(*parts: tuple[str, str | None, bytes]) -> bytes:
    whole = b""
    for name, filename, content in parts:
        file = f'; filename="{filename}"' if filename is not None else ""
        whole += f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"
    return whole + b"--x--\r\n"


async def test_texts_and_files_arrive_and_the_files_are_gone_afterwards(settings: Any) -> None:
    form, files, seen = await read(body(("name", None, b" Sao  Mai "), ("logo", "Lô gô.png", b"abc")), {"logo": 10})
    assert (form.value, form.errors) == (Named(name="Sao Mai"), {})
    assert seen == {"logo": ("Lô gô", 3, b"abc")}
    assert files["logo"].sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert left_over() == []


@pytest.mark.parametrize("cut", [1, 7, 64])
async def test_a_body_in_small_pieces_is_the_same_body(cut: int, settings: Any) -> None:
    whole = body(("name", None, b"A"), ("logo", "a.png", b"\r\n--" * 50), ("name", None, b"B"))

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), cut):
            yield whole[start : start + cut]

    form, _files, seen = await read(pieces(), {"logo": 1000})
    assert form.raw_list("name") == ["A", "B"]
    assert seen == {"logo": ("a", 200, b"\r\n--" * 50)}


async def test_no_file_chosen_an_unknown_field_and_a_second_file_are_passed_over(settings: Any) -> None:
    whole = body(
        ("logo", "", b""), ("other", "x.png", b"1"), ("cover", "1.png", b"first"), ("cover", "2.png", b"second")
    )
    form, _files, seen = await read(whole, {"logo": 10, "cover": 10})
    assert seen == {"cover": ("1", 5, b"first")}
    assert form.errors.keys() == {"name"}


async def test_a_file_over_its_limit_is_read_to_its_end_and_thrown_away(settings: Any) -> None:
    _form, files, seen = await read(
        body(("logo", "a.png", b"x" * 11), ("cover", "b.png", b"x" * 10)), {"logo": 10, "cover": 10}
    )
    assert (files["logo"].too_large, files["cover"].too_large) == (True, False)
    assert seen["logo"][2] == b""
    assert left_over() == []


async def test_a_gigabyte_never_lies_in_memory(settings: Any) -> None:
    """Sixty-four megabytes stand for it: what is held is measured, and it does not grow with what comes."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="logo"; filename="a.bin"\r\n\r\n'
        piece = bytes(65_536)
        for _n in range(1000):
            yield piece
        yield b"\r\n--x--\r\n"

    tracemalloc.start()
    try:
        async with upload_form(_told(pieces()), Named, {"logo": 100_000_000}) as (_form, files):
            held, most = tracemalloc.get_traced_memory()
            assert files["logo"].size == files["logo"].path.stat().st_size == 65_536_000
    finally:
        tracemalloc.stop()
    assert held < 2_000_000
    assert most < 4_000_000


def _told(pieces: AsyncIterator[bytes]) -> Any:
    return Sent(pieces)


async def test_a_sender_who_leaves_leaves_nothing_behind(settings: Any) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="logo"; filename="a.bin"\r\n\r\n' + b"x" * 500_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        async with upload_form(_told(pieces()), Named, {"logo": 1_000_000}):
            raise AssertionError
    assert left_over() == []


async def test_a_disk_that_takes_nothing_is_busy(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setattr(uploads, "incoming_folder", lambda _settings: tmp_path / "a file" / "incoming")
    with pytest.raises(Busy):
        await read(body(("logo", "a.png", b"x")), {"logo": 10})


# --- through the application ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x", 400),
        (b"--x--", "multipart/form-data", 400),
        (b"", "multipart/form-data; boundary=x", 400),
        (body(("name", None, b"a"))[:-9], "multipart/form-data; boundary=x", 400),
        (body(("name", None, b"a" * 300_000)), "multipart/form-data; boundary=x", 413),
        (body(*[("name", None, b"a")] * 400), "multipart/form-data; boundary=x", 413),
        (b'--x\r\nContent-Disposition: form-data; name="a' + b"a" * 9000, "multipart/form-data; boundary=x", 413),
        (b"name=Sao+Mai", "application/x-www-form-urlencoded", 200),
        (b'{"name": "a"}', "application/json", 422),
        (body(("name", None, b"\xff\x00a")), "multipart/form-data; boundary=x", 200),
    ],
)
async def test_odd_bodies_are_answered(content: bytes, kind: str, status: int, visitor: Any, somebody: Actor) -> None:
    answer = await visitor(somebody).post("/try/logo", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert left_over() == []


async def test_what_is_far_too_large_is_refused_before_it_is_read(visitor: Any, somebody: Actor) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="logo"; filename="a.bin"\r\n\r\n'
        while True:
            yield bytes(1_000_000)

    head = {"Content-Type": "multipart/form-data; boundary=x"}
    named = await visitor(somebody).post("/try/logo", content=b"", headers={**head, "Content-Length": "1000000000"})
    unnamed = await visitor(somebody).post("/try/logo", content=endless(), headers=head)
    assert (named.status_code, unnamed.status_code) == (413, 413)
    assert left_over() == []


async def test_a_picture_too_large_is_said_beside_its_field_and_the_name_is_kept(visitor: Any, somebody: Actor) -> None:
    answer = await visitor(somebody).post(
        "/try/logo", data={"name": "Sao Mai"}, files={"logo": ("a.png", bytes(8_000_001))}
    )
    assert answer.status_code == 422
    assert answer.json() == {
        "errors": {"logo": "Tệp này lớn hơn 8 MB. Vui lòng chọn tệp nhỏ hơn."},
        "raw": {"name": "Sao Mai"},
        "draft": None,
    }


async def test_a_client_that_names_no_origin_shows_its_token_in_the_form(taking: Litestar, visitor: Any) -> None:
    lan = Actor(id=UUID(int=7), name="Lan", csrf_secret="lan", via="session")
    browser = visitor(lan)
    del browser.headers["Origin"]
    files = {"logo": ("a.png", picture())}
    refused = await browser.post("/try/logo", data={"name": "A"}, files=files)
    taken = await browser.post("/try/logo", data={"_csrf": csrf_token(lan), "name": "A"}, files=files)
    assert (refused.status_code, taken.status_code) == (403, 200)
    assert taken.json()["file"] is not None


async def test_nobody_sends_files(visitor: Any) -> None:
    answer = await visitor().post("/try/logo", data={"name": "A"}, files={"logo": ("a.png", picture())})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/")


def test_the_proxy_lets_through_what_the_largest_form_may_send() -> None:
    said = re.search(r"max_size (\d+)MB", (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8"))
    assert said is not None
    assert PICTURE_BODY < DOCUMENT_BODY <= int(said[1]) * 1_000_000
