"""People's rights over what the directory keeps about persons: a copy of it, emptying it, and leaving the lists.

What an organisation says about itself is the organisation's. A person's own profile, roles and words go; memberships
stay as rows that name nobody, so that histories and counts hold.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from app.core import db
from app.core.i18n import N_
from app.people.rights import seen
from app.people.rights.consent import on_withdrawal
from app.people.rights.own import rows_of
from app.people.rights.subject import Obstacle, Subject, erases, exports, hinders_erasure, knows_addresses
from app.people.rights.taking_out import blank, names_of, take_out

MEMBER_LIST = seen.kind(
    "directory.members",
    N_("Your place in an organisation: name, address, role"),
    N_("Looking after the organisation's profile"),
)

Rows = AsyncIterator[dict[str, Any]]

SHEETS: dict[str, str] = {
    "memberships": "SELECT o.name AS organisation, m.role, m.title, m.is_founder, m.is_legal_representative, m.listed,"
    " m.started_at, m.ended_at FROM membership m JOIN organisation o ON o.id = m.organisation WHERE m.person = $1"
    " ORDER BY m.started_at, m.id",
    "profile": "SELECT name, headline_vi, headline_en, bio_vi, bio_en, languages, links, country, province_code,"
    " contact_email, contact_phone, tiers, listed_at, confirmed_at, created_at, updated_at, ended_at"
    " FROM person_profile WHERE person = $1",
    "mentor_role": "SELECT roles, help_kinds, sectors, stages, markets, fee_vi, fee_en FROM mentor_role"
    " WHERE person = $1",
    "expertise": "SELECT code, level FROM expertise WHERE person = $1",
    "conflicts_of_interest": "SELECT o.name AS organisation, c.ground, c.created_at, c.ended_at, c.ended_reason"
    " FROM conflict_of_interest c JOIN organisation o ON o.id = c.organisation WHERE c.person = $1",
    "credentials": "SELECT credential_type, regime, number, issuer, title_vi, title_en, state FROM credential"
    " WHERE person = $1",
    "field_notes": "SELECT field, source, said_at, verified_level, verified_at, verified_how FROM field_note"
    " WHERE person = $1",
    "changes_made": "SELECT o.name AS organisation, c.at, c.act, c.field, c.before, c.after FROM organisation_change c"
    " JOIN organisation o ON o.id = c.organisation WHERE c.person = $1 ORDER BY c.id",
    "claims": "SELECT o.name AS organisation, c.method, c.email, c.message, c.state, c.reason, c.words FROM claim c"
    " JOIN organisation o ON o.id = c.organisation WHERE c.person = $1",
    "reports": "SELECT kind, words, email, state, answer FROM profile_report WHERE person = $1",
    "terms_suggested": "SELECT vocabulary, text, state, code, reason FROM term_suggestion WHERE person = $1",
    "imports": "SELECT name, list_name, state FROM import_run WHERE person = $1",
}
"""What of it goes into a copy, by sheet; $1 is the person."""


def _sheet(query: str) -> Any:
    async def rows(subject: Subject) -> Rows:
        async for row in rows_of(query, subject.person):
            yield row

    return rows


for _name, _query in SHEETS.items():
    exports(f"directory/{_name}")(_sheet(_query))


@exports("directory/invitations")
async def invitations(subject: Subject) -> Rows:
    query = (
        "SELECT o.name AS organisation, i.role, i.created_at, i.expires_at, i.accepted_at, i.withdrawn_at"
        " FROM organisation_invitation i JOIN organisation o ON o.id = i.organisation"
        " WHERE i.accepted_by = $1 OR ($2 <> '' AND i.email_key = $2) ORDER BY i.created_at, i.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@hinders_erasure("directory")
async def owned_alone(subject: Subject) -> list[Obstacle]:
    """An organisation of the directory is not left without an owner."""
    rows = await db.fetch(
        "SELECT o.name, o.slug FROM membership m JOIN organisation o ON o.id = m.organisation AND o.ended_at IS NULL"
        " WHERE m.person = $1 AND m.role = 'owner' AND m.ended_at IS NULL AND NOT EXISTS (SELECT FROM membership a"
        " WHERE a.organisation = o.id AND a.role = 'owner' AND a.ended_at IS NULL AND a.person <> $1)"
        " ORDER BY o.name, o.id",
        subject.person,
    )
    return [
        Obstacle(
            N_("You are the only owner of %(organisation)s. Please make somebody else an owner."),
            {"organisation": row["name"]},
            f"/organisations/{row['slug']}/members",
        )
        for row in rows
    ]


@knows_addresses("directory")
async def addresses() -> list[str]:
    rows = await db.fetch("SELECT DISTINCT email_key FROM organisation_invitation WHERE email_key NOT LIKE 'erased:%'")
    return [row["email_key"] for row in rows]


TEXTS = (
    *("organisation_change", "organisation_merge", "import_row", "import_run", "export_run", "startup_details"),
    *("ip_asset", "mention", "claim", "profile_review", "profile_report", "term_suggestion", "duplicate_pair"),
    *("credential_act", "findable", "person_proposal"),
)
"""Where a person's name may stand in what others wrote or in what was read from files; it is taken out."""

