"""Names of files from every system: cleaned to what all systems take, and said in a header that nothing breaks."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.files.names import disposition, stem_of


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Bộ giới thiệu.pdf", "Bộ giới thiệu"),
        ("C:\\Users\\An\\..\\Logo công ty.PNG", "Logo công ty"),
        ("../../etc/passwd", "passwd"),
        ("/../", "tep"),
        ("..", "tep"),
        ("", "tep"),
        (".pdf", "tep"),
        (".htaccess", "tep"),
        ("CON", "_CON"),
        ("con.pdf", "_con"),
        ("Lpt1.tar.gz", "_Lpt1.tar"),
        ("console.pdf", "console"),
        ("a.png\0.html", "a"),
        ("a.png%00.html", "a"),
        ("x\r\nSet-Cookie: a=1.pdf", "x Set-Cookie a=1"),
        ("\u202egpj.exe.pdf", "gpj.exe"),
        ("a\u200f\u2067b.pdf", "ab"),
        ('"><img src=x onerror=alert(1)>.png', "img src=x onerror=alert(1)"),
        ("Nguye\u0302\u0303n.pdf", "Nguyễn"),
        ("v1.2 bản cuối", "v1.2 bản cuối"),
        ("=1+1.pdf", "=1+1"),
        ("\ud800.pdf", "tep"),
        ("   . .", "tep"),
    ],
)
def test_names_become_what_every_system_takes(name: str, stem: str) -> None:
    assert stem_of(name) == stem


@pytest.mark.parametrize("letter", ["a", "ễ", "𠮷", "👩‍👩‍👧"])
def test_a_name_of_any_length_fits_a_file_system(letter: str) -> None:
    stem = stem_of(letter * 400 + ".pdf")
    assert 0 < len(stem.encode()) <= 180
    assert len(stem) <= 101


@given(st.text(max_size=300))
def test_no_name_leaves_its_folder_or_breaks_a_header(name: str) -> None:
    stem = stem_of(name)
    assert stem
    assert not set(stem) & set('/\\\0\r\n<>:"|?*\u202e')
    assert not stem.startswith(".")
    header = disposition(stem + ".pdf", inline=False)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert unquote(header.rpartition("''")[2]) == stem + ".pdf"


def test_the_header_says_the_name_twice() -> None:
    assert disposition("Bộ thiệu; v2.pdf", inline=False) == (
        "attachment; filename=\"bo thieu- v2.pdf\"; filename*=UTF-8''B%E1%BB%99%20thi%E1%BB%87u%3B%20v2.pdf"
    )
    assert disposition("😀", inline=True) == "inline; filename=\"tep\"; filename*=UTF-8''%F0%9F%98%80"
