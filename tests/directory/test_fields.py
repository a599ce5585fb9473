"""Every field of a profile at its limits, by form and by verb: what is taken, what is refused and how it is said."""

import html
import re
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.clock import now
from app.core.errors import Invalid
from app.core.i18n import in_language
from app.directory import editing, places, profile_fields, profiles
from app.directory import vocabulary as terms
from app.directory.fields import COLLECTIONS, FIELDS, SECTIONS
from app.directory.fields.values import MOST_MONEY
from app.directory.profile_fields import NEED_CODES, checked, checked_mandate
from tests.conftest import MakeClient
from tests.directory.conftest import Cast

LONG_NAME = (
    "Công ty Trách nhiệm hữu hạn Một thành viên Ứng dụng Khoa học Kỹ thuật Nguyễn Thị Ngọc Đường – Chuyển đổi số "
)
SECTION_OF = {field.name: name for name in SECTIONS for field in editing.typed_fields(name)}
FIXED_SECTIONS = ("identity", "texts", "place", "raising", "market", "contact")
NEEDED = {"identity": {"name": "Nguyễn Đức Robot", "kinds": ["startup", "investor", "incubator"]}}


def wrong(values: dict[str, Any], *, mandate: bool = False) -> dict[str, str]:
    """What is wrong, by field, in English; nothing when all is taken."""
    try:
        (checked_mandate if mandate else checked)(values)
    except Invalid as error:
        return {field: phrase.text("en", **error.params) for field, phrase in error.fields.items()}
    return {}


LENGTHS = {
    field.name: field.most for field in FIELDS.values() if field.type in ("line", "text", "phone", "url", "email")
}
LISTS = {
    field.name: (field.vocabulary, field.most) for field in (*FIELDS.values(), *NEED_CODES) if field.type == "codes"
}
MANDATE_LISTS = {
    field.name: (field.vocabulary, field.most) for field in COLLECTIONS["mandate"].fields if field.type == "codes"
}
SINGLE = {field.name: field.vocabulary for field in FIELDS.values() if field.type == "code" and not field.required}


# --- texts ------------------------------------------------------------------------------------------------------------

TEXTS = {name: most for name, most in LENGTHS.items() if FIELDS[name].type in ("line", "text", "phone")}
TEXTS.pop("enterprise_code")


@pytest.mark.parametrize(("field", "most"), TEXTS.items())
def test_a_text_may_be_so_long_and_not_longer(field: str, most: int) -> None:
    letters = "ễ" * most

    assert checked({field: letters})[field] == letters
    assert wrong({field: letters + "ễ"}) == {field: f"This is too long: at most {most} characters."}


@pytest.mark.parametrize(("field", "most"), TEXTS.items())
def test_what_is_counted_are_letters_as_people_see_them(field: str, most: int) -> None:
    """Letters that arrive in parts are put together before they are counted."""
    assert checked({field: "e\u0302\u0303" * most})[field] == "ễ" * most


def test_each_field_is_told_its_own_limit() -> None:
    values = {"name": "x" * 161, "summary_vi": "x" * 281, "sectors": list(terms.SECTORS.codes[:9])}

    assert wrong(values) == {
        "name": "This is too long: at most 160 characters.",
        "summary_vi": "This is too long: at most 280 characters.",
        "sectors": "Please choose at most 8.",
    }


async def test_each_field_is_told_its_own_limit_by_the_api_and_by_the_page(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.owner)
    values = {"summary_vi": "x" * 281, "description_en": "x" * 5001}

    answer = await client.patch(f"/api/v1/organisations/{cast.id}", json=values)
    page = await client.post(f"/organisations/{cast.slug}/edit/texts", data={"version": "1", **values})

    fields = answer.json()["error"]["fields"]
    assert fields["summary_vi"]["message_en"] == "This is too long: at most 280 characters."
    assert fields["description_en"]["message_vi"].endswith("5000 ký tự.") or "5000" in str(fields["description_en"])
    assert page.status_code == 422
    assert "280" in page.text
    assert "5000" in page.text


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Trà   Sen ", "Trà Sen"),
        ("Trà\nSen", "Trà Sen"),
        ("Trà\u00a0Sen", "Trà Sen"),
        ("Tra\u0300 Sen", "Trà Sen"),
        ("\u202eTrà Sen\u202c", "Trà Sen"),
        ("Trà\x00 Sen\x07", "Trà Sen"),
        ("Trà Sen\ud800", "Trà Sen"),
        ("A" + "\u0301" * 40, "Á" + "\u0301" * 3),
    ],
)
def test_names_are_made_uniform(typed: str, stored: str) -> None:
    assert checked({"name": typed}) == {"name": stored}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Please fill this in."),
        ("   ", "Please fill this in."),
        ("\u200b", "Please fill this in."),
        ("!!!", "A name needs at least one letter or digit."),
        ("–", "A name needs at least one letter or digit."),
        ("🦄", "A name needs at least one letter or digit."),
    ],
)
def test_a_name_has_letters(name: str, message: str) -> None:
    assert wrong({"name": name}) == {"name": message}


