"""The fitted model: ranks investors for companies and companies for investors, from profiles passed in.

Learning is in scorer.py and training.py, reasons in explain.py, the prior in stated.py; here they are put together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self, TypeVar

import joblib
import numpy as np

from matching.candidates import best, tie_keys
from matching.data import Company, Dataset, Investor, without_future
from matching.encode import day
from matching.explain import Explainer, Picked
from matching.features import Companies, Investors, pair_features
from matching.history import History, Store
from matching.scorer import PairScorer
from matching.stated import Statements, prior
from matching.suggestions import Suggestion
from matching.training import CELLS, RaiseModel

FORMAT = 2
POOL = 400
"""Candidates of a query that both models look at; the linear one alone orders those behind them."""

Row = TypeVar("Row", Company, Investor)


@dataclass
class Block:
    """Pairs of some companies and some investors, encoded; arrays are (n companies, n investors, ...)."""

    companies: Companies
    investors: Investors
    features: np.ndarray
    stated: np.ndarray
    log_chance: np.ndarray
    known: np.ndarray


@dataclass
class Side:
    """Profiles of one side, encoded once for many blocks."""

    rows: Sequence[Any]
    encoded: Any
    statements: Statements
    ties: np.ndarray


@dataclass
class Ranked:
    """The chosen candidates of one query: positions, scores, and what they were computed from."""

    chosen: np.ndarray
    score: np.ndarray
    block: Block
    line: int


class Model:
    """A fitted engine; make one with `matching.fit` or `Model.load`.

    Parameters
    ----------
    data : Dataset
        What was known on ``as_of``.
    as_of : date or None
        Day of the fit.
    seed : int
        Part of the version.

    Attributes
    ----------
    version : str
        Format, day and fingerprint of the data, seed.
    card : dict
        Data, period, metrics against baselines, calibration, coverage and exposure of the fit.
    scorer_ : PairScorer
    raising_ : RaiseModel
    learned_ : bool
        Whether there was enough history to learn from.
    """

    def __init__(self, data: Dataset, as_of: date | None, seed: int) -> None:
        self.as_of = as_of
        self.seed = seed
        self.version = f"{FORMAT}-{as_of or 'undated'}-{data.fingerprint()}-{seed}"
        self.card: dict[str, Any] = {}
        self.history_ = History(Store(data), day(as_of) + 1 if as_of else 0.0)
        self.scorer_: PairScorer
        self.raising_ = RaiseModel(seed)
        self.learned_ = False
        self._everyone: dict[type, Side] = {}

    def rank_investors(
        self, queries: Sequence[Company], candidates: Sequence[Investor | str] | None = None, limit: int = 20
    ) -> list[list[Suggestion]]:
        """Suggest investors to companies.

        Parameters
        ----------
        queries : sequence of Company
            Profiles as they are now.
        candidates : sequence of Investor or str, optional
            Profiles or ids; default: all investors of the data. An id that is not known is a profile without facts.
        limit : int
            At most so many for each query.

        Returns
        -------
        list of list of Suggestion
            Best first; fewer than ``limit`` where there are no more candidates.
        """
        ranked = self._ranked_investors(queries, candidates, limit)
        return [self._suggestions(found, [query], side, "company") for query, found, side in ranked]

    def rank_companies(
        self, queries: Sequence[Investor], candidates: Sequence[Company | str] | None = None, limit: int = 20
    ) -> list[list[Suggestion]]:
        """Suggest companies to investors; parameters as in `rank_investors`.

        A company that states what it raises is taken to raise; others by how likely companies like it do.
        """
        ranked = self._ranked_companies(queries, candidates, limit)
        return [self._suggestions(found, [query], side, "investor") for query, found, side in ranked]

    def ids_for(
        self, queries: Sequence[Company] | Sequence[Investor], candidates: Sequence[Any] | None, limit: int
    ) -> Iterator[tuple[str, list[tuple[str, float]]]]:
        """Yield the id of each query with its candidates' ids and scores, without reasons (for many queries)."""
        if not queries:
            return
        ranked: Iterator[tuple[Any, Ranked, Side]]
        if isinstance(queries[0], Company):
            ranked = self._ranked_investors(queries, candidates, limit)  # type: ignore[arg-type]
        else:
            ranked = self._ranked_companies(queries, candidates, limit)  # type: ignore[arg-type]
        for query, found, side in ranked:
            pairs = zip(found.chosen.tolist(), found.score.tolist(), strict=True)
            yield query.id, [(side.rows[j].id, score) for j, score in pairs]

    def save(self, path: str | Path) -> None:
        """Write the model with joblib. Load only files that you wrote yourself: the format can run code."""
        joblib.dump({"format": FORMAT, "version": self.version, "model": self}, path, compress=1)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that `save` wrote.

        Raises
        ------
        ValueError
            The file is no model, or one of another format.
        """
        try:
            found = joblib.load(path)
        except (KeyError, EOFError, IndexError, AttributeError) as error:
            raise ValueError(f"{path}: not a model ({error!r})") from None
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError(f"{path}: not a model of format {FORMAT}")
        model: Self = found["model"]
        return model

    def _ranked_investors(
        self, queries: Sequence[Company], candidates: Sequence[Investor | str] | None, limit: int
    ) -> Iterator[tuple[Company, Ranked, Side]]:
        side = self._side(Investor, candidates)
        step = max(1, CELLS // max(len(side.rows), 1))
        for top in range(0, len(queries), step):
            asked = self._companies(queries[top : top + step])
            block = self._block(asked, side)
            for k, found in enumerate(self._choose(block, side, limit, axis=0)):
                yield queries[top + k], found, side

    def _ranked_companies(
        self, queries: Sequence[Investor], candidates: Sequence[Company | str] | None, limit: int
    ) -> Iterator[tuple[Investor, Ranked, Side]]:
        side = self._side(Company, candidates)
        step = max(1, CELLS // max(len(side.rows), 1))
        for top in range(0, len(queries), step):
            asked = self._investors(queries[top : top + step])
            block = self._block(side, asked)
            for k, found in enumerate(self._choose(block, side, limit, axis=1)):
                yield queries[top + k], found, side

    def _companies(self, rows: Sequence[Company]) -> Side:
        if self.as_of:
            rows = [without_future(row, self.as_of) for row in rows]
        return Side(
            rows, Companies.at(self.history_, rows), Statements.of_companies(rows), tie_keys(r.id for r in rows)
        )

    def _investors(self, rows: Sequence[Investor]) -> Side:
        return Side(
            rows, Investors.at(self.history_, rows), Statements.of_investors(rows), tie_keys(r.id for r in rows)
        )

    def _side(self, kind: type[Row], candidates: Sequence[Row | str] | None) -> Side:
        data = self.history_.store.data
        rows: Sequence[Any] = data.companies if kind is Company else data.investors
        index = data.company_index if kind is Company else data.investor_index
        make: Any = self._companies if kind is Company else self._investors
        if candidates is None:
            if kind not in self._everyone:
                self._everyone[kind] = make(rows)
            return self._everyone[kind]
        unique: dict[str, Any] = {}
        for one in candidates:
            profile = (rows[index[one]] if one in index else kind(one)) if isinstance(one, str) else one
            unique.setdefault(profile.id, profile)
        side: Side = make(list(unique.values()))
        return side

    def _block(self, companies: Side, investors: Side) -> Block:
        history = self.history_
        features, _ = pair_features(history, companies.encoded, investors.encoded)
        alike = (companies.encoded.facets["text"] @ investors.encoded.profiles["text"].T).toarray()
        experience = investors.encoded.n_recent
        stated = prior(companies.statements, investors.statements, alike, experience, self.learned_)
        facts = companies.encoded.facts
        chance = np.where(facts[:, -1] + np.isfinite(facts[:, -2]) > 0, 0.0, self.raising_.log_chance(facts))
        known = np.zeros(stated.shape[:2], dtype=bool)
        there = np.flatnonzero(investors.encoded.rows >= 0)
        known[:, there] = companies.encoded.backers[1][:, investors.encoded.rows[there]].toarray() > 0
        return Block(companies.encoded, investors.encoded, features, stated, chance, known)

    def _choose(self, block: Block, side: Side, limit: int, axis: int) -> Iterator[Ranked]:
        n_companies, n_investors, width = block.features.shape
        extra = block.stated.sum(axis=2, dtype=float) + (block.log_chance[:, None] if axis else 0.0)
        rough = self.scorer_.rough(block.features.reshape(-1, width)).reshape(n_companies, n_investors) + extra
        rough[block.known] = -np.inf
        for line in range(rough.shape[axis]):
            lane = np.take(rough, line, axis=axis)
            pool = best(lane, side.ties, max(POOL, 2 * limit))
            features = block.features[line, pool] if axis == 0 else block.features[pool, line]
            score = np.full(len(lane), -np.inf)
            score[pool] = (self.scorer_.logit(features) if len(pool) else 0.0) + np.take(extra, line, axis=axis)[pool]
            chosen = best(score, side.ties, limit)
            yield Ranked(chosen, score[chosen], block, line)

    def _suggestions(self, found: Ranked, query: Sequence[Any], side: Side, reader: str) -> list[Suggestion]:
        k = len(found.chosen)
        if not k:
            return []
        here, block = np.full(k, found.line), found.block
        company_at, investor_at = (here, found.chosen) if reader == "company" else (found.chosen, here)
        picked_rows = [side.rows[j] for j in found.chosen.tolist()]
        companies, investors = (list(query) * k, picked_rows) if reader == "company" else (picked_rows, list(query) * k)
        base, parts = self.scorer_.parts(block.features[company_at, investor_at])
        log_chance = block.log_chance[company_at]
        usual = np.log(self.raising_.usual_)
        momentum = np.zeros(k) if reader == "company" else log_chance - usual
        base = base + (0.0 if reader == "company" else usual)
        parts = np.column_stack([parts, block.stated[company_at, investor_at], momentum])
        picked = Picked(companies, investors, block.companies, block.investors, company_at, investor_at)
        reasons = Explainer(self.history_).reasons(picked, parts, reader)
        pair = found.score - (0.0 if reader == "company" else log_chance)
        alone, raising = _sigmoid(pair), _sigmoid(pair) * np.exp(log_chance)
        p, q = (alone, raising) if reader == "company" else (raising, alone)
        values = zip(picked_rows, found.score.tolist(), p.tolist(), q.tolist(), base.tolist(), reasons, strict=True)
        return [Suggestion(row.id, *rest) for row, *rest in values]


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    value: np.ndarray = 1.0 / (1.0 + np.exp(-np.clip(logit, -60, 60)))
    return value
