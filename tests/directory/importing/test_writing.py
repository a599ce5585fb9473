"""Import: every row judged before one is written, exact faults, and the same file twice changes nothing."""

from pathlib import Path

import asyncpg
import pytest

from app.core import db as database
from app.directory import access, history
from app.directory.asking import Asked
from app.directory.finding import find
from app.directory.importing import batches, judgement
from app.directory.importing.from_shell import import_file
from app.directory.importing.tabular import CannotRead
from tests.directory.conftest import Cast

GOOD = """Tên;Loại hình;Lĩnh vực;Tỉnh thành;Trang web;Giới thiệu (tiếng Việt);Ghi chú
Trà Sen;Doanh nghiệp khởi nghiệp;Nông nghiệp | fintech;Hà Nội;trasen.example;Trà ướp sen;x
Quỹ Trúc;nhà đầu tư, Doanh nghiệp;Tài chính, bảo hiểm;TP Hồ Chí Minh;;;
"""


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "tổ chức.csv"
    path.write_text(GOOD.replace("TP Hồ Chí Minh", "Hồ Chí Minh"), encoding="utf-8")
    return path


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


async def test_rows_become_organisations_that_are_found(db: asyncpg.Connection, good: Path) -> None:
    report = await import_file(good)

    assert (report.rows, report.new, report.changed, report.unchanged, report.faults) == (2, 2, 0, 0, [])
    assert report.ignored_columns == ["Ghi chú"]
    row = await database.fetchrow("SELECT * FROM organisation WHERE slug = 'tra-sen'")
    assert row is not None
    assert (row["kinds"], row["sectors"], row["country"], row["province_code"]) == (
        ["startup"],
        ["agri", "fin"],
        "VN",
        "01",
    )
    assert (row["website"], row["summary_vi"], row["source"]) == ("https://trasen.example", "Trà ướp sen", "import")
    assert [found["name"] for found in (await find(Asked(q="quy truc"))).rows] == ["Quỹ Trúc"]
    assert await database.fetchval("SELECT kinds FROM organisation WHERE slug = 'quy-truc'") == ["investor", "company"]
    assert [change["act"] for change in await history.changes_of(row["id"])] == ["imported"]
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'") == 2


async def test_the_same_file_twice_changes_nothing(db: asyncpg.Connection, good: Path) -> None:
    await import_file(good)
    before = await db.fetch("SELECT * FROM organisation ORDER BY id")
    report = await import_file(good)

    assert (report.new, report.changed, report.unchanged) == (0, 0, 2)
    assert await db.fetch("SELECT * FROM organisation ORDER BY id") == before
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'") == 2


async def asked(topic: str) -> list[dict[str, object]]:
    return [row["payload"] for row in await database.fetch("SELECT payload FROM outbox WHERE topic = $1", topic)]


async def test_the_engine_is_asked_to_learn_once_per_import_with_changes(db: asyncpg.Connection, good: Path) -> None:
    await import_file(good, dry_run=True)
    assert await asked("connections.fit") == []
    await import_file(good)
    assert await asked("connections.fit") == [{}]
    await import_file(good)
    assert await asked("connections.fit") == [{}]
    written(good, good.read_text(encoding="utf-8").replace("Trà ướp sen", "Trà sen Tây Hồ"))
    await import_file(good)
    assert await asked("connections.fit") == [{}, {}]


async def test_an_import_that_fails_asks_for_nothing(
    db: asyncpg.Connection, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> int:
        raise ConnectionError

    monkeypatch.setattr(batches, "next_version", broken)
    with pytest.raises(ConnectionError):
        await import_file(good)

    assert (await asked("connections.fit"), await asked("connections.refresh")) == ([], [])


async def test_a_changed_cell_changes_one_row(db: asyncpg.Connection, good: Path) -> None:
    await import_file(good)
    written(good, good.read_text(encoding="utf-8").replace("Trà ướp sen", "Trà sen Tây Hồ"))
    report = await import_file(good)

    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)
    row = await database.fetchrow("SELECT * FROM organisation WHERE slug = 'tra-sen'")
    assert row is not None
    assert (row["summary_vi"], row["version"]) == ("Trà sen Tây Hồ", 2)
    assert [found["name"] for found in (await find(Asked(q="tay ho"))).rows] == ["Trà Sen"]
    assert (await history.changes_of(row["id"]))[0]["field"] == "summary_vi"


