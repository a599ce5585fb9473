"""Pages of this subject."""

from litestar import Router

router = Router("/", route_handlers=[], include_in_schema=False)
