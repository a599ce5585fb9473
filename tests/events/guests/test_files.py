"""Files of guests: what stands in them, harmless cells, progress, whose they are, and when they go."""

import csv
import html
import io
import re
import zipfile
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core import outbox
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.people.rights.subject import Subject
from events.guests import exporting, listing, rights
from events.guests.asking import Asked
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration
from tests.factories import make_person

JOBS = exporting
HARD = ("=1+1", "+84 912", "-1", "@SUM(A1)", "＝2", "Nguyễn Thị Ánh", "محمد", "Lê 🎉 An")


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event()


async def content(number: UUID) -> bytes:
    return b"".join([piece async for piece in storage().read(key_of(number, exporting.FILE))])


async def written(world: World, form: str, **asked: object) -> list[list[str]]:
    number = await exporting.ask(world.owner, world.event, Asked(order="old", **asked), form, "vi")  # type: ignore[arg-type]
    await outbox.drain()
    data = await content(number)
    if form == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    rows = re.findall(r"<row .*?</row>", sheet, re.DOTALL)
    return [[html.unescape(cell) for cell in re.findall(r"<t[^>]*>(.*?)</t>", row)] for row in rows]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_case_6_no_cell_of_a_file_runs_in_a_spreadsheet(form: str, world: World) -> None:
    for name in HARD:
        await make_registration(world, full_name=name)
    table = await written(world, form, columns=("code", "status"))
    assert table[0][1:] == ["Mã trên vé", "Trạng thái"]
    assert [row[0] for row in table[1:]] == [f"'{name}" if name[0] in "=+-@＝" else name for name in HARD]
    assert {row[2] for row in table[1:]} == {"Đã xác nhận"}


async def test_a_file_holds_whom_the_list_shows_however_many_batches(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "BATCH", 2)
    for n in range(5):
        await make_registration(world, full_name=f"Khách {n}")
    await make_registration(world, full_name="Người khác")
    assert [row[0] for row in await written(world, "csv", q="khach", columns=("code",))][1:] == [
        f"Khách {n}" for n in range(5)
    ]


async def test_asking_waiting_and_fetching(world: World, make_client: MakeClient) -> None:
    await make_registration(world, full_name="Phạm Thị Hoa")
    client = make_client(world.owner)
    base = f"/events/{world.slug}/guests"
    assert (await client.post(f"{base}/files", data={"format": "pdf"})).status_code == 422
    asked = await client.post(f"{base}/files", data={"format": "csv", "query": "q=hoa"})
    here = asked.headers["location"]
    assert 'id="progress"' in (await client.get(here)).text
    assert (await client.get(f"{here}/table")).status_code == 404
    await outbox.drain()
    assert (await client.get(here, headers={"HX-Request": "true", "HX-Target": "progress"})).status_code == 204
    assert "Phạm Thị Hoa" in (await client.get(f"{here}/table")).text
    colleague = await make_person(roles=("admin",))
    assert (await make_client(colleague).get(f"{here}/table")).status_code == 404


async def test_files_end_after_some_days_and_when_somebody_in_them_is_erased(world: World) -> None:
    person = await make_person()
    await make_registration(world, person, email=person.email)
    for _round in range(2):
        number = await exporting.ask(world.owner, world.event, Asked(), "csv", "vi")
        await outbox.drain()
        await exporting.write({"file": str(number)})
        await exporting.end_old_files()
        assert await storage().exists(key_of(number, exporting.FILE))
        if _round:
            async with database.tx():
                await rights.empty_guests(Subject(person=person.id, key=person.email))
        else:
            await database.execute("UPDATE guest_file SET finished_at = now() - interval '4 days'")
            await exporting.end_old_files()
        await outbox.drain()
        assert not await storage().exists(key_of(number, exporting.FILE))


async def test_memory_does_not_grow_with_the_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more rows are ever held than one batch: the next is asked for when the last is written."""
    monkeypatch.setattr(exporting, "BATCH", 3)
    for _n in range(7):
        await make_registration(world)
    sizes: list[int] = []
    real = listing.batches

    async def counted(event: UUID, asked: Asked, size: int):  # type: ignore[no-untyped-def]
        async for batch in real(event, asked, size):
            sizes.append(len(batch))
            yield batch

    monkeypatch.setattr(listing, "batches", counted)
    await written(world, "csv")
    assert sizes == [3, 3, 1]
