"""The register of requests: legal dates, who may do what, every step kept and told, erasures that had to wait."""

import io
import json
import zipfile
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.worker  # noqa: F401  every subject's part in it
from app.core import clock
from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound
from app.people.rights import due, jobs, register, requests
from app.people.rights.requests import Wish
from app.people.two_step import ConfirmFirst
from tests.conftest import MakeClient
from tests.event_factories import make_event, make_registration
from tests.factories import make_person
from tests.people.steps import mails

PAPER: dict[str, Any] = {"kind": "access", "channel": "paper", "name": "Lê Văn Giấy", "said": "Xin bản sao."}


# --- dates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "respond"),
    [
        ("2026-11-23", "2026-11-25"),  # Monday
        ("2026-11-26", "2026-11-30"),  # Thursday: Friday and Monday
        ("2026-11-27", "2026-12-01"),  # Friday
        ("2026-11-28", "2026-12-01"),  # Saturday
        ("2026-04-29", "2026-05-05"),  # 30 April and 1 May, then a weekend
        ("2026-12-31", "2027-01-05"),  # New Year and a weekend
    ],
)
def test_two_working_days_to_respond(received: str, respond: str) -> None:
    assert due.respond_by(date.fromisoformat(received)) == date.fromisoformat(respond)


@pytest.mark.parametrize(
    ("kind", "others", "extended", "days"),
    [
        ("access", False, False, 10),
        ("correction", False, True, 20),
        ("deletion", False, False, 20),
        ("withdrawal", False, False, 15),
        ("withdrawal", True, False, 20),
        ("objection", True, True, 35),
    ],
)
def test_the_laws_days_to_act(kind: str, others: bool, extended: bool, days: int) -> None:
    day = date(2026, 11, 22)
    assert due.act_by(kind, day, others_involved=others, extended=extended) == day + timedelta(days=days)


@given(st.dates(date(2026, 1, 1), date(2035, 12, 31)))
def test_the_day_to_respond_is_a_working_day_and_the_second_one(received: date) -> None:
    day = due.respond_by(received)
    between = [received + timedelta(days=n) for n in range(1, (day - received).days + 1)]
    assert due.is_working_day(day)
    assert sum(due.is_working_day(each) for each in between) == 2


# --- one's own ----------------------------------------------------------------------------------------------------


