"""The pages of credentials: who opens them, what they ask of the database, forms that keep what was typed."""

import io

import pikepdf
import pytest

from app.core import db as database
from app.core.web import Actor
from app.directory.credentials import deciding, stating
from app.directory.credentials.holders import Holder
from app.directory.credentials.standing import queues_of_credentials
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.credentials.make import BY_DOCUMENT, ISSUER, holder, in_days, row_of, stated, verified
from tests.directory.persons.make import listed
from tests.factories import make_person

STAFF = ("/staff/credentials", "/staff/credentials?on=", "/staff/credentials/new", "/staff/credentials/rows")
TYPED = {
    "credential_type": "startup_ent",
    "number": "42/QĐ-SKHCN",
    "issuer": ISSUER,
    "issued_on": "2026-02-03",
    "evidence_url": "https://so.example/42",
}


def pdf() -> bytes:
    file = io.BytesIO()
    with pikepdf.new() as paper:
        paper.add_blank_page()
        paper.save(file)
    return file.getvalue()


@pytest.mark.parametrize("path", STAFF)
async def test_the_departments_pages_are_the_moderators(
    make_client: MakeClient, owner: Actor, moderator: Actor, path: str
) -> None:
    admin = await make_person(roles=("admin",))
    organizer = await make_person(roles=("organizer",))

    answers = [(await make_client(who).get(path)).status_code for who in (None, owner, organizer, moderator, admin)]

    assert answers == [303, 403, 403, 200, 200]


async def test_who_opens_the_pages_of_an_organisation(make_client: MakeClient, cast: Cast) -> None:
    here = f"/organisations/{cast.slug}/credentials"
    people = (None, cast.stranger, cast.viewer, cast.editor, cast.owner, cast.admin)

    answers = [[(await make_client(who).get(path)).status_code for who in people] for path in (here, f"{here}/new")]

    assert answers == [[200] * 6, [303, 404, 403, 200, 200, 200]]


async def test_of_another_organisation_nothing_is_corrected(make_client: MakeClient, owner: Actor) -> None:
    other_owner, other = await holder("Khác")
    _mine = await holder("Của tôi")
    found = await stated(other_owner, other)
    saved = await database.fetchval("SELECT slug FROM organisation WHERE name = 'Robot Sông Hồng'")
    browser, here = make_client(owner), f"/organisations/{saved}/credentials/{found}"

    assert (await browser.get(f"{here}/edit")).status_code == 404
    assert (await browser.post(f"{here}/withdraw")).status_code == 404
    assert (await browser.get(f"{other.home}/{found}/edit")).status_code == 404
    assert (await row_of(found))["ended_at"] is None


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_lists_ask_as_often_for_three_as_for_one(
    make_client: MakeClient, owner: Actor, whose: Holder, moderator: Actor, locale: str
) -> None:
    staff, member = (make_client(who, **{"Accept-Language": locale}) for who in (moderator, owner))
    paths = [(staff, path) for path in ("/staff/credentials", "/staff/credentials?show=soon", *STAFF[1:])]
    paths += [(member, whose.home), (make_client(), whose.home)]
    asked = []
    for more in (1, 2):
        for n in range(more):
            await stated(owner, whose, number=f"{more}{n}")
            await verified(moderator, whose, "ocop", number=f"{more}{n}", valid_until=in_days(20))
        counts = []
        for browser, path in paths:
            with database.count_queries() as log:
                assert (await browser.get(path)).status_code == 200
            counts.append(len(log))
        asked.append(counts)

    assert asked[0] == asked[1]
    assert max(asked[1]) <= 3


async def test_what_waits_is_counted_on_the_start_page_of_the_staff(
    make_client: MakeClient, owner: Actor, whose: Holder, moderator: Actor
) -> None:
    assert "Không có việc chờ" in (await make_client(moderator).get("/staff/credentials")).text
    for number in ("1", "2"):
        await stated(owner, whose, number=number)
    back = await stated(owner, whose, number="3")
    await deciding.refuse_credential(moderator, back, "x", version=1)

    [queue] = await queues_of_credentials(moderator)

    assert (queue.waiting, queue.elsewhere, queue.href) == (2, 1, "/staff/credentials")
    assert 'href="/staff/credentials"' in (await make_client(moderator).get("/staff")).text
    assert await queues_of_credentials(owner) == []


