"""Markets of the lists with a documented prior: mentors, and organisations that support. Belongs into the process that
fits; prices are read from `market`, where lists are made.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.connections import clearing, engine, lessons, market, pairing, profiles
from app.connections.clearing import CANDIDATES, Given
from app.connections.mentor_signals import mentors_who_count
from app.directory.persons.mentors import MentorFacts
from matching import Dataset, fit
from matching.adjusted import Learned
from matching.everybody import Pairs

MOST_ASKERS = 2_000
"""Companies that take part, those whose profile is newest: only lists that somebody reads."""


async def clear(kind: str, model_version: str) -> market.Cleared | None:
    """Run the market for one kind of list; None where there is nobody on one side. Blocks a while.

    Mentors are named with the weights in use. Supporters are named by the documented ones alone: what answers change in
    who is sought shows a night later, in the lists.
    """
    if kind == market.MENTORS:
        return await _mentors(model_version)
    rows = await profiles.supporters(kind)
    supporters = [replace(engine.as_investor(row), id=str(row["id"])) for row in rows if row["hidden_at"] is None]
    askers = [replace(engine.as_company(row), id=str(row["id"])) for row in await pairing.askers(MOST_ASKERS)]
    given = Given(capacities=await market.capacities(), before=await market.all_prices(kind))
    return await asyncio.to_thread(_supporters, kind, Dataset.of(askers, supporters, ()), model_version, given)


def _supporters(kind: str, data: Dataset, model_version: str, given: Given) -> market.Cleared | None:
    began = time.perf_counter()
    if not data.companies or not data.investors:
        return None
    tonight = clearing.in_log_odds([row.id for row in data.investors], given)
    named = fit(data).pairs("companies", top=CANDIDATES, price=tonight)
    return clearing.clear_among(named, kind, model_version, given, began)


async def _mentors(model_version: str) -> market.Cleared | None:
    began = time.perf_counter()
    mentors = await mentors_who_count()
    askers = [pairing.weighed(row) for row in await pairing.askers(MOST_ASKERS)]
    if not mentors or not askers:
        return None
    places = {str(one.person): one.capacity for one in mentors}
    given = Given(capacities=places, before=await market.all_prices(market.MENTORS))
    named = _named(askers, mentors, await lessons.in_use(market.MENTORS), given)
    return clearing.clear_among(named, market.MENTORS, model_version, given, began)


def _named(askers: Sequence[pairing.Row], mentors: list[MentorFacts], learned: Learned | None, given: Given) -> Pairs:
    """The best of each list by score less last night's price, before any cut."""
    ids = [str(one.person) for one in mentors]
    column = {one: at for at, one in enumerate(ids)}
    dear = clearing.in_log_odds(ids, given)
    lengths, indices, p, q = [], [], [], []
    for row in askers:
        found = [one for _prior, one in pairing.both_by_fit(row, mentors, learned)]
        found.sort(key=lambda one: dear[column[one.candidate_id]] - one.score)
        found = found[:CANDIDATES]
        lengths.append(len(found))
        indices += [column[one.candidate_id] for one in found]
        p += [one.p for one in found]
        q += [one.q for one in found]
    return Pairs(
        tuple(str(row["id"]) for row in askers),
        tuple(ids),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.array(indices, dtype=np.int32),
        np.array(p, dtype=np.float32),
        np.array(q, dtype=np.float32),
    )
