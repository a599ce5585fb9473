"""The pages: every state, who may see them, what is drawn after a choice, how many queries."""

import subprocess
import sys

import pytest

from app.connections import cards, refresh
from app.core import db as database
from tests.connections import make
from tests.factories import make_person

HTMX = {"HX-Request": "true", "HX-Target": "lists"}


@pytest.fixture
async def mine(market, person):
    """The person's own startup, with lists made."""
    await make.member(person, market["startup-agri-VN"])
    await refresh.refresh(market["startup-agri-VN"])
    return market["startup-agri-VN"]


async def requests() -> int:
    return await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'")


async def test_strangers_are_sent_to_the_sign_in(make_client, db):
    answer = await make_client().get("/suggestions?organisation=x")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/suggestions%3Forganisation%3Dx")


async def test_without_an_organisation_the_way_to_one_is_shown(make_client, person):
    page = await make_client(person).get("/suggestions")

    assert page.status_code == 200
    assert "Bạn chưa thuộc tổ chức nào" in page.text
    assert 'href="/organisations/new"' in page.text


async def test_the_lists_of_the_own_organisation(make_client, person, mine):
    page = await make_client(person).get("/suggestions")

    assert page.status_code == 200
    assert page.text.index("Fund agri-VN") < page.text.index("Fund fin-SG")
    assert "Vì sao hợp với bạn" in page.text
    assert "Vì sao họ có thể quan tâm" in page.text
    assert "Họ tìm doanh nghiệp trong lĩnh vực Nông nghiệp công nghệ cao" in page.text
    assert "Điều cần lưu ý" in page.text
    assert "Vì sao có danh sách này?" in page.text
    assert await requests() == 0


async def test_in_english(make_client, market, db):
    reader = await make_person(locale="en")
    await make.member(reader, market["startup-agri-VN"])
    await refresh.refresh(market["startup-agri-VN"])

    page = await make_client(reader).get("/suggestions")

    assert "They look for companies in AgriTech" in page.text
    assert "Why they may be interested" in page.text


async def test_another_kind_by_its_tab(make_client, person, mine):
    slug = await make.slug_of(mine)

    page = await make_client(person).get(f"/suggestions?organisation={slug}&kind=incubator")

    assert "Vườn ươm" in page.text
    assert "Fund agri-VN" not in page.text


async def test_an_unknown_kind_shows_the_first_list(make_client, person, mine):
    page = await make_client(person).get(f"/suggestions?organisation={await make.slug_of(mine)}&kind=%3Cimg%3E")

    assert page.status_code == 200
    assert "Fund agri-VN" in page.text


async def test_lists_not_made_yet_are_asked_for_and_waited_for(make_client, person, market):
    await make.member(person, market["startup-fin-VN"])
    client, slug = make_client(person), await make.slug_of(market["startup-fin-VN"])

    page = await client.get("/suggestions")
    assert "Đang tìm những bên phù hợp với bạn" in page.text
    assert f'hx-get="/suggestions?organisation={slug}&amp;kind=investor&amp;waited=1"' in page.text
    assert await requests() == 1

    poll = await client.get(f"/suggestions?organisation={slug}&kind=investor&waited=1", headers=HTMX)
    assert poll.text.lstrip().startswith('<section id="lists"')
    assert "waited=2" in poll.text
    assert await requests() == 1

    await refresh.refresh(market["startup-fin-VN"])
    ready = await client.get(f"/suggestions?organisation={slug}&kind=investor&waited=2", headers=HTMX)
    assert "Fund fin-VN" in ready.text
    assert 'hx-trigger="load' not in ready.text


async def test_waiting_ends_with_a_way_out(make_client, person, market):
    await make.member(person, market["startup-fin-VN"])
    slug = await make.slug_of(market["startup-fin-VN"])

    page = await make_client(person).get(f"/suggestions?organisation={slug}&waited=99999", headers=HTMX)

    assert "Việc này lâu hơn bình thường" in page.text
    assert f'action="/suggestions/{slug}/refresh"' in page.text
    assert "hx-trigger" not in page.text


