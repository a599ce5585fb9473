"""Names of files as people gave them: cleaned for every system, and said in a header that no name can break."""

import re
from urllib.parse import quote

from app.core.text import clean_line, fold

FALLBACK = "tep"
_MOST_LETTERS = 100
_MOST_BYTES = 180
"""Below the 255 that file systems take, with room for an extension and for a number."""
_PARTS = re.compile(r"[/\\]")
_SIGNS = re.compile(r'[<>:"|?*%\x00-\x1f\u200b-\u200f\u061c\ufeff\ufff9-\uffff\ue000-\uf8ff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ._-]+")


def stem_of(name: str) -> str:
    """What a person called the file, without folders and ending; never empty, never a name that a system keeps.

    "C:\\\\Anh\\\\..\\\\Bộ giới thiệu.PDF" is "Bộ giới thiệu".
    """
    last = _PARTS.split(name[:4000].replace("%00", "\0"))[-1].partition("\0")[0]
    last = _SIGNS.sub("", clean_line(last)).rstrip(". ")
    stem, dot, ending = last.rpartition(".")
    if not dot or not (1 <= len(ending) <= 8) or not ending.isascii():
        stem = last
    stem = stem.strip(". ")[:_MOST_LETTERS]
    while len(stem.encode()) > _MOST_BYTES:
        stem = stem[:-1]
    stem = stem.strip(". ") or FALLBACK
    return f"_{stem}" if _RESERVED.match(stem) else stem


def disposition(name: str, *, inline: bool) -> str:
    """The Content-Disposition header: plain letters for old programs, the real name for all others."""
    plain = _NOT_PLAIN.sub("-", fold(name)).strip(" -") or FALLBACK
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
