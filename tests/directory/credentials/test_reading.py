"""Badges and lists: only what is verified, valid on the day and has evidence; who sees what waits or has ended."""

from datetime import date
from typing import Any

import pytest

from app.core import db as database
from app.core.i18n import in_language
from app.core.web import Actor
from app.directory.credentials import deciding, queue, reading, stating
from app.directory.credentials.deciding import Verified
from app.directory.credentials.holders import Holder, holder_of
from app.directory.seeing import EVERYBODY, THE_ENGINE, Viewer
from tests.conftest import MakeClient
from tests.directory.credentials.make import BY_DOCUMENT, holder, in_days, paper, stated, verified
from tests.directory.persons.make import listed

STRANGERS = (EVERYBODY, THE_ENGINE, Viewer(tier=THE_ENGINE.tier))
INSIDE = (Viewer(member=True), Viewer(staff=True))


async def one_of_each(owner: Actor, moderator: Actor, whose: Holder) -> None:
    """Valid without end, valid until today, run out, waiting, sent back, revoked, replaced, withdrawn."""
    await verified(moderator, whose, number="mãi mãi")
    await verified(moderator, whose, "ocop", number="hôm nay", valid_until=in_days(0))
    await verified(moderator, whose, "ocop", number="hôm qua", valid_until=in_days(-1))
    await stated(owner, whose, number="chờ")
    back = await stated(owner, whose, number="trả lại")
    await deciding.refuse_credential(moderator, back, "Mờ", version=1)
    gone = await verified(moderator, whose, "award", number="thu hồi")
    await deciding.revoke_credential(moderator, gone, date(2026, 2, 1), "x")
    old = await verified(moderator, whose, "ste_2019", number="cũ", issued_on=date(2021, 1, 1))
    await verified(moderator, whose, "ste_2025", old, number="mới")
    await stating.withdraw_credential(owner, await stated(owner, whose, number="rút"))


async def test_badges_are_for_what_is_verified_and_valid_today(owner: Actor, whose: Holder, moderator: Actor) -> None:
    await one_of_each(owner, moderator, whose)

    found = await reading.badges_of([whose.id])

    assert {badge.number for badge in found[whose.id]} == {"mãi mãi", "hôm nay", "mới"}


@pytest.mark.parametrize("change", ["evidence_url = ''", "verified_at = verified_at, valid_until = issued_on"])
async def test_without_evidence_or_after_its_last_day_there_is_no_badge(
    whose: Holder, moderator: Actor, change: str
) -> None:
    found = await verified(moderator, whose)
    assert list(await reading.badges_of([whose.id])) == [whose.id]

    await database.execute(f"UPDATE credential SET {change} WHERE id = $1", found)

    assert await reading.badges_of([whose.id]) == {}
    assert (await reading.credentials_of(whose.id, INSIDE[0]))[0]["badge"] is None


async def test_a_badge_says_what_stands_behind_it(whose: Holder, moderator: Actor) -> None:
    how = Verified(how="register", note="Name and number agree", register="https://so.example/15")
    stated_ = paper("ip_patent", title_vi="Cảm biến", title_en="A sensor", valid_until=in_days(400))
    await deciding.enter_credential(moderator, whose, stated_, how)

    with in_language("en"):
        badge = (await reading.badges_of([whose.id]))[whose.id][0]

    assert (badge.label, badge.basis, badge.number) == ("Patent: A sensor", "Intellectual Property Law", "15/QĐ")
    assert (badge.how, badge.note) == ("Looked up in the issuer's register", "Name and number agree")
    assert (badge.register, badge.valid_until) == ("https://so.example/15", in_days(400))


async def test_an_address_given_as_evidence_is_not_shown_as_a_register(whose: Holder, moderator: Actor) -> None:
    await verified(moderator, whose)

    assert (await reading.badges_of([whose.id]))[whose.id][0].register == ""


@pytest.mark.parametrize("viewer", STRANGERS)
async def test_strangers_see_badges_only(owner: Actor, whose: Holder, moderator: Actor, viewer: Viewer) -> None:
    await one_of_each(owner, moderator, whose)

    found = await reading.credentials_of(whose.id, viewer)

    assert {row["number"] for row in found} == {"mãi mãi", "hôm nay", "mới"}
    assert {row["standing"] for row in found} == {"valid"}


@pytest.mark.parametrize("viewer", INSIDE)
async def test_members_and_the_department_see_how_each_stands(
    owner: Actor, whose: Holder, moderator: Actor, viewer: Viewer
) -> None:
    await one_of_each(owner, moderator, whose)

    found = {row["number"]: row["standing"] for row in await reading.credentials_of(whose.id, viewer)}

    assert found == {
        "mãi mãi": "valid", "hôm nay": "valid", "mới": "valid", "hôm qua": "expired", "chờ": "draft",
        "trả lại": "refused", "thu hồi": "revoked", "cũ": "superseded",
    }  # fmt: skip


