"""The demo's mentors and experts: made-up people, so marked, with accounts that nobody can sign in with but the one
of `people.ACCOUNTS`. They agreed to nothing, for they do not exist; the rows say what a real person's would."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.text import slugify
from app.core.web import Actor
from app.directory.persons import listing, profile, role, team
from app.directory.persons.conduct import CONDUCT
from app.people.accounts import AddressTaken, create_person, person_by_email
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES

Report = Callable[[str, float], Awaitable[None]]
Row = dict[str, Any]

DATA = Path(__file__).resolve().parent / "data" / "sample_mentors.json"
LABEL = "mentors"
HOST = "sample.example"
"""A name that no mail reaches."""


async def load(report: Report) -> None:
    """Make the people who are missing. Idempotent; runs after the organisations that some of them belong to."""
    samples: list[Row] = msgspec.json.decode(DATA.read_bytes())
    for number, sample in enumerate(samples, start=1):
        await _load(sample)
        await report(LABEL, number / len(samples))


async def _load(sample: Row) -> None:
    email = sample.get("email") or f"{slugify(sample['name'])[:60]}@{HOST}"
    known = await person_by_email(email)
    try:
        person: UUID = known["id"] if known else await create_person(email=email, name=sample["name"], sample=True)
    except AddressTaken:  # another start of the demo was faster
        return
    if await db.fetchval("SELECT true FROM person_profile WHERE person = $1", person):
        return
    actor = Actor(id=person, name=sample["name"], email=email, via="session")
    await profile.edit_profile(actor, _values(sample))
    for entry in sample["expertise"]:
        await role.put_expertise(actor, entry["code"], entry["level"], entry["years"])
    await role.accept_conduct(actor, CONDUCT.version)
    await _join(actor, sample)
    await listing.list_profile(actor, PURPOSES[listing.PURPOSE].text.version)
    await consent.decide(person, "suggestions", True, text_version=PURPOSES["suggestions"].text.version)
    if sample.get("paused"):
        await role.pause(actor, True)
    if sample.get("vetted"):
        await _vetted(person)


def _values(sample: Row) -> Row:
    names = (
        "name",
        "headline_vi",
        "headline_en",
        "bio_vi",
        "bio_en",
        "roles",
        "sectors",
        "stages",
        "languages",
        "mode",
    )
    return {name: sample[name] for name in names} | {
        "country": sample.get("country", "VN"),
        "province_code": sample.get("province"),
        "help_kinds": sample["help"],
        "markets": sample.get("markets", []),
        "mentees_most": sample["most"],
        "mentees_now": sample["now"],
        "hours_per_month": sample["hours"],
        "notice_hours": sample["notice"],
        "fee_policy": sample["fee"],
        "fee_vi": sample.get("fee_vi", ""),
        "fee_en": sample.get("fee_en", ""),
        "contact_email": f"{slugify(sample['name'])[:60]}@{HOST}",
    }


async def _join(actor: Actor, sample: Row) -> None:
    """Let the person be shown on the page of the organisation that the sample names, if it is there."""
    organisation = await db.fetchval(
        "SELECT id FROM organisation WHERE sample AND name = $1", sample.get("organisation", "")
    )
    if organisation is None:
        return
    await db.execute(
        "INSERT INTO membership (id, organisation, person, role, contact_for, started_at)"
        " VALUES (gen_random_uuid(), $1, $2, 'viewer', '{}', now())"
        " ON CONFLICT (organisation, person) WHERE ended_at IS NULL DO NOTHING",
        *(organisation, actor.id),
    )
    membership = await db.fetchval(
        "SELECT id FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
        *(organisation, actor.id),
    )
    said = team.Described(title=sample["title"], is_founder=sample.get("founder", False), contact_for=("general",))
    await team.describe(actor, organisation, membership, said)
    await team.show_me(actor, organisation, membership, True, PURPOSES[listing.PURPOSE].text.version)


async def _vetted(person: UUID) -> None:
    """As after a check by the department; by the person's own number, for no member of staff has made it."""
    async with db.tx():
        await db.execute(
            "UPDATE mentor_role SET vetted_at = now(), vetted_by = $1, vetted_reason = 'Dữ liệu mẫu' WHERE person = $1",
            person,
        )
        await listing.relist(person)
