"""What an answer has to be, and who is asked what: pure functions, tried by table and by property."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Invalid
from events.asking.schema import KINDS, Condition, Option, Question, Schema, asked_of, checked, in_words

NOW = "2026-11-22T09:00:00+07:00"
OPTIONS = (Option("meat", "Có thịt", "With meat"), Option("vegan", "Chay", "Vegan"))


def question(kind: str, code: str = "q", **kw: Any) -> Question:
    options = OPTIONS if kind in ("choice", "many") else ()
    return Question(code=code, kind=kind, vi="Câu hỏi", **{"options": options, **kw})


def kept(one: Question, given: Any, **kw: Any) -> Any:
    return checked(Schema(3, (one,)), "visitor", {one.code: given}, NOW, **kw).get(one.code)


@pytest.mark.parametrize(
    ("kind", "given", "found"),
    [
        ("line", "  Cơm  chay ", "Cơm chay"),
        ("line", ["Một"], "Một"),
        ("text", "Hai\r\ndòng", "Hai\ndòng"),
        ("line", "   ", None),
        ("choice", "vegan", "vegan"),
        ("many", ["vegan", "meat", "meat", ""], ["meat", "vegan"]),
        ("many", "vegan", ["vegan"]),
        ("yes_no", "no", False),
        ("yes_no", True, True),
        ("number", "12,5", 12.5),
        ("number", 7, 7),
        ("date", "2026-12-12", "2026-12-12"),
        ("email", "An@Example.COM", "An@example.com"),
        ("phone", "+84 912 345 678", "+84 912 345 678"),
        ("url", "ketnoi.example/vi", "https://ketnoi.example/vi"),
        ("country", "VN", "VN"),
        ("province", "01", "01"),
        ("consent", "yes", {"given": True, "form": 3, "at": NOW}),
        ("consent", "no", None),
        ("consent", False, None),
    ],
)
def test_an_answer_is_kept_in_one_form(kind: str, given: Any, found: Any) -> None:
    assert kept(question(kind), given) == found


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("line", "x" * 201),
        ("line", ["a", "b"]),
        ("line", {"a": 1}),
        ("line", 7),
        ("choice", "beef"),
        ("choice", ["meat", "vegan"]),
        ("many", ["beef"]),
        ("many", [1]),
        ("many", 1),
        ("yes_no", "maybe"),
        ("number", "nan"),
        ("number", "1e400"),
        ("number", "mười"),
        ("number", True),
        ("date", "2026-02-30"),
        ("date", "12/12/2026"),
        ("date", "0001-01-01"),
        ("date", 20261212),
        ("email", "an@"),
        ("phone", "123"),
        ("url", "javascript:alert(1)"),
        ("country", "ZZ"),
        ("province", "999"),
        ("consent", "perhaps"),
        ("consent", {"given": "no"}),
    ],
)
def test_what_is_no_answer_is_refused_by_its_question(kind: str, given: Any) -> None:
    with pytest.raises(Invalid) as error:
        kept(question(kind, "mon-an"), given)
    assert list(error.value.fields) == ["q-mon-an"]


def test_bounds_of_a_number() -> None:
    one = question("number", least=1, most=5)
    assert [kept(one, n) for n in (1, 5)] == [1, 5]
    for wrong in (0, 5.5):
        with pytest.raises(Invalid):
            kept(one, wrong)


def test_what_has_to_be_answered_is_asked_for_unless_somebody_else_types() -> None:
    must = question("line", required=True)
    with pytest.raises(Invalid):
        kept(must, "")
    assert kept(must, "", lenient=True) is None
    with pytest.raises(Invalid):
        kept(question("number"), "x", lenient=True)


def test_a_required_consent_is_a_yes() -> None:
    with pytest.raises(Invalid) as error:
        kept(question("consent", required=True), "no")
    assert "đánh dấu" in error.value.fields["q-q"].text("vi")


DINNER = (
    question("yes_no", "dinner"),
    question("choice", "dish", shown_if=Condition("dinner", ("yes",)), required=True),
    question("line", "sauce", shown_if=Condition("dish", ("meat",)), required=True),
    question("line", "press-card", types=("press",), required=True),
)


@pytest.mark.parametrize(
    ("answers", "ticket", "asked"),
    [
        ({}, "visitor", ["dinner"]),
        ({"dinner": "no", "dish": "meat"}, "visitor", ["dinner"]),
        ({"dinner": "yes", "dish": "vegan"}, "visitor", ["dinner", "dish"]),
        ({"dinner": "yes", "dish": "meat", "sauce": "x"}, "visitor", ["dinner", "dish", "sauce"]),
        ({"press-card": "7"}, "press", ["dinner", "press-card"]),
    ],
)
def test_case_4_a_hidden_question_is_not_enforced_and_not_kept(
    answers: dict[str, Any], ticket: str, asked: list[str]
) -> None:
    form = Schema(1, DINNER)
    found = checked(form, ticket, {"sauce": "hidden", "press-card": "7", **answers}, NOW)
    assert set(found) <= set(asked)
    assert [one.code for one in asked_of(form, ticket, found)] == asked


def test_answers_in_words() -> None:
    many, yes = question("many"), question("yes_no")
    assert in_words(many, ["meat", "vegan"]) == "Có thịt, Chay"
    assert [in_words(yes, given) for given in (True, False, None)] == ["Có", "Không", ""]
    assert in_words(question("consent"), {"given": True}) == "Có"
    assert in_words(question("choice"), "gone") == "gone"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.dictionaries(st.sampled_from(["dinner", "dish", "sauce", "press-card", "x"]), _JSON),
    st.sampled_from(["a", "press"]),
)
def test_no_answer_breaks_the_form_and_nothing_unasked_is_kept(answers: dict[str, Any], ticket: str) -> None:
    form = Schema(1, DINNER)
    try:
        found = checked(form, ticket, answers, NOW)
    except Invalid:
        return
    assert set(found) <= {one.code for one in asked_of(form, ticket, found)}
    assert checked(form, ticket, found, NOW) == found


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(KINDS)), _JSON)
def test_every_kind_takes_or_refuses_anything(kind: str, given: Any) -> None:
    try:
        value = kept(question(kind), given)
    except Invalid:
        return
    assert kept(question(kind), value) == value or kind == "consent"
