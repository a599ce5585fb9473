"""Everybody's best candidates at once, as sparse arrays: what the market is made of.

The market itself (prices, lists) is not here; it hands its prices in, and they count before anybody is cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from matching.candidates import best
from matching.features import pair_features
from matching.stated import prior_total

if TYPE_CHECKING:
    from matching.model import Model

BLOCK = 64
"""Rows that are looked at together."""


@dataclass(frozen=True)
class Pairs:
    """Candidate pairs in compressed rows.

    Attributes
    ----------
    rows, columns : tuple of str
        Ids of the two sides.
    indptr : ndarray of int64, shape (n rows + 1,)
    indices : ndarray of int32, shape (k,)
        Columns, best first within each row.
    p, q : ndarray of float32, shape (k,)
        Calibrated probabilities, seen from the row's side and from the column's.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    indptr: np.ndarray
    indices: np.ndarray
    p: np.ndarray
    q: np.ndarray


def pairs_of(model: "Model", side: str, top: int, price: np.ndarray | None) -> Pairs:
    """Do the work of `matching.model.Model.pairs`.

    Raises
    ------
    ValueError
        An unknown side, fewer than one candidate asked for, or prices that are not one finite number per column.
    """
    if side not in ("companies", "investors"):
        raise ValueError(f"side must be 'companies' or 'investors', not {side!r}")
    if top < 1:
        raise ValueError("top must be at least 1")
    data = model.history_.store.data
    rows, columns = data.companies, data.investors
    if side == "investors":
        rows, columns = columns, rows  # type: ignore[assignment]
    cost = np.zeros(len(columns)) if price is None else np.asarray(price, dtype=float)
    if cost.shape != (len(columns),) or not np.isfinite(cost).all():
        raise ValueError(f"price must be {len(columns)} finite numbers, one for each column")
    lengths, indices, p, q = [], [], [], []
    for found, row_p, row_q in _lanes(model, side, top, cost):
        lengths.append(len(found))
        indices.append(found)
        p.append(row_p)
        q.append(row_q)
    return Pairs(
        tuple(row.id for row in rows),
        tuple(column.id for column in columns),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        _joined(indices, np.int32),
        _joined(p, np.float32),
        _joined(q, np.float32),
    )


def _lanes(
    model: "Model", side: str, top: int, cost: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    companies, investors = model.everyone()
    rows, columns = (companies, investors) if side == "companies" else (investors, companies)
    chance = model.chances(companies)
    column_chance = np.zeros(len(columns.rows)) if side == "companies" else chance
    for start in range(0, len(rows.rows), BLOCK):
        lines = np.arange(start, min(start + BLOCK, len(rows.rows)))
        extra = _extra(model, companies, investors, side, lines) + column_chance
        rough = _first_look(model, companies, investors, side, lines) + extra - cost
        pools = []
        for line in lines.tolist():
            at = (line, None) if side == "companies" else (None, line)
            pools.append(model.cut(companies, investors, rough[line - start], at, max(2 * top, 100)))
        row_at = np.repeat(lines, [len(pool) for pool in pools])
        column_at = np.concatenate(pools)
        company_at, investor_at = (row_at, column_at) if side == "companies" else (column_at, row_at)
        features = pair_features(model.history_, companies.encoded, investors.encoded, company_at, investor_at)
        pair = model.scorer_.logit(features) + (extra[row_at - start, column_at] - column_chance[column_at])
        order = pair + column_chance[column_at] - cost[column_at]
        alone = 1.0 / (1.0 + np.exp(-np.clip(pair, -60, 60)))
        raising = alone * np.exp(chance[company_at])
        p, q = (alone, raising) if side == "companies" else (raising, alone)
        edge = 0
        for pool in pools:
            mine = slice(edge, edge + len(pool))
            kept = best(order[mine], columns.ties[pool], top)
            yield pool[kept], p[mine][kept], q[mine][kept]
            edge += len(pool)


def _first_look(model: "Model", companies: Any, investors: Any, side: str, lines: np.ndarray) -> np.ndarray:
    values, present, prepared = companies.encoded.values, companies.encoded.present, model.prepared(investors)
    if side == "investors":
        return prepared.companies_for(values, present, lines)
    return np.stack([prepared.investors_for(values, present, line) for line in lines.tolist()])


def _extra(model: "Model", companies: Any, investors: Any, side: str, lines: np.ndarray) -> np.ndarray:
    left, right = companies.statements, investors.statements
    experience = investors.encoded.n_recent
    alike = None
    if side == "companies":
        left = left.part(lines)
    else:
        right, experience = right.part(lines), experience[lines]
    if not model.learned_:
        profiles = model.history_.store.investor_facets["text"]
        words = companies.encoded.facets["text"]
        alike = (words[lines] @ profiles.T if side == "companies" else words @ profiles[lines].T).toarray()
    total = prior_total(left, right, alike, experience, model.learned_)
    return total if side == "companies" else total.T


def _joined(parts: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, dtype=kind)
