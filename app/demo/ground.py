"""The sample festival's ground: villages, rooms, an agenda over three days, booths on a plan, exhibitors."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import db
from app.core.clock import VIETNAM
from app.core.i18n import in_language
from app.core.ids import new_id
from app.core.web import Actor
from app.demo.events import OWNER, Report
from events.agenda import booking as seats
from events.agenda import planning, releasing, rooms, speakers
from events.agenda.planning import SessionPlan
from events.agenda.speakers import SpeakerPlan
from events.floor import booths, exhibitors, hosting, villages
from events.floor.exhibitors import Rules
from events.floor.villages import VillagePlan

FESTIVAL = "Ngày hội Khởi nghiệp sáng tạo (mẫu)"
VILLAGES = (
    ("Làng Trí tuệ nhân tạo", "AI village", "Trợ lý ảo, thị giác máy tính và rô-bốt.", "Assistants, vision, robots."),
    ("Làng Công nghệ xanh", "Green technology village", "Năng lượng, nước, nông nghiệp.", "Energy, water, farming."),
    ("Làng Giáo dục", "Education village", "Học tập số cho mọi lứa tuổi.", "Digital learning for all ages."),
    ("Làng Y tế", "Health village", "Thiết bị và dịch vụ chăm sóc sức khỏe.", "Devices and services for health."),
)
ROOMS = (("Sân khấu chính", "Main stage", "stage", 1500), ("Hội trường A", "Hall A", "hall", 300),
         ("Phòng hội thảo 1", "Seminar room 1", "room", 60))  # fmt: skip

# day, hour, minutes, room (a village from 10 on), kind, titles, seats (0: none are booked)
SESSIONS = (
    (0, 9, 60, 0, "ceremony", "Khai mạc ngày hội", "Opening of the festival", 0),
    (0, 10.5, 90, 1, "dialogue", "Đối thoại chính sách: vốn mạo hiểm của thành phố", "Policy dialogue", 250),
    (0, 10.5, 60, 2, "workshop", "Thực hành: đọc bảng điều khoản đầu tư", "Workshop: reading a term sheet", 4),
    (0, 10.5, 60, 10, "demo", "Trình diễn rô-bốt dịch vụ", "Service robots", 0),
    (0, 13.5, 180, 1, "investor_matching", "Kết nối đầu tư", "Investor matching", 120),
    (0, 14, 90, 0, "panel", "Tọa đàm: doanh nghiệp lớn mua gì từ startup", "Panel: what corporates buy", 0),
    (0, 14, 60, 11, "demo", "Pin mặt trời áp mái cho hộ gia đình", "Rooftop solar for homes", 0),
    (1, 9, 90, 1, "technology_matching", "Kết nối cung – cầu công nghệ", "Technology supply and demand", 150),
    (1, 9, 60, 2, "training", "Tập huấn: đăng ký sở hữu trí tuệ", "Training: registering IP", 50),
    (1, 9, 60, 12, "talk", "Lớp học không khoảng cách", "Classrooms without distance", 0),
    (1, 11, 60, 0, "keynote", "Đổi mới sáng tạo mở ở đô thị lớn", "Open innovation in a large city", 0),
    (1, 13.5, 120, 0, "pitch", "Bán kết: mười hai đội trình bày", "Semi-final: twelve teams pitch", 0),
    (1, 14, 60, 13, "demo", "Chẩn đoán hình ảnh có máy hỗ trợ", "Assisted medical imaging", 0),
    (1, 14, 90, 2, "workshop", "Thực hành: định giá sản phẩm", "Workshop: pricing", 40),
    (2, 9, 180, 0, "final", "Chung kết cuộc thi", "Final of the competition", 0),
    (2, 9, 60, 1, "talk", "Gọi vốn vòng đầu: những lỗi hay gặp", "The first round: common mistakes", 200),
    (2, 13.5, 60, 1, "signing", "Lễ ký kết hợp tác", "Signing ceremony", 0),
    (2, 15, 60, 0, "ceremony", "Bế mạc và trao giải", "Closing and awards", 0),
)  # fmt: skip
EXHIBITORS = 24


async def load(report: Report) -> None:
    """Make what is missing; running it again changes nothing."""
    await report("ground", 0.0)
    event = await db.fetchrow("SELECT id, starts_at FROM event WHERE sample AND title_vi = $1", FESTIVAL)
    row = await db.fetchrow("SELECT id, name, email FROM person WHERE email_key = $1 AND ended_at IS NULL", OWNER)
    if event is not None and row is not None and not await _there(event["id"]):
        owner = Actor(id=row["id"], name=row["name"], email=row["email"], roles=frozenset({"organizer"}))
        with in_language("vi"):
            await _make(owner, event["id"], event["starts_at"].astimezone(VIETNAM).replace(hour=0))
    await report("ground", 1.0)


async def _there(event: UUID) -> bool:
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM village WHERE event = $1)", event))


async def _make(owner: Actor, event: UUID, day: datetime) -> None:
    slugs = []
    for name_vi, name_en, about_vi, about_en in VILLAGES:
        plan = VillagePlan(
            name_vi=name_vi, name_en=name_en, about_vi=about_vi, about_en=about_en, booth_quota=20, nomination_quota=12
        )
        slugs.append(await villages.make(owner, event, plan))
    places = [await _room(event, *room) for room in ROOMS]
    lands = {
        row["slug"]: row["zone"] for row in await db.fetch("SELECT slug, zone FROM village WHERE event = $1", event)
    }
    for number, session in enumerate(SESSIONS):
        zone = places[session[3]] if session[3] < 10 else lands[slugs[session[3] - 10]]
        await planning.add(owner, event, _session(day, zone, number, session))
    for number, one in enumerate(await speakers.speakers_of(event), start=1):
        about = SpeakerPlan(
            name=one["name"], role_vi=f"Chuyên gia mẫu, đơn vị {number}", role_en=f"Sample expert {number}"
        )
        await speakers.edit(owner, event, one["id"], about)
    await releasing.publish(owner, event)
    await _exhibition(owner, event, slugs)
    await _seats(event)


async def _room(event: UUID, name_vi: str, name_en: str, kind: str, cap: int) -> UUID:
    async with db.tx():
        room = await rooms.make(event, name_vi, kind)
        await db.execute("UPDATE zone SET cap = $2, name_en = $3 WHERE id = $1", room, cap, name_en)
    return room


def _session(day: datetime, zone: UUID, number: int, session: tuple[Any, ...]) -> SessionPlan:
    days, hour, minutes, room, kind, title_vi, title_en, places = session
    return SessionPlan(
        title_vi=title_vi,
        title_en=title_en,
        kind=kind,
        zone=zone,
        track=VILLAGES[room - 10][0] if room >= 10 else "",
        starts_at=day + timedelta(days=days, minutes=int(hour * 60)),
        minutes=minutes,
        booking=bool(places),
        capacity=places or None,
        speakers=() if kind == "ceremony" and days else (f"Diễn giả mẫu {number + 1}",),
        abstract_vi="Nội dung mẫu của ngày hội: phần trình bày, sau đó là hỏi đáp.",
        abstract_en="A sample of the festival: a presentation, then questions and answers.",
    )


async def _exhibition(owner: Actor, event: UUID, slugs: list[str]) -> None:
    """Forty booths, two dozen of them given to sample organisations; two applications wait."""
    lines = [f"{letter}1..{letter}10; {slug}" for letter, slug in zip("ABCD", slugs, strict=True)]
    await booths.make(owner, event, booths.read_codes("\n".join(lines)))
    plan = await booths.add_plan(owner, event, "Phố đi bộ (mẫu)", "Pedestrian street (sample)", None)
    await booths.arrange(owner, event, plan)
    await exhibitors.set_rules(owner, event, Rules(applications=True, passes_each=4))
    found = await db.fetch(
        "SELECT o.id, o.slug FROM organisation o WHERE o.sample AND o.ended_at IS NULL AND o.hidden_at IS NULL"
        " ORDER BY 'startup' = ANY (o.kinds) DESC, o.number LIMIT $1",
        EXHIBITORS,
    )
    free = await booths.booths_of(event)
    async with db.tx():
        for number, row in enumerate(found):
            booth, waits = free[number], number >= len(found) - 2
            exhibitor = new_id()
            await db.execute(
                "INSERT INTO exhibitor (id, event, organisation, village, status, shows_vi, shows_en, wishes,"
                " pass_quota, reason, sent_by, sent_at, sample)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, '', 4, '', $8, now(), true)",
                *(exhibitor, event, row["id"], booth["village"], "sent" if waits else "accepted"),
                *("Sản phẩm mẫu được trưng bày tại ngày hội.", "A sample product shown at the festival.", owner.id),
            )
            if not waits:
                await db.execute("UPDATE booth SET exhibitor = $2 WHERE id = $1", booth["id"], exhibitor)
    if found:
        await hosting.add_host(owner, event, found[0]["slug"], "partner")
        await db.execute("UPDATE event_host SET accepted_at = now() WHERE event = $1", event)
    await hosting.set_edition(owner, event, "Ngày hội Khởi nghiệp sáng tạo", "Innovation festival", "mẫu")


async def _seats(event: UUID) -> None:
    """The first made-up guests book the workshop with few seats: it is full, and some stand in line."""
    session = await db.fetchval("SELECT session FROM agenda_shown WHERE event = $1 AND capacity = 4", event)
    guests = await db.fetch(
        "SELECT id FROM registration WHERE event = $1 AND status = 'confirmed' AND sample ORDER BY id LIMIT 6", event
    )
    for guest in guests:
        await seats.book(guest["id"], event, session)
