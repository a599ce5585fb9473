"""Learning from what people answered: places are corrected for, little changes little, nothing changes nothing."""

from datetime import date, timedelta

import numpy as np
import pytest

from matching import Dataset, Model, fit
from matching.answers import DRAWN_FROM, FEWEST, LOOKED, MOST, Answer, answer_rows, looked, split, weights
from matching.history import Store
from matching.scorer import PairScorer
from tests.matching.ecosystems import STATES, ecosystem

NAMES = ("activity:fame", "place:fit")
TASTE = 1.5
"""What people really like: the fit. Fame alone is nothing to them."""
FIRST = date(2021, 1, 1)


def answer(company: str = "c1", investor: str = "i1", kind: str = "saved", **more: object) -> Answer:
    return Answer(company, investor, kind, **{"answered_at": FIRST, **more})  # type: ignore[arg-type]


def logged(seed: int, n: int = 1500, m: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Lists ordered by fame; people look at place k with chance 1/k and keep whom they like, one at most.

    Returns features, kept, rank and list of each pair.
    """
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, m, 2)).astype(np.float32)
    rank = 1 + (-features[:, :, 0]).argsort(axis=1).argsort(axis=1)
    looked_at = rng.random((n, m)) < 1 / rank
    liked = TASTE * features[:, :, 1] + rng.gumbel(size=(n, m))
    best = liked.argmax(axis=1)
    kept = np.zeros((n, m), dtype=bool)
    kept[np.arange(n), best] = looked_at[np.arange(n), best]
    there = kept.any(axis=1)
    lane = np.repeat(np.arange(there.sum()), m)
    return features[there].reshape(-1, 2), kept[there].ravel(), rank[there].ravel(), lane


def learned_weights(corrected: bool) -> np.ndarray:
    features, kept, rank, lane = logged(0)
    counts = kept.astype(float)
    if corrected:
        told = [answer(rank=int(place)) for place in rank[kept]]
        counts[kept] = weights(told, 1.0)
    scorer = PairScorer(1.0).fit(features, counts, np.ones(len(kept)), lane, NAMES)
    found: np.ndarray = scorer.coef_ / scorer.scale_
    return found


def test_what_people_like_is_found_under_the_places_they_saw_it_at() -> None:
    fame, taste = learned_weights(corrected=True)
    assert abs(fame) < 0.25
    assert taste == pytest.approx(TASTE, abs=0.25)


def test_without_the_correction_who_stands_first_seems_liked() -> None:
    fame, _taste = learned_weights(corrected=False)
    assert fame > 0.6


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.6])
def test_how_fast_looking_falls_is_read_off_the_places_drawn_by_lot(exponent: float) -> None:
    places = np.arange(DRAWN_FROM, 11)
    chance = places**-exponent / (places**-exponent).sum()
    drawn = np.random.default_rng(1).choice(places, 40_000, p=chance)
    told = [answer(rank=int(place), explored=True) for place in drawn]
    assert looked(told) == pytest.approx(exponent, abs=0.1)
    ordinary = [answer(rank=1) for _ in range(5000)]
    assert looked([*told, *ordinary]) == looked(told)


def test_few_draws_hardly_move_what_is_taken_for_granted() -> None:
    assert looked([]) == pytest.approx(LOOKED, abs=1e-3)
    assert looked([answer(rank=10, explored=True)] * 3) == pytest.approx(LOOKED, abs=0.35)


def test_weights_rise_with_the_place_up_to_a_limit_and_are_one_on_average() -> None:
    found = weights([answer(rank=place) for place in (1, 2, 8, 20, 50)], 1.0)
    assert (found / found[0]).tolist() == pytest.approx([1, 2, 8, MOST, MOST])
    assert found.mean() == pytest.approx(1.0)
    drawn = weights([answer(rank=2), answer(rank=2, explored=True, propensity=0.25)], 1.0)
    assert (drawn / drawn[0]).tolist() == pytest.approx([1, 4])
    assert weights([], 1.0).shape == (0,)


def test_the_later_quarter_is_held_back_by_day() -> None:
    told = [answer(answered_at=FIRST + timedelta(days=k // 2)) for k in range(40)]
    earlier, later = split(told)
    assert (len(earlier), len(later)) == (30, 10)
    assert max(one.answered_at for one in earlier) < min(one.answered_at for one in later)
    assert split([]) == ([], [])


def of_home(world: Dataset, n: int, seed: int, home: bool) -> list[Answer]:
    """Companies that keep investors of their own state, or of any other; and put some others away."""
    rng = np.random.default_rng(seed)
    told = []
    for k in range(n):
        company = world.companies[int(rng.integers(len(world.companies)))]
        fit_ones = [i.id for i in world.investors if (i.state == company.state) == home]
        when = FIRST + timedelta(days=k)
        told.append(answer(company.id, str(rng.choice(fit_ones)), rank=int(rng.integers(1, 11)), answered_at=when))
        other = str(rng.choice([i.id for i in world.investors]))
        told.append(answer(company.id, other, "hidden", answered_at=when))
    return told


def home_counts(model: Model) -> float:
    """What being of the same state adds at most, over the states."""
    return float(sum(model.scorer_.coef_[k] for k, name in enumerate(model.scorer_.names_) if "same_state" in name))


@pytest.fixture(scope="module")
def small() -> Dataset:
    return ecosystem(n_companies=200)


@pytest.fixture(scope="module")
def plain(small: Dataset) -> Model:
    return fit(small, judged=False)


def test_answers_that_later_ones_bear_out_change_the_weights(small: Dataset, plain: Model) -> None:
    told = fit(small, judged=False, answers=of_home(small, 400, 3, home=True))
    assert told.card["answers"]["used"]
    assert told.card["answers"]["count"] == 800
    assert home_counts(told) > home_counts(plain)


def test_answers_of_which_later_ones_say_the_contrary_are_not_learned_from(small: Dataset) -> None:
    early = of_home(small, 300, 4, home=False)
    when = FIRST + timedelta(days=400)
    late = [answer(link.company_id, link.investor_id, answered_at=when) for link in small.links[-200:]]
    model = fit(small, judged=False, answers=[*early, *late])
    assert not model.card["answers"]["used"]


def test_without_answers_or_with_few_a_fit_is_what_it_was(small: Dataset, plain: Model) -> None:
    few = fit(small, judged=False, answers=of_home(small, FEWEST // 2, 6, home=True))
    np.testing.assert_array_equal(plain.scorer_.coef_, few.scorer_.coef_)
    assert plain.card["answers"] == {"count": 0, "looked": pytest.approx(LOOKED, abs=1e-3), "used": False}


def test_only_pairs_that_are_known_teach(small: Dataset) -> None:
    store, rng = Store(small), np.random.default_rng(0)
    strangers = [answer("nobody", "i1"), answer("c1", "nobody")]
    assert len(answer_rows(store, strangers, 1e5, rng).linked) == 0
    assert len(answer_rows(store, [answer(kind="hidden")], 1e5, rng).linked) == 0
    rows = answer_rows(store, [*strangers, answer(), answer(investor="i2", kind="hidden")], 1e5, rng)
    assert sorted(rows.linked[rows.linked > 0].tolist()) == [1.0]
    assert len(set(STATES)) == 4
