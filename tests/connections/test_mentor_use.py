"""How a mentor is suggested: why not, what counts, what is missing; switches, which act on every list at once."""

import asyncio
import re
from typing import Any, get_args
from uuid import UUID

import asyncpg
import pytest

from app.connections import lessons, mentor_signals, mentor_use, pairing, prior_markets
from app.connections import market as stored
from app.connections.mentor_signals import SIGNALS, Counts
from app.core import clock
from app.core import db as database
from app.core.errors import NotFound
from app.core.i18n import in_language
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.persons import conflicts, listing, mentors, profile, role
from app.people.rights.subject import erasers, exporters, subject_of
from matching.adjusted import Learned
from matching.pairings import WEIGHTS
from tests.connections import make
from tests.connections.test_pairing import agreed
from tests.directory.persons.make import mentor
from tests.factories import make_person

HERE = "/mentoring/use"


async def use(actor: Actor) -> mentor_use.Use:
    seen = await mentor_use.mentor_of(actor)
    assert seen is not None
    return await mentor_use.use_of(seen)


async def why_not(actor: Actor) -> list[str]:
    return [one.code for one in (await use(actor)).obstacles]


async def gaps(actor: Actor) -> list[str]:
    return [gap.code for gap in (await use(actor)).missing]


async def company(name: str = "Sổ tay bệnh viện", **values: Any) -> UUID:
    """A company whose lists somebody reads."""
    said = {"needs": ["pilot_customer"], "sectors": ["health"], "stage": "early", "country": "VN", **values}
    found = await make.startup(name, **said)
    await make.member(await make_person(f"Chủ {name}"), found)
    return found


async def reasons(startup: UUID) -> set[str]:
    """What speaks for the first mentor on a list."""
    [one, *_rest] = await pairing.paired(startup, "mentor", 10)
    return {reason.code for reason in one.found.contributions}


@pytest.fixture
async def seller(db: asyncpg.Connection) -> Actor:
    """A mentor of Hanoi who may be suggested: knows how to sell to hospitals, for early startups."""
    actor = await make_person("Bùi Lan")
    await mentor(actor, "sales", bio_vi="Mười năm bán phần mềm cho bệnh viện")
    await agreed(actor)
    return actor


@pytest.fixture
async def startup(db: asyncpg.Connection) -> UUID:
    return await company(province_code="01", summary_vi="Phần mềm cho bệnh viện")


# --- whether they are suggested -------------------------------------------------------------------------------------


async def full(actor: Actor) -> None:
    await profile.edit_profile(actor, {"mentees_most": 2, "mentees_now": 2})


async def taken_down(actor: Actor) -> None:
    await database.execute(
        "UPDATE person_profile SET hidden_at = now(), hidden_reason = 'x', listed_at = NULL WHERE person = $1", actor.id
    )


async def without_roles(actor: Actor) -> None:
    await profile.edit_profile(actor, {"roles": []})


async def conduct_not_accepted(actor: Actor) -> None:
    await database.execute(
        "UPDATE mentor_role SET conduct_accepted_at = NULL, conduct_version = '' WHERE person = $1", actor.id
    )


async def text_changed(actor: Actor) -> None:
    """They agreed to a text that no longer means what the one shown now does."""
    await database.execute(
        "INSERT INTO consent (person, purpose, text_version, given, at, channel)"
        " VALUES ($1, 'profile', '2020-01-01', true, now(), 'web')",
        actor.id,
    )


STATES = {
    "suggested": (None, []),
    "unlisted": (listing.unlist_profile, ["unlisted"]),
    "taken_down": (taken_down, ["taken_down"]),
    "agree_again": (text_changed, ["agree_again"]),
    "roles": (without_roles, ["roles"]),
    "conduct": (conduct_not_accepted, ["conduct"]),
    "consent": (lambda actor: agreed(actor, False), ["consent"]),
    "paused": (lambda actor: role.pause(actor, True), ["paused"]),
    "full": (full, ["full"]),
}


