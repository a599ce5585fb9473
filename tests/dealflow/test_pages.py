"""Pages of pipelines as people see them: empty, full, too late, wrong, with very long names, in both languages."""

import re
from datetime import timedelta

import pytest

from app.core import clock
from app.core import db as database
from app.dealflow import cards, moving, pipelines
from app.dealflow.moving import Passing, Place
from tests.conftest import MakeClient
from tests.connections import make
from tests.dealflow.conftest import LONG, Team, order_of
from tests.introductions.conftest import Pair


async def test_somebody_begins_a_pipeline_and_adds_a_startup_in_one_click(make_client: MakeClient, team: Team) -> None:
    client = make_client(team.owner)
    slug = await make.slug_of(team.fund)

    begun = await client.post("/deals", data={"organisation": slug, "name": "Đầu tư tiếp"})
    board = await client.get(begun.headers["location"])
    target = await make.slug_of(team.startup)
    part = await client.get(f"/deals/add/{target}", headers={"HX-Request": "true"})
    pipeline = begun.headers["location"].rsplit("/", 1)[1]
    added = await client.post(f"/deals/add/{target}", data={"pipeline": pipeline, "origin": "directory"})
    again = await client.post(f"/deals/add/{target}", data={"pipeline": pipeline}, headers={"HX-Request": "true"})

    assert (begun.status_code, board.status_code, part.status_code) == (303, 200, 200)
    assert "Quy trình chưa có gì" in board.text
    assert "Thêm vào quy trình" in part.text
    assert "<html" not in part.text
    assert added.status_code == 303
    assert "Trong “Đầu tư tiếp”" in again.text
    card = await client.get(added.headers["location"])
    assert LONG in card.text
    assert "Từ danh bạ" in card.text


async def test_whoever_has_no_pipeline_gets_an_empty_part(make_client: MakeClient, team: Team) -> None:
    slug = await make.slug_of(team.startup)

    nobody = await make_client().get(f"/deals/add/{slug}", headers={"HX-Request": "true"})
    founder = await make_client(team.founder).get(f"/deals/add/{slug}", headers={"HX-Request": "true"})
    viewer = await make_client(team.viewer).get(f"/deals/add/{slug}", headers={"HX-Request": "true"})

    assert [(one.status_code, one.text.strip()) for one in (nobody, founder, viewer)] == [(200, "")] * 3


async def test_a_pipeline_needs_a_name_and_what_was_typed_stays(make_client: MakeClient, team: Team) -> None:
    answer = await make_client(team.owner).post("/deals", data={"organisation": await make.slug_of(team.fund)})

    assert answer.status_code == 422
    assert "Vui lòng điền mục này." in answer.text or "field-error" in answer.text


async def test_the_board_shows_stages_cards_and_what_is_late(make_client: MakeClient, team: Team) -> None:
    card = await team.card(LONG + " II", sectors=["agri"], country="VN")
    yesterday = (clock.now() - timedelta(days=2)).date()
    await cards.edit(team.editor, team.pipeline, card, 1, (team.viewer.id and team.editor.id, "Gọi điện", yesterday))

    board = await make_client(team.viewer).get(f"/deals/{team.pipeline}")
    late = await make_client(team.viewer).get(f"/deals/{team.pipeline}?due=late&view=table")
    none = await make_client(team.viewer).get(f"/deals/{team.pipeline}?q=khongco")
    english = await make_client(team.viewer).get(f"/deals/{team.pipeline}?lang=en")

    assert board.status_code == 200
    assert re.findall(r'board-title"><span>([^<]+)', board.text) == [
        "Mới", "Đang tìm hiểu", "Đã gặp", "Thẩm định", "Đàm phán điều khoản", "Đã đầu tư", "Không tiếp tục",
    ]  # fmt: skip
    assert "Gọi điện" in board.text
    assert "data-handle" not in board.text  # a viewer moves nothing
    assert LONG + " II" in late.text
    assert "Không có thẻ nào khớp bộ lọc" in none.text
    assert "Looking into it" in english.text


