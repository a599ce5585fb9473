"""Pages of one's own profile and of others': nothing typed is lost, sections save by themselves, strangers see 404."""

import io
import json
import re
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from PIL import Image

from app.core import db as database
from app.core.web import Actor
from app.directory.fields import PERSON_FIELDS, PERSON_SECTIONS
from app.directory.history import ChangedSince
from app.directory.persons import access, conduct, history, team
from tests.conftest import MakeClient
from tests.directory.make import organisation
from tests.directory.persons.make import AGREED, listed, mentor
from tests.factories import make_person

HERE = "/account/profile"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
async def lan(db: asyncpg.Connection) -> Actor:
    return await make_person("Bùi Lan")


@pytest.fixture
def client(make_client: MakeClient, lan: Actor) -> httpx.AsyncClient:
    return make_client(lan)


async def row_of(actor: Actor) -> dict[str, Any]:
    own = await access.own_profile(actor)
    assert own is not None
    return own.row


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(out, "PNG")
    return out.getvalue()


async def test_the_page_begins_empty_with_the_accounts_name_and_every_field(
    client: httpx.AsyncClient, lan: Actor
) -> None:
    text = (await client.get(HERE)).text

    assert 'value="Bùi Lan"' in text
    missing = [name for name in PERSON_FIELDS if name != "photo_file" and f'name="{name}"' not in text]
    assert missing == []
    assert [section.name for section in PERSON_SECTIONS if f'id="{section.name}"' not in text] == []
    assert await access.own_profile(lan) is None
    agree = text.split('name="agree"')[1].split(">")[0]
    assert "checked" not in agree


async def test_a_section_saves_by_itself_and_says_so(client: httpx.AsyncClient, lan: Actor) -> None:
    data = {"name": "Bùi Lan", "headline_vi": "Bán hàng", "languages": ["vi", "en"], "version": "0"}
    answer = await client.post(f"{HERE}/section/about", data=data, headers=FRAGMENT)

    assert (answer.status_code, "Đã lưu lúc" in answer.text) == (200, True)
    assert "<html" not in answer.text
    version = re.search(r'id="version-about" value="(\d+)" hx-swap-oob', answer.text)
    assert version is not None
    row = await row_of(lan)
    assert (row["headline_vi"], row["languages"], row["version"]) == ("Bán hàng", ["vi", "en"], int(version[1]))
    assert 'id="complete" hx-swap-oob="true"' in answer.text


async def test_without_scripts_the_button_saves_and_leads_back(client: httpx.AsyncClient, lan: Actor) -> None:
    answer = await client.post(f"{HERE}/section/capacity", data={"mentees_most": "3", "mode": "online"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HERE}#capacity")
    assert (await row_of(lan))["mentees_most"] == 3
    assert (await client.post(f"{HERE}/section/nonsense", data={})).status_code == 404


@pytest.mark.parametrize("fragment", [True, False])
async def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client: httpx.AsyncClient, lan: Actor, fragment: bool
) -> None:
    data = {"name": "", "headline_vi": "x" * 141, "headline_en": "Giữ lại câu này"}
    answer = await client.post(f"{HERE}/section/about", data=data, headers=FRAGMENT if fragment else {})

    assert answer.status_code == 422
    assert 'href="#f-name"' in answer.text
    assert 'href="#f-headline_vi"' in answer.text
    assert "tối đa 140 ký tự" in answer.text
    if not fragment:
        assert 'value="Giữ lại câu này"' in answer.text
    assert await access.own_profile(lan) is None


async def test_two_windows_on_the_same_field_lose_nothing(client: httpx.AsyncClient, lan: Actor) -> None:
    first = {"contact_phone": "111", "version": "0"}
    await client.post(f"{HERE}/section/reach", data=first)
    late = await client.post(f"{HERE}/section/reach", data={"contact_phone": "222", "version": "0"})
    part = await client.post(f"{HERE}/section/reach", data={"contact_phone": "222", "version": "0"}, headers=FRAGMENT)

    assert (late.status_code, part.status_code) == (409, 422)
    assert 'value="222"' in late.text
    assert (await row_of(lan))["contact_phone"] == "111"


async def test_a_photo_is_taken_shown_and_removed(
    client: httpx.AsyncClient, lan: Actor, make_client: MakeClient
) -> None:
    await listed(lan)
    answer = await client.post(f"{HERE}/photo", files={"photo": ("toi.png", picture(), "image/png")})
    assert answer.status_code == 303
    photo = (await row_of(lan))["photo_file"]
    assert isinstance(photo, UUID)
    assert f"/files/{photo}/256.webp" in (await make_client().get("/people/bui-lan")).text
    assert (await make_client().get(f"/files/{photo}/96.webp")).status_code == 200

    refused = await client.post(f"{HERE}/photo", files={"photo": ("toi.png", b"no picture", "image/png")})
    assert (refused.status_code, (await row_of(lan))["photo_file"]) == (422, photo)
    await client.post(f"{HERE}/photo", data={"remove_photo": "1"}, files={"nothing": ("", b"")})
    assert (await row_of(lan))["photo_file"] is None
    assert (await make_client().get(f"/files/{photo}/96.webp")).status_code == 404


