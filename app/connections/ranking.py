"""Asks the engine, which runs in a process of its own: ranking never holds up the event loop. No database here."""

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from app.connections import engine_process
from app.core.outbox import Later
from matching import Company, Investor, Model, Suggestion

PATIENCE = 45.0
"""Seconds; the first question of a process also loads the model."""

_pool: ProcessPoolExecutor | None = None
_here = False


async def investors_for(
    model: Path, query: Company, changed: list[Investor], limit: int, wanted: Sequence[str] = ()
) -> list[Suggestion]:
    """Investors for a company: the best, and behind them those `wanted` that are not among them.

    `changed` are profiles that are newer than the model.
    """
    return await _ask(engine_process.rank_investors, str(model), query, changed, limit, wanted)


async def companies_for(
    model: Path, query: Investor, changed: list[Company], limit: int, wanted: Sequence[str] = ()
) -> list[Suggestion]:
    """Companies for an investor, or for anybody who looks for companies. Parameters as above."""
    return await _ask(engine_process.rank_companies, str(model), query, changed, limit, wanted)


async def supporters_for(query: Company, candidates: list[Investor], limit: int) -> list[Suggestion]:
    """Incubators, institutes and the like for a company, out of `candidates`."""
    return await _ask(engine_process.rank_supporters, query, candidates, limit)


async def _ask(function: Callable[..., list[Suggestion]], *args: object) -> list[Suggestion]:
    if _here:
        return await asyncio.to_thread(function, *args)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE):
            return await loop.run_in_executor(_process(), function, *args)
    except (BrokenProcessPool, TimeoutError) as error:
        close()
        raise Later("the engine's process did not answer") from error


def stay_here(path: str, model: Model) -> None:
    """Rank in this process from now on, with a model that it holds already. Only where no pages are served."""
    global _here  # noqa: PLW0603
    engine_process.keep(path, model)
    _here = True


def _process() -> ProcessPoolExecutor:
    global _pool  # noqa: PLW0603  one engine per process of ours
    if _pool is None:
        _pool = ProcessPoolExecutor(
            max_workers=1, mp_context=multiprocessing.get_context("spawn"), initializer=engine_process.prepare
        )
    return _pool


def close() -> None:
    """End the engine's process, or let go of its model; the next question starts another process."""
    global _pool, _here  # noqa: PLW0603
    if _here:
        engine_process.forget()
        _here = False
    if _pool is not None:
        running, _pool = _pool, None
        for process in list((running._processes or {}).values()):
            process.terminate()
        running.shutdown(wait=False, cancel_futures=True)
