"""Names that look like what was typed: each word with its near words, all together in one question to the index.

The nearest come first: fewer errors, then fewer words that nobody typed, then what has more recorded.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from app.core import db
from app.directory.search.lines import without_form
from app.directory.search.phrases import phrased
from app.directory.search.spelling import MOST_TERMS, Lexicon

CANDIDATES = 400
MOST_ERRORS = 3
JOINED_LETTERS = 6
"""So many letters on it is worth while to look for everything as one word."""
BEGINNING_SAYS = 4
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


def all_words(terms: list[str]) -> str:
    """The question for names that have each term as a word or as its beginning.

    One or two letters are a beginning only where somebody may still be typing: "co" is not "cong".
    """
    parts = phrased(terms)
    return " & ".join(_phrase(words, 1 if words is parts[-1] else 3) for words in parts)


def anywhere(terms: list[str]) -> str:
    """The question for rows that have each term anywhere, or all of it written as one word.

    Texts have so many words that the beginning of one says little ("kho" is not "khởi nghiệp"), and so do the
    syllables of a term or a province apart from each other.
    """
    together = "".join(terms)[:60]
    asked = " & ".join(_phrase(words, BEGINNING_SAYS) for words in phrased(terms))
    return f"({asked}) | '{together}':*" if len(terms) > 1 and len(together) >= 5 else asked


def _phrase(words: list[str], letters: int) -> str:
    """A phrase, which the index has as one word; or a word, from so many letters on also as a beginning."""
    if len(words) > 1:
        return f"'{''.join(words)}'"
    return f"'{words[0]}':*" if len(words[0]) >= letters else f"'{words[0]}'"


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


def _either(meant: dict[str, int], term_first: bool = True) -> str:
    words = [
        "(" + " & ".join(f"'{part}'" for part in word.split()) + ")" if " " in word else f"'{word}'" for word in meant
    ]
    if term_first:
        words.append(f"'{next(word for word, errors in meant.items() if not errors)}':*")
    return "(" + " | ".join(words) + ")"


def _question(meant: list[dict[str, int]], joined: dict[str, int]) -> str:
    asked = " & ".join(_either(words) for words in meant)
    return f"({asked}) | {_either(joined, term_first=False)}" if joined else asked


def _but_one(meant: list[dict[str, int]]) -> str:
    """Any of the questions that leave one term out."""
    parts = [_either(words) for words in meant]
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
        if len(words) == 1 and words[0] in joined:
            best = min(best, (joined[words[0]], 0))
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
    typed = next(term for term, errors in near.items() if not errors)
    return 0 if word.startswith(typed) else 99


def _two_words(near: dict[str, int], words: list[str]) -> int:
    return 0 if any(" " in pair and set(pair.split()) <= set(words) for pair in near) else 99
