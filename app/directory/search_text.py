"""What the search reads of an organisation: its folded name, its names a line each, and everything people may type."""

from typing import Any

from app.directory import places
from app.directory.search.lines import names_text
from app.directory.search.phrases import as_single_words
from app.directory.search.place_words import further_words
from app.directory.seeing import EVERYBODY, shown
from app.directory.vocabulary import INVESTOR_TYPES, KINDS, SECTORS, SUPPORT_TYPES, TECHNOLOGIES, words

MOST_LETTERS = 12_000
"""PostgreSQL takes no word list beyond a megabyte; a profile's texts end well before this."""


def name_folded(name: str) -> str:
    return words(name) or name.casefold()[:200]


def search_text(row: dict[str, Any]) -> str:
    """The names, an empty line, then kinds, place, sectors in both languages and the texts, folded: what is public.

    The index takes the names from before the empty line (see the triggers of `app.directory.search`).
    """
    row = shown(row, EVERYBODY)
    names = names_text(
        (row["name"], row.get("name_en") or "", row.get("legal_name") or "", *(row.get("aliases") or ())),
        codes=(row.get("enterprise_code") or "", row.get("domain") or ""),
    )
    parts = [
        words(places.place_label(row, "vi")),
        words(places.place_label(row, "en")),
        further_words(row.get("province_code")),
        KINDS.search_words(row.get("kinds") or ()),
        SECTORS.search_words(row.get("sectors") or ()),
        TECHNOLOGIES.search_words(row.get("technologies") or ()),
        INVESTOR_TYPES.search_words(row.get("investor_types") or ()),
        SUPPORT_TYPES.search_words(row.get("support_types") or ()),
        words(row.get("summary_vi") or ""),
        words(row.get("summary_en") or ""),
        words(row.get("description_vi") or ""),
        words(row.get("description_en") or ""),
    ]
    text = " ".join(part for part in parts if part)
    return f"{names}\n{as_single_words(text)} {text}"[:MOST_LETTERS]
