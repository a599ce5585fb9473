"""The one fold, and text as it is stored."""

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
