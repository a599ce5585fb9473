"""JSON of the directory under /api/v1: search, one profile, creating and changing one."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery

from app.core.bodies import takes
from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE, NOT_A_NUMBER, read_json
from app.core.i18n import N_, pick
from app.core.web import Actor, public, signed_in
from app.directory import access, profiles
from app.directory.api_types import generated, values_sent
from app.directory.asking import FACETS, asked_from
from app.directory.credentials.reading import badges_of
from app.directory.details import details_of
from app.directory.fields import FIELDS, collections_for, fields_for
from app.directory.finding import find
from app.directory.profile_fields import Values
from app.directory.rows import in_force, rows_of
from app.directory.seeing import shown, shown_rows

AnyRequest = Request[Any, Any, Any]

MOST = 100
DEFAULT = 24

LIMIT_RANGE = N_("Please ask for 1 to 100.")


class Both(msgspec.Struct, forbid_unknown_fields=True):
    """A text in both languages; either half may be missing."""

    vi: str = ""
    en: str = ""


class Listed(msgspec.Struct, kw_only=True):
    """An organisation in a list. `summary` is in the language of the request, else in the other."""

    id: UUID
    slug: str
    name: str
    kinds: list[str]
    sectors: list[str]
    country: str | None
    summary: str


class ListedPage(msgspec.Struct, kw_only=True):
    items: list[Listed]
    total: int
    next_cursor: str | None


class MandateOut(msgspec.Struct, kw_only=True):
    """What an investor looks for. Amounts are decimal text."""

    rounds: list[str]
    stages: list[str]
    sectors: list[str]
    technologies: list[str]
    geographies: list[str]
    ticket_min: Decimal | None
    ticket_max: Decimal | None
    ticket_currency: str | None
    thesis_vi: str
    thesis_en: str


class Profile(Listed, kw_only=True):
    """A whole profile. What the reader may not see is empty: contacts are for its members and whom its owners let."""

    name_en: str
    technologies: list[str]
    business_models: list[str]
    customers: list[str]
    stage: str | None
    product_stage: str | None
    trl: int | None
    state: str | None
    region: str | None
    city: str | None
    province_code: str | None
    ward_code: str | None
    summary_vi: str
    summary_en: str
    description_vi: str
    description_en: str
    website: str
    founded_on: date | None
    founded_precision: str | None
    investor_types: list[str]
    support_types: list[str]
    needs: list[str]
    offers: list[str]
    raising_round: str | None
    raising_amount: Decimal | None
    raising_currency: str | None
    source: str
    source_url: str
    sample: bool
    version: int
    updated_at: str
    details: dict[str, Any] = {}
    """What only its kinds have, by the names of the fields."""
    lists: dict[str, list[dict[str, Any]]] = {}
    """Mandates, needs and offers, programmes and the other lists of its kinds, each row with its fields."""
    mandate: MandateOut | None = None
    credentials: list[dict[str, Any]] = []
    """What the department has verified and is valid today."""
    contact_email: str | None = None
    contact_phone: str | None = None


class MandateIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    rounds: list[str] = []
    stages: list[str] = []
    sectors: list[str] = []
    technologies: list[str] = []
    geographies: list[str] = []
    ticket_min: Decimal | None = None
    ticket_max: Decimal | None = None
    ticket_currency: str | None = None
    thesis_vi: str = ""
    thesis_en: str = ""


class ProfileIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The fields that may be written; those not sent stay as they are. `version` guards against overwriting."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    kinds: list[str] | msgspec.UnsetType = msgspec.UNSET
    name_en: str | msgspec.UnsetType = msgspec.UNSET
    sectors: list[str] | msgspec.UnsetType = msgspec.UNSET
    technologies: list[str] | msgspec.UnsetType = msgspec.UNSET
    business_models: list[str] | msgspec.UnsetType = msgspec.UNSET
    customers: list[str] | msgspec.UnsetType = msgspec.UNSET
    stage: str | msgspec.UnsetType | None = msgspec.UNSET
    product_stage: str | msgspec.UnsetType | None = msgspec.UNSET
    trl: Annotated[int, msgspec.Meta(ge=1, le=9)] | msgspec.UnsetType | None = msgspec.UNSET
    country: str | msgspec.UnsetType | None = msgspec.UNSET
    state: str | msgspec.UnsetType | None = msgspec.UNSET
    city: str | msgspec.UnsetType | None = msgspec.UNSET
    province_code: str | msgspec.UnsetType | None = msgspec.UNSET
    ward_code: str | msgspec.UnsetType | None = msgspec.UNSET
    summary: str | Both | msgspec.UnsetType = msgspec.UNSET
    summary_vi: str | msgspec.UnsetType = msgspec.UNSET
    summary_en: str | msgspec.UnsetType = msgspec.UNSET
    description_vi: str | msgspec.UnsetType = msgspec.UNSET
    description_en: str | msgspec.UnsetType = msgspec.UNSET
    website: str | msgspec.UnsetType = msgspec.UNSET
    contact_email: str | msgspec.UnsetType = msgspec.UNSET
    contact_phone: str | msgspec.UnsetType = msgspec.UNSET
    founded_on: date | msgspec.UnsetType | None = msgspec.UNSET
    investor_types: list[str] | msgspec.UnsetType = msgspec.UNSET
    support_types: list[str] | msgspec.UnsetType = msgspec.UNSET
    needs: list[str] | msgspec.UnsetType = msgspec.UNSET
    offers: list[str] | msgspec.UnsetType = msgspec.UNSET
    raising_round: str | msgspec.UnsetType | None = msgspec.UNSET
    raising_amount: Decimal | msgspec.UnsetType | None = msgspec.UNSET
    raising_currency: str | msgspec.UnsetType | None = msgspec.UNSET
    mandate: MandateIn | msgspec.UnsetType = msgspec.UNSET
    version: int | msgspec.UnsetType = msgspec.UNSET


DETAILS_IN = generated("OrganisationDetails", [f for f in FIELDS.values() if f.name not in ProfileIn.__struct_fields__])
"""The other fields of the registry, by their names, each as the type that it is shown with."""


class Changes(ProfileIn, kw_only=True):
    """What may be sent: the fields of old at the top, all others under `details`, as a profile shows them."""

    details: DETAILS_IN | msgspec.UnsetType = msgspec.UNSET  # type: ignore[valid-type]


class Named(Changes, kw_only=True):
    """A new organisation: a name and a kind at least."""

    name: str
    kinds: list[str]


ERRORS = {
    404: ResponseSpec(dict[str, Any], description="No such organisation, or not to be seen", generate_examples=False),
    422: ResponseSpec(
        dict[str, Any], description="What is wrong, by field, in both languages", generate_examples=False
    ),
}


@get("/organisations", opt=public, responses={422: ERRORS[422]}, operation_id="searchOrganisations")
async def search(request: AnyRequest, limit: FromQuery[str | None] = None) -> ListedPage:
    """Organisations by words and filters, as on /directory; every filter may be given several times."""
    number = _limit(limit)
    query = {name: request.query_params.getall(name) for name in request.query_params}
    asked, unknown = asked_from(query)
    if unknown:
        wrong = [facet for facet in FACETS if asked_from({facet: query.get(facet, [])})[1]]
        raise Invalid(fields=dict.fromkeys(wrong, NOT_A_CHOICE))
    found = await find(asked, limit=number, facets=False)
    items = [
        Listed(
            id=row["id"],
            slug=row["slug"],
            name=row["name"],
            kinds=row["kinds"],
            sectors=row["sectors"],
            country=row["country"],
            summary=pick(row["summary_vi"], row["summary_en"]),
        )
        for row in found.rows
    ]
    return ListedPage(items=items, total=found.total, next_cursor=found.next_cursor)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid(fields={"limit": NOT_A_NUMBER})
    if not 1 <= int(text) <= MOST:
        raise Invalid(fields={"limit": LIMIT_RANGE})
    return int(text)


@get("/organisations/{organisation_id:uuid}", opt=public, responses={404: ERRORS[404]}, operation_id="getOrganisation")
async def show(actor: NamedDependency[Actor], organisation_id: FromPath[UUID]) -> Profile:
    """One profile."""
    return await _profile(await access.organisation_by_id_for(actor, organisation_id))


@post(
    "/organisations",
    guards=[signed_in],
    responses={422: ERRORS[422]},
    operation_id="createOrganisation",
    operation_class=takes(Named),
)
async def create(request: AnyRequest, actor: NamedDependency[Actor]) -> Profile:
    """A new organisation; whoever asks becomes its owner."""
    values, mandate = _values(read_json(await request.body(), Named))
    saved = await profiles.create_organisation(actor, values, mandate)
    return await _profile(await access.organisation_by_id_for(actor, saved.id))


@patch(
    "/organisations/{organisation_id:uuid}",
    guards=[signed_in],
    responses=ERRORS,
    operation_id="changeOrganisation",
    operation_class=takes(Changes),
)
async def change(request: AnyRequest, actor: NamedDependency[Actor], organisation_id: FromPath[UUID]) -> Profile:
    """Change some fields of an organisation that you may edit.

    409 when one of the same fields was changed after `version`; what others changed beside them stays.
    """
    seen = await access.editable_organisation_by_id_for(actor, organisation_id)
    data = read_json(await request.body(), Changes)
    values, mandate = _values(data)
    version = None if data.version is msgspec.UNSET else data.version
    await profiles.edit_organisation(actor, seen.id, values, version=version, mandate=mandate)
    return await _profile(await access.organisation_by_id_for(actor, seen.id))


def _values(data: Changes) -> tuple[Values, Values | None]:
    """What was sent, as values of a profile and of its mandate."""
    sent: Values = {
        name: value
        for name in data.__struct_fields__
        if (value := getattr(data, name)) is not msgspec.UNSET and name not in ("version", "details")
    }
    sent |= values_sent(data.details) if data.details is not msgspec.UNSET else {}
    mandate = sent.pop("mandate", None)
    summary = sent.pop("summary", None)
    if isinstance(summary, Both):
        sent |= {"summary_vi": summary.vi, "summary_en": summary.en}
    elif isinstance(summary, str):
        sent["summary_en" if summary.isascii() else "summary_vi"] = summary
    if "founded_on" in sent:
        sent["founded_precision"] = "day" if sent["founded_on"] else None
    return sent, msgspec.structs.asdict(mandate) if mandate is not None else None


async def _profile(seen: access.Seen) -> Profile:
    """What this person may see of it; what they may not see is empty, contacts null."""
    row = shown({**seen.row, **await details_of(seen.id)}, seen.viewer)
    kinds = row["kinds"]
    stored = await rows_of(seen.id, [kind.name for kind in collections_for(kinds)])
    if not (seen.member or seen.viewer.staff):
        stored["need_offer"] = in_force(stored["need_offer"])
    lists = {
        kind.name: [
            {"id": one["id"], **{field.name: one[field.name] for field in kind.fields}}
            for one in shown_rows(kind, stored[kind.name], seen.viewer, row["tiers"])
        ]
        for kind in collections_for(kinds)
    }
    mandates = lists.get("mandate")
    row |= {
        "summary": pick(row["summary_vi"], row["summary_en"]),
        "updated_at": row["updated_at"].isoformat(),
        "contact_email": row["contact_email"] or None,
        "contact_phone": row["contact_phone"] or None,
        "details": {
            field.name: row[field.name] for field in fields_for(kinds) if field.name not in Profile.__struct_fields__
        },
        "lists": lists,
        "credentials": [one.as_data() for one in (await badges_of([seen.id])).get(seen.id, [])],
        "mandate": MandateOut(**{name: mandates[0][name] for name in MandateOut.__struct_fields__})
        if mandates
        else None,
    }
    return Profile(**{name: row[name] for name in Profile.__struct_fields__})


router = Router("/api/v1", route_handlers=[search, show, create, change], tags=["organisations"])
