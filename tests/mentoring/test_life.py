"""The life of a booking, in any order: rules play mentor, startups, staff and time; what must hold holds after each."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as of
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from app.core import clock
from app.core import db as database
from app.core.errors import DomainError
from app.mentoring import booking, changing, free, settling, states, strikes, waiting
from app.mentoring.booking import Wanted
from app.mentoring.states import Reports, Verdict, weigh
from tests.factories import make_person
from tests.mentoring import make

_loops: list[asyncio.AbstractEventLoop] = []


def on_the_loop(act: Coroutine[Any, Any, Any]) -> Any:
    """Run `act` on the test's own loop, from the thread in which the machine lives."""
    return asyncio.run_coroutine_threadsafe(act, _loops[-1]).result(30)


NOW = clock.now()
OVER = NOW - timedelta(hours=1)
LONG_AGO = NOW - timedelta(hours=80)


# --- the table ----------------------------------------------------------------------------------------------------


def test_every_state_is_reached_and_closed_ones_are_left_by_nothing() -> None:
    reached = {move.to for move in states.TRANSITIONS.values()}
    assert reached == set(states.STATES)
    assert {status for status, _act in states.TRANSITIONS if status} & set(states.CLOSED) == set()


def test_every_transition_names_who_may() -> None:
    assert all(move.who and move.who <= {"mentor", "mentee", "staff", "system"} for move in states.TRANSITIONS.values())
    with pytest.raises(states.NotNow):
        states.lead("held", "cancel", "mentee")
    with pytest.raises(states.NotNow):
        states.lead("requested", "confirm", "mentee")


HELD, NO_MENTOR, NO_MENTEE = "held", "mentor_absent", "mentee_absent"


@pytest.mark.parametrize(
    ("reports", "ends_at", "expected"),
    [
        (Reports(), OVER, None),
        (Reports(), NOW - timedelta(days=15), Verdict("lapse")),
        (Reports(mentor_here=True, mentee_here=True), OVER, Verdict("settle_held")),
        (Reports(mentor_here=True, mentee_here=True), NOW + timedelta(minutes=5), None),
        (Reports(mentor_here=True), OVER, None),
        (Reports(mentor_said=HELD, mentor_said_at=NOW), OVER, None),
        (Reports(mentor_said=HELD, mentor_said_at=NOW, mentee_here=True), OVER, Verdict("settle_held")),
        (Reports(mentor_said=HELD, mentor_said_at=LONG_AGO), OVER, Verdict("settle_held")),
        (Reports(mentee_said=NO_MENTOR, mentee_said_at=NOW), OVER, None),
        (Reports(mentee_said=NO_MENTOR, mentee_said_at=LONG_AGO), OVER, Verdict("settle_no_show", "mentor")),
        (Reports(mentee_said=NO_MENTOR, mentee_said_at=NOW, mentor_here=True), OVER, Verdict("dispute")),
        (Reports(mentee_said=NO_MENTOR, mentee_said_at=LONG_AGO, mentor_here=True), OVER, Verdict("dispute")),
        (Reports(mentee_said=NO_MENTEE, mentee_said_at=NOW), OVER, Verdict("settle_no_show", "mentee")),
        (Reports(mentor_said=NO_MENTOR, mentor_said_at=NOW), OVER, Verdict("settle_no_show", "mentor")),
        (Reports(mentor_said=HELD, mentee_said=HELD), OVER, Verdict("settle_held")),
        (Reports(mentor_said=NO_MENTEE, mentee_said=NO_MENTEE), OVER, Verdict("settle_no_show", "mentee")),
        (Reports(mentor_said=NO_MENTEE, mentee_said=HELD), OVER, Verdict("dispute")),
        (Reports(mentor_said=NO_MENTEE, mentee_said=NO_MENTOR), OVER, Verdict("dispute")),
    ],
)
def test_what_two_reports_say_together(reports: Reports, ends_at: Any, expected: Verdict | None) -> None:
    assert weigh(reports, ends_at, NOW) == expected


# --- the machine --------------------------------------------------------------------------------------------------

