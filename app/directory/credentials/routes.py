"""The router of credentials: pages of those who hold them, the department's pages."""

from litestar import Router

from app.directory.credentials import routes_own, routes_staff, standing

router = Router("/", route_handlers=[*routes_own.handlers, *routes_staff.handlers], include_in_schema=False)

__all__ = ["router", "standing"]
