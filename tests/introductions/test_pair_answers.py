"""What requests to supporters and owners of technologies teach: how far each came, nothing of who was put off."""

from uuid import UUID

import asyncpg
import pytest

import app.connections.jobs  # noqa: F401  registers the jobs
from app.connections import pair_choices, pair_looking, pairing
from app.connections.introductions import answering, asking, blocking, outcomes, proposing
from app.connections.introductions.outcomes import Came, Parties
from app.core import clock, outbox
from app.core import db as database
from app.core.ids import new_id
from tests.connections import make
from tests.connections.test_pair_log import brief, rows, supporter
from tests.connections.test_pairing import row
from tests.factories import make_person
from tests.introductions.conftest import WISH, Pair, wishes

OFFER, NEED = "technology_offer", "technology_need"


async def between(startup: UUID, other: UUID) -> Pair:
    """Both with an owner."""
    founder, partner = await make_person("Nhà sáng lập"), await make_person("Giám đốc")
    await make.member(founder, startup)
    await make.member(partner, other)
    return Pair(startup, other, founder, partner)


@pytest.fixture
async def two(db: asyncpg.Connection) -> Pair:
    """A startup, and the incubator that stands second on its list."""
    startup = await make.startup("Lúa Thử", needs=["capital"])
    await supporter(startup, "Vườn ươm khác", 1)
    return await between(startup, await supporter(startup, "Vườn ươm", 2))


@pytest.fixture
async def trade(db: asyncpg.Connection) -> Pair:
    """A factory that looks for a sensor, and a lab that offers two, the second the better one."""
    factory, lab = await make.organisation("Nhà máy", ["company"]), await make.organisation("Viện", ["institute"])
    await row(NEED, factory, "Đo độ mặn ao nuôi tôm", technologies=["iot"])
    for title in ("Robot xếp kho", "Cảm biến đo độ mặn ao nuôi tôm"):
        await row(OFFER, lab, title, technologies=["iot"])
    return await between(factory, lab)


async def far(pair: Pair, how: str, *, early: bool = False) -> UUID:
    """A request that comes as far as `how`; `early`: the jobs of asking are done before anybody answers."""
    number = await pair.asks()
    if early:
        await outbox.drain()
    receiver = await pair.held(pair.partner, number)
    if how.startswith("declined"):
        await answering.decline(pair.partner, receiver, how.partition(":")[2])
    if how in ("accepted", "met", "outcome", "blocked"):
        await pair.accepts(number)
    if how == "met":
        await answering.met(pair.founder, await pair.held(pair.founder, number))
    if how == "outcome":
        came = Came(kind="pilot", happened_on=clock.now().date())
        parties = Parties(organisation=pair.fund, other=pair.startup, introduction=number)
        await outcomes.answer(pair.founder, await outcomes.record(pair.partner, parties, came), yes=True)
    if how == "blocked":
        await blocking.block(pair.partner, await pair.held(pair.partner, number))
    if how == "withdrawn":
        await answering.withdraw(pair.founder, await pair.held(pair.founder, number))
    return number


STORY = [
    ("asked", ["asked"]),
    ("accepted", ["accepted"]),
    ("met", ["met"]),
    ("outcome", ["met"]),
    ("withdrawn", ["asked"]),
    ("declined:sector", ["declined"]),
    ("declined:no_capacity", []),
    ("blocked", []),
]


@pytest.mark.parametrize(("how", "answers"), STORY)
async def test_how_far_a_request_to_a_supporter_came(two: Pair, how: str, answers: list[str]) -> None:
    number = await far(two, how)
    assert await brief("incubator") == [(answer, 2) for answer in answers]
    [kept] = await rows()
    assert (kept["source"], kept["source_id"], kept["candidate"]) == ("introduction", number, two.fund)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize(("how", "answers"), STORY)
async def test_a_request_to_who_owns_technologies_is_about_the_best_on_the_list(
    trade: Pair, how: str, answers: list[str], early: bool
) -> None:
    """Also where the job comes so late that the two are in touch: the list as it is read leaves them out by then."""
    best = (await pairing.listed(trade.startup, OFFER))[0]
    assert best.title == "Cảm biến đo độ mặn ao nuôi tôm"
    number = await far(trade, how, early=early)
    assert await brief(OFFER) == [(answer, 1) for answer in answers]
    [kept] = await rows()
    assert (kept["source_id"], str(kept["candidate"])) == (number, best.found.candidate_id)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("whose", ["coordinator", "receiver"])
