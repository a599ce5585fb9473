"""The doors to people's profiles: who sees which one, and how far. No writes, no pages."""

from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import NotFound
from app.core.web import Actor
from app.directory.access import IS_VERIFIED
from app.directory.fields import PERSON_FIELDS, Tier
from app.directory.seeing import ANY_MEMBER, EVERYBODY, Viewer, shown_person
from app.people.rights.consent import consented

Row = dict[str, Any]

PROFILE = tuple(name for name, field in PERSON_FIELDS.items() if field.table == "person_profile")
ROLE = tuple(name for name, field in PERSON_FIELDS.items() if field.table == "mentor_role")

COLUMNS = ", ".join(
    [
        *(f"pp.{name}" for name in PROFILE),
        *(f"r.{name}" for name in ROLE),
        "pp.person, pp.slug, pp.name_folded, pp.tiers, pp.version, pp.listed_at, pp.hidden_at, pp.hidden_reason",
        "pp.confirmed_at, pp.created_at, pp.updated_at, pp.ended_at, pp.sample, p.ended_at AS account_ended_at",
        "r.id AS role_id, r.conduct_accepted_at, r.conduct_version, r.vetted_at, r.paused_at",
    ]
)
"""What a door gives of a person: every field of the registry, and how the profile and the role stand."""

JOINS = """person_profile pp JOIN person p ON p.id = pp.person
    LEFT JOIN mentor_role r ON r.person = pp.person AND r.ended_at IS NULL"""

CONSENTED = consented("pp.person", "profile")

LISTED = f"""pp.listed_at IS NOT NULL AND pp.hidden_at IS NULL AND pp.ended_at IS NULL AND p.ended_at IS NULL
    AND {CONSENTED}"""
"""SQL: everybody may find this person. Asked anew each time, so that a withdrawn consent acts at once."""

_SEEN = f"""
    SELECT {COLUMNS}, ({LISTED}) AS is_listed, {CONSENTED} AS consents,
        {IS_VERIFIED.format(viewer="$2")} AS viewer_verified,
        EXISTS (SELECT FROM person_grant g WHERE g.person = pp.person AND g.viewer = $2 AND g.granted_at IS NOT NULL
            AND g.ended_at IS NULL AND g.expires_at > now()) AS viewer_granted
    FROM {JOINS}
"""  # noqa: S608  constants only

VERIFIED_MEMBER = Viewer(tier=Tier.VERIFIED)
PREVIEWS = {"everybody": EVERYBODY, "members": ANY_MEMBER, "verified": VERIFIED_MEMBER}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A person's profile before somebody: the whole row, how far that one sees, whether everybody may find it."""

    row: Row
    viewer: Viewer
    listed: bool
    own: bool = False

    @property
    def id(self) -> UUID:
        found: UUID = self.row["person"]
        return found

    @property
    def slug(self) -> str:
        return str(self.row["slug"])

    @property
    def shown(self) -> Row:
        """The row with nothing in it that this viewer may not see."""
        return shown_person(self.row, self.viewer)

    @property
    def mentor(self) -> bool:
        return is_mentor(self.row)


def is_mentor(row: Row) -> bool:
    """Whether somebody offers to be asked: with roles chosen and the code of conduct accepted."""
    return bool(row["roles"]) and row["conduct_accepted_at"] is not None


async def person_for(actor: Actor, slug: str) -> Seen:
    """The profile at this address. Absent, unlisted and ended look the same to strangers: NotFound.

    Its owner sees it always; moderators also what was taken down, to see whether it may come back.
    """
    return _seen(actor, await db.fetchrow(f"{_SEEN} WHERE pp.slug = $1", slug, actor.id))


async def person_by_id_for(actor: Actor, person: UUID) -> Seen:
    return _seen(actor, await db.fetchrow(f"{_SEEN} WHERE pp.person = $1", person, actor.id))


async def own_profile(actor: Actor) -> Seen | None:
    """One's own profile, listed or not; None before anything was written."""
    found = await db.fetchrow(f"{_SEEN} WHERE pp.person = $1", actor.person_id, actor.id)
    return _seen(actor, found) if found is not None else None


async def moved_to(slug: str) -> str | None:
    """The present address of somebody whose name was another one."""
    found: str | None = await db.fetchval(
        f"SELECT pp.slug FROM person_former_slug f JOIN person_profile pp ON pp.person = f.person"  # noqa: S608
        f" JOIN person p ON p.id = pp.person WHERE f.slug = $1 AND {LISTED}",
        slug,
    )
    return found


def row_of(found: Any) -> Row:
    """A row of COLUMNS as a dictionary; who has no role has empty fields of it."""
    row = dict(found)
    for name in ROLE:
        if row[name] is None:
            row[name] = PERSON_FIELDS[name].empty
    if isinstance(row["tiers"], str):
        row["tiers"] = msgspec.json.decode(row["tiers"])
    return row


def _seen(actor: Actor, found: Any) -> Seen:
    if found is None or found["account_ended_at"] is not None or found["ended_at"] is not None:
        raise NotFound
    row = row_of(found)
    listed, consents = row.pop("is_listed"), row.pop("consents")
    verified, granted = row.pop("viewer_verified"), row.pop("viewer_granted")
    own = actor.id is not None and actor.id == row["person"]
    staff = actor.has("moderator")
    taken_down = staff and consents and row["hidden_at"] is not None
    if not listed and not own and not taken_down:
        raise NotFound
    tier = Tier.PUBLIC
    if actor.signed_in:
        tier = Tier.GRANTED if granted else Tier.VERIFIED if verified else Tier.MEMBERS
    return Seen(row=row, viewer=Viewer(tier=tier, member=own, staff=staff), listed=listed, own=own)


async def viewer_of(actor: Actor) -> Viewer:
    """How far somebody sees into people's profiles in general: for lists of several people. One query at most."""
    if not actor.signed_in:
        return EVERYBODY
    verified = await db.fetchval(f"SELECT {IS_VERIFIED.format(viewer='$1')}", actor.id)
    return VERIFIED_MEMBER if verified else ANY_MEMBER
