"""A place for sentence vectors from outside: one small interface, off by default, one more reason where it is on.

The engine bridges languages by its vocabulary and needs no such thing. Who has a model of sentences at hand writes a
function that makes an `Embedder` and names it in the environment: ``MATCHING_EMBEDDER=package.module:function``. The
cosine of two texts then counts as the point "meaning" of the prior (stated.py); no other part of a score changes.
"""

import hashlib
import os
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from matching.data import Company, Investor

SETTING = "MATCHING_EMBEDDER"


class Embedder(Protocol):
    """Turns texts into vectors."""

    def __call__(self, texts: Sequence[str], /) -> np.ndarray:
        """Return one vector for each text, shape (n, d); the same text always gives the same vector."""


class EmbedderError(ValueError):
    """An embedder that cannot be loaded, or that does not return what it should; the message says which and why."""


class Meaning:
    """Vectors of profiles by a named embedder; each text is asked for once, and kept with the model.

    Parameters
    ----------
    name : str
        ``package.module:function``; the function takes nothing and returns an `Embedder`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._known: dict[bytes, np.ndarray] = {}
        self._embedder: Embedder | None = None

    def of(self, rows: Sequence[Company] | Sequence[Investor]) -> np.ndarray:
        """Return a unit vector for each profile's name and description, shape (n, d); zeros where both are empty."""
        texts = [f"{row.name}\n{row.description}".strip() for row in rows]
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if text and key not in self._known}
        if new:
            self._known.update(zip(new, self._asked(list(new.values())), strict=True))
        width = len(next(iter(self._known.values()), np.zeros(1)))
        nothing = np.zeros(width, dtype=np.float32)
        return np.stack([self._known.get(key, nothing) for key in keys]) if keys else np.zeros((0, width))

    def _asked(self, texts: list[str]) -> np.ndarray:
        if self._embedder is None:
            self._embedder = _made(self.name)
        found = np.asarray(self._embedder(texts), dtype=np.float32)
        width = len(next(iter(self._known.values()))) if self._known else found.shape[-1]
        if found.ndim != 2 or found.shape != (len(texts), width) or not np.isfinite(found).all():
            raise EmbedderError(f"{self.name}: {len(texts)} texts must give {len(texts)} finite vectors of one length")
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return np.divide(found, length, out=np.zeros_like(found), where=length > 0)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the embedder out: whoever loads the model has their own under its name."""
        return {**self.__dict__, "_embedder": None}


def configured() -> Meaning | None:
    """Return what the environment names, or None where it names nothing."""
    name = os.environ.get(SETTING, "").strip()
    return Meaning(name) if name else None


def _made(name: str) -> Embedder:
    module, _, function = name.partition(":")
    try:
        made: Embedder = getattr(import_module(module), function)()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise EmbedderError(f"{SETTING}={name}: cannot be loaded ({error!r})") from error
    if not callable(made):
        raise EmbedderError(f"{SETTING}={name}: does not return a function of texts")
    return made
