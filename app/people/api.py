"""JSON of this subject, under /api/v1."""

from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from app.core.web import Actor, signed_in


class Me(msgspec.Struct, frozen=True):
    """Who asks, as the API sees them."""

    id: UUID
    name: str
    email: str
    locale: str | None
    roles: list[str]
    via: str


@get("/me", guards=[signed_in], tags=["people"], summary="Who asks")
async def me(actor: NamedDependency[Actor]) -> Me:
    return Me(actor.person_id, actor.name, actor.email, actor.locale, sorted(actor.roles), actor.via)


router = Router("/api/v1", route_handlers=[me])
