"""People's rights over introductions: a copy of what they wrote and decided, and its emptying.

That two organisations met and what came of it is theirs; what a person wrote goes with the person.
"""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports

Rows = AsyncIterator[dict[str, Any]]

_AS_TOLD = """CASE
    WHEN i.state = 'blocked' AND i.accepted_at IS NOT NULL THEN 'closed'
    WHEN i.state <> 'blocked' AND NOT (i.state = 'declined' AND i.origin <> 'request') THEN i.state
    WHEN i.expires_at <= now() THEN 'expired' WHEN i.origin <> 'request' THEN 'pending_a'
    WHEN i.shown_as = 'held' THEN 'coordinator_hold' ELSE 'pending_b' END"""
"""A state as `states.shown_state` tells it: a block looks like silence, a no to a third party's proposal too."""

SHEETS: dict[str, str] = {
    "requests": f"SELECT a.name AS asker, r.name AS receiver, i.origin, {_AS_TOLD} AS state, i.purpose, i.words,"  # noqa: S608
    " i.created_at, i.asked_at, i.accepted_at FROM introduction i JOIN organisation a ON a.id = i.asker"
    " JOIN organisation r ON r.id = i.receiver WHERE i.person = $1 ORDER BY i.created_at, i.id",
    "answers": "SELECT a.name AS asker, r.name AS receiver, i.reason, i.note, i.accepted_at, i.ended_at"
    " FROM introduction i JOIN organisation a ON a.id = i.asker JOIN organisation r ON r.id = i.receiver"
    " WHERE i.answered_by = $1 ORDER BY i.created_at, i.id",
    "consents": "SELECT introduction, side, answer, reason, answered_at FROM introduction_consent WHERE person = $1"
    " ORDER BY answered_at, id",
    "steps": "SELECT t.introduction, CASE WHEN t.act = 'asked_in_vain' THEN i.shown_as ELSE t.act END AS act,"
    " t.by_side, t.why, t.at FROM introduction_transition t JOIN introduction i ON i.id = t.introduction"
    " WHERE t.person = $1 ORDER BY t.id",
    "messages": "SELECT introduction, body, created_at FROM introduction_message WHERE person = $1 ORDER BY id",
    "read": "SELECT introduction, read_to, mailed_to FROM introduction_reading WHERE person = $1 ORDER BY introduction",
    "meetings": "SELECT introduction, state, starts_at, ends_at, place, link, created_at FROM introduction_meeting"
    " WHERE person = $1 ORDER BY created_at, id",
    "mails": "SELECT mails, quiet_from, quiet_until, updated_at FROM introduction_habit WHERE person = $1",
    "follow_ups": "SELECT introduction, days, answer, answered_at FROM introduction_followup WHERE person = $1"
    " ORDER BY answered_at, id",
    "reports": "SELECT introduction, kind, words, state, made_at, answer FROM introduction_report WHERE person = $1"
    " ORDER BY made_at, id",
    "reports_decided": "SELECT id, state, decided_at FROM introduction_report WHERE decided_by = $1"
    " ORDER BY decided_at, id",
    "information_asked_for": "SELECT introduction, topic, words, asked_at FROM information_question WHERE person = $1"
    " ORDER BY asked_at, id",
    "information_given": "SELECT o.name AS organisation, a.topic, a.words, a.created_at FROM information_answer a"
    " JOIN organisation o ON o.id = a.organisation WHERE a.person = $1 ORDER BY a.created_at, a.id",
    "information_answered": "SELECT introduction, topic, answered_at, refused_at FROM information_question"
    " WHERE answered_by = $1 ORDER BY asked_at, id",
    "outcomes": "SELECT o.name AS organisation, u.kind, u.value, u.currency, u.happened_on, u.words, u.evidence_url,"
    " u.state, u.stated_at FROM outcome u JOIN organisation o ON o.id = u.organisation"
    " WHERE u.person = $1 OR u.other_person = $1 ORDER BY u.stated_at, u.id",
    "outcomes_answered": "SELECT id, kind, state, answer, answered_at, checked_at FROM outcome"
    " WHERE answered_by = $1 OR checked_by = $1 ORDER BY stated_at, id",
}
"""What goes into a copy, by sheet; $1 is the person. Nothing that others wrote."""


def _sheet(query: str) -> Any:
    async def rows(subject: Subject) -> Rows:
        async for row in rows_of(query, subject.person):
            yield row

    return rows


for _name, _query in SHEETS.items():
    exports(f"introductions/{_name}")(_sheet(_query))

_EMPTYING = (
    "UPDATE introduction SET words = '', person = NULL WHERE person = $1",
    "UPDATE introduction SET note = '', answered_by = NULL WHERE answered_by = $1",
    "UPDATE introduction_message SET body = '', erased_at = now(), person = NULL WHERE person = $1",
    "UPDATE introduction_meeting SET place = '', link = '', person = NULL WHERE person = $1",
    "UPDATE introduction_report SET words = '', person = NULL WHERE person = $1",
    "UPDATE introduction_report SET answer = '', decided_by = NULL WHERE decided_by = $1",
    "UPDATE information_question SET words = '', person = NULL WHERE person = $1",
    "UPDATE information_question SET answered_by = NULL WHERE answered_by = $1",
    "UPDATE information_answer SET words = '', ended_at = coalesce(ended_at, now()), person = NULL WHERE person = $1",
    "UPDATE outcome SET words = '', evidence_url = '', person = NULL WHERE person = $1",
    "UPDATE outcome SET answer = '', answered_by = NULL WHERE answered_by = $1",
    "UPDATE outcome SET checked_by = NULL WHERE checked_by = $1",
    "UPDATE introduction_consent SET person = NULL WHERE person = $1",
    "UPDATE introduction_followup SET person = NULL WHERE person = $1",
    "DELETE FROM introduction_reading WHERE person = $1",
    "DELETE FROM introduction_habit WHERE person = $1",
)


@erases("introductions")
async def empty(subject: Subject) -> int:
    """What the person wrote is emptied; that two organisations met, when and with what result, stays theirs.

    Who took a step stays as the number of an account that names nobody any more.
    """
    if subject.person is None:
        return 0
    return sum([await db.execute(query, subject.person) for query in _EMPTYING])
