"""JSON of people under /api/v1: a public profile, and the list of mentors. Each reader gets what they may see."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery

from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE, NOT_A_NUMBER
from app.core.i18n import N_
from app.core.web import Actor, public
from app.directory.persons import access, asking, mentors, role, routes, team
from app.people.rights import seen as looks

AnyRequest = Request[Any, Any, Any]

DEFAULT, MOST = 24, 100
LIMIT_RANGE = N_("Please ask for 1 to 100.")


class Known(msgspec.Struct, kw_only=True):
    """Something that a person knows."""

    code: str
    level: str
    years: int | None


class Belongs(msgspec.Struct, kw_only=True):
    """An organisation on whose page the person wants to be shown."""

    id: UUID
    slug: str
    name: str
    title: str
    is_founder: bool


class Mentor(msgspec.Struct, kw_only=True):
    """A mentor or expert in a list. What the reader may not see is empty."""

    id: UUID
    slug: str
    name: str
    headline_vi: str
    headline_en: str
    roles: list[str]
    expertise: list[str]
    sectors: list[str]
    stages: list[str]
    languages: list[str]
    country: str | None
    province_code: str | None
    mode: str | None
    fee_policy: str | None
    paused: bool
    vetted_on: str | None
    sample: bool


class MentorPage(msgspec.Struct, kw_only=True):
    items: list[Mentor]
    total: int
    next_cursor: str | None


class PersonOut(msgspec.Struct, kw_only=True):
    """A person's profile. Contacts and other fields for fewer readers are empty for everybody else."""

    id: UUID
    slug: str
    name: str
    headline_vi: str
    headline_en: str
    bio_vi: str
    bio_en: str
    languages: list[str]
    country: str | None
    province_code: str | None
    photo_file: UUID | None
    links: list[str]
    contact_email: str
    contact_phone: str
    roles: list[str]
    help_kinds: list[str]
    sectors: list[str]
    stages: list[str]
    markets: list[str]
    mentees_most: int | None
    mentees_now: int | None
    hours_per_month: int | None
    sessions_per_week: int | None
    notice_hours: int | None
    mode: str | None
    fee_policy: str | None
    fee_vi: str
    fee_en: str
    expertise: list[Known]
    organisations: list[Belongs]
    paused: bool
    vetted_on: str | None
    updated_at: str
    sample: bool


ERRORS = {
    404: ResponseSpec(dict[str, Any], description="No such person, or not to be seen", generate_examples=False),
    422: ResponseSpec(dict[str, Any], description="What is wrong, by field", generate_examples=False),
}


@get("/people/{person_id:uuid}", opt=public, responses={404: ERRORS[404]}, operation_id="getPerson")
async def show(actor: NamedDependency[Actor], person_id: FromPath[UUID]) -> PersonOut:
    """One person who is listed. Being read by somebody who is signed in is noted for the person."""
    seen = await access.person_by_id_for(actor, person_id)
    if actor.signed_in and not seen.own:
        await looks.note(actor, [seen.id], routes.LOOK)
    row = seen.shown
    known = await role.expertise_of(seen.id) if seen.mentor else []
    return PersonOut(
        **{name: row[name] for name in PersonOut.__struct_fields__ if name in row and name != "updated_at"},
        id=seen.id,
        expertise=[Known(code=one["code"], level=one["level"], years=one["years"]) for one in known],
        organisations=[
            Belongs(id=one["organisation"], **{name: one[name] for name in ("slug", "name", "title", "is_founder")})
            for one in await team.organisations_of(seen.id)
        ],
        **_standing(row),
        updated_at=row["updated_at"].isoformat(),
    )


def _standing(row: access.Row) -> dict[str, Any]:
    vetted = row["vetted_at"]
    return {"paused": row["paused_at"] is not None, "vetted_on": vetted.date().isoformat() if vetted else None}


@get("/mentors", opt=public, responses={422: ERRORS[422]}, operation_id="searchMentors")
async def search(request: AnyRequest, actor: NamedDependency[Actor], limit: FromQuery[str | None] = None) -> MentorPage:
    """Mentors and experts by words (`q`) and filters, as on /mentors; every filter may be given several times."""
    number = _limit(limit)
    query = {name: request.query_params.getall(name) for name in request.query_params}
    asked, unknown = asking.asked_from(query)
    if unknown:
        wrong = [facet for facet in asking.FACETS if asking.asked_from({facet: query.get(facet, [])})[1]]
        raise Invalid(fields=dict.fromkeys(wrong, NOT_A_CHOICE))
    found = await mentors.find(asked, await access.viewer_of(actor), limit=number)
    items = [
        Mentor(
            **{name: row[name] for name in Mentor.__struct_fields__ if name in row},
            id=row["person"],
            **_standing(row),
        )
        for row in found.rows
    ]
    return MentorPage(items=items, total=found.total, next_cursor=found.next_cursor)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid(fields={"limit": NOT_A_NUMBER})
    if not 1 <= int(text) <= MOST:
        raise Invalid(fields={"limit": LIMIT_RANGE})
    return int(text)


router = Router("/api/v1", route_handlers=[show, search], tags=["people"])
