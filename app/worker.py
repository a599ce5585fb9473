"""Composes the worker: the one place that knows every job. arq wakes it; what is to be done stands in the outbox."""

from typing import Any, ClassVar

import msgspec
from arq import cron, func

import app.connections.introductions.jobs
import app.connections.jobs
import app.core.files.jobs
import app.dealflow.jobs
import app.directory.credentials.jobs
import app.directory.curation.jobs
import app.directory.importing.jobs
import app.directory.jobs
import app.directory.search.jobs
import app.mentoring.jobs
import app.people.jobs
import app.rights
import events.agenda.jobs
import events.badges.printing
import events.door.emptying
import events.floor.jobs
import events.guests.acting
import events.guests.exporting
import events.jobs
import events.messages.sending
from app.core import db, log_files, logs, mail, migrate, outbox
from app.core.settings import get_settings
from app.directory.vocabulary import overlay

JOBS = (
    app.people.jobs,
    app.directory.jobs,
    app.directory.search.jobs,
    app.directory.credentials.jobs,
    app.directory.curation.jobs,
    app.connections.jobs,
    app.mentoring.jobs,
    app.connections.introductions.jobs,
    app.dealflow.jobs,
    events.jobs,
    events.agenda.jobs,
    events.floor.jobs,
    events.badges.printing,
    events.guests.acting,
    events.guests.exporting,
    events.messages.sending,
    events.door.emptying,
    mail,
    log_files,
    app.core.files.jobs,
)
"""Importing a subject's jobs registers them; they are named here so that nobody takes the imports for unused."""

JOB_SECONDS = 600
"""Far more than any job takes: work that is under way is not cut off, see `outbox.DRAIN_SECONDS`."""

GRACE_SECONDS = 10
"""What a job under way gets to end in when the worker is asked to stop."""


async def drain(_ctx: dict[str, Any]) -> int:
    return await outbox.drain()


async def tick(_ctx: dict[str, Any]) -> None:
    await outbox.tick()


async def startup(ctx: dict[str, Any]) -> None:
    logs.configure(get_settings())
    ctx["pool"] = db.pool(name="ket-noi-worker")
    await ctx["pool"].__aenter__()
    await migrate.require_current()
    ctx["terms"] = overlay.kept_fresh()
    await ctx["terms"].__aenter__()


async def shutdown(ctx: dict[str, Any]) -> None:
    if "terms" in ctx:
        await ctx["terms"].__aexit__(None, None, None)
    await outbox.close()
    await ctx["pool"].__aexit__(None, None, None)


class WorkerSettings:
    """What arq's worker is started with. A lost or doubled wake-up changes nothing: the outbox is the truth."""

    functions: ClassVar = [func(drain, name="drain", timeout=JOB_SECONDS, keep_result=0, max_tries=1)]  # type: ignore[arg-type]
    cron_jobs: ClassVar = [
        cron(tick, second=set(range(0, 60, 5)), timeout=JOB_SECONDS, keep_result=0, max_tries=1, unique=False)  # type: ignore[arg-type]
    ]
    on_startup = startup
    on_shutdown = shutdown
    redis_settings = None
    job_serializer = msgspec.json.encode
    job_deserializer = msgspec.json.decode
    health_check_interval = 10
    job_completion_wait = GRACE_SECONDS
    max_jobs = 4
    keep_result = 0
    allow_abort_jobs = False
