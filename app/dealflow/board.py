"""Reads a pipeline as columns or as a table: so many cards at once, however many there are, in a few queries."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from app.core import clock, db
from app.core.clock import VIETNAM
from app.core.i18n import pick
from app.core.text import initials
from app.dealflow.asking import Asked
from app.dealflow.fitting import word_of
from app.dealflow.words import reason_label, stage_name
from app.directory.places import place_label
from app.directory.vocabulary import SECTORS

PAGE = 12
"""Cards of a column before "more", which comes by itself when it is scrolled to."""
MOST_SHOWN = 200
"""So many cards of a column are drawn again after a move, where somebody had gone on reading so far."""
ROWS = 50
"""Rows of the table on a page."""

Row = dict[str, Any]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A card as it is drawn; `there` False: its organisation has left the pages, and its name is not said.

    A board draws a hundred of them: what can be said as text once is text here.
    """

    id: str
    moves: int
    name: str
    slug: str
    there: bool
    sample: bool
    sectors: str
    place: str
    about: str
    fit: str
    owner: str
    initials: str
    next_step: str
    next_on: date | None
    day: str
    late: bool
    reason: str
    stage_name: str
    rank: int


class Column(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    kind: str
    total: int
    cards: list[Card]

    @property
    def more(self) -> int:
        return self.total - len(self.cards)


_CARD = """c.id, c.moves, c.rank, c.stage, c.next_step, c.next_on, c.pass_reason, c.fit_value, c.state,
    o.name, o.slug, o.sectors, o.country, o.state AS region_code, o.province_code, o.ward_code, o.region, o.city,
    o.sample,
    o.ended_at IS NULL AND o.hidden_at IS NULL AS there, w.name AS owner_name"""

_JOINS = "JOIN organisation o ON o.id = c.organisation LEFT JOIN person w ON w.id = c.owner"


async def columns_of(pipeline: UUID, asked: Asked, shown: dict[str, int] | None = None) -> list[Column]:
    """Every stage with its first cards and how many it holds in this state of the board; two queries.

    `shown`: how far somebody had gone on in a stage, where that is further than the first page.
    """
    arguments: list[object] = [pipeline, shown or {}]
    where = asked.where(arguments)
    stages = await db.fetch(_STAGES if where else _STAGES_AND_TOTALS, pipeline)
    rows = await db.fetch(_filtered(where) if where else _FIRST_CARDS, *arguments)
    today = _today()
    cards: dict[UUID, list[Card]] = {}
    totals = {row["stage"]: row["total"] for row in (rows if where else ())}
    for row in rows:
        cards.setdefault(row["stage"], []).append(_card(row, today))
    return [
        Column(
            id=stage["id"],
            name=stage_name(stage),
            kind=stage["kind"],
            total=totals.get(stage["id"], 0) if where else stage["total"],
            cards=cards.get(stage["id"], []),
        )
        for stage in stages
    ]


_OF_PIPELINE = "WHERE s.pipeline = $1 AND s.ended_at IS NULL"
_STAGES = f"SELECT s.id, s.name_vi, s.name_en, s.kind FROM pipeline_stage s {_OF_PIPELINE} ORDER BY s.place, s.id"  # noqa: S608
_STAGES_AND_TOTALS = (
    "SELECT s.id, s.name_vi, s.name_en, s.kind, count(c.id) AS total FROM pipeline_stage s"  # noqa: S608
    f" LEFT JOIN deal_card c ON c.stage = s.id AND c.ended_at IS NULL {_OF_PIPELINE}"
    " GROUP BY s.id ORDER BY s.place, s.id"
)
_SO_MANY = f"coalesce(($2::jsonb ->> {{stage}}::text)::int, {PAGE})"
_FIRST_CARDS = (
    f"SELECT n.*, '' AS name_vi, '' AS name_en FROM pipeline_stage s JOIN LATERAL (SELECT {_CARD}"  # noqa: S608
    f" FROM deal_card c {_JOINS} WHERE c.stage = s.id AND c.ended_at IS NULL"
    f" ORDER BY c.rank LIMIT {_SO_MANY.format(stage='s.id')}) n ON true {_OF_PIPELINE} ORDER BY n.rank"
)
"""Along the order of each stage, so that what comes after the first cards is not touched."""


def _filtered(where: str) -> str:
    """What a filter leaves has to be looked for among all cards: once, for cards and totals together."""
    return (
        f"SELECT *, '' AS name_vi, '' AS name_en FROM (SELECT {_CARD},"  # noqa: S608
        " count(*) OVER (PARTITION BY c.stage) AS total,"
        " row_number() OVER (PARTITION BY c.stage ORDER BY c.rank) AS number"
        f" FROM deal_card c {_JOINS} WHERE c.pipeline = $1 AND c.ended_at IS NULL{where}) n"
        f" WHERE number <= {_SO_MANY.format(stage='stage')} ORDER BY rank"
    )


async def more_of(pipeline: UUID, stage: UUID, after: int, asked: Asked) -> tuple[list[Card], int]:
    """The next cards of a stage after a rank, and how many follow them; one query."""
    arguments: list[object] = [pipeline, stage, after]
    where = asked.where(arguments)
    rows = await db.fetch(
        f"SELECT {_CARD}, '' AS name_vi, '' AS name_en, count(*) OVER () AS total FROM deal_card c {_JOINS}"  # noqa: S608
        f" WHERE c.pipeline = $1 AND c.stage = $2 AND c.rank > $3 AND c.ended_at IS NULL{where}"
        f" ORDER BY c.rank LIMIT {PAGE}",
        *arguments,
    )
    today = _today()
    cards = [_card(row, today) for row in rows]
    return cards, (rows[0]["total"] - len(cards)) if rows else 0


async def table_of(pipeline: UUID, asked: Asked, page: int, limit: int = ROWS) -> tuple[list[Card], int]:
    """One page of the table and how many cards there are in all; one query."""
    arguments: list[object] = [pipeline]
    where = asked.where(arguments)
    rows = await db.fetch(
        f"SELECT {_CARD}, s.name_vi, s.name_en, count(*) OVER () AS total FROM deal_card c {_JOINS}"  # noqa: S608
        f" JOIN pipeline_stage s ON s.id = c.stage WHERE c.pipeline = $1 AND c.ended_at IS NULL{where}"
        f" ORDER BY {asked.order_by} LIMIT {limit} OFFSET {page * limit}",
        *arguments,
    )
    today = _today()
    return [_card(row, today) for row in rows], rows[0]["total"] if rows else 0


_PLAIN = """c.id, c.stage, c.state, c.moves, c.version, c.next_step, c.next_on, c.pass_reason, c.fit_value, c.origin,
    c.added_at, c.changed_at, c.owner, w.name AS owner_name, o.id AS organisation, o.name, o.slug, o.kinds, o.sectors,
    o.country, o.ended_at IS NULL AND o.hidden_at IS NULL AS there"""


async def stages_and_totals(pipeline: UUID) -> list[Row]:
    """The stages with how many cards are in each; one query."""
    rows = await db.fetch(_STAGES_AND_TOTALS, pipeline)
    return [
        {**{name: row[name] for name in ("id", "name_vi", "name_en", "kind")}, "cards": row["total"]} for row in rows
    ]


async def plain_rows(
    pipeline: UUID, asked: Asked, stage: UUID | None, limit: int, offset: int
) -> tuple[list[Row], int]:
    """Cards as they are stored, for programs: so many from a place on, in the order asked for, and how many in all."""
    arguments: list[object] = [pipeline, stage, limit, offset]
    where = asked.where(arguments)
    rows = await db.fetch(
        f"SELECT {_PLAIN}, count(*) OVER () AS total FROM deal_card c {_JOINS}"  # noqa: S608
        " JOIN pipeline_stage s ON s.id = c.stage WHERE c.pipeline = $1 AND c.ended_at IS NULL"
        f" AND ($2::uuid IS NULL OR c.stage = $2){where} ORDER BY {asked.order_by} LIMIT $3 OFFSET $4",
        *arguments,
    )
    return [dict(row) for row in rows], rows[0]["total"] if rows else 0


async def sectors_of(pipeline: UUID) -> list[tuple[str, str]]:
    """The sectors that its cards have, for the filter."""
    rows = await db.fetch(
        "SELECT DISTINCT unnest(o.sectors) AS code FROM deal_card c JOIN organisation o ON o.id = c.organisation"
        " WHERE c.pipeline = $1 AND c.ended_at IS NULL",
        pipeline,
    )
    known = [row["code"] for row in rows if row["code"] in SECTORS]
    return sorted(((code, SECTORS.label(code)) for code in known), key=lambda pair: pair[1])


def _today() -> date:
    return clock.now().astimezone(VIETNAM).date()


def _card(row: Any, today: date) -> Card:
    there = row["there"]
    owner = row["owner_name"] or ""
    sectors = ", ".join(SECTORS.labels(row["sectors"] or ())[:2]) if there else ""
    place = place_label({**row, "state": row["region_code"]}) if there else ""
    return Card(
        id=str(row["id"]),
        moves=row["moves"],
        name=row["name"] if there else "",
        slug=row["slug"] if there else "",
        there=there,
        sample=row["sample"],
        sectors=sectors,
        place=place,
        about=f"{sectors} · {place}" if sectors and place else sectors or place,
        fit=word_of(row["fit_value"]),
        owner=owner,
        initials=initials(owner.partition(" (")[0]) if owner else "",
        next_step=row["next_step"],
        next_on=row["next_on"],
        day=f"{row['next_on']:%d/%m/%Y}" if row["next_on"] else "",
        late=bool(row["state"] == "open" and row["next_on"] and row["next_on"] < today),
        reason=reason_label(row["pass_reason"]) if row["pass_reason"] else "",
        stage_name=pick(row["name_vi"], row["name_en"]),
        rank=row["rank"],
    )


def shown_from(text: str) -> dict[str, int]:
    """How many cards of which stage stood on a board: "stage:number" with commas, as the page sends it."""
    found = {}
    for part in text.split(","):
        stage, _colon, number = part.partition(":")
        if len(stage) == 36 and number.isascii() and number.isdigit() and len(number) < 5 and int(number) > PAGE:
            found[stage] = min(int(number), MOST_SHOWN)
    return found
