"""Taking away what a reason speaks of lowers the score: a thousand random statements, with and without history."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matching import Company, Dataset, Investor, Model, fit

CASES = 1000
SECTORS = ("ai", "bio", "games", "energy", "edu")
TECHNOLOGIES = ("t_ml", "t_iot", "t_web")
STAGES = ("idea", "early", "growth")
ROUNDS = ("angel", "series-a", "series-b")
STATES = ("HN", "SG", "DN")
NEEDS = ("capital", "lab", "mentor", "market")

OF_INVESTOR = {
    "stated_sector": "sectors", "stated_technology": "technologies", "stated_stage": "stages",
    "stated_round": "rounds", "stated_ticket": "ticket", "stated_place": "places", "languages": "languages",
    "needs": "offers",
}  # fmt: skip
"""What of the investor's profile each stated reason speaks of."""


def some(rng: np.random.Generator, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(rng.choice(values, int(rng.integers(1, len(values) + 1)), replace=False).tolist()))


def drawn(rng: np.random.Generator, k: int) -> tuple[Company, Investor]:
    company = Company(
        f"n{k}", sectors=some(rng, SECTORS), technologies=some(rng, TECHNOLOGIES), stage=str(rng.choice(STAGES)),
        country="VN", state=str(rng.choice(STATES)), languages=some(rng, ("vi", "en")), needs=some(rng, NEEDS),
        round_type=str(rng.choice(ROUNDS)), amount_usd=float(10 ** rng.uniform(4.5, 7.5)),
    )  # fmt: skip
    low = float(10 ** rng.uniform(4, 6))
    investor = Investor(
        f"m{k}", sectors=some(rng, SECTORS), technologies=some(rng, TECHNOLOGIES), stages=some(rng, STAGES),
        rounds=some(rng, ROUNDS), places=some(rng, ("VN", *STATES)), languages=some(rng, ("vi", "en")),
        offers=some(rng, NEEDS), ticket_min_usd=low, ticket_max_usd=low * 10,
    )  # fmt: skip
    return company, investor


def without(investor: Investor, code: str) -> Investor:
    name = OF_INVESTOR[code]
    gone: dict[str, Any] = {"ticket_min_usd": None, "ticket_max_usd": None} if name == "ticket" else {name: ()}
    return replace(investor, id=f"{investor.id}-{code}", **gone)


def falls(model: Model, cases: int, seed: int) -> list[tuple[float, float]]:
    """What the score lost when a stated reason was taken away, and what the reason had said."""
    rng = np.random.default_rng(seed)
    found: list[tuple[float, float]] = []
    for k in range(10 * cases):
        company, investor = drawn(rng, k)
        [[whole]] = model.rank_investors([company], [investor])
        said = {r.code: r.contribution for r in whole.contributions if r.code in OF_INVESTOR and r.contribution > 0}
        mutated = [without(investor, code) for code in said]
        scores = dict(next(iter(model.ids_for([company], mutated, 20)))[1]) if mutated else {}
        found += [(whole.score - scores[f"{investor.id}-{code}"], part) for code, part in said.items()]
        if len(found) >= cases:
            return found[:cases]
    raise AssertionError("too few statements were drawn")


def test_a_thousand_stated_reasons_taken_away_lower_the_score() -> None:
    found = falls(fit(Dataset()), CASES, seed=1)
    assert len(found) == CASES
    assert sum(lost > 0 for lost, _ in found) == CASES
    assert [lost for lost, _ in found] == pytest.approx([part for _, part in found], abs=1e-5)


def test_so_they_do_beside_what_was_learned(fitted: Model) -> None:
    found = falls(fitted, 150, seed=2)
    assert sum(lost > 0 for lost, _ in found) == 150


def test_a_statement_that_does_not_fit_is_no_loss_when_it_goes() -> None:
    model = fit(Dataset())
    company = Company("c", sectors=("ai",), stage="early")
    wrong = Investor("i", sectors=("travel",), stages=("late",))
    [[whole]] = model.rank_investors([company], [wrong])
    for code in ("stated_sector", "stated_stage"):
        [[less]] = model.rank_investors([company], [without(wrong, code)])
        assert less.score > whole.score
