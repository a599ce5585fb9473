"""What tests of mentoring are made of: a mentor with hours, a startup with somebody who acts for it, sessions."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import msgspec

from app.core import clock
from app.core import db as database
from app.core.web import Actor
from app.directory.access import Seen, organisation_by_id_for
from app.mentoring import booking, free, hours
from app.mentoring.booking import Wanted
from tests.connections import make as organisations
from tests.directory.persons import make as persons
from tests.factories import make_person

_numbers = count(1)
HOURS: dict[str, Any] = {
    "time_zone": "Asia/Ho_Chi_Minh",
    "session_minutes": 45,
    "buffer_minutes": 15,
    "approves": False,
    "mode": "online",
    "place": "",
    "link": "https://meet.test.example/room",
}


class World(msgspec.Struct):
    """One mentor, one startup, and who acts for it."""

    mentor: Actor
    owner: Actor
    startup: UUID

    async def seen(self, actor: Actor | None = None) -> Seen:
        return await organisation_by_id_for(actor or self.owner, self.startup)

    @property
    def mentor_id(self) -> UUID:
        return self.mentor.person_id


async def mentor(name: str = "Cố Vấn", *expertise: str, settings: dict[str, Any] | None = None, **role: Any) -> Actor:
    """A listed mentor who is there every day from nine to five."""
    actor = await make_person(f"{name} {next(_numbers)}")
    await persons.mentor(actor, *(expertise or ("sales",)), **role)
    await with_hours(actor, **(settings or {}))
    return actor


async def with_hours(actor: Actor, **settings: Any) -> None:
    await hours.put_hours(actor, {**HOURS, **settings}, 0)
    await hours.add_part(actor, list(range(7)), "09:00", "17:00")
    await free.keep([actor.person_id])


async def startup(*, owner: Actor | None = None, name: str = "Hãng Thử", **values: Any) -> tuple[Actor, UUID]:
    owner = owner or await make_person(f"Sáng Lập {next(_numbers)}")
    number = await organisations.startup(f"{name} {next(_numbers)}", **values)
    await organisations.member(owner, number)
    return owner, number


async def world(*, settings: dict[str, Any] | None = None, **role: Any) -> World:
    owner, number = await startup()
    return World(await mentor(settings=settings, **role), owner, number)


async def free_at(actor: Actor, place: int = 0) -> datetime:
    """The mentor's next free beginnings, by number; far enough ahead that nothing is late."""
    soon = clock.now() + timedelta(days=2)
    return [at for at in await free.free_of(actor.person_id) if at > soon][place]


async def booked(here: World, at: datetime | None = None, actor: Actor | None = None, **wanted: Any) -> UUID:
    at = at or await free_at(here.mentor)
    actor = actor or here.owner
    return await booking.book(actor, here.mentor_id, await here.seen(actor), Wanted(starts_at=at, **wanted))


async def status_of(number: UUID) -> str:
    return str(await database.fetchval("SELECT status FROM mentoring_booking WHERE id = $1", number))


async def shift(number: UUID, **by: float) -> None:
    """Let time go by for a session: everything about it lies so much earlier."""
    delta = timedelta(**by)
    for table, where, names in (
        ("mentoring_time", "booking", ("starts_at", "ends_at")),
        ("mentoring_booking", "id", ("starts_at", "ends_at", "expires_at", "mentor_said_at", "mentee_said_at")),
    ):
        sets = ", ".join(f"{name} = {name} - $2::interval" for name in names)
        await database.execute(f"UPDATE {table} SET {sets} WHERE {where} = $1", number, delta)


async def over(here: World, **wanted: Any) -> UUID:
    """A confirmed session that ended an hour ago, nobody has said anything."""
    number = await booked(here, **wanted)
    ends_at = await database.fetchval("SELECT ends_at FROM mentoring_booking WHERE id = $1", number)
    before = await database.fetchval(
        "SELECT count(*) FROM mentoring_booking WHERE (mentor = $1 OR mentee = $2) AND ends_at < now()",
        *(here.mentor_id, here.owner.person_id),
    )
    await shift(number, seconds=(ends_at - clock.now()).total_seconds() + 3600 + 2 * 3600 * before)
    return number


async def held(here: World, **wanted: Any) -> UUID:
    """A session that both say took place."""
    from app.mentoring import settling

    number = await over(here, **wanted)
    await settling.report(here.mentor, number, "held")
    await settling.report(here.owner, number, "held")
    return number
