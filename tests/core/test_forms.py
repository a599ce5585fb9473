"""Forms: typed, all errors at once, and what was typed is kept."""

import contextlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.forms import Email, Form, Line, Secret, Text, email_address, filled, is_email, parse, read_json
from app.core.i18n import N_, in_language


class Sample(msgspec.Struct):
    name: Line
    email: Email
    places: Annotated[int, msgspec.Meta(ge=1, le=500)]
    story: Text = ""
    password: Secret = ""
    kind: Literal["startup", "investor"] = "startup"
    tags: list[str] = []
    agreed: bool = False
    starts_at: datetime | None = None
    founded_on: date | None = None
    amount: float | None = None


GOOD = {"name": ["  Nguyễn   Đức "], "email": ["Duc@Example.COM"], "places": ["50"]}


def test_a_good_form_is_a_struct() -> None:
    form = parse({**GOOD, "tags": ["a", "b"], "agreed": ["on"], "starts_at": ["2026-12-01T09:00"]}, Sample)
    assert form.errors == {}
    assert form.value == Sample(
        name="Nguyễn Đức",
        email="Duc@example.com",
        places=50,
        tags=["a", "b"],
        agreed=True,
        starts_at=datetime(2026, 12, 1, 2, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("name", "", "Please fill this in."),
        ("name", "x" * 201, "This is too long: at most 200 characters."),
        ("email", "a@b", "This does not look like an e-mail address."),
        ("email", "no spaces@x.vn", "This does not look like an e-mail address."),
        ("email", "x" * 260 + "@x.vn", "This does not look like an e-mail address."),
        ("email", "đức@example.vn", "This does not look like an e-mail address."),
        ("email", "аdmin@example.vn", "This does not look like an e-mail address."),
        ("places", "0", "This must be at least 1."),
        ("places", "501", "This must be at most 500."),
        ("places", "1e3", "Please enter a number, in digits."),
        ("places", "0x10", "Please enter a number, in digits."),
        ("places", "1_000", "Please enter a number, in digits."),
        ("places", "٣", "Please enter a number, in digits."),
        ("places", "+5", "Please enter a number, in digits."),
        ("places", "9223372036854775808", "Please enter a number, in digits."),
        ("kind", "admin", "Please choose one of the options."),
        ("starts_at", "2026-02-30T10:00", "Please enter a date and time that exist."),
        ("starts_at", "0001-01-01T00:00", "Please enter a date and time that exist."),
        ("starts_at", "9999-12-31T23:59", "Please enter a date and time that exist."),
        ("founded_on", "2026-02-29", "Please enter a date and time that exist."),
        ("amount", "NaN", "Please enter a number, in digits."),
        ("amount", "1e400", "Please enter a number, in digits."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(field: str, text: str, message: str) -> None:
    form = parse({**GOOD, field: [text]}, Sample)
    assert form.value is None
    with in_language("en"):
        assert form.errors == {field: message}
    assert form.raw == {name: values[0] for name, values in {**GOOD, field: [text]}.items()}


def test_all_errors_are_shown_at_once() -> None:
    assert set(parse({"places": ["x"]}, Sample).errors) == {"name", "email", "places"}


def test_unknown_fields_cannot_be_assigned() -> None:
    form = parse({**GOOD, "is_staff": ["true"], "id": ["1"]}, Sample)
    assert form.value is not None
    assert not hasattr(form.value, "is_staff")


def test_passwords_are_exact_and_not_sent_back() -> None:
    form = parse({**GOOD, "password": ["  tab\tand ÂM  "]}, Sample)
    assert form.value is not None
    assert form.value.password == "  tab\tand ÂM  "
    assert "password" not in form.forget("password").raw


def test_a_verbs_refusal_lands_on_its_field() -> None:
    form: Form[Sample] = parse(GOOD, Sample)
    form.take(Invalid(fields={"name": N_("Please fill this in.")}))
    assert (form.value, set(form.errors)) == (None, {"name"})
    form = parse(GOOD, Sample).take(Invalid(N_("Please check the marked fields.")))
    assert set(form.errors) == {""}


def test_a_stored_value_fills_the_form() -> None:
    shown = filled(
        {
            "name": "A",
            "tags": ["x", "y"],
            "agreed": True,
            "no": False,
            "starts_at": datetime(2026, 12, 1, 2, tzinfo=UTC),
            "gone": None,
        }
    )
    assert shown.raw == {"name": "A", "tags": "x", "agreed": "on", "starts_at": "2026-12-01T09:00"}
    assert shown.raw_list("tags") == ["x", "y"]


@given(st.dictionaries(st.sampled_from(Sample.__struct_fields__), st.lists(st.text(), max_size=3)))
def test_nothing_that_can_be_typed_breaks_a_form(raw: dict[str, list[str]]) -> None:
    form = parse(raw, Sample)
    assert (form.value is None) == bool(form.errors)


class Body(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    places: Annotated[int, msgspec.Meta(ge=0)] = 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"places": 1}', "name"),
        (b'{"name": "a", "places": -1}', "places"),
        (b'{"name": "a", "sold": 0}', "sold"),
        (b'{"name": 5}', "name"),
        (b"[]", "body"),
    ],
)
def test_json_says_which_field_is_wrong(body: bytes, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_json(body, Body)
    assert set(refusal.value.fields) == {field}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"name": "\xed\xa0\x80"}'])
def test_broken_json_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        read_json(body, Body)


def test_json_texts_are_cleaned() -> None:
    assert read_json(b'{"name": " a\\u0000\\u202eb "}', Body) == Body(name="ab")


# --- every kind of field --------------------------------------------------------------------------------------


class Kinds(msgspec.Struct, kw_only=True):
    short: Annotated[str, msgspec.Meta(min_length=3, max_length=5)] = "abc"
    ratio: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.5
    seats: Annotated[int, msgspec.Meta(ge=-5, le=5)] | None = None
    codes: list[Literal["a", "b"]] = []
    numbers: list[int] = []
    kind: Literal["x", "y"] | None = None
    when: datetime | None = None
    day: date | None = None
    story: Text = ""
    line: Line = ""
    yes: bool = False


@pytest.mark.parametrize(
    ("field", "texts", "value"),
    [
        ("short", ["abcde"], "abcde"),
        ("short", ["  abc\u200b "], "abc"),
        ("ratio", ["0.25"], 0.25),
        ("seats", ["-5"], -5),
        ("seats", [""], None),
        ("seats", ["  "], None),
        ("seats", ["", "3"], 3),
        ("seats", ["3", "4"], 3),
        ("codes", ["a", "b", "a"], ["a", "b", "a"]),
        ("codes", [], []),
        ("codes", ["", " "], []),
        ("numbers", ["1", "22"], [1, 22]),
        ("kind", ["y"], "y"),
        ("kind", [""], None),
        ("when", ["2026-12-01T09:30"], datetime(2026, 12, 1, 2, 30, tzinfo=UTC)),
        ("when", ["2026-12-01T09:30:15"], datetime(2026, 12, 1, 2, 30, 15, tzinfo=UTC)),
        ("when", ["2026-12-01T09:30+14:00"], datetime(2026, 11, 30, 19, 30, tzinfo=UTC)),
        ("when", ["2026-12-01T09:30Z"], datetime(2026, 12, 1, 9, 30, tzinfo=UTC)),
        ("when", ["2028-02-29T00:00"], datetime(2028, 2, 28, 17, 0, tzinfo=UTC)),
        ("day", ["2028-02-29"], date(2028, 2, 29)),
        ("story", ["a\r\nb\x00"], "a\nb"),
        ("line", ["a\r\nb\tc"], "a b c"),
        ("yes", ["on"], True),
        ("yes", ["1"], True),
        ("yes", ["off"], False),
        ("yes", ["0"], False),
        ("yes", ["false"], False),
        ("yes", [""], False),
        ("yes", [], False),
    ],
)
def test_what_is_typed_becomes_a_value(field: str, texts: list[str], value: object) -> None:
    form = parse({field: texts}, Kinds)
    assert form.errors == {}
    assert form.value is not None
    assert getattr(form.value, field) == value


@pytest.mark.parametrize(
    ("field", "text", "vi", "en"),
    [
        ("short", "ab", "Nội dung quá ngắn: tối thiểu 3 ký tự.", "This is too short: at least 3 characters."),
        ("short", "abcdef", "Nội dung quá dài: tối đa 5 ký tự.", "This is too long: at most 5 characters."),
        ("ratio", "0", "Giá trị phải từ 0 trở lên.", "This must be at least 0."),
        ("ratio", "1", "Giá trị không được vượt quá 1.", "This must be at most 1."),
        ("seats", "-6", "Giá trị phải từ -5 trở lên.", "This must be at least -5."),
        ("seats", "6", "Giá trị không được vượt quá 5.", "This must be at most 5."),
        ("seats", "1.5", "Vui lòng nhập số, viết bằng chữ số.", "Please enter a number, in digits."),
        ("seats", "1,5", "Vui lòng nhập số, viết bằng chữ số.", "Please enter a number, in digits."),
        ("seats", "--1", "Vui lòng nhập số, viết bằng chữ số.", "Please enter a number, in digits."),
        ("numbers", "x", "Vui lòng nhập số, viết bằng chữ số.", "Please enter a number, in digits."),
        ("kind", "z", "Vui lòng chọn một trong các phương án.", "Please choose one of the options."),
        ("codes", "c", "Vui lòng chọn một trong các phương án.", "Please choose one of the options."),
        ("when", "9am", "Vui lòng nhập ngày giờ hợp lệ.", "Please enter a date and time that exist."),
        ("when", "2026-13-01T00:00", "Vui lòng nhập ngày giờ hợp lệ.", "Please enter a date and time that exist."),
        ("when", "1899-12-31T23:59", "Vui lòng nhập ngày giờ hợp lệ.", "Please enter a date and time that exist."),
        ("day", "01/02/2026", "Vui lòng nhập ngày giờ hợp lệ.", "Please enter a date and time that exist."),
        ("line", "x" * 201, "Nội dung quá dài: tối đa 200 ký tự.", "This is too long: at most 200 characters."),
        ("story", "x" * 10_001, "Nội dung quá dài: tối đa 10000 ký tự.", "This is too long: at most 10000 characters."),
    ],
)
def test_what_is_wrong_is_told_in_both_languages(field: str, text: str, vi: str, en: str) -> None:
    form = parse({field: [text]}, Kinds)
    assert (form.value, set(form.errors)) == (None, {field})
    with in_language("en"):
        assert form.errors[field] == en
    assert form.errors[field] == vi
    assert form.raw[field] == text


def test_a_name_of_two_hundred_vietnamese_letters_fits_however_it_is_typed() -> None:
    import unicodedata

    name = "ộ" * 200
    for typed in (name, unicodedata.normalize("NFD", name), f" {name} "):
        form = parse({"line": [typed]}, Kinds)
        assert form.value is not None
        assert form.value.line == name


# --- addresses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("lan@example.com", "lan@example.com"),
        ("Lan.Nguyen+su.kien@Example.COM", "Lan.Nguyen+su.kien@example.com"),
        ("lan@bücher.example", "lan@bücher.example"),
        ("o'neil@example.com", "o'neil@example.com"),
    ],
)
def test_an_address_is_kept_as_its_server_knows_it(typed: str, kept: str) -> None:
    assert email_address(typed) == kept
    assert email_address(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "lan", "@example.com", "lan@", "lan@@example.com", "a b@example.com", "lan@example..com", "lan@-a.example",
        "lan@example.com, minh@example.com", "lan@example.com\nBcc: x@example.com", '"lan nguyen"@example.com',
        "lan@[127.0.0.1]", "lan@localhost", "đức@example.com", "аdmin@example.com", ".lan@example.com",
        "lan@" + "a" * 64 + ".example", "<lan@example.com>", "lan@example.com\x00",
        "a@" + "b." * 130 + "example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert not is_email(typed)


@given(st.emails())
def test_an_address_that_is_kept_stays_the_same(typed: str) -> None:
    if is_email(typed):
        kept = email_address(typed)
        assert email_address(kept) == kept
        assert len(kept) <= 254
        assert kept.partition("@")[0].isascii()


# --- verbs' refusals ------------------------------------------------------------------------------------------


def test_a_refusal_with_gaps_is_filled_on_its_field_and_above_the_form() -> None:
    form = parse(GOOD, Sample)
    form.take(Invalid(fields={"places": N_("This must be at most %(max)s.")}, max=40))
    with in_language("en"):
        assert form.errors == {"places": "This must be at most 40."}
    above: Form[Sample] = parse(GOOD, Sample)
    above.take(Invalid(N_("This must be at least %(min)s."), min=2))
    with in_language("en"):
        assert above.errors == {"": "This must be at least 2."}


def test_what_was_typed_into_lists_is_kept() -> None:
    form = parse({**GOOD, "tags": ["b", "a"], "places": ["x"]}, Sample)
    assert (form.value, form.raw_list("tags"), form.raw_list("nothing")) == (None, ["b", "a"], [])


def test_an_empty_form_shows_nothing() -> None:
    form: Form[Sample] = Form()
    assert (form.raw, form.errors, form.value, form.raw_list("name")) == ({}, {}, None, [])


def test_what_is_stored_comes_back_unchanged_when_it_is_sent_again() -> None:
    kept = Kinds(
        short="abcd", ratio=0.5, seats=0, codes=["b", "a"], numbers=[3, 4], kind="y", day=date(2026, 1, 2),
        when=datetime(2026, 12, 1, 9, 30, tzinfo=timezone(timedelta(hours=7))), story="a\nb", line="Đức", yes=True,
    )  # fmt: skip
    shown = filled(msgspec.structs.asdict(kept))
    again = parse({name: shown.raw_list(name) for name in Kinds.__struct_fields__}, Kinds)
    assert again.value == kept


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("1500000"), "1500000"),
        (0, "0"),
        (0.5, "0.5"),
        ("", ""),
        ((1, 2), "1"),
        (frozenset({"x"}), "x"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 12, 31, 18, 5, tzinfo=UTC), "2027-01-01T01:05"),
    ],
)
def test_how_a_stored_value_is_shown(value: object, shown: str) -> None:
    assert filled({"field": value}).raw == {"field": shown}


