"""The router of curation: people's pages on claims and handing over, the department's queues."""

from litestar import Router

from app.directory.curation import routes_claims, routes_queue_claims

router = Router(
    "/",
    route_handlers=[*routes_claims.handlers, *routes_queue_claims.handlers],
    include_in_schema=False,
)
