"""What other sites read of ours: addresses in both languages, titles, pictures, linked data, sitemaps."""

import io
import json
import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import asyncpg
import httpx
import pytest
from PIL import Image

from app.core import db as database
from app.core.clock import now
from app.directory.search import index, pictures
from app.directory.search.pictures import Card
from app.portal import crawlers
from events import planning
from events.planning import EventPlan, TypePlan
from tests.conftest import BASE_URL, MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import organisation
from tests.factories import make_person

LONG = "Công ty Cổ phần Nghiên cứu, Ứng dụng và Chuyển giao Công nghệ Sinh học Nông nghiệp Đồng bằng Sông Cửu Long"


def metas(text: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', text))


def links(text: str) -> dict[str, str]:
    return dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', text))


def linked(text: str) -> list[dict[str, object]]:
    return [json.loads(found) for found in re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)]


async def test_a_profile_says_where_it_lives_in_each_language(cast: Cast, client: httpx.AsyncClient) -> None:
    path = f"/organisations/{cast.slug}"

    text = (await client.get(path)).text
    english = (await client.get(f"{path}?lang=en")).text

    here = f"{BASE_URL}{path}"
    assert f'<link rel="canonical" href="{here}?lang=vi">' in text
    assert f'<link rel="canonical" href="{here}?lang=en">' in english
    expected = {"vi": f"{here}?lang=vi", "en": f"{here}?lang=en", "x-default": here}
    assert links(text) == links(english) == expected
    assert ('<html lang="vi"' in text, '<html lang="en"' in english) == (True, True)
    assert metas(text)["og:title"] == "Nguyễn Đức Robot"
    assert metas(text)["og:image"].startswith(f"{BASE_URL}/pictures/organisations/{cast.slug}.png")


async def test_the_address_decides_over_the_account_and_other_values_decide_nothing(
    cast: Cast, make_client: MakeClient
) -> None:
    member = make_client(cast.owner)

    for query, language in (
        ("?lang=en", "en"),
        ("?lang=vi", "vi"),
        ("", "vi"),
        ("?lang=fr", "vi"),
        ("?xlang=en", "vi"),
    ):
        assert f'<html lang="{language}"' in (await member.get(f"/directory{query}")).text


async def test_a_filtered_list_keeps_its_filters_and_leaves_pages_out(cast: Cast, client: httpx.AsyncClient) -> None:
    text = (await client.get("/directory?kind=startup&order=name&cursor=abc&more=kind")).text

    assert f'rel="canonical" href="{BASE_URL}/directory?kind=startup&amp;order=name&amp;lang=vi"' in text
    assert 'type="application/atom+xml"' in text


async def test_searches_are_not_for_indexes(client: httpx.AsyncClient) -> None:
    assert metas((await client.get("/search?q=x")).text)["robots"] == "noindex, follow"


async def test_linked_data_tells_what_the_page_shows_and_breaks_out_of_nothing(
    cast: Cast, client: httpx.AsyncClient
) -> None:
    saved = await organisation(
        cast.owner, "Lúa </script><b>", name_en="Rice", summary_vi='"Gạo" & <nước>', country="VN", province_code="01",
        contact_email="kin@example.com",
    )  # fmt: skip

    text = (await client.get(f"/organisations/{saved.slug}")).text
    (data,) = linked(text)

    assert (data["@type"], data["name"], data["alternateName"]) == ("Organization", "Lúa </script><b>", "Rice")
    assert data["description"] == '"Gạo" & <nước>'
    assert data["address"] == {"@type": "PostalAddress", "addressLocality": "Hà Nội", "addressCountry": "VN"}
    assert "kin@example.com" not in json.dumps(data)
    assert "</script><b>" not in text


async def test_an_event_is_linked_with_its_times_and_its_state(cast: Cast, client: httpx.AsyncClient) -> None:
    begins = now() + timedelta(days=3)
    plan = EventPlan(title_vi="Ngày hội", title_en="Day", starts_at=begins, ends_at=begins + timedelta(hours=2))
    row = await planning.create_event(cast.admin, plan, [TypePlan(code="a", title_vi="Vé", capacity=3)])
    await planning.publish(cast.admin, row["id"])

    (data,) = linked((await client.get(f"/events/{row['slug']}?lang=en")).text)
    picture = await client.get(f"/pictures/events/{row['slug']}.png")
    await planning.cancel_event(cast.admin, row["id"], "Bão")
    (ended,) = linked((await client.get(f"/events/{row['slug']}")).text)

    assert (data["@type"], data["name"], data["startDate"]) == ("Event", "Day", begins.isoformat())
    assert (data["eventStatus"], ended["eventStatus"]) == (
        "https://schema.org/EventScheduled",
        "https://schema.org/EventCancelled",
    )
    assert picture.status_code == 200
    assert (await client.get(f"/pictures/events/{row['slug']}.png")).status_code == 404