@pytest.mark.parametrize("name", ["株式会社", "Ж", "37", "ß", "ห้างหุ้นส่วน", "한국"])
async def test_names_in_other_scripts_have_an_address(cast: Cast, name: str) -> None:
    saved = await profiles.create_organisation(cast.owner, {"name": name * 2, "kinds": ["company"]})

    assert re.fullmatch(r"[a-z0-9-]+", saved.slug)
    assert await database.fetchval("SELECT name_folded <> '' FROM organisation WHERE id = $1", saved.id)


# --- choices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "of"), LISTS.items(), ids=lambda value: value if isinstance(value, str) else "")
def test_so_many_may_be_chosen(field: str, of: tuple[terms.Vocabulary, int]) -> None:
    vocabulary, most = of
    codes = list(vocabulary.codes)

    assert checked({field: codes[:most]})[field] == codes[:most]
    assert checked({field: [codes[0], codes[0]]})[field] == codes[:1]
    if len(codes) > most:
        assert wrong({field: codes[: most + 1]}) == {field: f"Please choose at most {most}."}
    for foreign in ("steam", "", codes[0].upper() + "X", "<b>"):
        assert wrong({field: [codes[0], foreign]}) == {field: "Please choose one of the options."}


@pytest.mark.parametrize(
    ("field", "of"), MANDATE_LISTS.items(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_so_many_may_be_looked_for(field: str, of: tuple[terms.Vocabulary, int]) -> None:
    vocabulary, most = of
    codes = list(vocabulary.codes)

    assert checked_mandate({field: codes[:most]})[field] == codes[:most]
    if len(codes) > most:
        assert wrong({field: codes[: most + 1]}, mandate=True) == {field: f"Please choose at most {most}."}
    assert wrong({field: ["steam"]}, mandate=True) == {field: "Please choose one of the options."}


@pytest.mark.parametrize(("field", "vocabulary"), SINGLE.items(), ids=list(SINGLE))
def test_one_of_a_vocabulary(field: str, vocabulary: terms.Vocabulary) -> None:
    for code in vocabulary.codes:
        assert checked({field: code})[field] == code
    assert checked({field: ""})[field] is None
    assert wrong({field: "teenage"}) == {field: "Please choose one of the options."}


@pytest.mark.parametrize(
    ("typed", "stored"), [("1", 1), ("9", 9), ("", None), ("07", 7)]
)  # fmt: skip
async def test_a_level_of_readiness(cast: Cast, make_client: MakeClient, typed: str, stored: int | None) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"trl": 5})
    response = await make_client(cast.owner).post(
        f"/organisations/{cast.slug}/edit/market", data={"version": "2", "trl": typed}
    )

    assert response.status_code == 303
    assert await database.fetchval("SELECT trl FROM organisation WHERE id = $1", cast.id) == stored


@pytest.mark.parametrize("typed", ["0", "10", "x", "-1", "3.5", "٣", "9" * 50, "²"])
async def test_what_is_no_level_is_refused_and_the_stored_one_stays(
    cast: Cast, make_client: MakeClient, typed: str
) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"trl": 5})
    response = await make_client(cast.owner).post(
        f"/organisations/{cast.slug}/edit/market", data={"version": "2", "trl": typed}
    )

    assert response.status_code == 422
    assert 'href="#f-trl"' in response.text
    assert await database.fetchval("SELECT trl FROM organisation WHERE id = $1", cast.id) == 5


