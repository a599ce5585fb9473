"""One search over everything: what of which kind is found, in which order, for whom, and at what cost."""

from uuid import UUID

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.db import count_queries
from app.core.i18n import in_language
from app.core.ids import new_id
from app.directory import profiles
from app.directory.search import everywhere, index, spelling
from app.directory.search.everywhere import Hit
from app.directory.search_text import search_text
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import organisation


@pytest.fixture(autouse=True)
def _fresh_lexicon() -> None:
    spelling.forget()


async def put(kind: str, title: str, **values: object) -> UUID:
    subject = new_id()
    await index.put(index.Entry(kind=kind, subject=subject, title=title, url=f"/{kind}/{subject}", **values))  # type: ignore[arg-type]
    return subject


def titles(hits: list[Hit]) -> list[str]:
    return [hit.title for hit in hits]


async def found(q: str, kind: str = "", tier: int = 0) -> dict[str, list[str]]:
    everything = await everywhere.search(q, kind=kind, tier=tier)
    return {name: titles(hits) for name, hits in everything.hits.items()}


async def test_one_question_finds_every_kind_with_its_count(cast: Cast) -> None:
    for number in range(7):
        await put("event", f"Ngày hội Robot {number}")
    await put("technology_offer", "Cánh tay robot")

    everything = await everywhere.search("robot")

    assert everything.counts == {"event": 7, "organisation": 1, "technology_offer": 1}
    assert {kind: len(hits) for kind, hits in everything.hits.items()} == {
        "event": everywhere.FIRST,
        "organisation": 1,
        "technology_offer": 1,
    }


async def test_one_kind_is_leafed_through_without_gaps_beside_the_counts_of_all(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everywhere, "PAGE", 3)
    for number in range(7):
        await put("event", f"Ngày hội Robot {number}")

    pages = [await everywhere.search("robot", kind="event", page=number) for number in (1, 2, 3, 4)]

    assert [titles(page.hits.get("event", [])) for page in pages] == [
        ["Ngày hội Robot 0", "Ngày hội Robot 1", "Ngày hội Robot 2"],
        ["Ngày hội Robot 3", "Ngày hội Robot 4", "Ngày hội Robot 5"],
        ["Ngày hội Robot 6"],
        [],
    ]
    assert [page.more for page in pages] == [True, True, False, False]
    assert {tuple(sorted(page.counts.items())) for page in pages} == {(("event", 7), ("organisation", 1))}


async def test_what_members_may_find_strangers_do_not(db: asyncpg.Connection) -> None:
    await put("person", "Trần Văn Khôi", tier=1)
    await put("person", "Trần Văn Khánh")

    assert await found("tran van") == {"person": ["Trần Văn Khánh"]}
    assert sorted((await found("tran van", tier=1))["person"]) == ["Trần Văn Khánh", "Trần Văn Khôi"]
    assert titles(await everywhere.suggest("trna van", tier=0)) == ["Trần Văn Khánh"]
    assert titles(await everywhere.suggest("tr", tier=0)) == ["Trần Văn Khánh"]


async def test_what_is_put_twice_is_there_once_and_what_is_dropped_is_gone_at_once(db: asyncpg.Connection) -> None:
    subject = await put("event", "Ngày hội Khởi nghiệp")
    entry = index.Entry(kind="event", subject=subject, title="Tuần lễ Đổi mới", url="/events/x")
    await index.put(entry)
    await index.put(entry)

    assert (await found("tuan le"), await found("ngay hoi")) == ({"event": ["Tuần lễ Đổi mới"]}, {})
    await index.drop("event", subject)
    await index.drop("event", subject)
    assert await found("tuan le") == {}


