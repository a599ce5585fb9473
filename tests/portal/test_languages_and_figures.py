"""The portal's numbers, next events, language switch and the demo's mails: limits, strangers, both languages."""

import html
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest

from app.core import db as database
from app.core.clock import now
from app.core.i18n import in_language
from app.portal import figures, routes
from tests.event_factories import make_event, make_registration
from tests.factories import make_person

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_kept", None)


async def _organisation(slug: str, kinds: str = "{startup}", ended: bool = False) -> None:
    await database.execute(
        "INSERT INTO organisation (id, slug, name, kinds, created_at, updated_at, ended_at, ended_reason)"
        " VALUES (gen_random_uuid(), $1, $1, $2::text::text[], now(), now(), CASE WHEN $3 THEN now() END,"
        " CASE WHEN $3 THEN 'gone' END)",
        *(slug, kinds, ended),
    )


async def _mail(number: int, **more: Any) -> Any:
    row = {"to": f"p{number}@example.com", "subject": f"Thư {number}", "text": "Chào", "state": "kept", **more}
    return await database.fetchval(
        "INSERT INTO mail (id, message_key, to_address, locale, subject, text, html, state, created_at)"
        " VALUES (gen_random_uuid(), $1, $2, 'vi', $3, $4, '', $5, now()) RETURNING id",
        *(f"k{number}", row["to"], row["subject"], row["text"], row["state"]),
    )


# --- numbers --------------------------------------------------------------------------------------------------


async def test_what_has_ended_or_is_not_published_is_not_counted(db: asyncpg.Connection) -> None:
    await _organisation("a")
    await _organisation("b", "{startup,investor}")
    await _organisation("c", "{incubator}")
    await _organisation("d", ended=True)
    await _organisation("e", "{startup,investor}")
    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'abuse' WHERE slug = 'e'")
    world = await make_event()
    await make_event(published=False, owner=world.owner)
    found = await figures.headline()
    assert found == {
        "organisations": 3, "startups": 2, "investors": 1, "investments": 0, "events": 1, "registrations": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "counted"),
    [("confirmed", 1), ("waitlisted", 1), ("pending_review", 1), ("cancelled", 0), ("refused", 0)],
)
async def test_a_registration_counts_while_it_stands(db: asyncpg.Connection, status: str, counted: int) -> None:
    world = await make_event()
    await make_registration(world)
    await db.execute("ALTER TABLE registration DISABLE TRIGGER USER")
    await db.execute("UPDATE registration SET status = $1", status)
    await _organisation("a")
    assert (await figures.headline())["registrations"] == counted