_IMPOSSIBLE = """
SELECT 'two at one time' AS what FROM mentoring_time a JOIN mentoring_time b ON a.person = b.person AND a.id < b.id
    AND a.ended_at IS NULL AND b.ended_at IS NULL AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
UNION ALL SELECT 'alive without its time' FROM mentoring_booking b
    WHERE b.status IN ('offered', 'requested', 'confirmed')
    AND (SELECT count(*) FROM mentoring_time t WHERE t.booking = b.id AND t.ended_at IS NULL) <> 2
UNION ALL SELECT 'over but in the way' FROM mentoring_booking b JOIN mentoring_time t ON t.booking = b.id
    AND t.ended_at IS NULL WHERE b.status IN ('declined', 'cancelled', 'expired')
UNION ALL SELECT 'state is not what history says' FROM mentoring_booking b WHERE b.status <> (SELECT c.to_status
    FROM mentoring_change c WHERE c.booking = b.id ORDER BY c.id DESC LIMIT 1)
UNION ALL SELECT 'history has a gap' FROM (SELECT c.from_status, lag(c.to_status) OVER (PARTITION BY c.booking
    ORDER BY c.id) AS before FROM mentoring_change c) h WHERE h.from_status IS DISTINCT FROM h.before
UNION ALL SELECT 'nobody did it' FROM mentoring_change WHERE by IS NULL AND role <> 'system'
UNION ALL SELECT 'closed without a day' FROM mentoring_booking WHERE (settled_at IS NOT NULL) <> (status IN
    ('declined', 'cancelled', 'expired', 'held', 'no_show'))
UNION ALL SELECT 'a no-show without a strike' FROM mentoring_booking b WHERE b.status = 'no_show' AND NOT EXISTS
    (SELECT FROM mentoring_strike s WHERE s.booking = b.id)
UNION ALL SELECT 'more places than there are' FROM mentoring_hours h WHERE
    (SELECT count(*) FROM mentorship s WHERE s.mentor = h.person AND s.ended_at IS NULL) > 3
UNION ALL SELECT 'a session without its mentorship' FROM mentoring_booking b WHERE b.status IN ('requested',
    'confirmed') AND NOT EXISTS (SELECT FROM mentorship s WHERE s.mentor = b.mentor
    AND s.organisation = b.organisation AND s.ended_at IS NULL)
UNION ALL SELECT 'offered to nobody in line' FROM mentoring_booking b WHERE b.status = 'offered' AND NOT EXISTS
    (SELECT FROM mentoring_wait w WHERE w.offer = b.id AND w.status = 'offered')
UNION ALL SELECT 'in line for what is offered' FROM mentoring_wait w JOIN mentoring_booking b ON b.id = w.offer
    WHERE w.status = 'offered' AND b.status <> 'offered'
UNION ALL SELECT 'told twice' FROM outbox WHERE topic = 'mentoring.tell' GROUP BY payload HAVING count(*) > 1
"""


EXAMPLES = 10


