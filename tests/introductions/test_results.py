"""Results: a file as evidence and who reads it; a mentor asked to confirm a goal; the number at one's picture."""

import re
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

import app.connections.introductions.jobs  # the mails
import app.core.files.jobs  # noqa: F401  erased bytes are deleted by its job
from app.connections.introductions import outcomes
from app.connections.introductions.outcomes import Came, Parties
from app.core import clock, outbox
from app.core import db as database
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.core.web import Actor
from tests.conftest import MakeClient
from tests.dealflow.papers import draft_of, paper
from tests.factories import make_person
from tests.introductions.conftest import Pair

GOAL = UUID("01a20000-0000-7000-8000-000000000001")


async def test_a_file_of_evidence_is_read_by_both_sides_and_then_by_the_department(
    make_client: MakeClient, pair: Pair
) -> None:
    path = f"/introductions/{await pair.connected()}"
    founder, partner = make_client(pair.founder), make_client(pair.partner)
    others = [make_client(await make_person("Người lạ")), make_client(await make_person(roles=("moderator",)))]
    file = {"evidence": ("Biên bản.pdf", paper(1), "application/pdf")}

    wrong = await founder.post(f"{path}/outcome", data={"kind": "pilot", "happened_on": "2999-01-01"}, files=file)
    draft = re.search(r'name="evidence_draft" value="([^"]+)"', wrong.text)
    assert draft is not None
    typed = {"kind": "pilot", "happened_on": "2026-11-20", "evidence_draft": draft[1]}
    bad = await founder.post(
        f"{path}/outcome", data=typed, files={"evidence": ("a.exe", b"MZ no paper", "application/pdf")}
    )
    stated = await founder.post(f"{path}/outcome", data=typed)
    page = await partner.get(path)
    found = re.search(r'href="(/files/[^"]+)"[^>]*>.*?Biên bản\.pdf', page.text)
    assert found is not None
    before = [(await client.get(found[1])).status_code for client in (founder, partner, *others)]
    outcome = await database.fetchval("SELECT id FROM outcome")
    await partner.post(f"/outcomes/{outcome}/confirm")
    after = [(await client.get(found[1])).status_code for client in (founder, partner, *others)]
    desk = await others[1].get("/staff/introductions")
    await database.execute("UPDATE outcome SET state = 'withdrawn'")
    withdrawn = (await partner.get(found[1])).status_code

    assert (wrong.status_code, bad.status_code, stated.status_code) == (422, 422, 303)
    assert (before, after, withdrawn) == ([200, 200, 404, 404], [200, 200, 404, 200], 404)
    assert found[1] in desk.text


async def goal_met(pair: Pair, mentor: Actor) -> UUID:
    parties = Parties(
        organisation=pair.startup, other_person=mentor.person_id, context_kind="mentoring", context_id=GOAL
    )
    return await outcomes.record(pair.founder, parties, Came(kind="mentoring_goal", happened_on=clock.now().date()))


@pytest.mark.parametrize("how", ["withdrawn", "the goal is open again"])
async def test_evidence_of_what_is_taken_back_is_erased(pair: Pair, tmp_path: Path, how: str) -> None:
    parties = Parties(organisation=pair.startup, other=pair.fund, context_kind="mentoring", context_id=GOAL)
    came = Came(kind="mentoring_goal", happened_on=clock.now().date())
    draft = await draft_of(pair.founder, tmp_path, 1, "outcome")
    outcome = await outcomes.record(pair.founder, parties, came, draft)
    kept = await storage().exists(key_of(draft.id, "file.pdf"))

    for _again in range(2):
        if how == "withdrawn":
            await outcomes.withdraw(pair.founder, outcome)
        else:
            async with database.tx():
                await outcomes.taken_back(pair.startup, "mentoring", GOAL)
    await outbox.drain()

    row = await database.fetchrow("SELECT name, erased_at IS NULL AS there FROM stored_file WHERE id = $1", draft.id)
    assert row is not None
    assert (kept, await storage().exists(key_of(draft.id, "file.pdf"))) == (True, False)
    assert (row["name"], row["there"]) == ("", False)
    assert await database.fetchval("SELECT state || ' ' || (evidence_file IS NULL) FROM outcome") == "withdrawn true"


@pytest.mark.parametrize(("said", "state"), [("confirm", "confirmed"), ("dispute", "disputed")])
async def test_a_mentor_is_asked_by_mail_and_answers_among_introductions(
    make_client: MakeClient, pair: Pair, said: str, state: str
) -> None:
    mentor = await make_person("Cố vấn Hà")
    outcome = await goal_met(pair, mentor)
    await goal_met(pair, mentor)
    client, stranger = make_client(mentor), make_client(await make_person("Người lạ"))

    await outbox.drain()
    mails = await database.fetch("SELECT to_address, text FROM mail WHERE text LIKE '%#o-%'")
    page, other = await client.get("/introductions"), await stranger.get("/introductions")
    waiting = (await client.get("/introductions/count")).text
    answered = await client.post(f"/outcomes/{outcome}/{said}")
    after = await client.get("/introductions")

    assert [mail["to_address"] for mail in mails] == [mentor.email]
    assert f"/introductions#o-{outcome}" in mails[0]["text"]
    assert [f'id="o-{outcome}"' in one.text for one in (page, other, after)] == [True, False, False]
    assert (">1<" in waiting, answered.headers["location"]) == (True, "/introductions#to-confirm")
    assert (await stranger.post(f"/outcomes/{outcome}/{said}")).status_code == 404
    assert await database.fetchval("SELECT state FROM outcome") == state


async def test_who_answered_before_the_mail_went_gets_none(pair: Pair) -> None:
    mentor = await make_person("Cố vấn Hà")
    await outcomes.answer(mentor, await goal_met(pair, mentor), yes=True)
    await outbox.drain()
    assert await database.fetchval("SELECT count(*) FROM mail WHERE to_address = $1", mentor.email) == 0


async def test_what_waits_is_counted_once_and_then_known_for_a_while(
    make_client: MakeClient, pair: Pair, db: asyncpg.Connection
) -> None:
    """No page counts by itself: a part of it does, in one query, and the browser knows the number for two minutes."""
    client, nobody = make_client(pair.partner), make_client(await make_person("Người mới"))
    asks = 'id="waits-for-you" hx-get="/introductions/count"'

    fresh, none = (await client.get("/deals")).text, (await nobody.get("/deals")).text
    await pair.asks()
    for one in (client, nobody):
        with database.count_queries() as asked:
            await one.get("/introductions/count")
        assert len(asked) == 1
    with database.count_queries() as known:
        pages = [(await one.get("/deals")).text for one in (client, nobody)]
    mentoring = await client.get("/mentoring")  # which has a line of its own of what waits
    boxes = (await client.get("/introductions")).text
    client.cookies.set("waiting", "7.somebody-else")
    stolen = (await client.get("/deals")).text

    assert (asks in fresh, asks in none) == (True, True)
    assert [("tool-dot" in page, asks in page) for page in pages] == [(True, False), (False, False)]
    assert not [query for query in known if "introduction" in query]
    assert (mentoring.status_code, "tool-dot" in mentoring.text) == (200, True)
    assert (asks in boxes, asks in stolen, ">7<" in stolen) == (True, True, False)
