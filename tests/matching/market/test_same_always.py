"""Same market, same lists: whatever the order of people, the number of cores, or who else is in the process."""

import threading

import numpy as np
import pytest

from bench.markets import ecosystem, tables
from matching.market import (
    Factors,
    MarketOptions,
    MarketResult,
    Pairs,
    candidates,
    congestion,
    crowd,
    run_market,
    run_market_factors,
    run_market_sparse,
    threads,
)
from matching.market.threads import spread

STARTUPS = [f"khởi nghiệp {i}" for i in range(70)]
INVESTORS = [f"quỹ {j}" for j in range(50)]


def by_name(result: MarketResult, left: list[str], right: list[str]) -> dict[str, list[str]]:
    """Lists with names in place of positions."""
    return {name: [right[j] for j in row if j >= 0] for name, row in zip(left, result.lists.tolist(), strict=True)}


@pytest.mark.parametrize("fairness", [0.0, 1.0])
def test_the_order_of_people_does_not_matter(fairness: float) -> None:
    p, q = tables(ecosystem(70, 50))
    options = MarketOptions(lists=6, fairness=fairness, seed=5)
    capacity = np.where(np.arange(50) % 7 == 0, 9.0, np.inf)
    people = crowd(70, 50, ids=(STARTUPS, INVESTORS), capacity=capacity)
    lists = by_name(run_market(p, q, options=options, people=people), STARTUPS, INVESTORS)
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(70), rng.permutation(50)
    left, right = [STARTUPS[i] for i in rows], [INVESTORS[j] for j in columns]
    people = crowd(70, 50, ids=(left, right), capacity=capacity[columns])
    turned = run_market(p[rows][:, columns], q[rows][:, columns], options=options, people=people)
    assert by_name(turned, left, right) == lists


def test_the_order_of_pairs_does_not_matter() -> None:
    p, q = tables(ecosystem(70, 50))
    allowed = np.random.default_rng(2).random(p.shape) < 0.5
    rows, indices = np.nonzero(allowed)
    indptr = np.append(0, np.cumsum(allowed.sum(axis=1)))
    pairs = Pairs.of((indptr, indices), p[allowed], q[allowed], crowd(70, 50))
    order = np.lexsort((np.random.default_rng(3).random(len(rows)), rows))
    shuffled = Pairs.of((indptr, indices[order]), p[allowed][order], q[allowed][order], crowd(70, 50))
    np.testing.assert_array_equal(run_market_sparse(shuffled).lists, run_market_sparse(pairs).lists)


def test_cores_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "_CELLS", 500)
    monkeypatch.setattr(congestion, "_CELLS", 500)
    factors = Factors.of(ecosystem(70, 50))
    options = MarketOptions(lists=6, bound=True)
    results = []
    for cores in (1, 2, 7):
        monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _, n=cores: set(range(n)))
        results.append(run_market_factors(factors, options=options))
    for other in results[1:]:
        np.testing.assert_array_equal(other.lists, results[0].lists)
        np.testing.assert_array_equal(other.prices.price, results[0].prices.price)
        assert (other.expected_matches, other.upper_bound) == (results[0].expected_matches, results[0].upper_bound)


def test_two_runs_at_once_do_not_meet() -> None:
    p, q = tables(ecosystem(120, 80))
    alone = run_market(p, q).lists
    found: list[np.ndarray] = []
    runs = [threading.Thread(target=lambda: found.append(run_market(p, q).lists)) for _ in range(3)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert len(found) == 3
    for lists in found:
        np.testing.assert_array_equal(lists, alone)


def test_nothing_that_is_given_is_changed() -> None:
    p, q = tables(ecosystem(40, 30))
    kept = p.copy(), q.copy()
    people = crowd(40, 30, capacity=np.full(30, 5.0))
    run_market(p, q, options=MarketOptions(fairness=1, bound=True), people=people)
    np.testing.assert_array_equal(p, kept[0])
    np.testing.assert_array_equal(q, kept[1])
    assert (people.capacity == 5).all()
    p.flags.writeable = q.flags.writeable = False
    assert run_market(p, q).expected_matches > 0


@pytest.mark.parametrize("cores", [1, 4])
def test_work_is_done_for_every_piece(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: set(range(cores)))
    done: list[int] = []
    spread(done.append, range(50))
    spread(done.append, range(50, 52))
    spread(done.append, [])
    assert sorted(done) == list(range(52))


@pytest.mark.parametrize("cores", [1, 4])
def test_an_error_in_a_piece_comes_out(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: set(range(cores)))

    def work(piece: int) -> None:
        if piece == 7:
            raise ValueError("seven")

    with pytest.raises(ValueError, match="seven"):
        spread(work, range(20))


def test_where_cores_cannot_be_asked_for_they_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(threads.os, "sched_getaffinity")
    done: list[int] = []
    spread(done.append, range(9))
    assert sorted(done) == list(range(9))


def test_names_in_any_language_keep_people_apart() -> None:
    p = np.full((3, 2), 0.5)
    people = crowd(3, 2, ids=(["Đổi mới", "Doi moi", "đổi mới"], ["Quỹ Á", "Quy A"]))
    result = run_market(p, p, options=MarketOptions(lists=2), people=people)
    assert result.coverage == 1
    assert (np.sort(result.lists, axis=1) == [0, 1]).all()
