"""Likeness: how much a company resembles those an investor has backed, each deal weighted by its age.

The weights were learned once by maximum likelihood on earlier half years of the demo's data (a listwise softmax over
investors); they are constants, so that likeness works on day one as well.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from matching.encode import YEAR
from matching.tally import runs_of, spans

if TYPE_CHECKING:
    from matching.features import Companies, Investors
    from matching.history import History

LIKE_FACETS = ("category", "sector", "state", "region", "city", "text", "round", "band")
"""Facets that likeness looks at."""

SINGLE, DENSE, MANY = ("category", "state", "region", "city"), ("round", "band"), ("sector", "text")
"""Those with one value per deal, with few values altogether, and the others."""

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
CHUNK = 20_000
"""Pairs of a company and a deal that are compared at once."""

FEW = 300
"""Deals for each company, on average, below which companies are not compared one by one."""
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
        by_investor = runs_of(investor_at[known])
        grids = None
        if len(by_investor) < len(runs_of(company_at)):
            edges = np.concatenate([[0], np.cumsum(ends[rows[known] + 1] - ends[rows[known]])])
            grids = [(int(edges[first]), int(edges[last]), last - first) for first, last in by_investor]
        learned, broad = self.compare(companies, company_at[known][owner], deals, grids)
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
        self,
        companies: "Companies",
        company_at: np.ndarray,
        deal_at: np.ndarray,
        grids: Sequence[tuple[int, int, int]] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return how alike companies are to those of deals, on a log scale.

        Parameters
        ----------
        companies : Companies
        company_at : ndarray of int, shape (k,)
            Those of one company are next to each other, or lie in grids.
        deal_at : ndarray of int, shape (k,)
            Positions in ``history.deals``.
        grids : sequence of (int, int, int), optional
            Where ranges of pairs begin and end, and how many companies each holds, all with the same deals in the
            same order.

        Returns
        -------
        tuple of ndarray, shapes (k,)
            By the learned weights, with the deals' age; by `BROAD`, without.
        """
        faces = self.history.faces
        agree = np.zeros((2, len(company_at)))
        if grids is not None:
            for start, stop, height in grids:
                width = (stop - start) // height
                if width:
                    whom, deals = company_at[start:stop:width], deal_at[start : start + width]
                    agree[:, start:stop] = faces.grid(companies, whom, deals).reshape(2, -1)
        else:
            runs = runs_of(company_at)
            if len(runs) > 1 and len(company_at) < FEW * len(runs):
                faces.add_pairs(agree, companies, company_at, deal_at)
            else:
                for start, stop in runs:
                    faces.add_one(agree[:, start:stop], companies, int(company_at[start]), deal_at[start:stop])
        learned, broad = agree
        age = np.log(np.expm1(np.maximum(companies.facts[company_at, AGE_FACT], 0.0)) + 0.5)
        learned += SAME_AGE * np.nan_to_num(np.exp(-2.0 * np.square(age - self.history.age_then[deal_at])))
        return learned + self.history.fading[deal_at], broad


