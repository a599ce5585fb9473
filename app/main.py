"""Composes the web application: the one place that knows every router."""

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.logging import LoggingConfig
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router

import app.connections.api
import app.connections.introductions.api
import app.connections.introductions.routes
import app.connections.routes
import app.core.files.routes
import app.dealflow.api
import app.dealflow.routes
import app.directory.api
import app.directory.api_lists
import app.directory.credentials.routes
import app.directory.curation.routes
import app.directory.importing.routes
import app.directory.importing.routes_export
import app.directory.persons.api
import app.directory.persons.routes
import app.directory.routes
import app.directory.search.routes
import app.mentoring.api
import app.mentoring.routes
import app.people.api
import app.people.routes
import app.portal.routes
import app.rights
import events.agenda.routes
import events.api
import events.asking.routes
import events.badges.routes
import events.command.routes
import events.delegations.routes
import events.door.api
import events.door.pages
import events.door.routes
import events.figures.routes
import events.floor.routes
import events.guests.routes
import events.inviting.routes
import events.leads.api
import events.leads.routes
import events.messages.routes
import events.paying.routes
import events.routes
import events.seats.routes
from app.core import db, health, logs, migrate, outbox, templating
from app.core.answers import on_error
from app.core.i18n import ROOT
from app.core.security import csrf_guard
from app.core.settings import Settings, get_settings
from app.core.shell import Authenticate, Shell
from app.core.web import provide_actor, public
from app.directory.vocabulary import overlay
from app.people.sessions import authenticate as by_session_or_token

MAX_BODY = 1_000_000
"""Bytes of a request's body; routes that take uploads raise it for themselves."""


def routers() -> list[Router]:
    """Every router of every subject."""
    return [
        health.router,
        app.core.files.routes.router,
        app.portal.routes.router,
        app.people.routes.router,
        app.people.api.router,
        app.directory.curation.routes.router,
        app.directory.credentials.routes.router,
        app.directory.routes.router,
        app.directory.api.router,
        app.directory.api_lists.router,
        app.directory.persons.routes.router,
        app.directory.persons.api.router,
        app.directory.importing.routes.router,
        app.directory.importing.routes_export.api,
        app.directory.search.routes.router,
        app.connections.routes.router,
        app.connections.api.router,
        app.mentoring.routes.router,
        app.mentoring.api.router,
        app.connections.introductions.routes.router,
        app.connections.introductions.api.router,
        app.dealflow.routes.router,
        app.dealflow.api.router,
        events.agenda.routes.router,
        events.floor.routes.router,
        events.asking.routes.router,
        events.asking.routes.api,
        events.badges.routes.router,
        events.figures.routes.router,
        events.command.routes.router,
        events.leads.routes.router,
        events.leads.api.router,
        events.guests.routes.router,
        events.messages.routes.router,
        events.routes.router,
        events.seats.routes.router,
        events.inviting.routes.router,
        events.delegations.routes.router,
        events.paying.routes.router,
        events.api.router,
        events.door.pages.router,
        events.door.api.router,
        events.door.routes.router,
    ]


@asynccontextmanager
async def lifespan(_app: Litestar) -> AsyncIterator[None]:
    """The pool runs while the application does, on a database that is as new as the code."""
    templating.environment()
    async with db.pool(name="ket-noi-web"), AsyncExitStack() as terms:
        await migrate.require_current()
        await terms.enter_async_context(overlay.kept_fresh())
        # what was made at the start stays for ever: left out of collections, which held every request for 0.1 s
        gc.collect()
        gc.freeze()
        yield
        await outbox.close()


def create_litestar(*further: Any) -> Litestar:
    """The application without its shell, with `further` routes; `create_app` is what servers run."""
    static = create_static_files_router(
        path="/static", directories=[ROOT / "app" / "static"], opt=public, include_in_schema=False
    )
    return Litestar(
        route_handlers=[*routers(), static, *further],
        dependencies={"actor": Provide(provide_actor)},
        guards=[csrf_guard],
        exception_handlers={HTTPException: on_error, Exception: on_error},
        lifespan=[lifespan],
        compression_config=CompressionConfig(
            backend="gzip", gzip_compress_level=5, minimum_size=1000, exclude="^/files/"
        ),
        logging_config=LoggingConfig(log_exceptions="never", configure_root_logger=False),
        request_max_body_size=MAX_BODY,
        openapi_config=OpenAPIConfig(
            title="Kết Nối",
            version="1",
            path="/api/v1",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
            security=[{"token": []}],
        ),
    )


def create_app(settings: Settings | None = None, authenticate: Authenticate = by_session_or_token) -> Shell:
    """What a server runs. Refuses to be made in production with settings that would open the doors."""
    settings = settings or get_settings()
    problems = settings.problems()
    if problems:
        raise SystemExit("\n".join(problems))
    logs.configure(settings)
    return Shell(create_litestar(), settings, authenticate)
