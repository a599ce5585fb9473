"""Which choices the engine learns from, and in whose name."""

from datetime import UTC, datetime

import pytest

from app.connections import answered, choices
from app.core import db
from app.core.clock import VIETNAM
from matching.answers import Answer
from tests.connections import make


async def listed(organisation: object, candidate: object, kind: str, rank: int, **more: object) -> None:
    await db.execute(
        "INSERT INTO suggestion (organisation, candidate, kind, rank, score, base, p, q, model_version, explored,"
        " propensity) VALUES ($1, $2, $3, $4, 0, 0, 0.1, 0.1, 'm', $5, $6)",
        *(organisation, candidate, kind, rank, more.get("explored", False), more.get("propensity", 1.0)),
    )


@pytest.mark.usefixtures("db")
async def test_choices_of_both_sides_become_answers_with_their_places() -> None:
    startup, fund = await make.startup(), await make.investor()
    await listed(startup, fund, "investor", 7, explored=True, propensity=0.25)
    await listed(fund, startup, "startup", 3)
    await choices.choose(startup, fund, "saved")
    await choices.choose(fund, startup, "hidden", "too_early")
    today = datetime.now(UTC).astimezone(VIETNAM).date()
    assert sorted(await answered.answers(), key=lambda one: one.rank) == [
        Answer(str(startup), str(fund), "hidden", today, rank=3),
        Answer(str(startup), str(fund), "saved", today, rank=7, explored=True, propensity=0.25),
    ]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("reason", ["block", "known", "other", "not_verified"])
async def test_reasons_that_say_nothing_of_the_pair_teach_nothing(reason: str) -> None:
    startup, fund = await make.startup(), await make.investor()
    await listed(startup, fund, "investor", 1)
    await choices.choose(startup, fund, "hidden", reason)
    assert await answered.answers() == []


@pytest.mark.usefixtures("db")
async def test_what_was_taken_back_or_was_on_no_list_or_is_of_another_kind_is_left_out() -> None:
    startup, fund, lab = await make.startup(), await make.investor(), await make.organisation("Lab", ["institute"])
    other = await make.investor("Quỹ khác")
    await listed(startup, fund, "investor", 1)
    await listed(startup, lab, "institute", 2)
    for candidate in (fund, lab, other):
        await choices.choose(startup, candidate, "saved")
    assert [one.investor_id for one in await answered.answers()] == [str(fund)]
    await choices.take_back(startup, fund)
    assert await answered.answers() == []
