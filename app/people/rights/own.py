"""What people itself keeps about somebody: what of it goes into a copy of everything, and how it is emptied."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.people.rights.subject import Subject, erases, exports

Rows = AsyncIterator[dict[str, Any]]


async def rows_of(query: str, *args: object) -> Rows:
    """The rows of a query as plain dicts, a few at a time: through a cursor."""
    async with db.connection() as con, con.transaction():
        async for row in con.cursor(query, *args, prefetch=500):
            yield dict(row)


@exports("people/account")
async def account(subject: Subject) -> Rows:
    query = (
        "SELECT id, email, name, locale, created_at, email_confirmed_at, password_changed_at, ended_at, ended_reason"
        " FROM person WHERE id = $1"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("people/roles")
async def roles(subject: Subject) -> Rows:
    query = "SELECT role, granted_at, reason, ended_at, ended_reason FROM person_role WHERE person = $1 ORDER BY id"
    async for row in rows_of(query, subject.person):
        yield row


@exports("people/browsers")
async def browsers(subject: Subject) -> Rows:
    query = (
        "SELECT device, network, created_at, last_seen_at, ended_at, ended_reason FROM session WHERE person = $1"
        " ORDER BY created_at"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("people/tokens")
async def tokens(subject: Subject) -> Rows:
    query = (
        "SELECT name, prefix, scopes, created_at, expires_at, last_used_at, ended_at FROM api_token WHERE person = $1"
        " ORDER BY created_at"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("people/what_happened")
async def what_happened(subject: Subject) -> Rows:
    query = "SELECT at, kind, device, network, detail FROM account_event WHERE person = $1 ORDER BY id"
    async for row in rows_of(query, subject.person):
        yield row


@exports("people/consents")
async def consents(subject: Subject) -> Rows:
    query = "SELECT at, purpose, given, text_version, channel FROM consent WHERE person = $1 ORDER BY id"
    async for row in rows_of(query, subject.person):
        yield row


@exports("people/seen_by")
async def seen_by(subject: Subject) -> Rows:
    query = "SELECT at, viewer_role, kind, place FROM data_access WHERE subject = $1 ORDER BY id"
    async for row in rows_of(query, subject.person):
        yield row


@exports("people/requests")
async def requests(subject: Subject) -> Rows:
    query = (
        "SELECT number, kind, channel, said, received_at, respond_by, act_by, state, responded_at, decided_at, answer"
        " FROM rights_request WHERE person = $1 OR ($2 <> '' AND email_key = $2) ORDER BY number"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("people/mails")
async def mails(subject: Subject) -> Rows:
    """Mails of the last thirty days; older texts are not kept."""
    query = "SELECT created_at, subject, text, state FROM mail WHERE lower(to_address) = $1 ORDER BY created_at"
    async for row in rows_of(query, subject.key):
        yield row


@erases("people")
async def empty_account(subject: Subject) -> int:
    """The account's row stays without name and address; what let somebody in, and where from, goes."""
    if subject.person is None:
        return await _empty_by_address(subject)
    count = 0
    for statement in _OF_THE_PERSON:
        count += await db.execute(statement, subject.person)
    return count + await _empty_by_address(subject)


_EMPTY_REQUEST = (
    "UPDATE rights_request SET name = '', email = '', email_key = '', said = '', answer = '',"
    " decided_at = coalesce(decided_at, now()),"
    " state = CASE WHEN state IN ('received', 'answered') THEN 'done' ELSE state END"
)
"""The row stays with its dates: that somebody asked and got an answer in time."""
_OF_THE_PERSON = (
    "DELETE FROM recovery_code WHERE second_step IN (SELECT id FROM second_step WHERE person = $1)",
    "DELETE FROM second_step WHERE person = $1",
    "DELETE FROM api_token WHERE person = $1",
    "DELETE FROM mail_link WHERE person = $1",
    "DELETE FROM session WHERE person = $1",
    "DELETE FROM data_export WHERE person = $1",
    "UPDATE person_role SET reason = '', ended_reason = 'erased' WHERE person = $1",
    "UPDATE account_event SET device = '', network = '', detail = '{}' WHERE person = $1",
    "UPDATE account_event SET device = '', network = '' WHERE actor = $1",
    "UPDATE rights_step SET note = '' WHERE request IN (SELECT id FROM rights_request WHERE person = $1)",
    f"{_EMPTY_REQUEST} WHERE person = $1",
    "UPDATE person SET email = '', email_key = 'erased:' || gen_random_uuid(), name = '', search_text = '',"
    " password_hash = NULL, ended_reason = 'erased', erased_at = now() WHERE id = $1",
)


async def _empty_by_address(subject: Subject) -> int:
    """What is kept under an address: wishes for an account, links, requests on paper."""
    if not subject.key:
        return 0
    mine = "SELECT id FROM rights_request WHERE email_key = $1"
    count = await db.execute(f"UPDATE rights_step SET note = '' WHERE request IN ({mine})", subject.key)  # noqa: S608
    count += await db.execute(
        f"{_EMPTY_REQUEST} WHERE email_key = $1",
        subject.key,
    )
    count += await db.execute("DELETE FROM mail_link WHERE lower(email) = $1", subject.key)
    return count + await db.execute("DELETE FROM sign_up WHERE email_key = $1", subject.key)
