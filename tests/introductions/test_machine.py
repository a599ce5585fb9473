"""Any order of acts of any side keeps the life of a connection whole: no forbidden state, every step with who and why.

`MACHINE_STEPS=10000` in the environment makes it longer; the steps are the same in every run.
"""

import asyncio
import contextlib
import os
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.connections.introductions import (
    access,
    answering,
    asking,
    between,
    blocking,
    expiring,
    outcomes,
    proposing,
    states,
    thread,
)
from app.connections.introductions.outcomes import Came, Parties
from app.core import clock, db
from app.core.errors import DomainError
from app.core.web import Actor
from app.directory.access import organisation_by_id_for
from tests.connections import make
from tests.factories import make_person
from tests.introductions.conftest import WISH, age, make_pair, wishes

STEPS = int(os.environ.get("MACHINE_STEPS", "1000"))
LENGTH = 40
_loops: list[asyncio.AbstractEventLoop] = []


def wait(act: Coroutine[Any, Any, Any]) -> Any:
    """Run `act` on the test's own loop, from the thread in which the machine lives."""
    return asyncio.run_coroutine_threadsafe(act, _loops[-1]).result(30)


def attempt(act: Coroutine[Any, Any, Any]) -> Any:
    """The same for what may be refused in words; anything else that goes wrong is a failure."""
    with contextlib.suppress(DomainError):
        return wait(act)
    return None


ORGANISATIONS = st.integers(0, 2)
REASONS = st.sampled_from(["sector", "too_early", "more_information", "no_capacity"])


