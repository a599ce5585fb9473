"""How a programme goes: who is matched, who has met, who has been silent, who has too much. Reads only.

Sessions count between members of the programme and nobody else.
"""

import csv
import io
from datetime import datetime
from uuid import UUID

import msgspec

from app.core import db
from app.core.i18n import _
from app.core.templating import format_date
from app.directory.importing.harmless import harmless
from app.mentoring.access import ProgrammeSeen

FULL = 0.9
"""Above this share of hours or places a mentor has too much."""


class Startup(msgspec.Struct, frozen=True, kw_only=True):
    member: UUID
    name: str
    slug: str
    joined_at: datetime | None
    matched_to: UUID | None
    mentors: list[str]
    held: int
    last_at: datetime | None
    next_at: datetime | None
    goals_met: int
    silent: bool
    nudged: bool

    @property
    def state(self) -> str:
        """The one word for the table: what needs somebody's hand first."""
        if self.joined_at is None:
            return "invited"
        if not self.mentors:
            return "unmatched"
        if self.silent:
            return "silent"
        return "met" if self.held else "matched"


class Mentor(msgspec.Struct, frozen=True, kw_only=True):
    member: UUID
    person: UUID
    name: str
    slug: str
    joined_at: datetime | None
    mentees: int
    mentees_most: int | None
    minutes: int
    hours_most: int | None
    held: int
    waiting: int
    last_at: datetime | None
    nudged: bool

    @property
    def overloaded(self) -> bool:
        """Nine tenths of the hours of this month, or more people than were meant."""
        if self.hours_most and self.minutes >= FULL * self.hours_most * 60:
            return True
        return self.mentees_most is not None and self.mentees > self.mentees_most

    @property
    def state(self) -> str:
        if self.joined_at is None:
            return "invited"
        if self.overloaded:
            return "overloaded"
        if self.waiting:
            return "waiting"
        return "met" if self.held else ("matched" if self.mentees else "unmatched")


class Overview(msgspec.Struct, frozen=True):
    startups: list[Startup]
    mentors: list[Mentor]

    @property
    def counts(self) -> dict[str, int]:
        joined = [one for one in self.startups if one.joined_at]
        return {
            "startups": len(joined),
            "matched": sum(bool(one.mentors) for one in joined),
            "met": sum(bool(one.held) for one in joined),
            "silent": sum(one.silent for one in joined),
            "overloaded": sum(one.overloaded for one in self.mentors if one.joined_at),
        }


_INSIDE = """
    inside AS (SELECT b.* FROM mentoring_booking b
        JOIN mentoring_member sm ON sm.programme = $1 AND sm.organisation = b.organisation AND sm.joined_at IS NOT NULL
            AND sm.ended_at IS NULL
        JOIN mentoring_member mm ON mm.programme = $1 AND mm.person = b.mentor AND mm.joined_at IS NOT NULL
            AND mm.ended_at IS NULL
        WHERE b.status NOT IN ('offered', 'declined', 'cancelled', 'expired'))
"""
_NUDGED = """EXISTS (SELECT FROM mentoring_nudge n WHERE n.person = coalesce(m.person, m.joined_by)
        AND n.week_key = to_char(now() AT TIME ZONE 'Asia/Ho_Chi_Minh', 'IYYY-IW')) AS nudged"""
