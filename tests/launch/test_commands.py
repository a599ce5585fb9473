"""The command line: what each command refuses, with which code, and that nothing is loaded that it does not need."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.__main__ import _parser, main
from app.core.settings import Settings
from app.launch import migrations
from tests.launch.conftest import ROOT, House, free_port

COMMANDS = {
    "run",
    "serve",
    "worker",
    "migrate",
    "seed",
    "import",
    "backup",
    "restore",
    "doctor",
    "token",
    "grant",
    "openapi",
}


def test_every_command_of_the_contract_is_there_with_a_line_of_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    listed = dict(re.findall(r"^    (\w+) +(\S.+)$", capsys.readouterr().out, re.MULTILINE))
    assert set(listed) == COMMANDS


@pytest.mark.parametrize("argv", [[], ["dance"], ["backup"], ["restore"], ["token"], ["import"], ["run", "fast"]])
def test_wrong_use_ends_with_two(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert "usage: python -m app" in capsys.readouterr().err


def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "eight thousand")
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err.startswith("PORT: ")


@pytest.mark.parametrize("command", ["run", "serve", "worker", "migrate"])
def test_production_with_the_settings_of_the_demo_is_refused(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    assert main([command]) == 2
    assert "DEMO=1 would open demo accounts" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_the_commands_of_production_start_no_databases(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert main([command]) == 2
    assert capsys.readouterr().err.startswith("DATABASE_URL is not set")


@pytest.mark.parametrize("command", ["run", "serve", "migrate"])
def test_a_database_that_is_away_is_told_in_one_line(command: str, tmp_path: Path) -> None:
    port = free_port()
    url = f"postgresql://me:secret@127.0.0.1:{port}/x"
    done = House(tmp_path / "data", DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1").command(command)
    assert done.returncode == 1
    assert done.stderr.startswith("the database of DATABASE_URL does not let us in (Connection")
    assert (done.stderr.count("\n"), "secret" in done.stderr) == (1, False)


def test_the_demo_is_not_loaded_where_it_is_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO", "0")
    assert main(["seed"]) == 1
    assert "switched off" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_not_imported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "/nowhere/list.csv"]) == 1
    assert capsys.readouterr().err == "there is no file /nowhere/list.csv\n"


def test_what_a_file_holds_is_one_of_what_can_be_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    path.touch()
    assert main(["import", str(path), "--what", "fish"]) == 1
    assert capsys.readouterr().err.startswith("--what is one of organisations, mandate, need_offer, programme,")


async def test_an_import_can_be_tried_before_it_is_done(
    tmp_path: Path, committed: asyncpg.Pool, settings: Settings
) -> None:
    path = tmp_path / "tổ chức.csv"
    path.write_text("name,kinds\nTrà Sen,startup\nCá Vàng,fish\n", encoding="utf-8")
    house = House(tmp_path / "data", DATABASE_URL=settings.database_url, REDIS_URL=settings.redis_url)

    async def told(*argv: str) -> list[str]:
        done = await asyncio.to_thread(house.command, "import", str(path), *argv)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    counted = (
        "2 rows: 1 new, 0 changed, 0 as before, 0 left as people wrote them, 0 possible duplicates left out,"
        " 1 with faults"
    )
    fault = "row 3, kinds: We do not know “fish”."
    assert await told("--dry-run") == [f"{counted} (dry run, nothing written)", fault]
    assert await committed.fetchval("SELECT count(*) FROM organisation") == 0
    assert await told() == [counted, fault]
    assert await committed.fetchval("SELECT array_agg(name) FROM organisation") == ["Trà Sen"]
    topics = await committed.fetch("SELECT topic, count(*) FROM outbox GROUP BY topic ORDER BY topic")
    assert [tuple(row) for row in topics] == [
        ("connections.fit", 1),
        ("connections.refresh", 1),
        ("importing.write", 1),
    ]


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.__main__._doctor", interrupted)
    assert main(["doctor"]) == 130


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("app.__main__._doctor", fault)
    with pytest.raises(ZeroDivisionError):
        main(["doctor"])


def test_the_supervisor_stays_small(tmp_path: Path) -> None:
    code = "import app.__main__, app.launch.supervisor, sys; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"litestar", "piccolo", "rich", "arq", "numpy"} & loaded == set()


@pytest.mark.slow
def test_the_json_api_is_described(tmp_path: Path) -> None:
    done = House(tmp_path / "data").command("openapi")
    assert done.returncode == 0, done.stderr
    described = json.loads(done.stdout)
    assert described["openapi"].startswith("3.")
    assert all(path.startswith("/api/v1") for path in described["paths"])


@pytest.mark.slow
def test_a_token_for_nobody_is_refused_in_one_line(used_folder: Path) -> None:
    done = House(used_folder).command("token", "nobody@example.org")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1


# ---------------------------------------------------------------- migrations


def test_the_parser_knows_the_check() -> None:
    assert _parser().parse_args(["migrate", "--check"]).check is True


def test_every_migration_in_the_source_is_found() -> None:
    files = [
        path
        for path in [*ROOT.glob("app/**/piccolo_migrations/*.py"), *ROOT.glob("events/**/piccolo_migrations/*.py")]
        if path.stem != "__init__"
    ]
    assert len(migrations.known_ids()) == len(files) > 0, "two migrations have one number: only one would be waited for"
    assert {path.parents[1].name for path in files} >= {"people", "curation", "search"}


async def test_an_empty_database_waits_for_all_of_them(postgres: Any) -> None:
    assert await migrations.pending(postgres.url_for("template1")) == sorted(migrations.known_ids())


@pytest.mark.slow
async def test_two_that_migrate_at_once_do_it_once(postgres: Any, tmp_path: Path) -> None:
    admin = await asyncpg.connect(postgres.url_for("postgres"))
    await admin.execute("CREATE DATABASE two_at_once")
    try:
        url = postgres.url_for("two_at_once")
        house = House(tmp_path / "data", DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1")
        first, second = await asyncio.gather(*(asyncio.to_thread(house.command, "migrate") for _ in range(2)))
        assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
        assert await migrations.pending(url) == []
        con = await asyncpg.connect(url)
        assert await con.fetchval("SELECT count(*) = count(DISTINCT name) FROM migration") is True
        await con.close()
    finally:
        await admin.execute("DROP DATABASE two_at_once WITH (FORCE)")
        await admin.close()


def test_a_database_that_is_current_loads_nothing(tmp_path: Path, postgres: Any, pool: Any) -> None:
    code = (
        "import sys; from app.core.settings import Settings; from app.launch.migrations import migrate_now\n"
        "print(migrate_now(Settings(database_url=sys.argv[1])), 'piccolo' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, postgres.url], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "0 False\n"


def test_settings_reach_a_child_process() -> None:
    from app.core.settings import load_settings
    from app.launch.services import environment_of

    told = Settings(
        database_url="postgresql://x/y", redis_url="unix:///z", secret_key="s", demo_password="d", data_dir="/d"
    )
    assert load_settings(environment_of(told)) == told
