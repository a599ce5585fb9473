"""The files behind the pages: copied from pinned packages, small, named by content, drawn under a strict policy."""

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from app import assets
from app.core.i18n import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CSS = (assets.STATIC / "app.css").read_text(encoding="utf-8")

# What stands on what: text needs 4.5, the edges of fields and the ring of focus need 3.
PAIRS = [
    *((ink, ground, 4.5) for ink in ("ink", "ink-2", "brand", "error") for ground in ("ground", "paper", "sunken")),
    *(("on-brand", ground, 4.5) for ground in ("brand", "brand-strong")),
    *(("brand-strong", ground, 4.5) for ground in ("brand-wash", "paper")),
    *((ink, "band", 4.5) for ink in ("on-band", "on-band-2")),
    *((kind, f"{kind}-wash", 4.5) for kind in ("ok", "warn", "error", "info")),
    *(("ink", f"{kind}-wash", 4.5) for kind in ("ok", "warn", "error", "info", "ochre")),
    ("ochre-ink", "ochre-wash", 4.5),
    *(("line-strong", ground, 3) for ground in ("ground", "paper")),
    *(("focus", ground, 3) for ground in ("ground", "paper", "sunken")),
]


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "vendor"
    assets.forget()


def tokens(start: str) -> dict[str, str]:
    """The colours of the block that begins after `start`."""
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", CSS.partition(start)[2].partition("}")[0]))


LIGHT = tokens(":root {")
DARK = tokens(':root[data-theme="dark"] {')


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_counted_as_the_guidelines_do() -> None:
    assert (contrast("#000000", "#ffffff"), round(contrast("#767676", "#ffffff"), 2)) == (21, 4.54)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_everything_can_be_read_in_both_themes(theme: dict[str, str]) -> None:
    weak = {(ink, ground): contrast(theme[ink], theme[ground]) for ink, ground, _least in PAIRS}
    assert [
        pair for pair, least in zip(weak, (least for *_pair, least in PAIRS), strict=True) if weak[pair] < least
    ] == []


def test_the_chosen_and_the_system_dark_are_the_same() -> None:
    assert tokens(':root:not([data-theme="light"]) {') == DARK
    assert DARK.keys() == LIGHT.keys()


def test_a_page_stays_within_its_weight(built: None) -> None:
    def packed(*names: str) -> int:
        return sum(len(gzip.compress((assets.STATIC / name).read_bytes(), 5)) for name in names)

    scripts = {path.relative_to(assets.STATIC).as_posix() for path in assets.STATIC.rglob("*.js")}
    everywhere = {name for name in scripts if name in (ROOT / "templates" / "base.html").read_text(encoding="utf-8")}
    assert everywhere == {"app.js", "autosave.js", "early.js", "suggest.js", "vendor/htmx.min.js"}
    assert packed(*everywhere) <= 30_000
    assert packed("app.css") <= 20_000


def test_building_twice_changes_nothing_and_mends_what_was_touched(vendor: Path) -> None:
    first = assets.build(vendor=vendor)
    (vendor / "htmx.min.js").write_text("broken", encoding="utf-8")
    (vendor / "left-over.js").write_text("old", encoding="utf-8")
    assert assets.problems(vendor) == ["front-end file htmx.min.js was changed: run `python -m app.assets`"]
    touched = (vendor / "icons.svg").stat().st_mtime_ns
    assert assets.build(vendor=vendor) == first
    assert assets.problems(vendor) == []
    assert (vendor / "icons.svg").stat().st_mtime_ns == touched
    assert not (vendor / "left-over.js").exists()


def test_what_is_missing_is_said_with_the_way_out(vendor: Path) -> None:
    assert assets.problems(vendor) == [
        "the front-end files are not built: run `npm ci` and `python -m app.assets` (or `make run`)"
    ]
    assets.build(vendor=vendor)
    (vendor / "icons.svg").unlink()
    assert assets.problems(vendor) == ["front-end file icons.svg is missing: run `python -m app.assets`"]


def test_nothing_is_copied_from_a_package_that_is_not_the_pinned_one(vendor: Path, tmp_path: Path) -> None:
    other = tmp_path / "node_modules"
    with pytest.raises(assets.AssetsMissingError, match=r"htmx\.min\.js is not installed: run `npm ci` first"):
        assets.build(other, vendor)
    shutil.copytree(assets.NODE_MODULES / "htmx.org", other / "htmx.org")
    (other / "htmx.org" / "dist" / "htmx.min.js").write_text("another", encoding="utf-8")
    with pytest.raises(assets.AssetsMissingError, match=r"htmx\.org is not the pinned 2\.0\.10"):
        assets.build(other, vendor)
    assert not vendor.exists()


