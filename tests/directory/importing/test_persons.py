"""Persons in files: what a list says waits for the person alone; no account, no mail, nothing public until she acts."""

from pathlib import Path
from typing import Any

import asyncpg

import app.rights
from app.core import db as database
from app.core.web import NOBODY, Actor
from app.directory.importing import jobs
from app.directory.importing.exporting_lists import columns_of_persons, persons_of
from app.directory.importing.from_shell import Report, import_file
from app.directory.importing.runs import undo
from app.directory.importing.undoing import undo_batch
from app.directory.persons import access, proposals, role
from app.directory.persons.access import viewer_of
from app.directory.persons.role import expertise_of
from app.people.rights import erasure
from app.people.rights.subject import addresses, exporters, subject_of
from tests.conftest import MakeClient
from tests.directory.persons.make import listed, mentor
from tests.factories import make_person

assert app.rights.SUBJECTS, "the composition registers who copies and erases"

LIST = """Họ tên;Email;Chức danh;Vai trò;Lĩnh vực;Chuyên môn;Số giờ mỗi tháng
Lê Thị Sen;SEN@vidu.vn;Từng xây ba công ty;Cố vấn đồng hành;fintech;sales: Trực tiếp làm: 5 năm; 4
Trần Mai;;Chuyên gia;;;;
;ai@vidu.vn;Chuyên gia;;;;
Phạm Trúc;truc@vidu.vn;;;;bay lên trời;
Lê Thị Sen;sen@vidu.vn;Ai đó;;;;
"""


async def read(path: Path, text: str = LIST, **more: Any) -> Report:
    path.write_text(text, "utf-8")
    return await import_file(path, subject="persons", list_name="Hội cố vấn", **more)


async def sen(confirmed: bool = True) -> Actor:
    actor = await make_person("Sen", email="sen@vidu.vn")
    moment = "now()" if confirmed else "NULL"
    await database.execute(f"UPDATE person SET email_confirmed_at = {moment} WHERE id = $1", actor.id)
    return actor


async def everything() -> list[int]:
    return [
        await database.fetchval(f"SELECT count(*) FROM {table}")
        for table in ("person", "person_profile", "mentor_role", "findable", "mail")
    ]


