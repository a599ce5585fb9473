"""Every state of the directory has an address, and the address leads back to the state."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.i18n import in_language
from app.directory import places
from app.directory.asking import FACETS, MOST_LETTERS, MOST_VALUES, Asked, asked_from, label_of, understood
from app.directory.vocabulary import KINDS, SECTORS, STAGES
from tests.directory.conftest import Cast
from tests.directory.make import organisation

REGIONS = (*(province.region for province in places.provinces().values()), *(f"US-{code}" for code in places.US_STATES))
COUNTRIES = tuple(code for code, _name in places.country_options("en"))


def some(codes: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(codes), max_size=5, unique=True).map(lambda found: tuple(sorted(found)))


STATES = st.builds(
    Asked,
    q=st.text(max_size=150).map(lambda text: asked_from({"q": [text.encode("utf-8", "replace").decode()]})[0].q),
    kind=some(KINDS.codes),
    sector=some(SECTORS.codes),
    stage=some(STAGES.codes),
    country=some(COUNTRIES),
    region=some(REGIONS),
    order=st.sampled_from(["name", "updated"]),
    cursor=st.sampled_from(["", "WyJhIiwxXQ", "x-_y"]),
)


def state_at(url: str) -> tuple[Asked, list[str]]:
    return asked_from(parse_qs(urlsplit(url).query, keep_blank_values=True))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(asked=STATES)
def test_an_address_leads_back_to_its_state(asked: Asked) -> None:
    assert state_at(asked.url(cursor=asked.cursor)) == (asked, [])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(asked=STATES)
def test_neighbours_differ_by_one_value_and_begin_at_the_beginning(asked: Asked) -> None:
    for facet in FACETS:
        for value in asked.values(facet):
            neighbour, unknown = state_at(asked.without(facet, value))
            assert unknown == []
            assert neighbour.cursor == ""
            assert set(neighbour.values(facet)) == set(asked.values(facet)) - {value}
            assert all(neighbour.values(other) == asked.values(other) for other in FACETS if other != facet)
            assert (neighbour.q, neighbour.order) == (asked.q, asked.order)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(asked=STATES)
def test_equal_states_have_equal_addresses_and_are_one_key(asked: Asked) -> None:
    again = state_at(asked.url(cursor=asked.cursor))[0]

    assert (hash(again), again.url()) == (hash(asked), asked.url())
    assert asked.filtered is any(asked.values(facet) for facet in FACETS)


def test_the_plain_list_has_the_plain_address() -> None:
    assert Asked().url() == "/directory"
    assert Asked(order="updated").url() == "/directory"
    assert Asked(q="a b", kind=("startup",)).url() == "/directory?q=a+b&kind=startup"
    assert Asked(q="a").url("/elsewhere") == "/elsewhere?q=a"
    assert Asked(kind=("startup",)).without("kind", "startup") == "/directory"


@pytest.mark.parametrize(
    ("query", "state"),
    [
        ("kind=startup,investor", {"kind": ("investor", "startup")}),
        ("kind=startup&kind=startup", {"kind": ("startup",)}),
        ("kind=Startup", {"kind": ("startup",)}),
        ("kind=nh%C3%A0+%C4%91%E1%BA%A7u+t%C6%B0", {"kind": ("investor",)}),
        ("sector=fintech", {"sector": ("fin",)}),
        ("sector=T%C3%A0i+ch%C3%ADnh", {"sector": ("fin",)}),
        ("sector=NONG+NGHIEP", {"sector": ("agri",)}),
        ("country=Viet+Nam", {"country": ("VN",)}),
        ("country=vn", {"country": ("VN",)}),
        ("country=USA", {"country": ("US",)}),
        ("country=Hoa+K%E1%BB%B3", {"country": ("US",)}),
        ("region=H%C3%A0+N%E1%BB%99i", {"region": ("VN-01",)}),
        ("region=ha+noi", {"region": ("VN-01",)}),
        ("region=US-CA", {"region": ("US-CA",)}),
        ("order=name", {"order": "name"}),
        ("order=sideways", {"order": "updated"}),
        ("q=++a++b++", {"q": "a b"}),
        ("q=a%00b", {"q": "ab"}),
        ("q=%E2%80%AEabc", {"q": "abc"}),
        ("kind=&sector=&q=", {}),
        ("stage=early,,growth,", {"stage": ("early", "growth")}),
        ("unheard=of", {}),
    ],
)
def test_what_people_write_into_addresses(query: str, state: dict[str, Any]) -> None:
    assert state_at(f"/directory?{query}") == (Asked(**state), [])


@pytest.mark.parametrize(
    ("query", "unknown"),
    [
        ("kind=fish", ["fish"]),
        ("kind=startup,fish&sector=steam", ["fish", "steam"]),
        ("country=Atlantis", ["Atlantis"]),
        ("region=Paris", ["Paris"]),
        ("region=FR-75", ["FR-75"]),
        ("stage=%3Cb%3E", ["<b>"]),
        ("sector=" + "x" * 300, ["x" * 40]),
        ("sector=a++b", ["a b"]),
    ],
)
def test_what_means_nothing_is_named(query: str, unknown: list[str]) -> None:
    asked, found = state_at(f"/directory?{query}")

    assert found == unknown
    assert asked in (Asked(), Asked(kind=("startup",)))


def test_an_address_holds_no_more_than_it_may() -> None:
    many = asked_from({"region": list(REGIONS), "q": ["x" * 500], "cursor": ["c" * 900]})[0]

    assert (len(many.region), len(many.q), len(many.cursor)) == (MOST_VALUES, MOST_LETTERS, 300)


@pytest.mark.parametrize(
    ("q", "filters"),
    [
        ("fintech", [("sector", "fin")]),
        ("startup", [("kind", "startup")]),
        ("việt nam", [("country", "VN")]),
        ("hà nội", [("region", "VN-01")]),
        ("singapore", [("country", "SG")]),
        ("nguyen duc", []),
        ("fintech hà nội", []),
        ("", []),
    ],
)
def test_words_that_are_a_filter_offer_it(q: str, filters: list[tuple[str, str]]) -> None:
    assert understood(q) == filters


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_every_value_has_a_label_by_which_it_is_found_again(locale: str) -> None:
    with in_language(locale):
        for facet, codes in (("kind", KINDS.codes), ("sector", SECTORS.codes), ("stage", STAGES.codes)):
            for code in codes:
                assert asked_from({facet: [label_of(facet, code).replace(",", " ")]})[0].values(facet) == (code,)
        for code in COUNTRIES:
            label = label_of("country", code)
            assert label
            if "," not in label:
                assert asked_from({"country": [label]})[0].country == (code,)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("sector=art&kind=startup", ["sector"]),
        ("kind=fish&country=XX", ["kind", "country"]),
        ("sector=a++b", ["sector"]),
        ("region=Paris", ["region"]),
        ("stage=up&kind=startup&q=up", ["stage"]),
        ("sector=%00x", ["sector"]),
    ],
)
async def test_the_api_blames_the_filter_that_is_wrong_and_no_other(
    cast: Cast, client: httpx.AsyncClient, query: str, fields: list[str]
) -> None:
    response = await client.get(f"/api/v1/organisations?{query}")

    assert response.status_code == 422
    assert list(response.json()["error"]["fields"]) == fields


async def test_links_of_the_page_lead_to_the_states_they_name(cast: Cast, client: httpx.AsyncClient) -> None:
    await organisation(cast.owner, "Vàng Số", sectors=["fin"], country="VN")
    page = await client.get("/directory?q=v%C3%A0ng&sector=fin&country=VN&order=name")

    assert 'href="/directory?q=v%C3%A0ng&amp;country=VN&amp;order=name"' in page.text
    assert 'href="/directory?q=v%C3%A0ng&amp;sector=fin&amp;order=name"' in page.text
    assert 'href="/directory?q=v%C3%A0ng&amp;order=name"' in page.text
    assert page.text.count(" checked>") == 2


async def test_more_values_of_a_facet_have_an_address(cast: Cast, client: httpx.AsyncClient) -> None:
    for number, code in enumerate(COUNTRIES[:45]):
        await organisation(cast.owner, f"Nước {number}", country=code)
    first = await client.get("/directory")
    whole = await client.get("/directory?more=country")

    assert 'href="/directory?more=country"' in first.text
    assert (first.text.count('name="country"'), whole.text.count('name="country"')) == (30, 45)
    assert 'id="more-country"' in first.text
    assert 'href="/directory?more=country"' not in whole.text
    assert 'href="/directory?kind=startup&amp;more=country"' in (await client.get("/directory?kind=startup")).text


@pytest.mark.parametrize("values", [8, 9, 10, 12])
async def test_a_long_facet_is_folded_and_a_tenth_alone_is_not(
    cast: Cast, client: httpx.AsyncClient, values: int
) -> None:
    for number, code in enumerate(SECTORS.codes[:values]):
        await organisation(cast.owner, f"Ngành {number}", sectors=[code])
    page = (await client.get("/directory?kind=startup")).text
    facet = page[page.index('id="facet-sector"') : page.index('id="facet-country"')]
    shown = values + ("hard" not in SECTORS.codes[:values])
    behind = shown - 9 if shown > 10 else 0

    assert facet.count('name="sector"') == shown
    assert facet.partition('id="more-sector"')[2].count('name="sector"') == behind
