"""Whose a credential is: an organisation or a person, found by address, and who may state something for them."""

from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import NotAllowed, NotFound
from app.core.web import Actor
from app.directory.access import EDITORS

Row = dict[str, Any]


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation (`person` is False) or a person, with the address of the pages about their credentials."""

    id: UUID
    name: str
    slug: str = ""
    person: bool = False

    @property
    def home(self) -> str:
        """Where its members see and state credentials."""
        return "/account/credentials" if self.person else f"/organisations/{self.slug}/credentials"

    @property
    def profile(self) -> str:
        """The public profile; "" for a person without one."""
        if self.person:
            return f"/people/{self.slug}" if self.slug else ""
        return f"/organisations/{self.slug}"


_BY_ID = """
    SELECT o.id, o.name, o.slug, false AS person FROM organisation o WHERE o.id = $1
    UNION ALL
    SELECT p.id, p.name, coalesce(pp.slug, ''), true FROM person p
    LEFT JOIN person_profile pp ON pp.person = p.id AND pp.ended_at IS NULL WHERE p.id = $2
"""
_BY_SLUG = """
    SELECT o.id, o.name, o.slug, false AS person FROM organisation o
    WHERE o.slug = $1 AND o.ended_at IS NULL AND NOT $2
    UNION ALL
    SELECT p.id, p.name, pp.slug, true FROM person_profile pp JOIN person p ON p.id = pp.person AND p.ended_at IS NULL
    WHERE pp.slug = $1 AND pp.ended_at IS NULL AND $2
"""


async def holder_of(row: Any) -> Holder:
    """Whose this credential is, also when they have left: what they held can still be revoked."""
    found = await db.fetchrow(_BY_ID, row["organisation"], row["person"])
    if found is None:
        raise NotFound
    return Holder(**found)


async def holder_at(address: str) -> Holder | None:
    """The organisation or person whose page has this address; a bare word is an organisation's."""
    path = address.strip().partition("?")[0].rstrip("/")
    before, _slash, slug = path.rpartition("/")
    person = before.endswith("/people") or before == "people"
    found = await db.fetchrow(_BY_SLUG, slug, person)
    return Holder(**found) if found else None


async def require_speaker(actor: Actor, *, organisation: UUID | None, person: UUID | None) -> None:
    """Raise NotAllowed for everybody but the person, or owners and editors of the organisation (and admins)."""
    if person is not None:
        if actor.person_id != person:
            raise NotAllowed
        return
    role = await db.fetchval(
        "SELECT role FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
        *(organisation, actor.person_id),
    )
    if role not in EDITORS and not actor.has("admin"):
        raise NotAllowed


async def readers_of(row: Any) -> list[Row]:
    """Who hears about a credential: present owners, or the person; with how to write to them."""
    rows = await db.fetch(
        "SELECT p.id, p.name, p.email, p.locale FROM person p WHERE p.ended_at IS NULL AND (p.id = $2 OR p.id IN"
        " (SELECT m.person FROM membership m WHERE m.organisation = $1 AND m.role = 'owner' AND m.ended_at IS NULL))"
        " ORDER BY p.created_at, p.id",
        *(row["organisation"], row["person"]),
    )
    return [dict(one) for one in rows]
