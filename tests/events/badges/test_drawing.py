"""Badges as they come out of the printer: every letter with its marks, nothing beyond the edge, codes that are read."""

import io
import unicodedata
from datetime import UTC, datetime

import numpy as np
import pypdf
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from app.core.text import clean_line
from events.badges.drawing import QR_SIDE, Badge, badges_pdf, picture
from events.badges.sizes import SIZES
from events.paper import FONTS

NAMES = (
    "Nguyễn Thị Ánh Tuyết",
    "Đặng Ngọc Quỳnh Như",
    "Trần Lê Hữu Phước",
    "Phạm Thuỳ Dương",
    "Vũ Đình Khuê",
    "Bùi Thị Mỹ Lệ",
    "Tôn Nữ Hoàng Thị Phương Quỳnh Nguyễn Phúc Bảo Trâm Khuyên",
    "Ỷ Ỹ Ỵ Ẵ Ặ Ẫ Ậ Ễ Ệ Ỗ Ộ Ỡ Ợ Ữ Ự",
    "ỷ ỹ ỵ ẵ ặ ẫ ậ ễ ệ ỗ ộ ỡ ợ ữ ự đ",
    "Y",
)
"""Ten hard names: stacked marks on capitals and small letters, the two ways to write uỳ, the longest, the shortest."""
MADE = datetime(2026, 12, 12, tzinfo=UTC)
WIDTH = 840


def drawn(name: str, size: str = "a6", **more: str) -> np.ndarray:
    pdf = badges_pdf([Badge(name=name, **more)], SIZES[size], "t", MADE)
    return np.asarray(Image.open(io.BytesIO(picture(pdf, WIDTH))).convert("L")).astype(int)


def plain(name: str) -> str:
    """The letters without their marks; đ keeps its stroke in Unicode, so it is taken off by hand."""
    without = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return without.replace("Đ", "D").replace("đ", "d")


@pytest.mark.parametrize("name", NAMES)
def test_marks_are_drawn_and_stand_where_the_font_puts_them(name: str) -> None:
    """The same picture for both ways to encode a name, another one without its marks; no letter is a hollow box."""
    whole = drawn(name)
    assert np.array_equal(whole, drawn(clean_line(unicodedata.normalize("NFD", name))))
    bare = plain(name)
    if bare != name:
        assert np.abs(whole - drawn(bare)).sum() > 255 * 20
    letters = TTFont(FONTS / "BeVietnamPro-Bold.ttf").getBestCmap()
    assert [c for c in name if ord(c) not in letters] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", ["a6", "label_90"])
def test_nothing_is_drawn_over_the_edge(name: str, size: str) -> None:
    picture_of = drawn(name, size, organisation=" ".join([name] * 3), role=name, event=name, line=name)
    edge = int(2.5 / SIZES[size].width * WIDTH)
    above_the_band = int(picture_of.shape[0] * 0.82)
    assert picture_of[:above_the_band, :edge].min() == 255
    assert picture_of[:edge, :].min() == 255


@pytest.mark.parametrize("name", NAMES[:7])
def test_a_name_is_copied_out_of_the_file_as_it_was_typed(name: str) -> None:
    text = pypdf.PdfReader(io.BytesIO(badges_pdf([Badge(name=name)], SIZES["a6"], "t", MADE))).pages[0].extract_text()
    assert "".join(text.split()) == "".join(name.split())


def test_many_badges_fill_pages() -> None:
    told: list[int] = []
    pdf = badges_pdf([Badge(name=f"Khách {n}") for n in range(19)], SIZES["a4_8"], "t", MADE, told.append)
    assert (len(pypdf.PdfReader(io.BytesIO(pdf)).pages), told) == (3, [8, 16, 19])


def test_a_qr_code_is_large_enough_for_any_door() -> None:
    """Cases of printed codes ask for 25 mm; whether one is read is tried in a browser (tests/e2e/test_badge.py)."""
    assert QR_SIDE >= 25
    dark = drawn("Lê An", qr="A" * 162) < 128
    columns = np.flatnonzero(dark[int(dark.shape[0] * 0.6) :].any(axis=0))
    assert (columns.max() - columns.min()) / WIDTH * 105 == pytest.approx(QR_SIDE, abs=0.5)
