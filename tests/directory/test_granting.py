"""Asking to see more: who may ask and answer, what a yes shows and until when, once however often it is pressed."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import Conflict, Invalid, NotFound
from app.core.web import Actor
from app.directory import access, granting, notes, profiles
from app.directory.fields import Tier
from app.directory.importing import exporting
from app.directory.persons import access as persons
from app.directory.seeing import shown
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import join, organisation
from tests.factories import make_person

PHONE = "+84 24 3869 2222"


@pytest.fixture
async def fund(cast: Cast) -> Actor:
    """The owner of an investor who would like to see the startup's phone."""
    owner = await make_person("Chủ quỹ")
    await organisation(owner, "Quỹ Sao", ("investor",))
    await profiles.edit_organisation(cast.owner, cast.id, {"contact_phone": PHONE})
    return owner


async def ask(cast: Cast, actor: Actor, purpose: str = "Gọi để hẹn gặp") -> Any:
    await granting.ask(actor, await access.organisation_for(actor, cast.slug), "quy-sao", purpose)
    return await database.fetchval("SELECT id FROM field_grant WHERE ended_at IS NULL")


async def phone(cast: Cast, actor: Actor) -> object:
    seen = await access.organisation_for(actor, cast.slug)
    return shown(seen.row, seen.viewer)["contact_phone"]


GONE = (
    "hidden_at = now(), hidden_reason = 'abuse'",
    "ended_at = now(), ended_reason = 'closed'",
)


@pytest.mark.parametrize("gone", GONE)
async def test_an_organisation_that_is_gone_opens_nothing_to_its_members(cast: Cast, fund: Actor, gone: str) -> None:
    await granting.answer(cast.owner, cast.id, await ask(cast, fund), yes=True)
    verified = await make_person("Đã xác minh")
    await organisation(verified, "Quỹ Thật", ("investor",))
    await database.execute("UPDATE organisation SET verified_at = now() WHERE slug = 'quy-that'")

    async def tiers() -> list[int]:
        seen = [(await access.organisation_for(actor, cast.slug)).tier for actor in (fund, verified)]
        return [*seen, (await persons.viewer_of(verified)).tier, (await exporting._broadly(verified)).tier]

    before = await tiers()
    await database.execute(f"UPDATE organisation SET {gone} WHERE slug IN ('quy-sao', 'quy-that')")

    assert before == [Tier.GRANTED, Tier.VERIFIED, Tier.VERIFIED, Tier.VERIFIED]
    assert await tiers() == [Tier.MEMBERS] * 4


async def test_a_yes_shows_it_until_the_day_and_no_takes_it_back(cast: Cast, fund: Actor) -> None:
    grant = await ask(cast, fund)
    before = await phone(cast, fund)

    await granting.answer(cast.owner, cast.id, grant, yes=True)
    await granting.answer(cast.owner, cast.id, grant, yes=True)
    granted = await phone(cast, fund)
    await database.execute("UPDATE field_grant SET expires_at = now() - interval '1 second'")
    ran_out = await phone(cast, fund)
    await database.execute("UPDATE field_grant SET expires_at = now() + interval '1 day'")
    await granting.answer(cast.owner, cast.id, grant, yes=False)

    assert (before, granted, ran_out, await phone(cast, fund)) == ("", PHONE, "", "")
    assert await phone(cast, cast.stranger) == ""
    acts = await database.fetch("SELECT act FROM organisation_change WHERE act LIKE '%granted' ORDER BY id")
    assert [row["act"] for row in acts] == ["granted", "not_granted"]
    keys = await database.fetch("SELECT split_part(message_key, ':', 1) AS key FROM mail ORDER BY created_at, id")
    assert [row["key"] for row in keys] == ["organisation-asked", "organisation-granted"]


async def test_asking_twice_is_one_request_and_what_ran_out_makes_room(cast: Cast, fund: Actor) -> None:
    first = await ask(cast, fund)

    with pytest.raises(Conflict):
        await ask(cast, fund)
    await database.execute("UPDATE field_grant SET asked_at = now() - interval '31 days'")
    assert await granting.requests_of(cast.id) == ([], [])
    again = await ask(cast, fund)

    assert first != again
    assert await database.fetchval("SELECT ended_reason FROM field_grant WHERE id = $1", first) == "ran out"


