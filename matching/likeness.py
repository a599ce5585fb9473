"""Likeness: how much a company resembles those an investor has backed, each deal weighted by its age.

The weights were learned once by maximum likelihood on earlier half years of the demo's data (a listwise softmax over
investors); they are constants, so that likeness works on day one as well.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from matching.encode import YEAR
from matching.tally import spans

if TYPE_CHECKING:
    from matching.features import Companies, Investors
    from matching.history import History

LIKE_FACETS = ("category", "sector", "state", "region", "city", "text", "round", "band")
"""Facets that likeness looks at."""

BROAD = {
    "category": 1.6, "sector": 1.6, "state": 0.7, "region": 0.9, "city": 0.4, "text": 2.5, "round": 1.2, "band": 2.0,
}  # fmt: skip
"""Weight of agreement on each facet (log scale): what was set by hand, with half-lives for the deals' age."""

LEARNED = {
    "category": 1.6, "sector": 1.6, "state": 1.7, "region": 1.3, "city": 0.5, "text": 1.2, "round": 0.9, "band": 2.8,
}  # fmt: skip
"""The same, learned together with `LOSS` and `SAME_AGE`; both see something that the other does not."""

SAME_AGE = 0.9
"""Weight of being of the same age as the backed company was; falls as exp(-2 d^2), d on a log scale of years."""

OLDER_THAN = np.array([0.25, 0.5, 1.0, 2.0, 4.0, 8.0]) * YEAR
LOSS = np.array([-0.18, -0.03, -0.79, -0.52, -0.44, 0.34])
"""What a deal loses (log scale) once it is older than each of `OLDER_THAN`."""

FLOOR = 0.0033
"""What each recent deal counts for, however little it resembles."""

SMOOTHING = 3.0
AGE_FACT = 4
"""Column of the company's age in its facts."""

LIKENESS_NAMES = ("mass", "mean", "sharp", "broad", "broad_mean", "close", "close_mean", "close_all")


class Likeness:
    """Compares companies with those of past deals.

    Parameters
    ----------
    history : History
    """

    def __init__(self, history: "History") -> None:
        self.history = history

    def features(
        self, companies: "Companies", investors: "Investors", company_at: np.ndarray, investor_at: np.ndarray
    ) -> np.ndarray:
        """Return for pairs how alike the company is to the investor's deals, shape (k, len(LIKENESS_NAMES)).

        Parameters are those of `matching.features.pair_features`.
        """
        rows, n_recent = investors.rows[investor_at], investors.n_recent[investor_at]
        order, ends = self.history.by_investor
        known = np.flatnonzero(rows >= 0)
        at, owner = spans(ends[rows[known]], ends[rows[known] + 1])
        deals = order[at]
        learned, broad = self.compare(companies, company_at[known][owner], deals)
        recent, near = self.history.deal_weight[deals], np.exp(broad)
        weighted = (np.exp(learned), np.exp(1.5 * learned), recent * near, recent * near**2, near**2)
        found = np.zeros((len(weighted), len(rows)))
        for line, values in zip(found, weighted, strict=True):
            line[known] = np.bincount(owner, values, len(known))
        floor = FLOOR * n_recent + 1e-4
        mass, sharp = found[0] + floor, found[1] + floor
        columns = [np.log(mass), np.log(mass / (n_recent + 1.0)), np.log(sharp)]
        for total in found[2:4]:
            columns += [np.log1p(total), np.log((total + SMOOTHING) / (n_recent + SMOOTHING))]
        return np.stack([*columns, np.log1p(found[4])], axis=1)

    def compare(
        self, companies: "Companies", company_at: np.ndarray, deal_at: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return how alike companies are to those of deals, on a log scale.

        Parameters
        ----------
        companies : Companies
        company_at : ndarray of int, shape (k,)
            Those of one company are next to each other.
        deal_at : ndarray of int, shape (k,)
            Positions in ``history.deals``.

        Returns
        -------
        tuple of ndarray, shapes (k,)
            By the learned weights, with the deals' age; by `BROAD`, without.
        """
        learned, broad = np.zeros((2, len(company_at)))
        faces, weights = self.history.faces
        values = companies.values
        dense = np.zeros(faces.shape[1])
        edges = np.concatenate([[0], np.flatnonzero(np.diff(company_at)) + 1, [len(company_at)]]).tolist()
        for start, stop in zip(edges[:-1], edges[1:], strict=True):
            if start == stop:
                continue
            mine = slice(values.indptr[company_at[start]], values.indptr[company_at[start] + 1])
            place, weight = values.value[mine], values.weight[mine]
            inside = place < len(dense)
            dense[place[inside]] = weight[inside]
            deals = deal_at[start:stop]
            at, owner = spans(faces.indptr[deals], faces.indptr[deals + 1])
            both = dense[faces.indices[at]] * faces.data[at]
            hit = np.flatnonzero(both)
            at, owner, both = at[hit], owner[hit], both[hit]
            learned[start:stop] = np.bincount(owner, both * weights[0][faces.indices[at]], stop - start)
            broad[start:stop] = np.bincount(owner, both * weights[1][faces.indices[at]], stop - start)
            dense[place[inside]] = 0.0
        age = np.log(np.expm1(np.maximum(companies.facts[company_at, AGE_FACT], 0.0)) + 0.5)
        learned += SAME_AGE * np.nan_to_num(np.exp(-2.0 * np.square(age - self.history.age_then[deal_at])))
        return learned + self.history.fading[deal_at], broad


def faces(history: "History") -> tuple[sparse.csr_array, np.ndarray]:
    """Return the facets that likeness looks at for each deal, (n deals, width), and the weights of values, (2, width).

    Values are numbered as in the history's table, where these facets come first.
    """
    store = history.store
    parts = [store.link_facets[facet][history.deals] for facet in LIKE_FACETS]
    widths = [part.shape[1] for part in parts]
    weights = np.stack([np.repeat([table[facet] for facet in LIKE_FACETS], widths) for table in (LEARNED, BROAD)])
    return sparse.csr_array(sparse.hstack(parts, format="csr")), weights


def fading(deal_age: np.ndarray) -> np.ndarray:
    """Return what deals lose by their age in days, log scale."""
    lost: np.ndarray = (deal_age[:, None] > OLDER_THAN) @ LOSS
    return lost
