"""The demo's introductions: made up, between made-up organisations, in every state that somebody may want to see."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from app.connections import wishes
from app.connections.introductions import access, answering, asking, information, meetings, outcomes, proposing, thread
from app.connections.introductions.asking import Wish
from app.connections.introductions.meetings import Plan
from app.connections.introductions.outcomes import Came, Parties
from app.connections.introductions.states import Side
from app.core import clock, db
from app.core.web import Actor
from app.directory.access import COLUMNS, Seen
from app.people.accounts import person_by_email

Report = Callable[[str, float], Awaitable[None]]

LABEL = "introductions"

RICE, FUND = "Lúa Thông Minh Sông Hồng", "Quỹ Hạt Giống Thăng Long"
MENTORS, OFFICE = "Mạng lưới Cố vấn Khởi nghiệp Tây Hồ", "Văn phòng Kết nối Đổi mới Sáng tạo (mẫu)"
BY_COORDINATORS = "Quỹ Đầu tư Mạo hiểm Địa phương (mẫu)"

WHY = (
    "Cảm biến của chúng tôi giúp nông dân giảm một phần ba lượng nước tưới (dữ liệu mẫu). Chúng tôi muốn trao đổi về"
    " vòng gọi vốn hạt giống và cách đo kết quả ngoài đồng."
)


async def load(report: Report) -> None:
    """Make them once, as the demo's accounts would; nobody is sent a mail about it."""
    await report(LABEL, 0.0)
    people = {}
    for name in ("startup", "investor", "mentor", "organizer", "admin"):
        row = await person_by_email(f"{name}@demo.example")
        if row is not None:
            roles = frozenset({name}) if name in ("organizer", "admin") else frozenset()
            people[name] = Actor(id=row["id"], name=row["name"], roles=roles, via="session")
    if len(people) == 5 and not await db.fetchval("SELECT EXISTS (SELECT FROM introduction WHERE sample)"):
        await _connections(people)
        await report(LABEL, 0.5)
        await _requests(people)
        await db.execute("UPDATE introduction SET sample = true WHERE origin = 'coordinator'")
        await db.execute("UPDATE outcome SET sample = true WHERE introduction IS NOT NULL")
        await db.execute("DELETE FROM outbox WHERE topic IN ('introductions.tell', 'introductions.notify')")
    await report(LABEL, 1.0)


async def _seen(name: str) -> Seen | None:
    """A sample organisation as one of its owners sees it: most of them have no account."""
    row = await db.fetchrow(f"SELECT {COLUMNS} FROM organisation o WHERE o.sample AND o.name = $1", name)  # noqa: S608
    return Seen(row=dict(row), role="owner") if row else None


async def _asked(actor: Actor, asker: str, receiver: str, purpose: str, words: str = WHY) -> UUID | None:
    one, other = await _seen(asker), await _seen(receiver)
    if one is None or other is None:
        return None
    return await asking.ask(actor, one, other.id, Wish(purpose=purpose, words=words))


async def _held(introduction: UUID, side: Side) -> access.Held:
    row = await db.fetchrow(f"{access.SELECT} WHERE i.id = $1", introduction)
    return access.held(dict(row or {}), side, "owner")


async def _connections(people: dict[str, Actor]) -> None:
    """A startup and the connection office; a fund and a network of mentors that have met and say so."""
    startup, investor, mentor, organizer = (people[name] for name in ("startup", "investor", "mentor", "organizer"))
    first = await _asked(startup, RICE, OFFICE, "pilot")
    if first is not None:
        await answering.accept(organizer, await _held(first, "receiver"))
        asker, receiver = await _held(first, "asker"), await _held(first, "receiver")
        for number, (actor, held, said) in enumerate(
            (
                (organizer, receiver, "Chào anh chị, hợp tác xã ở Đông Anh đang tìm giải pháp tưới cho vụ tới."),
                (startup, asker, "Cảm ơn văn phòng. Chúng tôi có thể lắp thử trên hai héc-ta trong tháng này."),
                (organizer, receiver, "Rất tốt. Mời anh chị gặp trực tiếp để thống nhất cách đo kết quả."),
            )
        ):
            await thread.send(actor, held, said, f"demo-{number}-{first}")
        starts = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=6)
        plan = Plan(starts_at=starts, minutes=60, place="Phòng họp 2, Văn phòng Kết nối (mẫu)")
        meeting = await meetings.propose(organizer, receiver, plan, f"demo-meeting-{first}")
        await meetings.agree(startup, asker, meeting)
        await information.ask(organizer, receiver, "traction", "Số hộ đang dùng và diện tích")
    second = await _asked(
        mentor, MENTORS, FUND, "mentoring", "Chúng tôi muốn mời quỹ tham gia phản biện ba dự án (mẫu)."
    )
    if second is not None:
        await answering.accept(investor, await _held(second, "receiver"))
        row = (await _held(second, "asker")).row
        parties = Parties(organisation=row["asker"], other=row["receiver"], introduction=second)
        day = clock.now().date() - timedelta(days=3)
        came = Came(kind="meeting", happened_on=day, words="Buổi phản biện đầu tiên (dữ liệu mẫu).")
        await outcomes.answer(investor, await outcomes.record(mentor, parties, came), yes=True)


async def _requests(people: dict[str, Actor]) -> None:
    """What waits, what was declined, what goes through a coordinator, and a draft."""
    startup, admin = people["startup"], people["admin"]
    declined = await _asked(startup, RICE, "Quỹ Tác động Mekong", "capital")
    if declined is not None:
        note = "Sản phẩm tốt. Khi có số liệu của một vụ đầy đủ, mời đội ngũ ngỏ lời lại."
        await answering.decline(admin, await _held(declined, "receiver"), "too_early", note)
    await _asked(startup, RICE, "Quỹ Mạo hiểm Cửu Long", "capital")
    await _asked(admin, "Phổi Khoẻ AI", FUND, "capital", "Mô hình đọc phim phổi của chúng tôi đã thử ở hai nơi (mẫu).")
    closed = await _seen(BY_COORDINATORS)
    if closed is not None:
        await wishes.state(closed.id, wishes.Wishes(accepts="programme", requests_per_month=4))
        await _asked(startup, RICE, BY_COORDINATORS, "capital")
    rice, other = await _seen(RICE), await _seen("Vốn Công nghiệp Phương Nam")
    if rice is not None and other is not None:
        wish = Wish(purpose="pilot", words="Hai đơn vị cùng quan tâm tới nông nghiệp tiết kiệm nước (dữ liệu mẫu).")
        await proposing.propose(people["organizer"], None, (rice.id, other.id), wish)
    fund, coffee = await _seen(FUND), await _seen("Cà Phê Truy Xuất Đắk Lắk")
    if fund is not None and coffee is not None:
        await asking.draft(people["investor"], fund, coffee.id, Wish(purpose="capital", words="Chúng tôi quan tâm tới"))
