"""Features of pairs: what a company is and asks against what an investor has done and says.

One function, `pair_features`, serves training, commands and pages; feature names carry their group before the colon.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from matching.data import Company, Investor
from matching.encode import PAIRED_FACETS, PROFILE_FACETS, band_weights, day, row_product, tidy
from matching.history import ACTIVITY_NAMES, COMPANY_NAMES, YEAR, History
from matching.stated import has_mandate

SMOOTHING = 3.0
"""Deals' worth of the average investor mixed into each investor's shares."""

FACET_GROUPS = {
    "category": "sector", "sector": "sector", "technology": "technology", "country": "place", "state": "place",
    "region": "place", "city": "place", "text": "text", "round": "round", "band": "amount", "entry": "entry",
    "category_state": "focus", "category_region": "focus", "sector_state": "focus",
    "category_round": "round", "region_round": "round",
}  # fmt: skip
"""Group of each facet; a group is what a reason speaks about."""

KERNEL = {
    "category": 1.6, "sector": 1.6, "state": 0.7, "region": 0.9, "city": 0.4, "text": 2.5, "round": 1.2, "band": 2.0,
}  # fmt: skip
"""Weights of agreement in the likeness of two companies (log scale)."""


@dataclass
class Companies:
    """Companies as they stand at a moment, encoded.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Row in the store, -1 for a company that is not in it.
    facets : dict of str to csr_array, shapes (n, width)
        Values as encoded, with the (expected) round and band, and the paired ones.
    facts : ndarray, shape (n, 9)
        `COMPANY_NAMES`, then whether it has backers, log10 of the amount asked, whether a round is stated.
    """

    rows: np.ndarray
    facets: dict[str, sparse.csr_array]
    facts: np.ndarray
    backers: tuple[sparse.csr_array, sparse.csr_array]

    @classmethod
    def at(cls, history: History, companies: Sequence[Company]) -> "Companies":
        """Encode profiles against what the history knows of their ids."""
        store = history.store
        rows = np.array([store.data.company_index.get(company.id, -1) for company in companies], dtype=np.int64)
        facts = np.full((len(rows), len(COMPANY_NAMES)), np.nan)
        facts[rows >= 0] = history.momentum[rows[rows >= 0]]
        facts[rows < 0, :2] = 0.0
        founded = np.array([day(company.founded_at) for company in companies])
        age = np.minimum(history.moment, 1e6) - np.where(
            np.isfinite(founded) & (founded < history.moment), founded, np.nan
        )
        facts[:, COMPANY_NAMES.index("age")] = np.log1p(age / YEAR)
        amounts = [company.amount_usd for company in companies]
        log_amount = np.log10(np.array([a if a and a > 0 else np.nan for a in amounts], dtype=float))
        stated = np.array([bool(tidy(company.round_type)) for company in companies], dtype=float)
        cold = (facts[:, 1] == 0).astype(float)
        facets = store.encoder.profiles(companies)
        kinds, bands = history.next_round
        facets["round"] = _first_known(store.encoder.rounds([c.round_type for c in companies]), kinds, rows, history)
        facets["band"] = _first_known(band_weights(amounts), bands, rows, history)
        facets["entry"] = sparse.csr_array(np.stack([cold, 1 - cold], axis=1))
        return cls(
            rows, with_pairs(facets), np.column_stack([facts, cold, log_amount, stated]), _take(history.backers, rows)
        )

    def part(self, rows: slice | np.ndarray) -> "Companies":
        """Return some of the rows."""
        facets = {name: matrix[rows] for name, matrix in self.facets.items()}
        return Companies(self.rows[rows], facets, self.facts[rows], (self.backers[0][rows], self.backers[1][rows]))


@dataclass
class Investors:
    """Investors as they stand at a moment, encoded; arrays have one column or row per investor."""

    rows: np.ndarray
    profiles: dict[str, sparse.csr_array]
    counts: dict[str, tuple[sparse.csr_array, sparse.csr_array]]
    totals: dict[str, tuple[np.ndarray, np.ndarray]]
    record: np.ndarray
    n_recent: np.ndarray
    deals: np.ndarray
    maker: tuple[sparse.csr_array, sparse.csr_array]
    partners: sparse.csr_array

    @classmethod
    def at(cls, history: History, investors: Sequence[Investor], welcome: bool = True) -> "Investors":
        """Encode profiles against what the history knows of their ids.

        With ``welcome``, one who states a mandate and has no deal yet is taken for a middling active investor.
        """
        store = history.store
        rows = np.array([store.data.investor_index.get(investor.id, -1) for investor in investors], dtype=np.int64)
        pick = _selector(rows, len(store.data.investors))
        counts = {facet: ((a @ pick).tocsr(), (r @ pick).tocsr()) for facet, (a, r) in history.counts.items()}
        totals = {
            facet: (np.asarray(a.sum(axis=0)).ravel(), np.asarray(r.sum(axis=0)).ravel())
            for facet, (a, r) in counts.items()
        }
        never = np.array([0, 0, 0, 0, 0, 0, np.log1p(20 * YEAR / 30), np.log1p(20 * YEAR / 30), 0], dtype=float)
        known = rows >= 0
        record = np.zeros((len(rows), len(ACTIVITY_NAMES) + 4))
        record[:, : len(ACTIVITY_NAMES)] = never
        record[known] = np.column_stack([history.activity, history.breadth])[rows[known]]
        if welcome:
            fresh = [k for k, row in enumerate(investors) if record[k, 0] == 0 and has_mandate(row)]
            record[fresh] = history.typical
        mine = (history.maker @ pick).tocsr()
        deals = np.flatnonzero(np.diff(mine.indptr))
        made = mine[deals]
        recent = (sparse.diags_array(history.deal_weight[deals]) @ made).tocsr()
        n_recent = np.zeros(len(rows))
        n_recent[known] = history.n_recent[rows[known]]
        partners = (history.partners @ pick).tocsr()
        profiles = store.encoder.profiles(investors)
        return cls(rows, profiles, counts, totals, record, n_recent, deals, (made, recent), partners)


def pair_features(history: History, companies: Companies, investors: Investors) -> tuple[np.ndarray, list[str]]:
    """Compute the features of all pairs of some companies and some investors.

    Parameters
    ----------
    history : History
        Gives the base rates and the past companies that likeness is measured against.
    companies : Companies
        n rows.
    investors : Investors
        m rows.

    Returns
    -------
    features : ndarray of float32, shape (n, m, n_features)
        nan where a side says nothing.
    names : list of str
        ``group:feature`` for each.
    """
    found: dict[str, np.ndarray] = {}
    for facet, group in FACET_GROUPS.items():
        _add_facet(found, history, companies, investors, facet, group)
    _add_profiles(found, companies, investors)
    _add_likeness(found, history, companies, investors)
    _add_network(found, companies, investors)
    shape = (len(companies.rows), len(investors.rows))
    for column, name in enumerate((*ACTIVITY_NAMES, "spread_category", "spread_state", "spread_round", "spread_band")):
        found[f"activity:{name}"] = np.broadcast_to(investors.record[:, column], shape)
    for column, name in enumerate((*COMPANY_NAMES, "cold", "asked_amount", "asked_round")):
        found[f"company:{name}"] = np.broadcast_to(companies.facts[:, column, None], shape)
    stacked = np.empty((*shape, len(found)), dtype=np.float32)
    for column, values in enumerate(found.values()):
        stacked[:, :, column] = values
    return stacked, list(found)


def _add_facet(
    found: dict[str, np.ndarray], history: History, companies: Companies, investors: Investors, facet: str, group: str
) -> None:
    asked = companies.facets[facet]
    (every, recent), (_, total) = investors.counts[facet], investors.totals[facet]
    silent = np.diff(asked.indptr) == 0
    n_every, n_recent = (asked @ every).toarray(), (asked @ recent).toarray()
    usual = (asked @ history.shares[facet])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = np.log((n_recent + SMOOTHING * usual) / ((total + SMOOTHING) * usual))
    for name, values in (("all", np.log1p(n_every)), ("recent", np.log1p(n_recent)), ("lift", lift)):
        values[silent] = np.nan
        found[f"{group}:{facet}_{name}"] = values


def _add_profiles(found: dict[str, np.ndarray], companies: Companies, investors: Investors) -> None:
    for facet in PROFILE_FACETS:
        left, right = companies.facets[facet], investors.profiles[facet]
        same = (left @ right.T).toarray()
        if facet != "text":
            same[np.diff(left.indptr) == 0] = np.nan
            same[:, np.diff(right.indptr) == 0] = np.nan
        found[f"{FACET_GROUPS[facet]}:same_{facet}"] = same


def _add_likeness(found: dict[str, np.ndarray], history: History, companies: Companies, investors: Investors) -> None:
    alike = likeness(history, companies, history.deals[investors.deals])
    made, recent = investors.maker
    n_recent = investors.n_recent
    for name, power in (("broad", 1.0), ("close", 2.0)):
        kernel = np.exp(power * alike)
        mass = np.asarray((recent.T @ kernel.T).T)
        found[f"similar:{name}"] = np.log1p(mass)
        found[f"similar:{name}_mean"] = np.log((mass + SMOOTHING) / (n_recent + SMOOTHING))
        if power == 2.0:
            found["similar:close_all"] = np.log1p(np.asarray((made.T @ kernel.T).T))


def likeness(history: History, companies: Companies, links: np.ndarray) -> np.ndarray:
    """Return how alike companies are to those of past links, on a log scale, shape (n companies, n links)."""
    alike = np.zeros((len(companies.rows), len(links)), dtype=np.float32)
    for facet, weight in KERNEL.items():
        rows = history.store.link_facets[facet][links]
        alike += weight * (companies.facets[facet].astype(np.float32) @ rows.T.astype(np.float32)).toarray()
    return alike


def _add_network(found: dict[str, np.ndarray], companies: Companies, investors: Investors) -> None:
    recent, plain = companies.backers
    near, count = (recent @ investors.partners).toarray(), (plain @ investors.partners).toarray()
    n_backers = np.maximum(np.asarray(plain.sum(axis=1)).ravel(), 1.0)[:, None]
    links = (plain @ (investors.partners > 0).astype(np.float64)).toarray()
    values = {"near": near, "count": count, "mean": count / n_backers, "partners": np.log1p(links)}
    alone = np.diff(plain.indptr) == 0
    for name, value in values.items():
        value[alone] = np.nan
        found[f"network:{name}"] = value


def with_pairs(facets: dict[str, sparse.csr_array]) -> dict[str, sparse.csr_array]:
    """Add the paired facets of encoded companies."""
    paired = {name: row_product(facets[left], facets[right]) for name, (left, right) in PAIRED_FACETS.items()}
    return {**facets, **paired}


def _first_known(
    stated: sparse.csr_array, expected: np.ndarray, rows: np.ndarray, history: History
) -> sparse.csr_array:
    fallback = expected[rows] if len(expected) else np.zeros(stated.shape)
    silent = np.diff(stated.indptr) == 0
    dense = stated.toarray()
    dense[silent] = fallback[silent]
    dense[dense < 0.01] = 0
    return sparse.csr_array(dense)


def _selector(rows: np.ndarray, height: int) -> sparse.csr_array:
    known = np.flatnonzero(rows >= 0)
    return sparse.csr_array((np.ones(len(known)), (rows[known], known)), shape=(height, len(rows)))


def _take(
    matrices: tuple[sparse.csr_array, sparse.csr_array], rows: np.ndarray
) -> tuple[sparse.csr_array, sparse.csr_array]:
    pick = _selector(rows, matrices[0].shape[0]).T.tocsr()
    return (pick @ matrices[0]).tocsr(), (pick @ matrices[1]).tocsr()
