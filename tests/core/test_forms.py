"""Forms: typed, all errors at once, and what was typed is kept."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.forms import Email, Form, Line, Secret, Text, filled, parse, read_json
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
