"""The parts of a profile that its owners may take out of the comparison, and what each consists of."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from app.core.i18n import N_, Phrase

Row = Mapping[str, Any]

Code = Literal["text", "place", "ask", "past"]

UNKNOWN = "~"
"""After an id: the engine takes it for somebody whose past it does not know."""


class Signal(msgspec.Struct, frozen=True):
    """A switch on the page "how your profile is used"."""

    label: Phrase
    hint: Phrase
    fields: tuple[str, ...]


SIGNALS: dict[Code, Signal] = {
    "text": Signal(
        N_("Your words"),
        N_("Summary, description and what you look for, compared with the words of others"),
        ("summary_vi", "summary_en", "description_vi", "description_en", "thesis_vi", "thesis_en"),
    ),
    "place": Signal(
        N_("Your place"),
        N_("Country, province and city, and where you look for others"),
        ("country", "state", "region", "city", "province_code", "geographies"),
    ),
    "ask": Signal(
        N_("What you raise or put in"),
        N_("Round and amount that you raise, the rounds and the ticket that you state"),
        ("raising_round", "raising_amount", "rounds", "ticket_min", "ticket_max"),
    ),
    "past": Signal(
        N_("Past investments"),
        N_("Announced investments that you made or received, and with whom"),
        (),
    ),
}


def counted(row: Row) -> Row:
    """A profile's row without what its owners have taken out of the comparison."""
    off = row["signals_off"] or ()
    if not off:
        return row
    return {**row, **dict.fromkeys(name for code in off for name in SIGNALS[code].fields)}


def known_as(row: Row) -> str:
    """The id under which the engine may look up the past of a profile."""
    return f"{row['id']}{UNKNOWN}" if "past" in (row["signals_off"] or ()) else str(row["id"])


def real_id(known: str) -> str:
    """The id of whoever the engine speaks of."""
    return known.removesuffix(UNKNOWN)
