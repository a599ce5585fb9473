"""Everybody's best candidates, the first look that finds them, and prices that count before anybody is cut."""

from dataclasses import replace

import numpy as np
import pytest

from matching import Company, Dataset, Investor, Model, fit
from matching.everybody import Pairs
from matching.features import SEGMENTS
from matching.model import Side
from tests.matching.ecosystems import ecosystem

TOP = 8


@pytest.fixture(scope="module")
def found(fitted: Model) -> dict[str, Pairs]:
    return {side: fitted.pairs(side, top=TOP) for side in ("companies", "investors")}


def row(pairs: Pairs, at: int) -> slice:
    return slice(pairs.indptr[at], pairs.indptr[at + 1])


@pytest.mark.parametrize("side", ["companies", "investors"])
def test_pairs_are_compressed_rows_of_the_data(found: dict[str, Pairs], world: Dataset, side: str) -> None:
    pairs = found[side]
    rows, columns = [tuple(one.id for one in table) for table in (world.companies, world.investors)]
    assert (pairs.rows, pairs.columns) == ((rows, columns) if side == "companies" else (columns, rows))
    assert pairs.indptr.dtype == np.int64
    assert pairs.indices.dtype == np.int32
    assert pairs.p.dtype == pairs.q.dtype == np.float32
    assert pairs.indptr[0] == 0
    assert len(pairs.indptr) == len(pairs.rows) + 1
    assert pairs.indptr[-1] == len(pairs.indices) == len(pairs.p) == len(pairs.q)
    assert (np.diff(pairs.indptr) <= TOP).all()
    assert np.diff(pairs.indptr).min() > 0
    for values in (pairs.p, pairs.q):
        assert ((values > 0) & (values <= 1)).all()


@pytest.mark.parametrize("at", [0, 7, 40, 199])
def test_a_company_s_row_is_the_list_it_is_told(
    fitted: Model, found: dict[str, Pairs], world: Dataset, at: int
) -> None:
    [told] = fitted.rank_investors([world.companies[at]], limit=TOP)
    mine = row(found["companies"], at)
    assert [found["companies"].columns[j] for j in found["companies"].indices[mine]] == [s.candidate_id for s in told]
    assert found["companies"].p[mine].tolist() == pytest.approx([s.p for s in told], rel=1e-4)
    assert found["companies"].q[mine].tolist() == pytest.approx([s.q for s in told], rel=1e-4)


@pytest.mark.parametrize("at", [0, 13, 55])
def test_an_investor_s_row_is_the_list_it_is_told(
    fitted: Model, found: dict[str, Pairs], world: Dataset, at: int
) -> None:
    [told] = fitted.rank_companies([world.investors[at]], limit=TOP)
    pairs, mine = found["investors"], row(found["investors"], at)
    same = {pairs.columns[j] for j in pairs.indices[mine]} & {s.candidate_id for s in told}
    assert len(same) >= TOP - 1
    assert pairs.p[mine][0] == pytest.approx(told[0].p, rel=1e-4)


def test_existing_links_are_no_pairs(found: dict[str, Pairs], world: Dataset) -> None:
    linked = {(link.company_id, link.investor_id) for link in world.links}
    for side, pairs in found.items():
        owner = np.repeat(np.arange(len(pairs.rows)), np.diff(pairs.indptr))
        for one, other in zip(owner.tolist(), pairs.indices.tolist(), strict=True):
            names = pairs.rows[one], pairs.columns[other]
            assert (names if side == "companies" else names[::-1]) not in linked


def test_the_same_model_gives_the_same_pairs(fitted: Model, found: dict[str, Pairs]) -> None:
    again = fitted.pairs("companies", top=TOP)
    for name in ("indptr", "indices", "p", "q"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found["companies"], name))


def test_a_price_pushes_the_dear_one_out_and_leaves_probabilities_alone(fitted: Model, found: dict[str, Pairs]) -> None:
    pairs = found["companies"]
    dear = int(np.bincount(pairs.indices).argmax())
    price = np.zeros(len(pairs.columns))
    price[dear] = 1000.0
    dearer = fitted.pairs("companies", top=TOP, price=price)
    assert (pairs.indices == dear).sum() > 10
    assert not (dearer.indices == dear).any()
    before, after = pairs.indices[row(pairs, 3)].tolist(), dearer.indices[row(dearer, 3)].tolist()
    kept = [j for j in before if j != dear]
    assert after[: len(kept)] == kept
    assert dearer.p[row(dearer, 3)][0] == pytest.approx(pairs.p[row(pairs, 3)][before.index(after[0])], rel=1e-5)


def test_the_same_price_for_all_changes_nothing(fitted: Model, found: dict[str, Pairs]) -> None:
    same = fitted.pairs("companies", top=TOP, price=np.full(len(found["companies"].columns), 3.0))
    np.testing.assert_array_equal(same.indices, found["companies"].indices)


def test_a_short_row_is_the_head_of_a_long_one(fitted: Model, found: dict[str, Pairs]) -> None:
    short = fitted.pairs("companies", top=2)
    for at in (0, 5, 77):
        assert (
            short.indices[row(short, at)].tolist()
            == found["companies"].indices[row(found["companies"], at)][:2].tolist()
        )


