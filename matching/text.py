"""Word and concept terms of the engine's texts; weights of terms live in encode.py, the concepts in vocabulary.py."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from matching.folding import fold
from matching.vocabulary import vocabulary

__all__ = ["concept_terms", "fold", "terms", "words"]

CONCEPT = "="
"""First character of a term that is a concept of the vocabulary, the same in every language."""

_WORD = re.compile(r"[a-z0-9]+")
_SAID = 3
"""A concept counts as if said this often: one concept stands for several words, and its wider ones count once."""


def words(value: str) -> list[str]:
    """Split text into folded words of letters and digits, in order."""
    return _WORD.findall(fold(value))


def terms(name: str, description: str = "") -> Iterator[str]:
    """Yield the text terms of a profile.

    Names give words and the starts and ends of words (``^bio``, ``ics$``: company names are coined from such parts).
    Descriptions give words, pairs of neighbouring words, since Vietnamese words have several syllables, and the
    concepts they speak of (``=agri.shrimp``) with the wider ones (``=agri.aqua``, ``=agri``), alike in both languages.

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
    yield from _concepts(description)


def concept_terms() -> list[str]:
    """Return the terms of all concepts there are, sorted."""
    return sorted(CONCEPT + code for code in vocabulary().parents)


def _concepts(description: str) -> Iterator[str]:
    known = vocabulary()
    counted: Counter[str] = Counter()
    for code, said in Counter(known.concepts(description)).items():
        counted[code] += _SAID * said
        for wider in known.wider(code):
            counted[wider] += 1
    for code, count in counted.items():
        yield from [CONCEPT + code] * count