@pytest.mark.parametrize("view", ["board", "table"])
async def test_one_card_and_three_cost_the_same_queries(make_client: MakeClient, team: Team, view: str) -> None:
    client = make_client(team.editor)
    await team.card("Một")
    counts = []
    for _round in range(2):
        with database.count_queries() as asked:
            await client.get(f"/deals/{team.pipeline}?view={view}")
        counts.append(len(asked))
        await team.card("Hai")
        await team.card("Ba")

    assert counts[0] == counts[1] <= 12


async def test_a_long_column_goes_on_behind_more(make_client: MakeClient, team: Team) -> None:
    for number in range(15):
        await team.card(f"Số {number:02d}")
    client = make_client(team.editor)

    board = await client.get(f"/deals/{team.pipeline}")
    more = re.search(r'hx-get="([^"]+/stages/[^"]+)"', board.text)
    assert more is not None
    rest = await client.get(more[1].replace("&amp;", "&"), headers={"HX-Request": "true"})
    page = await client.get(more[1].replace("&amp;", "&"))

    assert board.text.count("data-card=") == 12
    assert '<span class="tab-count num">15</span>' in board.text
    assert re.findall(r'data-name="([^"]+)"', rest.text) == ["Số 02", "Số 01", "Số 00"]
    assert "<html" not in rest.text
    assert page.status_code == 200


async def test_a_move_draws_a_column_as_far_as_somebody_had_gone_on(make_client: MakeClient, team: Team) -> None:
    made = [await team.card(f"Số {number:02d}") for number in range(15)]
    address = f"/deals/{team.pipeline}/cards/{made[0]}/move"
    to = {
        "stage": str(team.stages["Met"]),
        "moves": "0",
        "shown": f"{team.stages['New']}:15,x:9,{team.stages['Met']}:x",
    }
    headers = {"HX-Request": "true", "HX-Target": "board"}
    client = make_client(team.editor)

    with database.count_queries() as asked:
        board = await client.post(address, data=to, headers=headers)
    plain = await client.get(f"/deals/{team.pipeline}", headers=headers)

    assert (board.status_code, board.text.count("data-card="), plain.text.count("data-card=")) == (200, 15, 13)
    assert ("board-more" in board.text, "board-more" in plain.text) == (False, True)
    assert len(asked) <= 20


async def test_a_filter_counts_exactly_what_it_leaves(make_client: MakeClient, team: Team) -> None:
    for number in range(14):
        await team.card(f"Lúa {number:02d}")
    await team.card("Cà phê")

    board = await make_client(team.viewer).get(f"/deals/{team.pipeline}?q=lua")

    assert re.findall(r'tab-count num">(\d+)<', board.text) == ["14", "0", "0", "0", "0", "0", "0"]
    assert (board.text.count("data-card="), "Cà phê" in board.text) == (12, False)


async def test_a_step_is_overdue_by_the_day_in_vietnam(make_client: MakeClient, team: Team) -> None:
    """Between midnight and seven there the database is still in the day before."""
    today = clock.now().astimezone(clock.VIETNAM).date()
    for name, day in (("Hôm qua", today - timedelta(days=1)), ("Hôm nay", today), ("Mai", today + timedelta(days=7))):
        card = await team.card(name)
        await cards.edit(team.editor, team.pipeline, card, 1, (None, "Gọi", day))
    client = make_client(team.viewer)

    found = {
        due: re.findall(r'data-name="([^"]+)"', (await client.get(f"/deals/{team.pipeline}?due={due}")).text)
        for due in ("late", "week")
    }

    assert found == {"late": ["Hôm qua"], "week": ["Mai", "Hôm nay"]}
    assert (await pipelines.pipelines_of(team.viewer))[0]["late"] == 1


