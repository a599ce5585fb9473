"""The command line: `python -m app COMMAND`. Every command says what is wrong in one line and ends with its code.

0 done, 1 something is wrong, 2 wrong use or settings, 3 already running, 4 the port is taken.
"""

import argparse
import asyncio
import inspect
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.core.settings import Settings, SettingsInvalid, load_settings
from app.launch.children import end_with_parent
from app.launch.problem import Problem

WRONG, WRONG_USE = 1, 2


class CommandFailed(Problem):
    """A command could not do its work; the message is for the person at the terminal."""


def _run(settings: Settings, _: argparse.Namespace) -> None:
    from app.launch.supervisor import run  # noqa: PLC0415 - each command loads only what it needs

    _refuse_problems(settings)
    run(settings)


def _serve(settings: Settings, _: argparse.Namespace) -> None:
    from app.launch.serve import LISTENING, serve  # noqa: PLC0415 - each command loads only what it needs

    end_with_parent()
    _refuse_problems(settings)
    if LISTENING not in os.environ:
        _require_databases(settings)
        _require_migrated(settings)
    serve(settings)


def _worker(settings: Settings, _: argparse.Namespace) -> None:
    from app.launch.work import work  # noqa: PLC0415 - each command loads only what it needs

    end_with_parent()
    _refuse_problems(settings)
    _require_databases(settings)
    work()


def _migrate(settings: Settings, arguments: argparse.Namespace) -> None:
    from app.launch.migrations import migrate_now, missing  # noqa: PLC0415 - each command loads only what it needs

    if arguments.check:
        changed = asyncio.run(missing())
        if changed:
            raise CommandFailed(
                f"tables without a migration in: {', '.join(changed)}. Make one: piccolo migrations new"
            )
        print("migrations complete: every table is as its migrations make it")
        return
    _refuse_problems(settings)
    with _services(settings, "migrate") as filled:
        done = migrate_now(filled)
        again = _erase_again(filled)
    print(f"{done} migrations ran" if done else "nothing to migrate")
    if again:
        print(f"{again} people of the ledger of erasures were erased again")


def _erase_again(filled: Settings) -> int:
    """Erase whoever a restored backup has brought back. Loads the application only where there is a ledger."""
    from app.launch.erasures import known  # noqa: PLC0415 - each command loads only what it needs

    if not known(filled):
        return 0
    import app.rights  # noqa: F401, PLC0415 - every subject's erasers
    from app.people.rights.replay import replay  # noqa: PLC0415 - the application is loaded

    return int(_with_pool(filled, "replay", replay))


def _seed(settings: Settings, _: argparse.Namespace) -> None:
    from app.launch.console import tell_progress  # noqa: PLC0415 - each command loads only what it needs
    from app.launch.services import use, with_secrets  # noqa: PLC0415 - each command loads only what it needs

    end_with_parent()
    if not settings.demo or settings.production:
        raise CommandFailed("the demo is switched off (DEMO=0 or production), nothing was loaded")
    with _services(settings, "seed") as filled:
        use(filled := with_secrets(filled))
        from app.demo import seed  # noqa: PLC0415 - the demo loads every subject

        seconds = _with_pool(filled, "seed", lambda: seed.run(tell_progress))
    print(f"the demo is loaded ({seconds:.1f} s)")


def _import(settings: Settings, arguments: argparse.Namespace) -> None:
    path: Path = arguments.file
    if not path.is_file():
        raise CommandFailed(f"there is no file {path}")
    from app.directory.importing.subjects import subjects  # noqa: PLC0415 - each command loads only what it needs

    if arguments.what not in subjects():
        raise CommandFailed(f"--what is one of {', '.join(subjects())}")
    with _services(settings, "import") as filled:
        how = {"dry_run": arguments.dry_run, "list_name": arguments.list, "script": arguments.letters}
        from app.directory.importing.from_shell import import_file  # noqa: PLC0415 - each command loads only what it needs

        how["subject"] = arguments.what
        print(_with_pool(filled, "import", lambda: import_file(path, **how)))


def _backup(settings: Settings, arguments: argparse.Namespace) -> None:
    from app.launch.backup import backup  # noqa: PLC0415 - each command loads only what it needs

    with _services(settings, "backup") as filled:
        print(backup(filled, arguments.file))


def _restore(settings: Settings, arguments: argparse.Namespace) -> None:
    from app.launch.backup import restore  # noqa: PLC0415 - each command loads only what it needs

    with _services(settings, "restore") as filled:
        print(restore(filled, arguments.file, force=arguments.force))


