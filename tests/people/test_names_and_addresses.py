"""Names and addresses as people have them, and as others try them: what is taken, and how it is kept."""

import unicodedata
from email.message import EmailMessage

import asyncpg
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.errors import Invalid
from app.core.forms import parse
from app.people import forms
from app.people.accounts import create_person, email_key, person_by_email, require_visible, searched_by
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import PASSWORD, cookie_of, link_in_mail, mails

SYLLABLES = ("Nguyễn", "Phước", "Ưng", "Đặng", "Quỳnh", "Thượng", "Hoàng", "Diễm", "Ngọc", "Ỷ", "Lệ", "Thuỷ", "Khuê")


def long_name(letters: int) -> str:
    """A Vietnamese name of exactly so many letters."""
    return (" ".join(SYLLABLES * 9))[: letters - 1] + "ễ"


def taken(email: str) -> str | None:
    form = parse({"email": [email]}, forms.Address)
    return form.value.email if form.value else None


# --- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("lan@test.example", "lan@test.example"),
        ("  lan@test.example\t", "lan@test.example"),
        ("\ufefflan@test.example\u200b", "lan@test.example"),
        ("LAN@TEST.EXAMPLE", "LAN@test.example"),
        ("lan.nguyen+su.kien@test.example", "lan.nguyen+su.kien@test.example"),
        ("l.a.n@test.example", "l.a.n@test.example"),
        ("o'brien_1%x@test.example", "o'brien_1%x@test.example"),
        ("lan@xn--mnchen-3ya.example", "lan@münchen.example"),
        ("lan@MÜNCHEN.example", "lan@münchen.example"),
        (unicodedata.normalize("NFD", "lan@münchen.example"), "lan@münchen.example"),
        ("lan@ｔｅｓｔ.example", "lan@test.example"),
        ("lan@test。example", "lan@test.example"),
        ("a@" + "b" * 63 + ".example", "a@" + "b" * 63 + ".example"),
    ],
)
def test_addresses_that_are_taken(typed: str, kept: str) -> None:
    assert taken(typed) == kept
    assert taken(kept) == kept, "what is kept can be typed again"


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "lan", "@test.example", "lan@", "lan@intern", "lan@@test.example", "lan@test@test.example"),
        *("lan@test.example\r\nBcc: x@y.example", "lan@test.example\nBcc: x@y.example", "lan\u2028@test.example,x"),
        *(
            "lan@test.example, x@y.example",
            "lan@test.example;x@y.example",
            "<lan@test.example>",
            "Lan <l@test.example>",
        ),
        *('"lan nguyen"@test.example', "lan@[127.0.0.1]", "lan@127.0.0.1", "lan@test..example", ".lan@test.example"),
        *("lan.@test.example", "l..n@test.example", "lan@-test.example", "lan@test-.example", "lan@te st.example"),
        *(
            "đức@test.example",
            "аdmin@test.example",
            "ｌan@test.example",
            "lan\u200b@test.example",
            "lan@te\u200bst.example",
        ),
        *(
            "lan@test.example?subject=x",
            "mailto:lan@test.example",
            "lan@localhost",
            "lan@test.local",
            "lan(x)@test.example",
        ),
        *("a@" + "b" * 64 + ".example", "a" * 243 + "@test.example", "a@" + ".".join(["b" * 60] * 5) + ".example"),
    ],
)
def test_addresses_that_are_not(typed: str) -> None:
    assert taken(typed) is None


@given(
    st.text(max_size=30),
    st.sampled_from(["\r", "\n", "\r\n", "\x00", "\x0b", "\x85", "\u2028", "\u2029"]),
    st.text(max_size=30),
)
@settings(max_examples=200, deadline=None)
def test_no_address_breaks_a_header(before: str, control: str, after: str) -> None:
    kept = taken(f"{before}{control}{after}@test.example") or taken(f"lan@test.example{control}{after}")
    if kept is not None:
        message = EmailMessage()
        message["To"] = kept
        assert len(message["To"].addresses) == 1
        assert not any(c in kept for c in "\r\n\x00\x0b\x85\u2028\u2029 ,;<>")