# --- addresses and contacts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("example.com", "https://example.com"),
        ("www.example.com/a?b=c#d", "https://www.example.com/a?b=c#d"),
        ("http://example.com", "http://example.com"),
        ("HTTPS://Example.com", "HTTPS://Example.com"),
        ("trà-sen.vn", "https://trà-sen.vn"),
        ("https://xn--tr-sen-jta.vn", "https://xn--tr-sen-jta.vn"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("", ""),
    ],
)
def test_websites(typed: str, stored: str) -> None:
    assert checked({"website": typed}) == {"website": stored}


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)", "javascript://example.com/%0aalert(1)", "data:text/html,x", "ftp://example.com",
        "file:///etc/passwd", "https://", "https://localhost", "//", "https://a b.com", 'https://a.com/"x',
        "https://a.com/<b>", "https://user@example.com", "https://user:pw@example.com", "https://[::1",
        "mailto:a@b.com",
        "x" * 301, "vbscript:x.y",
    ],
)  # fmt: skip
def test_what_a_browser_should_not_be_sent_to(typed: str) -> None:
    assert set(wrong({"website": typed})) == {"website"}


@pytest.mark.parametrize("typed", ["a@example.com", "A.b+c@Sub.Example.com", "a@xn--tr-sen-jta.vn", ""])
def test_contact_addresses(typed: str) -> None:
    assert wrong({"contact_email": typed}) == {}


@pytest.mark.parametrize("typed", ["a", "a@", "@b.com", "a@b", "a b@c.com", "a@b.com, c@d.com", "a@b.com\nBcc: x@y.z"])
def test_no_contact_addresses(typed: str) -> None:
    assert set(wrong({"contact_email": typed})) == {"contact_email"}


# --- places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        ({"province_code": "01"}, {"country": "VN", "province_code": "01", "state": None}),
        ({"country": "US", "state": "CA"}, {"province_code": None, "ward_code": None, "state": "CA"}),
        ({"country": "US", "province_code": "01"}, {"country": "US", "province_code": None}),
        ({"country": "SG", "state": "X"}, {"country": "SG", "state": None}),
        ({"country": "VN", "province_code": "01", "ward_code": "00004"}, {"ward_code": "00004"}),
        ({"country": ""}, {"country": None, "province_code": None, "ward_code": None, "state": None}),
    ],
)
def test_places_that_belong_together(values: dict[str, Any], stored: dict[str, Any]) -> None:
    found = checked(values)

    assert {name: found[name] for name in stored} == stored


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"country": "vn"}, "country"),
        ({"country": "EU"}, "country"),
        ({"country": "ZZ"}, "country"),
        ({"country": "VNM"}, "country"),
        ({"country": "VN", "province_code": "1"}, "province_code"),
        ({"country": "VN", "province_code": "63"}, "province_code"),
        ({"country": "VN", "province_code": "01", "ward_code": "99999"}, "ward_code"),
        ({"country": "VN", "ward_code": "00004"}, "ward_code"),
        ({"country": "US", "state": "Hanoi"}, "state"),
    ],
)
def test_places_that_do_not_exist(values: dict[str, Any], field: str) -> None:
    assert set(wrong(values)) == {field}


async def test_another_province_leaves_the_ward_behind(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"ward_code": "00004"})

    saved = await profiles.edit_organisation(cast.owner, cast.id, {"province_code": "79"})

    assert set(saved.changed) == {"province_code", "ward_code"}
    row = await database.fetchrow("SELECT province_code, ward_code FROM organisation WHERE id = $1", cast.id)
    assert tuple(row or ()) == ("79", None)


async def test_the_same_province_keeps_the_ward(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"ward_code": "00004"})

    await profiles.edit_organisation(cast.owner, cast.id, {"province_code": "01", "city": "Ba Đình"})

    assert await database.fetchval("SELECT ward_code FROM organisation WHERE id = $1", cast.id) == "00004"


