"""Features of pairs: what a company is and asks against what an investor has done and says.

One function, `pair_features`, serves training, commands and pages; feature names carry their group before the colon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from matching.data import Company, Investor
from matching.encode import (
    PAIRED_FACETS,
    PROFILE_FACETS,
    YEAR,
    band_weights,
    compressed,
    day,
    ends_of,
    of_dense,
    tidy,
    with_pairs,
)
from matching.history import ACTIVITY_NAMES, BREADTH_NAMES, COMPANY_NAMES, COUNTED, History
from matching.likeness import LIKENESS_NAMES, Faces, Likeness
from matching.stated import has_mandate
from matching.tally import Rows, Table, spans

SMOOTHING = 3.0
"""Deals' worth of the average investor mixed into each investor's shares."""

BACK_OFF = 2.0
"""Deals' worth of the product of two shares mixed into the share of a paired facet."""

FACET_GROUPS = {
    "category": "sector", "sector": "sector", "technology": "technology", "country": "place", "state": "place",
    "region": "place", "city": "place", "text": "text", "round": "round", "band": "amount", "sum": "amount",
    "entry": "entry",
    "category_state": "focus", "category_region": "focus", "sector_state": "focus",
    "category_round": "round", "region_round": "round",
}  # fmt: skip
"""Group of each facet; a group is what a reason speaks about."""

SAME = tuple(f"same_{facet}" for facet in PROFILE_FACETS)
SEGMENTS = (*COUNTED, *SAME, "near", "partners")
"""What the table that pairs are looked up in is made of: counts, own profiles, the company's investors."""

_N = len(COUNTED)
_PAIRED = [(COUNTED.index(name), *map(COUNTED.index, parts)) for name, parts in PAIRED_FACETS.items()]
FACT_NAMES = (*COMPANY_NAMES, "cold", "asked_amount", "asked_round")

NAMES = (
    *(f"{FACET_GROUPS[facet]}:{facet}_{kind}" for kind in ("all", "recent", "lift") for facet in COUNTED),
    *(f"{FACET_GROUPS[facet]}:{facet}_joint" for facet in PAIRED_FACETS),
    *(f"{FACET_GROUPS[facet]}:same_{facet}" for facet in PROFILE_FACETS),
    "network:near", "network:mean", "network:count", "network:partners",
    *(f"similar:{name}" for name in LIKENESS_NAMES),
    *(f"activity:{name}" for name in (*ACTIVITY_NAMES, *BREADTH_NAMES)),
    *(f"company:{name}" for name in FACT_NAMES),
)  # fmt: skip
"""Name of each feature, ``group:feature``."""


