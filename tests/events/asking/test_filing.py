"""Answers that are files: sent from the ticket's page, seen by organizers alone, gone with the guest."""

from typing import Any

import asyncpg
import pikepdf
import pytest

from app.core import db as database
from app.core.ids import new_id
from app.core.web import NOBODY
from app.directory.persons.profile import edit_profile
from app.people.rights.subject import Subject
from events import changing, rights
from events.asking import building
from events.asking.building import QuestionForm
from events.registration import Registered
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration
from tests.factories import make_person
from tests.files.conftest import paper, picture

PROOF = {"file": ("Giấy phép kinh doanh.pdf", paper(), "application/pdf")}


async def asking(world: World, **more: Any) -> None:
    form = QuestionForm(kind="file", vi="Giấy phép", en="Licence", required=True, **more)
    await building.add_question(world.owner, world.event, form)
    await building.publish(world.owner, world.event)


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    made = await make_event()
    await asking(made)
    return made


async def given(guest: Registered) -> dict[str, Any]:
    answers = await database.fetchval("SELECT answers FROM registration WHERE id = $1", guest.id)
    found: dict[str, Any] = answers.get("licence", {})
    return found


async def address(guest: Registered) -> str:
    answer = await given(guest)
    return f"/files/{answer['file']}/{answer['variant']}"


async def test_a_guest_without_an_account_sends_a_file_and_organizers_alone_open_it(
    world: World, make_client: MakeClient
) -> None:
    guest = await make_registration(world, answers={"licence": "made up"})
    assert await given(guest) == {}
    client = make_client(NOBODY)
    ticket = f"/tickets/{guest.secret}"
    assert "Giấy phép" in (await client.get(ticket)).text
    assert (await client.post(f"{ticket}/answers/licence", files=PROOF)).status_code == 303
    assert "đang chờ tệp" not in (await client.get(ticket)).text
    assert "Giấy phép kinh doanh.pdf" in (await client.get(f"{ticket}/answers")).text
    here = await address(guest)
    shown = await make_client(world.owner).get(f"/events/{world.slug}/guests/{guest.id}")
    assert here in shown.text
    desk = await make_person()
    await database.execute(
        "INSERT INTO event_staff (id, event, person, role) VALUES ($1, $2, $3, 'desk')", new_id(), world.event, desk.id
    )
    other = (await make_event()).owner
    opened = [(await make_client(who).get(here)).status_code for who in (NOBODY, desk, other, world.owner)]
    assert opened == [404, 404, 404, 200]


async def test_another_file_takes_the_first_ones_place_and_removing_leaves_nothing(
    world: World, make_client: MakeClient
) -> None:
    guest = await make_registration(world)
    client, path = make_client(NOBODY), f"/tickets/{guest.secret}/answers/licence"
    await client.post(path, files=PROOF)
    await client.post(path, files={"file": ("anh.png", picture(), "image/png")})
    first, second = await database.fetch("SELECT erased_at, owner_id FROM stored_file ORDER BY id")
    assert (first["erased_at"] is not None, second["erased_at"], second["owner_id"]) == (True, None, guest.id)
    assert (await given(guest))["name"] == "anh.webp"
    await client.post(f"/tickets/{guest.secret}/answers", data={})
    assert (await given(guest))["name"] == "anh.webp"
    for _twice in range(2):
        assert (await client.post(path, data={"act": "remove"}, files={"file": ("", b"")})).status_code == 303
    assert await given(guest) == {}
    assert await database.fetchval("SELECT count(*) FROM stored_file WHERE erased_at IS NULL") == 0


def with_an_action() -> bytes:
    return paper(change=lambda pdf: pdf.Root.__setitem__("/OpenAction", pdf.make_indirect(pikepdf.Dictionary())))


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (("a.pdf", b"MZ this is a program", "application/pdf"), 422),
        (("a.pdf", with_an_action(), "x"), 303),
        (None, 422),
    ],
    ids=["program", "paper with an action", "nothing"],
)
async def test_what_is_no_paper_is_refused_beside_the_field(
    file: Any, said: int, world: World, make_client: MakeClient
) -> None:
    guest = await make_registration(world)
    client, path = make_client(NOBODY), f"/tickets/{guest.secret}/answers/licence"
    answer = await client.post(path, files={"file": file} if file else {"none": ("", b"")})
    assert answer.status_code == said
    assert bool(await given(guest)) is (said == 303)


async def test_only_what_is_asked_of_this_ticket_and_only_while_it_stands(db: Any, make_client: MakeClient) -> None:
    world = await make_event()
    await asking(world, types=["other"])
    guest = await make_registration(world)
    client = make_client(NOBODY)
    assert (await client.post(f"/tickets/{guest.secret}/answers/licence", files=PROOF)).status_code == 404
    assert "đang chờ tệp" not in (await client.get(f"/tickets/{guest.secret}")).text
    world = await make_event()
    await asking(world)
    guest = await make_registration(world)
    await database.execute("UPDATE registration SET status = 'cancelled' WHERE id = $1", guest.id)
    assert (await client.post(f"/tickets/{guest.secret}/answers/licence", files=PROOF)).status_code == 409


async def test_files_go_over_when_two_are_one_stay_behind_when_passed_on_and_go_with_the_person(
    world: World, make_client: MakeClient
) -> None:
    person = await make_person()
    one, two = await make_registration(world, person, email=person.email), await make_registration(world)
    await make_client(NOBODY).post(f"/tickets/{two.secret}/answers/licence", files=PROOF)
    await changing.merge(world.owner, world.event, one.id, two.id)
    assert (await make_client(world.owner).get(await address(one))).status_code == 200
    here = await address(one)
    async with database.tx():
        await rights.empty_registrations(Subject(person=person.id, key=person.email))
    assert (await make_client(world.owner).get(here)).status_code == 404
    assert await database.fetchval("SELECT count(*) FROM stored_file WHERE erased_at IS NULL") == 0


async def test_answers_go_into_the_own_profile_when_the_guest_says_so(db: Any, make_client: MakeClient) -> None:
    world = await make_event()
    for kind in ("province", "country"):
        await building.add_question(world.owner, world.event, QuestionForm(kind=kind, vi=kind))
    await building.publish(world.owner, world.event)
    person, other = await make_person(), await make_person()
    for one in (person, other):
        await edit_profile(one, {"province_code": "01", "country": "VN"})
    given = {"province": "48", "country": "VN"}
    guest = await make_registration(world, person, email=person.email, answers=given)
    stranger = await make_registration(world, answers=given)
    path = f"/tickets/{guest.secret}/answers"
    pages = [(await make_client(who).get(path)).text for who in (person, other, NOBODY)]
    assert ["Đưa vào hồ sơ" in text for text in pages] == [True, False, False]
    assert (await make_client(other).post(f"{path}-to-profile")).status_code == 404
    assert (await make_client(person).post(f"/tickets/{stranger.secret}/answers-to-profile")).status_code == 404
    mine = make_client(person)
    changed = await mine.post(path, data={"q-province": "79", "q-country": "VN"})
    assert changed.headers["location"] == path
    for _twice in range(2):
        await mine.post(f"{path}-to-profile")
    rows = await database.fetch("SELECT person, province_code FROM person_profile WHERE province_code <> '01'")
    assert [tuple(row) for row in rows] == [(person.id, "79")]
    assert "Đưa vào hồ sơ" not in (await mine.get(path)).text