def _doctor(settings: Settings, _: argparse.Namespace) -> None:
    from app.launch.doctor import examine  # noqa: PLC0415 - each command loads only what it needs

    problems = 0
    for finding in examine(settings):
        print(finding.line())
        problems += not finding.fine
    if problems:
        raise CommandFailed(f"{problems} thing{'s' if problems > 1 else ''} to mend")


def _token(settings: Settings, arguments: argparse.Namespace) -> None:
    with _services(settings, "token") as filled:
        from app.people import tokens  # noqa: PLC0415 - each command loads only what it needs

        print(_with_pool(filled, "token", lambda: tokens.create_for_email(arguments.email)))


def _grant(settings: Settings, arguments: argparse.Namespace) -> None:
    with _services(settings, "grant") as filled:
        from app.people import roles  # noqa: PLC0415 - each command loads only what it needs

        new = _with_pool(filled, "grant", lambda: roles.grant_by_email(arguments.email, arguments.role))
    print(f"{arguments.email} is {arguments.role} " + ("from now on" if new else "already"))


def _openapi(_: Settings, __: argparse.Namespace) -> None:
    from app.main import create_litestar  # noqa: PLC0415 - only this command loads the web application

    json.dump(create_litestar().openapi_schema.to_schema(), sys.stdout, ensure_ascii=False, indent=2)
    print()


def _services(settings: Settings, command: str) -> Any:
    from app.launch.services import services  # noqa: PLC0415 - each command loads only what it needs

    return services(settings, command)


def _with_pool(settings: Settings, name: str, act: Callable[[], Any]) -> Any:
    """Run the act of a subject, awaiting it where it is asynchronous, with the database at hand."""
    from app.core import db  # noqa: PLC0415 - each command loads only what it needs
    from app.core.errors import DomainError  # noqa: PLC0415 - each command loads only what it needs

    async def with_pool() -> Any:
        async with db.pool(settings, name=f"ket-noi-{name}"):
            result = act()
            return await result if inspect.isawaitable(result) else result

    try:
        return asyncio.run(with_pool())
    except DomainError as error:
        raise CommandFailed(error.text("en")) from error


def _refuse_problems(settings: Settings) -> None:
    problems = settings.problems()
    if problems:
        raise SettingsInvalid("\n".join(problems))


def _require_databases(settings: Settings) -> None:
    for name, value in (("DATABASE_URL", settings.database_url), ("REDIS_URL", settings.redis_url)):
        if not value:
            raise SettingsInvalid(f"{name} is not set: name a server, or start everything with: python -m app run")


def _require_migrated(settings: Settings) -> None:
    from app.launch.migrations import pending  # noqa: PLC0415 - each command loads only what it needs

    waiting = asyncio.run(pending(settings.database_url))
    if waiting:
        raise CommandFailed(f"{len(waiting)} migrations are waiting: run python -m app migrate first")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description="Kết Nối: where a startup ecosystem meets.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, act: Callable[[Settings, argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(act=act)
        return command

    add("run", _run, "everything on this machine: databases, web, worker, demo")
    add("serve", _serve, "the web processes alone, for production")
    add("worker", _worker, "the job worker alone, for production")
    migrate = add("migrate", _migrate, "bring the database up to date")
    migrate.add_argument("--check", action="store_true", help="only say whether a table changed without a migration")
    add("seed", _seed, "load the demo")
    imports = add("import", _import, "import organisations, one of their lists, or persons from a file")
    imports.add_argument("file", type=Path)
    imports.add_argument(
        "--what", default="organisations", help="what the file holds: organisations, programme, persons"
    )
    imports.add_argument("--dry-run", action="store_true", help="only say what would change and what is wrong")
    imports.add_argument("--list", default="", help="what the list is called: its own numbers are known again under it")
    letters = ("as_is", "mojibake", "tcvn3", "vni", "viscii", "cp1258", "cp1252")
    imports.add_argument("--letters", default="", choices=letters, help="how the file is written, where we cannot tell")
    add("backup", _backup, "write the database to a file").add_argument("file", type=Path)
    restore = add("restore", _restore, "read the database back from a file")
    restore.add_argument("file", type=Path)
    restore.add_argument("--force", action="store_true", help="replace what the database holds now")
    add("doctor", _doctor, "say what is wrong here and how to mend it")
    add("token", _token, "print a new API token for a person").add_argument("email")
    grant = add("grant", _grant, "give a person a role of the site: the first administrator, for example")
    grant.add_argument("email")
    grant.add_argument("role", choices=("admin", "moderator", "organizer", "desk"))
    add("openapi", _openapi, "print the description of the JSON API")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        arguments.act(load_settings(os.environ), arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return WRONG
    except SettingsInvalid as error:
        return _end(WRONG_USE, error)
    except Problem as error:
        return _end(error.exit_code, error)
    return 0


def _end(code: int, error: Exception) -> int:
    print(str(error), file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
