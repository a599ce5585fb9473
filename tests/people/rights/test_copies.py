"""A copy of everything: complete, both as JSON and CSV, for its owner alone, gone after a week."""

import csv
import io
import json
import weakref
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

import app.worker  # noqa: F401  every subject's sheets
from app.core import clock, outbox
from app.core import db as database
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.core.ids import new_id
from app.core.web import Actor
from app.people.rights import copying
from app.people.rights.subject import Subject, exporters, subject_of
from tests.conftest import MakeClient
from tests.event_factories import make_event, make_registration, scan, ticket_code
from tests.factories import make_person
from tests.people.rights.marked import EMAIL, NAME, Marked, mark, tables_of_people
from tests.people.steps import ORIGIN, mails

NOT_IN_THE_COPY: set[str] = {
    "mentoring_time",  # said by the sheet of sessions
    *("mail_link", "second_step", "recovery_code", "mail_attachment"),  # secrets and mails' files
    *("rights_step", "data_export", "data_export_part", "person_former_slug", "mentor_listing"),
    *("import_row", "import_key", "external_reference", "admission", "export_run"),  # said by the sheet of its whole
    *("ownership_transfer", "credential_act"),  # an organisation's dealings
    *("guest_fate", "guest_file", "event_message_to"),  # what came of it is in the history; files are an event's
}
"""Tables that no sheet reads, each for a reason."""


async def the_zip(subject: Subject) -> zipfile.ZipFile:
    file = io.BytesIO()
    await copying.write_zip(file, subject)
    return zipfile.ZipFile(file)


async def test_every_table_about_a_person_is_read_by_a_sheet_or_left_out_for_a_reason(db: asyncpg.Connection) -> None:
    """A table that is made later has to be put into a sheet, or here."""
    actor = await make_person(NAME, EMAIL)
    subject = await subject_of(actor.person_id)
    assert subject is not None
    with database.count_queries() as queries:
        (await the_zip(subject)).close()
    asked: list[str] = []
    original = database.connection

    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def listening() -> AsyncIterator[Any]:
        async with original() as con:
            yield _Listener(con, asked)

    database.connection = listening  # type: ignore[assignment]
    try:
        (await the_zip(subject)).close()
    finally:
        database.connection = original
    text = " ".join([*queries, *asked])
    unread = {table for table in await tables_of_people() if f" {table}" not in text} - await only_acted_on()
    assert unread == NOT_IN_THE_COPY & unread


async def only_acted_on() -> set[str]:
    """Tables that name people only as who did something: what was done is somebody else's."""
    rows = await database.fetch(
        "SELECT f.conrelid::regclass::text AS name, bool_and(a.attname ~ '(^|_)(by|actor)$') AS acts"
        " FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]"
        " WHERE f.contype = 'f' AND f.confrelid = 'person'::regclass GROUP BY 1"
    )
    return {row["name"] for row in rows if row["acts"]}


class _Listener:
    """A connection that notes what its cursors ask."""

    def __init__(self, con: asyncpg.Connection, asked: list[str]) -> None:
        self.con, self.asked = con, asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self.con, name)

    def cursor(self, query: str, *args: Any, **kw: Any) -> Any:
        self.asked.append(query)
        return self.con.cursor(query, *args, **kw)


async def test_what_is_kept_about_somebody_is_in_it_twice_and_reads_alike(db: asyncpg.Connection) -> None:
    actor = await make_person(NAME, EMAIL)
    marked = Marked(actor.person_id)
    for table in await tables_of_people():
        await mark(marked, table)
    world = await make_event()
    mine = await make_registration(world, full_name="=HYPERLINK(1)", email=EMAIL.upper(), phone="+84 912 345 678")
    await scan(world, await ticket_code(world, mine))
    subject = await subject_of(actor.person_id)
    assert subject is not None
    archive = await the_zip(subject)
    names = set(archive.namelist())
    assert {"README.vi.txt", "README.en.txt"} <= names
    assert {name.removesuffix(".json") for name in names if name.endswith(".json")} == {
        name.removesuffix(".csv") for name in names if name.endswith(".csv")
    }
    assert len(names) > 30
    for name in sorted(name for name in names if name.endswith(".json")):
        rows = json.loads(archive.read(name))
        lines = list(csv.reader(io.StringIO(archive.read(name.replace(".json", ".csv")).decode("utf-8-sig"))))
        assert (list(rows[0]), len(rows)) == (lines[0], len(lines) - 1), name
    account = json.loads(archive.read("people/account.json"))
    assert (account[0]["email"], account[0]["name"]) == (EMAIL, NAME)
    registrations = json.loads(archive.read("events/registrations.json"))
    assert "=HYPERLINK(1)" in {row["full_name"] for row in registrations}
    table = archive.read("events/registrations.csv").decode("utf-8-sig")
    assert ("'=HYPERLINK(1)" in table, "'+84 912 345 678" in table) == (True, True)
    assert json.loads(archive.read("events/scans.json"))[0]["outcome"] == "ok"


