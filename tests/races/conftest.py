"""Races are about who wins, not about a busy machine."""

import pytest

from app.core import db


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crowd waits for the pool's few connections for as long as it takes."""
    monkeypatch.setattr(db, "ACQUIRE_SECONDS", 30.0)
