"""Organisations named as hosts are asked by mail when they can see the event; organizers hear what they say."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock, outbox
from app.core import db as database
from app.core.web import NOBODY
from events import planning
from events.floor import copying, hosting, jobs
from tests.events.floor.making import make_event, make_organisation
from tests.factories import make_person


async def mails() -> list[str]:
    rows = await database.fetch("SELECT to_address, subject FROM mail WHERE subject LIKE '%Sao Mai%' ORDER BY id")
    return [f"{row['to_address']}: {row['subject']}" for row in rows]


async def asked_at() -> list[str]:
    rows = await database.fetch("SELECT to_address FROM mail WHERE text LIKE '%/villages%' ORDER BY to_address")
    return [row["to_address"] for row in rows]


@pytest.mark.parametrize("agrees", [True, False])
async def test_editors_are_asked_once_the_event_is_public_and_organizers_told(agrees: bool, db: Any) -> None:
    world = await make_event(published=False)
    editor, viewer = await make_person(), await make_person()
    organisation = await make_organisation(editor, "Công ty Sao Mai")
    await database.execute(
        "INSERT INTO membership (id, organisation, person, role) VALUES (gen_random_uuid(), $1, $2, 'viewer')",
        *(organisation, viewer.id),
    )
    slug = await database.fetchval("SELECT slug FROM organisation WHERE id = $1", organisation)
    await hosting.add_host(world.owner, world.event, slug, "co_host")
    await outbox.drain()
    await jobs.ask_hosts()
    assert await asked_at() == []
    await planning.publish(world.owner, world.event)
    for _twice in range(2):
        await jobs.ask_hosts()
        await hosting.add_host(world.owner, world.event, slug, "co_host")
        await outbox.drain()
    assert await asked_at() == [editor.email]
    (host,) = await hosting.hosts_of(world.event, waiting=True)
    for _twice in range(2 if agrees else 1):
        await hosting.answer(editor, world.event, host["id"], agrees=agrees)
        await outbox.drain()
    (told,) = await mails()
    assert told.startswith(f"{world.owner.email}: Công ty Sao Mai {'đã' if agrees else 'không'} đồng ý")
    assert len(await hosting.hosts_of(world.event, NOBODY)) == agrees


async def test_another_role_is_asked_for_again_and_own_hosts_are_not_asked(db: Any) -> None:
    world = await make_event()
    editor = await make_person()
    other = await make_organisation(editor, "Viện Nghiên cứu")
    own = await make_organisation(world.owner, "Sở Khoa học")
    slugs = [await database.fetchval("SELECT slug FROM organisation WHERE id = $1", one) for one in (other, own)]
    for role in ("host", "partner"):
        for slug in slugs:
            await hosting.add_host(world.owner, world.event, slug, role)
            await outbox.drain()
    assert await asked_at() == [editor.email] * 2


async def an_asked_host() -> tuple[Any, Any, str]:
    """An event, an editor of an organisation that was named and asked once, and the organisation's address."""
    world, editor = await make_event(), await make_person()
    organisation = await make_organisation(editor, "Công ty Sao Mai")
    slug = await database.fetchval("SELECT slug FROM organisation WHERE id = $1", organisation)
    await hosting.add_host(world.owner, world.event, slug, "host")
    await outbox.drain()
    assert await asked_at() == [editor.email]
    return world, editor, slug


async def test_a_role_that_comes_back_is_asked_for_again_and_the_second_answer_told(db: Any) -> None:
    world, editor, slug = await an_asked_host()
    for number, role in enumerate(("partner", "host"), 2):
        (host,) = await hosting.hosts_of(world.event, waiting=True)
        await hosting.answer(editor, world.event, host["id"], agrees=True)
        await hosting.add_host(world.owner, world.event, slug, role)
        await outbox.drain()
        assert await asked_at() == [editor.email] * number
    (host,) = await hosting.hosts_of(world.event, waiting=True)
    await hosting.answer(editor, world.event, host["id"], agrees=True)
    await outbox.drain()
    assert len(await mails()) == 3


async def test_naming_and_removing_again_and_again_asks_a_few_times(db: Any) -> None:
    world, editor, slug = await an_asked_host()
    for _again in range(jobs.ASKS_A_WEEK + 2):
        (host,) = await hosting.hosts_of(world.event, waiting=True)
        await hosting.end_host(world.owner, world.event, host["id"])
        await hosting.add_host(world.owner, world.event, slug, "host")
        await outbox.drain()
    await jobs.ask_hosts()
    assert await asked_at() == [editor.email] * jobs.ASKS_A_WEEK
    asked = await database.fetchval(
        "SELECT asked_at FROM event_host WHERE event = $1 AND ended_at IS NULL", world.event
    )
    assert asked is None, "asked when the week is over"


async def test_an_organisation_without_editors_is_asked_when_it_has_one(db: Any) -> None:
    world, editor = await make_event(), await make_person()
    organisation = await make_organisation(editor, "Viện Sao Mai", role="viewer")
    slug = await database.fetchval("SELECT slug FROM organisation WHERE id = $1", organisation)
    await hosting.add_host(world.owner, world.event, slug, "host")
    await outbox.drain()
    await jobs.ask_hosts()
    assert await asked_at() == []
    await database.execute("UPDATE membership SET role = 'editor' WHERE organisation = $1", organisation)
    await jobs.ask_hosts()
    assert await asked_at() == [editor.email]


async def test_hosts_of_a_copied_event_are_asked_again(db: Any) -> None:
    world, editor, _slug = await an_asked_host()
    wish = copying.Copy(title_vi="Kỳ sau", starts_at=clock.now() + timedelta(days=30))
    new = await database.fetchval(
        "SELECT id FROM event WHERE slug = $1", await copying.copy(world.owner, world.event, wish)
    )
    await planning.publish(world.owner, new)
    await jobs.ask_hosts()
    assert await asked_at() == [editor.email] * 2