@given(st.emails())
@settings(max_examples=150, deadline=None)
def test_what_is_kept_is_compared_with_itself(email: str) -> None:
    kept = taken(email)
    if kept is not None:
        assert taken(kept) == kept
        assert email_key(kept) == email_key(kept.upper()) == email_key(f" {kept} ")
        assert len(kept) <= 254


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("lan@test.example", "LAN@TEST.example", True),
        ("lan@test.example", "l.an@test.example", False),
        ("lan@test.example", "lan+x@test.example", False),
        ("lan@münchen.example", "lan@xn--mnchen-3ya.example", True),
        ("lan@test.example", "lan@tеst.example", False),
        ("lan@strasse.example", "lan@straße.example", False),
    ],
)
async def test_which_spellings_are_one_account(db: asyncpg.Connection, one: str, other: str, same: bool) -> None:
    actor = await make_person(email=taken(one))
    found = await person_by_email(taken(other) or "")
    assert (found["id"] if found else None) == (actor.id if same else None)


async def test_an_address_is_signed_in_with_as_it_is_written_anywhere(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    await make_person(email="lan@münchen.example", password=PASSWORD)
    for typed in (" LAN@xn--MNCHEN-3ya.example ", unicodedata.normalize("NFD", "lan@münchen.example")):
        answer = await make_client().post("/sign-in", data={"email": typed, "password": PASSWORD})
        assert answer.status_code == 303


async def test_a_mail_to_an_international_domain(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    await make_person(email="lan@münchen.example")
    await client.post("/reset", data={"email": "LAN@XN--MNCHEN-3YA.example"})
    assert [mail["to_address"] for mail in await mails()] == ["lan@münchen.example"]


# --- names ------------------------------------------------------------------------------------------------------


def named(name: str) -> tuple[str | None, str]:
    """What is kept of a name, or None with the reason."""
    form = parse({"name": [name], "locale": ["vi"]}, forms.Profile)
    return (form.value.name if form.value else None, str(form.phrases["name"][0]) if form.phrases else "")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Nguyễn Đức", "Nguyễn Đức"),
        (unicodedata.normalize("NFD", "Nguyễn Đức"), "Nguyễn Đức"),
        ("  Nguyễn \u00a0\t Đức ", "Nguyễn Đức"),
        ("Nguyễn\r\nĐức", "Nguyễn Đức"),
        ("Nguyễn\u2028Đức", "NguyễnĐức"),
        ("\u202eniỄ\u202c Lan", "niỄ Lan"),
        ("Lan\x00\x1b[31m", "Lan[31m"),
        ("\u200bLan\u200b", "Lan"),
        ("Y", "Y"),
        ("O'Brien-Trần (Lan)", "O'Brien-Trần (Lan)"),
        ("👩‍🚀 Lan", "👩‍🚀 Lan"),
        ("阮氏蘭", "阮氏蘭"),
        ("e" + "\u0301" * 400, "é\u0301\u0301\u0301"),
        (long_name(120), long_name(120)),
        (unicodedata.normalize("NFD", long_name(120)), long_name(120)),
    ],
)
def test_names_that_are_taken(typed: str, kept: str) -> None:
    assert named(typed) == (kept, "")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Please fill this in."),
        (" \t\n", "Please fill this in."),
        ("\u200b\u202e\ufeff", "Please fill this in."),
        (long_name(121), "This is too long: at most %(max)s characters."),
        (long_name(200), "This is too long: at most %(max)s characters."),
        (unicodedata.normalize("NFD", long_name(200)), "This is too long: at most %(max)s characters."),
    ],
)
def test_names_that_are_not(typed: str, why: str) -> None:
    assert named(typed) == (None, why)


