"""Each term of each vocabulary: said in both languages, found by every way of writing it; the source's words mapped."""

import csv
import gzip
import itertools
import re
import unicodedata
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.i18n import ROOT, in_language
from app.directory import editing, views
from app.directory import vocabulary as terms
from app.directory.amounts import amount_from, amount_text
from app.directory.fields import SECTIONS
from app.directory.search_text import MOST_LETTERS, name_folded, search_text
from app.directory.vocabulary.stages import BANDS

EVERY_TERM = [(vocabulary, term) for vocabulary in terms.ALL for term in vocabulary]


@pytest.mark.parametrize("vocabulary", terms.ALL, ids=lambda vocabulary: vocabulary.name)
def test_labels_tell_the_terms_apart(vocabulary: terms.Vocabulary) -> None:
    for locale in ("vi", "en"):
        labels = Counter(terms.words(term.label(locale)) for term in vocabulary)
        assert [label for label, times in labels.items() if times > 1 or not label] == []


@pytest.mark.parametrize("vocabulary", terms.ALL, ids=lambda vocabulary: vocabulary.name)
def test_codes_are_fit_for_addresses_and_columns(vocabulary: terms.Vocabulary) -> None:
    assert all(re.fullmatch(r"[a-z0-9_]{1,40}", code) for code in vocabulary.codes)


@pytest.mark.parametrize("vocabulary", terms.ALL, ids=lambda vocabulary: vocabulary.name)
def test_terms_are_found_by_code_and_by_label_in_both_languages_and_any_spelling(vocabulary: terms.Vocabulary) -> None:
    for term in vocabulary:
        for text in (term.code, term.vi, term.en):
            for spelling in (text, text.upper(), unicodedata.normalize("NFD", text), f" {text}  ", terms.words(text)):
                assert vocabulary.resolve(spelling) == term.code, spelling


@pytest.mark.parametrize("vocabulary", terms.ALL, ids=lambda vocabulary: vocabulary.name)
def test_a_synonym_means_one_term_only(vocabulary: terms.Vocabulary) -> None:
    claimed: dict[str, str] = {}
    for term in vocabulary:
        for text in term.synonyms:
            word = terms.words(text)
            assert word
            assert claimed.setdefault(word, term.code) == term.code, text
            assert vocabulary.resolve(text) == term.code, text


@pytest.mark.parametrize("vocabulary", terms.ALL, ids=lambda vocabulary: vocabulary.name)
def test_options_labels_and_known_codes_keep_the_order(vocabulary: terms.Vocabulary) -> None:
    codes = list(vocabulary.codes)

    assert [code for code, _label in vocabulary.options("vi")] == codes
    assert vocabulary.labels(codes, "en") == [term.en for term in vocabulary]
    assert vocabulary.known([*reversed(codes), "no such code"]) == codes
    assert vocabulary.known([]) == []
    assert [vocabulary[code].code for code in codes] == codes


def test_vietnamese_labels_are_vietnamese() -> None:
    """Most have a letter that English does not; names such as Blockchain are the same in both."""
    marked = [term for _v, term in EVERY_TERM if re.search(r"[^\x00-\x7f–]", term.vi)]
    same = {term.vi for _v, term in EVERY_TERM if term.vi == term.en}

    assert len(marked) > 0.8 * len(EVERY_TERM)
    assert all(re.fullmatch(r"[\x20-\x7f–]+", label) for label in same)


# --- the source's words -----------------------------------------------------------------------------------------------


def shipped(name: str, column: str) -> set[str]:
    path = ROOT / "app" / "demo" / "data" / "crunchbase_2013" / name
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return {row[column] for row in csv.DictReader(file)} - {""}


