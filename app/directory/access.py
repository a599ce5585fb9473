"""The doors of the directory: who may see and who may change an organisation. No writes, no pages."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import NotAllowed, NotFound
from app.core.web import Actor
from app.directory.fields import Tier
from app.directory.seeing import Viewer

EDITORS = ("owner", "editor")
MEMBERS = ("owner", "editor", "viewer")

Row = dict[str, Any]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation as one person sees it: the row, and that person's role in it ("" for strangers)."""

    row: Row
    role: str
    admin: bool = False
    moderator: bool = False
    tier: Tier = Tier.PUBLIC

    @property
    def viewer(self) -> Viewer:
        """How far this person sees into the profile."""
        return Viewer(tier=self.tier, member=self.member, staff=self.admin or self.moderator)

    @property
    def id(self) -> UUID:
        found: UUID = self.row["id"]
        return found

    @property
    def slug(self) -> str:
        return str(self.row["slug"])

    @property
    def name(self) -> str:
        return str(self.row["name"])

    @property
    def member(self) -> bool:
        return self.role in MEMBERS

    @property
    def may_edit(self) -> bool:
        return self.role in EDITORS or self.admin

    @property
    def may_manage(self) -> bool:
        """Invite and end members, give roles."""
        return self.role == "owner" or self.admin


COLUMNS = """o.id, o.number, o.slug, o.name, o.name_en, o.name_folded, o.kinds, o.sectors, o.technologies,
    o.business_models, o.customers, o.stage, o.product_stage, o.trl, o.country, o.state, o.region, o.city,
    o.province_code, o.ward_code, o.summary_vi, o.summary_en, o.description_vi, o.description_en, o.website,
    o.contact_email, o.contact_phone, o.founded_on, o.founded_precision, o.investor_types, o.support_types, o.needs,
    o.offers, o.raising_round, o.raising_amount, o.raising_currency, o.raising_since, o.source, o.source_key,
    o.source_url, o.source_category, o.source_as_of, o.links, o.sample, o.version, o.confirmed_at, o.created_at,
    o.updated_at, o.ended_at, o.ended_reason, o.legal_name, o.aliases, o.enterprise_code, o.legal_form, o.status,
    o.domain, o.size_class, o.headcount, o.headcount_rd, o.video_url, o.socials, o.vsic_codes, o.lenses, o.sdgs,
    o.export_markets, o.logo_file, o.cover_file, o.predecessor, o.merged_into, o.tiers, o.verified_at, o.verified_how,
    o.hidden_at, o.hidden_reason, o.reviewed_version, o.reviewed_at"""
"""What a door gives of an organisation: everything but the texts that only the search reads."""

IS_VERIFIED = """EXISTS (SELECT FROM membership mine JOIN organisation my ON my.id = mine.organisation
        AND my.verified_at IS NOT NULL AND my.ended_at IS NULL AND my.hidden_at IS NULL
        WHERE mine.person = {viewer} AND mine.ended_at IS NULL)"""
"""SQL: somebody belongs to a verified organisation that is there. One that was taken off the pages opens nothing."""

_SEEN = f"""
    SELECT {COLUMNS}, coalesce(m.role, '') AS membership_role,
        {IS_VERIFIED.format(viewer="$2")} AS viewer_verified,
        EXISTS (SELECT FROM field_grant g JOIN membership mine ON mine.organisation = g.viewer
            JOIN organisation my ON my.id = g.viewer AND my.ended_at IS NULL AND my.hidden_at IS NULL
            WHERE g.organisation = o.id AND g.granted_at IS NOT NULL AND g.ended_at IS NULL AND g.expires_at > now()
                AND mine.person = $2 AND mine.ended_at IS NULL
        ) AS viewer_granted
    FROM organisation o
    LEFT JOIN membership m ON m.organisation = o.id AND m.person = $2 AND m.ended_at IS NULL
"""  # noqa: S608  constants only


