"""Lists of profiles in files: each list of the registry goes out and comes in the same, is judged, written, undone."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.i18n import in_language
from app.core.ids import new_id
from app.core.web import NOBODY, Actor
from app.directory import rows, undoing
from app.directory.access import organisation_by_id_for
from app.directory.fields import COLLECTIONS, Collection, Field
from app.directory.history import changes_of
from app.directory.importing import exporting, judgement, writing
from app.directory.importing.columns import field_of, targets
from app.directory.importing.from_shell import Report, import_file
from app.directory.importing.runs import confirm, decide, undo
from app.directory.importing.subjects import subjects
from app.directory.importing.undoing import undo_batch
from app.directory.seeing import shown_rows
from tests.directory.make import organisation
from tests.factories import make_person

EVERY_LIST = pytest.mark.parametrize("name", COLLECTIONS)
KINDS = ("startup", "investor", "institute", "company")
"""Kinds that together have every list."""


def value_of(field: Field) -> Any:
    """An odd value of the field's type."""
    codes = list(field.vocabulary.codes) if field.vocabulary else []
    some: dict[str, Any] = {
        "line": "=Sen; Tây|Hồ \\ 1", "text": "-Trà ướp sen\n=cho khách xa", "url": "https://sen.vn/?a=1;2",
        "code": codes[-1:] and codes[-1], "codes": codes[:2], "level": 4, "integer": max(field.low, 7),
        "money": Decimal("1234567.50"), "amount": Decimal("-12.50"), "percent": Decimal("7.25"), "currency": "USD",
        "date": date(2026, 3, 2), "flag": True, "maybe": False, "regions": ["SG", "VN-01"], "country": "VN",
        "province": "01", "ward": None,
    }  # fmt: skip
    value = some[field.type]
    return value[: field.most] if field.type in ("line", "text") and field.most else value


def full(collection: Collection) -> dict[str, Any]:
    values = {field.name: value_of(field) for field in collection.fields}
    for name in ("ticket_max", "valid_until", "apply_until"):
        if name in values:
            values[name] = Decimal(9_000_000_000) if name == "ticket_max" else date(2027, 1, 1)
    return values | ({"year": 2024} if "year" in values else {})


def scant(collection: Collection) -> dict[str, Any]:
    """The least that an entry needs."""
    names = {field.name for field in collection.fields if field.required} | {
        name for name in collection.title[:1] if collection.field(name).type == "line"
    }
    values = {name: value_of(collection.field(name)) for name in names}
    return values | {name: "Khác" for name in collection.title[:1] if name in names and name != "year"} | (
        {"year": 2023} if "year" in values else {}
    ) | ({"code": "talent", "direction": "offer"} if collection.name == "need_offer" else {})  # fmt: skip


async def with_entries(owner: Actor, collection: Collection) -> UUID:
    saved = await organisation(owner, "=Nhà Sen", KINDS, country="VN", province_code="01")
    for values in (full(collection), scant(collection)):
        await rows.add_row(owner, saved.id, collection.name, values)
    return saved.id


async def entries(organisation_id: UUID, name: str) -> list[dict[str, Any]]:
    found = (await rows.rows_of(organisation_id, [name]))[name]
    return [{field.name: row[field.name] for field in COLLECTIONS[name].fields} for row in found]


async def exported(actor: Actor, organisation_id: UUID, path: Path, form: str, name: str) -> None:
    await exporting.write_one(await organisation_by_id_for(actor, organisation_id), path, form, name)