class Life(RuleBasedStateMachine):
    """Three organisations with an owner each, one that knows them all, and a coordinator."""

    @initialize()
    def begin(self) -> None:
        wait(self._begin())
        self.count = 0

    async def _begin(self) -> None:
        for table in ("outcome", "introduction", "introduction_load", "introduction_month"):
            await db.execute(f"DELETE FROM {table}")  # what the example before has left
        self.orgs: list[UUID] = [await make.startup(), await make.investor(), await make.investor("Quỹ Hai")]
        self.connector = await make.organisation("Người quen", ["incubator"])
        self.people: list[Actor] = [await make_person() for _n in range(4)]
        for person, organisation in zip(self.people, [*self.orgs, self.connector], strict=True):
            await make.member(person, organisation)
        self.staff = await make_person(roles=("organizer",))

    async def _latest(self, one: int, other: int) -> UUID | None:
        found: UUID | None = await db.fetchval(
            "SELECT id FROM introduction WHERE least(asker, receiver) = least($1::uuid, $2::uuid)"
            " AND greatest(asker, receiver) = greatest($1::uuid, $2::uuid) ORDER BY created_at DESC, id DESC LIMIT 1",
            *(self.orgs[one], self.orgs[other]),
        )
        return found

    async def _by_side(self, one: int, other: int, act: Any, *more: Any) -> None:
        introduction = await self._latest(one, other) if one != other else None
        if introduction is not None:
            await act(self.people[one], await access.introduction_for(self.people[one], introduction), *more)

    @rule(one=ORGANISATIONS, other=ORGANISATIONS)
    def ask(self, one: int, other: int) -> None:
        async def act() -> None:
            seen = await access_to(self.people[one], self.orgs[one])
            await asking.ask(self.people[one], seen, self.orgs[other], WISH)

        if one != other:
            attempt(act())

    @rule(one=ORGANISATIONS, other=ORGANISATIONS)
    def keep_a_draft(self, one: int, other: int) -> None:
        async def act() -> None:
            await asking.draft(
                self.people[one], await access_to(self.people[one], self.orgs[one]), self.orgs[other], WISH
            )

        if one != other:
            attempt(act())

    @rule(one=ORGANISATIONS, other=ORGANISATIONS)
    def accept(self, one: int, other: int) -> None:
        attempt(self._by_side(one, other, answering.accept))

    @rule(one=ORGANISATIONS, other=ORGANISATIONS, reason=REASONS)
    def decline(self, one: int, other: int, reason: str) -> None:
        attempt(self._by_side(one, other, answering.decline, reason))

    @rule(
        one=ORGANISATIONS,
        other=ORGANISATIONS,
        act=st.sampled_from([answering.withdraw, answering.close, answering.met, blocking.block]),
    )
    def act(self, one: int, other: int, act: Any) -> None:
        attempt(self._by_side(one, other, act))

    @rule(one=ORGANISATIONS, other=ORGANISATIONS)
    def lift(self, one: int, other: int) -> None:
        async def act() -> None:
            await blocking.lift(self.people[one], await access_to(self.people[one], self.orgs[one]), self.orgs[other])

        attempt(act())

    @rule(one=ORGANISATIONS, other=ORGANISATIONS, coordinator=st.booleans())
    def propose(self, one: int, other: int, coordinator: bool) -> None:
        async def act() -> None:
            pair = (self.orgs[one], self.orgs[other])
            if coordinator:
                await proposing.propose(self.staff, None, pair, WISH)
            else:
                seen = await access_to(self.people[3], self.connector)
                await proposing.propose(self.people[3], seen, pair, WISH)

        attempt(act())

    @rule(one=ORGANISATIONS, other=ORGANISATIONS)
    def take_a_proposal_back(self, one: int, other: int) -> None:
        async def act() -> None:
            introduction = await self._latest(one, other)
            if introduction is not None:
                await answering.withdraw(self.people[3], await access.introduction_for(self.people[3], introduction))

        attempt(act())

    @rule(one=ORGANISATIONS, other=ORGANISATIONS, yes=st.booleans())
    def coordinate(self, one: int, other: int, yes: bool) -> None:
        introduction = wait(self._latest(one, other))
        if introduction is not None:
            attempt(
                proposing.pass_on(self.staff, introduction)
                if yes
                else proposing.turn_down(self.staff, introduction, "sector")
            )

    @rule(
        one=ORGANISATIONS,
        accepts=st.sampled_from(["open", "open", "ask_first", "programme", "closed"]),
        number=st.sampled_from([None, None, 1, 2]),
    )
    def state_wishes(self, one: int, accepts: str, number: int | None) -> None:
        wait(wishes(self.orgs[one], accepts=accepts, requests_per_month=number))

    @rule(one=ORGANISATIONS, other=ORGANISATIONS)
    def write(self, one: int, other: int) -> None:
        async def act() -> None:
            introduction = await self._latest(one, other) if one != other else None
            if introduction is not None:
                held = await access.written_for(self.people[one], introduction)
                self.count += 1
                await thread.send(self.people[one], held, "Xin chào", f"message-{self.count}")

        attempt(act())

    @rule(one=ORGANISATIONS, other=ORGANISATIONS, kind=st.sampled_from(["meeting", "pilot", "investment"]))
    def state_and_confirm(self, one: int, other: int, kind: str) -> None:
        async def act() -> None:
            introduction = await self._latest(one, other) if one != other else None
            if introduction is not None:
                came = Came(kind=kind, happened_on=clock.now().date())
                parties = Parties(organisation=self.orgs[one], other=self.orgs[other], introduction=introduction)
                stated = await outcomes.record(self.people[one], parties, came)
                await outcomes.answer(self.people[other], stated, yes=True)

        attempt(act())

    @rule(one=ORGANISATIONS, other=ORGANISATIONS, days=st.sampled_from([1, 8, 15, 40, 100]))
    def time_passes(self, one: int, other: int, days: int) -> None:
        async def act() -> None:
            introduction = await self._latest(one, other)
            if introduction is not None:
                await age(introduction, days=days)

        wait(act())

    @rule()
    def what_is_over_runs_out(self) -> None:
        wait(expiring.run_out())

    @invariant()
    def nothing_is_broken(self) -> None:
        assert wait(broken()) == {}

    @invariant()
    def nobody_sees_too_much(self) -> None:
        wait(self._what_they_see())

    async def _what_they_see(self) -> None:
        """A block looks like silence, a hidden no too; what never reached somebody is not there."""
        for row in await db.fetch("SELECT i.* FROM introduction i WHERE i.state IN ('blocked', 'declined')"):
            for side in ("asker", "receiver"):
                person = self.people[self.orgs.index(row[side])]
                try:
                    held = await access.introduction_for(person, row["id"])
                except DomainError:
                    continue
                if row["state"] == "blocked" and row["blocked_by"] != row[side]:
                    assert held.state != "blocked"
                if row["origin"] != "request" and row["state"] == "declined":
                    own = await db.fetchval(
                        "SELECT answer FROM introduction_consent WHERE introduction = $1 AND side = $2", row["id"], side
                    )
                    assert (held.state == "declined") == (own == "no")
            if row["month"] is None and row["origin"] == "request" and row["accepted_at"] is None:
                found = await between.between(row["receiver"], row["asker"])
                assert found is None or found.id != row["id"]


