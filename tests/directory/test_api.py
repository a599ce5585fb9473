"""The API of organisations: shapes, filters, pages, what is refused and how it is said."""

from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.directory import profiles
from app.directory.api import MandateIn, Named
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import organisation

URL = "/api/v1/organisations"


def error_of(response: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"code", "message_vi", "message_en", "fields"}
    assert error["message_vi"]
    assert error["message_en"]
    for field in error["fields"].values():
        assert set(field) == {"message_vi", "message_en"}
    return error


async def test_the_list_has_the_agreed_shape(cast: Cast, client: httpx.AsyncClient) -> None:
    body = (await client.get(URL)).json()

    assert body == {
        "items": [
            {
                "id": str(cast.id),
                "slug": cast.slug,
                "name": "Nguyễn Đức Robot",
                "kinds": ["startup"],
                "sectors": ["hard"],
                "country": "VN",
                "summary": "",
            }
        ],
        "total": 1,
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("q=nguyen+duc", 1),
        ("q=nothing+like+it", 0),
        ("kind=startup&sector=hard&country=VN", 1),
        ("kind=investor", 0),
        ("kind=investor&kind=startup", 1),
        ("kind=investor,startup", 1),
        ("stage=early", 0),
        ("sector=robot", 1),
        ("country=Viet+Nam", 1),
    ],
)
async def test_filters(cast: Cast, client: httpx.AsyncClient, query: str, total: int) -> None:
    body = (await client.get(f"{URL}?{query}")).json()

    assert (body["total"], len(body["items"])) == (total, total)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=-1", "limit"),
        ("kind=fish", "kind"),
        ("country=XX", "country"),
    ],
)
async def test_what_means_nothing_is_refused_by_name(
    cast: Cast, client: httpx.AsyncClient, query: str, field: str
) -> None:
    response = await client.get(f"{URL}?{query}")

    assert response.status_code == 422
    assert set(error_of(response)["fields"]) == {field}


@pytest.mark.parametrize("query", ["", "&q=kho", "&order=name", "&kind=startup"])
async def test_a_cursor_leads_through_everything_once(cast: Cast, client: httpx.AsyncClient, query: str) -> None:
    for number in range(6):
        await organisation(cast.owner, f"Kho {number}")
    found: list[str] = []
    cursor = ""
    while True:
        body = (await client.get(f"{URL}?limit=2{query}" + (f"&cursor={cursor}" if cursor else ""))).json()
        found += [item["name"] for item in body["items"]]
        cursor = body["next_cursor"]
        if not cursor:
            break

    assert len(found) == len(set(found)) == body["total"] == (6 if "q=" in query else 7)


async def test_summaries_are_in_the_language_of_the_request(cast: Cast, client: httpx.AsyncClient) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": "Máy", "summary_en": "Machines"})

    vi = (await client.get(URL)).json()["items"][0]["summary"]
    en = (await client.get(URL, headers={"Accept-Language": "en"})).json()["items"][0]["summary"]

    assert (vi, en) == ("Máy", "Machines")


async def test_one_profile_and_its_contacts_for_members_only(cast: Cast, make_client: MakeClient) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"contact_email": "lien-he@example.com"})

    stranger = (await make_client().get(f"{URL}/{cast.id}")).json()
    member = (await make_client(cast.viewer).get(f"{URL}/{cast.id}")).json()

    assert (stranger["contact_email"], member["contact_email"]) == (None, "lien-he@example.com")
    assert (stranger["slug"], stranger["version"], stranger["province_code"]) == (cast.slug, 2, "01")


@pytest.mark.parametrize("name", ["x", "00000000-0000-7000-8000-000000000000"])
async def test_what_is_not_there_is_not_found(cast: Cast, client: httpx.AsyncClient, name: str) -> None:
    response = await client.get(f"{URL}/{name}")

    assert response.status_code == 404
    error_of(response)


