"""Who is shown on an organisation's page: by their own choice and consent, described by themselves or an owner."""

from uuid import UUID

import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.web import Actor
from app.directory import history
from app.directory.persons import listing, profile, team, vetting
from app.directory.persons.team import Described, team_of
from app.directory.seeing import ANY_MEMBER
from app.people.rights import consent
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.persons.make import AGREED, listed
from tests.factories import make_person


async def membership(cast: Cast, who: Actor) -> UUID:
    found: UUID = await database.fetchval(
        "SELECT id FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL", cast.id, who.id
    )
    return found


async def test_nobody_is_shown_but_by_themselves(cast: Cast) -> None:
    editor = await membership(cast, cast.editor)
    for who in (cast.owner, cast.admin):
        with pytest.raises(NotAllowed):
            await team.show_me(who, cast.id, editor, True, AGREED)
    with pytest.raises(Invalid):
        await team.show_me(cast.editor, cast.id, editor, True)
    with pytest.raises(consent.TextChanged):
        await team.show_me(cast.editor, cast.id, editor, True, "2020-01-01")
    assert await team_of(cast.id) == []

    await team.show_me(cast.editor, cast.id, editor, True, AGREED)
    await team.show_me(cast.editor, cast.id, editor, True)

    (shown,) = await team_of(cast.id)
    assert (shown.name, shown.slug) == ("Người biên tập", "")
    assert (await history.changes_of(cast.id))[0]["act"] == "member_shown"
    await team.show_me(cast.editor, cast.id, editor, False)
    assert await team_of(cast.id) == []


async def test_what_a_member_is_there_is_said_by_the_member_or_an_owner(cast: Cast) -> None:
    editor = await membership(cast, cast.editor)
    said = Described(title="  Giám đốc  kỹ thuật ", is_founder=True, contact_for=("technical", "legal"))
    for who in (cast.viewer, cast.stranger):
        with pytest.raises(NotAllowed):
            await team.describe(who, cast.id, editor, said)
    with pytest.raises(NotFound):
        await team.describe(cast.owner, UUID(int=1), editor, said)

    await team.describe(cast.owner, cast.id, editor, said)
    await team.describe(cast.editor, cast.id, editor, said)
    await team.show_me(cast.editor, cast.id, editor, True, AGREED)

    (shown,) = await team_of(cast.id)
    assert (shown.title, shown.is_founder, shown.contact_for) == ("Giám đốc kỹ thuật", True, ("technical", "legal"))
    changes = [change["field"] for change in await history.changes_of(cast.id) if change["act"] == "member_described"]
    assert sorted(changes) == ["membership.contact_for", "membership.is_founder", "membership.title"]


@pytest.mark.parametrize(
    ("said", "field"),
    [(Described(title="x" * 121), "title"), (Described(contact_for=("gossip",)), "contact_for")],
)
async def test_what_cannot_be_said_is_refused(cast: Cast, said: Described, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await team.describe(cast.owner, cast.id, await membership(cast, cast.owner), said)
    assert list(refused.value.fields) == [field]


async def test_a_listed_profile_gives_name_address_and_photo_as_far_as_it_is_shown(cast: Cast) -> None:
    await team.show_me(cast.owner, cast.id, await membership(cast, cast.owner), True, AGREED)
    await listed(cast.owner, name="Nguyễn Văn Chủ")
    await database.execute("UPDATE person_profile SET photo_file = gen_random_uuid()")
    await profile.set_tiers(cast.owner, {"photo_file": 1})

    (public,), (member,) = await team_of(cast.id), await team_of(cast.id, ANY_MEMBER)

    assert (public.name, public.slug, public.photo_file) == ("Nguyễn Văn Chủ", "nguyen-van-chu", None)
    assert member.photo_file is not None
    await listing.unlist_profile(cast.owner)
    (unlisted,) = await team_of(cast.id)
    assert (unlisted.name, unlisted.slug) == ("Chủ hồ sơ", "")


async def test_a_withdrawn_consent_a_takedown_and_leaving_take_people_off_the_page(cast: Cast) -> None:
    for who in (cast.owner, cast.editor, cast.viewer):
        await team.show_me(who, cast.id, await membership(cast, who), True, AGREED)
    assert len(await team_of(cast.id)) == 3

    await consent.decide(cast.editor.person_id, "profile", False)
    assert {one.name for one in await team_of(cast.id)} == {"Chủ hồ sơ", "Người xem"}
    await listed(cast.viewer)
    await vetting.hide(await make_person("ĐP", roles=("moderator",)), cast.viewer.person_id, "Giả mạo")
    assert {one.name for one in await team_of(cast.id)} == {"Chủ hồ sơ"}


async def test_founders_come_first_and_one_query_is_enough(cast: Cast) -> None:
    await team.describe(cast.owner, cast.id, await membership(cast, cast.viewer), Described(is_founder=True))
    for who in (cast.owner, cast.editor, cast.viewer):
        await team.show_me(who, cast.id, await membership(cast, who), True, AGREED)
    with database.count_queries() as log:
        shown = await team_of(cast.id)
    assert (shown[0].name, len(shown), len(log)) == ("Người xem", 3, 1)


async def test_a_person_shows_several_organisations_and_only_those_chosen(cast: Cast) -> None:
    await listed(cast.owner)
    assert await team.organisations_of(cast.owner.person_id) == []
    assert [one["name"] for one in await team.organisations_of(cast.owner.person_id, all_of_them=True)] == [
        "Nguyễn Đức Robot"
    ]
    await team.show_me(cast.owner, cast.id, await membership(cast, cast.owner), True)
    assert [one["slug"] for one in await team.organisations_of(cast.owner.person_id)] == [cast.slug]


async def test_the_members_page_offers_it_and_says_what_is_missing(cast: Cast, make_client: MakeClient) -> None:
    client, mine = make_client(cast.editor), await membership(cast, cast.editor)
    base = f"/organisations/{cast.slug}/members"
    page = (await client.get(base)).text
    assert page.count("Hiển thị tôi trên hồ sơ") == 1
    assert 'name="agree" value="' in page
    assert "checked" not in page.split('name="agree"')[1].split(">")[0]

    refused = await client.post(f"{base}/{mine}/show", data={"shown": "1"})
    assert (refused.status_code, await team_of(cast.id)) == (303, [])
    await client.post(f"{base}/{mine}/show", data={"shown": "1", "agree": AGREED})
    await client.post(f"{base}/{mine}/describe", data={"title": "Kỹ sư trưởng", "contact_for": ["technical"]})
    (shown,) = await team_of(cast.id)
    assert (shown.title, shown.contact_for) == ("Kỹ sư trưởng", ("technical",))
    page = (await client.get(base)).text
    assert "Kỹ sư trưởng" in page
    assert "Thôi hiển thị tôi" in page
    stranger = await make_client(cast.stranger).post(f"{base}/{mine}/show", data={"shown": ""})
    assert stranger.status_code == 404