async def test_a_list_of_persons_makes_no_account_no_profile_and_no_mail(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    before = await everything()
    report = await read(tmp_path / "a.csv")

    assert await everything() == before
    assert (report.new, [(one.row, one.fault.column, one.fault.text("en")) for one in report.faults]) == (1, [
        (3, "Email", "Without an e-mail address nobody could ever agree to this. Please add it."),
        (4, "Họ tên", "Please fill this in."),
        (5, "Chuyên môn", "We do not know “bay lên trời”."),
        (6, "Họ tên", "Row 2 of this file is about the same person."),
    ])  # fmt: skip
    again = await read(tmp_path / "a.csv")
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.fit'") == 0


async def test_only_whoever_proves_the_address_sees_what_waits_and_takes_over_what_she_likes(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    await read(tmp_path / "a.csv")
    actor, other = await sen(confirmed=False), await make_person("Người lạ")
    unproved = await proposals.proposal_to(actor)
    await db.execute("UPDATE person SET email_confirmed_at = now()")
    found = await proposals.proposal_to(actor)
    assert (unproved, await proposals.proposal_to(other)) == (None, None)
    assert found is not None
    assert (found.name, found.list_name, found.values["headline_vi"]) == (
        "Lê Thị Sen", "Hội cố vấn", "Từng xây ba công ty",
    )  # fmt: skip

    await proposals.take(actor, ["headline_vi", "roles", "expertise"])
    own = await access.own_profile(actor)
    assert own is not None
    assert (own.row["headline_vi"], own.row["name"], own.row["roles"], own.row["sectors"]) == (
        "Từng xây ba công ty", "Sen", ["mentor"], [],
    )  # fmt: skip
    assert [(one["code"], one["level"], one["years"]) for one in await expertise_of(actor.person_id)] == [
        ("sales", "hands_on", 5)
    ]
    assert (own.listed, await proposals.proposal_to(actor)) == (False, None)
    assert (await db.fetchrow('SELECT "values", name, state FROM person_proposal')) == ({}, "", "taken")
    same, newer = await read(tmp_path / "a.csv"), await read(tmp_path / "a.csv", LIST.replace("ba công ty", "tám"))
    assert (same.unchanged, newer.new) == (1, 1)


async def test_whoever_declines_is_not_asked_again_by_the_next_list(db: asyncpg.Connection, tmp_path: Path) -> None:
    await read(tmp_path / "a.csv")
    actor = await sen()
    await proposals.decline(actor)
    left = await db.fetch("SELECT to_jsonb(r)::text AS row FROM import_row r UNION ALL SELECT to_jsonb(q)::text"
                          " FROM person_proposal q")  # fmt: skip
    assert [row["row"] for row in left if "ba công ty" in row["row"]] == []
    report = await read(tmp_path / "a.csv", LIST.replace("ba công ty", "tám công ty"))

    assert (report.new, report.changed, report.conflict, report.unchanged) == (0, 0, 0, 1)
    assert await proposals.proposal_to(actor) is None


async def exported(actor: Actor) -> tuple[list[str], list[dict[str, Any]]]:
    viewer = await viewer_of(actor)
    columns = columns_of_persons(viewer)
    rows = [row async for batch in persons_of(actor, viewer, columns, 2) for row in batch]
    return columns, [dict(zip(columns, row, strict=True)) for row in rows]


async def table(path: Path, actor: Actor) -> Path:
    from app.directory.importing.columns import title_of
    from app.directory.importing.subjects import subjects
    from app.directory.importing.tables_out import TableOut

    columns, rows = await exported(actor)
    titles = [title_of(name, subject=subjects()["persons"]) for name in columns]
    with TableOut(path, "xlsx", titles) as out:
        out.write_all([list(row.values()) for row in rows])
    return path


async def test_the_exported_list_of_mentors_comes_back_without_a_change_and_holds_what_its_reader_may_see(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    actors = [await make_person(f"Cố vấn {n}") for n in range(3)]
    for actor in actors[:2]:
        await mentor(
            actor, "sales", "legal_ip", hours_per_month=7, contact_phone="0912345678", fee_vi="=0", markets=["SG"]
        )
    moderator = await make_person("Người điều hành", roles=("moderator",))
    await listed(actors[2])
    await role.put_expertise(actors[2], "sales", "hands_on", None)
    _columns, public = await exported(NOBODY)
    columns, rows = await exported(moderator)
    report = await import_file(await table(tmp_path / "a", moderator), subject="persons")

    assert [(row["name"], bool(row["expertise"])) for row in rows] == [
        ("Cố vấn 0", True), ("Cố vấn 1", True), ("Cố vấn 2", False),
    ]  # fmt: skip
    assert ("contact_phone" in columns, "hours_per_month" in columns, "hours_per_month" in public[0]) == (
        False, True, False,
    )  # fmt: skip
    assert (report.rows, report.unchanged, report.faults, report.ignored_columns) == (3, 3, [], [])
    assert await db.fetchval("SELECT count(*) FROM person_proposal") == 0
    assert await db.fetchval("SELECT count(*) FROM data_access WHERE kind = 'directory.exported'") == 3


async def test_what_differs_from_a_listed_profile_is_proposed_and_never_written(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    actor = await sen()
    saved = await mentor(actor, "sales", hours_per_month=7)
    text = f"Mã hồ sơ;Họ và tên;Số giờ mỗi tháng;Chuyên môn\n{saved.slug};Sen;9;sales; legal_ip\n"
    text = text.replace("sales; legal_ip", '"sales; legal_ip: Từng quản lý"')
    first, again = await read(tmp_path / "a.csv", text), await read(tmp_path / "a.csv", text)
    unknown = await read(tmp_path / "b.csv", text.replace(saved.slug, "khong-co"))

    assert (first.changed, again.unchanged, unknown.faulty) == (1, 1, 1)
    own = await access.own_profile(actor)
    assert own is not None
    assert own.row["hours_per_month"] == 7
    found = await proposals.proposal_to(actor)
    assert found is not None
    assert found.values == {"hours_per_month": 9, "expertise": [["legal_ip", "managed", None]]}


async def test_a_list_does_not_tell_who_has_an_account(db: asyncpg.Connection, tmp_path: Path) -> None:
    reports = []
    for there in (False, True):
        if there:
            await sen()
        reports.append(await read(tmp_path / "a.csv", dry_run=True))

    assert (reports[0].new, reports[0].faulty) == (reports[1].new, reports[1].faulty)


async def test_an_import_of_persons_is_taken_back_but_for_what_was_decided(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    moderator = await make_person(roles=("moderator",))
    text = "Họ tên;Email;Chức danh\nSen;sen@vidu.vn;{}\nMai;mai@vidu.vn;Một\n"
    first = await read(tmp_path / "a.csv", text.format("Một"))
    second = await read(tmp_path / "a.csv", text.format("Hai"))
    values = 'SELECT "values" FROM person_proposal WHERE email_key = $1'
    await undo(moderator, second.run)
    while await undo_batch(second.run):
        pass
    assert (await db.fetchval(values, "sen@vidu.vn"))["headline_vi"] == "Một"
    await proposals.decline(await sen())
    await undo(moderator, first.run)
    while await undo_batch(first.run):
        pass

    assert [tuple(row) for row in await db.fetch("SELECT email_key, state FROM person_proposal")] == [
        ("sen@vidu.vn", "declined")
    ]


async def test_what_nobody_takes_over_is_forgotten(db: asyncpg.Connection, tmp_path: Path) -> None:
    await read(tmp_path / "a.csv")
    await jobs.forget_old()
    stays = await db.fetchval("SELECT count(*) FROM person_proposal")
    await db.execute("UPDATE person_proposal SET expires_at = now() - interval '1 day'")
    await jobs.forget_old()

    assert (stays, await db.fetchval("SELECT count(*) FROM person_proposal")) == (1, 0)


async def test_a_proposal_is_in_the_copy_of_the_person_and_gone_with_an_erasure(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    await read(tmp_path / "a.csv")
    actor = await sen()
    subject = await subject_of(actor.person_id)
    assert subject is not None
    copied = [row async for row in exporters["directory/proposals"](subject)]
    known = await addresses["directory_proposals"]()
    before = "SELECT count(*) FROM import_row WHERE \"values\"::text LIKE '%ba công ty%'"
    said = await db.fetchval(before)
    await erasure.erase(subject, by=None)
    assert (said, await db.fetchval(before)) == (1, 0)

    assert ([row["name"] for row in copied], known) == (["Lê Thị Sen"], ["sen@vidu.vn"])
    assert await db.fetchval("SELECT count(*) FROM person_proposal") == 0


async def test_the_page_of_a_proposal_before_and_after_a_word(
    db: asyncpg.Connection, tmp_path: Path, make_client: MakeClient
) -> None:
    await read(tmp_path / "a.csv")
    actor = await sen()
    client, stranger = make_client(actor), make_client(await make_person("Người lạ"))
    here = "/account/profile/proposal"
    profile, page = (await client.get("/account/profile")).text, (await client.get(here)).text
    nothing = await client.post(here)
    others = [await stranger.post(here, data={"fields": "name"}), await stranger.post(f"{here}/decline")]
    taken = await client.post(here, data={"fields": ["headline_vi"]})

    assert ("Có danh sách nói về bạn" in profile, "Hội cố vấn" in profile) == (True, True)
    assert ("Từng xây ba công ty" in page, "Hồ sơ của bạn ghi: Sen" in page) == (True, True)
    assert (nothing.status_code, [answer.status_code for answer in others]) == (422, [404, 404])
    assert taken.headers["location"] == "/account/profile"
    assert "Từng xây ba công ty" in (await client.get("/account/profile")).text
    assert "Không có danh sách nào nói về bạn" in (await client.get(here)).text
    assert (await make_client().get(here)).status_code in (303, 401)


async def test_who_is_listed_is_told_that_others_see_at_once_what_she_takes_over(
    db: asyncpg.Connection, tmp_path: Path, make_client: MakeClient
) -> None:
    told = []
    for is_listed in (False, True):
        actor = await make_person("Người được nói tới", email=f"sen{is_listed}@vidu.vn")
        if is_listed:
            await listed(actor)
        await read(tmp_path / "a.csv", LIST.replace("SEN@vidu.vn", f"sen{is_listed}@vidu.vn"))
        client = make_client(actor)
        warned = "Hồ sơ của bạn đang được đăng" in (await client.get("/account/profile/proposal")).text
        await client.post("/account/profile/proposal", data={"fields": ["headline_vi"]})
        after = (await client.get("/account/profile")).text
        told.append((warned, "Chỉ mình bạn thấy cho đến khi" in after, "từ giờ người khác thấy" in after))

    assert told == [(False, True, False), (True, False, True)]


async def test_a_list_sent_again_does_not_tell_who_has_decided(db: asyncpg.Connection, tmp_path: Path) -> None:
    told = []
    for number, decide in enumerate((None, proposals.decline, lambda actor: proposals.take(actor, ["headline_vi"]))):
        text = "\n".join(LIST.splitlines()[:2]).replace("SEN@vidu.vn", f"sen{number}@vidu.vn")
        await read(tmp_path / "a.csv", text)
        if decide is not None:
            await decide(await make_person("Sen", email=f"sen{number}@vidu.vn"))
        again = await read(tmp_path / "a.csv", text)
        row = await db.fetchrow(
            "SELECT fate, outcome, why, changes, conflicts, faults FROM import_row WHERE run = $1 AND number = 2",
            again.run,
        )
        told.append((dict(row), again.new, again.changed, again.unchanged, again.conflict))

    assert told[0] == told[1] == told[2]
    assert (told[0][0]["fate"], told[0][1:]) == ("unchanged", (0, 0, 1, 0))
