"""Any order of registering, cancelling, resizing, approving, scanning, undoing and replaying keeps the books right.

A short, repeatable run against the real database; the books are compared after every step.
"""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.core import db
from app.core.web import NOBODY
from events import checkin, planning, registration, review, setup, waitlist
from events.door import scanning
from events.planning import TypePlan
from events.seats import book, promoting
from tests.event_factories import World, make_event, make_registration, scan

_CAME = "SELECT EXISTS (SELECT 1 FROM admission WHERE registration = $1 AND voided_at IS NULL)"
_INSIDE = "SELECT EXISTS (SELECT 1 FROM admission WHERE registration = $1 AND voided_at IS NULL AND inside)"

_loops: list[asyncio.AbstractEventLoop] = []


def wait(act: Coroutine[Any, Any, Any]) -> Any:
    """Run `act` on the test's own loop, from the thread in which the machine lives."""
    return asyncio.run_coroutine_threadsafe(act, _loops[-1]).result(30)


class Festival(RuleBasedStateMachine):
    """One event with a plain ticket type and one that needs approval; the door of both."""

    guests = Bundle("guests")
    scans = Bundle("scans")

    @initialize()
    def begin(self) -> None:
        types = (
            TypePlan(code="visitor", title_vi="Khách", capacity=3),
            TypePlan(code="investor", title_vi="Nhà đầu tư", capacity=2, needs_approval=True),
        )
        self.world: World = wait(make_event(*types))
        self.answers: dict[str, scanning.Verdict] = {}
        self.promoted: list[UUID] = []

    @rule(target=guests, kind=st.sampled_from(["visitor", "visitor", "investor"]))
    def register(self, kind: str) -> Any:
        try:
            found: registration.Registered = wait(make_registration(self.world, ticket_type=kind))
        except registration.NotOpen:
            assert wait(db.fetchval("SELECT status FROM event WHERE id = $1", self.world.event)) != "published"
            return multiple()
        return found

    @rule(guest=guests)
    def register_again(self, guest: registration.Registered) -> None:
        row = wait(db.fetchrow("SELECT status, email, email_key FROM registration WHERE id = $1", guest.id))
        if row["status"] in ("confirmed", "waitlisted", "pending_review"):
            again = wait(make_registration(self.world, email=row["email"].upper()))
            assert (again.id, again.new) == (guest.id, False)

    @rule(guest=guests)
    def cancel(self, guest: registration.Registered) -> None:
        wait(waitlist.cancel(NOBODY, guest.id))

    @rule(some=st.lists(guests, max_size=4))
    def cancel_many(self, some: list[registration.Registered]) -> None:
        wait(waitlist.cancel_all(self.world.owner, self.world.event, [guest.id for guest in some], "đổi lịch"))

    @rule(guest=guests)
    def cancel_as_guest(self, guest: registration.Registered) -> None:
        inside = wait(db.fetchval(_CAME, guest.id))
        before = wait(db.fetchval("SELECT status FROM registration WHERE id = $1", guest.id))
        try:
            wait(waitlist.cancel(NOBODY, guest.id, by_guest=True))
            assert not inside or before in ("cancelled", "refused")
        except waitlist.AlreadyIn:
            assert inside

    @rule(places=st.integers(0, 5), kind=st.sampled_from(["visitor", "visitor", "investor"]))
    def resize(self, places: int, kind: str) -> None:
        row = wait(db.fetchrow("SELECT id FROM ticket_type WHERE event = $1 AND code = $2", self.world.event, kind))
        with contextlib.suppress(setup.BelowSold):
            plan = TypePlan(code=kind, title_vi="Khách", capacity=places, needs_approval=kind == "investor")
            wait(setup.edit_type(self.world.owner, self.world.event, row["id"], plan))

    @rule(some=st.lists(guests, min_size=1, max_size=4), full=st.sampled_from(["leave", "waitlist"]))
    def approve(self, some: list[registration.Registered], full: Any) -> None:
        with contextlib.suppress(review.TooLate):
            wait(review.approve(self.world.owner, self.world.event, [guest.id for guest in some], when_full=full))

    @rule(act=st.sampled_from([planning.close, planning.publish]))
    def close_or_open(self, act: Any) -> None:
        with contextlib.suppress(planning.NotInThisState):
            wait(act(self.world.owner, self.world.event))

    @rule()
    def replace_all_codes(self) -> None:
        wait(planning.rotate_key(self.world.owner, self.world.event, "lộ mã"))

    @precondition(lambda self: len(self.answers) > 12)
    @rule()
    def call_off(self) -> None:
        wait(planning.cancel_event(self.world.owner, self.world.event, "Bão"))

    @rule(guest=guests)
    def refuse(self, guest: registration.Registered) -> None:
        wait(review.refuse(self.world.owner, self.world.event, [guest.id]))

    @rule(
        target=scans,
        guest=guests,
        direction=st.sampled_from(["in", "in", "out"]),
        device=st.sampled_from("ab"),
        offline=st.booleans(),
    )
    def show(self, guest: registration.Registered, direction: Any, device: str, offline: bool) -> Any:
        nonce = f"n{len(self.answers)}"
        was_in = wait(db.fetchval(_INSIDE, guest.id))
        going_on = wait(db.fetchval("SELECT status <> 'cancelled' FROM event WHERE id = $1", self.world.event))
        status = wait(db.fetchval("SELECT status FROM registration WHERE id = $1", guest.id))
        act = {"nonce": nonce, "device_id": device, "direction": direction, "offline": offline}
        verdict = wait(scan(self.world, guest.code, **act))
        welcome = going_on and status == "confirmed" and was_in == (direction == "out")
        assert (verdict.outcome == "ok") == welcome
        self.answers[nonce] = verdict
        return (nonce, guest.code, direction, device)

    @rule(one=scans)
    def replay(self, one: Any) -> None:
        nonce, code, direction, device = one
        again = wait(scan(self.world, code, nonce=nonce, device_id=device, direction=direction))
        first = self.answers[nonce]
        assert again.replayed
        assert (again.id, again.outcome, again.reason) == (first.id, first.outcome, first.reason)
        assert again.facts == first.facts

    @rule(target=scans, one=consumes(scans))
    def undo(self, one: Any) -> Any:
        verdict = self.answers[one[0]]
        with contextlib.suppress(checkin.Undone, checkin.NotFound):
            wait(checkin.undo(self.world.owner, self.world.event, verdict.id, "nhầm"))
        return multiple()

    @invariant()
    def the_books_are_right(self) -> None:
        if not hasattr(self, "world"):
            return
        wait(check(self.world))


