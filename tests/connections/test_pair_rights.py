"""People's rights over mentors and technologies put away: what a copy names, and what leads to an erased mentor."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.connections import pair_choices, pair_log, rights
from app.core import db as database
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.persons import profile
from app.people.rights import consent, erasure
from app.people.rights.subject import Subject, exporters, subject_of
from tests.connections import make
from tests.connections.test_pairing import guide, row
from tests.factories import make_person

OFFER, NEED = "technology_offer", "technology_need"


async def subject(actor: Actor) -> Subject:
    found = await subject_of(actor.person_id)
    assert found is not None
    return found


async def copied(actor: Actor) -> list[dict[str, Any]]:
    return [one async for one in exporters["connections/pairings"](await subject(actor))]


async def names(actor: Actor) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["mentor"], one["technology"]) for one in await copied(actor)]


@pytest.fixture
async def lan(db: asyncpg.Connection) -> Actor:
    """A mentor whose profile has another name than the account."""
    actor = await guide("Bùi Thị Lan Hương")
    await profile.edit_profile(actor, {"name": "Bùi Lan"})
    await database.execute("UPDATE person SET name = 'Tài khoản riêng' WHERE id = $1", actor.id)
    return actor


@pytest.fixture
async def desk(db: asyncpg.Connection) -> tuple[Actor, UUID]:
    """Somebody who puts away, and for whom."""
    return await make_person("Biên tập"), await make.organisation("Nhà máy", ["company"])


# --- the copy -------------------------------------------------------------------------------------------------------


async def test_the_copy_says_for_whom_what_was_put_away_why_and_when(lan: Actor, desk: tuple[Actor, UUID]) -> None:
    editor, factory = desk
    await pair_choices.put_away(factory, "mentor", lan.person_id, "known", editor.person_id)
    await pair_choices.put_away(factory, "mentor", lan.person_id, "sector", editor.person_id)
    await pair_choices.put_away(
        await make.organisation("Nhà khác", ["company"]), "mentor", lan.person_id, "known", None
    )

    found = await copied(editor)

    assert [(one["organisation"], one["mentor"], one["reason"], one["ended_at"] is None) for one in found] == [
        ("Nhà máy", "Bùi Lan", "known", False),
        ("Nhà máy", "Bùi Lan", "sector", True),
    ]
    kept = await database.fetch("SELECT created_at FROM pairing_choice WHERE person = $1 ORDER BY id", editor.id)
    assert [one["created_at"] for one in found] == [one["created_at"] for one in kept]


async def test_a_mentor_is_named_as_listed_and_only_while_listed(lan: Actor, desk: tuple[Actor, UUID]) -> None:
    editor, factory = desk
    await pair_choices.put_away(factory, "mentor", lan.person_id, "known", editor.person_id)
    assert await names(editor) == [("mentor", "Bùi Lan", "")]

    await consent.decide(lan.person_id, "profile", False)

    assert await names(editor) == [("mentor", "", "")]
    assert [one.title for one in await pair_choices.hidden_of(factory, "mentor")] == []


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE technology_offer SET ended_at = now(), ended_reason = 'removed'",
        "UPDATE organisation SET hidden_at = now(), hidden_reason = 'x' WHERE name = 'Viện'",
        "UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE name = 'Viện'",
        "UPDATE organisation SET tiers = '{\"technology_offer\": 4}' WHERE name = 'Viện'",
        "DELETE FROM technology_offer",
    ],
)
async def test_a_technology_is_named_by_its_title_while_it_may_be_seen(desk: tuple[Actor, UUID], gone: str) -> None:
    editor, factory = desk
    lab = await make.organisation("Viện", ["institute"])
    sensor, challenge = await row(OFFER, lab, "Cảm biến độ mặn"), await row(NEED, lab, "Đo độ mặn")
    for kind, candidate in ((NEED, challenge), (OFFER, sensor)):
        await pair_choices.put_away(factory, kind, candidate, "other", editor.person_id)
    await database.execute("UPDATE technology_need SET title_vi = '', title_en = 'Salinity'")
    assert await names(editor) == [(OFFER, "", "Cảm biến độ mặn"), (NEED, "", "Salinity")]

    await database.execute(gone)

    assert (await names(editor))[0] == (OFFER, "", "")
    assert (await pair_choices.hidden_of(factory, OFFER)) == []


async def test_a_mentor_s_copy_has_what_was_asked_and_replied_but_not_who_put_them_away(
    lan: Actor, desk: tuple[Actor, UUID]
) -> None:
    _editor, factory = desk
    kim, acts = await guide("Võ Kim"), [new_id() for _ in range(3)]
    async with database.tx():
        for whom, act in zip((lan, lan, kim), acts, strict=True):
            await pair_log.asked("mentor", factory, whom.person_id, "booking", act)
        await pair_log.answered(acts[0], "accepted")
    await pair_choices.put_away(factory, "mentor", lan.person_id, "sector", None)

    found = [one async for one in exporters["connections/answers"](await subject(lan))]

    assert [(one["organisation"], one["answer"], one["replied"]) for one in found] == [
        ("Nhà máy", "accepted", True),
        ("Nhà máy", "asked", None),
    ]
    assert [one["replied_at"] is None for one in found] == [False, True]


# --- erasure --------------------------------------------------------------------------------------------------------


async def test_nothing_leads_to_an_erased_mentor(lan: Actor, desk: tuple[Actor, UUID]) -> None:
    """Neither the choice with its reason nor the session behind an answer. Others' choices and answers stay."""
    editor, factory = desk
    kim, booking, other = await guide("Võ Kim"), new_id(), new_id()
    for one, act in ((lan, booking), (kim, other)):
        await pair_choices.put_away(factory, "mentor", one.person_id, "sector", editor.person_id)
        async with database.tx():
            await pair_log.asked("mentor", factory, one.person_id, "booking", act)
    await pair_choices.take_back(factory, "mentor", lan.person_id)
    choice = await database.fetchval("SELECT id FROM pairing_choice WHERE candidate = $1", kim.id)

    await erasure.erase(await subject(lan), by=lan.id)

    kept = await database.fetch("SELECT candidate FROM pairing_choice")
    assert [one["candidate"] for one in kept] == [kim.id]
    answers = await database.fetch("SELECT candidate, source, source_id FROM pairing_answer ORDER BY id")
    assert [(one["candidate"], one["source"]) for one in answers] == [
        (None, "pairing_choice"),
        (None, "booking"),
        (kim.id, "pairing_choice"),
        (kim.id, "booking"),
    ]
    assert [one["source_id"] for one in answers[2:]] == [choice, other]
    assert booking not in {one["source_id"] for one in answers}
    everything = await database.fetch("SELECT c::text AS said FROM pairing_choice c UNION ALL SELECT a::text FROM"
                                      " pairing_answer a")  # fmt: skip
    assert [one["said"] for one in everything if str(lan.id) in one["said"]] == []


async def test_erasing_twice_changes_nothing_more_and_who_chose_is_forgotten(
    lan: Actor, desk: tuple[Actor, UUID]
) -> None:
    editor, factory = desk
    await pair_choices.put_away(factory, "mentor", lan.person_id, "sector", editor.person_id)
    async with database.tx():
        assert await rights.forget_who_chose(await subject(editor)) == 1
        assert await database.fetchval("SELECT person FROM pairing_choice") is None
        assert await rights.forget_who_chose(await subject(lan)) == 1
        answers = await database.fetch("SELECT * FROM pairing_answer")
        assert await rights.forget_who_chose(await subject(lan)) == 0
        assert await database.fetch("SELECT * FROM pairing_answer") == answers
