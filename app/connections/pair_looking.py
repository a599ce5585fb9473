"""Looks at the list that an answer was given to, soon after it was given: who stood where, by which points. No names.

Answers are written and read in `pair_log`.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.connections import filters, pair_log, pairing
from app.connections.choices import ABOUT_THE_PAIR
from app.connections.pair_log import Place
from app.core import clock, db
from matching.suggestions import SEEN

LATE = timedelta(hours=12)
"""A look so long after the answer sees another list: nothing is kept then."""

_SUPPORTERS = f"""
SELECT s.candidate, s.reasons, s.explored, s.propensity FROM suggestion s JOIN organisation c ON c.id = s.candidate
WHERE s.organisation = $1 AND s.kind = $2 AND (c.id = $3 OR ({filters.ALLOWED})) ORDER BY s.rank
"""  # noqa: S608  constants only

_REQUESTED = """
SELECT i.asker, i.receiver, CASE WHEN i.reason = ANY($2::text[]) AND EXISTS (SELECT FROM introduction_transition t
        WHERE t.introduction = i.id AND t.to_state = 'declined' AND t.by_side = 'receiver') THEN 'declined'
    WHEN EXISTS (SELECT FROM introduction_transition t WHERE t.introduction = i.id AND t.to_state IN ('met', 'outcome'))
        THEN 'met'
    WHEN i.accepted_at IS NOT NULL THEN 'accepted' ELSE 'asked' END AS answer
FROM introduction i WHERE i.id = $1
"""


class Found(msgspec.Struct, frozen=True):
    """Somebody on a list."""

    candidate: UUID
    parts: dict[str, float]
    lot: float | None = None


async def look(answer: UUID) -> None:
    """Keep with an answer what its list looks like now. Idempotent: what has been looked at stays.

    Nothing is kept where the list does not name whom the answer is about (without consent to suggestions, or not listed
    at all, nothing is learned), where the organisation has no such list, and where the job comes late.
    """
    row = await db.fetchrow(
        "SELECT a.kind, a.organisation, a.candidate, a.asked_at, o.kinds FROM pairing_answer a"
        " JOIN organisation o ON o.id = a.organisation WHERE a.id = $1 AND a.looked_at IS NULL",
        answer,
    )
    if row is None:
        return
    shown = shown_of(await _list_of(row), row["candidate"])
    await db.execute(
        "UPDATE pairing_answer SET rank = $2, shown = $3, looked_at = now() WHERE id = $1 AND looked_at IS NULL",
        *(answer, shown[0].rank if shown else None, [_plain(one) for one in shown]),
    )


def _plain(one: Place) -> dict[str, Any]:
    lot = {} if one.lot is None else {"lot": round(one.lot, 6)}
    return {"rank": one.rank, "parts": one.parts, **lot}


async def _list_of(row: Any) -> list[Found]:
    """The list in its order, also with whom the answer itself has taken off it."""
    kind, organisation, candidate = row["kind"], row["organisation"], row["candidate"]
    if candidate is None or clock.now() - row["asked_at"] > LATE:
        return []
    if kind not in pairing.KINDS:
        return [_supporter(one) for one in await db.fetch(_SUPPORTERS, organisation, kind, candidate)]
    if kind not in await pairing.kinds_for(organisation, row["kinds"]):
        return []
    return [
        Found(
            UUID(one.prior.candidate_id),
            _parts((reason.code, reason.contribution) for reason in one.prior.contributions),
            one.lot if one.explored else None,
        )
        for one in await pairing.listed(organisation, kind, candidate, row["asked_at"])
    ]


def _supporter(row: Any) -> Found:
    parts = _parts((reason["code"], reason.get("prior", reason["contribution"])) for reason in row["reasons"])
    return Found(row["candidate"], parts, row["propensity"] if row["explored"] else None)


def _parts(reasons: Any) -> dict[str, float]:
    parts: dict[str, float] = {}
    for code, contribution in reasons:
        parts[code] = round(parts.get(code, 0.0) + contribution, 4)
    return parts


def shown_of(found: list[Found], candidate: UUID | None) -> list[Place]:
    """First whom the answer is about, wherever they stand, then the others of the first ten."""
    at = next((place for place, one in enumerate(found) if one.candidate == candidate), None)
    if at is None:
        return []
    places = [at, *(place for place in range(min(SEEN, len(found))) if place != at)]
    return [Place(rank=place + 1, parts=found[place].parts, lot=found[place].lot) for place in places]


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
