"""Mentors who can be booked: by need, expertise, language, stage and how soon; in the engine's order, with capacity.

Lists are made of the kept beginnings (`free.keep`); three queries of our own and the engine's, however many there are.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from app.connections import pairing, pairing_words
from app.core import db
from app.core.i18n import pick
from app.core.web import Actor
from app.directory.access import Seen
from app.directory.persons.access import COLUMNS, JOINS, LISTED, row_of
from app.directory.seeing import ANY_MEMBER, shown_person
from app.directory.vocabulary import MENTOR_EXPERTISE, NEEDS, STAGES
from app.directory.vocabulary.persons import LANGUAGES

Row = dict[str, Any]

PAGE = 12
MOST = 400
SOON = (3, 7, 14)
"""Days within which somebody is free soon."""
ROOM_WEIGHT = 0.15
"""How much free places count beside how well somebody fits: with room comes before as good without."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks for; unknown values are as if nothing was asked."""

    need: str = ""
    expertise: str = ""
    language: str = ""
    stage: str = ""
    soon: int = 0
    day: date | None = None
    page: int = 1

    @property
    def tokens(self) -> list[list[str]]:
        """What the list of mentors is filtered by: one of each."""
        found = []
        if self.need:
            found.append([f"expertise:{code}" for code in pairing.SKILLS.get(self.need, ())])
        single = (("expertise", self.expertise), ("language", self.language), ("stage", self.stage))
        return [one for one in found if one] + [[f"{name}:{value}"] for name, value in single if value]


def asked_of(params: dict[str, str]) -> Asked:
    day = None
    try:
        day = date.fromisoformat(params.get("day", ""))
    except ValueError:
        day = None
    soon, page = params.get("soon", ""), params.get("page", "")
    return Asked(
        need=params.get("need", "") if params.get("need", "") in NEEDS else "",
        expertise=params.get("expertise", "") if params.get("expertise", "") in MENTOR_EXPERTISE else "",
        language=params.get("language", "") if params.get("language", "") in LANGUAGES else "",
        stage=params.get("stage", "") if params.get("stage", "") in STAGES else "",
        soon=int(soon) if soon in {str(days) for days in SOON} else 0,
        day=day,
        page=int(page) if page.isascii() and page.isdigit() and 0 < int(page[:4]) < 100 else 1,
    )


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A mentor of the list. `reasons`: the engine's, for both sides; none where the engine may not suggest them."""

    person: UUID
    slug: str
    name: str
    headline: str
    photo_file: UUID | None
    sample: bool
    vetted: bool
    approves: bool
    minutes: int
    mode: str
    zone: str
    expertise: list[str]
    languages: list[str]
    free: list[datetime]
    mine: bool
    pair: pairing_words.PairCard | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    cards: list[Card]
    total: int
    days: list[tuple[date, int]]
    """How many of all found are free on each day of the four weeks."""


_BOOKABLE = f"""
    FROM mentor_listing l JOIN mentoring_hours h ON h.person = l.person AND h.closed_at IS NULL
    JOIN {JOINS.replace("person_profile pp", "person_profile pp ON pp.person = l.person", 1)}
    LEFT JOIN (SELECT mentor, count(*) AS everybody, bool_or(organisation = $1) AS mine FROM mentorship
        WHERE ended_at IS NULL GROUP BY mentor) s ON s.mentor = l.person
    WHERE {LISTED} AND r.id IS NOT NULL AND r.paused_at IS NULL AND l.person <> $2
    AND (r.mentees_most IS NULL OR coalesce(s.mine, false)
        OR greatest(coalesce(s.everybody, 0), coalesce(r.mentees_now, 0)) < r.mentees_most)
    AND NOT EXISTS (SELECT FROM conflict_of_interest c WHERE c.person = l.person AND c.organisation = $1
        AND c.ended_at IS NULL)
    AND NOT EXISTS (SELECT FROM membership m WHERE m.person = l.person AND m.organisation = $1 AND m.ended_at IS NULL)
"""  # noqa: S608  constants only


