"""Fits the engine, runs the market. `python -m app.connections.fitting` is a process of its own: it reads, fits,
judges, puts into use, and makes everybody's lists with it.

Workers start it through `fit_process` and never fit themselves.
"""

import asyncio
import math
import os
import resource
import sys
import time
from collections.abc import Awaitable
from dataclasses import asdict
from typing import Any, Literal
from uuid import UUID

import structlog

from app.connections import (
    answered,
    clearing,
    engine,
    gate,
    learning,
    market,
    prior_markets,
    profiles,
    ranking,
    versions,
)
from app.connections.fit_process import BUSY
from app.core import clock, db
from matching import Dataset, Model, fit
from matching.card import drift

log = structlog.get_logger()

Outcome = Literal["active", "refused", "unchanged", "empty", "busy", "failed"]


async def fit_now(*, prior: bool = False, stay: bool = False) -> Outcome:
    """Fit on what the database holds now, and put the fit into use if the gate lets it.

    `prior` leaves history out: seconds instead of minutes, for the first start. With `stay` this process also ranks,
    with the model as it is in memory (see `ranking.stay_here`). Holds an advisory lock, so two
    never fit at once; a fit on unchanged data is left out. Blocks its process: never call it where pages are served.
    """
    async with db.advisory_lock(versions.FIT_LOCK) as had:
        if not had:
            return "busy"
        began = clock.now()
        try:
            return await _fit(prior, stay)
        finally:
            if not prior:
                await _see_to_priors()
                if await market.renewed_since(began):
                    await market.mark_lists_stale()


async def _fit(prior: bool, stay: bool) -> Outcome:
    model_id = await versions.begin()
    try:
        return await _fit_and_judge(model_id, prior, stay)
    except Exception as error:
        await versions.fail(model_id, repr(error))
        raise


async def _fit_and_judge(model_id: UUID, prior: bool, stay: bool) -> Outcome:
    began = time.perf_counter()
    current = await versions.active()
    fingerprint = await profiles.fingerprint()
    if current and current.fingerprint == fingerprint and (prior or not current.prior):
        await versions.drop(model_id)
        if not prior and not await market.cleared_for(current.version):
            await _clear(await asyncio.to_thread(Model.load, str(current.file)))
        return "unchanged"
    data = await engine.load()
    if not data.companies and not data.investors:
        await versions.drop(model_id)
        return "empty"
    if prior:
        data = Dataset.of(data.companies, data.investors, ())
    told = [] if prior else await answered.answers()
    model = await asyncio.to_thread(fit, data, answers=told)
    found: dict[str, Any] = {
        "version": model.version,
        "path": f"{model_id}.model",
        "prior": not getattr(model, "learned_", True),
        "fingerprint": fingerprint,
        "card": {**_plain(model.card), **_counts(data)},
        "seconds": round(time.perf_counter() - began, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    earlier = await _card_of(current)
    found["card"]["drift"] = [asdict(notice) for notice in drift(earlier, found["card"])] if earlier else []
    accepted, why = (True, "") if prior else gate.verdict(found["card"], earlier)
    if not accepted:
        await versions.refuse(model_id, found, why)
        log.warning("fit refused", version=model.version, reason=why)
        return "refused"
    await asyncio.to_thread(_save, model, str(versions.folder() / found["path"]))
    await versions.activate(model_id, found)
    if not prior:
        await _clear(model)
    if stay:
        ranking.stay_here(str(versions.folder() / found["path"]), model)
    log.info("fit in use", version=model.version, seconds=found["seconds"], peak_mb=found["peak_mb"])
    return "active"


async def _clear(model: Model) -> None:
    """Run the market for everybody with the model in use. Without it lists are by score alone, so it may fail."""
    for kind in market.KINDS:
        given = clearing.Given(capacities=await market.capacities(), before=await market.all_prices(kind))
        await _run(kind, asyncio.to_thread(clearing.clear, model, kind, given))


async def _see_to_priors() -> None:
    """Lists with a documented prior: learn from the answers to them, then run their markets. Each may fail alone."""
    await learning.learn_all()
    current = await versions.active()
    for kind in (*market.SUPPORTERS, market.MENTORS):
        await _run(kind, prior_markets.clear(kind, current.version if current else ""))


async def _run(kind: str, market_of: Awaitable[market.Cleared | None]) -> None:
    """Run one market and use it; none is in use where there is nobody on one side. What fails leaves the one before."""
    try:
        cleared = await market_of
        if cleared is None:
            await market.end(kind)
        else:
            await market.put_in_use(cleared)
            log.info("market cleared", kind=kind, seconds=cleared.seconds, **cleared.figures)
    except Exception:
        log.exception("market failed", kind=kind)


def _save(model: Model, path: str) -> None:
    model.save(f"{path}.new")
    os.replace(f"{path}.new", path)


def _counts(data: Dataset) -> dict[str, Any]:
    return {
        "companies": len(data.companies),
        "investors": len(data.investors),
        "links": sum(1 for link in data.links if link.investor_id),
        "newest_link": data.newest.isoformat() if data.newest else None,
    }


async def _card_of(current: versions.Fitted | None) -> dict[str, Any] | None:
    if current is None or current.prior:
        return None
    card: dict[str, Any] = await db.fetchval("SELECT card FROM engine_model WHERE id = $1", current.id)
    return card


def _plain(value: Any) -> Any:
    """A card as JSON takes it: numpy's numbers and dates as plain ones, what is not a number as None."""
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


# --- in a process of its own ------------------------------------------------------------------------------------


async def _main() -> int:
    async with db.pool(name="ket-noi-fit"):
        outcome = await fit_now()
    return BUSY if outcome == "busy" else 0


if __name__ == "__main__":
    from app.connections.engine_process import end_with_parent
    from app.core import logs
    from app.core.settings import get_settings

    end_with_parent()
    os.nice(10)
    logs.configure(get_settings())
    sys.exit(asyncio.run(_main()))
