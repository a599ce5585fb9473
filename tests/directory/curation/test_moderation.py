"""Looking at profiles: what is new, decisions with reasons, hiding and showing; reports; patience with new accounts."""

from typing import Any
from uuid import UUID

import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound, TooMany
from app.core.ids import new_id
from app.core.settings import get_settings
from app.core.web import Actor
from app.directory import access, profiles, rows
from app.directory.curation import arriving, moderation, reports
from app.directory.curation.deciding import AlreadyDecided
from tests.directory.curation.conftest import mails_to, unowned
from tests.directory.make import organisation
from tests.factories import make_person


async def queued(shown: str = "open") -> list[str]:
    return [row["name"] for row in await moderation.profiles_queue(shown)]


async def version(place: UUID) -> int:
    found: int = await database.fetchval("SELECT version FROM organisation WHERE id = $1", place)
    return found


async def decide(moderator: Actor, place: UUID, decision: str, **why: str) -> None:
    await moderation.decide_profile(moderator, place, decision, version=await version(place), **why)


async def test_a_new_profile_waits_until_it_is_approved_and_again_when_it_changes(
    moderator: Actor, lan: Actor, robot: UUID
) -> None:
    saved = await organisation(lan, "Alpha")
    assert (await queued(), await queued("new"), await queued("changed")) == (["Alpha"], ["Alpha"], [])

    await decide(moderator, saved.id, "approved")
    assert await queued() == []
    assert await mails_to(lan.email) == []

    await profiles.edit_organisation(lan, saved.id, {"summary_vi": "Mới viết"})
    assert (await queued(), await queued("new"), await queued("changed")) == (["Alpha"], [], ["Alpha"])


async def test_what_changed_since_the_last_look_is_shown_from_then_to_now(moderator: Actor, lan: Actor) -> None:
    saved = await organisation(lan, "Alpha", summary_vi="Một")
    assert (await moderation.profile_for(saved.id))["changes"] == []
    await decide(moderator, saved.id, "approved")
    await database.execute("UPDATE organisation SET reviewed_at = reviewed_at - interval '1 second'")
    for text in ("Hai", "Ba"):
        await profiles.edit_organisation(lan, saved.id, {"summary_vi": text, "city": "Hà Nội"})
    await profiles.edit_organisation(lan, saved.id, {"city": ""})

    found = await moderation.profile_for(saved.id)

    assert [(row["field"], row["before"], row["after"]) for row in found["changes"]] == [("summary_vi", "Một", "Ba")]
    await rows.add_row(lan, saved.id, "mention", {"mention_type": "award", "title_vi": "Giải Nhất"})
    changes = (await moderation.profile_for(saved.id))["changes"]
    assert ("Giải Nhất", True) in [(row["after"], bool(row["label"])) for row in changes]
    assert {line.name for line in found["whole"]} >= {"name", "summary_vi", "kinds"}


async def test_a_change_is_asked_for_with_reason_and_words_in_the_owners_language(
    moderator: Actor, minh: Actor
) -> None:
    saved = await organisation(minh, "Alpha")

    await decide(moderator, saved.id, "change_asked", reason="advertising", words="Bỏ câu cuối")

    assert (await queued(), await queued("asked")) == ([], ["Alpha"])
    text = await database.fetchval("SELECT text FROM mail WHERE to_address = $1", minh.email)
    assert "It reads like advertising" in text
    assert "Bỏ câu cuối" in text
    await profiles.edit_organisation(minh, saved.id, {"summary_vi": "Đã sửa"})
    assert (await queued("changed"), await queued("asked")) == (["Alpha"], [])


async def test_a_hidden_profile_is_seen_by_members_and_staff_only_and_comes_back(
    moderator: Actor, lan: Actor, minh: Actor
) -> None:
    saved = await organisation(lan, "Alpha")
    await decide(moderator, saved.id, "hidden", reason="not_real")

    with pytest.raises(NotFound):
        await access.organisation_for(minh, saved.slug)
    assert (await access.organisation_for(lan, saved.slug)).name == "Alpha"
    assert (await access.organisation_for(moderator, saved.slug)).name == "Alpha"
    assert await queued("hidden") == ["Alpha"]

    await decide(moderator, saved.id, "shown")

    assert (await access.organisation_for(minh, saved.slug)).name == "Alpha"
    assert await mails_to(lan.email) == ["Hồ sơ Alpha đã bị ẩn", "Hồ sơ Alpha đã được hiển thị"]
    with pytest.raises(moderation.NotHidden):
        await decide(moderator, saved.id, "shown")


async def test_a_decision_is_about_what_was_seen(moderator: Actor, lan: Actor) -> None:
    saved = await organisation(lan, "Alpha")
    await profiles.edit_organisation(lan, saved.id, {"summary_vi": "Sửa trong lúc xem"})

    with pytest.raises(moderation.ChangedSince):
        await moderation.decide_profile(moderator, saved.id, "approved", version=1)

    assert await queued() == ["Alpha"]


