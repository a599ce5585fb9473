"""What a fit noticed, in words: every name that the engine's card can give has one, in both languages."""

from datetime import date
from typing import Any

import pytest

from app.connections import notices
from app.core.i18n import in_language
from matching import card
from matching.data import Company, Dataset, Investor, Link

SOME = Dataset(
    companies=(Company("c", category="web", country="VN"),),
    investors=(Investor("i"),),
    links=(Link("c", "i", round_type="seed", funded_at=date(2013, 1, 1)),),
)


def everything() -> list[tuple[str, str]]:
    """Every notice that two cards can give: each figure of a real card against its opposite."""
    now: dict[str, Any] = {**card.facts(SOME, "1", None), "shown": {"calibration_error": 0.5}}
    now["mix"] = {name: {"a": 1.0} for name in now["mix"]}
    before = {
        "missing": {name: 1.0 - share for name, share in now["missing"].items()},
        "mix": {name: {"b": 1.0} for name in now["mix"]},
        **{name: 1_000 for name, value in now.items() if isinstance(value, int)},
        "shown": {"calibration_error": 0.0},
    }
    return [(one.code, one.subject) for one in card.drift(before, now)]


def test_these_are_all():
    assert [code for code, _subject in everything()].count("missing") == len(card.COMPANY_FIELDS) + len(
        card.INVESTOR_FIELDS
    ) + len(("link.round_type", "link.amount_usd"))
    assert [one for one in everything() if one[0] != "missing"] == [
        ("mix", "category"), ("mix", "country"), ("mix", "round_type"),
        ("rate", "links_half_year"), ("rate", "companies"), ("rate", "investors"),
        ("calibration", "shown"),
    ]  # fmt: skip


@pytest.mark.parametrize(("code", "subject"), everything())
def test_every_name_has_words_in_both_languages(code, subject):
    said = []
    for locale in ("vi", "en"):
        with in_language(locale):
            said.append(notices.sentence(code, subject))

    assert all(said)
    assert said[0] != said[1]
    assert [text for text in said if "_" in text or "." in text or "%" in text] == []


def notice(code: str, subject: str) -> dict[str, Any]:
    return {"code": code, "subject": subject, "before": 0.1, "now": 0.4}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({}, []),
        ({"drift": None}, []),
        (
            {"drift": [notice("missing", "company.founded_at")]},
            [("Tỷ lệ doanh nghiệp thiếu ngày thành lập", 0.1, 0.4)],
        ),
        ({"drift": [notice("mix", "country")]}, [("Độ lệch của cơ cấu quốc gia so với trước", 0.1, 0.4)]),
        ({"drift": [notice("rate", "companies")]}, [("Số lượng doanh nghiệp", 0.1, 0.4)]),
        ({"drift": [notice("calibration", "shown")]}, [("Sai số hiệu chỉnh của phần được hiển thị", 0.1, 0.4)]),
        ({"drift": [notice("of next year", "country")]}, []),
        ({"drift": [notice("missing", "company.mood"), notice("missing", "city"), notice("mix", "moods")]}, []),
    ],
)
def test_what_a_fit_noticed_is_told(found, told):
    assert notices.told(found) == told
