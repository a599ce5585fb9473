"""The numbers in reasons are those of the data, and every code is documented."""

import re
from dataclasses import replace

import numpy as np
import pytest

from matching import Company, Dataset, Investor, Model, explain, fit
from matching.explain import CODES, MEETS, PART_NAMES, Explainer, Picked
from matching.features import Companies, Investors


def test_every_code_stands_in_the_table_and_every_part_has_one() -> None:
    documented = re.findall(r"^(\w+) +(investor|company) ", explain.__doc__ or "", re.MULTILINE)
    assert dict(documented) == MEETS
    assert set(PART_NAMES) == set(CODES)


def test_numbers_of_reasons_are_counted_from_the_links(fitted: Model, world: Dataset) -> None:
    asking = replace(world.companies[11], round_type="angel", amount_usd=150_000)
    [found] = fitted.rank_investors([asking], limit=60)
    company = {row.id: row for row in world.companies}
    for suggestion in found:
        deals = {link.company_id for link in world.links if link.investor_id == suggestion.candidate_id}
        reasons = {reason.code: reason.params for reason in suggestion.contributions}
        if "sector" in reasons:
            same = [one for one in deals if company[one].category == asking.category]
            assert reasons["sector"]["deals"] == len(same)
        if "place" in reasons:
            assert reasons["place"]["deals"] == sum(company[one].state == asking.state for one in deals)
        if "activity" in reasons:
            assert reasons["activity"]["deals"] == len(deals)
        if "similar" in reasons:
            alike = reasons["similar"]["companies"]
            assert isinstance(alike, list)
            assert set(alike) <= deals
            assert reasons["similar"]["deals"] == len(deals)
        if "amount" in reasons:
            assert reasons["amount"]["amount_usd"] == 150_000


def test_partners_are_named_with_whom_they_share_companies(fitted: Model, world: Dataset) -> None:
    backed = next(c for c in world.companies if sum(link.company_id == c.id for link in world.links) > 3)
    mine = {link.investor_id for link in world.links if link.company_id == backed.id}
    [found] = fitted.rank_investors([backed], limit=60)
    named = [reason.params for s in found for reason in s.contributions if reason.code == "network"]
    assert named
    for params in named:
        assert isinstance(params["investors"], list)
        assert set(params["investors"]) <= mine


def test_shared_statements_are_listed() -> None:
    company = Company(
        "c", sectors=("ai", "bio"), technologies=("t_ai",), stage="early", country="VN",
        state="HN", languages=("vi", "en"),
        needs=("capital",), amount_usd=5e5, round_type="seed",
    )  # fmt: skip
    investor = Investor(
        "i", sectors=("bio",), technologies=("t_ai",), stages=("early",), country="VN",
        places=("hn",), languages=("vi",),
        offers=("capital",), ticket_max_usd=2e5, rounds=("seed",),
    )  # fmt: skip
    [[found]] = fit(Dataset.of([], [investor])).rank_investors([company])
    params = {reason.code: dict(reason.params) for reason in found.contributions}
    assert params["stated_sector"] == {"sectors": ["bio"]}
    assert params["stated_technology"] == {"technologies": ["t_ai"]}
    assert params["stated_stage"] == {"stage": "early"}
    assert params["stated_round"] == {"round_type": "seed"}
    assert params["stated_ticket"] == {"amount_usd": 5e5}
    assert params["stated_place"] == {"places": ["HN"]}
    assert params["home"] == {"same": "country"}
    assert params["languages"] == {"languages": ["vi"]}
    assert params["needs"] == {"needs": ["capital"]}


@pytest.mark.parametrize(
    "erase", ["sectors", "stage", "round_type", "amount_usd", "languages", "needs", "technologies"]
)
def test_taking_a_stated_fact_away_lowers_the_score_by_its_part(erase: str) -> None:
    full: dict[str, object] = {
        "sectors": ("ai",), "stage": "early", "round_type": "seed", "amount_usd": 5e5, "languages": ("vi",),
        "needs": ("capital",), "technologies": ("t_ai",),
    }  # fmt: skip
    codes = {
        "sectors": "stated_sector", "stage": "stated_stage", "round_type": "stated_round",
        "amount_usd": "stated_ticket",
        "languages": "languages", "needs": "needs", "technologies": "stated_technology",
    }  # fmt: skip
    investor = Investor(
        "i", sectors=("ai",), stages=("early",), rounds=("seed",), ticket_max_usd=3e5,
        languages=("vi",), offers=("capital",),
        technologies=("t_ai",),
    )  # fmt: skip
    model = fit(Dataset.of([], [investor]))
    less = {**full, erase: None if erase == "amount_usd" else type(full[erase])()}
    [[whole], [part]] = model.rank_investors([Company("c", **full), Company("c", **less)])  # type: ignore[arg-type]
    [stated] = [reason.contribution for reason in whole.contributions if reason.code == codes[erase]]
    assert part.score == pytest.approx(whole.score - stated, abs=1e-6)
    assert stated > 0


@pytest.mark.parametrize(("reader", "audience"), [("company", "them"), ("investor", "you")])
def test_past_deals_in_technologies_name_those_of_the_company(
    fitted: Model, world: Dataset, reader: str, audience: str
) -> None:
    company, investor = replace(world.companies[3], technologies=("t_ai", "t_bio")), world.investors[0]
    blocks = Companies.at(fitted.history_, [company]), Investors.at(fitted.history_, [investor])
    picked = Picked([company], [investor], *blocks, np.array([0]), np.array([0]))
    parts = np.zeros((1, len(PART_NAMES)))
    parts[0, PART_NAMES.index("technology")] = 0.5
    [[reason]] = Explainer(fitted.history_).reasons(picked, parts, reader)
    assert (reason.code, reason.audience, reason.contribution) == ("technology", audience, 0.5)
    assert reason.params == {"technologies": ["t_ai", "t_bio"]}
