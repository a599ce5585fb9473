"""The JSON call of the contract: its shape, who may call it, what it says before there are lists."""

from datetime import datetime

import pytest

from app.connections import refresh
from app.core import db as database
from app.core.ids import new_id
from tests.connections import make
from tests.factories import make_person


def path(organisation, query="kind=investor&limit=20") -> str:
    return f"/api/v1/organisations/{organisation}/suggestions?{query}"


@pytest.fixture
async def mine(market, person):
    await make.member(person, market["startup-agri-VN"], "viewer")
    await refresh.refresh(market["startup-agri-VN"])
    return market["startup-agri-VN"]


async def test_the_shape_of_the_contract(make_client, person, mine, market):
    answer = await make_client(person).get(path(mine))

    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"items", "model_version", "computed_at", "pending"}
    assert (body["pending"], datetime.fromisoformat(body["computed_at"]).tzinfo is not None) == (False, True)
    first = body["items"][0]
    assert set(first) == {"organisation", "score", "reasons"}
    assert first["organisation"] == {
        "id": str(market["fund-agri-VN"]),
        "slug": await make.slug_of(market["fund-agri-VN"]),
        "name": "Fund agri-VN",
        "kinds": ["investor"],
        "sectors": ["agri"],
        "country": "VN",
        "summary": "",
    }
    reason = first["reasons"][0]
    assert set(reason) == {"code", "for", "text_vi", "text_en", "contribution"}
    assert (reason["code"], reason["for"]) == ("stated_sector", "them")
    assert reason["text_vi"] == "Họ tìm doanh nghiệp trong lĩnh vực Nông nghiệp công nghệ cao"
    assert reason["text_en"] == "They look for companies in AgriTech"
    scores = [item["score"] for item in body["items"]]
    assert scores == sorted(scores, reverse=True)


async def test_reasons_add_up_to_the_score(make_client, person, mine):
    items = (await make_client(person).get(path(mine))).json()["items"]

    rows = await database.fetch("SELECT base FROM suggestion WHERE kind = 'investor' ORDER BY rank")
    for item, row in zip(items, rows, strict=True):
        total = row["base"] + sum(reason["contribution"] for reason in item["reasons"])
        assert total == pytest.approx(item["score"], abs=0.001)


async def test_the_other_direction(make_client, person, market):
    await make.member(person, market["fund-fin-SG"])
    await refresh.refresh(market["fund-fin-SG"])

    body = (await make_client(person).get(path(market["fund-fin-SG"], "kind=startup&limit=2"))).json()

    assert body["items"][0]["organisation"]["name"] == "Startup fin-SG"
    assert len(body["items"]) == 2


async def test_before_the_lists_are_made(make_client, person, market):
    await make.member(person, market["startup-fin-VN"])

    answer = await make_client(person).get(path(market["startup-fin-VN"], ""))

    assert answer.status_code == 200
    assert answer.json() == {"items": [], "model_version": None, "computed_at": None, "pending": True}
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'") == 1


async def test_who_may_call_it(make_client, person, mine, market):
    admin = make_client(await make_person(roles=["admin"]))
    organizer = make_client(await make_person(roles=["organizer"]))

    assert (await admin.get(path(mine))).status_code == 200
    assert (await organizer.get(path(mine))).status_code == 404
    assert (await make_client(person).get(path(market["fund-fin-VN"], ""))).status_code == 404
    assert (await make_client(person).get(path(new_id()))).status_code == 404
    stranger = await make_client().get(path(mine))
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("kind=startup", 422, "kind"),
        ("kind=robot", 422, "kind"),
        ("kind=investor&limit=0", 422, "limit"),
        ("kind=investor&limit=51", 422, "limit"),
        ("kind=investor&limit=-1", 422, "limit"),
    ],
)
async def test_what_cannot_be_asked(make_client, person, mine, query, status, field):
    answer = await make_client(person).get(path(mine, query))

    error = answer.json()["error"]
    assert (answer.status_code, list(error["fields"])) == (status, [field])
    assert error["message_vi"] != error["message_en"]


@pytest.mark.parametrize("query", ["limit=many", "limit=9999999999999999999999"])
async def test_nonsense_is_no_failure(make_client, person, mine, query):
    assert (await make_client(person).get(path(mine, query))).status_code in (400, 422)


async def test_an_organisation_without_lists(make_client, person, market):
    strange = await make.organisation("Khác", ["other"])
    await make.member(person, strange)

    assert (await make_client(person).get(path(strange, ""))).status_code == 422
