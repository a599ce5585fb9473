"""PDF files: whole and open ones are taken to the byte, whatever acts or carries is refused, wherever it hides."""

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Pdf

from app.core.files import papers
from app.core.files.papers import look_through
from app.core.files.pictures import Refused
from tests.files.conftest import paper, picture


def looked(content: bytes, tmp_path: Path) -> str:
    """The code of the refusal, or "taken"."""
    source = tmp_path / "in.pdf"
    source.write_bytes(content)
    try:
        look_through(source)
    except Refused as refused:
        return refused.code
    assert source.read_bytes() == content
    return "taken"


def test_a_plain_paper_is_taken_with_its_pages(tmp_path: Path) -> None:
    source = tmp_path / "in.pdf"
    source.write_bytes(paper(3))
    size = source.stat().st_size
    assert look_through(source) == {
        "media_type": "application/pdf",
        "width": None,
        "height": None,
        "pages": 3,
        "variants": {"file.pdf": size},
    }


def opening_script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def script_in_the_names(pdf: Pdf) -> None:
    action = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=pdf.make_stream(b"app.alert(1)")))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array(["a", action])))


def script_of_a_page(pdf: Pdf) -> None:
    pdf.pages[0].AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS="1"))


def script_behind_a_link(pdf: Pdf) -> None:
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=Dictionary(S=Name.Launch, F="x"))
    pdf.pages[0].Annots = Array([Array([]), link])


def script_as_a_second_step(pdf: Pdf) -> None:
    then = Dictionary(S=Name.JavaScript, JS="1")
    pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D="a", Next=Array([Dictionary(S=Name.URI, URI="x", Next=then)]))


def form_that_sends(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([Dictionary(A=Dictionary(S=Name.SubmitForm, F="http://x"))]))


def form_of_xml(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp/>"))


def film(pdf: Pdf) -> None:
    pdf.pages[0].Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=Array([0, 0, 9, 9]))])


def attachment(pdf: Pdf) -> None:
    pdf.attachments["virus.exe"] = b"MZ"


def attachment_in_an_annotation(pdf: Pdf) -> None:
    inside = pdf.make_stream(b"MZ", Type=Name.EmbeddedFile)
    spec = Dictionary(Type=Name.Filespec, F="a.exe", EF=Dictionary(F=inside))
    pdf.pages[0].Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, FS=spec)])


def harmless_links(pdf: Pdf) -> None:
    """What office programs write: where to open, links to pages and to the web, an outline, a picture."""
    pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.Fit])
    web = Dictionary(S=Name.URI, URI="https://ketnoi.example")
    pdf.pages[0].Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=web)])
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Trang 1", 0))


@pytest.mark.parametrize("pack", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (opening_script, "acting"),
        (script_in_the_names, "acting"),
        (script_of_a_page, "acting"),
        (script_behind_a_link, "acting"),
        (script_as_a_second_step, "acting"),
        (form_that_sends, "acting"),
        (form_of_xml, "acting"),
        (film, "acting"),
        (attachment, "carrying"),
        (attachment_in_an_annotation, "carrying"),
        (harmless_links, "taken"),
    ],
)
def test_what_acts_or_carries_is_found_wherever_it_hides(
    change: Callable[[Pdf], None], code: str, pack: bool, tmp_path: Path
) -> None:
    """Packed: the objects lie in compressed streams, where a search for words would not see them."""
    mode = pikepdf.ObjectStreamMode.generate if pack else pikepdf.ObjectStreamMode.disable
    content = paper(2, change, object_stream_mode=mode)
    assert not pack or not any(word in content for word in (b"/JavaScript", b"/Launch", b"/XFA"))
    assert looked(content, tmp_path) == code


def test_names_written_in_numbers_are_read(tmp_path: Path) -> None:
    content = paper(1, opening_script, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    odd = content.replace(b"/JavaScript", b"/J#61vaScrip").replace(b"/JS ", b"/#4aS")
    assert odd != content
    assert looked(odd, tmp_path) != "taken"


@pytest.mark.parametrize("owner_only", [True, False], ids=["against-changes", "to-open"])
def test_protected_papers_are_refused(owner_only: bool, tmp_path: Path) -> None:
    lock = pikepdf.Encryption(owner="bí mật", user="" if owner_only else "mở", R=6)
    assert looked(paper(1, encryption=lock), tmp_path) == "locked"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_pdf"),
        (b"<html>", "no_pdf"),
        (picture(), "no_pdf"),
        (b"<script>/*" + paper(1), "no_pdf"),
        (b"%PDF-1.7\n", "damaged"),
        (b"%PDF-1.7\n%%EOF", "damaged"),
        (paper(1)[:-400], "damaged"),
        (paper(0), "damaged"),
        (paper(1) + b"PK\x03\x04" + b"\0" * 5000, "damaged"),
        (b"%PDF-1.7\n" + b"[" * 200_000 + b"\n%%EOF", "damaged"),
    ],
    ids=range(10),
)
def test_what_is_no_whole_paper_is_refused(content: bytes, code: str, tmp_path: Path) -> None:
    assert looked(content, tmp_path) == code


def test_a_book_is_refused_by_its_pages_and_its_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "MOST_PAGES", 3)
    assert (looked(paper(3), tmp_path), looked(paper(4), tmp_path)) == ("taken", "too_many_pages")
    monkeypatch.setattr(papers, "MOST_OBJECTS", 5)
    assert looked(paper(3), tmp_path) == "too_hard"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 5000), junk=st.binary(min_size=1, max_size=30))
def test_no_bytes_do_more_than_be_refused(at: int, junk: bytes, tmp_path: Path) -> None:
    base = paper(2, harmless_links)
    content = base[: at % len(base)] + junk + base[at % len(base) + len(junk) :]
    assert looked(content, tmp_path) in {"taken", "damaged", "no_pdf", "locked", "acting", "carrying", "too_hard"}
