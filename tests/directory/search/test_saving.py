"""Saved searches: kept once, marked with what is new, told of by mail only by choice, fed under private addresses."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.db import count_queries
from app.core.errors import Invalid, NotFound
from app.core.outbox import drain
from app.core.web import Actor
from app.directory.search import index, jobs, rights, saving, spelling
from app.directory.search.news import BEGINNING, State, new_since, shown, state_from
from app.people.rights import consent
from app.people.rights.subject import subject_of
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import organisation
from tests.factories import make_person

AGRI = State("/directory", "sector=agri")


@pytest.fixture(autouse=True)
def _fresh_lexicon() -> None:
    spelling.forget()


async def saved(actor: Actor, state: State = AGRI, digest: str = "never") -> UUID:
    found = await saving.save(actor, "Nông nghiệp", state)
    if digest != "never":
        await saving.change(actor, found, "Nông nghiệp", digest, consents=True)
    return found


async def row(saved_id: UUID) -> Any:
    return await database.fetchrow("SELECT * FROM saved_search WHERE id = $1", saved_id)


@pytest.mark.parametrize(
    ("path", "query", "kept"),
    [
        ("/directory", "sector=agri&order=name&cursor=abc&more=kind", "sector=agri"),
        ("/directory", "stage=early&q=+lúa++xanh&kind=startup", "q=l%C3%BAa+xanh&kind=startup&stage=early"),
        ("/directory", "kind=fish&sector=nông nghiệp", "sector=agri"),
        ("/directory", "", ""),
        ("/search", "q=robot&kind=event&page=7", "q=robot&kind=event"),
        ("/search", "q=robot&kind=fish", "q=robot"),
    ],
)
def test_a_state_has_one_form(path: str, query: str, kept: str) -> None:
    assert state_from(path, query) == State(path, kept)
    assert state_from(path, kept) == State(path, kept)


async def test_the_same_search_is_kept_once_under_its_newest_name(cast: Cast) -> None:
    first = await saving.save(cast.owner, "Lúa", State("/directory", "sector=agri&order=name"))
    again = await saving.save(cast.owner, "Gạo", AGRI)
    others = await saving.save(cast.editor, "Gạo", AGRI)

    assert first == again != others
    assert [one.name for one in await saving.saved_of(cast.owner)] == ["Gạo"]


async def test_fifty_are_kept_and_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST", 2)
    for number in range(2):
        await saving.save(cast.owner, "x", State("/search", f"q=abc{number}"))

    with pytest.raises(saving.TooManySaved):
        await saving.save(cast.owner, "x", State("/search", "q=more"))
    await saving.save(cast.owner, "y", State("/search", "q=abc1"))
    with pytest.raises(Invalid):
        await saving.save(cast.editor, " \u200b ", AGRI)


async def test_what_came_since_it_was_opened_is_new_until_it_is_opened(cast: Cast) -> None:
    kept = await saved(cast.owner)
    await database.execute("UPDATE saved_search SET seen_at = now() - interval '1 hour'")
    await organisation(cast.owner, "Lúa Xanh", sectors=["agri"])
    await organisation(cast.owner, "Thép Đỏ", sectors=["manu"])

    assert [one.new for one in await saving.saved_of(cast.owner)] == [1]
    assert await saving.open_saved(cast.owner, kept) == AGRI
    assert [one.new for one in await saving.saved_of(cast.owner)] == [0]


async def test_states_of_words_of_filters_and_of_kinds_have_their_own_news(cast: Cast) -> None:
    await organisation(cast.owner, "Lúa Xanh", sectors=["agri"])
    await organisation(cast.owner, "Lúa Đỏ", sectors=["food"])
    event = index.Entry(kind="event", subject=cast.id, title="Ngày hội Lúa", url="/events/lua")
    await index.put(event)
    since = BEGINNING
    asked = [
        (AGRI, since),
        (State("/directory", "q=lua"), since),
        (State("/directory", "q=lua&sector=food"), since),
        (State("/search", "q=lua"), since),
        (State("/search", "q=lua&kind=event"), since),
        (State("/search", "q=luaa"), since),
        (AGRI, datetime(2999, 1, 1, tzinfo=UTC)),
    ]

    with count_queries() as log:
        found = await new_since(asked, tier=0)
    names = [sorted(hit.title for hit, _at, _subject in await shown(new.ids)) for new in found]

    both = ["Lúa Xanh", "Lúa Đỏ"]
    assert names == [["Lúa Xanh"], both, ["Lúa Đỏ"], [*both, "Ngày hội Lúa"], ["Ngày hội Lúa"], [], []]
    assert len(log) <= 5


async def test_the_list_asks_as_much_for_three_as_for_one(cast: Cast) -> None:
    await saving.save(cast.owner, "a", AGRI)
    await saving.saved_of(cast.owner)
    with count_queries() as one:
        await saving.saved_of(cast.owner)
    for number in range(2):
        await saving.save(cast.owner, "b", State("/search", f"q=robot{number}"))
    with count_queries() as three:
        await saving.saved_of(cast.owner)

    assert len(one) == len(three)


async def test_nobody_touches_the_search_of_somebody_else(cast: Cast) -> None:
    kept = await saved(cast.owner)

    for act in (
        saving.change(cast.editor, kept, "x", "never"),
        saving.end(cast.editor, kept),
        saving.renew_key(cast.editor, kept),
        saving.open_saved(cast.editor, kept),
    ):
        with pytest.raises(NotFound):
            await act
    assert (await row(kept))["name"] == "Nông nghiệp"


# --- digests --------------------------------------------------------------------------------------------------

MORNING = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
"""Half past seven on a Monday in Vietnam."""


@pytest.mark.parametrize(
    ("moment", "daily", "weekly"),
    [
        ("2026-11-23T00:30:00+00:00", "2026-11-23T00:00:00+00:00", "2026-11-23T00:00:00+00:00"),
        ("2026-11-22T23:59:59+00:00", "2026-11-22T00:00:00+00:00", "2026-11-16T00:00:00+00:00"),
        ("2026-11-25T12:00:00+00:00", "2026-11-25T00:00:00+00:00", "2026-11-23T00:00:00+00:00"),
    ],
)
def test_digests_are_due_at_seven_in_vietnam_and_on_mondays(moment: str, daily: str, weekly: str) -> None:
    found = jobs.turns(datetime.fromisoformat(moment))

    assert (found["daily"], found["weekly"]) == (datetime.fromisoformat(daily), datetime.fromisoformat(weekly))


@pytest.fixture
def morning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.clock, "now", lambda: MORNING)


async def a_day_ago(*names: str) -> None:
    """Digests were last sent on Saturday, and these came on Sunday."""
    await database.execute(
        "UPDATE saved_search SET digested_until = $1 WHERE digest <> 'never'", MORNING - timedelta(days=8)
    )
    await database.execute(
        "UPDATE findable SET listed_at = $2 WHERE title = ANY($1)", list(names), MORNING - timedelta(hours=20)
    )


async def mails() -> list[Any]:
    await jobs.find_due()
    await drain()
    return await database.fetch("SELECT * FROM mail WHERE message_key LIKE 'search.digest%' ORDER BY id")


@pytest.mark.parametrize("digest", ["daily", "weekly"])
async def test_a_digest_tells_what_is_new_once(cast: Cast, morning: None, digest: str) -> None:
    kept = await saved(cast.owner, digest=digest)
    await organisation(cast.editor, "Lúa Xanh", sectors=["agri"], province_code="01", country="VN")
    await a_day_ago("Lúa Xanh")

    (mail,) = await mails()
    again = await mails()

    assert mail["to_address"] == cast.owner.email
    assert "Lúa Xanh – Doanh nghiệp khởi nghiệp" in mail["text"]
    assert f"/saved/{kept}" in mail["text"]
    assert mail["unsubscribe_url"].endswith(jobs.end_path(cast.owner.person_id))
    assert len(again) == 1
    assert (await row(kept))["digested_until"] == jobs.turns(MORNING)["daily"]


async def test_nothing_is_sent_when_nothing_is_new_or_nobody_chose_it(cast: Cast, morning: None) -> None:
    await saved(cast.owner, State("/search", "q=zzzz"), "daily")
    await saved(cast.editor)
    await organisation(cast.owner, "Lúa Xanh", sectors=["agri"])
    await a_day_ago("Lúa Xanh")

    assert await mails() == []


async def test_no_digest_without_consent_and_none_after_its_withdrawal(cast: Cast, morning: None) -> None:
    kept = await saved(cast.owner)
    with pytest.raises(Invalid) as refused:
        await saving.change(cast.owner, kept, "x", "daily")
    assert set(refused.value.fields) == {"consents"}
    assert not await consent.has_consent(cast.owner.person_id, "digests")

    await saving.change(cast.owner, kept, "x", "daily", consents=True)
    assert await consent.has_consent(cast.owner.person_id, "digests")
    await organisation(cast.editor, "Lúa Xanh", sectors=["agri"])
    await a_day_ago("Lúa Xanh")
    await consent.decide(cast.owner.person_id, "digests", given=False)

    assert ((await row(kept))["digest"], await mails()) == ("never", [])


async def test_a_withdrawal_after_the_asking_stops_the_mail(cast: Cast, morning: None) -> None:
    await saved(cast.owner, digest="daily")
    await organisation(cast.editor, "Lúa Xanh", sectors=["agri"])
    await a_day_ago("Lúa Xanh")
    await jobs.find_due()
    await consent.decide(cast.owner.person_id, "digests", given=False)
    await drain()

    assert await database.fetchval("SELECT count(*) FROM mail WHERE message_key LIKE 'search.digest%'") == 0


async def test_two_workers_at_once_send_one_mail(committed: asyncpg.Pool, morning: None) -> None:
    actor = await make_person()
    await saved(actor, digest="daily")
    await organisation(actor, "Lúa Xanh", sectors=["agri"])
    await a_day_ago("Lúa Xanh")
    payload = {"person": str(actor.id), "until": jobs.turns(MORNING)["daily"].isoformat()}

    await asyncio.gather(*(jobs.send_digest(payload) for _n in range(4)))

    assert await committed.fetchval("SELECT count(*) FROM mail WHERE message_key LIKE 'search.digest%'") == 1


# --- one click ------------------------------------------------------------------------------------------------


async def test_one_click_without_a_session_ends_the_mails_and_looking_at_the_link_does_not(
    cast: Cast, client: httpx.AsyncClient
) -> None:
    kept = await saved(cast.owner, digest="daily")
    path = jobs.end_path(cast.owner.person_id)

    assert "Ngừng nhận email tin mới?" in (await client.get(path)).text
    assert (await row(kept))["digest"] == "daily"
    del client.headers["Origin"]
    answer = await client.post(path, data={"List-Unsubscribe": "One-Click"})

    assert (answer.is_success, (await row(kept))["digest"]) == (True, "never")
    assert not await consent.has_consent(cast.owner.person_id, "digests")
    assert (await client.post(path, data={"List-Unsubscribe": "One-Click"})).is_success


@pytest.mark.parametrize("token", ["x", "a" * 40, "é", "%00"])
async def test_a_link_that_is_not_ours_ends_nothing(cast: Cast, client: httpx.AsyncClient, token: str) -> None:
    kept = await saved(cast.owner, digest="daily")
    path = f"/saved/mails/{cast.owner.id}/{token}"

    assert ((await client.get(path)).status_code, (await client.post(path)).status_code) == (404, 404)
    assert (await row(kept))["digest"] == "daily"


# --- pages ----------------------------------------------------------------------------------------------------


async def test_a_search_is_kept_renamed_and_ended_on_the_page(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.owner)
    offered = (await client.get("/saved/new?path=/directory&query=sector%3Dagri")).text
    assert 'value="Nông nghiệp công nghệ cao"' in offered

    await client.post("/saved", data={"name": "Của tôi", "path": "/directory", "query": "sector=agri"})
    (one,) = await saving.saved_of(cast.owner)
    wrong = await client.post(f"/saved/{one.id}", data={"name": "Tên mới", "digest": "daily"})
    assert wrong.status_code == 422
    assert 'value="Tên mới"' in wrong.text

    await client.post(f"/saved/{one.id}", data={"name": "Tên mới", "digest": "daily", "consents": "1"})
    assert [(one.name, one.digest) for one in await saving.saved_of(cast.owner)] == [("Tên mới", "daily")]
    assert (await client.get(f"/saved/{one.id}")).headers["location"] == "/directory?sector=agri"
    await client.post(f"/saved/{one.id}/end")
    assert await saving.saved_of(cast.owner) == []
    assert "Bạn chưa lưu tìm kiếm nào" in (await client.get("/saved")).text


async def test_strangers_are_led_to_the_sign_in(client: httpx.AsyncClient) -> None:
    for path in ("/saved", "/saved/new", f"/saved/{UUID(int=1)}"):
        assert (await client.get(path)).status_code in (302, 303, 401)


# --- feeds ----------------------------------------------------------------------------------------------------

NS = {"a": "http://www.w3.org/2005/Atom"}


def entries(text: str) -> list[str | None]:
    return [entry.text for entry in ET.fromstring(text).findall("a:entry/a:title", NS)]


async def test_a_feed_tells_the_newest_first_and_only_what_is_public(cast: Cast, client: httpx.AsyncClient) -> None:
    await organisation(cast.owner, "Lúa Xanh", sectors=["agri"])
    await organisation(cast.owner, "Lúa <Đỏ> & \x0b", sectors=["agri"])
    await index.put(index.Entry(kind="person", subject=cast.id, title="Lúa Kín", url="/people/x", tier=1))
    await database.execute("UPDATE findable SET listed_at = now() + interval '1 hour' WHERE title = 'Lúa Xanh'")

    directory = await client.get("/directory/feed?sector=agri")
    everything = await client.get("/search/feed?q=lua")

    assert directory.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert entries(directory.text) == ["Lúa Xanh", "Lúa <Đỏ> &"]
    assert sorted(filter(None, entries(everything.text))) == ["Lúa <Đỏ> &", "Lúa Xanh"]
    assert entries((await client.get("/directory/feed?q=zzzz")).text) == []


async def test_a_saved_search_is_fed_under_its_key_only(cast: Cast, client: httpx.AsyncClient) -> None:
    kept = await saved(cast.owner)
    await organisation(cast.owner, "Lúa Xanh", sectors=["agri"])
    (one,) = await saving.saved_of(cast.owner)

    assert entries((await client.get(one.feed_url)).text) == ["Lúa Xanh"]
    assert (await client.get(re.sub(r".$", "_", one.feed_url))).status_code == 404
    await saving.renew_key(cast.owner, kept)
    assert (await client.get(one.feed_url)).status_code == 404
    (renewed,) = await saving.saved_of(cast.owner)
    assert (await client.get(renewed.feed_url)).status_code == 200
    await saving.end(cast.owner, kept)
    assert (await client.get(renewed.feed_url)).status_code == 404


# --- rights ---------------------------------------------------------------------------------------------------


async def test_saved_searches_are_copied_and_erased(cast: Cast) -> None:
    await saved(cast.owner)
    await saved(cast.editor)
    subject = await subject_of(cast.owner.person_id)
    assert subject is not None

    assert [one["name"] async for one in rights.saved_searches(subject)] == ["Nông nghiệp"]
    assert (await rights.empty_search(subject), await rights.empty_search(subject)) == (1, 0)
    assert await database.fetchval("SELECT count(*) FROM saved_search") == 1
