"""Landing, about, language, and the demo's mails."""

from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

import app.worker  # noqa: F401  registers every job
from app.core import db as database
from app.core.i18n import ROOT
from app.core.outbox import drain
from app.portal import figures, routes
from tests.factories import make_person


@pytest.fixture(autouse=True)
def _counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_kept", None)


async def _mail(number: int, **more: Any) -> None:
    row = {"to_address": f"p{number}@example.com", "subject": f"Thư {number}", "text": "Chào\n\nhttp://x/y", **more}
    await database.execute(
        "INSERT INTO mail (id, message_key, to_address, locale, subject, text, html, state, created_at)"
        " VALUES (gen_random_uuid(), $1, $2, 'vi', $3, $4, '', 'kept', now())",
        *(f"k{number}", row["to_address"], row["subject"], row["text"]),
    )


async def test_the_landing_page_of_an_empty_house(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "Danh bạ chưa có gì" in answer.text or "còn trống" in answer.text


async def test_the_landing_page_counts_and_asks_twice(client: httpx.AsyncClient) -> None:
    await database.execute(
        "INSERT INTO organisation (id, slug, name, kinds, created_at, updated_at)"
        " SELECT gen_random_uuid(), 's' || n, 'S', '{startup}', now(), now() FROM generate_series(1, 1234) n"
    )
    with database.count_queries() as asked:
        answer = await client.get("/")
    assert "1.234" in answer.text
    assert len(asked) == 2
    with database.count_queries() as asked:
        await client.get("/")
    assert len(asked) == 1


@pytest.mark.parametrize("path", ["/about", "/design"])
async def test_plain_pages(client: httpx.AsyncClient, path: str) -> None:
    for language in ("vi", "en"):
        answer = await client.get(path, headers={"Accept-Language": language})
        assert (answer.status_code, f'<html lang="{language}"' in answer.text) == (200, True)


async def test_the_source_of_the_data_is_named_and_linked(client: httpx.AsyncClient) -> None:
    assert '<a href="https://www.crunchbase.com">' in (await client.get("/about")).text


async def test_the_front_door_promises_what_there_is(make_client: Any, db: asyncpg.Connection) -> None:
    person = make_client(await make_person())
    vi, en = [(await person.get("/", headers={"Accept-Language": language})).text for language in ("vi", "en")]
    assert "Gợi ý dành cho cố vấn: sắp có." in vi
    assert vi == en  # the account's own language goes first
    assert vi.count('href="/suggestions"') - (await person.get("/about")).text.count('href="/suggestions"') == 3
    stranger = (await make_client().get("/", headers={"Accept-Language": "en"})).text
    assert "Suggestions for mentors are coming." in stranger
    assert "finds the investors that fit your company" in stranger


async def test_the_privacy_text_names_every_cookie(client: httpx.AsyncClient) -> None:
    """Whoever sets another one says so on the page, and here."""
    setting = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("set_cookie(")
        for folder in ("app", "events")
        for path in (ROOT / folder).rglob("*.py")
        if "set_cookie(" in path.read_text(encoding="utf-8")
    }
    assert setting == {
        "app/core/web.py": 2,  # a message; how much waits for an answer
        "app/people/routes.py": 1,  # during sign-up
        "app/people/routes_account.py": 1,  # the language
        "app/people/sessions.py": 2,  # the session, given and taken
        "app/people/throttles.py": 1,  # signed in before
        "app/portal/routes.py": 1,  # the language
        "app/mentoring/times.py": 1,  # the time zone
        "app/dealflow/routes_shown.py": 1,  # a deck that was opened
    }
    en = (await client.get("/about", headers={"Accept-Language": "en"})).text
    vi = (await client.get("/about", headers={"Accept-Language": "vi"})).text
    for words in (
        "your session",
        "your language",
        "light or dark",
        "signed in with this browser before",
        "sign up",
        "a deck",
    ):
        assert words in en
    for words in ("phiên đăng nhập", "ngôn ngữ", "sáng hoặc tối", "từng đăng nhập", "đăng ký tài khoản", "thông báo"):
        assert words in vi
    assert ("introduction" in en, "xin giới thiệu" in vi) == (False, False)