async def test_a_coordinator_s_refusal_is_not_the_receiver_s(trade: Pair, whose: str, early: bool) -> None:
    """Who never saw a request has not refused it, as a supporter or for a technology. Control: the receiver's own."""
    await database.execute(
        "INSERT INTO suggestion (organisation, candidate, kind, rank, score, base, p, q, model_version)"
        " VALUES ($1, $2, 'institute', 1, 0, 0, 0.1, 0.1, 'm')",
        *(trade.startup, trade.fund),
    )
    await wishes(trade.fund, accepts="programme")
    number, organizer = await trade.asks(), await make_person(roles=("organizer",))
    if early:
        await outbox.drain()
    if whose == "coordinator":
        await proposing.turn_down(organizer, number, "sector")
    else:
        await proposing.pass_on(organizer, number)
        await answering.decline(trade.partner, await trade.held(trade.partner, number), "sector")
    await outbox.drain()
    said = "declined" if whose == "receiver" else "asked"
    assert {kept["kind"]: kept["answer"] for kept in await rows()} == {"institute": said, OFFER: said}
    learned = [("declined", 1)] if whose == "receiver" else []
    assert [await brief(kind) for kind in ("institute", OFFER)] == [learned, learned]


async def test_both_ways_of_a_pair_of_technologies_are_one_answer_each(trade: Pair) -> None:
    await row(OFFER, trade.startup, "Phân tích mẫu nước", technologies=["iot"])
    await row(NEED, trade.fund, "Phân tích mẫu nước", technologies=["iot"])
    number = await far(trade, "accepted")
    await outbox.drain()
    assert {(kept["kind"], kept["answer"], kept["source_id"]) for kept in await rows()} == {
        (kind, "accepted", number) for kind in (OFFER, NEED)
    }
    again = await trade.asks()
    await outbox.drain()
    assert (again, len(await rows())) == (number, 2)


async def test_the_same_job_twice_writes_nothing_more(trade: Pair) -> None:
    number = await far(trade, "accepted")
    await outbox.drain()
    first = await rows()
    await pair_looking.look_for_technologies(number)
    await pair_looking.look_for_technologies(new_id())
    assert (await outbox.drain(), await rows()) == (0, first)


async def test_a_technology_that_was_put_away_was_not_asked_for(trade: Pair) -> None:
    best, other = await pairing.listed(trade.startup, OFFER)
    await pair_choices.put_away(trade.startup, OFFER, UUID(best.found.candidate_id), "other", None)
    await far(trade, "asked")
    await outbox.drain()
    assert [str(kept["candidate"]) for kept in await rows()] == [other.found.candidate_id]


async def test_who_states_no_technology_and_stands_on_no_list_costs_no_job(pair: Pair) -> None:
    """An investor: what becomes of that is `answered`'s, also where they support and sell besides."""
    await make.change(pair.fund, kinds=["investor", "incubator"])
    await row(NEED, pair.startup, "Đo độ mặn", technologies=["iot"])
    await row(OFFER, pair.fund, "Đo độ mặn", technologies=["iot"])
    await database.execute(
        "INSERT INTO suggestion (organisation, candidate, kind, rank, score, base, p, q, model_version)"
        " VALUES ($1, $2, 'incubator', 1, 0, 0, 0.1, 0.1, 'm')",
        *(pair.startup, pair.fund),
    )
    await pair.connected()
    assert await rows() == []
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic LIKE 'connections.pair%'") == 0


async def test_drafts_and_proposals_of_others_are_nobody_s_answer(two: Pair) -> None:
    """Control: the draft, once it is sent."""
    asker = await two.seen(two.founder, two.startup)
    await asking.draft(two.founder, asker, two.fund, WISH)
    organizer = await make_person(roles=("organizer",))
    number = await proposing.propose(organizer, None, (two.startup, two.fund), WISH)
    await answering.accept(two.founder, await two.held(two.founder, number))
    await answering.decline(two.partner, await two.held(two.partner, number), "sector")
    assert await rows() == []
    await database.execute("UPDATE introduction SET quiet_until = NULL")
    await two.asks()
    assert await brief("incubator") == [("asked", 2)]
