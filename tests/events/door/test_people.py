"""People are counted, not tickets: several on one ticket, delegations on one code; cases 57, 58, 66, 70."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import asyncpg

from app.core import clock, db
from app.core.ids import new_id
from events import checkin, jobs, setup, tickets, waitlist
from events.command import proving
from events.delegations import registering
from events.door import cards, emptying
from events.figures import publishing, recount
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code
from tests.events.door.conftest import MakeScanner, Scanner
from tests.events.door.test_cards import given, opened
from tests.events.door.test_zones import zone

GROUP, CANCELLED = 8, 1


async def party(world: World, people: int) -> str:
    return await ticket_code(world, await make_registration(world, party=people, source="desk"))


async def counted(world: World) -> tuple[int, int]:
    """How many are inside and ever came, as the counters of the outermost places say."""
    row = await db.fetchrow(
        "SELECT sum(n.inside)::integer AS i, sum(n.admitted)::integer AS a FROM zone z JOIN zone_count n"
        " ON n.zone = z.id WHERE z.event = $1 AND z.parent IS NULL",
        world.event,
    )
    assert row is not None
    return row["i"], row["a"]


async def check(world: World) -> None:
    """Every recount that there is says the same: the command centre's, the report's, the night's."""
    ends_at = await db.fetchval("SELECT ends_at FROM event WHERE id = $1", world.event)
    assert (await proving.prove(world.event, ends_at)).differences == ()
    assert (await recount.recount(world.event)).differences == ()
    assert await db.fetch(jobs._DOORS) == []


async def test_everybody_on_a_ticket_is_inside_and_every_recount_says_so(world: World, scanner: Scanner) -> None:
    four, one = await party(world, 4), await party(world, 1)
    village = await zone(world, "Làng A", world.checkpoint)
    answer = await scanner.scan(four)
    assert (answer["person"]["people"], answer["occupancy"]["inside"]) == (4, 4)
    assert (await scanner.scan(one))["person"]["people"] == 1
    await scan(world, four, checkpoint_id=village)
    assert await counted(world) == (5, 5)
    await check(world)
    numbers = await publishing.numbers(world.event)
    assert (numbers["people"], numbers["visits"]) == (5, 9)
    before = clock.now() - timedelta(minutes=20)
    late = await scan(world, one, checkpoint_id=village, offline=True, shown="ok", scanned_at=before)
    await check(world)
    again = await scan(world, await party(world, 3))
    assert again.id is not None
    await checkin.undo(world.owner, world.event, again.id, "Nhầm người")
    await scan(world, four, direction="out")
    assert (late.outcome, await counted(world)) == ("conflict", (1, 5))
    await check(world)


async def test_closing_counts_everybody_out(world: World) -> None:
    await scan(world, await party(world, 6))
    await db.execute("UPDATE admission SET moved_at = now() - interval '3 days'")
    await db.execute(
        "UPDATE zone SET empties_at = $1", (clock.now() - timedelta(minutes=30)).astimezone(clock.VIETNAM).time()
    )
    await emptying.empty()
    assert await counted(world) == (0, 6)


async def test_case_58_a_family_needs_a_place_for_each_of_them(world: World) -> None:
    hall = await setup.add_checkpoint(world.owner, world.event, name_vi="Hội trường", capacity=5, types=[])
    three, other = await party(world, 3), await party(world, 3)
    two = await party(world, 2)
    found = [await scan(world, code, checkpoint_id=hall) for code in (three, other, two)]
    assert [(one.outcome, one.reason) for one in found] == [("ok", ""), ("refused", "checkpoint_full"), ("ok", "")]


async def test_who_is_counted_already_stays_counted_when_more_come_on_the_ticket(world: World) -> None:
    code = await party(world, 2)
    await scan(world, code)
    await db.execute("UPDATE registration SET party = 5 WHERE event = $1", world.event)
    assert await counted(world) == (5, 5)
    await scan(world, code, direction="out")
    await db.execute("UPDATE ticket_type SET sold = 5 WHERE event = $1", world.event)
    assert await counted(world) == (0, 5)
    await check(world)


async def test_the_last_three_places_at_once_are_one_familys(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=100)
    hall = await setup.add_checkpoint(world.owner, world.event, name_vi="Hội trường", capacity=4, types=[])
    codes = [await party(world, 3) for _n in range(8)]
    found = await asyncio.gather(*(scan(world, code, checkpoint_id=hall) for code in codes))
    assert Counter(one.outcome for one in found) == {"ok": 1, "refused": 7}
    assert await db.fetchval("SELECT sum(inside) FROM zone_count WHERE zone = $1", hall) == 3


async def test_a_card_says_how_many_come(world: World, scanner: Scanner) -> None:
    four, one = await party(world, 4), await party(world, 1)
    found = await given(scanner)
    assert [opened(found, code, world.event)[3:] for code in (four, one)] == [[0, "", [], "", 4], []]


