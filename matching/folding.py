"""Vietnamese-safe folding of text: one form for every spelling. The engine imports nothing of the application."""

import unicodedata

_SPECIAL = str.maketrans({"đ": "d", "Đ": "d", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe"})


def fold(value: str) -> str:
    """Fold text so that "Khởi nghiệp", its NFD form and "khoi nghiep" are one string.

    Parameters
    ----------
    value : str
        Any text.

    Returns
    -------
    str
        Casefolded text without diacritics; đ becomes d, runs of white space become one blank.
    """
    folded = (
        unicodedata.normalize("NFKD", value).casefold().translate(_SPECIAL)
    )  # "ℂ" is a capital only when taken apart
    decomposed = unicodedata.normalize("NFKD", folded)
    stripped = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_SPECIAL)
    return " ".join(stripped.split())
