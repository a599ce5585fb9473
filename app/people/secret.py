"""Secrets handed out once and stored as their SHA-256: session tokens, links by mail, API tokens, recovery codes."""

import hashlib
import re
import secrets

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def make_token() -> str:
    """32 random bytes as 43 letters that need no escaping in an address or a cookie."""
    return secrets.token_urlsafe(32)


def looks_like_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def digest(token: str) -> bytes:
    """What is stored of a secret. It has 80 random bits or more, so a plain hash cannot be searched through."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def make_code() -> str:
    """A code for paper, without letters that look alike: 16 letters in four groups, 79 bits."""
    letters = "".join(secrets.choice(_CODE_LETTERS) for _n in range(16))
    return "-".join(letters[n : n + 4] for n in range(0, 16, 4))


def plain_code(typed: str) -> str:
    """A code as it was made, however it was typed: capitals, blanks and missing hyphens are forgiven."""
    letters = re.sub(r"[^a-z0-9]", "", typed.lower())[:32]
    return "-".join(letters[n : n + 4] for n in range(0, len(letters), 4))