@pytest.mark.parametrize("category", sorted(terms.CRUNCHBASE_CATEGORIES))
def test_a_category_gives_sectors_that_exist_with_labels_in_both_languages(category: str) -> None:
    codes = terms.sectors_of_category(category)

    assert len(codes) == (0 if category in ("nonprofit", "other") else 1)
    for code in codes:
        assert terms.SECTORS.label(code, "vi") != code
        assert terms.SECTORS.label(code, "en") != code
        words = terms.SECTORS.search_words(codes).split()
        assert words == [word for word in words if word.isascii()]


def test_every_round_type_and_investor_type_of_the_files_is_mapped() -> None:
    assert shipped("investments.csv.gz", "round_type") <= set(terms.CRUNCHBASE_ROUNDS)
    assert {terms.STAGE_AFTER_ROUND.get(code, "x") for code in terms.CRUNCHBASE_ROUNDS.values()} - {"x"} <= set(
        terms.STAGES.codes
    )


def test_bands_of_tickets_follow_each_other_without_gaps() -> None:
    for lower, upper in itertools.pairwise(BANDS):
        assert lower.vnd_to == upper.vnd_from
    assert (BANDS[0].vnd_from, BANDS[-1].vnd_to) == (0, None)
    for band in BANDS:
        assert terms.ticket_band(band.vnd_from) == band.code
        assert (band.label("vi"), band.label("en")) == (band.vi, band.en)
        if band.vnd_to:
            assert terms.ticket_band(band.vnd_to - 1) == band.code


# --- amounts ----------------------------------------------------------------------------------------------------------

AMOUNTS: list[tuple[str, str]] = [
    ("1", "1"), ("0", "0"), ("1 tỷ", "1000000000"), ("1 tỉ", "1000000000"), ("1ty", "1000000000"),
    ("1,5 tỷ", "1500000000"), ("1.5 tỷ", "1500000000"), ("0,25 tỷ", "250000000"), ("12 triệu", "12000000"),
    ("12tr", "12000000"), ("12 tr.", "12000000"), ("700 nghìn", "700000"), ("700 ngàn", "700000"), ("3k", "3000"),
    ("2.5 million", "2500000"), ("2 mn", "2000000"), ("1.2bn", "1200000000"), ("4 billion", "4000000000"),
    ("1.234.567", "1234567"), ("1,234,567", "1234567"), ("1 234 567", "1234567"), ("1.234,5", "1234.5"),
    ("1,234.5", "1234.5"), ("0,5", "0.5"), ("0.5", "0.5"), ("12,34", "12.34"), ("100000 đồng", "100000"),
    ("100.000 VND", "100000"), ("5000 USD", "5000"), ("usd 5000", "5000"), ("５００", "500"), ("1\u00a0000", "1000"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "amount"), AMOUNTS)
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_an_amount_is_understood_in_either_language(typed: str, amount: str, locale: str) -> None:
    with in_language(locale):
        assert amount_from(typed) == Decimal(amount)


@pytest.mark.parametrize(
    "typed",
    [
        "-1", "+1", "1e9", "0x10", "1/2", "50%", "1..2", ",5", ".5", "tỷ", "1 tỷ 5", "1 tỷ 500 triệu", "one", "NaN",
        "Infinity", "١٢٣", "1;2", "=1", "1 euro", "12,34,5x", "$", "1" * 60,
    ],
)  # fmt: skip
def test_what_is_not_clearly_an_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        amount_from(typed)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=st.text(alphabet="0123456789.,  tỷriệukmbn-+e%đ", max_size=24))
def test_amounts_are_understood_or_refused_and_never_negative(text: str) -> None:
    try:
        amount = amount_from(text)
    except ValueError:
        return
    assert amount is None or (amount >= 0 and amount == amount.quantize(Decimal("0.01")))


@pytest.mark.parametrize(
    ("amount", "vi", "en"),
    [
        ("8000000000", "8.000.000.000", "8,000,000,000"),
        ("1234.5", "1.234,50", "1,234.50"),
        ("0.01", "0,01", "0.01"),
        ("999", "999", "999"),
    ],
)
def test_amounts_in_forms(amount: str, vi: str, en: str) -> None:
    assert amount_text(Decimal(amount)) == vi
    with in_language("en"):
        assert amount_text(Decimal(amount)) == en


