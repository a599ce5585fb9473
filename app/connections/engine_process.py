"""The other side of `ranking`: what runs in the engine's own process. Nothing of the application is reached from here.

The libraries are imported after the number of their threads is set, hence late.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.connections.signals import real_id

if TYPE_CHECKING:
    from matching import Company, Investor, Model, Suggestion

_PR_SET_PDEATHSIG = 1
_loaded: dict[str, "Model"] = {}


def end_with_parent() -> None:
    """Have the kernel end this process when the one that started it dies."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def prepare() -> None:
    """Make the process ready: one thread, quiet on Ctrl-C, gone with its parent."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    from matching import Model, fit  # noqa: F401, PLC0415  loads the learner, after the threads are set


def rank_investors(
    path: str, query: "Company", changed: "list[Investor]", limit: int, wanted: Sequence[str] = ()
) -> "list[Suggestion]":
    """Investors for a company: everyone in the model, those in `changed` as they are now, and all that are `wanted`."""
    model = _model(path)
    return _merged(model.rank_investors, query, changed, limit, wanted)


def rank_companies(
    path: str, query: "Investor", changed: "list[Company]", limit: int, wanted: Sequence[str] = ()
) -> "list[Suggestion]":
    """Companies for an investor: everyone in the model, those in `changed` as they are now, and all `wanted`."""
    model = _model(path)
    return _merged(model.rank_companies, query, changed, limit, wanted)


def rank_supporters(query: "Company", candidates: "list[Investor]", limit: int) -> "list[Suggestion]":
    """Organisations that support, by the documented prior alone: there is no history of theirs to learn from."""
    from matching import Dataset, fit  # noqa: PLC0415

    if not candidates:
        return []
    [found] = fit(Dataset.of((), candidates, ())).rank_investors([query], limit=limit)
    return found


def keep(path: str, model: "Model") -> None:
    """Hold a model that was fitted in this very process."""
    forget()
    _loaded[path] = model


def forget() -> None:
    """Let go of the model."""
    _loaded.clear()


def _model(path: str) -> "Model":
    from matching import Model  # noqa: PLC0415

    if path not in _loaded:
        _loaded.clear()
        _loaded[path] = Model.load(path)
    return _loaded[path]


def _merged(rank: Any, query: Any, changed: list[Any], limit: int, wanted: Sequence[str]) -> "list[Suggestion]":
    names = {real_id(profile.id) for profile in changed}
    [known] = rank([query], limit=limit + len(names))
    best = [suggestion for suggestion in known if suggestion.candidate_id not in names]
    if changed:
        [fresh] = rank([query], candidates=changed, limit=len(changed))
        best = sorted([*best, *fresh], key=lambda suggestion: -suggestion.score)
    best = best[:limit]
    missing = [one for one in wanted if one not in names and one not in {found.candidate_id for found in best}]
    if missing:
        [others] = rank([query], candidates=missing, limit=len(missing))
        best = [*best, *others]
    return best