# --- money and dates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "stored"),
    [
        (Decimal("0.01"), Decimal("0.01")),
        (Decimal("1.005"), Decimal("1.00")),
        (Decimal("1E+3"), Decimal("1000.00")),
        (MOST_MONEY, MOST_MONEY),
    ],
)
def test_amounts_are_kept_to_the_cent(amount: Decimal, stored: Decimal) -> None:
    found = checked({"raising_round": "seed", "raising_amount": amount, "raising_currency": "VND"})

    assert found["raising_amount"] == stored


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        (Decimal(0), "Please enter an amount above zero."),
        (Decimal("0.001"), "Please enter an amount above zero."),
        (Decimal(-1), "Please enter an amount above zero."),
        (Decimal("NaN"), "Please enter an amount above zero."),
        (Decimal("Infinity"), "Please enter an amount above zero."),
        (MOST_MONEY + 1, "This amount is too large."),
        (Decimal("1e300"), "This amount is too large."),
    ],
)
def test_amounts_that_nobody_raises(amount: Decimal, message: str) -> None:
    values = {"raising_round": "seed", "raising_amount": amount, "raising_currency": "VND"}

    assert wrong(values) == {"raising_amount": message}


@pytest.mark.parametrize("currency", profile_fields.CURRENCIES)
def test_currencies(currency: str) -> None:
    values = {"raising_round": "seed", "raising_amount": Decimal(5), "raising_currency": currency}
    tickets = {"ticket_min": Decimal(1), "ticket_max": Decimal(5), "ticket_currency": currency}

    assert (wrong(values), wrong(tickets, mandate=True)) == ({}, {})


@pytest.mark.parametrize(
    ("mandate", "field"),
    [
        ({"ticket_min": Decimal(6), "ticket_max": Decimal(5), "ticket_currency": "VND"}, "ticket_min"),
        ({"ticket_max": Decimal(0), "ticket_currency": "VND"}, "ticket_max"),
        ({"ticket_max": Decimal(5)}, "ticket_currency"),
        ({"ticket_currency": "QQQ"}, "ticket_currency"),
        ({"ticket_max": Decimal(5), "ticket_currency": "QQQ"}, "ticket_currency"),
        ({"ticket_max": MOST_MONEY * 2, "ticket_currency": "VND"}, "ticket_max"),
        ({"geographies": ["VN", "VN-99"]}, "geographies"),
        ({"geographies": ["Mars"]}, "geographies"),
        ({"thesis_vi": "x" * 801}, "thesis_vi"),
        ({"thesis_en": "x" * 801}, "thesis_en"),
    ],
)
def test_mandates_that_cannot_be(mandate: dict[str, Any], field: str) -> None:
    assert set(wrong(mandate, mandate=True)) == {field}


def test_nothing_of_a_mandate_is_cut_off_in_silence() -> None:
    countries = [code for code, _name in places.country_options("en")][:20]

    assert checked_mandate({"geographies": countries})["geographies"] == countries
    assert wrong({"geographies": [*countries, "ZW"]}, mandate=True) == {"geographies": "Please choose at most 20."}
    assert checked_mandate({"thesis_vi": "x" * 800})["thesis_vi"] == "x" * 800


@pytest.mark.parametrize(
    ("day", "fine"),
    [(date(1800, 1, 1), True), (date(2026, 1, 1), True), (date(2199, 1, 1), False)],
)
def test_days_of_foundation(day: date, fine: bool) -> None:
    assert (wrong({"founded_on": day, "founded_precision": "day"}) == {}) is fine


def test_today_is_no_future() -> None:
    assert wrong({"founded_on": now().date(), "founded_precision": "day"}) == {}
    assert checked({"founded_on": None}) == {"founded_on": None, "founded_precision": None}


@pytest.mark.parametrize(
    ("typed", "code"),
    [("2020", 303), ("1800", 303), ("", 303), ("1799", 422), ("2999", 422), ("20", 422), ("x", 422), ("2020.5", 422)],
)
async def test_years_of_foundation(cast: Cast, make_client: MakeClient, typed: str, code: int) -> None:
    response = await make_client(cast.owner).post(
        f"/organisations/{cast.slug}/edit/identity", data={"version": "1", **NEEDED["identity"], "founded_on": typed}
    )

    assert response.status_code == code


# --- the forms --------------------------------------------------------------------------------------------------------

