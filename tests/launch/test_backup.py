"""Backup and restore, drilled: what was written is read back, refusals change nothing, a half restore is none."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from app.core.settings import Settings
from app.launch.backup import BackupProblem, backup, restore
from app.launch.postgres import EmbeddedPostgres, start_postgres
from app.launch.problem import Problem
from app.people.rights import ledger
from tests.launch.conftest import House

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    running = start_postgres(tmp_path_factory.mktemp("sao lưu"), durable=False)
    yield running
    running.stop()


async def run(url: str, query: str) -> list[asyncpg.Record]:
    con = await asyncpg.connect(url)
    try:
        return await con.fetch(query)
    finally:
        await con.close()


@pytest.fixture
async def source(server: EmbeddedPostgres) -> AsyncIterator[Settings]:
    """A database with rows, constraints, an extension and a sequence."""
    url = server.url_for("postgres")
    await run(url, "CREATE DATABASE source")
    settings = Settings(database_url=server.url_for("source"))
    for query in (
        "CREATE EXTENSION pg_trgm",
        "CREATE TABLE person (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE)",
        "CREATE TABLE ticket (person bigint REFERENCES person ON DELETE CASCADE, data jsonb)",
        "CREATE INDEX person_name ON person USING gin (name gin_trgm_ops)",
        "INSERT INTO person (name) SELECT 'Nguyễn Đức ' || n FROM generate_series(1, 500) n",
        """INSERT INTO ticket SELECT id, '{"Mã": "x"}' FROM person""",
    ):
        await run(settings.database_url, query)
    yield settings
    await run(url, "DROP DATABASE source WITH (FORCE)")


@pytest.fixture
async def target(server: EmbeddedPostgres) -> AsyncIterator[Settings]:
    await run(server.url_for("postgres"), "CREATE DATABASE target")
    yield Settings(database_url=server.url_for("target"))
    await run(server.url_for("postgres"), "DROP DATABASE target WITH (FORCE)")


SUM = "SELECT count(*) AS rows, md5(string_agg(id || name, ',' ORDER BY id)) AS content FROM person"


async def test_the_drill(source: Settings, target: Settings, tmp_path: Path) -> None:
    file = tmp_path / "Kết Nối.dump"
    said = backup(source, file)
    assert said == f"backed up 2 tables ({file.stat().st_size:,} bytes) to {file}"
    assert file.stat().st_mode & 0o777 == 0o600
    assert (
        await asyncio.to_thread(restore, target, file)
        == f"restored 2 tables with 1,000 rows from {file}. Now run: python -m app migrate"
    )
    assert await run(target.database_url, SUM) == await run(source.database_url, SUM)
    with pytest.raises(asyncpg.UniqueViolationError):
        await run(target.database_url, "INSERT INTO person (name) VALUES ('Nguyễn Đức 1')")
    new = await run(target.database_url, "INSERT INTO person (name) VALUES ('mới') RETURNING id")
    assert new[0]["id"] > 500


async def test_uploaded_files_lie_beside_the_database_and_come_back_with_it(
    source: Settings, target: Settings, tmp_path: Path
) -> None:
    here = Settings(database_url=source.database_url, data_dir=str(tmp_path / "here"))
    there = Settings(database_url=target.database_url, data_dir=str(tmp_path / "there"))
    key = "b6/e7/01a20199-414d-7003-8626-67791733e7b6/file.pdf"
    (tmp_path / "here" / "files" / "kept" / key).parent.mkdir(parents=True)
    (tmp_path / "here" / "files" / "kept" / key).write_bytes(b"%PDF")
    assert backup(here, tmp_path / "a.dump").endswith(f", and 1 uploaded files to {tmp_path / 'a.dump.files.tar'}")
    said = await asyncio.to_thread(restore, there, tmp_path / "a.dump")
    assert " and 1 uploaded files. Now run" in said
    assert (tmp_path / "there" / "files" / "kept" / key).read_bytes() == b"%PDF"
    (tmp_path / "b.dump.files.tar").touch()
    with pytest.raises(BackupProblem, match=r"b\.dump\.files\.tar exists already"):
        backup(here, tmp_path / "b.dump")
    (tmp_path / "a.dump.files.tar").write_bytes(b"broken")
    with pytest.raises(Problem, match="Nothing was changed"):
        await asyncio.to_thread(restore, there, tmp_path / "a.dump", force=True)
    bucket = Settings(database_url=source.database_url, data_dir=str(tmp_path / "here"), s3_bucket="kho")
    assert backup(bucket, tmp_path / "c.dump").endswith("lie in the bucket kho and are not in it")


async def test_a_restored_database_can_be_backed_up_and_replaced_again(
    source: Settings, target: Settings, tmp_path: Path
) -> None:
    backup(source, tmp_path / "one.dump")
    await asyncio.to_thread(restore, target, tmp_path / "one.dump")
    await run(target.database_url, "INSERT INTO person (name) VALUES ('written later')")
    backup(target, tmp_path / "two.dump")
    await asyncio.to_thread(restore, target, tmp_path / "one.dump", force=True)
    assert await run(target.database_url, SUM) == await run(source.database_url, SUM)
    await asyncio.to_thread(restore, target, tmp_path / "two.dump", force=True)
    assert (await run(target.database_url, SUM))[0]["rows"] == 501


async def test_who_was_erased_since_the_backup_is_noted_before_it_replaces_the_database(
    source: Settings, tmp_path: Path
) -> None:
    backup(source, tmp_path / "one.dump")
    settings = msgspec.structs.replace(source, data_dir=str(tmp_path))
    for query in (
        "CREATE TABLE erasure (id uuid, person uuid, salt bytea, address_hashes bytea[], erased_at timestamptz)",
        "INSERT INTO erasure VALUES (gen_random_uuid(), gen_random_uuid(), 'salt', '{}', now())",
    ):
        await run(source.database_url, query)
    await asyncio.to_thread(restore, settings, tmp_path / "one.dump", force=True)
    assert len(ledger.read(tmp_path / "erasures.jsonl")) == 1


async def test_data_is_not_replaced_without_force(source: Settings, target: Settings, tmp_path: Path) -> None:
    backup(source, tmp_path / "one.dump")
    await run(target.database_url, "CREATE TABLE person (name text)")
    await run(target.database_url, "INSERT INTO person VALUES ('keep me')")
    with pytest.raises(BackupProblem, match=r"holds data \(person .*--force"):
        await asyncio.to_thread(restore, target, tmp_path / "one.dump")
    assert [tuple(row) for row in await run(target.database_url, "SELECT * FROM person")] == [("keep me",)]


async def test_an_open_connection_stops_a_restore(source: Settings, target: Settings, tmp_path: Path) -> None:
    backup(source, tmp_path / "one.dump")
    con = await asyncpg.connect(target.database_url)
    try:
        with pytest.raises(BackupProblem, match="stop the site"):
            await asyncio.to_thread(restore, target, tmp_path / "one.dump")
    finally:
        await con.close()


async def test_a_file_cut_short_changes_nothing(source: Settings, target: Settings, tmp_path: Path) -> None:
    whole, half = tmp_path / "whole.dump", tmp_path / "half.dump"
    backup(source, whole)
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    await run(target.database_url, "CREATE TABLE person (name text)")
    with pytest.raises(BackupProblem):
        await asyncio.to_thread(restore, target, half, force=True)
    assert [row["tablename"] for row in await run(target.database_url, _TABLES)] == ["person"]


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


async def test_files_that_are_no_backup_are_refused(server: EmbeddedPostgres, target: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupProblem, match="there is no file"):
        await asyncio.to_thread(restore, target, tmp_path / "absent.dump")
    (tmp_path / "text.dump").write_text("not a dump", encoding="utf-8")
    with pytest.raises(BackupProblem, match="pg_restore failed"):
        await asyncio.to_thread(restore, target, tmp_path / "text.dump")
    backup(target, tmp_path / "empty.dump")
    with pytest.raises(BackupProblem, match="holds no table"):
        await asyncio.to_thread(restore, target, tmp_path / "empty.dump")


def test_a_backup_overwrites_nothing_and_leaves_no_half_file(tmp_path: Path) -> None:
    nowhere = Settings(database_url="postgresql://nobody@127.0.0.1:1/none")
    (tmp_path / "there.dump").write_text("precious", encoding="utf-8")
    with pytest.raises(BackupProblem, match="not overwritten"):
        backup(nowhere, tmp_path / "there.dump")
    with pytest.raises(BackupProblem, match="there is no folder"):
        backup(nowhere, tmp_path / "absent" / "x.dump")
    with pytest.raises(BackupProblem, match="pg_dump failed"):
        backup(nowhere, tmp_path / "new.dump")
    assert os.listdir(tmp_path) == ["there.dump"]


def test_the_password_is_in_no_command_line(source: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.launch import backup as module

    seen: list[list[str]] = []
    plain = module.subprocess.run
    monkeypatch.setattr(module.subprocess, "run", lambda argv, **more: (seen.append(argv), plain(argv, **more))[1])
    backup(source, tmp_path / "one.dump")
    password = source.database_url.split(":")[2].partition("@")[0]
    assert len(seen) == 2
    assert not any(password in part for argv in seen for part in argv)


def test_the_commands_move_a_house_to_another_folder(used_folder: Path, tmp_path: Path) -> None:
    saved = House(used_folder).command("backup", str(tmp_path / "x.dump"))
    assert saved.returncode == 0, saved.stderr
    moved = House(tmp_path / "new").command("restore", str(tmp_path / "x.dump"))
    assert moved.returncode == 0, moved.stderr
    assert moved.stdout.startswith("restored ")
    current = House(tmp_path / "new").command("migrate")
    assert (current.returncode, current.stdout) == (0, "nothing to migrate\n")
