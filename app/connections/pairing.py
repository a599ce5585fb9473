"""Who suits an organisation where no deals can teach it: mentors, technologies on offer, technologies looked for.

Made when it is read, by the documented prior of `matching.pairings`, weighed by what answers have taught (`lessons`),
ordered with the prices of the night: there are few of them, and whoever takes back the consent, is paused or full is
gone with the next look. Hard limits filter and never score.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from app.connections import lessons, market, pair_choices, profiles
from app.connections.filters import ALLOWED, READ
from app.connections.mentor_signals import mentors_who_count
from app.connections.signals import counted
from app.core import clock, db
from app.core.clock import VIETNAM
from app.core.i18n import pick
from app.directory.fields import COLLECTIONS
from app.directory.persons.mentors import MentorFacts
from app.directory.seeing import THE_ENGINE, shown_rows
from matching import Suggestion
from matching.adjusted import Learned, adjusted, tie
from matching.pairings import Profile, suggest
from matching.suggestions import DRAWN_FROM, SEEN

KINDS = ("mentor", "technology_offer", "technology_need")
"""What is suggested, in the order of the tabs."""

OTHER_SIDE = {"technology_offer": "technology_need", "technology_need": "technology_offer"}
"""Which rows of one's own a list of technologies answers."""

SKILLS: dict[str, tuple[str, ...]] = {
    "capital": ("financing",),
    "pilot_customer": ("sales", "market_fit"),
    "distribution": ("sales", "marketing"),
    "manufacturing": ("operations", "standards"),
    "tech_transfer": ("tech_transfer", "patents"),
    "lab_testing": ("standards",),
    "ip": ("legal_ip", "patents"),
    "legal": ("legal_ip",),
    "talent": ("team",),
    "pr": ("marketing",),
    "international": ("export",),
    "recognition": ("st_recognition",),
    "sandbox": ("sandbox",),
    "data_compute": ("systems", "digital"),
}
"""What a mentor knows who helps with a need: codes of needs to codes of expertise."""

LEVELS = {"hands_on": 1.0, "managed": 0.9, "advised": 0.7}
"""How well somebody knows a thing, by where they know it from."""

MOST = 2_000
"""Rows of technologies that are compared, the newest first."""

Row = Mapping[str, Any]


class Paired(msgspec.Struct, frozen=True, kw_only=True):
    """One who may suit, with what a card and the API need. `public`: fields that reasons may name, None for all."""

    found: Suggestion
    prior: Suggestion
    """The same by the documented prior alone."""
    worth: float
    """What the list is ordered by: the score less the price of the night."""
    level: str = ""
    """busy, seldom or empty, as in `market`."""
    explored: bool = False
    lot: float = 1.0
    """Whether it stands there by lot, and how likely that was."""
    title: str
    path: str
    owner: str
    owner_id: UUID | None = None
    sample: bool
    about: str = ""
    """Which of one's own needs or offers it answers."""
    public: frozenset[str] | None = None


async def kinds_for(organisation_id: UUID, kinds: Sequence[str]) -> list[str]:
    """The lists that an organisation has: mentors for whoever builds something, technologies for who states any."""
    row = await db.fetchrow(
        "SELECT EXISTS"
        " (SELECT 1 FROM technology_need WHERE organisation = $1 AND ended_at IS NULL) AS technology_offer,"
        " EXISTS (SELECT 1 FROM technology_offer WHERE organisation = $1 AND ended_at IS NULL) AS technology_need",
        organisation_id,
    )
    there = {"mentor": profiles.is_company(kinds), **(dict(row) if row else {})}
    return [kind for kind in KINDS if there.get(kind)]


async def paired(organisation_id: UUID, kind: str, limit: int) -> list[Paired]:
    """One list, best first, without what the organisation put away. Six queries at most."""
    return (await listed(organisation_id, kind))[:limit]


