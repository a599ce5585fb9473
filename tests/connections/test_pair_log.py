"""Answers to lists with a documented prior: kept with what the list looked like, without names, and read back."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

import app.connections.jobs  # noqa: F401  registers the jobs
from app.connections import choices, lessons, pair_choices, pair_log, pair_looking, pairing
from app.connections.pair_log import Answered
from app.connections.pair_looking import Found
from app.core import clock, outbox
from app.core import db as database
from app.core.clock import VIETNAM
from app.core.ids import new_id
from app.core.web import Actor
from app.people.rights.subject import subject_of
from matching.adjusted import Learned
from tests.connections import make
from tests.connections.test_pairing import agreed, row
from tests.directory.persons.make import mentor
from tests.factories import make_person

OFFER = "technology_offer"
EVERYBODY = "SELECT id, name FROM person UNION ALL SELECT id, name FROM organisation"


async def guide(name: str, *skills: str, consents: bool = True) -> Actor:
    actor = await make_person(name)
    await mentor(actor, *skills)
    if consents:
        await agreed(actor)
    return actor


@pytest.fixture
async def startup(db: asyncpg.Connection) -> UUID:
    return await make.startup("Sổ tay bệnh viện", needs=["pilot_customer", "legal"], sectors=["health"], stage="early")


@pytest.fixture
async def mentors(startup: UUID) -> dict[str, Actor]:
    """Three who may be suggested, best first; one more has not agreed to it."""
    return {
        "Bùi Lan": await guide("Bùi Lan", "sales", "market_fit", "legal_ip"),
        "Võ Kim": await guide("Võ Kim", "sales"),
        "Lý Hoa": await guide("Lý Hoa", "accounting_tax"),
        "Trần Ẩn": await guide("Trần Ẩn", "sales", consents=False),
    }


async def supporter(startup: UUID, name: str, rank: int, *, kind: str = "incubator", **values: Any) -> UUID:
    """An organisation on a stored list of supporters."""
    found = await make.organisation(name, values.pop("kinds", [kind]), **values)
    reasons = [
        {"code": "needs", "for": "you", "contribution": 1.5 - rank / 100, "params": {}},
        {"code": "sectors", "for": "them", "contribution": -0.25, "params": {}},
    ]
    await database.execute(
        "INSERT INTO suggestion (organisation, candidate, kind, rank, score, base, p, q, model_version, reasons,"
        " explored, propensity) VALUES ($1, $2, $3, $4, 0, 0, 0.1, 0.1, 'm', $5, $6, $7)",
        *(startup, found, kind, rank, reasons, name == "Bốc thăm", 0.125 if name == "Bốc thăm" else 1.0),
    )
    return found


async def rows() -> list[dict[str, Any]]:
    return [dict(one) for one in await database.fetch("SELECT * FROM pairing_answer ORDER BY asked_at, id")]


async def only() -> dict[str, Any]:
    await outbox.drain()
    [one] = await rows()
    return one


async def brief(kind: str) -> list[tuple[str, int]]:
    await outbox.drain()
    return [(one.answer, one.rank) for one in await pair_log.read(kind)]


# --- who is shown ---------------------------------------------------------------------------------------------------


def a_list(length: int) -> list[Found]:
    return [Found(UUID(int=place), {"words": float(place)}) for place in range(length)]


@pytest.mark.parametrize(("length", "at", "kept"), [(1, 0, 1), (7, 6, 7), (11, 10, 11), (12, 0, 10), (70, 39, 11)])
def test_the_first_ten_are_kept_and_whom_the_answer_is_about(length: int, at: int, kept: int) -> None:
    """Nobody is known to have looked further down."""
    shown = pair_looking.shown_of(a_list(length), UUID(int=at))
    assert (shown[0].rank, shown[0].parts) == (at + 1, {"words": float(at)})
    assert {one.rank for one in shown} == {at + 1, *range(1, min(length, 10) + 1)}
    assert len(shown) == kept


def test_who_is_not_on_the_list_leaves_nothing() -> None:
    assert pair_looking.shown_of(a_list(5), UUID(int=5)) == []
    assert pair_looking.shown_of(a_list(5), None) == []


# --- put away -------------------------------------------------------------------------------------------------------


async def test_a_mentor_put_away_is_kept_with_the_list_as_it_was(startup: UUID, mentors: dict[str, Actor]) -> None:
    before = await pairing.listed(startup, "mentor")
    assert [one.title for one in before] == ["Bùi Lan", "Võ Kim", "Lý Hoa"]
    candidate = mentors["Võ Kim"].person_id
    made = await pair_choices.put_away(startup, "mentor", candidate, "sector", None)
    kept = await only()
    assert (kept["source"], kept["source_id"], kept["candidate"]) == ("pairing_choice", made, candidate)
    assert (kept["answer"], kept["rank"]) == ("hidden", 2)
    parts = [{one.code: round(one.contribution, 4) for one in each.prior.contributions} for each in before]
    assert kept["shown"] == [{"rank": place + 1, "parts": parts[place]} for place in (1, 0, 2)]
    today = clock.now().astimezone(VIETNAM).date()
    places = msgspec.convert(kept["shown"], list[pair_log.Place])
    assert await pair_log.read("mentor") == [
        Answered(kind="mentor", asked_at=today, rank=2, answer="hidden", shown=places)
    ]


async def test_no_name_and_no_number_of_anybody_is_in_it(startup: UUID, mentors: dict[str, Actor]) -> None:
    """Neither of the list nor of the outbox, which has the answer's own number."""
    await pair_choices.put_away(startup, "mentor", mentors["Bùi Lan"].person_id, "geography", None)
    text = str((await only())["shown"])
    payload = await database.fetchval("SELECT payload::text FROM outbox WHERE topic = 'connections.pair_asked'")
    everybody = await database.fetch(EVERYBODY)
    assert len(everybody) == 5
    assert [one["name"] for one in everybody if one["name"] in text + payload or str(one["id"]) in text + payload] == []