async def test_badges_of_many_are_one_query(moderator: Actor) -> None:
    several = [(await holder(f"Tổ chức {n}"))[1] for n in range(3)]
    for one in several[:2]:
        await verified(moderator, one)

    asked = []
    for count in (1, 3):
        with database.count_queries() as log:
            found = await reading.badges_of([one.id for one in several[:count]])
        asked.append(len(log))

    assert asked == [1, 1]
    assert set(found) == {one.id for one in several[:2]}
    assert await reading.badges_of([]) == {}


async def test_a_persons_badge_is_on_their_profile(make_client: MakeClient, owner: Actor, moderator: Actor) -> None:
    await listed(owner)
    me = await holder_of({"organisation": None, "person": owner.id})
    await stated(owner, me, "ip_patent", number="chưa kiểm")
    await verified(moderator, me, "startup_ind", number="77/QĐ")

    text = (await make_client().get(me.profile)).text

    assert ("Công nhận cá nhân khởi nghiệp sáng tạo" in text, "77/QĐ" in text, "chưa kiểm" in text) == (
        True,
        True,
        False,
    )
    assert [badge.number for badge in await reading.badges_of_person(owner.person_id)] == ["77/QĐ"]


async def test_the_profile_and_the_api_tell_badges(
    make_client: MakeClient, owner: Actor, whose: Holder, moderator: Actor
) -> None:
    await one_of_each(owner, moderator, whose)
    visitor = make_client()

    page = (await visitor.get(whose.profile)).text
    told = (await visitor.get(f"/api/v1/organisations/{whose.id}")).json()["credentials"]

    assert [number in page for number in ("mãi mãi", "hôm nay", "mới", "hôm qua", "thu hồi")] == [True] * 3 + [
        False
    ] * 2
    assert {one["number"]: one["type"] for one in told} == {
        "mãi mãi": "startup_ent", "hôm nay": "ocop", "mới": "ste_2025",
    }  # fmt: skip
    assert told[0].keys() == {
        "id", "type", "label", "legal_basis", "number", "issuer", "issued_on", "valid_until", "verified_on",
        "verified_how",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("shown", "numbers"),
    [
        ("waiting", ["chờ"]),
        ("refused", ["trả lại"]),
        ("soon", ["hôm nay"]),
        ("valid", ["hôm nay", "mãi mãi", "mới"]),
        ("expired", ["hôm qua"]),
        ("ended", ["cũ", "thu hồi"]),
    ],
)
async def test_each_list_of_the_department(
    owner: Actor, whose: Holder, moderator: Actor, shown: str, numbers: list[str]
) -> None:
    await one_of_each(owner, moderator, whose)

    rows = await queue.credentials_queue(queue.QueueAsked(path="/", shown=shown))

    assert sorted(row["number"] for row in rows) == numbers


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({"kind": "ocop"}, 1),
        ({"q": "SỐ-B"}, 1),
        ({"q": "song hong"}, 2),
        ({"q": "sở khoa học"}, 3),
        ({"q": "không có"}, 0),
        ({"q": "khac", "kind": "ocop"}, 0),
    ],
)
async def test_the_queue_is_narrowed(owner: Actor, whose: Holder, narrowed: dict[str, Any], count: int) -> None:
    other_owner, other = await holder("Khác")
    await stated(owner, whose, number="Số-A")
    await stated(owner, whose, "ocop", number="Số-B")
    await stated(other_owner, other, number="Số-C")

    rows = await queue.credentials_queue(queue.QueueAsked(path="/", shown="waiting", **narrowed))

    assert len(rows) == count


async def test_who_waits_longest_comes_first(owner: Actor, whose: Holder) -> None:
    for days, number in ((1, "mới"), (9, "cũ"), (5, "giữa")):
        found = await stated(owner, whose, number=number)
        await database.execute(
            "UPDATE credential SET updated_at = now() - make_interval(days => $2) WHERE id = $1", found, days
        )

    rows = await queue.credentials_queue(queue.QueueAsked(path="/", shown="waiting"))

    assert [row["number"] for row in rows] == ["cũ", "giữa", "mới"]


async def test_the_department_sees_who_else_states_the_number_and_what_may_be_replaced(
    owner: Actor, whose: Holder, moderator: Actor
) -> None:
    other_owner, other = await holder("Người thứ hai")
    await stated(other_owner, other, "ste_2025", number="9/268")
    old = await verified(moderator, whose, "ste_2019", number="1/13", issued_on=date(2021, 1, 1))
    await verified(moderator, whose, "ocop", number="khác loại", issued_on=date(2021, 1, 1))
    found = await stated(owner, whose, "ste_2025", number="9/268")

    with database.count_queries() as log:
        one = await queue.credential_for(found)

    assert len(log) == 3
    assert one["same_number"] == ["Người thứ hai"]
    assert [row["id"] for row in one["replaceable"]] == [old]
    await deciding.verify_credential(moderator, found, Verified(how="document", supersedes=old), version=1)
    assert (await queue.credential_for(found))["replaces"]["id"] == old
    assert (await queue.credential_for(old))["replaced_by"]["id"] == found
    assert BY_DOCUMENT.supersedes is None
