"""The bridge between the languages: a few hundred concepts, each with what people write for it in either.

The table stands in vocabulary.tsv: code, wider concept, Vietnamese synonyms, English synonyms. No model and no
dictionary from outside; text.py turns what is found into terms.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Self

from matching.folding import fold

TABLE = Path(__file__).with_name("vocabulary.tsv")

_WORD = re.compile(r"[^\W_]+")
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_SHORT_I = re.compile("^([bcdghklmstv]|qu)y(?=[\u0300\u0301\u0303\u0309\u0323]?$)")
_PLURAL = re.compile(r"(?<=[a-z]{3})(?<![sui])s$")
_PLURAL_IES = re.compile(r"(?<=[a-z]{2})ies$")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is compared: without any mark, and with its marks in an order of their own."""

    plain: str
    marked: str


@dataclass(frozen=True)
class Vocabulary:
    """Concepts and their tree.

    Attributes
    ----------
    parents : mapping of str to str
        Wider concept of each code, "" for the widest.
    phrases : mapping of tuple of str to tuple of (str, tuple of str)
        Plain words of each phrase: the codes it may mean, each with the phrase as it is written.
    longest : int
        Words of the longest phrase.
    """

    parents: Mapping[str, str]
    phrases: Mapping[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]
    longest: int

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a table of four columns; lines that begin with # are remarks.

        Raises
        ------
        ValueError
            A line without four columns, a code that stands there twice, a wider concept that is none.
        """
        parents: dict[str, str] = {}
        phrases: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            columns = line.split("\t")
            if len(columns) != 4 or columns[0] in parents:
                raise ValueError(f"{path.name}:{number}: four columns and a new code are needed")
            parents[columns[0]] = columns[1]
            for phrase in f"{columns[2]};{columns[3]}".split(";"):
                words = words_of(phrase)
                if words:
                    meanings = phrases.setdefault(tuple(word.plain for word in words), [])
                    meanings.append((columns[0], tuple(word.marked for word in words)))
        if unknown := [parent for parent in parents.values() if parent and parent not in parents]:
            raise ValueError(f"{path.name}: {unknown[0]} is no concept")
        return cls(parents, {key: tuple(found) for key, found in phrases.items()}, max(map(len, phrases), default=0))

    def concepts(self, text: str) -> Iterator[str]:
        """Yield the code of every phrase in a text, the longest phrase first where several begin at one word.

        A text with Vietnamese marks must carry a phrase's own marks, so that "được" is not "dược". A text without marks
        may be Vietnamese typed without them: there, phrases of several words need none; one word alone does, so that
        "the" is not "thẻ".

        Parameters
        ----------
        text : str
            Either language, or both; NFC or NFD, tone marks in the old or the new place.

        Yields
        ------
        str
            Codes in the order of the text, repeated as often as they occur.
        """
        words = words_of(text)
        marked = any(word.plain != word.marked for word in words)
        start = 0
        while start < len(words):
            for length in range(min(self.longest, len(words) - start), 0, -1):
                span = words[start : start + length]
                codes = self._meant(span, marked=marked)
                if codes:
                    yield from codes
                    start += length
                    break
            else:
                start += 1

    def _meant(self, span: list[Word], *, marked: bool) -> list[str]:
        meanings = self.phrases.get(tuple(word.plain for word in span), ())
        written = tuple(word.marked for word in span)
        bare = not marked and len(span) > 1
        return list(dict.fromkeys(code for code, phrase in meanings if bare or phrase == written))

    def wider(self, code: str) -> Iterator[str]:
        """Yield what a concept lies in, from near to far."""
        parent = self.parents[code]
        while parent:
            yield parent
            parent = self.parents[parent]


def words_of(text: str) -> list[Word]:
    """Split text into words for comparison.

    English plurals lose their s, Vietnamese "lý" and "lí" are one word, and a syllable's tone stands at its end, so
    that "hoà" and "hòa" are one.
    """
    composed = unicodedata.normalize("NFC", text).casefold()
    return [_word(word) for word in _WORD.findall(composed)]


@lru_cache(maxsize=1 << 14)
def _word(word: str) -> Word:
    return Word(_stem(fold(word)), _stem(_tone_last(word)))


def _stem(word: str) -> str:
    return _SHORT_I.sub(r"\1i", _PLURAL.sub("", _PLURAL_IES.sub("y", word)))


def _tone_last(word: str) -> str:
    taken_apart = unicodedata.normalize("NFD", word)
    tones = "".join(_TONES.findall(taken_apart))
    return unicodedata.normalize("NFC", _TONES.sub("", taken_apart)) + tones


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary of the project, read once."""
    return Vocabulary.read(TABLE)
