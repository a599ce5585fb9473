"""JSON of this subject, under /api/v1."""

from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from app.core.web import Actor, own_account
from app.people.rights import api as rights


class Me(msgspec.Struct, frozen=True):
    """Who asks, as the API sees them."""

    id: UUID
    name: str
    email: str
    locale: str | None
    roles: list[str]
    second_step_missing: bool
    """The roles work only once two-step sign-in is on."""
    via: str


@get("/me", guards=[own_account], tags=["people"], summary="Who asks")
async def me(actor: NamedDependency[Actor]) -> Me:
    return Me(
        id=actor.person_id,
        name=actor.name,
        email=actor.email,
        locale=actor.locale,
        roles=sorted(actor.roles),
        second_step_missing=actor.second_step_missing,
        via=actor.via,
    )


router = Router("/api/v1", route_handlers=[me, *rights.HANDLERS])
