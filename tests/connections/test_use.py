"""How a profile is used: what counts, what is missing, and the switches, which act at once and on both sides."""

import asyncio
import re
from datetime import date
from uuid import UUID

import asyncpg
import pytest

from app.connections import engine, fitting, lists, profiles, refresh, signals, usage, versions, wishes
from app.core import db as database
from app.core import outbox
from matching import explain
from tests.connections import make
from tests.factories import make_person

ALL = list(signals.SIGNALS)


def stated(*, off: tuple[str, ...] = (), **values) -> wishes.Wishes:
    return wishes.Wishes(counts=[code for code in ALL if code not in off], **values)


async def codes(organisation, kind="investor") -> set[str]:
    """The reasons on a list."""
    rows = await lists.suggested(organisation, kind, 50)
    return {reason["code"] for row in rows for reason in row["reasons"]}


@pytest.fixture
async def mine(market, person):
    me = market["startup-agri-VN"]
    await make.member(person, me, "editor")
    await make.change(me, summary_vi="Cảm biến cho ruộng lúa", raising_round="seed")
    await database.execute(
        "UPDATE organisation SET summary_vi = 'Quỹ cho ruộng lúa' WHERE id = $1", market["fund-agri-VN"]
    )
    await database.execute(
        "UPDATE organisation SET updated_at = clock_timestamp() WHERE id = $1", market["fund-agri-VN"]
    )
    assert await fitting.fit_now(prior=True) == "active"
    await refresh.refresh(me)
    return me


# --- the verb -------------------------------------------------------------------------------------------------------


async def test_without_a_word_the_defaults_hold(market):
    assert await wishes.wishes_of(market["fund-agri-VN"]) == wishes.Wishes(
        accepts="open", requests_per_month=None, counts=ALL
    )


@pytest.mark.parametrize(
    "wanted",
    [
        stated(accepts="ask_first"),
        stated(accepts="closed", requests_per_month=1),
        stated(requests_per_month=1000, off=("past",)),
        stated(off=("text", "place", "ask", "past")),
    ],
)
async def test_what_is_stated_is_read_back(market, person, wanted):
    assert await wishes.state(market["fund-agri-VN"], wanted, by=person.id) is True

    assert await wishes.wishes_of(market["fund-agri-VN"]) == wanted
    row = await database.fetchrow("SELECT person, signals_off FROM matching_preference")
    assert (row["person"], row["signals_off"]) == (person.id, wanted.signals_off)


def test_who_says_nothing_has_every_signal_on():
    assert (wishes.Wishes().counts, wishes.Wishes().signals_off) == (ALL, [])


async def test_the_same_again_changes_nothing_and_asks_for_nothing(market):
    await wishes.state(market["fund-agri-VN"], stated(accepts="ask_first"))
    before = await database.fetchrow("SELECT * FROM matching_preference")
    await database.execute("DELETE FROM outbox")

    assert await wishes.state(market["fund-agri-VN"], stated(accepts="ask_first")) is False

    assert await database.fetchrow("SELECT * FROM matching_preference") == before
    assert await database.fetchval("SELECT count(*) FROM outbox") == 0


async def test_the_defaults_stated_by_hand_are_no_change(market):
    assert await wishes.state(market["fund-agri-VN"], stated()) is False
    assert await database.fetchval("SELECT count(*) FROM matching_preference") == 0


async def test_own_lists_are_asked_for_and_those_that_name_it_are_stale(market, mine):
    await database.execute("DELETE FROM outbox")

    await wishes.state(market["fund-agri-VN"], stated(off=("text",)))

    payloads = await database.fetch("SELECT topic, payload FROM outbox")
    assert [(row["topic"], row["payload"]) for row in payloads] == [
        ("connections.refresh", {"organisation_id": str(market["fund-agri-VN"])})
    ]
    assert await database.fetchval("SELECT stale_at IS NOT NULL FROM suggestion_run WHERE organisation = $1", mine)


async def test_two_who_state_at_once_leave_one_row(committed):
    async with database.tx():
        me = await make.startup()

    await asyncio.gather(*(wishes.state(me, stated(requests_per_month=number)) for number in range(1, 9)))

    assert await database.fetchval("SELECT count(*) FROM matching_preference") == 1


@pytest.mark.parametrize(
    "values", [{"accepts": "maybe"}, {"requests_per_month": 0}, {"requests_per_month": 1001}, {"signals_off": ["mood"]}]
)
async def test_the_table_takes_nothing_else(market, values):
    [(name, value)] = values.items()
    signals_off = "" if name == "signals_off" else ", signals_off"
    rest = "" if name == "signals_off" else ", '{}'"

    with pytest.raises(asyncpg.CheckViolationError):
        await database.execute(
            f"INSERT INTO matching_preference (organisation, {name}{signals_off}) VALUES ($1, $2{rest})",
            market["fund-agri-VN"],
            value,
        )


