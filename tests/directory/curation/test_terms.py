"""Vocabularies that staff look after: suggested, mapped, added, renamed, retired; old links and words still work."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.web import Actor
from app.directory import profiles
from app.directory.curation import mapping, terms
from app.directory.vocabulary import MENTOR_EXPERTISE, NEEDS, SECTORS, TECHNOLOGIES, overlay
from app.directory.vocabulary.terms import Change, Term, Vocabulary
from tests.conftest import MakeClient
from tests.directory.curation.conftest import mails_to
from tests.directory.make import organisation


@pytest.fixture(autouse=True)
def _as_in_the_code() -> Iterator[None]:
    yield
    overlay.forget()


async def follow() -> None:
    """Run what the worker runs after a change."""
    rows = await database.fetch("SELECT payload FROM outbox WHERE topic = 'curation.map_terms' ORDER BY id")
    for row in rows:
        await mapping.map_terms(row["payload"]["vocabulary"], row["payload"]["code"])


async def column(place: UUID, name: str) -> Any:
    return await database.fetchval(f"SELECT {name} FROM organisation WHERE id = $1", place)


# --- the vocabulary with changes laid over it -----------------------------------------------------------------


def laid_over(*changes: Change) -> Vocabulary:
    given = [Term("agri", "Nông nghiệp", "Farming"), Term("hard", "Phần cứng", "Hardware", ("iot",))]
    vocabulary = Vocabulary("x", given)
    vocabulary.lay_over(changes)
    return vocabulary


def test_a_synonym_is_understood_and_searched_by() -> None:
    found = laid_over(Change(act="synonym", code="agri", synonym="Trồng trọt"))

    assert found.resolve("trong trot") == "agri"
    assert "trong trot" in found.search_words(["agri"])


def test_an_added_term_stands_under_another_and_is_found_by_both() -> None:
    found = laid_over(Change(act="added", code="rice", vi="Lúa", en="Rice", parent="agri"))

    assert (found.codes, found.label("rice", "en"), found.family("agri")) == (
        ("agri", "hard", "rice"), "Rice", ["agri", "rice"],
    )  # fmt: skip
    assert found.search_words(["rice"]) == "lua rice nong nghiep farming"


def test_a_renamed_term_is_found_by_its_old_name() -> None:
    found = laid_over(Change(act="labelled", code="hard", vi="Thiết bị", en="Devices"))

    assert (found.label("hard", "vi"), found.resolve("phan cung"), found.resolve("devices")) == (
        "Thiết bị", "hard", "hard",
    )  # fmt: skip


def test_a_retired_term_leads_to_what_replaces_it_also_over_several_steps() -> None:
    found = laid_over(
        Change(act="added", code="rice", vi="Lúa", en="Rice"),
        Change(act="retired", code="rice", replacement="agri"),
        Change(act="retired", code="agri", replacement="hard"),
    )

    assert ("agri" in found, found.codes, found.current("rice")) == (False, ("hard",), "hard")
    assert [found.resolve(text) for text in ("rice", "Lúa", "farming", "agri")] == ["hard"] * 4
    assert found.label("agri", "vi") == "Nông nghiệp"
    assert [term.code for term in found.retired] == ["rice", "agri"]
    assert "phan cung" in found.search_words(["agri"])


def test_terms_that_replace_each_other_end_somewhere() -> None:
    found = laid_over(
        Change(act="retired", code="agri", replacement="hard"), Change(act="retired", code="hard", replacement="agri")
    )

    assert (found.codes, found.current("agri") in ("agri", "hard"), found.resolve("iot")) == ((), True, None)


def test_laying_over_nothing_gives_back_what_the_code_says() -> None:
    found = laid_over(Change(act="retired", code="agri", replacement="hard"))
    found.lay_over(())

    assert (found.codes, found.resolve("farming")) == (("agri", "hard"), "agri")


# --- suggestions ----------------------------------------------------------------------------------------------


async def test_a_suggested_word_waits_once_with_everybody_who_wants_it(
    moderator: Actor, lan: Actor, minh: Actor
) -> None:
    for actor, text in ((lan, "Trồng nấm"), (lan, "trồng  NẤM"), (minh, "trong nam")):
        await terms.suggest_term(actor, "sectors", text)

    waiting = await terms.suggestions_waiting()

    assert [(row["words"], row["times"], len(row["people"])) for row in waiting] == [("trong nam", 2, 2)]


async def test_a_word_that_is_there_is_named_and_not_suggested(lan: Actor) -> None:
    with pytest.raises(terms.TermIsThere) as there:
        await terms.suggest_term(lan, "sectors", "FINTECH")

    assert SECTORS.label("fin", "vi") in there.value.text("vi")
    for text in ("", "  ", "!!!", "x" * 81):
        with pytest.raises(Invalid):
            await terms.suggest_term(lan, "sectors", text)
    with pytest.raises(NotFound):
        await terms.suggest_term(lan, "kinds", "Ngân hàng")


async def test_a_mapped_word_becomes_a_synonym_and_finds_profiles(
    moderator: Actor, lan: Actor, make_client: MakeClient
) -> None:
    saved = await organisation(lan, "Alpha", sectors=["agri"])
    await terms.suggest_term(lan, "sectors", "Trồng nấm")

    await terms.map_suggestion(moderator, "sectors", "Trồng nấm", "agri")
    await follow()

    assert SECTORS.resolve("TRONG NAM") == "agri"
    assert "trong nam" in await column(saved.id, "search_text")
    assert await mails_to(lan.email) == ["Từ bạn đề xuất: “Trồng nấm”"]
    listed = await make_client().get("/directory?sector=tr%E1%BB%93ng+n%E1%BA%A5m")
    assert "Alpha" in listed.text
    with pytest.raises(terms.NothingWaits):
        await terms.map_suggestion(moderator, "sectors", "Trồng nấm", "agri")
    assert [row["code"] for row in await terms.suggestions_decided()] == ["agri"]


async def test_an_added_word_can_be_chosen_at_once(moderator: Actor, lan: Actor, make_client: MakeClient) -> None:
    await terms.suggest_term(lan, "sectors", "Nấm học")

    code = await terms.add_term(
        moderator, "sectors", terms.New(vi="Công nghệ nấm", en="Mushroom tech", parent="agri"), "Nấm học"
    )
    saved = await organisation(lan, "Nấm Việt", sectors=[code])

    assert (code, SECTORS.resolve("nam hoc"), SECTORS[code].parent) == ("mushroom_tech", code, "agri")
    assert "Công nghệ nấm" in (await make_client(lan).get(f"/organisations/{saved.slug}/edit")).text
    assert "Công nghệ nấm" in (await make_client().get(f"/directory?sector={code}")).text


async def test_a_refused_word_has_a_reason(moderator: Actor, minh: Actor) -> None:
    await terms.suggest_term(minh, "needs", "Tiền mặt ngay")
    with pytest.raises(Invalid):
        await terms.refuse_suggestion(moderator, "needs", "Tiền mặt ngay", " ")

    await terms.refuse_suggestion(moderator, "needs", "Tiền mặt ngay", "Đã có mục Vốn")

    text = await database.fetchval("SELECT text FROM mail WHERE to_address = $1", minh.email)
    assert "Đã có mục Vốn" in text
    assert await terms.suggestions_waiting() == []


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (terms.New(vi="", en="Mushrooms"), "vi"),
        (terms.New(vi="Nấm", en="Fintech"), "en"),
        (terms.New(vi="Nấm", en="Mushrooms", code="Nấm!"), "code"),
        (terms.New(vi="Nấm", en="Mushrooms", code="agri"), "code"),
        (terms.New(vi="Nấm", en="Mushrooms", parent="nowhere"), "parent"),
    ],
)
async def test_a_term_is_whole_and_new(moderator: Actor, new: terms.New, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await terms.add_term(moderator, "sectors", new)

    assert list(refused.value.fields) == [field]


# --- retiring and renaming ------------------------------------------------------------------------------------


async def test_profiles_of_a_retired_term_get_the_replacement_with_history_and_old_links_work(
    moderator: Actor, lan: Actor, make_client: MakeClient
) -> None:
    both = await organisation(lan, "Cả hai", sectors=["fin", "agri"])
    one = await organisation(lan, "Một", sectors=["agri"], needs=["capital"])
    await organisation(lan, "Quỹ", ("investor",))
    await database.execute("UPDATE organisation SET needs = '{capital}'")

    await terms.retire_term(moderator, "sectors", "agri", "fin")
    await follow()
    await follow()

    assert (await column(both.id, "sectors"), await column(one.id, "sectors")) == (["fin"], ["fin"])
    changes = await database.fetch("SELECT before, after FROM organisation_change WHERE act = 'mapped' ORDER BY id")
    assert [(row["before"], row["after"]) for row in changes] == [(["fin", "agri"], ["fin"]), (["agri"], ["fin"])]
    listed = (await make_client().get("/directory?sector=agri")).text
    assert "Một" in listed
    assert "Cả hai" in listed
    with pytest.raises(Invalid):
        await profiles.edit_organisation(lan, one.id, {"sectors": ["agri"]})
    assert await column(one.id, "version") == 1


async def test_a_retired_term_of_lists_and_persons_is_mapped_too(moderator: Actor, lan: Actor) -> None:
    saved = await organisation(lan, "Một", needs=["capital", "legal"])
    first, other = MENTOR_EXPERTISE.codes[:2]
    await database.execute("INSERT INTO expertise (id, person, code) VALUES (gen_random_uuid(), $1, $2)", lan.id, first)

    await terms.retire_term(moderator, "needs", "capital", "talent")
    await terms.retire_term(moderator, "expertise", first, other)
    await follow()

    codes = await database.fetch("SELECT code FROM need_offer WHERE organisation = $1 ORDER BY code", saved.id)
    assert [row["code"] for row in codes] == ["legal", "talent"]
    assert await column(saved.id, "needs") == ["talent", "legal"]
    assert await database.fetchval("SELECT code FROM expertise") == other


async def test_every_column_of_a_vocabulary_is_known() -> None:
    found = mapping.places_of(SECTORS)

    assert ("organisation", "sectors", True) in found
    assert ("mandate", "sectors", True) in found
    assert ("need_offer", "code", False) in mapping.places_of(NEEDS)
    assert ("expertise", "code", False) in mapping.places_of(MENTOR_EXPERTISE)


async def test_a_term_is_brought_back_renamed_and_loses_a_synonym(moderator: Actor, lan: Actor) -> None:
    await terms.retire_term(moderator, "sectors", "agri", "fin")
    assert "agri" not in SECTORS
    await terms.bring_back_term(moderator, "sectors", "agri")
    assert "agri" in SECTORS

    for name in ("Canh nông", "Nhà nông"):
        await terms.rename_term(moderator, "sectors", "agri", name, "Farm tech")
    assert (SECTORS.label("agri", "vi"), SECTORS.resolve("nong nghiep cong nghe cao")) == ("Nhà nông", "agri")

    await terms.suggest_term(lan, "sectors", "Trồng nấm")
    await terms.map_suggestion(moderator, "sectors", "Trồng nấm", "agri")
    await terms.drop_synonym(moderator, "sectors", "agri", "Trồng nấm")
    assert SECTORS.resolve("trong nam") is None


@pytest.mark.parametrize(("code", "replacement"), [("agri", "agri"), ("agri", "nowhere")])
async def test_a_term_is_replaced_by_one_that_stands(moderator: Actor, code: str, replacement: str) -> None:
    with pytest.raises(Invalid):
        await terms.retire_term(moderator, "sectors", code, replacement)


async def test_only_moderators_decide(lan: Actor) -> None:
    for act in (
        terms.map_suggestion(lan, "sectors", "x", "agri"),
        terms.add_term(lan, "sectors", terms.New(vi="x", en="x")),
        terms.refuse_suggestion(lan, "sectors", "x", "y"),
        terms.rename_term(lan, "sectors", "agri", "x", "y"),
        terms.retire_term(lan, "sectors", "agri", "fin"),
        terms.bring_back_term(lan, "sectors", "agri"),
        terms.drop_synonym(lan, "sectors", "agri", "x"),
    ):
        with pytest.raises(NotAllowed):
            await act


# --- every process --------------------------------------------------------------------------------------------


async def test_another_process_takes_it_over_and_forgets_what_it_worked_out(
    moderator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await terms.rename_term(moderator, "technologies", next(iter(TECHNOLOGIES)).code, "Tên mới", "New name")
    overlay.forget()
    forgotten: list[int] = []
    monkeypatch.setattr(overlay, "_listeners", [lambda: forgotten.append(1)])
    assert TECHNOLOGIES.resolve("ten moi") is None

    assert await overlay.refresh()
    assert not await overlay.refresh()

    assert TECHNOLOGIES.resolve("ten moi") is not None
    assert forgotten == [1]


async def test_the_watcher_looks_again_and_survives_a_database_that_is_away(
    moderator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "EVERY_SECONDS", 0.01)
    seen = asyncio.Event()
    answers = iter([False, OSError("away"), True])

    async def refresh() -> bool:
        answer = next(answers, None)
        if answer is None:
            seen.set()
        if isinstance(answer, OSError):
            raise answer
        return bool(answer)

    monkeypatch.setattr(overlay, "refresh", refresh)

    async with overlay.kept_fresh():
        await asyncio.wait_for(seen.wait(), 5)


async def test_pages_ask_nothing_for_the_terms(make_client: MakeClient, moderator: Actor) -> None:
    client = make_client(moderator)
    with database.count_queries() as before:
        await client.get("/staff/terms/sectors")
    await terms.rename_term(moderator, "sectors", "agri", "Canh nông", "Farm tech")
    with database.count_queries() as after:
        page = await client.get("/staff/terms/sectors")

    assert "Canh nông" in page.text
    assert len(before) == len(after) == 0


# --- pages ----------------------------------------------------------------------------------------------------


async def test_a_word_goes_from_the_form_through_the_queue_into_the_list(
    make_client: MakeClient, lan: Actor, moderator: Actor
) -> None:
    writer, staff = make_client(lan), make_client(moderator)
    assert (await writer.get("/terms/suggest?vocabulary=needs")).status_code == 200
    there = await writer.post("/terms/suggest", data={"vocabulary": "sectors", "text": "fintech"})
    assert (there.status_code, 'value="fintech"' in there.text) == (422, True)
    assert (await writer.post("/terms/suggest", data={"vocabulary": "x", "text": "y"})).status_code == 422
    await writer.post("/terms/suggest", data={"vocabulary": "sectors", "text": "Trồng nấm"})

    assert "Trồng nấm" in (await staff.get("/staff/terms")).text
    here = "/staff/terms/sectors/suggestions"
    wrong = await staff.post(here, data={"suggested": "Trồng nấm", "decision": "add", "vi": "Nấm", "en": ""})
    assert (wrong.status_code, 'value="Nấm"' in wrong.text) == (422, True)
    done = await staff.post(here, data={"suggested": "Trồng nấm", "decision": "add", "vi": "Nấm", "en": "Mushrooms"})
    assert done.status_code == 303

    assert "Mushrooms" in (await staff.get("/staff/terms/sectors")).text
    for act, more in (
        ("rename", {"vi": "Các loại nấm", "en": "All mushrooms"}),
        ("retire", {"replacement": "agri"}),
        ("bring_back", {}),
        ("drop_synonym", {"synonym": "Trồng nấm"}),
    ):
        answer = await staff.post("/staff/terms/sectors", data={"act": act, "code": "mushrooms", **more})
        assert answer.status_code == 303, act
    assert (await staff.post("/staff/terms/sectors", data={"act": "burn", "code": "agri"})).status_code == 422
    assert (await staff.post("/staff/terms/kinds", data={"act": "burn"})).status_code == 404
    assert (await staff.get("/staff/terms/kinds")).status_code == 404
