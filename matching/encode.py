"""Profiles and links as arrays: one vocabulary per facet, one sparse row per profile or link.

Counts per investor are made in history.py. The engine's clock is days since 1970, as floats.
"""

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from scipy import sparse

from matching.data import Company, Dataset, Investor, Link
from matching.text import concept_terms, fold, terms

PROFILE_FACETS = ("category", "sector", "technology", "country", "state", "region", "city", "text")
"""Facets that a company and an investor both have."""

PAIRED_FACETS = {
    "category_state": ("category", "state"),
    "category_region": ("category", "region"),
    "sector_state": ("sector", "state"),
    "category_round": ("category", "round"),
    "region_round": ("region", "round"),
}
"""Facets made of two others, value by value."""

LINK_FACETS = ("round", "band", "sum", "entry")
"""Facets of a link itself: kind of round, band and sum of its amount, whether it was the company's first money."""

BANDS = np.linspace(4.0, 8.5, 13)
"""Centres of the amount bands, log10 US dollars; an amount lies in several, with Gaussian weights."""

YEAR = 365.25
ENTRY = ("first", "later")
_NOWHERE = frozenset({"", "unknown", "n/a", "none"})
_EPOCH = date(1970, 1, 1).toordinal()


def day(value: date | None) -> float:
    """Return days since 1970; -inf (infinitely old) for an unknown day."""
    return -math.inf if value is None else float(value.toordinal() - _EPOCH)


@lru_cache(maxsize=65_536)
def tidy(value: str) -> str:
    """Fold a code or place name; what says "unknown" is empty."""
    folded = fold(value)
    return "" if folded in _NOWHERE else folded


def band_weights(amounts: Sequence[float | None]) -> sparse.csr_array:
    """Spread each amount over the bands.

    Parameters
    ----------
    amounts : sequence of float or None
        US dollars; None or nothing positive gives an empty row.

    Returns
    -------
    csr_array, shape (n, 13)
        Rows sum to 1 or are empty.
    """
    known = np.array([amount if amount and amount > 0 else np.nan for amount in amounts], dtype=float)
    logs = np.clip(np.log10(known), BANDS[0], BANDS[-1])
    weights = np.exp(-0.5 * ((logs[:, None] - BANDS) / 0.3) ** 2)
    weights[~(weights > 0.02)] = 0.0
    total = weights.sum(axis=1, keepdims=True)
    return of_dense(np.divide(weights, total, out=np.zeros_like(weights), where=total > 0))


def round_sum(amount: float | None) -> str:
    """Return an amount to two digits: programmes give everybody the same sum. Empty where it is not known."""
    return f"{amount:.1e}" if amount and amount > 0 and math.isfinite(amount) else ""


def compressed(weights: object, columns: object, indptr: object, width: int) -> sparse.csr_array:
    """Put sparse rows together from parts that are in order: scipy's checks of them cost more than all else of a row.

    Parameters
    ----------
    weights, columns : array_like, shape (entries,)
        Columns rise within each row, and none is there twice.
    indptr : array_like of int, shape (n + 1,)
    width : int
    """
    ends = np.asarray(indptr, dtype=np.int32)
    rows = copy.copy(_silent(width)) if len(ends) == 2 else sparse.csr_array((len(ends) - 1, width))
    rows.data, rows.indices = np.asarray(weights, dtype=float), np.asarray(columns, dtype=np.int32)
    rows.indptr = ends
    return rows


@lru_cache(maxsize=256)
def _silent(width: int) -> sparse.csr_array:
    return sparse.csr_array((1, width))


def of_dense(rows: np.ndarray) -> sparse.csr_array:
    """Keep what is not 0 of dense rows."""
    owner, column = np.nonzero(rows)
    return compressed(rows[owner, column], column, ends_of(np.bincount(owner, minlength=len(rows))), rows.shape[1])


def ends_of(lengths: np.ndarray) -> np.ndarray:
    """Return where rows of these lengths begin and end when they follow each other, shape (n + 1,)."""
    ends = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=ends[1:])
    return ends


def row_product(left: sparse.csr_array, right: sparse.csr_array) -> sparse.csr_array:
    """Multiply two sparse matrices row by row: (n, a) and (n, b) give (n, a*b), column ``i*b + j``."""
    n, width = left.shape[0], right.shape[1]
    if not (left.nnz and right.nnz):
        return compressed([], [], np.zeros(n + 1), left.shape[1] * width)
    lengths_l, lengths_r = np.diff(left.indptr), np.diff(right.indptr)
    lengths = lengths_l * lengths_r
    rows = np.repeat(np.arange(n), lengths)
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    step = np.maximum(lengths_r[rows], 1)
    at_l = left.indptr[rows] + within // step
    at_r = right.indptr[rows] + within % step
    columns = left.indices[at_l].astype(np.int64) * width + right.indices[at_r]
    values = left.data[at_l] * right.data[at_r]
    return compressed(values, columns, ends_of(lengths), left.shape[1] * width)


