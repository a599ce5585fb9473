"""Words that mean one thing together: terms of the vocabularies and provinces. "can tho" is a city, not two words.

The index has each as one word besides ("cantho"), so that a question for it reads one list and looks at no text.
"""

from functools import cache

from app.directory import places
from app.directory.vocabulary import KINDS, SECTORS, TECHNOLOGIES, words

LONGEST = 5


@cache
def _phrases() -> dict[str, list[tuple[str, ...]]]:
    """By first word, the longest first. Terms of the code: the stored index would not follow what staff change."""
    terms = [term for vocabulary in (SECTORS, KINDS, TECHNOLOGIES) for term in vocabulary.given]
    labels = [text for term in terms for text in (term.vi, term.en, *term.synonyms)]
    labels += [province.short_name for province in places.provinces().values()]
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted({tuple(words(label).split()) for label in labels}, key=lambda parts: (-len(parts), parts)):
        if 2 <= len(phrase) <= LONGEST:
            found.setdefault(phrase[0], []).append(phrase)
    return found


def phrased(terms: list[str]) -> list[list[str]]:
    """The terms, those together that are one phrase; the longest first."""
    begun = _phrases()
    found, at = [], 0
    while at < len(terms):
        until = at + 1
        for phrase in begun.get(terms[at], ()):
            if tuple(terms[at : at + len(phrase)]) == phrase:
                until = at + len(phrase)
                break
        found.append(terms[at:until])
        at = until
    return found


def as_single_words(text: str) -> str:
    """Every phrase in a folded text in one word, once, also those within longer ones."""
    begun, terms = _phrases(), text.split()
    found: dict[str, None] = {}
    for at, term in enumerate(terms):
        for phrase in begun.get(term, ()):
            if tuple(terms[at : at + len(phrase)]) == phrase:
                found["".join(phrase)] = None
    return " ".join(found)
