"""Whom an act on personal data is about: an account, an address without one, or both. How subjects take part in it.

Every subject that keeps personal data registers, in a module `rights.py` of its own, what it exports, what it erases
and what stands in the way of erasing. People imports none of them: the application's composition loads the modules.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from app.core import db
from app.core.i18n import Phrase
from app.people.accounts import email_key


class Subject(msgspec.Struct, frozen=True):
    """A human, by the number of the account and by the address that rows without an account are recognised by."""

    person: UUID | None = None
    email: str = ""
    key: str = ""
    """The address as it is compared, see `email_key`; "" when it is not known."""
    name: str = ""


class Obstacle(msgspec.Struct, frozen=True):
    """Why somebody cannot be erased yet, and where the way out is. `until`: it goes by itself then."""

    text: Phrase
    params: dict[str, object] = {}
    href: str = ""
    until: datetime | None = None

    def say(self, locale: str | None = None) -> str:
        return self.text.text(locale, **self.params)


Rows = Callable[[Subject], AsyncIterator[dict[str, Any]]]
Files = Callable[[Subject], AsyncIterator[tuple[str, AsyncIterator[bytes]]]]
Eraser = Callable[[Subject], Awaitable[int]]
Obstacles = Callable[[Subject], Awaitable[list[Obstacle]]]
Addresses = Callable[[], Awaitable[list[str]]]

F = TypeVar("F", bound=Callable[..., Any])

exporters: dict[str, Rows] = {}
attachments: dict[str, Files] = {}
erasers: dict[str, Eraser] = {}
obstacles: dict[str, Obstacles] = {}
addresses: dict[str, Addresses] = {}


def exports(sheet: str) -> Callable[[F], F]:
    """Register what goes into `sheet` ("events/registrations") of the copy: an async generator of plain rows."""
    return _into(exporters, sheet)


def attaches(folder: str) -> Callable[[F], F]:
    """Register which files go into `folder` of the copy: an async generator of names with their bytes in pieces."""
    return _into(attachments, folder)


def erases(subject: str) -> Callable[[F], F]:
    """Register what empties `subject`'s personal data, in the open transaction; it returns how many rows it touched.

    It must change nothing the second time, and find its rows without those that earlier erasers have emptied: each gets
    the address from `Subject`.
    """
    return _into(erasers, subject)


def hinders_erasure(subject: str) -> Callable[[F], F]:
    """Register what may stand in the way of erasing; it only reads."""
    return _into(obstacles, subject)


def knows_addresses(subject: str) -> Callable[[F], F]:
    """Register which addresses without an account `subject` keeps, as keys: a restored backup is searched with them."""
    return _into(addresses, subject)


def _into(registry: dict[str, Any], name: str) -> Callable[[F], F]:
    def register(function: F) -> F:
        if registry.setdefault(name, function) is not function:
            raise RuntimeError(f"{name} is registered twice")
        return function

    return register


async def subject_of(person: UUID) -> Subject | None:
    """An account that is not erased, ended ones too."""
    row = await db.fetchrow("SELECT email, email_key, name FROM person WHERE id = $1 AND erased_at IS NULL", person)
    return Subject(person, row["email"], row["email_key"], row["name"]) if row else None


async def subjects_at(email: str) -> list[Subject]:
    """Everybody behind an address: each account that has or had it, else the address alone. The current one first."""
    key = email_key(email)
    rows = await db.fetch(
        "SELECT id, email, email_key, name FROM person WHERE email_key = $1 AND erased_at IS NULL"
        " ORDER BY ended_at IS NOT NULL, id",
        key,
    )
    found = [Subject(row["id"], row["email"], row["email_key"], row["name"]) for row in rows]
    return found or [Subject(None, email.strip(), key)]


async def what_hinders(subject: Subject) -> list[Obstacle]:
    """Everything that stands in the way of erasing somebody now."""
    return [obstacle for function in obstacles.values() for obstacle in await function(subject)]