# --- requests -------------------------------------------------------------------------------------------------------


async def test_whoever_takes_no_requests_is_suggested_to_nobody_from_that_moment(market, mine):
    assert "Fund agri-VN" in [row["name"] for row in await lists.suggested(mine, "investor", 50)]

    await wishes.state(market["fund-agri-VN"], stated(accepts="closed"))
    assert "Fund agri-VN" not in [row["name"] for row in await lists.suggested(mine, "investor", 50)]

    await refresh.refresh(mine)
    assert "Fund agri-VN" not in await make.listed(mine, "investor")
    await wishes.state(market["fund-agri-VN"], stated(accepts="ask_first"))
    await database.execute("UPDATE suggestion_run SET requested_at = now()")
    await refresh.refresh(mine)
    assert "Fund agri-VN" in await make.listed(mine, "investor")


async def test_whoever_takes_no_requests_still_gets_suggestions(market):
    await wishes.state(market["fund-agri-VN"], stated(accepts="closed"))

    await refresh.refresh(market["fund-agri-VN"])

    assert await make.listed(market["fund-agri-VN"], "startup") != []


# --- signals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("off", "gone"),
    [("place", {"home", "stated_place"}), ("ask", {"stated_round"})],
)
async def test_a_signal_turned_off_is_no_reason_on_the_own_lists(market, mine, off, gone):
    assert await codes(mine) & gone

    await wishes.state(mine, stated(off=(off,)))
    await refresh.refresh(mine)

    assert await codes(mine) & gone == set()
    assert "stated_sector" in await codes(mine)
    assert (await versions.active()) is not None


async def test_words_turned_off_are_not_handed_over(market, mine):
    """A market of eight is too small for words to weigh, so this looks at what the engine gets."""
    assert engine.as_company(await profiles.profile_of(mine)).description == "Cảm biến cho ruộng lúa"

    await wishes.state(mine, stated(off=("text",)))

    assert engine.as_company(await profiles.profile_of(mine)).description == ""
    assert engine.as_company(await profiles.profile_of(mine)).sectors == ("agri",)


@pytest.mark.parametrize(("off", "gone"), [("place", {"home", "stated_place"}), ("ask", {"stated_round"})])
async def test_it_is_none_where_the_organisation_is_suggested_either(market, mine, off, gone):
    await wishes.state(market["fund-agri-VN"], stated(off=(off,)))

    await refresh.refresh(mine)

    rows = await lists.suggested(mine, "investor", 50)
    by_name = {row["name"]: {reason["code"] for reason in row["reasons"]} for row in rows}
    assert by_name["Fund agri-VN"] & gone == set()
    assert by_name["Fund fin-VN"] & gone != set()


async def test_turned_on_again_it_counts_again(market, mine):
    before = await lists.suggested(mine, "investor", 50)
    await wishes.state(mine, stated(off=("place", "text")))
    await refresh.refresh(mine)

    await wishes.state(mine, stated())
    await refresh.refresh(mine)

    assert [(row["name"], row["score"]) for row in await lists.suggested(mine, "investor", 50)] == [
        (row["name"], row["score"]) for row in before
    ]


async def test_without_the_past_the_engine_knows_nobody_by_that_id(market):
    fund = market["fund-agri-VN"]
    await wishes.state(fund, stated(off=("past",)))

    row = await profiles.profile_of(fund)

    assert engine.as_investor(row).id == f"{fund}~"
    assert signals.real_id(f"{fund}~") == signals.real_id(str(fund)) == str(fund)


async def test_a_past_that_is_kept_out_is_not_learned_from(market):
    company, fund = market["startup-agri-VN"], market["fund-fin-SG"]
    await make.investment(company, fund, date(2013, 1, 1))
    assert len((await engine.load()).links) == 1

    await wishes.state(fund, stated(off=("past",)))

    data = await engine.load()
    assert data.links == ()
    assert str(fund) in {investor.id for investor in data.investors}


async def test_a_past_kept_out_still_excludes_whom_one_is_linked_with(market):
    """Hard limits are no signal: nobody is suggested whom they have invested in already."""
    company, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await make.investment(company, fund)
    await wishes.state(company, stated(off=("past",)))

    await refresh.refresh(company)

    assert "Fund agri-VN" not in await make.listed(company, "investor")