async def test_a_request_is_registered_with_its_dates_and_a_receipt(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    actor = await make_person("Nguyễn Thị Hỏi")
    client = make_client(actor)
    said = "Tên đơn vị của tôi đã cũ.\nXin sửa."
    answer = await client.post("/account/data/requests", data={"kind": "correction", "said": said})
    assert answer.status_code == 303
    (row,) = await register.own_requests(actor)
    today = clock.now().astimezone(clock.VIETNAM).date()
    assert (row["kind"], row["said"], row["state"], row["open"]) == ("correction", said, "received", True)
    assert (row["respond_by"], row["act_by"]) == (due.respond_by(today), today + timedelta(days=10))
    (mail,) = await mails()
    assert (mail["to_address"], str(row["number"]) in mail["subject"]) == (actor.email, True)
    page = (await client.get("/account/data")).text
    assert "Xin sửa." in page
    answer = await client.post(f"/account/data/requests/{row['id']}/take-back", data={})
    assert answer.status_code == 303
    assert [r["state"] for r in await register.own_requests(actor)] == ["taken_back"]
    again = await client.post(f"/account/data/requests/{row['id']}/take-back", data={})
    assert again.status_code == 303


async def test_what_cannot_be_taken_is_shown_again(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client(await make_person())
    answer = await client.post("/account/data/requests", data={"kind": "nonsense", "said": "Giữ lại chữ tôi gõ"})
    assert (answer.status_code, "Giữ lại chữ tôi gõ" in answer.text) == (422, True)
    answer = await client.post("/account/data/requests", data={"kind": "access", "said": ""})
    assert answer.status_code == 422
    assert await database.fetchval("SELECT count(*) FROM rights_request") == 0


async def test_nobody_takes_back_anothers_request(db: asyncpg.Connection) -> None:
    number = await requests.ask(await make_person(), "access", "x")
    with pytest.raises(NotFound):
        await requests.take_back(await make_person(), number)


async def test_ten_requests_a_day_are_enough(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client(await make_person())
    statuses = [
        (await client.post("/account/data/requests", data={"kind": "access", "said": f"lần {n}"})).status_code
        for n in range(11)
    ]
    assert statuses == [303] * 10 + [429]


# --- staff --------------------------------------------------------------------------------------------------------


async def test_a_request_on_paper_counts_from_its_day_and_finds_the_account(db: asyncpg.Connection) -> None:
    admin, person = await make_person(roles=("admin",)), await make_person(email="giay@test.example")
    number = await requests.register(
        admin,
        Wish(
            **{**PAPER, "kind": "withdrawal"},
            email="GIAY@test.example",
            received_on=date(2026, 11, 2),
            others_involved=True,
        ),
    )
    row = await register.request_for(admin, number)
    assert (row["person"], row["registered_by"], row["channel"]) == (person.id, admin.id, "paper")
    assert (row["respond_by"], row["act_by"]) == (date(2026, 11, 4), date(2026, 11, 22))
    assert [mail["to_address"] for mail in await mails()] == [person.email]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"name": " "}, "name"), ({"said": ""}, "said"), ({"received_on": date(2199, 1, 1)}, "received_on")],
)
async def test_a_request_on_paper_needs_a_name_words_and_a_day_that_was(
    db: asyncpg.Connection, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await requests.register(await make_person(roles=("admin",)), Wish(**{**PAPER, **changes}))
    assert list(caught.value.fields) == [field]


async def test_only_admins_who_have_just_typed_their_password_work_on_it(db: asyncpg.Connection) -> None:
    import msgspec

    number = await requests.ask(await make_person(), "access", "x")
    organizer = await make_person(roles=("organizer",))
    long_ago = msgspec.structs.replace(await make_person(roles=("admin",)), confirmed_recently=False)
    for actor, error in ((organizer, NotAllowed), (long_ago, ConfirmFirst)):
        with pytest.raises(error):
            await requests.respond(actor, number, "x")
        with pytest.raises(error):
            await requests.carry_out(actor, number, "x")
        with pytest.raises(error):
            await requests.register(actor, Wish(**PAPER))
    for reading in (register.requests_for(organizer), register.request_for(organizer, number)):
        with pytest.raises(NotFound):
            await reading


async def test_every_step_is_kept_and_told(db: asyncpg.Connection, make_client: MakeClient) -> None:
    admin = await make_person("Cán bộ", roles=("admin",))
    person = await make_person(locale="en")
    number = await requests.ask(person, "access", "Everything, please.")
    client = make_client(admin)
    before = (await register.request_for(admin, number))["act_by"]
    for act in ("answered", "extended", "done"):
        answer = await client.post(f"/staff/requests/{number}", data={"act": act, "answer": f"Word about {act}."})
        assert answer.status_code == 303, answer.text
    row = await register.request_for(admin, number)
    assert (row["state"], row["answer"], row["decider"]) == ("done", "Word about done.", "Cán bộ")
    assert row["act_by"] == before + timedelta(days=10)
    assert [(s["act"], s["note"]) for s in await register.steps_of(number)] == [
        ("received", ""),
        ("answered", "Word about answered."),
        ("extended", "Word about extended."),
        ("done", "Word about done."),
    ]
    texts = [mail["text"] for mail in await mails()]
    assert [f"Word about {act}." in texts[n] for n, act in enumerate(("answered", "extended", "done"), 1)] == [True] * 3
    again = await client.post(f"/staff/requests/{number}", data={"act": "refused", "answer": "x"})
    assert again.status_code == 409


async def test_the_time_is_extended_once_and_an_answer_has_words(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    admin = await make_person(roles=("admin",))
    number = await requests.ask(await make_person(), "objection", "x")
    await requests.extend(admin, number, "Cần hỏi bên xử lý.")
    with pytest.raises(requests.ExtendedAlready):
        await requests.extend(admin, number, "lại nữa")
    answer = await make_client(admin).post(f"/staff/requests/{number}", data={"act": "refused", "answer": "  "})
    assert answer.status_code == 422
    assert (await register.request_for(admin, number))["state"] == "received"


async def test_overdue_ones_stand_on_top_and_are_counted(db: asyncpg.Connection, make_client: MakeClient) -> None:
    admin = await make_person(roles=("admin",))
    fresh = await requests.ask(await make_person("Người mới"), "access", "x")
    late = await requests.register(admin, Wish(**PAPER, received_on=date(2026, 1, 5)))
    done = await requests.ask(await make_person("Người xong"), "access", "x")
    await requests.finish(admin, done, "Đã gửi.")
    rows = await register.requests_for(admin)
    assert [(row["id"], row["overdue"]) for row in rows] == [(late, True), (fresh, False)]
    assert [row["id"] for row in await register.requests_for(admin, closed=True)] == [done]
    found = await register.waiting()
    assert (found.open, found.overdue) == (2, 1)
    page = (await make_client(admin).get("/staff/requests")).text
    assert page.index("Lê Văn Giấy") < page.index("Người mới")
    assert "1 yêu cầu đã quá hạn" in page
    assert [queue.waiting for queue in await register.queues(admin)] == [2]
    assert await register.queues(await make_person(roles=("moderator",))) == []


async def test_the_register_costs_the_same_for_one_and_three(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client(await make_person(roles=("admin",)))
    counts = []
    for number in (1, 3):
        while await database.fetchval("SELECT count(*) FROM rights_request") < number:
            await requests.ask(await make_person(), "access", "x")
        with database.count_queries() as queries:
            page = (await client.get("/staff/requests")).text
        counts.append((len(queries), page.count('href="/staff/requests/')))
    assert counts == [(2, 1), (2, 3)]


async def test_staff_write_down_a_request_on_the_page(db: asyncpg.Connection, make_client: MakeClient) -> None:
    client = make_client(await make_person(roles=("admin",)))
    answer = await client.post("/staff/requests", data={**PAPER, "received_on": "2026-11-20", "email": ""})
    assert answer.status_code == 303, answer.text
    page = await client.get(answer.headers["location"])
    assert (page.status_code, "Lê Văn Giấy" in page.text) == (200, True)
    wrong = await client.post("/staff/requests", data={**PAPER, "channel": "pigeon"})
    assert (wrong.status_code, "Lê Văn Giấy" in wrong.text) == (422, True)
    assert (await client.get(f"/staff/requests/{uuid4()}")).status_code == 404


# --- erasures -----------------------------------------------------------------------------------------------------


async def test_what_stands_in_the_way_is_told_and_the_confirmed_request_waits(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    """Delete while one's own event is running: registered with its date, done by itself when the event is over."""
    owner = await make_person("Chủ sự kiện bận rộn", roles=("organizer",))
    world = await make_event(owner=owner)
    client = make_client(owner)
    page = (await client.get("/account/data/erase")).text
    assert f"/events/{world.slug}/setup" in page
    for _twice in range(2):
        answer = await client.post("/account/data/erase", data={"word": "XÓA"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/data#requests")
    (row,) = await register.own_requests(owner)
    assert (row["kind"], row["confirmed_at"] is not None) == ("deletion", True)
    await jobs.erase_confirmed()
    assert await database.fetchval("SELECT erased_at FROM person WHERE id = $1", owner.id) is None
    await database.execute("UPDATE event SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 day'")
    await jobs.erase_confirmed()
    assert await database.fetchval("SELECT erased_at FROM person WHERE id = $1", owner.id) is not None
    assert await database.fetchval("SELECT state FROM rights_request") == "done"
    await jobs.erase_confirmed()
    assert await database.fetchval("SELECT count(*) FROM erasure") == 1


async def test_a_request_taken_back_is_not_carried_out(db: asyncpg.Connection) -> None:
    person = await make_person()
    number = await requests.ask(person, "deletion", "", confirmed=True)
    await requests.take_back(person, number)
    await jobs.erase_confirmed()
    assert await database.fetchval("SELECT erased_at FROM person WHERE id = $1", person.id) is None


@pytest.mark.parametrize("word", ["", "xoa", "yes", "ERASE ME"])
async def test_the_word_has_to_be_typed(db: asyncpg.Connection, make_client: MakeClient, word: str) -> None:
    person = await make_person()
    answer = await make_client(person).post("/account/data/erase", data={"word": word})
    assert answer.status_code == 422
    assert await database.fetchval("SELECT erased_at FROM person WHERE id = $1", person.id) is None


async def test_the_password_has_to_be_fresh(db: asyncpg.Connection, make_client: MakeClient) -> None:
    import msgspec

    person = msgspec.structs.replace(await make_person(), confirmed_recently=False)
    client = make_client(person)
    for path in ("/account/data/erase", "/account/data/export"):
        answer = await client.post(path, data={"word": "XÓA"})
        assert answer.headers["location"] == f"/account/confirm?next={path}"
    assert await database.fetchval("SELECT erased_at FROM person WHERE id = $1", person.id) is None


async def test_the_last_administrator_stays(db: asyncpg.Connection, make_client: MakeClient) -> None:
    admin = await make_person(roles=("admin",))
    answer = await make_client(admin).post("/account/data/erase", data={"word": "erase"})
    assert answer.status_code == 409
    assert await database.fetchval("SELECT ended_at FROM person WHERE id = $1", admin.id) is None


async def test_staff_carry_out_an_erasure_of_an_ended_account(db: asyncpg.Connection, make_client: MakeClient) -> None:
    """Whoever ended the account cannot sign in to erase it: the name that stayed goes by request."""
    admin, person = await make_person(roles=("admin",)), await make_person("Người đã đi", email="di@test.example")
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", person.id)
    wish = Wish(**{**PAPER, "kind": "deletion"}, email="di@test.example")
    number = await requests.register(admin, wish)
    client = make_client(admin)
    blank = await client.post(f"/staff/requests/{number}/erase", data={"identity": ""})
    assert blank.status_code == 422
    answer = await client.post(f"/staff/requests/{number}/erase", data={"identity": "Căn cước tại văn phòng"})
    assert answer.status_code == 303, answer.text
    assert await database.fetchval("SELECT name FROM person WHERE id = $1", person.id) == ""
    page = (await client.get(f"/staff/requests/{number}")).text
    assert ("Căn cước tại văn phòng" in page, "Lê Văn Giấy" in page) == (True, False)
    again = await client.post(f"/staff/requests/{number}/erase", data={"identity": "x"})
    assert again.status_code == 409


async def test_other_kinds_of_requests_erase_nobody(db: asyncpg.Connection) -> None:
    admin, person = await make_person(roles=("admin",)), await make_person()
    number = await requests.ask(person, "access", "x")
    with pytest.raises(NotFound):
        await requests.carry_out(admin, number, "đã xem")
    assert await database.fetchval("SELECT erased_at FROM person WHERE id = $1", person.id) is None


async def test_a_copy_is_handed_over_to_somebody_without_an_account(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    """The usual visitor: registered once, no account; asks on paper what is kept."""
    admin = await make_person(roles=("admin",))
    world = await make_event()
    await make_registration(world, full_name="Khách giấy", email="khach.giay@test.example")
    number = await requests.register(admin, Wish(**PAPER, email="Khach.Giay@test.example"))
    client = make_client(admin)
    blank = await client.post(f"/staff/requests/{number}/copy", data={"identity": ""})
    assert blank.status_code == 422
    answer = await client.post(f"/staff/requests/{number}/copy", data={"identity": "Căn cước tại văn phòng"})
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    (registration,) = json.loads(archive.read("events/registrations.json"))
    assert registration["full_name"] == "Khách giấy"
    assert [step["act"] for step in await register.steps_of(number)] == ["received", "copied"]
    assert await database.fetchval("SELECT count(*) FROM data_export") == 0
    await requests.finish(admin, number, "Đã giao.")
    assert (await client.post(f"/staff/requests/{number}/copy", data={"identity": "x"})).status_code == 409
    other = await requests.register(admin, Wish(**{**PAPER, "kind": "objection"}, email="khach.giay@test.example"))
    assert (await client.post(f"/staff/requests/{other}/copy", data={"identity": "x"})).status_code == 404


async def test_a_long_answer_is_not_lost_when_the_password_is_no_longer_fresh(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    import msgspec

    admin = msgspec.structs.replace(await make_person(roles=("admin",)), confirmed_recently=False)
    number = await requests.ask(await make_person(), "access", "x")
    client = make_client(admin)
    typed = "Câu trả lời dài mà không ai muốn gõ lại."
    for path, data in (
        (f"/staff/requests/{number}", {"act": "done", "answer": typed}),
        (f"/staff/requests/{number}/copy", {"identity": typed}),
        ("/staff/requests", {**PAPER, "said": typed}),
    ):
        answer = await client.post(path, data=data)
        assert (answer.status_code, typed in answer.text, "/account/confirm" in answer.text) == (403, True, True), path
    assert [row["state"] for row in await register.requests_for(admin)] == ["received"]
