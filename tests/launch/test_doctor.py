"""`python -m app doctor`: each thing that can be wrong gets one line with its remedy, and the exit code says so."""

import os
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.core.settings import Settings
from app.launch import doctor, work
from app.launch.binaries import MissingPrograms
from app.launch.doctor import Finding, examine
from tests.files.s3 import ACCESS, bucket_server
from tests.launch.conftest import House, free_port, until


@pytest.fixture
def calm(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path / "data"), port=free_port())


def findings(settings: Settings) -> dict[str, Finding]:
    return {found.name: found for found in examine(settings)}


def wrong(settings: Settings) -> dict[str, str]:
    return {found.name: f"{found.seen}. {found.remedy}" for found in examine(settings) if not found.fine}


def test_a_line_says_what_is_wrong_and_how_to_mend_it() -> None:
    assert Finding("port", True, "8000 is free").line() == "ok    port: 8000 is free"
    assert Finding("port", False, "8000 is taken", "Choose 8001").line() == "WRONG port: 8000 is taken. Choose 8001"


def test_everything_is_looked_at(calm: Settings) -> None:
    assert list(findings(calm)) == [
        "Python", "character set", "clock", "disk space", "data folder", "port", "PostgreSQL programs",
        "Valkey program", "front end", "fonts", "settings", "database", "queue",
    ]  # fmt: skip


def test_a_healthy_machine_has_nothing_to_mend(calm: Settings) -> None:
    assert set(wrong(calm)) <= {"front end", "fonts"}
    assert not Path(calm.data_dir).exists()


