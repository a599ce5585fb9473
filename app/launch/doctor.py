"""`python -m app doctor`: one line for each thing that has to be right, and for each wrong one how to mend it.

Looks only; it starts nothing, changes nothing and asks nothing of the network but the databases and the bucket that are
named. The bucket is tried with a few bytes, which are taken back.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from app.core.settings import Settings
from app.launch.binaries import POSTGRES_MAJOR, MissingPrograms, postgres_bin, postgres_tool, valkey_server
from app.launch.folder import read_note
from app.launch.processes import is_alive
from app.launch.work import is_heard_of

ROOT = Path(__file__).resolve().parents[2]
_ROOM = 2_000_000_000
_YEAR = 2026
_DRIFT = 5.0
_PDF_FONTS = ("BeVietnamPro-Regular.ttf", "BeVietnamPro-SemiBold.ttf", "BeVietnamPro-Bold.ttf")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is fine, what was seen, and how to mend it."""

    name: str
    fine: bool
    seen: str
    remedy: str = ""

    def line(self) -> str:
        return (
            f"{'ok   ' if self.fine else 'WRONG'} {self.name}: {self.seen}{f'. {self.remedy}' if self.remedy else ''}"
        )


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, the machine first, then this installation, then what it talks to."""
    for look in (_python, _character_set, _clock, _room, _writable, _port, _postgres_programs, _valkey_program):
        yield look(settings)
    for look in (_front_end, _fonts):
        yield look(settings)
    yield from _settings(settings)
    yield from _databases(settings)
    if settings.s3_bucket:
        yield asyncio.run(_bucket(settings))


def _python(_: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fine = (3, 11) <= sys.version_info[:2] < (3, 15)
    return Finding("Python", fine, version, "" if fine else "Install 3.11 to 3.14, then: make clean setup")


def _character_set(_: Settings) -> Finding:
    encoding = sys.getfilesystemencoding()
    fine = encoding.lower() == "utf-8"
    return Finding("character set", fine, encoding, "" if fine else "Set LANG=C.UTF-8, or PYTHONUTF8=1")


def _clock(_: Settings) -> Finding:
    now = time.gmtime()
    fine = now.tm_year >= _YEAR
    seen = time.strftime("%Y-%m-%d %H:%M:%S UTC", now)
    return Finding(
        "clock", fine, seen, "" if fine else "Set the clock (timedatectl set-ntp true): links and tickets expire by it"
    )


def _room(settings: Settings) -> Finding:
    place = _existing(settings.data_path)
    free = shutil.disk_usage(place).free
    remedy = "" if free >= _ROOM else "Make room: at least 2 GB are wanted for the databases and their logs"
    return Finding("disk space", free >= _ROOM, f"{free / 1e9:.1f} GB free at {place}", remedy)


def _writable(settings: Settings) -> Finding:
    place = _existing(settings.data_path)
    fine = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    remedy = "" if fine else "Give it to this account (chown), or choose another one with DATA_DIR"
    return Finding("data folder", fine, f"{settings.data_path} {'can' if fine else 'cannot'} be written", remedy)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _port(settings: Settings) -> Finding:
    note = read_note(settings.data_path)
    if note.get("address") and is_alive(int(note.get("pid", 0) or -1)):
        return Finding("port", True, f"Kết Nối is running at {note['address']} (pid {note['pid']})")
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("" if settings.host == "0.0.0.0" else settings.host, settings.port))  # noqa: S104 - a trial
        except OSError as error:
            remedy = f"End the program that holds it, or choose another one: PORT={settings.port + 1} make run"
            return Finding("port", False, f"{settings.port} on {settings.host}: {error.strerror}", remedy)
    return Finding("port", True, f"{settings.port} on {settings.host} is free")


def _postgres_programs(settings: Settings) -> Finding:
    try:
        folder = postgres_bin()
        postgres_tool("pg_dump")
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (MissingPrograms, OSError, subprocess.CalledProcessError) as error:
        return Finding("PostgreSQL programs", False, str(error), "Install the locked packages again: make clean setup")
    version = answer.stdout.strip()
    cluster_version = settings.data_path / "postgres" / "PG_VERSION"
    if not settings.database_url and cluster_version.exists():
        written_by = cluster_version.read_text(encoding="ascii").strip()
        if written_by != str(POSTGRES_MAJOR):
            remedy = (
                "Back it up with the release that wrote it, move the folder aside, restore; or choose another DATA_DIR"
            )
            return Finding("PostgreSQL programs", False, f"{version}, but the data was written by {written_by}", remedy)
    return Finding("PostgreSQL programs", True, version)


def _valkey_program(_: Settings) -> Finding:
    try:
        program = valkey_server()
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    except (MissingPrograms, OSError, subprocess.CalledProcessError) as error:
        return Finding("Valkey program", False, str(error), "Install the locked packages again: make clean setup")
    return Finding("Valkey program", True, " ".join(answer.stdout.split()[:3]))


def _front_end(_: Settings) -> Finding:
    manifest = ROOT / "app" / "static" / "vendor" / "manifest.json"
    fine = manifest.is_file()
    seen = "the vendored files are there" if fine else f"{manifest.relative_to(ROOT)} is missing"
    return Finding("front end", fine, seen, "" if fine else "Build it: make setup")


def _fonts(_: Settings) -> Finding:
    folder = ROOT / "app" / "static" / "vendor" / "pdf-fonts"
    missing = [name for name in _PDF_FONTS if not (folder / name).is_file()]
    seen = f"missing for tickets: {', '.join(missing)}" if missing else "the typeface of the tickets is there"
    return Finding("fonts", not missing, seen, "Build the front end: make setup" if missing else "")


def _settings(settings: Settings) -> Iterator[Finding]:
    problems = settings.problems()
    for problem in problems:
        seen, _, remedy = problem.partition(": ")
        yield Finding("settings", False, seen, remedy[:1].upper() + remedy[1:])
    if not problems:
        yield Finding("settings", True, f"{settings.environment}, {settings.origin}")


def _databases(settings: Settings) -> Iterator[Finding]:
    note = read_note(settings.data_path)
    running = is_alive(int(note.get("pid", 0) or -1))
    for name, given, ask in (
        ("database", settings.database_url or (note.get("database_url") if running else ""), _ask_database),
        ("queue", settings.redis_url or (note.get("redis_url") if running else ""), _ask_queue),
    ):
        if not given:
            yield Finding(name, True, "embedded, started by: make run")
            continue
        yield from asyncio.run(_reach(name, given, ask))


async def _reach(name: str, url: str, ask: Callable[[str], Awaitable[list[Finding]]]) -> list[Finding]:
    variable = "DATABASE_URL" if name == "database" else "REDIS_URL"
    try:
        async with asyncio.timeout(5):
            return await ask(url)
    except Exception as error:  # noqa: BLE001 - every way of not being reachable is told
        remedy = f"Start the server, or correct {variable}"
        return [Finding(name, False, f"not reached ({type(error).__name__}: {error})".replace(url, "..."), remedy)]


async def _bucket(settings: Settings) -> Finding:
    """Whether the bucket of uploaded files takes, gives and forgets a few bytes."""
    from app.core.files.where import storage  # noqa: PLC0415 - only where a bucket is named

    place, key = storage(settings), f"doctor/{uuid4()}"
    try:
        async with asyncio.timeout(5):
            with tempfile.NamedTemporaryFile(prefix="ketnoi-") as few:
                few.write(b"Ket Noi")
                few.flush()
                await place.put(key, Path(few.name))
            came = b"".join([piece async for piece in place.read(key)])
            await place.delete(key)
    except Exception as error:  # noqa: BLE001 - every way of not being reachable is told
        said = " ".join(str(error.__cause__ or error or type(error).__name__).split())[:200]
        remedy = "Start the storage, or correct S3_BUCKET, S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY and S3_SECRET_KEY"
        return Finding("uploaded files", False, f"bucket {settings.s3_bucket} not reached ({said})", remedy)
    if came != b"Ket Noi":
        return Finding("uploaded files", False, "the bucket gives back other bytes than it took", "Choose another one")
    return Finding("uploaded files", True, f"bucket {settings.s3_bucket} takes and gives")


async def _ask_database(url: str) -> list[Finding]:
    import asyncpg  # noqa: PLC0415 - only where a database is named

    from app.launch.migrations import pending  # noqa: PLC0415 - only where a database is named

    con: Any = await asyncpg.connect(url)
    try:
        row = await con.fetchrow(
            "SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding,"
            " extract(epoch FROM clock_timestamp())::float8 AS seconds"
        )
        offered = {r["name"] for r in await con.fetch("SELECT name FROM pg_available_extensions")}
    finally:
        await con.close()
    waiting = await pending(url)
    drift = abs(time.time() - row["seconds"])
    absent = sorted({"pg_trgm", "vector"} - offered)
    found = [
        Finding("database", True, f"PostgreSQL {row['version']} answers"),
        Finding("migrations", not waiting, f"{len(waiting)} waiting", "Run: python -m app migrate" if waiting else ""),
    ]
    if row["encoding"] != "UTF8":
        found.append(
            Finding("database encoding", False, row["encoding"], "Make the database again with ENCODING 'UTF8'")
        )
    if absent:
        remedy = "Install the packages postgresql-contrib and postgresql-pgvector on its server"
        found.append(Finding("database extensions", False, f"not offered: {', '.join(absent)}", remedy))
    if drift > _DRIFT:
        found.append(Finding("clocks", False, f"{drift:.0f} s apart from the database's", "Set both by NTP"))
    return found


async def _ask_queue(url: str) -> list[Finding]:
    from redis.asyncio import Redis  # noqa: PLC0415 - only where a queue is named

    client = Redis.from_url(url)
    try:
        answer = await client.info("server")
        heard = await is_heard_of(client)
        policy = (await client.config_get("maxmemory-policy")).get("maxmemory-policy", "noeviction")
    finally:
        await client.aclose()
    found = [Finding("queue", True, f"version {answer.get('valkey_version') or answer.get('redis_version')} answers")]
    found.append(
        Finding("worker", True, "heard of within its last rounds")
        if heard
        else Finding("worker", False, "none was heard of lately", "Start one: python -m app worker (mails wait for it)")
    )
    if policy != "noeviction":
        found.append(Finding("queue policy", False, policy, "Set maxmemory-policy noeviction: it must not drop work"))
    return found