async def access_to(actor: Actor, organisation: UUID) -> Any:
    return await organisation_by_id_for(actor, organisation)


ALLOWED = [
    f"{before or ''}:{act}:{step.to}:{by}" for (before, act), step in states.TRANSITIONS.items() for by in step.by
]

_BROKEN = {
    "a state without its step": "SELECT i.id FROM introduction i WHERE i.state IS DISTINCT FROM (SELECT to_state FROM"
    " introduction_transition t WHERE t.introduction = i.id ORDER BY t.id DESC LIMIT 1)",
    "a step from nowhere": "SELECT id FROM (SELECT t.*, lag(to_state) OVER (PARTITION BY introduction ORDER BY id) AS"
    " before FROM introduction_transition t) x WHERE from_state IS DISTINCT FROM before",
    "a step that is in no table": "SELECT id FROM introduction_transition WHERE coalesce(from_state, '') || ':' || act"
    " || ':' || to_state || ':' || by_side <> ALL ($1)",
    "a step without who, when or why": "SELECT id FROM introduction_transition WHERE at IS NULL OR why = ''"
    " OR (person IS NULL AND by_side <> 'policy')",
    "two open for a pair": "SELECT least(asker, receiver) FROM introduction WHERE state IN ('coordinator_hold',"
    " 'pending_a', 'pending_b', 'accepted', 'met', 'outcome') GROUP BY least(asker, receiver),"
    " greatest(asker, receiver) HAVING count(*) > 1",
    "a load that is not what waits": "SELECT l.organisation FROM introduction_load l WHERE in_flight > most"
    " OR in_flight <> (SELECT count(*) FROM introduction i WHERE i.counts_for = l.organisation AND i.in_flight)",
    "a month that is not what was accepted": "SELECT sum(accepted) FROM introduction_month HAVING"
    " coalesce(sum(accepted), 0) <> (SELECT coalesce(sum(CASE WHEN i.origin = 'request' THEN 1 ELSE 2 END), 0)"
    " FROM introduction i JOIN introduction_transition t ON t.introduction = i.id AND t.to_state = 'accepted')",
    "words before a yes": "SELECT m.id FROM introduction_message m JOIN introduction i ON i.id = m.introduction"
    " WHERE i.accepted_at IS NULL",
    "questions of later before a yes": "SELECT i.id FROM introduction i WHERE (i.accepted_at IS NOT NULL) <> EXISTS"
    " (SELECT FROM introduction_followup f WHERE f.introduction = i.id)",
    "a result without both": "SELECT i.id FROM introduction i WHERE i.state = 'outcome' AND NOT EXISTS (SELECT"
    " FROM outcome u WHERE u.introduction = i.id AND u.state = 'confirmed' AND u.kind <> 'meeting')",
    "asked again too soon": "SELECT a.id FROM introduction a JOIN introduction b ON b.asker = a.asker AND b.receiver ="
    " a.receiver AND b.need_key = a.need_key AND b.id <> a.id WHERE a.origin = 'request' AND b.origin = 'request'"
    " AND a.asked_at IS NOT NULL AND b.asked_at IS NOT NULL AND tstzrange(a.asked_at, a.quiet_until) &&"
    " tstzrange(b.asked_at, b.quiet_until)",
}


