"""The papers that badges are printed on, in millimetres, and the parts that one may show."""

from typing import Any

import msgspec

from app.core.i18n import N_, Phrase


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """A badge of `width` by `height` on a page of `page`; several on one page stand in `columns` and `rows`."""

    label: Phrase
    width: float
    height: float
    page: tuple[float, float]
    columns: int = 1
    rows: int = 1

    @property
    def on_a_page(self) -> int:
        return self.columns * self.rows

    def corner(self, place: int) -> tuple[float, float]:
        """Where the badge at a place on its page begins; the field of badges stands in the middle of the paper."""
        row, column = divmod(place, self.columns)
        left = (self.page[0] - self.columns * self.width) / 2
        top = (self.page[1] - self.rows * self.height) / 2
        return left + column * self.width, top + row * self.height


A4 = (210.0, 297.0)

SIZES: dict[str, Size] = {
    "a6": Size(label=N_("A6, one to a page (105 × 148 mm)"), width=105, height=148, page=(105, 148)),
    "a4_4": Size(label=N_("A4, four to a page (105 × 148 mm)"), width=105, height=148.5, page=A4, columns=2, rows=2),
    "a4_8": Size(label=N_("A4, eight to a page (105 × 74 mm)"), width=105, height=74.25, page=A4, columns=2, rows=4),
    "a4_10": Size(label=N_("A4, ten to a page (90 × 54 mm)"), width=90, height=54, page=A4, columns=2, rows=5),
    "label_100": Size(label=N_("Label for a label printer (100 × 62 mm)"), width=100, height=62, page=(100, 62)),
    "label_90": Size(label=N_("Small label (90 × 54 mm)"), width=90, height=54, page=(90, 54)),
}

PARTS: dict[str, Phrase] = {
    "organisation": N_("Organisation"),
    "role": N_("Role, on its colour"),
    "event": N_("Name of the event"),
    "qr": N_("QR code"),
    "code": N_("Short code under the QR code"),
    "photo": N_("Photo from the public profile, where there is one"),
}

LANGUAGES: dict[str, Phrase] = {
    "both": N_("Vietnamese and English"),
    "vi": N_("Vietnamese"),
    "en": N_("English"),
}

COLOURS = {
    "visitor": "#33524a", "delegate": "#0b4f43", "startup": "#0f7a5f", "investor": "#8a5a00", "mentor": "#1d4f91",
    "exhibitor": "#a3401f", "speaker": "#9c1c3a", "press": "#6a2c91", "volunteer": "#0a6a78", "vip": "#1c1c1c",
    "judge": "#5b3a1d", "organizer": "#7a1230",
}  # fmt: skip
"""Colours of roles where the ticket type names none; white letters stand on each at 5 to 1 or better."""
PLAIN_COLOUR = "#33524a"


def colour_of(row: Any) -> tuple[int, int, int]:
    """The colour behind a role: the ticket type's own, else the role's."""
    text = str(row["colour"] or COLOURS.get(row["role"], PLAIN_COLOUR)).lstrip("#")
    try:
        red, green, blue = bytes.fromhex(text)
    except ValueError:
        red, green, blue = bytes.fromhex(PLAIN_COLOUR[1:])
    return red, green, blue


def letters_on(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Black or white, whichever is read more easily on a colour (contrast as WCAG 2.2 defines it)."""
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (255, 255, 255) if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else (0, 0, 0)
