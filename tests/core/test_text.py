"""The one fold, and text as it is stored."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text import clean, clean_line, fold, initials, slugify


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Nguyễn Đức", "nguyen duc"),
        (unicodedata.normalize("NFD", "Nguyễn Đức"), "nguyen duc"),
        ("ĐỔI MỚI  sáng\ttạo", "doi moi sang tao"),
        ("Hoà = Hòa", "hoa = hoa"),
        ("ＡＢＣ１２３", "abc123"),
        ("Straße", "strasse"),
        ("ươm tạo", "uom tao"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_fold_is_stable_and_does_not_depend_on_the_spelling_of_accents(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Đổi mới sáng tạo", "doi-moi-sang-tao"),
        ("  --A/B?C#--", "a-b-c"),
        ("東京", "trang"),
        ("a" * 200, "a" * 80),
        ("../../etc", "etc"),
    ],
)
def test_slugify(text: str, slug: str) -> None:
    assert slugify(text) == slug


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\ud800b", "ab"),
        ("\u202eevil", "evil"),
        ("line\r\nbreak\rtwo", "line\nbreak\ntwo"),
        ("  trimmed  ", "trimmed"),
        ("e" + "\u0301" * 100, "é" + "\u0301" * 3),
    ],
)
def test_clean(text: str, kept: str) -> None:
    assert clean(text) == kept


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_cleaned_text_can_always_be_stored(text: str) -> None:
    kept = clean(text)
    kept.encode("utf-8")
    assert "\x00" not in kept
    assert clean(kept) == kept


def test_clean_line_has_no_line_breaks() -> None:
    assert clean_line("a\r\nBcc: x@y\n z") == "a Bcc: x@y z"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Nguyễn Văn Đức", "NĐ"), ("Sequoia", "S"), ("", ""), ("Quản trị viên (mẫu)", "QV"), ("(x)", "(")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


VIETNAMESE = st.text(
    "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂĐÊÔƠƯÁÀẢÃẠẤẦẨẪẬẮẰẲẴẶÉÈẺẼẸẾỀỂỄỆÍÌỈĨỊÓÒỎÕỌỐỒỔỖỘỚỜỞỠỢÚÙỦŨỤỨỪỬỮỰÝỲỶỸỴ "
)


@given(VIETNAMESE)
def test_folded_vietnamese_is_plain_letters_and_single_spaces(text: str) -> None:
    folded = fold(text)
    assert re.fullmatch("([a-z]+( [a-z]+)*)?", folded)
    assert len(folded.split()) == len(text.split())


@given(VIETNAMESE)
def test_case_does_not_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower()) == fold(text)


@given(st.text())
def test_what_is_stored_folds_like_what_was_typed(text: str) -> None:
    """A search for what somebody typed finds what was kept of it, hidden characters apart."""
    visible = "".join(
        c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp", "Mn", "Me", "Mc")
    )
    assert fold(clean_line(visible)) == fold(visible)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đặng Thị Thuý", "ĐẶNG THỊ THÚY"),
        ("Phở 24", "pho 24"),
        ("Ð", "đ"),
        ("TP.HCM", "tp.hcm"),
        ("ﬁntech", "fintech"),
        ("Ⅳ", "iv"),
        ("Łódź", "lodz"),
        ("Ærø", "Æro"),
        ("İstanbul", "istanbul"),
        ("Nguyễn\u00a0Đức", "nguyen duc"),
        ("Nguyễn\u200bĐức", "nguyen duc"),
        ("Nguyễn\nĐức", "nguyen duc"),
        ("ﾊﾝｶｸ", "ハンカク"),
    ],
)
def test_spellings_that_mean_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("a b", "ab"), ("a-b", "a b"), ("đá", "ta"), ("1", "l"), ("ha", "hà nội")])
def test_spellings_that_do_not(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_a_slug_is_always_fit_for_an_address(text: str) -> None:
    slug = slugify(text)
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= 80
    assert slugify(slug) == slug


def test_a_slug_that_would_end_in_a_hyphen_is_cut_before_it() -> None:
    assert slugify("a" * 79 + " b") == "a" * 79
    assert slugify("", fallback="to-chuc") == "to-chuc"


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_a_clean_line_is_one_line_and_stays_as_it_is(text: str) -> None:
    line = clean_line(text)
    assert clean_line(line) == line == line.strip()
    assert not re.search(r"[\n\r\t\x00]|  ", line)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Xin\nchào\n\nbạn", "Xin\nchào\n\nbạn"),
        ("a\u2066b\u2069c", "abc"),
        ("\ufeffđầu", "đầu"),
        ("a\u2028b\u2029c", "abc"),
        ("a\x7f\x1b[31mb", "a[31mb"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        (unicodedata.normalize("NFD", "Đổi mới"), "Đổi mới"),
        ("\udc80\udfff", ""),
        ("\t indent", "indent"),
    ],
)
def test_what_is_kept_of_a_text(text: str, kept: str) -> None:
    assert clean(text) == kept
    assert unicodedata.is_normalized("NFC", clean(text))


@given(st.text(max_size=40))
def test_initials_are_at_most_a_few_letters(name: str) -> None:
    found = initials(name)
    assert len(found) <= 6
    assert bool(found) == bool(name.split())


@pytest.mark.parametrize(
    ("name", "letters"),
    [("  Lê   Thị  Hoa ", "LH"), ("quỹ (mẫu) [x] đầu tư", "QT"), ("123 Go", "1G"), ("(mẫu)", "("), ("đ", "Đ")],
)
def test_initials_of_first_and_last_word(name: str, letters: str) -> None:
    assert initials(name) == letters
