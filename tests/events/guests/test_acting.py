"""Acts over many: the fate of each, stopping in time, taking back, nothing twice."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core import outbox
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from events.guests import acting
from events.guests.acting import Asking
from events.guests.asking import Asked
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code

JOBS = acting


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(TypePlan(code="visitor", title_vi="Khách", capacity=3, needs_approval=True))


async def do(world: World, act: str, **kw: Any) -> UUID:
    """Ask and let the time of holding back pass."""
    number = await acting.ask(world.owner, world.event, Asking(act=act, **kw))
    await database.execute("UPDATE outbox SET available_at = now() WHERE topic = 'guests.act'")
    await outbox.drain()
    return number


async def fates(number: UUID) -> list[str]:
    return [row["fate"] for row in await acting.fates_of(number, "", 0, 1000)]


async def status(world: World) -> list[str]:
    rows = await database.fetch("SELECT status FROM registration WHERE event = $1 ORDER BY queue_number", world.event)
    return [row["status"] for row in rows]


async def test_case_11_as_many_are_approved_as_there_are_places_and_the_rest_is_told_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "BATCH", 2)
    for _n in range(5):
        await make_registration(world)
    number = await do(world, "approve", asked=Asked(status="pending_review"))
    assert await fates(number) == ["confirmed"] * 3 + ["full"] * 2
    assert await status(world) == ["confirmed"] * 3 + ["pending_review"] * 2
    act = await acting.act_for(world.event, number)
    assert (act["state"], act["done"], act["total"]) == ("done", 5, 5)
    again = await do(world, "approve_waitlist", asked=Asked())
    assert await acting.fate_counts(again) == {"unchanged": 3, "waitlisted": 2}


async def test_the_first_to_register_gets_the_last_place_whatever_the_order_of_ticks(world: World) -> None:
    guests = [await make_registration(world) for _n in range(4)]
    await do(world, "approve", ids=[guest.id for guest in reversed(guests)])
    assert await status(world) == ["confirmed"] * 3 + ["pending_review"]


async def test_refusing_cancelling_and_sending_again_say_what_happened_to_each(world: World) -> None:
    first, second, third = [await make_registration(world) for _n in range(3)]
    await do(world, "approve", ids=[first.id])
    refused = await do(world, "refuse", ids=[first.id, second.id], reason="Không phù hợp")
    assert await fates(refused) == ["unchanged", "refused"]
    cancelled = await do(world, "cancel", ids=[first.id, second.id, third.id])
    assert await fates(cancelled) == ["cancelled", "unchanged", "cancelled"]
    assert await status(world) == ["cancelled", "refused", "cancelled"]
    reason = await database.fetchval("SELECT reason FROM registration_change WHERE to_status = 'refused'")
    assert reason == "Không phù hợp"


async def test_the_mail_goes_once_more_and_once_for_each_act(world: World) -> None:
    here = await make_registration(world)
    await make_registration(world, sample=True)
    mute = await make_registration(world)
    await database.execute("UPDATE registration SET email = '' WHERE id = $1", mute.id)
    await outbox.drain()
    before = await database.fetchval("SELECT count(*) FROM mail WHERE message_key LIKE $1", f"events:{here.id}:%")
    number = await do(world, "resend", asked=Asked())
    assert await fates(number) == ["sent", "sample", "no_address"]
    await database.execute("UPDATE guest_act SET state = 'running' WHERE id = $1", number)
    await database.execute("UPDATE guest_fate SET fate = 'waiting' WHERE act = $1", number)
    await acting.act_on_many({"act": str(number)})
    await outbox.drain()
    after = await database.fetchval("SELECT count(*) FROM mail WHERE message_key LIKE $1", f"events:{here.id}:%")
    assert after == before + 1


async def test_what_writes_to_people_waits_and_can_be_stopped_before_anybody_is_told(world: World) -> None:
    await make_registration(world)
    number = await acting.ask(world.owner, world.event, Asking(act="refuse", asked=Asked()))
    await outbox.drain()
    assert await status(world) == ["pending_review"]
    assert await acting.undo(world.owner, world.event, number) == "stopped"
    assert await acting.undo(world.owner, world.event, number) == "stopped"
    await acting.act_on_many({"act": str(number)})
    assert (await status(world), await fates(number)) == (["pending_review"], ["stopped"])


async def test_stopping_half_way_keeps_what_was_done_and_leaves_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "BATCH", 1)
    for _n in range(3):
        await make_registration(world)
    real, told = acting._tell, 0

    async def stopping(number: UUID, came: dict[UUID, str]) -> None:
        nonlocal told
        told += 1
        if told == 2:
            await acting.undo(world.owner, world.event, number)
        await real(number, came)

    monkeypatch.setattr(acting, "_tell", stopping)
    number = await do(world, "refuse", asked=Asked())
    assert await fates(number) == ["refused", "refused", "stopped"]
    assert await status(world) == ["refused", "refused", "pending_review"]


async def test_what_people_were_written_about_is_not_taken_back(world: World) -> None:
    await make_registration(world)
    number = await do(world, "refuse", asked=Asked())
    with pytest.raises(acting.TooLateToUndo):
        await acting.undo(world.owner, world.event, number)


async def test_tags_are_put_on_taken_off_and_taken_back(world: World) -> None:
    async def tags() -> list[str]:
        rows = await database.fetch("SELECT tag FROM guest_tag ORDER BY id")
        return [row["tag"] for row in rows]

    first, second = await make_registration(world), await make_registration(world)
    await do(world, "tag", ids=[first.id], tag="  VIP  ")
    both = await do(world, "tag", ids=[first.id, second.id], tag="VIP")
    assert (await fates(both), await tags()) == (["unchanged", "tagged"], ["VIP", "VIP"])
    assert await acting.undo(world.owner, world.event, both) == "undone"
    assert (await fates(both), await tags()) == (["unchanged", "undone"], ["VIP"])
    off = await do(world, "untag", ids=[first.id, second.id], tag="VIP")
    assert (await fates(off), await tags()) == (["untagged", "unchanged"], [])
    await acting.undo(world.owner, world.event, off)
    assert await tags() == ["VIP"]
    with pytest.raises(Invalid):
        await acting.ask(world.owner, world.event, Asking(act="tag", ids=[first.id], tag="  "))


async def test_certificates_for_many_and_back(world: World) -> None:
    here, away = await make_registration(world), await make_registration(world)
    await do(world, "approve", asked=Asked())
    await scan(world, await ticket_code(world, here))
    number = await do(world, "certify", ids=[here.id, away.id])
    assert await fates(number) == ["certified", "not_came"]
    await acting.undo(world.owner, world.event, number)
    assert await database.fetchval("SELECT count(*) FROM event_certificate WHERE revoked_at IS NULL") == 0


async def test_nobody_of_another_event_is_ever_touched(world: World) -> None:
    other = await make_event()
    theirs = await make_registration(other)
    with pytest.raises(acting.NobodyTicked):
        await acting.ask(world.owner, world.event, Asking(act="cancel", ids=[theirs.id]))
    with pytest.raises(acting.NobodyTicked):
        await acting.ask(world.owner, world.event, Asking(act="cancel", asked=Asked(q="nobody at all")))
    await make_registration(world)
    number = await acting.ask(world.owner, world.event, Asking(act="cancel", asked=Asked()))
    with pytest.raises(NotFound):
        await acting.act_for(other.event, number)
    with pytest.raises(NotFound):
        await acting.undo(other.owner, other.event, number)
    assert await database.fetchval("SELECT status FROM registration WHERE id = $1", theirs.id) == "confirmed"


async def test_an_event_that_is_over_approves_nobody(world: World) -> None:
    await make_registration(world)
    await database.execute(
        "UPDATE event SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 day' WHERE id = $1",
        world.event,
    )
    assert await fates(await do(world, "approve", asked=Asked())) == ["too_late"]
    await acting.act_on_many({"act": str(new_id())})


async def test_the_pages_ask_show_and_stop(world: World, make_client: MakeClient) -> None:
    guest = await make_registration(world, full_name="Phạm Thị Hoa")
    client = make_client(world.owner)
    base = f"/events/{world.slug}/guests"
    for data, said in (
        ({"act": "refuse"}, "ít nhất một người"),
        ({"act": "explode", "ids": str(guest.id)}, "chọn việc cần làm"),
        ({"act": "tag", "ids": str(guest.id)}, "ghi nhãn"),
        ({"act": "refuse", "everybody": "1", "query": "q=khongcoai"}, "ít nhất một người"),
    ):
        answer = await client.post(f"{base}/acts", data=data, follow_redirects=True)
        assert said in answer.text, data
    asked = await client.post(
        f"{base}/acts", data={"act": "refuse", "everybody": "1", "query": "q=hoa", "reason": "Đủ"}
    )
    act = asked.headers["location"]
    page = (await client.get(act)).text
    assert ("Phạm Thị Hoa" in page, "Dừng lại" in page, 'hx-trigger="load' in page) == (True, True, True)
    assert (await client.post(f"{act}/undo", follow_redirects=True)).text.count("đã dừng") > 0
    done = await client.get(act, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert (done.status_code, done.headers["hx-redirect"]) == (204, act)
    assert "Từ chối" in (await client.get(f"{base}/acts")).text
    assert "Phạm Thị Hoa" not in (await client.get(f"{act}?fate=refused")).text
