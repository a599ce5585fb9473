"""Cases of the specification over HTTP: a crash in the middle of registering, deadlines of offers, people who go."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.core import clock, outbox
from app.core import db as database
from app.core.web import NOBODY
from app.people.rights.subject import Subject
from events import rights
from events.seats import book, pools, recounting
from tests.conftest import MakeClient
from tests.event_factories import make_event, make_registration
from tests.factories import make_person

_CRASH = """
CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
CREATE TRIGGER crash BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION crash();
"""


async def test_case_26_a_crash_between_the_place_and_the_mail_leaves_neither(
    committed: asyncpg.Pool, make_client: MakeClient
) -> None:
    world = await make_event(capacity=3)
    await pools.add(world.owner, world.event, pools.PoolPlan(name_vi="Cả hội", size=3, types=(world.type_id,)))
    client = make_client(NOBODY)
    body = {"ticket_type": "visitor", "person": {"full_name": "Nguyễn Văn An", "email": "an@test.example"}}
    path, key = f"/api/v1/events/{world.slug}/registrations", {"Idempotency-Key": "mot-khoa-du-dai-de-thu"}
    await database.execute(_CRASH)
    try:
        answer = await client.post(path, json=body, headers=key)
    finally:
        await database.execute("DROP TRIGGER crash ON outbox; DROP FUNCTION crash")
    assert answer.status_code == 503
    seen = await book.seen(world.event)
    assert {unit.used for unit in seen.units.values()} == {0}
    assert await database.fetchval("SELECT count(*) FROM registration") == 0
    for _twice in range(2):
        answer = await client.post(path, json=body, headers=key)
        assert (answer.status_code, answer.json()["status"]) == (201, "confirmed")
    assert await recounting.drift(world.event) == []
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'events.tell_guest'") == 1


@pytest.mark.parametrize(
    ("begins_in", "until"),
    [
        (timedelta(days=9), timedelta(hours=48)),
        (timedelta(hours=6), timedelta(hours=1, minutes=30)),
        (timedelta(minutes=10), timedelta(minutes=10)),
    ],
)
async def test_case_40_the_page_offers_until_the_deadline_and_never_past_the_start(
    begins_in: timedelta, until: timedelta, db: Any, make_client: MakeClient
) -> None:
    starts = clock.now() + begins_in
    world = await make_event(capacity=1, starts_at=starts)
    await pools.set_rule(world.owner, world.event, book.Rule(promotion="offer"))
    first, waiting = [await make_registration(world) for _n in range(2)]
    client = make_client(NOBODY)
    api = f"/api/v1/events/{world.slug}/registrations"
    assert (await client.delete(f"{api}/{first.id}?secret={first.secret}")).status_code == 200
    assert (await client.get(f"{api}/{waiting.id}?secret={waiting.secret}")).json()["status"] == "offered"
    deadline = await database.fetchval("SELECT deadline_at FROM registration WHERE id = $1", waiting.id)
    assert deadline <= starts
    assert abs(deadline - clock.now() - until) < timedelta(seconds=30)
    shown = (await client.get(f"/tickets/{waiting.secret}")).text
    assert f"{deadline.astimezone(clock.VIETNAM):%H:%M}" in shown
    late = "UPDATE registration SET deadline_at = $2 WHERE id = $1"
    await database.execute(late, waiting.id, clock.now() - timedelta(seconds=1))
    await client.post(f"/tickets/{waiting.secret}/accept")
    assert (await client.get(f"{api}/{waiting.id}?secret={waiting.secret}")).json()["status"] != "confirmed"


async def test_case_40_once_it_has_begun_a_free_place_is_no_offer_any_more(db: Any, make_client: MakeClient) -> None:
    world = await make_event(capacity=1, starts_at=clock.now() - timedelta(hours=1))
    await pools.set_rule(world.owner, world.event, book.Rule(promotion="offer"))
    first, waiting = [await make_registration(world) for _n in range(2)]
    await make_client(NOBODY).post(f"/tickets/{first.secret}/cancel")
    answer = await make_client(NOBODY).get(
        f"/api/v1/events/{world.slug}/registrations/{waiting.id}?secret={waiting.secret}"
    )
    assert answer.json()["status"] == "confirmed"


async def test_case_19_news_end_with_the_consent_and_an_erased_guest_stays_in_the_counts(
    db: Any, make_client: MakeClient
) -> None:
    world = await make_event()
    person = await make_person(name="Phạm Thị Hoa")
    guest = await make_registration(world, person, email=person.email, full_name="Phạm Thị Hoa", news=True)
    await make_registration(world)
    await rights.no_news(person.person_id)
    assert await database.fetchval("SELECT news_consent_at FROM registration WHERE id = $1", guest.id) is None
    await database.execute("UPDATE event SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 day'")
    async with database.tx():
        await rights.empty_registrations(Subject(person=person.id, key=person.email))
    await outbox.drain()
    client = make_client(world.owner)
    listed = (await client.get(f"/events/{world.slug}/guests")).text
    assert "Phạm Thị Hoa" not in listed
    assert await database.fetchval("SELECT sold FROM ticket_type WHERE id = $1", world.type_id) == 2
    assert await recounting.drift(world.event) == []
