"""Mails of new suggestions: the lists of the page, only who is new, by choice, in the reader's language."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import app.rights  # noqa: F401  what withdrawing ends is registered there
from app.connections import cards, filters, jobs, lists, mails, refresh
from app.connections.access import listed_organisation_by_id_for
from app.core import clock
from app.core import db as database
from app.core.errors import Invalid, NotAllowed
from app.core.outbox import drain
from app.core.web import Actor
from app.directory.search.jobs import end_path
from app.directory.search.saving import unsubscribe
from app.people.rights import consent
from tests.conftest import MakeClient
from tests.connections import make
from tests.connections.conftest import Market
from tests.factories import make_person

MONDAY = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
"""Half past seven in Vietnam."""
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
async def mine(market: Market, person: Actor) -> UUID:
    """The person's own startup, with lists made."""
    await make.member(person, market["startup-agri-VN"])
    await refresh.refresh(market["startup-agri-VN"])
    return market["startup-agri-VN"]


async def chosen(person: Actor, organisation: UUID, digest: str = "daily", *, told: bool = True) -> None:
    """Mails chosen more than a week ago; not `told`: nobody stood on the lists then."""
    seen = await listed_organisation_by_id_for(person, organisation)
    await mails.choose(person, seen, digest, consents=True)
    await database.execute(
        "UPDATE suggestion_digest SET digested_until = $1, told = CASE WHEN $2 THEN told ELSE '{}' END"
        " WHERE person = $3 AND digest <> 'never'",
        *(MONDAY - timedelta(days=8), told, person.person_id),
    )


async def sent(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.setattr(clock, "now", lambda: moment)
    await jobs.find_mails_due()
    await drain()
    return await database.fetch("SELECT * FROM mail WHERE message_key LIKE 'connections.mail%' ORDER BY created_at, id")


async def on_the_page(organisation: UUID, kinds: tuple[str, ...] = ("startup",)) -> list[str]:
    """Everybody whom the page's lists begin with, in its order."""
    return [
        card.name for kind in filters.lists_of(kinds) for card in await cards.cards_of(organisation, kind, lists.FIRST)
    ]


def named(text: str) -> list[str]:
    return [line.removeprefix("- ").partition(" (")[0] for line in text.split("\n") if line.startswith("- ")]


@pytest.mark.parametrize("digest", ["daily", "weekly"])
async def test_a_mail_tells_of_exactly_the_lists_of_the_page(
    person: Actor, mine: UUID, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    await chosen(person, mine, digest, told=False)

    (mail,) = await sent(MONDAY, monkeypatch)

    assert named(mail["text"]) == await on_the_page(mine) != []
    assert mail["subject"] == f"{len(await on_the_page(mine))} gợi ý mới dành cho bạn"
    assert mail["to_address"] == person.email
    assert mail["unsubscribe_url"].endswith(end_path(person.person_id))
    first = (await cards.cards_of(mine, filters.lists_of(["startup"])[0], 1))[0]
    assert f"- {first.name} ({first.kinds[0]}) – {first.for_you[0].text}" in mail["text"]


async def test_only_who_is_new_is_told_of_and_nobody_twice(
    market: Market, person: Actor, mine: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chosen(person, mine)
    assert await sent(MONDAY, monkeypatch) == [], "all of them stood on the page already"

    newcomer = market["fund-fin-SG"]
    await database.execute("UPDATE suggestion_digest SET told = array_remove(told, $1)", newcomer)
    assert await sent(MONDAY, monkeypatch) == [], "one look a morning"
    (mail,) = await sent(TUESDAY, monkeypatch)
    again = await sent(TUESDAY + timedelta(days=1), monkeypatch)

    assert named(mail["text"]) == ["Fund fin-SG"]
    assert len(again) == 1


@pytest.mark.parametrize(("moment", "expected"), [(TUESDAY, 0), (MONDAY + timedelta(days=7), 1)])
async def test_weekly_ones_come_on_mondays(
    person: Actor, mine: UUID, monkeypatch: pytest.MonkeyPatch, moment: datetime, expected: int
) -> None:
    await chosen(person, mine, "weekly", told=False)
    await database.execute("UPDATE suggestion_digest SET digested_until = $1", MONDAY)

    assert len(await sent(moment, monkeypatch)) == expected


async def test_it_is_in_the_readers_language(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = await make_person(locale="en")
    await make.member(reader, market["startup-agri-VN"])
    await refresh.refresh(market["startup-agri-VN"])
    await chosen(reader, market["startup-agri-VN"], told=False)

    (mail,) = await sent(MONDAY, monkeypatch)

    assert "new suggestions for you" in mail["subject"]
    assert "- Fund agri-VN (Investor) – You are both" in mail["text"]


ENDS = {
    "another address": "UPDATE person SET email_confirmed_at = NULL WHERE id = $1",
    "left": "UPDATE membership SET ended_at = now() WHERE person = $1",
    "organisation taken down": "UPDATE organisation SET hidden_at = now(), hidden_reason = 'x' WHERE id IN"
    " (SELECT organisation FROM membership WHERE person = $1)",
}


@pytest.mark.parametrize("why", ENDS)
async def test_whoever_has_left_gets_none(person: Actor, mine: UUID, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    await chosen(person, mine, told=False)
    await database.execute(ENDS[why], person.person_id)

    assert await sent(MONDAY, monkeypatch) == []


async def test_one_click_ends_them_and_choosing_again_asks_again(
    person: Actor, mine: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chosen(person, mine, told=False)
    token = end_path(person.person_id).rpartition("/")[2]

    await unsubscribe(person.person_id, token)

    assert await mails.digest_of(person, mine) == "never"
    assert await sent(MONDAY, monkeypatch) == []
    seen = await listed_organisation_by_id_for(person, mine)
    with pytest.raises(Invalid):
        await mails.choose(person, seen, "weekly")


async def test_what_cannot_be_chosen(person: Actor, mine: UUID) -> None:
    seen = await listed_organisation_by_id_for(person, mine)
    with pytest.raises(Invalid):
        await mails.choose(person, seen, "hourly", consents=True)
    admin = await make_person("Quản trị", roles=("admin",))
    with pytest.raises(NotAllowed):
        await mails.choose(admin, await listed_organisation_by_id_for(admin, mine), "daily", consents=True)


async def test_the_page_asks_for_consent_once_and_keeps_what_was_chosen(
    person: Actor, mine: UUID, make_client: MakeClient
) -> None:
    client = make_client(person)
    slug = await database.fetchval("SELECT slug FROM organisation WHERE id = $1", mine)
    url = f"/suggestions/{slug}/mails"
    assert f'href="{url}"' in (await client.get(f"/suggestions?organisation={slug}")).text

    refused = await client.post(url, data={"digest": "weekly"})
    assert (refused.status_code, 'value="weekly" selected' in refused.text) == (422, True)
    assert (await client.post(url, data={"digest": "weekly", "consents": "true"})).status_code == 303

    page = (await client.get(url)).text
    assert ('value="weekly" selected' in page, "consents" in page) == (True, False)
    assert await consent.has_consent(person.person_id, "digests")
