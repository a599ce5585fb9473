"""Front-end files: copies the vendored packages into app/static/vendor and gives every static file its address.

Knows the file system only. `python -m app.assets` needs node_modules, never the network, and may run any number
of times. Serving the files is the web process's (or the proxy's) job.
"""

import base64
import hashlib
import json
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "app" / "static"
VENDOR = STATIC / "vendor"
MANIFEST = VENDOR / "manifest.json"
NODE_MODULES = ROOT / "node_modules"

HTMX_SHA384 = "H5SrcfygHmAuTDZphMHqBJLc3FhssKjG7w/CeCpFReSfwBWDTKpkzPP8c+cLsK+V"

QR_VERSION = "0.7.0"
ZXING_VERSION = "3.1.4"
ED25519_VERSION = "3.2.0"
FONT_VERSION = "5.3.0"
FONT_FILES = tuple(
    f"be-vietnam-pro-{subset}-{weight}-normal.woff2"
    for subset in ("latin", "latin-ext", "vietnamese")
    for weight in (400, 600)
)
PDF_FONTS = {
    "BeVietnamPro-Regular.ttf": "400Regular/BeVietnamPro_400Regular.ttf",
    "BeVietnamPro-SemiBold.ttf": "600SemiBold/BeVietnamPro_600SemiBold.ttf",
    "BeVietnamPro-Bold.ttf": "700Bold/BeVietnamPro_700Bold.ttf",
}

# Our name for a sign: the file it is drawn in.
ICONS = {
    "alert": "triangle-alert",
    "alert-octagon": "octagon-alert",
    "archive": "archive",
    "arrow-down": "arrow-down",
    "arrow-left": "arrow-left",
    "arrow-right": "arrow-right",
    "arrow-up": "arrow-up",
    "award": "award",
    "ban": "ban",
    "bell": "bell",
    "bookmark": "bookmark",
    "briefcase": "briefcase",
    "building": "building-2",
    "calendar": "calendar-days",
    "calendar-plus": "calendar-plus",
    "camera": "camera",
    "chart": "chart-no-axes-column",
    "check": "check",
    "check-circle": "circle-check",
    "chevron-down": "chevron-down",
    "chevron-left": "chevron-left",
    "chevron-right": "chevron-right",
    "chevron-up": "chevron-up",
    "clock": "clock",
    "coins": "coins",
    "contrast": "contrast",
    "copy": "copy",
    "database": "database",
    "download": "download",
    "edit": "pencil",
    "external": "external-link",
    "eye": "eye",
    "eye-off": "eye-off",
    "file": "file-text",
    "filter": "sliders-horizontal",
    "flask": "flask-conical",
    "gauge": "gauge",
    "globe": "globe",
    "handshake": "handshake",
    "heart": "heart",
    "help": "circle-question-mark",
    "home": "house",
    "image": "image",
    "info": "info",
    "key": "key-round",
    "keyboard": "keyboard",
    "languages": "languages",
    "leaf": "leaf",
    "link": "link",
    "list": "list",
    "lock": "lock",
    "log-in": "log-in",
    "log-out": "log-out",
    "mail": "mail",
    "map-pin": "map-pin",
    "mentor": "graduation-cap",
    "menu": "menu",
    "minus": "minus",
    "monitor": "monitor",
    "more": "ellipsis",
    "paperclip": "paperclip",
    "phone": "phone",
    "plus": "plus",
    "printer": "printer",
    "qr": "qr-code",
    "refresh": "refresh-cw",
    "rocket": "rocket",
    "scan": "scan-line",
    "search": "search",
    "send": "send",
    "settings": "settings",
    "shield": "shield-check",
    "smartphone": "smartphone",
    "star": "star",
    "tag": "tag",
    "target": "target",
    "ticket": "ticket",
    "trash": "trash-2",
    "undo": "undo-2",
    "upload": "upload",
    "user": "circle-user-round",
    "user-check": "user-check",
    "user-plus": "user-plus",
    "users": "users",
    "wifi": "wifi",
    "wifi-off": "wifi-off",
    "x": "x",
    "zap": "zap",
}


class AssetsMissingError(Exception):
    """A package is not installed or is not the one that was pinned; the text says what to do."""


def build(node_modules: Path = NODE_MODULES, vendor: Path = VENDOR) -> dict[str, str]:
    """Copy what the pages need out of `node_modules`; returns and writes {path: sha256}.

    Idempotent: a file that is already right is left alone, a file that no longer belongs is removed.
    """
    wanted = _collect(node_modules)
    for path in sorted(vendor.rglob("*"), reverse=True) if vendor.exists() else ():
        if path.is_file() and path.relative_to(vendor).as_posix() not in wanted | {MANIFEST.name: b""}:
            path.unlink()
    for name, content in wanted.items():
        target = vendor / name
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    manifest = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(wanted.items())}
    (vendor / MANIFEST.name).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    forget()
    return manifest