@pytest.mark.parametrize("state", STATES)
async def test_each_reason_is_named_exactly_when_the_list_leaves_them_out(seller: Actor, state: str) -> None:
    act, expected = STATES[state]
    if act:
        await act(seller)

    assert await why_not(seller) == expected

    there = [one.person for one in await mentors.mentors_for_engine()]
    assert (seller.person_id in there) is (expected == [])


async def test_several_reasons_are_named_together_each_with_its_way_out(seller: Actor, make_client: Any) -> None:
    for act in (lambda actor: role.pause(actor, True), full, lambda actor: agreed(actor, False)):
        await act(seller)

    page = (await make_client(seller).get(HERE)).text

    assert re.findall(r'data-obstacle="(\w+)"', page) == ["consent", "paused", "full"]
    for href in ("/account/data#suggestions", "/account/profile#mentoring", "/account/profile#f-mentees_most"):
        assert f'href="{href}"' in page
    assert "đang cố vấn 2, nhận tối đa 2" in page


async def test_one_free_place_is_enough_and_no_number_has_no_end(seller: Actor) -> None:
    await profile.edit_profile(seller, {"mentees_most": 2, "mentees_now": 1})
    assert await why_not(seller) == []
    await profile.edit_profile(seller, {"mentees_most": None, "mentees_now": 50})
    assert await why_not(seller) == []


@pytest.mark.parametrize("code", mentor_use.OBSTACLES)
def test_every_reason_is_told_in_both_languages(code: str) -> None:
    text, action, href = mentor_use.OBSTACLES[code]
    assert text.text("vi", now=1, most=2) != text.text("en", now=1, most=2)
    assert action.text("vi") != action.text("en")
    assert href.startswith("/account/")


# --- what counts ----------------------------------------------------------------------------------------------------


async def test_shares_are_of_all_that_moves_the_lists_and_sum_to_one(seller: Actor, startup: UUID) -> None:
    found = await use(seller)

    shares = {point.code: point.share for point in found.counting}
    assert list(shares)[:2] == ["sectors", "skills"]  # all sectors of the company, one of the two skills it needs
    assert set(shares) == {"skills", "sectors", "stage", "near", "words"}
    assert sum(shares.values()) == pytest.approx(1.0)
    [listed] = await pairing.paired(startup, "mentor", 10)
    parts = {reason.code: reason.contribution for reason in listed.found.contributions}
    assert shares == pytest.approx({code: part / sum(parts.values()) for code, part in parts.items()})
    assert (found.looked_at, found.stands_on) == (1, 1)


async def test_what_speaks_against_counts_too_and_companies_without_anything_for_them_do_not(seller: Actor) -> None:
    await company("Nông trại", sectors=["agri"], stage=None, needs=["talent"], country="SG")
    await company("Bệnh viện số", sectors=["agri"], stage=None, country="SG")

    found = await use(seller)

    assert (found.looked_at, found.stands_on) == (2, 1)
    weights = WEIGHTS["mentor"]
    known, other = weights["skills"] / 2, weights["sectors"] / 2  # one of two skills; a sector that is another one
    shares = {point.code: point.share for point in found.counting}
    assert (shares["skills"], shares["sectors"]) == pytest.approx((known / (known + other), other / (known + other)))


async def test_what_answers_have_taught_weighs_here_as_on_the_lists(seller: Actor, startup: UUID) -> None:
    before = {point.code: point.share for point in (await use(seller)).counting}
    await lessons.put_in_use("mentor", Learned({"skills": 0.0, "sectors": 2.0}), {})

    after = {point.code: point.share for point in (await use(seller)).counting}

    assert after["skills"] == 0.0
    left = 1 - before["skills"] + before["sectors"]
    assert after["sectors"] == pytest.approx(2 * before["sectors"] / left)
    assert sum(after.values()) == pytest.approx(1.0)