async def test_who_sees_what_is_chosen_for_both_languages_at_once(client: httpx.AsyncClient, lan: Actor) -> None:
    await listed(lan)
    data = {"tier_bio_vi": "2", "tier_languages": "1", "tier_name": "3", "tier_links": "9", "tier_contact_email": "3"}
    answer = await client.post(f"{HERE}/visibility", data=data, headers=FRAGMENT)

    assert answer.status_code == 200
    assert (await row_of(lan))["tiers"] == {"bio_vi": 2, "bio_en": 2, "languages": 1}


async def test_from_an_empty_account_to_the_list_of_mentors_and_out_again(
    client: httpx.AsyncClient, lan: Actor, make_client: MakeClient
) -> None:
    """The whole way by plain forms, as without scripts."""
    nobody = make_client()
    await client.post(f"{HERE}/section/about", data={"name": "Bùi Lan"})
    missing = await client.post(f"{HERE}/listing", data={"agree": AGREED})
    assert (missing.status_code, "một câu" in missing.text) == (422, True)
    await client.post(f"{HERE}/section/about", data={"name": "Bùi Lan", "headline_vi": "Bán hàng"})
    unticked = await client.post(f"{HERE}/listing", data={})
    assert (unticked.status_code, (await nobody.get("/people/bui-lan")).status_code) == (422, 404)
    assert (await client.post(f"{HERE}/listing", data={"agree": AGREED})).status_code == 303
    assert (await nobody.get("/people/bui-lan")).status_code == 200

    await client.post(f"{HERE}/section/mentoring", data={"roles": ["mentor"], "sectors": ["fin"]})
    await client.post(f"{HERE}/expertise", data={"code": "sales", "level": "hands_on", "years": "4"})
    assert (await client.post(f"{HERE}/conduct", data={})).status_code == 422
    assert (await client.post(f"{HERE}/conduct", data={"accept": "2020-01-01"})).status_code == 409
    await client.post(f"{HERE}/conduct", data={"accept": conduct.CONDUCT.version})
    assert "Bùi Lan" in (await nobody.get("/mentors")).text
    assert "Đang nhận cố vấn" in (await nobody.get("/people/bui-lan")).text

    await client.post(f"{HERE}/pause")
    assert "Đang tạm nghỉ" in (await nobody.get("/people/bui-lan")).text
    await client.post(f"{HERE}/resume")
    known = re.search(rf"{HERE}/expertise/([0-9a-f-]+)/end", (await client.get(HERE)).text)
    assert known is not None
    await client.post(f"{HERE}/expertise/{known[1]}/end")
    await client.post(f"{HERE}/role/end")
    assert "Bùi Lan" not in (await nobody.get("/mentors")).text
    await client.post(f"{HERE}/unlist")
    assert (await nobody.get("/people/bui-lan")).status_code == 404


@pytest.mark.parametrize(
    "data",
    [{"code": "", "level": "hands_on"}, {"code": "sales", "level": "hands_on", "years": "many"},
     {"code": "zz", "level": "hands_on"}, {"code": "sales", "level": "hands_on", "years": "99"}],
)  # fmt: skip
async def test_expertise_that_is_wrong_is_said_beside_it(client: httpx.AsyncClient, data: dict[str, str]) -> None:
    answer = await client.post(f"{HERE}/expertise", data=data)
    assert (answer.status_code, "error-summary" in answer.text) == (422, True)


async def test_conflicts_are_looked_for_named_and_taken_back(client: httpx.AsyncClient, lan: Actor) -> None:
    saved = await organisation(await make_person("Chủ"), "Đối Thủ Lớn")
    found = (await client.get(f"{HERE}/conflicts?q=doi+thu")).text
    assert f'value="{saved.id}"' in found
    assert "Không có tổ chức nào" in (await client.get(f"{HERE}/conflicts?q=zzzz")).text

    wrong = await client.post(f"{HERE}/conflicts", data={"q": "doi thu", "ground": "competitor"})
    assert (wrong.status_code, f'value="{saved.id}"' in wrong.text) == (422, True)
    done = await client.post(f"{HERE}/conflicts", data={"organisation": str(saved.id), "ground": "competitor"})
    assert done.status_code == 303
    conflict = re.search(rf"{HERE}/conflicts/([0-9a-f-]+)/end", (await client.get(HERE)).text)
    assert conflict is not None
    await client.post(f"{HERE}/conflicts/{conflict[1]}/end")
    assert "Đối Thủ Lớn" not in (await client.get(HERE)).text


