"""Deal flow as JSON: what programs of an investor or a startup read and do, and what they are told otherwise."""

from typing import Any
from uuid import UUID

import pytest

from app.core import db as database
from app.dealflow import cards, keeping, links, moving, reading
from app.dealflow.moving import Place
from tests.conftest import MakeClient
from tests.connections import make
from tests.dealflow.conftest import Team
from tests.dealflow.papers import deck_of

FIT = {
    "kind": "startup",
    "model_version": "v1",
    "rank": 1,
    "as_of": "2026-11-01",
    "reasons": [
        {"code": "checked", "for": "you", "contribution": 0.4, "params": {}},
        {"code": "unknown_to_words", "for": "them", "contribution": 2.2, "params": {}},
    ],
}


@pytest.fixture
def base(team: Team) -> str:
    return f"/api/v1/deals/pipelines/{team.pipeline}"


async def test_a_program_reads_pipelines_stages_and_cards_page_by_page(
    make_client: MakeClient, team: Team, base: str
) -> None:
    for number in range(3):
        await team.card(f"Số {number}", sectors=["agri"])
    client = make_client(team.viewer)

    mine = (await client.get("/api/v1/deals/pipelines")).json()["items"]
    one = (await client.get(base)).json()
    first = (await client.get(f"{base}/cards?limit=2")).json()
    second = (await client.get(f"{base}/cards?limit=2&cursor={first['next_cursor']}")).json()
    found = (await client.get(f"{base}/cards?q=so%201&sector=agri&stage={team.stages['New']}")).json()

    assert [(row["id"], row["role"], row["open"]) for row in mine] == [(str(team.pipeline), "viewer", 3)]
    assert [(stage["name_en"], stage["cards"]) for stage in one["stages"]][:2] == [("New", 3), ("Looking into it", 0)]
    assert (one["may_edit"], [who["name"] for who in one["team"]]) == (False, ["Editor Quỹ", "Owner Quỹ"])
    assert [card["organisation"]["name"] for card in first["items"] + second["items"]] == ["Số 2", "Số 1", "Số 0"]
    assert (first["total"], second["next_cursor"]) == (3, None)
    assert [card["organisation"]["name"] for card in found["items"]] == ["Số 1"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("due=never", "due"), ("owner=x", "owner"), ("sector=x", "sector"), ("order=x", "order")],
)
async def test_a_filter_that_does_not_exist_is_named(
    make_client: MakeClient, team: Team, base: str, query: str, field: str
) -> None:
    answer = await make_client(team.viewer).get(f"{base}/cards?{query}")

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])


async def test_two_programs_that_move_one_card_lose_nothing(make_client: MakeClient, team: Team, base: str) -> None:
    card = await team.card("Một")
    await moving.move(team.owner, team.pipeline, card, Place(stage=team.stages["Met"]), 0)
    client = make_client(team.editor)
    wanted = {"stage": str(team.stages["Due diligence"]), "moves": 0}

    late = await client.post(f"{base}/cards/{card}/move", json=wanted)
    now = (await client.get(f"{base}/cards/{card}")).json()
    again = await client.post(f"{base}/cards/{card}/move", json={**wanted, "moves": now["moves"]})
    passed = await client.post(
        f"{base}/cards/{card}/move", json={"stage": str(team.stages["Passed"]), "moves": again.json()["moves"]}
    )
    stale = await client.patch(f"{base}/cards/{card}", json={"version": 0, "next_step": "Gọi"})

    assert (late.status_code, late.json()["error"]["code"]) == (409, "moved_meanwhile")
    assert "Owner Quỹ" in late.json()["error"]["message_vi"]
    assert (now["stage"], again.json()["stage"]) == (str(team.stages["Met"]), str(team.stages["Due diligence"]))
    assert (passed.status_code, passed.json()["error"]["code"]) == (422, "reason_first")
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "changed_meanwhile")


async def test_a_change_leaves_what_was_not_sent(make_client: MakeClient, team: Team, base: str) -> None:
    card = await team.card("Một")
    client = make_client(team.editor)

    await client.patch(f"{base}/cards/{card}", json={"version": 1, "next_step": "Gọi", "next_on": "2026-12-01"})
    answer = (await client.patch(f"{base}/cards/{card}", json={"version": 2, "owner": None})).json()
    long = await client.patch(f"{base}/cards/{card}", json={"version": 3, "next_step": "x" * 201})

    assert (long.status_code, list(long.json()["error"]["fields"])) == (422, ["next_step"])
    assert (answer["owner"], answer["next_step"], answer["next_on"]) == (None, "Gọi", "2026-12-01")