async def test_without_companies_what_is_compared_is_named_without_shares(seller: Actor, make_client: Any) -> None:
    found = await use(seller)
    assert (found.looked_at, found.stands_on) == (0, 0)
    assert {point.share for point in found.counting} == {0.0}
    page = (await make_client(seller).get(HERE)).text
    assert "Chưa có đơn vị nào để so sánh" in page
    assert "<progress" not in page
    await company("Xa lạ", sectors=[], stage=None, needs=[], country="SG")
    page = (await make_client(seller).get(HERE)).text
    assert "chưa đủ để bạn có mặt trong danh sách nào" in page


async def test_who_is_away_sees_what_would_count_and_who_has_not_agreed_is_not_weighed(
    seller: Actor, startup: UUID, make_client: Any
) -> None:
    before = (await use(seller)).counting
    await role.pause(seller, True)
    assert (await use(seller)).counting == before
    await agreed(seller, False)

    found = await use(seller)

    assert (found.counting, found.stands_on, found.looked_at) == ([], 0, 1)
    assert "hồ sơ của bạn không được đem ra tính" in (await make_client(seller).get(HERE)).text


async def test_own_companies_conflicts_and_companies_that_nobody_reads_are_left_out(seller: Actor) -> None:
    mine, rival = await company("Của mình"), await company("Đối thủ")
    await make.member(seller, mine)
    await conflicts.put_conflict(seller, rival, "competitor")
    await make.startup("Không ai đọc", needs=["pilot_customer"], sectors=["health"])
    await company("Đã ẩn", hidden_at=clock.now(), hidden_reason="x")
    await company("Bệnh viện số")

    assert (await use(seller)).looked_at == 1


async def test_who_put_a_mentor_away_cannot_be_read_off_the_page(seller: Actor, startup: UUID) -> None:
    before = await use(seller)
    await database.execute(
        "INSERT INTO pairing_choice (id, organisation, kind, candidate, reason)"
        " VALUES ($1, $2, 'mentor', $3, 'sector')",
        *(new_id(), startup, seller.id),
    )
    assert await pairing.paired(startup, "mentor", 10) == []

    assert await use(seller) == before


async def test_what_a_company_keeps_from_members_is_not_measured_with(seller: Actor, startup: UUID) -> None:
    await database.execute("UPDATE organisation SET tiers = '{\"need_offer\": 4}' WHERE id = $1", startup)

    shares = {point.code: point.share for point in (await use(seller)).counting}

    assert shares["skills"] == 0.0


# --- what is missing ------------------------------------------------------------------------------------------------


@pytest.fixture
async def blank(db: asyncpg.Connection) -> Actor:
    """A mentor who may be suggested and has said next to nothing."""
    actor = await make_person("Võ Kim")
    await mentor(actor, sectors=[], stages=[], country=None, province_code=None)
    await agreed(actor)
    return actor


async def test_what_is_missing_is_ordered_by_what_it_could_add(blank: Actor) -> None:
    for number in range(2):
        await company(f"Chỉ nói giai đoạn {number}", needs=[], sectors=[], country=None)
    await company("Nói ngành", needs=[], country=None, stage=None)
    await company("Nói cả nhu cầu", sectors=[], country=None, stage=None)

    found = (await use(blank)).missing

    shares = {gap.code: gap.share for gap in found}
    weights = WEIGHTS["mentor"]
    would = {"expertise": weights["skills"], "stages": 2 * weights["stage"], "sectors": weights["sectors"]}
    would |= {"checked": 4 * weights["checked"], "country": 0.0, "bio_vi": 0.0}
    assert shares == pytest.approx({code: value / sum(would.values()) for code, value in would.items()})
    assert [gap.code for gap in found][:4] == ["expertise", "stages", "sectors", "checked"]
    assert found[0].href == "/account/profile#expertise"


async def test_a_factor_that_was_learned_changes_the_order(blank: Actor, startup: UUID) -> None:
    assert (await gaps(blank))[:2] == ["expertise", "sectors"]

    await lessons.put_in_use("mentor", Learned({"skills": 0.1}), {})

    found = await gaps(blank)
    assert found.index("expertise") > found.index("checked")


async def test_without_companies_the_documented_weights_order_what_is_missing(blank: Actor) -> None:
    assert await gaps(blank) == ["expertise", "sectors", "bio_vi", "stages", "country", "checked"]


