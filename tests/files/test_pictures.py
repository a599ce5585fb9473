"""Pictures as they come from everywhere: drawn anew in fixed sizes, nothing else of them is left, bombs are refused."""

import io
import struct
import warnings
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from app.core.files.pictures import Refused, draw
from tests.files.conftest import encoded, picture

SQUARES = [(96, 96), (256, 256), (512, 512)]


def drawn(content: bytes, tmp_path: Path, fit: str = "pad", sizes: list[tuple[int, int]] | None = None) -> Image.Image:
    """The largest drawing of `content`, as a browser would get it."""
    source = tmp_path / "in"
    source.write_bytes(content)
    sizes = sizes or SQUARES
    draw(source, tmp_path, fit, sizes)
    with Image.open(tmp_path / f"{sizes[-1][0]}.webp") as image:
        image.load()
        return image


def refusal(content: bytes, tmp_path: Path) -> str:
    source = tmp_path / "in"
    source.write_bytes(content)
    with pytest.raises(Refused) as refused:
        draw(source, tmp_path, "pad", SQUARES)
    assert list(tmp_path.glob("*.webp")) == []
    return refused.value.code


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_says(width: int, height: int) -> bytes:
    """A few bytes whose header promises any number of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def moving_picture(frames: int) -> bytes:
    still = encoded(Image.new("P", (40, 40), 3), "GIF")
    start = still.index(b",", 13)  # where the picture's own block begins
    return still[:start] + still[start:-1] * frames + b";"


NOISE = encoded(Image.effect_noise((300, 300), 60).convert("RGB"), "JPEG")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_picture"),
        (b"<html><body onload=alert(1)>", "no_picture"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "drawing"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "phone_format"),
        (b"%PDF-1.7\n%%EOF", "no_picture"),
        (b"MM\0*" + b"\0" * 100, "no_picture"),
        (b"8BPS" + b"\0" * 100, "no_picture"),
        (png_that_says(30_000, 30_000), "too_many_pixels"),
        (png_that_says(8_001, 5_000), "too_many_pixels"),
        (png_that_says(2_000_000_000, 2), "too_many_pixels"),
        (png_that_says(0, 5), "damaged"),
        (png_that_says(400, 300), "damaged"),
        (picture(31, 400), "too_few_pixels"),
        (picture(1, 1), "too_few_pixels"),
        (NOISE[: len(NOISE) // 2], "damaged"),
        (NOISE[:20], "damaged"),
        (picture()[:60], "damaged"),
        (picture(kind="WEBP")[:40], "damaged"),
        (moving_picture(3), "moving"),
        (moving_picture(10_000), "moving"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)}-bytes",
)
def test_what_is_no_still_picture_of_a_sensible_size_is_refused(content: bytes, code: str, tmp_path: Path) -> None:
    assert refusal(content, tmp_path) == code


def test_a_moving_png_and_a_moving_webp_are_refused(tmp_path: Path) -> None:
    two = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    for kind in ("PNG", "WEBP"):
        assert refusal(encoded(two[0], kind, save_all=True, append_images=two[1:]), tmp_path) == "moving"


def test_texts_that_unpack_to_much_are_not_unpacked(tmp_path: Path) -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 80_000_000))
    whole = picture()
    assert refusal(whole[:33] + bomb + whole[33:], tmp_path) in ("damaged", "no_picture")


@pytest.mark.parametrize(
    ("image", "kind", "colour"),
    [
        (Image.new("RGB", (64, 64), (200, 10, 10)), "PNG", (200, 10, 10)),
        (Image.new("RGB", (64, 64), (200, 10, 10)), "GIF", (200, 10, 10)),
        (Image.new("RGB", (64, 64), (200, 10, 10)), "WEBP", (200, 10, 10)),
        (Image.new("L", (64, 64), 90), "PNG", (90, 90, 90)),
        (Image.new("1", (64, 64), 1), "PNG", (255, 255, 255)),
        (Image.new("I;16", (64, 64), 60_000), "PNG", (233, 233, 233)),
        (Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", (255, 0, 0)),
        (Image.new("RGB", (64, 64), (0, 102, 0)).convert("P"), "PNG", (0, 102, 0)),
        (Image.new("LA", (64, 64), (80, 255)), "PNG", (80, 80, 80)),
    ],
    ids=["rgb", "gif", "webp", "grey", "bit", "grey-16", "cmyk", "palette", "grey-alpha"],
)
def test_every_kind_of_colour_arrives(image: Image.Image, kind: str, colour: tuple[int, ...], tmp_path: Path) -> None:
    found = drawn(encoded(image, kind), tmp_path).convert("RGB").getpixel((32, 32))
    assert isinstance(found, tuple)
    assert max(abs(a - b) for a, b in zip(found, colour, strict=True)) <= 12


def test_what_is_seen_through_stays_so_in_logos_and_is_white_elsewhere(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    palette = Image.new("P", (64, 64), 0)
    for content in (encoded(clear), encoded(palette, transparency=0)):
        assert drawn(content, tmp_path).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]
        assert drawn(content, tmp_path, "crop").convert("RGBA").getpixel((5, 5)) == (255, 255, 255, 255)


@pytest.mark.parametrize(
    ("fit", "come", "sizes", "size"),
    [
        ("pad", (1000, 500), SQUARES, (512, 512)),
        ("pad", (100, 60), SQUARES, (100, 100)),
        ("pad", (20_000, 40), SQUARES, (512, 512)),
        ("crop", (1000, 500), SQUARES, (500, 500)),
        ("crop", (1600, 1200), SQUARES, (512, 512)),
        ("wide", (3200, 800), [(800, 450), (1600, 900)], (1600, 400)),
        ("wide", (2000, 3000), [(800, 450), (1600, 900)], (1600, 900)),
        ("wide", (500, 100), [(800, 450), (1600, 900)], (500, 100)),
        ("within", (1000, 4000), [(400, 400), (2000, 2000)], (500, 2000)),
        ("within", (300, 200), [(400, 400), (2000, 2000)], (300, 200)),
    ],
)
def test_sizes_are_fixed_and_nothing_is_drawn_larger_than_it_came(
    fit: str, come: tuple[int, int], sizes: list[tuple[int, int]], size: tuple[int, int], tmp_path: Path
) -> None:
    source = tmp_path / "in"
    source.write_bytes(encoded(Image.new("RGB", come, "navy"), "PNG"))
    found = draw(source, tmp_path, fit, sizes)
    assert (found["width"], found["height"]) == size
    assert list(found["variants"]) == [f"{width}.webp" for width, _height in sizes]
    for name, bytes_written in found["variants"].items():
        assert (tmp_path / name).stat().st_size == bytes_written
    with Image.open(tmp_path / f"{sizes[-1][0]}.webp") as image:
        assert image.size == size


def test_a_logo_on_one_colour_is_padded_with_it_and_others_with_nothing(tmp_path: Path) -> None:
    plain = drawn(picture(400, 100, "#ffffff"), tmp_path)
    assert (plain.mode, plain.convert("RGB").getpixel((200, 5))) == ("RGB", (255, 255, 255))
    halves = Image.new("RGB", (400, 100), "red")
    halves.paste("blue", (200, 0, 400, 100))
    assert drawn(encoded(halves), tmp_path).convert("RGBA").getpixel((200, 5))[3] == 0  # type: ignore[index]


def photo_with_everything() -> bytes:
    """A photo as a phone makes it: turned by EXIF, with a place, a profile, a comment and a small preview."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "MÁY CỦA AN"
    exif.get_ifd(0x8825)[2] = (21.0, 1.0, 42.0)
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = Image.new("RGB", (400, 200), "white")
    photo.paste("red", (0, 0, 200, 200))
    return encoded(photo, "JPEG", exif=exif, icc_profile=profile, comment="ở nhà An".encode())


