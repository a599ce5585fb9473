"""What two organisations say to each other stays theirs: not in search, engine, mails, logs, copies or figures."""

from pathlib import Path

import asyncpg
import pytest

from app.connections.introductions import access, blocking, figures, information, rights, thread
from app.core import db as database
from app.core import logs, outbox
from app.core.files.purposes import Stored
from app.core.ids import new_id
from app.core.settings import get_settings
from app.core.web import NOBODY
from app.people.rights.subject import subject_of
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.introductions.conftest import Pair, make_pair
from tests.people.steps import settings_with

SECRET = "bimatkhongaibiet"


async def secretive(pair: Pair) -> str:
    """A connection in which everything that can be written holds the secret; its number."""
    introduction = await pair.connected()
    held = await pair.held(pair.founder, introduction)
    await thread.send(pair.founder, held, f"Thư {SECRET}", "the first one")
    await information.ask(pair.founder, held, "other", f"Hỏi {SECRET}")
    await blocking.report(pair.founder, held, "spam", f"Báo {SECRET}")
    return str(introduction)


_TEXTS = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
ITS_OWN = {"introduction_message", "information_question", "introduction_report"}


async def test_the_words_stand_in_their_own_tables_alone(pair: Pair) -> None:
    """After every job has run: not in the index of the search, the outbox, a mail, a history, the engine's lists."""
    await secretive(pair)
    await database.execute("UPDATE outbox SET available_at = now()")
    await outbox.drain()
    found = set()
    for row in await database.fetch(_TEXTS):
        name = row["table_name"]
        if await database.fetchval(f'SELECT EXISTS (SELECT FROM "{name}" t WHERE t::text ~* $1)', SECRET):
            found.add(name)
    assert found == ITS_OWN


async def test_nobody_else_s_page_or_copy_has_them(make_client: MakeClient, pair: Pair) -> None:
    path = f"/introductions/{await secretive(pair)}"
    other = await make_pair("Công ty khác", "Quỹ khác")
    seen = {}
    people = {
        "nobody": None,
        "other": other.founder,
        "organizer": await make_person(roles=("organizer",)),
        "admin": await make_person(roles=("admin",)),
    }
    for name, actor in people.items():
        client = make_client(actor)
        texts = [
            (await client.get(address)).text
            for address in (path, "/introductions", f"/search?q={SECRET}", "/staff/introductions", f"/api/v1{path}")
        ]
        seen[name] = sum(f"Thư {SECRET}" in text or f"Hỏi {SECRET}" in text for text in texts)
    assert seen == dict.fromkeys(people, 0)
    subject = await subject_of(pair.partner.person_id)
    assert subject is not None
    copied = [str(row) for name in rights.SHEETS for row in await database.fetch(rights.SHEETS[name], subject.person)]
    assert not any(SECRET in row for row in copied)


async def test_a_report_shows_the_thread_only_where_it_is_let(make_client: MakeClient, pair: Pair) -> None:
    introduction = await pair.connected()
    held = await pair.held(pair.founder, introduction)
    await thread.send(pair.founder, held, f"Thư {SECRET}", "the first one")
    client = make_client(await make_person(roles=("moderator",)))
    for shows in (False, True):
        await blocking.report(pair.founder, held, "rude", "Họ nói lời khó nghe", shows_thread=shows)
        number = await database.fetchval("SELECT id FROM introduction_report WHERE shows_thread = $1", shows)
        page = await client.get(f"/staff/introductions/reports/{number}")
        assert (page.status_code, SECRET in page.text) == (200, shows)


async def test_files_are_the_two_sides_own(pair: Pair) -> None:
    introduction = await pair.connected()
    file = Stored(
        id=new_id(), purpose="introduction", owner_kind="introduction", owner_id=introduction, tier=4, created_by=None
    )
    admin, stranger = await make_person(roles=("admin",)), await make_person()
    found = [await thread.read_by_both(who, file) for who in (pair.founder, pair.partner, admin, stranger, NOBODY)]
    assert found == [True, True, False, False, False]
    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", pair.partner.id)
    assert await thread.read_by_both(pair.partner, file) is False


async def test_no_line_of_the_log_holds_a_word(
    make_client: MakeClient, pair: Pair, capfd: pytest.CaptureFixture[str]
) -> None:
    introduction = await pair.connected()
    with settings_with(LOG_LEVEL="info"):
        client = make_client(pair.founder)
        logs.configure(get_settings())
        body = {"nonce": "abcdefghij", "body": f"Thư {SECRET}"}
        assert (await client.post(f"/introductions/{introduction}/messages", data=body)).status_code == 303
        wrong = {"nonce": "abc", "body": f"Thư {SECRET}"}
        assert (await client.post(f"/introductions/{introduction}/messages", data=wrong)).status_code == 422
        said = capfd.readouterr()
    assert "/messages" in said.err
    assert SECRET not in said.out + said.err


async def test_figures_name_nobody_and_nothing_small(db: asyncpg.Connection) -> None:
    """Four who were declined for a reason are not told, five are; the same with the funnel."""
    from app.connections.introductions import answering

    told = []
    for _number in range(5):
        pair = await make_pair()
        held = await pair.held(pair.partner, await pair.asks())
        await answering.decline(pair.partner, held, "ticket")
        found = await figures.declines(samples=True)
        told.append(([row["reason"] for row in found], (await figures.funnel(samples=True))["declined"]))
    assert told == [([], None)] * 4 + [(["ticket"], 5)]
    assert (await figures.funnel(samples=True))["accepted"] == 0


def test_the_door_of_threads_knows_no_staff() -> None:
    """No role of the site stands in the doors of a thread."""
    source = Path(access.__file__).read_text(encoding="utf-8")
    body = source.partition("async def thread_for")[2].partition("async def held_for")[0]
    assert "actor.has" not in body
