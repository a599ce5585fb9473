"""PostgreSQL and Valkey for a command: the given ones, those of a running start, or embedded ones started for it."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from app.core.settings import Settings, get_settings
from app.launch.folder import AlreadyRunning, DataFolder, read_note
from app.launch.postgres import start_postgres
from app.launch.secrets import secret
from app.launch.valkey import start_valkey

_PATIENCE = 60.0


@contextmanager
def services(settings: Settings, command: str) -> Iterator[Settings]:
    """Databases for one command in this process; `get_settings()` names them while the block runs."""
    with ExitStack() as stack:
        if settings.database_url and settings.redis_url:
            yield settings
            return
        try:
            folder = stack.enter_context(DataFolder(settings.data_path))
        except AlreadyRunning as held:
            filled = _of_the_running_start(settings, held)
        else:
            folder.note(command=command)
            filled = settings
            if not settings.database_url:
                postgres = start_postgres(folder.path)
                stack.callback(postgres.stop)
                filled = msgspec.structs.replace(filled, database_url=postgres.url)
            if not settings.redis_url:
                valkey = start_valkey(folder.path)
                stack.callback(valkey.stop)
                filled = msgspec.structs.replace(filled, redis_url=valkey.url)
            folder.note(database_url=filled.database_url, redis_url=filled.redis_url)
        filled = with_secrets(filled)
        use(filled)
        yield filled


def use(settings: Settings) -> None:
    """Make these the settings of this process and of those that it starts."""
    os.environ.update(environment_of(settings))
    get_settings.cache_clear()


def with_secrets(settings: Settings) -> Settings:
    """Fill in the generated secrets of the data folder, outside production only: there they have to be given."""
    if settings.production:
        return settings
    changed = {"secret_key": secret(settings.data_path, "SECRET_KEY", length=48)}
    if settings.secret_key != Settings().secret_key:
        changed["secret_key"] = settings.secret_key
    if settings.demo and not settings.demo_password:
        changed["demo_password"] = secret(settings.data_path, "DEMO_PASSWORD", length=12)
    return msgspec.structs.replace(settings, **changed)


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables that make a child process see the same settings."""
    return {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
        "DEMO_PASSWORD": settings.demo_password,
        "DATA_DIR": str(settings.data_path),
    }


def _of_the_running_start(settings: Settings, held: AlreadyRunning) -> Settings:
    """A start in progress writes its addresses down within seconds."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        note = read_note(settings.data_path)
        if note.get("database_url") and note.get("redis_url"):
            return msgspec.structs.replace(
                settings,
                database_url=settings.database_url or note["database_url"],
                redis_url=settings.redis_url or note["redis_url"],
            )
        time.sleep(0.1)
    raise held
