"""Organisations named as hosts are asked by mail when they can see the event; organizers hear what they say."""

from typing import Any

import pytest

from app.core import db as database
from app.core import outbox
from app.core.web import NOBODY
from events import planning
from events.floor import hosting, jobs
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