async def test_the_language_is_kept_in_a_cookie(client: httpx.AsyncClient) -> None:
    answer = await client.post("/language", data={"lang": "en", "next": "/about?x=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/about?x=1")
    assert "About Kết Nối" in (await client.get("/about")).text


@pytest.mark.parametrize("form", [{"lang": "fr"}, {"lang": "<script>"}, {}, {"lang": "en", "next": "//evil.example"}])
async def test_a_strange_choice_changes_nothing(client: httpx.AsyncClient, form: dict[str, str]) -> None:
    answer = await client.post("/language", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert ("lang" in answer.cookies) == (form.get("lang") == "en")


async def test_the_language_is_kept_with_the_account(make_client: Any, db: asyncpg.Connection) -> None:
    actor = await make_person()
    await make_client(actor).post("/language", data={"lang": "en"})
    assert await db.fetchval("SELECT locale FROM person WHERE id = $1", actor.id) == "en"


async def test_mails_of_the_demo(client: httpx.AsyncClient) -> None:
    assert "Chưa có email nào" in (await client.get("/demo/mail")).text
    await _mail(1, subject="<b>Thư</b>")
    with database.count_queries() as one:
        first = await client.get("/demo/mail")
    assert "&lt;b&gt;Thư&lt;/b&gt;" in first.text
    for number in range(2, 54):
        await _mail(number)
    with database.count_queries() as many:
        page = await client.get("/demo/mail")
    assert len(one) == len(many) == 1
    assert "/demo/mail?before=" in page.text
    older = page.text.split("/demo/mail?before=", 1)[1].split('"', 1)[0]
    assert (await client.get(f"/demo/mail?before={older}")).text.count("@example.com") == 3


async def test_one_mail_with_its_attachment(client: httpx.AsyncClient) -> None:
    await _mail(1)
    mail_id = await database.fetchval("SELECT id FROM mail")
    for place, (kind, ending) in enumerate([("application/pdf", "pdf"), ("text/calendar", "ics"), ("a/b", "bin")]):
        await database.execute(
            "INSERT INTO mail_attachment (id, mail, filename, media_type, place, content)"
            " VALUES (gen_random_uuid(), $1, 'vé', $2, $3, 'x')",
            *(mail_id, kind, place),
        )
        answer = await client.get(f"/demo/mail/{mail_id}/{place}")
        assert (answer.content, answer.headers["content-type"].split(";")[0]) == (b"x", kind)
        assert answer.headers["content-disposition"].endswith(f'.{ending}"')
    page = await client.get(f"/demo/mail/{mail_id}")
    assert '<a href="http://x/y">' in page.text
    assert (await client.get(f"/demo/mail/{mail_id}/7")).status_code == 404
    assert (await client.get("/demo/mail/01a2003d-475d-74ea-a2f9-1fbecabb6f0f")).status_code == 404


@pytest.mark.parametrize("path", ["/demo/mail", "/demo/mail/01a2003d-475d-74ea-a2f9-1fbecabb6f0f"])
async def test_outside_the_demo_nobody_reads_mails(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, settings: Any, path: str
) -> None:
    await _mail(1)
    monkeypatch.setattr(routes, "get_settings", lambda: msgspec.structs.replace(settings, demo=False))
    assert (await client.get(path)).status_code == 404


async def test_a_real_mail_arrives_on_the_page(make_client: Any, committed: asyncpg.Pool) -> None:
    client = make_client()
    answer = await client.post(
        "/sign-up", data={"name": "Đức", "email": "duc@example.com", "password": "mot mat khau rat dai", "terms": "on"}
    )
    assert answer.status_code in (200, 303), answer.text
    await drain()
    assert "duc@example.com" in (await client.get("/demo/mail")).text
