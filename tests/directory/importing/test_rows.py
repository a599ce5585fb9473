"""Files that people really send: rows of every sort judged cell by cell, repeated rows, columns that say nothing."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.directory.importing import sources
from app.directory.importing.from_shell import Report, import_file
from app.directory.importing.tabular import CannotRead


def file_of(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "tệp.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


async def stored(name: str) -> dict[str, Any] | None:
    row = await database.fetchrow("SELECT * FROM organisation WHERE name = $1", name)
    return dict(row) if row else None


def told(report: Report) -> list[tuple[int, str, str]]:
    return [(found.row, found.fault.field, found.fault.text("en")) for found in report.faults]


UNKNOWN = "We do not know “%s”."
ROWS: list[tuple[str, list[tuple[str, str]]]] = [
    ("Sen 1,startup,,,,", []),
    ("Sen 2,doanh nghiệp khởi nghiệp,,,,", []),
    ('Sen 3,"startup, investor",,,,', []),
    ("Sen 4,startup|investor,,,,", []),
    ("Sen 5,startup;investor,,,,", []),
    ("Sen 6,startup / investor,,,,", []),
    ('Sen 7,"startup\ninvestor",,,,', []),
    ('Sen 8,startup,"Tài chính, bảo hiểm",,,', []),
    ('Sen 9,startup,"agri, fin; ai",,,', []),
    ("Sen 10,startup,,Mỹ,,", []),
    ("Sen 11,startup,,MY,,", []),
    ("Sen 12,startup,,,TP Huế,", [("province_code", UNKNOWN % "TP Huế")]),
    ("Sen 13,startup,,,Huế,", []),
    ("Sen 14,,,,,", [("kinds", "Please fill this in.")]),
    (",startup,,,,", [("name", "The row names no organisation.")]),
    ("!!!,startup,,,,", [("name", "A name needs at least one letter or digit.")]),
    ("x" * 161 + ",startup,,,,", [("name", "This is too long: at most 160 characters.")]),
    ("Sen 15,fish,,,,", [("kinds", UNKNOWN % "fish")]),
    ('Sen 16,"startup, fish",,,,', [("kinds", UNKNOWN % "fish")]),
    ("Sen 17,startup,steam,,,", [("sectors", UNKNOWN % "steam")]),
    ("Sen 18,fish,steam,Atlantis,Paris,", [("kinds", UNKNOWN % "fish"), ("sectors", UNKNOWN % "steam"),
        ("country", UNKNOWN % "Atlantis"), ("province_code", UNKNOWN % "Paris")]),
    ("Sen 19,startup,,,,javascript:x", [("website", "Please enter an address such as https://example.com.")]),
    ("Sen 20,startup|investor|incubator|institute|company,,,,", [("kinds", "Please choose at most 4.")]),
    ("=cmd()|x,startup,,,,", []),
    ("<script>x</script>,startup,,,,", []),
    ("'; DROP TABLE organisation; --,startup,,,,", []),
    ("{{7*7}} %s %(x)s,startup,,,,", []),
    ("Sen 21,startup,,,,,,,,more,cells,than,columns", []),
    ("Sen 22,startup", []),
    ("Ngu?n ??c,startup,,,,", [("name", "Letters of this text were lost before it came to us: “Ngu?n ??c”.")]),
    ("Sen\u202e 23,startup,,,,", []),
    ("Sen\u200d 24 " + "a" + "\u0301" * 50 + ",startup,,,,", []),
]  # fmt: skip


async def test_each_row_is_judged_by_its_cells(db: asyncpg.Connection, tmp_path: Path) -> None:
    text = "name,kinds,sectors,country,province,website\n" + "".join(f"{row}\n" for row, _faults in ROWS)
    report = await import_file(file_of(tmp_path, text))

    assert told(report) == [
        (number, field, said) for number, (_row, faults) in enumerate(ROWS, 2) for field, said in faults
    ]
    fine = sum(not faults for _row, faults in ROWS)
    assert (report.rows, report.new, report.faulty) == (len(ROWS), fine, len(ROWS) - fine)
    assert await database.fetchval("SELECT count(*) FROM organisation") == fine
    for found in report.faults:
        assert found.fault.text("vi") != found.fault.text("en")
        assert "%(" not in found.fault.text("vi")
    row = await stored("Sen 24 " + "a" + "\u0301" * 4) or await stored("Sen\u200d 24 á\u0301\u0301\u0301")
    assert row is not None


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "There is nothing in this file."),
        (b"\n \n", "There is nothing in this file."),
        (b"\xef\xbb\xbf\n", "There is nothing in this file."),
        (b"kinds\nstartup\n", "Please say first which column holds the name"),
        (b"\xff\xfe", "This is not a table"),
        ("tên\x00,loại\n".encode(), "This is not a table"),
        (b'name,kinds\n"Sen,startup\n', "In row 2 a quotation mark"),
        (b'name,kinds\nSen,startup\n"a"b,startup\n', "In row 3 a quotation mark"),
        ("name,kinds\nCrème Brûlée,startup\n".encode("latin-1"), "Please say first in which letters"),
        (b"PK\x03\x04\x14\x00", "This workbook is damaged: zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an old .xls workbook"),
        (b"%PDF-1.7\n%\xe2\xe3", "This is not a table"),
        (b"<html><body>x</body></html>", "This is a web page"),
        (b'{"name": "Sen"}', "Please say first which column holds the name"),
        (b"name,kinds\n" + b"x" * 200_000 + b",startup\n", "In row 2 a cell has more than 40000 characters."),
        (b"name\n" + b"," * 500 + b"x\n", "Row 2 has more than 400 columns."),
    ],
)  # fmt: skip
async def test_what_is_no_table_of_ours_is_refused_and_nothing_is_written(
    db: asyncpg.Connection, tmp_path: Path, raw: bytes, said: str
) -> None:
    with pytest.raises(CannotRead) as refused:
        await import_file(file_of(tmp_path, raw))

    assert refused.value.text("en").startswith(said)
    assert refused.value.text("vi") != refused.value.text("en")
    assert await db.fetchval("SELECT count(*) FROM organisation") == 0
    assert await db.fetchval("SELECT count(*) FROM import_row") == 0


async def test_a_file_beyond_all_measure_is_refused(
    db: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_BYTES", 40)

    with pytest.raises(CannotRead):
        await import_file(file_of(tmp_path, "name,kinds\n" + "Sen,startup\n" * 4))
    assert (await import_file(file_of(tmp_path, "name,kinds\nSen,startup\n"))).new == 1


async def test_the_first_row_about_an_organisation_counts_and_the_others_name_it(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    text = (
        "name,kinds,country,province,mst\n"
        "Trà Sen,startup,VN,Hà Nội,\n"
        "tra sen,investor,VN,,\n"
        "Trà Sen,startup,VN,Huế,\n"
        "Trà Sen,startup,US,,\n"
        "Mây Tre,startup,,,0101234567\n"
        "Mây Tre Đan,startup,,,0101234567\n"
        "Mây Tre,startup,,,0101234568\n"
        "Trà Sen,startup,,,\n"
    )
    report = await import_file(file_of(tmp_path, text))

    about = "Row %s of this file is about the same organisation."
    assert told(report) == [(3, "name", about % 2), (7, "name", about % 6), (9, "name", about % 2)]
    assert (report.rows, report.new) == (8, 5)
    assert await db.fetchval("SELECT count(*) FROM organisation") == 5


async def test_cells_and_columns_that_say_nothing_change_nothing(db: asyncpg.Connection, tmp_path: Path) -> None:
    await import_file(file_of(tmp_path, "name,kinds,country,sectors,summary_vi\nSen,startup,VN,agri,Một\n"))
    report = await import_file(file_of(tmp_path, "name,kinds,country,summary_vi\nSen,investor,VN,\n"))

    row = await stored("Sen")
    assert row is not None
    assert (report.changed, row["kinds"], row["sectors"], row["summary_vi"]) == (1, ["investor"], ["agri"], "Một")


async def test_accents_that_were_missing_are_taken_over_and_capitals_are_not(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    await import_file(file_of(tmp_path, "name,kinds\ntra sen,startup\n"))
    accents = await import_file(file_of(tmp_path, "name,kinds\nTrà Sen,startup\n"))
    capitals = await import_file(file_of(tmp_path, "name,kinds\nTRÀ SEN,startup\n"))

    row = await stored("Trà Sen")
    assert row is not None
    assert (accents.changed, capitals.unchanged, row["slug"], row["version"]) == (1, 1, "tra-sen", 2)


async def test_the_report_reads_well(db: asyncpg.Connection, tmp_path: Path) -> None:
    text = "name,kinds,màu\nSen,startup,đỏ\nTrúc,fish,xanh\n"

    assert str(await import_file(file_of(tmp_path, text), dry_run=True)).splitlines() == [
        "2 rows: 1 new, 0 changed, 0 as before, 0 left as people wrote them, 0 possible duplicates left out,"
        " 1 with faults (dry run, nothing written)",
        "columns not used: màu",
        "row 3, kinds: We do not know “fish”.",
    ]


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
_CELLS = st.one_of(
    st.sampled_from(
        ["startup", "Sen", "VN", "Hà Nội", "agri", "fish", "", "=1+1", "a|b", "x" * 200, "2 tỷ", "1.234,5"]
    ),
    st.text(max_size=30),
)
_TITLES = ["tên", "loại", "kinds", "sectors", "country", "province", "website", "màu", "", "Số vốn (tỷ đồng)", "mst",
           "Năm thành lập", "Nhu cầu", "Phường xã", "trl", "Mã hồ sơ"]  # fmt: skip


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(
    header=st.lists(st.sampled_from(_TITLES), min_size=1, max_size=7),
    rows=st.lists(st.lists(_CELLS, max_size=8), max_size=5),
    separator=st.sampled_from([",", ";", "\t"]),
)
async def test_no_table_breaks_the_import_and_the_second_time_changes_nothing(
    db: asyncpg.Connection, tmp_path: Path, header: list[str], rows: list[list[str]], separator: str
) -> None:
    def line(cells: list[str]) -> str:
        return separator.join('"' + cell.replace('"', '""').replace("\x00", "") + '"' for cell in cells)

    text = "\n".join([line(["tên", *header]), *map(line, rows)])
    path = file_of(tmp_path, text.encode("utf-8", "replace"))
    try:
        first = await import_file(path)
    except CannotRead:
        return
    again = await import_file(path)

    assert (again.new, again.changed) == (0, 0)
    assert again.unchanged == first.new + first.changed + first.unchanged
    assert again.faults == first.faults
