"""Markets of the literature, drawn as published: the synthetic one of Su et al., and the made-up ecosystem."""

import numpy as np


def published(n: int, popular: float = 0.5, seed: int = 621) -> tuple[np.ndarray, np.ndarray]:
    """Return p and q of n jobs and 1.5 n candidates (Su, Bayoumi, Joachims 2022), each of shape (1.5 n, n).

    ``popular`` mixes a taste that all share into random tastes. With 0.5 and seed 621 it is the market of the paper
    (reverse popularity down to 0), with 0.8 and seed 0 that of MODE (RecSys 2026).
    """
    drawn = np.random.RandomState(seed)
    many = int(1.5 * n)
    p, q = drawn.random_sample((many, n)), drawn.random_sample((n, many))
    p = (1 - popular) * p + popular * np.linspace(1, 0, n)
    q = (1 - popular) * q + popular * np.linspace(1, 0, many)
    return p, np.ascontiguousarray(q.T)


def ecosystem(n_startups: int, n_investors: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return factors of startups with a sector each and investors with one to three, fame and quality on top."""
    drawn = np.random.default_rng(seed)
    sectors, d = 20, 16
    near = 1 / np.sqrt(d)
    centres = drawn.normal(size=(sectors, d)) * near
    shares = drawn.dirichlet(np.full(sectors, 0.7))
    u = centres[drawn.choice(sectors, n_startups, p=shares)] + 0.5 * near * drawn.normal(size=(n_startups, d))
    counts = drawn.integers(1, 4, n_investors)
    v = np.array([centres[drawn.choice(sectors, count, p=shares)].mean(axis=0) for count in counts])
    v += 0.4 * near * drawn.normal(size=v.shape)
    u2 = u + 0.3 * near * drawn.normal(size=u.shape)
    v2 = v + 0.3 * near * drawn.normal(size=v.shape)
    fame = np.log(drawn.lognormal(0, 0.8, n_investors))
    fame = 1.2 * (fame - fame.mean()) / fame.std()
    quality = drawn.normal(size=n_startups)
    return {
        "U": 4 * u, "V": v, "a": np.full(n_startups, -1.0), "b": fame,
        "U2": 4 * u2, "V2": v2, "a2": quality - 2, "b2": np.zeros(n_investors),
    }  # fmt: skip


def tables(factors: dict[str, np.ndarray], noise: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return p and q of factors as whole tables, with normal noise of that width on the logits."""
    drawn = np.random.default_rng(seed)
    both = []
    for number in ("", "2"):
        u, v, a, b = (factors[name + number] for name in ("U", "V", "a", "b"))
        logit = u @ v.T + a[:, None] + b
        both.append(1 / (1 + np.exp(-logit - noise * drawn.normal(size=logit.shape))))
    return both[0], both[1]


def best_first(score: np.ndarray, places: int) -> np.ndarray:
    """Return for each row the columns of the largest scores, in order: what a system without prices shows."""
    return np.argsort(-score, axis=1, kind="stable")[:, :places]