async def test_each_field_that_is_filled_in_leaves_the_list(blank: Actor) -> None:
    await role.put_expertise(blank, "sales", "advised", None)
    await profile.edit_profile(blank, {"sectors": ["health"], "stages": ["early"], "bio_en": "Sold to hospitals"})
    assert await gaps(blank) == ["country", "checked"]
    await profile.edit_profile(blank, {"country": "VN"})
    assert await gaps(blank) == ["province_code", "checked"]
    await profile.edit_profile(blank, {"province_code": "01"})
    await database.execute(
        "UPDATE mentor_role SET vetted_at = now(), vetted_by = $1, vetted_reason = 'x' WHERE person = $1", blank.id
    )
    assert await gaps(blank) == []


async def test_abroad_nobody_is_asked_for_a_province(blank: Actor) -> None:
    await profile.edit_profile(blank, {"country": "SG"})

    assert not {"country", "province_code"} & set(await gaps(blank))


async def test_the_province_adds_what_the_country_does_not_say_yet(blank: Actor) -> None:
    await company("Nói ngành", needs=[], sectors=[], stage=None, province_code="01")
    before = {gap.code: gap.share for gap in (await use(blank)).missing}
    await profile.edit_profile(blank, {"country": "VN"})

    after = {gap.code: gap.share for gap in (await use(blank)).missing}

    assert after["province_code"] == pytest.approx(0.6 * before["country"])


async def test_without_any_line_one_is_asked_for_the_line_and_not_for_a_biography_too(blank: Actor) -> None:
    await profile.edit_profile(blank, {"headline_vi": "", "headline_en": ""})

    assert {"headline_vi", "bio_vi"} & set(await gaps(blank)) == {"headline_vi"}


async def test_what_members_may_not_see_does_not_count_and_the_page_says_why(seller: Actor, startup: UUID) -> None:
    await profile.set_tiers(seller, {"stages": 3})

    found = await use(seller)

    assert "stage" not in {point.code for point in found.counting}
    [gap] = [one for one in found.missing if one.code == "stages"]
    assert (gap.href, bool(gap.why), gap.share > 0) == ("/account/profile#visibility", True, True)


# --- the switches ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("off", "gone"), [("text", "words"), ("place", "near")])
async def test_a_switch_acts_at_once_on_lists_and_their_reasons(
    seller: Actor, startup: UUID, make_client: Any, off: str, gone: str
) -> None:
    assert gone in await reasons(startup)
    client = make_client(seller)

    answer = await client.post(HERE, data={"counts": [code for code in SIGNALS if code != off]})

    assert (answer.status_code, answer.headers["location"]) == (303, HERE)
    assert await reasons(startup) == {"skills", "sectors", "stage", "near", "words"} - {gone}
    found = await use(seller)
    assert gone not in {point.code for point in found.counting}
    assert sum(point.share for point in found.counting) == pytest.approx(1.0)
    page = (await client.get(HERE)).text
    assert "Đã lưu. Từ giờ mọi danh sách đều áp dụng." in page
    assert page.count(" checked") == 1
    assert (await client.post(HERE, data={"counts": list(SIGNALS)})).status_code == 303
    assert gone in await reasons(startup)


async def test_what_is_switched_off_is_not_missing(blank: Actor) -> None:
    await mentor_signals.state(blank.person_id, Counts([]))

    assert await gaps(blank) == ["expertise", "sectors", "stages", "checked"]


async def test_the_night_weighs_without_it_as_well(seller: Actor, blank: Actor) -> None:
    """Only the words speak for one of two mentors."""
    await company("Chỉ có lời", needs=["pilot_customer"], sectors=[], stage=None, summary_vi="Phần mềm cho bệnh viện")

    async def lists() -> dict[UUID, int]:
        run = await prior_markets.clear(stored.MENTORS, "v1")
        assert run is not None
        return {row[0]: row[3] for row in run.prices}

    assert await lists() == {seller.person_id: 1, blank.person_id: 1}
    await mentor_signals.state(blank.person_id, Counts(["place"]))
    assert await lists() == {seller.person_id: 1, blank.person_id: 0}


