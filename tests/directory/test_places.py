"""Countries, provinces and wards of 2025: complete, named in both languages, found however they are written."""

import unicodedata
from collections import Counter

import httpx
import pytest

from app.directory import places
from app.directory.vocabulary import words

CITIES = {"01": "Hà Nội", "79": "Hồ Chí Minh", "48": "Đà Nẵng", "31": "Hải Phòng", "92": "Cần Thơ", "46": "Huế"}
"""The six cities that are provinces themselves since July 2025."""


def test_every_ward_lies_in_a_province_and_every_province_has_wards() -> None:
    wards = Counter(ward.province_code for ward in places.wards().values())

    assert set(wards) == set(places.provinces())
    assert min(wards.values()) >= 10
    assert wards.total() == 3321


def test_codes_are_of_one_shape_and_belong_to_one_place() -> None:
    assert all(len(code) == 2 and code.isdigit() for code in places.provinces())
    assert all(len(code) == 5 and code.isdigit() for code in places.wards())
    assert all(code == ward.code for code, ward in places.wards().items())
    assert all(code == province.code for code, province in places.provinces().items())


def test_places_lie_in_vietnam() -> None:
    for place in (*places.provinces().values(), *places.wards().values()):
        assert 6 <= place.lat <= 24, place
        assert 102 <= place.lon <= 118, place


def test_names_are_written_in_one_unicode_form_without_stray_blanks() -> None:
    for place in (*places.provinces().values(), *places.wards().values()):
        assert place.name == unicodedata.normalize("NFC", place.name).strip()
        assert "  " not in place.name


def test_kinds_of_wards() -> None:
    kinds = Counter(ward.type for ward in places.wards().values())
    openings = Counter(ward.name.split()[0] for ward in places.wards().values())

    assert len(kinds) == 3
    assert set(openings) == {"Phường", "Xã", "Đặc"}
    assert openings["Đặc"] == 13


def test_the_two_great_cities_come_first_then_the_alphabet() -> None:
    names = [province.short_name for province in places.provinces().values()]

    assert names[:2] == ["Hà Nội", "Hồ Chí Minh"]
    assert [words(name) for name in names[2:]] == sorted(words(name) for name in names[2:])


@pytest.mark.parametrize(("code", "name"), CITIES.items())
def test_the_cities(code: str, name: str) -> None:
    province = places.provinces()[code]

    assert (province.short_name, province.region) == (name, f"VN-{code}")
    for text in (name, name.upper(), words(name), f"Thành phố {name}", code, unicodedata.normalize("NFD", name)):
        assert places.resolve_province(text) == code


@pytest.mark.parametrize("province", places.provinces().values(), ids=lambda province: province.code)
def test_every_province_is_known_by_its_names_and_as_a_region(province: places.Province) -> None:
    for text in (province.name, province.short_name, province.code, words(province.name)):
        assert places.resolve_province(text) == province.code
    assert places.is_region(province.region)
    assert places.region_label(province.region) == province.short_name
    assert places.place_label({"country": "VN", "province_code": province.code}) == province.short_name


@pytest.mark.parametrize("text", ["", "Paris", "VN-01", "0", "1", "Hà", "Tỉnh", "Thành phố"])
def test_what_is_no_province(text: str) -> None:
    assert places.resolve_province(text) is None


@pytest.mark.parametrize("province", places.provinces().values(), ids=lambda province: province.code)
def test_wards_of_each_province_are_found_there_and_nowhere_else(province: places.Province) -> None:
    own = [ward for ward in places.wards().values() if ward.province_code == province.code]
    other = "79" if province.code == "01" else "01"

    for ward in own[:: max(1, len(own) // 8)]:
        assert ward in places.find_wards(ward.name, province.code, most=200)
        assert places.ward_of(ward.code, province.code) is ward
        assert places.ward_of(ward.code, other) is None


@pytest.mark.parametrize(
    ("text", "province", "first"),
    [
        ("ba dinh", "01", "Phường Ba Đình"),
        ("Ba Đình", "01", "Phường Ba Đình"),
        ("phuong ba dinh", "01", "Phường Ba Đình"),
        ("hoan kiem", None, "Phường Hoàn Kiếm"),
        ("con dao", None, "Đặc khu Côn Đảo"),
        ("ly son", None, "Đặc khu Lý Sơn"),
        ("sai gon", "79", "Phường Sài Gòn"),
    ],
)
def test_wards_are_found_by_their_words(text: str, province: str | None, first: str) -> None:
    assert places.find_wards(text, province)[0].name == first


def test_wards_that_begin_so_come_first_and_no_more_than_asked() -> None:
    found = places.find_wards("tan", most=50)
    begins = [words(ward.name).partition(" ")[2].startswith("tan") for ward in found]

    assert len(found) == 50
    assert begins == sorted(begins, reverse=True)
    assert places.find_wards("no such ward") == []
    assert places.find_wards("ba dinh", "xx") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("MY", "MY"), ("Mỹ", "US"), ("my", "US"), ("Áo", "AT"), ("AO", "AO"), ("Angola", "AO"), ("Bỉ", "BE"),
        ("BI", "BI"), ("Burundi", "BI"), ("Đức", "DE"), ("Germany", "DE"), ("Ý", "IT"),
        ("Úc", "AU"), ("Anh", "GB"), ("uk", "GB"),
        ("Vương quốc Anh", "GB"), ("Hàn Quốc", "KR"), ("South Korea", "KR"), ("Nhật Bản", "JP"), ("Lào", "LA"),
        ("Campuchia", "KH"), ("Cambodia", "KH"), ("Trung Quốc", "CN"), ("Đài Loan", "TW"), ("Singapore", "SG"),
        (" VN ", "VN"), ("vietnam", "VN"), ("VIỆT NAM", "VN"), ("usa", "US"), ("United States", "US"),
        ("EU", None), ("Europe", None), ("", None), ("??", None), ("ZZ", None),
    ],
)  # fmt: skip
def test_countries_as_people_write_them(text: str, code: str | None) -> None:
    assert places.resolve_country(text) == code