async def test_no_engine_yet(make_client, person, db):
    own = await make.startup()
    await make.member(person, own)

    page = await make_client(person).get("/suggestions")

    assert "Bộ máy gợi ý đang chuẩn bị" in page.text
    assert await requests() == 0


async def test_a_failure_is_admitted(make_client, person, market):
    await make.member(person, market["startup-fin-VN"])
    await refresh.note_failure(market["startup-fin-VN"])

    page = await make_client(person).get("/suggestions")

    assert "Chưa lập được gợi ý" in page.text
    assert await requests() == 0


async def test_old_lists_are_shown_while_newer_ones_are_made(make_client, person, mine):
    await make.change(mine, summary_vi="Mới")

    page = await make_client(person).get("/suggestions")

    assert "Fund agri-VN" in page.text
    assert "Danh sách mới đang được lập" in page.text
    assert await requests() == 1


async def test_a_thin_profile_is_told_what_helps(make_client, person, market):
    own = await make.startup("Mỏng", sectors=["agri"])
    await make.member(person, own)
    await refresh.refresh(own)

    page = await make_client(person).get("/suggestions")

    assert "Để có gợi ý tốt hơn" in page.text
    assert "Quốc gia và tỉnh, thành phố" in page.text
    assert f'href="/organisations/{await make.slug_of(own)}/edit"' in page.text


async def test_several_organisations_are_chosen_between(make_client, person, mine, market):
    await make.member(person, market["fund-fin-SG"])
    await refresh.refresh(market["fund-fin-SG"])
    slug = await make.slug_of(market["fund-fin-SG"])

    page = await make_client(person).get(f"/suggestions?organisation={slug}")

    assert 'aria-current="true">' in page.text
    assert "Startup fin-SG" in page.text
    assert "Họ làm trong lĩnh vực Tài chính, bảo hiểm mà bạn đang tìm" in page.text


async def test_others_organisations_do_not_exist(make_client, person, mine, market):
    slug = await make.slug_of(market["fund-fin-SG"])
    client = make_client(person)

    assert (await client.get(f"/suggestions?organisation={slug}")).status_code == 404
    assert (await client.get(f"/organisations/{slug}/suggestions-panel")).status_code == 404
    assert (await client.get("/suggestions?organisation=khong-co")).status_code == 404
    for act in ("refresh", "x/save", "x/hide", "x/restore"):
        assert (await client.post(f"/suggestions/{slug}/{act}")).status_code == 404


async def test_organizers_see_no_more_than_others(make_client, market):
    organizer = await make_person(roles=["organizer"])

    answer = await make_client(organizer).get(f"/suggestions?organisation={await make.slug_of(market['fund-fin-SG'])}")

    assert answer.status_code == 404


async def test_admins_may_look(make_client, market):
    admin = await make_person(roles=["admin"])

    answer = await make_client(admin).get(f"/suggestions?organisation={await make.slug_of(market['fund-fin-SG'])}")

    assert answer.status_code == 200


async def test_viewers_read_and_do_not_decide(make_client, person, market):
    await make.member(person, market["startup-agri-VN"], "viewer")
    await refresh.refresh(market["startup-agri-VN"])
    slug, fund = await make.slug_of(market["startup-agri-VN"]), await make.slug_of(market["fund-agri-VN"])
    client = make_client(person)

    page = await client.get("/suggestions")
    assert "Fund agri-VN" in page.text
    assert f'action="/suggestions/{slug}/{fund}/save' not in page.text
    for act in ("save", "hide", "restore"):
        assert (await client.post(f"/suggestions/{slug}/{fund}/{act}")).status_code == 403


async def test_an_ended_organisation_has_no_lists(make_client, person, mine):
    slug = await make.slug_of(mine)
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", mine)

    assert (await make_client(person).get(f"/suggestions?organisation={slug}")).status_code == 404


async def test_put_away_and_undone(make_client, person, mine, market):
    client, slug = make_client(person), await make.slug_of(mine)
    fund = await make.slug_of(market["fund-agri-VN"])

    drawn = await client.post(f"/suggestions/{slug}/{fund}/hide", data={"reason": "geography"}, headers=HTMX)
    assert drawn.status_code == 200
    assert "Sẽ không gợi ý Fund agri-VN nữa." in drawn.text
    assert "Hoàn tác" in drawn.text
    assert f'id="s-{fund}"' not in drawn.text

    page = await client.get("/suggestions")
    assert f'id="s-{fund}"' not in page.text
    assert "Ngoài địa bàn" in page.text  # among what was put away

    back = await client.post(f"/suggestions/{slug}/{fund}/restore", headers=HTMX)
    assert f'id="s-{fund}"' in back.text


