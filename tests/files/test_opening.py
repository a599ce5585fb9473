"""The process in which a file is opened: little memory and time, none of our secrets, and it ends with its file."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import Busy
from app.core.files import confined, opening
from app.core.files.opening import CannotOpen, open_document, open_picture
from app.core.files.purposes import COVER, LOGO
from app.core.i18n import ROOT
from tests.files.conftest import paper, picture
from tests.files.test_pictures import png_that_says


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "tệp đến"
    path.write_bytes(content)
    return path


async def test_a_picture_and_a_paper_come_back_as_they_are(tmp_path: Path) -> None:
    drawn = await open_picture(written(tmp_path, picture(2000, 1000)), tmp_path, COVER)
    assert (drawn.media_type, drawn.width, drawn.height, list(drawn.variants)) == (
        "image/webp",
        1600,
        800,
        ["800.webp", "1600.webp"],
    )
    read = await open_document(written(tmp_path, paper(4)))
    assert (read.media_type, read.pages, list(read.variants)) == ("application/pdf", 4, ["file.pdf"])


async def test_a_refusal_keeps_its_code(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen) as refused:
        await open_picture(written(tmp_path, png_that_says(30_000, 30_000)), tmp_path, LOGO)
    assert refused.value.code == "too_many_pixels"
    with pytest.raises(CannotOpen) as refused:
        await open_document(written(tmp_path, b"x"))
    assert refused.value.code == "no_pdf"
    assert CannotOpen("unheard of").code == "damaged"


async def test_a_file_that_takes_too_long_is_let_go_and_its_process_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    real = asyncio.create_subprocess_exec

    async def slow(*_argv: str, **how: Any) -> Any:
        seen.append(await real(sys.executable, "-c", "import time; time.sleep(60)", **how))
        return seen[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slow)
    monkeypatch.setattr(opening, "OPEN_SECONDS", 0.3)
    with pytest.raises(CannotOpen) as refused:
        await open_document(written(tmp_path, paper(1)))
    assert (refused.value.code, seen[0].returncode) == ("too_hard", -9)


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import os; os.kill(os.getpid(), 11)", "damaged"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "too_hard"),
        ("import os; os.kill(os.getpid(), 9)", "too_hard"),
        ("raise SystemExit(3)", "damaged"),
    ],
)
async def test_a_process_that_dies_is_an_answer(
    program: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = asyncio.create_subprocess_exec

    async def dying(*_argv: str, **how: Any) -> Any:
        return await real(sys.executable, "-c", program, **how)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", dying)
    with pytest.raises(CannotOpen) as refused:
        await open_document(written(tmp_path, paper(1)))
    assert refused.value.code == code


async def test_no_more_than_two_files_are_open_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = most = 0

    async def counted(_order: str) -> dict[str, Any]:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return {"refused": "damaged"}

    monkeypatch.setattr(opening, "_asked", counted)
    answers = await asyncio.gather(*(open_document(tmp_path) for _n in range(6)), return_exceptions=True)
    assert (most, {type(answer) for answer in answers}) == (2, {CannotOpen})
    monkeypatch.setattr(opening, "WAIT_SECONDS", 0.001)
    answers = await asyncio.gather(*(open_document(tmp_path) for _n in range(3)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Busy", "CannotOpen", "CannotOpen"]
    assert Busy.status == 503


def confined_python(program: str) -> subprocess.CompletedProcess[str]:
    """A program under the limits of the confined process."""
    start = "from app.core.files.confined import limit_this_process; limit_this_process()\n"
    return subprocess.run(
        [sys.executable, "-c", start + program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_memory_files_and_dumps_are_limited(tmp_path: Path) -> None:
    much = confined_python("x = bytearray(2_000_000_000)")
    large = confined_python(f"open({str(tmp_path / 'x')!r}, 'wb').write(bytes(70_000_000))")
    limits = confined_python("import resource as r; print(r.getrlimit(r.RLIMIT_CPU), r.getrlimit(r.RLIMIT_CORE))")
    assert "MemoryError" in much.stderr or sys.platform != "linux"
    assert large.returncode != 0
    assert limits.stdout == f"({confined.SECONDS}, {confined.SECONDS}) (0, 0)\n"


async def test_the_process_gets_no_variable_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of the house")
    seen: dict[str, Any] = {}
    real = asyncio.create_subprocess_exec

    async def watched(*argv: str, **how: Any) -> Any:
        seen.update(how["env"])
        return await real(*argv, **how)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    await open_document(written(tmp_path, paper(1)))
    assert set(seen) == {"PYTHONUTF8", "PATH", "PYTHONDONTWRITEBYTECODE"}


def test_the_process_loads_nothing_of_the_house() -> None:
    """Neither the web nor the database: a decoder that is taken over finds nothing to work with."""
    program = (
        "import sys, app.core.files.confined, app.core.files.pictures, app.core.files.papers\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'litestar', 'asyncpg', 'piccolo', 'redis'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, env={"PATH": os.defpath}
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("kind", ["image", "document"])
def test_an_order_is_carried_out_in_this_process_too(kind: str, tmp_path: Path) -> None:
    order = {"kind": kind, "source": str(written(tmp_path, b"")), "folder": str(tmp_path), "fit": "pad", "sizes": []}
    assert confined.carry_out(json.loads(json.dumps(order))) == {
        "refused": "no_picture" if kind == "image" else "no_pdf"
    }
