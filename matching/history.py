"""What was known at one moment: counts of past deals per investor and facet, recency, partners, rounds of companies.

A `Store` holds a whole encoded dataset; a `History` is the part before a moment. Pairs are looked at in features.py.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from matching.data import Dataset
from matching.encode import LINK_FACETS, PAIRED_FACETS, PROFILE_FACETS, YEAR, Encoder, day
from matching.likeness import LIKE_FACETS, Faces, fading
from matching.tally import Table, starts_of

HALF_LIFE = 1.25 * YEAR
"""Days after which a deal counts half in "recent" counts."""

PARTNER_HALF_LIFE = 3 * YEAR
COUNTED = (
    *LIKE_FACETS,
    *(facet for facet in (*PROFILE_FACETS, *LINK_FACETS) if facet not in LIKE_FACETS),
    *PAIRED_FACETS,
)
"""Facets whose values are counted for each investor, in the order of the table."""


def decay(age: np.ndarray, half_life: float) -> np.ndarray:
    """Return 2^(-age / half life); ages are days, infinite ones give 0."""
    return np.exp2(-np.maximum(age, 0.0) / half_life)


class Store:
    """A dataset as arrays.

    Attributes
    ----------
    company_facets, investor_facets, link_facets : dict of str to csr_array
        Rows of companies, investors and links by facet.
    link_company, link_investor : ndarray of int, shape (n links,)
        Rows; -1 where the investor is not known.
    link_day : ndarray of float, shape (n links,)
        Days since 1970, -inf for undated links.
    links : list of Link
        The links in the order of these arrays, by day.
    link_log_amount : ndarray of float, shape (n links,)
        log10 US dollars, nan where unknown.
    """

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.encoder = Encoder.learn(data)
        self.company_facets = self.encoder.profiles(data.companies)
        self.investor_facets = self.encoder.profiles(data.investors)
        links = self.links = sorted(
            data.links, key=lambda link: (day(link.funded_at), link.company_id, link.investor_id, link.round_type)
        )
        self.link_company = np.array([data.company_index[link.company_id] for link in links], dtype=np.int64)
        self.link_investor = np.array([data.investor_index.get(link.investor_id, -1) for link in links], dtype=np.int64)
        self.link_day = np.array([day(link.funded_at) for link in links], dtype=float)
        amounts = np.array([link.amount_usd or np.nan for link in links], dtype=float)
        self.link_log_amount = np.log10(amounts)
        self.founded = np.array([day(company.founded_at) for company in data.companies], dtype=float)
        self.link_facets = self.encoder.links(links, self.company_facets, self.link_company)
        self.is_new_pair = self._first_of_pair()
        self.starts = starts_of({facet: self.link_facets[facet].shape[1] for facet in COUNTED})
        self.width = sum(self.link_facets[facet].shape[1] for facet in COUNTED)

    def _first_of_pair(self) -> np.ndarray:
        pair = self.link_company * (len(self.data.investors) + 1) + self.link_investor + 1
        first = np.zeros(len(pair), dtype=bool)
        first[np.unique(pair, return_index=True)[1]] = True
        return first & (self.link_investor >= 0)


@dataclass
class History:
    """The state of a store just before a moment.

    Parameters
    ----------
    store : Store
    moment : float
        Days since 1970; links of that day and later do not exist yet.
    """

    store: Store
    moment: float

    def __post_init__(self) -> None:
        store = self.store
        self.known = np.flatnonzero(store.link_day < self.moment)
        self.deals = self.known[store.is_new_pair[self.known]]
        self.deal_age = self.moment - store.link_day[self.deals]
        self.deal_weight = decay(self.deal_age, HALF_LIFE)
        n_deals, n_investors = len(self.deals), len(store.data.investors)
        self.maker = sparse.csr_array(
            (np.ones(n_deals), (np.arange(n_deals), store.link_investor[self.deals])), shape=(n_deals, n_investors)
        )
        self.n_all = np.asarray(self.maker.sum(axis=0)).ravel()
        self.n_recent = np.asarray(self.maker.T @ self.deal_weight).ravel()

    @property
    def widths(self) -> list[int]:
        """Number of values of each segment of the table that pairs are looked up in (`matching.features.SEGMENTS`)."""
        counted = [self.store.link_facets[facet].shape[1] for facet in COUNTED]
        profile = [self.store.company_facets[facet].shape[1] for facet in PROFILE_FACETS]
        return [*counted, *profile, *[len(self.store.data.investors)] * 2]

    @cached_property
    def tally(self) -> Table:
        """Weighted number of deals (value, investor), all facets of `COUNTED` below each other: all time, recent."""
        values, owners, weights = [], [], []
        for facet in COUNTED:
            rows = self.store.link_facets[facet][self.deals]
            values.append(rows.indices.astype(np.int64) + self.store.starts[facet])
            owners.append(np.repeat(np.arange(len(self.deals)), np.diff(rows.indptr)))
            weights.append(rows.data)
        owner, weight = np.concatenate(owners), np.concatenate(weights)
        both = np.stack([weight, weight * self.deal_weight[owner]], axis=1)
        who = self.store.link_investor[self.deals][owner]
        return Table.counted(np.concatenate(values), who, both, (self.store.width, len(self.store.data.investors)))

    def counts(self, facet: str) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Return the weighted number of deals (value, investor) of one facet: of all time, and recent."""
        start, table = self.store.starts[facet], self.tally
        ends = table.indptr[start : start + self.store.link_facets[facet].shape[1] + 1]
        mine = slice(ends[0], ends[-1])
        shape = (len(ends) - 1, table.n_columns)
        every, recent = (
            sparse.csr_array((table.weight[mine, kind], table.column[mine], ends - ends[0]), shape=shape)
            for kind in (0, 1)
        )
        return every, recent

    @cached_property
    def shares(self) -> np.ndarray:
        """Share of each value among all recent deals that have its facet; never 0."""
        table, store = self.tally, self.store
        total = np.zeros(store.width)
        rows = np.repeat(np.arange(store.width), np.diff(table.indptr))
        total += np.bincount(rows, table.weight[:, 1], store.width)
        for facet in COUNTED:
            width = store.link_facets[facet].shape[1]
            mine = slice(store.starts[facet], store.starts[facet] + width)
            seen = max(int(np.count_nonzero(total[mine])), 1)  # until then: how many there will be is not known
            total[mine] = (total[mine] + 0.5 / seen) / (total[mine].sum() + 0.5)
        return total

    @cached_property
    def by_investor(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of deals ordered by investor, and where each investor's begin (n investors + 1)."""
        who = self.store.link_investor[self.deals]
        counts = np.bincount(who, minlength=len(self.store.data.investors))
        return np.argsort(who, kind="stable"), np.concatenate([[0], np.cumsum(counts)])

    @cached_property
    def faces(self) -> Faces:
        """Return what likeness looks at in each deal."""
        return Faces(self)

    @cached_property
    def fading(self) -> np.ndarray:
        """Return what each deal loses by its age (log scale)."""
        return fading(self.deal_age)

    @cached_property
    def age_then(self) -> np.ndarray:
        """Return the company's age at each deal: log of years + 0.5, nan where unknown."""
        store = self.store
        made, founded = store.link_day[self.deals], store.founded[store.link_company[self.deals]]
        dated = np.isfinite(made) & np.isfinite(founded)
        age = np.where(dated, made, np.nan) - np.where(dated, founded, 0.0)
        return np.log(np.maximum(np.where(age > -YEAR, age, np.nan), 0.0) / YEAR + 0.5)

    @cached_property
    def near(self) -> Table:
        """`partners` as a table: the cosine, and 1 for each partner."""
        return Table.of(self.partners, (self.partners > 0).astype(np.float64).tocsr())

    @cached_property
    def record(self) -> np.ndarray:
        """Return `activity` and `breadth` beside each other."""
        return np.column_stack([self.activity, self.breadth])

    @cached_property
    def never(self) -> np.ndarray:
        """Return the record of an investor without deals."""
        ever = np.log1p(20 * YEAR / 30)
        names = (*ACTIVITY_NAMES, *BREADTH_NAMES)
        return np.array([ever if name in ("since_new", "since_any") else 0.0 for name in names])

    @cached_property
    def activity(self) -> np.ndarray:
        """Return the investors' record, shape (n investors, 11); see `ACTIVITY_NAMES`."""
        who, age = self.store.link_investor[self.deals], self.deal_age
        n = len(self.store.data.investors)
        latest = np.full(n, np.inf)
        np.minimum.at(latest, who, age)
        any_latest = np.full(n, np.inf)
        with_investor = self.known[self.store.link_investor[self.known] >= 0]
        np.minimum.at(
            any_latest, self.store.link_investor[with_investor], self.moment - self.store.link_day[with_investor]
        )
        oldest = np.zeros(n)
        finite = np.isfinite(age)
        np.maximum.at(oldest, who[finite], age[finite])
        within = [np.bincount(who[age <= years * YEAR], minlength=n) for years in (0.08, 0.25, 0.5, 1.0, 2.0, 4.0)]
        columns = [np.log1p(self.n_all), np.log1p(self.n_recent), *(np.log1p(count) for count in within)]
        columns += [np.log1p(np.minimum(latest, 20 * YEAR) / 30), np.log1p(np.minimum(any_latest, 20 * YEAR) / 30)]
        columns += [np.log1p(oldest / YEAR)]
        return np.stack(columns, axis=1)

    @cached_property
    def typical(self) -> np.ndarray:
        """Return the record of a middling investor with a recent deal, shape (15,): what a newcomer is taken for."""
        whole = self.record
        active = whole[self.n_recent >= 0.5]
        return np.median(active, axis=0) if len(active) else np.zeros(whole.shape[1])

    @cached_property
    def breadth(self) -> np.ndarray:
        """Return the entropy of recent deals, shape (n investors, 4): over category, state, round, band."""
        columns = []
        for facet in ("category", "state", "round", "band"):
            recent = self.counts(facet)[1]
            total = np.maximum(np.asarray(recent.sum(axis=0)).ravel(), 1e-9)
            parts = recent.tocoo()
            share = parts.data / total[parts.col]
            entropy = np.bincount(
                parts.col, weights=-share * np.log(np.maximum(share, 1e-12)), minlength=recent.shape[1]
            )
            columns.append(entropy)
        return np.stack(columns, axis=1)

    @cached_property
    def partners(self) -> sparse.csr_array:
        """Return the cosine of investors over companies backed (older deals count less), 0 on the diagonal."""
        weight = decay(self.deal_age, PARTNER_HALF_LIFE)
        who, whom = self.store.link_investor[self.deals], self.store.link_company[self.deals]
        shape = (len(self.store.data.investors), len(self.store.data.companies))
        matrix = sparse.csr_array((weight, (who, whom)), shape=shape)
        norm = np.sqrt(np.asarray(matrix.power(2).sum(axis=1)).ravel())
        scaled = sparse.diags_array(1 / (norm + 0.5)) @ matrix
        cosine = (scaled @ scaled.T).tocsr()
        cosine.setdiag(0)
        cosine.eliminate_zeros()
        return cosine

    @cached_property
    def backers(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Return past investors of companies (n companies, n investors): decayed by age, and as 0/1."""
        who, whom = self.store.link_investor[self.deals], self.store.link_company[self.deals]
        shape = (len(self.store.data.companies), len(self.store.data.investors))
        recent = sparse.csr_array((decay(self.deal_age, 2 * YEAR) + 0.1, (whom, who)), shape=shape)
        return recent, sparse.csr_array((np.ones(len(who)), (whom, who)), shape=shape)

    @cached_property
    def momentum(self) -> np.ndarray:
        """Return what companies did so far, shape (n companies, 6); see `COMPANY_NAMES` (nan: never or unknown)."""
        store, n = self.store, len(self.store.data.companies)
        who = store.link_company[self.known]
        days, amounts = store.link_day[self.known], store.link_log_amount[self.known]
        rounds = np.unique(np.stack([who, np.where(np.isfinite(days), days, -1).astype(np.int64)]), axis=1)[0]
        n_rounds = np.bincount(rounds, minlength=n)
        n_backers = np.bincount(store.link_company[self.deals], minlength=n)
        latest, first = np.full(n, -np.inf), np.full(n, np.inf)
        np.maximum.at(latest, who, days)
        np.minimum.at(first, who, days)
        last_amount = np.full(n, np.nan)
        has = np.isfinite(amounts)
        last_amount[who[has]] = amounts[has]
        since = self.moment - np.where(np.isfinite(latest), latest, np.nan)
        founded = np.where(self.store.founded < self.moment, self.store.founded, -np.inf)
        age = self.moment - np.where(np.isfinite(founded), founded, np.nan)
        columns = [np.log1p(n_rounds), np.log1p(n_backers), np.log1p(since / 30), last_amount, np.log1p(age / YEAR)]
        columns.append(np.log1p((self.moment - np.where(np.isfinite(first), first, np.nan)) / 30))
        return np.stack(columns, axis=1)

    @cached_property
    def next_round(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the kind and the band of the next round expected of each company.

        Returns
        -------
        tuple of ndarray, shapes (n companies, n kinds) and (n companies, n bands)
            Averages of what followed the same last kind (or none) in the past; rows sum to 1 or are 0.
        """
        store, n = self.store, len(self.store.data.companies)
        kinds, bands = (store.link_facets[facet][self.known].toarray() for facet in ("round", "band"))
        none = kinds.shape[1]
        last = np.full(n, none)
        tables = np.full((none + 1, none), 1e-3), np.full((none + 1, bands.shape[1]), 1e-3)
        kind = np.where(kinds.any(axis=1), kinds.argmax(axis=1), none) if none else np.zeros(len(kinds), dtype=int)
        who, days = store.link_company[self.known].tolist(), store.link_day[self.known].tolist()
        seen: dict[int, float] = {}
        for row, (company, at) in enumerate(zip(who, days, strict=True)):
            if seen.get(company) == at:
                continue
            seen[company] = at
            tables[0][last[company]] += kinds[row]
            tables[1][last[company]] += bands[row]
            last[company] = kind[row]
        shares = [table / np.maximum(table.sum(axis=1, keepdims=True), 1e-9) for table in tables]
        return shares[0][last], shares[1][last]


ACTIVITY_NAMES = (
    "deals",
    "deals_recent",
    "deals_1m",
    "deals_3m",
    "deals_6m",
    "deals_1y",
    "deals_2y",
    "deals_4y",
    "since_new",
    "since_any",
    "years_active",
)
BREADTH_NAMES = ("spread_category", "spread_state", "spread_round", "spread_band")
COMPANY_NAMES = ("rounds", "backers", "since_round", "last_amount", "age", "since_first_round")
