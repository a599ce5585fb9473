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
    rule,
    run_state_machine_as_test,
)

from app.core import db
from app.core.web import NOBODY
from events import checkin, registration, review, setup, waitlist
from events.planning import TypePlan
from tests.event_factories import World, make_event, make_registration, scan

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
        self.answers: dict[str, checkin.Verdict] = {}
        self.promoted: list[UUID] = []

    @rule(target=guests, kind=st.sampled_from(["visitor", "visitor", "investor"]))
    def register(self, kind: str) -> registration.Registered:
        found: registration.Registered = wait(make_registration(self.world, ticket_type=kind))
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

    @rule(places=st.integers(0, 5))
    def resize(self, places: int) -> None:
        with contextlib.suppress(setup.BelowSold):
            plan = TypePlan(code="visitor", title_vi="Khách", capacity=places)
            wait(setup.edit_type(self.world.owner, self.world.event, self.world.type_id, plan))

    @rule(guest=guests, full=st.sampled_from(["leave", "waitlist"]))
    def approve(self, guest: registration.Registered, full: Any) -> None:
        wait(review.approve(self.world.owner, self.world.event, [guest.id], when_full=full))

    @rule(guest=guests)
    def refuse(self, guest: registration.Registered) -> None:
        wait(review.refuse(self.world.owner, self.world.event, [guest.id]))

    @rule(target=scans, guest=guests, direction=st.sampled_from(["in", "in", "out"]), device=st.sampled_from("ab"))
    def show(self, guest: registration.Registered, direction: Any, device: str) -> Any:
        nonce = f"n{len(self.answers)}"
        verdict = wait(scan(self.world, guest.code, nonce=nonce, device_id=device, direction=direction))
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
        "SELECT t.capacity, t.sold, count(*) FILTER (WHERE r.status = 'confirmed') AS confirmed,"
        " count(*) FILTER (WHERE r.status = 'waitlisted') AS waiting FROM ticket_type t"
        " LEFT JOIN registration r ON r.ticket_type = t.id WHERE t.event = $1 GROUP BY t.id",
        world.event,
    ):
        assert row["sold"] == row["confirmed"] <= row["capacity"]
        assert not row["waiting"] or row["sold"] == row["capacity"]
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
        "SELECT (SELECT sum(inside) FROM checkpoint_count WHERE checkpoint = $1) AS counted,"
        " (SELECT count(*) FROM admission WHERE checkpoint = $1 AND voided_at IS NULL AND inside) AS there",
        world.checkpoint,
    )
    assert inside is not None
    assert inside["counted"] == inside["there"]
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
    async def forgetful(_type: UUID) -> None:
        return None

    monkeypatch.setattr(waitlist, "hand_on", forgetful)
    with pytest.raises(AssertionError):
        await run_machine()
