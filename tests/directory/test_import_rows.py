"""Files that people really send: columns in any order and language, cells of every sort, rows that are wrong."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.directory import importing
from app.directory.importing import COLUMNS, CannotImport, import_file


def file_of(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "tệp.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


async def stored(name: str) -> dict[str, Any] | None:
    row = await database.fetchrow("SELECT * FROM organisation WHERE name = $1", name)
    return dict(row) if row else None


@pytest.mark.parametrize(
    ("column", "title"), [(column, title) for column, titles in COLUMNS.items() for title in (column, *titles)]
)
async def test_columns_are_known_by_any_of_their_titles(
    db: asyncpg.Connection, tmp_path: Path, column: str, title: str
) -> None:
    cells = {"name": "Trà Sen", "kinds": "startup", "country": "VN", "province_code": "Hà Nội", "sectors": "agri"}
    cells |= {"name_en": "Lotus", "website": "sen.vn", "summary_vi": "Một", "summary_en": "One"}
    titles = {"name": "tên", "kinds": "loại"} | {column: title}
    header = ",".join(f'"{text.upper()}"' for text in titles.values())
    report = await import_file(file_of(tmp_path, f"{header}\n" + ",".join(cells[name] for name in titles) + "\n"))

    assert (report.new, report.faults, report.ignored_columns) == (1, [], [])
    row = await stored("Trà Sen")
    assert row is not None
    wanted: dict[str, Any] = {
        "kinds": ["startup"], "sectors": ["agri"], "province_code": "01", "website": "https://sen.vn",
    }  # fmt: skip
    assert row[column] == wanted.get(column, cells[column])


@pytest.mark.parametrize(
    ("row", "faults"),
    [
        ("Sen,startup,,,,", []),
        ("Sen,Startup,,,,", []),
        ("Sen,doanh nghiệp khởi nghiệp,,,,", []),
        ('Sen,"startup, investor",,,,', []),
        ("Sen,startup|investor,,,,", []),
        ("Sen,startup;investor,,,,", []),
        ('Sen,"startup\ninvestor",,,,', []),
        ('Sen,startup,"Tài chính, bảo hiểm",,,', []),
        ('Sen,startup,"agri, fin; ai",,,', []),
        ("Sen,startup,,Mỹ,,", []),
        ("Sen,startup,,MY,,", []),
        ("Sen,startup,,,TP Huế,", [("province_code", "TP Huế")]),
        ("Sen,startup,,,Huế,", []),
        ("Sen,startup,,US,Hà Nội,", []),
        ("Sen,,,,,", [("kinds", None)]),
        (",startup,,,,", [("name", None)]),
        ("!!!,startup,,,,", [("name", None)]),
        ("x" * 161 + ",startup,,,,", [("name", None)]),
        ("Sen,fish,,,,", [("kinds", "fish")]),
        ('Sen,"startup, fish",,,,', [("kinds", "fish")]),
        ('Sen,"fish, bird",,,,', [("kinds", "fish"), ("kinds", "bird")]),
        ("Sen,startup,steam,,,", [("sectors", "steam")]),
        ("Sen,fish,steam,Atlantis,Paris,", [("kinds", "fish"), ("sectors", "steam"), ("country", "Atlantis"),
                                            ("province_code", "Paris")]),
        ("Sen,startup,,,,javascript:x", [("website", None)]),
        ('Sen,startup,,,,"https://a.com/""x"', [("website", None)]),
        ("Sen,startup|investor|incubator|institute|company,,,,", [("kinds", None)]),
        ("=cmd()|x,startup,,,,", []),
        ("<script>x</script>,startup,,,,", []),
        ("Sen,startup,,,,,,,,more,cells,than,columns", []),
        ("Sen,startup", []),
    ],
)  # fmt: skip
async def test_each_row_is_judged_by_its_cells(
    db: asyncpg.Connection, tmp_path: Path, row: str, faults: list[tuple[str, str | None]]
) -> None:
    report = await import_file(
        file_of(tmp_path, f"name,kinds,sectors,country,province,website\nTốt,company,,,,\n{row}\n")
    )

    assert [(fault.column, fault.params.get("value")) for fault in report.faults] == faults
    assert {fault.row for fault in report.faults} <= {3}
    assert (report.rows, report.new) == (2, 1 if faults else 2)
    assert await database.fetchval("SELECT count(*) FROM organisation") == report.new
    for fault in report.faults:
        assert "%(" not in fault.text("vi") + fault.text("en")


async def test_a_row_that_is_too_long_is_told_its_limit(db: asyncpg.Connection, tmp_path: Path) -> None:
    text = "name,kinds,summary_vi\n" + "x" * 161 + ",startup," + "y" * 281 + "\n"
    report = await import_file(file_of(tmp_path, text))

    assert {fault.column: fault.text("en") for fault in report.faults} == {
        "name": "This is too long: at most 160 characters.",
        "summary_vi": "This is too long: at most 280 characters.",
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
async def test_line_ends_and_separators(db: asyncpg.Connection, tmp_path: Path, end: str, separator: str) -> None:
    lines = [separator.join(cells) for cells in (("name", "kinds"), ("Sen", "startup"), ("", ""), ("Trúc", "investor"))]
    report = await import_file(file_of(tmp_path, end.join(lines) + end))

    assert (report.rows, report.new, report.faults) == (2, 2, [])


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\n", b"name", b"\xef\xbb\xbf", b"kinds\nstartup\n", b"\xff\xfe", "tên\x00,loại\n".encode(),
        b'name,kinds\n"Sen,startup\n', "name,kinds\nS\u00e9n,startup\n".encode("latin-1"), b"PK\x03\x04\x14\x00",
        b"%PDF-1.7\n%\xe2\xe3", b"name,kinds\n" + b"x" * 200_000 + b",startup\n", b'name,kinds\n"a"b,startup\n',
        b'{"name": "Sen"}', b"<html><body>x</body></html>",
    ],
)  # fmt: skip
async def test_what_is_no_table_of_ours_is_refused_and_nothing_is_written(
    db: asyncpg.Connection, tmp_path: Path, raw: bytes
) -> None:
    if raw == b"name":
        assert (await import_file(file_of(tmp_path, raw))).rows == 0
        return
    with pytest.raises(CannotImport) as refused:
        await import_file(file_of(tmp_path, raw))

    assert refused.value.text("vi") != refused.value.text("en")
    assert await db.fetchval("SELECT count(*) FROM organisation") == 0


async def test_a_file_beyond_all_measure_is_refused(
    db: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST_BYTES", 40)

    with pytest.raises(CannotImport):
        await import_file(file_of(tmp_path, "name,kinds\n" + "Sen,startup\n" * 4))
    assert (await import_file(file_of(tmp_path, "name,kinds\nSen,startup\n"))).new == 1


async def test_the_same_organisation_twice_in_a_file_is_one_and_the_last_row_counts(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    text = "name,kinds,country,summary_vi\nTrà Sen,startup,VN,Một\ntra sen,investor,VN,Hai\nTrà Sen,startup,US,Ba\n"
    report = await import_file(file_of(tmp_path, text))

    assert (report.rows, report.new) == (3, 2)
    rows = await db.fetch("SELECT name, country, summary_vi FROM organisation ORDER BY country")
    assert [tuple(row) for row in rows] == [("Trà Sen", "US", "Ba"), ("tra sen", "VN", "Hai")]


async def test_columns_that_are_not_there_change_nothing(db: asyncpg.Connection, tmp_path: Path) -> None:
    await import_file(file_of(tmp_path, "name,kinds,country,sectors,summary_vi\nSen,startup,VN,agri,Một\n"))
    report = await import_file(file_of(tmp_path, "name,kinds,country\nSen,investor,VN\n"))

    row = await stored("Sen")
    assert row is not None
    assert (report.changed, row["kinds"], row["sectors"], row["summary_vi"]) == (1, ["investor"], ["agri"], "Một")


async def test_another_spelling_of_the_name_is_taken_over_and_found(db: asyncpg.Connection, tmp_path: Path) -> None:
    await import_file(file_of(tmp_path, "name,kinds\ntra sen,startup\n"))
    report = await import_file(file_of(tmp_path, "name,kinds\nTrà Sen,startup\n"))

    row = await stored("Trà Sen")
    assert row is not None
    assert (report.new, report.changed, row["slug"], row["version"]) == (0, 1, "tra-sen", 2)


async def test_two_sources_do_not_touch_each_other(db: asyncpg.Connection, tmp_path: Path) -> None:
    path = file_of(tmp_path, "name,kinds\nSen,startup\n")
    first = await import_file(path, source="sở")
    second = await import_file(path, source="quỹ")
    again = await import_file(path, source="sở")

    assert (first.new, second.new, again.unchanged) == (1, 1, 1)
    assert await db.fetch("SELECT source FROM organisation ORDER BY number") == [("sở",), ("quỹ",)]


async def test_the_report_reads_well(db: asyncpg.Connection, tmp_path: Path) -> None:
    text = "name,kinds,màu\nSen,startup,đỏ\nTrúc,fish,xanh\n"

    assert str(await import_file(file_of(tmp_path, text), dry_run=True)).splitlines() == [
        "2 rows: 1 new, 0 changed, 0 as before, 1 with faults (dry run, nothing written)",
        "columns not used: màu",
        "row 3, kinds: We do not know “fish”.",
    ]
    assert (await import_file(file_of(tmp_path, text))).faults[0].text("vi") == "Chúng tôi không hiểu “fish”."


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
_CELLS = st.one_of(
    st.sampled_from(["startup", "Sen", "VN", "Hà Nội", "agri", "fish", "", "=1+1", "a|b", "x" * 200]),
    st.text(max_size=30),
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(
    header=st.lists(st.sampled_from([*COLUMNS, "tên", "màu", "", "loại"]), min_size=1, max_size=7),
    rows=st.lists(st.lists(_CELLS, max_size=8), max_size=5),
    separator=st.sampled_from([",", ";", "\t"]),
)
async def test_no_table_breaks_the_import_and_the_second_time_changes_nothing(
    db: asyncpg.Connection, tmp_path: Path, header: list[str], rows: list[list[str]], separator: str
) -> None:
    def line(cells: list[str]) -> str:
        return separator.join('"' + cell.replace('"', '""').replace("\x00", "") + '"' for cell in cells)

    text = "\n".join([line(header), *map(line, rows)])
    path = file_of(tmp_path, text.encode("utf-8", "replace"))
    try:
        first = await import_file(path)
    except CannotImport:
        return
    again = await import_file(path)

    assert (again.new, again.changed) == (0, 0)
    assert first.new + first.changed + first.unchanged == again.unchanged
    assert len(again.faults) == len(first.faults)
