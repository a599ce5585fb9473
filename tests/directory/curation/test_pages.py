"""The pages of curation: who may open them, what they ask of the database, forms that keep what was typed."""

import re
from typing import Any
from uuid import UUID

import pytest

from app.core import db as database
from app.core.web import Actor
from app.directory.curation import claims, duplicates, merging, queues, reports
from tests.conftest import MakeClient
from tests.directory.curation.conftest import latest_link, owners, unowned
from tests.directory.make import organisation
from tests.factories import make_person
from tests.files.conftest import paper

PAPER = claims.Wanted(method="document", message="Giấy phép")
QUEUES = ("/staff/claims", "/staff/duplicates", "/staff/merges", "/staff/profiles", "/staff/reports", "/staff/terms")


async def fill(lan: Actor, moderator: Actor, count: int) -> None:
    """So many of everything that the department looks at."""
    for n in range(count):
        person = await make_person(f"Người {n}")
        place = await unowned(f"Robot {n}", website="")
        await claims.make_claim(person, place, PAPER)
        await reports.make_report(person, place, reports.Told(kind="fraud"), "")
        await organisation(person, f"Công ty mới {n}")
        one, other = await unowned(f"Xuân {n}a", website=""), await unowned(f"Hạ {n}b", website="")
        await merging.merge_organisations(moderator, one, other, {})
        for name in (f"Giống nhau {n} xyz{n}", f"Giống nhau {n} xyz{n} JSC"):
            await unowned(name, website="")
    await duplicates.look_for_duplicates()


@pytest.mark.parametrize("path", QUEUES)
async def test_queues_are_the_moderators(make_client: MakeClient, lan: Actor, moderator: Actor, path: str) -> None:
    admin = await make_person(roles=("admin",))
    organizer = await make_person(roles=("organizer",))

    answers = [(await make_client(who).get(path)).status_code for who in (None, lan, organizer, moderator, admin)]

    assert answers == [303, 403, 403, 200, 200]


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_a_queue_asks_as_often_for_three_as_for_one(
    make_client: MakeClient, lan: Actor, moderator: Actor, locale: str
) -> None:
    client = make_client(moderator, **{"Accept-Language": locale})
    asked: dict[int, list[int]] = {}
    for count, more in ((1, 1), (3, 2)):
        await fill(lan, moderator, more)
        counts = []
        for path in QUEUES:
            with database.count_queries() as log:
                answer = await client.get(path)
            assert answer.status_code == 200
            counts.append(len(log))
        asked[count] = counts

    assert asked[1] == asked[3]
    assert max(asked[3]) <= 3


async def test_an_empty_queue_says_so(make_client: MakeClient, moderator: Actor) -> None:
    for path in QUEUES[:2] + QUEUES[3:5]:
        assert "Không có việc chờ" in (await make_client(moderator).get(path)).text


@pytest.mark.parametrize(
    ("path", "typed", "found"),
    [
        ("/staff/claims", "robót 1", "Robot 1"),
        ("/staff/profiles", "CONG TY moi 1", "Công ty mới 1"),
        ("/staff/duplicates", "xyz1", "Giống nhau 1 xyz1 JSC"),
    ],
)
async def test_a_queue_is_searched_by_name(
    make_client: MakeClient, lan: Actor, moderator: Actor, path: str, typed: str, found: str
) -> None:
    await fill(lan, moderator, 2)
    client = make_client(moderator)

    page = (await client.get(path, params={"q": typed})).text
    nothing = (await client.get(path, params={"q": "zzzz"})).text

    assert found in page
    assert found.replace("1", "0") not in page
    assert "Không có tên như vậy" in nothing


async def test_the_start_page_of_the_staff_counts_every_queue(
    make_client: MakeClient, lan: Actor, moderator: Actor
) -> None:
    await fill(lan, moderator, 2)

    with database.count_queries() as log:
        counted = {queue.href: queue.waiting for queue in await queues.queues_of_curation(moderator)}
    text = (await make_client(moderator).get("/staff")).text

    assert counted == {
        "/staff/claims": 2, "/staff/profiles": 4, "/staff/duplicates": 2, "/staff/reports": 2, "/staff/terms": 0,
    }  # fmt: skip
    assert len(log) == 1
    assert all(f'href="{href}"' in text for href in counted)
    assert await queues.queues_of_curation(lan) == []


async def test_a_claim_from_the_profile_to_the_owner(make_client: MakeClient, lan: Actor, robot: UUID) -> None:
    browser = make_client(lan)
    assert 'href="/organisations/robot-song-hong/claim"' in (await browser.get("/organisations/robot-song-hong")).text
    page = await browser.get("/organisations/robot-song-hong/claim")
    assert "robot.example" in page.text

    wrong = await browser.post(
        "/organisations/robot-song-hong/claim",
        data={"method": "email", "email": "lan@gmail.com", "message": "Xin chào"},
    )
    assert (wrong.status_code, "lan@gmail.com" in wrong.text, "Xin chào" in wrong.text) == (422, True, True)
    sent = await browser.post(
        "/organisations/robot-song-hong/claim", data={"method": "email", "email": "lan@robot.example"}
    )
    assert sent.headers["location"] == "/claims"
    assert "lan@robot.example" in (await browser.get("/claims")).text

    link = f"/claims/{await latest_link('lan@robot.example')}"
    assert (await browser.get(link)).status_code == 200
    assert await owners(robot) == set()
    used = await browser.post(link)
    assert used.headers["location"] == "/organisations/robot-song-hong/edit"
    assert await owners(robot) == {lan.id}
    assert (await browser.get(link)).status_code == 404
    assert "Đã xác minh" in (await browser.get("/organisations/robot-song-hong")).text


