"""Certificates: only from a check-in, shown by a link with no more than name, event and day, revoked for good."""

import io

import asyncpg
import numpy as np
import pypdf
import pytest
from PIL import Image

from app.core import db as database
from app.core.web import NOBODY
from events import tickets
from events.guests import certificates, routes_certificates, wallet
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code

LONG = "Tôn Nữ Hoàng Thị Phương Quỳnh Nguyễn Phúc Bảo Trâm Khuyên Diễm Hằng"


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event()


async def over(world: World) -> None:
    await database.execute(
        "UPDATE event SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 day' WHERE id = $1",
        world.event,
    )


async def test_only_who_was_let_in_gets_one_and_only_one(world: World) -> None:
    here, away = await make_registration(world), await make_registration(world)
    await scan(world, await ticket_code(world, here))
    code = await certificates.issue(world.owner, here.id)
    assert await certificates.issue(world.owner, here.id) == code
    with pytest.raises(certificates.NotThere):
        await certificates.issue(world.owner, away.id)
    assert await database.fetchval("SELECT count(*) FROM event_certificate") == 1


async def test_a_check_in_that_was_taken_back_is_no_evidence(world: World) -> None:
    here = await make_registration(world)
    await scan(world, await ticket_code(world, here))
    await database.execute("UPDATE admission SET voided_at = now()")
    with pytest.raises(certificates.NotThere):
        await certificates.issue(world.owner, here.id)


async def test_the_link_shows_name_event_and_day_and_nothing_else(world: World, make_client: MakeClient) -> None:
    guest = await make_registration(world, full_name=LONG, email="bi.mat@test.example", phone="0912000111")
    await scan(world, await ticket_code(world, guest))
    code = await certificates.issue(world.owner, guest.id)
    nobody = make_client(NOBODY)
    page = await nobody.get(f"/certificates/{code.lower()}")
    assert (page.status_code, page.headers["x-robots-tag"]) == (200, "noindex")
    assert [text in page.text for text in (LONG, "Ngày hội khởi nghiệp", "có hiệu lực")] == [True] * 3
    for secret in ("bi.mat@", "0912000111", guest.code, guest.secret, str(guest.id)):
        assert secret not in page.text
    paper_of_it = await nobody.get(f"/certificates/{code}/certificate.pdf")
    text = " ".join(pypdf.PdfReader(io.BytesIO(paper_of_it.content)).pages[0].extract_text().split())
    assert [part in text for part in (LONG, "Ngày hội khởi nghiệp", code)] == [True] * 3
    assert (await nobody.get("/certificates/NOSUCHCODE")).status_code == 404


async def test_a_venue_behind_one_address_opens_its_links_and_only_misses_are_counted(
    world: World, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes_certificates, "MISSES", 2)
    monkeypatch.setattr(routes_certificates, "PAPERS", 2)
    codes = []
    for guest in [await make_registration(world) for _n in range(2)]:
        await scan(world, await ticket_code(world, guest))
        codes.append(await certificates.issue(world.owner, guest.id))
    nobody = make_client(NOBODY)
    assert [(await nobody.get(f"/certificates/{codes[0]}")).status_code for _n in range(70)] == [200] * 70
    missed = [(await nobody.get(f"/certificates/NOSUCHCODE{n}{page}")).status_code
              for n, page in enumerate(("", "/certificate.pdf", "", "/certificate.pdf"))]  # fmt: skip
    assert missed == [404, 404, 429, 429]
    assert (await nobody.get(f"/certificates/{codes[1]}")).status_code == 200
    papers = [
        (await nobody.get(f"/certificates/{code}/certificate.pdf")).status_code for code in (*codes[:1] * 3, codes[1])
    ]
    assert papers == [200, 200, 429, 200]


async def test_a_revoked_one_says_so_and_is_no_paper_any_more(world: World, make_client: MakeClient) -> None:
    guest = await make_registration(world)
    await scan(world, await ticket_code(world, guest))
    client = make_client(world.owner)
    here = f"/events/{world.slug}/guests/{guest.id}"
    await client.post(f"{here}/certificate")
    code = (await certificates.of(guest.id))[0]["code"]
    assert "vì sao" in (await client.post(f"{here}/certificate/revoke", follow_redirects=True)).text
    await client.post(f"{here}/certificate/revoke", data={"reason": "Quét hộ"})
    shown = (await client.get(f"/certificates/{code}")).text
    assert ("không còn hiệu lực" in shown, "Quét hộ" in shown) == (True, False)
    assert (await client.get(f"/certificates/{code}/certificate.pdf")).status_code == 404
    assert "Quét hộ" in (await client.get(here)).text
    assert (await client.post(f"{here}/certificate/revoke", data={"reason": "x"})).status_code == 404


async def test_a_guest_fetches_the_own_one_after_the_event_and_not_past_a_revocation(
    world: World, make_client: MakeClient
) -> None:
    guest = await make_registration(world)
    away = await make_registration(world)
    await scan(world, await ticket_code(world, guest))
    nobody = make_client(NOBODY)
    early = await nobody.post(f"/tickets/{guest.secret}/certificate")
    assert early.headers["location"] == f"/tickets/{guest.secret}"
    await over(world)
    got = await nobody.post(f"/tickets/{guest.secret}/certificate")
    assert got.headers["location"].startswith("/certificates/")
    assert (await nobody.post(f"/tickets/{away.secret}/certificate")).headers["location"] == f"/tickets/{away.secret}"
    await certificates.revoke(world.owner, world.event, guest.id, "Nhầm người")
    again = await nobody.post(f"/tickets/{guest.secret}/certificate")
    assert again.headers["location"] == got.headers["location"]
    assert await database.fetchval("SELECT count(*) FROM event_certificate WHERE revoked_at IS NULL") == 0


async def test_the_ticket_as_a_picture_carries_a_code_that_reads(world: World, make_client: MakeClient) -> None:
    guest = await make_registration(world, full_name=LONG)
    answer = await make_client(NOBODY).get(f"/tickets/{guest.secret}/ticket.png")
    assert (answer.headers["content-type"], answer.content[:4]) == ("image/png", b"\x89PNG")
    shown = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"))
    assert shown.shape == (1920, 1080)
    wanted = tickets.qr_matrix(await ticket_code(world, guest))
    scale = wallet.WIDTH / wallet.CARD_WIDTH
    side = wallet.QR_SIDE / len(wanted)
    left, top = (wallet.CARD_WIDTH - wallet.QR_SIDE) / 2, wallet.QR_TOP
    seen = [
        [
            bool(shown[int((top + (y + 0.5) * side) * scale), int((left + (x + 0.5) * side) * scale)] < 128)
            for x in range(len(wanted))
        ]
        for y in range(len(wanted))
    ]
    assert seen == [[bool(dark) for dark in row] for row in wanted]
    await database.execute("UPDATE registration SET status = 'cancelled' WHERE id = $1", guest.id)
    assert (await make_client(NOBODY).get(f"/tickets/{guest.secret}/ticket.png")).status_code == 404
