"""Words as they were meant: Telex that the keyboard left, words of the vocabularies, words of names with typing errors.

The lexicon of names is kept in the process: every word of every name, compared with a typed one letter by letter.
"""

import asyncio
import re
import time
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache

import numpy as np

from app.core import db
from app.directory.search.lines import TOGETHER
from app.directory.vocabulary import KINDS, ROUNDS, SECTORS, overlay

MOST_TERMS = 8
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WIDTH = 24
"""Longer words are compared by their beginning."""
LONG = 5
"""From so many letters on, two errors in one word are forgiven."""
MOST_NEAR = 60
REMEMBERED = 4_000
FRESH_SECONDS = 5.0

_TELEX = re.compile(
    r"(ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|dd|[bcdghklmnpqrstvx])?"
    r"([aeiouyw]{1,8})[sfrxj]?(ng|nh|ch|[cmnpt])?[sfrxj]?"
)
_TELEX_MARK = re.compile(r"dd|aa|ee|oo|w|[sfrxj]$|[aeiouyw][sfrxj]")


def as_if_typed_in_telex(asked: str) -> str:
    """`asked` with each syllable that the keyboard left in Telex ("dduwcs") as it was meant ("duc"); "" if none is."""
    found = []
    for word in asked.split()[:MOST_TERMS]:
        syllable = _TELEX.fullmatch(word) if _TELEX_MARK.search(word) else None
        if syllable:
            onset, vowels, coda = (part or "" for part in syllable.groups())
            vowels = re.sub(r"([aeo])\1", r"\1", re.sub(r"^w", "u", vowels).replace("w", ""))
            word = onset.replace("dd", "d") + vowels + coda  # noqa: PLW2901
        found.append(word)
    text = " ".join(found)
    return text if text != asked else ""


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(SECTORS.every_word() | ROUNDS.every_word() | KINDS.every_word())


overlay.on_change(_vocabulary.cache_clear)


def corrected(asked: str, names: "Lexicon | None" = None) -> str:
    """`asked` with each word that is one typing error away from a word of the vocabularies put right; "" if none is.

    Words that stand in somebody's name (`names`) are left as they are.
    """
    known = _vocabulary() | (names.words if names else frozenset())
    found = [word if word in known else next(iter(_one_error(word)), word) for word in asked.split()[:MOST_TERMS]]
    text = " ".join(found)
    return text if text != asked else ""


