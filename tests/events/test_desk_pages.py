"""The desk as a page: one look says it, in both languages; the count is a recount; what is typed is forgiven."""

import re
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import clock, db
from app.core.ids import new_id
from events import checkin, setup, waitlist
from events.door import reasons
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code
from tests.factories import make_person

HX = {"HX-Request": "true"}


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(TypePlan(code="visitor", title_vi="Khách tham quan", title_en="Visitor", capacity=9))


@pytest.fixture
def desk(make_client: MakeClient, world: World) -> httpx.AsyncClient:
    return make_client(world.owner)


async def show(desk: httpx.AsyncClient, world: World, text: str, **kw: Any) -> str:
    form = {"checkpoint": str(world.checkpoint), "nonce": new_id().hex, "text": text, **kw}
    answer = await desk.post(f"/events/{world.slug}/desk/scan", data=form, headers=HX)
    assert answer.status_code == 200
    return answer.text


def verdict(html: str) -> tuple[str, str]:
    """The kind of the verdict that is shown, and its words."""
    kind = re.search(r'class="verdict verdict-(\w+)', html)
    words_ = re.search(r'class="verdict-title[^>]*>([^<]+)<', html)
    return (kind[1] if kind else "", words_[1].strip() if words_ else "")


SEEN = {
    "welcome": ("ok", "Chào mừng", "Welcome"),
    "already": ("already", "Đã check-in rồi", "Already checked in"),
    "back": ("ok", "Chào mừng trở lại", "Welcome back"),
    "goodbye": ("ok", "Tạm biệt", "Goodbye"),
    "outside": ("already", "Đã ra ngoài trước đó", "Already outside"),
    "refused": ("refused", "Không hợp lệ tại đây", "Not valid here"),
}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("case", SEEN)
async def test_one_look_says_it(case: str, language: str, make_client: MakeClient, db: asyncpg.Connection) -> None:
    owner = await make_person(roles=("organizer",), locale=language)
    world = await make_event(owner=owner)
    desk = make_client(owner)
    guest = await make_registration(world, full_name="Nguyễn Thị Ánh")
    before = {"already": ["in"], "goodbye": ["in"], "back": ["in", "out"], "outside": ["in", "out"]}.get(case, [])
    for direction in before:
        await scan(world, guest.code, direction=direction, device_id="khác")
    if case == "refused":
        await waitlist.cancel(owner, guest.id)
    html = await show(desk, world, guest.code, direction="out" if case in ("goodbye", "outside") else "in")
    kind, vi, en = SEEN[case]
    assert verdict(html) == (kind, vi if language == "vi" else en)
    assert "Nguyễn Thị Ánh" in html
    assert "data-focus" in html, "the field is ready for the next code"


@pytest.mark.parametrize("reason", ["cancelled", "waitlisted", "too_early", "wrong_event", "unknown_code"])
async def test_a_refusal_says_why_and_what_to_do(reason: str, world: World, desk: httpx.AsyncClient) -> None:
    guest = await make_registration(world)
    code = await ticket_code(world, guest)
    if reason == "cancelled":
        await waitlist.cancel(world.owner, guest.id)
    elif reason == "waitlisted":
        await db.execute("UPDATE registration SET status = 'waitlisted'")
    elif reason == "too_early":
        await db.execute("UPDATE checkpoint SET opens_at = $1", clock.now() + timedelta(hours=1))
    elif reason == "wrong_event":
        other = await make_event()
        code = await ticket_code(other, await make_registration(other))
    else:
        code = "https://example.com/?x=1"
    html = await show(desk, world, code)
    assert verdict(html)[0] == "refused"
    assert reasons.REASONS[reason].text("vi") in html
    assert reasons.NEXT[reason].text("vi") in html


async def test_the_count_is_a_plain_recount(world: World, desk: httpx.AsyncClient) -> None:
    guests = [await make_registration(world) for _n in range(5)]
    for guest in guests:
        await show(desk, world, guest.code)
    for guest in guests[:2]:
        await show(desk, world, guest.code, direction="out")
    first = await db.fetchval("SELECT scan FROM admission WHERE registration = $1", guests[4].id)
    await checkin.undo(world.owner, world.event, first, "nhầm")
    path = f"/events/{world.slug}/desk/count?checkpoint={world.checkpoint}"
    html = (await desk.get(path, headers=HX)).text
    figures = [int(figure) for figure in re.findall(r"\d+", re.sub(r"<[^>]*>|[\w-]+=\S+", " ", html))]
    row = await db.fetchrow(
        "SELECT count(*) FILTER (WHERE inside) AS inside, count(*) AS came FROM admission WHERE voided_at IS NULL"
    )
    assert figures[:2] == [row["inside"], row["came"]] == [2, 4]
    assert (await desk.get(f"/events/{world.slug}/desk/count?checkpoint={new_id()}")).status_code == 404


