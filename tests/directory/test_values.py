"""Values of the registry's fields by their type: what is read from typing, what is refused, what comes back."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.i18n import in_language
from app.directory import tables
from app.directory.fields import COLLECTIONS, FIELDS, PERSON_FIELDS, SECTIONS, Field, fields_of
from app.directory.fields.values import Wrong, checked_value, domain_of, form_value, read_value
from app.directory.vocabulary import SECTORS

EVERY = [*FIELDS.values(), *PERSON_FIELDS.values(), *(field for kind in COLLECTIONS.values() for field in kind.fields)]
OF_TYPE = {field.type: field for field in reversed(EVERY)}
COLUMNS = {table._meta.tablename: {column._meta.name for column in table._meta.columns} for table in tables.TABLES}


def wrong(field: Field, *texts: str) -> str:
    try:
        checked_value(field, read_value(field, list(texts)))
    except Wrong as error:
        return error.phrase.text("en", **error.params)
    return ""


def a(kind: str, **more: Any) -> Field:
    return Field("some", kind, "Gì đó", "Something", **{"most": 5, **more})


# --- the registry ------------------------------------------------------------------------------------------------


def test_every_field_has_its_column() -> None:
    for field in (*FIELDS.values(), *PERSON_FIELDS.values()):
        assert field.name in COLUMNS[field.table]
    for kind in COLLECTIONS.values():
        assert {field.name for field in kind.fields} <= COLUMNS[kind.name]
        assert {*kind.title} <= {field.name for field in kind.fields}


def test_every_field_is_in_a_section_and_has_words_in_both_languages() -> None:
    assert {field.section for field in FIELDS.values()} <= {*SECTIONS, "pictures"}
    for field in EVERY:
        assert field.vi
        assert field.en
        assert (field.gives is None) or (field.gives.vi and field.gives.en)


@pytest.mark.parametrize("field", EVERY, ids=lambda field: field.name)
def test_what_is_chosen_from_a_list_has_the_list_and_its_limit(field: Field) -> None:
    assert (field.type in ("code", "codes", "level")) == (field.vocabulary is not None)
    if field.type in ("line", "text", "codes", "lines", "countries", "regions", "url", "email"):
        assert field.most > 0
    if field.currency:
        assert field.type == "money"


def test_both_halves_of_a_text_agree() -> None:
    for field in EVERY:
        if field.half == "vi":
            other = next(one for one in EVERY if one.pair == field.pair and one.half == "en" and one.most == field.most)
            assert (other.type, other.tier, other.weight) == (field.type, field.tier, field.weight)


def test_sections_come_in_the_order_of_the_page() -> None:
    assert [*SECTIONS][:3] == ["identity", "texts", "market"]
    assert [field.name for field in fields_of("place")] == ["country", "province_code", "ward_code", "state", "city"]


# --- by type -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (a("line", most=40), ["  Trà   sen \u200b"], "Trà sen"),
        (a("text", most=40), ["Một\r\nhai"], "Một\nhai"),
        (a("integer", most=90_000), ["12.345"], 12_345),
        (a("integer", most=90_000), ["12,345"], 12_345),
        (a("money", currency="some_currency"), ["2,5 tỷ"], Decimal("2500000000.00")),
        (a("amount"), ["−1.250,5"], Decimal("-1250.50")),
        (a("percent", most=100), ["7,5"], Decimal("7.50")),
        (a("date"), ["2026-11-22"], date(2026, 11, 22)),
        (a("date"), ["22/11/2026"], date(2026, 11, 22)),
        (a("date"), ["2.9.2025"], date(2025, 9, 2)),
        (a("year"), ["2019"], date(2019, 1, 1)),
        (a("flag"), ["on"], True),
        (a("flag"), [], False),
        (a("maybe"), ["no"], False),
        (a("maybe"), [""], None),
        (a("codes", vocabulary=SECTORS), ["ai", "ai", "hard"], ["ai", "hard"]),
        (a("lines"), ["Sen \n\n Sen\nĐá"], ["Sen", "Đá"]),
        (FIELDS["enterprise_code"], ["0101.234-567 001"], "0101234567001"),
        (FIELDS["website"], ["kho-van.vn/gioi-thieu"], "https://kho-van.vn/gioi-thieu"),
        (FIELDS["socials"], ["linkedin.com/company/sen"], ["https://linkedin.com/company/sen"]),
        (FIELDS["trl"], ["7"], 7),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_people_type_becomes_a_value(field: Field, typed: list[str], value: object) -> None:
    assert checked_value(field, read_value(field, typed)) == value


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        (a("line", most=3), "abcd", "This is too long: at most 3 characters."),
        (a("line", required=True), " \u200b ", "Please fill this in."),
        (a("integer"), "٣", "Please enter a number, in digits."),
        (a("integer"), "0x10", "Please enter a number, in digits."),
        (a("integer"), "1e3", "Please enter a number, in digits."),
        (a("integer", most=9), "10", "This must be at most 9."),
        (a("integer", low=2), "1", "This must be at least 2."),
        (a("integer"), "9" * 16, "Please enter a number, in digits."),
        (a("money", currency="x"), "nhiều lắm", "Please enter a number, in digits."),
        (a("money", currency="x"), "9" * 24, "This amount is too large."),
        (a("percent", most=100), "101", "This amount is too large."),
        (a("date"), "31/02/2026", "Please enter a date and time that exist."),
        (a("date"), "0001-01-01", "Please enter a date and time that exist."),
        (a("year"), "1200", "This must be at least 1800."),
        (a("maybe"), "perhaps", "Please choose one of the options."),
        (a("codes", vocabulary=SECTORS), "x", "Please choose one of the options."),
        (a("lines", most=1), "a\nb", "Please write at most 1 lines."),
        (a("country"), "XX", "Please choose one of the options."),
        (a("currency"), "BTC", "Please choose one of the options."),
        (a("organisation"), "' OR 1=1", "Please choose one of the options."),
        (FIELDS["enterprise_code"], "012345678", "An enterprise code has 10 or 13 digits."),
        (FIELDS["enterprise_code"], "٠١٢٣٤٥٦٧٨٩", "An enterprise code has 10 or 13 digits."),
        (FIELDS["website"], "javascript:alert(1)", "Please enter an address such as https://example.com."),
        (FIELDS["socials"], "https://ok@127.0.0.1:x", "Please enter an address such as https://example.com."),
        (FIELDS["vsic_codes"], "62", "A VSIC code has four or five digits."),
        (FIELDS["contact_email"], "a@b", "This does not look like an e-mail address."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_value_is_refused_in_words(field: Field, typed: str, message: str) -> None:
    assert wrong(field, typed) == message


def test_several_choices_have_their_most() -> None:
    assert wrong(a("codes", vocabulary=SECTORS, most=2), "ai", "hard", "fin") == "Please choose at most 2."


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1"])
def test_amounts_that_are_none(amount: str) -> None:
    with pytest.raises(Wrong):
        checked_value(OF_TYPE["money"], Decimal(amount))


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(field=st.sampled_from(EVERY), typed=st.lists(st.text(max_size=40), max_size=3))
def test_nothing_typed_breaks_a_field(field: Field, typed: list[str]) -> None:
    """Either a value that its form shows and reads again as the same, or words."""
    try:
        value = checked_value(field, read_value(field, typed))
    except Wrong:
        return
    with in_language("vi"):
        again = form_value(field, value)
    if field.type in ("line", "text", "email", "url", "phone") and again:
        assert checked_value(field, read_value(field, [again])) == value


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.Sen.VN/x", "sen.vn"),
        ("https://sen.vn:8443", "sen.vn"),
        ("", ""),
        ("https://[::1", ""),
        ("mailto:a@b.vn", ""),
    ],
)
def test_the_domain_of_an_address(website: str, domain: str) -> None:
    assert domain_of(website) == domain
