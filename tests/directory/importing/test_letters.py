"""Letters of files: every encoding and old font that people here still send is told apart by content, and read."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.directory.importing import letters
from app.directory.importing.letters import SCRIPTS, reading_of, rewritten
from app.directory.importing.sources import examine, opened
from app.directory.importing.syllables import is_syllable, share_of
from app.directory.importing.tabular import Cell, Trouble

TEXT = (
    "Tên;Lĩnh vực\nCông ty Cổ phần Nông nghiệp Đức Thịnh;Thực phẩm sạch\nQuỹ đầu tư Nguyễn Thị Hường;Ươm tạo\n"
    "Viện Khoa học Kỹ thuật Ứng dụng;Giống lúa, khuỷu ống, yêu cầu, quyết định, giếng nước\n"
)
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def in_cp1258(text: str) -> bytes:
    """As Windows wrote it: letters with hats and horns, tones as marks behind them."""
    out = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(part for part in parts if part in _TONES)
        out.append(unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES)) + tones)
    return "".join(out).encode("cp1258")


def in_table(text: str, table: dict[int, str]) -> str:
    back = {letter: chr(byte) for byte, letter in table.items()}
    return "".join(back.get(letter, letter) for letter in text)


def in_vni(text: str) -> str:
    alone = {"ơ": "ô", "ư": "ö", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î", "đ": "ñ", "ì": "ì", "í": "í"}
    marks = {"".join(sorted(mark)): sign for sign, mark in letters._VNI_MARKS.items()}
    out = []
    for letter in text:
        small = letter.lower()
        if small in alone:
            coded = alone[small]
        else:
            parts = unicodedata.normalize("NFD", small)
            stem, mark = (parts[0], parts[1:])
            if "\u031b" in mark:
                stem, mark = alone[unicodedata.normalize("NFC", f"{stem}\u031b")], mark.replace("\u031b", "")
            coded = stem + (marks["".join(sorted(mark))] if mark else "")
        out.append(coded.upper() if letter.isupper() else coded)
    return "".join(out)


def scrambled(text: str) -> str:
    """UTF-8 that a program took for Windows-1252."""
    return text.encode().decode("latin-1").translate(letters._WINDOWS)


WRITTEN: dict[str, bytes] = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with its mark": TEXT.encode("utf-8-sig"),
    "UTF-8, decomposed": unicodedata.normalize("NFD", TEXT).encode(),
    "UTF-16 LE with its mark": TEXT.encode("utf-16"),
    "UTF-16 BE with its mark": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "UTF-16 LE": TEXT.encode("utf-16-le"),
    "UTF-16 BE": TEXT.encode("utf-16-be"),
    "Windows-1258": in_cp1258(TEXT),
    "TCVN3": in_table(TEXT.replace("Ứ", "ứ"), letters._TCVN3).encode("latin-1"),
    "TCVN3 in UTF-8": in_table(TEXT.replace("Ứ", "ứ"), letters._TCVN3).encode(),
    "VNI": in_vni(TEXT).encode("latin-1"),
    "VNI in UTF-8": in_vni(TEXT).encode(),
    "VISCII": in_table(TEXT, letters._VISCII).encode("latin-1"),
    "UTF-8 read as Windows-1252": scrambled(TEXT).encode(),
    "and that twice": scrambled(scrambled(TEXT)).encode(),
}


def read(path: Path) -> list[list[Cell]]:
    with opened(path, examine(path)) as rows:
        return [
            [unicodedata.normalize("NFC", cell) if isinstance(cell, str) else cell for cell in cells]
            for _number, cells in rows
        ]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_is_read_whatever_its_encoding(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(WRITTEN[name])
    wanted = TEXT.replace("Ứ", "ứ") if name.startswith("TCVN3") else TEXT

    assert read(path) == [line.split(";") for line in wanted.splitlines()]
    assert examine(path).sure


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Coâng ty coå phaàn Ñöùc Thònh, TP. Hoà Chí Minh", "vni"),
        ("C«ng ty cæ phÇn ViÖt Nam, Hµ Néi", "tcvn3"),
        ("Công ty Cổ phần", "as_is"),
        ("Plain names only, nothing else", "as_is"),
        ("Société Générale, Crème Brûlée, Straße, Citroën", "as_is"),
        ("NguyÃªn Háº£i", "mojibake"),
    ],
)
def test_scripts_within_unicode(text: str, script: str) -> None:
    assert reading_of(text, "utf-8").script == script


def test_french_bytes_are_read_and_somebody_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("name\nCrème Brûlée\nSociété Générale\n".encode("cp1252"))
    found = examine(path)

    assert (found.script, found.sure, found.scripts) == ("cp1252", False, letters.OF_BYTES)
    assert read(path)[1:] == [["Crème Brûlée"], ["Société Générale"]]


def test_one_broken_byte_does_not_make_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode() + "Đổi mới".encode() + b" \xe1;x\n")

    last = read(path)[-1][0]
    assert isinstance(last, Trouble)
    assert last.phrase.text("vi", value=last.shown).startswith("Nội dung đã mất chữ")


def test_a_single_scrambled_cell_among_sound_ones_is_mended_or_said_to_be_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TEXT + scrambled("Đặng Thị Ngọc Ánh") + ";" + "Háº? Ná»\n", encoding="utf-8")
    mended, lost = read(path)[-1]

    assert mended == "Đặng Thị Ngọc Ánh"
    assert isinstance(lost, Trouble)


@pytest.mark.parametrize(
    "word", ["nghiêng", "Quyết", "giếng", "yêu", "khuỷu", "ĐỔI", "ươm", "hoà", "hòa", "thuở", "gì"]
)
def test_syllables_of_the_language(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["Brûlée", "ctữ", "đất\u0300", "nguễx", "bêch", "mât", "straße", "wăn", "ấấ", ""])
def test_words_that_are_none(word: str) -> None:
    assert not is_syllable(word)


def test_what_has_no_accents_says_nothing_against_itself() -> None:
    assert (share_of("abc 123").accented, share_of("abc 123").value) == (0, 1.0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=40), st.sampled_from(sorted(SCRIPTS)))
def test_any_text_is_rewritten_without_breaking(text: str, script: str) -> None:
    found = rewritten(text, script)  # type: ignore[arg-type]

    assert isinstance(found, str)
    if text.isascii() and script != "viscii":
        assert found == text
