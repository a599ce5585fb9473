"""The role of mentor or expert: what somebody knows, the code of conduct, breaks, conflicts, the department's check."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.web import NOBODY, Actor
from app.directory.persons import access, conduct, conflicts, grants, history, profile, role, vetting
from app.directory.persons.completeness import completeness_of
from app.directory.vocabulary import MENTOR_EXPERTISE
from app.people import desks
from tests.directory.make import organisation
from tests.directory.persons.make import MENTOR, listed, mentor
from tests.factories import make_person


@pytest.fixture
async def lan(db: asyncpg.Connection) -> Actor:
    return await make_person("Bùi Lan")


@pytest.fixture
async def moderator(db: asyncpg.Connection) -> Actor:
    return await make_person("Điều phối", roles=("moderator",))


async def row_of(actor: Actor) -> dict[str, Any]:
    own = await access.own_profile(actor)
    assert own is not None
    return own.row


async def test_expertise_is_said_once_and_anew(lan: Actor) -> None:
    await role.put_expertise(lan, "sales", "advised", None)
    await role.put_expertise(lan, "sales", "hands_on", 7)
    await role.put_expertise(lan, "sales", "hands_on", 7)
    (known,) = await role.expertise_of(lan.person_id)

    assert (known["code"], known["level"], known["years"]) == ("sales", "hands_on", 7)
    assert len(await history.changes_of(lan.person_id)) == 2
    other = await make_person("Khác")
    with pytest.raises(NotFound):
        await role.end_expertise(other, known["id"])
    await role.end_expertise(lan, known["id"])
    await role.end_expertise(lan, known["id"])
    assert await role.expertise_of(lan.person_id) == []


@pytest.mark.parametrize(
    ("said", "field"),
    [(("magic", "advised", 1), "code"), (("sales", "guru", 1), "level"), (("sales", "advised", 71), "years"),
     (("sales", "advised", -1), "years")],
)  # fmt: skip
async def test_expertise_that_cannot_be_is_refused(lan: Actor, said: tuple[str, str, int], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await role.put_expertise(lan, *said)
    assert list(refused.value.fields) == [field]


async def test_twelve_things_are_enough(lan: Actor) -> None:
    for code in MENTOR_EXPERTISE.codes[:12]:
        await role.put_expertise(lan, code, "advised", None)
    with pytest.raises(role.TooMuchExpertise):
        await role.put_expertise(lan, MENTOR_EXPERTISE.codes[12], "advised", None)
    await role.put_expertise(lan, MENTOR_EXPERTISE.codes[0], "managed", None)


async def test_the_code_of_conduct_is_accepted_in_its_present_text(lan: Actor) -> None:
    with pytest.raises(role.ConductChanged):
        await role.accept_conduct(lan, "2020-01-01")
    await role.accept_conduct(lan, conduct.CONDUCT.version)
    first = (await row_of(lan))["conduct_accepted_at"]
    await role.accept_conduct(lan, conduct.CONDUCT.version)

    row = await row_of(lan)
    assert (row["conduct_accepted_at"], row["conduct_version"]) == (first, conduct.CONDUCT.version)
    assert all(rule.vi and rule.en for rule in conduct.CONDUCT.rules)


async def test_a_break_and_its_end(lan: Actor) -> None:
    with pytest.raises(NotFound):
        await role.pause(lan, True)
    await mentor(lan, "sales")
    await role.pause(lan, True)
    await role.pause(lan, True)
    assert (await row_of(lan))["paused_at"] is not None
    await role.pause(lan, False)
    assert (await row_of(lan))["paused_at"] is None
    acts = [change["act"] for change in await history.changes_of(lan.person_id)]
    assert (acts.count("paused"), acts.count("resumed")) == (1, 1)


async def test_giving_the_role_up_keeps_the_profile_and_a_new_beginning_asks_anew(lan: Actor, moderator: Actor) -> None:
    await mentor(lan, "sales")
    await vetting.vet(moderator, lan.person_id, "Đã gọi hai người tham chiếu")

    await role.give_up(lan)
    await role.give_up(lan)
    row = await row_of(lan)
    assert (row["roles"], row["vetted_at"], row["conduct_version"]) == ([], None, None)
    assert (await access.person_for(NOBODY, "bui-lan")).mentor is False

    await profile.edit_profile(lan, {"roles": ["judge"]})
    row = await row_of(lan)
    assert (row["roles"], row["sectors"], row["conduct_accepted_at"]) == (["judge"], MENTOR["sectors"], None)


# --- conflicts of interest ------------------------------------------------------------------------------------------


async def test_conflicts_are_found_by_name_kept_once_and_private(lan: Actor) -> None:
    owner = await make_person("Chủ")
    rival = await organisation(owner, "Đối Thủ Số Một")
    (found,) = await conflicts.organisations_named("doi thu")

    await conflicts.put_conflict(lan, found["id"], "competitor")
    await conflicts.put_conflict(lan, rival.id, "investor")

    (conflict,) = await conflicts.conflicts_of(lan)
    assert (conflict["name"], conflict["ground"]) == ("Đối Thủ Số Một", "investor")
    assert await conflicts.conflicts_of(owner) == []
    with pytest.raises(NotFound):
        await conflicts.end_conflict(owner, conflict["id"])
    await conflicts.end_conflict(lan, conflict["id"])
    assert await conflicts.conflicts_of(lan) == []
    values = await database.fetch("SELECT before, after FROM person_change WHERE act LIKE 'conflict%'")
    assert [tuple(value) for value in values] == [(None, None)] * 3


async def test_conflicts_that_cannot_be_are_refused(lan: Actor) -> None:
    saved = await organisation(await make_person("Chủ"), "Tổ chức")
    for organisation_id, ground, field in ((saved.id, "envy", "ground"), (UUID(int=5), "owner", "organisation")):
        with pytest.raises(Invalid) as refused:
            await conflicts.put_conflict(lan, organisation_id, ground)
        assert list(refused.value.fields) == [field]
    assert await conflicts.organisations_named("x") == []


# --- the department -------------------------------------------------------------------------------------------------


async def test_only_moderators_decide_and_always_with_a_reason(lan: Actor, moderator: Actor) -> None:
    await mentor(lan, "sales")
    for act in vetting.ACTS.values():
        with pytest.raises(NotAllowed):
            await act(lan, lan.person_id, "Tự duyệt")
        with pytest.raises(Invalid) as refused:
            await act(moderator, lan.person_id, "  ")
        assert list(refused.value.fields) == ["reason"]
    with pytest.raises(NotFound):
        await vetting.vet(moderator, moderator.person_id, "Không có hồ sơ")


async def test_a_check_is_dated_told_and_taken_back(lan: Actor, moderator: Actor) -> None:
    await mentor(lan, "sales")
    assert [queue.waiting for queue in await vetting.waiting(moderator)] == [1]
    assert await vetting.waiting(lan) == []

    await vetting.vet(moderator, lan.person_id, "Đã gọi hai người tham chiếu")
    row = (await access.person_for(NOBODY, "bui-lan")).row
    assert row["vetted_at"] is not None
    assert [one["vetted_reason"] for one in await vetting.queue("checked", 0)] == ["Đã gọi hai người tham chiếu"]
    assert [queue.waiting for queue in await desks.queues_for(moderator) if queue.href == "/staff/mentors"] == [0]

    await vetting.take_back(moderator, lan.person_id, "Người tham chiếu phủ nhận")
    await vetting.take_back(moderator, lan.person_id, "Lần nữa")
    assert (await access.person_for(NOBODY, "bui-lan")).row["vetted_at"] is None
    mails = [
        (row["subject"], row["text"]) for row in await database.fetch("SELECT subject, text FROM mail ORDER BY id")
    ]
    assert [subject for subject, _text in mails] == [
        "Hồ sơ của bạn đã được thẩm định",
        "Kết quả thẩm định của bạn đã được rút lại",
    ]
    assert "Người tham chiếu phủ nhận" in mails[1][1]


@pytest.mark.parametrize("count", [1, 3])
async def test_the_queue_asks_one_query_however_many_wait(moderator: Actor, count: int) -> None:
    for number in range(count):
        await mentor(await make_person(f"Người {number}"), "sales")
    with database.count_queries() as log:
        rows = await vetting.queue("waiting", 0)
    assert (len(rows), len(log)) == (count, 1)


# --- requests for the contact ---------------------------------------------------------------------------------------


async def test_a_contact_is_shown_after_a_yes_and_no_longer_after_a_no(lan: Actor) -> None:
    asker = await make_person("Trần Hỏi")
    await listed(lan, contact_email="lan@example.com")
    seen = await access.person_for(asker, "bui-lan")

    await grants.ask(asker, seen, "Trao đổi về bán hàng")
    with pytest.raises(grants.AskedAlready):
        await grants.ask(asker, seen, "Lần nữa")
    assert (await access.person_for(asker, "bui-lan")).shown["contact_email"] == ""
    (request,) = await grants.requests_to(lan)
    with pytest.raises(NotFound):
        await grants.answer(asker, request["id"], yes=True)

    await grants.answer(lan, request["id"], yes=True)
    await grants.answer(lan, request["id"], yes=True)
    assert (await access.person_for(asker, "bui-lan")).shown["contact_email"] == "lan@example.com"
    assert await grants.asked_by(asker, lan.person_id) == "granted"
    await database.execute("UPDATE person_grant SET expires_at = now() - interval '1 second'")
    assert (await access.person_for(asker, "bui-lan")).shown["contact_email"] == ""

    await grants.ask(asker, seen, "Sau một tháng")
    (request,) = await grants.requests_to(lan)
    await grants.answer(lan, request["id"], yes=True)
    await grants.answer(lan, request["id"], yes=False)
    assert (await access.person_for(asker, "bui-lan")).shown["contact_email"] == ""
    subjects = [row["subject"] for row in await database.fetch("SELECT subject FROM mail ORDER BY id")]
    assert subjects == ["Trần Hỏi muốn liên hệ với bạn", "Bùi Lan cho bạn xem liên hệ"] * 2


async def test_who_may_not_ask(lan: Actor) -> None:
    await listed(lan, contact_email="lan@example.com")
    own = await access.person_for(lan, "bui-lan")
    with pytest.raises(NotFound):
        await grants.ask(lan, own, "Tự hỏi")
    asker = await make_person("Trần Hỏi")
    seen = await access.person_for(asker, "bui-lan")
    for purpose in (" ", "x" * 301):
        with pytest.raises(Invalid):
            await grants.ask(asker, seen, purpose)


# --- completeness ---------------------------------------------------------------------------------------------------


async def test_completeness_rises_with_every_field_and_says_what_is_missed(lan: Actor) -> None:
    await profile.edit_profile(lan, {})
    steps: list[dict[str, Any]] = [{"headline_en": "Sales"}, {"bio_vi": "Tiểu sử"}, {"languages": ["vi"]}]
    percents = [completeness_of(await row_of(lan), 0, mentor=False).percent]
    for values in steps:
        await profile.edit_profile(lan, values)
        percents.append(completeness_of(await row_of(lan), 0, mentor=False).percent)

    assert percents == sorted(set(percents))
    left = completeness_of(await row_of(lan), 0, mentor=False)
    assert [one.href for one in left.missing] == ["#photo"]
    as_mentor = completeness_of(await row_of(lan), 0, mentor=True)
    assert {"#f-roles", "#f-sectors", "#expertise"} <= {one.href for one in as_mentor.missing}
    assert as_mentor.missing[0].gives
    assert completeness_of(await row_of(lan), 2, mentor=True).percent > as_mentor.percent