@dataclass
class Companies:
    """Companies as they stand at a moment, encoded.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Row in the store, -1 for a company that is not in it.
    facets : dict of str to csr_array, shapes (n, widths)
        Values as encoded, with the (expected) round and band, the sum asked, and the paired ones.
    facts : ndarray, shape (n, 9)
        `FACT_NAMES`: what it did so far, whether it has no investors, log10 of the amount asked, a round is stated.
    backers : tuple of csr_array, shapes (n, investors of the store)
        Past investors: decayed by age, and as 0/1.
    values : Rows
        All of it beside each other, in the order of `SEGMENTS`.
    usual : ndarray, shape (n, len(COUNTED))
        How usual each company's values are among recent deals; 0 where unknown.
    """

    rows: np.ndarray
    facets: dict[str, sparse.csr_array]
    facts: np.ndarray
    backers: tuple[sparse.csr_array, sparse.csr_array]
    values: Rows
    usual: np.ndarray

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
        facets["round"] = _first_known(store.encoder.rounds([c.round_type for c in companies]), kinds, rows)
        facets["band"] = _first_known(band_weights(amounts), bands, rows)
        facets["sum"] = store.encoder.sums(amounts)
        facets["entry"] = of_dense(np.stack([cold, 1 - cold], axis=1))
        facets, backers = with_pairs(facets), _take(history.backers, rows)
        parts = [*(facets[name] for name in (*COUNTED, *PROFILE_FACETS)), *backers]
        values = Rows.beside(parts, np.cumsum([0, *history.widths]))
        facts = np.column_stack([facts, cold, log_amount, stated])
        return cls(rows, facets, facts, backers, values, _usual(values, history))

    def part(self, rows: np.ndarray) -> "Companies":
        """Return some of the rows."""
        facets = {name: matrix[rows] for name, matrix in self.facets.items()}
        backers = self.backers[0][rows], self.backers[1][rows]
        return Companies(self.rows[rows], facets, self.facts[rows], backers, self.values.part(rows), self.usual[rows])

    @cached_property
    def present(self) -> np.ndarray:
        """Which segments a company has a value in, shape (n, len(SEGMENTS))."""
        return self.values.present(len(SEGMENTS))

    @cached_property
    def plain(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """What likeness compares by itself, see `Faces.of`."""
        return Faces.of(self.facets)

    @cached_property
    def backed(self) -> sparse.csr_array:
        """Which companies each investor of the store is in, shape (investors of the store, n)."""
        return self.backers[1].T.tocsr()


@dataclass
class Investors:
    """Investors as they stand at a moment, encoded.

    Attributes
    ----------
    rows : ndarray of int, shape (m,)
        Row in the store, -1 for an investor that is not in it.
    table : Table
        (values of `SEGMENTS`, m).
    totals : ndarray, shape (2, m, len(COUNTED))
        Sum of each facet's counts: of all time, and recent.
    said : ndarray of bool, shape (m, len(PROFILE_FACETS))
        Which facets the own profile has a value in.
    record : ndarray, shape (m, n activity)
        `ACTIVITY_NAMES`, then `BREADTH_NAMES`.
    n_recent : ndarray, shape (m,)
    """

    rows: np.ndarray
    table: Table
    totals: np.ndarray
    said: np.ndarray
    record: np.ndarray
    n_recent: np.ndarray

    @classmethod
    def at(cls, history: History, investors: Sequence[Investor], welcome: bool = True) -> "Investors":
        """Encode profiles against what the history knows of their ids.

        With ``welcome``, one who states a mandate and has no deal yet is taken for a middling active investor.
        """
        store = history.store
        rows = np.array([store.data.investor_index.get(investor.id, -1) for investor in investors], dtype=np.int64)
        height = len(store.data.investors)
        profiles = store.encoder.profiles(investors)
        counts = history.tally.pick(rows, height)
        near = history.near.pick(rows, height)
        own = [Table.of(profiles[facet].T.tocsr()) for facet in PROFILE_FACETS]
        said = np.stack([np.diff(profiles[facet].indptr) > 0 for facet in PROFILE_FACETS], axis=1)
        known = rows >= 0
        record = np.tile(history.never, (len(rows), 1))
        record[known] = history.record[rows[known]]
        if welcome:
            fresh = [k for k, row in enumerate(investors) if record[k, 0] == 0 and has_mandate(row)]
            record[fresh] = history.typical
        n_recent = np.zeros(len(rows))
        n_recent[known] = history.n_recent[rows[known]]
        totals = _totals(counts, history)
        return cls(rows, Table.stacked([counts, *own, near, near]), totals, said, record, n_recent)


def pair_features(
    history: History, companies: Companies, investors: Investors, company_at: np.ndarray, investor_at: np.ndarray
) -> np.ndarray:
    """Compute the features of pairs.

    Parameters
    ----------
    history : History
        Gives the base rates and the past companies that likeness is measured against.
    companies, investors : Companies, Investors
        n and m rows.
    company_at, investor_at : ndarray of int, shape (k,)
        The pairs; those of one company, or of one investor, are next to each other, and no pair is there twice.

    Returns
    -------
    ndarray of float32, shape (k, len(NAMES))
        nan where a side says nothing.
    """
    sums = investors.table.sums(companies.values, company_at, investor_at, len(SEGMENTS))
    present = companies.present
    every, recent = sums[:, :_N, 0], sums[:, :_N, 1]
    usual = companies.usual[company_at]
    total_all, total = investors.totals[:, investor_at]
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = np.log((recent + SMOOTHING * usual) / ((total + SMOOTHING) * usual))
        share = (recent + 0.3 * every + BACK_OFF * usual) / (total + 0.3 * total_all + BACK_OFF)
        joint = np.empty((len(company_at), len(_PAIRED)))
        for place, (paired, left, right) in enumerate(_PAIRED):
            mixed = share[:, left] * share[:, right]
            own = recent[:, paired] + 0.3 * every[:, paired]
            found = (own + BACK_OFF * mixed) / (total[:, paired] + 0.3 * total_all[:, paired] + BACK_OFF)
            joint[:, place] = np.log(found / usual[:, paired] + 1e-4)
    counted = np.concatenate([np.log1p(every), np.log1p(recent), lift], axis=1)
    silent = ~present[company_at, :_N]
    counted[np.tile(silent, 3)] = np.nan
    joint[silent[:, [paired for paired, _, _ in _PAIRED]]] = np.nan
    same = sums[:, _N : _N + len(SAME), 0]
    unsaid = ~(present[company_at, _N : _N + len(SAME)] & investors.said[investor_at])
    unsaid[:, SAME.index("same_text")] = False
    same[unsaid] = np.nan
    likeness = Likeness(history).features(companies, investors, company_at, investor_at)
    parts = [counted, joint, same, _network(sums, companies, company_at), likeness]
    parts += [investors.record[investor_at], companies.facts[company_at]]
    features: np.ndarray = np.concatenate(parts, axis=1, dtype=np.float32)
    return features


def _network(sums: np.ndarray, companies: Companies, company_at: np.ndarray) -> np.ndarray:
    near, count, links = sums[:, -2, 0], sums[:, -1, 0], sums[:, -1, 1]
    backers = np.diff(companies.backers[1].indptr)[company_at]
    found = np.stack([near, count / np.maximum(backers, 1), count, np.log1p(links)], axis=1)
    found[backers == 0] = np.nan
    return found


def _usual(values: Rows, history: History) -> np.ndarray:
    owner = np.repeat(np.arange(len(values)), np.diff(values.indptr))
    counted = np.flatnonzero(values.segment < _N)
    share = values.weight[counted] * history.shares[values.value[counted]]
    code = owner[counted] * _N + values.segment[counted]
    return np.bincount(code, share, len(values) * _N).reshape(-1, _N)


def _totals(counts: Table, history: History) -> np.ndarray:
    segment = np.repeat(np.repeat(np.arange(_N), history.widths[:_N]), np.diff(counts.indptr))
    code = counts.column.astype(np.int64) * _N + segment
    shape = (counts.n_columns, _N)
    return np.stack([np.bincount(code, counts.weight[:, k], shape[0] * _N).reshape(shape) for k in (0, 1)])


def _first_known(stated: sparse.csr_array, expected: np.ndarray, rows: np.ndarray) -> sparse.csr_array:
    fallback = expected[rows] if len(expected) else np.zeros(stated.shape)
    silent = np.diff(stated.indptr) == 0
    dense = stated.toarray()
    dense[silent] = fallback[silent]
    dense[dense < 0.01] = 0
    return of_dense(dense)


def _take(
    matrices: tuple[sparse.csr_array, sparse.csr_array], rows: np.ndarray
) -> tuple[sparse.csr_array, sparse.csr_array]:
    found, height = [], matrices[0].shape[0]
    rows = np.where(rows < 0, height, rows)  # a stranger is an empty row below all others
    for matrix in matrices:
        ends = np.append(matrix.indptr, matrix.indptr[-1])
        at, _ = spans(ends[rows], ends[rows + 1])
        indptr = ends_of(ends[rows + 1] - ends[rows])
        found.append(compressed(matrix.data[at], matrix.indices[at], indptr, matrix.shape[1]))
    return found[0], found[1]
