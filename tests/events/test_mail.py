"""What guests get: the right mail in their language, a ticket with the right letters, a calendar entry."""

import io
from datetime import timedelta
from typing import Any

import asyncpg
import icalendar
import pypdf
import pytest

from app.core import clock, db, i18n, outbox
from app.core.web import NOBODY
from events import jobs, paper, planning, review, tickets, waitlist
from events.access import ticket_for
from events.planning import TypePlan
from tests.event_factories import World, make_event, make_registration, plan

NAMES = [
    "Nguyễn Thị Minh Khai",
    "Đặng Hữu Phước",
    "Trương Ngọc Ánh Tuyết",
    "Lê Ỷ Lan",
    "Phùng Quỳnh Như Ngũ",
    "Hoàng Đỗ Ưng Ứng Ừ Ử Ữ Ự",
    "Vũ Ẫm Ẩm Ậm Ầm Ấm",
    "Công Tằng Tôn Nữ Thị Kiều Oanh Hoàng Phủ Ngọc Tường Vi Diễm Phương Thảo Nguyên",
    "Y",
    "E\u0302\u0323 Ban Niê Kđăm",
]


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(capacity=1, province_code="01", address="1 Đinh Tiên Hoàng")


async def mails() -> list[Any]:
    await outbox.drain()
    return await db.fetch("SELECT * FROM mail ORDER BY created_at, id")


async def attached(mail: Any) -> dict[str, bytes]:
    rows = await db.fetch("SELECT media_type, content FROM mail_attachment WHERE mail = $1", mail["id"])
    return {row["media_type"]: bytes(row["content"]) for row in rows}


async def test_a_confirmation_brings_ticket_and_calendar(world: World) -> None:
    guest = await make_registration(world, full_name="Nguyễn O'Neil & Con", email="a@test.example")
    (mail,) = await mails()
    assert (mail["to_address"], mail["subject"]) == ("a@test.example", "Vé của bạn: Ngày hội khởi nghiệp")
    assert "Xin chào Nguyễn O'Neil & Con," in mail["text"] or "Nguyễn O'Neil & Con," in mail["text"]
    assert f"http://127.0.0.1:8000/tickets/{guest.secret}" in mail["text"]
    assert guest.code in mail["text"]
    parts = await attached(mail)
    assert set(parts) == {"application/pdf", "text/calendar"}


async def test_signs_arrive_as_they_were_typed_and_are_escaped_in_html_alone(db: asyncpg.Connection) -> None:
    typed = 'Đức <b> & "x"'
    world = await make_event(title_vi=f"Hội {typed}", venue=f"Nhà {typed}")
    await make_registration(world, full_name=typed)
    (mail,) = await mails()
    assert mail["subject"] == f"Vé của bạn: Hội {typed}"
    assert f"Chào {typed}," in mail["text"]
    assert f"\nHội {typed}\n" in mail["text"]
    assert f"Nhà {typed}" in mail["text"]
    assert "&amp;" not in mail["text"]
    assert "<b>" not in mail["html"]
    assert "Đức &lt;b&gt; &amp; " in mail["html"]


async def test_the_mail_speaks_the_guests_language(world: World) -> None:
    i18n.set_locale("en")
    await make_registration(world)
    i18n.set_locale("vi")
    (mail,) = await mails()
    assert (mail["locale"], mail["subject"]) == ("en", "Your ticket: Startup day")
    assert "you are registered. Here is your ticket." in mail["text"]


async def test_waiting_moving_up_and_cancelling_are_told(world: World) -> None:
    first = await make_registration(world, email="first@test.example")
    await make_registration(world, email="second@test.example")
    waiting = await mails()
    assert "vị trí 1" in waiting[1]["text"]
    assert await attached(waiting[1]) == {}
    await waitlist.cancel(NOBODY, first.id, "Bận việc")
    told = {mail["to_address"]: mail for mail in (await mails())[2:]}
    assert set(told) == {"first@test.example", "second@test.example"}
    assert "vừa có một chỗ trống" in told["second@test.example"]["text"]
    assert set(await attached(told["second@test.example"])) == {"application/pdf", "text/calendar"}
    gone = await attached(told["first@test.example"])
    assert b"METHOD:CANCEL" in gone["text/calendar"]
    assert "Bận việc" in told["first@test.example"]["text"]


async def test_approval_refusal_and_approval_into_the_line_are_told(db: asyncpg.Connection) -> None:
    world = await make_event(TypePlan(code="visitor", title_vi="Nhà đầu tư", capacity=1, needs_approval=True))
    ids = [(await make_registration(world, email=f"g{n}@test.example")).id for n in range(3)]
    assert [mail["subject"].split(":")[0] for mail in await mails()] == ["Chúng tôi đã nhận đăng ký của bạn"] * 3
    await review.approve(world.owner, world.event, ids[:2], when_full="waitlist")
    await review.refuse(world.owner, world.event, ids[2:], "Chưa đủ thông tin")
    texts = {mail["to_address"]: mail["text"] for mail in (await mails())[3:]}
    assert "bạn đã được duyệt. Đây là vé của bạn." in texts["g0@test.example"]
    assert "trong lúc đó đã hết chỗ" in texts["g1@test.example"]
    assert "Chưa đủ thông tin" in texts["g2@test.example"]


