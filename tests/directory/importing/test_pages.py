"""The pages of imports and exports, as moderators and others open them: each step, each refusal, in both languages."""

import csv
import io
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.core.web import Actor
from app.directory import rows
from app.directory.importing import jobs, rights
from app.directory.importing.subjects import subjects
from app.people.rights.subject import Subject
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import organisation
from tests.directory.persons.make import mentor
from tests.factories import make_person

LIST = (
    "Danh sách tổ chức 2026,,,\n"
    "Tên tổ chức,Loại,Trang web,Tỉnh\n"
    "Trà Sen,startup,trasen.example,Hà Nội\n"
    "Mây Tre,fish,,\n"
    "Nguyễn Đức Robot,startup,robot.example,Huế\n"
)


JOBS = {
    "judge": jobs.judge,
    "write": jobs.write,
    "undo": jobs.undo,
    "export": jobs.export,
    "forget_export": jobs.forget_export,
    "forget_file": jobs.forget_file,
}


async def worked() -> None:
    """What a worker would do of ours by now."""
    while rows := await database.fetch("DELETE FROM outbox WHERE topic LIKE 'importing.%' RETURNING topic, payload"):
        for row in rows:
            await JOBS[row["topic"].removeprefix("importing.")](row["payload"])


@pytest.fixture
async def moderator(db: asyncpg.Connection) -> Actor:
    return await make_person("Người điều hành", roles=("moderator",))


async def sent(client: httpx.AsyncClient, text: str | bytes = LIST, **fields: str) -> str:
    """The address of an import of this file, judged."""
    files = {"file": ("danh sách.csv", text if isinstance(text, bytes) else text.encode(), "text/csv")}
    answer = await client.post("/staff/imports", files=files, data=fields)
    assert answer.status_code == 303, answer.text
    await worked()
    return str(answer.headers["location"])


async def test_a_list_goes_from_the_file_to_the_directory_and_back(
    cast: Cast, moderator: Actor, make_client: MakeClient
) -> None:
    client = make_client(moderator)
    here = await sent(client, list_name="Sở KH&CN")
    judged = (await client.get(here)).text

    assert "chờ bạn quyết định" in judged
    assert "tiêu đề ở dòng 2" in judged
    assert "Chúng tôi không hiểu “fish”." in judged
    assert "cùng tên nhưng khác địa điểm" in judged
    assert await database.fetchval("SELECT count(*) FROM organisation WHERE ended_at IS NULL") == 1

    await client.post(f"{here}/rows/5", data={"decision": "other", "fate": "possible", "after": "4"})
    await client.post(f"{here}/confirm")
    await worked()
    written = (await client.get(here)).text
    assert "Đã ghi: 2 hồ sơ mới, 1 không nhập." in " ".join(written.split())
    names = "SELECT array_agg(name ORDER BY name_folded, number) FROM organisation WHERE ended_at IS NULL"
    assert await database.fetchval(names) == ["Nguyễn Đức Robot", "Nguyễn Đức Robot", "Trà Sen"]

    await client.post(f"{here}/undo")
    await worked()
    assert "2 hồ sơ được gỡ" in (await client.get(here)).text
    assert await database.fetchval(names) == ["Nguyễn Đức Robot"]


async def test_faults_can_be_fetched_with_row_column_value_and_reason(
    moderator: Actor, make_client: MakeClient
) -> None:
    client = make_client(await make_person("Moderator", roles=("moderator",), locale="en"))
    here = await sent(client)
    answer = await client.get(f"{here}/faults/csv")

    assert list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))) == [
        ["Row", "Column", "Value", "Reason"],
        ["4", "Loại", "fish", "We do not know “fish”."],
    ]
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert (await client.get(f"{here}/faults/xlsx")).content[:4] == b"PK\x03\x04"
    assert (await client.get(f"{here}/faults/pdf")).status_code == 404