@pytest.mark.parametrize(
    ("side", "top", "price", "says"),
    [
        ("mentors", 5, None, "side must be"),
        ("companies", 0, None, "at least 1"),
        ("companies", -3, None, "at least 1"),
        ("companies", 5, np.zeros(3), "70 finite numbers"),
        ("companies", 5, np.full(70, np.nan), "finite"),
        ("investors", 5, np.full(420, np.inf), "finite"),
        ("investors", 5, np.zeros(70), "420 finite numbers"),
    ],
)
def test_wrong_questions_are_refused(fitted: Model, side: str, top: int, price: np.ndarray | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        fitted.pairs(side, top=top, price=price)


@pytest.mark.parametrize("side", ["companies", "investors"])
@pytest.mark.parametrize(
    "data",
    [
        Dataset(),
        Dataset.of([Company("a")], []),
        Dataset.of([], [Investor("i")]),
        Dataset.of([Company("a")], [Investor("i")]),
    ],
)
def test_nobody_and_one_person_make_sensible_pairs(data: Dataset, side: str) -> None:
    pairs = fit(data).pairs(side)
    both = len(data.companies) * len(data.investors)
    assert len(pairs.indices) == both
    assert len(pairs.indptr) == len(pairs.rows) + 1


def test_without_history_words_and_statements_speak() -> None:
    companies = [Company(f"c{k}", description=text) for k, text in enumerate(["solar panels", "bank loans"] * 3)]
    investors = [Investor("sun", description="solar panels"), Investor("bank", description="bank loans")]
    pairs = fit(Dataset.of(companies, investors)).pairs("companies", top=1)
    assert [pairs.columns[j] for j in pairs.indices] == ["sun", "bank"] * 3
    other = fit(Dataset.of(companies, investors)).pairs("investors", top=3)
    assert {other.rows[k]: {other.columns[j] for j in other.indices[row(other, k)]} for k in range(2)} == {
        "sun": {"c0", "c2", "c4"},
        "bank": {"c1", "c3", "c5"},
    }


def test_the_first_look_adds_up_the_same_from_both_sides(fitted: Model) -> None:
    companies, investors = fitted.everyone()
    prepared = fitted.prepared(investors)
    values, present = companies.encoded.values, companies.encoded.present
    by_company = np.stack([prepared.investors_for(values, present, k) for k in range(12)])
    by_investor = prepared.companies_for(values, present, np.arange(70))[:, :12].T
    np.testing.assert_allclose(by_company, by_investor, atol=1e-9)
    assert present.shape[1] == len(SEGMENTS)


@pytest.fixture(scope="module")
def wide() -> Model:
    """A model with more investors than are looked at with all features."""
    return fit(ecosystem(300, 600, seed=11), judged=False)


def looked_at(model: Model, side: str, k: int) -> tuple[np.ndarray, np.ndarray]:
    companies, investors = model.everyone()
    at = (k, None) if side == "companies" else (None, k)
    others: Side = investors if side == "companies" else companies
    chance = model.log_chance(companies.encoded) if side == "investors" else 0.0
    size = 160 if side == "companies" else 150
    extra = np.zeros(len(others.rows)) + chance
    return model.pool(companies, investors, extra, at, size), model.pool(companies, investors, extra, at, 10**9)


def test_the_first_look_finds_nearly_all_of_the_best_twenty(wide: Model) -> None:
    data = wide.history_.store.data
    kept = []
    for k in range(0, 300, 15):
        few, every = looked_at(wide, "companies", k)
        assert len(few) == 160 < len(every)
        told = wide.rank_investors([data.companies[k]], [data.investors[j].id for j in every], limit=600)[0][:20]
        best = {data.investor_index[s.candidate_id] for s in told}
        kept.append(len(best & set(few.tolist())) / 20)
    assert np.mean(kept) >= 0.99


def test_a_drawn_pool_would_miss_them(wide: Model) -> None:
    rng = np.random.default_rng(0)
    data = wide.history_.store.data
    drawn = set(rng.choice(600, 160, replace=False).tolist())
    [told] = wide.rank_investors([data.companies[0]], limit=20)
    assert len({data.investor_index[s.candidate_id] for s in told} & drawn) < 15


def test_stated_facts_count_in_the_first_look(wide: Model) -> None:
    data = wide.history_.store.data
    fresh = Investor("fresh", sectors=("media",), rounds=("angel",), places=("VN",), ticket_max_usd=2e5)
    company = replace(data.companies[0], id="new", sectors=("media",), round_type="angel", amount_usd=2e5, country="VN")
    [with_it] = wide.rank_investors([company], [*data.investors, fresh], limit=200)
    plain = replace(fresh, sectors=(), rounds=(), places=(), ticket_max_usd=None)
    [without] = wide.rank_investors([company], [*data.investors, plain], limit=200)
    order = [s.candidate_id for s in with_it]
    assert "fresh" in order
    if "fresh" in [s.candidate_id for s in without]:
        assert order.index("fresh") < [s.candidate_id for s in without].index("fresh")