async def test_a_new_time_is_told_with_a_higher_sequence_and_the_same_uid(world: World) -> None:
    await make_registration(world)
    first = icalendar.Calendar.from_ical((await attached((await mails())[0]))["text/calendar"]).walk("VEVENT")[0]
    later = clock.now() + timedelta(days=9)
    await planning.edit_event(world.owner, world.event, plan(starts_at=later))
    told = (await mails())[1:]
    assert [mail["subject"].split(":")[0] for mail in told] == ["Đổi thời gian hoặc địa điểm"]
    second = icalendar.Calendar.from_ical((await attached(told[0]))["text/calendar"]).walk("VEVENT")[0]
    assert (first["UID"], first["SEQUENCE"], second["SEQUENCE"]) == (second["UID"], 0, 1)
    assert abs((second["DTSTART"].dt - later).total_seconds()) < 1
    await planning.edit_event(world.owner, world.event, plan(starts_at=later, title_vi="Tên khác"))
    await planning.cancel_event(world.owner, world.event, "Bão số 9")
    await planning.cancel_event(world.owner, world.event, "Bão số 9")
    after = (await mails())[2:]
    assert [mail["subject"].split(":")[0] for mail in after] in (["Đổi thời gian hoặc địa điểm", "Đã hủy"], ["Đã hủy"])
    assert "Bão số 9" in after[-1]["text"]
    gone = icalendar.Calendar.from_ical((await attached(after[-1]))["text/calendar"])
    assert (gone["METHOD"], gone.walk("VEVENT")[0]["STATUS"]) == ("CANCEL", "CANCELLED")


async def test_new_codes_are_sent_to_everybody(world: World) -> None:
    await make_registration(world)
    await mails()
    await planning.rotate_key(world.owner, world.event, "lộ danh sách")
    (told,) = (await mails())[1:]
    assert "mã mới" in told["text"]


async def test_a_job_that_runs_twice_sends_one_mail(world: World) -> None:
    guest = await make_registration(world)
    for _n in range(2):
        await jobs.tell_guest({"registration_id": str(guest.id), "kind": "registered"})
    await jobs.tell_guests({"event_id": str(world.event), "kind": "changed"})
    await jobs.tell_guests({"event_id": str(world.event), "kind": "changed"})
    assert len(await mails()) == 2


async def test_a_mail_that_is_overtaken_is_not_sent(world: World) -> None:
    guest = await make_registration(world)
    await waitlist.cancel(NOBODY, guest.id)
    assert [mail["subject"].split(":")[0] for mail in await mails()] == ["Đăng ký của bạn đã hủy"]
    await jobs.tell_guest({"registration_id": "01a20058-e892-75d5-98a0-a859a99bfc27", "kind": "registered"})


@pytest.mark.parametrize("name", NAMES)
async def test_the_letters_on_the_ticket_are_right(name: str, world: World) -> None:
    guest = await make_registration(world, full_name=name)
    row = await ticket_for(guest.secret)
    pdf = paper.ticket_pdf(row, await tickets.code_of(row["id"], row["event"], row["signing_key"]))
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 1
    text = " ".join(reader.pages[0].extract_text().split())
    assert row["full_name"] in text
    assert "Ngày hội khởi nghiệp" in text
    assert f"{guest.code[:4]} {guest.code[4:]}" in text
    assert "Xuất trình mã này tại cửa" in text


async def test_endless_texts_stay_on_the_page(db: asyncpg.Connection) -> None:
    world = await make_event(title_vi="Ngày hội " * 22, venue="Cung " * 39, address="Phố " * 49)
    guest = await make_registration(world, full_name="Nguyễn " * 28, organisation="Viện " * 39)
    row = await ticket_for(guest.secret)
    pdf = paper.ticket_pdf(row, await tickets.code_of(row["id"], row["event"], row["signing_key"]))
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1


def test_every_vietnamese_letter_has_a_glyph() -> None:
    from fontTools.ttLib import TTFont

    letters = set("aăâeêioôơuưyđAĂÂEÊIOÔƠUƯYĐ") | {"₫", "–", "…"}
    letters |= {chr(c) for c in range(0x1EA0, 0x1EFA)} | set("áàảãạéèíìĩóòõúùũýÁÀẢÃẠ")
    for name in ("Regular", "Bold"):
        known = TTFont(paper.FONTS / f"BeVietnamPro-{name}.ttf").getBestCmap()
        assert [letter for letter in letters if ord(letter) not in known] == []


async def test_the_recount_finds_what_was_tampered_with(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await make_registration(world)
    await jobs.recount()
    assert jobs.DRIFT.labels("places")._value.get() == 0
    await db.execute("UPDATE ticket_type SET sold = 0")
    await db.execute("UPDATE zone_count SET admitted = 3 WHERE slot = 1")
    await jobs.recount()
    assert (jobs.DRIFT.labels("places")._value.get(), jobs.DRIFT.labels("doors")._value.get()) == (1, 1)
