"""Workbooks: cells of every type as values, what people hide in them, and what attackers send instead."""

import io
import zipfile
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.directory.importing import workbook
from app.directory.importing.harmless import bare
from app.directory.importing.sources import examine, opened
from app.directory.importing.tables_out import TableOut
from app.directory.importing.tabular import MOST_COLUMNS, CannotRead, Cell, Row, Trouble
from app.directory.importing.workbook import Workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def parts(sheet: str, **more: str) -> dict[str, str]:
    """The parts of a small workbook around the rows of its one sheet."""
    return {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships><Relationship Id="r" Type="{REL}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets><sheet name="A" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="r1" Type="{REL}/worksheet"'
        ' Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
        **more,
    }


def packed(tmp_path: Path, content: dict[str, str]) -> Path:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in content.items():
            file.writestr(name, text)
    return path


def rows_of(path: Path, sheet: int | None = None) -> list[Row]:
    with opened(path, examine(path, None, sheet)) as rows:
        return list(rows)


def cells_of(tmp_path: Path, cells: str) -> list[Cell]:
    return rows_of(packed(tmp_path, parts(f"<row>{cells}</row>")))[0][1]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("<c><v>12</v></c>", 12),
        ("<c><v>12.5</v></c>", Decimal("12.5")),
        ("<c><v>1.23456789012E+11</v></c>", 123456789012),
        ("<c><v>-0.5</v></c>", Decimal("-0.5")),
        ("<c><v>NaN</v></c>", "NaN"),
        ("<c><v>1e400</v></c>", "1e400"),
        ('<c t="b"><v>1</v></c>', True),
        ('<c t="inlineStr"><is><t>Trà</t><r><t> Sen</t></r></is></c>', "Trà Sen"),
        ('<c t="str"><f>A1&amp;"x"</f><v>ax</v></c>', "ax"),
        ('<c t="str"><f>""</f><v></v></c>', ""),
        ('<c><f>1+1</f><v>2</v></c>', 2),
        ('<c t="d"><v>2024-05-17T00:00:00</v></c>', date(2024, 5, 17)),
        ('<c t="d"><v>soon</v></c>', "soon"),
        ('<c t="s"><v>7</v></c>', ""),
    ],
)  # fmt: skip
def test_cells_as_values(tmp_path: Path, cell: str, value: Any) -> None:
    found = cells_of(tmp_path, f'{cell}<c t="inlineStr"><is><t>.</t></is></c>')[0]

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("<c><f>VLOOKUP(1,2)</f></c>", "This is a formula whose result is not stored."),
        ("<c><f>1+1</f><v/></c>", "This is a formula whose result is not stored."),
        ('<c t="e"><f>1/0</f><v>#DIV/0!</v></c>', "This cell shows the error #DIV/0!."),
    ],
)
def test_cells_without_a_value(tmp_path: Path, cell: str, said: str) -> None:
    found = cells_of(tmp_path, cell)[0]

    assert isinstance(found, Trouble)
    assert found.phrase.text("en", value=found.shown).startswith(said)


def test_dates_are_known_by_their_format_and_both_calendars(tmp_path: Path) -> None:
    for from_1904 in (False, True):
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(path, {"date_1904": from_1904}) as book:
            sheet = book.add_worksheet()
            for column, form in enumerate(("dd/mm/yyyy", "yyyy-mm-dd hh:mm", "#,##0", "General", '0 "ngày"')):
                sheet.write(0, column, 45_000.75 if column == 1 else 45_000, book.add_format({"num_format": form}))
            sheet.write_datetime(1, 0, datetime(1905, 2, 3), book.add_format({"num_format": "mmm yyyy"}))
        rows = rows_of(path)
        shift = date(2027, 3, 16) if from_1904 else date(2023, 3, 15)

        assert rows[0][1] == [shift, datetime(shift.year, shift.month, shift.day, 18), 45_000, 45_000, 45_000]
        assert rows[1][1] == [date(1905, 2, 3)]


