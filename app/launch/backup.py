"""`backup FILE` and `restore FILE`: the whole database in one file of PostgreSQL's own format, verified on both ways.

Uploaded files go into a second file beside it, FILE.files.tar, unless they lie in a bucket. Secrets are in the data
folder and in neither.
"""

import asyncio
import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg

from app.core.settings import Settings
from app.launch.backup_files import beside, check_files, read_files, write_files
from app.launch.binaries import POSTGRES_MAJOR, postgres_tool
from app.launch.erasures import saved
from app.launch.problem import Problem


class BackupProblem(Problem):
    """The backup or restore was not done; the message says what holds and what to do."""


def backup(settings: Settings, file: Path) -> str:
    """Write a dump that is complete or not there at all; never over an existing file. Safe while the site runs."""
    for target in (file, beside(file)):
        if target.exists():
            raise BackupProblem(f"{target} exists already and is not overwritten: choose another name")
    if not file.absolute().parent.is_dir():
        raise BackupProblem(f"there is no folder {file.absolute().parent}: make it first")
    draft = Path(tempfile.mkdtemp(dir=file.absolute().parent, prefix=".backup-")) / "draft"
    try:
        _tool(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={draft}"], settings)
        tables = len(_tables_in(draft))
        draft.chmod(0o600)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        files = write_files(settings, beside(draft))
        if files:
            beside(draft).rename(beside(file))
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)
        beside(draft).unlink(missing_ok=True)
        draft.parent.rmdir()
    said = f"backed up {tables} tables ({file.stat().st_size:,} bytes) to {file}"
    if settings.s3_bucket:
        return f"{said}; the uploaded files lie in the bucket {settings.s3_bucket} and are not in it"
    return f"{said}, and {files:,} uploaded files to {beside(file)}" if files else said


def restore(settings: Settings, file: Path, *, force: bool = False) -> str:
    """Read a dump into the database, all of it or nothing. Refuses where data lies, unless `force` replaces it.

    What the replaced database knows of erasures goes into the data folder's ledger first: `migrate` and the worker
    erase those people again.
    """
    if not file.is_file():
        raise BackupProblem(f"there is no file {file}")
    expected = _tables_in(file)
    if not expected:
        raise BackupProblem(f"{file} holds no table: it is no backup of this application")
    with_files = beside(file).is_file() and not settings.s3_bucket
    if with_files:
        check_files(beside(file))
    present = asyncio.run(_filled_tables(settings.database_url))
    if present and not force:
        raise BackupProblem(
            f"the database holds data ({', '.join(present[:3])} ...) and nothing was changed: "
            "restore into an empty one (DATA_DIR=<new folder> or another DATABASE_URL), "
            "or replace what is there with --force"
        )
    if asyncio.run(_others(settings.database_url)):
        raise BackupProblem("other connections use this database: stop the site and its workers first")
    if present:
        asyncio.run(saved(settings))
    with tempfile.TemporaryDirectory(prefix="ketnoi-") as folder:
        script = Path(folder) / "restore.sql"
        _tool(["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(file)], None)
        emptied = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
        start = [
            "psql",
            "--quiet",
            "--no-psqlrc",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "--output=/dev/null",
        ]
        _tool([*start, f"--command={emptied}", f"--file={script}"], settings)
    found = asyncio.run(_table_names(settings.database_url))
    missing = sorted(expected - found)
    if missing:
        raise BackupProblem(f"after the restore these tables are missing: {', '.join(missing)}")
    rows = asyncio.run(_count_rows(settings.database_url))
    said = f"restored {len(expected)} tables with {rows:,} rows from {file}"
    if with_files:
        said += f" and {read_files(settings, beside(file)):,} uploaded files"
    return f"{said}. Now run: python -m app migrate"


def _tool(argv: list[str], settings: Settings | None) -> str:
    """Run a client program of PostgreSQL; where the database is goes by environment, so no password is in `ps`."""
    program, *arguments = argv
    env = {
        **os.environ,
        "PGCONNECT_TIMEOUT": "10",
        "PGAPPNAME": f"ket-noi-{program}",
        **(_where(settings) if settings else {}),
    }
    done = subprocess.run(
        [str(postgres_tool(program)), *arguments], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()[-3:]
        raise BackupProblem(
            f"{program} failed (it needs PostgreSQL {POSTGRES_MAJOR} or older data): {' / '.join(said)}"
        )
    return done.stdout


def _where(settings: Settings) -> dict[str, str]:
    """DATABASE_URL as libpq's variables, which know no percent signs."""
    url = urlsplit(settings.database_url)
    asked = dict(parse_qsl(url.query))
    facts = {
        "PGHOST": asked.get("host") or unquote(url.hostname or ""),
        "PGPORT": asked.get("port") or (str(url.port) if url.port else None),
        "PGUSER": asked.get("user") or unquote(url.username or ""),
        "PGPASSWORD": asked.get("password") or unquote(url.password or ""),
        "PGDATABASE": unquote(url.path.lstrip("/")) or asked.get("dbname"),
        "PGSSLMODE": asked.get("sslmode"),
    }
    return {name: value for name, value in facts.items() if value}


def _tables_in(file: Path) -> set[str]:
    """The tables whose data a dump holds; reading its list also shows that the file is whole at its front."""
    listing = _tool(["pg_restore", "--list", str(file)], None)
    rows = (line.split() for line in listing.splitlines() if " TABLE DATA " in line)
    return {parts[parts.index("DATA") + 2] for parts in rows}


async def _ask(url: str, query: str) -> list[asyncpg.Record]:
    con = await asyncpg.connect(url, timeout=10)
    try:
        return await con.fetch(query)
    finally:
        await con.close()


async def _table_names(url: str) -> set[str]:
    return {
        row["name"] for row in await _ask(url, "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    }


async def _filled_tables(url: str) -> list[str]:
    """Tables with at least one row; the notes of migrations do not count as data."""
    found = []
    for name in sorted(await _table_names(url) - {"migration"}):
        quoted = name.replace('"', '""')
        if await _ask(url, f'SELECT 1 FROM public."{quoted}" LIMIT 1'):  # noqa: S608 - a name from the catalogue, quoted
            found.append(name)
    return found


async def _count_rows(url: str) -> int:
    total = 0
    for name in await _table_names(url):
        quoted = name.replace('"', '""')
        total += (await _ask(url, f'SELECT count(*) AS n FROM public."{quoted}"'))[0]["n"]  # noqa: S608 - see _filled_tables
    return total


async def _others(url: str) -> bool:
    query = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' LIMIT 1"
    )
    return bool(await _ask(url, query))