@pytest.mark.parametrize("way", ["signed", "short", "spaced", "small", "hyphens"])
async def test_a_code_is_read_however_it_is_typed(way: str, world: World, desk: httpx.AsyncClient) -> None:
    guest = await make_registration(world, full_name="Lê Văn Tám")
    short = guest.code
    typed = {
        "signed": await ticket_code(world, guest),
        "short": short,
        "spaced": f" {short[:4]} {short[4:]} ",
        "small": short.lower(),
        "hyphens": "-".join(short),
    }[way]
    html = await show(desk, world, typed)
    assert (verdict(html)[0], "Lê Văn Tám" in html) == ("ok", True)


async def test_pressing_twice_is_one_scan_and_one_answer(world: World, desk: httpx.AsyncClient) -> None:
    guest = await make_registration(world)
    nonce = new_id().hex
    found = [verdict(await show(desk, world, guest.code, nonce=nonce))[0] for _n in range(3)]
    assert (found, await db.fetchval("SELECT count(*) FROM scan")) == (["ok"] * 3, 1)


async def test_every_form_on_the_page_has_a_nonce_of_its_own(world: World, desk: httpx.AsyncClient) -> None:
    for n in range(4):
        await make_registration(world, full_name=f"Trần Thị Hoa {n}")
    html = await show(desk, world, "tran hoa")
    nonces = re.findall(r'name="nonce" value="([^"]+)"', html)
    assert len(nonces) == len(set(nonces)) == 5
    assert verdict(html) == ("", "")


@pytest.mark.parametrize("count", [1, 3])
async def test_the_latest_scans_are_the_latest(count: int, world: World, desk: httpx.AsyncClient) -> None:
    guests = [await make_registration(world, full_name=f"Khách {n}") for n in range(count)]
    for guest in guests:
        html = await show(desk, world, guest.code)
    rows = re.findall(r'<li class="row"><div class="grow"><p><strong>(Khách \d)</strong>', html)
    assert rows == [f"Khách {n}" for n in reversed(range(count))]
    assert html.count("/desk/undo") == 2 * count  # action and hx-post of each form


async def test_the_list_of_doors_is_kept_to_their_event(world: World, desk: httpx.AsyncClient) -> None:
    other = await make_event()
    village = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng AI", types=[])
    page = (await desk.get(f"/events/{world.slug}/desk?checkpoint={village}")).text
    assert re.findall(r'<option value="([^"]+)"( selected)?>', page) == [
        (str(world.checkpoint), ""),
        (str(village), " selected"),
    ]
    elsewhere = (await desk.get(f"/events/{world.slug}/desk?checkpoint={other.checkpoint}")).text
    assert f'value="{other.checkpoint}"' not in elsewhere
    form = {"checkpoint": str(other.checkpoint), "nonce": "n", "text": "ABCD2345"}
    assert (await desk.post(f"/events/{world.slug}/desk/scan", data=form)).status_code == 404
    assert await db.fetchval("SELECT count(*) FROM scan") == 0


async def test_undoing_needs_a_reason_and_says_what_it_did(world: World, desk: httpx.AsyncClient) -> None:
    guest = await make_registration(world)
    first = await scan(world, guest.code)
    form = {"checkpoint": str(world.checkpoint), "scan": str(first.id)}
    path = f"/events/{world.slug}/desk/undo"
    said = [
        (await desk.post(path, data={**form, "reason": reason}, headers=HX)).text
        for reason in ("", " ", "nhầm", "nhầm")
    ]
    wanted = ["Vui lòng cho biết lý do.", "", "Đã hoàn tác lượt check-in.", checkin.Undone().text("vi")]
    assert [sentence in html for sentence, html in zip(wanted, said, strict=True)] == [True] * 4
    assert await db.fetchval("SELECT count(*) FROM scan WHERE outcome = 'undone'") == 1


async def test_what_people_call_themselves_is_never_run(world: World, desk: httpx.AsyncClient) -> None:
    evil = '"><img src=x onerror=window.__x=1>'
    guest = await make_registration(world, full_name=evil, organisation=evil)
    for html in (
        await show(desk, world, guest.code),
        await show(desk, world, "img src"),
        await show(desk, world, evil),
    ):
        assert "<img src=x" not in html
