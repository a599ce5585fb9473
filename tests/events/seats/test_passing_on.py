"""Tickets with approval or by invitation that are passed on; codes and further types that are not to be had."""

from uuid import UUID

import msgspec
import pytest

from app.core import db
from app.core.web import NOBODY
from events import changing, registration, review, waitlist
from tests.event_factories import make_registration
from tests.events.seats.conftest import Seats


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
