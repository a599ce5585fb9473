"""Model cards: what they say of data and probabilities, and what is noticed between two of them."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Company, Dataset, Investor, Link
from matching.card import (
    COMPANY_FIELDS,
    ERROR_MOVED,
    INVESTOR_FIELDS,
    MISSING_MOVED,
    MIX_MOVED,
    MOST_COMMON,
    RATE_MOVED,
    Notice,
    calibration,
    drift,
    exposure,
    facts,
    mix,
)

DATA = Dataset.of(
    [
        Company("a", category="AI", country="VN", founded_at=date(2019, 1, 1), sectors=("ai",)),
        Company("b", category="ai", country="Việt Nam", description="máy học"),
        Company("c", category="Bio", country="unknown"),
        Company("d"),
    ],
    [Investor("i", country="VN", stages=("early",), languages=("vi", "en")), Investor("j", type="fund")],
    [
        Link("a", "i", "seed", date(2020, 1, 1), 1e6),
        Link("b", "i", "seed", date(2020, 9, 1)),
        Link("b", "", "", date(2020, 12, 1), 2e6),
        Link("c", "j", "angel"),
    ],
)


def test_facts_count_the_data() -> None:
    found = facts(DATA, "v1", date(2020, 12, 31))
    assert found["version"] == "v1"
    assert found["as_of"] == "2020-12-31"
    assert (found["companies"], found["investors"], found["links"]) == (4, 2, 3)
    assert found["period"] == ["2020-01-01", "2020-12-01"]
    assert found["links_half_year"] == 2
    assert found["missing"]["company.category"] == 0.25
    assert found["missing"]["company.founded_at"] == 0.75
    assert found["missing"]["company.description"] == 0.75
    assert found["missing"]["investor.type"] == 0.5
    assert found["missing"]["investor.stages"] == 0.5
    assert found["missing"]["link.round_type"] == 0.25
    assert found["missing"]["link.amount_usd"] == 0.5
    assert found["mix"]["category"] == pytest.approx({"ai": 2 / 3, "bio": 1 / 3})
    assert found["mix"]["round_type"] == pytest.approx({"seed": 2 / 3, "angel": 1 / 3})


def test_facts_of_nothing_are_zeros() -> None:
    found = facts(Dataset(), "v0", None)
    assert found["as_of"] is None
    assert found["period"] is None
    assert found["links_half_year"] == 0
    assert set(found["missing"].values()) == {0.0}
    assert found["mix"] == {"category": {}, "country": {}, "round_type": {}}


def test_undated_links_are_in_no_half_year() -> None:
    data = Dataset.of([], [], [Link("a", "i"), Link("b", "i")])
    assert facts(data, "v", date(2020, 1, 1))["links_half_year"] == 0


def test_every_field_that_is_watched_exists() -> None:
    assert all(hasattr(Company("a"), name) for name in COMPANY_FIELDS)
    assert all(hasattr(Investor("i"), name) for name in INVESTOR_FIELDS)


def test_a_mix_names_the_most_common_and_adds_up() -> None:
    values = [f"v{k:02}" for k in range(30) for _ in range(30 - k)]
    found = mix(values)
    assert len(found) == MOST_COMMON + 1
    assert sum(found.values()) == pytest.approx(1)
    assert list(found)[:2] == ["v00", "v01"]
    assert mix(["", "unknown", "N/A"]) == {}
    assert mix(["Hà Nội", "ha noi"]) == {"ha noi": 1.0}


def test_calibration_of_honest_and_of_boastful_probabilities() -> None:
    rng = np.random.default_rng(0)
    said = rng.uniform(0.05, 0.95, 20_000)
    came = rng.random(20_000) < said
    honest, boastful = (calibration(one, came, np.ones(len(came))) for one in (said, np.sqrt(said)))
    assert honest["calibration_error"] < 0.02
    assert boastful["calibration_error"] > 0.1
    assert honest["brier"] < boastful["brier"]
    assert len(honest["reliability"]) == 10
    assert sum(one["share"] for one in honest["reliability"]) == pytest.approx(1)
    assert [one["said"] for one in honest["reliability"]] == sorted(one["said"] for one in honest["reliability"])


def test_calibration_by_hand() -> None:
    found = calibration(np.array([0.5, 0.5]), np.array([True, False]), np.array([3.0, 1.0]))
    assert found["calibration_error"] == pytest.approx(0.25)
    assert found["brier"] == pytest.approx(0.25)
    assert found["reliability"] == [{"said": 0.5, "was": 0.75, "share": 1.0}]
    assert calibration(np.zeros(0), np.zeros(0, dtype=bool), np.zeros(0)) == {
        "calibration_error": 0.0,
        "brier": 0.0,
        "reliability": [],
    }


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.floats(0.1, 50)), min_size=1, max_size=60))
def test_calibration_stays_between_zero_and_one(rows: list[tuple[float, bool, float]]) -> None:
    said, came, weight = (np.array(column) for column in zip(*rows, strict=True))
    found = calibration(said, came, weight)
    assert -1e-12 <= found["calibration_error"] <= 1 + 1e-12
    assert -1e-12 <= found["brier"] <= 1 + 1e-12
    assert sum(one["share"] for one in found["reliability"]) == pytest.approx(1)


def test_exposure_is_shared_by_size_place_and_language() -> None:
    found = exposure([["i", "j"], ["i"]], DATA, np.array([7.0, 0.0]))
    assert found["size"] == pytest.approx({"5-19": 2 / 3, "none": 1 / 3})
    assert found["country"] == pytest.approx({"vn": 2 / 3, "unknown": 1 / 3})
    assert found["language"] == pytest.approx({"vi": 2 / 3, "en": 2 / 3, "unknown": 1 / 3})


@pytest.mark.parametrize(
    ("deals", "size"), [(0, "none"), (1, "1-4"), (4, "1-4"), (5, "5-19"), (20, "20+"), (900, "20+")]
)
def test_sizes_are_by_deals(deals: int, size: str) -> None:
    data = Dataset.of([], [Investor("i")])
    assert exposure([["i"]], data, np.array([float(deals)]))["size"] == {size: 1.0}


def test_many_countries_are_the_largest_and_the_rest() -> None:
    data = Dataset.of([], [Investor(f"i{k:02}", country=f"c{k:02}") for k in range(20)])
    found = exposure([[f"i{k:02}"] for k in range(20)], data, np.zeros(20))
    assert len(found["country"]) == MOST_COMMON + 1
    assert sum(found["country"].values()) == pytest.approx(1)


def test_nobody_shown_has_no_exposure() -> None:
    found = exposure([], DATA, np.zeros(2))
    assert {share for shares in found.values() for share in shares.values()} == {0.0}


CARD = {
    "missing": {"company.category": 0.1, "company.city": 0.5},
    "mix": {"category": {"ai": 0.6, "bio": 0.4}},
    "links_half_year": 1000,
    "companies": 500,
    "investors": 100,
    "shown": {"calibration_error": 0.01},
}


def test_the_same_card_and_an_empty_one_give_no_notice() -> None:
    assert drift(CARD, CARD) == []
    assert drift({}, CARD) == []
    assert drift(CARD, {}) == []
    assert drift(facts(DATA, "a", None), facts(DATA, "b", None)) == []


@pytest.mark.parametrize(
    ("changed", "notice"),
    [
        ({"missing": {"company.category": 0.1 + MISSING_MOVED + 0.01}}, ("missing", "company.category")),
        ({"missing": {"company.city": 0.5 - MISSING_MOVED - 0.01}}, ("missing", "company.city")),
        ({"mix": {"category": {"ai": 0.6 - MIX_MOVED - 0.01, "bio": 0.4 + MIX_MOVED + 0.01}}}, ("mix", "category")),
        ({"mix": {"category": {"games": 1.0}}}, ("mix", "category")),
        ({"links_half_year": int(1000 / RATE_MOVED) - 1}, ("rate", "links_half_year")),
        ({"companies": int(500 * RATE_MOVED) + 1}, ("rate", "companies")),
        ({"investors": 0}, ("rate", "investors")),
        ({"shown": {"calibration_error": 0.01 + ERROR_MOVED + 0.001}}, ("calibration", "shown")),
    ],
)
def test_what_moves_is_noticed_by_name(changed: dict[str, object], notice: tuple[str, str]) -> None:
    assert [(one.code, one.subject) for one in drift(CARD, {**CARD, **changed})] == [notice]


@pytest.mark.parametrize(
    "changed",
    [
        {"missing": {"company.category": 0.1 + MISSING_MOVED - 0.01}},
        {"mix": {"category": {"ai": 0.6 - MIX_MOVED + 0.02, "bio": 0.4 + MIX_MOVED - 0.02}}},
        {"mix": {"category": {}}},
        {"links_half_year": 1900},
        {"shown": {"calibration_error": 0.0}},
        {"shown": {}},
        {"missing": {"a field of later": 1.0}},
    ],
)
def test_what_hardly_moves_is_not_noticed(changed: dict[str, object]) -> None:
    assert drift(CARD, {**CARD, **changed}) == []


def test_notices_say_from_what_to_what() -> None:
    assert drift(CARD, {**CARD, "companies": 2000}) == [Notice("rate", "companies", 500.0, 2000.0)]


def test_a_value_that_falls_out_of_the_named_ones_is_no_change_of_the_mix() -> None:
    before = {"mix": {"category": {"a": 0.5, "b": 0.3, "other": 0.2}}}
    now = {"mix": {"category": {"a": 0.5, "c": 0.1, "other": 0.4}}}
    assert drift(before, now) == []