async def test_from_stating_to_the_badge(
    make_client: MakeClient, owner: Actor, whose: Holder, moderator: Actor
) -> None:
    browser, staff, visitor = make_client(owner), make_client(moderator), make_client()
    wrong = await browser.post(f"{whose.home}/new", data={**TYPED, "issued_on": "", "issuer": ""})
    assert (wrong.status_code, "42/QĐ-SKHCN" in wrong.text, "https://so.example/42" in wrong.text) == (422, True, True)
    sent = await browser.post(f"{whose.home}/new", data=TYPED)
    assert sent.headers["location"] == whose.home
    found = await database.fetchval("SELECT id FROM credential")
    assert ("42/QĐ-SKHCN" in (await browser.get(whose.home)).text) is True
    assert ("42/QĐ-SKHCN" in (await visitor.get(whose.home)).text) is False

    here = f"/staff/credentials/{found}"
    assert f'href="{here}"' in (await staff.get("/staff/credentials")).text
    empty = await staff.post(f"{here}/refuse", data={"version": "1", "reason": ""})
    assert empty.status_code == 422
    without = await staff.post(f"{here}/verify", data={"version": "1", "note": "Đã gọi cơ quan cấp"})
    assert (without.status_code, "Đã gọi cơ quan cấp" in without.text) == (422, True)
    late = await staff.post(f"{here}/verify", data={"version": "7", "how": "document"})
    assert late.status_code == 409
    done = await staff.post(f"{here}/verify", data={"version": "1", "how": "document", "note": "Khớp bản gốc"})
    assert done.headers["location"] == "/staff/credentials"

    profile = (await visitor.get(whose.profile)).text
    assert ("42/QĐ-SKHCN" in profile, "Khớp bản gốc" in profile) == (True, True)
    again = await staff.post(f"{here}/verify", data={"version": "1", "how": "document"})
    assert again.status_code == 409


async def test_what_was_sent_back_is_corrected_on_its_page(
    make_client: MakeClient, owner: Actor, whose: Holder, moderator: Actor
) -> None:
    found = await stated(owner, whose)
    await make_client(moderator).post(
        f"/staff/credentials/{found}/refuse", data={"version": "1", "reason": "Số không khớp"}
    )
    browser, here = make_client(owner), f"{whose.home}/{found}/edit"
    assert "Số không khớp" in (await browser.get(whose.home)).text
    assert 'name="version" value="2"' in (await browser.get(here)).text

    stale = await browser.post(here, data={**TYPED, "version": "1"})
    assert (stale.status_code, "42/QĐ-SKHCN" in stale.text) == (409, True)
    wrong = await browser.post(here, data={**TYPED, "version": "2", "credential_type": "startup_ind"})
    assert (wrong.status_code, "42/QĐ-SKHCN" in wrong.text) == (422, True)
    saved = await browser.post(here, data={**TYPED, "version": "2"})

    assert saved.headers["location"] == whose.home
    assert (await row_of(found))["number"] == "42/QĐ-SKHCN"
    withdrawn = await browser.post(f"{whose.home}/{found}/withdraw")
    assert withdrawn.headers["location"] == whose.home
    assert "Chưa khai giấy chứng nhận nào" in (await browser.get(whose.home)).text


async def test_the_document_is_for_members_and_moderators(
    make_client: MakeClient, cast: Cast, moderator: Actor
) -> None:
    here = f"/organisations/{cast.slug}/credentials"
    file = {"evidence": ("quyết định.pdf", pdf(), "application/pdf")}
    browser = make_client(cast.owner)
    kept = await browser.post(f"{here}/new", data={**TYPED, "issuer": ""}, files=file)
    assert kept.status_code == 422
    draft = await database.fetchval("SELECT id FROM stored_file")
    assert f'name="evidence_draft" value="{draft}"' in kept.text
    await browser.post(
        f"{here}/new", data={**TYPED, "evidence_url": "", "evidence_draft": str(draft)}, files={"x": b""}
    )
    found = await database.fetchval("SELECT id FROM credential")
    address = f"/files/{draft}/file.pdf"

    people = (None, cast.stranger, cast.viewer, cast.owner, moderator)
    assert [(await make_client(who).get(address)).status_code for who in people] == [404, 404, 200, 200, 200]
    assert address in (await make_client(moderator).get(f"/staff/credentials/{found}")).text
    await deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1)
    assert address not in (await make_client().get(f"/organisations/{cast.slug}")).text
    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", cast.viewer.id)
    assert (await make_client(cast.viewer).get(address)).status_code == 404


