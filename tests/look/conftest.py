"""A small site that serves our templates and static files under our policy, and a browser to look at it."""

import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page

from app import assets
from app.core import i18n, templating
from app.core.clock import VIETNAM
from app.core.security import CONTENT_SECURITY_POLICY
from app.core.web import NOBODY, Actor

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
STATS = {"organisations": 23227, "startups": 17726, "investors": 5501, "investments": 38226, "events": 1}
EVENT = {
    "slug": "ngay-hoi",
    "title": "Ngày hội Khởi nghiệp đổi mới sáng tạo Vùng Thủ đô",
    "starts_at": datetime(2026, 12, 12, 8, 30, tzinfo=VIETNAM),
    "venue": "Không gian đi bộ hồ Gươm",
}
SOMEBODY = Actor(
    id=UUID(int=1), name="Nguyễn Đức Anh", email="anh@demo.example", roles=frozenset({"admin"}), via="session"
)

LIST = """{% extends "base.html" %}{% block title %}Danh bạ{% endblock %}{% block main %}
<h1>Danh bạ</h1><p><a href="/plain" id="plain">tệp</a> <a href="/gone" id="gone">cũ</a></p>
<div id="part"><a href="/part" hx-get="/part" hx-target="#part" id="more">thêm</a>
<button hx-post="/fails" hx-target="#part" id="fails">hỏng</button></div>
<form action="/slow" method="post">{{ ui.field(form, "name", "Tên") }}{{ ui.submit("Gửi") }}</form>
<form action="/slow" method="post" hx-post="/slow" hx-target="#part">{{ ui.submit("Gửi phần này") }}</form>
<div class="narrow">{{ ui.skeleton("cards", 12) }}</div>{% endblock %}"""


def frame(**more: object) -> dict[str, Any]:
    """What every page may rely on, with nobody signed in."""
    return {
        "actor": NOBODY,
        "locale": i18n.current_locale(),
        "csrf_token": "",
        "current_path": "/",
        "origin": "http://127.0.0.1:8000",
        "current_query": "",
        "theme": "",
        "request_id": "0123456789abcdef",
        "flash": None,
    } | more


def home(**more: object) -> dict[str, Any]:
    return frame(stats={**STATS, "registrations": 0}, events=[EVENT], sample=True, **more)


class Site(ThreadingHTTPServer):
    """Pages by path; `posts` counts what was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.posts: list[dict[str, list[str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            self.static(path.removeprefix("/static/"))
        elif path == "/plain":
            self.reply("chỉ là chữ", "text/plain")
        elif path == "/part":
            self.reply(
                '<p id="new" tabindex="-1" data-focus>mới</p>', more={"HX-Trigger": json.dumps({"toast": "Đã lưu."})}
            )
        else:
            self.page(path)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.posts.append(parse_qs(body))
        if urlsplit(self.path).path == "/fails":
            text = templating.render(
                "error_fragment.html", frame(status=503, title="Đang rất đông", message="Thử lại sau vài giây.")
            )
            self.reply(text, status=503)
            return
        time.sleep(0.4)
        if self.headers.get("HX-Request"):
            self.reply("<p>Đã nhận</p>")
            return
        self.reply("", status=303, more={"Location": "/directory"})

    def page(self, path: str) -> None:
        cookies = SimpleCookie(self.headers.get("Cookie", ""))
        theme = cookies["theme"].value if "theme" in cookies else ""
        actor = SOMEBODY if "who" in cookies else NOBODY
        known = {"current_path": path, "theme": theme, "actor": actor}
        with i18n.in_language("en" if "en" in urlsplit(self.path).query else "vi"):
            if path == "/":
                self.reply(templating.render("portal/home.html", home(**known)))
            elif path == "/design":
                self.reply(templating.render("design.html", frame(**known)))
            elif path == "/directory":
                form = {"raw": {}, "errors": {}}
                self.reply(templating.environment().from_string(LIST).render(frame(form=form, **known)))
            else:
                error = {"status": 404, "title": "Không tìm thấy", "message": "Trang này không có ở đây."}
                self.reply(templating.render("error.html", frame(**known, **error)), status=404)

    def static(self, path: str) -> None:
        file = assets.STATIC / path
        if not file.is_file():
            self.reply("", status=404)
            return
        self.reply(file.read_bytes(), TYPES[file.suffix], more={"Cache-Control": "max-age=600"})

    def reply(
        self, body: str | bytes, kind: str = "text/html", status: int = 200, more: dict[str, str] | None = None
    ) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at the pages, not at the log."""


@pytest.fixture(scope="session")
def built() -> None:
    """The vendored files are where the pages expect them."""
    assets.build()


@pytest.fixture
def site(built: None) -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Eyes:
    """Opens pages of the site and remembers what the browser complained about."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser = browser
        self.site = site
        self.complaints: list[str] = []

    async def open(self, path: str = "/", width: int = 1280, **options: Any) -> Page:
        cookies = options.pop("cookies", {})
        context = await self.browser.new_context(viewport={"width": width, "height": 844}, **options)
        await context.add_cookies(
            [{"name": name, "value": value, "url": self.site.url} for name, value in cookies.items()]
        )
        page = await context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(self.site.url + path)
        return page


@pytest.fixture
async def eyes(browser: Browser, site: Site) -> AsyncIterator[Eyes]:
    looking = Eyes(browser, site)
    yield looking
    for context in browser.contexts:
        await context.close()