# --- pictures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    ["Ga", "Nguyễn Đức Robot", LONG, LONG * 4, "X" * 300, "", "\u202e\u0000🦄", "a b " * 200, "Ữ" * 90],
    ids=["short", "usual", "long", "very long", "one word", "empty", "odd", "many words", "wide"],
)
def test_every_name_fits_on_its_picture(title: str) -> None:
    found = Image.open(io.BytesIO(pictures.draw(Card(title, "Doanh nghiệp · " * 20, "Phường Văn Miếu " * 20))))
    size, lines = pictures._fitting(title, pictures.WIDTH - 2 * pictures.MARGIN)

    assert (found.size, found.format) == ((1200, 630), "PNG")
    assert len(lines) <= pictures.MOST_LINES
    font = pictures._font("Bold", size)
    assert max(font.getlength(line) for line in lines) <= pictures.WIDTH - 2 * pictures.MARGIN


def test_a_usual_name_is_whole_and_a_longer_one_smaller() -> None:
    room = pictures.WIDTH - 2 * pictures.MARGIN
    (large, short), (small, long) = pictures._fitting("Nguyễn Đức Robot", room), pictures._fitting(LONG, room)

    assert (large, " ".join(short)) == (84, "Nguyễn Đức Robot")
    assert small < large
    assert " ".join(long) == LONG


async def test_a_picture_is_drawn_once_kept_and_not_sent_twice(
    cast: Cast, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures._kept.clear()
    drawn: list[Card] = []
    draw = pictures.draw
    monkeypatch.setattr(pictures, "draw", lambda card: (drawn.append(card), draw(card))[1])
    path = f"/pictures/organisations/{cast.slug}.png"

    first, second = await client.get(path), await client.get(path)
    known = await client.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert len(drawn) == 1
    assert (first.content, first.headers["content-type"]) == (second.content, "image/png")
    assert (known.status_code, known.content) == (304, b"")
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    named = await client.get("/pictures/site.png?lang=en")
    assert named.headers["cache-control"] == "public, max-age=86400"
    assert "cookie" not in named.headers.get("vary", "").lower()
    assert first.headers["cache-control"] == "private, no-cache"


async def test_nobody_keeps_a_persons_picture_without_asking(cast: Cast, client: httpx.AsyncClient) -> None:
    lan = await make_person("Bùi Lan")
    await index.put(index.Entry(kind="person", subject=lan.person_id, title="Bùi Lan", url="/people/bui-lan"))

    picture = await client.get("/pictures/people/bui-lan.png?lang=vi")

    assert (picture.status_code, picture.headers["cache-control"]) == (200, "private, no-cache")


@pytest.mark.parametrize("act", ["ended", "hidden"])
async def test_nobody_gets_a_picture_of_what_is_not_public(cast: Cast, client: httpx.AsyncClient, act: str) -> None:
    await database.execute(f"UPDATE organisation SET {act}_at = now(), {act}_reason = 'x' WHERE id = $1", cast.id)

    assert (await client.get(f"/pictures/organisations/{cast.slug}.png")).status_code == 404
    assert (await client.get(f"/pictures/organisations/{cast.slug}")).status_code == 404


# --- what crawlers read ---------------------------------------------------------------------------------------

NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def addresses(text: str) -> list[str | None]:
    return [found.text for found in ET.fromstring(text).findall("s:url/s:loc", NS)]


async def test_sitemaps_hold_everything_public_once_in_each_language(
    db: asyncpg.Connection, cast: Cast, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawlers, "PART", 3)
    monkeypatch.setattr(crawlers, "BATCH", 2)
    for number in range(6):
        await organisation(cast.owner, f"Số {number}")
    await index.put(index.Entry(kind="person", subject=cast.id, title="Kín", url="/people/kin", tier=1))
    part = f"/organisations/{cast.slug}#list-technology_offer"
    await index.put(index.Entry(kind="technology_offer", subject=cast.id, title="Máy sấy", url=part, tier=0))

    parts = re.findall(r"<loc>([^<]+)</loc>", (await client.get("/sitemap.xml")).text)
    found = [one for part in parts for one in addresses((await client.get(part.removeprefix(BASE_URL))).text)]

    assert len(parts) == 3
    urls = [row["url"] for row in await db.fetch("SELECT url FROM findable WHERE tier = 0") if row["url"] != part]
    assert len(urls) == 7
    assert sorted(map(str, found)) == sorted(
        f"{BASE_URL}{path}?lang={lang}" for path in [*urls, *crawlers.PAGES] for lang in ("vi", "en")
    )
    assert not any("/people/" in str(one) or "#" in str(one) for one in found)


async def test_an_empty_site_has_a_sitemap_too(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    assert (await client.get("/sitemap.xml")).text.count("<sitemap>") == 1
    assert len(addresses((await client.get("/sitemaps/0.xml")).text)) == 2 * len(crawlers.PAGES)
    for name in ("x.xml", "0", "99999.xml", "-1.xml", "٣.xml"):
        assert (await client.get(f"/sitemaps/{name}")).status_code == 404


async def test_robots_are_told_where_not_to_go(client: httpx.AsyncClient) -> None:
    answer = await client.get("/robots.txt")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert f"Sitemap: {BASE_URL}/sitemap.xml" in answer.text
    assert "Disallow: /account" in answer.text