async def test_another_document_ends_the_one_before(make_client: MakeClient, owner: Actor, whose: Holder) -> None:
    browser = make_client(owner)
    file = {"evidence": ("một.pdf", pdf(), "application/pdf")}
    await browser.post(f"{whose.home}/new", data=TYPED, files=file)
    found = await database.fetchval("SELECT id FROM credential")
    first = (await row_of(found))["evidence_file"]
    assert "một.pdf" in (await browser.get(f"{whose.home}/{found}/edit")).text

    bad = {"evidence": ("hai.pdf", b"%PDF-nothing", "application/pdf")}
    refused = await browser.post(f"{whose.home}/{found}/edit", data={**TYPED, "version": "1"}, files=bad)
    assert (refused.status_code, "42/QĐ-SKHCN" in refused.text) == (422, True)
    data = {**TYPED, "version": "1", "remove_evidence": "1"}
    await browser.post(f"{whose.home}/{found}/edit", data=data, files={"x": b""})

    assert (await row_of(found))["evidence_file"] is None
    assert await database.fetchval("SELECT end_reason FROM stored_file WHERE id = $1", first) == "replaced"
    await stating.withdraw_credential(owner, found)


async def test_a_person_states_on_their_account(make_client: MakeClient, owner: Actor) -> None:
    browser, here = make_client(owner), "/account/credentials"
    form = (await browser.get(f"{here}/new")).text
    assert ("startup_ind" in form, "ste_2025" in form) == (True, False)

    sent = await browser.post(f"{here}/new", data={**TYPED, "credential_type": "startup_ind"})
    assert sent.headers["location"] == here
    found = await database.fetchval("SELECT id FROM credential WHERE person = $1", owner.id)
    changed = await browser.post(
        f"{here}/{found}/edit", data={**TYPED, "credential_type": "startup_ind", "version": "1", "number": "43/QĐ"}
    )

    assert changed.headers["location"] == here
    assert "43/QĐ" in (await browser.get(here)).text
    assert (await make_client(await make_person("Khác")).get(f"{here}/{found}/edit")).status_code == 404
    assert (await browser.post(f"{here}/{found}/withdraw")).headers["location"] == here


async def test_the_department_enters_replaces_and_revokes(
    make_client: MakeClient, owner: Actor, whose: Holder, moderator: Actor
) -> None:
    staff = make_client(moderator)
    data = {**TYPED, "credential_type": "ste_2019", "issued_on": "2022-01-01", "how": "document", "number": "1/13"}
    lost = await staff.post("/staff/credentials/new", data={**data, "holder": "/organisations/nobody"})
    assert (lost.status_code, "1/13" in lost.text) == (422, True)
    await staff.post("/staff/credentials/new", data={**data, "holder": whose.profile})
    old = await database.fetchval("SELECT id FROM credential")

    begun = (await staff.get(f"/staff/credentials/new?supersedes={old}")).text
    assert ('value="ste_2025" selected' in begun, f'value="{whose.profile}"' in begun) == (True, True)
    data |= {"credential_type": "ste_2025", "size_class": "small", "number": "2/268", "issued_on": "2026-02-01"}
    await staff.post("/staff/credentials/new", data={**data, "holder": whose.profile, "supersedes": str(old)})
    new = await database.fetchval("SELECT id FROM credential WHERE supersedes = $1", old)
    assert f"/staff/credentials/{new}" in (await staff.get(f"/staff/credentials/{old}")).text
    assert "Thay thế" in (await make_client(owner).get(whose.home)).text

    here = f"/staff/credentials/{new}/revoke"
    without = await staff.post(here, data={"revoked_on": "2026-03-01", "ground": ""})
    assert (without.status_code, 'value="2026-03-01"' in without.text) == (422, True)
    odd = await staff.post(here, data={"revoked_on": "hôm qua", "ground": "Ba năm không báo cáo"})
    assert (odd.status_code, "Ba năm không báo cáo" in odd.text) == (422, True)
    done = await staff.post(here, data={"revoked_on": "2026-03-01", "ground": "Ba năm không báo cáo"})
    assert done.status_code == 303
    assert "Ba năm không báo cáo" in (await make_client(owner).get(whose.home)).text
    assert "Ba năm không báo cáo" not in (await make_client().get(whose.home)).text


async def test_a_hidden_profile_shows_its_certificates_to_nobody_else(
    make_client: MakeClient, owner: Actor, whose: Holder, moderator: Actor
) -> None:
    await verified(moderator, whose)
    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'wrong' WHERE id = $1", whose.id)

    answers = [(await make_client(who).get(whose.home)).status_code for who in (None, owner, moderator)]

    assert answers == [404, 200, 200]


async def test_the_history_tells_it_in_words(
    make_client: MakeClient, owner: Actor, whose: Holder, moderator: Actor
) -> None:
    found = await stated(owner, whose)
    await deciding.verify_credential(moderator, found, BY_DOCUMENT, version=1)
    await listed(owner)

    text = (await make_client(owner).get(f"/organisations/{whose.slug}/history")).text

    assert ("xác minh" in text, "Công nhận doanh nghiệp khởi nghiệp sáng tạo" in text) == (True, True)
    assert (await make_client(owner).get("/account/profile/history")).status_code == 200
