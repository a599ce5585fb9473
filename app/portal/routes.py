"""Pages that belong to no subject: landing, about, language, components, and the demo's mails."""

from litestar import Router

router = Router("/", route_handlers=[], include_in_schema=False)