async def test_candidates_without_a_past_appear_once_under_their_own_name(market, mine):
    await wishes.state(market["fund-agri-VN"], stated(off=("past",)))

    await refresh.refresh(mine)

    assert sorted(await make.listed(mine, "investor")) == ["Fund agri-SG", "Fund agri-VN", "Fund fin-SG", "Fund fin-VN"]


async def test_new_wishes_make_new_data(market):
    before = await profiles.fingerprint()

    await wishes.state(market["fund-agri-VN"], stated(off=("past",)))

    assert await profiles.fingerprint() != before


@pytest.mark.parametrize("code", ALL)
def test_every_signal_is_told_in_both_languages(code):
    for phrase in (signals.SIGNALS[code].label, signals.SIGNALS[code].hint):
        assert phrase.text("vi") != phrase.text("en")


def test_nothing_off_leaves_the_row_as_it_is():
    row = {"id": 1, "signals_off": None, "country": "VN"}

    assert signals.counted(row) is row


# --- the measure ----------------------------------------------------------------------------------------------------


async def use(organisation) -> usage.Usage:
    return await usage.usage_of(organisation, await profiles.profile_of(organisation))


async def test_shares_are_of_what_moves_the_own_list(market, mine):
    part = [
        {"code": "stated_sector", "for": "them", "contribution": 3.0, "params": {}},
        {"code": "home", "for": "you", "contribution": -1.0, "params": {}},
    ]
    await database.execute("UPDATE suggestion SET reasons = $1", part)

    found = await use(mine)

    shares = {fact.code: fact.share for fact in found.counting}
    assert (shares["sectors"], shares["country"], shares["summary"]) == (0.75, 0.25, 0.0)
    assert [fact.code for fact in found.counting][:2] == ["sectors", "country"]
    assert found.measured is True


async def test_what_is_missing_is_measured_on_the_lists_of_others(market, mine):
    """The one that moves the lists of others most comes first."""
    other = market["startup-fin-VN"]
    await refresh.refresh(other)
    part = [
        {"code": "needs", "for": "you", "contribution": 2.0, "params": {}},
        {"code": "stated_stage", "for": "them", "contribution": 0.5, "params": {}},
    ]
    await database.execute("UPDATE suggestion SET reasons = $1 WHERE organisation = $2", part, other)

    found = await use(mine)

    assert [(fact.code, fact.share) for fact in found.missing][:2] == [("needs", 0.8), ("stage", 0.2)]


async def test_before_there_are_lists_nothing_is_measured(market):
    found = await use(market["startup-agri-VN"])

    assert found.measured is False
    assert {fact.share for fact in found.counting + found.missing} == {0.0}
    assert "sectors" in [fact.code for fact in found.counting]


async def test_what_is_turned_off_does_not_count_and_is_not_missing(market, mine):
    await wishes.state(mine, stated(off=("place", "past")))
    await refresh.refresh(mine)

    found = await use(mine)

    names = [fact.code for fact in found.counting + found.missing]
    assert "country" not in names
    assert "past" not in names


def part(code: str, weight: float) -> dict:
    return {"code": code, "for": "you", "contribution": weight, "params": {}}


@pytest.fixture
async def both(market) -> UUID:
    """A company that looks for startups and for investors: everything filled in, lists of both kinds."""
    me = await make.organisation(
        "Tập đoàn", ["company"], sectors=["agri"], country="VN", summary_vi="Máy", stage="growth", needs=["funding"],
        raising_round="seed", raising_amount=1_000, raising_currency="USD",
    )  # fmt: skip
    await make.mandate(me, sectors=["fin"], geographies=["VN"], rounds=["seed"], ticket_min=1, ticket_currency="USD")
    await refresh.refresh(me)
    return me


async def on_lists(organisation, **parts) -> dict[str, float]:
    """Shares where one list of investors and one of startups is there, with these parts of the score."""
    await database.execute("DELETE FROM suggestion WHERE organisation <> $1 OR rank > 1", organisation)
    await database.execute("DELETE FROM suggestion WHERE kind NOT IN ('investor', 'startup')")
    for kind, found in parts.items():
        await database.execute("UPDATE suggestion SET reasons = $1 WHERE kind = $2", found, kind)
    return {fact.code: fact.share for fact in (await use(organisation)).counting}


