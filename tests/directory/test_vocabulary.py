"""Closed vocabularies: complete, in both languages, found however they are typed."""

import csv
import gzip
from decimal import Decimal

import pytest

from app.core.i18n import ROOT, in_language
from app.directory import places
from app.directory import vocabulary as terms


@pytest.mark.parametrize(
    ("vocabulary", "count"),
    [
        (terms.KINDS, 7),
        (terms.SECTORS, 26),
        (terms.TECHNOLOGIES, 10),
        (terms.BUSINESS_MODELS, 9),
        (terms.CUSTOMERS, 5),
        (terms.PRODUCT_STAGES, 6),
        (terms.STAGES, 8),
        (terms.TRL, 9),
        (terms.ROUNDS, 31),
        (terms.ROUND_GROUPS, 6),
        (terms.TICKET_BANDS, 7),
        (terms.MENTOR_EXPERTISE, 20),
        (terms.MENTOR_HELP, 7),
        (terms.INVESTOR_TYPES, 26),
        (terms.SUPPORT_TYPES, 21),
        (terms.CREDENTIAL_TYPES, 24),
        (terms.NEEDS, 17),
        (terms.MEMBER_ROLES, 3),
        (terms.CONNECTION_STATES, 13),
        (terms.DECLINE_REASONS, 10),
        (terms.EVENT_TYPES, 19),
        (terms.EVENT_ROLES, 18),
        (terms.CLAIM_METHODS, 3),
        (terms.CLAIM_STATES, 5),
        (terms.CLAIM_REASONS, 10),
        (terms.CHANGE_REASONS, 14),
        (terms.REPORT_KINDS, 8),
        (terms.DUPLICATE_REASONS, 11),
    ],
    ids=lambda value: value.name if isinstance(value, terms.Vocabulary) else str(value),
)
def test_every_vocabulary_is_whole(vocabulary: terms.Vocabulary, count: int) -> None:
    assert len(vocabulary) == count == len(set(vocabulary.codes))
    for term in vocabulary:
        assert term.vi.strip() == term.vi != ""
        assert term.en.strip() == term.en != ""
        assert term.code.isascii()


def test_labels_follow_the_reader() -> None:
    assert terms.SECTORS.label("agri", "vi") == "Nông nghiệp công nghệ cao"
    with in_language("en"):
        assert terms.SECTORS.label("agri") == "AgriTech"
        assert terms.KINDS.options()[0] == ("startup", "Startup")
        assert terms.KINDS.labels(["startup", "investor"]) == ["Startup", "Investor"]


def test_a_retired_code_is_shown_as_it_is_and_nothing_as_nothing() -> None:
    assert terms.SECTORS.label("steam") == "steam"
    assert terms.SECTORS.label(None) == ""
    with pytest.raises(terms.UnknownTerm):
        terms.SECTORS["steam"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("agri", "agri"),
        ("Nông nghiệp", "agri"),
        ("NONG NGHIEP", "agri"),
        ("nông  nghiệp công-nghệ cao", "agri"),
        ("FinTech", "fin"),
        ("Đô thị thông minh", "city"),
        ("nothing of the kind", None),
        ("", None),
    ],
)
def test_terms_are_found_however_they_are_typed(typed: str, code: str | None) -> None:
    assert terms.SECTORS.resolve(typed) == code


def test_known_keeps_the_order_of_the_vocabulary() -> None:
    assert terms.SECTORS.known(["fin", "agri", "steam", "fin"]) == ["agri", "fin"]


def test_every_category_of_the_shipped_data_is_mapped() -> None:
    path = ROOT / "app" / "demo" / "data" / "crunchbase_2013" / "companies.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        categories = {row["category"] for row in csv.DictReader(file)} - {""}

    assert len(terms.CRUNCHBASE_CATEGORIES) == 42
    assert set(terms.CRUNCHBASE_CATEGORIES) == categories
    assert all(code in terms.SECTORS for codes in terms.CRUNCHBASE_CATEGORIES.values() for code in codes)
    assert terms.sectors_of_category("biotech") == ("bio",)
    assert terms.sectors_of_category("") == ()


def test_every_round_of_the_source_has_a_code_and_stages_follow() -> None:
    assert all(code in terms.ROUNDS for code in terms.CRUNCHBASE_ROUNDS.values())
    assert all(code in terms.ROUNDS for code in terms.STAGE_AFTER_ROUND)
    assert all(code in terms.STAGES for code in terms.STAGE_AFTER_ROUND.values())


@pytest.mark.parametrize(
    ("amount", "band"), [(0, "k0"), (499_999_999, "k0"), (500_000_000, "k1"), (3 * 10**9, "k2"), (10**12, "k6")]
)
def test_amounts_fall_into_bands(amount: int, band: str) -> None:
    assert terms.ticket_band(Decimal(amount)) == band


def test_provinces_and_wards_of_2025() -> None:
    assert len(places.provinces()) == 34
    assert len(places.wards()) == 3321
    assert {ward.province_code for ward in places.wards().values()} == set(places.provinces())
    assert next(iter(places.provinces().values())).short_name == "Hà Nội"


def test_wards_are_found_without_accents_and_in_their_province() -> None:
    assert [ward.name for ward in places.find_wards("ba dinh", "01")] == ["Phường Ba Đình"]
    assert places.find_wards("ba dinh", "79") == []
    assert len(places.find_wards("phu", most=5)) == 5
    assert places.ward_of("00004", "79") is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Việt Nam", "VN"),
        ("viet nam", "VN"),
        ("VN", "VN"),
        ("Hoa Kỳ", "US"),
        ("United States", "US"),
        ("Atlantis", None),
    ],
)
def test_countries_are_known_in_both_languages(typed: str, code: str | None) -> None:
    assert places.resolve_country(typed) == code


def test_places_are_written_from_near_to_far() -> None:
    hanoi = {"country": "VN", "province_code": "01", "ward_code": "00004"}
    palo_alto = {"country": "US", "state": "CA", "city": "Palo Alto", "region": "SF Bay"}

    assert places.place_label(hanoi) == "Phường Ba Đình, Hà Nội"
    assert places.place_label(palo_alto, "vi") == "Palo Alto, California, Hoa Kỳ"
    assert places.place_label({"country": "SG", "region": "Singapore"}, "en") == "Singapore"
    assert places.place_label({}) == ""


@pytest.mark.parametrize(
    ("typed", "code"), [("01", "01"), ("Hà Nội", "01"), ("ha noi", "01"), ("Thành phố Hà Nội", "01"), ("Paris", None)]
)
def test_provinces_are_known_by_any_of_their_names(typed: str, code: str | None) -> None:
    assert places.resolve_province(typed) == code


def test_regions_have_names() -> None:
    assert [places.region_label(code) for code in ("VN-01", "US-CA", "FR-75")] == ["Hà Nội", "California", "75, Pháp"]
    assert places.is_region("US-CA")
    assert not places.is_region("US-ZZ")
    assert places.country_options("vi")[0] == ("VN", "Việt Nam")
