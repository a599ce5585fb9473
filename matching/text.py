"""Vietnamese-safe text folding and word tokens for the engine.

The engine imports nothing of the application, so it has its own fold; weights of words live in features.py.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

_WORD = re.compile(r"[a-z0-9]+")
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
    folded = unicodedata.normalize("NFC", value).casefold().translate(_SPECIAL)
    decomposed = unicodedata.normalize("NFKD", folded)
    stripped = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_SPECIAL)
    return " ".join(stripped.split())


def words(value: str) -> list[str]:
    """Split text into folded words of letters and digits, in order."""
    return _WORD.findall(fold(value))


def terms(name: str, description: str = "") -> Iterator[str]:
    """Yield the text terms of a profile.

    Names give words and the starts and ends of words (``^bio``, ``ics$``: company names are coined from such parts).
    Descriptions give words and pairs of neighbouring words, since Vietnamese words have several syllables.

    Parameters
    ----------
    name, description : str
        Texts of one profile; either may be empty.

    Yields
    ------
    str
        Terms, repeated as often as they occur.
    """
    for word in words(name):
        if len(word) > 1:
            yield word
        for size in (3, 4, 5):
            if len(word) > size:
                yield "^" + word[:size]
                yield word[-size:] + "$"
    spoken = words(description)
    yield from (word for word in spoken if len(word) > 1)
    yield from (f"{left}_{right}" for left, right in pairwise(spoken))