async def test_numbers_are_kept_for_a_minute(db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(figures.time, "monotonic", lambda: clock[0])
    await _organisation("a")
    assert (await figures.headline())["startups"] == 1
    await _organisation("b")
    clock[0] += figures.KEPT_SECONDS - 1
    assert (await figures.headline())["startups"] == 1
    clock[0] += 1
    assert (await figures.headline())["startups"] == 2


async def test_nothing_is_kept_of_an_empty_house(db: asyncpg.Connection) -> None:
    assert (await figures.headline())["organisations"] == 0
    await _organisation("a")
    assert (await figures.headline())["organisations"] == 1


@pytest.mark.parametrize(("language", "words"), [("vi", "startup"), ("en", "startups")])
async def test_the_numbers_lead_to_their_lists(client: httpx.AsyncClient, language: str, words: str) -> None:
    for number in range(3):
        await _organisation(f"s{number}")
    page = (await client.get("/", headers={"Accept-Language": language})).text
    assert 'href="/directory?kind=startup"' in page
    assert words in page
    assert 'href="https://www.crunchbase.com"' in page


async def test_outside_the_demo_no_source_is_named_that_was_not_loaded(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    await _organisation("a")
    monkeypatch.setattr(routes, "get_settings", lambda: msgspec.structs.replace(settings, demo=False))
    assert 'class="home-source"' not in (await client.get("/")).text


# --- the next events ------------------------------------------------------------------------------------------


async def test_the_next_three_events_are_shown_in_order(db: asyncpg.Connection) -> None:
    first = await make_event(title_vi="Một", title_en="One", starts_at=now() + timedelta(days=1))
    for days, name in ((5, "Năm"), (3, "Ba"), (2, "Hai")):
        await make_event(owner=first.owner, title_vi=name, title_en="", starts_at=now() + timedelta(days=days))
    found = await figures.next_events()
    assert [event["title"] for event in found] == ["Một", "Hai", "Ba"]
    with in_language("en"):
        assert [event["title"] for event in await figures.next_events()] == ["One", "Hai", "Ba"]
    assert {event["starts_at"].utcoffset() for event in found} == {timedelta(hours=7)}


async def test_an_event_under_way_is_shown_and_one_that_is_over_is_not(db: asyncpg.Connection) -> None:
    running = await make_event(title_vi="Đang diễn ra", starts_at=now() - timedelta(hours=1))
    await make_event(
        owner=running.owner, title_vi="Đã xong",
        starts_at=now() - timedelta(days=2), ends_at=now() - timedelta(days=1),
    )  # fmt: skip
    await make_event(owner=running.owner, title_vi="Bản nháp", published=False)
    assert [event["title"] for event in await figures.next_events()] == ["Đang diễn ra"]


@pytest.mark.parametrize("events", [1, 3])
async def test_the_landing_page_asks_as_often_for_one_event_as_for_three(
    client: httpx.AsyncClient, events: int
) -> None:
    world = await make_event(title_vi="Một <b>sự kiện</b>")
    for _n in range(events - 1):
        await make_event(owner=world.owner)
    with database.count_queries() as asked:
        page = (await client.get("/")).text
    assert (len(asked), page.count('class="row event-row"')) == (2, events)
    assert ("&lt;b&gt;" in page, "<b>sự kiện" in page) == (True, False)


async def test_without_an_event_the_page_says_what_can_be_done(client: httpx.AsyncClient) -> None:
    for language, words in (("vi", "Chưa có sự kiện nào"), ("en", "No event is announced yet")):
        assert words in html.unescape((await client.get("/", headers={"Accept-Language": language})).text)


@pytest.mark.parametrize("who", ["nobody", "somebody"])
async def test_the_doors_of_the_landing_page_lead_where_they_say(
    make_client: Any, db: asyncpg.Connection, who: str
) -> None:
    client = make_client(await make_person()) if who == "somebody" else make_client()
    doors = re.findall(
        r'<a [^>]*href="([^"]+)"', (await client.get("/")).text.split('class="doors"')[1].split("</ul>")[0]
    )
    for door in dict.fromkeys(doors):
        assert (await client.get(door)).status_code == 200, door
    kinds = ("startup", "investor", "mentor", "organizer")
    wanted = [f"/sign-up?as={kind}" for kind in kinds]
    assert doors == (["/suggestions", "/suggestions", "/events", "/events"] if who == "somebody" else wanted)


# --- the language ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("/directory?q=nguyễn&kind=startup", "/directory?q=nguy%E1%BB%85n&kind=startup"),
        ("/tổ chức", "/"),
        ("/sự-kiện", "/s%E1%BB%B1-ki%E1%BB%87n"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\nb", "/"),
        ("", "/"),
    ],
)
async def test_one_comes_back_to_where_one_was(client: httpx.AsyncClient, to: str, location: str) -> None:
    answer = await client.post("/language", data={"lang": "en", "next": to})
    assert (answer.status_code, answer.headers["location"]) == (303, location)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("lang=en; ")
    assert "SameSite=lax" in cookie
    assert "Max-Age=31536000" in cookie


async def test_the_choice_works_without_a_whole_page(client: httpx.AsyncClient) -> None:
    answer = await client.post("/language", data={"lang": "en", "next": "/about"}, headers=HTMX)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/about")
    assert "lang" in answer.cookies


async def test_another_site_cannot_choose_for_people(make_client: Any, db: asyncpg.Connection) -> None:
    actor = await make_person()
    foreign = {"Origin": "https://evil.example"}
    answer = await make_client(actor).post("/language", data={"lang": "en"}, headers=foreign)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert await db.fetchval("SELECT locale FROM person WHERE id = $1", actor.id) == "vi"


async def test_a_wrong_choice_changes_no_account(make_client: Any, db: asyncpg.Connection) -> None:
    actor = await make_person(locale="en")
    await make_client(actor).post("/language", data={"lang": "de"})
    assert await db.fetchval("SELECT locale FROM person WHERE id = $1", actor.id) == "en"


async def test_behind_tls_the_cookie_is_for_tls_alone(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    behind = msgspec.structs.replace(settings, public_url="https://ketnoi.example")
    monkeypatch.setattr(routes, "get_settings", lambda: behind)
    cookie = (await client.post("/language", data={"lang": "vi"})).headers["set-cookie"]
    assert "Secure" in cookie


@pytest.mark.parametrize("path", ["/", "/about", "/design", "/demo/mail"])
async def test_a_page_is_whole_in_either_language(client: httpx.AsyncClient, path: str) -> None:
    for language in ("vi", "en"):
        text = (await client.get(path, headers={"Accept-Language": language})).text
        assert text.count("<h1") == 1
        assert f'<html lang="{language}"' in text
        assert re.search(r"<title>[^<]+Kết Nối</title>", text)
        assert "%(" not in text


# --- the demo's mails -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
async def test_mails_are_listed_newest_first_with_one_question(client: httpx.AsyncClient, count: int) -> None:
    ids = [uuid4() for _n in range(count)]
    for number, mail_id in enumerate(sorted(ids)):
        await _mail(number)
        await database.execute("UPDATE mail SET id = $1 WHERE message_key = $2", mail_id, f"k{number}")
    with database.count_queries() as asked:
        page = (await client.get("/demo/mail")).text
    assert len(asked) == 1
    assert re.findall(r"Thư (\d)", page) == [str(number) for number in reversed(range(count))]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/demo/mail?before=x", 400),
        ("/demo/mail?before=", 400),
        ("/demo/mail?before=01a2003d-475d-74ea-a2f9-1fbecabb6f0f", 200),
        ("/demo/mail/x", 404),
        ("/demo/mail/01a2003d-475d-74ea-a2f9-1fbecabb6f0f/0", 404),
        ("/demo/mail/01a2003d-475d-74ea-a2f9-1fbecabb6f0f/-1", 404),
        ("/demo/mail/01a2003d-475d-74ea-a2f9-1fbecabb6f0f/" + "9" * 30, 404),
        ("/demo/mail/01a2003d-475d-74ea-a2f9-1fbecabb6f0f/" + "9" * 5000, 404),
        ("/demo/mail/01a2003d-475d-74ea-a2f9-1fbecabb6f0f/x", 404),
    ],
)
async def test_odd_addresses_of_mails(client: httpx.AsyncClient, path: str, status: int) -> None:
    assert (await client.get(path)).status_code == status