async def test_moving_without_javascript_leads_back_to_the_card(make_client: MakeClient, team: Team) -> None:
    card = await team.card("Một")
    to = {"stage": str(team.stages["Met"]), "moves": "0", "back": "card"}

    answer = await make_client(team.editor).post(f"/deals/{team.pipeline}/cards/{card}/move", data=to)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/deals/{team.pipeline}/cards/{card}")
    assert await order_of(team.stages["Met"]) == ["Một"]


async def test_the_second_mover_is_told_who_and_where_and_repeats_it(make_client: MakeClient, team: Team) -> None:
    card = await team.card("Một")
    await moving.move(team.owner, team.pipeline, card, Place(stage=team.stages["Due diligence"]), 0)
    client = make_client(team.editor)
    address = f"/deals/{team.pipeline}/cards/{card}/move"
    wanted = {"stage": str(team.stages["Met"]), "moves": "0"}

    plain = await client.post(address, data=wanted)
    late = await client.post(address, data=wanted, headers={"HX-Request": "true", "HX-Target": "board"})
    form = dict(re.findall(r'name="(stage|before|after|moves)" value="([^"]*)"', late.text))
    again = await client.post(address, data=form, headers={"HX-Request": "true", "HX-Target": "board"})

    assert (plain.status_code, late.status_code, again.status_code) == (409, 422, 200)
    assert "Owner Quỹ vừa chuyển Một sang “Thẩm định”" in late.text
    assert "Vẫn chuyển sang “Đã gặp”" in late.text
    assert form == {"stage": str(team.stages["Met"]), "before": "", "after": "", "moves": "1"}
    assert await order_of(team.stages["Met"]) == ["Một"]


async def test_the_stage_of_the_passed_asks_for_a_reason_first(make_client: MakeClient, team: Team) -> None:
    card = await team.card("Một")
    client = make_client(team.editor)
    to = {"stage": str(team.stages["Passed"]), "moves": "0"}

    plain = await client.post(f"/deals/{team.pipeline}/cards/{card}/move", data=to)
    board = await client.post(
        f"/deals/{team.pipeline}/cards/{card}/move", data=to, headers={"HX-Request": "true", "HX-Target": "board"}
    )
    page = await client.get(f"/deals/{team.pipeline}/cards/{card}/pass")
    empty = await client.post(f"/deals/{team.pipeline}/cards/{card}/pass", data={"note": "Giữ lời này"})
    before = await order_of(team.stages["Passed"])
    await client.post(f"/deals/{team.pipeline}/cards/{card}/pass", data={"reason": "ticket"})
    passed = await client.get(f"/deals/{team.pipeline}/cards/{card}/pass")

    assert plain.headers["location"] == f"/deals/{team.pipeline}/cards/{card}/pass"
    assert board.headers["hx-redirect"] == f"/deals/{team.pipeline}/cards/{card}/pass"
    assert 'name="tell" value="1"' in page.text
    assert "checked" not in page.text.split('name="tell"')[1][:40]
    assert empty.status_code == 422
    assert "Giữ lời này" in empty.text
    assert ("Đổi lý do" in page.text, "Đổi lý do" in passed.text) == (False, True)
    assert (before, await order_of(team.stages["Passed"])) == ([], ["Một"])


async def test_what_somebody_typed_meanwhile_is_shown_beside_what_stands_there(
    make_client: MakeClient, team: Team
) -> None:
    card = await team.card("Một")
    await cards.edit(team.owner, team.pipeline, card, 1, (team.owner.id, "Gửi điều khoản", None))

    answer = await make_client(team.editor).post(
        f"/deals/{team.pipeline}/cards/{card}", data={"version": "1", "next_step": "Hẹn gặp lần hai"}
    )

    assert answer.status_code == 409
    assert "Owner Quỹ đã sửa thẻ này" in answer.text
    assert 'value="Hẹn gặp lần hai"' in answer.text
    assert "Gửi điều khoản" in answer.text


