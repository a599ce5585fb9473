"""What the desk's camera is made of: the decoder's files, what the page names, and its words in both languages."""

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from app import assets
from app.core.i18n import ROOT
from tests.conftest import MakeClient
from tests.event_factories import make_event
from tests.factories import make_person

SCRIPTS = {name: (assets.STATIC / name).read_text(encoding="utf-8") for name in ("desk.js", "desk-reader.js")}


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "vendor"
    assets.forget()


def packages(tmp_path: Path, *, but: str = "") -> Path:
    """A copy of node_modules by links, without one package."""
    found = tmp_path / "node_modules"
    fonts = ("@fontsource/be-vietnam-pro", "@expo-google-fonts/be-vietnam-pro")
    for path in ("htmx.org", "lucide-static", *fonts, "qr", "zxing-wasm", "@noble/ed25519"):
        if path != but:
            (found / path).parent.mkdir(parents=True, exist_ok=True)
            (found / path).symlink_to(assets.NODE_MODULES / path)
    return found


def test_the_decoder_names_its_module_by_content_so_that_no_cache_mixes_versions(vendor: Path) -> None:
    assets.build(vendor=vendor)
    decoder = (vendor / "qr" / "decode.js").read_text(encoding="utf-8")
    imported = re.findall(r"^import .* from '([^']+)';$", decoder, re.MULTILINE)
    assert [f"/static/vendor/qr/{name.removeprefix('./')}" for name in imported] == [assets.asset("vendor/qr/index.js")]
    assert not re.search(r"^import\b", (vendor / "qr" / "index.js").read_text(encoding="utf-8"), re.MULTILINE)
    assert "Permission is hereby granted" in (vendor / "licences" / "qr.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("change", ["version", "import", "twice", "gone"])
def test_a_decoder_that_is_not_the_pinned_one_is_refused(change: str, vendor: Path, tmp_path: Path) -> None:
    other = packages(tmp_path, but="qr")
    qr = other / "qr"
    shutil.copytree(assets.NODE_MODULES / "qr", qr)
    decoder = (qr / "decode.js").read_text(encoding="utf-8")
    if change == "version":
        (qr / "package.json").write_text('{"version": "0.8.0"}', encoding="utf-8")
    elif change == "import":
        (qr / "decode.js").write_text(decoder.replace("'./index.js'", "'./other.js'"), encoding="utf-8")
    elif change == "twice":
        (qr / "decode.js").write_text(decoder + "import('./index.js');", encoding="utf-8")
    else:
        (qr / "index.js").unlink()
    said = {"version": r"not the pinned 0\.7\.0", "gone": r"index\.js is not installed"}.get(change, "another way")
    with pytest.raises(assets.AssetsMissingError, match=said):
        assets.build(other, vendor)
    assert not vendor.exists()


def test_the_camera_weighs_nothing_until_it_is_started(vendor: Path) -> None:
    assets.build(vendor=vendor)
    at_load = sum(len(gzip.compress(text.encode(), 5)) for name, text in SCRIPTS.items() if name == "desk.js")
    later = sum(len(gzip.compress(path.read_bytes(), 5)) for path in (vendor / "qr").glob("*.js"))
    assert (at_load < 5_000, later < 50_000) == (True, True)
    templates = [path.name for path in (ROOT / "templates").rglob("*.html") if "vendor/qr" in path.read_text("utf-8")]
    assert templates == ["desk.html"]


def test_no_script_of_the_camera_needs_more_than_the_policy_gives() -> None:
    for text in SCRIPTS.values():
        assert not re.search(r"\beval\(|new Function|WebAssembly|innerHTML|https?://", text)


def test_every_failure_has_a_sentence_on_the_page() -> None:
    wanted = set(re.findall(r'"(denied|missing|busy|broken|unread)"', SCRIPTS["desk.js"]))
    page = (ROOT / "templates" / "events" / "desk.html").read_text(encoding="utf-8")
    assert (
        wanted
        == set(re.findall(r"data-(denied|missing|busy|broken|unread)=", page))
        == {
            "denied",
            "missing",
            "busy",
            "broken",
            "unread",
        }
    )


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "vi",
            [
                "Trình duyệt chưa được phép dùng máy ảnh.",
                "Thiết bị này không có máy ảnh.",
                "Một chương trình khác đang dùng máy ảnh.",
                "Không bật được máy ảnh.",
                "Không tải được bộ đọc mã.",
            ],
        ),
        (
            "en",
            [
                "The browser was not allowed to use the camera.",
                "No camera was found on this device.",
                "Another program is using the camera.",
                "The camera could not be started.",
                "The reader for codes could not be loaded.",
            ],
        ),
    ],
)
async def test_the_desk_brings_the_cameras_words_in_the_language_of_its_person(
    language: str, sentences: list[str], make_client: MakeClient, db: asyncpg.Connection
) -> None:
    owner = await make_person(roles=("organizer",), locale=language)
    world = await make_event(owner=owner)
    client = make_client(owner)
    html = (await client.get(f"/events/{world.slug}/desk")).text
    camera = html[html.index('id="camera"') : html.index("<video")]
    said = re.findall(r'data-(?:denied|missing|busy|broken|unread)="([^".]+\.)', camera)
    assert said == sentences
    assert f'data-reader="{assets.asset("vendor/qr/decode.js")}"' in camera
    assert f'data-worker="{assets.asset("desk-reader.js")}"' in camera
    fragment = (await client.get(f"/events/{world.slug}/desk", headers={"HX-Request": "true"})).text
    assert "camera" not in fragment, "an answer at the door leaves the running camera alone"


def test_with_its_decoder_the_desk_loads_at_most_sixty_kilobytes() -> None:
    scripts = [
        "vendor/htmx.min.js",
        "early.js",
        "app.js",
        "desk.js",
        "desk-reader.js",
        "vendor/qr/decode.js",
        "vendor/qr/index.js",
    ]
    assert sum(len(gzip.compress((assets.STATIC / name).read_bytes())) for name in scripts) <= 60_000


def test_only_remarks_on_lines_of_their_own_are_left_out_of_the_decoder() -> None:
    script = b"/** Tells\n * much. */\nlet a = 1; // kept\n  // gone\nlet b = '/** kept */'; /* kept */\n"
    assert assets._without_comments(script) == b"let a = 1; // kept\nlet b = '/** kept */'; /* kept */\n"
