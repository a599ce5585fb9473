"""The fitted model: ranks investors for companies and companies for investors, from profiles passed in.

Learning is in scorer.py, reasons in explain.py; this module puts them together and keeps them on disk.
"""

import hashlib
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Self

import joblib
import numpy as np

from matching.data import Company, Dataset, Investor
from matching.features import Companies, Investors
from matching.history import History, Store
from matching.encode import day
from matching.stated import BASE, WEIGHTS, Statements, prior
from matching.suggestions import Reason, Suggestion

FORMAT = 1


class Model:
    """A fitted engine; make one with `fit` or `Model.load`.

    Attributes
    ----------
    version : str
        Format, day and fingerprint of the data, seed.
    card : dict
        Data, period, metrics, calibration, coverage and exposure of the fit.
    """

    def __init__(self, data: Dataset, as_of: date | None, seed: int) -> None:
        self.as_of = as_of
        self.seed = seed
        self.version = f"{FORMAT}-{as_of or 'undated'}-{data.fingerprint()}-{seed}"
        self.card: dict[str, Any] = {}
        self.history_ = History(Store(data), day(as_of) + 1 if as_of else math.inf)

    def rank_investors(
        self, queries: Sequence[Company], candidates: Sequence[Investor | str] | None = None, limit: int = 20
    ) -> list[list[Suggestion]]:
        """Suggest investors to companies; see the package's docstring."""
        data = self.history_.store.data
        rows = list(data.investors) if candidates is None else [_row(data.investors, data.investor_index, c, Investor) for c in candidates]
        found = []
        for query in queries:
            found.append(self._suggest([query], rows, 0, limit))
        return found

    def rank_companies(
        self, queries: Sequence[Investor], candidates: Sequence[Company | str] | None = None, limit: int = 20
    ) -> list[list[Suggestion]]:
        """Suggest companies to investors; see the package's docstring."""
        data = self.history_.store.data
        rows = list(data.companies) if candidates is None else [_row(data.companies, data.company_index, c, Company) for c in candidates]
        return [self._suggest(rows, [query], 1, limit) for query in queries]

    def _suggest(self, companies: list[Company], investors: list[Investor], axis: int, limit: int) -> list[Suggestion]:
        company_block, investor_block = Companies.at(self.history_, companies), Investors.at(self.history_, investors)
        alike = (company_block.facets["text"] @ investor_block.profiles["text"].T).toarray()
        parts = prior(Statements.of_companies(companies), Statements.of_investors(investors), alike, np.expm1(investor_block.record[:, 1]), False)
        parts = parts.reshape(-1, parts.shape[-1])
        known = _known(company_block, investor_block).reshape(-1)
        ids = [row.id for row in (investors if axis == 0 else companies)]
        score = BASE + parts.sum(axis=1, dtype=float)
        order = sorted(np.flatnonzero(~known), key=lambda j: (-score[j], tie_key(ids[j])))[:limit]
        return [_suggestion(ids[j], float(score[j]), parts[j]) for j in order]

    def save(self, path: str | Path) -> None:
        """Write the model with joblib. Load only files that you wrote yourself: the format can run code."""
        joblib.dump({"format": FORMAT, "version": self.version, "model": self}, path, compress=3)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that `save` wrote.

        Raises
        ------
        ValueError
            The file is of another format.
        """
        found = joblib.load(path)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError(f"{path}: not a model of format {FORMAT}")
        model: Self = found["model"]
        return model


def fit(dataset: Dataset, as_of: date | None = None, seed: int = 0) -> Model:
    """Fit on what was known on ``as_of`` (default: the newest link); works without any link."""
    moment = as_of or dataset.newest
    return Model(dataset.until(moment), moment, seed)


def tie_key(identifier: str) -> bytes:
    """Return the hash that breaks ties, so that equal scores do not always favour the same names."""
    return hashlib.blake2b(identifier.encode(), digest_size=8).digest()


def _row(rows: Sequence[Any], index: Any, candidate: Any, kind: type[Any]) -> Any:
    if not isinstance(candidate, str):
        return candidate
    return rows[index[candidate]] if candidate in index else kind(candidate)


def _known(companies: Companies, investors: Investors) -> np.ndarray:
    past = companies.backers[1]
    known = np.zeros((len(companies.rows), len(investors.rows)), dtype=bool)
    there = np.flatnonzero(investors.rows >= 0)
    known[:, there] = past[:, investors.rows[there]].toarray() > 0
    return known


def _suggestion(identifier: str, score: float, parts: np.ndarray) -> Suggestion:
    reasons = [Reason(name, "you", float(part), {}) for name, part in zip(WEIGHTS, parts, strict=True) if part]
    reasons.sort(key=lambda reason: -reason.contribution)
    probability = 1 / (1 + math.exp(-score))
    return Suggestion(identifier, score, probability, probability, BASE, tuple(reasons))
