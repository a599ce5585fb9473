"""What the search reads of an organisation: its folded name, and one text of everything that people may type."""

from typing import Any

from app.directory import places
from app.directory.vocabulary import SECTORS, TECHNOLOGIES, words

MOST_LETTERS = 12_000
"""PostgreSQL takes no word list beyond a megabyte; a profile's texts end well before this."""


def name_folded(name: str) -> str:
    return words(name) or name.casefold()[:200]


def search_text(row: dict[str, Any]) -> str:
    """Name (also written as one word), English name, place, sectors in both languages and the texts, folded."""
    name = name_folded(row["name"])
    parts = [
        name,
        name.replace(" ", "") if " " in name else "",
        words(row.get("name_en") or ""),
        words(places.place_label(row, "vi")),
        words(places.place_label(row, "en")),
        SECTORS.search_words(row.get("sectors") or ()),
        TECHNOLOGIES.search_words(row.get("technologies") or ()),
        words(row.get("summary_vi") or ""),
        words(row.get("summary_en") or ""),
        words(row.get("description_vi") or ""),
        words(row.get("description_en") or ""),
    ]
    return " ".join(part for part in parts if part)[:MOST_LETTERS]
