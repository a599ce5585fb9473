"""The scanner in front of the real server: an event, its guests, browsers whose camera shows what a test holds up."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
import segno
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page

from app.core.settings import get_settings
from app.core.shell import Shell
from app.people.sessions import authenticate
from events.door import devices
from tests.event_factories import World, make_event, make_registration, ticket_code

CAMERA = """
const picture = document.createElement("canvas");
picture.width = 640; picture.height = 480;
const pen = picture.getContext("2d");
window.hold = (rows, turned = 0) => {
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = "#b4b4b4";
  pen.fillRect(0, 0, 640, 480);
  if (!rows) return;
  const size = Math.floor(330 / rows.length), side = size * rows.length;
  pen.translate(320, 240);
  pen.rotate(turned);
  pen.fillStyle = "#e8e8e8";
  pen.fillRect(-side / 2 - 4 * size, -side / 2 - 4 * size, side + 8 * size, side + 8 * size);
  pen.fillStyle = "#1c1c1c";
  rows.forEach((row, y) => [...row].forEach((dark, x) => {
    if (dark === "1") pen.fillRect(x * size - side / 2, y * size - side / 2, size + 0.4, size + 0.4);
  }));
};
window.hold(null);
setInterval(() => { pen.fillRect(0, 0, 1, 1); }, 30);
navigator.mediaDevices.getUserMedia = async () => picture.captureStream(30);
"""
"""In place of a lens: a canvas. The page's own loop, its decoder and everything after it are the real ones."""


OWN_DETECTOR = """
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { return []; }
};
"""
"""A browser that has a detector: the decoder is not loaded. Nothing is held up in front of these."""


def modules(text: str) -> list[str]:
    """A code as rows of noughts and ones."""
    code = segno.make(text, error="m", micro=False, boost_error=False)
    return ["".join("1" if dark else "0" for dark in row) for row in code.matrix]


class Door(msgspec.Struct):
    """A running server, an event on it, and what its guests show."""

    url: str
    world: World
    codes: list[str]
    ids: list[UUID]
    names: list[str]

    async def pairing(self, role: str = "scan", name: str = "Cổng A – 1") -> str:
        """The code of a new device."""
        _id, code = await devices.add_device(self.world.owner, self.world.event, name=name, role=role)
        return code


@pytest.fixture
async def server(committed: asyncpg.Pool, litestar: Any, fresh_queue: None) -> AsyncIterator[str]:
    """The application behind a real socket, in this process: what it commits can be asked for at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shell = Shell(litestar, get_settings(), authenticate)
    config = uvicorn.Config(shell, host="127.0.0.1", port=port, lifespan="off", log_level="error")
    running = uvicorn.Server(config)
    running.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(running.serve())
    while not running.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    running.force_exit = True
    await task


@pytest.fixture
async def door(server: str) -> Callable[..., Awaitable[Door]]:
    """Make an event with so many guests: `await door(300)`."""

    async def make(guests: int, **kw: Any) -> Door:
        world = await make_event(capacity=guests + 10, **kw)
        made = Door(server, world, [], [], [])
        for number in range(guests):
            name = f"Nguyễn Thị Khánh Vân {number}"
            registered = await make_registration(world, full_name=name, phone="+84912345678", organisation="Sao Mai")
            made.codes.append(await ticket_code(world, registered))
            made.ids.append(registered.id)
            made.names.append(name)
        return made

    return make


class Phone:
    """A browser in somebody's hand at the door."""

    def __init__(self, context: BrowserContext, door: Door, kept: bool) -> None:
        self.context, self.door, self.kept = context, door, kept
        self.page: Page
        self.complaints: list[str] = []

    async def open(self, path: str = "/door") -> Page:
        self.page = await self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console", lambda said: self.complaints.append(said.text) if "Content Security" in said.text else None
        )
        await self.page.goto(self.door.url + path)
        await self.page.wait_for_selector("#door[data-started]")
        return self.page

    async def prepare(self, role: str = "scan", name: str = "Cổng A – 1") -> Page:
        """Paired by the link and loaded; the page looks after itself from now on."""
        await self.open(f"/door#pair={await self.door.pairing(role, name)}")
        await self.page.wait_for_selector('[data-check="tickets"][data-state="ok"]')
        await self.page.wait_for_selector('[data-check="reader"][data-state="ok"]')
        if self.kept:
            await self.page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
        return self.page

    async def start(self) -> None:
        await self.page.click("#start")
        await self.page.wait_for_selector(".door-scan.seeing")

    async def type(self, text: str) -> dict[str, str]:
        """A hand-held scanner types; the verdict's status, reason and words."""
        before = await self.page.get_attribute(".door-answer", "data-count")
        await self.page.evaluate(
            "text => { for (const key of [...text, 'Enter'])"
            " document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})); }",
            text,
        )
        await self.page.wait_for_function(
            "before => document.querySelector('.door-answer').dataset.count !== before", arg=before
        )
        return await self.verdict()

    async def verdict(self) -> dict[str, str]:
        found: dict[str, str] = await self.page.eval_on_selector(
            ".door-answer", "e => ({status: e.dataset.status, reason: e.dataset.reason, text: e.innerText})"
        )
        return found


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[Callable[..., Awaitable[Phone]]]:
    """Make phones: `await phone(door)`. With `decoder` it reads pictures, with `kept` it starts without a network."""
    opened: list[BrowserContext] = []

    async def make(at: Door, *, decoder: bool = False, kept: bool = False, **options: Any) -> Phone:
        options = {"viewport": {"width": 390, "height": 844}, "locale": "vi-VN", **options}
        options["service_workers"] = "allow" if kept else "block"
        context = await browser.new_context(**options)
        opened.append(context)
        await context.add_init_script(CAMERA if decoder else CAMERA + OWN_DETECTOR)
        return Phone(context, at, kept)

    yield make
    for context in opened:
        await context.close()