async def listed(
    organisation_id: UUID, kind: str, keep: UUID | None = None, on: datetime | None = None
) -> list[Paired]:
    """The whole list as it stands, with the lot of today, or of the day `on`; with `keep` also somebody who has just
    been put away, is in touch by now or has become full: a mentor, a technology's row or its owner."""
    profile = await profiles.profile_of(organisation_id)
    if profile is None:
        return []
    row = weighed(profile)
    hidden = await pair_choices.hidden_ids(organisation_id, kind) - {keep}
    learned = await lessons.in_use(kind)
    if kind == "mentor":
        found = await _mentors(row, learned, hidden, keep)
    else:
        found = await _technologies(row, kind, learned, hidden, keep)
    return arranged(found, f"{organisation_id}/{kind}/{(on or clock.now()).astimezone(VIETNAM).date()}")


async def best_of(organisation_id: UUID, kind: str, owner: UUID) -> UUID | None:
    """The technology of an owner that stands highest on a list."""
    found = (one for one in await listed(organisation_id, kind, owner) if one.owner_id == owner)
    return next((UUID(one.found.candidate_id) for one in found), None)


def weighed(profile: Row) -> dict[str, Any]:
    """A profile as the engine may weigh it: what its owners keep from members, or have switched off, is left out."""
    return dict(counted(profiles.visible(profile)))


async def askers(limit: int) -> list[Row]:
    """Companies with a list of mentors that somebody reads, those whose profile is newest; as they are stored."""
    return await db.fetch(
        f"{profiles.PROFILE} WHERE o.kinds && $1::text[] AND o.hidden_at IS NULL AND {READ}"
        " ORDER BY o.updated_at DESC, o.number LIMIT $2",
        list(profiles.COMPANY_KINDS),
        limit,
    )


async def _mentors(row: Row, learned: Learned | None, hidden: frozenset[UUID], keep: UUID | None) -> list[Paired]:
    mentors = [one for one in await mentors_who_count(keep) if one.person not in hidden]
    there, prices = {str(one.person): one for one in mentors}, await market.prices_of_mentors()
    found = []
    for prior, one in both_by_fit(row, mentors, learned):
        mentor, price = there[one.candidate_id], prices.get(UUID(one.candidate_id))
        found.append(
            Paired(
                found=one,
                prior=prior,
                title=mentor.name,
                path=f"/people/{mentor.slug}",
                owner="",
                sample=mentor.sample,
                public=mentor.public,
                worth=one.score - (price.price / market.SLOPE if price else 0.0),
                level=price.level if price else "",
            )
        )
    return found


def both_by_fit(
    row: Row, mentors: Sequence[MentorFacts], learned: Learned | None
) -> list[tuple[Suggestion, Suggestion]]:
    """Mentors who suit a company: by the documented prior alone, and as answers have taught. Conflicts are left out."""
    able = [mentor_of(one) for one in mentors if row["id"] not in one.never_with]
    prior = suggest("mentor", asker_of(row), able, len(able))
    before = {one.candidate_id: one for one in prior}
    return [(before[one.candidate_id], one) for one in adjusted(prior, learned)]


def asker_of(row: Row) -> Profile:
    needed = {skill for need in row["needs"] or () for skill in SKILLS.get(need, ())}
    return Profile(
        id=str(row["id"]),
        text=_joined(row, "summary_vi", "summary_en", "description_vi", "description_en"),
        skills=dict.fromkeys(sorted(needed), 1.0),
        sectors=tuple(row["sectors"] or ()),
        stages=(row["stage"],) if row["stage"] else (),
        country=row["country"] or "",
        province=row["province_code"] or "",
    )


def mentor_of(one: MentorFacts) -> Profile:
    skills: dict[str, float] = {}
    for code, level, _years in one.expertise:
        skills[code] = max(skills.get(code, 0.0), LEVELS.get(level, 0.7))
    return Profile(
        id=str(one.person),
        text=f"{one.text_vi} {one.text_en}",
        skills=skills,
        sectors=one.sectors,
        stages=one.stages,
        country=one.country or "",
        province=one.province_code or "",
        checked=one.vetted,
    )


_OTHERS = f"r.organisation <> $1 AND {ALLOWED}"
_OTHERS_WITH = f"r.organisation <> $1 AND (({ALLOWED}) OR (c.hidden_at IS NULL AND $2 IN (r.id, c.id)))"
"""For a look back only: behind OR the limits are asked row by row."""