def problems(vendor: Path = VENDOR) -> list[str]:
    """What is wrong with the copied files, one line each; empty when every page can be drawn."""
    try:
        manifest: dict[str, str] = json.loads((vendor / MANIFEST.name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ["the front-end files are not built: run `npm ci` and `python -m app.assets` (or `make run`)"]
    found = []
    for name, digest in manifest.items():
        path = vendor / name
        if not path.is_file():
            found.append(f"front-end file {name} is missing: run `python -m app.assets`")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            found.append(f"front-end file {name} was changed: run `python -m app.assets`")
    return found


def asset(path: str) -> str:
    """The address of a static file, good for ever: `asset("app.css")` is `/static/app.css?v=<its content>`.

    Fonts carry the version of their package, because the stylesheet has to name them by the same address.
    """
    return f"/static/{path}?v={FONT_VERSION if path.startswith('vendor/fonts/') else _digest(path)}"


@cache
def _digest(path: str) -> str:
    """Ten hex digits of a file's content; "0" while it is not built, so that pages can be drawn without it."""
    try:
        return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:10]
    except OSError:
        return "0"


def forget() -> None:
    """Read the files anew at the next call, for a process that just built them."""
    _digest.cache_clear()


def _collect(node_modules: Path) -> dict[str, bytes]:
    htmx = _read(node_modules / "htmx.org" / "dist" / "htmx.min.js")
    if base64.b64encode(hashlib.sha384(htmx).digest()).decode() != HTMX_SHA384:
        raise AssetsMissingError("htmx.org is not the pinned 2.0.10: run `npm ci`")
    wanted = {"htmx.min.js": htmx, "icons.svg": _sprite(node_modules / "lucide-static")}
    fonts = node_modules / "@fontsource" / "be-vietnam-pro"
    if json.loads(_read(fonts / "package.json"))["version"] != FONT_VERSION:
        raise AssetsMissingError(f"@fontsource/be-vietnam-pro is not the pinned {FONT_VERSION}: run `npm ci`")
    wanted |= {f"fonts/{name}": _read(fonts / "files" / name) for name in FONT_FILES}
    complete = node_modules / "@expo-google-fonts" / "be-vietnam-pro"
    wanted |= {f"pdf-fonts/{name}": _read(complete / source) for name, source in PDF_FONTS.items()}
    wanted |= _qr_reader(node_modules / "qr")
    wanted |= _wasm_reader(node_modules / "zxing-wasm")
    wanted |= _verifier(node_modules / "@noble" / "ed25519")
    wanted["licences/be-vietnam-pro.txt"] = _read(fonts / "LICENSE")
    wanted["licences/htmx.txt"] = _read(node_modules / "htmx.org" / "LICENSE")
    wanted["licences/lucide.txt"] = _read(node_modules / "lucide-static" / "LICENSE")
    return wanted


def _qr_reader(package: Path) -> dict[str, bytes]:
    """The decoder that the desk's camera loads where the browser has none, and the module that it imports.

    That import names the module by its content, so that a newer decoder never meets an older module in a cache.
    """
    if json.loads(_read(package / "package.json"))["version"] != QR_VERSION:
        raise AssetsMissingError(f"qr is not the pinned {QR_VERSION}: run `npm ci`")
    module = _without_comments(_read(package / "index.js"))
    address = f"./index.js?v={hashlib.sha256(module).hexdigest()[:10]}".encode()
    reader = _without_comments(_read(package / "decode.js")).replace(b"'./index.js'", b"'" + address + b"'")
    if reader.count(b"./index.js") != 1 or address not in reader:
        raise AssetsMissingError("qr imports its module in another way than the pinned one: run `npm ci`")
    return {"qr/decode.js": reader, "qr/index.js": module, "licences/qr.txt": _read(package / "LICENSE-MIT")}


def _wasm_reader(package: Path) -> dict[str, bytes]:
    """The decoder that the door loads where the browser has none: reads what is bent, turned and noisy.

    Given its binary it fetches nothing; the address of a foreign network that it would fall back to is taken out.
    """
    if json.loads(_read(package / "package.json"))["version"] != ZXING_VERSION:
        raise AssetsMissingError(f"zxing-wasm is not the pinned {ZXING_VERSION}: run `npm ci`")
    script = _read(package / "dist" / "iife" / "reader" / "index.js")
    script, found = re.subn(rb"https://[\w.]+\.jsdelivr\.net/[^`]*", b"/", script)
    if found != 1:
        raise AssetsMissingError("zxing-wasm fetches its binary in another way than the pinned one: run `npm ci`")
    binary = _read(package / "dist" / "reader" / "zxing_reader.wasm")
    return {
        "zxing/reader.js": script,
        "zxing/reader.wasm": binary,
        "licences/zxing-wasm.txt": _read(package / "LICENSE") + b"\nInside: zxing-cpp, Apache License 2.0.\n",
    }


def _verifier(package: Path) -> dict[str, bytes]:
    """What checks a ticket's signature at the door where the browser's own cryptography has no Ed25519."""
    if json.loads(_read(package / "package.json"))["version"] != ED25519_VERSION:
        raise AssetsMissingError(f"@noble/ed25519 is not the pinned {ED25519_VERSION}: run `npm ci`")
    script = _without_comments(_read(package / "index.js"))
    return {"ed25519/index.js": script, "licences/ed25519.txt": _read(package / "LICENSE")}


def _without_comments(script: bytes) -> bytes:
    """Leave out documentation and remarks on lines of their own: a third of what a phone would load at the door."""
    return _REMARK.sub(b"", _DOCUMENTATION.sub(b"", script))


_DOCUMENTATION = re.compile(rb"^[ \t]*/\*\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
_REMARK = re.compile(rb"^[ \t]*//.*\n", re.MULTILINE)


def _sprite(lucide: Path) -> bytes:
    """One file with every sign as a symbol: ours from own-icons.svg, the others from the icon package."""
    attributes = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    symbols = [_read(STATIC / "own-icons.svg").decode().strip()]
    for name, source in sorted(ICONS.items()):
        drawing = _read(lucide / "icons" / f"{source}.svg").decode()
        inside = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
        if inside is None:
            raise AssetsMissingError(f"icon {source} is not a drawing: run `npm ci`")
        shapes = " ".join(inside[1].split())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24" {attributes}>{shapes}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise AssetsMissingError(f"{path.name} is not installed: run `npm ci` first") from problem


if __name__ == "__main__":
    try:
        made = build()
    except AssetsMissingError as problem:
        sys.exit(str(problem))
    print(f"{len(made)} front-end files ready")
