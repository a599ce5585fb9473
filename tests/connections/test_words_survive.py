"""Whatever an engine or an old row holds: sentences stay sentences in both languages; nothing private slips out."""

import re
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.connections import cards, lists, reasons, refresh
from app.connections.wording import WORDING
from app.core import db as database
from app.core.i18n import in_language
from tests.connections import make
from tests.connections.test_reasons import FIRST, FULL, NAMES, SECOND, reason, row

UUID_LIKE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")
BROKEN = re.compile(r"%\(|None|nan|inf\b|\[|\]|\{|\}|Phrase|<|>")

KEYS = sorted({*FULL, "raising", "lately", "weather"})
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.sampled_from([0, 1, -1, 2, 12, 10**9, 0.3]),
)
WORDS = st.sampled_from(
    ["", "agri", "retired_code", "VN", "VN-01", "US-CA", "XX", "XX-", "-", "Hà Nội", "Ha\u0300 No\u0323\u0302i",
     "angel", "series_c_plus", "early", "mentoring", "t_ai", "state", "city", "country", "region", FIRST, SECOND]
)  # fmt: skip
VALUES = st.one_of(
    SCALARS, WORDS, st.lists(st.one_of(WORDS, SCALARS), max_size=4), st.dictionaries(WORDS, SCALARS, max_size=1)
)


@settings(max_examples=400, deadline=None)
@given(
    code=st.sampled_from([*WORDING, "a_code_of_next_year"]),
    role=st.sampled_from(["company", "seeker"]),
    contribution=st.floats(-10, 10),
    params=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6),
)
@example("sector", "company", 1.0, {"deals": float("nan"), "sectors": ["agri"]})
@example("sector", "company", 1.0, {"deals": float("inf"), "sectors": ["agri"]})
@example("sector", "company", 1.0, {"deals": 3, "sectors": "agri"})
@example("stated_ticket", "seeker", 1.0, {"amount_usd": float("inf")})
@example("stated_ticket", "seeker", 1.0, {"amount_usd": 0.004})
@example("stated_stage", "company", 1.0, {"stage": ["early"]})
@example("round", "company", 1.0, {"deals": 2, "round_type": {"angel": 1}})
@example("home", "seeker", 1.0, {"same": ["state"], "state": "VN-01"})
@example("amount", "company", -1.0, {"low_usd": True, "high_usd": 10**30, "amount_usd": -5})
@example("similar", "company", 1.0, {"companies": [None, 3, FIRST], "deals": 2})
def test_no_parameter_breaks_a_sentence(code, role, contribution, params):
    one = reason(code, contribution, **params)

    for locale in ("vi", "en"):
        said = reasons.sentence(one, role, NAMES, locale)

        assert said.strip() == said != ""
        assert not BROKEN.search(said), said
        assert not UUID_LIKE.search(said), said
        assert len(said) < 200


@pytest.mark.parametrize(
    ("code", "role", "contribution"), [*product([*WORDING, "unknown"], ["company", "seeker"], [1.0, -1.0])]
)
def test_many_at_once_say_the_same_as_one_by_one(code, role, contribution):
    parts = [reason(code, contribution, **FULL), reason(code, contribution), reason(code, -contribution, deals=0)]

    for locale in ("vi", "en"):
        one_by_one = [reasons.sentence(part, role, NAMES, locale) for part in parts]
        assert reasons.sentences(parts, role, NAMES, locale) == one_by_one


def test_the_language_of_the_request_is_left_as_it_was():
    with in_language("en"):
        reasons.sentences([reason("sector")], "company", {}, "vi")

        assert reasons.say(reason("sector"), "company", {}).text == "They have often invested in your sector"


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (1, "Mức 1 USD bạn gọi nằm trong khoản rót họ công bố", "Your 1 USD fits the ticket they state"),
        (314_159, "310 nghìn USD", "310 thousand USD"),
        (2_500_000_000, "2,5 tỷ USD", "2.5 billion USD"),
        (999_999, "1 triệu USD", "1 million USD"),
    ],
)  # fmt: skip
def test_amounts_are_rough_and_written_out(value, vi, en):
    one = reason("stated_ticket", amount_usd=value)

    assert vi.removeprefix("Mức ").split(" bạn")[0] in reasons.sentence(one, "company", {}, "vi")
    assert en.removeprefix("Your ").split(" fits")[0] in reasons.sentence(one, "company", {}, "en")


