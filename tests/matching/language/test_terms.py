"""Terms of texts: words, pairs of words and concepts, whatever language and spelling."""

import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.text import concept_terms, terms, words
from matching.vocabulary import words_of


def concepts(text: str) -> dict[str, int]:
    return {term: count for term, count in Counter(terms("", text)).items() if term in CONCEPTS}


CONCEPTS = set(concept_terms())


@pytest.mark.parametrize(
    ("vi", "en"),
    [
        ("nuôi tôm", "shrimp"),
        ("trí tuệ nhân tạo", "artificial intelligence"),
        ("xe máy điện", "electric motorbike"),
        ("ví điện tử", "e-wallet"),
        ("chuỗi lạnh", "cold chain"),
        ("bảo hiểm", "insurance"),
        ("người cao tuổi", "elderly"),
        ("tín chỉ carbon", "carbon credits"),
        ("điện mặt trời mái nhà", "rooftop solar"),
        ("truy xuất nguồn gốc", "traceability"),
        ("khách sạn", "hotels"),
        ("gọi vốn cộng đồng", "crowdfunding"),
        ("học máy", "machine learning"),
        ("dệt may", "apparel"),
        ("vi mạch", "integrated circuits"),
        ("vườn ươm", "incubator"),
    ],
)
def test_both_languages_give_the_same_concepts(vi: str, en: str) -> None:
    assert concepts(vi) == concepts(en) != {}


def test_saying_it_in_both_languages_counts_twice_and_means_the_same() -> None:
    once, both = concepts("nuôi tôm"), concepts("nuôi tôm. Shrimp.")
    assert both == {"=agri.shrimp": 6, "=agri.aqua": 1, "=agri": 1}
    assert once.keys() == both.keys()


def test_wider_concepts_that_are_said_as_well_add_up() -> None:
    """Shrimp lies in aquaculture and farming; farming is also said."""
    assert concepts("shrimp farming") == {"=agri.shrimp": 3, "=agri.aqua": 1, "=agri": 4}


@pytest.mark.parametrize("text", ["Nuôi tôm thẻ ở Bạc Liêu", "Ví điện tử cho tiểu thương", "Sản xuất hydro xanh"])
def test_composed_and_decomposed_texts_give_the_same_terms(text: str) -> None:
    assert list(terms("", unicodedata.normalize("NFD", text))) == list(terms("", text))


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_gives_terms_that_are_words_pairs_or_concepts(name: str, description: str) -> None:
    for term in terms(name, description):
        assert term
        assert term in CONCEPTS or not term.startswith("=")
        assert term == term.casefold()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("batteries", ["battery"]),
        ("shrimps", ["shrimp"]),
        ("glass", ["glass"]),
        ("analysis", ["analysis"]),
        ("bus", ["bus"]),
        ("lý", ["li"]),
        ("quỹ", ["qui"]),
        ("kỹ", ["ki"]),
        ("ngày", ["ngay"]),
        ("e-commerce", ["e", "commerce"]),
        ("TP.HCM", ["tp", "hcm"]),
        ("Đà Nẵng", ["da", "nang"]),
        ("snake_case", ["snake", "case"]),
    ],
)
def test_words_are_compared_without_endings_and_marks(text: str, plain: list[str]) -> None:
    assert [word.plain for word in words_of(text)] == plain


@pytest.mark.parametrize(("one", "other"), [("hoà", "hòa"), ("thuỷ", "thủy"), ("lý", "lí"), ("khoẻ", "khỏe")])
def test_two_ways_to_write_one_syllable_are_one(one: str, other: str) -> None:
    assert words_of(one) == words_of(other)


@pytest.mark.parametrize(("one", "other"), [("dược", "được"), ("kho", "khó"), ("bán", "bàn"), ("thê", "the")])
def test_marks_tell_words_apart(one: str, other: str) -> None:
    assert words_of(one) != words_of(other)
    assert words(one) == words(other)