@pytest.mark.parametrize(
    ("viewer", "purpose", "field"),
    [("quy-sao", "  ", "purpose"), ("quy-sao", "x" * 301, "purpose"), ("nguyen-duc-robot", "Hẹn", "viewer")],
)
async def test_what_is_refused_names_its_field(cast: Cast, fund: Actor, viewer: str, purpose: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await granting.ask(fund, await access.organisation_for(fund, cast.slug), viewer, purpose)

    assert set(refusal.value.fields) == {field}


async def test_only_owners_answer_and_only_what_was_asked_of_them(
    cast: Cast, fund: Actor, make_client: MakeClient
) -> None:
    grant = await ask(cast, fund)
    url = f"/organisations/{cast.slug}/requests/{grant}/yes"

    codes = [(await make_client(who).post(url)).status_code for who in (fund, cast.stranger, cast.viewer, cast.editor)]

    assert codes == [404, 404, 403, 403]
    other = await database.fetchval("SELECT id FROM organisation WHERE slug = 'quy-sao'")
    with pytest.raises(NotFound):
        await granting.answer(fund, other, grant, yes=True)
    assert (await make_client(cast.owner).post(url)).status_code == 303


async def test_the_profile_says_that_there_is_more_and_the_pages_ask_and_list(
    cast: Cast, fund: Actor, make_client: MakeClient
) -> None:
    client, owner, url = make_client(fund), make_client(cast.owner), f"/organisations/{cast.slug}"

    assert f'href="{url}/ask"' in (await client.get(url)).text
    assert f'href="{url}/ask"' not in (await owner.get(url)).text
    refused = await client.post(f"{url}/ask", data={"viewer": "quy-sao", "purpose": ""})
    asked = await client.post(f"{url}/ask", data={"viewer": "quy-sao", "purpose": "Hẹn gặp thứ Năm"})
    assert (refused.status_code, asked.status_code) == (422, 303)
    assert "Hẹn gặp thứ Năm" in (await owner.get(f"{url}/requests")).text
    assert "Hẹn gặp thứ Năm" in (await client.get("/organisations/quy-sao/requests")).text
    assert (await client.get(f"{url}/requests")).status_code == 404
    assert (await make_client().get(f"{url}/ask")).status_code in (302, 303, 401)

    await notes.set_tiers(cast.owner, cast.id, {"contact_phone": 0})
    assert f'href="{url}/ask"' not in (await client.get(url)).text


async def test_two_who_ask_at_once_for_one_organisation_are_one_request(committed: asyncpg.Pool) -> None:
    owner, one, two = [await make_person(name) for name in ("Chủ", "Một", "Hai")]
    target = await organisation(owner, "Sen Đá")
    fund = await organisation(one, "Quỹ Sao", ("investor",))
    await join(fund.id, two, "owner")
    seen = await access.organisation_for(one, target.slug)

    async def asked(who: Actor) -> str:
        try:
            await granting.ask(who, seen, fund.slug, "Hẹn gặp")
        except granting.AskedBefore:
            return "before"
        return "asked"

    assert sorted(await asyncio.gather(asked(one), asked(two))) == ["asked", "before"]
    assert await database.fetchval("SELECT count(*) FROM mail WHERE message_key LIKE 'organisation-asked:%'") == 1


async def test_one_part_is_confirmed_and_the_page_says_what_is_old(cast: Cast, make_client: MakeClient) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"pitch_vi": "Robot cho kho", "description_vi": "Kho vận"})
    await database.execute("UPDATE field_note SET confirm_due_on = '2020-01-01', said_at = '2019-01-01'")
    client, url = make_client(cast.owner), f"/organisations/{cast.slug}"

    assert (await client.get(url)).text.count('name="part"') == 3
    await client.post(f"{url}/confirm", data={"part": "texts"})
    page = (await client.get(url)).text
    refused = await client.post(f"{url}/confirm", data={"part": "fish"})

    assert 'name="part" value="texts"' not in page
    assert 'name="part" value="story"' not in (await make_client(cast.stranger).get(url)).text
    assert (page.count('name="part"'), refused.status_code) == (2, 404)
