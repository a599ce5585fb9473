"""How a mentor's profile is used: whether they are suggested and why not, what counts, what a missing field might move.

Measured when the page is read, with the companies whose profile is newest and by the same weights as the lists: a
measure of last night would contradict switches that act at once. What companies did with their lists is left out of it,
so that nothing here tells who put somebody away.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.connections import lessons, market, mentor_signals, pairing
from app.core import db
from app.core.i18n import N_, Phrase, _, ngettext
from app.core.web import Actor
from app.directory.fields import PERSON_FIELDS
from app.directory.persons import mentors
from app.directory.persons.access import Seen, own_profile
from app.directory.persons.completeness import EXPERTISE
from app.directory.persons.mentors import MentorFacts
from app.directory.places import VIETNAM
from app.directory.seeing import THE_ENGINE, shown_person
from app.people.rights.consent import has_consent
from matching.adjusted import Learned, adjusted
from matching.pairings import WEIGHTS, Profile, suggest

Row = Mapping[str, Any]

SAMPLE = 40
"""Companies that a page measures with: reading their texts is most of its work, and is done once for many pages."""

POINTS = WEIGHTS["mentor"]
BEST = "best"
"""The id of a made-up mentor who suits a company in every point."""

PROFILE = "/account/profile"
OBSTACLES: dict[str, tuple[Phrase, Phrase, str]] = {
    "taken_down": (N_("The department has taken your profile down."), N_("Look at why"), PROFILE),
    "unlisted": (N_("Your profile is not in the directory."), N_("List it"), f"{PROFILE}#listing"),
    "agree_again": (
        N_("The text of the consent to your public profile has changed."),
        N_("Read it and agree"),
        f"{PROFILE}#listing",
    ),
    "roles": (N_("You have not said in which role you help."), N_("Choose your roles"), f"{PROFILE}#f-roles"),
    "conduct": (
        N_("You have not accepted the code of conduct."),
        N_("Read and accept it"),
        f"{PROFILE}#conduct",
    ),
    "consent": (
        N_("You have not agreed to suggestions made from your profile."),
        N_("Read what that means and decide"),
        "/account/data#suggestions",
    ),
    "paused": (N_("You are taking a break."), N_("Take people on again"), f"{PROFILE}#mentoring"),
    "full": (
        N_("You have no place left: you accompany %(now)s, and %(most)s is the most you take on."),
        N_("Change the numbers"),
        f"{PROFILE}#f-mentees_most",
    ),
}
"""Why a mentor is suggested to nobody, with the way to change it; the conditions are those of `mentors_for_engine`."""


class Obstacle(msgspec.Struct, frozen=True):
    """Why somebody is not suggested, in the language of the request."""

    code: str
    text: str
    action: str
    href: str


class Point(msgspec.Struct, frozen=True):
    """A point of the comparison and its share of all that speaks for or against a mentor, from 0 to 1."""

    code: str
    label: str
    share: float


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A field that says nothing yet; `share`: of all that could speak for a mentor, what it might add at most."""

    code: str
    label: str
    href: str
    action: str
    why: str = ""
    share: float


class Sought(msgspec.Struct, frozen=True):
    """On how many lists the night's market put a mentor."""

    lists: int
    level: str
    at: datetime

    @property
    def said(self) -> str:
        """In words, without a word about anybody else's."""
        if not self.lists:
            return _("When it was last counted you were not among the first ten on anybody's list.")
        return ngettext(
            "When it was last counted you were among the first ten on the list of %(num)s company.",
            "When it was last counted you were among the first ten on the lists of %(num)s companies.",
            self.lists,
        )


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows. `looked_at`, `stands_on`: companies of the sample, and on the lists of how many one is."""

    obstacles: list[Obstacle]
    agreed: bool
    counting: list[Point]
    missing: list[Gap]
    looked_at: int
    stands_on: int
    sought: Sought | None
    off: list[str]


async def mentor_of(actor: Actor) -> Seen | None:
    """One's own profile, if one has the role of mentor or expert; it may be unfinished, away or full."""
    seen = await own_profile(actor)
    return seen if seen is not None and seen.row["role_id"] is not None else None


