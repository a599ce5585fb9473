"""What the pages of the directory show of a row: labels in the reader's language, worked out once, here."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from app.core.i18n import current_locale, pick
from app.core.templating import format_date
from app.directory import places
from app.directory.vocabulary import KINDS, ROUNDS, SECTORS

Row = dict[str, Any]

CRUNCHBASE = ("CrunchBase", "https://www.crunchbase.com")
SECTORS_ON_A_CARD = 3


def card_of(row: Row) -> Row:
    """One organisation of a list."""
    return {
        "slug": row["slug"],
        "name": row["name"],
        "name_en": other_name(row),
        "kinds": KINDS.labels(row["kinds"]),
        "sectors": SECTORS.labels(row["sectors"][:SECTORS_ON_A_CARD]),
        "place": places.place_label(row),
        "summary": pick(row["summary_vi"], row["summary_en"]),
        "raising": ROUNDS.label(row["raising_round"]),
        "investor": "investor" in row["kinds"],
        "links": row["links"],
        "links_text": number(row["links"]),
        "sample": row["sample"],
    }


def other_name(row: Row) -> str:
    """The English name beside the own one, for readers of English."""
    return row["name_en"] if current_locale() == "en" and row["name_en"] != row["name"] else ""


def any_from_crunchbase(rows: Iterable[Row]) -> bool:
    return any(row["source"] == "crunchbase" for row in rows)


def founded(row: Row) -> str:
    """The day, month or year of foundation, as precisely as it is known."""
    day: date | None = row["founded_on"]
    if day is None:
        return ""
    if row["founded_precision"] == "year":
        return str(day.year)
    return f"{day:%m/%Y}" if row["founded_precision"] == "month" else format_date(day)


def number(value: int) -> str:
    """A whole number in groups of three, as the language writes it; for lists with a hundred of them."""
    text = f"{value:,}"
    return text.replace(",", ".") if current_locale() == "vi" else text


def site(url: str) -> str:
    """A web address without scheme, to be read."""
    return url.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
