"""What tests of persons are made of: profiles through the verbs that people use."""

from typing import Any
from uuid import UUID

from app.core import db as database
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.persons import listing, profile, role
from app.directory.persons.conduct import CONDUCT
from app.people.rights.purposes import PURPOSES
from tests.directory.make import organisation
from tests.factories import make_person

AGREED = PURPOSES["profile"].text.version
MENTOR: dict[str, Any] = {
    "headline_vi": "Từng bán phần mềm cho bệnh viện",
    "headline_en": "Sold software to hospitals",
    "roles": ["mentor"],
    "sectors": ["health"],
    "stages": ["early"],
    "languages": ["vi", "en"],
    "country": "VN",
    "province_code": "01",
    "mode": "online",
    "fee_policy": "free",
}


async def listed(actor: Actor, **values: Any) -> profile.Saved:
    """A listed profile."""
    saved = await profile.edit_profile(actor, {"headline_vi": "Người của hệ sinh thái", **values})
    await listing.list_profile(actor, AGREED)
    return saved


async def mentor(actor: Actor, *expertise: str, **values: Any) -> profile.Saved:
    """A listed profile of somebody who mentors."""
    saved = await profile.edit_profile(actor, {**MENTOR, **values})
    for code in expertise:
        await role.put_expertise(actor, code, "hands_on", 5)
    await role.accept_conduct(actor, CONDUCT.version)
    await listing.list_profile(actor, AGREED)
    return saved


async def verified_member(name: str = "Đối tác") -> Actor:
    """Somebody of an organisation that has proved who it is."""
    actor = await make_person(name)
    saved = await organisation(actor, f"Tổ chức của {name}")
    await database.execute("UPDATE organisation SET verified_at = now() WHERE id = $1", saved.id)
    return actor


async def joined(actor: Actor, organisation_id: UUID, role_: str = "editor") -> UUID:
    membership = new_id()
    await database.execute(
        "INSERT INTO membership (id, organisation, person, role, contact_for) VALUES ($1, $2, $3, $4, '{}')",
        *(membership, organisation_id, actor.id, role_),
    )
    return membership