class Faces:
    """What likeness looks at in each deal, laid out for quick comparison.

    A facet with one value per deal is a column of codes; of one with few values, the rows there are (amounts repeat)
    and which of them each deal has; the others are sparse.

    Parameters
    ----------
    history : History
    """

    def __init__(self, history: "History") -> None:
        store = history.store
        rows = {facet: store.link_facets[facet][history.deals] for facet in LIKE_FACETS}
        self.codes = np.stack([_codes(rows[facet], -2) for facet in SINGLE], axis=1)
        self.columns = np.ascontiguousarray(self.codes.T)
        told = _codes(rows["round"], -1), store.link_log_amount[history.deals]
        self.kinds = []
        for facet, by in zip(DENSE, told, strict=True):
            _, first, which = np.unique(by, return_index=True, return_inverse=True)
            self.kinds.append((rows[facet][first].toarray(), which))
        self.many = [rows[facet] for facet in MANY]
        self.by_value = [rows[facet].T.tocsr() for facet in MANY]
        self.slot = np.full(len(history.deals), -1, dtype=np.int64)

    @staticmethod
    def of(rows: Mapping[str, sparse.csr_array]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the codes of facets with one value, (n, len(SINGLE)), and dense rows of those with few values."""
        return np.stack([_codes(rows[facet], -1) for facet in SINGLE], axis=1), [rows[f].toarray() for f in DENSE]

    def add_one(self, agree: np.ndarray, companies: "Companies", company: int, deals: np.ndarray) -> None:
        """Add to ``agree``, shape (2, k), the weighted agreement of one company with k different deals."""
        codes, dense = companies.plain
        for column, facet in enumerate(SINGLE):  # a facet at a time: thrice as fast as one product
            _add(agree, facet, self.columns[column].take(deals) == codes[company, column])
        for facet, mine, (theirs, which) in zip(DENSE, dense, self.kinds, strict=True):
            _add(agree, facet, (theirs @ mine[company]).take(which.take(deals)))
        self.slot[deals] = np.arange(len(deals))
        for facet, table in zip(MANY, self.by_value, strict=True):
            rows = companies.facets[facet]
            held = slice(*rows.indptr[company : company + 2])
            value = rows.indices[held]
            at, owner = spans(table.indptr[value], table.indptr[value + 1])
            place = self.slot[table.indices[at]]
            kept = np.flatnonzero(place >= 0)
            both = table.data[at[kept]] * rows.data[held][owner[kept]]
            agree += _weights(facet) * np.bincount(place[kept], both, len(deals))
        self.slot[deals] = -1

    def grid(self, companies: "Companies", whom: np.ndarray, deals: np.ndarray) -> np.ndarray:
        """Return the weighted agreement of each of some companies with each of some deals, shape (2, n, k)."""
        codes, dense = companies.plain
        agree = np.zeros((2, len(whom), len(deals)))
        for column, facet in enumerate(SINGLE):
            _add(agree, facet, codes[whom, column][:, None] == self.codes[deals, column])
        for facet, mine, (theirs, which) in zip(DENSE, dense, self.kinds, strict=True):
            _add(agree, facet, mine[whom] @ theirs[which[deals]].T)
        for facet, table in zip(MANY, self.many, strict=True):
            if table.nnz:
                _add(agree, facet, _products(companies.facets[facet], whom, table, deals))
        return agree

    def add_pairs(self, agree: np.ndarray, companies: "Companies", company_at: np.ndarray, deal_at: np.ndarray) -> None:
        """Add to ``agree``, shape (2, k), the weighted agreement of any pairs, few deals for each company."""
        codes, dense = companies.plain
        whom, who = np.unique(company_at, return_inverse=True)
        deals, what = np.unique(deal_at, return_inverse=True)
        for start in range(0, len(company_at), CHUNK):
            part = slice(start, start + CHUNK)
            agree[:, part] += WEIGHTS_SINGLE @ (codes[company_at[part]] == self.codes[deal_at[part]]).T
            for facet, mine, (theirs, which) in zip(DENSE, dense, self.kinds, strict=True):
                there = theirs[which[deal_at[part]]]
                agree[:, part] += _weights(facet) * np.einsum("kv,kv->k", mine[company_at[part]], there)
        for facet, table in zip(MANY, self.many, strict=True):
            both = companies.facets[facet][whom] @ table[deals].T
            if both.nnz:
                agree += _weights(facet) * both.toarray()[who, what]


def _products(left: sparse.csr_array, whom: np.ndarray, right: sparse.csr_array, deals: np.ndarray) -> np.ndarray:
    # What left[whom] @ right[deals].T says, for so few rows that scipy would take longer to begin than to multiply.
    mine, who = spans(left.indptr[whom], left.indptr[whom + 1])
    theirs, which = spans(right.indptr[deals], right.indptr[deals + 1])
    order = np.argsort(right.indices[theirs], kind="stable")
    held, value = right.indices[theirs][order], left.indices[mine]
    at, owner = spans(np.searchsorted(held, value), np.searchsorted(held, value, side="right"))
    both = left.data[mine[owner]] * right.data[theirs[order[at]]]
    size = len(whom) * len(deals)
    return np.bincount(who[owner] * len(deals) + which[order[at]], both, size).reshape(len(whom), len(deals))


def _add(agree: np.ndarray, facet: str, alike: np.ndarray) -> None:
    agree[0] += LEARNED[facet] * alike
    agree[1] += BROAD[facet] * alike


def _weights(facet: str) -> np.ndarray:
    return np.array([[LEARNED[facet]], [BROAD[facet]]])


WEIGHTS_SINGLE = np.array([[table[facet] for facet in SINGLE] for table in (LEARNED, BROAD)])


def _codes(rows: sparse.csr_array, nothing: int) -> np.ndarray:
    codes = np.full(rows.shape[0], nothing, dtype=np.int32)
    codes[np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))] = rows.indices
    return codes


def fading(deal_age: np.ndarray) -> np.ndarray:
    """Return what deals lose by their age in days, log scale."""
    lost: np.ndarray = (deal_age[:, None] > OLDER_THAN) @ LOSS
    return lost
