"""What large markets do otherwise: factors in pieces, numbers of four bytes, smaller groups; and what it may cost."""

import numpy as np
import pytest

from bench.figures import Figure, show
from bench.market import _product
from bench.markets import best_first, ecosystem, published, tables
from matching.market import (
    Factors,
    MarketOptions,
    Pairs,
    congestion,
    crowd,
    expected,
    rerank,
    run_market,
    run_market_factors,
    run_market_sparse,
)
from tests.matching.market.judging import judged

SHAPE = (1500, 200)


@pytest.fixture(scope="module")
def factors() -> Factors:
    """Far more startups than investors."""
    return Factors.of(ecosystem(*SHAPE))


def test_many_share_few_and_everybody_is_seen(factors: Factors) -> None:
    result = run_market_factors(factors)
    product = _product(factors)
    p, q = tables(ecosystem(*SHAPE))
    assert product == pytest.approx(judged(best_first(p * q, 10), p, q), rel=1e-3)
    assert result.expected_matches > 1.6 * product
    assert result.coverage == 1
    assert result.gini < 0.15


def test_what_is_told_of_factors_is_true_of_the_tables(factors: Factors) -> None:
    result = run_market_factors(factors)
    p, q = tables(ecosystem(*SHAPE))
    assert judged(result.lists, p, q) == pytest.approx(result.expected_matches, rel=1e-5)


def test_tables_are_never_formed_whole(factors: Factors, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    whole = Factors.centred

    def watched(self: Factors, rows: slice | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p, q = whole(self, rows)
        asked.append(len(p))
        return p, q

    monkeypatch.setattr(Factors, "centred", watched)
    run_market_factors(factors, options=MarketOptions(bound=True))
    assert max(asked) <= factors.most < 100
    assert sum(asked) >= 2 * SHAPE[0]


def test_four_bytes_are_enough_to_climb(factors: Factors, monkeypatch: pytest.MonkeyPatch) -> None:
    eight = run_market_factors(factors).expected_matches
    monkeypatch.setattr(congestion, "LARGE", 1)
    four = run_market_factors(factors).expected_matches
    assert four == pytest.approx(eight, rel=2e-3)


def test_fewer_steps_and_smaller_groups_lose_nothing_to_speak_of(
    factors: Factors, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = run_market_factors(factors).expected_matches
    monkeypatch.setattr(rerank, "LARGE", 1)
    monkeypatch.setattr(rerank, "HUGE", 1)
    assert run_market_factors(factors).expected_matches == pytest.approx(usual, rel=5e-3)


@pytest.mark.parametrize("scale", [0.3, 0.05])
def test_rare_answers_have_a_market_too(scale: float) -> None:
    p, q = (scale * table for table in tables(ecosystem(600, 150)))
    result = run_market(p, q)
    assert result.expected_matches > 1.15 * judged(best_first(p * q, 10), p, q)
    assert result.coverage > 0.8


def test_a_shortlist_by_the_product_alone_is_worth_less() -> None:
    """The negative control of prices: candidates chosen by p q, the same climb."""
    p, q = tables(ecosystem(500, 400))
    by_product = best_first(p * q, 30)
    csr = (np.arange(501) * 30, by_product.ravel())
    values = (np.take_along_axis(table, by_product, axis=1).ravel() for table in (p, q))
    without = run_market_sparse(Pairs.of(csr, *values, crowd(500, 400)))
    assert run_market(p, q).expected_matches > 1.1 * without.expected_matches


def test_a_famous_person_is_shown_to_fewer_than_ask_for_them() -> None:
    p, q = tables(ecosystem(400, 300))
    p[:, 17], q[:, 17] = 0.99, 0.9
    wished = int((best_first(p, 10) == 17).sum())
    result = run_market(p, q)
    shown = int((result.lists == 17).sum())
    assert wished > 350
    assert 0 < shown < 40
    assert result.prices.price[17] == result.prices.price.max()
    plain = best_first(p, 10)
    p10, q10 = (np.take_along_axis(table, plain, axis=1) for table in (p, q))
    flooded = expected(plain, p10, q10, crowd(400, 300), "inv")
    assert result.right_matches[17] < flooded.right[17]
    assert result.right_matches[17] > 1.2 * np.median(result.right_matches)


def test_markets_are_drawn_as_published() -> None:
    p, q = published(100)
    assert p.shape == q.shape == (150, 100)
    drawn = np.random.RandomState(621)
    assert p[0, 0] == 0.5 * drawn.random_sample() + 0.5
    assert (p.min() >= 0, p.max() <= 1, q.min() >= 0, q.max() <= 1) == (True,) * 4
    one = ecosystem(30, 20)
    again = ecosystem(30, 20)
    assert [np.array_equal(one[name], again[name]) for name in one] == [True] * 8
    assert one["b"].mean() == pytest.approx(0)
    assert one["b"].std() == pytest.approx(1.2)


def test_figures_say_whether_they_hold(capsys: pytest.CaptureFixture[str]) -> None:
    kept = Figure(name="matches", reached=154.6, wanted=154.5, baseline_name="product", baseline=130.2, seconds=0.2)
    missed = Figure(name="share lost", reached=0.03, wanted=0.025, at_most=True)
    told = Figure(name="told", reached=12_345.6)
    assert [one.holds for one in (kept, missed, told)] == [True, False, True]
    show("figures", [kept, missed, told])
    out = capsys.readouterr().out
    assert "154.60" in out
    assert "1.19" in out
    assert "MISSED" in out
    assert "12,346" in out