def test_every_country_is_found_by_its_code_and_its_names() -> None:
    for locale in ("vi", "en"):
        options = places.country_options(locale)
        assert options[0][0] == "VN"
        assert len(options) == len({code for code, _name in options}) >= 240
        for code, name in options:
            assert places.resolve_country(code) == code
            assert places.resolve_country(name) == code, name
            assert places.country_label(code, locale) == name


def test_states_of_the_united_states() -> None:
    assert len(places.US_STATES) == 51
    for code, name in places.US_STATES.items():
        assert places.is_region(f"US-{code}")
        assert places.region_label(f"US-{code}") == name


@pytest.mark.parametrize(
    ("row", "vi", "en"),
    [
        ({"country": "VN"}, "Việt Nam", "Vietnam"),
        ({"country": "VN", "province_code": "01"}, "Hà Nội", "Hà Nội"),
        (
            {"country": "VN", "province_code": "01", "ward_code": "00004", "city": "x"},
            "Phường Ba Đình, Hà Nội",
            "Phường Ba Đình, Hà Nội",
        ),
        ({"country": "VN", "province_code": "79", "ward_code": "00004"}, "Hồ Chí Minh", "Hồ Chí Minh"),
        ({"country": "VN", "province_code": "99"}, "Việt Nam", "Vietnam"),
        ({"country": "VN", "city": "Sa Pa"}, "Sa Pa, Việt Nam", "Sa Pa, Vietnam"),
        ({"country": "US", "state": "CA"}, "California, Hoa Kỳ", "California, United States"),
        ({"country": "US", "state": "ZZ", "city": "X"}, "X, Hoa Kỳ", "X, United States"),
        ({"country": "US", "state": "NY", "city": "New York"}, "New York, Hoa Kỳ", "New York, United States"),
        ({"country": "DE", "region": "Berlin"}, "Berlin, Đức", "Berlin, Germany"),
        ({"country": "SG", "city": "Singapore"}, "Singapore", "Singapore"),
        ({"city": "Nowhere"}, "Nowhere", "Nowhere"),
        ({"country": None, "city": None}, "", ""),
    ],
)
def test_places_are_written_from_near_to_far_in_the_readers_language(row: dict[str, object], vi: str, en: str) -> None:
    assert (places.place_label(row, "vi"), places.place_label(row, "en")) == (vi, en)


@pytest.mark.parametrize(("code", "label"), [("VN-99", "99, Việt Nam"), ("VN", "Việt Nam"), ("DE-BE", "BE, Đức")])
def test_regions_that_we_do_not_know_are_shown_all_the_same(code: str, label: str) -> None:
    assert places.region_label(code, "vi") == label


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", 1), ("province_code=", 1), ("province_code=01", 127), ("province_code=99", 1), ("province_code=%00", 1),
        ("q=ba+dinh", 3), ("q=ba+dinh&province_code=01", 2), ("q=zzzz", 1), ("q=%27%3B--", 1), ("q=" + "x" * 400, 1),
    ],
)  # fmt: skip
async def test_the_list_of_wards_to_choose_from(client: httpx.AsyncClient, query: str, options: int) -> None:
    for headers in ({"HX-Request": "true"}, {}):
        response = await client.get(f"/places/wards?{query}", headers=headers)
        assert response.status_code == 200
        assert response.text.count("<option") >= 1
        if query != "q=ba+dinh":
            assert response.text.count("<option") == options
