"""The field for a file: what is there, what is taken, what was wrong; usable without a script."""

import re
from typing import Any
from uuid import UUID

import pytest

from app.core import i18n, templating
from app.core.files.addresses import document_url, picture_url
from app.core.files.keeping import Draft
from app.core.forms import Form
from app.core.i18n import N_

FILE = UUID("01a20199-414d-7003-8626-67791733e7b6")


def draw(call: str, form: Form[Any] | None = None, **context: object) -> str:
    html = (
        templating.environment()
        .from_string("{{ ui.file_field(form, " + call + ") }}")
        .render(form=form or Form(), **context)
    )
    return re.sub(r">\s+<", "><", " ".join(html.split())).strip()


def test_an_empty_field_says_what_is_taken_and_shows_initials() -> None:
    html = draw("'logo', 'Biểu trưng', fallback='Sao Mai'")
    assert (
        '<input class="input file-input" type="file" id="f-logo" name="logo" accept="image/png,image/jpeg,image/webp"'
        in html
    )
    assert 'aria-describedby="hint-f-logo"' in html
    assert '<p class="hint" id="hint-f-logo">Ảnh PNG, JPEG hoặc WebP, tối đa 8 MB.</p>' in html
    assert ">SM<" in html
    assert "remove_logo" not in html


@pytest.mark.parametrize(
    ("kinds", "vi", "en"),
    [
        ("pdf", "Tệp PDF, tối đa 40 MB.", "A PDF file, at most 40 MB."),
        (
            "both",
            "Tệp PDF tối đa 40 MB, hoặc ảnh PNG, JPEG, WebP.",
            "A PDF file, at most 40 MB, or a picture as PNG, JPEG or WebP.",
        ),
    ],
)
def test_what_is_taken_is_said_in_both_languages(kinds: str, vi: str, en: str) -> None:
    assert f">{vi}<" in draw(f"'deck', 'x', kinds='{kinds}', megabytes=40")
    with i18n.in_language("en"):
        assert f">Short. {en}<" in draw(f"'deck', 'x', kinds='{kinds}', megabytes=40, hint='Short.'")


def test_what_is_there_is_shown_and_can_be_removed() -> None:
    picture = draw("'logo', 'Logo', current={'url': url, 'name': 'a'}, required=true", url=picture_url(FILE, 256))
    assert f'<img src="/files/{FILE}/256.webp" alt="Ảnh đã chọn cho mục “Logo”" width="96" height="96">' in picture
    assert 'name="remove_logo" value="1"' in picture
    assert " required" not in picture  # there is one already
    paper = draw("'deck', 'Deck', kinds='pdf', current={'url': url, 'name': '<b>.pdf'}", url=document_url(FILE))
    assert f'<a href="/files/{FILE}/file.pdf" download hx-boost="false">&lt;b&gt;.pdf</a>' in paper
    assert "remove_deck" not in draw("'deck', 'Deck', current={'url': 'x', 'name': 'y'}, removable=false")
    assert " required data-most-bytes" in draw("'deck', 'Deck', required=true")


def test_a_form_that_comes_back_keeps_the_file_that_came_with_it() -> None:
    html = draw(
        "'logo', 'Logo', draft=draft",
        draft=Draft(FILE, "logo", "image", "Lô gô.webp", ("96.webp", "256.webp", "512.webp")),
    )
    assert f'<input type="hidden" name="logo_draft" value="{FILE}">' in html
    assert f'src="/files/{FILE}/256.webp"' in html
    assert "Đã có tệp “Lô gô.webp”" in html
    paper = draw(
        "'deck', 'Deck', kinds='pdf', draft=draft", draft=Draft(FILE, "deck", "document", "Bộ.pdf", ("file.pdf",))
    )
    assert f'href="/files/{FILE}/file.pdf"' in paper


@pytest.mark.parametrize(
    ("variants", "shown"),
    [
        (("96.webp", "256.webp", "512.webp"), "256.webp"),
        (("800.webp", "1600.webp"), "800.webp"),
        (("96.webp",), "96.webp"),
    ],
)
def test_a_draft_is_shown_in_a_size_that_its_shape_has(variants: tuple[str, ...], shown: str) -> None:
    assert Draft(FILE, "x", "image", "a", variants).url == f"/files/{FILE}/{shown}"


def test_an_error_stands_at_its_field() -> None:
    form: Form[Any] = Form({"remove_logo": ["1"]})
    form.add_error("logo", N_("This file is larger than %(megabytes)s MB. Please choose a smaller one."), megabytes=8)
    html = draw("'logo', 'Logo', current={'url': 'x', 'name': 'y'}", form)
    assert 'aria-describedby="hint-f-logo error-f-logo" aria-invalid="true"' in html
    assert 'id="error-f-logo"' in html
    assert "Tệp này lớn hơn 8 MB." in html
    assert 'name="remove_logo" value="1" checked' in html


def test_addresses() -> None:
    assert (picture_url(FILE, 96), picture_url(None, 96)) == (f"/files/{FILE}/96.webp", None)
    assert (document_url(FILE), document_url(None)) == (f"/files/{FILE}/file.pdf", None)