async def test_passing_needs_a_code_and_tells_nobody_by_itself(make_client: MakeClient, team: Team, base: str) -> None:
    card = (await cards.add(team.editor, team.pipeline, team.startup, "profile")).card
    client = make_client(team.editor)

    wrong = await client.post(f"{base}/cards/{card}/pass", json={"reason": "bored"})
    silent = (await client.post(f"{base}/cards/{card}/pass", json={"reason": "ticket", "note": "Nội bộ"})).json()
    mails = await database.fetchval("SELECT count(*) FROM mail")
    told = (await client.post(f"{base}/cards/{card}/pass", json={"reason": "ticket", "tell": True})).json()

    assert (wrong.status_code, list(wrong.json()["error"]["fields"])) == (422, ["reason"])
    assert (silent["state"], silent["pass_reason"], silent["told_the_startup_at"], mails) == (
        "passed", "ticket", None, 0,
    )  # fmt: skip
    assert [note["text"] for note in silent["notes"]] == ["Nội bộ"]
    assert told["told_the_startup_at"] is not None


async def test_a_card_says_its_fit_in_both_languages_and_loses_its_name_with_the_profile(
    make_client: MakeClient, team: Team, base: str
) -> None:
    card = await team.card("Một")
    await keeping.write_note(team.viewer, team.pipeline, card, "Riêng tư")
    await database.execute("UPDATE deal_card SET fit = $2, fit_value = 2.6 WHERE id = $1", card, FIT)
    client = make_client(team.viewer)

    there = (await client.get(f"{base}/cards/{card}")).json()
    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'x' WHERE name = 'Một'")
    gone = (await client.get(f"{base}/cards/{card}")).json()

    assert (there["strength"], there["model_version"], there["fit_as_of"]) == ("strong", "v1", "2026-11-01")
    assert [(line["for"], line["contribution"]) for line in there["reasons"]] == [("them", 2.2), ("you", 0.4)]
    assert all(line["text_vi"] and line["text_en"] and line["text_vi"] != line["text_en"] for line in there["reasons"])
    assert [(note["author"], note["text"]) for note in there["notes"]] == [("Viewer Quỹ", "Riêng tư")]
    assert (gone["organisation"], gone["reasons"]) == (None, [])
    assert "Một" not in str({name: value for name, value in gone.items() if name != "notes"})


async def test_a_startup_reads_who_opened_its_deck_of_those_who_agreed(make_client: MakeClient, team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    client, base = make_client(team.founder), f"/api/v1/decks/{deck}/links"

    made = (await client.post(base, json={"viewer": str(team.fund), "days": 30, "may_download": True})).json()
    row = await links.open_link(UUID(made["id"]), made["url"].rsplit("/", 1)[1])
    for who, yes in ((team.viewer, True), (team.editor, False)):
        await reading.answer(who, row, reading.Reader(name=who.name), yes=yes)
    reader: Any = await reading.reader_of(team.viewer, row, "")
    await reading.count(row, reader, 2, 30)
    listed = (await client.get(base)).json()["items"][0]
    decks = (await client.get(f"/api/v1/organisations/{team.startup}/decks")).json()["items"]
    back = (await client.post(f"{base}/{made['id']}/revoke")).json()["items"][0]
    wrong = await client.post(base, json={"recipient_name": "Hà", "email": "x", "days": 5})
    itself = await client.post(base, json={"viewer": str(team.startup), "days": 30})

    assert (made["recipient"], made["for_organisation"], made["may_download"]) == ("Quỹ Sao Mai", True, True)
    assert [(one["name"], one["seconds"], one["pages"]) for one in listed["readers"]] == [
        ("Viewer Quỹ", 30, [{"page": 2, "seconds": 30}])
    ]
    assert [(one["title"], one["open_links"], one["readers"]) for one in decks] == [("Bộ giới thiệu", 1, 1)]
    assert (back["state"], back["url"]) == ("revoked", None)
    assert sorted(wrong.json()["error"]["fields"]) == ["days", "email"]
    assert (itself.status_code, list(itself.json()["error"]["fields"])) == (422, ["viewer"])


async def test_a_card_of_what_is_not_on_the_pages_is_not_made(make_client: MakeClient, team: Team, base: str) -> None:
    hidden = await make.startup("Ẩn")
    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'x' WHERE id = $1", hidden)
    client = make_client(team.editor)

    answers = [
        await client.post(f"{base}/cards", json={"organisation": str(who), "origin": origin})
        for who, origin in ((hidden, "event"), (team.fund, "event"), (team.startup, "moon"), (team.startup, "event"))
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 422, 201]
    assert answers[-1].json()["origin"] == "event"