async def _technologies(
    row: Row, kind: str, learned: Learned | None, hidden: frozenset[UUID], keep: UUID | None
) -> list[Paired]:
    there = await (_rows(kind, _OTHERS_WITH, row["id"], keep) if keep else _rows(kind, _OTHERS, row["id"]))
    others = {str(one["id"]): one for one in there if one["id"] not in hidden}
    best: dict[str, Paired] = {}
    for mine in await _rows(OTHER_SIDE[kind], "r.organisation = $1", row["id"]):
        asks = kind == "technology_offer"
        able = [one for one in others.values() if (_open(mine, one) if asks else _open(one, mine))]
        prior = suggest("technology", _technology(mine), [_technology(one) for one in able], len(able))
        before = {one.candidate_id: one for one in prior}
        for found in adjusted(prior, learned):
            other = others[found.candidate_id]
            if found.candidate_id in best and best[found.candidate_id].found.score >= found.score:
                continue
            best[found.candidate_id] = Paired(
                found=found,
                prior=before[found.candidate_id],
                title=pick(other["title_vi"], other["title_en"]),
                path=f"/organisations/{other['slug']}",
                owner=other["name"],
                owner_id=other["organisation"],
                sample=other["sample"],
                about=pick(mine["title_vi"], mine["title_en"]),
                worth=found.score,
            )
    return list(best.values())


async def _rows(name: str, condition: str, *arguments: UUID) -> list[dict[str, Any]]:
    """Technologies of one kind that members may see, each with who states it; what has run out is left out."""
    rows = await db.fetch(
        "SELECT r.*, c.slug, c.name, c.kinds, c.country, c.province_code, c.tiers, c.sample,"  # noqa: S608  constants
        f" c.verified_at IS NOT NULL AS checked FROM {name} r JOIN organisation c ON c.id = r.organisation"
        f" WHERE r.ended_at IS NULL AND c.ended_at IS NULL AND {condition}"
        f" ORDER BY r.created_at DESC, r.id LIMIT {MOST}",
        *arguments,
    )
    today = clock.now().astimezone(VIETNAM).date()
    seen = [one for row in rows for one in shown_rows(COLLECTIONS[name], [row], THE_ENGINE, row["tiers"] or {})]
    return [one for one in seen if one.get("deadline") is None or one["deadline"] >= today]


def _open(need: Row, offer: Row) -> bool:
    """Whether a need is open to whoever makes the offer: a hard limit."""
    to = set(need["open_to"] or ())
    if not to or "anyone" in to:
        return True
    kinds = set(offer["kinds"]) | ({"startup"} if "project" in offer["kinds"] else set())
    return not to.isdisjoint(kinds)


def _technology(row: Row) -> Profile:
    texts = (
        f"{part}_{locale}" for part in ("title", "text", "application", "problem", "target") for locale in ("vi", "en")
    )
    return Profile(
        id=str(row["id"]),
        text=_joined(row, *texts),
        sectors=tuple(row["sectors"] or ()),
        technologies=tuple(row["technologies"] or ()),
        country=row["country"] or "",
        province=row["province_code"] or "",
        ready=None if not row.get("trl") else (row["trl"] - 1) / 8,
        checked=row["checked"],
    )


def arranged(found: Sequence[Paired], seed: str) -> list[Paired]:
    """Order a list by worth, ties by hashed id, with one of its lower places for somebody from further down.

    `seed` decides who that is, and where: whoever was seldom on a list is drawn more often, and an answer there tells
    what the order cannot.
    """
    order = sorted(found, key=lambda one: (-one.worth, tie(one.found.candidate_id)))
    behind = order[SEEN:]
    if not behind:
        return order
    lot = Random(seed)  # noqa: S311  the same all day long, no secret
    weights = [market.SELDOM_WEIGHS if one.level == "seldom" else 1.0 for one in behind]
    where = lot.randrange(DRAWN_FROM - 1, SEEN)
    [at] = lot.choices(range(len(behind)), weights)
    drawn = msgspec.structs.replace(behind.pop(at), explored=True, lot=weights[at] / sum(weights))
    return [*order[:where], drawn, *order[where:SEEN], *behind]


def _joined(row: Row, *names: str) -> str:
    return " ".join(row[name] for name in names if row.get(name))
