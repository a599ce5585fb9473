"""What a closed vocabulary is: stable codes, a label in each language, synonyms found however they are typed."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from app.core.i18n import current_locale
from app.core.text import fold

_NOT_WORD = re.compile(r"[\W_]+")


def words(text: str) -> str:
    """Folded text with nothing but words and single blanks, the form in which terms and names are compared."""
    return _NOT_WORD.sub(" ", fold(text)).strip()


class Term(msgspec.Struct, frozen=True):
    """One entry. Codes never change and are never reused; labels may."""

    code: str
    vi: str
    en: str
    synonyms: tuple[str, ...] = ()

    def label(self, locale: str | None = None) -> str:
        """The label in `locale`, by default in the language of the running request."""
        return self.en if (locale or current_locale()) == "en" else self.vi


class UnknownTerm(LookupError):
    """A code that the vocabulary does not have."""


class Vocabulary:
    """A list of terms in the order in which they are shown."""

    def __init__(self, name: str, terms: Iterable[Term]) -> None:
        self.name = name
        self._terms = {term.code: term for term in terms}
        self._by_words: dict[str, str] = {}
        for term in self._terms.values():
            for text in (term.code, term.vi, term.en, *term.synonyms):
                self._by_words.setdefault(words(text), term.code)

    def __contains__(self, code: object) -> bool:
        return code in self._terms

    def __iter__(self) -> Iterator[Term]:
        return iter(self._terms.values())

    def __len__(self) -> int:
        return len(self._terms)

    def __getitem__(self, code: str) -> Term:
        try:
            return self._terms[code]
        except KeyError:
            raise UnknownTerm(f"{self.name} has no code {code!r}") from None

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self._terms)

    def label(self, code: str | None, locale: str | None = None) -> str:
        """The label of `code`; a code that was retired is shown as it is, nothing as nothing."""
        if not code:
            return ""
        term = self._terms.get(code)
        return term.label(locale) if term else code

    def labels(self, codes: Iterable[str], locale: str | None = None) -> list[str]:
        return [self.label(code, locale) for code in codes]

    def options(self, locale: str | None = None) -> list[tuple[str, str]]:
        """(code, label) of every term, as form fields take them."""
        return [(term.code, term.label(locale)) for term in self]

    def known(self, codes: Iterable[str]) -> list[str]:
        """Those of `codes` that exist, each once, in the order of the vocabulary."""
        wanted = set(codes)
        return [code for code in self._terms if code in wanted]

    def resolve(self, text: str) -> str | None:
        """The code that somebody means by `text`: a code, a label in either language or a synonym, accents or not."""
        return self._by_words.get(words(text))

    def every_word(self) -> set[str]:
        """Each single word of the labels and synonyms, folded; what a mistyped word may have meant."""
        return {word for text in self._by_words for word in text.split() if len(word) > 3}

    def search_words(self, codes: Iterable[str]) -> str:
        """Everything by which people may look for these terms, for the search text of a profile."""
        found: list[str] = []
        for code in codes:
            term = self._terms.get(code)
            if term:
                found += [term.vi, term.en, *term.synonyms]
        return words(" ".join(dict.fromkeys(found)))
