"""The directory's pages: who sees what, what a form keeps, what HTMX gets, how many queries a page asks."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.db import count_queries
from app.core.web import Actor
from app.directory import profiles
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import nothing_remembered, organisation, round_of

PAGES = 12
"""No page asks more queries than this."""


def text_of(response: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


async def membership(cast: Cast, who: Actor) -> UUID:
    found: UUID = await database.fetchval(
        "SELECT id FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL", cast.id, who.id
    )
    return found


# --- the list -------------------------------------------------------------------------------------------------


async def test_the_directory_lists_and_counts(cast: Cast, client: httpx.AsyncClient) -> None:
    response = await client.get("/directory")

    assert response.status_code == 200
    assert "Nguyễn Đức Robot" in response.text
    assert "1 tổ chức" in text_of(response)
    assert 'name="kind" value="startup"' in response.text


async def test_the_directory_finds_in_english_too(cast: Cast, client: httpx.AsyncClient) -> None:
    response = await client.get("/directory?q=nguyen+duc", headers={"Accept-Language": "en"})

    assert "1 organisation" in text_of(response)
    assert "Hardware, robotics, IoT" in response.text


async def test_htmx_gets_results_and_fresh_counts_with_the_states_address(
    cast: Cast, client: httpx.AsyncClient
) -> None:
    response = await client.get("/directory?q=&kind=startup&sector=", headers={"HX-Request": "true"})

    assert "<html" not in response.text
    assert "Nguyễn Đức Robot" in response.text
    assert '<div id="facets" hx-swap-oob="true">' in response.text
    assert response.headers["HX-Push-Url"] == "/directory?kind=startup"


async def test_a_state_without_results_says_what_to_do(cast: Cast, client: httpx.AsyncClient) -> None:
    response = await client.get("/directory?q=qqqqzzzz")

    assert "Không có kết quả phù hợp" in response.text
    assert "/directory?kind=investor" in response.text


async def test_a_term_of_the_vocabulary_offers_its_filter(cast: Cast, client: httpx.AsyncClient) -> None:
    response = await client.get("/directory?q=fintech")

    assert 'href="/directory?sector=fin"' in response.text


async def test_filters_that_mean_nothing_are_named_and_left_out(cast: Cast, client: httpx.AsyncClient) -> None:
    response = await client.get("/directory?kind=fish&kind=startup&sector=%3Cscript%3E")

    assert response.status_code == 200
    assert "Nguyễn Đức Robot" in response.text
    assert "fish" in text_of(response)
    assert "<script>alert" not in response.text
    assert "&lt;script&gt;" in response.text


async def test_labels_and_names_of_countries_work_as_filters(cast: Cast, client: httpx.AsyncClient) -> None:
    response = await client.get("/directory?country=viet+nam&sector=robot&region=Hà+Nội&kind=Startup")

    assert "Nguyễn Đức Robot" in response.text


async def test_pages_follow_each_other_by_links(cast: Cast, client: httpx.AsyncClient) -> None:
    for number in range(30):
        await organisation(cast.owner, f"Kho {number:02}")

    first = await client.get("/directory?order=name")
    link = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert link is not None
    second = await client.get(link[1].replace("&amp;", "&"))

    shown = [re.findall(r'card-title"><a href="/organisations/([^"]+)"', page.text) for page in (first, second)]
    assert len(shown[0]) == 24
    assert len(shown[1]) == 7
    assert len(set(shown[0] + shown[1])) == 31


async def test_the_source_is_named_where_its_data_is_shown(cast: Cast, client: httpx.AsyncClient) -> None:
    assert (await client.get("/directory")).text.count("https://www.crunchbase.com") == 1

    await database.execute("UPDATE organisation SET source = 'crunchbase'")
    await profiles.edit_organisation(cast.owner, cast.id, {"city": "Hà Nội"})

    assert (await client.get("/directory")).text.count("https://www.crunchbase.com") == 2


async def test_names_are_shown_as_text(cast: Cast, client: httpx.AsyncClient) -> None:
    await organisation(cast.owner, "<img src=x onerror=alert(1)>", summary_vi="<b>đậm</b>")

    for path in ("/directory", "/organisations/img-src-x-onerror-alert-1"):
        response = await client.get(path)
        assert "<img src=x" not in response.text
        assert "<b>đậm" not in response.text
        assert "&lt;img src=x" in response.text


@pytest.mark.parametrize(
    ("path", "queries"),
    [("/directory", 2), ("/directory?q=robot", 4), ("/directory?kind=startup&country=VN", 2)],
)
async def test_a_state_never_asked_before_is_few_queries_and_the_same_again_one(
    cast: Cast, client: httpx.AsyncClient, path: str, queries: int
) -> None:
    """The list with its version, and the sets behind the counts, for one organisation as for three.

    Words of which few names are found ask two more: the words of all names, once for each process, and names alike."""
    asked = []
    for _items in (1, 3):
        with count_queries() as first:
            await client.get(path)
        with count_queries() as again:
            await client.get(path)
        asked.append((len(first), len(again)))
        for number in range(2):
            await organisation(cast.owner, f"Robot {number}", sectors=["hard"], country="VN")
        nothing_remembered()

    assert asked == [(queries, 1), (queries, 1)]


_NAMES = st.sampled_from(["q", "kind", "sector", "country", "region", "stage", "order", "cursor", "more", "limit", "x"])
_VALUES = st.one_of(st.text(max_size=60), st.sampled_from(["startup", "VN", "VN-01", "ai", "name", "updated", "early"]))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.lists(st.tuples(_NAMES, _VALUES), max_size=6))
async def test_no_query_breaks_the_list(cast: Cast, client: httpx.AsyncClient, query: list[tuple[str, str]]) -> None:
    params = [(name, value.encode("utf-8", "replace").decode()) for name, value in query]

    assert (await client.get("/directory", params=params)).status_code == 200
    assert (await client.get("/api/v1/organisations", params=params)).status_code in (200, 422)


@pytest.mark.parametrize("raw", ["q=%ff%fe", "q=%00", "kind=%00", "cursor=%80", "q=%ed%a0%80", "region=VN-%00"])
async def test_bytes_that_are_no_text_break_nothing(cast: Cast, client: httpx.AsyncClient, raw: str) -> None:
    assert (await client.get(f"/directory?{raw}")).status_code == 200


# --- profiles -------------------------------------------------------------------------------------------------


async def test_a_profile_in_both_languages(cast: Cast, client: httpx.AsyncClient) -> None:
    await profiles.edit_organisation(
        cast.owner, cast.id, {"summary_vi": "Robot kho", "summary_en": "Warehouse robots", "stage": "early", "trl": 7}
    )

    vi = text_of(await client.get(f"/organisations/{cast.slug}"))
    en = text_of(await client.get(f"/organisations/{cast.slug}", headers={"Accept-Language": "en"}))

    assert all(words in vi for words in ("Robot kho", "Giai đoạn đầu", "Hà Nội", "TRL 7"))
    assert all(words in en for words in ("Warehouse robots", "Early stage", "Hà Nội"))


async def test_an_old_address_leads_to_the_present_one(cast: Cast, client: httpx.AsyncClient) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"name": "Robot Sao"})

    response = await client.get(f"/organisations/{cast.slug}")

    assert (response.status_code, response.headers["Location"]) == (301, "/organisations/robot-sao")


async def test_an_investor_shows_portfolio_partners_and_mandate(cast: Cast, client: httpx.AsyncClient) -> None:
    fund = await profiles.create_organisation(
        cast.stranger,
        {"name": "Quỹ Sen", "kinds": ["investor"]},
        {"rounds": ["seed"], "sectors": ["agri"], "geographies": ["VN-01"], "thesis_vi": "Công nghệ lõi"},
    )
    other = await organisation(cast.stranger, "Quỹ Trúc", ("investor",))
    await round_of(cast.id, "2012-03-04", (fund.id, other.id))
    await round_of(cast.id, "2011-03-04", (fund.id,))

    investor = text_of(await client.get("/organisations/quy-sen"))
    company = text_of(await client.get(f"/organisations/{cast.slug}"))
    portfolio = text_of(await client.get("/organisations/quy-sen/portfolio"))

    for words in (
        "Nguyễn Đức Robot",
        "khoản đầu tư đã ghi nhận 2",
        "Quỹ Trúc",
        "1 vòng cùng nhau",
        "Công nghệ lõi",
        "Hạt giống",
    ):
        assert words in investor
    for words in ("04/03/2012", "Quỹ Sen", "Quỹ Trúc", "Vòng A", "1.000.000"):
        assert words in company
    assert "Nguyễn Đức Robot" in portfolio


async def test_the_pages_of_a_large_portfolio_follow_each_other(
    cast: Cast, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.directory import investments

    monkeypatch.setattr(investments, "PORTFOLIO_PAGE", 2)
    fund = await organisation(cast.stranger, "Quỹ Sen", ("investor",))
    for number in range(5):
        company = await organisation(cast.owner, f"Kho {number}")
        await round_of(company.id, f"2012-01-0{1 + number // 2}", (fund.id,))

    url, names = "/organisations/quy-sen/portfolio", []
    for _page in range(5):
        response = await client.get(url)
        names += re.findall(r">(Kho \d)<", response.text)
        link = re.search(r'rel="next" href="([^"]+)"', response.text)
        if link is None:
            break
        url = link[1]

    assert sorted(names) == [f"Kho {number}" for number in range(5)]


@pytest.mark.parametrize(
    "after", ["x", "2012-01-01", "2012-01-01.x", "2012-01-01.-5", "9999-99-99.1", "2012-01-01.9e99"]
)
async def test_a_place_in_the_portfolio_that_is_not_ours_is_the_beginning(
    cast: Cast, client: httpx.AsyncClient, after: str
) -> None:
    await organisation(cast.owner, "Quỹ Sen", ("investor",))

    assert (await client.get("/organisations/quy-sen/portfolio", params={"after": after})).status_code == 200


async def test_contacts_and_members_are_for_members(cast: Cast, make_client: MakeClient) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"contact_email": "lien-he@example.com"})

    for actor, sees in ((None, False), (cast.stranger, False), (cast.viewer, True), (cast.admin, True)):
        response = await make_client(actor).get(f"/organisations/{cast.slug}")
        assert ("lien-he@example.com" in response.text) is sees
        assert (cast.owner.email in response.text) is sees
        assert ("suggestions-panel" in response.text) is sees


async def test_an_ended_organisation_is_gone_for_all_but_its_members(cast: Cast, make_client: MakeClient) -> None:
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'x' WHERE id = $1", cast.id)

    codes = [
        (await make_client(actor).get(f"/organisations/{cast.slug}")).status_code
        for actor in (None, cast.stranger, cast.owner, cast.admin)
    ]

    assert codes == [404, 404, 200, 200]


async def test_a_profile_asks_few_queries_however_much_it_shows(cast: Cast, make_client: MakeClient) -> None:
    fund = await organisation(cast.owner, "Quỹ Sen", ("startup", "investor"))
    await round_of(cast.id, "2012-03-04", (fund.id,))
    client = make_client(cast.owner)
    with count_queries() as one:
        await client.get("/organisations/quy-sen")
    for number in range(2):
        company = await organisation(cast.owner, f"Kho {number}")
        other = await organisation(cast.owner, f"Quỹ {number}", ("investor",))
        await round_of(company.id, "2012-03-05", (fund.id, other.id))
    with count_queries() as three:
        await client.get("/organisations/quy-sen")

    assert len(one) == len(three) <= 10


# --- who may ---------------------------------------------------------------------------------------------------

EVERYBODY = ("nobody", "stranger", "viewer", "editor", "owner", "admin")
MATRIX: dict[tuple[str, str], tuple[int, int, int, int, int, int]] = {
    ("GET", "/organisations"): (303, 200, 200, 200, 200, 200),
    ("GET", "/organisations/new"): (303, 200, 200, 200, 200, 200),
    ("POST", "/organisations/new"): (303, 422, 422, 422, 422, 422),
    ("GET", "/organisations/{slug}"): (200, 200, 200, 200, 200, 200),
    ("GET", "/organisations/{slug}/portfolio"): (200, 200, 200, 200, 200, 200),
    ("GET", "/organisations/{slug}/edit"): (303, 404, 403, 200, 200, 200),
    ("POST", "/organisations/{slug}/edit/texts"): (303, 404, 403, 303, 303, 303),
    ("GET", "/organisations/{slug}/edit/lists/need_offer"): (303, 404, 403, 200, 200, 200),
    ("GET", "/organisations/{slug}/edit/lists/nothing"): (303, 404, 403, 404, 404, 404),
    ("POST", "/organisations/{slug}/edit/lists/need_offer"): (303, 404, 403, 422, 422, 422),
    ("GET", "/organisations/{slug}/edit/lists/need_offer/{membership}"): (303, 404, 403, 404, 404, 404),
    ("POST", "/organisations/{slug}/edit/lists/need_offer/{membership}"): (303, 404, 403, 404, 404, 404),
    ("GET", "/organisations/{slug}/visibility"): (303, 404, 403, 200, 200, 200),
    ("POST", "/organisations/{slug}/visibility"): (303, 404, 403, 303, 303, 303),
    ("POST", "/organisations/{slug}/edit/nothing"): (303, 404, 403, 404, 404, 404),
    ("POST", "/organisations/{slug}/confirm"): (303, 404, 403, 303, 303, 303),
    ("GET", "/organisations/{slug}/history"): (303, 404, 200, 200, 200, 200),
    ("GET", "/organisations/{slug}/members"): (303, 404, 200, 200, 200, 200),
    ("POST", "/organisations/{slug}/members/invite"): (303, 404, 403, 403, 422, 422),
    ("POST", "/organisations/{slug}/members/{membership}/role"): (303, 404, 403, 403, 422, 422),
    ("POST", "/organisations/{slug}/members/{membership}/end"): (303, 404, 403, 403, 409, 409),
    ("POST", "/organisations/{slug}/invitations/{membership}/withdraw"): (303, 404, 403, 403, 303, 303),
    ("GET", "/organisations/invitations/secret"): (303, 404, 404, 404, 404, 404),
    ("POST", "/organisations/invitations/secret"): (303, 404, 404, 404, 404, 404),
    ("GET", "/places/wards?province_code=01"): (200, 200, 200, 200, 200, 200),
    ("GET", "/api/v1/organisations"): (200, 200, 200, 200, 200, 200),
    ("GET", "/api/v1/organisations/{id}"): (200, 200, 200, 200, 200, 200),
    ("POST", "/api/v1/organisations"): (401, 422, 422, 422, 422, 422),
    ("PATCH", "/api/v1/organisations/{id}"): (401, 403, 403, 422, 422, 422),
}


@pytest.mark.parametrize(("route", "codes"), MATRIX.items(), ids=lambda value: " ".join(map(str, value)))
async def test_who_may_do_what(
    cast: Cast, make_client: MakeClient, route: tuple[str, str], codes: tuple[int, ...]
) -> None:
    method, path = route
    path = path.format(slug=cast.slug, id=cast.id, membership=await membership(cast, cast.owner))
    found = []
    for who in EVERYBODY:
        client = make_client(None if who == "nobody" else getattr(cast, who))
        found.append((await client.request(method, path)).status_code)

    assert tuple(found) == codes


# --- writing --------------------------------------------------------------------------------------------------


async def test_making_an_organisation_by_the_form(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.stranger)
    wrong = await client.post("/organisations/new", data={"name": "Trà Sen", "country": "VN", "sectors": ["food"]})
    assert wrong.status_code == 422
    assert 'value="Trà Sen"' in wrong.text
    assert re.search(r'value="food"[^>]* checked', wrong.text)

    form = {
        "name": "Trà Sen",
        "kinds": ["startup", "investor"],
        "sectors": ["food"],
        "country": "VN",
        "province_code": "01",
    }
    right = await client.post("/organisations/new", data=form)

    assert (right.status_code, right.headers["Location"]) == (303, "/organisations/tra-sen/edit")
    page = await client.get("/organisations")
    assert "Trà Sen" in page.text


@pytest.mark.parametrize(
    ("section", "data", "column", "value"),
    [
        ("identity", {"name": "Robot Sao", "kinds": ["startup"], "founded_on": "2020"}, "name", "Robot Sao"),
        ("texts", {"summary_vi": "Một câu", "description_en": "Two\r\nlines"}, "description_en", "Two\nlines"),
        ("market", {"sectors": ["ai", "hard"], "trl": "7", "stage": "early"}, "sectors", ["ai", "hard"]),
        ("place", {"country": "VN", "province_code": "01", "ward_code": "00004"}, "ward_code", "00004"),
        (
            "raising",
            {"raising_round": "seed", "raising_amount": "8 tỷ", "raising_currency": "VND"},
            "raising_amount",
            8 * 10**9,
        ),
        ("support", {"support_types": ["incubator"]}, "support_types", ["incubator"]),
        ("investing", {"investor_types": ["angel"], "value_add": ["hiring"]}, "investor_types", ["angel"]),
    ],
)
async def test_each_section_is_saved_by_itself(
    cast: Cast, make_client: MakeClient, section: str, data: dict[str, Any], column: str, value: object
) -> None:
    response = await make_client(cast.editor).post(
        f"/organisations/{cast.slug}/edit/{section}", data={"version": "1", **data}
    )

    assert response.status_code == 303
    assert response.headers["Location"].endswith(f"/edit#{section}")
    assert await database.fetchval(f"SELECT {column} FROM organisation WHERE id = $1", cast.id) == value


async def test_a_mandate_is_a_row_of_its_list(cast: Cast, make_client: MakeClient) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"kinds": ["investor"]})
    client = make_client(cast.owner)
    url = f"/organisations/{cast.slug}/edit/lists/mandate"
    form = {
        "rounds": ["seed"], "sectors": ["agri"], "stages": ["early"], "geographies": ["VN-01"],
        "ticket_min": "500 triệu", "ticket_max": "2,5 tỷ", "ticket_currency": "VND",
    }  # fmt: skip
    assert (await client.post(url, data=form)).status_code == 303
    mandate = await profiles.mandate_of(cast.id)
    assert mandate is not None
    page = await client.get(f"{url}/{mandate['id']}")
    wrong = await client.post(f"{url}/{mandate['id']}", data={**form, "ticket_min": "9 tỷ", "stages": ["x"]})

    assert 'value="2.500.000.000"' in page.text
    assert wrong.status_code == 422
    assert 'href="#f-ticket_min"' in wrong.text
    assert 'href="#f-stages"' in wrong.text


async def test_bad_input_is_shown_again_with_what_is_wrong(cast: Cast, make_client: MakeClient) -> None:
    response = await make_client(cast.owner).post(
        f"/organisations/{cast.slug}/edit/raising",
        data={"version": "1", "raising_round": "seed", "raising_amount": "rất nhiều", "raising_currency": "VND"},
    )

    assert response.status_code == 422
    assert 'value="rất nhiều"' in response.text
    assert 'aria-invalid="true"' in response.text


async def test_the_second_writer_sees_both_and_loses_nothing(cast: Cast, make_client: MakeClient) -> None:
    url = f"/organisations/{cast.slug}/edit/texts"
    await make_client(cast.owner).post(url, data={"version": "1", "summary_vi": "Của chủ hồ sơ"})
    response = await make_client(cast.editor).post(url, data={"version": "1", "summary_vi": "Của người biên tập"})

    assert response.status_code == 409
    assert "Của chủ hồ sơ" in response.text
    assert "Của người biên tập" in response.text
    assert 'id="version-texts" value="2"' in response.text

    again = await make_client(cast.editor).post(url, data={"version": "2", "summary_vi": "Của người biên tập"})
    assert again.status_code == 303


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "١"])
async def test_a_version_that_is_none_overwrites_nothing(cast: Cast, make_client: MakeClient, version: str) -> None:
    response = await make_client(cast.owner).post(
        f"/organisations/{cast.slug}/edit/texts", data={"version": version, "summary_vi": "Mới"}
    )

    assert response.status_code == 409


async def test_the_edit_page_shows_what_is_stored(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.owner)
    await profiles.edit_organisation(cast.owner, cast.id, {"ward_code": "00004", "stage": "early"})
    with count_queries() as queries:
        page = await client.get(f"/organisations/{cast.slug}/edit")

    assert 'value="Nguyễn Đức Robot"' in page.text
    assert re.search(r'<option value="00004" selected>', page.text)
    assert re.search(r'<option value="early" selected>', page.text)
    assert len(queries) <= 5


async def test_wards_to_choose_from(client: httpx.AsyncClient) -> None:
    everything = await client.get("/places/wards?province_code=01", headers={"HX-Request": "true"})
    found = await client.get("/places/wards?province_code=01&q=ba+dinh", headers={"HX-Request": "true"})
    nothing = await client.get("/places/wards?province_code=zz", headers={"HX-Request": "true"})

    assert everything.text.count("<option") == 127
    assert "Phường Ba Đình" in found.text
    assert found.text.count("<option") == 2
    assert nothing.text.count("<option") == 1


async def test_an_invitation_from_form_to_membership(cast: Cast, make_client: MakeClient) -> None:
    owner, stranger = make_client(cast.owner), make_client(cast.stranger)
    response = await owner.post(
        f"/organisations/{cast.slug}/members/invite", data={"email": cast.stranger.email, "role": "viewer"}
    )
    assert response.status_code == 303
    assert cast.stranger.email in (await owner.get(f"/organisations/{cast.slug}/members")).text
    text = await database.fetchval("SELECT text FROM mail")
    link = re.search(r"(/organisations/invitations/\S+)", text)
    assert link is not None

    assert "Nguyễn Đức Robot" in (await stranger.get(link[1])).text
    assert (await stranger.get(f"/organisations/{cast.slug}/members")).status_code == 404
    for answer in (await make_client(cast.admin).get(link[1]), await make_client(cast.admin).post(link[1])):
        assert answer.status_code == 403
        assert "Lời mời này được gửi tới p…@test.example." in text_of(answer)
    joined = await stranger.post(link[1])

    assert (joined.status_code, joined.headers["Location"]) == (303, f"/organisations/{cast.slug}")
    assert (await stranger.get(f"/organisations/{cast.slug}/members")).status_code == 200


async def test_inviting_a_member_again_is_told_at_the_field(cast: Cast, make_client: MakeClient) -> None:
    response = await make_client(cast.owner).post(
        f"/organisations/{cast.slug}/members/invite", data={"email": cast.editor.email, "role": "viewer"}
    )

    assert response.status_code == 422
    assert "đã là thành viên" in response.text


async def test_changing_a_role_and_leaving(cast: Cast, make_client: MakeClient) -> None:
    owner = make_client(cast.owner)
    theirs = await membership(cast, cast.viewer)
    changed = await owner.post(f"/organisations/{cast.slug}/members/{theirs}/role", data={"role": "editor"})
    assert changed.status_code == 303

    left = await make_client(cast.viewer).post(f"/organisations/{cast.slug}/members/{theirs}/end")
    removed = await owner.post(f"/organisations/{cast.slug}/members/{await membership(cast, cast.editor)}/end")

    assert (left.status_code, left.headers["Location"]) == (303, "/organisations")
    assert (removed.status_code, removed.headers["Location"]) == (303, f"/organisations/{cast.slug}/members")


async def test_lists_of_members_ask_the_same_for_one_and_three(cast: Cast, make_client: MakeClient) -> None:
    alone = await organisation(cast.owner, "Một Mình")
    client = make_client(cast.owner)
    with count_queries() as one:
        await client.get(f"/organisations/{alone.slug}/members")
    with count_queries() as three:
        await client.get(f"/organisations/{cast.slug}/members")
    assert len(one) == len(three)

    with count_queries() as two_of_mine:
        await client.get("/organisations")
    await organisation(cast.owner, "Ba")
    with count_queries() as three_of_mine:
        await client.get("/organisations")
    assert len(two_of_mine) == len(three_of_mine)


async def test_the_history_is_read_page_by_page(cast: Cast, make_client: MakeClient) -> None:
    for number in range(60):
        await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": f"Bản {number}"})
    client = make_client(cast.owner)

    first = await client.get(f"/organisations/{cast.slug}/history")
    link = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert link is not None
    second = await client.get(link[1])

    assert "Bản 59" in first.text
    assert "Bản 0" in second.text
    assert (await client.get(f"/organisations/{cast.slug}/history?before=x")).status_code == 200


async def test_who_belongs_to_nothing_is_told_what_to_do(cast: Cast, make_client: MakeClient) -> None:
    response = await make_client(cast.stranger).get("/organisations")

    assert response.text.count('href="/organisations/new"') == 2