async def test_an_organisation_that_left_the_pages_is_not_named(make_client: MakeClient, team: Team) -> None:
    card = await team.card("Tên bí mật")
    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'x' WHERE name = 'Tên bí mật'")
    client = make_client(team.owner)

    pages = [
        await client.get(f"/deals/{team.pipeline}{rest}")
        for rest in ("", "?view=table", f"/cards/{card}", "/export/csv", "/changes", f"/cards/{card}/pass")
    ]

    assert [page.status_code for page in pages] == [200] * 6
    assert [page.text.count("Tên bí mật") for page in pages] == [0] * 6
    assert "Không còn trong danh bạ" in pages[0].text


async def test_the_startup_reads_what_it_was_told_and_only_that(make_client: MakeClient, team: Team) -> None:
    card = (await cards.add(team.editor, team.pipeline, team.startup, "profile")).card
    slug = await make.slug_of(team.startup)
    before = await make_client(team.founder).get(f"/organisations/{slug}/answers")
    given = Passing(reason="too_early", note="Nội bộ: yếu quá", tell=True, words="Hẹn gặp lại sau vòng hạt giống.")
    await moving.pass_on(team.editor, team.pipeline, card, given)

    page = await make_client(team.founder).get(f"/organisations/{slug}/answers")
    mails = await database.fetch("SELECT to_address, text FROM mail")

    assert "Chưa có trả lời nào" in before.text
    assert "Hẹn gặp lại sau vòng hạt giống." in page.text
    assert "Quỹ Sao Mai" in page.text
    assert "Editor Quỹ" not in page.text + mails[0]["text"]
    assert [(mail["to_address"], "Nội bộ" in mail["text"]) for mail in mails] == [(team.founder.email, False)]


async def test_a_list_learns_in_one_request_what_is_in_a_pipeline_already(make_client: MakeClient, team: Team) -> None:
    other = await make.slug_of(await make.startup("Khác"))
    await cards.add(team.editor, team.pipeline, team.startup, "profile")
    slug = await make.slug_of(team.startup)
    fragment = {"HX-Request": "true"}
    client = make_client(team.editor)

    with database.count_queries() as asked:
        part = await client.get(f"/deals/add?from=directory&o={slug}&o={other}&o=khong-co", headers=fragment)
    pressed = await client.post(
        f"/deals/add/{other}?bare=1", data={"pipeline": str(team.pipeline), "origin": "directory"}, headers=fragment
    )
    silent = [await make_client(who).get(f"/deals/add?o={slug}", headers=fragment) for who in (team.viewer, None)]
    lists = [await make_client(who).get("/directory?kind=startup") for who in (team.editor, None)]

    assert len(asked) == 3
    assert part.text.count('hx-swap-oob="true"') == 2
    assert ("Trong “Thương vụ”" in part.text, part.text.count("Thêm vào “Thương vụ”")) == (True, 1)
    assert "Trong “Thương vụ”" in pressed.text
    assert [one.text for one in silent] == ["", ""]
    assert [f'id="add-{slug}"' in one.text for one in lists] == [True, False]
    assert (await client.get("/deals/add")).status_code == 404


async def test_an_introduction_that_both_accepted_stands_on_the_card(make_client: MakeClient, team: Team) -> None:
    card = (await cards.add(team.editor, team.pipeline, team.startup, "profile")).card
    client = make_client(team.editor)
    pair = Pair(team.startup, team.fund, team.founder, team.owner)
    introduction = await pair.asks()

    asked = await client.get(f"/deals/{team.pipeline}/cards/{card}")
    await pair.accepts(introduction)
    accepted = await client.get(f"/deals/{team.pipeline}/cards/{card}")
    thread = await make_client(team.owner).get(f"/introductions/{introduction}")

    link = f'href="/introductions/{introduction}"'
    assert ["introduce-button" in asked.text, link in asked.text] == [True, False]
    assert ["introduce-button" in accepted.text, link in accepted.text] == [False, True]
    assert f"/deals/add/{await make.slug_of(team.startup)}?from=introduction" in thread.text