CREDENTIAL_CODES = frozenset({"credential_type", "regime", "state", "size_class", "revoked_ground"})
"""What stays of a person's own credential, for the counts: which kind it was and what became of it."""

_OF_THE_PERSON = (
    "UPDATE membership SET ended_at = coalesce(ended_at, now()), title = '', contact_for = '{}', listed = false"
    " WHERE person = $1",
    "DELETE FROM expertise WHERE person = $1",
    "DELETE FROM mentor_role WHERE person = $1",
    "DELETE FROM conflict_of_interest WHERE person = $1",
    "DELETE FROM field_note WHERE person = $1",
    "DELETE FROM findable WHERE kind = 'person' AND (subject = $1 OR subject IN"
    " (SELECT id FROM person_profile WHERE person = $1))",
    "DELETE FROM person_profile WHERE person = $1",
    "UPDATE claim SET email = '', message = '', words = '', token_hash = NULL WHERE person = $1",
    "UPDATE profile_report SET words = '', email = '', answer = '' WHERE person = $1",
    "UPDATE term_suggestion SET reason = '' WHERE person = $1",
    "UPDATE field_grant SET purpose = '', ended_reason = NULL WHERE asked_by = $1",
)


@erases("directory")
async def empty_directory(subject: Subject) -> int:
    """The person's own rows, invitations to the address, and the name where others wrote it down."""
    count = 0
    if subject.person is not None:
        for statement in _OF_THE_PERSON:
            count += await db.execute(statement, subject.person)
        count += await blank("credential", subject.person, keep=CREDENTIAL_CODES)
    if subject.key:
        for statement in _OF_THE_ADDRESS:
            count += await db.execute(statement, subject.key)
    return count + await take_out(TEXTS, names_of(subject))


_OF_THE_ADDRESS = (
    "UPDATE organisation_invitation SET email = '', email_key = 'erased:' || id,"
    " withdrawn_at = CASE WHEN accepted_at IS NULL THEN coalesce(withdrawn_at, now()) ELSE withdrawn_at END"
    " WHERE email_key = $1",
    "UPDATE ownership_transfer SET email = '', email_key = 'erased:' || id WHERE email_key = $1",
    "UPDATE organisation SET contact_email = '' WHERE lower(contact_email) = $1",
    "UPDATE profile_report SET words = '', email = '', answer = '' WHERE lower(email) = $1",
)


@on_withdrawal("profile", "directory")
async def leave_the_lists(person: UUID) -> None:
    """The personal profile is listed no more, memberships are not shown in public, and the search forgets both."""
    await db.execute("UPDATE person_profile SET listed_at = NULL WHERE person = $1", person)
    await db.execute("UPDATE membership SET listed = false WHERE person = $1 AND listed", person)
    await db.execute(
        "DELETE FROM findable WHERE kind = 'person' AND (subject = $1 OR subject IN"
        " (SELECT id FROM person_profile WHERE person = $1))",
        person,
    )
