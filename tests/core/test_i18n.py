"""Languages: which one a request speaks, and that nothing is said in only one."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from app.core import i18n
from app.core.i18n import N_, counted, in_language, negotiate, ngettext, pick, plural_form


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
        (None, None, "en; q=0.3, vi; q=0.9", "vi"),
        (None, None, "vi; q=0.3 ,en ; q=0.9", "en"),
        (None, None, "en;q=0", "vi"),
        (None, None, "en;q=0,fr", "vi"),
        (None, None, "en;q=nan,vi;q=0.1", "vi"),
        (None, None, "en;q=-1", "vi"),
        (None, None, "en;q=inf", "en"),
        (None, None, "EN-us", "en"),
        (None, None, "en_US", "en"),
        (None, None, "enm,eng", "vi"),
        (None, None, "*", "vi"),
        (None, None, "fr," * 100 + "en", "vi"),
        ("", "", "en", "en"),
        ("de", "fr", "en", "en"),
        (None, "EN", "vi", "vi"),
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


@pytest.mark.parametrize("catalogue", ["core", "look", "portal", "people", "directory", "connections", "events"])
def test_one_word_for_email(catalogue: str) -> None:
    """The older word is left for what is no e-mail: libraries, folders, junk, the box that e-mail comes to."""
    text = (i18n.ROOT / "app" / "locale" / "vi" / f"{catalogue}.po").read_text(encoding="utf-8")
    said = [line for line in text.splitlines() if line.startswith("msgstr")]
    other = re.compile(r"\be-mail\b|(?<!hộp )\bthư\b(?! viện| mục| rác)", re.IGNORECASE)
    assert [line for line in said if other.search(line)] == []


@given(st.text())
def test_no_header_breaks_the_choice_of_a_language(accept: str) -> None:
    assert negotiate(None, accept, accept) in ("vi", "en")


# --- one request, one language --------------------------------------------------------------------------------


async def test_requests_at_the_same_time_keep_their_languages() -> None:
    async def speak(locale: i18n.Locale) -> str:
        i18n.set_locale(locale)
        await asyncio.sleep(0)
        return N_("Please sign in first.").text()

    said = await asyncio.gather(*(asyncio.create_task(speak(locale)) for locale in ("vi", "en") * 5))
    assert said == ["Vui lòng đăng nhập trước.", "Please sign in first."] * 5


def test_an_error_inside_ends_the_language_too() -> None:
    with pytest.raises(ZeroDivisionError), in_language("en"):
        raise ZeroDivisionError
    assert i18n.current_locale() == "vi"


# --- numbers in sentences -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("num", "vi", "en"),
    [
        (0, "0 seats", "0 seats"),
        (1, "1 seats", "1 seat"),
        (2, "2 seats", "2 seats"),
        (-1, "-1 seats", "-1 seats"),
        (17726, "17.726 seats", "17,726 seats"),
        (1_000_000, "1.000.000 seats", "1,000,000 seats"),
    ],
)
def test_a_number_is_written_as_its_language_writes_numbers(num: int, vi: str, en: str) -> None:
    forms = ("%(num)s seat", "%(num)s seats")
    assert (ngettext(*forms, num), counted(*forms, num)) == (vi, vi)
    with in_language("en"):
        assert (ngettext(*forms, num), counted(*forms, num)) == (en, en)


def test_vietnamese_has_one_form_for_every_number() -> None:
    """Every plural in the catalogues: the Vietnamese stands under the singular and keeps its number."""
    found = 0
    for path in sorted((i18n.CATALOGUES / "vi").glob("*.po")):
        with path.open("rb") as file:
            messages = [m for m in read_po(file, locale="vi") if isinstance(m.id, tuple)]
        for message in messages:
            singular, plural = message.id
            found += 1
            assert plural_form(singular, plural, 1) == plural_form(singular, plural, 5) == message.string[0]
            assert i18n._gaps(message.string[0]) == i18n._gaps(message.id)
            with in_language("en"):
                assert plural_form(singular, plural, 1) == singular
                assert plural_form(singular, plural, 0) == plural
    assert found > 5


def test_a_gap_filled_later_stays_a_gap() -> None:
    with in_language("en"):
        assert counted("%(num)s seat of %(all)s", "%(num)s seats of %(all)s", 1000) == "1,000 seats of %(all)s"


@pytest.mark.parametrize("text", ["100%", "%s", "%(a)s %(b)s", "50 % off"])
def test_a_text_without_gaps_may_have_percent_signs(text: str) -> None:
    assert i18n.gettext(text) == text
    assert N_(text).text("en") == text


@pytest.mark.parametrize(
    ("vi", "en", "in_vi", "in_en"),
    [
        ("Xin chào", "Hello", "Xin chào", "Hello"),
        ("Xin chào", "", "Xin chào", "Xin chào"),
        ("Xin chào", None, "Xin chào", "Xin chào"),
        ("", "Hello", "Hello", "Hello"),
        (None, "Hello", "Hello", "Hello"),
        ("", "", "", ""),
        (None, None, "", ""),
    ],
)
def test_a_pair_is_shown_by_its_nearer_half(vi: str | None, en: str | None, in_vi: str, in_en: str) -> None:
    assert pick(vi, en) == in_vi
    with in_language("en"):
        assert pick(vi, en) == in_en


# --- the check ------------------------------------------------------------------------------------------------

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.fixture
def small_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with one module, one page, one mail and one catalogue."""
    for name, text in {
        "app/x.py": "N_('In code')\n_('A %(name)s')\nngettext('%(num)s seat', '%(num)s seats', 2)\n",
        "events/y.py": "N_('In code')\n",
        "templates/a.html": "{% trans %}On a page{% endtrans %} {{ _('In a call') }}",
        "templates/b.txt": "{% block body %}{% trans name=x %}Dear {{ name }}{% endtrans %}{% endblock %}",
        "app/locale/vi/x.po": HEAD
        + 'msgid "In code"\nmsgstr "Trong mã"\n\n#, python-format\nmsgid "A %(name)s"\nmsgstr "Một %(name)s"\n\n'
        + 'msgid "%(num)s seat"\nmsgid_plural "%(num)s seats"\nmsgstr[0] "%(num)s chỗ"\n\n'
        + 'msgid "On a page"\nmsgstr "Trên trang"\n\nmsgid "In a call"\nmsgstr "Trong lời gọi"\n\n'
        + '#, python-format\nmsgid "Dear %(name)s"\nmsgstr "Chào %(name)s"\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(i18n, "ROOT", tmp_path)
    monkeypatch.setattr(i18n, "CATALOGUES", tmp_path / "app" / "locale")
    i18n._vietnamese.cache_clear()
    yield tmp_path
    i18n._vietnamese.cache_clear()


def _change(house: Path, old: str, new: str) -> None:
    path = house / "app" / "locale" / "vi" / "x.po"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_complete_catalogue_has_no_problems(small_house: Path) -> None:
    assert i18n.check() == []
    assert i18n.extract() == {
        "In code": "app/x.py",
        "A %(name)s": "app/x.py",
        "%(num)s seat": "app/x.py",
        "On a page": "templates/a.html",
        "In a call": "templates/a.html",
        "Dear %(name)s": "templates/b.txt",
    }
    assert (i18n.gettext("In code"), ngettext("%(num)s seat", "%(num)s seats", 3)) == ("Trong mã", "3 chỗ")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"Trong mã"', '""', "not translated in x.po: 'In code'"),
        ('msgid "In code"', '#, fuzzy\nmsgid "In code"', "not translated in x.po: 'In code'"),
        ('"Một %(name)s"', '"Một %(ten)s"', "placeholders differ in x.po: 'A %(name)s'"),
        ('"Chào %(name)s"', '"Chào"', "placeholders differ in x.po: 'Dear %(name)s'"),
        ('"Trên trang"', '"5 % trên trang"', "a lone % where names are filled in, in x.po: 'On a page'"),
        ('"Trên trang"', '"trên trang 5%"', "a lone % where names are filled in, in x.po: 'On a page'"),
        ('[0] "%(num)s chỗ"', '[0] ""', "not translated in x.po: '%(num)s seat'"),
        ('msgid "On a page"\nmsgstr "Trên trang"\n', "", "missing, used in templates/a.html: 'On a page'"),
        (
            'msgid "On a page"',
            'msgid "Gone"\nmsgstr "Hết"\n\nmsgid "On a page"',
            "unused in x.po: 'Gone'",
        ),
    ],
)
def test_each_gap_is_named(small_house: Path, old: str, new: str, problem: str) -> None:
    _change(small_house, old, new)
    assert i18n.check() == [problem]


