"""Passwords: what is taken, and hashing with argon2id off the event loop. Who they belong to is not known here."""

import asyncio
import string
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import Busy
from app.core.i18n import N_, Phrase
from app.core.text import fold

MIN_LENGTH = 8
MAX_LENGTH = 256
AT_ONCE = 2
"""Hashes per process at the same time: each takes 46 MiB and one core for about a tenth of a second."""
MAX_WAITING = 100
_PADDING = 6
"""Digits and signs around a common word that do not make it a good password."""

TOO_SHORT = N_("Please use at least 8 characters.")
TOO_LONG = N_("Please use at most 256 characters.")
TOO_COMMON = N_("Many people use this password, so it is guessed first. Please choose another one.")

_hasher = PasswordHasher(time_cost=2, memory_cost=47104, parallelism=1)
_NOBODYS = "$argon2id$v=19$m=47104,t=2,p=1$6e1f8mftnNRaBedPQ8YyxA$BbJs7i2fa8ckVylNpF4b8l1atQzWC0QssqLR8n9aodY"
"""The hash of random bytes that were thrown away, so that an unknown account costs what a known one does."""

_pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="argon2")
_waiting = 0


@cache
def _common() -> frozenset[str]:
    text = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


def refused(password: str, *about: str) -> Phrase | None:
    """Why `password` is not taken, or None. `about`: words that anybody would try first, such as the e-mail address."""
    password = as_compared(password)
    if len(password) < MIN_LENGTH:
        return TOO_SHORT
    if len(password) > MAX_LENGTH:
        return TOO_LONG
    plain = fold(password).replace(" ", "")
    words = _common() | {fold(part).replace(" ", "") for word in about for part in (word, word.partition("@")[0])}
    core = plain.strip(string.digits + string.punctuation)
    padded = core in words and len(plain) - len(core) <= _PADDING
    if len(set(plain)) <= 2 or plain in words or padded:
        return TOO_COMMON
    return None


def as_compared(password: str) -> str:
    """A password as it is hashed: as typed, but with one spelling of "ế", which keyboards send whole or in parts."""
    return unicodedata.normalize("NFC", password)


def _bytes(password: str) -> bytes:
    return as_compared(password).encode("utf-8", "surrogatepass")


async def hash_password(password: str) -> str:
    """The hash of a password; blanks, case and every other letter count as typed."""
    return str(await _in_pool(_hasher.hash, _bytes(password)))


async def password_fits(stored: str | None, password: str) -> bool:
    """Whether `password` is the one of `stored`. Without one (None) the same work is done and the answer is no."""
    fits = bool(await _in_pool(_verify, stored or _NOBODYS, _bytes(password)))
    return fits and stored is not None


def outdated(stored: str) -> bool:
    """Whether `stored` was made with other parameters than today's, so that sign-in makes it anew."""
    try:
        return _hasher.check_needs_rehash(stored)
    except InvalidHashError:
        return True


def _verify(stored: str, password: bytes) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def _in_pool(function: object, *args: object) -> object:
    """Run in the two threads of this process; Busy when far too many wait already."""
    global _waiting  # noqa: PLW0603
    if _waiting >= MAX_WAITING:
        raise Busy
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, function, *args)  # type: ignore[arg-type]
    finally:
        _waiting -= 1
