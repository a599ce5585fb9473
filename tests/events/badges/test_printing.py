"""Prints on record: once without asking, then only with a reason; sheets of many; who may."""

import asyncio
import io
from typing import Any
from uuid import UUID

import asyncpg
import pypdf
import pytest

import events.badges.printing
from app.core import db as database
from app.core import outbox
from app.core.errors import Invalid
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.core.ids import new_id
from app.core.web import NOBODY, Actor
from events import waitlist
from events.badges import designs, printing
from events.badges.designs import Design
from events.badges.printing import Wanted
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code
from tests.factories import make_person

JOBS = events.badges.printing
NEVER = UUID(int=0)


async def printed(world: World) -> list[tuple[bool, str, str]]:
    rows = await database.fetch("SELECT again, reason, place FROM badge_print ORDER BY printed_at, id")
    return [(row["again"], row["reason"], row["place"]) for row in rows]


async def test_case_69_a_badge_is_printed_once_and_again_with_a_reason(db: asyncpg.Connection) -> None:
    world = await make_event()
    guest = await make_registration(world, full_name="Nguyễn Thị Minh Khai")
    first = await printing.print_one(world.owner, world.event, guest.id, nonce="a", place=" Quầy  2 ")
    assert await printing.print_one(world.owner, world.event, guest.id, nonce="a") == first
    with pytest.raises(Invalid) as error:
        await printing.print_one(world.owner, world.event, guest.id, nonce="b", reason="   ")
    assert list(error.value.fields) == ["reason"]
    second = await printing.print_one(world.owner, world.event, guest.id, nonce="b", reason="Mất thẻ")
    assert second != first
    assert await printed(world) == [(False, "", "Quầy 2"), (True, "Mất thẻ", "")]


async def test_no_badge_for_who_has_no_place(db: asyncpg.Connection) -> None:
    world = await make_event(capacity=1)
    guest, late = await make_registration(world), await make_registration(world)
    with pytest.raises(printing.NoTicket):
        await printing.print_one(world.owner, world.event, late.id, nonce="a")
    number = await printing.print_one(world.owner, world.event, guest.id, nonce="a")
    await waitlist.cancel(NOBODY, guest.id, by_guest=True)
    with pytest.raises(printing.NoTicket):
        await printing.printed_pdf(world.event, number)


async def test_a_print_belongs_to_its_event(db: asyncpg.Connection) -> None:
    here, there = await make_event(), await make_event()
    guest = await make_registration(here)
    number = await printing.print_one(here.owner, here.event, guest.id, nonce="a")
    for attempt in (
        printing.print_one(there.owner, there.event, guest.id, nonce="b"),
        printing.printed_pdf(there.event, number),
        printing.printed_pdf(here.event, NEVER),
        printing.guest_for(there.event, guest.id),
        printing.run_for(here.event, NEVER),
    ):
        with pytest.raises(printing.NotFound):
            await attempt


async def test_two_desks_at_the_same_moment_print_one_badge(committed: asyncpg.Pool) -> None:
    """The lock on the registration decides; without it both would be first (the unique index would stop the second)."""
    world = await make_event()
    guest = await make_registration(world)

    async def press(number: int) -> Any:
        try:
            return await printing.print_one(world.owner, world.event, guest.id, nonce=f"desk {number}")
        except Invalid:
            return "why?"

    said = await asyncio.gather(*(press(number) for number in range(8)))
    assert sorted(map(type, said), key=str).count(UUID) == 1
    assert said.count("why?") == 7


async def test_a_second_first_print_cannot_be_stored(db: asyncpg.Connection) -> None:
    """The negative control of the race: what the lock prevents, the database refuses."""
    world = await make_event()
    guest = await make_registration(world)
    await printing.print_one(world.owner, world.event, guest.id, nonce="a")
    insert = "INSERT INTO badge_print (id, registration, nonce, again) VALUES ($1, $2, $3, $4)"
    for again in (False, True):
        with pytest.raises((asyncpg.UniqueViolationError, asyncpg.CheckViolationError)):
            async with database.tx():
                await database.execute(insert, new_id(), guest.id, f"x{again}", again)


# --- many --------------------------------------------------------------------------------------------------------


async def text_of(number: UUID) -> str:
    content = b"".join([piece async for piece in storage().read(key_of(number, printing.FILE))])
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


