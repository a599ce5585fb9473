"""Stages, names, leads, kept filters, files and what an address may ask of a board; and letters that are sent once."""

import re
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.errors import Invalid, NotFound
from app.dealflow import cards, letters, links, moving, pipelines, reading, views
from app.dealflow.asking import Asked, asked_from
from app.dealflow.moving import Passing, Place
from app.directory.curation import moving as merging_rows
from tests.conftest import MakeClient
from tests.connections import make
from tests.dealflow.conftest import LONG, Team, order_of
from tests.dealflow.papers import deck_of, paper


async def names_of(team: Team) -> list[str]:
    return [row["name_vi"] or row["name_en"] for row in await pipelines.stages_of(team.pipeline)]


async def test_stages_are_added_renamed_shifted_and_closed(make_client: MakeClient, team: Team) -> None:
    client = make_client(team.owner)
    base = f"/deals/{team.pipeline}/settings/stages"
    card = await team.card("Một")
    await moving.move(team.editor, team.pipeline, card, Place(stage=team.stages["Met"]), 0)

    added = await client.post(base, data={"stage_name": LONG[:80]})
    empty = await client.post(base, data={"stage_name": " "})
    long = await client.post(base, data={"stage_name": "x" * 81})
    await client.post(f"{base}/{team.stages['Met']}", data={"name_vi": "Gặp mặt", "name_en": "Met in person"})
    nameless = await client.post(f"{base}/{team.stages['Met']}", data={"name_vi": ""})
    await client.post(f"{base}/{team.stages['Met']}/earlier")
    await client.post(f"{base}/{team.stages['New']}/earlier")
    closed = await client.post(f"{base}/{team.stages['Met']}/end")
    won = await client.post(f"{base}/{team.stages['Invested']}/end")
    odd = await client.post(f"{base}/{team.stages['New']}/dance")

    assert [one.status_code for one in (added, empty, long, nameless, closed, won, odd)] == [
        303, 422, 422, 422, 303, 409, 404,
    ]  # fmt: skip
    assert await names_of(team) == [
        "Mới", "Đang tìm hiểu", "Thẩm định", "Đàm phán điều khoản", LONG[:80], "Đã đầu tư", "Không tiếp tục",
    ]  # fmt: skip
    assert await order_of(team.stages["New"]) == ["Một"]


async def test_the_last_open_stage_stays(team: Team) -> None:
    for name in ("Looking into it", "Met", "Due diligence", "Negotiating terms"):
        await pipelines.end_stage(team.owner, team.pipeline, team.stages[name])

    with pytest.raises(pipelines.LastStage):
        await pipelines.end_stage(team.owner, team.pipeline, team.stages["New"])


async def test_only_somebody_of_the_team_leads_or_is_responsible(team: Team) -> None:
    card = await team.card("Một")
    for wrong in (team.stranger.id, team.viewer.id):
        with pytest.raises(Invalid):
            await pipelines.change(team.pipeline, "Tên", wrong)
        with pytest.raises(Invalid):
            await cards.edit(team.editor, team.pipeline, card, 1, (wrong, "", None))

    await pipelines.change(team.pipeline, "Tên", team.editor.id)
    assert (await team.seen(team.editor)).may_manage
    await database.execute("UPDATE membership SET role = 'viewer' WHERE person = $1", team.editor.id)
    assert not (await team.seen(team.editor)).may_manage


async def test_a_closed_pipeline_is_there_for_nobody(make_client: MakeClient, team: Team) -> None:
    client = make_client(team.owner)

    await client.post(f"/deals/{team.pipeline}/settings/end")

    assert (await client.get(f"/deals/{team.pipeline}")).status_code == 404
    with pytest.raises(NotFound):
        await cards.add(team.owner, team.pipeline, team.startup, "profile")


async def test_a_card_that_was_taken_out_comes_back_with_its_notes(make_client: MakeClient, team: Team) -> None:
    card = await team.card("Một")
    client = make_client(team.editor)
    here = f"/deals/{team.pipeline}/cards/{card}"
    await client.post(f"{here}/notes", data={"text": "Dòng một\n\nDòng hai"})

    out = await client.post(f"{here}/end")
    gone = await client.get(out.headers["location"])
    missing = await client.get(here)
    back = await client.post(f"{here}/restore")
    page = await client.get(back.headers["location"])

    assert "Một đã được bỏ khỏi quy trình" in gone.text
    assert missing.status_code == 404
    assert "Dòng hai" in page.text
    assert await order_of(team.stages["New"]) == ["Một"]


async def test_files_of_a_card_are_for_the_team_alone(make_client: MakeClient, team: Team) -> None:
    card = await team.card("Một")
    client = make_client(team.editor)
    here = f"/deals/{team.pipeline}/cards/{card}"
    none = await client.post(f"{here}/files", data={})
    kept = await client.post(f"{here}/files", files={"file": ("Bảng tính.pdf", paper(1), "application/pdf")})
    row = await database.fetchrow("SELECT id, file FROM deal_file")
    assert row is not None
    path = f"/files/{row['file']}/file.pdf"

    people = {name: getattr(team, name) for name in ("viewer", "owner", "stranger", "founder")}
    seen = {name: (await make_client(actor).get(path)).status_code for name, actor in people.items()}
    page = await client.get(here)
    await client.post(f"{here}/files/{row['id']}/end")

    assert (none.status_code, kept.status_code) == (422, 303)
    assert seen == {"viewer": 200, "owner": 200, "stranger": 404, "founder": 404}
    assert "Bảng tính.pdf" in page.text
    assert (await client.get(path)).status_code == 404


