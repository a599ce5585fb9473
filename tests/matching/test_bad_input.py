"""Bad input to the learner: a clear error, or a sensible empty answer."""

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from matching import Company, DataError, Dataset, Investor, Link, Model, fit
from matching.__main__ import main
from matching.data import parse_amount, parse_date

NAMES = ("", " ", "\x00", "a" * 5000, "Công ty Cổ phần " + "Đổi mới sáng tạo " * 40, "🚀", "');--", "\u0301\u0301")


@pytest.fixture(scope="module")
def few() -> Model:
    companies = [Company(f"c{k}", category="ai", state="HN") for k in range(4)]
    investors = [Investor(f"i{k}", state="HN") for k in range(3)]
    links = [Link("c0", "i0", "seed", date(2020, 1, 1), 1e6), Link("c1", "i0", "seed", date(2020, 6, 1))]
    return fit(Dataset.of(companies, investors, links))


@pytest.mark.parametrize("name", NAMES)
def test_odd_texts_are_ranked_like_any_other(few: Model, name: str) -> None:
    odd = Company("odd", name=name, description=name, category=name, state=name, city=name, sectors=(name,), stage=name)
    [found] = few.rank_investors([odd])
    assert sorted(s.candidate_id for s in found) == ["i0", "i1", "i2"]
    assert all(math.isfinite(s.score) and 0 < s.p < 1 for s in found)
    fund = Investor("odd", name=name, places=(name,), sectors=(name,), offers=(name,), rounds=(name,))
    [found] = few.rank_companies([fund])
    assert len(found) == 4


@pytest.mark.parametrize("amount", [math.nan, math.inf, -math.inf, -1.0, 0.0, 1e-300, 1e300])
def test_amounts_that_are_none_do_not_reach_a_score(few: Model, amount: float) -> None:
    [found] = few.rank_investors([Company("new", amount_usd=amount, round_type="seed")])
    assert all(math.isfinite(s.score) for s in found)
    [found] = few.rank_companies([Investor("new", ticket_min_usd=amount, ticket_max_usd=amount)])
    assert all(math.isfinite(s.score) for s in found)


@pytest.mark.parametrize("founded", [date(1, 1, 1), date(2099, 1, 1), date(9999, 12, 31), None])
def test_odd_days_of_founding_are_ranked(few: Model, founded: date | None) -> None:
    [found] = few.rank_investors([Company("new", founded_at=founded)])
    assert len(found) == 3
    assert all(math.isfinite(s.score) for s in found)


def test_a_hundred_identical_profiles_get_one_score_in_an_order_of_their_own(few: Model) -> None:
    twins = [Company(f"t{k}", category="ai", state="HN") for k in range(100)]
    lists = list(few.ids_for(twins, None, 10))
    assert len({tuple(score for _, score in found) for _, found in lists}) == 1
    [found] = few.rank_companies([Investor("x", state="HN")], twins, limit=100)
    assert len({s.score for s in found}) == 1
    order = [s.candidate_id for s in found]
    assert sorted(order) == sorted(twin.id for twin in twins)
    assert order != sorted(order)


def test_ids_that_are_not_there_are_profiles_without_facts(few: Model) -> None:
    [found] = few.rank_investors([Company("nobody")], ["ghost", "i1", "ghost"])
    assert sorted(s.candidate_id for s in found) == ["ghost", "i1"]
    [found] = few.rank_companies([Investor("nobody")], ["ghost"])
    assert [s.candidate_id for s in found] == ["ghost"]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_list_of_none_is_empty(few: Model, limit: int) -> None:
    assert few.rank_investors([Company("new")], limit=limit) == [[]]
    assert few.rank_companies([Investor("new")], limit=limit) == [[]]


def test_one_company_and_one_investor_meet() -> None:
    model = fit(Dataset.of([Company("a")], [Investor("i")]))
    assert [s.candidate_id for s in model.rank_investors([Company("a")])[0]] == ["i"]
    linked = fit(Dataset.of([Company("a")], [Investor("i")], [Link("a", "i", "", date(2020, 1, 1))]))
    assert linked.rank_investors([Company("a")]) == [[]]
    assert linked.rank_companies([Investor("i")]) == [[]]


