"""The JSON call of the contract: its shape, who may call it, what it says before there are lists."""

from datetime import datetime

import msgspec
import pytest

from app.connections import refresh, wishes
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
    assert set(first) == {"organisation", "score", "reasons", "accepts", "level", "explored"}
    assert (first["accepts"], first["level"], first["explored"]) == ("open", None, False)
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


async def test_what_to_know_before_asking_is_said_as_on_the_page(make_client, person, mine, market):
    """A program learns who wants to be asked first, who is sought after, and who stands there by chance."""
    await wishes.state(market["fund-agri-VN"], wishes.Wishes(accepts="ask_first"))
    run = new_id()
    await database.execute(
        "INSERT INTO market_run (id, kind, model_version, temperature, figures, seconds)"
        " VALUES ($1, 'investor', 'x', 1, '{}', 1)",
        run,
    )
    await database.execute(
        "INSERT INTO market_price (run, candidate, price, lists, level) VALUES ($1, $2, 1, 12, 'busy')",
        run,
        market["fund-fin-SG"],
    )
    await database.execute("UPDATE suggestion SET explored = candidate = $1", market["fund-fin-VN"])

    items = (await make_client(person).get(path(mine))).json()["items"]

    told = {one["organisation"]["name"]: (one["accepts"], one["level"], one["explored"]) for one in items}
    assert told == {
        "Fund agri-VN": ("ask_first", None, False),
        "Fund agri-SG": ("open", None, False),
        "Fund fin-SG": ("open", "busy", False),
        "Fund fin-VN": ("open", None, True),
    }


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


# --- the contract in detail ----------------------------------------------------------------------------------------


async def test_the_description_names_every_field(make_client, person, mine):
    """The OpenAPI document describes what the call really answers."""
    client = make_client(person)
    document = (await client.get("/api/v1/openapi.json")).json()
    body = (await client.get(path(mine))).json()

    call = document["paths"]["/api/v1/organisations/{organisation_id}/suggestions"]["get"]
    assert {one["name"]: one["in"] for one in call["parameters"]} == {
        "organisation_id": "path",
        "kind": "query",
        "limit": "query",
    }
    schemas = document["components"]["schemas"]

    def fields(name: str) -> set[str]:
        [found] = [schema for key, schema in schemas.items() if key.split("_")[-1] == name]
        return set(found["properties"])

    assert fields("Suggestions") == set(body)
    assert fields("SuggestionOut") == set(body["items"][0])
    assert fields("Candidate") == set(body["items"][0]["organisation"])
    assert fields("ReasonOut") == set(body["items"][0]["reasons"][0])


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (3, 3), (4, 4), (50, 4)])
async def test_as_many_as_asked_for(make_client, person, mine, limit, count):
    items = (await make_client(person).get(path(mine, f"kind=investor&limit={limit}"))).json()["items"]

    assert len(items) == count


async def test_one_or_four_cost_the_same_queries(make_client, person, mine):
    client = make_client(person)
    await client.get(path(mine))
    counts = []
    for limit in (1, 3, 4):
        with database.count_queries() as asked:
            await client.get(path(mine, f"kind=investor&limit={limit}"))
        counts.append(len(asked))

    assert counts == [counts[0]] * 3
    assert counts[0] <= 6


async def test_the_same_order_as_on_the_page(make_client, person, mine):
    client = make_client(person)

    items = (await client.get(path(mine))).json()["items"]
    page = (await client.get("/suggestions")).text

    places = [page.index(f'id="s-{item["organisation"]["slug"]}"') for item in items]
    assert places == sorted(places)


async def test_without_a_kind_the_first_list_is_meant(make_client, person, mine):
    client = make_client(person)

    assert (await client.get(path(mine, ""))).json() == (await client.get(path(mine, "kind=investor"))).json()