def test_a_font_package_of_another_version_is_refused(vendor: Path, tmp_path: Path) -> None:
    other = tmp_path / "node_modules"
    for package in ("htmx.org", "lucide-static", "@fontsource/be-vietnam-pro"):
        (other / package).parent.mkdir(parents=True, exist_ok=True)
        (other / package).symlink_to(assets.NODE_MODULES / package)
    (other / "@fontsource" / "be-vietnam-pro").unlink()
    fonts = other / "@fontsource" / "be-vietnam-pro"
    fonts.mkdir()
    (fonts / "package.json").write_text('{"version": "4.0.0"}', encoding="utf-8")
    with pytest.raises(assets.AssetsMissingError, match=r"is not the pinned 5\.3\.0"):
        assets.build(other, vendor)


@pytest.mark.parametrize("package", ["zxing-wasm", "@noble/ed25519"])
def test_the_doors_packages_are_the_pinned_ones(package: str, vendor: Path, tmp_path: Path) -> None:
    other = tmp_path / "node_modules"
    for name in ("htmx.org", "lucide-static", "@fontsource", "@expo-google-fonts", "qr", "zxing-wasm", "@noble"):
        if name != package.partition("/")[0]:
            other.mkdir(exist_ok=True)
            (other / name).symlink_to(assets.NODE_MODULES / name)
    (other / package).mkdir(parents=True)
    (other / package / "package.json").write_text('{"version": "9.9.9"}', encoding="utf-8")
    with pytest.raises(assets.AssetsMissingError, match=rf"{package} is not the pinned"):
        assets.build(other, vendor)


def test_the_wasm_decoder_knows_no_foreign_address(built: None) -> None:
    script = (assets.VENDOR / "zxing" / "reader.js").read_text(encoding="utf-8")
    assert re.findall(r"https?://[^\s`\"']+", script) == []


def test_an_address_changes_with_the_content_and_only_then(
    built: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.css").write_text("one", encoding="utf-8")
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    assets.forget()
    first = assets.asset("a.css")
    (tmp_path / "a.css").write_text("two", encoding="utf-8")
    assert assets.asset("a.css") == first
    assets.forget()
    assert assets.asset("a.css") != first
    assert re.fullmatch(r"/static/a\.css\?v=[0-9a-f]{10}", first)
    assert assets.asset("not-built.js") == "/static/not-built.js?v=0"
    assets.forget()


def test_the_stylesheet_and_the_pages_name_fonts_by_one_address(built: None) -> None:
    named = re.findall(r'url\("(vendor/fonts/[^"?]+)\?v=([^"]+)"\)', CSS)
    assert {version for _name, version in named} == {assets.FONT_VERSION}
    assert sorted(name for name, _version in named) == sorted(f"vendor/fonts/{name}" for name in assets.FONT_FILES)
    assert CSS.count("url(") == len(named)


@pytest.mark.parametrize(("place", "font"), [(0, "Regular"), (1, "SemiBold")])
def test_the_stand_in_is_as_high_as_the_typeface(built: None, place: int, font: str) -> None:
    rule = [line for line in CSS.splitlines() if '"Be Vietnam Stand-in"; font-weight' in line][place]
    size, ascent, descent = (
        float(re.findall(rf"{name}: ([\d.]+)%", rule)[0])
        for name in ("size-adjust", "ascent-override", "descent-override")
    )
    with TTFont(assets.VENDOR / "pdf-fonts" / f"BeVietnamPro-{font}.ttf") as real:
        unit = real["head"].unitsPerEm
        wanted = (real["hhea"].ascent / unit, -real["hhea"].descent / unit, real["hhea"].lineGap)
    assert (size * ascent / 10_000, size * descent / 10_000, 0) == pytest.approx(wanted, abs=0.001)


def test_every_file_and_sign_that_a_template_names_exists(built: None) -> None:
    sprite = (assets.VENDOR / "icons.svg").read_text(encoding="utf-8")
    signs = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    missing = []
    for template in TEMPLATES:
        text = template.read_text(encoding="utf-8")
        files = re.findall(r"""asset\(['"]([^'"]+)['"]\)""", text)
        missing += [(template.name, name) for name in files if not (assets.STATIC / name).is_file()]
        used = re.findall(r"""icon\(['"]([\w-]+)['"]|icon_name=['"]([\w-]+)['"]""", text)
        missing += [(template.name, one or other) for one, other in used if (one or other) not in signs]
    assert missing == []
    assert signs == {"mark", "thread", *assets.ICONS}


def test_no_template_needs_more_than_the_policy_allows() -> None:
    forbidden = re.compile(
        r"""\sstyle=|\son[a-z]+=["']|hx-on|hx-vals=["']js:|hx-vars|javascript:|<style|\|\s*safe\b"""
        r"""|<script(?![^>]*\ssrc=)(?! type="application/ld\+json")"""
    )
    found = []
    for template in TEMPLATES:
        if "mail" in template.relative_to(ROOT / "templates").parts:
            continue  # mails carry their own styles and never run in our pages
        for number, line in enumerate(template.read_text(encoding="utf-8").splitlines(), 1):
            if forbidden.search(line):
                found.append(f"{template.name}:{number}")
    assert found == []


def test_the_lock_names_no_address_to_fetch_from() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert ("resolved" in lock, lock.count('"integrity": "sha512-')) == (False, 11)