@pytest.mark.parametrize(("old", "new"), [("Trên trang", "5 %% trên trang"), ("Trong mã", "5 % trong mã")])
def test_percent_signs_that_break_nothing_are_let_be(small_house: Path, old: str, new: str) -> None:
    _change(small_house, old, new)
    assert i18n.check() == []


def test_a_string_in_two_catalogues_is_named(small_house: Path) -> None:
    (small_house / "app" / "locale" / "vi" / "y.po").write_text(
        HEAD + 'msgid "In code"\nmsgstr "Khác"\n', encoding="utf-8"
    )
    assert i18n.check() == ["translated twice, in x.po and y.po: 'In code'"]


def test_a_new_string_without_its_translation_is_named(small_house: Path) -> None:
    (small_house / "templates" / "c.html").write_text("{% trans %}New{% endtrans %}", encoding="utf-8")
    assert i18n.check() == ["missing, used in templates/c.html: 'New'"]


def test_a_subject_that_is_not_there_is_no_problem(small_house: Path) -> None:
    (small_house / "events" / "y.py").unlink()
    (small_house / "events").rmdir()
    assert i18n.check() == []


def test_the_command_ends_with_the_code_that_fits_what_it_says() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.core.i18n", "check"], cwd=i18n.ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) == (done.stdout == "translations complete\n"), done.stdout