async def test_a_letter_is_sent_once_and_a_reason_can_change(team: Team) -> None:
    card = (await cards.add(team.editor, team.pipeline, team.startup, "profile")).card

    for reason in ("ticket", "ticket", "sector"):
        await moving.pass_on(team.editor, team.pipeline, card, Passing(reason=reason, tell=True, words="Cảm ơn"))

    [letter] = await letters.of_startup(team.startup)
    acts = [row["act"] for row in await database.fetch("SELECT act FROM deal_change ORDER BY id")]
    assert (letter["reason"], letter["text"], letter["name"]) == ("ticket", "Cảm ơn", "Quỹ Sao Mai")
    assert acts == ["added", "passed", "told", "passed"]
    assert await database.fetchval("SELECT count(*) FROM mail") == 1
    assert await database.fetchval("SELECT pass_reason FROM deal_card") == "sector"


async def test_a_reason_alone_tells_nobody_and_goes_when_the_card_is_taken_up_again(team: Team) -> None:
    card = (await cards.add(team.editor, team.pipeline, team.startup, "profile")).card
    await moving.pass_on(team.editor, team.pipeline, card, Passing(reason="too_early"))
    await moving.move(team.editor, team.pipeline, card, Place(stage=team.stages["Met"]), 1)

    row = await database.fetchrow("SELECT state, pass_reason FROM deal_card")
    assert row is not None
    assert (row["state"], row["pass_reason"]) == ("open", None)
    assert await letters.of_startup(team.startup) == []
    assert await database.fetchval("SELECT count(*) FROM mail") == 0


async def test_kept_filters_are_ones_own(make_client: MakeClient, team: Team) -> None:
    await team.card("Một")
    client = make_client(team.viewer)
    await client.post(f"/deals/{team.pipeline}/views?due=late&view=table", data={"name": "Quá hạn của tôi"})
    await client.post(f"/deals/{team.pipeline}/views?due=late&view=table", data={"name": "Tên khác"})
    nameless = await client.post(f"/deals/{team.pipeline}/views?due=late", data={})

    mine, others = [await make_client(who).get(f"/deals/{team.pipeline}") for who in (team.viewer, team.owner)]
    assert nameless.status_code == 422
    assert ("Tên khác" in mine.text, "Quá hạn của tôi" in mine.text, "Tên khác" in others.text) == (True, False, False)
    [kept] = await views.kept_by(team.viewer, team.pipeline)
    assert kept["query"] == "due=late&view=table"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"owner": "none"}, ["Không ai"]),
        ({"due": "late"}, ["Trễ"]),
        ({"due": "none"}, ["Không ai"]),
        ({"sector": "agri"}, ["Nông"]),
        ({"q": "nong"}, ["Nông"]),
        ({"q": "%"}, []),
        ({"fit": "fair"}, ["Nông"]),
        ({"order": "fit"}, ["Nông", "Không ai", "Trễ"]),
        ({"sector": "nonsense", "owner": "x' OR 1=1", "due": "y"}, ["Trễ", "Nông", "Không ai"]),
    ],
)
async def test_filters_find_what_they_say(
    make_client: MakeClient, team: Team, query: dict[str, str], found: Any
) -> None:
    nobody, farm, late = [await team.card(name) for name in ("Không ai", "Nông", "Trễ")]
    await database.execute("UPDATE organisation SET sectors = '{agri}' WHERE name = 'Nông'")
    await database.execute("UPDATE deal_card SET fit_value = 1.5 WHERE id = $1", farm)
    await database.execute("UPDATE deal_card SET owner = NULL WHERE id = $1", nobody)
    await database.execute("UPDATE deal_card SET next_step = 'x', next_on = current_date - 1 WHERE id = $1", late)
    await database.execute("UPDATE deal_card SET next_step = 'x' WHERE id = $1", farm)

    page = await make_client(team.viewer).get(f"/deals/{team.pipeline}", params={**query, "view": "table"})

    names = re.findall(r'<th scope="row"><a[^>]*>([^<]+)', page.text)
    assert names == found


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["q", "owner", "due", "fit", "sector", "view", "order"]), st.text(max_size=40)))
def test_whatever_an_address_asks_is_a_state_that_says_itself(query: dict[str, str]) -> None:
    asked = asked_from(query)
    again = asked_from(dict(parse_qsl(asked.query())))

    arguments: list[object] = ["pipeline"]
    where = asked.where(arguments)
    assert again == asked
    assert isinstance(asked, Asked)
    assert all(f"${number}" in where for number in range(2, len(arguments) + 1))
    assert not asked.q or asked.q not in where or len(asked.q) < 3  # what was typed is an argument, never SQL


async def test_a_merge_opens_no_deck_to_whom_the_other_profile_did_not_name(team: Team) -> None:
    """Links stay with the profile that they named: the members of the kept one were not let in by the startup."""
    kept = await make.investor("Quỹ giữ lại")
    await make.member(team.stranger, kept)
    deck = await deck_of(team.founder, team.startup)
    link = await links.make(team.founder, deck, ("", "", team.fund), "7")
    async with database.tx():
        await merging_rows.move_rows(team.fund, kept)
    row = await database.fetchrow("SELECT id, viewer FROM deck_link WHERE id = $1", link)

    assert row is not None
    assert row["viewer"] == team.fund
    opened = {"id": link, "viewer": team.fund, "viewer_name": "", "recipient_name": "", "email_key": ""}
    assert await reading.reader_of(team.stranger, opened, "") is None
