"""Folding, terms and the arrays made of profiles."""

import unicodedata
from datetime import date

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse

from matching import Company, Dataset, Investor, Link
from matching.encode import BANDS, Encoder, band_weights, day, row_product, tidy
from matching.text import fold, terms, words

MATRICES = st.integers(0, 4).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(st.sampled_from([0.0, 0.0, 1.0, 0.5]), min_size=3, max_size=3), min_size=n, max_size=n),
        st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=2, max_size=2), min_size=n, max_size=n),
    )
)


@pytest.mark.parametrize("spelling", ["Khởi nghiệp  Đà Nẵng", "khoi nghiep da nang", "KHỞI NGHIỆP ĐÀ NẴNG"])
def test_spellings_of_one_phrase_fold_to_one_string(spelling: str) -> None:
    assert fold(spelling) == "khoi nghiep da nang"
    assert fold(unicodedata.normalize("NFD", spelling)) == "khoi nghiep da nang"


@example("ℂ")  # a capital that has no small letter before it is taken apart
@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert words(once) == words(text)


def test_names_give_word_parts_and_descriptions_give_pairs() -> None:
    assert list(terms("Biogen")) == ["biogen", "^bio", "gen$", "^biog", "ogen$", "^bioge", "iogen$"]
    assert list(terms("", "xin chào")) == ["xin", "chao", "xin_chao"]


def test_days_count_from_1970_and_unknown_is_infinitely_old() -> None:
    assert day(date(1970, 1, 2)) == 1.0
    assert day(None) == -np.inf


@pytest.mark.parametrize(("value", "expected"), [("Unknown", ""), (" N/A ", ""), ("Hà Nội", "ha noi")])
def test_what_says_unknown_is_empty(value: str, expected: str) -> None:
    assert tidy(value) == expected


@given(MATRICES)
def test_row_product_is_the_outer_product_of_each_row(pair: tuple[list[list[float]], list[list[float]]]) -> None:
    left, right = np.array(pair[0]).reshape(-1, 3), np.array(pair[1]).reshape(-1, 2)
    expected = np.einsum("ni,nj->nij", left, right).reshape(len(left), 6)
    np.testing.assert_array_equal(row_product(sparse.csr_array(left), sparse.csr_array(right)).toarray(), expected)


def test_amounts_spread_over_neighbouring_bands_and_missing_ones_nowhere() -> None:
    weights = band_weights([10 ** BANDS[3], None, -5.0, 1e15]).toarray()
    assert weights[0].argmax() == 3
    assert weights[3].argmax() == len(BANDS) - 1
    np.testing.assert_allclose(weights.sum(axis=1), [1, 0, 0, 1])


def test_profiles_share_weight_among_values_and_drop_unknown_ones() -> None:
    data = Dataset.of([Company("a", sectors=("ai", "bio"), state="HN", city="x")], [Investor("i", sectors=("fin",))])
    encoder = Encoder.learn(data)
    encoded = encoder.profiles([Company("b", sectors=("AI", "Fin", "new")), Company("c")])
    assert sorted(encoded["sector"].toarray()[0].tolist()) == [0.0, 0.5, 0.5]
    assert encoded["sector"].toarray()[1].tolist() == [0.0, 0.0, 0.0]


def test_same_city_name_in_another_state_is_another_city() -> None:
    encoder = Encoder.learn(
        Dataset.of([Company("a", state="OR", city="Portland"), Company("b", state="ME", city="Portland")], [])
    )
    assert len(encoder.vocabularies["city"]) == 2


def test_links_know_whether_they_were_the_first_money() -> None:
    companies = [Company("a", category="x", state="y")]
    links = [
        Link("a", "i", "seed", date(2020, 1, 1)),
        Link("a", "j", "seed", date(2021, 1, 1)),
        Link("a", "k", "later"),
    ]
    data = Dataset.of(companies, [], links[:2])
    encoder = Encoder.learn(data)
    encoded = encoder.links(data.links, encoder.profiles(data.companies), np.array([0, 0]))
    assert encoded["entry"].toarray().tolist() == [[1, 0], [0, 1]]
    assert encoded["round"].toarray().tolist() == [[1], [1]]
    assert encoder.rounds(["later"]).nnz == 0
