"""Tests of the festival ground drain its own topics too."""

import events.floor.jobs

JOBS = events.floor.jobs
"""Imported so that its topics are known when the outbox is drained."""
