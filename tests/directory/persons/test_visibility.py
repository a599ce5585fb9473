"""Every field of a person × who may see it × who looks × page, API, search, list and engine. Made from the registry."""

import html
import re
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from app.core import db as database
from app.core.files.purposes import Stored
from app.core.web import NOBODY, Actor
from app.directory.fields import PERSON_FIELDS, Tier
from app.directory.persons import access, grants, listing, mentors, photo, profile
from app.directory.persons.mentors import MentorFacts
from app.directory.seeing import ENGINE
from app.directory.vocabulary.terms import words
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES
from tests.conftest import MakeClient
from tests.directory.persons.make import mentor, verified_member
from tests.factories import make_person

PHOTO = uuid4()
CANARIES: dict[str, tuple[Any, str]] = {
    "name": ("Nguyễn Mốc Canari", "Nguyễn Mốc Canari"),
    "headline_vi": ("mốc câu giới thiệu", "mốc câu giới thiệu"),
    "headline_en": ("canary headline", "canary headline"),
    "bio_vi": ("mốc tiểu sử", "mốc tiểu sử"),
    "bio_en": ("canary biography", "canary biography"),
    "languages": (["ru"], "Tiếng Nga"),
    "country": ("VN", ""),
    "province_code": ("11", "Điện Biên"),
    "photo_file": (PHOTO, str(PHOTO)),
    "links": (["https://moc-lien-ket.example/toi"], "moc-lien-ket.example"),
    "contact_email": ("moc@thu-dien-tu.example", "moc@thu-dien-tu.example"),
    "contact_phone": ("+84 911 222 333", "+84 911 222 333"),
    "roles": (["speaker"], "Diễn giả"),
    "help_kinds": (["balance"], "Cân bằng công việc và cuộc sống"),
    "sectors": (["space"], "Hàng không, vũ trụ"),
    "stages": (["mature"], "Trưởng thành"),
    "markets": (["IS"], "Iceland"),
    "mentees_most": (97, "Số người cố vấn cùng lúc 97"),
    "mentees_now": (61, "Hiện đang cố vấn 61"),
    "hours_per_month": (193, "Số giờ mỗi tháng 193"),
    "sessions_per_week": (37, "Số buổi mỗi tuần 37"),
    "notice_hours": (719, "Báo trước (giờ) 719"),
    "mode": ("hybrid", "Kết hợp"),
    "fee_policy": ("honorarium", "Thù lao tượng trưng"),
    "fee_vi": ("mốc thù lao", "mốc thù lao"),
    "fee_en": ("canary fee", "canary fee"),
}
"""A value per field that stands nowhere else, and what a page says for it. "": the page says another field instead."""

SEES = {"nobody": 0, "member": 1, "verified": 2, "granted": 3, "oneself": 9, "moderator": 9}
IN_THE_INDEX = {"name", "headline_vi", "headline_en", "bio_vi", "bio_en", "roles", "help_kinds", "sectors", "stages"}
FACETS = {"languages": "language:ru", "province_code": "province:11", "stages": "stage:mature", "mode": "mode:hybrid",
          "fee_policy": "fee:honorarium", "roles": "role:speaker", "sectors": "sector:space"}  # fmt: skip
CHOICES = (None, Tier.PUBLIC, Tier.MEMBERS, Tier.VERIFIED, Tier.GRANTED)


class House:
    """A person with a canary in every field, and everybody who may look."""

    person: Actor
    who: dict[str, Actor]


@pytest.fixture
async def house(db: asyncpg.Connection) -> House:
    found = House()
    found.person = await make_person("Người có hồ sơ")
    values = {name: value for name, (value, _marker) in CANARIES.items() if name != "photo_file"}
    await mentor(found.person, "sales", **values)
    await consent.decide(found.person.person_id, "suggestions", True, text_version=PURPOSES["suggestions"].text.version)
    await database.execute("UPDATE person_profile SET photo_file = $1", PHOTO)
    found.who = {
        "nobody": NOBODY,
        "member": await make_person("Thành viên"),
        "verified": await verified_member(),
        "granted": await make_person("Được phép"),
        "oneself": found.person,
        "moderator": await make_person("Điều phối", roles=("moderator",)),
    }
    await grants.ask(
        found.who["granted"], await access.person_by_id_for(found.who["granted"], found.person.person_id), "Gặp"
    )
    await grants.answer(found.person, (await grants.requests_to(found.person))[0]["id"], yes=True)
    return found


def tier_then(name: str, chosen: Tier | None) -> int:
    """Who may see a field when its owner has chosen so for all that can be chosen; said here without `tier_of`."""
    field = PERSON_FIELDS[name]
    return int(field.tier if field.fixed or chosen is None else chosen)


async def choose(house: House, chosen: Tier | None) -> None:
    await profile.set_tiers(house.person, {name: chosen for name, field in PERSON_FIELDS.items() if not field.fixed})


async def page_text(make_client: MakeClient, actor: Actor, slug: str) -> str:
    """What both languages of the page say: attributes of pictures and links too."""
    found = ""
    for language in ("vi", "en"):
        client = make_client(msgspec.structs.replace(actor, locale=language))
        answer = await client.get(f"/people/{slug}", headers={"Accept-Language": language})
        assert answer.status_code == 200
        found += said(answer.text)
    return found


def said(text: str) -> str:
    """A page's own part, as it stands and as it is read."""
    main = text[text.index('<main id="main"') : text.index("</main>")]
    return html.unescape(main + re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))


