"""Names that look like what was typed: each word with its near words, all together in one question to the index.

The nearest come first: fewer errors, then fewer words that nobody typed, then what has more recorded.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from app.core import db
from app.directory.search.lines import TOGETHER, without_form
from app.directory.search.phrases import phrased
from app.directory.search.spelling import MOST_TERMS, Lexicon

CANDIDATES = 200
MOST_ERRORS = 3
JOINED_LETTERS = 5
"""So many letters on it is worth while to look for everything as one word."""
BEGINNING_SAYS = 4
UNSAID = 3
"""Fewer letters of a last word say nothing that is worth the reading."""
MOST_UNSEEN = 1
"""Of three or more words one may be in no name at all; it counts as this many errors and one more."""

_LIKE = """
    SELECT id, number, names, weight, title_folded FROM findable
    WHERE listed AND {scope} AND tier <= $2 AND title_vector @@ to_tsquery('simple', $1) LIMIT {most}
"""

ORGANISATIONS, OTHERS = "kind = 'organisation'", "kind <> 'organisation'"


class Near(msgspec.Struct, frozen=True):
    """A row of the index whose names look like what was typed."""

    id: int
    number: int | None
    errors: int


def terms_of(asked: str) -> list[str]:
    return [term[:60] for term in asked.split()[:MOST_TERMS]]


def all_words(known: Lexicon, terms: list[str]) -> str:
    """The question for names that have each term as a word, or as the beginning of one.

    A word that some name has is no beginning, unless somebody may still be typing it; of one or two letters of that
    the order takes care. A single word may be a name without its blanks.
    """
    parts = phrased(terms)
    asked = [
        _phrase(words, exact=len(words[0]) < 3 or known.has(words[0]))
        for words in (parts[:-1] if len(parts[-1]) == 1 else parts)
    ]
    last = parts[-1]
    if len(last) == 1 and (len(last[0]) >= UNSAID or not asked):
        asked.append(_phrase(last))
    question = " & ".join(asked)
    return f"{question} | '{TOGETHER}{terms[0]}':*" if len(terms) == 1 and len(terms[0]) >= JOINED_LETTERS else question


def beginnings(known: Lexicon, terms: list[str]) -> str:
    """The same with every term as a beginning, for those who write "kle per"; "" where that finds nothing more."""
    if len(terms) < 2 or not all(known.has(term, unfinished=True) for term in terms):
        return ""
    return " & ".join(f"'{term}':*" for term in terms)


def anywhere(known: Lexicon, terms: list[str]) -> str:
    """The question for rows that have each term anywhere, or all of it written as one word.

    Texts have so many words that the beginning of one says little ("kho" is not "khởi nghiệp"), and so do the
    syllables of a term or a province apart from each other.
    """
    parts = phrased(terms)
    asked = " & ".join(
        _phrase(words, exact=len(words[0]) < BEGINNING_SAYS or (words is not parts[-1] and known.has(words[0])))
        for words in parts
    )
    together = "".join(terms)[:60]
    if len(together) < JOINED_LETTERS:
        return asked
    one_word = f"'{TOGETHER}{together}':*" + (f" | '{together}':*" if len(terms) > 1 else "")
    return f"({asked}) | {one_word}"


def _phrase(words: list[str], *, exact: bool = False) -> str:
    """A phrase, which the index has as one word; or a word, also as a beginning."""
    if len(words) > 1:
        return f"'{''.join(words)}'"
    return f"'{words[0]}'" if exact else f"'{words[0]}':*"


async def alike(
    known: Lexicon,
    asked: str,
    *,
    scope: str = ORGANISATIONS,
    tier: int = 0,
    most: int = 60,
    every_word: bool = False,
) -> list[Near]:
    """The names nearest to `asked` by the words that are `known`, best first; none when nothing is near.

    Unless `every_word` must be in a name, one of three or more may be missing."""
    terms = terms_of(without_form(asked))
    joined = known.near_joined("".join(terms)) if len("".join(terms)) >= JOINED_LETTERS else {}
    found: list[Near] = []
    for meant in _meanings(known, terms):
        found = _ranked(await _rows(_question(meant, joined), scope, tier), meant, joined)
        if found:
            return found[:most]
    if len(terms) >= 3 and not every_word:
        found = _ranked(await _rows(_but_one(meant), scope, tier), meant, joined, unseen=MOST_UNSEEN)
    return found[:most]


def _meanings(known: Lexicon, terms: list[str]) -> Iterator[list[dict[str, int]]]:
    """What the terms may have been meant as: first only those that no name has are doubted, then all of them."""
    last = len(terms) - 1
    doubted = [not known.has(term, unfinished=at == last) for at, term in enumerate(terms)]
    if any(doubted) and not all(doubted):
        yield [_meant(known, term, last=at == last, doubted=doubted[at]) for at, term in enumerate(terms)]
    yield [_meant(known, term, last=at == last, doubted=True) for at, term in enumerate(terms)]


def _meant(known: Lexicon, term: str, *, last: bool, doubted: bool) -> dict[str, int]:
    """What a term may have been meant as, with errors: a word, two words run together, the beginning of one."""
    found: dict[str, int] = {}
    if doubted and len(term) > 1:
        found = known.near(term)
        if last and len(term) >= 4:
            found = known.near(term, unfinished=True) | found
        for at in range(2, len(term) - 1):
            if term[:at] in known.words and term[at:] in known.words:
                found[f"{term[:at]} {term[at:]}"] = 0
    found[term] = 0
    return found


def _either(meant: dict[str, int], *, last: bool) -> str:
    words = [
        "(" + " & ".join(f"'{part}'" for part in word.split()) + ")" if " " in word else f"'{word}'" for word in meant
    ]
    typed = next(word for word, errors in reversed(meant.items()) if not errors and " " not in word)
    if last and len(typed) >= UNSAID:
        words.append(f"'{typed}':*")
    return "(" + " | ".join(words) + ")"


def _question(meant: list[dict[str, int]], joined: dict[str, int]) -> str:
    asked = " & ".join(_parts(meant))
    together = " | ".join(f"'{TOGETHER}{word}'" for word in joined)
    return f"({asked}) | {together}" if joined else asked


def _parts(meant: list[dict[str, int]]) -> list[str]:
    last = len(meant) - 1
    return [_either(words, last=at == last) for at, words in enumerate(meant)]


def _but_one(meant: list[dict[str, int]]) -> str:
    """Any of the questions that leave one term out."""
    parts = _parts(meant)
    return " | ".join("(" + " & ".join(parts[:n] + parts[n + 1 :]) + ")" for n in range(len(parts)))


async def _rows(question: str, scope: str, tier: int) -> list[Any]:
    return await db.fetch(_LIKE.format(scope=scope, most=CANDIDATES), question, tier)


def _ranked(rows: list[Any], meant: list[dict[str, int]], joined: dict[str, int], unseen: int = 0) -> list[Near]:
    most = MOST_ERRORS if len(meant) > 1 else 2
    keyed = []
    for row in rows:
        errors, extra = _errors(row["names"], meant, joined, unseen)
        if errors <= most + unseen:
            keyed.append(((errors, extra, -row["weight"], row["title_folded"], row["id"]), row))
    keyed.sort(key=lambda pair: pair[0])
    return [Near(row["id"], row["number"], key[0]) for key, row in keyed]


def _errors(names: str, meant: list[dict[str, int]], joined: dict[str, int], unseen: int) -> tuple[int, int]:
    """The errors of the name that comes nearest, and its words that nobody typed."""
    best = (99, 99)
    for line in names.split("\n"):
        words = line.split()
        if not words or line[0] == "~":
            continue
        if line.startswith(TOGETHER):
            best = min(best, (joined.get(line.removeprefix(TOGETHER), 99), 0))
            continue
        errors, missed = 0, 0
        for near in meant:
            nearest = min((_distance(near, word) for word in words), default=99)
            nearest = min(nearest, _two_words(near, words))
            missed += nearest == 99
            errors += nearest if nearest < 99 else 0
        if missed <= unseen:
            best = min(best, (errors + 2 * missed, max(0, len(words) - len(meant) + missed)))
    return best


def _distance(near: dict[str, int], word: str) -> int:
    found = near.get(word)
    if found is not None:
        return found
    typed = next(term for term, errors in reversed(near.items()) if not errors and " " not in term)
    return 0 if word.startswith(typed) else 99


def _two_words(near: dict[str, int], words: list[str]) -> int:
    return 0 if any(" " in pair and set(pair.split()) <= set(words) for pair in near) else 99
