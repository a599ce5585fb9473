"""People for tests: real accounts in the database, as actors for `make_client`."""

from collections.abc import Iterable
from itertools import count

from app.core.web import Actor
from app.people.accounts import create_person

_numbers = count(1)


async def make_person(
    name: str = "Người thử",
    email: str | None = None,
    roles: Iterable[str] = (),
    *,
    password: str | None = None,
    locale: str = "vi",
    confirmed: bool = True,
    sample: bool = False,
) -> Actor:
    """An account (without a password unless one is given: hashing takes a tenth of a second) as who asks."""
    email = email or f"person{next(_numbers)}@test.example"
    roles = tuple(roles)
    person = await create_person(
        email=email, name=name, password=password, locale=locale, confirmed=confirmed, roles=roles, sample=sample
    )
    return Actor(
        id=person, name=name, email=email, roles=frozenset(roles), locale=locale, via="session", confirmed_recently=True
    )
