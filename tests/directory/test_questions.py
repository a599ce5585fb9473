"""What people type, and what they find first: accents, typing errors, word order, beginnings, keyboards, Unicode."""

import unicodedata
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.directory import hits
from app.directory.asking import Asked, asked_from
from app.directory.finding import find
from app.directory.search import spelling
from app.directory.vocabulary import words
from tests.directory.library import SHELF, shelf


@pytest.fixture(scope="module", autouse=True)
async def books(pool: asyncpg.Pool) -> AsyncIterator[list[dict[str, Any]]]:
    async for found in shelf(pool):
        yield found


async def found_by(typed: str, most: int = 24) -> list[str]:
    """As the page asks: what was typed goes through the address."""
    asked, _unknown = asked_from({"q": [typed]})
    return [row["name"] for row in (await find(asked, limit=most)).rows]


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


FIRST = {
    "without accents": [
        ("nguyen duc", "Nguyễn Đức"),
        ("dat lanh", "Đất Lành"),
        ("dang thi ngoc anh", "Đặng Thị Ngọc Ánh"),
        ("truong dai hoc bach khoa ha noi", "Trường Đại học Bách khoa Hà Nội"),
        ("vien ung dung cong nghe", "Viện Ứng dụng Công nghệ"),
        ("vuon uom song hong", "Vườn ươm Sông Hồng"),
        ("lua thong minh", "Lúa Thông Minh"),
        ("ca phe truy xuat", "Cà Phê Truy Xuất"),
        ("quy dau tu mao hiem cuu long", "Quỹ Đầu tư Mạo hiểm Cửu Long"),
        ("ung hoa farm", "Ứng Hòa Farm"),
        ("creme brulee software", "Crème Brûlée Software"),
        ("strasse & sohne", "Straße & Söhne"),
    ],
    "with accents": [
        ("Nguyễn Đức", "Nguyễn Đức"),
        ("đất lành", "Đất Lành"),
        ("ĐẤT LÀNH", "Đất Lành"),
        ("Vườn Ươm Sông Hồng", "Vườn ươm Sông Hồng"),
        ("Quỹ hạt giống thăng long", "Quỹ Hạt Giống Thăng Long"),
        ("Crème brûlée", "Crème Brûlée Software"),
        ("STRASSE", "Straße & Söhne"),
        ("straße", "Straße & Söhne"),
    ],
    "some accents only": [
        ("nguyên đuc", "Nguyễn Đức"),
        ("đat lanh", "Đất Lành"),
        ("vuờn ươm", "Vườn ươm Sông Hồng"),
        ("quỹ hat giống", "Quỹ Hạt Giống Thăng Long"),
        ("lua thông mính", "Lúa Thông Minh"),
        ("hóa bình xanh", "Hòa Bình Xanh"),
    ],
    "where the mark stands": [
        ("hoà bình xanh", "Hòa Bình Xanh"),
        ("hòa bình xanh", "Hòa Bình Xanh"),
        ("ứng hoà", "Ứng Hòa Farm"),
        ("truờng đại học", "Trường Đại học Bách khoa Hà Nội"),
    ],
    "the exact name comes first": [
        ("nguyen duc", "Nguyễn Đức"),
        ("nguyen duc robot", "Nguyễn Đức Robot"),
        ("hoa binh steel", "Hoa Binh Steel"),
        ("hòa bình xanh", "Hòa Bình Xanh"),
        ("ga", "Ga"),
        ("facebook", "Facebook"),
        ("face book", "Facebook"),
        ("nguyenduc", "Nguyễn Đức"),
        ("linked in", "LinkedIn"),
    ],
    "beginnings of words": [
        ("seq", "Sequoia Capital"),
        ("sequoia c", "Sequoia Capital"),
        ("andre", "Andreessen Horowitz"),
        ("kleiner perk", "Kleiner Perkins Caufield & Byers"),
        ("rob kho", "Robot Kho Vận Bắc Ninh"),
        ("vuon u", "Vườn ươm Sông Hồng"),
        ("dai hoc bach", "Trường Đại học Bách khoa Hà Nội"),
        ("37", "37signals"),
        ("strasse so", "Straße & Söhne"),
    ],
    "another order of the words": [
        ("duc nguyen robot", "Nguyễn Đức Robot"),
        ("minh thong lua", "Lúa Thông Minh"),
        ("capital sequoia", "Sequoia Capital"),
        ("horowitz andreessen", "Andreessen Horowitz"),
        ("ninh bac kho robot", "Robot Kho Vận Bắc Ninh"),
        ("long thang giong hat quy", "Quỹ Hạt Giống Thăng Long"),
        ("byers kleiner", "Kleiner Perkins Caufield & Byers"),
    ],
    "one letter too few": [
        ("sequoa capital", "Sequoia Capital"),
        ("andreessn horowitz", "Andreessen Horowitz"),
        ("facbook", "Facebook"),
        ("linkdin", "LinkedIn"),
        ("lua thog minh", "Lúa Thông Minh"),
        ("vuon um song hong", "Vườn ươm Sông Hồng"),
        ("kleiner perkns", "Kleiner Perkins Caufield & Byers"),
    ],
    "one letter too many": [
        ("sequoiia", "Sequoia Capital"),
        ("faceboook", "Facebook"),
        ("horowwitz", "Andreessen Horowitz"),
        ("thangg long", "Quỹ Hạt Giống Thăng Long"),
        ("bachh khoa", "Trường Đại học Bách khoa Hà Nội"),
    ],
    "another letter": [
        ("secuoia", "Sequoia Capital"),
        ("fasebook", "Facebook"),
        ("horovitz", "Andreessen Horowitz"),
        ("klainer perkins", "Kleiner Perkins Caufield & Byers"),
        ("lua thonk minh", "Lúa Thông Minh"),
    ],
    "two letters swapped": [
        ("sequioa", "Sequoia Capital"),
        ("facebok", "Facebook"),
        ("faceboko", "Facebook"),
        ("horowtiz", "Andreessen Horowitz"),
        ("ngyuen duc robot", "Nguyễn Đức Robot"),
    ],
    "two errors": [
        ("sequoa capitl", "Sequoia Capital"),
        ("andresen horowtz", "Andreessen Horowitz"),
        ("klener perkin caufeld", "Kleiner Perkins Caufield & Byers"),
        ("truong dia hoc bach koa", "Trường Đại học Bách khoa Hà Nội"),
    ],
    "left over from the keyboard": [
        ("ddaats lanhf", "Đất Lành"),
        ("nguyeenx dduwcs robot", "Nguyễn Đức Robot"),
        ("thoong minh", "Lúa Thông Minh"),
        ("vuwowfn uwowm soong hoongf", "Vườn ươm Sông Hồng"),
        ("haf nooij bach khoa", "Trường Đại học Bách khoa Hà Nội"),
        ("luas thoong minh", "Lúa Thông Minh"),
        ("DDAATS LAFNH", "Đất Lành"),
        ("quyx hatj gioongs", "Quỹ Hạt Giống Thăng Long"),
    ],
    "Unicode": [
        (nfd("Nguyễn Đức"), "Nguyễn Đức"),
        (nfd("Vườn ươm"), "Vườn ươm Sông Hồng"),
        (nfd("Ứng Hòa"), "Ứng Hòa Farm"),
        ("Ｓｅｑｕｏｉａ", "Sequoia Capital"),
        ("ⓕacebook", "Facebook"),
        ("ﬀacebook"[1:], "Facebook"),
        ("\u200bsequoia\u200b capital", "Sequoia Capital"),
        ("sequoia\u00a0capital", "Sequoia Capital"),
        ("\u202esequoia\u202c", "Sequoia Capital"),
        ("\ufefffacebook", "Facebook"),
        ("face\u0301book", "Facebook"),
        ("Ðất Lành", "Đất Lành"),
        ("ð\u1ea5t lành", "Đất Lành"),
        ("𝐬𝐞𝐪𝐮𝐨𝐢𝐚", "Sequoia Capital"),
        ("sequoia\ttext"[:7], "Sequoia Capital"),
    ],
    "signs between and around": [
        ("o'reilly", "O'Reilly Media"),
        ("o reilly", "O'Reilly Media"),
        ("o’reilly media", "O'Reilly Media"),
        ("oreilly", "O'Reilly Media"),
        ("yahoo", "Yahoo!"),
        ("yahoo!!!", "Yahoo!"),
        ("abc labs", "A.B.C. Labs"),
        ("a.b.c. labs", "A.B.C. Labs"),
        ("kleiner, perkins, caufield & byers", "Kleiner Perkins Caufield & Byers"),
        ('"sequoia capital"', "Sequoia Capital"),
        ("  sequoia    capital  ", "Sequoia Capital"),
        ("sequoia-capital", "Sequoia Capital"),
        ("(facebook)", "Facebook"),
    ],
    "other texts than the name": [
        ("red river", "Vườn ươm Sông Hồng"),
        ("hanoi university", "Trường Đại học Bách khoa Hà Nội"),
        ("tra uop sen", "Sao Mai"),
        ("trà ướp sen", "Sao Mai"),
        ("rooftop", "Mặt Trời Phương Nam"),
        ("panels schools", "Mặt Trời Phương Nam"),
        ("illinois", "37signals"),
        ("proptech", "Đất Lành"),
        ("bất động sản", "Đất Lành"),
    ],
}
QUESTIONS = [(group, typed, name) for group, asked in FIRST.items() for typed, name in asked]


