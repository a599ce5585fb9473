"""Sample events: a festival with villages, a demo day, a seminar that is over; made-up guests by their roles."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import VIETNAM, now
from app.core.i18n import in_language
from app.core.ids import new_id
from app.core.web import Actor
from events import planning, registration, review, setup
from events.door import scanning
from events.planning import EventPlan, TypePlan
from events.registration import Wish

OWNER, DESK = "organizer@demo.example", "checkin@demo.example"
ROLES = (
    "Nhà sáng lập",
    "Nhà đầu tư",
    "Cố vấn",
    "Sinh viên",
    "Nhà báo",
    "Chuyên viên",
    "Giảng viên",
    "Tình nguyện viên",
)
PLACES = ("Hà Nội", "Đà Nẵng", "Cần Thơ", "Huế", "Thủ Đức", "Hải Phòng", "Quy Nhơn", "Biên Hòa")
ORGANISATIONS = (
    "Quỹ đầu tư",
    "Doanh nghiệp khởi nghiệp",
    "Vườn ươm",
    "Trường đại học",
    "Viện nghiên cứu",
    "Sở Khoa học",
)

Report = Callable[[str, float], Awaitable[None]]


class Sample(msgspec.Struct, frozen=True):
    """An event of the demo: what is said about it, its tickets, its doors, how many come, and whether it is over."""

    plan: EventPlan
    types: tuple[TypePlan, ...]
    doors: tuple[dict[str, Any], ...]
    guests: int
    came: int
    over: bool = False


def _at(days: int, hour: int) -> datetime:
    day = now().astimezone(VIETNAM) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


AI, GREEN = "lang-tri-tue-nhan-tao", "lang-cong-nghe-xanh"


def _samples() -> list[Sample]:
    return [_festival(), _demo_day(), _seminar()]


def _festival() -> Sample:
    plan = EventPlan(
        title_vi="Ngày hội Khởi nghiệp sáng tạo (mẫu)",
        title_en="Innovation festival (sample)",
        description_vi="Ba ngày gặp gỡ giữa doanh nghiệp khởi nghiệp, nhà đầu tư và cố vấn.\n\n"
        "Các làng công nghệ mở cửa cả ngày: trí tuệ nhân tạo, công nghệ xanh, giáo dục. Khách vào cửa tự do khi có vé.",
        description_en="Three days on which startups, investors and mentors meet.\n\n"
        "The technology villages are open all day: artificial intelligence, green technology, education.",
        starts_at=_at(16, 8),
        ends_at=_at(18, 18),
        venue="Phố đi bộ trung tâm",
        address="Quảng trường mẫu",
        province_code="01",
    )
    types = (
        TypePlan(code="khach", title_vi="Khách tham quan", title_en="Visitor", capacity=3000),
        TypePlan(code=AI, title_vi="Làng Trí tuệ nhân tạo", title_en="AI village", capacity=20),
        TypePlan(code=GREEN, title_vi="Làng Công nghệ xanh", title_en="Green technology village", capacity=200),
        TypePlan(code="nha-dau-tu", title_vi="Nhà đầu tư", title_en="Investor", capacity=60, needs_approval=True),
    )
    ai = {"name_vi": "Làng Trí tuệ nhân tạo", "name_en": "AI village", "capacity": 150, "types": [AI, "nha-dau-tu"]}
    green = {"name_vi": "Làng Công nghệ xanh", "name_en": "Green village", "types": [GREEN, "nha-dau-tu"]}
    return Sample(plan, types, (ai, green), guests=72, came=14)


def _demo_day() -> Sample:
    plan = EventPlan(
        title_vi="Demo Day mùa đông (mẫu)",
        title_en="Winter demo day (sample)",
        description_vi="Mười hai đội trình bày trong sáu phút, sau đó nhà đầu tư và các đội gặp riêng.",
        description_en="Twelve teams pitch for six minutes each; then investors and teams meet one to one.",
        starts_at=_at(30, 14),
        ends_at=_at(30, 18),
        venue="Trung tâm đổi mới sáng tạo",
        province_code="79",
    )
    types = (
        TypePlan(code="khach", title_vi="Khách mời", title_en="Guest", capacity=12),
        TypePlan(code="nha-dau-tu", title_vi="Nhà đầu tư", title_en="Investor", capacity=20, needs_approval=True),
    )
    return Sample(plan, types, (), guests=24, came=0)


def _seminar() -> Sample:
    plan = EventPlan(
        title_vi="Hội thảo gọi vốn vòng đầu (mẫu)",
        title_en="Seminar: the first round (sample)",
        description_vi="Chuẩn bị hồ sơ, định giá và điều khoản của vòng gọi vốn đầu tiên.",
        description_en="Documents, valuation and terms of a first round.",
        starts_at=_at(-20, 9),
        ends_at=_at(-20, 12),
        venue="Thư viện thành phố",
        province_code="48",
    )
    types = (TypePlan(code="khach", title_vi="Người tham dự", title_en="Attendee", capacity=40),)
    return Sample(plan, types, (), guests=24, came=18, over=True)


async def load(report: Report) -> None:
    """Make what is missing; running it again changes nothing. The mails go into the outbox like everybody's."""
    samples = _samples()
    owner = await _actor(OWNER)
    for number, sample in enumerate(samples):
        await report("events", number / len(samples))
        with in_language("vi"):
            if owner is not None and not await _there(sample):
                await _make(owner, sample, number)
    await report("events", 1.0)