async def test_the_same_again_changes_nothing_and_says_so(seller: Actor, make_client: Any) -> None:
    everything, nothing = Counts(), Counts([])
    done = [await mentor_signals.state(seller.person_id, one) for one in (everything, nothing, nothing, everything)]
    assert done == [False, True, False, True]
    client = make_client(seller)
    await client.post(HERE, data={"counts": list(SIGNALS)})
    assert "Không có gì thay đổi." in (await client.get(HERE)).text


async def test_two_who_save_at_once_leave_one_row(committed: asyncpg.Pool) -> None:
    actor = await make_person("Bùi Lan")

    await asyncio.gather(*(mentor_signals.state(actor.person_id, Counts(["text"] * n)) for n in (0, 1, 0, 1)))

    assert await database.fetchval("SELECT count(*) FROM mentor_preference") == 1


async def test_another_code_is_refused_by_the_form_and_by_the_table(seller: Actor, make_client: Any) -> None:
    assert set(get_args(mentor_signals.Code)) == set(SIGNALS)
    answer = await make_client(seller).post(HERE, data={"counts": ["place", "mood"]})
    assert answer.status_code == 422
    assert "Vui lòng chọn một trong các phương án." in answer.text
    assert await mentor_signals.off_of(seller.person_id) == []
    with pytest.raises(asyncpg.CheckViolationError):
        await database.execute(
            "INSERT INTO mentor_preference (person, signals_off, updated_at) VALUES ($1, '{mood}', now())", seller.id
        )


async def test_an_account_that_has_ended_states_nothing(seller: Actor) -> None:
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", seller.id)
    with pytest.raises(NotFound):
        await mentor_signals.state(seller.person_id, Counts([]))


@pytest.mark.parametrize("code", SIGNALS)
def test_every_switch_is_told_in_both_languages(code: mentor_signals.Code) -> None:
    for phrase in (SIGNALS[code].label, SIGNALS[code].hint):
        assert phrase.text("vi") != phrase.text("en")


# --- how sought they are --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lists", "level", "said"),
    [
        (0, "seldom", ["bạn chưa nằm trong mười vị trí đầu", "Ít hơn bình thường"]),
        (1, "", ["danh sách của 1 đơn vị"]),
        (1234, "busy", ["danh sách của 1.234 đơn vị", "Nhiều hơn bình thường"]),
    ],
)
async def test_how_sought_they_are_is_told_in_words(
    seller: Actor, make_client: Any, lists: int, level: str, said: list[str]
) -> None:
    other = await make_person("Võ Kim")
    rows = [(other.person_id, 0.1, 0.0, 777, ""), (seller.person_id, 0.1, 0.0, lists, level)]
    await _market(rows)

    page = (await make_client(seller).get(HERE)).text

    assert [words for words in said if words not in page] == []
    assert "777" not in page


async def test_while_nobody_is_shown_them_what_startups_read_is_left_out(seller: Actor, make_client: Any) -> None:
    await _market([(seller.person_id, 0.1, 0.0, 30, "busy")])
    await role.pause(seller, True)

    page = (await make_client(seller).get(HERE)).text

    assert "danh sách của 30 đơn vị" in page
    assert "Nhiều hơn bình thường" not in page


async def _market(rows: list[tuple[UUID, float, float | None, int, str]]) -> None:
    await stored.put_in_use(
        stored.Cleared(
            kind=stored.MENTORS, model_version="v1", temperature=1.0, started_at=clock.now(), seconds=1.0, figures={},
            prices=rows, lists=[],
        )
    )  # fmt: skip


async def test_before_a_market_has_run_and_after_one_without_them_nothing_is_claimed(
    seller: Actor, make_client: Any
) -> None:
    assert "Chưa tính: mỗi đêm" in (await make_client(seller).get(HERE)).text
    await _market([(seller.person_id, 0.1, 0.0, 3, "")])
    assert (await use(seller)).sought is not None
    await _market([((await make_person("Võ Kim")).person_id, 0.1, 0.0, 3, "")])
    assert (await use(seller)).sought is None