@pytest.mark.parametrize("value", [None, 0, 0.4, -1, float("nan"), float("inf"), 10**16, "500000", [500_000]])
def test_amounts_that_make_no_sense_are_left_out(value):
    assert reasons.sentence(reason("stated_ticket", amount_usd=value), "company", {}, "en") == (
        "What you raise fits their usual ticket"
    )


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"city": "Hà Nội", "same": "city"}, "You are both in Hà Nội"),
        ({"state": "VN-01", "same": "state"}, "You are both in Hà Nội"),
        ({"state": "US-CA", "same": "state"}, "You are both in California"),
        ({"country": "VN", "same": "country"}, "You are both in Vietnam"),
        ({"region": "SF Bay", "same": "region"}, "You are both in SF Bay"),
        ({"same": "city"}, "You are in the same city"),
        ({"same": "region"}, "You are in the same region"),
        ({"same": "state"}, "You are in the same province or state"),
        ({"same": "country"}, "You are in the same country"),
        ({"same": "planet"}, "You are near each other"),
        ({"state": "VN-01"}, "You are near each other"),
        ({}, "You are near each other"),
    ],
)
def test_the_narrowest_shared_place_is_named(params, said):
    assert reasons.sentence(reason("home", **params), "company", {}, "en") == said


@pytest.mark.parametrize(
    ("code", "role", "params", "contribution", "said"),
    [
        ("place", "company", {"deals": 1, "region": "Red River"}, 1, "They made 1 investment in your area (Red River)"),
        ("place", "company", {"deals": 2, "state": "VN-79"}, 1, "They made 2 investments in your area (Hồ Chí Minh)"),
        ("place", "company", {"same": "country", "country": "VN"}, 1, "You are both in Vietnam"),
        ("focus", "company", {"deals": 1}, 1, "1 of their investments is in your field and your area at once"),
        ("focus", "seeker", {"deals": 4}, 1, "4 of your investments are in their field and their area at once"),
        ("focus", "seeker", {"deals": 4}, -1, "Your focus lies elsewhere"),
        ("round", "seeker", {"deals": 1, "round_type": "series_a"}, 1,
         "You joined 1 round of the kind they raise (Series A)"),
        ("round", "company", {"deals": 3, "round_type": "series_c_plus"}, 1,
         "They joined 3 rounds of the kind you raise (Series C or later)"),
        ("round", "company", {"deals": 3, "round_type": "retired"}, 1, "They have often joined rounds like yours"),
        ("amount", "company", {"low_usd": 1e5, "high_usd": 2e6}, 1,
         "Their rounds usually raise 100 thousand USD to 2 million USD"),
        ("amount", "seeker", {"low_usd": 1e5, "high_usd": 2e6}, 1, "You have often joined rounds of their size"),
        ("amount", "seeker", {"low_usd": 1e5, "high_usd": 2e6}, -1,
         "Your rounds usually raise 100 thousand USD to 2 million USD"),
        ("amount", "seeker", {"low_usd": 1e5, "high_usd": 2e6, "amount_usd": 5e6}, -1,
         "Your rounds usually raise 100 thousand USD to 2 million USD, they raise 5 million USD"),
        ("network", "company", {"investors": [FIRST, SECOND]}, 1,
         "They invested together with your investors Sao Mai, Trăng Rằm"),
        ("network", "company", {"investors": ["gone"]}, 1, "They have invested together with your investors"),
        ("activity", "company", {"deals": 1}, 1, "They announced 1 investment"),
        ("activity", "company", {"deals": 9, "deals_1y": 2}, 1,
         "They invest actively: 9 investments announced, 2 in the last year on record"),
        ("activity", "seeker", {"deals": 9}, 1, "You invest actively"),
        ("company", "seeker", {"rounds": 1}, 1, "They have raised 1 round and may raise again"),
        ("company", "seeker", {"rounds": 0}, 1, "They are at a point where companies often find investors"),
        ("company", "company", {"rounds": 3, "raising": True}, 1, "Companies at your point often find investors"),
        ("stated_sector", "seeker", {"sectors": ["agri"]}, 1, "They work in AgriTech, which you look for"),
        ("stated_sector", "company", {"sectors": ["retired"]}, 1, "They look for companies in your sector"),
        ("stated_technology", "seeker", {"technologies": ["retired"]}, 1,
         "They work with technology that you look for"),
        ("stated_stage", "company", {"stage": "retired"}, 1, "They back companies at your stage"),
        ("stated_round", "seeker", {"round_type": "angel"}, 1,
         "They raise a kind of round that you join: angel or seed"),
        ("stated_ticket", "company", {"amount_usd": 5e6}, -1, "Your 5 million USD lies outside the ticket they state"),
        ("stated_ticket", "seeker", {"amount_usd": 5e6}, -1, "Their 5 million USD lies outside your ticket"),
        ("stated_place", "company", {"places": ["VN", "VN-01"]}, 1, "They look for companies in Vietnam, Hà Nội"),
        ("stated_place", "company", {"places": ["VN", "VN"]}, 1, "They look for companies in Vietnam"),
        ("needs", "seeker", {"needs": ["mentoring"]}, 1, "They need what you offer: Mentoring"),
        ("needs", "seeker", {"needs": ["retired"]}, 1, "They need what you offer"),
    ],
)  # fmt: skip
def test_each_shape_of_parameters_has_its_sentence(code, role, params, contribution, said):
    assert reasons.sentence(reason(code, contribution, **params), role, NAMES, "en") == said


