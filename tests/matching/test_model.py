"""The model as its callers see it: no leaks, determinism, exact reasons, newcomers, changed profiles, files."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import joblib
import numpy as np
import pytest

from matching import Company, Dataset, Investor, Link, Model, Suggestion, fit
from matching.explain import CODES, MEETS, PART_NAMES
from matching.training import ENOUGH, RaiseModel, windows
from tests.matching.ecosystems import ecosystem

AS_OF = date(2018, 12, 31)


def ids(found: list[list[Suggestion]]) -> list[list[tuple[str, float]]]:
    return [[(suggestion.candidate_id, suggestion.score) for suggestion in row] for row in found]


@pytest.fixture(scope="module")
def small() -> Dataset:
    return ecosystem(160, 30, seed=9)


def test_nothing_after_the_day_changes_anything(small: Dataset) -> None:
    later = [Link("c1", f"i{j}", "series-b", AS_OF + timedelta(days=1 + j), 9e6) for j in range(20)]
    past = [link for link in small.links if link.funded_at and link.funded_at <= AS_OF]
    companies = [replace(c, founded_at=None) if c.founded_at and c.founded_at > AS_OF else c for c in small.companies]
    clean, full = (
        Dataset(tuple(companies), small.investors, tuple(past)),
        Dataset.of(small.companies, small.investors, [*small.links, *later]),
    )
    one, other = fit(clean, as_of=AS_OF), fit(full, as_of=AS_OF)
    assert one.version == other.version
    assert one.card == other.card
    assert ids(one.rank_investors(small.companies[:9])) == ids(other.rank_investors(small.companies[:9]))
    assert ids(one.rank_companies(small.investors[:9])) == ids(other.rank_companies(small.investors[:9]))


def test_a_leak_would_be_seen(small: Dataset) -> None:
    known = fit(small, as_of=AS_OF + timedelta(days=200))
    assert ids(known.rank_investors(small.companies[:9])) != ids(
        fit(small, as_of=AS_OF).rank_investors(small.companies[:9])
    )


def test_the_same_data_give_the_same_lists_in_any_order_of_rows(small: Dataset) -> None:
    shuffled = Dataset(small.companies, small.investors, small.links[::-1])
    one, other = fit(small), fit(shuffled)
    assert ids(one.rank_investors(small.companies[:9])) == ids(other.rank_investors(small.companies[:9]))


def test_scores_are_their_base_and_their_reasons(fitted: Model, world: Dataset) -> None:
    asking = [replace(company, round_type="angel", amount_usd=2e5) for company in world.companies[:12]]
    found = [*fitted.rank_investors(asking), *fitted.rank_companies(world.investors[:12])]
    for suggestion in (one for row in found for one in row):
        parts = [reason.contribution for reason in suggestion.contributions]
        assert suggestion.base + sum(parts) == pytest.approx(suggestion.score, abs=1e-6)
        assert parts == sorted(parts, reverse=True)
        assert {reason.code for reason in suggestion.contributions} <= set(CODES)
        assert 0 < suggestion.p < 1
        assert 0 < suggestion.q < 1


def test_erasing_what_a_reason_speaks_of_takes_its_part_away(fitted: Model, world: Dataset) -> None:
    scorer = fitted.scorer_
    rng = np.random.default_rng(0)
    features = rng.normal(0.5, 1.0, (1000, len(scorer.names_))).astype(np.float32)
    base, parts = scorer.parts(features)
    np.testing.assert_allclose(base + parts.sum(axis=1), scorer.logit(features), atol=1e-6)
    for column, group in enumerate(PART_NAMES[:10]):
        erased = features.copy()
        erased[:, scorer.groups_ == group] = np.nan
        np.testing.assert_allclose(scorer.logit(features) - parts[:, column], scorer.logit(erased), atol=1e-6)
        speaks_for = parts[:, column] > 1e-9
        assert (scorer.logit(erased)[speaks_for] < scorer.logit(features)[speaks_for]).all()


def test_order_is_by_score_and_existing_links_are_left_out(fitted: Model, world: Dataset) -> None:
    linked: dict[str, set[str]] = {}
    for link in world.links:
        linked.setdefault(link.company_id, set()).add(link.investor_id)
    for company, found in zip(
        world.companies[:20], fitted.rank_investors(world.companies[:20], limit=500), strict=True
    ):
        assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)
        assert {s.candidate_id for s in found} == {i.id for i in world.investors} - linked.get(company.id, set())
    [found] = fitted.rank_companies(world.investors[:1], limit=5000)
    assert {s.candidate_id for s in found} == {c.id for c in world.companies if "i0" not in linked.get(c.id, set())}


def test_short_lists_are_the_heads_of_long_ones(fitted: Model, world: Dataset) -> None:
    [short], [whole] = (fitted.rank_investors(world.companies[3:4], limit=limit) for limit in (5, 60))
    assert ids([short]) == ids([whole[:5]])


def test_one_query_answers_as_many_do(fitted: Model, world: Dataset) -> None:
    together = ids(fitted.rank_investors(world.companies[:5]))
    alone = [ids(fitted.rank_investors([company]))[0] for company in world.companies[:5]]
    for left, right in zip(together, alone, strict=True):
        assert [name for name, _ in left] == [name for name, _ in right]
        assert [score for _, score in left] == pytest.approx([score for _, score in right], abs=1e-5)


def test_candidates_may_be_ids_profiles_unknown_or_nobody(fitted: Model, world: Dataset) -> None:
    [found] = fitted.rank_investors([Company("new", category="games")], ["i3", world.investors[4], "stranger", "i3"])
    assert sorted(s.candidate_id for s in found) == ["i3", "i4", "stranger"]
    assert fitted.rank_investors([Company("new")], []) == [[]]
    assert fitted.rank_investors([]) == []
    assert list(fitted.ids_for([], None, 5)) == []


def test_a_newcomer_with_three_fields_gets_what_suits_it(fitted: Model, world: Dataset) -> None:
    games = {c.id for c in world.companies if c.category == "games"}
    deals: dict[str, list[bool]] = {}
    for link in world.links:
        deals.setdefault(link.investor_id, []).append(link.company_id in games)
    share = {name: np.mean(of_games) for name, of_games in deals.items()}
    [found] = fitted.rank_investors([Company("new", name="Trò chơi Việt", category="games", state="SG")], limit=5)
    usual = np.mean(list(share.values()))
    assert np.mean([share.get(s.candidate_id, 0) for s in found]) > 2 * usual


def test_a_changed_profile_is_ranked_without_a_refit(fitted: Model, world: Dataset) -> None:
    before = world.companies[7]
    after = replace(before, category="biotech" if before.category != "biotech" else "energy", state="DN")
    assert ids(fitted.rank_investors([before])) != ids(fitted.rank_investors([after]))


def test_a_new_investor_with_a_mandate_is_seen(fitted: Model) -> None:
    company = Company(
        "new", category="games", sectors=("media",), state="SG", country="VN", amount_usd=2e5, round_type="angel"
    )
    fresh = Investor(
        "fresh", sectors=("media",), rounds=("angel",), places=("VN",), ticket_min_usd=2e4, ticket_max_usd=2e5
    )
    everyone = [*fitted.history_.store.data.investors, fresh, Investor("silent")]
    [found] = fitted.rank_investors([company], everyone, limit=len(everyone))
    order = [suggestion.candidate_id for suggestion in found]
    assert order.index("fresh") < 10
    assert order.index("silent") > order.index("fresh")


def test_companies_that_say_what_they_raise_are_taken_to_raise(fitted: Model, world: Dataset) -> None:
    silent = [replace(c, round_type="", amount_usd=None) for c in world.companies[:30]]
    asking = [replace(c, round_type="angel") for c in silent]
    [quiet], [loud] = (fitted.rank_companies([world.investors[0]], rows, limit=30) for rows in (silent, asking))
    assert all("company" in {r.code for r in s.contributions} for s in quiet)
    assert min(s.q / s.p for s in quiet) > 1
    assert [s.p for s in loud] == pytest.approx([s.q for s in loud])


def test_reasons_are_told_to_whom_they_concern(fitted: Model, world: Dataset) -> None:
    [[first, *_]] = fitted.rank_investors(world.companies[:1])
    [[other, *_]] = fitted.rank_companies(world.investors[:1])
    assert all((reason.audience == "you") == (MEETS[reason.code] == "company") for reason in first.contributions)
    assert all((reason.audience == "you") == (MEETS[reason.code] == "investor") for reason in other.contributions)
    assert {reason.audience for reason in first.contributions} == {"you", "them"}


def test_a_saved_model_answers_the_same(fitted: Model, world: Dataset, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model.bin")
    loaded = Model.load(tmp_path / "model.bin")
    assert loaded.version == fitted.version
    assert loaded.card == fitted.card
    assert ids(loaded.rank_investors(world.companies[:5])) == ids(fitted.rank_investors(world.companies[:5]))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    joblib.dump({"format": 0}, tmp_path / "old.bin")
    (tmp_path / "text.bin").write_text("no model")
    for name in ("old.bin", "text.bin"):
        with pytest.raises(ValueError, match="not a model"):
            Model.load(tmp_path / name)


def test_too_little_history_leaves_the_documented_weights(world: Dataset) -> None:
    few = Dataset.of(world.companies, world.investors, world.links[: ENOUGH // 2])
    undated = Dataset.of(world.companies, world.investors, [replace(link, funded_at=None) for link in world.links])
    for data in (few, undated):
        model = fit(data)
        assert not model.learned_
        [found] = model.rank_investors([Company("new", category="games", state="HN")], limit=3)
        assert len(found) == 3
        for suggestion in found:
            parts = sum(reason.contribution for reason in suggestion.contributions)
            assert suggestion.base + parts == pytest.approx(suggestion.score, abs=1e-6)
    assert "metrics" not in fit(few).card


def test_identical_profiles_are_ordered_by_hash_not_by_place(fitted: Model) -> None:
    twins = [Investor(f"twin{k}", country="VN") for k in range(40)]
    [one], [other] = (fitted.rank_investors([Company("new")], rows, limit=40) for rows in (twins, twins[::-1]))
    assert [s.candidate_id for s in one] == [s.candidate_id for s in other]
    assert [s.candidate_id for s in one] != [twin.id for twin in twins]
    assert len({s.score for s in one}) == 1


def test_nobody_at_all_is_fine() -> None:
    model = fit(Dataset())
    assert model.rank_investors([Company("a")]) == [[]]
    assert model.rank_companies([Investor("a")]) == [[]]


def test_windows_end_where_the_present_begins() -> None:
    assert windows(1000.0, 2) == [(636.0, 818.0), (818.0, 1000.0)]


def test_without_learning_everybody_is_taken_to_raise() -> None:
    assert RaiseModel().log_chance(np.zeros((2, 9))).tolist() == [0.0, 0.0]