def test_a_photo_is_upright_and_says_nothing_of_where_it_was_taken(tmp_path: Path) -> None:
    content = photo_with_everything()
    assert b"ExifMM" in content.replace(b"\0", b"") or b"Exif" in content  # the test would be empty without
    found = drawn(content, tmp_path, "within", [(400, 400)])
    assert found.size == (200, 400)
    top, bottom = found.convert("RGB").getpixel((100, 50)), found.convert("RGB").getpixel((100, 350))
    assert (top[1] < 30, bottom[1] > 225) == (True, True)  # type: ignore[index]
    assert dict(found.getexif()) == {}
    raw = (tmp_path / "400.webp").read_bytes()
    assert [word for word in (b"EXIF", b"ICCP", b"XMP ", b"An", b"\xc3\x81Y") if word in raw] == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_of_every_kind_are_turned_upright_also_when_they_are_large(kind: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = Image.new("RGB", (2400, 1200), "white")
    photo.paste("red", (0, 0, 1200, 1200))
    found = drawn(encoded(photo, kind, exif=exif), tmp_path, "within", [(400, 400)])
    assert found.size == (200, 400)
    top, bottom = found.convert("RGB").getpixel((100, 50)), found.convert("RGB").getpixel((100, 350))
    assert (top[1] < 30, bottom[1] > 225) == (True, True)  # type: ignore[index]
    assert b"EXIF" not in (tmp_path / "400.webp").read_bytes()


def test_texts_of_a_png_are_gone(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Trần Thị Bí Mật")
    drawn(encoded(Image.new("RGB", (64, 64)), pnginfo=info), tmp_path)
    assert "Bí Mật".encode() not in (tmp_path / "512.webp").read_bytes()


def test_a_picture_that_is_a_script_as_well_is_only_a_picture_afterwards(tmp_path: Path) -> None:
    gif = encoded(Image.new("P", (64, 64), 3), "GIF")
    polyglot = b"GIF89a/*" + gif[8:] + b"*/=1;alert(document.domain)//<script>alert(1)</script>"
    for content in (gif + b"\n*/=1;alert(1)//<script>", polyglot):
        try:
            drawn(content, tmp_path)
        except Refused:
            continue
        raw = (tmp_path / "512.webp").read_bytes()
        assert (raw[:4], b"alert" in raw, b"script" in raw) == (b"RIFF", False, False)


def test_a_photo_with_a_second_picture_inside_is_its_first(tmp_path: Path) -> None:
    two = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    content = encoded(two[0], "MPO", save_all=True, append_images=two[1:])
    found = drawn(content, tmp_path).convert("RGB").getpixel((30, 30))
    assert isinstance(found, tuple)
    assert (found[0] > 240, found[2] < 15) == (True, True)


def test_a_broken_profile_of_colours_is_no_reason_to_refuse(tmp_path: Path) -> None:
    content = encoded(Image.new("RGB", (64, 64), (0, 0, 250)), icc_profile=b"\0" * 200)
    assert drawn(content, tmp_path).convert("RGB").getpixel((3, 3)) == (0, 0, 250)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base=st.sampled_from([NOISE[:4000], picture(), picture(kind="WEBP"), moving_picture(2)]),
    at=st.integers(0, 3999),
    junk=st.binary(min_size=1, max_size=40),
)
def test_no_bytes_do_more_than_be_refused(base: bytes, at: int, junk: bytes, tmp_path: Path) -> None:
    content = base[: at % len(base)] + junk + base[at % len(base) + len(junk) :]
    source = tmp_path / "in"
    source.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            draw(source, tmp_path, "crop", [(96, 96)])
            code = ""
        except Refused as refused:
            code = refused.code
    if code:
        assert code in {"damaged", "no_picture", "too_many_pixels", "too_few_pixels", "moving"}
    else:
        assert Image.open(io.BytesIO((tmp_path / "96.webp").read_bytes())).format == "WEBP"
