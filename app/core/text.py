"""The one fold for Vietnamese text, and what is built on it: search, slugs, duplicates, similarity."""

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACE = re.compile(r"[ \t\u00a0\u2000-\u200b]+")
_BRACKETS = re.compile(r"[(\[].*?[)\]]")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_MARKS_IN_A_ROW = re.compile(r"([\u0300-\u036f]{4})[\u0300-\u036f]+")
_STROKES = str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"})


def clean(text: str) -> str:
    """Text as it is stored: NFC, no control or direction-changing characters, no piles of marks, trimmed.

    Line breaks are kept as \\n. Lone surrogates, which PostgreSQL cannot store, are dropped.
    """
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("", text)
    text = _MARKS_IN_A_ROW.sub(r"\1", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", text).strip()


def clean_line(text: str) -> str:
    """`clean` for a value of one line: runs of blanks and line breaks become one space."""
    return _SPACE.sub(" ", clean(text).replace("\n", " ")).strip()


def fold(text: str) -> str:
    """The form in which texts are compared: no case, no accents, đ as d, single spaces.

    "Nguyễn  Đức", "nguyen duc" and the NFD spelling of either fold to "nguyen duc".
    """
    text = unicodedata.normalize("NFKD", text.translate(_STROKES)).casefold().translate(_STROKES)
    text = "".join(c for c in text if not unicodedata.combining(c))
    return _SPACE.sub(" ", text.replace("\n", " ")).strip()


def slugify(text: str, fallback: str = "trang") -> str:
    """A part of an address: folded, words joined by hyphens, at most 80 characters."""
    return _NOT_WORD.sub("-", fold(text)).strip("-")[:80].strip("-") or fallback


def initials(name: str) -> str:
    """One or two letters for a picture: of the first and last word, without what stands in brackets."""
    words = _BRACKETS.sub("", name).split() or name.split()
    return (words[0][:1] + words[-1][:1]).upper() if len(words) > 1 else "".join(words)[:1].upper()