async def gave_up_at(actor: Actor) -> datetime | None:
    """When somebody who has no role now gave it up; None for who never had one."""
    found: datetime | None = await db.fetchval("SELECT ended_at FROM mentor_role WHERE person = $1", actor.person_id)
    return found


async def use_of(seen: Seen) -> Use:
    """How the profile of a mentor is used, for themselves. Six queries, however many companies there are.

    Without consent to suggestions nothing of the profile is weighed here either.
    """
    agreed = await has_consent(seen.id, "suggestions")
    off = await mentor_signals.off_of(seen.id)
    learned = await lessons.in_use("mentor")
    facts = await mentors.facts_of(seen.id)
    askers = await pairing.askers(SAMPLE)
    weighed = mentor_signals.counted(facts, off) if facts and agreed else None
    found = await asyncio.to_thread(measured, weighed, askers, learned)
    return Use(
        obstacles=[_obstacle(code, seen.row) for code in obstacles_of(seen.row, listed=seen.listed, agreed=agreed)],
        agreed=agreed,
        counting=_counting(weighed, found) if weighed else [],
        missing=_missing(seen.row, bool(facts and facts.expertise), off, found, learned),
        looked_at=found.looked_at,
        stands_on=found.stands_on,
        sought=await _sought(seen.id),
        off=off,
    )


def obstacles_of(row: Row, *, listed: bool, agreed: bool) -> list[str]:
    """Every reason for which a mentor is suggested to nobody now, codes of `OBSTACLES`; none for who is."""
    full = row["mentees_most"] is not None and (row["mentees_now"] or 0) >= row["mentees_most"]
    holds = {
        "taken_down": row["hidden_at"] is not None,
        "unlisted": row["hidden_at"] is None and row["listed_at"] is None,
        "agree_again": row["hidden_at"] is None and row["listed_at"] is not None and not listed,
        "roles": not row["roles"],
        "conduct": row["conduct_accepted_at"] is None,
        "consent": not agreed,
        "paused": row["paused_at"] is not None,
        "full": full,
    }
    return [code for code, true in holds.items() if true]


def _obstacle(code: str, row: Row) -> Obstacle:
    text, action, href = OBSTACLES[code]
    numbers = {"now": row["mentees_now"] or 0, "most": row["mentees_most"]} if code == "full" else {}
    return Obstacle(code, text.text(None, **numbers), action.text(), href)


# --- the measure ----------------------------------------------------------------------------------------------------


class Measured(msgspec.Struct):
    """What the points came to with the companies of the sample: the mentor's own, and those of who suits perfectly."""

    own: dict[str, float]
    best: dict[str, float]
    looked_at: int = 0
    stands_on: int = 0


def measured(me: MentorFacts | None, askers: Iterable[Row], learned: Learned | None) -> Measured:
    """Weigh a mentor as the lists of these companies would; None: only what could be."""
    found = Measured(defaultdict(float), defaultdict(float))
    mine = pairing.mentor_of(me) if me else Profile("")
    for row in askers:
        if me and row["id"] in me.never_with:
            continue
        found.looked_at += 1
        asker = pairing.asker_of(pairing.weighed(row))
        listed = suggest("mentor", asker, [mine, replace(asker, id=BEST, checked=True)], 2)
        for one in adjusted(listed, learned):
            sums = found.best if one.candidate_id == BEST else found.own
            found.stands_on += one.candidate_id != BEST
            for reason in one.contributions:
                sums[reason.code] += abs(reason.contribution)
    return found


def _counting(me: MentorFacts, found: Measured) -> list[Point]:
    given = {
        "skills": me.expertise,
        "sectors": me.sectors,
        "stage": me.stages,
        "near": me.country or me.province_code,
        "words": f"{me.text_vi}{me.text_en}",
        "checked": me.vetted,
    }
    total = sum(found.own.values())
    points = [
        Point(code, _label(code), found.own.get(code, 0.0) / total if total else 0.0) for code in POINTS if given[code]
    ]
    return sorted(points, key=lambda point: -point.share)