# --- from the browser -----------------------------------------------------------------------------------------

HERE = {"Origin": "http://127.0.0.1:8000"}


async def test_files_in_a_form_are_not_its_fields(odd: Any) -> None:
    answer = await odd().post(
        "/try/go", data={"name": "Lan", "next": "/there"}, files={"name": ("x.txt", b"not a name")}, headers=HERE
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/there")


async def test_a_field_named_twice_gives_its_first_text(odd: Any) -> None:
    body = "name=a&next=%2Fone&next=%2Ftwo"
    kind = {"Content-Type": "application/x-www-form-urlencoded", **HERE}
    assert (await odd().post("/try/go", content=body, headers=kind)).headers["location"] == "/one"


# --- JSON -----------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["name", "places", "sold", ""]), JSON, max_size=4) | JSON)
def test_no_json_breaks_the_reader(data: Any) -> None:
    with contextlib.suppress(Invalid):
        assert read_json(json.dumps(data).encode(), Body).places >= 0


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with contextlib.suppress(Invalid):
        assert read_json(body, Body).places >= 0


class Nested(msgspec.Struct):
    parts: list[Body]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"parts": [{"name": "a"}, {"places": 1}]}', "parts[1].name"),
        (b'{"parts": [{"name": "a", "places": -1}]}', "parts[0].places"),
        (b'{"parts": {}}', "parts"),
        (b"{}", "parts"),
        (b'{"parts": [{"name": "a", "sold": 1}]}', "parts[0].sold"),
    ],
)
def test_json_says_where_inside_it_is_wrong(body: bytes, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_json(body, Nested)
    assert set(refusal.value.fields) == {field}
