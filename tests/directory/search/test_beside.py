"""The map and the comparison: what they count and show, to whom, without scripts and without many questions."""

import re

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.db import count_queries
from app.directory.asking import Asked
from app.directory.places import provinces, wards
from app.directory.search import comparing, mapping
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import organisation


async def placed(cast: Cast) -> None:
    for name, province, ward in (("A", "01", "00004"), ("B", "01", "00004"), ("C", "01", None), ("D", "79", None)):
        await organisation(cast.owner, f"Kho {name}", country="VN", province_code=province, ward_code=ward)
    await organisation(cast.owner, "Kho E", country="US", state="CA")


# --- the map --------------------------------------------------------------------------------------------------


async def test_the_country_shows_how_many_are_in_each_province(cast: Cast) -> None:
    await placed(cast)

    found = await mapping.map_of(Asked(q="kho"))

    assert [(spot.name, spot.count) for spot in found.spots] == [("Hà Nội", 3), ("Hồ Chí Minh", 1)]
    assert (found.total, found.elsewhere) == (5, 1)
    assert found.spots[0].radius == mapping.LARGEST > found.spots[1].radius
    assert found.spots[0].url == "/directory?q=kho&region=VN-01&view=map"
    assert found.spots[0].list_url == "/directory?q=kho&region=VN-01"


async def test_a_province_shows_its_wards_and_who_did_not_say(cast: Cast) -> None:
    await placed(cast)

    found = await mapping.map_of(Asked(q="kho", region=("VN-01",)))

    assert (found.province, [(spot.name, spot.count) for spot in found.spots]) == ("Hà Nội", [("Phường Ba Đình", 2)])
    assert (found.total, found.elsewhere) == (3, 1)
    assert found.points == mapping.points_of("01") != mapping.points_of()


async def test_everything_drawn_lies_on_the_paper() -> None:
    for province in ("", *provinces()):
        frame = mapping.frame_of(province)
        points = [
            tuple(map(float, pair)) for pair in re.findall(r"M([\d.-]+) ([\d.-]+)h0", mapping.points_of(province))
        ]
        assert len(points) == sum(province in ("", ward.province_code) for ward in wards().values())
        assert all(0 <= x <= mapping.WIDTH and 0 <= y <= frame.height for x, y in points), province


async def test_the_islands_are_on_the_map_of_the_country() -> None:
    islands = [ward for ward in wards().values() if "Hoàng Sa" in ward.name or "Trường Sa" in ward.name]

    assert len(islands) == 2
    for island in islands:
        x, y = mapping.COUNTRY.at(island.lat, island.lon)
        assert f"M{x:g} {y:g}h0" in mapping.points_of()


@pytest.mark.parametrize(
    "query", ["view=map", "view=map&region=VN-01", "view=map&q=zzzz", "view=map&q=%21", "view=map&region=US-CA"]
)
async def test_the_map_is_a_page_with_the_same_in_a_table(cast: Cast, client: httpx.AsyncClient, query: str) -> None:
    await placed(cast)

    with count_queries() as log:
        answer = await client.get(f"/directory?{query}")

    assert answer.status_code == 200
    assert len(log) <= 12
    circles = len(re.findall('class="map-spot"', answer.text))
    assert circles == len(re.findall(r"<tr><td>", answer.text))
    assert bool(circles) != ("Chưa có ai trên bản đồ này" in answer.text)


async def test_the_map_asks_as_much_for_many_as_for_one(cast: Cast) -> None:
    state = Asked(region=("VN-01",))
    await mapping.map_of(state)
    with count_queries() as one:
        await mapping.map_of(state)
    await placed(cast)
    await mapping.map_of(state)
    with count_queries() as many:
        await mapping.map_of(state)

    assert len(many) == len(one)


# --- side by side ---------------------------------------------------------------------------------------------


async def test_fields_stand_beside_each_other_and_differences_are_marked(cast: Cast) -> None:
    other = await organisation(cast.owner, "Lúa", sectors=["agri"], country="VN", province_code="79")

    found = await comparing.compare(cast.stranger, [cast.slug, other.slug])

    lines = {line.label: line for _title, part in found.parts for line in part}
    assert [column["name"] for column in found.columns] == ["Nguyễn Đức Robot", "Lúa"]
    sectors = next(line for line in lines.values() if "Nông nghiệp công nghệ cao" in line.values)
    assert (sectors.values[0], sectors.differs) == ("Phần cứng, robot & IoT", True)
    assert any(not line.differs and all(line.values) for line in lines.values())


async def test_a_comparison_shows_nobody_more_than_the_profile_does(cast: Cast) -> None:
    await database.execute("UPDATE organisation SET contact_phone = '0912 345 678' WHERE id = $1", cast.id)

    def told(found: comparing.Comparison) -> str:
        return str([line.values for _title, part in found.parts for line in part])

    assert "0912" in told(await comparing.compare(cast.owner, [cast.slug]))
    assert "0912" not in told(await comparing.compare(cast.stranger, [cast.slug]))


@pytest.mark.parametrize("act", ["ended", "hidden"])
async def test_what_cannot_be_seen_is_not_compared(cast: Cast, act: str) -> None:
    other = await organisation(cast.owner, "Lúa")
    await database.execute(f"UPDATE organisation SET {act}_at = now(), {act}_reason = 'x' WHERE id = $1", cast.id)

    found = await comparing.compare(cast.stranger, [cast.slug, other.slug, "khong-co"])

    assert [column["name"] for column in found.columns] == ["Lúa"]


async def test_four_are_compared_each_once_and_at_twelve_queries(cast: Cast, client: httpx.AsyncClient) -> None:
    slugs = [(await organisation(cast.owner, f"Kho {number}")).slug for number in range(6)]

    with count_queries() as log:
        found = await comparing.compare(cast.stranger, [slugs[0], *slugs])
    answer = await client.get("/compare", params=[("o", slug) for slug in slugs])

    assert [column["slug"] for column in found.columns] == slugs[:4]
    assert len(log) == 6
    assert answer.text.count('scope="col"') == 5
    assert 'id="compare-q"' not in answer.text


async def test_another_is_put_beside_and_taken_away_by_links(cast: Cast, make_client: MakeClient) -> None:
    other = await organisation(cast.owner, "Kho lúa")
    client = make_client(cast.stranger)

    text = (await client.get(f"/compare?o={cast.slug}&q=kho")).text
    both = (await client.get(f"/compare?o={cast.slug}&o={other.slug}")).text

    assert f'href="/compare?o={cast.slug}&amp;o={other.slug}"' in text
    assert f'href="/compare?o={other.slug}"' in both
    assert 'class="differs"' in both
    assert "Chưa có gì để so sánh" in (await client.get("/compare?o=khong-co")).text


async def test_a_profile_leads_to_the_comparison_and_the_list_to_the_map(
    db: asyncpg.Connection, cast: Cast, client: httpx.AsyncClient
) -> None:
    assert f'href="/compare?o={cast.slug}"' in (await client.get(f"/organisations/{cast.slug}")).text
    assert 'href="/directory?kind=startup&amp;view=map"' in (await client.get("/directory?kind=startup")).text
