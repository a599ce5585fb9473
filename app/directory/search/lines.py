"""Names as the index keeps them: one a line, folded, with the forms in which people type them. No database here."""

import re
from collections.abc import Iterable

from app.core.text import fold
from app.directory.search.phrases import as_single_words
from app.directory.vocabulary.terms import words

MOST_LETTERS = 2_000
JOINED_LETTERS = 60
SHORT_NAME = 24
"""Longer names are written in one word without their legal form only."""
TOGETHER = "zq"
"""Before a name in one word: no word of a name begins so, and questions for beginnings pass these by."""
FEWEST_INITIALS = 3

_FORM_BEFORE = re.compile(
    r"^(?:cong ty|cty|doanh nghiep)(?: (?:co phan|cp|tnhh|trach nhiem huu han|hop danh|tu nhan|tm|mtv|hai thanh vien|"
    r"mot thanh vien|1 thanh vien|2 thanh vien|dau tu|dich vu|thuong mai|san xuat|va|phat trien|cong nghe))* (?=\w)"
    r"|^(?:ctcp|tap doan|hop tac xa|htx|ho kinh doanh|dntn|ngan hang tmcp|ngan hang thuong mai co phan) (?=\w)"
)
_FORM_BEHIND = re.compile(
    r"(?<=\w) (?:(?:joint stock|limited liability) company|jsc|co ltd|company limited|pte ltd|pty ltd|ltd|limited|llc|"
    r"llp|inc|incorporated|corp|corporation|gmbh|ag|sa|bv|plc|co|company)$"
)
_SITE = re.compile(r"^(?:https?://)?(?:www\.)?((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})(?:[/:?#].*)?$")


def without_form(folded: str) -> str:
    """A folded name without the words that only say which kind of company it is."""
    bare = _FORM_BEHIND.sub("", _FORM_BEFORE.sub("", folded))
    return bare or folded


def initials_of(folded: str) -> str:
    """The first letters of a name of several words: "tap doan buu chinh vien thong" is tdbcvt."""
    letters = "".join(word[0] for word in folded.split())
    return letters if len(letters) >= FEWEST_INITIALS else ""


def names_text(names: Iterable[str], *, codes: Iterable[str] = ()) -> str:
    """Every name on a line of its own, between line breaks, with its other forms: in one word, without the legal form.

    Initials and phrases in one word stand behind a sign that no name has: they are found as words, and are no names.
    `codes` (an enterprise code, a domain) are found whole.
    """
    lines: dict[str, None] = {}
    beside: dict[str, None] = {}
    for name in names:
        folded = words(name) or fold(name)[:200]
        bare = without_form(folded)
        lines |= {folded: None, bare: None}
        for line in {folded: None, bare: None} if len(folded) <= SHORT_NAME else (bare,):
            if " " in line and len(line) <= JOINED_LETTERS:
                lines[TOGETHER + line.replace(" ", "")] = None
        for further in (initials_of(folded), initials_of(bare), as_single_words(folded)):
            beside[f"~{further}"] = None
    for code in codes:
        lines[words(code)] = None
    found = [line for line in (*lines, *beside) if line not in ("", "~")]
    return "\n" + "\n".join(found)[:MOST_LETTERS] + "\n"


def asked_words(q: str) -> str:
    """What somebody typed, as names are kept; of a web address the site."""
    site = _SITE.match(q.strip().lower())
    return words(site[1] if site else q)