CHOSEN = (
    "stage", "product_stage", "trl", "country", "province_code", "ward_code", "raising_round", "ticket_currency",
)  # fmt: skip
"""Fields with a list to choose from, which cannot show what is not in it."""
REFUSED: list[tuple[str, Any]] = [
    ("name", "x" * 161), ("name", ""), ("name_en", "x" * 161), ("website", "javascript:x"), ("contact_email", "x"),
    ("contact_phone", "0" * 41), ("kinds", ["fish"]), ("founded_on", "soon"), ("summary_vi", "x" * 281),
    ("summary_en", "x" * 281), ("description_vi", "x" * 5001), ("description_en", "x" * 5001), ("sectors", ["steam"]),
    ("technologies", ["steam"]), ("business_models", ["steam"]), ("customers", ["steam"]), ("stage", "teenage"),
    ("product_stage", "teenage"), ("trl", "12"), ("country", "XX"), ("province_code", "99"), ("ward_code", "99999"),
    ("raising_round", "series_z"), ("raising_amount", "rất nhiều"), ("raising_min", "-5"), ("valuation", "=1+1"),
    ("support_types", ["steam"]), ("investor_types", ["steam"]), ("fund_size", "nhiều"), ("raising_until", "mai"),
    ("enterprise_code", "12"), ("legal_form", "x"), ("status", "x"), ("headcount", "-1"), ("video_url", "data:x"),
    ("socials", "x" * 400), ("vsic_codes", "abc"), ("export_markets", ["XX"]), ("revenue_year", "1066"),
    ("pitch_vi", "x" * 501), ("pitch_en", "x" * 501), ("seats", "nhiều"), ("intros_per_month", "x"),
]  # fmt: skip


@pytest.fixture
async def everything(cast: Cast) -> Cast:
    """An organisation of all kinds, so that each section is on its page."""
    await profiles.edit_organisation(cast.owner, cast.id, {"kinds": ["startup", "investor", "incubator"]})
    return cast


@pytest.mark.parametrize(("field", "typed"), REFUSED, ids=lambda value: str(value)[:24])
async def test_what_is_refused_is_shown_again_with_its_reason_and_nothing_is_stored(
    everything: Cast, make_client: MakeClient, field: str, typed: Any
) -> None:
    before = await database.fetchrow("SELECT * FROM organisation WHERE id = $1", everything.id)
    section = SECTION_OF[field]
    data = {"version": "2", **NEEDED.get(section, {}), field: typed}

    for headers in ({}, {"Accept-Language": "en"}):
        response = await make_client(everything.owner, **headers).post(
            f"/organisations/{everything.slug}/edit/{section}", data=data
        )
        assert response.status_code == 422
        assert f'href="#f-{field}"' in response.text
        if isinstance(typed, str) and typed and field not in CHOSEN:
            assert html.escape(typed, quote=False).replace("'", "&#39;") in response.text
    assert await database.fetchrow("SELECT * FROM organisation WHERE id = $1", everything.id) == before
    assert await database.fetchval("SELECT count(*) FROM mandate") == 0


INERT = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "{{ 7*7 }}", "{% raw %}",
    "=cmd|'/c calc'!A1", "+1+1", "@SUM(A1)", "' OR '1'='1", "${7*7}", "&lt;b&gt;", "</textarea><script>x</script>",
]  # fmt: skip


@pytest.mark.parametrize("text", INERT)
async def test_whatever_is_written_is_shown_as_text(everything: Cast, make_client: MakeClient, text: str) -> None:
    name = f"Tên {text}"
    await profiles.edit_organisation(
        everything.owner,
        everything.id,
        {
            "name": name,
            "name_en": text,
            "summary_vi": text,
            "description_vi": text,
            "city": text,
            "contact_phone": text,
        },
        mandate={"thesis_vi": text},
    )
    slug = await database.fetchval("SELECT slug FROM organisation WHERE id = $1", everything.id)
    client = make_client(everything.owner)

    for path in (
        "/directory",
        f"/organisations/{slug}",
        f"/organisations/{slug}/edit",
        f"/organisations/{slug}/history",
    ):
        page = await client.get(path)
        assert page.status_code == 200
        if "<" in text:
            assert text not in page.text
        assert html.escape(text, quote=False).replace("'", "&#39;").replace('"', "&#34;") in page.text
    body = (await client.get(f"/api/v1/organisations/{everything.id}")).json()
    assert (body["name"], body["summary_vi"], body["mandate"]["thesis_vi"]) == (name, text, text)