def test_a_taken_port(calm: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", calm.port))
        other.listen()
        assert wrong(calm)["port"].endswith(f"choose another one: PORT={calm.port + 1} make run")


def test_little_room(calm: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_ROOM", 10**18)
    assert "Make room" in wrong(calm)["disk space"]


def test_a_folder_that_cannot_be_written(calm: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    settings = msgspec.structs.replace(calm, data_dir=str(tmp_path / "file" / "data"))
    assert "DATA_DIR" in wrong(settings)["data folder"]


def test_an_old_clock_and_an_old_python(calm: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_YEAR", 3000)
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 1))
    monkeypatch.setattr(doctor.sys, "getfilesystemencoding", lambda: "ascii")
    found = wrong(calm)
    assert "timedatectl" in found["clock"]
    assert found["Python"] == "3.10.1. Install 3.11 to 3.14, then: make clean setup"
    assert "LANG=C.UTF-8" in found["character set"]


def test_missing_programs(calm: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise MissingPrograms("not found")

    monkeypatch.setattr(doctor, "postgres_bin", nowhere)
    monkeypatch.setattr(doctor, "valkey_server", nowhere)
    found = wrong(calm)
    assert found["PostgreSQL programs"] == found["Valkey program"]
    assert "make clean setup" in found["Valkey program"]


def test_data_of_another_major_version(calm: Settings) -> None:
    cluster = Path(calm.data_dir) / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n", encoding="ascii")
    assert "the data was written by 16" in wrong(calm)["PostgreSQL programs"]


def test_a_front_end_that_was_not_built(calm: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    found = wrong(calm)
    assert found["front end"].endswith("Build it: make setup")
    assert "BeVietnamPro-Regular.ttf" in found["fonts"]


def test_settings_that_production_refuses_are_a_line_each(calm: Settings) -> None:
    production = msgspec.structs.replace(calm, environment="production")
    lines = [found.line() for found in examine(production) if found.name == "settings"]
    assert len(lines) == len(production.problems())
    assert all(line.startswith("WRONG settings: ") for line in lines)


def test_servers_that_do_not_answer(calm: Settings) -> None:
    port = free_port()
    away = msgspec.structs.replace(
        calm, database_url=f"postgresql://x:secret@127.0.0.1:{port}/x", redis_url=f"redis://127.0.0.1:{port}"
    )
    found = wrong(away)
    assert found["database"].endswith("Start the server, or correct DATABASE_URL")
    assert found["queue"].endswith("Start the server, or correct REDIS_URL")
    assert "secret" not in found["database"]


def test_servers_that_answer(calm: Settings, settings: Any, pool: Any) -> None:
    near = msgspec.structs.replace(calm, database_url=settings.database_url, redis_url=settings.redis_url)
    found = findings(near)
    assert (found["database"].fine, found["migrations"].fine, found["queue"].fine) == (True, True, True)
    assert found["worker"].line().startswith("WRONG worker: none was heard of lately. Start one: python -m app worker")
    assert found["database"].seen.startswith("PostgreSQL 18")


async def test_migrations_that_wait_a_drifting_clock_and_absent_extensions(
    settings: Any, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.launch import migrations

    monkeypatch.setattr(migrations, "known_ids", lambda: {"2999-01-01T00:00:00"})
    monkeypatch.setattr(doctor, "_DRIFT", -1.0)
    found = {each.name: each for each in await doctor._ask_database(settings.database_url)}
    assert found["migrations"].line() == "WRONG migrations: 1 waiting. Run: python -m app migrate"
    assert not found["clocks"].fine


async def test_a_living_worker_does_not_speak_for_a_dead_one(settings: Any, pool: Any) -> None:
    from app.core import outbox

    queue = await outbox.queue()
    elsewhere = f"{work.SIGNS_OF_LIFE}other-{socket.gethostname()}:{os.getpid()}"
    try:
        await queue.set(elsewhere, "1", ex=60)
        assert (await work.is_heard_of(queue), await work.heard_of_lately()) == (True, False)
        queue = await outbox.queue()
        await queue.set(work.sign_of_life(), "1", ex=60)
        assert await work.heard_of_lately()
    finally:
        queue = await outbox.queue()
        await queue.delete(elsewhere, work.sign_of_life())
    assert not await work.is_heard_of(queue)


async def test_a_queue_that_may_drop_work_is_wrong(settings: Any, pool: Any) -> None:
    from app.core import outbox

    client = await outbox.queue()
    await client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        found = {each.name: each for each in await doctor._ask_queue(settings.redis_url)}
    finally:
        await client.config_set("maxmemory-policy", "noeviction")
    assert "noeviction" in found["queue policy"].remedy


@pytest.mark.slow
def test_the_command_ends_with_one_where_something_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = House(tmp_path / "file" / "data").command("doctor")
    assert done.returncode == 1
    assert any(line.startswith("WRONG data folder: ") for line in done.stdout.splitlines())
    assert done.stderr.rstrip().endswith("to mend")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.slow
def test_the_command_sees_a_running_house(house: House) -> None:
    until(lambda: "worker: heard of" in house.command("doctor").stdout)
    done = house.command("doctor")
    assert f"ok    port: Kết Nối is running at http://127.0.0.1:{house.port}" in done.stdout
    assert "ok    database: PostgreSQL 18" in done.stdout
    assert "ok    migrations: 0 waiting" in done.stdout
    assert "ok    worker: heard of within its last rounds" in done.stdout


def test_a_bucket_is_tried_with_a_few_bytes(calm: Settings) -> None:
    with bucket_server() as shelf:
        named = msgspec.structs.replace(
            calm, s3_bucket="try-bucket", s3_endpoint=shelf.url, s3_access_key=ACCESS, s3_secret_key="secret"
        )
        assert findings(named)["uploaded files"] == Finding("uploaded files", True, "bucket try-bucket takes and gives")
        assert shelf.content == {}
        stranger = findings(msgspec.structs.replace(named, s3_access_key="SOMEBODY"))["uploaded files"]
    assert (stranger.fine, stranger.remedy[:34]) == (False, "Start the storage, or correct S3_B")
    assert "secret" not in stranger.line()
