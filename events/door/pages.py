"""The scanner's page: a shell for everybody without anything personal, its scripts by version, its service worker.

What a scanner shows comes from the device itself (docs/door.md); nothing here asks the database.
"""

import hashlib
import json
from functools import cache
from typing import Any

from litestar import Request, Response, Router, get
from litestar.params import FromPath

from app import assets
from app.assets import asset
from app.core.errors import NotFound
from app.core.i18n import current_locale, gettext, in_language
from app.core.security import CONTENT_SECURITY_POLICY
from app.core.templating import render
from app.core.web import frame, public
from events.door.page_words import WORDS

FOLDER = assets.STATIC / "door"
TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}
ICONS = {"icon-192.png": "192x192", "icon-512.png": "512x512"}
_FONTS = tuple(
    f"vendor/fonts/be-vietnam-pro-{subset}-{weight}-normal.woff2"
    for subset in ("latin", "vietnamese")
    for weight in (400, 600)
)
_ELSEWHERE = ("app.css", "mark.svg", "vendor/icons.svg", *_FONTS)
_LATER = (
    "vendor/zxing/reader.js",
    "vendor/zxing/reader.wasm",
    "vendor/qr/decode.js",
    "vendor/qr/index.js",
    "vendor/ed25519/index.js",
)
"""Asked for only where the browser lacks something; kept from then on."""
NOT_KEPT = "no-cache"
FOR_EVER = "public, max-age=31536000, immutable"


def _words() -> bytes:
    with in_language("vi"):
        said = {str(text): gettext(str(text)) for text in WORDS}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


@cache
def files() -> dict[str, bytes]:
    """Everything of the page that is served by version: its scripts, its look, its words, its icons."""
    found = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}
    return {name: content for name, content in found.items() if name not in ("sw.js", "reader.js")} | {
        "words.json": _words()
    }


@cache
def version() -> str:
    """Changes with anything that the page is made of: a scanner runs one version of it, never a mixture."""
    parts = [f"{name}:{hashlib.sha256(content).hexdigest()}" for name, content in files().items()]
    parts += [asset(name) for name in (*_ELSEWHERE, *_LATER)]
    for path in (FOLDER / "sw.js", FOLDER / "reader.js", assets.ROOT / "templates" / "events" / "door" / "shell.html"):
        parts.append(hashlib.sha256(path.read_bytes()).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def address(name: str) -> str:
    return f"/door/files/{version()}/{name}"


def reader_address() -> str:
    return f"/door/reader.js?v={version()}"


def shell_paths() -> list[str]:
    """What the page needs to start, from nothing but these."""
    own = [address(name) for name in files()]
    return ["/door", reader_address(), "/door/manifest.webmanifest", *own, *(asset(name) for name in _ELSEWHERE)]


@get("/door", opt=public)
async def shell(request: Request[Any, Any, Any]) -> Response[str]:
    """The scanner. The same for everybody: what it shows is on the device that opens it."""
    context = {
        **frame(request),
        "address": address,
        "places": {
            "worker": "/door/sw.js",
            "words": address("words.json"),
            "icons": asset("vendor/icons.svg"),
            "reader": reader_address(),
            "zxing": asset("vendor/zxing/reader.js"),
            "wasm": asset("vendor/zxing/reader.wasm"),
            "qr": asset("vendor/qr/decode.js"),
            "encoder": asset("vendor/qr/index.js"),
            "ed25519": asset("vendor/ed25519/index.js"),
            "version": version(),
        },
        "fonts": [asset(name) for name in _FONTS],
    }
    text = render("events/door/shell.html", context)
    return Response(text, media_type="text/html", headers={"Cache-Control": NOT_KEPT})


@get("/door/sw.js", opt=public)
async def service_worker() -> Response[bytes]:
    """May look after the page itself, not only what lies below it."""
    door = {"version": version(), "shell": shell_paths(), "later": [asset(name) for name in _LATER]}
    text = f"const DOOR = {json.dumps(door)};\n".encode() + (FOLDER / "sw.js").read_bytes()
    headers = {"Cache-Control": NOT_KEPT, "Service-Worker-Allowed": "/door"}
    return Response(text, media_type="text/javascript", headers=headers)


@get("/door/reader.js", opt=public)
async def reader() -> Response[bytes]:
    """The worker that decodes pictures: the only script of the site that may compile WebAssembly."""
    policy = CONTENT_SECURITY_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
    headers = {"Content-Security-Policy": policy, "Cache-Control": NOT_KEPT}
    return Response((FOLDER / "reader.js").read_bytes(), media_type="text/javascript", headers=headers)


@get("/door/manifest.webmanifest", opt=public)
async def manifest() -> Response[bytes]:
    """What a phone needs to put the scanner on its home screen."""
    value = {
        "id": "/door",
        "name": gettext("Kết Nối: the door"),
        "short_name": gettext("Door"),
        "lang": current_locale(),
        "start_url": "/door",
        "scope": "/door",
        "display": "standalone",
        "background_color": "#0b4f43",
        "theme_color": "#0b4f43",
        "icons": [
            {"src": address(name), "sizes": sizes, "type": "image/png", "purpose": "any maskable"}
            for name, sizes in ICONS.items()
        ],
    }
    text = json.dumps(value, ensure_ascii=False).encode()
    return Response(text, media_type="application/manifest+json", headers={"Cache-Control": NOT_KEPT})


@get("/door/files/{asked:str}/{name:str}", opt=public)
async def file(asked: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A script or a picture of the version that runs; another version's is not there."""
    content = files().get(name) if asked == version() else None
    if content is None:
        raise NotFound
    kind = TYPES.get(name[name.rindex(".") :], "application/json")
    return Response(content, media_type=kind, headers={"Cache-Control": FOR_EVER})


router = Router("/", route_handlers=[shell, service_worker, reader, manifest, file], include_in_schema=False)