@pytest.mark.parametrize("column", ["ended", "hidden"])
async def test_who_leaves_the_directory_takes_everything_along_and_brings_it_back(cast: Cast, column: str) -> None:
    await put("technology_offer", "Cánh tay hàn", owner=cast.id)
    gone = f"UPDATE organisation SET {column}_at = now(), {column}_reason = 'x' WHERE id = $1"
    back = f"UPDATE organisation SET {column}_at = NULL, {column}_reason = NULL WHERE id = $1"

    await database.execute(gone, cast.id)
    assert (await found("nguyen duc"), await found("canh tay han")) == ({}, {})
    late = await put("technology_offer", "Cánh tay sơn", owner=cast.id)
    assert await found("canh tay son") == {}
    await database.execute(back, cast.id)
    assert await found("canh tay") == {"technology_offer": ["Cánh tay hàn", "Cánh tay sơn"]}
    assert await database.fetchval("SELECT listed FROM findable WHERE subject = $1", late)


async def test_an_organisation_is_found_by_every_name_it_has_or_had(cast: Cast) -> None:
    await database.execute(
        "UPDATE organisation SET website = 'https://robotviet.vn', domain = 'robotviet.vn' WHERE id = $1", cast.id
    )
    await profiles.edit_organisation(cast.owner, cast.id, {"name": "Tập đoàn Robot Việt", "name_en": "Viet Robotics"})
    await database.execute(
        "UPDATE organisation SET search_text = $2 WHERE id = $1",
        cast.id,
        search_text(
            {
                "name": "Tập đoàn Robot Việt",
                "name_en": "Viet Robotics",
                "legal_name": "Công ty Cổ phần Công nghệ Máy Thông Minh",
                "aliases": ["RoViet"],
                "enterprise_code": "0101234567",
                "domain": "robotviet.vn",
                "website": "https://robotviet.vn",
                "tiers": {"enterprise_code": 0},
            }
        ),
    )

    for typed in (
        "Tập đoàn Robot Việt", "robot viet", "viet robotics", "máy thông minh", "roviet", "0101234567",
        "cong ty co phan cong nghe may thong minh", "robotviet.vn", "https://www.robotviet.vn/ve-chung-toi?x=1",
        "nguyen duc robot", "robotviet", "tdrv", "rbot viet", "vietrobotics",
    ):  # fmt: skip
        assert (await found(typed)).get("organisation") == ["Tập đoàn Robot Việt"], typed


def test_what_is_not_public_is_not_in_the_text_of_the_search() -> None:
    row = {
        "name": "Robot Việt",
        "legal_name": "Máy Thông Minh",
        "enterprise_code": "0101234567",
        "domain": "robotviet.vn",
        "website": "https://robotviet.vn",
        "technologies": ["t_bio"],
    }

    hidden = search_text({**row, "tiers": {"legal_name": 3, "website": 1, "technologies": 2}})

    assert ("0101234567" in search_text(row), "may thong minh" in search_text(row)) == (False, True)
    for word in ("0101234567", "may thong minh", "robotviet vn", "sinh hoc"):
        assert word not in hidden
    assert "0101234567" in search_text({**row, "tiers": {"enterprise_code": 0}})


async def test_suggestions_begin_with_what_is_called_so(cast: Cast) -> None:
    for name in ("Sao Mai", "Sao", "Sao Khuê", "Ngôi Sao"):
        await organisation(cast.owner, name)
    await organisation(cast.owner, "Đèn Lồng", summary_vi="Bán đèn ông sao")

    assert titles(await everywhere.suggest("sao")) == ["Sao", "Sao Khuê", "Sao Mai"]
    assert titles(await everywhere.suggest("sao ")) == ["Sao", "Sao Khuê", "Sao Mai"]
    assert titles(await everywhere.suggest("ngoi s")) == ["Ngôi Sao"]
    assert titles(await everywhere.suggest("ong sao")) == ["Đèn Lồng"]
    assert titles(await everywhere.suggest("sao khue")) == ["Sao Khuê"]
    assert titles(await everywhere.suggest("sao kuhe")) == ["Sao Khuê"]
    assert (await everywhere.suggest("s"), await everywhere.suggest("")) == ([], [])


