"""Ticket codes: signed by a key of the event, short enough for a small QR code, without anything personal in them.

A code is base32: a hand-held scanner types it the same on every keyboard layout and with Caps Lock on, and QR has a
dense mode for it. The payload names a registration, so renaming a guest never changes the code.
"""

import base64
import hashlib
import hmac
import io
import re
import secrets
import struct
from typing import Literal
from uuid import UUID

import msgspec
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.core import db
from app.core.errors import NotFound

VERSION = 1
DOMAIN = b"TICKET\x01"
"""Signed in front of the payload: a signature made for anything else is no ticket."""
_BODY = struct.Struct(">BI16s16s")
_SIGNATURE = 64
_LENGTH = _BODY.size + _SIGNATURE
_LETTERS = -(-_LENGTH * 8 // 5)
_SPARE_BITS = _LETTERS * 5 - _LENGTH * 8
_LONG = re.compile(f"[A-Z2-7]{{{_LETTERS}}}", re.ASCII)
_AS_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")
CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No I, L, O, 0 and 1: nobody has to ask which one it is."""
CODE_LENGTH = 8
_CODE = re.compile(f"[{CODE_LETTERS}]{{{CODE_LENGTH}}}")
_ECI = re.compile(r"^(\\0000(03|26|27|01))+|^\](Q[0-9]|C[0-9])")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f\u200b-\u200f\ufeff-]+")
LONGEST = 400


class Shown(msgspec.Struct, frozen=True):
    """What a text held up at the door says before the database is asked.

    Either `ticket` with its `event` and `key` (signature right), or a short `code`, or a `problem`. `text` is what was
    shown without what scanners add.
    """

    text: str
    event: UUID | None = None
    ticket: UUID | None = None
    key: int | None = None
    code: str | None = None
    problem: Literal["unknown_code", "bad_signature", "revoked"] | None = None


def new_key() -> tuple[bytes, bytes]:
    """A fresh private key and its public half, 32 bytes each."""
    private = Ed25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def new_key_id() -> int:
    """Drawn by lot, so that a number names one key for ever, also across a restored database."""
    return secrets.randbelow(2**31 - 1) + 1


def new_code() -> str:
    """A short code for the human voice: 8 out of 31, some 39 bits, with a digit, so that no name looks like one."""
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _n in range(CODE_LENGTH))
        if any(c.isdigit() for c in code):
            return code


_NAME = re.compile(r"[^\W\d_]+([ .'’-]+[^\W\d_]+|\.)*|[^\s@]+@[^\s@]+")


def looks_like_a_name(text: str) -> bool:
    """Whether somebody typed a name or an address, and no code was scanned."""
    text = text.strip()
    return len(text) < 60 and _NAME.fullmatch(text) is not None


def new_secret() -> str:
    """What makes a ticket's link unguessable: 128 bits."""
    return secrets.token_urlsafe(16)


def sign(private_key: Ed25519PrivateKey, key: int, event: UUID, ticket: UUID) -> str:
    """The code of a ticket; the same every time."""
    body = _BODY.pack(VERSION, key, event.bytes, ticket.bytes)
    signature = private_key.sign(DOMAIN + body)
    return base64.b32encode(body + signature).decode().rstrip("=")


def normalise(text: str) -> str:
    """A scanned or typed text without what scanners and people add: blanks, hyphens, prefixes, small letters."""
    return _BLANKS.sub("", _ECI.sub("", text[:LONGEST].strip())).upper()


def hashed(text: str) -> bytes:
    """By what a shown text is remembered: a code that opens nothing may still be somebody's private matter."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16]


def unpack(text: str) -> tuple[bytes, bytes] | None:
    """Body and signature of a normalised long code; None when it is not one, or not spelled in the one right way."""
    if not _LONG.fullmatch(text):
        return None
    # the same number in the digits that int() knows: ten times as fast as base64.b32decode
    number = int(text.translate(_AS_DIGITS), 32)
    if number & (1 << _SPARE_BITS) - 1:
        return None
    raw = (number >> _SPARE_BITS).to_bytes(_LENGTH, "big")
    return (raw[: _BODY.size], raw[_BODY.size :]) if raw[0] == VERSION else None


async def read(text: str) -> Shown:
    """What a shown text claims to be, its signature checked with the named key, which has to be the named event's."""
    cleaned = normalise(text)
    if _CODE.fullmatch(cleaned):
        return Shown(cleaned, code=cleaned)
    parts = unpack(cleaned)
    if parts is None:
        return Shown(cleaned, problem="unknown_code")
    body, signature = parts
    _version, key, event, ticket = _BODY.unpack(body)
    known = await _key(key)
    # Ed25519 signs the same text the same way every time: signing anew takes a third of the time that verifying does.
    if known is None or known[0].bytes != event or not hmac.compare_digest(known[1].sign(DOMAIN + body), signature):
        return Shown(cleaned, problem="bad_signature")
    return Shown(cleaned, event=known[0], ticket=UUID(bytes=ticket), key=key)


async def code_of(registration: UUID, event: UUID, key: int) -> str:
    """The text of a registration's QR code. Raises NotFound for a key that is not this event's."""
    known = await _key(key)
    if known is None or known[0] != event:
        raise NotFound
    return sign(known[1], key, event, registration)


_keys: dict[int, tuple[UUID, Ed25519PrivateKey]] = {}
"""Keys never change; whether one is revoked is asked at every scan, by the registration's own row."""


async def _key(number: int) -> tuple[UUID, Ed25519PrivateKey] | None:
    if number not in _keys:
        if number > 2**31 - 1:
            return None
        row = await db.fetchrow("SELECT event, private_key FROM event_key WHERE id = $1", number)
        if row is None:
            return None
        if len(_keys) > 1000:
            _keys.clear()
        _keys[number] = (
            UUID(bytes=row["event"].bytes),
            Ed25519PrivateKey.from_private_bytes(bytes(row["private_key"])),
        )
    return _keys[number]


def qr_svg(text: str) -> str:
    """The code as an image that a door reads from a phone or from paper."""
    code = segno.make(text, error="m", micro=False, boost_error=False)
    out = io.BytesIO()
    code.save(out, kind="svg", border=4, omitsize=True, xmldecl=False, light="#fff", svgclass=None, lineclass=None)
    return out.getvalue().decode()


def qr_matrix(text: str) -> list[bytes]:
    """The code's modules row by row, 1 for dark, without the quiet zone."""
    return [bytes(row) for row in segno.make(text, error="m", micro=False, boost_error=False).matrix]
