"""Claims: proved by the mailbox, left to the department, decided with reasons; who owns and who hears of it."""

from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound, TooMany
from app.core.web import Actor
from app.directory import notes
from app.directory.curation import claims, deciding, merging, standing, transfers
from app.directory.curation.claims import Wanted
from app.people.ending import end_account
from app.people.record import NOWHERE
from tests.directory.curation.conftest import latest_link, mails_to, owners, unowned
from tests.directory.make import join, organisation
from tests.factories import make_person

PAPER = Wanted(method="document", message="Giấy chứng nhận đăng ký doanh nghiệp số 0101234567")


def by_mail(address: str = "lan@robot.example") -> Wanted:
    return Wanted(method="email", email=address)


async def state_of(claim: UUID) -> tuple[str, str | None, str | None]:
    row = await database.fetchrow("SELECT state, waits_for, reason FROM claim WHERE id = $1", claim)
    assert row is not None
    return tuple(row)


async def test_a_mailbox_at_the_domain_makes_an_owner_at_once(robot: UUID, lan: Actor) -> None:
    made = await claims.make_claim(lan, robot, by_mail())
    assert (made.state, made.waits_for, await owners(robot)) == ("made", "claimant", set())

    proved = await claims.prove_claim(lan, await latest_link("lan@robot.example"))

    assert proved == claims.Made(made.id, "approved")
    assert await owners(robot) == {lan.id}
    assert await standing.is_verified(robot)
    assert await database.fetchval("SELECT verified_how FROM organisation WHERE id = $1", robot) == "claim:email"
    assert await state_of(made.id) == ("approved", None, "proved")
    acts = await database.fetch("SELECT act FROM organisation_change WHERE organisation = $1 ORDER BY id", robot)
    assert [row["act"] for row in acts] == ["claimed", "became_owner", "verified"]
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'") == 1


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (by_mail("lan@gmail.com"), "email"),
        (by_mail("lan@robot.example.evil.com"), "email"),
        (by_mail("no address"), "email"),
        (by_mail(""), "email"),
        (Wanted(method="document"), "message"),
        (Wanted(method="department", message="  "), "message"),
        (Wanted(method="magic"), "method"),
    ],
)
async def test_what_proves_nothing_is_refused_and_writes_nothing(
    robot: UUID, lan: Actor, wanted: Wanted, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await claims.make_claim(lan, robot, wanted)

    assert list(refused.value.fields) == [field]
    assert await database.fetchval("SELECT count(*) FROM claim") == 0


async def test_without_a_website_an_address_proves_nothing(lan: Actor) -> None:
    bare = await unowned("Không trang web", website="")

    with pytest.raises(Invalid) as refused:
        await claims.make_claim(lan, bare, by_mail())

    assert refused.value.fields == {"email": claims.NO_WEBSITE}


async def test_a_link_works_once_for_its_claimant_and_for_two_days(robot: UUID, lan: Actor, minh: Actor) -> None:
    made = await claims.make_claim(lan, robot, by_mail())
    token = await latest_link("lan@robot.example")

    with pytest.raises(claims.ForAnotherAccount):
        await claims.prove_claim(minh, token)
    await database.execute("UPDATE claim SET expires_at = now() - interval '1 second' WHERE id = $1", made.id)
    with pytest.raises(claims.ClaimOver):
        await claims.prove_claim(lan, token)
    await database.execute("UPDATE claim SET expires_at = now() + interval '1 hour' WHERE id = $1", made.id)
    await claims.prove_claim(lan, token)
    with pytest.raises(claims.ClaimOver):
        await claims.prove_claim(lan, token)
    assert await owners(robot) == {lan.id}


async def test_again_replaces_the_claim_and_its_link(robot: UUID, lan: Actor) -> None:
    first = await claims.make_claim(lan, robot, by_mail())
    old = await latest_link("lan@robot.example")

    await claims.make_claim(lan, robot, by_mail("giamdoc@robot.example"))

    assert await state_of(first.id) == ("superseded", None, None)
    with pytest.raises(claims.ClaimOver):
        await claims.prove_claim(lan, old)
    assert (await claims.prove_claim(lan, await latest_link("giamdoc@robot.example"))).state == "approved"


async def test_a_profile_with_an_owner_goes_to_the_department_and_the_owner_hears(lan: Actor, minh: Actor) -> None:
    saved = await organisation(lan, "Của Lan", website="https://robot.example")
    await claims.make_claim(minh, saved.id, by_mail("minh@robot.example"))

    proved = await claims.prove_claim(minh, await latest_link("minh@robot.example"))

    assert proved.waits_for == "department"
    assert await owners(saved.id) == {lan.id}
    assert await mails_to(lan.email) == ["Có người yêu cầu nhận hồ sơ Của Lan"]
    assert await mails_to(minh.email) == ["Your claim to Của Lan"]
    queue = await deciding.claims_queue("competing")
    assert [(row["person"], row["owners"]) for row in queue] == [(minh.id, ["Nguyễn Thị Lan"])]


async def test_many_people_have_addresses_at_a_university_so_the_department_decides(lan: Actor) -> None:
    lab = await unowned("Phòng thí nghiệm", website="https://lab.hust.edu.vn")
    await claims.make_claim(lan, lab, by_mail("lan@hust.edu.vn"))

    proved = await claims.prove_claim(lan, await latest_link("lan@hust.edu.vn"))

    assert (proved.waits_for, await owners(lab)) == ("department", set())
    assert await deciding.claims_queue("competing") == []


async def test_who_wrote_the_website_does_not_prove_anything_with_it(lan: Actor, robot: UUID) -> None:
    from app.directory import profiles

    await join(robot, lan, "editor")
    await profiles.edit_organisation(lan, robot, {"website": "https://lan-own.example"})
    await claims.make_claim(lan, robot, by_mail("lan@lan-own.example"))

    assert (await claims.prove_claim(lan, await latest_link("lan@lan-own.example"))).waits_for == "department"


async def test_the_website_of_a_profile_that_its_own_people_entered_proves_nothing_by_itself(
    lan: Actor, minh: Actor, moderator: Actor
) -> None:
    saved = await organisation(lan, "Của Lan", website="https://robot.example")
    mine = await claims.make_claim(lan, saved.id, by_mail())
    assert (await claims.prove_claim(lan, await latest_link("lan@robot.example"))).waits_for == "department"

    # a friend, who entered nothing, after the only owner has gone
    await claims.withdraw_claim(lan, mine.id)
    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", lan.id)
    await claims.make_claim(minh, saved.id, by_mail("minh@robot.example"))
    assert (await claims.prove_claim(minh, await latest_link("minh@robot.example"))).waits_for == "department"
    assert not await standing.is_verified(saved.id)

    await notes.verify(moderator, saved.id, "website", level=3, how="đăng ký tên miền")
    await claims.make_claim(minh, saved.id, by_mail("minh@robot.example"))
    assert (await claims.prove_claim(minh, await latest_link("minh@robot.example"))).state == "approved"


async def test_what_one_entered_oneself_proves_nothing_after_a_merge_either(
    robot: UUID, lan: Actor, minh: Actor, moderator: Actor
) -> None:
    saved = await organisation(lan, "Robot hai", website="https://lan-own.example")
    merge = await merging.merge_organisations(moderator, robot, saved.id, {"website": "merged"})
    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", lan.id)
    await notes.verify(moderator, robot, "website", level=2, how="x")

    await claims.make_claim(lan, robot, by_mail("lan@lan-own.example"))
    assert (await claims.prove_claim(lan, await latest_link("lan@lan-own.example"))).waits_for == "department"

    await merging.undo_merge(moderator, merge)
    await claims.make_claim(lan, robot, by_mail())
    assert (await claims.prove_claim(lan, await latest_link("lan@robot.example"))).state == "approved"


async def test_nobody_decides_their_own_claim_or_one_of_their_organisation(
    robot: UUID, moderator: Actor, minh: Actor
) -> None:
    own = await claims.make_claim(moderator, robot, PAPER)
    with pytest.raises(standing.OnesOwn):
        await deciding.decide_claim(moderator, own.id, approve=True, reason="known")
    theirs = await claims.make_claim(minh, robot, PAPER)
    await join(robot, moderator, "viewer")
    with pytest.raises(standing.OnesOwn):
        await deciding.decide_claim(moderator, theirs.id, approve=False, reason="not_shown")
    assert await owners(robot) == set()

    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", moderator.id)
    await deciding.decide_claim(moderator, theirs.id, approve=True, reason="known")
    assert await owners(robot) == {minh.id}


async def test_a_verified_owner_has_nothing_to_claim_and_an_unverified_one_becomes_verified(
    lan: Actor, moderator: Actor
) -> None:
    saved = await organisation(lan, "Của Lan", website="https://robot.example")
    mine = await claims.make_claim(lan, saved.id, by_mail())
    await claims.prove_claim(lan, await latest_link("lan@robot.example"))
    assert not await standing.is_verified(saved.id)
    await deciding.decide_claim(moderator, mine.id, approve=True, reason="known")
    assert await standing.is_verified(saved.id)

    with pytest.raises(claims.AlreadyVerified):
        await claims.make_claim(lan, saved.id, by_mail())


async def test_the_department_approves_and_everybody_hears_in_their_language(
    moderator: Actor, lan: Actor, minh: Actor
) -> None:
    saved = await organisation(lan, "Của Lan", website="https://robot.example")
    third = await make_person("Người thứ ba")
    mine = await claims.make_claim(minh, saved.id, PAPER)
    other = await claims.make_claim(third, saved.id, PAPER)

    await deciding.decide_claim(moderator, mine.id, approve=True, reason="known", words="Chúc mừng", instead=True)

    assert await owners(saved.id) == {minh.id}
    assert await database.fetchval("SELECT role FROM membership WHERE person = $1", lan.id) == "editor"
    assert await state_of(other.id) == ("superseded", None, "another_approved")
    assert (await mails_to(minh.email))[-1] == "The profile of Của Lan is yours"
    assert (await mails_to(lan.email))[-1] == "Của Lan có thêm chủ hồ sơ"
    assert (await mails_to(third.email))[-1] == "Yêu cầu nhận hồ sơ Của Lan"
    with pytest.raises(deciding.AlreadyDecided):
        await deciding.decide_claim(moderator, mine.id, approve=False, reason="not_shown")


async def test_present_owners_stay_unless_the_department_says_otherwise(
    moderator: Actor, lan: Actor, minh: Actor
) -> None:
    saved = await organisation(lan, "Của Lan")
    mine = await claims.make_claim(minh, saved.id, PAPER)

    await deciding.decide_claim(moderator, mine.id, approve=True, reason="proved")

    assert await owners(saved.id) == {lan.id, minh.id}


async def test_a_refusal_has_a_reason_and_leaves_everything(moderator: Actor, robot: UUID, lan: Actor) -> None:
    mine = await claims.make_claim(lan, robot, PAPER)
    with pytest.raises(Invalid):
        await deciding.decide_claim(moderator, mine.id, approve=False, reason="because")

    await deciding.decide_claim(moderator, mine.id, approve=False, reason="unreadable", words="Ảnh bị mờ")

    assert await state_of(mine.id) == ("refused", None, "unreadable")
    assert await owners(robot) == set()
    text = await database.fetchval("SELECT text FROM mail WHERE to_address = $1 ORDER BY id DESC LIMIT 1", lan.email)
    assert "Giấy tờ không đọc được hoặc không đầy đủ" in text
    assert "Ảnh bị mờ" in text


async def test_only_moderators_decide(robot: UUID, lan: Actor) -> None:
    mine = await claims.make_claim(lan, robot, PAPER)

    with pytest.raises(NotAllowed):
        await deciding.decide_claim(lan, mine.id, approve=True, reason="known")
    organizer = await make_person(roles=("organizer",))
    with pytest.raises(NotAllowed):
        await deciding.decide_claim(organizer, mine.id, approve=True, reason="known")


async def test_a_claim_is_withdrawn_by_its_claimant_only(robot: UUID, lan: Actor, minh: Actor) -> None:
    mine = await claims.make_claim(lan, robot, PAPER)

    with pytest.raises(NotFound):
        await claims.withdraw_claim(minh, mine.id)
    await claims.withdraw_claim(lan, mine.id)
    await claims.withdraw_claim(lan, mine.id)

    assert await state_of(mine.id) == ("withdrawn", None, None)
    assert [claim["state"] for claim in await claims.claims_of(lan)] == ["withdrawn"]


async def test_an_address_gets_few_mails(db: asyncpg.Connection, fresh_queue: None, lan: Actor) -> None:
    places = [await unowned(f"Robot số {n}") for n in range(claims.MAILS_PER_ADDRESS + 1)]
    for place in places[:-1]:
        await claims.make_claim(lan, place, by_mail("x@robot.example"))

    with pytest.raises(TooMany):
        await claims.make_claim(lan, places[-1], by_mail("X@robot.example"))


async def test_an_account_that_ends_takes_its_open_claims_and_offers_along(
    moderator: Actor, robot: UUID, lan: Actor, minh: Actor
) -> None:
    admin = await make_person(roles=("admin",))
    mine = await claims.make_claim(minh, robot, PAPER)
    saved = await organisation(lan, "Của Lan")
    await join(saved.id, minh, "owner")
    await transfers.offer_transfer(minh, saved.id, "ai@do.example", "editor")

    await end_account(admin, minh.person_id, "tự yêu cầu", NOWHERE)

    assert await state_of(mine.id) == ("withdrawn", None, None)
    assert await database.fetchval("SELECT state FROM ownership_transfer") == "withdrawn"
    with pytest.raises(deciding.AlreadyDecided):
        await deciding.decide_claim(moderator, mine.id, approve=True, reason="known")
    assert await owners(robot) == set()
