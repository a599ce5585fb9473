"""The choice model and its calibration on made-up pairs whose truth is known."""

import numpy as np
import pytest

from matching.card import calibration
from matching.scorer import CONTEXT, GROUPS, HAND_SET, PairScorer

NAMES = ("activity:a", "place:b", "sector:c", "company:d")
TRUTH = np.array([0.8, -0.5, 1.2, 0.0])


def choices(seed: int = 0, n: int = 400, m: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Companies that each choose one of m investors, and their pairs: features, chosen, company."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, m, len(NAMES))).astype(np.float32)
    features[:, :, 3] = rng.normal(size=(n, 1))
    best = (features @ TRUTH + rng.gumbel(size=(n, m))).argmax(axis=1)
    chosen = np.zeros((n, m), dtype=bool)
    chosen[np.arange(n), best] = True
    return features.reshape(-1, len(NAMES)), chosen.ravel(), np.repeat(np.arange(n), m)


@pytest.fixture(scope="module")
def learned() -> PairScorer:
    features, chosen, company = choices()
    return PairScorer(strength=0.1).fit(features, chosen, np.ones(len(chosen)), company, NAMES)


def test_the_weights_that_made_the_choices_are_found(learned: PairScorer) -> None:
    assert learned.coef_ / learned.scale_ == pytest.approx(TRUTH, abs=0.15)


def test_what_is_the_same_for_all_investors_decides_nobody(learned: PairScorer) -> None:
    assert learned.coef_[3] == 0.0


def test_a_pair_that_stands_for_three_counts_as_three() -> None:
    features, chosen, company = choices(1, n=60)
    heavy = np.where(chosen, 1.0, 3.0)
    weighed = PairScorer(0.1).fit(features, chosen, heavy, company, NAMES)
    copies = np.repeat(np.arange(len(chosen)), heavy.astype(int))
    copied = PairScorer(0.1).fit(features[copies], chosen[copies], np.ones(len(copies)), company[copies], NAMES)
    assert weighed.coef_ == pytest.approx(copied.coef_, abs=2e-3)


def test_a_strong_penalty_leaves_the_documented_weights() -> None:
    names = ("activity:deals", "place:state_lift", "sector:same_category", "company:d")
    features, chosen, company = choices(2, n=50)
    held = PairScorer(strength=1e9).fit(features, chosen, np.ones(len(chosen)), company, names)
    wanted = [HAND_SET[name] for name in names[:3]]
    assert (held.coef_ / held.scale_)[:3].tolist() == pytest.approx(wanted, abs=1e-3)


def test_missing_values_count_as_the_mean(learned: PairScorer) -> None:
    nothing = np.full((1, 4), np.nan, dtype=np.float32)
    assert learned.logit(nothing)[0] == pytest.approx(learned.intercept_)
    assert learned.logit(learned.mean_[None])[0] == pytest.approx(learned.intercept_, abs=1e-6)


def test_a_feature_that_never_varies_weighs_nothing() -> None:
    features, chosen, company = choices(3, n=40)
    features[:, 1] = 5.0
    found = PairScorer(1.0).fit(features, chosen, np.ones(len(chosen)), company, NAMES)
    moved = features.copy()
    moved[:, 1] = -100.0
    np.testing.assert_array_equal(found.logit(features), found.logit(moved))


def test_extreme_values_end_at_the_reach(learned: PairScorer) -> None:
    far, farther = (np.array([[value, 0, 0, 0]], dtype=np.float32) for value in (1e4, 1e9))
    assert learned.logit(far)[0] == learned.logit(farther)[0]


def test_parts_sum_to_the_logit_and_are_what_erasing_takes(learned: PairScorer) -> None:
    features, _, _ = choices(4, n=20)
    base, parts = learned.parts(features)
    np.testing.assert_allclose(base + parts.sum(axis=1), learned.logit(features), atol=1e-6)
    for column, group in enumerate(GROUPS):
        erased = features.copy()
        erased[:, learned.groups_ == group] = np.nan
        np.testing.assert_allclose(learned.logit(features) - parts[:, column], learned.logit(erased), atol=1e-6)


def test_calibration_says_what_happens_and_keeps_the_order(learned: PairScorer) -> None:
    features, chosen, company = choices(5)
    scorer = PairScorer(0.1).fit(features, chosen, np.ones(len(chosen)), company, NAMES)
    before = scorer.logit(features)
    setting = scorer.calibrate(features, chosen, np.ones(len(chosen)))
    said = 1 / (1 + np.exp(-scorer.logit(features)))
    assert said.mean() == pytest.approx(chosen.mean(), rel=0.02)
    assert calibration(said, chosen, np.ones(len(said)))["calibration_error"] < 0.01
    assert setting[0] > 0
    whole = before[:30].argsort()
    assert scorer.logit(features)[:30].argsort().tolist() == whole.tolist()


def test_scores_that_mislead_are_left_out_by_calibration(learned: PairScorer) -> None:
    features, chosen, company = choices(6)
    scorer = PairScorer(0.1).fit(features, chosen, np.ones(len(chosen)), company, NAMES)
    scorer.coef_ = -scorer.coef_
    setting = scorer.calibrate(features, chosen, np.ones(len(chosen)))
    assert setting[0] == 0.0
    assert not scorer.coef_[scorer.groups_ != CONTEXT].any()


def test_one_fit_takes_over_the_calibration_of_another() -> None:
    features, chosen, company = choices(7, n=80)
    ones = np.ones(len(chosen))
    first, second = (PairScorer(0.1).fit(features, chosen, ones, company, NAMES) for _ in range(2))
    second.calibrate_as(first.calibrate(features, chosen, ones))
    np.testing.assert_allclose(first.logit(features), second.logit(features))


def test_hand_set_weights_are_monotone_and_start_from_the_base() -> None:
    names = [*HAND_SET, "company:age", "place:unknown"]
    scorer = PairScorer.hand_set(names, -4.0)
    assert min(HAND_SET.values()) > 0
    assert scorer.logit(np.full((1, len(names)), np.nan))[0] == -4.0
    for column, name in enumerate(names):
        more = np.zeros((1, len(names)))
        more[0, column] = 1.0
        assert scorer.logit(more)[0] == pytest.approx(-4.0 + HAND_SET.get(name, 0.0))


def test_the_same_rows_give_the_same_weights() -> None:
    features, chosen, company = choices(8, n=40)
    one, other = (PairScorer().fit(features, chosen, np.ones(len(chosen)), company, NAMES) for _ in range(2))
    np.testing.assert_array_equal(one.coef_, other.coef_)
