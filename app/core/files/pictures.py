"""Draws an uploaded picture anew in the sizes of its purpose; nothing else of the file is kept, no EXIF, no profile.

Runs in a process of its own (see confined.py) and knows nothing of the application.
"""

import io
import warnings
from pathlib import Path
from typing import IO, Any

from PIL import Image, ImageCms, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""The decoders that are asked at all: each one more is a door more."""
MOST_PIXELS = 40_000_000
LEAST_PIXELS = 32
QUALITY = 86
_SMOOTH = Image.Resampling.LANCZOS
_DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I")
_ALIKE = 12
"""How far two corners may differ, of 255, and still be one background."""

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class Refused(Exception):
    """The file cannot be taken; the code says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def draw(source: Path, folder: Path, fit: str, sizes: list[tuple[int, int]]) -> dict[str, Any]:
    """Write `source` into `folder` once for each size as <width>.webp; what was written, largest size last.

    `fit`: "pad" (whole, on a square), "crop" (a square from its middle), "wide" (as wide as asked, cut at the
    height), "within" (whole, at most so large). Nothing is drawn larger than it came.
    """
    with source.open("rb") as file:
        image = _opened(file)
        try:
            flat = _plain(image, fit, sizes[-1][0])
        except MemoryError as error:
            raise Refused("too_many_pixels") from error
        except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, ArithmeticError) as error:
            raise Refused("damaged") from error
    written: dict[str, int] = {}
    width = height = 0
    for size in sizes:
        drawn = _fitted(flat, fit, size)
        width, height = drawn.size
        content = _encoded(drawn, small=fit == "pad")
        (folder / f"{size[0]}.webp").write_bytes(content)
        written[f"{size[0]}.webp"] = len(content)
    return {"media_type": "image/webp", "width": width, "height": height, "pages": None, "variants": written}


def _opened(file: IO[bytes]) -> Image.Image:
    """The picture with its header read and nothing decoded yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(file, formats=FORMATS)
            moving = bool(getattr(image, "is_animated", False)) and image.format != "MPO"
        except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError) as error:
            raise Refused("too_many_pixels") from error
        except Exception as error:
            raise Refused(_what_it_is(file)) from error
    if image.width * image.height > MOST_PIXELS:
        raise Refused("too_many_pixels")
    if min(image.size) < LEAST_PIXELS:
        raise Refused("too_few_pixels")
    if moving:
        raise Refused("moving")
    return image


def _what_it_is(file: IO[bytes]) -> str:
    """Why a file is no picture for us, in the code whose words help most."""
    file.seek(0)
    head = file.read(4096)
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"heim", b"mif1", b"msf1", b"avif", b"avis"):
        return "phone_format"
    if b"<svg" in head.lower():
        return "drawing"
    if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")):
        return "damaged"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "damaged"
    return "no_picture"


def _plain(image: Image.Image, fit: str, largest: int) -> Image.Image:
    """The decoded picture: upright, in sRGB, eight bits, RGB or RGBA, not much larger than it is needed.

    Of forty million pixels every copy takes 160 MB, so it is made smaller as early as its kind allows.
    """
    image.draft("RGB", (2 * largest, 2 * largest))
    image.load()
    profile = image.info.get("icc_profile")
    image = _lessened(image, fit, largest)
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode in _DEEP:
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    see_through = "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info
    if image.mode in ("P", "PA", "La", "LA", "RGBa"):
        image = _lessened(image.convert("RGBA" if see_through else "RGB"), fit, largest)
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        image = _in_srgb(image, profile)
    wanted = "RGBA" if see_through else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def _lessened(image: Image.Image, fit: str, largest: int) -> Image.Image:
    """The picture by a whole step smaller, still twice as large as its largest drawing."""
    if image.mode not in ("RGB", "RGBA", "L", "LA", "CMYK"):
        return image
    side = min(image.size) if fit == "crop" else image.width if fit == "wide" else max(image.size)
    steps = min(side // (2 * largest), *image.size)
    return image.reduce(steps) if steps > 1 else image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as they were meant; a profile that cannot be read is one that was never there."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        found = ImageCms.profileToProfile(image, meant, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return found or image


def _fitted(image: Image.Image, fit: str, size: tuple[int, int]) -> Image.Image:
    if fit == "pad":
        return _padded(image, size[0])
    image = _on_white(image)
    if fit == "crop":
        side = min(size[0], *image.size)
        return ImageOps.fit(image, (side, side), _SMOOTH)
    if fit == "wide":
        image = _shrunk(image, size[0], 1 << 30)
        if image.height <= size[1]:
            return image
        top = (image.height - size[1]) // 2
        return image.crop((0, top, image.width, top + size[1]))
    return _shrunk(image, *size)


def _shrunk(image: Image.Image, width: int, height: int) -> Image.Image:
    scale = min(width / image.width, height / image.height, 1)
    to = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image if to == image.size else image.resize(to, _SMOOTH, reducing_gap=3.0)


def _padded(image: Image.Image, side: int) -> Image.Image:
    """The whole picture on a square: transparent, or in the colour that its four corners share."""
    image = _shrunk(image, side, side)
    side = max(image.size)
    if image.size == (side, side):
        return image
    corners = [image.getpixel(at) for at in ((0, 0), (image.width - 1, 0), (0, image.height - 1))]
    corners.append(image.getpixel((image.width - 1, image.height - 1)))
    same = image.mode == "RGB" and all(max(band) - min(band) <= _ALIKE for band in zip(*corners, strict=True))
    canvas = Image.new("RGB", (side, side), corners[0]) if same else Image.new("RGBA", (side, side), (0, 0, 0, 0))
    canvas.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return canvas


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def _encoded(image: Image.Image, *, small: bool) -> bytes:
    """As WebP; a small one with flat colours is smaller, and sharper, without loss."""
    lossy = _webp(image, lossless=False)
    if not small:
        return lossy
    exact = _webp(image, lossless=True)
    return exact if len(exact) <= len(lossy) else lossy


def _webp(image: Image.Image, *, lossless: bool) -> bytes:
    file = io.BytesIO()
    clean = Image.frombytes(image.mode, image.size, image.tobytes())  # without whatever came with it
    clean.save(file, "WEBP", quality=QUALITY, method=4, lossless=lossless)
    return file.getvalue()
