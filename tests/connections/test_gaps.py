"""What a profile lacks: each field, for each kind of reader, and when the page says so first."""

from typing import Any

import pytest

from app.connections import gaps

EMPTY: dict[str, Any] = {
    "kinds": ["startup"], "sectors": [], "country": None, "summary_vi": "", "summary_en": "", "stage": None,
    "raising_round": None, "raising_amount": None, "needs": [], "sought_sectors": None, "stages": None, "rounds": None,
    "ticket_min": None, "ticket_max": None, "geographies": None, "thesis_vi": None, "thesis_en": None,
}  # fmt: skip
COMPANY = ["sectors", "country", "summary", "stage", "raising", "needs"]
SEEKER = ["sought", "stages", "ticket", "geographies", "thesis"]


def missing(kinds: list[str], **values: Any) -> list[str]:
    return [gap.code for gap in gaps.gaps_of({**EMPTY, "kinds": kinds, **values})]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["startup"], COMPANY),
        (["project"], COMPANY),
        (["investor"], SEEKER),
        (["incubator"], SEEKER),
        (["company"], [*COMPANY, *SEEKER]),
        (["startup", "investor"], [*COMPANY, *SEEKER]),
        (["other"], []),
        ([], []),
    ],
)
def test_an_empty_profile_lacks_everything_its_kind_needs(kinds, expected):
    assert missing(kinds) == expected


@pytest.mark.parametrize(
    ("kind", "filled", "code"),
    [
        ("startup", {"sectors": ["agri"]}, "sectors"),
        ("startup", {"country": "VN"}, "country"),
        ("startup", {"summary_vi": "Cảm biến"}, "summary"),
        ("startup", {"summary_en": "Sensors"}, "summary"),
        ("startup", {"stage": "early"}, "stage"),
        ("startup", {"raising_round": "seed", "raising_amount": 1}, "raising"),
        ("startup", {"needs": ["capital"]}, "needs"),
        ("investor", {"sought_sectors": ["agri"]}, "sought"),
        ("investor", {"sectors": ["agri"]}, "sought"),
        ("investor", {"stages": ["early"]}, "stages"),
        ("investor", {"rounds": ["seed"]}, "stages"),
        ("investor", {"ticket_min": 1}, "ticket"),
        ("investor", {"ticket_max": 1}, "ticket"),
        ("investor", {"geographies": ["VN"]}, "geographies"),
        ("investor", {"thesis_vi": "Nông nghiệp"}, "thesis"),
        ("investor", {"thesis_en": "Farming"}, "thesis"),
        ("investor", {"summary_en": "Farming"}, "thesis"),
    ],
)
def test_each_field_closes_its_own_gap_and_no_other(kind, filled, code):
    everything = COMPANY if kind == "startup" else SEEKER

    assert missing([kind], **filled) == [one for one in everything if one != code]


@pytest.mark.parametrize("half", [{"raising_round": "seed"}, {"raising_amount": 5}])
def test_half_an_ask_is_none(half):
    assert "raising" in missing(["startup"], **half)


@pytest.mark.parametrize(
    ("kinds", "filled", "thin"),
    [
        (["startup"], {}, True),
        (["startup"], {"sectors": ["agri"], "country": "VN"}, True),
        (["startup"], {"sectors": ["agri"], "country": "VN", "stage": "early"}, False),
        (["investor"], {"sectors": ["agri"], "geographies": ["VN"]}, True),
        (["investor"], {"sectors": ["agri"], "geographies": ["VN"], "ticket_max": 5}, False),
        (["company"], {"sectors": ["agri"], "country": "VN"}, False),
    ],
)
def test_when_the_page_says_so_first(kinds, filled, thin):
    assert gaps.thin({**EMPTY, "kinds": kinds, **filled}) is thin


@pytest.mark.parametrize("gap", [*gaps._COMPANY.values(), *gaps._SEEKER.values()], ids=lambda gap: gap.code)
def test_every_gap_is_told_in_both_languages(gap):
    for phrase in (gap.label, gap.why):
        assert phrase.text("vi") != phrase.text("en") == str(phrase)