@pytest.mark.parametrize(("group", "typed", "name"), QUESTIONS, ids=[f"{g}: {t!a}" for g, t, _n in QUESTIONS])
async def test_what_is_found_first(group: str, typed: str, name: str) -> None:
    assert (await found_by(typed))[:1] == [name]


def test_there_are_enough_questions() -> None:
    assert len(QUESTIONS) >= 120
    assert {name for _group, _typed, name in QUESTIONS} <= {book["name"] for book in SHELF}


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("nguyen duc", ["Nguyễn Đức", "Nguyễn Đức Robot"]),
        ("robot", ["Robot Kho Vận Bắc Ninh", "Nguyễn Đức Robot"]),
        ("face", ["Face Forward", "Facebook"]),
        ("hoa binh", ["Hoa Binh Steel", "Hòa Bình Xanh"]),
        ("quy hat", ["Quỹ Hạt Giống Thăng Long"]),
        ("agritech", ["Cà Phê Truy Xuất", "Lúa Thông Minh", "Quỹ Hạt Giống Thăng Long", "Ứng Hòa Farm"]),
        ("new york", ["Face Forward"]),
    ],
)
async def test_everything_that_is_found(typed: str, names: list[str]) -> None:
    found = await found_by(typed)

    assert sorted(found) == sorted(names)