def _one_error(word: str) -> list[str]:
    """Words of the vocabularies that differ from `word` by one letter more, less, other, or two swapped."""
    if len(word) < 4:
        return []
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    candidates = {a + b[1:] for a, b in splits if b}
    candidates |= {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
    candidates |= {a + c + b[1:] for a, b in splits if b for c in LETTERS}
    candidates |= {a + c + b for a, b in splits for c in LETTERS}
    return sorted(candidates & _vocabulary())


# --- the words of names -----------------------------------------------------------------------------------------


class Letters:
    """Words as rows of letters, short ones first, with a set of letters for each: one look rules out most of them."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = sorted(words, key=lambda word: (min(len(word), WIDTH), word))
        array = np.array([word[:WIDTH] for word in self.words] or ["-"], dtype=f"U{WIDTH}")
        self.letters = array.view(np.uint32).reshape(len(array), WIDTH).astype(np.uint8)
        self.lengths = np.char.str_len(array).astype(np.int8)
        self.bags = np.zeros(len(array), np.uint64)
        for place in range(WIDTH):
            here = self.letters[:, place]
            self.bags |= np.where(here > 0, np.left_shift(np.uint64(1), (here % 63).astype(np.uint64)), np.uint64(0))

    def near(self, term: str, *, unfinished: bool = False) -> dict[str, int]:
        """The words that `term` may have been meant as, with the number of errors; the nearest and shortest first.

        `unfinished`: more letters may follow.
        """
        term = term[:WIDTH]
        errors = 1 if len(term) < LONG else 2
        bag = np.uint64(0)
        for letter in term:
            bag |= np.uint64(1 << (ord(letter) % 63))
        begin, end = np.searchsorted(self.lengths, [len(term) - errors, len(term) + errors + 1])
        within = slice(int(begin), None if unfinished else int(end))
        bags = self.bags[within]
        may = np.bitwise_count(bag & ~bags) <= errors
        if not unfinished:
            may &= np.bitwise_count(bags & ~bag) <= errors
        rows = np.flatnonzero(may) + int(begin)
        if not rows.size or not self.words:
            return {}
        width = min(WIDTH, len(term) + errors)
        last = _distances(term, self.letters[rows, :width])
        lengths = np.minimum(self.lengths[rows].astype(np.intp), width)
        found = last[np.arange(len(rows)), lengths]
        if unfinished:
            found = np.minimum(found, np.where(_inside(lengths, last.shape[1]), last, 99).min(axis=1))
        good = np.flatnonzero(found <= errors)
        order = good[np.lexsort((np.abs(lengths[good] - len(term)), found[good]))][:MOST_NEAR]
        return {self.words[rows[n]]: int(found[n]) for n in order}


class Lexicon:
    """The words of names, and apart from them the names in one word, of which there are as many as names."""

    def __init__(self, words: set[str], joined: set[str]) -> None:
        self.words = words
        self.joined = joined
        self._sorted = sorted(words)
        self._words = Letters(words)
        self._joined = Letters(joined)
        self._near: dict[tuple[str, bool], dict[str, int]] = {}

    def has(self, term: str, *, unfinished: bool = False) -> bool:
        """Whether some name has the word, or one that begins so."""
        if term in self.words:
            return True
        at = bisect_left(self._sorted, term)
        return unfinished and at < len(self._sorted) and self._sorted[at].startswith(term)

    def near(self, term: str, *, unfinished: bool = False) -> dict[str, int]:
        """The words of names that `term` may have been meant as, with the number of errors."""
        known = self._near.get((term, unfinished))
        if known is None:
            if len(self._near) > REMEMBERED:
                self._near.clear()
            known = self._near[term, unfinished] = self._words.near(term, unfinished=unfinished)
        return dict(known)

    def near_joined(self, term: str) -> dict[str, int]:
        """Names whose letters without blanks are nearly these."""
        return self._joined.near(term)


def _inside(lengths: np.ndarray, columns: int) -> np.ndarray:
    return np.arange(columns)[None, :] <= lengths[:, None]


def _distances(term: str, letters: np.ndarray) -> np.ndarray:
    """The last row of every table of edit distances (letters more, less, other, two neighbours swapped): the distance
    of `term` from the first 0, 1, 2 ... letters of each word."""
    count, width = letters.shape
    older = np.zeros((count, width + 1), np.int8)
    old = np.tile(np.arange(width + 1, dtype=np.int8), (count, 1))
    codes = [ord(letter) for letter in term]
    for i, code in enumerate(codes, 1):
        new = np.empty_like(old)
        new[:, 0] = i
        same = letters == code
        best = np.minimum(old[:, :-1] + (~same).astype(np.int8), old[:, 1:] + 1)
        if i > 1:
            swapped = np.zeros_like(same)
            swapped[:, 1:] = (letters[:, 1:] == codes[i - 2]) & (letters[:, :-1] == code)
            best[:, 1:] = np.where(swapped[:, 1:], np.minimum(best[:, 1:], older[:, :-2] + 1), best[:, 1:])
        for j in range(width):
            new[:, j + 1] = np.minimum(best[:, j], new[:, j] + 1)
        older, old = old, new
    return old


_MARGIN = 1_000
"""Transactions commit in another order than they take numbers: so many are read once more."""

_lexicon = Lexicon(set(), set())
_read_until = -1
_looked_at = 0.0


async def lexicon(*, fresh: bool = True) -> Lexicon:
    """Every word of the names in the index; read once, then only what is new since.

    Not `fresh`: as it was some seconds ago will do.
    """
    global _lexicon, _read_until, _looked_at  # noqa: PLW0603  one copy per process
    if not fresh and _read_until >= 0 and time.monotonic() - _looked_at < FRESH_SECONDS:
        return _lexicon
    _looked_at = time.monotonic()
    until: int = await db.fetchval("SELECT coalesce(max(id), 0) FROM findable")
    if until == _read_until:
        return _lexicon
    afresh = _read_until < 0 or until < _read_until
    rows = await db.fetch(
        "SELECT names FROM findable WHERE id > $1 AND listed", -1 if afresh else _read_until - _MARGIN
    )
    words, joined = await asyncio.to_thread(_read, [row["names"] for row in rows])
    _read_until = until
    if not (words <= _lexicon.words and joined <= _lexicon.joined):
        _lexicon = await asyncio.to_thread(Lexicon, words | _lexicon.words, joined | _lexicon.joined)
    return _lexicon


def _read(names: list[str]) -> tuple[set[str], set[str]]:
    """The words of names, and the names in one word."""
    words: set[str] = set()
    joined: set[str] = set()
    for text in names:
        for line in text.split("\n"):
            if line.startswith(TOGETHER):
                joined.add(line.removeprefix(TOGETHER))
            elif line[:1] != "~":
                words.update(line.split())
    return words, joined


def forget() -> None:
    """Start afresh, as a new process would."""
    global _lexicon, _read_until
    _lexicon, _read_until = Lexicon(set(), set()), -1