@pytest.mark.parametrize("reason", ["known", "other", "not_verified", "conflict"])
async def test_reasons_that_are_not_of_the_two_are_not_kept(
    startup: UUID, mentors: dict[str, Actor], reason: str
) -> None:
    await pair_choices.put_away(startup, "mentor", mentors["Võ Kim"].person_id, reason, None)
    lab = await supporter(startup, "Vườn ươm", 1)
    await choices.choose(startup, lab, "hidden", reason)
    assert (await rows(), await outbox.drain()) == ([], 0)


async def test_twice_is_once_and_taken_back_or_changed_is_not_learned_from(
    startup: UUID, mentors: dict[str, Actor]
) -> None:
    candidate = mentors["Võ Kim"].person_id
    for reason in ("sector", "sector"):
        await pair_choices.put_away(startup, "mentor", candidate, reason, None)
    assert await brief("mentor") == [("hidden", 2)]
    await pair_choices.put_away(startup, "mentor", candidate, "too_early", None)
    assert (len(await rows()), await brief("mentor")) == (2, [("hidden", 2)])
    await pair_choices.take_back(startup, "mentor", candidate)
    assert (len(await rows()), await brief("mentor")) == (2, [])


async def test_a_technology_put_away_is_kept_with_the_others_of_its_list(startup: UUID) -> None:
    lab = await make.organisation("Viện", ["institute"])
    await row("technology_need", startup, "Đo độ mặn ao nuôi tôm", technologies=["iot"])
    offers = [await row(OFFER, lab, f"Cảm biến độ mặn {number}", technologies=["iot"]) for number in range(35)]
    at = {
        UUID(one.found.candidate_id): place for place, one in enumerate(await pairing.listed(startup, OFFER), start=1)
    }
    await pair_choices.put_away(startup, OFFER, offers[0], "sector", None)
    kept = await only()
    assert (kept["kind"], kept["answer"], kept["rank"]) == (OFFER, "hidden", at[offers[0]])
    assert len(kept["shown"]) in (10, 11)


# --- supporters -----------------------------------------------------------------------------------------------------