def mended(path: Path, **columns: str) -> None:
    """The same table with another text in every cell of these columns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        titles, *lines = list(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(titles)
        for line in lines:
            writer.writerow([columns.get(title, cell) for title, cell in zip(titles, line, strict=True)])


@EVERY_LIST
async def test_a_list_that_went_out_changes_nothing_and_fills_another_profile_alike(
    db: asyncpg.Connection, tmp_path: Path, name: str
) -> None:
    owner = await make_person("Chủ hồ sơ")
    one = await with_entries(owner, COLLECTIONS[name])
    other = await organisation(owner, "Nhà Trúc", KINDS)
    before = await entries(one, name)
    versions = await db.fetch("SELECT id, version FROM organisation ORDER BY id")
    for form, locale in (("csv", "vi"), ("xlsx", "en")):
        with in_language(locale):
            await exported(owner, one, tmp_path / "a", form, name)
        report = await import_file(tmp_path / "a", subject=name)
        assert (report.rows, report.unchanged, report.faults, report.ignored_columns) == (2, 2, [], []), form
    assert await db.fetch("SELECT id, version FROM organisation ORDER BY id") == versions

    with in_language("en"):
        await exported(owner, one, tmp_path / "a", "csv", name)
    mended(
        tmp_path / "a", **{"Entry number": "", "Profile number": "", "Organisation": "nhà trúc", "Enterprise code": ""}
    )
    filled = await import_file(tmp_path / "a", subject=name)
    again = await import_file(tmp_path / "a", subject=name)

    assert (filled.new, filled.faults) == (2, [])
    assert await entries(other.id, name) == before
    assert (again.unchanged, await entries(one, name)) == (2, before)


@EVERY_LIST
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_every_column_of_a_list_is_known_by_its_own_title(name: str, locale: str) -> None:
    subject = subjects()[name]
    with in_language(locale):
        titles = targets(subject)

    assert {field: field_of(title, name) for field, title in titles.items()} == {field: field for field in titles}


@EVERY_LIST
async def test_an_export_of_a_list_holds_what_its_reader_may_see(
    db: asyncpg.Connection, tmp_path: Path, name: str
) -> None:
    collection = COLLECTIONS[name]
    owner, stranger = await make_person("Chủ hồ sơ"), await make_person("Người lạ")
    moderator = await make_person("Người điều hành", roles=("moderator",))
    one = await with_entries(owner, collection)
    stored = (await rows.rows_of(one, [name]))[name]
    for actor in (NOBODY, stranger, moderator, owner):
        seen = await organisation_by_id_for(actor, one)
        await exported(actor, one, tmp_path / "a", "csv", name)
        with (tmp_path / "a").open(encoding="utf-8-sig", newline="") as file:
            titles, *lines = list(csv.reader(file))
        expected = shown_rows(collection, stored, seen.viewer, {})
        visible = [field for field in collection.fields if seen.viewer.sees(field.tier)]

        assert len(lines) == len(expected), actor
        assert [field_of(title, name) for title in titles][-len(visible) :] == [field.name for field in visible]


LIST = """Tổ chức;Loại;Tên (tiếng Việt);Số tuần;Phí;Giai đoạn
Nhà Sen;Ươm tạo;Gieo Sen;12;5 triệu;early
Nhà Không Có;Ươm tạo;Gieo Trúc;12;;
Nhà Sen;Cá;Gieo Mai;12;;
Nhà Sen;Ươm tạo;Gieo Lan;mười;;
Nhà Sen;Ươm tạo;Gieo Sen;10;;
Trà Chanh;Ươm tạo;Gieo Chanh;8;;
;Ươm tạo;Gieo Ai;8;;
Nhà Sen;Ươm tạo;;8;;
"""


async def read(path: Path, text: str, name: str = "programme", **more: Any) -> Report:
    path.write_text(text, "utf-8")
    return await import_file(path, subject=name, **more)


async def test_every_fault_is_told_with_row_column_and_reason_and_the_rest_is_written(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    owner = await make_person("Chủ hồ sơ")
    saved = await organisation(owner, "Nhà Sen", ("incubator",))
    await organisation(owner, "Trà Chanh", ("investor",))
    dry = await read(tmp_path / "a", LIST, dry_run=True)
    untouched = await entries(saved.id, "programme")
    report = await read(tmp_path / "a", LIST)

    assert (untouched, dry.new, dry.faulty) == ([], 1, 7)
    assert [(one.row, one.fault.column, one.fault.text("en")) for one in report.faults] == [
        (3, "Tổ chức", "We know no organisation of this name or code. Please import it first, or mend the name."),
        (4, "Loại", "We do not know “Cá”."),
        (5, "Số tuần", "Please enter a number, in digits."),
        (6, "Tổ chức", "Row 2 of this file is about the same entry."),
        (7, "Tổ chức", "Organisations of this kind have no such list: Nhà đầu tư."),
        (8, "Tổ chức", "The row names no organisation."),
        (9, "Tên (tiếng Việt)", "Please fill in at least one of the two languages."),
    ]
    [entry] = await entries(saved.id, "programme")
    assert (entry["name_vi"], entry["weeks"], entry["fee"], entry["currency"], entry["stages"]) == (
        "Gieo Sen", 12, Decimal(5_000_000), "VND", ["early"],
    )  # fmt: skip
    found = "SELECT title FROM findable WHERE kind = 'programme' AND owner = $1"
    assert await db.fetchval(found, saved.id) == "Gieo Sen"
    assert (await changes_of(saved.id))[0]["act"] == "row_imported"


SHORT = "Tổ chức;Loại;Tên (tiếng Việt);Số tuần\nNhà Sen;Ươm tạo;Gieo Sen;{weeks}\n"


async def test_what_people_wrote_stays_unless_the_file_is_to_win(db: asyncpg.Connection, tmp_path: Path) -> None:
    owner = await make_person("Chủ hồ sơ")
    saved = await organisation(owner, "Nhà Sen", ("incubator",))
    await read(tmp_path / "a", SHORT.format(weeks=12))
    mine = await read(tmp_path / "a", SHORT.format(weeks=10))
    [row] = (await rows.rows_of(saved.id, ["programme"]))["programme"]
    await rows.edit_row(owner, saved.id, "programme", row["id"], {"weeks": 16})
    kept = await read(tmp_path / "a", SHORT.format(weeks=8) + "Nhà Sen;Ươm tạo;gieo sen;;\n")

    assert (mine.changed, kept.changed, kept.conflict, kept.faulty) == (1, 0, 1, 1)
    assert [entry["weeks"] for entry in await entries(saved.id, "programme")] == [16]
    newest = next(change for change in await changes_of(saved.id) if change["act"] == "row_import_edited")
    assert (newest["field"], newest["before"], newest["after"]) == ("programme.weeks", 12, 10)


async def test_an_owner_takes_back_what_an_import_added_or_changed(db: asyncpg.Connection, tmp_path: Path) -> None:
    owner = await make_person("Chủ hồ sơ")
    saved = await organisation(owner, "Nhà Sen", ("incubator",))
    for weeks in (12, 10):
        await read(tmp_path / "a", SHORT.format(weeks=weeks))
    edited, *_others = [change for change in await changes_of(saved.id) if change["act"] == "row_import_edited"]
    await undoing.undo(owner, saved.id, edited["id"])
    assert [entry["weeks"] for entry in await entries(saved.id, "programme")] == [12]

    await read(tmp_path / "a", SHORT.format(weeks=9).replace("Gieo Sen", "Gieo Mai"))
    added = next(change for change in await changes_of(saved.id) if change["act"] == "row_imported")
    await undoing.undo(owner, saved.id, added["id"])
    assert [entry["name_vi"] for entry in await entries(saved.id, "programme")] == ["Gieo Sen"]


async def taken_back(run: UUID) -> list[tuple[str, str | None]]:
    await undo(await make_person(roles=("moderator",)), run)
    while await undo_batch(run):
        pass
    found = await database.fetch("SELECT fate, undone FROM import_row WHERE run = $1 ORDER BY number", run)
    return [tuple(row) for row in found]


async def test_an_import_of_needs_is_taken_back_but_for_what_people_did_since(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    owner = await make_person("Chủ hồ sơ")
    saved = await organisation(owner, "Nhà Sen")
    text = "Tổ chức;Cần hay có thể giúp;Loại;Số lượng\nNhà Sen;need;capital;1\nNhà Sen;offer;talent;2\n"
    first = await read(tmp_path / "a", text, "need_offer")
    codes = "SELECT needs, offers FROM organisation WHERE id = $1"
    after_first = tuple(await db.fetchrow(codes, saved.id))
    second = await read(tmp_path / "a", text.replace(";1", ";3"), "need_offer")
    offer = next(row for row in (await rows.rows_of(saved.id, ["need_offer"]))["need_offer"] if row["code"] == "talent")
    await rows.edit_row(owner, saved.id, "need_offer", offer["id"], {"text_vi": "Hai kỹ sư"})

    assert after_first == (["capital"], ["talent"])
    assert await taken_back(second.run) == [("changed", "restored"), ("unchanged", None)]
    assert [entry["quantity"] for entry in await entries(saved.id, "need_offer")] == [1, 2]
    assert await taken_back(first.run) == [("new", "kept"), ("new", "kept")]
    assert tuple(await db.fetchrow(codes, saved.id)) == (["capital"], ["talent"])


async def test_a_fresh_import_is_gone_when_it_is_taken_back(db: asyncpg.Connection, tmp_path: Path) -> None:
    saved = await organisation(await make_person(), "Nhà Sen", ("incubator",))
    report = await read(tmp_path / "a", SHORT.format(weeks=12))

    assert await taken_back(report.run) == [("new", "ended")]
    assert await entries(saved.id, "programme") == []
    assert await db.fetchval("SELECT count(*) FROM findable WHERE owner = $1 AND kind = 'programme'", saved.id) == 0
    assert (await read(tmp_path / "a", SHORT.format(weeks=12))).new == 1


async def test_a_list_takes_no_more_entries_than_it_holds(
    db: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judgement, "BATCH", 4)
    await organisation(await make_person(), "Quỹ Sen", ("investor",))
    lines = "".join(f"Quỹ Sen;Khẩu vị {number}\n" for number in range(10))
    report = await read(tmp_path / "a", f"Tổ chức;Tên (tiếng Việt)\n{lines}", "mandate")

    assert (report.new, report.faulty, COLLECTIONS["mandate"].most) == (8, 2, 8)
    assert {one.fault.text("en") for one in report.faults} == {
        "This list is full. Please remove an entry first."
    }  # fmt: skip


async def test_entries_of_one_name_are_told_apart_by_their_number(db: asyncpg.Connection, tmp_path: Path) -> None:
    owner = await make_person()
    saved = await organisation(owner, "Nhà Sen", ("incubator",))
    ids = [
        await rows.add_row(
            owner, saved.id, "programme", {"programme_type": "incubation", "name_vi": "Gieo", "weeks": n}
        )
        for n in (1, 2)
    ]
    head = "Mã mục;Tổ chức;Tên (tiếng Việt);Số tuần\n"
    plain = await read(tmp_path / "a", f"{head};Nhà Sen;Gieo;3\n")
    exact = await read(tmp_path / "a", f"{head};Nhà Sen;Gieo;2\n")
    numbered = await read(tmp_path / "a", f"{head}{ids[1]};;;\n{ids[0]};Nhà Khác;;\nabc;;;\n")

    assert [one.fault.text("en") for one in plain.faults] == [
        "Several entries are called this. Please give the entry's number, as our export has it."
    ]
    assert (exact.unchanged, exact.faults) == (1, [])
    assert (numbered.unchanged, numbered.faulty) == (2, 1)


async def test_a_batch_of_entries_takes_as_many_statements_for_three_as_for_one(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    owner = await make_person()
    for number in range(4):
        await organisation(owner, f"Nhà {number}", ("incubator",))
    counts: list[list[int]] = []
    for houses in ((0,), (1, 2, 3)):
        found = []
        for weeks in (12, 10):
            lines = "".join(f"Nhà {number};Ươm tạo;Gieo;{weeks}\n" for number in houses)
            with database.count_queries() as queries:
                report = await read(tmp_path / "a", f"Tổ chức;Loại;Tên (tiếng Việt);Số tuần\n{lines}")
            assert (report.new or report.changed) == len(houses)
            found.append(len(queries))
        await undo(owner, report.run)
        with database.count_queries() as queries:
            await undo_batch(report.run)
        counts.append([*found, len(queries)])
    assert counts[0] == counts[1]


async def test_a_row_whose_organisation_is_unsure_waits_for_a_word(db: asyncpg.Connection, tmp_path: Path) -> None:
    owner = await make_person()
    for province in ("01", "79"):
        await organisation(owner, "Nhà Sen", ("incubator",), country="VN", province_code=province)
    path = tmp_path / "a.csv"
    path.write_text(SHORT.format(weeks=12), "utf-8")
    run = new_id()
    await db.execute("INSERT INTO import_run (id, name, subject) VALUES ($1, 'a', 'programme')", run)
    await judgement.judge_file(run, path)
    assert await db.fetchval("SELECT fate FROM import_row WHERE run = $1", run) == "possible"
    await decide(run, 2, "same")
    await confirm(run)
    while await writing.write_batch(run):
        pass

    assert await db.fetchval("SELECT count(*) FROM programme WHERE name_vi = 'Gieo Sen'") == 1