async def test_the_history_says_it_in_words_and_takes_it_back(client: httpx.AsyncClient, lan: Actor) -> None:
    await mentor(lan, "sales")
    await client.post(f"{HERE}/visibility", data={"tier_languages": "2"})
    text = (await client.get(f"{HERE}/history")).text
    assert "Ngôn ngữ" in text
    assert "Đối tác đã xác minh" in text
    assert "Tiếng Việt, Tiếng Anh" in text
    newest = (await history.changes_of(lan.person_id))[0]
    await client.post(f"{HERE}/history/{newest['id']}/undo")
    assert (await row_of(lan))["tiers"] == {}
    again = await client.post(f"{HERE}/history/{newest['id']}/undo")
    assert (again.status_code, ChangedSince().text("vi") in again.text) == (409, True)
    assert (await client.post(f"{HERE}/history/99999999/undo")).status_code == 404


async def test_asking_for_a_contact_by_the_page(lan: Actor, make_client: MakeClient, client: httpx.AsyncClient) -> None:
    await listed(lan, contact_email="lan@example.com")
    asker = make_client(await make_person("Trần Hỏi"))
    assert 'action="/people/bui-lan/ask"' in (await asker.get("/people/bui-lan")).text
    assert 'action="/people/bui-lan/ask"' not in (await make_client().get("/people/bui-lan")).text
    assert (await asker.post("/people/bui-lan/ask", data={"purpose": ""})).status_code == 422
    assert (await asker.post("/people/bui-lan/ask", data={"purpose": "Bán hàng"})).status_code == 303
    assert (await asker.post("/people/bui-lan/ask", data={"purpose": "Nữa"})).status_code == 409
    request = re.search(rf"{HERE}/requests/([0-9a-f-]+)/yes", (await client.get(HERE)).text)
    assert request is not None
    await client.post(f"{HERE}/requests/{request[1]}/yes")
    assert "lan@example.com" in (await asker.get("/people/bui-lan")).text


async def test_who_looked_is_told_to_the_person_once_an_hour(lan: Actor, make_client: MakeClient) -> None:
    await listed(lan)
    member = make_client(await make_person("Người xem"))
    for _again in range(2):
        await member.get("/people/bui-lan")
    await member.get(f"/api/v1/people/{lan.id}")
    await make_client().get("/people/bui-lan")
    await make_client(lan).get("/people/bui-lan")

    rows = await database.fetch("SELECT subject, viewer_role, kind FROM data_access")
    assert [tuple(row) for row in rows] == [(lan.id, "member", "person_profile")]


async def test_the_staffs_queue_decides_with_a_reason(lan: Actor, make_client: MakeClient) -> None:
    await mentor(lan, "sales")
    staff = make_client(await make_person("Điều phối", roles=("moderator",)))
    assert (await make_client(lan).get("/staff/mentors")).status_code == 403
    assert "Bùi Lan" in (await staff.get("/staff/mentors")).text
    to = f"/staff/mentors/{lan.id}"
    kept = await staff.post(to, data={"act": "vet", "reason": ""})
    assert kept.status_code == 422
    assert (await staff.post(to, data={"act": "promote", "reason": "x"})).status_code == 422
    await staff.post(to, data={"act": "vet", "reason": "Đã gọi"})
    assert "Đã gọi" in (await staff.get("/staff/mentors?show=checked")).text
    await staff.post(to, data={"act": "hide", "reason": "Ảnh giả"})
    assert (await make_client().get("/people/bui-lan")).status_code == 404
    assert "Ảnh giả" in (await make_client(lan).get(HERE)).text
    assert "Ảnh giả" in (await staff.get("/staff/mentors?show=hidden")).text


async def test_the_page_of_an_organisation_shows_its_team(lan: Actor, make_client: MakeClient) -> None:
    saved = await organisation(lan, "Nhà Lan")
    await listed(lan)
    membership = await database.fetchval("SELECT id FROM membership")
    await team.describe(lan, saved.id, membership, team.Described(title="Giám đốc", is_founder=True))
    nobody = make_client()
    assert "Giám đốc" not in (await nobody.get(f"/organisations/{saved.slug}")).text
    await team.show_me(lan, saved.id, membership, True)
    text = (await nobody.get(f"/organisations/{saved.slug}")).text
    assert 'href="/people/bui-lan"' in text
    assert "Giám đốc" in text
    assert f'href="/organisations/{saved.slug}"' in (await nobody.get("/people/bui-lan")).text


async def test_machines_read_of_a_listed_person_what_everybody_sees(lan: Actor, make_client: MakeClient) -> None:
    await mentor(lan, "sales", contact_email="lan@example.com")
    nobody = make_client()
    text = (await nobody.get("/people/bui-lan")).text
    linked = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert linked is not None
    about = json.loads(linked[1])
    assert (about["@type"], about["name"], about["jobTitle"]) == ("Person", "Bùi Lan", "Cố vấn đồng hành")
    assert "lan@example.com" not in text
    assert "/pictures/people/bui-lan.png" in text
    assert (await nobody.get("/pictures/people/bui-lan.png")).headers["Content-Type"] == "image/png"
    await make_client(lan).post(f"{HERE}/unlist")
    own = (await make_client(lan).get("/people/bui-lan")).text
    assert "application/ld+json" not in own
    assert (await nobody.get("/pictures/people/bui-lan.png")).status_code == 404