async def find(actor: Actor, organisation: Seen | None, asked: Asked, zone: str) -> Found:
    """Everybody who can be booked and is what was asked for, best first; one page of them with their next times."""
    where, arguments = _where(organisation, actor, asked, zone)
    rows = await db.fetch(
        "SELECT l.person, h.next_free_at, coalesce(s.mine, false) AS mine, r.mentees_most,"
        f" greatest(coalesce(s.everybody, 0), coalesce(r.mentees_now, 0)) AS mentees {_BOOKABLE}{where}"
        f" ORDER BY h.next_free_at NULLS LAST, l.name_folded, l.person LIMIT {MOST}",
        *arguments,
    )
    pairs = {} if organisation is None else await _pairs(organisation.id)
    order = _ranked(rows, pairs)
    shown = order[(asked.page - 1) * PAGE : asked.page * PAGE]
    return Found(
        cards=await _cards(shown, {row["person"]: row for row in rows}, pairs),
        total=len(order),
        days=await _days(order, zone),
    )


def _where(organisation: Seen | None, actor: Actor, asked: Asked, zone: str) -> tuple[str, list[object]]:
    arguments: list[object] = [organisation.id if organisation else None, actor.person_id]
    where = ""
    for tokens in asked.tokens:
        arguments.append(tokens)
        where += f" AND l.tokens_1 && ${len(arguments)}::text[]"
    if asked.soon:
        arguments.append(asked.soon)
        where += f" AND h.next_free_at <= now() + make_interval(days => ${len(arguments)})"
    if asked.day:
        arguments += [zone, asked.day]
        where += (
            f" AND EXISTS (SELECT FROM unnest(h.free_at) AS at WHERE (at AT TIME ZONE ${len(arguments) - 1})::date"
            f" = ${len(arguments)})"
        )
    return where, arguments


async def _pairs(organisation: UUID) -> dict[UUID, pairing.Paired]:
    found = await pairing.paired(organisation, "mentor", MOST)
    return {UUID(one.found.candidate_id): one for one in found}


def _ranked(rows: list[Any], pairs: dict[UUID, pairing.Paired]) -> list[UUID]:
    """Those whom the engine suggests by their score and their room, then the others by how soon; nobody free last."""
    place = {row["person"]: number for number, row in enumerate(rows)}

    def key(row: Any) -> tuple[bool, bool, float, int]:
        pair, most = pairs.get(row["person"]), row["mentees_most"]
        room = 0.5 if not most else max(0.0, 1 - row["mentees"] / most)
        score = 0.0 if pair is None else pair.worth + ROOM_WEIGHT * room
        return (row["next_free_at"] is None, pair is None, -score, place[row["person"]])

    return [row["person"] for row in sorted(rows, key=key)]


_CARDS = f"""
SELECT {COLUMNS}, h.session_minutes, h.approves, h.mode AS session_mode, h.time_zone, h.free_at,
    ARRAY(SELECT e.code FROM expertise e WHERE e.person = pp.person AND e.ended_at IS NULL
        ORDER BY array_position(ARRAY['hands_on', 'managed', 'advised'], e.level), e.position LIMIT 4) AS expertise
FROM {JOINS} JOIN mentoring_hours h ON h.person = pp.person WHERE pp.person = ANY($1)
"""  # noqa: S608  constants only


async def _cards(people: list[UUID], rows: dict[UUID, Any], pairs: dict[UUID, pairing.Paired]) -> list[Card]:
    found = {row["person"]: row for row in await db.fetch(_CARDS, people)}
    return [_card(found[person], rows[person]["mine"], pairs.get(person)) for person in people if person in found]


def _card(found: Any, mine: bool, pair: pairing.Paired | None) -> Card:
    row = shown_person(row_of(found), ANY_MEMBER)
    return Card(
        person=found["person"],
        slug=row["slug"],
        name=row["name"],
        headline=pick(row["headline_vi"], row["headline_en"]),
        photo_file=row["photo_file"],
        sample=found["sample"],
        vetted=found["vetted_at"] is not None,
        approves=found["approves"],
        minutes=found["session_minutes"],
        mode=found["session_mode"],
        zone=found["time_zone"],
        expertise=MENTOR_EXPERTISE.labels(found["expertise"]),
        languages=LANGUAGES.labels(row["languages"]),
        free=list(found["free_at"])[:3],
        mine=mine,
        pair=pairing_words.card_of(pair) if pair else None,
    )


async def _days(people: list[UUID], zone: str) -> list[tuple[date, int]]:
    """Who may be shown was asked once, for people; their twelve thousand beginnings are only counted."""
    rows = await db.fetch(
        "SELECT (at AT TIME ZONE $2)::date AS day, count(DISTINCT h.person) AS n"
        " FROM mentoring_hours h CROSS JOIN LATERAL unnest(h.free_at) AS at"
        " WHERE h.person = ANY($1) AND at > now() GROUP BY 1 ORDER BY 1",
        *(people, zone),
    )
    return [(row["day"], row["n"]) for row in rows]
