"""The router of curation: people's pages on claims, handing over and reports; the department's queues."""

from litestar import Router

from app.directory.curation import (
    queues,
    routes_claims,
    routes_duplicates,
    routes_moderation,
    routes_queue_claims,
    routes_terms,
)

router = Router(
    "/",
    route_handlers=[
        *routes_claims.handlers,
        *routes_queue_claims.handlers,
        *routes_duplicates.handlers,
        *routes_moderation.handlers,
        *routes_terms.handlers,
    ],
    include_in_schema=False,
)

__all__ = ["queues", "router"]