@dataclass(frozen=True)
class Encoder:
    """Vocabularies of all facets, learned from one dataset.

    Attributes
    ----------
    vocabularies : mapping of str to (mapping of str to int)
        Column of each known value by facet.
    idf : ndarray, shape (n terms,)
        Weight of each text term.
    """

    vocabularies: Mapping[str, Mapping[str, int]]
    idf: np.ndarray

    @classmethod
    def learn(cls, data: Dataset) -> "Encoder":
        """Collect the values of every facet of a dataset."""
        found: dict[str, dict[str, int]] = {facet: {} for facet in (*PROFILE_FACETS, "round", "sum")}
        frequency: dict[str, int] = {}
        profiles: list[Company | Investor] = [*data.companies, *data.investors]
        for row in profiles:
            for facet in PROFILE_FACETS[:-1]:
                for value in facet_values(row, facet):
                    found[facet].setdefault(value, len(found[facet]))
        for company in data.companies:
            for term in set(terms(company.name, company.description)):
                frequency[term] = frequency.get(term, 0) + 1
        for link in data.links:
            if value := tidy(link.round_type):
                found["round"].setdefault(value, len(found["round"]))
            if value := round_sum(link.amount_usd):
                found["sum"].setdefault(value, len(found["sum"]))
        concepts = concept_terms()  # even what nobody has named yet: the next profile may
        frequency.update({term: max(frequency.get(term, 0), 1) for term in concepts})
        kept = sorted({*concepts, *(term for term, count in frequency.items() if count >= 3)})
        found["text"] = {term: column for column, term in enumerate(kept)}
        total = max(len(data.companies), 1)
        idf = np.array([math.log(1 + total / frequency[term]) for term in kept])
        return cls(found, idf)

    def profiles(self, rows: Sequence[Company] | Sequence[Investor]) -> dict[str, sparse.csr_array]:
        """Encode profiles: one matrix (n, width) per facet of `PROFILE_FACETS`.

        Several values of a facet share the weight 1; text is tf-idf of length 1. Unknown values are dropped.
        """
        encoded = {
            facet: self._values([facet_values(row, facet) for row in rows], facet) for facet in PROFILE_FACETS[:-1]
        }
        encoded["text"] = self._texts(rows)
        return encoded

    def rounds(self, names: Sequence[str]) -> sparse.csr_array:
        """Encode kinds of round: (n, kinds known); unknown ones give an empty row."""
        return self._values([(tidy(name),) for name in names], "round")

    def sums(self, amounts: Sequence[float | None]) -> sparse.csr_array:
        """Encode amounts by `round_sum`: (n, sums known); what nobody gave yet is an empty row."""
        return self._values([(round_sum(amount),) for amount in amounts], "sum")

    def links(
        self, links: Sequence[Link], companies: Mapping[str, sparse.csr_array], owner: np.ndarray
    ) -> dict[str, sparse.csr_array]:
        """Encode links: the facets of their company, of the round, and the paired ones.

        Parameters
        ----------
        links : sequence of Link
        companies : mapping
            Result of `profiles` for all companies.
        owner : ndarray of int, shape (n links,)
            Row of each link's company.
        """
        encoded = {facet: matrix[owner] for facet, matrix in companies.items()}
        encoded["round"] = self.rounds([link.round_type for link in links])
        amounts = [link.amount_usd for link in links]
        encoded["band"], encoded["sum"] = band_weights(amounts), self.sums(amounts)
        days = np.array([day(link.funded_at) for link in links])
        first = np.full(int(owner.max(initial=-1)) + 1, np.inf)
        np.minimum.at(first, owner, days)
        encoded["entry"] = of_dense(np.stack([days <= first[owner], days > first[owner]], axis=1).astype(float))
        return with_pairs(encoded)

    def _values(self, values: Iterable[Sequence[str]], facet: str) -> sparse.csr_array:
        vocabulary = self.vocabularies[facet]
        indptr, indices, weights = [0], list[int](), list[float]()
        for row in values:
            columns = sorted({vocabulary[value] for value in row if value in vocabulary})
            indices += columns
            weights += [1 / max(len(columns), 1)] * len(columns)
            indptr.append(len(indices))
        return compressed(weights, indices, indptr, len(vocabulary))

    def _texts(self, rows: Sequence[Company] | Sequence[Investor]) -> sparse.csr_array:
        vocabulary = self.vocabularies["text"]
        indptr, indices, weights = [0], list[int](), list[float]()
        for row in rows:
            counts: dict[int, int] = {}
            for term in terms(row.name, row.description):
                column = vocabulary.get(term)
                if column is not None:
                    counts[column] = counts.get(column, 0) + 1
            columns = sorted(counts)
            raw = np.array([(1 + math.log(counts[c])) * self.idf[c] for c in columns])
            indices += columns
            weights += (raw / np.linalg.norm(raw)).tolist() if columns else []
            indptr.append(len(indices))
        return compressed(weights, indices, indptr, len(vocabulary))


def facet_values(row: Company | Investor, facet: str) -> tuple[str, ...]:
    """Return the folded values of one facet of a profile; a place carries the wider place it lies in."""
    match facet:
        case "sector":
            found: tuple[str, ...] = row.sectors
        case "technology":
            found = row.technologies
        case "city":
            city = tidy(row.city)
            return (f"{city}, {tidy(row.state)}",) if city else ()
        case _:
            found = (getattr(row, facet),)
    return tuple(value for value in map(tidy, found) if value)


def with_pairs(encoded: dict[str, sparse.csr_array]) -> dict[str, sparse.csr_array]:
    """Add the paired facets to encoded rows that have all single ones."""
    paired = {name: row_product(encoded[left], encoded[right]) for name, (left, right) in PAIRED_FACETS.items()}
    return {**encoded, **paired}
