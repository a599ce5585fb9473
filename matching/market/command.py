"""``python -m matching market``: lists for a whole market, from files of numpy to a file of numpy."""

import argparse
import json
import resource
import struct
import sys
import time
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import get_args
from zipfile import BadZipFile

import numpy as np

from matching.data import DataError
from matching.market.examination import Name
from matching.market.factors import Factors
from matching.market.run import MarketOptions, MarketResult, run_market, run_market_factors

_UNREADABLE = (
    OSError, ValueError, EOFError, KeyError, MemoryError, RuntimeError, SyntaxError, TokenError, BadZipFile,
    struct.error, zlib.error,
)  # fmt: skip
"""What numpy, zipfile and zlib raise where a file was damaged on its way; found by damaging files."""


def add_market(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    market = commands.add_parser("market", help="make everybody's lists at once, aware of who is flooded")
    market.add_argument("--p", metavar="FILE", help=".npy, (left, right): probability that i would ask j")
    market.add_argument("--q", metavar="FILE", help=".npy, (left, right): probability that j would say yes to i")
    market.add_argument("--factors", metavar="FILE", help=".npz with U, V, a, b, U2, V2, a2, b2 in place of p and q")
    market.add_argument("--lists", type=int, metavar="N", help="places of a list (all)")
    market.add_argument("--examination", choices=get_args(Name), default="inv", help="how far down people look (inv)")
    market.add_argument("--fairness", type=float, default=0.0, metavar="ALPHA", help="0 counts matches, 1 is Nash (0)")
    market.add_argument("--bound", action="store_true", help="also compute what no lists can exceed")
    market.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same lists (0)")
    market.add_argument("--out", required=True, metavar="FILE", help="where the lists go (.npy)")


def market(options: argparse.Namespace) -> None:
    """Run the market that the options name, write the lists, print one line of JSON.

    Raises
    ------
    DataError
        If a file cannot be read or written, or does not hold a market.
    """
    started = time.perf_counter()
    wanted = MarketOptions(options.lists, options.examination, options.fairness, options.seed, options.bound)
    wanted.checked()
    result = _result(options, wanted)
    try:
        with Path(options.out).open("wb") as out:
            np.save(out, result.lists)
    except OSError as error:
        raise DataError(f"{options.out}: cannot be written ({error.strerror})") from error
    print(json.dumps(told(result, time.perf_counter() - started)))


def told(result: MarketResult, seconds: float) -> dict[str, float]:
    """Return what the command prints of a result."""
    line = {
        "expected_matches": round(result.expected_matches, 4),
        "seconds": round(seconds, 3),
        "peak_memory_mb": round(peak_memory() / 1e6, 1),
        "coverage": round(result.coverage, 4),
        "gini": round(result.gini, 4),
    }
    if result.unfair is not None:
        line["without_fairness"] = round(result.unfair, 4)
    if result.upper_bound is not None:
        line["upper_bound"] = round(result.upper_bound, 4)
    return line


def peak_memory() -> int:
    """Return the most memory this process has held, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _result(options: argparse.Namespace, wanted: MarketOptions) -> MarketResult:
    if options.factors and not (options.p or options.q):
        return run_market_factors(Factors.of(_archive(options.factors)), options=wanted)
    if options.p and options.q and not options.factors:
        return run_market(_table(options.p), _table(options.q), options=wanted)
    raise DataError("either --p and --q, or --factors")


def _table(name: str) -> np.ndarray:
    found = _read(name)
    if isinstance(found, dict):
        raise DataError(f"{name}: an .npz of several arrays, one table (.npy) is needed")
    return found


def _archive(name: str) -> dict[str, np.ndarray]:
    found = _read(name)
    if not isinstance(found, dict):
        raise DataError(f"{name}: one array, an .npz with U, V, a, b, U2, V2, a2, b2 is needed")
    return found


def _read(name: str) -> np.ndarray | dict[str, np.ndarray]:
    """Read one array, or several by name; pickled objects are refused, and the file is closed in any case."""
    try:
        with Path(name).open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else {key: loaded[key] for key in loaded.files}
    except FileNotFoundError as error:
        raise DataError(f"{name}: no such file") from error
    except _UNREADABLE as error:
        raise DataError(f"{name}: cannot be read as numpy arrays") from error