async def test_a_supporter_kept_or_put_away_is_an_answer_to_its_list(startup: UUID) -> None:
    names = ["Một", "Hai", "Ba", "Bốc thăm"]
    found = {name: await supporter(startup, name, rank) for rank, name in enumerate(names, start=1)}
    await choices.choose(startup, found["Một"], "hidden", "known")
    await choices.choose(startup, found["Ba"], "saved")
    assert await brief("incubator") == [("saved", 2)]
    await choices.choose(startup, found["Ba"], "hidden", "geography")
    await choices.choose(startup, found["Bốc thăm"], "saved")
    await outbox.drain()
    read = {one.answer: one for one in await pair_log.read("incubator")}
    hidden, lot = read["hidden"], read["saved"]
    assert [one.rank for one in hidden.shown] == [2, 1, 3]
    assert hidden.shown[0].parts == {"needs": 1.47, "sectors": -0.25}
    assert (lot.shown[0].lot, {one.lot for one in lot.shown[1:]}) == (0.125, {None})
    await choices.take_back(startup, found["Ba"])
    assert await brief("incubator") == [("saved", lot.rank)]


async def test_investors_and_who_is_on_no_list_are_left_to_others(startup: UUID) -> None:
    fund = await supporter(startup, "Quỹ và vườn ươm", 1, kinds=["investor", "incubator"])
    pure = await supporter(startup, "Quỹ", 1, kind="investor")
    for candidate in (fund, pure, await make.organisation("Viện ở đâu đó", ["institute"])):
        await choices.choose(startup, candidate, "saved")
    assert await rows() == []


async def test_the_points_are_those_of_the_documented_prior_whatever_was_learned(
    startup: UUID, mentors: dict[str, Actor]
) -> None:
    """The place is the one that people saw."""
    before = {one.title: one for one in await pairing.listed(startup, "mentor")}
    await lessons.put_in_use("mentor", Learned({"skills": 0.0, "stage": 3.0}), {})
    order = [one.title for one in await pairing.listed(startup, "mentor")]
    found = before[order[2]].prior
    async with database.tx():
        await pair_log.asked("mentor", startup, UUID(found.candidate_id), "booking", new_id())
    lab = await supporter(startup, "Vườn ươm", 1)
    await database.execute("UPDATE suggestion SET reasons = jsonb_set(reasons, '{0,prior}', '0.5')")
    await choices.choose(startup, lab, "saved")
    await outbox.drain()
    [one], [other] = await pair_log.read("mentor"), await pair_log.read("incubator")
    assert (one.rank, one.shown[0].parts) == (
        3,
        {reason.code: round(reason.contribution, 4) for reason in found.contributions},
    )
    assert other.shown[0].parts == {"needs": 0.5, "sectors": -0.25}


# --- what is learned from -------------------------------------------------------------------------------------------


async def test_who_has_not_agreed_teaches_nothing(startup: UUID, mentors: dict[str, Actor]) -> None:
    """Control: the same answer about somebody who has is read."""
    for name in ("Trần Ẩn", "Võ Kim"):
        async with database.tx():
            await pair_log.asked("mentor", startup, mentors[name].person_id, "booking", new_id())
    await outbox.drain()
    silent, told = await rows()
    assert (silent["rank"], silent["shown"], silent["looked_at"] is None) == (None, [], False)
    assert told["rank"] == 2
    assert await brief("mentor") == [("asked", 2)]


async def test_who_withdraws_before_the_job_looks_is_not_looked_at(startup: UUID, mentors: dict[str, Actor]) -> None:
    async with database.tx():
        await pair_log.asked("mentor", startup, mentors["Võ Kim"].person_id, "booking", new_id())
    await agreed(mentors["Võ Kim"], False)
    assert await brief("mentor") == []
    assert (await only())["shown"] == []


async def test_a_mentor_who_has_become_full_was_on_the_list(startup: UUID, mentors: dict[str, Actor]) -> None:
    await database.execute("UPDATE mentor_role SET mentees_most = 1, mentees_now = 1")
    assert await pairing.listed(startup, "mentor") == []
    async with database.tx():
        await pair_log.asked("mentor", startup, mentors["Lý Hoa"].person_id, "booking", new_id())
    assert await brief("mentor") == [("asked", 1)]


async def test_looking_again_changes_nothing(startup: UUID, mentors: dict[str, Actor]) -> None:
    async with database.tx():
        await pair_log.asked("mentor", startup, mentors["Lý Hoa"].person_id, "booking", new_id())
    first = await only()
    await agreed(mentors["Bùi Lan"], False)
    await pair_looking.look(first["id"])
    await pair_looking.look(new_id())
    assert await rows() == [first]
    assert (first["rank"], len(first["shown"])) == (3, 3)