@pytest.mark.parametrize(
    ("account", "header", "summary"),
    [("vi", "en", "Quỹ hạt giống"), ("en", "vi", "A seed fund"), (None, "en", "A seed fund")],
)
async def test_summaries_speak_the_readers_language_reasons_both(make_client, market, account, header, summary):
    reader = await make_person(locale=account or "vi")
    actor = msgspec.structs.replace(reader, locale=account)
    await make.member(actor, market["startup-agri-VN"])
    await database.execute(
        "UPDATE organisation SET summary_vi = 'Quỹ hạt giống', summary_en = 'A seed fund' WHERE id = $1",
        market["fund-agri-VN"],
    )
    await refresh.refresh(market["startup-agri-VN"])

    answer = await make_client(actor, **{"Accept-Language": header}).get(path(market["startup-agri-VN"]))

    first = answer.json()["items"][0]
    assert first["organisation"]["summary"] == summary
    assert (first["reasons"][0]["text_vi"][:7], first["reasons"][0]["text_en"][:9]) == ("Họ tìm ", "They look")


async def test_every_reason_has_words_in_both_languages(make_client, person, mine):
    items = (await make_client(person).get(path(mine))).json()["items"]

    reasons = [reason for item in items for reason in item["reasons"]]
    assert len(reasons) > len(items)
    assert [one for one in reasons if not one["text_vi"] or one["text_vi"] == one["text_en"]] == []
    assert {one["for"] for one in reasons} == {"you", "them"}
    sizes = [[abs(one["contribution"]) for one in item["reasons"]] for item in items]
    assert 0.0 not in [size for item in sizes for size in item]


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("kind=startup", "no_such_list",
         ("Tổ chức này không có danh sách gợi ý loại đó.", "This organisation has no list of that kind.")),
        ("kind=investor&limit=99", "limit_out_of_range",
         ("Giới hạn phải từ 1 đến 50.", "The limit must be between 1 and 50.")),
    ],
)  # fmt: skip
async def test_refusals_are_told_in_both_languages(make_client, person, mine, query, code, words):
    error = (await make_client(person).get(path(mine, query))).json()["error"]

    [field] = error["fields"].values()
    assert (error["code"], error["message_vi"], error["message_en"]) == (code, *words)
    assert (field["message_vi"], field["message_en"]) == words


async def test_a_refusal_asks_for_no_work(make_client, person, market):
    await make.member(person, market["startup-fin-VN"])

    await make_client(person).get(path(market["startup-fin-VN"], "kind=investor&limit=99"))
    await make_client(person).get(path(market["startup-fin-VN"], "kind=robot"))

    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'") == 0


@pytest.mark.parametrize("identity", ["not-a-uuid", "%00", "1", "00000000-0000-0000-0000-00000000000g"])
async def test_what_is_no_id_is_not_found(make_client, person, db, identity):
    assert (await make_client(person).get(path(identity))).status_code in (400, 404)


@pytest.mark.parametrize("query", ["kind=%00", "kind=a&kind=b", "limit=", "limit=1.5", "kind=" + "x" * 2000])
async def test_odd_queries_are_refused_not_broken(make_client, person, mine, query):
    assert (await make_client(person).get(path(mine, query))).status_code in (200, 400, 422)


async def test_a_retired_term_is_shown_by_its_code(make_client, person, mine, market):
    """A vocabulary term that was retired after the profile was saved breaks neither the list nor its order."""
    await database.execute("UPDATE organisation SET sectors = '{steam_engines}' WHERE id = $1", market["fund-agri-VN"])
    part = [{"code": "stated_sector", "for": "them", "contribution": 1.0, "params": {"sectors": ["steam_engines"]}}]
    await database.execute("UPDATE suggestion SET reasons = $1", part)

    first = (await make_client(person).get(path(mine))).json()["items"][0]

    assert first["organisation"]["sectors"] == ["steam_engines"]
    assert first["reasons"][0]["text_en"] == "They look for companies in your sector"


async def test_lists_being_renewed_are_given_and_said_to_be(make_client, person, mine):
    await make.change(mine, summary_vi="Mới")

    body = (await make_client(person).get(path(mine))).json()

    assert (len(body["items"]), body["pending"]) == (4, True)
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'") == 1


async def test_nobody_is_on_two_places_of_a_list(make_client, person, mine):
    items = (await make_client(person).get(path(mine))).json()["items"]

    ids = [item["organisation"]["id"] for item in items]
    assert len(set(ids)) == len(ids)
    assert str(mine) not in ids