async def test_hits_speak_the_readers_language(cast: Cast) -> None:
    await put("event", "Ngày hội Sông Hồng", title_en="Red River Day", subtitle_vi="Hà Nội", subtitle_en="Hanoi")

    (vi,) = await everywhere.suggest("red river")
    with in_language("en"):
        (en,) = await everywhere.suggest("ngay hoi song hong")

    assert (vi.title, vi.subtitle) == ("Ngày hội Sông Hồng", "Sự kiện · Hà Nội")
    assert (en.title, en.subtitle) == ("Red River Day", "Event · Hanoi")


@pytest.mark.parametrize("typed", ["robot", "rbot", "zzzzqqqq", "nguyen duc robot xyz", "ro"])
async def test_the_number_of_queries_does_not_grow_with_what_is_found(cast: Cast, typed: str) -> None:
    await everywhere.search(typed)
    with count_queries() as one:
        await everywhere.search(typed)
    with count_queries() as one_suggested:
        await everywhere.suggest(typed)
    for number in range(2):
        await organisation(cast.owner, f"Robot {number}")
    await spelling.lexicon()
    with count_queries() as three:
        await everywhere.search(typed)
    with count_queries() as three_suggested:
        await everywhere.suggest(typed)

    # one more at most: where something was found its rows are read
    assert len(three) <= len(one) + 1
    assert len(three_suggested) <= len(one_suggested) + 1
    assert max(map(len, (one, three, one_suggested, three_suggested))) <= 11


# --- pages ----------------------------------------------------------------------------------------------------


async def test_the_page_shows_kinds_counts_and_the_way_to_filters(cast: Cast, client: httpx.AsyncClient) -> None:
    await put("event", "Ngày hội Robot")

    text = (await client.get("/search", params={"q": "robot"})).text

    assert 'href="/directory?q=robot"' in text
    assert f'href="/organisations/{cast.slug}"' in text
    assert 'href="/search?q=robot&amp;kind=event"' in text
    assert "Ngày hội Robot" in text


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "Bạn đang tìm gì?"),
        ("q=zzzzqqq", "Không tìm thấy “zzzzqqq”"),
        ("q=nguyne", "Không có tên “nguyne”. Các tên gần giống:"),
        ("q=robot&kind=event", "Không có kết quả loại này"),
        ("q=robot&kind=fish&page=x", "Nguyễn Đức Robot"),
        ("q=%00%F0%9F%A6%84&page=99999", "Bạn đang tìm gì?"),
        ("q=" + "x" * 3000, "Không tìm thấy"),
        ("q=%3Cscript%3Ealert", "&lt;script&gt;"),
    ],
)
async def test_what_the_page_says_of_what_is_not_there(
    cast: Cast, client: httpx.AsyncClient, query: str, says: str
) -> None:
    response = await client.get(f"/search?{query}")

    assert response.status_code == 200
    assert says in response.text


async def test_a_box_gets_options_that_the_script_follows(cast: Cast, make_client: MakeClient) -> None:
    await put("person", "Trần Robot Khôi", tier=1)
    stranger, member = make_client(), make_client(cast.stranger)

    options = [
        (await who.get("/search/suggestions?q=robot", headers={"HX-Request": "true"})).text
        for who in (stranger, member)
    ]

    assert [text.count('role="option"') for text in options] == [2, 3]
    assert f'data-href="/organisations/{cast.slug}"' in options[0]
    assert 'data-href="/search?q=robot"' in options[0]
    assert (await stranger.get("/search/suggestions?q=r")).text.strip() == ""


async def test_every_page_has_the_box_and_it_works_as_a_plain_form(client: httpx.AsyncClient) -> None:
    text = (await client.get("/about")).text

    assert 'action="/search" method="get" role="search"' in text
    assert 'role="combobox"' in text
    assert 'id="site-q"' not in (await client.get("/search")).text