async def test_creating_gives_the_whole_profile_back(cast: Cast, make_client: MakeClient) -> None:
    response = await make_client(cast.stranger).post(
        URL,
        json={
            "name": "Quỹ Sen",
            "kinds": ["investor", "company"],
            "sectors": ["agri"],
            "country": "VN",
            "summary": {"vi": "Vốn cho nông nghiệp", "en": "Capital for farming"},
            "mandate": {"rounds": ["seed"], "ticket_min": 100, "ticket_max": "250.50", "ticket_currency": "USD"},
        },
    )

    body = response.json()
    assert response.status_code == 201
    assert (body["slug"], body["kinds"], body["version"]) == ("quy-sen", ["investor", "company"], 1)
    assert (body["summary_vi"], body["summary_en"]) == ("Vốn cho nông nghiệp", "Capital for farming")
    assert (body["mandate"]["rounds"], body["mandate"]["ticket_max"]) == (["seed"], "250.50")
    role = await database.fetchval(
        "SELECT role FROM membership WHERE organisation = $1 AND person = $2", UUID(body["id"]), cast.stranger.id
    )
    assert role == "owner"


@pytest.mark.parametrize(("summary", "vi", "en"), [("Một câu", "Một câu", ""), ("One line", "", "One line")])
async def test_a_summary_as_one_text_is_taken_too(
    cast: Cast, make_client: MakeClient, summary: str, vi: str, en: str
) -> None:
    client = make_client(cast.stranger)
    body = (await client.post(URL, json={"name": "Sen", "kinds": ["startup"], "summary": summary})).json()

    assert (body["summary_vi"], body["summary_en"]) == (vi, en)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kinds": ["startup"]}, "name"),
        ({"name": "Sen"}, "kinds"),
        ({"name": "Sen", "kinds": []}, "kinds"),
        ({"name": "Sen", "kinds": ["fish"]}, "kinds"),
        ({"name": "Sen", "kinds": "startup"}, "kinds"),
        ({"name": 7, "kinds": ["startup"]}, "name"),
        ({"name": "Sen", "kinds": ["startup"], "owner": "me"}, "owner"),
        ({"name": "Sen", "kinds": ["startup"], "trl": 99}, "trl"),
        ({"name": "Sen", "kinds": ["startup"], "website": "ftp://x"}, "website"),
        ({"name": "Sen", "kinds": ["startup"], "raising_amount": "NaN", "raising_round": "seed"}, "raising_amount"),
        ([], "body"),
    ],
)
async def test_bad_bodies_are_refused_by_field(cast: Cast, make_client: MakeClient, body: object, field: str) -> None:
    response = await make_client(cast.stranger).post(URL, json=body)

    assert response.status_code == 422
    assert field in error_of(response)["fields"]


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 5000])
async def test_bodies_that_are_no_json_are_refused(cast: Cast, make_client: MakeClient, raw: bytes) -> None:
    response = await make_client(cast.stranger).post(URL, content=raw)

    assert response.status_code == 422
    error_of(response)


async def test_changing_some_fields_leaves_the_others(cast: Cast, make_client: MakeClient) -> None:
    response = await make_client(cast.editor).patch(
        f"{URL}/{cast.id}", json={"stage": "early", "founded_on": "2020-05-17", "version": 1}
    )

    body = response.json()
    assert response.status_code == 200
    assert (body["stage"], body["founded_on"], body["founded_precision"]) == ("early", "2020-05-17", "day")
    assert (body["sectors"], body["version"]) == (["hard"], 2)


async def test_an_old_version_is_a_conflict(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.editor)
    await client.patch(f"{URL}/{cast.id}", json={"stage": "early", "version": 1})
    response = await client.patch(f"{URL}/{cast.id}", json={"stage": "growth", "version": 1})

    assert response.status_code == 409
    assert error_of(response)["code"] == "changed_meanwhile"


async def test_nothing_is_cleared_by_null_but_what_may_be_empty(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.editor)

    cleared = await client.patch(f"{URL}/{cast.id}", json={"country": None})
    refused = await client.patch(f"{URL}/{cast.id}", json={"name": None})

    assert (cleared.status_code, cleared.json()["country"], cleared.json()["province_code"]) == (200, None, None)
    assert refused.status_code == 422


async def test_the_list_asks_the_same_number_of_queries_for_one_and_three(
    cast: Cast, client: httpx.AsyncClient
) -> None:
    from app.core.db import count_queries

    await client.get(URL)
    with count_queries() as one:
        await client.get(URL)
    for number in range(2):
        await organisation(cast.owner, f"Kho {number}")
    await client.get(URL)
    with count_queries() as three:
        await client.get(URL)

    assert len(one) == len(three) <= 4