async def test_whoever_has_both_sides_sees_each_measured_on_its_own_lists(both):
    shares = await on_lists(
        both,
        investor=[part("stated_sector", 3.0), part("home", -1.0), part("stated_round", 1.0), part("amount", 1.0)],
        startup=[part("stated_sector", 1.0), part("words", 2.0), part("stated_round", -1.0)],
    )

    assert {code: round(share, 6) for code, share in shares.items() if share} == {
        "sectors": 0.3, "country": 0.1, "raising": 0.2, "sought": 0.1, "thesis": 0.2, "stages": 0.1,
    }  # fmt: skip


async def test_no_part_of_a_score_is_counted_twice(both):
    every = [part(code, 1.0) for code in explain.CODES]

    shares = await on_lists(both, investor=every, startup=every)

    # Left out: languages on both sides, and the needs of others on the list of startups. The page names no such field.
    assert sum(shares.values()) == pytest.approx(1 - 3 / (2 * len(every)))


def test_every_reason_rests_on_one_thing_of_each_side():
    for side in (usage.COMPANY, usage.SEEKER):
        named = [*usage.PAST, *(code for codes in side.values() for code in codes)]
        assert len(named) == len(set(named))
        assert set(named) <= set(explain.CODES)
        assert set(explain.CODES) - set(named) <= {"languages", "needs"}


async def test_technology_counts_as_a_field_of_work(both):
    shares = await on_lists(both, investor=[part("technology", 1.0)], startup=[part("stated_technology", 3.0)])

    assert (shares["sectors"], shares["sought"]) == (0.25, 0.75)


async def test_without_the_own_past_that_of_the_others_still_counts_and_is_shown(both):
    parts = [part("similar", 2.0), part("activity", 1.0), part("company", 1.0)]
    assert (await on_lists(both, investor=parts, startup=[]))["past"] == 1.0
    await wishes.state(both, stated(off=("past",)))

    shares = await on_lists(both, investor=parts, startup=[])

    assert (shares["their_past"], "past" in shares) == (0.75, False)
    assert "Các khoản đầu tư đã công bố của các bên được gợi ý" in usage.THEIR_PAST_LABEL.text("vi")


async def test_measuring_takes_two_queries_however_long_the_lists(market, mine):
    profile = await profiles.profile_of(mine)
    counts = []
    for left in (3, 1, 0):
        await database.execute("DELETE FROM suggestion WHERE rank > $1", left)
        with database.count_queries() as asked:
            await usage.usage_of(mine, profile)
        counts.append(len(asked))

    assert counts == [2, 2, 2]


# --- the page -------------------------------------------------------------------------------------------------------


async def address(organisation) -> str:
    return f"/suggestions/{await make.slug_of(organisation)}/use"


async def test_the_page_says_what_counts_and_what_is_missing(make_client, person, mine):
    page = await make_client(person).get(await address(mine))

    assert page.status_code == 200
    for words in (
        "Hồ sơ của bạn được dùng thế nào",
        "Yếu tố đang được tính đến",
        "Bổ sung gì sẽ có tác động nhiều nhất",
        "Bạn có nhận lời đề nghị kết nối không?",
        "Những gì không bao giờ được dùng",
    ):
        assert words in page.text
    assert page.text.count('name="counts"') == len(ALL)
    assert page.text.count(" checked") == len(ALL) + 1


async def test_the_suggestions_lead_to_it(make_client, person, mine):
    page = await make_client(person).get("/suggestions")

    assert f'href="{await address(mine)}"' in page.text


async def test_in_english_for_an_investor(make_client, market):
    reader = await make_person(locale="en")
    await make.member(reader, market["fund-agri-VN"])

    page = await make_client(reader).get(await address(market["fund-agri-VN"]))

    assert "Sectors you look for" in page.text
    assert "Usual ticket" in page.text
    assert "Requests a month that you can answer" in page.text


async def test_viewers_see_what_counts_but_no_switches(make_client, market):
    viewer = await make_person()
    await make.member(viewer, market["startup-agri-VN"], "viewer")

    page = await make_client(viewer).get(await address(market["startup-agri-VN"]))

    assert "Yếu tố đang được tính đến" in page.text
    assert 'name="counts"' not in page.text
    assert "Chủ sở hữu và biên tập viên của tổ chức có thể thay đổi phần này." in page.text
    assert definitions(page.text) == {
        "Bạn có nhận lời đề nghị kết nối không?": "Có, rất sẵn lòng",
        "Số lời đề nghị bạn trả lời được mỗi tháng": "Chưa ghi số",
        "Yếu tố được phép dùng": ", ".join(signal.label.text("vi") for signal in signals.SIGNALS.values()),
    }


