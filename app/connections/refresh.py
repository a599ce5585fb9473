"""Makes an organisation's lists anew: reads its profile, asks the engine, orders by price, stores what may be shown.

Fitting is in `fitting`, reading in `lists`.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec
from msgspec.structs import replace

from app.connections import appeal, asking, engine, filters, lessons, market, placing, profiles, ranking, versions
from app.connections.signals import real_id
from app.core import clock, db
from app.core.clock import VIETNAM
from app.core.outbox import Later
from matching import Suggestion
from matching.adjusted import Learned, adjusted

KEPT = 50
"""Suggestions stored per list."""
ASKED = 250
"""Asked of the engine, so that enough are left after the hard limits."""

Row = Mapping[str, Any]

_turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()


class NoEngine(Later):
    """Nothing has been fitted yet; the job comes again."""


class _Read(msgspec.Struct, frozen=True):
    """What a run started from; it only settles what was asked for before it."""

    profile: Row
    requested_at: Any
    stale_at: Any
    began: float


class Placed(msgspec.Struct, frozen=True):
    """Somebody on a list."""

    candidate: UUID
    found: Suggestion
    place: placing.Place
    learned: Learned | None = None
    """What weighed the points of a documented prior."""


async def refresh(organisation_id: UUID) -> bool:
    """Make the lists of one organisation, if anything about it or the engine is newer than they are.

    Idempotent, so a burst of requests costs one ranking: those of one process wait for each other. Locks the
    organisation's run while it stores. Lists of others that name a changed organisation are marked stale. Raises
    Later when the engine is not ready.
    """
    async with _turns.setdefault(organisation_id, asyncio.Lock()):
        return await _refresh(organisation_id)


async def _refresh(organisation_id: UUID) -> bool:
    began = time.perf_counter()
    profile = await profiles.profile_of(organisation_id)
    if profile is None:
        await _forget(organisation_id)
        return False
    run = await db.fetchrow("SELECT * FROM suggestion_run WHERE organisation = $1", organisation_id)
    model = await versions.active()
    if model is None:
        raise NoEngine("no engine has been fitted yet")
    if run and not _outdated(run, profile, model.version):
        return False
    read = _Read(profile, run["requested_at"] if run else None, run["stale_at"] if run else None, began)
    tonight = _Tonight(model, await lessons.all_in_use(), await market.in_use())
    lists = {kind: await _ranked(kind, profile, tonight) for kind in filters.lists_of(profile["kinds"])}
    await _store(read, model.version, lists)
    return True


def _outdated(run: Row, profile: Row, model_version: str) -> bool:
    return bool(
        run["computed_at"] is None
        or run["requested_at"] is not None
        or run["stale_at"] is not None
        or run["profile_version"] != profile["version"]
        or run["model_version"] != model_version
    )


class _Tonight(msgspec.Struct, frozen=True):
    """What holds for every list until the next fit: the engine, what answers have taught, the runs of the market."""

    model: versions.Fitted
    learned: dict[str, Learned]
    runs: dict[str, market.Run]


async def _ranked(kind: str, profile: Row, tonight: _Tonight) -> list[Placed]:
    model, learned, run = tonight.model, tonight.learned.get(kind), tonight.runs.get(kind)
    first = await market.listed_for(run, profile["id"]) if run and _covers(run, profile, model) else []
    found = adjusted(await _asked(kind, profile, model, [str(one) for one in first]), learned)
    pairs = [(UUID(real_id(suggestion.candidate_id)), suggestion) for suggestion in found]
    sectors = await filters.allowed(profile["id"], kind, [candidate for candidate, _suggestion in pairs])
    pairs = [pair for pair in pairs if pair[0] in sectors]
    prices = await market.prices_of(run, sectors) if run else {}
    candidates = [_priced(suggestion, prices.get(one), sectors[one]) for one, suggestion in pairs]
    if run:
        values = placing.worth(candidates)
    else:
        values = appeal.of_score([suggestion.score for _candidate, suggestion in pairs])
    at = {candidate: position for position, (candidate, _suggestion) in enumerate(pairs)}
    seed = placing.seed_of(profile["id"], kind, clock.now().astimezone(VIETNAM).date())
    places = placing.arrange(candidates, values, [at[one] for one in first if one in at], seed)
    return [Placed(*pairs[place.at], place, learned) for place in places[:KEPT]]


def _covers(run: market.Run, profile: Row, model: versions.Fitted) -> bool:
    """Whether the run knew this profile as it is now, by the engine in use."""
    newest = max(moment for moment in (profile["updated_at"], profile["wished_at"]) if moment)
    return bool(run.model_version == model.version and newest <= model.read_at)


async def _asked(kind: str, profile: Row, model: versions.Fitted, wanted: list[str]) -> list[Suggestion]:
    if kind == "investor":
        changed = [
            engine.as_investor(row) for row in await profiles.changed_since(model.read_at, profiles.INVESTOR_KINDS)
        ]
        return await ranking.investors_for(model.file, engine.as_company(profile), changed, ASKED, wanted)
    if kind == "startup":
        newer = [engine.as_company(row) for row in await profiles.changed_since(model.read_at, profiles.COMPANY_KINDS)]
        return await ranking.companies_for(model.file, engine.as_investor(profile), newer, ASKED, wanted)
    candidates = [engine.as_investor(row) for row in await profiles.supporters(kind)]
    found = await ranking.supporters_for(engine.as_company(profile), candidates, ASKED)
    return [suggestion for suggestion in found if suggestion.score > suggestion.base]


def _priced(suggestion: Suggestion, price: market.Price | None, sectors: tuple[str, ...]) -> placing.Priced:
    plain = placing.Priced(p=suggestion.p, q=suggestion.q, sectors=sectors)
    if price is None:
        return plain
    return replace(plain, price=price.price, offset=price.offset, seldom=price.level == "seldom")


async def _store(read: _Read, model_version: str, lists: dict[str, list[Placed]]) -> None:
    organisation_id = read.profile["id"]
    computed_at = clock.now()
    async with db.tx() as con:
        numbers = await filters.hold_numbers(
            organisation_id, {one.candidate for places in lists.values() for one in places}
        )
        rows = [
            (organisation_id, one.candidate, kind, rank, *_numbers(one), one.place.explored, one.place.propensity)
            for kind, places in lists.items()
            for rank, one in enumerate(_within(places, numbers), start=1)
        ]
        await db.execute(
            "INSERT INTO suggestion_run (organisation) VALUES ($1) ON CONFLICT DO NOTHING", organisation_id
        )
        stored = await db.fetchval(
            "SELECT profile_version FROM suggestion_run WHERE organisation = $1 FOR UPDATE", organisation_id
        )
        if stored and stored > read.profile["version"]:
            return  # somebody was faster with a newer profile
        await db.execute("DELETE FROM suggestion WHERE organisation = $1", organisation_id)
        await con.executemany(
            "INSERT INTO suggestion (organisation, candidate, kind, rank, score, base, p, q, reasons, explored,"
            " propensity, model_version, computed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            [(*row, model_version, computed_at) for row in rows],
        )
        await db.execute(
            "UPDATE suggestion_run SET computed_at = $2, failed_at = NULL, profile_version = $3, model_version = $4,"
            " milliseconds = $5, requested_at = nullif(requested_at, $6), stale_at = nullif(stale_at, $7)"
            " WHERE organisation = $1",
            organisation_id,
            computed_at,
            read.profile["version"],
            model_version,
            round((time.perf_counter() - read.began) * 1000),
            read.requested_at,
            read.stale_at,
        )
        if stored and stored != read.profile["version"]:
            await asking.mark_stale(organisation_id)


def _within(places: list[Placed], numbers: Mapping[UUID, bool]) -> list[Placed]:
    """A list without those who stand on as many as they want. Who states a number is asked by those it suits best:
    among the first ten of a list or not at all, so that no list takes one of their places to show them further down.
    """
    free = [one for one in places if numbers.get(one.candidate, True)]
    return free[: placing.SHOWN] + [one for one in free[placing.SHOWN :] if one.candidate not in numbers]


def _numbers(one: Placed) -> tuple[float, float, float, float, list[dict[str, Any]]]:
    return one.found.score, one.found.base, one.found.p, one.found.q, _plain(one)


def _plain(one: Placed) -> list[dict[str, Any]]:
    """Reasons as they are stored; `prior` is what the documented prior alone gives, where answers weigh it."""
    factors = one.learned.factors if one.learned else {}
    return [
        {
            "code": r.code,
            "for": r.audience,
            "contribution": round(float(r.contribution), 4),
            "params": dict(r.params),
            **({"prior": round(float(r.contribution) / factors[r.code], 4)} if factors.get(r.code) else {}),
        }
        for r in one.found.contributions
        if r.contribution
    ]


async def _forget(organisation_id: UUID) -> None:
    async with db.tx():
        await db.execute("DELETE FROM suggestion WHERE organisation = $1", organisation_id)
        await db.execute("DELETE FROM suggestion_run WHERE organisation = $1", organisation_id)


async def note_failure(organisation_id: UUID) -> None:
    """Write down that the lists could not be made, so that the page can say so. Idempotent."""
    async with db.tx():
        await db.execute(
            "INSERT INTO suggestion_run (organisation, failed_at) VALUES ($1, now())"
            " ON CONFLICT (organisation) DO UPDATE SET failed_at = now()",
            organisation_id,
        )
