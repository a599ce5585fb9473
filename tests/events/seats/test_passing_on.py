"""Tickets with approval or by invitation that are passed on; codes and further types that are not to be had."""

import asyncio
import contextvars
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.core import db
from app.core.errors import Invalid
from app.core.web import NOBODY
from events import changing, registration, review, setup, waitlist
from events.inviting import opening, vouchers
from events.planning import TypePlan, check_terms
from events.seats import book
from tests.conftest import MakeClient
from tests.event_factories import make_event, make_registration
from tests.events.seats.conftest import Seats

OTHER = {"full_name": "Bo", "email": "bo@test.example"}


async def test_a_ticket_with_approval_is_looked_at_again_and_an_invitation_stays_with_its_person(seats: Seats) -> None:
    world, kind = seats.world, seats.kinds["investor"]
    guests: list[UUID] = [(await make_registration(world, ticket_type="investor")).id for _n in range(3)]
    await review.approve(world.owner, world.event, guests, when_full="waitlist")
    wish = registration.Wish(ticket_type="", full_name="Người mới", email="moi@test.example")
    found = await changing.transfer(NOBODY, guests[0], wish)
    assert (found.status, await seats.used(kind)) == ("pending_review", (2, 2))
    assert await seats.line() == ["cancelled", "confirmed", "confirmed", "pending_review"]
    await waitlist.cancel(world.owner, guests[1])
    await review.approve(world.owner, world.event, [found.id])
    assert (await seats.line(), await seats.used(kind)) == (
        ["cancelled", "cancelled", "confirmed", "confirmed"],
        (2, 2),
    )
    await db.execute("UPDATE ticket_type SET visibility = 'invited' WHERE id = $1", kind)
    with pytest.raises(changing.ByInvitation):
        await changing.transfer(NOBODY, guests[2], msgspec.structs.replace(wish, email="nua@test.example"))


async def test_further_types_are_taken_only_while_they_are_open_and_for_so_many(seats: Seats) -> None:
    for _n in range(2):
        await make_registration(seats.world)
    changes = ("opens_at = now() + interval '1 hour'", "closes_at = now() - interval '1 hour'", "max_party = 1")
    found = []
    for change in changes:
        await db.execute(f"UPDATE ticket_type SET {change} WHERE id = $1", seats.kinds["startup"])
        one = await make_registration(seats.world, also=("startup",), party=2)
        also = await db.fetchval("SELECT also_types FROM registration WHERE id = $1", one.id)
        found.append((one.status, list(also)))
        await db.execute(
            "UPDATE ticket_type SET opens_at = NULL, closes_at = NULL, max_party = 5 WHERE id = $1",
            seats.kinds["startup"],
        )
    assert found == [("waitlisted", [])] * 3


async def test_nobody_moves_up_into_a_further_type_that_takes_no_such_party(seats: Seats) -> None:
    for kind in ("visitor", "startup") * 2:
        last = await make_registration(seats.world, ticket_type=kind)
    waiting = await make_registration(seats.world, also=("startup",), party=2)
    await db.execute("UPDATE ticket_type SET max_party = 1 WHERE id = $1", seats.kinds["startup"])
    await db.execute("UPDATE ticket_type SET capacity = 3 WHERE id = $1", seats.kinds["startup"])
    await waitlist.cancel(NOBODY, last.id)
    assert await db.fetchval("SELECT status FROM registration WHERE id = $1", waiting.id) == "waitlisted"


async def test_a_code_is_used_under_the_book_so_that_ending_it_cannot_deadlock(committed: Any) -> None:
    world = await make_event(capacity=5)
    kind = await db.fetchval("SELECT id FROM ticket_type WHERE event = $1", world.event)
    number = await vouchers.make(world.owner, world.event, vouchers.VoucherPlan(ticket_type=kind, code="BAO-CHI"))
    async with db.tx():
        await book.locked(world.event)
        other = contextvars.Context()
        guest = asyncio.create_task(make_registration(world, access_code="BAO-CHI"), context=other)
        await asyncio.sleep(0.3)
        await db.execute("UPDATE event_voucher SET ended_at = now() WHERE id = $1", number)
    with pytest.raises(Invalid):
        await guest


async def test_wrong_codes_are_counted_and_then_the_right_one_opens_nothing_either(
    seats: Seats, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "WRONG_CODES", 3)
    plan = TypePlan(code="vip", title_vi="VIP", capacity=2, visibility="code", access_code="LANG2026")
    await setup.add_type(seats.world.owner, seats.world.event, plan)
    path, api = f"/events/{seats.world.slug}/register", f"/api/v1/events/{seats.world.slug}/registrations"
    body = {"ticket_type": "vip", "person": {"full_name": "An", "email": "an@test.example"}}
    async with make_client() as client:
        right = {**body, "access_code": "lang-2026", "party": 1, "also": ["visitor"]}
        found = [(await client.post(api, json=right)).status_code]
        found += [(await client.get(f"{path}?code=LANG{number}")).status_code for number in (1, 2)]
        found.append((await client.post(api, json={**body, "access_code": "L", "person": OTHER})).status_code)
        found.append((await client.get(f"{path}?code=LANG2026")).status_code)
        found.append((await client.post(api, json={**body, "access_code": "LANG2026", "person": OTHER})).status_code)
        data = {"ticket_type": "vip", "full_name": "Bo", "email": "bo@test.example", "terms": "1", "code": "LANG2026"}
        found.append((await client.post(path, data=data)).status_code)
        found.append((await client.get(path)).status_code)
    assert found == [201, 422, 422, 422, 429, 429, 429, 200]


async def test_a_new_access_code_has_eight_letters_and_a_short_one_may_stay(seats: Seats) -> None:
    plan = TypePlan(code="vip", title_vi="VIP", capacity=2, visibility="code", access_code="LANG")
    with pytest.raises(Invalid):
        await setup.add_type(seats.world.owner, seats.world.event, plan)
    assert check_terms(plan, "lang") == {}
