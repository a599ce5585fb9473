"""Tickets and mails as people see them, as pictures, for ten hard Vietnamese names; badges have theirs beside them."""

import io
import unicodedata
from typing import Any

import asyncpg
import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Browser

from app.core import outbox
from app.core.text import clean_line
from events import paper, tickets
from events.access import ticket_for
from events.badges.drawing import picture
from events.guests import wallet
from tests.event_factories import make_event, make_registration
from tests.events.badges.test_drawing import NAMES, plain

WIDTH = 360
SEEN = 255 * 20
"""So much ink differs where one small mark does."""


def ink(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L")).astype(int)


def differ(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape != other.shape or bool(np.abs(one - other).sum() > SEEN)


@pytest.fixture
async def drawn(db: asyncpg.Connection) -> Any:
    """The sheet or the card of a ticket, as a picture, in somebody's name."""
    world = await make_event()
    guest = await make_registration(world)
    row = dict(await ticket_for(guest.secret))
    code = await tickets.code_of(row["id"], row["event"], row["signing_key"])

    def picture_of(name: str, draw: Any) -> np.ndarray:
        of: Any = {**row, "full_name": clean_line(unicodedata.normalize("NFD", name))}
        return ink(picture(draw(of, code), WIDTH))

    return picture_of


@pytest.mark.parametrize(("draw", "name"), [*((wallet.card_pdf, one) for one in NAMES), (paper.ticket_pdf, NAMES[7])])
async def test_a_ticket_shows_every_mark_however_a_name_was_typed(drawn: Any, draw: Any, name: str) -> None:
    assert differ(drawn(name, draw), drawn(plain(name), draw)) == (plain(name) != name)


@pytest.mark.browser
async def test_a_mail_shows_every_mark_and_stays_on_a_phones_screen(db: asyncpg.Connection, browser: Browser) -> None:
    world = await make_event()
    await make_registration(world, full_name=unicodedata.normalize("NFD", NAMES[0]))
    await outbox.drain()
    html = await db.fetchval("SELECT html FROM mail ORDER BY created_at, id LIMIT 1")
    assert html.count(NAMES[0]) > 0, "composed, however it was typed"
    page = await browser.new_page(viewport={"width": 390, "height": 700})
    for name in NAMES:
        shown = []
        for version in (name, plain(name)):
            await page.set_content(html.replace(NAMES[0], version))
            shown.append(ink(await page.screenshot()))
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert differ(*shown) == (plain(name) != name)
    await page.close()
