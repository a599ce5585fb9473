"""Languages: Vietnamese first, English beside it. Catalogues are PO files read at start, one per subject.

msgids are English. `python -m app.core.i18n check` says what is not translated, unused or translated twice.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

Locale = Literal["vi", "en"]
LOCALES: tuple[Locale, ...] = ("vi", "en")
DEFAULT: Locale = "vi"

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = ROOT / "app" / "locale"

_current: ContextVar[Locale] = ContextVar("locale", default=DEFAULT)


def current_locale() -> Locale:
    return _current.get()


def set_locale(locale: Locale) -> None:
    """Set the language of the running request or job."""
    _current.set(locale)


@contextmanager
def in_language(locale: str) -> Iterator[None]:
    """Everything inside speaks `locale`; an unknown one means the default."""
    token = _current.set("en" if locale == "en" else "vi")
    try:
        yield
    finally:
        _current.reset(token)


@cache
def _vietnamese() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted((CATALOGUES / "vi").glob("*.po")):
        for message in _read(path):
            if message.id:
                key = message.id[0] if isinstance(message.id, tuple | list) else message.id
                text = message.string[0] if isinstance(message.string, tuple | list) else message.string
                if text:
                    found[key] = text
    return found


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="vi", abort_invalid=True)


def gettext(msgid: str, /, **params: object) -> str:
    """The text of `msgid` in the current language, with %(name)s filled from `params`."""
    text = _vietnamese().get(msgid, msgid) if _current.get() == "vi" else msgid
    return text % params if params else text


def plural_form(singular: str, plural: str, num: int) -> str:
    """The unfilled form for `num`; Vietnamese has one, stored under the singular msgid."""
    if _current.get() == "vi":
        return _vietnamese().get(singular, plural)
    return singular if num == 1 else plural


def ngettext(singular: str, plural: str, num: int, /, **params: object) -> str:
    """`plural_form` with %(num)s, written as the language writes numbers, and `params` filled in."""
    return plural_form(singular, plural, num) % {"num": _written(num, _current.get()), **params}


def counted(singular: str, plural: str, num: int) -> str:
    """`plural_form` with only %(num)s filled in, for Jinja, which fills in the rest."""
    return plural_form(singular, plural, num).replace("%(num)s", _written(num, _current.get()))


@lru_cache(4096)
def _written(num: int, locale: str) -> str:
    return format_decimal(num, locale=locale)


_ = gettext


class Phrase(str):
    """A msgid that is spoken later, in the language of whoever reads it."""

    __slots__ = ()

    def text(self, locale: str | None = None, **params: object) -> str:
        if locale is None:
            return gettext(str(self), **params)
        with in_language(locale):
            return gettext(str(self), **params)


def N_(msgid: str) -> Phrase:
    return Phrase(msgid)


def pick(vi: str | None, en: str | None) -> str:
    """The current language's half of a bilingual pair, the other half where it is empty."""
    first, second = (vi, en) if _current.get() == "vi" else (en, vi)
    return first or second or ""


def negotiate(account: str | None, cookie: str | None, accept_language: str) -> Locale:
    """Language of a request: the account's, the cookie's, the browser's, else Vietnamese."""
    for choice in (account, cookie):
        if choice in LOCALES:
            return choice
    weighted: list[tuple[float, int, str]] = []
    for place, part in enumerate("".join(accept_language[:200].split()).split(",")):
        tag, _sep, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if weight > 0:
            weighted.append((-weight, place, re.split("[-_]", tag)[0].lower()))
    for _weight, _place, tag in sorted(weighted):
        if tag in LOCALES:
            return tag
    return DEFAULT


# --- the check ------------------------------------------------------------------------------------------------


def extract() -> dict[str, str]:
    """Every msgid in code and templates, with the file it was first seen in."""
    found: dict[str, str] = {}
    keywords: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
    jinja = [("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract")]
    options = {"**": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trimmed": "true", "silent": "false"}}
    for folder, method, opts in (
        ("app", [("**.py", "python")], {}),
        ("events", [("**.py", "python")], {}),
        ("templates", jinja, options),
    ):
        if not (ROOT / folder).exists():
            continue
        for name, _line, message, _comments, _context in extract_from_dir(
            ROOT / folder, method, opts, keywords=keywords, strip_comment_tags=True
        ):
            msgid = message[0] if isinstance(message, tuple) else message
            found.setdefault(msgid, f"{folder}/{name}")
    return found


_LONE_PERCENT = re.compile(r"(?<!%)%(?:%%)*(?![%(])")
"""Jinja fills in names in every text, `gettext` where there are some: a bare percent sign breaks the page."""


def _gaps(texts: str | tuple[str, ...] | list[str]) -> set[str]:
    """The names that a text, or the forms of one, wants filled in."""
    return set(re.findall(r"%\((\w+)\)", texts if isinstance(texts, str) else " ".join(texts)))


def check() -> list[str]:
    """Problems of the catalogues, one line each; empty when every shown string is in both languages."""
    problems: list[str] = []
    seen: dict[str, str] = {}
    percent: set[str] = set()
    for path in sorted((CATALOGUES / "vi").glob("*.po")):
        for message in _read(path):
            if not message.id:
                continue
            msgid = message.id[0] if isinstance(message.id, tuple | list) else message.id
            string = message.string[0] if isinstance(message.string, tuple | list) else message.string
            if msgid in seen:
                problems.append(f"translated twice, in {seen[msgid]} and {path.name}: {msgid!r}")
            seen[msgid] = path.name
            if not string or message.fuzzy:
                problems.append(f"not translated in {path.name}: {msgid!r}")
            elif _gaps(message.id) != _gaps(string) or list(message.check()):
                problems.append(f"placeholders differ in {path.name}: {msgid!r}")
            if _LONE_PERCENT.search(f"{msgid} {string}"):
                percent.add(msgid)
    used = extract()
    problems += [
        f"a lone % where names are filled in, in {seen[msgid]}: {msgid!r}"
        for msgid in sorted(percent & used.keys())
        if _gaps(msgid) or used[msgid].startswith("templates/")
    ]
    problems += [f"missing, used in {where}: {msgid!r}" for msgid, where in used.items() if msgid not in seen]
    problems += [f"unused in {where}: {msgid!r}" for msgid, where in seen.items() if msgid not in used]
    return problems


if __name__ == "__main__":
    lines = check()
    print("\n".join(lines) or "translations complete")
    sys.exit(1 if lines else 0)