async def test_putting_away_needs_a_reason(make_client, person, mine, market):
    slug, fund = await make.slug_of(mine), await make.slug_of(market["fund-agri-VN"])

    answer = await make_client(person).post(f"/suggestions/{slug}/{fund}/hide", data={"reason": "x"})

    assert answer.status_code == 422
    assert "Vui lòng chọn lý do gợi ý này không phù hợp." in answer.text
    assert f'id="s-{fund}"' in answer.text


async def test_without_script_the_page_is_shown_again(make_client, person, mine, market):
    slug, fund = await make.slug_of(mine), await make.slug_of(market["fund-agri-VN"])

    answer = await make_client(person).post(f"/suggestions/{slug}/{fund}/save?kind=investor&saved=true")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/suggestions?organisation={slug}&kind=investor&saved=true"


async def test_what_was_kept_has_its_own_list(make_client, person, mine, market):
    client, slug = make_client(person), await make.slug_of(mine)
    empty = await client.get(f"/suggestions?organisation={slug}&saved=true")
    assert "Chưa lưu gợi ý nào" in empty.text

    await client.post(f"/suggestions/{slug}/{await make.slug_of(market['fund-fin-SG'])}/save", headers=HTMX)

    page = await client.get(f"/suggestions?organisation={slug}&saved=true")
    assert "Fund fin-SG" in page.text
    assert "Fund agri-VN" not in page.text


async def test_choosing_somebody_who_does_not_exist(make_client, person, mine):
    answer = await make_client(person).post(f"/suggestions/{await make.slug_of(mine)}/khong-co/save")

    assert answer.status_code == 404


async def test_asking_again_by_hand(make_client, person, mine):
    slug = await make.slug_of(mine)

    answer = await make_client(person).post(f"/suggestions/{slug}/refresh")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/suggestions?organisation={slug}")
    assert await requests() == 1


async def test_one_suggestion_or_three_cost_the_same_queries(make_client, person, mine):
    client, slug = make_client(person), await make.slug_of(mine)
    await client.get("/suggestions")
    counts = {}
    for left in (3, 1):
        await database.execute("DELETE FROM suggestion WHERE rank > $1", left)
        with database.count_queries() as asked:
            page = await client.get(f"/suggestions?organisation={slug}&kind=investor")
        counts[page.text.count('id="s-')] = len(asked)

    assert set(counts) == {3, 1}
    assert counts[3] == counts[1] <= 8


async def test_the_panel_shows_three(make_client, person, mine):
    with database.count_queries() as asked:
        panel = await make_client(person).get(f"/organisations/{await make.slug_of(mine)}/suggestions-panel")

    assert panel.status_code == 200
    assert panel.text.count("<article") == 3
    assert "<html" not in panel.text
    assert len(asked) <= 6


async def test_the_panel_waits_too(make_client, person, market):
    await make.member(person, market["startup-fin-VN"])
    slug = await make.slug_of(market["startup-fin-VN"])

    panel = await make_client(person).get(f"/organisations/{slug}/suggestions-panel")

    assert f'hx-get="/organisations/{slug}/suggestions-panel?waited=1"' in panel.text
    assert await requests() == 1


async def test_the_engine_page_is_for_admins(make_client, person, market):
    admin = make_client(await make_person(roles=["admin"]))

    page = await admin.get("/staff/engine")
    assert page.status_code == 200
    assert "chưa học từ các thương vụ đã qua" in page.text
    assert (await make_client(person).get("/staff/engine")).status_code == 403
    assert (await make_client(person).post("/staff/engine/fit")).status_code == 403

    assert (await admin.post("/staff/engine/fit")).status_code == 303
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.fit'") == 1


