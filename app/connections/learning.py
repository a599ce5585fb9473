"""Learns, each night, how much the points of documented priors count: from answers about mentors, technologies and
organisations that support. Belongs into the process that fits; pages read what is in use from `lessons`.
"""

import asyncio
from typing import Any

import structlog

from app.connections import lessons, pair_log, pairing, profiles
from matching import explain, pairings
from matching.adjusting import Said, Shown, learn

log = structlog.get_logger()

KINDS = (*pairing.KINDS, *profiles.SUPPORT_KINDS)
"""Lists that have a documented prior and no learned engine."""


async def learn_all() -> dict[str, str]:
    """Learn each kind anew where there are new answers: what became of it, by kind (active, refused, retired, failed).

    Idempotent: the same answers again change nothing. Kinds with few answers keep their documented prior.
    """
    known, found = await lessons.latest(), dict[str, str]()
    for kind in KINDS:
        try:
            outcome = await _learn(kind, known.get(kind))
        except Exception:
            log.exception("learning from answers failed", kind=kind)
            outcome = "failed"
        if outcome:
            found[kind] = outcome
    return found


async def _learn(kind: str, known: dict[str, Any] | None) -> str:
    said = [_said(one) for one in await pair_log.read(kind)]
    lesson = await asyncio.to_thread(learn, said, _theirs(kind))
    if lesson is None:
        return "retired" if await lessons.retire(kind) else ""
    if lesson.card == known:
        return ""
    outcome = "active" if lesson.accepted else "refused"
    await (lessons.put_in_use if lesson.accepted else lessons.refuse)(kind, lesson.learned, lesson.card)
    log.info("learned from answers", kind=kind, outcome=outcome, choices=lesson.card["choices"])
    return outcome


def _said(one: pair_log.Answered) -> Said:
    shown = tuple(Shown(part.rank, part.parts, part.lot) for part in one.shown)
    return Said(one.asked_at, one.answer == "hidden", shown, one.replied, one.replied_at)


def _theirs(kind: str) -> frozenset[str]:
    """The points that meet the candidate's wishes, as the asker's list tells them."""
    if kind in pairing.KINDS:
        return frozenset(code for code, whose in pairings.MEETS.items() if whose == "them")
    return frozenset(code for code, whose in explain.MEETS.items() if whose == "investor")
