"""Languages: which one a request speaks, and that nothing is said in only one."""

import re

import pytest

from app.core import i18n
from app.core.i18n import N_, in_language, negotiate, ngettext, pick


@pytest.mark.parametrize(
    ("account", "cookie", "browser", "locale"),
    [
        ("en", "vi", "vi", "en"),
        (None, "en", "vi", "en"),
        (None, None, "en-GB,en;q=0.8", "en"),
        (None, None, "fr,en;q=0.3,vi;q=0.8", "vi"),
        (None, None, "fr", "vi"),
        (None, None, "", "vi"),
        (None, "xx", ";q=x,en;q=abc", "vi"),
        (None, "<script>", "en;q=", "en"),
    ],
)
def test_negotiate(account: str | None, cookie: str | None, browser: str, locale: str) -> None:
    assert negotiate(account, cookie, browser) == locale


def test_a_phrase_is_spoken_in_the_readers_language() -> None:
    phrase = N_("Please sign in first.")
    assert phrase.text("en") == "Please sign in first."
    assert phrase.text("vi") == "Vui lòng đăng nhập trước."
    assert phrase.text() == "Vui lòng đăng nhập trước."


def test_an_unknown_msgid_is_shown_as_it_is() -> None:
    assert i18n.gettext("never translated %(a)s", a=1) == "never translated 1"


def test_plurals() -> None:
    with in_language("en"):
        assert ngettext("%(num)s seat of %(all)s", "%(num)s seats of %(all)s", 1, all=3) == "1 seat of 3"
        assert ngettext("%(num)s seat of %(all)s", "%(num)s seats of %(all)s", 2, all=3) == "2 seats of 3"
    assert ngettext("%(num)s seat of %(all)s", "%(num)s seats of %(all)s", 2, all=3) == "2 seats of 3"


def test_pick_falls_back_to_the_other_half() -> None:
    assert (pick("Xin chào", "Hello"), pick("", "Hello"), pick(None, None)) == ("Xin chào", "Hello", "")
    with in_language("en"):
        assert (pick("Xin chào", "Hello"), pick("Xin chào", "")) == ("Hello", "Xin chào")


def test_in_language_ends() -> None:
    with in_language("en"), in_language("nonsense"):
        assert i18n.current_locale() == "vi"
    assert i18n.current_locale() == "vi"


def test_every_shown_string_is_in_both_languages() -> None:
    assert i18n.check() == []


@pytest.mark.parametrize("catalogue", ["core", "look", "portal", "people", "directory", "connections"])
def test_one_word_for_email(catalogue: str) -> None:
    """The older word is left for what is no e-mail: libraries, folders, junk, the box that e-mail comes to."""
    text = (i18n.ROOT / "app" / "locale" / "vi" / f"{catalogue}.po").read_text(encoding="utf-8")
    said = [line for line in text.splitlines() if line.startswith("msgstr")]
    other = re.compile(r"\be-mail\b|(?<!hộp )\bthư\b(?! viện| mục| rác)", re.IGNORECASE)
    assert [line for line in said if other.search(line)] == []
