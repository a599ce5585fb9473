"""Counts beside the facets, from sets of organisations kept in memory by each process.

Every value of every facet is one large integer whose bit n stands for the organisation with number n; filters are
`&` and `|`, a count is `bit_count()`. 23,000 organisations and 120 values take half a megabyte, counting all facets
of any state under a millisecond. The sets carry the version of the list (see `app.directory.listing`): a process
that finds a newer version in the database takes over what changed before it counts.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from app.core import db
from app.directory.asking import FACETS, Asked
from app.directory.credentials.badges import IS_BADGE, TODAY
from app.directory.listing import covers

_SQL = f"""
    SELECT 'all' AS facet, '' AS code, array_agg(number) AS numbers FROM listed
    UNION ALL SELECT 'kind', code, array_agg(number) FROM listed, unnest(kinds) AS code GROUP BY code
    UNION ALL SELECT 'sector', code, array_agg(number) FROM listed, unnest(sectors) AS code GROUP BY code
    UNION ALL SELECT 'stage', stage, array_agg(number) FROM listed WHERE stage IS NOT NULL GROUP BY stage
    UNION ALL SELECT 'country', country, array_agg(number) FROM listed WHERE country IS NOT NULL GROUP BY country
    UNION ALL SELECT 'region', country || '-' || coalesce(province_code, state), array_agg(number) FROM listed
        WHERE country IS NOT NULL AND coalesce(province_code, state) IS NOT NULL
        GROUP BY country || '-' || coalesce(province_code, state)
    UNION ALL SELECT 'credential', c.credential_type, array_agg(DISTINCT listed.number) FROM listed
        JOIN credential c ON c.organisation = listed.id WHERE {IS_BADGE.format(day=TODAY)} GROUP BY c.credential_type
"""  # noqa: S608  constants only
_LISTED = """WITH listed AS MATERIALIZED (SELECT id, number, kinds, sectors, stage, country, state, province_code
    FROM organisation WHERE ended_at IS NULL AND hidden_at IS NULL AND listing_version > $1)"""
_SETS = f"{_LISTED} {_SQL}"
REBUILD_BELOW = 3_000
"""So few organisations are counted afresh as fast as changes are found."""

Sets = dict[str, dict[str, int]]


def bits(numbers: Iterable[int] | None) -> int:
    """The set of these numbers as one integer."""
    array = np.fromiter(numbers or (), dtype=np.int64)
    if not array.size:
        return 0
    flags = np.zeros(int(array.max()) + 1, dtype=bool)
    flags[array] = True
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def kept(numbers: list[int], members: int) -> list[int]:
    """Those of `numbers` that are in the set, in their order."""
    raw = members.to_bytes(members.bit_length() // 8 + 1, "little")
    end = len(raw) * 8
    return [number for number in numbers if number < end and raw[number >> 3] >> (number & 7) & 1]


class FacetSets:
    """The sets of one state of the list."""

    def __init__(self, version: int, sets: Sets) -> None:
        self.version = version
        self.sets = sets
        self.everything = sets.get("all", {}).get("", 0)

    def matching(self, asked: Asked, *, hits: int | None = None, but: str = "") -> int:
        """Organisations that fit every filter except the facet `but`, among `hits` where a search found some."""
        found = self.everything if hits is None else self.everything & hits
        for facet in FACETS:
            values = asked.values(facet)
            if values and facet != but:
                union = 0
                for value in values:
                    union |= self.sets.get(facet, {}).get(value, 0)
                found &= union
        return found

    def counts(self, asked: Asked, facet: str, *, hits: int | None = None) -> dict[str, int]:
        """How many organisations each value of the facet would show, with all the other filters as they are."""
        among = self.matching(asked, hits=hits, but=facet)
        found = {code: (members & among).bit_count() for code, members in self.sets.get(facet, {}).items()}
        chosen = dict.fromkeys(asked.values(facet), 0)
        return chosen | {code: count for code, count in found.items() if count}


_current = FacetSets(-1, {})
_loading: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}


async def facet_sets(version: int) -> FacetSets:
    """The sets of the list at `version` or later; loaded once, however many ask at the same time."""
    global _current  # noqa: PLW0603  one copy per process
    if covers(_current.version, version):
        return _current
    async with _loading.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        if not covers(_current.version, version):
            _current = await _load(version)
    return _current


async def _load(version: int) -> FacetSets:
    known = _current
    if 0 < known.version < version and known.everything.bit_count() >= REBUILD_BELOW:
        changed = [
            row["number"]
            for row in await db.fetch("SELECT number FROM organisation WHERE listing_version > $1", known.version)
        ]
        if len(changed) < REBUILD_BELOW:
            return _merge(known, version, changed, await db.fetch(_SETS, known.version))
    return FacetSets(version, _grouped(await db.fetch(_SETS, -1)))


def _grouped(rows: list[Any]) -> Sets:
    sets: Sets = defaultdict(dict)
    for row in rows:
        sets[row["facet"]][row["code"]] = bits(row["numbers"])
    return dict(sets)


def _merge(known: FacetSets, version: int, changed: list[int], rows: list[Any]) -> FacetSets:
    """The known sets without the changed organisations, and those where they are now."""
    gone = ~bits(changed)
    sets: Sets = {
        facet: {code: members & gone for code, members in codes.items()} for facet, codes in known.sets.items()
    }
    for facet, codes in _grouped(rows).items():
        for code, members in codes.items():
            sets.setdefault(facet, {})[code] = sets.get(facet, {}).get(code, 0) | members
    return FacetSets(version, sets)


def forget() -> None:
    """Start afresh, as a new process would."""
    global _current  # noqa: PLW0603
    _current = FacetSets(-1, {})