async def organisation_for(actor: Actor, slug: str) -> Seen:
    """The organisation at this address, or NotFound: absent and ended look the same to strangers."""
    return _seen(actor, await db.fetchrow(f"{_SEEN} WHERE o.slug = $1", slug, actor.id))


async def organisation_by_id_for(actor: Actor, organisation_id: UUID) -> Seen:
    """The organisation with this id, or the one that it was merged into."""
    present = "coalesce((SELECT g.merged_into FROM organisation g WHERE g.id = $1), $1)"
    return _seen(actor, await db.fetchrow(f"{_SEEN} WHERE o.id = {present}", organisation_id, actor.id))


async def organisations_by_id_for(actor: Actor, organisations: Sequence[UUID]) -> dict[UUID, Seen]:
    """Those of these organisations that the person may see, by id; in one query."""
    found = {}
    for row in await db.fetch(f"{_SEEN} WHERE o.id = ANY($1)", list(organisations), actor.id):
        with suppress(NotFound):
            found[row["id"]] = _seen(actor, row)
    return found


async def member_organisation_for(actor: Actor, slug: str) -> Seen:
    """An organisation that the person belongs to; for everybody else it is NotFound here."""
    seen = await organisation_for(actor, slug)
    if not seen.member and not seen.admin:
        raise NotFound
    return seen


async def editable_organisation_for(actor: Actor, slug: str) -> Seen:
    """An organisation that the person may edit; NotAllowed for its viewers, NotFound for strangers."""
    return _editable(await member_organisation_for(actor, slug))


async def editable_organisation_by_id_for(actor: Actor, organisation_id: UUID) -> Seen:
    seen = await organisation_by_id_for(actor, organisation_id)
    if not seen.member and not seen.admin:
        raise NotAllowed
    return _editable(seen)


async def managed_organisation_for(actor: Actor, slug: str) -> Seen:
    """An organisation whose members the person may invite and end: owners and admins."""
    seen = await member_organisation_for(actor, slug)
    if not seen.may_manage:
        raise NotAllowed
    return seen


async def organisations_of(actor: Actor) -> list[Seen]:
    """The organisations that the person belongs to, by name."""
    rows = await db.fetch(
        f"SELECT {COLUMNS}, m.role AS membership_role FROM membership m JOIN organisation o ON o.id = m.organisation"  # noqa: S608
        " WHERE m.person = $1 AND m.ended_at IS NULL AND o.ended_at IS NULL ORDER BY o.name_folded, o.number",
        actor.person_id,
    )
    return [_seen(actor, row) for row in rows]


async def moved_to(slug: str) -> str | None:
    """The present address of an organisation that was renamed; None for one that is not on the pages."""
    found: str | None = await db.fetchval(
        "SELECT o.slug FROM organisation_former_slug f JOIN organisation o ON o.id = f.organisation"
        " WHERE f.slug = $1 AND o.ended_at IS NULL AND o.hidden_at IS NULL",
        slug,
    )
    return found


def _seen(actor: Actor, found: Any) -> Seen:
    if found is None:
        raise NotFound
    row = dict(found)
    role = row.pop("membership_role")
    tier = _tier(actor, verified=row.pop("viewer_verified", False), granted=row.pop("viewer_granted", False))
    seen = Seen(row=row, role=role, admin=actor.has("admin"), moderator=actor.has("moderator"), tier=tier)
    gone = row["ended_at"] is not None or row["hidden_at"] is not None
    if gone and not role and not seen.viewer.staff:
        raise NotFound
    return seen


def _tier(actor: Actor, *, verified: bool, granted: bool) -> Tier:
    if not actor.signed_in:
        return Tier.PUBLIC
    return Tier.GRANTED if granted else Tier.VERIFIED if verified else Tier.MEMBERS


def _editable(seen: Seen) -> Seen:
    if not seen.may_edit or seen.row["ended_at"] is not None:
        raise NotAllowed
    return seen
