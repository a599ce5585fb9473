"""Codes that are replaced: the old ones end at once or on a chosen day; devices learn of both, and stay complete."""

from datetime import timedelta

import pytest

from app.core import clock, db
from app.core.errors import Invalid
from events import planning, tickets
from events.door import cards
from tests.conftest import MakeClient
from tests.event_factories import World, make_registration, ticket_code
from tests.events.door.conftest import Scanner

DAY = timedelta(days=1)


async def rotated(world: World, keep: timedelta | None) -> int:
    """The event's codes replaced; the number of the new key."""
    until = clock.now() + keep if keep else None
    return await planning.rotate_key(world.owner, world.event, "lộ danh sách", keep_until=until)


async def test_an_old_code_opens_until_the_day_and_is_the_same_ticket(world: World, scanner: Scanner) -> None:
    guest = await make_registration(world)
    old = await ticket_code(world, guest)
    new_key = await rotated(world, DAY)
    new = await tickets.code_of(guest.id, world.event, new_key)
    assert [(await scanner.scan(code))["status"] for code in (old, new)] == ["ok", "already"]
    await db.execute("UPDATE event_key SET valid_until = now() - interval '1 second' WHERE valid_until IS NOT NULL")
    await scanner.scan(new, direction="out")
    assert [(await scanner.scan(code))["reason"] for code in (old, new)] == ["revoked", ""]


@pytest.mark.parametrize("again", [None, DAY])
async def test_ended_at_once_it_opens_nothing(again: timedelta | None, world: World, scanner: Scanner) -> None:
    old = await ticket_code(world, await make_registration(world))
    await rotated(world, DAY)
    if again:
        await planning.end_old_keys(world.owner, world.event)
    else:
        await rotated(world, None)
    assert (await scanner.scan(old))["reason"] == "revoked"
    assert await planning.old_codes_until(world.event) is None


async def test_a_second_replacement_makes_no_old_code_valid_longer(world: World) -> None:
    await rotated(world, DAY)
    first = await planning.old_codes_until(world.event)
    await rotated(world, DAY / 2)
    rows = await db.fetch("SELECT valid_until FROM event_key WHERE valid_until IS NOT NULL ORDER BY created_at")
    assert len(rows) == 2
    assert first is not None
    assert all(row["valid_until"] < first for row in rows)


@pytest.mark.parametrize("keep", [-DAY, 91 * DAY])
async def test_moments_that_cannot_be_are_refused(keep: timedelta, world: World) -> None:
    with pytest.raises(Invalid):
        await planning.rotate_key(world.owner, world.event, "x", keep_until=clock.now() + keep)
    assert await db.fetchval("SELECT count(*) FROM event_key WHERE event = $1", world.event) == 1


async def test_who_registered_meanwhile_is_moved_to_the_newest_key(world: World) -> None:
    guest = await make_registration(world)
    newest = await rotated(world, DAY)
    await db.execute("UPDATE registration SET signing_key = $2 WHERE id = $1", guest.id, guest.signing_key)
    await planning.renew_codes(world.event)
    assert await db.fetchval("SELECT signing_key FROM registration WHERE id = $1", guest.id) == newest
    assert (await make_registration(world)).signing_key == newest


def states(packed: bytes) -> dict[bytes, int]:
    """Tags with their status, as scanners read a snapshot."""
    total, count, left = (int.from_bytes(packed[n : n + 4], "big") for n in (13, 17, 21))
    del total
    at = 25
    for _card in range(count):
        at += 10 + int.from_bytes(packed[at + 8 : at + 10], "big")
    found = {}
    for _state in range(left):
        found[packed[at : at + 8]] = packed[at + 8]
        at += 10 + 6 * packed[at + 9]
    return found


async def test_a_device_is_complete_with_old_codes_and_after_their_end(world: World) -> None:
    for _n in range(2):
        await make_registration(world)

    async def learn(known: dict[bytes, int], since: int | None) -> tuple[dict[bytes, int], int, int]:
        cards._versions.clear()
        version, packed = await cards.pack(world.event, since)
        known = {**known, **states(packed)}
        return (
            {tag: one for tag, one in known.items() if one != cards.GONE},
            version,
            int.from_bytes(packed[13:17], "big"),
        )

    known, version, total = await learn({}, None)
    assert (len(known), total) == (2, 2)
    await rotated(world, DAY)
    known, version, total = await learn(known, version)
    assert (len(known), total) == (4, 4)
    assert len((await learn({}, None))[0]) == 4
    await planning.end_old_keys(world.owner, world.event)
    known, version, total = await learn(known, version)
    assert (len(known), total) == (2, 2)
    await rotated(world, None)
    known, version, total = await learn(known, version)
    assert (len(known), total) == (2, 2)


async def test_the_rules_tell_devices_when_a_key_has_ended(world: World, scanner: Scanner) -> None:
    new_key = await rotated(world, DAY)
    before = (await scanner.get("/door/rules")).json()
    await db.execute("UPDATE event_key SET valid_until = now() WHERE valid_until IS NOT NULL")
    after = (await scanner.get("/door/rules")).json()
    assert [key["revoked"] for key in before["keys"]] == [False, False]
    assert {key["kid"]: key["revoked"] for key in after["keys"]}[new_key] is False
    assert sorted(key["revoked"] for key in after["keys"]) == [False, True]
    assert before["version"] != after["version"]


async def test_the_owner_chooses_on_the_page_and_nothing_typed_is_lost(world: World, make_client: MakeClient) -> None:
    http = make_client(world.owner)
    path = f"/events/{world.slug}/new-codes"
    refused = await http.post(path, data={"reason": "lộ mã", "old": "until"})
    assert (refused.status_code, "lộ mã" in refused.text) == (422, True)
    until = f"{clock.now() + DAY:%Y-%m-%dT%H:%M}"
    assert (await http.post(path, data={"reason": "lộ mã", "old": "until", "keep_until": until})).status_code == 303
    assert f"{path}/end" in (await http.get(f"/events/{world.slug}/setup")).text
    assert (await http.post(f"{path}/end")).status_code == 303
    assert f"{path}/end" not in (await http.get(f"/events/{world.slug}/setup")).text
