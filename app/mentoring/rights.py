"""People's rights over mentoring: what goes into a copy of everything, and what is emptied.

A session's log, actions and goals are the startup's: the other side is not named in a copy, and what was written stays
without the name and address of who is erased. What somebody wrote as themselves goes.
"""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.mentoring import changing
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports
from app.people.rights.taking_out import names_of, take_out

Rows = AsyncIterator[dict[str, Any]]

HOOKS = (changing.account_ends,)
"""What acts with the end of an account; named so that every process registers it."""

SHEETS: dict[str, str] = {
    "hours": "SELECT time_zone, session_minutes, buffer_minutes, approves, mode, place, link, closed_at, created_at,"
    " updated_at FROM mentoring_hours WHERE person = $1",
    "weekly": "SELECT weekday, starts, ends, created_at, ended_at FROM mentoring_weekly WHERE mentor = $1"
    " ORDER BY weekday, starts",
    "days": "SELECT day, kind, starts, ends, created_at, ended_at FROM mentoring_day WHERE mentor = $1 ORDER BY day",
    "sessions": "SELECT o.name AS organisation, b.mentor = $1 AS as_mentor, b.starts_at, b.ends_at, b.status, b.absent,"
    " CASE WHEN b.mentee = $1 THEN b.question ELSE '' END AS question,"
    " CASE WHEN b.mentor = $1 THEN b.mentor_said ELSE b.mentee_said END AS i_said, b.created_at"
    " FROM mentoring_booking b JOIN organisation o ON o.id = b.organisation WHERE b.mentor = $1 OR b.mentee = $1"
    " ORDER BY b.starts_at, b.id",
    "transitions_made": "SELECT act, from_status, to_status, reason, at FROM mentoring_change WHERE by = $1"
    " ORDER BY id",
    "lines": "SELECT starts_at, question, status, created_at, settled_at FROM mentoring_wait WHERE mentee = $1"
    " ORDER BY created_at, id",
    "goals_opened": "SELECT o.name AS organisation, g.title, g.measure, g.state, g.created_at, g.closed_at"
    " FROM mentoring_goal g JOIN organisation o ON o.id = g.organisation WHERE g.created_by = $1 ORDER BY g.created_at",
    "logs_written": "SELECT topic, advice, next_step, written_at FROM mentoring_log WHERE written_by = $1"
    " ORDER BY written_at, id",
    "actions": "SELECT text, due_on, done_at, created_at FROM mentoring_action WHERE owner = $1"
    " ORDER BY created_at, id",
    "contradictions_noted": "SELECT note, noted_at, decision, settled_at FROM mentoring_contradiction"
    " WHERE noted_by = $1 ORDER BY noted_at, id",
    "feedback": "SELECT rating, text, created_at FROM mentoring_feedback WHERE author = $1 ORDER BY created_at, id",
    "thanks": "SELECT author = $1 AS by_me, text, state, created_at, mentor_agreed_at FROM mentoring_thanks"
    " WHERE author = $1 OR (mentor = $1 AND state = 'approved') ORDER BY created_at, id",
    "strikes": "SELECT kind, at, appeal, appealed_at, decision, decided_at, decided_reason FROM mentoring_strike"
    " WHERE person = $1 ORDER BY at, id",
    "mentorships": "SELECT o.name AS organisation, s.started_at, s.ended_at FROM mentorship s"
    " JOIN organisation o ON o.id = s.organisation WHERE s.mentor = $1 ORDER BY s.started_at, s.id",
    "reminders": "SELECT p.name AS programme, n.at FROM mentoring_nudge n JOIN mentoring_programme p"
    " ON p.id = n.programme WHERE n.person = $1 ORDER BY n.at, n.id",
    "programmes": "SELECT p.name, m.invited_at, m.joined_at, m.ended_at FROM mentoring_member m"
    " JOIN mentoring_programme p ON p.id = m.programme WHERE m.person = $1 OR m.joined_by = $1 ORDER BY m.invited_at",
}
"""What of it goes into a copy, by sheet; $1 is the person."""


def _sheet(query: str) -> Any:
    async def rows(subject: Subject) -> Rows:
        async for row in rows_of(query, subject.person):
            yield row

    return rows


for _name, _query in SHEETS.items():
    exports(f"mentoring/{_name}")(_sheet(_query))

_OWN = (
    "UPDATE mentoring_hours SET place = '', link = '', closed_at = coalesce(closed_at, now()), free_at = '{}',"
    " next_free_at = NULL WHERE person = $1 AND (place <> '' OR link <> '' OR closed_at IS NULL)",
    "UPDATE mentoring_booking SET place = '', link = '' WHERE mentor = $1 AND (place <> '' OR link <> '')",
    "UPDATE mentoring_booking SET question = '' WHERE mentee = $1 AND question <> ''",
    "UPDATE mentoring_change SET reason = '' WHERE by = $1 AND reason <> ''",
    "UPDATE mentoring_wait SET question = '', status = CASE WHEN status = 'waiting' THEN 'left' ELSE status END"
    " WHERE mentee = $1 AND (question <> '' OR status = 'waiting')",
    "UPDATE mentorship SET ended_reason = '', ended_at = coalesce(ended_at, now()) WHERE (mentor = $1 OR ended_by = $1)"
    " AND (ended_reason <> '' OR ended_at IS NULL)",
    "UPDATE mentoring_feedback SET text = '' WHERE author = $1 AND text <> ''",
    "UPDATE mentoring_thanks SET text = '', state = 'withdrawn' WHERE (author = $1 OR mentor = $1) AND text <> ''",
    "UPDATE mentoring_thanks SET decided_reason = '' WHERE decided_by = $1 AND decided_reason <> ''",
    "UPDATE mentoring_strike SET appeal = '', decided_reason = '' WHERE (person = $1 OR decided_by = $1)"
    " AND (appeal <> '' OR decided_reason <> '')",
    "UPDATE mentoring_feed SET ended_at = now() WHERE person = $1 AND ended_at IS NULL",
    "UPDATE mentoring_member SET ended_at = now() WHERE person = $1 AND ended_at IS NULL",
)
TEXTS = (
    "mentoring_goal", "mentoring_log", "mentoring_action", "mentoring_contradiction", "mentoring_programme",
)  # fmt: skip
"""What belongs to organisations: only the name goes."""


@erases("mentoring")
async def empty_mentoring(subject: Subject) -> int:
    """The person's own words, calendar address and places; rows that count sessions stay and name nobody."""
    count = 0
    if subject.person is not None:
        for statement in _OWN:
            count += await db.execute(statement, subject.person)
    return count + await take_out(TEXTS, names_of(subject))
