"""The pages of mentoring, all of them in one router."""

from litestar import Router

from app.mentoring import (
    routes_after,
    routes_find,
    routes_goals,
    routes_hours,
    routes_programmes,
    routes_sessions,
    routes_staff,
)

router = Router(
    path="/",
    route_handlers=[
        *routes_find.handlers,
        *routes_hours.handlers,
        *routes_sessions.handlers,
        *routes_after.handlers,
        *routes_goals.handlers,
        *routes_programmes.handlers,
        *routes_staff.handlers,
    ],
    include_in_schema=False,
)
