"""Work in pieces over the cores there are; numpy lets go of the interpreter while it computes."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")

WORTH_THREADS = 4
"""Fewer pieces than this are done on the spot: to start threads takes as long."""


def spread(work: Callable[[Piece], None], pieces: Iterable[Piece]) -> None:
    """Do ``work`` for every piece; pieces must not touch what others touch. The first error is raised.

    Parameters
    ----------
    work : callable
    pieces : iterable
        In any order; with one core, or few pieces, no thread is started.
    """
    waiting = list(pieces)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores == 1 or len(waiting) < WORTH_THREADS:
        for piece in waiting:
            work(piece)
        return
    with ThreadPoolExecutor(min(cores, len(waiting))) as pool:
        for _ in pool.map(work, waiting):
            pass