@pytest.mark.parametrize(
    ("companies", "investors"),
    [
        ((Company("a"), Company("a")), ()),
        ((), (Investor("i"), Investor("i"))),
        ((Company(""),), ()),
        ((), (Investor(""),)),
    ],
)
def test_ids_are_unique_and_filled(companies: tuple[Company, ...], investors: tuple[Investor, ...]) -> None:
    with pytest.raises(DataError):
        Dataset(companies, investors)


def test_a_retired_term_of_a_vocabulary_is_ignored(few: Model) -> None:
    plain = Company("new", category="ai", state="HN")
    retired = replace(plain, sectors=("retired_sector",), technologies=("retired",), stage="retired", needs=("gone",))
    [one], [other] = few.rank_investors([plain]), few.rank_investors([retired])
    assert [(s.candidate_id, s.score) for s in one] == [(s.candidate_id, s.score) for s in other]


def test_a_link_before_and_after_any_calendar_is_history_of_its_age() -> None:
    links = [Link("a", "i", "", day) for day in (date(1, 1, 1), date(2020, 1, 1))]
    model = fit(Dataset.of([], [], links))
    [found] = model.rank_investors([Company("new")])
    assert math.isfinite(found[0].score)


@pytest.mark.parametrize("value", ["2020-13-01", "2020-02-30", "yesterday", "20200101", "2020/01/01", "0000-00-00"])
def test_days_that_are_none_are_named(value: str) -> None:
    with pytest.raises(DataError, match=r"here: .* is not a date"):
        parse_date(value, "here")


@pytest.mark.parametrize("value", ["ten", "-1", "inf", "-inf", "1,000", "1e999", "0x10"])
def test_amounts_that_are_none_are_named(value: str) -> None:
    with pytest.raises(DataError, match=r"here: .* is not an amount"):
        parse_amount(value, "here")


@pytest.mark.parametrize("value", ["", "nan", "NaN", "0", "0.0"])
def test_no_amount_is_no_error(value: str) -> None:
    assert parse_amount(value, "here") is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("companies.csv", ""),
        ("companies.csv", "\n\n"),
        ("companies.csv", "name\nx\n"),
        ("companies.csv", "company_id,name\n,x\n"),
        ("companies.csv", "company_id\na\na\n"),
        ("companies.csv", "company_id,founded_at\na,soon\n"),
        ("investors.csv", "id\ni\n"),
        ("investments.csv", "company_id,funded_at\na,32.1.2020\n"),
        ("investments.csv", "company_id,raised_amount_usd\na,many\n"),
    ],
)
def test_files_that_cannot_be_read_end_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str
) -> None:
    good = {
        "companies.csv": "company_id\na\n", "investors.csv": "investor_id\ni\n", "investments.csv": "company_id\n",
        "q.csv": "id\na\n", "c.csv": "id\ni\n",
    }  # fmt: skip
    for file, text in {**good, name: content}.items():
        (tmp_path / file).write_text(text)
    files = ["--queries", str(tmp_path / "q.csv"), "--candidates", str(tmp_path / "c.csv")]
    out = tmp_path / "out.csv"
    code = main(["rank", "--data", str(tmp_path), "--for", "companies", *files, "--out", str(out)])
    said = capsys.readouterr().err
    assert code == 2
    assert said.count("\n") == 1
    assert said.startswith("matching: ")
    assert not out.exists()


def test_scores_stay_finite_for_any_mixture_of_missing_fields(few: Model) -> None:
    rng = np.random.default_rng(4)
    whole = Company("w", "Name", "words", "ai", ("s",), ("t",), "VN", "HN", "r", "c", date(2019, 1, 1), "early")
    fields = ("name", "description", "category", "sectors", "technologies", "country", "state", "region", "city")
    rows = []
    for k in range(40):
        gone = {name: type(getattr(whole, name))() for name in fields if rng.random() < 0.5}
        rows.append(replace(whole, id=f"w{k}", founded_at=None if rng.random() < 0.5 else whole.founded_at, **gone))
    for found in few.rank_investors(rows):
        assert len(found) == 3
        for one in found:
            assert one.base + sum(r.contribution for r in one.contributions) == pytest.approx(one.score, abs=1e-5)
