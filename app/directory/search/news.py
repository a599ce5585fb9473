"""What is new in a state of the directory or of the search: one question to the index for any number of states."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec

from app.core import db
from app.directory.asking import Asked, asked_from
from app.directory.facets import facet_sets
from app.directory.listing import current_version
from app.directory.search import everywhere, forgiving, spelling
from app.directory.search.everywhere import Hit
from app.directory.search.lines import asked_words

MOST = 500
"""So many new things of one state are looked at, the newest."""
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

_NEW = f"""
    SELECT s.place, f.id, f.number FROM unnest($1::text[], $2::text[], $3::timestamptz[])
        WITH ORDINALITY AS s (question, kind, since, place)
    JOIN LATERAL (
        SELECT id, number, listed_at FROM findable
        WHERE listed AND listed_at > s.since AND listed_at <= $5 AND tier <= $4
            AND (s.kind = '' OR kind = s.kind) AND (s.question = '' OR vector @@ to_tsquery('simple', s.question))
        ORDER BY listed_at DESC, id DESC LIMIT {MOST}
    ) f ON true ORDER BY s.place, f.listed_at DESC, f.id DESC
"""  # noqa: S608  constants only

_SHOWN = f"""
    SELECT f.listed_at, f.subject, {everywhere.SHOWN} FROM unnest($1::bigint[]) WITH ORDINALITY AS new (id, place)
    JOIN findable f USING (id) LEFT JOIN organisation o ON f.kind = 'organisation' AND o.id = f.subject
    ORDER BY new.place
"""  # noqa: S608  constants only


class State(msgspec.Struct, frozen=True):
    """A state of /directory or /search, as its address says it; `query` is without a page or an order."""

    path: str
    query: str

    @property
    def url(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def asked(self) -> Asked:
        return asked_from(parse_qs(self.query))[0]

    @property
    def words(self) -> str:
        return asked_words(self.asked.q)

    @property
    def kind(self) -> str:
        """The one kind that it is about; "" for all."""
        if self.path == "/directory":
            return "organisation"
        chosen = parse_qs(self.query).get("kind", [""])[0]
        return chosen if chosen in everywhere.TABS else ""


def state_from(path: str, query: str) -> State:
    """The state that somebody stands before, in its one form: equal states are equal."""
    if path == "/directory":
        asked = msgspec.structs.replace(asked_from(parse_qs(query))[0], order="updated", cursor="")
        return State(path, asked.url().partition("?")[2])
    given = parse_qs(query)
    asked = asked_from({"q": given.get("q", [""])})[0]
    kind = State("/search", query).kind
    return State("/search", everywhere.address(asked.q, kind).partition("?")[2])


class New(msgspec.Struct, frozen=True):
    """The rows of the index that are new, the newest first."""

    ids: list[int]

    @property
    def count(self) -> int:
        return len(self.ids)


async def new_since(asked: Sequence[tuple[State, datetime]], *, tier: int, until: datetime | None = None) -> list[New]:
    """What each state has that it had not at its moment; three queries for however many states.

    Words are looked for as they are: what looks alike is no news.
    """
    known = await spelling.lexicon(fresh=False)
    questions = [
        forgiving.anywhere(known, forgiving.terms_of(state.words)) if state.words else "" for state, _since in asked
    ]
    rows = await db.fetch(
        _NEW,
        questions,
        [state.kind for state, _since in asked],
        [since for _state, since in asked],
        tier,
        until or datetime(9999, 1, 1, tzinfo=UTC),
    )
    sets = await facet_sets(await current_version())
    found: list[list[int]] = [[] for _one in asked]
    fitting = [sets.matching(state.asked) if state.path == "/directory" else -1 for state, _since in asked]
    for row in rows:
        place = row["place"] - 1
        if fitting[place] < 0 or fitting[place] >> row["number"] & 1:
            found[place].append(row["id"])
    return [New(ids) for ids in found]


async def shown(ids: Sequence[int]) -> list[tuple[Hit, datetime, Any]]:
    """These rows as they are shown, each with when it came and its subject's id."""
    rows = await db.fetch(_SHOWN, list(ids)) if ids else []
    return [(everywhere.hit_of(row), row["listed_at"], row["subject"]) for row in rows]