# --- delegations ---------------------------------------------------------------------------------------------------


async def delegation(world: World, people: int, name: str = "Đoàn Bách khoa") -> tuple[str, list[UUID]]:
    """A delegation of so many: its code and its registrations."""
    group = new_id()
    await db.execute(
        "INSERT INTO delegation (id, event, name, secret) VALUES ($1, $2, $3, $4)", group, world.event, name, group.hex
    )
    guests = [(await make_registration(world, full_name=f"Đỗ Thị Ươm {n}", delegation=group)).id for n in range(people)]
    key = await db.fetchval("SELECT id FROM event_key WHERE event = $1", world.event)
    return await tickets.code_of(group, world.event, key), guests


async def test_case_66_a_groups_card_opens_with_its_code_and_leads_to_its_members(
    world: World, scanner: Scanner
) -> None:
    code, guests = await delegation(world, 3)
    await make_registration(world, full_name="Người ngoài đoàn")
    key = await db.fetchval("SELECT id FROM event_key WHERE event = $1", world.event)
    tags = [(await cards.keys_of(guest, world.event, key))[0] for guest in guests]
    found = await given(scanner)
    name, members = opened(found, code, world.event)
    assert (name, found.total, len(found.states)) == ("Đoàn Bách khoa", 5, 5)
    assert members == [[str(guests[n]), tags[n].hex(), f"Đỗ Thị Ươm {n}", 0, 1, []] for n in range(3)]
    assert found.states[cards.derived(code, world.event)[0]] == (GROUP, [])
    await waitlist.cancel(world.owner, guests[1])
    later = await given(scanner, found.version)
    assert [member[2] for member in opened(later, code, world.event)[1]] == ["Đỗ Thị Ươm 0", "Đỗ Thị Ươm 2"]
    assert later.states[tags[1]] == (CANCELLED, [])


async def test_case_66_a_group_that_came_in_offline_is_counted_and_a_stranger_in_it_is_a_case(
    world: World, make_scanner: MakeScanner
) -> None:
    """What happened at the door is never dropped because one of those who were ticked left the group meanwhile."""
    code, guests = await delegation(world, 4)
    await db.execute("UPDATE registration SET delegation = NULL WHERE id = $1", guests[3])
    first, second = await make_scanner(world), await make_scanner(world)
    now = clock.now()
    told = {"offline": True, "shown": "ok"}
    ones = [str(guest) for guest in guests]
    a = first.act(code, present=[*ones[:2], ones[3]], scanned_at=(now - timedelta(minutes=2)).isoformat(), **told)
    b = second.act(code, present=ones[1:3], scanned_at=(now - timedelta(minutes=1)).isoformat(), **told)
    (one,) = await first.sync(a, sent_at=now.isoformat())
    (two,) = await second.sync(b, sent_at=now.isoformat())
    assert {m["id"]: (m["status"], m["reason"]) for m in one["group"]["members"]} == {
        ones[0]: ("ok", ""), ones[1]: ("ok", ""), ones[3]: ("conflict", "unknown_code"),
    }  # fmt: skip
    assert {m["id"]: m["status"] for m in two["group"]["members"]} == {ones[1]: "conflict", ones[2]: "ok"}
    assert await counted(world) == (3, 3)
    cases = await db.fetch("SELECT kind, registration FROM door_case ORDER BY kind")
    assert [(row["kind"], row["registration"]) for row in cases] == [("refused", None), ("twice", guests[1])]


async def test_case_66_the_lead_finds_the_groups_code_once_somebody_has_a_place(
    world: World, scanner: Scanner, make_client: MakeClient
) -> None:
    code, guests = await delegation(world, 2)
    row = await db.fetchrow("SELECT * FROM delegation")
    assert row is not None
    page = await make_client().get(f"/delegations/{row['secret']}")
    assert (await registering.code_of(row), page.text.count("data:image/svg+xml")) == (code, 1)
    assert (await scanner.scan(code, present=[str(guests[0])]))["status"] == "ok"
    for guest in guests:
        await waitlist.cancel(world.owner, guest)
    page = await make_client().get(f"/delegations/{row['secret']}")
    assert (page.status_code, await registering.code_of(row), "data:image/svg" in page.text) == (200, "", False)


async def test_from_a_guest_it_is_one_step_to_what_the_door_is_told(world: World, make_client: MakeClient) -> None:
    guest = await make_registration(world)
    link = f'href="/events/{world.slug}/flags/{guest.id}"'
    path = f"/events/{world.slug}/guests/{guest.id}"
    assert link in (await make_client(world.owner).get(path)).text
    await waitlist.cancel(world.owner, guest.id)
    assert link not in (await make_client(world.owner).get(path)).text