@pytest.mark.parametrize("letters", [160, 111, 80])
async def test_very_long_names_fit_everywhere(everything: Cast, make_client: MakeClient, letters: int) -> None:
    name = (LONG_NAME * 2)[:letters].strip()
    client = make_client(everything.owner)
    saved = await client.post(
        f"/organisations/{everything.slug}/edit/identity", data={"version": "2", **NEEDED["identity"], "name": name}
    )
    slug = saved.headers["Location"].split("/")[2]

    assert saved.status_code == 303
    assert len(slug) <= 80
    for path in ("/directory", f"/organisations/{slug}", f"/organisations/{slug}/members", "/organisations"):
        assert html.escape(name) in (await client.get(path)).text
    assert (await client.get("/directory", params={"q": name[:60]})).text.count("card-title") == 1


@pytest.mark.parametrize("section", [name for name in SECTIONS if name not in ("project", "research")])
async def test_two_members_at_once_in_each_section(everything: Cast, make_client: MakeClient, section: str) -> None:
    """The second to save is told, sees what was typed with the new version, and may save it then."""
    typed: dict[str, tuple[Any, Any]] = {
        "identity": ({**NEEDED["identity"], "name_en": "One"}, {**NEEDED["identity"], "name_en": "Two words"}),
        "market": ({"stage": "early"}, {"stage": "growth"}),
        "place": ({"country": "US", "city": "One"}, {"country": "US", "city": "Two words"}),
        "raising": ({"raising_round": "seed"}, {"raising_round": "series_a"}),
        "investing": ({"investor_types": ["angel"]}, {"investor_types": ["micro_vc"]}),
        "contact": ({"contact_phone": "+84 1"}, {"contact_phone": "+84 2"}),
        "team": ({"headcount": "11"}, {"headcount": "12"}),
    }
    text = next((field.name for field in editing.typed_fields(section) if field.type in ("text", "line")), "")
    typed = {section: ({text: "One"}, {text: "Two words"}), **typed}
    url = f"/organisations/{everything.slug}/edit/{section}"
    first, second = typed[section]
    owner, editor = make_client(everything.owner), make_client(everything.editor)

    assert (await owner.post(url, data={"version": "2", **first})).status_code == 303
    clash = await editor.post(url, data={"version": "2", **second})
    assert clash.status_code == 409
    assert f'id="version-{section}" value="3"' in clash.text
    for value in second.values():
        for part in value if isinstance(value, list) else [value]:
            assert f'value="{part}"' in clash.text or part in clash.text
    again = await editor.post(url, data={"version": "3", **second})

    assert again.status_code == 303
    assert await database.fetchval("SELECT version FROM organisation WHERE id = $1", everything.id) == 4


async def test_saving_what_stands_there_is_no_clash(everything: Cast, make_client: MakeClient) -> None:
    """Whoever changes nothing overwrites nothing, whatever version the page was made from."""
    response = await make_client(everything.editor).post(
        f"/organisations/{everything.slug}/edit/texts", data={"version": "1", "summary_vi": ""}
    )

    assert response.status_code == 303
    assert await database.fetchval("SELECT version FROM organisation WHERE id = $1", everything.id) == 2


# --- what is shown of what is stored ----------------------------------------------------------------------------------

_LINES = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), max_size=60)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(summary=_LINES, city=_LINES, name=_LINES)
async def test_a_form_shows_what_was_stored_and_saving_it_changes_nothing(
    cast: Cast, summary: str, city: str, name: str
) -> None:
    values = {"name": f"Sen {name}", "summary_vi": summary, "city": city, "country": "US", "raising_round": "seed"}
    await profiles.edit_organisation(cast.owner, cast.id, values)
    row = await database.fetchrow("SELECT * FROM organisation WHERE id = $1", cast.id)
    assert row is not None
    for locale in ("vi", "en"):
        with in_language(locale):
            shown = {section: editing.section_form(section, dict(row)) for section in FIXED_SECTIONS}
        for section, form in shown.items():
            read, taken = editing.read_section(section, {name: form.raw_list(name) for name in form.raw})
            assert read.phrases == {}
            assert (await profiles.edit_organisation(cast.owner, cast.id, taken)).changed == ()


async def test_the_page_of_a_new_organisation_takes_its_kind_from_the_address(
    cast: Cast, make_client: MakeClient
) -> None:
    page: httpx.Response = await make_client(cast.stranger).get("/organisations/new?kind=investor&kind=fish")

    assert re.search(r'value="investor"[^>]* checked', page.text)
    assert 'value="fish"' not in page.text
