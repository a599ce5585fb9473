"""People on the pages of organisations: shown by their own choice and consent, described by themselves or an owner."""

from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED, TOO_LONG
from app.core.i18n import Phrase
from app.core.text import clean_line
from app.core.web import Actor
from app.directory import history
from app.directory.fields import PERSON_FIELDS
from app.directory.persons import listing
from app.directory.persons.access import CONSENTED, LISTED
from app.directory.seeing import EVERYBODY, Viewer, tier_of
from app.directory.vocabulary.persons import CONTACT_FOR
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES

MOST_TITLE = 120
MOST_SHOWN = 100


class Teammate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as an organisation's page shows them. `slug` is "" for people without a listed profile."""

    person: UUID
    name: str
    slug: str
    title: str
    is_founder: bool
    is_legal_representative: bool
    contact_for: tuple[str, ...]
    photo_file: UUID | None
    sample: bool


async def team_of(organisation: UUID, viewer: Viewer = EVERYBODY) -> list[Teammate]:
    """Who wants to be shown on the organisation's page: founders first, then by when they came. One query.

    Consent is asked anew each time. The organisation's members see who is shown, as everybody else does.
    """
    rows = await db.fetch(
        f"""
        SELECT m.person, p.name AS account_name, pp.name, pp.slug, pp.tiers, pp.photo_file, m.title, m.is_founder,
            m.is_legal_representative, m.contact_for, p.sample, coalesce({LISTED}, false) AS is_listed
        FROM membership m JOIN person p ON p.id = m.person AND p.ended_at IS NULL
        LEFT JOIN person_profile pp ON pp.person = m.person AND pp.ended_at IS NULL
        WHERE m.organisation = $1 AND m.listed AND m.ended_at IS NULL
            AND {CONSENTED.replace("pp.person", "m.person")} AND pp.hidden_at IS NULL
        ORDER BY m.is_founder DESC, m.is_legal_representative DESC, m.started_at, m.id LIMIT {MOST_SHOWN}
        """,  # noqa: S608  constants only
        organisation,
    )
    return [_teammate(dict(row), viewer) for row in rows]


def _teammate(row: dict[str, Any], viewer: Viewer) -> Teammate:
    listed = row["is_listed"]
    photo = listed and viewer.sees(tier_of(PERSON_FIELDS["photo_file"], row["tiers"]))
    return Teammate(
        person=row["person"],
        name=row["name"] if listed else row["account_name"],
        slug=row["slug"] if listed else "",
        title=row["title"],
        is_founder=row["is_founder"],
        is_legal_representative=row["is_legal_representative"],
        contact_for=tuple(row["contact_for"]),
        photo_file=row["photo_file"] if photo else None,
        sample=row["sample"],
    )


async def organisations_of(person: UUID, *, all_of_them: bool = False) -> list[dict[str, Any]]:
    """Where somebody shows to belong; with `all_of_them`, for themselves, also where they do not."""
    rows = await db.fetch(
        "SELECT m.id, m.organisation, o.slug, o.name, o.logo_file, m.role, m.title, m.is_founder,"
        " m.is_legal_representative, m.contact_for, m.listed, m.started_at, o.sample FROM membership m"
        " JOIN organisation o ON o.id = m.organisation AND o.ended_at IS NULL AND o.hidden_at IS NULL"
        " WHERE m.person = $1 AND m.ended_at IS NULL AND (m.listed OR $2)"
        " ORDER BY m.is_founder DESC, m.started_at, m.id",
        *(person, all_of_them),
    )
    return [dict(row) for row in rows]


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is in an organisation."""

    title: str = ""
    is_founder: bool = False
    is_legal_representative: bool = False
    contact_for: tuple[str, ...] = ()


async def describe(actor: Actor, organisation: UUID, membership: UUID, said: Described) -> None:
    """Say what a member is there: by the member or by an owner. Idempotent. Locks the membership.

    Showing it in public is the member's own affair, see `show_me`. Raises Invalid, NotAllowed, NotFound.
    """
    wanted = _checked(said)
    async with db.tx():
        row = await _locked(organisation, membership)
        if row["person"] != actor.person_id and not await _owns(actor, organisation):
            raise NotAllowed
        changes = {name: (row[name], value) for name, value in wanted.items() if row[name] != value}
        if not changes:
            return
        await db.execute(
            "UPDATE membership SET title = $2, is_founder = $3, is_legal_representative = $4, contact_for = $5"
            " WHERE id = $1",
            *(membership, *(wanted[name] for name in Described.__struct_fields__)),
        )
        await history.record(
            organisation,
            actor.id,
            "member_described",
            {f"membership.{name}": change for name, change in changes.items()},
        )


def _checked(said: Described) -> dict[str, Any]:
    wrong: dict[str, Phrase] = {}
    title = clean_line(said.title)
    if len(title) > MOST_TITLE:
        wrong["title"] = TOO_LONG
    if any(code not in CONTACT_FOR for code in said.contact_for):
        wrong["contact_for"] = NOT_A_CHOICE
    if wrong:
        raise Invalid(fields=wrong, max=MOST_TITLE)
    return {
        "title": title,
        "is_founder": said.is_founder,
        "is_legal_representative": said.is_legal_representative,
        "contact_for": CONTACT_FOR.known(said.contact_for),
    }


async def show_me(actor: Actor, organisation: UUID, membership: UUID, shown: bool, agreed_to: str = "") -> None:
    """Show oneself on the organisation's page, or no longer. Nobody else can: neither owner nor administrator.

    Showing takes the consent to a public profile, given here (`agreed_to`: the version that was read) or before.
    Idempotent. Locks the account, then the membership. Raises Invalid, NotAllowed, NotFound, TextChanged.
    """
    purpose = PURPOSES[listing.PURPOSE]
    async with db.tx():
        await db.fetchval("SELECT true FROM person WHERE id = $1 FOR NO KEY UPDATE", actor.person_id)
        row = await _locked(organisation, membership)
        if row["person"] != actor.person_id:
            raise NotAllowed
        if shown and agreed_to:
            if agreed_to != purpose.text.version:
                raise consent.TextChanged
            await consent.write(actor.person_id, purpose, given=True)
        elif shown and not await consent.has_consent(actor.person_id, listing.PURPOSE):
            raise Invalid(fields={"agree": REQUIRED})
        if row["listed"] == shown:
            return
        await db.execute("UPDATE membership SET listed = $2 WHERE id = $1", membership, shown)
        await history.record(organisation, actor.id, "member_shown" if shown else "member_hidden")


async def _locked(organisation: UUID, membership: UUID) -> dict[str, Any]:
    row = await db.fetchrow(
        "SELECT id, person, title, is_founder, is_legal_representative, contact_for, listed FROM membership"
        " WHERE id = $1 AND organisation = $2 AND ended_at IS NULL FOR UPDATE",
        *(membership, organisation),
    )
    if row is None:
        raise NotFound
    return dict(row)


async def _owns(actor: Actor, organisation: UUID) -> bool:
    role = await db.fetchval(
        "SELECT role FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
        *(organisation, actor.person_id),
    )
    return role == "owner" or actor.has("admin")
