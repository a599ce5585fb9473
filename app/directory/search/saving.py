"""Saved searches: kept under a name, marked with what is new, told of by mail only where their owner chose so."""

import hashlib
import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.settings import get_settings
from app.core.text import clean_line
from app.core.web import Actor
from app.directory.search.news import State, new_since, state_from
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES
from app.people.secret import make_token

MOST = 50
NAME_LETTERS = 120
DIGESTS: dict[str, Phrase] = {
    "never": N_("No mail"),
    "daily": N_("Every day, if something is new"),
    "weekly": N_("Every week, if something is new"),
}


class TooManySaved(Conflict):
    message = N_("You keep fifty searches already. End one that you no longer need, and save again.")


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A saved search as its owner sees it."""

    id: UUID
    name: str
    state: State
    digest: str
    key: str
    seen_at: datetime
    new: int = 0

    @property
    def feed_url(self) -> str:
        """The private address of its feed: whoever knows it reads it, until the owner asks for another."""
        return f"/saved/{self.id}/feed/{sign('feed', self.id, self.key)}"


def sign(purpose: str, row: UUID, key: str) -> str:
    """A token for an address that opens one thing of one row without signing in."""
    secret = f"saved-search-{purpose}:{get_settings().secret_key}".encode()
    return hmac.new(secret, f"{row}:{key}".encode(), hashlib.sha256).hexdigest()[:40]


def fits(purpose: str, row: UUID, key: str, token: str) -> bool:
    return hmac.compare_digest(sign(purpose, row, key).encode(), token.encode("utf-8", "replace"))


async def save(actor: Actor, name: str, state: State) -> UUID:
    """Keep a search under a name. A state that is kept already keeps its row and gets the new name.

    Locks the person's account against a fifty-first. Raises Invalid, TooManySaved.
    """
    name = checked_name(name)
    state = state_from(state.path, state.query)
    async with db.tx():
        await _lock(actor)
        kept: UUID | None = await db.fetchval(
            "UPDATE saved_search SET name = $4 WHERE person = $1 AND path = $2 AND query = $3 AND ended_at IS NULL"
            " RETURNING id",
            *(actor.person_id, state.path, state.query, name),
        )
        if kept:
            return kept
        count = await db.fetchval(
            "SELECT count(*) FROM saved_search WHERE person = $1 AND ended_at IS NULL", actor.person_id
        )
        if count >= MOST:
            raise TooManySaved
        saved = new_id()
        await db.execute(
            "INSERT INTO saved_search (id, person, name, path, query, digest, key) VALUES ($1, $2, $3, $4, $5,"
            " 'never', $6)",
            *(saved, actor.person_id, name, state.path, state.query, make_token()),
        )
    return saved


async def change(actor: Actor, saved: UUID, name: str, digest: str, *, consents: bool = False) -> None:
    """Rename a search and say how often to be written to; the first time needs `consents` to news by e-mail.

    Locks the account. Raises NotFound for somebody else's, Invalid.
    """
    name = checked_name(name)
    if digest not in DIGESTS:
        raise Invalid(fields={"digest": NOT_A_CHOICE})
    async with db.tx():
        await _lock(actor)
        if digest != "never" and not await consent.has_consent(actor.person_id, "digests"):
            if not consents:
                raise Invalid(fields={"consents": N_("Please agree to news by e-mail, or choose no mail.")})
            await consent.write(actor.person_id, PURPOSES["digests"], given=True)
        await _changed(
            await db.execute(
                "UPDATE saved_search SET name = $3, digest = $4,"
                " digest_agreed_at = CASE WHEN $4 = 'never' THEN NULL ELSE coalesce(digest_agreed_at, now()) END,"
                " digested_until = CASE WHEN $4 = 'never' THEN NULL ELSE coalesce(digested_until, now()) END"
                " WHERE id = $1 AND person = $2 AND ended_at IS NULL",
                *(saved, actor.person_id, name, digest),
            )
        )


async def end(actor: Actor, saved: UUID) -> None:
    """Keep a search no longer; its feed and its mails end with it. Ending twice changes nothing."""
    async with db.tx():
        await _changed(
            await db.execute(
                "UPDATE saved_search SET ended_at = coalesce(ended_at, now()), ended_reason = 'ended', digest = 'never'"
                " WHERE id = $1 AND person = $2",
                *(saved, actor.person_id),
            )
        )


async def renew_key(actor: Actor, saved: UUID) -> None:
    """Give the feed another address; the old one opens nothing from the commit on."""
    async with db.tx():
        await _changed(
            await db.execute(
                "UPDATE saved_search SET key = $3 WHERE id = $1 AND person = $2 AND ended_at IS NULL",
                *(saved, actor.person_id, make_token()),
            )
        )


async def open_saved(actor: Actor, saved: UUID) -> State:
    """Note that its owner looks at the search now; where that is."""
    async with db.tx():
        row = await db.fetchrow(
            "UPDATE saved_search SET seen_at = now() WHERE id = $1 AND person = $2 AND ended_at IS NULL"
            " RETURNING path, query",
            *(saved, actor.person_id),
        )
    if row is None:
        raise NotFound
    return State(row["path"], row["query"])


async def saved_of(actor: Actor) -> list[Saved]:
    """The person's searches by name, each with how much is new since it was last opened."""
    rows = await db.fetch(
        "SELECT * FROM saved_search WHERE person = $1 AND ended_at IS NULL ORDER BY lower(name), id", actor.person_id
    )
    saved = [of_row(row) for row in rows]
    new = await new_since([(one.state, one.seen_at) for one in saved], tier=1)
    return [msgspec.structs.replace(one, new=found.count) for one, found in zip(saved, new, strict=True)]


async def by_key(saved: UUID, token: str) -> Saved:
    """The search that a feed's private address belongs to; NotFound for any other token, and where it has ended."""
    row = await db.fetchrow(
        "SELECT s.* FROM saved_search s JOIN person p ON p.id = s.person"
        " WHERE s.id = $1 AND s.ended_at IS NULL AND p.ended_at IS NULL",
        saved,
    )
    if row is None or not fits("feed", saved, row["key"], token):
        raise NotFound
    return of_row(row)


def of_row(row: Any) -> Saved:
    return Saved(
        id=row["id"],
        name=row["name"],
        state=State(row["path"], row["query"]),
        digest=row["digest"],
        key=row["key"],
        seen_at=row["seen_at"],
    )


def checked_name(name: str) -> str:
    name = clean_line(name)[:NAME_LETTERS].strip()
    if not name:
        raise Invalid(fields={"name": REQUIRED})
    return name


async def end_digests(person: UUID) -> None:
    """No more mails to this person, in the open transaction; the searches stay."""
    await db.execute(
        "UPDATE saved_search SET digest = 'never', digest_agreed_at = NULL, digested_until = NULL"
        " WHERE person = $1 AND digest <> 'never'",
        person,
    )


async def unsubscribe(person: UUID, token: str) -> None:
    """What one click in a mail does: withdraws from news by e-mail, which ends every digest. Twice changes nothing."""
    if not fits("mails", person, "", token):
        raise NotFound
    await consent.decide(person, "digests", given=False)


async def _lock(actor: Actor) -> None:
    await db.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", actor.person_id)


async def _changed(rows: int) -> None:
    if not rows:
        raise NotFound