# --- days -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("precision", "vi", "en"), [("year", "2012", "2012"), ("month", "03/2012", "03/2012"), ("day", "9", "Mar 9, 2012")]
)
def test_a_day_is_shown_as_precisely_as_it_is_known(precision: str, vi: str, en: str) -> None:
    row = {"founded_on": date(2012, 3, 9), "founded_precision": precision}

    assert views.founded(row).startswith(vi)
    with in_language("en"):
        assert views.founded(row) == en
    assert views.founded({"founded_on": None, "founded_precision": None}) == ""


@pytest.mark.parametrize(
    ("number", "vi", "en"),
    [(0, "0", "0"), (999, "999", "999"), (17726, "17.726", "17,726"), (10**7, "10.000.000", "10,000,000")],
)
def test_numbers_in_lists(number: int, vi: str, en: str) -> None:
    assert views.number(number) == vi
    with in_language("en"):
        assert views.number(number) == en


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://www.example.com/", "example.com"),
        ("http://example.com/a/b", "example.com/a/b"),
        ("https://wwwx.example.com", "wwwx.example.com"),
        ("", ""),
    ],
)
def test_addresses_to_be_read(url: str, shown: str) -> None:
    assert views.site(url) == shown


def test_the_english_name_is_for_readers_of_english() -> None:
    row = {"name": "Sen", "name_en": "Lotus"}

    assert views.other_name(row) == ""
    with in_language("en"):
        assert views.other_name(row) == "Lotus"
        assert views.other_name({"name": "Sen", "name_en": "Sen"}) == ""


# --- what the search reads --------------------------------------------------------------------------------------------


def test_a_profile_is_found_by_everything_that_describes_it() -> None:
    row: dict[str, Any] = {
        "name": "Trà Sen", "name_en": "Lotus Tea", "country": "VN", "province_code": "01", "ward_code": "00004",
        "sectors": ["food"], "technologies": ["t_bio"], "summary_vi": "Ướp hương", "summary_en": "Scented",
        "description_vi": "Làng nghề", "description_en": "Village", "contact_email": "secret@example.com",
    }  # fmt: skip
    text = search_text(row)

    for words in (
        "tra sen", "zqtrasen", "lotus tea", "ha noi", "ba dinh", "thuc pham", "foodtech", "y sinh", "biomedicine",
        "uop huong", "scented", "lang nghe", "village",
    ):  # fmt: skip
        assert words in text
    assert "secret" not in text
    assert text.splitlines()[:6] == ["", "tra sen", "zqtrasen", "lotus tea", "zqlotustea", ""]
    assert " ".join(text.split()) == terms.words(text)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(name=st.text(max_size=200), description=st.text(max_size=400))
def test_the_text_of_the_search_is_bounded_and_plain(name: str, description: str) -> None:
    text = search_text({"name": name, "description_vi": description * 60})

    assert len(text) <= MOST_LETTERS
    assert not re.search(r"[A-ZÀ-Ý]", text) or not terms.words(name)
    assert len(name_folded(name)) <= max(200, 4 * len(name) * 18)


def test_sections_of_the_edit_page_follow_the_kinds() -> None:
    everybody = ["identity", "texts", "market", "place", "contact", "team"]

    def sections(*kinds: str) -> list[str]:
        return [section.name for section in editing.typed_sections(list(kinds))]

    assert sections("company") == [*everybody, "research"]
    assert sections("startup") == [*everybody, "story", "business", "raising"]
    assert sections("project") == [*everybody, "story", "business", "raising", "project"]
    assert sections("investor") == [*everybody, "investing"]
    assert sections("institute") == [*everybody, "support", "research"]
    assert sections(*terms.KINDS.codes) == list(SECTIONS)