async def test_the_department_decides_a_claim_on_its_page(
    make_client: MakeClient, lan: Actor, moderator: Actor, robot: UUID
) -> None:
    made = await claims.make_claim(lan, robot, PAPER)
    browser, here = make_client(moderator), f"/staff/claims/{made.id}"
    assert "Giấy phép" in (await browser.get(here)).text

    without = await browser.post(here, data={"decision": "refuse", "words": "Chưa rõ"})
    assert (without.status_code, "Chưa rõ" in without.text) == (422, True)
    decided = await browser.post(here, data={"decision": "approve", "reason": "known"})
    assert (decided.status_code, await owners(robot)) == (303, {lan.id})
    again = await browser.post(here, data={"decision": "refuse", "reason": "not_shown"})
    assert again.status_code == 409
    assert (await browser.get(f"/staff/claims/{UUID(int=1)}")).status_code == 404


async def test_an_organisation_is_handed_over_by_link(make_client: MakeClient, lan: Actor, minh: Actor) -> None:
    saved = await organisation(lan, "Của Lan")
    here = f"/organisations/{saved.slug}/transfer"
    assert (await make_client(minh).get(here)).status_code == 404
    giver = make_client(lan)
    wrong = await giver.post(here, data={"email": "không phải", "giver_becomes": "leaves"})
    assert (wrong.status_code, "không phải" in wrong.text) == (422, True)
    await giver.post(here, data={"email": minh.email, "giver_becomes": "viewer"})
    assert minh.email in (await giver.get(here)).text

    taker, link = make_client(minh), f"/transfers/{await latest_link(minh.email, '/transfers/')}"
    assert (await taker.get(link)).status_code == 200
    assert (await giver.get(link)).status_code == 403
    done = await taker.post(link, data={"answer": "yes"})

    assert done.headers["location"] == f"/organisations/{saved.slug}"
    assert await owners(saved.id) == {minh.id}
    assert (await giver.get(here)).status_code == 403


async def test_two_profiles_are_merged_and_parted_on_pages(
    make_client: MakeClient, lan: Actor, moderator: Actor
) -> None:
    kept = await organisation(lan, "Robot Sông Hồng", sectors=["agri"])
    merged = await organisation(lan, "Robot Sông Hồng JSC", summary_vi="Người máy cho ruộng")
    browser, visitor = make_client(moderator), make_client()
    here = f"/staff/merge/{kept.id}/{merged.id}"
    page = (await browser.get(here)).text
    assert "Người máy cho ruộng" in page
    assert f"/staff/merge/{merged.id}/{kept.id}" in page

    done = await browser.post(here, data={"field.summary_vi": "kept", "field.name": "merged", "words": "một"})

    assert done.headers["location"] == f"/organisations/{kept.slug}"
    moved = await visitor.get(f"/organisations/{merged.slug}")
    assert (moved.status_code, moved.headers["location"]) == (301, f"/organisations/{kept.slug}")
    assert "Robot Sông Hồng JSC" in (await visitor.get(f"/organisations/{kept.slug}")).text
    for member in (lan, moderator):
        assert (await make_client(member).get(f"/organisations/{merged.slug}")).status_code == 301
    found = (await visitor.get(f"/api/v1/organisations/{merged.id}")).json()
    assert (found["id"], found["name"]) == (str(kept.id), "Robot Sông Hồng JSC")
    assert (await browser.post(here)).status_code == 409
    merge = await database.fetchval("SELECT id FROM organisation_merge")
    assert (await browser.post(f"/staff/merges/{merge}/undo")).headers["location"] == f"/organisations/{merged.slug}"
    assert (await visitor.get(f"/organisations/{merged.slug}")).status_code == 200
    assert (await browser.get(f"/staff/merge/{kept.id}/{kept.id}")).status_code == 404


async def test_pairs_are_ticked_off_and_put_back(make_client: MakeClient, lan: Actor, moderator: Actor) -> None:
    await fill(lan, moderator, 2)
    browser = make_client(moderator)
    pairs = re.findall(r'name="pairs" value="([^"]+)"', (await browser.get("/staff/duplicates")).text)
    assert len(pairs) == 2

    await browser.post("/staff/duplicates", data={"pairs": [*pairs, "nonsense"]})
    assert "Không có việc chờ" in (await browser.get("/staff/duplicates")).text
    await browser.post(f"/staff/duplicates/{pairs[0]}/again")

    assert pairs[0] in (await browser.get("/staff/duplicates")).text
    assert (await browser.post("/staff/duplicates")).status_code == 303