async def test_the_engine_page_shows_the_figures_beside_the_baselines(make_client, market):
    figures = {
        "metrics": {"model": {"recall@10": 0.2624}, "baselines": {"popularity": {"recall@10": 0.1}}},
        "split": "2012-07-01",
        "links": 38226,
    }
    await database.execute("UPDATE engine_model SET card = $1, prior = false", figures)

    page = await make_client(await make_person(roles=["admin"])).get("/staff/engine")

    assert "2012-07-01" in page.text
    assert "38.226" in page.text
    assert "0,262" in page.text
    assert "popularity" in page.text


async def test_the_card_of_a_fit_is_shown_in_words(make_client, market):
    figures = {
        "metrics": {"model": {"recall@10": 0.26}, "baselines": {}},
        "period": ["1999-01-01", "2012-06-30"],
        "kinds": {"new company, asked": {"recall@10": 0.348, "mrr": 0.273}, "of a later version": {"mrr": 0.9}},
        "shown": {
            "calibration_error": 0.0123, "brier": 0.045, "reliability": [{"said": 0.05, "was": 0.061, "share": 0.1}],
        },
        "coverage": 0.431, "gini": 0.77,
        "exposure": {
            "size": {"none": 0.011, "20+": 0.6},
            "country": {"vn": 0.7, "unknown": 0.021, **{f"x{n}": 0.01 for n in range(9)}},
            "language": {"vi": 0.9},
        },
    }  # fmt: skip
    await database.execute("UPDATE engine_model SET card = $1, prior = false", figures)

    page = (await make_client(await make_person(roles=["admin"])).get("/staff/engine")).text

    assert "Doanh nghiệp chưa có nhà đầu tư, có nêu nhu cầu gọi vốn" in page
    assert "1999-01-01 – 2012-06-30" in page
    for value in ("0,348", "0,273", "0,012", "0,045", "0,061", "0,431", "0,77", "Việt Nam", "Từ 20 thương vụ", "0,021"):
        assert value in page
    assert "of a later version" not in page


async def test_no_engine_at_all(make_client, db):
    page = await make_client(await make_person(roles=["admin"])).get("/staff/engine")

    assert "Chưa có bộ máy nào được dùng" in page.text


async def test_ten_at_first_and_more_on_demand(make_client, person, mine):
    for number in range(8):
        await make.investor(f"Quỹ thứ {number}", sectors=["agri"], country="VN")
    await database.execute("UPDATE suggestion_run SET requested_at = now() - interval '1 hour'")
    await refresh.refresh(mine)
    client, slug = make_client(person), await make.slug_of(mine)

    page = await client.get("/suggestions")
    assert page.text.count('id="s-') == 10
    assert f"/suggestions?organisation={slug}&amp;kind=investor&amp;every=true" in page.text

    every = await client.get(f"/suggestions?organisation={slug}&every=true")
    assert every.text.count('id="s-') == 12
    assert "Xem thêm gợi ý" not in every.text


async def test_a_shared_province_is_named(make_client, person, market):
    own = await make.startup("Hà Nội", sectors=["agri"], country="VN", province_code="01", state=None)
    await make.investor("Quỹ Hà Nội", country="VN", province_code="01")
    await make.member(person, own)
    await refresh.refresh(own)

    page = await make_client(person).get("/suggestions")

    assert "Hai bên cùng ở Hà Nội" in page.text


async def test_a_stated_ask_is_told_to_those_who_look(market):
    asking = await make.startup("Đang gọi", raising_round="seed", raising_amount=1, raising_currency="USD")
    await refresh.refresh(market["fund-fin-SG"])
    part = [{"code": "company", "for": "you", "contribution": 1.0, "params": {"rounds": 0}}]
    await database.execute("UPDATE suggestion SET reasons = $1 WHERE candidate = $2", part, asking)

    found = await cards.cards_of(market["fund-fin-SG"], "startup", 50)

    [card] = [card for card in found if card.name == "Đang gọi"]
    assert [line.text for line in card.for_you] == ["Họ đang gọi vốn"]


def test_serving_pages_does_not_load_the_engine():
    """The learning libraries would cost each web process a hundred megabytes and the start a second."""
    code = (
        "import sys, app.connections.routes, app.connections.api; print({'sklearn', 'scipy', 'numpy'} & {*sys.modules})"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
