"""The first look: an additive guess of the score, cheap enough for every candidate there is.

Each value of a company adds a number that is looked up for each investor, so that all candidates of a query cost one
sparse product. Who is ahead here is looked at with all features (model.py).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from matching.features import SEGMENTS, Companies, Investors
from matching.history import COUNTED, History
from matching.tally import Crowded, Rows, Table, spans

_N = len(COUNTED)
_OTHERS = len(SEGMENTS) - _N
SMOOTHING = 3.0
STRENGTH = 30.0
"""Ridge penalty, in pairs."""


@dataclass
class Prepared:
    """What the first look needs of a set of investors.

    Attributes
    ----------
    alone : ndarray, shape (m,)
        What each has whoever asks.
    absent : ndarray, shape (m, len(COUNTED))
        What each gets where the company says something on a facet, before the values.
    table : Table
        What each value adds.
    n_counted : int
        The first values of the table count deals: whoever has none of them has no ``absent`` either.
    """

    alone: np.ndarray
    absent: np.ndarray
    table: Table
    n_counted: int

    @cached_property
    def _crowd(self) -> tuple[Crowded, np.ndarray]:
        table = self.table
        crowd = Crowded.of((table.indptr, table.column, table.weight), table.n_columns, self.n_counted)
        return crowd, self.absent[crowd.there]

    def investors_for(self, values: Rows, present: np.ndarray, row: int) -> np.ndarray:
        """Return the guess for all investors and one company, shape (m,)."""
        crowd, absent = self._crowd
        mine = slice(values.indptr[row], values.indptr[row + 1])
        rows, weight = values.value[mine], values.weight[mine]
        often = crowd.line[rows] >= 0
        common = weight[often] @ crowd.block[:, :, 0][crowd.line[rows[often]]]
        rows, weight = rows[~often], weight[~often]
        at, owner = spans(self.table.indptr[rows], self.table.indptr[rows + 1])
        added = weight[owner] * self.table.weight[at, 0]
        found: np.ndarray = self.alone + np.bincount(self.table.column[at], added, len(self.alone))
        found[crowd.there] += common[:-1] + absent @ present[row, :_N]
        return found

    def companies_for(self, values: Rows, present: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the guess for all companies and some investors, shape (len(columns), n)."""
        order, ends, value_of = self.table.columns()
        starts, row_of, weight = values.by_value
        crowd = values.crowded
        common = np.zeros((len(columns), len(crowd.block)))
        rest = np.zeros((len(columns), len(values)))
        for k, column in enumerate(columns.tolist()):
            mine = order[ends[column] : ends[column + 1]]
            rows, added = value_of[mine], self.table.weight[mine, 0]
            inside = rows < len(starts) - 1
            rows, added = rows[inside], added[inside]
            line = crowd.line[rows]
            common[k, line[line >= 0]] = added[line >= 0]
            rows, added = rows[line < 0], added[line < 0]
            at, owner = spans(starts[rows], starts[rows + 1])
            rest[k] = np.bincount(row_of[at], weight[at] * added[owner], len(values))
        rest[:, crowd.there] += common @ crowd.block[:, :-1, 0]
        rest += self.absent[columns] @ present[:, :_N].T.astype(float)
        rest += self.alone[columns, None]
        return rest


class FirstLook:
    """Weights of the first look, fitted to what the whole score says of sampled pairs (ridge regression).

    Attributes
    ----------
    coef_ : ndarray
        For each counted facet: of the log count of all time, of the recent one, of the lift, of its absence; then of
        the other segments (both kinds), of the record, and the intercept.
    """

    def fit(
        self,
        history: History,
        companies: Companies,
        investors: Investors,
        company_at: np.ndarray,
        investor_at: np.ndarray,
        score: np.ndarray,
    ) -> "FirstLook":
        """Fit to the scores of pairs; those with a high score count most.

        Parameters
        ----------
        company_at, investor_at : ndarray of int, shape (k,)
        score : ndarray, shape (k,)
        """
        ingredients = _ingredients(history, investors)
        columns = []
        for table in ingredients[:2]:
            sums = table.sums(companies.values, company_at, investor_at, len(SEGMENTS))
            columns += [sums[:, :, 0], sums[:, :, 1]]
        first, second, third, _ = columns
        absent = ingredients[2][investor_at] * companies.present[company_at, :_N]
        ones = np.ones((len(score), 1))
        others = [first[:, _N:], second[:, _N:], investors.record[investor_at], ones]
        design = np.concatenate([first[:, :_N], second[:, :_N], third[:, :_N], absent, *others], axis=1)
        weight = np.exp(0.5 * (score - score.max(initial=0.0))) + 1e-3
        scaled = design * weight[:, None]
        size = np.full(design.shape[1], STRENGTH * weight.mean()) if len(score) else np.ones(design.shape[1])
        self.coef_ = np.linalg.solve(design.T @ scaled + np.diag(size), scaled.T @ score)
        return self

    def prepare(self, history: History, investors: Investors) -> Prepared:
        """Look up all that is the same for every company."""
        counts, lifts, absence = _ingredients(history, investors)
        first, second, third, absent = self.coef_[: 4 * _N].reshape(4, _N)
        others = self.coef_[4 * _N : 4 * _N + 2 * _OTHERS].reshape(2, _OTHERS)
        segment = np.repeat(_segment_of_values(history), np.diff(counts.indptr))
        one, two = (np.concatenate(pair) for pair in ((first, others[0]), (second, others[1])))
        lifted = np.concatenate([third, np.zeros(_OTHERS)])
        weight = one[segment] * counts.weight[:, 0] + two[segment] * counts.weight[:, 1]
        weight += lifted[segment] * lifts.weight[:, 0]
        table = Table(counts.indptr, counts.column, weight[:, None], counts.n_columns)
        record = self.coef_[4 * _N + 2 * _OTHERS : -1]
        return Prepared(investors.record @ record + self.coef_[-1], absence * absent, table, history.store.width)


def _ingredients(history: History, investors: Investors) -> tuple[Table, Table, np.ndarray]:
    table = investors.table
    segment = np.repeat(_segment_of_values(history), np.diff(table.indptr))
    counted = segment < _N
    value = np.repeat(np.arange(len(table.indptr) - 1), np.diff(table.indptr))[counted]
    logs = table.weight.copy()
    logs[counted] = np.log1p(table.weight[counted])
    lift = np.zeros_like(table.weight)
    lift[counted, 0] = np.log1p(table.weight[counted, 1] / (SMOOTHING * history.shares[value]))
    absence = np.log(SMOOTHING / (investors.totals[1] + SMOOTHING))
    counts = Table(table.indptr, table.column, logs, table.n_columns)
    return counts, Table(table.indptr, table.column, lift, table.n_columns), absence


def _segment_of_values(history: History) -> np.ndarray:
    return np.repeat(np.arange(len(SEGMENTS)), history.widths)
