"""Stating, correcting, withdrawing; verifying, sending back, entering, revoking, replacing: branches and refusals."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.web import Actor
from app.directory.credentials import acts, deciding, stating
from app.directory.credentials.deciding import Verified
from app.directory.credentials.holders import Holder, holder_at, holder_of
from app.directory.curation.standing import OnesOwn
from app.directory.persons import history as person_history
from tests.directory.conftest import Cast
from tests.directory.credentials.make import (
    BY_DOCUMENT,
    holder,
    in_days,
    log_of,
    paper,
    row_of,
    stated,
    subjects,
    verified,
)
from tests.directory.make import join
from tests.directory.persons.make import listed
from tests.factories import make_person


async def test_a_stated_one_is_a_draft_with_its_log_and_history(owner: Actor, whose: Holder) -> None:
    found = await stated(owner, whose, "ste_2025", number="15/DNKHCN", valid_until=date(2029, 1, 5))

    row = await row_of(found)
    assert (row["state"], row["regime"], row["size_class"], row["version"]) == ("draft", "decree_268_2025", "small", 1)
    assert (row["organisation"], row["person"], row["created_by"]) == (whose.id, None, owner.id)
    assert await log_of(found) == [("stated", owner.name)]
    change = await database.fetchrow(
        "SELECT field, after, row FROM organisation_change WHERE act = 'credential_stated' AND organisation = $1",
        whose.id,
    )
    assert change is not None
    assert tuple(change) == ("credential", "ste_2025", found)


async def test_who_may_state_for_an_organisation(cast: Cast) -> None:
    whose = Holder(id=cast.id, name="x", slug=cast.slug)

    for actor in (cast.owner, cast.editor, cast.admin):
        await stated(actor, whose)
    for actor in (cast.viewer, cast.stranger):
        with pytest.raises(NotAllowed):
            await stated(actor, whose)


async def test_a_person_states_their_own_and_nobody_elses(owner: Actor, moderator: Actor) -> None:
    me = await holder_of({"organisation": None, "person": owner.id})
    found = await stated(owner, me, "startup_ind")

    with pytest.raises(NotAllowed):
        await stated(await make_person("Người khác"), me, "startup_ind")
    with pytest.raises(NotAllowed):
        await stating.withdraw_credential(moderator, found)
    assert (await row_of(found))["person"] == owner.id
    assert [one["act"] for one in await person_history.changes_of(owner.person_id)] == ["credential_stated"]


async def test_drafts_do_not_pile_up(owner: Actor, whose: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stating, "MOST", 2)
    for _n in range(2):
        await stated(owner, whose)

    with pytest.raises(stating.TooManyStated):
        await stated(owner, whose)


async def test_a_correction_keeps_its_version_and_waits_again(owner: Actor, whose: Holder, moderator: Actor) -> None:
    found = await stated(owner, whose)
    await deciding.refuse_credential(moderator, found, "Số chưa đúng", version=1)

    await stating.edit_credential(owner, found, paper(number="16/QĐ"), version=2)

    row = await row_of(found)
    assert (row["number"], row["version"], row["refused_at"], row["refused_reason"]) == ("16/QĐ", 3, None, "")
    with pytest.raises(acts.ChangedSince):
        await stating.edit_credential(owner, found, paper(number="17/QĐ"), version=2)
    assert [act for act, _who in await log_of(found)] == ["stated", "refused", "edited"]


async def test_what_was_checked_cannot_be_corrected_or_withdrawn(owner: Actor, whose: Holder, moderator: Actor) -> None:
    found = await verified(moderator, whose)

    for act in (
        stating.edit_credential(owner, found, paper(), version=1),
        stating.withdraw_credential(owner, found),
        stating.own_credential(owner, whose, found),
    ):
        with pytest.raises(stating.AlreadyChecked):
            await act


async def test_a_withdrawn_one_is_gone_for_every_verb(owner: Actor, whose: Holder, moderator: Actor) -> None:
    found = await stated(owner, whose)
    await stating.withdraw_credential(owner, found)

    assert (await row_of(found))["ended_reason"] == "withdrawn"
    for act in (
        stating.withdraw_credential(owner, found),
        stating.own_credential(owner, whose, found),
        deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1),
        deciding.refuse_credential(moderator, uuid4(), "x", version=1),
    ):
        with pytest.raises(NotFound):
            await act


async def test_verifying_says_how_what_who_and_when(owner: Actor, whose: Holder, moderator: Actor) -> None:
    found = await stated(owner, whose)

    await deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1)

    row = await row_of(found)
    assert (row["state"], row["verified_how"], row["verified_note"]) == ("valid", "document", "Tên và số khớp")
    assert (row["verified_by"], row["verified_at"] is not None) == (moderator.id, True)
    assert await log_of(found) == [("stated", owner.name), ("verified", moderator.name)]
    assert await subjects() == ["Đã xác minh: Công nhận doanh nghiệp khởi nghiệp sáng tạo"]


async def test_nobody_decides_about_the_credentials_of_their_own_organisation(
    owner: Actor, whose: Holder, moderator: Actor
) -> None:
    found = await stated(owner, whose)
    valid = await verified(moderator, whose, number="16/QĐ")
    await join(whose.id, moderator, "viewer")
    oneself = Holder(id=moderator.person_id, name="Người kiểm duyệt", person=True)

    for act in (
        deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1),
        deciding.refuse_credential(moderator, found, "x", version=1),
        deciding.revoke_credential(moderator, valid, date(2026, 2, 1), "x"),
        deciding.enter_credential(moderator, whose, paper(number="17/QĐ"), BY_DOCUMENT),
        deciding.enter_credential(moderator, oneself, paper("startup_ind"), BY_DOCUMENT),
    ):
        with pytest.raises(OnesOwn):
            await act
    assert [row["state"] for row in await database.fetch("SELECT state FROM credential ORDER BY number")] == [
        "draft", "valid",
    ]  # fmt: skip


async def test_only_moderators_decide(owner: Actor, whose: Holder) -> None:
    found = await stated(owner, whose)

    for act in (
        deciding.verify_credential(owner, found, BY_DOCUMENT, version=1),
        deciding.refuse_credential(owner, found, "x", version=1),
        deciding.revoke_credential(owner, found, date(2026, 2, 1), "x"),
        deciding.enter_credential(owner, whose, paper(), BY_DOCUMENT),
    ):
        with pytest.raises(NotAllowed):
            await act


async def test_nothing_is_verified_without_evidence(owner: Actor, whose: Holder, moderator: Actor) -> None:
    found = await stated(owner, whose, evidence_url="")

    with pytest.raises(Invalid) as refused:
        await deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1)
    assert set(refused.value.fields) == {"register"}
    looked_up = Verified(how="register", register="so.example/15")
    await deciding.verify_credential(moderator, found, looked_up, version=1)

    assert (await row_of(found))["evidence_url"] == "https://so.example/15"


@pytest.mark.parametrize(
    ("how", "field"),
    [
        (Verified(how=""), "how"),
        (Verified(how="guessing"), "how"),
        (Verified(how="document", note="x" * 1001), "note"),
        (Verified(how="register", register="not an address"), "register"),
    ],
    ids=["no way", "another way", "too long", "no address"],
)
async def test_how_it_was_verified_is_checked(
    owner: Actor, whose: Holder, moderator: Actor, how: Verified, field: str
) -> None:
    found = await stated(owner, whose)

    with pytest.raises(Invalid) as refused:
        await deciding.verify_credential(moderator, found, how, version=1)

    assert set(refused.value.fields) == {field}
    assert (await row_of(found))["state"] == "draft"


async def test_what_changed_meanwhile_is_not_decided(owner: Actor, whose: Holder, moderator: Actor) -> None:
    found = await stated(owner, whose)
    await stating.edit_credential(owner, found, paper(number="99/QĐ"), version=1)

    for act in (
        deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1),
        deciding.refuse_credential(moderator, found, "x", version=1),
    ):
        with pytest.raises(acts.ChangedSince):
            await act


async def test_a_decision_is_taken_once(owner: Actor, whose: Holder, moderator: Actor) -> None:
    sent_back, found = await stated(owner, whose, number="1"), await stated(owner, whose, number="2")
    await deciding.refuse_credential(moderator, sent_back, "Thiếu trang", version=1)
    await deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1)

    for act in (
        deciding.refuse_credential(moderator, sent_back, "x", version=1),
        deciding.refuse_credential(moderator, found, "x", version=1),
        deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1),
        deciding.revoke_credential(moderator, sent_back, date(2026, 2, 1), "x"),
    ):
        with pytest.raises(deciding.AlreadyDecided):
            await act


async def test_a_reason_is_needed_to_send_back_and_to_revoke(owner: Actor, whose: Holder, moderator: Actor) -> None:
    draft, valid = await stated(owner, whose, number="1"), await verified(moderator, whose, number="2")

    for act, field in (
        (deciding.refuse_credential(moderator, draft, " ", version=1), "reason"),
        (deciding.refuse_credential(moderator, draft, "x" * 1001, version=1), "reason"),
        (deciding.revoke_credential(moderator, valid, date(2026, 2, 1), ""), "ground"),
        (deciding.revoke_credential(moderator, valid, None, "x"), "revoked_on"),
        (deciding.revoke_credential(moderator, valid, in_days(1), "x"), "revoked_on"),
        (deciding.revoke_credential(moderator, valid, date(2026, 1, 4), "x"), "revoked_on"),
    ):
        with pytest.raises(Invalid) as refused:
            await act
        assert set(refused.value.fields) == {field}


async def test_a_revoked_one_has_its_day_and_ground(whose: Holder, moderator: Actor) -> None:
    found = await verified(moderator, whose, valid_until=date(2026, 3, 1))
    with pytest.raises(Invalid):
        await deciding.revoke_credential(moderator, found, date(2026, 3, 2), "Sau khi hết hạn")

    await deciding.revoke_credential(moderator, found, date(2026, 2, 1), "QĐ 20/QĐ: ba năm không báo cáo")

    row = await row_of(found)
    assert (row["state"], row["revoked_on"]) == ("revoked", date(2026, 2, 1))
    assert row["revoked_ground"] == "QĐ 20/QĐ: ba năm không báo cáo"
    assert [act for act, _who in await log_of(found)] == ["entered", "revoked"]
    assert (await subjects())[-1].startswith("Đã ghi nhận thu hồi")


async def test_a_new_regime_keeps_both_linked(whose: Holder, moderator: Actor) -> None:
    old = await verified(moderator, whose, "ste_2019", number="7/13", issued_on=date(2022, 4, 1))

    new = await verified(moderator, whose, "ste_2025", old, number="8/268", issued_on=date(2026, 2, 1))

    before, after = await row_of(old), await row_of(new)
    assert (before["state"], before["superseded_on"], before["regime"]) == (
        "superseded", date(2026, 2, 1), "decree_13_2019",
    )  # fmt: skip
    assert (after["state"], after["supersedes"], after["regime"]) == ("valid", old, "decree_268_2025")
    assert [act for act, _who in await log_of(old)] == ["entered", "superseded"]


async def test_only_an_older_one_of_the_same_holder_and_kind_is_replaced(whose: Holder, moderator: Actor) -> None:
    _other_owner, other = await holder("Khác")
    elsewhere = await verified(moderator, other, "ste_2019", issued_on=date(2022, 4, 1))
    of_another_kind = await verified(moderator, whose, "hitech_ent", issued_on=date(2022, 4, 1))
    newer = await verified(moderator, whose, "ste_2025", issued_on=date(2026, 3, 1))

    for old in (elsewhere, of_another_kind, newer):
        with pytest.raises(Invalid) as refused:
            await verified(moderator, whose, "ste_2025", old, number="n", issued_on=date(2026, 2, 1))
        assert set(refused.value.fields) == {"supersedes"}
    with pytest.raises(NotFound):
        await verified(moderator, whose, "ste_2025", UUID(int=5), number="n")
    assert await database.fetchval("SELECT count(*) FROM credential WHERE state <> 'valid'") == 0


async def test_the_same_paper_is_not_verified_twice_but_a_decision_may_name_several(
    whose: Holder, moderator: Actor
) -> None:
    _owner, other = await holder("Khác")
    await verified(moderator, whose, "key_product", number="4889/QĐ")

    await verified(moderator, other, "key_product", number="4889/QĐ")
    with pytest.raises(deciding.SameNumber):
        await verified(moderator, whose, "key_product", number="4889/QĐ")
    await verified(moderator, whose, "key_product", number="")
    await verified(moderator, whose, "key_product", number="")

    assert await database.fetchval("SELECT count(*) FROM credential") == 4


async def test_a_mail_goes_to_present_owners_in_their_language(whose: Holder, owner: Actor, moderator: Actor) -> None:
    await database.execute("UPDATE person SET locale = 'en' WHERE id = $1", owner.id)
    found = await stated(owner, whose)

    await deciding.refuse_credential(moderator, found, "Page two is missing", version=1)

    mail = await database.fetchrow("SELECT to_address, subject, text FROM mail")
    assert mail is not None
    assert (mail["to_address"], mail["subject"]) == (owner.email, "Please correct: Recognised startup enterprise")
    assert "Page two is missing" in mail["text"]
    assert f"/organisations/{whose.slug}/credentials" in mail["text"]


async def test_a_holder_is_found_by_the_address_of_the_profile(owner: Actor, whose: Holder) -> None:
    await listed(owner)
    person = await holder_of({"organisation": None, "person": owner.id})

    for address in (whose.slug, whose.profile, f"https://kn.example{whose.profile}/?as=everybody"):
        assert await holder_at(address) == whose
    assert await holder_at(person.profile) == person
    for address in ("", "/people/", "nobody", "/people/nobody", "/organisations/"):
        assert await holder_at(address) is None