async def check(world: World) -> None:
    """Counters equal counts, nobody over capacity, nobody waits beside a free place, the line is kept."""
    for row in await db.fetch(
        "SELECT t.capacity, t.sold, e.status, count(*) FILTER (WHERE r.status = 'confirmed') AS confirmed,"
        " count(*) FILTER (WHERE r.status = 'waitlisted') AS waiting FROM ticket_type t"
        " JOIN event e ON e.id = t.event LEFT JOIN registration r ON r.ticket_type = t.id WHERE t.event = $1"
        " GROUP BY t.id, e.id",
        world.event,
    ):
        assert row["sold"] == row["confirmed"] <= row["capacity"]
        assert not row["waiting"] or row["sold"] == row["capacity"] or row["status"] == "cancelled"
    skipped = await db.fetchval(
        "SELECT count(*) FROM registration_change c JOIN registration r ON r.id = c.registration"
        " JOIN registration o ON o.ticket_type = r.ticket_type AND o.queue_number < r.queue_number AND o.status"
        " = 'waitlisted'"
        " JOIN LATERAL (SELECT max(id) AS since FROM registration_change x WHERE x.registration = o.id) w ON"
        " w.since < c.id"
        " WHERE c.reason = 'promoted' AND r.event = $1",
        world.event,
    )
    assert skipped == 0
    twice = await db.fetchval(
        "SELECT count(*) FROM (SELECT 1 FROM admission WHERE voided_at IS NULL GROUP BY registration, checkpoint"
        " HAVING count(*) > 1) t"
    )
    assert twice == 0
    inside = await db.fetchrow(
        "SELECT (SELECT sum(inside) FROM zone_count WHERE zone = $1) AS counted,"
        " (SELECT sum(admitted) FROM zone_count WHERE zone = $1) AS ever,"
        " (SELECT count(*) FROM admission WHERE checkpoint = $1 AND voided_at IS NULL AND inside) AS there,"
        " (SELECT count(*) FROM admission WHERE checkpoint = $1 AND voided_at IS NULL) AS came",
        world.checkpoint,
    )
    assert inside is not None
    assert (inside["counted"], inside["ever"]) == (inside["there"], inside["came"])
    unexplained = await db.fetchval(
        "SELECT count(*) FROM registration r WHERE r.event = $1 AND r.status IS DISTINCT FROM"
        " (SELECT to_status FROM registration_change c WHERE c.registration = r.id ORDER BY c.id DESC LIMIT 1)",
        world.event,
    )
    assert unexplained == 0


QUICK = settings(
    max_examples=25,
    stateful_step_count=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


async def run_machine() -> None:
    _loops.append(asyncio.get_running_loop())
    await asyncio.to_thread(run_state_machine_as_test, Festival, settings=QUICK)


async def test_the_books_are_right_after_any_order_of_acts(committed: asyncpg.Pool) -> None:
    await run_machine()


async def test_control_a_cancel_that_forgets_the_line_is_found(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(_held: book.Book) -> list[UUID]:
        return []

    monkeypatch.setattr(promoting, "promote", forgetful)
    with pytest.raises(AssertionError):
        await run_machine()
