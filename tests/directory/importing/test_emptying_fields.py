"""A sign in a cell empties a field: in either language, never what must be said, never over people unasked, once."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.core import db as database
from app.directory import profiles
from app.directory.importing import values
from app.directory.importing.from_shell import import_file
from app.directory.importing.judgement import lines_below, look
from app.directory.importing.judging import Plan, read
from app.directory.importing.runs import Choices
from tests.directory.conftest import Cast

TITLES = "Loại tổ chức,Trang web,Lĩnh vực,Năm thành lập,Giới thiệu một câu (tiếng Việt)"
FILLED = f"Tên,{TITLES}\nSen Hồ Tây,startup,https://sen.example,agri,2016,Trà sen\n"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


async def stored(organisation: UUID) -> dict[str, Any]:
    row = await database.fetchrow(
        "SELECT website, sectors, founded_on, founded_precision, summary_vi FROM organisation WHERE id = $1",
        organisation,
    )
    return dict(row or {})


@pytest.mark.parametrize("sign", [*values.EMPTIES, " (TRỐNG) "])
async def test_it_empties_what_a_list_wrote_and_once_is_enough(db: object, tmp_path: Path, sign: str) -> None:
    first = await import_file(written(tmp_path / "a.csv", FILLED))
    organisation = await database.fetchval("SELECT organisation FROM import_row WHERE run = $1", first.run)
    assert (await stored(organisation))["website"] == "https://sen.example"
    emptying = f"Mã hồ sơ,{TITLES}\n{organisation},,{sign},{sign},{sign},\n"

    changed = await import_file(written(tmp_path / "b.csv", emptying))
    again = await import_file(written(tmp_path / "c.csv", emptying))

    assert (changed.changed, again.changed + again.new) == (1, 0)
    assert await stored(organisation) == {
        "website": "", "sectors": [], "founded_on": None, "founded_precision": None, "summary_vi": "Trà sen",
    }  # fmt: skip


async def test_what_people_wrote_is_left_and_shown(cast: Cast, tmp_path: Path) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"website": "https://kho.example"})

    result = await import_file(written(tmp_path / "a.csv", f"Mã hồ sơ,Trang web\n{cast.id},(trống)\n"))

    assert (await stored(cast.id))["website"] == "https://kho.example"
    conflicts = await database.fetchval("SELECT conflicts FROM import_row WHERE run = $1", result.run)
    assert list(conflicts) == ["website"]


@pytest.mark.parametrize("title", ["Tên", "Loại tổ chức", "Nhu cầu", "Mã hồ sơ"])
def test_what_must_be_said_cannot_be_emptied(tmp_path: Path, title: str) -> None:
    path = written(tmp_path / "a.csv", f"Tên pháp lý,{title}\nSen Hồ Tây,(trống)\n")
    looked = look(path, Choices())

    [said] = read(list(lines_below(path, looked)), Plan(tuple(looked.columns)))

    assert [fault.phrase for fault in said.faults] == [str(values.CANNOT_BE_EMPTY)]


def test_a_dash_is_no_such_sign(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "Tên,Tên pháp lý\nSen Hồ Tây,-\n")
    looked = look(path, Choices())

    [said] = read(list(lines_below(path, looked)), Plan(tuple(looked.columns)))

    assert said.values["legal_name"] == "-"
