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
from matching.everybody import Pairs, pairs_of
from matching.explain import Explainer, Picked
from matching.features import Companies, Investors, pair_features
from matching.history import History, Store
from matching.meaning import Meaning
from matching.rough import FirstLook, Prepared
from matching.scorer import PairScorer
from matching.stated import WEIGHTS, Statements, parts_of
from matching.suggestions import Suggestion
from matching.training import RaiseModel

FORMAT = 6
POOL = 144
"""Investors that are looked at with all features for a company, at least; the first look chooses them."""

WIDE_POOL = 960
"""The same of companies for an investor: there are more of them, and how likely each raises says much."""

CELLS = 2_000_000
"""Pairs whose prior is held at once (about 80 MB)."""

Row = TypeVar("Row", Company, Investor)


@dataclass
class Side:
    """Profiles of one side, encoded once for many questions."""

    rows: Sequence[Any]
    encoded: Any
    statements: Statements
    ties: np.ndarray
    prepared: Prepared | None = None
    chance: np.ndarray | None = None


@dataclass
class Ranked:
    """The chosen candidates of one query: positions, scores, and what they were computed from (k rows each)."""

    chosen: np.ndarray
    score: np.ndarray
    companies: Companies
    investors: Investors
    company_at: np.ndarray
    investor_at: np.ndarray
    features: np.ndarray
    stated: np.ndarray
    log_chance: np.ndarray


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
    first_look_ : FirstLook
    raising_ : RaiseModel
    learned_ : bool
        Whether there was enough history to learn from.
    meaning_ : Meaning or None
        Sentence vectors, where an embedder is configured.
    """

    def __init__(self, data: Dataset, as_of: date | None, seed: int) -> None:
        self.as_of = as_of
        self.seed = seed
        self.version = f"{FORMAT}-{as_of or 'undated'}-{data.fingerprint()}-{seed}"
        self.card: dict[str, Any] = {}
        self.history_ = History(Store(data), day(as_of) + 1 if as_of else 0.0)
        self.scorer_: PairScorer
        self.first_look_: FirstLook
        self.raising_ = RaiseModel(seed)
        self.learned_ = False
        self.meaning_: Meaning | None = None
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

    def pairs(self, side: str, top: int = 50, price: np.ndarray | None = None) -> Pairs:
        """Return the best candidates of everybody in the data: what a market is made of.

        Parameters
        ----------
        side : "companies" or "investors"
            Whose lists they are: the rows. The other side are the columns.
        top : int
            At most so many candidates for each.
        price : ndarray, shape (n columns,), optional
            Taken off each candidate's score before anybody is cut: who is asked too much falls behind.

        Returns
        -------
        Pairs
            In the order of the dataset's rows; existing links are left out.
        """
        return pairs_of(self, side, top, price)

    def _ranked_investors(
        self, queries: Sequence[Company], candidates: Sequence[Investor | str] | None, limit: int
    ) -> Iterator[tuple[Company, Ranked, Side]]:
        side = self._side(Investor, candidates)
        step = max(1, CELLS // max(len(side.rows), 1))
        for top in range(0, len(queries), step):
            asked = self._companies(queries[top : top + step])
            stated = self._stated(asked, side)
            for k in range(len(asked.rows)):
                mine = {column: values[k] for column, values in stated.items()}
                yield queries[top + k], self._choose(asked, side, mine, (k, None), limit), side

    def _ranked_companies(
        self, queries: Sequence[Investor], candidates: Sequence[Company | str] | None, limit: int
    ) -> Iterator[tuple[Investor, Ranked, Side]]:
        side = self._side(Company, candidates)
        step = max(1, CELLS // max(len(side.rows), 1))
        for top in range(0, len(queries), step):
            asked = self._investors(queries[top : top + step])
            stated = self._stated(side, asked)
            for k in range(len(asked.rows)):
                mine = {column: values[:, k] for column, values in stated.items()}
                yield queries[top + k], self._choose(side, asked, mine, (None, k), limit), side

    def _companies(self, rows: Sequence[Company]) -> Side:
        if self.as_of:
            rows = [without_future(row, self.as_of) for row in rows]
        said = Statements.of_companies(rows, self.meaning_.of(rows) if self.meaning_ else None)
        return Side(rows, Companies.at(self.history_, rows), said, tie_keys(r.id for r in rows))

    def _investors(self, rows: Sequence[Investor]) -> Side:
        said = Statements.of_investors(rows, self.meaning_.of(rows) if self.meaning_ else None)
        return Side(rows, Investors.at(self.history_, rows), said, tie_keys(r.id for r in rows))

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

    def _stated(self, companies: Side, investors: Side) -> dict[int, np.ndarray]:
        alike = np.zeros((1, 1))
        if not self.learned_:
            profiles = self.history_.store.encoder.profiles(investors.rows)
            alike = (companies.encoded.facets["text"] @ profiles["text"].T).toarray()
        experience = investors.encoded.n_recent
        return parts_of(companies.statements, investors.statements, alike, experience, self.learned_)

    def _choose(
        self,
        companies: Side,
        investors: Side,
        stated: dict[int, np.ndarray],
        at: tuple[int | None, int | None],
        limit: int,
    ) -> Ranked:
        side = investors if at[1] is None else companies
        extra = np.zeros(len(side.rows))
        for values in stated.values():
            extra += values
        chance = np.zeros(len(side.rows)) if at[1] is None else self.chances(companies)
        pool = self.pool(companies, investors, extra + chance, at, max(POOL if at[1] is None else WIDE_POOL, 2 * limit))
        here = np.full(len(pool), at[0] if at[1] is None else at[1])
        company_at, investor_at = (here, pool) if at[1] is None else (pool, here)
        features = pair_features(self.history_, companies.encoded, investors.encoded, company_at, investor_at)
        score = self.scorer_.logit(features) + extra[pool] + chance[pool]
        order = best(score, side.ties[pool], limit)
        chosen = pool[order]
        said = np.zeros((len(chosen), len(WEIGHTS)))
        for column, values in stated.items():
            said[:, column] = values[chosen]
        encoded = companies.encoded, investors.encoded, company_at[order], investor_at[order]
        return Ranked(chosen, score[order], *encoded, features[order], said, chance[chosen])

    def pool(
        self, companies: Side, investors: Side, extra: np.ndarray, at: tuple[int | None, int | None], size: int
    ) -> np.ndarray:
        """Return the positions of the candidates that are worth all features, in order of position.

        Parameters
        ----------
        companies, investors : Side
        extra : ndarray, shape (n candidates,)
            Added to the first look.
        at : (int, None) or (None, int)
            The company, or the investor, that asks.
        size : int
            At most so many, if the first look has to choose.
        """
        values, present, prepared = companies.encoded.values, companies.encoded.present, self.prepared(investors)
        if len((investors if at[1] is None else companies).rows) <= size:
            rough = extra
        elif at[0] is not None:
            rough = prepared.investors_for(values, present, at[0]) + extra
        else:
            rough = prepared.companies_for(values, present, np.array([at[1]]))[0] + extra
        return self.cut(companies, investors, rough, at, size)

    def cut(
        self, companies: Side, investors: Side, rough: np.ndarray, at: tuple[int | None, int | None], size: int
    ) -> np.ndarray:
        """Do what `pool` does where the first look has been taken; ``rough`` is what it says, shape (n candidates,)."""
        side = investors if at[1] is None else companies
        known = self._known(companies.encoded, investors.encoded, at)
        if len(side.rows) - len(known) <= size:
            return np.setdiff1d(np.arange(len(side.rows)), known, assume_unique=True)
        if len(known):
            rough = rough.copy()
            rough[known] = -np.inf
        return np.sort(best(rough, side.ties, size))

    def everyone(self) -> tuple[Side, Side]:
        """Return all companies and all investors of the data."""
        return self._side(Company, None), self._side(Investor, None)

    def forget_first_look(self) -> None:
        """Let the next question prepare anew."""
        for side in self._everyone.values():
            side.prepared = side.chance = None

    def prepared(self, investors: Side) -> Prepared:
        """Return what the first look needs of a side, computed once."""
        if investors.prepared is None:
            investors.prepared = self.first_look_.prepare(self.history_, investors.encoded)
        return investors.prepared

    def chances(self, companies: Side) -> np.ndarray:
        """Return `log_chance` of a side, computed once."""
        if companies.chance is None:
            companies.chance = self.log_chance(companies.encoded)
        return companies.chance

    def log_chance(self, companies: Companies) -> np.ndarray:
        """Return the log of how likely each company takes investors in; 0 where it says that it does."""
        facts = companies.facts
        asks = facts[:, -1] + np.isfinite(facts[:, -2]) > 0
        return np.where(asks, 0.0, self.raising_.log_chance(facts))

    def _known(self, companies: Companies, investors: Investors, at: tuple[int | None, int | None]) -> np.ndarray:
        backers = companies.backers[1]
        if at[0] is not None:
            mine = backers.indices[backers.indptr[at[0]] : backers.indptr[at[0] + 1]]
            return np.flatnonzero(np.isin(investors.rows, mine)) if len(mine) else mine
        row = investors.rows[at[1]] if at[1] is not None else -1
        backed = companies.backed
        return backed.indices[backed.indptr[row] : backed.indptr[row + 1]] if row >= 0 else backed.indices[:0]

    def _suggestions(self, found: Ranked, query: Sequence[Any], side: Side, reader: str) -> list[Suggestion]:
        k = len(found.chosen)
        if not k:
            return []
        picked_rows = [side.rows[j] for j in found.chosen.tolist()]
        companies, investors = (list(query) * k, picked_rows) if reader == "company" else (picked_rows, list(query) * k)
        base, parts = self.scorer_.parts(found.features)
        usual = np.log(self.raising_.usual_)
        momentum = np.zeros(k) if reader == "company" else found.log_chance - usual
        base = base + (0.0 if reader == "company" else usual)
        parts = np.column_stack([parts, found.stated, momentum])
        picked = Picked(companies, investors, found.companies, found.investors, found.company_at, found.investor_at)
        reasons = Explainer(self.history_).reasons(picked, parts, reader)
        pair = found.score - found.log_chance
        chance = self.log_chance(found.companies)[found.company_at]
        alone, raising = _sigmoid(pair), _sigmoid(pair) * np.exp(chance)
        p, q = (alone, raising) if reader == "company" else (raising, alone)
        values = zip(picked_rows, found.score.tolist(), p.tolist(), q.tolist(), base.tolist(), reasons, strict=True)
        return [Suggestion(row.id, *rest) for row, *rest in values]


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    value: np.ndarray = 1.0 / (1.0 + np.exp(-np.clip(logit, -60, 60)))
    return value
