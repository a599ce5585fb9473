"""Forms as organizers build them and as people meet them: drafts, versions, conditions, pages, the API."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from events import registration
from events.asking import asked, building
from events.asking.building import QuestionForm
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, wish
from tests.factories import make_person

NEVER = UUID(int=0)
PERSON = {"full_name": "Nguyễn Thị Minh Khai", "email": "khai@test.example", "terms": "1", "ticket_type": "visitor"}


async def add(world: World, vi: str, kind: str = "line", **kw: Any) -> UUID:
    return await building.add_question(world.owner, world.event, QuestionForm(kind=kind, vi=vi, **kw))


async def codes(world: World) -> list[str]:
    return [question.code for _number, question in await building.drafted(world.event)]


async def answers_of(world: World) -> list[dict[str, Any]]:
    rows = await database.fetch(
        "SELECT answers FROM registration WHERE event = $1 ORDER BY registered_at, id", world.event
    )
    return [row["answers"] for row in rows]


async def test_a_question_is_drafted_published_and_then_asked(db: asyncpg.Connection) -> None:
    world = await make_event()
    await add(world, "Món ăn", "choice", options="Có thịt | With meat\nChay | Vegan\n\n", required=True)
    assert (await asked.schema_of(world.event)).number == 0
    await make_registration(world, answers={"anything": "kept"}, source="api")
    assert await building.publish(world.owner, world.event) == 1
    (question,) = (await asked.schema_of(world.event)).questions
    assert (question.code, [(o.code, o.vi, o.en) for o in question.options]) == (
        "mon-an",
        [("with-meat", "Có thịt", "With meat"), ("vegan", "Chay", "Vegan")],
    )
    with pytest.raises(Invalid):
        await make_registration(world)
    await make_registration(world, answers={"mon-an": "vegan", "anything": "dropped"})
    assert await answers_of(world) == [{"anything": "kept"}, {"mon-an": "vegan"}]


async def test_publishing_twice_without_a_change_is_refused(db: asyncpg.Connection) -> None:
    world = await make_event()
    number = await add(world, "Một")
    await building.publish(world.owner, world.event)
    with pytest.raises(building.NothingNew):
        await building.publish(world.owner, world.event)
    await building.end_question(world.event, number)
    assert await building.publish(world.owner, world.event) == 2
    assert [question.code for question in await asked.columns(world.event)] == ["mot"]


async def test_words_change_and_codes_stay(db: asyncpg.Connection) -> None:
    world = await make_event()
    number = await add(world, "Món", "choice", options="Thịt\nChay")
    form = QuestionForm(kind="choice", vi="Bạn ăn gì?", options="Thịt\nĂn chay\nHải sản")
    await building.change_question(world.owner, world.event, number, form)
    (question,) = [question for _number, question in await building.drafted(world.event)]
    assert (question.code, [option.code for option in question.options]) == ("mon", ["thit", "an-chay", "hai-san"])
    form.options = "Thịt bò\nĂn chay\nHải sản"
    await building.change_question(world.owner, world.event, number, form)
    (question,) = [question for _number, question in await building.drafted(world.event)]
    assert [option.code for option in question.options] == ["thit", "an-chay", "hai-san"]


async def test_the_kind_of_a_published_question_stays(db: asyncpg.Connection) -> None:
    world = await make_event()
    number = await add(world, "Tuổi", "number")
    await building.change_question(world.owner, world.event, number, QuestionForm(kind="line", vi="Tuổi"))
    await building.publish(world.owner, world.event)
    with pytest.raises(Invalid) as error:
        await building.change_question(world.owner, world.event, number, QuestionForm(kind="date", vi="Tuổi"))
    assert list(error.value.fields) == ["kind"]


async def test_a_condition_names_what_stands_before(db: asyncpg.Connection) -> None:
    world = await make_event()
    first = await add(world, "Ăn tối?", "yes_no")
    second = await add(world, "Món", if_question="an-toi", if_answers=["yes"])
    for wrong in ({"if_question": "later", "if_answers": ["yes"]}, {"if_question": "an-toi"}):
        with pytest.raises(Invalid):
            await add(world, "Nước", **wrong)  # type: ignore[arg-type]
    for attempt in (building.move_question(world.event, second, 0), building.end_question(world.event, first)):
        with pytest.raises(Invalid):
            await attempt
    with pytest.raises(Invalid):
        await building.change_question(world.owner, world.event, first, QuestionForm(kind="line", vi="Ăn tối?"))
    assert await codes(world) == ["an-toi", "mon"]


async def test_questions_are_moved(db: asyncpg.Connection) -> None:
    world = await make_event()
    numbers = [await add(world, word) for word in ("Một", "Hai", "Ba")]
    await building.move_question(world.event, numbers[2], 0)
    await building.move_question(world.event, numbers[0], 99)
    assert await codes(world) == ["ba", "hai", "mot"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "poem"}, "kind"),
        ({"kind": "choice", "options": "Một"}, "options"),
        ({"kind": "many", "options": "\n".join(f"Số {n}" for n in range(61))}, "options"),
        ({"kind": "number", "least": 5.0, "most": 1.0}, "most"),
        ({"vi": ""}, "vi"),
    ],
)
async def test_a_question_that_is_none_says_why(db: asyncpg.Connection, values: dict[str, Any], field: str) -> None:
    world = await make_event()
    with pytest.raises(Invalid) as error:
        await building.add_question(world.owner, world.event, QuestionForm(**{"kind": "line", "vi": "Câu", **values}))
    assert field in error.value.fields


async def test_questions_belong_to_their_event(db: asyncpg.Connection) -> None:
    here, there = await make_event(), await make_event()
    number = await add(here, "Một")
    for attempt in (
        building.change_question(there.owner, there.event, number, QuestionForm(kind="line", vi="Khác")),
        building.move_question(there.event, number, 0),
        building.end_question(there.event, number),
        building.publish(there.owner, NEVER),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await codes(here), await codes(there)) == (["mot"], [])


async def test_sixty_questions_are_the_most(db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "MOST_QUESTIONS", 1)
    world = await make_event()
    await add(world, "Một")
    with pytest.raises(Invalid):
        await add(world, "Hai")


# --- people meet it ----------------------------------------------------------------------------------------------


async def test_case_3_a_form_that_changes_keeps_answers_and_asks_only_what_is_new(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    world = await make_event()
    await add(world, "Chức vụ", required=True)
    await building.publish(world.owner, world.event)
    guest = make_client()
    opened = await guest.get(f"/events/{world.slug}/register")
    assert 'name="q-chuc-vu"' in opened.text
    await add(world, "Cỡ áo", "choice", options="S\nM", required=True)
    await building.publish(world.owner, world.event)
    sent = {**PERSON, "q-chuc-vu": "Giám đốc"}
    again = await guest.post(f"/events/{world.slug}/register", data=sent)
    assert again.status_code == 422
    assert 'value="Giám đốc"' in again.text
    assert 'href="#f-q-co-ao"' in again.text
    assert 'href="#f-q-chuc-vu"' not in again.text
    assert (await guest.post(f"/events/{world.slug}/register", data={**sent, "q-co-ao": "m"})).status_code == 303
    assert await answers_of(world) == [{"chuc-vu": "Giám đốc", "co-ao": "m"}]


async def test_all_that_is_wrong_is_shown_at_once(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    await add(world, "Tuổi", "number", required=True)
    await building.publish(world.owner, world.event)
    answer = await make_client().post(f"/events/{world.slug}/register", data={"q-tuoi": "mười", "full_name": "An"})
    assert answer.status_code == 422
    assert all(f'href="#f-{field}"' in answer.text for field in ("email", "q-tuoi"))


async def test_a_consent_is_never_ticked_beforehand(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    await add(world, "Chia sẻ với nhà tài trợ", "consent")
    await building.publish(world.owner, world.event)
    guest = await make_person(name="Khách quen")
    own = make_client(guest)
    shown = await own.get(f"/events/{world.slug}/register")
    box = shown.text.split('name="q-chia-se-voi-nha-tai-tro"')[1].split(">")[0]
    assert "checked" not in box
    form = {**PERSON, "email": guest.email, "q-chia-se-voi-nha-tai-tro": "yes"}
    await own.post(f"/events/{world.slug}/register", data=form)
    (answers,) = await answers_of(world)
    assert (answers["chia-se-voi-nha-tai-tro"]["given"], answers["chia-se-voi-nha-tai-tro"]["form"]) == (True, 1)
    other = await make_event(owner=world.owner)
    await add(other, "Chia sẻ với nhà tài trợ", "consent")
    await building.publish(other.owner, other.event)
    again = await own.get(f"/events/{other.slug}/register")
    assert "checked" not in again.text.split('name="q-chia-se-voi-nha-tai-tro"')[1].split(">")[0]


async def test_what_somebody_answered_before_is_filled_in(db: asyncpg.Connection, make_client: MakeClient) -> None:
    first, second = await make_event(), await make_event()
    for world in (first, second):
        await add(world, "Chức vụ")
        await building.publish(world.owner, world.event)
    guest = await make_person(name="Khách quen")
    await registration.register(guest, first.event, wish(email=guest.email, answers={"chuc-vu": "Giám đốc"}))
    assert 'value="Giám đốc"' in (await make_client(guest).get(f"/events/{second.slug}/register")).text
    assert 'value="Giám đốc"' not in (await make_client().get(f"/events/{second.slug}/register")).text


async def test_the_api_tells_the_form_and_refuses_by_question(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    await add(world, "Cỡ áo", "choice", options="S\nM", required=True, en="Shirt")
    await building.publish(world.owner, world.event)
    client = make_client()
    form = (await client.get(f"/api/v1/events/{world.slug}/form")).json()
    assert (form["version"], form["questions"][0]["code"], form["questions"][0]["options"][1]["code"]) == (
        1,
        "shirt",
        "m",
    )
    body = {
        "ticket_type": "visitor",
        "person": {"full_name": "An", "email": "an@test.example"},
        "answers": {"shirt": "XXL"},
    }
    refused = await client.post(f"/api/v1/events/{world.slug}/registrations", json=body)
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["q-shirt"])
    body["answers"] = {"shirt": "s"}
    taken = await client.post(f"/api/v1/events/{world.slug}/registrations", json=body)
    assert taken.status_code == 201


async def test_a_desk_registers_without_answers(db: asyncpg.Connection) -> None:
    world = await make_event()
    await add(world, "Chức vụ", required=True)
    await building.publish(world.owner, world.event)
    await make_registration(world, source="desk")
    assert await answers_of(world) == [{}]


async def test_a_guest_changes_answers_and_a_consent_keeps_its_moment(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    world = await make_event()
    await add(world, "Chức vụ", required=True)
    await add(world, "Nhận tin", "consent")
    await building.publish(world.owner, world.event)
    guest = await make_registration(world, answers={"chuc-vu": "Nhân viên", "nhan-tin": True})
    (before,) = await answers_of(world)
    address = f"/tickets/{guest.secret}/answers"
    client = make_client()
    assert 'value="Nhân viên"' in (await client.get(address)).text
    assert (await client.post(address, data={"q-chuc-vu": "Giám đốc", "q-nhan-tin": "yes"})).status_code == 303
    (after,) = await answers_of(world)
    assert (after["chuc-vu"], after["nhan-tin"]) == ("Giám đốc", before["nhan-tin"])
    refused = await client.post(address, data={"q-chuc-vu": " ", "q-nhan-tin": "yes"})
    assert refused.status_code == 422
    await client.post(address, data={"q-chuc-vu": "Giám đốc"})
    assert await answers_of(world) == [{"chuc-vu": "Giám đốc"}]
    await db.execute("UPDATE registration SET status = 'cancelled' WHERE id = $1", guest.id)
    assert (await client.post(address, data={"q-chuc-vu": "Khác"})).status_code == 422
    assert await answers_of(world) == [{"chuc-vu": "Giám đốc"}]


async def test_the_builder_page_adds_changes_moves_ends_and_publishes(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    world = await make_event(
        TypePlan(code="visitor", title_vi="Khách", title_en="Visitor", capacity=9),
        TypePlan(code="press", title_vi="Báo chí", title_en="Press", capacity=9),
    )
    client, base = make_client(world.owner), f"/events/{world.slug}/form"
    assert (await client.get(base)).status_code == 200
    refused = await client.post(f"{base}/questions", data={"kind": "choice", "vi": "Món ăn", "options": "Một"})
    assert (refused.status_code, 'value="Món ăn"' in refused.text) == (422, True)
    for vi in ("Một", "Hai"):
        await client.post(f"{base}/questions", data={"kind": "line", "vi": vi, "types": ["press"]})
    (one, _q), (two, _r) = await building.drafted(world.event)
    await client.post(f"{base}/questions/{two}", data={"kind": "line", "vi": "Hai rưỡi"})
    await client.post(f"{base}/questions/{two}/move", data={"to": "0"})
    await client.post(f"{base}/questions/{one}/end")
    assert [question.vi for _number, question in await building.drafted(world.event)] == ["Hai rưỡi"]
    assert (await client.get(f"{base}/preview?ticket=press")).status_code == 200
    assert (await client.post(f"{base}/publish")).status_code == 303
    assert (await client.post(f"{base}/publish")).status_code == 422


async def test_who_may(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    number = await add(world, "Một")
    desk, stranger = await make_person(name="Lễ tân"), await make_person(name="Người lạ")
    await database.execute(
        "INSERT INTO event_staff (id, event, person, role) VALUES ($1, $2, $3, 'desk')", new_id(), world.event, desk.id
    )
    base = f"/events/{world.slug}/form"
    for who in (desk, stranger):
        client = make_client(who)
        seen = {(await client.get(path)).status_code for path in (base, f"{base}/preview")}
        done = {
            (await client.post(f"{base}{path}", data={"kind": "line", "vi": "x", "to": "0"})).status_code
            for path in (
                "/questions",
                f"/questions/{number}",
                f"/questions/{number}/move",
                f"/questions/{number}/end",
                "/publish",
            )
        }
        assert (seen, done) == ({403}, {403})
    assert (await make_client().get(base)).status_code in (303, 401)
    assert await codes(world) == ["mot"]
