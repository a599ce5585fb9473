"""Events to begin with: a festival, a demo day, a training, a seminar. What is made is a draft like any other."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import NotFound
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.web import Actor
from events import planning
from events.agenda.planning import SessionPlan
from events.agenda.planning import add as add_session
from events.floor import villages
from events.floor.villages import VillagePlan
from events.planning import EventPlan, TypePlan


class Room(msgspec.Struct, frozen=True):
    kind: str
    name_vi: str
    name_en: str
    cap: int


class Slot(msgspec.Struct, frozen=True):
    """A session of a template: in which room (by place), after so many minutes, for how long."""

    kind: str
    title_vi: str
    title_en: str
    at: int
    minutes: int
    room: int = 0
    capacity: int | None = None


class Template(msgspec.Struct, frozen=True, kw_only=True):
    name: Phrase
    about: Phrase
    days: int
    hours: int
    types: tuple[TypePlan, ...]
    rooms: tuple[Room, ...]
    slots: tuple[Slot, ...]
    villages: tuple[tuple[str, str], ...] = ()


def _type(code: str, vi: str, en: str, capacity: int, role: str = "visitor", *, approval: bool = False) -> TypePlan:
    return TypePlan(code=code, title_vi=vi, title_en=en, capacity=capacity, role=role, needs_approval=approval)


_DAY = 1440
TEMPLATES: dict[str, Template] = {
    "techfest": Template(
        name=N_("Startup festival"),
        about=N_("Three days, villages, stages, exhibitors and eight roles."),
        days=3,
        hours=10,
        types=(
            _type("khach", "Khách tham quan", "Visitor", 6500),
            _type("dai-bieu", "Đại biểu", "Delegate", 400, "delegate", approval=True),
            _type("startup", "Doanh nghiệp khởi nghiệp", "Startup", 700, "startup"),
            _type("nha-dau-tu", "Nhà đầu tư", "Investor", 200, "investor", approval=True),
            _type("co-van", "Cố vấn", "Mentor", 150, "mentor", approval=True),
            _type("dien-gia", "Diễn giả", "Speaker", 150, "speaker", approval=True),
            _type("bao-chi", "Báo chí", "Press", 120, "press", approval=True),
            _type("tinh-nguyen", "Tình nguyện viên", "Volunteer", 300, "volunteer", approval=True),
        ),
        rooms=(
            Room("stage", "Sân khấu chính", "Main stage", 1500),
            Room("hall", "Hội trường A", "Hall A", 400),
            Room("room", "Phòng hội thảo 1", "Seminar room 1", 80),
        ),
        slots=(
            Slot("ceremony", "Khai mạc", "Opening", 60, 60),
            Slot("dialogue", "Đối thoại chính sách", "Policy dialogue", 150, 90, 1, 400),
            Slot("investor_matching", "Kết nối đầu tư", "Investor matching", 330, 180, 1),
            Slot(
                "technology_matching", "Kết nối cung – cầu công nghệ", "Technology supply and demand", _DAY + 60, 120, 1
            ),
            Slot("workshop", "Hội thảo thực hành", "Workshop", _DAY + 60, 120, 2, 60),
            Slot("final", "Chung kết cuộc thi", "Final of the competition", 2 * _DAY + 60, 180),
            Slot("ceremony", "Bế mạc và trao giải", "Closing and awards", 2 * _DAY + 300, 60),
        ),
        villages=(
            ("Làng Trí tuệ nhân tạo", "AI village"),
            ("Làng Công nghệ xanh", "Green technology village"),
            ("Làng Giáo dục", "Education village"),
            ("Làng Y tế", "Health village"),
        ),
    ),
    "demo-day": Template(
        name=N_("Demo day"),
        about=N_("An afternoon: teams pitch, then meet investors."),
        days=1,
        hours=4,
        types=(
            _type("khach", "Khách mời", "Guest", 80),
            _type("nha-dau-tu", "Nhà đầu tư", "Investor", 40, "investor", approval=True),
            _type("startup", "Đội trình bày", "Team", 40, "startup"),
        ),
        rooms=(Room("hall", "Hội trường", "Hall", 160),),
        slots=(
            Slot("ceremony", "Đón khách", "Welcome", 0, 30),
            Slot("pitch", "Các đội trình bày", "Teams pitch", 30, 100),
            Slot("investor_matching", "Gặp riêng nhà đầu tư", "One-to-one meetings", 135, 100),
        ),
    ),
    "training": Template(
        name=N_("Training course"),
        about=N_("Two days for one class, with a test at the end."),
        days=2,
        hours=8,
        types=(_type("hoc-vien", "Học viên", "Participant", 40, approval=True),),
        rooms=(Room("room", "Phòng học", "Classroom", 40),),
        slots=(
            Slot("training", "Buổi 1", "Session 1", 30, 180),
            Slot("training", "Buổi 2", "Session 2", 300, 180),
            Slot("training", "Buổi 3", "Session 3", _DAY + 30, 180),
            Slot("other", "Kiểm tra và trao chứng nhận", "Test and certificates", _DAY + 300, 120),
        ),
    ),
    "seminar": Template(
        name=N_("Seminar"),
        about=N_("A morning with talks and a panel."),
        days=1,
        hours=4,
        types=(_type("khach", "Người tham dự", "Attendee", 100),),
        rooms=(Room("hall", "Phòng hội thảo", "Seminar room", 120),),
        slots=(
            Slot("talk", "Tham luận mở đầu", "Opening talk", 0, 45),
            Slot("panel", "Tọa đàm", "Panel", 60, 75),
            Slot("other", "Hỏi đáp", "Questions and answers", 140, 40),
        ),
    ),
}


async def make(actor: Actor, code: str, title_vi: str, title_en: str, starts_at: datetime, venue: str = "") -> str:
    """A draft made of a template; its address. Raises NotFound for a template that is none."""
    template = TEMPLATES.get(code)
    if template is None:
        raise NotFound
    ends_at = starts_at + timedelta(days=template.days - 1, hours=template.hours)
    plan = EventPlan(title_vi=title_vi, title_en=title_en, starts_at=starts_at, ends_at=ends_at, venue=venue)
    row = await planning.create_event(actor, plan, list(template.types))
    rooms = [await _room(row["id"], room) for room in template.rooms]
    for slot in template.slots:
        session = SessionPlan(
            title_vi=slot.title_vi,
            title_en=slot.title_en,
            kind=slot.kind,
            zone=rooms[slot.room],
            starts_at=starts_at + timedelta(minutes=slot.at),
            minutes=slot.minutes,
            capacity=slot.capacity,
            booking=slot.capacity is not None,
        )
        await add_session(actor, row["id"], session)
    for name_vi, name_en in template.villages:
        await villages.make(actor, row["id"], VillagePlan(name_vi=name_vi, name_en=name_en))
    slug: str = row["slug"]
    return slug


async def _room(event: UUID, room: Room) -> UUID:
    number = new_id()
    await db.execute(
        "INSERT INTO zone (id, event, kind, code, name_vi, name_en, cap, place, created_at)"
        " SELECT $1, $2, $3, '', $4, $5, $6, count(*), now() FROM zone WHERE event = $2",
        *(number, event, room.kind, room.name_vi, room.name_en, room.cap),
    )
    return number