async def test_a_dry_run_writes_nothing(db: asyncpg.Connection, good: Path) -> None:
    report = await import_file(good, dry_run=True)

    assert (report.new, report.dry_run) == (2, True)
    assert "dry run" in str(report)
    assert await db.fetchval("SELECT count(*) FROM organisation") == 0
    assert await db.fetchval("SELECT count(*) FROM outbox") == 0


async def test_faults_name_row_column_and_reason_and_the_good_rows_are_taken(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "a.csv",
        "name,kinds,sectors,country,province,website\n"
        "Good,startup,AgriTech,Vietnam,,\n"
        ",startup,,VN,,\n"
        "Bad kind,fish,,VN,,\n"
        "Bad sector,startup,Steam,VN,,\n"
        "Bad country,startup,,Atlantis,,\n"
        "Bad province,startup,,,Paris,\n"
        "Bad web,startup,,VN,,javascript:x\n"
        "No kind,,,VN,,\n",
    )
    report = await import_file(path)

    assert (report.rows, report.new, report.faulty) == (8, 1, 7)
    assert [(found.row, found.fault.field) for found in report.faults] == [
        (3, "name"), (4, "kinds"), (5, "sectors"), (6, "country"), (7, "province_code"), (8, "website"), (9, "kinds"),
    ]  # fmt: skip
    assert all(found.fault.text("vi") and found.fault.text("en") for found in report.faults)
    assert "row 5, sectors: We do not know “Steam”." in str(report)
    assert await db.fetchval("SELECT array_agg(name) FROM organisation") == ["Good"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_encodings_that_spreadsheets_write(db: asyncpg.Connection, tmp_path: Path, encoding: str) -> None:
    report = await import_file(written(tmp_path / "a.csv", "Tên\tLoại\nTrà Sen\tstartup\n", encoding))

    assert (report.new, report.faults) == (1, [])
    assert await db.fetchval("SELECT name FROM organisation") == "Trà Sen"


async def test_other_unicode_forms_are_the_same_row(db: asyncpg.Connection, tmp_path: Path) -> None:
    await import_file(written(tmp_path / "a.csv", "name,kinds\nTrà Sen,startup\n"))
    report = await import_file(written(tmp_path / "b.csv", "name,kinds\nTra\u0300 Sen,startup\nTRÀ  SEN,startup\n"))

    assert (report.rows, report.unchanged, report.faulty) == (2, 1, 1)
    assert report.faults[0].fault.text("en") == "Row 2 of this file is about the same organisation."
    assert await db.fetchval("SELECT count(*) FROM organisation") == 1


@pytest.mark.parametrize(
    "raw", [b"", b"\n\n", b"\xff\x00\xff", b"colour,shape\nred,round\n", b'name\n"open', b"name\x00\nx"]
)
async def test_what_is_no_table_is_refused_whole(db: asyncpg.Connection, tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(raw)

    with pytest.raises(CannotRead) as refused:
        await import_file(path)
    assert refused.value.text("vi")


async def test_very_long_files_are_refused(
    db: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judgement, "MOST_ROWS", 2)

    with pytest.raises(CannotRead) as refused:
        await import_file(written(tmp_path / "a.csv", "name,kinds\na,startup\nb,startup\nc,startup\n"))
    assert "2" in refused.value.text("en")


async def test_an_import_does_not_touch_what_people_wrote(cast: Cast, tmp_path: Path) -> None:
    text = "name,kinds,country,website\nNguyễn Đức Robot,company,VN,robot.example\n"
    report = await import_file(written(tmp_path / "a.csv", text))

    assert (report.new, report.changed, report.conflict) == (0, 1, 0)
    row = (await access.organisation_for(cast.owner, cast.slug)).row
    assert (row["kinds"], row["website"]) == (["startup"], "https://robot.example")
    kept = await database.fetchval("SELECT conflicts FROM import_row")
    assert kept == {"kinds": [["startup"], ["company"], "people of the organisation wrote this value"]}
    assert (await import_file(tmp_path / "a.csv")).conflict == 1


async def test_a_text_in_one_language_only_is_known_as_the_original(db: asyncpg.Connection, tmp_path: Path) -> None:
    originals = "SELECT array_agg(field ORDER BY field) FROM field_note WHERE is_source"
    path = written(tmp_path / "a.csv", "name,kinds,summary_vi,description_vi,description_en\nSen,startup,Trà,Một,One\n")
    await import_file(path)
    first = await db.fetchval(originals)
    await import_file(written(path, "name,kinds,summary_en,pitch_en\nSen,startup,Tea,Two\n"))

    assert (first, await db.fetchval(originals)) == (["summary_vi"], ["pitch_en", "summary_vi"])
