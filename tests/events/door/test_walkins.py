"""Who comes without a ticket: a device that only scans finds nobody by an address, and registers what anybody may."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.core import clock, db
from events import setup
from events.planning import TypePlan
from tests.event_factories import World, make_event, make_registration, ticket_code
from tests.events.door.conftest import MakeScanner, Scanner

PASS = "WABCDEFGHIJKLMNOPQRSTUVWXY"


def walk_in(world: World, email: str = "", **kw: Any) -> dict[str, Any]:
    person = {"full_name": "Trần Bình", "email": email, "phone": "0912345678"}
    body = {"nonce": "w1", "checkpoint_id": str(world.checkpoint), "ticket_type": "visitor", "person": person}
    return {**body, "scanned_at": clock.now().isoformat(), "pass": PASS, **kw}


async def written() -> list[int]:
    """How many registrations, passes, scans and admissions there are."""
    tables = ("registration", "door_pass", "scan", "admission")
    return [await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


@pytest.mark.parametrize("offline", [False, True])
async def test_a_device_that_only_scans_lets_nobody_in_by_an_address(
    offline: bool, world: World, scanner: Scanner, make_scanner: MakeScanner
) -> None:
    known = await make_registration(world, email="lan@test.example", full_name="Lê Thị Lan")
    answer = await scanner.post("/door/walk-ins", walk_in(world, " LAN@test.example", offline=offline))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "registered_already")
    assert [text in answer.text for text in ("Lan", known.code, str(known.id))] == [False] * 3
    assert await written() == [1, 0, 0, 0]
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE payload->>'kind' = 'again'") == 1
    assert (await scanner.scan(PASS))["reason"] == "unknown_code"
    finder = await make_scanner(world, "search")
    merged = (await finder.post("/door/walk-ins", walk_in(world, "lan@test.example"))).json()
    assert (merged["status"], merged["scan"]["status"]) == ("merged", "ok")


async def test_the_same_act_sent_again_is_not_somebody_else(world: World, scanner: Scanner) -> None:
    body = walk_in(world, "moi@test.example")
    first = (await scanner.post("/door/walk-ins", body)).json()
    assert (first["status"], first["scan"]["status"]) == ("registered", "ok")
    again = (await scanner.post("/door/walk-ins", body)).json()
    assert (again["registration"], again["scan"]["replayed"]) == (first["registration"], True)
    await db.execute("DELETE FROM admission")
    await db.execute("DELETE FROM scan")  # as if the connection was lost between registering and letting in
    late = (await scanner.post("/door/walk-ins", body)).json()
    assert (late["registration"], late["scan"]["status"]) == (first["registration"], "ok")
    other = await scanner.post("/door/walk-ins", {**body, "nonce": "w2", "pass": "W" + "B" * 25})
    assert other.json()["error"]["code"] == "registered_already"


async def test_a_door_that_is_not_the_devices_own_registers_nobody(world: World, make_scanner: MakeScanner) -> None:
    village = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng AI", types=[])
    scanner = await make_scanner(world, checkpoints=[village])
    for checkpoint in (world.checkpoint, (await make_event()).checkpoint):
        answer = await scanner.post("/door/walk-ins", walk_in(world, checkpoint_id=str(checkpoint)))
        assert answer.status_code == 404
    assert await written() == [0, 0, 0, 0]


@pytest.mark.parametrize(("role", "allowed", "visibility", "wanted"), [
    ("scan", False, "public", 200),
    ("scan", True, "code", 422),
    ("search", True, "invited", 422),
    ("supervisor", False, "invited", 422),
    ("supervisor", True, "invited", 200),
])  # fmt: skip
async def test_types_that_are_not_anybodys_are_given_by_supervisors_whom_the_organiser_allowed_it(
    role: str, allowed: bool, visibility: str, wanted: int, world: World, make_scanner: MakeScanner
) -> None:
    """And the rules say so: scanners offer nothing else to somebody without a ticket."""
    await db.execute(
        "UPDATE ticket_type SET visibility = $1, access_code = CASE $1 WHEN 'code' THEN 'VIP2026' ELSE '' END",
        visibility,
    )
    scanner = await make_scanner(world, role, hidden_types=allowed)
    rules = (await scanner.get("/door/rules")).json()
    answer = await scanner.post("/door/walk-ins", walk_in(world))
    assert answer.status_code == wanted
    assert (await written())[0] == (wanted == 200)
    offered = [kind["public"] or rules["device"]["hidden_types"] for kind in rules["types"]]
    assert offered == [wanted == 200]


@pytest.mark.parametrize(("change", "minutes_ago", "wanted"), [
    ("status = 'draft'", 0, 409),
    ("status = 'cancelled'", 0, 409),
    ("ends_at = now() - interval '10 minutes'", 0, 409),
    ("ends_at = now() - interval '10 minutes'", 20, 200),
    ("starts_at = now() - interval '2 days', ends_at = now() - interval '25 hours'", 26 * 60, 409),
])  # fmt: skip
async def test_an_event_that_does_not_go_on_takes_nobody_in(
    change: str, minutes_ago: int, wanted: int, world: World, scanner: Scanner
) -> None:
    await db.execute(f"UPDATE event SET {change} WHERE id = $1", world.event)
    moment = clock.now() - timedelta(minutes=minutes_ago)
    answer = await scanner.post("/door/walk-ins", walk_in(world, scanned_at=moment.isoformat(), offline=True))
    assert answer.status_code == wanted
    if wanted == 409:
        assert answer.json()["error"]["code"] == "not_open"
    assert (await written())[0] == (wanted == 200)


async def test_a_ticket_that_costs_something_says_unpaid_at_the_door_until_the_money_is_there(
    db: asyncpg.Connection, make_scanner: MakeScanner
) -> None:
    starts = clock.now() - timedelta(hours=2)
    kind = TypePlan(code="visitor", title_vi="Khách", title_en="Visitor", capacity=9, price=200_000)
    world = await make_event(kind, starts_at=starts, ends_at=starts + timedelta(hours=9))
    scanner = await make_scanner(world)
    guest = await make_registration(world)
    assert guest.status == "started"
    found = await scanner.scan(await ticket_code(world, guest))
    assert (found["status"], found["reason"]) == ("refused", "unpaid")
    come = (await scanner.post("/door/walk-ins", walk_in(world))).json()
    assert (come["status"], come["scan"]["reason"]) == ("waitlisted", "unpaid")
    await db.execute("UPDATE registration SET status = 'confirmed' WHERE id = $1", guest.id)
    assert (await scanner.scan(await ticket_code(world, guest)))["status"] == "ok"
