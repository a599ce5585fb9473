"""Reasons in words: every code of the engine, both readers, for and against, both languages, with numbers."""

import itertools

import pytest

from app.connections import cards, reasons, strength
from app.connections.wording import WORDING
from app.core.i18n import in_language
from matching.explain import CODES

FIRST, SECOND = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"
NAMES = {FIRST: "Sao Mai", SECOND: "Trăng Rằm"}
FULL = {
    "category": "cleantech", "sectors": ["agri", "energy", "ai"], "technologies": ["t_ai"], "deals": 12, "deals_1y": 3,
    "days_since": 40, "city": "Hà Nội", "region": "Red River", "state": "VN-01", "country": "VN", "same": "state",
    "round_type": "angel", "amount_usd": 500_000.0, "low_usd": 200_000.0, "high_usd": 2_500_000.0,
    "companies": [FIRST, SECOND], "investors": [SECOND], "count": 1, "rounds": 2, "backers": 3, "stage": "early",
    "places": ["VN", "VN-01"], "languages": ["vi"], "needs": ["mentoring", "ip"],
}  # fmt: skip


def reason(code: str, contribution: float = 1.0, audience: str = "you", **params: object) -> dict[str, object]:
    return {"code": code, "for": audience, "contribution": contribution, "params": params}


def test_every_code_that_the_engine_documents_has_words_and_no_other():
    assert set(WORDING) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_case_has_a_sentence_of_its_own_in_both_languages(code):
    for role, contribution, params in itertools.product(("company", "seeker"), (1.0, -1.0), (FULL, {})):
        one = reason(code, contribution, **params)
        vi, en = (reasons.sentence(one, role, NAMES, locale) for locale in ("vi", "en"))
        assert vi
        assert en
        assert vi != en, (code, role, contribution)
        assert "%(" not in vi + en
        assert "None" not in vi + en
        assert len(vi) <= 130, vi
        assert len(en) <= 130, en


@pytest.mark.parametrize("code", CODES)
def test_for_and_against_are_told_apart(code):
    for role, params in itertools.product(("company", "seeker"), (FULL, {})):
        said = [reasons.sentence(reason(code, sign, **params), role, NAMES, "en") for sign in (1.0, -1.0)]
        assert said[0] != said[1] or code == "amount"


