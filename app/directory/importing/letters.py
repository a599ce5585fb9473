"""The letters of a file: which encoding its bytes are in, and in which of the old Vietnamese ways its text is written.

Two steps. `Bytes` says how bytes become characters (UTF-8, UTF-16, or one character a byte). A script says what these
characters stand for: themselves, an old font's letters (TCVN3, VNI, VISCII, Windows-1258), or UTF-8 that somebody once
read as Windows-1252. The second step works on texts, so a workbook typed in an old font is read as well as a CSV file.
"""

import codecs
import re
import unicodedata
from typing import Literal

import msgspec

from app.core.i18n import N_, Phrase
from app.directory.importing.syllables import share_of

Bytes = Literal["utf-8", "utf-16-le", "utf-16-be", "latin-1"]
Script = Literal["as_is", "mojibake", "tcvn3", "vni", "viscii", "cp1258", "cp1252"]

SCRIPTS: dict[str, Phrase] = {
    "as_is": N_("Unicode, as it stands"),
    "mojibake": N_("Unicode that was read wrongly once (“Ä‘” for “đ”)"),
    "tcvn3": N_("TCVN3 (ABC fonts, .VnTime)"),
    "vni": N_("VNI (VNI fonts)"),
    "viscii": N_("VISCII"),
    "cp1258": N_("Windows-1258"),
    "cp1252": N_("Windows-1252 (Western European)"),
}
OF_UNICODE: tuple[Script, ...] = ("as_is", "mojibake", "tcvn3", "vni")
OF_BYTES: tuple[Script, ...] = ("cp1258", "tcvn3", "vni", "viscii", "cp1252")

SURE = 0.6
"""Share of legal syllables from which a reading is believed."""
LOST = "\ufffd"

_TCVN3 = dict(
    zip(
        range(0xA1, 0xFF),
        "ĂÂÊÔƠƯĐăâêôơưđẶ\u0300\u0309\u0303\u0301\u0323àảãáạẰằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
_VISCII = dict(
    zip(
        range(0x80, 0x100),
        "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ",
        strict=True,
    )
) | {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}

# VNI writes a letter and then its mark; these marks are letters of Windows-1252.
_VNI_MARKS = {
    "ø": "\u0300", "ù": "\u0301", "û": "\u0309", "õ": "\u0303", "ï": "\u0323", "â": "\u0302",
    "à": "\u0302\u0300", "á": "\u0302\u0301", "å": "\u0302\u0309", "ã": "\u0302\u0303", "ä": "\u0302\u0323",
    "ê": "\u0306", "è": "\u0306\u0300", "é": "\u0306\u0301", "ú": "\u0306\u0309", "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_ALONE = {"ô": "ơ", "ö": "ư", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ñ": "đ", "ì": "ì", "í": "í"}
_VNI = re.compile(r"([aeouyôöAEOUYÔÖ])([øùûõïâàáåãäêèéúüëØÙÛÕÏÂÀÁÅÃÄÊÈÉÚÜË])|([ôöæóòîñÔÖÆÓÒÎÑ])")

_SCRAMBLED = re.compile("[ÂÃÄÅÆ][\u0080-\u00bf\u0152-\u2122 ]|á[º»]|â€")
_WINDOWS = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}
_UNWINDOWS = {ord(letter): chr(byte) for byte, letter in _WINDOWS.items()}


class Reading(msgspec.Struct, frozen=True):
    """How a file is read. `sure`: nobody needs to look; else the person is asked to choose."""

    bytes: Bytes
    script: Script
    sure: bool


_MARKS: tuple[tuple[bytes, Bytes], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def bytes_of(head: bytes, *, utf8: bool) -> Bytes:
    """How bytes become characters; `utf8`: the whole file is valid UTF-8."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    half = max(len(head[:4096]) // 2, 1)
    if odd > half * 0.3 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.3 and odd < half * 0.1:
        return "utf-16-be"
    return "utf-8" if utf8 else "latin-1"


def reading_of(sample: str, way: Bytes) -> Reading:
    """The script that makes the most syllables of `sample`; what is good enough as it stands is left alone."""
    scripts = OF_BYTES if way == "latin-1" else OF_UNICODE
    shares = {script: share_of(rewritten(sample, script)) for script in scripts}
    if way != "latin-1" and (shares["as_is"].value >= SURE or not shares["as_is"].accented):
        return Reading(way, "as_is", sure=True)
    best = max(scripts, key=lambda script: (shares[script].value, -scripts.index(script)))
    if shares[best].value >= SURE and shares[best].accented:
        return Reading(way, best, sure=True)
    # not Vietnamese at all: other languages are as they stand, unless letters of no language show
    if way == "latin-1":
        return Reading(way, "cp1252", sure=False)
    return Reading(way, "as_is", sure=not _SCRAMBLED.search(sample))


def rewritten(text: str, script: Script) -> str:
    """The text in plain Unicode, composed. ASCII stays as it is in every script but in VISCII's six capitals."""
    if script == "as_is":
        return text
    if text.isascii() and script != "viscii":
        return text
    if script == "mojibake":
        return _unscrambled(text)
    if script == "tcvn3":
        text = text.translate(_TCVN3)
    elif script == "viscii":
        text = text.translate(_VISCII)
    elif script == "vni":
        text = _VNI.sub(_vni_letter, text)
    elif script == "cp1252":
        text = text.translate(_WINDOWS)
    else:
        text = text.encode("latin-1", "replace").decode("cp1258", "replace")
    return unicodedata.normalize("NFC", text)


def _vni_letter(found: re.Match[str]) -> str:
    letter, mark, alone = found.groups()
    if alone:
        return _cased(_VNI_ALONE[alone.lower()], alone)
    horned = _cased(_VNI_ALONE.get(letter.lower(), letter), letter)
    return unicodedata.normalize("NFC", horned + _VNI_MARKS[mark.lower()])


def _cased(text: str, like: str) -> str:
    return text.upper() if like.isupper() else text.lower()


def is_scrambled(text: str) -> bool:
    """Whether a text looks like UTF-8 that was read as Windows-1252."""
    return not text.isascii() and _SCRAMBLED.search(text) is not None


def _unscrambled(text: str) -> str:
    """UTF-8 that was read as Windows-1252, once or twice, read rightly; what cannot be read so stays as it is."""
    for _again in range(2):
        if not is_scrambled(text):
            return text
        # "à" is C3 A0: programs turn the A0, a hard space, into a plain one
        narrow = text.translate(_UNWINDOWS).replace("Ã ", "Ã\xa0")
        try:
            text = narrow.encode("latin-1").decode("utf-8")
        except UnicodeError:
            return text
    return text
