"""Amounts as people type them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.i18n import in_language
from app.directory.amounts import amount_from, amount_text


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("8 tỷ", 8_000_000_000),
        ("8 TY đồng", 8_000_000_000),
        ("2,5 tỷ", 2_500_000_000),
        ("1.500 tỷ", 1_500_000_000_000),
        ("500 triệu", 500_000_000),
        ("500tr", 500_000_000),
        ("1.5m", 1_500_000),
        ("300k", 300_000),
        ("2.500.000", 2_500_000),
        ("2,500,000", 2_500_000),
        ("2.500", 2_500),
        ("2 500 000", 2_500_000),
        ("600000", 600_000),
        ("600000 VND", 600_000),
    ],
)
def test_amounts_are_understood(typed: str, amount: int) -> None:
    assert amount_from(typed) == amount


def test_cents_with_grouping_in_either_style() -> None:
    assert amount_from("1,234.56") == amount_from("1.234,56") == Decimal("1234.56")


@pytest.mark.parametrize("typed", ["abc", "-5", "5 apples", "1e9", "١٢٣", "1.2.3", "..", "5 tỷ tỷ", "=1+1", "9" * 40])
def test_nonsense_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        amount_from(typed)


def test_nothing_is_nothing() -> None:
    assert amount_from("") is amount_from("  ") is None
    assert amount_text(None) == ""


@given(st.decimals(min_value=0, max_value=10**15, places=2), st.sampled_from(["vi", "en"]))
def test_what_a_form_shows_is_read_back_as_the_same_amount(amount: Decimal, locale: str) -> None:
    with in_language(locale):
        assert amount_from(amount_text(amount)) == amount