@pytest.mark.parametrize(
    ("decision", "reason", "field"),
    [("hidden", "", "reason"), ("change_asked", "whatever", "reason"), ("burnt", "", "decision")],
)
async def test_decisions_need_a_reason_of_the_list(
    moderator: Actor, robot: UUID, decision: str, reason: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await decide(moderator, robot, decision, reason=reason)

    assert list(refused.value.fields) == [field]


async def test_several_are_approved_at_once_but_for_those_that_changed(moderator: Actor, lan: Actor) -> None:
    saved = [await organisation(lan, name) for name in ("Alpha", "Beta", "Gamma")]
    await profiles.edit_organisation(lan, saved[1].id, {"summary_vi": "Mới"})

    count = await moderation.approve_all(moderator, [*((one.id, 1) for one in saved), (new_id(), 1)])

    assert (count, await queued()) == (2, ["Beta"])


async def test_with_moderation_before_a_profile_is_shown_after_the_first_look(
    moderator: Actor, lan: Actor, minh: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODERATION", "before")
    get_settings.cache_clear()
    saved = await organisation(lan, "Alpha")
    by_staff = await organisation(moderator, "Beta")
    monkeypatch.delenv("MODERATION")
    get_settings.cache_clear()

    with pytest.raises(NotFound):
        await access.organisation_for(minh, saved.slug)
    assert (await access.organisation_for(minh, by_staff.slug)).name == "Beta"
    await decide(moderator, saved.id, "approved")
    assert (await access.organisation_for(minh, saved.slug)).name == "Alpha"
    assert await mails_to(lan.email) == ["Hồ sơ Alpha đã được hiển thị"]


async def test_approving_does_not_show_what_was_hidden_for_a_reason(moderator: Actor, lan: Actor) -> None:
    saved = await organisation(lan, "Alpha")
    await decide(moderator, saved.id, "hidden", reason="rights")

    await decide(moderator, saved.id, "approved")

    assert await queued("hidden") == ["Alpha"]


async def test_only_moderators_look(lan: Actor, robot: UUID) -> None:
    for act in (
        moderation.decide_profile(lan, robot, "approved", version=1),
        moderation.approve_all(lan, [(robot, 1)]),
        reports.decide_report(lan, new_id(), "done"),
    ):
        with pytest.raises(NotAllowed):
            await act


async def test_accounts_of_this_week_add_few_funds(lan: Actor) -> None:
    for n in range(arriving.NEW_INVESTORS_PER_DAY):
        await organisation(lan, f"Quỹ {n}", ("investor",))
    with pytest.raises(TooMany):
        await organisation(lan, "Quỹ nữa", ("investor",))
    await organisation(lan, "Doanh nghiệp")
    await database.execute("UPDATE person SET created_at = now() - interval '8 days' WHERE id = $1", lan.id)
    await organisation(lan, "Quỹ sau một tuần", ("investor",))


# --- reports --------------------------------------------------------------------------------------------------


def told(**more: Any) -> reports.Told:
    return reports.Told(**{"kind": "wrong", "words": "Sai địa chỉ", **more})


async def test_a_report_waits_and_its_reporter_hears(moderator: Actor, minh: Actor, robot: UUID) -> None:
    report = await reports.make_report(minh, robot, told(), "")
    await reports.make_report(Actor(), robot, told(kind="fraud", words="", email="khach@test.example"), "10.0.0.0/24")
    assert [row["open"] for row in await reports.reports_queue("open")] == [2, 2]

    await reports.decide_report(moderator, report, "done", "Đã sửa địa chỉ")

    assert await mails_to(minh.email) == ["Phản ánh của bạn về Robot Sông Hồng"]
    assert [row["decided_by"] for row in await reports.reports_queue("decided")] == ["Người kiểm duyệt"]
    with pytest.raises(AlreadyDecided):
        await reports.decide_report(moderator, report, "refused")
    with pytest.raises(NotFound):
        await reports.decide_report(moderator, new_id(), "done")
    with pytest.raises(Invalid):
        await reports.decide_report(moderator, report, "maybe")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"kind": ""}, "kind"), ({"kind": "x"}, "kind"), ({"words": " "}, "words"), ({"email": "x"}, "email")],
)
async def test_a_report_says_what_is_wrong(robot: UUID, wrong: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await reports.make_report(Actor(), robot, told(**wrong), "10.0.0.0/24")

    assert list(refused.value.fields) == [field]


async def test_one_network_reports_no_end_of_times(robot: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PER_NETWORK", 2)
    for _n in range(2):
        await reports.make_report(Actor(), robot, told(), "10.0.0.0/24")

    with pytest.raises(TooMany):
        await reports.make_report(Actor(), robot, told(), "10.0.0.0/24")
    await reports.make_report(Actor(), robot, told(), "10.9.9.0/24")


async def test_imports_are_not_looked_at_one_by_one(moderator: Actor, robot: UUID) -> None:
    await unowned("Nhập từ tệp")

    assert await queued() == []


async def test_whoever_reports_is_not_named_to_the_owners(robot: UUID) -> None:
    person = await make_person("Người báo")
    await reports.make_report(person, robot, told(), "")

    assert await database.fetchval("SELECT count(*) FROM mail") == 0


async def test_what_is_hidden_is_on_no_list(moderator: Actor, lan: Actor, make_client: Any) -> None:
    saved = await organisation(lan, "Alpha Ẩn", sectors=["agri"])
    visitor = make_client()
    assert "Alpha Ẩn" in (await visitor.get("/directory?sector=agri")).text

    await decide(moderator, saved.id, "hidden", reason="not_real")

    for path in ("/directory?sector=agri", "/directory?q=alpha", "/directory?order=name"):
        assert "Alpha Ẩn" not in (await visitor.get(path)).text
    assert (await visitor.get("/api/v1/organisations?q=alpha")).json()["total"] == 0
    assert (await visitor.get(f"/organisations/{saved.slug}")).status_code == 404