_STARTUPS = f"""
WITH {_INSIDE},
    pairs AS (SELECT DISTINCT organisation, mentor FROM inside UNION SELECT organisation, matched_to
        FROM mentoring_member WHERE programme = $1 AND matched_to IS NOT NULL AND ended_at IS NULL)
SELECT m.id AS member, m.joined_at, m.matched_to, o.name, o.slug, {_NUDGED},
    ARRAY(SELECT coalesce(pp.name, p.name) FROM pairs x JOIN person p ON p.id = x.mentor
        LEFT JOIN person_profile pp ON pp.person = x.mentor WHERE x.organisation = o.id ORDER BY 1) AS mentors,
    coalesce(s.held, 0) AS held, s.last_at, s.next_at,
    (SELECT count(DISTINCT g.id) FROM mentoring_goal g JOIN inside i ON i.goal = g.id
        WHERE g.organisation = o.id AND g.state = 'met') AS goals_met,
    m.joined_at IS NOT NULL AND s.next_at IS NULL
        AND greatest(m.joined_at, s.last_at) < now() - make_interval(days => $2) AS silent
FROM mentoring_member m JOIN organisation o ON o.id = m.organisation
LEFT JOIN (SELECT organisation, count(*) FILTER (WHERE status = 'held') AS held,
        max(starts_at) FILTER (WHERE status = 'held') AS last_at,
        min(starts_at) FILTER (WHERE status IN ('requested', 'confirmed') AND starts_at > now()) AS next_at
    FROM inside GROUP BY organisation) s ON s.organisation = o.id
WHERE m.programme = $1 AND m.ended_at IS NULL ORDER BY m.joined_at IS NULL, o.name_folded, o.number
"""  # noqa: S608  constants only
_MENTORS = f"""
WITH {_INSIDE}
SELECT m.id AS member, m.person, m.joined_at, pp.name, pp.slug, {_NUDGED}, r.mentees_most,
    r.hours_per_month AS hours_most, coalesce(s.mentees, 0) AS mentees, coalesce(s.held, 0) AS held,
    coalesce(s.waiting, 0) AS waiting, coalesce(s.minutes, 0) AS minutes, s.last_at
FROM mentoring_member m JOIN person_profile pp ON pp.person = m.person
LEFT JOIN mentor_role r ON r.person = m.person AND r.ended_at IS NULL
LEFT JOIN (SELECT mentor, count(DISTINCT organisation) AS mentees, count(*) FILTER (WHERE status = 'held') AS held,
        count(*) FILTER (WHERE status = 'requested') AS waiting, max(starts_at) FILTER (WHERE status = 'held')
            AS last_at,
        coalesce(sum(extract(epoch FROM ends_at - starts_at)) FILTER (WHERE date_trunc('month',
            starts_at AT TIME ZONE 'Asia/Ho_Chi_Minh') = date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh')),
            0)::int / 60 AS minutes
    FROM inside GROUP BY mentor) s ON s.mentor = m.person
WHERE m.programme = $1 AND m.ended_at IS NULL ORDER BY m.joined_at IS NULL, pp.name_folded, m.id
"""  # noqa: S608  constants only


async def overview_of(seen: ProgrammeSeen) -> Overview:
    """Everybody of a programme. Two queries. Who has not joined yet is a name and nothing else."""
    startups = await db.fetch(_STARTUPS, seen.id, seen.row["silent_days"])
    mentors = await db.fetch(_MENTORS, seen.id)
    return Overview(
        [Startup(**dict(row)) for row in startups],
        [Mentor(**dict(row)) for row in mentors],
    )


def as_csv(found: Overview, words: dict[str, str]) -> bytes:
    """Both tables as one, with cells that no spreadsheet runs. `words`: the states in the reader's language."""
    file = io.StringIO()
    writer = csv.writer(file)
    titles = (
        _("Kind"), _("Name"), _("State"), _("Mentors"), _("Mentees"), _("Sessions held"), _("Last session"),
        _("Next session"), _("Minutes this month"), _("Goals met"),
    )  # fmt: skip
    writer.writerow([harmless(title) for title in titles])
    for one in found.startups:
        cells = (
            _("Startup"), one.name, words[one.state], "; ".join(one.mentors), "", one.held, format_date(one.last_at),
            format_date(one.next_at), "", one.goals_met,
        )  # fmt: skip
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    for mentor in found.mentors:
        cells = (
            _("Mentor"), mentor.name, words[mentor.state], "", str(mentor.mentees), mentor.held,
            format_date(mentor.last_at), "", str(mentor.minutes), 0,
        )  # fmt: skip
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return b"\xef\xbb\xbf" + file.getvalue().encode()