async def broken() -> dict[str, list[Any]]:
    """What must never be, by name; one query."""
    parts = [f"SELECT '{name}' AS name, x::text AS what FROM ({query}) q(x)" for name, query in _BROKEN.items()]
    found: dict[str, list[Any]] = {}
    for row in await db.fetch(" UNION ALL ".join(parts), ALLOWED):
        found.setdefault(row["name"], []).append(row["what"])
    return found


async def run_machine(steps: int = STEPS) -> None:
    _loops.append(asyncio.get_running_loop())
    chosen = settings(
        max_examples=max(1, steps // LENGTH),
        stateful_step_count=LENGTH,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, Life, settings=chosen)


@pytest.fixture
def quick_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted per day is not what this is about."""

    async def hit(*_args: object) -> None:
        return None

    for module in (asking, proposing, thread):
        monkeypatch.setattr(module, "hit", hit)


@pytest.mark.timeout(1800)
async def test_any_order_of_acts_keeps_a_connection_whole(db: asyncpg.Connection, quick_limits: None) -> None:
    await run_machine()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE introduction SET state = 'met'", {"a state without its step"}),
        ("UPDATE introduction_transition SET from_state = 'draft' WHERE from_state IS NULL", {
            "a step from nowhere"}),
        ("UPDATE introduction_transition SET by_side = 'connector' WHERE act = 'accepted'", {
            "a step that is in no table"}),
        ("UPDATE introduction_load SET in_flight = 1", {"a load that is not what waits"}),
        ("UPDATE introduction_month SET accepted = 2", {"a month that is not what was accepted"}),
        ("DELETE FROM introduction_followup", {"questions of later before a yes"}),
    ],
)  # fmt: skip
async def test_control_what_is_broken_is_found(db: asyncpg.Connection, damage: str, found: set[str]) -> None:
    """The search above, on books that were damaged past the database's own guards."""
    pair = await make_pair()
    await pair.connected()
    assert await broken() == {}
    await db.execute("SET LOCAL session_replication_role = replica")
    await db.execute(damage)
    await db.execute("SET LOCAL session_replication_role = origin")
    assert set(await broken()) == found


async def test_the_database_takes_no_state_without_a_step(db: asyncpg.Connection) -> None:
    """A direct write, a step that the table does not have, one from another state, a changed step: all refused."""
    pair = await make_pair()
    introduction = await pair.asks()
    step = "INSERT INTO introduction_transition (introduction, from_state, to_state, act, by_side, person, why) VALUES"
    for query in (
        f"UPDATE introduction SET state = 'accepted' WHERE id = '{introduction}'",
        f"{step} ('{introduction}', 'pending_b', 'outcome', 'resulted', 'asker', '{pair.founder.id}', 'x')",
        f"{step} ('{introduction}', 'accepted', 'met', 'met', 'asker', '{pair.founder.id}', 'x')",
        f"{step} ('{introduction}', 'pending_b', 'accepted', 'accepted', 'receiver', NULL, 'x')",
        f"{step} ('{introduction}', 'pending_b', 'accepted', 'accepted', 'receiver', '{pair.founder.id}', '')",
        f"{step} ('{introduction}', NULL, 'pending_b', 'asked', 'asker', '{pair.founder.id}', 'x')",
        "UPDATE introduction_transition SET why = 'another'",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with db.transaction():
                await db.execute(query)
    assert await broken() == {}


def test_the_database_has_the_table_of_the_code() -> None:
    """The transitions stand in both: a step added to one alone would be refused or never taken."""
    from importlib import import_module

    sql = import_module(
        "app.connections.introductions.piccolo_migrations.introductions_2026_11_22t08_06_30_000000"
    ).FORWARDS
    pairs = sql.partition("introduction_transition_allowed CHECK")[2].partition("));")[0]
    allowed = {(before or "", step.to) for (before, _act), step in states.TRANSITIONS.items()}
    assert {f"('{before}', '{to}')" for before, to in allowed} == {
        f"({part})"
        for part in pairs.replace("\n", " ").split("(")
        for part in [part.partition(")")[0]]
        if "', '" in part
    }