async def test_the_schema_names_the_calls_and_their_bodies(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/api/v1/openapi.json")).json()

    calls = schema["paths"]["/api/v1/organisations"]
    assert {"get", "post"} <= set(calls)
    assert "name" in str(calls["post"]["requestBody"])
    assert "get" in schema["paths"]["/api/v1/organisations/{organisation_id}"]
    assert "patch" in schema["paths"]["/api/v1/organisations/{organisation_id}"]


# --- whatever is sent ---------------------------------------------------------------------------------------------

_AMOUNTS = st.sampled_from(
    ["NaN", "sNaN", "-sNaN123", "Infinity", "-Infinity", "1E+999999", "1E-999999", "0.001", "0", "-0", "-1", "5", 0,
     250.5, 1e300, 10**15, 10**15 + 1, 10**40, "", "eight"]
)  # fmt: skip
_CODES = st.sampled_from(
    ["startup", "investor", "seed", "VND", "QQQ", "VN", "US", "CA", "XX", "001", "01", "00004", "ai", "vn"]
)
_ANYTHING = st.one_of(
    _AMOUNTS, _CODES, st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.lists(_CODES, max_size=3),
    st.dates().map(str),
)  # fmt: skip


def _fields(struct: type[msgspec.Struct]) -> st.SearchStrategy[dict[str, Any]]:
    """A few fields of a body, amounts and codes more often than not where they belong."""
    near = {
        name: st.one_of(
            _AMOUNTS if "amount" in name or "ticket_m" in name else _CODES,
            st.lists(_CODES, max_size=3),
            st.just({"seed": "seed"}.get(name, "seed")) if name == "raising_round" else _CODES,
            _ANYTHING,
        )
        for name in struct.__struct_fields__
        if name != "mandate"
    }
    return st.fixed_dictionaries({}, optional=near)


_MONEY = st.fixed_dictionaries(
    {"raising_round": st.just("seed"), "raising_currency": st.sampled_from(["VND", "QQQ"]), "raising_amount": _AMOUNTS}
)
_TICKETS = st.fixed_dictionaries(
    {"ticket_min": _AMOUNTS, "ticket_max": _AMOUNTS}, optional={"ticket_currency": st.sampled_from(["VND", "\x00", ""])}
)
_BODIES = st.one_of(
    _MONEY,
    st.builds(lambda tickets: {"mandate": tickets}, _TICKETS),
    st.builds(lambda rest, mandate: rest | {"mandate": mandate}, _fields(Named), _fields(MandateIn)),
    st.builds(
        dict.fromkeys,
        st.lists(st.sampled_from(Named.__struct_fields__), max_size=4),
        _ANYTHING,
    ),
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(sent=_BODIES)
async def test_no_body_breaks_a_profile(cast: Cast, make_client: MakeClient, sent: dict[str, Any]) -> None:
    client = make_client(cast.owner)
    body = {"name": "Sen", "kinds": ["startup", "investor"], **sent}

    assert (await client.post(URL, json=body)).status_code in (201, 422)
    assert (await client.patch(f"{URL}/{cast.id}", json=sent)).status_code in (200, 409, 422)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "0.001"])
async def test_what_is_no_amount_is_refused_by_its_field(cast: Cast, make_client: MakeClient, amount: str) -> None:
    client = make_client(cast.owner)
    raising = {"raising_round": "seed", "raising_amount": amount, "raising_currency": "VND"}
    mandate = {"ticket_min": "1", "ticket_max": amount, "ticket_currency": "VND"}

    for body, field in ((raising, "raising_amount"), ({"mandate": mandate}, "ticket_max")):
        created = await client.post(URL, json={"name": "Sen", "kinds": ["investor"], **body})
        changed = await client.patch(f"{URL}/{cast.id}", json=body)
        assert (created.status_code, changed.status_code) == (422, 422)
        assert field in error_of(created)["fields"]
        assert field in error_of(changed)["fields"]


@pytest.mark.parametrize("field", ["raising_currency", "state"])
async def test_codes_that_nobody_knows_are_not_stored(cast: Cast, make_client: MakeClient, field: str) -> None:
    body = {"name": "Sen", "kinds": ["startup"], "raising_round": "seed", field: "QQQ"}
    response = await make_client(cast.owner).post(URL, json=body)

    assert (response.status_code, response.json().get(field)) == ((422, None) if field != "state" else (201, None))
