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
    """One entry. Codes never change and are never reused; labels may. `parent`: the wider term that it stands under."""

    code: str
    vi: str
    en: str
    synonyms: tuple[str, ...] = ()
    parent: str = ""

    def label(self, locale: str | None = None) -> str:
        """The label in `locale`, by default in the language of the running request."""
        return self.en if (locale or current_locale()) == "en" else self.vi

    def texts(self) -> tuple[str, ...]:
        return (self.vi, self.en, *self.synonyms)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something that staff changed: `act` is synonym, added, retired or labelled."""

    act: str
    code: str
    vi: str = ""
    en: str = ""
    parent: str = ""
    synonym: str = ""
    replacement: str = ""


class UnknownTerm(LookupError):
    """A code that the vocabulary does not have."""


class Vocabulary:
    """A list of terms in the order in which they are shown: those of the code, with what staff changed laid over them.

    A retired term cannot be chosen any more; its code, labels and synonyms lead to the term that replaces it.
    """

    def __init__(self, name: str, terms: Iterable[Term]) -> None:
        self.name = name
        self._given = tuple(terms)
        self.lay_over(())

    def lay_over(self, changes: Iterable[Change]) -> None:
        """Take these changes, in their order, in place of those that were laid over before."""
        terms = {term.code: term for term in self._given}
        replaced: dict[str, str] = {}
        for change in changes:
            _CHANGES[change.act](terms, replaced, change)
        self._retired = {code: terms[code] for code in replaced if code in terms}
        self._replaced = replaced
        self._terms = {code: term for code, term in terms.items() if code not in replaced}
        by_words: dict[str, str] = {}
        for term in self._terms.values():
            for text in (term.code, *term.texts()):
                by_words.setdefault(words(text), term.code)
        for code, term in self._retired.items():
            now = self.current(code)
            for text in (code, *term.texts()):
                if now in self._terms:
                    by_words.setdefault(words(text), now)
        self._by_words = by_words

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
    def given(self) -> tuple[Term, ...]:
        """The terms as the code has them, whatever staff changed: for what is stored and cannot follow at once."""
        return self._given

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self._terms)

    def label(self, code: str | None, locale: str | None = None) -> str:
        """The label of `code`, also of a retired one; a code that never was is shown as it is, nothing as nothing."""
        if not code:
            return ""
        term = self._terms.get(code) or self._retired.get(code)
        return term.label(locale) if term else code

    def current(self, code: str) -> str:
        """The code that stands for `code` now: its replacement where it was retired."""
        seen = {code}
        while (next_code := self._replaced.get(code)) and next_code not in seen:
            code = next_code
            seen.add(code)
        return code

    def is_retired(self, code: str) -> bool:
        return code in self._retired

    @property
    def retired(self) -> tuple[Term, ...]:
        """Terms that cannot be chosen any more, in the order of the vocabulary."""
        return tuple(self._retired.values())

    def family(self, code: str) -> list[str]:
        """The term and everything that stands under it."""
        found = [code]
        for one in found:
            found += [term.code for term in self._terms.values() if term.parent == one and term.code not in found]
        return found

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
        """Everything by which people may look for these terms, for the search text of a profile.

        Of a retired term also what is said of its replacement, of a narrower one what is said of the wider."""
        found: list[str] = []
        for code in codes:
            chain = dict.fromkeys([code, self.current(code)])
            for one in list(chain):
                term = self._terms.get(one) or self._retired.get(one)
                while term and term.parent and term.parent not in chain:
                    chain[term.parent] = None
                    term = self._terms.get(term.parent)
            for one in chain:
                term = self._terms.get(one) or self._retired.get(one)
                if term:
                    found += term.texts()
        return words(" ".join(dict.fromkeys(found)))


def _synonym(terms: dict[str, Term], _replaced: dict[str, str], change: Change) -> None:
    term = terms.get(change.code)
    if term is not None and change.synonym not in term.synonyms:
        terms[change.code] = msgspec.structs.replace(term, synonyms=(*term.synonyms, change.synonym))


def _added(terms: dict[str, Term], _replaced: dict[str, str], change: Change) -> None:
    terms.setdefault(change.code, Term(change.code, change.vi, change.en, (), change.parent))


def _labelled(terms: dict[str, Term], _replaced: dict[str, str], change: Change) -> None:
    """The labels of before go on being understood when somebody types them."""
    term = terms.get(change.code)
    if term is not None:
        before = tuple(text for text in (term.vi, term.en) if text not in (change.vi, change.en, *term.synonyms))
        terms[change.code] = msgspec.structs.replace(
            term, vi=change.vi, en=change.en, synonyms=(*term.synonyms, *before)
        )


def _retired(terms: dict[str, Term], replaced: dict[str, str], change: Change) -> None:
    if change.code in terms:
        replaced[change.code] = change.replacement


_CHANGES = {"synonym": _synonym, "added": _added, "labelled": _labelled, "retired": _retired}