@pytest.mark.parametrize(
    ("code", "role", "vi", "en"),
    [
        ("sector", "company", "Họ đã đầu tư 12 lần vào Nông nghiệp công nghệ cao, Năng lượng sạch",
         "They made 12 investments in AgriTech, Clean energy"),
        ("place", "seeker", "Bạn đã đầu tư 12 lần ở vùng của họ (Red River)",
         "You made 12 investments in their area (Red River)"),
        ("home", "company", "Hai bên cùng ở Hà Nội", "You are both in Hà Nội"),
        ("amount", "company",
         "Các vòng họ tham gia thường gọi 200 nghìn USD đến 2,5 triệu USD, bạn đang gọi 500 nghìn USD",
         "Their rounds usually raise 200 thousand USD to 2.5 million USD, you raise 500 thousand USD"),
        ("similar", "company", "Họ đã đầu tư vào những doanh nghiệp giống bạn, như Sao Mai, Trăng Rằm",
         "They invested in companies like yours, such as Sao Mai, Trăng Rằm"),
        ("network", "seeker", "Bạn từng đầu tư chung với nhà đầu tư của họ là Trăng Rằm",
         "You invested together with their investors Trăng Rằm"),
        ("stated_round", "company", "Họ tham gia loại vòng của bạn: thiên thần hoặc hạt giống",
         "They take part in rounds like yours: angel or seed"),
        ("stated_place", "seeker", "Họ ở Việt Nam, Hà Nội, địa bàn bạn quan tâm",
         "They are in Vietnam, Hà Nội, where you look"),
        ("needs", "company", "Họ có điều bạn cần: Cố vấn, Hỗ trợ sở hữu trí tuệ",
         "They offer what you need: Mentoring, IP support"),
        ("stated_ticket", "seeker", "Mức 500 nghìn USD của họ vừa với khoản rót của bạn",
         "Their 500 thousand USD fits your ticket"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_the_language_does(code, role, vi, en):
    params = {**FULL, **({"state": "VN-01", "city": ""} if code == "home" else {})}
    one = reason(code, **params)

    assert reasons.sentence(one, role, NAMES, "vi") == vi
    assert reasons.sentence(one, role, NAMES, "en") == en


def test_one_is_singular_in_english():
    assert reasons.sentence(reason("sector", deals=1, sectors=["ai"]), "company", {}, "en") == (
        "They made 1 investment in AI & data"
    )


def test_a_stated_ask_is_certain():
    one = reason("company", rounds=0, raising=True)

    assert reasons.sentence(one, "seeker", {}, "en") == "They are raising money now"


def test_no_deals_are_said_as_such():
    one = reason("similar", -1.0, deals=0)

    assert reasons.sentence(one, "company", {}, "en") == "They have announced no investments so far"


def test_those_who_are_gone_are_not_named():
    said = reasons.sentence(reason("similar", companies=[FIRST], deals=3), "company", {}, "en")

    assert said == "They have invested in companies like yours"


def test_a_code_of_a_newer_engine_still_has_words():
    assert reasons.sentence(reason("weather"), "company", {}, "en") == "Other signs of the engine speak for it"
    assert reasons.sentence(reason("weather", -1), "company", {}, "vi") == "Một số dấu hiệu khác không ủng hộ"


@pytest.mark.parametrize(
    ("one", "role", "told"),
    [
        (reason("company", 2.0), "company", False),
        (reason("company", 2.0), "seeker", True),
        (reason("activity", 2.0), "seeker", False),
        (reason("activity", 2.0), "company", True),
        (reason("sector", -1.0, deals=0), "seeker", False),
        (reason("sector", -1.0, deals=4), "seeker", True),
        (reason("sector", -1.0, deals=0), "company", True),
        (reason("stated_sector", -1.0), "seeker", True),
    ],
)
def test_what_is_worth_telling(one, role, told):
    assert reasons.telling(one, role) is told


def row(*parts: dict[str, object], **values: object) -> dict[str, object]:
    return {
        "id": FIRST, "slug": "sao-mai", "name": "Sao Mai", "kinds": ["investor"], "sectors": ["agri"], "country": "VN",
        "state": None, "province_code": "01", "ward_code": None, "city": None, "summary_vi": "Quỹ",
        "summary_en": "Fund", "sample": False, "source": "self", "source_url": "",
        "saved": False, "explored": False, "level": None, "accepts": None, "reasons": list(parts),
        **values,
    }  # fmt: skip


def test_a_card_has_two_reasons_for_each_side_and_one_caveat():
    found = cards.card_of(
        row(
            reason("stated_sector", 2.0, "them", sectors=["agri"]),
            reason("place", 0.5),
            reason("home", 0.4),
            reason("needs", 0.3),
            reason("words", 0.01, "them"),
            reason("round", -0.3, "them"),
            reason("stated_ticket", -0.6),
        ),
        "company",
        {},
    )

    assert [line.code for line in found.for_you] == ["place", "home"]
    assert [line.code for line in found.for_them] == ["stated_sector"]
    assert (found.caveat.code, found.strongest, found.strength) == ("stated_ticket", 2.0, "Phù hợp tốt")
    assert (found.place, found.kinds, found.summary) == ("Hà Nội", ["Nhà đầu tư"], "Quỹ")


def test_a_card_without_reasons():
    with in_language("en"):
        found = cards.card_of(row(), "company", {})

    assert (found.for_you, found.for_them, found.caveat, found.share) == ([], [], None, 0.0)
    assert (found.strength, found.summary) == ("Possible match", "Fund")


@pytest.mark.parametrize(
    ("fit", "word", "share"),
    [
        (9.0, "very_strong", 1.0),
        (4.0, "very_strong", 0.7),
        (2.2, "strong", 0.4),
        (1.0, "fair", 0.2),
        (-1, "possible", 0),
    ],
)
def test_strength_in_words(fit, word, share):
    assert (strength.strength_of(fit), strength.share_of(fit)) == (word, share)


def test_fame_is_no_strength():
    assert strength.fit_of([reason("activity", 5.0), reason("company", 2.0), reason("sector", 1.5)]) == 1.5
