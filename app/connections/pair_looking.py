"""Looks at the list that an answer was given to, soon after it was given: who stood where, by which points. No names.

Answers are written and read in `pair_log`.
"""

from random import Random
from typing import Any
from uuid import UUID

import msgspec

from app.connections import filters, pair_log, pairing
from app.connections.choices import ABOUT_THE_PAIR
from app.connections.pair_log import Place
from app.core import db

FIRST = 10
"""Places that are kept as they are, besides that of whom the answer is about."""
DRAWN = 20
"""Drawn by lot from all places below: together they stand for everybody there."""

_SUPPORTERS = f"""
SELECT s.candidate, s.reasons, s.explored, s.propensity FROM suggestion s JOIN organisation c ON c.id = s.candidate
WHERE s.organisation = $1 AND s.kind = $2 AND (c.id = $3 OR ({filters.ALLOWED})) ORDER BY s.rank
"""  # noqa: S608  constants only

_REQUESTED = """
SELECT i.asker, i.receiver, CASE WHEN i.state = 'declined' AND i.reason = ANY($2::text[]) THEN 'declined'
    WHEN EXISTS (SELECT FROM introduction_transition t WHERE t.introduction = i.id AND t.to_state IN ('met', 'outcome'))
        THEN 'met'
    WHEN i.accepted_at IS NOT NULL THEN 'accepted' ELSE 'asked' END AS answer
FROM introduction i WHERE i.id = $1
"""


class Found(msgspec.Struct, frozen=True):
    """Somebody on a list."""

    candidate: UUID
    parts: dict[str, float]
    lot: float = 1.0


async def look(answer: UUID) -> None:
    """Keep with an answer what its list looks like now. Idempotent: what has been looked at stays.

    Nothing is kept where the list does not name whom the answer is about: without consent to suggestions, or not
    listed at all, nothing is learned.
    """
    row = await db.fetchrow(
        "SELECT kind, organisation, candidate FROM pairing_answer WHERE id = $1 AND looked_at IS NULL", answer
    )
    if row is None:
        return
    found = [] if row["candidate"] is None else await _list_of(row["kind"], row["organisation"], row["candidate"])
    shown = shown_of(found, row["candidate"], Random(answer.int))  # noqa: S311  a sample, no secret
    await db.execute(
        "UPDATE pairing_answer SET rank = $2, shown = $3, looked_at = now() WHERE id = $1 AND looked_at IS NULL",
        *(answer, shown[0].rank if shown else None, [_plain(one) for one in shown]),
    )


def _plain(one: Place) -> dict[str, Any]:
    lot = {} if one.lot == 1.0 else {"lot": round(one.lot, 6)}
    return {"rank": one.rank, "counts": one.counts, "parts": one.parts, **lot}


async def _list_of(kind: str, organisation: UUID, candidate: UUID) -> list[Found]:
    """The list in its order, also with whom the answer itself has taken off it."""
    if kind not in pairing.KINDS:
        rows = await db.fetch(_SUPPORTERS, organisation, kind, candidate)
        return [_supporter(row) for row in rows]
    return [
        Found(
            UUID(one.prior.candidate_id),
            _parts((reason.code, reason.contribution) for reason in one.prior.contributions),
            one.lot,
        )
        for one in await pairing.listed(organisation, kind, candidate)
    ]


def _supporter(row: Any) -> Found:
    parts = _parts((reason["code"], reason.get("prior", reason["contribution"])) for reason in row["reasons"])
    return Found(row["candidate"], parts, row["propensity"] if row["explored"] else 1.0)


def _parts(reasons: Any) -> dict[str, float]:
    parts: dict[str, float] = {}
    for code, contribution in reasons:
        parts[code] = round(parts.get(code, 0.0) + contribution, 4)
    return parts


def shown_of(found: list[Found], candidate: UUID, lot: Random) -> list[Place]:
    """First whom the answer is about, then the others of the first ten, then some drawn from below."""
    at = next((place for place, one in enumerate(found) if one.candidate == candidate), None)
    if at is None:
        return []
    rest = [place for place in range(FIRST, len(found)) if place != at]
    drawn = sorted(lot.sample(rest, min(DRAWN, len(rest))))
    near = [place for place in range(min(FIRST, len(found))) if place != at]
    each = len(rest) / len(drawn) if drawn else 1.0
    counts = [(at, 1.0), *((place, 1.0) for place in near), *((place, each) for place in drawn)]
    return [
        Place(rank=place + 1, counts=count, parts=found[place].parts, lot=found[place].lot) for place, count in counts
    ]


async def look_for_technologies(introduction: UUID) -> None:
    """Which technologies of the one who was asked stand on the asker's lists: the best of each list was answered to.

    Idempotent. Locks the introduction, so that its answer is not missed while it is being written down.
    """
    pair = await db.fetchrow("SELECT asker, receiver FROM introduction WHERE id = $1", introduction)
    if pair is None:
        return
    best = {
        kind: await pairing.best_of(pair["asker"], kind, pair["receiver"]) for kind in pairing.KINDS if kind != "mentor"
    }
    async with db.tx():
        row = await db.fetchrow(f"{_REQUESTED} FOR SHARE OF i", introduction, list(ABOUT_THE_PAIR))
        for kind, candidate in best.items():
            if row is not None and candidate is not None:
                await pair_log.asked(kind, row["asker"], candidate, "introduction", introduction, row["answer"])