def test_rows_keep_their_numbers_and_merged_cells_are_filled_downwards(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:C1", "Danh sách 2026")
        sheet.write_row("A3", ["Tên", "Tỉnh"])
        sheet.merge_range("B4:B6", "Hà Nội")
        for row, name in ((3, "Sen"), (4, "Trúc"), (5, "Mai"), (6, "Cúc")):
            sheet.write(row, 0, name)

    assert rows_of(path) == [
        (1, ["Danh sách 2026"]), (3, ["Tên", "Tỉnh"]), (4, ["Sen", "Hà Nội"]), (5, ["Trúc", "Hà Nội"]),
        (6, ["Mai", "Hà Nội"]), (7, ["Cúc"]),
    ]  # fmt: skip


def test_the_first_sheet_that_people_see_and_that_holds_something_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        secret = book.add_worksheet("Ẩn")
        book.add_worksheet("Trống")
        book.add_worksheet("Dữ liệu").write("A1", "Tên")
        secret.write("A1", "bí mật")
        secret.hide()
        book.worksheets()[2].activate()
        book.worksheets()[1].set_first_sheet()
    source = examine(path)

    assert [(sheet.name, sheet.hidden) for sheet in source.sheets] == [
        ("Ẩn", True), ("Trống", False), ("Dữ liệu", False),
    ]  # fmt: skip
    assert (source.sheet, rows_of(path), rows_of(path, 0)) == (2, [(1, ["Tên"])], [(1, ["bí mật"])])


def test_texts_typed_in_an_old_font_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_column("A1", ["Tªn", "C«ng ty cæ phÇn ViÖt Nam", "Quü ®Çu t­ Hµ Néi"])

    assert [cells for _number, cells in rows_of(path)] == [
        ["Tên"], ["Công ty cổ phần Việt Nam"], ["Quỹ đầu tư Hà Nội"],
    ]  # fmt: skip


BOMB = "<!DOCTYPE lolz [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><worksheet><sheetData/></worksheet>"
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sst><si><t>&e;</t></si></sst>'
_ROW = '<row><c t="s"><v>0</v></c></row>'
_STRINGS = (
    f'<Relationships><Relationship Id="r1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (parts("", **{"xl/worksheets/sheet1.xml": BOMB}), "This workbook tells its reader to fetch other documents"),
        (
            parts(_ROW, **{"xl/_rels/workbook.xml.rels": _STRINGS, "xl/sharedStrings.xml": OUTSIDE}),
            "This workbook tells its reader to fetch other documents",
        ),
        (parts("<row><c></row>"), "This workbook is damaged: xl/worksheets/sheet1.xml"),
        (parts("", **{"xl/workbook.xml": "<workbook/>"}), "This workbook has no sheet with cells."),
        (parts(""), "This workbook has no sheet with cells."),
        ({"a.txt": "x"}, "This is not a table"),
        ({"mimetype": "x", "content.xml": "x"}, "This is an OpenDocument file."),
        ({**parts(_ROW), **{f"xl/{n}": "" for n in range(workbook.MOST_PARTS)}}, "This workbook unpacks to far more"),
        (parts('<row><c r="XFD1"><v>1</v></c></row>'), f"Row 1 has more than {MOST_COLUMNS} columns."),
        ({**parts(_ROW), "xl/bomb.bin": "0" * 20_000_000}, "This workbook unpacks to far more"),
    ],
)  # fmt: skip
def test_workbooks_that_are_refused(tmp_path: Path, content: dict[str, str], said: str) -> None:
    with pytest.raises(CannotRead) as refused:
        rows_of(packed(tmp_path, content))

    assert refused.value.text("en").startswith(said)
    assert refused.value.text("vi") != refused.value.text("en")


def test_a_part_that_says_it_is_small_and_is_not_ends_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path, parts("<row><c><v>1</v></c></row>" * 20_000))
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 400_000)
    monkeypatch.setattr(Workbook, "_examine", lambda _self: None)

    with pytest.raises(CannotRead) as refused:
        rows_of(path)
    assert refused.value.text("en").startswith("This workbook unpacks to far more")


def test_macros_are_told_and_not_read(tmp_path: Path) -> None:
    path = packed(tmp_path, {**parts("<row><c><v>1</v></c></row>"), "xl/vbaProject.bin": "macro"})

    assert (examine(path).macros, rows_of(path)) == (True, [(1, [1])])


_TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=20)
_VALUES = st.one_of(
    _TEXTS, st.sampled_from(["=1+1", "+84 912", "-x", "@SUM(A1)", "'=x", "''=y", "\tx", "＝1", "_x000D_", "a\nb"]),
    st.integers(-(10**13), 10**13), st.decimals(-(10**9), 10**9, places=3),
    st.dates(date(1901, 1, 1), date(2199, 1, 1)),
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(rows=st.lists(st.lists(_VALUES, min_size=3, max_size=3), max_size=4))
def test_what_is_written_as_xlsx_is_read_back(tmp_path: Path, rows: list[list[Any]]) -> None:
    path = tmp_path / "a.xlsx"
    with TableOut(path, "xlsx", ["a", "b", "c"]) as table:
        table.write_all(rows)
    found = {
        number: [bare(cell) if isinstance(cell, str) else cell for cell in cells] for number, cells in rows_of(path)
    }

    for number, row in enumerate(rows, 2):
        wanted = [value if not isinstance(value, Decimal) or value != int(value) else int(value) for value in row]
        cells = found.get(number, [])
        assert [*cells, "", "", ""][:3] == wanted


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_noise_in_a_workbook_breaks_nothing(tmp_path: Path, noise: bytes) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as file:
        for name, text in parts("<row><c><v>1</v></c></row>").items():
            file.writestr(name, text)
    raw = bytearray(whole.getvalue())
    raw[200 : 200 + len(noise)] = noise
    path = tmp_path / "a.xlsx"
    path.write_bytes(bytes(raw))
    with suppress(CannotRead):
        rows_of(path)