async def test_a_file_of_all_new_badges_is_drawn_once_and_written_down(db: asyncpg.Connection) -> None:
    world = await make_event(
        TypePlan(code="visitor", title_vi="Khách", title_en="Visitor", capacity=9),
        TypePlan(code="press", title_vi="Báo chí", title_en="Press", capacity=9),
    )
    await designs.save_design(world.owner, world.event, Design(size="a4_8", parts=("role",)))
    guests = [await make_registration(world, full_name=name) for name in ("Bình An", "Ánh Dương")]
    await make_registration(world, full_name="Phóng Viên", ticket_type="press")
    await printing.print_one(world.owner, world.event, guests[0].id, nonce="a")
    run = await printing.ask_for_many(world.owner, world.event, Wanted(), "vi")
    await outbox.drain()
    await printing.draw_many({"run": str(run)})
    row = await printing.run_for(world.event, run)
    assert (row["state"], row["total"], row["done"]) == ("drawn", 2, 2)
    assert (await text_of(run)).replace("\n", " ").split("Báo chí")[0].count("Ánh Dương") == 1
    assert "Bình An" not in await text_of(run)
    assert await printing.counts(world.event) == {"confirmed": 3, "printed": 3, "prints": 3, "again": 0}
    with pytest.raises(Invalid):
        await printing.ask_for_many(world.owner, world.event, Wanted(), "vi")


async def test_a_file_with_badges_that_were_printed_needs_a_reason(db: asyncpg.Connection) -> None:
    world = await make_event()
    guest, other = await make_registration(world), await make_registration(world)
    await scan(world, await ticket_code(world, guest))
    with pytest.raises(Invalid) as error:
        await printing.ask_for_many(world.owner, world.event, Wanted(which="came"), "en")
    assert list(error.value.fields) == ["reason"]
    run = await printing.ask_for_many(world.owner, world.event, Wanted(which="came", reason="Dây đeo mới"), "en")
    await outbox.drain()
    assert (await printing.run_for(world.event, run))["total"] == 1
    assert [row["registration"] for row in await printing.log_of(world.event, None, 10)] == [guest.id]
    assert other.id != guest.id