@pytest.mark.parametrize(
    "name",
    ["\u200d", "\u200c\u200d\u2060", "\u00ad\u00ad", "\u3164", "\u115f\u1160", "\u2800 \u2800", "\u034f", "\u0301"],
)
async def test_nobody_is_called_nothing(db: asyncpg.Connection, make_client: MakeClient, name: str) -> None:
    """Signs that draw nothing are no name: nobody could be told apart in a list, or clicked on."""
    with pytest.raises(Invalid):
        require_visible(name)
    actor = await make_person("Trước")
    client = await cookie_of(make_client(), actor)
    answer = await client.post("/account", data={"name": name, "locale": "vi"})
    assert (answer.status_code, answer.text.count('id="error-f-name"')) == (422, 1)
    fields = {"name": name, "email": "moi@test.example", "password": PASSWORD}
    answer = await make_client().post("/sign-up", data=fields)
    assert (answer.status_code, answer.text.count('id="error-f-name"')) == (422, 1)
    assert await database.fetchval("SELECT name FROM person") == "Trước"
    assert await database.fetchval("SELECT count(*) FROM sign_up") == 0


@pytest.mark.parametrize("name", ["a", "Ý", "阮", "7", "?!", "👩‍🚀", "e\u0301", "\u200dLan\u200d"])
def test_whatever_can_be_seen_is_a_name(name: str) -> None:
    require_visible(name)


async def test_a_long_name_on_every_page_that_shows_it(db: asyncpg.Connection, make_client: MakeClient) -> None:
    name = long_name(120)
    actor = await make_person(name, roles=("admin",))
    client = await cookie_of(make_client(), actor)
    for path in ("/account", "/staff/people", f"/staff/people/{actor.id}"):
        assert name in (await client.get(path)).text, path
    assert (await client.get("/api/v1/me")).json()["name"] == name
    found = await client.get("/staff/people", params={"q": "nguyen phuoc ung dang quynh thuong"})
    assert name in found.text.partition("<main")[2]


@pytest.mark.parametrize(
    ("typed", "sought"),
    [
        ("Nguyễn Đức", "nguyen duc"),
        (unicodedata.normalize("NFD", "Nguyễn Đức"), "NGUYỄN ĐỨC"),
        ("Nguyễn  Đức", "ễn đ"),
        ("Đặng Ỷ Lệ", "dang y le"),
        ("100% Lan_Anh\\", "100% lan_anh\\"),
    ],
)
async def test_staff_find_a_name_however_it_is_spelled(
    db: asyncpg.Connection, make_client: MakeClient, typed: str, sought: str
) -> None:
    kept = named(typed)[0] or ""
    await make_person(kept, email="a@test.example")
    await make_person("Người khác", email="b@test.example")
    boss = make_client(await make_person("Quản trị", roles=("admin",)))
    main = (await boss.get("/staff/people", params={"q": sought})).text.partition("<main")[2]
    assert main.count('href="/staff/people/') == 1
    assert searched_by(kept, "a@test.example").endswith(" a@test.example")


@pytest.mark.parametrize(
    "name", ["=HYPERLINK(1)", "{{7*7}}", "{% raw %}", "${7*7}", "<b>Lan</b>", '"><svg onload=x>', "%(max)s"]
)
async def test_a_name_is_only_ever_text(db: asyncpg.Connection, make_client: MakeClient, name: str) -> None:
    actor = await make_person(name, password=PASSWORD)
    client = await cookie_of(make_client(), actor)
    page = await client.get("/account")
    assert (page.status_code, "<b>Lan" in page.text, "<svg onload" in page.text) == (200, False, False)
    assert 'value="49"' not in page.text
    await client.post("/account/password", data={"current": PASSWORD, "new": "cây cầu dây văng"})
    [mail] = await mails()
    assert name in mail["text"]
    assert "\n" not in mail["subject"]


async def test_a_prepared_account_is_not_taken_over_from_another_domain(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    """An account that waits for lan@strasse.example stays when the owner of straße.example signs up."""
    waiting = await create_person(email="lan@strasse.example", name="Được mời", roles=("organizer",))
    client = make_client()
    fields = {"name": "Kẻ khác", "email": "lan@straße.example", "password": PASSWORD}
    await client.post("/sign-up", data=fields)
    await client.post(await link_in_mail("confirm"))
    me = (await client.get("/api/v1/me")).json()
    assert (me["email"], me["roles"]) == ("lan@straße.example", [])
    row = await database.fetchrow("SELECT name, email_confirmed_at FROM person WHERE id = $1", waiting)
    assert tuple(row or ()) == ("Được mời", None)