class Life(RuleBasedStateMachine):
    """One mentor, four startups, any order of acts. A refusal is fine, an impossible state is not."""

    approves = False

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        on_the_loop(self._begin())

    async def _begin(self) -> None:
        self.here = await make.world(settings={"approves": type(self).approves}, mentees_most=3)
        self.staff = await make_person(roles=("moderator",))
        self.startups = [(self.here.owner, await self.here.seen())]
        for _n in range(3):
            owner, number = await make.startup()
            self.startups.append((owner, await make.World(self.here.mentor, owner, number).seen()))

    def teardown(self) -> None:
        async def clear() -> None:
            for table in ("mentoring_wait", "mentoring_strike", "mentoring_change", "mentoring_time",
                          "mentoring_booking", "mentorship", "outbox"):  # fmt: skip
                await database.execute(f"DELETE FROM {table}")

        on_the_loop(clear())

    def _try(self, act: Any) -> None:
        async def tried() -> None:
            try:
                await act
            except DomainError:
                return

        on_the_loop(tried())

    async def _one(self, place: int) -> UUID | None:
        rows = await database.fetch("SELECT id FROM mentoring_booking ORDER BY created_at, id")
        return rows[place % len(rows)]["id"] if rows else None

    def _on_one(self, place: int, act: Any) -> None:
        async def found() -> None:
            number = await self._one(place)
            if number is not None:
                await act(number)

        self._try(found())

    async def _free(self, place: int) -> Any:
        open_at = await free.free_of(self.here.mentor_id)
        return open_at[place % min(len(open_at), 6)] if open_at else clock.now() + timedelta(days=3)

    @rule(who=st.integers(0, 3), place=st.integers(0, 5))
    def book(self, who: int, place: int) -> None:
        async def act() -> None:
            owner, seen = self.startups[who]
            await booking._book(owner, self.here.mentor_id, seen, Wanted(starts_at=await self._free(place)))

        async def guarded() -> None:
            try:
                await act()
            except asyncpg.ExclusionViolationError:
                return

        self._try(guarded())

    @rule(who=st.integers(0, 3), place=st.integers(0, 9))
    def wait(self, who: int, place: int) -> None:
        owner, seen = self.startups[who]

        async def act(number: UUID) -> None:
            at = await database.fetchval("SELECT starts_at FROM mentoring_booking WHERE id = $1", number)
            await waiting.wait(owner, self.here.mentor_id, seen, Wanted(starts_at=at))

        self._on_one(place, act)

    @rule(who=st.integers(0, 4), place=st.integers(0, 9), act=st.sampled_from(["confirm", "accept", "pass_on"]))
    def press(self, who: int, place: int, act: str) -> None:
        self._on_one(place, lambda number: getattr(changing, act)(self._person(who), number))

    @rule(who=st.integers(0, 4), place=st.integers(0, 9), act=st.sampled_from(["decline", "cancel"]))
    def call_off(self, who: int, place: int, act: str) -> None:
        self._on_one(place, lambda number: getattr(changing, act)(self._person(who), number, "vì bận"))

    @rule(who=st.integers(0, 4), place=st.integers(0, 9), to=st.integers(0, 5))
    def move(self, who: int, place: int, to: int) -> None:
        async def act(number: UUID) -> None:
            await changing.move(self._person(who), number, await self._free(to))

        self._on_one(place, act)

    @rule(who=st.integers(0, 4), place=st.integers(0, 9), said=st.sampled_from(states.SAYINGS))
    def report(self, who: int, place: int, said: str) -> None:
        self._on_one(place, lambda number: settling.report(self._person(who), number, said))

    @rule(who=st.integers(0, 4), place=st.integers(0, 9))
    def say_here(self, who: int, place: int) -> None:
        self._on_one(place, lambda number: settling.here(self._person(who), number))

    @rule(place=st.integers(0, 9), outcome=st.sampled_from(settling.RESOLUTIONS))
    def resolve(self, place: int, outcome: str) -> None:
        self._on_one(place, lambda number: settling.resolve(self.staff, number, outcome, "đã nghe hai bên"))

    @rule(place=st.integers(0, 9), hours=st.sampled_from([1, 30, 80, 400]))
    def time_goes_by(self, place: int, hours: int) -> None:
        """For one session; where that would lie on another one, it does not."""

        async def act(number: UUID) -> None:
            try:
                async with database.tx():
                    await make.shift(number, hours=hours, minutes=7)
            except asyncpg.ExclusionViolationError:
                return

        self._on_one(place, act)

    @rule()
    def sweep(self) -> None:
        async def act() -> None:
            await changing.expire_due()
            await settling.settle_due()

        self._try(act())

    @precondition(lambda self: self.steps % 5 == 0)
    @rule(who=st.integers(0, 4))
    def forgive(self, who: int) -> None:
        """The staff lift what was appealed against, so that life goes on."""

        async def act() -> None:
            person = self._person(who)
            for row in await strikes.strikes_of(person.person_id):
                if row["decision"] is None:
                    await strikes.appeal(person, row["id"], "xin xem lại")
                    await strikes.decide(self.staff, row["id"], "lifted", "có lý do")

        self._try(act())

    def _person(self, who: int) -> Any:
        return self.here.mentor if who == 4 else self.startups[who][0]

    @invariant()
    def nothing_impossible(self) -> None:
        self.steps += 1
        found = on_the_loop(database.fetch(_IMPOSSIBLE))
        assert [row["what"] for row in found] == []


class LifeWithApproval(Life):
    approves = True


@pytest.mark.parametrize("machine", [Life, LifeWithApproval], ids=["books at once", "approves first"])
async def test_no_order_of_acts_leads_to_an_impossible_state(machine: Any, committed: asyncpg.Pool) -> None:
    """Some thousand acts; the same in every run, others with `--hypothesis-profile=explore`."""
    _loops.append(asyncio.get_running_loop())
    many = of(max_examples=EXAMPLES, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=many)
