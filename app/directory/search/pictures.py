"""Pictures that stand beside a shared link: name, kind and place on 1200 by 630 points, drawn in a thread."""

import asyncio
import hashlib
import io
from collections import OrderedDict
from functools import cache

import msgspec
from PIL import Image, ImageDraw, ImageFont

from app.core.i18n import ROOT
from app.core.text import clean_line, initials

WIDTH, HEIGHT, MARGIN = 1200, 630, 72
BAND, OCHRE, INK, QUIET = (11, 79, 67), (229, 163, 25), (255, 255, 255), (196, 221, 213)
SIZES = (84, 72, 62, 54, 46, 40)
MOST_LINES, LEADING, TEXT_HEIGHT = 4, 1.22, 290
KEPT = 256
FONTS = ROOT / "app" / "static" / "vendor" / "pdf-fonts"

_kept: OrderedDict["Card", bytes] = OrderedDict()
_drawing = asyncio.Semaphore(1)


class Card(msgspec.Struct, frozen=True):
    """What a picture says."""

    title: str
    kicker: str = ""
    foot: str = ""


async def picture(card: Card) -> bytes:
    """The picture as PNG; one at a time is drawn, so that crawlers take no core from people for long."""
    if card not in _kept:
        async with _drawing:
            if card not in _kept:
                _kept[card] = await asyncio.to_thread(draw, card)
                if len(_kept) > KEPT:
                    _kept.popitem(last=False)
    _kept.move_to_end(card)
    return _kept[card]


def etag(card: Card) -> str:
    return f'"{hashlib.sha256(msgspec.json.encode(card)).hexdigest()[:24]}"'


@cache
def _font(style: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"BeVietnamPro-{style}.ttf"), size)


def draw(card: Card) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), BAND)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, HEIGHT - 14, WIDTH, HEIGHT), fill=OCHRE)
    _mark(pen, WIDTH - 208, 72)
    room = WIDTH - 2 * MARGIN
    kicker = _cut(clean_line(card.kicker), _font("SemiBold", 34), room - 220)
    pen.text((MARGIN, MARGIN), kicker, font=_font("SemiBold", 34), fill=QUIET)
    size, lines = _fitting(clean_line(card.title) or initials("Kết Nối"), room)
    top = 330 - len(lines) * size * LEADING / 2
    for number, line in enumerate(lines):
        pen.text((MARGIN, top + number * size * LEADING), line, font=_font("Bold", size), fill=INK)
    foot = _font("Regular", 32)
    pen.text((MARGIN, HEIGHT - 132), _cut(clean_line(card.foot), foot, room - 240), font=foot, fill=QUIET)
    pen.text((WIDTH - MARGIN, HEIGHT - 132), "Kết Nối", font=_font("Bold", 34), fill=INK, anchor="ra")
    written = io.BytesIO()
    image.quantize(64).save(written, "PNG", optimize=True)
    return written.getvalue()


def _mark(pen: ImageDraw.ImageDraw, x: int, y: int) -> None:
    """The thread that joins a full dot and a ring."""
    pen.line((x, y + 60, x + 60, y, x + 118, y + 52), fill=QUIET, width=7, joint="curve")
    pen.ellipse((x - 16, y + 44, x + 16, y + 76), fill=OCHRE)
    pen.ellipse((x + 100, y + 34, x + 136, y + 70), fill=BAND, outline=INK, width=7)


def _fitting(text: str, room: int) -> tuple[int, list[str]]:
    """The largest size in which the text fits into four lines; in the smallest what does not fit is cut."""
    for size in SIZES:
        lines = _wrapped(text, _font("Bold", size), room)
        if len(lines) <= MOST_LINES and len(lines) * size * LEADING <= TEXT_HEIGHT:
            return size, lines
    last = SIZES[-1]
    lines = _wrapped(text, _font("Bold", last), room)
    kept = [*lines[: MOST_LINES - 1], " ".join(lines[MOST_LINES - 1 :])]
    return last, [*kept[:-1], _cut(kept[-1], _font("Bold", last), room)]


def _wrapped(text: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    lines = [""]
    for word in text.split():
        for part in _broken(word, font, room):
            longer = f"{lines[-1]} {part}".strip()
            if font.getlength(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(part)
    return lines


def _broken(word: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    """A word in parts that fit on a line."""
    parts = []
    while font.getlength(word) > room:
        end = next(n for n in range(len(word), 0, -1) if n == 1 or font.getlength(word[:n]) <= room)
        parts.append(word[:end])
        word = word[end:]
    return [*parts, word] if word else parts


def _cut(text: str, font: ImageFont.FreeTypeFont, room: int) -> str:
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(f"{text}…") > room:
        text = text[:-1]
    return f"{text.rstrip()}…"