async def test_a_kind_is_found_by_its_synonyms_behind_the_names_that_say_it() -> None:
    found = await found_by("quỹ")

    assert sorted(found[:2]) == ["Quỹ Hạt Giống Thăng Long", "Quỹ Đầu tư Mạo hiểm Cửu Long"]
    assert sorted(found) == sorted(book["name"] for book in SHELF if "investor" in book["kinds"])


@pytest.mark.parametrize(
    "typed",
    [
        "zzzzzz", "qwrtpsd", "0000000", "!!!", "...", "& | !", "':*", "<->", "\\", "%", "_", "' OR 1=1 --",
        "\u0301\u0302", "🦄", "\u202e", "nothing of this kind at all", "x" * 400, "(", "q:w:*zz",
    ],
)  # fmt: skip
async def test_what_nobody_is_called_finds_nobody(typed: str) -> None:
    asked, _unknown = asked_from({"q": [typed]})
    found = await find(asked)

    if asked.q:
        assert (found.rows, found.total) == ([], 0)
        assert not any(options for options in found.facets.values())
        assert (found.next_cursor, found.alike) == (None, False)
    else:
        assert found.total == len(SHELF)


@pytest.mark.parametrize("book", SHELF, ids=[book["name"] for book in SHELF])
async def test_everybody_is_found_first_by_the_own_name_however_it_is_written(book: dict[str, Any]) -> None:
    name = book["name"]

    for typed in (name, name.upper(), name.lower(), nfd(name), f"  {name} ", name.replace(" ", "  ")):
        assert (await found_by(typed))[0] == name


