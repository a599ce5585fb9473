"""Tests of the agenda drain its own topics too."""

import events.agenda.jobs

JOBS = events.agenda.jobs
"""Imported so that its topics are known when the outbox is drained."""