def _label(point: str) -> str:
    match point:
        case "skills":
            return EXPERTISE.text()
        case "sectors" | "stage":
            return PERSON_FIELDS["stages" if point == "stage" else point].label()
        case "near":
            return _("Country and province")
        case "words":
            return _("The line about you and your biography")
        case _:
            return _("References checked by the department")


# --- what is missing ------------------------------------------------------------------------------------------------

_FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sectors": ("sectors", ("sectors",)),
    "stages": ("stage", ("stages",)),
    "country": ("near", ("country", "province_code")),
    "province_code": ("near", ("province_code",)),
    "headline_vi": ("words", ("headline_vi", "headline_en", "bio_vi", "bio_en")),
    "bio_vi": ("words", ("bio_vi", "bio_en")),
}
"""By the field where it is filled in: the point that it moves, and the fields of which one is enough."""

_SWITCH = {"near": "place", "words": "text"}


def _missing(row: Row, knows: bool, off: Collection[str], found: Measured, learned: Learned | None) -> list[Gap]:
    """What tells the engine nothing, what could move most first. What is switched off is not missing."""
    gaps: list[tuple[str, Gap]] = []
    if not knows:
        gaps.append(("skills", _empty("expertise", _label("skills"), _might_add("skills", found))))
    for name in _silent(row, off):
        point, needed = _FIELDS[name]
        share, label = _might_add(point, found), _label(point) if name == "headline_vi" else _field_label(name)
        kept = any(row[one] for one in needed)
        gaps.append((point, _kept(name, label, share) if kept else _empty(f"f-{name}", label, share)))
    if row["vetted_at"] is None:
        gaps.append(("checked", _unchecked(_might_add("checked", found))))
    factors = learned.factors if learned else {}
    gaps.sort(key=lambda gap: (-gap[1].share, -POINTS[gap[0]] * factors.get(gap[0], 1.0)))
    return [gap for _point, gap in gaps]


def _silent(row: Row, off: Collection[str]) -> list[str]:
    """Fields of `_FIELDS` that are empty, or kept from members, so that the engine knows nothing of them.

    Somebody without a line about them is not asked for a biography as well, nor without a country for a province.
    """
    seen = shown_person(row, THE_ENGINE)
    empty = [
        name
        for name, (point, needed) in _FIELDS.items()
        if not any(seen[one] for one in needed) and _SWITCH.get(point) not in off
    ]
    beside = {"bio_vi"} if "headline_vi" in empty else set()
    return [name for name in empty if name not in beside and (name != "province_code" or seen["country"] == VIETNAM)]


def _might_add(point: str, found: Measured) -> float:
    """Of all that would speak for who suits perfectly, what this point would add at most."""
    total = sum(found.best.values())
    return max(0.0, found.best.get(point, 0.0) - found.own.get(point, 0.0)) / total if total else 0.0


def _field_label(name: str) -> str:
    """The label without the language of a half; a country and a province are asked for together."""
    return _label("near") if name == "country" else PERSON_FIELDS[name].label().partition(" (")[0]


def _empty(anchor: str, label: str, share: float) -> Gap:
    return Gap(
        code=anchor.removeprefix("f-"), label=label, href=f"{PROFILE}#{anchor}", action=_("Fill it in"), share=share
    )


def _kept(name: str, label: str, share: float) -> Gap:
    why = _("Filled in, but you keep it from members, so it does not count.")
    return Gap(
        code=name, label=label, href=f"{PROFILE}#visibility", action=_("Change who sees it"), why=why, share=share
    )


def _unchecked(share: float) -> Gap:
    why = _("The department checks them by itself; links in your profile make that easier.")
    return Gap(
        code="checked", label=_label("checked"), href=f"{PROFILE}#f-links", action=_("Add links"), why=why, share=share
    )


# --- how sought they are --------------------------------------------------------------------------------------------


async def _sought(person: UUID) -> Sought | None:
    """What the run in use says of one mentor; None before the first that knew them."""
    row = await db.fetchrow(
        "SELECT p.lists, p.level, r.started_at AS at FROM mentor_price p JOIN market_run r ON r.id = p.run"
        " WHERE p.person = $1 AND r.kind = $2 AND r.ended_at IS NULL",
        *(person, market.MENTORS),
    )
    return Sought(**dict(row)) if row else None