@pytest.mark.parametrize("book", [b for b in SHELF if b.get("name_en")], ids=lambda book: book["name_en"])
async def test_everybody_is_found_by_the_english_name(book: dict[str, Any]) -> None:
    assert book["name"] in await found_by(book["name_en"])


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    book=st.sampled_from([b for b in SHELF if len(b["name"]) >= 11]),
    place=st.integers(1, 200),
    act=st.sampled_from(["drop", "double", "swap", "other"]),
    letter=st.sampled_from("aeiounhgcx"),
)
async def test_one_typing_error_anywhere_in_a_long_name_is_forgiven(
    book: dict[str, Any], place: int, act: str, letter: str
) -> None:
    name = book["name"]
    at = 1 + place % (len(name) - 2)
    typed = {
        "drop": name[:at] + name[at + 1 :],
        "double": name[:at] + name[at] + name[at:],
        "swap": name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        "other": name[:at] + letter + name[at + 1 :],
    }[act]

    assert name in (await found_by(typed))[:3]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(typed=st.text(max_size=40))
async def test_no_words_break_the_search_and_every_hit_is_there(typed: str) -> None:
    asked, _unknown = asked_from({"q": [typed.encode("utf-8", "replace").decode()]})
    found = await find(asked, limit=100)

    assert len(found.rows) == found.total
    assert len({row["number"] for row in found.rows}) == found.total


# --- what a keyboard leaves -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ddaats", "dat"), ("dduwcs", "duc"), ("nguyeenx", "nguyen"), ("vuwowfn", "vuon"), ("wngs", "ung"),
        ("hoongf", "hong"), ("nooij", "noi"), ("thoong", "thong"), ("nghieepj", "nghiep"), ("quoocs", "quoc"),
        ("facebook", ""), ("seed", ""), ("for", ""), ("google", ""), ("nguyen", ""), ("duc", ""), ("dd", ""),
        ("robot dduwcs", "robot duc"), ("", ""),
    ],
)  # fmt: skip
def test_syllables_left_in_telex_are_read_and_others_left_alone(typed: str, meant: str) -> None:
    assert spelling.as_if_typed_in_telex(typed) == meant


@pytest.mark.parametrize(
    "word", ["aw" * 59 + "b", "w" * 119 + "b", "uow" * 39 + "zs", "d" * 118 + "ws", "aeiouyw" * 17 + "z"]
)
def test_a_word_of_a_hundred_vowels_is_no_syllable_and_costs_nothing(word: str) -> None:
    """A pattern that reads "aw" in two ways would try 2 to the power of 59 of them."""
    assert spelling.as_if_typed_in_telex(word) == ""


async def test_what_was_meant_in_telex_is_said_and_needs_no_names_beside_it() -> None:
    found = await find(Asked(q="ddaats lanhf"))

    assert ([row["name"] for row in found.rows], found.corrected, found.alike) == (["Đất Lành"], "dat lanh", False)


# --- typing errors in the words of the vocabularies -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("nong ngiep", "nong nghiep"),
        ("fintec", "fintech"),
        ("agritehc", "agritech"),
        ("nông nghiệp", ""),
        ("fin", ""),
        ("blockchian", "blockchain"),
        ("xyz", ""),
        ("", ""),
        ("qqqqqqqq", ""),
    ],
)
def test_words_of_the_vocabularies_are_put_right(typed: str, instead: str) -> None:
    assert spelling.corrected(words(typed)) == instead


async def test_what_was_put_right_is_said_and_stands_behind_names_that_look_alike() -> None:
    found = await find(Asked(q="agritehc"), limit=50)

    assert found.corrected == "agritech"
    assert not found.alike
    assert {"Lúa Thông Minh", "Cà Phê Truy Xuất", "Ứng Hòa Farm"} <= {row["name"] for row in found.rows}


async def test_the_rows_that_come_with_the_hits_are_those_of_a_plain_question(pool: asyncpg.Pool) -> None:
    for typed in ("robot", "agritech", "sequioa", "c"):
        found = await hits.hits_of(typed)
        plain = await pool.fetch(
            f"SELECT {hits.CARD} FROM organisation o WHERE number = ANY($1)", found.numbers[: hits.PAGE]
        )
        names = list(plain[0].keys())

        assert {row["number"]: dict(row) for row in plain} == {
            number: {name: row[name] for name in names} for number, row in found.first.items() if row
        }