async def _actor(email: str) -> Actor | None:
    row = await db.fetchrow("SELECT id, name, email FROM person WHERE email_key = $1 AND ended_at IS NULL", email)
    return Actor(id=row["id"], name=row["name"], email=row["email"], roles=frozenset({"organizer"})) if row else None


async def _there(sample: Sample) -> bool:
    return bool(
        await db.fetchval("SELECT EXISTS (SELECT 1 FROM event WHERE sample AND title_vi = $1)", sample.plan.title_vi)
    )


async def _make(owner: Actor, sample: Sample, number: int) -> None:
    row = await planning.create_event(owner, sample.plan, list(sample.types), sample=True)
    event: UUID = row["id"]
    for door in sample.doors:
        await setup.add_checkpoint(
            owner,
            event,
            name_vi=door["name_vi"],
            name_en=door["name_en"],
            capacity=door.get("capacity"),
            types=door["types"],
        )
    if await _actor(DESK):
        await setup.add_staff(owner, event, DESK, "desk")
    await planning.publish(owner, event)
    guests = [await _guest(owner, event, sample, number, place) for place in range(sample.guests)]
    pending = [guest.id for guest in guests if guest.status == "pending_review"]
    await review.approve(owner, event, pending[::2])
    await _check_in(owner, event, guests, sample.came)
    if sample.over:
        await _date_back(event, sample.plan)


async def _guest(owner: Actor, event: UUID, sample: Sample, number: int, place: int) -> registration.Registered:
    """A made-up guest: a role and a place instead of a personal name."""
    role, town = ROLES[place % len(ROLES)], PLACES[(place // len(ROLES) + place) % len(PLACES)]
    kinds = [kind.code for kind in sample.types]
    kind = "nha-dau-tu" if role == "Nhà đầu tư" and "nha-dau-tu" in kinds else kinds[place % min(len(kinds), 3)]
    wish = Wish(
        ticket_type=kind,
        full_name=f"{role} {town} {place + 1} (mẫu)",
        email=f"khach{number + 1}.{place + 1}@sample.example",
        organisation=f"{ORGANISATIONS[place % len(ORGANISATIONS)]} (mẫu)",
        source="demo",
        sample=True,
    )
    return await registration.register(owner, event, wish)


async def _check_in(owner: Actor, event: UUID, guests: list[registration.Registered], came: int) -> None:
    door = await db.fetchval(
        "SELECT id FROM checkpoint WHERE event = $1 AND ended_at IS NULL ORDER BY place LIMIT 1", event
    )
    for guest in [guest for guest in guests if guest.status == "confirmed"][:came]:
        await scanning.scan(
            owner,
            scanning.ScanRequest(nonce=new_id().hex, device_id="demo", checkpoint_id=door, code=guest.code),
            device_name="Bàn số 1 (mẫu)",
        )


async def _date_back(event: UUID, plan: EventPlan) -> None:
    """What happened at an event that is over happened then, and nobody stayed inside."""
    async with db.tx():
        await db.execute(
            "UPDATE registration SET registered_at = $2, status_at = $2 WHERE event = $1",
            event,
            plan.starts_at - timedelta(days=7),
        )
        await db.execute(
            "UPDATE admission a SET admitted_at = $2, last_at = $2, moved_at = $2, changed_at = $3, inside = false,"
            " explicit = false FROM checkpoint c"
            " WHERE c.id = a.checkpoint AND c.event = $1",
            *(event, plan.starts_at, plan.ends_at),
        )
        await db.execute(
            "UPDATE zone_count n SET inside = 0 FROM zone z WHERE z.id = n.zone AND z.event = $1",
            event,
        )
        await db.execute(
            "UPDATE scan s SET received_at = $2, at = $2 FROM checkpoint c WHERE c.id = s.checkpoint AND c.event = $1",
            event,
            plan.starts_at,
        )