async def test_a_column_can_be_matched_by_hand_and_then_the_rows_are_judged_again(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    client = make_client(await make_person("Moderator", roles=("moderator",), locale="en"))
    here = await sent(client, "Cột A,Cột B\nTrà Sen,startup\n")
    page = (await client.get(here)).text
    refused = await client.post(f"{here}/confirm")
    choices = {"script": "as_is", "titles": "1", "people": "keep", "column-0": "name", "column-1": "kinds"}
    await client.post(f"{here}/choices", data=choices)
    await worked()

    assert "Which column holds the name?" in page
    assert (refused.status_code, "Please say first which column holds the name" in refused.text) == (422, True)
    assert "new organisation" in (await client.get(f"{here}?fate=new")).text
    assert (await client.post(f"{here}/choices", data={"titles": "one"})).status_code == 422


async def test_letters_that_nobody_can_tell_are_chosen_by_a_person(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    client = make_client(await make_person("Moderator", roles=("moderator",), locale="en"))
    here = await sent(client, "name,kinds\nCrème Brûlée,startup\n".encode("latin-1"))
    asked = (await client.get(here)).text
    await client.post(f"{here}/choices", data={"script": "cp1252", "titles": "1", "people": "keep"})
    await worked()
    await client.post(f"{here}/confirm")
    await worked()

    assert "Which letters?" in asked
    assert await database.fetchval("SELECT name FROM organisation") == "Crème Brûlée"


async def test_a_file_that_is_no_table_says_why_and_can_be_given_up(moderator: Actor, make_client: MakeClient) -> None:
    client = make_client(moderator)
    here = await sent(client, b"%PDF-1.7 x")
    page = await client.get(here)
    dropped = await client.post(f"{here}/drop")

    assert "Không đọc được tệp này" in page.text
    assert dropped.headers["location"] == "/staff/imports"
    assert here not in (await client.get("/staff/imports")).text


@pytest.mark.parametrize("content", [b"", None])
async def test_without_a_file_the_form_comes_back_with_what_was_typed(
    moderator: Actor, make_client: MakeClient, content: bytes | None
) -> None:
    files = {"file": ("a.csv", content, "text/csv")} if content is not None else {"other": ("a", b"x", "text/plain")}
    answer = await make_client(moderator).post("/staff/imports", files=files, data={"list_name": "Sở Khoa học"})

    assert answer.status_code == 422
    assert "Sở Khoa học" in answer.text


async def test_the_list_of_imports_takes_as_many_queries_for_three_as_for_one(
    moderator: Actor, make_client: MakeClient
) -> None:
    client = make_client(moderator)
    counts = []
    for number in (1, 3):
        while await database.fetchval("SELECT count(*) FROM import_run") < number:
            here = await sent(client)
        with database.count_queries() as queries:
            assert (await client.get("/staff/imports")).status_code == 200
            assert (await client.get(here)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


async def test_while_a_job_works_the_page_asks_for_its_progress(moderator: Actor, make_client: MakeClient) -> None:
    client = make_client(moderator)
    answer = await client.post("/staff/imports", files={"file": ("a.csv", LIST.encode(), "text/csv")})
    here = answer.headers["location"]
    asking = {"HX-Request": "true", "HX-Target": "progress"}
    part = await client.get(here, headers=asking)
    await worked()
    after = await client.get(here, headers=asking)

    assert part.text.strip().startswith('<div class="section" id="progress"')
    assert (after.status_code, after.headers["hx-redirect"]) == (204, here)


async def test_what_is_done_cannot_be_done_again(moderator: Actor, make_client: MakeClient) -> None:
    client = make_client(moderator)
    here = await sent(client)
    early = await client.post(f"{here}/undo")
    for _again in range(2):
        await client.post(f"{here}/confirm")
    await worked()
    late = await client.post(f"{here}/choices", data={"script": "as_is", "titles": "1", "people": "keep"})

    assert (early.status_code, late.status_code) == (409, 409)
    assert await database.fetchval("SELECT count(*) FROM organisation") == 2
    await database.execute("UPDATE import_run SET written_at = now() - interval '31 days'")
    assert "30 ngày" in (await client.post(f"{here}/undo")).text


@pytest.mark.parametrize("role", ["", "organizer", "desk"])
async def test_imports_are_for_moderators(db: asyncpg.Connection, make_client: MakeClient, role: str) -> None:
    client = make_client(await make_person(roles=(role,) if role else ()))
    answers = [await client.get("/staff/imports"), await client.post("/staff/imports"),
               await client.get("/staff/imports/empty")]  # fmt: skip

    assert [answer.status_code for answer in answers] == [403, 403, 403]


async def exported(client: httpx.AsyncClient, query: str = "", form: str = "csv") -> list[dict[str, str]]:
    answer = await client.post("/exports", data={"query": query, "format": form})
    assert answer.status_code == 303
    await worked()
    fetched = await client.get(f"{answer.headers['location']}/file")
    assert fetched.status_code == 200
    return list(csv.DictReader(io.StringIO(fetched.text.removeprefix("\ufeff"))))


async def test_an_export_holds_what_its_person_may_see(cast: Cast, moderator: Actor, make_client: MakeClient) -> None:
    await database.execute("UPDATE organisation SET enterprise_code = '0101234567', contact_email = 'a@b.vn'")
    rows: dict[str, Any] = {}
    for name, actor in (("stranger", cast.stranger), ("moderator", moderator), ("owner", cast.owner)):
        rows[name] = (await exported(make_client(actor)))[0]

    assert {row["Tên"] for row in rows.values()} == {"Nguyễn Đức Robot"}
    assert {row["Mã số doanh nghiệp"] for row in rows.values()} == {"0101234567"}
    assert {name: row.get("Thư điện tử liên hệ") for name, row in rows.items()} == {
        "stranger": None, "moderator": "a@b.vn", "owner": None,
    }  # fmt: skip
    await database.execute("UPDATE organisation SET tiers = '{\"enterprise_code\": 4}'")
    assert (await exported(make_client(cast.stranger)))[0]["Mã số doanh nghiệp"] == ""


async def test_an_export_follows_the_filter_and_is_ones_own(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.stranger)
    answer = await client.post("/exports", data={"query": "kind=investor", "format": "xlsx"})
    here = answer.headers["location"]
    waiting = await client.get(here)
    early = await client.get(f"{here}/file")
    await worked()

    assert (early.status_code, "đang ghi" in waiting.text) == (404, True)
    assert "0 dòng" in (await client.get(here)).text
    assert (await client.get(f"{here}/file")).content[:2] == b"PK"
    assert (await make_client(cast.owner).get(here)).status_code == 404
    assert (await client.post("/exports", data={"format": "pdf"})).status_code == 422
    assert "Nhà đầu tư" in (await client.get("/exports?kind=investor")).text


async def test_the_api_exports_too(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.stranger)
    asked = (await client.post("/api/v1/exports", json={"format": "csv", "query": "q=robot"})).json()
    await worked()
    found = (await client.get(f"/api/v1/exports/{asked['id']}")).json()
    text = (await client.get(f"/api/v1/exports/{asked['id']}/file")).text

    assert (asked["state"], found["state"], found["done"], found["total"]) == ("asked", "written", 1, 1)
    assert "Nguyễn Đức Robot" in text
    assert (await client.post("/api/v1/exports", json={"format": "doc"})).status_code == 422


async def test_one_organisation_at_once(cast: Cast, make_client: MakeClient) -> None:
    await database.execute("UPDATE organisation SET contact_email = 'a@b.vn'")
    seen = {}
    for name, actor in (("nobody", None), ("owner", cast.owner)):
        answer = await make_client(actor).get(f"/organisations/{cast.slug}/export/csv")
        seen[name] = next(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    assert {name: (row["Tên"], row.get("Thư điện tử liên hệ")) for name, row in seen.items()} == {
        "nobody": ("Nguyễn Đức Robot", None), "owner": ("Nguyễn Đức Robot", "a@b.vn"),
    }  # fmt: skip
    assert (await make_client().get("/organisations/khong-co/export/csv")).status_code == 404
    assert (await make_client().get(f"/organisations/{cast.slug}/export/doc")).status_code == 404


async def test_files_are_kept_no_longer_than_needed(cast: Cast, moderator: Actor, make_client: MakeClient) -> None:
    client = make_client(moderator)
    here = await sent(client)
    run = UUID(here.rpartition("/")[2])
    kept = await storage().exists(key_of(run, "table"))
    await client.post(f"{here}/confirm")
    await worked()

    assert (kept, await storage().exists(key_of(run, "table"))) == (True, False)

    there = (await client.post("/exports", data={"format": "csv"})).headers["location"]
    await worked()
    export = key_of(UUID(there.rpartition("/")[2]), "table")
    await database.execute("UPDATE export_run SET expires_at = now() - interval '1 hour'")
    await jobs.forget_old()
    assert ((await client.get(there)).status_code, await storage().exists(export)) == (404, False)


async def test_whoever_is_erased_is_in_no_file(cast: Cast, moderator: Actor, make_client: MakeClient) -> None:
    client = make_client(moderator)
    here = await sent(client)
    there = (await client.post("/exports", data={"format": "csv"})).headers["location"]
    await worked()
    keys = [key_of(UUID(address.rpartition("/")[2]), "table") for address in (here, there)]
    before = [await storage().exists(key) for key in keys]
    async with database.tx():
        assert await rights.end_files(Subject(cast.stranger.id)) == 1
    await worked()

    assert (before, [await storage().exists(key) for key in keys]) == ([True, True], [False, False])
    assert (await client.get(there)).status_code == 404
    async with database.tx():
        assert await rights.end_files(Subject(cast.stranger.id)) == 0


PROGRAMMES = "Tổ chức,Loại,Tên (tiếng Việt),Số tuần\nVườn Ươm,Ươm tạo,Gieo Sen,12\nKhông Có,Ươm tạo,Gieo Mai,8\n"


async def test_a_list_of_programmes_goes_through_the_same_pages(
    cast: Cast, moderator: Actor, make_client: MakeClient
) -> None:
    saved = await organisation(cast.owner, "Vườn Ươm", ("incubator",))
    client = make_client(moderator)
    here = await sent(client, PROGRAMMES, subject="programme")
    judged = " ".join((await client.get(here)).text.split())
    faults = (await client.get(f"{here}/faults/csv")).text
    await client.post(f"{here}/confirm")
    await worked()
    written = " ".join((await client.get(here)).text.split())
    profile = (await client.get(f"/organisations/{saved.slug}")).text
    await client.post(f"{here}/undo")
    await worked()

    assert ("Vườn Ươm: Gieo Sen" in judged, "mục mới" in judged, "Số tuần: 12" in judged) == (True, True, True)
    assert "3,Tổ chức,Không Có," in faults
    assert "Đã ghi: 1 mục mới, 1 không nhập." in written
    assert "Gieo Sen" in profile
    assert "1 mục được gỡ" in (await client.get(here)).text
    assert "Gieo Sen" not in (await client.get(f"/organisations/{saved.slug}")).text


async def test_what_a_file_may_hold_is_one_of_the_subjects(moderator: Actor, make_client: MakeClient) -> None:
    client = make_client(moderator)
    files = {"file": ("a.csv", LIST.encode(), "text/csv")}
    refused = await client.post("/staff/imports", files=files, data={"subject": "fish", "list_name": "Sở"})
    index = (await client.get("/staff/imports")).text
    empty = await client.get("/staff/imports/empty?what=persons")

    assert (refused.status_code, 'value="Sở"' in refused.text) == (422, True)
    assert [name for name in subjects() if f'<option value="{name}"' not in index] == []
    assert "không nhập từ tệp" in index
    assert (empty.content[:2], (await client.get("/staff/imports/empty?what=fish")).status_code) == (b"PK", 404)


async def test_a_list_of_persons_without_addresses_says_which_column_is_missing(
    moderator: Actor, make_client: MakeClient
) -> None:
    client = make_client(moderator)
    here = await sent(client, "Họ tên,Chức danh\nSen,Chuyên gia\n", subject="persons")
    refused = await client.post(f"{here}/confirm")

    assert "Các dòng nói về ai?" in (await client.get(here)).text
    assert (refused.status_code, "cột nào ghi thư điện tử" in refused.text) == (422, True)


async def test_lists_and_mentors_are_exported_from_the_same_page(
    cast: Cast, moderator: Actor, make_client: MakeClient
) -> None:
    await rows.add_row(
        cast.owner, cast.id, "traction", {"metric_vi": "Khách", "value": 7, "measured_on": date(2026, 1, 1)}
    )
    await mentor(cast.editor, "sales")
    found = {}
    for what, actor in (("traction", cast.stranger), ("traction", moderator), ("persons", moderator)):
        client = make_client(actor)
        answer = await client.post("/exports", data={"subject": what, "format": "csv"})
        await worked()
        there = (await client.get(answer.headers["location"])).text
        table = (await client.get(f"{answer.headers['location']}/file")).text
        found[what, actor.name] = ("1 dòng" in there, table.count("\n"))
    own = await make_client(cast.owner).get(f"/organisations/{cast.slug}/export/csv?what=traction")

    assert found == {
        ("traction", "Người lạ"): (False, 1), ("traction", "Người điều hành"): (True, 2),
        ("persons", "Người điều hành"): (True, 2),
    }  # fmt: skip
    assert "Khách" in own.text
    assert (await make_client(cast.owner).post("/exports", data={"subject": "fish"})).status_code == 422
    assert (await make_client().get(f"/organisations/{cast.slug}/export/csv?what=persons")).status_code == 404


async def test_all_mentors_in_one_file_are_for_moderators_while_they_are(
    cast: Cast, moderator: Actor, make_client: MakeClient
) -> None:
    await mentor(cast.editor, "sales")
    client, stranger = make_client(moderator), make_client(cast.stranger)
    offered = ['value="persons"' in (await one.get("/exports")).text for one in (client, stranger)]
    wanted = {"subject": "persons", "format": "csv"}
    refused = [await stranger.post("/exports", data=wanted), await stranger.post("/api/v1/exports", json=wanted)]
    fetched, waiting = [(await client.post("/exports", data=wanted)).headers["location"] for _ in range(2)]
    late = await database.fetchrow("DELETE FROM outbox WHERE payload->>'run' = $1 RETURNING payload", waiting[9:])
    await worked()
    before = (await client.get(f"{fetched}/file")).status_code
    await database.execute("UPDATE person_role SET ended_at = now(), ended_reason = 'gone'")
    assert late is not None
    await jobs.export(late["payload"])
    former = make_client(Actor(id=moderator.id, name=moderator.name, via="session"))
    after = [(await former.get(path)).status_code for path in (fetched, f"{fetched}/file", waiting)]

    assert (offered, [answer.status_code for answer in refused]) == ([True, False], [403, 403])
    assert (before, after, fetched in (await former.get("/exports")).text) == (200, [404, 404, 404], False)
    assert await database.fetchval("SELECT state FROM export_run WHERE id = $1::uuid", waiting[9:]) == "ended"
