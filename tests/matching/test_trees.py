"""The trees beside the linear choice model: what they find, and that reasons stay exact parts of the score."""

import numpy as np
import pytest

from matching.fitting import _bend
from matching.scorer import GROUPS, PairScorer
from matching.training import Rows
from matching.trees import DEPTH, Trees, grown, likelihood

NAMES = ("activity:deals", "place:b", "sector:c", "sector:same_category", "company:d")
Four = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def choices(seed: int, n: int = 500, m: int = 20, crossed: float = 2.0) -> Four:
    """Companies that each choose one of m investors; with `crossed` a sector counts only for the active ones."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, m, len(NAMES))).astype(np.float32)
    features[:, :, 4] = rng.normal(size=(n, 1))
    truth = 0.5 * features[:, :, 1] + crossed * (features[:, :, 0] > 0.3) * (features[:, :, 2] > 0)
    best = (truth + rng.gumbel(size=(n, m))).argmax(axis=1)
    chosen = np.zeros((n, m), dtype=bool)
    chosen[np.arange(n), best] = True
    return features.reshape(-1, len(NAMES)), chosen.ravel(), np.ones(n * m), np.repeat(np.arange(n), m)


@pytest.fixture(scope="module")
def bent() -> PairScorer:
    rows = choices(0)
    scorer = PairScorer(1.0).fit(*rows, NAMES)
    scorer.bend(*rows)
    return scorer


def test_what_no_line_says_is_found_and_holds_on_other_companies(bent: PairScorer) -> None:
    later = choices(1)
    straight = PairScorer(1.0).fit(*choices(0), NAMES)
    assert bent.likelihood(later) > straight.likelihood(later) + 0.05


def test_where_lines_say_it_all_the_trees_are_let_go() -> None:
    rows, newer = (Rows(*choices(seed, n=120, crossed=0.0)) for seed in (2, 3))
    scorer = PairScorer(1.0).fit(*rows.columns, NAMES)
    straight = scorer.likelihood(newer.columns)
    assert not _bend(scorer, rows, newer)
    assert len(scorer.trees_) == 0
    assert scorer.likelihood(newer.columns) == straight


def test_trees_that_help_later_are_kept() -> None:
    rows, newer = (Rows(*choices(seed)) for seed in (4, 5))
    scorer = PairScorer(1.0).fit(*rows.columns, NAMES)
    assert _bend(scorer, rows, newer)
    assert len(scorer.trees_) > 0


def test_parts_sum_to_the_logit_and_are_what_erasing_takes(bent: PairScorer) -> None:
    features = choices(6, n=20)[0]
    base, parts = bent.parts(features)
    np.testing.assert_allclose(base + parts.sum(axis=1), bent.logit(features), atol=1e-6)
    for place, group in enumerate(GROUPS):
        erased = features.copy()
        erased[:, bent.groups_ == group] = np.nan
        if group == "activity":  # stands in every tree: its part is what it adds where all else is unknown
            erased[:, bent.groups_ != "company"] = np.nan
            alone = erased.copy()
            alone[:, 0] = features[:, 0]
            np.testing.assert_allclose(parts[:, place], bent.logit(alone) - bent.logit(erased), atol=1e-6)
        else:
            np.testing.assert_allclose(bent.logit(features) - parts[:, place], bent.logit(erased), atol=1e-6)


def test_no_tree_looks_at_what_is_stated_nor_at_two_groups(bent: PairScorer) -> None:
    trees = bent.trees_
    for group, columns, edges in zip(trees.group.tolist(), trees.column, trees.edge, strict=True):
        names = {NAMES[at].partition(":")[0] for at in columns[np.isfinite(edges)].tolist()}
        assert names <= {GROUPS[group], "activity", "company"}
        assert 3 not in columns[np.isfinite(edges)]


def test_few_rows_and_many_get_the_same_score(bent: PairScorer) -> None:
    features = choices(7, n=200)[0]
    whole = bent.logit(features)
    np.testing.assert_allclose(np.concatenate([bent.logit(part) for part in np.split(features, 8)]), whole, atol=1e-6)


def test_calibration_stretches_the_trees_as_well(bent: PairScorer) -> None:
    rows = choices(8)
    scorer = PairScorer(1.0).fit(*choices(0), NAMES)
    scorer.bend(*choices(0))
    before = scorer.logit(rows[0])
    [slope, *_facts, base] = scorer.calibrate(*rows[:3]).tolist()
    standard = scorer._standard(rows[0].copy())
    facts = standard[:, scorer.groups_ == "company"] @ scorer.coef_[scorer.groups_ == "company"]
    np.testing.assert_allclose(scorer.logit(rows[0]), slope * before + facts + base, atol=1e-4)


def test_the_same_rows_grow_the_same_trees() -> None:
    found = []
    for _ in range(2):
        scorer = PairScorer(1.0).fit(*choices(9, n=60), NAMES)
        scorer.bend(*choices(9, n=60))
        found.append(scorer.trees_)
    for name in ("group", "column", "edge", "value"):
        np.testing.assert_array_equal(getattr(found[0], name), getattr(found[1], name))


def test_a_pair_goes_down_the_tree_as_its_nodes_say() -> None:
    column = np.array([[0, 1, 0, 0, 0, 1, 1]])
    edge = np.array([[0.0, 5.0, 1.0, np.inf, np.inf, np.inf, 2.0]], dtype=np.float32)
    tree = Trees(np.zeros(1, int), column, edge, np.arange(2.0**DEPTH)[None])
    rows = np.array([[-1, 0], [-1, 6], [0.5, 9], [2, 1], [2, 3]], dtype=np.float32)
    assert tree.score(rows).tolist() == [0.0, 2.0, 4.0, 6.0, 7.0]


def test_nothing_to_learn_from_grows_nothing() -> None:
    none = np.zeros((0, 2), dtype=np.float32), np.zeros(0, bool), np.zeros(0), np.zeros(0, int)
    assert len(grown(*none, np.zeros(0), [np.array([0])])) == 0
    features, chosen, weight, company = choices(10, n=5)
    assert len(grown(features, chosen, weight, company, np.zeros(len(chosen)), [np.zeros(0, int)])) == 0
    assert Trees.none().score(features).tolist() == [0.0] * len(features)


def test_the_likelihood_of_chance_is_that_of_a_fair_draw() -> None:
    _, chosen, weight, company = choices(11, n=30)
    assert likelihood(np.zeros(len(chosen)), chosen, weight, company) == pytest.approx(-np.log(20))