async def test_more_than_a_file_holds_is_refused(db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make_event()
    await make_registration(world)
    await make_registration(world)
    monkeypatch.setattr(printing, "MOST_AT_ONCE", 1)
    with pytest.raises(printing.TooMany):
        await printing.ask_for_many(world.owner, world.event, Wanted(), "vi")


async def test_files_end_after_some_days_and_prints_stay(db: asyncpg.Connection) -> None:
    world = await make_event()
    await make_registration(world)
    run = await printing.ask_for_many(world.owner, world.event, Wanted(), "vi")
    await outbox.drain()
    await printing.end_old_files()
    assert await storage().exists(key_of(run, printing.FILE))
    await db.execute("UPDATE badge_run SET finished_at = now() - interval '4 days'")
    await printing.end_old_files()
    await outbox.drain()
    assert not await storage().exists(key_of(run, printing.FILE))
    assert (await printing.runs_of(world.event), len(await printed(world))) == ([], 1)


# --- pages -------------------------------------------------------------------------------------------------------

DESIGN = {"size": "label_100", "language": "en", "parts": ["role", "qr"], "line": "Hồ Hoàn Kiếm"}


async def test_a_design_is_kept_and_shown(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    client = make_client(world.owner)
    assert (await client.post(f"/events/{world.slug}/badges", data=DESIGN)).status_code == 303
    await client.post(f"/events/{world.slug}/badges", data={**DESIGN, "parts": ["code", "organisation", "nonsense"]})
    design = await designs.design_of(world.event)
    assert (design.size, design.parts, design.version) == ("label_100", ("organisation", "code"), 2)
    shown = (await client.get(f"/events/{world.slug}/badges")).text
    assert "label_100" in shown
    assert 'value="Hồ Hoàn Kiếm"' in shown


async def test_a_design_that_is_none_keeps_what_was_typed(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    answer = await make_client(world.owner).post(
        f"/events/{world.slug}/badges", data={**DESIGN, "size": "a0", "line": "Dòng chữ"}
    )
    assert (answer.status_code, "Dòng chữ" in answer.text) == (422, True)


async def test_the_preview_is_a_picture_of_what_is_asked(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    client = make_client(world.owner)
    found = [
        (await client.get(f"/events/{world.slug}/badges/preview.png", params={**DESIGN, "name": name})).content
        for name in ("Lê An", "Nguyễn Thị Minh Khai")
    ]
    assert [content[:8] for content in found] == [b"\x89PNG\r\n\x1a\n"] * 2
    assert found[0] != found[1]
    assert (await client.get(f"/events/{world.slug}/badges/preview.png?size=a0")).status_code == 404
    fragment = await client.get(f"/events/{world.slug}/badges", params=DESIGN, headers={"HX-Request": "true"})
    assert fragment.text.strip().startswith('<div id="preview"')


async def test_a_desk_prints_sees_that_it_was_done_and_gives_a_reason(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    world = await make_event()
    guest = await make_registration(world, full_name="Trần Thị Bưởi")
    client = make_client(world.owner)
    address = f"/events/{world.slug}/badges/of/{guest.id}"
    answer = await client.post(address, data={"nonce": "n1", "place": "Quầy 2"})
    paper = await client.get(answer.headers["location"])
    assert (paper.headers["content-type"], paper.content[:4]) == ("application/pdf", b"%PDF")
    assert "Quầy 2" in (await client.get(address)).text
    again = await client.post(address, data={"nonce": "n2", "place": "Quầy 3"})
    assert (again.status_code, 'value="Quầy 3"' in again.text) == (422, True)
    assert (await client.post(address, data={"nonce": "n2", "reason": "Sai tên"})).status_code == 303
    assert "Sai tên" in (await client.get(f"/events/{world.slug}/badges/log")).text


async def test_a_file_is_asked_for_waited_for_and_fetched(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    client = make_client(world.owner)
    address = f"/events/{world.slug}/badges/files"
    nobody = await client.post(address, data={"which": "new"})
    assert nobody.status_code == 422
    await make_registration(world)
    asked = await client.post(address, data={"which": "new"})
    run = asked.headers["location"]
    assert 'id="progress"' in (await client.get(run)).text
    assert (await client.get(f"{run}/badges.pdf")).status_code == 404
    await outbox.drain()
    assert (await client.get(run, headers={"HX-Request": "true", "HX-Target": "progress"})).status_code == 204
    assert (await client.get(f"{run}/badges.pdf")).content[:4] == b"%PDF"


async def test_lists_ask_as_often_for_three_prints_as_for_one(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    client = make_client(world.owner)
    counted = []
    for _round in range(2):
        guest = await make_registration(world)
        await printing.print_one(world.owner, world.event, guest.id, nonce="a")
        with database.count_queries() as queries:
            await client.get(f"/events/{world.slug}/badges/log")
            await client.get(f"/events/{world.slug}/badges")
        counted.append(len(queries))
    assert counted[0] == counted[1]


async def test_who_may(db: asyncpg.Connection, make_client: MakeClient) -> None:
    """Every route of badges: planners may all, desks may print one, everybody else nothing."""
    world = await make_event()
    guest = await make_registration(world)
    number = await printing.print_one(world.owner, world.event, guest.id, nonce="a")
    run = await printing.ask_for_many(world.owner, world.event, Wanted(which="all", reason="x"), "vi")
    await outbox.drain()
    desk, stranger = await make_person(name="Lễ tân"), await make_person(name="Người lạ")
    await database.execute(
        "INSERT INTO event_staff (id, event, person, role) VALUES ($1, $2, $3, 'desk')", new_id(), world.event, desk.id
    )
    base = f"/events/{world.slug}/badges"
    planning_only = (
        base,
        f"{base}/preview.png?size=a6",
        f"{base}/files/{run}",
        f"{base}/files/{run}/badges.pdf",
        f"{base}/log",
    )
    desks = (f"{base}/of/{guest.id}", f"{base}/prints/{number}.pdf")

    async def statuses(actor: Actor | None, addresses: tuple[str, ...]) -> set[int]:
        client = make_client(actor) if actor else make_client()
        return {(await client.get(address)).status_code for address in addresses}

    assert await statuses(world.owner, planning_only + desks) == {200}
    assert (await statuses(desk, desks), await statuses(desk, planning_only)) == ({200}, {403})
    assert await statuses(stranger, planning_only + desks) == {403}
    assert await statuses(None, planning_only + desks) <= {303, 401}
    assert (await make_client(desk).post(base, data=DESIGN)).status_code == 403
    assert (await make_client(desk).post(f"{base}/files", data={"which": "new"})).status_code == 403
    assert (await make_client(stranger).post(f"{base}/of/{guest.id}", data={"nonce": "z"})).status_code == 403
