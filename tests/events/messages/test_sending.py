"""Messages: whom they reach, each once, at a rate, with consent where it is promotion; tests, reminders, stopping."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import clock, outbox
from app.core import db as database
from app.core.errors import Invalid
from app.core.web import NOBODY
from events import waitlist
from events.messages import sending
from events.messages.sending import Draft
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration

JOBS = sending


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event()


async def written(world: World, **kw: Any) -> UUID:
    draft = Draft(**{"subject_vi": "Nhắc bạn", "body_vi": "Mời đến sớm.", **kw})
    return await sending.save(world.owner, world.event, draft)


async def sent(world: World, **kw: Any) -> UUID:
    number = await written(world, **kw)
    await sending.schedule(world.owner, world.event, number)
    await outbox.drain()
    return number


async def mails(number: UUID) -> list[str]:
    rows = await database.fetch("SELECT to_address FROM mail WHERE message_key LIKE 'message:%:' || $1", str(number))
    return sorted(row["to_address"] for row in rows)


async def state(number: UUID) -> str:
    found: str = await database.fetchval("SELECT state FROM event_message WHERE id = $1", number)
    return found


async def test_a_segment_gets_it_and_everybody_else_does_not(world: World) -> None:
    await make_registration(world, full_name="Lê Lan", email="lan@test.example")
    await make_registration(world, full_name="Lê Mai", email="mai@test.example")
    gone = await make_registration(world, full_name="Lê Đi", email="di@test.example")
    await waitlist.cancel(NOBODY, gone.id)
    await make_registration(world, full_name="Lê Mẫu", email="mau@test.example", sample=True)
    await make_registration(await make_event(), full_name="Lê Khác", email="khac@test.example")
    assert await mails(await sent(world, query="q=lan")) == ["lan@test.example"]
    everybody = await sent(world)
    assert await mails(everybody) == ["lan@test.example", "mai@test.example"]
    assert (await state(everybody), await sending.fate_counts(everybody)) == ("sent", {"sent": 2, "sample": 1})
    assert await mails(await sent(world, query="status=cancelled")) == ["di@test.example"]


async def test_however_often_the_jobs_run_each_person_gets_it_once(world: World) -> None:
    await make_registration(world, email="lan@test.example")
    number = await sent(world)
    await database.execute("UPDATE event_message SET state = 'sending' WHERE id = $1", number)
    await database.execute("UPDATE event_message_to SET fate = 'waiting' WHERE message = $1", number)
    for _n in range(2):
        await sending.begin({"message": str(number)})
        await sending.send({"message": str(number)})
    assert await mails(number) == ["lan@test.example"]


async def test_mails_go_at_the_rate_and_can_be_stopped_on_the_way(world: World) -> None:
    for _n in range(5):
        await make_registration(world)
    number = await sent(world, per_minute=12)
    assert (len(await mails(number)), await state(number)) == (2, "sending")
    waits = await database.fetchval(
        "SELECT available_at > now() + interval '5 seconds' FROM outbox"
        " WHERE topic = 'messages.send' AND done_at IS NULL"
    )
    assert waits is True
    await sending.stop(world.event, number)
    await sending.send({"message": str(number)})
    assert (len(await mails(number)), await sending.fate_counts(number)) == (2, {"sent": 2, "stopped": 3})
    with pytest.raises(sending.NotNow):
        await sending.stop(world.event, number)
    with pytest.raises(sending.NotNow):
        await sending.schedule(world.owner, world.event, number)


async def test_promotion_goes_to_who_agreed_and_ends_with_one_click(world: World, make_client: MakeClient) -> None:
    agreed = await make_registration(world, email="co@test.example", news=True)
    elsewhere = await make_registration(await make_event(), email="co@test.example", news=True)
    await make_registration(world, email="khong@test.example")
    number = await sent(world, promotion=True)
    assert await mails(number) == ["co@test.example"]
    assert await sending.fate_counts(number) == {"sent": 1, "no_consent": 1}
    mail = await database.fetchrow("SELECT text, unsubscribe_url FROM mail WHERE message_key LIKE 'message:%'")
    assert mail is not None
    end = f"/tickets/{agreed.secret}/no-news"
    assert (mail["unsubscribe_url"].endswith(end), end in mail["text"]) == (True, True)
    client = make_client(NOBODY)
    await client.get(end)
    assert (await client.post(end, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    assert await mails(await sent(world, promotion=True)) == []
    left = await database.fetchval("SELECT news_consent_at FROM registration WHERE id = $1", elsewhere.id)
    assert left is None


async def test_a_message_about_the_registration_needs_no_consent_and_has_no_end(world: World) -> None:
    await make_registration(world)
    await sent(world)
    assert await database.fetchval("SELECT unsubscribe_url FROM mail WHERE message_key LIKE 'message:%'") == ""


async def test_each_reads_the_own_language(world: World) -> None:
    guest = await make_registration(world, email="john@test.example")
    await database.execute("UPDATE registration SET locale = 'en' WHERE id = $1", guest.id)
    await make_registration(world, email="lan@test.example")
    await sent(world, subject_en="A reminder", body_en="Please come early.")
    rows = await database.fetch("SELECT to_address, subject FROM mail WHERE message_key LIKE 'message:%'")
    assert {row["to_address"]: row["subject"] for row in rows} == {
        "john@test.example": "A reminder",
        "lan@test.example": "Nhắc bạn",
    }
    with pytest.raises(Invalid):
        await written(world, subject_en="Only a subject")


@pytest.mark.parametrize(("hours", "goes"), [(6 * 24, False), (8 * 24, True)])
async def test_a_reminder_goes_so_long_before_wherever_the_event_moves(world: World, hours: int, goes: bool) -> None:
    await make_registration(world)
    number = await sent(world, before_hours=hours)
    assert (await state(number) == "sent") is goes
    if not goes:
        begins = clock.now() + timedelta(days=5)
        await database.execute(
            "UPDATE event SET starts_at = $2, ends_at = $3 WHERE id = $1",
            world.event,
            begins,
            begins + timedelta(hours=3),
        )
        await sending.begin_due()
        await outbox.drain()
        assert await state(number) == "sent"


async def test_nobody_is_reminded_of_what_has_begun_or_was_cancelled(world: World) -> None:
    await make_registration(world)
    number = await sent(world, send_at=clock.now() + timedelta(days=1))
    await database.execute("UPDATE event SET status = 'cancelled' WHERE id = $1", world.event)
    await database.execute("UPDATE event_message SET send_at = now() - interval '1 hour'")
    await sending.begin_due()
    assert await state(number) == "scheduled"
    await database.execute("UPDATE event SET status = 'published', starts_at = now() - interval '1 hour'")
    await database.execute("UPDATE event_message SET before_hours = 24")
    await sending.begin_due()
    assert await state(number) == "scheduled"


async def test_a_test_goes_to_oneself_alone(world: World) -> None:
    await make_registration(world)
    await outbox.drain()
    await database.execute("DELETE FROM mail")
    number = await written(world, subject_en="Hello", body_en="Text")
    await sending.try_out(world.owner, world.event, number)
    rows = await database.fetch("SELECT to_address, subject FROM mail ORDER BY subject")
    assert [(row["to_address"], row["subject"]) for row in rows] == [
        (world.owner.email, "[Test] Hello"),
        (world.owner.email, "[Thử] Nhắc bạn"),
    ]
    assert await state(number) == "draft"


async def test_the_pages_write_show_and_send(world: World, make_client: MakeClient) -> None:
    guest = await make_registration(world, full_name="Phạm Thị Hoa")
    client = make_client(world.owner)
    base = f"/events/{world.slug}/messages"
    assert "1 người sẽ nhận" in (await client.get(f"{base}?q=hoa")).text
    bad = await client.post(base, data={"subject_vi": "Giữ lại tôi", "query": "q=hoa", "before_hours": "abc"})
    assert (bad.status_code, 'value="Giữ lại tôi"' in bad.text) == (422, True)
    data = {"subject_vi": "Chào <b>", "body_vi": "Xin chào", "query": "q=hoa", "per_minute": "600"}
    here = (await client.post(base, data=data)).headers["location"]
    page = (await client.get(here)).text
    assert ("Chào &lt;b&gt;" in page, "Chào <b>" in page) == (True, False)
    assert (await client.post(here, data={**data, "body_vi": ""})).status_code == 422
    assert (await client.post(here, data={**data, "body_vi": "Sửa rồi"})).status_code == 303
    assert (await client.post(f"{here}/test")).status_code == 303
    assert (await client.post(f"{here}/send")).status_code == 303
    await outbox.drain()
    assert "Phạm Thị Hoa" in (await client.get(here)).text
    assert (await client.post(f"{here}/send")).status_code == 409
    assert "Chào &lt;b&gt;" in (await client.get(f"/events/{world.slug}/guests/{guest.id}")).text