async def test_profiles_are_approved_together_or_sent_back_one_by_one(
    make_client: MakeClient, lan: Actor, moderator: Actor
) -> None:
    saved = [await organisation(lan, name) for name in ("Một", "Hai", "Ba")]
    browser = make_client(moderator)
    ticks = re.findall(r'name="profiles" value="([^"]+)"', (await browser.get("/staff/profiles")).text)
    assert len(ticks) == 3
    await browser.post("/staff/profiles", data={"profiles": [f"{saved[0].id}.1", "nonsense", "x.y"]})
    here = f"/staff/profiles/{saved[1].id}"
    assert "Toàn bộ nội dung" in (await browser.get(here)).text

    without = await browser.post(here, data={"decision": "hidden", "version": "1", "words": "Lời nhắn giữ lại"})
    assert (without.status_code, "Lời nhắn giữ lại" in without.text) == (422, True)
    late = await browser.post(here, data={"decision": "approved", "version": "7"})
    assert late.status_code == 409
    await browser.post(here, data={"decision": "hidden", "version": "1", "reason": "wrong"})

    assert re.findall(r'name="profiles" value="([^"]+)"', (await browser.get("/staff/profiles")).text) == [
        f"{saved[2].id}.1"
    ]
    assert "Hai" in (await browser.get("/staff/profiles?show=hidden")).text
    owner = (await make_client(lan).get(f"/organisations/{saved[1].slug}")).text
    assert "Thông tin chưa đúng" in owner


async def test_anybody_reports_and_the_form_keeps_what_was_typed(
    make_client: MakeClient, moderator: Actor, robot: UUID
) -> None:
    visitor, here = make_client(), "/organisations/robot-song-hong/report"
    assert (await visitor.get(here)).status_code == 200

    wrong = await visitor.post(here, data={"kind": "wrong", "words": "", "email": "sai"})
    assert (wrong.status_code, 'value="sai"' in wrong.text) == (422, True)
    sent = await visitor.post(here, data={"kind": "wrong", "words": "Sai số điện thoại"})
    assert sent.headers["location"] == "/organisations/robot-song-hong"

    browser = make_client(moderator)
    assert "Sai số điện thoại" in (await browser.get("/staff/reports")).text
    report = await database.fetchval("SELECT id FROM profile_report")
    await browser.post(f"/staff/reports/{report}", data={"decision": "done", "answer": "Đã sửa"})
    assert "Đã sửa" in (await browser.get("/staff/reports?show=decided")).text


async def test_likely_duplicates_are_named_while_typing_and_before_creating(
    make_client: MakeClient, lan: Actor, robot: UUID
) -> None:
    browser = make_client(lan)
    part = await browser.get("/organisations/alike?name=robot+song+hong", headers={"HX-Request": "true"})
    assert "/organisations/robot-song-hong/claim" in part.text
    assert "<html" not in part.text

    await duplicates.look_for_duplicates()
    data: dict[str, Any] = {"name": "Robot Sông Hồng JSC", "kinds": "startup", "summary_vi": "Giữ lại nhé"}
    asked = await browser.post("/organisations/new", data=data)
    assert (asked.status_code, "Giữ lại nhé" in asked.text) == (422, True)
    assert "/organisations/robot-song-hong/claim" in asked.text
    created = await browser.post("/organisations/new", data={**data, "anyway": "on"})

    assert created.headers["location"] == "/organisations/robot-song-hong-jsc/edit"
    other = await browser.post("/organisations/new", data={"name": "Tên khác hẳn", "kinds": "startup"})
    assert other.status_code == 303


async def test_a_claimants_document_is_seen_by_the_department_and_kept_while_the_form_is_mended(
    make_client: MakeClient, lan: Actor, minh: Actor, moderator: Actor, robot: UUID
) -> None:
    browser, here = make_client(lan), "/organisations/robot-song-hong/claim"
    broken = await browser.post(
        here, data={"method": "document"}, files={"evidence": ("giấy.pdf", b"%PDF-1.7 nonsense", "application/pdf")}
    )
    assert (broken.status_code, "file-field field-bad" in broken.text) == (422, True)

    asked = await browser.post(
        here, data={"method": "nothing"}, files={"evidence": ("giấy phép.pdf", paper(), "application/pdf")}
    )
    draft = re.search(r'name="evidence_draft" value="([^"]+)"', asked.text)
    assert (asked.status_code, draft is not None) == (422, True)
    sent = await browser.post(here, data={"method": "document", "evidence_draft": draft[1] if draft else ""})
    assert sent.headers["location"] == "/claims"

    claim = await database.fetchval("SELECT id FROM claim")
    page = (await make_client(moderator).get(f"/staff/claims/{claim}")).text
    address = re.search(r'href="(/files/[^"]+)"', page)
    assert address is not None
    answers = [(await make_client(who).get(address[1])).status_code for who in (moderator, lan, minh, None)]
    assert answers == [200, 200, 404, 404]