def definitions(text: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", text))


async def test_viewers_see_what_was_stated(make_client, market):
    """Somebody who sees no switches still learns why the organisation is suggested to nobody."""
    viewer, me = await make_person(), market["startup-agri-VN"]
    await make.member(viewer, me, "viewer")
    await wishes.state(me, stated(accepts="closed", requests_per_month=1000, off=ALL))

    page = await make_client(viewer).get(await address(me))

    assert list(definitions(page.text).values()) == [
        "Hiện chưa: đừng gợi ý chúng tôi cho ai", "1.000", "Không có yếu tố nào",
    ]  # fmt: skip


async def test_editors_see_the_switches_and_not_the_lines(make_client, person, mine):
    assert definitions((await make_client(person).get(await address(mine))).text) == {}


async def test_whoever_is_suggested_to_nobody_is_told_beside_the_lists(make_client, person, mine):
    client, words = make_client(person), "hiện không nhận lời đề nghị và không được gợi ý cho ai."
    for accepts in ("open", "ask_first"):
        await wishes.state(mine, stated(accepts=accepts))
        assert words not in (await client.get("/suggestions")).text

    await wishes.state(mine, stated(accepts="closed"))

    page = await client.get("/suggestions")
    assert f"Startup agri-VN {words}" in page.text
    assert f'href="{await address(mine)}#wishes"' in page.text


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [("closed", "open", True), ("closed", "ask_first", True), ("closed", "closed", False), ("open", "closed", False),
     ("ask_first", "open", False)],
)  # fmt: skip
async def test_who_takes_requests_again_is_told_that_it_takes_a_day(make_client, person, mine, before, after, said):
    client = make_client(person)
    await wishes.state(mine, stated(accepts=before))

    await client.post(await address(mine), data={"accepts": after, "counts": ["text"]})

    page = await client.get(await address(mine))
    assert "Đã lưu. Gợi ý của bạn đang được cập nhật." in page.text
    assert ("Trong vòng một ngày, bạn sẽ lại có mặt" in page.text) is said


async def test_saving_without_script(make_client, person, mine):
    client = make_client(person)

    answer = await client.post(
        await address(mine), data={"accepts": "ask_first", "requests_per_month": "12", "counts": ["text", "place"]}
    )

    assert (answer.status_code, answer.headers["location"]) == (303, await address(mine))
    assert await wishes.wishes_of(mine) == stated(accepts="ask_first", requests_per_month=12, off=("ask", "past"))
    page = await client.get(await address(mine))
    assert "Đã lưu. Gợi ý của bạn đang được cập nhật." in page.text
    assert 'value="12"' in page.text


async def test_saving_the_same_says_so(make_client, person, mine):
    client = make_client(person)

    await client.post(await address(mine), data={"accepts": "open", "counts": ALL})

    assert "Không có gì thay đổi." in (await client.get(await address(mine))).text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"accepts": "perhaps"}, "Vui lòng chọn một trong các phương án"),
        ({"requests_per_month": "0"}, "1"),
        ({"requests_per_month": "1001"}, "1000"),
        ({"requests_per_month": "nhiều"}, "số"),
        ({"requests_per_month": "2.5"}, "số"),
        ({"requests_per_month": "9" * 40}, "số"),
        ({"counts": ["mood"]}, "Vui lòng chọn một trong các phương án"),
    ],
)
async def test_what_makes_no_sense_is_drawn_again_with_what_was_typed(make_client, person, mine, data, words):
    answer = await make_client(person).post(await address(mine), data={"accepts": "open", **data})

    assert answer.status_code == 422
    assert words in answer.text
    assert await database.fetchval("SELECT count(*) FROM matching_preference") == 0
    if "requests_per_month" in data:
        assert f'value="{data["requests_per_month"]}"' in answer.text


async def test_nothing_ticked_is_everything_off(make_client, person, mine):
    await make_client(person).post(await address(mine), data={"accepts": "open"})

    assert (await wishes.wishes_of(mine)).signals_off == ALL
    await refresh.refresh(mine)
    page = await make_client(person).get("/suggestions")
    assert page.status_code == 200


async def test_from_saving_to_the_new_list_through_the_outbox(make_client, committed_market):
    """The switch acts at once: after the worker's next breath the page shows the new list."""
    me = committed_market["startup-agri-VN"]
    actor = await make_person()
    await make.member(actor, me)
    await refresh.refresh(me)
    client = make_client(actor)
    assert "home" in await codes(me)

    answer = await client.post(await address(me), data={"accepts": "open", "counts": ["text", "ask", "past"]})
    assert answer.status_code == 303
    assert await outbox.drain() == 1

    assert "home" not in await codes(me)
    assert "Danh sách mới đang được lập" not in (await client.get("/suggestions")).text
