"""The pages as the two sides get them: every state, both languages, empty ones, the same queries for one and three."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from app.connections.introductions import answering, asking, blocking, expiring, information, meetings, outcomes, thread
from app.connections.introductions.meetings import Plan
from app.connections.introductions.outcomes import Came, Parties
from app.core import clock
from app.core import db as database
from tests.conftest import MakeClient
from tests.connections import make
from tests.factories import make_person
from tests.introductions.conftest import WISH, WORDS, Pair, make_pair, state_of, wishes

LANGUAGES = ("vi", "en")
BOXES = ("received", "sent", "connections", "past")


async def full(pair: Pair) -> str:
    """A connection with everything that can hang on it; its address."""
    introduction = await pair.connected()
    founder, partner = await pair.held(pair.founder, introduction), await pair.held(pair.partner, introduction)
    await thread.send(pair.founder, founder, "Xin chào\nHẹn gặp", "first message")
    plan = Plan(starts_at=clock.now() + timedelta(days=2), place="Phòng 2", link="https://meet.example/x")
    meeting = await meetings.propose(pair.founder, founder, plan, "first meeting")
    await meetings.agree(pair.partner, partner, meeting)
    await information.ask(pair.partner, partner, "deck", "Bản mới nhất")
    came = Came(kind="investment", happened_on=clock.now().date(), value=Decimal(1_500_000_000), words="Vòng hạt giống")
    parties = Parties(organisation=pair.startup, other=pair.fund, introduction=introduction)
    await outcomes.record(pair.founder, parties, came)
    return f"/introductions/{introduction}"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_connection_is_shown_to_both_with_how_to_reach_each_other(
    make_client: MakeClient, pair: Pair, language: str
) -> None:
    path = await full(pair)
    texts = {}
    for who, other in ((pair.founder, pair.partner), (pair.partner, pair.founder)):
        answer = await make_client(msgspec.structs.replace(who, locale=language)).get(path)
        assert answer.status_code == 200
        assert other.email in answer.text
        texts[who.id] = answer.text
    assert ("/confirm" in texts[pair.partner.id], "/confirm" in texts[pair.founder.id]) == (True, False)
    assert ("1.500.000.000" if language == "vi" else "1,500,000,000") in texts[pair.founder.id]


@pytest.mark.parametrize("state", ["pending", "declined", "expired", "withdrawn", "closed", "draft", "held"])
async def test_every_state_is_drawn_and_none_before_a_yes_shows_an_address(
    make_client: MakeClient, pair: Pair, state: str
) -> None:
    if state == "held":
        await wishes(pair.fund, accepts="programme")
    if state == "draft":
        seen = await pair.seen(pair.founder, pair.startup)
        introduction = await asking.draft(pair.founder, seen, pair.fund, WISH)
    else:
        introduction = await pair.asks()
    if state == "declined":
        held = await pair.held(pair.partner, introduction)
        await answering.decline(pair.partner, held, "too_early", "Hẹn vụ sau")
    elif state == "withdrawn":
        await answering.withdraw(pair.founder, await pair.held(pair.founder, introduction))
    elif state == "expired":
        await database.execute("UPDATE introduction SET expires_at = now() - interval '1 hour'")
        assert await expiring.run_out() == 1
    elif state == "closed":
        await pair.accepts(introduction)
        await answering.close(pair.founder, await pair.held(pair.founder, introduction))
    found = {}
    for who, other in ((pair.founder, pair.partner), (pair.partner, pair.founder)):
        answer = await make_client(who).get(f"/introductions/{introduction}")
        found[who.id] = answer.status_code
        assert other.email not in answer.text
        if state == "declined" and who is pair.founder:
            assert "Hẹn vụ sau" in answer.text
            assert "còn sớm" in answer.text
    hidden = state in ("draft", "held")
    assert found == {pair.founder.id: 200, pair.partner.id: 404 if hidden else 200}


@pytest.mark.parametrize("box", BOXES)
async def test_a_box_asks_the_same_for_one_and_three(make_client: MakeClient, pair: Pair, box: str) -> None:
    client = make_client(pair.partner if box == "received" else pair.founder)
    counts = []
    for number in (1, 3):
        while await database.fetchval("SELECT count(*) FROM introduction") < number:
            other = await make_pair("Công ty khác", "Quỹ khác")
            if box == "received":
                founder = await make_person()
                await make.member(founder, other.startup)
                await asking.ask(founder, await pair.seen(founder, other.startup), pair.fund, WISH)
                continue
            seen = await pair.seen(pair.founder, pair.startup)
            introduction = await asking.ask(pair.founder, seen, other.fund, WISH)
            if box == "connections":
                await other.accepts(introduction)
            elif box == "past":
                await answering.withdraw(pair.founder, await pair.held(pair.founder, introduction))
        with database.count_queries() as asked:
            answer = await client.get(f"/introductions?box={box}")
        assert answer.text.count('id="i-') == number
        counts.append(len(asked))
    assert counts[0] == counts[1]


async def test_empty_boxes_say_what_to_do(make_client: MakeClient, pair: Pair) -> None:
    for who in (pair.founder, await make_person()):
        for box in BOXES:
            answer = await make_client(who).get(f"/introductions?box={box}")
            assert (answer.status_code, 'class="empty"' in answer.text) == (200, True)


async def test_a_bad_form_keeps_what_was_typed(make_client: MakeClient, pair: Pair) -> None:
    slug, asker = await make.slug_of(pair.fund), await make.slug_of(pair.startup)
    client = make_client(pair.founder)
    answer = await client.post(
        f"/organisations/{slug}/introduce", data={"asker": asker, "purpose": "capital", "words": "Quá ngắn"}
    )
    assert (answer.status_code, "Quá ngắn" in answer.text) == (422, True)
    path = f"/introductions/{await pair.connected()}"
    typed = {"nonce": "n" * 12, "starts_at": "2020-01-01T10:00", "place": "Quán cà phê Đinh"}
    answer = await client.post(f"{path}/meetings", data=typed)
    assert (answer.status_code, "Quán cà phê Đinh" in answer.text) == (422, True)
    answer = await client.post(
        f"{path}/outcome", data={"kind": "pilot", "happened_on": "2999-01-01", "words": "Mai sau"}
    )
    assert (answer.status_code, "Mai sau" in answer.text) == (422, True)
    answer = await client.post(f"{path}/messages", data={"nonce": "n" * 12, "body": "  "})
    assert answer.status_code == 422
    answer = await client.post(f"{path}/questions", data={"topic": "other", "words": ""})
    assert answer.status_code == 422
    answer = await make_client(pair.partner).post(f"{path}/report", data={"kind": "", "words": "Họ đòi phí"})
    assert (answer.status_code, "Họ đòi phí" in answer.text) == (422, True)


async def test_the_way_through_the_pages(make_client: MakeClient, pair: Pair) -> None:
    """Asking, accepting, writing, meeting, a result, all by forms; the menu counts what waits."""
    founder, partner = make_client(pair.founder), make_client(pair.partner)
    slug, asker = await make.slug_of(pair.fund), await make.slug_of(pair.startup)
    assert "Ngỏ lời kết nối" in (await founder.get(f"/organisations/{slug}/introduce-button")).text
    sent = await founder.post(
        f"/organisations/{slug}/introduce", data={"asker": asker, "purpose": "capital", "words": WORDS, "act": "ask"}
    )
    path = sent.headers["location"]
    assert ">1<" in (await partner.get("/introductions/count")).text
    assert (await partner.post(f"{path}/accept")).headers["location"] == path
    assert (await founder.post(f"{path}/messages", data={"nonce": "abcdefgh1", "body": "Xin chào"})).status_code == 303
    assert ">1<" in (await partner.get("/introductions/count")).text
    assert "Xin chào" in (await partner.get(path)).text
    assert ">1<" not in (await partner.get("/introductions/count")).text
    stated = await partner.post(f"{path}/outcome", data={"kind": "pilot", "happened_on": "2026-11-20"})
    assert stated.status_code == 303
    outcome = await database.fetchval("SELECT id FROM outcome")
    assert (await founder.post(f"/outcomes/{outcome}/confirm")).status_code == 303
    assert await database.fetchval("SELECT state FROM introduction") == "outcome"


async def test_an_own_side_answers_once(make_client: MakeClient, pair: Pair) -> None:
    """Two who ask for the same get the same answer, the second with one press."""
    second = await make_pair("Lúa Hai", "Quỹ Hai")
    await make.member(second.partner, pair.startup, "viewer")
    for one, asker in ((pair, pair.partner), (second, second.partner)):
        seen = await pair.seen(pair.founder, pair.startup)
        introduction = await asking.ask(pair.founder, seen, one.fund, WISH) if one is pair else None
        if introduction is None:
            await database.execute(
                "DELETE FROM membership WHERE person = $1 AND organisation = $2", asker.id, pair.startup
            )
            introduction = await asking.ask(pair.founder, seen, second.fund, WISH)
        await one.accepts(introduction)
        await information.ask(asker, await pair.held(asker, introduction), "financials", "")
    path = f"/organisations/{await make.slug_of(pair.startup)}/introductions"
    client = make_client(pair.founder)
    questions = [row["id"] for row in await information.asked_of(pair.startup)]
    answer = await client.post(f"{path}/questions/{questions[0]}", data={"words": "Doanh thu 2 tỷ"})
    assert answer.status_code == 303
    [kept] = [row["kept"] for row in await information.asked_of(pair.startup) if row["id"] == questions[1]]
    assert (await client.post(f"{path}/questions/{questions[1]}", data={"kept": str(kept)})).status_code == 303
    assert await database.fetchval("SELECT count(*) FROM information_answer") == 1
    assert await database.fetchval("SELECT count(*) FROM introduction_message WHERE body = 'Doanh thu 2 tỷ'") == 2
    page = await client.get(path)
    assert (page.status_code, page.text.count("Doanh thu 2 tỷ")) == (200, 2)


async def test_who_withdraws_a_request_is_told_so_in_its_words(make_client: MakeClient, pair: Pair) -> None:
    introduction, client = await pair.asks(), make_client(pair.founder)
    answer = await client.post(f"/introductions/{introduction}/withdraw")
    page = await client.get(answer.headers["location"])
    assert (answer.status_code, "Đã rút lại lời ngỏ." in page.text, "Đã hoàn lại." in page.text) == (303, True, False)


async def test_a_block_is_silent_and_can_be_taken_back(make_client: MakeClient, pair: Pair) -> None:
    introduction = await pair.asks()
    await blocking.block(pair.partner, await pair.held(pair.partner, introduction))
    assert await state_of(introduction) == "blocked"
    seen = await make_client(msgspec.structs.replace(pair.founder, locale="en")).get(f"/introductions/{introduction}")
    assert "Waits for an answer" in seen.text
    await database.execute("UPDATE introduction SET expires_at = now() - interval '1 hour'")
    seen = await make_client(msgspec.structs.replace(pair.founder, locale="en")).get(f"/introductions/{introduction}")
    assert "No answer came" in seen.text
    own = f"/organisations/{await make.slug_of(pair.fund)}/introductions"
    assert "Lúa Thử" in (await make_client(pair.partner).get(own)).text
    other = await make.slug_of(pair.startup)
    assert (await make_client(pair.partner).post(f"{own}/unblock/{other}")).status_code == 303
    assert await blocking.blocked_by(pair.fund) == []


async def test_a_name_of_two_hundred_letters_breaks_nothing(make_client: MakeClient, pair: Pair) -> None:
    await make.change(pair.fund, name="Quỹ Đầu tư Nghiên cứu và Phát triển Nguyễn Thị Ngọc Đường " * 3)
    path = await full(pair)
    assert (await make_client(pair.founder).get(path)).status_code == 200


async def test_coordinators_bring_two_together(make_client: MakeClient, pair: Pair) -> None:
    staff = await make_person(roles=("organizer",))
    client = make_client(staff)
    names = {"one": "lúa thử", "other": await make.slug_of(pair.fund)}
    sent = await client.post("/introductions/propose", data={**names, "purpose": "pilot", "words": WORDS})
    assert sent.status_code == 303, sent.text
    path = sent.headers["location"]
    assert (await client.get(path)).status_code == 200
    for who in (pair.founder, pair.partner):
        assert (await make_client(who).post(f"{path}/accept")).status_code == 303
    assert await database.fetchval("SELECT state FROM introduction") == "accepted"
    wrong = await client.post("/introductions/propose", data={"one": "không có", "other": "x", "words": WORDS})
    assert (wrong.status_code, "không có" in wrong.text) == (422, True)