async def test_ones_own_files_are_in_it_and_one_that_is_lost_breaks_nothing(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    actor = await make_person()
    numbers = [new_id() for _n in range(2)]
    source = tmp_path / "photo"
    source.write_bytes(b"a photo" * 100_000)
    await storage().put(key_of(numbers[0], "512.webp"), source)
    for number in numbers:
        await database.execute(
            "INSERT INTO stored_file (id, purpose, kind, name, media_type, variants, sha256, owner_kind, owner_id)"
            " VALUES ($1, 'photo', 'image', '../../x.webp', 'image/webp', '{96.webp,512.webp}', '', 'person', $2)",
            *(number, actor.id),
        )
    subject = await subject_of(actor.person_id)
    assert subject is not None
    archive = await the_zip(subject)
    assert [name for name in archive.namelist() if name.endswith("webp")] == [f"files/{numbers[0]}-512.webp"]
    assert archive.read(f"files/{numbers[0]}-512.webp") == b"a photo" * 100_000


async def test_it_names_nobody_else_and_no_secret(db: asyncpg.Connection) -> None:
    actor = await make_person("Chính tôi")
    world = await make_event()
    await make_registration(world, actor, full_name="Bạn tôi", email="ban@test.example", phone="0987654321")
    subject = await subject_of(actor.person_id)
    assert subject is not None
    archive = await the_zip(subject)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert ("Chính tôi" in everything, "ban@test.example" in everything, "0987654321" in everything) == (
        True,
        False,
        False,
    )
    for column in ("password_hash", "token_hash", "secret", "code_hash"):
        assert f'"{column}"' not in everything


async def test_it_is_made_by_the_job_and_fetched_by_its_owner_alone(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    actor = await make_person("Người tải")
    client = make_client(actor)
    assert (await client.post("/account/data/export")).status_code == 303
    assert (await client.post("/account/data/export")).status_code == 303
    (waiting,) = await copying.copies_of(actor.person_id)
    path = f"/account/data/export/{waiting['id']}"
    assert (await client.get(path)).status_code == 409
    assert [mail["to_address"] for mail in await mails()] == [actor.email]
    (made,) = await copying.copies_of(actor.person_id)
    assert (made["state"], made["expires_at"] - made["made_at"]) == ("ready", timedelta(days=7))
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert (len(answer.content), answer.headers["cache-control"]) == (made["size"], "private, no-store")
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    stranger = make_client(await make_person(roles=("admin",)))
    assert (await stranger.get(path)).status_code == 404
    long_ago = make_client(msgspec.structs.replace(actor, confirmed_recently=False))
    assert (await long_ago.get(path)).headers["location"].startswith("/account/confirm")
    assert path in (await client.get("/account/data/export")).text


async def test_it_is_gone_after_a_week_and_a_job_that_runs_twice_makes_it_once(db: asyncpg.Connection) -> None:
    actor = await make_person()
    number = await copying.ask(actor, ORIGIN)
    for _twice in range(2):
        await copying.make({"export": str(number)})
    sizes = await database.fetchrow(
        "SELECT size, (SELECT sum(length(content)) FROM data_export_part WHERE export = $1) AS stored FROM data_export"
        " WHERE id = $1",
        number,
    )
    assert sizes is not None
    assert sizes["size"] == sizes["stored"]
    await database.execute("UPDATE data_export SET expires_at = now() - interval '1 second'")
    assert await copying.copies_of(actor.person_id) == []
    await copying.forget()
    assert await database.fetchval("SELECT count(*) FROM data_export_part") == 0
    assert await database.fetchval("SELECT state FROM data_export") == "over"


async def test_five_copies_a_day_are_enough(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client(await make_person())
    statuses = []
    for _n in range(6):
        statuses.append((await client.post("/account/data/export")).status_code)
        await database.execute("UPDATE data_export SET state = 'over'")
    assert statuses == [303] * 5 + [429]


async def test_many_rows_go_through_without_standing_in_memory(
    db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are let go as soon as they are written: at no moment more than a few of them live."""
    living: weakref.WeakSet[_Row] = weakref.WeakSet()
    most = 0

    async def many(_subject: Subject) -> AsyncIterator[dict[str, Any]]:
        nonlocal most
        for number in range(3000):
            row = _Row(number=number, at=clock.now(), id=uuid4())
            living.add(row)
            most = max(most, len(living))
            yield row

    for name in list(exporters):
        monkeypatch.delitem(exporters, name)
    monkeypatch.setitem(exporters, "test/many", many)
    archive = await the_zip(Subject(uuid4()))
    assert len(json.loads(archive.read("test/many.json"))) == 3000
    assert most <= 3


class _Row(dict[str, Any]):
    """A row that can be watched."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def test_a_value_without_a_plain_form_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="Subject has no plain form"):
        copying._json({"x": Subject()})
    assert (
        copying._json({"x": b"\x01", "y": UUID(int=1)}) == b'{"x": "01", "y": "00000000-0000-0000-0000-000000000001"}'
    )


async def test_a_copy_of_somebody_who_is_erased_meanwhile_is_not_made(db: asyncpg.Connection) -> None:
    actor: Actor = await make_person()
    number = await copying.ask(actor, ORIGIN)
    await database.execute(
        "UPDATE person SET ended_at = now(), ended_reason = 'x', erased_at = now() WHERE id = $1", actor.id
    )
    await copying.make({"export": str(number)})
    assert await database.fetchval("SELECT state FROM data_export WHERE id = $1", number) == "asked"
    assert await outbox.drain() == 1
