"""The pictures of docs/matching.md: drawn from the engine, the same every time, and those that are shown."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scripts import matching_pictures

DOCS = Path(__file__).parents[3] / "docs"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", ["flow.svg", "timetable.svg"])
def test_picture_in_the_docs_is_what_the_engine_draws_today(name: str) -> None:
    drawn = matching_pictures.PICTURES[name]()
    assert (DOCS / "matching" / name).read_text(encoding="utf-8") == drawn


def test_crowding_shows_three_ways_and_the_market_forgets_nobody() -> None:
    root = ElementTree.fromstring(matching_pictures.crowding())
    curves = root.findall(f"{SVG}polyline")
    assert [len(curve.attrib["points"].split()) for curve in curves] == [60, 60, 60]
    words = [text.text or "" for text in root.findall(f"{SVG}text")]
    left_out = [int(found[1]) for text in words if (found := re.search(r": (\d+) of 60 in no list", text))]
    assert left_out[2] == 0 < left_out[0]


def test_every_meeting_of_the_day_is_drawn_once() -> None:
    root = ElementTree.fromstring(matching_pictures.timetable())
    drawn = [text.text for text in root.findall(f"{SVG}text") if "table " in (text.text or "") and "·" in text.text]
    made = matching_pictures.plan(matching_pictures.read_problem(matching_pictures.small_day()))
    assert len(drawn) == len(made.meetings)
    assert made.below_minimum == ()


def test_pictures_that_the_page_shows_exist_and_have_titles() -> None:
    shown = re.findall(r"\]\((matching/[a-z]+\.svg)\)", (DOCS / "matching.md").read_text(encoding="utf-8"))
    assert {Path(name).name for name in shown} == set(matching_pictures.PICTURES)
    for name in shown:
        root = ElementTree.parse(DOCS / name).getroot()
        assert root.findtext(f"{SVG}title")
        assert root.attrib["role"] == "img"


def test_drawing_writes_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching_pictures, "FOLDER", tmp_path / "new")
    assert matching_pictures.main() == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(matching_pictures.PICTURES)
