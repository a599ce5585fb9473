"""People's rights over what suggestions keep: who chose what for an organisation, and who said how it is suggested.

Suggestions are made of what organisations and mentors say about themselves, never of what a person looked at.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from app.connections import mails, pair_choices, pairing
from app.core import db
from app.people.rights.consent import on_withdrawal
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports

Rows = AsyncIterator[dict[str, Any]]


@exports("connections/choices")
async def choices(subject: Subject) -> Rows:
    query = (
        "SELECT o.name AS organisation, c.name AS candidate, s.choice, s.reason, s.created_at, s.ended_at"
        " FROM suggestion_choice s JOIN organisation o ON o.id = s.organisation"
        " JOIN organisation c ON c.id = s.candidate WHERE s.person = $1 ORDER BY s.created_at, s.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("connections/pairings")
async def pairings(subject: Subject) -> Rows:
    """Mentors and technologies that the person put away for an organisation, as they are listed today: a mentor by the
    name of the profile, a technology by its title. No name once the profile or the list may not be seen."""
    for kind in pairing.KINDS:
        async for row in rows_of(pair_choices.chosen_by(kind), subject.person, kind):
            title = pair_choices.title_of(kind, row)
            yield {
                "organisation": row["chosen_for"],
                "kind": kind,
                "mentor": title if kind == "mentor" else "",
                "technology": title if kind != "mentor" else "",
                "reason": row["put_away_for"],
                "created_at": row["put_away_at"],
                "ended_at": row["taken_back_at"],
            }


@exports("connections/answers")
async def answers_about_a_mentor(subject: Subject) -> Rows:
    """What organisations made of the person as a suggested mentor: when, at which place, how far it came, and what the
    person replied. Nothing of who put them away."""
    query = (
        "SELECT o.name AS organisation, a.rank, a.answer, a.asked_at, a.answered_at, a.replied, a.replied_at"
        " FROM pairing_answer a JOIN organisation o ON o.id = a.organisation"
        " WHERE a.kind = 'mentor' AND a.candidate = $1 AND a.answer NOT IN ('hidden', 'saved')"
        " ORDER BY a.asked_at, a.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("connections/market")
async def market_as_mentor(subject: Subject) -> Rows:
    """On how many lists the market put the person as a mentor, and what that made of the price."""
    query = (
        "SELECT r.started_at, r.ended_at, p.price, p.lists, p.level FROM mentor_price p"
        " JOIN market_run r ON r.id = p.run WHERE p.person = $1 ORDER BY r.started_at, p.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("connections/preferences")
async def preferences(subject: Subject) -> Rows:
    query = (
        "SELECT o.name AS organisation, p.accepts, p.requests_per_month, p.signals_off, p.updated_at"
        " FROM matching_preference p JOIN organisation o ON o.id = p.organisation WHERE p.person = $1"
        " ORDER BY p.updated_at, o.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("connections/mentor")
async def preferences_as_mentor(subject: Subject) -> Rows:
    """What the person took out of the comparison as a mentor."""
    query = "SELECT signals_off, updated_at FROM mentor_preference WHERE person = $1"
    async for row in rows_of(query, subject.person):
        yield row


@exports("connections/mails")
async def mails_of_suggestions(subject: Subject) -> Rows:
    query = (
        "SELECT o.name AS organisation, d.digest, d.agreed_at, d.digested_until FROM suggestion_digest d"
        " JOIN organisation o ON o.id = d.organisation WHERE d.person = $1 ORDER BY o.name_folded, o.number"
    )
    async for row in rows_of(query, subject.person):
        yield row


@on_withdrawal("digests", "connections")
async def end_mails(person: UUID) -> None:
    await mails.end(person)


@erases("connections")
async def forget_who_chose(subject: Subject) -> int:
    """What was chosen stays the organisation's; who chose it is forgotten, and who was put away as a mentor too.

    What organisations made of a mentor stays for its points alone: nothing of it leads to the person, or to a session.
    """
    if subject.person is None:
        return 0
    await db.execute("DELETE FROM suggestion_digest WHERE person = $1", subject.person)
    await db.execute("DELETE FROM mentor_price WHERE person = $1", subject.person)
    await db.execute("DELETE FROM mentor_preference WHERE person = $1", subject.person)
    await db.execute(
        "UPDATE pairing_answer SET candidate = NULL, source_id = gen_random_uuid()"
        " WHERE kind = 'mentor' AND candidate = $1",
        subject.person,
    )
    count = await db.execute("DELETE FROM pairing_choice WHERE kind = 'mentor' AND candidate = $1", subject.person)
    count += await db.execute("UPDATE suggestion_choice SET person = NULL WHERE person = $1", subject.person)
    count += await db.execute("UPDATE pairing_choice SET person = NULL WHERE person = $1", subject.person)
    return count + await db.execute("UPDATE matching_preference SET person = NULL WHERE person = $1", subject.person)
