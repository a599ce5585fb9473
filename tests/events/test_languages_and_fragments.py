"""Every page of events in both languages, whole and as a fragment; writes that other sites try to send."""

import re

import asyncpg
import httpx
import pytest

from app.core import db
from app.core.web import NOBODY
from events import planning, waitlist
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, plan
from tests.factories import make_person

VIETNAMESE = re.compile("[ăâêôơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
HX = {"HX-Request": "true"}
ENGLISH = {"Cookie": "lang=en"}


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    owner = await make_person(name="Organiser", roles=("organizer",), locale="en")
    world = await make_event(owner=owner, capacity=1, title_vi="Startup day", venue="Hall")
    await db.execute("UPDATE checkpoint SET name_vi = name_en")
    await db.execute("UPDATE ticket_type SET title_vi = title_en")
    return world


def spoken(html: str) -> str:
    """What is read on the page: without the frame, the language switch and addresses."""
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"<[^>]*>", " ", main)


async def paths(world: World) -> list[str]:
    first = await make_registration(world, full_name="Guest One")
    second = await make_registration(world, full_name="Guest Two")
    base = f"/events/{world.slug}"
    pages = ["", "/register", "/registered", "/setup", "/edit", "/guests", "/desk"]
    tickets = [f"/tickets/{guest.secret}" for guest in (first, second)]
    return ["/events", "/events/manage", "/events/new", *(base + page for page in pages), *tickets]


async def test_every_page_speaks_english_only_when_asked_to(make_client: MakeClient, world: World) -> None:
    client = make_client(world.owner)
    for path in await paths(world):
        answer = await client.get(path, headers=ENGLISH)
        assert answer.status_code == 200
        assert '<html lang="en"' in answer.text
        text = spoken(answer.text)
        text = re.sub(r"<option.*", "", text) if path.endswith(("/new", "/edit")) else text
        if not path.endswith(("/new", "/edit")):  # their provinces keep their names
            assert VIETNAMESE.findall(text) == [], path


async def test_every_page_has_one_title_and_one_heading(make_client: MakeClient, world: World) -> None:
    client = make_client(world.owner)
    for path in await paths(world):
        html = (await client.get(path)).text
        assert len(re.findall("<title>", html)) == 1
        assert len(re.findall("<h1", html)) == 1, path
        assert not re.search(r"<[^>]+\son[a-z]+=|<[^>]+\sstyle=", html[html.index("<main") :]), path


@pytest.mark.parametrize(
    ("path", "begins"),
    [
        ("/events?before=2020-01-01T00:00:00Z", '<div id="past">'),
        ("/guests", '<div id="guests"'),
        ("/desk", '<div id="station"'),
    ],
)
async def test_fragments_come_without_the_frame(path: str, begins: str, make_client: MakeClient, world: World) -> None:
    client = make_client(world.owner)
    whole = path if path.startswith("/events") else f"/events/{world.slug}{path}"
    part = await client.get(whole, headers=HX)
    assert part.text.strip().startswith(begins)
    assert "<html" not in part.text
    boosted = await client.get(whole, headers={**HX, "HX-Boosted": "true"})
    assert "<html" in boosted.text


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
async def test_other_sites_cannot_write(headers: dict[str, str], make_client: MakeClient, world: World) -> None:
    guest = await make_registration(world)
    client = make_client(world.owner)
    writes = [
        f"/tickets/{guest.secret}/cancel",
        f"/events/{world.slug}/status/close",
        f"/events/{world.slug}/register",
        f"/events/{world.slug}/desk/scan",
        f"/api/v1/events/{world.slug}/registrations",
    ]
    for path in writes:
        assert (await client.post(path, headers=headers)).status_code == 403, path
    assert (
        await client.delete(f"/api/v1/events/{world.slug}/registrations/{guest.id}", headers=headers)
    ).status_code == 403
    assert await db.fetchval("SELECT status FROM registration") == "confirmed"
    assert await db.fetchval("SELECT status FROM event") == "published"


async def test_the_desk_works_without_script(make_client: MakeClient, world: World) -> None:
    guest = await make_registration(world)
    client = make_client(world.owner)
    page: httpx.Response = await client.get(f"/events/{world.slug}/desk")
    nonce = re.search(r'name="nonce" value="([0-9a-f]{32})"', page.text)
    assert nonce
    body = {"checkpoint": str(world.checkpoint), "nonce": nonce[1], "text": guest.code, "direction": "in"}
    for _reload in range(2):
        answer = await client.post(f"/events/{world.slug}/desk/scan", data=body)
        assert "<html" in answer.text
        assert "verdict-ok" in answer.text
    assert await db.fetchval("SELECT count(*) FROM scan") == 1


async def test_a_cancelled_event_is_said_on_every_page_that_guests_see(make_client: MakeClient, world: World) -> None:
    guest = await make_registration(world)
    await planning.cancel_event(world.owner, world.event, "Bão số 9")
    client = make_client(NOBODY)
    for path in (f"/events/{world.slug}", f"/tickets/{guest.secret}"):
        html = (await client.get(path)).text
        assert "Sự kiện đã hủy" in html
        assert "Bão số 9" in html
    assert "qr.svg" not in (await client.get(f"/tickets/{guest.secret}")).text
    assert "Chưa mở đăng ký" in (await client.get(f"/events/{world.slug}/register")).text
    await waitlist.cancel(NOBODY, guest.id)


async def test_a_draft_is_seen_by_its_organizers_only(make_client: MakeClient, db: asyncpg.Connection) -> None:
    owner = await make_person(roles=("organizer",))
    row = await planning.create_event(owner, plan())
    path = f"/events/{row['slug']}"
    assert (await make_client(owner).get(path)).status_code == 200
    for actor in (NOBODY, await make_person(), await make_person(roles=("organizer", "desk"))):
        for page in ("", "/register", "/registered"):
            assert (await make_client(actor).get(path + page)).status_code == 404
