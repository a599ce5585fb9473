"""Names that look like what was typed: each word with its near words, all together in one question to the index.

The nearest come first: fewer errors, then fewer words that nobody typed, then what has more recorded.
"""

from functools import cache
from typing import Any

import msgspec

from app.core import db
from app.directory import places
from app.directory.search.spelling import MOST_TERMS, Lexicon
from app.directory.vocabulary import KINDS, SECTORS, TECHNOLOGIES, words

CANDIDATES = 400
LONGEST_PHRASE = 5
MOST_ERRORS = 3
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
    """One part of a question: words that follow each other, or a word, of so many letters on also as a beginning."""
    if len(words) > 1:
        return "(" + " <-> ".join(f"'{word}'" for word in words) + ")"
    return f"'{words[0]}':*" if len(words[0]) >= letters else f"'{words[0]}'"


def phrased(terms: list[str]) -> list[list[str]]:
    """The terms, those together that are one term of a vocabulary or one province; the longest first."""
    found, at = [], 0
    while at < len(terms):
        until = next(
            (
                end
                for end in range(min(len(terms), at + LONGEST_PHRASE), at + 1, -1)
                if tuple(terms[at:end]) in _phrases()
            ),
            at + 1,
        )
        found.append(terms[at:until])
        at = until
    return found


@cache
def _phrases() -> frozenset[tuple[str, ...]]:
    """What is more than one word and means one thing."""
    terms = [term for vocabulary in (SECTORS, KINDS, TECHNOLOGIES) for term in vocabulary]
    labels = [text for term in terms for text in (term.vi, term.en, *term.synonyms)]
    labels += [province.short_name for province in places.provinces().values()]
    split = [tuple(words(label).split()) for label in labels]
    return frozenset(words for words in split if 2 <= len(words) <= LONGEST_PHRASE)


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
    terms = terms_of(asked)
    meant = [_meant(known, term, last=place == len(terms) - 1) for place, term in enumerate(terms)]
    joined = known.near("".join(terms)) if len(terms) > 1 and len("".join(terms)) >= 6 else {}
    found = _ranked(await _rows(_question(meant, joined), scope, tier), meant, joined)
    if not found and len(terms) >= 3 and not every_word:
        found = _ranked(await _rows(_but_one(meant), scope, tier), meant, joined, unseen=MOST_UNSEEN)
    return found[:most]


def _meant(known: Lexicon, term: str, *, last: bool) -> dict[str, int]:
    """What a term may have been meant as, with errors: a word, two words run together, the beginning of one."""
    found = known.near(term) if len(term) > 1 else {}
    if last and len(term) >= 4:
        found = known.near(term, unfinished=True) | found
    found[term] = 0
    for at in range(2, len(term) - 1):
        if term[:at] in known.known and term[at:] in known.known:
            found[f"{term[:at]} {term[at:]}"] = 0
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
        words = line.lstrip("~").split()
        if not words:
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
