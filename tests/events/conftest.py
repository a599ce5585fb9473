"""Tests of events drain the outbox on the one connection that is rolled back."""

import pytest

import events.jobs
from app.core import outbox

JOBS = events.jobs
"""Imported so that its topics are known when the outbox is drained."""


@pytest.fixture(autouse=True)
def _one_piece_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "AT_ONCE", 1)