@pytest.mark.parametrize(
    ("said", "last"),
    [
        (["accepted", "met"], "met"),
        (["met", "accepted"], "met"),
        (["met", "declined"], "met"),
        (["accepted", "declined"], "accepted"),
        (["declined", "accepted", "met"], "declined"),
        (["declined"], "declined"),
    ],
)
async def test_an_answer_only_goes_forward(startup: UUID, said: list[pair_log.Later], last: str) -> None:
    act = new_id()
    async with database.tx():
        await pair_log.asked("mentor", startup, new_id(), "booking", act)
        await pair_log.asked("mentor", startup, new_id(), "booking", act)
        await pair_log.answered(new_id(), "declined")
        for answer in said:
            await pair_log.answered(act, answer)
    kept = await only()
    assert (kept["answer"], kept["answered_at"] is None) == (last, False)


async def test_what_was_put_away_or_kept_is_no_request(startup: UUID) -> None:
    act = new_id()
    async with database.tx():
        await pair_log.asked("mentor", startup, new_id(), "pairing_choice", act, "hidden")
        await pair_log.answered(act, "met")
    assert (await only())["answer"] == "hidden"


async def test_of_one_pair_the_first_request_counts_and_of_an_ended_organisation_none(
    startup: UUID, mentors: dict[str, Actor]
) -> None:
    """What came later was not known then."""
    acts = [new_id() for _ in range(4)]
    async with database.tx():
        for act in acts[:3]:
            await pair_log.asked("mentor", startup, mentors["Võ Kim"].person_id, "booking", act)
        await pair_log.asked("mentor", startup, mentors["Bùi Lan"].person_id, "booking", acts[3])
        await pair_log.answered(acts[0], "declined")
        await pair_log.answered(acts[1], "met")
    await database.execute(
        "UPDATE pairing_answer SET asked_at = asked_at - interval '1 hour' WHERE source_id = $1", acts[0]
    )
    assert sorted(await brief("mentor")) == [("asked", 1), ("declined", 2)]
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", startup)
    assert await pair_log.read("mentor") == []


@pytest.mark.parametrize(
    ("said", "replied"),
    [([], None), (["accepted", "met"], True), (["declined"], False), (["met"], None), (["met", "accepted"], None)],
)
async def test_only_who_was_asked_and_answered_has_replied(
    startup: UUID, mentors: dict[str, Actor], said: list[pair_log.Later], replied: bool | None
) -> None:
    """A session that took place without a yes of the mentor's is no yes."""
    act = new_id()
    async with database.tx():
        await pair_log.asked("mentor", startup, mentors["Võ Kim"].person_id, "booking", act)
        for answer in said:
            await pair_log.answered(act, answer)
    await outbox.drain()
    [one] = await pair_log.read("mentor")
    assert (one.replied, one.replied_at is None) == (replied, replied is None)


async def test_a_look_that_comes_late_sees_another_list_and_keeps_nothing(
    startup: UUID, mentors: dict[str, Actor]
) -> None:
    async with database.tx():
        await pair_log.asked("mentor", startup, mentors["Võ Kim"].person_id, "booking", new_id())
    await database.execute("UPDATE pairing_answer SET asked_at = now() - interval '13 hours'")
    assert await brief("mentor") == []


async def test_who_has_no_such_list_teaches_nothing(mentors: dict[str, Actor]) -> None:
    fund = await make.investor()
    async with database.tx():
        await pair_log.asked("mentor", fund, mentors["Võ Kim"].person_id, "booking", new_id())
    assert await brief("mentor") == []


async def test_an_erased_mentor_s_answers_stay_without_them(startup: UUID, mentors: dict[str, Actor]) -> None:
    from app.connections import rights

    candidate = mentors["Võ Kim"].person_id
    async with database.tx():
        for _ in range(2):
            await pair_log.asked("mentor", startup, candidate, "booking", new_id())
    await outbox.drain()
    subject = await subject_of(candidate)
    assert subject is not None
    await rights.forget_who_chose(subject)
    assert {one["candidate"] for one in await rows()} == {None}
    assert await brief("mentor") == [("asked", 2), ("asked", 2)]