LONG = "Công ty Cổ phần Đầu tư và Phát triển Công nghệ Nông nghiệp Bền vững Đồng bằng Sông Cửu Long Việt Nam " * 3


def test_long_names_are_named_whole_two_at_most():
    names = {FIRST: LONG.strip(), SECOND: "B", "third": "C"}

    said = reasons.sentence(reason("similar", companies=[FIRST, SECOND, "third"]), "company", names, "vi")

    assert said == f"Họ đã đầu tư vào những doanh nghiệp giống bạn, như {LONG.strip()}, B"


async def test_names_in_reasons_are_escaped_on_the_page(make_client, person, market):
    me = market["startup-agri-VN"]
    await make.member(person, me)
    await refresh.refresh(me)
    evil = await make.startup('<img src=x onerror="alert(1)"> & Con')
    part = [{"code": "similar", "for": "them", "contribution": 2.0, "params": {"companies": [str(evil)], "deals": 2}}]
    await database.execute("UPDATE suggestion SET reasons = $1 WHERE organisation = $2", part, me)

    page = (await make_client(person).get("/suggestions")).text
    api = (await make_client(person).get(f"/api/v1/organisations/{me}/suggestions")).json()

    assert "<img src=x" not in page
    assert "như &lt;img src=x onerror=&#34;alert(1)&#34;&gt; &amp; Con" in page
    assert api["items"][0]["reasons"][0]["text_en"].endswith('such as <img src=x onerror="alert(1)"> & Con')


async def test_what_ended_is_not_named_any_more(market):
    me, gone = market["startup-agri-VN"], market["startup-fin-SG"]
    await refresh.refresh(me)
    part = [{"code": "similar", "for": "them", "contribution": 2.0, "params": {"companies": [str(gone)], "deals": 2}}]
    await database.execute("UPDATE suggestion SET reasons = $1 WHERE organisation = $2", part, me)
    assert "Startup fin-SG" in (await cards.cards_of(me, "investor", 1))[0].for_them[0].text

    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", gone)

    assert (await cards.cards_of(me, "investor", 1))[0].for_them[
        0
    ].text == "Họ đã đầu tư vào những doanh nghiệp giống bạn"


async def test_nothing_private_is_said_or_sent(make_client, person, market):
    """Contact details and the reasons for which others were put away are nowhere in a list, its page or its API."""
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    secrets = ("kin@quy.example", "0987654321")
    await database.execute(
        "UPDATE organisation SET contact_email = $2, contact_phone = $3 WHERE id = $1", fund, *secrets
    )
    await make.member(person, me)
    await refresh.refresh(me)
    await database.execute(
        "INSERT INTO suggestion_choice (id, organisation, candidate, choice, reason)"
        " VALUES (gen_random_uuid(), $1, $2, 'hidden', 'not_verified')",
        *(fund, me),
    )
    client = make_client(person)

    texts = [
        (await client.get("/suggestions")).text,
        (await client.get(f"/organisations/{await make.slug_of(me)}/suggestions-panel")).text,
        (await client.get(f"/api/v1/organisations/{me}/suggestions?limit=50")).text,
    ]

    assert all("Fund agri-VN" in text for text in texts)
    assert [secret for secret in secrets for text in texts if secret in text] == []
    assert "Đã bỏ qua" not in texts[1] + texts[2]
    stored = str(await database.fetch("SELECT reasons FROM suggestion"))
    assert [secret for secret in secrets if secret in stored] == []


@pytest.mark.parametrize(
    ("contributions", "shown"),
    [
        ({"sector": 2.0, "stated_sector": 0.04}, ["sector"]),
        ({"sector": 0.049}, []),
        ({"sector": 0.05}, ["sector"]),
        ({"sector": 1.0, "home": 1.0, "needs": 1.0}, ["sector", "home"]),
        ({"company": 5.0, "home": 0.1}, ["home"]),
    ],
)
def test_noise_is_no_reason(contributions, shown):
    found = cards.card_of(row(*(reason(code, value) for code, value in contributions.items())), "company", {})

    assert [line.code for line in found.for_you] == shown


@pytest.mark.parametrize(
    ("contributions", "caveat"),
    [
        ({"sector": -0.049}, None),
        ({"sector": -0.05}, "sector"),
        ({"home": -0.2, "needs": -0.9, "words": -0.3}, "needs"),
        ({"company": -3.0, "home": -0.1}, "home"),
    ],
)
def test_the_heaviest_objection_is_the_caveat(contributions, caveat):
    found = cards.card_of(row(*(reason(code, value) for code, value in contributions.items())), "company", {})

    assert (found.caveat and found.caveat.code) == caveat


@pytest.mark.parametrize("name", [LONG, "Ha\u0300 No\u0323\u0302i", "Đ", "🌱 Xanh", "a\u200bb"])
async def test_names_of_all_kinds_are_found_for_reasons(market, name):
    company = await make.startup(name)
    rows = [{"reasons": [{"params": {"companies": [str(company)], "other": 3, "same": "city"}}]}]

    assert await lists.names_of(rows) == {str(company): name}
