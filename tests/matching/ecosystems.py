"""A made-up ecosystem: investors with sectors, a place and a size; companies that raise from those who fit."""

from datetime import date, timedelta

import numpy as np

from matching import Company, Dataset, Investor, Link

CATEGORIES = ("software", "biotech", "mobile", "energy", "games", "finance")
STATES = ("HN", "SG", "DN", "HP")
WORDS = {
    "software": "cloud", "biotech": "gene", "mobile": "phone", "energy": "solar", "games": "play", "finance": "pay",
}  # fmt: skip
ROUNDS = (("angel", 5.3), ("series-a", 6.4), ("series-b", 7.1))


def ecosystem(n_companies: int = 420, n_investors: int = 70, seed: int = 5) -> Dataset:
    """Draw an ecosystem of five years; investors mix sector, place, round, fame and the company they keep."""
    rng = np.random.default_rng(seed)
    n_c, n_s = len(CATEGORIES), len(STATES)
    taste = rng.dirichlet(np.full(n_c, 0.3), n_investors)
    home, size = rng.integers(n_s, size=n_investors), rng.integers(len(ROUNDS), size=n_investors)
    fame, since = rng.normal(0, 1, n_investors), rng.integers(0, 1500, n_investors)
    circle = rng.normal(0, 1, (n_investors, 4))
    investors = [Investor(f"i{j}", f"Fund {j}", state=STATES[home[j]], country="VN") for j in range(n_investors)]
    companies, links = [], []
    first = date(2015, 1, 1)
    for c in range(n_companies):
        category, state = int(rng.integers(n_c)), int(rng.integers(n_s))
        name = f"{WORDS[CATEGORIES[category]]}{c} labs" if c % 3 else f"Venture {c}"
        founded = first + timedelta(days=int(rng.integers(0, 1600)))
        companies.append(
            Company(f"c{c}", name, "", CATEGORIES[category], country="VN", state=STATES[state], founded_at=founded)
        )
        day, backers = founded + timedelta(days=int(rng.integers(10, 300))), list[int]()
        for kind in range(int(rng.integers(0, 4))):
            round_type, amount = ROUNDS[kind]
            gone = (day - first).days
            logit = 2.2 * np.log(taste[:, category] + 0.02) + 2.0 * (home == state) + 2.2 * (size == kind) + fame
            logit = logit + (circle @ circle[backers].mean(axis=0) if backers else 0) - 2.5 * (since > gone)
            logit[backers] = -50
            joined = np.argsort(-(logit + rng.gumbel(size=n_investors)))[: int(rng.integers(1, 4))].tolist()
            usd = float(np.round(10 ** (amount + rng.normal(0, 0.25))))
            links += [Link(f"c{c}", f"i{j}", round_type, day, usd) for j in joined if day < date(2020, 1, 1)]
            backers += joined
            day += timedelta(days=int(rng.integers(200, 500)))
    return Dataset.of(companies, investors, links)