async def wrong_on_page_and_api(house: House, make_client: MakeClient, chosen: Tier | None) -> list[tuple[str, ...]]:
    """Where a field stands and should not, or should and does not."""
    slug = await database.fetchval("SELECT slug FROM person_profile")
    wrong: list[tuple[str, ...]] = []
    for who, actor in house.who.items():
        text = await page_text(make_client, actor, slug)
        body = (await make_client(actor).get(f"/api/v1/people/{house.person.id}")).json()
        for name, (value, marker) in CANARIES.items():
            sees = tier_then(name, chosen) <= SEES[who]
            if marker and (marker in text) is not sees:
                wrong.append(("page", who, name))
            if (body[name] == (str(value) if name == "photo_file" else value)) is not sees:
                wrong.append(("api", who, name))
            if not sees and body[name] not in (None, "", []):
                wrong.append(("api, half", who, name))
    return wrong


async def wrong_elsewhere(house: House, chosen: Tier | None) -> list[tuple[str, ...]]:
    """The same for the search, the list at each of its tiers, and the engine."""
    wrong: list[tuple[str, ...]] = []
    index = await database.fetchrow("SELECT * FROM findable WHERE kind = 'person'")
    line = await database.fetchrow("SELECT * FROM mentor_listing")
    (facts,) = await mentors.mentors_for_engine()
    assert index is not None
    assert line is not None
    everything = words(" ".join(str(value) for value in index.values()))
    for name, (_value, marker) in CANARIES.items():
        tier = tier_then(name, chosen)
        folded = words(marker)
        if folded and (folded in everything) is not (tier == 0 and name in IN_THE_INDEX):
            wrong.append(("search", name))
        for column in (0, 1, 2):
            if name in FACETS and (FACETS[name] in line[f"tokens_{column}"]) is not (tier <= column):
                wrong.append(("list", str(column), name))
            if folded and name in IN_THE_INDEX and (folded in line[f"text_{column}"]) is not (tier <= column):
                wrong.append(("list's words", str(column), name))
        if name in MentorFacts.__struct_fields__:
            given = getattr(facts, name)
            if bool(given) is not (tier <= int(ENGINE)):
                wrong.append(("engine", name))
        if (name in facts.public) is not (tier == 0):
            wrong.append(("engine's reasons", name))
    return wrong


def test_every_field_has_its_canary() -> None:
    assert set(CANARIES) == set(PERSON_FIELDS)


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda tier: "as registered" if tier is None else tier.name.lower())
async def test_each_field_is_seen_by_whom_its_owner_chose_and_by_nobody_else(
    house: House, make_client: MakeClient, chosen: Tier | None
) -> None:
    await choose(house, chosen)

    assert await wrong_on_page_and_api(house, make_client, chosen) == []
    assert await wrong_elsewhere(house, chosen) == []


async def test_negative_control_a_page_that_forgets_to_cut_is_found(
    house: House, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await choose(house, Tier.VERIFIED)
    monkeypatch.setattr(access, "shown_person", lambda row, _viewer: row)
    monkeypatch.setattr(listing, "shown_person", lambda row, _viewer: row)
    await choose(house, Tier.GRANTED)

    wrong = await wrong_on_page_and_api(house, make_client, Tier.GRANTED)
    assert {("page", "nobody", "bio_vi"), ("api", "member", "contact_phone")} <= set(wrong)
    assert ("search", "help_kinds") in await wrong_elsewhere(house, Tier.GRANTED)


@pytest.mark.parametrize(("who", "sees"), {"nobody": False, "member": True, "oneself": True}.items())
async def test_a_country_abroad_is_kept_from_whom_its_owner_does_not_show_it(
    house: House, make_client: MakeClient, who: str, sees: bool
) -> None:
    await profile.edit_profile(house.person, {"country": "IS", "markets": []})
    await profile.set_tiers(house.person, {"country": Tier.MEMBERS})

    assert ("Iceland" in await page_text(make_client, house.who[who], "nguyen-moc-canari")) is sees


@pytest.mark.parametrize("chosen", [Tier.PUBLIC, Tier.MEMBERS, Tier.VERIFIED, Tier.GRANTED])
async def test_the_photo_is_given_to_who_sees_it_only(house: House, chosen: Tier) -> None:
    await profile.set_tiers(house.person, {"photo_file": chosen})
    file = Stored(id=PHOTO, purpose="portrait", owner_kind="person", owner_id=house.person.id, tier=0, created_by=None)

    given = {who for who, actor in house.who.items() if await photo.seen_with_the_profile(actor, file)}

    assert given == {who for who, tier in SEES.items() if chosen <= tier}
    await listing.unlist_profile(house.person)
    assert [who for who, actor in house.who.items() if await photo.seen_with_the_profile(actor, file)] == ["oneself"]


async def test_previews_show_what_the_others_see(house: House, make_client: MakeClient) -> None:
    """Each preview and the page of such a reader say the same of every field."""
    client = make_client(house.person)
    for name, who in (("everybody", "nobody"), ("members", "member"), ("verified", "verified")):
        theirs = await page_text(make_client, house.who[who], "nguyen-moc-canari")
        text = said((await client.get(f"/account/profile/preview?as={name}")).text)
        for field, (_value, marker) in CANARIES.items():
            if marker and not field.endswith("_en"):
                assert (marker in text) is (marker in theirs), (name, field)
