"""Markets of the lists with a documented prior: mentors, and organisations that support. Belongs into the process that
fits; prices are read from `market`, where lists are made.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np

from app.connections import clearing, engine, lessons, market, pairing, profiles
from app.connections.clearing import CANDIDATES, Given
from app.connections.mentor_signals import mentors_who_count
from app.core import db
from matching import Dataset, Suggestion, fit
from matching.adjusted import Learned, adjusted
from matching.everybody import Pairs

MOST_ASKERS = 2_000
"""Companies that take part, those whose profile is newest: only lists that somebody reads."""

Capacities = dict[str, int | None]
Find = Callable[[pairing.Row], list[Suggestion]]

_PUT_AWAY = """
SELECT organisation, candidate FROM pairing_choice
WHERE kind = $1 AND organisation = ANY($2::uuid[]) AND ended_at IS NULL
UNION SELECT organisation, candidate FROM suggestion_choice
WHERE choice = 'hidden' AND organisation = ANY($2::uuid[]) AND ended_at IS NULL
"""


async def clear(kind: str, model_version: str) -> market.Cleared | None:
    """Run the market for one kind of list, with the weights in use; None where there is nobody on one side.

    Whom somebody has put away is not named to them. Blocks a while.
    """
    began = time.perf_counter()
    rows, learned = await pairing.askers(MOST_ASKERS), await lessons.in_use(kind)
    capacities, find = await (_mentors(learned) if kind == market.MENTORS else _supporters(kind, learned))
    if not rows or not capacities:
        return None
    given = Given(capacities=capacities, before=await market.all_prices(kind))
    away = {(row["organisation"], row["candidate"]) for row in await db.fetch(_PUT_AWAY, kind, [r["id"] for r in rows])}

    def run() -> market.Cleared:
        named = {
            row["id"]: [one for one in find(row) if (row["id"], UUID(one.candidate_id)) not in away] for row in rows
        }
        ids = list(capacities)
        return clearing.clear_among(
            _pairs(named, ids, clearing.in_log_odds(ids, given)), kind, model_version, given, began
        )

    return await asyncio.to_thread(run)


async def _mentors(learned: Learned | None) -> tuple[Capacities, Find]:
    mentors = await mentors_who_count()

    def find(row: pairing.Row) -> list[Suggestion]:
        return [one for _prior, one in pairing.both_by_fit(pairing.weighed(row), mentors, learned)]

    return {str(one.person): one.capacity for one in mentors}, find


async def _supporters(kind: str, learned: Learned | None) -> tuple[Capacities, Find]:
    rows = [row for row in await profiles.supporters(kind) if row["hidden_at"] is None]
    supporters = [replace(engine.as_investor(row), id=str(row["id"])) for row in rows]
    stated = await market.capacities()
    model = fit(Dataset.of((), supporters, ()))

    def find(row: pairing.Row) -> list[Suggestion]:
        [found] = model.rank_investors([engine.as_company(row)], limit=len(supporters))
        others = [one for one in found if one.score > one.base and one.candidate_id != str(row["id"])]
        return adjusted(others, learned)

    return {one.id: stated.get(one.id) for one in supporters}, find


def _pairs(named: Mapping[UUID, list[Suggestion]], ids: Sequence[str], dear: np.ndarray) -> Pairs:
    """The best of each list by score less last night's price, before any cut."""
    column = {one: at for at, one in enumerate(ids)}
    best = [
        sorted(found, key=lambda one: dear[column[one.candidate_id]] - one.score)[:CANDIDATES]
        for found in named.values()
    ]
    every = [one for found in best for one in found]
    return Pairs(
        tuple(str(one) for one in named),
        tuple(ids),
        np.concatenate([[0], np.cumsum([len(found) for found in best])]).astype(np.int64),
        np.array([column[one.candidate_id] for one in every], dtype=np.int32),
        np.array([one.p for one in every], dtype=np.float32),
        np.array([one.q for one in every], dtype=np.float32),
    )