async def test_a_mail_is_shown_as_text_whatever_is_in_it(client: httpx.AsyncClient) -> None:
    text = "Chào <script>alert(1)</script> {{7*7}}\n\nhttps://a.example/x?y=1&z=2\njavascript:alert(1)\nhttps://b c"
    mail_id = await _mail(1, subject="<img src=x onerror=x>", text=text)
    page = (await client.get(f"/demo/mail/{mail_id}")).text
    main = page.split("<main", 1)[1].split("</main>")[0]
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "{{7*7}}" in main
    assert '<a href="https://a.example/x?y=1&amp;z=2">' in main
    assert main.count("<a href=") - main.count('<a href="/') == 1


async def test_a_mail_whose_text_was_forgotten_is_an_empty_page(client: httpx.AsyncClient) -> None:
    mail_id = await _mail(1, to="", text="")
    answer = await client.get(f"/demo/mail/{mail_id}")
    assert (answer.status_code, "Thư 1" in answer.text) == (200, True)


async def test_an_attachment_is_taken_away_and_never_opened_here(client: httpx.AsyncClient) -> None:
    mail_id = await _mail(1)
    await database.execute(
        "INSERT INTO mail_attachment (id, mail, filename, media_type, place, content)"
        " VALUES (gen_random_uuid(), $1, E'x\\r\\nSet-Cookie: a=1.html', 'text/html', 0, '<script>alert(1)</script>')",
        mail_id,
    )
    answer = await client.get(f"/demo/mail/{mail_id}/0")
    assert answer.headers["content-disposition"] == 'attachment; filename="attachment-0.bin"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("change", [{"demo": False}, {"environment": "production"}])
async def test_in_production_no_mail_can_be_read_here(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, settings: Any, change: Any
) -> None:
    mail_id = await _mail(1)
    monkeypatch.setattr(routes, "get_settings", lambda: msgspec.structs.replace(settings, **change))
    for path in ("/demo/mail", f"/demo/mail/{mail_id}", f"/demo/mail/{mail_id}/0"):
        answer = await client.get(path)
        assert (answer.status_code, "Thư 1" in answer.text) == (404, False)
