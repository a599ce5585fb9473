"""The scanner's page as it is served: public, nothing personal in it, of one version, light, in two languages."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.static_files import create_static_files_router

from app import assets
from app.core.answers import on_error
from app.core.i18n import ROOT, gettext, in_language
from app.core.security import CONTENT_SECURITY_POLICY
from app.core.settings import Settings
from app.core.shell import Shell
from app.core.web import NOBODY, Actor, public
from events.door import pages
from events.door.page_words import WORDS
from tests.conftest import BASE_URL

SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(pages.FOLDER.glob("*.js"))}


@pytest.fixture(autouse=True)
def built() -> None:
    if assets.problems():
        assets.build()


async def _nobody(_request: Any) -> Actor:
    return NOBODY


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The page alone: it asks no database, and answers while there is none."""
    static = create_static_files_router(path="/static", directories=[assets.STATIC], opt=public)
    errors: dict[Any, Any] = {HTTPException: on_error, Exception: on_error}
    site = Litestar([pages.router, static], exception_handlers=errors)
    transport = httpx.ASGITransport(app=Shell(site, settings, _nobody))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as made:
        yield made


def served() -> dict[str, list[str]]:
    """What the service worker is told to keep."""
    return {"shell": pages.shell_paths(), "later": [assets.asset(name) for name in pages._LATER]}


async def test_everybody_gets_the_same_shell(client: httpx.AsyncClient) -> None:
    first = await client.get("/door")
    second = await client.get("/door")
    assert (first.status_code, first.text) == (200, second.text)
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "_csrf" not in first.text


async def test_all_that_the_worker_keeps_is_there(client: httpx.AsyncClient) -> None:
    text = (await client.get("/door/sw.js")).text
    told = json.loads(text.partition("\n")[0].removeprefix("const DOOR = ").rstrip(";"))
    assert told == {"version": pages.version(), **served()}
    wrong = {}
    for path in [*told["shell"], *told["later"]]:
        answer = await client.get(path)
        if answer.status_code != 200 or not answer.content or path.endswith("?v=0"):
            wrong[path] = answer.status_code
    assert wrong == {}


async def test_the_page_loads_nothing_that_the_worker_does_not_keep(client: httpx.AsyncClient) -> None:
    """A cold start without a network needs all of it: what the shell names and what the scripts import."""
    kept = {path for paths in served().values() for path in paths}
    html = (await client.get("/door")).text
    named = set(re.findall(r'(?:src|href)="([^"]+)"', html)) | set(re.findall(r'data-\w+="(/[^"]+)"', html))
    assert sorted(named - kept - {"/door/sw.js"}) == []
    imported = {name for text in SCRIPTS.values() for name in re.findall(r'from "\./([\w.]+)"', text)}
    assert sorted(name for name in imported if pages.address(name) not in kept) == []
    face = set(re.findall(r'url\("([^"]+)"\)', (assets.STATIC / "app.css").read_text(encoding="utf-8")))
    assert {path.removeprefix("/static/") for path in kept if "/fonts/" in path} < face


async def test_the_worker_may_look_after_the_page_and_is_always_asked_for(client: httpx.AsyncClient) -> None:
    answer = await client.get("/door/sw.js")
    assert answer.headers["service-worker-allowed"] == "/door"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_only_the_decoder_may_compile_webassembly(client: httpx.AsyncClient) -> None:
    allowed = {}
    for path in ("/door", "/door/sw.js", "/door/reader.js", pages.address("app.js")):
        allowed[path] = "wasm-unsafe-eval" in (await client.get(path)).headers["content-security-policy"]
    assert [path for path, may in allowed.items() if may] == ["/door/reader.js"]


async def test_another_versions_file_is_not_there_and_ours_is_good_for_ever(client: httpx.AsyncClient) -> None:
    good = await client.get(pages.address("app.js"))
    assert good.headers["cache-control"] == "public, max-age=31536000, immutable"
    missing = [
        "/door/files/000000000000/app.js",
        pages.address("sw.js"),
        pages.address("nothing.js"),
        pages.address(".."),
    ]
    assert [(await client.get(path)).status_code for path in missing] == [404, 404, 404, 404]


async def test_a_phone_can_put_it_on_its_home_screen(client: httpx.AsyncClient) -> None:
    answer = await client.get("/door/manifest.webmanifest", headers={"Accept-Language": "en"})
    said = answer.json()
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (said["start_url"], said["scope"], said["display"], said["lang"]) == ("/door", "/door", "standalone", "en")
    for icon in said["icons"]:
        picture = (await client.get(icon["src"])).content
        width = int.from_bytes(picture[16:20], "big")
        assert (picture[:4], f"{width}x{width}") == (b"\x89PNG", icon["sizes"])


def test_every_text_of_the_scripts_is_loaded_in_both_languages() -> None:
    said = {text for script in SCRIPTS.values() for text in re.findall(r'\bt\(\s*"([^"]*)"', script)}
    assert sorted(said) == sorted(str(word) for word in WORDS)
    with in_language("vi"):
        same = [str(word) for word in WORDS if gettext(str(word)) == str(word)]
    assert same == ["Email"]


def test_a_text_is_written_out_where_it_is_said() -> None:
    """`t(name)` would escape the check above."""
    loose = {name: re.findall(r"\bt\((?!\s*\")[^)]*\)", text) for name, text in SCRIPTS.items()}
    assert {name: found for name, found in loose.items() if found} == {"words.js": ["t(text, values = {})"]}


def test_the_shell_weighs_less_than_150_kilobytes_without_the_decoder(built: None) -> None:
    own = sum(len(gzip.compress(content, 5)) for name, content in pages.files().items() if not name.endswith(".png"))
    rest = sum(len(gzip.compress((assets.STATIC / name).read_bytes(), 5)) for name in pages._ELSEWHERE)
    assert 20_000 < own + rest < 150_000


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_no_script_needs_more_than_the_policy_gives(name: str) -> None:
    assert (
        re.findall(
            r"\beval\(|new Function|innerHTML|insertAdjacentHTML|\.style\b|https?://(?!www\.w3\.org)", SCRIPTS[name]
        )
        == []
    )
    assert SCRIPTS[name].startswith("//"), "says in its first line what lives here"
    assert len(SCRIPTS[name].splitlines()) <= 400


def test_only_texts_of_ours_are_marked_up() -> None:
    html = (ROOT / "templates" / "events" / "door" / "shell.html").read_text(encoding="utf-8")
    assert "safe" not in html
    assert Path(pages.FOLDER / "door.css").read_text(encoding="utf-8").count("@layer pages") == 1