# --- the page -------------------------------------------------------------------------------------------------------


async def test_reading_takes_as_many_queries_with_one_company_as_with_three(seller: Actor, startup: UUID) -> None:
    seen = await mentor_use.mentor_of(seller)
    counts = []
    for number in (1, 3):
        for more in range(1, number):
            await company(f"Bệnh viện {more}")
        with database.count_queries() as asked:
            found = await mentor_use.use_of(seen)
        counts.append((found.looked_at, len(asked)))

    assert counts == [(1, 6), (3, 6)]


async def test_no_more_companies_are_read_than_the_sample_holds(
    seller: Actor, startup: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company("Bệnh viện số", needs=["talent"])
    await database.execute("UPDATE organisation SET updated_at = now() - interval '1 day' WHERE id = $1", startup)
    monkeypatch.setattr(mentor_use, "SAMPLE", 1)

    found = await use(seller)

    assert found.looked_at == 1
    assert {point.code: point.share for point in found.counting}["skills"] == 0.0


async def test_only_oneself_and_only_signed_in(seller: Actor, startup: UUID, make_client: Any) -> None:
    assert (await make_client().get(HERE)).status_code in (302, 303, 401)
    other = await make_person("Võ Kim")
    await mentor(other, "legal_ip", sectors=["agri"])

    page = (await make_client(other).get(HERE)).text

    assert re.findall(r'data-obstacle="(\w+)"', page) == ["consent"]
    assert "Bùi Lan" not in page


async def test_whoever_is_no_mentor_is_shown_the_way_and_states_nothing(
    make_client: Any, db: asyncpg.Connection
) -> None:
    somebody = await make_person("Người mới")
    client = make_client(somebody)

    page = await client.get(HERE)

    assert page.status_code == 200
    assert 'href="/account/profile#mentoring"' in page.text
    assert 'name="counts"' not in page.text
    assert (await client.post(HERE, data={"counts": ["text"]})).status_code == 404
    assert await db.fetchval("SELECT count(*) FROM mentor_preference") == 0


async def test_whoever_gave_the_role_up_is_told_when(seller: Actor, make_client: Any) -> None:
    await role.give_up(seller)

    page = (await make_client(seller).get(HERE)).text

    assert "Bạn đã thôi vai trò này ngày" in page
    assert await mentor_use.gave_up_at(await make_person("Người mới")) is None


async def test_in_english_every_label_is_english(blank: Actor, startup: UUID) -> None:
    with in_language("en"):
        found = await use(blank)
    assert {gap.code: gap.label for gap in found.missing} == {
        "expertise": "What you know",
        "sectors": "Industries",
        "stages": "Stages you know",
        "country": "Country and province",
        "bio_vi": "Biography",
        "checked": "References checked by the department",
    }
    assert {point.label for point in found.counting} == {"The line about you and your biography"}


async def test_one_finds_it_from_ones_profile_and_from_mentoring(seller: Actor, make_client: Any) -> None:
    client = make_client(seller)
    for path in ("/account/profile", "/mentoring"):
        assert f'href="{HERE}"' in (await client.get(path)).text
    newcomer = make_client(await make_person("Người mới"))
    for path in ("/account/profile", "/mentoring"):
        assert f'href="{HERE}"' not in (await newcomer.get(path)).text


# --- people's rights ------------------------------------------------------------------------------------------------


async def test_what_was_stated_is_in_the_copy_and_goes_with_an_erasure(seller: Actor) -> None:
    await mentor_signals.state(seller.person_id, Counts(["text"]))
    subject = await subject_of(seller.person_id)
    assert subject is not None

    [row] = [row async for row in exporters["connections/mentor"](subject)]
    assert row["signals_off"] == ["place"]

    await erasers["connections"](subject)
    assert await database.fetchval("SELECT count(*) FROM mentor_preference") == 0
    assert [row async for row in exporters["connections/mentor"](subject)] == []
