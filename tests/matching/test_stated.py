"""The prior: what both sides state, monotone and documented."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import Company, Dataset, Investor, fit
from matching.stated import BASE, COLUMN, DISAGREE, WEIGHTS, Statements, has_mandate, prior, ticket_agreement
from matching.stated import parts_of as points_of

FULL = Company(
    "c", sectors=("ai", "health"), technologies=("t_ai",), country="VN", state="HN", city="Hà Nội", stage="early",
    languages=("vi",), needs=("capital", "lab"), round_type="seed", amount_usd=500_000,
)  # fmt: skip
FITTING = Investor(
    "i", sectors=("ai", "health"), technologies=("t_ai",), country="vn", state="hn", city="Ha Noi", stages=("early",),
    rounds=("seed",), places=("VN",), ticket_min_usd=50_000, ticket_max_usd=300_000, languages=("vi",),
    offers=("capital", "lab"),
)  # fmt: skip


def parts_of(company: Company, investor: Investor, experience: float = 0.0, learned: bool = False) -> dict[str, float]:
    found = prior(
        Statements.of_companies([company]),
        Statements.of_investors([investor]),
        np.ones((1, 1)),
        np.array([experience]),
        learned,
    )
    return dict(zip(WEIGHTS, found[0, 0].tolist(), strict=True))


def test_full_agreement_gives_exactly_the_documented_weights() -> None:
    assert parts_of(FULL, FITTING) == pytest.approx({**WEIGHTS, "meaning": 0.0})


def test_silence_on_either_side_gives_nothing() -> None:
    silent = {**dict.fromkeys(WEIGHTS, 0.0), "words": WEIGHTS["words"]}
    assert parts_of(Company("c"), FITTING) == pytest.approx(silent)
    assert parts_of(FULL, Investor("i")) == pytest.approx(silent)


def test_disagreement_counts_against() -> None:
    other = Investor(
        "i", sectors=("travel",), stages=("mature",), rounds=("post-ipo",), places=("JP",), languages=("ja",)
    )
    found = parts_of(FULL, other)
    for name in ("stated_sector", "stated_stage", "stated_round", "stated_place", "languages"):
        assert found[name] == pytest.approx(DISAGREE * WEIGHTS[name])
    assert found["needs"] == 0
    assert found["home"] == 0


def test_half_the_sectors_give_half_the_weight() -> None:
    assert parts_of(FULL, Investor("i", sectors=("ai",)))["stated_sector"] == pytest.approx(
        WEIGHTS["stated_sector"] / 2
    )


def test_statements_fade_as_deals_speak_for_themselves() -> None:
    assert parts_of(FULL, FITTING, experience=3.0)["stated_sector"] == pytest.approx(WEIGHTS["stated_sector"] / 2)
    assert parts_of(FULL, FITTING, experience=3.0)["stated_ticket"] == pytest.approx(WEIGHTS["stated_ticket"])


def test_places_and_words_are_left_to_what_was_learned() -> None:
    found = parts_of(FULL, FITTING, learned=True)
    assert (found["home"], found["words"]) == (0, 0)


@given(st.floats(3, 9), st.floats(3, 9), st.floats(0, 3), st.floats(0, 3))
def test_a_ticket_further_away_never_agrees_more(amount: float, low: float, width: float, further: float) -> None:
    near = ticket_agreement(np.array(amount), np.array(low), np.array(low + width))
    if amount < low:
        far = ticket_agreement(np.array(amount - further), np.array(low), np.array(low + width))
        assert far <= near
    assert DISAGREE <= near <= 1


@pytest.mark.parametrize("stated", [{"stages": ("early",)}, {"ticket_min_usd": 1.0}, {"sectors": ("ai",)}])
def test_a_mandate_is_anything_that_is_looked_for(stated: dict[str, object]) -> None:
    assert has_mandate(Investor("i", **stated))  # type: ignore[arg-type]
    assert not has_mandate(Investor("i", name="Fund", country="VN"))


def test_without_any_link_the_prior_ranks_and_explains() -> None:
    investors = [Investor("other", sectors=("travel",)), FITTING, Investor("silent")]
    model = fit(Dataset.of([], investors))
    [found] = model.rank_investors([FULL])
    assert [suggestion.candidate_id for suggestion in found] == ["i", "silent", "other"]
    assert found[1].score == pytest.approx(BASE)
    assert {reason.code for reason in found[0].contributions} >= set(WEIGHTS) - {"words", "meaning"}
    assert found[2].contributions[0].code == "stated_sector"
    assert found[2].contributions[0].contribution < 0
    assert model.card["links"] == 0
    assert not model.learned_


def test_points_of_which_one_side_is_silent_are_left_out() -> None:
    companies = Statements.of_companies([FULL, Company("silent")])
    investors = Statements.of_investors([FITTING, Investor("j", languages=("en",))])
    arguments = companies, investors, np.ones((1, 1)), np.zeros(2), True
    found = points_of(*arguments)
    whole = prior(*arguments)
    assert set(found) == {COLUMN[name] for name in WEIGHTS} - {COLUMN["home"], COLUMN["words"], COLUMN["meaning"]}
    for column, values in found.items():
        np.testing.assert_array_equal(values, whole[:, :, column])
    quiet = Statements.of_companies([Company("silent", category="games", state="HN")])
    homely = Statements.of_investors([Investor("i", state="HN", category="games")])
    assert points_of(quiet, homely, np.zeros((1, 1)), np.zeros(1), True) == {}


def test_one_profile_against_many_says_what_many_against_many_do() -> None:
    companies = [FULL, Company("c2", sectors=("ai",), country="VN", languages=("vi", "en")), Company("silent")]
    investors = [FITTING, Investor("j", sectors=("games",), country="VN", languages=("en",)), Investor("silent")]
    left, right = Statements.of_companies(companies), Statements.of_investors(investors)
    whole = prior(left, right, np.zeros((1, 1)), np.zeros(3), False)
    for k in range(3):
        part = np.array([k])
        np.testing.assert_array_equal(prior(left.part(part), right, np.zeros((1, 1)), np.zeros(3), False)[0], whole[k])
        one = prior(left, right.part(part), np.zeros((1, 1)), np.zeros(1), False)
        np.testing.assert_array_equal(one[:, 0], whole[:, k])
